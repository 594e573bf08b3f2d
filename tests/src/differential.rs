//! Core and the naive model asked the same calls on the same plans: every answer must be the same (see [`crate::model`],
//! [`crate::model_gen`]).
//!
//! A plan is compiled for the interval of each call, lazily, so calls cross every boundary of the plan. What is live is
//! given to both as plain data. The counts of a run say how often each reason happened; a run that misses one proves
//! nothing about it.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

use rating_core::limit::Limit;
use rating_core::live::{Full, LiveState, Now, Wallet};
use rating_core::plan::Plan;
use rating_core::reject::Reason;
use rating_core::route::{self, Decision};
use rating_core::snapshot::layout::StrRef;
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write::compile;
use rating_core::trace::Trace;
use rating_core::{candidates, jurisdiction, lerg};
use sha2::{Digest, Sha256};

use crate::model::{self, Answer, Call, Dimension, Facts, Jurisdiction, Kept, Live, Lrn, Origin, Owner};
use crate::model_gen::{self, Rng, World};

/// What a run has seen.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Calls asked.
    pub calls: u64,
    /// Calls that were routed.
    pub routed: u64,
    /// Calls by the reason of their reject.
    pub rejects: BTreeMap<Reason, u64>,
    /// Routes by the reason for which they were dropped.
    pub drops: BTreeMap<Reason, u64>,
    /// Snapshots that were compiled.
    pub snapshots: u64,
}

impl Counts {
    /// Adds another run's counts.
    pub fn add(&mut self, other: &Counts) {
        self.calls += other.calls;
        self.routed += other.routed;
        self.snapshots += other.snapshots;
        other.rejects.iter().for_each(|(reason, count)| *self.rejects.entry(*reason).or_default() += count);
        other.drops.iter().for_each(|(reason, count)| *self.drops.entry(*reason).or_default() += count);
    }

    /// A table for people: each reason with its rejects and drops.
    #[must_use]
    pub fn table(&self) -> String {
        let share = 100.0 * self.routed as f64 / self.calls.max(1) as f64;
        let mut text = format!(
            "{} calls, {share:.1} % routed, {} snapshots\n{:<28} {:>9} {:>9}\n",
            self.calls, self.snapshots, "reason", "rejects", "drops"
        );
        for reason in Reason::ALL {
            let count = |of: &BTreeMap<Reason, u64>| of.get(reason).copied().unwrap_or(0);
            let _ =
                writeln!(text, "{:<28} {:>9} {:>9}", reason.name(), count(&self.rejects), count(&self.drops));
        }
        text
    }

    fn count(&mut self, answer: &Answer) {
        self.calls += 1;
        match answer.reject {
            Some(reason) => *self.rejects.entry(reason).or_default() += 1,
            None => self.routed += 1,
        }
        answer.dropped.values().for_each(|reason| *self.drops.entry(*reason).or_default() += 1);
    }
}

/// Reasons that refuse a call by sections 2 to 5. (`loop_detected` and `call_table_full` are a node's.)
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

/// Reasons that drop a route by sections 4 and 5.
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

/// Where core and the model disagree.
#[derive(Debug)]
pub struct Disagreement(pub String);

impl std::fmt::Display for Disagreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Asks `calls` calls of one plan. The same seed and number give the same plan and calls.
///
/// # Errors
/// The first [`Disagreement`], with the smallest plan that still shows it.
pub fn run(seed: u64, number: u64, calls: u64) -> Result<Counts, Box<Disagreement>> {
    let world = model_gen::world(seed, number);
    let mut rng = Rng::new(seed ^ 0x5eed_ca11, number);
    let mut counts = Counts::default();
    let mut core = Core::new(&world.plan, &world.live);
    for at in 0..calls {
        let call = model_gen::call(&world, &mut rng);
        let expected = model::decide(&world.plan, &world.live, &call);
        let found = core.decide(&call);
        counts.count(&expected);
        if let Some(difference) = difference(&expected, &found) {
            return Err(Box::new(report(seed, number, at, &world, &call, &difference)));
        }
    }
    counts.snapshots = core.snapshots.len() as u64;
    Ok(counts)
}

/// Core on one plan: the snapshots that its calls have needed.
#[derive(Debug)]
pub struct Core<'p> {
    plan: &'p Plan,
    live: LiveKeys,
    snapshots: Vec<(i64, i64, Vec<u8>)>,
}

impl<'p> Core<'p> {
    /// Core on a plan, with what is live.
    #[must_use]
    pub fn new(plan: &'p Plan, live: &Live) -> Self {
        Self { plan, live: LiveKeys::of(live), snapshots: Vec::new() }
    }

