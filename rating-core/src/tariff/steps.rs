//! The general form of a tariff: steps, windows, free and grace seconds, least and highest cost (9.2 to 9.5).
//!
//! A call is walked in runs of equal blocks: up to the next step, the next edge of a window, or its end. So a
//! call of a week by the second takes as many turns as it meets edges, not seconds.
//!
//! The sum is an exact fraction of 128 bits; what does not fit is an error, never a wrong price.

use core::fmt;

use crate::money::Nano;

use super::round::{Rounding, round_ratio};
use super::window::{DAY_SEC, UtcOffsets, Window, holding, next_edge};

/// From a second of the call on: a rate, and the blocks that it is billed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// First second of the call, free seconds not counted, at which it holds.
    pub from_sec: u32,
    /// Price of `per_sec` seconds.
    pub rate: Nano,
    /// What the rate is for; at least 1.
    pub per_sec: u32,
    /// Length of a block; at least 1.
    pub increment_sec: u32,
}

/// What prices a call that goes on into another window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtWindow {
    /// The window of the answer.
    #[default]
    Pin,
    /// For each block the window at its first second.
    Split,
}

/// What happens beyond the maximum cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AtMaxCost {
    /// The rest of the call is free.
    #[default]
    Free,
    /// The call is to be disconnected.
    Disconnect,
}

/// How calls are priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tariff<'a> {
    /// Fee of an answered call, where no window holds.
    pub connect_fee: Nano,
    /// First seconds that are never billed.
    pub free_sec: u32,
    /// A call no longer than this costs nothing; ignored where the first block is longer.
    pub grace_sec: u32,
    /// Prices where no window holds.
    pub steps: &'a [Step],
    /// Prices of parts of the week or year.
    pub windows: &'a [Window<'a>],
    /// The zone of the windows.
    pub zone: UtcOffsets<'a>,
    /// What prices a call that goes on into another window.
    pub at_window: AtWindow,
    /// Least cost of a call, fees included.
    pub min_cost: Option<Nano>,
    /// Highest cost of a call, fees included.
    pub max_cost: Option<Nano>,
    /// What happens beyond it.
    pub at_max_cost: AtMaxCost,
    /// How the cost is rounded, once.
    pub rounding: Rounding,
}

/// What one call costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Priced {
    /// The amount, rounded.
    pub cost: Nano,
    /// Seconds of all its blocks.
    pub billed_sec: u64,
    /// With [`AtMaxCost::Disconnect`]: the second of the call at which the next block would go beyond the
    /// maximum, if this call got there.
    pub disconnect_at_sec: Option<u64>,
}

/// Why a call could not be priced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TariffError {
    /// A step without seconds: `per_sec` or `increment_sec` is 0.
    EmptyStep,
    /// No step holds from second 0.
    NoStepAtZero,
    /// A window beyond the day: `from_sec` is 86 400 or more, or `until_sec` more.
    WindowBeyondDay,
    /// No window holds, and the tariff has no steps of its own.
    NoPrice,
    /// The cost does not fit.
    OutOfRange,
}

impl fmt::Display for TariffError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EmptyStep => "a step has per_sec or increment_sec 0: both are at least 1",
            Self::NoStepAtZero => "no step has from_sec 0: the first seconds have no price",
            Self::WindowBeyondDay => "a window begins at 24:00:00 or ends later",
            Self::NoPrice => "no window holds at that time, and the tariff has no steps of its own",
            Self::OutOfRange => "the cost is beyond 9.2 billion, or its fraction beyond 128 bits",
        })
    }
}

impl core::error::Error for TariffError {}

