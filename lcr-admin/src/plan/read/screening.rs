//! Numbers and destinations that an account or a trunk may not use (2.6), and lists of prefixes everywhere.
//!
//! ```toml
//! blocked_dnis = ["900", "976", "+53"]                # or { file = "lists/blocked.csv" }
//! destination_classes = ["domestic", "toll_free"]
//! countries = ["US", "CA"]                            # or countries_except = ["CU"]
//! ```

use rating_core::lerg::{e164, npa};
use rating_core::number::Digits;
use rating_core::plan::{BlockedPrefix, Countries, Screening};

use super::fields::{Fields, Spanned};
use super::tables;
use crate::words::CountryRule;

const PREFIXES_RULE: &str = "prefixes in quotes, [\"1212\", \"+44\"], or { file = \"lists/numbers.csv\" }";
const PREFIX_RULE: &str = "1 to 15 digits of E.164, not from 0, with or without +";
pub(crate) const SHARED_CODES: &str = "a shared country code belongs to its main country (1 US, 7 RU, 44 GB)";
const COUNTRY_RULE: &str = "a country, two capitals (ISO 3166)";

impl Fields<'_> {
    /// What an owner may not use; all may be used if nothing is given.
    pub fn screening(&self) -> Screening {
        Screening {
            blocked_ani: self.prefixes("blocked_ani"),
            allowed_ani: self.prefixes("allowed_ani"),
            blocked_dnis: self.listed("blocked_dnis", blocked_prefix),
            allowed_dnis: self.prefixes("allowed_dnis"),
            destination_classes: self.choices("destination_classes"),
            countries: self.countries(),
        }
    }

    /// E.164 prefixes, or whole numbers.
    pub fn prefixes(&self, key: &'static str) -> Vec<Digits> {
        self.listed(key, e164_prefix)
    }

    /// Entries that stand here, or in a file of their own.
    fn listed<T: PartialEq + Copy>(&self, key: &'static str, read: fn(&str) -> Option<T>) -> Vec<T> {
        let entries = match self.item(key) {
            Some((item, _)) if item.is_table_like() => self.file_entries(key),
            _ => self.texts(key, PREFIXES_RULE),
        };
        let mut seen = std::collections::HashSet::new();
        let mut list = Vec::with_capacity(entries.len());
        for entry in entries {
            match read(&entry.value) {
                None => self.refuse(&entry.at, format!("{:?} in `{key}`", entry.value), PREFIX_RULE),
                Some(_) if !seen.insert(entry.value.clone()) => {
                    self.reader
                        .problems
                        .warning(&entry.at, format!("{:?} is in `{key}` already", entry.value));
                }
                Some(value) => list.push(value),
            }
        }
        list
    }

    fn file_entries(&self, key: &'static str) -> Vec<Spanned<String>> {
        let Some(table) = self.table(key) else { return Vec::new() };
        let file = table.path_below("file", "a list of prefixes, such as \"lists/blocked.csv\"");
        table.finish();
        file.map(|file| tables::read_list(self.reader, &file)).unwrap_or_default()
    }

    fn countries(&self) -> Countries {
        let list = |key| self.country_list(key, is_of_numbers);
        let (only, except) = (list("countries"), list("countries_except"));
        if let (Some(_), Some(_), Some((_, at))) = (&only, &except, self.item("countries_except")) {
            self.refuse(&at, "`countries_except` beside `countries`", "one of them");
        }
        match (only, except) {
            (Some(only), _) => CountryRule::Only.with(only),
            (None, Some(except)) => CountryRule::AllBut.with(except),
            (None, None) => Countries::All,
        }
    }

    /// Countries, if given. Of one that is none of the `known` there is nothing to allow, forbid or end.
    pub fn country_list(&self, key: &'static str, known: fn(&str) -> bool) -> Option<Vec<String>> {
        self.item(key)?;
        let countries = self.texts(key, "countries in quotes, [\"US\", \"CA\"]");
        for country in &countries {
            if !is_country(&country.value) {
                self.refuse(&country.at, format!("country {:?}", country.value), COUNTRY_RULE);
            } else if !known(&country.value) {
                let found = format!("no number is of country {}: {SHARED_CODES}", country.value);
                self.reader.problems.warning(&country.at, found);
            }
        }
        Some(countries.into_iter().map(|country| country.value).collect())
    }
}

pub(crate) fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Whether a country has a country code, or is the main one of those that share it.
pub(crate) fn is_of_code(country: &str) -> bool {
    e164::codes().iter().any(|code| code.country == *country.as_bytes())
}

/// Whether numbers are of this country: by its code, or by its area codes in NANP.
fn is_of_numbers(country: &str) -> bool {
    is_of_code(country) || (200..1000).any(|code| npa::place(code).country == *country.as_bytes())
}

/// Reads `44` and `+44`.
pub(crate) fn e164_prefix(text: &str) -> Option<Digits> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    Digits::new(digits.as_bytes()).filter(|digits| !digits.is_empty() && !digits.as_str().starts_with('0'))
}

/// As [`e164_prefix`], but `900` is 1900 and `976` the exchange 976 of any area code (2.6); `+976` is Mongolia.
fn blocked_prefix(text: &str) -> Option<BlockedPrefix> {
    match text {
        "900" => e164_prefix("1900").map(BlockedPrefix::Prefix),
        "976" => Some(BlockedPrefix::AnyNpa976),
        _ => e164_prefix(text).map(BlockedPrefix::Prefix),
    }
}

/// A blocked prefix as [`blocked_prefix`] reads it.
pub(crate) fn blocked_prefix_text(prefix: BlockedPrefix) -> String {
    match prefix {
        BlockedPrefix::AnyNpa976 => "976".to_owned(),
        BlockedPrefix::Prefix(digits) if matches!(digits.as_str(), "900" | "976") => format!("+{digits}"),
        BlockedPrefix::Prefix(digits) => digits.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r2_6_countries_that_numbers_are_of() {
        for known in ["US", "CA", "PR", "JM", "GB", "RU", "CU"] {
            assert!(is_of_numbers(known), "{known}");
        }
        for unknown in ["UK", "KZ", "IM", "ZZ"] {
            assert!(!is_of_numbers(unknown), "{unknown}");
        }
        assert!(is_of_code("US") && !is_of_code("CA"), "1 belongs to US in the scope of a deck");
    }

    #[test]
    fn r2_6_900_is_1900_and_976_is_any_npa_but_with_a_plus_it_is_e164() {
        let prefix = |text: &str| Some(BlockedPrefix::Prefix(Digits::new(text.as_bytes()).unwrap()));
        for (text, expected) in [
            ("900", prefix("1900")),
            ("1900", prefix("1900")),
            ("+900", prefix("900")),
            ("976", Some(BlockedPrefix::AnyNpa976)),
            ("+976", prefix("976")),
            ("9761", prefix("9761")),
            ("", None),
            ("+", None),
            ("0123", None),
            ("12x", None),
            ("1234567890123456", None),
        ] {
            assert_eq!(blocked_prefix(text), expected, "{text}");
            if let Some(prefix) = expected {
                assert_eq!(blocked_prefix(&blocked_prefix_text(prefix)), expected, "{text}");
            }
        }
    }
}
