//! A price that changes at an instant changes at that instant, in every process, with nothing done at it (4.2).
//!
//! The deck of route `cheap` has a second version from `CHANGE_SEC` on: 0.006 a minute before, 0.003 from then on.

mod common;

use std::io::{BufRead, BufReader, Read as _, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use common::{Caps, SEC_NS, T0_NS, config, plan, request_of};
use rating_core::live::Now;
use rating_core::money::Nano;
use rating_core::plan::{DeckVersion, Plan, Price};
use rating_core::route::{Call, Origin};
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write::compile;
use rating_node::publish::{next_path, open_chain};
use rating_node::segments::{SegmentWriter, Sweeper, sweep};
use rating_node::{Node, NodeError, SET_MAX, Verdict};

/// 2026-06-01T01:00:00Z: an hour into the test.
const CHANGE_SEC: i64 = T0_NS / SEC_NS + 3600;
const CHANGE_NS: i64 = CHANGE_SEC * SEC_NS;

/// What the first leg's reference call of 60 s costs.
fn cost(node: &Node, call_id: &str, utc_ns: i64) -> String {
    let origin = Origin::Source([127, 0, 0, 10].into());
    let call = Call { call_id: call_id.as_bytes(), ..Call::new(origin, b"12125550142", b"13125550123") };
    let request = request_of(call);
    let now = Now { utc_ns, monotonic_ns: utc_ns.unsigned_abs() };
    match node.decide(&request, now) {
        Verdict::Admitted { decision: Some(decision), .. } => {
            let legs = decision.verdict.unwrap();
            legs.iter().next().unwrap().candidate.cost.to_string()
        }
        other => panic!("{other:?}"),
    }
}

/// The small plan, where `cheap` has another price a minute from each of these instants on.
fn plan_with(changes: &[(i64, &str)]) -> Plan {
    let mut plan = plan(Caps::default());
    let deck = plan.decks.iter_mut().find(|deck| deck.id == "cheap_deck").unwrap();
    for (number, (effective_from, rate)) in (2..).zip(changes) {
        let mut rows = deck.versions[0].rows.clone();
        rows[0].prices.default = Price::PerMin(Nano::parse(rate.as_bytes()).unwrap());
        deck.versions.push(DeckVersion {
            number,
            effective_from: *effective_from,
            rows,
            ..deck.versions[0].clone()
        });
    }
    plan
}

/// Writes a plan's set as `lcr-admin publish` does: those that follow first. Gives how many there are.
fn publish(directory: &Path, plan: &Plan, at_sec: i64, most: usize) -> usize {
    let path = directory.join("snapshot");
    let (from_sec, mut at_sec, mut files) = (at_sec, at_sec, Vec::new());
    let mut name = path.clone();
    while files.len() < most && at_sec != i64::MAX {
        let bytes = compile(plan, at_sec).unwrap();
        let snapshot = Snapshot::open(&bytes).unwrap();
        let header = *snapshot.header();
        at_sec = header.valid_until_utc_sec.get();
        files.push((name, bytes));
        name = next_path(&path, from_sec, header.content_id.get(), at_sec);
    }
    for (name, bytes) in files.iter().rev() {
        std::fs::write(directory.join("new"), bytes).unwrap();
        std::fs::rename(directory.join("new"), name).unwrap();
    }
    files.len()
}

#[test]
fn r4_2_a_version_prices_from_its_instant_on_with_nothing_done_at_it() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(publish(dir.path(), &plan_with(&[(CHANGE_SEC, "0.003")]), T0_NS / SEC_NS, 8), 2);
    let node = Node::attach(&config(dir.path())).unwrap();
    // 60 s in blocks of 30 and 6 s.
    assert_eq!(cost(&node, "start", T0_NS), "0.006");
    assert_eq!(cost(&node, "before", CHANGE_NS - 1), "0.006");
    assert_eq!(cost(&node, "at", CHANGE_NS), "0.003");
    // A clock that is set back, or another core's: the instant of the call counts, not who came first.
    assert_eq!(cost(&node, "before again", CHANGE_NS - 1), "0.006");
    assert_eq!(cost(&node, "after", CHANGE_NS + 1), "0.003");
    assert_eq!((node.snapshot(CHANGE_NS - 1).number(), node.snapshot(CHANGE_NS).number()), (1, 2));
    let stats = node.stats();
    assert_eq!((stats.generation, stats.snapshots_until_utc_sec, stats.late_decisions), (2, None, 0));
}

