//! The protocols of shared memory, run by threads on one mapping: calls that are decided, moved on and ended, the same
//! calls by several threads at once, what is due, leases that grow and shrink, a sweeper, readings of everything.
//!
//! Under ThreadSanitizer (`make tsan`) the cells of an entry are plain memory: whoever reaches one without the lock,
//! or before what was written is published, is reported. The second test is for that: it comes by no lock of the
//! standard library, which would put threads in an order that processes do not have. Without the sanitizer both find
//! what lost updates leave.

mod common;

use std::sync::atomic::{AtomicU64, Ordering};

use common::{Caps, at, plan, request_of};
use rating_core::live::Now;
use rating_core::plan::{Limits, Wallet};
use rating_core::route::{Call, Origin};
use rating_node::calls::entry::Holder;
use rating_node::calls::table::{CallKey, Inserted};
use rating_node::calls::{LockedCall, State};
use rating_node::segments::{SegmentWriter, Sweeper, sweep};
use rating_node::{Config, Handle, Node, Verdict};

const WORKERS: u64 = 4;
const CALLS: u64 = 1500;

fn node(directory: &std::path::Path) -> Node {
    let mut plan =
        plan(Caps { trunk_calls: Some(12), cheap_calls: Some(4), dear_calls: Some(20), ..Caps::default() });
    plan.accounts[0].limits =
        Limits { minutes_per_month_max: Some(1_000_000), cps_milli: Some(900_000_000), ..Limits::default() };
    plan.accounts[0].wallets = vec![Wallet { id: "main".into(), ..Default::default() }];
    common::publish(directory, &plan);
    Node::attach(&Config { calls_max: 4096, ..common::config(directory) }).unwrap()
}

/// A call that four threads make: each number twice by each of two of them.
fn decide(node: &Node, number: u64, now: Now) -> Option<Handle> {
    let call_id = format!("call-{number}");
    let call_id = call_id.as_bytes();
    let origin = Origin::Source([127, 0, 0, 10].into());
    let call = Call { call_id, ..Call::new(origin, b"12125550142", b"13125550123") };
    match node.decide(&request_of(call), now) {
        Verdict::Admitted { handle, .. } => Some(handle),
        Verdict::Rejected { .. } => None,
    }
}

/// Makes calls, of which another thread makes the same.
fn work(node: &Node, worker: u64) {
    let mut dial = [0u8; 128];
    for call in 0..CALLS {
        let now = at((call / 16).cast_signed());
        let Some(handle) = decide(node, (worker / 2) << 32 | call, now) else { continue };
        // Each of these may come when the other thread has ended the call: then it is refused, and changes nothing.
        let _ = node.next(handle, 0, now, &mut dial);
        if call % 3 == 0 {
            let _ = node.next(handle, 503, now, &mut dial);
        }
        let _ = node.ringing(handle, 180, now);
        if call % 2 == 0 {
            let _ = node.answered(handle, 200, now);
            let _ = node.alive(handle, now);
        }
        let _ = node.held(handle);
        let _ = node.ended(handle, 200, at((call / 16 + call % 90).cast_signed()));
    }
}

#[test]
fn threads_on_one_mapping_leave_everything_at_rest() {
    let dir = tempfile::tempdir().unwrap();
    let node = &node(dir.path());
    let wallet = node.newest().snapshot().wallets()[0].to_wallet();
    let slot = node.shm().wallets().slot(&wallet).unwrap();
    node.grant(slot, 50_000_000, 0);
    let working = &AtomicU64::new(WORKERS);
    let is_over = || working.load(Ordering::Acquire) == 0;
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            scope.spawn(move || {
                work(node, worker);
                working.fetch_sub(1, Ordering::AcqRel);
            });
        }
        scope.spawn(|| {
            let mut writer = SegmentWriter::new(&common::segments(dir.path()), 1, 1 << 20).unwrap();
            let mut sweeper = Sweeper::default();
            while !is_over() {
                sweep(node, &mut sweeper, &mut writer, at(0).utc_ns).unwrap();
            }
            sweep(node, &mut sweeper, &mut writer, at(0).utc_ns).unwrap();
        });
        scope.spawn(|| {
            let mut granted = 50_000_000;
            while !is_over() {
                node.due(at(30), |_, _| {});
                node.expire(at(30));
                // The agent's lease, up and down.
                granted = node.shrink(slot, granted - 20_000_000) + 60_000_000;
                node.grant(slot, granted, 5);
                let _ = (node.stats(), node.losses(), node.quality(at(30)));
                let _ = node.repair_dead();
            }
        });
    });
    let stats = node.stats();
    assert_eq!((stats.calls_held(), stats.gauges_held), (0, (0, 0)), "{stats:?}");
    assert_eq!((node.gauges_off(), node.volumes_off()), (vec![], vec![]));
    assert_eq!(node.wallets_off(), []);
    assert!(stats.admitted > 0 && stats.records_written > 0, "{stats:?}");
}