    /// Decides a call, in the words of the model.
    ///
    /// # Panics
    /// If the plan does not compile.
    pub fn decide(&mut self, call: &Call) -> Answer {
        let at = call.at_ns.div_euclid(1_000_000_000);
        let place = match self.snapshots.iter().position(|(from, until, _)| (*from..*until).contains(&at)) {
            Some(place) => place,
            None => {
                let bytes = compile(self.plan, at).expect("a plan that compiles");
                let until =
                    Snapshot::open(&bytes).expect("what was written").header().valid_until_utc_sec.get();
                self.snapshots.push((at, until, bytes));
                self.snapshots.len() - 1
            }
        };
        let snapshot = Snapshot::open_trusted(&self.snapshots[place].2).expect("what was written");
        self.live.taken.set(0);
        let mut trace = Drops::default();
        let asked = ask(&snapshot, call);
        let now = Now { utc_ns: call.at_ns, monotonic_ns: 1_000_000_000 };
        let decision = route::decide(&snapshot, &asked, now, &self.live, &mut trace);
        let mut silent = rating_core::trace::Silent;
        let unexplained = route::decide(&snapshot, &asked, now, &self.live, &mut silent);
        assert_eq!(unexplained, decision, "an explanation changes the decision of {call:?}");
        answer(&snapshot, &decision, trace, self.live.taken.get() > 0)
    }
}

/// The call in core's words. An id that the snapshot does not know is a place outside it.
fn ask<'c>(snapshot: &Snapshot<'_>, call: &'c Call) -> route::Call<'c> {
    let place_of = |names: Vec<StrRef>, id: &str| {
        let at = names.iter().position(|name| snapshot.text(*name) == id);
        at.map_or(u32::MAX, |at| at as u32)
    };
    let origin = match &call.origin {
        Origin::Source(address) => route::Origin::Source(*address),
        Origin::User(user) => route::Origin::User(user.as_bytes()),
        Origin::Trunk(id) => {
            route::Origin::Trunk(place_of(snapshot.trunks().iter().map(|r| r.name).collect(), id))
        }
        Origin::Account(id) => {
            route::Origin::Account(place_of(snapshot.accounts().iter().map(|r| r.name).collect(), id))
        }
    };
    let partition = |id: &String| place_of(snapshot.partitions().iter().map(|r| r.name).collect(), id);
    route::Call {
        call_id: &call.call_id,
        ani_lrn: lrn(&call.ani_lrn),
        dnis_lrn: lrn(&call.dnis_lrn),
        partition: call.partition.as_ref().map(partition),
        rate_limit_per_min: call.rate_limit_per_min,
        max_results: call.max_results,
        zone: call.zone.map(|zone| {
            jurisdiction::Jurisdiction::ALL.into_iter().find(|own| own.name() == zone.name()).expect("a zone")
        }),
        called: lerg::Place {
            state: call.state.unwrap_or_default(),
            ocn: call.ocn.unwrap_or_default(),
            lata: call.lata.unwrap_or(0),
            ..lerg::Place::UNKNOWN
        },
        ani_class: call.ani_class,
        cic: call.cic,
        ..route::Call::new(origin, call.ani.as_bytes(), call.dnis.as_bytes())
    }
}

fn lrn(given: &Option<Lrn>) -> route::Lrn<'_> {
    match given {
        None => route::Lrn::NONE,
        Some(Lrn { text, dipped: true }) => route::Lrn::Dipped(text.as_bytes()),
        Some(Lrn { text, dipped: false }) => route::Lrn::Given(text.as_bytes()),
    }
}

/// Core's answer in the words of the model.
fn answer(snapshot: &Snapshot<'_>, decision: &Decision, trace: Drops, cps_spent: bool) -> Answer {
    let route = |at: u32| snapshot.text(snapshot.routes()[at as usize].name).to_owned();
    let legs: Vec<_> =
        decision.verdict.iter().flat_map(|legs| legs.iter().copied().collect::<Vec<_>>()).collect();
    let mut kept: Vec<Kept> = Vec::new();
    for leg in &legs {
        let candidate = kept_of(&leg.candidate, route(leg.candidate.route));
        if kept.last().is_none_or(|last| last.route != candidate.route) {
            kept.push(candidate);
        }
    }
    Answer {
        reject: decision.verdict.err().map(|reject| reject.reason),
        legs: legs
            .iter()
            .map(|leg| {
                let gateway = snapshot.gateways()[leg.gateway as usize].name;
                (route(leg.candidate.route), snapshot.text(gateway).to_owned())
            })
            .collect(),
        facts: facts(snapshot, &decision.facts),
        kept,
        dropped: trace.0.into_iter().map(|(at, reason)| (route(at), reason)).collect(),
        cps_spent,
        emergency: decision.facts.is_emergency,
    }
}

