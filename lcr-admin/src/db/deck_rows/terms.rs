//! Everything of a row but its code, as PostgreSQL's binary COPY has it.

use rating_core::money::Nano;
use rating_core::plan::{DeckRow, Price, Prices, RowTerms, UtcSec};

use super::super::copy::{self, BinaryRows};
use crate::deck::SharedTerms;

/// The columns, in the order of [`encode`] and [`decode`].
pub(super) const COLUMNS: [&str; 14] = [
    "destination",
    "interstate_nano_per_min",
    "intrastate_nano_per_min",
    "local_nano_per_min",
    "indeterminate_nano_per_min",
    "default_nano_per_min",
    "blocked_prices",
    "first_rate_nano_per_min",
    "first_sec",
    "increment_sec",
    "grace_sec",
    "connect_fee_nano",
    "starts",
    "ends",
];

/// Seconds from 1970 to 2000, from which PostgreSQL counts.
const UNIX_TO_PG_SEC: i64 = 946_684_800;

/// Instants that a `timestamptz` holds: 4714 BC to 294276 AD.
const INSTANTS_SEC: std::ops::RangeInclusive<i64> = -210_866_803_200..=9_224_318_015_999;

/// Adds the values to a binary row; or says what the table has no place for.
pub(super) fn encode(row: &DeckRow, buffer: &mut Vec<u8>) -> Result<(), String> {
    // (The prefix is the code.)
    let DeckRow { prefix: _, destination, prices, terms } = row;
    let RowTerms { first_rate_per_min, first_sec, increment_sec, grace_sec, connect_fee, starts, ends } =
        &**terms;
    copy::put(buffer, destination.as_bytes());
    let mut blocked = 0i16;
    for (bit, price) in prices.columns().into_iter().enumerate() {
        let amount = match price {
            Price::Missing => None,
            Price::Blocked => {
                blocked |= 1 << bit;
                None
            }
            Price::PerMin(nano) => Some(nano.0.to_be_bytes()),
        };
        copy::put_nullable(buffer, amount);
    }
    copy::put_nullable(buffer, (blocked != 0).then(|| blocked.to_be_bytes()));
    copy::put_nullable(buffer, first_rate_per_min.map(|rate| rate.0.to_be_bytes()));
    copy::put(buffer, &seconds("first_sec", *first_sec)?);
    copy::put(buffer, &seconds("increment_sec", *increment_sec)?);
    let grace = seconds("grace_sec", *grace_sec)?;
    copy::put_nullable(buffer, (*grace_sec != 0).then_some(grace));
    copy::put_nullable(buffer, (connect_fee.0 != 0).then(|| connect_fee.0.to_be_bytes()));
    copy::put_nullable(buffer, instant(*starts)?);
    copy::put_nullable(buffer, instant(*ends)?);
    Ok(())
}

fn seconds(name: &str, value: u32) -> Result<[u8; 4], String> {
    i32::try_from(value)
        .map(i32::to_be_bytes)
        .map_err(|_| format!("{name} is {value}, expected at most {} s", i32::MAX))
}

fn instant(instant: Option<UtcSec>) -> Result<Option<[u8; 8]>, String> {
    let Some(sec) = instant else { return Ok(None) };
    match pg_micros(sec) {
        Some(micros) => Ok(Some(micros.to_be_bytes())),
        None => Err(format!("the instant {sec} is beyond what the database holds")),
    }
}

/// Reads the values, the first of which has the index `first`; the prefix is left empty.
pub(super) fn decode<R: std::io::Read>(
    row: &BinaryRows<R>,
    first: usize,
    shared: &mut SharedTerms,
) -> Option<DeckRow> {
    let amount = |index| row.array(first + index).map(i64::from_be_bytes).map(Nano);
    let seconds =
        |index| row.array(first + index).map(i32::from_be_bytes).and_then(|sec| u32::try_from(sec).ok());
    let instant = |index| row.array(first + index).map(i64::from_be_bytes).map(unix_sec);
    let blocked = row.array(first + 6).map_or(0, i16::from_be_bytes);
    let price = |bit: u8| match amount(1 + usize::from(bit)) {
        Some(nano) => Price::PerMin(nano),
        None if blocked & (1 << bit) != 0 => Price::Blocked,
        None => Price::Missing,
    };
    Some(DeckRow {
        prefix: rating_core::number::Digits::EMPTY,
        destination: std::str::from_utf8(row.bytes(first)?).ok()?.into(),
        prices: Prices::of_columns([0, 1, 2, 3, 4].map(price)),
        terms: shared.share(RowTerms {
            first_rate_per_min: amount(7),
            first_sec: seconds(8)?,
            increment_sec: seconds(9)?,
            grace_sec: seconds(10).unwrap_or(0),
            connect_fee: amount(11).unwrap_or(Nano::ZERO),
            starts: instant(12),
            ends: instant(13),
        }),
    })
}

/// An instant as PostgreSQL counts: microseconds since 2000.
fn pg_micros(sec: UtcSec) -> Option<i64> {
    INSTANTS_SEC.contains(&sec).then(|| (sec - UNIX_TO_PG_SEC) * 1_000_000)
}

/// And back. The column keeps whole seconds.
fn unix_sec(micros: i64) -> UtcSec {
    micros.div_euclid(1_000_000) + UNIX_TO_PG_SEC
}

/// Why an instant is refused.
pub(in super::super) const BEYOND: &str =
    "effective_from is beyond what the database holds, the years -4713 to 294276";

/// Whether a `timestamptz` holds the instant.
pub(in super::super) fn is_storable(sec: UtcSec) -> bool {
    INSTANTS_SEC.contains(&sec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_counted_from_2000_in_the_database() {
        assert_eq!(pg_micros(946_684_800), Some(0));
        assert_eq!(pg_micros(946_684_801), Some(1_000_000));
        assert_eq!(unix_sec(-1_000_000), 946_684_799);
        assert_eq!(pg_micros(i64::MAX), None);
        assert_eq!(pg_micros(i64::MIN), None);
    }
}
