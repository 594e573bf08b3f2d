//! Deck versions in the database: stored, deleted, listed, looked into.

use postgres::{Client, Row, Transaction};
use rating_core::money::Nano;
use rating_core::plan::{DeckVersion, Scope, UtcSec};

use super::deck_rows::{self, RowCounts};
use super::error::DbError;
use super::migrate::require_current_schema;
use crate::words::{ScopeKind, Word};

/// A version without its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredVersion {
    pub id: i32,
    pub deck: String,
    pub number: i64,
    pub effective_from: UtcSec,
    pub scope: Scope,
    pub rows: RowCounts,
    pub content_sha256: Vec<u8>,
}

/// Every version of a deck, or of all, by deck and number.
pub(super) fn stored_versions(
    transaction: &mut Transaction<'_>,
    deck: Option<&str>,
) -> Result<Vec<StoredVersion>, DbError> {
    transaction
        .query(include_str!("../../../sql/queries/stored_versions.sql"), &[&deck])
        .map_err(DbError::doing("reading the deck versions"))?
        .iter()
        .map(stored_version)
        .collect()
}

fn stored_version(row: &Row) -> Result<StoredVersion, DbError> {
    let scope: &str = row.get("scope");
    let scope =
        ScopeKind::from_word(scope).ok_or_else(|| DbError::Corrupt(format!("{scope:?} is no scope")))?;
    Ok(StoredVersion {
        id: row.get("id"),
        deck: row.get("deck"),
        number: row.get::<_, i32>("number").into(),
        effective_from: row.get("effective_from_sec"),
        scope: scope.with(row.get("countries")),
        rows: RowCounts {
            by_prefix: row.get("row_count"),
            by_ocn: row.get("ocn_row_count"),
            by_cic: row.get("cic_row_count"),
        },
        content_sha256: row.get("content_sha256"),
    })
}

/// The highest number that a version of the deck ever had, deleted ones among them: records name versions by it. 0 is none.
pub(super) fn latest_number(transaction: &mut Transaction<'_>, deck: &str) -> Result<u32, DbError> {
    let row = transaction
        .query_opt("SELECT latest FROM deck_number WHERE deck = $1", &[&deck])
        .map_err(DbError::doing("finding the version's number"))?;
    Ok(row.map_or(0, |row| row.get::<_, i32>(0).cast_unsigned()))
}

/// Deletes a version and its rows.
pub(super) fn delete_version(transaction: &mut Transaction<'_>, id: i32) -> Result<(), DbError> {
    transaction
        .execute("DELETE FROM deck_version WHERE id = $1", &[&id])
        .map_err(DbError::doing("deleting a deck version"))?;
    Ok(())
}

/// Stores a version and its rows.
pub(super) fn store_version(
    transaction: &mut Transaction<'_>,
    deck: &str,
    version: &DeckVersion,
    content_sha256: &[u8; 32],
    progress: &mut dyn FnMut(u64),
) -> Result<(), DbError> {
    let owner = format!("deck {deck} version {}", version.number);
    let refuse = |what: &str| DbError::OutOfRange { owner: owner.clone(), what: what.to_owned() };
    let number = i32::try_from(version.number).map_err(|_| refuse("the number is beyond 2147483647"))?;
    if !deck_rows::is_storable(version.effective_from) {
        return Err(refuse(deck_rows::BEYOND));
    }
    deck_rows::refuse_repeats(deck, version)?;
    let rows = RowCounts::of(version);
    let (scope, countries) = ScopeKind::of(&version.scope);
    let id: i32 = transaction
        .query_one(
            include_str!("../../../sql/queries/insert_version.sql"),
            &[
                &deck,
                &number,
                &version.effective_from,
                &scope.word(),
                &countries,
                &rows.by_prefix,
                &rows.by_ocn,
                &rows.by_cic,
                &&content_sha256[..],
            ],
        )
        .map_err(DbError::doing(format!("storing {owner}")))?
        .get(0);
    deck_rows::copy_in(transaction, id, &owner, version, progress)
}

/// A deck, told in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeckSummary {
    /// Its id.
    pub id: String,
    /// Providers whose routes use it, by id.
    pub providers: Vec<String>,
    /// Accounts that it sells to, by id.
    pub accounts: Vec<String>,
    /// How many versions it has.
    pub versions: i64,
    /// The number of the latest, if there is one.
    pub latest: Option<i32>,
    /// Rows of all versions.
    pub rows: i64,
}

