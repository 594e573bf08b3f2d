//! Everything that has a name: accounts, trunks, providers, routes, gateways, partitions, and the rules about them.

mod accounts;
mod carriers;
mod partitions;
mod rules;
mod trunks;

use std::format;

use zerocopy::byteorder::little_endian::U32;

use super::super::layout::*;
use super::file::Sections;
use super::ids::Ids;
use super::lists;
use super::schedules::Zones;
use super::{WriteError, out_of_range};
use crate::lerg::npa;
use crate::number::Digits;
use crate::plan::WhenTableFull;
use crate::plan::*;

/// What the writers of entities need to know of the rest.
struct Context<'p> {
    plan: &'p Plan,
    ids: &'p Ids<'p>,
    zones: Zones,
    rules: rules::Rules,
}

/// Writes everything but prices and places. Returns until when it holds.
pub(super) fn write(
    plan: &Plan,
    ids: &Ids<'_>,
    at: UtcSec,
    file: &mut Sections,
) -> Result<UtcSec, WriteError> {
    let zones = Zones::write(plan, at, file)?;
    let (rules, until) = rules::write(ids, &zones, at, file)?;
    let context = Context { plan, ids, zones, rules };
    for account in &ids.accounts.things {
        accounts::write(account, &context, file)?;
    }
    trunks::write(&context, file)?;
    let mut providers = std::vec::Vec::new();
    for provider in &ids.providers.things {
        providers.push(carriers::write_provider(provider, &context, file)?);
    }
    carriers::write_routes(&context, &providers, file)?;
    for partition in &ids.partitions.things {
        partitions::write(partition, &context, file)?;
    }
    partitions::write_dids(&context, file)?;
    write_plan(&context, file)?;
    Ok(until)
}

fn write_plan(context: &Context<'_>, file: &mut Sections) -> Result<(), WriteError> {
    let (plan, ids) = (context.plan, context.ids);
    let settings = &plan.settings;
    if [settings.reference_duration_sec, settings.hold_interval_sec].contains(&0) {
        return Err(out_of_range("plan", "reference_duration_sec and hold_interval_sec must be at least 1"));
    }
    if plan.decks.len() > DECKS_MAX {
        return Err(out_of_range("plan", &format!("more than {DECKS_MAX} decks")));
    }
    let mut emergency_routes: std::vec::Vec<U32> = std::vec::Vec::new();
    for route in &settings.emergency_routes {
        emergency_routes.push(ids.routes.find(route, "plan")?.into());
    }
    let record = PlanRec {
        name: file.text(&settings.name),
        currency: currency_code(&settings.currency, "plan")?,
        reserved: [0; 5],
        reference_duration_sec: settings.reference_duration_sec.into(),
        default_partition: ids.partitions.find_or_none(settings.default_partition.as_ref(), "plan")?.into(),
        use_ani_lrn: u32::from(settings.use_ani_lrn).into(),
        reserved3: 0.into(),
        max_duration_sec: settings.max_duration_sec.into(),
        dial_timeout_sec: settings.dial_timeout_sec.into(),
        hold_interval_sec: settings.hold_interval_sec.into(),
        when_table_full: u32::from(settings.when_table_full == WhenTableFull::DropRecords).into(),
        emergency_numbers: lists::digits(settings.emergency_numbers.iter().copied(), "plan", file)?,
        emergency_routes: lists::list(SectionId::RouteLists, &emergency_routes, file)?,
        toll_free_npas: lists::numbers(toll_free_npas(settings)?, file)?,
        premium_prefixes: lists::digits(settings.premium_prefixes.iter().copied(), "plan", file)?,
        dno: lists::digits(dno(plan)?, "plan", file)?,
        excluded: context.rules.excluded_for_all,
        overrides: context.rules.overrides_of(rules::Owner::Plan),
    };
    file.push(SectionId::Plan, &[record]);
    Ok(())
}

fn toll_free_npas(settings: &Settings) -> Result<std::vec::Vec<u32>, WriteError> {
    let npas: std::vec::Vec<u32> = settings.toll_free_npas.iter().map(|npa| u32::from(*npa)).collect();
    match npas.iter().find(|npa| !(200..=999).contains(*npa) || npa::place(**npa).country != [0; 2]) {
        Some(npa) => {
            Err(out_of_range("plan", &format!("toll_free_npas: {npa} is no free area code, 200 to 999")))
        }
        None => Ok(npas),
    }
}

/// The do-not-originate patterns as E.164 prefixes.
fn dno(plan: &Plan) -> Result<std::vec::Vec<Digits>, WriteError> {
    let pattern = |digits: &Digits| {
        let fits = matches!(digits.len(), 3 | 6 | 7 | 10);
        Digits::new(format!("1{digits}").as_bytes())
            .filter(|_| fits)
            .ok_or_else(|| out_of_range("dno", &format!("{digits} must have 3, 6, 7 or 10 digits")))
    };
    plan.dno.iter().map(pattern).collect()
}

/// A currency's code.
pub(super) fn currency_code(code: &str, owner: &str) -> Result<[u8; 3], WriteError> {
    let bytes: Option<[u8; 3]> = code.as_bytes().try_into().ok();
    bytes
        .filter(|code| code.iter().all(u8::is_ascii_uppercase))
        .ok_or_else(|| out_of_range(owner, &format!("currency {code:?} must be three capitals")))
}

/// What an account or a trunk may not use (2.6).
fn screening(screening: &Screening, owner: &str, file: &mut Sections) -> Result<ScreeningRec, WriteError> {
    let blocked_dnis = screening.blocked_dnis.iter().filter_map(|blocked| match blocked {
        BlockedPrefix::Prefix(prefix) => Some(*prefix),
        BlockedPrefix::AnyNpa976 => None,
    });
    let (countries_are, countries) = match &screening.countries {
        Countries::All => (0, Range::default()),
        Countries::Only(list) => (1, lists::countries(list, owner, file)?),
        Countries::AllBut(list) => (2, lists::countries(list, owner, file)?),
    };
    Ok(ScreeningRec {
        blocked_ani: lists::digits(screening.blocked_ani.iter().copied(), owner, file)?,
        allowed_ani: lists::digits(screening.allowed_ani.iter().copied(), owner, file)?,
        blocked_dnis: lists::digits(blocked_dnis, owner, file)?,
        allowed_dnis: lists::digits(screening.allowed_dnis.iter().copied(), owner, file)?,
        countries,
        countries_are,
        classes: screening.destination_classes.as_ref().map_or(DestinationClass::ALL_BITS, |classes| {
            classes.iter().fold(0, |bits, class| bits | class.bit())
        }),
        any_npa_976: screening.blocked_dnis.contains(&BlockedPrefix::AnyNpa976).into(),
        reserved: [0; 5],
    })
}
