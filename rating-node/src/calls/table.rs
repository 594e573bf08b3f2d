//! Finding a call's entry: by its handle at once, by its key through two buckets of tags.
//!
//! A key is a 128-bit keyed hash. It has two buckets of eight tags, each bucket one cache line; a tag is part
//! of the hash and the entry's index. Entries come from a free list, or were never used.
//!
//! **Inserting.** A tag is put in as *tentative* by one compare-and-swap. Then both buckets are read again. Of
//! two tentative tags of one call the lower place wins: the other is withdrawn. A tag that is *confirmed* wins
//! over all. Who finds no rival confirms its own.
//!
//! Two cannot both confirm: putting in and reading are sequentially consistent, so of two inserters the later
//! one sees the earlier one's tag when it reads, unless that was withdrawn; and it confirms only after a
//! reading without a rival.
//!
//! It will not decide anything: a call that is found is given back, whatever its state.

use std::sync::atomic::Ordering;

use super::Handle;
use super::entry::{Entry, GENERATION_MASK, GENERATION_SHIFT, GENERATION_STEP, INDEX_MASK, LOCK_BIT, State};
use super::lock::LockedCall;
use super::patience::Patience;
use crate::atomic::{AtomicU64, fence, model_fence};
use crate::crash::{Point, reach};
use crate::limits::LimitTable;
use crate::shm::{Header, Inside, Shm};
use crate::wallets::WalletTable;
use crate::{funds, recover, reserve};

const PRESENT_BIT: u64 = 1 << 63;
const CONFIRMED_BIT: u64 = 1 << 62;
/// The bits of a tag that tell calls apart: part of the hash, and presence.
const FINGERPRINT_MASK: u64 = !(CONFIRMED_BIT | INDEX_MASK);
#[cfg(not(loom))]
const TAGS: usize = 8;
/// Few, for a model: it tries every order of looking at them.
#[cfg(loom)]
const TAGS: usize = 1;

/// Eight tags: one cache line.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct Bucket {
    tags: [AtomicU64; TAGS],
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Bucket>() == 64);

/// The bits of a fingerprint that are the same for all calls of one Call-ID and From-tag, above [`KIN_SHIFT`].
const KIN_MASK: u64 = FINGERPRINT_MASK & !PRESENT_BIT & !((1 << KIN_SHIFT) - 1);
const KIN_SHIFT: u32 = 48;

/// More than the calls that an entry can have had and the disk not seen, when the power went.
const NOT_WRITTEN_BACK_MAX: u64 = 1 << 22;

/// What generations of entries are above in a state that begins at an instant: 256 for each second since 1970 UTC.
pub(crate) fn generation_base(utc_ns: i64) -> u64 {
    (utc_ns.div_euclid(1_000_000_000).cast_unsigned() & 0xffff_ffff) << 8
}

/// The hash of what tells one call from another (7.1). Its first half is that of Call-ID and From-tag alone: calls that
/// have these in common have their buckets in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallKey(pub [u64; 2]);

/// What became of an insertion.
#[derive(Debug)]
pub enum Inserted<'a> {
    /// A new call; nobody else changes it.
    New(LockedCall<'a>),
    /// The call is there already.
    Existing(Handle),
    /// No free entry, or no free tag.
    Full,
}

/// A tag of the call that is looked for.
#[derive(Clone, Copy, Debug)]
struct Match {
    /// Bucket and tag.
    place: usize,
    confirmed: bool,
    handle: Handle,
}

/// All calls of the node.
#[derive(Clone, Copy, Debug)]
pub struct CallTable<'a> {
    shm: &'a Shm,
    header: &'a Header,
    buckets: &'a [Bucket],
    entries: &'a [Entry],
    limits: LimitTable<'a>,
}

impl<'a> CallTable<'a> {
    pub(crate) const fn new(
        shm: &'a Shm,
        header: &'a Header,
        buckets: &'a [Bucket],
        entries: &'a [Entry],
        limits: LimitTable<'a>,
    ) -> Self {
        Self { shm, header, buckets, entries, limits }
    }

