//! Where a cell stands in the file: line and column, also behind quoted line ends.
//!
//! Only errors need it, so that rows need not remember where their cells are, only where they begin.

use std::ops::Range;

/// A place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: u64,
    /// In characters, from 1.
    pub column: u64,
}

/// Where each line of a file begins. Found once, so that many errors take no longer each than one.
#[derive(Debug)]
pub struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub fn of(bytes: &[u8]) -> Lines {
        let ends = (0..bytes.len()).filter(|&at| ends_line(bytes, at));
        Lines { starts: std::iter::once(0).chain(ends.map(|end| end + 1)).collect() }
    }

    /// The line in which a byte stands, from 1.
    pub fn line(&self, at: u64) -> u64 {
        count(self.starts.partition_point(|&start| count(start) <= at))
    }

    /// The place of a byte.
    pub fn place(&self, bytes: &[u8], at: usize) -> Place {
        let line = self.starts.partition_point(|&start| start <= at);
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or(0);
        // Bytes that continue a character of UTF-8 take no column.
        let before = bytes[start..at].iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        Place { line: count(line), column: count(before) + 1 }
    }
}

/// Whether a line ends with the byte at a place: LF, or CR without LF.
pub fn ends_line(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at) {
        Some(b'\n') => true,
        Some(b'\r') => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    }
}

/// Where a record begins: behind the blank lines at which the reader stood.
pub fn start(bytes: &[u8], from: u64) -> usize {
    let from = usize::try_from(from).unwrap_or(bytes.len()).min(bytes.len());
    from + bytes[from..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count()
}

/// Walks the bytes of one record.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    delimiter: u8,
}

impl<'a> Walk<'a> {
    /// `from` is where the reader stood before the record: blank lines may come first.
    fn new(bytes: &'a [u8], from: u64, delimiter: u8) -> Walk<'a> {
        Walk { bytes, at: start(bytes, from), delimiter }
    }

    /// Over one cell, up to the delimiter or the end of the record.
    fn skip_cell(&mut self) {
        let mut quoted = self.bytes.get(self.at) == Some(&b'"');
        self.at += usize::from(quoted);
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte == b'"' && quoted {
                // Two of them stand for one; one ends the quotes.
                if self.bytes.get(self.at + 1) == Some(&b'"') {
                    self.at += 1;
                } else {
                    quoted = false;
                }
            } else if !quoted && (byte == self.delimiter || matches!(byte, b'\n' | b'\r')) {
                return;
            }
            self.at += 1;
        }
    }

    /// Over the delimiter; whether there was one.
    fn next_cell(&mut self) -> bool {
        let more = self.bytes.get(self.at) == Some(&self.delimiter);
        self.at += usize::from(more);
        more
    }
}

/// Where a record's cell begins; its first, if it has fewer.
pub fn cell(bytes: &[u8], from: u64, delimiter: u8, index: usize) -> usize {
    let mut walk = Walk::new(bytes, from, delimiter);
    let first = walk.at;
    for _ in 0..index {
        walk.skip_cell();
        if !walk.next_cell() {
            return first;
        }
    }
    walk.at
}

/// The bytes of a record, without its line end.
pub fn record(bytes: &[u8], from: u64, delimiter: u8) -> Range<usize> {
    let mut walk = Walk::new(bytes, from, delimiter);
    let start = walk.at;
    walk.skip_cell();
    while walk.next_cell() {
        walk.skip_cell();
    }
    start..walk.at
}

fn count(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, index: usize) -> (u64, u64) {
        let bytes = text.as_bytes();
        let place = Lines::of(bytes).place(bytes, cell(bytes, 0, b',', index));
        (place.line, place.column)
    }

    #[test]
    fn cells_are_found_behind_quotes_and_line_ends() {
        assert_eq!(at("a,bc,d\nx", 2), (1, 6));
        assert_eq!(at("\"a,\"\"b\",c", 1), (1, 9));
        assert_eq!(at("\"a\nbc\",d,e", 1), (2, 5));
        assert_eq!(at("\r\n\na,b", 1), (3, 3), "blank lines before the record");
        assert_eq!(at("\r\ra,b", 1), (3, 3), "lines that end with CR alone");
        assert_eq!(at("é,b", 1), (1, 3), "columns are characters");
        assert_eq!(at("a,b", 5), (1, 1));
        assert_eq!(at("a,,", 2), (1, 4));
        assert_eq!(record(b"\na,\"b\nc\",d\r\ne", 0, b','), 1..10);
    }

    #[test]
    fn lines_are_counted_from_1() {
        let lines = Lines::of(b"a\r\n\rb\n");
        let line = |at| lines.line(at);
        assert_eq!([line(0), line(1), line(2), line(3), line(4), line(5), line(6)], [1, 1, 1, 2, 3, 3, 4]);
    }
}
