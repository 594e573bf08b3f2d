//! Rules 6.7 and 7.4: a call whose end nobody reports.

mod common;

use std::process::{Command, Stdio};

use common::{Caps, admitted, at, decide, dial, node, rejected};
use rating_core::live::Now;
use rating_core::money::Nano;
use rating_core::reject::Reason;
use rating_node::crash::{self, Point};
use rating_node::segments::{CallRecord, Reader, SegmentWriter, Sweeper, sweep};
use rating_node::{Due, Handle, Node};

/// The plan's longest call, and a margin of five minutes.
const LEASE_SEC: i64 = 14_400 + 300;
/// How long an expired call is kept.
const KEPT_SEC: i64 = 3600;

fn due(node: &Node, sec: i64) -> Vec<(Handle, Due)> {
    let mut found = Vec::new();
    node.due(at(sec), |handle, due| found.push((handle, due)));
    found
}

fn record(node: &Node, directory: &std::path::Path) -> CallRecord {
    let segments = common::segments(directory);
    let mut writer = SegmentWriter::new(&segments, 1, 1 << 20).unwrap();
    sweep(node, &mut Sweeper::default(), &mut writer, at(0).utc_ns).unwrap();
    Reader::open(&segments).unwrap().next().unwrap().unwrap()
}

fn one_call() -> Caps {
    Caps { account_calls: Some(1), ..Caps::default() }
}

#[test]
fn r6_7_a_call_in_setup_is_over_when_its_leg_has_long_stopped_ringing() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), one_call());
    let handle = admitted(decide(&node, "call-1", at(0)));
    // The partition's time-out of 5 s, and five minutes; another leg begins anew.
    assert!(dial(&node, handle, 503, at(100)).is_some());
    assert_eq!(due(&node, 404), []);
    assert_eq!(due(&node, 405), [(handle, Due::Ended)]);
    assert_eq!(node.stats().gauges_held, (0, 0));
    let record = record(&node, dir.path());
    assert_eq!((record.recovered, record.ended_ns, record.cost), (true, at(100).utc_ns, Nano::ZERO));
}

#[test]
fn r6_7_an_answered_call_lets_go_when_its_lease_has_run_out() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), one_call());
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.answered(handle, 200, at(10)).unwrap();
    assert_eq!(due(&node, 10 + LEASE_SEC - 1), []);
    assert_eq!(rejected(decide(&node, "call-2", at(LEASE_SEC))), Reason::ConcurrencyExceeded);
    assert_eq!(due(&node, 10 + LEASE_SEC), [(handle, Due::Expired)]);
    assert_eq!((node.stats().gauges_held, node.gauges_off()), ((0, 0), vec![]));
    admitted(decide(&node, "call-3", at(10 + LEASE_SEC)));
    assert_eq!(due(&node, 11 + LEASE_SEC), [], "told once");
}

#[test]
fn r6_7_an_expired_call_found_alive_takes_its_slot_again_even_over_the_cap() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), one_call());
    let first = admitted(decide(&node, "call-1", at(0)));
    node.answered(first, 200, at(0)).unwrap();
    assert_eq!(due(&node, LEASE_SEC), [(first, Due::Expired)]);
    let second = admitted(decide(&node, "call-2", at(LEASE_SEC)));
    node.alive(first, at(LEASE_SEC + 1)).unwrap();
    assert_eq!((node.stats().gauges_held, node.gauges_off()), ((1, 2), vec![]), "two of one");
    node.alive(first, at(LEASE_SEC + 2)).unwrap();
    assert_eq!(node.stats().gauges_held, (1, 2));
    node.ended(second, 0, at(LEASE_SEC + 3)).unwrap();
    assert_eq!(rejected(decide(&node, "call-3", at(LEASE_SEC + 3))), Reason::ConcurrencyExceeded);
    node.ended(first, 200, at(LEASE_SEC + 60)).unwrap();
    assert_eq!(node.stats().gauges_held, (0, 0));
}

#[test]
fn r7_4_an_end_that_comes_late_is_billed_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), one_call());
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.answered(handle, 200, at(0)).unwrap();
    assert_eq!(due(&node, LEASE_SEC), [(handle, Due::Expired)]);
    node.ended(handle, 200, at(LEASE_SEC + 60)).unwrap();
    assert_eq!(node.stats().gauges_held, (0, 0), "what is let go is not let go again");
    let record = record(&node, dir.path());
    assert_eq!((record.duration_sec, record.recovered), (14_760, false));
}

#[test]
fn r7_4_a_call_that_nobody_finds_alive_bills_to_the_last_moment_that_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), one_call());
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.answered(handle, 200, at(0)).unwrap();
    node.alive(handle, at(61)).unwrap();
    assert_eq!(due(&node, LEASE_SEC), [], "it was alive a minute later");
    assert_eq!(due(&node, 61 + LEASE_SEC), [(handle, Due::Expired)]);
    assert_eq!(due(&node, 61 + LEASE_SEC + KEPT_SEC - 1), []);
    assert_eq!(due(&node, 61 + LEASE_SEC + KEPT_SEC), [(handle, Due::Ended)]);
    let record = record(&node, dir.path());
    // 61 s, sold 60/60 at 0.01 a minute.
    assert_eq!((record.duration_sec, record.price, record.recovered), (61, Nano(20_000_000), true));
}

/// `at(sec)`, by a clock that somebody has put forward, or back, by so many seconds.
fn at_put(sec: i64, forward_sec: i64) -> Now {
    Now { utc_ns: at(sec).utc_ns + forward_sec * common::SEC_NS, ..at(sec) }
}

