//! Rows of one code and one start into one (10.3).

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

    /// What differs between two rows of one key so that no row of simple terms is as dear as either for every call;
    /// nothing where each price and fee of the joined row can be the higher of the two.
    ///
    /// Of 30/6 and 6/60 either is dearer for some calls, and 30/60 bills 67 s as 90 s where 6/60 bills 126 s. A first
    /// rate, or a price by state, takes the place of the price that the row without it asks, and may be lower. A
    /// code that ends leaves its calls to a shorter one.
    fn unlike(&self, other: &FileRow) -> Option<&'static str> {
        let (one, two) = (&self.row, &other.row);
        let has_first = |row: &DeckRow| row.first_rate_per_min.is_some();
        Some(match () {
            () if one.first_sec != two.first_sec => "first interval",
            () if one.increment_sec != two.increment_sec => "increment",
            () if one.grace_sec != two.grace_sec => "grace time",
            () if one.ends != two.ends => "end",
            () if has_first(one) != has_first(two) => "use of a first rate",
            () if self.written() != other.written() => "columns of prices",
            () => return None,
        })
    }

    /// The prices that the row has of its own, and those that it inherits: a bit each.
    fn written(&self) -> (u8, u8) {
        let mut prices = self.row.prices;
        let mut is_written = |kind: PriceKind| *price_mut(&mut prices, kind) != Price::Missing;
        let own = PriceKind::ALL.into_iter().filter(|&kind| is_written(kind)).map(PriceKind::bit);
        (own.fold(0, |bits, bit| bits | bit), self.inherits)
    }
}

/// What became of a row that repeats another.
pub enum Repeat {
    /// Identical to the row at a byte.
    Folded { byte: u64, of: u64 },
    /// Different, and one of them holds as told.
    Resolved { byte: u64, of: u64 },
    /// Different: an error at this row.
    Refused { row: Box<FileRow>, of: u64, unlike: Option<&'static str> },
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
    match (how, kept.unlike(&row)) {
        (Duplicates::Error, _) => return Repeat::Refused { row: Box::new(row), of, unlike: None },
        (Duplicates::Highest, Some(unlike)) => {
            return Repeat::Refused { row: Box::new(row), of, unlike: Some(unlike) };
        }
        (Duplicates::Last, _) => *kept = row,
        (Duplicates::Highest, None) => raise(kept, row),
    }
    Repeat::Resolved { byte, of }
}

/// Each price, first rate and fee becomes the higher of the two. Of rows that are alike in all else no call is cheaper
/// than by either.
fn raise(kept: &mut FileRow, mut other: FileRow) {
    for kind in PriceKind::ALL {
        if kind != PriceKind::First {
            let price = price_mut(&mut kept.row.prices, kind);
            *price = dearer(*price, *price_mut(&mut other.row.prices, kind));
        }
    }
    let (ours, theirs) = (&mut kept.row, other.row);
    ours.first_rate_per_min = ours.first_rate_per_min.max(theirs.first_rate_per_min);
    ours.connect_fee = ours.connect_fee.max(theirs.connect_fee);
}

/// Blocked is dearer than any price, a price dearer than none.
fn dearer(one: Price, other: Price) -> Price {
    match (one, other) {
        (Price::Blocked, _) | (_, Price::Blocked) => Price::Blocked,
        (Price::PerMin(one), Price::PerMin(other)) => Price::PerMin(one.max(other)),
        (Price::Missing, price) | (price, Price::Missing) => price,
    }
}
