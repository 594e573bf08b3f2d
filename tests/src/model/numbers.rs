//! How numbers are read (2.4).

use rating_core::plan::DialRule;

/// The dialled text: without visual separators.
#[must_use]
pub fn strip_separators(dialled: &str) -> String {
    dialled.chars().filter(|c| !"-.() ".contains(*c)).collect()
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `1 [2-9]XX [2-9]XX XXXX`.
pub fn is_nanp(number: &str) -> bool {
    let b = number.as_bytes();
    b.len() == 11 && b[0] == b'1' && b[1] >= b'2' && b[4] >= b'2'
}

/// The area code of a NANP number.
pub fn npa(number: &str) -> Option<u16> {
    is_nanp(number).then(|| number[1..4].parse().expect("digits"))
}

/// Whether its exchange is 976.
pub fn is_exchange_976(number: &str) -> bool {
    is_nanp(number) && &number[4..7] == "976"
}

fn valid(e164: &str) -> Option<String> {
    if !all_digits(e164) || e164.len() < 7 || e164.len() > 15 || e164.starts_with('0') {
        return None;
    }
    if e164.starts_with('1') && !is_nanp(e164) {
        return None;
    }
    Some(e164.to_owned())
}

fn begins_international(text: &str) -> Option<&str> {
    text.strip_prefix('+').or_else(|| text.strip_prefix("011")).or_else(|| text.strip_prefix("00"))
}

/// The default rules, on a text without separators.
#[must_use]
pub fn read_default(text: &str) -> Option<String> {
    if let Some(e164) = begins_international(text) {
        return valid(e164);
    }
    if !all_digits(text) {
        return None;
    }
    if text.len() == 10 && text.as_bytes()[0] >= b'2' {
        return valid(&format!("1{text}"));
    }
    valid(text)
}

/// What the first rule that matches makes of the text; `None` if no rule matches.
pub fn read_by_rules(text: &str, rules: &[DialRule]) -> Option<Option<String>> {
    let matches = |rule: &&DialRule| {
        text.starts_with(&rule.prefix) && rule.len.is_none_or(|len| usize::from(len) == text.chars().count())
    };
    let rule = rules.iter().find(matches)?;
    let rest: String = text.chars().skip(usize::from(rule.strip)).collect();
    Some(valid(&format!("{}{rest}", rule.add)))
}

/// Whether the text can be a short code: 1 to 6 digits, dialled without `+`, `00`, `011`.
pub fn is_short(text: &str) -> bool {
    all_digits(text) && text.len() <= 6 && begins_international(text).is_none()
}
