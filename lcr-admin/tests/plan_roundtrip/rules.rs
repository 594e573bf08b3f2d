//! Overrides, exclusions, DIDs, numbering and currencies.

use proptest::prelude::*;
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::{
    CurrencyRate, Did, DidCampaign, Exclusion, ForcedMode, ForcedRoute, NumberBlock, Override, Plan,
};

use super::values::{digits, id, instant, nano, one_of, prefix, prefixes, schedule, validity};

/// An override of all that there is, each part of it given or not.
pub fn override_rule(plan: &Plan) -> BoxedStrategy<Override> {
    let maybe = |id: &str| prop::option::of(Just(id.to_owned()));
    let matches = (maybe(&plan.trunks[0].id), maybe(&plan.accounts[0].id), maybe(&plan.partitions[0].id));
    let when = (prop::option::of(prop_oneof![prefix(), digits("[0-9]{1,6}")]), prop::option::of(schedule()));
    let mode = one_of(&[ForcedMode::Only, ForcedMode::First]);
    let route = plan.routes[0].id.clone();
    let forced = mode.prop_map(move |mode| ForcedRoute { route: route.clone(), mode });
    let effects = prop_oneof![
        (forced.prop_map(Some), prop::option::of(nano()), any::<bool>()),
        (Just(None), nano().prop_map(Some), any::<bool>()),
        (Just(None), Just(None), Just(true)),
    ];
    (id(), matches, when, validity(), effects)
        .prop_map(|(id, matches, when, validity, effects)| Override {
            id,
            trunk: matches.0,
            account: matches.1,
            partition: matches.2,
            prefix: when.0,
            window: when.1,
            valid_from: validity.0,
            valid_until: validity.1,
            forced_route: effects.0,
            custom_rate_per_min: effects.1,
            bypass_lcr: effects.2,
        })
        .boxed()
}

pub fn exclusion(plan: &Plan) -> BoxedStrategy<Exclusion> {
    let maybe = |id: &str| prop::option::of(Just(id.to_owned()));
    let (account, provider) = (maybe(&plan.accounts[0].id), maybe(&plan.providers[0].id));
    (id(), account, provider, prefixes(), prefix(), validity(), "[ -~é\\n\"]{0,9}")
        .prop_map(|(id, account, provider, mut prefixes, one, validity, note)| {
            if provider.is_none() {
                prefixes.push(one);
            }
            let (valid_from, valid_until) = validity;
            Exclusion { id, account, provider, prefixes, valid_from, valid_until, note }
        })
        .boxed()
}

pub fn did(plan: &Plan) -> BoxedStrategy<Did> {
    let (account, partition) = (plan.accounts[0].id.clone(), plan.partitions[0].id.clone());
    (digits("44[1-9][0-9]{4,12}"), prop::option::of(any::<i32>()))
        .prop_map(move |(number, priority)| {
            let campaign = |priority| DidCampaign { partition: partition.clone(), priority };
            Did { number, account: account.clone(), campaigns: priority.into_iter().map(campaign).collect() }
        })
        .boxed()
}

pub fn number_block() -> BoxedStrategy<NumberBlock> {
    (
        "[2-9][0-9]{2}[2-9][0-9]{2}[0-9]?",
        "[A-Z]{2}",
        "([A-Z]{2})?",
        0u32..=99_999,
        "([0-9A-Z]{4})?",
        any::<u8>(),
        "[A-Z, \"]{0,9}",
    )
        .prop_map(|(prefix, country, state, lata, ocn, tier, rate_center)| NumberBlock {
            prefix: Digits::new(prefix.as_bytes()).unwrap(),
            country,
            state,
            lata,
            ocn,
            tier,
            rate_center: rate_center.trim().to_owned(),
        })
        .boxed()
}

/// EUR has a rate from before any deck on.
pub fn currency_rates() -> BoxedStrategy<Vec<CurrencyRate>> {
    let rate = (one_of(&["EUR", "CHF"]), instant(), 1i64..).prop_map(|(currency, from, rate)| CurrencyRate {
        currency: currency.to_owned(),
        from,
        rate: Nano(rate),
    });
    prop::collection::vec(rate, 0..3)
        .prop_map(|mut rates| {
            rates.push(CurrencyRate { currency: "EUR".to_owned(), from: -62_000_000_000, rate: Nano(1) });
            rates
        })
        .boxed()
}
