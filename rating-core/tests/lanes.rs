//! The index against the plan: what a deck asks, by every way that leads to it.
//!
//! The expected price is worked out here from the plan's rows (longest prefix by comparing texts, sections 3.7, 3.8,
//! 4.3 to 4.5 written down once more), not from anything in a snapshot.

mod common;

use std::ops::ControlFlow;

use common::*;
use rating_core::batch::{Recorded, decide_all};
use rating_core::deck::Key;
use rating_core::jurisdiction::{Jurisdiction, Zone};
use rating_core::live::{Now, Unused};
use rating_core::money::Nano;
use rating_core::plan::*;
use rating_core::reject::Reason;
use rating_core::route::{Call, Origin, decide};
use rating_core::snapshot::view::Snapshot;
use rating_core::tariff::Rounding;
use rating_core::trace::Silent;

/// SplitMix64.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Few enough that rows are nested, prices tie, and decks meet.
const NUMBERS: [&str; 14] = [
    "12125550100",
    "12125559999",
    "12125500000",
    "12128000000",
    "13035550100",
    "13035551234",
    "18765550100",
    "18005550100",
    "447700900123",
    "4477009",
    "442079460000",
    "77012345678",
    "9647912345678",
    "96479123",
];

fn price(rng: &mut Rng) -> Price {
    match rng.below(8) {
        0..=2 => Price::Missing,
        3 => Price::Blocked,
        // One to six cents: many decks cost the same.
        _ => Price::PerMin(Nano(10_000_000 * (1 + rng.below(6) as i64))),
    }
}

fn random_row(prefix: &str, rng: &mut Rng) -> DeckRow {
    let mut prices = Prices { default: price(rng), ..Prices::default() };
    if rng.below(3) > 0 {
        prices = Prices {
            interstate: price(rng),
            intrastate: price(rng),
            local: price(rng),
            indeterminate: price(rng),
            ..prices
        };
    }
    let (first_sec, increment_sec) = *rng.pick(&[(60, 60), (6, 6), (1, 1), (90, 1)]);
    let connect_fee = Nano(*rng.pick(&[0, 0, 5_000_000]));
    DeckRow {
        prices,
        ..row(prefix, prices).with(|terms| {
            terms.first_sec = first_sec;
            terms.increment_sec = increment_sec;
            terms.connect_fee = connect_fee;
        })
    }
}

fn random_rows(rng: &mut Rng) -> Vec<DeckRow> {
    let mut rows: Vec<DeckRow> = Vec::new();
    for _ in 0..rng.below(30) {
        let number = rng.pick(&NUMBERS);
        let prefix = &number[..1 + rng.below(number.len().min(11))];
        if rows.iter().all(|row| row.prefix.as_str() != prefix) {
            rows.push(random_row(prefix, rng));
        }
    }
    rows
}

const KINDS: [ProviderKind; 3] = [ProviderKind::Lrn, ProviderKind::Dnis, ProviderKind::International];
const POLICIES: [IjPolicy; 4] =
    [IjPolicy::Higher, IjPolicy::Interstate, IjPolicy::Intrastate, IjPolicy::Reject];

/// A plan of up to 300 decks: more than a shelf has.
fn random_plan(rng: &mut Rng, decks: usize) -> Plan {
    let mut plan = plan();
    plan.currency_rates = vec![CurrencyRate { currency: "EUR".into(), from: 0, rate: usd("1.1") }];
    for at in 0..decks {
        let id = format!("r{at:03}");
        add_route(&mut plan, &id, *rng.pick(&KINDS), random_rows(rng));
        let deck = plan.decks.last_mut().unwrap();
        deck.ij_policy = Some(*rng.pick(&POLICIES));
        deck.currency = rng.pick(&["", "USD", "EUR"]).to_string();
        deck.rounding = Rounding { decimals: *rng.pick(&[9, 3]), ..Rounding::DEFAULT };
    }
    // Some routes share a deck.
    for at in (3..decks).step_by(7) {
        plan.routes[at].deck = Some(format!("r{:03}", at - 1));
    }
    plan
}

