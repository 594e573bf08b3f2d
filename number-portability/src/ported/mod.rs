//! The ported-number file: of each ported number its LRN and, where known, its service provider (SPID).
//!
//! ```text
//! header │ directory │ LRNs │ blocks
//! ```
//!
//! Worked: 720 708 1999. Its NPA-NXX, 720 708, has an entry in the directory, which is indexed and not searched; that
//! says where the block of 720 708 is. The block knows where the hundred 19 begins. There the last two digits, one
//! byte for each ported number of the hundred, are looked through for 99; at the same place behind them stands which
//! LRN it is. So a number takes 1 byte for itself and 1 for its LRN where its block has at most 256 different ones, else
//! 2; and a look-up touches the directory, the block at two places, and the LRN.
//!
//! `docs/PORTED_FORMAT.md` is enough to write another reader.
//!
//! Any bytes may be opened: they are refused, or every look-up ends with an answer. A file is never changed in place.

mod layout;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use layout::{FORMAT, Spid};
pub use read::{Ported, PortedError, PortedTo};
pub use write::{TooMany, write};

use rating_core::number::Digits;

/// A NANP number without its country code, 2002000000 to 9999999999.
///
/// Smaller than [`Digits`]: a hundred million of them are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NanpNumber(u64);

impl NanpNumber {
    /// The number, if it is a NANP number.
    #[must_use]
    pub fn new(number: &Digits) -> Option<NanpNumber> {
        let [b'1', national @ ..] = number.as_bytes() else { return None };
        number.is_nanp().then(|| {
            NanpNumber(
                national.iter().fold(0, |value, digit| value * 10 + u64::from(digit.wrapping_sub(b'0'))),
            )
        })
    }

    /// The number with this value, if it is a NANP number.
    #[must_use]
    pub fn from_value(value: u64) -> Option<NanpNumber> {
        let number = NanpNumber(value);
        (value < 10_000_000_000 && number.npa() >= 200 && number.nxx() >= 200).then_some(number)
    }

    /// Ten digits as a number.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// Eleven digits.
    #[must_use]
    pub fn digits(self) -> Digits {
        let mut ascii = [b'1'; 11];
        let mut left = self.0;
        for place in ascii.iter_mut().skip(1).rev() {
            *place = b'0' + (left % 10) as u8;
            left /= 10;
        }
        Digits::new(&ascii).unwrap_or_default()
    }

    fn npa(self) -> usize {
        (self.0 / 10_000_000) as usize
    }

    fn nxx(self) -> usize {
        (self.0 / 10_000 % 1000) as usize
    }

    /// Its place in the directory.
    fn exchange(self) -> usize {
        (self.npa() - 200) * 800 + self.nxx() - 200
    }

    /// The third last and the fourth last digit.
    fn hundred(self) -> usize {
        (self.0 / 100 % 100) as usize
    }

    /// The last two digits.
    fn last_two(self) -> u8 {
        (self.0 % 100) as u8
    }
}
