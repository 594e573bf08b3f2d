//! Accounts, what they may call, and what pays.

use std::collections::BTreeSet;

use rating_core::plan::{Account, BlockedPrefix, MinMargin, Plan, Screening, Wallet};

use super::super::copy::TextRows;
use super::super::tables::Table;
use super::{limits, ordered, time_zone, with_limits};
use crate::words::{CountryRule, Word};

pub(super) const TABLES: [Table; 4] = [
    Table { name: "account", key: &["id"], columns: ACCOUNT, rows: accounts },
    Table {
        name: "account_partition",
        key: &["account", "position"],
        columns: &["account", "position", "partition"],
        rows: |plan, rows| {
            plan.accounts.iter().for_each(|account| ordered(&account.id, &account.partitions, rows));
        },
    },
    Table {
        name: "account_screening",
        key: &["account", "list", "prefix"],
        columns: &["account", "list", "prefix"],
        rows: |plan, rows| {
            plan.accounts.iter().for_each(|account| screened(&account.id, &account.screening, rows));
        },
    },
    Table {
        name: "wallet",
        key: &["account", "id"],
        columns: &["account", "id", "kind", "priority", "threshold", "credit_limit"],
        rows: wallets,
    },
];

const ACCOUNT: &[&str] = with_limits![
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
    "time_zone",
    "traffic",
    "destination_classes",
    "country_rule",
    "countries",
];

fn accounts(plan: &Plan, rows: &mut TextRows) {
    for account in &plan.accounts {
        let Account {
            id,
            active,
            sell_deck,
            sell_key,
            cost_plus,
            min_margin,
            limits: caps,
            time_zone: zone,
            traffic,
            screening,
            // They have tables of their own.
            partitions: _,
            wallets: _,
        } = account;
        let (margin_kind, margin_nano) = match min_margin {
            MinMargin::Amount(amount) => ("amount", Some(amount.0)),
            MinMargin::NanoPercent(nano_percent) => ("percent", Some(*nano_percent)),
            MinMargin::AllowLoss => ("allow_loss", None),
        };
        rows.value(id)
            .value(active)
            .nullable(sell_deck.as_ref())
            .value(sell_key.word())
            .nullable(cost_plus.map(|terms| terms.margin_nano_percent))
            .nullable(cost_plus.map(|terms| terms.fixed_fee_per_min.0))
            .nullable(cost_plus.map(|terms| terms.rounding.mode.word()))
            .nullable(cost_plus.map(|terms| terms.rounding.decimals))
            .value(margin_kind)
            .nullable(margin_nano);
        time_zone(zone, rows);
        rows.value(traffic.word());
        destinations(screening, rows);
        limits(caps, rows);
        rows.end();
    }
}

/// Columns of the destinations that an owner may call.
pub(super) fn destinations(screening: &Screening, rows: &mut TextRows) {
    let classes = screening.destination_classes.as_ref();
    rows.nullable_array(classes.map(|classes| classes.iter().map(|class| class.word())));
    let (rule, countries) = CountryRule::of(&screening.countries);
    rows.value(rule.word()).array(countries);
}

/// Exchange 976 of any area code, as a pattern of LIKE.
const ANY_NPA_976: &str = "1___976";

/// A row for each number of an owner's lists, each once.
pub(super) fn screened(owner: &str, screening: &Screening, rows: &mut TextRows) {
    let Screening {
        blocked_ani,
        allowed_ani,
        blocked_dnis,
        allowed_dnis,
        // They are columns of the owner.
        destination_classes: _,
        countries: _,
    } = screening;
    let mut add = |list: &str, prefixes: BTreeSet<String>| {
        for prefix in prefixes {
            rows.value(owner).value(list).value(prefix).end();
        }
    };
    let blocked = |prefix: &BlockedPrefix| match prefix {
        BlockedPrefix::Prefix(digits) => digits.to_string(),
        BlockedPrefix::AnyNpa976 => ANY_NPA_976.to_owned(),
    };
    add("blocked_ani", blocked_ani.iter().map(ToString::to_string).collect());
    add("allowed_ani", allowed_ani.iter().map(ToString::to_string).collect());
    add("blocked_dnis", blocked_dnis.iter().map(blocked).collect());
    add("allowed_dnis", allowed_dnis.iter().map(ToString::to_string).collect());
}

fn wallets(plan: &Plan, rows: &mut TextRows) {
    for account in &plan.accounts {
        for Wallet { id, kind, priority, threshold, credit_limit } in &account.wallets {
            rows.value(&account.id).value(id).value(kind.word()).value(priority);
            rows.value(threshold).value(credit_limit).end();
        }
    }
}
