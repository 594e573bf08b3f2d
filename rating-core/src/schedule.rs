//! Times by the wall clock: when a partition may be used (2.9), when an override holds (4.6), when a window of a
//! tariff does (9.5).
//!
//! A window from 22:00 until 06:00 on Fridays holds on Saturday at 05:59, for it belongs to the day on which it
//! began. It holds by the wall clock: an hour that repeats holds twice, one that is skipped not at all.
//!
//! The offsets of a zone from UTC come with the snapshot; there is no time-zone database here.

use crate::snapshot::layout::{NONE, WindowRec};
use crate::snapshot::view::{Snapshot, record_at};

const DAY: i64 = 86_400;

/// A part of the day on some days. All three of `days`, `month_days` and `months` must name the day on which it
/// began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// Days of the week: bit 0 is Monday.
    pub days: u8,
    /// Days of the month: bit 0 is the 1st.
    pub month_days: u32,
    /// Months: bit 0 is January.
    pub months: u16,
    /// Second of the day at which it begins, below 86 400.
    pub from_sec: u32,
    /// Second of the day at which it ends, at most 86 400. Before `from_sec`: on the next day. Equal: 24 h.
    pub until_sec: u32,
}

impl Recurrence {
    /// Every day of the week.
    pub const ALL_DAYS: u8 = 0x7f;
    /// Every day of the month.
    pub const ALL_MONTH_DAYS: u32 = 0x7fff_ffff;
    /// Every month.
    pub const ALL_MONTHS: u16 = 0x0fff;

    /// Every day from midnight to midnight.
    pub const ALWAYS: Recurrence = Recurrence {
        days: Self::ALL_DAYS,
        month_days: Self::ALL_MONTH_DAYS,
        months: Self::ALL_MONTHS,
        from_sec: 0,
        until_sec: 86_400,
    };

    /// The day, counted from 1970-01-01, on which the window began that holds when the wall clock shows
    /// `local_sec`, in seconds since 1970-01-01T00:00:00 on that clock; `None` if it does not hold.
    #[must_use]
    pub fn first_day(&self, local_sec: i64) -> Option<i64> {
        let (day, second) = (local_sec.wrapping_div_euclid(DAY), local_sec.wrapping_rem_euclid(DAY));
        let (from, until) = (i64::from(self.from_sec), i64::from(self.until_sec));
        let overnight = until <= from;
        let first_day = if second >= from && (overnight || second < until) {
            day
        } else if overnight && second < until {
            day.wrapping_sub(1)
        } else {
            return None;
        };
        self.begins_on(first_day).then_some(first_day)
    }

    /// Whether it begins on a day, counted from 1970-01-01.
    fn begins_on(&self, day: i64) -> bool {
        // 1970-01-01 was a Thursday, bit 3.
        let weekday = day.wrapping_add(3).wrapping_rem_euclid(7);
        let (month, month_day) = month_and_day(day);
        let bit = |mask: u32, index: i64| u32::try_from(index).is_ok_and(|i| mask.wrapping_shr(i) & 1 == 1);
        bit(u32::from(self.days), weekday)
            && bit(self.month_days, month_day.wrapping_sub(1))
            && bit(u32::from(self.months), month.wrapping_sub(1))
    }
}

/// The month, 1 to 12, and day of the month, 1 to 31, of a day counted from 1970-01-01.
///
/// # Source
/// The proleptic Gregorian calendar in years from March, so that the leap day is the last of a year:
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn month_and_day(day: i64) -> (i64, i64) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    let of_era = day.wrapping_add(719_468).wrapping_rem_euclid(DAYS_OF_400_YEARS);
    let leap_corrected = of_era
        .wrapping_sub(of_era.wrapping_div(1_460))
        .wrapping_add(of_era.wrapping_div(36_524))
        .wrapping_sub(of_era.wrapping_div(146_096));
    let year = leap_corrected.wrapping_div(365);
    let days_before_year =
        year.wrapping_mul(365).wrapping_add(year.wrapping_div(4)).wrapping_sub(year.wrapping_div(100));
    let of_year = of_era.wrapping_sub(days_before_year);
    let from_march = of_year.wrapping_mul(5).wrapping_add(2).wrapping_div(153);
    let days_before_month = from_march.wrapping_mul(153).wrapping_add(2).wrapping_div(5);
    let month = if from_march < 10 { from_march.wrapping_add(3) } else { from_march.wrapping_sub(9) };
    (month, of_year.wrapping_sub(days_before_month).wrapping_add(1))
}

/// Whether a schedule of the snapshot holds at an instant; [`NONE`] always does.
#[must_use]
pub fn holds(snapshot: &Snapshot<'_>, schedule: u32, at_utc_sec: i64) -> bool {
    if schedule == NONE {
        return true;
    }
    let Some(record) = record_at(snapshot.schedules(), schedule) else { return false };
    let local = local_sec(snapshot, record.zone.get(), at_utc_sec);
    let windows = snapshot.range(snapshot.windows(), record.windows);
    windows.iter().any(|window| window.recurrence().first_day(local).is_some())
}

/// What the clock of a zone of the snapshot shows at an instant, in seconds since 1970-01-01T00:00:00 on it.
pub(crate) fn local_sec(snapshot: &Snapshot<'_>, zone: u32, at_utc_sec: i64) -> i64 {
    let Some(zone) = record_at(snapshot.zones(), zone) else { return at_utc_sec };
    let changes = snapshot.range(snapshot.offset_changes(), zone.changes);
    let passed = changes.partition_point(|change| change.at_utc_sec.get() <= at_utc_sec);
    let last = passed.checked_sub(1).and_then(|last| changes.get(last));
    let offset_sec = last.map_or(zone.before_sec.get(), |change| change.offset_sec.get());
    at_utc_sec.saturating_add(i64::from(offset_sec))
}

impl WindowRec {
    /// When it holds.
    #[must_use]
    pub fn recurrence(&self) -> Recurrence {
        Recurrence {
            days: self.days,
            month_days: self.month_days.get(),
            months: self.months.get(),
            from_sec: self.from_sec.get(),
            until_sec: self.until_sec.get(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        // Counted from 1970-01-01 by hand or with `date -d`: seconds / 86_400.
        for (day, month, month_day) in [
            (0, 1, 1),
            (58, 2, 28),
            (59, 3, 1),
            (-1, 12, 31),
            (11_016, 2, 29),  // 2000-02-29
            (47_540, 2, 28),  // 2100-02-28
            (47_541, 3, 1),   // 2100 is no leap year
            (20_773, 11, 16), // 2026-11-16
        ] {
            assert_eq!(month_and_day(day), (month, month_day), "day {day}");
        }
    }
}
