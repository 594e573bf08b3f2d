//! When a world's calls are, and the seconds at which something changes for them.

use chrono::{DateTime, Duration, NaiveTime, TimeZone};
use chrono_tz::Tz;
use rating_core::plan::*;

use super::rng::Rng;

/// Zones with days of 23 and 25 hours, one of half an hour's shift, one west, one east, one of quarters.
pub const ZONES: [&str; 8] = [
    "",
    "America/New_York",
    "America/Denver",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Pacific/Auckland",
];

/// Noons around which clocks change somewhere, or a year does, or nothing.
const AROUND: [&str; 8] = [
    "2026-03-08T12:00:00Z",
    "2026-03-29T01:00:00Z",
    "2026-04-04T15:00:00Z",
    "2026-07-15T12:00:00Z",
    "2026-10-03T15:30:00Z",
    "2026-10-25T01:00:00Z",
    "2026-11-01T12:00:00Z",
    "2027-01-01T00:00:00Z",
];

/// Two days around such an instant.
pub fn span(rng: &mut Rng) -> (i64, i64) {
    let around =
        DateTime::parse_from_rfc3339(AROUND[rng.below(AROUND.len())]).expect("an instant").timestamp();
    (around - 40 * 3_600, around + 40 * 3_600)
}

/// A schedule of one to three windows.
pub fn schedule(rng: &mut Rng) -> Schedule {
    let count = 1 + rng.below(3);
    Schedule { time_zone: (*rng.pick(&ZONES)).into(), windows: (0..count).map(|_| window(rng)).collect() }
}

fn window(rng: &mut Rng) -> RecurringWindow {
    // The hours in which clocks change, midnight, and others.
    let edges = [0, 3_600, 5_400, 7_200, 9_000, 10_800, 28_800, 64_800, 79_200, 86_399];
    let from_sec = *rng.pick(&edges);
    let until_sec = if rng.percent(15) {
        from_sec
    } else {
        *rng.pick(&[1, 3_600, 7_200, 10_799, 43_200, 72_000, 86_400])
    };
    RecurringWindow {
        days: if rng.percent(70) { 0x7f } else { u8::try_from(rng.word() & 0x7f).expect("7 bits") },
        month_days: if rng.percent(80) {
            0x7fff_ffff
        } else {
            u32::try_from(rng.word() >> 33).expect("31 bits")
        },
        months: if rng.percent(90) { 0x0fff } else { u16::try_from(rng.word() & 0x0fff).expect("12 bits") },
        from_sec,
        until_sec,
    }
}

/// Every second of the span at which something begins or ends, and the ends of the span.
pub fn boundaries(plan: &Plan, from: i64, until: i64) -> Vec<i64> {
    let mut all = vec![from, until];
    for version in plan.decks.iter().flat_map(|deck| &deck.versions) {
        all.push(version.effective_from);
        all.extend(version.rows.iter().flat_map(|row| [row.terms.starts, row.terms.ends]).flatten());
    }
    for exclusion in &plan.exclusions {
        all.extend([exclusion.valid_from, exclusion.valid_until].into_iter().flatten());
    }
    for o in &plan.overrides {
        all.extend([o.valid_from, o.valid_until].into_iter().flatten());
        o.window.iter().for_each(|window| edges(window, from, until, &mut all));
    }
    for schedule in plan.partitions.iter().filter_map(|partition| partition.schedule.as_ref()) {
        edges(schedule, from, until, &mut all);
    }
    all.extend(plan.currency_rates.iter().map(|rate| rate.from));
    all.retain(|at| (from..=until).contains(at));
    all.sort_unstable();
    all.dedup();
    all
}

/// When the wall clock shows an edge of a window, each time that it does.
fn edges(schedule: &Schedule, from: i64, until: i64, all: &mut Vec<i64>) {
    let zone: Tz =
        if schedule.time_zone.is_empty() { Tz::UTC } else { schedule.time_zone.parse().expect("a zone") };
    let first = DateTime::from_timestamp(from, 0).expect("an instant").date_naive() - Duration::days(1);
    let days = (until - from) / 86_400 + 3;
    for day in 0..=days {
        let midnight = (first + Duration::days(day)).and_time(NaiveTime::MIN);
        for sec in schedule.windows.iter().flat_map(|window| [window.from_sec, window.until_sec]) {
            let wall = midnight + Duration::seconds(sec.into());
            let shown = zone.from_local_datetime(&wall);
            all.extend([shown.earliest(), shown.latest()].into_iter().flatten().map(|at| at.timestamp()));
        }
    }
}
