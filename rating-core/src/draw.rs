//! Draws in proportion to weights, which anybody can repeat (5.2).
//!
//! Draw `i` of a call is the (i mod 4)-th group of eight bytes, big-endian, of SHA-256(Call-ID ‖ 0 ‖ partition ‖ 0 ‖
//! ⌊i/4⌋ in decimal). Of weights 1 and 2 in the order of their ids, with u the draw, position ⌊u × 3 / 2^64⌋ is the
//! first's at 0 and the second's at 1 and 2. A call draws the same however often it is decided.

use sha2::{Digest, Sha256};

/// The draws of one call, in order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws<'a> {
    call_id: &'a [u8],
    partition: &'a [u8],
    drawn: u32,
    /// The last block and its number.
    block: Option<(u32, [u8; 32])>,
}

/// Draws of one block.
const PER_BLOCK: u32 = 4;

impl<'a> Draws<'a> {
    pub const fn new(call_id: &'a [u8], partition: &'a [u8]) -> Self {
        Self { call_id, partition, drawn: 0, block: None }
    }

    /// The next draw.
    fn next(&mut self) -> u64 {
        let number = self.drawn.wrapping_div(PER_BLOCK);
        let group = self.drawn.wrapping_rem(PER_BLOCK);
        self.drawn = self.drawn.wrapping_add(1);
        let block = match self.block {
            Some((of, block)) if of == number => block,
            _ => self.hash(number),
        };
        self.block = Some((number, block));
        let mut groups = block.chunks_exact(8);
        let bytes = usize::try_from(group).ok().and_then(|group| groups.nth(group));
        bytes.and_then(|bytes| bytes.try_into().ok()).map(u64::from_be_bytes).unwrap_or_default()
    }

    fn hash(&self, number: u32) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.call_id);
        hash.update([0]);
        hash.update(self.partition);
        hash.update([0]);
        // Ten digits hold any u32; the leading zeros are not part of the number.
        let mut decimal = [b'0'; 10];
        let mut rest = number;
        let mut first = decimal.len();
        for (place, digit) in decimal.iter_mut().enumerate().rev() {
            *digit = b'0'.wrapping_add(u8::try_from(rest.wrapping_rem(10)).unwrap_or_default());
            rest = rest.wrapping_div(10);
            first = place;
            if rest == 0 {
                break;
            }
        }
        hash.update(decimal.get(first..).unwrap_or_default());
        hash.finalize().into()
    }

    /// Puts things that stand in the order of their ids into that of their draws: one after another in proportion to
    /// the weights left, those of weight 0 last, by id. The only positive weight left is taken without a draw.
    pub fn arrange<T: Copy>(&mut self, things: &mut [T], weight: impl Fn(&T) -> u32) {
        let mut rest = things;
        loop {
            let total: u64 = rest.iter().map(|thing| u64::from(weight(thing))).fold(0, u64::wrapping_add);
            let positive = rest.iter().filter(|thing| weight(thing) > 0).count();
            let mut position = match positive {
                0 => return,
                1 => 0,
                _ => position_of(self.next(), total),
            };
            let chosen = rest.iter().position(|thing| {
                let own = u64::from(weight(thing));
                let holds = position < own;
                position = position.saturating_sub(own);
                holds
            });
            move_to_front(rest, chosen.unwrap_or_default());
            rest = match rest.split_first_mut() {
                Some((_, rest)) => rest,
                None => return,
            };
        }
    }
}

/// ⌊u × total / 2^64⌋.
fn position_of(draw: u64, total: u64) -> u64 {
    u64::try_from(u128::from(draw).wrapping_mul(u128::from(total)) >> 64).unwrap_or_default()
}

/// Takes the thing at `from` to the front; those before it move on by one.
fn move_to_front<T: Copy>(things: &mut [T], from: usize) {
    let Some(mut carried) = things.get(from).copied() else { return };
    for place in things.iter_mut().take(from.saturating_add(1)) {
        core::mem::swap(place, &mut carried);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECTED: [u64; 5] = [
        0x7cf5_62c0_7bbf_6a0c,
        0x2f52_c301_0d2f_b0b3,
        0xe44d_1207_9b70_78de,
        0x5785_55c0_8e60_a214,
        0x6fee_f092_5cf8_5569,
    ];

    #[test]
    fn r5_2_the_draws_are_those_of_the_hash() {
        // printf 'call-1\0p1\0%s' 0 | sha256sum, and with 1; groups of 16 hexadecimal digits.
        let mut draws = Draws::new(b"call-1", b"p1");
        let found: std::vec::Vec<u64> = (0..5).map(|_| draws.next()).collect();
        assert_eq!(found, EXPECTED);
    }

    #[test]
    fn r5_2_successive_draws_without_replacement() {
        // Weights 1 and 2: first draw over 3 positions; then one positive weight is left and taken without a draw.
        let mut things = [('a', 1), ('b', 2), ('z', 0), ('y', 0)];
        let mut draws = Draws::new(b"call-1", b"p1");
        draws.arrange(&mut things, |(_, weight)| *weight);
        // 0x7cf5… of 2^64 is past the first third: 'b'.
        assert_eq!((things[0].0, things[1].0), ('b', 'a'));
        assert_eq!((things[2].0, things[3].0), ('z', 'y'), "weight 0 stays behind, as it stood");
        assert_eq!(draws.drawn, 1);
    }
}
