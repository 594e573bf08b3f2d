//! `accounts.toml` and `trunks.toml`: who pays, and how their calls come in.

use std::collections::HashSet;

use rating_core::plan::{Account, Network, SellKey, Trunk};

use super::Reader;
use super::fields::Fields;
use super::values;
use crate::plan::id::Kind;

const SELL_KEYS: [(&str, SellKey); 2] = [("dnis", SellKey::Dnis), ("lrn", SellKey::Lrn)];

pub(crate) fn read_accounts(reader: &Reader) -> Vec<Account> {
    reader.toml("accounts.toml", |file| file.tables("account").into_iter().map(account).collect())
}

fn account(fields: Fields) -> Account {
    let account = Account {
        id: fields.need_id(Kind::Account),
        active: fields.flag("active", true),
        sell_deck: fields.reference("sell_deck", Kind::Deck),
        sell_key: fields.choice("sell_key", &SELL_KEYS).unwrap_or(SellKey::Dnis),
        cost_plus: fields.cost_plus(),
        min_margin: fields.min_margin(),
        partitions: partitions(&fields),
        limits: fields.limits(),
        ..Default::default()
    };
    fields.finish();
    account
}

/// The partitions of an account or a trunk, in priority order.
fn partitions(fields: &Fields) -> Vec<String> {
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

pub(crate) fn read_trunks(reader: &Reader) -> Vec<Trunk> {
    reader.toml("trunks.toml", |file| file.tables("trunk").into_iter().map(trunk).collect())
}

fn trunk(fields: Fields) -> Trunk {
    let trunk = Trunk {
        id: fields.need_id(Kind::Trunk),
        account: fields.need_reference("account", Kind::Account).value,
        active: fields.flag("active", true),
        sources: sources(&fields),
        ani_required: fields.flag("ani_required", false),
        trust_lrn: fields.flag("trust_lrn", false),
        partitions: partitions(&fields),
        limits: fields.limits(),
        ..Default::default()
    };
    fields.finish();
    trunk
}

fn sources(fields: &Fields) -> Vec<Network> {
    let mut networks: Vec<Network> = Vec::new();
    for text in fields.texts("sources", "networks in quotes, [\"203.0.113.0/24\"]") {
        let Some(network) = values::network(&text, &fields.reader.problems) else { continue };
        if networks.contains(&network) {
            fields.reader.problems.error(&text.at, format!("source {} twice", text.value), "each once");
        }
        networks.push(network);
    }
    networks
}
