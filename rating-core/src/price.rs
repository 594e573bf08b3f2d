//! What a route costs for a call, and what the account pays (4.1 to 4.5, 9.6).
//!
//! A call from Denver to New York on a route that is keyed by LRN is priced by the deck's row for the called LRN. The
//! account pays by an override's rate, else by its own deck, else the route's cost plus its margin: the first that
//! exists. What does not depend on the route is worked out once for the call.

use zerocopy::byteorder::little_endian::{I64, U32};

use crate::ahead::bring;
use crate::deck::{self, Keys, Matched, Quote};
use crate::funds::FirstHold;
use crate::jurisdiction::Zone;
use crate::lerg::Place;
use crate::margin::HighestCost;
use crate::money::{Atto, Nano, PLAN_RATE_NANO};
use crate::reject::Reason;
use crate::snapshot::layout::{AccountRec, NONE, PROVIDER_BY_LRN, PROVIDER_BY_OCN_LATA, RouteRec, TariffRec};
use crate::snapshot::view::{Snapshot, record_at};
use crate::tariff::{DeckTariff, Rounding};

use crate::candidates::Candidate;

/// The call as price lists see it.
#[derive(Clone, Copy, Debug)]
pub struct Pricing<'a> {
    /// Jurisdiction and comparison of states.
    pub zone: Zone,
    /// The numbers that decks are asked by.
    pub keys: Keys<'a>,
    /// OCN, LATA and tier of the called side; `None` where a deck is asked by codes all the same: outside NANP.
    pub by_place: Option<Place>,
    /// The carrier of a toll-free number (3.3).
    pub cic: Option<[u8; 4]>,
    /// Duration of the call by which routes are compared.
    pub reference_duration_sec: u32,
}

/// How a deck is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyedBy {
    Lrn,
    Dnis,
    OcnLata,
}

