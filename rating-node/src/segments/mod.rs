//! Records of ended calls, on disk: the agent's side of an entry's end.
//!
//! [`mod@sweep`] takes ended entries, [`rate`] names and prices them, [`mod@write`] appends them to a segment file and
//! syncs it; only then are the entries free. [`read`] gives the records back, each call once. The [`tail`] follows them while they are written. The format is
//! [`record`]; `docs/CDR_FORMAT.md` says the same for readers in other languages.
//!
//! Worked: the agent is killed after a sync and before the entries are free. The next one writes the same
//! records again; readers fold them by (node, handle). Killed in the middle of a write, it leaves a torn tail,
//! which readers report; its calls are still entries, and are written to the next segment.

mod drop;
pub mod rate;
pub mod read;
pub mod record;
pub mod sweep;
pub mod tail;
pub mod write;

pub use read::{Reader, Torn};
pub use record::{CallRecord, LegOutcome, LegRecord, WalletRecord};
pub use sweep::{Sweeper, sweep};
pub use tail::{Piece, Tail};
pub use write::SegmentWriter;
