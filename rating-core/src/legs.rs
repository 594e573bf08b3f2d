//! The legs of a call: gateways of its routes, in the order in which they are tried (5.5).
//!
//! Route `a` has gateways `gw1` (priority 1, weight 3), `gw2` (priority 1, weight 1) and `gw3` (priority 2): three
//! calls of four try `gw1` first, and all try `gw3` last. All of a route's gateways come before the next route.

use crate::best::{Places, ROUTES_MAX, Room};
use crate::candidates::{Candidate, Selection};
use crate::draw::Draws;
use crate::funds::FirstHold;
use crate::live::{LiveState, Now};
use crate::reject::Reason;
use crate::room;
use crate::snapshot::layout::{GATEWAYS_MAX, GatewayRec, NONE, Range};
use crate::snapshot::view::{Snapshot, record_at};

/// Most legs of a call (5.5).
pub const LEGS_MAX: usize = 8;

/// One attempt of a call on one gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg<'l> {
    /// The route and its prices.
    pub candidate: &'l Candidate,
    /// The gateway's place in the snapshot.
    pub gateway: u32,
    /// Time to wait for an answer before the next leg, in seconds.
    pub dial_timeout_sec: u32,
}

/// The legs of a call, in the order in which they are tried.
#[derive(Clone, Copy, Debug)]
pub struct Legs {
    /// The routes that are kept, where they were written: the legs say which.
    pub(crate) candidates: Room,
    legs: [Attempt; LEGS_MAX],
    len: usize,
    dial_timeout_sec: u32,
}

/// A leg, as it is kept.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    gateway: u32,
    /// The place of its candidate.
    candidate: u8,
}

impl Legs {
    /// None yet.
    pub(crate) const NONE: Legs = Legs {
        candidates: [Candidate::free_of_charge(NONE); ROUTES_MAX + 1],
        legs: [Attempt { gateway: NONE, candidate: 0 }; LEGS_MAX],
        len: 0,
        dial_timeout_sec: 0,
    };

    /// The legs, best first; at least one.
    pub fn iter(&self) -> impl Iterator<Item = Leg<'_>> {
        self.legs.iter().take(self.len).filter_map(|leg| {
            let candidate = self.candidates.get(usize::from(leg.candidate))?;
            Some(Leg { candidate, gateway: leg.gateway, dial_timeout_sec: self.dial_timeout_sec })
        })
    }

    /// Of no route, though candidates stay where they were written.
    pub(crate) const fn clear(&mut self) {
        (self.len, self.dial_timeout_sec) = (0, 0);
    }

    const fn is_full(&self) -> bool {
        self.len >= LEGS_MAX
    }

    fn push(&mut self, candidate: u8, gateway: u32) {
        if let Some(place) = self.legs.get_mut(self.len) {
            *place = Attempt { gateway, candidate };
            self.len = self.len.saturating_add(1);
        }
    }
}

impl PartialEq for Legs {
    fn eq(&self, other: &Legs) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Legs {}

/// Which gateways a call may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach<'l, L> {
    /// The called LATA; 0 is not known.
    pub lata: u32,
    /// Whether LATAs and limits are asked at all: not by an emergency call (2.2).
    pub asks: bool,
    pub now: Now,
    pub live: &'l L,
}

impl<L: LiveState> Reach<'_, L> {
    /// Whether a gateway is enabled and serves the called LATA. One that lists LATAs serves no unknown one.
    #[inline]
    fn serves(&self, snapshot: &Snapshot<'_>, gateway: &GatewayRec) -> bool {
        let latas = snapshot.range(snapshot.numbers(), gateway.latas);
        let serves_lata =
            latas.is_empty() || latas.binary_search_by_key(&self.lata, |lata| lata.get()).is_ok();
        gateway.active == 1 && (serves_lata || !self.asks)
    }

    /// Whether a gateway of a route would take the call; else why not: none serves it, or all that do are full, the
    /// first reason in the order of section 5 that any has.
    #[inline]
    pub fn check_route(
        &self,
        snapshot: &Snapshot<'_>,
        gateways: Range,
        hold: &impl Fn() -> FirstHold,
    ) -> Result<(), Reason> {
        let mut reason = Reason::NoGateway;
        for gateway in snapshot.range(snapshot.gateways(), gateways) {
            if !self.serves(snapshot, gateway) {
                continue;
            }
            match room::check_target(snapshot, gateway.limits, hold, self.now, self.live) {
                Ok(()) => return Ok(()),
                Err(full) => reason = first_of(reason, full),
            }
        }
        Err(reason)
    }

    /// Whether a gateway of a route that is kept is tried: if it has room for the route's first hold.
    fn takes(&self, snapshot: &Snapshot<'_>, gateway: &GatewayRec, hold: &impl Fn() -> FirstHold) -> bool {
        let has_room = || room::check_target(snapshot, gateway.limits, hold, self.now, self.live);
        self.serves(snapshot, gateway) && (!self.asks || has_room().is_ok())
    }
}

