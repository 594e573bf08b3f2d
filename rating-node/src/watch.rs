//! Looking at a node without being of it: the state, mapped read-only.
//!
//! Who watches takes no seat, no lock and no slot, and cannot change a byte: the kernel would not let it. What it reads
//! are single words that others change meanwhile, so figures of one look may be some calls apart.
//!
//! Worked: `Watcher::open("/var/lib/tandem/node.state")`, then `limits(now)` once a second: each limit of the plan with
//! its owner, what is used of it and its cap.
//!
//! It will not say how fast anything grows: who looks twice can.

use std::path::Path;

use rating_core::limit::{Dimension, Limit};
use rating_core::live::Now;
use rating_core::snapshot::view::Snapshot;

use crate::callers::CallersZones;
use crate::calls::{Handle, State};
use crate::latency::Latency;
use crate::limits::Periods;
use crate::map::MappedSnapshot;
use crate::node::NodeError;
pub use crate::owners::Scope;
use crate::owners::{self, OwnedLimit};
use crate::quality::RouteQuality;
use crate::shm::{Shm, ShmError};
use crate::stats::{self, Stats};
use crate::volumes::Volume;
use crate::{processes, publish};

/// A node that is looked at.
#[derive(Debug)]
pub struct Watcher {
    shm: Shm,
}

/// The use of one limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitUse {
    /// Whose it is.
    pub scope: Scope,
    /// Its owner's id; a membership's is `partition/route`.
    pub owner: String,
    /// What is limited.
    pub limit: Limit,
    /// What is used: calls; of a CPS limit calls of its burst that are not paced out yet; seconds; millionths of the
    /// plan's currency.
    pub used: u64,
    /// The cap, in the same.
    pub max: u64,
}

impl LimitUse {
    /// The name of the dimension: what is limited, and in which period.
    #[must_use]
    pub const fn dimension(&self) -> &'static str {
        owners::dimension(&self.limit)
    }
}

/// Processes that live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alive {
    /// Those that decide calls.
    pub workers: u32,
    /// Agents, and others that look after the node.
    pub agents: u32,
}

/// A call that is up, as far as others can name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveCall {
    /// Names it for ever.
    pub handle: Handle,
    /// Its Call-ID, up to 64 bytes of it.
    pub call_id: Vec<u8>,
    /// Whether it is answered.
    pub is_answered: bool,
    /// When it was decided, in nanoseconds since 1970 UTC.
    pub decided_ns: i64,
    /// When it was last known to live, in nanoseconds since 1970 UTC.
    pub alive_ns: i64,
}

impl Watcher {
    /// Maps a state that is there.
    ///
    /// # Errors
    /// [`ShmError`], with what to do about it.
    pub fn open(state: &Path) -> Result<Watcher, ShmError> {
        Ok(Watcher { shm: Shm::open_to_watch(state)? })
    }

    /// Whether another state file has taken the place of this one: then it is to be opened anew.
    #[must_use]
    pub fn is_replaced(&self) -> bool {
        self.shm.is_replaced()
    }

    /// What the node has done and what it holds. Reads the head of every entry of the call table.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats::of(&self.shm)
    }

    /// How long decisions took.
    #[must_use]
    pub fn latency(&self) -> Latency {
        stats::latency_of(&self.shm)
    }

    /// How well routes did in the windows that end now.
    #[must_use]
    pub fn quality(&self, now: Now) -> Vec<RouteQuality> {
        self.shm.quality().routes(now.utc_ns).collect()
    }

    /// When the agent last looked after the node, in nanoseconds since 1970 UTC; 0 is never.
    #[must_use]
    pub fn agent_seen_ns(&self) -> i64 {
        self.shm.header().last_round_ns.get_signed()
    }

    /// Processes that live now.
    ///
    /// # Errors
    /// What the operating system says of the locks' file.
    pub fn alive(&self) -> std::io::Result<Alive> {
        let (workers, agents) = processes::count_alive(self.shm.path(), self.shm.seats())?;
        Ok(Alive { workers, agents })
    }

    /// The snapshot that decides now; none if none was published.
    ///
    /// # Errors
    /// [`NodeError`] where it cannot be mapped.
    pub fn snapshot(&self, now: Now) -> Result<Option<MappedSnapshot>, NodeError> {
        publish::number_at(&self.shm, now.utc_sec())
            .map(|number| publish::map_kept(&self.shm, number))
            .transpose()
    }

    /// Every limit of a snapshot, and what is used of it.
    #[must_use]
    pub fn limits(&self, snapshot: &Snapshot<'_>, now: Now) -> Vec<LimitUse> {
        let zones = CallersZones::of(snapshot);
        let owned = owners::limits_of(snapshot).into_iter();
        let in_use = owned.map(|of| {
            let (used, max) = self.use_of(snapshot, &of, &zones, now);
            let OwnedLimit { scope, owner, limit, .. } = of;
            LimitUse { scope, owner, limit, used, max }
        });
        in_use.collect()
    }

    /// What is used of a limit, and its cap. One that nobody has asked yet is unused.
    fn use_of(&self, snapshot: &Snapshot<'_>, of: &OwnedLimit, zones: &CallersZones, now: Now) -> (u64, u64) {
        let (table, limit) = (self.shm.limits(), &of.limit);
        let slot = table.find(limit);
        match (limit.dimension, Volume::of(limit)) {
            (Dimension::Cps(gcra), _) => {
                let ahead_ns = slot.map_or(0, |slot| table.held(slot)).saturating_sub(now.monotonic_ns);
                (ahead_ns.div_ceil(gcra.interval_ns.max(1)), u64::from(gcra.burst))
            }
            (_, Some(volume)) => {
                let period = match of.partition(snapshot) {
                    Some(partition) => zones.number(snapshot, partition, volume.period, now.utc_sec()),
                    None => Periods::of(snapshot).number(limit, volume.period, now),
                };
                (slot.map_or(0, |slot| table.volume_in(slot, &volume, period)), volume.max)
            }
            (Dimension::Concurrency { calls_max }, None) => {
                (slot.map_or(0, |slot| table.held(slot)), u64::from(calls_max))
            }
            _ => (0, 0),
        }
    }

    /// Every call that is up.
    #[must_use]
    pub fn calls(&self) -> Vec<LiveCall> {
        let alive =
            self.shm.calls().used().filter(|(_, state, _)| state.is_alive() && *state != State::Deciding);
        let calls = alive.map(|(entry, state, handle)| LiveCall {
            handle,
            call_id: entry.call_id(),
            is_answered: state == State::Answered,
            decided_ns: entry.decided_ns.get_signed(),
            alive_ns: entry.last_alive_ns(),
        });
        // Of an entry that became another call's while it was read, what was read says nothing.
        calls.filter(|call| self.shm.calls().is_call(call.handle)).collect()
    }
}
