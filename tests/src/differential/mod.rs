//! Core and the naive model, asked the same: facts, routes, order, prices and reasons must agree.
//!
//! `run` makes random worlds and calls (see [`crate::model_gen`]), asks both, counts what happened, and stops at
//! the first disagreement with the seed, both answers and a plan made as small as can be had cheaply. It judges
//! nobody: the text of the rules says who is wrong.

mod compare;
mod core_side;
mod shrink;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rating_core::reject::Reason;

use crate::model::{self, Answer};
use crate::model_gen::{self, Rng, World};

pub use compare::differences;
pub use core_side::Core;

/// How much is asked.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Chance begins here.
    pub seed: u64,
    /// Random plans.
    pub plans: u64,
    /// Calls on each.
    pub calls: u64,
    /// Whether to go on at a disagreement, and tell one example of each kind.
    pub goes_on: bool,
    /// Whether the plan of a disagreement is made small.
    pub shrinks: bool,
    /// Whether the worlds are odd ones.
    pub odd: bool,
}

/// How often things happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls asked.
    pub calls: u64,
    /// Those that routed.
    pub routed: u64,
    /// Others, which met a code that the model does not know.
    pub outside: u64,
    /// Snapshots that they were asked of.
    pub snapshots: u64,
    /// Rejects by name.
    pub rejects: BTreeMap<&'static str, u64>,
    /// Dropped routes by name.
    pub drops: BTreeMap<&'static str, u64>,
    /// Routed calls by jurisdiction.
    pub jurisdictions: BTreeMap<&'static str, u64>,
    /// Kept routes by what their deck matched: `prefix`, `endpoint`, `ocn_lata` …
    pub matches: BTreeMap<&'static str, u64>,
    /// Disagreements by kind: how many, and the report of the first.
    pub disagreements: BTreeMap<String, (u64, String)>,
}

/// Rejects that sections 2 to 5 can produce.
pub const REJECTS: [Reason; 24] = [
    Reason::UnknownTrunk,
    Reason::AccountSuspended,
    Reason::TrunkDisabled,
    Reason::InvalidNumber,
    Reason::InvalidAni,
    Reason::NoPartition,
    Reason::Dno,
    Reason::BlockedAni,
    Reason::BlockedDnis,
    Reason::DestinationNotAllowed,
    Reason::Excluded,
    Reason::CpsExceeded,
    Reason::ConcurrencyExceeded,
    Reason::VolumeExceeded,
    Reason::SpendExceeded,
    Reason::InsufficientBalance,
    Reason::TargetConcurrencyExceeded,
    Reason::TargetCpsExceeded,
    Reason::TargetVolumeExceeded,
    Reason::TargetSpendExceeded,
    Reason::OverRateLimit,
    Reason::MarginProtected,
    Reason::NoSellRate,
    Reason::NoRoute,
];

/// Reasons for which they drop a route.
pub const DROPS: [Reason; 19] = [
    Reason::Overridden,
    Reason::Disabled,
    Reason::Excluded,
    Reason::Loop,
    Reason::AniClass,
    Reason::TrafficClass,
    Reason::NoRate,
    Reason::BlockedRow,
    Reason::NoSellRate,
    Reason::OverRateLimit,
    Reason::MarginProtected,
    Reason::LowQuality,
    Reason::NoGateway,
    Reason::TargetCpsExceeded,
    Reason::TargetConcurrencyExceeded,
    Reason::TargetVolumeExceeded,
    Reason::TargetSpendExceeded,
    Reason::InsufficientBalance,
    Reason::BeyondMaxResults,
];

impl Counts {
    fn count(&mut self, answer: &Answer) {
        self.calls += 1;
        match answer.reject {
            Some(reason) => *self.rejects.entry(reason.name()).or_default() += 1,
            None => {
                self.routed += 1;
                let zone = answer.facts.jurisdiction.map_or("emergency", model::Jurisdiction::name);
                *self.jurisdictions.entry(zone).or_default() += 1;
            }
        }
        for reason in answer.dropped.values() {
            *self.drops.entry(reason.name()).or_default() += 1;
        }
        for kept in &answer.kept {
            let by = match kept.matched {
                0 => "endpoint",
                16 => "ocn_lata",
                17 => "ocn",
                18 => "lata",
                19 => "cic",
                _ => "prefix",
            };
            *self.matches.entry(by).or_default() += 1;
        }
    }

    fn add(&mut self, other: &Counts) {
        self.calls += other.calls;
        self.routed += other.routed;
        self.outside += other.outside;
        self.snapshots += other.snapshots;
        let pairs = [
            (&mut self.rejects, &other.rejects),
            (&mut self.drops, &other.drops),
            (&mut self.jurisdictions, &other.jurisdictions),
            (&mut self.matches, &other.matches),
        ];
        for (kind, (count, report)) in &other.disagreements {
            self.disagreements.entry(kind.clone()).or_insert_with(|| (0, report.clone())).0 += count;
        }
        for (mine, theirs) in pairs {
            theirs.iter().for_each(|(name, count)| *mine.entry(*name).or_default() += count);
        }
    }

