//! `reconcile` against a real Kamailio: calls of the node, dialogs of Kamailio, and what either lacks.

#[path = "../../rating-node/tests/common/mod.rs"]
mod common;

use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::{Caps, admitted, at, decide, dial, node};
use rating_core::live::Now;
use rating_node::{Handle, Node};
use serde_json::{Value, json};

/// A Kamailio that makes a dialog of each INVITE, with the handle that the INVITE names.
const CONFIGURATION: &str = r#"
children=1
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "dialog.so"
loadmodule "kex.so"
loadmodule "ctl.so"
request_route {
    if (method == "INVITE") {
        t_newtran();
        dlg_manage();
        if ($hdr(X-Handle) != $null) { $dlg_var(tandem) = $hdr(X-Handle); }
        record_route();
        $du = "sip:127.0.0.1:9";
        t_relay();
    }
}
"#;

/// A process that does not outlive its test.
struct Kamailio(Child);

impl Drop for Kamailio {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.0);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.0.wait();
    }
}

impl Kamailio {
    fn start(directory: &Path) -> (Kamailio, u16) {
        // Two tests may be given the same port one after the other, not at the same time: it is bound at once.
        let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let file = directory.join("kamailio.cfg");
        std::fs::write(&file, format!("listen=udp:127.0.0.1:{port}\n{CONFIGURATION}")).unwrap();
        let log = std::fs::File::create(directory.join("kamailio.log")).unwrap();
        let child = Command::new("kamailio")
            .args(["-DD", "-E", "-x", "fm", "-X", "fm", "-m", "64", "-Y"])
            .arg(directory)
            .arg("-f")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("kamailio is installed");
        (Kamailio(child), port)
    }
}

fn ctl(directory: &Path) -> String {
    format!("unixs:{}", directory.join("kamailio_ctl").display())
}

/// What kamcmd answers; none while Kamailio does not.
fn kamcmd(directory: &Path, request: &str) -> Option<String> {
    let output = Command::new("kamcmd").args(["-s", &ctl(directory), request]).output().unwrap();
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Asks until it is so.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !is_so() {
        assert!(began.elapsed().as_secs() < 20, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

fn invite(port: u16, call_id: &str, handle: Option<Handle>) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let from = socket.local_addr().unwrap();
    let header = handle.map_or(String::new(), |handle| format!("X-Handle: {handle}\r\n"));
    let text = format!(
        "INVITE sip:13125550123@127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{call_id}\r\n\
         From: <sip:12125550142@{from}>;tag=ft\r\nTo: <sip:13125550123@127.0.0.1>\r\nCall-ID: {call_id}\r\n\
         CSeq: 1 INVITE\r\nContact: <sip:a@{from}>\r\nMax-Forwards: 70\r\n{header}Content-Length: 0\r\n\r\n"
    );
    socket.send_to(text.as_bytes(), ("127.0.0.1", port)).unwrap();
}

fn reconcile(directory: &Path, more: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lcr-admin"));
    command.arg("reconcile").arg("--state").arg(directory.join("state")).arg("--json").args(more);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn answered(node: &Node, call_id: &str, now: Now) -> Handle {
    let handle = admitted(decide(node, call_id, now));
    dial(node, handle, 0, now).unwrap();
    node.answered(handle, 200, now).unwrap();
    handle
}

#[test]
fn a_call_whose_dialog_kamailio_has_lost_is_told_and_ended() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps { account_calls: Some(10), ..Caps::default() });
    let young = Now { utc_ns: i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap(), ..at(0) };
    let known = answered(&node, "known", at(0));
    answered(&node, "known-by-its-call-id", at(0));
    let lost = answered(&node, "lost", at(0));
    admitted(decide(&node, "lost-in-set-up", at(0)));
    admitted(decide(&node, "young", young));

    let (_kamailio, port) = Kamailio::start(dir.path());
    wait_until("kamailio answers", || kamcmd(dir.path(), "dlg.stats_active").is_some());
    // Kamailio has no dialog at all yet: an empty list, and it says so itself.
    let nothing = reconcile(dir.path(), &["--ctl", &ctl(dir.path())]);
    assert_eq!((&nothing["dialogs"], nothing["lost"].as_array().unwrap().len()), (&json!(0), 4));
    invite(port, "known", Some(known));
    invite(port, "known-by-its-call-id", None);
    invite(port, "of-nobody", Some(Handle(0xff)));
    wait_until("there are three dialogs", || {
        kamcmd(dir.path(), "dlg.stats_active").is_some_and(|text| text.contains("all: 3"))
    });

    let told = reconcile(dir.path(), &["--ctl", &ctl(dir.path())]);
    let lost_ids: Vec<_> =
        told["lost"].as_array().unwrap().iter().map(|call| call["call_id"].clone()).collect();
    assert_eq!(lost_ids, ["lost", "lost-in-set-up"]);
    assert_eq!(told["lost"][0]["handle"], lost.to_string());
    assert_eq!((&told["calls"], &told["matched"], &told["young"]), (&json!(5), &json!(2), &json!(1)));
    assert_eq!((&told["unknown_dialogs"], &told["ended"]), (&json!(["of-nobody"]), &json!(null)));
    assert_eq!(node.stats().calls_held(), 5, "nothing is changed without --repair");

    let repaired = reconcile(dir.path(), &["--ctl", &ctl(dir.path()), "--repair"]);
    assert_eq!((&repaired["ended"], &repaired["renewed"]), (&json!(2), &json!(2)));
    assert_eq!((node.stats().calls_held(), node.stats().ended), (3, 2));
    assert_eq!(node.gauges_off(), []);
    assert_eq!(node.stats().gauges_held, (1, 3), "what the lost ones held is free");
    let again = reconcile(dir.path(), &["--ctl", &ctl(dir.path()), "--repair"]);
    assert_eq!((&again["ended"], &again["renewed"]), (&json!(0), &json!(2)));
}

#[test]
fn more_dialogs_than_kamcmd_reads_at_once_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let known = answered(&node, "known", at(0));
    let (_kamailio, port) = Kamailio::start(dir.path());
    wait_until("kamailio answers", || kamcmd(dir.path(), "dlg.stats_active").is_some());
    let is_there = |count: usize| {
        kamcmd(dir.path(), "dlg.stats_active").is_some_and(|text| text.contains(&format!("all: {count}\n")))
    };
    invite(port, "known", Some(known));
    // One after the other: what comes faster than one worker takes it is lost.
    for other in 1..=400 {
        invite(port, &format!("other-{other}"), None);
        if other % 50 == 0 {
            wait_until("the dialogs are there", || is_there(1 + other));
        }
    }
    let listed = Command::new("kamcmd").args(["-s", &ctl(dir.path()), "dlg.list"]).output().unwrap();
    assert!(String::from_utf8_lossy(&listed.stderr).contains("too big"), "too many for kamcmd");
    let told = reconcile(dir.path(), &["--ctl", &ctl(dir.path())]);
    assert_eq!((&told["dialogs"], &told["matched"]), (&json!(401), &json!(1)));
    assert_eq!(told["unknown_dialogs"].as_array().unwrap().len(), 400);
}

