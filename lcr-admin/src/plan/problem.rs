//! What is wrong with a plan directory, and where.
//!
//! A mistake is never thrown: it is noted, a harmless value takes its place, and reading goes on, so that one
//! pass names them all.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// One mistake, or one thing worth a look.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The file, relative to the plan directory.
    #[serde(serialize_with = "as_text")]
    pub file: Arc<str>,
    /// Line, from 1; 0 where the file as a whole is meant.
    pub line: u64,
    /// Column in characters, from 1; 0 where the line as a whole is meant.
    pub column: u64,
    /// What is there.
    pub found: String,
    /// What should be.
    pub expected: String,
}

// One `Arc` is shared by all problems of a file; serde would need a feature to see through it.
fn as_text<S: serde::Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        write!(f, ": {}", self.found)?;
        if self.expected.is_empty() { Ok(()) } else { write!(f, "; expected {}", self.expected) }
    }
}

/// A plan directory that is no plan: every mistake, in the order of files and lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanErrors {
    /// What must be put right; never empty.
    pub errors: Vec<Problem>,
    /// What was also noticed.
    pub warnings: Vec<Problem>,
}

impl fmt::Display for PlanErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.errors {
            writeln!(f, "{problem}")?;
        }
        match self.errors.len() {
            1 => f.write_str("1 mistake in the plan directory"),
            count => write!(f, "{count} mistakes in the plan directory"),
        }
    }
}

impl std::error::Error for PlanErrors {}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub file: Arc<str>,
    pub line: u64,
    pub column: u64,
}

impl Place {
    /// The file as a whole.
    pub fn of_file(file: &str) -> Self {
        Self { file: file.into(), line: 0, column: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What was noted so far.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    errors: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Problem>>,
}

impl Problems {
    /// Notes a mistake.
    pub fn error(&self, at: &Place, found: impl Into<String>, expected: impl Into<String>) {
        self.errors.borrow_mut().push(problem(at, found.into(), expected.into()));
    }

    /// Notes something that may be meant.
    pub fn warning(&self, at: &Place, found: impl Into<String>) {
        self.warnings.borrow_mut().push(problem(at, found.into(), String::new()));
    }

    /// Gives the warnings, or everything if there is any mistake.
    pub fn finish(self) -> Result<Vec<Problem>, PlanErrors> {
        let (mut errors, mut warnings) = (self.errors.into_inner(), self.warnings.into_inner());
        errors.sort();
        errors.dedup();
        warnings.sort();
        warnings.dedup();
        if errors.is_empty() { Ok(warnings) } else { Err(PlanErrors { errors, warnings }) }
    }
}

fn problem(at: &Place, found: String, expected: String) -> Problem {
    Problem { file: at.file.clone(), line: at.line, column: at.column, found, expected }
}

/// A text file, and where its lines begin.
#[derive(Debug)]
pub(crate) struct Source {
    pub name: Arc<str>,
    pub text: String,
    line_starts: Vec<usize>,
}

impl Source {
    pub fn new(name: &str, text: String) -> Self {
        let ends = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(ends).collect();
        Self { name: name.into(), text, line_starts }
    }

    /// The line and column of a byte.
    pub fn place(&self, offset: usize) -> Place {
        let line = self.line_starts.partition_point(|&start| start <= offset);
        let start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        Place { file: self.name.clone(), line: line as u64, column: before.chars().count() as u64 + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::new("a.toml", "x = 1\nü = \"é\" # y\n".to_owned());
        let at = |offset| {
            let place = source.place(offset);
            (place.line, place.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(4), (1, 5));
        assert_eq!(at(6), (2, 1));
        // "ü" and "é" are two bytes each: the hash is at byte 16 and is the ninth character of its line.
        assert_eq!(source.text.as_bytes()[16], b'#');
        assert_eq!(at(16), (2, 9));
    }
}
