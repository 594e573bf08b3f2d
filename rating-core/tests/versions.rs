//! Rule 4.2 and 10.5: which row of a deck holds at an instant, and until when the snapshot is true.

mod common;

use common::*;
use rating_core::live::{Now, Unused};
use rating_core::plan::*;
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write::compile;

const DAY: UtcSec = 86_400;

/// Price and version of a call to New York at an instant, and until when that is true.
fn at(versions: &[DeckVersion], when: UtcSec) -> (Option<(String, u32)>, UtcSec) {
    let mut plan = plan();
    add_route(&mut plan, "a", ProviderKind::Dnis, vec![]);
    plan.decks[0].versions = versions.to_vec();
    let bytes = compile(&plan, when).unwrap();
    let told = tell(&bytes, &to(NEW_YORK), Now { utc_ns: when * 1_000_000_000, ..NOW }, &Unused);
    let leg = told.decision.verdict.ok().and_then(|legs| legs.iter().next().map(|leg| *leg.candidate));
    let until = Snapshot::open(&bytes).unwrap().header().valid_until_utc_sec.get();
    (leg.map(|leg| (leg.cost.to_string(), leg.deck_version)), until)
}

fn price(amount: &str, version: u32) -> Option<(String, u32)> {
    Some((amount.into(), version))
}

fn rows(prefix: &str, amount: &str) -> Vec<DeckRow> {
    vec![row(prefix, flat(amount))]
}

#[test]
fn r4_2_the_latest_started_version_by_its_own_instant_then_number() {
    let versions = [
        version(3, AT, Scope::Partial, rows("1212", "0.03")),
        version(1, AT - DAY, Scope::Partial, rows("1212", "0.01")),
        version(2, AT, Scope::Partial, rows("1212", "0.02")),
    ];
    assert_eq!(at(&versions, AT - DAY - 1), (None, AT - DAY));
    assert_eq!(at(&versions, AT - 1), (price("0.01", 1), AT));
    assert_eq!(at(&versions, AT), (price("0.03", 3), i64::MAX), "half-open: it starts at its instant");
}

#[test]
fn r10_5_a_full_version_ends_the_codes_that_it_lacks() {
    let full = [
        version(1, AT - DAY, Scope::Full, [rows("1212", "0.01"), rows("1", "0.09")].concat()),
        version(2, AT, Scope::Full, rows("1", "0.08")),
    ];
    assert_eq!(at(&full, AT - 1).0, price("0.01", 1));
    assert_eq!(at(&full, AT).0, price("0.08", 2), "a shorter prefix prices what has ended");
    let mut partial = full.clone();
    partial[1].scope = Scope::Partial;
    assert_eq!(at(&partial, AT).0, price("0.01", 1));
}

#[test]
fn r4_2_a_full_version_ends_rows_that_were_dated_later_too() {
    let later = row("1212", flat("0.01")).with(|terms| terms.starts = Some(AT + DAY));
    let versions = [
        version(1, AT - DAY, Scope::Full, [vec![later], rows("1", "0.09")].concat()),
        version(2, AT, Scope::Full, rows("1", "0.08")),
    ];
    assert_eq!(at(&versions, AT + 2 * DAY).0, price("0.08", 2));
}

#[test]
fn r4_2_an_older_row_stands_until_the_newer_versions_row_starts() {
    let later = row("1212", flat("0.02")).with(|terms| terms.starts = Some(AT + DAY));
    let versions =
        [version(1, AT - DAY, Scope::Full, rows("1212", "0.01")), version(2, AT, Scope::Full, vec![later])];
    assert_eq!(at(&versions, AT), (price("0.01", 1), AT + DAY));
    assert_eq!(at(&versions, AT + DAY - 1).0, price("0.01", 1));
    assert_eq!(at(&versions, AT + DAY), (price("0.02", 2), i64::MAX));
}

