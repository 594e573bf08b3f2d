//! The part of an entry that says what its decision was made on (5.3), and what came with the call for its record.
//!
//! Kept is what a decision has read of the live state and could have read otherwise: the round-robin cursor, live scores of
//! routes, limits that had no room, and wallets. Of routes without a live score the plan's counted, which the snapshot has;
//! limits that are not named had room.
//!
//! A reading is 21 bits, three in a word; places of scores, limits and wallets in their tables are never given back. Of
//! more than 33 readings the first 33 are kept, and that there were more.

use std::cell::Cell;

use crate::cells::Cell64;
use crate::notes::{Attestation, LrnSource, Notes};

/// Readings that an entry keeps.
pub const READINGS_MAX: usize = 33;
/// Wallets of a call whose amounts it keeps.
const AMOUNTS: usize = 2;
const PER_WORD: usize = 3;
const WORDS: usize = READINGS_MAX / PER_WORD;
const READING_BITS: usize = 21;
const READING_MASK: u64 = (1 << READING_BITS) - 1;

/// In the notes: above the five bytes of the RespOrg.
const ATTESTATION_SHIFT: u32 = 40;
const SOURCE_SHIFT: u32 = 48;
const FROM_TABLE: u64 = 1 << 56;
const MORE_READINGS: u64 = 1 << 57;
/// How many readings there are, in the bits that are left.
const COUNT_SHIFT: u32 = 58;
const _: () = assert!(READINGS_MAX < 1 << (64 - COUNT_SHIFT));

/// What a decision has read of the live state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A route's live score.
    Score {
        /// The route's place in the table of scores.
        place: usize,
        /// 0 to 100.
        score: u8,
    },
    /// A limit that had no room.
    Full {
        /// Its slot in the table of limits.
        slot: u32,
    },
    /// A wallet.
    Wallet {
        /// Its slot in the table of wallets.
        slot: u32,
        /// Whether it paid; `None` if that was not asked.
        pays: Option<bool>,
        /// What could be held of it: nano-units of the plan's currency, or seconds; `None` if that was not asked.
        available: Option<i64>,
    },
}

impl Reading {
    /// Reads one; each wallet has the next of the amounts, whether it was asked or not.
    fn of<'a>(word: u32, amounts: &mut impl Iterator<Item = &'a Cell64>) -> Reading {
        let value = word & VALUE_MASK;
        if word & IS_WALLET != 0 {
            let amount = amounts.next().map(Cell64::get_signed);
            let asked = amount.filter(|_| value & HAS_AMOUNT != 0);
            return Reading::Wallet {
                slot: value & WALLET_MASK,
                pays: (value & PAYS_IS_ASKED != 0).then_some(value & PAYS != 0),
                available: asked.filter(|amount| *amount != NO_LEASE),
            };
        }
        match word & IS_FULL {
            0 => Reading::Score {
                place: (value >> SCORE_BITS) as usize,
                score: (value & ((1 << SCORE_BITS) - 1)) as u8,
            },
            _ => Reading::Full { slot: value },
        }
    }
}

// A reading: two bits of what it is, 19 bits of it.
const KIND_SHIFT: u32 = 19;
const IS_FULL: u32 = 1 << KIND_SHIFT;
const IS_WALLET: u32 = 2 << KIND_SHIFT;
const VALUE_MASK: u32 = (1 << KIND_SHIFT) - 1;
/// A score below its place.
const SCORE_BITS: u32 = 7;
/// Of a wallet, above its slot.
const PAYS: u32 = 1 << 18;
const PAYS_IS_ASKED: u32 = 1 << 17;
const HAS_AMOUNT: u32 = 1 << 16;
const WALLET_MASK: u32 = 0xffff;
const _: () =
    assert!(crate::wallets::WALLETS_MAX <= WALLET_MASK + 1 && crate::shm::LIMITS_MAX <= VALUE_MASK + 1);
const _: () = assert!(crate::quality::ROUTES_MAX <= 1 << (KIND_SHIFT - SCORE_BITS));
/// The amount of a wallet without a lease, which pays nothing.
const NO_LEASE: i64 = i64::MIN;

/// Collects what a decision reads of the live state; it is asked through a shared reference, by one thread.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    cursor: Cell<u64>,
    readings: [Cell<u32>; READINGS_MAX],
    amounts: [Cell<i64>; AMOUNTS],
    count: Cell<usize>,
    has_more: Cell<bool>,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            cursor: Cell::new(0),
            readings: [const { Cell::new(0) }; READINGS_MAX],
            amounts: [const { Cell::new(0) }; AMOUNTS],
            count: Cell::new(0),
            has_more: Cell::new(false),
        }
    }
}

