//! What a route costs for a call, and what the account pays (4.1 to 4.5, 9.6).
//!
//! A call from Denver to New York on a route that is keyed by LRN is priced by the deck's row for the called LRN. The
//! account pays by an override's rate, else by its own deck, else the route's cost plus its margin: the first that
//! exists. What does not depend on the route is worked out once for the call.

use zerocopy::byteorder::little_endian::{I64, U32};

use crate::deck::{self, Key, Matched, Offer, Quote};
use crate::funds::FirstHold;
use crate::jurisdiction::Zone;
use crate::lerg::Place;
use crate::money::{Atto, Nano, PLAN_RATE_NANO};
use crate::reject::Reason;
use crate::snapshot::layout::{AccountRec, NONE, ProviderRec, RouteRec, TariffRec};
use crate::snapshot::view::{Snapshot, record_at};
use crate::tariff::{DeckTariff, Rounding};

use crate::candidates::Candidate;

/// The call as price lists see it.
#[derive(Clone, Copy, Debug)]
pub struct Pricing<'a> {
    /// Jurisdiction and comparison of states.
    pub zone: Zone,
    /// Codes of the called LRN (4.1); of the dialled number without one.
    pub by_lrn: Key<'a>,
    /// Codes of the dialled number (4.1).
    pub by_dnis: Key<'a>,
    /// OCN, LATA and tier of the called side; `None` where a deck is asked by codes all the same: outside NANP.
    pub by_place: Option<Place>,
    /// The carrier of a toll-free number (3.3).
    pub cic: Option<[u8; 4]>,
    /// Duration of the call by which routes are compared.
    pub reference_duration_sec: u32,
}

/// What a route's deck asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buy<'a> {
    /// The tariff's place, or [`NONE`] for an endpoint.
    pub tariff: u32,
    pub terms: &'a TariffRec,
    pub matched: Matched,
    /// The deck's currency.
    pub rate_nano: u64,
}

impl<'a> From<&Offer<'a>> for Buy<'a> {
    fn from(offer: &Offer<'a>) -> Buy<'a> {
        let Quote { tariff, matched } = offer.quote;
        Buy { tariff, terms: offer.terms, matched, rate_nano: offer.rate_nano }
    }
}

/// [`ProviderRec::kind`] of a provider that is priced by the called LRN.
const BY_LRN: u8 = 0;
/// [`ProviderRec::kind`] of a provider that is priced by OCN and LATA.
const BY_OCN_LATA: u8 = 4;

/// How a deck is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyedBy {
    Lrn,
    Dnis,
    OcnLata,
}

