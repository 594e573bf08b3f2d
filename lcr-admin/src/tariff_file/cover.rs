//! Whether the windows of a tariff leave a time without a price (9.5).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rating_core::tariff::UtcOffsets;
use rating_core::tariff::window::{Window, holding, next_edge};

/// 2000-01-01T00:00:00Z. Days and dates repeat together after 28 years, within a century.
const FIRST: i64 = 946_684_800;
const YEARS_28_SEC: i64 = 10_227 * 86_400;

/// The first time of the wall clock at which no window holds; `None` if they cover every week and year.
///
/// Windows hold by the wall clock, so that it does not matter in which zone it is.
pub fn first_gap(windows: &[Window<'_>]) -> Option<String> {
    let mut at = FIRST;
    while at < FIRST + YEARS_28_SEC {
        if holding(windows, &UtcOffsets::UTC, at).is_none() {
            let clock = Timestamp::from_second(at).ok()?.to_zoned(TimeZone::UTC);
            return Some(clock.strftime("%A %e %B, %H:%M:%S").to_string());
        }
        at = next_edge(windows, &UtcOffsets::UTC, at);
    }
    None
}
