//! The decision, check by check: section 2, and whose word an LRN is. Expected values are worked out by hand
//! from the rows of each test.

mod common;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use common::*;
use rating_core::live::Now;
use rating_core::plan::*;
use rating_core::reject::Reason;
use rating_core::route::{Call, Lrn, Origin};

#[test]
fn r2_1_the_longest_source_network_names_the_trunk() {
    let mut plan = three_routes();
    plan.trunks.push(trunk("wide", "acme", &[(Ipv4Addr::new(192, 0, 0, 0), 16)]));
    plan.trunks.push(trunk(
        "net",
        "acme",
        &[(Ipv4Addr::new(192, 0, 2, 0), 24), (Ipv4Addr::new(10, 0, 0, 0), 8)],
    ));
    let bytes = compiled(&plan);
    let snapshot = rating_core::snapshot::view::Snapshot::open(&bytes).unwrap();
    let trunk_of = |address: IpAddr| {
        let told = tell(
            &bytes,
            &Call::new(Origin::Source(address), DENVER, NEW_YORK),
            NOW,
            &rating_core::live::Unused,
        );
        let trunk = snapshot.trunks().get(told.decision.facts.trunk as usize);
        (trunk.map(|trunk| snapshot.text(trunk.name).to_owned()), told.reject)
    };
    let v4 = |a, b, c, d| IpAddr::V4(Ipv4Addr::new(a, b, c, d));
    for (address, expected) in [
        (v4(192, 0, 2, 10), Some("main")),
        (v4(192, 0, 2, 11), Some("net")),
        (v4(192, 0, 2, 9), Some("net")),
        (v4(192, 0, 3, 1), Some("wide")),
        (v4(192, 0, 255, 255), Some("wide")),
        (v4(10, 255, 0, 1), Some("net")),
        (v4(192, 1, 0, 0), None),
        (v4(9, 255, 255, 255), None),
        (v4(11, 0, 0, 0), None),
        (IpAddr::V6(Ipv6Addr::LOCALHOST), None),
        (IpAddr::V6(Ipv4Addr::new(192, 0, 2, 10).to_ipv6_mapped()), Some("main")),
    ] {
        let (found, reject) = trunk_of(address);
        assert_eq!(found.as_deref(), expected, "{address}");
        assert_eq!(reject, expected.is_none().then_some(Reason::UnknownTrunk), "{address}");
    }
}

#[test]
fn r2_1_of_equal_networks_the_lower_trunk_id_wins() {
    let mut plan = three_routes();
    plan.trunks.push(trunk("alpha", "acme", &[(Ipv4Addr::new(192, 0, 2, 10), 32)]));
    plan.trunks.push(trunk("zulu", "acme", &[(Ipv4Addr::new(192, 0, 2, 10), 32)]));
    assert_eq!(ask(&plan, &to(NEW_YORK)).decision.facts.trunk, 0, "alpha stands before main and zulu");
}

#[test]
fn r2_3_suspended_account_before_disabled_trunk() {
    let mut plan = three_routes();
    plan.trunks[0].active = false;
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::TrunkDisabled));
    plan.accounts[0].active = false;
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::AccountSuspended));
}

#[test]
fn r2_4_a_number_that_is_none_is_refused_and_a_missing_ani_only_where_demanded() {
    let mut plan = three_routes();
    assert_eq!(ask(&plan, &to(b"2121550100")).reject, Some(Reason::InvalidNumber));
    let anonymous = Call::new(Origin::Source(SOURCE), b"anonymous", NEW_YORK);
    assert_eq!(ask(&plan, &anonymous).reject, None);
    plan.trunks[0].ani_required = true;
    assert_eq!(ask(&plan, &anonymous).reject, Some(Reason::InvalidAni));
}

