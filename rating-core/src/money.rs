//! Money: exact integers of a billionth of a currency's unit. Never a float.
//!
//! `Nano::parse(b"0.0045")` is 4_500_000; it prints as `0.0045` again: no exponent, no trailing zeros.

use core::fmt;

/// An amount of money.
///
/// # Units
/// Nano-units: 1 USD is 1_000_000_000.
///
/// # Range
/// ± 9.2 billion units. Arithmetic saturates only where it says so; where it must be exact it is done in
/// 128 bits and converted back with a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nano(pub i64);

/// What is wrong with a written amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AmountError {
    /// Nothing but blanks.
    Empty,
    /// Something that is no digit, sign or point.
    NotANumber,
    /// More than 9 decimals that are not zero (10.4).
    TooPrecise,
    /// Beyond the range of [`Nano`].
    TooLarge,
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "no amount",
            Self::NotANumber => "not a decimal number",
            Self::TooPrecise => "more than 9 decimals",
            Self::TooLarge => "too large: at most 9 digits before the point",
        })
    }
}

impl core::error::Error for AmountError {}

impl Nano {
    /// Nothing.
    pub const ZERO: Nano = Nano(0);

    /// Reads a decimal: an optional sign, digits, and an optional point with up to 9 decimals.
    ///
    /// # Errors
    /// [`AmountError`] for anything else. A negative amount is not an error here.
    pub fn parse(text: &[u8]) -> Result<Nano, AmountError> {
        let text = text.trim_ascii();
        let (negative, digits) = match text.split_first() {
            None => return Err(AmountError::Empty),
            Some((b'-', rest)) => (true, rest),
            Some((b'+', rest)) => (false, rest),
            Some(_) => (false, text),
        };
        let magnitude = parse_magnitude(digits)?;
        Ok(Nano(if negative { magnitude.saturating_neg() } else { magnitude }))
    }

    /// `self − other`, held within the range.
    #[must_use]
    pub const fn saturating_sub(self, other: Nano) -> Nano {
        Nano(self.0.saturating_sub(other.0))
    }
}

/// Reads digits with at most one point among them.
fn parse_magnitude(digits: &[u8]) -> Result<i64, AmountError> {
    let mut value: i64 = 0;
    let mut decimals: Option<u32> = None;
    let mut seen_digit = false;
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                seen_digit = true;
                let digit = i64::from(byte.saturating_sub(b'0'));
                match decimals {
                    Some(9) if digit == 0 => continue,
                    Some(9) => return Err(AmountError::TooPrecise),
                    Some(count) => decimals = Some(count.saturating_add(1)),
                    None => {}
                }
                value =
                    value.checked_mul(10).and_then(|v| v.checked_add(digit)).ok_or(AmountError::TooLarge)?;
            }
            b'.' if decimals.is_none() => decimals = Some(0),
            _ => return Err(AmountError::NotANumber),
        }
    }
    if !seen_digit {
        return Err(AmountError::NotANumber);
    }
    let missing = 9u32.saturating_sub(decimals.unwrap_or(0));
    10i64.checked_pow(missing).and_then(|scale| value.checked_mul(scale)).ok_or(AmountError::TooLarge)
}

/// An amount in the plan's currency after exact conversion: nano-units of a currency times its rate in nano-units,
/// so 10^-18 of a unit. Nothing is rounded (5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Atto(pub i128);

/// The rate of the plan's own currency.
pub const PLAN_RATE_NANO: u64 = 1_000_000_000;

impl Atto {
    /// Nothing.
    pub const ZERO: Atto = Atto(0);

    /// An amount in a currency of which one unit is worth `rate_nano` in the plan's.
    #[must_use]
    pub fn convert(amount: Nano, rate_nano: u64) -> Atto {
        // Below 2^127: 63 bits and 64.
        Atto(i128::from(amount.0).wrapping_mul(i128::from(rate_nano)))
    }

    /// An amount in the plan's currency.
    #[must_use]
    pub fn of_plan_currency(nano: i64) -> Atto {
        Self::convert(Nano(nano), PLAN_RATE_NANO)
    }

    /// This amount less another.
    #[must_use]
    pub const fn saturating_sub(self, other: Atto) -> Atto {
        Atto(self.0.saturating_sub(other.0))
    }

    /// For people: nano-units of the plan's currency, half up.
    #[must_use]
    pub fn to_nano(self) -> Nano {
        let half = i128::from(PLAN_RATE_NANO >> 1);
        let nano = self.0.saturating_add(half).div_euclid(i128::from(PLAN_RATE_NANO));
        Nano(i64::try_from(nano).unwrap_or(if nano < 0 { i64::MIN } else { i64::MAX }))
    }
}

impl fmt::Display for Nano {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (whole, mut fraction) =
            (magnitude.wrapping_div(1_000_000_000), magnitude.wrapping_rem(1_000_000_000));
        if self.0 < 0 {
            f.write_str("-")?;
        }
        write!(f, "{whole}")?;
        if fraction == 0 {
            return Ok(());
        }
        let mut width = 9usize;
        while fraction.wrapping_rem(10) == 0 {
            fraction = fraction.wrapping_div(10);
            width = width.saturating_sub(1);
        }
        write!(f, ".{fraction:0width$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn s1_amounts_are_decimal_strings_without_trailing_zeros() {
        for (text, nano, printed) in [
            ("0.0045", 4_500_000, "0.0045"),
            ("12", 12_000_000_000, "12"),
            ("1.50", 1_500_000_000, "1.5"),
            (".5", 500_000_000, "0.5"),
            ("-0.000000001", -1, "-0.000000001"),
            (" 0.1000000000 ", 100_000_000, "0.1"),
            ("0", 0, "0"),
        ] {
            let amount = Nano::parse(text.as_bytes()).unwrap();
            assert_eq!(amount, Nano(nano), "{text}");
            assert_eq!(amount.to_string(), printed);
        }
    }

    #[test]
    fn r10_4_amounts_that_are_none_are_refused() {
        for (text, error) in [
            ("", AmountError::Empty),
            ("   ", AmountError::Empty),
            (".", AmountError::NotANumber),
            ("1e3", AmountError::NotANumber),
            ("1.2.3", AmountError::NotANumber),
            ("1,5", AmountError::NotANumber),
            ("0.0000000001", AmountError::TooPrecise),
            ("9999999999", AmountError::TooLarge),
        ] {
            assert_eq!(Nano::parse(text.as_bytes()), Err(error), "{text}");
        }
    }
}
