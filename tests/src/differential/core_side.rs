//! Core as the model sees it: names in place of places, the same live data, the snapshot of each call's instant.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use rating_core::candidates::Candidate;
use rating_core::jurisdiction::Jurisdiction as CoreJurisdiction;
use rating_core::limit::{Dimension as CoreDimension, Limit};
use rating_core::live::{Full, LiveState, Now, Wallet};
use rating_core::plan::Plan;
use rating_core::reject::Reason;
use rating_core::route::{self, Decision, decide};
use rating_core::snapshot::layout::NONE;
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write::compile;
use rating_core::trace::{Silent, Trace};

use crate::model::{Answer, Call, Dimension, Facts, Jurisdiction, Kept, Live, Lrn, Origin, Owner};

const SEC_NS: i64 = 1_000_000_000;

/// What core says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// In the model's words; kept routes without a leg are the last, by id.
    pub answer: Answer,
    /// How many of the kept routes have a leg.
    pub with_legs: usize,
    /// Slots that were taken and not given back, by owner and trunk.
    pub cps_taken: i64,
    /// Whether the same call without an explanation was decided otherwise, and how.
    pub silent_differs: Option<String>,
}

/// A plan compiled for every instant of its calls.
pub struct Core {
    slices: Vec<Slice>,
}

struct Slice {
    from: i64,
    until: i64,
    bytes: Vec<u8>,
    live: Usage,
}

/// The live state by the places and keys of one snapshot.
#[derive(Default)]
struct Usage {
    full: Vec<bool>,
    available: Vec<Option<i64>>,
    cursors: HashMap<u64, u64>,
    qualities: HashMap<u64, i32>,
    taken: Cell<i64>,
}

impl LiveState for Usage {
    fn take_cps(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        assert!(matches!(limit.dimension, CoreDimension::Cps(_)));
        self.has_room(index, limit, now)?;
        self.taken.set(self.taken.get() + 1);
        Ok(())
    }

    fn undo_cps(&self, _: u32, _: &Limit) {
        self.taken.set(self.taken.get() - 1);
    }

    fn has_room(&self, index: u32, limit: &Limit, _: Now) -> Result<(), Full> {
        if limit.admits_nothing() || self.full[index as usize] {
            return Err(Full { retry_after_ns: 0 });
        }
        Ok(())
    }

    fn available(&self, index: u32, wallet: &Wallet) -> i64 {
        self.available[index as usize].unwrap_or(wallet.credit_limit)
    }

    fn cursor(&self, partition_key: u64) -> u64 {
        self.cursors.get(&partition_key).copied().unwrap_or(0)
    }

    fn quality(&self, route_key: u64) -> Option<i32> {
        self.qualities.get(&route_key).copied()
    }
}

#[derive(Default)]
struct Explain {
    considered: Vec<Candidate>,
    dropped: Vec<(u32, Reason)>,
}

impl Trace for Explain {
    const EXPLAINS: bool = true;

    fn considered(&mut self, candidate: &Candidate) {
        self.considered.push(*candidate);
    }

    fn dropped(&mut self, route: u32, reason: Reason) {
        self.dropped.push((route, reason));
    }
}

impl Core {
    /// Compiles a plan: the snapshot of the first instant of a span, then each that follows.
    ///
    /// # Errors
    /// What the compiler or the verifier refuses.
    pub fn new(plan: &Plan, live: &Live, span: (i64, i64)) -> Result<Core, String> {
        let mut slices = Vec::new();
        let mut from = span.0;
        while from < span.1 {
            let bytes = compile(plan, from).map_err(|error| format!("compile: {error}"))?;
            let snapshot = Snapshot::open(&bytes).map_err(|error| format!("open: {error}"))?;
            let until = snapshot.header().valid_until_utc_sec.get();
            if until <= from {
                return Err(format!("a snapshot of {from} that ends at {until}"));
            }
            let live = usage(&snapshot, live);
            slices.push(Slice { from, until, bytes, live });
            from = until;
        }
        Ok(Core { slices })
    }

    /// How many snapshots there are.
    #[must_use]
    pub fn snapshots(&self) -> u64 {
        self.slices.len() as u64
    }

