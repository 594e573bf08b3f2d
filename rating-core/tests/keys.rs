//! Decks that are not asked by codes (4.1, 3.3), versions by country (10.5), and decks in other currencies (1).

mod common;

use common::*;
use rating_core::live::Unused;
use rating_core::money::Atto;
use rating_core::plan::*;
use rating_core::reject::Reason;
use rating_core::route::{Call, Decision, decide};
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write::compile;
use rating_core::trace::Silent;

/// A number in New York of OCN 6529, LATA 132, tier 2.
const PLACED: &[u8] = b"12125550100";

fn ocn_row(ocn: &str, lata: u32, tier: u8, amount: &str) -> OcnRow {
    OcnRow {
        ocn: ocn.as_bytes().try_into().ok(),
        lata: (lata != 0).then_some(lata),
        tier: (tier != 0).then_some(tier),
        row: row("", flat(amount)),
    }
}

/// A route `a` of a provider that is asked by OCN and LATA.
fn by_ocn(rows: Vec<OcnRow>) -> Plan {
    let mut plan = plan();
    plan.numbering = vec![NumberBlock {
        prefix: digits("212555"),
        country: "US".into(),
        state: "NY".into(),
        ocn: "6529".into(),
        lata: 132,
        tier: 2,
        ..Default::default()
    }];
    add_route(&mut plan, "a", ProviderKind::OcnLata, vec![row("1", flat("0.09")), row("44", flat("0.44"))]);
    plan.decks[0].versions[0].ocn_rows = rows;
    plan
}

fn decided(plan: &Plan, call: &Call<'_>, at: UtcSec) -> Decision {
    let bytes = compile(plan, at).unwrap_or_else(|error| panic!("{error}"));
    let snapshot = Snapshot::open(&bytes).unwrap();
    let (silent, told) =
        (decide(&snapshot, call, NOW, &Unused, &mut Silent), tell(&bytes, call, NOW, &Unused));
    assert_eq!(silent, told.decision);
    silent
}

/// Cost of the first leg, and by what it was found.
fn cost(plan: &Plan, call: &Call<'_>) -> Option<(String, u8)> {
    let decision = decided(plan, call, AT);
    let legs = decision.verdict.ok()?;
    legs.iter().next().map(|leg| (leg.candidate.cost.to_string(), leg.candidate.matched.number()))
}

#[test]
fn r4_1_ocn_and_lata_then_ocn_then_lata_each_with_the_tier_first() {
    // Each row alone decides until it is taken away: from the narrowest to the widest.
    let mut rows = vec![
        ocn_row("6529", 132, 2, "0.01"),
        ocn_row("6529", 132, 0, "0.02"),
        ocn_row("6529", 0, 2, "0.03"),
        ocn_row("6529", 0, 0, "0.04"),
        ocn_row("", 132, 2, "0.05"),
        ocn_row("", 132, 0, "0.06"),
    ];
    // These never match: another OCN, another LATA, another tier.
    let never =
        [ocn_row("6530", 0, 0, "0.001"), ocn_row("", 133, 0, "0.001"), ocn_row("6529", 132, 1, "0.001")];
    let expected = [("0.01", 16), ("0.02", 16), ("0.03", 17), ("0.04", 17), ("0.05", 18), ("0.06", 18)];
    for (amount, matched) in expected {
        let plan = by_ocn([rows.clone(), never.to_vec()].concat());
        assert_eq!(cost(&plan, &to(PLACED)), Some((amount.into(), matched)));
        rows.remove(0);
    }
    let plan = by_ocn(never.to_vec());
    assert_eq!(cost(&plan, &to(PLACED)), None, "a deck keyed so is not asked by codes");
}

#[test]
fn r4_1_the_first_row_that_exists_decides_alone() {
    let blocked = by_ocn(vec![ocn_row("6529", 132, 0, "blocked"), ocn_row("6529", 0, 0, "0.04")]);
    assert_eq!(ask(&blocked, &to(PLACED)).dropped, [("a".into(), Reason::BlockedRow)]);
    let mut unpriced = by_ocn(vec![ocn_row("6529", 132, 0, ""), ocn_row("6529", 0, 0, "0.04")]);
    assert_eq!(ask(&unpriced, &to(PLACED)).dropped, [("a".into(), Reason::NoRate)]);
    // From Denver it is interstate; the row has only the other price.
    unpriced.decks[0].versions[0].ocn_rows[0].row.prices = inter_intra("", "0.05");
    assert_eq!(ask(&unpriced, &to(PLACED)).dropped, [("a".into(), Reason::NoRate)]);
}

