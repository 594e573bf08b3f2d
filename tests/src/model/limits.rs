//! Whether limits have room (2.7, section 5): caps of 0 have none, else the live state says.

use rating_core::plan::Limits;
use rating_core::reject::Reason;

use super::call::{Dimension, Live, Owner};

/// What a limit is about, in the order in which an owner's limits are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Calls per second.
    Cps,
    /// Calls at one instant.
    Concurrency,
    /// Calls or minutes of a period.
    Volume,
    /// Money of a day.
    Spend,
}

impl Kind {
    /// Of account, trunk or partition.
    pub fn of_call(self) -> Reason {
        match self {
            Kind::Cps => Reason::CpsExceeded,
            Kind::Concurrency => Reason::ConcurrencyExceeded,
            Kind::Volume => Reason::VolumeExceeded,
            Kind::Spend => Reason::SpendExceeded,
        }
    }

    /// Of route, provider, membership or gateway.
    pub fn of_target(self) -> Reason {
        match self {
            Kind::Cps => Reason::TargetCpsExceeded,
            Kind::Concurrency => Reason::TargetConcurrencyExceeded,
            Kind::Volume => Reason::TargetVolumeExceeded,
            Kind::Spend => Reason::TargetSpendExceeded,
        }
    }
}

/// Every limit of an owner: its dimension, and whether its cap is 0.
pub fn each(limits: &Limits) -> Vec<(Kind, Dimension, bool)> {
    let mut all = Vec::new();
    if limits.cps_milli.is_some() {
        all.push((Kind::Cps, Dimension::Cps, limits.cps_burst == Some(0)));
    }
    if let Some(cap) = limits.concurrent_calls_max {
        all.push((Kind::Concurrency, Dimension::Concurrency, cap == 0));
    }
    for volume in &limits.volumes {
        all.push((Kind::Volume, Dimension::Volume(volume.period, volume.counts), volume.calls_max == 0));
    }
    if let Some(cap) = limits.minutes_per_month_max {
        all.push((Kind::Volume, Dimension::Minutes, cap == 0));
    }
    if let Some(cap) = limits.spend_per_day_max {
        all.push((Kind::Spend, Dimension::Spend, cap.0 == 0));
    }
    all
}

/// The first kind of limit of an owner that has no room.
pub fn first_full(live: &Live, owner: &Owner, limits: &Limits) -> Option<Kind> {
    let all = each(limits).into_iter();
    let full = all.filter(|(_, dimension, zero)| {
        *zero || live.full.iter().any(|(who, what)| who == owner && what == dimension)
    });
    full.map(|(kind, ..)| kind).min()
}
