//! The decision: section 2 of the semantics, in its order.
//!
//! A call from 192.0.2.10 to 212 555 6789 is on trunk `acme-main` (its source), of account `acme` (active), to
//! `12125556789` (dialling rules). The trunk has CPS and a concurrent call to spare, its partition `us-prime`
//! is active, the call is interstate (Denver to New York), three routes price it, one of them above the rate
//! limit; the other two become the legs, cheapest first.
//!
//! The first check that fails names the reject. Deciding takes the CPS of account and trunk and changes
//! nothing else: what a call holds is taken at admission, by the node.

use core::net::IpAddr;

use crate::candidates::{self, Best, Candidate, Pricing, ROUTES_MAX};
use crate::deck::Key;
use crate::jurisdiction::{Jurisdiction, Side, Zone, zone_of};
use crate::lerg::{self, Place};
use crate::limit::{Dimension, Limit};
use crate::live::{Full, LiveState, Now};
use crate::money::Nano;
use crate::number::{self, Digits};
use crate::partition;
use crate::reject::{Reason, Reject};
use crate::snapshot::layout::{AccountRec, NONE, PartitionRec, Range, SourceRec, TrunkRec};
use crate::snapshot::view::{Snapshot, record_at};
use crate::trace::Trace;

/// Most legs of a call (5.5).
pub const LEGS_MAX: usize = 8;

/// Where a call comes from (2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A source address; the trunk is looked up.
    Source(IpAddr),
    /// A trunk that authenticated itself or is named by `simulate`: its place in the snapshot.
    Trunk(u32),
    /// An account without a trunk: `simulate` only.
    Account(u32),
}

/// An LRN that came with a call, and whose word it is (3.9). An empty one is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lrn<'a> {
    /// The customer's: counts only on a trunk that is trusted with LRNs.
    Given(&'a [u8]),
    /// Our own dip's: counts on any trunk.
    Dipped(&'a [u8]),
}

impl Lrn<'_> {
    /// No LRN.
    pub const NONE: Lrn<'static> = Lrn::Given(b"");

    /// The LRN, if it is a complete NANP number and its word counts.
    fn read(self, trunk_is_trusted: bool) -> Digits {
        let text = match self {
            Lrn::Given(_) if !trunk_is_trusted => return Digits::EMPTY,
            Lrn::Given(text) | Lrn::Dipped(text) => text,
        };
        number::normalise(text).filter(Digits::is_nanp).unwrap_or_default()
    }
}

/// A call to decide. Texts are as they came; empty is "not given".
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Where it comes from.
    pub origin: Origin,
    /// The calling number.
    pub ani: &'a [u8],
    /// The called number.
    pub dnis: &'a [u8],
    /// The calling number's LRN.
    pub ani_lrn: Lrn<'a>,
    /// The called number's LRN.
    pub dnis_lrn: Lrn<'a>,
    /// A partition given by the configuration: its place in the snapshot.
    pub partition: Option<u32>,
    /// Highest buy price a minute; equality passes.
    pub rate_limit_per_min: Option<Nano>,
    /// Most routes: 1 to 8.
    pub max_results: Option<u32>,
    /// The jurisdiction for pricing, in place of the one that section 3 finds.
    pub zone: Option<Jurisdiction>,
    /// The called side's state, OCN and LATA, in place of those looked up; zeros are not given.
    pub called: Place,
}

impl<'a> Call<'a> {
    /// A call between two numbers, with nothing else given.
    #[must_use]
    pub const fn new(origin: Origin, ani: &'a [u8], dnis: &'a [u8]) -> Self {
        Self {
            origin,
            ani,
            dnis,
            ani_lrn: Lrn::NONE,
            dnis_lrn: Lrn::NONE,
            partition: None,
            rate_limit_per_min: None,
            max_results: None,
            zone: None,
            called: Place::UNKNOWN,
        }
    }
}

/// What is known of a call, as far as its decision came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its trunk, or `NONE`.
    pub trunk: u32,
    /// Who pays, or `NONE`.
    pub account: u32,
    /// Its partition, or `NONE`.
    pub partition: u32,
    /// The calling number; empty if missing or malformed.
    pub ani: Digits,
    /// The called number; empty if invalid.
    pub dnis: Digits,
    /// The calling side's LRN that counted; empty if none.
    pub ani_lrn: Digits,
    /// The called side's LRN that counted; empty if none.
    pub dnis_lrn: Digits,
    /// What prices it, once known.
    pub jurisdiction: Option<Jurisdiction>,
    /// Where the calling side is.
    pub calling: Place,
    /// Where the called side is.
    pub called: Place,
}

