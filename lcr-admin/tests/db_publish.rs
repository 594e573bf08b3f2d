//! From a price list file to a call's price, and from two sources to one snapshot.

mod common;

use std::path::Path;

use common::program::{json, refused, run, text};
use common::{Database, plans};
use lcr_admin::db;
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::{
    Account, CostPlus, Deck, Gateway, IjPolicy, Limits, Member, MinMargin, NumberBlock, Partition, Plan,
    Provider, ProviderKind, Route, SellKey, Settings, Strategy, Trunk,
};
use rating_core::tariff::Rounding;
use serde_json::Value;

const AZ: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/az_deck_2010.csv");

const WHOLESALE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/wholesale");

/// An account, a trunk, and one provider whose deck is still to come.
fn one_provider() -> Plan {
    let limits = Limits::default();
    Plan {
        settings: Settings {
            name: "az".to_owned(),
            currency: "USD".to_owned(),
            reference_duration_sec: 60,
            default_partition: Some("all".to_owned()),
            use_ani_lrn: false,
            max_duration_sec: 14_400,
            dial_timeout_sec: 20,
            ..Default::default()
        },
        accounts: vec![Account {
            id: "buyer".to_owned(),
            active: true,
            sell_deck: None,
            sell_key: SellKey::Dnis,
            cost_plus: Some(CostPlus {
                margin_nano_percent: 10_000_000_000,
                fixed_fee_per_min: Nano::ZERO,
                rounding: Rounding::DEFAULT,
            }),
            min_margin: MinMargin::Amount(Nano::ZERO),
            partitions: vec![],
            limits: limits.clone(),
            ..Default::default()
        }],
        trunks: vec![Trunk {
            id: "in".to_owned(),
            account: "buyer".to_owned(),
            active: true,
            sources: vec![],
            ani_required: false,
            trust_lrn: false,
            partitions: vec![],
            limits: limits.clone(),
            ..Default::default()
        }],
        providers: vec![Provider {
            id: "az".to_owned(),
            active: true,
            kind: ProviderKind::Dnis,
            ij_policy: IjPolicy::Higher,
            limits: limits.clone(),
            ..Default::default()
        }],
        routes: vec![Route {
            id: "az-main".to_owned(),
            provider: "az".to_owned(),
            deck: Some("az".to_owned()),
            active: true,
            quality: 0,
            limits: limits.clone(),
            ..Default::default()
        }],
        gateways: vec![Gateway {
            id: "az-gw".to_owned(),
            route: "az-main".to_owned(),
            dial_string: "sip:${number}@127.0.0.1:5060".to_owned(),
            priority: 0,
            active: true,
            ..Default::default()
        }],
        partitions: vec![Partition {
            id: "all".to_owned(),
            active: true,
            strategy: Strategy::LeastCost,
            members: vec![Member {
                route: "az-main".to_owned(),
                priority: 0,
                active: true,
                ..Default::default()
            }],
            rate_limit_per_min: None,
            max_results: 8,
            dial_timeout_sec: None,
            limits: limits.clone(),
            ..Default::default()
        }],
        decks: vec![Deck {
            id: "az".to_owned(),
            ij_policy: None,
            rounding: Rounding::DEFAULT,
            versions: vec![],
            ..Default::default()
        }],
        numbering: vec![NumberBlock {
            prefix: Digits::new(b"212555").unwrap(),
            country: "US".to_owned(),
            state: "NY".to_owned(),
            lata: 132,
            ocn: String::new(),
            rate_center: String::new(),
            ..Default::default()
        }],
        local_calling: vec![],
        ..Default::default()
    }
}

fn migrated() -> Database {
    let database = Database::new();
    db::migrate(&mut database.client()).unwrap();
    database
}

