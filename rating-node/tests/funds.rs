//! Wallets: who pays, what is held, extended, settled and given back (section 8).
//!
//! The small plan sells at 0.01 a minute, 60/60, and holds for 60 s. Amounts are in thousandths of a dollar: a first
//! hold is 10.

mod common;

use std::path::Path;

use common::{Caps, admitted, at, decide, plan, publish, rejected};
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::*;
use rating_core::reject::Reason;
use rating_core::tariff::Rounding;
use rating_node::segments::{CallRecord, Reader, SegmentWriter, Sweeper, sweep};
use rating_node::{Due, Handle, Held, Node, Verdict};

/// A thousandth of a dollar.
const MILL: u64 = 1_000_000;

fn money(id: &str, priority: i32, threshold: u64) -> Wallet {
    let threshold = (threshold * MILL).cast_signed();
    Wallet { id: id.into(), priority, threshold, ..Default::default() }
}

fn with_wallets(wallets: Vec<Wallet>) -> Plan {
    let mut plan = plan(Caps::default());
    plan.accounts[0].wallets = wallets;
    plan
}

fn node_of(directory: &Path, plan: &Plan) -> Node {
    publish(directory, plan);
    Node::attach(&common::config(directory)).unwrap()
}

/// The slot of a wallet of the plan.
fn slot(node: &Node, id: &str) -> u32 {
    let generation = node.newest();
    let snapshot = generation.snapshot();
    let record = snapshot.wallets().iter().find(|wallet| snapshot.text(wallet.name) == id).unwrap();
    node.shm().wallets().slot(&record.to_wallet()).unwrap()
}

fn available(node: &Node, id: &str) -> u64 {
    node.shm().wallets().funds(slot(node, id)).available()
}

/// A node whose one wallet, of money, has so many thousandths.
fn node_with(directory: &Path, mills: u64) -> Node {
    let node = node_of(directory, &with_wallets(vec![money("main", 0, 0)]));
    node.grant(slot(&node, "main"), mills * MILL, 0);
    node
}

fn mills(node: &Node) -> u64 {
    let available = available(node, "main");
    assert_eq!(available % MILL, 0);
    available / MILL
}

fn held(verdict: &Verdict) -> Option<Held> {
    match verdict {
        Verdict::Admitted { held, .. } => *held,
        Verdict::Rejected { reject, .. } => panic!("rejected: {}", reject.reason),
    }
}

fn due(node: &Node, sec: i64) -> Vec<(Handle, Due)> {
    let mut told = Vec::new();
    node.due(at(sec), |handle, due| told.push((handle, due)));
    told
}

fn records(node: &Node, directory: &Path) -> Vec<CallRecord> {
    let segments = common::segments(directory);
    let mut writer = SegmentWriter::new(&segments, 1, 1 << 20).unwrap();
    sweep(node, &mut Sweeper::default(), &mut writer, at(0).utc_ns).unwrap();
    Reader::open(&segments).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn r8_1_a_node_without_a_lease_refuses_and_a_postpaid_account_is_not_asked() {
    let dir = tempfile::tempdir().unwrap();
    let mut credit = money("main", 0, 0);
    credit.credit_limit = 1_000_000_000;
    let node = node_of(dir.path(), &with_wallets(vec![credit]));
    assert_eq!(rejected(decide(&node, "call-1", at(0))), Reason::InsufficientBalance);
    let dir = tempfile::tempdir().unwrap();
    let node = common::node(dir.path(), Caps::default());
    assert_eq!(held(&decide(&node, "call-1", at(0))), None);
}

#[test]
fn r8_2_each_call_holds_its_first_interval_and_no_more_calls_than_are_covered() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_with(dir.path(), 35);
    for (call, left) in [("call-1", 25), ("call-2", 15), ("call-3", 5)] {
        let verdict = decide(&node, call, at(0));
        // For information: what is held and what is left, in whole minutes.
        let longest_sec = 60 + left / 10 * 60;
        assert_eq!(held(&verdict), Some(Held { held_sec: 60, longest_sec: longest_sec as u32 }), "{call}");
        assert_eq!(mills(&node), left);
    }
    assert_eq!(rejected(decide(&node, "call-4", at(0))), Reason::InsufficientBalance);
    // A retransmission holds nothing more, and is told what is held.
    assert_eq!(held(&decide(&node, "call-1", at(1))).map(|held| held.held_sec), Some(60));
    assert_eq!(mills(&node), 5);
    assert_eq!(node.wallets_off(), []);
}

