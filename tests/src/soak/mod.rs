//! A soak: very many calls, one in a hundred of each fault, a new plan every few seconds, Kamailio killed now and then.
//!
//! What must come out: nothing leaks, nothing stays held, each call has its record, and wallets have paid what the
//! records say. Traffic comes in stretches, because a kill takes the callers of its stretch with it: of those calls it is
//! left open what they came to, and nothing else.

pub mod crowd;
pub mod judge;
pub mod kinds;
pub mod memory;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::lab::binaries::Binaries;
use crate::lab::caller::Caller;
use crate::lab::database::{Database, Server};
use crate::lab::language::Language;
use crate::lab::{Lab, wait};
use crate::model_gen::Rng;
use judge::Judge;
use memory::Memory;

/// How often a new plan goes live.
const RELOAD_EVERY: Duration = Duration::from_secs(5);
/// How often progress is printed.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// After a kill: the calls that are lost are known as such when they are ten seconds old.
const REPAIRED_WITHIN: Duration = Duration::from_secs(90);

/// Of the calls of a lab, how many in a hundred each stretch has that ends with a kill; no more than this, for what is not
/// placed yet never is.
const OF_KILLED: u32 = 8;
const KILLED_MAX: u32 = 5_000;
/// And the one after which memory is looked at for the first time.
const OF_WARM_UP: u32 = 8;

/// Wallets that never run out, and one that has little, and gets more as time passes: nano-units and seconds.
const RICH: [(&str, u64); 2] = [("pat/main", 1 << 60), ("pip/main", 1 << 40)];
const POOR: &str = "pia/main";
/// Six seconds of a cent each.
const POOR_GETS: u64 = 60_000_000;

/// What is asked of a soak.
#[derive(Clone, Copy, Debug)]
pub struct Soak {
    /// Calls, in this language.
    pub calls: u32,
    /// Calls a second.
    pub rate: u32,
    /// How often Kamailio is killed.
    pub kills: u32,
    /// Where chance begins.
    pub seed: u64,
}

/// A soak at work in one language.
struct Running {
    lab: Lab,
    language: Language,
    rate: u32,
    rng: Rng,
    judge: Judge,
    plans: [PathBuf; 2],
    published: usize,
    granted: u64,
    reloaded: Instant,
    told: (Instant, u64),
    started: Instant,
}

/// Runs it.
///
/// # Errors
/// With all that is not as it must be.
pub fn run(binaries: &Binaries, server: &Server, language: Language, soak: Soak) -> anyhow::Result<()> {
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("plans/every_call");
    // Calls that are up are lost with Kamailio: the worst case.
    let users = Database { server, keeps_dialogs: false };
    let mut lab = Lab::start(binaries, &plan, language, Some(users))?;
    let dirs = [TempDir::new()?, TempDir::new()?];
    let plan = patient(&lab, &plan, dirs[0].path())?;
    let changed = dearer(&lab, &plan, dirs[1].path())?;
    lab.publish(&plan)?;
    let plans = [plan, changed];
    let behaviours = ["north", "mesa", "atlas"].map(|name| (name.to_owned(), "of_all_kinds".to_owned()));
    lab.carriers_behave(Path::new(""), &BTreeMap::from(behaviours))?;
    lab.fund(&RICH.map(|(wallet, amount)| (wallet.to_owned(), amount)).into())?;
    let now = Instant::now();
    let mut running = Running {
        lab,
        language,
        rate: soak.rate,
        rng: Rng::new(soak.seed, language as u64),
        judge: Judge::default(),
        plans,
        published: 0,
        granted: 0,
        reloaded: now,
        told: (now, 0),
        started: now,
    };
    running.note_plan()?;
    let part = |of_hundred: u32| (soak.calls * of_hundred).div_ceil(100);
    let killed = part(OF_KILLED).min(KILLED_MAX);
    for nth in 0..soak.kills {
        running.killed_stretch(&format!("k{nth}"), killed)?;
    }
    running.whole_stretch("warm", part(OF_WARM_UP))?;
    let before = running.memory_at_rest()?;
    let rest = soak.calls - soak.kills * killed - part(OF_WARM_UP);
    running.whole_stretch("rest", rest)?;
    let after = running.memory_at_rest()?;
    running.finish(before, after)
}

