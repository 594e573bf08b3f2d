//! Prices and places: the tariffs, the code rows, the numbering table.

use std::collections::{BTreeSet, HashMap};
use std::format;
use std::vec::Vec;

use zerocopy::IntoBytes;

use super::super::layout::*;
use super::digitree::Builder;
use super::file::Sections;
use super::ids::Ids;
use super::{WriteError, out_of_range, to_u32, versions};
use crate::lerg::{Place, npa};
use crate::number::Digits;
use crate::plan::*;
use crate::tariff::{DeckTariff, Rounding};

/// Writes all decks as they are at an instant, and the numbering table. Returns until when they are so.
pub(super) fn write(
    plan: &Plan,
    ids: &Ids<'_>,
    at: UtcSec,
    file: &mut Sections,
) -> Result<UtcSec, WriteError> {
    let mut tariffs = Tariffs::new(plan.settings.reference_duration_sec);
    let mut entries: Vec<(Digits, u32, EntryRec)> = Vec::new();
    let mut until = UtcSec::MAX;
    for (slot, deck) in ids.decks.things.iter().enumerate() {
        let slot = to_u32(slot, "decks")?;
        let policy = match deck.ij_policy {
            Some(policy) => policy,
            None => providers_policy(deck, plan, ids)?.unwrap_or(IjPolicy::Higher),
        };
        let deck_at = versions::rows_at(deck, at)?;
        until = until.min(deck_at.until);
        for in_force in &deck_at.rows {
            let entry = tariffs.entry(deck, in_force, policy)?;
            entries.push((in_force.row.prefix, slot, entry));
        }
    }
    entries.sort_unstable_by_key(|&(prefix, slot, _)| (prefix, slot));
    file.push(SectionId::Tariffs, &tariffs.records);
    write_rows(&entries, plan.decks.len(), file)?;
    write_numbering(plan, file)?;
    Ok(until)
}

/// The policy of the providers whose routes use the deck: it must be one.
fn providers_policy(deck: &Deck, plan: &Plan, ids: &Ids<'_>) -> Result<Option<IjPolicy>, WriteError> {
    let routes = ids.routes.things.iter().filter(|route| route.deck.as_ref() == Some(&deck.id));
    let mut found: Option<&Provider> = None;
    for route in routes {
        let Some(provider) = plan.providers.iter().find(|provider| provider.id == route.provider) else {
            continue;
        };
        match found {
            Some(other) if other.ij_policy != provider.ij_policy => {
                let what = format!(
                    "providers {} and {} share it with different ij_policy: give the deck its own",
                    other.id, provider.id
                );
                return Err(out_of_range(&format!("deck {}", deck.id), &what));
            }
            _ => found = Some(provider),
        }
    }
    Ok(found.map(|provider| provider.ij_policy))
}

/// Every distinct price, once.
struct Tariffs {
    reference_duration_sec: u32,
    records: Vec<TariffRec>,
    index: HashMap<[u8; size_of::<TariffRec>()], u32>,
}

impl Tariffs {
    fn new(reference_duration_sec: u32) -> Self {
        Self { reference_duration_sec, records: Vec::new(), index: HashMap::new() }
    }

    /// The prices of a row for each jurisdiction, fall-backs applied (3.7, 3.8).
    fn entry(
        &mut self,
        deck: &Deck,
        in_force: &versions::RowInForce<'_>,
        policy: IjPolicy,
    ) -> Result<EntryRec, WriteError> {
        let (row, prices) = (in_force.row, in_force.row.prices);
        let owner = || format!("deck {} version {}, prefix {}", deck.id, in_force.version, row.prefix);
        if row.prefix.is_empty() || row.first_sec == 0 || row.increment_sec == 0 {
            return Err(out_of_range(&owner(), "the prefix is empty or an interval is 0"));
        }
        // One price for every state: a column for local or indeterminate calls beside it changes only those.
        let flat = prices.interstate == Price::Missing && prices.intrastate == Price::Missing;
        let of_state = |price: Price| if flat { prices.default } else { price };
        let (interstate, intrastate) = (of_state(prices.interstate), of_state(prices.intrastate));
        let or = |price: Price, other: Price| if price == Price::Missing { other } else { price };
        let by_policy = match policy {
            IjPolicy::Higher => higher(interstate, intrastate),
            IjPolicy::Interstate => interstate,
            IjPolicy::Intrastate => intrastate,
            IjPolicy::Reject => Price::Missing,
        };
        // The policy speaks where the row has no column that does; a flat row's price is for everything.
        let indeterminate = or(or(prices.indeterminate, prices.default), by_policy);
        let mut price = |price: Price| -> Result<_, WriteError> {
            Ok(match price {
                Price::Missing => PRICE_NONE,
                Price::Blocked => PRICE_BLOCKED,
                Price::PerMin(rate) => PRICE_FIRST + self.tariff(deck, in_force, rate.0, &owner)?,
            }
            .into())
        };
        Ok(EntryRec {
            interstate: price(interstate)?,
            intrastate: price(intrastate)?,
            local: price(prices.local)?,
            indeterminate: price(indeterminate)?,
            default: price(or(prices.default, prices.interstate))?,
            matched_len: u8::try_from(row.prefix.len()).unwrap_or_default(),
            ..EntryRec::default()
        })
    }

