//! What is different between two plans: added, removed and changed things, by kind and id.
//!
//! Rows of price lists and of the numbering table are counted, and the first few are shown.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use rating_core::plan::{DeckRow, NumberBlock, Plan, Price};
use serde::Serialize;

use super::write::{entity, text::Text};
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
    /// Its id; `partition/route` for a member, `deck/number` for a version.
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

#[derive(Clone, Copy)]
enum Rows<'a> {
    None,
    Deck(&'a [DeckRow]),
    Numbering(&'a [NumberBlock]),
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

fn things(plan: &Plan) -> BTreeMap<Key, Thing<'_>> {
    let mut things = BTreeMap::new();
    let mut add = |what, id: String, rows, write: &dyn Fn(&mut Text)| {
        let mut keys = Text::default();
        write(&mut keys);
        things.insert((what, id), Thing { keys, rows });
    };
    add("plan", String::new(), Rows::None, &|text| entity::settings(text, &plan.settings));
    for account in &plan.accounts {
        add("account", account.id.clone(), Rows::None, &|text| entity::account(text, account));
    }
    for trunk in &plan.trunks {
        add("trunk", trunk.id.clone(), Rows::None, &|text| entity::trunk(text, trunk));
    }
    for provider in &plan.providers {
        add("provider", provider.id.clone(), Rows::None, &|text| entity::provider(text, provider));
    }
    for route in &plan.routes {
        add("route", route.id.clone(), Rows::None, &|text| {
            text.string("provider", &route.provider);
            entity::route(text, route);
        });
    }
    for gateway in &plan.gateways {
        add("gateway", gateway.id.clone(), Rows::None, &|text| {
            text.string("route", &gateway.route);
            entity::gateway(text, gateway);
        });
    }
    for partition in &plan.partitions {
        add("partition", partition.id.clone(), Rows::None, &|text| entity::partition(text, partition));
        for member in &partition.members {
            let id = format!("{}/{}", partition.id, member.route);
            add("member", id, Rows::None, &|text| entity::member(text, member));
        }
    }
    for deck in &plan.decks {
        add("deck", deck.id.clone(), Rows::None, &|text| entity::deck(text, deck));
        for version in &deck.versions {
            let id = format!("{}/{}", deck.id, version.number);
            let rows = Rows::Deck(&version.rows);
            add("deck version", id, rows, &|text| entity::version(text, version));
        }
    }
    add("numbering", String::new(), Rows::Numbering(&plan.numbering), &|_| {});
    for pair in &plan.local_calling {
        let id = format!("{} {} - {} {}", pair.state_a, pair.rate_center_a, pair.state_b, pair.rate_center_b);
        add("local calling", id, Rows::None, &|_| {});
    }
    things
}

fn whole(key: &Key, change: ChangeKind, thing: &Thing) -> Change {
    let nothing = match thing.rows {
        Rows::Deck(_) => Rows::Deck(&[]),
        Rows::Numbering(_) => Rows::Numbering(&[]),
        other => other,
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
    let changes = match (from, to) {
        (Rows::Deck(from), Rows::Deck(to)) => merge(from, to, |row| (row.prefix, row.starts), deck_row_text),
        (Rows::Numbering(from), Rows::Numbering(to)) => {
            merge(from, to, |block| block.prefix, number_block_text)
        }
        _ => return None,
    };
    (changes != RowChanges::default()).then_some(changes)
}

/// Walks two sorted lists side by side.
fn merge<T: PartialEq, K: Ord>(
    from: &[T],
    to: &[T],
    key: impl Fn(&T) -> K,
    text: impl Fn(&T) -> String,
) -> RowChanges {
    let mut changes = RowChanges::default();
    let show = |line: &dyn Fn() -> String, changes: &mut RowChanges| {
        if changes.first.len() < ROWS_SHOWN {
            changes.first.push(line());
        }
    };
    let (mut old, mut new) = (from.iter().peekable(), to.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return changes,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => key(a).cmp(&key(b)),
        };
        let before = if order.is_le() { old.next() } else { None };
        let after = if order.is_ge() { new.next() } else { None };
        match (before, after) {
            (Some(row), None) => {
                changes.removed += 1;
                show(&|| format!("- {}", text(row)), &mut changes);
            }
            (None, Some(row)) => {
                changes.added += 1;
                show(&|| format!("+ {}", text(row)), &mut changes);
            }
            (Some(before), Some(after)) if before != after => {
                changes.changed += 1;
                show(&|| format!("~ {} -> {}", text(before), text(after)), &mut changes);
            }
            _ => {}
        }
    }
}

/// Every field of a row: what differs must be seen to differ.
fn deck_row_text(row: &DeckRow) -> String {
    let DeckRow { prefix, destination, prices, first_rate_per_min, .. } = row;
    let mut text = prefix.to_string();
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
    text.push_str(&format!(" {}/{}", row.first_sec, row.increment_sec));
    if row.grace_sec != 0 {
        text.push_str(&format!(" grace {}", row.grace_sec));
    }
    if row.connect_fee.0 != 0 {
        text.push_str(&format!(" fee {}", row.connect_fee));
    }
    for (name, instant) in [("starts", row.starts), ("ends", row.ends)] {
        if let Some(instant) = instant {
            text.push_str(&format!(" {name} {}", rfc3339(instant)));
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
    use rating_core::number::Digits;
    use rating_core::plan::Prices;

    use super::*;

    fn row() -> DeckRow {
        DeckRow {
            prefix: Digits::new(b"44").unwrap(),
            destination: "UK".into(),
            prices: Prices { default: Price::PerMin(Nano(10_000_000)), ..Prices::default() },
            first_rate_per_min: None,
            first_sec: 60,
            increment_sec: 6,
            grace_sec: 0,
            connect_fee: Nano::ZERO,
            starts: None,
            ends: None,
        }
    }

    #[test]
    fn every_field_of_a_row_is_seen_to_differ() {
        assert_eq!(deck_row_text(&row()), r#"44 "UK" default 0.01 60/6"#);
        type Change = fn(&mut DeckRow);
        let changes: [(Change, &str); 7] = [
            (|row| row.destination = "London".into(), r#"44 "London" default 0.01 60/6"#),
            (|row| row.prices.local = Price::Blocked, r#"44 "UK" local blocked default 0.01 60/6"#),
            (|row| row.first_rate_per_min = Some(Nano(0)), r#"44 "UK" default 0.01 first 0 60/6"#),
            (|row| row.grace_sec = 3, r#"44 "UK" default 0.01 60/6 grace 3"#),
            (|row| row.connect_fee = Nano(150_000_000), r#"44 "UK" default 0.01 60/6 fee 0.15"#),
            (|row| row.starts = Some(0), r#"44 "UK" default 0.01 60/6 starts 1970-01-01T00:00:00Z"#),
            (|row| row.ends = Some(60), r#"44 "UK" default 0.01 60/6 ends 1970-01-01T00:01:00Z"#),
        ];
        for (change, text) in changes {
            let mut changed = row();
            change(&mut changed);
            assert_eq!(deck_row_text(&changed), text);
        }
    }
}
