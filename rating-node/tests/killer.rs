//! Four processes decide, answer and end calls under random caps, and are killed: half of them at random instants, half
//! at named places behind one step (`rating_node::crash`). The rest of them, and the parent, go on.
//!
//! An oracle that shares nothing with the product reads what they have logged: no cap was ever exceeded, nobody was
//! rejected needlessly but after a death that was not repaired yet. After each round every gauge is what the entries
//! hold, which is nothing; every call that was decided is in the segments, and once; the
//! wallet has lost what its records say.
//!
//! `TANDEM_KILLER_ROUNDS` makes it longer: 200 rounds are 10 million calls and more than 1,000 kills. `TANDEM_KILLER_SEED`
//! repeats a run, as far as the kernel lets it.

#[path = "killer/log.rs"]
mod log;
#[path = "killer/oracle.rs"]
mod oracle;
#[path = "killer/plan.rs"]
mod plan;

mod common;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;

use log::{Kind, Log, Record};
use plan::{ACCOUNTS, CALL_NANO, CallCaps, config, decide, minute_after, next, now};
use rating_core::live::Now;
use rating_core::reject::Reason;
use rating_node::crash::{self, Point};
use rating_node::segments::{Reader, SegmentWriter, Sweeper, sweep};
use rating_node::{Handle, Node, Verdict};

const WORKERS: usize = 4;
const CALLS_PER_ROUND: u64 = 50_000;
const KILLS_PER_ROUND: u32 = 16;
/// Most records of the log between two kills.
const KILL_EVERY: u64 = 9_000;
const ROUNDS: u64 = 20;
/// The parent, in the log.
const PARENT: u16 = 0;

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

fn record(kind: Kind, process: u16, call: u64) -> Record {
    Record { kind, process, account: 0, route: 0, reason: 0, call, handle: 0, at_ns: 0 }
}

const DIRECTORY: &str = "TANDEM_KILLER_DIRECTORY";
const PROCESS: &str = "TANDEM_KILLER_PROCESS";
const FAVOURITE: &str = "TANDEM_KILLER_FAVOURITE";
const WORKER_SEED: &str = "TANDEM_KILLER_WORKER_SEED";
const DIES_AT: &str = "TANDEM_KILLER_DIES_AT";
const IS_AGENT: &str = "TANDEM_KILLER_IS_AGENT";

/// A live call of a worker.
struct Live {
    call: u64,
    account: u8,
    handle: Handle,
    /// When it was first answered.
    answered: Option<Now>,
}

/// A process that makes calls.
struct Worker<'a> {
    node: &'a Node,
    log: &'a Log,
    process: u16,
    dice: Dice,
    favourite: u8,
    live: Vec<Live>,
    made: u64,
}

impl Worker<'_> {
    fn run(&mut self) {
        while self.log.calls_left().load(Ordering::SeqCst) > 0 {
            if self.live.is_empty() || (self.live.len() < 8 && self.dice.below(2) == 0) {
                let left = self.log.calls_left();
                let _ = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
                self.make();
            } else {
                let at = self.dice.below(self.live.len() as u64) as usize;
                self.go_on(at);
            }
        }
        while let Some(live) = self.live.pop() {
            self.end(&live);
        }
    }

    fn make(&mut self) {
        self.made += 1;
        let (process, call) = (self.process, u64::from(self.process) << 32 | self.made);
        // Half of all calls are of one account: on its cap there is a fight.
        let account = match self.dice.below(2) {
            0 => self.favourite,
            _ => self.dice.below(u64::from(ACCOUNTS)) as u8,
        };
        self.log.write(Record { account, ..record(Kind::Asked, process, call) });
        let asked = now();
        match decide(self.node, account, call, asked) {
            Verdict::Admitted { handle, .. } => {
                let route = next(self.node, handle, 0).expect("an admitted call has a leg");
                let handle_word = handle.0;
                self.log.write(Record {
                    account,
                    route,
                    handle: handle_word,
                    at_ns: asked.monotonic_ns,
                    ..record(Kind::Admitted, process, call)
                });
                self.live.push(Live { call, account, handle, answered: None });
            }
            Verdict::Rejected { reject, .. } => {
                let reason = reject.reason.number();
                self.log.write(Record { account, reason, ..record(Kind::Rejected, process, call) });
            }
        }
    }

    fn go_on(&mut self, at: usize) {
        let (process, live) = (self.process, &mut self.live[at]);
        match self.dice.below(4) {
            0 if live.answered.is_none() => {
                self.log.write(record(Kind::LegLeft, process, live.call));
                match next(self.node, live.handle, 503) {
                    Some(route) => {
                        self.log.write(Record { route, ..record(Kind::LegTaken, process, live.call) });
                    }
                    None => self.log.write(record(Kind::NoLeg, process, live.call)),
                }
            }
            1 => {
                let (account, now) = (live.account, live.answered.unwrap_or_else(now));
                self.log.write(Record { account, ..record(Kind::Answering, process, live.call) });
                self.node.answered(live.handle, 200, now).unwrap();
                self.log.write(Record { account, ..record(Kind::Answered, process, live.call) });
                live.answered = Some(now);
            }
            _ => {
                let live = self.live.swap_remove(at);
                self.end(&live);
            }
        }
    }

    fn end(&self, live: &Live) {
        let account = live.account;
        self.log.write(Record { account, ..record(Kind::Ending, self.process, live.call) });
        // Who was answered has talked for a minute, to the nanosecond.
        let ended = live.answered.map_or_else(now, minute_after);
        self.node.ended(live.handle, 200, ended).unwrap();
        self.log.write(Record { account, ..record(Kind::Done, self.process, live.call) });
    }
}