/// What a deck asks, from its rows alone: the row's price, and the digits that matched.
fn expected(deck: &Deck, number: &str, us_geographic: bool, zone: Zone) -> Result<(Nano, u8), Reason> {
    let rows = &deck.versions[0].rows;
    let row = rows.iter().filter(|row| number.starts_with(row.prefix.as_str()));
    let row = row.max_by_key(|row| row.prefix.len()).ok_or(Reason::NoRate)?;
    if row.prefix.as_str() == "1" && !us_geographic {
        return Err(Reason::NoRate);
    }
    match price_of(deck, &row.prices, zone) {
        Price::Missing => Err(Reason::NoRate),
        Price::Blocked => Err(Reason::BlockedRow),
        Price::PerMin(rate) => Ok((rate, row.prefix.len() as u8)),
    }
}

fn price_of(deck: &Deck, p: &Prices, zone: Zone) -> Price {
    let or = |a: Price, b: Price| if a == Price::Missing { b } else { a };
    let is_flat = p.interstate == Price::Missing && p.intrastate == Price::Missing;
    let (interstate, intrastate) =
        if is_flat { (p.default, p.default) } else { (p.interstate, p.intrastate) };
    match zone.jurisdiction {
        Jurisdiction::Interstate => interstate,
        Jurisdiction::Intrastate => intrastate,
        Jurisdiction::Local => or(p.local, if zone.same_state { intrastate } else { interstate }),
        Jurisdiction::Indeterminate => {
            let by_policy = match deck.ij_policy.unwrap() {
                IjPolicy::Higher => match (interstate, intrastate) {
                    (Price::Blocked, _) | (_, Price::Blocked) => Price::Blocked,
                    (Price::Missing, one) | (one, Price::Missing) => one,
                    (Price::PerMin(a), Price::PerMin(b)) => Price::PerMin(a.max(b)),
                },
                IjPolicy::Interstate => interstate,
                IjPolicy::Intrastate => intrastate,
                IjPolicy::Reject => Price::Missing,
            };
            or(or(p.indeterminate, p.default), by_policy)
        }
        _ => or(p.default, p.interstate),
    }
}

fn zones() -> Vec<Zone> {
    let both = [false, true];
    let zones = Jurisdiction::ALL
        .into_iter()
        .flat_map(|jurisdiction| both.map(|same_state| Zone { jurisdiction, same_state }));
    zones.collect()
}

/// Every deck, asked one by one and read in the order of cost, against the plan.
fn check_keys(plan: &Plan, bytes: &[u8]) -> usize {
    let snapshot = Snapshot::open(bytes).unwrap();
    let mut asked = 0;
    for (number, zone, us_geographic) in
        NUMBERS.iter().flat_map(|n| zones().into_iter().flat_map(move |z| [(n, z, true), (n, z, false)]))
    {
        let key = Key::new(&snapshot, &digits(number), us_geographic);
        let mut first_shelf = Vec::new();
        let mut mask = [0u64; 4];
        for (slot, record) in (0u32..).zip(snapshot.decks()) {
            let deck = plan.decks.iter().find(|deck| deck.id == snapshot.text(record.name)).unwrap();
            let quote = key.quote(slot, zone);
            let tariff = |at: u32| &snapshot.tariffs()[at as usize];
            let got = quote
                .map(|quote| (Nano(tariff(quote.tariff).rate_nano_per_min.get()), quote.matched.number()));
            assert_eq!(got, expected(deck, number, us_geographic, zone), "{number} {zone:?} {}", deck.id);
            if record.shelf == 0 {
                mask[usize::from(record.place / 64)] |= 1 << (record.place % 64);
                if let Ok(quote) = quote {
                    let cost = i128::from(tariff(quote.tariff).reference_cost_nano.get());
                    first_shelf.push((cost * i128::from(record.rate_nano.get()), slot, quote));
                }
            }
            asked += 1;
        }
        let mut read = Vec::new();
        // However many are asked for ahead: all of them, some, or none.
        let expected_count = number.len() % 8;
        let is_complete = key.visit_cheapest(zone, mask, expected_count, |offer| {
            read.push((offer.quote.cost_in_plan().0, offer.slot, offer.quote));
            ControlFlow::Continue(())
        });
        if is_complete {
            assert!(read.is_sorted_by_key(|offer| offer.0), "{number} {zone:?}: {read:?}");
            read.sort_by_key(|offer| (offer.0, offer.1));
            first_shelf.sort_by_key(|offer| (offer.0, offer.1));
            assert_eq!(read, first_shelf, "{number} {zone:?}");
        }
    }
    asked
}

