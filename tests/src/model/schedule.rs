//! Recurring windows by the wall clock of a zone (2.9, 4.6, 9.5).

use chrono::{DateTime, Datelike, Days, NaiveDate, Timelike};
use chrono_tz::Tz;
use rating_core::plan::{RecurringWindow, Schedule};

/// Whether any window of the schedule holds at this instant.
///
/// # Panics
/// At a zone that is not known.
#[must_use]
pub fn holds(schedule: &Schedule, at_sec: i64) -> bool {
    let zone: Tz = match schedule.time_zone.as_str() {
        "" => Tz::UTC,
        name => name.parse().expect("an IANA zone"),
    };
    let local = DateTime::from_timestamp(at_sec, 0).expect("an instant").with_timezone(&zone).naive_local();
    let second = local.time().num_seconds_from_midnight();
    schedule.windows.iter().any(|window| window_holds(window, local.date(), second))
}

fn window_holds(window: &RecurringWindow, today: NaiveDate, second: u32) -> bool {
    let yesterday = today.checked_sub_days(Days::new(1)).expect("a day");
    let (from, until) = (window.from_sec, window.until_sec);
    if from < until {
        return names(window, today) && from <= second && second < until;
    }
    // Crosses midnight, or lasts 24 hours: it belongs to the day on which it began.
    names(window, today) && second >= from || names(window, yesterday) && second < until
}

fn names(window: &RecurringWindow, day: NaiveDate) -> bool {
    let of_week = window.days >> day.weekday().num_days_from_monday() & 1 == 1;
    let of_month = window.month_days >> day.day0() & 1 == 1;
    of_week && of_month && window.months >> day.month0() & 1 == 1
}
