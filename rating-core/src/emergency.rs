//! Emergency calls: past status, limits, funds and filters, to the plan's emergency routes (2.2).
//!
//! 911 from a suspended account with nothing in its wallet goes to the first gateway of the first emergency route that
//! is enabled, and then to the next. It costs nothing and holds nothing.

use crate::draw::Draws;
use crate::legs::{self, Legs, Reach};
use crate::live::{LiveState, Now};
use crate::number::{Dialled, Digits};
use crate::reject::{Reason, Reject};
use crate::snapshot::view::Snapshot;
use crate::trunk::{self, Payer};

/// The emergency number that was dialled, with the tech prefix or without it.
pub(crate) fn number(snapshot: &Snapshot<'_>, payer: &Payer<'_>, dialled: &Dialled<'_>) -> Option<Digits> {
    if snapshot.plan().emergency_numbers.count.get() == 0 {
        return None;
    }
    let forms = [dialled.as_bytes(), payer.without_tech_prefix(snapshot, dialled)];
    forms.into_iter().find(|form| trunk::is_emergency(snapshot, form)).and_then(Digits::new)
}

/// The gateways of the emergency routes, in the plan's order.
pub(crate) fn write_legs<L: LiveState>(
    snapshot: &Snapshot<'_>,
    call_id: &[u8],
    now: Now,
    live: &L,
    legs: &mut Legs,
) -> Result<(), Reject> {
    let reach = Reach { lata: 0, asks: false, now, live };
    let mut draws = Draws::new(call_id, b"");
    match legs::write_emergency(snapshot, legs, &reach, &mut draws) {
        true => Ok(()),
        false => Err(Reject::because(Reason::NoRoute)),
    }
}
