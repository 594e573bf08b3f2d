//! Rows of one code and one start into one (10.3).

use rating_core::number::Digits;
use rating_core::plan::{DeckRow, Price, RowTerms, UtcSec};

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
    pub standing: Standing,
}

/// What is known of a row of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Good,
    /// It has an error of its own, or for another row's sake. It stays among the others for its code, so that no row
    /// holds, and no price is inherited, in its stead.
    Bad,
    /// Another row of its key holds for it.
    Folded,
}

impl FileRow {
    /// Code and start; a row without a date starts with its version.
    fn key(&self, version_start: Option<UtcSec>) -> (Digits, Code, Option<UtcSec>) {
        (self.row.prefix, self.code, self.row.terms.starts.or(version_start))
    }

    pub fn is_bad(&self) -> bool {
        self.standing == Standing::Bad
    }

    /// Whether two rows of one key have the same terms. What is bad has none.
    fn says_the_same(&self, other: &FileRow) -> bool {
        // The key has compared the starts: one may be written, the other the version's.
        let other_row = other.row.clone().with(|terms| terms.starts = self.row.terms.starts);
        self.row == other_row && self.inherits == other.inherits && !self.is_bad() && !other.is_bad()
    }

    /// What differs between two rows of one key so that no row of simple terms is as dear as either for every call;
    /// nothing where each price and fee of the joined row can be the higher of the two.
    ///
    /// Of 30/6 and 6/60 either is dearer for some calls, and 30/60 bills 67 s as 90 s where 6/60 bills 126 s. A first
    /// rate, or a price by state, takes the place of the price that the row without it asks, and may be lower. A
    /// code that ends leaves its calls to a shorter one.
    fn unlike(&self, other: &FileRow) -> Option<&'static str> {
        let (one, two) = (&self.row.terms, &other.row.terms);
        let has_first = |terms: &RowTerms| terms.first_rate_per_min.is_some();
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

/// What became of a row of a code and start that several rows have. Rows are named by the byte at which they begin.
pub enum Repeat {
    /// Identical to another.
    Folded { byte: u64, of: u64 },
    /// Different, and one of them holds as told.
    Resolved { byte: u64, of: u64 },
    /// Different: an error at this row.
    Refused { prefix: Digits, code: Code, byte: u64, of: u64, why: Conflict },
}

/// Why a row is refused beside another of its code and start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// Its terms differ.
    Terms,
    /// This differs, so that the two cannot be joined.
    Unlike(&'static str),
    /// The other is bad: which of them holds is not known.
    Bad,
}

/// Sorts rows by prefix, then start, and leaves one good row of each, or those that are bad.
pub fn fold(
    mut rows: Vec<FileRow>,
    how: Duplicates,
    version_start: Option<UtcSec>,
) -> (Vec<FileRow>, Vec<Repeat>) {
    let key = |row: &FileRow| row.key(version_start);
    // Stable: rows of one key stay in the order of the file.
    rows.sort_by_key(key);
    let mut repeats = Vec::new();
    for group in rows.chunk_by_mut(|one, other| key(one) == key(other)).filter(|group| group.len() > 1) {
        match (odd_one(group, how), how) {
            (Some(odd), _) => refuse(group, odd, how, &mut repeats),
            (None, Duplicates::Last) => take_last(group, &mut repeats),
            (None, Duplicates::Error | Duplicates::Highest) => join(group, &mut repeats),
        }
    }
    rows.retain(|row| row.standing != Standing::Folded);
    (rows, repeats)
}

/// The last of the rows holds, which is good.
fn take_last(group: &mut [FileRow], repeats: &mut Vec<Repeat>) {
    let mut holds = 0;
    for at in 1..group.len() {
        let (byte, of) = (group[at].byte, group[holds].byte);
        if group[holds].says_the_same(&group[at]) {
            group[at].standing = Standing::Folded;
            repeats.push(Repeat::Folded { byte, of });
        } else {
            group[holds].standing = Standing::Folded;
            holds = at;
            repeats.push(Repeat::Resolved { byte, of });
        }
    }
}

/// Why two rows of one key cannot be one, if they cannot. Rows that can be one with a third can be one.
fn conflict(one: &FileRow, other: &FileRow, how: Duplicates) -> Option<Conflict> {
    match how {
        _ if one.says_the_same(other) => None,
        _ if one.is_bad() || other.is_bad() => Some(Conflict::Bad),
        Duplicates::Highest => one.unlike(other).map(Conflict::Unlike),
        Duplicates::Error | Duplicates::Last => Some(Conflict::Terms),
    }
}

/// The row for which no row of the group holds, if there is one: told the last, that if it is bad; else the first that
/// cannot be one with the first of all.
fn odd_one(group: &[FileRow], how: Duplicates) -> Option<usize> {
    match how {
        Duplicates::Last => Some(group.len() - 1).filter(|&last| group[last].is_bad()),
        _ => (1..group.len()).find(|&at| conflict(&group[0], &group[at], how).is_some()),
    }
}

/// Makes every row bad: none is known to be the right one. Each names a bad row if there is one; else those that go
/// with the first name the odd one, others the first. A row that was bad before has been told of.
fn refuse(group: &mut [FileRow], odd: usize, how: Duplicates, repeats: &mut Vec<Repeat>) {
    let bad = group.iter().rposition(FileRow::is_bad);
    let found: Vec<Option<Repeat>> = (0..group.len())
        .map(|at| {
            let row = &group[at];
            let goes_with_first = at == 0 || conflict(&group[0], row, how).is_none();
            let other = bad.unwrap_or(if goes_with_first { odd } else { 0 });
            let why = conflict(row, &group[other], how).filter(|_| !row.is_bad())?;
            let &FileRow { code, byte, .. } = row;
            Some(Repeat::Refused { prefix: row.row.prefix, code, byte, of: group[other].byte, why })
        })
        .collect();
    repeats.extend(found.into_iter().flatten());
    group.iter_mut().for_each(|row| row.standing = Standing::Bad);
}

/// Makes one row of all.
fn join(group: &mut [FileRow], repeats: &mut Vec<Repeat>) {
    let Some((kept, others)) = group.split_first_mut() else { return };
    for row in others {
        let (byte, of) = (row.byte, kept.byte);
        if kept.says_the_same(row) {
            repeats.push(Repeat::Folded { byte, of });
        } else {
            raise(kept, row);
            repeats.push(Repeat::Resolved { byte, of });
        }
        row.standing = Standing::Folded;
    }
}

/// Each price, first rate and fee becomes the higher of the two. Of rows that are alike in all else no call is cheaper
/// than by either.
fn raise(kept: &mut FileRow, other: &mut FileRow) {
    for kind in PriceKind::ALL {
        if kind != PriceKind::First {
            let price = price_mut(&mut kept.row.prices, kind);
            *price = dearer(*price, *price_mut(&mut other.row.prices, kind));
        }
    }
    let (ours, theirs) = (kept.row.terms_mut(), &other.row.terms);
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
