//! What is different between two plans: added, removed and changed things, by kind and id.
//!
//! Rows of price lists and of the numbering table are counted, and the first few are shown.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use rating_core::number::Digits;
use rating_core::plan::{
    Account, CicRow, CurrencyRate, Deck, DeckRow, DeckVersion, Did, DidCampaign, Exclusion, Gateway,
    LocalPair, NumberBlock, OcnRow, Override, Partition, Plan, Price, Provider, Route, RowTerms,
};
use serde::Serialize;

use super::write::{entity, text::Text};
use crate::deck;
use crate::snapshot_file::rfc3339;

/// How many rows are shown of each change.
const ROWS_SHOWN: usize = 5;

/// What happened to a thing from one plan to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Only the second plan has it.
    Added,
    /// Only the first plan has it.
    Removed,
    /// Both have it, and it differs.
    Changed,
}

/// A key that differs, as the plan directory writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The key.
    pub key: String,
    /// Its value in the first plan; none if it is not written there.
    pub from: Option<String>,
    /// Its value in the second plan.
    pub to: Option<String>,
}

/// Rows that differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RowChanges {
    /// Rows that only the second plan has.
    pub added: u64,
    /// Rows that only the first plan has.
    pub removed: u64,
    /// Rows of the same code that differ.
    pub changed: u64,
    /// The first few of them.
    pub first: Vec<String>,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `trunk`, `deck version` …
    pub what: &'static str,
    /// Its id; `partition/route` for a member, `deck/number` for a version, `account/wallet` for a wallet.
    pub id: String,
    /// What happened to it.
    pub change: ChangeKind,
    /// The keys that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// The rows that differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowChanges>,
}

/// A thing of a plan: its keys, and its rows if it has any.
struct Thing<'a> {
    keys: Text,
    rows: Rows<'a>,
}

