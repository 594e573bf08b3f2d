//! What a call costs (section 9).

use crate::money::Nano;
use crate::snapshot::layout::TariffRec;

/// How an exact amount becomes one with fewer decimals (9.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rounding {
    /// Which way.
    pub mode: RoundingMode,
    /// Decimals that are kept, 0 to 9.
    pub decimals: u8,
}

impl Rounding {
    /// The default of decks and accounts: `half_up` to 9 decimals.
    pub const DEFAULT: Rounding = Rounding { mode: RoundingMode::HalfUp, decimals: 9 };
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

/// A deck's price of a code: a first interval, then increments. The common form of a tariff, small enough to
/// be copied into a call's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeckTariff {
    /// Price a minute of the first interval.
    pub first_rate_per_min: Nano,
    /// Price a minute of what follows.
    pub rate_per_min: Nano,
    /// Fee of an answered call.
    pub connect_fee: Nano,
    /// First interval, billed whole; at least 1 s.
    pub first_sec: u32,
    /// Increment after it; at least 1 s.
    pub increment_sec: u32,
    /// A call no longer than this costs nothing (9.2).
    pub grace_sec: u32,
    /// How the cost is rounded, once.
    pub rounding: Rounding,
}

/// What one call costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The amount, rounded.
    pub cost: Nano,
    /// Seconds that were billed.
    pub billed_sec: u32,
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

impl DeckTariff {
    /// Reads a snapshot's record. Total: a record that makes no sense gives some tariff.
    #[must_use]
    pub fn from_record(record: &TariffRec) -> DeckTariff {
        DeckTariff {
            first_rate_per_min: Nano(record.first_rate_nano_per_min.get()),
            rate_per_min: Nano(record.rate_nano_per_min.get()),
            connect_fee: Nano(record.connect_fee_nano.get()),
            first_sec: record.first_sec.get().max(1),
            increment_sec: record.increment_sec.get().max(1),
            grace_sec: record.grace_sec.get(),
            rounding: Rounding {
                mode: RoundingMode::from_number(record.rounding_mode),
                decimals: record.rounding_decimals.min(9),
            },
        }
    }

    /// What an answered call of this duration costs (9.1 to 9.4).
    #[must_use]
    pub fn cost(&self, duration_sec: u32) -> Cost {
        let billed_sec = self.billed_sec(duration_sec);
        Cost { cost: round_ratio(self.sixtieths(billed_sec), 60, self.rounding), billed_sec }
    }

    /// What the call sells at as buy cost plus margin plus a fee for each minute billed (9.6).
    #[must_use]
    pub fn cost_plus(
        &self,
        duration_sec: u32,
        margin_nano_percent: i64,
        fixed_fee_per_min: Nano,
        rounding: Rounding,
    ) -> Cost {
        let billed_sec = self.billed_sec(duration_sec);
        let factor = WHOLE_NANO_PERCENT.saturating_add(i128::from(margin_nano_percent));
        let fee = i128::from(fixed_fee_per_min.0).saturating_mul(i128::from(billed_sec));
        let price = self.sixtieths(billed_sec).saturating_mul(factor);
        let price = price.saturating_add(fee.saturating_mul(WHOLE_NANO_PERCENT));
        Cost { cost: round_ratio(price, WHOLE_NANO_PERCENT.saturating_mul(60), rounding), billed_sec }
    }

    /// The seconds that are billed: the first interval whole, then increments begun.
    fn billed_sec(&self, duration_sec: u32) -> u32 {
        let in_grace = self.grace_sec >= self.first_sec && duration_sec <= self.grace_sec;
        if duration_sec == 0 || in_grace {
            return 0;
        }
        let after_first = duration_sec.saturating_sub(self.first_sec);
        let blocks = after_first.div_ceil(self.increment_sec.max(1));
        self.first_sec.saturating_add(blocks.saturating_mul(self.increment_sec))
    }

    /// The exact cost, in sixtieths of a nano-unit: prices are a minute, blocks are seconds.
    fn sixtieths(&self, billed_sec: u32) -> i128 {
        if billed_sec == 0 {
            return 0;
        }
        let of = |rate: Nano, sec: u32| i128::from(rate.0).saturating_mul(i128::from(sec));
        let rest_sec = billed_sec.saturating_sub(self.first_sec);
        of(self.first_rate_per_min, self.first_sec)
            .saturating_add(of(self.rate_per_min, rest_sec))
            .saturating_add(of(self.connect_fee, 60))
    }
}

/// 100 % in nano-percent.
const WHOLE_NANO_PERCENT: i128 = 100_000_000_000;

/// Rounds an exact amount of `numerator / denominator` nano-units, once.
#[must_use]
pub fn round_ratio(numerator: i128, denominator: i128, rounding: Rounding) -> Nano {
    let places = 9u32.saturating_sub(u32::from(rounding.decimals));
    let unit = match rounding.mode {
        RoundingMode::None => 1,
        _ => 10i128.saturating_pow(places),
    };
    let divisor = denominator.max(1).saturating_mul(unit);
    let magnitude = numerator.saturating_abs();
    let (quotient, rest) =
        (magnitude.checked_div(divisor).unwrap_or(0), magnitude.checked_rem(divisor).unwrap_or(0));
    let up = match rounding.mode {
        RoundingMode::Up => rest != 0,
        RoundingMode::Down | RoundingMode::None => false,
        RoundingMode::HalfUp => rest.saturating_mul(2) >= divisor,
        RoundingMode::HalfEven => {
            let twice = rest.saturating_mul(2);
            twice > divisor || (twice == divisor && quotient.wrapping_rem(2) == 1)
        }
    };
    let rounded = quotient.saturating_add(i128::from(up)).saturating_mul(unit);
    let nano = i64::try_from(rounded).unwrap_or(i64::MAX);
    Nano(if numerator < 0 { nano.saturating_neg() } else { nano })
}
