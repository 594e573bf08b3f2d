//! The plan: what operators write down, before it is compiled into a snapshot.
//!
//! A plan directory and PostgreSQL are two sources of this one structure. It is plain data: things refer to
//! each other by id, lists are in any order, and nothing here decides anything. [`crate::snapshot::write`]
//! checks what it needs and compiles it.
//!
//! Ids are 1 to 63 characters of `A-Z a-z 0-9 _ . -`; "lower id" compares them bytewise.

use std::string::String;
use std::vec::Vec;

use crate::money::Nano;
use crate::number::Digits;
use crate::tariff::Rounding;

/// An instant, in seconds since 1970-01-01T00:00:00Z.
pub type UtcSec = i64;

/// Everything that operators decide.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}

/// Caps of one owner. `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Calls per second, in thousandths: 10_000 is ten calls a second. 1 (0.001/s) to 1_000_000_000.
    pub cps_milli: Option<u64>,
    /// Most calls at one instant after a rest; by default the calls of one second, at least 1.
    pub cps_burst: Option<u32>,
    /// Most concurrent calls.
    pub concurrent_calls_max: Option<u32>,
}

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
}

/// What a sell deck is keyed by (9.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SellKey {
    /// The dialled number.
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

/// How an account's calls come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    /// Its id.
    pub id: String,
    /// Who pays.
    pub account: String,
    /// Whether it may call.
    pub active: bool,
    /// Networks that its calls come from.
    pub sources: Vec<Network>,
    /// Whether calls without a valid ANI are refused.
    pub ani_required: bool,
    /// Whether LRNs given by the customer count (3.9).
    pub trust_lrn: bool,
    /// Partitions, in priority order; the account's if empty.
    pub partitions: Vec<String>,
    /// Its caps.
    pub limits: Limits,
}

/// A network in CIDR form; its host bits are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// First address.
    pub address: core::net::IpAddr,
    /// 0 to 32 or 128.
    pub prefix_len: u8,
}

/// A downstream vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its id.
    pub id: String,
    /// Whether its routes may be used.
    pub active: bool,
    /// What its decks are keyed by.
    pub kind: ProviderKind,
    /// What prices indeterminate calls, where a deck says nothing (3.7).
    pub ij_policy: IjPolicy,
    /// Caps over all its routes.
    pub limits: Limits,
}

/// What a provider's decks are keyed by (4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderKind {
    /// The called LRN.
    Lrn,
    /// The dialled number.
    Dnis,
    /// The dialled number: a provider of international routes.
    International,
    /// Reference prices only; never routed.
    RateDeck,
}

/// What prices an indeterminate call without a price of its own (3.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IjPolicy {
    /// The higher of interstate and intrastate; of one, that one.
    Higher,
    /// Interstate.
    Interstate,
    /// Intrastate.
    Intrastate,
    /// Nothing: the route drops.
    Reject,
}

/// One product of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub provider: String,
    /// Its price list; none is an endpoint that costs nothing.
    pub deck: Option<String>,
    /// Whether it may be used.
    pub active: bool,
    /// Higher is better.
    pub quality: i32,
    /// Its caps.
    pub limits: Limits,
}

/// Where a route's calls go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Its id.
    pub id: String,
    /// The route that it serves.
    pub route: String,
    /// SIP URI with `${number}` where the called number's digits go.
    pub dial_string: String,
    /// Lowest first.
    pub priority: i32,
    /// Whether it may be used.
    pub active: bool,
}

/// The routes that a call may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its id.
    pub id: String,
    /// Whether it may be used.
    pub active: bool,
    /// In which order its routes are tried.
    pub strategy: Strategy,
    /// Its routes.
    pub members: Vec<Member>,
    /// Highest buy price a minute.
    pub rate_limit_per_min: Option<Nano>,
    /// Most routes of one call: 1 to 8.
    pub max_results: u32,
    /// Time to wait for an answer before the next leg; the plan's if none.
    pub dial_timeout_sec: Option<u32>,
    /// Its caps.
    pub limits: Limits,
}

/// In which order a partition's routes are tried (section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Buy cost of the reference call, lowest first.
    LeastCost,
    /// Membership priority, lowest first.
    Priority,
    /// As `Priority`, only the first.
    Primary,
    /// Margin of the reference call, highest first.
    HighestMargin,
}

/// A route in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The route.
    pub route: String,
    /// Lowest first.
    pub priority: i32,
    /// Whether the partition uses it.
    pub active: bool,
}

/// A price list, buy or sell: that of a provider's routes, or of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deck {
    /// Its id.
    pub id: String,
    /// What prices indeterminate calls (3.7); the provider's where none, `Higher` without a provider.
    pub ij_policy: Option<IjPolicy>,
    /// How the cost of a call is rounded.
    pub rounding: Rounding,
    /// Its versions, each effective from an instant.
    pub versions: Vec<DeckVersion>,
}

/// One version of a price list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeckVersion {
    /// 1 and up; unique in its deck.
    pub number: u32,
    /// From when its rows hold, where they say nothing else.
    pub effective_from: UtcSec,
    /// What its absent codes mean.
    pub scope: Scope,
    /// Its prices, by prefix, then start.
    pub rows: Vec<DeckRow>,
}

/// What codes that a version does not contain mean (10.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// They end.
    Full,
    /// They stay.
    Partial,
}

/// A price list's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeckRow {
    /// 1 to 15 digits, E.164.
    pub prefix: Digits,
    /// What the list calls the destination; may be empty.
    pub destination: std::boxed::Box<str>,
    /// Prices a minute by jurisdiction.
    pub prices: Prices,
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

/// A block of NANP numbers and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberBlock {
    /// 6 digits (NPA-NXX) or 7 (a thousands block), without the country code.
    pub prefix: Digits,
    /// ISO 3166, two capitals.
    pub country: String,
    /// State or province, two capitals; or empty.
    pub state: String,
    /// LATA, 0 if unknown.
    pub lata: u32,
    /// Operating company number: 4 alphanumerics, or empty.
    pub ocn: String,
    /// Rate centre, or empty.
    pub rate_center: String,
}

/// Two rate centres that call each other locally (3.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPair {
    /// State of the one.
    pub state_a: String,
    /// Its rate centre.
    pub rate_center_a: String,
    /// State of the other.
    pub state_b: String,
    /// Its rate centre.
    pub rate_center_b: String,
}
