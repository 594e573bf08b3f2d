//! One cell into one value. Each reader says what it expected; where the cell is, is its caller's.

use std::borrow::Cow;

use rating_core::money::{AmountError, Nano};
use rating_core::number::{DIGITS_MAX, Digits};

use super::options::{Billing, DecimalMark};

/// What should have stood in a cell.
pub type Expected = Cow<'static, str>;

/// A price cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceCell {
    Blank,
    Blocked,
    PerMin(Nano),
}

/// How decimals are written in this file: told, or as the first cell has it.
#[derive(Clone, Copy, Debug)]
pub struct Decimals(pub Option<DecimalMark>);

impl Decimals {
    /// Reads a price: an amount, `blocked`, or nothing.
    pub fn price(&mut self, cell: &[u8]) -> Result<PriceCell, Expected> {
        if cell.is_empty() {
            return Ok(PriceCell::Blank);
        }
        if cell.eq_ignore_ascii_case(b"blocked") {
            return Ok(PriceCell::Blocked);
        }
        self.amount(cell).map(PriceCell::PerMin)
    }

    /// Reads an amount that is not negative, with a point or a comma for the decimals.
    pub fn amount(&mut self, cell: &[u8]) -> Result<Nano, Expected> {
        if self.0 != Some(DecimalMark::Comma)
            && let Some((amount, has_point)) = usual_amount(cell)
        {
            if has_point {
                self.0 = Some(DecimalMark::Point);
            }
            return Ok(amount);
        }
        self.any_amount(cell)
    }

    fn any_amount(&mut self, cell: &[u8]) -> Result<Nano, Expected> {
        let comma = cell.iter().position(|&byte| byte == b',');
        let mark = match comma {
            Some(_) => Some(DecimalMark::Comma),
            None => cell.contains(&b'.').then_some(DecimalMark::Point),
        };
        if let (Some(mark), Some(usual)) = (mark, self.0)
            && mark != usual
        {
            let written = if usual == DecimalMark::Point { "a decimal point" } else { "a decimal comma" };
            return Err(format!("{written}, as in the rest of the file").into());
        }
        let amount = match comma {
            None => Nano::parse(cell),
            Some(_) if cell.contains(&b'.') => Err(AmountError::NotANumber),
            Some(at) => {
                let mut pointed = cell.to_vec();
                pointed[at] = b'.';
                Nano::parse(&pointed)
            }
        };
        let amount = amount.map_err(|error| match error {
            AmountError::TooPrecise => Expected::from("at most 9 decimals"),
            AmountError::TooLarge => "less than 9.2 billion".into(),
            _ => "a decimal number such as 0.0123".into(),
        })?;
        if amount < Nano::ZERO {
            return Err("0 or more".into());
        }
        self.0 = self.0.or(mark);
        Ok(amount)
    }
}

