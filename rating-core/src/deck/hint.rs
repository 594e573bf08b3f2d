//! Bringing near what a number will touch, before it is asked for.
//!
//! A look-up waits for memory twice: for the reference of the number's NPA-NXX, and for what it leads to. So there
//! are two hints: the first is known from the digits alone, the second needs the first one's bytes. Given on arrival
//! and again a moment later (or after the dip, for the LRN), a decision finds nearly everything near. A decision gives
//! them to itself, too: the first when it begins, the second when it has done all that needs neither place nor price.
//!
//! How a line is asked for is said by who maps the snapshot ([`Snapshot::bringing`]); core cannot without `unsafe`.

use crate::number::Digits;
use crate::snapshot::view::{Row, Snapshot};

/// Bytes that come at once.
const LINE_BYTES: usize = 64;
/// Lines of a row that nearly all look-ups are content with: its start, and the heads of its columns.
const ROW_LINES: usize = 4;

/// Asks for what comes first: the reference of the number's NPA-NXX in the numbering table; and, for a number that decks
/// are asked by, among their codes.
pub fn bring_references(snapshot: &Snapshot<'_>, number: &Digits, is_priced: bool) {
    snapshot.bring(snapshot.place_reference(number));
    if is_priced {
        snapshot.bring(snapshot.code_reference(number));
    }
}

/// Asks for what those lead to: the place; and, for a number that decks are asked by, the row.
pub fn bring_records(snapshot: &Snapshot<'_>, number: &Digits, is_priced: bool) {
    if number.is_nanp() {
        snapshot.bring(snapshot.place_record(number));
    }
    if is_priced {
        bring_lines(snapshot, snapshot.row_bytes(number), 0);
    }
}

/// Asks for the lines of a row that will be read. Its start says where its columns are: without this a look-up would wait
/// for the start and only then ask for the columns. (`lcr_over_chase`: 0.2 to 0.4 of it.)
#[inline]
pub(super) fn bring_row(snapshot: &Snapshot<'_>, row: Option<&Row<'_>>) {
    bring_lines(snapshot, row.map(Row::body), LINE_BYTES.wrapping_sub(Row::HEAD_LEN));
}

/// Asks for the lines from a byte on.
#[inline]
fn bring_lines(snapshot: &Snapshot<'_>, bytes: Option<&[u8]>, from: usize) {
    let Some(bytes) = bytes else { return };
    for line in 0..ROW_LINES {
        snapshot.bring(bytes.get(from.wrapping_add(line.wrapping_mul(LINE_BYTES))));
    }
}
