//! `decks.toml` and the price lists that it names.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path};

use rating_core::plan::{Deck, DeckRow, DeckVersion, Scope};

use super::Reader;
use super::fields::{Fields, Spanned};
use super::values::IJ_POLICIES;
use crate::deck::{self, BlankPrice, DateOrder, DecimalMark, Duplicates, PrefixForm, ReadOptions};
use crate::plan::id::Kind;
use crate::plan::problem::Place;

const BLANK_PRICES: [(&str, BlankPrice); 3] =
    [("error", BlankPrice::Error), ("blocked", BlankPrice::Blocked), ("inherit", BlankPrice::Inherit)];
const DUPLICATES: [(&str, Duplicates); 3] =
    [("error", Duplicates::Error), ("last", Duplicates::Last), ("highest", Duplicates::Highest)];
const DATES: [(&str, DateOrder); 2] = [("mdy", DateOrder::Mdy), ("dmy", DateOrder::Dmy)];
const PREFIXES: [(&str, PrefixForm); 2] = [("e164", PrefixForm::E164), ("nanp", PrefixForm::Nanp)];
const DECIMAL_MARKS: [(&str, DecimalMark); 2] =
    [("point", DecimalMark::Point), ("comma", DecimalMark::Comma)];

/// A version whose price list is still to be read.
struct Pending {
    version: DeckVersion,
    file: Option<Spanned<String>>,
    options: ReadOptions,
}

/// A deck whose price lists are still to be read.
struct PendingDeck {
    deck: Deck,
    versions: Vec<Pending>,
}

pub(crate) fn read(reader: &Reader, currency: &str, progress: &mut dyn FnMut(u64, u64)) -> Vec<Deck> {
    let pending: Vec<PendingDeck> =
        reader.toml("decks.toml", |file| file.tables("deck").into_iter().map(deck_fields).collect());
    warn_unused_files(reader, &pending);
    let files = || pending.iter().flat_map(|deck| &deck.versions).filter_map(|version| version.file.as_ref());
    let total = files().map(|file| file_len(&reader.dir.join(&file.value))).sum();
    let mut done = 0;
    let mut decks = Vec::new();
    for mut deck in pending {
        for mut version in deck.versions {
            if let Some(file) = &version.file {
                // Empty where plan.toml is wrong: that is told there.
                version.options.currency = Some(currency.to_owned()).filter(|currency| !currency.is_empty());
                version.version.rows = rows(reader, file, &version.options, &mut |bytes| {
                    progress(done + bytes, total);
                });
                done += file_len(&reader.dir.join(&file.value));
            }
            deck.deck.versions.push(version.version);
        }
        decks.push(deck.deck);
    }
    decks
}

fn file_len(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn deck_fields(fields: Fields) -> PendingDeck {
    let deck = Deck {
        id: fields.need_id(Kind::Deck),
        ij_policy: fields.choice("ij_policy", &IJ_POLICIES),
        rounding: fields.rounding(),
        versions: Vec::new(),
        ..Default::default()
    };
    let tables = fields.tables("version");
    if tables.is_empty() {
        fields.missing("version", "at least one, [[deck.version]]");
    }
    let mut numbers = HashMap::new();
    let versions = tables.into_iter().map(|table| version_fields(table, &mut numbers)).collect();
    fields.finish();
    PendingDeck { deck, versions }
}

fn version_fields(fields: Fields, numbers: &mut HashMap<i64, Place>) -> Pending {
    let number = version_number(&fields, numbers);
    let effective_from = need_instant(&fields, "effective_from");
    if !fields.has("scope") {
        fields.missing("scope", "full (absent codes end) or partial (they stay)");
    }
    let scope = match fields.choice("scope", &[("full", false), ("partial", true)]) {
        Some(true) => Scope::Partial,
        _ => Scope::Full,
    };
    let file = fields.need_text("file", "the price list, such as \"decks/carrier_v1.csv\"").filter(|file| {
        let inside = is_inside(&file.value);
        if !inside {
            let expected = "a path below the plan directory, without `..`";
            fields.reader.problems.error(&file.at, format!("file {:?}", file.value), expected);
        }
        inside
    });
    let options = ReadOptions {
        blank_price: fields.choice("blank_price", &BLANK_PRICES).unwrap_or_default(),
        duplicates: fields.choice("duplicates", &DUPLICATES).unwrap_or_default(),
        dates: fields.choice("dates", &DATES).unwrap_or_default(),
        version_start: Some(effective_from),
        prefixes: fields.choice("prefixes", &PREFIXES),
        decimal_mark: fields.choice("decimal_mark", &DECIMAL_MARKS),
        ..ReadOptions::default()
    };
    fields.finish();
    Pending {
        version: DeckVersion { number, effective_from, scope, rows: Vec::new(), ..Default::default() },
        file,
        options,
    }
}

fn version_number(fields: &Fields, numbers: &mut HashMap<i64, Place>) -> u32 {
    if !fields.has("number") {
        fields.missing("number", "the version's number, 1 and up");
    }
    let Some(number) = fields.number("number", 1..=i64::from(i32::MAX)) else { return 0 };
    if let Some(first) = numbers.insert(number.value, number.at.clone()) {
        let found = format!("version {} is already defined at {first}", number.value);
        fields.reader.problems.error(&number.at, found, "a number of its own");
    }
    u32::try_from(number.value).unwrap_or(0)
}

fn need_instant(fields: &Fields, key: &'static str) -> i64 {
    if !fields.has(key) {
        fields.missing(key, "an instant such as 2026-01-01T00:00:00Z");
    }
    fields.instant(key).unwrap_or(0)
}

fn is_inside(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// Reads a price list; what is wrong with it is passed on with the list's own lines and columns.
fn rows(
    reader: &Reader,
    file: &Spanned<String>,
    options: &ReadOptions,
    progress: &mut dyn FnMut(u64),
) -> Vec<DeckRow> {
    let bytes = match fs::read(reader.dir.join(&file.value)) {
        Ok(bytes) => bytes,
        Err(error) => {
            let found = format!("price list {:?} cannot be read: {error}", file.value);
            reader.problems.error(&file.at, found, "a file below the plan directory");
            return Vec::new();
        }
    };
    let at = |line, column| Place { file: file.value.as_str().into(), line, column };
    match deck::read_with_progress(Path::new(&file.value), &bytes, options, progress) {
        Ok(deck) => {
            for warning in deck.warnings {
                reader.problems.warning(&at(warning.line, 0), warning.message);
            }
            deck.rows
        }
        Err(errors) => {
            for error in errors.errors {
                let found = format!("{}: {}", error.what, error.found);
                reader.problems.error(&at(error.line, error.column), found, error.expected);
            }
            Vec::new()
        }
    }
}

/// A price list that no version names is likely a version that somebody forgot.
fn warn_unused_files(reader: &Reader, decks: &[PendingDeck]) {
    let Ok(entries) = fs::read_dir(reader.dir.join("decks")) else { return };
    let named: Vec<_> = decks
        .iter()
        .flat_map(|deck| &deck.versions)
        .filter_map(|version| version.file.as_ref())
        .map(|file| reader.dir.join(&file.value))
        .collect();
    for entry in entries.flatten() {
        let is_list = entry.path().extension().is_some_and(|end| end == "csv");
        if is_list && !named.iter().any(|path| *path == entry.path()) {
            let name = format!("decks/{}", entry.file_name().to_string_lossy());
            reader.problems.warning(&Place::of_file(&name), "no version in decks.toml names this file");
        }
    }
}
