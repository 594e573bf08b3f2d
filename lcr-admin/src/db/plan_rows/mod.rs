//! What each table holds of a plan: one table a function, one column a value.
//!
//! Every field of the plan is named once, so that a new one that has no column does not compile. Deck versions and
//! their rows are not here: see `deck_rows`.

mod accounts;
mod carriers;
mod rules;
mod trunks;
mod volumes;

use rating_core::plan::{Limits, RecurringWindow, Schedule};

use super::copy::TextRows;
use super::tables::Table;

/// Columns of a table that has caps: its own, and those of [`limits`].
macro_rules! with_limits {
    ($($column:literal),+ $(,)?) => {
        &[
            $($column,)+
            "cps_milli",
            "cps_burst",
            "concurrent_calls_max",
            "minutes_per_month_max",
            "spend_per_day_max_nano",
        ]
    };
}
use with_limits;

/// Every table but those of deck versions, each after the tables that it refers to.
pub(super) fn tables() -> Vec<Table> {
    let mut tables = vec![carriers::DECKS, carriers::PROVIDERS, carriers::ROUTES, carriers::GATEWAYS];
    tables.extend([carriers::PARTITIONS, carriers::WINDOWS, carriers::MEMBERS]);
    tables.extend(accounts::TABLES);
    tables.extend(trunks::TABLES);
    tables.extend(rules::TABLES);
    tables.extend(volumes::TABLES);
    tables
}

/// The columns of an owner's caps. Its volume limits have a table of their own.
fn limits(limits: &Limits, rows: &mut TextRows) {
    let Limits {
        cps_milli,
        cps_burst,
        concurrent_calls_max,
        volumes: _,
        minutes_per_month_max,
        spend_per_day_max,
    } = limits;
    rows.nullable(*cps_milli)
        .nullable(*cps_burst)
        .nullable(*concurrent_calls_max)
        .nullable(*minutes_per_month_max)
        .nullable(spend_per_day_max.map(|amount| amount.0));
}

/// Columns of a table of windows behind that of their owner.
const WINDOW: [&str; 6] = ["position", "days", "month_days", "months", "from_sec", "until_sec"];

/// Whether there is a schedule, and its zone.
fn schedule(schedule: Option<&Schedule>, rows: &mut TextRows) {
    let zone = schedule.map(|schedule| schedule.time_zone.as_str());
    rows.value(schedule.is_some()).nullable(zone.filter(|zone| !zone.is_empty()));
}

/// A row for each window of a schedule.
fn windows(owner: &str, schedule: Option<&Schedule>, rows: &mut TextRows) {
    // The zone is a column of the owner.
    let Some(Schedule { time_zone: _, windows }) = schedule else { return };
    for (index, window) in windows.iter().enumerate() {
        let RecurringWindow { days, month_days, months, from_sec, until_sec } = window;
        rows.value(owner).value(index + 1).value(days).value(month_days).value(months);
        rows.value(from_sec).value(until_sec).end();
    }
}

/// A time zone; NULL is UTC.
fn time_zone(zone: &str, rows: &mut TextRows) {
    rows.nullable(Some(zone).filter(|zone| !zone.is_empty()));
}

/// A list whose order means something.
fn ordered(owner: &str, values: &[String], rows: &mut TextRows) {
    for (index, value) in values.iter().enumerate() {
        rows.value(owner).value(index + 1).value(value).end();
    }
}
