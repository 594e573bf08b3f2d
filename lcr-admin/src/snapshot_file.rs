//! Snapshot files: written whole or not at all, and what is in one.
//!
//! A reader may map the file at any instant, so it is never changed in place: the new one is written beside,
//! synced, renamed over the old one, and the directory is synced. It checks nothing that core does not check, and takes the
//! time of the disk for that.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use jiff::Timestamp;
use rating_core::snapshot::view::Snapshot;
use serde::Serialize;

/// Who may read a snapshot: its owner and its group. Nobody writes it.
const MODE: u32 = 0o440;

/// Writes a file, atomically.
///
/// # Errors
/// What the operating system refused; the old file, if any, is then as it was.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_if(path, bytes, || Ok(()))
}

/// Writes a file, atomically, unless `check` refuses it, which looks at its content while that goes to the disk.
///
/// # Errors
/// What `check` or the operating system refused; the old file, if any, is then as it was.
pub fn write_if<E: From<io::Error>>(
    path: &Path,
    bytes: &[u8],
    check: impl FnOnce() -> Result<(), E>,
) -> Result<(), E> {
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no file name"))?;
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    let beside = dir.join(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let (checked, written) = thread::scope(|scope| {
        let writing = scope.spawn(|| write_beside(&beside, bytes));
        let checked = check();
        (checked, writing.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let renamed = checked.and_then(|()| Ok(written.and_then(|()| fs::rename(&beside, path))?));
    if renamed.is_err() {
        // Best effort: the error that matters is the one above.
        let _ = fs::remove_file(&beside);
    }
    renamed?;
    Ok(File::open(dir)?.sync_all()?)
}

/// Whether a file's name is that of a snapshot that is being written, or of one that follows it.
#[must_use]
pub fn is_half_written(found: &str, snapshot: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let middle = found.strip_prefix('.').and_then(|found| found.strip_prefix(snapshot));
    let middle =
        middle.and_then(|found| found.strip_prefix('.')).and_then(|found| found.strip_suffix(".tmp"));
    match middle.and_then(|middle| middle.strip_prefix("next-")) {
        Some(next) => next.rsplit_once('.').is_some_and(|(_, pid)| is_number(pid)),
        None => middle.is_some_and(is_number),
    }
}

fn write_beside(beside: &PathBuf, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(beside)?;
    file.set_permissions(Permissions::from_mode(MODE))?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// What a snapshot holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Length of the file in bytes.
    pub bytes: u64,
    /// Version of the format.
    pub format: u32,
    /// Names the content: 16 hexadecimal digits.
    pub content_id: String,
    /// The plan's name.
    pub plan: String,
    /// The plan's currency.
    pub currency: String,
    /// First instant at which it is true.
    pub valid_from: String,
    /// First instant at which it no longer is; none if nothing scheduled changes it.
    pub valid_until: Option<String>,
    /// What it holds, by name.
    pub counts: Vec<(&'static str, usize)>,
}

impl Summary {
    /// Looks into a snapshot.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let header = snapshot.header();
        let until = header.valid_until_utc_sec.get();
        Self {
            bytes: header.file_len.get(),
            format: header.version.get(),
            content_id: format!("{:016x}", header.content_id.get()),
            plan: snapshot.text(snapshot.plan().name).to_owned(),
            currency: String::from_utf8_lossy(&snapshot.plan().currency).into_owned(),
            valid_from: rfc3339(header.valid_from_utc_sec.get()),
            valid_until: (until != i64::MAX).then(|| rfc3339(until)),
            counts: vec![
                ("accounts", snapshot.accounts().len()),
                ("trunks", snapshot.trunks().len()),
                ("sources", snapshot.sources().len()),
                ("providers", snapshot.providers().len()),
                ("routes", snapshot.routes().len()),
                ("gateways", snapshot.gateways().len()),
                ("partitions", snapshot.partitions().len()),
                ("members", snapshot.members().len()),
                ("limits", snapshot.limits().len()),
                ("decks", snapshot.decks().len()),
                ("tariffs", snapshot.tariffs().len()),
            ],
        }
    }
}

/// An instant as people and programs read it.
#[must_use]
pub fn rfc3339(utc_sec: i64) -> String {
    Timestamp::from_second(utc_sec).map_or_else(|_| format!("{utc_sec} s"), |at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_read_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.snapshot");
        write(&path, b"old").unwrap();
        let open = File::open(&path).unwrap();
        write(&path, b"newer").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"newer");
        // Whoever has the old one open still has it.
        assert_eq!(io::read_to_string(open).unwrap(), "old");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o440);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
        assert!(write(&dir.path().join("missing/a.snapshot"), b"x").is_err());
    }

    #[test]
    fn what_the_check_refuses_replaces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.snapshot");
        write(&path, b"old").unwrap();
        let refused = write_if(&path, b"newer", || Err(io::Error::other("not this one")));
        assert_eq!(refused.unwrap_err().to_string(), "not this one");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn half_written_files_are_known_by_their_names() {
        let is_left = |found: &str| is_half_written(found, "plan.snapshot");
        assert!(is_left(".plan.snapshot.123.tmp"));
        assert!(is_left(".plan.snapshot.next-00000000deadbeef-1780272000.123.tmp"));
        // Another snapshot's, and what is no such file at all.
        for other in ["plan.snapshot", ".plan.snapshot.eu.123.tmp", ".plan.snapshot.tmp", ".plan.123.tmp"] {
            assert!(!is_left(other), "{other}");
        }
    }
}
