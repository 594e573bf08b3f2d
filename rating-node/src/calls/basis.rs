//! The part of an entry that says what its decision was made on (5.3), and what came with the call for its record.
//!
//! Scores are written as a route's place in the table of scores, which is never given back, and what was read there:
//! three routes in a word, 21 bits each. Only live scores are kept; a route without one was decided on by its score in
//! the plan, which the snapshot has.
//!
//! Of more than fifteen routes with a live score the first fifteen are kept, and that there were more.

use std::cell::Cell;

use crate::cells::Cell64;
use crate::notes::{Attestation, LrnSource, Notes};

/// Live scores that an entry keeps.
pub const SCORES_MAX: usize = 15;
const PER_WORD: usize = 3;
const WORDS: usize = SCORES_MAX / PER_WORD;
/// Bits of one score: there is one (bit 20), 12 of its place, 8 of the score.
const SCORE_BITS: usize = 21;
const SCORE_MASK: u64 = (1 << SCORE_BITS) - 1;
const IS_SCORE: u64 = 1 << 20;

/// In the notes: above the five bytes of the RespOrg.
const ATTESTATION_SHIFT: u32 = 40;
const SOURCE_SHIFT: u32 = 48;
const FROM_TABLE: u64 = 1 << 56;
const MORE_SCORES: u64 = 1 << 57;

/// What a decision has read of the live state; it is asked through a shared reference, by one thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    cursor: Cell<u64>,
    scores: Cell<[u64; WORDS]>,
    count: Cell<usize>,
}

impl Seen {
    /// The decision has read a round-robin cursor.
    pub fn cursor(&self, route_key: u64) {
        self.cursor.set(route_key);
    }

    /// The decision has read a live score.
    pub fn score(&self, place: usize, score: i32) {
        let (count, mut words) = (self.count.get(), self.scores.get());
        if let Some(word) = words.get_mut(count / PER_WORD) {
            let score = u64::from(score.clamp(0, 0xff).cast_unsigned());
            let one = IS_SCORE | (place as u64 & 0xfff) << 8 | score;
            *word |= one << (count % PER_WORD * SCORE_BITS);
            self.scores.set(words);
        }
        self.count.set(count + 1);
    }
}

/// One cache line of an entry.
#[derive(Debug, Default)]
#[repr(C)]
pub struct BasisCells {
    /// Names the content of the snapshot that decided.
    pub content_id: Cell64,
    /// The round-robin cursor: the key of the route that the partition chose before; 0 is none.
    pub cursor: Cell64,
    scores: [Cell64; WORDS],
    notes: Cell64,
}

const _: () = assert!(size_of::<BasisCells>() == 64);

impl BasisCells {
    /// Forgets the call before.
    pub(super) fn clear(&self) {
        [&self.content_id, &self.cursor, &self.notes].into_iter().for_each(|cell| cell.set(0));
        self.scores.iter().for_each(|cell| cell.set(0));
    }

    /// Writes down what the decision was made on.
    pub(crate) fn set(&self, content_id: u64, seen: &Seen, notes: &Notes) {
        self.content_id.set(content_id);
        self.cursor.set(seen.cursor.get());
        self.scores.iter().zip(seen.scores.get()).for_each(|(cell, word)| cell.set(word));
        let [a, b, c, d, e] = notes.resp_org;
        let word = u64::from_le_bytes([a, b, c, d, e, 0, 0, 0])
            | notes.attestation.map_or(0, |attestation| attestation as u64) << ATTESTATION_SHIFT
            | (notes.lrn_source as u64) << SOURCE_SHIFT
            | if notes.lrn_from_table { FROM_TABLE } else { 0 }
            | if seen.count.get() > SCORES_MAX { MORE_SCORES } else { 0 };
        self.notes.set(word);
    }

    /// What came with the call.
    #[must_use]
    pub fn notes(&self) -> Notes {
        let word = self.notes.get();
        let [a, b, c, d, e, attestation, source, _] = word.to_le_bytes();
        Notes {
            lrn_source: LrnSource::from_number(source),
            lrn_from_table: word & FROM_TABLE != 0,
            attestation: Attestation::from_number(attestation),
            resp_org: [a, b, c, d, e],
        }
    }

    /// The live scores that the decision has read: places of routes in the table of scores, and scores.
    pub fn scores(&self) -> impl Iterator<Item = (usize, u8)> {
        let words = self.scores.iter().map(Cell64::get);
        let ones = words.flat_map(|word| (0..PER_WORD).map(move |at| word >> (at * SCORE_BITS) & SCORE_MASK));
        ones.filter(|one| one & IS_SCORE != 0).map(|one| ((one >> 8 & 0xfff) as usize, one as u8))
    }

    /// Whether it has read more than these.
    #[must_use]
    pub fn has_more_scores(&self) -> bool {
        self.notes.get() & MORE_SCORES != 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn r5_3_fifteen_scores_come_back_and_more_are_told() {
        let cells = BasisCells::default();
        let seen = Seen::default();
        for at in 0..15_usize {
            seen.score(4095 - at, at as i32 * 7);
        }
        cells.set(9, &seen, &Notes::default());
        let expected: Vec<_> = (0..15_usize).map(|at| (4095 - at, at as u8 * 7)).collect();
        assert_eq!(cells.scores().collect::<Vec<_>>(), expected);
        assert!(!cells.has_more_scores());
        seen.score(0, 100);
        cells.set(9, &seen, &Notes::default());
        assert_eq!(cells.scores().collect::<Vec<_>>(), expected, "the first fifteen");
        assert!(cells.has_more_scores());
    }

    #[test]
    fn notes_come_back_whole() {
        let cells = BasisCells::default();
        let sources = LrnSource::ALL.into_iter().map(|lrn_source| Notes { lrn_source, ..Notes::default() });
        let claims = [Attestation::A, Attestation::B, Attestation::C];
        let claims = claims.map(|claim| Notes { attestation: Some(claim), ..Notes::default() });
        let whole = Notes {
            lrn_source: LrnSource::Http,
            lrn_from_table: true,
            attestation: Some(Attestation::C),
            resp_org: *b"ATX01",
        };
        for notes in sources.chain(claims).chain([whole, Notes::default()]) {
            cells.set(0, &Seen::default(), &notes);
            assert_eq!(cells.notes(), notes);
        }
        cells.clear();
        assert_eq!(cells.notes(), Notes::default());
    }
}
