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
use crate::deck::Key;
use crate::live::LiveState;
use crate::partition::{Order, Strategy};
use crate::price::Buy;
use crate::snapshot::layout::SHELF_WORDS;
use crate::snapshot::view::record_at;
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
    for member in selection.snapshot.other_members(decks) {
        if let Some(tested) = selection.member(member.get(), None) {
            kept.consider(selection, order, &tested, trace);
        }
    }
    let pricing = selection.pricing;
    let (asked_by_lrn, asked_by_dnis) = match selection.dnis.starts_with(b"1") {
        true => (&decks.by_lrn_nanp, &decks.by_dnis_nanp),
        false => (&decks.by_lrn, &decks.by_dnis),
    };
    let by_lrn = Asked { asked: asked_by_lrn, all: &decks.by_lrn, first: decks.by_lrn_members.get() };
    let by_dnis = Asked { asked: asked_by_dnis, all: &decks.by_dnis, first: decks.by_dnis_members.get() };
    if pricing.by_lrn.finds_the_same(&pricing.by_dnis) {
        // Most calls: no LRN, or that of their own number. Both lists come out of the same rows.
        return select_by(&pricing.by_dnis, &[by_lrn, by_dnis], selection, order, kept, trace);
    }
    select_by(&pricing.by_lrn, &[by_lrn], selection, order, kept, trace)
        && select_by(&pricing.by_dnis, &[by_dnis], selection, order, kept, trace)
}

/// Decks that members of a partition ask, by one kind of key.
struct Asked<'s> {
    /// Those that may price the number.
    asked: &'s [U64; SHELF_WORDS],
    all: &'s [U64; SHELF_WORDS],
    /// Where the members of the lowest one stand.
    first: u32,
}

/// Keeps the best of the members that ask decks by one number. False if it could not give all decks.
fn select_by<L: LiveState, T: Trace>(
    key: &Key<'_>,
    lists: &[Asked<'_>],
    selection: &Selection<'_, L>,
    order: &Order,
    kept: &mut Kept<'_>,
    trace: &mut T,
) -> bool {
    let mut mask = [0; SHELF_WORDS];
    for list in lists {
        mask.iter_mut().zip(list.asked).for_each(|(all, own)| *all |= own.get());
    }
    if mask == [0; SHELF_WORDS] {
        return true;
    }
    key.visit_cheapest(selection.pricing.zone, mask, |offer| {
        if kept.best.is_beyond(offer.cost_in_plan()) {
            return ControlFlow::Break(());
        }
        let buy = Buy::from(offer);
        for list in lists {
            for member in selection.snapshot.members_of_deck(list.all, list.first, offer.place) {
                if let Some(tested) = selection.member(member.get(), Some(&buy)) {
                    kept.consider(selection, order, &tested, trace);
                }
            }
        }
        ControlFlow::Continue(())
    })
}

impl<'a, L: LiveState> Selection<'a, L> {
    /// A member that no override forces, and what its deck asks where that is known.
    fn member<'b>(&self, member_at: u32, buy: Option<&'b Buy<'b>>) -> Option<Tested<'b>>
    where
        'a: 'b,
    {
        let member = record_at(self.snapshot.members(), member_at)?;
        let route = member.route.get();
        Some(Tested { route, member_at, member: Some(member), is_forced: false, buy })
    }
}
