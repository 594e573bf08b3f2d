//! Strategies, ties, draws, cuts and legs.

use rating_core::plan::*;
use tandem_tests::model::{Call, Live};
use tandem_tests::small::*;

fn with_strategy(strategy: Strategy) -> Plan {
    let mut plan = three();
    plan.partitions[0].strategy = strategy;
    plan
}

#[test]
fn r5_strategies_by_cost_priority_margin_and_quality() {
    assert_eq!(decided(&with_strategy(Strategy::LeastCost), &to(NEW_YORK)), "b c a");
    let mut plan = with_strategy(Strategy::Priority);
    for (member, priority) in plan.partitions[0].members.iter_mut().zip([2, 3, -1]) {
        member.priority = priority;
    }
    assert_eq!(decided(&plan, &to(NEW_YORK)), "c a b");
    plan.partitions[0].strategy = Strategy::Primary;
    let answer = ask(&plan, &to(NEW_YORK));
    assert_eq!((outcome(&answer).as_str(), fate(&answer, "a")), ("c", "beyond_max_results"));
    plan.routes[2].active = false;
    assert_eq!(decided(&plan, &to(NEW_YORK)), "a", "the first that is eligible");
    let mut plan = with_strategy(Strategy::HighestMargin);
    // Sold at twice the cost: what is dearest earns most.
    plan.accounts[0].cost_plus.as_mut().unwrap().margin_nano_percent = 100_000_000_000;
    assert_eq!(decided(&plan, &to(NEW_YORK)), "a c b");
    let mut plan = with_strategy(Strategy::Quality);
    for (route, quality) in plan.routes.iter_mut().zip([10, -5, 10]) {
        route.quality = quality;
    }
    assert_eq!(decided(&plan, &to(NEW_YORK)), "a c b");
    let live = Live { qualities: vec![("b".into(), 11)], ..Default::default() };
    assert_eq!(outcome(&ask_live(&plan, &live, &to(NEW_YORK))), "b a c");
}

#[test]
fn r5_cost_is_that_of_the_reference_call_not_of_the_minute() {
    let mut plan = three();
    // b: 0.01 a minute and 0.025 to connect; 60 s cost 0.035, 600 s 0.125. c costs 0.02 and 0.2, a 0.03 and 0.3.
    plan.decks[1].versions[0].rows[0].terms_mut().connect_fee = usd("0.025");
    assert_eq!(decided(&plan, &to(NEW_YORK)), "c a b");
    plan.settings.reference_duration_sec = 600;
    assert_eq!(decided(&plan, &to(NEW_YORK)), "b c a");
}

#[test]
fn r5_round_robin_goes_on_behind_the_cursor() {
    let plan = with_strategy(Strategy::RoundRobin);
    let after = |cursor: &str| {
        let live = Live { cursors: vec![("prime".into(), cursor.into())], ..Default::default() };
        outcome(&ask_live(&plan, &live, &to(NEW_YORK)))
    };
    assert_eq!(decided(&plan, &to(NEW_YORK)), "a b c");
    assert_eq!(after("a"), "b c a");
    assert_eq!(after("b"), "c a b");
    assert_eq!(after("c"), "a b c");
    let mut plan = plan.clone();
    plan.routes.push(Route { id: "bb".into(), provider: "a".into(), ..Default::default() });
    let live = Live { cursors: vec![("prime".into(), "bb".into())], ..Default::default() };
    assert_eq!(outcome(&ask_live(&plan, &live, &to(NEW_YORK))), "a b c", "no member: from the lowest");
}

#[test]
fn r5_1_ties_by_quality_then_priority_then_id() {
    let mut plan = plan();
    for id in ["d", "c", "b", "a"] {
        add(&mut plan, id, ProviderKind::Dnis, vec![row("1", flat("0.01"))]);
    }
    assert_eq!(decided(&plan, &to(NEW_YORK)), "a b c d");
    plan.partitions[0].members[0].priority = -1;
    assert_eq!(decided(&plan, &to(NEW_YORK)), "d a b c");
    plan.routes[1].quality = 1;
    assert_eq!(decided(&plan, &to(NEW_YORK)), "c d a b");
    // Amounts are compared rounded: 0.0100000004 a minute is 0.01 of nine decimals.
    plan.settings.reference_duration_sec = 6;
    plan.decks[3].versions[0].rows[0].prices = flat("0.010000004");
    for deck in &mut plan.decks {
        deck.versions[0].rows[0].terms_mut().first_sec = 6;
    }
    assert_eq!(decided(&plan, &to(NEW_YORK)), "c d a b", "0.001 each");
    plan.decks[3].versions[0].rows[0].prices = flat("0.010000005");
    assert_eq!(decided(&plan, &to(NEW_YORK)), "c d b a", "half a nano-unit more is rounded up");
}

fn of_call(id: &str) -> Call {
    Call { call_id: id.into(), ..to(NEW_YORK) }
}

fn weigh(plan: &mut Plan, weights: [Option<u32>; 3]) {
    for (member, weight) in plan.partitions[0].members.iter_mut().zip(weights) {
        member.weight = weight;
    }
}

// SHA-256("c1" 00 "prime" 00 "0"), by another program: ⌊u × 3 / 2^64⌋ of its four groups is 2 1 1 0, of two 1 1 0 0,
// of six 4 3 2 0. Of "c2": 0 1 2 2, 0 1 1 1, 0 3 4 4.

