//! The rows of a deck version: into the table, out of it, and their hash.
//!
//! A price is three things in two places: NULL and no bit is missing, NULL and a bit is blocked, a number is
//! a price. A fee or a grace of 0 is NULL: most rows have none, and NULL takes no space.

use std::io::Write;

use postgres::Transaction;
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::{DeckRow, Price, Prices, UtcSec};
use sha2::{Digest, Sha256};

use super::copy::{self, BinaryRows};
use super::error::DbError;

/// The columns that are copied, in the order of [`encode`] and [`decode`].
const COLUMNS: &str = "deck_version_id, prefix, destination, interstate_nano_per_min, \
    intrastate_nano_per_min, local_nano_per_min, indeterminate_nano_per_min, default_nano_per_min, \
    blocked_prices, first_rate_nano_per_min, first_sec, increment_sec, grace_sec, connect_fee_nano, starts, ends";

/// How many they are.
const COLUMN_COUNT: i16 = 16;

/// Bytes that are gathered before they are sent.
const CHUNK_BYTES: usize = 256 * 1024;

/// Seconds from 1970 to 2000, from which PostgreSQL counts.
const UNIX_TO_PG_SEC: i64 = 946_684_800;

/// Instants that a `timestamptz` holds: 4714 BC to 294276 AD.
const INSTANTS_SEC: std::ops::RangeInclusive<i64> = -210_866_803_200..=9_224_318_015_999;

/// The rows in the order of the table's key: a version's content does not depend on its file's order, and an
/// index that grows at its end grows fast.
pub(super) fn sorted(rows: &[DeckRow]) -> Vec<&DeckRow> {
    let mut sorted: Vec<&DeckRow> = rows.iter().collect();
    sorted.sort_by_key(|row| (row.prefix, row.starts, row.ends));
    sorted
}

/// SHA-256 of the rows, in their sorted order. It is stored: a change here would make every version look new.
pub(super) fn content_sha256(sorted: &[&DeckRow]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut bytes = Vec::with_capacity(CHUNK_BYTES + 1024);
    for row in sorted {
        hash_input(row, &mut bytes);
        if bytes.len() >= CHUNK_BYTES {
            hash.update(&bytes);
            bytes.clear();
        }
    }
    hash.update(&bytes);
    hash.finalize().into()
}

