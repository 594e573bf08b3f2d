//! Decks in the order of what they cost (the sorted lane of section 5, `least_cost`).
//!
//! A column of a row is kept cheapest first. The decks of a call are in a few columns: those that may speak in
//! its jurisdiction (3.7, 3.8), of the row of its longest code and of the shorter ones. They are merged here, and a
//! deck comes out once, where [`super::Key::quote`] would find it.
//!
//! Worked: an interstate call to 1 212 555 0100 reads the interstate column of the row `1212555`; a deck with
//! `1` alone comes out of the row `1`, at its cost, after those that are cheaper. It reads as far as it is asked to.

use core::ops::ControlFlow;

use super::{FIRST_SHELF, Key, Matched, Quote, price};
use crate::jurisdiction::{Jurisdiction, Zone};
use crate::money::{Atto, Nano};
use crate::snapshot::layout::{
    DEFAULT, DeckRec, INDETERMINATE, INTERSTATE, INTRASTATE, LOCAL, PRICE_FIRST, SHELF_WORDS,
};
use crate::snapshot::view::{Column, Row};

/// A deck and what it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The deck's slot.
    pub slot: u32,
    /// Its place on the first shelf: its bit in the masks of partitions.
    pub place: u8,
    /// Its price.
    pub quote: Quote,
    /// Cost of the reference call, rounded, in the deck's currency.
    pub cost: Nano,
    /// What a unit of that is worth in the plan's.
    pub rate_nano: u64,
}

impl Offer {
    /// The cost in the plan's currency, not rounded again.
    #[must_use]
    pub fn cost_in_plan(&self) -> Atto {
        Atto::convert(self.cost, self.rate_nano)
    }
}

/// Gives decks to `visit`, cheapest first, until it breaks off. False, and none is given, if
/// there is no room for all columns: then every deck is to be asked.
pub(super) fn visit(
    key: &Key<'_>,
    zone: Zone,
    mask: [u64; SHELF_WORDS],
    mut visit: impl FnMut(&Offer) -> ControlFlow<()>,
) -> bool {
    let asked = Asked { key, zone, mask };
    if let Some((column, code_len)) = only_column(key, zone) {
        let _ = asked.visit_column(&column, code_len, visit);
        return true;
    }
    let mut merged = Cheapest::new(asked);
    if !merged.is_complete {
        return false;
    }
    while let Some(offer) = merged.next() {
        if visit(&offer).is_break() {
            break;
        }
    }
    true
}

/// The column that has all decks, if one has: no other of the row may speak, and there is no shorter code.
fn only_column<'a>(key: &Key<'a>, zone: Zone) -> Option<(Column<'a>, u8)> {
    let row = key.row.filter(|row| !row.has_parent() && key.may_price(row))?;
    let (first, others) = columns(zone).split_first()?;
    let is_only = others.iter().all(|other| row.is_without(*other));
    is_only.then(|| (row.column(*first), row.code_len()))
}

/// Most columns that are merged.
const RUNS_MAX: usize = 12;

/// Decks, cheapest first; equal ones by place within a column.
struct Cheapest<'k, 'a> {
    asked: Asked<'k, 'a>,
    /// The column that has nearly all decks.
    first: Option<Run<'a>>,
    others: [Option<Run<'a>>; RUNS_MAX],
    count: usize,
    is_complete: bool,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
struct Asked<'k, 'a> {
    key: &'k Key<'a>,
    zone: Zone,
    mask: [u64; SHELF_WORDS],
}

/// One column of one row, read from its front.
#[derive(Clone, Debug)]
struct Run<'a> {
    column: Column<'a>,
    at: usize,
    number: usize,
    code_len: u8,
    /// Whether whatever is priced here decides: the first column of the jurisdiction in the longest row.
    decides: bool,
    next: Offer,
}

impl<'k, 'a> Cheapest<'k, 'a> {
    /// Starts at the cheapest.
    fn new(asked: Asked<'k, 'a>) -> Self {
        let Asked { key, zone, .. } = asked;
        let mut merged =
            Self { asked, first: None, others: [const { None }; RUNS_MAX], count: 0, is_complete: true };
        for (depth, row) in key.rows(FIRST_SHELF).enumerate().take_while(|(_, row)| key.may_price(row)) {
            for (rank, &number) in columns(zone).iter().enumerate() {
                merged.add(&row, number, depth == 0 && rank == 0);
            }
        }
        merged
    }

    fn add(&mut self, row: &Row<'a>, number: usize, decides: bool) {
        let column = row.column(number);
        if column.is_empty() {
            return;
        }
        let mut run = Run { column, at: 0, number, code_len: row.code_len(), decides, next: NOTHING };
        if !self.asked.advance(&mut run) {
            return;
        }
        if decides {
            self.first = Some(run);
        } else if let Some(place) = self.others.get_mut(self.count) {
            *place = Some(run);
            self.count = self.count.wrapping_add(1);
        } else {
            self.is_complete = false;
        }
    }

