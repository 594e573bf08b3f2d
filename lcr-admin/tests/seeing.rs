//! A node as people and Prometheus see it: `top --once`, `metrics`, `serve`.

#[path = "../../rating-node/tests/common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::{Caps, admitted, at, decide, decide_from, dial, node};
use rating_core::live::Now;
use rating_node::{Config, Node};
use serde_json::{Value, json};

fn lcr_admin(command: &str, directory: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_lcr-admin"));
    program.arg(command).arg("--state").arg(directory.join("state"));
    program
}

fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// An account with room for 4 calls, which has 2 up, and 1 in set-up; a stranger who was refused; two timed decisions.
fn busy_node(directory: &Path) -> Node {
    let node = node(directory, Caps { account_calls: Some(4), cheap_calls: Some(8), ..Caps::default() });
    for call_id in ["one", "two"] {
        let handle = admitted(decide(&node, call_id, at(0)));
        dial(&node, handle, 0, at(0)).unwrap();
        node.answered(handle, 200, at(1)).unwrap();
    }
    admitted(decide(&node, "three", at(2)));
    common::rejected(decide_from(&node, [127, 0, 0, 99], "stranger", at(3)));
    node.count_latency(1_000);
    node.count_latency(70_000);
    node
}

#[test]
fn top_once_prints_tables_and_json() {
    let dir = tempfile::tempdir().unwrap();
    let node = busy_node(dir.path());
    let text = printed(lcr_admin("top", dir.path()).args(["--once", "--interval-ms", "50"]));
    let row = |words: &[&str]| {
        let cells =
            |line: &str| line.split(['│', '┆']).map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
        assert!(
            text.lines().any(|line| cells(line)[1..]
                .starts_with(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())),
            "{words:?} in\n{text}"
        );
    };
    row(&["calls held", "3 (1 in set-up, 2 answered) of 64"]);
    row(&["ended, not written yet", "1"]);
    row(&["unknown_trunk", "1", "0.0"]);
    row(&["account", "acme", "concurrent calls", "3", "4", "75.0"]);
    row(&["route", "cheap", "concurrent calls", "3", "8", "37.5"]);
    row(&["workers", "1"]);
    row(&["agent", "ALARM: never seen"]);
    // 1 µs lies below 1.024 µs, 70 µs below 81.92 µs.
    row(&["decision, µs p50 / p99", "1.0 / 81.9"]);

    let value: Value =
        serde_json::from_str(&printed(lcr_admin("top", dir.path()).args(["--json", "--interval-ms", "50"])))
            .unwrap();
    for (key, expected) in [
        ("in_setup", json!(1)),
        ("answered", json!(2)),
        ("ended", json!(1)),
        ("admitted", json!(3)),
        ("records_dropped", json!(0)),
        ("rejected", json!({"unknown_trunk": 1})),
        ("calls_per_sec", json!(0.0)),
        ("agent_silent_sec", json!(null)),
        ("workers", json!(1)),
    ] {
        assert_eq!(value[key], expected, "{key}");
    }
    drop(node);
}

