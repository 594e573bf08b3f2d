//! The node's limits in a state file of their own, for benches.

use anyhow::Context;
use rating_core::snapshot::layout::LimitRec;
use rating_core::snapshot::view::Snapshot;
use rating_node::limits::{Periods, SnapshotLimits};
use rating_node::shm::{self, Shm};
use tempfile::TempDir;

use crate::node;

/// A state file in a directory of its own.
pub struct State {
    shm: Shm,
    slots: Vec<u32>,
    _dir: TempDir,
}

impl State {
    /// Makes a state file with a slot for each limit of a snapshot, in memory where there is that.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn new(snapshot: &Snapshot<'_>) -> anyhow::Result<State> {
        let dir = node::directory()?;
        let path = dir.path().join("state");
        let lock = shm::lock(&path)?;
        let shm = Shm::open_or_create(&path, 1024, &lock)?;
        let table = shm.limits();
        let slot = |record: &LimitRec| table.slot(&record.to_limit());
        let slots =
            snapshot.limits().iter().map(slot).collect::<Result<_, _>>().context("a slot for each limit")?;
        Ok(State { shm, slots, _dir: dir })
    }

    /// The limits, as a decision reads them.
    #[must_use]
    pub fn limits(&self) -> SnapshotLimits<'_> {
        SnapshotLimits {
            table: self.shm.limits(),
            slots: &self.slots,
            cursors: &[],
            periods: Periods::none(),
        }
    }
}
