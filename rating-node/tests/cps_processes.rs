//! Rule 6.3 over four processes: random rates from 0.1 to 10,000 a second and random bursts, by a clock that they
//! share, call by call through `decide`; and by the machine's own clock, all asking as fast as they can.
//!
//! The judges are naive and share nothing with the product. They count every window of what was admitted against
//! `burst + cps × T`, in exact whole numbers of the plan's rate; and they know from a bucket of tokens how many must
//! have passed. Each judge is first shown processes that err.
//!
//! `TANDEM_CPS_SEED` repeats a run.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use common::{SEC_NS, T0_NS, request_of};
use rating_core::limit::{Dimension, Gcra, Limit};
use rating_core::live::Now;
use rating_core::plan::{Limits, Plan};
use rating_core::route::{Call, Origin};
use rating_node::{Config, Node, Verdict};

const PROCESSES: u64 = 4;
const RATES: usize = 16;
const ROUNDS: usize = 60;
/// Most calls that a process is offered at one instant.
const OFFERED_MAX: u64 = 16;
/// Every call that can come, admitted or not, has an entry.
const CALLS_MAX: u32 = 4 * 16 * 60 + 1000;
/// How long all ask by the machine's clock.
const REAL_NS: u64 = 400_000_000;
/// Time between two attempts of a process by the machine's clock.
const REAL_STEP_NS: u64 = 10_000;

const JOB: &str = "TANDEM_CPS_JOB";

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % bound
    }
}

fn dice() -> Dice {
    let seed = std::env::var("TANDEM_CPS_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(monotonic_ns);
    println!("seed {seed}");
    Dice(seed)
}

fn monotonic_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    (now.tv_sec * SEC_NS + now.tv_nsec).cast_unsigned()
}

/// A rate as a plan writes it, and its burst.
#[derive(Clone, Copy, Debug)]
struct Pace {
    cps_milli: u64,
    burst: u32,
}

impl Pace {
    /// From 0.1 to 10,000 a second, as likely to be between 0.1 and 1 as between 1,000 and 10,000.
    fn random(dice: &mut Dice) -> Pace {
        let decade = 10u64.pow(2 + dice.below(5) as u32);
        let cps_milli = decade + dice.below(9 * decade + 1);
        Pace { cps_milli, burst: 1 + dice.below(50) as u32 }
    }

    /// Time between two calls: whole nanoseconds, never too short.
    fn interval_ns(self) -> u64 {
        1_000_000_000_000u64.div_ceil(self.cps_milli)
    }

    fn gcra(self) -> Gcra {
        Gcra { interval_ns: self.interval_ns(), burst: self.burst }
    }
}

/// Windows with more calls than `burst + cps × T`: of all that begin and end with a call.
fn windows_over(pace: Pace, admitted_ns: &[u64]) -> usize {
    assert!(admitted_ns.is_sorted());
    // A window is over if `calls - cps × T` is above the burst. With `slack = index - cps × time` that is what the last
    // has more than the least before it, in calls × 10^12.
    let slack = |(index, at_ns): (usize, &u64)| {
        (index as i128) * 1_000_000_000_000 - i128::from(*at_ns) * i128::from(pace.cps_milli)
    };
    let (mut least, mut over) = (i128::MAX, 0);
    for now in admitted_ns.iter().enumerate().map(slack) {
        least = least.min(now);
        over += usize::from(now - least > (i128::from(pace.burst) - 1) * 1_000_000_000_000);
    }
    over
}

#[test]
fn the_judge_of_windows_counts_by_hand() {
    // Two a second with a burst of 3.
    let pace = Pace { cps_milli: 2000, burst: 3 };
    let at = |tenths: &[u64]| tenths.iter().map(|tenth| tenth * 100_000_000).collect::<Vec<_>>();
    assert_eq!(windows_over(pace, &at(&[0, 0, 0, 5, 10, 30, 30, 30])), 0);
    // The fourth in 0.4 s: one window of 4 calls, 3.8 allowed.
    assert_eq!(windows_over(pace, &at(&[0, 0, 0, 4])), 1);
    assert_eq!(windows_over(pace, &at(&[0, 10, 10, 10, 10])), 1);
}