impl<'a> Tariff<'a> {
    /// What a call costs that was answered at an instant and lasted so many seconds.
    ///
    /// # Errors
    /// [`TariffError`], where the tariff is none or the cost does not fit.
    pub fn price(&self, duration_sec: u32, answered_at_utc_sec: i64) -> Result<Priced, TariffError> {
        self.check()?;
        if duration_sec == 0 {
            return Ok(Priced::default());
        }
        let answer = holding(self.windows, &self.zone, answered_at_utc_sec);
        let billing_from = answered_at_utc_sec.saturating_add(i64::from(self.free_sec));
        let first_block = step_at(self.run_at(answer, billing_from)?.steps, 0)?.increment_sec;
        if duration_sec <= self.grace_sec && first_block <= self.grace_sec {
            return Ok(Priced::default());
        }
        let fee = answer.map_or(self.connect_fee, |window| window.connect_fee);
        let mut meter =
            Meter { sum: Fraction::whole(fee), limit: self.disconnect_cost(), ..Meter::default() };
        let billable_sec = u64::from(duration_sec.saturating_sub(self.free_sec));
        while meter.billed_sec < billable_sec {
            let run = self.run_at(answer, instant_at(billing_from, meter.billed_sec))?;
            let step = step_at(run.steps, meter.billed_sec)?;
            let edge = meter.billed_sec.saturating_add(run.left_sec);
            meter.bill(step, edge.min(next_step(run.steps, meter.billed_sec)).min(billable_sec))?;
        }
        self.finish(&meter)
    }

    /// Whether the tariff can price calls at all.
    ///
    /// # Errors
    /// What is wrong with it, whatever the call.
    pub fn check(&self) -> Result<(), TariffError> {
        if self.steps.is_empty() && self.windows.is_empty() {
            return Err(TariffError::NoPrice);
        }
        if !self.steps.is_empty() {
            check_steps(self.steps)?;
        }
        for window in self.windows {
            if window.when.from_sec >= DAY_SEC || window.when.until_sec > DAY_SEC {
                return Err(TariffError::WindowBeyondDay);
            }
            check_steps(window.steps)?;
        }
        Ok(())
    }

    /// The steps that price a block beginning at an instant, and for how many seconds more.
    fn run_at(&self, answer: Option<&Window<'a>>, at_utc_sec: i64) -> Result<Run<'a>, TariffError> {
        let (window, left_sec) = match self.at_window {
            AtWindow::Pin => (answer, None),
            AtWindow::Split => (
                holding(self.windows, &self.zone, at_utc_sec),
                Some(next_edge(self.windows, &self.zone, at_utc_sec).saturating_sub(at_utc_sec)),
            ),
        };
        let steps = window.map_or(self.steps, |window| window.steps);
        if steps.is_empty() {
            return Err(TariffError::NoPrice);
        }
        Ok(Run { steps, left_sec: left_sec.map_or(u64::MAX, i64::unsigned_abs) })
    }

    fn disconnect_cost(&self) -> Option<Nano> {
        self.max_cost.filter(|_| self.at_max_cost == AtMaxCost::Disconnect)
    }

    /// Least, then highest cost, then the one rounding (9.4).
    fn finish(&self, meter: &Meter) -> Result<Priced, TariffError> {
        let mut sum = meter.sum;
        if let Some(least) = self.min_cost.map(Fraction::whole)
            && sum.less_than(&least)?
        {
            sum = least;
        }
        if let Some(highest) = self.max_cost.map(Fraction::whole)
            && highest.less_than(&sum)?
        {
            sum = highest;
        }
        let disconnect_at_sec = meter.reached_at_sec.map(|sec| sec.saturating_add(u64::from(self.free_sec)));
        Ok(Priced { cost: sum.round(self.rounding)?, billed_sec: meter.billed_sec, disconnect_at_sec })
    }
}

/// Steps, and for how many seconds no other window can take their place.
struct Run<'a> {
    steps: &'a [Step],
    left_sec: u64,
}

fn check_steps(steps: &[Step]) -> Result<(), TariffError> {
    if steps.iter().any(|step| step.per_sec == 0 || step.increment_sec == 0) {
        return Err(TariffError::EmptyStep);
    }
    step_at(steps, 0).map(|_| ())
}

/// The step that holds at a second of the call.
fn step_at(steps: &[Step], at_sec: u64) -> Result<&Step, TariffError> {
    let begun = steps.iter().filter(|step| u64::from(step.from_sec) <= at_sec);
    begun.max_by_key(|step| step.from_sec).ok_or(TariffError::NoStepAtZero)
}

/// The second of the call at which the next step begins.
fn next_step(steps: &[Step], after_sec: u64) -> u64 {
    let begins = steps.iter().map(|step| u64::from(step.from_sec));
    begins.filter(|&from| from > after_sec).min().unwrap_or(u64::MAX)
}

