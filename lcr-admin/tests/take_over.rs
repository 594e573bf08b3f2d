//! A plan that changes by itself: what `publish` writes for the time to come, what `simulate` reads of it, and how
//! the agent keeps it reaching into the future (4.2).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

fn run(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lcr-admin"));
    command.env_remove("DATABASE_URL").args(args).output().unwrap()
}

#[track_caller]
fn json(args: &[&str]) -> Value {
    let output = run(&[&["--json"], args].concat());
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The example, with mesa's second version (Denver intrastate from 0.007 to 0.005) at this instant.
fn plan(directory: &Path, change: Timestamp) -> PathBuf {
    let copy = directory.join("plan");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/wholesale");
    let done = Command::new("cp").arg("-r").arg(example).arg(&copy).status().unwrap();
    assert!(done.success());
    let decks = fs::read_to_string(copy.join("decks.toml")).unwrap();
    let changed = decks.replace("2024-07-01T00:00:00Z", &change.to_string());
    assert_ne!(decks, changed);
    fs::write(copy.join("decks.toml"), changed).unwrap();
    copy
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// mesa's rate for a call within Colorado.
fn mesa_rate(snapshot: &Path, at: Timestamp) -> String {
    let call = ["--trunk", "acme_main", "--ani", "17205550142", "--dnis", "13035550123"];
    let answer =
        json(&[&["simulate", "--snapshot", text(snapshot), "--at", &at.to_string()], &call[..]].concat());
    let mut routes = answer["routes"].as_array().unwrap().iter();
    let mesa = routes.find(|route| route["route"] == "mesa_std").unwrap();
    mesa["rate"].as_str().unwrap().to_owned()
}

fn now_sec() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap()
}

fn beside(snapshot: &Path) -> usize {
    let start = format!("{}.next-", snapshot.file_name().unwrap().to_str().unwrap());
    let names = fs::read_dir(snapshot.parent().unwrap()).unwrap();
    names.filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().starts_with(&start)).count()
}

#[test]
fn r4_2_what_is_published_changes_price_at_the_instant() {
    let dir = tempfile::tempdir().unwrap();
    let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let change = start + hours(47);
    let plan = plan(dir.path(), change);
    let snapshot = dir.path().join("a.snapshot");
    let publish = |at: Timestamp| {
        json(&["publish", "--plan", text(&plan), "--out", text(&snapshot), "--at", &at.to_string()])
    };
    let published = publish(start);
    assert_eq!(published["valid_until"], change.to_string());
    let [next] = published["next"].as_array().unwrap().as_slice() else { panic!("{published}") };
    assert_eq!((&next["valid_from"], &next["valid_until"]), (&published["valid_until"], &Value::Null));
    assert!(Path::new(next["file"].as_str().unwrap()).exists());
    assert_eq!(mesa_rate(&snapshot, change - SignedDuration::from_nanos(1)), "0.007");
    assert_eq!(mesa_rate(&snapshot, change), "0.005");
    // Later than 48 hours ahead is the business of a later publication; what is over leaves no files.
    assert_eq!(publish(start - hours(1))["next"], Value::Array(vec![]));
    assert_eq!(beside(&snapshot), 0);
    publish(start);
    assert_eq!(beside(&snapshot), 1);
    publish(change);
    assert_eq!(beside(&snapshot), 0);
    assert_eq!(mesa_rate(&snapshot, change), "0.005");
}

/// Publishes as a process that ends before its first file: a directory is where it would write that.
fn publish_all_but_the_first(plan: &Path, snapshot: &Path, at: Timestamp) {
    let beside =
        format!("{}/.{}", text(snapshot.parent().unwrap()), text(Path::new(snapshot.file_name().unwrap())));
    let script = format!("mkdir \"{beside}.$$.tmp\" && exec \"$@\"");
    let program = env!("CARGO_BIN_EXE_lcr-admin");
    let words = [program, "publish", "--plan", text(plan), "--out", text(snapshot), "--at", &at.to_string()];
    let mut publishing = Command::new("sh").args(["-c", &script, "sh"]).args(words).spawn().unwrap();
    assert!(!publishing.wait().unwrap().success());
    fs::remove_dir(format!("{beside}.{}.tmp", publishing.id())).unwrap();
}

