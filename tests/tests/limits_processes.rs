//! Four processes on one limit: never one call too many, never one too few.
//!
//! The judge shares no code with what it judges. Processes write one line for each step of a call into one
//! file opened for appending, so the kernel gives all lines one order. A call is logged as held after it was
//! admitted and as let go before it is: whatever the log holds at once was really held at once. And it is
//! logged as possibly held from before it asks until after it has let go: whatever is refused while fewer than
//! the cap were possibly held was refused wrongly.
//!
//! Run with `harness = false`: the processes are this program again.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rating_core::limit::{Dimension, Gcra, Limit};
use rating_node::limits::LimitTable;
use rating_node::shm::{Shm, lock};

const PROCESSES: u64 = 4;
const CAP: u32 = 3;
const ATTEMPTS: u64 = 4000;
const SEED: u64 = 20_261_121;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("hold") => hold(&arguments[2..]),
        Some("pace") => pace(&arguments[2..]),
        // Runners that ask for a list get one.
        _ if arguments.iter().any(|argument| argument == "--list") => println!("limits_processes: test"),
        // What `cargo test` and its filters pass.
        _ => run_all(),
    }
}

fn run_all() {
    println!("seed {SEED}");
    the_judge_of_concurrency_catches_planted_faults();
    r6_4_concurrency_is_exact_over_processes();
    the_judge_of_cps_catches_a_planted_fault();
    r6_3_cps_is_exact_over_processes();
}

/// A small generator of its own (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }
}

fn open_state(directory: &Path) -> Shm {
    let path = directory.join("state");
    let guard = lock(&path).expect("the state's lock");
    Shm::open_or_create(&path, 16, &guard).expect("the state")
}

fn this_program(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(arguments);
    command
}

// ---- concurrency

/// A process that takes and lets go: `hold DIRECTORY PROCESS CAP`.
fn hold(arguments: &[String]) {
    let (directory, process) = (PathBuf::from(&arguments[0]), arguments[1].parse::<u64>().expect("a number"));
    let cap: u32 = arguments[2].parse().expect("a cap");
    let shm = open_state(&directory);
    let limits = shm.limits();
    let limit = Limit { key: 0xcafe, dimension: Dimension::Concurrency { calls_max: cap }, zone: 0 };
    let slot = limits.slot(&limit).expect("a slot");
    let mut log = OpenOptions::new().append(true).open(directory.join("log")).expect("the log");
    let mut random = Random(SEED ^ (process << 32));
    let mut held: Vec<u64> = Vec::new();
    for attempt in 0..ATTEMPTS {
        let call = process * ATTEMPTS + attempt;
        attempt_one(&mut log, limits, slot, cap, call, &mut held);
        while held.len() > random.below(3) as usize {
            let oldest = held.remove(0);
            let_go(&mut log, limits, slot, oldest);
        }
    }
    held.into_iter().for_each(|call| let_go(&mut log, limits, slot, call));
}

fn attempt_one(log: &mut File, limits: LimitTable<'_>, slot: u32, cap: u32, call: u64, held: &mut Vec<u64>) {
    say(log, 'b', call);
    match limits.take_gauge(slot, cap) {
        Ok(()) => {
            say(log, 'a', call);
            held.push(call);
        }
        Err(_) => say(log, 'x', call),
    }
}

fn let_go(log: &mut File, limits: LimitTable<'_>, slot: u32, call: u64) {
    say(log, 'r', call);
    limits.release_gauge(slot);
    say(log, 'd', call);
}

/// One line, one write: the kernel appends it whole.
fn say(log: &mut File, step: char, call: u64) {
    log.write_all(format!("{step} {call}\n").as_bytes()).expect("the log");
}

/// What the log proves.
#[derive(Debug, Default, PartialEq, Eq)]
struct Findings {
    admitted: u64,
    refused: u64,
    /// Instants at which more calls were held than the cap.
    over: u64,
    /// Refusals while fewer calls than the cap were possibly held.
    under: u64,
}

