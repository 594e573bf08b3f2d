//! Where a cell stands in the file: line and column, also behind quoted line ends.
//!
//! Only errors need it, so that rows need not remember where their cells are.

use std::ops::Range;

/// A place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: u64,
    /// In characters, from 1.
    pub column: u64,
}

/// Walks the bytes of one record.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    delimiter: u8,
    place: Place,
}

impl<'a> Walk<'a> {
    /// `from` is where the reader stood before the record: blank lines may come first.
    fn new(bytes: &'a [u8], from: u64, line: u64, delimiter: u8) -> Walk<'a> {
        let at = usize::try_from(from).unwrap_or(bytes.len()).min(bytes.len());
        let mut walk = Walk { bytes, at, delimiter, place: Place { line, column: 1 } };
        while matches!(walk.bytes.get(walk.at), Some(b'\n' | b'\r')) {
            walk.step();
        }
        walk.place.column = 1;
        walk
    }

    fn step(&mut self) {
        match self.bytes.get(self.at) {
            Some(b'\n') => self.place = Place { line: self.place.line + 1, column: 1 },
            // Bytes that continue a character of UTF-8 take no column.
            Some(byte) if byte & 0xc0 != 0x80 => self.place.column += 1,
            _ => {}
        }
        self.at += 1;
    }

    /// Over one cell, up to the delimiter or the end of the record.
    fn skip_cell(&mut self) {
        let mut quoted = self.bytes.get(self.at) == Some(&b'"');
        if quoted {
            self.step();
        }
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte == b'"' && quoted {
                // Two of them stand for one; one ends the quotes.
                if self.bytes.get(self.at + 1) == Some(&b'"') {
                    self.step();
                } else {
                    quoted = false;
                }
            } else if !quoted && (byte == self.delimiter || matches!(byte, b'\n' | b'\r')) {
                return;
            }
            self.step();
        }
    }

    /// Over the delimiter; whether there was one.
    fn next_cell(&mut self) -> bool {
        let more = self.bytes.get(self.at) == Some(&self.delimiter);
        if more {
            self.step();
        }
        more
    }
}

/// The place of a record's cell; of its first, if it has fewer.
pub fn cell(bytes: &[u8], from: u64, line: u64, delimiter: u8, index: usize) -> Place {
    let mut walk = Walk::new(bytes, from, line, delimiter);
    let first = walk.place;
    for _ in 0..index {
        walk.skip_cell();
        if !walk.next_cell() {
            return first;
        }
    }
    walk.place
}

/// The bytes of a record, without its line end.
pub fn record(bytes: &[u8], from: u64, delimiter: u8) -> Range<usize> {
    let mut walk = Walk::new(bytes, from, 1, delimiter);
    let start = walk.at;
    walk.skip_cell();
    while walk.next_cell() {
        walk.skip_cell();
    }
    start..walk.at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, index: usize) -> (u64, u64) {
        let place = cell(text.as_bytes(), 0, 7, b',', index);
        (place.line, place.column)
    }

    #[test]
    fn cells_are_found_behind_quotes_and_line_ends() {
        assert_eq!(at("a,bc,d\nx", 2), (7, 6));
        assert_eq!(at("\"a,\"\"b\",c", 1), (7, 9));
        assert_eq!(at("\"a\nbc\",d,e", 1), (8, 5));
        assert_eq!(at("\r\n\na,b", 1), (9, 3), "blank lines before the record");
        assert_eq!(at("é,b", 1), (7, 3), "columns are characters");
        assert_eq!(at("a,b", 5), (7, 1));
        assert_eq!(at("a,,", 2), (7, 4));
        assert_eq!(record(b"\na,\"b\nc\",d\r\ne", 0, b','), 1..10);
    }
}