#[test]
fn a_state_that_is_not_there_is_told_and_not_made() {
    let dir = tempfile::tempdir().unwrap();
    for command in ["top", "metrics", "serve"] {
        let output = lcr_admin(command, dir.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{command}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn top_without_a_terminal_says_what_prints() {
    let dir = tempfile::tempdir().unwrap();
    let _node = busy_node(dir.path());
    let output = lcr_admin("top", dir.path()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("--once"), "{said}");
}

#[test]
fn quality_of_a_route_is_seen_as_it_is_now() {
    let dir = tempfile::tempdir().unwrap();
    let node = common::node(dir.path(), Caps::default());
    drop(node);
    std::fs::remove_file(dir.path().join("state")).unwrap();
    let node = Node::attach(&Config { calls_max: 1000, ..common::config(dir.path()) }).unwrap();
    let now = Now { utc_ns: jiff::Timestamp::now().as_nanosecond() as i64, ..at(0) };
    for call in 0..60 {
        let handle = admitted(decide(&node, &format!("call-{call}"), now));
        dial(&node, handle, 0, now).unwrap();
        if call < 15 {
            node.answered(handle, 200, now).unwrap();
        }
        node.ended(handle, if call < 15 { 200 } else { 486 }, now).unwrap();
    }
    node.expire(now);
    let series = parse(&printed(&mut lcr_admin("metrics", dir.path())));
    // 15 of 60: a quarter, 15 points; 0 s of talk: 0; rang at once: 20.
    assert_eq!(series[r#"tandem_route_asr_ratio{route="cheap",window="60m"}"#], 0.25);
    assert_eq!(series[r#"tandem_route_attempts{route="cheap",window="15m"}"#], 60.0);
    assert_eq!(series[r#"tandem_route_score{route="cheap"}"#], 35.0);
    assert_eq!(series[r#"tandem_route_score_is_live{route="cheap"}"#], 1.0);
    let text = printed(lcr_admin("top", dir.path()).args(["--once", "--interval-ms", "50"]));
    assert!(text.contains("25.0 / 25.0 / 25.0"), "{text}");
}

#[test]
fn metrics_are_served_as_prometheus_reads_them() {
    let dir = tempfile::tempdir().unwrap();
    let node = busy_node(dir.path());
    let served = lcr_admin("serve", dir.path())
        .args(["--listen", "127.0.0.1:0", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut served = Stopped(served);
    let mut line = String::new();
    BufReader::new(served.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    let get = |path: &str| {
        let mut stream = TcpStream::connect(told["listening"].as_str().unwrap()).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_lowercase(), body.to_owned())
    };
    assert!(get("/healthz").0.starts_with("http/1.1 200"));
    assert!(get("/readyz").0.starts_with("http/1.1 200"));
    assert!(get("/elsewhere").0.starts_with("http/1.1 404"));
    let (head, body) = get("/metrics");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(
        head.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"),
        "{head}"
    );
    let series = parse(&body);
    for (name, value) in [
        ("tandem_calls_admitted_total", 3.0),
        (r#"tandem_calls_rejected_total{reason="unknown_trunk"}"#, 1.0),
        (r#"tandem_calls_rejected_total{reason="cps_exceeded"}"#, 0.0),
        (r#"tandem_calls{state="answered"}"#, 2.0),
        ("tandem_calls_max", 64.0),
        ("tandem_snapshot_generation", 1.0),
        (r#"tandem_processes{role="worker"}"#, 1.0),
        (r#"tandem_limit_used{scope="account",owner="acme",dimension="concurrent_calls"}"#, 3.0),
        (r#"tandem_limit_max{scope="account",owner="acme",dimension="concurrent_calls"}"#, 4.0),
        ("tandem_decision_duration_seconds_count", 2.0),
        (r#"tandem_decision_duration_seconds_bucket{le="0.000001024"}"#, 1.0),
        (r#"tandem_decision_duration_seconds_bucket{le="0.000131072"}"#, 2.0),
        (r#"tandem_decision_duration_seconds_bucket{le="+Inf"}"#, 2.0),
    ] {
        assert_eq!(series.get(name), Some(&value), "{name} in\n{body}");
    }
    let pid = rustix::process::Pid::from_child(&served.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(served.0.wait().unwrap().success());
    drop(node);
}

/// A process that does not outlive its test.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reads the OpenMetrics text format, and checks what a scraper would: every family has one TYPE and one HELP before
/// its samples, which stand together; no series twice; counters end in `_total`; buckets grow and end with all.
fn parse(text: &str) -> BTreeMap<String, f64> {
    let body = text.trim_end().strip_suffix("# EOF").expect("it ends with # EOF");
    let (mut types, mut series) = (BTreeMap::new(), BTreeMap::new());
    let (mut family, mut below) = (String::new(), 0.0);
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let [what, name, rest] = comment.splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
            match what {
                "HELP" => assert!(!rest.is_empty() && !types.contains_key(name), "{line}"),
                "TYPE" => assert_eq!(types.insert(name.to_owned(), rest.to_owned()), None, "{line}"),
                other => panic!("{other}: {line}"),
            }
            (family, below) = (name.to_owned(), 0.0);
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap();
        let value: f64 = value.parse().unwrap();
        let bare = name.split('{').next().unwrap();
        let suffix =
            bare.strip_prefix(family.as_str()).unwrap_or_else(|| panic!("{line} is not of {family}"));
        match types[&family].as_str() {
            "counter" => assert_eq!(suffix, "_total", "{line}"),
            "gauge" => assert_eq!(suffix, "", "{line}"),
            "histogram" if suffix == "_bucket" => {
                assert!(value >= below, "{line}");
                below = value;
            }
            "histogram" => assert!(["_sum", "_count"].contains(&suffix), "{line}"),
            other => panic!("{other}: {line}"),
        }
        assert_eq!(series.insert(name.to_owned(), value), None, "{line} is there twice");
    }
    let all = series[r#"tandem_decision_duration_seconds_bucket{le="+Inf"}"#];
    assert_eq!(all, series["tandem_decision_duration_seconds_count"]);
    series
}
