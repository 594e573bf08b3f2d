//! Which row of a deck holds for each code, or other key, at an instant (4.2, 10.5).

use core::cmp::Reverse;
use core::fmt::Display;
use std::format;
use std::string::String;
use std::vec::Vec;

use super::{WriteError, out_of_range};
use crate::lerg::e164;
use crate::number::Digits;
use crate::plan::{Deck, DeckRow, DeckVersion, OcnRow, Scope, UtcSec};

/// The row in force for a key.
pub(super) struct RowInForce<'a, K> {
    pub(super) key: K,
    pub(super) row: &'a DeckRow,
    pub(super) version: u32,
}

/// OCN, LATA, tier.
pub(super) type OcnKey = (Option<[u8; 4]>, Option<u32>, Option<u8>);

/// The versions of a deck that have started by an instant, newest first.
pub(super) struct Started<'a> {
    deck: &'a Deck,
    versions: Vec<&'a DeckVersion>,
    at: UtcSec,
}

impl<'a> Started<'a> {
    /// # Errors
    /// [`WriteError::DuplicateId`] where two versions have one number, [`WriteError::OutOfRange`] for a scope
    /// without countries.
    pub(super) fn new(deck: &'a Deck, at: UtcSec) -> Result<Self, WriteError> {
        check_versions(deck)?;
        let mut versions: Vec<&DeckVersion> =
            deck.versions.iter().filter(|v| v.effective_from <= at).collect();
        versions.sort_by_key(|version| Reverse((version.effective_from, version.number)));
        Ok(Self { deck, versions, at })
    }

    /// The version that alone has started, as of most decks.
    pub(super) fn only(&self) -> Option<&'a DeckVersion> {
        if let [version] = self.versions[..] { Some(version) } else { None }
    }

    /// The rows in force, by prefix.
    ///
    /// # Errors
    /// [`WriteError::DuplicateId`] where a version has two rows for one key from one instant: nothing says which of
    /// them holds. So for the other keys.
    pub(super) fn rows(&self) -> Result<Vec<RowInForce<'a, Digits>>, WriteError> {
        let rows = |version: &'a DeckVersion| version.rows.iter().map(|row| (row.prefix, row));
        let ends_absent = |version: &DeckVersion, prefix: &Digits| match &version.scope {
            Scope::Full => true,
            Scope::Country(countries) => e164::country_of(prefix.as_bytes())
                .is_some_and(|found| countries.iter().any(|country| country.as_bytes() == found.country)),
            Scope::Partial => false,
        };
        in_force(&self.versions, self.at, rows, ends_absent).map_err(|prefix| self.twice(&prefix))
    }

    /// The rows in force by OCN, LATA and tier.
    pub(super) fn ocn_rows(&self) -> Result<Vec<RowInForce<'a, OcnKey>>, WriteError> {
        let key = |row: &OcnRow| (row.ocn, row.lata, row.tier);
        let rows = |version: &'a DeckVersion| version.ocn_rows.iter().map(move |row| (key(row), &row.row));
        in_force(&self.versions, self.at, rows, ends_all)
            .map_err(|key| self.twice(&format!("OCN {:?}, LATA {:?}, tier {:?}", key.0, key.1, key.2)))
    }

    /// The rows in force by CIC.
    pub(super) fn cic_rows(&self) -> Result<Vec<RowInForce<'a, [u8; 4]>>, WriteError> {
        let rows = |version: &'a DeckVersion| version.cic_rows.iter().map(|row| (row.cic, &row.row));
        in_force(&self.versions, self.at, rows, ends_all)
            .map_err(|key| self.twice(&format!("CIC {}", String::from_utf8_lossy(&key))))
    }

    fn twice(&self, key: &dyn Display) -> WriteError {
        WriteError::DuplicateId { kind: "row", id: format!("{key} of deck {}", self.deck.id) }
    }

    /// The next instant at which a version, or a row, of the deck starts or ends; `i64::MAX` if none ever does. The
    /// rows by prefix of one version may be known to be undated: rows are long, and many.
    pub(super) fn until(&self, undated: Option<&DeckVersion>) -> UtcSec {
        let mut next = UtcSec::MAX;
        let mut dated = |instant: UtcSec| {
            if instant > self.at {
                next = next.min(instant);
            }
        };
        for version in &self.deck.versions {
            dated(version.effective_from);
            let is_undated = undated.is_some_and(|undated| undated.number == version.number);
            let by_prefix = if is_undated { &[][..] } else { &version.rows };
            let by_ocn = version.ocn_rows.iter().map(|row| &row.row);
            let by_cic = version.cic_rows.iter().map(|row| &row.row);
            for row in by_prefix.iter().chain(by_ocn).chain(by_cic) {
                row.terms.starts.into_iter().chain(row.terms.ends).for_each(&mut dated);
            }
        }
        next
    }
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

/// Keys that are no codes are in no country: only a version of scope `full` ends those that it lacks.
fn ends_all<K>(version: &DeckVersion, _: &K) -> bool {
    version.scope == Scope::Full
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
            all.push((key, age, Reverse(row.terms.starts.unwrap_or(version.effective_from)), row));
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
            let holding = started_rows.find(|(_, _, _, row)| row.terms.ends.is_none_or(|end| at < end));
            return holding.map(|(_, _, _, row)| (age, *row));
        }
    }
    None
}
