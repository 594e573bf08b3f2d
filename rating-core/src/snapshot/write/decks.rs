//! Decks as they are at an instant, each by itself: the rows in force, their prices as codes, the tariffs.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::format;
use std::string::String;
use std::sync::Mutex;
use std::vec::Vec;

use super::super::layout::*;
use super::ids::Ids;
use super::tariffs::Tariffs;
use super::versions::{OcnKey, RowInForce, Started};
use super::{WriteError, out_of_range};
use crate::number::Digits;
use crate::plan::*;

/// A deck at an instant.
pub(super) struct DeckTable {
    /// By code.
    pub(super) rows: Vec<CodeRow>,
    /// By OCN, LATA, tier; `None` is any.
    pub(super) ocn_rows: Vec<(OcnKey, [u32; COLUMNS])>,
    /// By CIC.
    pub(super) cic_rows: Vec<([u8; 4], [u32; COLUMNS])>,
    pub(super) tariffs: Vec<TariffRec>,
    /// Until when all of this holds.
    pub(super) until: UtcSec,
}

impl DeckTable {
    /// Whether a code begins with 1.
    pub(super) fn has_nanp_code(&self) -> bool {
        let first = self.rows.partition_point(|row| row.code < Code::NANP);
        self.rows.get(first).is_some_and(|row| row.code.begins_with(Code::NANP))
    }
}

/// What a deck has written for a code.
#[derive(Clone, Copy)]
pub(super) struct CodeRow {
    pub(super) code: Code,
    pub(super) prices: [u32; COLUMNS],
}

/// A code whose order as a number is that of its digits as text: a nibble for each digit, from the top, 1 for `0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Code(u64);

impl Code {
    pub(super) const FIRST: Code = Code(0);
    /// The country code of NANP.
    const NANP: Code = Code(2 << 60);
    pub(super) const BEHIND_ALL: Code = Code(u64::MAX);

    pub(super) fn of(digits: &Digits) -> Code {
        let nibbles = digits.as_bytes().iter().enumerate();
        Code(nibbles.fold(0, |code, (at, digit)| code | u64::from(digit - b'0' + 1) << (60 - 4 * at)))
    }

    pub(super) fn len(self) -> u8 {
        let used = 64 - self.0.trailing_zeros().min(64);
        used.div_ceil(4) as u8
    }

    pub(super) fn digits(self) -> Digits {
        let digit = |at: u32| (self.0 >> (60 - 4 * at) & 0xf) as u8 + b'0' - 1;
        let ascii: Vec<u8> = (0..u32::from(self.len())).map(digit).collect();
        Digits::new(&ascii).unwrap_or_default()
    }

    /// Whether this code begins with another.
    pub(super) fn begins_with(self, shorter: Code) -> bool {
        let unused = 64 - 4 * u32::from(shorter.len());
        (self.0 ^ shorter.0).checked_shr(unused).unwrap_or(0) == 0
    }
}

/// All decks by slot. The first deck that makes no sense, by slot, is the error.
pub(super) fn at(plan: &Plan, ids: &Ids<'_>, at: UtcSec) -> Result<Vec<DeckTable>, WriteError> {
    let decks = &ids.decks.things;
    let reference_duration_sec = plan.settings.reference_duration_sec;
    let tables = in_parallel(decks.len(), |slot| table(decks[slot], reference_duration_sec, at));
    tables.into_iter().collect()
}