/// What a thread writes into a call that it has locked, over what another has written.
fn change(call: &LockedCall<'_>, by: u64) {
    let before = call.decided_ns.get();
    assert_eq!(before, call.answered_ns.get(), "what was written together is read together");
    call.decided_ns.set(before + by);
    call.answered_ns.set(before + by);
    call.ringing_ns.set(call.ringing_ns.get() + 1);
}

/// Makes calls of the table, changes those that other threads have made, and ends them.
fn change_calls(node: &Node, worker: u64, slot: u32) -> u64 {
    let (calls, mut changes) = (node.calls(), 0);
    for number in 0..CALLS {
        let key = CallKey([number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number]);
        let handle = match calls.insert(key) {
            Inserted::New(mut call) => {
                if calls.limits().take_gauge(slot, 1_000_000).is_ok() {
                    call.hold(Holder::Account, slot);
                }
                change(&call, worker);
                call.set_state(State::Admitted);
                changes += 1;
                call.handle()
            }
            Inserted::Existing(handle) => handle,
            Inserted::Full => continue,
        };
        for round in 0..4 {
            let Ok(mut call) = LockedCall::lock(calls, handle) else { break };
            change(&call, worker);
            changes += 1;
            if round == 3 && (number + worker).is_multiple_of(2) {
                call.release_all();
                call.set_state(State::Ended);
            }
        }
    }
    changes
}

/// Reads calls that have ended and frees them; gives the changes that they have seen.
fn sweep_calls(node: &Node) -> u64 {
    let mut seen = 0;
    let ended: Vec<_> = (node.calls().used().filter(|(_, state, _)| *state == State::Ended))
        .map(|(entry, _, handle)| (entry.ringing_ns.get(), handle))
        .collect();
    for (changes, handle) in ended {
        seen += changes;
        Sweeper::free(node, [handle]);
    }
    seen
}

#[test]
fn cells_of_a_call_are_reached_under_its_lock_and_after_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let node: &'static Node = Box::leak(Box::new(node(dir.path())));
    let slot = node.shm().limits().gauges().next().unwrap().0;
    static WORKING: AtomicU64 = AtomicU64::new(WORKERS);
    // Relaxed on purpose: it puts nothing in order.
    let work = |worker| {
        move || {
            let changes = change_calls(node, worker, slot);
            WORKING.fetch_sub(1, Ordering::Relaxed);
            changes
        }
    };
    let sweep = || {
        let mut seen = 0;
        while WORKING.load(Ordering::Relaxed) > 0 {
            seen += sweep_calls(node);
        }
        seen
    };
    let workers: Vec<_> = (1..=WORKERS).map(|worker| std::thread::spawn(work(worker))).collect();
    let sweeper = std::thread::spawn(sweep);
    if std::env::var_os("TANDEM_TSAN_PLANTED").is_some() {
        // Somebody who does not lock: the sanitizer must say so, or it says nothing about the others either.
        while WORKING.load(Ordering::Relaxed) > 0 {
            for (entry, ..) in node.calls().used() {
                std::hint::black_box(entry.decided_ns.get());
            }
        }
    }
    let changes: u64 = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
    let seen = sweeper.join().unwrap();
    let left: Vec<_> = node.calls().used().filter(|(_, state, _)| *state != State::Free).collect();
    let left: u64 = left.iter().map(|(entry, ..)| entry.ringing_ns.get()).sum();
    assert_eq!(seen + left, changes, "every change was seen");
    assert_eq!(node.gauges_off(), []);
}
