//! What only the whole plan shows: things that nobody uses, and calls that can go nowhere.

use std::collections::{HashMap, HashSet};

use rating_core::plan::{Network, Plan, ProviderKind};

use super::{LOCAL_CALLING, Reader};
use crate::plan::id::Kind;
use crate::plan::problem::Place;

pub(crate) fn check(reader: &Reader, plan: &Plan) {
    warn_unused(reader);
    warn_shared_sources(reader, plan);
    warn_calls_without_partition(reader, plan);
    warn_accounts_without_price(reader, plan);
    warn_reference_routes(reader, plan);
    warn_unknown_rate_centers(reader, plan);
}

fn place(reader: &Reader, kind: Kind, id: &str) -> Place {
    reader.ids.place(kind, id).unwrap_or_else(|| Place::of_file("plan.toml"))
}

fn warn_unused(reader: &Reader) {
    for (kind, why) in [
        (Kind::Deck, "no route and no account uses deck"),
        (Kind::Partition, "no trunk, no account and no default uses partition"),
        (Kind::Route, "no partition lists route"),
        (Kind::Account, "no trunk belongs to account"),
    ] {
        for (id, at) in reader.ids.unused(kind) {
            reader.problems.warning(&at, format!("{why} `{id}`"));
        }
    }
}

/// Two trunks of one network are allowed; the lower id takes every call (2.1).
fn warn_shared_sources(reader: &Reader, plan: &Plan) {
    let mut owners: HashMap<(std::net::IpAddr, u8), Vec<&str>> = HashMap::new();
    for trunk in &plan.trunks {
        for Network { address, prefix_len } in &trunk.sources {
            owners.entry((*address, *prefix_len)).or_default().push(&trunk.id);
        }
    }
    for ((address, prefix_len), mut trunks) in owners {
        trunks.sort_unstable();
        trunks.dedup();
        let Some((first, others)) = trunks.split_first() else { continue };
        for other in others {
            let found = format!(
                "trunk `{other}` has source {address}/{prefix_len} in common with trunk `{first}`, which takes \
                 its calls: the lower id"
            );
            reader.problems.warning(&place(reader, Kind::Trunk, other), found);
        }
    }
}

fn warn_calls_without_partition(reader: &Reader, plan: &Plan) {
    if plan.settings.default_partition.is_some() {
        return;
    }
    for trunk in plan.trunks.iter().filter(|trunk| trunk.partitions.is_empty()) {
        let account = plan.accounts.iter().find(|account| account.id == trunk.account);
        if account.is_some_and(|account| account.partitions.is_empty()) {
            let found =
                format!("calls of trunk `{}` have no partition: they are refused, no_partition", trunk.id);
            reader.problems.warning(&place(reader, Kind::Trunk, &trunk.id), found);
        }
    }
}

fn warn_accounts_without_price(reader: &Reader, plan: &Plan) {
    for account in &plan.accounts {
        if account.sell_deck.is_none() && account.cost_plus.is_none() {
            let found = format!(
                "account `{}` has neither sell_deck nor cost_plus: its calls are refused, no_sell_rate",
                account.id
            );
            reader.problems.warning(&place(reader, Kind::Account, &account.id), found);
        }
    }
}

/// A pair of which no number is known can never make a call local (3.6).
fn warn_unknown_rate_centers(reader: &Reader, plan: &Plan) {
    let known: HashSet<(&str, &str)> =
        plan.numbering.iter().map(|block| (block.state.as_str(), block.rate_center.as_str())).collect();
    for pair in &plan.local_calling {
        for center in [(&pair.state_a, &pair.rate_center_a), (&pair.state_b, &pair.rate_center_b)] {
            if !known.contains(&(center.0.as_str(), center.1.as_str())) {
                let found = format!("rate centre {} {} is not in numbering.csv", center.0, center.1);
                reader.problems.warning(&Place::of_file(LOCAL_CALLING), found);
            }
        }
    }
}

/// Reference prices are never routed (4.1).
fn warn_reference_routes(reader: &Reader, plan: &Plan) {
    for partition in &plan.partitions {
        for member in &partition.members {
            let route = plan.routes.iter().find(|route| route.id == member.route);
            let provider = route.and_then(|route| plan.providers.iter().find(|one| one.id == route.provider));
            if provider.is_some_and(|provider| provider.kind == ProviderKind::RateDeck) {
                let found = format!(
                    "partition `{}` lists route `{}`, whose provider has reference prices only: never routed",
                    partition.id, member.route
                );
                reader.problems.warning(&place(reader, Kind::Partition, &partition.id), found);
            }
        }
    }
}
