//! What each table holds of a plan: one table a function, one column a value.
//!
//! Deck versions and their rows are not here: see `deck_rows`.

use rating_core::plan::{Limits, MinMargin, Plan};

use super::copy::TextRows;
use super::tables::Table;
use super::words::Word;

/// Every table but those of deck versions, each after the tables that it refers to.
pub(super) const TABLES: &[Table] = &[
    Table { name: "deck", key: &["id"], columns: DECK, rows: decks },
    Table { name: "provider", key: &["id"], columns: PROVIDER, rows: providers },
    Table { name: "route", key: &["id"], columns: ROUTE, rows: routes },
    Table { name: "gateway", key: &["id"], columns: GATEWAY, rows: gateways },
    Table { name: "partition", key: &["id"], columns: PARTITION, rows: partitions },
    Table { name: "partition_member", key: &["partition", "route"], columns: MEMBER, rows: members },
    Table { name: "account", key: &["id"], columns: ACCOUNT, rows: accounts },
    Table {
        name: "account_partition",
        key: &["account", "position"],
        columns: &["account", "position", "partition"],
        rows: account_partitions,
    },
    Table { name: "trunk", key: &["id"], columns: TRUNK, rows: trunks },
    Table {
        name: "trunk_source",
        key: &["trunk", "network"],
        columns: &["trunk", "network"],
        rows: trunk_sources,
    },
    Table {
        name: "trunk_partition",
        key: &["trunk", "position"],
        columns: &["trunk", "position", "partition"],
        rows: trunk_partitions,
    },
    Table { name: "number_block", key: &["prefix"], columns: NUMBER_BLOCK, rows: number_blocks },
    Table { name: "local_pair", key: LOCAL_PAIR, columns: LOCAL_PAIR, rows: local_pairs },
    Table { name: "plan_settings", key: &["only_row"], columns: SETTINGS, rows: settings },
];

const DECK: &[&str] = &["id", "ij_policy", "rounding_mode", "rounding_decimals"];

fn decks(plan: &Plan, rows: &mut TextRows) {
    for deck in &plan.decks {
        rows.value(&deck.id)
            .nullable(deck.ij_policy.as_ref().map(Word::word))
            .value(deck.rounding.mode.word())
            .value(deck.rounding.decimals)
            .end();
    }
}

const PROVIDER: &[&str] =
    &["id", "active", "kind", "ij_policy", "cps_milli", "cps_burst", "concurrent_calls_max"];

fn providers(plan: &Plan, rows: &mut TextRows) {
    for provider in &plan.providers {
        rows.value(&provider.id)
            .value(provider.active)
            .value(provider.kind.word())
            .value(provider.ij_policy.word());
        limits(&provider.limits, rows);
        rows.end();
    }
}

const ROUTE: &[&str] =
    &["id", "provider", "deck", "active", "quality", "cps_milli", "cps_burst", "concurrent_calls_max"];

fn routes(plan: &Plan, rows: &mut TextRows) {
    for route in &plan.routes {
        rows.value(&route.id)
            .value(&route.provider)
            .nullable(route.deck.as_ref())
            .value(route.active)
            .value(route.quality);
        limits(&route.limits, rows);
        rows.end();
    }
}

const GATEWAY: &[&str] = &["id", "route", "dial_string", "priority", "active"];

fn gateways(plan: &Plan, rows: &mut TextRows) {
    for gateway in &plan.gateways {
        rows.value(&gateway.id)
            .value(&gateway.route)
            .value(&gateway.dial_string)
            .value(gateway.priority)
            .value(gateway.active)
            .end();
    }
}

const PARTITION: &[&str] = &[
    "id",
    "active",
    "strategy",
    "rate_limit_nano_per_min",
    "max_results",
    "dial_timeout_sec",
    "cps_milli",
    "cps_burst",
    "concurrent_calls_max",
];

fn partitions(plan: &Plan, rows: &mut TextRows) {
    for partition in &plan.partitions {
        rows.value(&partition.id)
            .value(partition.active)
            .value(partition.strategy.word())
            .nullable(partition.rate_limit_per_min.map(|rate| rate.0))
            .value(partition.max_results)
            .nullable(partition.dial_timeout_sec);
        limits(&partition.limits, rows);
        rows.end();
    }
}

const MEMBER: &[&str] = &["partition", "route", "priority", "active"];

fn members(plan: &Plan, rows: &mut TextRows) {
    for partition in &plan.partitions {
        for member in &partition.members {
            rows.value(&partition.id).value(&member.route).value(member.priority).value(member.active).end();
        }
    }
}

