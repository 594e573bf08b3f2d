//! The common form of a tariff: a first interval, then increments, at prices a minute.
//!
//! It runs for every candidate of a call, so it is branch-light, total for any values, and its exact cost fits
//! in 128 bits without a check: |fee| × 60 + |rate| × seconds stays below 2^97.

use crate::money::{Nano, PLAN_RATE_NANO};
use crate::price::CostPlusTerms;
use crate::snapshot::layout::TariffRec;

use super::round::{Rounding, round_mixed, round_ratio};

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

/// 100 % in nano-percent.
const WHOLE_NANO_PERCENT: i128 = 100_000_000_000;
/// Rates are a minute.
const PER_MIN_SEC: u128 = 60;
/// 60 × 100 %.
const MINUTE_NANO_PERCENT: i128 = 60 * WHOLE_NANO_PERCENT;

impl DeckTariff {
    /// The tariff of a snapshot's record. Total: a block of 0 s is read as 1, more than 9 decimals as 9, an
    /// unknown mode as `half_up`.
    #[must_use]
    pub fn from_record(record: &TariffRec) -> DeckTariff {
        DeckTariff {
            first_rate_per_min: Nano(record.first_rate_nano_per_min.get()),
            rate_per_min: Nano(record.rate_nano_per_min.get()),
            connect_fee: Nano(record.connect_fee_nano.get()),
            first_sec: record.first_sec.get().max(1),
            increment_sec: record.increment_sec.get().max(1),
            grace_sec: record.grace_sec.get(),
            rounding: Rounding::from_stored(record.rounding_mode, record.rounding_decimals),
        }
    }

    /// What a call of this duration costs, rounded once by the deck's own mode.
    ///
    /// Nothing for 0 s (9.1) and for a call within the grace (9.2). Beyond the range of [`Nano`] it stays at
    /// the range's end.
    #[must_use]
    pub fn cost(&self, duration_sec: u32) -> Cost {
        match self.exact_cost(duration_sec) {
            None => Cost::default(),
            Some((sixtieths, billed_sec)) => {
                Cost { cost: round_ratio(sixtieths, PER_MIN_SEC, self.rounding), billed_sec }
            }
        }
    }

    /// The same tariff with one rate in place of its own: an override's (9.6).
    #[must_use]
    pub const fn at_rate(self, rate_per_min: Nano) -> DeckTariff {
        DeckTariff { first_rate_per_min: rate_per_min, rate_per_min, ..self }
    }

    /// Sell price by cost-plus (9.6): the unrounded buy cost, converted exactly, × (1 + margin/100), and the fee for
    /// each minute that is billed; rounded once, by the account's mode. `rate_nano` is what a unit of this tariff's
    /// currency is worth in the plan's.
    #[must_use]
    pub fn cost_plus(&self, duration_sec: u32, rate_nano: u64, terms: &CostPlusTerms) -> Cost {
        let Some((sixtieths, billed_sec)) = self.exact_cost(duration_sec) else { return Cost::default() };
        let share = WHOLE_NANO_PERCENT.saturating_add(i128::from(terms.margin_nano_percent));
        let fee_sixtieths = i128::from(terms.fixed_fee_per_min.0).wrapping_mul(i128::from(billed_sec));
        let shared = sixtieths.saturating_mul(share);
        // Over 60 × 100 %. What saturates is far beyond the range of an amount.
        let cost = match rate_nano {
            PLAN_RATE_NANO => {
                let fee = fee_sixtieths.saturating_mul(WHOLE_NANO_PERCENT);
                round_ratio(shared.saturating_add(fee), MINUTE_NANO_PERCENT.unsigned_abs(), terms.rounding)
            }
            rate_nano => converted(shared, fee_sixtieths, rate_nano, terms.rounding),
        };
        Cost { cost, billed_sec }
    }

    /// Seconds that a call of this duration is billed, before any grace. At most `u32::MAX`.
    #[must_use]
    pub fn billed_sec(&self, duration_sec: u32) -> u32 {
        if duration_sec == 0 {
            return 0;
        }
        let first = self.first_sec.max(1);
        let increment = self.increment_sec.max(1);
        let blocks = duration_sec.saturating_sub(first).div_ceil(increment);
        first.saturating_add(blocks.saturating_mul(increment))
    }