/// Of two reasons why gateways are full the first in the order of section 5. `NoGateway` is none yet.
fn first_of(a: Reason, b: Reason) -> Reason {
    const ORDER: [Reason; 4] = [
        Reason::TargetCpsExceeded,
        Reason::TargetConcurrencyExceeded,
        Reason::TargetVolumeExceeded,
        Reason::TargetSpendExceeded,
    ];
    ORDER.into_iter().find(|reason| *reason == a || *reason == b).unwrap_or(b)
}

/// Writes the legs of the routes that are kept, best first. False if there are none.
pub(crate) fn write<L: LiveState>(
    legs: &mut Legs,
    routes: &Places,
    selection: &Selection<'_, L>,
    draws: &mut Draws<'_>,
) -> bool {
    let snapshot = selection.snapshot;
    legs.dial_timeout_sec = selection.partition.dial_timeout_sec.get();
    for place in routes.iter() {
        let Some(kept) = legs.candidates.get(usize::from(place)) else { continue };
        let Some(route) = record_at(snapshot.routes(), kept.route) else { continue };
        // Most routes have one gateway: nothing to arrange, and it takes the call, or its route would not be here.
        if route.gateways.count.get() == 1 {
            legs.push(place, route.gateways.first.get());
        } else {
            let hold = || selection.first_hold(kept);
            let gateways = Gateways::of(snapshot, route.gateways, &selection.reach, &hold);
            write_route(legs, place, gateways, draws);
        }
        if legs.is_full() {
            break;
        }
    }
    legs.len > 0
}

/// Writes the legs of one route.
#[inline(never)]
fn write_route(legs: &mut Legs, place: u8, mut gateways: Gateways, draws: &mut Draws<'_>) {
    while !legs.is_full() && gateways.next_priority() {
        for gateway in gateways.arrange(draws) {
            legs.push(place, gateway.at);
        }
    }
}

/// Writes the legs of the plan's emergency routes, in its order (2.2). False if there are none.
pub(crate) fn write_emergency<L: LiveState>(
    snapshot: &Snapshot<'_>,
    legs: &mut Legs,
    reach: &Reach<'_, L>,
    draws: &mut Draws<'_>,
) -> bool {
    let plan = snapshot.plan();
    legs.dial_timeout_sec = plan.dial_timeout_sec.get();
    let mut place = 0u8;
    for listed in snapshot.range(snapshot.route_lists(), plan.emergency_routes) {
        let Some(route) = record_at(snapshot.routes(), listed.get()) else { continue };
        let Some(candidate) = legs.candidates.get_mut(usize::from(place)) else { break };
        *candidate = Candidate::free_of_charge(listed.get());
        let before = legs.len;
        let gateways = Gateways::of(snapshot, route.gateways, reach, &|| FirstHold::NOTHING);
        write_route(legs, place, gateways, draws);
        place = place.saturating_add(u8::from(legs.len > before));
    }
    legs.len > 0
}

#[derive(Clone, Copy, Debug, Default)]
struct Eligible {
    at: u32,
    priority: i32,
    weight: u32,
}

/// The gateways of one route that take the call, by priority, then id.
struct Gateways {
    eligible: [Eligible; GATEWAYS_MAX],
    len: usize,
    /// The group of equal priority that is looked at.
    group: (usize, usize),
}

impl Gateways {
    fn of<L: LiveState>(
        snapshot: &Snapshot<'_>,
        range: Range,
        reach: &Reach<'_, L>,
        hold: &impl Fn() -> FirstHold,
    ) -> Self {
        let mut found = Self { eligible: [Eligible::default(); GATEWAYS_MAX], len: 0, group: (0, 0) };
        let records = snapshot.numbered(snapshot.gateways(), range);
        let taking = records.filter(|(_, gateway)| reach.takes(snapshot, gateway, hold));
        for (place, (at, gateway)) in found.eligible.iter_mut().zip(taking) {
            *place = Eligible { at, priority: gateway.priority.get(), weight: gateway.weight.get() };
            found.len = found.len.saturating_add(1);
        }
        found
    }

    /// Goes on to the next group of equal priority, if there is one.
    fn next_priority(&mut self) -> bool {
        let from = self.group.1;
        let rest = self.eligible.get(from..self.len).unwrap_or_default();
        let Some(first) = rest.first() else { return false };
        let same = rest.iter().take_while(|gateway| gateway.priority == first.priority).count();
        self.group = (from, from.saturating_add(same));
        true
    }

    /// The group in the order of its draws.
    fn arrange(&mut self, draws: &mut Draws<'_>) -> &[Eligible] {
        let group = self.eligible.get_mut(self.group.0..self.group.1).unwrap_or_default();
        draws.arrange(group, |gateway| gateway.weight);
        group
    }
}
