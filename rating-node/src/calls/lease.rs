//! The part of an entry that says for how long a call is believed to live, and what it has of volume limits.
//!
//! Every event of a call renews its lease. A call in set-up has one as long as its leg may ring, and a while. An
//! answered one has one as long as its dialog may last, and a while: the dialog's time-out ends it before, unless the
//! end is lost. Then the lease runs out, `due` lets go what the call holds, and the call is kept a while longer: found
//! alive, it takes that again (6.7). Else it ends at the last moment that it was known alive (7.4).
//!
//! Leases run on the monotonic clock: a time of day that is put right expires nobody.

use std::sync::atomic::Ordering;

use rating_core::live::Now;

use super::State;
use super::entry::{Entry, FLAG_EXPIRED};
use crate::atomic::fence;
use crate::cells::{Cell32, Cell64};
use crate::crash::{Point, reach};
use crate::limits::{LimitTable, VolumeHold};

/// Volume limits that one call can be under: of account, trunk, partition, route, provider, membership, gateway together.
pub const VOLUME_HOLDS: usize = 19;

/// Time that an event may come late.
const MARGIN_SEC: u32 = 300;
/// How long a call is kept, without what it held, after its lease has run out.
pub const KEPT_SEC: u32 = 3600;
const SEC_NS: u64 = 1_000_000_000;

/// Bytes 584 to 767 of an entry. Of a call without volume limits only the first is touched.
#[derive(Debug, Default)]
#[repr(C)]
pub struct LeaseCells {
    /// When the call was last known to live, in nanoseconds since 1970 UTC: see `time_of_day_ns`.
    alive_ns: Cell64,
    /// When the lease runs out, in nanoseconds of CLOCK_MONOTONIC.
    until_ns: Cell64,
    /// The longest that the call may last, in seconds: what its dialog's time-out was set to.
    pub longest_sec: Cell32,
    /// Seconds of talk that minutes and spend are reserved for.
    pub reserved_sec: Cell32,
    /// What is reserved of spend, in millionths of the plan's currency.
    pub reserved_micro: Cell64,
    /// What is reserved of volume limits; as many as the entry says.
    volumes: [Cell64; VOLUME_HOLDS],
}

const _: () = assert!(size_of::<LeaseCells>() == 184);

impl LeaseCells {
    /// Forgets the call before.
    pub(super) fn clear(&self) {
        [&self.alive_ns, &self.until_ns, &self.reserved_micro].into_iter().for_each(|cell| cell.set(0));
        [&self.longest_sec, &self.reserved_sec].into_iter().for_each(|cell| cell.set(0));
    }
}

impl Entry {
    /// Writes down that the call lives, and until when that is believed. In `state` it is from here on.
    pub fn renew(&self, state: State, now: Now) {
        self.lease.alive_ns.set_signed(self.time_of_day_ns(state, now));
        let sec = match state {
            State::Answered => self.lease.longest_sec.get(),
            _ => self.dial_timeout_sec(),
        };
        let until_ns = later(now.monotonic_ns, sec.saturating_add(MARGIN_SEC));
        self.lease.until_ns.set(until_ns);
        self.due_ns.set(until_ns);
    }

    /// Seconds that the current leg may ring.
    fn dial_timeout_sec(&self) -> u32 {
        let leg = usize::from(self.leg.get().saturating_sub(1));
        self.legs.get(leg).map_or(0, |leg| u32::from(leg.detail().dial_timeout_sec))
    }

    /// Whether the lease has run out.
    #[must_use]
    pub fn has_run_out(&self, now: Now) -> bool {
        now.monotonic_ns >= self.lease.until_ns.get()
    }

    /// When `due` is to look at the call, in nanoseconds of CLOCK_MONOTONIC. Earlier than the lease where something has
    /// to be extended.
    pub fn set_due(&self, at_ns: u64) {
        self.due_ns.set(at_ns.min(self.lease.until_ns.get()));
    }

    /// Whether the call's lease has run out, and it is kept without what it held.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.flags.get() & FLAG_EXPIRED != 0
    }

    /// The lease has run out: lets gauges go, and keeps in mind which. The call is looked at again when it is to end.
    pub fn expire(&self, limits: &LimitTable<'_>, now: Now) {
        let until_ns = later(now.monotonic_ns, KEPT_SEC);
        self.lease.until_ns.set(until_ns);
        self.due_ns.set(until_ns);
        // ORDERING: a release fence, for who repairs after a death: no call is expired, and its hour over already. The
        // kernel lets go the dead one's seat after its last store.
        fence(Ordering::Release);
        self.add_flag(FLAG_EXPIRED);
        reach(Point::ExpiryWritten);
        self.let_go_for_now(limits);
    }

    /// An expired call lives: takes what it had held, even over the caps (6.7).
    pub fn revive(&self, limits: &LimitTable<'_>) {
        if self.is_expired() {
            self.take_again(limits);
            self.flags.set(self.flags.get() & !FLAG_EXPIRED);
        }
    }

    /// The time of day as the call has it: once it is answered the answer's, and the time that has really passed since, so
    /// that what is billed does not follow a clock that is put right meanwhile.
    ///
    /// All of a call is in one boot: after another one the node's start ends it.
    pub(crate) fn time_of_day_ns(&self, state: State, now: Now) -> i64 {
        let answered_monotonic_ns = self.answered_monotonic_ns.get();
        let is_answered = state == State::Answered && answered_monotonic_ns != 0;
        let talked_ns = now.monotonic_ns.checked_sub(answered_monotonic_ns).filter(|_| is_answered);
        talked_ns
            .map_or(now.utc_ns, |talked_ns| self.answered_ns.get_signed().saturating_add_unsigned(talked_ns))
    }

    /// The last time of day that somebody knew the call to live. What was before the answer says nothing of one that was
    /// answered: the clock may have been put back in between.
    #[must_use]
    pub fn last_alive_ns(&self) -> i64 {
        let alive_ns = self.lease.alive_ns.get_signed();
        match self.answered_ns.get_signed() {
            0 => self.last_event_ns().max(alive_ns),
            answered_ns => answered_ns.max(alive_ns),
        }
    }

    /// What the call has of volume limits.
    pub fn volume_holds(&self) -> impl Iterator<Item = VolumeHold> {
        let count = usize::from(self.volume_count.get());
        self.lease.volumes.iter().take(count).filter_map(|cell| VolumeHold::of(cell.get()))
    }

    /// The cells of those holds: one that is over is 0.
    pub(crate) fn volume_cells(&self) -> &[Cell64] {
        let count = usize::from(self.volume_count.get()).min(VOLUME_HOLDS);
        self.lease.volumes.get(..count).unwrap_or_default()
    }

    /// Writes down a reservation that has been made; false where there is no room for another.
    pub(crate) fn add_volume(&self, hold: VolumeHold) -> bool {
        let free = self.volume_cells().iter().find(|cell| cell.get() == 0);
        if let Some(cell) = free {
            cell.set(hold.word());
            return true;
        }
        let count = self.volume_count.get();
        let Some(cell) = self.lease.volumes.get(usize::from(count)) else { return false };
        cell.set(hold.word());
        self.volume_count.set(count + 1);
        true
    }
}

fn later(now_ns: u64, sec: u32) -> u64 {
    now_ns.saturating_add(u64::from(sec).saturating_mul(SEC_NS))
}
