//! Section 3: where both sides are, and what that makes of the call.

mod common;

use common::*;
use rating_core::jurisdiction::Jurisdiction;
use rating_core::lerg::Place;
use rating_core::live::Unused;
use rating_core::plan::*;
use rating_core::reject::Reason;
use rating_core::route::{Call, Lrn, Origin};

/// One route that prices each jurisdiction differently and everything NANP and British.
fn plan_with_zones() -> Plan {
    let mut plan = plan();
    let all = Prices {
        interstate: per_min("0.01"),
        intrastate: per_min("0.02"),
        local: per_min("0.03"),
        indeterminate: per_min("0.04"),
        default: per_min("0.05"),
    };
    let rows = ["12", "13", "14", "15", "16", "17", "18", "19", "44"].map(|prefix| row(prefix, all));
    add_route(&mut plan, "a", ProviderKind::Dnis, rows.into());
    plan
}

fn zone(plan: &Plan, call: &Call<'_>) -> (Jurisdiction, String) {
    let told = ask(plan, call);
    let cheapest = told.cheapest();
    (told.decision.facts.jurisdiction.unwrap(), cheapest.cost.to_string())
}

fn between<'a>(ani: &'a [u8], dnis: &'a [u8]) -> Call<'a> {
    Call::new(Origin::Source(SOURCE), ani, dnis)
}

fn block(prefix: &str, state: &str, lata: u32, rate_center: &str) -> NumberBlock {
    NumberBlock {
        prefix: digits(prefix),
        country: "US".into(),
        state: state.into(),
        lata,
        ocn: "6529".into(),
        rate_center: rate_center.into(),
        ..Default::default()
    }
}

#[test]
fn r3_3_to_r3_6_all_seven_without_a_numbering_table() {
    let plan = plan_with_zones();
    for (ani, dnis, jurisdiction, cost) in [
        (&b"13035550100"[..], &b"12125550100"[..], Jurisdiction::Interstate, "0.01"),
        (b"13035550100", b"17195550100", Jurisdiction::Intrastate, "0.02"),
        (b"13035550100", b"18005550100", Jurisdiction::TollFree, "0.05"),
        (b"13035550100", b"442079460000", Jurisdiction::International, "0.05"),
        (b"13035550100", b"14165550100", Jurisdiction::Zone1, "0.05"),
        (b"13035550100", b"17875550100", Jurisdiction::Zone1, "0.05"),
        (b"13035550100", b"15005550100", Jurisdiction::Indeterminate, "0.04"),
        (b"13035550100", b"19005550100", Jurisdiction::Indeterminate, "0.04"),
        (b"", b"12125550100", Jurisdiction::Indeterminate, "0.04"),
        (b"anonymous", b"12125550100", Jurisdiction::Indeterminate, "0.04"),
        (b"18005550100", b"12125550100", Jurisdiction::Indeterminate, "0.04"),
        (b"442079460000", b"12125550100", Jurisdiction::Indeterminate, "0.04"),
        (b"17875550100", b"12125550100", Jurisdiction::Indeterminate, "0.04"),
        (b"19995550100", b"12125550100", Jurisdiction::Indeterminate, "0.04"),
    ] {
        let found = zone(&plan, &between(ani, dnis));
        assert_eq!(found, (jurisdiction, cost.into()), "{:?}", String::from_utf8_lossy(dnis));
    }
}

#[test]
fn r3_2_thousands_block_before_nxx_before_npa() {
    let mut plan = plan_with_zones();
    plan.numbering = vec![block("212555", "NJ", 224, "NWRK"), block("2125551", "CT", 920, "HRFD")];
    let place = |dnis: &[u8]| ask(&plan, &between(b"13035550100", dnis)).decision.facts.called;
    assert_eq!((place(b"12125551999").state, place(b"12125551999").lata), (*b"CT", 920));
    assert_eq!((place(b"12125552999").state, place(b"12125552999").lata), (*b"NJ", 224));
    assert_eq!((place(b"12125562999").state, place(b"12125562999").lata), (*b"NY", 0));
    assert_eq!(place(b"12125552999").ocn, *b"6529");
}

#[test]
fn r3_5_a_toll_free_ani_is_indeterminate_whatever_the_numbering_table_says_of_it() {
    let mut plan = plan_with_zones();
    plan.numbering = vec![block("800555", "CO", 656, "DENVER")];
    assert_eq!(zone(&plan, &between(b"18005550100", NEW_YORK)).0, Jurisdiction::Indeterminate);
}

#[test]
fn r3_2_a_numbering_row_does_not_hide_what_is_known_without_it() {
    let mut plan = plan_with_zones();
    let bare = |prefix: &str, lata| NumberBlock {
        country: "".into(),
        ocn: "".into(),
        ..block(prefix, "", lata, "")
    };
    plan.numbering = vec![
        bare("212555", 132),
        bare("2125551", 0),
        block("719555", "CO", 658, "COLOSPGS"),
        bare("7195551", 0),
    ];
    let place = |dnis: &[u8]| ask(&plan, &between(b"13035550100", dnis)).decision.facts.called;
    assert_eq!((place(b"12125552999").state, place(b"12125552999").lata), (*b"NY", 132));
    assert_eq!((place(b"12125551999").state, place(b"12125551999").lata), (*b"NY", 132));
    assert_eq!((place(b"17195551999").ocn, place(b"17195551999").lata), (*b"6529", 658));
}

