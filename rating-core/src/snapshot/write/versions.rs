//! Which row of a deck holds for each code, or other key, at an instant (4.2, 10.5).

use core::cmp::Reverse;
use core::fmt::Display;
use std::format;
use std::string::String;
use std::vec::Vec;

use super::{WriteError, out_of_range};
use crate::lerg::e164;
use crate::number::Digits;
use crate::plan::{CicRow, Deck, DeckRow, DeckVersion, OcnRow, Scope, UtcSec};

/// The row in force for a key.
pub(super) struct RowInForce<'a, K> {
    pub(super) key: K,
    pub(super) row: &'a DeckRow,
    pub(super) version: u32,
}

/// A deck at an instant.
pub(super) struct DeckAt<'a> {
    /// The rows in force, by prefix.
    pub(super) rows: Vec<RowInForce<'a, Digits>>,
    /// The rows in force by OCN, LATA and tier; `None` is any.
    pub(super) ocn_rows: Vec<RowInForce<'a, OcnKey>>,
    /// The rows in force by CIC.
    pub(super) cic_rows: Vec<RowInForce<'a, [u8; 4]>>,
    /// The next instant at which one of them changes; `i64::MAX` if none ever does.
    pub(super) until: UtcSec,
}

/// OCN, LATA, tier.
pub(super) type OcnKey = (Option<[u8; 4]>, Option<u32>, Option<u8>);

/// Finds the rows of a deck that are in force at an instant.
///
/// # Errors
/// [`WriteError::DuplicateId`] where two versions have one number, or a version has two rows for one code from
/// one instant: nothing says which of them holds. [`WriteError::OutOfRange`] for a scope without countries.
pub(super) fn rows_at(deck: &Deck, at: UtcSec) -> Result<DeckAt<'_>, WriteError> {
    check_versions(deck)?;
    let mut started: Vec<&DeckVersion> = deck.versions.iter().filter(|v| v.effective_from <= at).collect();
    started.sort_by_key(|version| Reverse((version.effective_from, version.number)));
    let rows = by_code(deck, &started, at)?;
    let ocn_key = |row: &OcnRow| (row.ocn, row.lata, row.tier);
    let ocn_rows =
        in_force(&started, at, |v| v.ocn_rows.iter().map(|row| (ocn_key(row), &row.row)), ends_all)
            .map_err(|key| twice(deck, &format!("OCN {:?}, LATA {:?}, tier {:?}", key.0, key.1, key.2)))?;
    let cic_key = |row: &CicRow| row.cic;
    let cic_rows =
        in_force(&started, at, |v| v.cic_rows.iter().map(|row| (cic_key(row), &row.row)), ends_all)
            .map_err(|key| twice(deck, &format!("CIC {}", String::from_utf8_lossy(&key))))?;
    Ok(DeckAt { rows, ocn_rows, cic_rows, until: next_change(deck, at) })
}

fn check_versions(deck: &Deck) -> Result<(), WriteError> {
    let mut numbers: Vec<u32> = deck.versions.iter().map(|version| version.number).collect();
    numbers.sort_unstable();
    if let Some(pair) = numbers.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(WriteError::DuplicateId {
            kind: "version",
            id: format!("{} of deck {}", pair[0], deck.id),
        });
    }
    for version in &deck.versions {
        if let Scope::Country(countries) = &version.scope {
            let fits =
                |country: &String| country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
            if countries.is_empty() || !countries.iter().all(fits) {
                let owner = format!("deck {} version {}", deck.id, version.number);
                return Err(out_of_range(&owner, "scope country names countries, two capitals each"));
            }
        }
    }
    Ok(())
}

/// Rows by code. Most decks have one version, its rows in order and undated: nothing to choose.
fn by_code<'a>(
    deck: &'a Deck,
    started: &[&'a DeckVersion],
    at: UtcSec,
) -> Result<Vec<RowInForce<'a, Digits>>, WriteError> {
    if let [version] = started
        && let Some(rows) = undated(version)
    {
        return Ok(rows);
    }
    let rows = |version: &'a DeckVersion| version.rows.iter().map(|row| (row.prefix, row));
    in_force(started, at, rows, |version, prefix| match &version.scope {
        Scope::Full => true,
        Scope::Country(countries) => e164::country_of(prefix.as_bytes())
            .is_some_and(|found| countries.iter().any(|country| country.as_bytes() == found.country)),
        Scope::Partial => false,
    })
    .map_err(|prefix| twice(deck, &prefix))
}

