//! A route's figures for a call, in words: matched code, rates a minute, cost, price and what is left.
//!
//! Cost is in the deck's currency, price in the currency that the call is sold in; what is left (`margin`,
//! `profit`) is theirs where that is one, else the plan's.

use rating_core::candidates::{Candidate, CostPlusTerms};
use rating_core::deck::Matched;
use rating_core::money::{Atto, Nano, PLAN_RATE_NANO};
use rating_core::reject::Reason;
use rating_core::route::Facts;
use rating_core::snapshot::layout::{NONE, ProviderRec, RouteRec, TariffRec};
use rating_core::snapshot::view::Snapshot;
use rating_core::tariff::DeckTariff;
use serde::Serialize;

/// What a route costs and earns.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figures {
    pub rate: String,
    pub cost: String,
    pub prefix: String,
    pub deck_version: u32,
    /// The currency of `rate` and `cost`, where it is not the plan's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// None where nothing says what the call sells for (`no_sell_rate`): a missing price is no price of 0.
    #[serde(flatten)]
    pub earned: Option<Earned>,
}

/// What a route is sold for, and what is left of that.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Earned {
    pub customer_rate: String,
    pub margin: String,
    pub price: String,
    pub profit: String,
    /// The currency of `customer_rate` and `price`, where it is not the plan's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_currency: Option<String>,
}

/// A currency: its letters if it is not the plan's, and what one unit is worth in the plan's.
struct Currency {
    code: Option<String>,
    rate_nano: u64,
}

/// Works figures out for one call.
pub(super) struct Pricer<'a> {
    pub snapshot: &'a Snapshot<'a>,
    pub facts: &'a Facts,
    /// Seconds of the call; the reference duration if none.
    pub duration_sec: Option<u32>,
}

