//! What is written of each thing: its keys, without its id and without the things that stand below it.
//!
//! Every field is named once, so that a new one that is not written does not compile.

use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::{
    Account, CostPlus, Deck, DeckVersion, DialRule, Exclusion, ForcedMode, Gateway, Member, MinMargin,
    Network, Override, Partition, Provider, Route, Screening, SellKey, Settings, TrafficClass, Trunk, Wallet,
    WalletKind,
};
use rating_core::tariff::Rounding;

use super::text::{Text, instant_text, quoted, rounding_text};
use crate::plan::read::blocked_prefix_text;
use crate::words::{CountryRule, ScopeKind, Word};

pub(crate) fn settings(text: &mut Text, settings: &Settings) {
    let Settings {
        name,
        currency,
        reference_duration_sec,
        default_partition,
        use_ani_lrn,
        max_duration_sec,
        dial_timeout_sec,
        hold_interval_sec,
        when_table_full,
        emergency_numbers,
        emergency_routes,
        toll_free_npas,
        premium_prefixes,
    } = settings;
    text.string("name", name);
    text.string("currency", currency);
    text.value("reference_duration_sec", reference_duration_sec);
    text.optional_string("default_partition", default_partition.as_deref());
    text.value("use_ani_lrn", use_ani_lrn);
    text.value("max_duration_sec", max_duration_sec);
    text.value("dial_timeout_sec", dial_timeout_sec);
    text.value("hold_interval_sec", hold_interval_sec);
    text.word("when_table_full", *when_table_full);
    text.strings("emergency_numbers", &texts(emergency_numbers));
    text.strings("emergency_routes", emergency_routes);
    text.numbers("toll_free_npas", toll_free_npas);
    text.list("premium_prefixes", texts(premium_prefixes));
}

pub(crate) fn account(text: &mut Text, account: &Account) {
    let Account {
        id: _,
        active,
        sell_deck,
        sell_key,
        cost_plus,
        min_margin,
        partitions,
        limits,
        time_zone,
        traffic,
        screening,
        // They stand below the account.
        wallets: _,
    } = account;
    text.active(*active);
    text.optional_string("sell_deck", sell_deck.as_deref());
    if *sell_key != SellKey::default() {
        text.word("sell_key", *sell_key);
    }
    text.optional_value("cost_plus", cost_plus.map(cost_plus_text));
    match *min_margin {
        MinMargin::Amount(Nano::ZERO) => {}
        MinMargin::Amount(amount) => text.string("min_margin", &amount.to_string()),
        MinMargin::NanoPercent(percent) => text.string("min_margin", &format!("{}%", Nano(percent))),
        MinMargin::AllowLoss => text.string("min_margin", "allow_loss"),
    }
    text.strings("partitions", partitions);
    text.limits(limits);
    text.string_unless_empty("time_zone", time_zone);
    if *traffic != TrafficClass::default() {
        text.word("traffic", *traffic);
    }
    write_screening(text, screening);
}

fn cost_plus_text(cost_plus: CostPlus) -> String {
    let CostPlus { margin_nano_percent, fixed_fee_per_min, rounding } = cost_plus;
    format!(
        "{{ margin_percent = \"{}\", fixed_fee_per_min = \"{fixed_fee_per_min}\", rounding = {} }}",
        Nano(margin_nano_percent),
        rounding_text(rounding)
    )
}

fn write_screening(text: &mut Text, screening: &Screening) {
    let Screening { blocked_ani, allowed_ani, blocked_dnis, allowed_dnis, destination_classes, countries } =
        screening;
    text.list("blocked_ani", texts(blocked_ani));
    text.list("allowed_ani", texts(allowed_ani));
    text.list("blocked_dnis", blocked_dnis.iter().copied().map(blocked_prefix_text).collect());
    text.list("allowed_dnis", texts(allowed_dnis));
    text.words("destination_classes", destination_classes.as_deref());
    match CountryRule::of(countries) {
        (CountryRule::All, _) => {}
        (CountryRule::Only, list) => text.optional_strings("countries", Some(list)),
        (CountryRule::AllBut, list) => text.optional_strings("countries_except", Some(list)),
    }
}

pub(crate) fn wallet(text: &mut Text, wallet: &Wallet) {
    let Wallet { id: _, kind, priority, threshold, credit_limit } = wallet;
    match kind {
        WalletKind::Money => {
            text.number_unless_zero("priority", *priority);
            let money = |nano: &i64| Some(Nano(*nano)).filter(|amount| *amount != Nano::ZERO);
            text.optional_amount("threshold", money(threshold));
            text.optional_amount("credit_limit", money(credit_limit));
        }
        WalletKind::Seconds => {
            text.word("kind", *kind);
            text.number_unless_zero("priority", *priority);
            let seconds = |sec: &i64| Some(*sec).filter(|sec| *sec != 0);
            text.optional_value("threshold_sec", seconds(threshold));
            text.optional_value("credit_limit_sec", seconds(credit_limit));
        }
    }
}

pub(crate) fn trunk(text: &mut Text, trunk: &Trunk) {
    let Trunk {
        id: _,
        account,
        active,
        sources,
        user,
        tech_prefix,
        dial_rules,
        provider,
        screening,
        ani_required,
        trust_lrn,
        partitions,
        limits,
    } = trunk;
    text.string("account", account);
    text.active(*active);
    let network = |Network { address, prefix_len }: &Network| format!("{address}/{prefix_len}");
    text.strings("sources", &sources.iter().map(network).collect::<Vec<_>>());
    text.optional_string("user", user.as_deref());
    text.string_unless_empty("tech_prefix", tech_prefix);
    if !dial_rules.is_empty() {
        let rules: Vec<String> = dial_rules.iter().map(dial_rule_text).collect();
        text.value("dial_rules", format!("[{}]", rules.join(", ")));
    }
    text.optional_string("provider", provider.as_deref());
    text.flag("ani_required", *ani_required);
    text.flag("trust_lrn", *trust_lrn);
    text.strings("partitions", partitions);
    text.limits(limits);
    write_screening(text, screening);
}

