//! What a call costs and sells for is said by the versions of its answer, not by those of its decision (4.2).
//!
//! An hour into the test, at `CHANGE`, both decks of the small plan have a second version. Calls are decided five
//! seconds before it.

mod common;

use std::path::Path;

use common::{Caps, SEC_NS, T0_NS, admitted, at, config, plan, request_of};
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::*;
use rating_core::route::{Call, Lrn, Origin};
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write::compile;
use rating_core::tariff::Rounding;
use rating_node::segments::{CallRecord, Sweeper};
use rating_node::{Handle, Node, publish::next_path};

/// Seconds into the test.
const CHANGE: i64 = 3600;

fn nano(text: &str) -> Nano {
    Nano::parse(text.as_bytes()).unwrap()
}

/// A version from `CHANGE` on, with one row.
fn later(plan: &mut Plan, deck: &str, prefix: &str, rate: &str, first_sec: u32, increment_sec: u32) {
    let deck = plan.decks.iter_mut().find(|each| each.id == deck).unwrap();
    let mut row = deck.versions[0].rows[0].clone();
    row.prefix = Digits::new(prefix.as_bytes()).unwrap();
    row.prices = Prices { default: Price::PerMin(nano(rate)), ..Prices::default() };
    let terms = row.terms_mut();
    (terms.first_sec, terms.increment_sec) = (first_sec, increment_sec);
    deck.versions.push(DeckVersion {
        number: 2,
        effective_from: T0_NS / SEC_NS + CHANGE,
        scope: Scope::Full,
        rows: vec![row],
        ..Default::default()
    });
}

/// Before: bought at 0.006, 30/6, sold at 0.01, 60/60. From then on bought at 0.003, 60/60, sold at 0.02, 30/30.
fn both_change() -> Plan {
    let mut plan = plan(Caps::default());
    later(&mut plan, "cheap_deck", "1312", "0.003", 60, 60);
    later(&mut plan, "acme_deck", "1312", "0.02", 30, 30);
    plan
}

/// A node with the snapshot of the test's beginning and the one from `CHANGE` on.
fn node(directory: &Path, plan: &Plan) -> Node {
    let path = directory.join("snapshot");
    let first = compile(plan, T0_NS / SEC_NS).unwrap();
    let header = *Snapshot::open(&first).unwrap().header();
    let until = header.valid_until_utc_sec.get();
    assert_eq!(until, T0_NS / SEC_NS + CHANGE);
    let next = next_path(&path, T0_NS / SEC_NS, header.content_id.get(), until);
    std::fs::write(next, compile(plan, until).unwrap()).unwrap();
    std::fs::write(path, first).unwrap();
    Node::attach(&config(directory)).unwrap()
}

/// A call that is decided five seconds before `CHANGE`.
fn decide(node: &Node, call_id: &str, dnis_lrn: Lrn<'_>) -> Handle {
    let origin = Origin::Source([127, 0, 0, 10].into());
    let call =
        Call { call_id: call_id.as_bytes(), dnis_lrn, ..Call::new(origin, b"12125550142", b"13125550123") };
    let request = request_of(call);
    admitted(node.decide(&request, at(CHANGE - 5)))
}

/// The record of a call that is answered at a second of the test and lasts some.
fn answered_with(plan: &Plan, dnis_lrn: Lrn<'_>, answered: i64, lasts_sec: i64) -> CallRecord {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), plan);
    let handle = decide(&node, "call-1", dnis_lrn);
    node.answered(handle, 200, at(answered)).unwrap();
    node.ended(handle, 0, at(answered + lasts_sec)).unwrap();
    Sweeper::default().collect(&node, 9).remove(0)
}

fn answered(plan: &Plan, answered: i64, lasts_sec: i64) -> CallRecord {
    answered_with(plan, Lrn::NONE, answered, lasts_sec)
}

fn amounts(record: &CallRecord) -> (String, String) {
    (record.cost.to_string(), record.price.to_string())
}

fn amounts_are(cost: &str, price: &str) -> (String, String) {
    (cost.to_owned(), price.to_owned())
}

