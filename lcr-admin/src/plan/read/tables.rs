//! `numbering.csv` and `local_calling.csv`: where numbers are, and who calls whom locally; and how CSV tables of a
//! plan are read.

use std::collections::HashMap;

use csv::{ReaderBuilder, StringRecord, Trim};
use rating_core::lerg::{self, npa};
use rating_core::number::Digits;
use rating_core::plan::{LocalPair, NumberBlock};

use super::Reader;
use super::fields::{Spanned, has_control};
use crate::plan::problem::{Place, Source};

pub(crate) const NUMBERING: &str = "numbering.csv";
pub(crate) const NUMBERING_HEADER: [&str; 9] =
    ["npa", "nxx", "block", "country", "state", "lata", "ocn", "rate_center", "tier"];
pub(crate) const LIST_HEADER: [&str; 1] = ["prefix"];
pub(crate) const LOCAL_CALLING: &str = "local_calling.csv";
pub(crate) const LOCAL_CALLING_HEADER: [&str; 4] = ["state_a", "rate_center_a", "state_b", "rate_center_b"];

/// A row of a table, and where it stands.
pub(super) struct Row<'a> {
    pub reader: &'a Reader,
    source: &'a Source,
    header: &'a [&'static str],
    record: &'a StringRecord,
    /// Where the reader stood before it.
    start: usize,
}

pub(crate) fn read_numbering(reader: &Reader) -> Vec<NumberBlock> {
    // Of each block its index, and where its row stands.
    let mut seen: HashMap<Digits, (usize, usize)> = HashMap::new();
    let mut blocks: Vec<NumberBlock> = Vec::new();
    // The tier may be left out, column and all.
    each_row_of(reader, NUMBERING, &NUMBERING_HEADER, 1, |row| {
        let Some(block) = number_block(row) else { return };
        let Some(&(first, start)) = seen.get(&block.prefix) else {
            seen.insert(block.prefix, (blocks.len(), row.start));
            blocks.push(block);
            return;
        };
        let found = format!("block {} is already at {}", block.prefix, row.place_from(start, 0));
        if blocks[first] == block {
            reader.problems.warning(&row.place(0), format!("{found}, and the same"));
        } else {
            reader.problems.error(&row.place(0), format!("{found}, and differs"), "each block once");
        }
    });
    blocks
}

fn number_block(row: &Row) -> Option<NumberBlock> {
    let block = row.cell(2);
    let npa = row.need(0, is_npa, "an area code, 200 to 999");
    let nxx = row.need(1, is_npa, "an exchange, 200 to 999");
    let thousands =
        row.need(2, |text| text.is_empty() || is_digits(text, 1), "a digit, or nothing for all ten");
    let country = row.need(3, |text| is_capitals(text, 2), "a country, two capitals (ISO 3166)");
    let state = row.need(4, |text| text.is_empty() || is_capitals(text, 2), "two capitals, or nothing");
    let lata = row.need(5, is_lata, "a LATA of at most 5 digits, or nothing");
    let ocn = row.need(6, is_ocn, "4 digits or capitals, or nothing");
    let rate_center = row.need(7, is_rate_center, "a rate centre of at most 63 bytes, or nothing");
    let tier = row.need(8, |text| text.is_empty() || is_tier(text), "a tier, 1 to 255, or nothing");
    if !(npa && nxx && thousands && country && state && lata && ocn && rate_center && tier) {
        return None;
    }
    warn_of_no_state(row);
    let mut prefix = row.cell(0).to_owned() + row.cell(1);
    prefix.push_str(block);
    Some(NumberBlock {
        prefix: Digits::new(prefix.as_bytes())?,
        country: row.cell(3).to_owned(),
        state: row.cell(4).to_owned(),
        lata: row.cell(5).parse().unwrap_or(0),
        ocn: row.cell(6).to_owned(),
        tier: row.cell(8).parse().unwrap_or(0),
        rate_center: row.cell(7).to_owned(),
    })
}

/// A block of the US in no state of it: its numbers are priced as indeterminate, and are premium (2.6, 3.4).
fn warn_of_no_state(row: &Row) {
    let pair = |index| row.cell(index).as_bytes().try_into().unwrap_or([0; 2]);
    let (written, own) = (lerg::Place::in_state(pair(3), pair(4)), pair(4));
    let area = npa::place(row.cell(0).parse().unwrap_or_default());
    if own != [0; 2] && area.is_us_state() && written.country == *b"US" && !written.is_us_state() {
        let found = format!(
            "state {:?} is none of the US: numbers of {}-{} are premium, and indeterminate",
            row.cell(4),
            row.cell(0),
            row.cell(1)
        );
        row.reader.problems.warning(&row.place(4), found);
    }
}

pub(crate) fn read_local_calling(reader: &Reader) -> Vec<LocalPair> {
    let mut pairs = Vec::new();
    each_row(reader, LOCAL_CALLING, &LOCAL_CALLING_HEADER, |row| {
        let state = "a state, two capitals";
        let center = "a rate centre of at most 63 bytes";
        let good = [
            row.need(0, |text| is_capitals(text, 2), state),
            row.need(1, |text| !text.is_empty() && is_rate_center(text), center),
            row.need(2, |text| is_capitals(text, 2), state),
            row.need(3, |text| !text.is_empty() && is_rate_center(text), center),
        ];
        if good == [true; 4] {
            pairs.push(LocalPair {
                state_a: row.cell(0).to_owned(),
                rate_center_a: row.cell(1).to_owned(),
                state_b: row.cell(2).to_owned(),
                rate_center_b: row.cell(3).to_owned(),
            });
        }
    });
    pairs
}

