//! The header and the library, used from C: rightly, and wrongly in every way that C has.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::Fixture;

#[test]
fn a_c_program_decides_a_call() {
    let fixture = common::fixture();
    let program = compile(&fixture, "smoke.c", &["-std=c99", "-pedantic"]);
    let run = run(Command::new(program).args([&fixture.snapshot, &fixture.state]));
    assert_eq!(printed(&run), "2 legs, sip:+442079460123@cheap.example:5060, cost 10000000\n");
    assert!(run.status.success());
}

#[test]
fn misuse_under_address_sanitizer() {
    let fixture = common::fixture();
    let program =
        compile(&fixture, "misuse.c", &["-std=gnu11", "-pthread", "-g", "-fsanitize=address,undefined"]);
    misuse(Command::new(program), &fixture, 20_000);
}

#[test]
fn misuse_under_valgrind() {
    let fixture = common::fixture();
    let program = compile(&fixture, "misuse.c", &["-std=gnu11", "-pthread", "-g"]);
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--quiet", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite"]);
    valgrind.arg(program);
    misuse(valgrind, &fixture, 100);
}

fn misuse(mut command: Command, fixture: &Fixture, rounds: u32) {
    let seed = std::process::id();
    command.args([&fixture.snapshot, &fixture.state]).args([rounds.to_string(), seed.to_string()]);
    let run = run(&mut command);
    let complaints = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(printed(&run), "as it should be\n", "seed {seed}:\n{complaints}");
    assert!(run.status.success(), "seed {seed}, {}:\n{complaints}", run.status);
}

fn compile(fixture: &Fixture, source: &str, flags: &[&str]) -> PathBuf {
    let program = fixture.state.with_file_name("program");
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let compiled = Command::new("cc")
        .args(flags)
        .args(["-Wall", "-Wextra", "-Werror", "-I"])
        .arg(package.join("include"))
        .arg(package.join("tests").join(source))
        .arg(library())
        .arg("-o")
        .arg(&program)
        .status()
        .expect("a C compiler is there: Rust links with it");
    assert!(compiled.success());
    program
}

fn run(command: &mut Command) -> Output {
    let directory = library();
    command
        .env("LD_LIBRARY_PATH", directory.parent().expect("a directory"))
        .output()
        .expect("the program runs; Valgrind is installed by `make test`")
}

fn printed(run: &Output) -> String {
    String::from_utf8_lossy(&run.stdout).into_owned()
}

/// `libtandem.so` of this build: beside the test program or one directory up.
fn library() -> PathBuf {
    let program = std::env::current_exe().expect("a test has a path");
    let found =
        program.ancestors().skip(1).take(2).map(|dir| dir.join("libtandem.so")).find(|path| path.exists());
    found.expect("cargo builds libtandem.so with this test")
}
