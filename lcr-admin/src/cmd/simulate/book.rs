//! The snapshot that holds at a call's instant: a published one, or one compiled for it.

use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use rating_core::plan::Plan;
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write;
use rating_node::map::MappedSnapshot;
use rating_node::publish::open_chain;

use crate::cmd::source;
use crate::db::DatabaseArgs;
use crate::output::{Output, tell};
use crate::snapshot_file::rfc3339;

/// Where snapshots come from.
pub(super) enum Book {
    /// A file and those that follow it, and whether a call outside of their time was told of.
    File { chain: Vec<MappedSnapshot>, warned: bool },
    /// A plan, and the last snapshot compiled from it.
    Plan { plan: Box<Plan>, compiled: Vec<u8> },
}

/// A snapshot's bytes, verified.
pub(super) enum Bytes<'a> {
    Mapped(&'a MappedSnapshot),
    Compiled(&'a [u8]),
}

impl Bytes<'_> {
    pub fn snapshot(&self) -> anyhow::Result<Snapshot<'_>> {
        match self {
            Self::Mapped(mapped) => Ok(mapped.snapshot()),
            Self::Compiled(bytes) => Ok(Snapshot::open_trusted(bytes)?),
        }
    }
}

impl Book {
    pub fn of_file(file: &Path) -> anyhow::Result<Self> {
        Ok(Self::File { chain: open_chain(file, usize::MAX)?, warned: false })
    }

    pub fn of_plan(dir: Option<&Path>, database: &DatabaseArgs, output: Output) -> anyhow::Result<Self> {
        let plan = Box::new(source::load_plan(dir, database, output)?);
        Ok(Self::Plan { plan, compiled: Vec::new() })
    }

    /// The snapshot that decides a call at this instant.
    pub fn at(&mut self, at: Timestamp) -> anyhow::Result<Bytes<'_>> {
        match self {
            Self::File { chain, warned } => {
                // As a node chooses: the last that has begun, else the first.
                let begun =
                    |mapped: &&MappedSnapshot| interval_of(&mapped.snapshot()).start <= at.as_second();
                let chosen = chain.iter().rev().find(begun).or(chain.first()).context("no snapshot")?;
                let interval = interval_of(&chosen.snapshot());
                if !*warned && !interval.contains(&at.as_second()) {
                    let until = match interval.end {
                        i64::MAX => String::new(),
                        end => format!(" until {}", rfc3339(end)),
                    };
                    let from = rfc3339(interval.start);
                    tell!("warning: the snapshot is true from {from}{until}, the call is at {at}");
                    *warned = true;
                }
                Ok(Bytes::Mapped(chosen))
            }
            Self::Plan { plan, compiled } => {
                let reusable = Snapshot::open_trusted(compiled).is_ok_and(|snapshot| holds_at(&snapshot, at));
                if !reusable {
                    *compiled = write::compile(plan, at.as_second())?;
                    Snapshot::open(compiled)?;
                }
                Ok(Bytes::Compiled(compiled))
            }
        }
    }
}

fn holds_at(snapshot: &Snapshot, at: Timestamp) -> bool {
    interval_of(snapshot).contains(&at.as_second())
}

/// When a snapshot is true, in seconds since 1970 UTC.
fn interval_of(snapshot: &Snapshot) -> std::ops::Range<i64> {
    let header = snapshot.header();
    header.valid_from_utc_sec.get()..header.valid_until_utc_sec.get()
}
