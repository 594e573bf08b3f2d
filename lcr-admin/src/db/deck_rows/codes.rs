//! What a row is a price of: a prefix, OCN and LATA, or a carrier; each with its table.

use std::io::Read;

use rating_core::number::Digits;
use rating_core::plan::{CicRow, DeckRow, DeckVersion, OcnRow};

use super::super::copy::{self, BinaryRows};
use super::super::error::DbError;
use crate::deck::carrier_text;

/// A row of a price list, by some kind of code.
pub(super) trait Coded: Sized {
    /// What it is a price of.
    type Code: Ord;
    /// Its table.
    const TABLE: &'static str;
    /// The columns of its code.
    const COLUMNS: &'static [&'static str];

    fn code(&self) -> Self::Code;
    /// The code as errors name it.
    fn code_text(&self) -> String;
    /// Everything but the code.
    fn priced(&self) -> &DeckRow;
    /// Adds the values of its code to a binary row.
    fn encode_code(&self, buffer: &mut Vec<u8>);
    /// Adds its code to what is hashed.
    fn hash_code(&self, bytes: &mut Vec<u8>);
    /// The row of a code whose first value has this index.
    fn decode<R: Read>(row: &BinaryRows<R>, first: usize, priced: DeckRow) -> Option<Self>;
}

impl Coded for DeckRow {
    type Code = Digits;
    const TABLE: &'static str = "deck_row";
    const COLUMNS: &'static [&'static str] = &["prefix"];

    fn code(&self) -> Digits {
        self.prefix
    }

    fn code_text(&self) -> String {
        format!("prefix {}", self.prefix)
    }

    fn priced(&self) -> &DeckRow {
        self
    }

    fn encode_code(&self, buffer: &mut Vec<u8>) {
        copy::put(buffer, self.prefix.as_bytes());
    }

    /// The prefix is hashed with the terms.
    fn hash_code(&self, _: &mut Vec<u8>) {}

    fn decode<R: Read>(row: &BinaryRows<R>, first: usize, priced: DeckRow) -> Option<Self> {
        Some(DeckRow { prefix: Digits::new(row.bytes(first)?)?, ..priced })
    }
}

impl Coded for OcnRow {
    type Code = (Option<[u8; 4]>, Option<u32>, Option<u8>);
    const TABLE: &'static str = "deck_ocn_row";
    const COLUMNS: &'static [&'static str] = &["ocn", "lata", "tier"];

    fn code(&self) -> Self::Code {
        (self.ocn, self.lata, self.tier)
    }

    fn code_text(&self) -> String {
        let ocn = self.ocn.as_ref().map_or("any".into(), carrier_text);
        let lata = self.lata.map_or("any".to_owned(), |lata| lata.to_string());
        let tier = self.tier.map(|tier| format!(" tier {tier}")).unwrap_or_default();
        format!("OCN {ocn} LATA {lata}{tier}")
    }

    fn priced(&self) -> &DeckRow {
        &self.row
    }

    fn encode_code(&self, buffer: &mut Vec<u8>) {
        copy::put_nullable(buffer, self.ocn);
        copy::put_nullable(buffer, self.lata.map(|lata| i64::from(lata).to_be_bytes()));
        copy::put_nullable(buffer, self.tier.map(|tier| i16::from(tier).to_be_bytes()));
    }

    fn hash_code(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(self.ocn.is_some()));
        bytes.extend_from_slice(&self.ocn.unwrap_or_default());
        bytes.push(u8::from(self.lata.is_some()));
        bytes.extend_from_slice(&self.lata.unwrap_or_default().to_le_bytes());
        bytes.push(u8::from(self.tier.is_some()));
        bytes.push(self.tier.unwrap_or_default());
    }

    fn decode<R: Read>(row: &BinaryRows<R>, first: usize, priced: DeckRow) -> Option<Self> {
        let lata = row.array(first + 1).map(i64::from_be_bytes).map(u32::try_from).transpose().ok()?;
        let tier = row.array(first + 2).map(i16::from_be_bytes).map(u8::try_from).transpose().ok()?;
        let ocn = row.bytes(first).map(<[u8; 4]>::try_from).transpose().ok()?;
        Some(OcnRow { ocn, lata, tier, row: priced })
    }
}

impl Coded for CicRow {
    type Code = [u8; 4];
    const TABLE: &'static str = "deck_cic_row";
    const COLUMNS: &'static [&'static str] = &["cic"];

    fn code(&self) -> [u8; 4] {
        self.cic
    }

    fn code_text(&self) -> String {
        format!("CIC {}", carrier_text(&self.cic))
    }

    fn priced(&self) -> &DeckRow {
        &self.row
    }

    fn encode_code(&self, buffer: &mut Vec<u8>) {
        copy::put(buffer, &self.cic);
    }

    fn hash_code(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.cic);
    }

    fn decode<R: Read>(row: &BinaryRows<R>, first: usize, priced: DeckRow) -> Option<Self> {
        Some(CicRow { cic: row.array(first)?, row: priced })
    }
}

/// Refuses a version of which no snapshot could be made: a row that starts with its version, beside one of the
/// same code dated just so.
pub(in super::super) fn refuse_repeats(deck: &str, version: &DeckVersion) -> Result<(), DbError> {
    let repeat = repeat_of(&version.rows, version)
        .or_else(|| repeat_of(&version.ocn_rows, version))
        .or_else(|| repeat_of(&version.cic_rows, version));
    let Some(code) = repeat else { return Ok(()) };
    Err(DbError::OutOfRange {
        owner: format!("deck {deck} version {}", version.number),
        what: format!(
            "two rows of {code} hold from one instant (a row without a date starts with its version); leave \
             one of them"
        ),
    })
}

fn repeat_of<R: Coded>(rows: &[R], version: &DeckVersion) -> Option<String> {
    let key = |row: &R| (row.code(), row.priced().terms.starts.unwrap_or(version.effective_from));
    let mut sorted: Vec<&R> = rows.iter().collect();
    sorted.sort_unstable_by_key(|row| key(row));
    let repeat = sorted.windows(2).find(|pair| key(pair[0]) == key(pair[1]))?;
    Some(repeat[0].code_text())
}
