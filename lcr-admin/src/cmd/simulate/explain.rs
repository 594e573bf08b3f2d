//! The explanation: for every route of the plan, why it is where it is.
//!
//! A route that the call takes has its legs; one that the partition has and the call does not take, its reason, and
//! its figures as far as it was priced; every other one, that the partition does not have it.

use std::collections::BTreeMap;

use rating_core::candidates::Candidate;
use rating_core::partition::Strategy;
use rating_core::reject::Reason;
use rating_core::route::{Decision, Facts};
use rating_core::snapshot::view::Snapshot;
use rating_core::trace::Trace;
use serde::Serialize;

use super::figures::{Figures, Pricer};

/// Listens to a decision.
#[derive(Default)]
pub(super) struct Notes {
    priced: BTreeMap<u32, Candidate>,
    dropped: BTreeMap<u32, Reason>,
}

impl Trace for Notes {
    const EXPLAINS: bool = true;

    fn considered(&mut self, candidate: &Candidate) {
        self.priced.insert(candidate.route, *candidate);
    }

    fn dropped(&mut self, route: u32, reason: Reason) {
        self.dropped.insert(route, reason);
    }
}

impl Notes {
    /// What the call does not take of the routes that were looked at, by the route's place.
    pub fn dropped(&self, snapshot: &Snapshot, decision: &Decision) -> BTreeMap<u32, Reason> {
        let mut dropped = self.dropped.clone();
        let legs = legs_by_route(decision);
        let looked_at = self.priced.keys().copied().chain(emergency_routes(snapshot, &decision.facts));
        for untried in looked_at.filter(|route| !legs.contains_key(route)) {
            dropped.entry(untried).or_insert_with(|| why_untried(snapshot, untried));
        }
        dropped
    }
}

/// The routes that an emergency call looks at (2.2); none of another call. A decision tells only those that it takes.
fn emergency_routes(snapshot: &Snapshot, facts: &Facts) -> impl Iterator<Item = u32> {
    let listed = snapshot.range(snapshot.route_lists(), snapshot.plan().emergency_routes);
    listed.iter().filter(|_| facts.is_emergency).map(|route| route.get())
}

/// Why a route has no leg that no test has dropped: its gateways all come after the eighth leg, and so it is behind the
/// last one that is tried (5.5). Only of an emergency route nobody has asked whether it has an enabled one.
fn why_untried(snapshot: &Snapshot, route: u32) -> Reason {
    let gateways = snapshot.routes().get(route as usize).map(|route| route.gateways).unwrap_or_default();
    let is_enabled = snapshot.range(snapshot.gateways(), gateways).iter().any(|gateway| gateway.active == 1);
    if is_enabled { Reason::BeyondMaxResults } else { Reason::NoGateway }
}

/// One route of the plan.
#[derive(Debug, Serialize)]
pub(super) struct Explained {
    pub route: String,
    pub provider: String,
    /// Its place among the routes that the call takes, from 1.
    pub place: Option<usize>,
    /// Its legs, from 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub legs: Vec<usize>,
    /// Whether an override forces it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub forced: bool,
    /// Why it is not taken: a reason's name, or `not_in_partition`.
    pub reason: Option<&'static str>,
    /// As far as it was priced.
    #[serde(flatten)]
    pub figures: Option<Figures>,
}

/// What a route is called that the call's partition does not have.
pub(super) const NOT_IN_PARTITION: &str = "not_in_partition";

/// Explains every route: those that are taken in their order, then the dropped ones, cheapest first and the unpriced
/// last, then those that are not in the partition. Nothing where the call was refused before routes were looked at.
pub(super) fn explain(
    snapshot: &Snapshot,
    decision: &Decision,
    notes: &Notes,
    pricer: &Pricer,
) -> Vec<Explained> {
    let legs = legs_by_route(decision);
    let dropped = notes.dropped(snapshot, decision);
    if legs.is_empty() && dropped.is_empty() {
        return Vec::new();
    }
    let mut order: Vec<&u32> = legs.keys().collect();
    order.sort_by_key(|route| legs.get(*route).and_then(|taken| taken.legs.first()));
    let place_of = |route: u32| order.iter().position(|one| **one == route).map(|at| at + 1);
    let forced = decision.facts.effects.forced.map(|forced| forced.route);
    let mut all: Vec<_> = (0..)
        .zip(snapshot.routes())
        .map(|(at, route)| {
            let legs_of = legs.get(&at);
            let priced = legs_of.map(|taken| &taken.candidate).or(notes.priced.get(&at));
            let provider = snapshot.providers().get(route.provider.get() as usize);
            let why = dropped.get(&at).copied().filter(|_| legs_of.is_none());
            let reason = match (legs_of, why) {
                (Some(_), _) => None,
                (None, Some(reason)) => Some(reason.name()),
                (None, None) => Some(NOT_IN_PARTITION),
            };
            let explained = Explained {
                route: snapshot.text(route.name).to_owned(),
                provider: provider.map(|one| snapshot.text(one.name).to_owned()).unwrap_or_default(),
                place: place_of(at),
                legs: legs_of.map(|taken| taken.legs.clone()).unwrap_or_default(),
                forced: forced == Some(at),
                reason,
                figures: priced.map(|candidate| pricer.figures(candidate, why)),
            };
            let is_outside = reason == Some(NOT_IN_PARTITION);
            let cost = priced.map(|candidate| candidate.cost_in_plan);
            ((explained.place.unwrap_or(usize::MAX), is_outside, cost.is_none(), cost, at), explained)
        })
        .collect();
    all.sort_by_key(|(rank, _)| *rank);
    all.into_iter().map(|(_, explained)| explained).collect()
}

/// A route that the call takes.
struct Taken {
    candidate: Candidate,
    /// The numbers of its legs, from 1.
    legs: Vec<usize>,
}

fn legs_by_route(decision: &Decision) -> BTreeMap<u32, Taken> {
    let mut taken: BTreeMap<u32, Taken> = BTreeMap::new();
    for (number, leg) in (1..).zip(decision.verdict.iter().flat_map(|legs| legs.iter())) {
        let candidate = leg.candidate;
        taken
            .entry(candidate.route)
            .or_insert(Taken { candidate: *candidate, legs: Vec::new() })
            .legs
            .push(number);
    }
    taken
}

/// How the call's routes are ordered, as plans write it: by its partition, or by priority where an override passes LCR by.
pub(super) fn strategy_of(snapshot: &Snapshot, facts: &Facts) -> Option<&'static str> {
    let partition = snapshot.partitions().get(facts.partition as usize)?;
    Some(match if facts.effects.bypass_lcr { Strategy::Priority } else { Strategy::of(partition) } {
        Strategy::LeastCost => "least_cost",
        Strategy::Priority => "priority",
        Strategy::Primary => "primary",
        Strategy::HighestMargin => "highest_margin",
        Strategy::RoundRobin => "round_robin",
        Strategy::Weighted => "weighted",
        Strategy::Quality => "quality",
        _ => return None,
    })
}
