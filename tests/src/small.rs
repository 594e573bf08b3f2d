//! A small plan to change from test to test, and both deciders asked at once: for tests that prove one rule.
//!
//! Account `acme` sells at buy cost and takes any loss; its trunk `main` is 192.0.2.0/24 and trusted with LRNs;
//! what has no partition uses `prime`. Expected values are the test's own: nothing here knows any.

use std::net::{IpAddr, Ipv4Addr};

use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::*;
use rating_core::tariff::Rounding;

use crate::differential::{Core, differences};
use crate::model::{self, Answer, Call, Live, Origin};

/// 2026-11-21T12:00:00Z, a Saturday.
pub const AT: i64 = 1_795_262_400;
/// In Colorado.
pub const DENVER: &str = "13035550100";
/// In New York.
pub const NEW_YORK: &str = "12125550100";

/// Nano-units of a decimal.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn usd(amount: &str) -> Nano {
    Nano::parse(amount.as_bytes()).expect("a decimal")
}

/// Digits of a text.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn digits(text: &str) -> Digits {
    Digits::new(text.as_bytes()).expect("digits")
}

/// `""` is missing, `blocked` is blocked.
#[must_use]
pub fn per_min(amount: &str) -> Price {
    match amount {
        "" => Price::Missing,
        "blocked" => Price::Blocked,
        amount => Price::PerMin(usd(amount)),
    }
}

/// One price for all.
#[must_use]
pub fn flat(amount: &str) -> Prices {
    Prices { default: per_min(amount), ..Default::default() }
}

/// Interstate and intrastate.
#[must_use]
pub fn by_state(interstate: &str, intrastate: &str) -> Prices {
    Prices { interstate: per_min(interstate), intrastate: per_min(intrastate), ..Default::default() }
}

/// A row that bills minutes.
#[must_use]
pub fn row(prefix: &str, prices: Prices) -> DeckRow {
    DeckRow {
        prefix: digits(prefix),
        prices,
        terms: RowTerms { first_sec: 60, increment_sec: 60, ..RowTerms::default() }.into(),
        ..Default::default()
    }
}

/// A version.
#[must_use]
pub fn version(number: u32, effective_from: UtcSec, scope: Scope, rows: Vec<DeckRow>) -> DeckVersion {
    DeckVersion { number, effective_from, scope, rows, ..Default::default() }
}

/// Without routes.
#[must_use]
pub fn plan() -> Plan {
    Plan {
        settings: Settings {
            name: "small".into(),
            default_partition: Some("prime".into()),
            use_ani_lrn: true,
            ..Default::default()
        },
        accounts: vec![account("acme")],
        trunks: vec![trunk("main", "acme", "192.0.2.0", 24)],
        partitions: vec![Partition { id: "prime".into(), ..Default::default() }],
        ..Default::default()
    }
}

/// Sells at buy cost and takes any loss.
#[must_use]
pub fn account(id: &str) -> Account {
    let at_cost =
        CostPlus { margin_nano_percent: 0, fixed_fee_per_min: Nano::ZERO, rounding: Rounding::DEFAULT };
    Account {
        id: id.into(),
        cost_plus: Some(at_cost),
        min_margin: MinMargin::AllowLoss,
        ..Default::default()
    }
}

/// Trusted with LRNs.
///
/// # Panics
/// If the address is none.
#[must_use]
pub fn trunk(id: &str, account: &str, address: &str, prefix_len: u8) -> Trunk {
    let address = address.parse().expect("an address");
    Trunk {
        id: id.into(),
        account: account.into(),
        sources: vec![Network { address, prefix_len }],
        trust_lrn: true,
        ..Default::default()
    }
}

/// A provider, a deck of one version, a route and a gateway, all of one name, as a member of the first partition.
pub fn add(plan: &mut Plan, id: &str, kind: ProviderKind, rows: Vec<DeckRow>) {
    plan.providers.push(Provider { id: id.into(), kind, ..Default::default() });
    let versions = vec![version(1, 0, Scope::Full, rows)];
    plan.decks.push(Deck { id: id.into(), versions, ..Default::default() });
    plan.routes.push(Route {
        id: id.into(),
        provider: id.into(),
        deck: Some(id.into()),
        ..Default::default()
    });
    add_gateway(plan, id, 1);
    plan.partitions[0].members.push(Member { route: id.into(), ..Default::default() });
}

/// A gateway `route-gwN`.
pub fn add_gateway(plan: &mut Plan, route: &str, number: u32) {
    plan.gateways.push(Gateway {
        id: format!("{route}-gw{number}"),
        route: route.into(),
        dial_string: format!("sip:+${{number}}@gw{number}.{route}.example:5060"),
        ..Default::default()
    });
}

/// Routes `a` at 0.03 a minute, `b` at 0.01, `c` at 0.02, to all of the US.
#[must_use]
pub fn three() -> Plan {
    let mut plan = plan();
    for (id, price) in [("a", "0.03"), ("b", "0.01"), ("c", "0.02")] {
        add(&mut plan, id, ProviderKind::Dnis, vec![row("1", flat(price))]);
    }
    plan
}

/// From Denver, on trunk `main`.
#[must_use]
pub fn to(dnis: &str) -> Call {
    Call::new(AT, Origin::Source(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10))), DENVER, dnis)
}

/// What both core and the model say.
///
/// # Panics
/// Where they differ, or core refuses the plan.
#[must_use]
pub fn ask_live(plan: &Plan, live: &Live, call: &Call) -> Answer {
    let expected = model::decide(plan, live, call);
    let at = call.at_ns.div_euclid(1_000_000_000);
    let core = Core::new(plan, live, (at, at + 1)).unwrap_or_else(|error| panic!("{error}"));
    let told = core.decide(call);
    let differences = differences(&expected, &told);
    assert!(differences.is_empty(), "core and model disagree: {differences:#?}");
    assert!(!expected.is_outside, "the model does not know the numbers of this call");
    expected
}

/// What both say where nothing is live.
#[must_use]
pub fn ask(plan: &Plan, call: &Call) -> Answer {
    ask_live(plan, &Live::default(), call)
}

/// The routes of an answer in order, or its reject: `"b c a"`, `"no_route"`.
#[must_use]
pub fn outcome(answer: &Answer) -> String {
    match answer.reject {
        Some(reason) => reason.name().into(),
        None if answer.emergency => {
            answer.legs.iter().map(|(_, gateway)| gateway.as_str()).collect::<Vec<_>>().join(" ")
        }
        None => answer.kept.iter().map(|kept| kept.route.as_str()).collect::<Vec<_>>().join(" "),
    }
}

/// [`outcome`] of a call where nothing is live.
#[must_use]
pub fn decided(plan: &Plan, call: &Call) -> String {
    outcome(&ask(plan, call))
}

/// Why a route dropped, or `kept`.
#[must_use]
pub fn fate(answer: &Answer, route: &str) -> &'static str {
    answer.dropped.get(route).map_or("kept", |reason| reason.name())
}
