//! What a call reserves of volume limits, and what of it counts at the end (6.2).
//!
//! Worked: an account may make 100 answered calls a day, and 1000 minutes a month. A call reserves one call and 60 s. It
//! is answered; half a minute later another 60 s are reserved. It ends after 61 s: the call counts, and of 120 s 61 do,
//! 59 s go back. Had nobody answered, all of it would have.
//!
//! It will not choose what a call is under: admission does.

use rating_core::live::{Full, Now};
use rating_core::money::Atto;

use crate::calls::entry::{Entry, Holder};
use crate::crash::{Point, reach};
use crate::funds::{self, HoldState, Price};
use crate::limits::LimitTable;
use crate::segments::rate::duration_sec;
use crate::volumes::{Counts, Measure, Volume, VolumeHold};

/// Seconds by which reservations are extended.
const EXTENSION_SEC: u32 = 60;
/// They are extended when so many seconds are left.
const AHEAD_SEC: u32 = 30;

/// Reserves what the call takes of a limit, and writes that down.
///
/// # Errors
/// [`Full`] where the limit has no room, or the call's entry has none for another.
pub(crate) fn reserve(
    entry: &Entry,
    limits: &LimitTable<'_>,
    (slot, holder): (u32, Holder),
    (volume, period): (&Volume, u32),
) -> Result<(), Full> {
    let counts = volume.counts;
    let amount = reserved(entry, counts);
    let period = limits.reserve(slot, volume, period, amount)?;
    let hold = VolumeHold { slot, holder, counts, period };
    if entry.add_volume(hold) {
        reach(Point::VolumeWritten);
        return Ok(());
    }
    limits.give_back(hold, amount);
    Err(Full { retry_after_ns: 0 })
}

/// What the call has reserved in each limit that counts this.
fn reserved(entry: &Entry, counts: Counts) -> u64 {
    match counts {
        Counts::Attempt | Counts::Answered | Counts::Billable => 1,
        Counts::Seconds => u64::from(entry.lease.reserved_sec.get()),
        Counts::Spend => entry.lease.reserved_micro.get(),
    }
}

/// What the call's entry says that it has reserved: for the recount.
pub(crate) fn reservations(entry: &Entry) -> impl Iterator<Item = (VolumeHold, u64)> {
    entry.volume_holds().map(|hold| (hold, reserved(entry, hold.counts)))
}

/// Millionths of the plan's currency, rounded up.
pub(crate) fn micros(price: &Price, duration_sec: u32) -> u64 {
    price.charge(duration_sec, false).div_ceil(1_000)
}

/// The same of a price.
pub(crate) fn micros_of(price: Atto) -> u64 {
    u64::try_from(price.to_nano().0).unwrap_or(0).div_ceil(1_000)
}

/// What a call has come to.
#[derive(Clone, Copy)]
struct Outcome {
    was_answered: bool,
    duration_sec: u32,
    micros: u64,
}

impl Outcome {
    /// Of a leg that failed, and of a call that nobody answered.
    const UNANSWERED: Outcome = Outcome { was_answered: false, duration_sec: 0, micros: 0 };

    /// Of a call whose times are written down.
    fn of(entry: &Entry) -> Outcome {
        let (answered_ns, ended_ns) = (entry.answered_ns.get_signed(), entry.ended_ns.get_signed());
        let duration_sec = duration_sec(answered_ns, ended_ns);
        Outcome {
            was_answered: answered_ns != 0,
            duration_sec,
            micros: micros(&Price::of(entry), duration_sec),
        }
    }

    fn of_limit(self, counts: Counts) -> u64 {
        match counts {
            Counts::Attempt => 1,
            // A plan names no least duration yet: answered is billable.
            Counts::Answered | Counts::Billable => u64::from(self.was_answered),
            Counts::Seconds => u64::from(self.duration_sec),
            Counts::Spend => self.micros,
        }
    }
}

/// The call has ended, its times are written down: what counts stays, what does not is given back.
pub(crate) fn settle(entry: &Entry, limits: &LimitTable<'_>) {
    if entry.volume_count.get() > 0 {
        settle_as(entry, limits, Outcome::of(entry), |_| true);
    }
}

/// The leg has failed: it counts as an attempt.
pub(crate) fn settle_leg(entry: &Entry, limits: &LimitTable<'_>) {
    if entry.volume_count.get() > 0 {
        settle_as(entry, limits, Outcome::UNANSWERED, |holder| Holder::OF_LEG.contains(&holder));
    }
}

