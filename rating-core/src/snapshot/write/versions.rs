//! Which row of a deck holds for each code at an instant (4.2, 10.5).

use std::format;
use std::vec::Vec;

use super::WriteError;
use crate::number::Digits;
use crate::plan::{Deck, DeckRow, DeckVersion, Scope, UtcSec};

/// The row in force for a code.
pub(super) struct RowInForce<'a> {
    pub(super) row: &'a DeckRow,
    pub(super) version: u32,
}

/// A deck at an instant.
pub(super) struct DeckAt<'a> {
    /// The rows in force, by prefix.
    pub(super) rows: Vec<RowInForce<'a>>,
    /// The next instant at which one of them changes; `i64::MAX` if none ever does.
    pub(super) until: UtcSec,
}

/// Finds the rows of a deck that are in force at an instant.
///
/// # Errors
/// [`WriteError::DuplicateId`] where two versions have one number, or a version has two rows for one code from
/// one instant: nothing says which of them holds.
pub(super) fn rows_at(deck: &Deck, at: UtcSec) -> Result<DeckAt<'_>, WriteError> {
    let mut numbers: Vec<u32> = deck.versions.iter().map(|version| version.number).collect();
    numbers.sort_unstable();
    if let Some(pair) = numbers.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(WriteError::DuplicateId {
            kind: "version",
            id: format!("{} of deck {}", pair[0], deck.id),
        });
    }
    let mut started: Vec<&DeckVersion> = deck.versions.iter().filter(|v| v.effective_from <= at).collect();
    started.sort_by_key(|version| core::cmp::Reverse((version.effective_from, version.number)));
    // Every row of every started version: by prefix, then newest version first, then latest start first.
    let mut all: Vec<(&Digits, usize, core::cmp::Reverse<UtcSec>, &DeckRow)> = Vec::new();
    for (age, version) in started.iter().enumerate() {
        for row in &version.rows {
            all.push((&row.prefix, age, core::cmp::Reverse(start_of(row, version)), row));
        }
    }
    all.sort_by_key(|&(prefix, age, start, _)| (*prefix, age, start));
    let mut rows = Vec::with_capacity(all.len());
    if let Some(pair) =
        all.windows(2).find(|pair| (pair[0].0, pair[0].1, pair[0].2) == (pair[1].0, pair[1].1, pair[1].2))
    {
        return Err(WriteError::DuplicateId {
            kind: "row",
            id: format!("{} of deck {}", pair[0].0, deck.id),
        });
    }
    for group in all.chunk_by(|a, b| a.0 == b.0) {
        if let Some((age, row)) = row_of_code(group, &started, at) {
            rows.push(RowInForce { row, version: started[age].number });
        }
    }
    Ok(DeckAt { rows, until: next_change(deck, at) })
}

/// The row of one code, from the newest version to the oldest.
fn row_of_code<'a>(
    group: &[(&Digits, usize, core::cmp::Reverse<UtcSec>, &'a DeckRow)],
    started: &[&DeckVersion],
    at: UtcSec,
) -> Option<(usize, &'a DeckRow)> {
    for (age, version) in started.iter().enumerate() {
        let mut own = group.iter().filter(|entry| entry.1 == age).peekable();
        if own.peek().is_none() {
            if version.scope == Scope::Full {
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

fn start_of(row: &DeckRow, version: &DeckVersion) -> UtcSec {
    row.starts.unwrap_or(version.effective_from)
}

/// The next instant at which a version, or a row, of the deck starts or ends.
fn next_change(deck: &Deck, at: UtcSec) -> UtcSec {
    let versions = deck.versions.iter().map(|version| version.effective_from);
    let rows = deck.versions.iter().flat_map(|version| &version.rows);
    let dates = rows.flat_map(|row| [row.starts, row.ends]).flatten();
    versions.chain(dates).filter(|&instant| instant > at).min().unwrap_or(i64::MAX)
}
