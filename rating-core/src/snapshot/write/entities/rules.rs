//! Overrides (4.6) and exclusions (2.6, section 5): those in force at the snapshot's instant.

use core::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::format;
use std::vec::Vec;

use zerocopy::byteorder::little_endian::U32;

use super::super::super::layout::*;
use super::super::file::Sections;
use super::super::ids::Ids;
use super::super::schedules::Zones;
use super::super::{WriteError, lists, out_of_range};
use crate::number::Digits;
use crate::plan::*;

/// Whose override it is: the strongest of its fields but the prefix (4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Owner {
    Trunk(u32),
    Account(u32),
    Partition(u32),
    Plan,
}

/// Where the rules of each owner lie.
pub(super) struct Rules {
    overrides: HashMap<Owner, Range>,
    excluded: HashMap<u32, Range>,
    /// Prefixes that nobody may call.
    pub(super) excluded_for_all: Range,
    exclusions: HashMap<u32, Range>,
}

impl Rules {
    pub(super) fn overrides_of(&self, owner: Owner) -> Range {
        self.overrides.get(&owner).copied().unwrap_or_default()
    }

    /// Prefixes that an account may not call.
    pub(super) fn excluded_for(&self, account: u32) -> Range {
        self.excluded.get(&account).copied().unwrap_or_default()
    }

    /// Where a provider is not used.
    pub(super) fn exclusions_of(&self, provider: u32) -> Range {
        self.exclusions.get(&provider).copied().unwrap_or_default()
    }
}

/// Writes the rules in force at an instant. Returns until when they are all that is in force.
pub(super) fn write(
    ids: &Ids<'_>,
    zones: &Zones,
    at: UtcSec,
    file: &mut Sections,
) -> Result<(Rules, UtcSec), WriteError> {
    let mut until = UtcSec::MAX;
    let overrides = write_overrides(ids, zones, at, &mut until, file)?;
    let mut in_force = Vec::new();
    for exclusion in &ids.exclusions.things {
        let owner = format!("exclusion {}", exclusion.id);
        if exclusion.provider.is_none() && exclusion.prefixes.is_empty() {
            return Err(out_of_range(&owner, "it names neither a provider nor a prefix"));
        }
        if holds_at(exclusion.valid_from, exclusion.valid_until, at, &owner, &mut until)? {
            in_force.push(*exclusion);
        }
    }
    let (excluded, excluded_for_all) = write_destinations(&in_force, ids, file)?;
    let exclusions = write_providers(&in_force, ids, file)?;
    Ok((Rules { overrides, excluded, excluded_for_all, exclusions }, until))
}

/// Whether `[from, until)` contains an instant; its next end bounds `next`.
fn holds_at(
    from: Option<UtcSec>,
    until: Option<UtcSec>,
    at: UtcSec,
    owner: &str,
    next: &mut UtcSec,
) -> Result<bool, WriteError> {
    let (from, until) = (from.unwrap_or(UtcSec::MIN), until.unwrap_or(UtcSec::MAX));
    if until <= from {
        return Err(out_of_range(owner, "it ends before it begins"));
    }
    for change in [from, until] {
        if change > at {
            *next = change.min(*next);
        }
    }
    Ok(from <= at && at < until)
}

