//! What is written of each thing: its keys, without its id and without the things that stand below it.

use rating_core::money::Nano;
use rating_core::plan::{
    Account, CostPlus, Deck, DeckVersion, Gateway, Member, MinMargin, Partition, Provider, Route, Scope,
    SellKey, Settings, Trunk,
};
use rating_core::tariff::Rounding;

use super::text::{Text, instant_text, rounding_text};
use crate::plan::read::{IJ_POLICIES, PROVIDER_KINDS, STRATEGIES};

pub(crate) fn settings(text: &mut Text, settings: &Settings) {
    text.string("name", &settings.name);
    text.string("currency", &settings.currency);
    text.value("reference_duration_sec", settings.reference_duration_sec);
    text.optional_string("default_partition", settings.default_partition.as_deref());
    text.value("use_ani_lrn", settings.use_ani_lrn);
    text.value("max_duration_sec", settings.max_duration_sec);
    text.value("dial_timeout_sec", settings.dial_timeout_sec);
}

pub(crate) fn account(text: &mut Text, account: &Account) {
    text.active(account.active);
    text.optional_string("sell_deck", account.sell_deck.as_deref());
    if account.sell_key == SellKey::Lrn {
        text.string("sell_key", "lrn");
    }
    if let Some(cost_plus) = account.cost_plus {
        text.value("cost_plus", cost_plus_text(cost_plus));
    }
    match account.min_margin {
        MinMargin::Amount(Nano::ZERO) => {}
        MinMargin::Amount(amount) => text.string("min_margin", &amount.to_string()),
        MinMargin::NanoPercent(percent) => text.string("min_margin", &format!("{}%", Nano(percent))),
        MinMargin::AllowLoss => text.string("min_margin", "allow_loss"),
    }
    text.strings("partitions", &account.partitions);
    text.limits(&account.limits);
}

fn cost_plus_text(cost_plus: CostPlus) -> String {
    format!(
        "{{ margin_percent = \"{}\", fixed_fee_per_min = \"{}\", rounding = {} }}",
        Nano(cost_plus.margin_nano_percent),
        cost_plus.fixed_fee_per_min,
        rounding_text(cost_plus.rounding)
    )
}

pub(crate) fn trunk(text: &mut Text, trunk: &Trunk) {
    text.string("account", &trunk.account);
    text.active(trunk.active);
    let network = |source: &rating_core::plan::Network| format!("{}/{}", source.address, source.prefix_len);
    text.strings("sources", &trunk.sources.iter().map(network).collect::<Vec<_>>());
    text.flag("ani_required", trunk.ani_required);
    text.flag("trust_lrn", trunk.trust_lrn);
    text.strings("partitions", &trunk.partitions);
    text.limits(&trunk.limits);
}

pub(crate) fn provider(text: &mut Text, provider: &Provider) {
    text.active(provider.active);
    text.word("kind", &PROVIDER_KINDS, provider.kind);
    text.word("ij_policy", &IJ_POLICIES, provider.ij_policy);
    text.limits(&provider.limits);
}

pub(crate) fn route(text: &mut Text, route: &Route) {
    text.active(route.active);
    text.optional_string("deck", route.deck.as_deref());
    text.number_unless_zero("quality", route.quality);
    text.limits(&route.limits);
}

pub(crate) fn gateway(text: &mut Text, gateway: &Gateway) {
    text.string("dial_string", &gateway.dial_string);
    text.number_unless_zero("priority", gateway.priority);
    text.active(gateway.active);
}

pub(crate) fn partition(text: &mut Text, partition: &Partition) {
    text.active(partition.active);
    text.word("strategy", &STRATEGIES, partition.strategy);
    if let Some(limit) = partition.rate_limit_per_min {
        text.string("rate_limit_per_min", &limit.to_string());
    }
    text.value("max_results", partition.max_results);
    if let Some(timeout) = partition.dial_timeout_sec {
        text.value("dial_timeout_sec", timeout);
    }
    text.limits(&partition.limits);
}

pub(crate) fn member(text: &mut Text, member: &Member) {
    text.number_unless_zero("priority", member.priority);
    text.active(member.active);
}

pub(crate) fn deck(text: &mut Text, deck: &Deck) {
    if let Some(policy) = deck.ij_policy {
        text.word("ij_policy", &IJ_POLICIES, policy);
    }
    if deck.rounding != Rounding::DEFAULT {
        text.value("rounding", rounding_text(deck.rounding));
    }
}

pub(crate) fn version(text: &mut Text, version: &DeckVersion) {
    text.value("effective_from", instant_text(version.effective_from));
    text.string("scope", if version.scope == Scope::Full { "full" } else { "partial" });
}
