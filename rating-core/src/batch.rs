//! Many calls at once, for replays: what-if comparisons, re-rating, simulations.
//!
//! A single decision waits for memory: for its number's references, then for the row and the place that they lead to. A
//! replay has the next calls at hand, so it asks for what all calls of a group will touch, twice, and then decides
//! them one after another. Every decision is the one that [`decide`] makes; only the waiting is shared.

use crate::live::{LiveState, Now};
use crate::number::{self, Dialled};
use crate::route::{Call, Decision, decide};
use crate::sides::Given;
use crate::snapshot::view::Snapshot;
use crate::trace::Silent;

/// Calls of a group: as many as the memory of one core serves at a time, and not so many that the first are gone
/// again before they are decided.
pub const GROUP: usize = 16;

/// Decides calls in their order, and gives each decision to `each` with the call's place.
pub fn decide_all<L: LiveState>(
    snapshot: &Snapshot<'_>,
    calls: &[Call<'_>],
    now: Now,
    live: &L,
    mut each: impl FnMut(usize, &Decision),
) {
    let mut at = 0usize;
    for group in calls.chunks(GROUP) {
        for call in group {
            Given::of(call).bring_references(snapshot, &Dialled::new(call.dnis));
        }
        for call in group {
            let dnis = number::normalise(call.dnis).unwrap_or_default();
            Given::of(call).bring_records(snapshot, &dnis);
        }
        for call in group {
            each(at, &decide(snapshot, call, now, live, &mut Silent));
            at = at.wrapping_add(1);
        }
    }
}
