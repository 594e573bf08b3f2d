//! The records of a file, one after the other, each as its cells.
//!
//! Where quotes do no more than stand around a cell, cells are slices of the file itself. Others are taken apart by
//! the `csv` crate. Blank lines are no records.

use std::ops::Range;

/// A record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'c> {
    /// The byte at which the reader stood before it, at blank lines perhaps.
    pub at: u64,
    pub cells: &'c [&'c [u8]],
    /// From this cell on the cells are known to be those of the record before.
    pub same_from: usize,
}

/// What a record is handed to; `false` ends the reading.
pub trait See: FnMut(&Record<'_>) -> bool {}
impl<F: FnMut(&Record<'_>) -> bool> See for F {}

/// How a file is taken apart.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    pub delimiter: u8,
    /// Whether quotes stand around whole cells only, none inside ([`super::quoting`]).
    pub has_plain_quotes: bool,
    /// From this cell on a record is compared with the one before: in most rows of a list that is all the same.
    pub tail: usize,
}

/// Hands over every record.
pub fn each(text: &[u8], form: Form, see: impl See) {
    if form.has_plain_quotes { each_plain(text, form, see) } else { each_quoted(text, form, see) }
}

fn each_plain(text: &[u8], form: Form, mut see: impl See) {
    let mut walk = Walk { text, at: 0, delimiter: form.delimiter };
    let mut cells: Vec<&[u8]> = Vec::new();
    let mut tail = Tail::default();
    loop {
        let at = count(walk.at);
        walk.skip_blank_lines();
        if walk.at >= text.len() {
            return;
        }
        cells.clear();
        let mut same_from = usize::MAX;
        let (mut more, mut tail_start) = (true, None);
        while more {
            if cells.len() == form.tail {
                if walk.skip(tail.text) {
                    cells.extend_from_slice(&tail.cells);
                    same_from = form.tail;
                    break;
                }
                tail_start = Some(walk.at);
            }
            more = walk.cell(&mut cells);
        }
        if let Some(start) = tail_start {
            tail.keep(text, start..walk.at, &cells[form.tail..]);
        }
        if !see(&Record { at, cells: &cells, same_from }) {
            return;
        }
    }
}

/// The last cells of the record before.
#[derive(Default)]
struct Tail<'a> {
    /// As written, with the line end behind them: nothing can follow. Nothing if there is no such record.
    text: &'a [u8],
    cells: Vec<&'a [u8]>,
}

impl<'a> Tail<'a> {
    /// Keeps the cells that stand at a place, if a line end follows them and they have none inside.
    fn keep(&mut self, text: &'a [u8], place: Range<usize>, cells: &[&'a [u8]]) {
        let is_one_line = !text[place.clone()].contains(&b'"');
        self.text = text.get(place.start..=place.end).filter(|_| is_one_line).unwrap_or_default();
        self.cells.clear();
        self.cells.extend_from_slice(cells);
    }
}

fn each_quoted(text: &[u8], form: Form, mut see: impl See) {
    let mut csv = reader(text, form.delimiter);
    let mut record = csv::ByteRecord::new();
    loop {
        let at = csv.position().byte();
        // Reading from memory without a fixed count of cells cannot fail.
        if !csv.read_byte_record(&mut record).unwrap_or(false) {
            return;
        }
        let cells: Vec<&[u8]> = record.iter().collect();
        if !see(&Record { at, cells: &cells, same_from: usize::MAX }) {
            return;
        }
    }
}

/// The `csv` crate's reader, for files as they are here.
pub fn reader(text: &[u8], delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(1 << 16)
        .from_reader(text)
}

struct Walk<'a> {
    text: &'a [u8],
    at: usize,
    delimiter: u8,
}

impl<'a> Walk<'a> {
    fn skip_blank_lines(&mut self) {
        while let Some(b'\n' | b'\r') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    /// Over a text and the line end that it ends with, if it is there; not over none.
    fn skip(&mut self, text: &[u8]) -> bool {
        let is_there = !text.is_empty() && self.text[self.at..].starts_with(text);
        if is_there {
            // The line end is left, as behind any other record.
            self.at += text.len() - 1;
        }
        is_there
    }

    /// Takes one cell; whether another one of this record follows.
    fn cell(&mut self, cells: &mut Vec<&'a [u8]>) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let (cell, len) = match rest.split_first() {
            Some((b'"', inside)) => quoted(inside),
            _ => {
                let len = self.len(rest);
                (&rest[..len], len)
            }
        };
        cells.push(cell);
        self.at += len;
        let more = self.text.get(self.at) == Some(&self.delimiter);
        self.at += usize::from(more);
        more
    }

    /// How far it is to what ends a cell. Eight bytes at a time: cells are short, and no two are of one length, so that
    /// a branch for each byte is guessed wrong at the end of each cell.
    fn len(&self, rest: &[u8]) -> usize {
        let (words, _) = rest.as_chunks::<8>();
        for (at, word) in words.iter().enumerate() {
            let word = u64::from_le_bytes(*word);
            let ends = zeros(word ^ repeat(self.delimiter))
                | zeros(word ^ repeat(b'\n'))
                | zeros(word ^ repeat(b'\r'));
            if ends != 0 {
                return at * 8 + ends.trailing_zeros() as usize / 8;
            }
        }
        let tail = words.len() * 8;
        let ends = |byte: &u8| *byte == self.delimiter || matches!(byte, b'\n' | b'\r');
        tail + rest[tail..].iter().position(ends).unwrap_or(rest.len() - tail)
    }
}

/// A cell whose first quote is taken: what is inside, and its length with both quotes.
fn quoted(inside: &[u8]) -> (&[u8], usize) {
    let len = inside.iter().position(|byte| *byte == b'"').unwrap_or(inside.len());
    (&inside[..len], len + 2)
}

/// Eight times a byte.
fn repeat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The top bit of the lowest byte that is zero, and perhaps of others above it; 0 if none is.
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(repeat(1)) & !word & repeat(0x80)
}

fn count(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{locate, quoting};
    use super::*;

    type Seen = Vec<(usize, Vec<Vec<u8>>)>;

    /// The records, each with the byte at which it begins.
    fn seen(text: &[u8], is_plain: bool) -> Seen {
        let mut seen = Seen::new();
        let form = Form { delimiter: b',', has_plain_quotes: is_plain, tail: 1 };
        each(text, form, |record| {
            let cells = record.cells.iter().map(|cell| cell.to_vec()).collect();
            seen.push((locate::start(text, record.at), cells));
            true
        });
        seen
    }

    #[test]
    fn records_are_lines_of_cells() {
        let cells =
            |start: usize, cells: &[&str]| (start, cells.iter().map(|c| c.as_bytes().to_vec()).collect());
        let text = b"\n\na,b\r\n,\n\"c,\n\",d\re";
        let expected: Seen =
            vec![cells(2, &["a", "b"]), cells(7, &["", ""]), cells(9, &["c,\n", "d"]), cells(17, &["e"])];
        assert_eq!(seen(text, true), expected);
        assert_eq!(seen(text, false), expected);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
        #[test]
        fn slices_are_what_the_csv_crate_makes_of_the_file(text in "([ab,\"\r\n -]|[a-z\u{0b}\u{0c}\u{8d}]{4,12}){0,30}") {
            let quotes = quoting::check(text.as_bytes(), b',');
            if quotes.errors.is_empty() && quotes.are_plain {
                prop_assert_eq!(seen(text.as_bytes(), true), seen(text.as_bytes(), false));
            }
        }
    }
}