#[test]
fn every_deck_asks_the_same_whichever_way_it_is_found() {
    let seed = 0x1ade_c0de;
    println!("seed {seed:#x}");
    let mut rng = Rng(seed);
    for decks in [0, 1, 2, 5, 40, 40, 40, 200, 300] {
        let plan = random_plan(&mut rng, decks);
        let asked = check_keys(&plan, &compiled(&plan));
        assert_eq!(asked, decks * NUMBERS.len() * 28);
    }
}

#[test]
fn both_lanes_make_the_same_decision_and_so_does_a_replay() {
    let seed = 0x0021_a9e5;
    println!("seed {seed:#x}");
    let mut rng = Rng(seed);
    let (mut routed, mut tied) = (0, 0);
    for round in 0..60 {
        let mut plan = random_plan(&mut rng, [1, 3, 12, 60, 280][round % 5]);
        plan.partitions[0].max_results = 1 + rng.below(8) as u32;
        for (route, member) in plan.routes.iter_mut().zip(&mut plan.partitions[0].members) {
            route.quality = rng.below(3) as i32;
            route.active = rng.below(10) > 0;
            member.priority = rng.below(3) as i32;
        }
        plan.partitions[0].rate_limit_per_min = (round % 3 == 0).then(|| usd("0.04"));
        // One route without a deck, and one by OCN: not in the order of cost.
        plan.routes[0].deck = if round % 4 == 0 { None } else { plan.routes[0].deck.clone() };
        plan.providers[0].kind = if round % 4 == 1 { ProviderKind::OcnLata } else { plan.providers[0].kind };
        plan.trunks[0].trust_lrn = true;
        let bytes = compiled(&plan);
        let snapshot = Snapshot::open(&bytes).unwrap();
        let mut decided = Vec::new();
        for dnis in NUMBERS {
            for (lrn, zone) in [("", None), ("13035550100", None), ("", Some(Jurisdiction::Indeterminate))] {
                let call = Call {
                    dnis_lrn: rating_core::route::Lrn::Given(lrn.as_bytes()),
                    zone,
                    ..Call::new(Origin::Source(SOURCE), DENVER, dnis.as_bytes())
                };
                let silent = decide(&snapshot, &call, NOW, &Unused, &mut Silent);
                // An explanation accounts for every member: it takes the scanned lane.
                let explained = tell(&bytes, &call, NOW, &Unused);
                assert_eq!(silent, explained.decision, "round {round}, {dnis} by {lrn:?}");
                routed += usize::from(silent.verdict.is_ok());
                let costs: Vec<_> = silent.verdict.iter().flat_map(|legs| legs.iter()).collect();
                tied += usize::from(
                    costs
                        .windows(2)
                        .any(|pair| pair[0].candidate.cost_in_plan == pair[1].candidate.cost_in_plan),
                );
                decided.push((call, silent));
            }
        }
        // All of them at once: two groups, and a part of one.
        let calls: Vec<_> = decided.iter().map(|(call, _)| Recorded { call: *call, now: NOW }).collect();
        let mut replayed = Vec::new();
        decide_all(&snapshot, &calls, &Unused, |at, decision| replayed.push((at, *decision)));
        let expected: Vec<_> = decided.iter().map(|(_, decision)| *decision).enumerate().collect();
        assert_eq!(replayed, expected, "round {round}");
    }
    println!("{routed} routed, {tied} with ties");
    assert!(routed > 800 && tied > 400, "{routed} routed, {tied} with ties");
}