/// Reads an amount as most are written: digits, a point perhaps, at most 9 decimals, 18 characters; and whether
/// there is a point. Nothing is said of others.
fn usual_amount(cell: &[u8]) -> Option<(Nano, bool)> {
    const SCALES: [i64; 10] =
        [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    // 18 digits are below 2^63.
    if cell.len() > 18 {
        return None;
    }
    let (mut value, mut point) = (0i64, None);
    for (at, &byte) in cell.iter().enumerate() {
        match byte {
            b'0'..=b'9' => value = value * 10 + i64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let decimals = point.map_or(0, |at| cell.len() - at - 1);
    let has_digits = cell.len() > usize::from(point.is_some());
    let scale = *SCALES.get(decimals).filter(|_| has_digits)?;
    Some((Nano(value.checked_mul(scale)?), point.is_some()))
}

/// Reads whole seconds.
pub fn seconds(cell: &[u8]) -> Option<u32> {
    if cell.is_empty() {
        return None;
    }
    let mut seconds = 0u32;
    for byte in cell {
        let digit = u32::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?);
        seconds = seconds.checked_mul(10)?.checked_add(digit)?;
    }
    // The database counts seconds in 32 bits with a sign.
    i32::try_from(seconds).is_ok().then_some(seconds)
}

/// Reads a yes or a no. Nothing is neither.
pub fn yes_or_no(cell: &[u8]) -> Result<bool, Expected> {
    match cell.to_ascii_lowercase().as_slice() {
        b"y" | b"yes" | b"true" | b"t" | b"1" => Ok(true),
        b"n" | b"no" | b"false" | b"f" | b"0" => Ok(false),
        _ => Err("yes or no".into()),
    }
}

/// Reads the seconds of a block: at least 1.
pub fn block_sec(cell: &[u8]) -> Result<u32, Expected> {
    seconds(cell).filter(|&sec| sec > 0).ok_or(Cow::Borrowed("whole seconds, 1 or more"))
}

/// Reads `6/6` or `6-6`: first interval and increment.
pub fn billing(cell: &[u8]) -> Result<Billing, Expected> {
    let read = || {
        let at = cell.iter().position(|byte| matches!(byte, b'/' | b'-'))?;
        let first_sec = block_sec(cell[..at].trim_ascii()).ok()?;
        let increment_sec = block_sec(cell[at + 1..].trim_ascii()).ok()?;
        Some(Billing { first_sec, increment_sec })
    };
    read().ok_or(Cow::Borrowed("first interval and increment such as 6/6, each 1 or more"))
}

/// A code, and whether nothing in front of it told its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    pub digits: Digits,
    pub bare: bool,
}

/// Reads an E.164 code: digits, with or without `+`, `00` or `011` in front.
pub fn e164_code(cell: &[u8]) -> Result<Code, Expected> {
    let (digits, bare) = match cell.strip_prefix(b"+") {
        Some(rest) => (rest, false),
        None => match cell.strip_prefix(b"011").or_else(|| cell.strip_prefix(b"00")) {
            Some(rest) => (rest, false),
            None => (cell, true),
        },
    };
    match Digits::new(digits) {
        Some(digits) if !digits.is_empty() && !digits.starts_with(b"0") => Ok(Code { digits, bare }),
        _ => Err("1 to 15 digits of E.164, not from 0".into()),
    }
}

/// Reads a NANP code: an area code, an exchange, a thousands block or a number, with or without the 1.
pub fn nanp_code(cell: &[u8]) -> Result<Digits, Expected> {
    let e164 = cell.strip_prefix(b"+").or_else(|| cell.strip_prefix(b"011"));
    let national = match (e164, cell.strip_prefix(b"1")) {
        (Some(rest), _) => rest.strip_prefix(b"1"),
        (None, Some(rest)) => Some(rest),
        (None, None) => Some(cell),
    };
    national
        .filter(|digits| is_nanp_without_1(digits))
        .and_then(with_1)
        .ok_or(Cow::Borrowed("a NANP code of 3, 6, 7 or 10 digits such as 212555, with or without the 1"))
}

/// Whether digits can be a NANP code without the 1: NPA and NXX begin with 2 to 9.
pub fn is_nanp_without_1(digits: &[u8]) -> bool {
    let begins = |at: usize| digits.get(at).is_none_or(|byte| matches!(byte, b'2'..=b'9'));
    matches!(digits.len(), 3 | 6 | 7 | 10) && digits.iter().all(u8::is_ascii_digit) && begins(0) && begins(3)
}

/// The digits behind a 1.
pub fn with_1(digits: &[u8]) -> Option<Digits> {
    let mut ascii = [b'1'; DIGITS_MAX];
    ascii.get_mut(1..=digits.len())?.copy_from_slice(digits);
    Digits::new(&ascii[..=digits.len()])
}

/// Reads a destination: text without control characters, but for tabs and line ends.
pub fn destination(cell: &[u8]) -> Result<Box<str>, Expected> {
    let control = |byte: &u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\r' | b'\n');
    if cell.iter().any(control) { Err("text without control characters".into()) } else { Ok(text(cell)) }
}

/// Reads text that is UTF-8, or else Latin-1.
pub fn text(cell: &[u8]) -> Box<str> {
    match str::from_utf8(cell) {
        Ok(text) => text.into(),
        Err(_) => cell.iter().copied().map(char::from).collect::<String>().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r10_1_prices_with_point_or_comma_but_not_both() {
        let mut decimals = Decimals(None);
        assert_eq!(decimals.price(b"12"), Ok(PriceCell::PerMin(Nano(12_000_000_000))));
        assert_eq!(decimals.price(b"0,0123"), Ok(PriceCell::PerMin(Nano(12_300_000))));
        assert_eq!(decimals.price(b"0.0123").unwrap_err(), "a decimal comma, as in the rest of the file");
        assert_eq!(decimals.price(b"Blocked"), Ok(PriceCell::Blocked));
        assert_eq!(decimals.price(b""), Ok(PriceCell::Blank));
        assert_eq!(decimals.price(b"0"), Ok(PriceCell::PerMin(Nano(0))));
        assert!(Decimals(None).price(b"1.234,5").is_err());
        assert!(Decimals(None).price(b"1,234,5").is_err());
        assert!(Decimals(Some(DecimalMark::Point)).price(b"0,5").is_err());
    }

    #[test]
    fn usual_amounts_are_read_as_any() {
        for cell in [
            "0",
            "00",
            "7",
            "0.5",
            ".5",
            "5.",
            ".",
            "",
            "12.000000001",
            "0.0000000001",
            "0.1000000000",
            "1e3",
            "-1",
            "+1",
            "1.2.3",
            "9223372036.854775807",
            "9223372036.854775808",
            "99999999999",
            "123456789012345678",
            "0000000000000000000001",
            "999999999.999999999",
            "99999999999.99999999",
        ] {
            let slow = Decimals(None).any_amount(cell.as_bytes());
            if let Some((amount, has_point)) = usual_amount(cell.as_bytes()) {
                assert_eq!((Ok(amount), has_point), (slow.clone(), cell.contains('.')), "{cell}");
            }
            assert_eq!(Decimals(None).amount(cell.as_bytes()), slow, "{cell}");
        }
        assert_eq!(usual_amount(b"0.0123"), Some((Nano(12_300_000), true)));
        assert_eq!(usual_amount(b"999999999.999999999"), None, "19 characters");
    }

    #[test]
    fn r10_4_prices_that_are_none() {
        let price = |cell: &[u8]| Decimals(None).price(cell).unwrap_err();
        assert_eq!(price(b"0.0000000001"), "at most 9 decimals");
        assert_eq!(price(b"-0.01"), "0 or more");
        assert_eq!(price(b"1e-3"), "a decimal number such as 0.0123");
        assert_eq!(price(b"$1"), "a decimal number such as 0.0123");
    }

    #[test]
    fn r10_4_blocks_of_no_seconds() {
        assert_eq!(block_sec(b"60"), Ok(60));
        for cell in [&b"0"[..], b"", b"-6", b"6.0", b"99999999999", b"2147483648"] {
            assert!(block_sec(cell).is_err(), "{cell:?}");
        }
        assert_eq!(block_sec(b"2147483647"), Ok(2_147_483_647));
        let six = Billing { first_sec: 30, increment_sec: 6 };
        assert_eq!(billing(b"30/6"), Ok(six));
        assert_eq!(billing(b"30-6"), Ok(six));
        assert_eq!(billing(b"30 / 6"), Ok(six));
        for cell in [&b"6"[..], b"0/6", b"6/0", b"6/6/6", b"/", b""] {
            assert!(billing(cell).is_err(), "{cell:?}");
        }
    }

    #[test]
    fn r10_1_forms_of_codes() {
        let e164 = |cell: &[u8]| e164_code(cell).map(|code| code.digits.as_str().to_owned());
        for (cell, digits) in [("44", "44"), ("+1212", "1212"), ("01144", "44"), ("0044", "44"), ("1", "1")] {
            assert_eq!(e164(cell.as_bytes()).as_deref(), Ok(digits), "{cell}");
        }
        let nanp = |cell: &[u8]| nanp_code(cell).map(|digits| digits.as_str().to_owned());
        for (cell, digits) in [
            ("212555", "1212555"),
            ("1212555", "1212555"),
            ("+1212555", "1212555"),
            ("0111212555", "1212555"),
            ("2125551", "12125551"),
            ("12125551", "12125551"),
            ("2125551234", "12125551234"),
            ("212", "1212"),
        ] {
            assert_eq!(nanp(cell.as_bytes()).as_deref(), Ok(digits), "{cell}");
        }
    }

    #[test]
    fn r10_4_codes_that_are_none() {
        for cell in ["", "+", "44x", "44 20", "011", "0", "0441", "1234567890123456", "1.2E+06"] {
            assert!(e164_code(cell.as_bytes()).is_err(), "{cell}");
        }
        for cell in ["", "44", "112555", "212155", "21255", "+442079", "01144", "212-555"] {
            assert!(nanp_code(cell.as_bytes()).is_err(), "{cell}");
        }
    }
}
