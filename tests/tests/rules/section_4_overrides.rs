//! Overrides (4.6), and the sell price that they can replace (9.6).

use rating_core::money::Nano;
use rating_core::plan::*;
use tandem_tests::model::{Answer, Live, Owner};
use tandem_tests::small::*;

fn forced(id: &str, route: &str) -> Override {
    let forced_route = Some(ForcedRoute { route: route.into(), mode: ForcedMode::First });
    Override { id: id.into(), forced_route, ..Default::default() }
}

#[test]
fn r4_6_the_strongest_fields_win() {
    let mut plan = three();
    add(&mut plan, "d", ProviderKind::Dnis, vec![row("1", flat("0.04"))]);
    let always = Schedule { time_zone: String::new(), windows: vec![RecurringWindow::ALWAYS] };
    // Each stronger than all before it; they force a, c, d, a … in turn.
    let weakest_first = [
        Override { prefix: Some(digits("1")), ..Default::default() },
        Override { prefix: Some(digits("1212")), ..Default::default() },
        Override { partition: Some("prime".into()), ..Default::default() },
        Override { partition: Some("prime".into()), prefix: Some(digits("1")), ..Default::default() },
        Override { partition: Some("prime".into()), prefix: Some(digits("12")), ..Default::default() },
        Override { account: Some("acme".into()), ..Default::default() },
        Override {
            account: Some("acme".into()),
            partition: Some("prime".into()),
            prefix: Some(digits("12")),
            ..Default::default()
        },
        Override { trunk: Some("main".into()), ..Default::default() },
        Override { trunk: Some("main".into()), prefix: Some(digits("1212")), ..Default::default() },
        Override {
            trunk: Some("main".into()),
            prefix: Some(digits("12125")),
            valid_from: Some(AT - 10),
            ..Default::default()
        },
        Override {
            trunk: Some("main".into()),
            prefix: Some(digits("12125")),
            valid_from: Some(AT - 5),
            ..Default::default()
        },
        Override {
            trunk: Some("main".into()),
            prefix: Some(digits("12125")),
            window: Some(always),
            ..Default::default()
        },
    ];
    for (at, o) in weakest_first.into_iter().enumerate() {
        let route = ["a", "c", "d"][at % 3];
        let strongest = forced(&format!("o{at:02}"), route);
        plan.overrides.push(Override { id: strongest.id, forced_route: strongest.forced_route, ..o });
        let answer = ask(&plan, &to(NEW_YORK));
        assert_eq!(answer.kept[0].route, route, "override {at}");
    }
    plan.overrides.push(Override { id: "o".into(), ..plan.overrides[11].clone() });
    plan.overrides[12].forced_route = forced("o", "a").forced_route;
    assert_eq!(ask(&plan, &to(NEW_YORK)).kept[0].route, "a", "at last the lower id");
}

#[test]
fn r4_6_every_field_that_is_given_must_match() {
    let mut plan = three();
    plan.trunks.push(trunk("other", "acme", "198.51.100.0", 24));
    plan.accounts.push(account("else"));
    plan.partitions.push(Partition { id: "second".into(), ..Default::default() });
    let all = Override {
        trunk: Some("main".into()),
        account: Some("acme".into()),
        partition: Some("prime".into()),
        prefix: Some(digits("1212")),
        valid_from: Some(AT),
        valid_until: Some(AT + 1),
        ..forced("o", "a")
    };
    let with = |o: Override| {
        let mut plan = plan.clone();
        plan.overrides = vec![o];
        decided(&plan, &to(NEW_YORK))
    };
    assert_eq!(with(all.clone()), "a b c");
    for o in [
        Override { trunk: Some("other".into()), ..all.clone() },
        Override { account: Some("else".into()), ..all.clone() },
        Override { partition: Some("second".into()), ..all.clone() },
        Override { prefix: Some(digits("1213")), ..all.clone() },
        Override { window: Some(Schedule::default()), ..all.clone() },
        Override { valid_from: Some(AT + 1), valid_until: None, ..all.clone() },
        Override { valid_from: None, valid_until: Some(AT), ..all },
    ] {
        assert_eq!(with(o), "b c a");
    }
}

#[test]
fn r4_6_a_forced_route_is_alone_or_first_and_need_not_be_a_member() {
    let mut plan = three();
    plan.partitions[0].members.remove(0);
    plan.overrides = vec![forced("o", "a")];
    assert_eq!(decided(&plan, &to(NEW_YORK)), "a b c");
    plan.partitions[0].strategy = Strategy::Primary;
    assert_eq!(decided(&plan, &to(NEW_YORK)), "a", "with primary, alone");
    plan.partitions[0].strategy = Strategy::LeastCost;
    plan.overrides[0].forced_route.as_mut().unwrap().mode = ForcedMode::Only;
    plan.routes[1].active = false;
    let answer = ask(&plan, &to(NEW_YORK));
    assert_eq!(
        (outcome(&answer).as_str(), fate(&answer, "b"), fate(&answer, "c")),
        ("a", "overridden", "overridden")
    );
    plan.routes[0].active = false;
    let answer = ask(&plan, &to(NEW_YORK));
    assert_eq!((outcome(&answer).as_str(), fate(&answer, "a")), ("no_route", "disabled"));
}

