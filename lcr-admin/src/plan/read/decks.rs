//! `decks.toml` and the price lists that it names.

use std::collections::HashMap;
use std::fs;

use jiff::tz::TimeZone;
use rating_core::plan::{Deck, DeckVersion, Plan, Route, Scope};
use rating_core::snapshot::layout::DECKS_MAX;

use super::Reader;
use super::fields::{Fields, Spanned};
use super::price_lists::{self, ListError};
use super::screening::is_of_code;
use crate::deck::{BlankPrice, DateOrder, DecimalMark, Duplicates, PrefixForm, ReadDeck, ReadOptions};
use crate::plan::id::Kind;
use crate::plan::problem::Place;
use crate::words::ScopeKind;

const BLANK_PRICES: [(&str, BlankPrice); 3] =
    [("error", BlankPrice::Error), ("blocked", BlankPrice::Blocked), ("inherit", BlankPrice::Inherit)];
const DUPLICATES: [(&str, Duplicates); 3] =
    [("error", Duplicates::Error), ("last", Duplicates::Last), ("highest", Duplicates::Highest)];
const DATES: [(&str, DateOrder); 2] = [("mdy", DateOrder::Mdy), ("dmy", DateOrder::Dmy)];
const PREFIXES: [(&str, PrefixForm); 2] = [("e164", PrefixForm::E164), ("nanp", PrefixForm::Nanp)];
const DECIMAL_MARKS: [(&str, DecimalMark); 2] =
    [("point", DecimalMark::Point), ("comma", DecimalMark::Comma)];

/// What is marked of a deck's currency.
pub(crate) const DECK_CURRENCY: &str = "currency of a deck";

/// A version whose price lists are still to be read.
struct Pending {
    version: DeckVersion,
    files: Vec<Spanned<String>>,
    options: ReadOptions,
    /// The time zone that it names; empty if none.
    zone: String,
}

/// A deck whose price lists are still to be read.
struct PendingDeck {
    deck: Deck,
    versions: Vec<Pending>,
}

/// Reads the decks of a plan of which all else is read.
pub(crate) fn read(reader: &Reader, plan: &Plan, progress: &mut dyn FnMut(u64, u64)) -> Vec<Deck> {
    let mut pending: Vec<PendingDeck> = reader.toml("decks.toml", |file| {
        let decks = file.tables("deck");
        if let Some(beyond) = decks.get(DECKS_MAX) {
            file.refuse(&beyond.at, format!("{} decks", decks.len()), format!("at most {DECKS_MAX}"));
        }
        decks.into_iter().map(deck_fields).collect()
    });
    warn_unused_files(reader, &pending);
    for PendingDeck { deck, versions } in &mut pending {
        // Empty where plan.toml is wrong: that is told there.
        let prices_in = if deck.currency.is_empty() { &plan.settings.currency } else { &deck.currency };
        for Pending { options, zone, .. } in versions {
            options.currency = Some(prices_in.clone()).filter(|currency| !currency.is_empty());
            let zone = match zone.is_empty() {
                true => zone_of(plan, &deck.id),
                false => zone,
            };
            // One that is not known is told where it is written.
            options.timezone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        }
    }
    let mut lists = price_lists::read(&reader.dir, &named_files(&pending), progress).into_iter();
    let mut decks = Vec::new();
    for PendingDeck { mut deck, versions } in pending {
        let zones = owners_zones(plan, &deck.id);
        let has_one_zone = zones.windows(2).all(|pair| pair[0] == pair[1]);
        for Pending { mut version, files, zone, .. } in versions {
            for (file, list) in files.iter().zip(lists.by_ref()) {
                add(reader, file, &mut version, told(reader, file, list));
            }
            let mut terms = version.rows.iter().map(|row| &row.terms);
            if !has_one_zone && zone.is_empty() && terms.any(|terms| terms.is_dated()) {
                let found = format!(
                    "deck `{}` is of several time zones: dates without one in version {} are UTC; its `time_zone` tells \
                     another",
                    deck.id, version.number
                );
                let at =
                    reader.ids.place(Kind::Deck, &deck.id).unwrap_or_else(|| Place::of_file("decks.toml"));
                reader.problems.warning(&at, found);
            }
            deck.versions.push(version);
        }
        decks.push(deck);
    }
    decks
}

/// The time zone of whose deck it is (10.3): of the providers whose routes it prices, else of the accounts that it sells to.
/// Several zones are none: UTC.
fn zone_of<'a>(plan: &'a Plan, deck: &str) -> &'a str {
    let zones = owners_zones(plan, deck);
    match zones.first() {
        Some(first) if zones.iter().all(|zone| zone == first) => first,
        _ => "",
    }
}

/// The time zones of those whose deck it is.
fn owners_zones<'a>(plan: &'a Plan, deck: &str) -> Vec<&'a str> {
    let routes = plan.routes.iter().filter(|route| route.deck.as_deref() == Some(deck));
    let provider = |route: &Route| plan.providers.iter().find(|provider| provider.id == route.provider);
    let zones: Vec<_> = routes.filter_map(provider).map(|provider| provider.time_zone.as_str()).collect();
    if !zones.is_empty() {
        return zones;
    }
    let accounts = plan.accounts.iter().filter(|account| account.sell_deck.as_deref() == Some(deck));
    accounts.map(|account| account.time_zone.as_str()).collect()
}

