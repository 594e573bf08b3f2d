//! A call from its decision to its record; events that come twice, late, out of order; restarts.

mod common;

use common::{Caps, admitted, at, decide, dial, node, publish, rejected};
use proptest::prelude::*;
use rating_core::limit::{Dimension, Limit};
use rating_core::live::Now;
use rating_core::money::Nano;
use rating_core::reject::Reason;
use rating_node::calls::table::{CallKey, Inserted};
use rating_node::calls::{CallError, LockedCall};
use rating_node::segments::{CallRecord, Reader, SegmentWriter, Sweeper, sweep};
use rating_node::{Handle, Node, Verdict};

/// Writes what has ended and reads all records.
fn records(node: &Node, directory: &std::path::Path) -> Vec<CallRecord> {
    let segments = common::segments(directory);
    let mut writer = SegmentWriter::new(&segments, 1, 1 << 20).unwrap();
    sweep(node, &mut Sweeper::default(), &mut writer, at(0).utc_ns).unwrap();
    Reader::open(&segments).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn r7_a_call_that_fails_over_is_rated_by_the_leg_that_answered() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps { cheap_calls: Some(5), dear_calls: Some(5), ..Caps::default() });
    let handle = admitted(decide(&node, "call-1", at(0)));
    assert_eq!(dial(&node, handle, 0, at(0)).as_deref(), Some("sip:+13125550123@127.0.0.21:5060"));
    assert_eq!(dial(&node, handle, 503, at(1)).as_deref(), Some("sip:+13125550123@127.0.0.22:5060"));
    node.ringing(handle, 180, at(2)).unwrap();
    node.answered(handle, 200, at(3)).unwrap();
    assert_eq!(node.stats().calls_held(), 1);
    node.ended(handle, 0, at(34)).unwrap();
    assert_eq!(node.stats().gauges_held, (0, 0));

    let record = records(&node, dir.path()).remove(0);
    // 31 s. Bought 6/6: 36 s at 0.012 a minute is 0.0072, and the fee of 0.001. Sold 60/60: 60 s at 0.01.
    assert_eq!((record.duration_sec, record.buy_billed_sec, record.sell_billed_sec), (31, 36, 60));
    assert_eq!((record.cost, record.price), (Nano(8_200_000), Nano(10_000_000)));
    let names = [&record.account, &record.trunk, &record.partition, &record.currency];
    assert_eq!(names, ["acme", "acme_main", "all", "USD"]);
    let legs: Vec<_> = record.legs.iter().map(|leg| (leg.route.as_str(), leg.sip_code)).collect();
    assert_eq!(legs, [("cheap", 503), ("dear", 200)]);
    assert_eq!(record.legs[1].provider, "mesa");
    assert_eq!(record.legs[1].prefix, "1312");
    assert_eq!((record.disposition(), record.sip_code), ("answered", 200));
    assert_eq!((record.ringing_ns, record.answered_ns), (at(2).utc_ns, at(3).utc_ns));
    assert_eq!(node.stats().ended, 0, "its entry is free");
}

#[test]
fn r9_2_a_clock_that_is_put_right_during_a_call_changes_no_bill() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    for (call_id, step_sec) in [("back", -3600), ("forth", 3600)] {
        let handle = admitted(decide(&node, call_id, at(0)));
        node.answered(handle, 200, at(1)).unwrap();
        let mut end = at(62);
        end.utc_ns += step_sec * common::SEC_NS;
        node.ended(handle, 200, end).unwrap();
    }
    for record in records(&node, dir.path()) {
        // 61 s: two minutes at 0.01.
        assert_eq!((record.duration_sec, record.price), (61, Nano(20_000_000)), "{}", record.call_id);
        assert_eq!(record.ended_ns, at(62).utc_ns, "answer and end are as far apart as is billed");
    }
}

#[test]
fn r9_1_a_call_that_was_not_answered_costs_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let handle = admitted(decide(&node, "call-1", at(0)));
    assert!(dial(&node, handle, 0, at(0)).is_some());
    assert_eq!(dial(&node, handle, 486, at(1)), None, "486 stops a call (7.2)");
    node.ended(handle, 486, at(1)).unwrap();
    let record = records(&node, dir.path()).remove(0);
    assert_eq!((record.cost, record.price, record.disposition()), (Nano::ZERO, Nano::ZERO, "busy"));
    assert_eq!(record.legs.len(), 1, "the leg that was not tried is not in the record");
}