fn write_overrides(
    ids: &Ids<'_>,
    zones: &Zones,
    at: UtcSec,
    until: &mut UtcSec,
    file: &mut Sections,
) -> Result<HashMap<Owner, Range>, WriteError> {
    let mut by_owner: BTreeMap<Owner, Vec<OverrideRec>> = BTreeMap::new();
    // By id, so that a stable sort leaves the lower id first.
    for thing in &ids.overrides.things {
        let owner = format!("override {}", thing.id);
        if !holds_at(thing.valid_from, thing.valid_until, at, &owner, until)? {
            continue;
        }
        if thing.forced_route.is_none() && thing.custom_rate_per_min.is_none() && !thing.bypass_lcr {
            return Err(out_of_range(&owner, "it changes nothing"));
        }
        if thing.custom_rate_per_min.is_some_and(|rate| rate.0 < 0) {
            return Err(out_of_range(&owner, "its rate is negative"));
        }
        let record = OverrideRec {
            prefix: thing.prefix.map_or(0, |prefix| prefix.to_packed()).into(),
            name: file.text(&thing.id),
            valid_from_utc_sec: thing.valid_from.unwrap_or(UtcSec::MIN).into(),
            trunk: ids.trunks.find_or_none(thing.trunk.as_ref(), &owner)?.into(),
            account: ids.accounts.find_or_none(thing.account.as_ref(), &owner)?.into(),
            partition: ids.partitions.find_or_none(thing.partition.as_ref(), &owner)?.into(),
            window: zones.schedule(thing.window.as_ref(), &owner, file)?.into(),
            forced_route: ids
                .routes
                .find_or_none(thing.forced_route.as_ref().map(|forced| &forced.route), &owner)?
                .into(),
            forced_first: thing
                .forced_route
                .as_ref()
                .is_some_and(|forced| forced.mode == ForcedMode::First)
                .into(),
            bypass_lcr: thing.bypass_lcr.into(),
            reserved: [0; 2],
            custom_rate_nano_per_min: thing.custom_rate_per_min.map_or(i64::MIN, |rate| rate.0).into(),
        };
        by_owner.entry(owner_of(&record)).or_default().push(record);
    }
    let mut ranges = HashMap::new();
    let mut short_codes: Vec<(u64, u32)> = Vec::new();
    for (owner, mut records) in by_owner {
        records
            .sort_by_key(|r| (r.prefix.get(), r.window.get() == NONE, Reverse(r.valid_from_utc_sec.get())));
        let range = lists::list(SectionId::Overrides, &records, file)?;
        for (place, record) in (range.first.get()..).zip(&records) {
            let prefix = Digits::from_packed(record.prefix.get());
            if (1..=6).contains(&prefix.len()) {
                short_codes.push((record.prefix.get(), place));
            }
        }
        ranges.insert(owner, range);
    }
    short_codes.sort_unstable();
    for (_, place) in short_codes {
        file.push(SectionId::ShortCodes, &[U32::from(place)]);
    }
    Ok(ranges)
}

fn owner_of(record: &OverrideRec) -> Owner {
    match (record.trunk.get(), record.account.get(), record.partition.get()) {
        (NONE, NONE, NONE) => Owner::Plan,
        (NONE, NONE, partition) => Owner::Partition(partition),
        (NONE, account, _) => Owner::Account(account),
        (trunk, ..) => Owner::Trunk(trunk),
    }
}

/// Exclusions of destinations: what each account may not call, and what nobody may.
fn write_destinations(
    in_force: &[&Exclusion],
    ids: &Ids<'_>,
    file: &mut Sections,
) -> Result<(HashMap<u32, Range>, Range), WriteError> {
    let mut of_account: BTreeMap<u32, Vec<Digits>> = BTreeMap::new();
    for exclusion in in_force.iter().filter(|exclusion| exclusion.provider.is_none()) {
        let owner = format!("exclusion {}", exclusion.id);
        let account = ids.accounts.find_or_none(exclusion.account.as_ref(), &owner)?;
        of_account.entry(account).or_default().extend(&exclusion.prefixes);
    }
    let for_all = lists::digits(of_account.remove(&NONE).unwrap_or_default(), "exclusions", file)?;
    let mut ranges = HashMap::new();
    for (account, prefixes) in of_account {
        ranges.insert(account, lists::digits(prefixes, "exclusions", file)?);
    }
    Ok((ranges, for_all))
}

/// Exclusions of providers, by provider.
fn write_providers(
    in_force: &[&Exclusion],
    ids: &Ids<'_>,
    file: &mut Sections,
) -> Result<HashMap<u32, Range>, WriteError> {
    let mut of_provider: BTreeMap<u32, Vec<ExclusionRec>> = BTreeMap::new();
    for exclusion in in_force {
        let owner = format!("exclusion {}", exclusion.id);
        let Some(provider) = &exclusion.provider else { continue };
        let record = ExclusionRec {
            account: ids.accounts.find_or_none(exclusion.account.as_ref(), &owner)?.into(),
            reserved: 0.into(),
            prefixes: lists::digits(exclusion.prefixes.iter().copied(), &owner, file)?,
        };
        of_provider.entry(ids.providers.find(provider, &owner)?).or_default().push(record);
    }
    let mut ranges = HashMap::new();
    for (provider, records) in of_provider {
        ranges.insert(provider, lists::list(SectionId::Exclusions, &records, file)?);
    }
    Ok(ranges)
}
