//! Decks in the order of what they cost (the sorted lane of section 5, `least_cost`).
//!
//! A column of a row is kept cheapest first. The decks of a call are in a few columns: those that may speak in
//! its jurisdiction (3.7, 3.8), of the row of its longest code and of the shorter ones. They are merged here, and a
//! deck comes out once, where [`super::Key::quote`] would find it.
//!
//! Worked: an interstate call to 1 212 555 0100 reads the interstate column of the row `1212555`; a deck with
//! `1` alone comes out of the row `1`, at its cost, after those that are cheaper. It reads as far as it is asked to.

use super::{FIRST_SHELF, Key, Matched, Quote, price};
use crate::jurisdiction::{Jurisdiction, Zone};
use crate::snapshot::layout::{
    DEFAULT, DeckRec, INDETERMINATE, INTERSTATE, INTRASTATE, LOCAL, PRICE_FIRST, SHELF_WORDS,
};
use crate::snapshot::view::{Column, Row, record_at};

/// A deck and what it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The deck's slot.
    pub slot: u32,
    /// Its place on the first shelf: its bit in the masks of partitions.
    pub place: u8,
    /// Its price.
    pub quote: Quote,
    /// Cost of the reference call: rounded nano-units of the deck's currency, times the nano-units of the plan's that one
    /// unit of it is worth.
    pub cost: i128,
}

/// Most columns that are merged.
const RUNS_MAX: usize = 12;

/// Decks, cheapest first; equal ones by place within a column.
#[derive(Clone, Debug)]
pub struct Cheapest<'k, 'a> {
    asked: Asked<'k, 'a>,
    runs: [Option<Run<'a>>; RUNS_MAX],
    count: usize,
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
    row: Row<'a>,
    column: Column<'a>,
    number: usize,
    /// Whether whatever is priced here decides: the first column of the jurisdiction in the longest row.
    decides: bool,
    at: usize,
    next: Option<Offer>,
}

impl<'k, 'a> Cheapest<'k, 'a> {
    /// Starts at the cheapest. `None` if there is not room for all columns.
    pub(super) fn new(key: &'k Key<'a>, zone: Zone, mask: [u64; SHELF_WORDS]) -> Option<Self> {
        let asked = Asked { key, zone, mask };
        let mut merged = Self { asked, runs: [const { None }; RUNS_MAX], count: 0 };
        for (depth, row) in key.rows(FIRST_SHELF).enumerate().take_while(|(_, row)| key.may_price(row)) {
            for (rank, &number) in columns(zone).iter().enumerate() {
                let column = row.column(number);
                if !column.is_empty() {
                    let decides = depth == 0 && rank == 0;
                    merged.add(Run { row, column, number, decides, at: 0, next: None })?;
                }
            }
        }
        Some(merged)
    }

    fn add(&mut self, mut run: Run<'a>) -> Option<()> {
        run.next = self.asked.next_of(&mut run);
        if run.next.is_some() {
            *self.runs.get_mut(self.count)? = Some(run);
            self.count = self.count.wrapping_add(1);
        }
        Some(())
    }

    /// The run whose next deck is the cheapest.
    fn first_run(&self) -> usize {
        let mut first = (0usize, None);
        for (at, run) in self.runs.iter().take(self.count).enumerate() {
            let Some(next) = run.as_ref().and_then(|run| run.next.as_ref()) else { continue };
            if first.1.is_none_or(|least| (next.cost, next.place) < least) {
                first = (at, Some((next.cost, next.place)));
            }
        }
        first.0
    }
}

impl Asked<'_, '_> {
    /// Moves a run to the next deck that it prices.
    #[inline]
    fn next_of(&self, run: &mut Run<'_>) -> Option<Offer> {
        let codes = &self.key.codes;
        while let Some((place, code)) = run.column.entry(run.at).filter(|(_, code)| *code >= PRICE_FIRST) {
            run.at = run.at.wrapping_add(1);
            if !self.has(place) {
                continue;
            }
            let Some(slot) = codes.deck_at(place) else { continue };
            let Some(deck) = record_at(codes.decks(), slot) else { continue };
            let Some((tariff, record)) = codes.tariff(deck, code) else { continue };
            if !run.decides && !self.decides(run, deck) {
                continue;
            }
            let quote = Quote { tariff, matched: Matched(run.row.code_len()) };
            let cost = i128::from(record.reference_cost_nano.get()).wrapping_mul(deck.rate_nano.get().into());
            return Some(Offer { slot, place, quote, cost });
        }
        None
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
        found.is_some_and(|(len, choice)| len == run.row.code_len() && choice.column == run.number)
    }
}

impl Iterator for Cheapest<'_, '_> {
    type Item = Offer;

    #[inline]
    fn next(&mut self) -> Option<Offer> {
        let first = if self.count > 1 { self.first_run() } else { 0 };
        let run = self.runs.get_mut(first)?.as_mut()?;
        let offer = run.next?;
        run.next = self.asked.next_of(run);
        Some(offer)
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