/// Writes what has ended to segments, as the agent does, until all is.
fn sweep_all(node: &Node, directory: &Path, log: &Log) {
    let mut writer = SegmentWriter::new(&common::segments(directory), 1, 64 << 20).unwrap();
    let mut sweeper = Sweeper::default();
    loop {
        let is_over = log.is_over().load(Ordering::SeqCst) == 1;
        sweep(node, &mut sweeper, &mut writer, now().utc_ns).unwrap();
        if is_over {
            return;
        }
        std::thread::yield_now();
    }
}

/// What a process runs; as a test of its own it does nothing.
#[test]
fn as_a_process() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    if let Some(dies_at) = number_of(DIES_AT) {
        let all = [&Point::OF_WORKERS[..], &Point::OF_WALLETS, &Point::OF_AGENTS, &Point::OF_REPAIR].concat();
        let point = all.into_iter().find(|point| *point as u64 == dies_at >> 32).expect("a point");
        crash::arm(point, dies_at as u32);
    }
    let directory = Path::new(&directory);
    let log = Log::open(&directory.join("log"));
    if number_of(IS_AGENT).is_some() {
        return sweep_all(&Node::attach_agent(&config(directory)).unwrap(), directory, &log);
    }
    let node = Node::attach(&config(directory)).unwrap();
    let dice = Dice(number_of(WORKER_SEED).unwrap());
    let process = number_of(PROCESS).unwrap() as u16;
    let favourite = number_of(FAVOURITE).unwrap() as u8;
    Worker { node: &node, log: &log, process, dice, favourite, live: Vec::new(), made: 0 }.run();
}

/// What a process does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Job {
    Calls,
    Sweeps,
}

/// A process as the parent sees it.
struct Process {
    child: Child,
    job: Job,
    number: u16,
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nobody is left behind by a test that fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The parent: starts, kills, mourns.
struct Parent<'a> {
    directory: &'a Path,
    node: &'a Node,
    log: &'a Log,
    dice: Dice,
    started: u16,
    /// The wallet's slot.
    wallet: u32,
    /// The account of which half of all calls are.
    favourite: u8,
}

