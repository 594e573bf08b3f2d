//! The demonstration's pictures: a call, the routes that the plan weighs, what happened.

use std::fmt::Write;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use serde_json::Value;

use crate::play::{Played, dropped_of};
use crate::scenario::Scenario;

/// One played call, for people.
#[must_use]
pub fn call(played: &Played) -> String {
    let mut text = format!("  {}\n", headline(played));
    let _ = writeln!(text, "  {}", facts(&played.plan));
    text.push_str(&indented(&routes(played, &played.plan)));
    let _ = writeln!(text, "  tried:  {}", tried(played));
    let _ = writeln!(text, "  caller: {}", answers(played));
    for problem in &played.problems {
        let _ = writeln!(text, "  NOT AS PLANNED: {problem}");
    }
    text
}

/// A scenario's title line.
#[must_use]
pub fn title(scenario: &Scenario) -> String {
    let mut carriers: Vec<String> = Vec::new();
    for (name, behaviour) in &scenario.carriers {
        carriers.push(format!("{name} {}", behaviour.replace('_', " ")));
    }
    let carriers = if carriers.is_empty() { String::new() } else { format!("   [{}]", carriers.join(", ")) };
    format!("{}. {}{carriers}", scenario.number, scenario.title)
}

fn headline(played: &Played) -> String {
    let call = played.call;
    let many = if call.count > 1 { format!("{} calls at once, ", call.count) } else { String::new() };
    let does = match call.caller.as_str() {
        "hangs_up" => String::new(),
        what => format!(", {}", what.replace('_', " ")),
    };
    format!("{many}{} → {} from {}{does}", call.ani, call.dnis, call.from)
}

fn facts(plan: &Value) -> String {
    let text = |key: &str| plan.get(key).and_then(Value::as_str).unwrap_or("-").to_owned();
    if plan.get("decision").and_then(Value::as_str) == Some("rejected") {
        return format!("the plan refuses it: {}", text("reason"));
    }
    format!(
        "trunk {}, account {}, partition {}, {}",
        text("trunk"),
        text("account"),
        text("partition"),
        text("jurisdiction")
    )
}

/// Every route of the partition: kept ones in the plan's order, then the dropped ones.
fn routes(played: &Played, plan: &Value) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["", "route", "prefix", "buy/min", "sell/min", "margin/min", "outcome"]);
    for column in [3, 4, 5] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let legs = legs(&played.records);
    let kept = plan.get("routes").and_then(Value::as_array);
    for (nth, route) in kept.into_iter().flatten().enumerate() {
        let text = |key: &str| route.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = text("route");
        let outcome = outcome(&name, &legs);
        table.add_row([
            (nth + 1).to_string(),
            name,
            text("prefix"),
            text("rate"),
            text("customer_rate"),
            text("margin"),
            outcome,
        ]);
    }
    for (route, reason) in dropped_of(plan) {
        let blank = String::new;
        table.add_row([blank(), route, blank(), blank(), blank(), blank(), format!("dropped: {reason}")]);
    }
    if table.is_empty() { String::new() } else { table.to_string() }
}

/// What became of a route that the plan keeps.
fn outcome(route: &str, legs: &[(String, u64)]) -> String {
    match legs.iter().find(|(tried, _)| tried == route) {
        Some((_, 200)) => "TAKEN".into(),
        Some((_, 0)) | None => "not tried".into(),
        Some((_, code)) => format!("tried: {code}"),
    }
}

/// Routes tried and the SIP code of each, in order, from the call's records.
fn legs(records: &[Value]) -> Vec<(String, u64)> {
    let legs = records.iter().filter_map(|record| record.get("legs")?.as_array()).flatten();
    let legs = legs.filter(|leg| leg.get("attempted").and_then(Value::as_bool) == Some(true));
    legs.filter_map(|leg| Some((leg.get("route")?.as_str()?.to_owned(), leg.get("sip_code")?.as_u64()?)))
        .collect()
}

fn tried(played: &Played) -> String {
    if played.invites.is_empty() {
        return "no carrier".into();
    }
    let codes = legs(&played.records);
    let names = played.invites.iter().enumerate().map(|(nth, invite)| {
        let code = codes.get(nth).map(|(route, code)| format!(" ({route}: {code})")).unwrap_or_default();
        format!("{}{code}", invite.carrier)
    });
    names.collect::<Vec<_>>().join(" → ")
}

fn answers(played: &Played) -> String {
    let texts = played.answers.iter().map(|answer| match answer.reason.as_str() {
        "" => answer.sip_code.to_string(),
        reason => format!("{} {reason}", answer.sip_code),
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |mut all, line| {
        let _ = writeln!(all, "  {line}");
        all
    })
}
