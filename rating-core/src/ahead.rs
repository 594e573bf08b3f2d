//! Asking for memory ahead of its use.
//!
//! A decision knows where it will look some hundred nanoseconds before it does. What it asks for then is on its way
//! while it does something else. Asking waits for nothing, cannot fault and changes no answer.

use zerocopy::{Immutable, IntoBytes};

/// Asks for the cache line in which a record begins.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn bring<T: IntoBytes + Immutable>(record: Option<&T>) {
    if let Some(record) = record {
        safe_arch::prefetch_t0(record);
    }
}

/// Asks for the cache line in which a record begins, by reading it: elsewhere there is no other way without `unsafe`.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(crate) fn bring<T: IntoBytes + Immutable>(record: Option<&T>) {
    if let Some(byte) = record.and_then(|record| record.as_bytes().first()) {
        core::hint::black_box(*byte);
    }
}
