//! Following segments while they are written: each record is given from where a reader has come to.
//!
//! A reader keeps, for each segment, up to which byte it has read; where it keeps that in the same transaction as what it
//! makes of the records, it makes it of each record once. What is torn at the end of a segment is not passed: its writer
//! may still be at it, and if that is dead, its calls are in another segment.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::read::{check_head, record_at};
use super::record::CallRecord;
use super::write::{HEAD_LEN, RECORD_MAX};

/// Bytes that are read at once; at least one record fits.
const PIECE_BYTES: usize = 4 * RECORD_MAX;

/// Follows the segments of a directory.
#[derive(Debug)]
pub struct Tail {
    directory: PathBuf,
    /// By the segment's name: up to where it was read, and how long it was when there was nothing more.
    segments: HashMap<String, Place>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    offset: u64,
    len_without_more: u64,
}

/// Some records of one segment, in the order in which they were written.
#[derive(Debug)]
pub struct Piece {
    /// The segment's file name.
    pub segment: String,
    /// The first byte that is not read yet.
    pub until: u64,
    /// The records.
    pub records: Vec<CallRecord>,
}

impl Tail {
    /// Follows a directory, which need not be there yet, from the beginning.
    #[must_use]
    pub fn new(directory: &Path) -> Tail {
        Tail { directory: directory.to_owned(), segments: HashMap::new() }
    }

    /// Goes on in a segment from a byte that an earlier [`Piece::until`] has named.
    pub fn set(&mut self, segment: &str, offset: u64) {
        self.segments.insert(segment.to_owned(), Place { offset, len_without_more: 0 });
    }

    /// The next records, of any segment; `None` when all are read. The same again until [`set`](Self::set) is told.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn next_piece(&mut self) -> std::io::Result<Option<Piece>> {
        let entries = match std::fs::read_dir(&self.directory) {
            Ok(entries) => entries.collect::<Result<Vec<_>, _>>()?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut found = Vec::new();
        for entry in entries {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let place = self.segments.get(&name).copied().unwrap_or_default();
            if name.starts_with("cdr-")
                && name.ends_with(".seg")
                && entry.metadata()?.len() > place.offset.max(place.len_without_more)
            {
                found.push(name);
            }
        }
        found.sort();
        for name in found {
            let (piece, len) = self.read(name)?;
            if !piece.records.is_empty() {
                return Ok(Some(piece));
            }
            self.segments.entry(piece.segment).or_default().len_without_more = len;
        }
        Ok(None)
    }

    /// What a segment has more, and how long it was then.
    fn read(&self, name: String) -> std::io::Result<(Piece, u64)> {
        let mut file = File::open(self.directory.join(&name))?;
        let mut offset = self.segments.get(&name).map_or(0, |place| place.offset);
        if offset < HEAD_LEN as u64 {
            let mut head = [0; HEAD_LEN];
            if file.read_exact(&mut head).is_err() || check_head(&head).is_err() {
                let len = file.metadata()?.len();
                return Ok((Piece { segment: name, until: 0, records: Vec::new() }, len));
            }
            offset = HEAD_LEN as u64;
        }
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        let read = file.take(PIECE_BYTES as u64).read_to_end(&mut bytes)?;
        let len = offset + read as u64;
        let mut piece = Piece { segment: name, until: offset, records: Vec::new() };
        let mut rest = &bytes[..];
        while let Ok(Some((record, used))) = record_at(rest) {
            piece.records.push(record);
            piece.until += used as u64;
            rest = &rest[used..];
        }
        Ok((piece, len))
    }
}
