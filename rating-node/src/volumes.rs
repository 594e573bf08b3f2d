//! Volume limits: calls of a period, minutes of a month, spend of a day (6.1, 6.2).
//!
//! A limit's word is the number of its period above, what is used and reserved in that period below. So one
//! compare-and-swap takes, and begins a new period where the call is the first of it: nothing is done at midnight.
//!
//! ```text
//! calls      period 32 bits │ calls    32 bits
//! minutes    period 24 bits │ seconds  40 bits
//! spend      period 12 bits │ micros   52 bits     millionths of the plan's currency, each call's rounded up
//! ```
//!
//! A second word of the slot, alike, has what ended calls have used for good. A call's reservation is one word of its
//! entry: the slot, what it counts, and the period. In a later period it is not given back to anybody. At the end of a
//! call, what counts goes to the second word first, then the entry forgets the reservation, then the first word gets back
//! what did not count. So a recount is: ended calls' use, and what live calls' entries have reserved. A death between the
//! first two steps counts that call twice: too high by one call, never too low.
//!
//! A call decided before a period began and admitted after another has begun it counts in the new one: periods never go
//! back.
//!
//! It will not say what a call counts for; see `reserve`.

use std::sync::atomic::Ordering;

use rating_core::class::{CountedCalls, Period};
use rating_core::limit::{Dimension, Limit};
use rating_core::live::Full;
use rating_core::snapshot::layout::NONE;

use crate::calls::entry::Holder;
use crate::crash::{Point, reach};
use crate::limits::{KIND_CALLS, KIND_MINUTES, KIND_SPEND, LimitTable};

/// What a volume limit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Calls.
    Calls,
    /// Seconds of talk.
    Seconds,
    /// Millionths of the plan's currency.
    Micros,
}

impl Measure {
    const fn count_bits(self) -> u32 {
        match self {
            Self::Calls => 32,
            Self::Seconds => 40,
            Self::Micros => 52,
        }
    }

    /// The most that its words can hold.
    #[must_use]
    pub const fn count_max(self) -> u64 {
        (1 << self.count_bits()) - 1
    }

    const fn period_max(self) -> u64 {
        u64::MAX >> self.count_bits()
    }

    pub(crate) const fn of_kind(kind: u32) -> Option<Measure> {
        match kind {
            KIND_CALLS => Some(Self::Calls),
            KIND_MINUTES => Some(Self::Seconds),
            KIND_SPEND => Some(Self::Micros),
            _ => None,
        }
    }
}

/// What a call is counted for in a volume limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// For itself, whatever becomes of it.
    Attempt = 0,
    /// For itself, once it was answered.
    Answered = 1,
    /// For itself, once it was answered for as long as is demanded.
    Billable = 2,
    /// For its seconds.
    Seconds = 3,
    /// For what it sells at.
    Spend = 4,
}

impl Counts {
    /// What it is measured in.
    #[must_use]
    pub const fn measure(self) -> Measure {
        match self {
            Self::Attempt | Self::Answered | Self::Billable => Measure::Calls,
            Self::Seconds => Measure::Seconds,
            Self::Spend => Measure::Micros,
        }
    }

    const fn of(number: u64) -> Counts {
        match number {
            0 => Self::Attempt,
            1 => Self::Answered,
            2 => Self::Billable,
            3 => Self::Seconds,
            _ => Self::Spend,
        }
    }
}

/// A volume limit: how long a period is, what counts, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volume {
    /// How long a count lasts.
    pub period: Period,
    /// What counts.
    pub counts: Counts,
    /// Most of a period, in the measure of `counts`.
    pub max: u64,
    /// By how much the number of a later period is higher, at least.
    pub step: u64,
}

/// Hours are numbered by quarters: four of them are one.
const HOUR_STEP: u64 = 4;

