//! Appending records to segment files.
//!
//! A segment is never appended to by another writer than the one that made it: what it has torn, if anything,
//! is its end. Its name is when it was begun, so that names sort by time. A failed write is cut off again, and another
//! segment begun: who follows the first may have read what was cut off, and nothing else is ever to be in its place.
//! A segment without a record is removed. One that somebody has taken away is followed by another.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

/// The first eight bytes of a segment.
pub const MAGIC: [u8; 8] = *b"TANDEMCD";
/// The format's version.
pub const VERSION: u32 = 1;
/// Bytes of a segment's head.
pub const HEAD_LEN: usize = 32;
/// Bytes before each record: its length and its CRC-32.
pub const FRAME_LEN: usize = 8;
/// The longest record that a reader takes.
pub const RECORD_MAX: usize = 1 << 20;
/// Size after which a segment is followed by another.
pub const SEGMENT_BYTES_DEFAULT: u64 = 64 << 20;

/// Why records could not be written. Their calls stay in the state, and are written the next time.
#[derive(Debug, thiserror::Error)]
#[error("segment {path}: {source}; calls wait in the state file until it can be written")]
pub struct WriteError {
    /// The file or directory.
    pub path: PathBuf,
    /// Why.
    pub source: std::io::Error,
}

/// Writes segments into a directory.
#[derive(Debug)]
pub struct SegmentWriter {
    directory: PathBuf,
    node_start_ns: u64,
    segment_bytes_max: u64,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    path: PathBuf,
    len: u64,
}

impl SegmentWriter {
    /// Writes into `directory`, which is made if need be.
    ///
    /// # Errors
    /// [`WriteError`] if it cannot be made.
    pub fn new(directory: &Path, node_start_ns: u64, segment_bytes_max: u64) -> Result<Self, WriteError> {
        std::fs::create_dir_all(directory)
            .map_err(|source| WriteError { path: directory.to_owned(), source })?;
        Ok(Self { directory: directory.to_owned(), node_start_ns, segment_bytes_max, open: None })
    }

    /// Appends records and syncs them: when this returns they are on disk. `now_utc_ns` names a new segment.
    ///
    /// # Errors
    /// [`WriteError`]; then it is not known which of them are there, and they are to be written again.
    pub fn append(&mut self, records: &[Vec<u8>], now_utc_ns: i64) -> Result<(), WriteError> {
        let mut open = match self.open.take() {
            Some(open) if open.len < self.segment_bytes_max && open.is_in_place() => open,
            _ => self.begin(now_utc_ns)?,
        };
        let bytes: Vec<u8> = records.iter().flat_map(|record| frame(record)).collect();
        let written = open.file.write_all(&bytes).and_then(|()| open.file.sync_data());
        if let Err(source) = written {
            return Err(WriteError { path: open.cut_off(), source });
        }
        open.len += bytes.len() as u64;
        self.open = Some(open);
        Ok(())
    }

    fn begin(&self, now_utc_ns: i64) -> Result<Open, WriteError> {
        let mut stamp_ns = now_utc_ns.max(0);
        loop {
            let path = self.directory.join(format!("cdr-{stamp_ns:020}.seg"));
            match self.create(&path) {
                Ok(file) => return Ok(Open { file, path, len: HEAD_LEN as u64 }),
                // Another segment began at this very nanosecond.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => stamp_ns += 1,
                Err(source) => return Err(WriteError { path, source }),
            }
        }
    }

    fn create(&self, path: &Path) -> std::io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR | Mode::RGRP;
        let mut file = File::from(rustix::fs::open(path, flags, mode)?);
        let begun = file.write_all(&head(self.node_start_ns)).and_then(|()| file.sync_all());
        // The name is on disk only when its directory is.
        let begun = begun.and_then(|()| File::open(&self.directory)?.sync_all());
        if begun.is_err() {
            // A head that is not whole is of no use to anybody.
            let _ = std::fs::remove_file(path);
        }
        begun.map(|()| file)
    }
}

impl Open {
    /// Whether the file is still where readers find it: somebody may have moved it to an archive, or removed it.
    fn is_in_place(&self) -> bool {
        let here = std::fs::symlink_metadata(&self.path).map(|meta| (meta.dev(), meta.ino()));
        let mine = self.file.metadata().map(|meta| (meta.dev(), meta.ino()));
        here.ok().zip(mine.ok()).is_some_and(|(here, mine)| here == mine)
    }

    /// Takes away what a failed write has left, as far as that can be, and gives the segment up. Gives its path.
    fn cut_off(self) -> PathBuf {
        if self.len <= HEAD_LEN as u64 {
            let _ = std::fs::remove_file(&self.path);
        } else {
            // What stays is torn, or there a second time: readers know both.
            let _ = self.file.set_len(self.len).and_then(|()| self.file.sync_all());
        }
        self.path
    }
}

fn head(node_start_ns: u64) -> [u8; HEAD_LEN] {
    let mut head = [0u8; HEAD_LEN];
    head[0..8].copy_from_slice(&MAGIC);
    head[8..12].copy_from_slice(&VERSION.to_le_bytes());
    head[16..24].copy_from_slice(&node_start_ns.to_le_bytes());
    let crc = crc32fast::hash(&head[..28]);
    head[28..32].copy_from_slice(&crc.to_le_bytes());
    head
}

fn frame(record: &[u8]) -> Vec<u8> {
    let mut framed = Vec::with_capacity(FRAME_LEN + record.len());
    framed.extend_from_slice(&(record.len() as u32).to_le_bytes());
    framed.extend_from_slice(&crc32fast::hash(record).to_le_bytes());
    framed.extend_from_slice(record);
    framed
}
