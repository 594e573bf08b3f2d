//! Lists of ported numbers as they are delivered: `number,lrn` or `number,lrn,spid`, a number a line.
//!
//! A hundred million lines are read in one pass, and every bad one is told by line and column. What is kept of a line
//! is one word; words are sorted, and a number that stands there twice is found then.
//!
//! It writes no file: that is `number_portability::ported::write`.

mod line;
mod twice;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use number_portability::ported::{NanpNumber, Spid};

use self::line::{Columns, Row};
pub use self::twice::Duplicates;
use crate::plan::Problem;

/// A list is read as it is told here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What a number means that has two LRNs or SPIDs.
    pub duplicates: Duplicates,
    /// Whether bad rows are left out and kept, in place of refusing all.
    pub skip_bad: bool,
}

/// Most bad rows that are told one by one; of the others how many there are.
pub const TOLD_MAX: usize = 1000;

/// What was read.
#[derive(Debug, Default)]
pub struct Read {
    /// LRNs and SPIDs, each pair once.
    pub lrns: Vec<(NanpNumber, Spid)>,
    /// Numbers in ascending order, each with the place of its LRN.
    pub numbers: Vec<Ported>,
    /// Rows, headers apart.
    pub rows: u64,
    /// Numbers that are their own LRN, by the row that counts: they were not ported, and are left out.
    pub not_ported: u64,
    /// Rows that say again what another has said.
    pub folded: u64,
    /// Numbers with rows that differ, of which the last counts.
    pub replaced: u64,
    /// What is wrong; the first [`TOLD_MAX`].
    pub problems: Vec<Problem>,
    /// How many rows are wrong.
    pub bad_rows: u64,
    /// The bad rows as they stand, where they are kept.
    pub skipped: Vec<u8>,
}

/// A number and the place of its LRN, in one word that sorts by the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ported(u64);

/// Bits of the place of an LRN: 34 are needed for ten digits.
const LRN_BITS: u32 = 30;

/// In place of an LRN: the number was not ported. A row that says so may differ from one before it, so it is kept until
/// rows that differ are found.
const NOT_PORTED: u32 = (1 << LRN_BITS) - 1;

impl Ported {
    fn new(number: NanpNumber, lrn: u32) -> Ported {
        Ported(number.value() << LRN_BITS | u64::from(lrn))
    }

    fn is_not_ported(self) -> bool {
        self.lrn() == NOT_PORTED
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> NanpNumber {
        NanpNumber::from_value(self.0 >> LRN_BITS).expect("made of a number")
    }

    /// The place of its LRN.
    #[must_use]
    pub fn lrn(self) -> u32 {
        (self.0 & ((1 << LRN_BITS) - 1)) as u32
    }
}

/// Reads lists, one behind the other, as one. `progress` is told the bytes read, now and then.
///
/// What is wrong with rows is in the result, also where two rows differ; an error is of the file.
///
/// # Errors
/// A file that cannot be read.
pub fn read(files: &[PathBuf], options: Options, progress: &mut dyn FnMut(u64)) -> anyhow::Result<Read> {
    let mut read = Read::default();
    let mut lrns = line::Lrns::default();
    let mut done = 0;
    each_row(files, &mut |place, row| {
        if place.line.is_multiple_of(1 << 16) {
            progress(done + place.byte);
        }
        done += if place.is_last { place.byte } else { 0 };
        read.rows += 1;
        match row {
            Ok(row) if row.is_not_ported() => read.numbers.push(Ported::new(row.number, NOT_PORTED)),
            Ok(Row { number, lrn, spid }) => read.numbers.push(Ported::new(number, lrns.place(lrn, spid))),
            Err(wrong) => read.refuse(wrong.problem(place), place.text, options.skip_bad),
        }
    })?;
    read.lrns = lrns.into_table();
    read.numbers.sort_unstable();
    let before = read.numbers.len();
    read.numbers.dedup();
    read.folded = (before - read.numbers.len()) as u64;
    twice::resolve(&mut read, files, options.duplicates)?;
    let before = read.numbers.len();
    read.numbers.retain(|ported| !ported.is_not_ported());
    read.not_ported = (before - read.numbers.len()) as u64;
    Ok(read)
}

impl Read {
    fn refuse(&mut self, problem: Problem, row: &[u8], is_kept: bool) {
        self.bad_rows += 1;
        if self.problems.len() < TOLD_MAX {
            self.problems.push(problem);
        }
        if is_kept {
            self.skipped.extend(row);
            self.skipped.push(b'\n');
        }
    }
}

/// Where a row stands.
struct Place<'a> {
    file: &'a Path,
    /// From 1.
    line: u64,
    /// Bytes of this file up to its end.
    byte: u64,
    /// Whether it is the file's last.
    is_last: bool,
    /// The row itself, as it stands.
    text: &'a [u8],
}

/// Hands every row of every file to `take`; empty lines and a header are none.
fn each_row(
    files: &[PathBuf],
    take: &mut dyn FnMut(&Place<'_>, Result<Row, line::Wrong>),
) -> anyhow::Result<()> {
    use anyhow::Context as _;
    for file in files {
        let cannot = || format!("{} cannot be read", file.display());
        let mut lines = BufReader::with_capacity(1 << 20, File::open(file).with_context(cannot)?);
        let (mut text, mut line, mut byte) = (Vec::new(), 0, 0);
        let mut columns = Columns::default();
        loop {
            text.clear();
            let len = lines.read_until(b'\n', &mut text).with_context(cannot)?;
            if len == 0 {
                break;
            }
            (line, byte) = (line + 1, byte + len as u64);
            let is_last = lines.fill_buf().with_context(cannot)?.is_empty();
            // A tab at its beginning is the end of an empty cell: blanks are taken off cells.
            let row = text.strip_suffix(b"\n").unwrap_or(&text);
            let row = row.strip_suffix(b"\r").unwrap_or(row);
            let row = if line == 1 { row.strip_prefix(b"\xef\xbb\xbf").unwrap_or(row) } else { row };
            if row.trim_ascii().is_empty() || (line == 1 && columns.take_first(row)) {
                continue;
            }
            take(&Place { file, line, byte, is_last, text: row }, columns.read(row));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
