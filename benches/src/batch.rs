//! Recorded calls decided again, in groups: what a what-if replay does.

use rating_core::batch::{GROUP, Recorded, decide_all};
use rating_core::live::{Now, Unused};

use crate::data::{Data, partition_of};

/// Decides `times` calls; the number of routed ones keeps the work from being dropped.
#[must_use]
pub fn run(data: &Data, times: usize) -> u64 {
    let snapshot = data.snapshot();
    let now = Now { utc_ns: 0, monotonic_ns: 0 };
    let mut routed = 0;
    for (at, texts) in data.texts.chunks_exact(GROUP).enumerate().cycle().take(times.div_ceil(GROUP)) {
        let calls: [_; GROUP] = std::array::from_fn(|place| Recorded {
            call: texts[place].call(partition_of(at * GROUP + place)),
            now,
        });
        decide_all(&snapshot, &calls, &Unused, |_, decision| {
            routed += u64::from(decision.verdict.is_ok());
        });
    }
    routed
}