fn instant_at(from_utc_sec: i64, after_sec: u64) -> i64 {
    from_utc_sec.saturating_add_unsigned(after_sec)
}

/// What a call has cost so far.
#[derive(Clone, Copy, Debug, Default)]
struct Meter {
    sum: Fraction,
    billed_sec: u64,
    /// The cost that a call must not go beyond, if it is to be disconnected there.
    limit: Option<Nano>,
    reached_at_sec: Option<u64>,
}

impl Meter {
    /// Bills blocks of a step until one would begin at or after a second of the call.
    fn bill(&mut self, step: &Step, until_sec: u64) -> Result<(), TariffError> {
        let increment = u64::from(step.increment_sec).max(1);
        let blocks = until_sec.saturating_sub(self.billed_sec).div_ceil(increment).max(1);
        let sum = self.sum.plus(step, blocks)?;
        if let Some(limit) = self.limit
            && self.reached_at_sec.is_none()
            && Fraction::whole(limit).less_than(&sum)?
        {
            let fitting = self.blocks_within(step, blocks, limit)?;
            self.reached_at_sec = Some(self.billed_sec.saturating_add(fitting.saturating_mul(increment)));
        }
        self.sum = sum;
        self.billed_sec = self.billed_sec.saturating_add(blocks.saturating_mul(increment));
        Ok(())
    }

    /// The most blocks, fewer than `too_many`, that stay within a cost: found by halving.
    fn blocks_within(&self, step: &Step, too_many: u64, limit: Nano) -> Result<u64, TariffError> {
        let (mut fitting, mut beyond) = (0u64, too_many);
        while beyond.saturating_sub(fitting) > 1 {
            let middle = fitting.midpoint(beyond);
            if Fraction::whole(limit).less_than(&self.sum.plus(step, middle)?)? {
                beyond = middle;
            } else {
                fitting = middle;
            }
        }
        Ok(fitting)
    }
}

/// An exact amount in nano-units.
#[derive(Clone, Copy, Debug)]
struct Fraction {
    numerator: i128,
    /// At least 1.
    denominator: i128,
}

impl Default for Fraction {
    fn default() -> Self {
        Self { numerator: 0, denominator: 1 }
    }
}

impl Fraction {
    fn whole(amount: Nano) -> Fraction {
        Fraction { numerator: i128::from(amount.0), denominator: 1 }
    }

    /// With so many blocks of a step.
    fn plus(&self, step: &Step, blocks: u64) -> Result<Fraction, TariffError> {
        let per = i128::from(step.per_sec).max(1);
        let exact = || {
            let cost = i128::from(step.rate.0)
                .checked_mul(i128::from(step.increment_sec))?
                .checked_mul(i128::from(blocks))?;
            let common = greatest_common_divisor(self.denominator, per);
            let (ours, theirs) = (per.checked_div(common)?, self.denominator.checked_div(common)?);
            let numerator = self.numerator.checked_mul(ours)?.checked_add(cost.checked_mul(theirs)?)?;
            Some(Fraction { numerator, denominator: self.denominator.checked_mul(ours)? })
        };
        exact().ok_or(TariffError::OutOfRange)
    }

    fn less_than(&self, other: &Fraction) -> Result<bool, TariffError> {
        let ours = self.numerator.checked_mul(other.denominator);
        let theirs = other.numerator.checked_mul(self.denominator);
        ours.zip(theirs).map(|(a, b)| a < b).ok_or(TariffError::OutOfRange)
    }

    fn round(&self, rounding: Rounding) -> Result<Nano, TariffError> {
        let whole = self.numerator.checked_div(self.denominator).ok_or(TariffError::OutOfRange)?;
        // One unit of room, so that rounding cannot leave the range.
        if whole.unsigned_abs() > i64::MAX.unsigned_abs().saturating_sub(1_000_000_000).into() {
            return Err(TariffError::OutOfRange);
        }
        Ok(round_ratio(self.numerator, self.denominator.unsigned_abs(), rounding))
    }
}

fn greatest_common_divisor(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a, b);
    while let Some(rest) = a.checked_rem(b) {
        (a, b) = (b, rest);
    }
    a.max(1)
}

#[cfg(test)]
#[path = "steps_tests.rs"]
mod tests;
