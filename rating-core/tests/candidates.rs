//! Which routes take a call, what they cost, and in what order they are tried: sections 4 and 5, and the sell
//! price of 9.6. Expected values are worked out by hand from the rows of each test.

mod common;

use common::*;
use rating_core::funds::FirstHold;
use rating_core::jurisdiction::Jurisdiction;
use rating_core::limit::Limit;
use rating_core::live::{Full, LiveState, Now};
use rating_core::money::Nano;
use rating_core::plan::*;
use rating_core::reject::Reason;
use rating_core::route::{Call, Lrn, Origin};
use rating_core::snapshot::view::Snapshot;
use rating_core::tariff::{Rounding, RoundingMode};

#[test]
fn r5_a_providers_limits_count_for_all_its_routes() {
    let mut plan = three_routes();
    plan.routes[2].provider = "b".into();
    plan.providers[1].limits.concurrent_calls_max = Some(0);
    let told = ask(&plan, &to(NEW_YORK));
    assert_eq!(told.legs, ["a"]);
    let full = |id: &str| (id.to_owned(), Reason::TargetConcurrencyExceeded);
    assert_eq!(told.dropped, [full("b"), full("c")]);
}

#[test]
fn r4_1_routes_are_keyed_by_lrn_or_by_dnis() {
    let mut plan = plan();
    let rows = || vec![row("1212", flat("0.01")), row("1303", flat("0.09"))];
    add_route(&mut plan, "by_dnis", ProviderKind::Dnis, rows());
    add_route(&mut plan, "by_lrn", ProviderKind::Lrn, rows());
    plan.trunks[0].trust_lrn = true;
    // 212-555-0100 is ported to Denver: by LRN it costs 0.09.
    let told = ask(&plan, &Call { dnis_lrn: Lrn::Given(b"+13035550000"), ..to(NEW_YORK) });
    assert_eq!(told.legs, ["by_dnis", "by_lrn"]);
    let costs: Vec<Nano> = told.decision.verdict.unwrap().iter().map(|leg| leg.candidate.cost).collect();
    assert_eq!(costs, [usd("0.01"), usd("0.09")]);
}

#[test]
fn r4_1_an_endpoint_without_a_deck_takes_every_number_for_nothing() {
    let mut plan = three_routes();
    plan.routes[0].deck = None;
    let told = ask(&plan, &to(NEW_YORK));
    assert_eq!(told.legs, ["a", "b", "c"]);
    let cheapest = told.cheapest();
    assert_eq!((cheapest.cost, cheapest.matched.number()), (Nano::ZERO, 0));
    assert_eq!(ask(&plan, &to(b"442079460000")).legs, ["a"]);
}

#[test]
fn r4_1_reference_prices_are_never_routed() {
    let mut plan = three_routes();
    plan.providers[1].kind = ProviderKind::RateDeck;
    let told = ask(&plan, &to(NEW_YORK));
    assert_eq!(told.legs, ["c", "a"]);
    assert_eq!(told.dropped, [("b".into(), Reason::Disabled)]);
}

#[test]
fn r4_3_longest_match_never_cheapest_row() {
    let mut plan = plan();
    let rows = vec![row("1", flat("0.01")), row("1212", flat("0.05")), row("1212555", flat("0.03"))];
    add_route(&mut plan, "a", ProviderKind::Dnis, rows);
    for (dnis, cost, matched_len) in
        [(&b"12125550100"[..], "0.03", 7), (b"12125560100", "0.05", 4), (b"17185550100", "0.01", 1)]
    {
        let cheapest = ask(&plan, &to(dnis)).cheapest();
        assert_eq!((cheapest.cost, cheapest.matched.number()), (usd(cost), matched_len));
    }
}