#[test]
fn r4_6_for_a_forced_route_status_of_membership_rate_limit_margin_and_quality_do_not_count() {
    let mut plan = three();
    plan.partitions[0].members[0].active = false;
    plan.partitions[0].rate_limit_per_min = Some(usd("0.01"));
    plan.partitions[0].min_quality = Some(50);
    plan.accounts[0].min_margin = MinMargin::Amount(usd("1"));
    plan.overrides = vec![forced("o", "a")];
    assert_eq!(decided(&plan, &to(NEW_YORK)), "a");
    let live = Live {
        full: vec![(Owner::Member("prime".into(), "a".into()), tandem_tests::model::Dimension::Concurrency)],
        ..Default::default()
    };
    plan.partitions[0].members[0].limits.concurrent_calls_max = Some(5);
    let answer = ask_live(&plan, &live, &to(NEW_YORK));
    assert_eq!(fate(&answer, "a"), "target_concurrency_exceeded", "all else does count");
}

#[test]
fn r4_6_bypass_orders_by_membership_priority_in_place_of_the_strategy_and_its_cut() {
    let mut plan = three();
    plan.partitions[0].strategy = Strategy::Primary;
    for (member, priority) in plan.partitions[0].members.iter_mut().zip([2, 3, 1]) {
        member.priority = priority;
    }
    assert_eq!(decided(&plan, &to(NEW_YORK)), "c");
    plan.overrides =
        vec![Override { id: "o".into(), prefix: Some(digits("1")), bypass_lcr: true, ..Default::default() }];
    assert_eq!(decided(&plan, &to(NEW_YORK)), "c a b");
    plan.partitions[0].strategy = Strategy::LeastCost;
    assert_eq!(decided(&plan, &to(NEW_YORK)), "c a b");
    plan.partitions[0].max_results = 2;
    assert_eq!(decided(&plan, &to(NEW_YORK)), "c a", "max_results still cuts");
}

fn sold(answer: &Answer, route: &str) -> (Nano, Nano) {
    let kept = answer.kept.iter().find(|kept| kept.route == route).expect("it is kept");
    (kept.price, kept.customer_rate_per_min)
}

fn selling_deck(plan: &mut Plan, rows: Vec<DeckRow>) {
    plan.accounts[0].sell_deck = Some("sell".into());
    let versions = vec![version(1, 0, Scope::Full, rows)];
    plan.decks.push(Deck { id: "sell".into(), versions, ..Default::default() });
}

#[test]
fn r4_6_each_effect_is_resolved_by_itself_and_a_custom_rate_sells_by_the_rows_terms() {
    let mut plan = three();
    plan.settings.reference_duration_sec = 61;
    // 0.05 a minute in minutes, and 0.001 to connect.
    selling_deck(&mut plan, vec![row("1", flat("0.05")).with(|terms| terms.connect_fee = usd("0.001"))]);
    assert_eq!(sold(&ask(&plan, &to(NEW_YORK)), "b"), (usd("0.101"), usd("0.05")));
    let custom = Override {
        id: "rate".into(),
        account: Some("acme".into()),
        custom_rate_per_min: Some(usd("0.06")),
        ..Default::default()
    };
    plan.overrides = vec![custom, Override { trunk: Some("main".into()), ..forced("force", "a") }];
    let answer = ask(&plan, &to(NEW_YORK));
    assert_eq!(outcome(&answer), "a b c");
    assert_eq!(sold(&answer, "a"), (usd("0.121"), usd("0.06")));
    // Blocked or missing: 6/6 without a fee. 61 s are 66: 0.066.
    plan.decks[3].versions[0].rows = vec![row("1", flat("blocked"))];
    assert_eq!(sold(&ask(&plan, &to(NEW_YORK)), "a"), (usd("0.066"), usd("0.06")));
    plan.decks[3].versions[0].rows = vec![row("44", flat("0.05"))];
    assert_eq!(sold(&ask(&plan, &to(NEW_YORK)), "a"), (usd("0.066"), usd("0.06")));
}

#[test]
fn r9_6_sell_deck_then_cost_plus_and_a_blocked_row_leaves_nothing() {
    let mut plan = three();
    plan.accounts[0].cost_plus.as_mut().unwrap().margin_nano_percent = 10_000_000_000;
    plan.accounts[0].cost_plus.as_mut().unwrap().fixed_fee_per_min = usd("0.002");
    assert_eq!(sold(&ask(&plan, &to(NEW_YORK)), "b"), (usd("0.013"), usd("0.013")), "0.01 × 1.1 + 0.002");
    selling_deck(&mut plan, vec![row("1212", flat("0.05"))]);
    assert_eq!(sold(&ask(&plan, &to(NEW_YORK)), "b"), (usd("0.05"), usd("0.05")));
    assert_eq!(sold(&ask(&plan, &to("14155550100")), "b"), (usd("0.013"), usd("0.013")), "no row: cost-plus");
    plan.decks[3].versions[0].rows.push(row("1415", flat("blocked")));
    assert_eq!(decided(&plan, &to("14155550100")), "no_sell_rate");
}
