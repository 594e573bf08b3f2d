//! `cdr`: records of ended calls.

use std::path::PathBuf;

use anyhow::Context as _;
use comfy_table::{CellAlignment, Table, presets};
use jiff::Timestamp;
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_node::segments::{CallRecord, LegOutcome, LegRecord, Reader, WalletRecord};
use rating_node::{Attestation, LrnSource};
use serde_json::{Value, json};

use crate::output::{Output, printable, say, tell};

/// Arguments of `cdr`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// List calls, oldest decision first.
    List(List),
}

#[derive(clap::Args, Debug)]
struct List {
    /// The agent's directory of segments.
    #[arg(long, value_name = "DIR")]
    segments: PathBuf,
    /// The last N calls only.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Calls of this Call-ID only.
    #[arg(long, value_name = "ID")]
    call_id: Option<String>,
    /// Write them as `simulate --calls` reads them, with what each decision was made on: one JSON object a line.
    #[arg(long)]
    as_calls: bool,
}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let Command::List(list) = args.command;
    let records = read(&list)?;
    if list.as_calls {
        say_again(&records);
        return Ok(());
    }
    match output {
        Output::Json => records.iter().for_each(|record| say!("{}", json_of(record))),
        Output::Human => say!("{}", table_of(&records)),
    }
    Ok(())
}

/// The records asked for, by the time of their decision.
fn read(list: &List) -> anyhow::Result<Vec<CallRecord>> {
    let opening = || format!("segments {}: name the agent's --segments directory", list.segments.display());
    let mut reader = Reader::open(&list.segments).with_context(opening)?;
    let mut records = Vec::new();
    for record in reader.by_ref() {
        let record = record.with_context(|| format!("reading segments of {}", list.segments.display()))?;
        if is_wanted(&record, list.call_id.as_deref()) {
            records.push(record);
        }
    }
    for torn in reader.torn() {
        tell!("warning: {torn}");
    }
    records.sort_by_key(|record| (record.decided_ns, record.handle));
    let from = list.limit.map_or(0, |limit| records.len().saturating_sub(limit));
    Ok(records.split_off(from))
}

/// A long Call-ID is kept in part: then the part counts.
fn is_wanted(record: &CallRecord, call_id: Option<&str>) -> bool {
    match call_id {
        None => true,
        Some(call_id) if record.call_id_cut => call_id.starts_with(&record.call_id),
        Some(call_id) => call_id == record.call_id,
    }
}

fn time(ns: i64) -> Option<Timestamp> {
    Timestamp::from_nanosecond(i128::from(ns)).ok().filter(|_| ns != 0)
}

fn json_of(record: &CallRecord) -> Value {
    let taken = record.leg_taken();
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let digits = |digits: &Digits| given(digits.as_str());
    let mut told = json!({
        "call_id": record.call_id,
        "call_id_cut": record.call_id_cut,
        "node_start_ns": record.node_start_ns.to_string(),
        "handle": record.handle.to_string(),
        "trunk": given(&record.trunk),
        "account": given(&record.account),
        "partition": given(&record.partition),
        "ani": digits(&record.ani),
        "dnis": digits(&record.dnis),
        "ani_lrn": digits(&record.ani_lrn),
        "dnis_lrn": digits(&record.dnis_lrn),
        "jurisdiction": record.jurisdiction.map(|jurisdiction| jurisdiction.name()),
        "decided_at": time(record.decided_ns),
        "ringing_at": time(record.ringing_ns),
        "answered_at": time(record.answered_ns),
        "ended_at": time(record.ended_ns),
        "disposition": record.disposition(),
        "reason": record.reason.map(|reason| reason.name()),
        "sip_code": record.sip_code,
        "recovered": record.recovered,
        "duration_sec": record.duration_sec,
        "billed_sec": record.sell_billed_sec,
        "buy_billed_sec": record.buy_billed_sec,
        "cost": record.cost.to_string(),
        "buy_currency": given(&record.buy_currency),
        "price": record.price.to_string(),
        "currency": given(&record.currency),
        "profit": profit(record).map(|profit| profit.to_string()),
        "bought_as_decided": record.bought_as_decided,
        "sold_as_decided": record.sold_as_decided,
        "is_emergency": record.is_emergency,
        "wallet": given(&record.wallet),
        "wallet_used": wallet_used(record),
        "route": taken.map(|leg| &leg.route),
        "provider": taken.map(|leg| &leg.provider),
        "gateway": taken.map(|leg| &leg.gateway),
        "prefix": taken.map(|leg| &leg.prefix),
        "deck_version": taken.map(|leg| leg.deck_version),
        "legs": record.legs.iter().map(json_of_leg).collect::<Vec<_>>(),
    });
    if let (Some(told), Value::Object(more)) = (told.as_object_mut(), decided_by(record)) {
        told.extend(more);
    }
    told
}

