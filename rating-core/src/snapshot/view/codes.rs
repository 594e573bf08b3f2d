//! The digit trees, and the rows of prices that they lead to.

use zerocopy::FromBytes;
use zerocopy::byteorder::little_endian::U32;

use super::super::layout::*;
use super::index;
use crate::number::Digits;

/// A digit tree: NANP numbers by two direct tables, then digit by digit; others digit by digit.
#[derive(Clone, Copy, Debug)]
pub(in crate::snapshot) struct Digitree<'a> {
    pub(in crate::snapshot) npas: &'a [U32],
    pub(in crate::snapshot) nxxs: &'a [U32],
    pub(in crate::snapshot) nodes: &'a [NodeRec],
}

impl Digitree<'_> {
    /// The leaf of the longest prefix of `number` that has one.
    pub(super) fn leaf(&self, number: &Digits) -> Option<u32> {
        match number.as_bytes().first()? {
            b'1' => self.nanp_leaf(number),
            _ => self.walk(0, number, 0),
        }
    }

    fn nanp_leaf(&self, number: &Digits) -> Option<u32> {
        let (npa, nxx) = (number.npa()?, number.nxx()?);
        let from_npa = self.npas.get(index(npa))?.get();
        if from_npa & DEEPER_BIT == 0 {
            return from_npa.checked_sub(1);
        }
        let block = index(from_npa ^ DEEPER_BIT).saturating_mul(NXX_BLOCK);
        let from_nxx = self.nxxs.get(block.saturating_add(index(nxx)))?.get();
        if from_nxx & DEEPER_BIT == 0 {
            return from_nxx.checked_sub(1);
        }
        self.walk(from_nxx ^ DEEPER_BIT, number, 7)
    }

    /// Follows the digits of `number` from place `at`. One step a digit: it ends whatever the nodes say.
    fn walk(&self, root: u32, number: &Digits, at: usize) -> Option<u32> {
        let mut node = self.nodes.get(index(root))?;
        for &digit in number.as_bytes().get(at..)? {
            let child = node.children.get(usize::from(digit.wrapping_sub(b'0')))?.get();
            match child {
                0 => break,
                deeper if deeper & DEEPER_BIT != 0 => node = self.nodes.get(index(deeper ^ DEEPER_BIT))?,
                leaf => return leaf.checked_sub(1),
            }
        }
        node.here.get().checked_sub(1)
    }
}

/// References of one NPA in a section of NXXs.
pub(in crate::snapshot) const NXX_BLOCK: usize = 1000;

/// The prices of all decks for one code.
#[derive(Clone, Copy, Debug)]
pub struct CodeRow<'a> {
    pub(super) mask: &'a [u8],
    pub(super) entries: &'a [u8],
}

impl<'a> CodeRow<'a> {
    /// The entry of the deck in a slot, if the deck prices the code.
    #[must_use]
    pub fn entry(&self, slot: u32) -> Option<&'a EntryRec> {
        let (byte, bit) = (index(slot >> 3), slot & 7);
        let own = *self.mask.get(byte)?;
        if (own >> bit) & 1 == 0 {
            return None;
        }
        let below_in_byte = (own & !(u8::MAX << bit)).count_ones();
        let rank = count_ones(self.mask.get(..byte)?).saturating_add(below_in_byte);
        let from = index(rank).saturating_mul(core::mem::size_of::<EntryRec>());
        EntryRec::ref_from_prefix(self.entries.get(from..)?).ok().map(|(entry, _)| entry)
    }

    /// Length of the row in bytes, or `None` if it reaches outside its section.
    pub(in crate::snapshot) fn len(&self) -> Option<usize> {
        let entries = index(count_ones(self.mask)).saturating_mul(core::mem::size_of::<EntryRec>());
        self.entries.get(..entries).map(|_| self.mask.len().saturating_add(entries))
    }

    /// Whether no slot from `slots` on has an entry.
    pub(in crate::snapshot) fn has_only_slots_below(&self, slots: u32) -> bool {
        let bits = u32::try_from(self.mask.len()).unwrap_or(u32::MAX).saturating_mul(8);
        (slots..bits).all(|slot| self.entry(slot).is_none())
    }

    /// All entries, by slot.
    pub fn entries(&self) -> impl Iterator<Item = &'a EntryRec> + use<'a> {
        let count = index(count_ones(self.mask));
        self.entries
            .chunks_exact(core::mem::size_of::<EntryRec>())
            .take(count)
            .filter_map(|bytes| EntryRec::ref_from_bytes(bytes).ok())
    }
}

fn count_ones(bytes: &[u8]) -> u32 {
    let mut words = bytes.chunks_exact(8);
    let mut ones = 0u32;
    for word in words.by_ref() {
        let word = <[u8; 8]>::try_from(word).map(u64::from_le_bytes).unwrap_or_default();
        ones = ones.wrapping_add(word.count_ones());
    }
    words.remainder().iter().fold(ones, |ones, byte| ones.wrapping_add(byte.count_ones()))
}
