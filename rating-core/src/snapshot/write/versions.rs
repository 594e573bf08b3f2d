//! Which row of a deck holds for each code at an instant (4.2, 10.5).

use std::vec::Vec;

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
pub(super) fn rows_at(deck: &Deck, at: UtcSec) -> DeckAt<'_> {
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
    for group in all.chunk_by(|a, b| a.0 == b.0) {
        if let Some((age, row)) = row_of_code(group, &started, at) {
            rows.push(RowInForce { row, version: started[age].number });
        }
    }
    DeckAt { rows, until: next_change(deck, at) }
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
        // A row whose own start is still to come leaves the older version's row standing.
        if let Some((_, _, _, row)) = own.find(|(_, _, start, _)| start.0 <= at) {
            return row.ends.is_none_or(|end| at < end).then_some((age, *row));
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
