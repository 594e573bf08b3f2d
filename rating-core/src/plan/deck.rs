//! Price lists, buy and sell.

use std::boxed::Box;
use std::string::String;
use std::sync::Arc;
use std::vec::Vec;

use super::{IjPolicy, UtcSec};
use crate::money::Nano;
use crate::number::Digits;
use crate::tariff::Rounding;

/// A price list, buy or sell: that of a provider's routes, or of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deck {
    /// Its id.
    pub id: String,
    /// What prices indeterminate calls (3.7); the provider's where none, `Higher` without a provider.
    pub ij_policy: Option<IjPolicy>,
    /// ISO 4217, three capitals; the plan's currency if empty.
    pub currency: String,
    /// How the cost of a call is rounded.
    pub rounding: Rounding,
    /// Its versions, each effective from an instant.
    pub versions: Vec<DeckVersion>,
}

/// One version of a price list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeckVersion {
    /// 1 and up; unique in its deck.
    pub number: u32,
    /// From when its rows hold, where they say nothing else.
    pub effective_from: UtcSec,
    /// What its absent codes mean.
    pub scope: Scope,
    /// Its prices, by prefix, then start.
    pub rows: Vec<DeckRow>,
    /// Its prices by OCN and LATA (4.1).
    pub ocn_rows: Vec<OcnRow>,
    /// Its prices of toll-free calls by the carrier that serves the number.
    pub cic_rows: Vec<CicRow>,
}

/// A price by OCN and LATA of the called side (4.1): both, or one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OcnRow {
    /// Operating company number, 4 alphanumerics; any if none.
    pub ocn: Option<[u8; 4]>,
    /// LATA; any if none.
    pub lata: Option<u32>,
    /// Tier of the called block; any if none.
    pub tier: Option<u8>,
    /// Its prices; the prefix is empty.
    pub row: DeckRow,
}

/// A price of toll-free calls by carrier identification code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CicRow {
    /// 4 digits.
    pub cic: [u8; 4],
    /// Its prices; the prefix is empty.
    pub row: DeckRow,
}

/// What codes that a version does not contain mean (10.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// They end.
    #[default]
    Full,
    /// Those of these countries end (ISO 3166, two capitals); a code that reaches into several countries belongs
    /// to none, a shared one to its main country: `1` US, `7` RU, `44` GB.
    Country(Vec<String>),
    /// They stay.
    Partial,
}

/// A price list's row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeckRow {
    /// 1 to 15 digits, E.164.
    pub prefix: Digits,
    /// What the list calls the destination; may be empty.
    pub destination: Box<str>,
    /// Prices a minute by jurisdiction.
    pub prices: Prices,
    /// All else that it says. Millions of rows say the same, and share it.
    pub terms: Arc<RowTerms>,
}

impl DeckRow {
    /// The same row on changed terms.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut RowTerms)) -> DeckRow {
        change(self.terms_mut());
        self
    }

    /// The row's terms, to be changed. Rows that shared them keep theirs.
    pub fn terms_mut(&mut self) -> &mut RowTerms {
        Arc::make_mut(&mut self.terms)
    }
}

/// What a row says beside its prices: few rows of a list differ in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RowTerms {
    /// Price a minute of the first interval, where it differs.
    pub first_rate_per_min: Option<Nano>,
    /// First interval: billed whole, at least 1 s.
    pub first_sec: u32,
    /// Increment after it, at least 1 s.
    pub increment_sec: u32,
    /// A call no longer than this costs nothing.
    pub grace_sec: u32,
    /// Fee of an answered call.
    pub connect_fee: Nano,
    /// From when the row holds; its version's start if none.
    pub starts: Option<UtcSec>,
    /// When it no longer does; never if none.
    pub ends: Option<UtcSec>,
}

impl RowTerms {
    /// Whether the row has a start or an end of its own.
    #[must_use]
    pub const fn is_dated(&self) -> bool {
        self.starts.is_some() || self.ends.is_some()
    }
}

impl Default for RowTerms {
    fn default() -> Self {
        Self {
            first_rate_per_min: None,
            first_sec: 1,
            increment_sec: 1,
            grace_sec: 0,
            connect_fee: Nano::ZERO,
            starts: None,
            ends: None,
        }
    }
}

/// A row's prices a minute. A flat price list has `default` only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    /// Between states.
    pub interstate: Price,
    /// Within a state.
    pub intrastate: Price,
    /// Within a local calling area.
    pub local: Price,
    /// Where the calling side is not known.
    pub indeterminate: Price,
    /// Everything else; and everything, where it stands alone.
    pub default: Price,
}

impl Prices {
    /// In the order in which price lists, tables and snapshots have them: interstate, intrastate, local, indeterminate,
    /// default.
    #[must_use]
    pub const fn of_columns([interstate, intrastate, local, indeterminate, default]: [Price; 5]) -> Prices {
        Prices { interstate, intrastate, local, indeterminate, default }
    }

    /// The same, read.
    #[must_use]
    pub const fn columns(&self) -> [Price; 5] {
        [self.interstate, self.intrastate, self.local, self.indeterminate, self.default]
    }
}

/// A price, none, or a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Price {
    /// Not priced.
    #[default]
    Missing,
    /// Stops the deck: no shorter prefix prices the call (4.4).
    Blocked,
    /// A price; 0 is one.
    PerMin(Nano),
}
