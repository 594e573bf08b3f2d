//! Reads a ported-number file. Total: whatever the bytes are, a look-up ends and stays inside them.

use rating_core::number::Digits;

use super::NanpNumber;
use super::layout::{
    BLOCK_HEAD_LEN, EXCHANGE_LEN, FORMAT, HEADER_LEN, LRN_LEN, LRNS_AT, MAGIC, PALETTE_ENTRY_LEN,
    PALETTE_MAX, Spid, UNIT, header,
};

/// Where a number was ported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortedTo {
    /// Eleven digits.
    pub lrn: Digits,
    /// The service provider; zeros where not known.
    pub spid: Spid,
}

/// Why bytes are no ported-number file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PortedError {
    /// It does not begin as one does.
    #[error("no ported-number file; make one with `lcr-admin ported import`")]
    NotOne,
    /// Another format.
    #[error("format {0}, and this program reads format {FORMAT}: import the numbers again")]
    Format(u32),
    /// It is shorter or longer than its header says.
    #[error(
        "{found} bytes, and the header says {expected}: the file is cut or damaged, import the numbers again"
    )]
    Length {
        /// What the header says.
        expected: u64,
        /// What there is.
        found: u64,
    },
    /// A checksum is wrong, or what it protects is impossible.
    #[error("{0} damaged: import the numbers again")]
    Damaged(&'static str),
}

/// A ported-number file.
#[derive(Clone, Copy, Debug)]
pub struct Ported<'a> {
    bytes: &'a [u8],
    directory: &'a [u8],
    lrns: &'a [u8],
    blocks: &'a [u8],
    index_len: usize,
}

impl<'a> Ported<'a> {
    /// Looks at the header and at the lengths, and checks directory and LRNs, some megabytes.
    ///
    /// # Errors
    /// [`PortedError`] if it is none that this program reads.
    pub fn open(bytes: &'a [u8]) -> Result<Ported<'a>, PortedError> {
        let head = bytes.get(..HEADER_LEN).filter(|head| head.starts_with(&MAGIC));
        let head = head.ok_or(PortedError::NotOne)?;
        let word = |at| u32_at(head, at).unwrap_or_default();
        if word(header::FORMAT) != FORMAT {
            return Err(PortedError::Format(word(header::FORMAT)));
        }
        if head.get(16..).map(crc32fast::hash) != Some(word(header::HEADER_CRC)) {
            return Err(PortedError::Damaged("the header is"));
        }
        let (expected, found) = (u64_at(head, header::FILE_LEN).unwrap_or_default(), bytes.len() as u64);
        if expected != found {
            return Err(PortedError::Length { expected, found });
        }
        let impossible = PortedError::Damaged("the header is");
        let lrns_len = (word(header::LRNS) as usize).checked_mul(LRN_LEN).ok_or(impossible)?;
        let blocks_at = LRNS_AT.checked_add(lrns_len).ok_or(impossible)?;
        let index_len = word(header::INDEX_LEN) as usize;
        let ported = Ported {
            bytes,
            directory: bytes.get(HEADER_LEN..LRNS_AT).ok_or(impossible)?,
            lrns: bytes.get(LRNS_AT..blocks_at).ok_or(impossible)?,
            blocks: bytes.get(blocks_at..).ok_or(impossible)?,
            index_len,
        };
        let tables = bytes.get(HEADER_LEN..blocks_at).map(crc32fast::hash);
        if tables != Some(word(header::TABLES_CRC)) {
            return Err(PortedError::Damaged("the directory is"));
        }
        if matches!(index_len, 2 | 4) { Ok(ported) } else { Err(impossible) }
    }

    /// Opens it, and checks every byte.
    ///
    /// # Errors
    /// [`PortedError`] if one is wrong.
    pub fn open_all(bytes: &'a [u8]) -> Result<Ported<'a>, PortedError> {
        let ported = Ported::open(bytes)?;
        match u32_at(bytes, header::BLOCKS_CRC) == Some(crc32fast::hash(ported.blocks)) {
            true => Ok(ported),
            false => Err(PortedError::Damaged("the numbers are")),
        }
    }

    /// Where a number was ported to; `None` if the file does not have it.
    #[must_use]
    pub fn look_up(&self, number: NanpNumber) -> Option<PortedTo> {
        let unit = u32_at(self.directory, number.exchange() * EXCHANGE_LEN)? as usize;
        if unit == 0 {
            return None;
        }
        let block = self.blocks.get(unit.checked_mul(UNIT)?..)?;
        let before = 2 + 2 * number.hundred();
        let (from, until) = (u16_at(block, before)? as usize, u16_at(block, before + 2)? as usize);
        let count = until.checked_sub(from)?;

        // 0 is none.
        let palette_len = u16_at(block, 0)? as usize;
        let index_len = if palette_len == 0 { self.index_len } else { 1 };
        let hundreds_at = BLOCK_HEAD_LEN + palette_len.min(PALETTE_MAX) * PALETTE_ENTRY_LEN;
        let hundred = block.get(hundreds_at + from * (1 + index_len)..)?;
        let at = hundred.get(..count)?.iter().position(|&last_two| last_two == number.last_two())?;
        let index_at = count + at * index_len;
        let index = match index_len {
            1 => u32_at(block, BLOCK_HEAD_LEN + usize::from(*hundred.get(index_at)?) * PALETTE_ENTRY_LEN)?,
            2 => u16_at(hundred, index_at)?.into(),
            _ => u32_at(hundred, index_at)?,
        };
        self.lrn(index as usize)
    }

    fn lrn(&self, index: usize) -> Option<PortedTo> {
        let at = index.checked_mul(LRN_LEN)?;
        let entry = self.lrns.get(at..at.checked_add(LRN_LEN)?)?;
        let lrn = NanpNumber::from_value(u64_at(entry, 0)?)?.digits();
        Some(PortedTo { lrn, spid: *entry.last_chunk()? })
    }

    /// How many ported numbers it has.
    #[must_use]
    pub fn numbers(&self) -> u64 {
        u64_at(self.bytes, header::NUMBERS).unwrap_or_default()
    }

    /// How many different pairs of LRN and SPID.
    #[must_use]
    pub fn lrns(&self) -> u32 {
        u32_at(self.bytes, header::LRNS).unwrap_or_default()
    }

    /// How many NPA-NXX have ported numbers.
    #[must_use]
    pub fn exchanges(&self) -> u32 {
        u32_at(self.bytes, header::BLOCKS).unwrap_or_default()
    }

    /// Its length.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|chunk| u16::from_le_bytes(*chunk))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|chunk| u64::from_le_bytes(*chunk))
}
