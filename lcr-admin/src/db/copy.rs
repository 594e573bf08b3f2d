//! PostgreSQL's two COPY formats, written and read by hand: they are simple, and rows by the million should
//! not be boxed value by value.
//!
//! Text: one line a row, TAB between values, `\N` for NULL. Binary: a header, then for each row a count of
//! values and for each value a length (−1 for NULL) and its bytes, big-endian.

use std::fmt::{self, Write as _};
use std::io::{self, Read};

use rating_core::plan::UtcSec;

/// What a binary COPY begins with: signature, flags, length of an extension.
pub(super) const BINARY_HEADER: &[u8; 19] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What it ends with.
pub(super) const BINARY_TRAILER: [u8; 2] = (-1i16).to_be_bytes();

/// Rows for a text COPY.
#[derive(Debug, Default)]
pub(super) struct TextRows {
    text: String,
    at_start: bool,
}

impl TextRows {
    pub(super) fn new() -> Self {
        Self { text: String::new(), at_start: true }
    }

    /// Adds a value to the row.
    pub(super) fn value(&mut self, value: impl fmt::Display) -> &mut Self {
        self.separate();
        // Writing into a string cannot fail.
        let _ = write!(Escaped(&mut self.text), "{value}");
        self
    }

    /// Adds a value or NULL to the row.
    pub(super) fn nullable(&mut self, value: Option<impl fmt::Display>) -> &mut Self {
        match value {
            Some(value) => self.value(value),
            None => {
                self.separate();
                self.text.push_str("\\N");
                self
            }
        }
    }

    /// Adds a list of values that need no quotes: words, digits, numbers.
    pub(super) fn array(&mut self, values: impl IntoIterator<Item = impl fmt::Display>) -> &mut Self {
        let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        self.value(format_args!("{{{}}}", values.join(",")))
    }

    /// Adds such a list or NULL.
    pub(super) fn nullable_array(
        &mut self,
        values: Option<impl IntoIterator<Item = impl fmt::Display>>,
    ) -> &mut Self {
        match values {
            Some(values) => self.array(values),
            None => self.nullable(None::<&str>),
        }
    }

    /// Adds an instant or NULL.
    pub(super) fn instant(&mut self, sec: Option<UtcSec>) -> &mut Self {
        self.nullable(sec.map(instant_text))
    }

    /// Ends the row.
    pub(super) fn end(&mut self) {
        self.text.push('\n');
        self.at_start = true;
    }

    /// What to send.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    fn separate(&mut self) {
        if !self.at_start {
            self.text.push('\t');
        }
        self.at_start = false;
    }
}

/// An instant as PostgreSQL reads it; one beyond every calendar as its number, which PostgreSQL refuses.
fn instant_text(sec: UtcSec) -> String {
    let Ok(instant) = jiff::Timestamp::from_second(sec) else { return sec.to_string() };
    let at = instant.to_zoned(jiff::tz::TimeZone::UTC);
    let (year, era) = if at.year() > 0 { (at.year(), "") } else { (1 - at.year(), " BC") };
    let (month, day) = (at.month(), at.day());
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}+00{era}", at.hour(), at.minute(), at.second())
}

/// Escapes what means something in a text COPY.
struct Escaped<'a>(&'a mut String);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '\\' => self.0.push_str("\\\\"),
                '\t' => self.0.push_str("\\t"),
                '\n' => self.0.push_str("\\n"),
                '\r' => self.0.push_str("\\r"),
                other => self.0.push(other),
            }
        }
        Ok(())
    }
}

/// Adds one value's bytes to a binary row.
pub(super) fn put(buffer: &mut Vec<u8>, value: &[u8]) {
    // A value of 2 GB is refused by PostgreSQL as a negative length; prices and names are far from it.
    let len = i32::try_from(value.len()).unwrap_or(i32::MIN);
    buffer.extend_from_slice(&len.to_be_bytes());
    buffer.extend_from_slice(value);
}

/// Adds a value's bytes, or NULL, to a binary row.
pub(super) fn put_nullable<const N: usize>(buffer: &mut Vec<u8>, value: Option<[u8; N]>) {
    match value {
        Some(value) => put(buffer, &value),
        None => buffer.extend_from_slice(&(-1i32).to_be_bytes()),
    }
}

