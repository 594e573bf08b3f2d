//! What the events of a call say of its route.
//!
//! An attempt counts when it is known how it went: answered, or over without an answer, whatever the code, a caller
//! who gave up included. Emergency calls count for nothing, nor do ends that nobody reported.

use rating_core::live::Now;

use super::QualityTable;
use crate::calls::entry::{Entry, FLAG_EMERGENCY, LegState};
use crate::calls::{LockedCall, State};

const MS_NS: i64 = 1_000_000;
const SEC_NS: i64 = 1_000_000_000;

/// The route of the leg that a call is on.
fn route_of(call: &Entry) -> Option<u64> {
    let leg = call.legs().get(usize::from(call.leg.get()).checked_sub(1)?)?;
    let counts = call.flags.get() & FLAG_EMERGENCY == 0 && leg.detail().state == LegState::Tried;
    counts.then(|| leg.first_id.get())
}

/// The leg failed.
pub(crate) fn failed(table: &QualityTable<'_>, call: &Entry, now: Now) {
    if let Some(route) = route_of(call) {
        table.failed(route, now.utc_ns);
    }
}

/// The leg rings, the first of its call to do so. It began with the last event before.
pub(crate) fn rang(table: &QualityTable<'_>, call: &Entry, now: Now) {
    if let Some(route) = route_of(call) {
        let after_ms = now.utc_ns.saturating_sub(call.last_alive_ns()).max(0) / MS_NS;
        table.rang(route, now.utc_ns, after_ms.cast_unsigned());
    }
}

/// The leg was answered. One that never rang is taken to have rung now.
pub(crate) fn answered(table: &QualityTable<'_>, call: &LockedCall<'_>, now: Now) {
    if call.state() == State::Admitted {
        rang(table, call, now);
    }
    if let Some(route) = route_of(call) {
        table.answered(route, now.utc_ns);
    }
}

/// The answered call is over, and it is written down when it ended.
pub(crate) fn ended(table: &QualityTable<'_>, call: &Entry, now: Now) {
    if let Some(route) = route_of(call) {
        let talked_ns = call.ended_ns.get_signed().saturating_sub(call.answered_ns.get_signed()).max(0);
        let talk_sec = talked_ns.cast_unsigned().div_ceil(SEC_NS.cast_unsigned());
        table.ended(route, now.utc_ns, talk_sec);
    }
}
