//! What the benches measure, and with what: one data set, one pointer chase, one way to take times.
//!
//! Figures are ratios within one run: [`chase`] reads the same bytes as a look-up does, with as few dependent
//! misses as an index can have, and everything else is compared with it. A fast wrong answer counts for
//! nothing, so every run checks a sample of its decisions against a naive router first.

pub mod az_decks;
pub mod batch;
pub mod chase;
pub mod cold;
pub mod data;
pub mod held;
pub mod hot_limit;
pub mod kamailio;
pub mod limits;
pub mod lookup;
pub mod node;
pub mod publish;
pub mod rounds;
