//! Partitions and their members; DIDs, which lead to partitions.

use std::format;
use std::vec::Vec;

use super::super::super::layout::*;
use super::super::file::{Sections, stable_key};
use super::super::{WriteError, lists, out_of_range};
use super::Context;
use super::rules::Owner;
use crate::plan::*;

pub(super) fn write(
    partition: &Partition,
    context: &Context<'_>,
    file: &mut Sections,
) -> Result<(), WriteError> {
    let (ids, settings) = (context.ids, &context.plan.settings);
    let owner = format!("partition {}", partition.id);
    if partition.members.len() > MEMBERS_MAX || !(1..=8).contains(&partition.max_results) {
        return Err(out_of_range(&owner, "at most 1024 members; max_results is 1 to 8"));
    }
    let mut members = Vec::new();
    for member in &partition.members {
        members.push((ids.routes.find(&member.route, &owner)?, member));
    }
    members.sort_by_key(|(route, _)| *route);
    if let Some(pair) = members.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(WriteError::DuplicateId {
            kind: "member",
            id: format!("{} of {}", pair[0].1.route, partition.id),
        });
    }
    let place = ids.partitions.find(&partition.id, &owner)?;
    let record = PartitionRec {
        key: stable_key(&["partition", &partition.id]).into(),
        name: file.text(&partition.id),
        members: lists::next_range(SectionId::Members, members.len(), file)?,
        limits: lists::limits(&["partition", &partition.id], &partition.limits, NONE, file)?,
        rate_limit_nano_per_min: partition.rate_limit_per_min.map_or(i64::MAX, |limit| limit.0).into(),
        dial_timeout_sec: partition.dial_timeout_sec.unwrap_or(settings.dial_timeout_sec).into(),
        max_results: partition.max_results.into(),
        strategy: match partition.strategy {
            Strategy::LeastCost => 0,
            Strategy::Priority => 1,
            Strategy::Primary => 2,
            Strategy::HighestMargin => 3,
            Strategy::RoundRobin => 4,
            Strategy::Weighted => 5,
            Strategy::Quality => 6,
        },
        active: partition.active.into(),
        weights: partition.members.iter().any(|member| member.weight.is_some()).into(),
        min_quality: partition.min_quality.unwrap_or(i32::MIN).into(),
        schedule: context.zones.schedule(partition.schedule.as_ref(), &owner, file)?.into(),
        overrides: context.rules.overrides_of(Owner::Partition(place)),
        ..PartitionRec::default()
    };
    file.push(SectionId::Partitions, &[record]);
    for (route, member) in members {
        let owner = ["member", &partition.id, &member.route];
        let record = MemberRec {
            route: route.into(),
            priority: member.priority.into(),
            active: member.active.into(),
            weight: member.weight.unwrap_or(1).into(),
            limits: lists::limits(&owner, &member.limits, NONE, file)?,
            ..MemberRec::default()
        };
        file.push(SectionId::Members, &[record]);
    }
    Ok(())
}

pub(super) fn write_dids(context: &Context<'_>, file: &mut Sections) -> Result<(), WriteError> {
    let mut dids: Vec<&Did> = context.plan.dids.iter().collect();
    dids.sort_by_key(|did| did.number.to_packed());
    if let Some(pair) = dids.windows(2).find(|pair| pair[0].number == pair[1].number) {
        return Err(WriteError::DuplicateId { kind: "did", id: pair[0].number.as_str().into() });
    }
    for did in dids {
        let owner = format!("did {}", did.number);
        if did.number.len() < 7 {
            return Err(out_of_range(&owner, "a DID is an E.164 number of 7 to 15 digits"));
        }
        let mut campaigns: Vec<&DidCampaign> = did.campaigns.iter().collect();
        campaigns.sort_by_key(|campaign| (campaign.priority, &campaign.partition));
        let record = DidRec {
            number: did.number.to_packed().into(),
            account: context.ids.accounts.find(&did.account, &owner)?.into(),
            reserved: 0.into(),
            campaigns: lists::partitions(
                campaigns.into_iter().map(|campaign| &campaign.partition),
                &owner,
                context.ids,
                file,
            )?,
        };
        file.push(SectionId::Dids, &[record]);
    }
    Ok(())
}
