//! Rule 6.2 and 6.5: calls of a period, minutes of a month, spend of a day: what is reserved, what counts, what goes back.

mod common;

use std::path::Path;

use common::{Caps, SEC_NS, admitted, at, config, decide, decide_from, decide_to, dial, publish, rejected};
use rating_core::class::{CountedCalls, Period};
use rating_core::live::Now;
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::{Account, Limits, Network, Plan, Price, Trunk, VolumeLimit};
use rating_core::reject::Reason;
use rating_node::watch::{Scope, Watcher};
use rating_node::{Due, Handle, Node};

fn volume(period: Period, counts: CountedCalls, calls_max: u32) -> Limits {
    Limits { volumes: vec![VolumeLimit { period, counts, calls_max }], ..Default::default() }
}

/// A node over the small plan, changed.
fn node(directory: &Path, change: impl FnOnce(&mut Plan)) -> Node {
    let mut plan = common::plan(Caps::default());
    change(&mut plan);
    publish(directory, &plan);
    Node::attach(&config(directory)).unwrap()
}

fn with_account(directory: &Path, limits: Limits) -> Node {
    node(directory, |plan| plan.accounts[0].limits = limits)
}

/// Seconds since 1970 on both clocks.
fn utc(sec: i64) -> Now {
    Now { utc_ns: sec * SEC_NS, monotonic_ns: (sec * SEC_NS).unsigned_abs() }
}

fn due(node: &Node, now: Now) -> Vec<(Handle, Due)> {
    let mut found = Vec::new();
    node.due(now, |handle, due| found.push((handle, due)));
    found
}

/// A call that is answered at `from` and ends `sec` seconds later.
fn talk(node: &Node, call_id: &str, from: i64, sec: i64) {
    let handle = admitted(decide(node, call_id, at(from)));
    node.answered(handle, 200, at(from)).unwrap();
    node.ended(handle, 200, at(from + sec)).unwrap();
}

#[test]
fn r6_2_an_attempt_counts_whatever_becomes_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_account(dir.path(), volume(Period::Total, CountedCalls::Attempts, 2));
    let first = admitted(decide(&node, "call-1", at(0)));
    node.ended(first, 487, at(1)).unwrap();
    talk(&node, "call-2", 2, 60);
    assert_eq!(rejected(decide(&node, "call-3", at(100))), Reason::VolumeExceeded);
}

#[test]
fn r6_2_a_call_that_turns_out_not_to_count_gives_its_place_back() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_account(dir.path(), volume(Period::Total, CountedCalls::Answered, 2));
    let [first, second] = ["call-1", "call-2"].map(|call| admitted(decide(&node, call, at(0))));
    assert_eq!(rejected(decide(&node, "call-3", at(0))), Reason::VolumeExceeded, "two are reserved");
    node.ended(first, 487, at(1)).unwrap();
    node.ended(first, 487, at(1)).unwrap();
    node.answered(second, 200, at(1)).unwrap();
    node.ended(second, 200, at(2)).unwrap();
    talk(&node, "call-4", 3, 1);
    assert_eq!(rejected(decide(&node, "call-5", at(9))), Reason::VolumeExceeded, "two were answered");
}

#[test]
fn r6_2_a_leg_that_failed_counts_as_an_attempt_and_not_as_answered() {
    for (counts, first_leg_of_second) in
        [(CountedCalls::Attempts, "22:5060"), (CountedCalls::Answered, "21:5060")]
    {
        let dir = tempfile::tempdir().unwrap();
        let node = node(dir.path(), |plan| plan.routes[0].limits = volume(Period::Day, counts, 1));
        let first = admitted(decide(&node, "call-1", at(0)));
        assert!(dial(&node, first, 0, at(0)).unwrap().ends_with("21:5060"));
        assert!(dial(&node, first, 503, at(1)).unwrap().ends_with("22:5060"));
        let second = admitted(decide(&node, "call-2", at(2)));
        assert!(dial(&node, second, 0, at(2)).unwrap().ends_with(first_leg_of_second), "{counts:?}");
    }
}