#[test]
fn r4_1_outside_nanp_it_is_asked_by_codes_and_an_unknown_ocn_matches_only_any() {
    let plan = by_ocn(vec![ocn_row("6529", 0, 0, "0.04"), ocn_row("", 132, 0, "0.05")]);
    assert_eq!(cost(&plan, &to(b"442079460000")), Some(("0.44".into(), 2)));
    // No numbering: neither OCN nor LATA is known.
    assert_eq!(cost(&plan, &to(b"13125550100")), None);
    // The call's own OCN and LATA win over those looked up.
    let mut given = to(PLACED);
    given.called.ocn = *b"9999";
    assert_eq!(cost(&plan, &given), Some(("0.05".into(), 18)));
    given.called.lata = 999;
    assert_eq!(cost(&plan, &given), None);
}

#[test]
fn r4_2_versions_hold_for_each_ocn_row_by_itself() {
    let mut plan = by_ocn(vec![ocn_row("6529", 132, 0, "0.01"), ocn_row("6529", 0, 0, "0.04")]);
    let partial = |scope| DeckVersion {
        ocn_rows: vec![ocn_row("6529", 0, 0, "0.07")],
        ..version(2, AT, scope, vec![])
    };
    plan.decks[0].versions.push(partial(Scope::Partial));
    assert_eq!(cost(&plan, &to(PLACED)), Some(("0.01".into(), 16)), "the pair stands in version 1");
    plan.decks[0].versions[1] = partial(Scope::Full);
    assert_eq!(cost(&plan, &to(PLACED)), Some(("0.07".into(), 17)));
    // A row that ends next week bounds the snapshot.
    plan.decks[0].versions[1].ocn_rows[0].row.terms_mut().ends = Some(AT + 7);
    let bytes = compile(&plan, AT).unwrap();
    assert_eq!(Snapshot::open(&bytes).unwrap().header().valid_until_utc_sec.get(), AT + 7);
}

#[test]
fn r3_3_a_carrier_prices_toll_free_calls_in_whatever_deck_has_it() {
    let mut plan = plan();
    for (id, kind) in [("a", ProviderKind::Lrn), ("b", ProviderKind::Dnis), ("c", ProviderKind::OcnLata)] {
        add_route(&mut plan, id, kind, vec![row("1800", flat("0.02"))]);
    }
    let cic = |cic: &[u8; 4], amount| CicRow { cic: *cic, row: row("", flat(amount)) };
    plan.decks[1].versions[0].cic_rows = vec![cic(b"0222", "0.01"), cic(b"0288", "blocked")];
    plan.decks[2].versions[0].cic_rows = vec![cic(b"0222", "0.03")];
    let toll_free = to(b"18005550100");
    let costs = |call: &Call<'_>| {
        let decision = decided(&plan, call, AT);
        let legs: Vec<_> =
            decision.verdict.iter().flat_map(|legs| legs.iter()).map(|leg| leg.candidate).collect();
        legs.iter().map(|c| (c.route, c.cost.to_string(), c.matched.number())).collect::<Vec<_>>()
    };
    let of = |route, amount: &str, matched| (route, amount.to_string(), matched);
    assert_eq!(costs(&toll_free), [of(0, "0.02", 4), of(1, "0.02", 4)], "no carrier: by codes");
    let with = |cic: &[u8; 4], call: &Call<'static>| Call { cic: Some(*cic), ..*call };
    assert_eq!(costs(&with(b"0222", &toll_free)), [of(1, "0.01", 19), of(0, "0.02", 4), of(2, "0.03", 19)]);
    assert_eq!(costs(&with(b"0288", &toll_free)), [of(0, "0.02", 4)], "the carrier's row is blocked");
    assert_eq!(costs(&with(b"0999", &toll_free)), costs(&toll_free), "no row for this carrier");
}

