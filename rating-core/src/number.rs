//! Telephone numbers: dialled digits into E.164.
//!
//! `(212) 555-6789`, `12125556789`, `+1 212 555 6789` and `011 1 212 555 6789` are all `12125556789`;
//! `+2125556789` is a number in Morocco. A number is the digits without `+`; it says nothing about who may
//! call it.

use core::fmt;

/// Most digits of a number (ITU-T E.164, 6.2.1).
pub const DIGITS_MAX: usize = 15;

/// Up to 15 decimal digits: a number, or the prefix of some.
///
/// Compares as text does: `1212` before `12125`, before `122`.
// Aligned, so that it is moved whole: what is written in pieces and read as one waits for the pieces.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(align(16))]
pub struct Digits {
    /// The digits, zeros behind them, and how many they are: one word of 16 bytes.
    ascii_and_len: [u8; DIGITS_MAX + 1],
}

impl Digits {
    /// No digits.
    pub const EMPTY: Digits = Digits { ascii_and_len: [0; DIGITS_MAX + 1] };

    /// Takes ASCII digits as they are; `None` if there are more than 15 or one is no digit.
    #[must_use]
    #[inline]
    pub fn new(ascii: &[u8]) -> Option<Digits> {
        let len = u8::try_from(ascii.len()).ok()?;
        match (ascii.first_chunk(), ascii.last_chunk()) {
            // Nearly every number: its first eight digits and its last eight, which overlap.
            (Some(first), Some(last)) if len <= DIGITS_MAX_U8 => {
                let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
                let behind = u32::from(len).wrapping_sub(8).wrapping_mul(8);
                let ascii = u128::from(first) | u128::from(last).wrapping_shl(behind);
                let ascii_and_len = (ascii | u128::from(len).wrapping_shl(LEN_SHIFT)).to_le_bytes();
                (are_digits(first) && are_digits(last)).then_some(Digits { ascii_and_len })
            }
            _ => Digits::default().followed_by(ascii),
        }
    }

    fn push(&mut self, byte: u8) -> Option<()> {
        if !byte.is_ascii_digit() {
            return None;
        }
        let [ascii @ .., len] = &mut self.ascii_and_len;
        *ascii.get_mut(usize::from(*len))? = byte;
        *len = len.saturating_add(1);
        Some(())
    }

    /// These, 14 at most, behind the country code of NANP.
    #[must_use]
    #[inline]
    fn behind_one(self) -> Digits {
        let word = self.word();
        let len = (word >> LEN_SHIFT).wrapping_add(1);
        let ascii = word.wrapping_shl(8) & ASCII_BITS | u128::from(b'1');
        Digits { ascii_and_len: (ascii | len.wrapping_shl(LEN_SHIFT)).to_le_bytes() }
    }

    /// These digits with others behind them; `None` if that is too long or one is no digit.
    #[must_use]
    pub fn followed_by(mut self, ascii: &[u8]) -> Option<Digits> {
        ascii.iter().try_for_each(|&byte| self.push(byte))?;
        Some(self)
    }

    /// The first `len` of these digits, packed as by [`to_packed`](Self::to_packed); `None` if there are fewer.
    #[must_use]
    pub fn packed_prefix(&self, len: usize) -> Option<u64> {
        let add =
            |value: u64, byte: &u8| value.wrapping_mul(10).wrapping_add(u64::from(byte.wrapping_sub(b'0')));
        let value = self.as_bytes().get(..len)?.iter().fold(0, add);
        Some(value | (u64::try_from(len).unwrap_or_default() << 60))
    }

