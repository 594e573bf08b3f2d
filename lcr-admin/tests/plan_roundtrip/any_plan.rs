//! Any plan that a directory can hold.

use lcr_admin::plan::normalise;
use proptest::prelude::*;
use rating_core::plan::{LocalPair, Plan, Settings};

use super::carriers::carrier;
use super::decks::deck;
use super::owners::{account, settings, trunk};
use super::rules::{currency_rates, did, exclusion, number_block, override_rule};
use super::values::digits;

pub fn any_plan() -> BoxedStrategy<Plan> {
    let numbering = prop::collection::vec(number_block(), 0..5);
    let local = prop::collection::vec(("[A-Z]{2}", "[A-Z]{1,5}", "[A-Z]{2}", "[A-Z]{1,5}"), 0..4);
    (deck(), settings(), numbering, local)
        .prop_flat_map(|(deck, settings, numbering, local)| {
            let carrier = carrier(deck.id.clone());
            (Just((deck, settings, numbering, local)), carrier)
        })
        .prop_flat_map(|(head, carrier)| {
            let account = account(vec![head.0.id.clone()], vec![carrier.3.id.clone()]);
            (Just((head, carrier)), account)
        })
        .prop_flat_map(|(head, account)| {
            let trunk = trunk(account.id.clone(), head.1.0.id.clone());
            (Just((head, account)), trunk)
        })
        .prop_map(|((((deck, settings, numbering, local), carrier), account), trunk)| {
            let (provider, route, gateways, partition) = carrier;
            let local_calling = local
                .into_iter()
                .map(|(state_a, rate_center_a, state_b, rate_center_b)| LocalPair {
                    state_a,
                    rate_center_a,
                    state_b,
                    rate_center_b,
                })
                .collect();
            Plan {
                settings: Settings {
                    default_partition: Some(partition.id.clone()),
                    emergency_routes: vec![route.id.clone()],
                    ..settings
                },
                accounts: vec![account],
                trunks: vec![trunk],
                providers: vec![provider],
                routes: vec![route],
                gateways,
                partitions: vec![partition],
                decks: vec![deck],
                numbering,
                local_calling,
                dids: Vec::new(),
                overrides: Vec::new(),
                exclusions: Vec::new(),
                dno: Vec::new(),
                currency_rates: Vec::new(),
            }
        })
        .prop_flat_map(|plan| {
            let rules = (
                prop::collection::vec(override_rule(&plan), 0..3),
                prop::collection::vec(exclusion(&plan), 0..3),
                prop::collection::vec(did(&plan), 0..3),
                prop::collection::vec(digits("[0-9]{3}|[0-9]{6,7}|[0-9]{10}"), 0..4),
                currency_rates(),
            );
            (Just(plan), rules)
        })
        .prop_map(|(mut plan, rules)| {
            (plan.overrides, plan.exclusions, plan.dids, plan.dno, plan.currency_rates) = rules;
            plan.currency_rates.retain(|rate| rate.currency != plan.settings.currency);
            normalise(&mut plan);
            plan.numbering.dedup_by_key(|block| block.prefix);
            plan.overrides.dedup_by(|a, b| a.id == b.id);
            plan.exclusions.dedup_by(|a, b| a.id == b.id);
            plan.dids.dedup_by_key(|did| did.number);
            plan.currency_rates.dedup_by(|a, b| (&a.currency, a.from) == (&b.currency, b.from));
            plan
        })
        .boxed()
}
