//! Decks in the order of what they cost (the sorted lane of section 5, `least_cost`).
//!
//! A column of a row is kept cheapest first. The decks of a call are in a few columns: those that may speak in
//! its jurisdiction (3.7, 3.8), of the row of its longest code and of the shorter ones. They are merged here, and a
//! deck comes out once, where [`super::Key::quote`] would find it.
//!
//! Worked: an interstate call to 1 212 555 0100 reads the interstate column of the row `1212555`; a deck with
//! `1` alone comes out of the row `1`, at its cost, after those that are cheaper. It reads as far as it is asked to.

use core::ops::ControlFlow;

use super::walk::Walk;
use super::{Key, Matched, Quote, price};
use crate::ahead::bring;
use crate::jurisdiction::{Jurisdiction, Zone};
use crate::money::Atto;
use crate::snapshot::layout::{
    COLUMNS, DEFAULT, INDETERMINATE, INTERSTATE, INTRASTATE, LOCAL, NONE, TariffRec,
};
use crate::snapshot::view::{Codes, Column, Mask, Row};

/// A deck and what it asks.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// The deck's slot.
    pub slot: u32,
    /// Its place on the first shelf: its bit in the masks of partitions.
    pub place: u8,
    /// Its price.
    pub quote: Quote<'a>,
}

impl Offer<'_> {
    /// Where a column stands before its first deck.
    const NONE: Offer<'static> = Offer {
        slot: NONE,
        place: 0,
        quote: Quote { tariff: NONE, matched: Matched::ENDPOINT, terms: &NO_TERMS, rate_nano: 0 },
    };
}

/// Gives decks to `visit`, cheapest first, until it breaks off, `expected` of them likely. False, and none is given, if
/// there is no room for all columns: then every deck is to be asked.
pub(super) fn visit<'a>(
    key: &Key<'a>,
    zone: Zone,
    mask: Mask,
    expected: usize,
    mut visit: impl FnMut(&Offer<'a>) -> ControlFlow<()>,
) -> bool {
    if let Some((column, code_len)) = only_column(key, zone) {
        let _ = visit_column(&key.codes, mask, &column, code_len, expected, visit);
        return true;
    }
    // (As one constant, each `None` is copied from it whole.)
    let runs = core::array::from_fn(|_| None);
    let mut merged = Cheapest { codes: key.codes, zone, runs, count: 0 };
    if merged.start(key, mask).is_none() {
        return false;
    }
    while let Some(offer) = merged.next() {
        if visit(&offer).is_break() {
            break;
        }
    }
    true
}

/// Terms of no price.
static NO_TERMS: TariffRec = zerocopy::transmute!([0u8; size_of::<TariffRec>()]);

/// Takes the decks of a column out of a mask.
fn remove(mask: &mut Mask, column: &Column<'_>) {
    for place in column.parts().iter().flat_map(|part| part.places()) {
        if let Some(word) = mask.get_mut(usize::from(place >> 6)) {
            *word &= !1u64.wrapping_shl(u32::from(place & 63));
        }
    }
}

/// The column that has all decks, if one has: no other of the row may speak, and there is no shorter code.
#[inline]
fn only_column<'a>(key: &Key<'a>, zone: Zone) -> Option<(Column<'a>, u8)> {
    let row = key.row.filter(|row| !row.has_parent() && key.may_price(row))?;
    let (first, others) = columns(zone).split_first()?;
    let is_only = others.iter().all(|other| row.is_without(*other));
    is_only.then(|| (row.column(*first), row.code_len()))
}

/// Most columns that are merged.
const RUNS_MAX: usize = 12;

/// Decks, cheapest first; equal ones by place.
struct Cheapest<'a> {
    codes: Codes<'a>,
    zone: Zone,
    runs: [Option<Run<'a>>; RUNS_MAX],
    count: usize,
}

/// One column of one row, read from its front.
#[derive(Clone, Copy, Debug)]
struct Run<'a> {
    /// Through the decks for which this column decides, of those that are asked for.
    walk: Walk<'a>,
    code_len: u8,
    /// Whether only decks count whose policy may take an interstate price (3.7).
    by_policy: bool,
    next: Offer<'a>,
    cost: Atto,
    /// Whether there is no next one.
    is_over: bool,
}

impl<'a> Cheapest<'a> {
    /// Starts every column at its cheapest; `None` without room for all.
    fn start(&mut self, key: &Key<'a>, mask: Mask) -> Option<()> {
        let mut unasked = mask;
        for row in key.rows().take_while(|row| key.may_price(row)) {
            for &number in columns(self.zone) {
                self.add(&row, number, unasked)?;
            }
            if row.has_parent() {
                // A deck that has written anything for this code is not asked for a shorter one (4.3).
                (0..COLUMNS).for_each(|number| remove(&mut unasked, &row.column(number)));
            }
        }
        Some(())
    }

