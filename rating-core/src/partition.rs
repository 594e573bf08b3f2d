//! Which partition a call uses (2.5, 2.9), and in which order its routes are tried (section 5).

use crate::candidates::Candidate;
use crate::money::Atto;
use crate::number::Digits;
use crate::overrides::Effects;
use crate::schedule;
use crate::snapshot::layout::{DidRec, NONE, PartitionRec, Range};
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
    /// Ids after the route that took the last call, wrapping.
    RoundRobin,
    /// Successive draws in proportion to the weights.
    Weighted,
    /// Quality, highest first.
    Quality,
}

impl Strategy {
    /// The strategy of a partition, whatever overrides say.
    #[must_use]
    pub const fn of(partition: &PartitionRec) -> Strategy {
        match partition.strategy {
            1 => Strategy::Priority,
            2 => Strategy::Primary,
            3 => Strategy::HighestMargin,
            4 => Strategy::RoundRobin,
            5 => Strategy::Weighted,
            6 => Strategy::Quality,
            _ => Strategy::LeastCost,
        }
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

/// How the routes of one call are ordered: the partition's strategy, or what an override puts in its place (4.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The strategy.
    pub strategy: Strategy,
    /// Most routes that it leaves.
    pub most: usize,
    /// Whether routes of equal rank are drawn by weight (5.1).
    pub draws: bool,
    /// Round robin: the place of the route that took the last call, or [`NONE`].
    cursor: u32,
    /// The route that goes before all, or [`NONE`].
    forced: u32,
}

/// What orders two candidates: the forced one, the strategy's own figure, the ties of 5.1, the route's id last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// The strategy's figure; of a forced route less than any.
    figure: i128,
    /// Quality, highest first, and priority, lowest first.
    tie: u64,
    /// The lower id.
    pub route: u32,
}

impl Rank {
    /// Of no candidate.
    pub(crate) const NONE: Rank = Rank { figure: 0, tie: 0, route: 0 };
    /// Worse than any route's.
    pub(crate) const BEHIND_ALL: Rank = Rank { figure: i128::MAX, tie: u64::MAX, route: NONE };

    /// Whether only draws and ids are between the two.
    #[must_use]
    pub fn ties_with(&self, other: &Rank) -> bool {
        self.figure == other.figure && self.tie == other.tie
    }

    /// Whether a route of this rank costs less, where cost goes first.
    #[must_use]
    pub(crate) const fn is_cheaper_than(&self, cost_in_plan: Atto) -> bool {
        self.figure < cost_in_plan.0
    }
}

/// What breaks a tie before ids do.
#[inline]
fn tie_of(candidate: &Candidate) -> u64 {
    in_order(!candidate.quality) << 32 | in_order(candidate.priority)
}

/// A signed number as one without a sign, in the same order.
fn in_order(number: i32) -> u64 {
    u64::from(number.cast_unsigned() ^ i32::MIN.cast_unsigned())
}

impl Order {
    /// The order of a call's routes. `cursor_key` is the route that the partition chose last, by its key.
    pub(crate) fn of(
        snapshot: &Snapshot<'_>,
        partition: &PartitionRec,
        effects: &Effects,
        max_results: usize,
        cursor_key: u64,
    ) -> Order {
        let own = Strategy::of(partition);
        let strategy = if effects.bypass_lcr { Strategy::Priority } else { own };
        let cursor = match strategy {
            Strategy::RoundRobin => place_of_member(snapshot, partition, cursor_key),
            _ => NONE,
        };
        Order {
            strategy,
            most: strategy.cut(max_results),
            draws: strategy == Strategy::Weighted
                || (partition.weights == 1 && strategy != Strategy::RoundRobin),
            cursor,
            forced: effects.forced.map_or(NONE, |forced| forced.route),
        }
    }

    /// A candidate's rank: the lowest is tried first.
    #[must_use]
    #[inline]
    pub fn rank(&self, candidate: &Candidate) -> Rank {
        // Most calls.
        if self.strategy == Strategy::LeastCost && self.forced == NONE {
            return Rank { figure: candidate.cost_in_plan.0, tie: tie_of(candidate), route: candidate.route };
        }
        self.rank_by_strategy(candidate)
    }

