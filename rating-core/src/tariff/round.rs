//! From an exact fraction to an amount: the one rounding of a price (9.4).

use core::num::{NonZeroU64, NonZeroU128};

use crate::money::Nano;

/// How an exact amount becomes one with fewer decimals (9.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rounding {
    /// Which way.
    pub mode: RoundingMode,
    /// Decimals that are kept, 0 to 9.
    pub decimals: u8,
}

impl Default for Rounding {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Rounding {
    /// The default of decks and accounts: `half_up` to 9 decimals.
    pub const DEFAULT: Rounding = Rounding { mode: RoundingMode::HalfUp, decimals: 9 };

    /// What a snapshot or a call's entry keeps of a rounding. Total: any two numbers are some rounding.
    #[must_use]
    pub fn from_stored(mode: u8, decimals: u8) -> Rounding {
        Rounding { mode: RoundingMode::from_number(mode), decimals: decimals.min(9) }
    }

    /// Nano-units in one unit of the last decimal that is kept. More than 9 decimals are 9.
    const fn unit_nano(self) -> u64 {
        match (self.mode, self.decimals) {
            (RoundingMode::None, _) => 1,
            (_, 0) => 1_000_000_000,
            (_, 1) => 100_000_000,
            (_, 2) => 10_000_000,
            (_, 3) => 1_000_000,
            (_, 4) => 100_000,
            (_, 5) => 10_000,
            (_, 6) => 1_000,
            (_, 7) => 100,
            (_, 8) => 10,
            _ => 1,
        }
    }
}

/// Which way to round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RoundingMode {
    /// Away from zero.
    Up = 0,
    /// Towards zero.
    Down = 1,
    /// To the nearest; halves away from zero.
    HalfUp = 2,
    /// To the nearest; halves to the even neighbour.
    HalfEven = 3,
    /// Down to 9 decimals.
    None = 4,
}

impl RoundingMode {
    /// The number that the snapshot keeps.
    #[must_use]
    #[allow(clippy::as_conversions)] // The number of a fieldless enum; there is no `From` for it.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The mode of a number; `half_up` for one that is none.
    #[must_use]
    pub const fn from_number(number: u8) -> RoundingMode {
        match number {
            0 => Self::Up,
            1 => Self::Down,
            3 => Self::HalfEven,
            4 => Self::None,
            _ => Self::HalfUp,
        }
    }
}

/// `numerator / denominator` nano-units, rounded once and held within the range of [`Nano`].
///
/// A denominator of 0 is read as 1, so that the function is total.
#[must_use]
pub fn round_ratio(numerator: i128, denominator: u128, rounding: Rounding) -> Nano {
    let denominator = NonZeroU128::new(denominator).unwrap_or(NonZeroU128::MIN);
    let (nano, rest) = divide(numerator.unsigned_abs(), denominator);
    held(numerator < 0, round_magnitude(nano, rest, denominator.get(), rounding))
}

/// `nano + rest / denominator` nano-units, rounded as by [`round_ratio`]; `rest` is below `denominator`.
#[must_use]
pub fn round_mixed(nano: i128, rest: u128, denominator: u128, rounding: Rounding) -> Nano {
    // Below zero, −3 + 1/4 is −(2 + 3/4).
    let (magnitude, rest) = match nano < 0 && rest != 0 {
        true => (nano.unsigned_abs().wrapping_sub(1), denominator.wrapping_sub(rest)),
        false => (nano.unsigned_abs(), rest),
    };
    held(nano < 0, round_magnitude(magnitude, rest, denominator, rounding))
}

/// Within i64, both signs: −2^63 + 1 is as far down as it goes.
fn held(is_negative: bool, magnitude: u128) -> Nano {
    let amount = i64::try_from(magnitude).unwrap_or(i64::MAX);
    Nano(if is_negative { amount.wrapping_neg() } else { amount })
}

/// Quotient and rest.
fn divide(amount: u128, by: NonZeroU128) -> (u128, u128) {
    match (u64::try_from(amount), NonZeroU64::try_from(by)) {
        // Nearly every price: a division of 64 bits is several times as fast.
        (Ok(amount), Ok(by)) => ((amount / by).into(), (amount % by).into()),
        _ => (amount / by, amount % by),
    }
}