/// Rows that are counted; of a deck version none, where there is no version.
#[derive(Clone, Copy)]
enum Rows<'a> {
    None,
    Deck(Option<&'a DeckVersion>),
    Numbering(&'a [NumberBlock]),
    Dno(&'a [Digits]),
}

/// Compares two plans, both in canonical order ([`super::normalise`]).
#[must_use]
pub fn diff(from: &Plan, to: &Plan) -> Vec<Change> {
    let (mut old, new) = (things(from), things(to));
    let mut changes = Vec::new();
    for ((what, id), thing) in new {
        let key = (what, id);
        match old.remove(&key) {
            Some(before) => changes.extend(changed(&key, &before, &thing)),
            None => changes.push(whole(&key, ChangeKind::Added, &thing)),
        }
    }
    changes.extend(old.iter().map(|(key, thing)| whole(key, ChangeKind::Removed, thing)));
    changes.sort_by(|a, b| (a.what, &a.id).cmp(&(b.what, &b.id)));
    changes
}

type Key = (&'static str, String);

/// Every thing of a plan, by kind and id.
#[derive(Default)]
struct Things<'a>(BTreeMap<Key, Thing<'a>>);

impl<'a> Things<'a> {
    fn add(&mut self, what: &'static str, id: String, write: impl FnOnce(&mut Text)) {
        self.add_with_rows(what, id, Rows::None, write);
    }

    fn add_with_rows(
        &mut self,
        what: &'static str,
        id: String,
        rows: Rows<'a>,
        write: impl FnOnce(&mut Text),
    ) {
        let mut keys = Text::default();
        write(&mut keys);
        self.0.insert((what, id), Thing { keys, rows });
    }

    fn add_accounts(&mut self, accounts: &'a [Account]) {
        for account in accounts {
            self.add("account", account.id.clone(), |text| entity::account(text, account));
            for wallet in &account.wallets {
                let id = format!("{}/{}", account.id, wallet.id);
                self.add("wallet", id, |text| entity::wallet(text, wallet));
            }
        }
    }

    fn add_carriers(&mut self, providers: &'a [Provider], routes: &'a [Route], gateways: &'a [Gateway]) {
        for provider in providers {
            self.add("provider", provider.id.clone(), |text| entity::provider(text, provider));
        }
        for route in routes {
            self.add("route", route.id.clone(), |text| {
                text.string("provider", &route.provider);
                entity::route(text, route);
            });
        }
        for gateway in gateways {
            self.add("gateway", gateway.id.clone(), |text| {
                text.string("route", &gateway.route);
                entity::gateway(text, gateway);
            });
        }
    }

    fn add_partitions(&mut self, partitions: &'a [Partition]) {
        for partition in partitions {
            self.add("partition", partition.id.clone(), |text| entity::partition(text, partition));
            for member in &partition.members {
                let id = format!("{}/{}", partition.id, member.route);
                self.add("member", id, |text| entity::member(text, member));
            }
        }
    }

    fn add_decks(&mut self, decks: &'a [Deck]) {
        for deck in decks {
            self.add("deck", deck.id.clone(), |text| entity::deck(text, deck));
            for version in &deck.versions {
                let id = format!("{}/{}", deck.id, version.number);
                let rows = Rows::Deck(Some(version));
                self.add_with_rows("deck version", id, rows, |text| entity::version(text, version));
            }
        }
    }

    fn add_dids(&mut self, dids: &'a [Did]) {
        for Did { number, account, campaigns } in dids {
            self.add("did", number.to_string(), |text| {
                text.string("account", account);
                let campaign = |one: &DidCampaign| format!("{} (priority {})", one.partition, one.priority);
                text.strings("campaigns", &campaigns.iter().map(campaign).collect::<Vec<_>>());
            });
        }
    }

    fn add_rules(&mut self, overrides: &'a [Override], exclusions: &'a [Exclusion]) {
        for rule in overrides {
            self.add("override", rule.id.clone(), |text| entity::override_rule(text, rule));
        }
        for rule in exclusions {
            self.add("exclusion", rule.id.clone(), |text| entity::exclusion(text, rule));
        }
    }
}

fn things(plan: &Plan) -> BTreeMap<Key, Thing<'_>> {
    let Plan {
        settings,
        accounts,
        trunks,
        providers,
        routes,
        gateways,
        partitions,
        decks,
        numbering,
        local_calling,
        dids,
        overrides,
        exclusions,
        dno,
        currency_rates,
    } = plan;
    let mut things = Things::default();
    things.add("plan", String::new(), |text| entity::settings(text, settings));
    things.add_accounts(accounts);
    for trunk in trunks {
        things.add("trunk", trunk.id.clone(), |text| entity::trunk(text, trunk));
    }
    things.add_carriers(providers, routes, gateways);
    things.add_partitions(partitions);
    things.add_decks(decks);
    things.add_with_rows("numbering", String::new(), Rows::Numbering(numbering), |_| {});
    for LocalPair { state_a, rate_center_a, state_b, rate_center_b } in local_calling {
        let id = format!("{state_a} {rate_center_a} - {state_b} {rate_center_b}");
        things.add("local calling", id, |_| {});
    }
    things.add_dids(dids);
    things.add_rules(overrides, exclusions);
    things.add_with_rows("dno", String::new(), Rows::Dno(dno), |_| {});
    for CurrencyRate { currency, from, rate } in currency_rates {
        let id = format!("{currency} {}", rfc3339(*from));
        things.add("currency rate", id, |text| text.string("rate", &rate.to_string()));
    }
    things.0
}

fn whole(key: &Key, change: ChangeKind, thing: &Thing) -> Change {
    let nothing = match thing.rows {
        Rows::None => Rows::None,
        Rows::Deck(_) => Rows::Deck(None),
        Rows::Numbering(_) => Rows::Numbering(&[]),
        Rows::Dno(_) => Rows::Dno(&[]),
    };
    let rows = match change {
        ChangeKind::Removed => row_changes(thing.rows, nothing),
        _ => row_changes(nothing, thing.rows),
    };
    Change { what: key.0, id: key.1.clone(), change, fields: Vec::new(), rows }
}

fn changed(key: &Key, from: &Thing, to: &Thing) -> Option<Change> {
    let fields = field_changes(&from.keys, &to.keys);
    let rows = row_changes(from.rows, to.rows);
    let differs = !fields.is_empty() || rows.is_some();
    differs.then(|| Change { what: key.0, id: key.1.clone(), change: ChangeKind::Changed, fields, rows })
}

fn field_changes(from: &Text, to: &Text) -> Vec<FieldChange> {
    let old: BTreeMap<_, _> = from.pairs().collect();
    let new: BTreeMap<_, _> = to.pairs().collect();
    let mut keys: Vec<_> = old.keys().chain(new.keys()).copied().collect();
    keys.sort_unstable();
    keys.dedup();
    let differs = keys.into_iter().filter(|key| old.get(key) != new.get(key));
    differs
        .map(|key| FieldChange {
            key: key.to_owned(),
            from: old.get(key).map(|&value| value.to_owned()),
            to: new.get(key).map(|&value| value.to_owned()),
        })
        .collect()
}

/// What differs between two lists of rows; `None` if nothing does.
fn row_changes(from: Rows, to: Rows) -> Option<RowChanges> {
    let mut changes = RowChanges::default();
    match (from, to) {
        (Rows::Deck(from), Rows::Deck(to)) => deck_changes(from, to, &mut changes),
        (Rows::Numbering(from), Rows::Numbering(to)) => {
            merge(from, to, |block| block.prefix, number_block_text, &mut changes);
        }
        (Rows::Dno(from), Rows::Dno(to)) => merge(from, to, |one| *one, Digits::to_string, &mut changes),
        _ => {}
    }
    (changes != RowChanges::default()).then_some(changes)
}

fn deck_changes(from: Option<&DeckVersion>, to: Option<&DeckVersion>, changes: &mut RowChanges) {
    let nothing = DeckVersion::default();
    let (from, to) = (from.unwrap_or(&nothing), to.unwrap_or(&nothing));
    let by_prefix = |row: &DeckRow| format!("{}{}", row.prefix, terms_text(row));
    merge(&from.rows, &to.rows, |row| (row.prefix, row.terms.starts), by_prefix, changes);
    let key = |row: &OcnRow| (row.ocn, row.lata, row.tier, row.row.terms.starts);
    merge(&from.ocn_rows, &to.ocn_rows, key, ocn_row_text, changes);
    let by_cic = |row: &CicRow| format!("CIC {}{}", deck::carrier_text(&row.cic), terms_text(&row.row));
    merge(&from.cic_rows, &to.cic_rows, |row| (row.cic, row.row.terms.starts), by_cic, changes);
}

/// Walks two sorted lists side by side.
fn merge<T: PartialEq, K: Ord>(
    from: &[T],
    to: &[T],
    key: impl Fn(&T) -> K,
    text: impl Fn(&T) -> String,
    changes: &mut RowChanges,
) {
    let show = |line: &dyn Fn() -> String, changes: &mut RowChanges| {
        if changes.first.len() < ROWS_SHOWN {
            changes.first.push(line());
        }
    };
    let (mut old, mut new) = (from.iter().peekable(), to.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => key(a).cmp(&key(b)),
        };
        let before = if order.is_le() { old.next() } else { None };
        let after = if order.is_ge() { new.next() } else { None };
        match (before, after) {
            (Some(row), None) => {
                changes.removed += 1;
                show(&|| format!("- {}", text(row)), changes);
            }
            (None, Some(row)) => {
                changes.added += 1;
                show(&|| format!("+ {}", text(row)), changes);
            }
            (Some(before), Some(after)) if before != after => {
                changes.changed += 1;
                show(&|| format!("~ {} -> {}", text(before), text(after)), changes);
            }
            _ => {}
        }
    }
}

