//! Live state for `simulate`: nothing is in use, but for what the call is told with (5.3): limits without room, what wallets
//! have, round-robin cursor, live scores.

use std::collections::{HashMap, HashSet};

use anyhow::{Context as _, bail};
use rating_core::limit::{Dimension, Limit};
use rating_core::live::{Full, LiveState, Now, Unused, Wallet};
use rating_core::money::Nano;
use rating_core::snapshot::layout::Range;
use rating_core::snapshot::view::Snapshot;
use rating_node::owners::{self, Scope};

use super::answer::find;
use super::call::{CallArgs, LimitName, WalletTold};

/// The live state that a call is told with.
pub(super) struct Told {
    /// Limits without room, by their places.
    full: HashSet<u32>,
    /// Wallets, by their places.
    wallets: HashMap<u32, Funds>,
    /// The key of the route that round robin chose before.
    cursor: u64,
    /// Live scores by the keys of routes.
    scores: HashMap<u64, i32>,
}

/// What a wallet has.
struct Funds {
    pays: Option<bool>,
    available: Option<i64>,
}

impl Told {
    /// Looks up what a call names.
    pub fn new(snapshot: &Snapshot, call: &CallArgs) -> anyhow::Result<Self> {
        let mut full = HashSet::new();
        for name in &call.full {
            full.extend(limits_of(snapshot, name)?);
        }
        let wallet_of = |(id, told): &(String, WalletTold)| wallet_of(snapshot, id, told);
        let wallets = call.wallets.iter().map(wallet_of).collect::<anyhow::Result<_>>()?;
        let cursor = call.cursor.as_deref().map_or(Ok(0), |route| route_key(snapshot, route))?;
        let key_of = |(route, score): &(String, i32)| Ok((route_key(snapshot, route)?, *score));
        let scores = call.quality.iter().map(key_of).collect::<anyhow::Result<_>>()?;
        Ok(Self { full, wallets, cursor, scores })
    }
}

fn route_key(snapshot: &Snapshot, route: &str) -> anyhow::Result<u64> {
    let at = find(snapshot, snapshot.routes(), |one| one.name, "route", route)?;
    let found = snapshot.routes().get(at as usize);
    found.map(|found| found.key.get()).context("the snapshot does not hold what it just named")
}

/// The places of the limits that a name means; at least one.
fn limits_of(snapshot: &Snapshot, name: &LimitName) -> anyhow::Result<Vec<u32>> {
    let LimitName { scope, owner, dimension } = name;
    let of_owner: Vec<(u32, Limit)> = match range_of(snapshot, *scope, owner)? {
        Some(range) => snapshot.limits_of(range).collect(),
        None => owners::limits_of(snapshot)
            .into_iter()
            .filter(|limit| limit.scope == *scope && limit.owner == *owner)
            .map(|limit| (limit.at, limit.limit))
            .collect(),
    };
    let is_meant = |limit: &Limit| dimension.as_deref().is_none_or(|one| owners::dimension(limit) == one);
    let meant: Vec<_> = of_owner.iter().filter(|(_, limit)| is_meant(limit)).map(|(at, _)| *at).collect();
    if of_owner.is_empty() {
        bail!("--full {}:{owner}: it has no limit that could be full", scope.name());
    }
    if meant.is_empty() {
        let known: Vec<_> = of_owner.iter().map(|(_, limit)| owners::dimension(limit)).collect();
        let wanted = dimension.as_deref().unwrap_or_default();
        bail!("--full {}:{owner}:{wanted}: it has no such limit; it has: {}", scope.name(), known.join(", "));
    }
    Ok(meant)
}

/// The limits of an owner that is found by its id; `None` of one that is found by its limits.
fn range_of(snapshot: &Snapshot, scope: Scope, owner: &str) -> anyhow::Result<Option<Range>> {
    macro_rules! range {
        ($section:ident) => {{
            let at = find(snapshot, snapshot.$section(), |one| one.name, scope.name(), owner)?;
            snapshot.$section().get(at as usize).map(|one| one.limits)
        }};
    }
    let range = match scope {
        Scope::Account => range!(accounts),
        Scope::Trunk => range!(trunks),
        Scope::Provider => range!(providers),
        Scope::Route => range!(routes),
        Scope::Partition => range!(partitions),
        Scope::Gateway | Scope::Membership => return Ok(None),
    };
    range.map(Some).context("the snapshot does not hold what it just named")
}

/// A wallet's place, and what it has.
fn wallet_of(snapshot: &Snapshot, id: &str, told: &WalletTold) -> anyhow::Result<(u32, Funds)> {
    let mut wallets = (0u32..).zip(snapshot.wallets());
    let found = wallets.find(|(_, wallet)| snapshot.text(wallet.name) == id);
    let (at, record) = found.with_context(|| format!("--wallet {id}: the plan has no such wallet"))?;
    let read = |text: &String| match record.to_wallet().in_seconds {
        true => text.parse().with_context(|| format!("--wallet {id}={text}: expected seconds, such as 3600")),
        false => {
            let amount = Nano::parse(text.as_bytes());
            amount
                .map(|nano| nano.0)
                .with_context(|| format!("--wallet {id}={text}: expected money, such as 12.5"))
        }
    };
    let available = told.available.as_ref().map(read).transpose()?;
    Ok((at, Funds { pays: told.pays, available }))
}

impl LiveState for Told {
    fn take_cps(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        self.has_room(index, limit, now)
    }

    fn undo_cps(&self, index: u32, limit: &Limit) {
        Unused.undo_cps(index, limit);
    }

    fn has_room(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        match limit.dimension {
            // A slot comes free after one interval.
            Dimension::Cps(gcra) if self.full.contains(&index) => {
                Err(Full { retry_after_ns: gcra.interval_ns })
            }
            _ if self.full.contains(&index) => Err(Full { retry_after_ns: 0 }),
            _ => Unused.has_room(index, limit, now),
        }
    }

    /// One that pays and of which no amount is told has enough; one that does not pay has nothing.
    fn available(&self, index: u32, wallet: &Wallet) -> i64 {
        match self.wallets.get(&index) {
            Some(Funds { available: Some(amount), .. }) => *amount,
            Some(Funds { pays: Some(true), .. }) => i64::MAX,
            Some(Funds { pays: Some(false), .. }) => i64::MIN,
            _ => Unused.available(index, wallet),
        }
    }

    fn pays(&self, index: u32, wallet: &Wallet) -> bool {
        let told = self.wallets.get(&index).and_then(|funds| funds.pays);
        told.unwrap_or_else(|| self.available(index, wallet) > wallet.threshold)
    }

    fn cursor(&self, _: u64) -> u64 {
        self.cursor
    }

    fn quality(&self, route_key: u64) -> Option<i32> {
        self.scores.get(&route_key).copied()
    }
}