#[test]
fn r8_2_what_a_call_has_not_used_goes_back() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_with(dir.path(), 30);
    let cancelled = admitted(decide(&node, "call-1", at(0)));
    let short = admitted(decide(&node, "call-2", at(0)));
    assert_eq!(mills(&node), 10);
    node.ended(cancelled, 487, at(5)).unwrap();
    assert_eq!(mills(&node), 20, "nobody answered: nothing is used");
    node.answered(short, 200, at(5)).unwrap();
    node.ended(short, 0, at(15)).unwrap();
    node.ended(short, 0, at(500)).unwrap();
    assert_eq!(mills(&node), 20, "10 s are a whole minute");
    let records = records(&node, dir.path());
    let used: Vec<_> =
        records.iter().map(|r| (r.call_id.as_str(), r.wallet.as_str(), r.wallet_used)).collect();
    assert_eq!(used, [("call-1", "main", 0), ("call-2", "main", 10_000_000)]);
    assert_eq!(records[1].price, Nano(10_000_000));
    assert_eq!((mills(&node), node.wallets_off()), (20, vec![]), "what was swept stays used");
}

#[test]
fn r8_2_a_hold_is_extended_before_it_runs_out_and_the_new_time_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_with(dir.path(), 100);
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.answered(handle, 200, at(10)).unwrap();
    assert_eq!(due(&node, 39), [], "29 s of talk: 31 s are left");
    assert_eq!(due(&node, 40), [(handle, Due::Extended { left_sec: 90 })]);
    assert_eq!((mills(&node), due(&node, 41)), (80, vec![]));
    assert_eq!(due(&node, 100), [(handle, Due::Extended { left_sec: 90 })]);
    // 61 s would have been two minutes; 91 s are too, and the third goes back.
    node.ended(handle, 0, at(101)).unwrap();
    assert_eq!(mills(&node), 80);
    assert_eq!(records(&node, dir.path())[0].wallet_used, 20_000_000);
}

#[test]
fn r8_2_a_call_at_the_plans_longest_time_is_ended_whatever_is_held() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = with_wallets(vec![money("main", 0, 0)]);
    plan.settings.max_duration_sec = 120;
    let node = node_of(dir.path(), &plan);
    node.grant(slot(&node, "main"), 100_000_000, 0);
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.answered(handle, 200, at(0)).unwrap();
    assert_eq!(due(&node, 30), [(handle, Due::Extended { left_sec: 90 })]);
    assert_eq!(due(&node, 90), [(handle, Due::Extended { left_sec: 30 })], "to 120 s, though 180 are held");
    // A dialog takes no time-out of 0: one that is over should have been ended, and is named.
    assert_eq!(due(&node, 150), [(handle, Due::End)]);
}

#[test]
fn r8_2_a_refused_extension_ends_the_call_when_its_hold_runs_out() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_with(dir.path(), 15);
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.answered(handle, 200, at(0)).unwrap();
    for sec in [30, 31, 45, 59] {
        assert_eq!(due(&node, sec), [], "{sec}: what it has is not over");
    }
    assert_eq!(due(&node, 60), [(handle, Due::End)]);
    assert_eq!(
        (due(&node, 61), due(&node, 66)),
        (vec![], vec![(handle, Due::End)]),
        "told until it has ended"
    );
    assert!(node.shm().wallets().funds(slot(&node, "main")).refused > 0);
    // The BYE takes a second: that is a second minute, of which 5 are there.
    node.ended(handle, 0, at(61)).unwrap();
    assert_eq!(mills(&node), 0);
    let record = records(&node, dir.path()).remove(0);
    assert_eq!((record.price, record.wallet_used), (Nano(20_000_000), 15_000_000));
}

#[test]
fn r8_2_money_that_comes_in_time_extends_the_call() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_with(dir.path(), 10);
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.answered(handle, 200, at(0)).unwrap();
    assert_eq!(due(&node, 45), []);
    node.grant(slot(&node, "main"), 20 * MILL, 0);
    assert_eq!(due(&node, 46), [(handle, Due::Extended { left_sec: 74 })]);
}