#[test]
fn r2_11_routes_that_are_all_at_their_volume_are_named_so() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), |plan| {
        plan.routes
            .iter_mut()
            .for_each(|route| route.limits = volume(Period::Hour, CountedCalls::Attempts, 1));
    });
    for call in ["call-1", "call-2"] {
        admitted(decide(&node, call, at(0)));
    }
    assert_eq!(rejected(decide(&node, "call-3", at(3599))), Reason::TargetVolumeExceeded);
    admitted(decide(&node, "call-4", at(3600)));
}

#[test]
fn r6_5_a_day_of_25_hours_in_denver_is_one_day_for_a_limit() {
    // 2026-11-01 in Denver is from 06:00 UTC until 07:00 UTC of the next day: day 20758 of 86,400 s each.
    let (from, until) = (20_758 * 86_400 + 6 * 3600, 20_759 * 86_400 + 7 * 3600);
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), |plan| {
        plan.accounts[0].time_zone = "America/Denver".into();
        // The limit of a partition has the clock of the account that pays.
        plan.partitions[0].limits = volume(Period::Day, CountedCalls::Attempts, 1);
    });
    admitted(decide(&node, "the day before", utc(from - 1)));
    admitted(decide(&node, "the first second", utc(from)));
    for (call, sec) in
        [("noon", from + 12 * 3600), ("the 25th hour", until - 3600), ("the last second", until - 1)]
    {
        assert_eq!(rejected(decide(&node, call, utc(sec))), Reason::VolumeExceeded, "{call}");
    }
    admitted(decide(&node, "the day after", utc(until)));
}

/// A second account, in Kolkata, on 127.0.0.11: its hours begin half an hour after those of UTC.
fn add_kolkata(plan: &mut Plan) {
    let account = Account { id: "bose".into(), time_zone: "Asia/Kolkata".into(), ..plan.accounts[0].clone() };
    let trunk = &plan.trunks[0];
    let source = Network { address: [127, 0, 0, 11].into(), ..trunk.sources[0] };
    let trunk =
        Trunk { id: "bose_main".into(), account: "bose".into(), sources: vec![source], ..trunk.clone() };
    plan.accounts.push(account);
    plan.trunks.push(trunk);
}

#[test]
fn r6_5_an_hour_of_accounts_whose_clocks_differ_by_half_an_hour_is_an_hour() {
    const BOSE: [u8; 4] = [127, 0, 0, 11];
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), |plan| {
        add_kolkata(plan);
        plan.partitions[0].limits = volume(Period::Hour, CountedCalls::Attempts, 1);
    });
    let minute = |minute: i64| at(minute * 60);
    admitted(decide(&node, "00:10", minute(10)));
    // In Kolkata it is 06:01: another hour by its clock, and still less than an hour since the count began.
    assert_eq!(rejected(decide_from(&node, BOSE, "00:31", minute(31))), Reason::VolumeExceeded);
    admitted(decide(&node, "01:00", minute(60)));
    assert_eq!(rejected(decide_from(&node, BOSE, "01:31", minute(91))), Reason::VolumeExceeded);
    // The first call of a count says whose hours: from 05:30 on those of Kolkata.
    admitted(decide_from(&node, BOSE, "05:31", minute(331)));
    for time in [360, 389] {
        assert_eq!(rejected(decide(&node, &format!("{time}"), minute(time))), Reason::VolumeExceeded);
    }
    admitted(decide_from(&node, BOSE, "06:30", minute(390)));
}

