//! The Lua module, in the Lua that Kamailio uses (PUC 5.1), where that is installed; `make test` installs it.

mod common;

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::mem::transmute;
use std::path::PathBuf;

const SCRIPT: &str = include_str!("module.lua");
const CONFIGURATION: &str = include_str!("wholesale.lua");

/// What the test itself needs of Lua.
struct Lua {
    library: *mut c_void,
}

impl Lua {
    /// Loads Lua as Kamailio's app_lua does: its symbols are global.
    fn load() -> Option<Lua> {
        // SAFETY: loading Lua runs nothing of consequence.
        let library = unsafe { libc::dlopen(c"liblua5.1.so.0".as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) };
        (!library.is_null()).then_some(Lua { library })
    }

    fn symbol(&self, name: &CStr) -> *mut c_void {
        // SAFETY: the library is loaded.
        let found = unsafe { libc::dlsym(self.library, name.as_ptr()) };
        assert!(!found.is_null(), "Lua has no {name:?}");
        found
    }

    /// Runs a script; the error's text, if it fails.
    fn run(&self, script: &str) -> Result<(), String> {
        // SAFETY: the types of all of these are those of Lua's manual, 3.7 and 4.
        let new_state: extern "C" fn() -> *mut c_void = unsafe { transmute(self.symbol(c"luaL_newstate")) };
        // SAFETY: as above.
        let open_libs: extern "C" fn(*mut c_void) = unsafe { transmute(self.symbol(c"luaL_openlibs")) };
        // SAFETY: as above.
        let load: extern "C" fn(*mut c_void, *const c_char) -> c_int =
            unsafe { transmute(self.symbol(c"luaL_loadstring")) };
        // SAFETY: as above.
        let call: extern "C" fn(*mut c_void, c_int, c_int, c_int) -> c_int =
            unsafe { transmute(self.symbol(c"lua_pcall")) };
        // SAFETY: as above.
        let text: extern "C" fn(*mut c_void, c_int, *mut usize) -> *const c_char =
            unsafe { transmute(self.symbol(c"lua_tolstring")) };

        let state = new_state();
        open_libs(state);
        let script = CString::new(script).expect("a script has no NUL");
        if load(state, script.as_ptr()) == 0 && call(state, 0, 0, 0) == 0 {
            return Ok(());
        }
        let error = text(state, -1, std::ptr::null_mut());
        // SAFETY: Lua's error is a string on its stack.
        Err(unsafe { CStr::from_ptr(error) }.to_string_lossy().into_owned())
    }
}

#[test]
fn the_module_does_what_its_page_says_and_raises_nothing() {
    let lua = Lua::load().expect("liblua5.1.so.0 comes with kamailio-lua-modules");
    let fixture = common::fixture();
    let directory = fixture.state.with_file_name("lua");
    std::fs::create_dir(&directory).expect("a directory");
    std::os::unix::fs::symlink(library(), directory.join("tandem.so")).expect("a link");
    let script = format!(
        "package.cpath = {:?}\nSNAPSHOT = {:?}\nSTATE = {:?}\n{SCRIPT}",
        directory.join("?.so"),
        fixture.snapshot,
        fixture.state
    );
    assert_eq!(lua.run(&script), Ok(()));
    assert!(lua.run("error('planted')").is_err(), "the test sees Lua's errors");
}

#[test]
fn the_configuration_gives_a_call_up_when_kamailio_fails_it() {
    let lua = Lua::load().expect("liblua5.1.so.0 comes with kamailio-lua-modules");
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../kamailio-cfg/wholesale.lua");
    assert_eq!(lua.run(&format!("WHOLESALE = {path:?}\n{CONFIGURATION}")), Ok(()));
}

fn library() -> PathBuf {
    let program = std::env::current_exe().expect("a test has a path");
    let found =
        program.ancestors().skip(1).take(2).map(|dir| dir.join("libtandem.so")).find(|path| path.exists());
    found.expect("cargo builds libtandem.so with this test")
}