#[test]
fn r7_2_codes_that_lead_to_the_next_leg() {
    let next = [403, 404, 408, 480, 488, 500, 502, 503, 504, 599];
    let stop = [400, 401, 405, 487, 600, 603, 607, 200, 302];
    for is_campaign in [false, true] {
        let hunts_after = |code| rating_node::hunts_after(code, is_campaign);
        assert!(next.into_iter().all(hunts_after));
        assert!(!stop.into_iter().any(hunts_after));
        assert_eq!(hunts_after(486), is_campaign);
    }
}

#[test]
fn r7_1_a_retransmission_has_the_same_handle_and_no_second_hold() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps { account_calls: Some(1), ..Caps::default() });
    let handle = admitted(decide(&node, "call-1", at(0)));
    publish(dir.path(), &common::plan(Caps { account_calls: Some(7), ..Caps::default() }));
    assert_eq!(node.publish(&dir.path().join("snapshot")).unwrap(), 2);
    match decide(&node, "call-1", at(1)) {
        Verdict::Admitted { handle: again, decision: None, .. } => assert_eq!(again, handle),
        other => panic!("{other:?}"),
    }
    assert_eq!(node.stats().gauges_held, (1, 1));
}

#[test]
fn r7_1_a_replayed_invite_does_not_end_the_answered_call() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps { account_calls: Some(1), ..Caps::default() });
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.answered(handle, 200, at(3)).unwrap();
    assert_eq!(admitted(decide(&node, "call-1", at(30))), handle);
    assert_eq!(dial(&node, handle, 0, at(30)), None, "there is no leg to try");
    for code in [300, 487, 503, 603] {
        assert_eq!(node.ended(handle, code, at(30)), Ok(()));
    }
    assert_eq!((node.stats().answered, node.stats().gauges_held), (1, (1, 1)));
    node.ended(handle, 200, at(63)).unwrap();
    let record = records(&node, dir.path()).remove(0);
    assert_eq!((record.duration_sec, record.sip_code), (60, 200));
}

#[test]
fn r7_1_a_rejected_call_is_rejected_again_and_recorded_once() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps { trunk_calls: Some(1), ..Caps::default() });
    let first = admitted(decide(&node, "call-1", at(0)));
    assert_eq!(rejected(decide(&node, "call-2", at(0))), Reason::ConcurrencyExceeded);
    node.ended(first, 0, at(1)).unwrap();
    assert_eq!(rejected(decide(&node, "call-2", at(1))), Reason::ConcurrencyExceeded);
    let records = records(&node, dir.path());
    let reasons: Vec<_> = records.iter().map(|record| record.reason).collect();
    assert_eq!(reasons.len(), 2);
    assert!(reasons.contains(&Some(Reason::ConcurrencyExceeded)));
    // Once written, the same call is a new one.
    admitted(decide(&node, "call-2", at(2)));
}

#[test]
fn r2_11_a_full_route_is_passed_over_and_all_full_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps { cheap_calls: Some(1), dear_calls: Some(1), ..Caps::default() });
    let first = admitted(decide(&node, "call-1", at(0)));
    let second = admitted(decide(&node, "call-2", at(0)));
    assert!(dial(&node, first, 0, at(0)).unwrap().ends_with("21:5060"));
    assert!(dial(&node, second, 0, at(0)).unwrap().ends_with("22:5060"));
    assert_eq!(rejected(decide(&node, "call-3", at(0))), Reason::TargetConcurrencyExceeded);
    // The leg's hold is let go when the leg fails, and can be taken by another call.
    assert_eq!(dial(&node, first, 503, at(1)), None, "the other route is full");
    let third = admitted(decide(&node, "call-4", at(1)));
    assert!(dial(&node, third, 0, at(1)).unwrap().ends_with("21:5060"));
}

