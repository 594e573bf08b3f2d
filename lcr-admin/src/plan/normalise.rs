//! The canonical order of a plan: two sources of one plan give equal values.

use rating_core::plan::{
    Account, Countries, Deck, Gateway, Limits, LocalPair, Network, Partition, Plan, Provider, Route, Scope,
    Screening, Settings, Trunk,
};

use super::read::in_place;

/// Sorts everything whose order means nothing. What is tried in its order keeps it: partitions of accounts and
/// trunks, emergency routes, dialling rules, windows.
pub fn normalise(plan: &mut Plan) {
    sort_settings(&mut plan.settings);
    plan.accounts.sort_by(|a, b| a.id.cmp(&b.id));
    plan.accounts.iter_mut().for_each(sort_account);
    plan.trunks.sort_by(|a, b| a.id.cmp(&b.id));
    plan.trunks.iter_mut().for_each(sort_trunk);
    plan.providers.sort_by(|a, b| a.id.cmp(&b.id));
    plan.providers.iter_mut().for_each(sort_provider);
    plan.routes.sort_by(|a, b| a.id.cmp(&b.id));
    plan.routes.iter_mut().for_each(sort_route);
    plan.gateways.sort_by(|a, b| a.id.cmp(&b.id));
    plan.gateways.iter_mut().for_each(sort_gateway);
    plan.partitions.sort_by(|a, b| a.id.cmp(&b.id));
    plan.partitions.iter_mut().for_each(sort_partition);
    plan.decks.sort_by(|a, b| a.id.cmp(&b.id));
    in_place(&mut plan.decks, sort_versions);
    plan.numbering.sort_by_key(|block| block.prefix);
    plan.local_calling.iter_mut().for_each(lower_first);
    plan.local_calling.sort_by(|a, b| pair_key(a).cmp(&pair_key(b)));
    plan.local_calling.dedup();
    sort_rules(plan);
}

fn sort_rules(plan: &mut Plan) {
    plan.dids.sort_by_key(|did| did.number);
    for did in &mut plan.dids {
        did.campaigns.sort_by(|a, b| a.partition.cmp(&b.partition));
    }
    plan.overrides.sort_by(|a, b| a.id.cmp(&b.id));
    plan.exclusions.sort_by(|a, b| a.id.cmp(&b.id));
    plan.exclusions.iter_mut().for_each(|exclusion| sort_set(&mut exclusion.prefixes));
    sort_set(&mut plan.dno);
    plan.currency_rates.sort_by(|a, b| (&a.currency, a.from).cmp(&(&b.currency, b.from)));
}

/// Sorts a list in which an entry means the same once and twice.
fn sort_set<T: Ord>(list: &mut Vec<T>) {
    list.sort_unstable();
    list.dedup();
}

fn sort_settings(settings: &mut Settings) {
    sort_set(&mut settings.emergency_numbers);
    sort_set(&mut settings.toll_free_npas);
    sort_set(&mut settings.premium_prefixes);
}

fn sort_limits(limits: &mut Limits) {
    limits.volumes.sort_by_key(|volume| (volume.period, volume.counts));
}

fn sort_account(account: &mut Account) {
    sort_limits(&mut account.limits);
    sort_screening(&mut account.screening);
    account.wallets.sort_by(|a, b| a.id.cmp(&b.id));
}

fn sort_trunk(trunk: &mut Trunk) {
    sort_limits(&mut trunk.limits);
    sort_screening(&mut trunk.screening);
    trunk.sources.iter_mut().for_each(plain_ipv4);
    trunk.sources.sort_by_key(|source| (source.address, source.prefix_len));
    trunk.sources.dedup();
}

fn sort_screening(screening: &mut Screening) {
    sort_set(&mut screening.blocked_ani);
    sort_set(&mut screening.allowed_ani);
    sort_set(&mut screening.blocked_dnis);
    sort_set(&mut screening.allowed_dnis);
    screening.destination_classes.iter_mut().for_each(sort_set);
    match &mut screening.countries {
        Countries::All => {}
        Countries::Only(list) | Countries::AllBut(list) => sort_set(list),
    }
}

fn sort_provider(provider: &mut Provider) {
    sort_limits(&mut provider.limits);
    provider.traffic.iter_mut().for_each(sort_set);
}

fn sort_route(route: &mut Route) {
    sort_limits(&mut route.limits);
    route.ani_classes.iter_mut().for_each(sort_set);
}

fn sort_gateway(gateway: &mut Gateway) {
    sort_limits(&mut gateway.limits);
    sort_set(&mut gateway.latas);
}

fn sort_partition(partition: &mut Partition) {
    sort_limits(&mut partition.limits);
    partition.members.sort_by(|a, b| a.route.cmp(&b.route));
    partition.members.iter_mut().for_each(|member| sort_limits(&mut member.limits));
}

fn sort_versions(deck: &mut Deck) {
    deck.versions.sort_by_key(|version| version.number);
    for version in &mut deck.versions {
        version.rows.sort_by_key(|row| (row.prefix, row.terms.starts));
        version.ocn_rows.sort_by_key(|row| (row.ocn, row.lata, row.tier, row.row.terms.starts));
        version.cic_rows.sort_by_key(|row| (row.cic, row.row.terms.starts));
        if let Scope::Country(countries) = &mut version.scope {
            sort_set(countries);
        }
    }
}

/// `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
fn plain_ipv4(network: &mut Network) {
    let plain = network.address.to_canonical();
    if plain != network.address && network.prefix_len >= 96 {
        *network = Network { address: plain, prefix_len: network.prefix_len - 96 };
    }
}

/// A pair calls both ways, so the lower of the two comes first.
fn lower_first(pair: &mut LocalPair) {
    if (&pair.state_a, &pair.rate_center_a) > (&pair.state_b, &pair.rate_center_b) {
        std::mem::swap(&mut pair.state_a, &mut pair.state_b);
        std::mem::swap(&mut pair.rate_center_a, &mut pair.rate_center_b);
    }
}

fn pair_key(pair: &LocalPair) -> (&str, &str, &str, &str) {
    (&pair.state_a, &pair.rate_center_a, &pair.state_b, &pair.rate_center_b)
}