const ACCOUNT: &[&str] = &[
    "id",
    "active",
    "sell_deck",
    "sell_key",
    "cost_plus_margin_nano_percent",
    "cost_plus_fixed_fee_nano_per_min",
    "cost_plus_rounding_mode",
    "cost_plus_rounding_decimals",
    "min_margin_kind",
    "min_margin_nano",
    "cps_milli",
    "cps_burst",
    "concurrent_calls_max",
];

fn accounts(plan: &Plan, rows: &mut TextRows) {
    for account in &plan.accounts {
        let terms = account.cost_plus.as_ref();
        let (margin_kind, margin_nano) = match account.min_margin {
            MinMargin::Amount(amount) => ("amount", Some(amount.0)),
            MinMargin::NanoPercent(nano_percent) => ("percent", Some(nano_percent)),
            MinMargin::AllowLoss => ("allow_loss", None),
        };
        rows.value(&account.id)
            .value(account.active)
            .nullable(account.sell_deck.as_ref())
            .value(account.sell_key.word())
            .nullable(terms.map(|terms| terms.margin_nano_percent))
            .nullable(terms.map(|terms| terms.fixed_fee_per_min.0))
            .nullable(terms.map(|terms| terms.rounding.mode.word()))
            .nullable(terms.map(|terms| terms.rounding.decimals))
            .value(margin_kind)
            .nullable(margin_nano);
        limits(&account.limits, rows);
        rows.end();
    }
}

fn account_partitions(plan: &Plan, rows: &mut TextRows) {
    for account in &plan.accounts {
        ordered(&account.id, &account.partitions, rows);
    }
}

const TRUNK: &[&str] = &[
    "id",
    "account",
    "active",
    "ani_required",
    "trust_lrn",
    "cps_milli",
    "cps_burst",
    "concurrent_calls_max",
];

fn trunks(plan: &Plan, rows: &mut TextRows) {
    for trunk in &plan.trunks {
        rows.value(&trunk.id)
            .value(&trunk.account)
            .value(trunk.active)
            .value(trunk.ani_required)
            .value(trunk.trust_lrn);
        limits(&trunk.limits, rows);
        rows.end();
    }
}

fn trunk_sources(plan: &Plan, rows: &mut TextRows) {
    for trunk in &plan.trunks {
        for source in &trunk.sources {
            rows.value(&trunk.id).value(format_args!("{}/{}", source.address, source.prefix_len)).end();
        }
    }
}

fn trunk_partitions(plan: &Plan, rows: &mut TextRows) {
    for trunk in &plan.trunks {
        ordered(&trunk.id, &trunk.partitions, rows);
    }
}

const NUMBER_BLOCK: &[&str] = &["prefix", "country", "state", "lata", "ocn", "rate_center"];

fn number_blocks(plan: &Plan, rows: &mut TextRows) {
    for block in &plan.numbering {
        rows.value(block.prefix)
            .value(&block.country)
            .value(&block.state)
            .value(block.lata)
            .value(&block.ocn)
            .value(&block.rate_center)
            .end();
    }
}

const LOCAL_PAIR: &[&str] = &["state_a", "rate_center_a", "state_b", "rate_center_b"];

fn local_pairs(plan: &Plan, rows: &mut TextRows) {
    for pair in &plan.local_calling {
        rows.value(&pair.state_a)
            .value(&pair.rate_center_a)
            .value(&pair.state_b)
            .value(&pair.rate_center_b)
            .end();
    }
}

const SETTINGS: &[&str] = &[
    "only_row",
    "name",
    "currency",
    "reference_duration_sec",
    "default_partition",
    "use_ani_lrn",
    "max_duration_sec",
    "dial_timeout_sec",
];

fn settings(plan: &Plan, rows: &mut TextRows) {
    let settings = &plan.settings;
    rows.value(true)
        .value(&settings.name)
        .value(&settings.currency)
        .value(settings.reference_duration_sec)
        .nullable(settings.default_partition.as_ref())
        .value(settings.use_ani_lrn)
        .value(settings.max_duration_sec)
        .value(settings.dial_timeout_sec)
        .end();
}

/// The three columns of an owner's caps.
fn limits(limits: &Limits, rows: &mut TextRows) {
    rows.nullable(limits.cps_milli).nullable(limits.cps_burst).nullable(limits.concurrent_calls_max);
}

/// A list whose order means something.
fn ordered(owner: &str, partitions: &[String], rows: &mut TextRows) {
    for (index, partition) in partitions.iter().enumerate() {
        rows.value(owner).value(index + 1).value(partition).end();
    }
}
