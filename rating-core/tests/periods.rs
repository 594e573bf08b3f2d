//! Rule 6.5: which hour, day and month an instant is in, by the clock of a time zone, over both changes of the clock.
//!
//! Boundaries are from the zones' own rules, worked by hand: Denver changes at 02:00 local by an hour (UTC−7 and −6),
//! London at 01:00 UTC by an hour (UTC and +1), Lord Howe at 02:00 local by half an hour (UTC+10:30 and +11).

mod common;

use common::*;
use rating_core::class::Period;
use rating_core::period::number_of;
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write::compile;

/// Seconds since 1970 of an instant.
fn utc(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_second()
}

/// The period numbers of instants in a zone.
fn numbers(zone: &str, period: Period, instants: &[&str]) -> Vec<u32> {
    let mut plan = plan();
    plan.accounts[0].time_zone = zone.into();
    let bytes = compile(&plan, utc("2026-01-01T00:00:00Z")).unwrap();
    let snapshot = Snapshot::open(&bytes).unwrap();
    let zone = snapshot.accounts()[0].zone.get();
    instants.iter().map(|at| number_of(&snapshot, zone, period, utc(at))).collect()
}

/// A day: its first second, its last, and the first of the next; `number` is that of days since 1970-01-01.
fn assert_day(zone: &str, number: u32, from: &str, last: &str, until: &str) {
    let before = jiff::Timestamp::from_second(utc(from) - 1).unwrap().to_string();
    let found = numbers(zone, Period::Day, &[&before, from, last, until]);
    assert_eq!(found, [number - 1, number, number, number + 1], "{zone} {from}");
}

#[test]
fn r6_5_a_day_of_23_or_25_hours_is_one_day() {
    // `date -d 'day' +%s` / 86400: 2026-03-08 is 20520, 03-29 20541, 04-05 20548, 10-04 20730, 10-25 20751, 11-01 20758.
    let denver = "America/Denver";
    assert_day(denver, 20_520, "2026-03-08T07:00:00Z", "2026-03-09T05:59:59Z", "2026-03-09T06:00:00Z");
    assert_day(denver, 20_758, "2026-11-01T06:00:00Z", "2026-11-02T06:59:59Z", "2026-11-02T07:00:00Z");
    let london = "Europe/London";
    assert_day(london, 20_541, "2026-03-29T00:00:00Z", "2026-03-29T22:59:59Z", "2026-03-29T23:00:00Z");
    assert_day(london, 20_751, "2026-10-24T23:00:00Z", "2026-10-25T23:59:59Z", "2026-10-26T00:00:00Z");
    // Half an hour: days of 24:30 and 23:30 h.
    let lord_howe = "Australia/Lord_Howe";
    assert_day(lord_howe, 20_548, "2026-04-04T13:00:00Z", "2026-04-05T13:29:59Z", "2026-04-05T13:30:00Z");
    assert_day(lord_howe, 20_730, "2026-10-03T13:30:00Z", "2026-10-04T12:59:59Z", "2026-10-04T13:00:00Z");
}

/// Where hours begin: each instant is the first second of an hour, and the second before is of another.
fn assert_hours(zone: &str, begin: &[&str]) {
    for at in begin {
        let before = jiff::Timestamp::from_second(utc(at) - 1).unwrap().to_string();
        let [earlier, here] = numbers(zone, Period::Hour, &[&before, at])[..] else { unreachable!() };
        assert!(earlier < here, "{zone}: an hour begins at {at}");
    }
    let all = numbers(zone, Period::Hour, begin);
    assert!(all.is_sorted_by(|a, b| a < b), "{zone}: {all:?}");
    for pair in begin.windows(2) {
        let last = jiff::Timestamp::from_second(utc(pair[1]) - 1).unwrap().to_string();
        let [first, last] = numbers(zone, Period::Hour, &[pair[0], &last])[..] else { unreachable!() };
        assert_eq!(first, last, "{zone}: one hour from {} on", pair[0]);
    }
}

#[test]
fn r6_5_an_hour_that_repeats_is_two_hours() {
    // 01:00 MDT, 01:00 MST, 02:00 MST.
    assert_hours("America/Denver", &["2026-11-01T07:00:00Z", "2026-11-01T08:00:00Z", "2026-11-01T09:00:00Z"]);
    // 01:00 MST, then 03:00 MDT.
    assert_hours("America/Denver", &["2026-03-08T08:00:00Z", "2026-03-08T09:00:00Z", "2026-03-08T10:00:00Z"]);
    // 01:00 BST, 01:00 GMT, 02:00 GMT.
    assert_hours("Europe/London", &["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"]);
    // 01:00 at +11; at 02:00 it is 01:30 at +10:30, half an hour that is an hour of its own; 02:00.
    assert_hours(
        "Australia/Lord_Howe",
        &["2026-04-04T14:00:00Z", "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z", "2026-04-04T16:30:00Z"],
    );
    // 01:00 at +10:30; at 02:00 it is 02:30 at +11: an hour of half an hour; 03:00.
    assert_hours(
        "Australia/Lord_Howe",
        &["2026-10-03T14:30:00Z", "2026-10-03T15:30:00Z", "2026-10-03T16:00:00Z"],
    );
}

#[test]
fn r6_5_a_month_begins_at_midnight_of_its_zone() {
    // (2026 − 1970) × 12 + 10 is November 2026: 682.
    let months = |zone| numbers(zone, Period::Month, &["2026-11-01T05:59:59Z", "2026-11-01T06:00:00Z"]);
    assert_eq!(months("America/Denver"), [681, 682]);
    assert_eq!(months(""), [682, 682], "no zone is UTC");
    assert_eq!(
        numbers("Asia/Tokyo", Period::Month, &["2026-12-31T14:59:59Z", "2026-12-31T15:00:00Z"]),
        [683, 684]
    );
}

#[test]
fn r6_1_for_ever_is_one_period() {
    assert_eq!(numbers("", Period::Total, &["1970-01-01T00:00:00Z", "2099-12-31T00:00:00Z"]), [0, 0]);
}