fn ocn_row_text(row: &OcnRow) -> String {
    let OcnRow { ocn, lata, tier, row } = row;
    let ocn = ocn.as_ref().map_or("any".into(), deck::carrier_text);
    let lata = lata.map_or("any".to_owned(), |lata| lata.to_string());
    let tier = tier.map(|tier| format!(" tier {tier}")).unwrap_or_default();
    format!("OCN {ocn} LATA {lata}{tier}{}", terms_text(row))
}

/// Every field of a row but its code: what differs must be seen to differ.
fn terms_text(row: &DeckRow) -> String {
    let DeckRow { prefix: _, destination, prices, terms } = row;
    let RowTerms { first_rate_per_min, first_sec, increment_sec, grace_sec, connect_fee, starts, ends } =
        &**terms;
    let mut text = String::new();
    if !destination.is_empty() {
        text.push_str(&format!(" {destination:?}"));
    }
    for (name, price) in [
        ("inter", prices.interstate),
        ("intra", prices.intrastate),
        ("local", prices.local),
        ("ij", prices.indeterminate),
        ("default", prices.default),
    ] {
        match price {
            Price::Missing => {}
            Price::Blocked => text.push_str(&format!(" {name} blocked")),
            Price::PerMin(rate) => text.push_str(&format!(" {name} {rate}")),
        }
    }
    if let Some(rate) = first_rate_per_min {
        text.push_str(&format!(" first {rate}"));
    }
    text.push_str(&format!(" {first_sec}/{increment_sec}"));
    if *grace_sec != 0 {
        text.push_str(&format!(" grace {grace_sec}"));
    }
    if connect_fee.0 != 0 {
        text.push_str(&format!(" fee {connect_fee}"));
    }
    for (name, instant) in [("starts", starts), ("ends", ends)] {
        if let Some(instant) = instant {
            text.push_str(&format!(" {name} {}", rfc3339(*instant)));
        }
    }
    text
}