/// An agent that is stopped when its test ends.
struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_agent_that_reconciles_ends_what_kamailio_has_lost_and_nothing_while_it_is_away() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let known = answered(&node, "known", at(0));
    answered(&node, "lost", at(0));
    let (kamailio, port) = Kamailio::start(dir.path());
    wait_until("kamailio answers", || kamcmd(dir.path(), "dlg.stats_active").is_some());
    invite(port, "known", Some(known));
    wait_until("there is a dialog", || {
        kamcmd(dir.path(), "dlg.stats_active").is_some_and(|text| text.contains("all: 1"))
    });
    let mut agent = Command::new(env!("CARGO_BIN_EXE_lcr-admin"));
    agent.arg("agent").arg("--state").arg(dir.path().join("state"));
    agent.arg("--snapshot").arg(dir.path().join("snapshot"));
    agent.arg("--segments").arg(common::segments(dir.path()));
    agent.args(["--reconcile-every", "1", "--ctl", &ctl(dir.path())]);
    let mut agent = Agent(agent.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap());
    let mut said = BufReader::new(agent.0.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut hear = |words: &str| assert!(said.any(|line| line.contains(words)), "it says {words:?}");
    hear("1 calls had no dialog any more: ended");
    assert_eq!(node.stats().calls_held(), 1, "the one that has its dialog");
    drop(kamailio);
    hear("calls are not compared with dialogs");
    assert_eq!(node.stats().calls_held(), 1, "a Kamailio that is away ends no call");
}

#[test]
fn a_list_in_a_file_is_taken_and_an_empty_one_refused() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let handle = answered(&node, "one", at(0));
    answered(&node, "two", at(0));
    let file = dir.path().join("dialogs.json");
    let path = file.to_str().unwrap();
    std::fs::write(
        &file,
        format!(r#"{{"result":[{{"call-id":"one","state":4,"variables":[{{"tandem":"{handle}"}}]}}]}}"#),
    )
    .unwrap();
    let told = reconcile(dir.path(), &["--dialogs", path]);
    assert_eq!((&told["matched"], &told["lost"][0]["call_id"]), (&json!(1), &json!("two")));
    for text in ["", "{\n\tcall-id: one\n", "error: 500"] {
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_lcr-admin"));
        command.arg("reconcile").arg("--state").arg(dir.path().join("state"));
        let output = command.args(["--dialogs", path, "--repair"]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{text:?}");
    }
    assert_eq!(node.stats().calls_held(), 2);
}
