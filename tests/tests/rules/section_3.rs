//! Jurisdiction: which LRNs count, where numbers are, and which price a call takes.

use rating_core::plan::*;
use tandem_tests::model::{Call, Jurisdiction, Lrn, Origin};
use tandem_tests::small::*;

/// One route by DNIS whose row of everything has a price for each jurisdiction.
fn priced() -> Plan {
    let mut plan = plan();
    let prices = Prices {
        interstate: per_min("0.01"),
        intrastate: per_min("0.02"),
        local: per_min("0.03"),
        indeterminate: per_min("0.04"),
        default: per_min("0.05"),
    };
    let rows = ["1", "1800", "1416", "1787", "1500", "1900", "1999", "44"].map(|code| row(code, prices));
    add(&mut plan, "r", ProviderKind::Dnis, rows.into());
    plan
}

fn zone(plan: &Plan, call: &Call) -> &'static str {
    ask(plan, call).facts.jurisdiction.expect("the call came so far").name()
}

fn dipped(text: &str) -> Option<Lrn> {
    Some(Lrn { text: text.into(), dipped: true })
}

fn from(ani: &str, dnis: &str) -> Call {
    Call { ani: ani.into(), ..to(dnis) }
}

/// San Francisco.
const CALIFORNIA: &str = "14155550100";

#[test]
fn r3_1_lrns_stand_for_their_numbers() {
    let mut plan = priced();
    assert_eq!(zone(&plan, &to(NEW_YORK)), "interstate");
    let ported = Call { dnis_lrn: dipped("17195550000"), ..to(NEW_YORK) };
    assert_eq!(
        (zone(&plan, &ported), ask(&plan, &ported).facts.dnis_lrn.as_str()),
        ("intrastate", "17195550000")
    );
    let moved = Call { ani_lrn: dipped("12125550000"), ..to(NEW_YORK) };
    assert_eq!(zone(&plan, &moved), "intrastate");
    plan.settings.use_ani_lrn = false;
    assert_eq!(zone(&plan, &moved), "interstate", "only if the plan says so");
}

#[test]
fn r3_1_an_ani_lrn_counts_with_a_missing_ani_not_with_a_toll_free_or_foreign_one() {
    let plan = priced();
    let with = |ani: &str| zone(&plan, &Call { ani_lrn: dipped("12125550000"), ..from(ani, NEW_YORK) });
    assert_eq!(with(""), "intrastate");
    assert_eq!(with("anonymous"), "intrastate");
    assert_eq!(with("18005550100"), "indeterminate");
    assert_eq!(with("14165550100"), "indeterminate", "Canada");
    assert_eq!(with("+442079460958"), "indeterminate");
    assert_eq!(with("17875550100"), "intrastate", "a territory is not foreign");
    assert_eq!(with("+3841234567"), "intrastate", "nor is a country code that is nobody's");
}

#[test]
fn r3_1_a_called_lrn_counts_only_for_what_can_be_ported() {
    let plan = priced();
    let with = |dnis: &str, lrn: &str| ask(&plan, &Call { dnis_lrn: dipped(lrn), ..to(dnis) }).facts.dnis_lrn;
    for dnis in ["18005550100", "19005550100", "13039764000", "15005550100", "19995550100", "18765550100"] {
        assert_eq!(with(dnis, "17195550000"), "", "{dnis}");
    }
    assert_eq!(with("14165550100", "15145550000"), "15145550000", "within Canada");
    assert_eq!(with("14165550100", "17195550000"), "");
    assert_eq!(with(NEW_YORK, "18005550000"), "", "an LRN is the number of a place");
    assert_eq!(with(NEW_YORK, "719555"), "");
}

