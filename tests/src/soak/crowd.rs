//! The calls of a stretch: drawn, sorted by who places them, and placed.
//!
//! One sipp places all calls of one behaviour from one address, in the order in which they were drawn: the nth call of
//! `<name>` has the Call-ID `<n>-<name>@lab`, and so its record is known to be of its kind.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;

use super::kinds::{KINDS, Kind, draw};
use crate::lab::Lab;
use crate::lab::caller::{Caller, Pace};
use crate::model_gen::Rng;
use crate::scenario::Call;

/// How long calls talk.
const TALK_MS: u32 = 500;

/// The calls of one sipp, by their kinds' places in [`KINDS`], in their order.
pub type Group = Vec<u8>;

/// Draws so many calls; gives them by the name of their group, which begins with `stretch`.
pub fn drawn(rng: &mut Rng, stretch: &str, calls: u32) -> BTreeMap<String, Group> {
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for _ in 0..calls {
        let nth = draw(rng);
        let kind = &KINDS[nth];
        let name = format!("{stretch}-{}-{}", kind.caller, kind.from);
        groups.entry(name).or_default().push(u8::try_from(nth).expect("there are fewer kinds"));
    }
    groups
}

/// Starts to place the calls, all groups beside each other, `rate` calls a second in all.
///
/// # Errors
/// When a sipp does not start.
pub fn placed(lab: &Lab, groups: &BTreeMap<String, Group>, rate: u32) -> anyhow::Result<Vec<Caller>> {
    let calls: usize = groups.values().map(Vec::len).sum();
    let start = |(name, group): (&String, &Group)| {
        let first = &KINDS[usize::from(group[0])];
        let numbers: Vec<(&str, &str)> = group
            .iter()
            .map(|nth| &KINDS[usize::from(*nth)])
            .map(|kind: &Kind| (kind.dnis, kind.ani))
            .collect();
        let of_rate = group.len() * rate as usize * 10;
        let pace = Pace { calls: u32::try_from(of_rate.div_ceil(calls))?, of_ms: 10_000 };
        let call = Call {
            from: Ipv4Addr::new(127, 0, 0, first.from),
            ani: first.ani.to_owned(),
            dnis: first.dnis.to_owned(),
            caller: first.caller.to_owned(),
            by_digest: first.by_digest,
            talk_ms: TALK_MS,
            count: u32::try_from(group.len())?,
            ..Call::default()
        };
        Caller::start_many(lab, name, Path::new(""), &call, &numbers, pace)
    };
    groups.iter().map(start).collect()
}
