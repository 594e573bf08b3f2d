//! Which routes a call may use, in which order, and when.

use std::string::String;
use std::vec::Vec;

use super::Limits;
use crate::money::Nano;
use crate::number::Digits;

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
    /// When it may be used; always if `None` (2.9).
    pub schedule: Option<Schedule>,
    /// Lowest quality score of a route; equality passes.
    pub min_quality: Option<i32>,
    /// Highest buy price a minute.
    pub rate_limit_per_min: Option<Nano>,
    /// Most routes of one call: 1 to 8.
    pub max_results: u32,
    /// Time to wait for an answer before the next leg; the plan's if none.
    pub dial_timeout_sec: Option<u32>,
    /// Its caps.
    pub limits: Limits,
}

impl Default for Partition {
    fn default() -> Self {
        Self {
            id: String::new(),
            active: true,
            strategy: Strategy::default(),
            members: Vec::new(),
            schedule: None,
            min_quality: None,
            rate_limit_per_min: None,
            max_results: 8,
            dial_timeout_sec: None,
            limits: Limits::default(),
        }
    }
}

/// In which order a partition's routes are tried (section 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// Buy cost of the reference call, lowest first.
    #[default]
    LeastCost,
    /// Membership priority, lowest first.
    Priority,
    /// As `Priority`, only the first.
    Primary,
    /// In turn: ids after the one that took the last call.
    RoundRobin,
    /// Drawn in proportion to the weights.
    Weighted,
    /// Quality score, highest first.
    Quality,
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
    /// Its share in weighted draws: 1 if `None`, 0 comes last (5.1, 5.2).
    pub weight: Option<u32>,
    /// Whether the partition uses it.
    pub active: bool,
    /// Caps of this route in this partition.
    pub limits: Limits,
}

impl Default for Member {
    fn default() -> Self {
        Self { route: String::new(), priority: 0, weight: None, active: true, limits: Limits::default() }
    }
}

/// Times by a zone's wall clock: any of its windows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// IANA name; `UTC` if empty.
    pub time_zone: String,
    /// Holds while one of them does; never, if there is none.
    pub windows: Vec<RecurringWindow>,
}

/// A part of the day on some days. All three of `days`, `month_days` and `months` must name the day on which it
/// began (9.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecurringWindow {
    /// Days of the week: bit 0 is Monday.
    pub days: u8,
    /// Days of the month: bit 0 is the 1st.
    pub month_days: u32,
    /// Months: bit 0 is January.
    pub months: u16,
    /// Second of the day at which it begins, 0 to 86_399, by the wall clock.
    pub from_sec: u32,
    /// Second of the day at which it ends, 0 to 86_400. Before `from_sec`: on the next day. Equal: 24 h.
    pub until_sec: u32,
}

impl RecurringWindow {
    /// Always.
    pub const ALWAYS: RecurringWindow = RecurringWindow {
        days: 0x7f,
        month_days: 0x7fff_ffff,
        months: 0x0fff,
        from_sec: 0,
        until_sec: 86_400,
    };
}

/// A number whose calls go to a campaign of its owner (2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Did {
    /// E.164.
    pub number: Digits,
    /// Its owner, who pays.
    pub account: String,
    /// Where its calls go: the first that is active and on schedule, by priority, then id.
    pub campaigns: Vec<DidCampaign>,
}

/// A campaign of a DID.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DidCampaign {
    /// The campaign, which is a partition.
    pub partition: String,
    /// Lowest first.
    pub priority: i32,
}
