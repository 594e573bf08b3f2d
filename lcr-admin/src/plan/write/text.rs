//! TOML text, line by line, in the canonical form.

use std::fmt::Display;

use jiff::Timestamp;
use rating_core::money::Nano;
use rating_core::plan::{Limits, UtcSec};
use rating_core::tariff::Rounding;
use toml_edit::Value;

use crate::plan::read::ROUNDING_MODES;

/// A TOML file in the making.
#[derive(Default)]
pub(crate) struct Text(String);

impl Text {
    /// The file.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The keys and values that were written, heads left out.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.lines().filter_map(|line| line.split_once(" = "))
    }

    /// `[[name]]`, after a blank line.
    pub fn head(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(&format!("[[{name}]]\n"));
    }

    /// `[[name]]` and its id.
    pub fn table(&mut self, name: &str, id: &str) {
        self.head(name);
        self.string("id", id);
    }

    pub fn value(&mut self, key: &str, value: impl Display) {
        self.0.push_str(&format!("{key} = {value}\n"));
    }

    pub fn string(&mut self, key: &str, value: &str) {
        self.value(key, quoted(value));
    }

    pub fn optional_string(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.string(key, value);
        }
    }

    pub fn strings(&mut self, key: &str, values: &[String]) {
        if !values.is_empty() {
            let quoted: Vec<_> = values.iter().map(|value| quoted(value)).collect();
            self.value(key, format!("[{}]", quoted.join(", ")));
        }
    }

    /// One of a few words.
    pub fn word<T: PartialEq>(&mut self, key: &str, words: &[(&str, T)], value: T) {
        if let Some((word, _)) = words.iter().find(|(_, meaning)| *meaning == value) {
            self.string(key, word);
        }
    }

    pub fn active(&mut self, active: bool) {
        if !active {
            self.value("active", false);
        }
    }

    pub fn flag(&mut self, key: &str, value: bool) {
        if value {
            self.value(key, true);
        }
    }

    pub fn number_unless_zero(&mut self, key: &str, value: i32) {
        if value != 0 {
            self.value(key, value);
        }
    }

    pub fn limits(&mut self, limits: &Limits) {
        let mut caps = Vec::new();
        if let Some(milli) = limits.cps_milli {
            caps.push(format!("cps = {}", cps_text(milli)));
        }
        if let Some(burst) = limits.cps_burst {
            caps.push(format!("cps_burst = {burst}"));
        }
        if let Some(calls) = limits.concurrent_calls_max {
            caps.push(format!("concurrent_calls_max = {calls}"));
        }
        if !caps.is_empty() {
            self.value("limits", format!("{{ {} }}", caps.join(", ")));
        }
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Thousandths of a call a second, as a decimal.
fn cps_text(milli: u64) -> String {
    i64::try_from(milli)
        .map_or_else(|_| milli.to_string(), |milli| Nano(milli.saturating_mul(1_000_000)).to_string())
}

pub(crate) fn rounding_text(rounding: Rounding) -> String {
    let mode =
        ROUNDING_MODES.iter().find(|(_, mode)| *mode == rounding.mode).map_or("none", |(word, _)| word);
    format!("{{ mode = \"{mode}\", decimals = {} }}", rounding.decimals)
}

/// An instant as TOML writes it; in quotes where the year is none of TOML's.
pub(crate) fn instant_text(instant: UtcSec) -> String {
    match Timestamp::from_second(instant) {
        Ok(at) if at.to_string().len() == "2026-01-01T00:00:00Z".len() => at.to_string(),
        Ok(at) => quoted(&at.to_string()),
        Err(_) => instant.to_string(),
    }
}
