//! Ended calls through `agent` into segments, and through `cdr list` to people and programs.

#[path = "../../rating-node/tests/common/mod.rs"]
mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Caps, admitted, at, decide, dial, node};
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::{Account, CurrencyRate, DialRule, Wallet, WalletKind};
use rating_node::Node;
use serde_json::{Value, json};

fn lcr_admin() -> Command {
    Command::new(env!("CARGO_BIN_EXE_lcr-admin"))
}

fn agent(directory: &Path) -> Command {
    let mut command = lcr_admin();
    command.arg("agent").arg("--state").arg(directory.join("state"));
    command.arg("--snapshot").arg(directory.join("snapshot"));
    command.arg("--segments").arg(common::segments(directory));
    command
}

fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn list(directory: &Path) -> Command {
    let mut command = lcr_admin();
    command.args(["cdr", "list", "--segments"]).arg(common::segments(directory));
    command
}

fn json_lines(command: &mut Command) -> Vec<Value> {
    printed(command.arg("--json")).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_ended_call_is_listed_with_its_prices() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let handle = admitted(decide(&node, "call-1", at(0)));
    dial(&node, handle, 0, at(0)).unwrap();
    dial(&node, handle, 503, at(1)).unwrap();
    node.answered(handle, 200, at(3)).unwrap();
    node.ended(handle, 0, at(34)).unwrap();
    common::decide_to(&node, "call-2", "12", at(40));
    let round: Value = serde_json::from_str(&printed(agent(dir.path()).args(["--once", "--json"]))).unwrap();
    assert_eq!(round, json!({"records_written": 2, "generation": 1}));

    let [first, second] = json_lines(&mut list(dir.path())).try_into().unwrap();
    // 31 s: bought 36 s at 0.012 a minute and a fee of 0.001, sold one minute at 0.01.
    for (key, value) in [
        ("call_id", json!("call-1")),
        ("ani", json!("12125550142")),
        ("dnis", json!("13125550123")),
        ("jurisdiction", json!("interstate")),
        ("route", json!("dear")),
        ("duration_sec", json!(31)),
        ("billed_sec", json!(60)),
        ("cost", json!("0.0082")),
        ("price", json!("0.01")),
        ("profit", json!("0.0018")),
        ("answered_at", json!("2026-06-01T00:00:03Z")),
        ("disposition", json!("answered")),
    ] {
        assert_eq!(first[key], value, "{key}");
    }
    let legs = first["legs"].as_array().unwrap().iter();
    let legs: Vec<_> =
        legs.map(|leg| (leg["route"].as_str().unwrap(), leg["sip_code"].as_u64().unwrap())).collect();
    assert_eq!(legs, [("cheap", 503), ("dear", 200)]);
    assert_eq!((&second["reason"], &second["sip_code"]), (&json!("invalid_number"), &json!(484)));
    assert_eq!(json_lines(list(dir.path()).args(["--call-id", "call-2"])), vec![second.clone()]);
    assert_eq!(json_lines(list(dir.path()).args(["--limit", "1"])), [second]);
    let table = printed(&mut list(dir.path()));
    assert!(table.contains("cheap 503, dear 200") && table.contains("rejected: invalid_number"), "{table}");
}

#[test]
fn a_call_id_of_a_stranger_writes_nothing_to_the_terminal_but_itself() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let call_id = "call\u{1b}[2J\nforged";
    common::decide_to(&node, call_id, "12", at(0));
    printed(agent(dir.path()).arg("--once"));
    let table = printed(&mut list(dir.path()));
    assert!(table.contains(r"call\u{1b}[2J\nforged") && !table.contains('\u{1b}'), "{table:?}");
    assert_eq!(json_lines(&mut list(dir.path()))[0]["call_id"], call_id);
}

#[test]
fn what_is_bought_and_sold_in_two_currencies_has_no_profit_of_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = common::plan(Caps::default());
    let rate = Nano(1_100_000_000);
    plan.currency_rates = vec![CurrencyRate { currency: "EUR".into(), from: 0, rate }];
    plan.decks.iter_mut().find(|deck| deck.id == "cheap_deck").unwrap().currency = "EUR".into();
    common::publish(dir.path(), &plan);
    let node = Node::attach(&common::config(dir.path())).unwrap();
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.answered(handle, 200, at(1)).unwrap();
    node.ended(handle, 0, at(61)).unwrap();
    printed(agent(dir.path()).arg("--once"));
    let [call] = json_lines(&mut list(dir.path())).try_into().unwrap();
    // One minute: bought at 0.006 EUR, sold at 0.01 USD.
    for (key, value) in [
        ("cost", json!("0.006")),
        ("buy_currency", json!("EUR")),
        ("price", json!("0.01")),
        ("currency", json!("USD")),
        ("profit", Value::Null),
        ("bought_as_decided", json!(false)),
    ] {
        assert_eq!(call[key], value, "{key}");
    }
    let table = printed(&mut list(dir.path()));
    assert!(table.contains("0.006 EUR") && table.contains("0.01 USD"), "{table}");
}

