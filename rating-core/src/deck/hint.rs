//! Which bytes of a snapshot a number will touch, so that they can be on their way before they are asked for.
//!
//! A look-up waits for memory twice: for the reference of the number's NPA-NXX, and for what it leads to. So there
//! are two hints: the first is known from the digits alone, the second needs the first one's bytes. Given on arrival
//! and again a moment later (or after the dip, for the LRN), a decision finds nearly everything near.
//!
//! Core cannot prefetch without `unsafe`; it says where, and who maps the snapshot prefetches.

use core::hint::black_box;

use crate::number::Digits;
use crate::snapshot::layout::SectionId;
use crate::snapshot::view::{Row, Snapshot};

/// Bytes that come with one touch.
pub const LINE_BYTES: usize = 64;

/// Lines of a row that nearly all look-ups are content with: its start, and the heads of its columns.
const ROW_LINES: usize = 4;
/// Places in one hint.
const PLACES: usize = 6;

/// Offsets into the snapshot's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hint {
    offsets: [usize; PLACES],
    count: usize,
}

impl Hint {
    /// What is asked for first: the references of the number's NPA-NXX, for prices and for places.
    #[must_use]
    pub fn first(snapshot: &Snapshot<'_>, number: &Digits) -> Hint {
        let mut hint = Hint::default();
        hint.add(SectionId::CodeNxxs, snapshot, snapshot.code_nxx_at(number));
        hint.add(SectionId::PlaceNxxs, snapshot, snapshot.place_nxx_at(number));
        hint
    }

    /// What those lead to: the row, and the place.
    #[must_use]
    pub fn second(snapshot: &Snapshot<'_>, number: &Digits) -> Hint {
        let mut hint = Hint::default();
        let row = snapshot.row_at(number);
        for line in 0..ROW_LINES {
            let at = row.map(|row| row.wrapping_add(line.wrapping_mul(LINE_BYTES)));
            hint.add(SectionId::Rows, snapshot, at);
        }
        hint.add(SectionId::Places, snapshot, snapshot.place_at(number));
        hint
    }

    /// The place alone: all that is asked of a calling number.
    #[must_use]
    pub fn place(snapshot: &Snapshot<'_>, number: &Digits) -> Hint {
        let mut hint = Hint::default();
        hint.add(SectionId::Places, snapshot, snapshot.place_at(number));
        hint
    }

    /// The offsets: each names the [`LINE_BYTES`] around it. They lie inside the snapshot.
    pub fn offsets(&self) -> impl Iterator<Item = usize> + use<> {
        let hint = *self;
        hint.offsets.into_iter().take(hint.count)
    }

    fn add(&mut self, section: SectionId, snapshot: &Snapshot<'_>, at: Option<usize>) {
        let offset = at.and_then(|at| snapshot.offset_in(section, at));
        if let (Some(offset), Some(place)) = (offset, self.offsets.get_mut(self.count)) {
            *place = offset;
            self.count = self.count.wrapping_add(1);
        }
    }
}

/// Reads a byte of each line of a row that will be asked for. The row's start says where its columns are; without
/// this the look-up would wait for the start and only then ask for the columns. (`lcr_over_chase`: 0.2 to 0.4 of it.)
#[inline]
pub(super) fn touch(row: &Option<Row<'_>>) {
    if let Some(row) = row {
        for line in 1..ROW_LINES {
            black_box(row.byte(line.wrapping_mul(LINE_BYTES)));
        }
    }
}

/// Reads a byte of all that a call's numbers lead to, each read waiting for no other: first what leads there, then the
/// row of the number that decks are asked by, and the places of all. What then looks them up, one after another, finds
/// them near, or on their way. (`decision_over_chase`: 2 of it.)
pub(crate) fn touch_all(snapshot: &Snapshot<'_>, priced: &Digits, placed: [&Digits; 3]) {
    let row = snapshot.row_at(priced);
    let tiers = placed.map(|number| if number.is_nanp() { snapshot.byte_of_place(number) } else { None });
    for line in 0..ROW_LINES {
        let at = row.map(|row| row.wrapping_add(line.wrapping_mul(LINE_BYTES)));
        black_box(at.and_then(|at| snapshot.byte_of_rows(at)));
    }
    black_box(tiers);
}
