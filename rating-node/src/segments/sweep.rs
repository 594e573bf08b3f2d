//! The agent's round: ended entries become records, are synced, and only then are free.
//!
//! One sweeper at a time, by a lock file of its own. What it reads and frees it does inside (see `processes`), so that
//! no repair is under way meanwhile. Dying between any two steps loses nothing: until its record is synced a call is in its entry, from then on it is in the
//! segment, and for a moment in both.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use rustix::fs::FlockOperation;

use super::rate::{self, Names};
use super::record::CallRecord;
use super::write::{SegmentWriter, WriteError};
use crate::calls::{Handle, State};
use crate::crash::{Point, reach};
use crate::node::Node;
use crate::shm;

/// Records that are written and synced at once.
const BATCH: usize = 4096;

/// Held during a sweep.
#[derive(Debug)]
pub struct SweepLock(#[expect(dead_code, reason = "the lock lives as long as the open file")] File);

impl SweepLock {
    /// Takes the lock; waits for who has it.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn take(state: &Path) -> std::io::Result<SweepLock> {
        let file = shm::open_lock_file(&shm::beside(state, "sweep"))?;
        rustix::fs::flock(&file, FlockOperation::LockExclusive)?;
        Ok(SweepLock(file))
    }

    /// Takes the lock if nobody has it.
    ///
    /// # Errors
    /// What the operating system says.
    pub(super) fn try_take(state: &Path) -> std::io::Result<Option<SweepLock>> {
        let file = shm::open_lock_file(&shm::beside(state, "sweep"))?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(SweepLock(file))),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// Turns ended entries into records.
#[derive(Debug, Default)]
pub struct Sweeper {
    /// By generation.
    names: HashMap<u64, Names>,
}

impl Sweeper {
    /// The records of at most `most` ended calls. Their entries stay.
    pub fn collect(&mut self, node: &Node, most: usize) -> Vec<CallRecord> {
        let _inside = node.shm().enter();
        let ended: Vec<_> =
            node.calls().used().filter(|(_, state, _)| *state == State::Ended).take(most).collect();
        let mut records = Vec::with_capacity(ended.len());
        for (entry, _, handle) in ended {
            let names = self.names_of(node, u64::from(entry.generation.get()));
            records.push(rate::record(node.shm(), handle, entry, names));
        }
        records
    }

    /// Frees the entries of records that are on disk.
    pub fn free(node: &Node, written: impl IntoIterator<Item = Handle>) {
        written.into_iter().for_each(|handle| node.calls().free_ended(handle));
    }

    /// Names of a generation, and of the newest one where that knows more.
    fn names_of(&mut self, node: &Node, generation: u64) -> &Names {
        if self.names.len() > shm::GENERATIONS {
            self.names.clear();
        }
        self.names.entry(generation).or_insert_with(|| {
            let mut names = match node.generation(generation) {
                Ok(generation) => Names::of(generation.snapshot()),
                Err(_) => Names::default(),
            };
            names.fill_from(&Names::of(node.newest().snapshot()));
            names
        })
    }
}

/// Writes all calls that have ended, and frees their entries. Gives how many.
///
/// # Errors
/// [`WriteError`]; the calls stay in the state then.
pub fn sweep(
    node: &Node,
    sweeper: &mut Sweeper,
    writer: &mut SegmentWriter,
    now_utc_ns: i64,
) -> Result<u64, WriteError> {
    let lock_error = |source| WriteError { path: node.shm().path().to_owned(), source };
    let _lock = SweepLock::take(node.shm().path()).map_err(lock_error)?;
    node.shm().note_alive(now_utc_ns);
    let mut written = 0;
    loop {
        let records = sweeper.collect(node, BATCH);
        if records.is_empty() {
            return Ok(written);
        }
        let bytes: Vec<Vec<u8>> = records.iter().map(CallRecord::encode).collect();
        writer.append(&bytes, now_utc_ns)?;
        reach(Point::RecordsSynced);
        Sweeper::free(node, records.iter().map(|record| record.handle));
        written += records.len() as u64;
        node.counters().records_written.add(records.len() as u64);
    }
}
