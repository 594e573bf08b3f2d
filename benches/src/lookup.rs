//! The LCR look-up alone: one number, one jurisdiction, one partition; the eight cheapest decks.
//!
//! The steps of a decision between "the key is known" and "the routes are ordered", by the same functions of
//! core, without numbers to read, places to find, margins and limits.

use std::hint::black_box;

use rating_core::deck::Key;
use rating_core::jurisdiction::{Jurisdiction, Zone};
use rating_core::number::Digits;
use rating_core::snapshot::layout::NONE;
use rating_core::snapshot::view::Snapshot;

use crate::data::PARTITIONS;

/// Most decks that are kept.
pub const KEPT: usize = 8;

/// The cheapest decks: cost of the reference call, slot.
pub type Cheapest = [(i64, u32); KEPT];

/// The deck slots of each partition.
#[derive(Clone, Debug)]
pub struct Lookup<'a> {
    snapshot: Snapshot<'a>,
    partitions: Vec<Vec<u32>>,
}

impl<'a> Lookup<'a> {
    /// Over all partitions of a snapshot.
    #[must_use]
    pub fn new(snapshot: Snapshot<'a>) -> Lookup<'a> {
        let slots = |members| {
            let routes = snapshot.range(snapshot.members(), members).iter().map(|member| member.route.get());
            routes.map(|route| snapshot.routes()[route as usize].deck.get()).collect()
        };
        let partitions = snapshot.partitions().iter().map(|partition| slots(partition.members)).collect();
        Lookup { snapshot, partitions }
    }

    /// The cheapest decks of a partition for a number.
    #[must_use]
    pub fn cheapest(&self, number: &Digits, zone: Zone, partition: usize) -> Cheapest {
        let mut best = [(i64::MAX, NONE); KEPT];
        let key = Key::new(&self.snapshot, number, true);
        for slot in &self.partitions[partition] {
            let Ok(quote) = key.quote(*slot, zone) else { continue };
            let Some(tariff) = self.snapshot.tariffs().get(quote.tariff as usize) else { continue };
            insert(&mut best, (tariff.reference_cost_nano.get(), *slot));
        }
        best
    }

    /// A look-up for each key, each waiting for the one before.
    #[must_use]
    pub fn run(&self, keys: &[Digits], times: usize) -> u64 {
        let zero = black_box(0usize);
        let mut last = 0usize;
        for at in (0..keys.len()).cycle().take(times) {
            // As if the answer before had to be known: nothing overlaps.
            let number = &keys[at + (last & zero)];
            let partition = (at.wrapping_mul(0x9e37_79b9) >> 7) % PARTITIONS;
            let jurisdiction = if at & 1 == 0 { Jurisdiction::Interstate } else { Jurisdiction::Intrastate };
            let best = self.cheapest(number, Zone { jurisdiction, same_state: false }, partition);
            last = best[0].1 as usize + 1;
        }
        last as u64
    }
}

fn insert(best: &mut Cheapest, mut moving: (i64, u32)) {
    for place in best.iter_mut() {
        if moving < *place {
            core::mem::swap(place, &mut moving);
        }
    }
}
