//! Publishing: a plan directory of CSV files into a snapshot file, and what each step of it takes.

use std::path::Path;
use std::time::Instant;

use anyhow::ensure;
use lcr_admin::snapshot_file::write_if;
use rating_core::plan::{Plan, UtcSec};
use rating_core::snapshot::layout::SectionId;
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write::compile;
use rustix::time::{ClockId, clock_gettime};

use crate::chase::section;
use crate::rounds::median;

/// Rows of a plan's price lists.
#[must_use]
pub fn count_rows(plan: &Plan) -> usize {
    plan.decks.iter().flat_map(|deck| &deck.versions).map(|version| version.rows.len()).sum()
}

/// How often a plan is published for the figure: the first time pays for pages that are new to the process.
const ROUNDS: usize = 5;

/// Writes a plan as a directory, publishes that, and gives rows a second, the median of some rounds. The snapshot must be
/// `expected`, that of the plan in memory.
///
/// # Errors
/// What was refused, or that the directory gives another snapshot than the plan.
pub fn rows_per_sec(plan: &Plan, at: UtcSec, expected: &[u8]) -> anyhow::Result<f64> {
    let dir = tempfile::tempdir()?;
    let (plan_dir, file) = (dir.path().join("plan"), dir.path().join("us.snapshot"));
    std::fs::create_dir(&plan_dir)?;
    lcr_admin::plan::write_dir(plan, &plan_dir)?;
    let mut rates = Vec::new();
    for _ in 0..ROUNDS {
        let (bytes, rate) = publish(&plan_dir, at, &file)?;
        let other = SectionId::ALL.into_iter().find(|(id, _)| section(&bytes, *id) != section(expected, *id));
        ensure!(other.is_none(), "the directory gives other {other:?} than the plan it was written from");
        rates.push(rate);
    }
    Ok(median(rates))
}

/// A plan directory into a snapshot file: read, compiled, verified, written and synced. Gives the snapshot, and rows a
/// second.
///
/// # Errors
/// What was refused.
pub fn publish(plan_dir: &Path, at: UtcSec, file: &Path) -> anyhow::Result<(Vec<u8>, f64)> {
    let start = Instant::now();
    let mut steps = Steps::new();
    let plan = lcr_admin::plan::read_dir(plan_dir)?.plan;
    steps.done("read");
    let bytes = compile(&plan, at)?;
    steps.done("compiled");
    write_if(file, &bytes, || Ok::<_, anyhow::Error>(Snapshot::open(&bytes).map(|_| ())?))?;
    steps.done("verified, written and synced");
    let seconds = start.elapsed().as_secs_f64();
    let rows = count_rows(&plan);
    println!("publish: {rows} rows in {seconds:.2} s");
    drop(plan);
    steps.done("plan dropped, not counted");
    Ok((bytes, rows as f64 / seconds))
}

/// Tells what each step took: on the clock, and of all processors together.
struct Steps {
    clock: Instant,
    processors_sec: f64,
}

impl Steps {
    fn new() -> Steps {
        Steps { clock: Instant::now(), processors_sec: processors_sec() }
    }

    fn done(&mut self, what: &str) {
        let before = std::mem::replace(self, Steps::new());
        let clock_sec = (self.clock - before.clock).as_secs_f64();
        let processors_sec = self.processors_sec - before.processors_sec;
        println!("  {what}: {clock_sec:.2} s, {processors_sec:.2} s of processors");
    }
}

/// What all threads of this process have had of the processors.
fn processors_sec() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