impl<'a> Pricing<'a> {
    /// What the route's deck asks; an endpoint without a deck asks nothing (4.1).
    pub(crate) fn buy(&self, snapshot: &'a Snapshot<'a>, route: &RouteRec) -> Result<Quote<'a>, Reason> {
        let slot = route.deck.get();
        if slot == NONE {
            return Ok(FREE_OF_CHARGE);
        }
        let provider = record_at(snapshot.providers(), route.provider.get()).ok_or(Reason::NoRate)?;
        let keyed_by = match provider.kind {
            PROVIDER_BY_LRN => KeyedBy::Lrn,
            PROVIDER_BY_OCN_LATA => KeyedBy::OcnLata,
            _ => KeyedBy::Dnis,
        };
        self.quote(snapshot, slot, keyed_by)
    }

    /// A deck's price: by the carrier of a toll-free number first, then by what the deck is keyed by.
    fn quote(&self, snapshot: &'a Snapshot<'a>, slot: u32, keyed_by: KeyedBy) -> Result<Quote<'a>, Reason> {
        if let Some(cic) = self.cic
            && let Some(quote) = deck::quote_by_cic(snapshot, slot, cic, self.zone)?
        {
            return Ok(quote);
        }
        match (keyed_by, &self.by_place) {
            (KeyedBy::OcnLata, Some(place)) => {
                deck::quote_by_place(snapshot, slot, place, self.zone)?.ok_or(Reason::NoRate)
            }
            (KeyedBy::Lrn, _) => self.keys.routing().quote(slot, self.zone),
            _ => self.keys.by_dnis.quote(slot, self.zone),
        }
    }

    /// What the account pays, as far as it does not depend on the route (9.6).
    pub(crate) fn sell(
        &self,
        snapshot: &'a Snapshot<'a>,
        account: &AccountRec,
        custom: Option<Nano>,
    ) -> Sell<'a> {
        let deck = account.sell_deck.get();
        let keyed_by = if account.sell_by_lrn == 1 { KeyedBy::Lrn } else { KeyedBy::Dnis };
        let row = if deck == NONE { Err(Reason::NoRate) } else { self.quote(snapshot, deck, keyed_by) };
        let at = |rate, terms: DeckTariff, deck, rate_nano| {
            let terms = terms.at_rate(rate);
            let price = terms.cost(self.reference_duration_sec).cost;
            Sell::Custom { terms, price, deck, rate_nano }
        };
        match (custom, row) {
            (Some(rate), Ok(row)) => at(rate, DeckTariff::from_record(row.terms), deck, row.rate_nano),
            (Some(rate), Err(_)) => at(rate, SIX_SIX, NONE, PLAN_RATE_NANO),
            (None, Ok(row)) => {
                // Nobody looks at it before the routes' own prices are asked for.
                bring(Some(row.terms));
                Sell::Deck { row, deck }
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
pub(crate) enum Sell<'a> {
    /// By a row of its deck.
    Deck { row: Quote<'a>, deck: u32 },
    /// At an override's rate.
    Custom {
        terms: DeckTariff,
        /// Price of the reference call.
        price: Nano,
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
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sold {
    /// The tariff's place, or [`NONE`] where an override's rate replaces it, and for cost-plus.
    pub tariff: u32,
    pub price: Nano,
    pub price_in_plan: Atto,
    pub rate_per_min: Nano,
    /// What the account's margin leaves to be spent.
    pub highest_cost: HighestCost,
}

impl Sold {
    /// Nothing says what for.
    pub const NOT: Sold = Sold {
        tariff: NONE,
        price: Nano::ZERO,
        price_in_plan: Atto::ZERO,
        rate_per_min: Nano::ZERO,
        highest_cost: HighestCost::ANY,
    };

    fn at(account: &AccountRec, tariff: u32, price: Nano, price_in_plan: Atto, rate_per_min: Nano) -> Sold {
        let highest_cost = HighestCost::of(account, price_in_plan);
        Sold { tariff, price, price_in_plan, rate_per_min, highest_cost }
    }
}

impl Sell<'_> {
    /// An override's tariff, if one sells the call.
    pub const fn custom(&self) -> Option<DeckTariff> {
        match self {
            Sell::Custom { terms, .. } => Some(*terms),
            _ => None,
        }
    }

    /// The deck in whose currency the call is sold, or [`NONE`] for the plan's.
    pub const fn deck(&self) -> u32 {
        match self {
            Sell::Deck { deck, .. } | Sell::Custom { deck, .. } => *deck,
            _ => NONE,
        }
    }

    /// What any route sells for, where the buy price does not matter.
    pub fn of_any_route(&self, account: &AccountRec) -> Option<Sold> {
        match self {
            Sell::Deck { row, .. } => {
                let rate_per_min = Nano(row.terms.rate_nano_per_min.get());
                Some(Sold::at(account, row.tariff, row.cost(), row.cost_in_plan(), rate_per_min))
            }
            Sell::Custom { terms, price, rate_nano, .. } => {
                let in_plan = Atto::convert(*price, *rate_nano);
                Some(Sold::at(account, NONE, *price, in_plan, terms.rate_per_min))
            }
            _ => None,
        }
    }

    /// What a call bought at `buy` sells for, where that matters.
    pub fn of_route(&self, buy: &Quote<'_>, account: &AccountRec, duration_sec: u32) -> Result<Sold, Reason> {
        let Sell::CostPlus = self else { return Err(Reason::NoSellRate) };
        let plus = CostPlusTerms::of(account);
        let price = plus.cost(buy.terms, buy.rate_nano, duration_sec);
        let rate_per_min = plus.rate_per_min(buy.terms, buy.rate_nano);
        Ok(Sold::at(account, NONE, price, Atto::of_plan_currency(price.0), rate_per_min))
    }

    /// What a leg holds at first (8.2): the hold interval, or the first block if that is longer.
    pub fn first_hold(
        &self,
        snapshot: &Snapshot<'_>,
        candidate: &Candidate,
        account: &AccountRec,
        hold_interval_sec: u32,
    ) -> FirstHold {
        let by = |terms: DeckTariff, rate_nano| {
            let duration_sec = hold_interval_sec.max(terms.first_sec);
            let cost = terms.cost(duration_sec);
            FirstHold {
                price: Atto::convert(cost.cost, rate_nano),
                billed_sec: cost.billed_sec,
                duration_sec,
            }
        };
        match *self {
            Sell::Deck { row, .. } => by(DeckTariff::from_record(row.terms), row.rate_nano),
            Sell::Custom { terms, rate_nano, .. } => by(terms, rate_nano),
            _ => {
                let buy = record_at(snapshot.tariffs(), candidate.buy_tariff).unwrap_or(&NOTHING_DUE);
                let duration_sec = hold_interval_sec.max(buy.first_sec.get());
                let route = record_at(snapshot.routes(), candidate.route);
                let rate_nano = rate_of(snapshot, route.map_or(NONE, |route| route.deck.get()));
                let price = CostPlusTerms::of(account).cost(buy, rate_nano, duration_sec);
                let billed_sec = DeckTariff::from_record(buy).cost(duration_sec).billed_sec;
                FirstHold { price: Atto::of_plan_currency(price.0), billed_sec, duration_sec }
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

/// What an endpoint asks.
const FREE_OF_CHARGE: Quote<'static> =
    Quote { tariff: NONE, matched: Matched::ENDPOINT, terms: &NOTHING_DUE, rate_nano: PLAN_RATE_NANO };

/// The tariff of an endpoint: nothing, billed by the second.
static NOTHING_DUE: TariffRec = TariffRec {
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