#[test]
fn r6_5_what_is_used_of_a_partition_is_told_by_the_clock_of_those_who_call() {
    // 2026-10-31 in Denver goes until 06:00 UTC.
    let midnight_utc = 20_758 * 86_400;
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), |plan| {
        plan.accounts[0].time_zone = "America/Denver".into();
        plan.partitions[0].limits = volume(Period::Day, CountedCalls::Attempts, 1);
        plan.partitions[0].members[0].limits = volume(Period::Day, CountedCalls::Attempts, 5);
    });
    let watcher = Watcher::open(&dir.path().join("state")).unwrap();
    let told = |sec: i64| -> Vec<(Scope, u64, u64)> {
        let mapped = watcher.snapshot(utc(sec)).unwrap().unwrap();
        let limits = watcher.limits(&mapped.snapshot(), utc(sec));
        limits.iter().map(|limit| (limit.scope, limit.used, limit.max)).collect()
    };
    admitted(decide(&node, "one", utc(midnight_utc - 60)));
    let used = [(Scope::Partition, 1, 1), (Scope::Membership, 1, 5)];
    assert_eq!(told(midnight_utc - 1), used);
    // Still that day in Denver.
    assert_eq!(rejected(decide(&node, "two", utc(midnight_utc + 3600))), Reason::VolumeExceeded);
    assert_eq!(told(midnight_utc + 3600), used);
    let unused = [(Scope::Partition, 0, 1), (Scope::Membership, 0, 5)];
    assert_eq!(told(midnight_utc + 6 * 3600), unused);
}

#[test]
fn r6_5_a_call_of_an_earlier_period_gives_nothing_back_to_a_later_one() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_account(dir.path(), volume(Period::Hour, CountedCalls::Answered, 1));
    let old = admitted(decide(&node, "old", at(3599)));
    admitted(decide(&node, "new", at(3600)));
    node.ended(old, 487, at(3601)).unwrap();
    assert_eq!(rejected(decide(&node, "second", at(3602))), Reason::VolumeExceeded);
}

#[test]
fn r6_2_minutes_are_reserved_extended_and_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_account(dir.path(), Limits { minutes_per_month_max: Some(3), ..Default::default() });
    let first = admitted(decide(&node, "call-1", at(0)));
    // The dialog's time-out is what is reserved (8.2).
    assert_eq!(node.held(first).unwrap().map(|held| held.held_sec), Some(60));
    node.answered(first, 200, at(0)).unwrap();
    assert_eq!(due(&node, at(29)), [], "31 of 60 s are left");
    assert_eq!(due(&node, at(30)), [(first, Due::Extended { left_sec: 90 })]);
    // 120 of 180 s are reserved: one call fits, no second one.
    let second = admitted(decide(&node, "call-2", at(31)));
    assert_eq!(rejected(decide(&node, "call-3", at(31))), Reason::VolumeExceeded);
    node.ended(second, 487, at(32)).unwrap();
    // 61 s are used, 59 of 120 go back; two more calls of 59 s fit, and 1 s is left.
    node.ended(first, 200, at(61)).unwrap();
    talk(&node, "call-4", 62, 59);
    talk(&node, "call-5", 130, 0);
    talk(&node, "call-6", 200, 60);
    assert_eq!(rejected(decide(&node, "call-7", at(300))), Reason::VolumeExceeded, "180 s are used");
}

#[test]
fn r6_2_a_refused_extension_ends_the_call_when_what_it_has_runs_out() {
    let dir = tempfile::tempdir().unwrap();
    // 0.01 a minute, in blocks of a minute: two minutes are paid for, not three.
    let spend = Some(Nano::parse(b"0.025").unwrap());
    let node = with_account(dir.path(), Limits { spend_per_day_max: spend, ..Default::default() });
    let call = admitted(decide(&node, "call-1", at(0)));
    node.answered(call, 200, at(0)).unwrap();
    assert_eq!(due(&node, at(30)), [(call, Due::Extended { left_sec: 90 })]);
    assert_eq!(rejected(decide(&node, "call-2", at(31))), Reason::SpendExceeded, "0.03 is too much");
    assert_eq!(due(&node, at(90)), []);
    assert_eq!(due(&node, at(119)), []);
    assert_eq!(due(&node, at(120)), [(call, Due::End)]);
    assert_eq!(due(&node, at(124)), [], "named once in 5 s");
    assert_eq!(due(&node, at(125)), [(call, Due::End)]);
    node.ended(call, 200, at(120)).unwrap();
    // 0.02 is used; another 0.01 does not fit.
    assert_eq!(rejected(decide(&node, "call-3", at(126))), Reason::SpendExceeded);
    // Midnight UTC is 86,400 s into the test.
    admitted(decide(&node, "call-4", at(86_400)));
}

