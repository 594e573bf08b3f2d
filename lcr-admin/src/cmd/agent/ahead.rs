//! What is published reaches into the future, and the agent sees to it that it goes on doing so.
//!
//! A set of snapshots covers 48 hours. Told where the plan is, the agent compiles it anew while the set still has a
//! day to go; the round after that publishes it. Without a plan, it says in time that somebody has to. Past the end,
//! calls are decided by the last snapshot, and the agent says that too, loudly. So it does before the beginning: by a clock that
//! is days ahead the plan is compiled as it will be, and that decides when the clock is put right, until it is compiled again.

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rating_core::plan::UtcSec;
use rating_node::Node;

use crate::clock;
use crate::cmd::source;
use crate::db::DatabaseArgs;
use crate::output::{Output, tell};
use crate::snapshot_file::rfc3339;
use crate::snapshot_set::{AHEAD_SEC, PublishLock, SnapshotSet};

/// A set that has less than this to go is compiled anew, or warned of.
const SOON_NS: i64 = AHEAD_SEC / 2 * SEC_NS;
/// A snapshot that begins later than this from now is not true yet: more than what clocks of machines differ by.
const EARLY_NS: i64 = 60 * SEC_NS;
const SEC_NS: i64 = 1_000_000_000;
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
    compiling: Option<JoinHandle<anyhow::Result<UtcSec>>>,
    /// From when on the plan was compiled last.
    compiled_from: Option<UtcSec>,
    /// When, and what was the newest generation then.
    last_try: Option<(Instant, u64)>,
    /// What was said last, and of which end.
    said: Option<(Said, i64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    EndsSoon,
    HasEnded,
    IsNotTrueYet,
}

impl Ahead {
    pub fn new(source: Option<Source>) -> Ahead {
        Ahead { source, compiling: None, compiled_from: None, last_try: None, said: None }
    }

    /// Looks at the end of the live set. `wait`: for a compilation that it has started.
    pub fn round(&mut self, node: &Node, snapshot: &Path, now_utc_ns: i64, wait: bool) -> anyhow::Result<()> {
        let compiled = self.collect(false);
        let (decides, newest) = (node.snapshot(now_utc_ns), node.newest());
        let (from_ns, until_ns) = (decides.from_utc_ns(), newest.until_utc_ns());
        let (is_early, left_ns) =
            (from_ns.saturating_sub(now_utc_ns) > EARLY_NS, until_ns.saturating_sub(now_utc_ns));
        // What somebody else has published may be meant for an instant to come.
        let is_own = self.compiled_from == Some(from_ns.div_euclid(SEC_NS));
        match is_early && !is_own {
            true => self.say(Some((Said::IsNotTrueYet, from_ns))),
            false => self.say(self.of_end(until_ns, left_ns)),
        }
        let comes_last = decides.number() + 1 >= newest.number();
        let ends_soon = until_ns != i64::MAX && left_ns < SOON_NS && comes_last;
        if ends_soon || (is_early && is_own) {
            self.compile(snapshot, newest.number());
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
        self.compiled_from = Some(done.context("compiling the plan for the next 48 hours")?);
        Ok(())
    }

    /// What is to be said of the end of the live set.
    fn of_end(&self, until_ns: i64, left_ns: i64) -> Option<(Said, i64)> {
        let said = match (until_ns, left_ns) {
            (i64::MAX, _) => None,
            (_, ..=0) => Some(Said::HasEnded),
            (_, ..SOON_NS) if self.source.is_none() => Some(Said::EndsSoon),
            _ => None,
        };
        said.map(|said| (said, until_ns))
    }

    /// Says it, unless it was said last.
    fn say(&mut self, said: Option<(Said, i64)>) {
        if said == self.said {
            return;
        }
        self.said = said;
        let Some((said, at_ns)) = said else { return };
        let at = rfc3339(at_ns.div_euclid(SEC_NS));
        match said {
            Said::EndsSoon => tell!(
                "agent: at {at} the plan changes, and no snapshot is published for the time after it: \
                 run `lcr-admin publish` before, or give the agent the plan"
            ),
            Said::HasEnded => tell!(
                "agent: ALARM: the last snapshot was true until {at}; calls are still decided by it, at prices that \
                 may be old: run `lcr-admin publish`"
            ),
            Said::IsNotTrueYet => tell!(
                "agent: ALARM: the snapshot that decides is true from {at} on only, and prices may be those of then: if the \
                 clock was put back since it was published, run `lcr-admin publish`"
            ),
        }
    }
}

/// Whether an attempt is too soon: the last one failed, or had nothing new. Where it led to a new generation and the end
/// is near again, changes follow each other closely: then the next set is due at once.
fn rests(last_try: Option<(Instant, u64)>, newest: u64, now: Instant) -> bool {
    last_try.is_some_and(|(at, before)| before == newest && now.duration_since(at) < PAUSE)
}

/// Compiles the plan from now on, and writes the snapshot files. Gives from when on.
fn publish(source: &Source, path: &Path) -> anyhow::Result<UtcSec> {
    let lock = PublishLock::take(path)?;
    let plan = match source {
        Source::Directory(directory) => source::load_dir(directory, Output::Json)?.plan,
        Source::Database(database) => source::load_from_database(database)?,
    };
    let from = clock::now().utc_sec();
    SnapshotSet::compile(&plan, from)?.write(&lock)?;
    tell!("agent: the plan is compiled for the next 48 hours");
    Ok(from)
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