/// The rows of a version if they are in order and undated; else none. In one pass: rows are long, and many.
fn undated(version: &DeckVersion) -> Option<Vec<RowInForce<'_, Digits>>> {
    let mut rows: Vec<RowInForce<'_, Digits>> = Vec::with_capacity(version.rows.len());
    for row in &version.rows {
        let is_behind = rows.last().is_none_or(|last| last.key < row.prefix);
        if !is_behind || row.starts.is_some() || row.ends.is_some() {
            return None;
        }
        rows.push(RowInForce { key: row.prefix, row, version: version.number });
    }
    Some(rows)
}

/// Keys that are no codes are in no country: only a version of scope `full` ends those that it lacks.
fn ends_all<K>(version: &DeckVersion, _: &K) -> bool {
    version.scope == Scope::Full
}

fn twice(deck: &Deck, key: &dyn Display) -> WriteError {
    WriteError::DuplicateId { kind: "row", id: format!("{key} of deck {}", deck.id) }
}

/// A row of a started version: its key, the age of its version (0 is the newest), when it starts.
type Dated<'a, K> = (K, usize, Reverse<UtcSec>, &'a DeckRow);

/// The row in force of each key, by key. `ends_absent`: whether a version ends the older rows of a key that it lacks.
///
/// # Errors
/// A key that has two rows from one instant in one version.
fn in_force<'a, K: Ord + Copy, R: Iterator<Item = (K, &'a DeckRow)>>(
    started: &[&'a DeckVersion],
    at: UtcSec,
    rows_of: impl Fn(&'a DeckVersion) -> R,
    ends_absent: impl Fn(&DeckVersion, &K) -> bool,
) -> Result<Vec<RowInForce<'a, K>>, K> {
    let mut all: Vec<Dated<'a, K>> = Vec::new();
    for (age, version) in started.iter().enumerate() {
        for (key, row) in rows_of(version) {
            all.push((key, age, Reverse(row.starts.unwrap_or(version.effective_from)), row));
        }
    }
    // By key, then newest version first, then latest start first.
    all.sort_by_key(|&(key, age, start, _)| (key, age, start));
    let same =
        |pair: &&[Dated<'a, K>]| (pair[0].0, pair[0].1, pair[0].2) == (pair[1].0, pair[1].1, pair[1].2);
    if let Some(pair) = all.windows(2).find(same) {
        return Err(pair[0].0);
    }
    let mut rows = Vec::with_capacity(all.len());
    for group in all.chunk_by(|a, b| a.0 == b.0) {
        let key = group[0].0;
        if let Some((age, row)) = row_of_key(group, started, at, |version| ends_absent(version, &key)) {
            rows.push(RowInForce { key, row, version: started[age].number });
        }
    }
    Ok(rows)
}

/// The row of one key, from the newest version to the oldest.
fn row_of_key<'a, K>(
    group: &[Dated<'a, K>],
    started: &[&DeckVersion],
    at: UtcSec,
    ends_absent: impl Fn(&DeckVersion) -> bool,
) -> Option<(usize, &'a DeckRow)> {
    for (age, version) in started.iter().enumerate() {
        let mut own = group.iter().filter(|entry| entry.1 == age).peekable();
        if own.peek().is_none() {
            if ends_absent(version) {
                return None;
            }
            continue;
        }
        // A row whose own start is still to come leaves the older version's row standing. Of those that have
        // started the latest holds that has not ended; if all have, the code has.
        let mut started_rows = own.filter(|(_, _, start, _)| start.0 <= at).peekable();
        if started_rows.peek().is_some() {
            let holding = started_rows.find(|(_, _, _, row)| row.ends.is_none_or(|end| at < end));
            return holding.map(|(_, _, _, row)| (age, *row));
        }
    }
    None
}

/// The next instant at which a version, or a row, of the deck starts or ends.
fn next_change(deck: &Deck, at: UtcSec) -> UtcSec {
    let mut next = UtcSec::MAX;
    let mut dated = |instant: UtcSec| {
        if instant > at {
            next = next.min(instant);
        }
    };
    for version in &deck.versions {
        dated(version.effective_from);
        let others = version.ocn_rows.iter().map(|row| &row.row);
        let rows = version.rows.iter().chain(others).chain(version.cic_rows.iter().map(|row| &row.row));
        for row in rows {
            row.starts.into_iter().chain(row.ends).for_each(&mut dated);
        }
    }
    next
}
