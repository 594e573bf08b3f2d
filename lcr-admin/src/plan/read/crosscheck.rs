//! What only the whole plan shows: things that nobody uses, and calls that can go nowhere.

use std::collections::{HashMap, HashSet};

use rating_core::plan::{CurrencyRate, DeckRow, Gateway, Network, Plan, Provider, ProviderKind, Route};

use super::decks::DECK_CURRENCY;
use super::settings::EMERGENCY_ROUTES;
use super::{CURRENCY_RATES, DIDS, LOCAL_CALLING, Reader};
use crate::plan::id::Kind;
use crate::plan::problem::Place;
use crate::snapshot_file::rfc3339;

pub(crate) fn check(reader: &Reader, plan: &Plan) {
    warn_unused(reader);
    warn_shared_sources(reader, plan);
    warn_calls_without_partition(reader, plan);
    warn_accounts_without_price(reader, plan);
    warn_reference_routes(reader, plan);
    warn_unknown_rate_centers(reader, plan);
    warn_dids_without_campaign(reader, plan);
    refuse_emergency_routes_without_gateway(reader, plan);
    refuse_decks_of_two_policies(reader, plan);
    warn_useless_rows(reader, plan);
    refuse_currencies_without_rate(reader, plan);
}

/// Calls to such a number are refused (2.5).
fn warn_dids_without_campaign(reader: &Reader, plan: &Plan) {
    for did in plan.dids.iter().filter(|did| did.campaigns.is_empty()) {
        let at = reader.ids.marked(DIDS, did.number.as_str()).unwrap_or_else(|| Place::of_file(DIDS));
        let found = format!("DID {} has no campaign: its calls are refused, no_partition", did.number);
        reader.problems.warning(&at, found);
    }
}

/// Emergency calls pass everything but the gateways' own status (2.2).
fn refuse_emergency_routes_without_gateway(reader: &Reader, plan: &Plan) {
    for route in &plan.settings.emergency_routes {
        let serves = |gateway: &Gateway| gateway.route == *route && gateway.active;
        let known = plan.routes.iter().any(|one| one.id == *route);
        if known && !plan.gateways.iter().any(serves) {
            let at = reader.ids.marked(EMERGENCY_ROUTES, route);
            let at = at.unwrap_or_else(|| place(reader, Kind::Route, route));
            let found = format!("emergency route `{route}` has no active gateway");
            reader.problems.error(&at, found, "a route that can carry the call");
        }
    }
}

/// A deck has one policy for indeterminate calls, its own or its providers' (3.7).
fn refuse_decks_of_two_policies(reader: &Reader, plan: &Plan) {
    let providers: HashMap<&str, &Provider> =
        plan.providers.iter().map(|provider| (provider.id.as_str(), provider)).collect();
    for deck in plan.decks.iter().filter(|deck| deck.ij_policy.is_none()) {
        let mut users = plan
            .routes
            .iter()
            .filter(|route| route.deck.as_deref() == Some(deck.id.as_str()))
            .filter_map(|route| providers.get(route.provider.as_str()));
        let Some(first) = users.next() else { continue };
        if let Some(other) = users.find(|other| other.ij_policy != first.ij_policy) {
            let found = format!(
                "deck `{}` is shared by providers `{}` and `{}`, whose ij_policy differs",
                deck.id, first.id, other.id
            );
            let expected = "an ij_policy of the deck's own, or the same one for both";
            reader.problems.error(&place(reader, Kind::Deck, &deck.id), found, expected);
        }
    }
}

/// Rows by OCN and LATA price only what providers of kind `ocn_lata` ask, and those ask by prefix only outside NANP (4.1).
fn warn_useless_rows(reader: &Reader, plan: &Plan) {
    for deck in &plan.decks {
        let is_its_own = |route: &&Route| route.deck.as_deref() == Some(deck.id.as_str());
        let asks_by_place = |route: &Route| {
            let provider = plan.providers.iter().find(|provider| provider.id == route.provider);
            provider.map(|provider| provider.kind == ProviderKind::OcnLata)
        };
        let mut users = plan.routes.iter().filter(is_its_own).filter_map(asks_by_place).peekable();
        let sells = plan.accounts.iter().any(|account| account.sell_deck.as_ref() == Some(&deck.id));
        if users.peek().is_none() && !sells {
            continue;
        }
        let (by_place, by_prefix) = users.fold((false, sells), |(place, prefix), asks_by_place| {
            (place || asks_by_place, prefix || !asks_by_place)
        });
        let has_places = deck.versions.iter().any(|version| !version.ocn_rows.is_empty());
        let is_nanp = |row: &DeckRow| row.prefix.as_str().starts_with('1');
        let has_nanp = || deck.versions.iter().any(|version| version.rows.iter().any(is_nanp));
        let found = if has_places && !by_place {
            "has rows by OCN and LATA, and no provider of kind ocn_lata has it: they price no call"
        } else if !has_places && !by_prefix && has_nanp() {
            "has rows by prefix alone, and its providers are of kind ocn_lata: calls to +1 have no rate"
        } else {
            continue;
        };
        let at = place(reader, Kind::Deck, &deck.id);
        reader.problems.warning(&at, format!("deck `{}` {found}", deck.id));
    }
}

/// Prices in another currency need a rate from their first instant on (section 1).
fn refuse_currencies_without_rate(reader: &Reader, plan: &Plan) {
    let plans = &plan.settings.currency;
    for deck in plan.decks.iter().filter(|deck| !deck.currency.is_empty() && deck.currency != *plans) {
        let Some(first) = deck.versions.iter().map(|version| version.effective_from).min() else { continue };
        let holds = |rate: &CurrencyRate| rate.currency == deck.currency && rate.from <= first;
        if !plan.currency_rates.iter().any(holds) {
            let at = reader.ids.marked(DECK_CURRENCY, &deck.id);
            let at = at.unwrap_or_else(|| place(reader, Kind::Deck, &deck.id));
            let from = rfc3339(first);
            let found =
                format!("no rate of {} in {plans} at {from}, when deck `{}` starts", deck.currency, deck.id);
            reader.problems.error(&at, found, format!("a line of {CURRENCY_RATES}, from {from} or before"));
        }
    }
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

/// Two trunks of one network, or of one digest user, and one tech prefix are allowed; the lower id takes every
/// call (2.1).
fn warn_shared_sources(reader: &Reader, plan: &Plan) {
    let mut owners: HashMap<(String, &str), Vec<&str>> = HashMap::new();
    for trunk in &plan.trunks {
        let source = |Network { address, prefix_len }: &Network| format!("source {address}/{prefix_len}");
        let sources = trunk.sources.iter().map(source);
        for from in sources.chain(trunk.user.iter().map(|user| format!("user {user:?}"))) {
            owners.entry((from, &trunk.tech_prefix)).or_default().push(&trunk.id);
        }
    }
    for ((from, tech_prefix), mut trunks) in owners {
        trunks.sort_unstable();
        trunks.dedup();
        let Some((first, others)) = trunks.split_first() else { continue };
        let from =
            if tech_prefix.is_empty() { from } else { format!("{from} and tech prefix {tech_prefix}") };
        for other in others {
            let found = format!(
                "trunk `{other}` has {from} in common with trunk `{first}`, which takes its calls: the lower id"
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