impl Facts {
    const NOTHING: Facts = Facts {
        trunk: NONE,
        account: NONE,
        partition: NONE,
        ani: Digits::EMPTY,
        dnis: Digits::EMPTY,
        ani_lrn: Digits::EMPTY,
        dnis_lrn: Digits::EMPTY,
        jurisdiction: None,
        calling: Place::UNKNOWN,
        called: Place::UNKNOWN,
    };
}

/// One attempt of a call on one gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The route and its prices.
    pub candidate: Candidate,
    /// The gateway's place in the snapshot.
    pub gateway: u32,
    /// Time to wait for an answer before the next leg, in seconds.
    pub dial_timeout_sec: u32,
}

/// The legs of a call, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Legs {
    legs: [Option<Leg>; LEGS_MAX],
}

impl Legs {
    /// The legs, best first; at least one.
    pub fn iter(&self) -> impl Iterator<Item = &Leg> {
        self.legs.iter().flatten()
    }
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What is known of the call.
    pub facts: Facts,
    /// Its legs, or why there are none.
    pub verdict: Result<Legs, Reject>,
}

/// Decides a call.
pub fn decide<L: LiveState, T: Trace>(
    snapshot: &Snapshot<'_>,
    call: &Call<'_>,
    now: Now,
    live: &L,
    trace: &mut T,
) -> Decision {
    let mut facts = Facts::NOTHING;
    let verdict = decide_in_order(snapshot, call, now, live, trace, &mut facts);
    Decision { facts, verdict }
}

/// The checks of section 2, one after another.
fn decide_in_order<L: LiveState, T: Trace>(
    snapshot: &Snapshot<'_>,
    call: &Call<'_>,
    now: Now,
    live: &L,
    trace: &mut T,
    facts: &mut Facts,
) -> Result<Legs, Reject> {
    // 2.1 Trunk
    let payer = payer_of(snapshot, call.origin, facts).ok_or(Reject::because(Reason::UnknownTrunk))?;
    // 2.3 Account and trunk active
    payer.check_active()?;
    // 2.4 Numbers
    read_numbers(call, &payer, facts)?;
    // 2.7 Limits of account and trunk
    take_limits(snapshot, &payer, now, live)?;
    // 2.9 Partition and its limits
    let partition = choose_partition(snapshot, call, &payer, facts)?;
    check_room(snapshot, partition.limits, now, live)?;
    // 2.10 Jurisdiction, candidates, filters and order
    let (calling, called) = place_sides(snapshot, call, &payer, facts);
    let found = zone_of(snapshot, &calling, &called);
    let zone = Zone { jurisdiction: call.zone.unwrap_or(found.jurisdiction), ..found };
    facts.jurisdiction = Some(zone.jurisdiction);
    let (by_lrn, by_dnis) = deck_keys(snapshot, &called);
    let pricing = Pricing {
        zone,
        by_lrn,
        by_dnis,
        account: payer.account,
        rate_limit_per_min: rate_limit(call, partition),
        reference_duration_sec: snapshot.plan().reference_duration_sec.get(),
        now,
    };
    let best = candidates::select(snapshot, partition, &pricing, max_results(call, partition), live, trace);
    // 2.11 Nothing left
    legs_of(snapshot, partition, &best).ok_or(Reject::because(best.reject_reason()))
}

/// Who pays for a call, and on which trunk it came.
struct Payer<'a> {
    account: &'a AccountRec,
    trunk: Option<&'a TrunkRec>,
}

impl Payer<'_> {
    fn check_active(&self) -> Result<(), Reject> {
        if self.account.active != 1 {
            return Err(Reject::because(Reason::AccountSuspended));
        }
        if self.trunk.is_some_and(|trunk| trunk.active != 1) {
            return Err(Reject::because(Reason::TrunkDisabled));
        }
        Ok(())
    }

    fn trunk_limits(&self) -> Range {
        self.trunk.map(|trunk| trunk.limits).unwrap_or_default()
    }

    fn trunk_partitions(&self) -> Range {
        self.trunk.map(|trunk| trunk.partitions).unwrap_or_default()
    }
}

