//! The numbering table: where numbers are, and which rate centres call each other locally.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::format;
use std::vec::Vec;

use zerocopy::IntoBytes;
use zerocopy::byteorder::little_endian::U32;

use super::super::layout::*;
use super::digitree::Builder;
use super::file::Sections;
use super::{WriteError, out_of_range, to_u32};
use crate::lerg::{Place, npa};
use crate::number::Digits;
use crate::plan::*;

/// Rate centres by state, as they are written, and their numbers.
type Centers<'p> = BTreeMap<([u8; 2], &'p str), u32>;

pub(super) fn write(plan: &Plan, file: &mut Sections) -> Result<(), WriteError> {
    let rows = rows(plan)?;
    let mut centers: Centers<'_> = rows
        .iter()
        .filter(|row| !row.rate_center.is_empty())
        .map(|row| ((row.state, row.rate_center), 0))
        .collect();
    let mut pairs = Vec::new();
    for pair in &plan.local_calling {
        let owner = "local calling";
        let a = (letters(&pair.state_a, owner)?, pair.rate_center_a.as_str());
        let b = (letters(&pair.state_b, owner)?, pair.rate_center_b.as_str());
        centers.extend([(a, 0), (b, 0)]);
        pairs.push((a, b));
    }
    // Those of pairs first: where their pairs begin is listed by number.
    let paired: BTreeSet<([u8; 2], &str)> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
    let (first, others): (Vec<_>, Vec<_>) =
        centers.iter_mut().partition(|(center, _)| paired.contains(*center));
    for (number, (_, center)) in (1u32..).zip(first.into_iter().chain(others)) {
        *center = number;
    }
    write_places(&rows, &centers, file)?;
    let numbered = pairs.iter().map(|(a, b)| (centers[a].min(centers[b]), centers[a].max(centers[b])));
    let numbered: Vec<(u32, u32)> = numbered.collect::<BTreeSet<_>>().into_iter().collect();
    for (low, high) in &numbered {
        file.push(SectionId::LocalPairs, &[LocalPairRec { low: (*low).into(), high: (*high).into() }]);
    }
    for center in 0..numbered.last().map_or(0, |(low, _)| low + 2) {
        let start = to_u32(numbered.partition_point(|(low, _)| *low < center), "local calling")?;
        file.push(SectionId::LocalStarts, &[U32::from(start)]);
    }
    Ok(())
}

/// A row of the numbering table, what it leaves out filled in: country and state as they are written.
#[derive(Clone, Copy)]
struct Row<'p> {
    code: Digits,
    country: [u8; 2],
    state: [u8; 2],
    rate_center: &'p str,
    ocn: [u8; 4],
    lata: u32,
    tier: u8,
}

/// The rows by code. What one leaves out is that of its NPA-NXX, then that of its NPA: a row must not hide what is
/// known without it.
fn rows(plan: &Plan) -> Result<Vec<Row<'_>>, WriteError> {
    let mut blocks: Vec<&NumberBlock> = plan.numbering.iter().collect();
    blocks.sort_by_key(|block| block.prefix);
    if let Some(pair) = blocks.windows(2).find(|pair| pair[0].prefix == pair[1].prefix) {
        return Err(WriteError::DuplicateId { kind: "numbering", id: pair[0].prefix.as_str().into() });
    }
    let mut rows: Vec<Row<'_>> = Vec::with_capacity(blocks.len());
    // The NPA-NXX that the thousands blocks after it belong to.
    let mut exchange: Option<Row<'_>> = None;
    for block in blocks {
        let code = code_of(block)?;
        let around = exchange.filter(|row| code.starts_with(row.code.as_bytes()));
        let row = row(block, code, around.unwrap_or_else(|| of_npa(&code)))?;
        if code.len() == 7 {
            exchange = Some(row);
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The block's digits behind the country code.
fn code_of(block: &NumberBlock) -> Result<Digits, WriteError> {
    let code = Digits::new(format!("1{}", block.prefix).as_bytes()).filter(|code| {
        matches!(code.len(), 7 | 8) && matches!(code.as_bytes(), [_, b'2'..=b'9', _, _, b'2'..=b'9', ..])
    });
    code.ok_or_else(|| {
        let owner = format!("numbering {}", block.prefix);
        out_of_range(&owner, "expected NPA-NXX from 200-200, or that and a thousands digit")
    })
}

/// What is known of an area code without any table.
fn of_npa(code: &Digits) -> Row<'static> {
    let Place { country, state, .. } = npa::place(code.value(1, 4).unwrap_or_default());
    Row { code: *code, country, state, rate_center: "", ocn: [0; 4], lata: 0, tier: 0 }
}

fn row<'p>(block: &'p NumberBlock, code: Digits, around: Row<'p>) -> Result<Row<'p>, WriteError> {
    let owner = format!("numbering {}", block.prefix);
    let pair = |text: &str, around: [u8; 2]| -> Result<[u8; 2], WriteError> {
        let own: [u8; 2] = letters(text, &owner)?;
        match own {
            [0, 0] => Ok(around),
            own if own.iter().all(u8::is_ascii_uppercase) => Ok(own),
            _ => Err(out_of_range(&owner, "country and state are two capitals each, or empty")),
        }
    };
    let ocn: [u8; 4] = letters(&block.ocn, &owner)?;
    Ok(Row {
        code,
        country: pair(&block.country, around.country)?,
        state: pair(&block.state, around.state)?,
        rate_center: if block.rate_center.is_empty() { around.rate_center } else { &block.rate_center },
        ocn: if ocn == [0; 4] { around.ocn } else { ocn },
        lata: if block.lata == 0 { around.lata } else { block.lata },
        tier: if block.tier == 0 { around.tier } else { block.tier },
    })
}

fn write_places(rows: &[Row<'_>], centers: &Centers<'_>, file: &mut Sections) -> Result<(), WriteError> {
    let mut tree = Builder::new(1);
    let mut known: HashMap<[u8; size_of::<PlaceRec>()], u32> = HashMap::new();
    let mut records: Vec<PlaceRec> = Vec::new();
    for row in rows {
        let place = Place::in_state(row.country, row.state);
        let record = PlaceRec {
            country: place.country,
            state: place.state,
            ocn: row.ocn,
            lata: row.lata.into(),
            rate_center: centers.get(&(row.state, row.rate_center)).copied().unwrap_or(0).into(),
            tier: row.tier,
            ..PlaceRec::default()
        };
        let mut bytes = [0; size_of::<PlaceRec>()];
        bytes.copy_from_slice(record.as_bytes());
        let next = to_u32(records.len(), "numbering")?;
        let place = *known.entry(bytes).or_insert_with(|| {
            records.push(record);
            next
        });
        tree.insert(0, &row.code, place)?;
    }
    file.push(SectionId::Places, &records);
    tree.write([SectionId::PlaceNpas, SectionId::PlaceNxxs, SectionId::PlaceNodes], file);
    Ok(())
}

/// A text of exactly `N` bytes, or zeros for an empty one.
fn letters<const N: usize>(text: &str, owner: &str) -> Result<[u8; N], WriteError> {
    if text.is_empty() {
        return Ok([0; N]);
    }
    text.as_bytes().try_into().map_err(|_| out_of_range(owner, &format!("{text:?} must have {N} characters")))
}
