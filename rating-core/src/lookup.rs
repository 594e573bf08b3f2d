//! A number on its way through the snapshot: to where it is, and to what decks ask for it.
//!
//! `12125556789` leads by its NPA-NXX, 212-555, to a reference in the numbering table and to one among the codes of
//! decks; those lead to a place and to a row of prices. Each step waits for memory, and each is taken once, whoever
//! needs it. So they are hints, too: the references are known from the digits alone, the records from the references'
//! bytes. Given on arrival and again a moment later (or after the dip, for the LRN), a decision finds nearly everything near.
//! A decision gives them to itself: the first when it begins, the second when the number is known to count.

use crate::ahead::bring;
use crate::lerg::{Kind, Place, npa};
use crate::number::Digits;
use crate::snapshot::view::{Row, Snapshot, Trail};

/// Bytes that come at once.
const LINE_BYTES: usize = 64;
/// Lines behind the first that nearly all look-ups are content with: the heads of a row's columns.
const ROW_LINES: usize = 4;

/// A number, what its digits say, and how far it has been looked up.
#[derive(Clone, Copy, Debug)]
pub struct Lookup {
    /// The number; empty if there is none.
    pub number: Digits,
    /// What its digits say.
    pub kind: Kind,
    place: Trail,
    row: Trail,
}

impl Lookup {
    /// No number.
    pub const NONE: Lookup = Lookup {
        number: Digits::EMPTY,
        kind: Kind::OUTSIDE_NANP,
        place: Trail::NOWHERE,
        row: Trail::NOWHERE,
    };

    /// Begins with a number that decks are asked by.
    #[must_use]
    #[inline]
    pub fn of(snapshot: &Snapshot<'_>, number: &Digits) -> Lookup {
        let whereabouts = Self::of_place(snapshot, number);
        Lookup { row: snapshot.enter_codes(number, whereabouts.kind), ..whereabouts }
    }

    /// Begins with a number that is only placed.
    #[must_use]
    #[inline]
    pub fn of_place(snapshot: &Snapshot<'_>, number: &Digits) -> Lookup {
        if number.is_empty() {
            return Self::NONE;
        }
        let kind = Kind::of(snapshot, number);
        Lookup { number: *number, kind, place: snapshot.enter_places(kind), row: Trail::NOWHERE }
    }

    /// Asks for the references.
    #[inline]
    pub fn bring_references(&self, snapshot: &Snapshot<'_>) {
        bring(snapshot.place_reference(self.place));
        bring(snapshot.code_reference(self.row));
    }

    /// Follows the references, and asks for the records that they lead to. (`decision_over_chase`: 2 of it, with the
    /// references.)
    #[inline]
    pub fn follow(&mut self, snapshot: &Snapshot<'_>) {
        self.follow_to(snapshot, true);
    }

    /// The same; the row is not asked for where hardly any deck will be.
    #[inline]
    pub(crate) fn follow_to(&mut self, snapshot: &Snapshot<'_>, brings_row: bool) {
        self.place = snapshot.follow_places(self.place, &self.number);
        bring(snapshot.place_record(self.place));
        self.row = snapshot.follow_codes(self.row, &self.number);
        if brings_row && let Some(row) = self.row(snapshot) {
            bring(Some(row.head()));
            bring_columns(&row);
        }
    }

    /// Where the number is (3.2), once it has been followed. Numbers outside NANP are nowhere: their country needs no table
    /// to be foreign.
    #[must_use]
    #[inline]
    pub fn place(&self, snapshot: &Snapshot<'_>) -> Place {
        if !self.kind.is_nanp() {
            return Place::UNKNOWN;
        }
        let place = match snapshot.place_record(self.place) {
            Some(record) => record.place(),
            None => npa::place(self.kind.npa_nxx().0),
        };
        if !self.kind.is_portable() {
            // Toll-free or of a service, not of a place, whatever a numbering table says (3.5); who carries it is another
            // matter.
            return Place { country: [0; 2], state: [0; 2], rate_center: 0, ..place };
        }
        place
    }

    /// The row of the number's longest code on the first shelf, once it has been followed.
    #[must_use]
    #[inline]
    pub(crate) fn row<'a>(&self, snapshot: &'a Snapshot<'a>) -> Option<Row<'a>> {
        snapshot.codes().row_at(self.row)
    }
}

/// Asks for the lines behind the first of a row. Its start says where its columns are: without this a look-up would wait for
/// the start and only then ask for the columns. (`lcr_over_chase`: 0.2 to 0.4 of it.)
#[inline]
pub(crate) fn bring_columns(row: &Row<'_>) {
    let from = LINE_BYTES.wrapping_sub(Row::HEAD_LEN);
    for line in 0..ROW_LINES {
        bring(row.body().get(from.wrapping_add(line.wrapping_mul(LINE_BYTES))));
    }
}