#[test]
fn r4_2_before_the_first_instant_the_first_snapshot_decides_after_the_last_the_last() {
    let dir = tempfile::tempdir().unwrap();
    let ends_sec = CHANGE_SEC + 3600;
    // A third price that nobody has published.
    let plan = plan_with(&[(CHANGE_SEC, "0.003"), (ends_sec, "0.002")]);
    assert_eq!(publish(dir.path(), &plan, T0_NS / SEC_NS, 2), 2);
    let node = Node::attach(&config(dir.path())).unwrap();
    assert_eq!(cost(&node, "early", T0_NS - SEC_NS), "0.006");
    assert_eq!(cost(&node, "last", ends_sec * SEC_NS - 1), "0.003");
    assert_eq!(node.stats().late_decisions, 0);
    assert_eq!(cost(&node, "late", ends_sec * SEC_NS), "0.003");
    let stats = node.stats();
    assert_eq!((stats.snapshots_until_utc_sec, stats.late_decisions), (Some(ends_sec), 1));
}

#[test]
fn a_set_moves_on_and_what_stays_is_not_published_again() {
    let dir = tempfile::tempdir().unwrap();
    let steps: Vec<_> = (1..=6).map(|hour| (CHANGE_SEC + hour * 3600, format!("0.00{hour}"))).collect();
    let steps: Vec<_> = steps.iter().map(|(at, rate)| (*at, rate.as_str())).collect();
    let plan = plan_with(&steps);
    let path = dir.path().join("snapshot");
    assert_eq!(publish(dir.path(), &plan, T0_NS / SEC_NS, 8), 7);
    let node = Node::attach(&config(dir.path())).unwrap();
    assert_eq!(node.newest().number(), SET_MAX as u64, "a set has a size");
    assert_eq!(node.publish(&path).unwrap(), 4, "the same again is nothing new");
    // Two hours later: the two that have passed are gone, two come.
    publish(dir.path(), &plan, steps[1].0, 8);
    assert_eq!(node.publish(&path).unwrap(), 6);
    let at = |sec: i64| node.snapshot(sec * SEC_NS).number();
    assert_eq!([at(steps[1].0), at(steps[2].0), at(steps[3].0), at(steps[4].0)], [3, 4, 5, 6]);
    assert_eq!(cost(&node, "third", steps[2].0 * SEC_NS), "0.003");
    // Another plan: all of it is new.
    publish(dir.path(), &plan_with(&[(CHANGE_SEC, "0.007")]), CHANGE_SEC, 8);
    assert_eq!(node.publish(&path).unwrap(), 7);
    assert_eq!(cost(&node, "another", steps[2].0 * SEC_NS), "0.007");
    // What is left beside the state is the set, and the set before it.
    assert_eq!(kept(dir.path()), [3, 4, 5, 6, 7]);
}

#[test]
fn r4_2_a_version_that_is_brought_forward_prices_from_then_on() {
    let dir = tempfile::tempdir().unwrap();
    publish(dir.path(), &plan_with(&[(CHANGE_SEC, "0.003")]), T0_NS / SEC_NS, 8);
    let node = Node::attach(&config(dir.path())).unwrap();
    assert_eq!(cost(&node, "as it was", CHANGE_NS - 1), "0.006");
    // The same version, half an hour sooner, published at that instant: what it says is live already, for later.
    let sooner_sec = CHANGE_SEC - 1800;
    assert_eq!(publish(dir.path(), &plan_with(&[(sooner_sec, "0.003")]), sooner_sec, 8), 1);
    assert_eq!(node.publish(&dir.path().join("snapshot")).unwrap(), 3);
    assert_eq!(cost(&node, "sooner", sooner_sec * SEC_NS), "0.003");
    // Again, a minute later: it is true already.
    publish(dir.path(), &plan_with(&[(sooner_sec, "0.003")]), sooner_sec + 60, 8);
    assert_eq!(node.publish(&dir.path().join("snapshot")).unwrap(), 3);
}

#[test]
fn a_published_file_that_is_written_over_in_place_harms_nobody() {
    let dir = tempfile::tempdir().unwrap();
    publish(dir.path(), &plan_with(&[(CHANGE_SEC, "0.003")]), T0_NS / SEC_NS, 8);
    let node = Node::attach(&config(dir.path())).unwrap();
    let path = dir.path().join("snapshot");
    std::fs::write(&path, b"").unwrap();
    assert_eq!(cost(&node, "nothing there", T0_NS), "0.006");
    let restarted = Node::attach(&config(dir.path())).unwrap();
    assert_eq!(cost(&restarted, "a worker that comes later", T0_NS), "0.006");
    let other = compile(&plan_with(&[(T0_NS / SEC_NS, "0.007")]), T0_NS / SEC_NS).unwrap();
    std::fs::write(&path, &other[..other.len() / 2]).unwrap();
    assert!(node.publish(&path).is_err());
    assert_eq!(cost(&node, "half of it", T0_NS + 1), "0.006");
    assert_eq!(kept(dir.path()), [1, 2]);
    assert!(!dir.path().join("state.snapshot-3.new").exists());
    std::fs::write(&path, &other).unwrap();
    assert_eq!(node.publish(&path).unwrap(), 3);
    assert_eq!(cost(&node, "all of it", T0_NS + 2), "0.007");
}