    fn tariff(
        &mut self,
        deck: &Deck,
        in_force: &versions::RowInForce<'_>,
        rate_nano_per_min: i64,
        owner: &dyn Fn() -> std::string::String,
    ) -> Result<u32, WriteError> {
        let row = in_force.row;
        let first_rate_nano_per_min = row.first_rate_per_min.map_or(rate_nano_per_min, |rate| rate.0);
        if rate_nano_per_min < 0
            || first_rate_nano_per_min < 0
            || row.connect_fee.0 < 0
            || deck.rounding.decimals > 9
        {
            return Err(out_of_range(&owner(), "a price is negative, or rounds to more than 9 decimals"));
        }
        let Rounding { mode, decimals } = deck.rounding;
        let mut record = TariffRec {
            first_rate_nano_per_min: first_rate_nano_per_min.into(),
            rate_nano_per_min: rate_nano_per_min.into(),
            connect_fee_nano: row.connect_fee.0.into(),
            first_sec: row.first_sec.into(),
            increment_sec: row.increment_sec.into(),
            grace_sec: row.grace_sec.into(),
            deck_version: in_force.version.into(),
            rounding_mode: mode.number(),
            rounding_decimals: decimals,
            ..TariffRec::default()
        };
        // The reference cost follows from the rest: it is worked out for what is new.
        let mut bytes = [0; size_of::<TariffRec>()];
        bytes.copy_from_slice(record.as_bytes());
        if let Some(known) = self.index.get(&bytes) {
            return Ok(*known);
        }
        let reference = DeckTariff::from_record(&record).cost(self.reference_duration_sec);
        record.reference_cost_nano = reference.cost.0.into();
        let at = to_u32(self.records.len(), "tariffs")?;
        if at >= DEEPER_BIT {
            return Err(out_of_range("decks", "too many distinct prices"));
        }
        self.records.push(record);
        self.index.insert(bytes, at);
        Ok(at)
    }
}

/// The higher of two prices; of one, that one (3.7). A block stands above every price: the call may be of the
/// blocked kind.
fn higher(a: Price, b: Price) -> Price {
    match (a, b) {
        (Price::Blocked, _) | (_, Price::Blocked) => Price::Blocked,
        (Price::Missing, other) | (other, Price::Missing) => other,
        (Price::PerMin(a), Price::PerMin(b)) => Price::PerMin(a.max(b)),
    }
}

/// A row for each code of any deck: its own prices, and for the other decks those of their longest shorter code.
fn write_rows(
    entries: &[(Digits, u32, EntryRec)],
    decks: usize,
    file: &mut Sections,
) -> Result<(), WriteError> {
    let mask_len = decks.div_ceil(64) * 8;
    let mut tree = Builder::new();
    let mut rows: Vec<u8> = Vec::new();
    // The rows of the codes that the current one begins with, shortest first.
    let mut above: Vec<(Digits, Vec<(u32, EntryRec)>)> = Vec::new();
    for group in entries.chunk_by(|a, b| a.0 == b.0) {
        let code = group[0].0;
        while above.last().is_some_and(|(shorter, _)| !code.starts_with(shorter.as_bytes())) {
            above.pop();
        }
        let inherited = above.last().map(|(_, row)| row.as_slice()).unwrap_or_default();
        let row = merge(inherited, group);
        tree.insert(&code, to_u32(rows.len() / 4, "decks")?)?;
        let start = rows.len();
        rows.resize(start + mask_len, 0);
        for (slot, entry) in &row {
            let slot = usize::try_from(*slot).unwrap_or_default();
            rows[start + slot / 8] |= 1 << (slot % 8);
            rows.extend_from_slice(entry.as_bytes());
        }
        above.push((code, row));
    }
    file.set(SectionId::Rows, rows);
    tree.write([SectionId::CodeNpas, SectionId::CodeNxxs, SectionId::CodeNodes], file);
    Ok(())
}

