//! Four processes spend one wallet while they are killed, the sweeper too, and the lease grows and shrinks: it is never
//! overspent, nothing is lost of it, and what is used is what the records say.

mod common;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Caps, at, decide, plan, publish};
use rating_core::plan::Wallet;
use rating_node::crash::{self, Point};
use rating_node::segments::{Reader, SegmentWriter, Sweeper, sweep};
use rating_node::{Config, Due, Node, Verdict};

const WORKERS: usize = 4;
const KILLS: usize = 60;
/// What a first hold is: a minute at 0.01.
const HOLD: u64 = 10_000_000;

/// Small, quick and good enough to choose what happens.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// Three of four processes die by themselves, behind one step of what a wallet lives through.
fn arm(dice: &mut Dice) {
    if dice.below(4) > 0 {
        let point = Point::OF_WALLETS[dice.below(Point::OF_WALLETS.len() as u64) as usize];
        crash::arm(point, dice.below(40) as u32);
    }
}

fn sweep_once(node: &Node, directory: &Path) {
    let start_ns = node.shm().header().node_start_ns.get();
    let mut writer = SegmentWriter::new(&common::segments(directory), start_ns, 1 << 16).unwrap();
    sweep(node, &mut Sweeper::default(), &mut writer, at(0).utc_ns).unwrap();
}

/// Makes calls, or sweeps, until it is killed.
#[test]
fn child_spends_until_it_is_killed() {
    let Some(directory) = std::env::var_os("TANDEM_TEST_SPENDER") else { return };
    let directory = Path::new(&directory);
    let seed: u64 = std::env::var("TANDEM_TEST_SEED").unwrap().parse().unwrap();
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    if seed.is_multiple_of(5) {
        let node = Node::attach_agent(&config(directory)).unwrap();
        arm(&mut dice);
        loop {
            sweep_once(&node, directory);
        }
    }
    let node = Node::attach(&config(directory)).unwrap();
    arm(&mut dice);
    for call in 0u64.. {
        let sec = dice.below(300).cast_signed();
        let Verdict::Admitted { handle, .. } = decide(&node, &format!("{seed}-{call}"), at(sec)) else {
            // The wallet is empty: somebody else has it, or what fills it.
            std::thread::yield_now();
            continue;
        };
        match dice.below(4) {
            0 => node.ended(handle, 487, at(sec + 1)).unwrap(),
            1 => {}
            _ => {
                node.answered(handle, 200, at(sec + 1)).unwrap();
                let lasts_sec = 1 + dice.below(200).cast_signed();
                if lasts_sec > 40 {
                    node.due(at(sec + 41), |_, _| ());
                }
                // One in four is left to talk.
                if dice.below(4) > 0 {
                    node.ended(handle, 0, at(sec + 1 + lasts_sec)).unwrap();
                }
            }
        }
    }
}