fn dial_rule_text(rule: &DialRule) -> String {
    let DialRule { prefix, len, strip, add } = rule;
    let parts = [
        (!prefix.is_empty()).then(|| format!("prefix = {}", quoted(prefix))),
        len.map(|len| format!("len = {len}")),
        (*strip != 0).then(|| format!("strip = {strip}")),
        (!add.is_empty()).then(|| format!("add = \"{add}\"")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", parts.join(", ")) }
}

pub(crate) fn provider(text: &mut Text, provider: &Provider) {
    let Provider { id: _, active, kind, ij_policy, limits, time_zone, traffic } = provider;
    text.active(*active);
    text.word("kind", *kind);
    text.word("ij_policy", *ij_policy);
    text.limits(limits);
    text.string_unless_empty("time_zone", time_zone);
    text.words("traffic", traffic.as_deref());
}

/// The provider is not among them: routes stand below theirs.
pub(crate) fn route(text: &mut Text, route: &Route) {
    let Route { id: _, provider: _, deck, active, quality, limits, ani_classes } = route;
    text.active(*active);
    text.optional_string("deck", deck.as_deref());
    text.number_unless_zero("quality", *quality);
    text.limits(limits);
    text.words("ani_classes", ani_classes.as_deref());
}

/// The route is not among them: gateways stand below theirs.
pub(crate) fn gateway(text: &mut Text, gateway: &Gateway) {
    let Gateway { id: _, route: _, dial_string, priority, weight, active, latas, limits } = gateway;
    text.string("dial_string", dial_string);
    text.number_unless_zero("priority", *priority);
    text.optional_value("weight", *weight);
    text.active(*active);
    text.numbers("latas", latas);
    text.limits(limits);
}

pub(crate) fn partition(text: &mut Text, partition: &Partition) {
    let Partition {
        id: _,
        active,
        strategy,
        // They stand below the partition.
        members: _,
        schedule,
        min_quality,
        rate_limit_per_min,
        max_results,
        dial_timeout_sec,
        limits,
    } = partition;
    text.active(*active);
    text.word("strategy", *strategy);
    text.schedule("schedule", schedule.as_ref());
    text.optional_value("min_quality", *min_quality);
    text.optional_amount("rate_limit_per_min", *rate_limit_per_min);
    text.value("max_results", max_results);
    text.optional_value("dial_timeout_sec", *dial_timeout_sec);
    text.limits(limits);
}

pub(crate) fn member(text: &mut Text, member: &Member) {
    let Member { route: _, priority, weight, active, limits } = member;
    text.number_unless_zero("priority", *priority);
    text.optional_value("weight", *weight);
    text.active(*active);
    text.limits(limits);
}

pub(crate) fn deck(text: &mut Text, deck: &Deck) {
    // Versions stand below the deck.
    let Deck { id: _, ij_policy, currency, rounding, versions: _ } = deck;
    text.optional_string("ij_policy", ij_policy.map(Word::word));
    text.string_unless_empty("currency", currency);
    if *rounding != Rounding::DEFAULT {
        text.value("rounding", rounding_text(*rounding));
    }
}

pub(crate) fn version(text: &mut Text, version: &DeckVersion) {
    // Rows are in files of their own.
    let DeckVersion { number: _, effective_from, scope, rows: _, ocn_rows: _, cic_rows: _ } = version;
    text.value("effective_from", instant_text(*effective_from));
    let (kind, countries) = ScopeKind::of(scope);
    text.word("scope", kind);
    text.strings("countries", countries);
}

pub(crate) fn override_rule(text: &mut Text, rule: &Override) {
    let Override {
        id: _,
        trunk,
        account,
        partition,
        prefix,
        window,
        valid_from,
        valid_until,
        forced_route,
        custom_rate_per_min,
        bypass_lcr,
    } = rule;
    text.optional_string("trunk", trunk.as_deref());
    text.optional_string("account", account.as_deref());
    text.optional_string("partition", partition.as_deref());
    text.optional_string("prefix", prefix.map(|prefix| prefix.to_string()).as_deref());
    text.schedule("window", window.as_ref());
    text.optional_instant("valid_from", *valid_from);
    text.optional_instant("valid_until", *valid_until);
    if let Some(forced) = forced_route {
        text.string("forced_route", &forced.route);
        if forced.mode != ForcedMode::default() {
            text.word("forced_mode", forced.mode);
        }
    }
    text.optional_amount("custom_rate_per_min", *custom_rate_per_min);
    text.flag("bypass_lcr", *bypass_lcr);
}

pub(crate) fn exclusion(text: &mut Text, rule: &Exclusion) {
    let Exclusion { id: _, account, provider, prefixes, valid_from, valid_until, note } = rule;
    text.optional_string("account", account.as_deref());
    text.optional_string("provider", provider.as_deref());
    text.list("prefixes", texts(prefixes));
    text.optional_instant("valid_from", *valid_from);
    text.optional_instant("valid_until", *valid_until);
    text.string_unless_empty("note", note);
}

fn texts(digits: &[Digits]) -> Vec<String> {
    digits.iter().map(Digits::to_string).collect()
}
