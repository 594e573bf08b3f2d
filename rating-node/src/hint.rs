//! Bringing near what a decision will touch, while there is still something else to do.
//!
//! Core knows which bytes, and asks for them: a hint is the beginning of a decision, given early. It changes no answer:
//! who gives none waits for memory instead.

use rating_core::lookup::Lookup;
use rating_core::number::Digits;
use rating_core::snapshot::view::Snapshot;

use crate::generation::Generation;
use crate::map::MappedSnapshot;

/// Which of a number's two hints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// On arrival: the references of the number's NPA-NXX.
    Arrival,
    /// A moment later, or after the dip: what those lead to.
    Row,
}

impl Generation {
    /// Asks for the bytes that a number will touch.
    pub fn hint(&self, number: &Digits, stage: Stage) {
        hint(self.snapshot(), number, stage);
    }
}

impl MappedSnapshot {
    /// Asks for the bytes that a number will touch.
    pub fn hint(&self, number: &Digits, stage: Stage) {
        hint(self.view(), number, stage);
    }
}

fn hint(snapshot: &Snapshot<'_>, number: &Digits, stage: Stage) {
    let mut lookup = Lookup::of(snapshot, number);
    match stage {
        Stage::Arrival => lookup.bring_references(snapshot),
        Stage::Row => lookup.follow(snapshot),
    }
}
