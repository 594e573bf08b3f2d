//! The decision: section 2 of the semantics, in its order.

use core::net::IpAddr;

use crate::candidates::Candidate;
use crate::jurisdiction::Jurisdiction;
use crate::lerg::Place;
use crate::live::{LiveState, Now};
use crate::money::Nano;
use crate::number::Digits;
use crate::reject::Reject;
use crate::snapshot::view::Snapshot;
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
    pub ani_lrn: &'a [u8],
    /// The called number's LRN.
    pub dnis_lrn: &'a [u8],
    /// Whether the LRNs come from our own dip, and count on any trunk (3.9).
    pub lrn_dipped: bool,
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
    let _ = (snapshot, call, now, live, trace);
    loop {}
}
