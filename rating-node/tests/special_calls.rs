//! Calls that go other ways than all others: emergency calls (2.2), and those that an override forces (4.6).

mod common;

use common::{Caps, admitted, at, decide, dial, publish, rejected};
use rating_core::number::Digits;
use rating_core::plan::{ForcedMode, ForcedRoute, Gateway, Member, Override, Plan, Route, Strategy};
use rating_core::reject::Reason;
use rating_node::{Config, Node, Verdict};

/// The small plan, where 911 goes to `dear`.
fn with_emergencies() -> Plan {
    let mut plan = common::plan(Caps::default());
    plan.settings.emergency_numbers = vec![Digits::new(b"911").unwrap()];
    plan.settings.emergency_routes = vec!["dear".into()];
    plan
}

#[test]
fn r2_2_a_table_that_is_full_for_others_has_room_for_emergency_calls() {
    let dir = tempfile::tempdir().unwrap();
    publish(dir.path(), &with_emergencies());
    // Of 256 entries two are kept.
    let node = Node::attach(&Config { calls_max: 256, ..common::config(dir.path()) }).unwrap();
    for call in 0..254 {
        admitted(decide(&node, &format!("call-{call}"), at(0)));
    }
    assert_eq!(rejected(decide(&node, "one-more", at(0))), Reason::CallTableFull);
    for call_id in ["help-1", "help-2"] {
        let handle = admitted(common::decide_to(&node, call_id, "911", at(0)));
        assert!(dial(&node, handle, 0, at(0)).unwrap().ends_with("22:5060"));
    }
    assert_eq!(rejected(common::decide_to(&node, "help-3", "911", at(0))), Reason::CallTableFull);
    assert_eq!((node.stats().in_setup, node.stats().emergency_calls), (256, 2));
}

#[test]
fn r2_2_emergency_calls_are_counted_apart_and_known_when_they_come_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = with_emergencies();
    publish(dir.path(), &plan);
    let node = Node::attach(&common::config(dir.path())).unwrap();
    let is_emergency = |verdict| match verdict {
        Verdict::Admitted { is_emergency, decision, .. } => (is_emergency, decision.is_some()),
        other => panic!("{other:?}"),
    };
    let invite = |call_id: &str, dnis: &str| common::decide_to(&node, call_id, dnis, at(0));
    assert_eq!(is_emergency(invite("help", "911")), (true, true));
    assert_eq!(is_emergency(invite("help", "911")), (true, false));
    assert_eq!(is_emergency(invite("other", "13125550123")), (false, true));
    assert_eq!(is_emergency(invite("other", "13125550123")), (false, false));
    assert_eq!(node.stats().emergency_calls, 1);
    // One that finds no gateway is refused, and counted too.
    plan.gateways.iter_mut().for_each(|gateway| gateway.active = false);
    publish(dir.path(), &plan);
    node.publish(&dir.path().join("snapshot")).unwrap();
    assert_eq!(rejected(invite("no way", "911")), Reason::NoRoute);
    let stats = node.stats();
    assert_eq!((stats.emergency_calls, stats.admitted), (2, 2));
    assert_eq!(stats.rejected, [(Reason::NoRoute, 1)]);
}

#[test]
fn r4_6_a_forced_route_that_is_no_member_leaves_the_turn_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = common::plan(Caps::default());
    plan.partitions[0].strategy = Strategy::RoundRobin;
    // A third member, so that a turn that starts over shows; and `extra`, which is none.
    for id in ["even", "extra"] {
        let route = Route { id: id.into(), ..plan.routes[0].clone() };
        plan.routes.push(route);
        let (route, dial_string) = (id.into(), format!("sip:${{number}}@{id}"));
        let gateway = Gateway { id: format!("{id}_gw"), route, dial_string, ..plan.gateways[0].clone() };
        plan.gateways.push(gateway);
    }
    let member = plan.partitions[0].members[0].clone();
    plan.partitions[0].members.push(Member { route: "even".into(), ..member });
    plan.overrides = vec![Override {
        id: "by_extra".into(),
        prefix: Some(Digits::new(b"13125550199").unwrap()),
        forced_route: Some(ForcedRoute { route: "extra".into(), mode: ForcedMode::First }),
        ..Default::default()
    }];
    publish(dir.path(), &plan);
    let node = Node::attach(&common::config(dir.path())).unwrap();
    let first_leg = |call_id: &str, dnis: &str| {
        dial(&node, admitted(common::decide_to(&node, call_id, dnis, at(0))), 0, at(0)).unwrap()
    };
    let member = |call_id: &str| first_leg(call_id, "13125550123");
    assert_eq!(member("1"), "sip:+13125550123@127.0.0.21:5060");
    assert_eq!(member("2"), "sip:+13125550123@127.0.0.22:5060");
    assert_eq!(first_leg("forced", "13125550199"), "sip:13125550199@extra");
    assert_eq!(member("3"), "sip:13125550123@even");
    assert_eq!(member("4"), "sip:+13125550123@127.0.0.21:5060");
}
