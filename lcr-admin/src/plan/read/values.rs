//! Values that are more than a word or a number: amounts, limits, networks, instants.

use std::net::IpAddr;

use jiff::Timestamp;
use rating_core::money::Nano;
use rating_core::plan::{CostPlus, IjPolicy, Limits, MinMargin, Network, UtcSec};
use rating_core::tariff::{Rounding, RoundingMode};
use toml_edit::Item;

use super::fields::{Fields, Spanned};
use crate::plan::problem::Place;

/// Longest CPS: a million calls a second.
const CPS_MILLI_MAX: u64 = 1_000_000_000;
/// Nano-units in one unit, and in a thousandth of it.
const NANO_PER_UNIT: i64 = 1_000_000_000;
const NANO_PER_MILLI: i64 = NANO_PER_UNIT / 1000;

/// The words for what prices an indeterminate call.
pub(crate) const IJ_POLICIES: [(&str, IjPolicy); 4] = [
    ("higher", IjPolicy::Higher),
    ("interstate", IjPolicy::Interstate),
    ("intrastate", IjPolicy::Intrastate),
    ("reject", IjPolicy::Reject),
];

/// The words for ways to round.
pub(crate) const ROUNDING_MODES: [(&str, RoundingMode); 5] = [
    ("up", RoundingMode::Up),
    ("down", RoundingMode::Down),
    ("half_up", RoundingMode::HalfUp),
    ("half_even", RoundingMode::HalfEven),
    ("none", RoundingMode::None),
];

impl Fields<'_> {
    fn refuse(&self, at: &Place, found: impl Into<String>, expected: impl Into<String>) {
        self.reader.problems.error(at, found, expected);
    }

    /// An amount of money, in quotes, not negative.
    pub fn amount(&self, key: &'static str) -> Option<Nano> {
        let (item, at) = self.item(key)?;
        let Some(text) = item.as_str() else {
            self.refuse_unquoted(key, item, &at);
            return None;
        };
        self.parse_amount(key, text, &at)
    }

    /// A number without quotes could only be read as a float: the advice is to quote it.
    fn refuse_unquoted(&self, key: &str, item: &Item, at: &Place) {
        if item.is_float() || item.is_integer() {
            let written = self.written(item).to_owned();
            let found =
                format!("`{key}` is the bare number {written}; amounts are exact and written in quotes");
            self.refuse(at, found, format!("{key} = \"{written}\""));
        } else {
            self.wrong_type(key, item, at, "an amount in quotes, such as \"0.0045\"");
        }
    }

    fn parse_amount(&self, key: &str, text: &str, at: &Place) -> Option<Nano> {
        match Nano::parse(text.as_bytes()) {
            Ok(amount) if amount < Nano::ZERO => {
                self.refuse(at, format!("`{key}` is the negative amount {amount}"), "0 or more");
                None
            }
            Ok(amount) => Some(amount),
            Err(error) => {
                let found = format!("`{key}` is {text:?}: {error}");
                self.refuse(at, found, "a decimal of at most 9 decimals, such as \"0.0045\"");
                None
            }
        }
    }

    /// The caps of an owner.
    pub fn limits(&self) -> Limits {
        let Some(table) = self.table("limits") else { return Limits::default() };
        let cps_milli = table.cps();
        let cps_burst = table.number("cps_burst", 1..=i64::from(u32::MAX));
        if let (None, Some(burst), false) = (cps_milli, &cps_burst, table.has("cps")) {
            self.refuse(&burst.at, "`cps_burst` without `cps`", "both, or neither");
        }
        let concurrent_calls_max = table.number_u32("concurrent_calls_max", 1..=u32::MAX);
        table.finish();
        let cps_burst = cps_burst.and_then(|burst| u32::try_from(burst.value).ok());
        Limits { cps_milli, cps_burst, concurrent_calls_max, ..Default::default() }
    }

    /// Calls per second: 10, 0.5 or "0.5". The digits are read as they stand in the file, never as a float.
    fn cps(&self) -> Option<u64> {
        let (item, at) = self.item("cps")?;
        let written = match item.as_str() {
            Some(text) => text.to_owned(),
            None if item.is_integer() || item.is_float() => self.written(item).replace('_', ""),
            None => {
                self.wrong_type("cps", item, &at, CPS_RULE);
                return None;
            }
        };
        let cps_milli = Nano::parse(written.as_bytes()).ok().and_then(cps_milli);
        if cps_milli.is_none() {
            self.refuse(&at, format!("`cps` is {written}"), CPS_RULE);
        }
        cps_milli
    }

    /// How amounts are rounded: `{ mode = "half_up", decimals = 9 }`.
    pub fn rounding(&self) -> Rounding {
        let Some(table) = self.table("rounding") else { return Rounding::DEFAULT };
        let mode = table.choice("mode", &ROUNDING_MODES).unwrap_or(Rounding::DEFAULT.mode);
        let decimals = table.number("decimals", 0..=9).and_then(|number| u8::try_from(number.value).ok());
        table.finish();
        Rounding { mode, decimals: decimals.unwrap_or(Rounding::DEFAULT.decimals) }
    }

    /// How an account buys without a sell deck.
    pub fn cost_plus(&self) -> Option<CostPlus> {
        let table = self.table("cost_plus")?;
        let margin = table.amount("margin_percent").unwrap_or_default();
        let fixed_fee_per_min = table.amount("fixed_fee_per_min").unwrap_or_default();
        let rounding = table.rounding();
        table.finish();
        Some(CostPlus { margin_nano_percent: margin.0, fixed_fee_per_min, rounding })
    }

    /// The least that a call must earn: `"0.001"`, `"5%"` or `"allow_loss"`.
    pub fn min_margin(&self) -> MinMargin {
        let none = MinMargin::Amount(Nano::ZERO);
        let Some((item, at)) = self.item("min_margin") else { return none };
        let Some(text) = item.as_str() else {
            self.refuse_unquoted("min_margin", item, &at);
            return none;
        };
        if text == "allow_loss" {
            return MinMargin::AllowLoss;
        }
        let Some(percent) = text.strip_suffix('%') else {
            return self.parse_amount("min_margin", text, &at).map_or(none, MinMargin::Amount);
        };
        match self.parse_amount("min_margin", percent, &at) {
            Some(percent) if percent > Nano(100 * NANO_PER_UNIT) => {
                self.refuse(&at, format!("`min_margin` is {percent}%"), "0% to 100%");
                none
            }
            Some(percent) => MinMargin::NanoPercent(percent.0),
            None => none,
        }
    }

    /// A TOML date-time with an offset, or the same in quotes; whole seconds.
    pub fn instant(&self, key: &'static str) -> Option<UtcSec> {
        let (item, at) = self.item(key)?;
        let written = item.as_str().map_or_else(|| self.written(item).to_owned(), str::to_owned);
        match written.parse::<Timestamp>() {
            Ok(instant) if instant.subsec_nanosecond() == 0 => Some(instant.as_second()),
            _ => {
                self.refuse(&at, format!("`{key}` is {written}"), INSTANT_RULE);
                None
            }
        }
    }
}