#[test]
fn r4_3_codes_of_every_length_inside_and_outside_nanp() {
    let mut plan = plan();
    let codes = [
        "1",
        "12",
        "121",
        "1212",
        "12125",
        "121255",
        "1212555",
        "12125550",
        "121255501",
        "1212555010",
        "12125550100",
        "4",
        "44",
        "44207",
        "4420794",
        "442079460000",
    ];
    let rows =
        codes.iter().enumerate().map(|(i, code)| row(code, flat(&format!("0.{:02}", i + 1)))).collect();
    add_route(&mut plan, "a", ProviderKind::Dnis, rows);
    for (dnis, matched) in [
        ("12125550100", 11),
        ("12125550101", 10),
        ("12125550110", 9),
        ("12125550200", 8),
        ("12125551000", 7),
        ("12125560000", 6),
        ("12125200000", 5),
        ("12122000000", 4),
        ("12132000000", 3),
        ("12012000000", 2),
        ("13032000000", 1),
        ("442079460000", 12),
        ("442079460001", 7),
        ("442079500000", 5),
        ("442080000000", 4),
        ("447700900000", 2),
        ("49301234567", 1),
    ] {
        let told = ask(&plan, &to(dnis.as_bytes()));
        let cheapest = told.cheapest();
        // "4420" is no code: 44 208 is matched by 44.
        let matched = if dnis == "442080000000" { 2 } else { matched };
        let place = codes.iter().position(|code| code.len() == matched && dnis.starts_with(code)).unwrap();
        assert_eq!(usize::from(cheapest.matched.number()), matched, "{dnis}");
        assert_eq!(cheapest.cost, usd(&format!("0.{:02}", place + 1)), "{dnis}");
    }
    assert_eq!(ask(&plan, &to(b"33123456789")).reject, Some(Reason::NoRoute));
}

#[test]
fn r4_3_a_price_that_the_longest_row_lacks_drops_the_route() {
    let mut plan = plan();
    let rows = vec![row("1", flat("0.01")), row("1212", inter_intra("", "0.02"))];
    add_route(&mut plan, "a", ProviderKind::Dnis, rows);
    assert_eq!(ask(&plan, &to(NEW_YORK)).dropped, [("a".into(), Reason::NoRate)]);
}

#[test]
fn r4_4_a_blocked_row_is_never_priced_by_its_parent() {
    let mut plan = plan();
    let rows = vec![
        row("1", flat("0.01")),
        row("1212", flat("blocked")),
        row("1303", inter_intra("blocked", "0.02")),
    ];
    add_route(&mut plan, "a", ProviderKind::Dnis, rows);
    assert_eq!(ask(&plan, &to(NEW_YORK)).dropped, [("a".into(), Reason::BlockedRow)]);
    assert_eq!(ask(&plan, &to(b"13035550199")).legs, ["a"], "within Colorado");
    let from_new_york = Call::new(Origin::Source(SOURCE), NEW_YORK, b"13035550199");
    assert_eq!(ask(&plan, &from_new_york).dropped, [("a".into(), Reason::BlockedRow)]);
}

#[test]
fn r4_5_a_row_of_prefix_1_prices_geographic_us_numbers_only() {
    let mut plan = plan();
    add_route(&mut plan, "a", ProviderKind::Dnis, vec![row("1", flat("0.01")), row("12", flat("0.02"))]);
    for dnis in [
        &b"18005550100"[..], // toll-free
        b"19005550100",      // premium
        b"13039760100",      // premium exchange
        b"15005550100",
        b"17005550100",
        b"16585550100", // Jamaica
        b"14165550100", // Toronto
        b"17875550100", // Puerto Rico
        b"19995550100", // not assigned
    ] {
        let told = ask(&plan, &to(dnis));
        assert_eq!(told.dropped, [("a".into(), Reason::NoRate)], "{}", String::from_utf8_lossy(dnis));
    }
    assert_eq!(ask(&plan, &to(b"13035550199")).legs, ["a"]);
    // A longer row does price them: 1264 is Anguilla.
    assert_eq!(ask(&plan, &to(b"12645550100")).legs, ["a"]);
}

#[test]
fn r4_5_dialled_number_and_key_must_both_be_us_geographic() {
    let mut plan = plan();
    add_route(&mut plan, "a", ProviderKind::Lrn, vec![row("1", flat("0.01"))]);
    plan.trunks[0].trust_lrn = true;
    assert_eq!(ask(&plan, &Call { dnis_lrn: Lrn::Given(b"13035550000"), ..to(NEW_YORK) }).legs, ["a"]);
    assert_eq!(
        ask(&plan, &Call { dnis_lrn: Lrn::Given(b"14165550000"), ..to(NEW_YORK) }).reject,
        Some(Reason::NoRoute)
    );
    assert_eq!(
        ask(&plan, &Call { dnis_lrn: Lrn::Given(b"13035550000"), ..to(b"13039760100") }).reject,
        Some(Reason::NoRoute)
    );
}

