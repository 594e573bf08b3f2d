//! The decks of one column that a partition asks, cheapest first.
//!
//! A column has all decks that have written a price for a code; a partition asks some of them, as good as at random. Which
//! of up to 32 are asked is found at once, as bits, without a branch for each: half of them would be guessed wrong.

use crate::snapshot::layout::{PRICE_FIRST, SHELF_WORDS};
use crate::snapshot::view::{Codes, Column, Part};

/// Places of the first shelf, as bits.
pub(super) type Mask = [u64; SHELF_WORDS];

#[inline]
fn has(mask: &Mask, place: u8) -> bool {
    let word = mask.get(usize::from(place >> 6)).copied().unwrap_or_default();
    (word >> (place & 63)) & 1 == 1
}

/// The decks of a column that are asked for, cheapest first: place and price code. It ends where the blocked ones begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk<'a> {
    mask: Mask,
    /// The part that is walked: the head, then the tail in chunks.
    places: &'a [u8],
    part: Part<'a>,
    /// Where its places begin in the part.
    first: usize,
    /// Of its places those that are asked for and still to come, as bits.
    asked: u32,
    tail: Part<'a>,
    /// Where in the tail the next chunk begins.
    next: usize,
}

/// Most places of a chunk: the bits of a word.
const CHUNK: usize = 32;

impl<'a> Walk<'a> {
    #[inline]
    pub fn of(column: &Column<'a>, mask: Mask) -> Walk<'a> {
        let [head, tail] = column.parts();
        let places = head.places();
        Walk { mask, places, part: head, first: 0, asked: asked_of(&mask, places), tail, next: 0 }
    }

    /// Asks for the prices of the next decks of this chunk.
    #[inline]
    pub fn bring(&self, codes: &Codes<'_>, most: usize) {
        for at in places_of(self.asked).take(most) {
            if let Some(place) = self.places.get(at) {
                codes.bring_tariff(*place, self.part.code(self.first.wrapping_add(at)));
            }
        }
    }

    /// Goes on to the next chunk; false if there is none.
    #[inline(never)]
    fn next_chunk(&mut self) -> bool {
        let Some(places) = self.tail.places().get(self.next..).and_then(|rest| rest.chunks(CHUNK).next())
        else {
            return false;
        };
        (self.part, self.places, self.first) = (self.tail, places, self.next);
        self.next = self.next.wrapping_add(places.len());
        self.asked = asked_of(&self.mask, places);
        true
    }
}

impl Iterator for Walk<'_> {
    type Item = (u8, u32);

    #[inline]
    fn next(&mut self) -> Option<(u8, u32)> {
        while self.asked == 0 {
            if !self.next_chunk() {
                return None;
            }
        }
        let at = usize::try_from(self.asked.trailing_zeros()).unwrap_or_default();
        self.asked &= self.asked.wrapping_sub(1);
        let code = self.part.code(self.first.wrapping_add(at));
        let place = self.places.get(at).copied()?;
        (code >= PRICE_FIRST).then_some((place, code))
    }
}

/// The places of the bits of a word, lowest first.
fn places_of(mut bits: u32) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let at = usize::try_from(bits.trailing_zeros()).unwrap_or_default();
        (bits != 0).then(|| {
            bits &= bits.wrapping_sub(1);
            at
        })
    })
}

/// Which of up to 32 places are asked for, as bits (`lcr_over_chase`: 0.5 of it, against a branch for each).
#[inline]
fn asked_of(mask: &Mask, places: &[u8]) -> u32 {
    let bit = |place: u8, at: u32| u32::from(has(mask, place)).wrapping_shl(at);
    let (mut bits, mut at) = (0u32, 0u32);
    let (eights, rest) = places.as_chunks::<8>();
    for &[a, b, c, d, e, f, g, h] in eights {
        // Eight that wait for nothing but their places.
        let low = (bit(a, 0) | bit(b, 1)) | (bit(c, 2) | bit(d, 3));
        let high = (bit(e, 4) | bit(f, 5)) | (bit(g, 6) | bit(h, 7));
        bits |= (low | high).wrapping_shl(at);
        at = at.wrapping_add(8);
    }
    (at..).zip(rest).fold(bits, |bits, (at, place)| bits | bit(*place, at))
}