fn payer_of<'a>(snapshot: &Snapshot<'a>, origin: Origin, facts: &mut Facts) -> Option<Payer<'a>> {
    let trunk_at = match origin {
        Origin::Source(address) => Some(trunk_by_source(snapshot.sources(), address)?),
        Origin::Trunk(at) => Some(at),
        Origin::Account(_) => None,
    };
    let trunk = match trunk_at {
        Some(at) => Some(record_at(snapshot.trunks(), at)?),
        None => None,
    };
    let account_at = match (origin, trunk) {
        (Origin::Account(at), _) => at,
        (_, Some(trunk)) => trunk.account.get(),
        (_, None) => return None,
    };
    let account = record_at(snapshot.accounts(), account_at)?;
    (facts.trunk, facts.account) = (trunk_at.unwrap_or(NONE), account_at);
    Some(Payer { account, trunk })
}

/// The trunk of the longest network that contains an address; of equal networks, the lower id.
fn trunk_by_source(sources: &[SourceRec], address: IpAddr) -> Option<u32> {
    let address = match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    };
    // All networks around an address stand before it; the last of those before it is in the innermost of them,
    // or is it.
    let mut at = sources.partition_point(|source| source.network.get() <= address).checked_sub(1)?;
    loop {
        let source = sources.get(at)?;
        if address & source.mask() == source.network.get() {
            return Some(source.trunk.get());
        }
        // A parent stands before its children: the walk ends.
        at = usize::try_from(source.parent.get()).ok().filter(|parent| *parent < at)?;
    }
}

/// Reads DNIS and ANI by the dialling rules.
fn read_numbers(call: &Call<'_>, payer: &Payer<'_>, facts: &mut Facts) -> Result<(), Reject> {
    facts.dnis = number::normalise(call.dnis).ok_or(Reject::because(Reason::InvalidNumber))?;
    facts.ani = number::normalise(call.ani).unwrap_or_default();
    if facts.ani.is_empty() && payer.trunk.is_some_and(|trunk| trunk.ani_required == 1) {
        return Err(Reject::because(Reason::InvalidAni));
    }
    Ok(())
}

/// Takes the CPS of account and trunk, of both or of none, then looks for a concurrent call in each.
fn take_limits<L: LiveState>(
    snapshot: &Snapshot<'_>,
    payer: &Payer<'_>,
    now: Now,
    live: &L,
) -> Result<(), Reject> {
    let ranges = [payer.account.limits, payer.trunk_limits()];
    let is_cps = |(_, limit): &(u32, Limit)| matches!(limit.dimension, Dimension::Cps(_));
    let cps = || ranges.into_iter().flat_map(|range| snapshot.limits_of(range)).filter(is_cps);
    // Asked first: a flood on a full trunk must not take, even for an instant, what its account has left.
    for (at, limit) in cps() {
        live.has_room(at, &limit, now).map_err(cps_exceeded)?;
    }
    for (taken, (at, limit)) in cps().enumerate() {
        if let Err(full) = live.take_cps(at, &limit, now) {
            cps().take(taken).for_each(|(at, limit)| live.undo_cps(at, &limit));
            return Err(cps_exceeded(full));
        }
    }
    for range in ranges {
        check_concurrency(snapshot, range, now, live)?;
    }
    Ok(())
}

fn cps_exceeded(full: Full) -> Reject {
    Reject { reason: Reason::CpsExceeded, retry_after_ns: full.retry_after_ns }
}

fn check_concurrency<L: LiveState>(
    snapshot: &Snapshot<'_>,
    range: Range,
    now: Now,
    live: &L,
) -> Result<(), Reject> {
    for (at, limit) in snapshot.limits_of(range) {
        if matches!(limit.dimension, Dimension::Concurrency { .. }) && live.has_room(at, &limit, now).is_err()
        {
            return Err(Reject::because(Reason::ConcurrencyExceeded));
        }
    }
    Ok(())
}

/// The partition's own limits: read here, taken at admission (2.9).
fn check_room<L: LiveState>(snapshot: &Snapshot<'_>, range: Range, now: Now, live: &L) -> Result<(), Reject> {
    // CPS stands first in the section of limits.
    for (at, limit) in snapshot.limits_of(range) {
        live.has_room(at, &limit, now).map_err(|full| Reject {
            reason: limit.dimension.reject_reason(),
            retry_after_ns: full.retry_after_ns,
        })?;
    }
    Ok(())
}

fn choose_partition<'a>(
    snapshot: &Snapshot<'a>,
    call: &Call<'_>,
    payer: &Payer<'_>,
    facts: &mut Facts,
) -> Result<&'a PartitionRec, Reject> {
    let at = partition::select(snapshot, call.partition, payer.trunk_partitions(), payer.account.partitions);
    let chosen = at.and_then(|at| Some((at, partition::find(snapshot, at)?)));
    let (at, partition) = chosen.ok_or(Reject::because(Reason::NoPartition))?;
    facts.partition = at;
    Ok(partition)
}

