//! The Lua module `tandem`, written by hand over Lua's C interface.
//!
//! ```lua
//! local tandem = require "tandem"
//! tandem.attach{snapshot = "plan.snapshot", state = "node.state"}              --> true | nil, what, text
//! tandem.hint(number [, stage])               --> true | nil, what        stage 1 on arrival, 2 later
//! tandem.decide(source, ani, dnis, call_id, from_tag, cseq, branch [, dnis_lrn [, dip [, identity]]])
//!                                             --> handle, longest_sec, again | nil, reason, sip_code
//! tandem.dip_wanted(source, ani, dnis)        --> "known", dip | "ask", question | nil [, what]
//! tandem.dip(question)                        --> dip | nil [, what]      waits for services
//! tandem.dip_read(number, "sip" | "http" | "enum", code, text) --> dip | nil [, what]
//! tandem.attestation(identity)                --> "A" | "B" | "C" | nil    what the header Identity claims
//! tandem.next(handle [, sip_code])            --> dial_string, timeout_sec, leg | nil [, what]
//! tandem.ringing(handle, sip_code)            --> true | nil, what        also: answered, ended
//! tandem.alive(handle)                        --> true | nil, what        the dialog is there
//! tandem.due()                                --> a list of {handle, "extended" | "end" | "expired" | "ended", left_sec}, more | nil, nil, what
//! tandem.snapshot()                           --> generation, content_id
//! tandem.stats()                              --> a table
//! tandem.reasons                              --> a table: the number of each reason's name
//! ```
//!
//! A handle is a text of 16 hexadecimal digits. Nothing here raises a Lua error: an error would make Kamailio
//! drop the request without an answer. Wrong arguments give `nil` and a text, and a line on stderr.

mod api;
mod stack;

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rating_core::reject::Reason;
use rating_node::{Handle, Node};

use self::api::{Function, State, TYPE_NIL, TYPE_TABLE, lua};
use self::stack::Stack;
use crate::attestation;
use crate::dip;
use crate::host::{self, Answer, run};
use crate::instance::{self, Request};
use crate::panic::{caught, last_error};
use crate::status::TandemStatus;
use crate::types::TANDEM_DIAL_STRING_LEN;

/// What Lua calls for `require "tandem"`. Pushes the module's table.
///
/// # Safety
/// `state` is the state of the Lua that calls.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn luaopen_tandem(state: *mut State) -> c_int {
    let Some(lua) = lua() else { return 0 };
    let functions: [(&str, Function); 15] = [
        ("attach", attach),
        ("hint", hint),
        ("decide", decide),
        ("attestation", attested),
        ("dip_wanted", dip_wanted),
        ("dip", ask),
        ("dip_read", dip_read),
        ("next", next),
        ("ringing", ringing),
        ("answered", answered),
        ("ended", ended),
        ("alive", alive),
        ("due", due),
        ("snapshot", snapshot),
        ("stats", stats),
    ];
    let stack = Stack { lua, state };
    stack.new_table();
    for (name, function) in functions {
        stack.push_text(name.as_bytes());
        stack.push_function(function);
        stack.set_field();
    }
    stack.push_text(b"reasons");
    stack.new_table();
    for reason in Reason::ALL {
        stack.push_text(reason.name().as_bytes());
        stack.push_integer(isize::from(reason.number()));
        stack.set_field();
    }
    stack.set_field();
    1
}

/// # Safety
/// As all functions here: called by Lua with its state.
unsafe extern "C" fn attach(state: *mut State) -> c_int {
    call(state, |stack| {
        if stack.type_of(1) != TYPE_TABLE {
            return stack.failed(TandemStatus::BadArgument, "attach: wants a table with snapshot and state");
        }
        stack.push_field("snapshot");
        stack.push_field("state");
        stack.push_field("calls_max");
        let calls_max = if stack.type_of(4) == TYPE_NIL { Some(0) } else { stack.integer(4) };
        let calls_max = calls_max.map(|calls| calls as i64);
        let answer = run(|| host::attach(stack.text(2), stack.text(3), calls_max));
        let values = stack.push_answer(answer, &[], false);
        if !matches!(answer, Answer::Failed(_)) {
            return values;
        }
        // Where Kamailio logs to syslog, stderr is nobody's: the text must reach Lua's error.
        let mut text = [0; 512];
        let len = last_error(|last| {
            let len = last.len().min(text.len());
            text[..len].copy_from_slice(&last.as_bytes()[..len]);
            len
        });
        stack.push_text(&text[..len]);
        values + 1
    })
}

unsafe extern "C" fn hint(state: *mut State) -> c_int {
    call(state, |stack| {
        let answer = run(|| {
            let stage = stack.integer(2).and_then(|stage| u32::try_from(stage).ok()).unwrap_or(1);
            instance::hint(stack.text(1), stage)?;
            Ok(Answer::Done)
        });
        stack.push_answer(answer, &[], false)
    })
}