#[test]
fn r8_1_the_first_wallet_above_its_threshold_that_covers_the_first_hold_pays() {
    let dir = tempfile::tempdir().unwrap();
    let wallets = vec![money("bonus", 0, 0), money("main", 1, 20), money("zz", 1, 0)];
    let node = node_of(dir.path(), &with_wallets(wallets));
    let payer = |call: &str| {
        let before = ["bonus", "main", "zz"].map(|id| (id, available(&node, id)));
        admitted(decide(&node, call, at(0)));
        before.into_iter().find(|(id, had)| available(&node, id) < *had).map(|(id, _)| id)
    };
    node.grant(slot(&node, "bonus"), 15 * MILL, 0);
    node.grant(slot(&node, "main"), 31 * MILL, 0);
    node.grant(slot(&node, "zz"), 10 * MILL, 0);
    assert_eq!(payer("call-1"), Some("bonus"));
    assert_eq!(payer("call-2"), Some("main"), "5 are left, not enough for a first hold");
    assert_eq!(payer("call-3"), Some("main"), "21 are above 20");
    assert_eq!(payer("call-4"), Some("zz"), "11 are not");
    assert_eq!(rejected(decide(&node, "call-5", at(0))), Reason::InsufficientBalance);
}

#[test]
fn r8_1_a_threshold_counts_what_other_nodes_have() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_of(dir.path(), &with_wallets(vec![money("main", 0, 100)]));
    node.grant(slot(&node, "main"), 20 * MILL, 90 * MILL as i64);
    admitted(decide(&node, "call-1", at(0)));
    assert_eq!(
        rejected(decide(&node, "call-2", at(0))),
        Reason::InsufficientBalance,
        "100 are not above 100"
    );
}

#[test]
fn r8_2_the_dearest_leg_that_is_kept_is_held() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_of(dir.path(), &at_twice_the_cost());
    // Twice the cost of 60 s: 0.012 by `cheap`, 0.026 by `dear`.
    node.grant(slot(&node, "main"), 50 * MILL, 0);
    let handle = admitted(decide(&node, "call-1", at(0)));
    assert_eq!(mills(&node), 24);
    // `dear` is dropped now, and `cheap` alone is held (2.10).
    let second = admitted(decide(&node, "call-2", at(0)));
    assert_eq!(mills(&node), 12);
    assert_eq!(common::dial(&node, second, 503, at(1)), None);
    // Answered by `cheap`, what is held lasts longer: 130 s cost 0.026.
    node.answered(handle, 200, at(0)).unwrap();
    assert_eq!(node.held(handle).unwrap().map(|held| held.held_sec), Some(126), "130 s would be 132");
}

/// The account pays twice what a leg costs: 0.012 a minute by `cheap`, by `dear` 0.024 and a fee of 0.002.
fn at_twice_the_cost() -> Plan {
    let mut plan = with_wallets(vec![money("main", 0, 0)]);
    plan.accounts[0].sell_deck = None;
    plan.accounts[0].cost_plus = Some(CostPlus {
        margin_nano_percent: 100_000_000_000,
        fixed_fee_per_min: Nano::ZERO,
        rounding: Rounding::DEFAULT,
    });
    plan
}

#[test]
fn r8_2_a_dialog_is_told_that_what_is_held_lasts_longer_by_the_leg_that_answered() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_of(dir.path(), &at_twice_the_cost());
    node.grant(slot(&node, "main"), 26 * MILL, 0);
    let verdict = decide(&node, "call-1", at(0));
    // All of it, for 60 s by `dear`, are told to the dialog.
    assert_eq!(held(&verdict).map(|held| held.held_sec), Some(60));
    let handle = admitted(verdict);
    assert_eq!(due(&node, 4), [], "nobody talks yet");
    node.answered(handle, 200, at(5)).unwrap();
    // 126 s by `cheap` are 0.0252, 132 s would be 0.0264.
    assert_eq!(due(&node, 5), [], "its dialog takes no other time-out yet");
    assert_eq!(due(&node, 6), [(handle, Due::Extended { left_sec: 125 })]);
    assert_eq!(due(&node, 7), [], "told once");
    assert_eq!(due(&node, 5 + 125), [], "a refused extension leaves the time that was told");
    assert_eq!(due(&node, 5 + 126), [(handle, Due::End)]);
}

