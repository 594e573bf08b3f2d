//! What a decision was made on is recorded with it, and the record decides the call again as it was (5.3).

mod common;

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};

use common::{admitted, at, decide, dial, plan, publish};
use rating_core::limit::Limit;
use rating_core::live::{Full, LiveState, Now, Unused, Wallet};
use rating_core::plan::{Plan, Strategy};
use rating_core::reject::Reason;
use rating_core::route::{self, Call, Lrn, Origin};
use rating_core::snapshot::view::Snapshot;
use rating_core::trace::Silent;
use rating_node::segments::{CallRecord, Sweeper, WalletRecord};
use rating_node::{Attestation, CallRequest, Config, LrnSource, Node, Notes, Verdict, owners};

fn node_of(directory: &std::path::Path, plan: &Plan) -> Node {
    publish(directory, plan);
    Node::attach(&Config { calls_max: 1_000, ..common::config(directory) }).unwrap()
}

/// The live state that a record tells of.
struct Told<'a> {
    snapshot: &'a Snapshot<'a>,
    cursor: &'a str,
    scores: HashMap<&'a str, u8>,
    /// Limits without room, by their places.
    full: HashSet<u32>,
    wallets: &'a [WalletRecord],
}

impl LiveState for Told<'_> {
    fn take_cps(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        Unused.take_cps(index, limit, now)
    }

    fn undo_cps(&self, _: u32, _: &Limit) {}

    fn has_room(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        match self.full.contains(&index) {
            true => Err(Full { retry_after_ns: 0 }),
            false => Unused.has_room(index, limit, now),
        }
    }

    fn available(&self, index: u32, _: &Wallet) -> i64 {
        self.wallet(index).available.unwrap()
    }

    fn pays(&self, index: u32, _: &Wallet) -> bool {
        self.wallet(index).pays.unwrap()
    }

    fn cursor(&self, _: u64) -> u64 {
        let named = |route: &&_| self.snapshot.text(named(route)) == self.cursor;
        self.snapshot.routes().iter().find(named).map_or(0, |route| route.key.get())
    }

    fn quality(&self, route_key: u64) -> Option<i32> {
        let route = self.snapshot.routes().iter().find(|route| route.key.get() == route_key)?;
        self.scores.get(self.snapshot.text(route.name)).map(|score| i32::from(*score))
    }
}

impl Told<'_> {
    fn wallet(&self, index: u32) -> &WalletRecord {
        let id = self.snapshot.text(self.snapshot.wallets()[index as usize].name);
        self.wallets.iter().find(|read| read.wallet == id).unwrap()
    }
}

fn named(route: &&rating_core::snapshot::layout::RouteRec) -> rating_core::snapshot::layout::StrRef {
    route.name
}

/// The first route of a recorded call, decided again with this live state; or why there is none.
fn again(snapshot: &Snapshot<'_>, record: &CallRecord, live: &impl LiveState) -> Result<String, Reason> {
    let origin = Origin::Source(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 10)));
    let (ani, dnis) = (record.ani.as_bytes(), record.dnis.as_bytes());
    let call = Call { call_id: record.call_id.as_bytes(), ..Call::new(origin, ani, dnis) };
    let now = Now { utc_ns: record.decided_ns, monotonic_ns: 0 };
    let decision = route::decide(snapshot, &call, now, live, &mut Silent);
    let legs = decision.verdict.map_err(|reject| reject.reason)?;
    let first = legs.iter().next().unwrap().candidate.route;
    Ok(snapshot.text(snapshot.routes()[first as usize].name).to_owned())
}

fn told<'a>(snapshot: &'a Snapshot<'a>, record: &'a CallRecord) -> Told<'a> {
    let scores = record.scores.iter().map(|(route, score)| (route.as_str(), *score)).collect();
    let limits = owners::limits_of(snapshot).into_iter();
    let full = limits.filter(|limit| record.full.contains(&limit.name())).map(|limit| limit.at).collect();
    Told { snapshot, cursor: &record.cursor, scores, full, wallets: &record.wallets }
}

fn records(node: &Node) -> Vec<CallRecord> {
    let mut records = Sweeper::default().collect(node, 1_000);
    records.sort_by_key(|record| record.decided_ns);
    // As a reader has them.
    records.iter().map(|record| CallRecord::decode(&record.encode()).unwrap()).collect()
}