/// A row with the entries of `own` in place of the inherited ones; both are by slot.
fn merge(inherited: &[(u32, EntryRec)], own: &[(Digits, u32, EntryRec)]) -> Vec<(u32, EntryRec)> {
    let mut row = Vec::with_capacity(inherited.len() + own.len());
    let mut rest = inherited;
    for &(_, slot, entry) in own {
        let before = rest.partition_point(|(other, _)| *other < slot);
        row.extend_from_slice(&rest[..before]);
        row.push((slot, entry));
        let same = rest.get(before).is_some_and(|(other, _)| *other == slot);
        rest = &rest[before + usize::from(same)..];
    }
    row.extend_from_slice(rest);
    row
}

fn write_numbering(plan: &Plan, file: &mut Sections) -> Result<(), WriteError> {
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
    let mut tree = Builder::new();
    let mut known: HashMap<[u8; size_of::<PlaceRec>()], u32> = HashMap::new();
    let mut records: Vec<PlaceRec> = Vec::new();
    // The NPA-NXX that the thousands blocks after it belong to.
    let mut exchange: Option<(Digits, PlaceRec)> = None;
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
        let record = place_of(block, &owner, center, around, &code)?;
        if code.len() == 7 {
            exchange = Some((block.prefix, record));
        }
        let mut bytes = [0; size_of::<PlaceRec>()];
        bytes.copy_from_slice(record.as_bytes());
        let next = to_u32(records.len(), "numbering")?;
        let place = *known.entry(bytes).or_insert_with(|| {
            records.push(record);
            next
        });
        tree.insert(&code, place)?;
    }
    file.push(SectionId::Places, &records);
    tree.write([SectionId::PlaceNpas, SectionId::PlaceNxxs, SectionId::PlaceNodes], file);
    Ok(())
}

/// The place of a block. What its row leaves out is that of its NPA-NXX, then that of its NPA: a row must not
/// hide what is known without it.
fn place_of(
    block: &NumberBlock,
    owner: &str,
    center: u32,
    around: Option<PlaceRec>,
    code: &Digits,
) -> Result<PlaceRec, WriteError> {
    let (country, state): ([u8; 2], [u8; 2]) =
        (letters(&block.country, owner)?, letters(&block.state, owner)?);
    if [country, state].iter().any(|pair| *pair != [0; 2] && !pair.iter().all(u8::is_ascii_uppercase)) {
        return Err(out_of_range(owner, "country and state are two capitals each, or empty"));
    }
    let around = around.unwrap_or_else(|| {
        let npa = npa::place(code.value(1, 4).unwrap_or_default());
        PlaceRec { country: npa.country, state: npa.state, ..PlaceRec::default() }
    });
    let stated = Place::in_state(country, state);
    let own = stated.state != [0; 2] || (stated.country != [0; 2] && stated.country != around.country);
    let ocn: [u8; 4] = letters(&block.ocn, owner)?;
    Ok(PlaceRec {
        country: if own { stated.country } else { around.country },
        state: if own { stated.state } else { around.state },
        ocn: if ocn == [0; 4] { around.ocn } else { ocn },
        lata: if block.lata == 0 { around.lata } else { block.lata.into() },
        rate_center: if center == 0 { around.rate_center } else { center.into() },
        tier: if block.tier == 0 { around.tier } else { block.tier },
        ..PlaceRec::default()
    })
}

/// A text of exactly `N` bytes, or zeros for an empty one.
fn letters<const N: usize>(text: &str, owner: &str) -> Result<[u8; N], WriteError> {
    if text.is_empty() {
        return Ok([0; N]);
    }
    text.as_bytes().try_into().map_err(|_| out_of_range(owner, &format!("{text:?} must have {N} characters")))
}