/// What 6.3 lets pass, counted in nanoseconds' worth of tokens.
struct Bucket {
    interval_ns: u64,
    full_ns: u64,
    content_ns: u64,
    last_ns: u64,
}

impl Bucket {
    fn new(pace: Pace) -> Bucket {
        let full_ns = pace.interval_ns() * u64::from(pace.burst);
        Bucket { interval_ns: pace.interval_ns(), full_ns, content_ns: full_ns, last_ns: 0 }
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

/// A process of the test.
struct Process {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    fn start(job: &str, directory: &Path, process: u64, pace: Pace) -> Process {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "as_a_process", "--nocapture"]);
        let directory = directory.to_str().unwrap();
        command.env(JOB, format!("{job} {process} {} {} {directory}", pace.cps_milli, pace.burst));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (asks, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut process = Process { child, asks, answers };
        // What the harness says comes first.
        while process.line() != "ready" {}
        process
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.answers.read_line(&mut line).unwrap() > 0, "the process is there");
        line.trim_end().to_owned()
    }

    fn end(mut self) {
        drop(self.asks);
        while self.answers.read_line(&mut String::new()).unwrap() > 0 {}
        assert!(self.child.wait().unwrap().success());
    }
}

fn config(directory: &Path) -> Config {
    Config { calls_max: CALLS_MAX, ..common::config(directory) }
}

/// What a process runs; as a test of its own it does nothing.
#[test]
fn as_a_process() {
    let Ok(job) = std::env::var(JOB) else { return };
    let words: Vec<&str> = job.splitn(5, ' ').collect();
    let [job, process, cps_milli, burst, directory] = words.try_into().unwrap();
    let (process, directory) = (process.parse().unwrap(), Path::new(directory));
    let pace = Pace { cps_milli: cps_milli.parse().unwrap(), burst: burst.parse().unwrap() };
    let node = Node::attach(&config(directory)).unwrap();
    println!("\nready");
    match job {
        "decide" => decide_as_told(&node, process),
        _ => ask_for_a_while(&node, directory, process, pace),
    }
}

/// Reads `now_ns offered`, decides so many calls at that instant, and answers how many were admitted.
fn decide_as_told(node: &Node, process: u64) {
    let mut made = 0;
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (now_ns, offered) = line.split_once(' ').unwrap();
        let (now_ns, offered): (u64, u64) = (now_ns.parse().unwrap(), offered.parse().unwrap());
        let now = Now { utc_ns: T0_NS + now_ns.cast_signed(), monotonic_ns: now_ns };
        let mut passed = 0;
        for _ in 0..offered {
            made += 1;
            let call_id = format!("{process}-{made}");
            let call_id = call_id.as_bytes();
            let origin = Origin::Source([127, 0, 0, 10].into());
            let call = Call { call_id, ..Call::new(origin, b"12125550142", b"13125550123") };
            let request = request_of(call);
            match node.decide(&request, now) {
                Verdict::Admitted { handle, .. } => {
                    passed += 1;
                    node.ended(handle, 487, now).unwrap();
                }
                Verdict::Rejected { reject, .. } => assert_eq!(reject.reason.name(), "cps_exceeded"),
            }
        }
        println!("{passed}");
    }
}

fn paced_plan(pace: Pace) -> Plan {
    let mut plan = common::plan(common::Caps::default());
    let Pace { cps_milli, burst } = pace;
    plan.accounts[0].limits =
        Limits { cps_milli: Some(cps_milli), cps_burst: Some(burst), ..Limits::default() };
    plan
}

