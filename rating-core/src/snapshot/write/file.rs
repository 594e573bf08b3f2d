//! The sections of a snapshot under construction, and how they become one file.

use std::collections::HashMap;
use std::string::String;
use std::vec::Vec;

use sha2::{Digest, Sha256};
use zerocopy::{Immutable, IntoBytes};

use super::super::layout::*;
use crate::plan::UtcSec;

/// The sections, filled in any order.
pub(super) struct Sections {
    sections: [Vec<u8>; SectionId::COUNT],
    strings: HashMap<String, StrRef>,
}

impl Default for Sections {
    fn default() -> Self {
        Self { sections: core::array::from_fn(|_| Vec::new()), strings: HashMap::new() }
    }
}

impl Sections {
    /// Appends records to a section.
    pub(super) fn push<T: IntoBytes + Immutable>(&mut self, id: SectionId, records: &[T]) {
        self.section(id).extend_from_slice(records.as_bytes());
    }

    /// Puts a whole section in place.
    pub(super) fn set(&mut self, id: SectionId, bytes: Vec<u8>) {
        *self.section(id) = bytes;
    }

    /// Records of a section so far.
    pub(super) fn count(&mut self, id: SectionId) -> usize {
        let (_, record_len) = SectionId::ALL[usize::try_from(id.number()).unwrap_or_default()];
        self.section(id).len() / usize::try_from(record_len).unwrap_or(1)
    }

    /// Keeps a text, once.
    pub(super) fn text(&mut self, text: &str) -> StrRef {
        if let Some(known) = self.strings.get(text) {
            return *known;
        }
        let bytes = self.section(SectionId::Strings);
        let reference = StrRef {
            offset: u32::try_from(bytes.len()).unwrap_or(u32::MAX).into(),
            len: u32::try_from(text.len()).unwrap_or(u32::MAX).into(),
        };
        bytes.extend_from_slice(text.as_bytes());
        self.strings.insert(text.into(), reference);
        reference
    }

    fn section(&mut self, id: SectionId) -> &mut Vec<u8> {
        &mut self.sections[usize::try_from(id.number()).unwrap_or_default()]
    }

    /// Lays the sections out behind head and table, with their checksums.
    pub(super) fn finish(self, from: UtcSec, until: UtcSec) -> Vec<u8> {
        let head_len = size_of::<Header>() + size_of::<[SectionEntry; SectionId::COUNT]>();
        let total: usize = self.sections.iter().map(|bytes| bytes.len() + 64).sum();
        let mut file = Vec::with_capacity(head_len + total);
        file.resize(head_len, 0);
        let mut table = [SectionEntry::default(); SectionId::COUNT];
        for ((entry, bytes), (id, record_len)) in table.iter_mut().zip(&self.sections).zip(SectionId::ALL) {
            let align = usize::try_from(SECTION_ALIGN).unwrap_or(1);
            file.resize(file.len().next_multiple_of(align), 0);
            *entry = SectionEntry {
                id: id.number().into(),
                record_len: record_len.into(),
                offset: to_u64(file.len()).into(),
                len: to_u64(bytes.len()).into(),
                crc32: crc32fast::hash(bytes).into(),
                reserved: 0.into(),
            };
            file.extend_from_slice(bytes);
        }
        file[size_of::<Header>()..head_len].copy_from_slice(table.as_bytes());
        let content = Sha256::digest(&file[size_of::<Header>()..]);
        let mut header = Header {
            magic: MAGIC,
            version: VERSION.into(),
            section_count: u32::try_from(SectionId::COUNT).unwrap_or_default().into(),
            file_len: to_u64(file.len()).into(),
            valid_from_utc_sec: from.into(),
            valid_until_utc_sec: until.into(),
            content_id: first_word(&content).into(),
            table_crc32: crc32fast::hash(table.as_bytes()).into(),
            reserved: [0; 8],
            header_crc32: 0.into(),
        };
        header.header_crc32 = crc32fast::hash(&header.as_bytes()[..size_of::<Header>() - 4]).into();
        file[..size_of::<Header>()].copy_from_slice(header.as_bytes());
        file
    }
}

/// The key that names a thing for ever: the first 8 bytes of SHA-256 of its parts, a zero byte between them.
pub(super) fn stable_key(parts: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            hash.update([0]);
        }
        hash.update(part.as_bytes());
    }
    first_word(&hash.finalize())
}

fn first_word(bytes: &[u8]) -> u64 {
    bytes.first_chunk().copied().map(u64::from_le_bytes).unwrap_or_default()
}

fn to_u64(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}
