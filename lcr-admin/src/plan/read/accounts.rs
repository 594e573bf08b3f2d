//! `accounts.toml`: who pays, by what, and where their calls may go.

use std::collections::HashSet;

use rating_core::money::Nano;
use rating_core::plan::{Account, Wallet, WalletKind};

use super::Reader;
use super::fields::Fields;
use crate::plan::id::{ID_RULE, Kind, is_id};

pub(crate) fn read_accounts(reader: &Reader) -> Vec<Account> {
    reader.toml("accounts.toml", |file| file.tables("account").into_iter().map(account).collect())
}

fn account(fields: Fields) -> Account {
    let account = Account {
        id: fields.need_id(Kind::Account),
        active: fields.flag("active", true),
        sell_deck: fields.reference("sell_deck", Kind::Deck),
        sell_key: fields.choice("sell_key").unwrap_or_default(),
        cost_plus: fields.cost_plus(),
        min_margin: fields.min_margin(),
        partitions: partitions(&fields),
        limits: fields.limits(),
        time_zone: fields.time_zone(),
        traffic: fields.choice("traffic").unwrap_or_default(),
        screening: fields.screening(),
        wallets: wallets(&fields),
    };
    fields.finish();
    account
}

/// The partitions of an account or a trunk, in priority order.
pub(super) fn partitions(fields: &Fields) -> Vec<String> {
    let mut seen = HashSet::new();
    let partitions = fields.texts("partitions", "ids of partitions, [\"a\", \"b\"]");
    for id in &partitions {
        fields.reader.ids.refer(Kind::Partition, &id.value, &id.at);
        if !seen.insert(id.value.clone()) {
            fields.reader.problems.error(&id.at, format!("partition `{}` twice", id.value), "each once");
        }
    }
    partitions.into_iter().map(|id| id.value).collect()
}

fn wallets(fields: &Fields) -> Vec<Wallet> {
    let mut seen = HashSet::new();
    fields.tables("wallet").into_iter().map(|table| wallet(table, &mut seen)).collect()
}

fn wallet(fields: Fields, seen: &mut HashSet<String>) -> Wallet {
    let id = fields.need_text("id", ID_RULE);
    if let Some(id) = &id {
        if !is_id(&id.value) {
            fields.refuse(&id.at, format!("id {:?}", id.value), ID_RULE);
        } else if !seen.insert(id.value.clone()) {
            fields.refuse(&id.at, format!("wallet `{}` twice", id.value), "an id of its own in the account");
        }
    }
    let kind = fields.choice("kind").unwrap_or(WalletKind::Money);
    let (threshold, credit_limit) = match kind {
        WalletKind::Money => (money(&fields, "threshold"), money(&fields, "credit_limit")),
        WalletKind::Seconds => (seconds(&fields, "threshold_sec"), seconds(&fields, "credit_limit_sec")),
    };
    let wallet = Wallet {
        id: id.map(|id| id.value).unwrap_or_default(),
        kind,
        priority: fields.number_i32("priority"),
        threshold,
        credit_limit,
    };
    fields.finish();
    wallet
}

fn money(fields: &Fields, key: &'static str) -> i64 {
    fields.amount(key).unwrap_or(Nano::ZERO).0
}

fn seconds(fields: &Fields, key: &'static str) -> i64 {
    fields.number(key, 0..=i64::MAX).map_or(0, |number| number.value)
}
