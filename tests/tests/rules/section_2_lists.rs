//! Screening (2.6).

use rating_core::plan::*;
use tandem_tests::model::Call;
use tandem_tests::small::*;

/// Every number is taken, at no cost.
fn anything() -> Plan {
    let mut plan = plan();
    plan.providers.push(Provider { id: "p".into(), ..Default::default() });
    plan.routes.push(Route { id: "end".into(), provider: "p".into(), ..Default::default() });
    add_gateway(&mut plan, "end", 1);
    plan.partitions[0].members.push(Member { route: "end".into(), ..Default::default() });
    plan
}

#[test]
fn r2_6_dno_patterns_are_matched_after_the_1() {
    let mut plan = anything();
    for (pattern, ani, expected) in [
        ("303", "13035550100", "dno"),
        ("303555", "13035550100", "dno"),
        ("3035550", "3035550100", "dno"),
        ("3035550100", "13035550100", "dno"),
        ("3035550101", "13035550100", "end"),
        // Not a NANP number: nothing to do with area code 303.
        ("491", "4915112345", "end"),
    ] {
        plan.dno = vec![digits(pattern)];
        let ani = if ani == "4915112345" { "+4915112345" } else { ani };
        assert_eq!(decided(&plan, &Call { ani: ani.into(), ..to(NEW_YORK) }), expected, "{pattern} {ani}");
    }
}

#[test]
fn r2_6_the_longest_entry_wins_and_of_equal_ones_the_allowing() {
    let mut plan = anything();
    plan.accounts[0].screening.blocked_ani = vec![digits("1303"), digits("13035550")];
    plan.trunks[0].screening.allowed_ani = vec![digits("1303555")];
    assert_eq!(decided(&plan, &to(NEW_YORK)), "blocked_ani");
    plan.trunks[0].screening.allowed_ani = vec![digits("13035550")];
    assert_eq!(decided(&plan, &to(NEW_YORK)), "end", "the same length allows; lists of both count together");
    assert_eq!(decided(&plan, &Call { ani: "12125550199".into(), ..to(NEW_YORK) }), "end", "no whitelist");
    plan.trunks[0].screening.blocked_dnis = vec![BlockedPrefix::Prefix(digits("1212"))];
    assert_eq!(decided(&plan, &to(NEW_YORK)), "blocked_dnis");
    plan.accounts[0].screening.allowed_dnis = vec![digits("12125")];
    assert_eq!(decided(&plan, &to(NEW_YORK)), "end");
}

#[test]
fn r2_6_976_is_seven_digits_of_any_npa_and_not_mongolia() {
    let mut plan = anything();
    plan.accounts[0].screening.blocked_dnis = vec![BlockedPrefix::AnyNpa976];
    assert_eq!(decided(&plan, &to("13039764000")), "blocked_dnis");
    assert_eq!(decided(&plan, &to("+97612345678")), "end");
    plan.accounts[0].screening.allowed_dnis = vec![digits("130397")];
    assert_eq!(decided(&plan, &to("13039764000")), "blocked_dnis", "six digits do not undo seven");
    plan.accounts[0].screening.allowed_dnis = vec![digits("1303976")];
    assert_eq!(decided(&plan, &to("13039764000")), "end");
    plan.accounts[0].screening.blocked_dnis = vec![BlockedPrefix::Prefix(digits("976"))];
    assert_eq!(decided(&plan, &to("+97612345678")), "blocked_dnis");
}

#[test]
fn r2_6_classes_of_destinations() {
    use DestinationClass::{Domestic, International, Premium, TollFree};
    let mut plan = anything();
    plan.settings.premium_prefixes = vec![digits("4479")];
    plan.settings.toll_free_npas = vec![822];
    // Placed in Texas by the table; a service all the same.
    let place = |prefix: &str| NumberBlock {
        prefix: digits(prefix),
        country: "US".into(),
        state: "TX".into(),
        ..Default::default()
    };
    plan.numbering = vec![place("500555"), place("377555")];
    for (dnis, class) in [
        ("12125550100", Domestic),
        ("13775550100", Domestic),
        ("14165550100", International),
        ("17875550100", International),
        ("+442079460958", International),
        ("+3841234567", International),
        ("18005550100", TollFree),
        ("18225550100", TollFree),
        ("19005550100", Premium),
        ("13039764000", Premium),
        ("18009764000", Premium),
        ("15005550100", Premium),
        ("17005550100", Premium),
        ("19995550100", Premium),
        ("+447912345678", Premium),
    ] {
        for allowed in DestinationClass::ALL {
            plan.trunks[0].screening.destination_classes = Some(vec![*allowed]);
            let expected = if *allowed == class { "end" } else { "destination_not_allowed" };
            assert_eq!(decided(&plan, &to(dnis)), expected, "{dnis}, {allowed:?} allowed");
        }
    }
}

#[test]
fn r2_6_class_and_country_must_pass_and_some_have_no_country() {
    let mut plan = anything();
    let only = |countries: &[&str]| Countries::Only(countries.iter().map(|c| (*c).to_owned()).collect());
    plan.accounts[0].screening.countries = only(&["GB", "PR"]);
    for (dnis, expected) in [
        ("+442079460958", "end"),
        ("17875550100", "end"),
        ("12125550100", "destination_not_allowed"),
        ("14165550100", "destination_not_allowed"),
        // A country code that is nobody's does not pass "only".
        ("+3841234567", "destination_not_allowed"),
        ("18005550100", "end"),
        ("19005550100", "end"),
    ] {
        assert_eq!(decided(&plan, &to(dnis)), expected, "{dnis}");
    }
    plan.accounts[0].screening.countries = Countries::AllBut(vec!["GB".into()]);
    assert_eq!(decided(&plan, &to("+442079460958")), "destination_not_allowed");
    assert_eq!(decided(&plan, &to("+3841234567")), "end", "it passes all but");
    plan.trunks[0].screening.countries = only(&["GB"]);
    assert_eq!(decided(&plan, &to("12125550100")), "destination_not_allowed", "account and trunk, both");
}

#[test]
fn r2_6_exclusions_of_a_destination_refuse() {
    let mut plan = anything();
    plan.exclusions.push(Exclusion {
        id: "x".into(),
        prefixes: vec![digits("1212555")],
        valid_from: Some(AT),
        valid_until: Some(AT + 10),
        ..Default::default()
    });
    let at = |sec: i64| Call { at_ns: sec * 1_000_000_000, ..to(NEW_YORK) };
    assert_eq!(decided(&plan, &at(AT - 1)), "end");
    assert_eq!(decided(&plan, &at(AT)), "excluded");
    assert_eq!(decided(&plan, &Call { at_ns: (AT + 10) * 1_000_000_000 - 1, ..to(NEW_YORK) }), "excluded");
    assert_eq!(decided(&plan, &at(AT + 10)), "end");
    assert_eq!(decided(&plan, &to("12126340100")), "end");
    plan.accounts.push(account("other"));
    plan.exclusions[0].account = Some("other".into());
    assert_eq!(decided(&plan, &to(NEW_YORK)), "end");
}
