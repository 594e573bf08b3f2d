//! Where two answers differ, a line each.

use std::collections::BTreeSet;

use rating_core::reject::Reason;

use crate::model::Answer;

use super::core_side::Told;

/// What core says otherwise than the model.
#[must_use]
pub fn differences(model: &Answer, told: &Told) -> Vec<String> {
    let core = &told.answer;
    let mut all = Vec::new();
    let mut differ = |what: &str, model: String, core: String| {
        if model != core {
            all.push(format!("{what}: model {model}, core {core}"));
        }
    };
    let name = |answer: &Answer| answer.reject.map_or("routed", |reason| reason.name()).to_owned();
    differ("decision", name(model), name(core));
    differ("emergency", model.emergency.to_string(), core.emergency.to_string());
    differ("legs", format!("{:?}", model.legs), format!("{:?}", core.legs));
    if !model.emergency {
        differ("dropped", format!("{:?}", model.dropped), format!("{:?}", core.dropped));
        let mut expected = model.kept.clone();
        // Those that no leg was left for have no order in core's answer.
        let with_legs = told.with_legs.min(expected.len());
        expected[with_legs..].sort_by(|a, b| a.route.cmp(&b.route));
        differ("kept", format!("{expected:?}"), format!("{:?}", core.kept));
    }
    differ("CPS slots", model.cps_slots.to_string(), told.cps_taken.to_string());
    let (mine, theirs) = (&model.facts, &core.facts);
    differ("trunk", format!("{:?}", mine.trunk), format!("{:?}", theirs.trunk));
    differ("account", format!("{:?}", mine.account), format!("{:?}", theirs.account));
    if !model.emergency {
        differ("partition", format!("{:?}", mine.partition), format!("{:?}", theirs.partition));
        differ("ANI", mine.ani.clone(), theirs.ani.clone());
        differ("DNIS", mine.dnis.clone(), theirs.dnis.clone());
    }
    // Beyond a reject, facts are told as far as each came.
    if mine.jurisdiction.is_some() {
        differ("jurisdiction", format!("{:?}", mine.jurisdiction), format!("{:?}", theirs.jurisdiction));
        differ("ani_lrn", mine.ani_lrn.clone(), theirs.ani_lrn.clone());
        differ("dnis_lrn", mine.dnis_lrn.clone(), theirs.dnis_lrn.clone());
        differ("OCN", mine.ocn.clone(), theirs.ocn.clone());
        differ("LATA", mine.lata.to_string(), theirs.lata.to_string());
        differ("state", mine.state.clone(), theirs.state.clone());
        differ("state of the ANI", mine.ani_state.clone(), theirs.ani_state.clone());
    }
    all.extend(
        told.silent_differs.iter().map(|how| format!("without an explanation it decides otherwise: {how}")),
    );
    all
}

/// In a word or two, what two answers disagree about: the same fault mostly has the same kind.
#[must_use]
pub fn kind(model: &Answer, told: &Told) -> String {
    let core = &told.answer;
    let mut words: BTreeSet<String> =
        differences(model, told).iter().filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect();
    let name = |reason: Option<Reason>| reason.map_or("kept", |reason| reason.name());
    if model.reject != core.reject {
        words.insert(format!("{} for {}", name(core.reject), name(model.reject)));
    }
    for route in model.dropped.keys().chain(core.dropped.keys()) {
        let (mine, theirs) = (model.dropped.get(route).copied(), core.dropped.get(route).copied());
        if mine != theirs {
            words.insert(format!("drop {} for {}", name(theirs), name(mine)));
        }
    }
    words.into_iter().collect::<Vec<_>>().join(", ")
}
