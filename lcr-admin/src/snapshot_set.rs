//! The snapshots of a plan for the time to come: the one that is true now, and one from each instant on at which
//! something scheduled changes the plan, for 48 hours.
//!
//! The first is the file that is asked for; where each next one is, its name says (`rating_node::publish`). Those that
//! follow are written first and the first one last, so that whoever sees the new first one finds all of them. Until then
//! the set that was there is whole: a file that follows takes another's place only where both sets begin at the same
//! instant and are alike up to it, and then it is the one whose renaming publishes.
//!
//! Who publishes holds `<snapshot>.lock` from before it reads the plan until it has written: else the agent, which
//! has read the plan of a moment ago, could put it over what an operator has just published.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rating_core::plan::{Plan, UtcSec};
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write;
use rating_node::SET_MAX;
use rating_node::publish::next_path;

use crate::snapshot_file::{self, Summary};

/// How far a set reaches.
pub const AHEAD_SEC: i64 = 48 * 3600;

/// Held by who publishes to a snapshot file, from reading the plan to writing. Let go by dropping it.
#[derive(Debug)]
pub struct PublishLock {
    snapshot: PathBuf,
    _file: File,
}

impl PublishLock {
    /// Waits until nobody else publishes to this file.
    ///
    /// # Errors
    /// What the operating system refused.
    pub fn take(snapshot: &Path) -> anyhow::Result<PublishLock> {
        let mut path = snapshot.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let file = open_lock(&path).and_then(|file| file.lock().map(|()| file));
        let file = file.with_context(|| format!("locking {}", path.display()))?;
        Ok(PublishLock { snapshot: snapshot.to_owned(), _file: file })
    }
}

/// Opens the lock file, made if there is none. Who may read it may lock it: it need not be one's own.
fn open_lock(path: &Path) -> io::Result<File> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o640).open(path)
        }
        opened => opened,
    }
}

/// A plan, compiled for the time to come.
#[derive(Debug)]
pub struct SnapshotSet {
    from_utc_sec: i64,
    snapshots: Vec<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    bytes: Vec<u8>,
    content_id: u64,
    until_utc_sec: i64,
    summary: Summary,
}

impl Compiled {
    /// What would not open is not published.
    fn verify(&self) -> anyhow::Result<()> {
        Snapshot::open(&self.bytes).context("the compiled snapshot does not verify: not published")?;
        Ok(())
    }
}

impl SnapshotSet {
    /// Compiles a plan from an instant on. At most as many snapshots as a node has live at a time: where more than
    /// that change in 48 hours, the set ends earlier.
    ///
    /// # Errors
    /// What in the plan makes no sense.
    pub fn compile(plan: &Plan, from: UtcSec) -> anyhow::Result<SnapshotSet> {
        let end = from.saturating_add(AHEAD_SEC);
        let mut snapshots: Vec<Compiled> = vec![compile(plan, from)?];
        while let Some(last) = snapshots.last()
            && last.until_utc_sec < end
            && snapshots.len() < SET_MAX
        {
            let next = compile(plan, last.until_utc_sec)?;
            snapshots.push(next);
        }
        Ok(SnapshotSet { from_utc_sec: from, snapshots })
    }

    /// Writes the set, and removes what an earlier one, or one that was killed, has left beside it. Gives each file
    /// and what it holds.
    ///
    /// # Errors
    /// What the operating system refused; or that what was compiled does not verify, and so is not published.
    pub fn write(&self, lock: &PublishLock) -> anyhow::Result<Vec<(PathBuf, Summary)>> {
        let path = lock.snapshot.as_path();
        let mut files = Vec::new();
        let mut at = path.to_owned();
        for compiled in &self.snapshots {
            files.push((at, compiled));
            at = next_path(path, self.from_utc_sec, compiled.content_id, compiled.until_utc_sec);
        }
        for (at, compiled) in files.iter().rev() {
            snapshot_file::write_if(at, &compiled.bytes, || compiled.verify())
                .with_context(|| format!("writing {}", at.display()))?;
        }
        let names: Vec<_> = files.iter().filter_map(|(at, _)| at.file_name()).collect();
        remove_others(path, &names).with_context(|| format!("tidying up beside {}", path.display()))?;
        Ok(files.iter().map(|(at, compiled)| (at.clone(), compiled.summary.clone())).collect())
    }
}

fn compile(plan: &Plan, from: UtcSec) -> anyhow::Result<Compiled> {
    let bytes = write::compile(plan, from)?;
    let snapshot = Snapshot::open_trusted(&bytes)?;
    let summary = Summary::of(&snapshot);
    let header = snapshot.header();
    let (content_id, until_utc_sec) = (header.content_id.get(), header.valid_until_utc_sec.get());
    Ok(Compiled { bytes, content_id, until_utc_sec, summary })
}

/// Removes the files that followed another snapshot of this name, and those that somebody was writing when he was
/// killed: nobody is writing now.
fn remove_others(path: &Path, kept: &[&std::ffi::OsStr]) -> io::Result<()> {
    let Some(name) = path.file_name() else { return Ok(()) };
    let start = format!("{}.next-", name.to_string_lossy());
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let found = entry.file_name();
        let text = found.to_string_lossy();
        let is_left =
            text.starts_with(&start) || snapshot_file::is_half_written(&text, &name.to_string_lossy());
        if is_left && !kept.contains(&found.as_os_str()) {
            match std::fs::remove_file(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}