#[test]
fn recorded_calls_are_decided_each_at_its_own_instant() {
    // Open from 08:00 to 08:01 UTC; `NOW` is 08:00:00.
    let mut plan = plan();
    add_route(&mut plan, "open", ProviderKind::Lrn, vec![row("1", flat("0.01"))]);
    let minute = RecurringWindow { from_sec: 8 * 3600, until_sec: 8 * 3600 + 60, ..RecurringWindow::ALWAYS };
    plan.partitions[0].schedule = Some(Schedule { time_zone: String::new(), windows: vec![minute] });
    let bytes = compiled(&plan);
    let snapshot = Snapshot::open(&bytes).unwrap();
    let call = Call::new(Origin::Source(SOURCE), DENVER, NEW_YORK);
    let after = |sec: i64| Now { utc_ns: NOW.utc_ns + sec * 1_000_000_000, ..NOW };
    let calls = [0, 60, 59].map(|sec| Recorded { call, now: after(sec) });
    let mut rejects = Vec::new();
    decide_all(&snapshot, &calls, &Unused, |_, decision| {
        rejects.push(decision.verdict.err().map(|reject| reject.reason));
    });
    assert_eq!(rejects, [None, Some(Reason::NoPartition), None]);
}

#[test]
fn r4_1_decks_of_nanp_and_of_the_world_stand_side_by_side() {
    // Each number is asked of those that have a code of it, with an LRN and without.
    let mut plan = plan();
    let rows = |codes: &[&str], amount| codes.iter().map(|code| row(code, flat(amount))).collect();
    add_route(&mut plan, "a_us", ProviderKind::Lrn, rows(&["1212", "1303"], "0.01"));
    add_route(&mut plan, "b_world", ProviderKind::Dnis, rows(&["44"], "0.02"));
    add_route(&mut plan, "c_both", ProviderKind::Dnis, rows(&["1212", "44"], "0.03"));
    add_route(&mut plan, "d_world", ProviderKind::Lrn, rows(&["44"], "0.04"));
    plan.trunks[0].trust_lrn = true;
    let bytes = compiled(&plan);
    let snapshot = Snapshot::open(&bytes).unwrap();
    for (dnis, lrn, legs) in [
        ("12125550100", "", &["a_us", "c_both"][..]),
        ("12125550100", "13035550100", &["a_us", "c_both"]),
        ("+442079460000", "", &["b_world", "c_both", "d_world"]),
    ] {
        let call = Call {
            dnis_lrn: rating_core::route::Lrn::Given(lrn.as_bytes()),
            ..Call::new(Origin::Source(SOURCE), DENVER, dnis.as_bytes())
        };
        let decision = decide(&snapshot, &call, NOW, &Unused, &mut Silent);
        let name = |route: u32| snapshot.text(snapshot.routes()[route as usize].name);
        let routes: Vec<_> = decision
            .verdict
            .iter()
            .flat_map(|legs| legs.iter())
            .map(|leg| name(leg.candidate.route))
            .collect();
        assert_eq!(routes, legs, "{dnis} by {lrn:?}");
    }
}

#[test]
fn two_hundred_routes_of_which_several_share_a_deck_are_eligible_at_once() {
    // Route r000 is the dearest, r199 the cheapest; ten decks of twenty routes each.
    let mut plan = plan();
    for at in 0..200 {
        let cents = format!("0.{:02}", 10 - at / 20);
        add_route(&mut plan, &format!("r{at:03}"), ProviderKind::Lrn, vec![row("1212555", flat(&cents))]);
        plan.routes[at].deck = Some(format!("r{:03}", at / 20 * 20));
    }
    plan.decks.retain(|deck| plan.routes.iter().any(|route| route.deck.as_ref() == Some(&deck.id)));
    assert_eq!(plan.decks.len(), 10);
    let bytes = compiled(&plan);
    let snapshot = Snapshot::open(&bytes).unwrap();
    let decision = decide(&snapshot, &to(NEW_YORK), NOW, &Unused, &mut Silent);
    let legs: Vec<_> =
        decision.verdict.iter().flat_map(|legs| legs.iter()).map(|leg| leg.candidate).collect();
    let names: Vec<_> =
        legs.iter().map(|c| snapshot.text(snapshot.routes()[c.route as usize].name)).collect();
    assert_eq!(names, ["r180", "r181", "r182", "r183", "r184", "r185", "r186", "r187"]);
    assert!(legs.iter().all(|candidate| candidate.cost == usd("0.01")));
}