fn judge(log: &str, cap: usize) -> Findings {
    let steps: Vec<(char, u64)> = log
        .lines()
        .map(|line| (line.chars().next().expect("a step"), line[2..].parse().expect("a call")))
        .collect();
    let was_admitted: std::collections::HashSet<u64> =
        steps.iter().filter(|(step, _)| *step == 'a').map(|(_, call)| *call).collect();
    let mut findings = Findings::default();
    let (mut held, mut possibly) = (0usize, 0usize);
    // For each attempt in progress: the most calls that were possibly held since it began.
    let mut most_since: HashMap<u64, usize> = HashMap::new();
    for (step, call) in steps {
        match step {
            'b' if was_admitted.contains(&call) => possibly += 1,
            'b' => drop(most_since.insert(call, possibly)),
            'a' => {
                findings.admitted += 1;
                held += 1;
                findings.over += u64::from(held > cap);
            }
            'x' => {
                findings.refused += 1;
                findings.under += u64::from(most_since.remove(&call).expect("it began") < cap);
            }
            'r' => held -= 1,
            'd' => possibly -= 1,
            other => panic!("step {other}"),
        }
        most_since.values_mut().for_each(|most| *most = (*most).max(possibly));
    }
    assert_eq!((held, possibly), (0, 0), "all was let go");
    findings
}

/// Runs the processes, each with its idea of the cap, and judges them by `CAP`.
fn hammer(caps: [u32; PROCESSES as usize]) -> Findings {
    let dir = tempfile::tempdir().expect("a directory");
    let log = dir.path().join("log");
    File::create(&log).expect("the log");
    let shm = open_state(dir.path());
    let start = |(process, cap): (usize, u32)| {
        let (process, cap) = (process.to_string(), cap.to_string());
        let directory = dir.path().to_str().expect("a plain path");
        this_program(&["hold", directory, &process, &cap]).spawn().expect("a process")
    };
    let children: Vec<Child> = caps.into_iter().enumerate().map(start).collect();
    for mut child in children {
        assert!(child.wait().expect("its end").success());
    }
    let gauges: Vec<_> = shm.limits().gauges().map(|(_, held)| held).collect();
    assert_eq!(gauges, [0], "the gauge is at rest");
    judge(&std::fs::read_to_string(log).expect("the log"), CAP as usize)
}

fn the_judge_of_concurrency_catches_planted_faults() {
    // All processes err, so that the fault shows however the machine shares its cores among them.
    let generous = hammer([CAP + 1; PROCESSES as usize]);
    assert!(generous.over > 0, "processes that admit one too many are caught: {generous:?}");
    let mean = hammer([CAP - 2; PROCESSES as usize]);
    assert!(mean.under > 0 && mean.over == 0, "processes that refuse too early are caught: {mean:?}");
    println!("planted faults of concurrency are caught: {generous:?} {mean:?}");
}

fn r6_4_concurrency_is_exact_over_processes() {
    let findings = hammer([CAP; PROCESSES as usize]);
    println!("r6_4_concurrency_is_exact_over_processes: {findings:?}");
    assert_eq!((findings.over, findings.under), (0, 0));
    assert!(findings.refused > 100 && findings.admitted > 100, "there was a fight: {findings:?}");
}

// ---- CPS

/// A process that asks when told: `pace DIRECTORY INTERVAL_NS BURST`. It reads `now_ns offered` lines and
/// answers each with the number that passed.
fn pace(arguments: &[String]) {
    let shm = open_state(Path::new(&arguments[0]));
    let gcra = Gcra {
        interval_ns: arguments[1].parse().expect("an interval"),
        burst: arguments[2].parse().expect("a burst"),
    };
    let limits = shm.limits();
    let slot = limits.slot(&Limit { key: 0xbeef, dimension: Dimension::Cps(gcra), zone: 0 }).expect("a slot");
    let mut answers = std::io::stdout();
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let (now_ns, offered) = line.split_once(' ').expect("two numbers");
        let (now_ns, offered): (u64, u64) = (now_ns.parse().expect("ns"), offered.parse().expect("calls"));
        let passed = (0..offered).filter(|_| limits.take_cps(slot, gcra, now_ns).is_ok()).count();
        writeln!(answers, "{passed}").expect("the judge listens");
    }
}

