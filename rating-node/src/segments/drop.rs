//! A call table that is full of ended calls whose records nobody writes: records are dropped, where the plan says so.
//!
//! A worker that finds the table nearly full drops some records, those of rejected calls first, and counts them; the
//! calls that come go on. The record of a call that a wallet has paid is never dropped: it is money. While somebody
//! writes records nothing is dropped, because that makes room too: only who has the sweeper's lock drops.
//!
//! It will not wait, neither for the lock nor for a call to end, and looks at a part of the table only: a table that is
//! full of calls that talk refuses new ones as ever.

use std::sync::atomic::Ordering;

use super::sweep::SweepLock;
use crate::calls::State;
use crate::calls::entry::Entry;
use crate::generation::Generation;
use crate::node::Node;

/// Entries that are looked at for one call.
const LOOKED_AT_MAX: u32 = 4096;
/// Records that are dropped at once: as many calls come in before the next look.
const DROPPED_MAX: u64 = 256;

impl Node {
    /// Drops records that wait, if the table is nearly full and the plan says so.
    pub(crate) fn make_room(&self, generation: &Generation) {
        if !self.calls().is_nearly_full() || generation.snapshot().plan().when_table_full.get() != 1 {
            return;
        }
        let Ok(Some(_lock)) = SweepLock::try_take(self.shm().path()) else { return };
        // ORDERING: relaxed, here and below: any place is a good one to begin at.
        let from = self.dropped_until.load(Ordering::Relaxed);
        let mut found = self.drop_records(from, |call| call.reason.get() != 0);
        if found.dropped == 0 {
            found = self.drop_records(from, |call| call.charge().is_none_or(|(_, used)| used == 0));
        }
        self.counters().records_dropped.add(found.dropped);
        self.dropped_until.store(found.until, Ordering::Relaxed);
    }

    /// Drops records of calls that may be dropped, from a place of the table on.
    fn drop_records(&self, from: u32, may_drop: impl Fn(&Entry) -> bool) -> Found {
        let calls = self.calls();
        let mut found = Found { dropped: 0, until: from };
        for _ in 0..LOOKED_AT_MAX.min(calls.calls_max()) {
            if let Some((call, handle)) = calls.at_state(found.until, State::Ended)
                && may_drop(call)
            {
                calls.free_ended(handle);
                found.dropped += 1;
            }
            found.until = found.until.wrapping_add(1) % calls.calls_max();
            if found.dropped == DROPPED_MAX {
                break;
            }
        }
        found
    }
}

/// What a look has come to.
struct Found {
    /// Records that were dropped.
    dropped: u64,
    /// Where the next look begins.
    until: u32,
}
