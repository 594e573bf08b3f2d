//! What is live: some limits full, some wallets filled, cursors, qualities.

use rating_core::plan::*;

use super::rng::Rng;
use crate::model::{Dimension, Live, Owner};

fn dimensions(limits: &Limits) -> Vec<Dimension> {
    let mut all: Vec<Dimension> =
        limits.volumes.iter().map(|volume| Dimension::Volume(volume.period, volume.counts)).collect();
    all.extend(limits.cps_milli.map(|_| Dimension::Cps));
    all.extend(limits.concurrent_calls_max.map(|_| Dimension::Concurrency));
    all.extend(limits.minutes_per_month_max.map(|_| Dimension::Minutes));
    all.extend(limits.spend_per_day_max.map(|_| Dimension::Spend));
    all
}

/// Every limit of a plan with its owner, and how likely it is full.
fn all_limits(plan: &Plan) -> Vec<(Owner, &Limits, usize)> {
    let mut all = Vec::new();
    all.extend(plan.accounts.iter().map(|a| (Owner::Account(a.id.clone()), &a.limits, 5)));
    all.extend(plan.trunks.iter().map(|t| (Owner::Trunk(t.id.clone()), &t.limits, 8)));
    all.extend(plan.providers.iter().map(|p| (Owner::Provider(p.id.clone()), &p.limits, 8)));
    all.extend(plan.routes.iter().map(|r| (Owner::Route(r.id.clone()), &r.limits, 15)));
    all.extend(plan.gateways.iter().map(|g| (Owner::Gateway(g.id.clone()), &g.limits, 40)));
    for partition in &plan.partitions {
        all.push((Owner::Partition(partition.id.clone()), &partition.limits, 4));
        let members = partition.members.iter();
        let owner = |member: &Member| Owner::Member(partition.id.clone(), member.route.clone());
        all.extend(members.map(|member| (owner(member), &member.limits, 30)));
    }
    all
}

/// The reason that a full limit gives.
fn kind(dimension: Dimension) -> u8 {
    match dimension {
        Dimension::Cps => 0,
        Dimension::Concurrency => 1,
        Dimension::Volume(..) | Dimension::Minutes => 2,
        Dimension::Spend => 3,
    }
}

/// Of some routes that are full, or whose provider is, both are, for other reasons: it shows which is asked first.
fn fill_both(plan: &Plan, live: &Live) -> Vec<(Owner, Dimension)> {
    let both = plan.routes.iter().filter(|route| route.active).filter_map(|route| {
        let provider = plan.providers.iter().find(|provider| provider.id == route.provider)?;
        let owners = [Owner::Route(route.id.clone()), Owner::Provider(provider.id.clone())];
        let is_full = live.full.iter().any(|(owner, _)| owners.contains(owner));
        let of_provider = dimensions(&provider.limits);
        let mut pairs =
            dimensions(&route.limits).into_iter().flat_map(|a| of_provider.iter().map(move |b| (a, *b)));
        let (a, b) = pairs.find(|(a, b)| is_full && kind(*a) != kind(*b))?;
        let [route, provider] = owners;
        Some([(route, a), (provider, b)])
    });
    both.take(2).flatten().filter(|full| !live.full.contains(full)).collect()
}

/// A live state for a plan.
pub fn choose(plan: &Plan, rng: &mut Rng) -> Live {
    let mut live = Live::default();
    for (owner, limits, chance) in all_limits(plan) {
        for dimension in dimensions(limits) {
            let is_slow = limits.cps_milli == Some(1_000) && dimension == Dimension::Cps;
            if rng.percent(if is_slow { 50 } else { chance }) {
                live.full.push((owner.clone(), dimension));
            }
        }
    }
    let both = fill_both(plan, &live);
    live.full.extend(both);
    for account in &plan.accounts {
        for wallet in &account.wallets {
            if rng.percent(70) {
                // Exactly at the threshold it does not pay.
                let much = if wallet.threshold > 0 { wallet.threshold } else { 9_000_000_000 };
                let available = *rng.pick(&[0, 59, 60, 61, 80_000_000, 66_000_000, much, much]);
                live.available.push((account.id.clone(), wallet.id.clone(), available));
            }
        }
    }
    for partition in &plan.partitions {
        if rng.percent(70) {
            live.cursors.push((partition.id.clone(), rng.pick(&plan.routes).id.clone()));
        }
    }
    for route in &plan.routes {
        if rng.percent(30) {
            live.qualities.push((route.id.clone(), *rng.pick(&[-5, 9, 10, 50, 51])));
        }
    }
    live
}
