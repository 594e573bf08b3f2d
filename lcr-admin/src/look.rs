//! One look at a running node: everything that `top` shows and `/metrics` tells.
//!
//! The state is mapped read-only, so looking disturbs nobody, and needs no agent and no Kamailio.
//!
//! Worked: `Observer::open(state)`, then `look(now)` as often as one likes. What two looks differ in, over the time
//! between them, is a rate: [`Look::per_sec`].

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rating_core::live::Now;
use rating_core::snapshot::view::Snapshot;
use rating_node::Stats;
use rating_node::latency::Latency;
use rating_node::quality::RouteQuality;
use rating_node::watch::{Alive, LimitUse, Watcher};

/// Who looks at a node.
#[derive(Debug)]
pub struct Observer {
    state: PathBuf,
    watcher: Watcher,
}

/// How well a route does, with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedQuality {
    /// The route's id.
    pub route: String,
    /// Its figures.
    pub quality: RouteQuality,
    /// The score that decisions read: the live one, else the plan's.
    pub score: i32,
}

/// A node at an instant.
#[derive(Clone, Debug)]
pub struct Look {
    /// When.
    pub now: Now,
    /// Counters and calls.
    pub stats: Stats,
    /// How long decisions took.
    pub latency: Latency,
    /// Processes that live; none if there is no file of their locks.
    pub alive: Option<Alive>,
    /// When the agent last looked after the node, in nanoseconds since 1970 UTC; 0 is never.
    pub agent_seen_ns: i64,
    /// Every limit of the plan.
    pub limits: Vec<LimitUse>,
    /// Every route of the plan that was tried.
    pub routes: Vec<NamedQuality>,
}

impl Observer {
    /// Opens a state that is there.
    ///
    /// # Errors
    /// If there is none that this program reads.
    pub fn open(state: &Path) -> anyhow::Result<Observer> {
        let watcher = Watcher::open(state).context("looking into the node's state")?;
        Ok(Observer { state: state.to_owned(), watcher })
    }

    /// The state's file.
    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// Looks.
    ///
    /// # Errors
    /// If the live snapshot cannot be mapped, or a state that has taken the place of this one cannot.
    pub fn look(&mut self, now: Now) -> anyhow::Result<Look> {
        if self.watcher.is_replaced() {
            self.watcher = Watcher::open(&self.state).context("looking into the new state")?;
        }
        let watcher = &self.watcher;
        let mapped = watcher.snapshot(now).context("mapping the live snapshot")?;
        let (mut limits, mut routes) = (Vec::new(), Vec::new());
        if let Some(mapped) = &mapped {
            let snapshot = mapped.snapshot();
            limits = watcher.limits(&snapshot, now);
            routes = named(&snapshot, watcher.quality(now));
        }
        Ok(Look {
            now,
            stats: watcher.stats(),
            latency: watcher.latency(),
            alive: watcher.alive().ok(),
            agent_seen_ns: watcher.agent_seen_ns(),
            limits,
            routes,
        })
    }
}

/// The routes of the plan, by name. One that the plan has no more is left out.
fn named(snapshot: &Snapshot<'_>, found: Vec<RouteQuality>) -> Vec<NamedQuality> {
    let name = |quality: RouteQuality| {
        let route = snapshot.routes().iter().find(|route| route.key.get() == quality.route_key)?;
        let score = quality.published.unwrap_or(route.quality.get());
        Some(NamedQuality { route: snapshot.text(route.name).to_owned(), quality, score })
    };
    let mut routes: Vec<_> = found.into_iter().filter_map(name).collect();
    routes.sort_by(|one, other| one.route.cmp(&other.route));
    routes
}

impl Look {
    /// Calls that were decided since the state was made.
    #[must_use]
    pub fn decided(&self) -> u64 {
        self.stats.admitted + self.rejected()
    }

    /// Calls that were rejected.
    #[must_use]
    pub fn rejected(&self) -> u64 {
        self.stats.rejected.iter().map(|(_, count)| count).sum()
    }

    /// How fast a count grew from an earlier look to this one.
    #[must_use]
    pub fn per_sec(&self, before: &Look, count: impl Fn(&Look) -> u64) -> f64 {
        let elapsed_ns = self.now.monotonic_ns.saturating_sub(before.now.monotonic_ns).max(1);
        let grown = count(self).saturating_sub(count(before));
        grown as f64 * 1e9 / elapsed_ns as f64
    }

    /// Seconds since the agent last looked after the node; none if it never did.
    #[must_use]
    pub fn agent_silent_sec(&self) -> Option<i64> {
        let silent_ns = self.now.utc_ns.saturating_sub(self.agent_seen_ns);
        (self.agent_seen_ns != 0).then_some(silent_ns.max(0) / 1_000_000_000)
    }
}