#[test]
fn r8_2_a_call_that_is_seen_alive_before_it_is_due_is_still_told() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_of(dir.path(), &at_twice_the_cost());
    node.grant(slot(&node, "main"), 26 * MILL, 0);
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.answered(handle, 200, at(0)).unwrap();
    node.alive(handle, at(0)).unwrap();
    assert_eq!(due(&node, 1), [(handle, Due::Extended { left_sec: 125 })]);
    node.alive(handle, at(2)).unwrap();
    assert_eq!(due(&node, 2), []);
}

#[test]
fn r8_2_a_dialog_is_told_that_what_is_held_ends_sooner_by_the_price_of_the_answer() {
    // 0.01 is held for 60 s. From then on 0.02 a minute in blocks of 30 s, or of 60 s: 30 s are paid, or none.
    for (block_sec, told) in [(30, Due::Extended { left_sec: 29 }), (60, Due::Extended { left_sec: 1 })] {
        let dir = tempfile::tempdir().unwrap();
        let node = node_with(dir.path(), 15);
        let handle = admitted(decide(&node, "call-1", at(0)));
        let mut dearer = with_wallets(vec![money("main", 0, 0)]);
        let row = &mut dearer.decks[0].versions[0].rows[0];
        row.prices.default = Price::PerMin(Nano(20_000_000));
        let terms = row.terms_mut();
        (terms.first_sec, terms.increment_sec) = (block_sec, block_sec);
        publish(dir.path(), &dearer);
        node.publish(&dir.path().join("snapshot")).unwrap();
        node.answered(handle, 200, at(1)).unwrap();
        assert_eq!(due(&node, 2), [(handle, told)], "of another 0.01 only half is there");
        assert_eq!(due(&node, 3), [], "told once");
        assert_eq!(due(&node, 31), [(handle, Due::End)]);
    }
}

#[test]
fn r8_2_a_wallet_of_seconds_pays_the_seconds_that_are_billed() {
    let dir = tempfile::tempdir().unwrap();
    let seconds =
        |threshold| Wallet { id: "main".into(), kind: WalletKind::Seconds, threshold, ..Default::default() };
    let node = node_of(dir.path(), &with_wallets(vec![seconds(30)]));
    node.grant(slot(&node, "main"), 150, 0);
    let handle = admitted(decide(&node, "call-1", at(0)));
    assert_eq!(available(&node, "main"), 90);
    node.answered(handle, 200, at(0)).unwrap();
    assert_eq!(due(&node, 30), [(handle, Due::Extended { left_sec: 90 })]);
    assert_eq!(available(&node, "main"), 30);
    assert_eq!(rejected(decide(&node, "call-2", at(31))), Reason::InsufficientBalance, "30 are not above 30");
    node.ended(handle, 0, at(61)).unwrap();
    assert_eq!(available(&node, "main"), 30);
    let record = records(&node, dir.path()).remove(0);
    assert_eq!((record.wallet_in_seconds, record.wallet_used), (true, 120));
    // The same wallet, turned to money, has nothing of that.
    publish(dir.path(), &with_wallets(vec![money("main", 0, 0)]));
    node.publish(&dir.path().join("snapshot")).unwrap();
    assert_eq!(rejected(decide(&node, "call-3", at(70))), Reason::InsufficientBalance);
}

#[test]
fn s1_a_wallet_pays_in_the_plans_currency() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = with_wallets(vec![money("main", 0, 0)]);
    plan.decks[0].currency = "EUR".into();
    let rate = CurrencyRate { currency: "EUR".into(), from: 0, rate: Nano(1_100_000_000) };
    plan.currency_rates = vec![rate];
    let node = node_of(dir.path(), &plan);
    node.grant(slot(&node, "main"), 20 * MILL, 0);
    let handle = admitted(decide(&node, "call-1", at(0)));
    assert_eq!(mills(&node), 9);
    node.answered(handle, 200, at(0)).unwrap();
    node.ended(handle, 0, at(10)).unwrap();
    let record = records(&node, dir.path()).remove(0);
    assert_eq!(
        (record.price, record.currency.as_str(), record.wallet_used),
        (Nano(10_000_000), "EUR", 11_000_000)
    );
}