#[test]
fn r2_7_cps_of_account_and_trunk_is_taken_together_or_not_at_all() {
    let mut plan = three_routes();
    plan.accounts[0].limits = Limits {
        cps_milli: Some(1000),
        cps_burst: Some(3),
        concurrent_calls_max: None,
        ..Default::default()
    };
    plan.trunks[0].limits = Limits {
        cps_milli: Some(1000),
        cps_burst: Some(1),
        concurrent_calls_max: None,
        ..Default::default()
    };
    let (bytes, counts) = (compiled(&plan), Counts::default());
    let at = |sec: u64| Now { monotonic_ns: sec * 1_000_000_000, ..NOW };
    assert_eq!(tell(&bytes, &to(NEW_YORK), at(100), &counts).reject, None);
    // The trunk is full: what the account gave is given back, so it has two of its three left.
    let told = tell(&bytes, &to(NEW_YORK), at(100), &counts);
    assert_eq!(told.reject, Some(Reason::CpsExceeded));
    assert_eq!(told.decision.verdict.unwrap_err().retry_after_ns, 1_000_000_000);
    plan.trunks[0].limits = Limits::default();
    let bytes = compiled(&plan);
    assert_eq!(tell(&bytes, &to(NEW_YORK), at(100), &counts).reject, None);
    assert_eq!(tell(&bytes, &to(NEW_YORK), at(100), &counts).reject, None);
    assert_eq!(tell(&bytes, &to(NEW_YORK), at(100), &counts).reject, Some(Reason::CpsExceeded));
    assert_eq!(tell(&bytes, &to(NEW_YORK), at(101), &counts).reject, None);
}

#[test]
fn r2_7_cps_is_spent_by_a_call_that_is_refused_later() {
    let mut plan = three_routes();
    plan.trunks[0].limits = Limits {
        cps_milli: Some(1000),
        cps_burst: Some(1),
        concurrent_calls_max: None,
        ..Default::default()
    };
    let (bytes, counts) = (compiled(&plan), Counts::default());
    assert_eq!(tell(&bytes, &to(b"442079460000"), NOW, &counts).reject, Some(Reason::NoRoute));
    assert_eq!(tell(&bytes, &to(NEW_YORK), NOW, &counts).reject, Some(Reason::CpsExceeded));
}

#[test]
fn r6_3_a_flood_on_a_full_trunk_takes_nothing_from_its_account() {
    let mut plan = three_routes();
    plan.accounts[0].limits = Limits {
        cps_milli: Some(1000),
        cps_burst: Some(1),
        concurrent_calls_max: None,
        ..Default::default()
    };
    plan.trunks[0].limits = Limits {
        cps_milli: Some(1000),
        cps_burst: Some(0),
        concurrent_calls_max: None,
        ..Default::default()
    };
    let counts = Counts::default();
    assert_eq!(tell(&compiled(&plan), &to(NEW_YORK), NOW, &counts).reject, Some(Reason::CpsExceeded));
    assert!(counts.tat.borrow().is_empty(), "nothing was taken, not even for an instant");
}

#[test]
fn r2_9_the_partitions_limits_come_after_those_of_account_and_trunk() {
    let mut plan = three_routes();
    plan.partitions[0].limits.concurrent_calls_max = Some(0);
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::ConcurrencyExceeded));
    plan.partitions[0].limits =
        Limits { cps_milli: Some(1), cps_burst: Some(0), concurrent_calls_max: None, ..Default::default() };
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::CpsExceeded));
    plan.trunks[0].limits.concurrent_calls_max = Some(0);
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::ConcurrencyExceeded));
}

#[test]
fn r2_7_concurrency_of_account_then_trunk() {
    let mut plan = three_routes();
    plan.accounts[0].limits.concurrent_calls_max = Some(0);
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::ConcurrencyExceeded));
    plan.accounts[0].limits.concurrent_calls_max = Some(1);
    plan.trunks[0].limits.concurrent_calls_max = Some(0);
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::ConcurrencyExceeded));
    plan.trunks[0].limits.concurrent_calls_max = Some(1);
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, None);
}

#[test]
fn r2_9_given_then_trunk_then_account_then_default_partition() {
    let mut plan = three_routes();
    for id in ["p1", "p2", "p3"] {
        plan.partitions.push(Partition { members: plan.partitions[0].members.clone(), ..partition(id) });
    }
    let chosen = |plan: &Plan, given: Option<u32>| {
        let told = ask(plan, &Call { partition: given, ..to(NEW_YORK) });
        (told.decision.facts.partition, told.reject)
    };
    // By id: p1, p2, p3, prime.
    assert_eq!(chosen(&plan, None), (3, None), "the plan's default");
    plan.accounts[0].partitions = vec!["p3".into(), "p1".into()];
    assert_eq!(chosen(&plan, None), (2, None), "the account's first");
    plan.trunks[0].partitions = vec!["p2".into(), "p1".into()];
    assert_eq!(chosen(&plan, None), (1, None), "the trunk's first");
    plan.partitions[2].active = false;
    assert_eq!(chosen(&plan, None), (0, None), "p2 is not active: the trunk's second");
    assert_eq!(chosen(&plan, Some(3)), (3, None), "one that came with the call");
    assert_eq!(chosen(&plan, Some(1)), (0, None), "which is not active: as if none had come");
    plan.partitions[1].active = false;
    assert_eq!(chosen(&plan, None).1, Some(Reason::NoPartition), "the account's list is not asked");
}

