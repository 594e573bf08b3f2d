//! Bringing near what a decision will touch, while there is still something else to do.
//!
//! Core says which bytes; this asks the processor for them, for hints and for decisions alike. A prefetch waits for
//! nothing and cannot fault. It changes no answer: who gives no hint waits for memory instead.

use rating_core::lookup::Lookup;
use rating_core::number::Digits;
use rating_core::snapshot::view::Snapshot;

use crate::generation::Generation;
use crate::map::MappedSnapshot;

/// Which of a number's two hints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// On arrival: the references of the number's NPA-NXX.
    Arrival,
    /// A moment later, or after the dip: what those lead to.
    Row,
}

impl Generation {
    /// Asks for the bytes that a number will touch.
    pub fn hint(&self, number: &Digits, stage: Stage) {
        hint(self.snapshot(), number, stage);
    }
}

impl MappedSnapshot {
    /// Asks for the bytes that a number will touch.
    pub fn hint(&self, number: &Digits, stage: Stage) {
        hint(self.view(), number, stage);
    }
}

fn hint(snapshot: &Snapshot<'_>, number: &Digits, stage: Stage) {
    let mut lookup = Lookup::of(snapshot, number);
    match stage {
        Stage::Arrival => lookup.bring_references(snapshot),
        Stage::Row => lookup.follow(snapshot),
    }
}

/// Asks for the cache line of a byte.
#[cfg(target_arch = "x86_64")]
pub(crate) fn prefetch(byte: &u8) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: SSE is part of every x86-64; a prefetch reads nothing that the program sees, and the address is that of
    // a byte that is there.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(byte).cast()) };
}

/// Asks for the cache line of a byte, by reading it: elsewhere the instruction is not stable.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn prefetch(byte: &u8) {
    std::hint::black_box(*byte);
}