fn settle_as(entry: &Entry, limits: &LimitTable<'_>, outcome: Outcome, which: impl Fn(Holder) -> bool) {
    for cell in entry.volume_cells() {
        let Some(hold) = VolumeHold::of(cell.get()).filter(|hold| which(hold.holder)) else { continue };
        let (had, used) = (reserved(entry, hold.counts), outcome.of_limit(hold.counts));
        if used > had {
            limits.overdraw(hold, used - had);
        }
        limits.settle(hold, used);
        cell.take();
        reach(Point::VolumeForgotten);
        if used < had {
            limits.give_back(hold, had - used);
        }
    }
}

/// Whether the call has reserved minutes or spend, which are to be extended.
fn is_extended(entry: &Entry) -> bool {
    entry.volume_holds().any(|hold| hold.counts.measure() != Measure::Calls)
}

/// Seconds of talk that minutes and spend are reserved for; `None` where none are.
pub(crate) fn held_sec(entry: &Entry) -> Option<u32> {
    is_extended(entry).then(|| entry.lease.reserved_sec.get())
}

/// After how many seconds of talk minutes and spend are to be extended; `None` where none are.
pub(crate) fn due_sec(entry: &Entry) -> Option<u32> {
    is_extended(entry).then(|| entry.lease.reserved_sec.get().saturating_sub(AHEAD_SEC))
}

/// At the answer: the same time, or a first block that is longer now, is reserved by the terms of the answer (6.2). Where
/// limits have no room for that, the call lasts as long as what it has reserved pays for.
pub(crate) fn begin(entry: &Entry, limits: &LimitTable<'_>) {
    if !is_extended(entry) {
        return;
    }
    let (price, had_sec) = (Price::of(entry), entry.lease.reserved_sec.get());
    // Minutes may have no room for the longer block, and spend have it.
    let wanted = [price.first_hold_sec(had_sec), had_sec];
    if wanted.into_iter().any(|wanted_sec| extend_to(entry, limits, wanted_sec)) {
        return;
    }
    let paid_nano = entry.lease.reserved_micro.get().saturating_mul(1_000);
    let paid_sec = price.longest_sec(paid_nano, false).min(had_sec);
    entry.lease.reserved_sec.set(paid_sec);
    let seconds = entry.volume_holds().filter(|hold| hold.counts == Counts::Seconds);
    seconds.for_each(|hold| limits.give_back(hold, u64::from(had_sec - paid_sec)));
}

/// Extends what an answered call has reserved of minutes and spend before it runs out: in every limit, or in none.
pub(crate) fn extend(entry: &Entry, limits: &LimitTable<'_>, now: Now) -> HoldState {
    if !is_extended(entry) {
        return HoldState::Enough;
    }
    let (had_sec, talked_sec) = (entry.lease.reserved_sec.get(), funds::talked_sec(entry, now));
    if had_sec.saturating_sub(talked_sec) > AHEAD_SEC {
        return HoldState::Enough;
    }
    let wanted_sec = had_sec.max(talked_sec).saturating_add(EXTENSION_SEC);
    if extend_to(entry, limits, wanted_sec) {
        return HoldState::Extended { left_sec: wanted_sec - talked_sec };
    }
    if talked_sec < had_sec { HoldState::Enough } else { HoldState::RanOut }
}

/// Reserves what a call of so many seconds takes, not less than it has: in every limit, or in none.
fn extend_to(entry: &Entry, limits: &LimitTable<'_>, wanted_sec: u32) -> bool {
    let wanted_micro = micros(&Price::of(entry), wanted_sec).max(entry.lease.reserved_micro.get());
    let has_room = reserve_more(entry, limits, wanted_sec, wanted_micro);
    if has_room {
        entry.lease.reserved_micro.set(wanted_micro);
        entry.lease.reserved_sec.set(wanted_sec);
    }
    has_room
}

fn reserve_more(entry: &Entry, limits: &LimitTable<'_>, wanted_sec: u32, wanted_micro: u64) -> bool {
    let more = |hold: &VolumeHold| match hold.counts.measure() {
        Measure::Calls => 0,
        Measure::Seconds => u64::from(wanted_sec - entry.lease.reserved_sec.get()),
        Measure::Micros => wanted_micro - entry.lease.reserved_micro.get(),
    };
    for (taken, hold) in entry.volume_holds().enumerate() {
        if limits.reserve_more(hold, more(&hold)).is_err() {
            entry.volume_holds().take(taken).for_each(|hold| limits.give_back(hold, more(&hold)));
            return false;
        }
    }
    true
}

/// Gives back what was reserved, as if the call, or its leg, had never been.
pub(crate) fn undo(entry: &Entry, limits: &LimitTable<'_>, which: impl Fn(Holder) -> bool) {
    for cell in entry.volume_cells() {
        let Some(hold) = VolumeHold::of(cell.get()).filter(|hold| which(hold.holder)) else { continue };
        let had = reserved(entry, hold.counts);
        cell.take();
        limits.give_back(hold, had);
    }
}