#[test]
fn r10_5_a_version_of_a_country_ends_the_codes_of_that_country_only() {
    let old =
        [("44", "0.01"), ("4477", "0.02"), ("1212", "0.03"), ("1", "0.04"), ("4", "0.05"), ("77", "0.06")];
    let old = old.map(|(prefix, amount)| row(prefix, flat(amount))).to_vec();
    let costs = |countries: &[&str]| {
        let mut plan = plan();
        add_route(&mut plan, "a", ProviderKind::Dnis, old.clone());
        plan.decks[0].versions[0].effective_from = AT - 100;
        let scope = Scope::Country(countries.iter().map(|country| country.to_string()).collect());
        plan.decks[0].versions.push(version(2, AT, scope, vec![row("447", flat("0.07"))]));
        let numbers: [&[u8]; 4] = [b"447700900123", b"442079460000", b"12125550100", b"77012345678"];
        numbers.map(|number| cost(&plan, &to(number)).map(|(amount, _)| amount))
    };
    let some = |amounts: [&str; 4]| amounts.map(|amount| Some(amount.to_string()));
    // `44` and `4477` end; `4` reaches into several country codes and belongs to none.
    assert_eq!(costs(&["GB"]), some(["0.07", "0.05", "0.03", "0.06"]));
    // `1` and all under it is of the US, `77` (Kazakhstan) of Russia, the main country of its code.
    let mut us = some(["0.02", "0.01", "", "0.06"]);
    us[2] = None;
    assert_eq!(costs(&["US"]), us);
    let mut both = some(["0.07", "0.05", "0.03", ""]);
    both[3] = None;
    assert_eq!(costs(&["RU", "GB"]), both);
    assert_eq!(costs(&["KZ"]), some(["0.02", "0.01", "0.03", "0.06"]));
}

#[test]
fn r1_costs_are_compared_after_exact_conversion_and_before_any_rounding() {
    // 0.010 € at 1.1 are 0.011 $, exactly what `a` asks; `c` is a nano-dollar dearer.
    let mut plan = plan();
    for (id, amount) in [("a", "0.011"), ("b", "0.010"), ("c", "0.011000001")] {
        add_route(&mut plan, id, ProviderKind::Dnis, vec![row("1212", flat(amount))]);
    }
    plan.decks[1].currency = "EUR".into();
    plan.currency_rates = vec![
        CurrencyRate { currency: "EUR".into(), from: AT - 10, rate: usd("1.1") },
        CurrencyRate { currency: "EUR".into(), from: AT + 10, rate: usd("1.100000099") },
        CurrencyRate { currency: "EUR".into(), from: AT - 20, rate: usd("9") },
    ];
    let order = |at| {
        let decision = decided(&plan, &to(NEW_YORK), at);
        let legs: Vec<_> = decision.verdict.unwrap().iter().map(|leg| *leg.candidate).collect();
        legs.iter().map(|c| (c.route, c.cost_in_plan)).collect::<Vec<_>>()
    };
    // In 10^-18 of a dollar. Equal costs: the lower id.
    let (even, more) = (Atto(11_000_000_000_000_000), Atto(11_000_001_000_000_000));
    assert_eq!(order(AT), [(0, even), (1, even), (2, more)]);
    // 0.010 € are now 0.01100000099 $: between the two.
    assert_eq!(order(AT + 10), [(0, even), (1, Atto(11_000_000_990_000_000)), (2, more)]);
    let bytes = compile(&plan, AT).unwrap();
    assert_eq!(Snapshot::open(&bytes).unwrap().header().valid_until_utc_sec.get(), AT + 10);
    let none = compile(&plan, AT - 30).unwrap_err().to_string();
    assert_eq!(none, "deck b: there is no rate of EUR in force at this instant");
}

#[test]
fn r1_a_list_that_starts_later_needs_no_rate_before() {
    // `b` asks 0.010 € from AT + 10 on, when a euro gets its first rate: 0.011 $, less than the 0.02 of `a`.
    let mut plan = plan();
    add_route(&mut plan, "a", ProviderKind::Dnis, vec![row("1212", flat("0.02"))]);
    add_route(&mut plan, "b", ProviderKind::Dnis, vec![row("1212", flat("0.010"))]);
    plan.decks[1].currency = "EUR".into();
    plan.decks[1].versions[0].effective_from = AT + 10;
    plan.currency_rates = vec![CurrencyRate { currency: "EUR".into(), from: AT + 10, rate: usd("1.1") }];
    let order = |at| {
        let decision = decided(&plan, &to(NEW_YORK), at);
        let legs: Vec<_> = decision.verdict.unwrap().iter().map(|leg| *leg.candidate).collect();
        legs.iter().map(|c| (c.route, c.cost_in_plan)).collect::<Vec<_>>()
    };
    let (dollars, euros) = (Atto(20_000_000_000_000_000), Atto(11_000_000_000_000_000));
    assert_eq!(order(AT + 9), [(0, dollars)]);
    assert_eq!(order(AT + 10), [(1, euros), (0, dollars)]);
    let bytes = compile(&plan, AT).unwrap();
    assert_eq!(Snapshot::open(&bytes).unwrap().header().valid_until_utc_sec.get(), AT + 10);
    // A second late, and there are prices that nothing says the worth of.
    plan.currency_rates[0].from = AT + 11;
    let none = compile(&plan, AT + 10).unwrap_err().to_string();
    assert_eq!(none, "deck b: there is no rate of EUR in force at this instant");
}
