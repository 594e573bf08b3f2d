//! The clocks of this machine.

use rating_core::live::Now;
use rustix::time::{ClockId, clock_gettime};

/// The instant, on both clocks.
#[must_use]
pub fn now() -> Now {
    let ns_of = |clock| {
        let time = clock_gettime(clock);
        time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec)
    };
    Now {
        utc_ns: ns_of(ClockId::Realtime),
        monotonic_ns: u64::try_from(ns_of(ClockId::Monotonic)).unwrap_or_default(),
    }
}
