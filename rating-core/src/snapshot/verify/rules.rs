//! Checks the rules that people make: overrides, exclusions, schedules, and the zones that they tell the time by.

use core::cmp::Reverse;

use super::super::layout::*;
use super::{Check, SnapshotError, inside, inside_or_none, within};

impl Check<'_, '_> {
    /// Checks every rule, schedule and zone.
    pub(super) fn rules(&self) -> Result<(), SnapshotError> {
        let s = self.snapshot;
        self.all(SectionId::Overrides, s.overrides, |r| self.override_rule(r))?;
        self.all(SectionId::ShortCodes, s.short_codes, |r| inside(r.get(), s.overrides))?;
        let code =
            |at: u32| s.overrides.get(super::index(at)).map(|record| record.prefix.get()).unwrap_or_default();
        self.sorted(SectionId::ShortCodes, s.short_codes, |r| (code(r.get()), r.get()))?;
        self.all(SectionId::Exclusions, s.exclusions, |r| {
            inside_or_none(r.account.get(), s.accounts) && self.digits(r.prefixes)
        })?;
        self.all(SectionId::Schedules, s.schedules, |r| {
            inside(r.zone.get(), s.zones) && within(r.windows, s.windows)
        })?;
        self.all(SectionId::Windows, s.windows, |r| {
            r.from_sec.get() < 86_400
                && r.until_sec.get() <= 86_400
                && r.days <= 0x7f
                && r.months.get() <= 0x0fff
        })?;
        self.all(SectionId::Zones, s.zones, |r| {
            let changes = s.range(s.offset_changes, r.changes);
            self.text(r.name)
                && within(r.changes, s.offset_changes)
                && changes.is_sorted_by(|a, b| a.at_utc_sec.get() < b.at_utc_sec.get())
        })
    }

    fn override_rule(&self, r: &OverrideRec) -> bool {
        let s = self.snapshot;
        self.text(r.name)
            && inside_or_none(r.trunk.get(), s.trunks)
            && inside_or_none(r.account.get(), s.accounts)
            && inside_or_none(r.partition.get(), s.partitions)
            && inside_or_none(r.window.get(), s.schedules)
            && inside_or_none(r.forced_route.get(), s.routes)
            && r.forced_first <= 1
            && r.bypass_lcr <= 1
    }

    /// Whether the overrides of an owner are there, in the order in which they are searched.
    pub(super) fn overrides(&self, range: Range) -> bool {
        let list = self.snapshot.range(self.snapshot.overrides, range);
        let rank = |r: &OverrideRec| {
            let name = self.snapshot.text(r.name).as_bytes();
            (r.prefix.get(), r.window.get() == NONE, Reverse(r.valid_from_utc_sec.get()), name)
        };
        within(range, self.snapshot.overrides) && list.is_sorted_by(|a, b| rank(a) < rank(b))
    }
}
