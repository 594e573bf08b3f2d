//! Recurring times: `schedule = { time_zone = "America/New_York", windows = [{ days = ["mon", "fri"], from = "08:00",
//! until = "18:00" }] }`.
//!
//! What a window leaves out is not restricted: all days, from 00:00 until 24:00.

use rating_core::plan::{RecurringWindow, Schedule};

use super::fields::Fields;

/// Days of the week, in the order of their bits.
pub(crate) const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const DAYS_RULE: &str = "days, such as [\"mon\", \"tue\"]: mon, tue, wed, thu, fri, sat, sun";
const TIME_RULE: &str = "a time of day in quotes, such as \"08:00\" or \"08:00:30\"; `until` up to \"24:00\"";

impl Fields<'_> {
    /// Recurring times, if given.
    pub fn schedule(&self, key: &'static str) -> Option<Schedule> {
        let table = self.table(key)?;
        let time_zone = table.time_zone();
        if !table.has("windows") {
            table.missing(
                "windows",
                "when it holds: windows = [{ days = [\"mon\"], from = \"08:00\", until = \"18:00\" }]",
            );
        }
        let windows = table.tables("windows");
        if table.has("windows") && windows.is_empty() {
            self.reader.problems.warning(&table.at, format!("`{key}` without a window never holds"));
        }
        let windows = windows.into_iter().map(window).collect();
        table.finish();
        Some(Schedule { time_zone, windows })
    }

    /// Days of the week, a bit each; all if not given.
    fn days(&self) -> u8 {
        let days = self.texts("days", DAYS_RULE);
        let mut bits = 0;
        for day in &days {
            match DAYS.iter().position(|name| *name == day.value) {
                Some(index) => bits |= 1 << index,
                None => self.refuse(&day.at, format!("{:?} in `days`", day.value), DAYS_RULE),
            }
        }
        self.all_if_none("days", bits, RecurringWindow::ALWAYS.days)
    }

    /// Numbers from 1, a bit each; all if not given.
    fn bits(&self, key: &'static str, max: i64, all: u32) -> u32 {
        let numbers = self.numbers(key, 1..=max);
        let bits = numbers.iter().filter_map(|number| u32::try_from(number.value - 1).ok());
        let bits = bits.fold(0, |bits, index| bits | 1u32.checked_shl(index).unwrap_or(0));
        self.all_if_none(key, bits, all)
    }

    /// An empty list would be a window that never holds.
    fn all_if_none<T: Default + PartialEq>(&self, key: &'static str, bits: T, all: T) -> T {
        match self.item(key) {
            None => all,
            Some((item, at)) if item.as_array().is_some_and(toml_edit::Array::is_empty) => {
                self.refuse(&at, format!("`{key}` is empty"), "at least one, or no such key for all");
                bits
            }
            Some(_) => bits,
        }
    }

    /// A time of day, as its second.
    fn time_of_day(&self, key: &'static str, max: u32) -> Option<u32> {
        let (item, at) = self.item(key)?;
        let written = item.as_str().map_or_else(|| self.written(item).to_owned(), str::to_owned);
        let sec = second_of_day(&written).filter(|&sec| sec <= max);
        if sec.is_none() {
            self.refuse(&at, format!("`{key}` is {written:?}"), TIME_RULE);
        }
        sec
    }
}

fn window(fields: Fields) -> RecurringWindow {
    let always = RecurringWindow::ALWAYS;
    let window = RecurringWindow {
        days: fields.days(),
        month_days: fields.bits("month_days", 31, always.month_days),
        months: u16::try_from(fields.bits("months", 12, always.months.into())).unwrap_or(0),
        from_sec: fields.time_of_day("from", 86_399).unwrap_or(always.from_sec),
        until_sec: fields.time_of_day("until", 86_400).unwrap_or(always.until_sec),
    };
    fields.finish();
    window
}

/// `08:00` and `08:00:30` as seconds since midnight.
fn second_of_day(text: &str) -> Option<u32> {
    let mut parts = text.split(':');
    let mut part = |max: u32| {
        let text = parts.next()?;
        let two_digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let value: u32 = if two_digits { text.parse().ok()? } else { return None };
        (value <= max).then_some(value)
    };
    let (hour, minute) = (part(24)?, part(59)?);
    let second = if text.len() > 5 { part(59)? } else { 0 };
    parts.next().is_none().then_some(hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::second_of_day;

    #[test]
    fn times_of_day_have_two_digits_a_part() {
        for (text, sec) in [("00:00", 0), ("08:30", 30_600), ("23:59:59", 86_399), ("24:00", 86_400)] {
            assert_eq!(second_of_day(text), Some(sec), "{text}");
        }
        for bad in ["", "8:00", "08", "08:60", "25:00", "08:00:", "08:00:00:00", "08:00:60", "+8:00", "08.00"]
        {
            assert_eq!(second_of_day(bad), None, "{bad}");
        }
    }
}