/// Finds which LRNs count, and where both sides are (3.1, 3.2).
fn place_sides(
    snapshot: &Snapshot<'_>,
    call: &Call<'_>,
    payer: &Payer<'_>,
    facts: &mut Facts,
) -> (Side, Side) {
    let trusted = payer.trunk.is_some_and(|trunk| trunk.trust_lrn == 1);
    facts.dnis_lrn = call.dnis_lrn.read(trusted);
    if !may_be_ported(snapshot, &facts.dnis, &facts.dnis_lrn) {
        facts.dnis_lrn = Digits::EMPTY;
    }
    let mut called = Side { number: facts.dnis, lrn: facts.dnis_lrn, place: Place::UNKNOWN };
    called.place = lerg::locate(snapshot, called.routing_number()).overridden_by(&call.called);
    facts.called = called.place;

    let ani_place = lerg::locate(snapshot, &facts.ani);
    let foreign = !facts.ani.is_empty() && (!facts.ani.is_nanp() || ani_place.is_foreign());
    let counts = snapshot.plan().use_ani_lrn == 1 && !foreign && !lerg::is_toll_free(&facts.ani);
    facts.ani_lrn = if counts { call.ani_lrn.read(trusted) } else { Digits::EMPTY };
    let place = if facts.ani_lrn.is_empty() { ani_place } else { lerg::locate(snapshot, &facts.ani_lrn) };
    let calling = Side { number: facts.ani, lrn: facts.ani_lrn, place };
    facts.calling = calling.place;
    (calling, called)
}

/// Whether a number may have this LRN. A forged LRN must not make a premium or a Caribbean number one of
/// Denver: services have none, and outside the US a number stays in its country.
fn may_be_ported(snapshot: &Snapshot<'_>, dnis: &Digits, lrn: &Digits) -> bool {
    if lrn.is_empty() || !lerg::is_portable(dnis) || !lerg::is_portable(lrn) {
        return false;
    }
    let from = lerg::locate(snapshot, dnis);
    from.is_us_state() || (from.country != [0; 2] && from.country == lerg::locate(snapshot, lrn).country)
}

/// The codes that decks are searched by: those of the called LRN, and of the dialled number (4.1, 4.5).
fn deck_keys<'a>(snapshot: &Snapshot<'a>, called: &Side) -> (Key<'a>, Key<'a>) {
    if called.lrn.is_empty() {
        let key = Key::new(snapshot, &called.number, lerg::is_us_geographic(&called.number, &called.place));
        return (key, key);
    }
    let dialled = lerg::is_us_geographic(&called.number, &lerg::locate(snapshot, &called.number));
    let ported_to = lerg::is_us_geographic(&called.lrn, &called.place);
    let by_lrn = Key::new(snapshot, &called.lrn, dialled && ported_to);
    (by_lrn, Key::new(snapshot, &called.number, dialled))
}

fn rate_limit(call: &Call<'_>, partition: &PartitionRec) -> Nano {
    let own = Nano(partition.rate_limit_nano_per_min.get());
    call.rate_limit_per_min.map_or(own, |given| given.min(own))
}

fn max_results(call: &Call<'_>, partition: &PartitionRec) -> usize {
    let own = partition.max_results.get();
    let most = call.max_results.map_or(own, |given| given.min(own));
    usize::try_from(most).unwrap_or(ROUTES_MAX).clamp(1, ROUTES_MAX)
}

/// The legs: the active gateways of each route, in their order, routes best first, eight in all (5.5).
fn legs_of(snapshot: &Snapshot<'_>, partition: &PartitionRec, best: &Best) -> Option<Legs> {
    let mut legs = [None; LEGS_MAX];
    let mut places = legs.iter_mut();
    for candidate in best.iter() {
        let Some(route) = record_at(snapshot.routes(), candidate.route) else { continue };
        let gateways =
            (route.gateways.first.get()..).zip(snapshot.range(snapshot.gateways(), route.gateways));
        for (gateway, _) in gateways.filter(|(_, gateway)| gateway.active == 1) {
            let Some(place) = places.next() else { break };
            *place = Some(Leg {
                candidate: *candidate,
                gateway,
                dial_timeout_sec: partition.dial_timeout_sec.get(),
            });
        }
    }
    legs.first().is_some_and(Option::is_some).then_some(Legs { legs })
}
