//! Which partition a call uses (2.9), and in which order its routes are tried (section 5).

use core::cmp::Reverse;

use crate::candidates::Candidate;
use crate::snapshot::layout::{NONE, PartitionRec, Range};
use crate::snapshot::view::{Snapshot, record_at};

/// The order of a partition's routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strategy {
    /// Buy cost of the reference call, lowest first.
    LeastCost,
    /// Membership priority, lowest number first.
    Priority,
    /// As `Priority`, only the first eligible route.
    Primary,
    /// Margin of the reference call, highest first.
    HighestMargin,
}

/// What orders two candidates: the strategy's own figure, then the ties of 5.1, the route's id last.
pub type Rank = (i64, Reverse<i32>, i32, u32);

impl Strategy {
    /// The strategy of a partition.
    #[must_use]
    pub const fn of(partition: &PartitionRec) -> Strategy {
        match partition.strategy {
            1 => Strategy::Priority,
            2 => Strategy::Primary,
            3 => Strategy::HighestMargin,
            _ => Strategy::LeastCost,
        }
    }

    /// The candidate's rank: the lowest is tried first.
    #[must_use]
    pub fn rank(self, candidate: &Candidate) -> Rank {
        let figure = match self {
            Strategy::LeastCost => candidate.cost.0,
            Strategy::Priority | Strategy::Primary => i64::from(candidate.priority),
            Strategy::HighestMargin => candidate.cost.saturating_sub(candidate.price).0,
        };
        (figure, Reverse(candidate.quality), candidate.priority, candidate.route)
    }

    /// Most routes that the strategy leaves of `max_results`.
    #[must_use]
    pub const fn cut(self, max_results: usize) -> usize {
        match self {
            Strategy::Primary => 1,
            _ => max_results,
        }
    }
}

/// The partition of a call: the one given with it, if active; else the first active one of the trunk's list, or
/// of the account's where the trunk has none; only if neither has a list, the plan's default, if active.
#[must_use]
pub fn select(snapshot: &Snapshot<'_>, given: Option<u32>, trunk: Range, account: Range) -> Option<u32> {
    let active = |at: &u32| find(snapshot, *at).is_some_and(|partition| partition.active == 1);
    if given.is_some() {
        return given.filter(active);
    }
    let lists = [trunk, account].map(|range| snapshot.range(snapshot.partition_lists(), range));
    match lists.into_iter().find(|list| !list.is_empty()) {
        Some(list) => list.iter().map(|partition| partition.get()).find(active),
        None => Some(snapshot.plan().default_partition.get()).filter(|at| *at != NONE).filter(active),
    }
}

/// The partition at a place of the snapshot.
#[must_use]
pub fn find<'a>(snapshot: &Snapshot<'a>, at: u32) -> Option<&'a PartitionRec> {
    record_at(snapshot.partitions(), at)
}