/// The first route that `simulate` takes for each recorded call, by the snapshot that decided it.
fn again(directory: &Path, calls: &str) -> Vec<String> {
    let file = directory.join("calls.jsonl");
    std::fs::write(&file, calls).unwrap();
    let mut simulate = lcr_admin();
    simulate.args(["simulate", "--snapshot"]).arg(directory.join("snapshot")).arg("--calls").arg(&file);
    let told = json_lines(&mut simulate);
    told.iter().map(|call| call["routes"][0]["route"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn r5_3_a_recorded_call_is_decided_again_by_its_record() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = common::plan(Caps::default());
    plan.partitions[0].strategy = rating_core::plan::Strategy::RoundRobin;
    common::publish(dir.path(), &plan);
    let node = Node::attach(&common::config(dir.path())).unwrap();
    for nth in 0..3 {
        let handle = admitted(decide(&node, &format!("call-{nth}"), at(nth)));
        node.ended(handle, 487, at(nth)).unwrap();
    }
    printed(agent(dir.path()).arg("--once"));
    let listed = json_lines(&mut list(dir.path()));
    let taken: Vec<_> = listed.iter().map(|call| call["route"].as_str().unwrap()).collect();
    assert_eq!(taken, ["cheap", "dear", "cheap"]);
    let cursors: Vec<_> = listed.iter().map(|call| &call["decided_on"]["cursor"]).collect();
    assert_eq!(cursors, [&Value::Null, &json!("cheap"), &json!("dear")]);
    let calls = printed(list(dir.path()).arg("--as-calls"));
    assert_eq!(again(dir.path(), &calls), taken, "{calls}");
    // Without what is recorded, each is the first call of its partition.
    let without = calls.replace("\"cursor\":\"cheap\"", "\"cursor\":null");
    let without = without.replace("\"cursor\":\"dear\"", "\"cursor\":null");
    assert_eq!(again(dir.path(), &without), ["cheap"; 3]);
}

#[test]
fn r2_4_a_recorded_number_is_read_already() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = common::plan(Caps::default());
    // Whatever is dialled is of area code 312.
    plan.trunks[0].tech_prefix = "77#".into();
    plan.trunks[0].dial_rules =
        vec![DialRule { prefix: String::new(), len: None, strip: 0, add: Digits::new(b"1312").unwrap() }];
    common::publish(dir.path(), &plan);
    let node = Node::attach(&common::config(dir.path())).unwrap();
    let handle = admitted(common::decide_to(&node, "call-1", "77#5550123", at(0)));
    node.ended(handle, 487, at(1)).unwrap();
    printed(agent(dir.path()).arg("--once"));
    assert_eq!(json_lines(&mut list(dir.path()))[0]["dnis"], "13125550123");
    let calls = printed(list(dir.path()).arg("--as-calls"));
    assert_eq!(again(dir.path(), &calls), ["cheap"], "{calls}");
}

#[test]
fn r5_3_limits_and_wallets_of_a_recorded_call_are_told_to_simulate() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = common::plan(Caps { cheap_calls: Some(1), ..Caps::default() });
    let main = Wallet { id: "main".into(), ..Default::default() };
    // Another account has one of the same id, with seconds.
    let seconds = Wallet { kind: WalletKind::Seconds, ..main.clone() };
    let other = Account { id: "aaa".into(), wallets: vec![seconds], ..plan.accounts[0].clone() };
    plan.accounts[0].wallets = vec![main];
    plan.accounts.insert(0, other);
    common::publish(dir.path(), &plan);
    let node = Node::attach(&common::config(dir.path())).unwrap();
    let generation = node.newest();
    let wallets = generation.snapshot().wallets();
    let own = wallets.iter().map(|wallet| wallet.to_wallet()).find(|wallet| !wallet.in_seconds).unwrap();
    node.grant(node.shm().wallets().slot(&own).unwrap(), 35_000_000, 0);
    let handles = ["call-1", "call-2"].map(|call| admitted(decide(&node, call, at(0))));
    // What has no valid number cannot be told again.
    common::decide_to(&node, "call-3", "12", at(1));
    handles.into_iter().for_each(|handle| node.ended(handle, 487, at(1)).unwrap());
    printed(agent(dir.path()).arg("--once"));
    let listed = json_lines(&mut list(dir.path()));
    let decided_on: Vec<_> = listed.iter().map(|call| &call["decided_on"]).collect();
    let full = json!(["route:cheap:concurrent_calls"]);
    assert_eq!([&decided_on[0]["full"], &decided_on[1]["full"]], [&json!([]), &full]);
    // The first call holds 0.01.
    let wallet = |available| json!({ "main": { "pays": true, "available": available } });
    assert_eq!(decided_on[0]["wallets"], wallet("0.035"));
    assert_eq!(decided_on[1]["wallets"], wallet("0.025"));
    assert_eq!(decided_on[1]["is_whole"], true);
    let output = list(dir.path()).arg("--as-calls").output().unwrap();
    let warned = String::from_utf8(output.stderr).unwrap();
    assert!(warned.contains("warning: calls left out: 1 "), "{warned}");
    let calls = String::from_utf8(output.stdout).unwrap();
    assert_eq!(again(dir.path(), &calls), ["cheap", "dear"], "{calls}");
    // Without what is recorded: another route, and nobody who pays.
    let without = calls.replace(&full.to_string(), "[]");
    assert_eq!(again(dir.path(), &without), ["cheap", "cheap"]);
    let (first, _) = calls.split_once('\n').unwrap();
    let poor = first.replace("0.035", "0.005");
    std::fs::write(dir.path().join("calls.jsonl"), poor).unwrap();
    let mut simulate = lcr_admin();
    simulate.args(["simulate", "--snapshot"]).arg(dir.path().join("snapshot"));
    simulate.arg("--calls").arg(dir.path().join("calls.jsonl"));
    assert_eq!(json_lines(&mut simulate)[0]["reason"], "insufficient_balance");
}

