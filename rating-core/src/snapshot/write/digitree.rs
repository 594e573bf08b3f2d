//! Builds a digit tree: NANP codes into tables by NPA and NXX, all further digits into nodes.
//!
//! Codes come in the order of their digits, so a code comes before those that it is a prefix of; a longer code
//! then takes its part of what the shorter one has filled.

use std::vec;
use std::vec::Vec;

use zerocopy::IntoBytes;
use zerocopy::byteorder::little_endian::U32;

use super::super::layout::*;
use super::super::view::BLOCK;
use super::file::Sections;
use super::{WriteError, out_of_range, to_u32};
use crate::number::Digits;

/// A digit tree under construction.
pub(super) struct Builder {
    npas: Vec<u32>,
    nxxs: Vec<u32>,
    nodes: Vec<NodeRec>,
}

/// What tells a reference to a leaf from "nothing".
fn leaf_reference(leaf: u32) -> Result<u32, WriteError> {
    leaf.checked_add(1)
        .filter(|reference| reference & DEEPER_BIT == 0)
        .ok_or_else(|| out_of_range("decks", "more rows than the format can number"))
}

impl Builder {
    /// An empty tree with this many roots.
    pub(super) fn new(roots: usize) -> Self {
        Self { npas: vec![0; roots * BLOCK], nxxs: Vec::new(), nodes: vec![NodeRec::default(); roots] }
    }

    /// Lets all numbers that begin with `code` lead to `leaf`, from one of the roots.
    pub(super) fn insert(&mut self, root: usize, code: &Digits, leaf: u32) -> Result<(), WriteError> {
        let reference = leaf_reference(leaf)?;
        let (digits, len) = (code.as_bytes(), code.len());
        if digits.first() != Some(&b'1') {
            return self.insert_below(root, digits, reference);
        }
        if len <= 4 {
            let (first, count) = span(&digits[1..], 3);
            let first = root * BLOCK + first;
            self.npas[first..first + count].fill(reference);
            return Ok(());
        }
        let block = self.block(root * BLOCK + span(&digits[1..4], 3).0)?;
        let nxx_digits = &digits[4..len.min(7)];
        let (first, count) = span(nxx_digits, 3);
        if len <= 7 {
            self.nxxs[block + first..block + first + count].fill(reference);
            return Ok(());
        }
        let node = self.node_at_nxx(block + first)?;
        self.insert_below(node, &digits[7..], reference)
    }

    /// The first entry of an NPA's block of NXXs, made now if there is none.
    fn block(&mut self, npa: usize) -> Result<usize, WriteError> {
        let current = self.npas[npa];
        if current & DEEPER_BIT != 0 {
            return Ok(usize::try_from(current ^ DEEPER_BIT).unwrap_or_default() * BLOCK);
        }
        let start = self.nxxs.len();
        self.npas[npa] = to_u32(start / BLOCK, "codes")? | DEEPER_BIT;
        self.nxxs.resize(start + BLOCK, current);
        Ok(start)
    }

    fn node_at_nxx(&mut self, at: usize) -> Result<usize, WriteError> {
        let current = self.nxxs[at];
        if current & DEEPER_BIT != 0 {
            return Ok(usize::try_from(current ^ DEEPER_BIT).unwrap_or_default());
        }
        let (node, reference) = self.new_node(current)?;
        self.nxxs[at] = reference;
        Ok(node)
    }

    fn new_node(&mut self, here: u32) -> Result<(usize, u32), WriteError> {
        let node = self.nodes.len();
        self.nodes.push(NodeRec { here: here.into(), ..NodeRec::default() });
        Ok((node, to_u32(node, "codes")? | DEEPER_BIT))
    }

    fn insert_below(&mut self, mut node: usize, digits: &[u8], reference: u32) -> Result<(), WriteError> {
        let Some((last, path)) = digits.split_last() else {
            self.nodes[node].here = reference.into();
            return Ok(());
        };
        for digit in path {
            let digit = usize::from(digit - b'0');
            let child = self.nodes[node].children[digit].get();
            node = if child & DEEPER_BIT != 0 {
                usize::try_from(child ^ DEEPER_BIT).unwrap_or_default()
            } else {
                // What answered for this digit so far answers for what the new node does not know.
                let here = if child == 0 { self.nodes[node].here.get() } else { child };
                let (made, to_it) = self.new_node(here)?;
                self.nodes[node].children[digit] = to_it.into();
                made
            };
        }
        self.nodes[node].children[usize::from(last - b'0')] = reference.into();
        Ok(())
    }

    /// Puts the tree into its three sections.
    pub(super) fn write(self, sections: [SectionId; 3], file: &mut Sections) {
        let [npas, nxxs, nodes] = sections;
        let words = |values: Vec<u32>| values.into_iter().map(U32::from).collect::<Vec<U32>>();
        file.set(npas, words(self.npas).as_bytes().into());
        file.set(nxxs, words(self.nxxs).as_bytes().into());
        file.set(nodes, self.nodes.as_bytes().into());
    }
}

/// The numbers of `places` digits that begin with `digits`: the first, and how many.
fn span(digits: &[u8], places: u32) -> (usize, usize) {
    let value = digits.iter().fold(0, |value, digit| value * 10 + usize::from(digit - b'0'));
    let count = 10usize.pow(places - u32::try_from(digits.len()).unwrap_or(places));
    (value * count, count)
}
