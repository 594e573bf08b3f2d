//! What holds for the whole plan, and what people decide by hand.

use rating_core::money::Nano;
use rating_core::plan::*;

use super::names::{Numbers, digits};
use super::parties::ACCOUNTS;
use super::rng::Rng;
use super::times::schedule;
use super::vendors::PARTITIONS;

/// Settings.
pub fn settings(plan: &mut Plan, rng: &mut Rng) {
    plan.settings = Settings {
        name: "random".into(),
        currency: "USD".into(),
        reference_duration_sec: *rng.pick(&[60, 60, 60, 1, 30, 180, 61]),
        default_partition: rng.maybe(80, |rng| format!("part-{}", rng.below(PARTITIONS))),
        use_ani_lrn: rng.percent(60),
        hold_interval_sec: *rng.pick(&[60, 30, 6, 90]),
        emergency_numbers: ["911", "933", "112"].iter().map(|number| digits(number)).collect(),
        emergency_routes: vec!["route-3".into(), "route-0".into(), "route-5".into()],
        toll_free_npas: if rng.percent(50) { vec![822] } else { Vec::new() },
        premium_prefixes: if rng.percent(60) { vec![digits("4479"), digits("1303555")] } else { Vec::new() },
        ..Default::default()
    };
}

fn validity(span: (i64, i64), rng: &mut Rng) -> (Option<i64>, Option<i64>) {
    let from = rng.maybe(40, |rng| rng.second(span));
    let until = rng.maybe(40, |rng| rng.second((from.unwrap_or(span.0) + 1, span.1 + 2)));
    (from, until)
}

fn long_prefix(numbers: &Numbers, rng: &mut Rng) -> String {
    let number = (*rng.pick(&numbers.all())).clone();
    number[..(4 + rng.below(8)).min(number.len())].to_owned()
}

fn one_override(plan: &Plan, at: usize, numbers: &Numbers, span: (i64, i64), rng: &mut Rng) -> Override {
    let (valid_from, valid_until) = validity(span, rng);
    let prefix = match rng.below(10) {
        0..=2 => None,
        3 | 4 => Some(digits(&numbers.prefix(rng))),
        _ => Some(digits(&long_prefix(numbers, rng))),
    };
    let mut trunk = rng.maybe(25, |rng| rng.pick(&plan.trunks).id.clone());
    let account = rng.maybe(25, |rng| format!("acct-{}", rng.below(ACCOUNTS)));
    let partition = rng.maybe(30, |rng| format!("part-{}", rng.below(PARTITIONS)));
    if trunk.is_none() && account.is_none() && partition.is_none() && prefix.is_none() {
        trunk = Some(plan.trunks[rng.below(plan.trunks.len())].id.clone());
    }
    let forced_route = rng.maybe(35, |rng| ForcedRoute {
        route: rng.pick(&plan.routes).id.clone(),
        mode: *rng.pick(&[ForcedMode::Only, ForcedMode::First]),
    });
    let custom_rate_per_min =
        rng.maybe(35, |rng| Nano(*rng.pick(&[70_000_000, 80_000_000, 5_000_000, 70_000_001])));
    let bypass_lcr = rng.percent(30) || forced_route.is_none() && custom_rate_per_min.is_none();
    Override {
        id: format!("override-{at}"),
        trunk,
        account,
        partition,
        prefix,
        window: rng.maybe(30, schedule),
        valid_from,
        valid_until,
        forced_route,
        custom_rate_per_min,
        bypass_lcr,
    }
}

fn exclusions(plan: &mut Plan, numbers: &Numbers, span: (i64, i64), rng: &mut Rng) {
    for at in 0..8 {
        let provider = rng.maybe(65, |rng| rng.pick(&plan.providers).id.clone());
        let count = if provider.is_some() { rng.below(3) } else { 1 + rng.below(2) };
        let mut prefixes: Vec<_> = (0..count).map(|_| digits(&long_prefix(numbers, rng))).collect();
        prefixes.sort();
        prefixes.dedup();
        let (valid_from, valid_until) = validity(span, rng);
        plan.exclusions.push(Exclusion {
            id: format!("exclusion-{at}"),
            account: rng.maybe(60, |rng| format!("acct-{}", rng.below(ACCOUNTS))),
            provider,
            prefixes,
            valid_from,
            valid_until,
            note: String::new(),
        });
    }
}

fn dids(plan: &mut Plan, numbers: &Numbers, rng: &mut Rng) {
    for number in &numbers.dids {
        let mut campaigns: Vec<DidCampaign> = Vec::new();
        for _ in 0..rng.below(6) {
            let partition = format!("part-{}", rng.below(PARTITIONS));
            if campaigns.iter().all(|campaign| campaign.partition != partition) {
                campaigns.push(DidCampaign { partition, priority: *rng.pick(&[1, 2, 2, 3]) });
            }
        }
        plan.dids.push(Did {
            number: digits(number),
            account: format!("acct-{}", rng.below(ACCOUNTS)),
            campaigns,
        });
    }
}

/// Overrides, exclusions, DIDs, the do-not-originate list.
pub fn by_hand(plan: &mut Plan, numbers: &Numbers, span: (i64, i64), rng: &mut Rng) {
    for at in 0..26 {
        let o = one_override(plan, at, numbers, span, rng);
        plan.overrides.push(o);
    }
    for (at, code) in numbers.short.iter().enumerate() {
        let base = one_override(plan, 50 + at, numbers, span, rng);
        let scoped = rng.percent(40);
        plan.overrides.push(Override {
            prefix: Some(digits(code)),
            trunk: None,
            account: base.account.clone().filter(|_| scoped),
            forced_route: None,
            bypass_lcr: base.bypass_lcr || base.custom_rate_per_min.is_none(),
            ..base
        });
    }
    exclusions(plan, numbers, span, rng);
    dids(plan, numbers, rng);
    for (len, chance) in [(3, 4), (6, 20), (7, 50), (10, 100)] {
        let number = rng.pick(&numbers.us).clone();
        if rng.percent(chance) {
            plan.dno.push(digits(&number[1..=len]));
        }
    }
    plan.dno.sort();
    plan.dno.dedup();
}
