//! A blank price takes that of the next shorter code in the file, where told so (10.3).
//!
//! A row of prefix `1` prices only geographic numbers of the US (4.5), so that only their codes inherit from
//! it: `1658` (Jamaica) and `1900` do not.

use std::ops::Range;

use rating_core::lerg::npa;
use rating_core::number::Digits;
use rating_core::plan::{Price, UtcSec};

use super::fold::FileRow;
use super::header::PriceKind;
use super::row::price_mut;

/// A price that nothing could be inherited for.
pub struct Orphan {
    /// The byte at which the row begins.
    pub byte: u64,
    pub kind: PriceKind,
    /// Whether the shorter code has several rows, so that its price changes in time.
    pub dated: bool,
}

/// Fills the prices that are to be inherited. `rows` are sorted by prefix, then start.
pub fn inherit(rows: &mut [FileRow]) -> Vec<Orphan> {
    let mut heirs: Vec<usize> = (0..rows.len()).filter(|&index| rows[index].inherits != 0).collect();
    // From short to long, so that what is inherited can be inherited again.
    heirs.sort_by_key(|&index| rows[index].row.prefix.len());
    let mut orphans = Vec::new();
    for heir in heirs {
        let (parent, dated) = parent(rows, heir);
        for kind in PriceKind::ALL {
            if rows[heir].inherits & kind.bit() != 0 && !take(rows, heir, parent, kind) {
                orphans.push(Orphan { byte: rows[heir].byte, kind, dated });
            }
        }
    }
    orphans
}

/// Takes one price from the parent; whether there was one.
fn take(rows: &mut [FileRow], heir: usize, parent: Option<usize>, kind: PriceKind) -> bool {
    let Some(parent) = parent else { return false };
    if kind == PriceKind::First {
        let first = rows[parent].row.first_rate_per_min;
        rows[heir].row.first_rate_per_min = first;
        return first.is_some();
    }
    let price = *price_mut(&mut rows[parent].row.prices, kind);
    *price_mut(&mut rows[heir].row.prices, kind) = price;
    price != Price::Missing
}

/// The row of the next shorter code, if it holds when this one starts; and whether that code has several. Then
/// none is taken: the heir's price would stay while the code's changes.
fn parent(rows: &[FileRow], heir: usize) -> (Option<usize>, bool) {
    let Some(range) = parents(rows, heir) else { return (None, false) };
    if range.len() > 1 {
        return (None, true);
    }
    let starts = rows[heir].row.starts;
    (range.rev().find(|&index| holds_at(&rows[index], starts)), false)
}

/// The rows of the next shorter code.
fn parents(rows: &[FileRow], heir: usize) -> Option<Range<usize>> {
    let FileRow { row, .. } = &rows[heir];
    let digits = row.prefix.as_bytes();
    let longest = (1..digits.len()).rev().find_map(|len| {
        let prefix = Digits::new(&digits[..len])?;
        let found = rows.binary_search_by(|other| other.row.prefix.cmp(&prefix)).is_ok();
        (found && (len > 1 || inherits_from_first_digit(digits))).then_some(prefix)
    })?;
    let first = rows.partition_point(|other| other.row.prefix < longest);
    let last = rows.partition_point(|other| other.row.prefix <= longest);
    Some(first..last)
}

/// Whether a row holds at an instant; none is the start of the version, before all others.
fn holds_at(row: &FileRow, at: Option<UtcSec>) -> bool {
    let started = row.row.starts <= at;
    let ended = match (row.row.ends, at) {
        (Some(ends), Some(at)) => ends <= at,
        _ => false,
    };
    started && !ended
}

/// Whether a code may inherit from a code of one digit: always but from `1` outside the US (4.5).
fn inherits_from_first_digit(digits: &[u8]) -> bool {
    if digits.first() != Some(&b'1') {
        return true;
    }
    let npa = digits.get(1..4).and_then(Digits::new).and_then(|npa| npa.value(0, 3));
    npa.is_some_and(|npa| npa::place(npa).is_us_state()) && digits.get(4..7) != Some(b"976")
}
