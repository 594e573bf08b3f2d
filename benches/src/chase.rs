//! The floor: two dependent misses over the same footprint, and nothing else.
//!
//! An index as large as the snapshot's table by NPA-NXX leads to a place in the snapshot's own rows. No index
//! that keeps prices beside codes does with less.

use std::hint::black_box;

use rating_core::snapshot::layout::{Header, SectionEntry, SectionId};
use tandem_tests::us_decks::Rng;
use zerocopy::FromBytes;

/// An index and the rows that it leads to.
pub struct Chase<'a> {
    index: Vec<u32>,
    rows: &'a [u8],
    starts: Vec<u32>,
}

impl<'a> Chase<'a> {
    /// Over the rows of a snapshot.
    #[must_use]
    pub fn new(snapshot: &'a [u8], seed: u64) -> Chase<'a> {
        let mut rng = Rng(seed);
        let rows = section(snapshot, SectionId::Rows);
        let len = section(snapshot, SectionId::CodeNxxs).len() / 4;
        let words = rows.len() / 8 - 1;
        let index: Vec<u32> = (0..len).map(|_| rng.below(words) as u32).collect();
        let starts = (0..crate::data::CALLS).map(|_| rng.below(len) as u32).collect();
        Chase { index, rows, starts }
    }

    /// Bytes that it reads from: index and rows.
    #[must_use]
    pub fn footprint(&self) -> usize {
        self.index.len() * 4 + self.rows.len()
    }

    /// Chases from the starts `from` on; each waits for the one before. The result keeps the work from being
    /// dropped.
    #[must_use]
    pub fn run(&self, from: usize, times: usize) -> u64 {
        let zero = black_box(0usize);
        let mut last = 0usize;
        for start in self.starts.iter().cycle().skip(from).take(times) {
            let at = *start as usize + (last & zero);
            let row = self.index[at] as usize * 8;
            last = usize::from(self.rows[row]) + 1;
        }
        last as u64
    }
}

/// A section's bytes.
///
/// # Panics
/// On bytes that are no snapshot.
#[must_use]
pub fn section(snapshot: &[u8], id: SectionId) -> &[u8] {
    let table = &snapshot[size_of::<Header>()..];
    let (table, _) = <[SectionEntry; SectionId::COUNT]>::ref_from_prefix(table).expect("a snapshot");
    let entry = &table[id.number() as usize];
    let from = entry.offset.get() as usize;
    &snapshot[from..from + entry.len.get() as usize]
}
