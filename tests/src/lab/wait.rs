//! Waiting for a condition, never for a length of time.

use std::thread;
use std::time::{Duration, Instant};

/// How long anything on loopback may take before something is broken. Generous: a busy machine is no failure.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks at `condition` until it gives a value.
///
/// # Errors
/// When [`PATIENCE`] is over, saying what was waited for; or what the condition itself fails with.
pub fn until<T>(what: &str, condition: impl FnMut() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
    until_within(PATIENCE, what, condition)
}

/// The same, for what takes longer.
///
/// # Errors
/// As [`until`].
pub fn until_within<T>(
    patience: Duration,
    what: &str,
    mut condition: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(value) = condition()? {
            return Ok(value);
        }
        if Instant::now() > deadline {
            anyhow::bail!("waited {} s for {what}", patience.as_secs());
        }
        thread::sleep(LOOK_EVERY);
    }
}