#[test]
fn a_publication_that_ends_before_its_first_file_changes_no_price_of_tomorrow() {
    let dir = tempfile::tempdir().unwrap();
    let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let change = start + hours(24);
    let plan = plan(dir.path(), change);
    let snapshot = dir.path().join("a.snapshot");
    json(&["publish", "--plan", text(&plan), "--out", text(&snapshot), "--at", &start.to_string()]);
    assert_eq!(mesa_rate(&snapshot, change), "0.005");
    // The plan of today stays as it is: mesa's price of tomorrow is another.
    let later = plan.join("decks/mesa_std_2024_07.csv");
    fs::write(&later, fs::read_to_string(&later).unwrap().replace("0.0050", "0.0040")).unwrap();
    publish_all_but_the_first(&plan, &snapshot, start + hours(1));
    assert_eq!(mesa_rate(&snapshot, change), "0.005");
    assert_eq!(beside(&snapshot), 2, "the one that follows was written");
    json(&[
        "publish",
        "--plan",
        text(&plan),
        "--out",
        text(&snapshot),
        "--at",
        &(start + hours(2)).to_string(),
    ]);
    assert_eq!((mesa_rate(&snapshot, change), beside(&snapshot)), ("0.004".to_owned(), 1));
}

fn agent(directory: &Path, more: &[&str]) -> (Value, String) {
    let (state, snapshot) = (directory.join("state"), directory.join("a.snapshot"));
    let segments = directory.join("segments");
    let paths = ["--state", text(&state), "--snapshot", text(&snapshot), "--segments", text(&segments)];
    let output = run(&[&["--json", "agent", "--once"], &paths[..], more].concat());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    (serde_json::from_slice(&output.stdout).unwrap(), stderr)
}

#[test]
fn the_agent_publishes_the_time_after_the_end_before_it_comes() {
    let dir = tempfile::tempdir().unwrap();
    // Published two days ago, when the change was out of sight: it is due in two hours.
    let change = now_sec() + hours(2);
    let plan = plan(dir.path(), change);
    let snapshot = dir.path().join("a.snapshot");
    let at = (change - hours(50)).to_string();
    json(&["publish", "--plan", text(&plan), "--out", text(&snapshot), "--at", &at]);
    assert_eq!(beside(&snapshot), 0);
    let (answer, said) = agent(dir.path(), &[]);
    assert_eq!(answer["generation"], 1);
    assert!(said.contains(&format!("at {change} the plan changes")), "{said}");
    let (answer, said) = agent(dir.path(), &["--plan", text(&plan)]);
    assert_eq!(answer["generation"], 2, "{said}");
    assert!(said.contains("compiled for the next 48 hours") && !said.contains("the plan changes"), "{said}");
    assert_eq!(mesa_rate(&snapshot, change), "0.005");
    // It has no end now: nothing more to do, nothing to say.
    let (answer, said) = agent(dir.path(), &["--plan", text(&plan)]);
    assert_eq!((&answer["generation"], said.as_str()), (&Value::from(2), ""));
}

#[test]
fn past_the_end_the_agent_raises_an_alarm() {
    let dir = tempfile::tempdir().unwrap();
    let change = now_sec() - hours(1);
    let plan = plan(dir.path(), change);
    let snapshot = dir.path().join("a.snapshot");
    let at = (change - hours(50)).to_string();
    json(&["publish", "--plan", text(&plan), "--out", text(&snapshot), "--at", &at]);
    let (_, said) = agent(dir.path(), &[]);
    assert!(said.contains(&format!("ALARM: the last snapshot was true until {change}")), "{said}");
    // With the plan it helps itself.
    let (answer, _) = agent(dir.path(), &["--plan", text(&plan)]);
    assert_eq!(answer["generation"], 2);
    let (_, said) = agent(dir.path(), &[]);
    assert_eq!(said, "");
}

/// An agent that is killed when this is dropped.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// An agent that has the plan, and whose clock is ahead by so many seconds as a file says.
fn agent_with_clock(directory: &Path, plan: &Path, clock: &Path) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lcr-admin"));
    command.arg("agent").arg("--state").arg(directory.join("state"));
    command.arg("--snapshot").arg(directory.join("a.snapshot")).arg("--plan").arg(plan);
    command.arg("--segments").arg(directory.join("segments"));
    Running(command.env("TANDEM_TEST_CLOCK", clock).stderr(Stdio::null()).spawn().unwrap())
}

#[track_caller]
fn wait_until(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "not within a minute");
        std::thread::yield_now();
    }
}