unsafe extern "C" fn decide(state: *mut State) -> c_int {
    call(state, |stack| {
        let answer = run(|| {
            let request = Request {
                source: stack.text(1),
                ani: stack.text(2),
                dnis: stack.text(3),
                call_id: stack.text(4),
                from_tag: stack.text(5),
                cseq: stack.text(6),
                branch: stack.text(7),
                dnis_lrn: stack.text(8),
                dip: stack.text(9),
                identity: stack.text(10),
                ..Request::default()
            };
            host::decide(&request)
        });
        stack.push_answer(answer, &[], true)
    })
}

unsafe extern "C" fn attested(state: *mut State) -> c_int {
    call(state, |stack| match attestation::read(stack.text(1)) {
        Some(claim) => {
            stack.push_text(&[claim.letter() as u8]);
            1
        }
        None => stack.push_answer(Answer::NoLeg, &[], false),
    })
}

unsafe extern "C" fn dip_wanted(state: *mut State) -> c_int {
    call(state, |stack| {
        let answer = run(|| {
            let (source, ani, dnis) = (stack.text(1), stack.text(2), stack.text(3));
            dip::wanted(&Request { source, ani, dnis, ..Request::default() }).map(Answer::Dip)
        });
        stack.push_dip(answer, true)
    })
}

unsafe extern "C" fn ask(state: *mut State) -> c_int {
    call(state, |stack| {
        let answer = run(|| dip::ask(stack.text(1)).map(Answer::Dip));
        stack.push_dip(answer, false)
    })
}

unsafe extern "C" fn dip_read(state: *mut State) -> c_int {
    call(state, |stack| {
        let answer = run(|| {
            let how = dip::how(stack.text(2))?;
            dip::read(stack.text(1), how, stack.sip_code(3)?, stack.text(4)).map(Answer::Dip)
        });
        stack.push_dip(answer, false)
    })
}

unsafe extern "C" fn next(state: *mut State) -> c_int {
    call(state, |stack| {
        let mut dial = [0; TANDEM_DIAL_STRING_LEN];
        let answer = run(|| host::next(stack.handle()?, stack.sip_code(2)?, &mut dial));
        stack.push_answer(answer, &dial, false)
    })
}

unsafe extern "C" fn ringing(state: *mut State) -> c_int {
    event(state, |node, handle, sip_code| node.ringing(handle, sip_code, instance::now()))
}

unsafe extern "C" fn answered(state: *mut State) -> c_int {
    event(state, |node, handle, sip_code| node.answered(handle, sip_code, instance::now()))
}

unsafe extern "C" fn ended(state: *mut State) -> c_int {
    event(state, |node, handle, sip_code| node.ended(handle, sip_code, instance::now()))
}

unsafe extern "C" fn alive(state: *mut State) -> c_int {
    event(state, |node, handle, _| node.alive(handle, instance::now()))
}

/// Every second: what is extended, and what is to end.
unsafe extern "C" fn due(state: *mut State) -> c_int {
    call(state, |stack| {
        let mut found = None;
        let answer = run(|| {
            found = Some(instance::due()?);
            Ok(Answer::Done)
        });
        let Some(found) = found else { return stack.push_nothing_due(answer) };
        stack.new_table();
        for (at, call) in found.calls.iter().take(found.count as usize).enumerate() {
            stack.push_integer(at as isize + 1);
            stack.push_due(call);
            stack.set_field();
        }
        stack.push_answer(if found.more == 1 { Answer::Done } else { Answer::NoLeg }, &[], false);
        2
    })
}

unsafe extern "C" fn snapshot(state: *mut State) -> c_int {
    call(state, |stack| {
        let answer = run(host::snapshot);
        stack.push_answer(answer, &[], false)
    })
}

unsafe extern "C" fn stats(state: *mut State) -> c_int {
    call(state, |stack| {
        let mut figures = [("", 0); 11];
        let answer = run(|| {
            figures = host::stats()?;
            Ok(Answer::Done)
        });
        if !matches!(answer, Answer::Done) {
            return stack.push_answer(answer, &[], false);
        }
        stack.new_table();
        for (name, figure) in figures {
            stack.push_text(name.as_bytes());
            stack.push_integer(figure.cast_signed() as isize);
            stack.set_field();
        }
        1
    })
}

fn event(
    state: *mut State,
    report: impl FnOnce(&Node, Handle, u16) -> Result<(), rating_node::CallError>,
) -> c_int {
    call(state, |stack| {
        let answer = run(|| {
            let (handle, sip_code) = (stack.handle()?, stack.sip_code(2)?);
            host::event(|node| report(node, handle, sip_code))
        });
        stack.push_answer(answer, &[], false)
    })
}

/// Runs the whole of a function that Lua calls. What [`run`] does not catch ends here, with no value: `nil` to Lua.
fn call(state: *mut State, body: impl FnOnce(Stack) -> c_int) -> c_int {
    catch_unwind(AssertUnwindSafe(|| Stack::of(state).map_or(0, body))).unwrap_or_else(|panic| {
        caught(panic.as_ref());
        0
    })
}