#[test]
fn r5_least_cost_at_the_reference_duration_fees_and_increments_included() {
    let mut plan = three_routes();
    // 0.012 a minute and a fee of 0.02: 0.032 for a minute, dearer than a's 0.03.
    let fee = row("1", flat("0.012")).with(|terms| terms.connect_fee = usd("0.02"));
    add_route(&mut plan, "d", ProviderKind::Dnis, vec![fee]);
    // 0.008 a minute in blocks of five minutes: 0.04 for a minute.
    let block = row("1", flat("0.008")).with(|terms| (terms.first_sec, terms.increment_sec) = (300, 300));
    add_route(&mut plan, "e", ProviderKind::Dnis, vec![block]);
    assert_eq!(ask(&plan, &to(NEW_YORK)).legs, ["b", "c", "a", "d", "e"]);
    // Of a call of five minutes, the blocks are the cheapest but one: 0.04 against 0.05 (b), 0.08 (d).
    plan.settings.reference_duration_sec = 300;
    assert_eq!(ask(&plan, &to(NEW_YORK)).legs, ["e", "b", "d", "c", "a"]);
}

#[test]
fn r5_1_ties_by_quality_then_priority_then_id() {
    let mut plan = plan();
    for id in ["d", "c", "b", "a"] {
        add_route(&mut plan, id, ProviderKind::Dnis, vec![row("1", flat("0.01"))]);
    }
    assert_eq!(ask(&plan, &to(NEW_YORK)).legs, ["a", "b", "c", "d"]);
    plan.partitions[0].members[0].priority = 0;
    assert_eq!(ask(&plan, &to(NEW_YORK)).legs, ["d", "a", "b", "c"]);
    plan.routes[1].quality = 5;
    assert_eq!(ask(&plan, &to(NEW_YORK)).legs, ["c", "d", "a", "b"]);
}

#[test]
fn r5_1_amounts_are_compared_rounded() {
    let mut plan = plan();
    add_route(&mut plan, "a", ProviderKind::Dnis, vec![row("1", flat("0.01004"))]);
    add_route(&mut plan, "b", ProviderKind::Dnis, vec![row("1", flat("0.01001"))]);
    assert_eq!(ask(&plan, &to(NEW_YORK)).legs, ["b", "a"]);
    for deck in &mut plan.decks {
        deck.rounding = Rounding { mode: RoundingMode::HalfUp, decimals: 4 };
    }
    assert_eq!(ask(&plan, &to(NEW_YORK)).legs, ["a", "b"], "both are 0.0100");
}

#[test]
fn r5_strategies() {
    let mut plan = three_routes();
    for (member, priority) in plan.partitions[0].members.iter_mut().zip([2, 3, 1]) {
        member.priority = priority;
    }
    plan.partitions[0].strategy = Strategy::Priority;
    assert_eq!(ask(&plan, &to(NEW_YORK)).legs, ["c", "a", "b"]);
    plan.partitions[0].strategy = Strategy::Primary;
    let told = ask(&plan, &to(NEW_YORK));
    assert_eq!(told.legs, ["c"]);
    assert_eq!(
        told.dropped,
        [("a".into(), Reason::BeyondMaxResults), ("b".into(), Reason::BeyondMaxResults)]
    );
    plan.partitions[0].strategy = Strategy::HighestMargin;
    plan.accounts[0].cost_plus.as_mut().unwrap().margin_nano_percent = 10_000_000_000;
    assert_eq!(ask(&plan, &to(NEW_YORK)).legs, ["a", "c", "b"], "ten percent of the dearest is the most");
}

#[test]
fn r5_4_max_results_cuts_after_every_filter() {
    let mut plan = plan();
    for i in 0..12 {
        add_route(
            &mut plan,
            &format!("r{i:02}"),
            ProviderKind::Dnis,
            vec![row("1", flat(&format!("0.{:02}", 50 - i)))],
        );
    }
    plan.routes[11].active = false;
    let told = ask(&plan, &to(NEW_YORK));
    assert_eq!(told.legs, ["r10", "r09", "r08", "r07", "r06", "r05", "r04", "r03"]);
    let beyond = |id: &str| (id.to_owned(), Reason::BeyondMaxResults);
    assert_eq!(told.dropped, [beyond("r00"), beyond("r01"), beyond("r02"), ("r11".into(), Reason::Disabled)]);
    assert_eq!(ask(&plan, &Call { max_results: Some(2), ..to(NEW_YORK) }).legs, ["r10", "r09"]);
    plan.partitions[0].max_results = 1;
    assert_eq!(ask(&plan, &Call { max_results: Some(2), ..to(NEW_YORK) }).legs, ["r10"]);
}

