//! What only the whole file shows: no rows, codes of an unsure form, decimal commas taken for delimiters.
//!
//! Each of these refuses the file also where bad rows are skipped, for no single row is to blame.

use super::header::{Layout, Role};
use super::records::Record;

/// What is expected of codes that can be read in two ways.
pub const FORM_EXPECTED: &str = "to be told how codes are written (prefixes e164 or nanp): in a list with prices by state, \
     codes of 3, 6, 7 or 10 digits may lack the 1";

/// What is expected where decimal commas seem to be delimiters.
pub const COMMA_EXPECTED: &str = "prices in quotes or another delimiter: the column behind holds digits only, as if decimal commas \
     were delimiters (or to be told the decimal mark: point)";

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
