//! What a route costs: keys, versions, longest match, blocked rows, prefix 1.

use rating_core::plan::*;
use tandem_tests::model::{Call, Lrn};
use tandem_tests::small::*;

fn one(kind: ProviderKind, rows: Vec<DeckRow>) -> Plan {
    let mut plan = plan();
    add(&mut plan, "r", kind, rows);
    plan
}

/// Cost and what matched, or why not.
fn cost(plan: &Plan, call: &Call) -> String {
    let answer = ask(plan, call);
    match answer.kept.first() {
        Some(kept) => format!("{} by {}", kept.cost, kept.matched),
        None => fate(&answer, "r").to_owned(),
    }
}

fn ported(dnis: &str, lrn: &str) -> Call {
    Call { dnis_lrn: Some(Lrn { text: lrn.into(), dipped: true }), ..to(dnis) }
}

#[test]
fn r4_1_the_key_is_the_providers() {
    let rows = || vec![row("1212", flat("0.01")), row("1719", flat("0.02")), row("44", flat("0.03"))];
    let call = ported(NEW_YORK, "17195550000");
    for (kind, expected) in [
        (ProviderKind::Lrn, "0.02 by 4"),
        (ProviderKind::Dnis, "0.01 by 4"),
        (ProviderKind::International, "0.01 by 4"),
        (ProviderKind::CustomerTrunk, "0.01 by 4"),
        (ProviderKind::OcnLata, "no_rate"),
        (ProviderKind::RateDeck, "disabled"),
    ] {
        let plan = one(kind, rows());
        assert_eq!(cost(&plan, &call), expected, "{kind:?}");
        let abroad = if kind == ProviderKind::RateDeck { "disabled" } else { "0.03 by 2" };
        assert_eq!(cost(&plan, &to("+442079460958")), abroad, "{kind:?}: outside NANP by DNIS always");
    }
}

#[test]
fn r4_1_ocn_and_lata_then_ocn_then_lata_each_with_the_tier_first() {
    let mut plan = one(ProviderKind::OcnLata, vec![]);
    let mut blocks = ["212555", "212634", "415555"].map(|prefix| NumberBlock {
        prefix: digits(prefix),
        country: "US".into(),
        lata: 132,
        ocn: "6529".into(),
        ..Default::default()
    });
    blocks[1].tier = 2;
    (blocks[2].ocn, blocks[2].tier) = (String::new(), 2);
    plan.numbering = blocks.into();
    let of = |ocn: Option<&[u8; 4]>, lata: Option<u32>, tier: Option<u8>, price: &str| OcnRow {
        ocn: ocn.copied(),
        lata,
        tier,
        row: DeckRow { prefix: Default::default(), ..row("1", flat(price)) },
    };
    let ocn = Some(b"6529");
    plan.decks[0].versions[0].ocn_rows = vec![
        of(ocn, Some(132), None, "0.01"),
        of(ocn, Some(132), Some(2), "0.02"),
        of(ocn, None, None, "0.03"),
        of(None, Some(132), Some(2), "0.04"),
        of(None, Some(132), None, "0.05"),
    ];
    assert_eq!(cost(&plan, &to("12125550100")), "0.01 by 16");
    assert_eq!(cost(&plan, &to("12126340100")), "0.02 by 16");
    assert_eq!(cost(&plan, &to("14155550100")), "0.04 by 18", "no OCN: any OCN, with its tier");
    let elsewhere = Call { lata: Some(222), ..to("12126340100") };
    assert_eq!(cost(&plan, &elsewhere), "0.03 by 17", "what is given wins");
    assert_eq!(cost(&plan, &to("13035550100")), "no_rate", "nothing known matches nothing");
    // The first row that exists decides alone.
    plan.decks[0].versions[0].ocn_rows[0].row.prices = by_state("", "0.01");
    assert_eq!(cost(&plan, &to("12125550100")), "no_rate");
}

#[test]
fn r4_1_a_route_without_a_deck_matches_every_number_at_no_cost() {
    let mut plan = one(ProviderKind::Dnis, vec![]);
    plan.routes[0].deck = None;
    for dnis in [NEW_YORK, "18005550100", "+442079460958", "19005550100"] {
        assert_eq!(cost(&plan, &to(dnis)), "0 by 0", "{dnis}");
    }
}

fn at(sec: i64) -> Call {
    Call { at_ns: sec * 1_000_000_000, ..to(NEW_YORK) }
}

#[test]
fn r4_2_the_latest_started_version_that_has_the_code() {
    let mut plan = one(ProviderKind::Dnis, vec![]);
    let flat_row = |price: &str| vec![row("1212", flat(price))];
    plan.decks[0].versions = vec![
        version(1, 0, Scope::Full, flat_row("0.01")),
        version(3, AT, Scope::Partial, flat_row("0.03")),
        version(2, AT, Scope::Partial, flat_row("0.02")),
    ];
    assert_eq!(cost(&plan, &Call { at_ns: AT * 1_000_000_000 - 1, ..to(NEW_YORK) }), "0.01 by 4");
    let answer = ask(&plan, &at(AT));
    assert_eq!(
        (answer.kept[0].cost, answer.kept[0].deck_version),
        (usd("0.03"), 3),
        "of equal instants the higher"
    );
}

