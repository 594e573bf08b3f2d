//! Filters, in their order, each with its reason.

use rating_core::money::Nano;
use rating_core::plan::*;
use tandem_tests::model::{Call, Dimension, Live, Owner};
use tandem_tests::small::*;

/// Why route `b`, the cheapest of three, drops.
fn fate_of_b(plan: &Plan) -> &'static str {
    fate(&ask(plan, &to(NEW_YORK)), "b")
}

#[test]
fn r5_the_first_failing_test_in_order_names_the_reason() {
    let mut plan = three();
    // Last to first: each new fault stands before all that are there.
    assert_eq!(fate_of_b(&plan), "kept");
    plan.accounts[0].wallets = vec![Wallet { id: "w".into(), credit_limit: 5_000_000, ..Default::default() }];
    assert_eq!(fate_of_b(&plan), "insufficient_balance");
    plan.gateways[1].limits.spend_per_day_max = Some(Nano(0));
    assert_eq!(fate_of_b(&plan), "target_spend_exceeded");
    plan.partitions[0].members[1].limits.concurrent_calls_max = Some(0);
    assert_eq!(fate_of_b(&plan), "target_concurrency_exceeded");
    plan.providers[1].limits.minutes_per_month_max = Some(0);
    assert_eq!(fate_of_b(&plan), "target_volume_exceeded");
    plan.routes[1].limits.spend_per_day_max = Some(Nano(0));
    assert_eq!(fate_of_b(&plan), "target_spend_exceeded");
    plan.gateways[1].active = false;
    assert_eq!(fate_of_b(&plan), "no_gateway");
    plan.partitions[0].min_quality = Some(1);
    assert_eq!(fate_of_b(&plan), "low_quality");
    plan.accounts[0].min_margin = MinMargin::Amount(Nano(1));
    assert_eq!(fate_of_b(&plan), "margin_protected");
    plan.partitions[0].rate_limit_per_min = Some(Nano(1));
    assert_eq!(fate_of_b(&plan), "over_rate_limit");
    plan.accounts[0].cost_plus = None;
    assert_eq!(fate_of_b(&plan), "no_sell_rate");
    plan.decks[1].versions[0].rows[0].prices = flat("blocked");
    assert_eq!(fate_of_b(&plan), "blocked_row");
    plan.decks[1].versions[0].rows[0].prefix = digits("44");
    assert_eq!(fate_of_b(&plan), "no_rate");
    plan.providers[1].traffic = Some(vec![TrafficClass::Dialler]);
    assert_eq!(fate_of_b(&plan), "traffic_class");
    plan.routes[1].ani_classes = Some(vec![AniClass::DomTf]);
    assert_eq!(fate_of_b(&plan), "ani_class");
    plan.trunks[0].provider = Some("b".into());
    assert_eq!(fate_of_b(&plan), "loop");
    plan.exclusions = vec![Exclusion { id: "x".into(), provider: Some("b".into()), ..Default::default() }];
    assert_eq!(fate_of_b(&plan), "excluded");
    plan.providers[1].active = false;
    assert_eq!(fate_of_b(&plan), "disabled");
    let forced_route = Some(ForcedRoute { route: "a".into(), mode: ForcedMode::Only });
    plan.overrides =
        vec![Override { id: "o".into(), trunk: Some("main".into()), forced_route, ..Default::default() }];
    assert_eq!(fate_of_b(&plan), "overridden");
}

#[test]
fn r5_disabled_is_of_route_provider_or_membership() {
    for part in 0..3 {
        let mut plan = three();
        match part {
            0 => plan.routes[1].active = false,
            1 => plan.providers[1].active = false,
            _ => plan.partitions[0].members[1].active = false,
        }
        assert_eq!(fate_of_b(&plan), "disabled", "{part}");
    }
}

#[test]
fn r5_exclusions_of_a_provider_by_account_destination_and_date() {
    let mut plan = three();
    plan.accounts.push(account("other"));
    let all = Exclusion {
        id: "x".into(),
        account: Some("acme".into()),
        provider: Some("b".into()),
        prefixes: vec![digits("44"), digits("1212")],
        valid_from: Some(AT),
        valid_until: Some(AT + 1),
        note: String::new(),
    };
    let with = |exclusion: Exclusion| {
        let mut plan = plan.clone();
        plan.exclusions = vec![exclusion];
        fate_of_b(&plan)
    };
    assert_eq!(with(all.clone()), "excluded");
    assert_eq!(with(Exclusion { prefixes: vec![], ..all.clone() }), "excluded", "all numbers");
    assert_eq!(with(Exclusion { account: Some("other".into()), ..all.clone() }), "kept");
    assert_eq!(with(Exclusion { prefixes: vec![digits("44")], ..all.clone() }), "kept");
    assert_eq!(with(Exclusion { valid_from: Some(AT + 1), valid_until: None, ..all.clone() }), "kept");
    assert_eq!(with(Exclusion { valid_from: None, valid_until: Some(AT), ..all }), "kept");
}

#[test]
fn r5_rate_limit_is_the_lower_of_two_and_equality_passes() {
    let mut plan = three();
    // Billed by the second of 30 at first; the rate is that of the last step.
    plan.decks[0].versions[0].rows[0].terms_mut().first_rate_per_min = Some(usd("0.9"));
    plan.partitions[0].rate_limit_per_min = Some(usd("0.03"));
    assert_eq!(decided(&plan, &to(NEW_YORK)), "b c a");
    let limited = |limit: &str| Call { rate_limit_per_min: Some(usd(limit)), ..to(NEW_YORK) };
    assert_eq!(decided(&plan, &limited("0.02")), "b c");
    assert_eq!(decided(&plan, &limited("0.019999999")), "b");
    assert_eq!(decided(&plan, &limited("1")), "b c a");
    plan.partitions[0].rate_limit_per_min = Some(usd("0.01"));
    assert_eq!(decided(&plan, &limited("1")), "b");
}