    fn next(&mut self) -> Option<Offer> {
        let asked = self.asked;
        let place = if self.count == 0 { &mut self.first } else { self.cheapest_run()? };
        let run = place.as_mut()?;
        let offer = run.next;
        if !asked.advance(run) {
            *place = None;
        }
        Some(offer)
    }

    /// The run whose next deck is the cheapest.
    fn cheapest_run(&mut self) -> Option<&mut Option<Run<'a>>> {
        let mut best = &mut self.first;
        for run in self.others.iter_mut().take(self.count) {
            let of =
                |run: &Option<Run<'_>>| run.as_ref().map(|run| (run.next.cost_in_plan(), run.next.place));
            match (of(run), of(best)) {
                (Some(cost), Some(least)) if cost < least => best = run,
                (Some(_), None) => best = run,
                _ => {}
            }
        }
        best.is_some().then_some(best)
    }
}

/// Where a run stands before its first deck.
const NOTHING: Offer = Offer {
    slot: 0,
    place: 0,
    quote: Quote { tariff: 0, matched: Matched::ENDPOINT },
    cost: Nano::ZERO,
    rate_nano: 0,
};

impl<'a> Asked<'_, 'a> {
    /// Gives the decks of a column that has all of them.
    #[inline]
    fn visit_column(
        &self,
        column: &Column<'a>,
        code_len: u8,
        mut visit: impl FnMut(&Offer) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        for part in column.parts() {
            for (chunk, places) in part.places().chunks(32).enumerate() {
                let mut asked = self.asked_of(places);
                while asked != 0 {
                    let at = asked.trailing_zeros();
                    asked &= asked.wrapping_sub(1);
                    let at = usize::try_from(at).unwrap_or_default();
                    let code = part.code(chunk.wrapping_mul(32).wrapping_add(at));
                    if code < PRICE_FIRST {
                        return ControlFlow::Break(());
                    }
                    let place = places.get(at).copied().unwrap_or_default();
                    if let Some((offer, _)) = self.offer(place, code, code_len) {
                        visit(&offer)?;
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Which of up to 32 places are asked for, as bits. Without a branch for each: half of them would be guessed wrong,
    /// as partitions are as good as random (`lcr_over_chase`: 0.5 of it).
    #[inline]
    fn asked_of(&self, places: &[u8]) -> u32 {
        let bit = |place: u8, at: u32| u32::from(self.has(place)).wrapping_shl(at);
        let (mut bits, mut at) = (0u32, 0u32);
        let mut eights = places.chunks_exact(8);
        for eight in eights.by_ref() {
            // Eight that wait for nothing but their places.
            if let Ok([a, b, c, d, e, f, g, h]) = <[u8; 8]>::try_from(eight) {
                let low = (bit(a, 0) | bit(b, 1)) | (bit(c, 2) | bit(d, 3));
                let high = (bit(e, 4) | bit(f, 5)) | (bit(g, 6) | bit(h, 7));
                bits |= (low | high).wrapping_shl(at);
            }
            at = at.wrapping_add(8);
        }
        (at..).zip(eights.remainder()).fold(bits, |bits, (at, place)| bits | bit(*place, at))
    }

    #[inline]
    fn offer(&self, place: u8, code: u32, code_len: u8) -> Option<(Offer, &'a DeckRec)> {
        let codes = &self.key.codes;
        let (slot, deck) = codes.deck_at(place)?;
        let (tariff, record) = codes.tariff(deck, code)?;
        let offer = Offer {
            slot,
            place,
            quote: Quote { tariff, matched: Matched(code_len) },
            cost: Nano(record.reference_cost_nano.get()),
            rate_nano: deck.rate_nano.get(),
        };
        Some((offer, deck))
    }

    /// Moves a run to the next deck that it prices; false at its end.
    #[inline]
    fn advance(&self, run: &mut Run<'_>) -> bool {
        while let Some(place) = run.column.place(run.at) {
            let at = run.at;
            run.at = at.wrapping_add(1);
            if !self.has(place) {
                continue;
            }
            let code = run.column.code(at);
            if code < PRICE_FIRST {
                return false;
            }
            let Some((offer, deck)) = self.offer(place, code, run.code_len) else { continue };
            if !run.decides && !self.decides(run, deck) {
                continue;
            }
            run.next = offer;
            return true;
        }
        false
    }

    fn has(&self, place: u8) -> bool {
        let word = self.mask.get(usize::from(place >> 6)).copied().unwrap_or_default();
        (word >> (place & 63)) & 1 == 1
    }

    /// Whether this column of this row is the one that a deck is priced by.
    fn decides(&self, run: &Run<'_>, deck: &DeckRec) -> bool {
        let codes = &self.key.codes;
        let mut rows = self.key.rows(FIRST_SHELF);
        let found = rows.find_map(|row| Some((row.code_len(), price::in_row(codes, deck, &row, self.zone)?)));
        found.is_some_and(|(len, choice)| len == run.code_len && choice.column == run.number)
    }
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
