//! Random plans and random calls on them, small and full of corners: what the model and core are compared on.
//!
//! A [`World`] is one plan, what is live, and the instants at which something changes. The same seed gives the
//! same worlds and calls. Most calls route; accounts, trunks and partitions with an odd rule each see to it that
//! every reason happens. Nothing here knows how a call is decided.

mod books;
mod calls;
mod live;
mod names;
mod odd;
mod parties;
mod rng;
mod rules;
mod times;
mod vendors;

pub use calls::call;
pub use names::Numbers;
pub use rng::Rng;

use rating_core::plan::Plan;

use crate::model::Live;

/// One plan with all that calls on it need.
#[derive(Clone, Debug)]
pub struct World {
    /// The plan.
    pub plan: Plan,
    /// What is live.
    pub live: Live,
    /// Numbers that its tables and price lists speak of.
    pub numbers: Numbers,
    /// First second of its calls.
    pub from: i64,
    /// One past the last second of its calls.
    pub until: i64,
    /// Seconds at which something begins or ends.
    pub boundaries: Vec<i64>,
}

/// The world of this seed and number.
#[must_use]
pub fn world(seed: u64, number: u64) -> World {
    let mut rng = Rng::new(seed, number);
    let (from, until) = times::span(&mut rng);
    let numbers = Numbers::choose(&mut rng);
    let mut plan = Plan::default();
    rules::settings(&mut plan, &mut rng);
    names::numbering(&mut plan, &numbers, &mut rng);
    books::decks(&mut plan, &numbers, (from, until), &mut rng);
    vendors::providers(&mut plan, &mut rng);
    vendors::partitions(&mut plan, &mut rng);
    parties::accounts(&mut plan, &numbers, &mut rng);
    parties::trunks(&mut plan, &numbers, &mut rng);
    rules::by_hand(&mut plan, &numbers, (from, until), &mut rng);
    let live = live::choose(&plan, &mut rng);
    let boundaries = times::boundaries(&plan, from, until);
    World { plan, live, numbers, from, until, boundaries }
}

/// The same, twisted to its corners.
#[must_use]
pub fn odd_world(seed: u64, number: u64) -> World {
    let mut world = world(seed, number);
    odd::twist(&mut world, &mut Rng::new(!seed, number));
    world
}
