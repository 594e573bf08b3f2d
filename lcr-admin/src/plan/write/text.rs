//! TOML text, line by line, in the canonical form.

use std::fmt::Display;

use jiff::Timestamp;
use rating_core::money::Nano;
use rating_core::plan::{Limits, RecurringWindow, Schedule, UtcSec, VolumeLimit};
use rating_core::tariff::Rounding;
use toml_edit::Value;

use crate::plan::read::DAYS;
use crate::words::Word;

/// A list that is longer than this is written as a file of its own.
const LIST_LEN_MAX: usize = 40;

/// A list of numbers that is written as a file of its own.
#[derive(Debug)]
pub(crate) struct List {
    /// Its file, below the plan directory.
    pub file: String,
    pub entries: Vec<String>,
}

/// A TOML file in the making.
#[derive(Default)]
pub(crate) struct Text {
    text: String,
    /// The keys and values in it, heads left out. A value may go over several lines.
    pairs: Vec<(String, String)>,
    /// The beginning of the names of long lists; none: every list stands in the text.
    list_prefix: Option<String>,
    lists: Vec<List>,
}

impl Text {
    /// The file, and the lists that it names.
    pub fn into_parts(self) -> (String, Vec<List>) {
        (self.text, self.lists)
    }

    /// From here on, long lists are files whose names begin so.
    pub fn lists_as_files(&mut self, prefix: String) {
        self.list_prefix = Some(prefix);
    }

    /// A list of numbers, here or in a file of its own.
    pub fn list(&mut self, key: &str, entries: Vec<String>) {
        match &self.list_prefix {
            Some(prefix) if entries.len() > LIST_LEN_MAX => {
                let file = format!("lists/{prefix}.{key}.csv");
                self.value(key, format!("{{ file = {} }}", quoted(&file)));
                self.lists.push(List { file, entries });
            }
            _ => self.strings(key, &entries),
        }
    }

    /// The keys and values that were written, heads left out.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// `[[name]]`, after a blank line.
    pub fn head(&mut self, name: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(&format!("[[{name}]]\n"));
    }

    /// `[[name]]` and its id.
    pub fn table(&mut self, name: &str, id: &str) {
        self.head(name);
        self.string("id", id);
    }

    pub fn value(&mut self, key: &str, value: impl Display) {
        let value = value.to_string();
        self.text.push_str(&format!("{key} = {value}\n"));
        self.pairs.push((key.to_owned(), value));
    }

    pub fn string(&mut self, key: &str, value: &str) {
        self.value(key, quoted(value));
    }

    pub fn optional_string(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.string(key, value);
        }
    }

    /// A list of texts; nothing if it is empty.
    pub fn strings<S: AsRef<str>>(&mut self, key: &str, values: &[S]) {
        if !values.is_empty() {
            self.value(key, strings_text(values));
        }
    }

    /// A list of texts, also if it is empty.
    pub fn optional_strings<S: AsRef<str>>(&mut self, key: &str, values: Option<&[S]>) {
        if let Some(values) = values {
            self.value(key, strings_text(values));
        }
    }

    /// A list of whole numbers; nothing if it is empty.
    pub fn numbers<T: Display>(&mut self, key: &str, values: &[T]) {
        if !values.is_empty() {
            self.value(key, numbers_text(values.iter()));
        }
    }

    /// One of a few words.
    pub fn word(&mut self, key: &str, value: impl Word) {
        self.string(key, value.word());
    }

    /// Some of a few words, also if there are none.
    pub fn words<T: Word>(&mut self, key: &str, values: Option<&[T]>) {
        let words: Option<Vec<_>> = values.map(|values| values.iter().map(|value| value.word()).collect());
        self.optional_strings(key, words.as_deref());
    }

    pub fn optional_amount(&mut self, key: &str, amount: Option<Nano>) {
        if let Some(amount) = amount {
            self.string(key, &amount.to_string());
        }
    }

    pub fn optional_value(&mut self, key: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.value(key, value);
        }
    }

    /// A text that is left out where it is empty.
    pub fn string_unless_empty(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.string(key, value);
        }
    }

    pub fn optional_instant(&mut self, key: &str, instant: Option<UtcSec>) {
        self.optional_value(key, instant.map(instant_text));
    }

    pub fn schedule(&mut self, key: &str, schedule: Option<&Schedule>) {
        self.optional_value(key, schedule.map(schedule_text));
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
        let Limits {
            cps_milli,
            cps_burst,
            concurrent_calls_max,
            volumes,
            minutes_per_month_max,
            spend_per_day_max,
        } = limits;
        let caps = [
            cps_milli.map(|milli| format!("cps = {}", cps_text(milli))),
            cps_burst.map(|burst| format!("cps_burst = {burst}")),
            concurrent_calls_max.map(|calls| format!("concurrent_calls_max = {calls}")),
            (!volumes.is_empty()).then(|| format!("volumes = {}", volumes_text(volumes))),
            minutes_per_month_max.map(|minutes| format!("minutes_per_month_max = {minutes}")),
            spend_per_day_max.map(|spend| format!("spend_per_day_max = \"{spend}\"")),
        ];
        let caps: Vec<String> = caps.into_iter().flatten().collect();
        if !caps.is_empty() {
            self.value("limits", format!("{{ {} }}", caps.join(", ")));
        }
    }
}

