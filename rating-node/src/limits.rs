//! The use of every limit, in shared memory.
//!
//! A limit has one slot, a cache line pair of its own, found by its key in an open-addressed table; slots are
//! never given back, so an index once found stays right. A CPS limit's slot holds its TAT (see
//! `rating_core::limit`), a concurrency limit's slot the number of calls that hold it, a volume limit's slot what of
//! its period is used and reserved (see `volumes`). Counts outlive the snapshot, because the key does.
//!
//! Invariants, over all processes: a gauge never exceeds the cap that its taker saw, and is refused only when
//! it was at the cap at some instant of the attempt; a TAT only moves on by one interval for each call that
//! passed.
//!
//! It will not decide which limits a call meets, nor remember who holds what: calls do.

use std::cell::Cell;
use std::sync::atomic::Ordering;

use rating_core::class::Period;
use rating_core::funds::FirstHold;
use rating_core::limit::{Dimension, Gcra, Limit};
use rating_core::live::{Full, LiveState, Now, Wallet};
use rating_core::period;
use rating_core::snapshot::layout::NONE;
use rating_core::snapshot::view::Snapshot;

use crate::atomic::AtomicU64;
use crate::cells::{Open32, Open64};
use crate::crash::{Point, reach};
use crate::reserve::micros_of;
pub use crate::volumes::{Counts, VolumeHold};
use crate::volumes::{Measure, Volume};

/// A snapshot's limit that has no slot, because the table was full.
pub const NO_SLOT: u32 = u32::MAX;

const KIND_CPS: u32 = 1;
const KIND_GAUGE: u32 = 2;
/// A partition's round-robin cursor: the key of the route that took its last call.
const KIND_CURSOR: u32 = 4;
pub(crate) const KIND_CALLS: u32 = 3;
pub(crate) const KIND_MINUTES: u32 = 5;
pub(crate) const KIND_SPEND: u32 = 6;

/// One limit. 128 bytes, as processors fetch cache lines in pairs.
#[derive(Debug, Default)]
#[repr(C, align(128))]
pub struct LimitSlot {
    /// The limit's key; 0 is nobody's slot.
    key: AtomicU64,
    /// CPS: the TAT, in nanoseconds of the monotonic clock. Concurrency: the count. Volume: see `volumes`.
    pub(crate) word: AtomicU64,
    /// Volume: what ended calls have used.
    pub(crate) settled: AtomicU64,
    /// Volume: the cap, as the last call saw it that was admitted under it.
    pub(crate) cap: Open64,
    /// 1 CPS, 2 concurrency, 3 calls of a period, 4 a cursor, 5 minutes, 6 spend.
    kind: Open32,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<LimitSlot>() == 128);

impl LimitSlot {
    /// The limit's key.
    pub(crate) fn key(&self) -> u64 {
        // ORDERING: relaxed: a name to tell.
        self.key.load(Ordering::Relaxed)
    }
}

/// The table of limits is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the state file has no room for another limit: stop all, run `agent --once`, remove the state file")]
pub struct NoRoom;

/// All limits of the node.
#[derive(Clone, Copy, Debug)]
pub struct LimitTable<'a> {
    slots: &'a [LimitSlot],
}

impl<'a> LimitTable<'a> {
    pub(crate) const fn new(slots: &'a [LimitSlot]) -> Self {
        Self { slots }
    }

    /// The slot of a limit, made if there is none.
    ///
    /// # Errors
    /// [`NoRoom`] when every slot has another's key.
    pub fn slot(&self, limit: &Limit) -> Result<u32, NoRoom> {
        let kind = match limit.dimension {
            Dimension::Cps(_) => KIND_CPS,
            Dimension::Concurrency { .. } => KIND_GAUGE,
            Dimension::Calls { .. } => KIND_CALLS,
            Dimension::Minutes { .. } => KIND_MINUTES,
            Dimension::Spend { .. } => KIND_SPEND,
        };
        self.slot_of(limit.key.max(1), kind)
    }