#[test]
fn r7_1_a_handle_is_never_valid_for_another_call() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps { account_calls: Some(1), ..Caps::default() });
    let first = admitted(decide(&node, "call-1", at(0)));
    node.ended(first, 0, at(1)).unwrap();
    records(&node, dir.path());
    let second = admitted(decide(&node, "call-2", at(2)));
    assert_eq!(first.0 & 0xff_ffff, second.0 & 0xff_ffff, "the same entry");
    assert_eq!(node.ended(first, 0, at(3)), Err(CallError::Unknown));
    assert_eq!(node.stats().calls_held(), 1);
}

#[test]
fn r7_3_a_leg_reported_as_failed_twice_moves_the_call_on_once() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let handle = admitted(decide(&node, "call-1", at(0)));
    let mut buffer = [0u8; 128];
    for _ in 0..2 {
        let leg = node.next_after(handle, 0, 503, at(1), &mut buffer).unwrap().unwrap();
        assert_eq!(leg.index, 1);
    }
}

#[test]
fn a_call_in_setup_keeps_the_snapshot_it_was_decided_on() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let handle = admitted(decide(&node, "call-1", at(0)));
    let mut plan = common::plan(Caps::default());
    plan.gateways[1].dial_string = "sip:${number}@192.0.2.9".into();
    publish(dir.path(), &plan);
    // Another process that has never seen the first snapshot.
    let other = Node::attach(&common::config(dir.path())).unwrap();
    assert_eq!(other.newest().number(), 2);
    assert_eq!(dial(&other, handle, 503, at(1)).as_deref(), Some("sip:+13125550123@127.0.0.22:5060"));
    let late = admitted(decide(&node, "call-2", at(1)));
    assert_eq!(dial(&node, late, 503, at(1)).as_deref(), Some("sip:13125550123@192.0.2.9"));
}

#[test]
fn a_full_table_refuses_calls_until_records_are_written() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let handles: Vec<Handle> =
        (0..64).map(|call| admitted(decide(&node, &format!("call-{call}"), at(0)))).collect();
    assert_eq!(rejected(decide(&node, "one-more", at(0))), Reason::CallTableFull);
    handles.into_iter().for_each(|handle| node.ended(handle, 0, at(1)).unwrap());
    assert_eq!(rejected(decide(&node, "one-more", at(1))), Reason::CallTableFull);
    assert_eq!(records(&node, dir.path()).len(), 64);
    admitted(decide(&node, "one-more", at(2)));
}

#[test]
fn strangers_fill_no_more_than_half_of_the_table() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let knock =
        |call: u32| rejected(common::decide_from(&node, [192, 0, 2, 1], &format!("knock-{call}"), at(0)));
    assert!((0..100).all(|call| knock(call) == Reason::UnknownTrunk));
    // Of 64 entries: 32 are half.
    assert_eq!((node.stats().ended, node.stats().unrecorded), (32, 68));
    assert_eq!(node.stats().rejected, [(Reason::UnknownTrunk, 100)]);
    // A customer finds room, up to the last entry.
    for call in 0..32 {
        admitted(decide(&node, &format!("call-{call}"), at(0)));
    }
    assert_eq!(rejected(decide(&node, "one-more", at(0))), Reason::CallTableFull);
    // Below half again, strangers have records again, also after a restart has counted anew.
    assert_eq!(records(&node, dir.path()).len(), 32);
    drop(node);
    let node = Node::attach(&common::config(dir.path())).unwrap();
    assert_eq!(records(&node, dir.path()).len(), 64, "the restart ended calls in set-up");
    rejected(common::decide_from(&node, [192, 0, 2, 1], "knock", at(1)));
    assert_eq!(node.stats().ended, 1);
}

