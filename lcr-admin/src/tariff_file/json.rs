//! The keys of a tariff file, and what they may hold.

use std::fmt;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use rating_core::money::Nano;
use rating_core::schedule::Recurrence;
use rating_core::tariff::{AtMaxCost, AtWindow, Rounding, RoundingMode, Step};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::{OwnedWindow, TariffFile, TariffFileError};

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileJson {
    #[serde(default = "usd")]
    currency: String,
    #[serde(default)]
    connect_fee: Amount,
    #[serde(default)]
    free_sec: u32,
    #[serde(default)]
    grace_sec: u32,
    #[serde(default)]
    steps: Vec<StepJson>,
    #[serde(default)]
    windows: Vec<WindowJson>,
    #[serde(default = "utc")]
    timezone: String,
    #[serde(default)]
    at_window: AtWindowJson,
    min_cost: Option<Amount>,
    max_cost: Option<Amount>,
    #[serde(default)]
    at_max_cost: AtMaxCostJson,
    rounding: Option<RoundingJson>,
}

fn usd() -> String {
    "USD".into()
}

fn utc() -> String {
    "UTC".into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepJson {
    #[serde(default)]
    from_sec: u32,
    rate: Amount,
    #[serde(default = "a_minute")]
    per_sec: u32,
    #[serde(default = "a_second")]
    increment_sec: u32,
}

fn a_minute() -> u32 {
    60
}

fn a_second() -> u32 {
    1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowJson {
    days: Option<Vec<Day>>,
    month_days: Option<Vec<u32>>,
    months: Option<Vec<u32>>,
    #[serde(default = "midnight")]
    from: String,
    #[serde(default = "end_of_day")]
    until: String,
    connect_fee: Option<Amount>,
    steps: Vec<StepJson>,
}

fn midnight() -> String {
    "00:00:00".into()
}

fn end_of_day() -> String {
    "24:00:00".into()
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AtWindowJson {
    #[default]
    Pin,
    Split,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AtMaxCostJson {
    #[default]
    Free,
    Disconnect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoundingJson {
    #[serde(default)]
    mode: ModeJson,
    #[serde(default = "nine")]
    decimals: u8,
}

fn nine() -> u8 {
    9
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ModeJson {
    Up,
    Down,
    #[default]
    HalfUp,
    HalfEven,
    None,
}

/// An amount: a decimal string, not negative.
#[derive(Clone, Copy, Default)]
struct Amount(Nano);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Amount;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an amount as a decimal string such as \"0.05\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Amount, E> {
                let amount = Nano::parse(text.as_bytes())
                    .map_err(|error| E::custom(format!("found {text:?}: {error}")))?;
                if amount < Nano::ZERO {
                    return Err(E::custom(format!("found {text:?}: an amount is 0 or more")));
                }
                Ok(Amount(amount))
            }
        }
        deserializer.deserialize_str(Visitor).map_err(D::Error::custom)
    }
}

impl FileJson {
    /// The tariff, its zone found; or the first key whose value makes no sense.
    pub fn check(self) -> Result<TariffFile, TariffFileError> {
        let currency = self.currency;
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(value("currency", format!("{currency:?}"), "three capitals such as USD"));
        }
        let zone = TimeZone::get(&self.timezone).map_err(|_| {
            value("timezone", format!("{:?}", self.timezone), "an IANA name such as America/Denver")
        })?;
        let rounding = self.rounding.map_or(Ok(Rounding::DEFAULT), RoundingJson::check)?;
        let fee = self.connect_fee.0;
        let windows = self.windows.into_iter().enumerate();
        Ok(TariffFile {
            currency,
            connect_fee: fee,
            free_sec: self.free_sec,
            grace_sec: self.grace_sec,
            steps: check_steps(self.steps, "steps")?,
            windows: windows.map(|(index, window)| window.check(index, fee)).collect::<Result<_, _>>()?,
            zone,
            at_window: match self.at_window {
                AtWindowJson::Pin => AtWindow::Pin,
                AtWindowJson::Split => AtWindow::Split,
            },
            min_cost: self.min_cost.map(|amount| amount.0),
            max_cost: self.max_cost.map(|amount| amount.0),
            at_max_cost: match self.at_max_cost {
                AtMaxCostJson::Free => AtMaxCost::Free,
                AtMaxCostJson::Disconnect => AtMaxCost::Disconnect,
            },
            rounding,
        })
    }
}

impl RoundingJson {
    fn check(self) -> Result<Rounding, TariffFileError> {
        if self.decimals > 9 {
            return Err(value("rounding.decimals", self.decimals.to_string(), "0 to 9"));
        }
        let mode = match self.mode {
            ModeJson::Up => RoundingMode::Up,
            ModeJson::Down => RoundingMode::Down,
            ModeJson::HalfUp => RoundingMode::HalfUp,
            ModeJson::HalfEven => RoundingMode::HalfEven,
            ModeJson::None => RoundingMode::None,
        };
        Ok(Rounding { mode, decimals: self.decimals })
    }
}

impl WindowJson {
    fn check(self, index: usize, tariff_fee: Nano) -> Result<OwnedWindow, TariffFileError> {
        let key = |name: &str| format!("windows[{index}].{name}");
        let days = self.days.filter(|days| !days.is_empty());
        let when = Recurrence {
            days: days
                .map_or(Recurrence::ALL_DAYS, |days| days.iter().fold(0, |mask, day| mask | 1 << *day as u8)),
            month_days: mask(self.month_days, 31, Recurrence::ALL_MONTH_DAYS)
                .map_err(|day| value(&key("month_days"), day.to_string(), "days from 1 to 31"))?,
            months: mask(self.months, 12, u32::from(Recurrence::ALL_MONTHS))
                .ok_months()
                .map_err(|month| value(&key("months"), month.to_string(), "months from 1 to 12"))?,
            from_sec: second_of_day(&self.from).filter(|&sec| sec < 86_400).ok_or_else(|| {
                value(&key("from"), format!("{:?}", self.from), "a time from 00:00:00 to 23:59:59")
            })?,
            until_sec: second_of_day(&self.until).ok_or_else(|| {
                value(&key("until"), format!("{:?}", self.until), "a time from 00:00:00 to 24:00:00")
            })?,
        };
        Ok(OwnedWindow {
            when,
            connect_fee: self.connect_fee.map_or(tariff_fee, |amount| amount.0),
            steps: check_steps(self.steps, &key("steps"))?,
        })
    }
}

/// Months fit in 16 bits.
trait Months {
    fn ok_months(self) -> Result<u16, u32>;
}

impl Months for Result<u32, u32> {
    fn ok_months(self) -> Result<u16, u32> {
        self.and_then(|mask| u16::try_from(mask).map_err(|_| mask))
    }
}

/// A bit for each number, the lowest for 1; all where none is given. The number that is out of range is the error.
fn mask(numbers: Option<Vec<u32>>, highest: u32, all: u32) -> Result<u32, u32> {
    let Some(numbers) = numbers.filter(|numbers| !numbers.is_empty()) else { return Ok(all) };
    numbers.into_iter().try_fold(0, |mask, number| {
        if (1..=highest).contains(&number) { Ok(mask | 1 << (number - 1)) } else { Err(number) }
    })
}

fn check_steps(steps: Vec<StepJson>, key: &str) -> Result<Vec<Step>, TariffFileError> {
    let mut begins = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        let name = |field: &str| format!("{key}[{index}].{field}");
        if step.per_sec == 0 {
            return Err(value(&name("per_sec"), "0".into(), "1 or more"));
        }
        if step.increment_sec == 0 {
            return Err(value(&name("increment_sec"), "0".into(), "1 or more"));
        }
        if begins.contains(&step.from_sec) {
            return Err(value(
                &name("from_sec"),
                step.from_sec.to_string(),
                "another second than the steps before",
            ));
        }
        begins.push(step.from_sec);
    }
    if !begins.is_empty() && !begins.contains(&0) {
        return Err(value(key, "no step from second 0".into(), "one with from_sec 0"));
    }
    let step = |step: StepJson| Step {
        from_sec: step.from_sec,
        rate: step.rate.0,
        per_sec: step.per_sec,
        increment_sec: step.increment_sec,
    };
    Ok(steps.into_iter().map(step).collect())
}

/// `18:00` or `18:00:00`, and `24:00:00`.
fn second_of_day(text: &str) -> Option<u32> {
    if matches!(text, "24:00" | "24:00:00") {
        return Some(86_400);
    }
    let time: Time = if text.len() == 5 || text.len() == 8 { text.parse().ok()? } else { return None };
    let second = i32::from(time.hour()) * 3_600 + i32::from(time.minute()) * 60 + i32::from(time.second());
    u32::try_from(second).ok()
}

fn value(key: &str, found: String, expected: &'static str) -> TariffFileError {
    TariffFileError::Value { key: key.into(), found, expected }
}