#[test]
fn r4_2_a_call_is_bought_and_sold_by_the_versions_of_its_answer() {
    let plan = both_change();
    // 31 s. Before: 36 s of 0.006 a minute; one minute of 0.01.
    let before = answered(&plan, CHANGE - 1, 31);
    assert_eq!(amounts(&before), amounts_are("0.0036", "0.01"));
    assert_eq!((before.buy_billed_sec, before.sell_billed_sec, before.legs[0].deck_version), (36, 60, 1));
    // From the instant on: one minute of 0.003; 60 s of 0.02 a minute.
    let after = answered(&plan, CHANGE, 31);
    assert_eq!(amounts(&after), amounts_are("0.003", "0.02"));
    assert_eq!((after.buy_billed_sec, after.sell_billed_sec, after.legs[0].deck_version), (60, 60, 2));
    assert_eq!((after.bought_as_decided, after.sold_as_decided), (false, false));
    assert_eq!(after.legs[0].route, "cheap", "it was routed by the old prices");
}

#[test]
fn r4_2_a_call_that_was_answered_before_keeps_its_prices_when_it_ends_after() {
    // 3 min 20 s across the instant: 204 s of 0.006 a minute, four minutes of 0.01.
    let record = answered(&both_change(), CHANGE - 4, 200);
    assert_eq!(amounts(&record), amounts_are("0.0204", "0.04"));
    assert_eq!(record.legs[0].deck_version, 1);
}

