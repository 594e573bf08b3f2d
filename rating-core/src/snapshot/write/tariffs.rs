//! A deck's distinct prices, and the price codes that its rows name them by.

use std::format;
use std::string::String;
use std::vec::Vec;

use rustc_hash::FxHashMap;

use super::super::layout::*;
use super::{WriteError, out_of_range, to_u32};
use crate::plan::{Deck, DeckRow, Price};
use crate::tariff::{DeckTariff, Rounding};

/// Everything of a price but the price a minute: few rows of a deck differ in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Terms {
    first_rate_nano_per_min: Option<i64>,
    connect_fee_nano: i64,
    first_sec: u32,
    increment_sec: u32,
    grace_sec: u32,
    version: u32,
}

/// The tariffs of one deck, each once, in the order in which they are first met.
pub(super) struct Tariffs<'d> {
    deck: &'d Deck,
    reference_duration_sec: u32,
    pub(super) records: Vec<TariffRec>,
    terms: FxHashMap<Terms, u32>,
    /// The terms of the row before, and their number.
    last: Option<(Terms, u32)>,
    codes: FxHashMap<(u32, i64), u32>,
}

impl<'d> Tariffs<'d> {
    pub(super) fn new(deck: &'d Deck, reference_duration_sec: u32) -> Result<Self, WriteError> {
        if deck.rounding.decimals > 9 {
            return Err(out_of_range(&format!("deck {}", deck.id), "it rounds to more than 9 decimals"));
        }
        Ok(Self {
            deck,
            reference_duration_sec,
            records: Vec::new(),
            terms: FxHashMap::default(),
            last: None,
            codes: FxHashMap::default(),
        })
    }

    /// The price codes of a row, by column.
    ///
    /// # Errors
    /// A row that has no meaning, named by `key`.
    pub(super) fn codes(
        &mut self,
        row: &DeckRow,
        version: u32,
        key: impl Fn() -> String,
    ) -> Result<[u32; COLUMNS], WriteError> {
        let refused = |what| {
            let owner = format!("deck {} version {version}, {}", self.deck.id, key());
            out_of_range(&owner, what)
        };
        if row.first_sec == 0 || row.increment_sec == 0 {
            return Err(refused("an interval is 0"));
        }
        let p = &row.prices;
        let prices = [p.interstate, p.intrastate, p.local, p.indeterminate, p.default];
        let negative = |price: &Price| matches!(price, Price::PerMin(rate) if rate.0 < 0);
        let first_rate = row.first_rate_per_min.map(|rate| rate.0);
        if prices.iter().any(negative) || first_rate.is_some_and(|rate| rate < 0) || row.connect_fee.0 < 0 {
            return Err(refused("a price is negative"));
        }
        let terms = Terms {
            first_rate_nano_per_min: first_rate,
            connect_fee_nano: row.connect_fee.0,
            first_sec: row.first_sec,
            increment_sec: row.increment_sec,
            grace_sec: row.grace_sec,
            version,
        };
        let number = self.number_of(terms);
        let mut codes = [PRICE_NONE; COLUMNS];
        for (code, price) in codes.iter_mut().zip(prices) {
            *code = match price {
                Price::Missing => PRICE_NONE,
                Price::Blocked => PRICE_BLOCKED,
                Price::PerMin(rate) => self.code(&terms, number, rate.0)?,
            };
        }
        Ok(codes)
    }

    fn number_of(&mut self, terms: Terms) -> u32 {
        if let Some((_, number)) = self.last.filter(|(last, _)| *last == terms) {
            return number;
        }
        let next = u32::try_from(self.terms.len()).unwrap_or(u32::MAX);
        let number = *self.terms.entry(terms).or_insert(next);
        self.last = Some((terms, number));
        number
    }

    fn code(&mut self, terms: &Terms, number: u32, rate_nano_per_min: i64) -> Result<u32, WriteError> {
        if let Some(known) = self.codes.get(&(number, rate_nano_per_min)) {
            return Ok(*known);
        }
        let code = to_u32(self.records.len(), "tariffs")?.saturating_add(PRICE_FIRST);
        self.records.push(self.record(terms, rate_nano_per_min));
        self.codes.insert((number, rate_nano_per_min), code);
        Ok(code)
    }

    fn record(&self, terms: &Terms, rate_nano_per_min: i64) -> TariffRec {
        let Rounding { mode, decimals } = self.deck.rounding;
        let mut record = TariffRec {
            first_rate_nano_per_min: terms.first_rate_nano_per_min.unwrap_or(rate_nano_per_min).into(),
            rate_nano_per_min: rate_nano_per_min.into(),
            connect_fee_nano: terms.connect_fee_nano.into(),
            first_sec: terms.first_sec.into(),
            increment_sec: terms.increment_sec.into(),
            grace_sec: terms.grace_sec.into(),
            deck_version: terms.version.into(),
            rounding_mode: mode.number(),
            rounding_decimals: decimals,
            ..TariffRec::default()
        };
        let reference = DeckTariff::from_record(&record).cost(self.reference_duration_sec);
        record.reference_cost_nano = reference.cost.0.into();
        record
    }
}