#[test]
fn r1_a_territory_written_as_a_state_is_outside_the_us() {
    let mut plan = plan_with_zones();
    plan.numbering = vec![block("787555", "PR", 820, "SANJUAN")];
    assert_eq!(zone(&plan, &to(b"17875550100")).0, Jurisdiction::Zone1);
}

#[test]
fn r3_1_the_lrn_places_both_sides_where_it_counts() {
    let mut plan = plan_with_zones();
    plan.trunks[0].trust_lrn = true;
    // New York's number is ported to Colorado: intrastate from Denver.
    let ported = Call { dnis_lrn: Lrn::Given(b"17195550000"), ..to(NEW_YORK) };
    assert_eq!(zone(&plan, &ported).0, Jurisdiction::Intrastate);
    // The calling side's LRN counts only if the plan says so.
    let roaming = Call { ani_lrn: Lrn::Given(b"12125550000"), ..to(NEW_YORK) };
    assert_eq!(zone(&plan, &roaming).0, Jurisdiction::Interstate);
    plan.settings.use_ani_lrn = true;
    assert_eq!(zone(&plan, &roaming).0, Jurisdiction::Intrastate);
    // Also with a missing ANI; not with a toll-free or a foreign one.
    for (ani, expected) in [
        (&b""[..], Jurisdiction::Intrastate),
        (b"18005550100", Jurisdiction::Indeterminate),
        (b"442079460000", Jurisdiction::Indeterminate),
        (b"14165550100", Jurisdiction::Indeterminate),
        (b"17875550100", Jurisdiction::Intrastate), // a territory is not foreign
    ] {
        assert_eq!(zone(&plan, &Call { ani, ..roaming }).0, expected, "{}", String::from_utf8_lossy(ani));
    }
}

#[test]
fn r3_9_a_dip_of_the_called_number_does_not_vouch_for_the_callers_own_lrn() {
    let mut plan = plan_with_zones();
    plan.settings.use_ani_lrn = true;
    let dipped = Call { dnis_lrn: Lrn::Dipped(NEW_YORK), ..to(NEW_YORK) };
    let forged = Call { ani_lrn: Lrn::Given(NEW_YORK), ..dipped };
    assert_eq!(zone(&plan, &forged).0, Jurisdiction::Interstate);
    assert_eq!(zone(&plan, &Call { ani_lrn: Lrn::Dipped(NEW_YORK), ..dipped }).0, Jurisdiction::Intrastate);
}

#[test]
fn r3_1_given_values_win() {
    let plan = plan_with_zones();
    let given = Call { called: Place { state: *b"CO", ..Place::UNKNOWN }, ..to(NEW_YORK) };
    assert_eq!(zone(&plan, &given).0, Jurisdiction::Intrastate);
    let priced = Call { zone: Some(Jurisdiction::Local), ..to(NEW_YORK) };
    assert_eq!(zone(&plan, &priced), (Jurisdiction::Local, "0.03".into()));
}

#[test]
fn r3_6_local_only_between_listed_rate_centres_in_either_direction() {
    let mut plan = plan_with_zones();
    plan.numbering = vec![
        block("303555", "CO", 656, "DENVER"),
        block("720555", "CO", 656, "AURORA"),
        block("719555", "CO", 658, "COLOSPGS"),
        block("308555", "NE", 644, "DENVER"), // the same name in another state
    ];
    let pair = |a: &str, b: &str| LocalPair {
        state_a: "CO".into(),
        rate_center_a: a.into(),
        state_b: "CO".into(),
        rate_center_b: b.into(),
    };
    plan.local_calling = vec![pair("AURORA", "DENVER")];
    for (ani, dnis, expected) in [
        (&b"13035550100"[..], &b"17205550100"[..], Jurisdiction::Local),
        (b"17205550100", b"13035550100", Jurisdiction::Local),
        (b"13035550100", b"17195550100", Jurisdiction::Intrastate),
        (b"13035550100", b"13035550199", Jurisdiction::Intrastate), // its own centre is not listed with itself
        (b"13085550100", b"17205550100", Jurisdiction::Interstate),
    ] {
        assert_eq!(zone(&plan, &between(ani, dnis)).0, expected, "{}", String::from_utf8_lossy(dnis));
    }
    // The called rate centre is that of the dialled number, wherever it is ported to.
    plan.trunks[0].trust_lrn = true;
    let ported = Call { dnis_lrn: Lrn::Given(b"17195550000"), ..between(b"13035550100", b"17205550100") };
    assert_eq!(zone(&plan, &ported).0, Jurisdiction::Local);
}

