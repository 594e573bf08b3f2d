//! A snapshot file, mapped read-only.
//!
//! Worked: `MappedSnapshot::open(path, Trust::Nothing)` verifies every byte, once; a worker that finds that
//! the file is the one that somebody has verified and published opens it with `Trust::Verified` and checks
//! the head and the section table only. Either way look-ups stay bounds-checked.
//!
//! It will not follow links, nor map what is no regular file. Whoever truncates a mapped file kills its readers: so
//! workers map copies beside the state, where nobody else writes (`publish`).

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;
use rating_core::snapshot::verify::SnapshotError;
use rating_core::snapshot::view::Snapshot;
use rustix::fs::{Mode, OFlags};

/// How much of a file is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Everything is checked.
    Nothing,
    /// Somebody has checked this very file: only its head and its section table are looked at.
    Verified,
}

/// What tells one file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Device.
    pub dev: u64,
    /// Inode.
    pub inode: u64,
    /// Length in bytes.
    pub size: u64,
}

/// Why a snapshot cannot be mapped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MapError {
    /// The file cannot be opened.
    #[error("snapshot {path}: {source}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is a directory, a link, a device.
    #[error("snapshot {path} is no regular file: name the file itself, not a link to it")]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// It is no snapshot, or a damaged one.
    #[error("snapshot {path}: {source}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: SnapshotError,
    },
}

impl MapError {
    /// Whether there is no such file.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Open { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }
}

/// A mapped snapshot.
#[derive(Debug)]
pub struct MappedSnapshot {
    /// Looks into `bytes`, which live as long as this structure: never handed out for longer than it.
    view: Snapshot<'static>,
    identity: Identity,
    bytes: Mmap,
}

impl MappedSnapshot {
    /// Opens, maps and checks a snapshot.
    ///
    /// # Errors
    /// [`MapError`] if there is none that this program reads.
    pub fn open(path: &Path, trust: Trust) -> Result<Self, MapError> {
        Self::map(&open_regular(path)?, path, trust)
    }

    /// Maps and checks an open file; `path` is for messages.
    ///
    /// # Errors
    /// [`MapError`] if it is no snapshot that this program reads.
    pub fn map(file: &File, path: &Path, trust: Trust) -> Result<Self, MapError> {
        let open_error = |source| MapError::Open { path: path.to_owned(), source };
        let identity = identity_of(file).map_err(open_error)?;
        // SAFETY: the file is opened for reading only and, by contract, never changed in place (written
        // beside, renamed); core's readers tolerate any bytes. A truncation would be a fault of the operator's.
        let bytes = unsafe { Mmap::map(file) }.map_err(open_error)?;
        // SAFETY: the mapping stays at this address until `bytes` is dropped, which is with the view, and is
        // never given away; no accessor hands the 'static lifetime out.
        let forever: &'static [u8] = unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) };
        let view = match trust {
            Trust::Nothing => Snapshot::open(forever),
            Trust::Verified => Snapshot::open_trusted(forever),
        };
        let view = view.map_err(|source| MapError::Invalid { path: path.to_owned(), source })?;
        Ok(Self { view, identity, bytes })
    }

    /// The snapshot.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<'_> {
        self.view
    }

    /// The snapshot where it is: copied, it is a cache line for each few of its sections.
    #[must_use]
    pub const fn view(&self) -> &Snapshot<'_> {
        &self.view
    }

    /// The file that is mapped.
    #[must_use]
    pub const fn identity(&self) -> Identity {
        self.identity
    }

    /// Names the content.
    #[must_use]
    pub fn content_id(&self) -> u64 {
        self.view.header().content_id.get()
    }

    /// The file's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Opens a regular file for reading, and follows no link.
///
/// # Errors
/// [`MapError`] if there is none.
pub fn open_regular(path: &Path) -> Result<File, MapError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(rustix::io::Errno::LOOP) => return Err(MapError::NotAFile { path: path.to_owned() }),
        Err(errno) => return Err(MapError::Open { path: path.to_owned(), source: errno.into() }),
    };
    let meta = file.metadata().map_err(|source| MapError::Open { path: path.to_owned(), source })?;
    if meta.is_file() { Ok(file) } else { Err(MapError::NotAFile { path: path.to_owned() }) }
}

/// What tells this open file from another.
///
/// # Errors
/// What the operating system says.
pub fn identity_of(file: &File) -> std::io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;
    let meta = file.metadata()?;
    Ok(Identity { dev: meta.dev(), inode: meta.ino(), size: meta.len() })
}