impl<'a> Pricing<'a> {
    /// What the route's deck asks; an endpoint without a deck asks nothing (4.1).
    pub(crate) fn buy<'s>(
        &self,
        snapshot: &Snapshot<'s>,
        route: &RouteRec,
        provider: &ProviderRec,
    ) -> Result<Buy<'s>, Reason> {
        let slot = route.deck.get();
        if slot == NONE {
            return Ok(Buy {
                tariff: NONE,
                terms: &FREE_OF_CHARGE,
                matched: Matched::ENDPOINT,
                rate_nano: PLAN_RATE_NANO,
            });
        }
        let keyed_by = match provider.kind {
            BY_LRN => KeyedBy::Lrn,
            BY_OCN_LATA => KeyedBy::OcnLata,
            _ => KeyedBy::Dnis,
        };
        let Quote { tariff, matched } = self.quote(snapshot, slot, keyed_by)?;
        let terms = record_at(snapshot.tariffs(), tariff).ok_or(Reason::NoRate)?;
        Ok(Buy { tariff, terms, matched, rate_nano: rate_of(snapshot, slot) })
    }

    /// A deck's price: by the carrier of a toll-free number first, then by what the deck is keyed by.
    fn quote(&self, snapshot: &Snapshot<'_>, slot: u32, keyed_by: KeyedBy) -> Result<Quote, Reason> {
        if let Some(cic) = self.cic
            && let Some(quote) = deck::quote_by_cic(snapshot, slot, cic, self.zone)?
        {
            return Ok(quote);
        }
        match (keyed_by, &self.by_place) {
            (KeyedBy::OcnLata, Some(place)) => {
                deck::quote_by_place(snapshot, slot, place, self.zone)?.ok_or(Reason::NoRate)
            }
            (KeyedBy::Lrn, _) => self.by_lrn.quote(slot, self.zone),
            _ => self.by_dnis.quote(slot, self.zone),
        }
    }

    /// What the account pays, as far as it does not depend on the route (9.6).
    pub(crate) fn sell(&self, snapshot: &Snapshot<'_>, account: &AccountRec, custom: Option<Nano>) -> Sell {
        let slot = account.sell_deck.get();
        let keyed_by = if account.sell_by_lrn == 1 { KeyedBy::Lrn } else { KeyedBy::Dnis };
        let quote = if slot == NONE { Err(Reason::NoRate) } else { self.quote(snapshot, slot, keyed_by) };
        let row = quote.and_then(|quote| {
            let record = record_at(snapshot.tariffs(), quote.tariff).ok_or(Reason::NoRate)?;
            Ok((quote.tariff, record))
        });
        let by = |tariff, terms: DeckTariff, price, slot| {
            let rate_nano = rate_of(snapshot, slot);
            let price_in_plan = Atto::convert(price, rate_nano);
            Sell::Tariff { tariff, terms, price, price_in_plan, deck: slot, rate_nano }
        };
        let at = |rate, terms: DeckTariff, slot| {
            let terms = terms.at_rate(rate);
            by(NONE, terms, terms.cost(self.reference_duration_sec).cost, slot)
        };
        match (custom, row) {
            (Some(rate), Ok((_, record))) => at(rate, DeckTariff::from_record(record), slot),
            (Some(rate), Err(_)) => at(rate, SIX_SIX, NONE),
            (None, Ok((tariff, record))) => {
                by(tariff, DeckTariff::from_record(record), Nano(record.reference_cost_nano.get()), slot)
            }
            // A blocked row of the sell deck refuses; a missing one leaves cost-plus, if the account has it.
            (None, Err(Reason::BlockedRow)) => Sell::Nothing,
            (None, Err(_)) if account.cost_plus == 1 => Sell::CostPlus,
            (None, Err(_)) => Sell::Nothing,
        }
    }
}

/// What a unit of a deck's currency is worth in the plan's.
fn rate_of(snapshot: &Snapshot<'_>, slot: u32) -> u64 {
    record_at(snapshot.decks(), slot).map_or(PLAN_RATE_NANO, |deck| deck.rate_nano.get())
}

/// What the account pays, as far as it does not depend on the route (9.6).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sell {
    /// By a tariff: of its deck, or an override's rate.
    Tariff {
        /// The tariff's place, or [`NONE`] where an override's rate replaces it.
        tariff: u32,
        terms: DeckTariff,
        /// Price of the reference call.
        price: Nano,
        /// The same in the plan's currency.
        price_in_plan: Atto,
        /// The deck in whose currency it is, or [`NONE`] for the plan's.
        deck: u32,
        /// What a unit of that is worth in the plan's.
        rate_nano: u64,
    },
    /// Cost-plus on each route's buy price.
    CostPlus,
    /// Nothing says.
    Nothing,
}

/// What one route sells for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sold {
    pub tariff: u32,
    pub price: Nano,
    pub price_in_plan: Atto,
    pub rate_per_min: Nano,
}

impl Sell {
    /// An override's tariff, if one sells the call.
    pub fn custom(&self) -> Option<DeckTariff> {
        match self {
            Sell::Tariff { tariff: NONE, terms, .. } => Some(*terms),
            _ => None,
        }
    }

    /// The deck in whose currency the call is sold, or [`NONE`] for the plan's.
    pub const fn deck(&self) -> u32 {
        match self {
            Sell::Tariff { deck, .. } => *deck,
            _ => NONE,
        }
    }

    /// What a call bought at `buy` sells for.
    #[inline]
    pub fn price(&self, buy: &Buy<'_>, account: &AccountRec, duration_sec: u32) -> Result<Sold, Reason> {
        match *self {
            Sell::Tariff { tariff, terms, price, price_in_plan, .. } => {
                Ok(Sold { tariff, price, price_in_plan, rate_per_min: terms.rate_per_min })
            }
            Sell::CostPlus => {
                let plus = CostPlusTerms::of(account);
                let price = plus.cost(buy.terms, buy.rate_nano, duration_sec);
                Ok(Sold {
                    tariff: NONE,
                    price,
                    price_in_plan: Atto::of_plan_currency(price.0),
                    rate_per_min: plus.rate_per_min(buy.terms, buy.rate_nano),
                })
            }
            Sell::Nothing => Err(Reason::NoSellRate),
        }
    }