impl Seen {
    /// The decision has read a round-robin cursor.
    pub fn cursor(&self, route_key: u64) {
        self.cursor.set(route_key);
    }

    /// The decision has read a live score.
    pub fn score(&self, place: usize, score: i32) {
        let score = u32::try_from(score).unwrap_or_default().min(100);
        let place = u32::try_from(place).unwrap_or_default();
        self.add_once(place << SCORE_BITS | score);
    }

    /// The decision has met a limit without room.
    pub fn full(&self, slot: u32) {
        match slot {
            0..=VALUE_MASK => self.add_once(IS_FULL | slot),
            // Without a slot: the table of limits was full.
            _ => self.has_more.set(true),
        }
    }

    /// Whether a wallet pays: asked once, so that a decision is made on one answer, which its record tells.
    pub fn pays(&self, slot: u32, ask: impl FnOnce() -> bool) -> bool {
        let Some((_, reading)) = self.wallet(slot) else { return ask() };
        if reading.get() & PAYS_IS_ASKED == 0 {
            let pays = if ask() { PAYS } else { 0 };
            reading.set(reading.get() | PAYS_IS_ASKED | pays);
        }
        reading.get() & PAYS != 0
    }

    /// What can be held of a wallet, asked once likewise.
    pub fn available(&self, slot: u32, ask: impl FnOnce() -> i64) -> i64 {
        let Some((nth, reading)) = self.wallet(slot) else { return ask() };
        let Some(amount) = self.amounts.get(nth) else {
            self.has_more.set(true);
            return ask();
        };
        if reading.get() & HAS_AMOUNT == 0 {
            amount.set(ask());
            let told = match amount.get() {
                NO_LEASE => reading.get() & !PAYS | PAYS_IS_ASKED,
                _ => reading.get(),
            };
            reading.set(told | HAS_AMOUNT);
        }
        amount.get()
    }

    /// The reading of a wallet, which of the wallets it is, and a new one where there is none.
    fn wallet(&self, slot: u32) -> Option<(usize, &Cell<u32>)> {
        let wallets = || self.told().iter().filter(|reading| reading.get() & IS_WALLET != 0).enumerate();
        let of_slot = |(_, reading): &(usize, &Cell<u32>)| reading.get() & WALLET_MASK == slot;
        if slot > WALLET_MASK {
            // Without a slot: the table of wallets was full.
            self.has_more.set(true);
            return None;
        }
        if !wallets().any(|wallet| of_slot(&wallet)) {
            self.add(IS_WALLET | slot);
        }
        wallets().find(of_slot)
    }

    fn told(&self) -> &[Cell<u32>] {
        self.readings.get(..self.count.get()).unwrap_or_default()
    }

    fn add_once(&self, reading: u32) {
        if !self.told().iter().any(|told| told.get() == reading) {
            self.add(reading);
        }
    }

    fn add(&self, reading: u32) {
        match self.readings.get(self.count.get()) {
            Some(place) => {
                place.set(reading);
                self.count.set(self.count.get() + 1);
            }
            None => self.has_more.set(true),
        }
    }
}

/// Two cache lines of an entry, of which most calls use the first.
#[derive(Debug, Default)]
#[repr(C)]
pub struct BasisCells {
    /// Names the content of the snapshot that decided.
    pub content_id: Cell64,
    /// The round-robin cursor: the key of the route that the partition chose before; 0 is none.
    pub cursor: Cell64,
    notes: Cell64,
    /// Of the first wallets among the readings, what could be held of them.
    amounts: [Cell64; AMOUNTS],
    /// As many as the notes say; what is behind them is of calls before.
    readings: [Cell64; WORDS],
}

const _: () = assert!(size_of::<BasisCells>() == 128);

impl BasisCells {
    /// Forgets the call before.
    pub(super) fn clear(&self) {
        [&self.content_id, &self.cursor, &self.notes].into_iter().for_each(|cell| cell.set(0));
    }