impl Pricer<'_> {
    /// The figures of a priced route, as far as it is sold: not where `reason` says that nothing says what for.
    pub fn figures(&self, candidate: &Candidate, reason: Option<Reason>) -> Figures {
        let route = self.snapshot.routes().get(candidate.route as usize);
        let buy = route.and_then(|route| self.currency_of(route.deck.get())).unwrap_or(PLAN);
        let cost = self.cost(candidate);
        let is_sold = reason != Some(Reason::NoSellRate);
        Figures {
            rate: candidate.rate_per_min.to_string(),
            cost: cost.to_string(),
            prefix: route.map(|route| self.code(candidate, route)).unwrap_or_default(),
            deck_version: candidate.deck_version,
            earned: is_sold.then(|| self.earned(candidate, cost, &buy)),
            currency: buy.code,
        }
    }

    /// What is earned with a route that costs so much.
    fn earned(&self, candidate: &Candidate, cost: Nano, buy: &Currency) -> Earned {
        let by_deck = candidate.sell_tariff != NONE || self.facts.custom_sell.is_some();
        let sell = if by_deck { self.currency_of(self.facts.sell_deck) } else { None }.unwrap_or(PLAN);
        let price = self.price(candidate, buy.rate_nano);
        let left = |sold: Nano, bought: Nano| match buy.code == sell.code {
            true => sold.saturating_sub(bought).to_string(),
            false => text_of(
                Atto::convert(sold, sell.rate_nano).saturating_sub(Atto::convert(bought, buy.rate_nano)),
            ),
        };
        Earned {
            customer_rate: candidate.customer_rate_per_min.to_string(),
            margin: left(candidate.customer_rate_per_min, candidate.rate_per_min),
            price: price.to_string(),
            profit: left(price, cost),
            customer_currency: sell.code,
        }
    }

    /// By what the deck has priced the call: the digits of its code, out of the number that it is keyed by (4.1), or
    /// its OCN, LATA or CIC.
    fn code(&self, candidate: &Candidate, route: &RouteRec) -> String {
        let facts = self.facts;
        let ocn = || String::from_utf8_lossy(&facts.called.ocn).into_owned();
        match (candidate.matched, candidate.matched.prefix_len()) {
            (_, Some(len)) => {
                let provider = self.snapshot.providers().get(route.provider.get() as usize);
                let by_lrn = provider.is_some_and(|one: &ProviderRec| one.kind == BY_LRN);
                let key = if by_lrn && !facts.dnis_lrn.is_empty() { &facts.dnis_lrn } else { &facts.dnis };
                key.as_str().chars().take(usize::from(len)).collect()
            }
            (Matched::OCN_LATA, _) => format!("OCN {} LATA {}", ocn(), facts.called.lata),
            (Matched::OCN, _) => format!("OCN {}", ocn()),
            (Matched::LATA, _) => format!("LATA {}", facts.called.lata),
            (Matched::CIC, _) => "CIC".to_owned(),
            _ => String::new(),
        }
    }

    /// A deck's currency, where there is a deck.
    fn currency_of(&self, deck: u32) -> Option<Currency> {
        let deck = self.snapshot.decks().get(deck as usize)?;
        let is_the_plans = deck.currency == self.snapshot.plan().currency;
        let code = (!is_the_plans).then(|| String::from_utf8_lossy(&deck.currency).into_owned());
        Some(Currency { code, rate_nano: deck.rate_nano.get() })
    }

    fn tariff(&self, at: u32) -> Option<TariffRec> {
        self.snapshot.tariffs().get(at as usize).copied()
    }

    fn buy_tariff(&self, candidate: &Candidate) -> TariffRec {
        self.tariff(candidate.buy_tariff).unwrap_or_else(free_of_charge)
    }

    /// Of the duration asked for; the decision's own figure where it is the reference duration. So is `price`.
    fn cost(&self, candidate: &Candidate) -> Nano {
        let Some(duration_sec) = self.duration_sec else { return candidate.cost };
        DeckTariff::from_record(&self.buy_tariff(candidate)).cost(duration_sec).cost
    }

    /// What a route that is sold sells for, bought in a currency of `rate_nano`.
    fn price(&self, candidate: &Candidate, rate_nano: u64) -> Nano {
        let Some(duration_sec) = self.duration_sec else { return candidate.price };
        let account = self.snapshot.accounts().get(self.facts.account as usize);
        match (self.tariff(candidate.sell_tariff), self.facts.custom_sell, account) {
            _ if self.facts.is_emergency => Nano::ZERO,
            (Some(sell), _, _) => DeckTariff::from_record(&sell).cost(duration_sec).cost,
            (None, Some(custom), _) => custom.cost(duration_sec).cost,
            (None, None, Some(account)) => {
                CostPlusTerms::of(account).cost(&self.buy_tariff(candidate), rate_nano, duration_sec)
            }
            (None, None, None) => Nano::ZERO,
        }
    }
}

/// [`ProviderRec::kind`] of a provider that is priced by the called LRN.
const BY_LRN: u8 = 0;

const PLAN: Currency = Currency { code: None, rate_nano: PLAN_RATE_NANO };

/// The tariff of an endpoint: nothing, billed by the second (4.1).
fn free_of_charge() -> TariffRec {
    TariffRec { first_sec: 1.into(), increment_sec: 1.into(), ..TariffRec::default() }
}

/// A converted amount as a decimal, exactly.
fn text_of(amount: Atto) -> String {
    let sign = if amount.0 < 0 { "-" } else { "" };
    let digits = format!("{:019}", amount.0.unsigned_abs());
    let (whole, fraction) = digits.split_at(digits.len() - 18);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converted_amounts_are_written_exactly() {
        for (amount, text) in [
            (0, "0"),
            (1, "0.000000000000000001"),
            (-1_500_000_000_000_000_000, "-1.5"),
            (12_000_000_000_000_000_000, "12"),
        ] {
            assert_eq!(text_of(Atto(amount)), text);
        }
    }
}
