//! Reads what a service has answered. Total: whatever comes, there is an answer or there is none.

use rating_core::number::{self, Digits};
use serde_json::Value;

use super::word::Word;

/// What a service says of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was ported: this is its LRN.
    Ported(Digits),
    /// It was not ported: it is its own LRN.
    NotPorted,
    /// It is toll-free, and this carrier serves it: a [`Word::TollFree`].
    TollFree(Word),
    /// Nothing that helps: another server may know.
    None,
}

impl Answer {
    /// As the word that is kept of it.
    #[must_use]
    pub fn word(self, number: Digits) -> Option<Word> {
        match self {
            Answer::Ported(lrn) => Some(Word::Lrn(lrn)),
            Answer::NotPorted => Some(Word::Lrn(number)),
            Answer::TollFree(word) => Some(word),
            Answer::None => None,
        }
    }
}

/// Reads the final answer to an INVITE that asks for `number`, and the Contact that came with it.
///
/// `302` with `<sip:+14807868280;npdi;rn=+14805769233@192.0.2.1>` is an LRN, `<sip:4805769233@192.0.2.1>` too; `rn` or user
/// equal to the number, `npdi` alone, and `404` mean that it was not ported (3.9).
#[must_use]
pub fn read_sip(number: &Digits, sip_code: u16, contact: &[u8]) -> Answer {
    match sip_code {
        300..=302 => user_of(contact).map_or(Answer::None, |user| read_user(number, user)),
        404 => Answer::NotPorted,
        _ => Answer::None,
    }
}

/// The user part of a Contact's first URI with the parameters that stand in it, else those behind the host.
fn user_of(contact: &[u8]) -> Option<Vec<u8>> {
    let uri = match contact.iter().position(|byte| *byte == b'<') {
        Some(at) => contact.get(at + 1..)?.split(|byte| *byte == b'>').next()?,
        None => contact.split(|byte| *byte == b',').next()?.trim_ascii(),
    };
    let colon = uri.iter().position(|byte| *byte == b':')?;
    let (scheme, rest) = (uri.get(..colon)?, uri.get(colon + 1..)?);
    if scheme.eq_ignore_ascii_case(b"tel") {
        return Some(plain(rest));
    }
    if !scheme.eq_ignore_ascii_case(b"sip") && !scheme.eq_ignore_ascii_case(b"sips") {
        return None;
    }
    let at = rest.iter().position(|byte| *byte == b'@')?;
    let (user, host) = (plain(rest.get(..at)?), rest.get(at + 1..)?);
    if user.contains(&b';') {
        return Some(user);
    }
    let behind = host.iter().position(|byte| *byte == b';').and_then(|at| host.get(at..));
    Some([&user, behind.unwrap_or_default()].concat())
}

/// Without percent-encoding: some write `%3B` for the semicolon and `%2B` for the plus.
fn plain(text: &[u8]) -> Vec<u8> {
    let hex = |byte: &u8| char::from(*byte).to_digit(16).map(|value| value as u8);
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        match (byte, behind) {
            (b'%', [high, low, behind @ ..]) => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => {
                    plain.push(high << 4 | low);
                    rest = behind;
                }
                _ => plain.push(*byte),
            },
            _ => plain.push(*byte),
        }
    }
    plain
}

/// A number with its RFC 4694 parameters.
fn read_user(number: &Digits, user: Vec<u8>) -> Answer {
    let mut parts = user.split(|byte| *byte == b';');
    let own = parts.next().unwrap_or_default();
    let (mut rn, mut cic, mut is_dipped) = (None, None, false);
    for parameter in parts {
        let mut words = parameter.splitn(2, |byte| *byte == b'=');
        let (name, value) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        match name.to_ascii_lowercase().as_slice() {
            b"rn" => rn = Some(value),
            b"cic" => cic = Some(value),
            b"npdi" | b"ndpi" => is_dipped = true,
            _ => {}
        }
    }
    if let Some(word) = cic.and_then(cic_of) {
        return Answer::TollFree(word);
    }
    match rn {
        Some(rn) if !rn.is_empty() => ported_to(number, rn),
        _ if is_dipped || rn.is_some() => Answer::NotPorted,
        _ => ported_to(number, own),
    }
}