#[test]
fn r6_6_counts_go_over_a_restart_and_a_change_of_the_plan() {
    let dir = tempfile::tempdir().unwrap();
    let limits = |calls_max| volume(Period::Day, CountedCalls::Answered, calls_max);
    let node = with_account(dir.path(), limits(3));
    talk(&node, "call-1", 0, 10);
    let second = admitted(decide(&node, "call-2", at(20)));
    node.answered(second, 200, at(20)).unwrap();
    // In set-up at the stop: it is ended by the start, and does not count.
    admitted(decide(&node, "call-3", at(21)));
    drop(node);
    // A higher cap: what was counted stays.
    let node = with_account(dir.path(), limits(4));
    let [_, fourth] = ["call-4", "call-5"].map(|call| admitted(decide(&node, call, at(30))));
    assert_eq!(rejected(decide(&node, "call-6", at(30))), Reason::VolumeExceeded);
    // A lower one: calls finish, none is admitted.
    let mut plan = common::plan(Caps::default());
    plan.accounts[0].limits = limits(2);
    publish(dir.path(), &plan);
    node.publish(&dir.path().join("snapshot")).unwrap();
    node.ended(fourth, 487, at(31)).unwrap();
    assert_eq!(rejected(decide(&node, "call-7", at(32))), Reason::VolumeExceeded);
    node.ended(second, 200, at(40)).unwrap();
    assert_eq!(rejected(decide(&node, "call-8", at(41))), Reason::VolumeExceeded, "two were answered");
}

#[test]
fn r6_2_a_rejected_call_reserves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), |plan| {
        plan.accounts[0].limits = volume(Period::Day, CountedCalls::Attempts, 5);
        plan.trunks[0].limits = volume(Period::Day, CountedCalls::Attempts, 1);
    });
    admitted(decide(&node, "call-1", at(0)));
    for call in 2..20 {
        assert_eq!(rejected(decide(&node, &format!("call-{call}"), at(1))), Reason::VolumeExceeded);
    }
    let mut plan = common::plan(Caps::default());
    plan.accounts[0].limits = volume(Period::Day, CountedCalls::Attempts, 5);
    publish(dir.path(), &plan);
    node.publish(&dir.path().join("snapshot")).unwrap();
    for call in 20..24 {
        admitted(decide(&node, &format!("call-{call}"), at(2)));
    }
    assert_eq!(rejected(decide(&node, "call-24", at(2))), Reason::VolumeExceeded);
}

fn money(text: &str) -> Nano {
    Nano::parse(text.as_bytes()).unwrap()
}

fn spend(a_day: &str) -> Limits {
    Limits { spend_per_day_max: Some(money(a_day)), ..Default::default() }
}

/// `sec` seconds behind noon of a day since 1970.
fn noon(day: i64, sec: i64) -> Now {
    utc(day * 86_400 + 12 * 3600 + sec)
}

#[test]
fn r6_1_spend_begins_anew_each_day_in_any_year() {
    // 2026-11-21; days of 2027 and 2028; the days around 2037-04-15, which is day 24,576 = 6 × 4,096.
    for first in [20_778, 21_000, 21_400, 24_575, 24_576, 24_577] {
        let dir = tempfile::tempdir().unwrap();
        let node = with_account(dir.path(), spend("0.01"));
        for day in first..first + 3 {
            let call = admitted(decide(&node, &format!("first of day {day}"), noon(day, 0)));
            node.answered(call, 200, noon(day, 0)).unwrap();
            node.ended(call, 200, noon(day, 60)).unwrap();
            assert_eq!(rejected(decide(&node, "second", noon(day, 61))), Reason::SpendExceeded, "{day}");
        }
    }
}

#[test]
fn r6_1_what_is_spent_is_settled_in_any_year_whenever_the_limit_was_first_asked() {
    for day in [20_779, 21_000, 21_400, 24_576] {
        let dir = tempfile::tempdir().unwrap();
        let node = with_account(dir.path(), spend("0.01"));
        // Asked before anything is spent.
        let call = admitted(decide(&node, "nobody answers", noon(20_778, 0)));
        node.ended(call, 487, noon(20_778, 1)).unwrap();
        let call = admitted(decide(&node, "paid", noon(day, 0)));
        node.answered(call, 200, noon(day, 0)).unwrap();
        node.ended(call, 200, noon(day, 60)).unwrap();
        // A start counts anew, from what is settled.
        drop(node);
        let node = with_account(dir.path(), spend("0.01"));
        assert_eq!(rejected(decide(&node, "too much", noon(day, 61))), Reason::SpendExceeded, "{day}");
    }
}