impl Parent<'_> {
    fn start(&mut self, job: Job, dies_at: Option<(Point, u64)>) -> Process {
        self.started += 1;
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "as_a_process", "--nocapture"]).env(DIRECTORY, self.directory);
        command.env(plan::START, plan::start_ns().to_string());
        command.env(FAVOURITE, self.favourite.to_string());
        command.env(PROCESS, self.started.to_string()).env(WORKER_SEED, self.dice.roll().to_string());
        if job == Job::Sweeps {
            command.env(IS_AGENT, "1");
        }
        if let Some((point, passes)) = dies_at {
            command.env(DIES_AT, ((point as u64) << 32 | passes).to_string());
        }
        let child = command.stdout(Stdio::null()).spawn().unwrap();
        Process { child, job, number: self.started }
    }

    /// One round; gives how many were killed.
    fn round(&mut self) -> u32 {
        self.log.calls_left().store(CALLS_PER_ROUND, Ordering::SeqCst);
        let (mut killed, mut to_come) = (0, KILLS_PER_ROUND);
        let mut processes: Vec<Process> = (0..WORKERS).map(|_| self.start(Job::Calls, None)).collect();
        processes.push(self.start(Job::Sweeps, None));
        let mut kill_at = self.dice.below(KILL_EVERY) as usize;
        while !processes.is_empty() {
            std::thread::yield_now();
            if to_come > 0 && self.log.len() >= kill_at {
                to_come -= 1;
                kill_at += self.dice.below(KILL_EVERY) as usize;
                self.kill_one(&mut processes, to_come % 2 == 0);
            }
            let has_ended = |process: &mut Process| process.child.try_wait().unwrap().is_some();
            while let Some(at) = processes.iter_mut().position(has_ended) {
                let process = processes.swap_remove(at);
                killed += self.bury(process, &mut processes);
            }
            if processes.iter().all(|process| process.job == Job::Sweeps) {
                self.log.is_over().store(1, Ordering::SeqCst);
            }
        }
        killed
    }

    /// Kills one at this instant; or lets one more come that dies at a named place.
    fn kill_one(&mut self, processes: &mut Vec<Process>, at_once: bool) {
        if at_once {
            let victim = self.dice.below(processes.len() as u64) as usize;
            processes[victim].child.kill().unwrap();
            return;
        }
        let (job, point) = match self.dice.below(4) {
            0 => (Job::Sweeps, self.dice.one_of(&Point::OF_AGENTS)),
            1 => (Job::Calls, self.dice.one_of(&Point::OF_WALLETS[..3])),
            _ => (Job::Calls, self.dice.one_of(&Point::OF_WORKERS)),
        };
        let passes = self.dice.below(400);
        processes.push(self.start(job, Some((point, passes))));
    }

    /// What is to be done after a process has ended; 1 if it was killed.
    fn bury(&mut self, mut process: Process, processes: &mut Vec<Process>) -> u32 {
        use std::os::unix::process::ExitStatusExt;
        let status = process.child.wait().unwrap();
        if status.success() {
            return 0;
        }
        assert_eq!(status.signal(), Some(9), "a process ends well, or is killed: {status}");
        if processes.iter().filter(|other| other.job == process.job).count() < WORKERS {
            // Every fourth repairs what this one has left, and dies at that.
            let again = process.job == Job::Calls && self.dice.below(4) == 0;
            let point = again.then(|| (self.dice.one_of(&Point::OF_REPAIR), 0));
            let mut next = self.start(process.job, point);
            while point.is_some() && next.child.try_wait().unwrap().is_none() && !self.has_begun(next.number)
            {
                std::thread::yield_now();
            }
            processes.push(next);
        }
        self.mourn(process.number);
        1
    }

    fn has_begun(&self, process: u16) -> bool {
        self.log.read().into_iter().flatten().any(|record| record.process == process)
    }

    /// Repairs what a dead process has left, and ends its calls.
    fn mourn(&mut self, process: u16) {
        while self.node.repair_dead().unwrap() {}
        let mut calls: HashMap<u64, (Record, u64)> = HashMap::new();
        for record in self.log.read().into_iter().flatten().filter(|record| record.process == process) {
            let known = calls.entry(record.call).or_insert((record, record.handle));
            known.1 = known.1.max(record.handle);
            known.0 = Record { account: known.0.account.max(record.account), ..record };
        }
        for (call, (last, handle)) in calls {
            let (account, handle) = (last.account, Handle(handle));
            match last.kind {
                Kind::Rejected | Kind::Done => {}
                // It may have been admitted or not: the same call asked again is the same call.
                Kind::Asked => {
                    if let Verdict::Admitted { handle, .. } = decide(self.node, account, call, now()) {
                        self.node.ended(handle, 0, now()).unwrap();
                    }
                }
                Kind::Ending => drop(self.node.ended(handle, 0, now())),
                _ => {
                    self.log.write(Record { account, ..record(Kind::Ending, PARENT, call) });
                    let _ = self.node.ended(handle, 0, now());
                    self.log.write(Record { account, ..record(Kind::Done, PARENT, call) });
                }
            }
        }
        self.log.write(record(Kind::Mourned, process, 0));
    }
}

