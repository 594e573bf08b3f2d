//! The numbering table: where numbers are, and which rate centres call each other locally.

use std::collections::{BTreeSet, HashMap};
use std::format;
use std::vec::Vec;

use zerocopy::IntoBytes;

use super::super::layout::*;
use super::digitree::Builder;
use super::file::Sections;
use super::{WriteError, out_of_range, to_u32};
use crate::lerg::{Place, npa};
use crate::number::Digits;
use crate::plan::*;

pub(super) fn write(plan: &Plan, file: &mut Sections) -> Result<(), WriteError> {
    let mut centers: BTreeSet<(&str, &str)> = BTreeSet::new();
    for block in plan.numbering.iter().filter(|block| !block.rate_center.is_empty()) {
        centers.insert((&block.state, &block.rate_center));
    }
    for pair in &plan.local_calling {
        centers.insert((&pair.state_a, &pair.rate_center_a));
        centers.insert((&pair.state_b, &pair.rate_center_b));
    }
    let centers: HashMap<(&str, &str), u32> = centers.into_iter().zip(1u32..).collect();
    write_places(plan, &centers, file)?;
    let mut pairs = BTreeSet::new();
    for pair in &plan.local_calling {
        let a = centers[&(pair.state_a.as_str(), pair.rate_center_a.as_str())];
        let b = centers[&(pair.state_b.as_str(), pair.rate_center_b.as_str())];
        pairs.insert((a.min(b), a.max(b)));
    }
    for (low, high) in pairs {
        file.push(SectionId::LocalPairs, &[LocalPairRec { low: low.into(), high: high.into() }]);
    }
    Ok(())
}

fn write_places(
    plan: &Plan,
    centers: &HashMap<(&str, &str), u32>,
    file: &mut Sections,
) -> Result<(), WriteError> {
    let mut blocks: Vec<&NumberBlock> = plan.numbering.iter().collect();
    blocks.sort_by_key(|block| block.prefix);
    let mut tree = Builder::new(1);
    let mut known: HashMap<[u8; size_of::<PlaceRec>()], u32> = HashMap::new();
    let mut records: Vec<PlaceRec> = Vec::new();
    // The NPA-NXX that the thousands blocks after it belong to.
    let mut exchange: Option<(Digits, Placed)> = None;
    let mut last = Digits::EMPTY;
    for block in blocks {
        let owner = format!("numbering {}", block.prefix);
        if core::mem::replace(&mut last, block.prefix) == block.prefix {
            return Err(WriteError::DuplicateId { kind: "numbering", id: block.prefix.as_str().into() });
        }
        let code = Digits::new(format!("1{}", block.prefix).as_bytes())
            .filter(|code| {
                matches!(code.len(), 7 | 8)
                    && matches!(code.as_bytes(), [_, b'2'..=b'9', _, _, b'2'..=b'9', ..])
            })
            .ok_or_else(|| {
                out_of_range(&owner, "expected NPA-NXX from 200-200, or that and a thousands digit")
            })?;
        let center = centers.get(&(block.state.as_str(), block.rate_center.as_str())).copied().unwrap_or(0);
        let around = exchange
            .filter(|(prefix, _)| block.prefix.starts_with(prefix.as_bytes()))
            .map(|(_, place)| place);
        let placed = place_of(block, &owner, center, around, &code)?;
        if code.len() == 7 {
            exchange = Some((block.prefix, placed));
        }
        let record = placed.place;
        let mut bytes = [0; size_of::<PlaceRec>()];
        bytes.copy_from_slice(record.as_bytes());
        let next = to_u32(records.len(), "numbering")?;
        let place = *known.entry(bytes).or_insert_with(|| {
            records.push(record);
            next
        });
        tree.insert(0, &code, place)?;
    }
    file.push(SectionId::Places, &records);
    tree.write([SectionId::PlaceNpas, SectionId::PlaceNxxs, SectionId::PlaceNodes], file);
    Ok(())
}

/// A row of the numbering table: country and state as they are written, and the place that they make.
#[derive(Clone, Copy)]
struct Placed {
    country: [u8; 2],
    state: [u8; 2],
    place: PlaceRec,
}

/// The place of a block. What its row leaves out is that of its NPA-NXX, then that of its NPA: a row must not
/// hide what is known without it.
fn place_of(
    block: &NumberBlock,
    owner: &str,
    center: u32,
    around: Option<Placed>,
    code: &Digits,
) -> Result<Placed, WriteError> {
    let (country, state): ([u8; 2], [u8; 2]) =
        (letters(&block.country, owner)?, letters(&block.state, owner)?);
    if [country, state].iter().any(|pair| *pair != [0; 2] && !pair.iter().all(u8::is_ascii_uppercase)) {
        return Err(out_of_range(owner, "country and state are two capitals each, or empty"));
    }
    let around = around.unwrap_or_else(|| {
        let npa = npa::place(code.value(1, 4).unwrap_or_default());
        let place = PlaceRec { country: npa.country, state: npa.state, ..PlaceRec::default() };
        Placed { country: npa.country, state: npa.state, place }
    });
    let given = |own: [u8; 2], other: [u8; 2]| if own == [0; 2] { other } else { own };
    let (country, state) = (given(country, around.country), given(state, around.state));
    let stated = Place::in_state(country, state);
    let ocn: [u8; 4] = letters(&block.ocn, owner)?;
    let around = around.place;
    let place = PlaceRec {
        country: stated.country,
        state: stated.state,
        ocn: if ocn == [0; 4] { around.ocn } else { ocn },
        lata: if block.lata == 0 { around.lata } else { block.lata.into() },
        rate_center: if center == 0 { around.rate_center } else { center.into() },
        tier: if block.tier == 0 { around.tier } else { block.tier },
        ..PlaceRec::default()
    };
    Ok(Placed { country, state, place })
}

/// A text of exactly `N` bytes, or zeros for an empty one.
fn letters<const N: usize>(text: &str, owner: &str) -> Result<[u8; N], WriteError> {
    if text.is_empty() {
        return Ok([0; N]);
    }
    text.as_bytes().try_into().map_err(|_| out_of_range(owner, &format!("{text:?} must have {N} characters")))
}