#[test]
fn r6_2_a_route_without_room_for_a_first_interval_is_left_out_before_routes_are_cut() {
    // Of two minutes 119 s are used: 60 s do not fit. With one route a call, `dear` takes it, and not nobody.
    let minutes = Limits { minutes_per_month_max: Some(2), ..Default::default() };
    for (limits, used_sec) in [(minutes, 119), (spend("0.025"), 119)] {
        let dir = tempfile::tempdir().unwrap();
        let node = node(dir.path(), |plan| {
            plan.partitions[0].max_results = 1;
            plan.routes[0].limits = limits.clone();
        });
        let call = admitted(decide(&node, "call-1", at(0)));
        assert!(dial(&node, call, 0, at(0)).unwrap().ends_with("21:5060"));
        node.answered(call, 200, at(0)).unwrap();
        node.ended(call, 200, at(used_sec)).unwrap();
        let call = admitted(decide(&node, "call-2", at(200)));
        assert!(dial(&node, call, 0, at(200)).unwrap().ends_with("22:5060"), "{limits:?}");
    }
}

#[test]
fn r6_2_an_extension_that_costs_nothing_is_never_refused() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), |plan| {
        plan.accounts[0].limits = spend("0.015");
        // A destination that is sold at nothing, beside one at 0.01 a minute.
        let mut free = plan.decks[0].versions[0].rows[0].clone();
        free.prefix = Digits::new(b"1303").unwrap();
        free.prices.default = Price::PerMin(Nano(0));
        plan.decks[0].versions[0].rows.push(free);
        for deck in &mut plan.decks[1..] {
            let mut other = deck.versions[0].rows[0].clone();
            other.prefix = Digits::new(b"1303").unwrap();
            deck.versions[0].rows.push(other);
        }
    });
    let paid = admitted(decide(&node, "paid", at(0)));
    node.answered(paid, 200, at(0)).unwrap();
    let free = admitted(decide_to(&node, "free", "13035550100", at(0)));
    node.answered(free, 200, at(0)).unwrap();
    // The paid call's end is told late: 0.02 are used of 0.015.
    node.ended(paid, 200, at(75)).unwrap();
    for sec in [30, 60, 90, 120, 150] {
        assert!(!due(&node, at(sec)).contains(&(free, Due::End)), "{sec}");
    }
}

#[test]
fn r6_2_a_refused_call_lowers_no_cap_for_those_in_flight() {
    let dir = tempfile::tempdir().unwrap();
    let minutes = |max| Limits { minutes_per_month_max: Some(max), ..Default::default() };
    let node = with_account(dir.path(), minutes(100));
    talk(&node, "settled", 0, 30);
    let call = admitted(decide(&node, "call-1", at(100)));
    node.answered(call, 200, at(100)).unwrap();
    let mut plan = common::plan(Caps::default());
    plan.accounts[0].limits = minutes(2);
    publish(dir.path(), &plan);
    node.publish(&dir.path().join("snapshot")).unwrap();
    // 90 of 120 s are used and reserved; 60 more do not fit, and the call in flight keeps the cap it was admitted under.
    assert_eq!(rejected(decide(&node, "call-2", at(110))), Reason::VolumeExceeded);
    assert_eq!(due(&node, at(130)), [(call, Due::Extended { left_sec: 90 })]);
}

/// Publishes the small plan with other limits of the account, sold at `per_min` in blocks of `block_sec`.
fn publish_price(node: &Node, directory: &Path, limits: Limits, per_min: &str, block_sec: u32) {
    let mut plan = common::plan(Caps::default());
    plan.accounts[0].limits = limits;
    let row = &mut plan.decks[0].versions[0].rows[0];
    row.prices.default = Price::PerMin(money(per_min));
    let terms = row.terms_mut();
    (terms.first_sec, terms.increment_sec) = (block_sec, block_sec);
    publish(directory, &plan);
    node.publish(&directory.join("snapshot")).unwrap();
}