impl Volume {
    /// The volume that a limit caps; `None` of one that is none.
    #[must_use]
    pub fn of(limit: &Limit) -> Option<Volume> {
        // Accounts whose clocks differ by half an hour share a partition's count: it begins anew once an hour, not at the
        // full hour of each. A limit that has one clock knows where its hours begin, be one of them half as long.
        let is_of_many = limit.zone == NONE;
        let step = |period| if is_of_many && period == Period::Hour { HOUR_STEP } else { 1 };
        let volume = |period, counts, max: u64| Some(Volume { period, counts, max, step: step(period) });
        match limit.dimension {
            Dimension::Calls { period, counts, calls_max } => {
                let counts = match counts {
                    CountedCalls::Attempts => Counts::Attempt,
                    CountedCalls::Answered => Counts::Answered,
                    CountedCalls::Billable => Counts::Billable,
                };
                volume(period, counts, u64::from(calls_max))
            }
            Dimension::Minutes { minutes_max } => {
                volume(Period::Month, Counts::Seconds, u64::from(minutes_max) * 60)
            }
            Dimension::Spend { amount_max } => {
                let micros = u64::try_from(amount_max.0).unwrap_or(0) / 1_000;
                volume(Period::Day, Counts::Spend, micros.min(Measure::Micros.count_max()))
            }
            Dimension::Cps(_) | Dimension::Concurrency { .. } => None,
        }
    }
}

/// What a call has reserved of a volume limit: one word of its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VolumeHold {
    /// The limit's slot.
    pub slot: u32,
    /// Whose limit it is.
    pub holder: Holder,
    /// What the call counts for.
    pub counts: Counts,
    /// The number of the period, as far as the limit's word has room for it.
    pub period: u32,
}

impl VolumeHold {
    /// The hold of a word; 0 is none.
    #[must_use]
    pub fn of(word: u64) -> Option<VolumeHold> {
        let slot = (word as u32 & 0x1ff_ffff).checked_sub(1)?;
        let holder = Holder::ALL.into_iter().find(|holder| *holder as u64 == word >> 25 & 7)?;
        let (counts, period) = (Counts::of(word >> 28 & 7), (word >> 32) as u32);
        Some(VolumeHold { slot, holder, counts, period })
    }

    /// Its word.
    #[must_use]
    pub const fn word(self) -> u64 {
        let low = (self.slot + 1) as u64 | (self.holder as u64) << 25 | (self.counts as u64) << 28;
        low | (self.period as u64) << 32
    }
}

/// A period's number and a count, as a word has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Usage {
    period: u64,
    count: u64,
}

impl Usage {
    const fn of(word: u64, measure: Measure) -> Usage {
        Usage { period: word >> measure.count_bits(), count: word & measure.count_max() }
    }

    const fn word(self, measure: Measure) -> u64 {
        self.period << measure.count_bits() | self.count
    }

    /// The use in this period, or in the word's own if that is later: numbers are compared as they go round, those of days
    /// in 11 years. A word that nobody has written has no period yet.
    const fn at(self, period: u64, step: u64, measure: Measure) -> Usage {
        let is_new = self.period == 0 && self.count == 0;
        let ahead = period.wrapping_sub(self.period) & measure.period_max();
        let is_later = ahead >= step && ahead <= measure.period_max() / 2;
        if is_new || is_later { Usage { period, count: 0 } } else { self }
    }
}

