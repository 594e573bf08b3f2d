//! What other currencies are worth in the plan's, at the snapshot's instant.

use std::collections::HashMap;
use std::format;

use super::entities::currency_code;
use super::{WriteError, out_of_range};
use crate::plan::*;

/// One unit, in nano-units.
const ONE_NANO: u64 = 1_000_000_000;

/// The rates in force at an instant.
pub(super) struct Currencies<'p> {
    plan_currency: &'p str,
    rates_nano: HashMap<&'p str, u64>,
    until: UtcSec,
}

impl<'p> Currencies<'p> {
    /// The latest started rate of each currency.
    pub(super) fn at(plan: &'p Plan, at: UtcSec) -> Result<Self, WriteError> {
        let mut latest: HashMap<&str, (UtcSec, u64)> = HashMap::new();
        let mut until = UtcSec::MAX;
        for rate in &plan.currency_rates {
            let owner = format!("currency rate of {}", rate.currency);
            currency_code(&rate.currency, &owner)?;
            let nano = u64::try_from(rate.rate.0).ok().filter(|nano| *nano > 0);
            let nano = nano.ok_or_else(|| out_of_range(&owner, "it must be positive"))?;
            if rate.from > at {
                until = until.min(rate.from);
                continue;
            }
            match latest.get(rate.currency.as_str()) {
                Some((from, _)) if *from == rate.from => {
                    return Err(out_of_range(&owner, "two rates start at one instant"));
                }
                Some((from, _)) if *from > rate.from => {}
                _ => {
                    latest.insert(&rate.currency, (rate.from, nano));
                }
            }
        }
        let rates_nano = latest.into_iter().map(|(currency, (_, nano))| (currency, nano)).collect();
        Ok(Self { plan_currency: &plan.settings.currency, rates_nano, until })
    }

    /// A deck's currency.
    pub(super) fn code(&self, deck: &'p Deck) -> &'p str {
        if deck.currency.is_empty() { self.plan_currency } else { &deck.currency }
    }

    /// Nano-units of the plan's currency for one unit of a deck's. A deck without a price yet needs no rate: the first of
    /// its versions may start, and with it the rate, at a later instant.
    pub(super) fn rate_nano(&self, deck: &Deck, has_prices: bool) -> Result<u64, WriteError> {
        if deck.currency.is_empty() || deck.currency == self.plan_currency {
            return Ok(ONE_NANO);
        }
        let owner = format!("deck {}", deck.id);
        currency_code(&deck.currency, &owner)?;
        match self.rates_nano.get(deck.currency.as_str()) {
            Some(rate) => Ok(*rate),
            None if !has_prices => Ok(ONE_NANO),
            None => {
                let what = format!("there is no rate of {} in force at this instant", deck.currency);
                Err(out_of_range(&owner, &what))
            }
        }
    }

    /// When the next rate starts.
    pub(super) fn until(&self) -> UtcSec {
        self.until
    }
}
