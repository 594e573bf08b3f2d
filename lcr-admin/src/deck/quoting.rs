//! Quotes that do not match, looked for before a row is read.
//!
//! One quote too many hides every row up to the next one: read as it stands, those rows would be missing in
//! silence. So a quoted cell ends where the file says so: a closing quote, then a delimiter or a line end.

use super::locate;
use super::report::{DeckError, DeckWarning};

/// What was found about the quotes of a file.
#[derive(Debug)]
pub struct Quotes {
    /// Those that do not match.
    pub errors: Vec<DeckError>,
    /// Cells that go over several lines.
    pub warnings: Vec<DeckWarning>,
    /// Whether quotes stand around whole cells and do no more: none inside a cell, no blanks behind one.
    pub are_plain: bool,
}

/// Looks through a file.
pub fn check(text: &[u8], delimiter: u8) -> Quotes {
    let mut scan = Scan {
        text,
        delimiter,
        at: 0,
        line: 1,
        line_start: 0,
        found: Quotes { errors: Vec::new(), warnings: Vec::new(), are_plain: true },
    };
    if !text.contains(&b'"') {
        return scan.found;
    }
    while scan.at < text.len() {
        scan.cell();
        scan.step();
    }
    scan.found
}

struct Scan<'a> {
    text: &'a [u8],
    delimiter: u8,
    at: usize,
    line: u64,
    /// Where the line begins.
    line_start: usize,
    found: Quotes,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn step(&mut self) {
        if locate::ends_line(self.text, self.at) {
            self.line += 1;
            self.line_start = self.at + 1;
        }
        self.at += 1;
    }

    /// Over one cell, up to what ends it.
    fn cell(&mut self) {
        if self.peek() == Some(b'"') {
            self.quoted();
        }
        while self.peek().is_some_and(|byte| byte != self.delimiter && !matches!(byte, b'\n' | b'\r')) {
            self.step();
        }
    }

    /// Over a quoted cell, up to behind its closing quote.
    fn quoted(&mut self) {
        let (line, column) = (self.line, self.column());
        self.step();
        loop {
            match (self.peek(), self.text.get(self.at + 1)) {
                (None, _) => {
                    let found = "a quote that nothing closes".to_owned();
                    let expected = "a closing quote before the end of the file";
                    return self.error(line, column, found, expected);
                }
                (Some(b'"'), Some(b'"')) => {
                    self.found.are_plain = false;
                    self.step();
                }
                (Some(b'"'), _) => break,
                _ => {}
            }
            self.step();
        }
        self.step();
        let rest = &self.text[self.at..];
        let ends = |byte: &u8| *byte == self.delimiter || matches!(byte, b'\n' | b'\r');
        let behind = &rest[..rest.iter().position(ends).unwrap_or(rest.len())];
        self.found.are_plain &= behind.is_empty();
        if !behind.trim_ascii().is_empty() {
            let found = format!("text after the quote that closes in line {}", self.line);
            return self.error(
                line,
                column,
                found,
                "nothing between a closing quote and the end of its cell",
            );
        }
        if self.line > line {
            let message = format!("a quoted cell goes on to line {}", self.line);
            self.found.warnings.push(DeckWarning { line, message });
        }
    }

    /// Column of the byte, in characters from 1.
    fn column(&self) -> u64 {
        let before = &self.text[self.line_start..self.at];
        let characters = before.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        u64::try_from(characters).unwrap_or(u64::MAX - 1) + 1
    }

    fn error(&mut self, line: u64, column: u64, found: String, expected: &str) {
        let what = "quotes".into();
        self.found.errors.push(DeckError { line, column, what, found, expected: expected.into() });
    }
}
