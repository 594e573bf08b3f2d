//! Settings, accounts, trunks.

use proptest::prelude::*;
use rating_core::plan::{
    Account, CostPlus, DialRule, MinMargin, SellKey, Settings, TrafficClass, Trunk, WhenTableFull,
};

use super::values::{
    digits, id, limits, nano, network, one_of, prefixes, rounding, screening, time_zone, wallets,
};

/// Settings without what refers to something.
pub fn settings() -> BoxedStrategy<Settings> {
    let text = ("[ -~é\\n\\t\"]{0,12}", "[A-Z]{3}");
    let times = (1u32..=86_400, 1u32..=604_800, 1u32..=300, 1u32..=86_400);
    let lists = (
        prop::collection::vec(digits("[0-9]{2,15}"), 0..3),
        prop::collection::vec(prop::sample::select(free_npas()), 0..3),
        prefixes(),
    );
    (text, times, any::<bool>(), lists)
        .prop_map(|((name, currency), times, use_ani_lrn, lists)| Settings {
            name: format!("x{name}"),
            currency,
            reference_duration_sec: times.0,
            default_partition: None,
            use_ani_lrn,
            max_duration_sec: times.1,
            dial_timeout_sec: times.2,
            hold_interval_sec: times.3,
            when_table_full: if times.3 % 2 == 0 {
                WhenTableFull::Refuse
            } else {
                WhenTableFull::DropRecords
            },
            emergency_numbers: lists.0,
            emergency_routes: Vec::new(),
            toll_free_npas: lists.1,
            premium_prefixes: lists.2,
        })
        .boxed()
}

/// Area codes of no country.
fn free_npas() -> Vec<u16> {
    (200..=999).filter(|npa| rating_core::lerg::npa::place(u32::from(*npa)).country == [0; 2]).collect()
}

pub fn account(decks: Vec<String>, partitions: Vec<String>) -> BoxedStrategy<Account> {
    let cost_plus = (nano(), nano(), rounding()).prop_map(|(margin, fixed_fee_per_min, rounding)| CostPlus {
        margin_nano_percent: margin.0,
        fixed_fee_per_min,
        rounding,
    });
    let min_margin = prop_oneof![
        nano().prop_map(MinMargin::Amount),
        (0i64..=100_000_000_000).prop_map(MinMargin::NanoPercent),
        Just(MinMargin::AllowLoss),
    ];
    let key = prop::sample::select(vec![SellKey::Dnis, SellKey::Lrn]);
    let deck = prop::option::of(prop::sample::select(decks));
    let count = partitions.len();
    let lists = prop::sample::subsequence(partitions, 0..=count).prop_shuffle();
    let more = (limits(), time_zone(), one_of(TrafficClass::ALL), screening(), wallets());
    (id(), any::<bool>(), deck, key, prop::option::of(cost_plus), min_margin, lists, more)
        .prop_map(|(id, active, sell_deck, sell_key, cost_plus, min_margin, partitions, more)| Account {
            id,
            active,
            sell_deck,
            sell_key,
            cost_plus,
            min_margin,
            partitions,
            limits: more.0,
            time_zone: more.1,
            traffic: more.2,
            screening: more.3,
            wallets: more.4,
        })
        .boxed()
}

pub fn dial_rule() -> BoxedStrategy<DialRule> {
    let len = prop::option::of(1u8..);
    ("[+]?[0-9]{0,4}", len, 0u8.., digits("[0-9]{0,15}"))
        .prop_map(|(prefix, len, strip, add)| DialRule {
            prefix,
            len,
            strip: strip.min(len.unwrap_or(u8::MAX)),
            add,
        })
        .boxed()
}

pub fn trunk(account: String, provider: String) -> BoxedStrategy<Trunk> {
    let sources = prop::collection::vec(network(), 0..4);
    let user = prop::option::of("[!-~é][ -~é]{0,9}[!-~é]");
    let dialling = ("[0-9*#]{0,15}", prop::collection::vec(dial_rule(), 0..3), any::<bool>());
    (id(), any::<bool>(), sources, user, dialling, any::<bool>(), any::<bool>(), screening(), limits())
        .prop_map(move |(id, active, sources, user, dialling, ani_required, trust_lrn, screening, limits)| {
            Trunk {
                id,
                account: account.clone(),
                active,
                sources,
                user,
                tech_prefix: dialling.0,
                dial_rules: dialling.1,
                provider: dialling.2.then(|| provider.clone()),
                screening,
                ani_required,
                trust_lrn,
                partitions: Vec::new(),
                limits,
            }
        })
        .boxed()
}
