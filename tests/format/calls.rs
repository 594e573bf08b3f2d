//! Calls that are asked of the committed snapshot, and how an answer is written: one line a call.
//!
//! Used by the tests and by `tests/bare`, so nothing here allocates or panics. `answers.txt` has the lines,
//! worked out by hand from `plan.rs`.

use core::cell::Cell;
use core::net::{IpAddr, Ipv4Addr};

use rating_core::candidates::Candidate;
use rating_core::limit::{Dimension, Limit};
use rating_core::live::{Full, LiveState, Now};
use rating_core::reject::Reason;
use rating_core::route::{self, Call, Decision, Lrn, Origin};
use rating_core::snapshot::view::Snapshot;
use rating_core::trace::Trace;

/// A call: source, ANI, DNIS, the called side's LRN, and when, in seconds after a start.
pub type Asked = ([u8; 4], &'static [u8], &'static [u8], &'static [u8], u64);

const ACME: [u8; 4] = [192, 0, 2, 10];
const ACME_PBX: [u8; 4] = [192, 0, 2, 200];
const BOLT: [u8; 4] = [198, 51, 100, 7];
const DORA: [u8; 4] = [198, 51, 100, 70];
const DENVER: &[u8] = b"13035550100";

/// The calls.
pub const CALLS: [Asked; 26] = [
    (ACME, DENVER, b"(212) 555-6789", b"", 0),
    ([10, 0, 0, 1], DENVER, b"12125556789", b"", 1),
    ([198, 51, 100, 8], DENVER, b"12125556789", b"", 1),
    ([203, 0, 113, 9], DENVER, b"12125556789", b"", 1),
    (ACME_PBX, b"anonymous", b"12125556789", b"", 1),
    (ACME, DENVER, b"12", b"", 1),
    (BOLT, b"12125550000", b"12125556789", b"", 1),
    (ACME, b"13036660000", b"13035550123", b"", 1),
    (ACME_PBX, DENVER, b"+447911123456", b"", 2),
    (BOLT, DENVER, b"+447821123456", b"", 2),
    (ACME, b"", b"12125551000", b"", 2),
    (ACME, DENVER, b"18005551212", b"", 2),
    (BOLT, DENVER, b"18005551212", b"", 2),
    (BOLT, DENVER, b"18765551234", b"", 2),
    (ACME, DENVER, b"12129761234", b"", 3),
    (BOLT, DENVER, b"+919711234567", b"", 3),
    (BOLT, DENVER, b"+919711299999", b"", 3),
    (ACME, DENVER, b"12125556789", b"+13035550000", 3),
    (ACME, DENVER, b"12125556789", b"", 9),
    (ACME, DENVER, b"12125556789", b"", 9),
    (ACME, DENVER, b"12125556789", b"", 9),
    (ACME, DENVER, b"12125556789", b"", 9),
    (DORA, DENVER, b"77#93035550123", b"", 9),
    (DORA, DENVER, b"13035550123", b"", 9),
    (DORA, DENVER, b"77#611", b"", 9),
    (DORA, DENVER, b"77#+447911123456", b"", 9),
];

/// Asks one of the calls.
pub fn ask<T: Trace>(snapshot: &Snapshot<'_>, asked: &Asked, live: &Gauges, trace: &mut T) -> Decision {
    let (source, ani, dnis, dnis_lrn, sec) = *asked;
    let origin = Origin::Source(IpAddr::V4(Ipv4Addr::from(source)));
    let call = Call { dnis_lrn: Lrn::Given(dnis_lrn), ..Call::new(origin, ani, dnis) };
    let now = Now { utc_ns: 0, monotonic_ns: sec.saturating_add(1).saturating_mul(1_000_000_000) };
    route::decide(snapshot, &call, now, live, trace)
}

/// Limits in plain cells: CPS as the node keeps it, no call ever in progress.
#[derive(Default)]
pub struct Gauges {
    tat_ns: [Cell<u64>; 16],
}

impl Gauges {
    fn tat(&self, index: u32) -> Option<&Cell<u64>> {
        self.tat_ns.get(usize::try_from(index).ok()?)
    }

    fn admit(&self, index: u32, limit: &Limit, now: Now) -> Result<u64, Full> {
        let tat_ns = self.tat(index).map_or(0, Cell::get);
        match limit.dimension {
            Dimension::Cps(gcra) => gcra.admit(tat_ns, now.monotonic_ns),
            _ if limit.admits_nothing() => Err(Full { retry_after_ns: 0 }),
            _ => Ok(tat_ns),
        }
    }
}

impl LiveState for Gauges {
    fn take_cps(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        let next_ns = self.admit(index, limit, now)?;
        if let Some(tat) = self.tat(index) {
            tat.set(next_ns);
        }
        Ok(())
    }

    fn undo_cps(&self, index: u32, limit: &Limit) {
        if let (Some(tat), Dimension::Cps(gcra)) = (self.tat(index), limit.dimension) {
            tat.set(tat.get().saturating_sub(gcra.interval_ns));
        }
    }

    fn has_room(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        self.admit(index, limit, now).map(|_| ())
    }
}

/// Keeps the routes that were dropped, in the order in which they were named.
#[derive(Default)]
pub struct Dropped {
    routes: [Option<(u32, Reason)>; 16],
}

impl Trace for Dropped {
    const EXPLAINS: bool = true;

    fn considered(&mut self, _: &Candidate) {}

    fn dropped(&mut self, route: u32, reason: Reason) {
        if let Some(free) = self.routes.iter_mut().find(|place| place.is_none()) {
            *free = Some((route, reason));
        }
    }
}

/// Writes an answer: `interstate alpha-1@2900000/8 …`, or `rejected no_route`; then what was dropped.
pub fn write_answer(
    snapshot: &Snapshot<'_>,
    decision: &Decision,
    dropped: &Dropped,
    out: &mut dyn FnMut(&[u8]),
) {
    match &decision.verdict {
        Ok(legs) => {
            out(decision.facts.jurisdiction.map_or("", |zone| zone.name()).as_bytes());
            for leg in legs.iter() {
                let gateway = usize::try_from(leg.gateway).ok().and_then(|at| snapshot.gateways().get(at));
                out(b" ");
                out(snapshot.text(gateway.map(|gateway| gateway.name).unwrap_or_default()).as_bytes());
                out(b"@");
                write_number(leg.candidate.rate_per_min.0.unsigned_abs(), out);
                out(b"/");
                write_number(u64::from(leg.candidate.matched.number()), out);
            }
        }
        Err(reject) => {
            out(b"rejected ");
            out(reject.reason.name().as_bytes());
        }
    }
    for (route, reason) in dropped.routes.iter().flatten() {
        let route = usize::try_from(*route).ok().and_then(|at| snapshot.routes().get(at));
        out(b" -");
        out(snapshot.text(route.map(|route| route.name).unwrap_or_default()).as_bytes());
        out(b":");
        out(reason.name().as_bytes());
    }
    out(b"\n");
}

fn write_number(value: u64, out: &mut dyn FnMut(&[u8])) {
    if value >= 10 {
        write_number(value.wrapping_div(10), out);
    }
    let digit = u8::try_from(value.wrapping_rem(10)).unwrap_or_default();
    out(&[b'0'.saturating_add(digit)]);
}