/// Every price list that the decks name, in their order.
fn named_files(pending: &[PendingDeck]) -> Vec<(&str, &ReadOptions)> {
    let mut files = Vec::new();
    for version in pending.iter().flat_map(|deck| &deck.versions) {
        files.extend(version.files.iter().map(|file| (file.value.as_str(), &version.options)));
    }
    files
}

/// Adds a price list's rows to those of its version: one list of each kind of codes.
fn add(reader: &Reader, file: &Spanned<String>, version: &mut DeckVersion, list: ReadDeck) {
    let second = |has: bool, gets: bool| has && gets;
    if second(!version.rows.is_empty(), !list.rows.is_empty())
        || second(!version.ocn_rows.is_empty(), !list.ocn_rows.is_empty())
        || second(!version.cic_rows.is_empty(), !list.cic_rows.is_empty())
    {
        let found = format!("{:?} is a second list of the same kind of codes", file.value);
        let expected = "one list by prefix, one by OCN and LATA, one by carrier";
        reader.problems.error(&file.at, found, expected);
        return;
    }
    // Millions of rows are moved, not copied.
    if version.rows.is_empty() {
        version.rows = list.rows;
    }
    version.ocn_rows.extend(list.ocn_rows);
    version.cic_rows.extend(list.cic_rows);
}

fn deck_fields(fields: Fields) -> PendingDeck {
    let deck = Deck {
        id: fields.need_id(Kind::Deck),
        ij_policy: fields.choice("ij_policy"),
        currency: fields.currency("currency").map(|code| code.value).unwrap_or_default(),
        rounding: fields.rounding(),
        versions: Vec::new(),
    };
    if let Some((_, at)) = fields.item("currency") {
        fields.reader.ids.mark(DECK_CURRENCY, &deck.id, &at);
    }
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
    let scope = scope(&fields);
    let files = files(&fields);
    let zone = fields.time_zone();
    let options = ReadOptions {
        blank_price: fields.choice_of("blank_price", &BLANK_PRICES).unwrap_or_default(),
        duplicates: fields.choice_of("duplicates", &DUPLICATES).unwrap_or_default(),
        dates: fields.choice_of("dates", &DATES).unwrap_or_default(),
        version_start: Some(effective_from),
        prefixes: fields.choice_of("prefixes", &PREFIXES),
        decimal_mark: fields.choice_of("decimal_mark", &DECIMAL_MARKS),
        ..ReadOptions::default()
    };
    fields.finish();
    let version = DeckVersion {
        number,
        effective_from,
        scope,
        rows: Vec::new(),
        ocn_rows: Vec::new(),
        cic_rows: Vec::new(),
    };
    Pending { version, files, options, zone }
}

fn scope(fields: &Fields) -> Scope {
    const COUNTRIES_RULE: &str = "the countries whose absent codes end, [\"US\", \"CA\"]";
    if !fields.has("scope") {
        fields.missing(
            "scope",
            "full (absent codes end), country (those of some countries) or partial (they stay)",
        );
    }
    let kind = fields.choice("scope").unwrap_or(ScopeKind::Full);
    let countries = fields.country_list("countries", is_of_code);
    match (kind, &countries, fields.item("countries")) {
        (ScopeKind::Country, None, _) => fields.missing("countries", COUNTRIES_RULE),
        (ScopeKind::Country, Some(list), Some((_, at))) if list.is_empty() => {
            fields.refuse(&at, "`countries` is empty", COUNTRIES_RULE);
        }
        (ScopeKind::Full | ScopeKind::Partial, Some(_), Some((_, at))) => {
            fields.refuse(&at, "`countries` beside another scope", "scope = \"country\", or no `countries`");
        }
        _ => {}
    }
    kind.with(countries.unwrap_or_default())
}

/// The price lists of a version: one, or one of each kind of codes.
fn files(fields: &Fields) -> Vec<Spanned<String>> {
    const RULE: &str = "the price list, such as \"decks/carrier_v1.csv\"";
    if !matches!(fields.item("file"), Some((item, _)) if item.is_array()) {
        return fields.path_below("file", RULE).into_iter().collect();
    }
    let files = fields.texts("file", RULE);
    if let (true, Some((_, at))) = (files.is_empty(), fields.item("file")) {
        fields.refuse(&at, "`file` is empty", RULE);
    }
    files.into_iter().filter(|file| fields.is_below(file)).collect()
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

/// What is wrong with a price list is passed on with the list's own lines and columns.
fn told(reader: &Reader, file: &Spanned<String>, list: Result<ReadDeck, ListError>) -> ReadDeck {
    let at = |line, column| Place { file: file.value.as_str().into(), line, column };
    match list {
        Ok(list) => {
            for warning in &list.warnings {
                reader.problems.warning(&at(warning.line, 0), warning.message.clone());
            }
            return list;
        }
        Err(ListError::Unreadable(error)) => {
            let found = format!("price list {:?} cannot be read: {error}", file.value);
            reader.problems.error(&file.at, found, "a file below the plan directory");
        }
        Err(ListError::Refused(errors)) => {
            for error in errors.errors {
                let found = format!("{}: {}", error.what, error.found);
                reader.problems.error(&at(error.line, error.column), found, error.expected);
            }
        }
    }
    ReadDeck::default()
}

/// A price list that no version names is likely a version that somebody forgot.
fn warn_unused_files(reader: &Reader, decks: &[PendingDeck]) {
    let Ok(entries) = fs::read_dir(reader.dir.join("decks")) else { return };
    let named: Vec<_> = decks
        .iter()
        .flat_map(|deck| &deck.versions)
        .flat_map(|version| &version.files)
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
