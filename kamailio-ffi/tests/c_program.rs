//! The header and the library, used from C.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn a_c_program_decides_a_call() {
    let fixture = common::fixture();
    let library = library();
    let program = fixture.state.with_file_name("smoke");
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let compiled = Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I"])
        .arg(package.join("include"))
        .arg(package.join("tests/smoke.c"))
        .arg(&library)
        .arg("-o")
        .arg(&program)
        .status()
        .expect("a C compiler is there: Rust links with it");
    assert!(compiled.success());
    let run = Command::new(&program)
        .args([&fixture.snapshot, &fixture.state])
        .env("LD_LIBRARY_PATH", library.parent().expect("a directory"))
        .output()
        .expect("the program runs");
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert_eq!(out, "2 legs, sip:+442079460123@cheap.example:5060, cost 10000000\n", "{err}");
    assert!(run.status.success());
}

/// `libtandem.so` of this build: beside the test program or one directory up.
fn library() -> PathBuf {
    let program = std::env::current_exe().expect("a test has a path");
    let found =
        program.ancestors().skip(1).take(2).map(|dir| dir.join("libtandem.so")).find(|path| path.exists());
    found.expect("cargo builds libtandem.so with this test")
}
