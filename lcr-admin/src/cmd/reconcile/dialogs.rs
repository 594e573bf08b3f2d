//! Kamailio's dialogs: a line of JSON for each, as `dlg.dump_file` writes them; or as `dlg.list` tells them, in the words
//! of `kamcmd` or as JSON-RPC.
//!
//! Worked: `{ call-id: 7-call@host … state: 4 … variables: { { tandem: 0000012c00000001 } } }` is a dialog that is
//! confirmed, of the call with that handle. Lines are `name: value`, `name: {`, `{` and `}`.
//!
//! A text that breaks off is an error: half a list would say that the other half is over.

use serde_json::Value;

/// The state of a dialog that is over, and kept for some seconds.
const DELETED: u64 = 5;

/// A dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dialog {
    /// Its Call-ID.
    pub call_id: String,
    /// What the configuration has written into its variable `tandem`: the call's handle.
    pub handle: Option<String>,
    /// Its state's number: 1 to 4 it lives, 5 it is over.
    pub state: u64,
}

impl Dialog {
    /// Whether its call goes on.
    pub const fn is_alive(&self) -> bool {
        self.state != DELETED
    }
}

/// Why a list is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum ListError {
    /// No line of what `kamcmd` prints.
    #[error("line {0} is none of `kamcmd dlg.list`: {1}")]
    Line(usize, String),
    /// It ends within a dialog.
    #[error("the list of dialogs breaks off within one")]
    BrokenOff,
    /// A dialog without a Call-ID or a state.
    #[error("a dialog without {0}: give what `dlg.list` says, in full")]
    Lacks(&'static str),
    /// JSON of something else.
    #[error("this JSON is no answer to `dlg.list`: expected a list, or an object with `result`")]
    NoList,
}

/// Reads a list, whichever way it is written.
pub(super) fn read(text: &str) -> Result<Vec<Dialog>, ListError> {
    // The words begin with a brace alone on its line.
    if !text.starts_with(['{', '[']) || text.starts_with("{\n") {
        return read_words(text);
    }
    let values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let values = values.collect::<Result<Vec<_>, _>>().map_err(|_| ListError::BrokenOff)?;
    match values.as_slice() {
        [one] if one.get("call_id").is_none() => {
            let list = one.get("result").unwrap_or(one).as_array().ok_or(ListError::NoList)?;
            list.iter().map(dialog_of).collect()
        }
        lines => lines.iter().map(dialog_of).collect(),
    }
}

fn dialog_of(value: &Value) -> Result<Dialog, ListError> {
    let call_id = ["call-id", "callid", "call_id"].iter().find_map(|name| value.get(name)?.as_str());
    let variables = value.get("variables").map_or(&[][..], |all| match all {
        Value::Array(each) => each,
        all => std::slice::from_ref(all),
    });
    let handle = variables.iter().find_map(|variable| variable.get("tandem")?.as_str());
    Ok(Dialog {
        call_id: call_id.ok_or(ListError::Lacks("a Call-ID"))?.to_owned(),
        handle: handle.map(str::to_owned),
        state: value.get("state").and_then(Value::as_u64).ok_or(ListError::Lacks("a state"))?,
    })
}

fn read_words(text: &str) -> Result<Vec<Dialog>, ListError> {
    let (mut dialogs, mut depth, mut inside) = (Vec::new(), 0usize, String::new());
    let (mut call_id, mut state, mut handle) = (None, None, None);
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let (name, value) = line.split_once(':').map_or((line, ""), |(name, value)| (name, value.trim()));
        match (depth, name, value) {
            (_, "", _) => {}
            (_, "{", "") => depth += 1,
            (1, name, "{") => {
                (depth, inside) = (2, name.to_owned());
            }
            (_, _, "{") => depth += 1,
            (1, "}", "") => {
                depth = 0;
                dialogs.push(Dialog {
                    call_id: call_id.take().ok_or(ListError::Lacks("a Call-ID"))?,
                    handle: handle.take(),
                    state: state.take().ok_or(ListError::Lacks("a state"))?,
                });
            }
            (2.., "}", "") => depth -= 1,
            (1, "call-id", value) => call_id = Some(value.to_owned()),
            (1, "state", value) => state = value.parse().ok(),
            (2.., "tandem", value) if inside == "variables" => handle = Some(value.to_owned()),
            (1.., ..) => {}
            (0, ..) => return Err(ListError::Line(at + 1, line.to_owned())),
        }
    }
    if depth == 0 { Ok(dialogs) } else { Err(ListError::BrokenOff) }
}

#[cfg(test)]
mod tests {
    use super::{Dialog, ListError, read};

    /// What `kamcmd dlg.list` of Kamailio 5.6.3 has printed of two dialogs in set-up.
    const RECORDED: &str = include_str!("dlg_list_5_6_3.txt");

    fn dialog(call_id: &str, handle: Option<&str>, state: u64) -> Dialog {
        Dialog { call_id: call_id.to_owned(), handle: handle.map(str::to_owned), state }
    }

    #[test]
    fn what_kamcmd_prints_is_read() {
        let handle = Some("0000000100000001");
        assert_eq!(
            read(RECORDED).unwrap(),
            [dialog("2-call@host", handle, 1), dialog("1-call@host", handle, 1)]
        );
        assert_eq!(read("").unwrap(), []);
    }

    #[test]
    fn json_is_read_with_its_envelope_or_without() {
        let list = r#"[{"call-id":"a:b","state":4,"variables":[{"other":"1"},{"tandem":"00000000000000ff"}]},
            {"call-id":"c","state":5,"variables":[]}]"#;
        let expected = [dialog("a:b", Some("00000000000000ff"), 4), dialog("c", None, 5)];
        assert_eq!(read(list).unwrap(), expected);
        assert_eq!(read(&format!(r#"{{"jsonrpc":"2.0","result":{list},"id":1}}"#)).unwrap(), expected);
        assert!(expected[0].is_alive() && !expected[1].is_alive());
    }

    #[test]
    fn lines_that_kamailio_has_written_are_read() {
        let lines = "{\"h_entry\":1,\"call_id\":\"a\",\"state\":4,\"variables\":{\"tandem\":\"00000000000000ff\"}}\n\
                     {\"h_entry\":2,\"call_id\":\"b\",\"state\":5,\"variables\":{}}\n";
        let expected = [dialog("a", Some("00000000000000ff"), 4), dialog("b", None, 5)];
        assert_eq!(read(lines).unwrap(), expected);
        let one = lines.lines().next().unwrap();
        assert_eq!(read(one).unwrap(), expected[..1]);
        for cut in [lines.len() - 3, one.len() - 1, one.len() + 5] {
            assert!(matches!(read(&lines[..cut]), Err(ListError::BrokenOff)), "{cut}");
        }
    }

    #[test]
    fn half_a_list_and_other_texts_are_refused() {
        for cut in [RECORDED.len() - 3, RECORDED.len() / 2, 20] {
            assert!(matches!(read(&RECORDED[..cut]), Err(ListError::BrokenOff)), "{cut}");
        }
        let other = read("error: 500 - Server error");
        assert!(matches!(other, Err(ListError::Line(1, _))));
        assert!(matches!(read(r#"{"error":{"code":500}}"#), Err(ListError::NoList)));
        assert!(matches!(read(r#"[{"state":4}]"#), Err(ListError::Lacks("a Call-ID"))));
        assert!(matches!(read("{\n\tcall-id: a\n}\n"), Err(ListError::Lacks("a state"))));
    }
}