    /// The digits, in ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.ascii_and_len.get(..self.len()).unwrap_or_default()
    }

    /// The digits as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// How many digits, 0 to 15.
    #[must_use]
    pub const fn len(&self) -> usize {
        // Lossless: a `u8` in a `usize`. `usize::from` is not const.
        #[allow(clippy::as_conversions)]
        {
            let [.., len] = self.ascii_and_len;
            len as usize
        }
    }

    /// Whether there is no digit.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether these digits begin with `prefix`.
    #[must_use]
    pub fn starts_with(&self, prefix: &[u8]) -> bool {
        self.as_bytes().starts_with(prefix)
    }

    /// The number that the digits `from..until` write, if there are that many.
    #[must_use]
    pub fn value(&self, from: usize, until: usize) -> Option<u32> {
        let digits = self.as_bytes().get(from..until)?;
        let add =
            |value: u32, byte: &u8| value.wrapping_mul(10).wrapping_add(u32::from(byte.wrapping_sub(b'0')));
        Some(digits.iter().fold(0, add))
    }

    /// Packs the digits into one word: the count in the top four bits, their value below. 0 is no digits.
    #[must_use]
    pub fn to_packed(&self) -> u64 {
        self.packed_prefix(self.len()).unwrap_or_default()
    }

    /// Unpacks what [`to_packed`](Self::to_packed) made. Total: any word gives some digits.
    #[must_use]
    pub fn from_packed(packed: u64) -> Digits {
        let len = usize::try_from(packed >> 60).unwrap_or_default();
        let mut value = packed & ((1 << 60) - 1);
        let mut digits = Digits::default();
        let [ascii @ .., own_len] = &mut digits.ascii_and_len;
        if let Some(places) = ascii.get_mut(..len) {
            for place in places.iter_mut().rev() {
                *place = b'0'.saturating_add(u8::try_from(value.wrapping_rem(10)).unwrap_or_default());
                value = value.wrapping_div(10);
            }
        }
        *own_len = u8::try_from(len).unwrap_or_default();
        digits
    }

    /// Whether this is a complete NANP number: `1 [2-9]XX [2-9]XX XXXX`.
    #[must_use]
    #[inline]
    pub const fn is_nanp(&self) -> bool {
        let (first, rest) = self.words();
        let [one, npa, _, _, nxx, ..] = first.to_le_bytes();
        let count = rest >> COUNT_SHIFT;
        count == NANP_LEN && one == b'1' && matches!(npa, b'2'..=b'9') && matches!(nxx, b'2'..=b'9')
    }

    /// The digits from the lowest byte on, and their count in the highest.
    #[inline]
    const fn word(&self) -> u128 {
        u128::from_le_bytes(self.ascii_and_len)
    }

    /// The first eight digits, and the others with their count in the highest byte: what is asked of each number is asked of
    /// words, not of bytes.
    #[inline]
    const fn words(&self) -> (u64, u64) {
        let word = self.word();
        // Lossless: the halves.
        #[allow(clippy::as_conversions, clippy::cast_possible_truncation)]
        (word as u64, (word >> 64) as u64)
    }

    /// What stands where a NANP number has area code and exchange, 0 to 999 each; of shorter digits nothing of sense.
    #[must_use]
    #[inline]
    pub(crate) fn npa_nxx(&self) -> (u32, u32) {
        let (first, _) = self.words();
        (three_digits(first >> 8), three_digits(first >> 32))
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Most digits, as a number of digits is kept.
const DIGITS_MAX_U8: u8 = 15;
/// Where the count stands in the word.
const LEN_SHIFT: u32 = 120;
/// Where the digits stand in it.
const ASCII_BITS: u128 = (1 << LEN_SHIFT) - 1;
/// The same in the upper half of the word.
const COUNT_SHIFT: u32 = LEN_SHIFT - 64;
/// Digits of a NANP number.
const NANP_LEN: u64 = 11;

/// Whether eight bytes are ASCII digits.
const fn are_digits(word: u64) -> bool {
    const HIGH: u64 = 0xf0f0_f0f0_f0f0_f0f0;
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    const SIXES: u64 = 0x0606_0606_0606_0606;
    // 0x30 to 0x3f, and still so with 6 more: not above 0x39. Nothing carries from byte to byte before it is seen.
    word & HIGH == ZEROS && word.wrapping_add(SIXES) & HIGH == ZEROS
}

/// The number that the three lowest bytes of a word write, first digit lowest.
#[inline]
const fn three_digits(ascii: u64) -> u32 {
    // Lossless: at most 15 × 111.
    #[allow(clippy::as_conversions, clippy::cast_possible_truncation)]
    let [a, b, c] = [ascii as u32 & 0xf, (ascii >> 8) as u32 & 0xf, (ascii >> 16) as u32 & 0xf];
    a.wrapping_mul(100).wrapping_add(b.wrapping_mul(10)).wrapping_add(c)
}

/// What was dialled, less visual separators (`-.()` and blanks) (2.4).
#[derive(Clone, Copy, Debug)]
pub struct Dialled<'a> {
    /// What came, if there are no separators in it.
    plain: &'a [u8],
    /// What is left of it, else.
    ascii: [u8; DIALLED_MAX],
    len: usize,
    /// Whether there is more of it than is kept.
    is_cut: bool,
}

