//! Quality of routes: what events count for, what decisions make of it, and what a watcher sees.

mod common;

use common::{admitted, at, decide, dial, plan, publish, rejected};
use rating_core::limit::Dimension;
use rating_core::live::Now;
use rating_core::plan::{Plan, Strategy};
use rating_core::reject::Reason;
use rating_node::quality::Figures;
use rating_node::watch::{Scope, Watcher};
use rating_node::{Config, Node};

const CHEAP: &str = "sip:+13125550123@127.0.0.21:5060";
const DEAR: &str = "sip:+13125550123@127.0.0.22:5060";

fn node_of(directory: &std::path::Path, plan: &Plan) -> Node {
    publish(directory, plan);
    Node::attach(&Config { calls_max: 1_000, ..common::config(directory) }).unwrap()
}

/// The plan says 50 for `cheap`, 60 for `dear`.
fn scored(strategy: Strategy, min_quality: Option<i32>) -> Plan {
    let mut plan = plan(common::Caps::default());
    (plan.routes[0].quality, plan.routes[1].quality) = (50, 60);
    (plan.partitions[0].strategy, plan.partitions[0].min_quality) = (strategy, min_quality);
    plan
}

/// The figures of the last hour of the routes `cheap` and `dear`.
fn figures(node: &Node, now: Now) -> [Figures; 2] {
    let generation = node.snapshot(now.utc_ns);
    let snapshot = generation.snapshot();
    let quality = node.quality(now);
    ["cheap", "dear"].map(|name| {
        let route = snapshot.routes().iter().find(|route| snapshot.text(route.name) == name).unwrap();
        let found = quality.iter().find(|quality| quality.route_key == route.key.get());
        found.map_or(Figures::default(), |found| found.windows[2])
    })
}

/// Calls that fail on their first leg, one a second, and are over; gives where each went.
fn failing_calls(node: &Node, name: &str, from_sec: i64, count: i64) -> Vec<String> {
    (0..count)
        .map(|nth| {
            let now = at(from_sec + nth);
            let handle = admitted(decide(node, &format!("{name}-{nth}"), now));
            let first = dial(node, handle, 0, now).unwrap();
            node.ended(handle, 486, now).unwrap();
            first
        })
        .collect()
}

#[test]
fn r5_quality_counts_legs_when_it_is_known_how_they_went() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_of(dir.path(), &scored(Strategy::LeastCost, None));
    // Leg 1 fails after 4 s; leg 2 rings 3 s later, is answered after 5 s more, and talks for 90.2 s.
    let handle = admitted(decide(&node, "over-two-legs", at(0)));
    assert_eq!(dial(&node, handle, 0, at(0)).as_deref(), Some(CHEAP));
    assert_eq!(figures(&node, at(1)), [Figures::default(); 2], "nothing is known of the leg yet");
    assert_eq!(dial(&node, handle, 503, at(4)).as_deref(), Some(DEAR));
    for _ in 0..2 {
        node.ringing(handle, 180, at(7)).unwrap();
    }
    for _ in 0..2 {
        node.answered(handle, 200, at(12)).unwrap();
    }
    let mut end = at(102);
    end.utc_ns += 200_000_000;
    end.monotonic_ns += 200_000_000;
    for _ in 0..2 {
        node.ended(handle, 0, end).unwrap();
    }
    let cheap = Figures { attempts: 1, ..Figures::default() };
    let dear = Figures { attempts: 1, answered: 1, ended: 1, talk_sec: 91, rang: 1, ring_ms: 3_000 };
    assert_eq!(figures(&node, at(102)), [cheap, dear]);

    // The caller gives up while it rings: an attempt that was not answered, which rang after 2 s.
    let handle = admitted(decide(&node, "given-up", at(103)));
    assert!(dial(&node, handle, 0, at(103)).is_some());
    node.ringing(handle, 180, at(105)).unwrap();
    node.ended(handle, 487, at(110)).unwrap();
    let cheap = Figures { attempts: 2, rang: 1, ring_ms: 2_000, ..cheap };
    // Answered without having rung: it rang when it was answered.
    let handle = admitted(decide(&node, "answered-at-once", at(120)));
    assert!(dial(&node, handle, 0, at(120)).is_some());
    node.answered(handle, 200, at(121)).unwrap();
    let cheap = Figures { attempts: 3, answered: 1, rang: 2, ring_ms: 3_000, ..cheap };
    assert_eq!(figures(&node, at(121)), [cheap, dear]);
}