#[test]
fn r5_5_all_gateways_of_a_route_come_before_the_next_route() {
    let mut plan = three_routes();
    let gateway = |id: &str, priority, active| Gateway {
        id: id.into(),
        route: "b".into(),
        dial_string: "sip:${number}@192.0.2.1".into(),
        priority,
        active,
        ..Default::default()
    };
    plan.gateways.extend([gateway("b-gw0", 2, true), gateway("b-gw2", 0, true), gateway("b-gw3", 0, false)]);
    let bytes = compiled(&plan);
    let snapshot = rating_core::snapshot::view::Snapshot::open(&bytes).unwrap();
    let told = ask(&plan, &to(NEW_YORK));
    let names: Vec<&str> = told
        .decision
        .verdict
        .as_ref()
        .unwrap()
        .iter()
        .map(|leg| snapshot.text(snapshot.gateways()[leg.gateway as usize].name))
        .collect();
    assert_eq!(names, ["b-gw2", "b-gw1", "b-gw0", "c-gw1", "a-gw1"]);
    for gateway in &mut plan.gateways {
        gateway.active = gateway.route != "b";
    }
    assert_eq!(ask(&plan, &to(NEW_YORK)).dropped, [("b".into(), Reason::NoGateway)]);
}

/// Every limit of minutes has this much left.
struct MinutesLeft(u32);

impl LiveState for MinutesLeft {
    fn take_cps(&self, _: u32, _: &Limit, _: Now) -> Result<(), Full> {
        Ok(())
    }

    fn undo_cps(&self, _: u32, _: &Limit) {}

    fn has_room(&self, _: u32, _: &Limit, _: Now) -> Result<(), Full> {
        Ok(())
    }

    fn has_room_for(&self, _: u32, _: &Limit, hold: &FirstHold, _: Now) -> Result<(), Full> {
        if hold.duration_sec <= self.0 { Ok(()) } else { Err(Full { retry_after_ns: 0 }) }
    }
}

#[test]
fn r5_5_gateways_without_room_for_the_first_hold_take_no_leg() {
    // Nine gateways of one route, one after another; eight have minutes of their own. 60 s are held at first.
    let mut plan = plan();
    add_route(&mut plan, "r", ProviderKind::Lrn, vec![row("1", flat("0.01"))]);
    plan.gateways.clear();
    for at in 1..=9 {
        plan.gateways.push(Gateway {
            id: format!("gw{at}"),
            route: "r".into(),
            dial_string: "sip:${number}@192.0.2.1".into(),
            priority: at,
            limits: Limits { minutes_per_month_max: (at < 9).then_some(100), ..Limits::default() },
            ..Default::default()
        });
    }
    let bytes = compiled(&plan);
    let snapshot = Snapshot::open(&bytes).unwrap();
    let gateways = |left_sec| -> Vec<String> {
        let told = tell(&bytes, &to(NEW_YORK), NOW, &MinutesLeft(left_sec));
        let name = |at: u32| snapshot.text(snapshot.gateways()[at as usize].name).to_owned();
        told.decision.verdict.unwrap().iter().map(|leg| name(leg.gateway)).collect()
    };
    assert_eq!(gateways(60), ["gw1", "gw2", "gw3", "gw4", "gw5", "gw6", "gw7", "gw8"]);
    assert_eq!(gateways(59), ["gw9"]);
}

#[test]
fn r5_the_dropped_reason_is_the_first_failing_test() {
    let mut plan = three_routes();
    plan.partitions[0].rate_limit_per_min = Some(usd("0.005"));
    plan.routes[0].active = false;
    plan.decks[1].versions[0].rows[0].prices = flat("blocked");
    let told = ask(&plan, &to(NEW_YORK));
    assert_eq!(
        told.dropped,
        [
            ("a".into(), Reason::Disabled),
            ("b".into(), Reason::BlockedRow),
            ("c".into(), Reason::OverRateLimit)
        ]
    );
}

