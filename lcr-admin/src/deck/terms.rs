//! Columns of dates and intervals: the titles that they are known by, and the words that give an unknown one away.
//!
//! Were such a column left out, prices of a later year would hold now, and in 6/6. So a title that speaks of dates or
//! intervals and is not known refuses the file, as one of money does.

use super::header::Role;
use super::title::Title;

/// The titles, as errors and the documentation list them; a title that has the same letters and digits is the same.
const KNOWN: [(Role, &[&str]); 5] = [
    (
        Role::Starts,
        &[
            "start date",
            "start",
            "starts",
            "starts on",
            "start date time",
            "begin date",
            "date from",
            "from date",
            "effective date",
            "effective",
            "eff date",
            "effective from",
            "effective date time",
            "effective start date",
            "valid from",
        ],
    ),
    (
        Role::Ends,
        &[
            "end date",
            "end",
            "ends",
            "ends on",
            "end date time",
            "date to",
            "to date",
            "expiry date",
            "expiry",
            "expires",
            "expires on",
            "expiration date",
            "expiration",
            "effective to",
            "effective until",
            "effective end date",
            "valid to",
            "valid till",
            "valid until",
        ],
    ),
    (
        Role::FirstSec,
        &[
            "first interval",
            "first increment",
            "first sec",
            "initial interval",
            "initial increment",
            "initial block",
            "init block",
            "initial billing time",
            "interval 1",
            "duration",
            "min duration",
            "min time",
            "min sec",
            "min secs",
            "min seconds",
            "minimum duration",
            "minimum time",
            "minimum seconds",
        ],
    ),
    (
        Role::IncrementSec,
        &[
            "increment",
            "incr",
            "increment sec",
            "billing increment",
            "sub interval",
            "next interval",
            "next increment",
            "interval n",
        ],
    ),
    (Role::Billing, &["billing"]),
];

/// Words that give such a column away wherever they stand in a title.
const PARTS: [&str; 13] = [
    "effective",
    "expir",
    "valid",
    "date",
    "until",
    "start",
    "begin",
    "interval",
    "duration",
    "increment",
    "billing",
    "rounding",
    "pulse",
];

/// Those that do so only as words of their own: `End`, but not `Vendor`.
const WORDS: [&str; 18] = [
    "from", "till", "thru", "through", "end", "ends", "ending", "eff", "exp", "incr", "min", "mins",
    "minute", "minutes", "sec", "secs", "second", "seconds",
];

/// What a column of dates or intervals holds.
pub fn role_of(key: &str) -> Option<Role> {
    let is_known = |titles: &[&str]| titles.iter().any(|title| Title::of(title).key == key);
    KNOWN.iter().find(|(_, titles)| is_known(titles)).map(|(role, _)| *role)
}

/// Whether a title speaks of dates or intervals. When a row was updated is no date of its price.
pub fn speaks_of_terms(title: &Title) -> bool {
    let key = title.key.replace("update", "");
    PARTS.iter().any(|part| key.contains(part))
        || title.words.iter().any(|word| WORDS.contains(&word.as_str()))
}

/// What is expected in place of a title that is not known: all that are.
pub fn expected() -> String {
    let lists = KNOWN.map(|(_, titles)| titles.join(", "));
    let [starts, ends, first, increment, both] = lists;
    format!(
        "a column that is known; one that speaks of dates or intervals is not left out. Known are, for the start: {starts}; \
         for the end: {ends}; for the first interval: {first}; for the increment: {increment}; for both: {both}, interval"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_the_titles_that_are_known() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/DECK_FORMATS.md");
        let documented = std::fs::read_to_string(path).unwrap();
        for (role, titles) in KNOWN {
            let titles: Vec<_> = titles.iter().map(|title| format!("`{title}`")).collect();
            assert!(documented.contains(&titles.join(", ")), "{role:?}: {}", titles.join(", "));
        }
    }
}