fn kept_of(candidate: &candidates::Candidate, route: String) -> Kept {
    Kept {
        route,
        cost: candidate.cost,
        price: candidate.price,
        rate_per_min: candidate.rate_per_min,
        customer_rate_per_min: candidate.customer_rate_per_min,
        matched: candidate.matched.number(),
        deck_version: candidate.deck_version,
    }
}

fn facts(snapshot: &Snapshot<'_>, facts: &route::Facts) -> Facts {
    let name = |name: Option<StrRef>| name.map(|name| snapshot.text(name).to_owned());
    let letters = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned();
    let state =
        |place: &lerg::Place| if place.country == *b"US" { letters(&place.state) } else { String::new() };
    Facts {
        trunk: name(snapshot.trunks().get(facts.trunk as usize).map(|r| r.name)),
        account: name(snapshot.accounts().get(facts.account as usize).map(|r| r.name)),
        partition: name(snapshot.partitions().get(facts.partition as usize).map(|r| r.name)),
        jurisdiction: facts
            .jurisdiction
            .map(|zone| Jurisdiction::ALL.into_iter().find(|own| own.name() == zone.name()).expect("a zone")),
        ani: facts.ani.as_str().into(),
        dnis: facts.dnis.as_str().into(),
        ani_lrn: facts.ani_lrn.as_str().into(),
        dnis_lrn: facts.dnis_lrn.as_str().into(),
        ocn: letters(&facts.called.ocn),
        lata: facts.called.lata,
        state: state(&facts.called),
        ani_state: state(&facts.calling),
    }
}

/// The first thing in which the answers differ.
fn difference(expected: &Answer, found: &Answer) -> Option<String> {
    let differs = |what: &str, a: &dyn std::fmt::Debug, b: &dyn std::fmt::Debug| {
        Some(format!("{what}\n  model: {a:?}\n  core:  {b:?}"))
    };
    macro_rules! same {
        ($what:literal, $a:expr, $b:expr) => {
            if $a != $b {
                return differs($what, &$a, &$b);
            }
        };
    }
    same!("reject", expected.reject, found.reject);
    same!("emergency", expected.emergency, found.emergency);
    same!("trunk", expected.facts.trunk, found.facts.trunk);
    same!("account", expected.facts.account, found.facts.account);
    if !expected.emergency {
        same!("numbers", (&expected.facts.dnis, &expected.facts.ani), (&found.facts.dnis, &found.facts.ani));
        same!("partition", expected.facts.partition, found.facts.partition);
    }
    // Where both came as far as the candidates.
    same!("jurisdiction", expected.facts.jurisdiction, found.facts.jurisdiction);
    if expected.facts.jurisdiction.is_some() {
        same!("facts", expected.facts, found.facts);
        same!("dropped", expected.dropped, found.dropped);
    }
    same!("legs", expected.legs, found.legs);
    // Of the routes that stay the legs show those that have one.
    let shown: HashSet<&String> = expected.legs.iter().map(|(route, _)| route).collect();
    let kept: Vec<&Kept> = expected.kept.iter().filter(|kept| shown.contains(&kept.route)).collect();
    if !expected.emergency {
        same!("routes", kept, found.kept.iter().collect::<Vec<_>>());
    }
    (found.cps_spent && !expected.cps_spent)
        .then(|| "CPS is spent by a call that its limits refused".to_owned())
}

/// What a failure says: where, what, and the plan with everything taken out that does not matter.
fn report(seed: u64, number: u64, at: u64, world: &World, call: &Call, difference: &str) -> Disagreement {
    let plan = shrink(world, call);
    Disagreement(format!(
        "seed {seed:#x}, plan {number}, call {at}: {difference}\n{call:#?}\nlive: {:?}\nsmallest plan:\n{plan:#?}",
        world.live
    ))
}