#[test]
fn told_to_stop_the_agent_writes_what_has_ended_first() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let mut child = agent(dir.path())
        // It would not come round again by itself while this test runs.
        .args(["--interval-ms", "60000", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !common::segments(dir.path()).exists() {
        assert!(std::time::Instant::now() < deadline, "the agent did not start");
        std::thread::yield_now();
    }
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.ended(handle, 487, at(1)).unwrap();
    let stopped = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    let line = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(line, r#"{"generation":1,"records_written":1}"#);
    assert_eq!(node.stats().ended, 0);
}

/// The agent, where no file may grow beyond so many blocks of 512 bytes: as on a full disk.
fn agent_on_a_full_disk(directory: &Path, blocks: u32) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -f {blocks}; exec \"$@\""), "sh"]);
    let agent = agent(directory);
    command.arg(agent.get_program()).args(agent.get_args());
    command
}

fn files_of(directory: &Path) -> usize {
    std::fs::read_dir(directory).map_or(0, Iterator::count)
}

#[test]
fn a_full_disk_leaves_no_torn_segments() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    for call in 0..20 {
        let handle = admitted(decide(&node, &format!("call-{call}"), at(0)));
        node.ended(handle, 487, at(1)).unwrap();
    }
    // No room for a head; room for a head and a few records.
    for blocks in [0, 1] {
        let output = agent_on_a_full_disk(dir.path(), blocks).arg("--once").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("calls wait in the state file"), "{said}");
        assert_eq!(files_of(&common::segments(dir.path())), 0, "{blocks} blocks");
    }
    assert_eq!(node.stats().ended, 20);
    printed(agent(dir.path()).arg("--once"));
    assert_eq!(json_lines(&mut list(dir.path())).len(), 20);
}

#[test]
fn a_disk_that_is_full_until_the_table_is_full_raises_alarms_and_loses_only_what_it_tells() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let end_call = |call: u32| {
        let handle = admitted(decide(&node, &format!("call-{call}"), at(0)));
        node.ended(handle, 487, at(1)).unwrap();
    };
    (0..60).for_each(end_call);
    let said = |output: std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let output = agent_on_a_full_disk(dir.path(), 0).arg("--once").output().unwrap();
    let alarm =
        "ALARM: records cannot be written; 60 of 64 entries are taken, when all are, calls are refused";
    assert!(said(output).contains(alarm));
    (60..64).for_each(end_call);
    for call in 0..3 {
        let reason = common::rejected(decide(&node, &format!("late-{call}"), at(2)));
        assert_eq!(reason, rating_core::reject::Reason::CallTableFull);
    }
    let output = agent(dir.path()).arg("--once").output().unwrap();
    assert!(output.status.success());
    let said = said(output);
    assert!(said.contains("ALARM: the call table was full: 3 calls refused, 0 records"), "{said}");
    assert_eq!(json_lines(&mut list(dir.path())).len(), 64, "every call that was taken is recorded");
    end_call(99);
}

