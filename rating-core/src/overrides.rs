//! Overrides: routing that people decide in place of the partition (4.6).
//!
//! For a call of trunk `t` to 1 212 555 6789 an override of `t` with prefix `1212` is stronger than one of `t` alone,
//! that than any of its account, that than any of its partition. The snapshot has the overrides in force, those of
//! each owner by prefix, so that each step down is a binary search.

use crate::money::Nano;
use crate::number::Digits;
use crate::schedule;
use crate::snapshot::layout::{NONE, OverrideRec, PartitionRec, Range};
use crate::snapshot::view::{Snapshot, record_at};
use crate::trunk::Payer;

/// The call as its overrides see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matcher<'a> {
    pub payer: &'a Payer<'a>,
    pub partition_at: u32,
    pub dnis: &'a Digits,
    pub is_short_code: bool,
    pub at_utc_sec: i64,
}

/// What a call's overrides say, each effect by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The route that takes the call.
    pub forced: Option<Forced>,
    /// Sell price a minute.
    pub custom_rate_per_min: Option<Nano>,
    /// Whether routes are ordered by membership priority.
    pub bypass_lcr: bool,
}

/// A forced route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forced {
    /// Its place in the snapshot's routes.
    pub route: u32,
    /// Whether the others come after it, or drop.
    pub others_follow: bool,
}

impl Matcher<'_> {
    /// The effects of the call's overrides, each from the strongest that has it.
    pub fn effects(&self, snapshot: &Snapshot<'_>, partition: &PartitionRec) -> Effects {
        let mut effects = Effects::default();
        let strongest_first = [
            self.payer.trunk_overrides(),
            self.payer.account.overrides,
            partition.overrides,
            snapshot.plan().overrides,
        ];
        // Most calls have none.
        if strongest_first.iter().any(|owner| owner.count.get() != 0) {
            let owners = strongest_first.into_iter().filter(|owner| owner.count.get() != 0);
            owners.for_each(|owner| self.apply(snapshot, owner, &mut effects));
        }
        effects
    }

    /// Applies the overrides of one owner, longest prefix first; what has been said stays.
    #[inline(never)]
    fn apply(&self, snapshot: &Snapshot<'_>, owner: Range, effects: &mut Effects) {
        let records = snapshot.range(snapshot.overrides(), owner);
        // All lengths, longest first; none at last. A short code is matched whole or not at all (2.4).
        let shortest = if self.is_short_code { self.dnis.len() } else { 1 };
        let prefixes = (shortest..=self.dnis.len()).rev().filter_map(|len| self.dnis.packed_prefix(len));
        for prefix in prefixes.chain(Some(0)) {
            let first = records.partition_point(|record| record.prefix.get() < prefix);
            let same = records.get(first..).unwrap_or_default();
            for record in same.iter().take_while(|record| record.prefix.get() == prefix) {
                if self.matches(snapshot, record) {
                    effects.fill(record);
                }
            }
        }
    }

    fn matches(&self, snapshot: &Snapshot<'_>, record: &OverrideRec) -> bool {
        let is = |given: u32, own: u32| given == NONE || given == own;
        is(record.trunk.get(), self.payer.trunk_at)
            && is(record.account.get(), self.payer.account_at)
            && is(record.partition.get(), self.partition_at)
            && schedule::holds(snapshot, record.window.get(), self.at_utc_sec)
    }

    /// Whether an override names exactly these digits, whatever partition it is of (2.4).
    pub fn names_short_code(&self, snapshot: &Snapshot<'_>) -> bool {
        let code = self.dnis.to_packed();
        let prefix_of = |at: u32| record_at(snapshot.overrides(), at).map_or(0, |record| record.prefix.get());
        let codes = snapshot.short_codes();
        let first = codes.partition_point(|at| prefix_of(at.get()) < code);
        let same = codes.get(first..).unwrap_or_default().iter().take_while(|at| prefix_of(at.get()) == code);
        let anywhere = |record: &OverrideRec| Matcher { partition_at: record.partition.get(), ..*self };
        same.filter_map(|at| record_at(snapshot.overrides(), at.get()))
            .any(|record| anywhere(record).matches(snapshot, record))
    }
}

impl Effects {
    fn fill(&mut self, record: &OverrideRec) {
        if self.forced.is_none() && record.forced_route.get() != NONE {
            let route = record.forced_route.get();
            self.forced = Some(Forced { route, others_follow: record.forced_first == 1 });
        }
        if self.custom_rate_per_min.is_none() && record.custom_rate_nano_per_min.get() >= 0 {
            self.custom_rate_per_min = Some(Nano(record.custom_rate_nano_per_min.get()));
        }
        self.bypass_lcr |= record.bypass_lcr == 1;
    }
}