#[test]
fn r7_4_a_prepaid_call_whose_end_is_lost_pays_at_most_its_hold() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_with(dir.path(), 10);
    let handle = admitted(decide(&node, "call-1", at(0)));
    node.answered(handle, 200, at(0)).unwrap();
    // Its dialog is seen after the hold has run out, then never again.
    node.alive(handle, at(100)).unwrap();
    let mut sec = 100;
    let ended = loop {
        sec += 60;
        if let Some(told) = due(&node, sec).into_iter().find(|(_, due)| *due == Due::Ended) {
            break told;
        }
        assert!(sec < 60_000, "it never ends");
    };
    assert_eq!(ended.0, handle);
    let record = records(&node, dir.path()).remove(0);
    assert_eq!((record.duration_sec, record.price, record.wallet_used), (60, Nano(10_000_000), 10_000_000));
    assert!(record.recovered);
    assert_eq!(node.wallets_off(), []);
}

#[test]
fn r4_2_a_price_that_has_risen_at_the_answer_buys_less_time() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_with(dir.path(), 25);
    let [first, second] = ["call-1", "call-2"].map(|call| admitted(decide(&node, call, at(0))));
    // A new plan doubles the price.
    let mut dearer = with_wallets(vec![money("main", 0, 0)]);
    dearer.decks[0].versions[0].rows[0].prices.default = Price::PerMin(Nano(20_000_000));
    dearer.decks[0].versions[0].rows[0].terms_mut().first_sec = 30;
    dearer.decks[0].versions[0].rows[0].terms_mut().increment_sec = 30;
    publish(dir.path(), &dearer);
    node.publish(&dir.path().join("snapshot")).unwrap();
    node.answered(first, 200, at(1)).unwrap();
    // 0.01 buys 30 s; of another 0.01 only 0.005 is there, too little for a block.
    assert_eq!(node.held(first).unwrap().map(|held| held.held_sec), Some(30));
    assert_eq!(mills(&node), 5);
    node.ended(second, 487, at(2)).unwrap();
    assert_eq!(due(&node, 10), [(first, Due::Extended { left_sec: 51 })]);
    node.ended(first, 0, at(11)).unwrap();
    assert_eq!(mills(&node), 15);
}

#[test]
fn an_emergency_call_and_a_rejected_one_hold_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = with_wallets(vec![money("main", 0, 0)]);
    plan.routes[0].limits.concurrent_calls_max = Some(1);
    plan.routes[1].limits.concurrent_calls_max = Some(0);
    let node = node_of(dir.path(), &plan);
    node.grant(slot(&node, "main"), 100 * MILL, 0);
    admitted(decide(&node, "call-1", at(0)));
    assert_eq!(rejected(decide(&node, "call-2", at(0))), Reason::TargetConcurrencyExceeded);
    assert_eq!(mills(&node), 90);
    let dir = tempfile::tempdir().unwrap();
    let mut plan = with_wallets(vec![money("main", 0, 0)]);
    plan.settings.emergency_numbers = vec![Digits::new(b"911").unwrap()];
    plan.settings.emergency_routes = vec!["cheap".into()];
    let node = node_of(dir.path(), &plan);
    assert_eq!(held(&common::decide_to(&node, "call-1", "911", at(0))), None, "and needs no lease");
}

#[test]
fn r6_6_a_restart_keeps_what_answered_calls_hold_and_gives_back_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let node = node_with(dir.path(), 100);
    let [answered, _ringing, over] =
        ["call-1", "call-2", "call-3"].map(|c| admitted(decide(&node, c, at(0))));
    node.answered(answered, 200, at(0)).unwrap();
    node.answered(over, 200, at(0)).unwrap();
    node.ended(over, 0, at(5)).unwrap();
    assert_eq!(mills(&node), 70);
    drop(node);
    let node = Node::attach(&common::config(dir.path())).unwrap();
    assert_eq!((mills(&node), node.wallets_off()), (80, vec![]));
    assert_eq!(records(&node, dir.path()).len(), 2);
    drop(node);
    let node = Node::attach(&common::config(dir.path())).unwrap();
    assert_eq!(mills(&node), 80, "what was swept is not forgotten");
}
