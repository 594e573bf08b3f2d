//! A blank price takes that of the next shorter code in the file, where told so (10.3).
//!
//! Of a code only rows count that hold while the heir does: one that was over before gives no price, and where no
//! other is left, the code is none. A row without a start starts with its version.
//!
//! A row of prefix `1` prices only geographic numbers of the US (4.5), so that only their codes inherit from
//! it: `1658` (Jamaica) and `1900` do not.

use std::ops::Range;

use rating_core::lerg::npa;
use rating_core::number::Digits;
use rating_core::plan::{Price, UtcSec};

use super::fold::{FileRow, Standing};
use super::header::PriceKind;
use super::row::price_mut;

/// A price that nothing could be inherited for.
pub struct Orphan {
    /// The byte at which the row begins.
    pub byte: u64,
    pub kind: PriceKind,
    pub why: Why,
}

/// Why nothing was inherited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No shorter code has a price.
    NoPrice,
    /// The next shorter code has several rows, so that its price changes in time while the heir's would stay.
    Several,
    /// The next shorter code has a bad row, at a byte: what it would have priced is not known.
    Bad { byte: u64 },
    /// The next shorter code starts later: its price is not the one until then, and another is not from then on.
    Later,
}

/// Fills the prices that are to be inherited. `rows` are sorted by prefix, then start. A row with a price that nothing
/// could be inherited for is bad, and so are its heirs.
pub fn inherit(rows: &mut [FileRow], version_start: Option<UtcSec>) -> Vec<Orphan> {
    let mut heirs: Vec<usize> =
        (0..rows.len()).filter(|&index| rows[index].inherits != 0 && !rows[index].is_bad()).collect();
    // From short to long, so that what is inherited can be inherited again.
    heirs.sort_by_key(|&index| rows[index].row.prefix.len());
    let mut orphans = Vec::new();
    for heir in heirs {
        let parent = parent(rows, heir, version_start);
        for kind in PriceKind::ALL {
            if rows[heir].inherits & kind.bit() != 0
                && let Err(why) = parent.and_then(|parent| take(rows, heir, parent, kind))
            {
                rows[heir].standing = Standing::Bad;
                orphans.push(Orphan { byte: rows[heir].byte, kind, why });
            }
        }
    }
    orphans
}

/// Takes one price from the parent, if there is one.
fn take(rows: &mut [FileRow], heir: usize, parent: usize, kind: PriceKind) -> Result<(), Why> {
    let has_price = if kind == PriceKind::First {
        let first = rows[parent].row.terms.first_rate_per_min;
        rows[heir].row.terms_mut().first_rate_per_min = first;
        first.is_some()
    } else {
        let price = *price_mut(&mut rows[parent].row.prices, kind);
        *price_mut(&mut rows[heir].row.prices, kind) = price;
        price != Price::Missing
    };
    if has_price { Ok(()) } else { Err(Why::NoPrice) }
}

/// The row of the next shorter code that has any while the heir holds.
fn parent(rows: &[FileRow], heir: usize, version_start: Option<UtcSec>) -> Result<usize, Why> {
    let starts = |row: &FileRow| row.row.terms.starts.or(version_start);
    let heir = &rows[heir];
    let digits = heir.row.prefix.as_bytes();
    let shortest = if inherits_from_first_digit(digits) { 1 } else { 2 };
    for len in (shortest..digits.len()).rev() {
        let of_code = rows_of(rows, &digits[..len]);
        // Also of a bad row that would be over: its dates may be what is bad.
        if let Some(bad) = rows[of_code.clone()].iter().find(|row| row.is_bad()) {
            return Err(Why::Bad { byte: bad.byte });
        }
        let mut holding = of_code.filter(|&index| {
            let row = &rows[index];
            is_before(starts(row), heir.row.terms.ends) && is_before(starts(heir), row.row.terms.ends)
        });
        match (holding.next(), holding.next()) {
            (None, _) => {}
            (Some(_), Some(_)) => return Err(Why::Several),
            (Some(index), None) if starts(&rows[index]) > starts(heir) => return Err(Why::Later),
            (Some(index), None) => return Ok(index),
        }
    }
    Err(Why::NoPrice)
}

/// The rows of a code.
fn rows_of(rows: &[FileRow], code: &[u8]) -> Range<usize> {
    let Some(code) = Digits::new(code) else { return 0..0 };
    let first = rows.partition_point(|row| row.row.prefix < code);
    let last = rows.partition_point(|row| row.row.prefix <= code);
    first..last
}

/// Whether a start is before an end. A start that is not known is before all, no end behind all.
fn is_before(start: Option<UtcSec>, end: Option<UtcSec>) -> bool {
    end.is_none_or(|end| start < Some(end))
}

/// Whether a code may inherit from a code of one digit: always but from `1` outside the US (4.5).
fn inherits_from_first_digit(digits: &[u8]) -> bool {
    if digits.first() != Some(&b'1') {
        return true;
    }
    let npa = digits.get(1..4).and_then(Digits::new).and_then(|npa| npa.value(0, 3));
    npa.is_some_and(|npa| npa::place(npa).is_us_state()) && digits.get(4..7) != Some(b"976")
}