#[test]
fn r4_2_a_row_that_ends_ends_its_code_and_no_older_version_revives() {
    let ending = row("1212", flat("0.02")).with(|terms| terms.ends = Some(AT + DAY));
    let versions = [
        version(1, AT - DAY, Scope::Partial, [rows("1212", "0.01"), rows("121", "0.05")].concat()),
        version(2, AT, Scope::Partial, vec![ending]),
    ];
    assert_eq!(at(&versions, AT), (price("0.02", 2), AT + DAY));
    assert_eq!(
        at(&versions, AT + DAY),
        (price("0.05", 1), i64::MAX),
        "the shorter prefix of version 1 stands"
    );
}

#[test]
fn r4_2_of_one_versions_rows_the_latest_started_holds() {
    let dated = |starts, amount| row("1212", flat(amount)).with(|terms| terms.starts = Some(starts));
    let versions = [version(1, AT, Scope::Full, vec![dated(AT + DAY, "0.02"), dated(AT - DAY, "0.01")])];
    assert_eq!(at(&versions, AT - 1).0, None, "the version itself has not started");
    assert_eq!(at(&versions, AT).0, price("0.01", 1));
    assert_eq!(at(&versions, AT + DAY).0, price("0.02", 1));
}

#[test]
fn r4_2_a_promotion_that_ends_gives_way_to_the_same_versions_open_row() {
    let promotion =
        row("1212", flat("0.01")).with(|terms| (terms.starts, terms.ends) = (Some(AT), Some(AT + DAY)));
    let versions = [version(1, AT - DAY, Scope::Full, vec![promotion, row("1212", flat("0.02"))])];
    assert_eq!(at(&versions, AT - 1), (price("0.02", 1), AT));
    assert_eq!(at(&versions, AT), (price("0.01", 1), AT + DAY));
    assert_eq!(at(&versions, AT + DAY), (price("0.02", 1), i64::MAX));
}

#[test]
fn what_nothing_decides_is_refused() {
    let refused = |change: &dyn Fn(&mut Plan)| {
        let mut plan = plan();
        add_route(&mut plan, "a", ProviderKind::Dnis, rows("1212", "0.01"));
        change(&mut plan);
        compile(&plan, AT).map(|_| ()).unwrap_err().to_string()
    };
    let twice =
        |plan: &mut Plan| plan.decks[0].versions[0].rows = [rows("1", "0.01"), rows("1", "0.02")].concat();
    assert_eq!(refused(&twice), r#"row "1 of deck a" is there twice"#);
    let same = |plan: &mut Plan| plan.decks[0].versions.push(version(1, AT, Scope::Full, vec![]));
    assert_eq!(refused(&same), r#"version "1 of deck a" is there twice"#);
    let gateway = |plan: &mut Plan| plan.gateways.push(plan.gateways[0].clone());
    assert_eq!(refused(&gateway), r#"gateway "a-gw1" is there twice"#);
    let id = |plan: &mut Plan| plan.accounts.push(account("two words"));
    assert_eq!(refused(&id), r#"account "two words": an id is 1 to 63 characters of A-Z a-z 0-9 _ . -"#);
    let missing = |plan: &mut Plan| plan.accounts[0].sell_deck = Some("none".into());
    assert_eq!(refused(&missing), r#"account acme: there is no deck "none""#);
    let shared = |plan: &mut Plan| {
        add_route(plan, "b", ProviderKind::Dnis, vec![]);
        plan.routes[1].deck = Some("a".into());
        plan.providers[1].ij_policy = IjPolicy::Reject;
    };
    assert_eq!(
        refused(&shared),
        "deck a: providers a and b share it with different ij_policy: give the deck its own"
    );
}

#[test]
fn the_order_of_a_plans_lists_does_not_matter() {
    let mut plan = plan();
    for id in ["a", "b", "c"] {
        add_route(&mut plan, id, ProviderKind::Dnis, [rows("1212", "0.01"), rows("1", "0.02")].concat());
    }
    plan.partitions.push(partition("zulu"));
    plan.trunks.push(trunk("aaa", "acme", &[]));
    let bytes = compiled(&plan);
    plan.partitions[0].members.reverse();
    plan.providers.reverse();
    plan.routes.reverse();
    plan.gateways.reverse();
    plan.decks.reverse();
    plan.partitions.reverse();
    plan.trunks.reverse();
    for deck in &mut plan.decks {
        deck.versions[0].rows.reverse();
    }
    assert_eq!(compiled(&plan), bytes);
}