#[test]
fn r6_6_a_restart_repairs_what_a_death_left_and_keeps_answered_calls() {
    let dir = tempfile::tempdir().unwrap();
    let caps = Caps { account_calls: Some(9), ..Caps::default() };
    let node = node(dir.path(), caps);
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.answered(handle, 200, at(1)).unwrap();
    // Dies while it changes a call, while it decides one, and between a gauge and its entry.
    std::mem::forget(LockedCall::lock(node.calls(), handle).unwrap());
    match node.calls().insert(CallKey([1, 2])) {
        Inserted::New(call) => std::mem::forget(call),
        other => panic!("{other:?}"),
    }
    let (slot, held) = node.shm().limits().gauges().next().unwrap();
    assert_eq!(held, 1);
    node.shm().limits().take_gauge(slot, 9).unwrap();
    drop(node);

    let node = Node::attach(&common::config(dir.path())).unwrap();
    assert_eq!(node.gauges_off(), []);
    assert_eq!((node.stats().answered, node.stats().gauges_held), (1, (1, 1)));
    assert_eq!(admitted(decide(&node, "call-1", at(1))), handle, "still found by its key");
    node.ended(handle, 0, at(2)).unwrap();
    assert_eq!(node.stats().gauges_held, (0, 0));
    assert!(!records(&node, dir.path()).remove(0).recovered);
}

#[test]
fn a_restart_ends_calls_in_setup_and_publishing_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let caps = Caps { account_calls: Some(2), ..Caps::default() };
    let first = node(dir.path(), caps);
    admitted(decide(&first, "admitted", at(0)));
    let ringing = admitted(decide(&first, "ringing", at(0)));
    first.ringing(ringing, 180, at(1)).unwrap();
    drop(first);

    let node = Node::attach(&common::config(dir.path())).unwrap();
    assert_eq!((node.stats().in_setup, node.stats().gauges_held), (0, (0, 0)));
    assert_eq!(node.gauges_off(), []);
    let records = records(&node, dir.path());
    assert_eq!(records.len(), 2);
    for record in records {
        assert!(record.recovered);
        assert_eq!((record.disposition(), record.duration_sec, record.price), ("failed", 0, Nano::ZERO));
        assert!(record.ended_ns > record.decided_ns);
    }
    // More generations than are kept: nobody holds the first one any more.
    for round in 1..=9 {
        publish(dir.path(), &common::plan(Caps { account_calls: Some(2 + round), ..Caps::default() }));
        assert_eq!(node.publish(&dir.path().join("snapshot")).unwrap(), 1 + u64::from(round));
    }
}

#[test]
fn a_reboot_ends_every_call_at_the_last_moment_known() {
    let dir = tempfile::tempdir().unwrap();
    let first = node(dir.path(), Caps { account_calls: Some(5), ..Caps::default() });
    let handle = admitted(decide(&first, "answered", at(0)));
    first.answered(handle, 200, at(10)).unwrap();
    admitted(decide(&first, "in-setup", at(20)));
    let mut writer = SegmentWriter::new(&common::segments(dir.path()), 1, 1 << 20).unwrap();
    // The agent's last sign of life, 95 s after the answer.
    sweep(&first, &mut Sweeper::default(), &mut writer, at(105).utc_ns).unwrap();
    first.shm().header().boot_id[0].set(!first.shm().header().boot_id[0].get());
    // After the reboot the agent comes before Kamailio: it does not know of the calls' end.
    sweep(&first, &mut Sweeper::default(), &mut writer, at(9000).utc_ns).unwrap();
    drop(first);

    let node = Node::attach(&common::config(dir.path())).unwrap();
    assert_eq!((node.stats().calls_held(), node.stats().gauges_held), (0, (0, 0)));
    let mut records = records(&node, dir.path());
    records.sort_by_key(|record| record.decided_ns);
    assert_eq!(records.iter().map(|record| record.recovered).collect::<Vec<_>>(), [true, true]);
    // 95 s. Bought at 0.006 a minute, 30/6: 96 s are 0.0096. Sold at 0.01 a minute, 60/60: 120 s are 0.02.
    assert_eq!((records[0].disposition(), records[0].sip_code), ("answered", 200));
    assert_eq!((records[0].duration_sec, records[0].ended_ns), (95, at(105).utc_ns));
    assert_eq!((records[0].cost, records[0].price), (Nano(9_600_000), Nano(20_000_000)));
    assert_eq!((records[1].duration_sec, records[1].price), (0, Nano::ZERO));
}

