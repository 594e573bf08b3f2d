//! Counters of the node, and what its call table holds.
//!
//! A process adds to one of sixteen shards, so that workers do not fight for one cache line; a reading sums
//! them. Counts start with the state file and are never reset.

use rating_core::reject::Reason;

use crate::calls::State;
use crate::cells::Open64;
use crate::latency::{Latency, LatencyCells};
use crate::node::Node;
use crate::shm::Shm;

/// Counters of one shard.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Shard {
    /// By the reason's number; 0 are the admitted calls.
    verdicts: [Open64; 57],
    /// Panics in libtandem that its edge has caught.
    pub panics: Open64,
    /// Records of ended calls that were dropped, because the table was full.
    pub records_dropped: Open64,
    /// Emergency calls (2.2), admitted or not.
    pub emergency_calls: Open64,
    /// Records written to segments.
    pub records_written: Open64,
    /// Calls refused without a record: the table was full, or half full and they came from strangers.
    pub unrecorded: Open64,
    /// New generations that this node could not map.
    pub refresh_failures: Open64,
    /// Calls decided after the end of the last snapshot of the set.
    pub late_decisions: Open64,
    /// How long decisions took.
    latency: LatencyCells,
}

impl Shard {
    /// Counts a decision by how long it took.
    pub fn count_latency(&self, took_ns: u64) {
        self.latency.count(took_ns);
    }

    /// Counts a verdict.
    pub fn count(&self, reason: Option<Reason>) {
        let at = reason.map_or(0, |reason| usize::from(reason.number()));
        if let Some(cell) = self.verdicts.get(at) {
            cell.add(1);
        }
    }
}

// Every reason has a counter.
const _: () = {
    let mut at = 0;
    while at < Reason::ALL.len() {
        assert!(Reason::ALL[at].number() < 57);
        at += 1;
    }
};

/// What the node has done, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// The newest snapshot's generation.
    pub generation: u64,
    /// When the live set of snapshots ends, in seconds since 1970 UTC; none if nothing scheduled ends it. Past it,
    /// prices may be old: an alarm.
    pub snapshots_until_utc_sec: Option<i64>,
    /// Whether the snapshot file that was tried last was refused: what is live is older, an alarm.
    pub is_snapshot_refused: bool,
    /// Calls decided past that end.
    pub late_decisions: u64,
    /// Calls admitted since the state was made.
    pub admitted: u64,
    /// Calls rejected since then, by reason; reasons that never occurred are left out.
    pub rejected: Vec<(Reason, u64)>,
    /// Calls refused without a record, because the call table was full.
    pub unrecorded: u64,
    /// Records that were dropped, because the call table was full and the plan says so.
    pub records_dropped: u64,
    /// Panics in libtandem that its edge has caught: bugs, each one.
    pub panics: u64,
    /// Emergency calls among admitted and rejected (2.2): counted apart.
    pub emergency_calls: u64,
    /// Records written to segments.
    pub records_written: u64,
    /// New generations that a process could not map.
    pub refresh_failures: u64,
    /// Most calls that the table holds.
    pub calls_max: u32,
    /// Calls being decided, tried or ringing.
    pub in_setup: u32,
    /// Calls that are answered.
    pub answered: u32,
    /// Calls that have ended and are not written yet.
    pub ended: u32,
    /// Gauges that are not zero: how many, and their sum.
    pub gauges_held: (u32, u64),
}

/// What a full call table has cost, since the state was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Calls that were refused.
    pub calls_refused: u64,
    /// Records that were dropped.
    pub records_dropped: u64,
}

impl Node {
    /// What a full call table has cost. Reads counters only.
    #[must_use]
    pub fn losses(&self) -> Losses {
        let full = usize::from(Reason::CallTableFull.number());
        let shards = self.shm().shards();
        Losses {
            calls_refused: shards.iter().map(|shard| verdicts(shard, full)).sum(),
            records_dropped: shards.iter().map(|shard| shard.records_dropped.get()).sum(),
        }
    }

    /// Counts a panic that was caught where a program called.
    pub fn count_panic(&self) {
        self.counters().panics.add(1);
    }

    /// Counts a decision by the time that it took, as its caller has measured it: the node reads no clock.
    pub fn count_latency(&self, took_ns: u64) {
        self.counters().count_latency(took_ns);
    }
}

impl Stats {
    /// Calls that hold something.
    #[must_use]
    pub const fn calls_held(&self) -> u32 {
        self.in_setup + self.answered
    }

    pub(crate) fn of(shm: &Shm) -> Stats {
        let sum = |cell: &dyn Fn(&Shard) -> u64| -> u64 { shm.shards().iter().map(cell).sum() };
        let by_reason = |reason: &Reason| sum(&|shard| verdicts(shard, usize::from(reason.number())));
        let rejected = Reason::ALL.iter().map(|reason| (*reason, by_reason(reason))).filter(|(_, n)| *n > 0);
        let mut states = [0u32; 6];
        shm.calls().used().for_each(|(_, state, _)| states[state as usize] += 1);
        let in_setup = [State::Deciding, State::Admitted, State::Ringing];
        let gauges = shm.limits().gauges().filter(|(_, held)| *held > 0);
        Stats {
            // ORDERING: relaxed: a figure to look at.
            generation: shm.header().generation.load(std::sync::atomic::Ordering::Relaxed),
            snapshots_until_utc_sec: crate::publish::set_until_utc_sec(shm),
            is_snapshot_refused: shm.header().snapshot_refused.get() != 0,
            late_decisions: sum(&|shard| shard.late_decisions.get()),
            admitted: sum(&|shard| verdicts(shard, 0)),
            rejected: rejected.collect(),
            unrecorded: sum(&|shard| shard.unrecorded.get()),
            records_dropped: sum(&|shard| shard.records_dropped.get()),
            panics: sum(&|shard| shard.panics.get()),
            emergency_calls: sum(&|shard| shard.emergency_calls.get()),
            records_written: sum(&|shard| shard.records_written.get()),
            refresh_failures: sum(&|shard| shard.refresh_failures.get()),
            calls_max: shm.calls().calls_max(),
            in_setup: in_setup.into_iter().map(|state| states[state as usize]).sum(),
            answered: states[State::Answered as usize],
            ended: states[State::Ended as usize],
            gauges_held: gauges.fold((0, 0), |(count, sum), (_, held)| (count + 1, sum + held)),
        }
    }
}

/// How long decisions took, since the state was made.
pub(crate) fn latency_of(shm: &Shm) -> Latency {
    Latency::sum(shm.shards().iter().map(|shard| &shard.latency))
}

fn verdicts(shard: &Shard, at: usize) -> u64 {
    shard.verdicts.get(at).map_or(0, Open64::get)
}