#[test]
fn r4_2_scope_full_and_country_end_absent_codes_partial_does_not() {
    let mut plan = one(ProviderKind::Dnis, vec![]);
    let mut old = vec![row("1", flat("0.01")), row("1212", flat("0.02")), row("44", flat("0.03"))];
    // Dated later than the version that ends it.
    old[1].terms_mut().starts = Some(AT - 10);
    let with = |scope: Scope| {
        let mut plan = plan.clone();
        let new = vec![row("33", flat("0.09"))];
        plan.decks[0].versions =
            vec![version(1, 0, Scope::Full, old.clone()), version(2, AT - 100, scope, new)];
        plan
    };
    let london = to("+442079460958");
    let partial = with(Scope::Partial);
    assert_eq!((cost(&partial, &at(AT)), cost(&partial, &london)), ("0.02 by 4".into(), "0.03 by 2".into()));
    let full = with(Scope::Full);
    assert_eq!((cost(&full, &at(AT)), cost(&full, &london)), ("no_rate".into(), "no_rate".into()));
    let us = with(Scope::Country(vec!["US".into()]));
    assert_eq!((cost(&us, &at(AT)), cost(&us, &london)), ("no_rate".into(), "0.03 by 2".into()));
    plan.decks[0].versions = vec![
        version(1, 0, Scope::Full, vec![row("4", flat("0.04")), row("44", flat("0.03"))]),
        version(2, AT, Scope::Country(vec!["GB".into()]), vec![row("33", flat("0.09"))]),
    ];
    assert_eq!(cost(&plan, &london), "0.04 by 1", "4 reaches into several countries and belongs to none");
}

#[test]
fn r4_2_dates_of_rows() {
    let mut plan = one(ProviderKind::Dnis, vec![]);
    let dated = |price: &str, starts: Option<i64>, ends: Option<i64>| {
        row("1212", flat(price)).with(|terms| (terms.starts, terms.ends) = (starts, ends))
    };
    plan.decks[0].versions = vec![
        version(1, 0, Scope::Full, vec![row("1", flat("0.01")), row("1212", flat("0.02"))]),
        version(2, AT, Scope::Partial, vec![dated("0.03", Some(AT + 10), Some(AT + 20))]),
    ];
    assert_eq!(cost(&plan, &at(AT)), "0.02 by 4", "the older row stands until the newer one starts");
    assert_eq!(cost(&plan, &at(AT + 10)), "0.03 by 4");
    assert_eq!(cost(&plan, &at(AT + 19)), "0.03 by 4");
    assert_eq!(cost(&plan, &at(AT + 20)), "0.01 by 1", "no older version revives; a shorter prefix prices");
    plan.decks[0].versions[1].rows =
        vec![dated("0.03", Some(AT), None), dated("0.04", Some(AT + 10), Some(AT + 20))];
    assert_eq!(cost(&plan, &at(AT + 15)), "0.04 by 4", "of one version's rows the latest started");
    assert_eq!(cost(&plan, &at(AT + 20)), "0.03 by 4", "that has not ended");
}

#[test]
fn r4_3_longest_match_never_cheapest_row() {
    let mut plan = one(ProviderKind::Dnis, vec![row("1", flat("0.01")), row("1212555", flat("0.09"))]);
    assert_eq!(cost(&plan, &to(NEW_YORK)), "0.09 by 7");
    plan.decks[0].versions[0].rows[1].prices = by_state("", "0.02");
    assert_eq!(cost(&plan, &to(NEW_YORK)), "no_rate", "the longest row alone decides");
}

#[test]
fn r4_4_a_blocked_row_or_price_stops_the_deck() {
    let mut plan = one(ProviderKind::Dnis, vec![row("1", flat("0.01")), row("1212", flat("blocked"))]);
    assert_eq!(cost(&plan, &to(NEW_YORK)), "blocked_row");
    plan.decks[0].versions[0].rows[1].prices = by_state("blocked", "0.02");
    assert_eq!(cost(&plan, &to(NEW_YORK)), "blocked_row");
    assert_eq!(cost(&plan, &to("17195550100")), "0.01 by 1");
}

#[test]
fn r4_5_a_row_of_prefix_1_prices_only_us_geographic_calls() {
    for kind in [ProviderKind::Dnis, ProviderKind::Lrn] {
        let plan = one(kind, vec![row("1", flat("0.01")), row("1800", flat("0.02"))]);
        assert_eq!(cost(&plan, &to(NEW_YORK)), "0.01 by 1");
        assert_eq!(cost(&plan, &to("18005550100")), "0.02 by 4");
        for dnis in [
            "18885550100",
            "19005550100",
            "13039764000",
            "15005550100",
            "17005550100",
            "14165550100",
            "17875550100",
            "19995550100",
        ] {
            assert_eq!(cost(&plan, &to(dnis)), "no_rate", "{dnis}");
        }
    }
    let mut plan = one(ProviderKind::Lrn, vec![row("1", flat("0.01"))]);
    plan.accounts[0].sell_deck = Some("r".into());
    plan.accounts[0].cost_plus = None;
    plan.routes[0].deck = None;
    assert_eq!(cost(&plan, &to("19005550100")), "no_sell_rate", "in selling lists too");
}

#[test]
fn r4_5_a_state_given_with_a_call_does_not_make_its_number_one_of_the_us() {
    // In the US by the numbering table, but in no state.
    let nowhere = "19995550100";
    let block = NumberBlock { prefix: digits("999555"), country: "US".into(), ..Default::default() };
    let in_colorado = |call: Call| Call { state: Some(*b"CO"), ..call };
    for kind in [ProviderKind::Dnis, ProviderKind::Lrn] {
        let mut plan = one(kind, vec![row("1", flat("0.01"))]);
        plan.numbering.push(block.clone());
        assert_eq!(cost(&plan, &in_colorado(to(nowhere))), "no_rate");
        assert_eq!(cost(&plan, &in_colorado(to(NEW_YORK))), "0.01 by 1");
    }
    let mut plan = one(ProviderKind::Lrn, vec![row("1", flat("0.01"))]);
    plan.numbering.push(block);
    assert_eq!(cost(&plan, &in_colorado(ported(NEW_YORK, nowhere))), "no_rate", "nor its LRN");
}