#[test]
fn r3_1_given_values_win_and_a_given_state_moves_no_country() {
    let plan = priced();
    let state = |dnis: &str| Call { state: Some(*b"CO"), ..to(dnis) };
    assert_eq!(zone(&plan, &state(NEW_YORK)), "intrastate");
    assert_eq!(zone(&plan, &state("14165550100")), "zone1");
    assert_eq!(zone(&plan, &state("19995550100")), "indeterminate");
    let given = Call { zone: Some(Jurisdiction::Local), ..to(NEW_YORK) };
    let answer = ask(&plan, &given);
    assert_eq!((answer.facts.jurisdiction, answer.kept[0].cost), (Some(Jurisdiction::Local), usd("0.03")));
}

fn block(prefix: &str, state: &str, rate_center: &str) -> NumberBlock {
    NumberBlock {
        prefix: digits(prefix),
        country: "US".into(),
        state: state.into(),
        rate_center: rate_center.into(),
        ..Default::default()
    }
}

#[test]
fn r3_2_thousands_block_then_exchange_then_area_code() {
    let mut plan = priced();
    plan.numbering = vec![block("212555", "CO", ""), block("2125551", "TX", ""), block("2125552", "", "")];
    plan.numbering[0].ocn = "6529".into();
    plan.numbering[1].ocn = "7421".into();
    let facts = |dnis: &str| {
        let facts = ask(&plan, &to(dnis)).facts;
        (facts.state, facts.ocn)
    };
    assert_eq!(facts("12125551000"), ("TX".into(), "7421".into()));
    assert_eq!(facts("12125550100"), ("CO".into(), "6529".into()));
    assert_eq!(facts("12125552000"), ("CO".into(), "6529".into()), "what is empty is the exchange's");
    assert_eq!(facts("12126340100"), ("NY".into(), String::new()), "the built-in table knows the state");
    plan.numbering[1].state = "PR".into();
    assert_eq!(zone(&plan, &to("12125551000")), "zone1", "a territory written as a state is the territory");
}

#[test]
fn r3_3_toll_free_area_codes_are_seven_and_the_plans() {
    let mut plan = priced();
    for npa in ["800", "833", "844", "855", "866", "877", "888"] {
        assert_eq!(zone(&plan, &to(&format!("1{npa}5550100"))), "toll_free");
    }
    assert_eq!(zone(&plan, &to("18225550100")), "indeterminate");
    plan.settings.toll_free_npas = vec![822];
    assert_eq!(zone(&plan, &to("18225550100")), "toll_free");
}

#[test]
fn r3_3_a_given_cic_prices_a_toll_free_call_where_the_deck_has_it() {
    let mut plan = priced();
    let dear = row("1", flat("0.09"));
    let cic_row = CicRow { cic: *b"0288", row: DeckRow { prefix: Default::default(), ..dear } };
    plan.decks[0].versions[0].cic_rows = vec![cic_row];
    let with = |cic: &[u8; 4], dnis: &str| ask(&plan, &Call { cic: Some(*cic), ..to(dnis) }).kept[0].clone();
    let kept = with(b"0288", "18005550100");
    assert_eq!((kept.cost, kept.matched), (usd("0.09"), 19));
    assert_eq!(with(b"0222", "18005550100").cost, usd("0.05"), "else by its codes");
    assert_eq!(with(b"0288", NEW_YORK).cost, usd("0.01"), "not toll-free");
}

#[test]
fn r3_4_outside_the_us() {
    let mut plan = priced();
    for (dnis, expected) in [
        ("+442079460958", "international"),
        ("14165550100", "zone1"),
        ("17875550100", "zone1"),
        ("15005550100", "indeterminate"),
        ("17005550100", "indeterminate"),
        ("19005550100", "indeterminate"),
        ("13039764000", "indeterminate"),
        ("19995550100", "indeterminate"),
    ] {
        assert_eq!(zone(&plan, &to(dnis)), expected, "{dnis}");
    }
    plan.numbering = vec![block("500555", "TX", ""), block("999555", "TX", "")];
    assert_eq!(zone(&plan, &to("15005550100")), "indeterminate", "nowhere, whatever a table says");
    assert_eq!(zone(&plan, &to("19995550100")), "interstate", "a table adds area codes");
}

