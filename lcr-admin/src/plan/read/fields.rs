//! A TOML table, read key by key: every getter notes what is wrong and gives something harmless instead.
//!
//! Keys that nobody asked for are mistakes, so `finish` must be called on every table.

use std::cell::RefCell;
use std::ops::{Range, RangeInclusive};
use std::path::{Component, Path};

use toml_edit::{Item, TableLike};

use super::Reader;
use crate::plan::id::{self, ID_RULE, Kind};
use crate::plan::problem::{Place, Source};
use crate::words::Word;

/// A value, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Spanned<T> {
    pub value: T,
    pub at: Place,
}

/// A table of a file.
pub(crate) struct Fields<'a> {
    pub reader: &'a Reader,
    pub source: &'a Source,
    /// What this is a table of: `trunk`, `limits`.
    pub what: &'static str,
    /// Where it begins.
    pub at: Place,
    table: &'a dyn TableLike,
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Fields<'a> {
    pub fn new(
        reader: &'a Reader,
        source: &'a Source,
        what: &'static str,
        table: &'a dyn TableLike,
        at: Place,
    ) -> Self {
        Self { reader, source, what, at, table, known: RefCell::default() }
    }

    /// The item of a key, and where it stands.
    pub fn item(&self, key: &'static str) -> Option<(&'a Item, Place)> {
        self.known.borrow_mut().push(key);
        let (name, item) = self.table.get_key_value(key)?;
        let span = item.span().or_else(|| name.span()).unwrap_or_default();
        Some((item, self.source.place(span.start)))
    }

    /// Whether a key is given at all.
    pub fn has(&self, key: &'static str) -> bool {
        self.item(key).is_some()
    }

    fn error(&self, at: &Place, found: impl Into<String>, expected: impl Into<String>) {
        self.reader.problems.error(at, found, expected);
    }

    /// Notes a value of the wrong type.
    pub fn wrong_type(&self, key: &str, item: &Item, at: &Place, expected: &str) {
        self.error(at, format!("`{key}` is {}", describe(item)), expected);
    }

    /// Notes that a key is missing.
    pub fn missing(&self, key: &str, expected: &str) {
        self.error(&self.at, format!("{} without `{key}`", self.what), expected);
    }

    /// The text of a key.
    pub fn text(&self, key: &'static str) -> Option<Spanned<String>> {
        let (item, at) = self.item(key)?;
        match item.as_str() {
            Some(text) if has_control(text) => {
                self.error(&at, format!("`{key}` is {text:?}"), CONTROL_RULE);
                None
            }
            Some(text) => Some(Spanned { value: text.to_owned(), at }),
            None => {
                self.wrong_type(key, item, &at, "a text in quotes");
                None
            }
        }
    }

    /// The text of a key that must be there and say something.
    pub fn need_text(&self, key: &'static str, expected: &str) -> Option<Spanned<String>> {
        if !self.table.contains_key(key) {
            self.missing(key, expected);
        }
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            self.error(&text.at, format!("`{key}` is empty"), expected);
            return None;
        }
        Some(text)
    }

    /// The text of a key that says something if it is there.
    pub fn need_text_if_given(&self, key: &'static str, expected: &str) -> Option<Spanned<String>> {
        if self.has(key) { self.need_text(key, expected) } else { None }
    }

    /// The id that this table defines.
    pub fn need_id(&self, kind: Kind) -> String {
        let Some(id) = self.need_text("id", ID_RULE) else { return String::new() };
        if id::is_id(&id.value) {
            self.reader.ids.define(kind, &id.value, &id.at, &self.reader.problems);
        } else {
            self.error(&id.at, format!("id {:?}", id.value), ID_RULE);
        }
        id.value
    }

    /// The id of something else, if given.
    pub fn reference(&self, key: &'static str, kind: Kind) -> Option<String> {
        let id = self.text(key)?;
        self.reader.ids.refer(kind, &id.value, &id.at);
        Some(id.value)
    }

    /// The id of something else, which must be given.
    pub fn need_reference(&self, key: &'static str, kind: Kind) -> Spanned<String> {
        let Some(id) = self.need_text(key, "the id of something in this plan") else {
            return Spanned { value: String::new(), at: self.at.clone() };
        };
        self.reader.ids.refer(kind, &id.value, &id.at);
        id
    }

    /// A list of texts; empty if not given.
    pub fn texts(&self, key: &'static str, expected: &str) -> Vec<Spanned<String>> {
        let Some((item, at)) = self.item(key) else { return Vec::new() };
        let Some(array) = item.as_array() else {
            self.wrong_type(key, item, &at, expected);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for value in array {
            let at = value.span().map_or(at.clone(), |span| self.source.place(span.start));
            match value.as_str() {
                Some(text) if has_control(text) => {
                    self.error(&at, format!("{text:?} in `{key}`"), CONTROL_RULE);
                }
                Some(text) => texts.push(Spanned { value: text.to_owned(), at }),
                None => self.error(&at, format!("{} in `{key}`", article(value.type_name())), expected),
            }
        }
        texts
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &'static str, default: bool) -> bool {
        let Some((item, at)) = self.item(key) else { return default };
        item.as_bool().unwrap_or_else(|| {
            self.wrong_type(key, item, &at, "true or false");
            default
        })
    }

    /// A whole number within a range.
    pub fn number(&self, key: &'static str, range: RangeInclusive<i64>) -> Option<Spanned<i64>> {
        let (item, at) = self.item(key)?;
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        match item.as_integer() {
            Some(value) if range.contains(&value) => Some(Spanned { value, at }),
            Some(value) => {
                self.error(&at, format!("`{key}` is {value}"), expected);
                None
            }
            None => {
                self.wrong_type(key, item, &at, &expected);
                None
            }
        }
    }

    /// A whole number that a `u32` holds, within a range.
    pub fn number_u32(&self, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let wide = i64::from(*range.start())..=i64::from(*range.end());
        self.number(key, wide).and_then(|number| u32::try_from(number.value).ok())
    }

    /// A whole number that an `i32` holds; 0 if not given.
    pub fn number_i32(&self, key: &'static str) -> i32 {
        let number = self.number(key, i64::from(i32::MIN)..=i64::from(i32::MAX));
        number.and_then(|number| i32::try_from(number.value).ok()).unwrap_or(0)
    }

    /// A whole number that an `i32` holds, if given.
    pub fn optional_i32(&self, key: &'static str) -> Option<i32> {
        let number = self.number(key, i64::from(i32::MIN)..=i64::from(i32::MAX))?;
        i32::try_from(number.value).ok()
    }

    /// A list of whole numbers within a range; empty if not given.
    pub fn numbers(&self, key: &'static str, range: RangeInclusive<i64>) -> Vec<Spanned<i64>> {
        let Some((item, at)) = self.item(key) else { return Vec::new() };
        let expected = format!("whole numbers from {} to {}, [1, 2]", range.start(), range.end());
        let Some(array) = item.as_array() else {
            self.wrong_type(key, item, &at, &expected);
            return Vec::new();
        };
        let mut numbers = Vec::new();
        for value in array {
            let at = value.span().map_or(at.clone(), |span| self.source.place(span.start));
            match value.as_integer().filter(|number| range.contains(number)) {
                Some(value) => numbers.push(Spanned { value, at }),
                None => self.error(&at, format!("{} in `{key}`", value.to_string().trim()), expected.clone()),
            }
        }
        numbers
    }

    /// One of a few words.
    pub fn choice<T: Word>(&self, key: &'static str) -> Option<T> {
        self.choice_of(key, T::WORDS)
    }

    /// One of the words given.
    pub fn choice_of<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        self.one_of(&format!("`{key}` is {:?}", text.value), &text, words)
    }

    /// Some of a few words, if given.
    pub fn choices<T: Word>(&self, key: &'static str) -> Option<Vec<T>> {
        self.item(key)?;
        let all = word_list(T::WORDS);
        let texts = self.texts(key, &format!("words in quotes, some of {all}"));
        let read =
            |text: &Spanned<String>| self.one_of(&format!("{:?} in `{key}`", text.value), text, T::WORDS);
        Some(texts.iter().filter_map(read).collect())
    }

    fn one_of<T: Copy>(&self, found: &str, text: &Spanned<String>, words: &[(&str, T)]) -> Option<T> {
        let chosen = words.iter().find(|(word, _)| *word == text.value).map(|(_, value)| *value);
        if chosen.is_none() {
            self.error(&text.at, found, format!("one of {}", word_list(words)));
        }
        chosen
    }

    /// The name of a file below the plan directory.
    pub fn path_below(&self, key: &'static str, expected: &str) -> Option<Spanned<String>> {
        let file = self.need_text(key, expected)?;
        self.is_below(&file).then_some(file)
    }

    /// Whether a file's name leads nowhere else.
    pub fn is_below(&self, file: &Spanned<String>) -> bool {
        let below = is_inside(&file.value);
        if !below {
            let expected = "a path below the plan directory, without `..`";
            self.error(&file.at, format!("file {:?}", file.value), expected);
        }
        below
    }

    /// A table below this one, as `[x.key]` or `key = { … }`.
    pub fn table(&self, key: &'static str) -> Option<Fields<'a>> {
        let (item, at) = self.item(key)?;
        let Some(table) = item.as_table_like() else {
            self.wrong_type(key, item, &at, "a table, { … }");
            return None;
        };
        Some(Fields::new(self.reader, self.source, key, table, at))
    }

    /// The tables `[[x.key]]` below this one; `key = [{ … }, …]` will do.
    pub fn tables(&self, key: &'static str) -> Vec<Fields<'a>> {
        let Some((item, at)) = self.item(key) else { return Vec::new() };
        let fields = |table: &'a dyn TableLike, span: Option<Range<usize>>| {
            let at = span.map_or(at.clone(), |span| self.source.place(span.start));
            Fields::new(self.reader, self.source, key, table, at)
        };
        if let Some(tables) = item.as_array_of_tables() {
            return tables.iter().map(|table| fields(table, table.span())).collect();
        }
        let Some(array) = item.as_array() else {
            self.wrong_type(key, item, &at, &format!("tables headed [[{key}]]"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for value in array {
            match value.as_inline_table() {
                Some(table) => tables.push(fields(table, value.span())),
                None => {
                    let at = value.span().map_or(at.clone(), |span| self.source.place(span.start));
                    self.error(&at, format!("{} in `{key}`", article(value.type_name())), "a table, { … }");
                }
            }
        }
        tables
    }

    /// What stands in the file for an item, as it was written.
    pub fn written(&self, item: &Item) -> &'a str {
        item.span().and_then(|span| self.source.text.get(span)).unwrap_or_default()
    }

    /// Names the keys that nobody asked for.
    pub fn finish(self) {
        let known = self.known.borrow();
        for (key, item) in self.table.iter() {
            if known.contains(&key) {
                continue;
            }
            let name = self.table.key(key).and_then(toml_edit::Key::span).or_else(|| item.span());
            let at = self.source.place(name.unwrap_or_default().start);
            self.error(&at, format!("unknown key `{key}` in {}", self.what), expected_key(key, &known));
        }
    }
}

const CONTROL_RULE: &str = "text without control characters";

/// Whether a text has characters that do nothing but harm; the database takes no NUL. Tabs and line ends are text.
pub(super) fn has_control(text: &str) -> bool {
    text.chars().any(|one| one.is_control() && !matches!(one, '\t' | '\n' | '\r'))
}

fn is_inside(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

fn word_list<T>(words: &[(&str, T)]) -> String {
    words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
}

fn expected_key(key: &str, known: &[&'static str]) -> String {
    match known.iter().min_by_key(|name| id::distance(name, key)) {
        Some(name) if id::distance(name, key) <= 2 => format!("`{name}`"),
        _ => {
            // A key may be asked for more than once.
            let mut names: Vec<&str> = Vec::new();
            for name in known {
                if !names.contains(name) {
                    names.push(name);
                }
            }
            format!("one of {}", names.join(", "))
        }
    }
}

fn describe(item: &Item) -> String {
    match item.as_value() {
        Some(value) if !value.is_array() && !value.is_inline_table() => {
            format!("{} {}", article(value.type_name()), value.to_string().trim())
        }
        Some(value) => article(value.type_name()),
        None => article(item.type_name()),
    }
}

fn article(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}