#[test]
fn r5_3_the_cursor_of_each_decision_is_recorded_and_decides_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = plan(common::Caps::default());
    plan.partitions[0].strategy = Strategy::RoundRobin;
    let node = node_of(dir.path(), &plan);
    for nth in 0..4 {
        let handle = admitted(decide(&node, &format!("call-{nth}"), at(nth)));
        node.ended(handle, 487, at(nth)).unwrap();
    }
    let (generation, records) = (node.newest(), records(&node));
    let snapshot = generation.snapshot();
    let cursors: Vec<_> = records.iter().map(|record| record.cursor.as_str()).collect();
    assert_eq!(cursors, ["", "cheap", "dear", "cheap"], "the route that the partition chose before");
    for (record, taken) in records.iter().zip(["cheap", "dear", "cheap", "dear"]) {
        assert_eq!(record.legs[0].route, taken);
        assert_eq!(again(snapshot, record, &told(snapshot, record)).unwrap(), taken);
        assert_eq!(record.content_id, generation.content_id());
    }
    assert_eq!(again(snapshot, &records[1], &Unused).unwrap(), "cheap", "it is the cursor that does it");
}

#[test]
fn r5_3_the_quality_of_each_decision_is_recorded_and_decides_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = plan(common::Caps::default());
    (plan.routes[0].quality, plan.routes[1].quality) = (50, 60);
    plan.partitions[0].strategy = Strategy::Quality;
    let node = node_of(dir.path(), &plan);
    // 50 calls go to `dear`, by the plan's score, and fail: then it has 0 points, published at 59 s.
    for nth in 0..50 {
        let handle = admitted(decide(&node, &format!("before-{nth}"), at(nth)));
        assert!(dial(&node, handle, 0, at(nth)).is_some());
        node.ended(handle, 486, at(nth)).unwrap();
    }
    node.expire(at(59));
    let handle = admitted(decide(&node, "after", at(60)));
    node.ended(handle, 487, at(60)).unwrap();
    // What is published later is not what that decision was made on.
    node.expire(at(3_600));
    let (generation, records) = (node.newest(), records(&node));
    let snapshot = generation.snapshot();
    assert!(records[..50].iter().all(|record| record.scores.is_empty() && record.legs[0].route == "dear"));
    assert_eq!(records[50].scores, [("dear".to_owned(), 0)]);
    assert!(!records[50].has_more_readings);
    assert_eq!(records[50].legs[0].route, "cheap");
    assert_eq!(again(snapshot, &records[50], &told(snapshot, &records[50])).unwrap(), "cheap");
    assert_eq!(again(snapshot, &records[50], &Unused).unwrap(), "dear", "it is the live score that does it");
}

#[test]
fn r5_3_limits_without_room_are_recorded_and_decide_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let caps = common::Caps { cheap_calls: Some(1), account_calls: Some(2), ..Default::default() };
    let node = node_of(dir.path(), &plan(caps));
    let first = admitted(decide(&node, "call-1", at(0)));
    let second = admitted(decide(&node, "call-2", at(1)));
    assert_eq!(common::rejected(decide(&node, "call-3", at(2))), Reason::ConcurrencyExceeded);
    // What becomes free later is not what they were decided on.
    [first, second].into_iter().for_each(|handle| node.ended(handle, 487, at(3)).unwrap());
    let (generation, records) = (node.newest(), records(&node));
    let snapshot = generation.snapshot();
    let full: Vec<Vec<_>> =
        records.iter().map(|record| record.full.iter().map(String::as_str).collect()).collect();
    let expected: [Vec<&str>; 3] =
        [vec![], vec!["route:cheap:concurrent_calls"], vec!["account:acme:concurrent_calls"]];
    assert_eq!(full, expected);
    let told_again = records.iter().map(|record| again(snapshot, record, &told(snapshot, record)));
    let expected = [Ok("cheap".to_owned()), Ok("dear".to_owned()), Err(Reason::ConcurrencyExceeded)];
    assert_eq!(told_again.collect::<Vec<_>>(), expected);
    for record in &records {
        assert_eq!(again(snapshot, record, &Unused).unwrap(), "cheap", "it is the limits that do it");
        assert!(!record.has_more_readings);
    }
}

