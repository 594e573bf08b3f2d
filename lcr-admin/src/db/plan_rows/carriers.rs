//! Price lists, providers, routes, gateways, partitions.

use rating_core::plan::{Deck, Gateway, Member, Partition, Plan, Provider, Route};

use super::super::copy::TextRows;
use super::super::tables::Table;
use super::{WINDOW, limits, schedule, time_zone, windows, with_limits};
use crate::words::Word;

pub(super) const DECKS: Table = Table {
    name: "deck",
    key: &["id"],
    columns: &["id", "ij_policy", "currency", "rounding_mode", "rounding_decimals"],
    rows: decks,
};

fn decks(plan: &Plan, rows: &mut TextRows) {
    // Versions are stored apart.
    for Deck { id, ij_policy, currency, rounding, versions: _ } in &plan.decks {
        rows.value(id)
            .nullable(ij_policy.map(Word::word))
            .nullable(Some(currency).filter(|currency| !currency.is_empty()))
            .value(rounding.mode.word())
            .value(rounding.decimals)
            .end();
    }
}

pub(super) const PROVIDERS: Table = Table {
    name: "provider",
    key: &["id"],
    columns: with_limits!["id", "active", "kind", "ij_policy", "time_zone", "traffic"],
    rows: providers,
};

fn providers(plan: &Plan, rows: &mut TextRows) {
    for Provider { id, active, kind, ij_policy, limits: caps, time_zone: zone, traffic } in &plan.providers {
        rows.value(id).value(active).value(kind.word()).value(ij_policy.word());
        time_zone(zone, rows);
        rows.nullable_array(traffic.as_ref().map(|traffic| traffic.iter().map(|class| class.word())));
        limits(caps, rows);
        rows.end();
    }
}

pub(super) const ROUTES: Table = Table {
    name: "route",
    key: &["id"],
    columns: with_limits!["id", "provider", "deck", "active", "quality", "ani_classes"],
    rows: routes,
};

fn routes(plan: &Plan, rows: &mut TextRows) {
    for Route { id, provider, deck, active, quality, limits: caps, ani_classes } in &plan.routes {
        rows.value(id).value(provider).nullable(deck.as_ref()).value(active).value(quality);
        rows.nullable_array(ani_classes.as_ref().map(|classes| classes.iter().map(|class| class.word())));
        limits(caps, rows);
        rows.end();
    }
}

pub(super) const GATEWAYS: Table = Table {
    name: "gateway",
    key: &["id"],
    columns: with_limits!["id", "route", "dial_string", "priority", "weight", "active", "latas"],
    rows: gateways,
};

fn gateways(plan: &Plan, rows: &mut TextRows) {
    for gateway in &plan.gateways {
        let Gateway { id, route, dial_string, priority, weight, active, latas, limits: caps } = gateway;
        rows.value(id).value(route).value(dial_string).value(priority).nullable(*weight).value(active);
        rows.array(latas);
        limits(caps, rows);
        rows.end();
    }
}

pub(super) const PARTITIONS: Table = Table {
    name: "partition",
    key: &["id"],
    columns: with_limits![
        "id",
        "active",
        "strategy",
        "scheduled",
        "schedule_time_zone",
        "min_quality",
        "rate_limit_nano_per_min",
        "max_results",
        "dial_timeout_sec",
    ],
    rows: partitions,
};

fn partitions(plan: &Plan, rows: &mut TextRows) {
    for partition in &plan.partitions {
        let Partition {
            id,
            active,
            strategy,
            // They have a table of their own.
            members: _,
            schedule: times,
            min_quality,
            rate_limit_per_min,
            max_results,
            dial_timeout_sec,
            limits: caps,
        } = partition;
        rows.value(id).value(active).value(strategy.word());
        schedule(times.as_ref(), rows);
        rows.nullable(*min_quality)
            .nullable(rate_limit_per_min.map(|rate| rate.0))
            .value(max_results)
            .nullable(*dial_timeout_sec);
        limits(caps, rows);
        rows.end();
    }
}

pub(super) const WINDOWS: Table = Table {
    name: "partition_window",
    key: &["partition", "position"],
    columns: &["partition", WINDOW[0], WINDOW[1], WINDOW[2], WINDOW[3], WINDOW[4], WINDOW[5]],
    rows: |plan, rows| {
        for partition in &plan.partitions {
            windows(&partition.id, partition.schedule.as_ref(), rows);
        }
    },
};

pub(super) const MEMBERS: Table = Table {
    name: "partition_member",
    key: &["partition", "route"],
    columns: with_limits!["partition", "route", "priority", "weight", "active"],
    rows: members,
};

fn members(plan: &Plan, rows: &mut TextRows) {
    for partition in &plan.partitions {
        for Member { route, priority, weight, active, limits: caps } in &partition.members {
            rows.value(&partition.id).value(route).value(priority).nullable(*weight).value(active);
            limits(caps, rows);
            rows.end();
        }
    }
}
