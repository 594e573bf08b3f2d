//! The whole file: header, rows, duplicates, inheritance; then either all rows or all errors.

use std::path::Path;

use rating_core::plan::{DeckRow, RowTerms, UtcSec};

use super::code::CodeKind;
use super::fold::{Conflict, FileRow, Repeat, Standing, fold};
use super::header::{Layout, PriceKind, Role};
use super::inherit::{Why, inherit};
use super::locate::{Lines, Place};
use super::options::{BadRows, Billing, ReadOptions};
use super::records::{self, Form, Record};
use super::row::{self, BadCell, RowReader};
use super::whole::{COMMA_EXPECTED, CutPrices, FORM_EXPECTED, SPLIT_EXPECTED, SplitCodes};
use super::{DeckError, DeckErrors, DeckWarning, ReadDeck, cell, locate, plain, quoting, whole};
use crate::output::printable;

/// Rows between two reports of progress.
pub const ROWS_PER_REPORT: u64 = 16_384;
/// Lines in which a header is looked for, to say that others stand above it.
const PREAMBLE_LINES: usize = 20;
/// Delimiters that are tried, the usual ones first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b':'];

/// Reads a file's bytes: as a plain file, or with care.
pub fn read(
    path: &Path,
    bytes: &[u8],
    options: &ReadOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<ReadDeck, DeckErrors> {
    read_first(path, bytes, options, progress, plain::read)
}

/// Reads a file's bytes: by `first`, and with care where that gives nothing.
pub fn read_first(
    path: &Path,
    bytes: &[u8],
    options: &ReadOptions,
    progress: &mut dyn FnMut(u64),
    first: impl Fn(&Source<'_>, &mut dyn FnMut(u64)) -> Option<ReadDeck>,
) -> Result<ReadDeck, DeckErrors> {
    let file = path.display().to_string();
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let (layout, header) =
        recognise(text, options).map_err(|error| DeckErrors { file: file.clone(), errors: vec![*error] })?;
    if let Some(error) = other_currency(&layout, options) {
        return Err(DeckErrors { file, errors: vec![error] });
    }
    let quotes = quoting::check(text, layout.delimiter);
    if !quotes.errors.is_empty() {
        return Err(DeckErrors { file, errors: quotes.errors });
    }
    // A file that is read again is not further than it was.
    let mut furthest = 0;
    let mut progress = |at: u64| {
        furthest = furthest.max(at);
        progress(furthest);
    };
    progress(u64::try_from(header.end).unwrap_or_default());
    let source = Source { text, layout: &layout, options, has_plain_quotes: quotes.are_plain };
    let mut warnings = header_warnings(&layout, options);
    warnings.extend(quotes.warnings);
    let read = match first(&source, &mut progress) {
        Some(list) => Ok(ReadDeck { warnings, ..list }),
        None => {
            let mut reader = FileReader::new(&source, warnings);
            reader.rows(&mut progress);
            reader.settle();
            reader.answer(file, &text[header.start..header.end])
        }
    };
    read.map(|mut list| {
        list.warnings.extend(whole::gaps(&list.rows));
        list
    })
}

/// Finds the delimiter under which the header is understood best, and the header's bytes.
fn recognise(text: &[u8], options: &ReadOptions) -> Result<(Layout, std::ops::Range<usize>), Box<DeckError>> {
    if let Some(found) = not_text(text) {
        let expected = "text with a header and a delimiter, in UTF-8 or Latin-1";
        return Err(Box::new(header_error("file", found, expected.into())));
    }
    let mut best: Option<Layout> = None;
    let mut refused: Option<(usize, Refused)> = None;
    for delimiter in options.delimiter.map_or(DELIMITERS.to_vec(), |told| vec![told]) {
        let titles = titles(text, delimiter);
        let columns = titles.len();
        let shown = titles.join(&char::from(delimiter).to_string());
        match Layout::of(titles.clone(), delimiter) {
            Ok(layout) => {
                if best.as_ref().is_none_or(|best| layout.known() > best.known()) {
                    best = Some(layout);
                }
            }
            // The delimiter that makes the most columns is the likeliest.
            Err((index, expected)) if refused.as_ref().is_none_or(|(most, _)| columns > *most) => {
                let at = locate::cell(text, 0, delimiter, index);
                let title = if index == 0 { shown } else { titles[index].clone() };
                refused = Some((columns, Refused { at, title, expected }));
            }
            Err(_) => {}
        }
    }
    match (best, refused) {
        (Some(layout), _) => {
            let header = locate::record(text, 0, layout.delimiter);
            Ok((layout, header))
        }
        (None, Some((_, Refused { at, title, expected }))) => {
            let Place { line, column } = Lines::of(text).place(text, at);
            let found = quoted(title.as_bytes());
            let mut error = DeckError { line, column, what: "header".into(), found, expected };
            if let Some(line) = header_below(text, options) {
                error.expected =
                    format!("the header here: remove the lines above the header, which is line {line}");
            }
            Err(Box::new(error))
        }
        (None, None) => Err(Box::new(header_error("header", "nothing", "a header".into()))),
    }
}

/// A title at which a header was not understood.
struct Refused {
    /// The byte at which it begins.
    at: usize,
    title: String,
    expected: String,
}

/// The line of a header that stands below other lines.
fn header_below(text: &[u8], options: &ReadOptions) -> Option<usize> {
    let delimiters = options.delimiter.map_or(DELIMITERS.to_vec(), |told| vec![told]);
    let lines = text.split(|&byte| byte == b'\n').enumerate().take(PREAMBLE_LINES).skip(1);
    let known = |line: &[u8]| delimiters.iter().any(|&by| Layout::of(titles(line, by), by).is_ok());
    lines.into_iter().find(|(_, line)| known(line)).map(|(index, _)| index + 1)
}

/// A currency in the header that is not the one told.
fn other_currency(layout: &Layout, options: &ReadOptions) -> Option<DeckError> {
    let (found, told) = (layout.currency.as_ref()?, options.currency.as_ref()?);
    let expected = format!("{told}, the deck's currency: prices are not converted when they are read");
    (found != told).then(|| header_error("header", &format!("prices in {found}"), expected))
}

fn not_text(text: &[u8]) -> Option<&'static str> {
    match text {
        [] => Some("nothing"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        [b'P', b'K', 3, 4, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => Some("a workbook or an archive"),
        // Letters of UTF-16 without its byte order mark.
        [0, _, ..] | [_, 0, ..] => Some("UTF-16, or no text at all"),
        _ => None,
    }
}

fn header_error(what: &str, found: &str, expected: String) -> DeckError {
    DeckError { line: 1, column: 1, what: what.into(), found: found.into(), expected }
}

fn titles(text: &[u8], delimiter: u8) -> Vec<String> {
    let mut record = csv::ByteRecord::new();
    let mut csv = records::reader(text, delimiter);
    let _ = csv.read_byte_record(&mut record);
    record.iter().map(|title| cell::text(title.trim_ascii()).into_string()).collect()
}

/// A cell as errors show it: short, and on one line.
fn quoted(cell: &[u8]) -> String {
    const SHOWN: usize = 60;
    if cell.is_empty() {
        return "nothing".into();
    }
    let text = cell::text(cell);
    let more = if text.chars().nth(SHOWN).is_some() { "…" } else { "" };
    format!("{:?}{more}", text.chars().take(SHOWN).collect::<String>())
}

/// A file, and how it is read.
pub struct Source<'a> {
    pub text: &'a [u8],
    pub layout: &'a Layout,
    pub options: &'a ReadOptions,
    /// Whether quotes stand around whole cells only.
    pub has_plain_quotes: bool,
}

impl<'a> Source<'a> {
    /// Hands over the records below the header. Lines of blanks are none.
    pub fn each_row(&self, mut see: impl records::See) {
        let mut is_header = true;
        let form = Form {
            delimiter: self.layout.delimiter,
            has_plain_quotes: self.has_plain_quotes,
            tail: row::tail(self.layout),
        };
        records::each(self.text, form, |record| {
            let is_blank = record.cells.iter().all(|cell| cell.trim_ascii().is_empty());
            if std::mem::take(&mut is_header) || is_blank {
                return true;
            }
            see(record)
        });
    }

    /// Whether a record has the cells of the header, and nothing behind them.
    pub fn is_whole(&self, cells: &[&[u8]]) -> bool {
        let columns = self.layout.roles.len();
        cells.get(columns..).is_some_and(|surplus| surplus.iter().all(|cell| cell.trim_ascii().is_empty()))
    }

    /// Watches prices that may have been cut at their decimal comma.
    pub fn cut_prices(&self) -> CutPrices {
        CutPrices::new(self.layout, self.options.decimal_mark.is_some())
    }

    /// Watches whether codes have their country code in front.
    pub fn split_codes(&self) -> SplitCodes {
        SplitCodes::new(self.layout, self.options.prefixes)
    }
}

/// What the header alone gives cause to say.
fn header_warnings(layout: &Layout, options: &ReadOptions) -> Vec<DeckWarning> {
    let mut warnings = match layout.ignored.as_slice() {
        [] => Vec::new(),
        ignored => {
            vec![DeckWarning { line: 1, message: format!("not read: {}", printable(&ignored.join(", "))) }]
        }
    };
    if let Some(unsaid) = layout.unsaid_intervals() {
        let Billing { first_sec, increment_sec } = options.billing;
        let message = format!("{unsaid}: taken as in {first_sec}/{increment_sec}");
        warnings.push(DeckWarning { line: 1, message });
    }
    warnings
}

/// One file being read with all that may be wrong with it.
struct FileReader<'a> {
    source: &'a Source<'a>,
    text: &'a [u8],
    lines: Lines,
    layout: &'a Layout,
    options: &'a ReadOptions,
    rows: Vec<FileRow>,
    form_is_open: bool,
    rows_in_file: u64,
    blank_prices: u64,
    /// Errors, and where the row begins that each is about.
    errors: Vec<(u64, DeckError)>,
    /// What refuses the file as a whole, skipped rows or not.
    fatal: Vec<DeckError>,
    warnings: Vec<DeckWarning>,
    currency: Option<String>,
}

impl<'a> FileReader<'a> {
    fn new(source: &'a Source<'a>, warnings: Vec<DeckWarning>) -> FileReader<'a> {
        FileReader {
            source,
            text: source.text,
            lines: Lines::of(source.text),
            layout: source.layout,
            options: source.options,
            rows: Vec::new(),
            form_is_open: false,
            rows_in_file: 0,
            blank_prices: 0,
            errors: Vec::new(),
            fatal: Vec::new(),
            warnings,
            currency: None,
        }
    }

    /// Reads every row, good or bad.
    fn rows(&mut self, progress: &mut dyn FnMut(u64)) {
        let mut reader = RowReader::new(self.layout, self.options);
        self.form_is_open = reader.form_is_open();
        let mut bad: Vec<BadCell> = Vec::new();
        let (mut cut, mut split) = (self.source.cut_prices(), self.source.split_codes());
        self.source.each_row(|record| {
            self.rows_in_file += 1;
            if self.rows_in_file.is_multiple_of(ROWS_PER_REPORT) {
                progress(record.at);
            }
            cut.see(record);
            split.see(record);
            self.row(&mut reader, record, &mut bad);
            true
        });
        self.currency = reader.found_currency();
        for (index, byte) in cut.found() {
            let found = "whole numbers in every row".into();
            self.fatal.push(self.cell_error(byte, index, found, COMMA_EXPECTED.into()));
        }
        if let Some((index, code, byte)) = split.found() {
            self.fatal.push(self.cell_error(byte, index, quoted(code), SPLIT_EXPECTED.into()));
        }
        if self.rows_in_file == 0 {
            self.fatal.push(header_error(
                "rows",
                "none",
                "at least one: a list without rows ends every code".into(),
            ));
        }
        progress(u64::try_from(self.text.len()).unwrap_or_default());
    }

    fn row(&mut self, reader: &mut RowReader<'_>, record: &Record<'_>, bad: &mut Vec<BadCell>) {
        let cells = record.cells;
        let byte = count(locate::start(self.text, record.at));
        if !self.source.is_whole(cells) {
            let error = DeckError {
                line: self.lines.line(byte),
                column: 1,
                what: "row".into(),
                found: format!("{} cells", cells.len()),
                expected: format!("{}, as the header has", self.layout.roles.len()),
            };
            self.errors.push((byte, error));
            self.keep_code(reader, cells, None, byte);
            return;
        }
        let parsed = reader.read(record, bad);
        if bad.is_empty() {
            self.blank_prices += u64::from(parsed.blank_prices);
            let (inherits, bare) = (parsed.inherits, parsed.bare);
            let standing = Standing::Good;
            self.rows.push(FileRow { row: parsed.row, code: parsed.code, inherits, bare, byte, standing });
            return;
        }
        for (index, expected) in bad.drain(..) {
            let found = quoted(cells.get(index).copied().unwrap_or_default().trim_ascii());
            self.error_at(byte, index, found, expected.into_owned());
        }
        self.keep_code(reader, cells, parsed.row.terms.starts, byte);
    }

    /// Keeps a bad row for its code and start, if they can be read.
    fn keep_code(&mut self, reader: &RowReader<'_>, cells: &[&[u8]], starts: Option<UtcSec>, byte: u64) {
        let Some((prefix, code)) = reader.code(cells) else { return };
        let row = DeckRow {
            prefix,
            terms: RowTerms { starts, ..RowTerms::default() }.into(),
            ..DeckRow::default()
        };
        self.rows.push(FileRow { row, code, inherits: 0, bare: false, byte, standing: Standing::Bad });
    }

    /// An error at a cell of the row that begins at a byte.
    fn error_at(&mut self, byte: u64, index: usize, found: String, expected: String) {
        let error = self.cell_error(byte, index, found, expected);
        self.errors.push((byte, error));
    }

    fn cell_error(&self, byte: u64, index: usize, found: String, expected: String) -> DeckError {
        let cell = locate::cell(self.text, byte, self.layout.delimiter, index);
        let Place { line, column } = self.lines.place(self.text, cell);
        DeckError { line, column, what: self.layout.name(index), found, expected }
    }

    /// What concerns several rows.
    fn settle(&mut self) {
        self.settle_form();
        let (rows, repeats) =
            fold(std::mem::take(&mut self.rows), self.options.duplicates, self.options.version_start);
        self.rows = rows;
        for repeat in repeats {
            self.report(repeat);
        }
        for orphan in inherit(&mut self.rows, self.options.version_start) {
            let expected = match orphan.why {
                Why::Bad { byte } => &format!(
                    "a price: the next shorter code has a bad row in line {}, and nothing is inherited past it",
                    self.lines.line(byte)
                ),
                Why::Several => {
                    "a price: the next shorter code has several rows by date, and a price is inherited from one only"
                }
                Why::Later => {
                    "a price: the next shorter code starts later, and has no price to inherit until then"
                }
                Why::NoPrice if orphan.kind == PriceKind::First => {
                    "a price: no shorter code of this file has one for the first interval"
                }
                Why::NoPrice => {
                    "a price: no shorter code of this file has one to inherit (1 is inherited by codes of the US only)"
                }
            };
            let index = self.column(Role::Price(orphan.kind));
            self.error_at(orphan.byte, index, "nothing".into(), expected.into());
        }
        self.errors.sort_by_key(|(_, error)| (error.line, error.column));
        self.warnings.sort_by_key(|warning| warning.line);
    }

    /// In a list with prices by state, `212555` may be New York without the 1 or Morocco with all its digits.
    /// Neither is guessed.
    fn settle_form(&mut self) {
        let unsure = |row: &&FileRow| row.bare && cell::is_nanp_without_1(row.row.prefix.as_bytes());
        let first = self.rows.iter().filter(unsure).min_by_key(|row| row.byte);
        let Some(first) = first.filter(|_| self.form_is_open) else { return };
        let found = quoted(first.row.prefix.as_bytes());
        self.fatal.push(self.cell_error(first.byte, self.layout.code_column(), found, FORM_EXPECTED.into()));
    }

    fn report(&mut self, repeat: Repeat) {
        let (byte, message) = match repeat {
            Repeat::Folded { byte, of } => {
                (byte, format!("the same as line {}: folded", self.lines.line(of)))
            }
            Repeat::Resolved { byte, of } => {
                let of_line = self.lines.line(of);
                (byte, format!("differs from line {of_line}, of the same code and start: settled as told"))
            }
            Repeat::Refused { prefix, code, byte, of, why } => {
                let of_line = self.lines.line(of);
                let index = self.layout.code_column();
                let code = match self.layout.codes {
                    CodeKind::Prefix => prefix.to_string(),
                    CodeKind::OcnLata | CodeKind::Cic => code.text(),
                };
                let how_often = if byte > of { "again" } else { "twice" };
                let found = format!("{} {how_often}", quoted(code.as_bytes()));
                let expected = match why {
                    Conflict::Bad => format!("line {of_line}, of the same code and start, to be good too"),
                    Conflict::Terms => format!(
                        "the same terms as in line {of_line} (or to be told which of different rows holds: last or highest)"
                    ),
                    Conflict::Unlike(unlike) => format!(
                        "the same {unlike} as in line {of_line}: highest joins rows that differ in prices and fees only \
                         (correct the list, or tell last)"
                    ),
                };
                self.error_at(byte, index, found, expected);
                return;
            }
        };
        self.warnings.push(DeckWarning { line: self.lines.line(byte), message });
    }

    fn column(&self, role: Role) -> usize {
        self.layout.roles.iter().position(|other| *other == role).unwrap_or(0)
    }

    fn answer(self, file: String, header: &[u8]) -> Result<ReadDeck, DeckErrors> {
        let skips = self.options.bad_rows == BadRows::Skip;
        let refused = !self.fatal.is_empty() || !(self.errors.is_empty() || skips);
        let (starts, mut errors): (Vec<u64>, Vec<DeckError>) = self.errors.into_iter().unzip();
        errors.extend(self.fatal);
        errors.sort_by_key(|error| (error.line, error.column));
        if refused {
            return Err(DeckErrors { file, errors });
        }
        let mut starts = starts;
        starts.sort_unstable();
        starts.dedup();
        let kept = self.rows.into_iter().filter(|row| !row.is_bad());
        let mut read = ReadDeck::default();
        match self.layout.codes {
            CodeKind::Prefix => read.rows.extend(kept.map(|row| row.row)),
            CodeKind::OcnLata => read.ocn_rows.extend(kept.map(|row| row.code.ocn_row(row.row))),
            CodeKind::Cic => read.cic_rows.extend(kept.map(|row| row.code.cic_row(row.row))),
        }
        if read.row_count() == 0 {
            return Err(DeckErrors { file, errors });
        }
        let mut skipped_rows = Vec::new();
        if !starts.is_empty() {
            skipped_rows.extend_from_slice(header);
            skipped_rows.push(b'\n');
        }
        for &byte in &starts {
            skipped_rows
                .extend_from_slice(&self.text[locate::record(self.text, byte, self.layout.delimiter)]);
            skipped_rows.push(b'\n');
        }
        Ok(ReadDeck {
            rows_in_file: self.rows_in_file,
            blank_prices: self.blank_prices,
            currency: self.currency,
            warnings: self.warnings,
            skipped: errors,
            skipped_rows,
            ..read
        })
    }
}

fn count(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(u64::MAX)
}
