//! The few functions of PUC Lua 5.1 that the module uses, found in the process that runs Lua.
//!
//! They are looked up when `luaopen_tandem` is called, and not linked: Kamailio's app_lua brings Lua and makes
//! its symbols global, while C and Python programs that load this library have no Lua and need none.
//!
//! Lua reports its own errors (out of memory) with `longjmp`. So between a call into Lua and its return no Rust
//! value with a destructor may be alive in a frame below it; `stack.rs` and `mod.rs` keep to that.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::transmute_copy;

use once_cell::sync::OnceCell;

/// A Lua state.
#[repr(C)]
pub(crate) struct State {
    opaque: [u8; 0],
}

/// A function that Lua calls.
pub(crate) type Function = unsafe extern "C" fn(*mut State) -> c_int;

/// Lua's names of types.
pub(crate) const TYPE_NIL: c_int = 0;
/// As above.
pub(crate) const TYPE_NUMBER: c_int = 3;
/// As above.
pub(crate) const TYPE_STRING: c_int = 4;
/// As above.
pub(crate) const TYPE_TABLE: c_int = 5;

macro_rules! lua_functions {
    ($($name:ident: fn($($argument:ty),*) $(-> $result:ty)?;)+) => {
        /// Lua's functions.
        #[derive(Clone, Copy)]
        pub(crate) struct Lua { $(pub $name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)+ }

        fn find() -> Option<Lua> {
            $(let $name = symbol(concat!(stringify!($name), "\0"))?;)+
            Some(Lua { $(
                // SAFETY: the symbol has this name in Lua's manual (5.1, sections 3.7 and 4), with this type; a
                // function pointer has the size of an object pointer on every system that has `dlsym`.
                $name: unsafe { transmute_copy(&$name) },
            )+ })
        }
    };
}

lua_functions! {
    lua_gettop: fn(*mut State) -> c_int;
    lua_type: fn(*mut State, c_int) -> c_int;
    lua_tolstring: fn(*mut State, c_int, *mut usize) -> *const c_char;
    lua_tointeger: fn(*mut State, c_int) -> isize;
    lua_pushnil: fn(*mut State);
    lua_pushboolean: fn(*mut State, c_int);
    lua_pushinteger: fn(*mut State, isize);
    lua_pushlstring: fn(*mut State, *const c_char, usize);
    lua_pushcclosure: fn(*mut State, Function, c_int);
    lua_rawget: fn(*mut State, c_int);
    lua_rawset: fn(*mut State, c_int);
    lua_createtable: fn(*mut State, c_int, c_int);
}

static LUA: OnceCell<Option<Lua>> = OnceCell::new();

/// Lua, if this process has it.
pub(crate) fn lua() -> Option<&'static Lua> {
    LUA.get_or_init(find).as_ref()
}

fn symbol(name: &str) -> Option<*mut c_void> {
    let name = CStr::from_bytes_with_nul(name.as_bytes()).ok()?;
    // SAFETY: the name ends with NUL; RTLD_DEFAULT searches what is loaded and runs nothing.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}
