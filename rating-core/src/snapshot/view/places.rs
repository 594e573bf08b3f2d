//! Decks among the places of a column, many at once: which of them are asked for, and where one stands.
//!
//! A column has all decks that have written a price for a code; a partition asks some of them, as good as at random. A
//! branch for each deck would be guessed wrong half of the time, so places are read [`LOOK`] at a time and the answer is a
//! word of bits: bit 3 is set if the fourth place is meant.

use super::super::layout::SHELF_WORDS;

/// A set of decks of a shelf: a bit for each place.
pub type Mask = [u64; SHELF_WORDS];

/// Whether a deck is in a set.
#[inline]
pub(in crate::snapshot) fn has(mask: &Mask, place: u8) -> bool {
    let word = mask.get(usize::from(place >> 6)).copied().unwrap_or_default();
    (word >> (place & 63)) & 1 == 1
}

/// Adds a deck to a set.
#[inline]
pub(in crate::snapshot) fn add(mask: &mut Mask, place: u8) {
    if let Some(word) = mask.get_mut(usize::from(place >> 6)) {
        *word |= 1 << (place & 63);
    }
}

/// Places that are looked at together: the bits of a word.
pub const LOOK: usize = 32;

/// What of the [`LOOK`] places is read at once.
type Places = [u8; LOOK];

/// The first [`LOOK`] bytes. Behind those that are meant stand others, whatever they are; only where a section ends are
/// there fewer.
#[inline]
fn look(bytes: &[u8]) -> Places {
    match bytes.first_chunk() {
        Some(places) => *places,
        None => short_look(bytes),
    }
}

#[cold]
fn short_look(bytes: &[u8]) -> Places {
    let mut places = [0; LOOK];
    places.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    places
}

/// As many bits as there are places, 32 at most.
#[inline]
fn first_bits(count: usize) -> u32 {
    let behind = LOOK.saturating_sub(count);
    u32::try_from(behind).ok().and_then(|behind| u32::MAX.checked_shr(behind)).unwrap_or(0)
}

/// Which of the first `count` places are in a set, as bits (`lcr_over_chase`: 0.5 of it, against a branch for each).
#[inline]
pub(crate) fn asked_of(mask: &Mask, bytes: &[u8], count: usize) -> u32 {
    wide::asked_of(mask, &look(bytes)) & first_bits(count)
}

/// Where a place stands among the first `count`.
#[inline]
pub(super) fn position(bytes: &[u8], count: usize, place: u8) -> Option<usize> {
    let mut from = 0usize;
    while from < count {
        let found = wide::equal_to(place, &look(bytes.get(from..)?)) & first_bits(count.wrapping_sub(from));
        if found != 0 {
            return usize::try_from(found.trailing_zeros()).ok().map(|at| from.wrapping_add(at));
        }
        from = from.wrapping_add(LOOK);
    }
    None
}

/// Sixteen places in one instruction.
#[cfg(all(target_arch = "x86_64", target_feature = "ssse3"))]
mod wide {
    use safe_arch::{
        add_i8_m128i, cmp_eq_mask_i8_m128i, m128i, move_mask_i8_m128i, set_splat_i8_m128i, shr_imm_u16_m128i,
        shuffle_av_i8z_all_m128i, sub_i8_m128i,
    };

    use super::{Mask, Places};

    #[inline]
    fn halves(places: &Places) -> [m128i; 2] {
        let (low, high) = places.split_at(16);
        [low, high].map(|half| m128i::from(half.first_chunk::<16>().copied().unwrap_or_default()))
    }

    /// A bit for each byte that is all ones.
    #[inline]
    fn bits(halves: [m128i; 2]) -> u32 {
        let [low, high] = halves.map(|half| move_mask_i8_m128i(half).cast_unsigned());
        low | high.wrapping_shl(16)
    }

    #[inline]
    pub(super) fn asked_of(mask: &Mask, places: &Places) -> u32 {
        let [a, b, c, d] = *mask;
        let (low, high) = (m128i::from([a, b]), m128i::from([c, d]));
        // 1 << (place & 7).
        let bit_of = m128i::from([0x8040_2010_0804_0201u64; 2]);
        bits(halves(places).map(|places| {
            let byte = shr_imm_u16_m128i::<3>(places) & set_splat_i8_m128i(0x1f);
            // A shuffle gives zero where the index has its high bit: 0 to 15 are of the lower half of the set, 16 to 31 of
            // the upper.
            let lower = shuffle_av_i8z_all_m128i(low, add_i8_m128i(byte, set_splat_i8_m128i(0x70)));
            let upper = shuffle_av_i8z_all_m128i(high, sub_i8_m128i(byte, set_splat_i8_m128i(16)));
            let bit = shuffle_av_i8z_all_m128i(bit_of, places & set_splat_i8_m128i(7));
            cmp_eq_mask_i8_m128i((lower | upper) & bit, bit)
        }))
    }

    #[inline]
    pub(super) fn equal_to(place: u8, places: &Places) -> u32 {
        let wanted = set_splat_i8_m128i(place.cast_signed());
        bits(halves(places).map(|places| cmp_eq_mask_i8_m128i(places, wanted)))
    }
}

#[cfg(not(all(target_arch = "x86_64", target_feature = "ssse3")))]
use plain as wide;

/// One after another, without a branch for each.
#[cfg(any(test, not(all(target_arch = "x86_64", target_feature = "ssse3"))))]
mod plain {
    use super::{Mask, Places, has};

    #[inline]
    fn bits(places: &Places, is_meant: impl Fn(u8) -> bool) -> u32 {
        let bit = |at: u32, place: u8| u32::from(is_meant(place)).wrapping_shl(at);
        (0..).zip(places).fold(0, |bits, (at, place)| bits | bit(at, *place))
    }

    pub(super) fn asked_of(mask: &Mask, places: &Places) -> u32 {
        bits(places, |place| has(mask, place))
    }

    pub(super) fn equal_to(place: u8, places: &Places) -> u32 {
        bits(places, |other| other == place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn a_place_is_found_wherever_it_stands() {
        for len in 0..70u8 {
            let places: Vec<u8> = (0..len).map(|at| at.wrapping_mul(7)).collect();
            for place in 0..=255u8 {
                let expected = places.iter().position(|other| *other == place);
                assert_eq!(position(&places, places.len(), place), expected, "{place} in {len}");
            }
        }
        assert_eq!(position(&[3, 4, 5], 2, 5), None, "behind the places stands something else");
    }

    #[test]
    fn the_places_of_a_set_are_its_bits() {
        let has = |mask: &Mask, place: u8| mask[usize::from(place / 64)] >> (place % 64) & 1 == 1;
        let mut random = 0x9e37_79b9_7f4a_7c15u64;
        let mut next = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            random.rotate_left(17)
        };
        for round in 0..2000usize {
            let mask: Mask = core::array::from_fn(|_| next());
            let bytes: Vec<u8> = (0..round % 40).map(|_| next().to_le_bytes()[0]).collect();
            let count = bytes.len().min(round % 33);
            let expected =
                (0..count).filter(|at| has(&mask, bytes[*at])).fold(0u32, |bits, at| bits | 1 << at);
            assert_eq!(asked_of(&mask, &bytes, count), expected, "{bytes:?} of {mask:x?}");
            let places = look(&bytes);
            assert_eq!(wide::asked_of(&mask, &places), plain::asked_of(&mask, &places));
            assert_eq!(
                wide::equal_to(bytes.first().copied().unwrap_or(0), &places),
                plain::equal_to(bytes.first().copied().unwrap_or(0), &places)
            );
        }
    }
}
