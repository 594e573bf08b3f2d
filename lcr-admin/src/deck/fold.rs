//! Rows of one code and one start into one (10.3).

use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::{DeckRow, Price, UtcSec};

use super::code::Code;
use super::header::PriceKind;
use super::options::Duplicates;
use super::row::price_mut;

/// A row of the file, and where it stands.
#[derive(Clone, Debug)]
pub struct FileRow {
    pub row: DeckRow,
    /// What it is a price of, where that is no prefix.
    pub code: Code,
    /// Prices that are to be inherited, a bit each.
    pub inherits: u8,
    /// Whether nothing in front of its code told the form.
    pub bare: bool,
    /// The byte at which it begins.
    pub byte: u64,
}

impl FileRow {
    /// Code and start; a row without a date starts with its version.
    fn key(&self, version_start: Option<UtcSec>) -> (Digits, Code, Option<UtcSec>) {
        (self.row.prefix, self.code, self.row.starts.or(version_start))
    }

    /// Whether two rows of one key have the same terms.
    fn says_the_same(&self, other: &FileRow) -> bool {
        // The key has compared the starts: one may be written, the other the version's.
        let other_row = DeckRow { starts: self.row.starts, ..other.row.clone() };
        self.row == other_row && self.inherits == other.inherits
    }
}

/// What became of a row that repeats another.
pub enum Repeat {
    /// Identical to the row at a byte.
    Folded { byte: u64, of: u64 },
    /// Different, and one of them holds as told.
    Resolved { byte: u64, of: u64 },
    /// Different: an error at this row.
    Refused { row: Box<FileRow>, of: u64 },
}

/// Sorts rows by prefix, then start, and leaves one of each.
pub fn fold(
    mut rows: Vec<FileRow>,
    how: Duplicates,
    version_start: Option<UtcSec>,
) -> (Vec<FileRow>, Vec<Repeat>) {
    let key = |row: &FileRow| row.key(version_start);
    // Stable: rows of one key stay in the order of the file.
    rows.sort_by_key(key);
    let mut repeats = Vec::new();
    let mut kept: Vec<FileRow> = Vec::with_capacity(rows.len());
    for row in rows {
        match kept.last_mut() {
            Some(last) if key(last) == key(&row) => repeats.push(join(last, row, how)),
            _ => kept.push(row),
        }
    }
    (kept, repeats)
}

fn join(kept: &mut FileRow, row: FileRow, how: Duplicates) -> Repeat {
    let (byte, of) = (row.byte, kept.byte);
    if kept.says_the_same(&row) {
        return Repeat::Folded { byte, of };
    }
    match how {
        Duplicates::Error => return Repeat::Refused { row: Box::new(row), of },
        Duplicates::Last => *kept = row,
        Duplicates::Highest => raise(kept, row),
    }
    Repeat::Resolved { byte, of }
}

/// Each price, fee and block becomes the dearer of the two, so that no call is cheaper than by either row.
fn raise(kept: &mut FileRow, mut other: FileRow) {
    for kind in PriceKind::ALL {
        if kind != PriceKind::First {
            let price = price_mut(&mut kept.row.prices, kind);
            *price = dearer(*price, *price_mut(&mut other.row.prices, kind));
        }
    }
    let (ours, theirs) = (&mut kept.row, other.row);
    // Without a price of its own, the first interval costs what the rest does.
    let first = |row: &DeckRow, rate: Option<Nano>| rate.or(per_min(row.prices.default));
    if ours.first_rate_per_min.is_some() || theirs.first_rate_per_min.is_some() {
        ours.first_rate_per_min =
            first(ours, ours.first_rate_per_min).max(first(&theirs, theirs.first_rate_per_min));
    }
    ours.first_sec = ours.first_sec.max(theirs.first_sec);
    ours.increment_sec = ours.increment_sec.max(theirs.increment_sec);
    ours.grace_sec = ours.grace_sec.min(theirs.grace_sec);
    ours.connect_fee = ours.connect_fee.max(theirs.connect_fee);
    // The price holds from the common start until the first of them ends.
    ours.ends = ours.ends.into_iter().chain(theirs.ends).min();
    // A price that is there needs no inheritance.
    kept.inherits |= other.inherits;
    for kind in PriceKind::ALL {
        if kind != PriceKind::First && *price_mut(&mut kept.row.prices, kind) != Price::Missing {
            kept.inherits &= !kind.bit();
        }
    }
}

fn per_min(price: Price) -> Option<Nano> {
    if let Price::PerMin(rate) = price { Some(rate) } else { None }
}

/// Blocked is dearer than any price, a price dearer than none.
fn dearer(one: Price, other: Price) -> Price {
    match (one, other) {
        (Price::Blocked, _) | (_, Price::Blocked) => Price::Blocked,
        (Price::PerMin(one), Price::PerMin(other)) => Price::PerMin(one.max(other)),
        (Price::Missing, price) | (price, Price::Missing) => price,
    }
}
