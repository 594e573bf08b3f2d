//! Recurring windows of a tariff: evenings, weekends, the first of January (9.5).
//!
//! A window from 22:00 until 06:00 on Fridays holds on Saturday at 05:59, for it belongs to the day on which it
//! began. It holds by the wall clock: an hour that repeats holds twice, one that is skipped not at all.
//!
//! The offsets of the zone from UTC are an argument; there is no time-zone database here.

use crate::money::Nano;
use crate::schedule::Recurrence;

use super::steps::Step;

/// Seconds of a day without a change of offset.
pub const DAY_SEC: u32 = 86_400;
const DAY: i64 = 86_400;

/// When a zone's offset from UTC changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetChange {
    /// First instant of the new offset.
    pub at_utc_sec: i64,
    /// Seconds to add to UTC from then on; east is positive.
    pub offset_sec: i32,
}

/// A zone's offsets from UTC over the years that matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UtcOffsets<'a> {
    /// Offset before the first change.
    pub before_sec: i32,
    /// The changes, earliest first.
    pub changes: &'a [OffsetChange],
}

impl UtcOffsets<'_> {
    /// UTC itself.
    pub const UTC: UtcOffsets<'static> = UtcOffsets { before_sec: 0, changes: &[] };

    /// What the zone's clock shows at an instant, as seconds since 1970-01-01T00:00:00 on that clock.
    #[must_use]
    pub fn local_sec(&self, at_utc_sec: i64) -> i64 {
        let passed = self.changes.iter().rev().find(|change| change.at_utc_sec <= at_utc_sec);
        let offset_sec = passed.map_or(self.before_sec, |change| change.offset_sec);
        at_utc_sec.saturating_add(i64::from(offset_sec))
    }

    /// The first instant at which the zone's clock shows `local_sec` or later.
    fn first_instant(&self, local_sec: i64) -> i64 {
        let mut segment_start = i64::MIN;
        let mut offset_sec = self.before_sec;
        for change in self.changes {
            let reached = local_sec.saturating_sub(i64::from(offset_sec)).max(segment_start);
            if reached < change.at_utc_sec {
                return reached;
            }
            segment_start = change.at_utc_sec;
            offset_sec = change.offset_sec;
        }
        local_sec.saturating_sub(i64::from(offset_sec)).max(segment_start)
    }

    fn next_change(&self, after_utc_sec: i64) -> Option<i64> {
        self.changes.iter().map(|change| change.at_utc_sec).find(|&at| at > after_utc_sec)
    }
}

/// A part of the week or year with a price of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window<'a> {
    /// When it holds.
    pub when: Recurrence,
    /// Fee of a call that is answered while it holds.
    pub connect_fee: Nano,
    /// Its prices.
    pub steps: &'a [Step],
}

impl Window<'_> {
    /// The instant at which the window that holds at `at_utc_sec` began; `None` if it does not hold.
    fn began(&self, offsets: &UtcOffsets<'_>, at_utc_sec: i64) -> Option<i64> {
        let first_day = self.when.first_day(offsets.local_sec(at_utc_sec))?;
        let began_local = first_day.saturating_mul(DAY).saturating_add(i64::from(self.when.from_sec));
        Some(offsets.first_instant(began_local))
    }
}

