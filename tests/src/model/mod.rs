//! The rules of decision, once more and naively: what core is compared with.
//!
//! It is written from the semantics and their readings alone, over the plan as plain data. It scans lists, keeps
//! nothing between calls and knows no index, no snapshot and no shared code but the plan's own types and the
//! names of reasons. [`decide`](decide()) reads like section 2; each file below holds one section.
//!
//! It knows the area codes and country codes that `places` lists and no others: of a call that meets another it says
//! that it [`is_outside`](Answer::is_outside) of what it knows.
//! It does not admit, hold, rate ended calls, or carry anything.

mod call;
mod candidates;
mod decide;
mod decks;
mod limits;
mod money;
mod numbers;
mod order;
mod overrides;
mod places;
mod schedule;
mod screening;

pub use call::*;
pub use decide::decide;
pub use decks::{Found, holding_row};
pub use limits::Kind;
pub use numbers::{read_default, strip_separators};
pub use places::{COUNTRY_CODES, NO_COUNTRY_CODES, NPAS, UNASSIGNED_NPAS};
pub use schedule::holds as schedule_holds;