/// The entries of a list that a TOML file names, one a line below the header `prefix`.
pub(super) fn read_list(reader: &Reader, file: &Spanned<String>) -> Vec<Spanned<String>> {
    if !reader.dir.join(&file.value).is_file() {
        let found = format!("list {:?} is not there", file.value);
        reader.problems.error(&file.at, found, "a CSV file below the plan directory");
        return Vec::new();
    }
    let mut entries = Vec::new();
    each_row(reader, &file.value, &LIST_HEADER, |row| {
        entries.push(Spanned { value: row.cell(0).to_owned(), at: row.place(0) });
    });
    reader.lists.borrow_mut().push(file.value.clone());
    entries
}

/// Hands every row of a table to `read`, if the file is there and has the header.
pub(super) fn each_row(reader: &Reader, name: &str, header: &[&'static str], read: impl FnMut(&Row)) {
    each_row_of(reader, name, header, 0, read);
}

/// As [`each_row`]; the last columns may be missing, as many as are `optional`.
fn each_row_of(
    reader: &Reader,
    name: &str,
    mut header: &[&'static str],
    optional: usize,
    mut read: impl FnMut(&Row),
) {
    let Some(text) = reader.text(name) else { return };
    let source = Source::new(name, text);
    let mut csv = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(source.text.as_bytes());
    let mut record = StringRecord::new();
    let mut first = true;
    loop {
        match csv.read_record(&mut record) {
            Ok(false) if first => {
                reader.problems.error(&Place::of_file(name), "an empty file", header.join(","));
            }
            Ok(true) => {
                if first && record.len() == header.len() - optional {
                    header = &header[..record.len()];
                }
                let start = record.position().map_or(0, |position| position.byte());
                let start = usize::try_from(start).unwrap_or(0);
                let row = Row { reader, source: &source, header, record: &record, start };
                if !first && row.is_whole() {
                    read(&row);
                } else if first && !row.is_header() {
                    return;
                }
                first = false;
                continue;
            }
            Ok(false) => {}
            Err(error) => reader.problems.error(&Place::of_file(name), error.to_string(), "a CSV file"),
        }
        return;
    }
}

/// Where each cell of the record that begins at `start` begins: the CSV reader tells only the record's place.
fn cell_offsets(text: &str, start: usize, cells: usize) -> Vec<usize> {
    let skip = text.as_bytes().get(start..).unwrap_or_default();
    let start = start + skip.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    let mut offsets = vec![start];
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate().skip(start) {
        match byte {
            _ if offsets.len() >= cells => break,
            b'"' => quoted = !quoted,
            b',' if !quoted => offsets.push(at + 1),
            _ => {}
        }
    }
    offsets
}

impl Row<'_> {
    pub fn cell(&self, index: usize) -> &str {
        self.record.get(index).unwrap_or_default()
    }

    pub fn place(&self, index: usize) -> Place {
        self.place_from(self.start, index)
    }

    /// The place of a cell of the row of this table that the reader stood before at a byte.
    fn place_from(&self, start: usize, index: usize) -> Place {
        let offsets = cell_offsets(&self.source.text, start, self.record.len());
        self.source.place(offsets.get(index).or(offsets.first()).copied().unwrap_or_default())
    }

    /// Whether a cell is as it should be; if not, the mistake is noted.
    pub fn need(&self, index: usize, good: impl Fn(&str) -> bool, expected: &str) -> bool {
        let cell = self.cell(index);
        let is_good = good(cell);
        if !is_good {
            let found = format!("{} is {cell:?}", self.header.get(index).unwrap_or(&"cell"));
            self.reader.problems.error(&self.place(index), found, expected);
        }
        is_good
    }

    fn is_whole(&self) -> bool {
        let whole = self.record.len() == self.header.len();
        if !whole {
            let found = format!("{} cells", self.record.len());
            self.reader.problems.error(&self.place(0), found, format!("{}", self.header.len()));
        }
        whole
    }

    fn is_header(&self) -> bool {
        let good = self.record.iter().eq(self.header.iter().copied());
        if !good {
            let found = format!("header {}", self.record.iter().collect::<Vec<_>>().join(","));
            self.reader.problems.error(&self.place(0), found, self.header.join(","));
        }
        good
    }
}

fn is_digits(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_npa(text: &str) -> bool {
    is_digits(text, 3) && text.as_bytes() >= b"200".as_slice()
}

fn is_capitals(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn is_lata(text: &str) -> bool {
    text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_tier(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u8>().is_ok_and(|tier| tier > 0)
}

fn is_ocn(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    text.is_empty() || (text.len() == 4 && text.bytes().all(plain))
}

fn is_rate_center(text: &str) -> bool {
    text.len() <= 63 && !text.contains(['\n', '\r']) && !has_control(text)
}
