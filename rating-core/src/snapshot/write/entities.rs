//! Accounts, trunks, providers, routes, gateways, partitions and their limits.

use core::net::IpAddr;
use std::collections::{HashMap, HashSet};
use std::format;
use std::string::String;
use std::vec::Vec;

use zerocopy::byteorder::little_endian::U32;

use super::super::layout::*;
use super::file::{Sections, stable_key};
use super::{WriteError, out_of_range, to_u32};
use crate::plan::*;

/// The place of every id in its section: things sorted by id, bytewise.
pub(super) struct Ids<'a> {
    pub(super) accounts: Sorted<'a, Account>,
    pub(super) trunks: Sorted<'a, Trunk>,
    pub(super) providers: Sorted<'a, Provider>,
    pub(super) routes: Sorted<'a, Route>,
    pub(super) partitions: Sorted<'a, Partition>,
    pub(super) decks: Sorted<'a, Deck>,
}

/// Ids are names of limits and calls too: what is in them is fixed.
fn check_id(kind: &str, id: &str) -> Result<(), WriteError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    if (1..=63).contains(&id.len()) && id.bytes().all(fits) {
        return Ok(());
    }
    Err(out_of_range(&format!("{kind} {id:?}"), "an id is 1 to 63 characters of A-Z a-z 0-9 _ . -"))
}

/// Things of one kind, by id.
pub(super) struct Sorted<'a, T> {
    kind: &'static str,
    pub(super) things: Vec<&'a T>,
    index: HashMap<&'a str, u32>,
}

