//! What a decision reads that is not in the snapshot: limits, wallets and quality of the node.

use rating_core::funds::FirstHold;
use rating_core::limit::Limit;
use rating_core::live::{Full, LiveState, Now, Wallet};

use crate::calls::basis::Seen;
use crate::funds::SnapshotWallets;
use crate::limits::SnapshotLimits;
use crate::quality::QualityTable;

/// Limits and wallets of one snapshot, and how well routes do.
#[derive(Clone, Debug)]
pub(crate) struct Live<'a> {
    pub limits: SnapshotLimits<'a>,
    pub wallets: SnapshotWallets<'a>,
    pub quality: QualityTable<'a>,
    /// What the decision has read of it.
    pub seen: Seen,
}

impl LiveState for Live<'_> {
    fn take_cps(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        self.limits.take_cps(index, limit, now).inspect_err(|_| self.seen.full(self.limits.slot(index)))
    }

    fn undo_cps(&self, index: u32, limit: &Limit) {
        self.limits.undo_cps(index, limit);
    }

    fn has_room(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        self.limits.has_room(index, limit, now).inspect_err(|_| self.seen.full(self.limits.slot(index)))
    }

    fn has_room_for(&self, index: u32, limit: &Limit, hold: &FirstHold, now: Now) -> Result<(), Full> {
        let room = self.limits.has_room_for(index, limit, hold, now);
        room.inspect_err(|_| self.seen.full(self.limits.slot(index)))
    }

    fn set_payer(&self, account: u32) {
        self.limits.set_payer(account);
    }

    fn cursor(&self, partition_key: u64) -> u64 {
        let route_key = self.limits.cursor(partition_key);
        self.seen.cursor(route_key);
        route_key
    }

    fn available(&self, index: u32, _: &Wallet) -> i64 {
        self.seen.available(self.wallets.slot(index), || self.wallets.available(index))
    }

    fn pays(&self, index: u32, wallet: &Wallet) -> bool {
        self.seen.pays(self.wallets.slot(index), || self.wallets.pays(index, wallet))
    }

    fn quality(&self, route_key: u64) -> Option<i32> {
        let (place, score) = self.quality.scored(route_key)?;
        self.seen.score(place, score);
        Some(score)
    }
}