#[test]
fn a_deck_of_more_prices_than_two_bytes_number_has_wide_rows_and_its_own_prices() {
    // Each of 70,000 codes at a price of its own, nine decimals; and a deck of one price beside it.
    let code = |at: u32| format!("49{:06}", 100_000 + at);
    let rate = |at: u32| format!("0.{:09}", 1_000_000 + at);
    let mut plan = plan();
    let rows: Vec<DeckRow> = (0..70_000).map(|at| row(&code(at), flat(&rate(at)))).collect();
    add_route(&mut plan, "many", ProviderKind::Dnis, rows);
    add_route(&mut plan, "one", ProviderKind::Dnis, vec![row("49", flat("0.001035"))]);
    let bytes = compiled(&plan);
    let snapshot = Snapshot::open(&bytes).unwrap();
    for at in [0, 1, 34_999, 35_000, 65_532, 65_533, 65_534, 65_535, 65_536, 69_999] {
        let dnis = format!("{}000", code(at));
        let decision = decide(&snapshot, &to(dnis.as_bytes()), NOW, &Unused, &mut Silent);
        let costs: Vec<_> = decision.verdict.unwrap().iter().map(|leg| leg.candidate.cost).collect();
        let mut expected = [usd(&rate(at)), usd("0.001035")];
        expected.sort();
        assert_eq!(costs, expected, "{dnis}");
    }
}

#[test]
fn r9_6_sell_decks_stand_apart_and_are_asked_by_their_own_rows() {
    let mut plan = three_routes();
    let mut rows = vec![row("1212", flat("0.05")), row("1", flat("0.09"))];
    plan.decks.push(deck("sell", vec![version(1, 0, Scope::Full, rows.clone())]));
    plan.accounts[0].sell_deck = Some("sell".into());
    let price = |plan: &Plan| {
        let decision = ask(plan, &to(NEW_YORK)).decision;
        decision.verdict.unwrap().iter().next().unwrap().candidate.price
    };
    assert_eq!(price(&plan), usd("0.05"));
    let bytes = compiled(&plan);
    let snapshot = Snapshot::open(&bytes).unwrap();
    let shelves: Vec<_> =
        snapshot.decks().iter().map(|d| (snapshot.text(d.name), d.shelf, d.place)).collect();
    assert_eq!(shelves, [("a", 0, 0), ("b", 0, 1), ("c", 0, 2), ("sell", 1, 0)]);
    rows.remove(0);
    plan.decks[3].versions[0].rows = rows;
    assert_eq!(price(&plan), usd("0.09"));
}

#[test]
fn r2_4_a_short_code_is_priced_by_a_row_of_exactly_its_digits() {
    let mut plan = plan();
    let rows = vec![row("4", flat("0.01")), row("41", flat("0.02")), row("4115", flat("0.04"))];
    add_route(&mut plan, "a", ProviderKind::Dnis, rows);
    add_route(&mut plan, "b", ProviderKind::Dnis, vec![row("411", flat("0.03")), row("112", flat("0.05"))]);
    add_route(&mut plan, "c", ProviderKind::Dnis, vec![row("1120", flat("0.06")), row("1", flat("0.07"))]);
    let bytes = compiled(&plan);
    let snapshot = Snapshot::open(&bytes).unwrap();
    let zone = Zone { jurisdiction: Jurisdiction::Indeterminate, same_state: false };
    let quoted = |code: &str| {
        let key = Key::short_code(&snapshot, &digits(code));
        let rate = |at: u32| Nano(snapshot.tariffs()[at as usize].rate_nano_per_min.get());
        [0, 1, 2].map(|slot| key.quote(slot, zone).ok().map(|quote| rate(quote.tariff)))
    };
    assert_eq!(quoted("411"), [None, Some(usd("0.03")), None]);
    assert_eq!(quoted("41"), [Some(usd("0.02")), None, None]);
    assert_eq!(quoted("4115"), [Some(usd("0.04")), None, None]);
    assert_eq!(quoted("112"), [None, Some(usd("0.05")), None], "nothing shorter, nothing longer");
    assert_eq!(quoted("1120"), [None, None, Some(usd("0.06"))]);
    assert_eq!(quoted("911"), [None, None, None]);
    assert_eq!(quoted("1"), [None, None, None], "a row of prefix 1 is for the US only (4.5)");
}
