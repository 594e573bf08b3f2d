//! Trunks: where their calls come from, and how their numbers are read.

use core::cmp::Reverse;
use core::net::IpAddr;
use std::format;
use std::vec::Vec;

use super::super::super::layout::*;
use super::super::file::{Sections, stable_key};
use super::super::{WriteError, lists, out_of_range, to_u32};
use super::rules::Owner;
use super::{Context, screening};
use crate::plan::*;

/// Longest tech prefix.
const TECH_PREFIX_MAX: usize = 15;

pub(super) fn write(context: &Context<'_>, file: &mut Sections) -> Result<(), WriteError> {
    for trunk in &context.ids.trunks.things {
        write_trunk(trunk, context, file)?;
    }
    write_sources(context, file)?;
    write_users(context, file)
}

fn write_trunk(trunk: &Trunk, context: &Context<'_>, file: &mut Sections) -> Result<(), WriteError> {
    let ids = context.ids;
    let owner = format!("trunk {}", trunk.id);
    let fits = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'*' | b'#');
    if trunk.tech_prefix.len() > TECH_PREFIX_MAX || !trunk.tech_prefix.bytes().all(fits) {
        return Err(out_of_range(&owner, "a tech prefix is 1 to 15 of 0-9 * #"));
    }
    let account = ids.accounts.find(&trunk.account, &owner)?;
    let zone = context.zones.place(&ids.accounts.things[account as usize].time_zone);
    let place = ids.trunks.find(&trunk.id, &owner)?;
    let record = TrunkRec {
        key: stable_key(&["trunk", &trunk.id]).into(),
        name: file.text(&trunk.id),
        account: account.into(),
        active: trunk.active.into(),
        ani_required: trunk.ani_required.into(),
        trust_lrn: trunk.trust_lrn.into(),
        provider: ids.providers.find_or_none(trunk.provider.as_ref(), &owner)?.into(),
        partitions: lists::partitions(&trunk.partitions, &owner, ids, file)?,
        limits: lists::limits(&["trunk", &trunk.id], &trunk.limits, zone, file)?,
        tech_prefix: file.text(&trunk.tech_prefix),
        dial_rules: dial_rules(trunk, &owner, file)?,
        overrides: context.rules.overrides_of(Owner::Trunk(place)),
        screening: screening(&trunk.screening, &owner, file)?,
        ..TrunkRec::default()
    };
    file.push(SectionId::Trunks, &[record]);
    Ok(())
}

fn dial_rules(trunk: &Trunk, owner: &str, file: &mut Sections) -> Result<Range, WriteError> {
    let mut records = Vec::new();
    for rule in &trunk.dial_rules {
        let digits = rule.prefix.strip_prefix('+').unwrap_or(&rule.prefix);
        if rule.prefix.len() > DIALLED_PREFIX_LEN_MAX || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let what = format!(
                "a dialling rule's prefix is digits, or a + and digits, at most {DIALLED_PREFIX_LEN_MAX} characters"
            );
            return Err(out_of_range(owner, &what));
        }
        if rule.len == Some(0) {
            return Err(out_of_range(owner, "a dialling rule's length must be at least 1"));
        }
        records.push(DialRuleRec {
            prefix: file.text(&rule.prefix),
            add: rule.add.to_packed().into(),
            len: rule.len.unwrap_or(0),
            strip: rule.strip,
            reserved: [0; 2],
        });
    }
    lists::list(SectionId::DialRules, &records, file)
}

/// Sources by address, each with the closest network around it. Of equal networks that of the longest tech
/// prefix comes last, of those the lower trunk, so that they are found first (2.1).
fn write_sources(context: &Context<'_>, file: &mut Sections) -> Result<(), WriteError> {
    let mut sources: Vec<(u128, u8, usize, Reverse<u32>)> = Vec::new();
    for (at, trunk) in context.ids.trunks.things.iter().enumerate() {
        for network in &trunk.sources {
            let (address, prefix_len) = mapped(network);
            if prefix_len > 128 || address & host_bits(prefix_len) != 0 {
                return Err(out_of_range(&format!("trunk {}", trunk.id), "a source network has host bits"));
            }
            sources.push((address, prefix_len, trunk.tech_prefix.len(), Reverse(to_u32(at, "trunks")?)));
        }
    }
    sources.sort_unstable();
    sources.dedup();
    let mut around: Vec<usize> = Vec::new();
    for (at, &(network, prefix_len, _, Reverse(trunk))) in sources.iter().enumerate() {
        let contains = |outer: &usize| {
            let (outer_network, outer_len, ..) = sources[*outer];
            network & !host_bits(outer_len) == outer_network
        };
        while around.last().is_some_and(|outer| !contains(outer)) {
            around.pop();
        }
        let parent = around.last().map_or(Ok(NONE), |&outer| to_u32(outer, "sources"))?;
        around.push(at);
        let record = SourceRec {
            network: network.into(),
            trunk: trunk.into(),
            parent: parent.into(),
            prefix_len,
            ..SourceRec::default()
        };
        file.push(SectionId::Sources, &[record]);
    }
    Ok(())
}

fn mapped(network: &Network) -> (u128, u8) {
    match network.address {
        IpAddr::V4(v4) => (v4.to_ipv6_mapped().to_bits(), network.prefix_len.saturating_add(96)),
        IpAddr::V6(v6) => (v6.to_bits(), network.prefix_len),
    }
}

fn host_bits(prefix_len: u8) -> u128 {
    u128::MAX.checked_shr(u32::from(prefix_len)).unwrap_or(0)
}

/// Digest users: those of one name side by side, longest tech prefix first, then the lower trunk (2.1).
fn write_users(context: &Context<'_>, file: &mut Sections) -> Result<(), WriteError> {
    let mut users: Vec<(&str, Reverse<usize>, u32)> = Vec::new();
    for (at, trunk) in context.ids.trunks.things.iter().enumerate() {
        if let Some(user) = &trunk.user {
            if user.is_empty() || user.len() > 255 {
                return Err(out_of_range(&format!("trunk {}", trunk.id), "a user is 1 to 255 bytes"));
            }
            users.push((user, Reverse(trunk.tech_prefix.len()), to_u32(at, "trunks")?));
        }
    }
    users.sort_unstable();
    for (user, _, trunk) in users {
        let record = UserRec { user: file.text(user), trunk: trunk.into(), reserved: 0.into() };
        file.push(SectionId::Users, &[record]);
    }
    Ok(())
}
