//! Many calls at once, for replays: what-if comparisons, re-rating, simulations.
//!
//! A single decision waits for memory: for its number's references, then for the row and the place that they lead to. A
//! replay has the next calls at hand, so it asks for what all calls of a group will touch, twice, and then decides
//! them one after another. Every decision is the one that [`decide`] makes; only the waiting is shared.

use crate::deck::Hint;
use crate::live::{LiveState, Now};
use crate::number::{self, Digits};
use crate::route::{Call, Decision, Lrn, decide};
use crate::snapshot::view::Snapshot;
use crate::trace::Silent;

/// Calls of a group: as many as the memory of one core serves at a time, and not so many that the first are gone
/// again before they are decided.
pub const GROUP: usize = 16;

/// Numbers of a call that are looked up: the called LRN, the called and the calling number.
type Numbers = [Digits; 3];

/// Decides calls in their order, and gives each decision to `each` with the call's place.
///
/// `bring` asks for the line of a byte of the snapshot to be brought near, by its offset; a reader of that byte will do.
pub fn decide_all<L: LiveState>(
    snapshot: &Snapshot<'_>,
    calls: &[Call<'_>],
    now: Now,
    live: &L,
    mut bring: impl FnMut(usize),
    mut each: impl FnMut(usize, &Decision),
) {
    let mut at = 0usize;
    for group in calls.chunks(GROUP) {
        let mut numbers = [[Digits::EMPTY; 3]; GROUP];
        for (numbers, call) in numbers.iter_mut().zip(group) {
            *numbers = numbers_of(call);
            let looked_up = numbers.iter().filter(|number| !number.is_empty());
            looked_up.flat_map(|number| Hint::first(snapshot, number).offsets()).for_each(&mut bring);
        }
        for [lrn, dnis, ani] in numbers.iter().take(group.len()) {
            let priced = if lrn.is_empty() { dnis } else { lrn };
            Hint::second(snapshot, priced).offsets().for_each(&mut bring);
            Hint::place(snapshot, ani).offsets().for_each(&mut bring);
        }
        for call in group {
            each(at, &decide(snapshot, call, now, live, &mut Silent));
            at = at.wrapping_add(1);
        }
    }
}

/// What a call's numbers are by the default dialling rules. A number that is read otherwise waits for memory, and that
/// is all.
fn numbers_of(call: &Call<'_>) -> Numbers {
    let (Lrn::Given(lrn) | Lrn::Dipped(lrn)) = call.dnis_lrn;
    let read = |text: &[u8]| if text.is_empty() { None } else { number::normalise(text) };
    [lrn, call.dnis, call.ani].map(|text| read(text).unwrap_or_default())
}
