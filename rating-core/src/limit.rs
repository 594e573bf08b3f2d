//! The arithmetic of limits: who may pass, and when. Where the counts live is the node's business.
//!
//! CPS is GCRA, the generic cell rate algorithm (ITU-T I.371, annex A), in one word: the theoretical arrival
//! time (TAT) of the next call. With 10 calls a second and a burst of 3, a call may come up to
//! `(3 − 1) × 100 ms` ahead of its TAT, and each call that passes moves the TAT 100 ms on. So over any T
//! seconds at most `burst + cps × T` calls pass, and as many do when offered (6.3).
//!
//! Concurrency is a count and a cap (6.4).

use crate::class::{CountedCalls, Period};
use crate::live::Full;
use crate::money::Nano;
use crate::reject::Reason;

/// What a limit limits (6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Calls per second, with a burst.
    Cps(Gcra),
    /// Calls at the same time.
    Concurrency {
        /// Most calls at any instant; 0 admits none.
        calls_max: u32,
    },
    /// Calls of a period (6.2).
    Calls {
        /// How long a count lasts.
        period: Period,
        /// Which calls count.
        counts: CountedCalls,
        /// Most calls; 0 admits none.
        calls_max: u32,
    },
    /// Minutes of calls in a month.
    Minutes {
        /// Most minutes; 0 admits none.
        minutes_max: u32,
    },
    /// What calls of a day cost.
    Spend {
        /// Most, in the plan's currency; 0 admits none.
        amount_max: Nano,
    },
}

impl Dimension {
    /// The reject of a call whose account, trunk or partition is at this limit (2.7, 2.9).
    #[must_use]
    pub const fn reject_reason(&self) -> Reason {
        match self {
            Self::Cps(_) => Reason::CpsExceeded,
            Self::Concurrency { .. } => Reason::ConcurrencyExceeded,
            Self::Calls { .. } | Self::Minutes { .. } => Reason::VolumeExceeded,
            Self::Spend { .. } => Reason::SpendExceeded,
        }
    }

    /// Why a route is dropped that is at this limit, or whose provider, membership or gateway is (section 5).
    #[must_use]
    pub const fn drop_reason(&self) -> Reason {
        match self {
            Self::Cps(_) => Reason::TargetCpsExceeded,
            Self::Concurrency { .. } => Reason::TargetConcurrencyExceeded,
            Self::Calls { .. } | Self::Minutes { .. } => Reason::TargetVolumeExceeded,
            Self::Spend { .. } => Reason::TargetSpendExceeded,
        }
    }
}

/// One limit of one account, trunk, provider, route, gateway, partition or membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limit {
    /// Names the limit for ever: made from scope, owner and dimension, it does not change with the plan.
    pub key: u64,
    /// What is limited.
    pub dimension: Dimension,
    /// Whose hours, days and months its periods are: a zone of the snapshot, or `NONE`: the paying account's.
    pub zone: u32,
}

impl Limit {
    /// Whether the limit admits nothing at all.
    #[must_use]
    pub const fn admits_nothing(&self) -> bool {
        match self.dimension {
            Dimension::Cps(gcra) => gcra.burst == 0,
            Dimension::Concurrency { calls_max } | Dimension::Calls { calls_max, .. } => calls_max == 0,
            Dimension::Minutes { minutes_max } => minutes_max == 0,
            Dimension::Spend { amount_max } => amount_max.0 <= 0,
        }
    }
}

/// The rate and burst of a CPS limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gcra {
    /// Time between two calls at the sustained rate.
    ///
    /// # Units
    /// Nanoseconds: 1e9 / cps. Never 0 in a verified snapshot.
    pub interval_ns: u64,
    /// Most calls at one instant after a rest. 0 admits none.
    pub burst: u32,
}

impl Gcra {
    /// Admits one call at `now_ns` given the limit's TAT.
    ///
    /// Returns the TAT to store in place of `tat_ns`. A TAT of 0 is a limit at rest.
    ///
    /// # Errors
    /// [`Full`] with the time until the call would pass.
    #[inline]
    pub fn admit(self, tat_ns: u64, now_ns: u64) -> Result<u64, Full> {
        if self.burst == 0 {
            return Err(Full { retry_after_ns: 0 });
        }
        let tolerance_ns = self.interval_ns.saturating_mul(u64::from(self.burst.saturating_sub(1)));
        let earliest_ns = tat_ns.saturating_sub(tolerance_ns);
        if now_ns < earliest_ns {
            return Err(Full { retry_after_ns: earliest_ns.saturating_sub(now_ns) });
        }
        Ok(tat_ns.max(now_ns).saturating_add(self.interval_ns))
    }
}
