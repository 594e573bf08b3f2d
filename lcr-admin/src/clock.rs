//! The clocks of this machine.

pub use rating_node::clock::{now, warning};
