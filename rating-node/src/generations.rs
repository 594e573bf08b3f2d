//! The snapshots that a process has mapped: the set that is live, and older ones that calls in set-up need.
//!
//! A snapshot is true for an interval. What is published is a set of up to [`SET_MAX`] snapshots, one after the
//! other in time, each with a generation of its own; the instant of a call selects. So a price that changes at
//! midnight changes at midnight in every worker, with nothing done at midnight. After the end of the last one the
//! last one goes on.

use std::sync::Arc;

use crate::generation::Generation;
use crate::shm::GENERATIONS;

/// Snapshots of a set. Half of the generations: while one set replaces another, no slot is of both.
pub const SET_MAX: usize = 4;

/// Time before a generation that could not be mapped is tried again: the fault may have been a passing one.
const REFRESH_AGAIN_NS: u64 = 1_000_000_000;

/// What a process has mapped. A value that does not change: what is mapped next is in the next one, and whoever reads this one
/// waits for nobody.
#[derive(Clone, Debug)]
pub(crate) struct Generations {
    set: LiveSet,
    older: Vec<Arc<Generation>>,
    /// A newest generation that could not be mapped, and when, on the monotonic clock: tried again a while later.
    failed: Option<(u64, u64)>,
}

/// The snapshots that are live, in the order of time.
#[derive(Clone, Debug)]
pub(crate) struct LiveSet {
    first: Arc<Generation>,
    later: Vec<Arc<Generation>>,
}

impl LiveSet {
    pub fn new(first: Arc<Generation>, later: Vec<Arc<Generation>>) -> LiveSet {
        LiveSet { first, later }
    }

    /// The last in time, which has the highest number.
    pub fn newest(&self) -> &Arc<Generation> {
        self.later.last().unwrap_or(&self.first)
    }

    /// The one that decides at an instant: the last that has begun.
    pub fn at(&self, utc_ns: i64) -> &Arc<Generation> {
        let begun = self.later.iter().rev().find(|generation| generation.from_utc_ns() <= utc_ns);
        begun.unwrap_or(&self.first)
    }

    fn iter(&self) -> impl Iterator<Item = &Arc<Generation>> {
        std::iter::once(&self.first).chain(&self.later)
    }
}

impl Generations {
    pub fn new(set: LiveSet) -> Generations {
        Generations { set, older: Vec::new(), failed: None }
    }

    pub const fn set(&self) -> &LiveSet {
        &self.set
    }

    pub fn find(&self, number: u64) -> Option<Arc<Generation>> {
        // The live set first: nearly every question is about one of it.
        let mut mapped = self.set.iter().chain(&self.older);
        mapped.find(|generation| generation.number() == number).cloned()
    }

    /// Whether a set could not be mapped a moment ago.
    pub fn is_resting(&self, newest: u64, monotonic_ns: Option<u64>) -> bool {
        let Some(((failed, at_ns), now_ns)) = self.failed.zip(monotonic_ns) else { return false };
        failed == newest && now_ns.checked_sub(at_ns).is_some_and(|rest_ns| rest_ns < REFRESH_AGAIN_NS)
    }

    /// A set could not be mapped. Who has no clock tries every time.
    #[must_use]
    pub fn resting(&self, newest: u64, monotonic_ns: Option<u64>) -> Generations {
        let failed = monotonic_ns.map(|at_ns| (newest, at_ns));
        Generations { failed, ..self.clone() }
    }

    /// With another set live; the same if a later one is.
    #[must_use]
    pub fn replaced_by(&self, new: &LiveSet) -> Generations {
        let mut next = self.clone();
        if self.set.newest().number() < new.newest().number() {
            next.set = new.clone();
            let gone: Vec<_> = self.set.iter().filter(|old| next.find(old.number()).is_none()).collect();
            gone.into_iter().for_each(|old| next.keep(Arc::clone(old)));
        }
        next
    }

    /// With a generation that calls in set-up need.
    #[must_use]
    pub fn with(&self, generation: &Arc<Generation>) -> Generations {
        let mut next = self.clone();
        next.keep(Arc::clone(generation));
        next
    }

    fn keep(&mut self, generation: Arc<Generation>) {
        if self.older.len() >= GENERATIONS {
            self.older.remove(0);
        }
        self.older.push(generation);
    }
}
