//! A call, what is live, and the answer: plain data with names, readable in a failure's report.

use std::collections::BTreeMap;
use std::net::IpAddr;

use rating_core::money::Nano;
use rating_core::plan::{AniClass, CountedCalls, Period};
use rating_core::reject::Reason;

/// Where a call comes from (2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A source address.
    Source(IpAddr),
    /// A digest user.
    User(String),
    /// A trunk, by id.
    Trunk(String),
    /// An account without a trunk.
    Account(String),
}

/// An LRN that came with a call, and whose word it is (3.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lrn {
    /// As it came.
    pub text: String,
    /// Our own dip's, or the customer's.
    pub dipped: bool,
}

/// Section 3's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Jurisdiction {
    /// Between states.
    Interstate,
    /// Within a state.
    Intrastate,
    /// Within a local calling area.
    Local,
    /// One side is not known.
    Indeterminate,
    /// To a toll-free number.
    TollFree,
    /// NANP outside the US.
    Zone1,
    /// Outside NANP.
    International,
}

impl Jurisdiction {
    /// Every jurisdiction.
    pub const ALL: [Jurisdiction; 7] = [
        Self::Interstate,
        Self::Intrastate,
        Self::Local,
        Self::Indeterminate,
        Self::TollFree,
        Self::Zone1,
        Self::International,
    ];

    /// As every interface calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Interstate => "interstate",
            Self::Intrastate => "intrastate",
            Self::Local => "local",
            Self::Indeterminate => "indeterminate",
            Self::TollFree => "toll_free",
            Self::Zone1 => "zone1",
            Self::International => "international",
        }
    }
}

/// A call to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Nanoseconds since 1970.
    pub at_ns: i64,
    /// Where it comes from.
    pub origin: Origin,
    /// SIP Call-ID.
    pub call_id: Vec<u8>,
    /// The calling number as it came.
    pub ani: String,
    /// The dialled number as it came.
    pub dnis: String,
    /// The calling number's LRN.
    pub ani_lrn: Option<Lrn>,
    /// The called number's LRN.
    pub dnis_lrn: Option<Lrn>,
    /// Partition by the configuration.
    pub partition: Option<String>,
    /// Highest buy price a minute, in the plan's currency.
    pub rate_limit_per_min: Option<Nano>,
    /// Most routes.
    pub max_results: Option<u32>,
    /// The jurisdiction for pricing.
    pub zone: Option<Jurisdiction>,
    /// OCN of the called side.
    pub ocn: Option<[u8; 4]>,
    /// LATA of the called side.
    pub lata: Option<u32>,
    /// State of the called side.
    pub state: Option<[u8; 2]>,
    /// Class of the calling number.
    pub ani_class: Option<AniClass>,
    /// Carrier of a toll-free number.
    pub cic: Option<[u8; 4]>,
}

impl Call {
    /// A call with nothing given but the numbers.
    #[must_use]
    pub fn new(at_sec: i64, origin: Origin, ani: &str, dnis: &str) -> Call {
        Call {
            at_ns: at_sec * 1_000_000_000,
            origin,
            call_id: b"call-1".to_vec(),
            ani: ani.into(),
            dnis: dnis.into(),
            ani_lrn: None,
            dnis_lrn: None,
            partition: None,
            rate_limit_per_min: None,
            max_results: None,
            zone: None,
            ocn: None,
            lata: None,
            state: None,
            ani_class: None,
            cic: None,
        }
    }
}

/// Who has limits (6.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// By id.
    Account(String),
    /// By id.
    Trunk(String),
    /// By id.
    Provider(String),
    /// By id.
    Route(String),
    /// By id.
    Gateway(String),
    /// By id.
    Partition(String),
    /// Partition, route.
    Member(String, String),
}

/// What a limit limits (6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Calls per second.
    Cps,
    /// Calls at one instant.
    Concurrency,
    /// Calls of a period.
    Volume(Period, CountedCalls),
    /// Minutes of a month.
    Minutes,
    /// Money of a day.
    Spend,
}

/// What is live, as plain data: an input of a decision (5.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// Limits without room. A cap of 0 has none anyway.
    pub full: Vec<(Owner, Dimension)>,
    /// Account, wallet: what is available; its credit limit where not told.
    pub available: Vec<(String, String, i64)>,
    /// Partition: the route that round robin took last.
    pub cursors: Vec<(String, String)>,
    /// Route: quality by live figures.
    pub qualities: Vec<(String, i32)>,
}

/// What is known of a call, as far as its decision came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its trunk.
    pub trunk: Option<String>,
    /// Who pays.
    pub account: Option<String>,
    /// Its partition.
    pub partition: Option<String>,
    /// What prices it.
    pub jurisdiction: Option<Jurisdiction>,
    /// The calling number as read.
    pub ani: String,
    /// The called number as read.
    pub dnis: String,
    /// The calling side's LRN, if it counted.
    pub ani_lrn: String,
    /// The called side's LRN, if it counted.
    pub dnis_lrn: String,
    /// OCN of the called side.
    pub ocn: String,
    /// LATA of the called side.
    pub lata: u32,
    /// Its state, if it is in the US.
    pub state: String,
    /// State of the calling side, if it is in the US.
    pub ani_state: String,
}

/// By what a deck matched: the length of a code, or 16 and up for OCN and LATA, OCN, LATA, CIC; 0 for no deck.
pub type MatchedBy = u8;

/// A route that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The route.
    pub route: String,
    /// Buy cost of the reference call, in its deck's currency.
    pub cost: Nano,
    /// Sell price of the reference call.
    pub price: Nano,
    /// Buy price a minute.
    pub rate_per_min: Nano,
    /// Sell price a minute.
    pub customer_rate_per_min: Nano,
    /// By what its deck matched.
    pub matched: MatchedBy,
    /// Version of the row.
    pub deck_version: u32,
}

/// What the model says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Why the call is refused.
    pub reject: Option<Reason>,
    /// Route, gateway: in order.
    pub legs: Vec<(String, String)>,
    /// What is known.
    pub facts: Facts,
    /// Routes that stay, in order.
    pub kept: Vec<Kept>,
    /// Every other route that was looked at.
    pub dropped: BTreeMap<String, Reason>,
    /// CPS slots of account and trunk that are spent (2.7).
    pub cps_slots: u32,
    /// Whether it is an emergency call (2.2).
    pub emergency: bool,
    /// Whether the call met an area code or a country code that the model does not know: then the rest says nothing.
    pub is_outside: bool,
}
