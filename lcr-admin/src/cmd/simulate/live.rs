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
        for name in call.full.iter().flatten() {
            full.extend(limits_of(snapshot, name)?);
        }
        let mut wallets = HashMap::new();
        for (id, told) in call.wallets.iter().flatten() {
            wallets.extend(wallets_of(snapshot, id, told)?);
        }
        let cursor = call.cursor.as_deref().map_or(Ok(0), |route| route_key(snapshot, route))?;
        let key_of = |(route, score): &(String, i32)| Ok((route_key(snapshot, route)?, *score));
        let scores = call.quality.iter().flatten().map(key_of).collect::<anyhow::Result<_>>()?;
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
    let of_owner: Vec<(u32, Limit)> = snapshot.limits_of(range_of(snapshot, *scope, owner)?).collect();
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

/// The limits of an owner.
fn range_of(snapshot: &Snapshot, scope: Scope, owner: &str) -> anyhow::Result<Range> {
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
        Scope::Gateway => return gateway_limits(snapshot, owner),
        Scope::Membership => return membership_limits(snapshot, owner),
    };
    range.context("the snapshot does not hold what it just named")
}

/// Gateways stand by their routes, not by their ids.
fn gateway_limits(snapshot: &Snapshot, id: &str) -> anyhow::Result<Range> {
    let found = snapshot.gateways().iter().find(|gateway| snapshot.text(gateway.name) == id);
    Ok(found.with_context(|| format!("no gateway `{id}`"))?.limits)
}

fn membership_limits(snapshot: &Snapshot, id: &str) -> anyhow::Result<Range> {
    let (partition, route) =
        id.split_once('/').with_context(|| format!("membership `{id}`: expected PARTITION/ROUTE"))?;
    let at = find(snapshot, snapshot.partitions(), |one| one.name, "partition", partition)?;
    let route_at = find(snapshot, snapshot.routes(), |one| one.name, "route", route)?;
    let members = snapshot.partitions().get(at as usize).map(|one| one.members).unwrap_or_default();
    let mut members = snapshot.range(snapshot.members(), members).iter();
    let member = members.find(|member| member.route.get() == route_at);
    Ok(member.with_context(|| format!("partition `{partition}` has no member `{route}`"))?.limits)
}

/// The places of the wallets of an id, and what they have: of all accounts that have one of this id, for whose the call is
/// shows only when it is decided.
fn wallets_of(snapshot: &Snapshot, id: &str, told: &WalletTold) -> anyhow::Result<Vec<(u32, Funds)>> {
    let wallets = (0u32..).zip(snapshot.wallets());
    let of_id: Vec<_> = wallets.filter(|(_, wallet)| snapshot.text(wallet.name) == id).collect();
    if of_id.is_empty() {
        bail!("--wallet {id}: the plan has no such wallet");
    }
    let read = |text: &str, in_seconds| match in_seconds {
        true => text.parse().ok(),
        false => Nano::parse(text.as_bytes()).ok().map(|nano| nano.0),
    };
    let Some(text) = &told.available else {
        return Ok(of_id.iter().map(|(at, _)| (*at, Funds { pays: told.pays, available: None })).collect());
    };
    let amounts =
        of_id.iter().filter_map(|(at, wallet)| Some((*at, read(text, wallet.to_wallet().in_seconds)?)));
    let funds: Vec<_> =
        amounts.map(|(at, amount)| (at, Funds { pays: told.pays, available: Some(amount) })).collect();
    if funds.is_empty() {
        bail!("--wallet {id}={text}: expected money, such as 12.5, or of a wallet of seconds 3600");
    }
    Ok(funds)
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