/// Generations whose files are beside the state.
fn kept(directory: &Path) -> Vec<u64> {
    let names = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let number = |name: std::ffi::OsString| name.to_str()?.strip_prefix("state.snapshot-")?.parse().ok();
    let mut kept: Vec<u64> = names.filter_map(number).collect();
    kept.sort_unstable();
    kept
}

/// Four snapshots, none of which any other `round` has.
fn publish_four(directory: &Path, round: i64) {
    let steps = (1..=3).map(|hour| (CHANGE_SEC + hour * 3600, format!("0.00{round}{hour}")));
    let steps: Vec<_> = steps.collect();
    let steps: Vec<_> = steps.iter().map(|(at, rate)| (*at, rate.as_str())).collect();
    let mut plan = plan_with(&steps);
    plan.settings.name = format!("round {round}");
    assert_eq!(publish(directory, &plan, T0_NS / SEC_NS, 8), SET_MAX);
}

#[test]
fn sets_that_are_wholly_new_leave_the_files_of_the_last_two_only() {
    let dir = tempfile::tempdir().unwrap();
    publish_four(dir.path(), 1);
    let node = Node::attach(&config(dir.path())).unwrap();
    for round in 2..=4 {
        publish_four(dir.path(), round);
        let newest = node.publish(&dir.path().join("snapshot")).unwrap();
        assert_eq!(newest, 4 * round.unsigned_abs());
        assert_eq!(kept(dir.path()), (newest - 7..=newest).collect::<Vec<_>>());
    }
}

#[test]
fn a_call_in_setup_whose_end_was_lost_holds_up_publishing_for_an_hour_only() {
    let dir = tempfile::tempdir().unwrap();
    publish_four(dir.path(), 1);
    let node = Node::attach(&config(dir.path())).unwrap();
    let snapshot = dir.path().join("snapshot");
    assert_eq!(cost(&node, "never ends", T0_NS), "0.006");
    let mut writer = SegmentWriter::new(&common::segments(dir.path()), 1, 1 << 20).unwrap();
    let mut agent_looks = |at_sec: i64| {
        sweep(&node, &mut Sweeper::default(), &mut writer, T0_NS + at_sec * SEC_NS).unwrap();
    };
    publish_four(dir.path(), 2);
    assert_eq!(node.publish(&snapshot).unwrap(), 8);
    publish_four(dir.path(), 3);
    agent_looks(3600);
    let refused = node.publish(&snapshot).unwrap_err();
    assert!(matches!(refused, NodeError::GenerationsInUse { oldest: 1 }), "{refused}");
    assert_eq!(kept(dir.path()), (1..=8).collect::<Vec<_>>());
    agent_looks(3601);
    assert_eq!(node.publish(&snapshot).unwrap(), 12);
    assert_eq!(kept(dir.path()), (5..=12).collect::<Vec<_>>());
}

#[test]
fn a_set_that_has_to_wait_is_not_verified_first() {
    let dir = tempfile::tempdir().unwrap();
    publish_four(dir.path(), 1);
    let node = Node::attach(&config(dir.path())).unwrap();
    let snapshot = dir.path().join("snapshot");
    assert_eq!(cost(&node, "in set-up", T0_NS), "0.006");
    publish_four(dir.path(), 2);
    node.publish(&snapshot).unwrap();
    publish_four(dir.path(), 3);
    // Broken behind its head: who verifies it whole would say so.
    let mut bytes = std::fs::read(&snapshot).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::remove_file(&snapshot).unwrap();
    std::fs::write(&snapshot, bytes).unwrap();
    let refused = node.publish(&snapshot).unwrap_err();
    assert!(matches!(refused, NodeError::GenerationsInUse { oldest: 1 }), "{refused}");
}

