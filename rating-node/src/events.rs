//! What happens to a call after it was admitted (section 7).
//!
//! Every event may come twice, late, out of order, in another process, or never. Each changes the call under
//! its lock, and what is known already stays: the first ringing, the first answer, the first end count. After
//! the end nothing changes a call.

use std::sync::atomic::Ordering;

use rating_core::live::Now;
use rating_core::number::Digits;

use crate::admit::{Admission, release_leg};
use crate::answer;
use crate::atomic::fence;
use crate::calls::basis::Seen;
use crate::calls::entry::FLAG_CAMPAIGN;
use crate::calls::{CallError, Handle, LockedCall, State};
use crate::crash::{Point, reach};
use crate::node::{Node, NodeError};
use crate::quality::feed;
use crate::{funds, reserve};

/// A leg to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextLeg {
    /// Its place among the call's legs, from 0.
    pub index: u8,
    /// `RouteRec::key` of its route.
    pub route_key: u64,
    /// Its gateway's place in the snapshot that the call was decided on.
    pub gateway: u32,
    /// Generation of that snapshot.
    pub generation: u64,
    /// Seconds to wait for an answer before the next leg.
    pub dial_timeout_sec: u32,
    /// Bytes of the dial string in the caller's buffer.
    pub dial_len: usize,
}

/// Whether a failed leg is followed by the next one (7.2).
///
/// 403, 404, 408, 480, 488 and 5xx are, and in a campaign 486: another client may be free. 486 elsewhere, 487, 6xx and all
/// others stop the call.
#[must_use]
pub const fn hunts_after(sip_code: u16, is_campaign: bool) -> bool {
    matches!(sip_code, 403 | 404 | 408 | 480 | 488 | 500..=599) || (sip_code == 486 && is_campaign)
}

impl Node {
    /// The leg to try now.
    ///
    /// With `sip_code` 0 the leg that is admitted already: after `decide`, and again whenever it is asked for.
    /// Else the current leg has failed with that code: it is written down and lets go what it held, and the
    /// next leg that fits is admitted, if the code calls for one. The dial string is written into `dial`.
    ///
    /// # Errors
    /// [`NodeError`] where there is no such call, or `dial` is too short.
    pub fn next(
        &self,
        handle: Handle,
        sip_code: u16,
        now: Now,
        dial: &mut [u8],
    ) -> Result<Option<NextLeg>, NodeError> {
        self.next_leg(handle, None, sip_code, now, dial)
    }