#[test]
fn r3_7_indeterminate_by_own_column_then_default_then_policy() {
    let cost = |prices: Prices, policy: IjPolicy| {
        let mut plan = plan();
        add_route(&mut plan, "a", ProviderKind::Dnis, vec![row("1212", prices)]);
        plan.decks[0].ij_policy = Some(policy);
        let told = ask(&plan, &between(b"", NEW_YORK));
        match told.decision.verdict {
            Ok(legs) => legs.iter().next().unwrap().candidate.cost.to_string(),
            Err(_) => told.dropped[0].1.name().to_owned(),
        }
    };
    let both = inter_intra("0.01", "0.02");
    assert_eq!(cost(both, IjPolicy::Higher), "0.02");
    assert_eq!(cost(inter_intra("0.03", "0.02"), IjPolicy::Higher), "0.03");
    assert_eq!(cost(inter_intra("", "0.02"), IjPolicy::Higher), "0.02");
    assert_eq!(cost(inter_intra("blocked", "0.02"), IjPolicy::Higher), "blocked_row");
    assert_eq!(cost(both, IjPolicy::Interstate), "0.01");
    assert_eq!(cost(both, IjPolicy::Intrastate), "0.02");
    assert_eq!(cost(both, IjPolicy::Reject), "no_rate");
    assert_eq!(cost(inter_intra("", "0.02"), IjPolicy::Interstate), "no_rate");
    let with_default = Prices { default: per_min("0.07"), ..both };
    assert_eq!(cost(with_default, IjPolicy::Reject), "0.07");
    assert_eq!(cost(Prices { indeterminate: per_min("0.08"), ..with_default }, IjPolicy::Reject), "0.08");
    assert_eq!(cost(flat("0.09"), IjPolicy::Reject), "0.09");
    // A flat price with one for indeterminate calls beside it.
    assert_eq!(cost(Prices { indeterminate: per_min("0.03"), ..flat("0.01") }, IjPolicy::Reject), "0.03");
}

#[test]
fn r3_7_a_providers_policy_is_its_decks_default() {
    let mut plan = plan();
    add_route(&mut plan, "a", ProviderKind::Dnis, vec![row("1212", inter_intra("0.01", "0.02"))]);
    plan.providers[0].ij_policy = IjPolicy::Interstate;
    let call = between(b"", NEW_YORK);
    assert_eq!(zone(&plan, &call).1, "0.01");
    plan.decks[0].ij_policy = Some(IjPolicy::Intrastate);
    assert_eq!(zone(&plan, &call).1, "0.02");
}

#[test]
fn r3_8_fall_backs_of_local_flat_and_default() {
    let cost = |prices: Prices, jurisdiction: Jurisdiction, dnis: &[u8]| {
        let mut plan = plan();
        add_route(&mut plan, "a", ProviderKind::Dnis, vec![row("1212", prices), row("1719", prices)]);
        let told = tell(&compiled(&plan), &Call { zone: Some(jurisdiction), ..to(dnis) }, NOW, &Unused);
        match told.decision.verdict {
            Ok(legs) => legs.iter().next().unwrap().candidate.cost.to_string(),
            Err(_) => told.dropped[0].1.name().to_owned(),
        }
    };
    let both = inter_intra("0.01", "0.02");
    assert_eq!(cost(both, Jurisdiction::Local, NEW_YORK), "0.01", "another state");
    assert_eq!(cost(both, Jurisdiction::Local, b"17195550100"), "0.02", "the same state");
    assert_eq!(cost(Prices { local: per_min("0.03"), ..both }, Jurisdiction::Local, NEW_YORK), "0.03");
    for jurisdiction in Jurisdiction::ALL {
        assert_eq!(cost(flat("0.09"), jurisdiction, NEW_YORK), "0.09", "{jurisdiction:?}");
    }
    for jurisdiction in [Jurisdiction::TollFree, Jurisdiction::International, Jurisdiction::Zone1] {
        assert_eq!(cost(both, jurisdiction, NEW_YORK), "0.01");
        assert_eq!(cost(Prices { default: per_min("0.07"), ..both }, jurisdiction, NEW_YORK), "0.07");
        assert_eq!(cost(inter_intra("", "0.02"), jurisdiction, NEW_YORK), "no_rate");
    }
    let flat_and_more = Prices { indeterminate: per_min("0.03"), local: per_min("0.02"), ..flat("0.01") };
    assert_eq!(cost(flat_and_more, Jurisdiction::Interstate, NEW_YORK), "0.01");
    assert_eq!(cost(flat_and_more, Jurisdiction::Intrastate, NEW_YORK), "0.01");
    assert_eq!(cost(flat_and_more, Jurisdiction::Local, NEW_YORK), "0.02");
    // A default beside a price by state is no price for the other state.
    let one_sided = Prices { default: per_min("0.07"), ..inter_intra("0.01", "") };
    assert_eq!(cost(one_sided, Jurisdiction::Intrastate, NEW_YORK), Reason::NoRate.name());
}
