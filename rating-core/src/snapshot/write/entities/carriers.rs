//! Providers, their routes and gateways.

use std::format;
use std::vec::Vec;

use super::super::super::layout::*;
use super::super::file::{Sections, stable_key};
use super::super::{WriteError, lists, out_of_range};
use super::Context;
use crate::candidates::glance;
use crate::plan::*;

pub(super) fn write_provider(
    provider: &Provider,
    context: &Context<'_>,
    file: &mut Sections,
) -> Result<ProviderRec, WriteError> {
    let owner = format!("provider {}", provider.id);
    let place = context.ids.providers.find(&provider.id, &owner)?;
    let zone = context.zones.place(&provider.time_zone);
    let record = ProviderRec {
        key: stable_key(&["provider", &provider.id]).into(),
        name: file.text(&provider.id),
        limits: lists::limits(&["provider", &provider.id], &provider.limits, zone, file)?,
        active: provider.active.into(),
        kind: match provider.kind {
            ProviderKind::Lrn => PROVIDER_BY_LRN,
            ProviderKind::Dnis => 1,
            ProviderKind::International => 2,
            ProviderKind::RateDeck => PROVIDER_RATE_DECK,
            ProviderKind::OcnLata => PROVIDER_BY_OCN_LATA,
            ProviderKind::CustomerTrunk => 5,
        },
        traffic: provider.traffic.as_ref().map_or(TrafficClass::ALL_BITS, |classes| {
            classes.iter().fold(0, |bits, class| bits | class.bit())
        }),
        exclusions: context.rules.exclusions_of(place),
        ..ProviderRec::default()
    };
    file.push(SectionId::Providers, &[record]);
    Ok(record)
}

/// Writes routes and gateways; `providers` are all there are, as written.
pub(super) fn write_routes(
    context: &Context<'_>,
    providers: &[ProviderRec],
    file: &mut Sections,
) -> Result<(), WriteError> {
    let ids = context.ids;
    let mut gateways: Vec<Vec<&Gateway>> = ids.routes.things.iter().map(|_| Vec::new()).collect();
    for gateway in &context.plan.gateways {
        let route = ids.routes.find(&gateway.route, &format!("gateway {}", gateway.id))?;
        gateways[route as usize].push(gateway);
    }
    for (route, mut gateways) in ids.routes.things.iter().zip(gateways) {
        let owner = format!("route {}", route.id);
        if gateways.len() > GATEWAYS_MAX {
            return Err(out_of_range(&owner, &format!("more than {GATEWAYS_MAX} gateways")));
        }
        gateways.sort_by_key(|gateway| (gateway.priority, &gateway.id));
        let provider = ids.providers.find(&route.provider, &owner)?;
        let zone = context.zones.place(&ids.providers.things[provider as usize].time_zone);
        let range = lists::next_range(SectionId::Gateways, gateways.len(), file)?;
        let mut records = Vec::new();
        for gateway in gateways {
            records.push(gateway_record(gateway, zone, file)?);
        }
        file.push(SectionId::Gateways, &records);
        let (traffic, asks) = glance::of_route(route.active, &providers[provider as usize], &records);
        let record = RouteRec {
            key: stable_key(&["route", &route.id]).into(),
            name: file.text(&route.id),
            provider: provider.into(),
            deck: ids.decks.find_or_none(route.deck.as_ref(), &owner)?.into(),
            gateways: range,
            limits: lists::limits(&["route", &route.id], &route.limits, zone, file)?,
            quality: route.quality.into(),
            active: route.active.into(),
            ani_classes: route.ani_classes.as_ref().map_or(AniClass::ALL_BITS, |classes| {
                classes.iter().fold(0, |bits, class| bits | class.bit())
            }),
            traffic,
            asks,
            ..RouteRec::default()
        };
        file.push(SectionId::Routes, &[record]);
    }
    Ok(())
}

fn gateway_record(gateway: &Gateway, zone: u32, file: &mut Sections) -> Result<GatewayRec, WriteError> {
    let (before, after) = gateway.dial_string.split_once("${number}").ok_or_else(|| {
        out_of_range(&format!("gateway {}", gateway.id), "dial_string has no ${number} in it")
    })?;
    Ok(GatewayRec {
        key: stable_key(&["gateway", &gateway.id]).into(),
        name: file.text(&gateway.id),
        dial_before: file.text(before),
        dial_after: file.text(after),
        priority: gateway.priority.into(),
        active: gateway.active.into(),
        weight: gateway.weight.unwrap_or(1).into(),
        latas: lists::numbers(gateway.latas.iter().copied(), file)?,
        limits: lists::limits(&["gateway", &gateway.id], &gateway.limits, zone, file)?,
        ..GatewayRec::default()
    })
}