    /// As [`next`](Self::next), for a caller that knows which leg has failed: told twice, it changes nothing
    /// the second time.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub fn next_after(
        &self,
        handle: Handle,
        failed_leg: u8,
        sip_code: u16,
        now: Now,
        dial: &mut [u8],
    ) -> Result<Option<NextLeg>, NodeError> {
        self.next_leg(handle, Some(failed_leg), sip_code, now, dial)
    }

    fn next_leg(
        &self,
        handle: Handle,
        failed_leg: Option<u8>,
        sip_code: u16,
        now: Now,
        dial: &mut [u8],
    ) -> Result<Option<NextLeg>, NodeError> {
        // The snapshot is found first: mapping it takes long, and nobody else could end the call meanwhile.
        let Some(number) = self.lock_in_setup(handle)?.map(|call| u64::from(call.generation.get())) else {
            return Ok(None);
        };
        let generation = self.generation(number)?;
        let Some(call) = self.lock_in_setup(handle)? else { return Ok(None) };
        let is_news = failed_leg.is_none_or(|failed| failed + 1 == call.leg.get());
        if sip_code != 0 && is_news {
            let limits = generation.limits(self.limits());
            let wallets = generation.wallets(self.shm().wallets());
            if !call.finish_leg(sip_code) {
                return Ok(None);
            }
            feed::failed(&self.shm().quality(), &call, now);
            reserve::settle_leg(&call, &limits.table);
            release_leg(&call, &limits);
            // Volumes count in the period of the decision (6.5); CPS is paced by now.
            let now = Now { utc_ns: call.decided_ns.get_signed(), ..now };
            // The decision was made on what it had read: what a later leg finds is told by the legs.
            let seen = &Seen::default();
            let admission = Admission { snapshot: generation.snapshot(), limits, wallets, seen, now };
            let from = usize::from(call.leg.get());
            let is_campaign = call.flags.get() & FLAG_CAMPAIGN != 0;
            if !hunts_after(sip_code, is_campaign) || admission.take_next_leg(&call, from).is_err() {
                return Ok(None);
            }
        }
        call.renew(call.state(), now);
        let Some(place) = call.leg.get().checked_sub(1) else { return Ok(None) };
        let leg = &call.legs[usize::from(place)];
        if leg.detail().sip_code != 0 {
            return Ok(None);
        }
        let dnis = Digits::from_packed(call.dnis.get());
        let gateway = call.gateway.get();
        let dial_len = generation.write_dial(gateway, dnis.as_bytes(), dial).map_err(NodeError::Dial)?;
        Ok(Some(NextLeg {
            index: place,
            route_key: leg.first_id.get(),
            gateway,
            generation: number,
            dial_timeout_sec: u32::from(leg.detail().dial_timeout_sec),
            dial_len,
        }))
    }

    /// Locks a call whose leg may still change: `None` if it is answered, or over.
    fn lock_in_setup(&self, handle: Handle) -> Result<Option<LockedCall<'_>>, CallError> {
        match LockedCall::lock(self.calls(), handle) {
            Ok(call) => Ok((call.state() != State::Answered).then_some(call)),
            Err(CallError::Ended) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The current leg rings.
    ///
    /// # Errors
    /// [`CallError`] where there is no such call.
    pub fn ringing(&self, handle: Handle, _sip_code: u16, now: Now) -> Result<(), CallError> {
        change(LockedCall::lock(self.calls(), handle), |call| {
            if call.state() == State::Admitted {
                feed::rang(&self.shm().quality(), call, now);
                call.ringing_ns.set_signed(now.utc_ns);
                call.set_state(State::Ringing);
                call.renew(State::Ringing, now);
            }
        })
    }

    /// The current leg answered: from here on it is bought and sold by the prices of this instant (4.2).
    ///
    /// # Errors
    /// [`CallError`] where there is no such call.
    pub fn answered(&self, handle: Handle, sip_code: u16, now: Now) -> Result<(), CallError> {
        // Before the call is locked: to map a new snapshot takes long.
        let generation = self.snapshot_at(now);
        change(LockedCall::lock(self.calls(), handle), |call| {
            if call.state() == State::Answered {
                return;
            }
            if u64::from(call.generation.get()) != generation.number() {
                answer::price_again(call, generation.snapshot());
            }
            feed::answered(&self.shm().quality(), call, now);
            funds::begin(call, &self.shm().wallets());
            reserve::begin(call, &self.limits());
            call.answered_monotonic_ns.set(now.monotonic_ns);
            // ORDERING: a release fence, for who repairs after a death: what has an answer has its time on both clocks,
            // and the rest of the answer follows from that. The kernel lets go the dead one's seat after its last store.
            fence(Ordering::Release);
            call.answered_ns.set_signed(now.utc_ns);
            reach(Point::AnswerWritten);
            call.answered_leg.set(call.leg.get());
            call.finish_leg(if sip_code == 0 { 200 } else { sip_code });
            call.set_state(State::Answered);
            call.renew(State::Answered, now);
            self.set_due(call);
        })
    }

    /// The call is over: everything that it holds is let go, and its entry waits to be written.
    ///
    /// `sip_code` is the answer that the caller got, where it got none but a final one; 0 if not known. An
    /// answered call does not end by a failure: 300 and up changes nothing then. It belongs to a request that
    /// came late, such as the call's own INVITE played again.
    ///
    /// # Errors
    /// [`CallError`] where there is no such call.
    pub fn ended(&self, handle: Handle, sip_code: u16, now: Now) -> Result<(), CallError> {
        change(LockedCall::lock_to_end(self.calls(), handle), |call| {
            if call.state() == State::Answered && sip_code >= 300 {
                return;
            }
            if call.open_leg().is_some() {
                feed::failed(&self.shm().quality(), call, now);
            }
            if sip_code != 0 {
                call.finish_leg(sip_code);
            }
            let code = if call.state() == State::Answered { 200 } else { sip_code };
            call.sip_code.set(code);
            call.ended_ns.set_signed(call.time_of_day_ns(call.state(), now).max(1));
            if call.state() == State::Answered {
                feed::ended(&self.shm().quality(), call, now);
            }
            funds::settle(call, &self.shm().wallets());
            reserve::settle(call, &self.limits());
            call.release_all();
            call.set_state(State::Ended);
        })
    }
}

/// Changes a call; an event after the end changes nothing.
fn change(
    locked: Result<LockedCall<'_>, CallError>,
    event: impl FnOnce(&mut LockedCall<'_>),
) -> Result<(), CallError> {
    match locked {
        Ok(mut call) => {
            event(&mut call);
            Ok(())
        }
        Err(CallError::Ended) => Ok(()),
        Err(error) => Err(error),
    }
}