/// What came with the call, and what it was decided on.
fn decided_by(record: &CallRecord) -> Value {
    json!({
        "lrn_source": lrn_source(record),
        "lrn_from_table": record.notes.lrn_from_table,
        "attestation": record.notes.attestation.map(Attestation::letter),
        "cic": (!record.cic.is_empty()).then_some(&record.cic),
        "resp_org": resp_org(record),
        "decided_on": decided_on(record),
    })
}

fn json_of_leg(leg: &LegRecord) -> Value {
    json!({
        "route": leg.route,
        "provider": leg.provider,
        "gateway": leg.gateway,
        "attempted": leg.outcome == LegOutcome::Tried,
        "sip_code": leg.sip_code,
        "prefix": leg.prefix,
        "deck_version": leg.deck_version,
    })
}

/// Who said the called number's LRN, or its carrier.
fn lrn_source(record: &CallRecord) -> Option<&'static str> {
    let source = record.notes.lrn_source;
    (source != LrnSource::None).then(|| source.name())
}

fn resp_org(record: &CallRecord) -> Option<String> {
    let code = record.notes.resp_org;
    (code != [0; 5]).then(|| String::from_utf8_lossy(&code).into_owned())
}

/// What of the live state the decision has read (5.3), and by which snapshot it was made.
fn decided_on(record: &CallRecord) -> Value {
    json!({
        "snapshot": (record.content_id != 0).then(|| format!("{:016x}", record.content_id)),
        "cursor": (!record.cursor.is_empty()).then_some(&record.cursor),
        "quality": scores(record),
        "full": &record.full,
        "wallets": wallets(record),
        "is_whole": !record.has_more_readings,
    })
}

fn scores(record: &CallRecord) -> Value {
    record.scores.iter().map(|(route, score)| (route.clone(), json!(score))).collect()
}

/// What the decision has asked of wallets: money in the plan's currency, or seconds.
fn wallets(record: &CallRecord) -> Value {
    let amount = |read: &WalletRecord, amount: i64| match read.in_seconds {
        true => amount.to_string(),
        false => Nano(amount).to_string(),
    };
    let one = |read: &WalletRecord| {
        let available = read.available.map(|available| amount(read, available));
        (read.wallet.clone(), json!({ "pays": read.pays, "available": available }))
    };
    record.wallets.iter().map(one).collect()
}

/// Says calls as `simulate` is told them, and how many of them it will not decide as they were.
fn say_again(records: &[CallRecord]) {
    let (named, nameless): (Vec<_>, Vec<_>) = records.iter().partition(|record| can_be_told(record));
    named.iter().for_each(|record| say!("{}", call_again(record)));
    let partial = named.iter().filter(|record| record.has_more_readings).count();
    if partial > 0 {
        tell!(
            "warning: calls that may be decided otherwise: {partial} (they have read more than records keep)"
        );
    }
    let left_out = nameless.len();
    if left_out > 0 {
        tell!(
            "warning: calls left out: {left_out} (of no trunk, to no valid number, or with names that no plan has)"
        );
    }
}