#[test]
fn r5_rate_limit_and_costs_are_compared_in_the_plans_currency() {
    let mut plan = three();
    plan.decks[1].currency = "EUR".into();
    let rate = |from, rate: &str| CurrencyRate { currency: "EUR".into(), from, rate: usd(rate) };
    plan.currency_rates = vec![rate(0, "1.5"), rate(AT, "2.5")];
    let limited = Call { rate_limit_per_min: Some(usd("0.025")), ..to(NEW_YORK) };
    assert_eq!(decided(&plan, &limited), "c b", "0.01 EUR is 0.025, dearer than c");
    let before = Call { at_ns: (AT - 1) * 1_000_000_000, ..limited };
    assert_eq!(decided(&plan, &before), "b c", "0.015");
}

#[test]
fn r5_margin_is_of_the_reference_call_fees_and_increments_included() {
    let mut plan = three();
    plan.settings.reference_duration_sec = 30;
    let sell = row("1", flat("0.05")).with(|terms| (terms.first_sec, terms.increment_sec) = (6, 6));
    let versions = vec![version(1, 0, Scope::Full, vec![sell])];
    plan.decks.push(Deck { id: "sell".into(), versions, ..Default::default() });
    plan.accounts[0].sell_deck = Some("sell".into());
    // 30 s sell for 0.025, and are bought as a minute: a loses 0.005, c earns 0.005, b 0.015.
    plan.accounts[0].min_margin = MinMargin::Amount(Nano(0));
    let answer = ask(&plan, &to(NEW_YORK));
    assert_eq!((outcome(&answer).as_str(), fate(&answer, "a")), ("b c", "margin_protected"));
    plan.accounts[0].min_margin = MinMargin::Amount(usd("0.005"));
    assert_eq!(decided(&plan, &to(NEW_YORK)), "b c", "equality passes");
    plan.accounts[0].min_margin = MinMargin::Amount(usd("0.005000001"));
    assert_eq!(decided(&plan, &to(NEW_YORK)), "b");
    // 20 % of 0.025 is 0.005.
    plan.accounts[0].min_margin = MinMargin::NanoPercent(20_000_000_000);
    assert_eq!(decided(&plan, &to(NEW_YORK)), "b c");
    plan.accounts[0].min_margin = MinMargin::NanoPercent(20_000_000_001);
    assert_eq!(decided(&plan, &to(NEW_YORK)), "b");
    plan.accounts[0].min_margin = MinMargin::AllowLoss;
    assert_eq!(decided(&plan, &to(NEW_YORK)), "b c a");
}

#[test]
fn r5_quality_is_the_live_figure_else_the_score_and_equality_passes() {
    let mut plan = three();
    plan.partitions[0].min_quality = Some(50);
    for (route, quality) in plan.routes.iter_mut().zip([50, 49, 90]) {
        route.quality = quality;
    }
    assert_eq!(decided(&plan, &to(NEW_YORK)), "c a");
    let live = Live { qualities: vec![("b".into(), 50), ("c".into(), 49)], ..Default::default() };
    assert_eq!(outcome(&ask_live(&plan, &live, &to(NEW_YORK))), "b a");
}

#[test]
fn r5_no_gateway_asks_for_one_that_is_enabled_and_serves_the_lata() {
    let mut plan = three();
    plan.gateways[1].latas = vec![132];
    assert_eq!(fate_of_b(&plan), "no_gateway", "a LATA that is not known is not served");
    let served = Call { lata: Some(132), ..to(NEW_YORK) };
    assert_eq!(decided(&plan, &served), "b c a");
    assert_eq!(fate(&ask(&plan, &Call { lata: Some(222), ..to(NEW_YORK) }), "b"), "no_gateway");
    plan.gateways[1].active = false;
    assert_eq!(fate(&ask(&plan, &served), "b"), "no_gateway");
}

#[test]
fn r5_limits_of_gateways_count_where_all_that_serve_are_full() {
    let mut plan = three();
    add_gateway(&mut plan, "b", 2);
    plan.gateways[1].limits.spend_per_day_max = Some(usd("5"));
    plan.gateways[3].limits.cps_milli = Some(1_000);
    let first = (Owner::Gateway("b-gw1".into()), Dimension::Spend);
    let second = (Owner::Gateway("b-gw2".into()), Dimension::Cps);
    let one = Live { full: vec![first.clone()], ..Default::default() };
    let answer = ask_live(&plan, &one, &to(NEW_YORK));
    assert_eq!(answer.legs[0], ("b".into(), "b-gw2".into()), "one that is full is skipped");
    let both = Live { full: vec![first, second], ..Default::default() };
    assert_eq!(
        fate(&ask_live(&plan, &both, &to(NEW_YORK)), "b"),
        "target_cps_exceeded",
        "the first that any has"
    );
    plan.gateways[3].latas = vec![132];
    assert_eq!(
        fate(&ask_live(&plan, &both, &to(NEW_YORK)), "b"),
        "target_spend_exceeded",
        "of those that serve"
    );
}