const CPS_RULE: &str = "calls per second from 0.001 to 1000000, in steps of 0.001";
const INSTANT_RULE: &str = "an instant with its zone and whole seconds, such as 2026-01-01T00:00:00Z";

fn cps_milli(cps: Nano) -> Option<u64> {
    let milli = u64::try_from(cps.0 / NANO_PER_MILLI).ok()?;
    (cps.0 % NANO_PER_MILLI == 0 && (1..=CPS_MILLI_MAX).contains(&milli)).then_some(milli)
}

/// Reads `10.0.0.0/8`; a bare address is one host.
pub(crate) fn network(text: &Spanned<String>, problems: &crate::plan::problem::Problems) -> Option<Network> {
    match parse_network(&text.value) {
        Ok(network) => Some(network),
        Err(expected) => {
            problems.error(&text.at, format!("source {:?}", text.value), expected);
            None
        }
    }
}

/// The network, or what should be there instead.
fn parse_network(text: &str) -> Result<Network, String> {
    let rule = || "a network such as 203.0.113.0/24 or 2001:db8::/32".to_owned();
    let (address, len) = match text.split_once('/') {
        Some((address, len)) if len.bytes().all(|byte| byte.is_ascii_digit()) => (address, Some(len)),
        Some(_) => return Err(rule()),
        None => (text, None),
    };
    let address: IpAddr = address.parse().map_err(|_| rule())?;
    if address.to_canonical() != address {
        return Err(format!("the IPv4 form, {}", address.to_canonical()));
    }
    let width: u8 = if address.is_ipv4() { 32 } else { 128 };
    let prefix_len = len.map_or(Ok(width), str::parse).unwrap_or(u8::MAX);
    if prefix_len > width {
        return Err(format!("a length from 0 to {width} after the slash"));
    }
    let first = first_address(address, prefix_len);
    if first != address {
        return Err(format!("no bits beyond the length: {first}/{prefix_len}, or {address}/{width}"));
    }
    Ok(Network { address, prefix_len })
}

fn first_address(address: IpAddr, prefix_len: u8) -> IpAddr {
    let prefix_len = u32::from(prefix_len);
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - prefix_len).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - prefix_len).unwrap_or(0);
            IpAddr::V6((v6.to_bits() & mask).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_have_no_host_bits() {
        for (text, address, len) in [
            ("10.0.0.0/8", "10.0.0.0", 8),
            ("127.0.0.10", "127.0.0.10", 32),
            ("0.0.0.0/0", "0.0.0.0", 0),
            ("2001:db8::/32", "2001:db8::", 32),
            ("::/0", "::", 0),
            ("::1", "::1", 128),
        ] {
            let expected = Network { address: address.parse().unwrap(), prefix_len: len };
            assert_eq!(parse_network(text), Ok(expected), "{text}");
        }
        for (text, advice) in [
            ("10.0.0.1/8", "10.0.0.0/8"),
            ("2001:db8::1/32", "2001:db8::/32"),
            ("10.0.0.0/33", "0 to 32"),
            ("10.0.0.0/", "0 to 32"),
            ("10.0.0.0/+8", "a network such as"),
            ("gw1.example", "a network such as"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
        ] {
            let told = parse_network(text).unwrap_err();
            assert!(told.contains(advice), "{text}: {told}");
        }
    }

    #[test]
    fn calls_per_second_are_exact_thousandths() {
        for (text, milli) in [("10", Some(10_000)), ("0.5", Some(500)), ("0.001", Some(1)), ("0.0015", None)]
        {
            assert_eq!(cps_milli(Nano::parse(text.as_bytes()).unwrap()), milli, "{text}");
        }
        assert_eq!(cps_milli(Nano::ZERO), None);
        assert_eq!(cps_milli(Nano(-NANO_PER_UNIT)), None);
        assert_eq!(cps_milli(Nano(1_000_001 * NANO_PER_UNIT)), None);
    }
}
