//! Lua's stack: arguments to Rust values, answers to Lua values.
//!
//! It will not run Lua code, and it calls into Lua only where no Rust value with a destructor is alive (see `api`).

use std::ffi::{c_char, c_int};
use std::slice;

use rating_node::Handle;

use super::api::{Function, Lua, State, TYPE_NUMBER, TYPE_STRING, lua};
use crate::host::{self, Answer, DUE_FOR, SERVER_ERROR, hex};
use crate::panic::{Failure, complain};
use crate::status::TandemStatus;
use crate::types::TandemDueCall;

/// Lua's stack during one call.
#[derive(Clone, Copy)]
pub(super) struct Stack {
    pub lua: &'static Lua,
    pub state: *mut State,
}

/// Each method is one call into Lua.
///
/// SAFETY of them all: `state` is the state of the Lua that is calling (`luaopen_tandem` and the functions that
/// it registers are called by Lua only); indices are positive and pushes stay below the 20 slots that Lua
/// grants every C function.
impl Stack {
    pub fn of(state: *mut State) -> Option<Stack> {
        lua().map(|lua| Stack { lua, state })
    }

    pub fn type_of(self, index: c_int) -> c_int {
        // SAFETY: see above.
        unsafe { (self.lua.lua_type)(self.state, index) }
    }

    /// A text argument, or a number's digits; empty for everything else. Lives as long as the argument is on
    /// the stack, which is until the function returns.
    pub fn text<'a>(self, index: c_int) -> &'a [u8] {
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

    pub fn integer(self, index: c_int) -> Option<isize> {
        // SAFETY: see above.
        (self.type_of(index) == TYPE_NUMBER).then(|| unsafe { (self.lua.lua_tointeger)(self.state, index) })
    }

    pub fn handle(self) -> Result<Handle, Failure> {
        host::handle_of(self.text(1))
    }

    pub fn sip_code(self, index: c_int) -> Result<u16, Failure> {
        // SAFETY: see above.
        if unsafe { (self.lua.lua_gettop)(self.state) } < index {
            return Ok(0);
        }
        host::sip_code_of(self.integer(index).map(|code| code as i64))
    }

    pub fn push_field(self, name: &str) {
        self.push_text(name.as_bytes());
        // SAFETY: see above; the caller has checked that 1 is a table.
        unsafe { (self.lua.lua_rawget)(self.state, 1) };
    }

    pub fn new_table(self) {
        // SAFETY: see above.
        unsafe { (self.lua.lua_createtable)(self.state, 0, 8) };
    }

    /// Pops a value and a name into the table below them.
    pub fn set_field(self) {
        // SAFETY: see above; -3 is the table that the caller has pushed before name and value.
        unsafe { (self.lua.lua_rawset)(self.state, -3) };
    }

    pub fn push_function(self, function: Function) {
        // SAFETY: see above.
        unsafe { (self.lua.lua_pushcclosure)(self.state, function, 0) };
    }

    pub fn push_text(self, text: &[u8]) {
        // SAFETY: see above; Lua copies the text.
        unsafe { (self.lua.lua_pushlstring)(self.state, text.as_ptr().cast::<c_char>(), text.len()) };
    }

    pub fn push_integer(self, integer: isize) {
        // SAFETY: see above.
        unsafe { (self.lua.lua_pushinteger)(self.state, integer) };
    }

    /// A due call as a list: handle, what for, seconds left.
    pub fn push_due(self, call: &TandemDueCall) {
        self.new_table();
        let mut place = 0;
        let mut set = |push: &dyn Fn()| {
            place += 1;
            self.push_integer(place);
            push();
            self.set_field();
        };
        set(&|| self.push_text(&hex(call.handle)));
        set(&|| self.push_text(DUE_FOR.get(call.due_for as usize).copied().unwrap_or_default().as_bytes()));
        set(&|| self.push_integer(call.left_sec as isize));
    }

    fn push_boolean(self, is_true: bool) {
        // SAFETY: see above.
        unsafe { (self.lua.lua_pushboolean)(self.state, c_int::from(is_true)) };
    }

    fn push_nil(self) {
        // SAFETY: see above.
        unsafe { (self.lua.lua_pushnil)(self.state) };
    }

    pub fn failed(self, status: TandemStatus, text: &str) -> c_int {
        complain(format_args!("{text}"));
        self.push_answer(Answer::Failed(status), &[], false)
    }

    /// What `due` answers when it fails: no list and no more, so that a loop over it ends.
    pub fn push_nothing_due(self, answer: Answer) -> c_int {
        self.push_nil();
        1 + self.push_answer(answer, &[], false)
    }

    /// What a dip has found: with `and_what` after whether it is to be asked or known.
    pub fn push_dip(self, answer: Answer, and_what: bool) -> c_int {
        let mut room = [0; 64];
        let Some((what, text)) = host::found_of(answer, &mut room) else {
            return self.push_answer(answer, &[], false);
        };
        if and_what {
            self.push_text(what.as_bytes());
        }
        self.push_text(text);
        1 + c_int::from(and_what)
    }

    /// Pushes an answer and gives the number of its values.
    pub fn push_answer(self, answer: Answer, dial: &[u8], with_sip_code: bool) -> c_int {
        match answer {
            Answer::Done => {
                self.push_boolean(true);
                1
            }
            Answer::Failed(status) => {
                self.push_nil();
                self.push_text(status.name().to_bytes());
                if with_sip_code {
                    self.push_integer(SERVER_ERROR as isize);
                }
                2 + c_int::from(with_sip_code)
            }
            Answer::Rejected(reason) => {
                self.push_nil();
                self.push_text(reason.name().as_bytes());
                self.push_integer(reason.sip_code() as isize);
                3
            }
            Answer::Admitted { handle, longest_sec, is_retransmission } => {
                self.push_text(&hex(handle.0));
                self.push_integer(longest_sec as isize);
                self.push_boolean(is_retransmission);
                3
            }
            Answer::Leg { dial_len, timeout_sec, leg } => {
                self.push_text(dial.get(..dial_len).unwrap_or_default());
                self.push_integer(timeout_sec as isize);
                self.push_integer(isize::from(leg) + 1);
                3
            }
            Answer::NoLeg | Answer::Dip(_) => {
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