#[test]
fn calls_are_priced_from_the_az_deck_and_a_block_is_never_priced_by_its_parent() {
    let database = migrated();
    db::apply_plan(&mut database.client(), &one_provider(), &mut |_| {}).unwrap();
    json(&database, &["deck", "import", AZ, "--provider", "az", "--blank-price", "blocked"]);
    let directory = tempfile::tempdir().unwrap();
    let snapshot = directory.path().join("az.snapshot").display().to_string();
    // A minute on: the version holds from the second of its import.
    let at = (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(60)).to_string();
    json(&database, &["publish", "--at", &at, "--out", &snapshot]);
    let simulate = |dnis: &str| -> Value {
        let words = ["simulate", "--snapshot", &snapshot, "--trunk", "in", "--at", &at];
        json(&database, &[&words[..], &["--ani", "13035550100", "--dnis", dnis]].concat()).remove(0)
    };
    // Number, prefix and rate by the longest match, found in the file with Python.
    for (dnis, prefix, rate) in [
        ("12125550100", "1", "0.0098"),
        ("18765550100", "1876", "0.0908"),
        ("12425550100", "1242", "0.2508"),
        ("38611234567", "386", "0.066"),
        ("43112345678", "431", "0.046"),
        ("442079460000", "44207", "0.0103"),
    ] {
        let call = simulate(dnis);
        assert_eq!(call["decision"], "routed", "{dnis}: {call}");
        let route = &call["routes"][0];
        assert_eq!((&route["prefix"], &route["rate"]), (&Value::from(prefix), &Value::from(rate)), "{dnis}");
    }
    // Rows without a rate are blocks (4.4); row `1` prices neither Jamaica's 658 nor 1900 (4.5).
    for (dnis, reason) in [
        ("38643123456", "blocked_row"),
        ("38643212345", "blocked_row"),
        ("4382012345678", "blocked_row"),
        ("37270123456", "blocked_row"),
        ("23222123456", "blocked_row"),
        ("19005550100", "blocked_row"),
        ("16585550100", "no_rate"),
    ] {
        let call = simulate(dnis);
        assert_eq!(
            (&call["decision"], &call["reason"]),
            (&Value::from("rejected"), &Value::from("no_route"))
        );
        assert_eq!(call["dropped"][0]["reason"], reason, "{dnis}: {call}");
    }
}

/// Publishes with these words, and reads the file.
fn publish(database: &Database, out: &Path, words: &[&str]) -> Vec<u8> {
    let out_text = out.display().to_string();
    let words = [&["publish", "--at", "2026-11-21T00:00:00Z", "--out", &out_text], words].concat();
    let output = run(database, &words);
    assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
    std::fs::read(out).unwrap()
}

/// Directory → database → directory: three snapshots, all alike.
fn is_the_same_from_both_sources(plan_directory: &str) {
    let database = migrated();
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let from_directory = publish(&database, &path("1"), &["--plan", plan_directory]);
    json(&database, &["plan", "apply", plan_directory]);
    let from_database = publish(&database, &path("2"), &[]);
    assert!(from_directory == from_database, "publishing from the database gives another file");
    let exported = path("exported").display().to_string();
    json(&database, &["plan", "export", &exported]);
    let from_export = publish(&database, &path("3"), &["--plan", &exported]);
    assert!(from_directory == from_export, "publishing what was exported gives another file");
    // And back: the database has it already.
    let mut client = database.client();
    let before: String =
        client.query_one("SELECT max(xmin::text::bigint)::text FROM route", &[]).unwrap().get(0);
    json(&database, &["plan", "apply", &exported]);
    let after: String =
        client.query_one("SELECT max(xmin::text::bigint)::text FROM route", &[]).unwrap().get(0);
    assert_eq!(before, after, "applying what is there writes nothing");
}

#[test]
fn the_wholesale_example_is_the_same_from_both_sources() {
    is_the_same_from_both_sources(WHOLESALE);
}

#[test]
fn a_made_up_plan_is_the_same_from_both_sources() {
    for seed in [1, 20_261_121] {
        eprintln!("seed {seed}");
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("plan");
        lcr_admin::plan::write_dir(&plans::generated(seed), &path).unwrap();
        is_the_same_from_both_sources(&path.display().to_string());
    }
}

#[test]
fn an_empty_database_says_how_to_get_a_plan() {
    let database = migrated();
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out").display().to_string();
    assert!(refused(&database, &["publish", "--out", &out]).contains("plan apply"));
    assert!(!Path::new(&out).exists());
}
