//! `wallet list`, `show` and `add`, as an operator runs them, on a real PostgreSQL.

mod common;

use common::Database;
use common::program::{json, refused, run};
use lcr_admin::db;
use serde_json::{Value, json};

fn migrated() -> Database {
    let database = Database::new();
    db::migrate(&mut database.client()).unwrap();
    database
}

fn one(database: &Database, words: &[&str]) -> Value {
    let [object] = json(database, words).try_into().unwrap();
    object
}

fn ledger_rows(database: &Database) -> i64 {
    database.client().query_one("SELECT count(*) FROM wallet_ledger", &[]).unwrap().get(0)
}

#[test]
fn r8_4_what_is_paid_in_is_booked_once_whoever_tries_again() {
    let database = migrated();
    let add = ["wallet", "add", "acme", "main", "12.3456789012", "--key", "invoice 1", "--new"];
    assert_eq!(
        refused(&database, &add).trim(),
        "error: amount \"12.3456789012\": more than 9 decimals; expected a decimal such as 12.50"
    );
    let add = ["wallet", "add", "acme", "main", "12.5", "--key", "invoice 1", "--new"];
    let booked = one(&database, &add);
    assert_eq!(
        booked,
        json!({"account": "acme", "wallet": "main", "kind": "money", "balance": "12.5", "with_nodes": "0",
               "credit_limit": null, "movement": "purchase", "amount": "12.5", "key": "invoice 1", "booked": true})
    );
    let again = one(&database, &add);
    assert_eq!((&again["booked"], &again["balance"]), (&json!(false), &json!("12.5")));
    assert_eq!(ledger_rows(&database), 1);
    // The same key for something else: neither is booked nor taken for booked.
    for other in [["acme", "main", "13"], ["acme", "other", "12.5"], ["beta", "main", "12.5"]] {
        let words = [&["wallet", "add"][..], &other, &["--key", "invoice 1", "--new"]].concat();
        assert!(refused(&database, &words).contains("is that of another movement"), "{other:?}");
    }
    let words = ["wallet", "add", "acme", "main", "12.5", "--as", "adjust", "--key", "invoice 1"];
    assert!(refused(&database, &words).contains("another movement: purchase of 12.5"));
    assert_eq!(ledger_rows(&database), 1);
}

#[test]
fn what_is_paid_back_goes_out_and_only_an_adjustment_has_a_sign() {
    let database = migrated();
    let add = |amount: &'static str, what: &'static str, key: &'static str| {
        one(&database, &["wallet", "add", "acme", "main", amount, "--as", what, "--key", key, "--new"])
    };
    assert_eq!(add("20", "purchase", "a")["balance"], "20");
    assert_eq!(add("5.25", "refund", "b")["balance"], "14.75");
    assert_eq!(add("-0.75", "adjust", "c")["balance"], "14");
    let last = add("0.000000001", "adjust", "d");
    assert_eq!((&last["balance"], &last["amount"]), (&json!("14.000000001"), &json!("0.000000001")));
    for (amount, what) in [("-1", "purchase"), ("0", "purchase"), ("-1", "refund"), ("0", "adjust")] {
        refused(&database, &["wallet", "add", "acme", "main", amount, "--as", what, "--key", "e"]);
    }
    refused(&database, &["wallet", "add", "acme", "main", "1", "--key", "lease:1:2:3"]);
    assert_eq!(ledger_rows(&database), 4);
    let shown = one(&database, &["wallet", "show", "acme", "main", "--limit", "3"]);
    let movements: Vec<_> = shown["movements"].as_array().unwrap().iter().collect();
    let of = |key: &str| movements.iter().map(|row| row[key].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(of("key"), ["d", "c", "b"], "the newest first");
    assert_eq!(of("amount"), ["0.000000001", "-0.75", "-5.25"]);
    assert_eq!(of("movement"), ["adjust", "adjust", "refund"]);
    let told = |limit: &str| {
        String::from_utf8(run(&database, &["wallet", "show", "acme", "main", "--limit", limit]).stderr)
            .unwrap()
    };
    assert!(told("3").contains("there are more") && told("4").is_empty(), "{}", told("3"));
    assert!(of("booked_at").iter().all(|at| at.starts_with("20") && at.ends_with('Z')), "{shown}");
}

#[test]
fn a_wallet_that_nobody_knows_is_refused_and_seconds_are_another() {
    let database = migrated();
    let unknown = ["wallet", "add", "acme", "mian", "5", "--key", "a"];
    assert!(refused(&database, &unknown).contains("there is no wallet acme/mian"));
    assert!(refused(&database, &["wallet", "show", "acme", "mian"]).contains("wallet list"));
    assert_eq!(json(&database, &["wallet", "list"]), Vec::<Value>::new());
    let minutes = ["wallet", "add", "acme", "main", "3600", "--seconds", "--key", "a", "--new"];
    assert_eq!(one(&database, &minutes)["kind"], "seconds");
    assert!(refused(&database, &["wallet", "add", "acme", "main", "5", "--key", "b"]).contains("no wallet"));
    refused(&database, &["wallet", "add", "acme", "main", "1.5", "--seconds", "--key", "b"]);
    one(&database, &["wallet", "add", "acme", "main", "7", "--key", "b", "--new"]);
    one(&database, &["wallet", "add", "beta", "b", "1", "--key", "c", "--new"]);
    let line = |wallet: &Value| format!("{} {} {}", wallet["account"], wallet["kind"], wallet["balance"]);
    let lines = |words: &[&str]| json(&database, words).iter().map(line).collect::<Vec<_>>();
    let (money, seconds, beta) =
        (r#""acme" "money" "7""#, r#""acme" "seconds" "3600""#, r#""beta" "money" "1""#);
    assert_eq!(lines(&["wallet", "list"]), [money, seconds, beta]);
    assert_eq!(lines(&["wallet", "list", "--account", "beta"]), [beta]);
    let table = String::from_utf8(run(&database, &["wallet", "list"]).stdout).unwrap();
    assert!(table.contains("with nobody") && table.contains("3600"), "{table}");
}

#[test]
fn a_wallet_of_the_plan_is_known_before_anything_is_paid_in() {
    let database = migrated();
    let mut client = database.client();
    client
        .batch_execute(
            "SET session_replication_role = replica; \
             INSERT INTO wallet (account, id, kind, priority, threshold, credit_limit) \
             VALUES ('acme', 'main', 'money', 1, 0, 2500000000)",
        )
        .unwrap();
    let [listed] = json(&database, &["wallet", "list"]).try_into().unwrap();
    assert_eq!((&listed["balance"], &listed["credit_limit"]), (&json!("0"), &json!("2.5")));
    assert_eq!(one(&database, &["wallet", "add", "acme", "main", "1", "--key", "a"])["balance"], "1");
}