#[test]
fn what_cannot_be_published_hides_nothing_that_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.ended(handle, 487, at(1)).unwrap();
    std::fs::remove_file(dir.path().join("snapshot")).unwrap();
    std::fs::write(dir.path().join("snapshot"), b"not a snapshot").unwrap();
    let output = agent_on_a_full_disk(dir.path(), 0).arg("--once").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let error = said.lines().find(|line| line.contains("calls wait in the state file"));
    assert!(error.is_some_and(|error| error.contains("snapshot") && error.contains("; and ")), "{said}");
    // With room again the record is written, whatever the snapshot is.
    let output = agent(dir.path()).arg("--once").output().unwrap();
    assert!(!output.status.success());
    assert_eq!(node.stats().ended, 0);
}

#[test]
fn started_with_a_broken_snapshot_the_agent_stays_and_takes_the_next_good_one() {
    // With a snapshot that is live, and with none.
    for is_live in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let (state, snapshot) = (dir.path().join("state"), dir.path().join("snapshot"));
        let plan = common::plan(Caps::default());
        let before = is_live.then(|| node(dir.path(), Caps::default()));
        // Beside and renamed, as publishing does: what is mapped is left alone.
        std::fs::write(dir.path().join("broken"), b"not a snapshot").unwrap();
        std::fs::rename(dir.path().join("broken"), &snapshot).unwrap();
        let mut command = agent(dir.path());
        command.args(["--interval-ms", "10", "--calls-max", "64"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let alarm = said.find(|line| line.contains("ALARM")).expect("the agent raises an alarm");
        assert!(alarm.contains("snapshot"), "{alarm}");
        let metrics = || printed(lcr_admin().args(["metrics", "--state"]).arg(&state));
        assert!(metrics().lines().any(|line| line == "tandem_snapshot_refused 1.0"), "{}", metrics());

        let mut better = plan.clone();
        better.settings.max_duration_sec = 77;
        common::publish(dir.path(), &better);
        let generation = if is_live { 2 } else { 1 };
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while !metrics().lines().any(|line| line == "tandem_snapshot_refused 0.0") {
            assert!(std::time::Instant::now() < deadline, "the good one is not taken");
        }
        let node = Node::attach(&common::config(dir.path())).unwrap();
        assert_eq!(node.newest().number(), generation);
        assert_eq!(node.newest().snapshot().plan().max_duration_sec.get(), 77);
        let stopped = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(stopped.success() && child.wait().unwrap().success());
        drop(before);
    }
}

#[test]
fn the_agent_follows_a_state_file_that_was_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let old = node(dir.path(), Caps::default());
    let mut child = agent(dir.path()).args(["--interval-ms", "10"]).stdout(Stdio::null()).spawn().unwrap();
    let wait_for = |what: &str, done: &dyn Fn() -> bool| {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while !done() {
            assert!(std::time::Instant::now() < deadline, "{what}");
            std::thread::yield_now();
        }
    };
    let end_call = |node: &rating_node::Node, call_id: &str| {
        let handle = admitted(decide(node, call_id, at(0)));
        node.ended(handle, 487, at(1)).unwrap();
    };
    end_call(&old, "first");
    wait_for("the agent did not start", &|| old.stats().ended == 0);
    std::fs::remove_file(dir.path().join("state")).unwrap();
    end_call(&old, "of the old state");
    let new = Node::attach(&common::config(dir.path())).unwrap();
    end_call(&new, "of the new state");
    wait_for("the old state was not written", &|| old.stats().ended == 0);
    wait_for("the new state was not written", &|| new.stats().ended == 0);
    let stopped = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success() && child.wait().unwrap().success());
    assert_eq!(json_lines(&mut list(dir.path())).len(), 3);
}

#[test]
fn no_segments_is_an_error_that_says_what_to_name() {
    let output = lcr_admin().args(["cdr", "list", "--segments", "/nonexistent"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--segments directory"));
}