/// Longest dialled text that is read: a tech prefix (15), an access code (3) and a number (15), and as much again as a trunk's
/// rules may strip.
const DIALLED_MAX: usize = 48;

impl<'a> Dialled<'a> {
    /// Nothing.
    pub(crate) const NOTHING: Dialled<'static> =
        Dialled { plain: b"", ascii: [0; DIALLED_MAX], len: 0, is_cut: false };

    /// What was dialled, and the number that it means by the default rules.
    #[must_use]
    #[inline]
    pub(crate) fn read(text: &'a [u8]) -> (Dialled<'a>, Option<Digits>) {
        // Nearly every text. A number has been read to its end: there are no separators in it.
        if let Some(number) = e164(text) {
            return (Dialled { plain: text, ..Dialled::NOTHING }, Some(number));
        }
        let dialled = Dialled::new(text);
        (dialled, e164(dialled.as_bytes()))
    }

    /// Takes the separators out. What is too long to be read is cut, and no number whatever is stripped from it.
    #[must_use]
    pub fn new(text: &'a [u8]) -> Dialled<'a> {
        let mut dialled = Dialled::NOTHING;
        if Digits::new(text.strip_prefix(b"+").unwrap_or(text)).is_some() {
            dialled.plain = text;
            return dialled;
        }
        let is_separator = |byte: &u8| matches!(byte, b'-' | b'.' | b'(' | b')' | b' ' | b'\t');
        let mut left = text.iter().filter(|byte| !is_separator(byte));
        for (place, byte) in dialled.ascii.iter_mut().zip(left.by_ref()) {
            *place = *byte;
            dialled.len = dialled.len.saturating_add(1);
        }
        dialled.is_cut = left.next().is_some();
        dialled
    }

    /// Whether there was more than is left.
    pub(crate) const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// What is left.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        if self.len == 0 { self.plain } else { self.ascii.get(..self.len).unwrap_or_default() }
    }
}

/// Reads a dialled number by the default dialling rules (2.4), or `None` if it is not a valid one.
#[must_use]
#[inline]
pub fn normalise(dialled: &[u8]) -> Option<Digits> {
    // Most calls come with at most one LRN.
    if dialled.is_empty() { None } else { Dialled::read(dialled).1 }
}

/// The number that a dialled text without separators means by the default dialling rules (2.4).
///
/// With `+`, `00` or `011` in front it is E.164; 10 digits from 2–9 and 11 digits from 1 are NANP; all else is
/// E.164. A number is read one way only: ten digits that are no valid NANP number are not tried as E.164.
#[must_use]
#[inline]
pub fn e164(dialled: &[u8]) -> Option<Digits> {
    let number = read(dialled);
    (!number.is_empty()).then_some(number)
}

/// The same; empty for none, which comes back in two registers.
fn read(dialled: &[u8]) -> Digits {
    let number = match dialled {
        [b'+', rest @ ..] | [b'0', b'1', b'1', rest @ ..] | [b'0', b'0', rest @ ..] => digits(rest),
        [b'2'..=b'9', _, _, _, _, _, _, _, _, _] => {
            dialled.first_chunk::<10>().and_then(|ten| Digits::new(ten)).map(Digits::behind_one)
        }
        _ => digits(dialled),
    };
    number.filter(is_valid).unwrap_or_default()
}