/// `nano + rest / denominator`, rounded to a multiple of the unit.
fn round_magnitude(nano: u128, rest: u128, denominator: u128, rounding: Rounding) -> u128 {
    let unit = u128::from(rounding.unit_nano());
    let (kept, below) = divide(nano, NonZeroU128::new(unit).unwrap_or(NonZeroU128::MIN));
    if below == 0 && rest == 0 {
        return nano;
    }
    let half = compare_to_half(below, unit, rest, denominator);
    let up = match rounding.mode {
        RoundingMode::Up => true,
        RoundingMode::Down | RoundingMode::None => false,
        RoundingMode::HalfUp => half.is_ge(),
        RoundingMode::HalfEven => half.is_gt() || (half.is_eq() && kept & 1 == 1),
    };
    kept.saturating_add(u128::from(up)).saturating_mul(unit)
}

/// How `below + rest / denominator` compares with half a unit, without a product that could overflow.
fn compare_to_half(below: u128, unit: u128, rest: u128, denominator: u128) -> core::cmp::Ordering {
    if unit == 1 {
        // rest / denominator against 1/2.
        return rest.cmp(&denominator.wrapping_sub(rest));
    }
    // Every other unit is even.
    below.cmp(&unit.wrapping_div(2)).then(rest.cmp(&0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(numerator: i128, denominator: u128, mode: RoundingMode, decimals: u8) -> i64 {
        round_ratio(numerator, denominator, Rounding { mode, decimals }).0
    }

    #[test]
    fn r9_4_each_mode_at_nine_decimals() {
        use RoundingMode::{Down, HalfEven, HalfUp, None, Up};
        // Numerator over 4: 2.25, 2.5, 2.75, 3, 3.5, and below zero.
        for (numerator, up, down, half_up, half_even) in [
            (9, 3, 2, 2, 2),
            (10, 3, 2, 3, 2),
            (11, 3, 2, 3, 3),
            (12, 3, 3, 3, 3),
            (14, 4, 3, 4, 4),
            (-10, -3, -2, -3, -2),
            (-9, -3, -2, -2, -2),
            (0, 0, 0, 0, 0),
        ] {
            assert_eq!(round(numerator, 4, Up, 9), up, "up {numerator}");
            assert_eq!(round(numerator, 4, Down, 9), down, "down {numerator}");
            assert_eq!(round(numerator, 4, HalfUp, 9), half_up, "half_up {numerator}");
            assert_eq!(round(numerator, 4, HalfEven, 9), half_even, "half_even {numerator}");
            assert_eq!(round(numerator, 4, None, 2), down, "none keeps 9 decimals whatever it says");
        }
    }

    #[test]
    fn r9_4_fewer_decimals() {
        use RoundingMode::{Down, HalfEven, HalfUp, Up};
        // 0.012345 of a unit is 12_345_000 nano; to 4 decimals the unit is 100_000 nano.
        assert_eq!(round(12_345_000, 1, HalfUp, 4), 12_300_000);
        assert_eq!(round(12_345_000, 1, Up, 4), 12_400_000);
        assert_eq!(round(12_350_000, 1, HalfUp, 4), 12_400_000);
        assert_eq!(round(12_350_000, 1, HalfEven, 4), 12_400_000);
        assert_eq!(round(12_450_000, 1, HalfEven, 4), 12_400_000);
        // Half a unit and a third of a nano is more than half.
        assert_eq!(round(12_450_000 * 3 + 1, 3, HalfEven, 4), 12_500_000);
        assert_eq!(round(12_450_000 * 3 - 1, 3, HalfUp, 4), 12_400_000);
        assert_eq!(round(500_000_000, 1, HalfUp, 0), 1_000_000_000);
        assert_eq!(round(1_999_999_999, 1, Down, 0), 1_000_000_000);
        assert_eq!(round(1, 1_000, Up, 2), 10_000_000);
        // Decimals beyond 9 are 9.
        assert_eq!(round(7, 2, HalfUp, 200), 4);
    }

    #[test]
    fn r9_4_wide_fractions_round_as_narrow_ones() {
        use RoundingMode::{HalfEven, HalfUp};
        let wide = 1u128 << 90;
        let times = |n: i128| n * (1i128 << 90);
        assert_eq!(round(times(5) / 2, wide, HalfUp, 9), 3);
        assert_eq!(round(times(5) / 2, wide, HalfEven, 9), 2);
        assert_eq!(round(times(5) / 2 + 1, wide, HalfEven, 9), 3);
    }

    #[test]
    fn amounts_beyond_the_range_stay_at_its_end() {
        assert_eq!(round(i128::MAX, 1, RoundingMode::Up, 0), i64::MAX);
        assert_eq!(round(i128::MIN, 1, RoundingMode::Up, 0), -i64::MAX);
        assert_eq!(round(5, 0, RoundingMode::Up, 9), 5);
    }
}
