//! Plays a scenario in the lab and compares what came out with what must.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::Value;

use crate::lab::caller::{Answer, Caller};
use crate::lab::carrier::Invite;
use crate::lab::messages::Request;
use crate::lab::{Lab, script};
use crate::scenario::{Call, STAYS_ON, Scenario};
use crate::step::Step;

/// What came out of one `[[call]]`.
pub struct Played<'a> {
    /// As the scenario tells it.
    pub call: &'a Call,
    /// What the plan says to it, from `simulate`.
    pub plan: Value,
    /// The answers that the callers saw.
    pub answers: Vec<Answer>,
    /// What the carriers got, in order.
    pub invites: Vec<Invite>,
    /// All requests that the carriers got, repetitions apart.
    pub requests: Vec<Request>,
    /// What was recorded of the calls.
    pub records: Vec<Value>,
    /// What is not as it must be; empty is good.
    pub problems: Vec<String>,
}

/// Plays all calls of a scenario.
///
/// # Errors
/// When a call cannot be placed or is never answered. What is answered wrongly is a problem of the call.
pub fn play<'a>(lab: &mut Lab, scenario: &'a Scenario) -> anyhow::Result<Vec<Played<'a>>> {
    let own_scripts = script::own_folder(&scenario.name);
    lab.carriers_behave(&own_scripts, &scenario.carriers)?;
    lab.fund(&scenario.funds)?;
    let mut callers = Vec::new();
    for (nth, call) in scenario.calls.iter().enumerate() {
        take(&call.before, lab, scenario)?;
        let name = format!("{}-{}", scenario.name, nth + 1);
        let mut caller = Caller::start(lab, &name, &own_scripts, call)?;
        caller.wait_for_answers(call.expect.sip_codes.len())?;
        if let Some(word) = &call.heard {
            caller.wait_until_heard(word)?;
        }
        if call.is_waited_for() {
            caller.wait_until_done()?;
        }
        callers.push(caller);
    }
    for (caller, call) in callers.iter().zip(&scenario.calls) {
        if call.caller == STAYS_ON {
            caller.hang_up()?;
        }
    }
    let mut played = Vec::new();
    for (caller, call) in callers.iter_mut().zip(&scenario.calls) {
        played.push(outcome(lab, scenario, call, caller)?);
    }
    take(&scenario.finally, lab, scenario)?;
    for (wallet, had) in &scenario.funds {
        let used = used_of(wallet, &played);
        if let (true, Some(last)) = (used > *had, played.last_mut()) {
            last.problems.push(format!("{wallet}: had {had}, and {used} were used"));
        }
    }
    Ok(played)
}

/// What the calls have used of a wallet: nano-units, or seconds.
fn used_of(wallet: &str, played: &[Played]) -> u64 {
    let text = |record: &Value, field: &str| {
        record.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let records = played.iter().flat_map(|call| &call.records);
    let of_wallet =
        records.filter(|record| format!("{}/{}", text(record, "account"), text(record, "wallet")) == wallet);
    of_wallet.map(|record| record.get("wallet_used").map_or(0, amount)).sum()
}

/// `0.04` of money is 40,000,000 nano-units; a number of seconds is what it is.
#[must_use]
pub fn amount(value: &Value) -> u64 {
    let Some(text) = value.as_str() else { return value.as_u64().unwrap_or_default() };
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{decimals:0<9}").parse().unwrap_or(u64::MAX)
}

fn take(steps: &[Step], lab: &mut Lab, scenario: &Scenario) -> anyhow::Result<()> {
    for step in steps {
        step.take(lab, scenario).with_context(|| format!("{step:?}"))?;
    }
    Ok(())
}

fn outcome<'a>(
    lab: &mut Lab,
    scenario: &Scenario,
    call: &'a Call,
    caller: &mut Caller,
) -> anyhow::Result<Played<'a>> {
    let call_ids = caller.call_ids();
    let answers = caller.wait_until_done()?;
    let records = lab.wait_for_records(&call_ids, call.expect.records as usize * call_ids.len())?;
    // The demonstration shows what the plan says; elsewhere it is asked where it matters.
    let is_explained =
        scenario.plan.is_none() || call.expect.routes.is_some() || !call.expect.dropped.is_empty();
    let plan = if is_explained { simulate(lab, call, &call_ids[0])? } else { Value::Null };
    let invites = lab.invites(&call_ids)?;
    let requests = lab.requests(&call_ids)?;
    let mut played = Played { call, plan, answers, invites, requests, records, problems: Vec::new() };
    played.problems = problems(&played);
    for (number, wanted) in &call.expect.questions {
        let got = lab.questions(number);
        if got != *wanted {
            played.problems.push(format!("questions about {number}: should be {wanted}, are {got}"));
        }
    }
    Ok(played)
}

fn simulate(lab: &Lab, call: &Call, call_id: &str) -> anyhow::Result<Value> {
    let source = lab.network().address(call.from).to_string();
    let mut arguments = vec![
        ("--source", source.as_str()),
        ("--ani", &call.ani),
        ("--dnis", &call.dnis),
        ("--call-id", call_id),
    ];
    arguments.extend(call.full.iter().map(|owner| ("--full", owner.as_str())));
    lab.admin().simulate(&lab.paths().snapshot, &arguments)
}

