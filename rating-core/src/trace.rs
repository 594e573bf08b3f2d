//! The explanation of a decision: what was considered, what was dropped and why.
//!
//! [`Silent`] is the empty form: every call to it is dead code, so a decision without an explanation pays
//! nothing for it. A trace also changes the work: with [`Trace::EXPLAINS`] every test of every route runs, so
//! that each dropped route has its own reason.

use crate::candidates::Candidate;
use crate::reject::Reason;

/// Listens to a decision.
pub trait Trace {
    /// Whether anybody listens.
    const EXPLAINS: bool;

    /// A priced route of the partition: kept unless [`dropped`](Self::dropped) names it afterwards. Of one that is dropped
    /// with [`Reason::NoSellRate`] only what it costs counts: it has no sell price.
    fn considered(&mut self, candidate: &Candidate);

    /// A route that the call cannot or will not take. `route` is its place in the snapshot's routes.
    fn dropped(&mut self, route: u32, reason: Reason);
}

/// Nobody listens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Trace for Silent {
    const EXPLAINS: bool = false;

    fn considered(&mut self, _: &Candidate) {}

    fn dropped(&mut self, _: u32, _: Reason) {}
}
