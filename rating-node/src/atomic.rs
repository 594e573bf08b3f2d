//! The atomics of shared memory; in models of `loom` (`--cfg loom`) those whose every order it tries.
//!
//! Loom knows no sequentially consistent loads and stores, only fences: [`model_fence`] stands in for that order, behind
//! each step that needs it, and is nothing in the program.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU64, fence};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicU64, fence};

/// What a sequentially consistent access is besides acquire and release.
#[inline(always)]
pub(crate) fn model_fence() {
    #[cfg(loom)]
    fence(std::sync::atomic::Ordering::SeqCst);
}