fn problems(played: &Played) -> Vec<String> {
    let expect = &played.call.expect;
    let mut problems = Vec::new();
    let mut compare = |what: &str, wanted: String, got: String| {
        if wanted != got {
            problems.push(format!("{what}: should be {wanted}, is {got}"));
        }
    };

    let sorted = |mut codes: Vec<u16>| {
        codes.sort_unstable();
        format!("{codes:?}")
    };
    let codes = played.answers.iter().map(|answer| answer.sip_code).collect();
    if played.call.count == 1 || !expect.sip_codes.is_empty() {
        compare("SIP answers", sorted(expect.sip_codes.clone()), sorted(codes));
    }

    let tried: Vec<&str> = played.invites.iter().map(|invite| invite.carrier.as_str()).collect();
    if played.call.count == 1 || !expect.tried.is_empty() {
        compare("carriers tried", format!("{:?}", expect.tried), format!("{tried:?}"));
    }

    if let Some(reason) = &expect.reason {
        let refused = played.answers.iter().filter(|answer| answer.sip_code >= 300);
        refused.for_each(|answer| compare("reason of the refusal", reason.clone(), answer.reason.clone()));
    }
    for invite in &played.invites {
        compare(
            "customer's private header",
            "gone".into(),
            if invite.leaked_header { "sent on" } else { "gone" }.into(),
        );
        if let Some(number) = &expect.number_dialled {
            compare("number dialled", number.clone(), invite.number.clone());
        }
    }
    for request in played.requests.iter().filter(|request| request.method == "INVITE") {
        for (name, value) in &expect.headers {
            compare(&format!("header {name}"), value.clone(), request.header(name).to_owned());
        }
    }
    for (method, count) in &expect.requests {
        let got = played.requests.iter().filter(|request| request.method == *method).count();
        compare(&format!("{method} at the carriers"), count.to_string(), got.to_string());
    }
    compare(
        "number of records",
        (expect.records as usize * played.call.count as usize).to_string(),
        played.records.len().to_string(),
    );
    let wanted = text_of(&expect.record, |field| expect.record.get(field));
    let records: Vec<String> =
        played.records.iter().map(|record| text_of(&expect.record, |field| record.get(field))).collect();
    if !records.contains(&wanted) && !expect.record.is_empty() {
        compare("record", wanted, records.join(" or "));
    }

    for (route, count) in &expect.carried {
        let of_route = |record: &&Value| record.get("route").and_then(Value::as_str) == Some(route);
        let got = played.records.iter().filter(of_route).count();
        let is_near = got.abs_diff(*count) <= expect.carried_off_by;
        compare(
            &format!("calls of {route}"),
            count.to_string(),
            if is_near { count } else { &got }.to_string(),
        );
    }
    for (field, [from, until]) in &expect.between {
        for record in &played.records {
            let got = record.get(field).and_then(Value::as_u64);
            let is_between = got.is_some_and(|got| (*from..=*until).contains(&got));
            compare(
                field,
                format!("{from} to {until}"),
                if is_between { format!("{from} to {until}") } else { format!("{got:?}") },
            );
        }
    }

    if let Some(routes) = &expect.routes {
        compare("routes of the plan", format!("{routes:?}"), format!("{:?}", routes_of(&played.plan)));
    }
    let dropped = dropped_of(&played.plan);
    for (route, reason) in &expect.dropped {
        let got = dropped.get(route).map_or("kept", String::as_str);
        compare(&format!("{route} in the plan"), reason.clone(), got.to_owned());
    }
    problems
}

/// The fields that a scenario names, with their values in a record.
fn text_of<'a>(fields: &BTreeMap<String, Value>, value: impl Fn(&str) -> Option<&'a Value>) -> String {
    let pair = |field: &String| format!("{field} = {}", value(field).unwrap_or(&Value::Null));
    fields.keys().map(pair).collect::<Vec<_>>().join(", ")
}

/// The routes that a plan keeps, best first.
#[must_use]
pub fn routes_of(plan: &Value) -> Vec<&str> {
    let routes = plan.get("routes").and_then(Value::as_array);
    routes.into_iter().flatten().filter_map(|route| route.get("route")?.as_str()).collect()
}

/// The routes that a plan drops, and why.
#[must_use]
pub fn dropped_of(plan: &Value) -> BTreeMap<String, String> {
    let dropped = plan.get("dropped").and_then(Value::as_array);
    let pair =
        |route: &Value| Some((route.get("route")?.as_str()?.into(), route.get("reason")?.as_str()?.into()));
    dropped.into_iter().flatten().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::amount;

    #[test]
    fn what_a_wallet_has_paid_is_read_as_it_is_granted() {
        assert_eq!(amount(&json!("0.04")), 40_000_000);
        assert_eq!(amount(&json!("12")), 12_000_000_000);
        assert_eq!(amount(&json!(6)), 6);
    }
}