    /// The exact cost in sixtieths of a nano-unit, and the seconds billed; `None` if the call costs nothing.
    fn exact_cost(&self, duration_sec: u32) -> Option<(i128, u32)> {
        let first = self.first_sec.max(1);
        let in_grace = duration_sec <= self.grace_sec && first <= self.grace_sec;
        if duration_sec == 0 || in_grace {
            return None;
        }
        let billed = self.billed_sec(duration_sec);
        let seconds_at = |rate: Nano, sec: u32| i128::from(rate.0).wrapping_mul(i128::from(sec));
        let sixtieths = i128::from(self.connect_fee.0)
            .wrapping_mul(60)
            .wrapping_add(seconds_at(self.first_rate_per_min, first))
            .wrapping_add(seconds_at(self.rate_per_min, billed.saturating_sub(first)));
        Some((sixtieths, billed))
    }
}

/// An amount over 60 × 100 % in another currency, at what a unit of that is worth in the plan's; and a fee in sixtieths,
/// in the plan's. Whole parts and rests apart: one numerator of all would end at 28 million of the plan's units.
#[inline(never)]
fn converted(shared: i128, fee_sixtieths: i128, rate_nano: u64, rounding: Rounding) -> Nano {
    const UNIT: i128 = 1_000_000_000;
    const DENOMINATOR: i128 = MINUTE_NANO_PERCENT * UNIT;
    let rate = i128::from(rate_nano);
    let (nano, rest) = (shared.div_euclid(MINUTE_NANO_PERCENT), shared.rem_euclid(MINUTE_NANO_PERCENT));
    let in_plan = nano.saturating_mul(rate);
    let (fee, fee_rest) = (fee_sixtieths.div_euclid(60), fee_sixtieths.rem_euclid(60));
    // Each below 10^33.
    let rests = [
        in_plan.rem_euclid(UNIT).wrapping_mul(MINUTE_NANO_PERCENT),
        rest.wrapping_mul(rate),
        fee_rest.wrapping_mul(WHOLE_NANO_PERCENT * UNIT),
    ];
    let rest = rests.into_iter().fold(0, i128::wrapping_add);
    let nano = in_plan.div_euclid(UNIT).saturating_add(fee).saturating_add(rest.div_euclid(DENOMINATOR));
    round_mixed(nano, rest.rem_euclid(DENOMINATOR).unsigned_abs(), DENOMINATOR.unsigned_abs(), rounding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tariff::RoundingMode;
    use zerocopy::FromBytes;

    const CENT: i64 = 10_000_000;

    fn plus(buy: &DeckTariff, duration: u32, margin: i64, fee: Nano, rounding: Rounding) -> Cost {
        let terms = CostPlusTerms { margin_nano_percent: margin, fixed_fee_per_min: fee, rounding };
        buy.cost_plus(duration, PLAN_RATE_NANO, &terms)
    }

    fn tariff(first_sec: u32, increment_sec: u32, rate_nano: i64) -> DeckTariff {
        DeckTariff {
            first_rate_per_min: Nano(rate_nano),
            rate_per_min: Nano(rate_nano),
            connect_fee: Nano::ZERO,
            first_sec,
            increment_sec,
            grace_sec: 0,
            rounding: Rounding::DEFAULT,
        }
    }

    #[test]
    fn r9_1_no_seconds_cost_nothing() {
        let mut with_fee = tariff(60, 60, CENT);
        with_fee.connect_fee = Nano(CENT);
        assert_eq!(with_fee.cost(0), Cost::default());
        assert_eq!(plus(&with_fee, 0, 0, Nano(CENT), Rounding::DEFAULT), Cost::default());
    }

    #[test]
    fn r9_3_thirty_six_bills_thirty_six_seconds_for_thirty_one() {
        // 0.06 a minute is 0.001 a second.
        let thirty_six = tariff(30, 6, 6 * CENT);
        for (duration, billed) in [(1, 30), (30, 30), (31, 36), (36, 36), (37, 42), (60, 60), (61, 66)] {
            let cost = thirty_six.cost(duration);
            assert_eq!(cost, Cost { cost: Nano(i64::from(billed) * 1_000_000), billed_sec: billed });
        }
    }

    #[test]
    fn r9_3_the_first_interval_may_have_a_price_of_its_own() {
        // 0.12 a minute for 60 s, then 0.06 a minute in blocks of 6 s, and 0.05 for the answer.
        let mut both = tariff(60, 6, 6 * CENT);
        both.first_rate_per_min = Nano(12 * CENT);
        both.connect_fee = Nano(5 * CENT);
        assert_eq!(both.cost(1).cost, Nano(17 * CENT));
        assert_eq!(both.cost(61).cost, Nano(17 * CENT + 6_000_000));
    }

    #[test]
    fn r9_2_grace_frees_short_calls_and_bills_longer_ones_from_the_first_second() {
        let mut graced = tariff(1, 1, 6 * CENT);
        graced.connect_fee = Nano(CENT);
        graced.grace_sec = 5;
        assert_eq!(graced.cost(5), Cost::default(), "not even the fee");
        assert_eq!(graced.cost(6), Cost { cost: Nano(CENT + 6_000_000), billed_sec: 6 });
        assert_eq!(plus(&graced, 5, 0, Nano(CENT), Rounding::DEFAULT), Cost::default());
    }

    #[test]
    fn r9_2_grace_is_ignored_where_the_first_block_is_longer() {
        let mut graced = tariff(6, 6, 6 * CENT);
        graced.grace_sec = 5;
        assert_eq!(graced.cost(3).billed_sec, 6);
        graced.grace_sec = 6;
        assert_eq!(graced.cost(6).billed_sec, 0);
    }

    #[test]
    fn r9_4_rounded_once_over_fee_and_blocks() {
        // 6 s at 0.0001 a minute is 10_000 nano; 1 s of 0.000000001 a minute is 1/60 nano.
        let mut tiny = tariff(1, 1, 1);
        assert_eq!(tiny.cost(29).cost, Nano(0));
        assert_eq!(tiny.cost(30).cost, Nano(1), "30/60 is a half");
        tiny.rounding.mode = RoundingMode::Up;
        assert_eq!(tiny.cost(1).cost, Nano(1));
        // 40/60 at the first rate and 40/60 at the second are 1.33: rounded together 1, apart 2.
        let mut twice = tariff(40, 40, 1);
        twice.rounding.mode = RoundingMode::HalfUp;
        assert_eq!(twice.cost(80).cost, Nano(1));
    }

    #[test]
    fn r9_6_cost_plus_is_rounded_once() {
        // 36 s at 0.06: 0.036; 10 % on it: 0.0396; 0.01 a minute of 36 s billed: 0.006; 0.0456.
        let thirty_six = tariff(30, 6, 6 * CENT);
        let ten_percent = 10_000_000_000;
        let price = plus(&thirty_six, 31, ten_percent, Nano(CENT), Rounding::DEFAULT);
        assert_eq!(price, Cost { cost: Nano(45_600_000), billed_sec: 36 });
        // The buy cost enters unrounded. 30 s of one nano a minute: half a nano; 40 % more is 0.7, up to 1.
        // Rounded before (1 × 1.4, down) it would be 1 as well; with 4 % of 12 s: 0.2 × 1.04 = 0.208.
        let nano = tariff(1, 1, 1);
        let down = Rounding { mode: RoundingMode::Down, decimals: 9 };
        assert_eq!(plus(&nano, 90, 40_000_000_000, Nano::ZERO, down).cost, Nano(2), "1.5 × 1.4 = 2.1");
        assert_eq!(plus(&nano, 30, 90_000_000_000, Nano::ZERO, down).cost, Nano(0), "0.5 × 1.9 = 0.95");
        // By the account's rounding, not the deck's: 0.0456 to two decimals, up.
        let up2 = Rounding { mode: RoundingMode::Up, decimals: 2 };
        assert_eq!(plus(&thirty_six, 31, ten_percent, Nano(CENT), up2).cost, Nano(5 * CENT));
    }

    #[test]
    fn r9_6_cost_plus_of_a_small_currency_has_the_range_of_an_amount() {
        // 200 minutes at 6 USD are 1,200 USD; 25,400 VND each; 10 % on it; and 100 VND a minute.
        let dear = tariff(60, 60, 6_000_000_000);
        let at = |rate_nano: u64, margin_nano_percent, fee| {
            let terms = CostPlusTerms {
                margin_nano_percent,
                fixed_fee_per_min: Nano(fee),
                rounding: Rounding::DEFAULT,
            };
            dear.cost_plus(12_000, rate_nano, &terms).cost
        };
        assert_eq!(at(25_400_000_000_000, 10_000_000_000, 0), Nano(33_528_000_000_000_000));
        assert_eq!(at(25_400_000_000_000, 10_000_000_000, 100_000_000_000), Nano(33_548_000_000_000_000));
        // 25,412.123456789 VND, 3.333333333 % and 7.000000001 a minute: 31,512,433.086316911506…
        assert_eq!(at(25_412_123_456_789, 3_333_333_333, 7_000_000_001), Nano(31_512_433_086_316_912));
        assert_eq!(at(u64::MAX, 0, 0), Nano(i64::MAX), "held within the range");
    }

    #[test]
    fn r9_6_a_conversion_is_that_of_one_fraction() {
        // Where all fits into one numerator: that over one denominator.
        let mut state = 20_261_122u64;
        let mut random = |bits: u32| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from(state >> (64 - bits)).unwrap()
        };
        for round in 0..20_000 {
            let buy = tariff(1, 1, random(1 + round % 36));
            let duration_sec = u32::try_from(random(12)).unwrap() + 1;
            let rate_nano = random(36).unsigned_abs() + 2;
            let rounding =
                Rounding::from_stored(u8::try_from(round % 5).unwrap(), u8::try_from(round % 10).unwrap());
            let (margin, fee) = (random(38) - (1 << 37), random(30) - (1 << 29));
            let terms = CostPlusTerms { margin_nano_percent: margin, fixed_fee_per_min: Nano(fee), rounding };
            let (rate, margin, fee, sec) =
                (i128::from(rate_nano), i128::from(margin), i128::from(fee), i128::from(duration_sec));
            let sixtieths = i128::from(buy.rate_per_min.0) * sec;
            let one = sixtieths * (WHOLE_NANO_PERCENT + margin) * rate
                + fee * sec * WHOLE_NANO_PERCENT * 1_000_000_000;
            let expected = round_ratio(one, 60 * 100_000_000_000 * 1_000_000_000, rounding);
            assert_eq!(
                buy.cost_plus(duration_sec, rate_nano, &terms).cost,
                expected,
                "{round}: {buy:?} {terms:?} {rate_nano}"
            );
        }
    }

    #[test]
    fn any_values_give_some_cost() {
        for bytes in [[0u8; 64], [0xff; 64], [0x7f; 64], [0x80; 64]] {
            let record = TariffRec::ref_from_bytes(&bytes).unwrap();
            let tariff = DeckTariff::from_record(record);
            for duration in [0, 1, 59, u32::MAX] {
                let _ = tariff.cost(duration);
                let _ = plus(&tariff, duration, i64::MAX, Nano(i64::MAX), tariff.rounding);
                let _ = plus(&tariff, duration, i64::MIN, Nano(i64::MIN), tariff.rounding);
                for (margin, fee) in [(i64::MAX, i64::MAX), (i64::MIN, i64::MIN), (i64::MAX, i64::MIN)] {
                    let fixed_fee_per_min = Nano(fee);
                    let terms = CostPlusTerms {
                        margin_nano_percent: margin,
                        fixed_fee_per_min,
                        rounding: tariff.rounding,
                    };
                    for rate_nano in [0, 1, u64::MAX] {
                        let _ = tariff.cost_plus(duration, rate_nano, &terms);
                    }
                }
            }
        }
        let dear = tariff(1, 1, i64::MAX);
        assert_eq!(dear.cost(u32::MAX), Cost { cost: Nano(i64::MAX), billed_sec: u32::MAX });
        assert_eq!(plus(&dear, u32::MAX, i64::MAX, Nano(i64::MAX), Rounding::DEFAULT).cost, Nano(i64::MAX));
    }

    #[test]
    fn a_record_is_read_field_by_field() {
        let record = TariffRec {
            first_rate_nano_per_min: 1.into(),
            rate_nano_per_min: 2.into(),
            connect_fee_nano: 3.into(),
            first_sec: 30.into(),
            increment_sec: 0.into(),
            grace_sec: 5.into(),
            rounding_mode: 9,
            rounding_decimals: 77,
            ..TariffRec::default()
        };
        let expected = DeckTariff {
            first_rate_per_min: Nano(1),
            rate_per_min: Nano(2),
            connect_fee: Nano(3),
            first_sec: 30,
            increment_sec: 1,
            grace_sec: 5,
            rounding: Rounding { mode: RoundingMode::HalfUp, decimals: 9 },
        };
        assert_eq!(DeckTariff::from_record(&record), expected);
    }
}