fn number_block_text(block: &NumberBlock) -> String {
    let NumberBlock { prefix, country, state, lata, ocn, tier, rate_center } = block;
    format!("{prefix} {country} {state} LATA {lata} OCN {ocn} tier {tier} {rate_center}")
}

#[cfg(test)]
mod tests {
    use rating_core::money::Nano;
    use rating_core::plan::Prices;

    use super::*;

    fn row() -> DeckRow {
        DeckRow {
            prefix: Digits::new(b"44").unwrap(),
            destination: "UK".into(),
            prices: Prices { default: Price::PerMin(Nano(10_000_000)), ..Prices::default() },
            terms: RowTerms { first_sec: 60, increment_sec: 6, ..RowTerms::default() }.into(),
        }
    }

    #[test]
    fn every_field_of_a_row_is_seen_to_differ() {
        assert_eq!(terms_text(&row()), r#" "UK" default 0.01 60/6"#);
        type Change = fn(&mut DeckRow);
        let changes: [(Change, &str); 7] = [
            (|row| row.destination = "London".into(), r#" "London" default 0.01 60/6"#),
            (|row| row.prices.local = Price::Blocked, r#" "UK" local blocked default 0.01 60/6"#),
            (|row| row.terms_mut().first_rate_per_min = Some(Nano(0)), r#" "UK" default 0.01 first 0 60/6"#),
            (|row| row.terms_mut().grace_sec = 3, r#" "UK" default 0.01 60/6 grace 3"#),
            (|row| row.terms_mut().connect_fee = Nano(150_000_000), r#" "UK" default 0.01 60/6 fee 0.15"#),
            (
                |row| row.terms_mut().starts = Some(0),
                r#" "UK" default 0.01 60/6 starts 1970-01-01T00:00:00Z"#,
            ),
            (|row| row.terms_mut().ends = Some(60), r#" "UK" default 0.01 60/6 ends 1970-01-01T00:01:00Z"#),
        ];
        for (change, text) in changes {
            let mut changed = row();
            change(&mut changed);
            assert_eq!(terms_text(&changed), text);
        }
    }

    #[test]
    fn a_text_of_several_lines_is_seen_to_differ_in_any_of_them() {
        let plan = |note: &str| {
            let rule = Exclusion { id: "x".to_owned(), note: note.to_owned(), ..Exclusion::default() };
            Plan { exclusions: vec![rule], ..Plan::default() }
        };
        let [change] = diff(&plan("fraud\nsince May"), &plan("fraud\nsince June")).try_into().unwrap();
        let keys: Vec<_> = change.fields.iter().map(|field| field.key.as_str()).collect();
        assert_eq!((change.what, keys), ("exclusion", vec!["note"]));
        assert!(diff(&plan("fraud\nsince May"), &plan("fraud\nsince May")).is_empty());
    }
}