    /// Decides a call on the snapshot of its instant.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn decide(&self, call: &Call) -> Told {
        let at = call.at_ns.div_euclid(SEC_NS);
        let slice =
            self.slices.iter().find(|slice| slice.from <= at && at < slice.until).expect("an instant");
        let snapshot = Snapshot::open_trusted(&slice.bytes).expect("verified when compiled");
        let now = Now { utc_ns: call.at_ns, monotonic_ns: 5_000_000_000 };
        let asked = ask(&snapshot, call);
        let mut trace = Explain::default();
        slice.live.taken.set(0);
        let decision = decide(&snapshot, &asked, now, &slice.live, &mut trace);
        let cps_taken = slice.live.taken.get();
        let silent = decide(&snapshot, &asked, now, &slice.live, &mut Silent);
        let silent_differs =
            (silent != decision).then(|| format!("explained {decision:?}\n silent {silent:?}"));
        let (answer, with_legs) = answer(&snapshot, &decision, &trace);
        Told { answer, with_legs, cps_taken, silent_differs }
    }
}

fn usage(snapshot: &Snapshot<'_>, live: &Live) -> Usage {
    let text = |name| snapshot.text(name).to_owned();
    let mut owners = Vec::new();
    owners.extend(snapshot.accounts().iter().map(|a| (Owner::Account(text(a.name)), a.limits)));
    owners.extend(snapshot.trunks().iter().map(|t| (Owner::Trunk(text(t.name)), t.limits)));
    owners.extend(snapshot.providers().iter().map(|p| (Owner::Provider(text(p.name)), p.limits)));
    owners.extend(snapshot.routes().iter().map(|r| (Owner::Route(text(r.name)), r.limits)));
    owners.extend(snapshot.gateways().iter().map(|g| (Owner::Gateway(text(g.name)), g.limits)));
    for partition in snapshot.partitions() {
        let id = text(partition.name);
        for member in snapshot.range(snapshot.members(), partition.members) {
            let route = text(snapshot.routes()[member.route.get() as usize].name);
            owners.push((Owner::Member(id.clone(), route), member.limits));
        }
        owners.push((Owner::Partition(id), partition.limits));
    }
    let mut full = vec![false; snapshot.limits().len()];
    for (owner, limits) in owners {
        for (index, limit) in snapshot.limits_of(limits) {
            full[index as usize] = live.full.contains(&(owner.clone(), dimension(&limit)));
        }
    }
    let mut available = vec![None; snapshot.wallets().len()];
    for account in snapshot.accounts() {
        for (index, _) in snapshot.wallets_of(account.wallets) {
            let id = text(snapshot.wallets()[index as usize].name);
            let told = live
                .available
                .iter()
                .find(|(owner, wallet, _)| *owner == text(account.name) && *wallet == id);
            available[index as usize] = told.map(|(.., available)| *available);
        }
    }
    let route_key = |id: &String| snapshot.routes().iter().find(|r| text(r.name) == *id).map(|r| r.key.get());
    let partition_key =
        |id: &String| snapshot.partitions().iter().find(|p| text(p.name) == *id).map(|p| p.key.get());
    let cursors = live.cursors.iter().filter_map(|(p, r)| Some((partition_key(p)?, route_key(r)?))).collect();
    let qualities =
        live.qualities.iter().filter_map(|(r, quality)| Some((route_key(r)?, *quality))).collect();
    Usage { full, available, cursors, qualities, taken: Cell::new(0) }
}

fn dimension(limit: &Limit) -> Dimension {
    use rating_core::plan::{CountedCalls, Period};
    match limit.dimension {
        CoreDimension::Cps(_) => Dimension::Cps,
        CoreDimension::Concurrency { .. } => Dimension::Concurrency,
        CoreDimension::Calls { period, counts, .. } => {
            // By name: the plan's words, whatever core's are called.
            let period = Period::ALL.iter().find(|p| format!("{p:?}") == format!("{period:?}"));
            let counts = CountedCalls::ALL.iter().find(|c| format!("{c:?}") == format!("{counts:?}"));
            Dimension::Volume(*period.expect("a period"), *counts.expect("a count"))
        }
        CoreDimension::Minutes { .. } => Dimension::Minutes,
        CoreDimension::Spend { .. } => Dimension::Spend,
    }
}

