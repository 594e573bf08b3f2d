//! A call table that fills up because nobody writes the records of ended calls: what the plan says is done.

mod common;

use std::path::Path;

use common::{Caps, admitted, at, config, decide, rejected};
use rating_core::plan::{Plan, Wallet, WhenTableFull};
use rating_core::reject::Reason;
use rating_node::segments::{Reader, SegmentWriter, Sweeper, sweep};
use rating_node::{Config, Node};

/// A node whose plan says what to do with a full table.
fn node(directory: &Path, calls_max: u32, change: impl FnOnce(&mut Plan)) -> Node {
    let mut plan = common::plan(Caps::default());
    plan.settings.when_table_full = WhenTableFull::DropRecords;
    change(&mut plan);
    common::publish(directory, &plan);
    Node::attach(&Config { calls_max, ..config(directory) }).unwrap()
}

/// A call that is answered and ends.
fn talk(node: &Node, call_id: &str) {
    let handle = admitted(decide(node, call_id, at(0)));
    node.answered(handle, 200, at(1)).unwrap();
    node.ended(handle, 200, at(2)).unwrap();
}

/// Writes what waits; gives the Call-IDs that are in the segments.
fn written(node: &Node, directory: &Path) -> Vec<String> {
    let mut writer = SegmentWriter::new(&common::segments(directory), 1, 1 << 20).unwrap();
    sweep(node, &mut Sweeper::default(), &mut writer, at(9).utc_ns).unwrap();
    let records = Reader::open(&common::segments(directory)).unwrap();
    records.map(|record| record.unwrap().call_id).collect()
}

#[test]
fn with_drop_records_calls_go_on_and_what_is_lost_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), 64, |_| {});
    (0..1000).for_each(|call| talk(&node, &format!("call-{call}")));
    let stats = node.stats();
    assert_eq!((stats.admitted, stats.unrecorded, &stats.rejected), (1000, 0, &vec![]));
    let written = written(&node, dir.path());
    assert_eq!(written.len() as u64 + stats.records_dropped, 1000, "each is written or counted");
    assert!(written.contains(&"call-999".to_owned()) && stats.records_dropped > 900, "{stats:?}");
    assert_eq!((node.gauges_off(), node.stats().ended), (vec![], 0));
}

#[test]
fn with_refuse_every_record_is_kept_and_calls_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), 64, |plan| plan.settings.when_table_full = WhenTableFull::Refuse);
    (0..64).for_each(|call| talk(&node, &format!("call-{call}")));
    assert_eq!(rejected(decide(&node, "one-more", at(3))), Reason::CallTableFull);
    let stats = node.stats();
    assert_eq!((stats.records_dropped, stats.unrecorded), (0, 1));
    assert_eq!(written(&node, dir.path()).len(), 64);
    talk(&node, "one-more");
}

#[test]
fn records_of_rejected_calls_are_dropped_first_and_of_calls_that_talk_none() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), 64, |_| {});
    // 48 that are up, 14 that have talked, 2 that were rejected: the table is full.
    let talking: Vec<_> = (0..20).map(|call| admitted(decide(&node, &format!("up-{call}"), at(0)))).collect();
    (0..14).for_each(|call| talk(&node, &format!("ended-{call}")));
    for call in 0..28 {
        admitted(decide(&node, &format!("more-{call}"), at(0)));
    }
    let bad = |call: u32| rejected(common::decide_to(&node, &format!("bad-{call}"), "12", at(0)));
    assert!((0..2).all(|call| bad(call) == Reason::InvalidNumber));
    admitted(decide(&node, "first", at(3)));
    assert_eq!(node.stats().records_dropped, 2, "the two that were rejected");
    assert_eq!(node.stats().ended, 14);
    admitted(decide(&node, "second", at(3)));
    admitted(decide(&node, "third", at(3)));
    assert_eq!(node.stats().records_dropped, 16, "those that have talked");
    for handle in talking {
        node.ended(handle, 200, at(5)).unwrap();
    }
    assert_eq!(node.stats().ended, 20);
}

#[test]
fn r8_3_the_record_of_a_call_that_a_wallet_has_paid_is_never_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), 64, |plan| {
        plan.accounts[0].wallets = vec![Wallet { id: "main".into(), ..Default::default() }];
    });
    let wallet = node.newest().snapshot().wallets()[0].to_wallet();
    let slot = node.shm().wallets().slot(&wallet).unwrap();
    node.grant(slot, 1_000_000_000_000, 0);
    (0..64).for_each(|call| talk(&node, &format!("call-{call}")));
    assert_eq!(rejected(decide(&node, "one-more", at(3))), Reason::CallTableFull);
    assert_eq!((node.stats().records_dropped, node.stats().ended), (0, 64));
    assert_eq!(written(&node, dir.path()).len(), 64);
}

#[test]
fn a_look_that_finds_only_calls_that_talk_is_followed_by_one_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    // Two looks' worth of entries: the first half talks, the other half has ended.
    let node = node(dir.path(), 8192, |_| {});
    for call in 0..4096 {
        admitted(decide(&node, &format!("up-{call}"), at(0)));
    }
    // 1/64 of the entries is kept free by dropping in time; nothing was there to be dropped before.
    for call in 0..3968 {
        talk(&node, &format!("ended-{call}"));
    }
    assert_eq!(node.stats().records_dropped, 0);
    (0..1000).for_each(|call| talk(&node, &format!("more-{call}")));
    let stats = node.stats();
    assert_eq!((stats.unrecorded, stats.in_setup), (0, 4096));
    assert!(stats.records_dropped >= 872, "{stats:?}");
}

#[test]
fn while_records_are_written_none_is_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), 64, |_| {});
    (0..64).for_each(|call| talk(&node, &format!("call-{call}")));
    let lock = rating_node::segments::sweep::SweepLock::take(&dir.path().join("state")).unwrap();
    assert_eq!(rejected(decide(&node, "one-more", at(3))), Reason::CallTableFull);
    drop(lock);
    talk(&node, "one-more");
    assert_eq!(node.stats().records_dropped, 64);
}

#[test]
fn a_state_file_with_holes_is_filled_before_it_is_used() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempfile::tempdir().unwrap();
    drop(common::node(dir.path(), Caps::default()));
    // As a copy that leaves out zeros makes it: a store into a hole of a full disk would be a fault.
    let (state, sparse) = (dir.path().join("state"), dir.path().join("sparse"));
    let copied = std::process::Command::new("cp").args(["--sparse=always"]).args([&state, &sparse]).status();
    assert!(copied.unwrap().success());
    std::fs::rename(&sparse, &state).unwrap();
    let bytes_on_disk = |path: &Path| std::fs::metadata(path).unwrap().blocks() * 512;
    let len = std::fs::metadata(&state).unwrap().len();
    assert!(bytes_on_disk(&state) < len, "it has holes");
    drop(Node::attach(&config(dir.path())).unwrap());
    assert!(bytes_on_disk(&state) >= len, "{} of {len}", bytes_on_disk(&state));
}