    /// Writes down what the decision was made on.
    pub(crate) fn set(&self, content_id: u64, seen: &Seen, notes: &Notes) {
        self.content_id.set(content_id);
        self.cursor.set(seen.cursor.get());
        for (cell, readings) in self.readings.iter().zip(seen.told().chunks(PER_WORD)) {
            let word = readings.iter().rev().fold(0, |word, one| word << READING_BITS | u64::from(one.get()));
            cell.set(word);
        }
        if seen.count.get() > 0 {
            self.amounts.iter().zip(&seen.amounts).for_each(|(cell, amount)| cell.set_signed(amount.get()));
        }
        let [a, b, c, d, e] = notes.resp_org;
        let word = u64::from_le_bytes([a, b, c, d, e, 0, 0, 0])
            | notes.attestation.map_or(0, |attestation| attestation as u64) << ATTESTATION_SHIFT
            | (notes.lrn_source as u64) << SOURCE_SHIFT
            | if notes.lrn_from_table { FROM_TABLE } else { 0 }
            | if seen.has_more.get() { MORE_READINGS } else { 0 }
            | (seen.count.get() as u64) << COUNT_SHIFT;
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

    /// What the decision has read of scores, limits and wallets, in its order.
    pub fn readings(&self) -> impl Iterator<Item = Reading> {
        let words = self.readings.iter().map(Cell64::get);
        let ones =
            words.flat_map(|word| (0..PER_WORD).map(move |at| word >> (at * READING_BITS) & READING_MASK));
        let count = (self.notes.get() >> COUNT_SHIFT) as usize;
        let mut amounts = self.amounts.iter();
        ones.take(count).map(move |one| Reading::of(one as u32, &mut amounts))
    }

    /// Whether it has read more than these.
    #[must_use]
    pub fn has_more_readings(&self) -> bool {
        self.notes.get() & MORE_READINGS != 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn readings_of(seen: &Seen) -> Vec<Reading> {
        let cells = BasisCells::default();
        // What a call before has left.
        cells.readings.iter().for_each(|cell| cell.set(u64::MAX));
        cells.set(9, seen, &Notes::default());
        cells.readings().collect()
    }

    #[test]
    fn r5_3_thirty_three_scores_come_back_and_more_are_told() {
        let cells = BasisCells::default();
        let seen = Seen::default();
        for at in 0..33_usize {
            seen.score(4095 - at, at as i32 * 3);
        }
        cells.set(9, &seen, &Notes::default());
        let score = |at: usize| Reading::Score { place: 4095 - at, score: at as u8 * 3 };
        let expected: Vec<_> = (0..33).map(score).collect();
        assert_eq!(cells.readings().collect::<Vec<_>>(), expected);
        assert!(!cells.has_more_readings());
        seen.score(0, 100);
        cells.set(9, &seen, &Notes::default());
        assert_eq!(cells.readings().collect::<Vec<_>>(), expected, "the first 33");
        assert!(cells.has_more_readings());
        cells.clear();
        assert_eq!((cells.readings().count(), cells.has_more_readings()), (0, false));
    }

    #[test]
    fn r5_3_limits_without_room_are_named_once() {
        let seen = Seen::default();
        for slot in [0, 65_535, 0, 7, 65_535] {
            seen.full(slot);
        }
        assert_eq!(readings_of(&seen), [0, 65_535, 7].map(|slot| Reading::Full { slot }));
        assert!(!seen.has_more.get());
        seen.full(crate::limits::NO_SLOT);
        assert!(seen.has_more.get(), "a limit without a slot cannot be named");
    }

    #[test]
    fn r5_3_wallets_say_what_was_asked_of_them() {
        let seen = Seen::default();
        assert!(!seen.pays(65_535, || false));
        seen.full(1);
        assert!(seen.pays(3, || true));
        assert_eq!(seen.available(3, || -5), -5);
        // One decision, one answer: whatever others take meanwhile.
        assert_eq!((seen.available(3, || -6), seen.pays(3, || false)), (-5, true));
        assert_eq!(seen.available(65_535, || NO_LEASE), NO_LEASE);
        let wallet = |slot, pays, available| Reading::Wallet { slot, pays, available };
        let expected =
            [wallet(65_535, Some(false), None), Reading::Full { slot: 1 }, wallet(3, Some(true), Some(-5))];
        assert_eq!(readings_of(&seen), expected);
        assert!(!seen.has_more.get());
        // Of a third wallet the amount is not kept.
        assert_eq!(seen.available(4, || 10), 10);
        assert_eq!(readings_of(&seen)[3], wallet(4, None, None));
        assert!(seen.has_more.get());
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