/// A copy of the scenarios' plan, with more time for each carrier: the machine may stand still for two seconds.
fn patient(lab: &Lab, plan: &Path, dir: &Path) -> anyhow::Result<PathBuf> {
    let copy = lab.network().copy_of(plan, dir)?;
    let settings = copy.join("plan.toml");
    let text = fs::read_to_string(&settings)?;
    ensure!(text.contains("dial_timeout_sec = 2\n"), "the dial time-out is another");
    fs::write(settings, text.replace("dial_timeout_sec = 2\n", "dial_timeout_sec = 5\n"))?;
    Ok(copy)
}

/// A copy of the plan in which mesa costs more, but for San Francisco, where it is cheapest: a call goes where it went by
/// another snapshot, and to San Francisco where its snapshot says.
fn dearer(lab: &Lab, plan: &Path, dir: &Path) -> anyhow::Result<PathBuf> {
    let copy = lab.network().copy_of(plan, dir)?;
    let deck = copy.join("decks/mesa.csv");
    let prices = fs::read_to_string(&deck)?;
    ensure!(prices.contains("0.0050"), "mesa's price is another");
    fs::write(deck, prices.replace("0.0050", "0.0051") + "SAN FRANCISCO CA,1415555,6,6,0.0030\n")?;
    Ok(copy)
}

impl Running {
    /// A stretch in which every call goes as its caller's file says.
    fn whole_stretch(&mut self, name: &str, calls: u32) -> anyhow::Result<()> {
        let groups = crowd::drawn(&mut self.rng, name, calls);
        let mut callers = crowd::placed(&self.lab, &groups, self.rate)?;
        while !all_are_done(&mut callers)? {
            self.look_after()?;
        }
        for caller in &mut callers {
            let given_up = caller.wait_until_over()?;
            self.judge.gave_up(given_up);
        }
        self.lab.wait_until_nothing_is_held()?;
        self.judge.placed(groups);
        self.every_call_is_recorded()
    }

    /// A stretch in whose midst Kamailio is killed, with all its processes at one instant.
    fn killed_stretch(&mut self, name: &str, calls: u32) -> anyhow::Result<()> {
        let groups = crowd::drawn(&mut self.rng, name, calls);
        let before = self.lab.stats()?.records_written;
        let kill_at = before + u64::from(calls) * (20 + self.rng.below(60) as u64) / 100;
        let mut callers = crowd::placed(&self.lab, &groups, self.rate)?;
        while !all_are_done(&mut callers)? && self.lab.stats()?.records_written < kill_at {
            self.look_after()?;
        }
        self.lab.kill_kamailio()?;
        let up = self.lab.stats()?.calls_held();
        for (mut caller, (group, kinds)) in callers.into_iter().zip(groups) {
            caller.stop()?;
            self.judge.killed(group, kinds, caller.answers().len());
        }
        self.lab.restart_carriers()?;
        self.lab.start_kamailio()?;
        self.say(&format!("killed with {up} calls up, and started again"));
        wait::until_within(REPAIRED_WITHIN, "lost calls to be found", || {
            // Kamailio may answer calls before it answers commands.
            let is_compared = self.lab.reconcile().is_ok();
            Ok((is_compared && self.lab.stats()?.calls_held() == 0).then_some(()))
        })?;
        self.lab.wait_until_nothing_is_held()?;
        self.every_call_is_recorded()
    }

    /// Waits until there are as many records as calls were admitted and refused.
    fn every_call_is_recorded(&mut self) -> anyhow::Result<()> {
        let stats = wait::until("a record of each call", || {
            let stats = self.lab.stats()?;
            let rejected: u64 = stats.rejected.iter().map(|(_, count)| count).sum();
            Ok((stats.records_written >= stats.admitted + rejected).then_some(stats))
        })?;
        ensure!(stats.unrecorded + stats.records_dropped + stats.panics == 0, "{stats:?}");
        Ok(())
    }

