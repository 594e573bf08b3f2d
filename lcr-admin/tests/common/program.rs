//! `lcr-admin` as an operator runs it.

use std::process::{Command, Output};

use serde_json::Value;

use super::Database;

/// `lcr-admin`, with the database in its environment.
pub fn command(database: &Database, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lcr-admin"));
    command.args(words).env("DATABASE_URL", database.url());
    command
}

/// Runs a command.
pub fn run(database: &Database, words: &[&str]) -> Output {
    command(database, words).output().unwrap()
}

/// Runs a command that must succeed, and reads its JSON lines.
pub fn json(database: &Database, words: &[&str]) -> Vec<Value> {
    let output = run(database, &[words, &["--json"]].concat());
    assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs a command that must be refused; what it says.
pub fn refused(database: &Database, words: &[&str]) -> String {
    let output = run(database, words);
    assert_eq!(output.status.code(), Some(1), "{words:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

/// What a program wrote.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