/// Offers calls to four processes at the same instants; gives of each round when it was, what passed and what must
/// have.
fn drive(dice: &mut Dice, planned: Pace, judged: Pace) -> Vec<(u64, u64, u64)> {
    let dir = tempfile::tempdir().unwrap();
    common::publish(dir.path(), &paced_plan(planned));
    let _node = Node::attach(&config(dir.path())).unwrap();
    let mut processes: Vec<Process> =
        (0..PROCESSES).map(|process| Process::start("decide", dir.path(), process, planned)).collect();
    let (mut bucket, mut now_ns, mut rounds) = (Bucket::new(judged), 5_000_000_000, Vec::new());
    for _ in 0..ROUNDS {
        // Mostly about as much as is refilled; sometimes a long rest, sometimes the same instant again.
        let interval_ns = judged.interval_ns();
        now_ns += match dice.below(10) {
            0 => 100 * interval_ns,
            1 => 0,
            _ => dice.below(20 * interval_ns),
        };
        let offered: Vec<u64> = processes.iter().map(|_| dice.below(OFFERED_MAX + 1)).collect();
        // All are told before one is heard: they decide at once.
        for (process, offered) in processes.iter_mut().zip(&offered) {
            writeln!(process.asks, "{now_ns} {offered}").unwrap();
        }
        let passed = processes.iter_mut().map(|process| process.line().parse::<u64>().unwrap()).sum();
        rounds.push((now_ns, passed, bucket.pass(now_ns, offered.iter().sum())));
    }
    processes.into_iter().for_each(Process::end);
    rounds
}

/// When each call was admitted.
fn instants(rounds: &[(u64, u64, u64)]) -> Vec<u64> {
    rounds.iter().flat_map(|(now_ns, passed, _)| std::iter::repeat_n(*now_ns, *passed as usize)).collect()
}

#[test]
fn the_judges_find_processes_that_let_one_too_many_or_too_few_pass() {
    let mut dice = dice();
    let pace = |burst| Pace { cps_milli: 70_000, burst };
    let rounds = drive(&mut dice, pace(8), pace(7));
    assert!(windows_over(pace(7), &instants(&rounds)) > 0, "one too many");
    let rounds = drive(&mut dice, pace(6), pace(7));
    assert_eq!(windows_over(pace(7), &instants(&rounds)), 0);
    assert!(rounds.iter().any(|(_, passed, must)| passed < must), "one too few");
}

#[test]
fn r6_3_random_rates_and_bursts_over_processes_that_share_a_clock() {
    let mut dice = dice();
    let mut admitted = 0;
    for _ in 0..RATES {
        let pace = Pace::random(&mut dice);
        let rounds = drive(&mut dice, pace, pace);
        let instants = instants(&rounds);
        assert_eq!(windows_over(pace, &instants), 0, "{pace:?}");
        for (round, (_, passed, must)) in rounds.iter().enumerate() {
            assert_eq!(passed, must, "{pace:?}, round {round}");
        }
        admitted += instants.len();
    }
    println!("{RATES} rates, {admitted} calls admitted");
}

/// An attempt by the machine's clock.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    now_ns: u64,
    over_ns: u64,
    passed: bool,
}

/// The limit that processes ask by the machine's clock: none of the plan's, so that nothing but it is waited for.
fn real_limit(pace: Pace) -> Limit {
    Limit { key: 0xcafe, dimension: Dimension::Cps(pace.gcra()), zone: 0 }
}

/// Asks from one instant to another, and writes down what became of it.
fn ask_for_a_while(node: &Node, directory: &Path, process: u64, pace: Pace) {
    let limits = node.shm().limits();
    let slot = limits.slot(&real_limit(pace)).unwrap();
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let from_ns: u64 = line.trim().parse().unwrap();
    let (mut attempts, mut next_ns) = (Vec::new(), from_ns);
    loop {
        let now_ns = monotonic_ns();
        // However late it comes to it, it has asked.
        if now_ns >= from_ns + REAL_NS && attempts.len() >= 100 {
            break;
        }
        if now_ns < next_ns {
            std::hint::spin_loop();
            continue;
        }
        next_ns = now_ns + REAL_STEP_NS;
        let passed = limits.take_cps(slot, pace.gcra(), now_ns).is_ok();
        attempts.push(Attempt { now_ns, over_ns: monotonic_ns(), passed });
    }
    let lines: String = attempts
        .iter()
        .map(|attempt| format!("{} {} {}\n", attempt.now_ns, attempt.over_ns, u8::from(attempt.passed)))
        .collect();
    std::fs::write(directory.join(format!("attempts-{process}")), lines).unwrap();
}