/// Whether `simulate` can be told a call: a name that no plan knew when it was recorded is `#` and digits.
fn can_be_told(record: &CallRecord) -> bool {
    let names = record.full.iter().chain(record.wallets.iter().map(|read| &read.wallet));
    let names =
        names.chain(record.scores.iter().map(|(route, _)| route)).chain([&record.trunk, &record.cursor]);
    let is_known = names.into_iter().all(|name| !name.starts_with('#'));
    is_known && !record.trunk.is_empty() && !record.dnis.is_empty()
}

/// The call as `simulate` is told it, to be decided again on what it was decided on. What was dialled is not in the record:
/// the number that it was read as is.
fn call_again(record: &CallRecord) -> Value {
    let dialled = |digits: &Digits| match digits.as_str() {
        short if short.len() < 7 => short.to_owned(),
        digits => format!("+{digits}"),
    };
    let lrn = |digits: &Digits| (!digits.is_empty()).then(|| digits.as_str().to_owned());
    let mut call = json!({
        "call_id": record.call_id,
        "trunk": record.trunk,
        "recorded": true,
        "ani": dialled(&record.ani),
        "dnis": dialled(&record.dnis),
        "ani_lrn": lrn(&record.ani_lrn),
        "dnis_lrn": lrn(&record.dnis_lrn),
        "at": time(record.decided_ns),
        "cursor": (!record.cursor.is_empty()).then_some(&record.cursor),
        "quality": scores(record),
        "full": &record.full,
        "wallets": wallets(record),
        "cic": (!record.cic.is_empty()).then_some(&record.cic),
    });
    if let Some(call) = call.as_object_mut() {
        call.retain(|_, value| !value.is_null());
    }
    call
}

/// Seconds, or an amount of money.
fn wallet_used(record: &CallRecord) -> Value {
    match (record.wallet.is_empty(), record.wallet_in_seconds) {
        (true, _) => Value::Null,
        (false, true) => json!(record.wallet_used),
        (false, false) => json!(Nano(record.wallet_used).to_string()),
    }
}

/// What is left of the price; `None` where the call is bought in one currency and sold in another.
fn profit(record: &CallRecord) -> Option<Nano> {
    (record.buy_currency == record.currency).then(|| record.price.saturating_sub(record.cost))
}

fn amount(amount: Nano, currency: &str) -> String {
    if amount == Nano::ZERO { amount.to_string() } else { format!("{amount} {currency}") }
}

const HEADINGS: [&str; 15] = [
    "time",
    "call id",
    "from",
    "to",
    "account",
    "partition",
    "jurisdiction",
    "route",
    "attempts",
    "sec",
    "billed",
    "cost",
    "price",
    "profit",
    "disposition",
];

fn table_of(records: &[CallRecord]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(HEADINGS);
    for record in records {
        table.add_row(row_of(record));
    }
    for number in [9, 10, 11, 12, 13] {
        if let Some(column) = table.column_mut(number) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn row_of(record: &CallRecord) -> [String; 15] {
    let disposition = match record.reason {
        Some(reason) => format!("rejected: {reason}"),
        None => record.disposition().to_owned(),
    };
    [
        time(record.decided_ns).map(|time| format!("{time:.3}")).unwrap_or_default(),
        printable(&record.call_id),
        record.ani.to_string(),
        record.dnis.to_string(),
        record.account.clone(),
        record.partition.clone(),
        record.jurisdiction.map(|jurisdiction| jurisdiction.name().to_owned()).unwrap_or_default(),
        record.leg_taken().map(|leg| leg.route.clone()).unwrap_or_default(),
        record.legs.iter().map(attempt).collect::<Vec<_>>().join(", "),
        record.duration_sec.to_string(),
        record.sell_billed_sec.to_string(),
        amount(record.cost, &record.buy_currency),
        amount(record.price, &record.currency),
        profit(record).map(|profit| amount(profit, &record.currency)).unwrap_or_default(),
        disposition,
    ]
}

fn attempt(leg: &LegRecord) -> String {
    match (leg.outcome, leg.sip_code) {
        (LegOutcome::Skipped, _) => format!("{} (full)", leg.route),
        (LegOutcome::Tried, 0) => leg.route.clone(),
        (LegOutcome::Tried, code) => format!("{} {code}", leg.route),
    }
}
