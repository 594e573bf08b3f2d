//! Who pays, and what may be called.

use std::string::String;
use std::vec::Vec;

use super::{DestinationClass, Limits, TrafficClass};
use crate::money::Nano;
use crate::number::Digits;
use crate::tariff::Rounding;

/// Who pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id (a carrier's BAN).
    pub id: String,
    /// Whether it may call.
    pub active: bool,
    /// Sell deck, if it has one.
    pub sell_deck: Option<String>,
    /// What the sell deck is keyed by.
    pub sell_key: SellKey,
    /// How it buys without a sell deck.
    pub cost_plus: Option<CostPlus>,
    /// The least that a call must earn.
    pub min_margin: MinMargin,
    /// Partitions, in priority order.
    pub partitions: Vec<String>,
    /// Caps over all its trunks.
    pub limits: Limits,
    /// IANA time zone of its limits' periods, and of its partitions'; `UTC` if empty (6.5).
    pub time_zone: String,
    /// What kind of calls it makes.
    pub traffic: TrafficClass,
    /// Numbers and destinations it may not use.
    pub screening: Screening,
    /// What pays its calls; none is postpaid (8.1).
    pub wallets: Vec<Wallet>,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            id: String::new(),
            active: true,
            sell_deck: None,
            sell_key: SellKey::default(),
            cost_plus: None,
            min_margin: MinMargin::default(),
            partitions: Vec::new(),
            limits: Limits::default(),
            time_zone: String::new(),
            traffic: TrafficClass::default(),
            screening: Screening::default(),
            wallets: Vec::new(),
        }
    }
}

/// Numbers and destinations that an account or a trunk may not use (2.6). The lists of both count together: the
/// longest entry wins, and of equal ones the allowing one. An allow list is no whitelist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screening {
    /// E.164 prefixes, or whole numbers, that may not call.
    pub blocked_ani: Vec<Digits>,
    /// Those that may, inside what is blocked.
    pub allowed_ani: Vec<Digits>,
    /// E.164 prefixes, or whole numbers, that may not be called.
    pub blocked_dnis: Vec<BlockedPrefix>,
    /// Those that may, inside what is blocked: allow lists and VIP entries.
    pub allowed_dnis: Vec<Digits>,
    /// Classes of destination that may be called; all of them if `None`.
    pub destination_classes: Option<Vec<DestinationClass>>,
    /// Countries that may be called.
    pub countries: Countries,
}

/// A called prefix that is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockedPrefix {
    /// An E.164 prefix.
    Prefix(Digits),
    /// The exchange 976 of any NANP area code, written `976`: counts as 7 digits.
    AnyNpa976,
}

/// Countries that may be called, ISO 3166, two capitals (2.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Countries {
    /// All.
    #[default]
    All,
    /// These only. A number whose country is not known does not pass.
    Only(Vec<String>),
    /// All but these.
    AllBut(Vec<String>),
}

/// Money or seconds that an account has paid for (8.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wallet {
    /// Its id.
    pub id: String,
    /// What is in it.
    pub kind: WalletKind,
    /// Lowest first.
    pub priority: i32,
    /// It pays while more than this is available: nano-units of the plan's currency, or seconds. 0 by default.
    pub threshold: i64,
    /// How far it may go below nothing, in the same unit. Not negative.
    pub credit_limit: i64,
}

/// What is in a wallet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WalletKind {
    /// Nano-units of the plan's currency.
    #[default]
    Money,
    /// Seconds that the account's sell deck bills.
    Seconds,
}

/// What a sell deck is keyed by (9.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SellKey {
    /// The dialled number.
    #[default]
    Dnis,
    /// The called number's LRN.
    Lrn,
}

/// Sell price as buy cost plus margin and fee (9.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostPlus {
    /// Nano-percent: 10 % is 10_000_000_000. Not negative.
    pub margin_nano_percent: i64,
    /// For each minute that the provider bills.
    pub fixed_fee_per_min: Nano,
    /// How the price of a call is rounded.
    pub rounding: Rounding,
}

/// The least that a call of the reference duration must earn (section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinMargin {
    /// Sell − buy ≥ this amount; 0 by default.
    Amount(Nano),
    /// Sell − buy ≥ this share of sell, in nano-percent.
    NanoPercent(i64),
    /// Any loss is accepted.
    AllowLoss,
}

impl Default for MinMargin {
    fn default() -> Self {
        Self::Amount(Nano::ZERO)
    }
}