/// `0288`, `+1-0288`, `+10288`: the carrier is the last four digits.
fn cic_of(value: &[u8]) -> Option<Word> {
    let digits: Vec<u8> = value.iter().copied().filter(u8::is_ascii_digit).collect();
    Word::toll_free(*digits.last_chunk()?, [0; 5])
}

/// A text that should be an LRN.
fn ported_to(number: &Digits, lrn: &[u8]) -> Answer {
    match number::normalise(lrn).filter(Digits::is_nanp) {
        Some(lrn) if lrn == *number => Answer::NotPorted,
        Some(lrn) => Answer::Ported(lrn),
        None => Answer::None,
    }
}

/// Reads the answer of an HTTP service: `7207081999;567G`, or JSON with `lrn`, with `cic`, or with either in `data` or
/// `metadata`. An LRN that is empty or null, and 404, mean that the number was not ported.
#[must_use]
pub fn read_http(number: &Digits, status: u16, body: &[u8]) -> Answer {
    match status {
        200..=299 => {}
        404 => return Answer::NotPorted,
        _ => return Answer::None,
    }
    let body = body.trim_ascii();
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(object)) => {
            let within =
                ["data", "metadata", "result"].iter().filter_map(|name| object.get(*name)?.as_object());
            let mut objects = std::iter::once(&object).chain(within);
            objects.find_map(|object| read_object(number, object)).unwrap_or(Answer::None)
        }
        // A number alone is JSON, and so is a text in quotes.
        Ok(value @ (Value::Number(_) | Value::String(_))) => read_line(number, text_of(&value).as_bytes()),
        Ok(_) => Answer::None,
        Err(_) => read_line(number, body),
    }
}

/// `LRN;SPID`.
fn read_line(number: &Digits, line: &[u8]) -> Answer {
    let mut cells = line.split(|byte| *byte == b';');
    match (cells.next().unwrap_or_default().trim_ascii(), cells.next()) {
        // An LRN that is left out, of a number that is known.
        (b"", Some(spid)) if spid.trim_ascii().len() == 4 => Answer::NotPorted,
        (lrn, _) => ported_to(number, lrn),
    }
}

fn read_object(number: &Digits, object: &serde_json::Map<String, Value>) -> Option<Answer> {
    if let Some(cic) = object.get("cic") {
        let digits = text_of(cic);
        let ror = object.get("ror").map(text_of).unwrap_or_default();
        let ror = ror.as_bytes().try_into().unwrap_or([0; 5]);
        // Written as a number, a CIC has lost its zeros.
        let padded = if digits.is_empty() { digits } else { format!("{digits:0>4}") };
        let word = padded.as_bytes().try_into().ok().and_then(|cic| Word::toll_free(cic, ror));
        return Some(word.map_or(Answer::None, Answer::TollFree));
    }
    match object.get("lrn")? {
        Value::Null => Some(Answer::NotPorted),
        lrn => match text_of(lrn).as_str() {
            "" => Some(Answer::NotPorted),
            lrn => Some(ported_to(number, lrn.as_bytes())),
        },
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// Reads the expression of an ENUM answer of the service `E2U+pstn:tel` (RFC 6116, RFC 4769):
/// `!(^.*$)!tel:\1;npdi;rn=+16305550000!`.
#[must_use]
pub fn read_enum(number: &Digits, expression: &[u8]) -> Answer {
    let Some((delimiter, rest)) = expression.split_first() else { return Answer::None };
    let Some(replacement) = rest.split(|byte| byte == delimiter).nth(1) else { return Answer::None };
    let Some(colon) = replacement.iter().position(|byte| *byte == b':') else { return Answer::None };
    if !replacement.get(..colon).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"tel")) {
        return Answer::None;
    }
    let user = replacement.get(colon + 1..).unwrap_or_default();
    // What the expression matches is the number that was asked for.
    match user.strip_prefix(b"\\1").or_else(|| user.strip_prefix(b"+\\1")) {
        Some(parameters) => read_user(number, [number.as_bytes(), parameters].concat()),
        None => read_user(number, plain(user)),
    }
}

#[cfg(test)]
mod tests;