#[test]
fn r7_4_a_reboot_bills_no_call_to_what_was_before_its_answer_by_a_clock_that_was_put_back() {
    let dir = tempfile::tempdir().unwrap();
    let first = node(dir.path(), Caps::default());
    let handle = admitted(decide(&first, "call-1", at(3600)));
    first.answered(handle, 200, Now { utc_ns: at(10).utc_ns, ..at(3610) }).unwrap();
    first.alive(handle, Now { utc_ns: at(70).utc_ns, ..at(3670) }).unwrap();
    first.shm().header().boot_id[0].set(!first.shm().header().boot_id[0].get());
    drop(first);
    let node = Node::attach(&common::config(dir.path())).unwrap();
    let record = records(&node, dir.path()).remove(0);
    assert_eq!((record.duration_sec, record.ended_ns), (60, at(70).utc_ns), "no agent was there");
}

#[test]
fn a_second_process_does_not_repair() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps { account_calls: Some(9), ..Caps::default() });
    let handle = admitted(decide(&node, "call-1", at(0)));
    let busy = LockedCall::lock(node.calls(), handle).unwrap();
    drop(Node::attach(&common::config(dir.path())).unwrap());
    assert_eq!(
        LockedCall::lock(node.calls(), handle).err(),
        Some(CallError::Stuck),
        "the lock is still the first one's"
    );
    drop(busy);
}

#[test]
fn a_call_whose_holder_is_slow_is_ended_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps { account_calls: Some(9), ..Caps::default() });
    let handle = admitted(decide(&node, "call-1", at(0)));
    let busy = LockedCall::lock(node.calls(), handle).unwrap();
    let (asked, asking) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let end = scope.spawn(|| {
            asked.send(()).unwrap();
            node.ended(handle, 487, at(1))
        });
        asking.recv().unwrap();
        // Others, who come later, give up twice over before the call is let go.
        for _ in 0..2 {
            assert_eq!(node.ringing(handle, 180, at(1)), Err(CallError::Stuck));
        }
        drop(busy);
        assert_eq!(end.join().unwrap(), Ok(()));
    });
    assert_eq!((node.stats().ended, node.stats().gauges_held), (1, (0, 0)));
}

#[test]
fn r7_1_a_retransmission_of_a_call_that_is_held_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let handle = admitted(decide(&node, "call-1", at(0)));
    let busy = LockedCall::lock(node.calls(), handle).unwrap();
    assert_eq!(rejected(decide(&node, "call-1", at(1))), Reason::CallTableFull);
    drop(busy);
    assert_eq!(admitted(decide(&node, "call-1", at(2))), handle);
}

#[test]
fn a_damaged_snapshot_does_not_replace_a_live_one() {
    let dir = tempfile::tempdir().unwrap();
    let first = node(dir.path(), Caps::default());
    std::fs::remove_file(dir.path().join("snapshot")).unwrap();
    std::fs::write(dir.path().join("snapshot"), b"not a snapshot").unwrap();
    assert!(first.publish(&dir.path().join("snapshot")).is_err());
    let second = Node::attach(&common::config(dir.path())).unwrap();
    assert!(second.warning().is_some());
    admitted(decide(&second, "call-1", at(0)));
}

#[test]
fn a_node_starts_again_when_the_kept_snapshot_is_another_file_or_gone() {
    let dir = tempfile::tempdir().unwrap();
    drop(node(dir.path(), Caps::default()));
    // As after a restore from a backup: the same bytes, other inodes.
    let kept = |generation: u32| dir.path().join(format!("state.snapshot-{generation}"));
    for path in [dir.path().join("snapshot"), kept(1)] {
        let copy = dir.path().join("copy");
        std::fs::write(&copy, std::fs::read(&path).unwrap()).unwrap();
        std::fs::rename(copy, path).unwrap();
    }
    let node = Node::attach(&common::config(dir.path())).unwrap();
    assert_eq!((node.warning(), node.newest().number()), (None, 2));
    admitted(decide(&node, "call-1", at(0)));
    drop(node);
    std::fs::remove_file(kept(2)).unwrap();
    let node = Node::attach(&common::config(dir.path())).unwrap();
    assert_eq!((node.warning(), node.newest().number()), (None, 3));
    assert_eq!(node.publish(&dir.path().join("snapshot")).unwrap(), 3, "what is kept is not kept again");
}