#[test]
fn r2_11_the_reject_is_the_most_telling_drop() {
    let mut plan = three_routes();
    let limit = |plan: &mut Plan, route: usize, limits| plan.routes[route].limits = limits;
    plan.partitions[0].rate_limit_per_min = Some(usd("0.005"));
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::OverRateLimit));
    plan.partitions[0].rate_limit_per_min = Some(usd("0.01"));
    assert_eq!(ask(&plan, &to(NEW_YORK)).legs, ["b"], "equality passes");
    limit(
        &mut plan,
        1,
        Limits { cps_milli: Some(1), cps_burst: Some(0), concurrent_calls_max: None, ..Default::default() },
    );
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::TargetCpsExceeded));
    limit(
        &mut plan,
        1,
        Limits {
            cps_milli: Some(1),
            cps_burst: Some(0),
            concurrent_calls_max: Some(0),
            ..Default::default()
        },
    );
    let told = ask(&plan, &to(NEW_YORK));
    assert_eq!(told.dropped[1], ("b".into(), Reason::TargetCpsExceeded), "CPS is tested first");
    limit(&mut plan, 1, Limits { concurrent_calls_max: Some(0), ..Limits::default() });
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::TargetConcurrencyExceeded));
    plan.partitions[0].members.clear();
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::NoRoute));
}

#[test]
fn r2_11_rate_limit_before_margin_before_sell_rate() {
    let mut plan = three_routes();
    plan.accounts[0].cost_plus = None;
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::NoSellRate));
    // Sold at 0.015: b earns, c and a do not.
    plan.decks.push(deck("sell", vec![version(1, 0, Scope::Full, vec![row("1", flat("0.015"))])]));
    plan.accounts[0].sell_deck = Some("sell".into());
    plan.routes[1].active = false;
    assert_eq!(ask(&plan, &to(NEW_YORK)).reject, Some(Reason::MarginProtected));
    plan.partitions[0].rate_limit_per_min = Some(usd("0.025"));
    let told = ask(&plan, &to(NEW_YORK));
    assert_eq!(told.reject, Some(Reason::OverRateLimit), "a is over it, c is under it without margin");
    assert_eq!(told.dropped[2], ("c".into(), Reason::MarginProtected));
}

#[test]
fn r3_1_no_lrn_makes_a_service_or_a_foreign_number_a_cheap_one() {
    let mut plan = plan();
    let rows = [
        ("1303", "0.005"),
        ("1900", "2"),
        ("1658", "0.3"),
        ("1212976", "3"),
        ("1416", "0.01"),
        ("1647", "0.02"),
    ];
    let rows = rows.map(|(prefix, price)| row(prefix, flat(price)));
    add_route(&mut plan, "a", ProviderKind::Lrn, rows.into());
    plan.trunks[0].trust_lrn = true;
    for (dnis, lrn, cost) in [
        (&b"19005550100"[..], &b"13035550000"[..], "2"),
        (b"16585550100", b"13035550000", "0.3"),
        (b"12129760100", b"13035550000", "3"),
        (b"14165550100", b"13035550000", "0.01"),
        (b"14165550100", b"16475550000", "0.02"), // within Canada it counts
        (b"12125550100", b"13035550000", "0.005"),
    ] {
        let told = ask(&plan, &Call { dnis_lrn: Lrn::Given(lrn), ..to(dnis) });
        let cheapest = told.cheapest();
        assert_eq!(cheapest.cost, usd(cost), "{}", String::from_utf8_lossy(dnis));
    }
}

#[test]
fn r3_9_a_customers_lrn_counts_only_where_it_is_trusted() {
    let mut plan = plan();
    add_route(&mut plan, "by_lrn", ProviderKind::Lrn, vec![row("1303", flat("0.09"))]);
    let call = Call { dnis_lrn: Lrn::Given(b"13035550000"), ..to(NEW_YORK) };
    assert_eq!(ask(&plan, &call).reject, Some(Reason::NoRoute));
    assert_eq!(ask(&plan, &Call { dnis_lrn: Lrn::Dipped(b"13035550000"), ..call }).legs, ["by_lrn"]);
    plan.trunks[0].trust_lrn = true;
    assert_eq!(ask(&plan, &call).legs, ["by_lrn"]);
}