    /// The slot of a limit, if it has one. Changes nothing.
    pub(crate) fn find(&self, limit: &Limit) -> Option<u32> {
        let (key, len) = (limit.key.max(1), self.slots.len() as u64);
        let places = (0..len).map(|step| (key.wrapping_add(step) % len) as u32);
        let mut taken = places.take_while(|at| self.at(*at).is_some_and(|slot| slot.key() != 0));
        taken.find(|at| self.at(*at).is_some_and(|slot| slot.key() == key))
    }

    fn slot_of(&self, key: u64, kind: u32) -> Result<u32, NoRoom> {
        let len = self.slots.len() as u64;
        for step in 0..len {
            let at = (key.wrapping_add(step) % len) as u32;
            let slot = &self.slots[at as usize];
            // ORDERING: relaxed: the key publishes nothing; the words beside it are valid from the start (0).
            let found = match slot.key.load(Ordering::Relaxed) {
                0 => slot.key.compare_exchange(0, key, Ordering::Relaxed, Ordering::Relaxed),
                taken => Err(taken),
            };
            if found.is_ok() || found == Err(key) {
                // Written only where it is new: others read this cache line all the time.
                if slot.kind.get() != kind {
                    slot.kind.set(kind);
                }
                return Ok(at);
            }
        }
        Err(NoRoom)
    }

