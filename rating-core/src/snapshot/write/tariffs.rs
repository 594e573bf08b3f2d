//! A deck's distinct prices, and the price codes that its rows name them by.

use std::format;
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

use rustc_hash::FxHashMap;

use super::super::layout::*;
use super::{WriteError, out_of_range, to_u32};
use crate::plan::{Deck, DeckRow, Price, RowTerms};
use crate::tariff::{DeckTariff, Rounding};

/// What a row's terms and its version say of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Billing {
    first_rate_nano_per_min: Option<i64>,
    connect_fee_nano: i64,
    first_sec: u32,
    increment_sec: u32,
    grace_sec: u32,
    version: u32,
}

/// The terms of the row before, and what they say, by its number.
struct Last {
    terms: Arc<RowTerms>,
    billing: Billing,
    number: u32,
}

/// The tariffs of one deck, each once, in the order in which they are first met.
pub(super) struct Tariffs<'d> {
    deck: &'d Deck,
    reference_duration_sec: u32,
    pub(super) records: Vec<TariffRec>,
    billings: FxHashMap<Billing, u32>,
    last: Option<Last>,
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
            billings: FxHashMap::default(),
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
        let prices = row.prices.columns();
        let is_negative = |price: &Price| matches!(price, Price::PerMin(rate) if rate.0 < 0);
        let billed = match prices.iter().any(is_negative) {
            true => Err("a price is negative"),
            false => self.billing(&row.terms, version),
        };
        let (billing, number) = billed.map_err(|what| {
            let owner = format!("deck {} version {version}, {}", self.deck.id, key());
            out_of_range(&owner, what)
        })?;
        let mut codes = [PRICE_NONE; COLUMNS];
        for (code, price) in codes.iter_mut().zip(prices) {
            *code = match price {
                Price::Missing => PRICE_NONE,
                Price::Blocked => PRICE_BLOCKED,
                Price::PerMin(rate) => self.code(&billing, number, rate.0)?,
            };
        }
        Ok(codes)
    }

    /// What terms say, and its number; or what is wrong with them. Rows that share them are checked once.
    fn billing(&mut self, terms: &Arc<RowTerms>, version: u32) -> Result<(Billing, u32), &'static str> {
        if let Some(last) = &self.last
            && Arc::ptr_eq(&last.terms, terms)
            && last.billing.version == version
        {
            return Ok((last.billing, last.number));
        }
        if terms.first_sec == 0 || terms.increment_sec == 0 {
            return Err("an interval is 0");
        }
        let first_rate = terms.first_rate_per_min.map(|rate| rate.0);
        if first_rate.is_some_and(|rate| rate < 0) || terms.connect_fee.0 < 0 {
            return Err("a price is negative");
        }
        let billing = Billing {
            first_rate_nano_per_min: first_rate,
            connect_fee_nano: terms.connect_fee.0,
            first_sec: terms.first_sec,
            increment_sec: terms.increment_sec,
            grace_sec: terms.grace_sec,
            version,
        };
        let next = u32::try_from(self.billings.len()).unwrap_or(u32::MAX);
        let number = *self.billings.entry(billing).or_insert(next);
        self.last = Some(Last { terms: Arc::clone(terms), billing, number });
        Ok((billing, number))
    }

    fn code(&mut self, billing: &Billing, number: u32, rate_nano_per_min: i64) -> Result<u32, WriteError> {
        if let Some(known) = self.codes.get(&(number, rate_nano_per_min)) {
            return Ok(*known);
        }
        let code = to_u32(self.records.len(), "tariffs")?.saturating_add(PRICE_FIRST);
        self.records.push(self.record(billing, rate_nano_per_min));
        self.codes.insert((number, rate_nano_per_min), code);
        Ok(code)
    }

    fn record(&self, billing: &Billing, rate_nano_per_min: i64) -> TariffRec {
        let Rounding { mode, decimals } = self.deck.rounding;
        let mut record = TariffRec {
            first_rate_nano_per_min: billing.first_rate_nano_per_min.unwrap_or(rate_nano_per_min).into(),
            rate_nano_per_min: rate_nano_per_min.into(),
            connect_fee_nano: billing.connect_fee_nano.into(),
            first_sec: billing.first_sec.into(),
            increment_sec: billing.increment_sec.into(),
            grace_sec: billing.grace_sec.into(),
            deck_version: billing.version.into(),
            rounding_mode: mode.number(),
            rounding_decimals: decimals,
            ..TariffRec::default()
        };
        let reference = DeckTariff::from_record(&record).cost(self.reference_duration_sec);
        record.reference_cost_nano = reference.cost.0.into();
        record
    }
}