/// Call-IDs of the records that are in the segments, each with its handles.
fn recorded(directory: &Path) -> HashMap<String, Vec<Handle>> {
    let mut calls: HashMap<String, Vec<Handle>> = HashMap::new();
    for record in Reader::open(&common::segments(directory)).unwrap().map(Result::unwrap) {
        calls.entry(record.call_id).or_default().push(record.handle);
    }
    calls
}

/// Every call that was decided is in the segments, and once.
fn assert_recorded(directory: &Path, log: &[Option<Record>]) {
    let recorded = recorded(directory);
    let full = Reason::CallTableFull.number();
    let (mut asked, mut decided) = (HashSet::new(), HashSet::new());
    for record in log.iter().flatten() {
        match record.kind {
            Kind::Asked => drop(asked.insert(record.call)),
            Kind::Admitted => drop(decided.insert(record.call)),
            Kind::Rejected if record.reason != full => drop(decided.insert(record.call)),
            _ => {}
        }
    }
    for call in &decided {
        let handles = recorded.get(&format!("call-{call}")).map_or(0, Vec::len);
        assert_eq!(handles, 1, "call-{call} of {}", call >> 32);
    }
    for (call, handles) in recorded {
        let number: u64 = call.strip_prefix("call-").unwrap().parse().unwrap();
        assert!(asked.contains(&number), "nobody made {call}");
        // One whose process died before it logged the answer was asked again, perhaps after it was over and written.
        let most = if decided.contains(&number) { 1 } else { 2 };
        assert!(handles.len() <= most, "{call} is there {} times", handles.len());
    }
}

