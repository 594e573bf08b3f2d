//! Which decks stand together, and which decks the members of a partition ask.
//!
//! The first shelf has the decks of routes that a `least_cost` partition lists: their columns are read in the order
//! of cost. The other shelves have sell decks and the rest, which are asked one at a time. Whatever shelf a deck
//! stands on, it gives the same price.

use std::collections::BTreeMap;
use std::vec::Vec;

use zerocopy::byteorder::little_endian::{U32, U64};

use super::super::layout::*;
use super::decks::DeckTable;
use super::file::Sections;
use super::ids::Ids;
use super::{WriteError, to_u32};
use crate::plan::*;

/// Where each deck stands.
pub(super) struct Shelves {
    /// Shelf and place of each slot.
    pub(super) places: Vec<(u8, u8)>,
    /// Slots of each shelf, by place.
    pub(super) decks: Vec<Vec<usize>>,
}

impl Shelves {
    pub(super) fn new(plan: &Plan, ids: &Ids<'_>) -> Self {
        let mut compared = std::vec![false; ids.decks.things.len()];
        let lists = plan.partitions.iter().filter(|partition| partition.strategy == Strategy::LeastCost);
        for member in lists.flat_map(|partition| &partition.members) {
            // Whatever is not there has been refused before.
            let route = ids.routes.find(&member.route, "").map(|route| ids.routes.things[route as usize]);
            let deck = route.ok().and_then(|route| route.deck.as_ref());
            if let Some(slot) = deck.and_then(|deck| ids.decks.find(deck, "").ok()) {
                compared[slot as usize] = true;
            }
        }
        let (first, mut others): (Vec<usize>, Vec<usize>) =
            (0..compared.len()).partition(|slot| compared[*slot]);
        let (first, beyond) = first.split_at(first.len().min(SHELF_DECKS));
        others.extend(beyond);
        others.sort_unstable();
        let mut decks = std::vec![first.to_vec()];
        decks.extend(others.chunks(SHELF_DECKS).map(<[usize]>::to_vec));
        let mut places = std::vec![(0, 0); compared.len()];
        for (shelf, slots) in decks.iter().enumerate() {
            for (place, slot) in slots.iter().enumerate() {
                places[*slot] = (shelf as u8, place as u8);
            }
        }
        Self { places, decks }
    }

    /// Writes the slots by shelf and place.
    pub(super) fn write(&self, file: &mut Sections) -> Result<(), WriteError> {
        for slots in &self.decks {
            let mut places = [U32::from(NONE); SHELF_DECKS];
            for (place, slot) in places.iter_mut().zip(slots) {
                *place = to_u32(*slot, "decks")?.into();
            }
            file.push(SectionId::DeckPlaces, &places);
        }
        Ok(())
    }
}

/// Writes how the decks of each partition are found in rows.
pub(super) fn write_partitions(
    ids: &Ids<'_>,
    tables: &[DeckTable],
    shelves: &Shelves,
    file: &mut Sections,
) -> Result<(), WriteError> {
    let mut nanp = [0u64; SHELF_WORDS];
    for (place, slot) in shelves.decks[0].iter().enumerate() {
        let has_nanp = tables[*slot].has_nanp_code();
        nanp[place / 64] |= u64::from(has_nanp) << (place % 64);
    }
    let of_nanp =
        |mask: [U64; SHELF_WORDS]| core::array::from_fn(|word| (mask[word].get() & nanp[word]).into());
    let mut first_member = 0usize;
    for partition in &ids.partitions.things {
        let mut routes: Vec<u32> = Vec::new();
        for member in &partition.members {
            routes.push(ids.routes.find(&member.route, &partition.id)?);
        }
        // As members stand in their section.
        routes.sort_unstable();
        let mut members: BTreeMap<u8, Vec<U32>> = BTreeMap::new();
        let mut asked = [[0u64; SHELF_WORDS]; 2];
        let mut others: Vec<U32> = Vec::new();
        for (at, route) in routes.iter().enumerate() {
            let member = U32::from(to_u32(first_member + at, "members")?);
            match place_of(ids.routes.things[*route as usize], ids, shelves)? {
                Some((key, place)) => {
                    asked[key][usize::from(place / 64)] |= 1 << (place % 64);
                    members.entry(place).or_default().push(member);
                }
                None => others.push(member),
            }
        }
        first_member += routes.len();
        let [by_lrn, by_dnis] = asked.map(|mask| mask.map(U64::from));
        let first = write_members(&members, file)?;
        let others = write_list(&others, file)?;
        // At most 192 in the three words before the last.
        let below = core::array::from_fn(|word| members.range(..word as u8 * 64).count() as u8);
        let record = PartitionDecksRec {
            by_lrn,
            by_dnis,
            by_lrn_nanp: of_nanp(by_lrn),
            by_dnis_nanp: of_nanp(by_dnis),
            members: first,
            below,
            others,
        };
        file.push(SectionId::PartitionDecks, &[record]);
    }
    Ok(())
}

/// How a route's deck is found on the first shelf: 0 by the called LRN or 1 by the dialled number, and its place
/// there; `None` if it is not.
fn place_of(route: &Route, ids: &Ids<'_>, shelves: &Shelves) -> Result<Option<(usize, u8)>, WriteError> {
    let Some(deck) = &route.deck else { return Ok(None) };
    let (shelf, place) = shelves.places[ids.decks.find(deck, &route.id)? as usize];
    let provider = ids.providers.things[ids.providers.find(&route.provider, &route.id)? as usize];
    let key = match provider.kind {
        ProviderKind::Lrn => 0,
        ProviderKind::Dnis | ProviderKind::International | ProviderKind::CustomerTrunk => 1,
        ProviderKind::OcnLata | ProviderKind::RateDeck => return Ok(None),
    };
    Ok((shelf == 0).then_some((key, place)))
}

/// Writes the members of each deck that is asked, and says where.
fn write_members(decks: &BTreeMap<u8, Vec<U32>>, file: &mut Sections) -> Result<U32, WriteError> {
    let first = to_u32(file.count(SectionId::DeckMembers), "members")?;
    for members in decks.values() {
        let own = match members.as_slice() {
            [member] => DeckMembersRec { first: *member, count: 1.into() },
            members => {
                let Range { first, count } = write_list(members, file)?;
                DeckMembersRec { first, count }
            }
        };
        file.push(SectionId::DeckMembers, &[own]);
    }
    Ok(first.into())
}

fn write_list(members: &[U32], file: &mut Sections) -> Result<Range, WriteError> {
    let first = to_u32(file.count(SectionId::MemberLists), "members")?;
    file.push(SectionId::MemberLists, members);
    Ok(Range { first: first.into(), count: to_u32(members.len(), "members")?.into() })
}
