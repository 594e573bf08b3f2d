//! The arithmetic of limits: who may pass, and when. Where the counts live is the node's business.
//!
//! CPS is GCRA, the generic cell rate algorithm (ITU-T I.371, annex A), in one word: the theoretical arrival
//! time (TAT) of the next call. With 10 calls a second and a burst of 3, a call may come up to
//! `(3 − 1) × 100 ms` ahead of its TAT, and each call that passes moves the TAT 100 ms on. So over any T
//! seconds at most `burst + cps × T` calls pass, and as many do when offered (6.3).
//!
//! Concurrency is a count and a cap (6.4).

use crate::live::Full;

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
}

/// One limit of one account, trunk, provider, route or partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limit {
    /// Names the limit for ever: made from scope, owner and dimension, it does not change with the plan.
    pub key: u64,
    /// What is limited.
    pub dimension: Dimension,
}

impl Limit {
    /// The most that can pass at once; 0 where the limit admits nothing at all.
    #[must_use]
    pub const fn max(&self) -> u32 {
        match self.dimension {
            Dimension::Cps(gcra) => gcra.burst,
            Dimension::Concurrency { calls_max } => calls_max,
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
