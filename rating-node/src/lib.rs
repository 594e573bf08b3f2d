//! What is live on one node: the mapped snapshot, limits and calls in shared memory, records of ended calls.
//!
//! Every worker process attaches to two files: the snapshot, mapped read-only, and the state, mapped shared.
//! A call's whole life is one entry of the state: [`Node::decide`] makes it and takes its holds, `next`,
//! `ringing` and `answered` move it on, `ended` lets the holds go, and what is left is the call's record until
//! the agent has written it to a segment file. Nothing on the way of a call asks the operating system for
//! anything but memory that is already there.
//!
//! The layout of the state is in `docs/SHM_LAYOUT.md`, that of the segments in `docs/CDR_FORMAT.md`.
//!
//! It will not speak SIP, SQL or HTTP, and it has no rules of its own: those are `rating-core`'s.

#[cfg(test)]
extern crate self as rating_node;

mod admit;
mod answer;
mod atomic;
mod callers;
pub mod calls;
mod cells;
pub mod clock;
pub mod crash;
mod due;
mod events;
mod funds;
mod generation;
mod generations;
mod hint;
pub mod latency;
pub mod limits;
mod live;
mod loops;
pub mod map;
#[cfg(all(loom, test))]
mod models;
pub mod node;
mod notes;
pub mod owners;
pub mod ported;
mod processes;
pub mod publish;
pub mod quality;
mod recover;
mod reserve;
pub mod segments;
pub mod shm;
mod simulate;
mod stats;
pub mod volumes;
pub mod wallets;
pub mod watch;

pub use calls::{CallError, Handle};
pub use due::Due;
pub use events::{NextLeg, hunts_after};
pub use funds::{Held, HoldState, SnapshotWallets};
pub use generation::Generation;
pub use generations::SET_MAX;
pub use hint::Stage;
pub use node::{CallRequest, Config, Node, NodeError, Verdict};
pub use notes::{Attestation, LrnSource, Notes};
pub use stats::{Losses, Stats};
