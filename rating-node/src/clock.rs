//! The clocks of this machine, for those who tell the node the time. The node itself reads none: time is
//! an argument. (A repair does, to write down when it ended calls.)
//!
//! Tests put time forward: the environment variable [`TEST_CLOCK`] names a file with a number of seconds, which have
//! passed for every process that has the variable, from the moment that the file says so. Without it, which is everywhere
//! but in a test, no file is looked for. Who starts with it says so ([`warning`]).

use std::ffi::OsString;
use std::path::Path;
use std::sync::OnceLock;

use rating_core::live::Now;
use rustix::time::{ClockId, clock_gettime};

/// The variable that names the file of seconds.
pub const TEST_CLOCK: &str = "TANDEM_TEST_CLOCK";

const NS_PER_SEC: u64 = 1_000_000_000;

/// The instant, on both clocks.
#[must_use]
pub fn now() -> Now {
    let now = Now { utc_ns: ns_of(ClockId::Realtime), monotonic_ns: machine_monotonic_ns() };
    test_clock().map_or(now, |file| later(now, seconds_in(file)))
}

/// The instant on the clock that never goes back, alone: each clock costs a decision some 30 ns.
#[must_use]
pub fn monotonic_ns() -> u64 {
    if test_clock().is_some() { now().monotonic_ns } else { machine_monotonic_ns() }
}

fn machine_monotonic_ns() -> u64 {
    u64::try_from(ns_of(ClockId::Monotonic)).unwrap_or_default()
}

fn ns_of(clock: ClockId) -> i64 {
    let time = clock_gettime(clock);
    time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec)
}

/// What to tell people when this process's time is not the machine's.
#[must_use]
pub fn warning() -> Option<String> {
    let file = test_clock()?;
    Some(format!(
        "{TEST_CLOCK} is set: time is {} s ahead of this machine's, as {} says. Unset it where calls are real",
        seconds_in(file),
        file.display()
    ))
}

/// Asked of the environment once.
fn test_clock() -> Option<&'static Path> {
    static FILE: OnceLock<Option<OsString>> = OnceLock::new();
    FILE.get_or_init(|| std::env::var_os(TEST_CLOCK)).as_deref().map(Path::new)
}

/// A file that says nothing puts nothing forward.
fn seconds_in(file: &Path) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.trim().parse::<u32>().unwrap_or_default().into()
}

fn later(now: Now, sec: u64) -> Now {
    let ns = sec.saturating_mul(NS_PER_SEC);
    Now { utc_ns: now.utc_ns.saturating_add_unsigned(ns), monotonic_ns: now.monotonic_ns.saturating_add(ns) }
}

#[cfg(test)]
mod tests {
    use super::{Now, later, seconds_in};

    #[test]
    fn time_is_put_forward_on_both_clocks() {
        let now = later(Now { utc_ns: 5, monotonic_ns: 7 }, 3600);
        assert_eq!((now.utc_ns, now.monotonic_ns), (3_600_000_000_005, 3_600_000_000_007));
    }

    #[test]
    fn a_file_that_is_no_number_puts_nothing_forward() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("clock");
        assert_eq!(seconds_in(&file), 0);
        for (text, sec) in [("3600\n", 3600), ("", 0), ("-5", 0), ("soon", 0)] {
            std::fs::write(&file, text).expect("it can be written");
            assert_eq!(seconds_in(&file), sec, "{text:?}");
        }
    }
}