#[test]
fn a_snapshot_that_could_not_be_mapped_is_tried_again_a_second_later() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let agent = Node::attach_agent(&common::config(dir.path())).unwrap();
    publish(dir.path(), &common::plan(Caps { account_calls: Some(7), ..Caps::default() }));
    assert_eq!(agent.publish(&dir.path().join("snapshot")).unwrap(), 2);
    let (kept, away) = (dir.path().join("state.snapshot-2"), dir.path().join("away"));
    std::fs::rename(&kept, &away).unwrap();
    let generation = |call_id: &str, now| match decide(&node, call_id, now) {
        Verdict::Admitted { generation, .. } => generation,
        other => panic!("{other:?}"),
    };
    assert_eq!((generation("call-1", at(0)), node.stats().refresh_failures), (1, 1));
    std::fs::rename(&away, &kept).unwrap();
    let mut half_a_second_on = at(0);
    half_a_second_on.monotonic_ns += 500_000_000;
    assert_eq!(generation("call-2", half_a_second_on), 1, "it rests");
    assert_eq!((generation("call-3", at(1)), node.stats().refresh_failures), (2, 1));
}

#[test]
fn a_gauge_is_not_a_pace() {
    // One key, one slot: what two dimensions of one owner must not share is their key.
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let limit = |key| Limit { key, dimension: Dimension::Concurrency { calls_max: 1 }, zone: 0 };
    let table = node.shm().limits();
    assert_eq!(table.slot(&limit(77)).unwrap(), table.slot(&limit(77)).unwrap());
    assert_ne!(table.slot(&limit(77)).unwrap(), table.slot(&limit(77 + 65_536)).unwrap());
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Decide(u8),
    Next(u8, u16),
    Ringing(u8),
    Answered(u8),
    Ended(u8, u16),
    Sweep,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let call = 0u8..6;
    let code = prop_oneof![Just(0u16), Just(503), Just(486)];
    let event = prop_oneof![
        3 => call.clone().prop_map(Event::Decide),
        3 => (call.clone(), code).prop_map(|(call, code)| Event::Next(call, code)),
        2 => call.clone().prop_map(Event::Ringing),
        2 => call.clone().prop_map(Event::Answered),
        2 => (call, prop_oneof![Just(0u16), Just(487)]).prop_map(|(call, code)| Event::Ended(call, code)),
        1 => Just(Event::Sweep),
    ];
    proptest::collection::vec(event, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn r7_3_whatever_events_come_everything_is_let_go_once(events in events()) {
        let dir = tempfile::tempdir().unwrap();
        let caps = Caps {
            account_calls: Some(4), cheap_calls: Some(2), dear_calls: Some(3), ..Caps::default()
        };
        let node = node(dir.path(), caps);
        let mut handles = [Handle(1 << 24); 6];
        let mut alive = std::collections::HashSet::new();
        let mut answered = std::collections::HashSet::new();
        for (sec, event) in events.into_iter().enumerate() {
            let now = at(sec as i64);
            match event {
                Event::Decide(call) => {
                    if let Verdict::Admitted { handle, decision, .. } = decide(&node, &format!("{call}"), now) {
                        handles[usize::from(call)] = handle;
                        if decision.is_some() { alive.insert(handle); }
                    }
                }
                Event::Next(call, code) => {
                    let _ = node.next(handles[usize::from(call)], code, now, &mut [0u8; 128]);
                }
                Event::Ringing(call) => { let _ = node.ringing(handles[usize::from(call)], 180, now); }
                Event::Answered(call) => {
                    let _ = node.answered(handles[usize::from(call)], 200, now);
                    answered.insert(handles[usize::from(call)]);
                }
                Event::Ended(call, code) => {
                    let handle = handles[usize::from(call)];
                    let _ = node.ended(handle, code, now);
                    // A failure does not end an answered call.
                    if code == 0 || !answered.contains(&handle) { alive.remove(&handle); }
                }
                Event::Sweep => { records(&node, dir.path()); }
            }
            prop_assert_eq!(node.gauges_off(), vec![]);
            prop_assert_eq!(node.stats().calls_held() as usize, alive.len());
        }
        for handle in alive {
            node.ended(handle, 0, at(999)).unwrap();
            node.ended(handle, 0, at(999)).unwrap();
        }
        prop_assert_eq!(node.stats().gauges_held, (0, 0));
    }
}