    /// What a leg holds at first (8.2): the hold interval, or the first block if that is longer.
    pub fn first_hold(
        &self,
        snapshot: &Snapshot<'_>,
        candidate: &Candidate,
        account: &AccountRec,
        hold_interval_sec: u32,
    ) -> FirstHold {
        let buy = record_at(snapshot.tariffs(), candidate.buy_tariff).unwrap_or(&FREE_OF_CHARGE);
        match *self {
            Sell::Tariff { terms, rate_nano, .. } => {
                let cost = terms.cost(hold_interval_sec.max(terms.first_sec));
                FirstHold { price: Atto::convert(cost.cost, rate_nano), billed_sec: cost.billed_sec }
            }
            _ => {
                let duration_sec = hold_interval_sec.max(buy.first_sec.get());
                let route = record_at(snapshot.routes(), candidate.route);
                let rate_nano = rate_of(snapshot, route.map_or(NONE, |route| route.deck.get()));
                let price = CostPlusTerms::of(account).cost(buy, rate_nano, duration_sec);
                let billed_sec = DeckTariff::from_record(buy).cost(duration_sec).billed_sec;
                FirstHold { price: Atto::of_plan_currency(price.0), billed_sec }
            }
        }
    }
}

/// How a custom rate sells where no sell row gives blocks and fees (9.6).
const SIX_SIX: DeckTariff = DeckTariff {
    first_rate_per_min: Nano::ZERO,
    rate_per_min: Nano::ZERO,
    connect_fee: Nano::ZERO,
    first_sec: 6,
    increment_sec: 6,
    grace_sec: 0,
    rounding: Rounding::DEFAULT,
};

/// The tariff of an endpoint: nothing, billed by the second.
static FREE_OF_CHARGE: TariffRec = TariffRec {
    reference_cost_nano: I64::ZERO,
    first_rate_nano_per_min: I64::ZERO,
    rate_nano_per_min: I64::ZERO,
    connect_fee_nano: I64::ZERO,
    first_sec: U32::from_bytes([1, 0, 0, 0]),
    increment_sec: U32::from_bytes([1, 0, 0, 0]),
    grace_sec: U32::ZERO,
    deck_version: U32::ZERO,
    rounding_mode: 0,
    rounding_decimals: 9,
    reserved: [0; 14],
};

/// An account's cost-plus terms (9.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostPlusTerms {
    /// Nano-percent on the buy cost.
    pub margin_nano_percent: i64,
    /// For each minute that the provider bills.
    pub fixed_fee_per_min: Nano,
    /// How the price of a call is rounded.
    pub rounding: Rounding,
}

impl CostPlusTerms {
    /// The terms of an account.
    #[must_use]
    pub fn of(account: &AccountRec) -> Self {
        Self {
            margin_nano_percent: account.margin_nano_percent.get(),
            fixed_fee_per_min: Nano(account.fixed_fee_nano_per_min.get()),
            rounding: Rounding::from_stored(account.rounding_mode, account.rounding_decimals),
        }
    }

    /// What a call bought by `buy`, in a currency of `rate_nano`, sells at in the plan's.
    #[must_use]
    pub fn cost(&self, buy: &TariffRec, rate_nano: u64, duration_sec: u32) -> Nano {
        DeckTariff::from_record(buy).cost_plus(duration_sec, rate_nano, self).cost
    }

    /// The price a minute, for people: that of one minute in seconds' blocks without fees, half up to a
    /// nano-unit.
    #[must_use]
    pub fn rate_per_min(&self, buy: &TariffRec, rate_nano: u64) -> Nano {
        let by_the_second = DeckTariff {
            first_rate_per_min: Nano(buy.rate_nano_per_min.get()),
            rate_per_min: Nano(buy.rate_nano_per_min.get()),
            connect_fee: Nano::ZERO,
            first_sec: 1,
            increment_sec: 1,
            grace_sec: 0,
            rounding: Rounding::DEFAULT,
        };
        by_the_second.cost_plus(60, rate_nano, &CostPlusTerms { rounding: Rounding::DEFAULT, ..*self }).cost
    }
}