impl LimitTable<'_> {
    /// Whether so much more fits in a period.
    pub(crate) fn volume_has_room(
        &self,
        slot: u32,
        volume: &Volume,
        period: u32,
        amount: u64,
    ) -> Result<(), Full> {
        let (measure, full) = (volume.counts.measure(), Full { retry_after_ns: 0 });
        // ORDERING: relaxed: an opinion; admission asks again.
        let word = self.at(slot).ok_or(full)?.word.load(Ordering::Relaxed);
        let period = u64::from(period) & measure.period_max();
        let used = Usage::of(word, measure).at(period, volume.step, measure);
        if used.count.saturating_add(amount) <= volume.max { Ok(()) } else { Err(full) }
    }

    /// Reserves an amount in a period; gives the period that it was reserved in.
    ///
    /// # Errors
    /// [`Full`] where used and reserved would exceed the cap. A limit without a slot admits nothing.
    pub fn reserve(&self, slot: u32, volume: &Volume, period: u32, amount: u64) -> Result<u32, Full> {
        let (measure, full) = (volume.counts.measure(), Full { retry_after_ns: 0 });
        let slot = self.at(slot).ok_or(full)?;
        let period = u64::from(period) & measure.period_max();
        // ORDERING: acquire, pairs with the release in `give_back`: who takes what was given back also sees that the
        // entry no longer has it.
        let mut word = slot.word.load(Ordering::Acquire);
        loop {
            let used = Usage::of(word, measure).at(period, volume.step, measure);
            let count = used.count.saturating_add(amount);
            if count > volume.max {
                return Err(full);
            }
            let next = Usage { count, ..used }.word(measure);
            match slot.word.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    reach(Point::VolumeReserved);
                    // Written only where it is new: others read this cache line all the time.
                    if slot.cap.get() != volume.max {
                        slot.cap.set(volume.max);
                    }
                    return Ok(used.period as u32);
                }
                Err(other) => word = other,
            }
        }
    }

    /// Reserves more for a call that has a hold, in the hold's period, up to the cap that the last call saw.
    ///
    /// # Errors
    /// As [`reserve`](Self::reserve). A hold of a period that is over has no cap any more, and who needs no more is not
    /// refused, however much others have overdrawn.
    pub(crate) fn reserve_more(&self, hold: VolumeHold, amount: u64) -> Result<(), Full> {
        if amount == 0 {
            return Ok(());
        }
        let max = self.at(hold.slot).map_or(0, |slot| slot.cap.get());
        self.change(hold, |count| {
            let more = count.saturating_add(amount);
            (more <= max).then_some(more)
        })
    }

    /// Gives back what a call had reserved and has not used. Of a period that is over nothing is given back.
    pub fn give_back(&self, hold: VolumeHold, amount: u64) {
        // ORDERING: release in `change`, pairs with the acquire in `reserve`.
        let _ = self.change(hold, |count| Some(count.saturating_sub(amount)));
    }

    /// Adds what a call has used beyond its reservation, over the cap if need be.
    pub(crate) fn overdraw(&self, hold: VolumeHold, amount: u64) {
        let count_max = hold.counts.measure().count_max();
        let _ = self.change(hold, |count| Some(count.saturating_add(amount).min(count_max)));
    }

    /// Changes the count of the hold's period, while that is the limit's.
    fn change(&self, hold: VolumeHold, new: impl Fn(u64) -> Option<u64>) -> Result<(), Full> {
        let measure = hold.counts.measure();
        let Some(slot) = self.at(hold.slot) else { return Ok(()) };
        // ORDERING: acquire, pairs with the release of others' changes.
        let mut word = slot.word.load(Ordering::Acquire);
        loop {
            let used = Usage::of(word, measure);
            if used.period != u64::from(hold.period) {
                return Ok(());
            }
            let count = new(used.count).ok_or(Full { retry_after_ns: 0 })?;
            let next = Usage { count, ..used }.word(measure);
            match slot.word.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(()),
                Err(other) => word = other,
            }
        }
    }

    /// Writes down what an ended call has used for good.
    pub(crate) fn settle(&self, hold: VolumeHold, amount: u64) {
        let (measure, period) = (hold.counts.measure(), u64::from(hold.period));
        let Some(slot) = self.at(hold.slot).filter(|_| amount > 0) else { return };
        let more = |word: u64| {
            let used = Usage::of(word, measure).at(period, 1, measure);
            let count = used.count.saturating_add(amount).min(measure.count_max());
            (used.period == period).then(|| Usage { count, ..used }.word(measure))
        };
        // ORDERING: release, pairs with the recount, which reads it when nobody else is there: the entry forgets its
        // hold after this.
        let _ = slot.settled.fetch_update(Ordering::AcqRel, Ordering::Relaxed, more);
        reach(Point::VolumeSettled);
    }

    /// Sets every volume to what ended calls have used, and to what these holds have reserved. Nobody else is inside.
    pub(crate) fn recount_volumes(&self, holds: impl Iterator<Item = (VolumeHold, u64)>) {
        for (_, slot, measure) in self.volumes() {
            // ORDERING: relaxed, here and below: everybody else is outside.
            let now = Usage::of(slot.word.load(Ordering::Relaxed), measure);
            let settled = Usage::of(slot.settled.load(Ordering::Relaxed), measure).at(now.period, 1, measure);
            let count = if settled.period == now.period { settled.count } else { 0 };
            slot.word.store(Usage { count, ..now }.word(measure), Ordering::Relaxed);
        }
        holds.for_each(|(hold, amount)| self.overdraw(hold, amount));
    }

    /// The volumes that are not what ended calls have used and these holds have reserved.
    pub(crate) fn volumes_off(&self, holds: &[(VolumeHold, u64)]) -> Vec<(u64, u64, u64)> {
        let mut off = Vec::new();
        for (at, slot, measure) in self.volumes() {
            // ORDERING: relaxed: nobody decides.
            let now = Usage::of(slot.word.load(Ordering::Relaxed), measure);
            let settled = Usage::of(slot.settled.load(Ordering::Relaxed), measure);
            let used = if settled.period == now.period { settled.count } else { 0 };
            let mine =
                holds.iter().filter(|(hold, _)| hold.slot == at && u64::from(hold.period) == now.period);
            let counted = used + mine.map(|(_, amount)| amount).sum::<u64>();
            if counted != now.count {
                off.push((slot.key(), now.count, counted));
            }
        }
        off
    }

    /// What is used and reserved of a volume limit in a period.
    pub(crate) fn volume_in(&self, slot: u32, volume: &Volume, period: u32) -> u64 {
        let measure = volume.counts.measure();
        // ORDERING: relaxed: a figure to look at.
        let word = self.at(slot).map_or(0, |slot| slot.word.load(Ordering::Relaxed));
        Usage::of(word, measure).at(u64::from(period) & measure.period_max(), volume.step, measure).count
    }

    /// What is used and reserved of a volume limit in its latest period.
    #[must_use]
    pub fn volume(&self, slot: u32, measure: Measure) -> u64 {
        // ORDERING: relaxed: a figure to look at.
        self.at(slot).map_or(0, |slot| Usage::of(slot.word.load(Ordering::Relaxed), measure).count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_is_its_word() {
        for holder in Holder::ALL {
            for counts in
                [Counts::Attempt, Counts::Answered, Counts::Billable, Counts::Seconds, Counts::Spend]
            {
                for (slot, period) in [(0, 0), (65_535, 1_234_567), ((1 << 24) - 1, u32::MAX)] {
                    let hold = VolumeHold { slot, holder, counts, period };
                    assert_eq!(VolumeHold::of(hold.word()), Some(hold));
                }
            }
        }
        assert_eq!(VolumeHold::of(0), None);
    }

    #[test]
    fn periods_go_round_and_never_back() {
        let at = |of: u64, period: u64, measure| Usage { period: of, count: 5 }.at(period, 1, measure);
        for measure in [Measure::Calls, Measure::Seconds, Measure::Micros] {
            let last = measure.period_max();
            assert_eq!(at(7, 7, measure), Usage { period: 7, count: 5 });
            assert_eq!(at(7, 8, measure), Usage { period: 8, count: 0 }, "a new one");
            assert_eq!(at(8, 7, measure), Usage { period: 8, count: 5 }, "not back");
            assert_eq!(at(last, 0, measure), Usage { period: 0, count: 0 }, "round");
        }
        // 12 bits of days: 2026-11-21 is day 20 778, 298 modulo 4096; 2037-04-15 is day 24 576, 0.
        assert_eq!(Measure::Micros.period_max(), 4095);
        assert_eq!(20_778 & Measure::Micros.period_max(), 298);
        for measure in [Measure::Calls, Measure::Seconds, Measure::Micros] {
            for period in [0, 1, 298, 2047, 2048, 2049, 4095] {
                let new = Usage { period: 0, count: 0 }.at(period, 1, measure);
                assert_eq!(new, Usage { period, count: 0 }, "a new slot is of any period");
            }
        }
    }
}
