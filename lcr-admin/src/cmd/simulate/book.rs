//! The snapshot that holds at a call's instant: a published one, or one compiled for it.

use std::path::Path;

use jiff::Timestamp;
use rating_core::plan::Plan;
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write;
use rating_node::map::{MappedSnapshot, Trust};

use crate::cmd::source;
use crate::db::DatabaseArgs;
use crate::output::{Output, tell};
use crate::snapshot_file::rfc3339;

/// Where snapshots come from.
pub(super) enum Book {
    /// A file, and whether a call outside of its time was told of.
    File { mapped: Box<MappedSnapshot>, warned: bool },
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
        let mapped = Box::new(MappedSnapshot::open(file, Trust::Nothing)?);
        Ok(Self::File { mapped, warned: false })
    }

    pub fn of_plan(dir: Option<&Path>, database: &DatabaseArgs, output: Output) -> anyhow::Result<Self> {
        let plan = Box::new(source::load_plan(dir, database, output)?);
        Ok(Self::Plan { plan, compiled: Vec::new() })
    }

    /// The snapshot that decides a call at this instant.
    pub fn at(&mut self, at: Timestamp) -> anyhow::Result<Bytes<'_>> {
        match self {
            Self::File { mapped, warned } => {
                if !*warned && !holds_at(&mapped.snapshot(), at) {
                    let header = mapped.snapshot();
                    let header = header.header();
                    let (from, until) = (header.valid_from_utc_sec.get(), header.valid_until_utc_sec.get());
                    let until =
                        if until == i64::MAX { String::new() } else { format!(" until {}", rfc3339(until)) };
                    tell!("warning: the snapshot is true from {}{until}, the call is at {at}", rfc3339(from));
                    *warned = true;
                }
                Ok(Bytes::Mapped(mapped))
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
    let header = snapshot.header();
    (header.valid_from_utc_sec.get()..header.valid_until_utc_sec.get()).contains(&at.as_second())
}