#[test]
fn r7_4_a_clock_that_is_put_back_before_the_answer_adds_nothing_to_a_call_whose_end_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), one_call());
    let handle = admitted(decide(&node, "call-1", at(3600)));
    node.ringing(handle, 180, at(3605)).unwrap();
    node.answered(handle, 200, at_put(3610, -3600)).unwrap();
    node.end_lost(handle).unwrap();
    let record = record(&node, dir.path());
    assert_eq!((record.answered_ns, record.ended_ns), (at(10).utc_ns, at(10).utc_ns));
    assert_eq!((record.duration_sec, record.price, record.recovered), (0, Nano::ZERO, true));
}

#[test]
fn r7_4_a_clock_that_is_put_right_while_they_talk_changes_nothing_of_a_call_whose_end_is_lost() {
    for forward_sec in [3600, -3600] {
        let dir = tempfile::tempdir().unwrap();
        let node = node(dir.path(), one_call());
        let handle = admitted(decide(&node, "call-1", at(0)));
        node.answered(handle, 200, at(10)).unwrap();
        node.alive(handle, at_put(70, forward_sec)).unwrap();
        node.end_lost(handle).unwrap();
        let record = record(&node, dir.path());
        assert_eq!((record.duration_sec, record.ended_ns), (60, at(70).utc_ns), "{forward_sec}");
    }
}

const DIRECTORY: &str = "TANDEM_TEST_DIRECTORY";
const HANDLE: &str = "TANDEM_TEST_HANDLE";
const INSTANT: &str = "TANDEM_TEST_INSTANT";

/// Answers a call, or looks at what is due, as the parent says; dies on the way.
#[test]
fn child_dies_at_one_place() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let text = |name| std::env::var(name).unwrap();
    let node = Node::attach(&common::config(std::path::Path::new(&directory))).unwrap();
    let (utc_ns, monotonic_ns) =
        text(INSTANT).split_once(' ').map(|(utc, own)| (utc.parse(), own.parse())).unwrap();
    let now = Now { utc_ns: utc_ns.unwrap(), monotonic_ns: monotonic_ns.unwrap() };
    match Handle::parse(&text(HANDLE)) {
        Some(handle) => {
            crash::arm(Point::AnswerWritten, 0);
            node.answered(handle, 200, now).unwrap();
        }
        None => {
            crash::arm(Point::ExpiryWritten, 0);
            node.due(now, |_, _| ());
        }
    }
}

/// Lets a process die at this instant: behind the answer of a call, or as it looks at what is due. Then repairs.
fn die_and_repair(node: &Node, directory: &std::path::Path, answers: Option<Handle>, now: Now) {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_dies_at_one_place"])
        .env(DIRECTORY, directory)
        .env(HANDLE, answers.map(|handle| handle.to_string()).unwrap_or_default())
        .env(INSTANT, format!("{} {}", now.utc_ns, now.monotonic_ns))
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "the place is come by");
    assert!(node.repair_dead().unwrap());
}

#[test]
fn r6_7_a_death_behind_the_expiry_leaves_a_call_its_hour_to_be_found_alive() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), one_call());
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.answered(handle, 200, at(0)).unwrap();
    die_and_repair(&node, dir.path(), None, at(LEASE_SEC));
    assert_eq!(due(&node, LEASE_SEC + 1), [], "it is not over");
    // What it had not let go yet it holds for that hour, and once.
    assert_eq!((node.stats().gauges_held, node.gauges_off()), ((1, 1), vec![]));
    node.alive(handle, at(LEASE_SEC + 60)).unwrap();
    assert_eq!((node.stats().gauges_held, node.gauges_off()), ((1, 1), vec![]));
    assert_eq!(due(&node, LEASE_SEC + 60 + KEPT_SEC), [], "its lease is a whole one again");
    node.ended(handle, 0, at(LEASE_SEC + 120)).unwrap();
    assert_eq!(node.stats().gauges_held, (0, 0));
}

#[test]
fn r6_6_a_death_behind_the_answer_leaves_a_call_that_was_answered() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = common::plan(one_call());
    plan.accounts[0].limits.minutes_per_month_max = Some(100);
    common::publish(dir.path(), &plan);
    let node = Node::attach(&common::config(dir.path())).unwrap();
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.ringing(handle, 180, at(5)).unwrap();
    die_and_repair(&node, dir.path(), Some(handle), at(10));
    // It has 60 s, and 60 s more from half of them on.
    assert_eq!(due(&node, 11), []);
    assert_eq!(due(&node, 39), []);
    assert_eq!(due(&node, 40), [(handle, Due::Extended { left_sec: 90 })]);
    node.ended(handle, 0, at(45)).unwrap();
    let record = record(&node, dir.path());
    assert_eq!((record.duration_sec, record.recovered), (35, false));
    assert_eq!((record.answered_leg, record.legs[0].sip_code), (Some(0), 200));
}

#[test]
fn r6_7_a_death_behind_the_answer_leaves_the_lease_of_an_answered_call() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), one_call());
    let handle = admitted(decide(&node, "call-1", at(0)));
    die_and_repair(&node, dir.path(), Some(handle), at(10));
    assert_eq!(due(&node, 10 + LEASE_SEC - 1), []);
    assert_eq!(due(&node, 10 + LEASE_SEC), [(handle, Due::Expired)]);
}
