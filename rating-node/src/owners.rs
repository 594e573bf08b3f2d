//! Whose the limits of a snapshot are (6.1), and the names by which people know them.
//!
//! `route:north_econ:concurrent_calls` is the limit of concurrent calls of the route `north_econ`;
//! `membership:us_prime/north_econ:cps_burst` the calls per second of that route in the partition `us_prime`.

use rating_core::class::{CountedCalls, Period};
use rating_core::limit::{Dimension, Limit};
use rating_core::snapshot::layout::{PartitionRec, Range};
use rating_core::snapshot::view::Snapshot;

/// Whose a limit is (6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// An account.
    Account,
    /// A trunk.
    Trunk,
    /// A provider.
    Provider,
    /// A route.
    Route,
    /// A gateway.
    Gateway,
    /// A partition.
    Partition,
    /// A route in a partition.
    Membership,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 7] = [
        Self::Account,
        Self::Trunk,
        Self::Provider,
        Self::Route,
        Self::Gateway,
        Self::Partition,
        Self::Membership,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Trunk => "trunk",
            Self::Provider => "provider",
            Self::Route => "route",
            Self::Gateway => "gateway",
            Self::Partition => "partition",
            Self::Membership => "membership",
        }
    }
}

/// A limit and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedLimit {
    /// Whose it is.
    pub scope: Scope,
    /// Its owner's id; a membership's is `partition/route`.
    pub owner: String,
    /// Its place in the snapshot.
    pub at: u32,
    /// What is limited.
    pub limit: Limit,
}

impl OwnedLimit {
    /// Its name: `scope:owner:dimension`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}:{}", self.scope.name(), self.owner, dimension(&self.limit))
    }

    /// The place of the partition whose callers' periods are the limit's (6.5); `None` where its owner has a clock.
    pub(crate) fn partition(&self, snapshot: &Snapshot<'_>) -> Option<u32> {
        let name = match self.scope {
            Scope::Partition => self.owner.as_str(),
            Scope::Membership => self.owner.split_once('/')?.0,
            _ => return None,
        };
        let of = |partition: &PartitionRec| snapshot.text(partition.name).cmp(name);
        let at = snapshot.partitions().binary_search_by(of).ok()?;
        u32::try_from(at).ok()
    }
}

/// The name of a limit's dimension: what is limited, and in which period.
#[must_use]
pub const fn dimension(limit: &Limit) -> &'static str {
    match limit.dimension {
        Dimension::Cps(_) => "cps_burst",
        Dimension::Concurrency { .. } => "concurrent_calls",
        Dimension::Calls { period, counts, .. } => match (period, counts) {
            (Period::Hour, CountedCalls::Attempts) => "attempts_per_hour",
            (Period::Day, CountedCalls::Attempts) => "attempts_per_day",
            (Period::Month, CountedCalls::Attempts) => "attempts_per_month",
            (Period::Total, CountedCalls::Attempts) => "attempts_in_total",
            (Period::Hour, _) => "calls_per_hour",
            (Period::Day, _) => "calls_per_day",
            (Period::Month, _) => "calls_per_month",
            (Period::Total, _) => "calls_in_total",
        },
        Dimension::Minutes { .. } => "seconds_per_month",
        Dimension::Spend { .. } => "spend_micro_per_day",
    }
}

/// Every limit of a snapshot, by scope and owner.
#[must_use]
pub fn limits_of(snapshot: &Snapshot<'_>) -> Vec<OwnedLimit> {
    let mut found = Vec::new();
    let name = |reference| snapshot.text(reference).to_owned();
    let mut add = |scope: Scope, owner: String, range: Range| {
        let limits = snapshot.limits_of(range);
        found.extend(limits.map(|(at, limit)| OwnedLimit { scope, owner: owner.clone(), at, limit }));
    };
    snapshot.accounts().iter().for_each(|of| add(Scope::Account, name(of.name), of.limits));
    snapshot.trunks().iter().for_each(|of| add(Scope::Trunk, name(of.name), of.limits));
    snapshot.providers().iter().for_each(|of| add(Scope::Provider, name(of.name), of.limits));
    snapshot.routes().iter().for_each(|of| add(Scope::Route, name(of.name), of.limits));
    snapshot.gateways().iter().for_each(|of| add(Scope::Gateway, name(of.name), of.limits));
    for partition in snapshot.partitions() {
        add(Scope::Partition, name(partition.name), partition.limits);
        for member in snapshot.range(snapshot.members(), partition.members) {
            let route = snapshot.routes().get(member.route.get() as usize);
            let route = route.map_or("", |route| snapshot.text(route.name));
            add(Scope::Membership, format!("{}/{route}", snapshot.text(partition.name)), member.limits);
        }
    }
    found
}
