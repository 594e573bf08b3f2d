//! The usual file, in one pass: every row good, each behind the one before, nothing to inherit, nothing to tell.
//!
//! Rows go straight where they stay. It reads cells as [`super::reader`] does, with the same [`RowReader`], but keeps
//! nothing of where they stood: at the first thing that is not plain it gives up, and the file is read again, with
//! care.

use rating_core::number::Digits;
use rating_core::plan::UtcSec;

use super::ReadDeck;
use super::cell::is_nanp_without_1;
use super::code::CodeKind;
use super::reader::{ROWS_PER_REPORT, Source};
use super::row::{Parsed, RowReader};

/// Reads a file, or finds that it is not plain. Warnings are the caller's.
pub fn read(source: &Source<'_>, progress: &mut dyn FnMut(u64)) -> Option<ReadDeck> {
    if source.layout.codes != CodeKind::Prefix {
        return None;
    }
    let mut reader = RowReader::new(source.layout, source.options);
    let form_is_open = reader.form_is_open();
    let (mut cut, mut split) = (source.cut_prices(), source.split_codes());
    let mut list = ReadDeck { rows: Vec::with_capacity(rows_expected(source.text)), ..ReadDeck::default() };
    let (mut is_plain, mut last, mut bad) = (true, None, Vec::new());
    source.each_row(|record| {
        list.rows_in_file += 1;
        if list.rows_in_file.is_multiple_of(ROWS_PER_REPORT) {
            progress(record.at);
        }
        cut.see(record);
        split.see(record);
        is_plain = source.is_whole(record.cells);
        if !is_plain {
            return false;
        }
        let parsed = reader.read(record, &mut bad);
        let key = key(&parsed, source.options.version_start);
        let is_unsure = form_is_open && parsed.bare && is_nanp_without_1(parsed.row.prefix.as_bytes());
        is_plain = bad.is_empty() && parsed.inherits == 0 && !is_unsure && last < Some(key);
        last = Some(key);
        list.blank_prices += u64::from(parsed.blank_prices);
        list.rows.push(parsed.row);
        is_plain
    });
    if !is_plain || list.rows.is_empty() || cut.found().next().is_some() || split.found().is_some() {
        return None;
    }
    progress(u64::try_from(source.text.len()).unwrap_or_default());
    list.currency = reader.found_currency();
    Some(list)
}

/// Code and start; a row without a date starts with its version.
fn key(parsed: &Parsed, version_start: Option<UtcSec>) -> (Digits, Option<UtcSec>) {
    (parsed.row.prefix, parsed.row.terms.starts.or(version_start))
}

/// About as many rows as there are: as if the whole file were like its beginning.
fn rows_expected(text: &[u8]) -> usize {
    const LOOKED_AT: usize = 1 << 16;
    let begin = &text[..text.len().min(LOOKED_AT)];
    let lines = begin.iter().filter(|byte| **byte == b'\n').count();
    // A little more, so that a file is rarely longer than expected.
    lines * (text.len() / begin.len().max(1) + 1) * 17 / 16
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::path::Path;

    use proptest::prelude::*;

    use super::super::reader::read_first;
    use super::super::{BlankPrice, DeckErrors, Duplicates, ReadDeck, ReadOptions};

    /// A file read as any is, and whether it was plain; and read with care alone.
    fn both(
        text: &str,
        options: &ReadOptions,
    ) -> (Result<ReadDeck, DeckErrors>, bool, Result<ReadDeck, DeckErrors>) {
        let was_plain = Cell::new(false);
        let (path, bytes) = (Path::new("x"), text.as_bytes());
        let read = read_first(path, bytes, options, &mut |_| {}, |source, progress| {
            let list = super::read(source, progress);
            was_plain.set(list.is_some());
            list
        });
        (read, was_plain.get(), read_first(path, bytes, options, &mut |_| {}, |_, _| None))
    }

    #[test]
    fn only_what_has_nothing_to_tell_is_plain() {
        let told = ReadOptions { blank_price: BlankPrice::Inherit, ..ReadOptions::default() };
        for (text, plain) in [
            ("prefix,rate\n44,1\n4420,2\n", true),
            ("prefix,rate\r\n44,1\r\n\r\n4420,\"2\",\r\n", true),
            ("prefix,rate,starts\n44,1,2026-01-01\n44,1,2026-02-01", true),
            ("prefix,rate\n4420,2\n44,1\n", false),
            ("prefix,rate\n44,1\n44,1\n", false),
            ("prefix,rate\n44,1\n4420,\n", false),
            ("prefix,rate\n44,1\n4420,x\n", false),
            ("prefix,rate\n44,1\n4420\n", false),
            ("prefix,rate\n", false),
            ("prefix,rate,what\n44,0,5\n45,0,6\n", false),
            ("prefix,interstate\n212,1\n", false),
            ("cic,rate\n0288,1\n", false),
        ] {
            assert_eq!(both(text, &told).1, plain, "{text}");
        }
    }

    fn cell(usual: &'static str) -> impl Strategy<Value = String> {
        prop_oneof![9 => usual, 1 => "|0|blocked|-1|x|\"a,b\"|2026-03-25| 7 |0,5"]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]
        #[test]
        fn a_plain_file_reads_as_with_care(
            header in "prefix,(rate|interstate|connect fee),(starts|destination|what|default),(local|increment|grace time)",
            rows in prop::collection::vec((cell("[1-9]{1,4}"), cell("0\\.[0-9]{1,9}"), cell("|20[0-9]{2}-01-01"), cell("[1-9]")), 1..6),
            is_sorted in prop::bool::weighted(0.8),
            (blank, highest) in any::<(bool, bool)>(),
        ) {
            let mut lines: Vec<String> = rows.iter().map(|(a, b, c, d)| format!("{a},{b},{c},{d}")).collect();
            if is_sorted {
                lines.sort_by_key(|line| line.split(',').next().map(str::to_owned));
            }
            let options = ReadOptions {
                blank_price: if blank { BlankPrice::Blocked } else { BlankPrice::Error },
                duplicates: if highest { Duplicates::Highest } else { Duplicates::Error },
                ..ReadOptions::default()
            };
            let (read, _, with_care) = both(&format!("{header}\n{}\n", lines.join("\n")), &options);
            prop_assert_eq!(read, with_care);
        }
    }
}
