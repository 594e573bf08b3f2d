//! Reading segments: every call once, whatever the writer lived through.
//!
//! Segments are read in the order of their names. A record that is there twice, by (node, handle), is given
//! once. Where a segment stops making sense it is left, reported as torn, and the next one read: what is
//! missing there is in a later segment, because its entries were not freed.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::vec;

use super::record::CallRecord;
use super::write::{FRAME_LEN, HEAD_LEN, MAGIC, RECORD_MAX, VERSION};

/// Where a segment stops making sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what} at byte {offset}, {left} bytes left unread")]
pub struct Torn {
    /// The segment.
    pub path: PathBuf,
    /// The first byte that is not read.
    pub offset: usize,
    /// How many are left.
    pub left: usize,
    /// What is wrong there.
    pub what: &'static str,
}

/// Reads the segments of a directory.
#[derive(Debug)]
pub struct Reader {
    segments: vec::IntoIter<PathBuf>,
    current: Option<Segment>,
    seen: HashSet<(u64, u64)>,
    torn: Vec<Torn>,
    folded: u64,
}

#[derive(Debug)]
struct Segment {
    path: PathBuf,
    bytes: Vec<u8>,
    offset: usize,
}

impl Reader {
    /// Reads the segments that a directory has now.
    ///
    /// # Errors
    /// What the operating system says; a directory that is not there is an error.
    pub fn open(directory: &Path) -> std::io::Result<Reader> {
        let entries = std::fs::read_dir(directory)?.collect::<Result<Vec<_>, _>>()?;
        let is_segment = |name: &str| name.starts_with("cdr-") && name.ends_with(".seg");
        let named = entries.iter().filter(|entry| entry.file_name().to_str().is_some_and(is_segment));
        let mut segments: Vec<PathBuf> = named.map(std::fs::DirEntry::path).collect();
        segments.sort();
        let segments = segments.into_iter();
        Ok(Reader { segments, current: None, seen: HashSet::new(), torn: Vec::new(), folded: 0 })
    }

    /// The segments that were left before their end, as far as they were read.
    #[must_use]
    pub fn torn(&self) -> &[Torn] {
        &self.torn
    }

    /// Records that were there more than once.
    #[must_use]
    pub const fn folded(&self) -> u64 {
        self.folded
    }

    /// The next record of the current segment.
    fn next_in_segment(&mut self) -> Option<CallRecord> {
        let segment = self.current.as_mut()?;
        match segment.next_record() {
            Ok(found) => found,
            Err(what) => {
                let Segment { path, bytes, offset } = self.current.take()?;
                self.torn.push(Torn { path, offset, left: bytes.len() - offset, what });
                None
            }
        }
    }
}

impl Iterator for Reader {
    type Item = std::io::Result<CallRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.next_in_segment() {
                if self.seen.insert((record.node_start_ns, record.handle.0)) {
                    return Some(Ok(record));
                }
                self.folded += 1;
                continue;
            }
            let path = self.segments.next()?;
            match std::fs::read(&path) {
                Ok(bytes) => self.current = Some(Segment { path, bytes, offset: 0 }),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Segment {
    /// The record at `offset`; `None` at the end; what is wrong there otherwise.
    fn next_record(&mut self) -> Result<Option<CallRecord>, &'static str> {
        if self.offset == 0 {
            check_head(&self.bytes)?;
            self.offset = HEAD_LEN;
        }
        let found = record_at(&self.bytes[self.offset..])?;
        Ok(found.map(|(record, used)| {
            self.offset += used;
            record
        }))
    }
}

/// The record that bytes begin with, and how many are its; `None` of no bytes; what is wrong there otherwise.
pub(super) fn record_at(bytes: &[u8]) -> Result<Option<(CallRecord, usize)>, &'static str> {
    if bytes.is_empty() {
        return Ok(None);
    }
    let (frame, rest) = bytes.split_at_checked(FRAME_LEN).ok_or("half a frame")?;
    let word = |at: usize| u32::from_le_bytes([frame[at], frame[at + 1], frame[at + 2], frame[at + 3]]);
    let len = word(0) as usize;
    if len > RECORD_MAX {
        return Err("a length that no record has");
    }
    let record = rest.get(..len).ok_or("half a record")?;
    if crc32fast::hash(record) != word(4) {
        return Err("a wrong checksum");
    }
    let record = CallRecord::decode(record).ok_or("a record that cannot be read")?;
    Ok(Some((record, FRAME_LEN + len)))
}

/// Whether a segment begins as one does.
pub(super) fn check_head(bytes: &[u8]) -> Result<(), &'static str> {
    let head = bytes.get(..HEAD_LEN).ok_or("half a head")?;
    if head[..8] != MAGIC {
        return Err("no segment: it does not begin with TANDEMCD");
    }
    if head[8..12] != VERSION.to_le_bytes() {
        return Err("another version of the format");
    }
    if crc32fast::hash(&head[..28]).to_le_bytes() != head[28..32] {
        return Err("a wrong checksum of the head");
    }
    Ok(())
}
