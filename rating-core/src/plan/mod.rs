//! The plan: what operators write down, before it is compiled into a snapshot.
//!
//! A plan directory and PostgreSQL are two sources of this one structure. It is plain data: things refer to
//! each other by id, lists are in any order, and nothing here decides anything. [`crate::snapshot::write`]
//! checks what it needs and compiles it.
//!
//! Ids are 1 to 63 characters of `A-Z a-z 0-9 _ . -`; "lower id" compares them bytewise.

mod account;
mod deck;
mod limits;
mod numbering;
mod partition;
mod provider;
mod rules;
mod trunk;

pub use crate::class::{AniClass, CountedCalls, DestinationClass, Period, TrafficClass};
pub use account::*;
pub use deck::*;
pub use limits::*;
pub use numbering::*;
pub use partition::*;
pub use provider::*;
pub use rules::*;
pub use trunk::*;

use std::string::String;
use std::vec::Vec;

use crate::money::Nano;
use crate::number::Digits;

/// An instant, in seconds since 1970-01-01T00:00:00Z.
pub type UtcSec = i64;

/// Everything that operators decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What holds for the whole plan.
    pub settings: Settings,
    /// Who pays.
    pub accounts: Vec<Account>,
    /// How their calls come in.
    pub trunks: Vec<Trunk>,
    /// Downstream vendors.
    pub providers: Vec<Provider>,
    /// What the vendors sell.
    pub routes: Vec<Route>,
    /// Where calls go.
    pub gateways: Vec<Gateway>,
    /// Which routes a call may use.
    pub partitions: Vec<Partition>,
    /// Price lists, buy and sell.
    pub decks: Vec<Deck>,
    /// The numbering table.
    pub numbering: Vec<NumberBlock>,
    /// Pairs of rate centres that call each other locally.
    pub local_calling: Vec<LocalPair>,
    /// Numbers whose calls go to a campaign.
    pub dids: Vec<Did>,
    /// Routing that people decide in place of the partition.
    pub overrides: Vec<Override>,
    /// Destinations and providers that are not used.
    pub exclusions: Vec<Exclusion>,
    /// Do-not-originate list: 3, 6, 7 or 10 digits that a NANP ANI begins with after its `1` (2.6).
    pub dno: Vec<Digits>,
    /// What other currencies are worth.
    pub currency_rates: Vec<CurrencyRate>,
}

/// What holds for the whole plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The plan's name.
    pub name: String,
    /// ISO 4217, three capitals: of wallets, limits and margins.
    pub currency: String,
    /// Duration of the call by which routes are compared: 1 to 86_400 s, 60 by default.
    pub reference_duration_sec: u32,
    /// Partition of calls whose trunk and account list none.
    pub default_partition: Option<String>,
    /// Whether a calling side's LRN counts (3.1).
    pub use_ani_lrn: bool,
    /// Longest call: 1 to 604_800 s, 14_400 by default.
    pub max_duration_sec: u32,
    /// Time to wait for an answer where the partition says nothing: 1 to 300 s, 20 by default.
    pub dial_timeout_sec: u32,
    /// What a prepaid call holds at first, and at each extension (8.2): 1 to 86_400 s, 60 by default.
    pub hold_interval_sec: u32,
    /// What becomes of new calls when a node's call table is full of calls that have ended and are not written.
    pub when_table_full: WhenTableFull,
    /// Digits that are an emergency call exactly as dialled (2.2): 2 to 15 digits each.
    pub emergency_numbers: Vec<Digits>,
    /// Routes of emergency calls, in the order in which they are tried.
    pub emergency_routes: Vec<String>,
    /// Toll-free area codes beyond the seven of NANP: 200 to 999 (3.3).
    pub toll_free_npas: Vec<u16>,
    /// E.164 prefixes that are premium beyond those of NANP (2.6).
    pub premium_prefixes: Vec<Digits>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: String::new(),
            currency: String::from("USD"),
            reference_duration_sec: 60,
            default_partition: None,
            use_ani_lrn: false,
            max_duration_sec: 14_400,
            dial_timeout_sec: 20,
            hold_interval_sec: 60,
            when_table_full: WhenTableFull::Refuse,
            emergency_numbers: Vec::new(),
            emergency_routes: Vec::new(),
            toll_free_npas: Vec::new(),
            premium_prefixes: Vec::new(),
        }
    }
}

/// What a node does whose call table is full because nobody writes the records of calls that have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenTableFull {
    /// It refuses new calls, and keeps every record.
    #[default]
    Refuse,
    /// It goes on, drops records that wait, and counts them. Those of calls that a wallet pays are kept.
    DropRecords,
}

/// What one unit of a currency is worth in the plan's, from an instant on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CurrencyRate {
    /// ISO 4217, three capitals.
    pub currency: String,
    /// From when it holds, until the next of its currency.
    pub from: UtcSec,
    /// Units of the plan's currency for one of this. Positive.
    pub rate: Nano,
}
