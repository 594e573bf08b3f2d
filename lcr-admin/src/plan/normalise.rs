//! The canonical order of a plan: two sources of one plan give equal values.

use rating_core::plan::{Deck, LocalPair, Network, Plan};

/// Sorts everything whose order means nothing. Lists of partitions keep theirs: it is their priority.
pub fn normalise(plan: &mut Plan) {
    plan.accounts.sort_by(|a, b| a.id.cmp(&b.id));
    plan.trunks.sort_by(|a, b| a.id.cmp(&b.id));
    for trunk in &mut plan.trunks {
        trunk.sources.iter_mut().for_each(plain_ipv4);
        trunk.sources.sort_by_key(|source| (source.address, source.prefix_len));
        trunk.sources.dedup();
    }
    plan.providers.sort_by(|a, b| a.id.cmp(&b.id));
    plan.routes.sort_by(|a, b| a.id.cmp(&b.id));
    plan.gateways.sort_by(|a, b| a.id.cmp(&b.id));
    plan.partitions.sort_by(|a, b| a.id.cmp(&b.id));
    for partition in &mut plan.partitions {
        partition.members.sort_by(|a, b| a.route.cmp(&b.route));
    }
    plan.decks.sort_by(|a, b| a.id.cmp(&b.id));
    plan.decks.iter_mut().for_each(sort_versions);
    plan.numbering.sort_by_key(|block| block.prefix);
    plan.local_calling.iter_mut().for_each(lower_first);
    plan.local_calling.sort_by(|a, b| pair_key(a).cmp(&pair_key(b)));
    plan.local_calling.dedup();
}

fn sort_versions(deck: &mut Deck) {
    deck.versions.sort_by_key(|version| version.number);
    for version in &mut deck.versions {
        version.rows.sort_by_key(|row| (row.prefix, row.starts));
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
