//! What is wrong with a price list, and what is odd about it.

use std::fmt;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DeckError {
    /// Line of the file, from 1.
    pub line: u64,
    /// Column of the cell's first character in that line, from 1.
    pub column: u64,
    /// The cell: `field 5 (Rate)`; or what else is wrong: `row`, `header`.
    pub what: String,
    /// What stands there.
    pub found: String,
    /// What should stand there.
    pub expected: String,
}

impl fmt::Display for DeckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}: found {}, expected {}",
            self.line, self.column, self.what, self.found, self.expected
        )
    }
}

/// Everything that is wrong with a file, in its order.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DeckErrors {
    /// The file, as the caller named it.
    pub file: String,
    /// Never empty.
    pub errors: Vec<DeckError>,
}

impl fmt::Display for DeckErrors {
    /// One line for each: `deck.csv:583:30: field 5 (Rate): found nothing, expected a price`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            let end = if index + 1 == self.errors.len() { "" } else { "\n" };
            write!(f, "{}:{error}{end}", self.file)?;
        }
        Ok(())
    }
}

impl std::error::Error for DeckErrors {}

/// Something that was read, and that an operator should know.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DeckWarning {
    /// Line of the file, from 1.
    pub line: u64,
    /// A sentence without full stop.
    pub message: String,
}

impl fmt::Display for DeckWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.message)
    }
}