#[test]
fn r4_2_a_clock_that_was_days_ahead_leaves_no_price_of_the_future() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(dir.path(), now_sec() + hours(60));
    let (snapshot, clock) = (dir.path().join("a.snapshot"), dir.path().join("clock"));
    json(&["publish", "--plan", text(&plan), "--out", text(&snapshot)]);
    fs::write(&clock, "0").unwrap();
    let _agent = agent_with_clock(dir.path(), &plan, &clock);
    // By a clock that is three days ahead what is published has ended: the plan is compiled from then on.
    fs::write(&clock, "259200").unwrap();
    wait_until(|| mesa_rate(&snapshot, now_sec()) == "0.005");
    // It is put right.
    fs::write(&clock, "0").unwrap();
    wait_until(|| mesa_rate(&snapshot, now_sec()) == "0.007");
}

#[test]
fn a_snapshot_that_is_not_true_yet_raises_an_alarm() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(dir.path(), now_sec() - hours(1));
    let (snapshot, tomorrow) = (dir.path().join("a.snapshot"), now_sec() + hours(24));
    json(&["publish", "--plan", text(&plan), "--out", text(&snapshot), "--at", &tomorrow.to_string()]);
    let (answer, said) = agent(dir.path(), &["--plan", text(&plan)]);
    assert!(
        said.contains(&format!("ALARM: the snapshot that decides is true from {tomorrow} on only")),
        "{said}"
    );
    assert_eq!(answer["generation"], 1, "who has published it may want it so");
}

#[test]
fn a_file_that_is_no_snapshot_does_not_keep_the_agent_from_compiling_a_better_one() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(dir.path(), now_sec() + hours(2));
    let snapshot = dir.path().join("a.snapshot");
    let at = (now_sec() - hours(48)).to_string();
    json(&["publish", "--plan", text(&plan), "--out", text(&snapshot), "--at", &at]);
    agent(dir.path(), &[]);
    fs::remove_file(&snapshot).unwrap();
    fs::write(&snapshot, b"no snapshot").unwrap();
    let (answer, said) = agent(dir.path(), &["--plan", text(&plan)]);
    assert_eq!(answer["generation"], 2, "{said}");
}

#[test]
fn what_was_killed_while_it_wrote_leaves_nothing_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(dir.path(), now_sec() + hours(2));
    let left = [".a.snapshot.7.tmp", ".a.snapshot.next-00000000deadbeef-1780272000.7.tmp"];
    let others = [".b.snapshot.7.tmp", ".a.snapshot.b.7.tmp"];
    for name in left.iter().chain(&others) {
        fs::write(dir.path().join(name), b"half of it").unwrap();
    }
    json(&["publish", "--plan", text(&plan), "--out", text(&dir.path().join("a.snapshot"))]);
    assert!(left.iter().all(|name| !dir.path().join(name).exists()));
    assert!(others.iter().all(|name| dir.path().join(name).exists()));
}

/// Whether the kernel has this process wait for a lock.
fn waits_for_a_lock(pid: u32) -> bool {
    let locks = fs::read_to_string("/proc/locks").unwrap();
    let pid = pid.to_string();
    locks.lines().any(|line| line.contains("->") && line.split_whitespace().any(|word| word == pid))
}

#[test]
fn who_publishes_reads_the_plan_when_nobody_else_is_publishing() {
    let dir = tempfile::tempdir().unwrap();
    let (near, far): (Timestamp, Timestamp) =
        ("2026-03-01T00:00:00Z".parse().unwrap(), "2026-09-01T00:00:00Z".parse().unwrap());
    let plan = plan(dir.path(), near);
    let snapshot = dir.path().join("a.snapshot");
    let lock = fs::File::create(dir.path().join("a.snapshot.lock")).unwrap();
    lock.lock().unwrap();
    let args = ["publish", "--plan", text(&plan), "--out", text(&snapshot), "--at", "2026-06-01T00:00:00Z"];
    let mut publishing =
        Command::new(env!("CARGO_BIN_EXE_lcr-admin")).args(args).stdout(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !waits_for_a_lock(publishing.id()) {
        assert!(publishing.try_wait().unwrap().is_none(), "it did not wait");
        assert!(Instant::now() < deadline, "it neither waits nor ends");
        std::thread::yield_now();
    }
    assert!(!snapshot.exists());
    // Whoever has the lock changes the plan: mesa's new price comes later.
    let decks = fs::read_to_string(plan.join("decks.toml")).unwrap();
    fs::write(plan.join("decks.toml"), decks.replace(&near.to_string(), &far.to_string())).unwrap();
    drop(lock);
    assert!(publishing.wait().unwrap().success());
    assert_eq!(mesa_rate(&snapshot, "2026-06-01T00:00:00Z".parse().unwrap()), "0.007");
}