/// All attempts of four processes by the machine's clock, in order.
fn attempts_by_the_clock(planned: Pace) -> Vec<Attempt> {
    let dir = tempfile::tempdir().unwrap();
    common::publish(dir.path(), &paced_plan(planned));
    let _node = Node::attach(&config(dir.path())).unwrap();
    let mut processes: Vec<Process> =
        (0..PROCESSES).map(|process| Process::start("ask", dir.path(), process, planned)).collect();
    let from_ns = monotonic_ns() + 10_000_000;
    processes.iter_mut().for_each(|process| writeln!(process.asks, "{from_ns}").unwrap());
    processes.into_iter().for_each(Process::end);
    let mut attempts = Vec::new();
    for process in 0..PROCESSES {
        let text = std::fs::read_to_string(dir.path().join(format!("attempts-{process}"))).unwrap();
        for line in text.lines() {
            let numbers: Vec<u64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
            attempts.push(Attempt { now_ns: numbers[0], over_ns: numbers[1], passed: numbers[2] == 1 });
        }
    }
    attempts.sort_by_key(|attempt| attempt.now_ns);
    attempts
}

/// Attempts that were refused although the call had to pass, whatever was under way.
fn needless_refusals(pace: Pace, attempts: &[Attempt]) -> usize {
    let admitted: Vec<&Attempt> = attempts.iter().filter(|attempt| attempt.passed).collect();
    // Calls count in the order of their clocks here, and of their stores there: apart by no more than one attempt took.
    let apart_ns = admitted.iter().map(|attempt| attempt.over_ns - attempt.now_ns).max().unwrap_or(0);
    let (mut next_ns, mut counted, mut needless) = (0, 0, 0);
    let mut refused: Vec<&Attempt> = attempts.iter().filter(|attempt| !attempt.passed).collect();
    refused.sort_by_key(|attempt| attempt.over_ns);
    for attempt in refused {
        // All that can have been before it: what began before it was over.
        while let Some(before) = admitted.get(counted).filter(|other| other.now_ns <= attempt.over_ns) {
            next_ns = before.now_ns.max(next_ns) + pace.interval_ns();
            counted += 1;
        }
        let early_ns = pace.interval_ns() * u64::from(pace.burst - 1);
        needless += usize::from(attempt.now_ns >= (next_ns + apart_ns).saturating_sub(early_ns));
    }
    needless
}

fn admitted_ns(attempts: &[Attempt]) -> Vec<u64> {
    attempts.iter().filter(|attempt| attempt.passed).map(|attempt| attempt.now_ns).collect()
}

#[test]
fn the_judges_of_the_machines_clock_find_processes_that_err() {
    let pace = |burst| Pace { cps_milli: 50_000, burst };
    let attempts = attempts_by_the_clock(pace(20));
    assert!(windows_over(pace(10), &admitted_ns(&attempts)) > 0, "too many");
    assert!(needless_refusals(pace(40), &attempts) > 0, "too few");
}

#[test]
fn r6_3_by_the_machines_clock_from_50_a_second_up() {
    for (cps, burst) in [(50, 1), (50, 25), (700, 7), (10_000, 100)] {
        let pace = Pace { cps_milli: cps * 1000, burst };
        let attempts = attempts_by_the_clock(pace);
        let admitted = admitted_ns(&attempts);
        assert_eq!(windows_over(pace, &admitted), 0, "{pace:?}");
        assert_eq!(needless_refusals(pace, &attempts), 0, "{pace:?}");
        assert!(!admitted.is_empty(), "{pace:?}");
        println!("{pace:?}: {} of {} attempts passed", admitted.len(), attempts.len());
    }
}
