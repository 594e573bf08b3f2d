//! The best of a call's candidates: at most eight, or all of them in order where routes are drawn (5.1, 5.4).
//!
//! Without draws nothing is sorted that is not kept: each candidate finds its place among the best so far, or none.
//! With draws every eligible route has to stand in its order first, for routes that are cut have drawn too (5.2).

use crate::candidates::Candidate;
use crate::draw::Draws;
use crate::money::Atto;
use crate::partition::Rank;
use crate::reject::Reason;
use crate::snapshot::layout::MEMBERS_MAX;

/// Most routes that a decision keeps.
pub const ROUTES_MAX: usize = 8;

/// The best candidates so far, best first.
#[derive(Clone, Copy, Debug)]
pub struct Best {
    kept: [Option<(Rank, Candidate)>; ROUTES_MAX],
    most: usize,
}

impl Best {
    pub(crate) fn new(most: usize) -> Self {
        Self { kept: [None; ROUTES_MAX], most: most.min(ROUTES_MAX) }
    }

    /// Whether a candidate of this rank would be kept.
    pub(crate) fn would_keep(&self, rank: &Rank) -> bool {
        match self.most.checked_sub(1).and_then(|last| self.kept.get(last)) {
            Some(Some((worst, _))) => rank < worst,
            Some(None) => true,
            None => false,
        }
    }

    /// Whether no place is left for a candidate of this cost, whatever else is said of it, where the lowest cost goes first.
    pub(crate) fn is_beyond(&self, cost_in_plan: Atto) -> bool {
        let worst = self.most.checked_sub(1).and_then(|last| self.kept.get(last));
        matches!(worst, Some(Some((_, worst))) if worst.cost_in_plan < cost_in_plan)
    }

    /// Keeps a candidate in its place. Gives back the one that no longer has any.
    pub(crate) fn insert(&mut self, rank: Rank, candidate: Candidate) -> Option<Candidate> {
        let kept = self.kept.get_mut(..self.most).unwrap_or_default();
        // From behind: most candidates come in their order.
        let before =
            |place: &Option<(Rank, Candidate)>| place.as_ref().is_some_and(|(other, _)| *other <= rank);
        let at = kept.iter().rposition(before).map_or(0, |last| last.saturating_add(1));
        let Some(behind) = kept.get_mut(at..) else { return Some(candidate) };
        let Some(first) = behind.first() else { return Some(candidate) };
        if first.is_some() {
            behind.rotate_right(1);
        }
        let pushed_out = behind.first_mut()?.replace((rank, candidate));
        pushed_out.map(|(_, candidate)| candidate)
    }

    /// Keeps a candidate behind those that are kept, if there is a place left.
    pub(crate) fn append(&mut self, rank: Rank, candidate: Candidate) {
        if let Some(place) = self.kept.iter_mut().take(self.most).find(|place| place.is_none()) {
            *place = Some((rank, candidate));
        }
    }

    /// The candidates, best first.
    pub fn iter(&self) -> impl Iterator<Item = &Candidate> {
        self.kept.iter().flatten().map(|(_, candidate)| candidate)
    }
}

/// A route that passed every filter, where routes are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Eligible {
    pub rank: Rank,
    /// Its place among the members that were tested.
    pub tested: u32,
    pub weight: u32,
}

/// Most routes of a partition, and one that an override forces.
const ELIGIBLE_MAX: usize = MEMBERS_MAX.saturating_add(1);

/// Every eligible route.
pub(crate) struct Lot {
    eligible: [Option<Eligible>; ELIGIBLE_MAX],
    len: usize,
}

impl Lot {
    pub fn new() -> Self {
        Self { eligible: [None; ELIGIBLE_MAX], len: 0 }
    }

    pub fn add(&mut self, eligible: Eligible) {
        if let Some(place) = self.eligible.get_mut(self.len) {
            *place = Some(eligible);
            self.len = self.len.saturating_add(1);
        }
    }

    /// Puts the routes into their final order: by rank, then by draws within each group that ties.
    pub fn arrange(&mut self, draws: &mut Draws<'_>) {
        let mut rest = self.eligible.get_mut(..self.len).unwrap_or_default();
        sort(rest, |eligible| eligible.map(|eligible| eligible.rank));
        while let Some(first) = rest.first().copied().flatten() {
            let ties =
                |other: &Option<Eligible>| other.is_some_and(|other| other.rank.ties_with(&first.rank));
            let group = rest.iter().take_while(|other| ties(other)).count();
            let Some((tied, behind)) = rest.split_at_mut_checked(group) else { return };
            draws.arrange(tied, |eligible| eligible.map_or(0, |eligible| eligible.weight));
            rest = behind;
        }
    }

    /// The routes, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Eligible> {
        self.eligible.iter().take(self.len).flatten()
    }
}

/// Sorts by a key. (Shell's method, with Ciura's gaps: the library's sort can panic, and nothing here may.)
fn sort<T: Copy, K: Ord>(things: &mut [T], key: impl Fn(&T) -> K) {
    for gap in [701, 301, 132, 57, 23, 10, 4, 1] {
        for end in gap..things.len() {
            let mut at = end;
            while let Some(before) = at.checked_sub(gap) {
                let (Some(a), Some(b)) = (things.get(before).copied(), things.get(at).copied()) else {
                    break;
                };
                if key(&a) <= key(&b) {
                    break;
                }
                for (place, thing) in [(before, b), (at, a)] {
                    if let Some(slot) = things.get_mut(place) {
                        *slot = thing;
                    }
                }
                at = before;
            }
        }
    }
}

/// The reasons for which routes were dropped, as a set of their numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DropSet(u64);

// A set is one word.
const _: () = assert!(Reason::ALL.len() < 63);

impl DropSet {
    pub fn add(&mut self, reason: Reason) {
        self.0 |= 1u64.wrapping_shl(u32::from(reason.number()));
    }

    fn has(self, reason: Reason) -> bool {
        self.0 & 1u64.wrapping_shl(u32::from(reason.number())) != 0
    }

    /// The reject when nothing is kept: the first of these that any route has (2.11).
    #[must_use]
    pub fn reject_reason(self) -> Reason {
        const ORDER: [Reason; 8] = [
            Reason::TargetConcurrencyExceeded,
            Reason::TargetCpsExceeded,
            Reason::TargetVolumeExceeded,
            Reason::TargetSpendExceeded,
            Reason::InsufficientBalance,
            Reason::OverRateLimit,
            Reason::MarginProtected,
            Reason::NoSellRate,
        ];
        ORDER.into_iter().find(|reason| self.has(*reason)).unwrap_or(Reason::NoRoute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorting_is_that_of_the_library() {
        let mut seed = 0x2545_f491_4f6c_dd1du64;
        for len in [0usize, 1, 2, 3, 10, 57, 301, 1025] {
            let mut things: std::vec::Vec<u64> = (0..len)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    seed >> 56
                })
                .collect();
            let mut expected = things.clone();
            expected.sort_unstable();
            sort(&mut things, |thing| *thing);
            assert_eq!(things, expected);
        }
    }
}