/// Takes out of the plan what it can do without and still show a disagreement.
fn shrink(world: &World, call: &Call) -> Plan {
    let still = |plan: &Plan| {
        std::panic::catch_unwind(|| {
            let expected = model::decide(plan, &world.live, call);
            difference(&expected, &Core::new(plan, &world.live).decide(call)).is_some()
        })
        .unwrap_or(false)
    };
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut plan = world.plan.clone();
    macro_rules! without {
        ($($list:ident)+) => {$(
            let mut at = 0;
            while at < plan.$list.len() {
                let mut smaller = plan.clone();
                smaller.$list.remove(at);
                if still(&smaller) { plan = smaller } else { at += 1 }
            }
        )+};
    }
    without!(overrides exclusions dids dno local_calling partitions trunks accounts gateways routes providers currency_rates numbering);
    for deck in 0..plan.decks.len() {
        for version in 0..plan.decks[deck].versions.len() {
            let mut at = 0;
            while at < plan.decks[deck].versions[version].rows.len() {
                let mut smaller = plan.clone();
                smaller.decks[deck].versions[version].rows.remove(at);
                if still(&smaller) { plan = smaller } else { at += 1 }
            }
        }
    }
    without!(decks);
    std::panic::set_hook(quiet);
    plan
}

#[derive(Debug, Default)]
struct Drops(HashMap<u32, Reason>);

impl Trace for Drops {
    const EXPLAINS: bool = true;

    fn considered(&mut self, _: &candidates::Candidate) {}

    fn dropped(&mut self, route: u32, reason: Reason) {
        assert!(self.0.insert(route, reason).is_none(), "route {route} is dropped twice");
    }
}

/// What is live, by the keys of the snapshot's format.
#[derive(Debug, Default)]
struct LiveKeys {
    full: HashSet<u64>,
    available: HashMap<u64, i64>,
    cursors: HashMap<u64, u64>,
    qualities: HashMap<u64, i32>,
    taken: Cell<i64>,
}

impl LiveKeys {
    fn of(live: &Live) -> Self {
        Self {
            full: live.full.iter().map(|(owner, dimension)| limit_key(owner, *dimension)).collect(),
            available: live
                .available
                .iter()
                .map(|(account, wallet, amount)| (key(&["wallet", account, wallet]), *amount))
                .collect(),
            cursors: live
                .cursors
                .iter()
                .map(|(partition, route)| (key(&["partition", partition]), key(&["route", route])))
                .collect(),
            qualities: live
                .qualities
                .iter()
                .map(|(route, quality)| (key(&["route", route]), *quality))
                .collect(),
            taken: Cell::new(0),
        }
    }
}

impl LiveState for LiveKeys {
    fn take_cps(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        self.has_room(index, limit, now)?;
        self.taken.set(self.taken.get() + 1);
        Ok(())
    }

    fn undo_cps(&self, _: u32, _: &Limit) {
        self.taken.set(self.taken.get() - 1);
    }

    fn has_room(&self, _: u32, limit: &Limit, _: Now) -> Result<(), Full> {
        let full = limit.admits_nothing() || self.full.contains(&limit.key);
        if full { Err(Full { retry_after_ns: 0 }) } else { Ok(()) }
    }

    fn available(&self, _: u32, wallet: &Wallet) -> i64 {
        self.available.get(&wallet.key).copied().unwrap_or(wallet.credit_limit)
    }

    fn cursor(&self, partition_key: u64) -> u64 {
        self.cursors.get(&partition_key).copied().unwrap_or(0)
    }

    fn quality(&self, route_key: u64) -> Option<i32> {
        self.qualities.get(&route_key).copied()
    }
}

/// The key that the format gives a limit (docs/SNAPSHOT_FORMAT.md).
fn limit_key(owner: &Owner, dimension: Dimension) -> u64 {
    let mut parts: Vec<&str> = match owner {
        Owner::Account(id) => vec!["account", id],
        Owner::Trunk(id) => vec!["trunk", id],
        Owner::Provider(id) => vec!["provider", id],
        Owner::Route(id) => vec!["route", id],
        Owner::Gateway(id) => vec!["gateway", id],
        Owner::Partition(id) => vec!["partition", id],
        Owner::Member(partition, route) => vec!["member", partition, route],
    };
    let name = match dimension {
        Dimension::Cps => "cps".to_owned(),
        Dimension::Concurrency => "concurrency".to_owned(),
        Dimension::Volume(period, counts) => format!("calls_{}_{}", period.name(), counts.name()),
        Dimension::Minutes => "minutes_month".to_owned(),
        Dimension::Spend => "spend_day".to_owned(),
    };
    parts.push(&name);
    key(&parts)
}

fn key(parts: &[&str]) -> u64 {
    let hash = Sha256::digest(parts.join("\0").as_bytes());
    u64::from_le_bytes(hash[..8].try_into().expect("8 bytes"))
}