    #[inline(never)]
    fn rank_by_strategy(&self, candidate: &Candidate) -> Rank {
        let (route, tie) = (candidate.route, tie_of(candidate));
        let (figure, tie) = match self.strategy {
            Strategy::LeastCost => (candidate.cost_in_plan.0, tie),
            Strategy::HighestMargin => {
                (candidate.cost_in_plan.saturating_sub(candidate.price_in_plan).0, tie)
            }
            Strategy::Priority | Strategy::Primary => (i128::from(candidate.priority), tie),
            Strategy::Quality => (i128::from(candidate.quality).saturating_neg(), tie),
            // Every id after the cursor, then those up to it, its own last. Nothing but the id breaks ties.
            Strategy::RoundRobin => (i128::from(self.cursor != NONE && route <= self.cursor), 0),
            // One tier of all: the draws alone order them.
            Strategy::Weighted => (0, 0),
        };
        let is_forced = route == self.forced && route != NONE;
        Rank { figure: if is_forced { i128::MIN } else { figure }, tie, route }
    }
}

/// The place of the route with a key among a partition's members, or [`NONE`].
fn place_of_member(snapshot: &Snapshot<'_>, partition: &PartitionRec, key: u64) -> u32 {
    let members = snapshot.range(snapshot.members(), partition.members);
    let has_key =
        |route: &u32| record_at(snapshot.routes(), *route).is_some_and(|record| record.key.get() == key);
    members.iter().map(|member| member.route.get()).find(has_key).unwrap_or(NONE)
}

/// The DID that a number is (2.5).
#[must_use]
pub fn did<'a>(snapshot: &Snapshot<'a>, number: &Digits) -> Option<&'a DidRec> {
    let dids = snapshot.dids();
    if dids.is_empty() {
        return None;
    }
    let at = dids.binary_search_by_key(&number.to_packed(), |did| did.number.get()).ok()?;
    dids.get(at)
}

/// The campaign of a DID: the first that is active and on schedule (2.5).
pub(crate) fn of_did(snapshot: &Snapshot<'_>, did: &DidRec, at_utc_sec: i64) -> Option<u32> {
    first_open(snapshot, did.campaigns, at_utc_sec)
}

/// The partition of a call: the one given with it, if active, whatever its schedule; else the first of the trunk's list that is active and
/// on schedule, or of the account's where the trunk has none; only if neither has a list, the plan's default (2.9).
pub(crate) fn select(
    snapshot: &Snapshot<'_>,
    given: Option<u32>,
    trunk: Range,
    account: Range,
    at_utc_sec: i64,
) -> Option<u32> {
    let is_active = |at: &u32| find(snapshot, *at).is_some_and(|partition| partition.active == 1);
    if let Some(given) = given.filter(is_active) {
        return Some(given);
    }
    match [trunk, account].into_iter().find(|list| list.count.get() != 0) {
        Some(list) => first_open(snapshot, list, at_utc_sec),
        None => Some(snapshot.plan().default_partition.get()).filter(|at| is_open(snapshot, *at, at_utc_sec)),
    }
}

fn first_open(snapshot: &Snapshot<'_>, list: Range, at_utc_sec: i64) -> Option<u32> {
    let partitions = snapshot.range(snapshot.partition_lists(), list).iter().map(|partition| partition.get());
    partitions.into_iter().find(|at| is_open(snapshot, *at, at_utc_sec))
}

fn is_open(snapshot: &Snapshot<'_>, at: u32, at_utc_sec: i64) -> bool {
    find(snapshot, at).is_some_and(|partition| {
        partition.active == 1 && schedule::holds(snapshot, partition.schedule.get(), at_utc_sec)
    })
}

/// The partition at a place of the snapshot.
#[must_use]
pub fn find<'a>(snapshot: &Snapshot<'a>, at: u32) -> Option<&'a PartitionRec> {
    record_at(snapshot.partitions(), at)
}