    /// Everything that happened less often than it should.
    #[must_use]
    pub fn too_seldom(&self, least: u64) -> Vec<String> {
        let seldom = |kind: &str, counted: &BTreeMap<&'static str, u64>, reason: &Reason| {
            let count = counted.get(reason.name()).copied().unwrap_or(0);
            (count < least).then(|| format!("{kind} {reason}: {count} times"))
        };
        let mut all: Vec<String> =
            REJECTS.iter().filter_map(|r| seldom("reject", &self.rejects, r)).collect();
        all.extend(DROPS.iter().filter_map(|r| seldom("drop", &self.drops, r)));
        if self.outside * 100 > self.calls {
            all.push(format!("{} calls were left out", self.outside));
        }
        if self.routed * 10 < self.calls * 6 {
            all.push(format!("only {} of {} calls routed", self.routed, self.calls));
        }
        all
    }

    /// A table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = format!(
            "calls {}, routed {} ({:.1} %), left out {}, snapshots {}\n",
            self.calls,
            self.routed,
            100.0 * self.routed as f64 / self.calls.max(1) as f64,
            self.outside,
            self.snapshots
        );
        let kinds = [
            ("reject", &self.rejects),
            ("drop", &self.drops),
            ("jurisdiction", &self.jurisdictions),
            ("matched by", &self.matches),
        ];
        for (kind, (count, report)) in &self.disagreements {
            let _ = writeln!(text, "{report}\nDISAGREE {count:>8} times: {kind}");
        }
        for (kind, counted) in kinds {
            for (name, count) in counted {
                let _ = writeln!(text, "{kind:<13} {name:<28} {count:>10}");
            }
        }
        text
    }
}

/// Asks core and the model the same, many times.
///
/// # Errors
/// The first disagreement, for people to read.
pub fn run(size: Size) -> Result<Counts, String> {
    let next = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let all = Mutex::new((Counts::default(), None));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= size.plans || stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let told = run_plan(size, number, &stop);
                    let mut all = all.lock().expect("no thread panicked");
                    match told {
                        Ok(counts) => all.0.add(&counts),
                        Err(report) => {
                            stop.store(true, Ordering::Relaxed);
                            all.1.get_or_insert(report);
                        }
                    }
                }
            });
        }
    });
    let (counts, report) = all.into_inner().expect("no thread panicked");
    report.map_or(Ok(counts), Err)
}

fn run_plan(size: Size, number: u64, stop: &AtomicBool) -> Result<Counts, String> {
    let world = match size.odd {
        true => model_gen::odd_world(size.seed, number),
        false => model_gen::world(size.seed, number),
    };
    let head = format!("seed {} plan {number}", size.seed);
    let core = Core::new(&world.plan, &world.live, (world.from, world.until))
        .map_err(|error| format!("FOUND {head}: {error}"))?;
    let mut counts = Counts { snapshots: core.snapshots(), ..Default::default() };
    let mut rng = Rng::new(!size.seed, number);
    let mut at = 0;
    while counts.calls < size.calls {
        at += 1;
        if at % 256 == 0 && stop.load(Ordering::Relaxed) {
            break;
        }
        let call = model_gen::call(&world, &mut rng);
        let expected = model::decide(&world.plan, &world.live, &call);
        if expected.is_outside {
            counts.outside += 1;
            continue;
        }
        let told = core.decide(&call);
        let differences = differences(&expected, &told);
        if !differences.is_empty() {
            let kind = compare::kind(&expected, &told);
            let head = format!("{head} call {at}");
            if !size.shrinks {
                return Err(format!("FOUND {head}: {kind}"));
            }
            let report = || report(&head, &world, &call, &differences);
            if !size.goes_on {
                return Err(report());
            }
            counts.disagreements.entry(kind).or_insert_with(|| (0, report())).0 += 1;
        }
        counts.count(&expected);
    }
    Ok(counts)
}

fn report(head: &str, world: &World, call: &model::Call, differences: &[String]) -> String {
    let small = shrink::shrink(world, call);
    let expected = model::decide(&small.plan, &small.live, call);
    let told = Core::new(&small.plan, &small.live, (small.from, small.until)).map(|core| core.decide(call));
    format!(
        "{head}: core and model disagree\n  {}\ncall: {call:#?}\n\nof the smallest plan found:\nmodel: {expected:#?}\n\
         core: {told:#?}\nlive: {:?}\nplan: {:#?}\n{head}: core and model disagree\n  {}",
        differences.join("\n  "),
        small.live,
        small.plan,
        differences.join("\n  "),
    )
}