/// Every deck, by id.
///
/// # Errors
/// [`DbError`], if the database is not to be read.
pub fn list_decks(client: &mut Client) -> Result<Vec<DeckSummary>, DbError> {
    require_current_schema(client)?;
    let rows = client
        .query(include_str!("../../../sql/queries/list_decks.sql"), &[])
        .map_err(DbError::doing("listing the decks"))?;
    let summary = |row: &Row| DeckSummary {
        id: row.get("id"),
        providers: row.get("providers"),
        accounts: row.get("accounts"),
        versions: row.get("versions"),
        latest: row.get("latest"),
        rows: row.get("rows"),
    };
    Ok(rows.iter().map(summary).collect())
}

/// A version, told in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionSummary {
    /// Its number.
    pub number: i64,
    /// From when it holds.
    pub effective_from: UtcSec,
    /// `full`, `country` or `partial`.
    pub scope: &'static str,
    /// Of scope `country`: which.
    pub countries: Vec<String>,
    /// How many rows it has.
    pub rows: i64,
}

/// The versions of a deck, by number; `None` if there is no such deck.
///
/// # Errors
/// [`DbError`], if the database is not to be read.
pub fn list_versions(client: &mut Client, deck: &str) -> Result<Option<Vec<VersionSummary>>, DbError> {
    require_current_schema(client)?;
    let mut transaction = client.transaction().map_err(DbError::doing("beginning"))?;
    let there = transaction
        .query_opt("SELECT 1 FROM deck WHERE id = $1", &[&deck])
        .map_err(DbError::doing("looking for the deck"))?;
    if there.is_none() {
        return Ok(None);
    }
    let summary = |stored: StoredVersion| {
        let (scope, countries) = ScopeKind::of(&stored.scope);
        VersionSummary {
            number: stored.number,
            effective_from: stored.effective_from,
            scope: scope.word(),
            countries: countries.to_vec(),
            rows: stored.rows.total(),
        }
    };
    Ok(Some(stored_versions(&mut transaction, Some(deck))?.into_iter().map(summary).collect()))
}

/// A row of a price list, as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRow {
    /// The version that has it.
    pub version: i32,
    /// Its prefix.
    pub prefix: String,
    /// What the list calls the destination.
    pub destination: String,
    /// Interstate, intrastate, local, indeterminate, default: an amount, `blocked`, or nothing.
    pub prices: [Option<String>; 5],
    /// Price of the first interval a minute, where it differs.
    pub first_rate: Option<Nano>,
    /// Fee of an answered call.
    pub connect_fee: Nano,
    /// First interval, in seconds.
    pub first_sec: i32,
    /// Increment after it, in seconds.
    pub increment_sec: i32,
    /// A call no longer than this costs nothing, in seconds; 0 is none.
    pub grace_sec: i32,
    /// From when it holds, if it says so.
    pub starts: Option<UtcSec>,
    /// Until when, if it says so.
    pub ends: Option<UtcSec>,
}

/// The rows of a deck that price numbers of a prefix: those of its beginnings, and those that it begins.
///
/// At most `rows_max`, by prefix and version.
///
/// # Errors
/// [`DbError`], if the database is not to be read.
pub fn find_rows(
    client: &mut Client,
    deck: &str,
    prefix: &str,
    rows_max: i64,
) -> Result<Vec<FoundRow>, DbError> {
    require_current_schema(client)?;
    let rows = client
        .query(include_str!("../../../sql/queries/find_rows.sql"), &[&deck, &prefix, &rows_max])
        .map_err(DbError::doing(format!("reading deck {deck}")))?;
    Ok(rows.iter().map(found_row).collect())
}

fn found_row(row: &Row) -> FoundRow {
    let blocked: i16 = row.get("blocked_prices");
    let price = |bit: usize, column: &str| match row.get::<_, Option<i64>>(column) {
        Some(nano) => Some(Nano(nano).to_string()),
        None => (blocked & (1 << bit) != 0).then(|| "blocked".to_owned()),
    };
    FoundRow {
        version: row.get("number"),
        prefix: row.get("prefix"),
        destination: row.get("destination"),
        prices: [
            price(0, "interstate_nano_per_min"),
            price(1, "intrastate_nano_per_min"),
            price(2, "local_nano_per_min"),
            price(3, "indeterminate_nano_per_min"),
            price(4, "default_nano_per_min"),
        ],
        first_rate: row.get::<_, Option<i64>>("first_rate_nano_per_min").map(Nano),
        connect_fee: Nano(row.get("connect_fee_nano")),
        first_sec: row.get("first_sec"),
        increment_sec: row.get("increment_sec"),
        grace_sec: row.get("grace_sec"),
        starts: row.get("starts_sec"),
        ends: row.get("ends_sec"),
    }
}
