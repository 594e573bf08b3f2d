//! The Lua module `tandem`, written by hand over Lua's C interface.
//!
//! ```lua
//! local tandem = require "tandem"
//! tandem.attach{snapshot = "plan.snapshot", state = "node.state"}              --> true | nil, what
//! tandem.decide(source, ani, dnis, call_id, from_tag, cseq, branch [, dnis_lrn])
//!                                             --> handle, longest_sec | nil, reason, sip_code
//! tandem.next(handle [, sip_code])            --> dial_string, timeout_sec, leg | nil [, what]
//! tandem.ringing(handle, sip_code)            --> true | nil, what        also: answered, ended
//! tandem.snapshot()                           --> generation, content_id
//! tandem.stats()                              --> a table
//! ```
//!
//! A handle is a text of 16 hexadecimal digits. Nothing here raises a Lua error: an error would make Kamailio
//! drop the request without an answer. Wrong arguments give `nil` and a text, and a line on stderr.

use std::ffi::{c_char, c_int};
use std::slice;

use rating_core::reject::Reason;
use rating_node::{Handle, Node, Verdict};

use crate::instance::{self, Request};
use crate::lua_api::{Function, Lua, State, TYPE_NUMBER, TYPE_STRING, TYPE_TABLE, lua};
use crate::panic::{Failure, guard, last_error};
use crate::status::TandemStatus;
use crate::types::TANDEM_DIAL_STRING_LEN;

/// The SIP answer to a call that could not be decided because the node does not work.
const SERVER_ERROR: isize = 500;

/// What a function gives back to Lua: plain values, nothing that needs dropping (see `lua_api`).
#[derive(Clone, Copy)]
enum Answer {
    Done,
    /// A failure: `nil`, the status' name, and for `decide` a SIP code.
    Failed(TandemStatus),
    Admitted {
        handle: Handle,
        longest_sec: u32,
    },
    Rejected(Reason),
    Leg {
        dial_len: usize,
        timeout_sec: u32,
        leg: u8,
    },
    NoLeg,
    Snapshot {
        generation: u64,
        content_id: u64,
    },
}

/// What Lua calls for `require "tandem"`. Pushes the module's table.
///
/// # Safety
/// `state` is the state of the Lua that calls.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn luaopen_tandem(state: *mut State) -> c_int {
    let Some(lua) = lua() else { return 0 };
    let functions: [(&str, Function); 8] = [
        ("attach", attach),
        ("decide", decide),
        ("next", next),
        ("ringing", ringing),
        ("answered", answered),
        ("ended", ended),
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
    1
}

/// # Safety
/// As all functions here: called by Lua with its state.
unsafe extern "C" fn attach(state: *mut State) -> c_int {
    let Some(stack) = Stack::of(state) else { return 0 };
    if stack.type_of(1) != TYPE_TABLE {
        return stack.failed(TandemStatus::BadArgument, "attach: wants a table with snapshot and state");
    }
    stack.push_field("snapshot");
    stack.push_field("state");
    stack.push_field("calls_max");
    let calls_max = stack.integer(4).and_then(|calls| u32::try_from(calls).ok()).unwrap_or(0);
    let answer = run(|| {
        let path = |index| std::str::from_utf8(stack.text(index)).unwrap_or_default();
        if path(2).is_empty() || path(3).is_empty() {
            return Err(Failure::new(TandemStatus::BadArgument, "attach: snapshot and state must be paths"));
        }
        instance::attach(path(2), path(3), calls_max)?;
        Ok(Answer::Done)
    });
    stack.push_answer(answer, &[], false)
}

unsafe extern "C" fn decide(state: *mut State) -> c_int {
    let Some(stack) = Stack::of(state) else { return 0 };
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
            ..Request::default()
        };
        let node = instance::node()?;
        Ok(match instance::decide(&node, &request)? {
            Verdict::Admitted { handle, generation, .. } => {
                let longest_sec = longest_sec(&node, generation);
                Answer::Admitted { handle, longest_sec }
            }
            Verdict::Rejected { reject, .. } => Answer::Rejected(reject.reason),
        })
    });
    stack.push_answer(answer, &[], true)
}