/// Every field of a row, each with its own length or mark, so that no two rows look the same.
fn hash_input(row: &DeckRow, bytes: &mut Vec<u8>) {
    for text in [row.prefix.as_bytes(), row.destination.as_bytes()] {
        bytes.extend_from_slice(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
        bytes.extend_from_slice(text);
    }
    for price in prices(&row.prices) {
        let (mark, nano) = match price {
            Price::Missing => (0u8, 0),
            Price::Blocked => (1, 0),
            Price::PerMin(nano) => (2, nano.0),
        };
        bytes.push(mark);
        bytes.extend_from_slice(&nano.to_le_bytes());
    }
    for optional in [row.first_rate_per_min.map(|rate| rate.0), row.starts, row.ends] {
        bytes.push(u8::from(optional.is_some()));
        bytes.extend_from_slice(&optional.unwrap_or(0).to_le_bytes());
    }
    for seconds in [row.first_sec, row.increment_sec, row.grace_sec] {
        bytes.extend_from_slice(&seconds.to_le_bytes());
    }
    bytes.extend_from_slice(&row.connect_fee.0.to_le_bytes());
}

/// Copies the rows into the table. `owner` names the version in errors, `progress` hears of rows sent.
pub(super) fn copy_in(
    transaction: &mut Transaction<'_>,
    version_id: i32,
    owner: &str,
    sorted: &[&DeckRow],
    progress: &mut dyn FnMut(u64),
) -> Result<(), DbError> {
    let doing = || format!("{owner}: storing its rows");
    let statement = format!("COPY deck_row ({COLUMNS}) FROM STDIN (FORMAT binary)");
    let mut writer = transaction.copy_in(statement.as_str()).map_err(DbError::doing(doing()))?;
    let mut buffer = Vec::with_capacity(CHUNK_BYTES + 1024);
    buffer.extend_from_slice(copy::BINARY_HEADER);
    let mut waiting = 0;
    for row in sorted {
        encode(row, version_id, owner, &mut buffer)?;
        waiting += 1;
        if buffer.len() >= CHUNK_BYTES {
            writer.write_all(&buffer).map_err(DbError::copying(doing()))?;
            buffer.clear();
            progress(waiting);
            waiting = 0;
        }
    }
    buffer.extend_from_slice(&copy::BINARY_TRAILER);
    writer.write_all(&buffer).map_err(DbError::copying(doing()))?;
    let stored = writer.finish().map_err(DbError::doing(doing()))?;
    progress(waiting);
    if usize::try_from(stored) == Ok(sorted.len()) {
        return Ok(());
    }
    Err(DbError::Corrupt(format!("{owner}: {} rows were sent and {stored} stored", sorted.len())))
}

/// Reads all rows of a version, in the order of the table's key.
pub(super) fn copy_out(
    transaction: &mut Transaction<'_>,
    version_id: i32,
    owner: &str,
    row_count: i64,
) -> Result<Vec<DeckRow>, DbError> {
    let doing = || format!("{owner}: reading its rows");
    let statement = format!(
        "COPY (SELECT {COLUMNS} FROM deck_row WHERE deck_version_id = {version_id}) TO STDOUT (FORMAT binary)"
    );
    let reader = transaction.copy_out(statement.as_str()).map_err(DbError::doing(doing()))?;
    let mut binary = BinaryRows::new(reader).map_err(DbError::copying(doing()))?;
    let mut rows = Vec::with_capacity(usize::try_from(row_count).unwrap_or(0));
    while binary.advance().map_err(DbError::copying(doing()))? {
        rows.push(decode(&binary).ok_or_else(|| DbError::Corrupt(format!("{owner}: a row is no price")))?);
    }
    if usize::try_from(row_count) != Ok(rows.len()) {
        let found = rows.len();
        return Err(DbError::Corrupt(format!("{owner} should have {row_count} rows and has {found}")));
    }
    rows.sort_by_key(|row| (row.prefix, row.starts, row.ends));
    Ok(rows)
}

fn encode(row: &DeckRow, version_id: i32, owner: &str, buffer: &mut Vec<u8>) -> Result<(), DbError> {
    let refuse = |what: String| DbError::OutOfRange { owner: format!("{owner} prefix {}", row.prefix), what };
    let instant = |instant: Option<UtcSec>| match instant {
        None => Ok(None),
        Some(sec) => Ok(Some(
            pg_micros(sec)
                .ok_or_else(|| refuse(format!("the instant {sec} is beyond what the database holds")))?
                .to_be_bytes(),
        )),
    };
    let seconds = |name: &str, value: u32| {
        i32::try_from(value)
            .map(i32::to_be_bytes)
            .map_err(|_| refuse(format!("{name} is {value}, expected at most {} s", i32::MAX)))
    };
    buffer.extend_from_slice(&COLUMN_COUNT.to_be_bytes());
    copy::put(buffer, &version_id.to_be_bytes());
    copy::put(buffer, row.prefix.as_bytes());
    copy::put(buffer, row.destination.as_bytes());
    let mut blocked = 0i16;
    for (bit, price) in prices(&row.prices).into_iter().enumerate() {
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
    copy::put_nullable(buffer, row.first_rate_per_min.map(|rate| rate.0.to_be_bytes()));
    copy::put(buffer, &seconds("first_sec", row.first_sec)?);
    copy::put(buffer, &seconds("increment_sec", row.increment_sec)?);
    let grace = seconds("grace_sec", row.grace_sec)?;
    copy::put_nullable(buffer, (row.grace_sec != 0).then_some(grace));
    let fee = row.connect_fee.0;
    copy::put_nullable(buffer, (fee != 0).then(|| fee.to_be_bytes()));
    copy::put_nullable(buffer, instant(row.starts)?);
    copy::put_nullable(buffer, instant(row.ends)?);
    Ok(())
}

fn decode<R: std::io::Read>(row: &BinaryRows<R>) -> Option<DeckRow> {
    let amount = |index| row.array(index).map(i64::from_be_bytes).map(Nano);
    let seconds = |index| row.array(index).map(i32::from_be_bytes).and_then(|sec| u32::try_from(sec).ok());
    let instant = |index| row.array(index).map(i64::from_be_bytes).map(unix_sec);
    let blocked = row.array(8).map_or(0, i16::from_be_bytes);
    let price = |bit: u8| match amount(3 + usize::from(bit)) {
        Some(nano) => Price::PerMin(nano),
        None if blocked & (1 << bit) != 0 => Price::Blocked,
        None => Price::Missing,
    };
    Some(DeckRow {
        prefix: Digits::new(row.bytes(1)?)?,
        destination: std::str::from_utf8(row.bytes(2)?).ok()?.into(),
        prices: Prices {
            interstate: price(0),
            intrastate: price(1),
            local: price(2),
            indeterminate: price(3),
            default: price(4),
        },
        first_rate_per_min: amount(9),
        first_sec: seconds(10)?,
        increment_sec: seconds(11)?,
        grace_sec: seconds(12).unwrap_or(0),
        connect_fee: amount(13).unwrap_or(Nano::ZERO),
        starts: instant(14),
        ends: instant(15),
    })
}

/// The prices in the order of the columns and of the bits of `blocked_prices`.
fn prices(prices: &Prices) -> [Price; 5] {
    [prices.interstate, prices.intrastate, prices.local, prices.indeterminate, prices.default]
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
pub(super) const BEYOND: &str = "effective_from is beyond what the database holds, the years -4713 to 294276";

/// Whether a `timestamptz` holds the instant.
pub(super) fn is_storable(sec: UtcSec) -> bool {
    INSTANTS_SEC.contains(&sec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(prefix: &str) -> DeckRow {
        DeckRow {
            prefix: Digits::new(prefix.as_bytes()).unwrap(),
            destination: "".into(),
            prices: Prices { default: Price::PerMin(Nano(1)), ..Prices::default() },
            first_rate_per_min: None,
            first_sec: 1,
            increment_sec: 1,
            grace_sec: 0,
            connect_fee: Nano::ZERO,
            starts: None,
            ends: None,
        }
    }

    #[test]
    fn the_hash_sees_every_field_but_not_the_order() {
        let base = content_sha256(&sorted(&[row("1"), row("2")]));
        assert_eq!(content_sha256(&sorted(&[row("2"), row("1")])), base);
        let changes: [fn(&mut DeckRow); 14] = [
            |row| row.prefix = Digits::new(b"11").unwrap(),
            |row| row.destination = "x".into(),
            |row| row.prices.interstate = Price::Blocked,
            |row| row.prices.intrastate = Price::PerMin(Nano(0)),
            |row| row.prices.local = Price::Blocked,
            |row| row.prices.indeterminate = Price::Blocked,
            |row| row.prices.default = Price::Missing,
            |row| row.first_rate_per_min = Some(Nano(0)),
            |row| row.first_sec = 6,
            |row| row.increment_sec = 6,
            |row| row.grace_sec = 6,
            |row| row.connect_fee = Nano(6),
            |row| row.starts = Some(0),
            |row| row.ends = Some(0),
        ];
        let mut seen = vec![base];
        for change in changes {
            let mut changed = row("1");
            change(&mut changed);
            let hash = content_sha256(&sorted(&[changed, row("2")]));
            assert!(!seen.contains(&hash));
            seen.push(hash);
        }
    }

    #[test]
    fn instants_are_counted_from_2000_in_the_database() {
        assert_eq!(pg_micros(946_684_800), Some(0));
        assert_eq!(pg_micros(946_684_801), Some(1_000_000));
        assert_eq!(unix_sec(-1_000_000), 946_684_799);
        assert_eq!(pg_micros(i64::MAX), None);
        assert_eq!(pg_micros(i64::MIN), None);
    }
}
