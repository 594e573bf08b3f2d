//! The plan as the call path reads it: one immutable file, mapped, shared by every process.
//!
//! [`mod@layout`] is the format, byte for byte; [`verify`] checks a file once, when it is opened; [`view`] reads
//! it without trusting it; `write` (with feature `std`) compiles it. `docs/SNAPSHOT_FORMAT.md` is the same contract for readers
//! in other languages.

pub mod layout;
pub mod verify;
pub mod view;
#[cfg(feature = "std")]
pub mod write;
