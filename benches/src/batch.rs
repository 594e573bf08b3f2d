//! Recorded calls decided again, in groups: what a what-if replay does.

use rating_core::batch::decide_all;
use rating_core::live::{Now, Unused};
use rating_core::route::Call;

use crate::data::Data;

/// Decides `times` calls; the number of routed ones keeps the work from being dropped.
#[must_use]
pub fn run(data: &Data, calls: &[Call<'_>], times: usize) -> u64 {
    let snapshot = data.snapshot();
    let now = Now { utc_ns: 0, monotonic_ns: 0 };
    let mut routed = 0;
    let mut left = times;
    while left > 0 {
        let some = &calls[..left.min(calls.len())];
        decide_all(&snapshot, some, now, &Unused, |_, decision| {
            routed += u64::from(decision.verdict.is_ok());
        });
        left -= some.len();
    }
    routed
}