#[test]
fn r3_5_a_calling_side_that_is_nowhere_in_the_us() {
    let mut plan = priced();
    for ani in
        ["", "x", "18005550100", "14165550100", "17875550100", "+442079460958", "19995550100", "15005550100"]
    {
        assert_eq!(zone(&plan, &from(ani, NEW_YORK)), "indeterminate", "{ani}");
    }
    plan.numbering = vec![block("800555", "CO", "")];
    assert_eq!(
        zone(&plan, &from("18005550100", NEW_YORK)),
        "indeterminate",
        "toll-free, whatever a table says"
    );
}

#[test]
fn r3_6_a_listed_pair_of_rate_centres_is_local_in_either_direction() {
    let mut plan = priced();
    plan.numbering = vec![
        block("303555", "CO", "DENVER"),
        block("720555", "CO", "BOULDER"),
        block("719555", "CO", "PUEBLO"),
        block("212555", "NY", "DENVER"),
    ];
    plan.local_calling = vec![LocalPair {
        state_a: "CO".into(),
        rate_center_a: "BOULDER".into(),
        state_b: "CO".into(),
        rate_center_b: "DENVER".into(),
    }];
    assert_eq!(zone(&plan, &from("13035550100", "17205550100")), "local");
    assert_eq!(zone(&plan, &from("17205550100", "13035550100")), "local");
    assert_eq!(zone(&plan, &from("13035550100", "13035550199")), "intrastate", "only if listed");
    assert_eq!(zone(&plan, &from("13035550100", "17195550100")), "intrastate");
    assert_eq!(zone(&plan, &from("17205550100", NEW_YORK)), "interstate", "DENVER of another state");
    // The called rate centre is the dialled number's, the calling one that of the ANI's LRN.
    let ported = Call { dnis_lrn: dipped("17195550000"), ..from("13035550100", "17205550100") };
    assert_eq!(zone(&plan, &ported), "local");
    let moved = Call { ani_lrn: dipped("17195550000"), ..from("13035550100", "17205550100") };
    assert_eq!(zone(&plan, &moved), "intrastate");
}

fn cost(plan: &Plan, call: &Call) -> String {
    let answer = ask(plan, call);
    answer.kept.first().map_or_else(|| fate(&answer, "r").to_owned(), |kept| kept.cost.to_string())
}

fn with_prices(prices: Prices) -> Plan {
    let mut plan = plan();
    add(&mut plan, "r", ProviderKind::Dnis, ["1", "1416", "1800", "44"].map(|code| row(code, prices)).into());
    plan
}

#[test]
fn r3_7_indeterminate_own_column_then_default_then_the_decks_policy() {
    let unknown = from("", NEW_YORK);
    let both = by_state("0.01", "0.02");
    let own = Prices { indeterminate: per_min("0.04"), default: per_min("0.05"), ..both };
    assert_eq!(cost(&with_prices(own), &unknown), "0.04");
    assert_eq!(cost(&with_prices(Prices { indeterminate: Price::Missing, ..own }), &unknown), "0.05");
    let mut plan = with_prices(both);
    for (provider, deck, expected) in [
        (IjPolicy::Higher, None, "0.02"),
        (IjPolicy::Interstate, None, "0.01"),
        (IjPolicy::Intrastate, None, "0.02"),
        (IjPolicy::Reject, None, "no_rate"),
        (IjPolicy::Reject, Some(IjPolicy::Interstate), "0.01"),
        (IjPolicy::Interstate, Some(IjPolicy::Higher), "0.02"),
    ] {
        (plan.providers[0].ij_policy, plan.decks[0].ij_policy) = (provider, deck);
        assert_eq!(cost(&plan, &unknown), expected, "{provider:?} {deck:?}");
    }
    assert_eq!(cost(&with_prices(by_state("0.01", "")), &unknown), "0.01", "of one, that one");
    assert_eq!(cost(&with_prices(by_state("blocked", "0.02")), &unknown), "blocked_row", "above every price");
}

