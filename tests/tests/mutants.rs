//! The list of deliberate faults is whole: each can be planted, each rule and each filter has one.
//!
//! Whether the differential run finds them is for `make mutants` to say.

use std::collections::BTreeSet;

use rating_core::reject::Reason;
use tandem_tests::differential::DROPS;
use tandem_tests::lab::binaries::root;
use tandem_tests::mutants;

#[test]
fn every_fault_can_be_planted() {
    let all = mutants::read(&root(), &[]).expect("the list can be read");
    let wrong: Vec<String> = all
        .iter()
        .filter_map(|mutant| mutant.check(&root()).err())
        .map(|error| format!("{error:#}"))
        .collect();
    assert_eq!(wrong, Vec::<String>::new(), "whoever changes core mends the list");
}

#[test]
fn every_rule_and_every_filter_has_a_fault() {
    let all = mutants::read(&root(), &[]).expect("the list can be read");
    let there: BTreeSet<&str> = all.iter().map(|mutant| mutant.rule.as_str()).collect();
    // The numbered rules of sections 2 to 5, and the strategies, which have no numbers.
    let rules = [(2, 11), (3, 10), (4, 6), (5, 5)];
    let mut wanted: Vec<String> = rules
        .into_iter()
        .flat_map(|(section, last)| (1..=last).map(move |rule| format!("{section}.{rule}")))
        .collect();
    let strategies =
        ["least_cost", "priority", "primary", "round_robin", "weighted", "quality", "highest_margin"];
    wanted.extend(strategies.map(|strategy| format!("5 {strategy}")));
    wanted.extend(DROPS.iter().map(|reason: &Reason| format!("5 {reason}")));
    let missing: Vec<String> = wanted.into_iter().filter(|rule| !there.contains(rule.as_str())).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn a_fault_is_planted_once_or_not_at_all() {
    let mutant = mutants::Mutant {
        rule: "2.1".into(),
        file: "a.rs".into(),
        why: String::new(),
        old: "one".into(),
        new: "two".into(),
        name: "m".into(),
    };
    assert_eq!(mutant.planted("zero one two").ok().as_deref(), Some("zero two two"));
    let refused = |source| mutant.planted(source).map_err(|error| error.to_string());
    assert_eq!(refused("zero"), Err("m: its text is 0 times in a.rs: mend the list".into()));
    assert_eq!(refused("one one"), Err("m: its text is 2 times in a.rs: mend the list".into()));
}
