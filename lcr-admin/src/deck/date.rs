//! Dates of a price list into instants (10.3).
//!
//! A date without a zone is in the one told (UTC by default), and begins at its midnight. `03/04/2026` is two dates: it is
//! read only where its order was told. `9999-12-31` is how lists write an end that never comes.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use rating_core::plan::UtcSec;

use super::cell::Expected;
use super::options::DateOrder;

/// Reads dates; the same date stands in most rows, so that the last one is kept.
#[derive(Debug)]
pub struct Dates {
    order: DateOrder,
    zone: TimeZone,
    /// Whether they are ends.
    are_ends: bool,
    last: Option<(Vec<u8>, Option<UtcSec>)>,
    /// The order that dates of this file have shown, where it was not told.
    seen: DateOrder,
}

impl Dates {
    pub fn new(order: DateOrder, zone: TimeZone) -> Dates {
        Dates { order, zone, are_ends: false, last: None, seen: DateOrder::Unstated }
    }

    /// The same, of a column of ends.
    pub fn of_ends(self) -> Dates {
        Dates { are_ends: true, ..self }
    }

    /// The order that dates have shown; another column of the same file has it too.
    pub fn seen(&self) -> DateOrder {
        self.seen
    }

    /// Takes the order that another column has shown.
    pub fn keep_to(&mut self, seen: DateOrder) {
        self.seen = seen;
    }

    /// Reads a date; nothing is no date, and as an end the last day of the calendar is none either.
    pub fn read(&mut self, cell: &[u8]) -> Result<Option<UtcSec>, Expected> {
        if cell.is_empty() {
            return Ok(None);
        }
        if let Some((text, instant)) = &self.last
            && text == cell
        {
            return Ok(*instant);
        }
        let text = str::from_utf8(cell).map_err(|_| expected_date())?;
        let instant = self.parse(text)?;
        self.last = Some((cell.to_vec(), instant));
        Ok(instant)
    }

    fn parse(&mut self, text: &str) -> Result<Option<UtcSec>, Expected> {
        let (date, time) = match text.split_once(['T', 't', ' ']) {
            Some((date, time)) => (date, time.trim_start()),
            None => (text, ""),
        };
        let is_slashed = date.contains('/');
        let date = if is_slashed { self.slashed(date)? } else { iso_date(date).ok_or_else(expected_date)? };
        // In no zone is this day whole before the last instant that there is: the time is read with another day.
        let is_last = date == Date::MAX;
        let date = if is_last { Date::constant(9999, 1, 1) } else { date };
        let instant = match clock(time) {
            Some(clock) => self.local(date, clock)?,
            None if is_slashed => return Err(expected_date()),
            // A time with a zone: RFC 3339, also with a blank for the T.
            None => {
                let instant: Timestamp = format!("{date}T{time}").parse().map_err(|_| expected_date())?;
                instant.as_millisecond().div_euclid(1_000)
            }
        };
        match (is_last, self.are_ends) {
            (false, _) => Ok(Some(instant)),
            (true, true) => Ok(None),
            (true, false) => Err("a start before 9999-12-31".into()),
        }
    }

    /// Three numbers with slashes, in the order told, or the only one possible.
    fn slashed(&mut self, text: &str) -> Result<Date, Expected> {
        let mut parts = text.split('/').map(number);
        let (Some(Some(first)), Some(Some(second)), Some(Some(year)), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(expected_date());
        };
        let date = |month, day| ymd(year, month, day);
        let (mdy, dmy) = (date(first, second), date(second, first));
        let read = match self.order {
            DateOrder::Mdy => mdy,
            DateOrder::Dmy => dmy,
            DateOrder::Unstated => match (mdy, dmy) {
                (Some(one), Some(other)) if one != other => {
                    return Err(
                        "YYYY-MM-DD, or to be told the order of month and day (dates mdy or dmy)".into()
                    );
                }
                (Some(one), Some(_)) => Some(one),
                (Some(one), None) => Some(self.one_way(one, DateOrder::Mdy)?),
                (None, Some(other)) => Some(self.one_way(other, DateOrder::Dmy)?),
                (None, None) => None,
            },
        };
        read.ok_or_else(expected_date)
    }

    /// A date that can be read in one order only: the file's, or else it is wrong.
    fn one_way(&mut self, date: Date, order: DateOrder) -> Result<Date, Expected> {
        if self.seen != DateOrder::Unstated && self.seen != order {
            let shown = if self.seen == DateOrder::Mdy { "month first" } else { "day first" };
            return Err(format!("{shown}, as an earlier date of the file").into());
        }
        self.seen = order;
        Ok(date)
    }

    fn local(&self, date: Date, clock: Time) -> Result<UtcSec, Expected> {
        let local = DateTime::from_parts(date, clock).to_zoned(self.zone.clone());
        Ok(local.map_err(|_| expected_date())?.timestamp().as_second())
    }
}

fn expected_date() -> Expected {
    "a date such as 2026-03-25, 2026-03-25 18:00:00 or 2026-03-25T18:00:00Z".into()
}

