//! The requests that a sipp got, from the file of its messages.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;

/// A request that somebody got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// Its headers: the first of each name.
    pub headers: BTreeMap<String, String>,
}

impl Request {
    /// A header's value; empty if it has none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Two are the same request, sent again, when these agree.
    fn identity(&self) -> (String, String, String) {
        (self.method.clone(), self.header("Call-ID").to_owned(), self.header("Via").to_owned())
    }
}

/// The requests in the file, in their order, repetitions left out.
///
/// # Errors
/// When it cannot be read.
pub fn requests(file: &Path) -> anyhow::Result<Vec<Request>> {
    if !file.exists() {
        return Ok(Vec::new());
    }
    let bytes = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut seen = std::collections::BTreeSet::new();
    let received = text.split("\n----").filter_map(|part| part.split_once(" message received"));
    Ok(received
        .filter_map(|(_, message)| parse(message.split_once("\n\n")?.1))
        .filter(|request| seen.insert(request.identity()))
        .collect())
}

fn parse(message: &str) -> Option<Request> {
    let mut lines = message.trim_start().lines();
    let (method, rest) = lines.next()?.split_once(' ')?;
    if !rest.contains("SIP/2.0") {
        return None;
    }
    let mut headers = BTreeMap::new();
    for line in lines.take_while(|line| !line.trim().is_empty()) {
        if let Some((name, value)) = line.split_once(':') {
            headers.entry(name.trim().to_owned()).or_insert_with(|| value.trim().to_owned());
        }
    }
    Some(Request { method: method.to_owned(), headers })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_request_counts_once() {
        let bye = "BYE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=1\r\nCall-ID: c\r\n\r\n";
        let piece = |text: &str| {
            format!(
                "----------------------------------------------- 2026-11-21\nUDP message received [9] bytes :\n\n{text}\n"
            )
        };
        let file = tempfile::NamedTempFile::new().expect("a file");
        let text = [
            piece(bye),
            piece(bye),
            piece(&bye.replace("branch=1", "branch=2")),
            piece("SIP/2.0 200 OK\r\n\r\n"),
        ];
        fs::write(file.path(), text.concat()).expect("it can be written");
        let found = requests(file.path()).expect("it can be read");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].method.as_str(), found[0].header("Call-ID")), ("BYE", "c"));
    }
}