#[test]
fn r3_8_which_column_prices_what() {
    let in_colorado = "17195550100";
    let local = |dnis: &str| Call { zone: Some(Jurisdiction::Local), ..to(dnis) };
    let both = by_state("0.01", "0.02");
    assert_eq!(cost(&with_prices(both), &local(in_colorado)), "0.02", "by the state comparison");
    assert_eq!(cost(&with_prices(both), &local(NEW_YORK)), "0.01");
    assert_eq!(cost(&with_prices(flat("0.05")), &to(NEW_YORK)), "0.05", "one flat price for all");
    assert_eq!(cost(&with_prices(flat("0.05")), &to(in_colorado)), "0.05");
    let half = Prices { default: per_min("0.05"), ..by_state("0.01", "") };
    assert_eq!(
        cost(&with_prices(half), &to(in_colorado)),
        "no_rate",
        "a default is not the other state's price"
    );
    let mut listed = with_prices(both);
    listed.numbering = vec![block("800555", "CO", "")];
    for (ani, dnis) in [("18005550100", in_colorado), (in_colorado, "18005550100")] {
        let call = Call { zone: Some(Jurisdiction::Local), ..from(ani, dnis) };
        assert_eq!(cost(&listed, &call), "0.01", "{ani}, {dnis}: a toll-free side is in no state (3.5)");
    }
    for dnis in ["18005550100", "14165550100", "+442079460958"] {
        assert_eq!(cost(&with_prices(half), &to(dnis)), "0.05", "{dnis}");
        assert_eq!(cost(&with_prices(both), &to(dnis)), "0.01", "{dnis}: else interstate");
        assert_eq!(cost(&with_prices(by_state("", "0.02")), &to(dnis)), "no_rate", "{dnis}");
    }
}

#[test]
fn r3_9_a_customers_lrn_counts_only_where_it_is_trusted() {
    let mut plan = priced();
    let given = |dipped| Some(Lrn { text: "+1 719 555 0000".into(), dipped });
    let call =
        |dipped| Call { dnis_lrn: given(dipped), ani_lrn: given(dipped), ..from(CALIFORNIA, NEW_YORK) };
    assert_eq!(zone(&plan, &call(false)), "intrastate");
    plan.trunks[0].trust_lrn = false;
    assert_eq!(zone(&plan, &call(false)), "interstate");
    assert_eq!(ask(&plan, &call(false)).facts.dnis_lrn, "");
    assert_eq!(zone(&plan, &call(true)), "intrastate", "our own dip's counts");
    let same = Call { dnis_lrn: dipped(NEW_YORK), ..to(NEW_YORK) };
    assert_eq!(ask(&plan, &same).facts.dnis_lrn, NEW_YORK);
    let without_trunk = Call { origin: Origin::Account("acme".into()), ..call(true) };
    assert_eq!(zone(&plan, &without_trunk), "intrastate");
}

#[test]
fn r3_10_the_class_is_the_anis_own() {
    let mut plan = priced();
    for (ani, class) in [
        (DENVER, AniClass::Dom),
        ("18005550100", AniClass::DomTf),
        ("14165550100", AniClass::Intl),
        ("17875550100", AniClass::Intl),
        ("19005550100", AniClass::Intl),
        ("", AniClass::Intl),
    ] {
        for taken in AniClass::ALL {
            plan.routes[0].ani_classes = Some(vec![*taken]);
            let call = Call { ani_lrn: dipped("12125550000"), ..from(ani, NEW_YORK) };
            let expected = if *taken == class { "r" } else { "no_route" };
            assert_eq!(decided(&plan, &call), expected, "{ani}, {taken:?} taken");
            let given = Call { ani_class: Some(*taken), ..call };
            assert_eq!(decided(&plan, &given), "r", "one that is given wins");
        }
    }
}
