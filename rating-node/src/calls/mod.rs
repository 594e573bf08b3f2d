//! The calls of the node, each one entry: its key, its state, what it holds, its legs, its times.
//!
//! [`entry`] is the record, [`table`] finds it, [`lock`] changes it. A call goes
//!
//! ```text
//! Free → Deciding → Admitted → Ringing → Answered → Ended → Free
//!                 ↘ Ended (rejected: born ended)      ↑ the record of the call, until it is written
//! ```
//!
//! Invariants: an entry is changed only under its lock bit; what it holds is let go exactly once, because a
//! hold is taken out of its cell in one step before its gauge goes down; a gauge is taken before the entry
//! says so and let go after it no longer does, so a death between leaves a gauge too high, never too low.

pub mod basis;
pub mod entry;
pub mod lease;
pub mod lock;
pub mod money;
mod patience;
pub mod table;
#[cfg(test)]
mod tests;

use std::fmt;

pub use entry::State;
pub use lock::LockedCall;

/// Names a call for ever: the index of its entry and the entry's generation. Never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub u64);

impl Handle {
    /// The handle that 16 hexadecimal digits write.
    #[must_use]
    pub fn parse(text: &str) -> Option<Handle> {
        let plain = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.then(|| u64::from_str_radix(text, 16).ok()).flatten().map(Handle)
    }

    const fn of(index: u32, word: u64) -> Handle {
        Handle((word & entry::GENERATION_MASK) | index as u64)
    }

    pub(crate) const fn index(self) -> u32 {
        (self.0 & entry::INDEX_MASK) as u32
    }

    const fn generation(self) -> u64 {
        self.0 & entry::GENERATION_MASK
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Why an event changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// No call has this handle, or it has none any more.
    #[error("no call has this handle (any more)")]
    Unknown,
    /// The call has ended.
    #[error("the call has ended")]
    Ended,
    /// Another process is in the middle of changing the call, and has been for too long.
    #[error("the call is held by a process that does not go on: restart Kamailio")]
    Stuck,
}
