//! Changing a call: one process at a time, and never the wrong call.
//!
//! The lock is a bit in the state word, taken by the same compare-and-swap that checks the generation. It is
//! held for well under a microsecond. What a process leaves that dies meanwhile is repaired by whoever finds it
//! first (see `recover`); others wait for that a while, then say so. Who has locked a call is inside, see
//! `processes`: nobody locks a second one meanwhile.

use std::ops::Deref;
use std::sync::atomic::Ordering;

use super::entry::{Entry, GENERATION_MASK, LOCK_BIT, State};
use super::patience::Patience;
use super::table::CallTable;
use super::{CallError, Handle};
use crate::crash::{Point, reach};
use crate::funds;
use crate::shm::Inside;

/// A call that nobody else changes as long as this lives.
#[derive(Debug)]
pub struct LockedCall<'a> {
    table: CallTable<'a>,
    entry: &'a Entry,
    handle: Handle,
    /// The state to leave the call in.
    state: State,
    /// Dropped last: until then no repair begins.
    _inside: Inside<'a>,
}

impl<'a> LockedCall<'a> {
    /// Locks a call that has not ended.
    ///
    /// # Errors
    /// [`CallError`] if there is none.
    pub fn lock(table: CallTable<'a>, handle: Handle) -> Result<Self, CallError> {
        Self::lock_within(table, handle, Patience::new())
    }

    /// Locks a call that is to end: waits longer for who holds it.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    pub fn lock_to_end(table: CallTable<'a>, handle: Handle) -> Result<Self, CallError> {
        Self::lock_within(table, handle, Patience::for_end())
    }

    fn lock_within(table: CallTable<'a>, handle: Handle, mut patience: Patience) -> Result<Self, CallError> {
        let entry = table.entry(handle.index()).ok_or(CallError::Unknown)?;
        loop {
            let inside = table.enter();
            // ORDERING: acquire, pairs with the release in `drop`: the cells are those of the last holder.
            let word = entry.word.load(Ordering::Acquire);
            if word & GENERATION_MASK != handle.generation() {
                return Err(CallError::Unknown);
            }
            match State::of(word) {
                State::Free => return Err(CallError::Unknown),
                State::Ended => return Err(CallError::Ended),
                _ if word & LOCK_BIT != 0 => {}
                state => {
                    let locked = word | LOCK_BIT;
                    // ORDERING: acquire, as above.
                    let taken =
                        entry.word.compare_exchange(word, locked, Ordering::Acquire, Ordering::Relaxed);
                    if taken.is_ok() {
                        reach(Point::CallLocked);
                        return Ok(Self { table, entry, handle, state, _inside: inside });
                    }
                }
            }
            drop(inside);
            if !table.wait(&mut patience) {
                return Err(CallError::Stuck);
            }
        }
    }

    /// An entry that was locked from birth, and is nobody else's yet.
    pub(super) const fn born(
        table: CallTable<'a>,
        entry: &'a Entry,
        handle: Handle,
        inside: Inside<'a>,
    ) -> Self {
        Self { table, entry, handle, state: State::Deciding, _inside: inside }
    }

    /// Names the call.
    #[must_use]
    pub const fn handle(&self) -> Handle {
        self.handle
    }

    /// The state that the call is in.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Puts the call into another state, seen by others once this is dropped.
    pub const fn set_state(&mut self, state: State) {
        self.state = state;
    }

    /// Lets go everything that the call holds.
    pub fn release_all(&self) {
        self.entry.release_all(&self.table.limits());
    }
}

impl Deref for LockedCall<'_> {
    type Target = Entry;

    fn deref(&self) -> &Entry {
        self.entry
    }
}

impl Drop for LockedCall<'_> {
    fn drop(&mut self) {
        if self.state == State::Deciding {
            // Nobody came to a verdict (a panic on the way): the call never was.
            self.release_all();
            funds::let_go(self.entry, &self.table.wallets());
            self.table.withdraw(self.entry, self.handle);
            return;
        }
        // ORDERING: release, pairs with the acquire in `lock` and in the sweep: publishes the cells.
        self.entry.word.store(self.handle.generation() | self.state as u64, Ordering::Release);
        reach(Point::CallUnlocked);
    }
}