    /// The wallets that pay calls.
    #[must_use]
    pub(crate) fn wallets(&self) -> WalletTable<'a> {
        self.shm.wallets()
    }

    /// The limits that calls hold.
    #[must_use]
    pub const fn limits(&self) -> LimitTable<'a> {
        self.limits
    }

    /// The most calls.
    #[must_use]
    pub const fn calls_max(&self) -> u32 {
        self.entries.len() as u32
    }

    pub(crate) fn entry(&self, index: u32) -> Option<&'a Entry> {
        self.entries.get(index as usize)
    }

    /// Every entry that was ever used, with its state and its handle.
    pub fn used(&self) -> impl Iterator<Item = (&'a Entry, State, Handle)> + use<'a> {
        // ORDERING: acquire, pairs with the release in `never_used`.
        let used = self.header.entries_used.load(Ordering::Acquire) as usize;
        self.entries.iter().take(used).enumerate().map(|(index, entry)| {
            // ORDERING: acquire, pairs with the release that ended the last change: the cells are readable as
            // long as the state stays; only `Ended` is sure to.
            let word = entry.word.load(Ordering::Acquire);
            (entry, State::of(word), Handle::of(index as u32, word))
        })
    }

    /// The entry of a call, made if there is none.
    pub fn insert(&self, key: CallKey) -> Inserted<'a> {
        let mut patience = Patience::new();
        loop {
            let inside = self.enter();
            match self.find(key) {
                Some(found) if found.confirmed => return Inserted::Existing(found.handle),
                // Somebody is inserting it right now.
                Some(found) => {
                    drop(inside);
                    if !self.wait(&mut patience) {
                        return Inserted::Existing(found.handle);
                    }
                    continue;
                }
                None => {}
            }
            let Some(call) = self.allocate(key, inside) else { return Inserted::Full };
            let Some(place) = self.put_tag(key, call.handle()) else { return Inserted::Full };
            match self.settle(key, place, call, &mut patience) {
                Ok(inserted) => return inserted,
                Err(Lost) => continue,
            }
        }
    }

    /// Waits until the tag has no rival, then confirms it; or gives way.
    fn settle(
        &self,
        key: CallKey,
        place: usize,
        call: LockedCall<'a>,
        patience: &mut Patience,
    ) -> Result<Inserted<'a>, Lost> {
        loop {
            match self.matches(key).find(|rival| rival.place != place) {
                None => {
                    // ORDERING: release, pairs with the reading in `matches`: the entry is whole.
                    self.tag_at(place).fetch_or(CONFIRMED_BIT, Ordering::SeqCst);
                    reach(Point::TagConfirmed);
                    return Ok(Inserted::New(call));
                }
                // Dropping the new call withdraws it.
                Some(rival) if rival.confirmed => return Ok(Inserted::Existing(rival.handle)),
                Some(rival) if rival.place < place => return Err(Lost),
                // The rival may be dead: who repairs waits until this has given way.
                Some(_) if self.header.is_repairing() => return Err(Lost),
                Some(rival) if !patience.wait() => return Ok(Inserted::Existing(rival.handle)),
                Some(_) => {}
            }
        }
    }

    /// The call's tag, a confirmed one first.
    fn find(&self, key: CallKey) -> Option<Match> {
        let mut tentative = None;
        for found in self.matches(key) {
            if found.confirmed {
                return Some(found);
            }
            tentative = Some(found);
        }
        tentative
    }

    /// The handle of a call that is in the table.
    #[must_use]
    pub fn handle_of(&self, key: CallKey) -> Option<Handle> {
        self.find(key).map(|found| found.handle)
    }

    /// Every tag of the call, by place.
    fn matches(&self, key: CallKey) -> impl Iterator<Item = Match> + use<'a, '_> {
        let [first, second] = self.buckets_of(key);
        let places =
            (0..TAGS).map(move |tag| first * TAGS + tag).chain((0..TAGS).map(move |tag| second * TAGS + tag));
        places.filter_map(move |place| self.match_at(key, place))
    }

    /// The call's tag at a place, if it is the call's.
    fn match_at(&self, key: CallKey, place: usize) -> Option<Match> {
        // ORDERING: sequentially consistent, pairs with `put_tag`: see the head of this file.
        let tag = self.tag_at(place).load(Ordering::SeqCst);
        if tag & FINGERPRINT_MASK != fingerprint(key) {
            return None;
        }
        let index = (tag & INDEX_MASK) as u32;
        let entry = self.entry(index)?;
        // ORDERING: acquire, pairs with the release in `allocate` and in the lock's drop.
        let word = entry.word.load(Ordering::Acquire);
        let same_key = [entry.key[0].get(), entry.key[1].get()] == key.0;
        // The entry may have become another call's meanwhile: then the tag is gone, or the generation differs.
        // ORDERING: sequentially consistent, as above; the acquire fence keeps both second looks behind the key.
        fence(Ordering::Acquire);
        let now = self.tag_at(place).load(Ordering::SeqCst);
        let word_now = entry.word.load(Ordering::Acquire);
        let unchanged = (now ^ tag) & !CONFIRMED_BIT == 0 && (word_now ^ word) & GENERATION_MASK == 0;
        let mine = unchanged && same_key && State::of(word_now) != State::Free;
        mine.then(|| Match { place, confirmed: now & CONFIRMED_BIT != 0, handle: Handle::of(index, word) })
    }

    /// The other live calls of this call's Call-ID and From-tag that have been decided, with their handles. What is read
    /// of an entry is that call's if it still has it afterwards ([`is_call`](Self::is_call)).
    pub(crate) fn kin(
        &self,
        key: CallKey,
        of: Handle,
    ) -> impl Iterator<Item = (&'a Entry, Handle)> + use<'a, '_> {
        let wanted = fingerprint(key) & (KIN_MASK | PRESENT_BIT);
        let places = self.buckets_of(key).into_iter().flat_map(|bucket| bucket * TAGS..(bucket + 1) * TAGS);
        places.filter_map(move |place| {
            // ORDERING: sequentially consistent, as all tags.
            let tag = self.tag_at(place).load(Ordering::SeqCst);
            let index = (tag & INDEX_MASK) as u32;
            if tag & (KIN_MASK | PRESENT_BIT) != wanted || index == of.index() {
                return None;
            }
            let entry = self.entry(index)?;
            // ORDERING: acquire, pairs with the release that ended the last change, as in `used`.
            let word = entry.word.load(Ordering::Acquire);
            let state = State::of(word);
            let is_kin = entry.key[0].get() == key.0[0] && state.is_alive() && state != State::Deciding;
            is_kin.then(|| (entry, Handle::of(index, word)))
        })
    }

    /// Puts a tentative tag into the emptier of the call's buckets.
    fn put_tag(&self, key: CallKey, handle: Handle) -> Option<usize> {
        let tag = fingerprint(key) | u64::from(handle.index());
        loop {
            let free = |bucket: usize| {
                let places = bucket * TAGS..(bucket + 1) * TAGS;
                // ORDERING: relaxed: a guess, the compare-and-swap below decides.
                let mut free = places.filter(|place| self.tag_at(*place).load(Ordering::Relaxed) == 0);
                (free.next(), free.count())
            };
            let [first, second] = self.buckets_of(key).map(free);
            let place =
                if first.0.is_some() && first.1 >= second.1 { first.0 } else { second.0.or(first.0) }?;
            // ORDERING: sequentially consistent, pairs with `match_at`: see the head of this file.
            let put = self.tag_at(place).compare_exchange(0, tag, Ordering::SeqCst, Ordering::Relaxed);
            model_fence();
            if put.is_ok() {
                reach(Point::TagPut);
                return Some(place);
            }
        }
    }

    /// Removes the tag of an entry, if it has one.
    fn remove_tag(&self, key: CallKey, handle: Handle) {
        let wanted = fingerprint(key) | u64::from(handle.index());
        for bucket in self.buckets_of(key) {
            for place in bucket * TAGS..(bucket + 1) * TAGS {
                // ORDERING: sequentially consistent, as all tags. Nobody else changes this entry's tag.
                let tag = self.tag_at(place).load(Ordering::SeqCst);
                if tag & !CONFIRMED_BIT == wanted {
                    self.tag_at(place).store(0, Ordering::SeqCst);
                    return;
                }
            }
        }
    }

    fn tag_at(&self, place: usize) -> &'a AtomicU64 {
        &self.buckets[place / TAGS].tags[place % TAGS]
    }

    /// The two different buckets of a key, the lower one first.
    fn buckets_of(&self, key: CallKey) -> [usize; 2] {
        let mask = self.buckets.len() - 1;
        let first = key.0[0] as usize & mask;
        let apart = ((key.0[0] >> 32) as usize & mask).max(1);
        let second = (first ^ apart) & mask;
        [first.min(second), first.max(second)]
    }

    /// A free entry with this key, locked, in a generation of its own.
    fn allocate(&self, key: CallKey, inside: Inside<'a>) -> Option<LockedCall<'a>> {
        let index = self.pop_free().or_else(|| self.never_used())?;
        let entry = self.entry(index)?;
        reach(Point::EntryTaken);
        // ORDERING: relaxed, here and below: a count that publishes nothing.
        self.header.entries_taken.fetch_add(1, Ordering::Relaxed);
        // ORDERING: relaxed: a free entry is whose it was taken by.
        let last = entry.word.load(Ordering::Relaxed) & GENERATION_MASK;
        let base = self.header.entry_generation_base.get() << GENERATION_SHIFT;
        let generation = match last.max(base).wrapping_add(GENERATION_STEP) & GENERATION_MASK {
            0 => GENERATION_STEP,
            next => next,
        };
        // ORDERING: the release fence behind the store keeps the cells' changes behind it; pairs with the acquire
        // fences in `match_at` and `is_ended`: who still looks at the entry's last call and sees a cell of the
        // new one sees that the old one is gone.
        entry.word.store(generation | LOCK_BIT | State::Deciding as u64, Ordering::Release);
        fence(Ordering::Release);
        reach(Point::EntryBorn);
        entry.key[0].set(key.0[0]);
        entry.key[1].set(key.0[1]);
        entry.clear();
        Some(LockedCall::born(*self, entry, Handle::of(index, generation), inside))
    }

    /// Removes a call and frees its entry. The caller is the only one who may change it.
    pub(super) fn withdraw(&self, entry: &Entry, handle: Handle) {
        self.remove_tag(CallKey([entry.key[0].get(), entry.key[1].get()]), handle);
        reach(Point::TagRemoved);
        // ORDERING: release: whoever sees the entry free sees that its tag is gone.
        entry.word.store(handle.generation() | State::Free as u64, Ordering::Release);
        reach(Point::EntryFreed);
        self.header.entries_taken.fetch_sub(1, Ordering::Relaxed);
        self.push_free(handle.index());
        reach(Point::EntryListed);
    }

    /// Frees the entry of an ended call. Only one sweeper at a time.
    pub(crate) fn free_ended(&self, handle: Handle) {
        let _inside = self.enter();
        // One that died at it may have counted a call as swept, and not freed it: it is not to be counted again.
        funds::finish_sweep(self.shm, |posted| {
            if let Some(entry) = self.ended(posted) {
                self.withdraw(entry, posted);
            }
        });
        if let Some(entry) = self.ended(handle) {
            funds::sweep(self.shm, handle, entry, || self.withdraw(entry, handle));
        }
    }

    /// The entry of a call that has ended.
    fn ended(&self, handle: Handle) -> Option<&'a Entry> {
        let entry = self.entry(handle.index())?;
        // ORDERING: acquire, pairs with the release that ended the call.
        let word = entry.word.load(Ordering::Acquire);
        let is_it = word & GENERATION_MASK == handle.generation() && State::of(word) == State::Ended;
        is_it.then_some(entry)
    }

    /// Marks the entry of an ended call as free, for a repair that makes the free list new.
    pub(crate) fn mark_free(&self, handle: Handle) {
        if let Some(entry) = self.ended(handle) {
            // ORDERING: relaxed: everybody else is outside (`recover`).
            entry.word.store(handle.generation() | State::Free as u64, Ordering::Relaxed);
        }
    }

    /// Goes inside, see [`Shm::enter`].
    pub(super) fn enter(&self) -> Inside<'a> {
        self.shm.enter()
    }

    /// Waits for another process to let something go; false when it has been too long. Not for who is inside. Who has
    /// waited a while looks whether the other one is dead, and then repairs what it has left.
    pub(super) fn wait(&self, patience: &mut Patience) -> bool {
        let goes_on = patience.wait();
        if patience.is_suspicious() {
            // Where it cannot be repaired the waiting ends as it would have.
            let _ = recover::repair_dead(self.shm);
        }
        goes_on
    }

    /// Entries that are not free.
    #[must_use]
    pub fn taken(&self) -> u64 {
        // ORDERING: relaxed: a figure to look at.
        self.header.entries_taken.load(Ordering::Relaxed)
    }

    /// Whether more than half of the entries are in use.
    #[must_use]
    pub(crate) fn is_half_full(&self) -> bool {
        // ORDERING: relaxed: an estimate while others take and free entries.
        self.header.entries_taken.load(Ordering::Relaxed) > u64::from(self.calls_max() / 2)
    }

    /// Whether so few entries are left that room is to be made before calls are refused.
    #[must_use]
    pub(crate) fn is_nearly_full(&self) -> bool {
        let kept = self.calls_max() / 128;
        // ORDERING: relaxed: as above.
        self.header.entries_taken.load(Ordering::Relaxed) >= u64::from(self.calls_max() - 2 * kept)
    }

    /// The entry at a place, if it is in this state, and its handle.
    pub(crate) fn at_state(&self, index: u32, state: State) -> Option<(&'a Entry, Handle)> {
        let entry = self.entry(index)?;
        // ORDERING: acquire, as in `used`.
        let word = entry.word.load(Ordering::Acquire);
        (State::of(word) == state).then(|| (entry, Handle::of(index, word)))
    }

    /// Whether so few entries are left that emergency calls alone may have them: the last 1/128.
    #[must_use]
    pub(crate) fn is_for_emergencies_only(&self) -> bool {
        let kept = self.calls_max() / 128;
        // ORDERING: relaxed: as above.
        self.header.entries_taken.load(Ordering::Relaxed) > u64::from(self.calls_max() - kept)
    }

    /// Whether a call still has its entry: what was read of it before is its own.
    pub(crate) fn is_call(&self, handle: Handle) -> bool {
        let Some(entry) = self.entry(handle.index()) else { return false };
        // ORDERING: acquire fence, pairs with the one in `allocate`, as in `is_ended`.
        fence(Ordering::Acquire);
        entry.word.load(Ordering::Relaxed) & GENERATION_MASK == handle.generation()
    }

    /// Whether an ended call still has its entry: what was read of it before is its own.
    pub(crate) fn is_ended(&self, handle: Handle) -> bool {
        let Some(entry) = self.entry(handle.index()) else { return false };
        // ORDERING: acquire fence, pairs with the one in `allocate`: cells that were read before are not of a
        // later call than the word that is read now.
        fence(Ordering::Acquire);
        let word = entry.word.load(Ordering::Relaxed);
        word & GENERATION_MASK == handle.generation() && State::of(word) == State::Ended
    }

    fn pop_free(&self) -> Option<u32> {
        let head = &self.header.free_head;
        // ORDERING: acquire, pairs with the release in `push_free`: the link is that of the one who pushed.
        let mut word = head.load(Ordering::Acquire);
        loop {
            let index = ((word & INDEX_MASK) as u32).checked_sub(1)?;
            let next = self.entry(index)?.key[0].get() & INDEX_MASK;
            // The link may be another's key by now: then the head has moved on and its count differs.
            let new = (word & GENERATION_MASK).wrapping_add(GENERATION_STEP) | next;
            match head.compare_exchange_weak(word, new, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => return Some(index),
                Err(other) => word = other,
            }
        }
    }

    fn push_free(&self, index: u32) {
        let Some(entry) = self.entry(index) else { return };
        let head = &self.header.free_head;
        // ORDERING: relaxed: the value is only compared.
        let mut word = head.load(Ordering::Relaxed);
        loop {
            entry.key[0].set(word & INDEX_MASK);
            let new = (word & GENERATION_MASK).wrapping_add(GENERATION_STEP) | u64::from(index + 1);
            // ORDERING: release, pairs with the acquire in `pop_free`: publishes the link.
            match head.compare_exchange_weak(word, new, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(other) => word = other,
            }
        }
    }

    fn never_used(&self) -> Option<u32> {
        let more = |used: u64| (used < u64::from(self.calls_max())).then(|| used + 1);
        // ORDERING: release, pairs with the acquire in `used`.
        let used = self.header.entries_used.fetch_update(Ordering::AcqRel, Ordering::Relaxed, more);
        used.ok().map(|used| used as u32)
    }

    /// After a reboot: what was not written back to the disk before it is older than records in segments may be. Entries are
    /// looked for beyond those that the header knows of, and generations begin above all that were ever given out, so that no
    /// call has the handle of one that is recorded. Nobody else is inside.
    pub(crate) fn begin_anew(&self, now_utc_ns: i64) {
        // ORDERING: relaxed, here and below: everybody else is outside (`recover`).
        let words = self.entries.iter().map(|entry| entry.word.load(Ordering::Relaxed));
        let (mut used, mut highest) = (self.header.entries_used.load(Ordering::Relaxed), 0);
        for (count, word) in (1..).zip(words).filter(|(_, word)| *word != 0) {
            used = used.max(count);
            highest = highest.max(word >> GENERATION_SHIFT);
        }
        self.header.entries_used.store(used, Ordering::Relaxed);
        let base = &self.header.entry_generation_base;
        base.set(
            base.get().max(generation_base(now_utc_ns)).max(highest).saturating_add(NOT_WRITTEN_BACK_MAX),
        );
    }

    /// Makes tags and free list new from the entries, after unlocking, ending or freeing what a death left
    /// behind. `lost` is when a call in this state ended, if it did. Nobody else is inside.
    pub(crate) fn rebuild(&self, lost: impl Fn(&Entry, State) -> Option<i64>) {
        for place in 0..self.buckets.len() * TAGS {
            // ORDERING: relaxed, here and below: everybody else is outside (`recover`).
            self.tag_at(place).store(0, Ordering::Relaxed);
        }
        self.header.free_head.store(0, Ordering::Relaxed);
        self.header.entries_taken.store(0, Ordering::Relaxed);
        reach(Point::RepairEmptied);
        for (entry, state, handle) in self.used() {
            let state = match state {
                State::Deciding => State::Free,
                alive if alive.is_alive() && entry.ended_ns.get() != 0 => State::Ended,
                State::Admitted | State::Ringing if entry.answered_ns.get() != 0 => entry.finish_answer(),
                other => other,
            };
            let state = match state {
                alive if alive.is_alive() => match lost(entry, alive) {
                    Some(ended_ns) => {
                        entry.end_by_recovery(alive, ended_ns);
                        State::Ended
                    }
                    None => alive,
                },
                other => other,
            };
            if state == State::Ended {
                reserve::settle(entry, &self.limits);
            }
            if !state.is_alive() {
                entry.forget_holds();
            }
            match state {
                State::Free => entry.money.forget_hold(),
                State::Ended => funds::settle_in_repair(entry),
                _ => {}
            }
            // ORDERING: release, pairs with the acquire in `used`: who reads it as ended reads its cells.
            entry.word.store(handle.generation() | state as u64, Ordering::Release);
            if state == State::Free {
                self.push_free(handle.index());
            } else {
                self.header.entries_taken.fetch_add(1, Ordering::Relaxed);
                let key = CallKey([entry.key[0].get(), entry.key[1].get()]);
                if let Some(place) = self.put_tag(key, handle) {
                    self.tag_at(place).fetch_or(CONFIRMED_BIT, Ordering::SeqCst);
                }
            }
        }
    }
}

/// A rival was there first.
struct Lost;

fn fingerprint(key: CallKey) -> u64 {
    // Of the first half the bits that do not choose the buckets.
    let kin = key.0[0] >> (64 - (62 - KIN_SHIFT)) << KIN_SHIFT;
    PRESENT_BIT | kin | (key.0[1] & FINGERPRINT_MASK & !KIN_MASK)
}
