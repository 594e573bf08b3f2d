//! What only the whole file shows: no rows, codes of an unsure form, codes without their country code, decimal commas taken
//! for delimiters. Each of these refuses the file also where bad rows are skipped, for no single row is to blame.
//!
//! And what is only warned of: days without a price between two rows of a code.

use rating_core::plan::{DeckRow, UtcSec};

use super::DeckWarning;
use super::header::{Layout, Role};
use super::options::PrefixForm;
use super::records::Record;
use crate::snapshot_file::rfc3339;

/// What is expected of codes that can be read in two ways.
pub const FORM_EXPECTED: &str = "to be told how codes are written (prefixes e164 or nanp): in a list with prices by state, \
     codes of 3, 6, 7 or 10 digits may lack the 1";

/// What is expected where decimal commas seem to be delimiters.
pub const COMMA_EXPECTED: &str = "prices in quotes or another delimiter: the column behind holds digits only, as if decimal commas \
     were delimiters (or to be told the decimal mark: point)";

/// What is expected of codes that seem to lack their country code.
pub const SPLIT_EXPECTED: &str = "codes with their country code in front, in one column: of most rows the country code is in a \
     column of its own alone (where all codes are whole, remove that column)";

/// Codes that have no price for a moment, because one of their rows ends within a day before the next one starts: lists
/// often mean that day, or its last second, with their end, and here it is the instant from which a row no longer holds.
pub fn gaps(rows: &[DeckRow]) -> Option<DeckWarning> {
    const DAY_SEC: UtcSec = 86_400;
    let is_gap = |pair: &&[DeckRow]| {
        let (Some(ends), Some(starts)) = (pair[0].terms.ends, pair[1].terms.starts) else { return false };
        pair[0].prefix == pair[1].prefix && (1..=DAY_SEC).contains(&starts.saturating_sub(ends))
    };
    let mut gaps = rows.windows(2).filter(is_gap);
    let first = gaps.next()?;
    let (code, count) = (first[0].prefix, gaps.count() + 1);
    let (ends, starts) = (rfc3339(first[0].terms.ends?), rfc3339(first[1].terms.starts?));
    let message = format!(
        "rows that end up to a day before the next of their code: {count}; {code} for one has no price from {ends} until \
         {starts} (an end is the instant from which a row no longer holds)"
    );
    Some(DeckWarning { line: 1, message })
}

/// Watches whether codes begin with the country codes that stand beside them: `93` and `70` is Afghanistan, and read as
/// `70` Russia. Few whole codes begin otherwise, of a country with several; of codes without it nearly all do.
#[derive(Debug)]
pub struct SplitCodes {
    /// The columns of the country code and of the code.
    columns: Option<(usize, usize)>,
    /// Rows whose code begins with it, and rows whose code does not.
    whole: u64,
    split: u64,
    /// The first of these, and where the reader stood.
    first: Option<(Vec<u8>, u64)>,
}

impl SplitCodes {
    /// A list of NANP codes has them without the 1 as it likes.
    pub fn new(layout: &Layout, told: Option<PrefixForm>) -> SplitCodes {
        let column = |role: Role| layout.roles.iter().position(|other| *other == role);
        let is_nanp = layout.prefixes.or(told) == Some(PrefixForm::Nanp);
        let columns = column(Role::CountryCode).zip(column(Role::Prefix)).filter(|_| !is_nanp);
        SplitCodes { columns, whole: 0, split: 0, first: None }
    }

    /// Looks at a record.
    pub fn see(&mut self, record: &Record<'_>) {
        let Some((country, code)) = self.columns else { return };
        let cell = |index: usize| record.cells.get(index).copied().unwrap_or_default().trim_ascii();
        let (country, code) = (cell(country), cell(code));
        let country = country.strip_prefix(b"+").unwrap_or(country);
        // Letters name the country. Codes of country code 1 may be meant without it.
        let is_code = !country.is_empty() && country.iter().all(u8::is_ascii_digit);
        if !is_code || country == b"1" || code.is_empty() {
            return;
        }
        let forms = [&b""[..], b"+", b"00", b"011"];
        if forms.iter().any(|form| code.strip_prefix(*form).is_some_and(|rest| rest.starts_with(country))) {
            self.whole += 1;
        } else {
            self.split += 1;
            self.first.get_or_insert_with(|| (code.to_vec(), record.at));
        }
    }

    /// The column of codes, the first code and its row, where most codes lack their country code.
    pub fn found(&self) -> Option<(usize, &[u8], u64)> {
        let ((_, column), (code, at)) = (self.columns?, self.first.as_ref()?);
        (self.split > self.whole).then_some((column, code, *at))
    }
}

/// Watches prices that may have been cut at their decimal comma: whole numbers, with nothing but digits in the
/// column behind, which nobody reads.
#[derive(Debug)]
pub struct CutPrices {
    columns: Vec<Watched>,
}

#[derive(Debug)]
struct Watched {
    index: usize,
    /// The first row in which it looks cut: where the reader stood.
    first: Option<u64>,
    cleared: bool,
}

impl CutPrices {
    pub fn new(layout: &Layout, mark_is_told: bool) -> CutPrices {
        let is_money = |role: &Role| matches!(role, Role::Price(_) | Role::ConnectFee);
        let watched = |index: usize| {
            let behind = layout.roles.get(index + 1);
            layout.roles.get(index).is_some_and(is_money) && behind == Some(&Role::Ignored)
        };
        let may_be = layout.delimiter == b',' && !mark_is_told;
        let indexes = (0..layout.roles.len()).filter(|&index| may_be && watched(index));
        CutPrices { columns: indexes.map(|index| Watched { index, first: None, cleared: false }).collect() }
    }

    /// Looks at a record.
    pub fn see(&mut self, record: &Record<'_>) {
        for column in self.columns.iter_mut().filter(|column| !column.cleared) {
            let cell = |index: usize| record.cells.get(index).copied().unwrap_or_default().trim_ascii();
            let (price, behind) = (cell(column.index), cell(column.index + 1));
            let digits = |cell: &[u8]| cell.iter().all(u8::is_ascii_digit);
            let blocked = price.eq_ignore_ascii_case(b"blocked");
            if !(digits(behind) && (digits(price) || blocked)) {
                column.cleared = true;
            } else if !price.is_empty() && !blocked && !behind.is_empty() {
                column.first = column.first.or(Some(record.at));
            }
        }
    }

    /// Columns whose prices look cut, with their first row.
    pub fn found(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        let cut = self.columns.iter().filter(|column| !column.cleared);
        cut.filter_map(|column| column.first.map(|at| (column.index, at)))
    }
}