    /// Adds a column; `None` if there is no room for it.
    fn add(&mut self, row: &Row<'a>, number: usize, mut mask: Mask) -> Option<()> {
        if row.is_without(number) {
            return Some(());
        }
        for before in asked_before(self.zone, number).iter().filter(|before| !row.is_without(**before)) {
            remove(&mut mask, &row.column(*before));
        }
        // Of its two prices by state a deck's policy takes one (3.7); where it takes the intrastate one, the row says so.
        let is_indeterminate = self.zone.jurisdiction == Jurisdiction::Indeterminate;
        if is_indeterminate && matches!(number, INTERSTATE | INTRASTATE) {
            let is_meant = |intrastate: u64| if number == INTRASTATE { intrastate } else { !intrastate };
            mask.iter_mut().zip(row.by_intrastate()).for_each(|(word, bits)| *word &= is_meant(bits));
        }
        let by_policy = is_indeterminate && number == INTERSTATE;
        let (column, code_len) = (row.column(number), row.code_len());
        let place = self.runs.get_mut(self.count)?;
        let walk = Walk::of(&column, mask);
        walk.bring(&self.codes, MERGED_AHEAD);
        let run = Run { walk, code_len, by_policy, next: Offer::NONE, cost: Atto::ZERO, is_over: false };
        let run = place.insert(run);
        run.advance(&self.codes);
        self.count = self.count.wrapping_add(usize::from(!run.is_over));
        Some(())
    }

    fn next(&mut self) -> Option<Offer<'a>> {
        let runs = self.runs.iter().take(self.count).flatten().enumerate();
        let costs = runs.filter(|(_, run)| !run.is_over).map(|(at, run)| ((run.cost, run.next.place), at));
        let (_, cheapest) = costs.min()?;
        let run = self.runs.get_mut(cheapest)?.as_mut()?;
        let offer = run.next;
        run.advance(&self.codes);
        Some(offer)
    }
}

impl<'a> Run<'a> {
    /// Moves on to the next deck that this column prices.
    fn advance(&mut self, codes: &Codes<'a>) {
        for (place, price_code) in self.walk.by_ref() {
            if self.by_policy && !codes.deck_at(place).is_some_and(|(_, deck)| price::takes_interstate(deck))
            {
                continue;
            }
            if let Some(next) = offer_at(codes, place, price_code, self.code_len) {
                (self.next, self.cost) = (next, next.quote.cost_in_plan());
                return;
            }
        }
        self.is_over = true;
    }
}

/// Gives the decks of a column that has all of them. What the first ones ask is in as many places, so all of it is asked
/// for before one of them is given: of as many as are expected to be looked at.
#[inline]
fn visit_column<'a>(
    codes: &Codes<'a>,
    mask: Mask,
    column: &Column<'a>,
    code_len: u8,
    expected: usize,
    mut visit: impl FnMut(&Offer<'a>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut walk = Walk::of(column, mask);
    let mut first = [Offer::NONE; AHEAD];
    let mut count = 0usize;
    while count < expected
        && let Some(free) = first.get_mut(count)
        && let Some((place, price_code)) = walk.next_in_sight()
    {
        if let Some(offer) = offer_at(codes, place, price_code, code_len) {
            bring(Some(offer.quote.terms));
            *free = offer;
            count = count.wrapping_add(1);
        }
    }
    let mut others = walk.filter_map(|(place, price_code)| offer_at(codes, place, price_code, code_len));
    let mut in_sight = first.iter().take(count);
    // In one place: what is done with an offer is long.
    loop {
        let other;
        let offer = match in_sight.next() {
            Some(offer) => offer,
            None => match others.next() {
                Some(offer) => {
                    other = offer;
                    &other
                }
                None => return ControlFlow::Continue(()),
            },
        };
        visit(offer)?;
    }
}

/// Most prices that are asked for at once.
const AHEAD: usize = 6;
/// The same of each of several columns.
const MERGED_AHEAD: usize = 4;

/// What the deck at a place of the shelf asks by a price code, which it has written for a code of so many digits.
#[inline]
fn offer_at<'a>(codes: &Codes<'a>, place: u8, price_code: u32, code_len: u8) -> Option<Offer<'a>> {
    let (slot, deck) = codes.deck_at(place)?;
    Some(Offer { slot, place, quote: Quote::of(codes, deck, price_code, Matched(code_len))? })
}

/// The columns that may speak in a jurisdiction, the first one first.
const fn columns(zone: Zone) -> &'static [usize] {
    match (zone.jurisdiction, zone.same_state) {
        (Jurisdiction::Interstate, _) => &[INTERSTATE, DEFAULT],
        (Jurisdiction::Intrastate, _) => &[INTRASTATE, DEFAULT],
        (Jurisdiction::Local, false) => &[LOCAL, INTERSTATE, DEFAULT],
        (Jurisdiction::Local, true) => &[LOCAL, INTRASTATE, DEFAULT],
        (Jurisdiction::Indeterminate, _) => &[INDETERMINATE, DEFAULT, INTERSTATE, INTRASTATE],
        _ => &[DEFAULT, INTERSTATE],
    }
}

/// The columns that keep another from speaking for the decks in them (3.7, 3.8): those before it; and a default is that
/// of a flat row only, where a deck has written no price by state.
const fn asked_before(zone: Zone, column: usize) -> &'static [usize] {
    match (zone.jurisdiction, column) {
        (Jurisdiction::Interstate | Jurisdiction::Intrastate, DEFAULT) => &[INTERSTATE, INTRASTATE],
        (Jurisdiction::Local, INTERSTATE | INTRASTATE) => &[LOCAL],
        (Jurisdiction::Local, DEFAULT) => &[LOCAL, INTERSTATE, INTRASTATE],
        (Jurisdiction::Indeterminate, DEFAULT) => &[INDETERMINATE],
        (Jurisdiction::Indeterminate, INTERSTATE | INTRASTATE) => &[INDETERMINATE, DEFAULT],
        (Jurisdiction::TollFree | Jurisdiction::Zone1 | Jurisdiction::International, INTERSTATE) => {
            &[DEFAULT]
        }
        _ => &[],
    }
}
