//! The title of a column: what names it, and what it says in parentheses about currency and unit.

use super::header::Role;

/// A title in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    /// Letters and digits in lower case, without what stands in parentheses.
    pub key: String,
    /// The words of the key: `Min.Time` and `MinTime` are of two. Some may be empty.
    pub words: Vec<String>,
    /// What stands in parentheses.
    notes: Vec<String>,
}

impl Title {
    pub fn of(text: &str) -> Title {
        let mut outside = String::new();
        let mut notes = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('(') {
            outside.push_str(before);
            let (note, more) = behind.split_once(')').unwrap_or((behind, ""));
            notes.push(note.to_owned());
            rest = more;
        }
        outside.push_str(rest);
        let words = words(&outside);
        Title { key: words.concat(), words, notes }
    }

    /// Whether the dates below are of UTC, as `Effective Date (UTC)` says.
    pub fn says_utc(&self) -> bool {
        let mut words = self.notes.iter().flat_map(|note| note.split(|c: char| !c.is_ascii_alphanumeric()));
        words.any(|word| ["utc", "gmt"].contains(&word.to_ascii_lowercase().as_str()))
    }

    /// The currency in parentheses, if any; or what could have stood there. A price per second or in cents is
    /// not one that is read.
    pub fn currency(&self, role: Role) -> Result<Option<String>, &'static str> {
        let (units, expected): (&[&str], _) = match role {
            Role::Price(_) => {
                (&["per", "min", "minute"], "nothing in parentheses but a currency such as USD, or per min")
            }
            Role::ConnectFee => {
                (&["per", "call"], "nothing in parentheses but a currency such as USD, or per call")
            }
            Role::FirstSec | Role::IncrementSec | Role::Interval | Role::GraceSec | Role::Billing => {
                (&["in", "s", "sec", "secs", "second", "seconds"], "nothing in parentheses but seconds")
            }
            Role::Starts | Role::Ends => (
                &["yyyy", "mm", "dd", "hh", "ss", "utc", "gmt"],
                "nothing in parentheses but UTC or YYYY-MM-DD",
            ),
            _ => return Ok(None),
        };
        let is_money = matches!(role, Role::Price(_) | Role::ConnectFee);
        let mut currency = None;
        for note in &self.notes {
            let written = |c: char| c.is_ascii_alphanumeric() || " /-:.".contains(c);
            if !note.chars().all(written) {
                return Err(expected);
            }
            for word in note.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
                let lower = word.to_ascii_lowercase();
                if units.contains(&lower.as_str()) {
                    continue;
                }
                let code = currency_code(word).filter(|_| is_money && currency.is_none());
                currency = Some(code.ok_or(expected)?);
            }
        }
        Ok(currency)
    }
}

/// Letters and digits in lower case; other characters, and a capital behind a small letter, begin a word.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_behind_small = false;
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() || (is_behind_small && c.is_ascii_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
        is_behind_small = c.is_ascii_lowercase();
    }
    words
}

/// A currency as it is written: three letters. Those that shorten a unit are none.
pub fn currency_code(word: &str) -> Option<String> {
    let code = word.to_ascii_uppercase();
    let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_code && !["SEC", "MIN", "CTS", "PER"].contains(&code.as_str())).then_some(code)
}