/// `work` of each number below `count`, by as many threads as there are processors, in the order of the numbers.
pub(super) fn in_parallel<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(count);
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(count)));
    let worker = || {
        loop {
            // ORDERING: only hands out numbers; what the work reads was there before the threads.
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return;
            }
            let result = work(at);
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((at, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(worker);
        }
        worker();
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn table(deck: &Deck, reference_duration_sec: u32, at: UtcSec) -> Result<DeckTable, WriteError> {
    let started = Started::new(deck, at)?;
    let empty = || Tariffs::new(deck, reference_duration_sec);
    let mut tariffs = empty()?;
    let listed = started.only().and_then(|version| Some((rows_as_listed(version, &mut tariffs)?, version)));
    let (rows, until) = match listed {
        Some((rows, version)) => (rows, started.until(Some(version))),
        None => {
            tariffs = empty()?;
            (rows_in_force(deck, &started, &mut tariffs)?, started.until(None))
        }
    };
    let mut ocn_rows = Vec::new();
    for found in started.ocn_rows()? {
        let name = || format!("OCN {:?}, LATA {:?}", found.key.0, found.key.1);
        check_ocn(&found.key).map_err(|what| out_of_range(&format!("deck {}, {}", deck.id, name()), what))?;
        ocn_rows.push((found.key, tariffs.codes(found.row, found.version, name)?));
    }
    let mut cic_rows = Vec::new();
    for found in started.cic_rows()? {
        let name = || format!("CIC {}", String::from_utf8_lossy(&found.key));
        if !found.key.iter().all(u8::is_ascii_digit) {
            return Err(out_of_range(&format!("deck {}, {}", deck.id, name()), "a CIC has 4 digits"));
        }
        cic_rows.push((found.key, tariffs.codes(found.row, found.version, name)?));
    }
    Ok(DeckTable { rows, ocn_rows, cic_rows, tariffs: tariffs.records, until })
}

/// The rows of a version that are in order and undated, as most are: nothing to choose. In one pass: rows are long,
/// and many. `None` where one is not, or means nothing.
fn rows_as_listed(version: &DeckVersion, tariffs: &mut Tariffs<'_>) -> Option<Vec<CodeRow>> {
    let mut rows: Vec<CodeRow> = Vec::with_capacity(version.rows.len());
    for row in &version.rows {
        let code = Code::of(&row.prefix);
        let is_behind = rows.last().map_or(Code::FIRST, |last| last.code) < code;
        if !is_behind || row.terms.is_dated() {
            return None;
        }
        let prices = tariffs.codes(row, version.number, String::new).ok()?;
        rows.push(CodeRow { code, prices });
    }
    Some(rows)
}

fn rows_in_force(
    deck: &Deck,
    started: &Started<'_>,
    tariffs: &mut Tariffs<'_>,
) -> Result<Vec<CodeRow>, WriteError> {
    let row = |found: RowInForce<'_, Digits>| {
        if found.key.is_empty() {
            let owner = format!("deck {} version {}", deck.id, found.version);
            return Err(out_of_range(&owner, "a row has neither a prefix nor another key"));
        }
        let prices = tariffs.codes(found.row, found.version, || format!("prefix {}", found.key))?;
        Ok(CodeRow { code: Code::of(&found.key), prices })
    };
    started.rows()?.into_iter().map(row).collect()
}

fn check_ocn((ocn, lata, tier): &OcnKey) -> Result<(), &'static str> {
    if ocn.is_none() && lata.is_none() {
        return Err("a row names an OCN, a LATA or both");
    }
    if ocn.is_some_and(|ocn| !ocn.iter().all(u8::is_ascii_alphanumeric))
        || *lata == Some(0)
        || *tier == Some(0)
    {
        return Err("an OCN has 4 letters or digits; LATA and tier are from 1 up");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decks_with_a_code_of_nanp_are_known() {
        let table = |codes: &[&str]| {
            let row = |text: &&str| CodeRow {
                code: Code::of(&Digits::new(text.as_bytes()).unwrap()),
                prices: [PRICE_BLOCKED; COLUMNS],
            };
            let rows = codes.iter().map(row).collect();
            DeckTable { rows, ocn_rows: Vec::new(), cic_rows: Vec::new(), tariffs: Vec::new(), until: 0 }
        };
        for (codes, has_nanp) in [
            (&["1"][..], true),
            (&["0", "1212555", "44"], true),
            (&["0", "2", "44"], false),
            (&["44"], false),
            (&[], false),
        ] {
            assert_eq!(table(codes).has_nanp_code(), has_nanp, "{codes:?}");
        }
    }

    #[test]
    fn codes_sort_as_text_and_know_their_beginnings() {
        let code = |text: &str| Code::of(&Digits::new(text.as_bytes()).unwrap());
        let texts = ["0", "00", "1", "12", "121", "1212555", "12125550", "122", "9", "999999999999999"];
        assert!(texts.is_sorted(), "as text");
        for (a, text) in texts.iter().enumerate() {
            assert_eq!(code(text).digits().as_str(), *text);
            assert_eq!(usize::from(code(text).len()), text.len());
            for (b, other) in texts.iter().enumerate() {
                assert_eq!(code(text).cmp(&code(other)), a.cmp(&b), "{text} {other}");
                assert_eq!(code(text).begins_with(code(other)), text.starts_with(other), "{text} {other}");
            }
        }
    }
}
