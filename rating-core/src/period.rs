//! Periods of volume limits: which hour, day or month of a time zone an instant is in (6.5).
//!
//! A period is named by a number that only grows, so that two instants are in one period when their numbers are equal.
//! No boundary is written down anywhere: the zone's offsets in the snapshot are enough.
//!
//! Worked: in Denver 2026-03-08 begins at 07:00 UTC and, the clocks going forward, ends at 06:00 UTC the next day. All
//! of its 23 hours are day 20 520. On 2026-11-01 the clock shows 01:30 twice: both are day 20 758, but different hours.

use crate::class::Period;
use crate::schedule::local_sec;
use crate::snapshot::view::Snapshot;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// Every offset from UTC is a whole number of quarters of an hour, so hours that are different begin in different ones.
const QUARTER: i64 = 900;

/// The number of the period that an instant is in, by the clock of a zone of the snapshot; UTC for no zone.
///
/// An hour has the number of the quarter of an hour since 1970 UTC in which it began, a day that of days since 1970, a
/// month that of months since then. "For ever" is period 0.
#[must_use]
pub fn number_of(snapshot: &Snapshot<'_>, zone: u32, period: Period, at_utc_sec: i64) -> u32 {
    let local = local_sec(snapshot, zone, at_utc_sec);
    let number = match period {
        Period::Hour => at_utc_sec.wrapping_sub(local.wrapping_rem_euclid(HOUR)).wrapping_div_euclid(QUARTER),
        Period::Day => local.wrapping_div_euclid(DAY),
        Period::Month => months_since_1970(local.wrapping_div_euclid(DAY)),
        Period::Total => 0,
    };
    // Instants before 1970 are all in the first period, those after the year 100,000 in the last.
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

/// Months from January 1970 to that of a day, counted from 1970-01-01.
///
/// # Source
/// As `schedule::month_and_day`: years that begin in March.
fn months_since_1970(day: i64) -> i64 {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    let since = day.wrapping_add(719_468);
    let era = since.wrapping_div_euclid(DAYS_OF_400_YEARS);
    let of_era = since.wrapping_rem_euclid(DAYS_OF_400_YEARS);
    let leap_corrected = of_era
        .wrapping_sub(of_era.wrapping_div(1_460))
        .wrapping_add(of_era.wrapping_div(36_524))
        .wrapping_sub(of_era.wrapping_div(146_096));
    let year = leap_corrected.wrapping_div(365);
    let days_before_year =
        year.wrapping_mul(365).wrapping_add(year.wrapping_div(4)).wrapping_sub(year.wrapping_div(100));
    let of_year = of_era.wrapping_sub(days_before_year);
    let from_march = of_year.wrapping_mul(5).wrapping_add(2).wrapping_div(153);
    let years = era.wrapping_mul(400).wrapping_add(year).wrapping_sub(1970);
    // March is month 2 of its year, counted from 0; what is beyond December is of the next one.
    years.wrapping_mul(12).wrapping_add(from_march).wrapping_add(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_the_calendar() {
        // Days by `date -d 1970-01-01+Nday`, months by hand: (year − 1970) × 12 + month − 1.
        for (day, month) in [
            (0, 0),
            (30, 0),
            (31, 1),
            (58, 1),
            (59, 2),
            (364, 11),
            (365, 12),
            (-1, -1),
            (11_016, 361), // 2000-02-29
            (11_017, 362), // 2000-03-01
            (20_787, 682), // 2026-11-30
            (20_788, 683), // 2026-12-01
            (20_819, 684), // 2027-01-01
        ] {
            assert_eq!(months_since_1970(day), month, "day {day}");
        }
    }
}
