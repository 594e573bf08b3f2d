//! Live state for `simulate`: nothing is in use, but for the limits that the operator calls full; round-robin cursor and live
//! scores are those that the call is told with (5.3).

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use anyhow::Context as _;
use rating_core::limit::Limit;
use rating_core::live::{Full, LiveState, Now, Unused};
use rating_core::snapshot::layout::Range;
use rating_core::snapshot::view::Snapshot;

use super::answer::find;
use super::call::CallArgs;

/// The owner of limits: `route:north_econ`.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    scope: String,
    id: String,
}

impl FromStr for Owner {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (scope, id) = text.split_once(':').ok_or("expected SCOPE:ID, such as route:north_econ")?;
        if !["account", "trunk", "provider", "route", "partition"].contains(&scope) {
            return Err("expected the scope account, trunk, provider, route or partition".to_owned());
        }
        Ok(Self { scope: scope.to_owned(), id: id.to_owned() })
    }
}

/// Nothing is in use, but these limits are full.
pub(super) struct SomeFull {
    full: HashSet<u32>,
    /// The key of the route that round robin chose before.
    cursor: u64,
    /// Live scores by the keys of routes.
    scores: HashMap<u64, i32>,
}

impl SomeFull {
    pub fn new(snapshot: &Snapshot, owners: &[Owner], call: &CallArgs) -> anyhow::Result<Self> {
        let mut full = HashSet::new();
        for owner in owners {
            let range = limits_of(snapshot, owner)?;
            let limits: Vec<_> = snapshot.limits_of(range).map(|(at, _)| at).collect();
            if limits.is_empty() {
                anyhow::bail!("--full {}:{}: it has no limit that could be full", owner.scope, owner.id);
            }
            full.extend(limits);
        }
        let cursor = call.cursor.as_deref().map_or(Ok(0), |route| route_key(snapshot, route))?;
        let key_of = |(route, score): &(String, i32)| Ok((route_key(snapshot, route)?, *score));
        let scores = call.quality.iter().map(key_of).collect::<anyhow::Result<_>>()?;
        Ok(Self { full, cursor, scores })
    }
}

fn route_key(snapshot: &Snapshot, route: &str) -> anyhow::Result<u64> {
    let at = find(snapshot, snapshot.routes(), |one| one.name, "route", route)?;
    let found = snapshot.routes().get(at as usize);
    found.map(|found| found.key.get()).context("the snapshot does not hold what it just named")
}

fn limits_of(snapshot: &Snapshot, owner: &Owner) -> anyhow::Result<Range> {
    macro_rules! range {
        ($section:ident) => {{
            let at = find(snapshot, snapshot.$section(), |one| one.name, &owner.scope, &owner.id)?;
            snapshot.$section().get(at as usize).map(|one| one.limits)
        }};
    }
    let range = match owner.scope.as_str() {
        "account" => range!(accounts),
        "trunk" => range!(trunks),
        "provider" => range!(providers),
        "route" => range!(routes),
        _ => range!(partitions),
    };
    range.context("the snapshot does not hold what it just named")
}

impl LiveState for SomeFull {
    fn take_cps(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        self.has_room(index, limit, now)
    }

    fn undo_cps(&self, index: u32, limit: &Limit) {
        Unused.undo_cps(index, limit);
    }

    fn has_room(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        match limit.dimension {
            // A slot comes free after one interval.
            rating_core::limit::Dimension::Cps(gcra) if self.full.contains(&index) => {
                Err(Full { retry_after_ns: gcra.interval_ns })
            }
            _ if self.full.contains(&index) => Err(Full { retry_after_ns: 0 }),
            _ => Unused.has_room(index, limit, now),
        }
    }

    fn cursor(&self, _: u64) -> u64 {
        self.cursor
    }

    fn quality(&self, route_key: u64) -> Option<i32> {
        self.scores.get(&route_key).copied()
    }
}