#[test]
fn r5_3_minutes_that_are_too_few_for_the_first_hold_are_recorded_and_decide_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = plan(common::Caps::default());
    plan.accounts[0].limits.minutes_per_month_max = Some(1);
    let node = node_of(dir.path(), &plan);
    // 20 s of the minute are used; 60 s are reserved at first. A decision asks whether anything is left.
    let first = admitted(decide(&node, "call-1", at(0)));
    assert!(dial(&node, first, 0, at(0)).is_some());
    node.answered(first, 200, at(1)).unwrap();
    node.ended(first, 200, at(21)).unwrap();
    assert_eq!(common::rejected(decide(&node, "call-2", at(30))), Reason::VolumeExceeded);
    let (generation, records) = (node.newest(), records(&node));
    let snapshot = generation.snapshot();
    assert_eq!(records[1].full, ["account:acme:seconds_per_month"]);
    assert_eq!(again(snapshot, &records[1], &told(snapshot, &records[1])), Err(Reason::VolumeExceeded));
    assert_eq!(again(snapshot, &records[1], &Unused).unwrap(), "cheap", "it is the limit that does it");
}

#[test]
fn r5_3_wallets_are_recorded_and_decide_it_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = plan(common::Caps::default());
    plan.accounts[0].wallets = vec![rating_core::plan::Wallet { id: "main".into(), ..Default::default() }];
    let node = node_of(dir.path(), &plan);
    let generation = node.newest();
    let snapshot = generation.snapshot();
    let slot = node.shm().wallets().slot(&snapshot.wallets()[0].to_wallet()).unwrap();
    let decided = |call_id: &str, sec| match decide(&node, call_id, at(sec)) {
        Verdict::Admitted { handle, .. } => node.ended(handle, 487, at(sec)).unwrap(),
        Verdict::Rejected { .. } => {}
    };
    // A first hold is 0.01: no lease, then less than that, then enough.
    decided("without", 0);
    node.grant(slot, 5_000_000, 0);
    decided("short", 1);
    node.grant(slot, 35_000_000, 0);
    decided("enough", 2);
    let records = records(&node);
    let wallet = |pays, available| {
        vec![WalletRecord { wallet: "main".into(), in_seconds: false, pays: Some(pays), available }]
    };
    let expected = [wallet(false, None), wallet(true, Some(5_000_000)), wallet(true, Some(35_000_000))];
    assert_eq!(records.iter().map(|record| record.wallets.clone()).collect::<Vec<_>>(), expected);
    let told_again = records.iter().map(|record| again(snapshot, record, &told(snapshot, record)));
    let short = Err(Reason::InsufficientBalance);
    assert_eq!(told_again.collect::<Vec<_>>(), [short.clone(), short, Ok("cheap".to_owned())]);
}

#[test]
fn what_came_with_a_call_is_in_its_record() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_of(dir.path(), &plan(common::Caps::default()));
    let origin = Origin::Source(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 10)));
    let notes = Notes {
        lrn_source: LrnSource::Sip,
        lrn_from_table: true,
        attestation: Some(Attestation::B),
        resp_org: *b"ATX01",
    };
    let decide = |call_id: &'static [u8], dnis_lrn| {
        let call = Call { call_id, dnis_lrn, ..Call::new(origin, b"12125550142", b"13125550123") };
        let request = CallRequest { call, call_id, from_tag: b"f", cseq: b"1", branch: b"b", notes };
        let handle = admitted(node.decide(&request, at(0)));
        node.ended(handle, 487, at(1)).unwrap();
    };
    decide(b"dipped", Lrn::Dipped(b"13125550000"));
    // The trunk is not trusted with LRNs: what does not count has no source.
    decide(b"not-trusted", Lrn::Given(b"13125550000"));
    let of = |call_id: &str| records(&node).into_iter().find(|record| record.call_id == call_id).unwrap();
    assert_eq!(of("dipped").notes, notes);
    assert_eq!(of("not-trusted").dnis_lrn.as_str(), "");
    let without = Notes { lrn_source: LrnSource::None, lrn_from_table: false, ..notes };
    assert_eq!(of("not-trusted").notes, without);
}

#[test]
fn records_of_the_versions_before_say_nothing_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_of(dir.path(), &plan(common::Caps::default()));
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.ended(handle, 487, at(1)).unwrap();
    let record = records(&node).remove(0);
    assert_ne!(record.content_id, 0);
    let mut bytes = record.encode();
    // Two bytes, no limit and no wallet: version 5 ended before them.
    bytes.truncate(bytes.len() - 2);
    bytes[..2].copy_from_slice(&5_u16.to_le_bytes());
    assert_eq!(CallRecord::decode(&bytes), Some(record.clone()));
    // 3 + 5 + 8 bytes, two empty texts, two bytes and no scores: version 4 ended before them.
    bytes.truncate(bytes.len() - 22);
    bytes[..2].copy_from_slice(&4_u16.to_le_bytes());
    assert_eq!(CallRecord::decode(&bytes), Some(CallRecord { content_id: 0, ..record }));
}