impl<'a, T> Sorted<'a, T> {
    fn new(kind: &'static str, things: &'a [T], id: impl Fn(&'a T) -> &'a str) -> Result<Self, WriteError> {
        let mut sorted: Vec<&T> = things.iter().collect();
        sorted.sort_by_key(|thing| id(thing));
        let mut index = HashMap::new();
        let mut keys = HashSet::new();
        for (at, thing) in sorted.iter().enumerate() {
            let id = id(thing);
            check_id(kind, id)?;
            if index.insert(id, to_u32(at, kind)?).is_some() || !keys.insert(stable_key(&[kind, id])) {
                return Err(WriteError::DuplicateId { kind, id: id.into() });
            }
        }
        Ok(Self { kind, things: sorted, index })
    }

    pub(super) fn find(&self, id: &str, referred_by: &str) -> Result<u32, WriteError> {
        self.index.get(id).copied().ok_or_else(|| WriteError::UnknownId {
            kind: self.kind,
            id: id.into(),
            referred_by: referred_by.into(),
        })
    }

    fn find_or_none(&self, id: Option<&String>, referred_by: &str) -> Result<u32, WriteError> {
        id.map_or(Ok(NONE), |id| self.find(id, referred_by))
    }
}

impl<'a> Ids<'a> {
    pub(super) fn new(plan: &'a Plan) -> Result<Self, WriteError> {
        Ok(Self {
            accounts: Sorted::new("account", &plan.accounts, |x| &x.id)?,
            trunks: Sorted::new("trunk", &plan.trunks, |x| &x.id)?,
            providers: Sorted::new("provider", &plan.providers, |x| &x.id)?,
            routes: Sorted::new("route", &plan.routes, |x| &x.id)?,
            partitions: Sorted::new("partition", &plan.partitions, |x| &x.id)?,
            decks: Sorted::new("deck", &plan.decks, |x| &x.id)?,
        })
    }
}

/// Writes everything but prices and places.
pub(super) fn write(plan: &Plan, ids: &Ids<'_>, file: &mut Sections) -> Result<(), WriteError> {
    write_plan(plan, ids, file)?;
    for account in &ids.accounts.things {
        write_account(account, ids, file)?;
    }
    for trunk in &ids.trunks.things {
        write_trunk(trunk, ids, file)?;
    }
    write_sources(ids, file)?;
    for provider in &ids.providers.things {
        write_provider(provider, file)?;
    }
    write_routes(plan, ids, file)?;
    for partition in &ids.partitions.things {
        write_partition(partition, plan, ids, file)?;
    }
    for deck in &ids.decks.things {
        let record = DeckRec {
            key: stable_key(&["deck", &deck.id]).into(),
            name: file.text(&deck.id),
            ..DeckRec::default()
        };
        file.push(SectionId::Decks, &[record]);
    }
    Ok(())
}

fn write_plan(plan: &Plan, ids: &Ids<'_>, file: &mut Sections) -> Result<(), WriteError> {
    let settings = &plan.settings;
    let currency: [u8; 3] = settings
        .currency
        .as_bytes()
        .try_into()
        .ok()
        .filter(|code: &[u8; 3]| code.iter().all(u8::is_ascii_uppercase))
        .ok_or_else(|| out_of_range("plan", "currency must be three capitals"))?;
    if settings.reference_duration_sec == 0 {
        return Err(out_of_range("plan", "reference_duration_sec must be at least 1"));
    }
    if plan.decks.len() > DECKS_MAX {
        return Err(out_of_range("plan", &format!("more than {DECKS_MAX} decks")));
    }
    let record = PlanRec {
        name: file.text(&settings.name),
        currency,
        reserved: [0; 5],
        reference_duration_sec: settings.reference_duration_sec.into(),
        default_partition: ids.partitions.find_or_none(settings.default_partition.as_ref(), "plan")?.into(),
        use_ani_lrn: u32::from(settings.use_ani_lrn).into(),
        row_mask_words: to_u32(plan.decks.len().div_ceil(64), "decks")?.into(),
        max_duration_sec: settings.max_duration_sec.into(),
        dial_timeout_sec: settings.dial_timeout_sec.into(),
    };
    file.push(SectionId::Plan, &[record]);
    Ok(())
}

fn write_account(account: &Account, ids: &Ids<'_>, file: &mut Sections) -> Result<(), WriteError> {
    let owner = format!("account {}", account.id);
    let (min_margin_kind, min_margin_nano) = match account.min_margin {
        MinMargin::Amount(amount) => (0, amount.0),
        MinMargin::NanoPercent(share) => (1, share),
        MinMargin::AllowLoss => (2, 0),
    };
    let mut record = AccountRec {
        key: stable_key(&["account", &account.id]).into(),
        name: file.text(&account.id),
        partitions: partition_list(&account.partitions, &owner, ids, file)?,
        limits: limits("account", &account.id, &account.limits, file)?,
        sell_deck: ids.decks.find_or_none(account.sell_deck.as_ref(), &owner)?.into(),
        active: account.active.into(),
        sell_by_lrn: (account.sell_key == SellKey::Lrn).into(),
        min_margin_kind,
        min_margin_nano: min_margin_nano.into(),
        ..AccountRec::default()
    };
    if let Some(terms) = &account.cost_plus {
        if terms.margin_nano_percent < 0 || terms.fixed_fee_per_min.0 < 0 || terms.rounding.decimals > 9 {
            return Err(out_of_range(&owner, "cost-plus margin, fee or decimals out of range"));
        }
        record.cost_plus = 1;
        record.margin_nano_percent = terms.margin_nano_percent.into();
        record.fixed_fee_nano_per_min = terms.fixed_fee_per_min.0.into();
        record.rounding_mode = terms.rounding.mode.number();
        record.rounding_decimals = terms.rounding.decimals;
    }
    file.push(SectionId::Accounts, &[record]);
    Ok(())
}

fn write_trunk(trunk: &Trunk, ids: &Ids<'_>, file: &mut Sections) -> Result<(), WriteError> {
    let owner = format!("trunk {}", trunk.id);
    let record = TrunkRec {
        key: stable_key(&["trunk", &trunk.id]).into(),
        name: file.text(&trunk.id),
        account: ids.accounts.find(&trunk.account, &owner)?.into(),
        active: trunk.active.into(),
        ani_required: trunk.ani_required.into(),
        trust_lrn: trunk.trust_lrn.into(),
        partitions: partition_list(&trunk.partitions, &owner, ids, file)?,
        limits: limits("trunk", &trunk.id, &trunk.limits, file)?,
        ..TrunkRec::default()
    };
    file.push(SectionId::Trunks, &[record]);
    Ok(())
}

/// Sources by address, each with the closest network around it. Of equal networks the lower trunk comes last,
/// so that it is found first (2.1).
fn write_sources(ids: &Ids<'_>, file: &mut Sections) -> Result<(), WriteError> {
    let mut sources: Vec<(u128, u8, u32)> = Vec::new();
    for (at, trunk) in ids.trunks.things.iter().enumerate() {
        for network in &trunk.sources {
            let (address, prefix_len) = mapped(network);
            if prefix_len > 128 || address & host_bits(prefix_len) != 0 {
                return Err(out_of_range(&format!("trunk {}", trunk.id), "a source network has host bits"));
            }
            sources.push((address, prefix_len, to_u32(at, "trunks")?));
        }
    }
    sources.sort_by_key(|&(network, prefix_len, trunk)| (network, prefix_len, core::cmp::Reverse(trunk)));
    sources.dedup();
    let mut around: Vec<usize> = Vec::new();
    for (at, &(network, prefix_len, trunk)) in sources.iter().enumerate() {
        let contains = |outer: &usize| {
            let (outer_network, outer_len, _) = sources[*outer];
            network & !host_bits(outer_len) == outer_network
        };
        while around.last().is_some_and(|outer| !contains(outer)) {
            around.pop();
        }
        let parent = around.last().map_or(Ok(NONE), |&outer| to_u32(outer, "sources"))?;
        around.push(at);
        let record = SourceRec {
            network: network.into(),
            trunk: trunk.into(),
            parent: parent.into(),
            prefix_len,
            ..SourceRec::default()
        };
        file.push(SectionId::Sources, &[record]);
    }
    Ok(())
}

fn mapped(network: &Network) -> (u128, u8) {
    match network.address {
        IpAddr::V4(v4) => (v4.to_ipv6_mapped().to_bits(), network.prefix_len.saturating_add(96)),
        IpAddr::V6(v6) => (v6.to_bits(), network.prefix_len),
    }
}

fn host_bits(prefix_len: u8) -> u128 {
    u128::MAX.checked_shr(u32::from(prefix_len)).unwrap_or(0)
}

fn write_provider(provider: &Provider, file: &mut Sections) -> Result<(), WriteError> {
    let record = ProviderRec {
        key: stable_key(&["provider", &provider.id]).into(),
        name: file.text(&provider.id),
        limits: limits("provider", &provider.id, &provider.limits, file)?,
        active: provider.active.into(),
        kind: match provider.kind {
            ProviderKind::Lrn => 0,
            ProviderKind::Dnis => 1,
            ProviderKind::International => 2,
            ProviderKind::RateDeck => 3,
            ProviderKind::OcnLata => 4,
            ProviderKind::CustomerTrunk => 5,
        },
        ..ProviderRec::default()
    };
    file.push(SectionId::Providers, &[record]);
    Ok(())
}

fn write_routes(plan: &Plan, ids: &Ids<'_>, file: &mut Sections) -> Result<(), WriteError> {
    Sorted::new("gateway", &plan.gateways, |gateway| &gateway.id)?;
    let mut gateways: Vec<Vec<&Gateway>> = ids.routes.things.iter().map(|_| Vec::new()).collect();
    for gateway in &plan.gateways {
        let route = ids.routes.find(&gateway.route, &format!("gateway {}", gateway.id))?;
        gateways[usize::try_from(route).unwrap_or_default()].push(gateway);
    }
    for (route, mut gateways) in ids.routes.things.iter().zip(gateways) {
        gateways.sort_by_key(|gateway| (gateway.priority, &gateway.id));
        let owner = format!("route {}", route.id);
        let record = RouteRec {
            key: stable_key(&["route", &route.id]).into(),
            name: file.text(&route.id),
            provider: ids.providers.find(&route.provider, &owner)?.into(),
            deck: ids.decks.find_or_none(route.deck.as_ref(), &owner)?.into(),
            gateways: next_range(SectionId::Gateways, gateways.len(), file)?,
            limits: limits("route", &route.id, &route.limits, file)?,
            quality: route.quality.into(),
            active: route.active.into(),
            ..RouteRec::default()
        };
        file.push(SectionId::Routes, &[record]);
        for gateway in gateways {
            write_gateway(gateway, file)?;
        }
    }
    Ok(())
}

fn write_gateway(gateway: &Gateway, file: &mut Sections) -> Result<(), WriteError> {
    let (before, after) = gateway.dial_string.split_once("${number}").ok_or_else(|| {
        out_of_range(&format!("gateway {}", gateway.id), "dial_string has no ${number} in it")
    })?;
    let record = GatewayRec {
        key: stable_key(&["gateway", &gateway.id]).into(),
        name: file.text(&gateway.id),
        dial_before: file.text(before),
        dial_after: file.text(after),
        priority: gateway.priority.into(),
        active: gateway.active.into(),
        ..GatewayRec::default()
    };
    file.push(SectionId::Gateways, &[record]);
    Ok(())
}

fn write_partition(
    partition: &Partition,
    plan: &Plan,
    ids: &Ids<'_>,
    file: &mut Sections,
) -> Result<(), WriteError> {
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
    let record = PartitionRec {
        key: stable_key(&["partition", &partition.id]).into(),
        name: file.text(&partition.id),
        members: next_range(SectionId::Members, members.len(), file)?,
        limits: limits("partition", &partition.id, &partition.limits, file)?,
        rate_limit_nano_per_min: partition.rate_limit_per_min.map_or(i64::MAX, |limit| limit.0).into(),
        dial_timeout_sec: partition.dial_timeout_sec.unwrap_or(plan.settings.dial_timeout_sec).into(),
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
        ..PartitionRec::default()
    };
    file.push(SectionId::Partitions, &[record]);
    for (route, member) in members {
        let record = MemberRec {
            route: route.into(),
            priority: member.priority.into(),
            active: member.active.into(),
            ..MemberRec::default()
        };
        file.push(SectionId::Members, &[record]);
    }
    Ok(())
}

fn partition_list(
    list: &[String],
    owner: &str,
    ids: &Ids<'_>,
    file: &mut Sections,
) -> Result<Range, WriteError> {
    let range = next_range(SectionId::PartitionLists, list.len(), file)?;
    for id in list {
        let partition: U32 = ids.partitions.find(id, owner)?.into();
        file.push(SectionId::PartitionLists, &[partition]);
    }
    Ok(range)
}

fn limits(scope: &str, owner: &str, limits: &Limits, file: &mut Sections) -> Result<Range, WriteError> {
    let mut records = Vec::new();
    if let Some(cps_milli) = limits.cps_milli {
        if cps_milli == 0 {
            return Err(out_of_range(&format!("{scope} {owner}"), "cps must be at least 0.001"));
        }
        let whole_cps = u32::try_from(cps_milli / 1000).unwrap_or(u32::MAX);
        records.push(LimitRec {
            key: stable_key(&[scope, owner, "cps"]).into(),
            // Rounded up: never more calls than the plan says.
            interval_ns: 1_000_000_000_000u64.div_ceil(cps_milli).into(),
            max: limits.cps_burst.unwrap_or(whole_cps.max(1)).into(),
            ..LimitRec::default()
        });
    }
    if let Some(calls_max) = limits.concurrent_calls_max {
        records.push(LimitRec {
            key: stable_key(&[scope, owner, "concurrency"]).into(),
            max: calls_max.into(),
            dimension: 1,
            ..LimitRec::default()
        });
    }
    let range = next_range(SectionId::Limits, records.len(), file)?;
    file.push(SectionId::Limits, &records);
    Ok(range)
}

fn next_range(section: SectionId, count: usize, file: &mut Sections) -> Result<Range, WriteError> {
    let first = to_u32(file.count(section), "section")?;
    Ok(Range { first: first.into(), count: to_u32(count, "section")?.into() })
}
