//! Many calls at once, for replays: what-if comparisons, re-rating, simulations.
//!
//! A single decision waits for memory: for its number's references, then for the row and the place that they lead to. A
//! replay has the next calls at hand, so it asks for what all calls of a group will touch, twice, and then decides
//! them one after another. Every decision is the one that [`decide`](crate::route::decide) makes; only the waiting is shared.

use crate::live::{LiveState, Now};
use crate::route::{Call, Decision, decide_given};
use crate::sides::Given;
use crate::snapshot::view::Snapshot;
use crate::trace::Silent;

/// Calls of a group: as many as the memory of one core serves at a time, and not so many that the first are gone
/// again before they are decided.
pub const GROUP: usize = 16;

/// A call as it was, and when.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// The call.
    pub call: Call<'a>,
    /// When it came: schedules and windows are asked about that instant. Prices are those of the snapshot.
    pub now: Now,
}

/// Decides calls in their order, each at its own instant, and gives each decision to `each` with the call's place.
pub fn decide_all<L: LiveState>(
    snapshot: &Snapshot<'_>,
    calls: &[Recorded<'_>],
    live: &L,
    mut each: impl FnMut(usize, &Decision),
) {
    let mut given = [Given::NONE; GROUP];
    let mut decision = Decision::NOTHING;
    let mut at = 0usize;
    for group in calls.chunks(GROUP) {
        for (given, Recorded { call, .. }) in given.iter_mut().zip(group) {
            *given = Given::of(snapshot, call);
            given.bring_references(snapshot);
        }
        for (given, _) in given.iter_mut().zip(group) {
            given.follow(snapshot);
        }
        for (given, Recorded { call, now }) in given.iter_mut().zip(group) {
            decide_given(snapshot, call, given, *now, live, &mut Silent, &mut decision);
            each(at, &decision);
            at = at.wrapping_add(1);
        }
    }
}
