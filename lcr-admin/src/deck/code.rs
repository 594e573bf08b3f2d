//! What a row is a price of, besides a prefix: OCN and LATA of the called number (4.1), or a carrier's code.
//!
//! The code of a row is one number, so that rows by the million sort fast: 32 bits of OCN or CIC, 24 of LATA,
//! 8 of tier; 0 is any. A row by prefix has 0.

use std::borrow::Cow;

use rating_core::plan::{CicRow, DeckRow, OcnRow};

use super::cell::Expected;

/// What the rows of a file are prices of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// Numbers that begin with digits.
    Prefix,
    /// Numbers of an operating company in a LATA.
    OcnLata,
    /// Toll-free numbers that a carrier serves.
    Cic,
}

/// OCN, LATA and tier, or a CIC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code(u64);

impl Code {
    /// The code with an OCN or a CIC.
    pub fn with_carrier(self, carrier: [u8; 4]) -> Code {
        Code(self.0 | u64::from(u32::from_be_bytes(carrier)) << 32)
    }

    /// The code with a LATA, at most 99999.
    pub fn with_lata(self, lata: u32) -> Code {
        Code(self.0 | u64::from(lata) << 8)
    }

    /// The code with a tier.
    pub fn with_tier(self, tier: u8) -> Code {
        Code(self.0 | u64::from(tier))
    }

    fn carrier(self) -> Option<[u8; 4]> {
        let [a, b, c, d, ..] = self.0.to_be_bytes();
        (a != 0).then_some([a, b, c, d])
    }

    fn lata(self) -> Option<u32> {
        let [.., a, b, c, _] = self.0.to_be_bytes();
        Some(u32::from_be_bytes([0, a, b, c])).filter(|&lata| lata != 0)
    }

    fn tier(self) -> Option<u8> {
        let [.., tier] = self.0.to_be_bytes();
        Some(tier).filter(|&tier| tier != 0)
    }

    /// Whether it names a company or a LATA: a tier alone is no code.
    pub fn is_code(self) -> bool {
        self.carrier().is_some() || self.lata().is_some()
    }

    /// As people read it: `6529/132`, `any/132 tier 2`.
    pub fn text(self) -> String {
        let carrier = self.carrier().map_or("any".into(), |carrier| carrier_text(&carrier).into_owned());
        let mut text = match self.lata() {
            Some(lata) => format!("{carrier}/{lata}"),
            None => carrier,
        };
        if let Some(tier) = self.tier() {
            text.push_str(&format!(" tier {tier}"));
        }
        text
    }

    /// A row by OCN and LATA.
    pub fn ocn_row(self, row: DeckRow) -> OcnRow {
        OcnRow { ocn: self.carrier(), lata: self.lata(), tier: self.tier(), row }
    }

    /// A row by carrier.
    pub fn cic_row(self, row: DeckRow) -> CicRow {
        CicRow { cic: self.carrier().unwrap_or(*b"0000"), row }
    }
}

/// An OCN or a CIC as text.
pub fn carrier_text(carrier: &[u8; 4]) -> Cow<'_, str> {
    String::from_utf8_lossy(carrier)
}

/// Reads an OCN: 4 digits or letters; nothing is any.
pub fn ocn(cell: &[u8]) -> Result<Option<[u8; 4]>, Expected> {
    if cell.is_empty() {
        return Ok(None);
    }
    let ocn: Option<[u8; 4]> =
        cell.try_into().ok().filter(|ocn: &[u8; 4]| ocn.iter().all(u8::is_ascii_alphanumeric));
    let ocn = ocn.ok_or("an OCN of 4 digits or letters such as 6529, or nothing for any")?;
    Ok(Some(ocn.map(|byte| byte.to_ascii_uppercase())))
}

/// Reads a LATA; nothing is any.
pub fn lata(cell: &[u8]) -> Result<Option<u32>, Expected> {
    number(cell, 99_999).ok_or("a LATA, 1 to 99999, or nothing for any".into())
}

/// Reads a tier; nothing is any.
pub fn tier(cell: &[u8]) -> Result<Option<u8>, Expected> {
    let tier = number(cell, 255).and_then(|tier| tier.map(u8::try_from).transpose().ok());
    tier.ok_or("a tier, 1 to 255, or nothing for any".into())
}

/// Reads a CIC.
pub fn cic(cell: &[u8]) -> Result<[u8; 4], Expected> {
    let cic: Option<[u8; 4]> =
        cell.try_into().ok().filter(|cic: &[u8; 4]| cic.iter().all(u8::is_ascii_digit));
    cic.ok_or("a carrier code of 4 digits such as 0288".into())
}

/// A number from 1, nothing, or neither.
fn number(cell: &[u8], max: u32) -> Option<Option<u32>> {
    if cell.is_empty() {
        return Some(None);
    }
    let digits = cell.iter().all(u8::is_ascii_digit);
    let number: u32 = if digits { str::from_utf8(cell).ok()?.parse().ok()? } else { return None };
    (1..=max).contains(&number).then_some(Some(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keep_what_they_are_made_of_and_sort_by_ocn_lata_and_tier() {
        let code = Code::default().with_carrier(*b"6529").with_lata(99_999).with_tier(255);
        let row = code.ocn_row(DeckRow::default());
        assert_eq!((row.ocn, row.lata, row.tier), (Some(*b"6529"), Some(99_999), Some(255)));
        assert_eq!(code.text(), "6529/99999 tier 255");
        assert_eq!(Code::default().with_lata(132).text(), "any/132");
        let low = Code::default().with_carrier(*b"0000").with_lata(1);
        assert!(Code::default().with_lata(132) < low && low < Code::default().with_carrier(*b"0001"));
        assert!(!Code::default().with_tier(1).is_code());
    }

    #[test]
    fn cells_are_read_or_refused() {
        assert_eq!(ocn(b"a1b2").unwrap(), Some(*b"A1B2"));
        assert_eq!((ocn(b"").unwrap(), lata(b"").unwrap(), tier(b"").unwrap()), (None, None, None));
        assert_eq!((lata(b"132").unwrap(), tier(b"2").unwrap()), (Some(132), Some(2)));
        assert_eq!(cic(b"0288").unwrap(), *b"0288");
        for bad in [b"652".as_slice(), b"65-9", b"65299"] {
            assert!(ocn(bad).is_err());
        }
        assert!(lata(b"0").is_err() && lata(b"100000").is_err() && lata(b"-1").is_err());
        assert!(tier(b"256").is_err() && tier(b"0").is_err());
        assert!(cic(b"").is_err() && cic(b"288").is_err());
    }
}
