//! The rows of a deck version: into their tables, out of them, and their hash.
//!
//! There is a table for each kind of code, and everything behind the code is the same in all of them. A price is
//! three things in two places: NULL and no bit is missing, NULL and a bit is blocked, a number is a price. A fee or
//! a grace of 0 is NULL: most rows have none, and NULL takes no space.

mod codes;
mod hash;
mod terms;

use std::io::Write;

use postgres::Transaction;
use rating_core::plan::DeckVersion;

use self::codes::Coded;
use super::copy::{self, BinaryRows};
use super::error::DbError;
use crate::deck::SharedTerms;

pub(super) use self::codes::refuse_repeats;
pub(super) use self::hash::content_sha256;
pub(super) use self::terms::{BEYOND, is_storable};

/// Bytes that are gathered before they are sent.
const CHUNK_BYTES: usize = 256 * 1024;

/// The rows in the order of the table's key: a version's content does not depend on its file's order, and an
/// index that grows at its end grows fast.
fn sorted<R: Coded>(rows: &[R]) -> Vec<&R> {
    let mut sorted: Vec<&R> = rows.iter().collect();
    sorted.sort_by_key(|row| (row.code(), row.priced().terms.starts, row.priced().terms.ends));
    sorted
}

/// How many rows a version has, by kind of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowCounts {
    pub by_prefix: i64,
    pub by_ocn: i64,
    pub by_cic: i64,
}

impl RowCounts {
    pub(super) fn of(version: &DeckVersion) -> RowCounts {
        let count = |len: usize| i64::try_from(len).unwrap_or(i64::MAX);
        RowCounts {
            by_prefix: count(version.rows.len()),
            by_ocn: count(version.ocn_rows.len()),
            by_cic: count(version.cic_rows.len()),
        }
    }

    pub(super) fn total(self) -> i64 {
        self.by_prefix.saturating_add(self.by_ocn).saturating_add(self.by_cic)
    }
}

/// Copies the rows of a version into the tables. `owner` names the version in errors, `progress` hears of rows sent.
pub(super) fn copy_in(
    transaction: &mut Transaction<'_>,
    version_id: i32,
    owner: &str,
    version: &DeckVersion,
    progress: &mut dyn FnMut(u64),
) -> Result<(), DbError> {
    let mut at = Place { transaction, version_id, owner };
    copy_rows_in(&mut at, &version.rows, progress)?;
    copy_rows_in(&mut at, &version.ocn_rows, progress)?;
    copy_rows_in(&mut at, &version.cic_rows, progress)
}

/// Reads the rows of a version, in the order of the tables' keys.
pub(super) fn copy_out(
    transaction: &mut Transaction<'_>,
    version_id: i32,
    owner: &str,
    counts: RowCounts,
    version: &mut DeckVersion,
) -> Result<(), DbError> {
    let mut at = Place { transaction, version_id, owner };
    version.rows = copy_rows_out(&mut at, counts.by_prefix)?;
    version.ocn_rows = copy_rows_out(&mut at, counts.by_ocn)?;
    version.cic_rows = copy_rows_out(&mut at, counts.by_cic)?;
    Ok(())
}

/// Of which version rows are moved.
struct Place<'a, 'b> {
    transaction: &'a mut Transaction<'b>,
    version_id: i32,
    owner: &'a str,
}

/// The columns of a table that are copied: the version, the code, the terms.
fn columns<R: Coded>() -> String {
    [&["deck_version_id"], R::COLUMNS, &terms::COLUMNS].concat().join(", ")
}

fn copy_rows_in<R: Coded>(
    at: &mut Place<'_, '_>,
    rows: &[R],
    progress: &mut dyn FnMut(u64),
) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let owner = at.owner;
    let doing = || format!("{owner}: storing its rows");
    let statement = format!("COPY {} ({}) FROM STDIN (FORMAT binary)", R::TABLE, columns::<R>());
    let mut writer = at.transaction.copy_in(statement.as_str()).map_err(DbError::doing(doing()))?;
    let mut buffer = Vec::with_capacity(CHUNK_BYTES + 1024);
    buffer.extend_from_slice(copy::BINARY_HEADER);
    let mut waiting = 0;
    for row in sorted(rows) {
        encode(row, at.version_id, owner, &mut buffer)?;
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
    if usize::try_from(stored) == Ok(rows.len()) {
        return Ok(());
    }
    Err(DbError::Corrupt(format!("{owner}: {} rows were sent and {stored} stored", rows.len())))
}

fn encode<R: Coded>(row: &R, version_id: i32, owner: &str, buffer: &mut Vec<u8>) -> Result<(), DbError> {
    let count = i16::try_from(1 + R::COLUMNS.len() + terms::COLUMNS.len()).unwrap_or(i16::MAX);
    buffer.extend_from_slice(&count.to_be_bytes());
    copy::put(buffer, &version_id.to_be_bytes());
    row.encode_code(buffer);
    terms::encode(row.priced(), buffer)
        .map_err(|what| DbError::OutOfRange { owner: format!("{owner} {}", row.code_text()), what })
}

fn copy_rows_out<R: Coded>(at: &mut Place<'_, '_>, row_count: i64) -> Result<Vec<R>, DbError> {
    let (owner, version_id) = (at.owner, at.version_id);
    let doing = || format!("{owner}: reading its rows");
    let statement = format!(
        "COPY (SELECT {} FROM {} WHERE deck_version_id = {version_id}) TO STDOUT (FORMAT binary)",
        columns::<R>(),
        R::TABLE
    );
    let reader = at.transaction.copy_out(statement.as_str()).map_err(DbError::doing(doing()))?;
    let mut binary = BinaryRows::new(reader).map_err(DbError::copying(doing()))?;
    let mut shared = SharedTerms::default();
    let mut rows: Vec<R> = Vec::with_capacity(usize::try_from(row_count).unwrap_or(0));
    while binary.advance().map_err(DbError::copying(doing()))? {
        let row = terms::decode(&binary, 1 + R::COLUMNS.len(), &mut shared);
        let row = row.and_then(|row| R::decode(&binary, 1, row));
        rows.push(row.ok_or_else(|| DbError::Corrupt(format!("{owner}: a row is no price")))?);
    }
    if usize::try_from(row_count) != Ok(rows.len()) {
        let found = rows.len();
        return Err(DbError::Corrupt(format!("{owner} should have {row_count} rows and has {found}")));
    }
    rows.sort_by_key(|row| (row.code(), row.priced().terms.starts, row.priced().terms.ends));
    Ok(rows)
}
