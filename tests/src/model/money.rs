//! Exact amounts, and what a call costs by a deck's row (9.1 to 9.4, 9.6).

use rating_core::money::Nano;
use rating_core::plan::{CostPlus, Plan};
use rating_core::tariff::{Rounding, RoundingMode};

/// An exact fraction of nano-units. The denominator is positive.
#[derive(Clone, Copy, Debug)]
pub struct Exact {
    num: i128,
    den: i128,
}

/// One, in nano.
pub const ONE: i128 = 1_000_000_000;

impl Exact {
    pub const ZERO: Exact = Exact { num: 0, den: 1 };

    pub fn whole(nano: i64) -> Exact {
        Exact { num: nano.into(), den: 1 }
    }

    /// In lowest terms, so that long sums of products fit.
    fn reduced(self) -> Exact {
        let divisor = common_divisor(self.num, self.den);
        Exact { num: self.num / divisor, den: self.den / divisor }
    }

    pub fn times(self, num: i128, den: i128) -> Exact {
        let num = self.num.checked_mul(num).expect("amounts of the tests fit");
        Exact { num, den: self.den.checked_mul(den).expect("amounts of the tests fit") }.reduced()
    }

    pub fn plus(self, other: Exact) -> Exact {
        let divisor = common_divisor(self.den, other.den);
        let times = |a: i128, b: i128| a.checked_mul(b).expect("amounts of the tests fit");
        let num = times(self.num, other.den / divisor) + times(other.num, self.den / divisor);
        Exact { num, den: times(self.den, other.den / divisor) }.reduced()
    }

    pub fn minus(self, other: Exact) -> Exact {
        self.plus(Exact { num: -other.num, den: other.den })
    }

    pub fn cmp(self, other: Exact) -> std::cmp::Ordering {
        let difference = self.minus(other).num;
        difference.cmp(&0)
    }

    /// Rounded once. Amounts here are never negative.
    pub fn round(self, rounding: Rounding) -> Nano {
        assert!(self.num >= 0);
        let decimals = if rounding.mode == RoundingMode::None { 9 } else { rounding.decimals };
        let unit = 10i128.pow(9 - u32::from(decimals));
        let den = self.den * unit;
        let (whole, rest) = (self.num / den, self.num % den);
        let up = match rounding.mode {
            RoundingMode::Up => rest > 0,
            RoundingMode::Down | RoundingMode::None => false,
            RoundingMode::HalfUp => 2 * rest >= den,
            RoundingMode::HalfEven => 2 * rest > den || 2 * rest == den && whole % 2 == 1,
        };
        Nano(i64::try_from((whole + i128::from(up)) * unit).expect("amounts of the tests fit"))
    }
}

fn common_divisor(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i128::try_from(a.max(1)).expect("amounts of the tests fit")
}

/// What a call is priced by: a first block, then increments, in some currency.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub first_rate_per_min: Nano,
    pub rate_per_min: Nano,
    pub first_sec: u32,
    pub increment_sec: u32,
    pub grace_sec: u32,
    pub connect_fee: Nano,
    pub rounding: Rounding,
    /// What one unit of its currency is worth in the plan's, in nano.
    pub currency_rate: i128,
}

impl Terms {
    /// What costs nothing, billed by the second: a route without a deck, an emergency call.
    pub fn nothing() -> Terms {
        Terms::flat(Nano::ZERO, 1)
    }

    /// A price a minute in equal blocks, without fee, in the plan's currency.
    pub fn flat(rate_per_min: Nano, block_sec: u32) -> Terms {
        Terms {
            first_rate_per_min: rate_per_min,
            rate_per_min,
            first_sec: block_sec,
            increment_sec: block_sec,
            grace_sec: 0,
            connect_fee: Nano::ZERO,
            rounding: Rounding { mode: RoundingMode::HalfUp, decimals: 9 },
            currency_rate: ONE,
        }
    }

    fn is_free(&self, duration_sec: u32) -> bool {
        let graced = duration_sec <= self.grace_sec && self.first_sec <= self.grace_sec;
        duration_sec == 0 || graced
    }

    pub fn billed_sec(&self, duration_sec: u32) -> u32 {
        if self.is_free(duration_sec) {
            return 0;
        }
        let mut billed = self.first_sec;
        while billed < duration_sec {
            billed += self.increment_sec;
        }
        billed
    }

    /// In its own currency, not rounded.
    pub fn exact(&self, duration_sec: u32) -> Exact {
        if self.is_free(duration_sec) {
            return Exact::ZERO;
        }
        let later_sec = self.billed_sec(duration_sec) - self.first_sec;
        let first = i128::from(self.first_rate_per_min.0) * i128::from(self.first_sec);
        let later = i128::from(self.rate_per_min.0) * i128::from(later_sec);
        Exact::whole(self.connect_fee.0).plus(Exact { num: first + later, den: 60 })
    }

    /// In its own currency, rounded once.
    pub fn cost(&self, duration_sec: u32) -> Nano {
        self.exact(duration_sec).round(self.rounding)
    }

    /// An amount in its currency, in the plan's.
    pub fn convert(&self, amount: Nano) -> Exact {
        Exact::whole(amount.0).times(self.currency_rate, ONE)
    }
}

/// 100 % in nano-percent.
const WHOLE: i128 = 100 * ONE;

/// Cost-plus on a leg: in the plan's currency, rounded once.
pub fn cost_plus(by: &CostPlus, buy: &Terms, duration_sec: u32) -> Nano {
    let fee = Exact::whole(by.fixed_fee_per_min.0).times(buy.billed_sec(duration_sec).into(), 60);
    let marked = buy
        .exact(duration_sec)
        .times(buy.currency_rate, ONE)
        .times(WHOLE + i128::from(by.margin_nano_percent), WHOLE);
    marked.plus(fee).round(by.rounding)
}

/// Cost-plus a minute, as it is told: half up to a nano-unit, whatever the account's rounding of calls.
pub fn cost_plus_per_min(by: &CostPlus, buy: &Terms) -> Nano {
    let marked = Exact::whole(buy.rate_per_min.0)
        .times(buy.currency_rate, ONE)
        .times(WHOLE + i128::from(by.margin_nano_percent), WHOLE);
    marked.plus(Exact::whole(by.fixed_fee_per_min.0)).round(Rounding::DEFAULT)
}

/// What one unit of a currency is worth in the plan's at an instant, in nano.
pub fn currency_rate(plan: &Plan, currency: &str, at: i64) -> i128 {
    if currency.is_empty() || currency == plan.settings.currency {
        return ONE;
    }
    let dated = plan.currency_rates.iter().filter(|rate| rate.currency == currency && rate.from <= at);
    dated.max_by_key(|rate| rate.from).expect("every currency has a rate").rate.0.into()
}
