//! The legs of a call: gateways of its routes, in the order in which they are tried (5.5).
//!
//! Route `a` has gateways `gw1` (priority 1, weight 3), `gw2` (priority 1, weight 1) and `gw3` (priority 2): three
//! calls of four try `gw1` first, and all try `gw3` last. All of a route's gateways come before the next route.

use crate::candidates::Candidate;
use crate::draw::Draws;
use crate::live::{LiveState, Now};
use crate::reject::Reason;
use crate::room;
use crate::snapshot::layout::{GATEWAYS_MAX, GatewayRec, Range};
use crate::snapshot::view::{Snapshot, record_at};

/// Most legs of a call (5.5).
pub const LEGS_MAX: usize = 8;

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
    fn serves(&self, snapshot: &Snapshot<'_>, gateway: &GatewayRec) -> bool {
        let latas = snapshot.range(snapshot.numbers(), gateway.latas);
        let serves_lata =
            latas.is_empty() || latas.binary_search_by_key(&self.lata, |lata| lata.get()).is_ok();
        gateway.active == 1 && (serves_lata || !self.asks)
    }

    /// Whether a gateway of a route would take the call; else why not: none serves it, or all that do are full, the
    /// first reason in the order of section 5 that any has.
    pub fn check_route(&self, snapshot: &Snapshot<'_>, gateways: Range) -> Result<(), Reason> {
        let mut reason = Reason::NoGateway;
        for gateway in snapshot.range(snapshot.gateways(), gateways) {
            if !self.serves(snapshot, gateway) {
                continue;
            }
            match room::check_target(snapshot, gateway.limits, self.now, self.live) {
                Ok(()) => return Ok(()),
                Err(full) => reason = first_of(reason, full),
            }
        }
        Err(reason)
    }

    fn takes(&self, snapshot: &Snapshot<'_>, gateway: &GatewayRec) -> bool {
        self.serves(snapshot, gateway)
            && (!self.asks || room::check_target(snapshot, gateway.limits, self.now, self.live).is_ok())
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

/// The legs of the routes that are kept, best first.
pub(crate) fn of<L: LiveState>(
    snapshot: &Snapshot<'_>,
    routes: impl Iterator<Item = Candidate>,
    dial_timeout_sec: u32,
    reach: &Reach<'_, L>,
    draws: &mut Draws<'_>,
) -> Option<Legs> {
    let mut legs = [None; LEGS_MAX];
    let mut places = legs.iter_mut();
    for candidate in routes {
        let Some(route) = record_at(snapshot.routes(), candidate.route) else { continue };
        // Most routes have one gateway: nothing to arrange.
        if let [only] = snapshot.range(snapshot.gateways(), route.gateways) {
            if reach.takes(snapshot, only)
                && let Some(place) = places.next()
            {
                *place = Some(Leg { candidate, gateway: route.gateways.first.get(), dial_timeout_sec });
            }
            continue;
        }
        let mut gateways = Gateways::of(snapshot, route.gateways, reach);
        while places.len() > 0 && gateways.next_priority() {
            for gateway in gateways.arrange(draws) {
                if let Some(place) = places.next() {
                    *place = Some(Leg { candidate, gateway: gateway.at, dial_timeout_sec });
                }
            }
        }
    }
    legs.first().is_some_and(Option::is_some).then_some(Legs { legs })
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
    fn of<L: LiveState>(snapshot: &Snapshot<'_>, range: Range, reach: &Reach<'_, L>) -> Self {
        let mut found = Self { eligible: [Eligible::default(); GATEWAYS_MAX], len: 0, group: (0, 0) };
        let records = (range.first.get()..).zip(snapshot.range(snapshot.gateways(), range));
        let taking = records.filter(|(_, gateway)| reach.takes(snapshot, gateway));
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