    /// A new plan now and then, a little money for the poor, a word for people.
    fn look_after(&mut self) -> anyhow::Result<()> {
        if self.reloaded.elapsed() > RELOAD_EVERY {
            self.published += 1;
            let plan = self.plans[self.published % self.plans.len()].clone();
            self.lab.publish(&plan)?;
            self.note_plan()?;
            self.granted += POOR_GETS;
            self.lab.fund(&BTreeMap::from([(POOR.to_owned(), self.granted)]))?;
            self.reloaded = Instant::now();
        }
        if self.told.0.elapsed() > TELL_EVERY {
            let stats = self.lab.stats()?;
            let calls = stats.records_written - self.told.1;
            let rate = calls as f64 / self.told.0.elapsed().as_secs_f64();
            let memory = self.memory()?;
            let held = stats.calls_held();
            self.say(&format!("{} recorded, {rate:.0} a second, {held} up, {memory}", stats.records_written));
            self.told = (Instant::now(), stats.records_written);
        }
        std::thread::park_timeout(Duration::from_millis(200));
        Ok(())
    }

    /// Notes where the plan that is live sends a call to San Francisco.
    fn note_plan(&mut self) -> anyhow::Result<()> {
        let route = ["north_std", "mesa_std"][self.published % self.plans.len()];
        self.judge.sends(self.lab.snapshot_id()?, route);
        Ok(())
    }

    fn say(&self, what: &str) {
        eprintln!("{:>5} s {:<6} {what}", self.started.elapsed().as_secs(), self.language.name());
    }

    fn memory(&self) -> anyhow::Result<Memory> {
        Memory::of(&self.lab)
    }

    /// What is in use when Kamailio has nothing in hand.
    fn memory_at_rest(&mut self) -> anyhow::Result<Memory> {
        self.lab.wait_until_idle()?;
        let memory = self.memory()?;
        self.say(&format!("at rest: {memory}"));
        Ok(memory)
    }

    /// Reads the records, and gives all that is not as it must be.
    fn finish(mut self, before: Memory, after: Memory) -> anyhow::Result<()> {
        self.lab.each_record(|record| self.judge.record(record))?;
        let stats = self.lab.stats()?;
        let mut problems = after.problems(before);
        let rejected: u64 = stats.rejected.iter().map(|(_, count)| count).sum();
        let mut must_be = |what: &str, is: u128, due: u128| {
            if is != due {
                problems.push(format!("{what}: {is}, not {due}"));
            }
        };
        must_be("records", self.judge.records().into(), (stats.admitted + rejected).into());
        let rich = RICH.map(|(wallet, _)| wallet);
        for wallet in rich.into_iter().chain([POOR]) {
            let funds = self.lab.funds(wallet)?;
            must_be(&format!("{wallet} has paid"), funds.used.into(), self.judge.paid(wallet).0);
            ensure!(funds.used <= funds.granted, "{wallet} has paid more than it had: {funds:?}");
        }
        let (paid, prices) = self.judge.paid(rich[0]);
        must_be("prices of calls by a wallet", prices, paid);
        let admitted = stats.admitted;
        eprintln!(
            "{}: in {} s {} records, {admitted} admitted, {rejected} refused, {} plans, wallets have paid {:?}\n{}",
            self.language.name(),
            self.started.elapsed().as_secs(),
            self.judge.records(),
            self.published,
            rich.map(|wallet| self.judge.paid(wallet).0),
            self.judge.table()
        );
        let errors = self.lab.kamailio_errors().into_iter().map(|line| format!("Kamailio: {line}"));
        problems.extend(errors);
        problems.extend(self.judge.problems());
        let shown: Vec<_> = problems.iter().take(50).map(String::as_str).collect();
        ensure!(problems.is_empty(), "{} problems:\n{}", problems.len(), shown.join("\n"));
        self.lab.stop().context("Kamailio and the agent stop as asked")
    }
}

fn all_are_done(callers: &mut [Caller]) -> anyhow::Result<bool> {
    for caller in callers {
        if !caller.is_done()? {
            return Ok(false);
        }
    }
    Ok(true)
}