/// Reads the rows of a binary COPY.
pub(super) struct BinaryRows<R> {
    reader: R,
    row: Vec<u8>,
    /// Where each value of the row is in `row`; `None` is NULL.
    values: Vec<Option<std::ops::Range<usize>>>,
}

impl<R: Read> BinaryRows<R> {
    /// Reads the header.
    pub(super) fn new(mut reader: R) -> io::Result<Self> {
        let mut header = [0u8; BINARY_HEADER.len()];
        reader.read_exact(&mut header)?;
        if header != *BINARY_HEADER {
            return Err(io::Error::other("no binary COPY header"));
        }
        Ok(Self { reader, row: Vec::new(), values: Vec::new() })
    }

    /// Reads the next row; false after the last.
    pub(super) fn advance(&mut self) -> io::Result<bool> {
        let count = i16::from_be_bytes(self.read_array()?);
        if count < 0 {
            // Read to the end, so that the server's last word has been heard.
            io::copy(&mut self.reader, &mut io::sink())?;
            return Ok(false);
        }
        self.row.clear();
        self.values.clear();
        for _ in 0..count {
            let value = self.read_value()?;
            self.values.push(value);
        }
        Ok(true)
    }

    fn read_value(&mut self) -> io::Result<Option<std::ops::Range<usize>>> {
        let Ok(len) = usize::try_from(i32::from_be_bytes(self.read_array()?)) else {
            return Ok(None);
        };
        let start = self.row.len();
        self.row.resize(start + len, 0);
        self.reader.read_exact(&mut self.row[start..])?;
        Ok(Some(start..start + len))
    }

    fn read_array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0u8; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// The bytes of a value; `None` is NULL.
    pub(super) fn bytes(&self, index: usize) -> Option<&[u8]> {
        let range = self.values.get(index)?.clone()?;
        self.row.get(range)
    }

    /// The bytes of a value of fixed width; `None` is NULL (or another width, which the query rules out).
    pub(super) fn array<const N: usize>(&self, index: usize) -> Option<[u8; N]> {
        self.bytes(index)?.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_values_are_escaped_and_null_is_not_a_word() {
        let mut rows = TextRows::new();
        rows.value("a\tb\\N").nullable(None::<i64>).nullable(Some(7)).value("");
        rows.end();
        rows.value("line\nfeed");
        rows.end();
        assert_eq!(rows.as_bytes(), b"a\\tb\\\\N\t\\N\t7\t\nline\\nfeed\n");
    }

    #[test]
    fn lists_and_instants_are_as_postgresql_reads_them() {
        let mut rows = TextRows::new();
        rows.array(["US", "CA"]).array([0u8; 0]).nullable_array(None::<[u8; 1]>).instant(None);
        rows.end();
        // 0001-01-01 is 62135596800 s before 1970; the year before it is 1 BC.
        rows.instant(Some(1_700_000_000)).instant(Some(-62_135_596_800)).instant(Some(-62_135_596_801));
        rows.end();
        let expected = "{US,CA}\t{}\t\\N\t\\N\n\
            2023-11-14 22:13:20+00\t0001-01-01 00:00:00+00\t0001-12-31 23:59:59+00 BC\n";
        assert_eq!(std::str::from_utf8(rows.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn binary_rows_are_read_back() {
        let mut bytes = BINARY_HEADER.to_vec();
        bytes.extend_from_slice(&3i16.to_be_bytes());
        put(&mut bytes, b"212");
        put_nullable(&mut bytes, None::<[u8; 8]>);
        put_nullable(&mut bytes, Some(9i64.to_be_bytes()));
        bytes.extend_from_slice(&BINARY_TRAILER);
        let mut rows = BinaryRows::new(bytes.as_slice()).unwrap();
        assert!(rows.advance().unwrap());
        assert_eq!(rows.bytes(0), Some(&b"212"[..]));
        assert_eq!(rows.bytes(1), None);
        assert_eq!(rows.array(2).map(i64::from_be_bytes), Some(9));
        assert!(!rows.advance().unwrap());
    }
}
