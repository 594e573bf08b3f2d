//! Decks and what they price: tariffs, code rows and the trees that lead to them, rows by OCN, LATA and CIC.

use std::format;
use std::vec::Vec;

use super::super::layout::*;
use super::currency::Currencies;
use super::decks::{self, DeckTable};
use super::digitree::Builder;
use super::entities::currency_code;
use super::file::{Sections, stable_key};
use super::ids::Ids;
use super::rows::{self, OnShelf};
use super::shelves::{self, Shelves};
use super::{WriteError, numbering, out_of_range, to_u32};
use crate::plan::*;

/// Writes all decks as they are at an instant, and the numbering table. Returns until when they are so.
pub(super) fn write(
    plan: &Plan,
    ids: &Ids<'_>,
    at: UtcSec,
    file: &mut Sections,
) -> Result<UtcSec, WriteError> {
    let currencies = Currencies::at(plan, at)?;
    let tables = decks::at(plan, ids, at)?;
    let shelves = Shelves::new(plan, ids);
    let (mut rates_nano, mut policies) = (Vec::new(), Vec::new());
    for (slot, (deck, table)) in ids.decks.things.iter().zip(&tables).enumerate() {
        let rate_nano = currencies.rate_nano(deck, !table.tariffs.is_empty())?;
        rates_nano.push(rate_nano);
        policies.push(policy_of(deck, plan, ids)?);
        let record = DeckRec {
            key: stable_key(&["deck", &deck.id]).into(),
            name: file.text(&deck.id),
            rate_nano: rate_nano.into(),
            first_tariff: to_u32(file.count(SectionId::Tariffs), "tariffs")?.into(),
            tariff_count: to_u32(table.tariffs.len(), "tariffs")?.into(),
            shelf: shelves.places[slot].0,
            place: shelves.places[slot].1,
            ij_policy: policies[slot],
            currency: currency_code(currencies.code(deck), &deck.id)?,
            ..DeckRec::default()
        };
        file.push(SectionId::Decks, &[record]);
        file.push(SectionId::Tariffs, &table.tariffs);
    }
    shelves.write(file)?;
    shelves::write_partitions(ids, &tables, &shelves, file)?;
    write_rows(&tables, &rates_nano, &policies, &shelves, file)?;
    write_other_keys(&tables, file)?;
    numbering::write(plan, file)?;
    let until = tables.iter().map(|table| table.until).min().unwrap_or(UtcSec::MAX);
    Ok(until.min(currencies.until()))
}

/// What prices a deck's indeterminate calls: its own policy, else that of the providers whose routes use it, which
/// must be one.
fn policy_of(deck: &Deck, plan: &Plan, ids: &Ids<'_>) -> Result<u8, WriteError> {
    let policy = match deck.ij_policy {
        Some(policy) => policy,
        None => providers_policy(deck, plan, ids)?.unwrap_or(IjPolicy::Higher),
    };
    Ok(match policy {
        IjPolicy::Higher => 0,
        IjPolicy::Interstate => 1,
        IjPolicy::Intrastate => 2,
        IjPolicy::Reject => 3,
    })
}

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

fn write_rows(
    tables: &[DeckTable],
    rates_nano: &[u64],
    policies: &[u8],
    shelves: &Shelves,
    file: &mut Sections,
) -> Result<(), WriteError> {
    let ranks = ranks(tables, rates_nano);
    let mut tree = Builder::new(shelves.decks.len());
    let mut bytes = Vec::new();
    for (shelf, slots) in shelves.decks.iter().enumerate() {
        let on_shelf = |slot: &usize| OnShelf {
            table: &tables[*slot],
            ranks: &ranks[*slot],
            rates_nano_per_min: tables[*slot].tariffs.iter().map(|t| t.rate_nano_per_min.get()).collect(),
            ij_policy: policies[*slot],
        };
        let decks: Vec<OnShelf<'_>> = slots.iter().map(on_shelf).collect();
        rows::write(shelf, &decks, &mut bytes, &mut tree)?;
    }
    file.set(SectionId::Rows, bytes);
    tree.write([SectionId::CodeNpas, SectionId::CodeNxxs, SectionId::CodeNodes], file);
    Ok(())
}

/// The rank of each deck's tariffs by reference cost in the plan's currency, exactly; equal costs have one rank.
fn ranks(tables: &[DeckTable], rates_nano: &[u64]) -> Vec<Vec<u32>> {
    let costs_of = |(table, rate_nano): (&DeckTable, &u64)| -> Vec<i128> {
        let rate_nano = i128::from(*rate_nano);
        table.tariffs.iter().map(|tariff| i128::from(tariff.reference_cost_nano.get()) * rate_nano).collect()
    };
    let costs: Vec<Vec<i128>> = tables.iter().zip(rates_nano).map(costs_of).collect();
    let mut distinct: Vec<i128> = costs.iter().flatten().copied().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let rank = |cost: &i128| distinct.partition_point(|other| other < cost) as u32;
    costs.iter().map(|costs| costs.iter().map(rank).collect()).collect()
}

/// Rows by OCN and LATA, and by CIC. Both are by deck, then key.
fn write_other_keys(tables: &[DeckTable], file: &mut Sections) -> Result<(), WriteError> {
    for (slot, table) in tables.iter().enumerate() {
        let deck = to_u32(slot, "decks")?;
        for ((ocn, lata, tier), prices) in &table.ocn_rows {
            let record = OcnRec {
                deck: deck.into(),
                ocn: ocn.unwrap_or_default(),
                lata: lata.unwrap_or_default().into(),
                tier: tier.unwrap_or_default(),
                reserved: [0; 3],
                prices: prices.map(Into::into),
            };
            file.push(SectionId::OcnRows, &[record]);
        }
        for (cic, prices) in &table.cic_rows {
            let record = CicRec { deck: deck.into(), cic: *cic, prices: prices.map(Into::into) };
            file.push(SectionId::CicRows, &[record]);
        }
    }
    Ok(())
}