/// The window that prices an instant: of those that hold the one that began last, then the first of the list.
#[must_use]
pub fn holding<'w, 'a>(
    windows: &'w [Window<'a>],
    offsets: &UtcOffsets<'_>,
    at_utc_sec: i64,
) -> Option<&'w Window<'a>> {
    let mut best: Option<(i64, &Window<'a>)> = None;
    for window in windows {
        if let Some(began) = window.began(offsets, at_utc_sec)
            && best.is_none_or(|(latest, _)| began > latest)
        {
            best = Some((began, window));
        }
    }
    best.map(|(_, window)| window)
}

/// The next instant at which another window may hold: an edge of some window, or a change of the offset.
#[must_use]
pub fn next_edge(windows: &[Window<'_>], offsets: &UtcOffsets<'_>, at_utc_sec: i64) -> i64 {
    let second = offsets.local_sec(at_utc_sec).wrapping_rem_euclid(DAY);
    // 1 to 86 400 s away: an edge that is now is the edge of tomorrow.
    let away = |edge: u32| i64::from(edge).wrapping_sub(second).wrapping_sub(1).wrapping_rem_euclid(DAY);
    let edges = windows.iter().flat_map(|window| [window.when.from_sec, window.when.until_sec]);
    let nearest = edges.map(away).min().unwrap_or(DAY).saturating_add(1);
    let by_clock = at_utc_sec.saturating_add(nearest);
    offsets.next_change(at_utc_sec).map_or(by_clock, |change| change.min(by_clock))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday 2026-11-16T00:00:00Z.
    const MONDAY: i64 = 1_794_787_200;
    const H: i64 = 3_600;

    fn window(days: u8, from_h: u32, until_h: u32) -> Window<'static> {
        Window {
            when: Recurrence {
                days,
                from_sec: from_h * 3_600,
                until_sec: until_h * 3_600,
                ..Recurrence::ALWAYS
            },
            connect_fee: Nano::ZERO,
            steps: &[],
        }
    }

    fn holds(window: &Window<'_>, at: i64) -> bool {
        window.began(&UtcOffsets::UTC, at).is_some()
    }

    #[test]
    fn r9_5_half_open_by_the_second() {
        let evening = window(0b1, 18, 24);
        assert!(!holds(&evening, MONDAY + 18 * H - 1));
        assert!(holds(&evening, MONDAY + 18 * H));
        assert!(holds(&evening, MONDAY + 24 * H - 1));
        assert!(!holds(&evening, MONDAY + 24 * H), "Tuesday 00:00");
    }

    #[test]
    fn r9_5_crossing_midnight_belongs_to_its_first_day() {
        let night = window(0b1, 22, 6);
        assert!(holds(&night, MONDAY + 22 * H));
        assert!(holds(&night, MONDAY + 30 * H - 1), "Tuesday 05:59:59");
        assert!(!holds(&night, MONDAY + 30 * H));
        assert!(!holds(&night, MONDAY + H), "Monday 01:00 is Sunday's");
        assert!(!holds(&night, MONDAY + 46 * H), "Tuesday 22:00");
        // The last night of October reaches into November.
        let mut october = window(Recurrence::ALL_DAYS, 22, 6);
        october.when.months = 1 << 9;
        let november_1 = MONDAY - 15 * 24 * H;
        assert!(holds(&october, november_1 + 5 * H));
        assert!(!holds(&october, november_1 + 22 * H));
    }

    #[test]
    fn r9_5_equal_is_24_hours() {
        let day = window(0b1, 8, 8);
        assert!(!holds(&day, MONDAY + 8 * H - 1));
        assert!(holds(&day, MONDAY + 8 * H));
        assert!(holds(&day, MONDAY + 32 * H - 1));
        assert!(!holds(&day, MONDAY + 32 * H));
        let from_midnight = window(0b1, 0, 0);
        assert!(holds(&from_midnight, MONDAY) && holds(&from_midnight, MONDAY + 24 * H - 1));
        assert!(!holds(&from_midnight, MONDAY - 1) && !holds(&from_midnight, MONDAY + 24 * H));
    }

    #[test]
    fn r9_5_days_and_month_days_and_months_must_all_hold() {
        let mut window = window(0b1, 0, 24);
        window.when.month_days = 1 << 15; // the 16th
        window.when.months = 1 << 10; // November
        assert!(holds(&window, MONDAY));
        assert!(!holds(&window, MONDAY + 7 * 24 * H), "a Monday in November, the 23rd");
        let monday_march_16 = 1_773_619_200;
        assert!(!holds(&window, monday_march_16));
        window.when.days = 0b10;
        assert!(!holds(&window, MONDAY));
    }

    #[test]
    fn r9_5_the_latest_start_wins_then_list_order() {
        let list = [window(0x7f, 0, 24), window(0x7f, 8, 20), window(0x7f, 18, 6), window(0x7f, 18, 22)];
        let index_at = |at: i64| {
            let found = holding(&list, &UtcOffsets::UTC, at).unwrap();
            list.iter().position(|window| core::ptr::eq(window, found)).unwrap()
        };
        assert_eq!(index_at(MONDAY + 9 * H), 1);
        assert_eq!(index_at(MONDAY + 19 * H), 2, "both begin at 18:00: the first of the list");
        assert_eq!(index_at(MONDAY + H), 0, "since 00:00 beats since 18:00 of the day before");
        assert!(holding(&list[1..2], &UtcOffsets::UTC, MONDAY).is_none());
    }

    #[test]
    fn r9_5_wall_clock_in_denver() {
        // 2026-03-08 09:00Z: 02:00 MST becomes 03:00 MDT. 2026-11-01 08:00Z: 02:00 MDT becomes 01:00 MST.
        let (spring, autumn) = (1_772_960_400, 1_793_520_000);
        let changes = [
            OffsetChange { at_utc_sec: spring, offset_sec: -6 * 3_600 },
            OffsetChange { at_utc_sec: autumn, offset_sec: -7 * 3_600 },
        ];
        let denver = UtcOffsets { before_sec: -7 * 3_600, changes: &changes };
        let one_to_two = window(0x7f, 1, 2);
        let two_to_three = window(0x7f, 2, 3);
        let seconds_held = |window: &Window<'_>, from: i64, until: i64| {
            (from..until).filter(|&at| window.began(&denver, at).is_some()).count()
        };
        // Local midnight to midnight: 23 and 25 h.
        let (short_day, long_day) = (spring - 2 * H, autumn - 2 * H);
        assert_eq!(seconds_held(&two_to_three, short_day, short_day + 23 * H), 0);
        assert_eq!(seconds_held(&one_to_two, short_day, short_day + 23 * H), 3_600);
        assert_eq!(seconds_held(&one_to_two, long_day, long_day + 25 * H), 7_200);
        assert_eq!(seconds_held(&window(0x40, 0, 0), short_day - H, short_day + 24 * H), 23 * 3_600);
        assert_eq!(seconds_held(&window(0x40, 0, 24), long_day - H, long_day + 26 * H), 25 * 3_600);
        // A start in the hour that is skipped is the instant of the jump: equal, so list order decides.
        let skipped = [window(0x7f, 2, 6), window(0x7f, 3, 6)];
        assert!(core::ptr::eq(holding(&skipped, &denver, spring).unwrap(), &skipped[0]));
    }

    #[test]
    fn edges_are_found_across_midnight_and_changes() {
        let list = [window(0x7f, 8, 18)];
        let next = |at: i64| next_edge(&list, &UtcOffsets::UTC, at) - MONDAY;
        assert_eq!(next(MONDAY), 8 * H);
        assert_eq!(next(MONDAY + 8 * H), 18 * H);
        assert_eq!(next(MONDAY + 20 * H), 32 * H);
        let changes = [OffsetChange { at_utc_sec: MONDAY + 5, offset_sec: H as i32 }];
        let offsets = UtcOffsets { before_sec: 0, changes: &changes };
        assert_eq!(next_edge(&list, &offsets, MONDAY), MONDAY + 5);
        assert_eq!(next_edge(&list, &offsets, MONDAY + 5), MONDAY + 7 * H);
    }
}