#[test]
fn what_follows_must_begin_where_the_one_before_it_ends() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan_with(&[(CHANGE_SEC, "0.003")]);
    publish(dir.path(), &plan, T0_NS / SEC_NS, 1);
    let first = compile(&plan, T0_NS / SEC_NS).unwrap();
    let content_id = Snapshot::open(&first).unwrap().header().content_id.get();
    let next_of = |content_id: u64, from_sec: i64| {
        next_path(&dir.path().join("snapshot"), from_sec, content_id, CHANGE_SEC)
    };
    let next = next_of(content_id, T0_NS / SEC_NS);
    std::fs::write(&next, compile(&plan, CHANGE_SEC + 1).unwrap()).unwrap();
    let refused = Node::attach(&config(dir.path())).unwrap_err();
    assert!(matches!(&refused, NodeError::NotTheNext { path } if *path == next), "{refused}");
    std::fs::write(&next, b"no snapshot").unwrap();
    assert!(matches!(Node::attach(&config(dir.path())), Err(NodeError::Snapshot(_))));
    // The successor of another content is none of this one's, nor is that of a set that begins at another instant.
    for other in [next_of(content_id ^ 1, T0_NS / SEC_NS), next_of(content_id, T0_NS / SEC_NS + 1)] {
        std::fs::write(other, b"no snapshot").unwrap();
    }
    std::fs::remove_file(&next).unwrap();
    assert_eq!(Node::attach(&config(dir.path())).unwrap().newest().number(), 1);
}

/// Removes what follows in sets that begin at other instants, as `lcr-admin publish` does.
fn remove_others(directory: &Path, from_sec: i64) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.contains(".next-") && !name.ends_with(&format!("-{from_sec}")) {
            std::fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn a_set_that_is_published_while_another_is_opened_is_opened_whole() {
    const TURNS: usize = 300;
    let dir = tempfile::tempdir().unwrap();
    let plan = plan_with(&[(CHANGE_SEC, "0.003")]);
    assert_eq!(publish(dir.path(), &plan, T0_NS / SEC_NS, 2), 2);
    std::thread::scope(|scope| {
        let publishing = scope.spawn(|| {
            for from_sec in (T0_NS / SEC_NS..).take(TURNS) {
                publish(dir.path(), &plan, from_sec, 2);
                remove_others(dir.path(), from_sec);
            }
        });
        while !publishing.is_finished() {
            assert_eq!(open_chain(&dir.path().join("snapshot"), SET_MAX).unwrap().len(), 2);
        }
    });
}

/// A process of its own: reads instants, answers what a call then costs.
struct Worker {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

const DIRECTORY: &str = "TANDEM_TEST_DIRECTORY";

impl Worker {
    fn start(directory: &Path) -> Worker {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "as_a_worker", "--nocapture"])
            .env(DIRECTORY, directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let ask = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Worker { child, ask, answers }
    }

    fn ask(&mut self, call_id: &str, utc_ns: i64) {
        writeln!(self.ask, "{call_id} {utc_ns}").unwrap();
    }

    fn answer(&mut self) -> String {
        let answer = self
            .answers
            .by_ref()
            .lines()
            .map(Result::unwrap)
            .find_map(|line| line.rsplit_once("costs ").map(|(_, cost)| cost.to_owned()));
        answer.expect("a worker answers")
    }

    fn stop(mut self) {
        drop(self.ask);
        assert!(self.child.wait().unwrap().success());
    }
}

/// What [`Worker`] runs; as a test of its own it does nothing.
#[test]
fn as_a_worker() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let node = Node::attach(&config(Path::new(&directory))).unwrap();
    for line in std::io::stdin().lines().map(Result::unwrap) {
        let (call_id, utc_ns) = line.split_once(' ').unwrap();
        println!("costs {}", cost(&node, call_id, utc_ns.parse().unwrap()));
    }
}

#[test]
fn r4_2_all_processes_take_over_at_the_same_instant() {
    let dir = tempfile::tempdir().unwrap();
    publish(dir.path(), &plan_with(&[(CHANGE_SEC, "0.003")]), T0_NS / SEC_NS, 8);
    let mut workers: Vec<Worker> = (0..3).map(|_| Worker::start(dir.path())).collect();
    let mut ask_all = |name: &str, utc_ns: i64| -> Vec<String> {
        for (index, worker) in workers.iter_mut().enumerate() {
            worker.ask(&format!("{name}-{index}"), utc_ns);
        }
        workers.iter_mut().map(Worker::answer).collect()
    };
    assert_eq!(ask_all("start", T0_NS), ["0.006"; 3]);
    // They decide all the time, a nanosecond nearer, and over it.
    for (step, utc_ns) in (CHANGE_NS - 4..CHANGE_NS + 4).enumerate() {
        let expected = if utc_ns < CHANGE_NS { "0.006" } else { "0.003" };
        assert_eq!(ask_all(&format!("step-{step}"), utc_ns), [expected; 3], "{} ns", utc_ns - CHANGE_NS);
    }
    workers.into_iter().for_each(Worker::stop);
}
