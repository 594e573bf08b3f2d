//! The Python module, in Debian's `python3`; `make test` installs it.

mod common;

use std::path::PathBuf;
use std::process::Command;

#[test]
fn the_module_does_what_its_page_says_and_raises_nothing() {
    let fixture = common::fixture();
    let directory = fixture.state.with_file_name("python");
    std::fs::create_dir(&directory).expect("a directory");
    std::os::unix::fs::symlink(library(), directory.join("tandem.so")).expect("a link");
    let run = Command::new("/usr/bin/python3")
        .arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/module.py"))
        .args([&fixture.snapshot, &fixture.state])
        .env("PYTHONPATH", &directory)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("python3 runs");
    assert_eq!(String::from_utf8_lossy(&run.stdout), "as it should be\n", "{run:?}");
}

fn library() -> PathBuf {
    let program = std::env::current_exe().expect("a test has a path");
    let found =
        program.ancestors().skip(1).take(2).map(|dir| dir.join("libtandem.so")).find(|path| path.exists());
    found.expect("cargo builds libtandem.so with this test")
}
