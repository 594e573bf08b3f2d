//! A snapshot as this process uses it: mapped, with the slot of each of its limits.

use rating_core::partition::Strategy;
use rating_core::snapshot::layout::{GatewayRec, LimitRec, PartitionRec, WalletRec};
use rating_core::snapshot::view::Snapshot;

use crate::calls::basis::Seen;
use crate::funds::SnapshotWallets;
use crate::limits::{CursorSlot, LimitTable, NoRoom, Periods, SnapshotLimits};
use crate::live::Live;
use crate::map::MappedSnapshot;
use crate::shm::Shm;
use crate::wallets::WalletTable;

/// One generation of the snapshot.
#[derive(Debug)]
pub struct Generation {
    number: u64,
    mapped: MappedSnapshot,
    /// By the limit's place in the snapshot.
    slots: Box<[u32]>,
    cursors: Box<[CursorSlot]>,
    /// By the wallet's place in the snapshot.
    wallets: Box<[u32]>,
    /// Out of the snapshot's head: each decision asks.
    from_utc_ns: i64,
    until_utc_ns: i64,
}

impl Generation {
    /// Finds a slot for each limit, for each round-robin cursor and for each wallet.
    pub(crate) fn new(number: u64, mapped: MappedSnapshot, shm: &Shm) -> Result<Self, NoRoom> {
        let (limits, table) = (&shm.limits(), shm.wallets());
        let slot = |record: &LimitRec| limits.slot(&record.to_limit());
        let slots = mapped.snapshot().limits().iter().map(slot).collect::<Result<_, _>>()?;
        let cursors = cursors_of(&mapped.snapshot(), limits)?;
        let wallets = wallets_of(&mapped.snapshot(), &table)?;
        let snapshot = mapped.snapshot();
        let header = snapshot.header();
        let from_utc_ns = header.valid_from_utc_sec.get().saturating_mul(1_000_000_000);
        let until_utc_ns = header.valid_until_utc_sec.get().saturating_mul(1_000_000_000);
        Ok(Self { number, mapped, slots, cursors, wallets, from_utc_ns, until_utc_ns })
    }

    /// Its number: 1 and up, in the order of publication.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The first instant at which it is true.
    ///
    /// # Units
    /// Nanoseconds since 1970 UTC.
    #[must_use]
    pub const fn from_utc_ns(&self) -> i64 {
        self.from_utc_ns
    }

    /// The first instant at which it is no longer true; `i64::MAX` if nothing scheduled ends it.
    ///
    /// # Units
    /// Nanoseconds since 1970 UTC.
    #[must_use]
    pub const fn until_utc_ns(&self) -> i64 {
        self.until_utc_ns
    }

    /// The snapshot.
    #[must_use]
    pub const fn snapshot(&self) -> &Snapshot<'_> {
        self.mapped.view()
    }

    /// Names the content.
    #[must_use]
    pub fn content_id(&self) -> u64 {
        self.mapped.content_id()
    }

    /// Its limits, over the node's table.
    #[must_use]
    pub fn limits<'a>(&'a self, table: LimitTable<'a>) -> SnapshotLimits<'a> {
        let periods = Periods::of(self.mapped.view());
        SnapshotLimits { table, slots: &self.slots, cursors: &self.cursors, periods }
    }

    /// Its wallets, over the node's table.
    #[must_use]
    pub fn wallets<'a>(&'a self, table: WalletTable<'a>) -> SnapshotWallets<'a> {
        SnapshotWallets { table, slots: &self.wallets }
    }

    /// What is live of it on a node.
    pub(crate) fn live<'a>(&'a self, shm: &'a Shm) -> Live<'a> {
        let (limits, wallets) = (self.limits(shm.limits()), self.wallets(shm.wallets()));
        Live { limits, wallets, quality: shm.quality(), seen: Seen::default() }
    }

    /// The parts of a gateway's dial string for a number, in order; `None` where there is no such gateway.
    #[must_use]
    pub fn dial<'a>(&'a self, gateway: u32, number: &'a [u8]) -> Option<[&'a [u8]; 3]> {
        let snapshot = self.snapshot();
        let record: &GatewayRec = snapshot.gateways().get(gateway as usize)?;
        Some([snapshot.bytes_of(record.dial_before), number, snapshot.bytes_of(record.dial_after)])
    }

    /// Writes the dial string of a gateway for a number, and gives its length.
    ///
    /// # Errors
    /// The length that it needs, where `into` is too short; `None` where there is no such gateway.
    pub fn write_dial(&self, gateway: u32, number: &[u8], into: &mut [u8]) -> Result<usize, Option<usize>> {
        let parts = self.dial(gateway, number).ok_or(None)?;
        let len = parts.iter().map(|part| part.len()).sum();
        let mut rest = into.get_mut(..len).ok_or(Some(len))?;
        for part in parts {
            let (here, after) = rest.split_at_mut(part.len());
            here.copy_from_slice(part);
            rest = after;
        }
        Ok(len)
    }
}

/// The slot of each wallet, by its place.
fn wallets_of(snapshot: &Snapshot<'_>, table: &WalletTable<'_>) -> Result<Box<[u32]>, NoRoom> {
    let slot = |record: &WalletRec| table.slot(&record.to_wallet());
    snapshot.wallets().iter().map(slot).collect()
}

/// A cursor for each partition that goes in turn, by the partition's key.
fn cursors_of(snapshot: &Snapshot<'_>, limits: &LimitTable<'_>) -> Result<Box<[CursorSlot]>, NoRoom> {
    let goes_in_turn = |record: &&PartitionRec| Strategy::of(record) == Strategy::RoundRobin;
    let cursor = |record: &PartitionRec| {
        let partition_key = record.key.get();
        Ok(CursorSlot { partition_key, slot: limits.cursor_slot(partition_key)? })
    };
    let found = snapshot.partitions().iter().filter(goes_in_turn).map(cursor);
    let mut cursors = found.collect::<Result<Vec<_>, NoRoom>>()?;
    cursors.sort_unstable_by_key(|cursor| cursor.partition_key);
    Ok(cursors.into_boxed_slice())
}
