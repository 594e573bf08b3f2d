//! A US deck set of real size compiles, and every decision on it is what a naive router says: the routes, their
//! order, their prices, the codes that matched.
//!
//! `TANDEM_SEED=n` repeats a run; `TANDEM_CODES=n` makes smaller lists.

use std::collections::HashMap;

use rating_core::live::{Now, Unused};
use rating_core::plan::*;
use rating_core::route::{Call, Lrn, Origin, decide};
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write::compile;
use rating_core::trace::Silent;
use tandem_tests::naive::{Asked, Calls, Naive, Priced};
use tandem_tests::us_decks::{self, EFFECTIVE, Shape};

/// 45 s, so that 6/6, 30/6, 60/60 and 1/1 lists rank otherwise than by their price a minute.
const REFERENCE_SEC: u32 = 45;
const CALLS: usize = 6000;

fn number_from_env(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}: a number")))
}

#[test]
fn r4_3_r5_decisions_on_us_decks_are_those_of_a_naive_router() {
    let codes = number_from_env("TANDEM_CODES", 150_000) as usize;
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let seed = number_from_env("TANDEM_SEED", u64::from(clock.subsec_nanos()));
    eprintln!("TANDEM_SEED={seed} TANDEM_CODES={codes}");
    let mut plan =
        us_decks::plan(Shape { providers: 10, codes, seed }).expect("public data is beside the repository");
    plan.settings.reference_duration_sec = REFERENCE_SEC;
    check_shape(&plan, codes);
    let bytes = compile(&plan, EFFECTIVE).expect("the plan has a meaning");
    let snapshot = Snapshot::open(&bytes).expect("the snapshot opens");
    let naive = Naive::new(&plan);
    let mut calls = Calls::new(&plan, seed);
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for _ in 0..CALLS {
        let asked = calls.next();
        let (zone, expected) = naive.decide(&asked);
        let got = core_decides(&snapshot, &asked);
        assert_eq!(got, (zone, expected), "TANDEM_SEED={seed}: {asked:?}");
        *seen.entry(if got.1.is_empty() { "rejected" } else { zone }).or_default() += 1;
    }
    for outcome in ["interstate", "intrastate", "local", "indeterminate", "rejected"] {
        assert!(seen.get(outcome).is_some_and(|count| *count > CALLS / 200), "{outcome} is rare: {seen:?}");
    }
}

/// The lists are as they are said to be.
fn check_shape(plan: &Plan, codes: usize) {
    let buy = || plan.decks.iter().filter(|deck| deck.id != "sell");
    assert_eq!(buy().count(), 10);
    for deck in buy() {
        let rows = &deck.versions[0].rows;
        assert!(
            rows.len() > codes * 97 / 100 && rows.len() <= codes * 102 / 100,
            "{}: {}",
            deck.id,
            rows.len()
        );
        let share = |of: &dyn Fn(&DeckRow) -> bool| {
            rows.iter().filter(|row| of(row)).count() as f64 / rows.len() as f64
        };
        let dearer = share(&|row| match (row.prices.interstate, row.prices.intrastate) {
            (Price::PerMin(inter), Price::PerMin(intra)) => intra > inter,
            _ => panic!("{}: {} lacks a price", deck.id, row.prefix),
        });
        // Grains of four decimals make some small prices equal.
        assert!((0.10..0.20).contains(&dearer), "{}: intrastate above interstate on {dearer}", deck.id);
        let blocks = share(&|row| row.prefix.len() == 8);
        assert!((0.005..0.05).contains(&blocks), "{}: thousands blocks {blocks}", deck.id);
        let local = share(&|row| row.prices.local != Price::Missing);
        assert!((0.6..0.8).contains(&local), "{}: local prices {local}", deck.id);
    }
}

fn core_decides(snapshot: &Snapshot<'_>, asked: &Asked) -> (&'static str, Vec<Priced>) {
    let origin = Origin::Source(core::net::Ipv4Addr::LOCALHOST.into());
    let call = Call {
        dnis_lrn: Lrn::Given(asked.dnis_lrn.as_bytes()),
        rate_limit_per_min: asked.rate_limit,
        ..Call::new(origin, asked.ani.as_bytes(), asked.dnis.as_bytes())
    };
    let decision = decide(snapshot, &call, Now { utc_ns: 0, monotonic_ns: 0 }, &Unused, &mut Silent);
    let zone = decision.facts.jurisdiction.expect("it got as far as prices").name();
    let name = |route: u32| snapshot.text(snapshot.routes()[route as usize].name).to_owned();
    let legs = decision.verdict.iter().flat_map(|legs| legs.iter());
    let priced = legs
        .map(|leg| leg.candidate)
        .map(|c| (name(c.route), c.rate_per_min.0, usize::from(c.matched.number())));
    (zone, priced.collect())
}