/// Digits alone, at most four.
fn number(text: &str) -> Option<i16> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// A date of a year that is written in full.
fn ymd(year: i16, month: i16, day: i16) -> Option<Date> {
    if year < 1_000 {
        return None;
    }
    Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// `2026-03-25`, also with a sign and six digits for years that need them.
fn iso_date(text: &str) -> Option<Date> {
    let written = text.len() == 10 || text.starts_with(['+', '-']);
    if written { text.parse().ok() } else { None }
}

/// `18:00` or `18:00:00`, a fraction dropped; midnight if nothing.
fn clock(text: &str) -> Option<Time> {
    if text.is_empty() {
        return Some(Time::midnight());
    }
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|byte| byte.is_ascii_digit()) => whole,
        Some(_) => return None,
        None => text,
    };
    let mut parts = whole.split(':').map(number);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour.try_into().ok()?, minute.try_into().ok()?, second.try_into().ok()?, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(order: DateOrder, text: &str) -> Result<Option<UtcSec>, Expected> {
        Dates::new(order, TimeZone::UTC).read(text.as_bytes())
    }

    /// 2026-03-04T00:00:00Z, by `date -d`.
    const MARCH_4: i64 = 1_772_582_400;
    /// 2026-04-03T00:00:00Z.
    const APRIL_3: i64 = 1_775_174_400;

    #[test]
    fn r10_3_dates_that_are_read() {
        for (text, instant) in [
            ("2026-03-04", MARCH_4),
            ("2026-03-04 00:00:05", MARCH_4 + 5),
            ("2026-03-04 01:00", MARCH_4 + 3_600),
            ("2026-03-04 00:00:05.987654", MARCH_4 + 5),
            ("2026-03-04T00:00:05", MARCH_4 + 5),
            ("2026-03-04T00:00:00Z", MARCH_4),
            ("2026-03-04T00:00:00-07:00", MARCH_4 + 7 * 3_600),
            ("2026-03-04 00:00:00+01:00", MARCH_4 - 3_600),
            ("2026-03-04T00:00:05.5Z", MARCH_4 + 5),
            ("04/04/2026", APRIL_3 + 86_400),
            ("25/03/2026", MARCH_4 + 21 * 86_400),
            ("03/25/2026 12:00:00", MARCH_4 + 21 * 86_400 + 43_200),
        ] {
            assert_eq!(read(DateOrder::Unstated, text), Ok(Some(instant)), "{text}");
        }
        assert_eq!(read(DateOrder::Unstated, ""), Ok(None));
    }

    #[test]
    fn r10_3_ambiguous_dates_need_a_stated_order() {
        assert!(read(DateOrder::Unstated, "03/04/2026").unwrap_err().contains("mdy or dmy"));
        assert_eq!(read(DateOrder::Mdy, "03/04/2026"), Ok(Some(MARCH_4)));
        assert_eq!(read(DateOrder::Dmy, "03/04/2026"), Ok(Some(APRIL_3)));
        assert!(read(DateOrder::Mdy, "25/03/2026").is_err(), "told otherwise");
    }

    #[test]
    fn r10_3_dates_without_zone_are_the_providers() {
        let denver = TimeZone::get("America/Denver").unwrap();
        let mut dates = Dates::new(DateOrder::Unstated, denver);
        assert_eq!(dates.read(b"2026-03-04"), Ok(Some(MARCH_4 + 7 * 3_600)));
        assert_eq!(dates.read(b"2026-03-04T00:00:00Z"), Ok(Some(MARCH_4)));
        assert_eq!(dates.read(b"2026-03-04"), Ok(Some(MARCH_4 + 7 * 3_600)));
    }

    #[test]
    fn r10_3_one_order_in_a_file() {
        let mut dates = Dates::new(DateOrder::Unstated, TimeZone::UTC);
        assert_eq!(dates.read(b"25/03/2026"), Ok(Some(MARCH_4 + 21 * 86_400)));
        assert!(dates.read(b"03/25/2026").unwrap_err().contains("day first"));
        assert_eq!(dates.read(b"26/03/2026"), Ok(Some(MARCH_4 + 22 * 86_400)));
        assert!(dates.read(b"03/04/2026").is_err(), "one date does not tell what another means");
        let mut ends = Dates::new(DateOrder::Unstated, TimeZone::UTC);
        ends.keep_to(dates.seen());
        assert!(ends.read(b"03/25/2026").is_err());
    }

    #[test]
    fn an_end_on_the_last_day_of_the_calendar_never_comes() {
        let forever =
            ["9999-12-31", "31/12/9999", "12/31/9999 23:59:59", "9999-12-31T23:59:59Z", "9999-12-31 00:00"];
        for text in forever {
            let ends = &mut Dates::new(DateOrder::Unstated, TimeZone::UTC).of_ends();
            // The second time it is the date before.
            assert_eq!(
                (ends.read(text.as_bytes()), ends.read(text.as_bytes())),
                (Ok(None), Ok(None)),
                "{text}"
            );
            assert!(read(DateOrder::Unstated, text).unwrap_err().contains("a start before"), "{text}");
        }
        let mut ends = Dates::new(DateOrder::Unstated, TimeZone::UTC).of_ends();
        assert!(ends.read(b"9999-12-31 never").is_err());
    }

    #[test]
    fn dates_that_are_none() {
        for text in [
            "2026-02-30",
            "2026-3-4",
            "20260304",
            "03/04/26",
            "3.4.2026",
            "2026-03-04 25:00",
            "now",
            "0",
            "1/2",
            "2026-03-04 00:00:00x",
        ] {
            assert!(read(DateOrder::Unstated, text).is_err(), "{text}");
        }
    }
}