#[test]
fn r4_2_a_later_leg_is_priced_by_its_answer_too() {
    let mut plan = both_change();
    // `dear`: 0.012 before, 6/6, fee 0.001; then 0.018, 1/1, same fee.
    later(&mut plan, "dear_deck", "1312", "0.018", 1, 1);
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), &plan);
    let handle = decide(&node, "call-1", Lrn::NONE);
    assert!(common::dial(&node, handle, 503, at(CHANGE + 1)).unwrap().ends_with("127.0.0.22:5060"));
    node.answered(handle, 200, at(CHANGE + 2)).unwrap();
    node.ended(handle, 0, at(CHANGE + 12)).unwrap();
    let record = Sweeper::default().collect(&node, 9).remove(0);
    // 10 s of 0.018 a minute and the fee; 30 s of 0.02 a minute.
    assert_eq!(amounts(&record), amounts_are("0.004", "0.01"));
    assert_eq!(record.legs.iter().map(|leg| leg.deck_version).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn r9_6_cost_plus_is_on_the_buy_price_of_the_answer() {
    let mut plan = both_change();
    plan.accounts[0].sell_deck = None;
    let (margin_nano_percent, fixed_fee_per_min) = (10_000_000_000, nano("0.01"));
    plan.accounts[0].cost_plus =
        Some(CostPlus { margin_nano_percent, fixed_fee_per_min, rounding: Rounding::DEFAULT });
    // 36 s: 0.0036 and a tenth, and 0.006 of fee. One minute: 0.003 and a tenth, and 0.01 of fee.
    assert_eq!(amounts(&answered(&plan, CHANGE - 1, 31)), amounts_are("0.0036", "0.00996"));
    assert_eq!(amounts(&answered(&plan, CHANGE, 31)), amounts_are("0.003", "0.0133"));
}

#[test]
fn r9_6_a_sell_deck_that_ends_leaves_cost_plus_and_one_that_begins_replaces_it() {
    let mut plan = plan(Caps::default());
    plan.accounts[0].cost_plus = Some(CostPlus {
        margin_nano_percent: 50_000_000_000,
        fixed_fee_per_min: Nano::ZERO,
        rounding: Rounding::DEFAULT,
    });
    let mut ends = plan.clone();
    later(&mut ends, "acme_deck", "1303", "0.02", 30, 30);
    // Sold by the deck, one minute of 0.01; then at 0.0036 and a half more.
    assert_eq!(amounts(&answered(&ends, CHANGE - 1, 31)), amounts_are("0.0036", "0.01"));
    assert_eq!(amounts(&answered(&ends, CHANGE, 31)), amounts_are("0.0036", "0.0054"));
    let sell = plan.decks.iter_mut().find(|deck| deck.id == "acme_deck").unwrap();
    sell.versions[0].rows[0].prefix = Digits::new(b"1303").unwrap();
    later(&mut plan, "acme_deck", "1312", "0.02", 30, 30);
    assert_eq!(amounts(&answered(&plan, CHANGE - 1, 31)), amounts_are("0.0036", "0.0054"));
    assert_eq!(amounts(&answered(&plan, CHANGE, 31)), amounts_are("0.0036", "0.02"));
}

#[test]
fn r9_6_a_custom_rate_stays_in_the_blocks_of_the_answer() {
    let mut plan = both_change();
    plan.overrides = vec![Override {
        id: "special".into(),
        custom_rate_per_min: Some(nano("0.05")),
        ..Default::default()
    }];
    // 61 s at 0.05 a minute: two minutes of the old row, 90 s of the new one.
    assert_eq!(answered(&plan, CHANGE - 1, 61).price, nano("0.1"));
    assert_eq!(answered(&plan, CHANGE, 61).price, nano("0.075"));
}

#[test]
fn r9_6_a_custom_rate_sells_in_6_6_where_the_row_is_gone_at_the_answer() {
    let mut plan = plan(Caps::default());
    let deck = plan.decks.iter_mut().find(|deck| deck.id == "acme_deck").unwrap();
    deck.versions[0].rows[0].terms_mut().connect_fee = nano("0.05");
    later(&mut plan, "acme_deck", "1303", "0.02", 30, 30);
    plan.overrides = vec![Override {
        id: "special".into(),
        custom_rate_per_min: Some(nano("0.01")),
        ..Default::default()
    }];
    // 61 s at 0.01 a minute: two minutes and the fee of the old row; without a row 66 s and no fee.
    assert_eq!(answered(&plan, CHANGE - 1, 61).price, nano("0.07"));
    let record = answered(&plan, CHANGE, 61);
    assert_eq!((record.price, record.sold_as_decided), (nano("0.011"), false));
}

#[test]
fn r4_2_what_has_no_price_at_the_answer_keeps_that_of_the_decision_and_says_so() {
    let mut plan = plan(Caps::default());
    // Both decks go on without 1312: the codes end.
    later(&mut plan, "cheap_deck", "1303", "0.003", 60, 60);
    later(&mut plan, "acme_deck", "1303", "0.02", 30, 30);
    let record = answered(&plan, CHANGE, 31);
    assert_eq!(amounts(&record), amounts_are("0.0036", "0.01"));
    assert_eq!((record.legs[0].deck_version, record.legs[0].prefix.as_str()), (1, "1312"));
    assert_eq!((record.bought_as_decided, record.sold_as_decided), (true, true));
    assert_eq!(CallRecord::decode(&record.encode()), Some(record));
    let record = answered(&plan, CHANGE - 1, 31);
    assert_eq!((record.bought_as_decided, record.sold_as_decided), (false, false));
}

#[test]
fn r4_3_the_longest_prefix_of_the_answer_prices_by_the_lrn_of_the_decision() {
    let mut plan = plan(Caps::default());
    plan.accounts[0].min_margin = MinMargin::AllowLoss;
    let buy = plan.decks.iter_mut().find(|deck| deck.id == "cheap_deck").unwrap();
    buy.versions[0].rows[0].prefix = Digits::new(b"1720").unwrap();
    later(&mut plan, "cheap_deck", "172055", "0.0012", 60, 60);
    let record = answered_with(&plan, Lrn::Dipped(b"17205550000"), CHANGE, 60);
    assert_eq!((record.cost, record.legs[0].prefix.as_str()), (nano("0.0012"), "172055"));
    // 4.5: a row of prefix 1 still prices what both decision and answer know as geographic numbers of the US.
    let buy = plan.decks.iter_mut().find(|deck| deck.id == "cheap_deck").unwrap();
    buy.versions[1].rows[0].prefix = Digits::new(b"1").unwrap();
    let record = answered_with(&plan, Lrn::Dipped(b"17205550000"), CHANGE, 60);
    assert_eq!((record.cost, record.legs[0].prefix.as_str()), (nano("0.0012"), "1"));
}
