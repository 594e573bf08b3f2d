//! Caps on the calls of an owner (section 6).

use std::vec::Vec;

use crate::class::{CountedCalls, Period};
use crate::money::Nano;

/// Caps of one owner. `None` is no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Calls per second, in thousandths: 10_000 is ten calls a second. 1 (0.001/s) to 1_000_000_000.
    pub cps_milli: Option<u64>,
    /// Most calls at one instant after a rest; by default the calls of one second, at least 1.
    pub cps_burst: Option<u32>,
    /// Most concurrent calls; 0 admits none.
    pub concurrent_calls_max: Option<u32>,
    /// Calls in a period; at most one of each period and count.
    pub volumes: Vec<VolumeLimit>,
    /// Most minutes of calls in a calendar month; 0 admits none.
    pub minutes_per_month_max: Option<u32>,
    /// Most that a calendar day's calls may cost at the sell price, in the plan's currency; 0 admits none.
    pub spend_per_day_max: Option<Nano>,
}

/// A cap on the calls of a period (6.1, 6.2), in the time zone of the limit's owner (6.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeLimit {
    /// How long a count lasts.
    pub period: Period,
    /// Which calls count.
    pub counts: CountedCalls,
    /// Most calls; 0 admits none.
    pub calls_max: u32,
}