    #[inline]
    pub(crate) fn at(&self, slot: u32) -> Option<&'a LimitSlot> {
        self.slots.get(slot as usize)
    }

    /// The key of a slot's limit; 0 if it is nobody's.
    pub(crate) fn key_at(&self, slot: u32) -> u64 {
        self.at(slot).map_or(0, LimitSlot::key)
    }

    /// Takes one call of a CPS limit, if it passes at `now_ns`.
    ///
    /// # Errors
    /// [`Full`] if it does not. A limit without a slot admits nothing.
    pub fn take_cps(&self, slot: u32, gcra: Gcra, now_ns: u64) -> Result<(), Full> {
        let slot = self.at(slot).ok_or(Full { retry_after_ns: 0 })?;
        // ORDERING: relaxed: the TAT is all there is; nothing else is published by it.
        let mut tat_ns = slot.word.load(Ordering::Relaxed);
        loop {
            let next_ns = gcra.admit(tat_ns, now_ns)?;
            match slot.word.compare_exchange_weak(tat_ns, next_ns, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(other_ns) => tat_ns = other_ns,
            }
        }
    }

    /// Gives back what `take_cps` took.
    pub fn undo_cps(&self, slot: u32, gcra: Gcra) {
        if let Some(slot) = self.at(slot) {
            // ORDERING: relaxed: as in `take_cps`.
            slot.word.fetch_sub(gcra.interval_ns, Ordering::Relaxed);
        }
    }

    /// Takes one of `calls_max` concurrent calls.
    ///
    /// # Errors
    /// [`Full`] when all are taken. A limit without a slot admits nothing.
    pub fn take_gauge(&self, slot: u32, calls_max: u32) -> Result<(), Full> {
        let slot = self.at(slot).ok_or(Full { retry_after_ns: 0 })?;
        // ORDERING: acquire, pairs with the release in `release_gauge`: who takes a slot that was let go also
        // sees that the entry no longer holds it.
        let mut held = slot.word.load(Ordering::Acquire);
        loop {
            if held >= u64::from(calls_max) {
                return Err(Full { retry_after_ns: 0 });
            }
            match slot.word.compare_exchange_weak(held, held + 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    reach(Point::GaugeTaken);
                    return Ok(());
                }
                Err(other) => held = other,
            }
        }
    }

    /// Takes one concurrent call, over the cap if need be: for a call that was held for dead and lives (6.7).
    pub(crate) fn take_gauge_again(&self, slot: u32) {
        if let Some(slot) = self.at(slot) {
            // ORDERING: acquire, as in `take_gauge`.
            slot.word.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Lets one concurrent call go. Never below none.
    pub fn release_gauge(&self, slot: u32) {
        let Some(slot) = self.at(slot) else { return };
        // ORDERING: release, pairs with the acquire in `take_gauge`.
        let _ = slot.word.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |held| held.checked_sub(1));
        reach(Point::GaugeReleased);
    }

    /// Calls that hold a concurrency limit now.
    #[must_use]
    pub fn held(&self, slot: u32) -> u64 {
        // ORDERING: relaxed: a figure to look at.
        self.at(slot).map_or(0, |slot| slot.word.load(Ordering::Relaxed))
    }

    /// The slot of a partition's round-robin cursor, made if there is none.
    ///
    /// # Errors
    /// [`NoRoom`] when every slot has another's key.
    pub fn cursor_slot(&self, partition_key: u64) -> Result<u32, NoRoom> {
        self.slot_of(cursor_key(partition_key), KIND_CURSOR)
    }

    /// The word of a slot, for who only wants to know.
    #[inline]
    fn word(&self, slot: u32) -> Result<u64, Full> {
        // ORDERING: relaxed: an opinion; admission asks again.
        self.at(slot).map(|slot| slot.word.load(Ordering::Relaxed)).ok_or(Full { retry_after_ns: 0 })
    }

    /// Puts every CPS limit at rest: after a reboot the monotonic clock has started again.
    pub(crate) fn rest_cps(&self) {
        for slot in self.slots.iter().filter(|slot| slot.kind.get() == KIND_CPS) {
            // ORDERING: relaxed: nobody else is attached yet.
            slot.word.store(0, Ordering::Relaxed);
        }
    }

    /// Sets every gauge to the number of times that `holds` names it. Nobody else is inside.
    pub(crate) fn recount(&self, holds: impl Iterator<Item = u32>) {
        for slot in self.slots.iter().filter(|slot| slot.kind.get() == KIND_GAUGE) {
            // ORDERING: relaxed: everybody else is outside (`recover`).
            slot.word.store(0, Ordering::Relaxed);
        }
        for slot in holds.filter_map(|slot| self.at(slot)) {
            // ORDERING: relaxed: as above.
            slot.word.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Every volume limit: where it is, its slot, and what it is measured in.
    pub(crate) fn volumes(&self) -> impl Iterator<Item = (u32, &'a LimitSlot, Measure)> + use<'a> {
        let slots = (0u32..).zip(self.slots);
        slots.filter_map(|(at, slot)| Some((at, slot, Measure::of_kind(slot.kind.get())?)))
    }

    /// Every concurrency limit: its slot and how many calls hold it.
    pub fn gauges(&self) -> impl Iterator<Item = (u32, u64)> + use<'a> {
        let used = (0u32..).zip(self.slots).filter(|(_, slot)| slot.kind.get() == KIND_GAUGE);
        // ORDERING: relaxed: figures to look at.
        used.map(|(at, slot)| (at, slot.word.load(Ordering::Relaxed)))
    }
}

/// The key of a partition's cursor: another than any limit's of it.
const fn cursor_key(partition_key: u64) -> u64 {
    (partition_key ^ 0x6375_7273_6f72_0000).rotate_left(17) | 1
}

/// Where the round-robin cursor of a partition is.
#[derive(Clone, Copy, Debug)]
pub struct CursorSlot {
    /// `PartitionRec::key`.
    pub partition_key: u64,
    /// The slot.
    pub slot: u32,
}

/// Whose clock tells in which period it is (6.5).
#[derive(Clone, Debug)]
pub struct Periods<'a> {
    snapshot: Option<&'a Snapshot<'a>>,
    /// The zone of the account that pays, once that is known.
    payer_zone: Cell<u32>,
}

impl<'a> Periods<'a> {
    /// No clock: for who asks no volume limit.
    #[must_use]
    pub const fn none() -> Periods<'static> {
        Periods { snapshot: None, payer_zone: Cell::new(NONE) }
    }

    /// By the zones of a snapshot.
    #[must_use]
    pub const fn of(snapshot: &'a Snapshot<'a>) -> Periods<'a> {
        Periods { snapshot: Some(snapshot), payer_zone: Cell::new(NONE) }
    }

    /// Says which account of the snapshot pays.
    pub fn set_payer(&self, account: u32) {
        let record = self.snapshot.and_then(|snapshot| snapshot.accounts().get(account as usize).copied());
        self.payer_zone.set(record.map_or(NONE, |record| record.zone.get()));
    }

    /// The number of the period of a limit that an instant is in.
    #[must_use]
    pub fn number(&self, limit: &Limit, period: Period, now: Now) -> u32 {
        let zone = if limit.zone == NONE { self.payer_zone.get() } else { limit.zone };
        self.snapshot.map_or(0, |snapshot| period::number_of(snapshot, zone, period, now.utc_sec()))
    }
}

