//! The sorted lane: the decks of a least-cost partition, cheapest first, until no dearer one can be among the best.
//!
//! A partition of fifty routes has its eight cheapest among the first dozen decks that a row lists. What rows do not
//! list by cost is tested one by one, as all members are elsewhere: endpoints, decks asked by OCN and LATA, decks of
//! the other shelves. Both lanes price by the same functions and keep the best of both, so that the lane by which a
//! route came makes no difference; a deck of the same cost as the last one kept is tested too, for the ties.
//!
//! It is not asked where every member is to be accounted for (an explanation), or where cost alone does not lead the
//! order: another strategy, a forced route, a toll-free call priced by its carrier.

use core::ops::ControlFlow;

use zerocopy::byteorder::little_endian::U64;

use super::{Kept, Selection, Tested};
use crate::deck::{Key, Quote};
use crate::live::LiveState;
use crate::partition::{Order, Strategy};
use crate::snapshot::layout::{ASKED_BY_LRN, PartitionDecksRec, SHELF_WORDS};
use crate::snapshot::view::{Mask, record_at};
use crate::trace::Trace;

/// Keeps the best routes. False if this is for the other lane to do, whatever is kept by then.
pub(super) fn select<L: LiveState, T: Trace>(
    selection: &Selection<'_, L>,
    order: &Order,
    trace: &mut T,
    kept: &mut Kept<'_>,
) -> bool {
    let by_cost = order.strategy == Strategy::LeastCost && selection.effects.forced.is_none();
    if T::EXPLAINS || !by_cost || selection.pricing.cic.is_some() {
        return false;
    }
    let Some(decks) = selection.snapshot.partition_decks(selection.partition_at) else { return false };
    select_others(selection, order, decks, trace, kept);
    let (by_lrn, by_dnis) = match selection.dnis.starts_with(b"1") {
        true => (&decks.by_lrn_nanp, &decks.by_dnis_nanp),
        false => (&decks.by_lrn, &decks.by_dnis),
    };
    let words = |mask: &[U64; SHELF_WORDS]| mask.map(|word| word.get());
    let (by_lrn, by_dnis) = (words(by_lrn), words(by_dnis));
    let mut sorted = Sorted { selection, order, decks, trace, kept };
    let keys = &selection.pricing.keys;
    let Some(lrn) = &keys.by_lrn else {
        // Most calls: no LRN, or that of their own number. Whatever decks are asked by comes out of the same rows.
        let all = core::array::from_fn(|word| {
            by_lrn.get(word).copied().unwrap_or(0) | by_dnis.get(word).copied().unwrap_or(0)
        });
        return sorted.select_by(&keys.by_dnis, all, None);
    };
    sorted.select_by(lrn, by_lrn, Some(ASKED_BY_LRN)) && sorted.select_by(&keys.by_dnis, by_dnis, Some(0))
}

/// Tests what rows do not order by cost.
fn select_others<L: LiveState, T: Trace>(
    selection: &Selection<'_, L>,
    order: &Order,
    decks: &PartitionDecksRec,
    trace: &mut T,
    kept: &mut Kept<'_>,
) {
    for member in selection.snapshot.other_members(decks) {
        if let Some(tested) = selection.member(member.get(), None) {
            kept.consider(selection, order, &tested, trace);
        }
    }
}

/// What the decks of a partition are tested with.
struct Sorted<'s, 'a, 'b, L, T> {
    selection: &'s Selection<'a, L>,
    order: &'s Order,
    decks: &'s PartitionDecksRec,
    trace: &'s mut T,
    kept: &'s mut Kept<'b>,
}

impl<L: LiveState, T: Trace> Sorted<'_, '_, '_, L, T> {
    /// Keeps the best of the members of these decks, of those that ask them by one number. False if it could not give all
    /// decks.
    fn select_by(&mut self, key: &Key<'_>, decks: Mask, asked_by: Option<u8>) -> bool {
        if decks == [0; SHELF_WORDS] {
            return true;
        }
        let selection = self.selection;
        key.visit_cheapest(
            selection.pricing.zone,
            decks,
            // One more than are kept: the first that is too dear ends it.
            self.order.most.saturating_add(1),
            #[inline(always)]
            |offer| {
                if self.kept.best.is_beyond(offer.quote.cost_in_plan()) {
                    return ControlFlow::Break(());
                }
                for member in selection.snapshot.members_of_deck(self.decks, offer.place) {
                    let Some(tested) = selection.member(member.get(), Some(&offer.quote)) else { continue };
                    if asked_by.is_none_or(|asked_by| tested.route.asks & ASKED_BY_LRN == asked_by) {
                        self.kept.consider(selection, self.order, &tested, self.trace);
                    }
                }
                ControlFlow::Continue(())
            },
        )
    }
}

impl<'a, L: LiveState> Selection<'a, L> {
    /// A member that no override forces, and what its deck asks where that is known.
    #[inline(always)]
    fn member<'b>(&self, member_at: u32, quote: Option<&'b Quote<'b>>) -> Option<Tested<'b>>
    where
        'a: 'b,
    {
        let member = record_at(self.snapshot.members(), member_at)?;
        let route_at = member.route.get();
        let route = record_at(self.snapshot.routes(), route_at)?;
        Some(Tested { route_at, route, member_at, member: Some(member), is_forced: false, quote })
    }
}