fn ask<'c>(snapshot: &Snapshot<'_>, call: &'c Call) -> route::Call<'c> {
    let place = |mut names: Box<dyn Iterator<Item = String> + '_>, id: &String| {
        u32::try_from(names.position(|name| name == *id).expect("calls name what is there")).expect("few")
    };
    let text = |name| snapshot.text(name).to_owned();
    let origin = match &call.origin {
        Origin::Source(address) => route::Origin::Source(IpAddr::clone(address)),
        Origin::User(user) => route::Origin::User(user.as_bytes()),
        Origin::Trunk(id) => {
            route::Origin::Trunk(place(Box::new(snapshot.trunks().iter().map(|t| text(t.name))), id))
        }
        Origin::Account(id) => {
            route::Origin::Account(place(Box::new(snapshot.accounts().iter().map(|a| text(a.name))), id))
        }
    };
    let lrn = |lrn: &'c Option<Lrn>| match lrn {
        None => route::Lrn::NONE,
        Some(lrn) if lrn.dipped => route::Lrn::Dipped(lrn.text.as_bytes()),
        Some(lrn) => route::Lrn::Given(lrn.text.as_bytes()),
    };
    let mut asked = route::Call::new(origin, call.ani.as_bytes(), call.dnis.as_bytes());
    asked.call_id = &call.call_id;
    asked.ani_lrn = lrn(&call.ani_lrn);
    asked.dnis_lrn = lrn(&call.dnis_lrn);
    asked.partition = call
        .partition
        .as_ref()
        .map(|id| place(Box::new(snapshot.partitions().iter().map(|p| text(p.name))), id));
    asked.rate_limit_per_min = call.rate_limit_per_min;
    asked.max_results = call.max_results;
    asked.zone = call.zone.map(|zone| {
        CoreJurisdiction::ALL.into_iter().find(|core| core.name() == zone.name()).expect("the same names")
    });
    asked.called.state = call.state.unwrap_or_default();
    asked.called.ocn = call.ocn.unwrap_or_default();
    asked.called.lata = call.lata.unwrap_or_default();
    asked.ani_class = call.ani_class;
    asked.cic = call.cic;
    asked
}

fn answer(snapshot: &Snapshot<'_>, decision: &Decision, trace: &Explain) -> (Answer, usize) {
    let route = |at: u32| snapshot.text(snapshot.routes()[at as usize].name).to_owned();
    let dropped: BTreeMap<String, Reason> =
        trace.dropped.iter().map(|(at, reason)| (route(*at), *reason)).collect();
    let mut kept: Vec<Kept> = Vec::new();
    let mut legs = Vec::new();
    for leg in decision.verdict.iter().flat_map(|legs| legs.iter()) {
        let told = to_kept(route(leg.candidate.route), leg.candidate);
        legs.push((
            told.route.clone(),
            snapshot.text(snapshot.gateways()[leg.gateway as usize].name).to_owned(),
        ));
        if kept.last() != Some(&told) && !decision.facts.is_emergency {
            kept.push(told);
        }
    }
    let with_legs = kept.len();
    let mut others: Vec<Kept> = trace.considered.iter().map(|c| to_kept(route(c.route), c)).collect();
    others.retain(|other| !dropped.contains_key(&other.route) && !kept.contains(other));
    others.sort_by(|a, b| a.route.cmp(&b.route));
    kept.extend(others);
    let answer = Answer {
        reject: decision.verdict.err().map(|reject| reject.reason),
        legs,
        facts: facts(snapshot, decision),
        kept,
        dropped,
        cps_slots: 0,
        emergency: decision.facts.is_emergency,
        is_outside: false,
    };
    (answer, with_legs)
}

fn to_kept(route: String, candidate: &Candidate) -> Kept {
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

fn letters(bytes: &[u8]) -> String {
    bytes.iter().filter(|byte| **byte != 0).map(|byte| char::from(*byte)).collect()
}

fn facts(snapshot: &Snapshot<'_>, decision: &Decision) -> Facts {
    let known = |at: u32| (at != NONE).then_some(at as usize);
    let core = &decision.facts;
    let jurisdiction = core.jurisdiction.map(|zone| {
        Jurisdiction::ALL.into_iter().find(|named| named.name() == zone.name()).expect("the same names")
    });
    let in_us = |place: &rating_core::lerg::Place| place.country == *b"US";
    Facts {
        trunk: known(core.trunk).map(|at| snapshot.text(snapshot.trunks()[at].name).into()),
        account: known(core.account).map(|at| snapshot.text(snapshot.accounts()[at].name).into()),
        partition: known(core.partition).map(|at| snapshot.text(snapshot.partitions()[at].name).into()),
        jurisdiction,
        ani: core.ani.as_str().into(),
        dnis: core.dnis.as_str().into(),
        ani_lrn: core.ani_lrn.as_str().into(),
        dnis_lrn: core.dnis_lrn.as_str().into(),
        ocn: letters(&core.called.ocn),
        lata: core.called.lata,
        state: if in_us(&core.called) { letters(&core.called.state) } else { String::new() },
        ani_state: if in_us(&core.calling) { letters(&core.calling.state) } else { String::new() },
    }
}