unsafe extern "C" fn next(state: *mut State) -> c_int {
    let Some(stack) = Stack::of(state) else { return 0 };
    let mut dial = [0; TANDEM_DIAL_STRING_LEN];
    let answer = run(|| {
        let (handle, sip_code) = (stack.handle()?, stack.sip_code(2)?);
        let found = instance::node()?
            .next(handle, sip_code, instance::now(), &mut dial)
            .map_err(|error| instance::failure_of(&error))?;
        Ok(found.map_or(Answer::NoLeg, |leg| Answer::Leg {
            dial_len: leg.dial_len,
            timeout_sec: leg.dial_timeout_sec,
            leg: leg.index,
        }))
    });
    stack.push_answer(answer, &dial, false)
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

unsafe extern "C" fn snapshot(state: *mut State) -> c_int {
    let Some(stack) = Stack::of(state) else { return 0 };
    let answer = run(|| {
        let live = instance::node()?.snapshot();
        Ok(Answer::Snapshot { generation: live.number(), content_id: live.content_id() })
    });
    stack.push_answer(answer, &[], false)
}

/// The same figures under the same names as `TandemStats`, without the reasons.
unsafe extern "C" fn stats(state: *mut State) -> c_int {
    let Some(stack) = Stack::of(state) else { return 0 };
    let mut figures = [("", 0); 8];
    let answer = run(|| {
        let now = instance::node()?.stats();
        figures = [
            ("calls_max", u64::from(now.calls_max)),
            ("in_setup", u64::from(now.in_setup)),
            ("answered", u64::from(now.answered)),
            ("ended", u64::from(now.ended)),
            ("slots_held", now.gauges_held.1),
            ("generation", now.generation),
            ("admitted", now.admitted),
            ("rejected", now.rejected.iter().map(|(_, count)| count).sum()),
        ];
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
}

fn event(
    state: *mut State,
    report: impl FnOnce(&Node, Handle, u16) -> Result<(), rating_node::CallError>,
) -> c_int {
    let Some(stack) = Stack::of(state) else { return 0 };
    let answer = run(|| {
        let (handle, sip_code) = (stack.handle()?, stack.sip_code(2)?);
        let node = instance::node()?;
        report(&node, handle, sip_code).map_err(|error| instance::failure_of(&error.into()))?;
        Ok(Answer::Done)
    });
    stack.push_answer(answer, &[], false)
}

fn longest_sec(node: &Node, generation: u64) -> u32 {
    let generation = node.generation(generation).unwrap_or_else(|_| node.snapshot());
    generation.snapshot().plan().max_duration_sec.get()
}

/// Runs a function's body. All that it made is dropped when this returns; only then is Lua called again.
fn run(body: impl FnOnce() -> Result<Answer, Failure>) -> Answer {
    let mut answer = Answer::Done;
    let status = guard(|| {
        answer = body()?;
        Ok(TandemStatus::Ok)
    });
    match status {
        TandemStatus::Ok => answer,
        failed => {
            last_error(|text| eprintln!("tandem: {}: {text}", failed.name().to_string_lossy()));
            Answer::Failed(failed)
        }
    }
}

/// Lua's stack during one call.
#[derive(Clone, Copy)]
struct Stack {
    lua: &'static Lua,
    state: *mut State,
}

/// Each method is one call into Lua.
///
/// SAFETY of them all: `state` is the state of the Lua that is calling (`luaopen_tandem` and the functions that
/// it registers are called by Lua only); indices are positive and pushes stay below the 20 slots that Lua
/// grants every C function.
impl Stack {
    fn of(state: *mut State) -> Option<Stack> {
        lua().map(|lua| Stack { lua, state })
    }

    fn type_of(self, index: c_int) -> c_int {
        // SAFETY: see above.
        unsafe { (self.lua.lua_type)(self.state, index) }
    }

    /// A text argument, or a number's digits; empty for everything else. Lives as long as the argument is on
    /// the stack, which is until the function returns.
    fn text<'a>(self, index: c_int) -> &'a [u8] {
        if !matches!(self.type_of(index), TYPE_STRING | TYPE_NUMBER) {
            return &[];
        }
        let mut len = 0;
        // SAFETY: see above; the value is a string or a number, `len` is writable.
        let data = unsafe { (self.lua.lua_tolstring)(self.state, index, &mut len) };
        if data.is_null() {
            return &[];
        }
        // SAFETY: Lua gives a text of `len` bytes, which it keeps while the value is on the stack.
        unsafe { slice::from_raw_parts(data.cast(), len) }
    }

    fn integer(self, index: c_int) -> Option<isize> {
        // SAFETY: see above.
        (self.type_of(index) == TYPE_NUMBER).then(|| unsafe { (self.lua.lua_tointeger)(self.state, index) })
    }

    fn handle(self) -> Result<Handle, Failure> {
        let text = std::str::from_utf8(self.text(1)).unwrap_or_default();
        let wrong = || Failure::new(TandemStatus::BadArgument, "handle: not 16 hexadecimal digits");
        Handle::parse(text).ok_or_else(wrong)
    }

    fn sip_code(self, index: c_int) -> Result<u16, Failure> {
        // SAFETY: see above.
        if unsafe { (self.lua.lua_gettop)(self.state) } < index {
            return Ok(0);
        }
        let code = self.integer(index).and_then(|code| u16::try_from(code).ok()).filter(|code| *code < 700);
        code.ok_or_else(|| Failure::new(TandemStatus::BadArgument, "sip_code: not 0 to 699"))
    }

    fn push_field(self, name: &str) {
        self.push_text(name.as_bytes());
        // SAFETY: see above; the caller has checked that 1 is a table.
        unsafe { (self.lua.lua_rawget)(self.state, 1) };
    }

    fn new_table(self) {
        // SAFETY: see above.
        unsafe { (self.lua.lua_createtable)(self.state, 0, 8) };
    }

    /// Pops a value and a name into the table below them.
    fn set_field(self) {
        // SAFETY: see above; -3 is the table that the caller has pushed before name and value.
        unsafe { (self.lua.lua_rawset)(self.state, -3) };
    }

    fn push_function(self, function: Function) {
        // SAFETY: see above.
        unsafe { (self.lua.lua_pushcclosure)(self.state, function, 0) };
    }

    fn push_text(self, text: &[u8]) {
        // SAFETY: see above; Lua copies the text.
        unsafe { (self.lua.lua_pushlstring)(self.state, text.as_ptr().cast::<c_char>(), text.len()) };
    }

    fn push_integer(self, integer: isize) {
        // SAFETY: see above.
        unsafe { (self.lua.lua_pushinteger)(self.state, integer) };
    }

    fn push_nil(self) {
        // SAFETY: see above.
        unsafe { (self.lua.lua_pushnil)(self.state) };
    }

    fn failed(self, status: TandemStatus, text: &str) -> c_int {
        eprintln!("tandem: {text}");
        self.push_answer(Answer::Failed(status), &[], false)
    }

    /// Pushes an answer and gives the number of its values.
    fn push_answer(self, answer: Answer, dial: &[u8], with_sip_code: bool) -> c_int {
        match answer {
            Answer::Done => {
                // SAFETY: see above.
                unsafe { (self.lua.lua_pushboolean)(self.state, 1) };
                1
            }
            Answer::Failed(status) => {
                self.push_nil();
                self.push_text(status.name().to_bytes());
                if with_sip_code {
                    self.push_integer(SERVER_ERROR);
                }
                2 + c_int::from(with_sip_code)
            }
            Answer::Rejected(reason) => {
                self.push_nil();
                self.push_text(reason.name().as_bytes());
                self.push_integer(reason.sip_code() as isize);
                3
            }
            Answer::Admitted { handle, longest_sec } => {
                self.push_text(&hex(handle.0));
                self.push_integer(longest_sec as isize);
                2
            }
            Answer::Leg { dial_len, timeout_sec, leg } => {
                self.push_text(dial.get(..dial_len).unwrap_or_default());
                self.push_integer(timeout_sec as isize);
                self.push_integer(isize::from(leg) + 1);
                3
            }
            Answer::NoLeg => {
                self.push_nil();
                1
            }
            Answer::Snapshot { generation, content_id } => {
                self.push_integer(generation.cast_signed() as isize);
                self.push_text(&hex(content_id));
                2
            }
        }
    }
}

/// 16 hexadecimal digits, on the stack: a handle is made for every call.
fn hex(number: u64) -> [u8; 16] {
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
