//! By whose clock a partition's periods are: those of the accounts that call in it (6.5).
//!
//! A limit of a partition, or of a membership, has the periods of the account that pays. Who looks at it has no call: in
//! Denver a campaign's day goes on for seven hours after midnight UTC.

use std::collections::HashMap;

use rating_core::class::Period;
use rating_core::period;
use rating_core::snapshot::layout::{NONE, Range};
use rating_core::snapshot::view::Snapshot;

/// The zones of the accounts that call in each partition, by the partition's place.
#[derive(Debug, Default)]
pub(crate) struct CallersZones(HashMap<u32, Vec<u32>>);

impl CallersZones {
    /// Those of a snapshot: by the lists of accounts and trunks, by DIDs, and by the plan's default.
    pub fn of(snapshot: &Snapshot<'_>) -> CallersZones {
        let mut zones = CallersZones::default();
        let zone_of = |account: u32| {
            snapshot.accounts().get(account as usize).map_or(NONE, |account| account.zone.get())
        };
        for account in snapshot.accounts() {
            zones.add(snapshot, account.partitions, account.zone.get());
        }
        for trunk in snapshot.trunks() {
            zones.add(snapshot, trunk.partitions, zone_of(trunk.account.get()));
        }
        for did in snapshot.dids() {
            zones.add(snapshot, did.campaigns, zone_of(did.account.get()));
        }
        let default = snapshot.plan().default_partition.get();
        for account in snapshot.accounts().iter().filter(|account| account.partitions.count.get() == 0) {
            zones.add_one(default, account.zone.get());
        }
        zones
    }

    fn add(&mut self, snapshot: &Snapshot<'_>, list: Range, zone: u32) {
        let partitions = snapshot.range(snapshot.partition_lists(), list);
        partitions.iter().for_each(|partition| self.add_one(partition.get(), zone));
    }

    fn add_one(&mut self, partition: u32, zone: u32) {
        let zones = self.0.entry(partition).or_default();
        if !zones.contains(&zone) {
            zones.push(zone);
        }
    }

    /// The number of the period of a partition's limit that has not ended for all who call in it: the first of them.
    pub fn number(&self, snapshot: &Snapshot<'_>, partition: u32, period: Period, at_utc_sec: i64) -> u32 {
        let number = |zone: &u32| period::number_of(snapshot, *zone, period, at_utc_sec);
        let zones = self.0.get(&partition).map(Vec::as_slice).unwrap_or_default();
        zones.iter().map(number).min().unwrap_or_else(|| number(&NONE))
    }
}
