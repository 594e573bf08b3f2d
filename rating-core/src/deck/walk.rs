//! The decks of one column that a partition asks, cheapest first.

use crate::ahead::bring;
use crate::snapshot::layout::PRICE_FIRST;
use crate::snapshot::view::{Codes, Column, LOOK, Mask, Part};

/// The decks of a column that are asked for, cheapest first: place and price code. It ends where the blocked ones begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk<'a> {
    mask: Mask,
    /// The part that is walked: the head, then the tail, some places at a time.
    part: Part<'a>,
    /// Where in the part those stand that are looked at.
    first: usize,
    /// Of them those that are asked for and still to come, as bits.
    asked: u32,
    tail: Part<'a>,
    /// Where in the tail to go on.
    next: usize,
}

impl<'a> Walk<'a> {
    #[inline]
    pub fn of(column: &Column<'a>, mask: Mask) -> Walk<'a> {
        let [head, tail] = column.parts();
        Walk { mask, part: head, first: 0, asked: head.asked_of(&mask, 0), tail, next: 0 }
    }

    /// Asks for the prices of the next decks of those that are looked at.
    #[inline]
    pub fn bring(&self, codes: &Codes<'_>, most: usize) {
        for at in places_of(self.asked).take(most) {
            let at = self.first.wrapping_add(at);
            let deck = self.part.place(at).and_then(|place| codes.deck_at(place));
            let tariff = deck.and_then(|(_, deck)| codes.tariff(deck, self.part.price_code(at)));
            bring(tariff.map(|(_, terms)| terms));
        }
    }

    /// Goes on to the next places; false if there are none.
    #[inline(never)]
    fn look_on(&mut self) -> bool {
        if self.next >= self.tail.count() {
            return false;
        }
        (self.part, self.first) = (self.tail, self.next);
        self.asked = self.tail.asked_of(&self.mask, self.next);
        self.next = self.next.wrapping_add(LOOK);
        true
    }
}

impl Walk<'_> {
    /// The next of the decks that are looked at.
    #[inline]
    pub fn next_in_sight(&mut self) -> Option<(u8, u32)> {
        if self.asked == 0 {
            return None;
        }
        let at = usize::try_from(self.asked.trailing_zeros()).unwrap_or_default();
        self.asked &= self.asked.wrapping_sub(1);
        let at = self.first.wrapping_add(at);
        let (place, price_code) = (self.part.place(at)?, self.part.price_code(at));
        (price_code >= PRICE_FIRST).then_some((place, price_code))
    }
}

impl Iterator for Walk<'_> {
    type Item = (u8, u32);

    #[inline]
    fn next(&mut self) -> Option<(u8, u32)> {
        while self.asked == 0 {
            if !self.look_on() {
                return None;
            }
        }
        self.next_in_sight()
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