#[test]
fn r5_2_draws_anybody_can_repeat() {
    let mut plan = with_strategy(Strategy::Weighted);
    weigh(&mut plan, [Some(1), Some(2), Some(0)]);
    // c1: 2 of 3 is b's; a is the only one left, no draw; weight 0 last.
    assert_eq!(decided(&plan, &of_call("c1")), "b a c");
    assert_eq!(decided(&plan, &of_call("c2")), "a b c");
    weigh(&mut plan, [Some(1), Some(2), Some(3)]);
    // c1: 4 of 6 is c's; then 1 of 3 b's. c2: 0 is a's; of b 2 and c 3 the second draw, u = 0.5…: c's.
    assert_eq!(decided(&plan, &of_call("c1")), "c b a");
    assert!(decided(&plan, &of_call("c2")).starts_with("a "));
    weigh(&mut plan, [None, Some(2), Some(0)]);
    assert_eq!(decided(&plan, &of_call("c1")), "b a c", "unset is 1");
}

#[test]
fn r5_1_ties_are_drawn_where_any_member_has_a_weight() {
    let mut plan = three();
    for deck in &mut plan.decks[..2] {
        deck.versions[0].rows[0].prices = flat("0.03");
    }
    // c is the cheapest; a and b tie, of weights 1 and 2.
    assert_eq!(decided(&plan, &of_call("c1")), "c a b");
    weigh(&mut plan, [None, Some(2), None]);
    assert_eq!(decided(&plan, &of_call("c1")), "c b a");
    assert_eq!(decided(&plan, &of_call("c2")), "c a b");
}

#[test]
fn r5_2_one_counter_for_routes_then_gateways_and_routes_cut_later_have_drawn() {
    let mut plan = with_strategy(Strategy::Weighted);
    weigh(&mut plan, [Some(1), Some(2), Some(3)]);
    for route in ["a", "b", "c"] {
        add_gateway(&mut plan, route, 2);
    }
    // Draws 0 and 1 are the routes'. c1: draw 2 of two is 0: c-gw1; draw 3 is 0: b-gw1.
    let legs = |plan: &Plan, call: &Call| {
        let legs = ask(plan, call).legs;
        legs.into_iter().map(|(_, gateway)| gateway).collect::<Vec<_>>().join(" ")
    };
    assert!(legs(&plan, &of_call("c1")).starts_with("c-gw1 c-gw2 b-gw1 b-gw2 a-"));
    plan.partitions[0].max_results = 1;
    assert_eq!(legs(&plan, &of_call("c1")), "c-gw1 c-gw2");
    // Without draws of routes the gateways have the first: 1 of two.
    plan.partitions[0].strategy = Strategy::LeastCost;
    weigh(&mut plan, [None; 3]);
    assert_eq!(legs(&plan, &of_call("c1")), "b-gw2 b-gw1");
}

#[test]
fn r5_3_state_is_an_input_and_the_same_call_is_decided_the_same_again() {
    let mut plan = with_strategy(Strategy::RoundRobin);
    plan.trunks[0].limits.cps_milli = Some(1_000);
    let live = Live { cursors: vec![("prime".into(), "b".into())], ..Default::default() };
    let first = ask_live(&plan, &live, &to(NEW_YORK));
    assert_eq!(outcome(&first), "c a b");
    assert_eq!(ask_live(&plan, &live, &to(NEW_YORK)), first);
}

#[test]
fn r5_4_max_results_cuts_after_every_filter() {
    let mut plan = three();
    plan.partitions[0].max_results = 2;
    let answer = ask(&plan, &to(NEW_YORK));
    assert_eq!((outcome(&answer).as_str(), fate(&answer, "a")), ("b c", "beyond_max_results"));
    plan.routes[1].active = false;
    assert_eq!(decided(&plan, &to(NEW_YORK)), "c a", "what dropped leaves its place");
    plan.routes[1].active = true;
    assert_eq!(decided(&plan, &Call { max_results: Some(1), ..to(NEW_YORK) }), "b");
    assert_eq!(decided(&plan, &Call { max_results: Some(8), ..to(NEW_YORK) }), "b c", "the lower of two");
}

#[test]
fn r5_5_gateways_by_priority_then_draw_route_by_route_eight_legs_in_all() {
    let mut plan = three();
    for number in 2..=5 {
        add_gateway(&mut plan, "b", number);
        add_gateway(&mut plan, "c", number);
    }
    let number = |gateway: &Gateway| gateway.id[gateway.id.len() - 1..].parse::<i32>().unwrap();
    for gateway in &mut plan.gateways {
        gateway.priority = -number(gateway);
    }
    let gateways = |plan: &Plan, call: &Call| {
        let legs = ask(plan, call).legs;
        legs.into_iter().map(|(_, gateway)| gateway).collect::<Vec<_>>().join(" ")
    };
    let expected = "b-gw5 b-gw4 b-gw3 b-gw2 b-gw1 c-gw5 c-gw4 c-gw3";
    assert_eq!(gateways(&plan, &to(NEW_YORK)), expected);
    let answer = ask(&plan, &to(NEW_YORK));
    assert_eq!(outcome(&answer), "b c a", "a stays, and no leg is left for it");
    // One group: weight 0 last, one positive weight without a draw.
    let mut plan = three();
    add_gateway(&mut plan, "b", 2);
    plan.gateways[1].weight = Some(0);
    assert!(gateways(&plan, &of_call("c1")).starts_with("b-gw2 b-gw1"));
    assert!(gateways(&plan, &of_call("c2")).starts_with("b-gw2 b-gw1"));
    // Two of weight 1: c1 draws 1 of two, c2 0.
    plan.gateways[1].weight = None;
    assert!(gateways(&plan, &of_call("c1")).starts_with("b-gw2 b-gw1"));
    assert!(gateways(&plan, &of_call("c2")).starts_with("b-gw1 b-gw2"));
}
