//! How commands answer: tables for people, one JSON object or JSON lines for programs.

use std::fmt;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use comfy_table::{Table, presets};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

/// Set when whoever read stdout has gone, as `head` does.
static STDOUT_CLOSED: AtomicBool = AtomicBool::new(false);

/// Prints a line on stdout, as `println!` does; a reader that is gone is no error ([`to_stdout`]).
macro_rules! say {
    ($($words:tt)*) => {
        $crate::output::to_stdout(::std::format_args!($($words)*))
    };
}
/// Prints a line on stderr, as `eprintln!` does, and never fails.
macro_rules! tell {
    ($($words:tt)*) => {
        $crate::output::to_stderr(::std::format_args!($($words)*))
    };
}
pub(crate) use {say, tell};

/// Prints a line on stdout. If its reader is gone, the line is too: the command's exit status stays its own.
/// Any other failure, such as a full disk, ends the program: half an answer must not look like a whole one.
pub fn to_stdout(line: fmt::Arguments<'_>) {
    if is_stdout_closed() {
        return;
    }
    match writeln!(io::stdout().lock(), "{line}") {
        Ok(()) => {}
        // ORDERING: a flag that orders nothing else.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            STDOUT_CLOSED.store(true, Ordering::Relaxed)
        }
        Err(error) => {
            to_stderr(format_args!("error: the answer cannot be written to stdout: {error}"));
            std::process::exit(1);
        }
    }
}

/// Whether nobody reads stdout any more.
#[must_use]
pub fn is_stdout_closed() -> bool {
    // ORDERING: a flag that orders nothing else.
    STDOUT_CLOSED.load(Ordering::Relaxed)
}

/// Prints a line on stderr. There is nowhere to tell that it failed.
pub fn to_stderr(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// An error and its causes in one line. A cause that the words before it tell already is not told again.
#[must_use]
pub fn chain(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.is_empty() {
            line = cause;
        } else if !line.ends_with(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

/// Who reads the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A person: tables and sentences.
    Human,
    /// A program: JSON on stdout and nothing else.
    Json,
}

impl Output {
    /// Prints one JSON object on a line of its own.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
        say!("{}", serde_json::to_string(value)?);
        Ok(())
    }

    /// A bar on stderr that counts bytes: for a person at a terminal, nothing for anybody else.
    #[must_use]
    pub fn bytes_bar(self, doing: &'static str) -> ProgressBar {
        if self == Self::Json {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {eta}");
        ProgressBar::new(0)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_message(doing)
    }
}

/// A table, for people.
#[must_use]
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(header.to_vec());
    table
}

/// A text that strangers have written, such as a Call-ID, for a person's terminal: control characters, which could write
/// anything there, are escaped.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// `1,234,567`.
#[must_use]
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{chain, printable, thousands};

    #[derive(Debug, thiserror::Error)]
    #[error("a.snapshot: {0}")]
    struct Wrapped(#[source] std::io::Error);

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow::Error::new(Wrapped(std::io::Error::other("torn"))).context("publishing");
        assert_eq!(chain(&error), "publishing: a.snapshot: torn");
        let error = anyhow::anyhow!("torn").context("a.snapshot").context("publishing");
        assert_eq!(chain(&error), "publishing: a.snapshot: torn");
    }

    #[test]
    fn what_strangers_have_written_controls_no_terminal() {
        let shown = printable("7-c\u{e4}ll@host \u{1b}[2J\u{7}\n\u{9b}2J\0");
        assert_eq!(shown, "7-c\u{e4}ll@host \\u{1b}[2J\\u{7}\\n\\u{9b}2J\\u{0}");
    }

    #[test]
    fn counts_are_grouped_by_three() {
        for (count, text) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (27_523, "27,523"), (1_000_000, "1,000,000")]
        {
            assert_eq!(thousands(count), text);
        }
    }
}
