//! The plan directory: TOML and CSV on one side, [`rating_core::plan::Plan`] on the other.
//!
//! `read_dir("examples/wholesale")` reads every file, names every mistake in one pass as
//! `file:line:column: found; expected …`, and gives the plan only if there is none. `write_dir` writes the
//! canonical form of a plan: reading it back gives the same plan.
//!
//! It decides nothing: how a call is routed is the business of `rating-core`. The format is
//! `docs/PLAN_FORMAT.md`.

mod diff;
mod id;
mod normalise;
mod problem;
mod read;
mod write;

pub use diff::{Change, ChangeKind, diff};
pub use id::ID_LEN_MAX;
pub use normalise::normalise;
pub use problem::{PlanErrors, Problem};
pub use read::{Loaded, read_dir, read_dir_with};
pub(crate) use read::{SHARED_CODES, is_of_code};
pub use write::{WriteDirError, write_dir};
