//! One line of a list of ported numbers.

use std::collections::HashMap;

use number_portability::ported::{NanpNumber, Spid};
use rating_core::number;

use super::Place;
use crate::plan::Problem;

/// What a good line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub number: NanpNumber,
    pub lrn: NanpNumber,
    /// None where the number was not ported: who has it then is not looked up.
    pub spid: Spid,
}

impl Row {
    /// Whether it says that the number was not ported, or is not any more: it is its own LRN.
    pub fn is_not_ported(&self) -> bool {
        self.number == self.lrn
    }
}

/// What is wrong with a line.
#[derive(Debug)]
pub(super) struct Wrong {
    column: u64,
    found: String,
    expected: &'static str,
}

impl Wrong {
    pub fn problem(self, place: &Place<'_>) -> Problem {
        Problem {
            file: place.file.display().to_string().into(),
            line: place.line,
            column: self.column,
            found: self.found,
            expected: self.expected.to_owned(),
        }
    }
}

const NUMBER: &str = "a NANP number such as 7207081999";
const LRN: &str = "the number's LRN, such as 7205550000";
const SPID: &str = "a SPID of four letters or digits, or nothing";

/// How the cells of a file stand in its lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    delimiter: u8,
    number: usize,
    lrn: usize,
    spid: usize,
}

impl Default for Columns {
    fn default() -> Columns {
        Columns { delimiter: b',', number: 0, lrn: 1, spid: 2 }
    }
}

impl Columns {
    /// Learns from a file's first line how it is written; gives whether that is a header.
    pub fn take_first(&mut self, line: &[u8]) -> bool {
        // Not a tab that a line with commas is indented by.
        if let Some(delimiter) = line.trim_ascii().iter().find(|byte| b",;\t|".contains(byte)) {
            self.delimiter = *delimiter;
        }
        let names: Vec<String> =
            self.cells(line).map(|(_, cell)| String::from_utf8_lossy(cell).to_lowercase()).collect();
        let column = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
        let number = column(&["number", "tn", "telephone_number", "phone", "dnis", "did"]);
        let (Some(number), Some(lrn)) = (number, column(&["lrn", "dnis_lrn", "routing_number", "rn"])) else {
            return false;
        };
        let spid = column(&["spid", "sp_id", "service_provider"]).unwrap_or(usize::MAX);
        *self = Columns { number, lrn, spid, ..*self };
        true
    }

    pub fn read(&self, line: &[u8]) -> Result<Row, Wrong> {
        let (mut number, mut lrn, mut spid) = (None, None, None);
        for (nth, cell) in self.cells(line).enumerate() {
            match nth {
                nth if nth == self.number => number = Some(cell),
                nth if nth == self.lrn => lrn = Some(cell),
                nth if nth == self.spid => spid = Some(cell),
                _ => {}
            }
        }
        // What is missing is missing at the line's end.
        let end = (line.len() + 1, &b""[..]);
        let row = Row {
            number: nanp(number.unwrap_or(end), NUMBER)?,
            lrn: nanp(lrn.unwrap_or(end), LRN)?,
            spid: spid.map_or(Ok([0; 4]), read_spid)?,
        };
        Ok(if row.is_not_ported() { Row { spid: [0; 4], ..row } } else { row })
    }

    /// The cells, each with the column of its first character, without blanks and quotes.
    fn cells<'a>(&self, line: &'a [u8]) -> impl Iterator<Item = (usize, &'a [u8])> + use<'a> {
        let delimiter = self.delimiter;
        let mut column = 1;
        line.split(move |byte| *byte == delimiter).map(move |cell| {
            let at = column;
            column += cell.len() + 1;
            let cell = cell.trim_ascii();
            let quoted = cell.strip_prefix(b"\"").and_then(|cell| cell.strip_suffix(b"\""));
            (at, quoted.unwrap_or(cell))
        })
    }
}

fn nanp((column, cell): (usize, &[u8]), expected: &'static str) -> Result<NanpNumber, Wrong> {
    let number = number::normalise(cell).as_ref().and_then(NanpNumber::new);
    number.ok_or_else(|| wrong(column, cell, expected))
}

fn read_spid((column, cell): (usize, &[u8])) -> Result<Spid, Wrong> {
    match <Spid>::try_from(cell) {
        Ok(spid) if spid.iter().all(u8::is_ascii_alphanumeric) => {
            Ok(spid.map(|byte| byte.to_ascii_uppercase()))
        }
        _ if cell.is_empty() => Ok([0; 4]),
        _ => Err(wrong(column, cell, SPID)),
    }
}

fn wrong(column: usize, cell: &[u8], expected: &'static str) -> Wrong {
    let found = match cell {
        [] => "nothing".to_owned(),
        _ => format!("{:?}", String::from_utf8_lossy(cell.get(..40).unwrap_or(cell))),
    };
    Wrong { column: column as u64, found, expected }
}

/// LRNs with their SPIDs, each pair at its place.
#[derive(Default)]
pub(super) struct Lrns {
    places: HashMap<(NanpNumber, Spid), u32>,
    table: Vec<(NanpNumber, Spid)>,
}

impl Lrns {
    pub fn place(&mut self, lrn: NanpNumber, spid: Spid) -> u32 {
        *self.places.entry((lrn, spid)).or_insert_with(|| {
            self.table.push((lrn, spid));
            (self.table.len() - 1) as u32
        })
    }

    pub fn into_table(self) -> Vec<(NanpNumber, Spid)> {
        self.table
    }
}
