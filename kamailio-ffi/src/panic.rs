//! The last line before C: no panic may unwind into Kamailio, where it would end every worker.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::instance;
use crate::status::TandemStatus;

thread_local! {
    static LAST_ERROR: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A failure with its text.
pub(crate) struct Failure {
    pub status: TandemStatus,
    pub text: String,
}

impl Failure {
    pub(crate) fn new(status: TandemStatus, text: impl Into<String>) -> Failure {
        Failure { status, text: text.into() }
    }
}

impl From<TandemStatus> for Failure {
    fn from(status: TandemStatus) -> Failure {
        Failure { status, text: String::new() }
    }
}

/// Runs an export's body; a panic becomes [`TandemStatus::Panicked`], a failure's text is kept for
/// [`last_error`].
///
/// State that a panic left half-changed is the node's, which is built for processes that die at any step; so
/// it is safe to go on.
pub(crate) fn guard(body: impl FnOnce() -> Result<TandemStatus, Failure>) -> TandemStatus {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(status)) => status,
        Ok(Err(failure)) => {
            keep(&failure.text);
            failure.status
        }
        Err(panic) => caught(panic.as_ref()),
    }
}

/// Keeps a panic's text, and counts it where metrics are read.
pub(crate) fn caught(panic: &(dyn Any + Send)) -> TandemStatus {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    keep(&text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default());
    if let Ok(node) = instance::node() {
        node.count_panic();
    }
    TandemStatus::Panicked
}

/// Calls `with` with the text of this thread's last failure.
pub(crate) fn last_error<T>(with: impl FnOnce(&str) -> T) -> T {
    LAST_ERROR.with_borrow(|text| with(text))
}

/// Writes a line to stderr. Where stderr cannot be written (its reader has gone, its disk is full) the line is
/// lost: `eprintln!` would panic, and outside of [`guard`] end Kamailio.
pub(crate) fn complain(line: fmt::Arguments<'_>) {
    complain_to(&mut io::stderr().lock(), line);
}

fn complain_to(out: &mut impl Write, line: fmt::Arguments<'_>) {
    let _ = writeln!(out, "tandem: {line}");
}

fn keep(text: &str) {
    LAST_ERROR.with_borrow_mut(|last| {
        last.clear();
        last.push_str(text);
    });
}

#[cfg(test)]
#[path = "../tests/common/mod.rs"]
mod common;

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use super::{Failure, complain_to, guard, last_error};
    use crate::instance;
    use crate::status::TandemStatus;

    #[test]
    fn a_panic_is_a_status_and_its_text_is_kept_and_it_is_counted() {
        assert_eq!(guard(|| panic!("nobody is attached")), TandemStatus::Panicked);
        let fixture = super::common::fixture();
        let path = |path: &std::path::Path| path.to_str().map(str::to_owned).unwrap_or_default();
        let attached = instance::attach(&path(&fixture.snapshot), &path(&fixture.state), 100);
        assert!(attached.is_ok(), "attached");
        assert_eq!(guard(|| panic!("planted")), TandemStatus::Panicked);
        assert_eq!(last_error(str::to_owned), "planted");
        assert_eq!(instance::node().ok().map(|node| node.stats().panics), Some(1));
        assert_eq!(guard(|| Ok(TandemStatus::Ok)), TandemStatus::Ok);
        let failure = guard(|| Err(Failure::new(TandemStatus::BadArgument, "source: not an address")));
        assert_eq!(failure, TandemStatus::BadArgument);
        assert_eq!(last_error(str::to_owned), "source: not an address");
    }

    #[test]
    fn a_complaint_that_cannot_be_written_is_lost_and_nothing_else() {
        struct Broken(u32);
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                self.0 += 1;
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut broken = Broken(0);
        complain_to(&mut broken, format_args!("nobody reads this"));
        assert!(broken.0 > 0, "it was tried");
    }
}