#[test]
fn r6_2_a_price_that_has_risen_at_the_answer_reserves_what_it_asks_for() {
    let dir = tempfile::tempdir().unwrap();
    let node = with_account(dir.path(), spend("0.15"));
    let call = admitted(decide(&node, "call-1", at(0)));
    publish_price(&node, dir.path(), spend("0.15"), "0.1", 60);
    node.answered(call, 200, at(1)).unwrap();
    // 0.1 are reserved, not the 0.01 of the decision: another 0.1 do not fit.
    assert_eq!(rejected(decide(&node, "call-2", at(2))), Reason::SpendExceeded);
    assert_eq!(node.volumes_off(), []);
    node.ended(call, 200, at(21)).unwrap();
    assert_eq!(rejected(decide(&node, "call-3", at(22))), Reason::SpendExceeded, "0.1 are used");
    assert_eq!(node.volumes_off(), []);
}

#[test]
fn r6_2_a_call_that_has_no_room_for_its_new_price_lasts_as_long_as_what_it_has_reserved_pays() {
    let minutes = Some(2);
    // 0.01 was reserved for 60 s. Two blocks of 30 s at 0.02 a minute are 0.02, and only one is paid for; of one of 60 s at
    // 0.1 a minute nothing is.
    for (cap, per_min, block_sec, left_sec, reserved_sec) in
        [("0.015", "0.02", 30, 29, 30), ("0.05", "0.1", 60, 1, 0)]
    {
        let dir = tempfile::tempdir().unwrap();
        let limits = Limits { minutes_per_month_max: minutes, ..spend(cap) };
        let node = with_account(dir.path(), limits.clone());
        let call = admitted(decide(&node, "call-1", at(0)));
        publish_price(&node, dir.path(), limits, per_min, block_sec);
        node.answered(call, 200, at(1)).unwrap();
        assert_eq!(node.held(call).unwrap().map(|held| held.held_sec), Some(reserved_sec), "{per_min}");
        assert_eq!(node.volumes_off(), [], "minutes that it no longer has are given back");
        assert_eq!(due(&node, at(2)), [(call, Due::Extended { left_sec })]);
        assert_eq!(due(&node, at(3)), []);
        assert_eq!(due(&node, at(31)), [(call, Due::End)]);
    }
}

#[test]
fn r6_2_a_first_block_that_has_become_longer_is_reserved_at_the_answer_if_there_is_room() {
    // 180 s of a month, or 60, of which the decision reserves 60: by the price of the answer the first block is of 90.
    for (minutes, spend_max, held_sec) in [(3, "1", 90), (1, "1", 60), (3, "0.014", 0)] {
        let dir = tempfile::tempdir().unwrap();
        let limits = Limits { minutes_per_month_max: Some(minutes), ..spend(spend_max) };
        let node = with_account(dir.path(), limits.clone());
        let call = admitted(decide(&node, "call-1", at(0)));
        publish_price(&node, dir.path(), limits, "0.01", 90);
        node.answered(call, 200, at(0)).unwrap();
        // 90 s are 0.015.
        let held = node.held(call).unwrap().map(|held| held.held_sec);
        assert_eq!((held, node.volumes_off()), (Some(held_sec), vec![]), "{minutes} minutes, {spend_max}");
    }
}

#[test]
fn r6_5_a_later_leg_counts_in_the_period_of_the_decision() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), |plan| {
        plan.routes[1].limits = volume(Period::Hour, CountedCalls::Attempts, 1);
    });
    let late = admitted(decide(&node, "decided in the first hour", at(3595)));
    assert!(dial(&node, late, 503, at(3605)).unwrap().ends_with("22:5060"));
    let next = admitted(decide(&node, "decided in the second", at(3606)));
    assert!(dial(&node, next, 503, at(3607)).unwrap().ends_with("22:5060"), "its hour has had no attempt");
}
