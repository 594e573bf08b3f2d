//! The best of a call's candidates: at most eight, or all of them in order where routes are drawn (5.1, 5.4).
//!
//! Without draws nothing is sorted that is not kept: each candidate finds its place among the best so far, or none.
//! With draws every eligible route has to stand in its order first, for routes that are cut have drawn too (5.2).

use crate::candidates::Candidate;
use crate::draw::Draws;
use crate::money::Atto;
use crate::partition::Rank;
use crate::snapshot::layout::MEMBERS_MAX;

/// Most routes that a decision keeps.
pub const ROUTES_MAX: usize = 8;

/// Room for the candidates of a call: one more than are kept, for the one that is looked at.
pub(crate) type Room = [Candidate; ROUTES_MAX + 1];

/// The best candidates so far. They stay where they are written; only their ranks are put in order.
#[derive(Debug)]
pub(crate) struct Best<'b> {
    candidates: &'b mut Room,
    /// Best first.
    ranks: [Rank; ROUTES_MAX],
    /// Of each rank the candidate's place.
    places: [u8; ROUTES_MAX],
    /// What a rank has to be below to be kept: any, as long as there is a place left.
    bar: Rank,
    /// The place of the one that is looked at.
    free: u8,
    len: usize,
    most: usize,
}

impl<'b> Best<'b> {
    // Inlined, or it is copied.
    #[inline(always)]
    pub const fn new(candidates: &'b mut Room, most: usize) -> Self {
        let most = if most < ROUTES_MAX { most } else { ROUTES_MAX };
        let (ranks, places) = ([Rank::NONE; ROUTES_MAX], [0; ROUTES_MAX]);
        Self { candidates, ranks, places, bar: Rank::BEHIND_ALL, free: 0, len: 0, most }
    }

    /// Keeps nothing.
    pub const fn clear(&mut self) {
        (self.len, self.free, self.bar) = (0, 0, Rank::BEHIND_ALL);
    }

    /// Where the candidate is written that is looked at.
    #[inline]
    pub fn next(&mut self) -> Option<&mut Candidate> {
        self.candidates.get_mut(usize::from(self.free))
    }

    /// Whether a candidate of this rank would be kept.
    #[inline]
    pub fn would_keep(&self, rank: &Rank) -> bool {
        *rank < self.bar
    }

    /// Whether no place is left for a candidate of this cost, whatever else is said of it, where the lowest cost goes
    /// first.
    #[inline]
    pub fn is_beyond(&self, cost_in_plan: Atto) -> bool {
        self.bar.is_cheaper_than(cost_in_plan)
    }

    /// Keeps the candidate that is looked at, which [`would_keep`](Self::would_keep) wants, in its place. Gives back the
    /// route that no longer has any.
    #[inline]
    pub fn keep(&mut self, rank: Rank) -> Option<u32> {
        let place = self.free;
        let is_full = self.len >= self.most;
        let last = if is_full { self.len.saturating_sub(1) } else { self.len };
        let pushed_out = is_full.then_some(self.bar.route);
        if is_full {
            self.free = self.places.get(last).copied().unwrap_or_default();
        } else {
            (self.free, self.len) = (place.wrapping_add(1), self.len.saturating_add(1));
        }
        // From behind: most candidates come in their order.
        let mut at = last;
        while let Some(before) = at.checked_sub(1)
            && let Some(other) = self.ranks.get(before).filter(|other| rank < **other).copied()
        {
            let other_place = self.places.get(before).copied().unwrap_or_default();
            self.put(at, other, other_place);
            at = before;
        }
        self.put(at, rank, place);
        if self.len >= self.most
            && let Some(worst) = self.ranks.get(last)
        {
            self.bar = *worst;
        }
        pushed_out
    }

    #[inline]
    fn put(&mut self, at: usize, rank: Rank, place: u8) {
        if let (Some(ranked), Some(placed)) = (self.ranks.get_mut(at), self.places.get_mut(at)) {
            (*ranked, *placed) = (rank, place);
        }
    }

    /// Keeps the candidate that is looked at behind the others, if there is a place left.
    pub fn append(&mut self, rank: Rank) {
        if self.len < self.most {
            self.put(self.len, rank, self.free);
            self.free = self.free.wrapping_add(1);
            self.len = self.len.saturating_add(1);
        }
    }

    /// Where the candidates are, best first.
    pub fn places(&self) -> Places {
        Places { places: self.places, len: self.len }
    }
}

/// Where the candidates of a call are, best first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    places: [u8; ROUTES_MAX],
    len: usize,
}

impl Places {
    pub fn iter(&self) -> impl Iterator<Item = u8> {
        self.places.iter().take(self.len).copied()
    }
}

/// A route that passed every filter, where routes are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Eligible {
    pub rank: Rank,
    /// Its place among the members that were tested.
    pub tested: u32,
    pub weight: u32,
    /// As it was read.
    pub quality: i32,
}

/// Most routes of a partition, and one that an override forces.
const ELIGIBLE_MAX: usize = MEMBERS_MAX.saturating_add(1);

/// Every eligible route.
pub(crate) struct Lot {
    eligible: [Option<Eligible>; ELIGIBLE_MAX],
    len: usize,
}

impl Lot {
    // Inlined, or 64 KiB are copied.
    #[inline(always)]
    pub const fn new() -> Self {
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
