//! The price of an answered leg: by the versions of the answer, where the decision's are no longer those (4.2).
//!
//! A call is decided at 23:59:50 and answered at 00:00:05, where a new version begins at midnight: its route was chosen
//! by the old prices, and it is bought and sold by the new ones. Numbers, jurisdiction and keys stay those of the
//! decision, and so does the rate of an override. What has no price at the answer is for the caller to keep as it was.

use crate::deck::{Key, Keys, Matched};
use crate::jurisdiction::Zone;
use crate::lerg::Place;
use crate::money::Nano;
use crate::number::Digits;
use crate::price::{CostPlusTerms, Pricing, Sell};
use crate::reject::Reason;
use crate::snapshot::layout::{AccountRec, NONE, RouteRec};
use crate::snapshot::view::Snapshot;
use crate::tariff::DeckTariff;

/// How codes of decks are searched for a call, as its decision found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeKeys {
    /// Only a row of exactly the dialled digits counts (2.4).
    pub is_short_code: bool,
    /// A row of prefix `1` may price the call where it is searched by the LRN (4.5).
    pub lrn_takes_catch_all: bool,
    /// The same where it is searched by the dialled number.
    pub dnis_takes_catch_all: bool,
}

impl CodeKeys {
    pub(crate) fn of(keys: &Keys<'_>, is_short_code: bool) -> CodeKeys {
        CodeKeys {
            is_short_code,
            lrn_takes_catch_all: keys.routing().takes_catch_all(),
            dnis_takes_catch_all: keys.by_dnis.takes_catch_all(),
        }
    }
}

/// What decks are asked for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The called number.
    pub dnis: Digits,
    /// Its LRN that counted; empty if none.
    pub dnis_lrn: Digits,
    /// Jurisdiction and comparison of states.
    pub zone: Zone,
    /// How codes are searched.
    pub keys: CodeKeys,
    /// OCN, LATA and tier of the called side.
    pub called: Place,
    /// The carrier of a toll-free number.
    pub cic: Option<[u8; 4]>,
}

/// What a route's deck asks at the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bought {
    /// The price; `None` for an endpoint, which costs nothing.
    pub terms: Option<DeckTariff>,
    /// The deck's place in the snapshot, or [`NONE`].
    pub deck: u32,
    /// What of the number the deck has priced.
    pub matched: Matched,
    /// Version of the deck that the price is from; 0 for an endpoint.
    pub deck_version: u32,
    /// What a unit of the deck's currency is worth in the plan's, in nano-units.
    pub rate_nano: u64,
}

/// What the account pays at the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sold {
    /// By its deck.
    Deck {
        /// The price.
        terms: DeckTariff,
        /// The deck's place in the snapshot.
        deck: u32,
        /// What a unit of the deck's currency is worth in the plan's, in nano-units.
        rate_nano: u64,
    },
    /// Cost-plus on what the leg is bought for, in the plan's currency.
    CostPlus(CostPlusTerms),
}

impl Asked {
    /// What a route's deck asks.
    ///
    /// # Errors
    /// Why it has no price for the call.
    pub fn buy(&self, snapshot: &Snapshot<'_>, route: &RouteRec) -> Result<Bought, Reason> {
        let buy = self.pricing(snapshot).buy(snapshot, route)?;
        Ok(Bought {
            terms: (buy.tariff != NONE).then(|| DeckTariff::from_record(buy.terms)),
            deck: route.deck.get(),
            matched: buy.matched,
            deck_version: buy.terms.deck_version.get(),
            rate_nano: buy.rate_nano,
        })
    }

    /// What the account pays; with an override's rate in place of those of its row, and without a row if there is none
    /// (9.6).
    ///
    /// # Errors
    /// [`Reason::NoSellRate`] where nothing says.
    pub fn sell(
        &self,
        snapshot: &Snapshot<'_>,
        account: &AccountRec,
        custom_rate_per_min: Option<Nano>,
    ) -> Result<Sold, Reason> {
        match self.pricing(snapshot).sell(snapshot, account, custom_rate_per_min) {
            Sell::Deck { row, deck } => {
                let terms = DeckTariff::from_record(row.terms);
                Ok(Sold::Deck { terms, deck, rate_nano: row.rate_nano })
            }
            Sell::Custom { terms, deck, rate_nano, .. } => Ok(Sold::Deck { terms, deck, rate_nano }),
            Sell::CostPlus => Ok(Sold::CostPlus(CostPlusTerms::of(account))),
            Sell::Nothing => Err(Reason::NoSellRate),
        }
    }

    fn pricing<'a>(&self, snapshot: &'a Snapshot<'a>) -> Pricing<'a> {
        let key = |number: &Digits, takes_catch_all| match self.keys.is_short_code {
            true => Key::short_code(snapshot, number),
            false => Key::new(snapshot, number, takes_catch_all),
        };
        let by_dnis = key(&self.dnis, self.keys.dnis_takes_catch_all);
        let by_lrn = match self.dnis_lrn.is_empty() {
            true => None,
            false => Some(key(&self.dnis_lrn, self.keys.lrn_takes_catch_all)),
        };
        Pricing {
            zone: self.zone,
            keys: Keys { by_dnis, by_lrn },
            by_place: self.dnis.is_nanp().then_some(self.called),
            cic: self.cic,
            reference_duration_sec: snapshot.plan().reference_duration_sec.get(),
        }
    }
}
