//! Plays a scenario in the lab and compares what came out with what must.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::lab::Lab;
use crate::lab::caller::{Answer, Caller};
use crate::lab::carrier::Invite;
use crate::scenario::{Call, Caller as Kind, Scenario};

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
    lab.carriers_behave(|name| scenario.carriers.get(name).copied(), scenario.carriers.keys())?;
    let mut callers = Vec::new();
    for (nth, call) in scenario.calls.iter().enumerate() {
        let name = format!("{}-{}", scenario.name, nth + 1);
        let mut caller = Caller::start(lab, &name, call)?;
        caller.wait_for_answers()?;
        if call.caller != Kind::StaysOn {
            caller.wait_until_done()?;
        }
        callers.push(caller);
    }
    for (caller, call) in callers.iter().zip(&scenario.calls) {
        if call.caller == Kind::StaysOn {
            caller.hang_up()?;
        }
    }
    callers.iter_mut().zip(&scenario.calls).map(|(caller, call)| outcome(lab, call, caller)).collect()
}

fn outcome<'a>(lab: &mut Lab, call: &'a Call, caller: &mut Caller) -> anyhow::Result<Played<'a>> {
    let call_ids = caller.call_ids();
    let answers = caller.wait_until_done()?;
    let mut records = Vec::new();
    for call_id in &call_ids {
        records.extend(lab.wait_for_records(call_id, call.expect.records)?);
    }
    let plan = simulate(lab, call, &call_ids[0])?;
    let invites = lab.invites(&call_ids)?;
    let mut played = Played { call, plan, answers, invites, records, problems: Vec::new() };
    played.problems = problems(&played);
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
    compare("SIP answers", sorted(expect.sip_codes.clone()), sorted(codes));

    let tried: Vec<&str> = played.invites.iter().map(|invite| invite.carrier.as_str()).collect();
    compare("carriers tried", format!("{:?}", expect.tried), format!("{tried:?}"));

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