#[test]
fn r5_strategy_quality_takes_live_figures_and_comes_back_after_a_pause() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_of(dir.path(), &scored(Strategy::Quality, None));
    // 60 points in the plan are better than 50.
    assert_eq!(failing_calls(&node, "before", 0, 50), vec![DEAR; 50]);
    // 50 attempts, none answered: 0 points, once they are published.
    node.expire(at(59));
    assert_eq!(failing_calls(&node, "after", 60, 1), [CHEAP]);
    // Without an attempt for ten minutes of the clock, the plan's score counts again.
    node.expire(at(9 * 60 + 59));
    assert_eq!(failing_calls(&node, "nine", 9 * 60 + 59, 1), [CHEAP]);
    node.expire(at(10 * 60));
    assert_eq!(failing_calls(&node, "ten", 10 * 60, 1), [DEAR]);
}

#[test]
fn r5_low_quality_reads_live_figures_published_every_ten_seconds() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_of(dir.path(), &scored(Strategy::LeastCost, Some(40)));
    node.expire(at(0));
    assert_eq!(failing_calls(&node, "before", 0, 50), vec![CHEAP; 50], "published at 0 s: not by events");
    node.expire(at(9));
    assert_eq!(
        failing_calls(&node, "frozen", 9, 1),
        [CHEAP],
        "before ten seconds are over nothing is published"
    );
    assert_eq!(node.due(at(50), |_, _| ()), 0);
    assert_eq!(
        failing_calls(&node, "after", 51, 50),
        vec![DEAR; 50],
        "who asks for what is due publishes too"
    );
    node.expire(at(110));
    assert_eq!(rejected(decide(&node, "none", at(110))), Reason::NoRoute, "both are below 40");
}

#[test]
fn a_watcher_sees_limits_calls_and_processes_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    assert!(Watcher::open(&state).is_err(), "nobody makes a state by looking");
    let mut plan = scored(Strategy::LeastCost, None);
    plan.accounts[0].limits.concurrent_calls_max = Some(7);
    plan.routes[0].limits.cps_milli = Some(1_000);
    plan.routes[0].limits.cps_burst = Some(5);
    let node = node_of(dir.path(), &plan);
    let watcher = Watcher::open(&state).unwrap();
    let bytes = || std::fs::read(&state).unwrap();

    let handle = admitted(decide(&node, "one", at(0)));
    admitted(decide(&node, "two", at(0)));
    node.answered(handle, 200, at(1)).unwrap();
    node.count_latency(1000);
    let before = bytes();

    assert_eq!(watcher.stats(), node.stats());
    assert_eq!((watcher.latency().count(), watcher.latency().quantile_ns(500)), (1, Some(1024)));
    let calls = watcher.calls();
    let seen: Vec<_> = calls.iter().map(|call| (call.call_id.as_slice(), call.is_answered)).collect();
    assert_eq!(seen, [(&b"one"[..], true), (b"two", false)]);
    assert_eq!(calls[0].handle, handle);
    let alive = watcher.alive().unwrap();
    assert_eq!((alive.workers, alive.agents), (1, 0));

    let mapped = watcher.snapshot(at(1)).unwrap().unwrap();
    let limits = watcher.limits(&mapped.snapshot(), at(1));
    let of = |scope, dimension: fn(&Dimension) -> bool| {
        let found = limits.iter().find(|found| found.scope == scope && dimension(&found.limit.dimension));
        found.map(|found| (found.owner.as_str(), found.used, found.max)).unwrap()
    };
    let is_gauge = |dimension: &Dimension| matches!(dimension, Dimension::Concurrency { .. });
    assert_eq!(of(Scope::Account, is_gauge), ("acme", 2, 7));
    // Two calls at 0 s, one of which is paced out after a second.
    assert_eq!(of(Scope::Route, |dimension| matches!(dimension, Dimension::Cps(_))), ("cheap", 1, 5));
    assert_eq!(bytes(), before, "looking has changed nothing");
}
