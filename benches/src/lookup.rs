//! The LCR look-up alone: one number, one jurisdiction, one partition; its cheapest decks, in order, with their cost.
//!
//! The steps of a decision between "the key is known" and "the routes are ordered", by the same functions of
//! core, without numbers to read, places to find, margins and limits.

use std::hint::black_box;
use std::ops::ControlFlow;

use rating_core::deck::Key;
use rating_core::jurisdiction::{Jurisdiction, Zone};
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::snapshot::layout::{NONE, SHELF_WORDS};
use rating_core::snapshot::view::Snapshot;

/// Decks that are asked for: the k of the figures that are compared with.
pub const KEPT: usize = 5;

/// The cheapest decks: cost of the reference call, slot.
pub type Cheapest = [(Nano, u32); KEPT];

/// The decks of each partition.
#[derive(Clone, Debug)]
pub struct Lookup<'a> {
    snapshot: Snapshot<'a>,
    masks: Vec<[u64; SHELF_WORDS]>,
}

impl<'a> Lookup<'a> {
    /// Over all partitions of a snapshot.
    #[must_use]
    pub fn new(snapshot: Snapshot<'a>) -> Lookup<'a> {
        let decks = (0u32..).map_while(|at| snapshot.partition_decks(at));
        Lookup { snapshot, masks: decks.map(|decks| decks.masks()[0]).collect() }
    }

    /// The cheapest decks of a partition for a number.
    #[must_use]
    pub fn cheapest(&self, number: &Digits, zone: Zone, partition: usize) -> Cheapest {
        let mut cheapest = [(Nano(i64::MAX), NONE); KEPT];
        let mut places = cheapest.iter_mut();
        let key = Key::new(&self.snapshot, number, true);
        let is_complete = key.visit_cheapest(zone, self.masks[partition], KEPT, |offer| {
            match places.next() {
                Some(place) => *place = (offer.quote.cost(), offer.slot),
                None => return ControlFlow::Break(()),
            }
            if places.len() == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        debug_assert!(is_complete);
        cheapest
    }

    /// A look-up for each key, each waiting for the one before.
    #[must_use]
    pub fn run(&self, keys: &[Digits], times: usize) -> u64 {
        let zero = black_box(0usize);
        let mut last = 0usize;
        for at in (0..keys.len()).cycle().take(times) {
            // As if the answer before had to be known: nothing overlaps.
            let number = &keys[at + (last & zero)];
            let partition = (at.wrapping_mul(0x9e37_79b9) >> 7) % self.masks.len();
            let jurisdiction = if at & 1 == 0 { Jurisdiction::Interstate } else { Jurisdiction::Intrastate };
            let best = self.cheapest(number, Zone { jurisdiction, same_state: false }, partition);
            last = black_box(&best)[0].1 as usize + 1;
        }
        last as u64
    }
}