#[test]
fn r5_margin_is_that_of_the_call_not_of_the_minute() {
    let mut plan = plan();
    // By the minute 0.004 is left; with the fee the call of one minute costs more than it brings.
    let dear = row("1", flat("0.006")).with(|terms| terms.connect_fee = usd("0.005"));
    add_route(&mut plan, "a", ProviderKind::Dnis, vec![dear]);
    plan.decks.push(deck("sell", vec![version(1, 0, Scope::Full, vec![row("1", flat("0.01"))])]));
    plan.accounts[0].sell_deck = Some("sell".into());
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::MarginProtected));
    plan.decks[0].versions[0].rows[0].terms_mut().connect_fee = usd("0.004");
    assert_eq!(ask(&plan, &to(NEW_YORK)).legs, ["a"], "0 is enough where 0 is asked");
    plan.accounts[0].min_margin = MinMargin::Amount(usd("0.000000001"));
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::MarginProtected));
    plan.decks[0].versions[0].rows[0].terms_mut().connect_fee = usd("0.002");
    plan.accounts[0].min_margin = MinMargin::NanoPercent(20_000_000_000);
    assert_eq!(ask(&plan, &to(NEW_YORK)).legs, ["a"], "0.002 of 0.01 are 20 %");
    plan.accounts[0].min_margin = MinMargin::NanoPercent(20_000_000_001);
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::MarginProtected));
    plan.accounts[0].min_margin = MinMargin::AllowLoss;
    plan.decks[0].versions[0].rows[0].terms_mut().connect_fee = usd("1");
    assert_eq!(ask(&plan, &to(NEW_YORK)).legs, ["a"]);
}

#[test]
fn r9_6_sell_deck_then_cost_plus_else_no_sell_rate() {
    let mut plan = three_routes();
    plan.accounts[0].min_margin = MinMargin::AllowLoss;
    plan.decks.push(deck(
        "sell",
        vec![version(
            1,
            0,
            Scope::Full,
            vec![row("1212", flat("0.05")), row("1303", flat("blocked")), row("1719", flat("0"))],
        )],
    ));
    plan.accounts[0].sell_deck = Some("sell".into());
    let price = |plan: &Plan, dnis: &[u8]| {
        let told = ask(plan, &to(dnis));
        told.decision
            .verdict
            .map(|legs| legs.iter().next().unwrap().candidate.price)
            .map_err(|reject| reject.reason)
    };
    assert_eq!(price(&plan, NEW_YORK), Ok(usd("0.05")), "its row");
    assert_eq!(price(&plan, b"17195550100"), Ok(Nano::ZERO), "a price of 0 that is written is a price");
    assert_eq!(price(&plan, b"13035550100"), Err(Reason::NoSellRate), "a blocked row");
    assert_eq!(price(&plan, b"17185550100"), Ok(usd("0.01")), "cost-plus of 0 %");
    plan.accounts[0].cost_plus = None;
    assert_eq!(price(&plan, b"17185550100"), Err(Reason::NoSellRate), "a missing one");
}

#[test]
fn r9_6_cost_plus_is_on_the_unrounded_cost_and_rounded_once() {
    let mut plan = plan();
    // 30/6 at 0.0333 a minute: 60 s cost 0.0333; rounded to two decimals 0.03 is bought.
    let rows = vec![row("1", flat("0.0333")).with(|terms| (terms.first_sec, terms.increment_sec) = (30, 6))];
    add_route(&mut plan, "a", ProviderKind::Dnis, rows);
    plan.decks[0].rounding = Rounding { mode: RoundingMode::HalfUp, decimals: 2 };
    plan.accounts[0].cost_plus = Some(CostPlus {
        margin_nano_percent: 15_000_000_000,
        fixed_fee_per_min: usd("0.001"),
        rounding: Rounding { mode: RoundingMode::Up, decimals: 4 },
    });
    let cheapest = ask(&plan, &to(NEW_YORK)).cheapest();
    assert_eq!(cheapest.cost, usd("0.03"));
    // 0.0333 × 1.15 + 0.001 = 0.039295, up to 0.0393.
    assert_eq!(cheapest.price, usd("0.0393"));
    assert_eq!(cheapest.customer_rate_per_min, usd("0.039295"));
}

#[test]
fn a_decision_without_an_explanation_is_the_same_decision() {
    let mut plan = plan();
    for i in 0..20u32 {
        let price = format!("0.{:02}", (i * 7) % 20 + 1);
        add_route(&mut plan, &format!("r{i:02}"), ProviderKind::Dnis, vec![row("1", flat(&price))]);
        plan.routes[i as usize].limits.concurrent_calls_max = Some(u32::from(i % 3 != 0));
    }
    let bytes = compiled(&plan);
    let snapshot = rating_core::snapshot::view::Snapshot::open(&bytes).unwrap();
    let told = ask(&plan, &to(NEW_YORK));
    let silent = rating_core::route::decide(
        &snapshot,
        &to(NEW_YORK),
        NOW,
        &rating_core::live::Unused,
        &mut rating_core::trace::Silent,
    );
    assert_eq!(silent, told.decision);
    assert_eq!(told.legs.len() + told.dropped.len(), 20, "every route is somewhere");
    assert_eq!(told.decision.facts.jurisdiction, Some(Jurisdiction::Interstate));
}