struct Pacer {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Pacer {
    fn start(directory: &Path, interval_ns: u64, burst: u32) -> Pacer {
        let directory = directory.to_str().expect("a plain path");
        let mut child = this_program(&["pace", directory, &interval_ns.to_string(), &burst.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let asks = child.stdin.take().expect("its input");
        let answers = BufReader::new(child.stdout.take().expect("its output"));
        Pacer { child, asks, answers }
    }
}

/// A bucket of tokens, counted in nanoseconds' worth of them: what 6.3 allows, in another arithmetic than GCRA's.
struct Bucket {
    interval_ns: u64,
    full_ns: u64,
    content_ns: u64,
    last_ns: u64,
}

impl Bucket {
    fn new(interval_ns: u64, burst: u32) -> Bucket {
        let full_ns = interval_ns * u64::from(burst);
        Bucket { interval_ns, full_ns, content_ns: full_ns, last_ns: 0 }
    }

    /// How many of `offered` calls pass at `now_ns`.
    fn pass(&mut self, now_ns: u64, offered: u64) -> u64 {
        self.content_ns = (self.content_ns + (now_ns - self.last_ns)).min(self.full_ns);
        self.last_ns = now_ns;
        let passed = (self.content_ns / self.interval_ns).min(offered);
        self.content_ns -= passed * self.interval_ns;
        passed
    }
}

/// Offers calls to four processes at the same virtual instants; gives (passed, allowed) of each instant.
fn drive(interval_ns: u64, burst: u32, last_burst: u32) -> Vec<(u64, u64)> {
    let dir = tempfile::tempdir().expect("a directory");
    let _state = open_state(dir.path());
    let bursts = [burst, burst, burst, last_burst];
    let mut pacers = bursts.map(|burst| Pacer::start(dir.path(), interval_ns, burst));
    let (mut random, mut bucket) = (Random(SEED), Bucket::new(interval_ns, burst));
    let mut now_ns = 5_000_000_000;
    let mut rounds = Vec::new();
    for _ in 0..600 {
        // Mostly less than the burst refills in; sometimes a long rest.
        now_ns += if random.below(20) == 0 { 100 * interval_ns } else { random.below(3 * interval_ns) };
        let offered: Vec<u64> = pacers.iter().map(|_| random.below(40)).collect();
        for (pacer, offered) in pacers.iter_mut().zip(&offered) {
            writeln!(pacer.asks, "{now_ns} {offered}").expect("the process listens");
        }
        let passed = pacers.iter_mut().map(|pacer| {
            let mut line = String::new();
            pacer.answers.read_line(&mut line).expect("an answer");
            line.trim().parse::<u64>().expect("a number")
        });
        let passed = passed.sum();
        rounds.push((passed, bucket.pass(now_ns, offered.iter().sum())));
    }
    for mut pacer in pacers {
        drop(pacer.asks);
        assert!(pacer.child.wait().expect("its end").success());
    }
    rounds
}

fn the_judge_of_cps_catches_a_planted_fault() {
    let rounds = drive(10_000_000, 7, 8);
    let wrong = rounds.iter().filter(|(passed, allowed)| passed != allowed).count();
    assert!(wrong > 0, "a process with a burst of one more is caught");
    println!("a planted fault of CPS is caught in {wrong} of {} rounds", rounds.len());
}

fn r6_3_cps_is_exact_over_processes() {
    for (interval_ns, burst) in [(10_000_000, 7), (333_333, 1), (1_000_000_000, 50)] {
        let rounds = drive(interval_ns, burst, burst);
        for (round, (passed, allowed)) in rounds.iter().enumerate() {
            assert_eq!(passed, allowed, "round {round}, {interval_ns} ns, burst {burst}");
        }
        let passed: u64 = rounds.iter().map(|(passed, _)| passed).sum();
        println!("r6_3_cps_is_exact_over_processes: {interval_ns} ns, burst {burst}: {passed} passed");
    }
}