/// The limits of one snapshot: the node's table, and where each of the snapshot's limits and cursors is in it.
#[derive(Clone, Debug)]
pub struct SnapshotLimits<'a> {
    /// The node's limits.
    pub table: LimitTable<'a>,
    /// By the limit's place in the snapshot: its slot.
    pub slots: &'a [u32],
    /// Cursors of the snapshot's round-robin partitions, by the partition's key.
    pub cursors: &'a [CursorSlot],
    /// Periods of the snapshot's volume limits.
    pub periods: Periods<'a>,
}

impl SnapshotLimits<'_> {
    /// The slot of the limit at a place of the snapshot.
    #[must_use]
    #[inline]
    pub fn slot(&self, index: u32) -> u32 {
        self.slots.get(index as usize).copied().unwrap_or(NO_SLOT)
    }

    /// Whether so much more fits; at least the least that can be taken. (By value: who asks the other kinds need not write
    /// a limit down.)
    #[inline(never)]
    fn volume_has_room(&self, slot: u32, limit: Limit, hold: &FirstHold, now: Now) -> Result<(), Full> {
        let volume = Volume::of(&limit).ok_or(Full { retry_after_ns: 0 })?;
        let amount = match volume.counts.measure() {
            Measure::Calls => 1,
            Measure::Seconds => u64::from(hold.duration_sec),
            Measure::Micros => micros_of(hold.price),
        };
        let period = self.periods.number(&limit, volume.period, now);
        self.table.volume_has_room(slot, &volume, period, amount.max(1))
    }

    fn cursor_of(&self, partition_key: u64) -> Option<&LimitSlot> {
        let at = self.cursors.binary_search_by_key(&partition_key, |cursor| cursor.partition_key).ok()?;
        self.table.at(self.cursors.get(at)?.slot)
    }

    /// Moves a partition's cursor to the route that takes a call.
    pub fn set_cursor(&self, partition_key: u64, route_key: u64) {
        if let Some(slot) = self.cursor_of(partition_key) {
            // ORDERING: relaxed: the cursor is one word, and any recent value is a fair turn.
            slot.word.store(route_key, Ordering::Relaxed);
        }
    }
}

impl LiveState for SnapshotLimits<'_> {
    fn take_cps(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        match limit.dimension {
            Dimension::Cps(gcra) => self.table.take_cps(self.slot(index), gcra, now.monotonic_ns),
            _ => Ok(()),
        }
    }

    fn undo_cps(&self, index: u32, limit: &Limit) {
        if let Dimension::Cps(gcra) = limit.dimension {
            self.table.undo_cps(self.slot(index), gcra);
        }
    }

    fn cursor(&self, partition_key: u64) -> u64 {
        // ORDERING: relaxed: as in `set_cursor`.
        self.cursor_of(partition_key).map_or(0, |slot| slot.word.load(Ordering::Relaxed))
    }

    /// Limits know no wallets: `Live` asks those.
    fn available(&self, _: u32, _: &Wallet) -> i64 {
        i64::MIN
    }

    #[inline]
    fn has_room(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        let slot = self.slot(index);
        match limit.dimension {
            Dimension::Cps(gcra) => gcra.admit(self.table.word(slot)?, now.monotonic_ns).map(|_| ()),
            Dimension::Concurrency { calls_max } if self.table.word(slot)? < u64::from(calls_max) => Ok(()),
            Dimension::Concurrency { .. } => Err(Full { retry_after_ns: 0 }),
            _ => self.volume_has_room(slot, *limit, &FirstHold::NOTHING, now),
        }
    }

    fn has_room_for(&self, index: u32, limit: &Limit, hold: &FirstHold, now: Now) -> Result<(), Full> {
        match limit.dimension {
            Dimension::Cps(_) | Dimension::Concurrency { .. } => self.has_room(index, limit, now),
            _ => self.volume_has_room(self.slot(index), *limit, hold, now),
        }
    }

    fn set_payer(&self, account: u32) {
        self.periods.set_payer(account);
    }
}