fn spawn(directory: &Path, seed: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_spends_until_it_is_killed"])
        .env("TANDEM_TEST_SPENDER", directory)
        .env("TANDEM_TEST_SEED", seed.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn config(directory: &Path) -> Config {
    Config { calls_max: 8192, ..common::config(directory) }
}

fn plan_with_wallet() -> rating_core::plan::Plan {
    let mut plan = plan(Caps::default());
    plan.accounts[0].wallets = vec![Wallet { id: "main".into(), ..Default::default() }];
    plan
}

#[test]
fn r8_3_processes_that_die_never_overspend_a_wallet_and_lose_nothing_of_it() {
    let dir = tempfile::tempdir().unwrap();
    publish(dir.path(), &plan_with_wallet());
    let agent = Node::attach_agent(&config(dir.path())).unwrap();
    let generation = agent.newest();
    let wallet = generation.snapshot().wallets()[0].to_wallet();
    let slot = agent.shm().wallets().slot(&wallet).unwrap();
    let seed = std::process::id();
    println!("seed {seed}");
    let mut dice = Dice(u64::from(seed) << 8 | 1);
    let mut next = 0;
    let mut seeds = || {
        next += 1;
        // One of five sweeps.
        u64::from(seed) * 1000 + next
    };
    let mut children: Vec<_> = (0..=WORKERS).map(|_| spawn(dir.path(), seeds())).collect();
    let (mut granted, mut died) = (0, 0);
    for round in 0..KILLS {
        // Little by little: the wallet is always nearly empty.
        let until = Instant::now() + Duration::from_millis(20 + dice.below(60));
        while Instant::now() < until {
            if agent.shm().wallets().funds(slot).available() < HOLD {
                granted += 1 + dice.below(40 * HOLD);
                agent.grant(slot, granted, 0);
            }
            if dice.below(5) == 0 {
                granted = agent.shrink(slot, granted - dice.below(6 * HOLD).min(granted));
            }
            std::thread::yield_now();
        }
        let at = dice.below(children.len() as u64) as usize;
        let is_killed = round % 3 == 0;
        if is_killed {
            children[at].kill().unwrap();
        }
        // It, and those that have died by themselves.
        for (place, child) in children.iter_mut().enumerate() {
            if (is_killed && place == at) || child.try_wait().unwrap().is_some() {
                child.wait().unwrap();
                died += 1;
                *child = spawn(dir.path(), seeds());
            }
        }
    }
    for child in &mut children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    drop((generation, agent));

    // A start ends what was in set-up; what talks is never ended by anybody.
    let node = Node::attach(&config(dir.path())).unwrap();
    assert_eq!(node.wallets_off(), [], "a recount gives what is used");
    let mut ended = 0;
    for sec in [50_000, 100_000] {
        node.due(at(sec), |_, due| ended += u32::from(due == Due::Ended));
    }
    assert_eq!(node.stats().calls_held(), 0);
    sweep_once(&node, dir.path());
    let mut used = 0;
    let mut answered = 0;
    for record in Reader::open(&common::segments(dir.path())).unwrap() {
        let record = record.unwrap();
        used += record.wallet_used.cast_unsigned();
        answered += u32::from(record.answered_ns != 0);
        assert!(record.price.0 >= record.wallet_used, "{record:?}");
    }
    let funds = node.shm().wallets().funds(slot);
    println!(
        "{died} died, {answered} answered, {ended} of them ended by nobody, {used} used of {}",
        funds.granted
    );
    assert_eq!(funds.used, used, "what is used is what the records say");
    assert!(used <= funds.granted, "never more than was granted");
    assert!(answered > 500 && ended > 0, "{answered} answered, {ended} ended by nobody");
}

/// Makes one call, ends it and sweeps; dies on the way at a named place.
#[test]
fn child_dies_at_one_place() {
    let Some(directory) = std::env::var_os("TANDEM_TEST_DIES_IN") else { return };
    let directory = Path::new(&directory);
    let place: usize = std::env::var("TANDEM_TEST_PLACE").unwrap().parse().unwrap();
    let node = Node::attach(&config(directory)).unwrap();
    crash::arm(Point::OF_WALLETS[place], 0);
    let Verdict::Admitted { handle, .. } = decide(&node, "dies", at(0)) else { panic!("refused") };
    node.answered(handle, 200, at(1)).unwrap();
    node.ended(handle, 0, at(31)).unwrap();
    sweep_once(&node, directory);
}

#[test]
fn r8_3_behind_each_step_a_death_leaves_a_wallet_that_a_start_puts_right() {
    for (place, point) in Point::OF_WALLETS.iter().enumerate() {
        let dir = tempfile::tempdir().unwrap();
        publish(dir.path(), &plan_with_wallet());
        let node = Node::attach(&config(dir.path())).unwrap();
        let wallet = node.newest().snapshot().wallets()[0].to_wallet();
        let slot = node.shm().wallets().slot(&wallet).unwrap();
        node.grant(slot, 3 * HOLD, 0);
        drop(node);
        let status = dies_at(dir.path(), place);
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "{point:?} is come by");
        let node = Node::attach(&config(dir.path())).unwrap();
        assert_eq!(node.wallets_off(), [], "{point:?}");
        sweep_once(&node, dir.path());
        let records: Vec<_> =
            Reader::open(&common::segments(dir.path())).unwrap().collect::<Result<_, _>>().unwrap();
        let used: u64 = records.iter().map(|record| record.wallet_used.cast_unsigned()).sum();
        // A call that was only being decided never was; one that was over has used its minute.
        let expected = if matches!(point, Point::WalletTaken | Point::WalletWritten) { 0 } else { HOLD };
        assert_eq!((used, node.shm().wallets().funds(slot).used), (expected, expected), "{point:?}");
        assert_eq!(node.stats().ended, 0, "{point:?}");
    }
}

/// Nobody repairs in between: the next sweeper finds what the dead one has left.
#[test]
fn r8_4_a_sweeper_goes_on_where_a_dead_one_has_left_a_call_half_swept() {
    for (place, point) in Point::OF_WALLETS.iter().enumerate().skip(3) {
        let dir = tempfile::tempdir().unwrap();
        publish(dir.path(), &plan_with_wallet());
        // It lives all the time, so no start repairs.
        let node = Node::attach(&config(dir.path())).unwrap();
        let wallet = node.newest().snapshot().wallets()[0].to_wallet();
        let slot = node.shm().wallets().slot(&wallet).unwrap();
        node.grant(slot, 9 * HOLD, 0);
        let Verdict::Admitted { handle, .. } = decide(&node, "before", at(0)) else { panic!("refused") };
        node.answered(handle, 200, at(1)).unwrap();
        node.ended(handle, 0, at(31)).unwrap();
        let status = dies_at(dir.path(), place);
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "{point:?} is come by");
        sweep_once(&node, dir.path());
        assert_eq!(node.wallets_off(), [], "{point:?}");
        assert!(node.repair_dead().unwrap(), "{point:?}");
        assert_eq!(node.wallets_off(), [], "{point:?}, repaired");
        assert_eq!(node.shm().wallets().funds(slot).used, 2 * HOLD, "{point:?}");
    }
}

/// How the child ended.
fn dies_at(directory: &Path, place: usize) -> std::process::ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_dies_at_one_place"])
        .env("TANDEM_TEST_DIES_IN", directory)
        .env("TANDEM_TEST_PLACE", place.to_string())
        .stdout(Stdio::null())
        .status()
        .unwrap()
}
