//! What is published reaches into the future, and the agent sees to it that it goes on doing so.
//!
//! A set of snapshots covers 48 hours. Told where the plan is, the agent compiles it anew while the set still has a
//! day to go; the round after that publishes it. Without a plan, it says in time that somebody has to. Past the end,
//! calls are decided by the last snapshot, and the agent says that too, loudly.

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rating_node::Node;

use crate::cmd::source;
use crate::db::DatabaseArgs;
use crate::output::{Output, tell};
use crate::snapshot_file::rfc3339;
use crate::snapshot_set::{AHEAD_SEC, PublishLock, SnapshotSet};

/// A set that has less than this to go is compiled anew, or warned of.
const SOON_NS: i64 = AHEAD_SEC / 2 * 1_000_000_000;
/// The pause after an attempt that led to no new generation.
const PAUSE: Duration = Duration::from_secs(600);

/// Where the plan is.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Directory(PathBuf),
    Database(DatabaseArgs),
}

/// Watches over the end of the live set.
#[derive(Debug)]
pub(super) struct Ahead {
    source: Option<Source>,
    compiling: Option<JoinHandle<anyhow::Result<()>>>,
    /// When, and what was the newest generation then.
    last_try: Option<(Instant, u64)>,
    /// What was said last, and of which end.
    said: Option<(Said, i64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    EndsSoon,
    HasEnded,
}

impl Ahead {
    pub fn new(source: Option<Source>) -> Ahead {
        Ahead { source, compiling: None, last_try: None, said: None }
    }

    /// Looks at the end of the live set. `wait`: for a compilation that it has started.
    pub fn round(&mut self, node: &Node, snapshot: &Path, now_utc_ns: i64, wait: bool) -> anyhow::Result<()> {
        let compiled = self.collect(false);
        let until_ns = node.newest().until_utc_ns();
        let left_ns = until_ns.saturating_sub(now_utc_ns);
        self.say(until_ns, left_ns);
        let comes_last = node.snapshot(now_utc_ns).number() + 1 >= node.newest().number();
        if until_ns != i64::MAX && left_ns < SOON_NS && comes_last {
            self.compile(snapshot, node.newest().number());
        }
        if wait { compiled.and(self.collect(true)) } else { compiled }
    }

    /// Starts to compile the plan, unless that is being done or was just tried.
    fn compile(&mut self, snapshot: &Path, newest: u64) {
        let now = Instant::now();
        let waits = self.compiling.is_some() || rests(self.last_try, newest, now);
        let Some(source) = self.source.clone().filter(|_| !waits) else { return };
        self.last_try = Some((now, newest));
        let path = snapshot.to_owned();
        // Ten million rows take seconds: ended calls are not to wait for them.
        self.compiling = Some(std::thread::spawn(move || publish(&source, &path)));
    }

    /// What came of a compilation that is over.
    fn collect(&mut self, wait: bool) -> anyhow::Result<()> {
        let Some(thread) = self.compiling.take_if(|thread| wait || thread.is_finished()) else {
            return Ok(());
        };
        let done = thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("it panicked")));
        done.map_err(|error| error.context("compiling the plan for the next 48 hours"))
    }

    fn say(&mut self, until_ns: i64, left_ns: i64) {
        let said = match (until_ns, left_ns) {
            (i64::MAX, _) => None,
            (_, ..=0) => Some(Said::HasEnded),
            (_, ..SOON_NS) if self.source.is_none() => Some(Said::EndsSoon),
            _ => None,
        };
        let said = said.map(|said| (said, until_ns));
        if said == self.said {
            return;
        }
        self.said = said;
        let end = rfc3339(until_ns / 1_000_000_000);
        match said {
            Some((Said::EndsSoon, _)) => tell!(
                "agent: at {end} the plan changes, and no snapshot is published for the time after it: \
                 run `lcr-admin publish` before, or give the agent the plan"
            ),
            Some((Said::HasEnded, _)) => tell!(
                "agent: ALARM: the last snapshot was true until {end}; calls are still decided by it, at prices that \
                 may be old: run `lcr-admin publish`"
            ),
            None => {}
        }
    }
}

/// Whether an attempt is too soon: the last one failed, or had nothing new. Where it led to a new generation and the end
/// is near again, changes follow each other closely: then the next set is due at once.
fn rests(last_try: Option<(Instant, u64)>, newest: u64, now: Instant) -> bool {
    last_try.is_some_and(|(at, before)| before == newest && now.duration_since(at) < PAUSE)
}

/// Compiles the plan from now on, and writes the snapshot files.
fn publish(source: &Source, path: &Path) -> anyhow::Result<()> {
    let lock = PublishLock::take(path)?;
    let plan = match source {
        Source::Directory(directory) => source::load_dir(directory, Output::Json)?.plan,
        Source::Database(database) => source::load_from_database(database)?,
    };
    SnapshotSet::compile(&plan, Timestamp::now().as_second())?.write(&lock)?;
    tell!("agent: the plan is compiled for the next 48 hours");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_attempt_without_effect_is_followed_by_a_pause() {
        let start = Instant::now();
        let soon = start + Duration::from_secs(1);
        assert!(!rests(None, 4, start));
        assert!(rests(Some((start, 4)), 4, soon));
        assert!(!rests(Some((start, 4)), 6, soon), "a set was published, and its end is near as well");
        assert!(!rests(Some((start, 4)), 4, start + Duration::from_secs(600)));
    }
}
