//! The records of a soak against the calls that were placed.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::Value;

use super::crowd::Group;
use super::kinds::{BY_PLAN, KINDS};

/// For no more than one call in so many a carrier was not heard of within its dial time-out, five seconds, or for as long as a BYE
/// is repeated: carriers that do answer, on a machine that stood still.
const LATE_IN: u64 = 10_000;

/// The calls of one sipp, and what was found of them.
struct Placed {
    kinds: Group,
    /// How many records each has.
    records: Vec<u8>,
    /// How many final answers the callers heard, where Kamailio was killed in mid-traffic: there what a call comes to is
    /// left open, but not its record.
    heard_before_kill: Option<u64>,
}

/// Collects what was placed and what was recorded.
#[derive(Default)]
pub struct Judge {
    placed: BTreeMap<String, Placed>,
    /// By kind and by what the record says.
    said: BTreeMap<(u8, String), u64>,
    answered: BTreeMap<u8, u64>,
    /// By `account/wallet`: what records say of its use, and of their price.
    paid: BTreeMap<String, (u128, u128)>,
    records: u64,
    /// Calls whose first carriers all were too late, and callers who gave up.
    late: u64,
    /// By snapshot: the route that it has for calls of the kind [`BY_PLAN`].
    by_plan: BTreeMap<String, &'static str>,
    problems: Vec<String>,
}

impl Judge {
    /// A group of calls whose callers all came to their end.
    pub fn placed(&mut self, groups: BTreeMap<String, Group>) {
        groups.into_iter().for_each(|(name, kinds)| self.insert(name, kinds, None));
    }

    /// A group of calls in whose midst Kamailio was killed, and how many final answers its callers had heard.
    pub fn killed(&mut self, name: String, kinds: Group, heard: usize) {
        self.insert(name, kinds, Some(heard as u64));
    }

    /// So many callers waited in vain for an answer to a request of theirs: carriers were not heard of.
    pub fn gave_up(&mut self, callers: usize) {
        self.late += callers as u64;
    }

    fn insert(&mut self, name: String, kinds: Group, heard_before_kill: Option<u64>) {
        let records = vec![0; kinds.len()];
        self.placed.insert(name, Placed { kinds, records, heard_before_kill });
    }

    /// A snapshot sends calls of the kind [`BY_PLAN`] there.
    pub fn sends(&mut self, snapshot: String, route: &'static str) {
        self.by_plan.insert(snapshot, route);
    }

    /// Takes a record.
    ///
    /// # Errors
    /// When it has not the fields that it must have.
    pub fn record(&mut self, record: &Value) -> anyhow::Result<()> {
        let text = |field: &str| record.get(field).and_then(Value::as_str).unwrap_or_default();
        self.records += 1;
        let call_id = text("call_id").to_owned();
        let (nth, name) =
            call_id.strip_suffix("@lab").unwrap_or_default().split_once('-').unwrap_or_default();
        let nth = nth.parse::<usize>().unwrap_or_default().wrapping_sub(1);
        let placed = self.placed.get_mut(name).filter(|placed| nth < placed.kinds.len());
        let placed =
            placed.with_context(|| format!("a record of a call that nobody has placed: {record}"))?;
        let kind = placed.kinds[nth];
        placed.records[nth] = placed.records[nth].saturating_add(1);
        let disposition = text("disposition");
        if disposition == "answered" {
            *self.answered.entry(kind).or_default() += 1;
        }
        if KINDS[usize::from(kind)].name == BY_PLAN && disposition == "answered" {
            let snapshot = record.pointer("/decided_on/snapshot").and_then(Value::as_str).unwrap_or_default();
            let due = self.by_plan.get(snapshot).copied().unwrap_or("unknown");
            if text("route") != due {
                self.problems.push(format!("{call_id}: went by {}, its plan says {due}", text("route")));
            }
        }
        if !text("wallet").is_empty() {
            let paid = self.paid.entry(format!("{}/{}", text("account"), text("wallet"))).or_default();
            paid.0 += u128::from(record.get("wallet_used").map_or(0, crate::play::amount));
            paid.1 += u128::from(record.get("price").map_or(0, crate::play::amount));
        }
        if placed.heard_before_kill.is_none() {
            let what = [text("reason"), text("route"), "none"].into_iter().find(|text| !text.is_empty());
            let says = format!("{disposition} {}", what.unwrap_or_default());
            let is_late = !KINDS[usize::from(kind)].says.contains(&says.as_str()) && is_late(record);
            self.late += u64::from(is_late);
            if !is_late {
                *self.said.entry((kind, says)).or_default() += 1;
            }
        }
        Ok(())
    }

    /// How many records there were.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// What records say that a wallet has paid, and what they say of prices.
    #[must_use]
    pub fn paid(&self, wallet: &str) -> (u128, u128) {
        self.paid.get(wallet).copied().unwrap_or_default()
    }

    /// How many calls of each kind said what, for people.
    #[must_use]
    pub fn table(&self) -> String {
        let line = |((kind, says), count): (&(u8, String), &u64)| {
            format!("  {:<45} {says:<40} {count:>8}\n", KINDS[usize::from(*kind)].name)
        };
        let late = format!("  a carrier was too late {:>70}\n", self.late);
        self.said.iter().map(line).chain([late]).collect()
    }

    /// What is not as it must be.
    #[must_use]
    pub fn problems(mut self) -> Vec<String> {
        for ((kind, says), count) in &self.said {
            let kind = &KINDS[usize::from(*kind)];
            if !kind.says.contains(&says.as_str()) {
                self.problems.push(format!("{}: {count} records say `{says}`", kind.name));
            }
        }
        for (kind, answered) in &self.answered {
            let kind = &KINDS[usize::from(*kind)];
            if *answered > kind.answered_max {
                self.problems.push(format!("{}: {answered} were answered", kind.name));
            }
        }
        if self.late > self.records / LATE_IN + 5 {
            self.problems.push(format!("a carrier was too late for {} calls", self.late));
        }
        for (name, placed) in &self.placed {
            let recorded: u64 = placed.records.iter().map(|records| u64::from(*records)).sum();
            for (nth, (kind, records)) in placed.kinds.iter().zip(&placed.records).enumerate() {
                let kind = &KINDS[usize::from(*kind)];
                let due = kind.records;
                let is_right = match placed.heard_before_kill {
                    _ if *records > due => kind.again,
                    Some(_) => true,
                    None => *records == due,
                };
                if !is_right {
                    self.problems.push(format!("{}-{name}@lab: {records} records, not {due}", nth + 1));
                }
            }
            let due = placed.kinds.iter().all(|kind| KINDS[usize::from(*kind)].records > 0);
            if let (true, Some(heard)) = (due, placed.heard_before_kill.filter(|heard| *heard > recorded)) {
                self.problems.push(format!("{name}: {heard} final answers were heard, {recorded} recorded"));
            }
        }
        self.problems
    }
}

/// Whether the call was answered by a carrier before whom others were tried in vain, all of which did not answer in time.
fn is_late(record: &Value) -> bool {
    let legs = record.get("legs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let before: Vec<_> = legs.iter().take_while(|leg| leg.get("route") != record.get("route")).collect();
    let is_timed_out = |leg: &&Value| leg.get("sip_code").and_then(Value::as_u64) == Some(408);
    record.get("disposition").and_then(Value::as_str) == Some("answered")
        && !before.is_empty()
        && before.iter().all(is_timed_out)
}
