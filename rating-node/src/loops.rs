//! A call that comes back from where it was sent (7.1).
//!
//! It comes with its Call-ID and From-tag, which are all that carriers keep of a call, and so its entry is sought by
//! them. Only a call from a trunk that names a provider is asked: a customer's costs nothing.
//!
//! Nothing is locked: what is read of the other call was written before it was sent to the provider.

use rating_core::partition;
use rating_core::reject::{Reason, Reject};
use rating_core::route::{Decision, Legs};
use rating_core::snapshot::layout::NONE;
use rating_core::snapshot::view::Snapshot;

use crate::calls::LockedCall;
use crate::calls::entry::{Entry, LegState};
use crate::calls::table::{CallKey, CallTable};

/// What was decided, unless the call is a loop. What is wrong with the caller or the number is said first.
pub(crate) fn checked<'d>(
    decision: &'d Decision,
    call: &LockedCall<'_>,
    key: CallKey,
    table: CallTable<'_>,
    snapshot: &Snapshot<'_>,
) -> Result<&'d Legs, Reject> {
    let decided = decision.verdict.as_ref().map_err(|reject| *reject);
    let is_said_first =
        matches!(decided, Err(reject) if reject.reason.number() < Reason::LoopDetected.number());
    if is_said_first || decision.facts.is_emergency {
        return decided;
    }
    let trunk = snapshot.trunks().get(decision.facts.trunk as usize);
    let provider = trunk.map_or(NONE, |trunk| trunk.provider.get());
    if provider == NONE || partition::did(snapshot, &decision.facts.dnis).is_some() {
        return decided;
    }
    let was_there = |other: &Entry| {
        other.dnis.get() == decision.facts.dnis.to_packed() && was_sent_to(other, provider, snapshot)
    };
    let is_loop = table
        .kin(key, call.handle())
        // What was read is the other call's only if it still has its entry.
        .any(|(other, handle)| was_there(other) && table.is_call(handle));
    if is_loop { Err(Reject::because(Reason::LoopDetected)) } else { decided }
}

/// Whether a leg of the call was tried at the provider. A leg that is being tried at this moment has not come back yet.
fn was_sent_to(call: &Entry, provider: u32, snapshot: &Snapshot<'_>) -> bool {
    let is_of_provider = |key: u64| {
        let mut routes = snapshot.routes().iter();
        routes.any(|route| route.key.get() == key && route.provider.get() == provider)
    };
    let mut tried = call.legs().iter().filter(|leg| leg.detail().state == LegState::Tried);
    tried.any(|leg| is_of_provider(leg.first_id.get()))
}
