//! What a call would be told now, by a node with calls in it: `tandem.route` of the Kamailio module asks.
//!
//! It sees limits, wallets, cursors and quality as a decision does, and takes, counts and records nothing. So what it
//! says may no longer hold a moment later.

use std::sync::Arc;

use rating_core::funds::FirstHold;
use rating_core::limit::Limit;
use rating_core::live::{Full, LiveState, Now, Wallet};
use rating_core::route::{self, Call, Decision};
use rating_core::trace::Silent;

use crate::generation::Generation;
use crate::live::Live;
use crate::node::Node;

/// Live state that is only looked at.
struct Peek<'a>(Live<'a>);

impl LiveState for Peek<'_> {
    fn take_cps(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        self.0.has_room(index, limit, now)
    }

    fn undo_cps(&self, _: u32, _: &Limit) {}

    fn has_room(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        self.0.has_room(index, limit, now)
    }

    fn has_room_for(&self, index: u32, limit: &Limit, hold: &FirstHold, now: Now) -> Result<(), Full> {
        self.0.has_room_for(index, limit, hold, now)
    }

    fn available(&self, index: u32, wallet: &Wallet) -> i64 {
        self.0.available(index, wallet)
    }

    fn pays(&self, index: u32, wallet: &Wallet) -> bool {
        self.0.pays(index, wallet)
    }

    fn set_payer(&self, account: u32) {
        self.0.set_payer(account);
    }

    fn cursor(&self, partition_key: u64) -> u64 {
        self.0.cursor(partition_key)
    }

    fn quality(&self, route_key: u64) -> Option<i32> {
        self.0.quality(route_key)
    }
}

impl Node {
    /// What [`decide`](Node::decide) would say of a call now, and the generation that its indexes are of. Nothing is
    /// taken for it.
    #[must_use]
    pub fn simulate(&self, call: &Call<'_>, now: Now) -> (Decision, Arc<Generation>) {
        let generation = self.snapshot_at(now);
        let decision = {
            let (snapshot, live) = (generation.snapshot(), Peek(generation.live(self.shm())));
            route::decide(snapshot, call, now, &live, &mut Silent)
        };
        (decision, generation)
    }
}
