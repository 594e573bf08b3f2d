//! Providers of every kind, their routes and gateways, and the partitions that list them.

use rating_core::money::Nano;
use rating_core::plan::*;

use super::names::LATAS;
use super::rng::Rng;
use super::times::{ZONES, schedule};

/// Routes in all; ids sort otherwise than they are listed.
const ROUTES: usize = 18;
/// Partitions of a plan, campaigns among them.
pub const PARTITIONS: usize = 9;

/// Some caps, all with room unless the live state says otherwise; seldom a cap of 0.
pub fn limits(chance: usize, zero: usize, rng: &mut Rng) -> Limits {
    let cap = |rng: &mut Rng| if rng.percent(zero) { 0 } else { 10_000 };
    let volumes = [
        (Period::Hour, CountedCalls::Attempts),
        (Period::Day, CountedCalls::Answered),
        (Period::Month, CountedCalls::Billable),
        (Period::Total, CountedCalls::Answered),
    ];
    let volume = |(period, counts): &(Period, CountedCalls), rng: &mut Rng| {
        rng.maybe(chance, |rng| VolumeLimit { period: *period, counts: *counts, calls_max: cap(rng) })
    };
    Limits {
        cps_milli: rng.maybe(chance, |_| 10_000_000),
        cps_burst: None,
        concurrent_calls_max: rng.maybe(chance, cap),
        volumes: volumes.iter().filter_map(|kind| volume(kind, rng)).collect(),
        minutes_per_month_max: rng.maybe(chance, cap),
        spend_per_day_max: rng.maybe(chance, |rng| Nano(i64::from(cap(rng)) * 1_000_000_000)),
    }
}

/// Providers, routes, gateways.
pub fn providers(plan: &mut Plan, rng: &mut Rng) {
    let kinds = [
        ProviderKind::Lrn,
        ProviderKind::Lrn,
        ProviderKind::Dnis,
        ProviderKind::Dnis,
        ProviderKind::International,
        ProviderKind::OcnLata,
        ProviderKind::CustomerTrunk,
        ProviderKind::RateDeck,
        ProviderKind::Lrn,
        ProviderKind::Dnis,
    ];
    let policies = [IjPolicy::Higher, IjPolicy::Interstate, IjPolicy::Intrastate, IjPolicy::Reject];
    for (at, kind) in kinds.into_iter().enumerate() {
        plan.providers.push(Provider {
            id: format!("prov-{at}"),
            active: !rng.percent(6),
            kind,
            ij_policy: *rng.pick(&policies),
            limits: limits(10, 1, rng),
            time_zone: (*rng.pick(&ZONES)).into(),
            traffic: rng.maybe(15, |rng| rng.some(TrafficClass::ALL, 60)),
        });
    }
    for at in 0..ROUTES {
        route(plan, at, rng);
    }
    // A deck without a policy of its own has the provider's: one provider for all routes that share it.
    for at in 0..plan.routes.len() {
        let Some(deck) = plan.routes[at].deck.clone() else { continue };
        let own = plan.decks.iter().any(|d| d.id == deck && d.ij_policy.is_some());
        let first = plan.routes.iter().find(|route| route.deck.as_ref() == Some(&deck));
        let provider = first.expect("at least itself").provider.clone();
        if !own {
            plan.routes[at].provider = provider;
        }
    }
}

fn route(plan: &mut Plan, at: usize, rng: &mut Rng) {
    let id = format!("route-{}", (at * 7) % ROUTES);
    // One for reference prices is enough.
    let provider = if at == 7 { 7 } else { *rng.pick(&[0, 1, 2, 3, 4, 5, 6, 8, 9]) };
    let deck = format!("buy-{}", rng.below(10));
    plan.routes.push(Route {
        id: id.clone(),
        provider: plan.providers[provider].id.clone(),
        deck: if at % 9 == 8 { None } else { Some(deck) },
        active: !rng.percent(5),
        quality: *rng.pick(&[0, 0, 10, 50, 90]),
        limits: limits(8, 1, rng),
        ani_classes: rng.maybe(12, |rng| rng.some(AniClass::ALL, 60)),
    });
    let count = *rng.pick(&[0, 1, 1, 1, 1, 2, 2, 3, 3, 4]);
    let count = if at.is_multiple_of(6) { count } else { count.max(1) };
    for gateway in 0..count {
        plan.gateways.push(Gateway {
            id: format!("{id}-gw{}", count - gateway),
            route: id.clone(),
            dial_string: format!("sip:+${{number}}@gw{gateway}.{id}.example:5060"),
            priority: *rng.pick(&[1, 1, 2]),
            weight: rng.maybe(50, |rng| *rng.pick(&[0, 1, 2, 5, 100])),
            active: !rng.percent(8),
            latas: if rng.percent(20) { rng.some(&LATAS, 50) } else { Vec::new() },
            limits: limits(6, 1, rng),
        });
    }
}

/// Partitions of every strategy; the first four have no odd rule.
pub fn partitions(plan: &mut Plan, rng: &mut Rng) {
    let strategies = [
        Strategy::LeastCost,
        Strategy::LeastCost,
        Strategy::Priority,
        Strategy::Primary,
        Strategy::RoundRobin,
        Strategy::Weighted,
        Strategy::Quality,
        Strategy::HighestMargin,
        Strategy::LeastCost,
    ];
    let offset = rng.below(strategies.len());
    for at in 0..PARTITIONS {
        let odd = at >= 4;
        let members = members(plan, odd, rng);
        plan.partitions.push(Partition {
            id: format!("part-{at}"),
            active: !(odd && rng.percent(12)),
            strategy: strategies[(at + offset) % strategies.len()],
            members,
            schedule: if odd { rng.maybe(45, schedule) } else { None },
            min_quality: rng.maybe(if odd { 40 } else { 5 }, |rng| *rng.pick(&[10, 50])),
            rate_limit_per_min: rng.maybe(if odd { 35 } else { 8 }, |rng| {
                Nano(*rng.pick(&[2_500_000, 10_000_000, 20_000_000, 35_000_000]))
            }),
            max_results: *rng.pick(&[8, 8, 8, 3, 2, 1]),
            dial_timeout_sec: rng.maybe(30, |_| 12),
            limits: limits(if odd { 20 } else { 3 }, if odd { 2 } else { 0 }, rng),
        });
    }
}

fn members(plan: &Plan, odd: bool, rng: &mut Rng) -> Vec<Member> {
    let weighs = rng.percent(50);
    let mut routes: Vec<String> = plan.routes.iter().map(|route| route.id.clone()).collect();
    routes = rng.shuffled(routes);
    routes.truncate(if odd { 2 + rng.below(9) } else { 8 + rng.below(6) });
    let member = |route: String, rng: &mut Rng| Member {
        route,
        priority: *rng.pick(&[1, 1, 2, 3, -1]),
        weight: if weighs { rng.maybe(70, |rng| *rng.pick(&[0, 1, 2, 3, 1_000_000])) } else { None },
        active: !rng.percent(6),
        limits: limits(5, 2, rng),
    };
    routes.into_iter().map(|route| member(route, rng)).collect()
}
