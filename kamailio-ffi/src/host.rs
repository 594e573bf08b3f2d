//! What the modules for Lua and Python share: one function per verb, answers as plain values.
//!
//! It knows neither language. An [`Answer`] owns nothing, so it outlives whatever a language does to the stack.

use std::io::Write as _;

use rating_core::reject::Reason;
use rating_node::{CallError, Handle, Node, Verdict};

use crate::dip::Found;
use crate::instance::{self, Request};
use crate::panic::{Failure, complain, guard, last_error};
use crate::status::TandemStatus;

/// The SIP answer to a call that could not be decided because the node does not work.
pub(crate) const SERVER_ERROR: u16 = 500;

/// What `due` calls the numbers of `TandemDueFor`.
pub(crate) const DUE_FOR: [&str; 5] = ["", "extended", "end", "expired", "ended"];

/// What a verb answers.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    Done,
    Failed(TandemStatus),
    Admitted { handle: Handle, longest_sec: u32, is_retransmission: bool },
    Rejected(Reason),
    Leg { dial_len: usize, timeout_sec: u32, leg: u8 },
    NoLeg,
    Snapshot { generation: u64, content_id: u64 },
    Dip(Found),
}

/// What is found of a number, in words: whether to ask or known, and the text; `None` for nothing.
pub(crate) fn found_of(answer: Answer, room: &mut [u8; 64]) -> Option<(&'static str, &[u8])> {
    let Answer::Dip(found) = answer else { return None };
    let mut rest = &mut room[..];
    let (what, written) = match found {
        Found::Nothing => return None,
        Found::Ask(question) => ("ask", write!(rest, "{question}")),
        Found::Known(word) => ("known", write!(rest, "{word}")),
    };
    let left = rest.len();
    written.ok()?;
    Some((what, room.get(..room.len() - left)?))
}

/// Runs a verb. All that it made is dropped when this returns; only then is the language called again.
///
/// A fault is told on stderr: who writes a configuration looks there first.
pub(crate) fn run(body: impl FnOnce() -> Result<Answer, Failure>) -> Answer {
    let mut answer = Answer::Done;
    let status = guard(|| {
        answer = body()?;
        Ok(TandemStatus::Ok)
    });
    match status {
        TandemStatus::Ok => answer,
        failed => {
            last_error(|text| complain(format_args!("{}: {text}", failed.name().to_string_lossy())));
            Answer::Failed(failed)
        }
    }
}

/// Attaches the node. `calls_max` is 0 where nothing is given, `None` where it is no number.
pub(crate) fn attach(snapshot: &[u8], state: &[u8], calls_max: Option<i64>) -> Result<Answer, Failure> {
    let path = |text| std::str::from_utf8(text).ok().filter(|path: &&str| !path.is_empty());
    let (Some(snapshot), Some(state)) = (path(snapshot), path(state)) else {
        let text = "attach: snapshot and state must be paths";
        return Err(Failure::new(TandemStatus::BadArgument, text));
    };
    let Some(calls_max) = calls_max.and_then(|calls| u32::try_from(calls).ok()) else {
        let text = "attach: calls_max must be a number of calls";
        return Err(Failure::new(TandemStatus::BadArgument, text));
    };
    instance::attach(snapshot, state, calls_max)?;
    Ok(Answer::Done)
}

/// Decides a call.
pub(crate) fn decide(request: &Request<'_>) -> Result<Answer, Failure> {
    let node = instance::node()?;
    let verdict = instance::decide(&node, &instance::asked(request)?);
    Ok(match &verdict {
        Verdict::Admitted { handle, generation, decision, .. } => {
            let generation = node.generation(*generation).unwrap_or_else(|_| node.newest());
            let longest_sec = instance::longest_sec(&verdict, &generation);
            Answer::Admitted { handle: *handle, longest_sec, is_retransmission: decision.is_none() }
        }
        Verdict::Rejected { reject, .. } => Answer::Rejected(reject.reason),
    })
}

/// The leg to try; its dial string is written to `dial`.
pub(crate) fn next(handle: Handle, sip_code: u16, dial: &mut [u8]) -> Result<Answer, Failure> {
    let found = instance::node()?
        .next(handle, sip_code, instance::now(), dial)
        .map_err(|error| instance::failure_of(&error))?;
    Ok(found.map_or(Answer::NoLeg, |leg| Answer::Leg {
        dial_len: leg.dial_len,
        timeout_sec: leg.dial_timeout_sec,
        leg: leg.index,
    }))
}

/// Reports an event of a call.
pub(crate) fn event(report: impl FnOnce(&Node) -> Result<(), CallError>) -> Result<Answer, Failure> {
    let node = instance::node()?;
    report(&node).map_err(|error| instance::failure_of(&error.into()))?;
    Ok(Answer::Done)
}

/// Which snapshot is live.
pub(crate) fn snapshot() -> Result<Answer, Failure> {
    let live = instance::node()?.snapshot(instance::now().utc_ns);
    Ok(Answer::Snapshot { generation: live.number(), content_id: live.content_id() })
}

/// The same figures under the same names as `TandemStats`, without the reasons.
pub(crate) fn stats() -> Result<[(&'static str, u64); 11], Failure> {
    let now = instance::node()?.stats();
    Ok([
        ("calls_max", u64::from(now.calls_max)),
        ("in_setup", u64::from(now.in_setup)),
        ("answered", u64::from(now.answered)),
        ("ended", u64::from(now.ended)),
        ("slots_held", now.gauges_held.1),
        ("generation", now.generation),
        ("admitted", now.admitted),
        ("rejected", now.rejected.iter().map(|(_, count)| count).sum()),
        ("snapshots_until_utc_sec", now.snapshots_until_utc_sec.unwrap_or(0).cast_unsigned()),
        ("late_decisions", now.late_decisions),
        ("emergency_calls", now.emergency_calls),
    ])
}

/// The handle that a language's text is.
pub(crate) fn handle_of(text: &[u8]) -> Result<Handle, Failure> {
    let parsed = std::str::from_utf8(text).ok().and_then(Handle::parse);
    parsed.ok_or_else(|| Failure::new(TandemStatus::BadArgument, "handle: not 16 hexadecimal digits"))
}

/// The SIP code that a language's number is.
pub(crate) fn sip_code_of(number: Option<i64>) -> Result<u16, Failure> {
    let code = number.and_then(|code| u16::try_from(code).ok()).filter(|code| *code < 700);
    code.ok_or_else(|| Failure::new(TandemStatus::BadArgument, "sip_code: not 0 to 699"))
}

/// 16 hexadecimal digits, on the stack: a handle is made for every call.
pub(crate) fn hex(number: u64) -> [u8; 16] {
    let digit = |place: usize| {
        let nibble = (number >> (60 - 4 * place)) & 0xf;
        b"0123456789abcdef"[nibble as usize]
    };
    std::array::from_fn(digit)
}

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn handles_are_written_as_the_node_reads_them() {
        assert_eq!(&hex(0x0123_4567_89ab_cdef), b"0123456789abcdef");
        assert_eq!(&hex(1), b"0000000000000001");
    }
}