/// A node over random caps, as the parent of the others has it.
fn with_parent<T>(dice: &mut Dice, favourite: u8, test: impl FnOnce(&mut Parent<'_>, &CallCaps) -> T) -> T {
    let dir = tempfile::tempdir().unwrap();
    let caps = CallCaps {
        accounts: [(); 3].map(|()| 1 + dice.below(8) as u32),
        routes: [(); 2].map(|()| 2 + dice.below(10) as u32),
        attempts: 500 + dice.below(2_000) as u32,
        budgets: [(); 3].map(|()| 100 + dice.below(1_500) as u32),
        cps_milli: 1_000 * (100 + dice.below(40_000)),
        cps_burst: 1 + dice.below(50) as u32,
    };
    common::publish(dir.path(), &plan::plan(&caps));
    let node = Node::attach_agent(&config(dir.path())).unwrap();
    let wallet = plan::give(&node, &caps);
    let log = Log::open(&dir.path().join("log"));
    let dice = Dice(dice.roll());
    let mut parent =
        Parent { favourite, directory: dir.path(), node: &node, log: &log, dice, started: 0, wallet };
    test(&mut parent, &caps)
}

fn dice() -> Dice {
    let seed = number_of("TANDEM_KILLER_SEED").unwrap_or_else(|| now().monotonic_ns);
    println!("seed {seed}");
    Dice(seed)
}

fn number_of(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn every_named_place_is_come_by_and_what_is_left_there_is_repaired() {
    let mut dice = dice();
    for point in
        [&Point::OF_WORKERS[..], &Point::OF_WALLETS[..3], &Point::OF_AGENTS, &Point::OF_REPAIR].concat()
    {
        with_parent(&mut dice, plan::WALLET, |parent, _| {
            parent.log.calls_left().store(u64::MAX, Ordering::SeqCst);
            // Who repairs needs something to repair; who sweeps something that has ended.
            let is_workers = Point::OF_WORKERS.contains(&point) || Point::OF_WALLETS.contains(&point);
            let first = if is_workers { point } else { Point::GaugeTaken };
            let mut died = parent.start(Job::Calls, Some((first, 20)));
            assert!(!died.child.wait().unwrap().success());
            if first != point {
                let job = if Point::OF_AGENTS.contains(&point) { Job::Sweeps } else { Job::Calls };
                let mut second = parent.start(job, Some((point, 0)));
                assert!(!second.child.wait().unwrap().success(), "{point:?}");
                parent.mourn(second.number);
            }
            parent.mourn(died.number);
            assert_eq!(parent.node.gauges_off(), [], "{point:?}");
            assert_eq!(parent.node.volumes_off(), [], "{point:?}");
            assert_eq!(parent.node.wallets_off(), [], "{point:?}");
            let stats = parent.node.stats();
            assert_eq!((stats.gauges_held, stats.calls_held()), ((0, 0), 0), "{point:?}");
            // Whoever comes next finds the state in order.
            parent.log.calls_left().store(100, Ordering::SeqCst);
            assert!(parent.start(Job::Calls, None).child.wait().unwrap().success(), "{point:?}");
            assert_eq!(parent.node.gauges_off(), [], "{point:?}");
        });
    }
}

#[test]
fn after_all_are_killed_at_once_a_start_counts_what_talks_and_ends_what_rang() {
    let mut dice = dice();
    for favourite in 0..5 {
        with_parent(&mut dice, favourite, |parent, caps| {
            parent.log.calls_left().store(u64::MAX, Ordering::SeqCst);
            let mut all: Vec<Process> = (0..WORKERS).map(|_| parent.start(Job::Calls, None)).collect();
            let kill_at = 2_000 + parent.dice.below(2_000) as usize;
            while parent.log.len() < kill_at {
                std::thread::yield_now();
            }
            all.iter_mut().for_each(|process| process.child.kill().unwrap());
            all.iter_mut().for_each(|process| assert!(!process.child.wait().unwrap().success()));
            let node = Node::attach(&config(parent.directory)).unwrap();
            let stats = node.stats();
            assert_eq!((node.gauges_off(), stats.in_setup), (vec![], 0));
            // A call that talks holds its route, if it has a leg, and its account, if that has a cap.
            assert!(stats.gauges_held.1 <= 2 * u64::from(stats.answered), "{caps:?} {stats:?}");
            assert!(stats.ended > 0, "what was in set-up is over");
        });
    }
}

#[test]
fn killed_at_any_instant_no_cap_is_exceeded_and_nothing_is_lost() {
    let mut dice = dice();
    let (mut killed, mut admitted, mut rejected) = (0, 0, 0);
    for round in 0..number_of("TANDEM_KILLER_ROUNDS").unwrap_or(ROUNDS) {
        with_parent(&mut dice, (round % u64::from(ACCOUNTS)) as u8, |parent, caps| {
            // One worker stays that does nothing. Where all others are dead at once, and not mourned yet, the next would be
            // alone, and end their calls in set-up: rightly, but sooner than the log can say so.
            let _stays = Node::attach(&config(parent.directory)).unwrap();
            killed += parent.round();
            let found = assert_kept(parent, caps, round);
            (admitted, rejected) = (admitted + found.admitted, rejected + found.rejected);
        });
    }
    println!("{admitted} calls admitted, {rejected} rejected, {killed} processes killed");
    assert!(killed > 0 && admitted > 1000 && rejected > 1000);
}

/// What calls have used of the wallet, by their records, is what it has lost, and no more than it had.
fn assert_spent(parent: &Parent<'_>, caps: &CallCaps, say: &str) {
    assert_eq!(parent.node.wallets_off(), [], "{say}: the wallet is not what calls have had of it");
    let records = Reader::open(&common::segments(parent.directory)).unwrap().map(Result::unwrap);
    let spent: i64 = records.map(|record| record.wallet_used).sum();
    let funds = parent.node.shm().wallets().funds(parent.wallet);
    assert_eq!(spent, funds.used.cast_signed(), "{say}: records say what was spent");
    assert!(spent <= i64::from(caps.budgets[0]) * CALL_NANO, "{say}: {spent} spent");
}

/// What must hold after a round.
fn assert_kept(parent: &Parent<'_>, caps: &CallCaps, round: u64) -> oracle::Found {
    let records = parent.log.read();
    let found = oracle::check(&records, caps, Reason::number);
    let say = format!("round {round}, {caps:?}");
    assert!(found.over.is_empty(), "{say}: over a cap: {:#?}", found.over);
    assert!(found.needless_rejects.is_empty(), "{say}: {:#?}", found.needless_rejects);
    assert!(found.attempts <= u64::from(caps.attempts), "{say}: {} attempts", found.attempts);
    assert_spent(parent, caps, &say);
    assert_eq!(parent.node.gauges_off(), [], "{say}: gauges are not what entries hold");
    assert_eq!(parent.node.volumes_off(), [], "{say}: volumes are not what calls have used");
    let stats = parent.node.stats();
    assert_eq!((stats.gauges_held, stats.calls_held(), stats.ended), ((0, 0), 0, 0), "{say}");
    assert_recorded(parent.directory, &records);
    found
}