/// The digits of a text. Those of a NANP number are read without a look at their count.
#[inline]
fn digits(ascii: &[u8]) -> Option<Digits> {
    match <&[u8; 11]>::try_from(ascii) {
        Ok(eleven) => Digits::new(eleven),
        Err(_) => Digits::new(ascii),
    }
}

/// A short code: 1 to 6 digits, dialled without `+`, `00` or `011` (2.4). Whether it is one is for an override to say.
#[must_use]
pub fn short_code(dialled: &[u8]) -> Option<Digits> {
    let plain = !dialled.starts_with(b"00") && !dialled.starts_with(b"011");
    Digits::new(dialled).filter(|code| plain && (1..=SHORT_CODE_MAX).contains(&code.len()))
}

/// Most digits of a short code.
pub const SHORT_CODE_MAX: usize = 6;

/// Whether these E.164 digits can be a number (2.4): 7 to 15 digits, not from 0, and NANP in full.
#[must_use]
pub fn is_valid(number: &Digits) -> bool {
    let (first, _) = number.words();
    match first.to_le_bytes() {
        [0 | b'0', ..] => false,
        [b'1', ..] => number.is_nanp(),
        _ => number.len() >= 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dialled: &str) -> Option<std::string::String> {
        normalise(dialled.as_bytes()).map(|digits| digits.as_str().into())
    }

    #[test]
    fn r2_4_default_dialling_rules() {
        for (dialled, number) in [
            ("2125556789", "12125556789"),
            ("12125556789", "12125556789"),
            ("+12125556789", "12125556789"),
            ("+1 (212) 555-6789", "12125556789"),
            ("212.555.6789", "12125556789"),
            ("01112125556789", "12125556789"),
            ("00442079460000", "442079460000"),
            ("011442079460000", "442079460000"),
            ("442079460000", "442079460000"),
            ("+2125556789", "2125556789"),
            ("+9375123456", "9375123456"),
            ("+123456789012345"[..0].into(), ""),
        ] {
            if number.is_empty() {
                assert_eq!(read(dialled), None);
            } else {
                assert_eq!(read(dialled).as_deref(), Some(number), "{dialled}");
            }
        }
    }

    #[test]
    fn r2_4_invalid_numbers() {
        for dialled in [
            "",
            "+",
            "911",
            "1125556789",        // NPA from 1
            "2121556789",        // NXX from 1: NANP by its length, never E.164 as a fall-back
            "112125556789",      // 12 digits from 1
            "1212555678",        // 10 digits from 1
            "+1212555678",       // NANP one short
            "0442079460000",     // from 0
            "+4420794",          // six would be short; this is seven
            "12125556789x5",     // an extension
            "++12125556789",     // two plusses
            "1+2125556789",      // a plus inside
            "+4420794600001234", // 16 digits
            "anonymous",
        ] {
            let expected = if dialled == "+4420794" { Some("4420794") } else { None };
            assert_eq!(read(dialled).as_deref(), expected, "{dialled}");
        }
    }

    #[test]
    fn digits_survive_packing() {
        for text in ["", "0", "007", "12125556789", "999999999999999", "100000000000000"] {
            let digits = Digits::new(text.as_bytes()).unwrap();
            assert_eq!(Digits::from_packed(digits.to_packed()), digits);
        }
        // Any word is read without harm.
        for word in [u64::MAX, 1, 1 << 60, (15 << 60) | ((1 << 60) - 1)] {
            assert!(Digits::from_packed(word).len() <= DIGITS_MAX);
        }
    }

    #[test]
    fn digits_compare_as_text() {
        let of = |text: &str| Digits::new(text.as_bytes()).unwrap();
        assert!(of("1212") < of("12125"));
        assert!(of("12125") < of("122"));
    }
}
