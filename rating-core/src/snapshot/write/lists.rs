//! Lists that several records point into: digits, countries, numbers, partitions, and the limits of an owner.

use std::format;
use std::string::String;
use std::vec::Vec;

use zerocopy::byteorder::little_endian::{U32, U64};
use zerocopy::{Immutable, IntoBytes};

use super::super::layout::*;
use super::file::{Sections, stable_key};
use super::ids::Ids;
use super::{WriteError, out_of_range, to_u32};
use crate::number::Digits;
use crate::plan::*;

/// Appends records side by side, and says where.
pub(super) fn list<T: IntoBytes + Immutable>(
    section: SectionId,
    records: &[T],
    file: &mut Sections,
) -> Result<Range, WriteError> {
    let range = next_range(section, records.len(), file)?;
    file.push(section, records);
    Ok(range)
}

/// Where the next `count` records of a section will be.
pub(super) fn next_range(section: SectionId, count: usize, file: &mut Sections) -> Result<Range, WriteError> {
    let first = if count == 0 { 0 } else { to_u32(file.count(section), "section")? };
    Ok(Range { first: first.into(), count: to_u32(count, "section")?.into() })
}

/// A list of digits, packed and ascending.
pub(super) fn digits(
    list_of: impl IntoIterator<Item = Digits>,
    owner: &str,
    file: &mut Sections,
) -> Result<Range, WriteError> {
    let mut packed: Vec<u64> = list_of.into_iter().map(|digits| digits.to_packed()).collect();
    packed.sort_unstable();
    packed.dedup();
    if packed.first() == Some(&0) {
        return Err(out_of_range(owner, "a prefix is empty"));
    }
    let packed: Vec<U64> = packed.into_iter().map(U64::from).collect();
    list(SectionId::Digits, &packed, file)
}

/// A list of area codes or LATAs, ascending.
pub(super) fn numbers(
    list_of: impl IntoIterator<Item = u32>,
    file: &mut Sections,
) -> Result<Range, WriteError> {
    let mut numbers: Vec<u32> = list_of.into_iter().collect();
    numbers.sort_unstable();
    numbers.dedup();
    let numbers: Vec<U32> = numbers.into_iter().map(U32::from).collect();
    list(SectionId::Numbers, &numbers, file)
}

/// A list of countries, ascending.
pub(super) fn countries(list_of: &[String], owner: &str, file: &mut Sections) -> Result<Range, WriteError> {
    let mut countries = Vec::new();
    for text in list_of {
        let country: Option<[u8; 2]> = text.as_bytes().try_into().ok();
        let country = country.filter(|pair| pair.iter().all(u8::is_ascii_uppercase));
        countries.push(country.ok_or_else(|| {
            out_of_range(owner, &format!("country {text:?} must be two capitals (ISO 3166)"))
        })?);
    }
    countries.sort_unstable();
    countries.dedup();
    list(SectionId::Countries, &countries, file)
}

/// A list of partitions, in its order.
pub(super) fn partitions<'a>(
    list_of: impl IntoIterator<Item = &'a String>,
    owner: &str,
    ids: &Ids<'_>,
    file: &mut Sections,
) -> Result<Range, WriteError> {
    let mut partitions: Vec<U32> = Vec::new();
    for id in list_of {
        partitions.push(ids.partitions.find(id, owner)?.into());
    }
    list(SectionId::PartitionLists, &partitions, file)
}

/// The limits of an owner, in the order in which they are asked (2.7). `zone` is that of their periods.
pub(super) fn limits(
    owner: &[&str],
    limits: &Limits,
    zone: u32,
    file: &mut Sections,
) -> Result<Range, WriteError> {
    let record = |dimension_name: &str, dimension: u8| {
        let mut parts = owner.to_vec();
        parts.push(dimension_name);
        LimitRec { key: stable_key(&parts).into(), dimension, zone: zone.into(), ..LimitRec::default() }
    };
    let refuse = |what: &str| Err(out_of_range(&owner.join(" "), what));
    let mut records = Vec::new();
    if let Some(cps_milli) = limits.cps_milli {
        if cps_milli == 0 {
            return refuse("cps must be at least 0.001");
        }
        let whole_cps = u32::try_from(cps_milli / 1000).unwrap_or(u32::MAX);
        records.push(LimitRec {
            // Rounded up: never more calls than the plan says.
            amount: 1_000_000_000_000u64.div_ceil(cps_milli).into(),
            max: limits.cps_burst.unwrap_or(whole_cps.max(1)).into(),
            ..record("cps", 0)
        });
    }
    if let Some(calls_max) = limits.concurrent_calls_max {
        records.push(LimitRec { max: calls_max.into(), ..record("concurrency", 1) });
    }
    let mut volumes = limits.volumes.clone();
    volumes.sort_by_key(|volume| (volume.period, volume.counts));
    if volumes.windows(2).any(|pair| (pair[0].period, pair[0].counts) == (pair[1].period, pair[1].counts)) {
        return refuse("two volume limits of one period and count");
    }
    for volume in volumes {
        let name = format!("calls_{}_{}", volume.period.name(), volume.counts.name());
        records.push(LimitRec {
            max: volume.calls_max.into(),
            period: volume.period as u8,
            counts: volume.counts as u8,
            ..record(&name, 2)
        });
    }
    if let Some(minutes_max) = limits.minutes_per_month_max {
        records.push(LimitRec { max: minutes_max.into(), ..record("minutes_month", 3) });
    }
    if let Some(amount_max) = limits.spend_per_day_max {
        let Ok(amount) = u64::try_from(amount_max.0) else { return refuse("a spend limit is negative") };
        records.push(LimitRec { amount: amount.into(), ..record("spend_day", 4) });
    }
    list(SectionId::Limits, &records, file)
}
