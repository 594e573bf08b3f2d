//! The rows of a shelf: for each code of any of its decks, what they have written for it, cheapest first.

use std::vec::Vec;

use zerocopy::IntoBytes;

use super::super::layout::*;
use super::super::view::{Mask, add};
use super::decks::{Code, CodeRow, DeckTable, in_parallel};
use super::digitree::Builder;
use super::{WriteError, to_u32};
use crate::deck::by_policy;

/// A deck on a shelf.
pub(super) struct OnShelf<'t> {
    pub(super) table: &'t DeckTable,
    /// The rank of each of its tariffs among all, by reference cost in the plan's currency.
    pub(super) ranks: &'t [u32],
    /// The rate of each of its tariffs.
    pub(super) rates_nano_per_min: Vec<i64>,
    /// [`DeckRec::ij_policy`].
    pub(super) ij_policy: u8,
}

/// The rows of a stretch of codes.
struct Stretch {
    bytes: Vec<u8>,
    /// Each row's code, and its first byte.
    starts: Vec<(Code, usize)>,
}

/// Ranks of what is no tariff: blocked prices stand behind all others, rows without a price behind those.
const RANK_BLOCKED: u64 = 0xffff_fffe;
const RANK_NONE: u64 = 0xffff_ffff;

/// Writes the rows of a shelf behind those that are there, and lets the tree lead to them.
pub(super) fn write(
    shelf: usize,
    decks: &[OnShelf<'_>],
    rows: &mut Vec<u8>,
    tree: &mut Builder,
) -> Result<(), WriteError> {
    let bounds = bounds(decks);
    let stretches = in_parallel(bounds.len() - 1, |at| {
        let rows = |deck: &OnShelf<'_>| {
            let rows = &deck.table.rows;
            let place = |code| rows.partition_point(|row| row.code < code);
            place(bounds[at])..place(bounds[at + 1])
        };
        let own: Vec<&[CodeRow]> = decks.iter().map(|deck| &deck.table.rows[rows(deck)]).collect();
        stretch(shelf as u8, decks, own)
    });
    // The rows of the codes that the current one begins with, shortest first: code, first word.
    let mut above: Vec<(Code, u32)> = Vec::new();
    for stretch in stretches {
        let base = rows.len();
        rows.extend_from_slice(&stretch.bytes);
        for (code, start) in stretch.starts {
            while above.last().is_some_and(|(shorter, _)| !code.begins_with(*shorter)) {
                above.pop();
            }
            let word = to_u32((base + start) / 4, "decks")?;
            let parent = above.last().map_or(0, |(_, word)| word + 1);
            rows[base + start..][..4].copy_from_slice(&parent.to_le_bytes());
            tree.insert(shelf, &code.digits(), word)?;
            above.push((code, word));
        }
    }
    Ok(())
}

/// Where the codes are cut into stretches of much the same work.
fn bounds(decks: &[OnShelf<'_>]) -> Vec<Code> {
    const STRETCHES: usize = 8;
    const WORTH_CUTTING: usize = 1000;
    let mut bounds = std::vec![Code::FIRST];
    let longest = decks.iter().map(|deck| &deck.table.rows).max_by_key(|rows| rows.len());
    if let Some(rows) = longest.filter(|rows| rows.len() > WORTH_CUTTING) {
        bounds.extend((1..STRETCHES).map(|at| rows[rows.len() * at / STRETCHES].code));
    }
    bounds.push(Code::BEHIND_ALL);
    bounds
}

/// Merges the decks' rows of a stretch by code.
fn stretch(shelf: u8, decks: &[OnShelf<'_>], mut rest: Vec<&[CodeRow]>) -> Stretch {
    let mut made = Stretch { bytes: Vec::new(), starts: Vec::new() };
    let mut writer = RowWriter::default();
    while let Some(code) = rest.iter().filter_map(|rows| Some(rows.first()?.code)).min() {
        writer.clear();
        for (place, rows) in rest.iter_mut().enumerate() {
            if let Some((row, behind)) = rows.split_first().filter(|(row, _)| row.code == code) {
                writer.add(place as u8, &row.prices, &decks[place]);
                *rows = behind;
            }
        }
        made.starts.push((code, made.bytes.len()));
        writer.write(shelf, code, &mut made.bytes);
    }
    made
}

/// One row under construction.
struct RowWriter {
    /// Of each column: rank, then place.
    columns: [Vec<u64>; COLUMNS],
    /// By column and place.
    codes: [[u32; SHELF_DECKS]; COLUMNS],
    /// The decks whose intrastate price is what their policy takes for an indeterminate call.
    by_intrastate: Mask,
    is_wide: bool,
}

impl Default for RowWriter {
    fn default() -> Self {
        let codes = [[0; SHELF_DECKS]; COLUMNS];
        Self { columns: Default::default(), codes, by_intrastate: [0; SHELF_WORDS], is_wide: false }
    }
}

impl RowWriter {
    fn clear(&mut self) {
        self.columns.iter_mut().for_each(Vec::clear);
        self.by_intrastate = [0; SHELF_WORDS];
        self.is_wide = false;
    }

    fn add(&mut self, place: u8, prices: &[u32; COLUMNS], deck: &OnShelf<'_>) {
        let written = |column: usize| Some(prices[column]).filter(|code| *code != PRICE_NONE);
        let rate = |code| deck.rates_nano_per_min[(code - PRICE_FIRST) as usize];
        if by_policy(deck.ij_policy, written(INTERSTATE), written(INTRASTATE), rate) == Some(INTRASTATE) {
            add(&mut self.by_intrastate, place);
        }
        let mut is_empty = true;
        for (column, &code) in prices.iter().enumerate().filter(|(_, code)| **code != PRICE_NONE) {
            let rank = match code {
                PRICE_BLOCKED => RANK_BLOCKED,
                code => deck.ranks[(code - PRICE_FIRST) as usize].into(),
            };
            self.put(column, place, rank, code);
            is_empty = false;
        }
        if is_empty {
            self.put(DEFAULT, place, RANK_NONE, PRICE_NONE);
        }
    }

    fn put(&mut self, column: usize, place: u8, rank: u64, code: u32) {
        self.columns[column].push(rank << 8 | u64::from(place));
        self.codes[column][usize::from(place)] = code;
        self.is_wide |= code > u32::from(u16::MAX);
    }

    fn write(&mut self, shelf: u8, code: Code, bytes: &mut Vec<u8>) {
        self.columns.iter_mut().for_each(|column| column.sort_unstable());
        let words = self.by_intrastate.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
        let words = &self.by_intrastate[..words];
        let head = RowRec {
            parent: 0.into(),
            code_len: code.len() + if self.is_wide { WIDE } else { 0 } + ROW_WORD * words.len() as u8,
            shelf,
            counts: core::array::from_fn(|column| (self.columns[column].len() as u16).into()),
        };
        bytes.extend_from_slice(head.as_bytes());
        words.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
        for column in 0..COLUMNS {
            let count = self.columns[column].len();
            self.write_part(column, 0..count.min(HEAD), bytes);
        }
        for column in 0..COLUMNS {
            let count = self.columns[column].len();
            self.write_part(column, count.min(HEAD)..count, bytes);
        }
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }

    fn write_part(&self, column: usize, part: core::ops::Range<usize>, bytes: &mut Vec<u8>) {
        let part = &self.columns[column][part];
        bytes.extend(part.iter().map(|entry| *entry as u8));
        for entry in part {
            let code = self.codes[column][usize::from(*entry as u8)].to_le_bytes();
            bytes.extend_from_slice(if self.is_wide { &code } else { &code[..2] });
        }
    }
}
