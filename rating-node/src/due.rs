//! What time brings: a timer asks every second which calls are due (8.2, 6.7).
//!
//! An answered call's reservations are extended before they run out; where that is refused, the call is named when
//! what it has is over, and whoever asked ends it. A call whose lease has run out lets go what it holds; one in set-up
//! ends then, an answered one when nobody has found it alive for another hour.
//!
//! It will not send a BYE.

use rating_core::live::Now;

use crate::calls::entry::FLAG_RECOVERED;
use crate::calls::{CallError, Handle, LockedCall, State};
use crate::funds::{self, HoldState};
use crate::node::Node;
use crate::reserve;

/// How often a call that is to end is named.
const END_AGAIN_NS: u64 = 5_000_000_000;
/// Seconds behind the answer after which a dialog is told a time-out that is not the decision's. Kamailio tells of an answer
/// before it has set the first one, and takes no other until then.
const TELL_AFTER_SEC: u32 = 1;

/// What a call is due for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// What a wallet or a limit has for it was extended, or lasts otherwise than was told, by the price of the answer: the
    /// dialog's new time-out.
    Extended {
        /// Seconds of talk that are left.
        left_sec: u32,
    },
    /// What a wallet or a limit has for it is over: it is to be ended now. Told again until it is.
    End,
    /// Nobody has reported its end for so long that it holds nothing any more.
    Expired,
    /// It was expired, and is over now: flagged, billed to the last moment it was known alive.
    Ended,
}

impl Node {
    /// Looks at every call that is due at this instant, and tells what it came to. Gives how many were told.
    ///
    /// Reads one cache line of each entry.
    pub fn due(&self, now: Now, tell: impl FnMut(Handle, Due)) -> u32 {
        self.due_up_to(now, u32::MAX, tell)
    }

    /// The same, until so many calls are told: the rest stays due, for the next time.
    pub fn due_up_to(&self, now: Now, most: u32, mut tell: impl FnMut(Handle, Due)) -> u32 {
        self.publish_quality(now);
        let calls = self.calls();
        let alive = calls.used().filter(|(_, state, _)| state.is_alive());
        let due = alive.filter(|(entry, ..)| entry.due_ns.get() <= now.monotonic_ns);
        let mut told = 0;
        for (_, _, handle) in due {
            if told == most {
                break;
            }
            // Whoever holds it now changes it: it is looked at again a second later.
            let Ok(mut call) = LockedCall::lock(calls, handle) else { continue };
            if let Some(due) = self.look_at(&mut call, now) {
                drop(call);
                tell(handle, due);
                told += 1;
            }
        }
        told
    }

    /// Ends, or lets go of what they hold, the calls whose leases have run out. For the agent, which looks after a node
    /// whose workers ask for nothing: what is to be extended or ended by a BYE it leaves to them.
    pub fn expire(&self, now: Now) {
        self.publish_quality(now);
        let calls = self.calls();
        let alive = calls.used().filter(|(_, state, _)| state.is_alive());
        for (_, _, handle) in alive.filter(|(entry, ..)| entry.due_ns.get() <= now.monotonic_ns) {
            if let Ok(mut call) = LockedCall::lock(calls, handle)
                && call.has_run_out(now)
            {
                self.look_at(&mut call, now);
            }
        }
    }

    fn look_at(&self, call: &mut LockedCall<'_>, now: Now) -> Option<Due> {
        if !call.has_run_out(now) {
            return (call.state() == State::Answered && !call.is_expired())
                .then(|| self.extend(call, now))
                .flatten();
        }
        if call.state() == State::Answered && !call.is_expired() {
            call.expire(&self.limits(), now);
            return Some(Due::Expired);
        }
        self.end_unreported(call);
        Some(Due::Ended)
    }

    /// Extends what the call's wallet and its limits have for it.
    fn extend(&self, call: &LockedCall<'_>, now: Now) -> Option<Due> {
        let found =
            [funds::extend(call, &self.shm().wallets(), now), reserve::extend(call, &self.limits(), now)];
        let Some(held_sec) = funds::dialog_sec(call) else {
            // A repair has named it: its lease alone is to be looked at.
            call.set_due(u64::MAX);
            return None;
        };
        let told_sec = call.money.told_sec.get();
        call.money.told_sec.set(held_sec);
        let was_extended = found.iter().any(|state| matches!(state, HoldState::Extended { .. }));
        let (is_news, is_over) = (was_extended || held_sec != told_sec, found.contains(&HoldState::RanOut));
        match held_sec.saturating_sub(funds::talked_sec(call, now)) {
            // Its dialog would go on, and takes no time-out of 0.
            0 if told_sec > held_sec => Some(self.end_soon(call, now, Due::Extended { left_sec: 1 })),
            0 if is_over || is_news => Some(self.end_soon(call, now, Due::End)),
            left_sec => {
                self.set_due(call);
                is_news.then_some(Due::Extended { left_sec })
            }
        }
    }

    /// Tells of a call that has to end, and names it again until it has.
    fn end_soon(&self, call: &LockedCall<'_>, now: Now, due: Due) -> Due {
        call.set_due(now.monotonic_ns.saturating_add(END_AGAIN_NS));
        due
    }

    /// Writes down when an answered call is to be looked at next: as soon as its dialog can be told where that would end at
    /// another time than what the call has.
    pub(crate) fn set_due(&self, call: &LockedCall<'_>) {
        let is_told = funds::dialog_sec(call).is_none_or(|held_sec| held_sec == call.money.told_sec.get());
        let due_sec = [funds::due_sec(call), reserve::due_sec(call)].into_iter().flatten().min();
        if let Some(due_sec) = due_sec.map(|due_sec| if is_told { due_sec } else { TELL_AFTER_SEC }) {
            let after_ns = u64::from(due_sec).saturating_mul(1_000_000_000);
            call.set_due(call.answered_monotonic_ns.get().saturating_add(after_ns));
        }
    }

    /// Ends a call whose end nobody has reported (7.4).
    fn end_unreported(&self, call: &mut LockedCall<'_>) {
        call.add_flag(FLAG_RECOVERED);
        call.sip_code.set(if call.state() == State::Answered { 200 } else { 0 });
        call.ended_ns.set_signed(call.last_alive_ns().min(funds::paid_until_ns(call)).max(1));
        funds::settle(call, &self.shm().wallets());
        reserve::settle(call, &self.limits());
        call.release_all();
        call.set_state(State::Ended);
    }

    /// The call is known to be over, though nobody has reported its end: ends it, flagged, at the last moment that it was
    /// known alive (7.4).
    ///
    /// # Errors
    /// [`CallError`] where there is no such call.
    pub fn end_lost(&self, handle: Handle) -> Result<(), CallError> {
        match LockedCall::lock_to_end(self.calls(), handle) {
            Ok(mut call) => self.end_unreported(&mut call),
            Err(CallError::Ended) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The call is known to live, by its dialog: its lease is renewed, and what an expired one has let go is taken
    /// again, even over the caps (6.7).
    ///
    /// # Errors
    /// [`CallError`] where there is no such call.
    pub fn alive(&self, handle: Handle, now: Now) -> Result<(), CallError> {
        let call = match LockedCall::lock(self.calls(), handle) {
            Ok(call) => call,
            Err(CallError::Ended) => return Ok(()),
            Err(error) => return Err(error),
        };
        call.revive(&self.limits());
        call.renew(call.state(), now);
        if call.state() == State::Answered {
            self.set_due(&call);
        }
        Ok(())
    }
}
