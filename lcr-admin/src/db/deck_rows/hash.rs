//! The hash of a version's rows: tells an unchanged version without reading it.
//!
//! It is stored: a change here would make every version look new.

use rating_core::plan::{DeckRow, DeckVersion, Price};
use sha2::{Digest, Sha256};

use super::codes::Coded;
use super::{CHUNK_BYTES, sorted};

/// Before the rows by OCN, and before those by carrier. No row by prefix begins so: it begins with a length.
const OCN_MARK: &[u8; 11] = b"\xff\xff\xff\xff\xff\xff\xff\xffocn";
const CIC_MARK: &[u8; 11] = b"\xff\xff\xff\xff\xff\xff\xff\xffcic";

/// SHA-256 of the rows of a version, in their sorted order.
pub(in super::super) fn content_sha256(version: &DeckVersion) -> [u8; 32] {
    let mut hash = Sha256::new();
    add(&version.rows, b"", &mut hash);
    add(&version.ocn_rows, OCN_MARK, &mut hash);
    add(&version.cic_rows, CIC_MARK, &mut hash);
    hash.finalize().into()
}

/// Adds rows, if there are any, behind their mark.
fn add<R: Coded>(rows: &[R], mark: &[u8], hash: &mut Sha256) {
    if rows.is_empty() {
        return;
    }
    hash.update(mark);
    let mut bytes = Vec::with_capacity(CHUNK_BYTES + 1024);
    for row in sorted(rows) {
        row.hash_code(&mut bytes);
        hash_input(row.priced(), &mut bytes);
        if bytes.len() >= CHUNK_BYTES {
            hash.update(&bytes);
            bytes.clear();
        }
    }
    hash.update(&bytes);
}

/// Every field of a row, each with its own length or mark, so that no two rows look the same.
fn hash_input(row: &DeckRow, bytes: &mut Vec<u8>) {
    for text in [row.prefix.as_bytes(), row.destination.as_bytes()] {
        bytes.extend_from_slice(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
        bytes.extend_from_slice(text);
    }
    for price in row.prices.columns() {
        let (mark, nano) = match price {
            Price::Missing => (0u8, 0),
            Price::Blocked => (1, 0),
            Price::PerMin(nano) => (2, nano.0),
        };
        bytes.push(mark);
        bytes.extend_from_slice(&nano.to_le_bytes());
    }
    let terms = &row.terms;
    for optional in [terms.first_rate_per_min.map(|rate| rate.0), terms.starts, terms.ends] {
        bytes.push(u8::from(optional.is_some()));
        bytes.extend_from_slice(&optional.unwrap_or(0).to_le_bytes());
    }
    for seconds in [terms.first_sec, terms.increment_sec, terms.grace_sec] {
        bytes.extend_from_slice(&seconds.to_le_bytes());
    }
    bytes.extend_from_slice(&terms.connect_fee.0.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use rating_core::money::Nano;
    use rating_core::number::Digits;
    use rating_core::plan::{CicRow, OcnRow, Prices};

    use super::*;

    fn row(prefix: &str) -> DeckRow {
        DeckRow {
            prefix: Digits::new(prefix.as_bytes()).unwrap(),
            prices: Prices { default: Price::PerMin(Nano(1)), ..Prices::default() },
            ..DeckRow::default()
        }
    }

    fn version(rows: Vec<DeckRow>) -> DeckVersion {
        DeckVersion { rows, ..DeckVersion::default() }
    }

    #[test]
    fn the_hash_sees_every_field_but_not_the_order() {
        let base = content_sha256(&version(vec![row("1"), row("2")]));
        assert_eq!(content_sha256(&version(vec![row("2"), row("1")])), base);
        let changes: [fn(&mut DeckRow); 14] = [
            |row| row.prefix = Digits::new(b"11").unwrap(),
            |row| row.destination = "x".into(),
            |row| row.prices.interstate = Price::Blocked,
            |row| row.prices.intrastate = Price::PerMin(Nano(0)),
            |row| row.prices.local = Price::Blocked,
            |row| row.prices.indeterminate = Price::Blocked,
            |row| row.prices.default = Price::Missing,
            |row| row.terms_mut().first_rate_per_min = Some(Nano(0)),
            |row| row.terms_mut().first_sec = 6,
            |row| row.terms_mut().increment_sec = 6,
            |row| row.terms_mut().grace_sec = 6,
            |row| row.terms_mut().connect_fee = Nano(6),
            |row| row.terms_mut().starts = Some(0),
            |row| row.terms_mut().ends = Some(0),
        ];
        let mut seen = vec![base];
        for change in changes {
            let mut changed = row("1");
            change(&mut changed);
            let hash = content_sha256(&version(vec![changed, row("2")]));
            assert!(!seen.contains(&hash));
            seen.push(hash);
        }
    }

    /// A change of the form would store every version anew.
    #[test]
    fn the_hash_of_rows_by_prefix_is_that_of_earlier_versions() {
        // sha256 of: length 1, "1", length 0, five prices of 9 bytes (the last: 2 and 1 nano), three times no
        // optional (9 bytes each), 1, 1 and 0 s (4 bytes each), no fee (8 bytes).
        let mut bytes = Vec::new();
        bytes.extend([1u64.to_le_bytes().as_slice(), b"1", &0u64.to_le_bytes()].concat());
        bytes.extend([0; 36]);
        bytes.extend([2, 1, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([0; 27]);
        bytes.extend([1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([0; 8]);
        assert_eq!(content_sha256(&version(vec![row("1")])), <[u8; 32]>::from(Sha256::digest(&bytes)));
    }

    #[test]
    fn rows_by_other_codes_are_seen_with_their_codes() {
        let ocn = |ocn, lata, tier| DeckVersion {
            ocn_rows: vec![OcnRow { ocn, lata, tier, row: row("") }],
            ..DeckVersion::default()
        };
        let cic =
            |cic| DeckVersion { cic_rows: vec![CicRow { cic, row: row("") }], ..DeckVersion::default() };
        let versions = [
            version(vec![]),
            version(vec![row("")]),
            ocn(Some(*b"6529"), Some(132), None),
            ocn(Some(*b"6529"), None, None),
            ocn(None, Some(132), None),
            ocn(Some(*b"6529"), Some(132), Some(1)),
            ocn(Some(*b"7001"), Some(132), None),
            cic(*b"6529"),
            cic(*b"0288"),
        ];
        let mut hashes: Vec<_> = versions.iter().map(content_sha256).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), versions.len());
    }
}
