//! A provider's price list file into the rows of a deck (section 10 of the semantics).
//!
//! `read` recognises delimiter, header and number form by itself, and reads every row before it answers: either
//! all rows, or all that is wrong with them, each as file, line and column. It never guesses a price: a blank
//! cell, an ambiguous date and two different rows for one code are errors until the caller decides.
//!
//! It knows no provider, no deck version and no database; it does not look at what was imported before.

mod canonical;
mod cell;
mod code;
mod date;
mod fold;
mod header;
mod inherit;
mod locate;
mod options;
mod plain;
mod quoting;
mod reader;
mod records;
mod report;
mod row;
mod shared_terms;
mod terms;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_highest;
#[cfg(test)]
mod tests_inherit;
#[cfg(test)]
mod tests_refused;
#[cfg(test)]
mod tests_skip;
mod title;
mod whole;

use std::path::Path;

use rating_core::plan::{CicRow, DeckRow, OcnRow};

pub use canonical::{CANONICAL_HEADER, write_canonical, write_canonical_by_cic, write_canonical_by_ocn};
pub(crate) use code::carrier_text;
pub use options::{
    BadRows, Billing, BlankPrice, DateOrder, DecimalMark, Duplicates, PrefixForm, ReadOptions,
};
pub use report::{DeckError, DeckErrors, DeckWarning};
pub(crate) use shared_terms::SharedTerms;

/// A price list as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadDeck {
    /// The rows, by prefix, then start; no two have both in common.
    pub rows: Vec<DeckRow>,
    /// Of a list by OCN and LATA: its rows, by these, tier and start. Then `rows` is empty.
    pub ocn_rows: Vec<OcnRow>,
    /// Of a list by carrier: its rows, by carrier and start. Then `rows` is empty.
    pub cic_rows: Vec<CicRow>,
    /// Rows of the file, folded and skipped ones included, the header not.
    pub rows_in_file: u64,
    /// Price cells that were blank and did as told.
    pub blank_prices: u64,
    /// The currency that the file names, as in `Cost / Min (USD)` or in a column of its own.
    pub currency: Option<String>,
    /// What an operator should know, in the order of the file.
    pub warnings: Vec<DeckWarning>,
    /// With [`BadRows::Skip`]: what was wrong with the rows that were left out.
    pub skipped: Vec<DeckError>,
    /// With [`BadRows::Skip`]: the file's header and the rows that were left out, as they were written.
    pub skipped_rows: Vec<u8>,
}

impl ReadDeck {
    /// How many rows there are, of any kind.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.rows.len() + self.ocn_rows.len() + self.cic_rows.len()
    }
}

/// Reads a price list. `path` names the file in errors; nothing is opened.
///
/// # Errors
/// Every bad row of the file, in its order.
pub fn read(path: &Path, bytes: &[u8], options: &ReadOptions) -> Result<ReadDeck, DeckErrors> {
    read_with_progress(path, bytes, options, &mut |_| {})
}

/// As [`read`], and tells from time to time how many bytes are done.
///
/// # Errors
/// Every bad row of the file, in its order.
pub fn read_with_progress(
    path: &Path,
    bytes: &[u8],
    options: &ReadOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<ReadDeck, DeckErrors> {
    reader::read(path, bytes, options, progress)
}