fn volumes_text(volumes: &[VolumeLimit]) -> String {
    let text = |volume: &VolumeLimit| {
        let VolumeLimit { period, counts, calls_max } = volume;
        format!(
            "{{ period = \"{}\", counts = \"{}\", calls_max = {calls_max} }}",
            period.word(),
            counts.word()
        )
    };
    format!("[{}]", volumes.iter().map(text).collect::<Vec<_>>().join(", "))
}

fn schedule_text(schedule: &Schedule) -> String {
    let Schedule { time_zone, windows } = schedule;
    let windows = windows.iter().map(window_text).collect::<Vec<_>>().join(", ");
    match time_zone.as_str() {
        "" => format!("{{ windows = [{windows}] }}"),
        zone => format!("{{ time_zone = {}, windows = [{windows}] }}", quoted(zone)),
    }
}

/// A window; what does not restrict it is left out.
fn window_text(window: &RecurringWindow) -> String {
    let always = RecurringWindow::ALWAYS;
    let RecurringWindow { days, month_days, months, from_sec, until_sec } = *window;
    let names = || DAYS.iter().enumerate().filter(|(bit, _)| days >> bit & 1 == 1).map(|(_, name)| name);
    let numbers = |bits: u32| numbers_text((0..32).filter(|bit| bits >> bit & 1 == 1).map(|bit| bit + 1));
    let parts = [
        (days != always.days).then(|| format!("days = {}", strings_text(&names().collect::<Vec<_>>()))),
        (month_days != always.month_days).then(|| format!("month_days = {}", numbers(month_days))),
        (months != always.months).then(|| format!("months = {}", numbers(months.into()))),
        (from_sec != always.from_sec).then(|| format!("from = \"{}\"", time_text(from_sec))),
        (until_sec != always.until_sec).then(|| format!("until = \"{}\"", time_text(until_sec))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", parts.join(", ")) }
}

/// `08:00`, or `08:00:30` where it has seconds.
fn time_text(sec: u32) -> String {
    let (hour, minute, second) = (sec / 3600, sec / 60 % 60, sec % 60);
    let seconds = if second == 0 { String::new() } else { format!(":{second:02}") };
    format!("{hour:02}:{minute:02}{seconds}")
}

fn strings_text<S: AsRef<str>>(values: &[S]) -> String {
    let quoted: Vec<_> = values.iter().map(|value| quoted(value.as_ref())).collect();
    format!("[{}]", quoted.join(", "))
}

fn numbers_text(values: impl Iterator<Item = impl Display>) -> String {
    format!("[{}]", values.map(|value| value.to_string()).collect::<Vec<_>>().join(", "))
}

pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Thousandths of a call a second, as a decimal.
fn cps_text(milli: u64) -> String {
    i64::try_from(milli)
        .map_or_else(|_| milli.to_string(), |milli| Nano(milli.saturating_mul(1_000_000)).to_string())
}

pub(crate) fn rounding_text(rounding: Rounding) -> String {
    let Rounding { mode, decimals } = rounding;
    format!("{{ mode = \"{}\", decimals = {decimals} }}", mode.word())
}

/// An instant, RFC 3339.
pub(crate) fn rfc3339_text(instant: UtcSec) -> String {
    Timestamp::from_second(instant).map_or_else(|_| instant.to_string(), |at| at.to_string())
}

/// An instant as TOML writes it; in quotes where the year is none of TOML's.
pub(crate) fn instant_text(instant: UtcSec) -> String {
    match Timestamp::from_second(instant) {
        Ok(at) if at.to_string().len() == "2026-01-01T00:00:00Z".len() => at.to_string(),
        Ok(at) => quoted(&at.to_string()),
        Err(_) => instant.to_string(),
    }
}
