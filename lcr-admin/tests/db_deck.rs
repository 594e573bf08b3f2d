//! `deck import` as an operator runs it: whole or not at all, and once.

mod common;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::program::{command, json, refused, run, text};
use common::{Database, plans};
use lcr_admin::db;
use rating_core::plan::Plan;
use serde_json::Value;

/// A real A-Z price list of 27,523 rows, 9 of them without a rate.
const AZ: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/az_deck_2010.csv");

/// Its lines without a rate, as Python's `csv` finds them.
const AZ_BLANK_LINES: [u64; 9] = [583, 7151, 24073, 24127, 24128, 24129, 24130, 24131, 27393];

/// A database with a plan in it that has provider `PROVIDER-0`.
fn with_plan() -> Database {
    let database = Database::new();
    let mut client = database.client();
    db::migrate(&mut client).unwrap();
    db::apply_plan(&mut client, &plan(), &mut |_| {}).unwrap();
    database
}

/// A made-up plan without price lists, by the clock of UTC.
fn plan() -> Plan {
    let mut plan = plans::generated(1);
    plan.providers.iter_mut().for_each(|provider| provider.time_zone.clear());
    plan.decks.clear();
    plan.routes.iter_mut().for_each(|route| route.deck = None);
    plan.accounts.iter_mut().for_each(|account| account.sell_deck = None);
    plan
}

fn set_kind(database: &Database, kind: &str) {
    let query = format!("UPDATE provider SET kind = '{kind}' WHERE id = 'PROVIDER-0'");
    assert_eq!(database.client().execute(query.as_str(), &[]).unwrap(), 1);
}

fn count(database: &Database, table: &str) -> i64 {
    database.client().query_one(format!("SELECT count(*) FROM {table}").as_str(), &[]).unwrap().get(0)
}

fn file(directory: &tempfile::TempDir, name: &str, lines: &str) -> String {
    let path: PathBuf = directory.path().join(name);
    std::fs::write(&path, lines).unwrap();
    path.display().to_string()
}

const IMPORT: [&str; 4] = ["deck", "import", "--provider", "PROVIDER-0"];

fn import<'a>(path: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&IMPORT[..], &[path], more].concat()
}

#[test]
fn r10_2_the_az_deck_is_refused_naming_its_9_blank_rates() {
    let database = with_plan();
    let said = refused(&database, &import(AZ, &[]));
    for line in AZ_BLANK_LINES {
        assert!(said.contains(&format!("az_deck_2010.csv:{line}:")), "line {line} in {said}");
    }
    assert_eq!(said.matches("az_deck_2010.csv:").count(), 9, "{said}");
    assert_eq!((count(&database, "deck"), count(&database, "deck_row")), (0, 0));
}

#[test]
fn r10_6_the_az_deck_is_imported_whole_and_twice_without_change() {
    let database = with_plan();
    let first = &json(&database, &import(AZ, &["--blank-price", "blocked"]))[0];
    assert_eq!(
        (&first["rows"], &first["deck_version"], &first["changed"]),
        (&Value::from(27_523), &Value::from(1), &Value::from(true))
    );
    assert_eq!(first["deck"], "PROVIDER-0");
    let second = &json(&database, &import(AZ, &["--blank-price", "blocked"]))[0];
    assert_eq!((&second["deck_version"], &second["changed"]), (&Value::from(1), &Value::from(false)));
    assert_eq!(second["effective_from"], first["effective_from"]);
    assert_eq!(count(&database, "deck_row"), 27_523);
    let said = run(&database, &import(AZ, &["--blank-price", "blocked"]));
    assert!(text(&said.stdout).contains("already version 1, 27523 rows from "));
    // The 9 blank rates are blocks, and nothing else is.
    let blocked = database
        .client()
        .query_one("SELECT count(*) FROM deck_row WHERE blocked_prices IS NOT NULL", &[])
        .unwrap();
    assert_eq!(blocked.get::<_, i64>(0), 9);
}

#[test]
fn another_start_scope_or_price_is_a_new_version() {
    let database = with_plan();
    let directory = tempfile::tempdir().unwrap();
    let path =
        file(&directory, "deck.csv", "prefix,default,first_sec,increment_sec\n4420,0.01,1,1\n44,0.02,1,1\n");
    let version = |path: &str, more: &[&str]| json(&database, &import(path, more))[0]["deck_version"].clone();
    assert_eq!(version(&path, &["--effective", "2056-12-01"]), 1);
    assert_eq!(version(&path, &["--effective", "2056-12-01T00:00:00Z"]), 1);
    assert_eq!(version(&path, &["--effective", "2057-01-01"]), 2);
    assert_eq!(version(&path, &["--scope", "partial"]), 3);
    // There already, whatever came after it.
    assert_eq!(version(&path, &["--effective", "2056-12-01"]), 1);
    assert_eq!(version(&path, &["--scope", "partial"]), 3);
    // The same rows in another order are the same rows.
    let path =
        file(&directory, "deck2.csv", "prefix,default,first_sec,increment_sec\n44,0.02,1,1\n4420,0.01,1,1\n");
    assert_eq!(version(&path, &["--scope", "partial"]), 3);
    let path = file(
        &directory,
        "deck3.csv",
        "prefix,default,first_sec,increment_sec\n44,0.02,1,1\n4420,0.011,1,1\n",
    );
    assert_eq!(version(&path, &["--scope", "partial"]), 4);
    let plan = db::load_plan(&mut database.client()).unwrap();
    assert_eq!(plan.decks[0].versions.len(), 4);
    assert_eq!(plan.decks[0].versions[0].effective_from, 2_742_854_400);
}

#[test]
fn a_list_that_another_of_the_same_start_has_replaced_is_imported_again() {
    let database = with_plan();
    let directory = tempfile::tempdir().unwrap();
    let import = |deck: &str, code: &str, rate: &str, scope: &str| {
        let rows = format!("prefix,default,first_sec,increment_sec\n{code},{rate},1,1\n");
        let path = file(&directory, "deck.csv", &rows);
        let words = import(&path, &["--effective", "2056-12-01", "--deck", deck, "--scope", scope]);
        let done = &json(&database, &words)[0];
        (done["deck_version"].as_u64().unwrap(), done["changed"].as_bool().unwrap())
    };
    // By mistake, and put right: of versions that start together the last one holds (4.2).
    assert_eq!(import("whole", "44", "0.01", "full"), (1, true));
    assert_eq!(import("whole", "44", "0.10", "full"), (2, true));
    assert_eq!(import("whole", "44", "0.01", "full"), (3, true));
    assert_eq!(import("whole", "44", "0.01", "full"), (3, false));
    // Rows that are added to it, or put right in it, do not make it another: it would end them.
    assert_eq!(import("whole", "45", "0.02", "partial"), (4, true));
    assert_eq!(import("whole", "44", "0.03", "partial"), (5, true));
    assert_eq!(import("whole", "44", "0.01", "full"), (3, false));
    // Of some codes, where others do not concern them.
    assert_eq!(import("part", "44", "0.01", "partial"), (1, true));
    assert_eq!(import("part", "45", "0.02", "partial"), (2, true));
    assert_eq!(import("part", "44", "0.01", "partial"), (1, false));
    assert_eq!(import("part", "44", "0.10", "partial"), (3, true));
    assert_eq!(import("part", "44", "0.01", "partial"), (4, true));
    assert_eq!(import("part", "45", "0.02", "partial"), (2, false));
}

#[test]
fn the_number_of_a_deleted_version_is_never_another_s() {
    let database = with_plan();
    let directory = tempfile::tempdir().unwrap();
    let rows = |rate: &str| format!("prefix,default,first_sec,increment_sec\n44,{rate},1,1\n");
    let import = |rate: &str| {
        let path = file(&directory, "deck.csv", &rows(rate));
        json(&database, &import(&path, &["--scope", "partial"]))[0]["deck_version"].clone()
    };
    assert_eq!(import("0.01"), 1);
    let plan = db::load_plan(&mut database.client()).unwrap();
    assert_eq!(import("0.02"), 2);
    // Deletes the second, by which calls may have been rated meanwhile.
    db::apply_plan(&mut database.client(), &plan, &mut |_| {}).unwrap();
    assert_eq!(count(&database, "deck_version"), 1);
    assert_eq!(import("0.05"), 3);
}

#[test]
fn what_is_only_scheduled_does_not_hold_now() {
    let database = with_plan();
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory, "deck.csv", "prefix,default,first_sec,increment_sec\n44,0.02,1,1\n");
    let import = |more: &[&str]| json(&database, &import(&path, more)).remove(0);
    let scheduled = import(&["--effective", "2057-01-01"]);
    let now = import(&[]);
    assert_eq!((&scheduled["deck_version"], &now["deck_version"]), (&Value::from(1), &Value::from(2)));
    assert!(now["effective_from"].as_str() < Some("2057"), "{now}");
    assert_eq!(import(&[])["changed"], false);
}

#[test]
fn a_list_of_a_later_day_that_ends_codes_now_is_warned_of() {
    let database = with_plan();
    let directory = tempfile::tempdir().unwrap();
    let warned = |second: &str, more: &[&str]| {
        let rows = format!("prefix,rate,billing,start date\n44,0.01,6/6,2056-12-02\n45,0.01,6/6,{second}\n");
        let path = file(&directory, "deck.csv", &rows);
        json(&database, &import(&path, &[&["--dry-run"], more].concat()))[0]["warnings"].clone()
    };
    let warnings = warned("2056-12-01", &[]);
    assert!(
        warnings[0]["message"].as_str().unwrap().contains("with --effective 2056-12-01T00:00:00Z"),
        "{warnings}"
    );
    let none = Value::Array(Vec::new());
    for (second, more) in [
        ("2056-12-01", &["--effective", "2056-12-01"][..]),
        ("2056-12-01", &["--scope", "partial"]),
        ("", &[]),
        ("2020-12-01", &[]),
    ] {
        assert_eq!(warned(second, more), none, "{second} {more:?}");
    }
}

#[test]
fn r10_3_dates_without_a_zone_are_of_the_provider_s() {
    let database = with_plan();
    let zone = "UPDATE provider SET time_zone = 'America/Los_Angeles' WHERE id = 'PROVIDER-0'";
    assert_eq!(database.client().execute(zone, &[]).unwrap(), 1);
    let directory = tempfile::tempdir().unwrap();
    let list = "prefix,default,first_sec,increment_sec,starts\n44,0.02,1,1,\n45,0.03,1,1,2057-07-01\n";
    let path = file(&directory, "deck.csv", list);
    let starts = |prefix: &str| {
        let rows = json(&database, &["deck", "show", "PROVIDER-0", "--prefix", prefix]);
        rows.iter().map(|row| row["starts"].clone()).collect::<Vec<_>>()
    };
    // Midnight in Los Angeles: UTC - 8 in winter, - 7 in summer.
    let said = json(&database, &import(&path, &["--effective", "2057-01-01"]));
    assert_eq!(said[0]["effective_from"], "2057-01-01T08:00:00Z");
    assert_eq!(starts("45"), ["2057-07-01T07:00:00Z"]);
    let said = json(&database, &import(&path, &["--effective", "2057-01-01", "--timezone", "UTC"]));
    assert_eq!((&said[0]["effective_from"], starts("45").len()), (&Value::from("2057-01-01T00:00:00Z"), 2));
}

#[test]
fn r4_1_rows_that_nobody_asks_for_are_refused() {
    let database = with_plan();
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory, "ocn.csv", "OCN,LATA,Interstate,Intrastate\n6529,132,0.01,0.02\n");
    set_kind(&database, "dnis");
    let said = refused(&database, &import(&path, &[]));
    assert!(said.contains("no provider of kind ocn_lata"), "{said}");
    assert_eq!(count(&database, "deck"), 0);
    set_kind(&database, "ocn_lata");
    assert_eq!(json(&database, &import(&path, &[]))[0]["changed"], true);
}

#[test]
fn a_dry_run_changes_nothing() {
    let database = with_plan();
    let said = &json(&database, &import(AZ, &["--blank-price", "blocked", "--dry-run"]))[0];
    assert_eq!((&said["changed"], &said["dry_run"]), (&Value::from(true), &Value::from(true)));
    assert_eq!((count(&database, "deck"), count(&database, "deck_row")), (0, 0));
}

#[test]
fn an_owner_that_is_not_there_is_refused_naming_those_there_are() {
    let database = with_plan();
    let said =
        refused(&database, &["deck", "import", AZ, "--blank-price", "blocked", "--provider", "nobody"]);
    assert!(said.contains("there is no provider \"nobody\"") && said.contains("PROVIDER-0"), "{said}");
    assert!(said.contains("plan apply"), "{said}");
    let said = refused(&database, &["deck", "import", AZ, "--blank-price", "blocked", "--account", "nobody"]);
    assert!(said.contains("there is no account \"nobody\"") && said.contains("ACCOUNT-0"), "{said}");
}

#[test]
fn the_deck_of_another_provider_is_refused() {
    let database = with_plan();
    let mut plan = plan();
    plan.decks = plans::generated(1).decks;
    plan.routes[0].provider = "provider.1".to_owned();
    plan.routes[0].deck = Some("DECK-0".to_owned());
    db::apply_plan(&mut database.client(), &plan, &mut |_| {}).unwrap();
    let said = refused(&database, &import(AZ, &["--blank-price", "blocked", "--deck", "DECK-0"]));
    assert!(said.contains("prices the routes of provider.1"), "{said}");
}

#[test]
fn a_sell_deck_is_that_of_its_account() {
    let database = with_plan();
    let mut plan = plan();
    plan.decks = plans::generated(1).decks;
    plan.accounts[0].sell_deck = Some("DECK-2".to_owned());
    db::apply_plan(&mut database.client(), &plan, &mut |_| {}).unwrap();
    let words = ["deck", "import", AZ, "--blank-price", "blocked", "--account"];
    let said = &json(&database, &[&words[..], &["ACCOUNT-0"]].concat())[0];
    assert_eq!((&said["deck"], &said["in_use"]), (&Value::from("DECK-2"), &Value::from(true)));
    let said = &json(&database, &[&words[..], &["account.1"]].concat())[0];
    assert_eq!((&said["deck"], &said["in_use"]), (&Value::from("account.1"), &Value::from(false)));
}

/// A plan whose first routes and accounts use these decks.
fn with_decks(database: &Database, routes: &[(&str, &str)], accounts: &[&str]) {
    let mut plan = plan();
    plan.decks = plans::generated(1).decks;
    for (route, (provider, deck)) in plan.routes.iter_mut().zip(routes) {
        route.provider = (*provider).to_owned();
        route.deck = Some((*deck).to_owned());
    }
    // The other routes are nobody's that the tests speak of.
    plan.routes.iter_mut().skip(routes.len()).for_each(|route| route.provider = "provider.1".to_owned());
    for (account, deck) in plan.accounts.iter_mut().zip(accounts) {
        account.sell_deck = Some((*deck).to_owned());
    }
    db::apply_plan(&mut database.client(), &plan, &mut |_| {}).unwrap();
}

const ONE_ROW: &str = "prefix,default,first_sec,increment_sec\n44,0.01,1,1\n";

#[test]
fn an_account_s_import_never_changes_what_routes_cost_nor_what_others_pay() {
    let database = with_plan();
    with_decks(&database, &[("PROVIDER-0", "DECK-0")], &["DECK-2", "DECK-0"]);
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory, "deck.csv", ONE_ROW);
    let before = count(&database, "deck_version");
    let account = |id: &str, deck: &str| {
        refused(&database, &["deck", "import", &path, "--account", id, "--deck", deck])
    };
    let said = account("ACCOUNT-0", "DECK-0");
    assert!(said.contains("prices the routes of PROVIDER-0"), "{said}");
    assert!(said.contains("account \"ACCOUNT-0\"") && said.contains("--deck"), "{said}");
    // Its own sell deck too, where a route uses it.
    let said = refused(&database, &["deck", "import", &path, "--account", "account.1"]);
    assert!(said.contains("prices the routes of PROVIDER-0"), "{said}");
    let said = account("account.1", "DECK-2");
    assert!(said.contains("is the sell deck of ACCOUNT-0"), "{said}");
    assert_eq!(count(&database, "deck_version"), before);
}

#[test]
fn a_provider_s_import_never_changes_what_an_account_pays() {
    let database = with_plan();
    with_decks(&database, &[("PROVIDER-0", "DECK-0")], &["DECK-2", "DECK-0"]);
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory, "deck.csv", ONE_ROW);
    let before = count(&database, "deck_version");
    let said = refused(&database, &import(&path, &["--deck", "DECK-2"]));
    assert!(said.contains("is the sell deck of ACCOUNT-0"), "{said}");
    let said = refused(&database, &import(&path, &["--deck", "DECK-0"]));
    assert!(said.contains("is the sell deck of account.1"), "{said}");
    assert_eq!(count(&database, "deck_version"), before);
}

#[test]
fn a_provider_s_import_goes_into_the_deck_of_its_routes() {
    let database = with_plan();
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory, "deck.csv", ONE_ROW);
    with_decks(&database, &[("PROVIDER-0", "DECK-0"), ("PROVIDER-0", "DECK-0")], &[]);
    let said = &json(&database, &import(&path, &[]))[0];
    assert_eq!((&said["deck"], &said["in_use"]), (&Value::from("DECK-0"), &Value::from(true)));

    with_decks(&database, &[("PROVIDER-0", "DECK-0"), ("PROVIDER-0", "DECK-2")], &[]);
    let said = refused(&database, &import(&path, &[]));
    assert!(said.contains("several decks: DECK-0, DECK-2") && said.contains("--deck"), "{said}");
    assert_eq!(json(&database, &import(&path, &["--deck", "DECK-2"]))[0]["deck"], "DECK-2");

    with_decks(&database, &[], &[]);
    let said = &json(&database, &import(&path, &[]))[0];
    assert_eq!((&said["deck"], &said["in_use"]), (&Value::from("PROVIDER-0"), &Value::from(false)));
}

#[test]
fn an_undated_row_beside_one_dated_at_the_start_is_refused_by_line() {
    let database = with_plan();
    let directory = tempfile::tempdir().unwrap();
    let rows = "prefix,rate,Start Date\n44,0.01,\n44,0.02,2026-12-01T00:00:00Z\n";
    let path = file(&directory, "deck.csv", rows);
    let said = refused(&database, &import(&path, &["--effective", "2026-12-01"]));
    assert!(said.contains("deck.csv:3:") && said.contains("line 2"), "{said}");
    // A day before, the two hold one after the other.
    assert_eq!(json(&database, &import(&path, &["--effective", "2026-11-30"]))[0]["rows"], 2);
    // And the version cannot be dated to where they would meet.
    let mut plan = db::load_plan(&mut database.client()).unwrap();
    plan.decks[0].versions[0].effective_from = 1_796_083_200;
    let error = db::apply_plan(&mut database.client(), &plan, &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("deck PROVIDER-0 version 1: two rows of prefix 44"), "{error}");
}

#[test]
fn r10_2_bad_rows_are_skipped_where_told_and_written_to_a_file() {
    let database = with_plan();
    let directory = tempfile::tempdir().unwrap();
    let rows = "prefix,default,first_sec,increment_sec\n44,0.01,1,1\n45,free,1,1\n46,0.02,1,1\n";
    let path = file(&directory, "deck.csv", rows);
    assert!(refused(&database, &import(&path, &[])).contains("deck.csv:3:"));
    let bad = directory.path().join("bad.csv").display().to_string();
    let said = &json(&database, &import(&path, &["--skip-bad", &bad]))[0];
    assert_eq!((&said["rows"], &said["skipped"][0]["line"]), (&Value::from(2), &Value::from(3)));
    let left = "prefix,default,first_sec,increment_sec\n45,free,1,1\n";
    assert_eq!(std::fs::read_to_string(&bad).unwrap(), left);
    assert_eq!(count(&database, "deck_row"), 2);

    // Never over a file that is there, the price list itself among them.
    for taken in [&bad, &path] {
        let said = refused(&database, &import(&path, &["--skip-bad", taken, "--scope", "partial"]));
        assert!(said.contains(taken.as_str()) && said.contains("not there yet"), "{said}");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), rows);
    // Nor is it left where nothing is imported, so that the same can be tried again.
    let again = directory.path().join("again.csv").display().to_string();
    let skip = ["--skip-bad", &again, "--scope", "partial"];
    json(&database, &import(&path, &[&skip[..], &["--dry-run"]].concat()));
    refused(&database, &[&["deck", "import", "--provider", "nobody", &path], &skip[..]].concat());
    assert!(!std::path::Path::new(&again).exists());
    let said = text(&run(&database, &import(&path, &skip)).stdout);
    assert!(said.contains("again.csv. Mended, import them with --scope partial --effective 20"), "{said}");
    assert_eq!(std::fs::read_to_string(&again).unwrap(), left);
    // And never a version without rows.
    let rest = directory.path().join("rest.csv").display().to_string();
    refused(&database, &import(&bad, &["--skip-bad", &rest]));
    assert_eq!(count(&database, "deck_version"), 2);
}

#[test]
fn wrong_usage_is_told_as_such() {
    let database = with_plan();
    for words in [
        &["deck", "import", AZ][..],
        &import(AZ, &["--scope", "country"]),
        &import(AZ, &["--scope", "country", "--countries", "usa"]),
        &import(AZ, &["--currency", "euro"]),
        // A time without a zone is not its day's midnight.
        &import(AZ, &["--effective", "2056-12-01T18:00:00"]),
        &import(AZ, &["--effective", "2056-12-01 18:00"]),
        &import(AZ, &["--effective", "2056-12-01[America/New_York]"]),
    ] {
        assert_eq!(run(&database, words).status.code(), Some(2), "{words:?}");
    }
    let said = refused(&database, &import(AZ, &["--countries", "US", "--blank-price", "blocked"]));
    assert!(said.contains("--scope country"), "{said}");
}

#[test]
fn r10_5_a_version_may_speak_for_some_countries() {
    let database = with_plan();
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory, "deck.csv", "prefix,rate,billing\n4420,0.01,6/6\n");
    let scope = ["--scope", "country", "--countries", "IE,GB,IE", "--effective", "2026-12-01"];
    let first = &json(&database, &import(&path, &scope))[0];
    assert_eq!((&first["scope"], &first["changed"]), (&Value::from("country"), &Value::from(true)));
    let plan = db::load_plan(&mut database.client()).unwrap();
    let countries = ["GB", "IE"].map(str::to_owned).to_vec();
    assert_eq!(plan.decks[0].versions[0].scope, rating_core::plan::Scope::Country(countries));
    // The same again is no change; other countries are another version.
    assert_eq!(json(&database, &import(&path, &scope))[0]["changed"], false);
    let other = ["--scope", "country", "--countries", "GB", "--effective", "2026-12-01"];
    assert_eq!(json(&database, &import(&path, &other))[0]["deck_version"], 2);
    let shown = &json(&database, &["deck", "show", "PROVIDER-0"])[0];
    assert_eq!(
        (&shown["scope"], &shown["countries"]),
        (&Value::from("country"), &serde_json::json!(["GB", "IE"]))
    );
}

#[test]
fn r4_1_lists_by_ocn_and_lata_and_by_carrier_are_imported() {
    let database = with_plan();
    set_kind(&database, "ocn_lata");
    let directory = tempfile::tempdir().unwrap();
    let rows = "OCN,LATA,Interstate,Intrastate,billing\n6529,132,0.004,0.005,6/6\n6529,,0.006,blocked,6/6\n,730,0.007,0,6/6\n";
    let path = file(&directory, "ocn.csv", rows);
    let first = &json(&database, &import(&path, &["--effective", "2026-12-01"]))[0];
    assert_eq!((&first["rows"], &first["rows_in_file"]), (&Value::from(3), &Value::from(3)));
    assert_eq!((count(&database, "deck_ocn_row"), count(&database, "deck_row")), (3, 0));
    assert_eq!(json(&database, &import(&path, &["--effective", "2026-12-01"]))[0]["changed"], false);
    let plan = db::load_plan(&mut database.client()).unwrap();
    let keys: Vec<_> =
        plan.decks[0].versions[0].ocn_rows.iter().map(|row| (row.ocn, row.lata, row.tier)).collect();
    assert_eq!(
        keys,
        [(None, Some(730), None), (Some(*b"6529"), None, None), (Some(*b"6529"), Some(132), None)]
    );

    let bad = file(
        &directory,
        "bad.csv",
        "OCN,LATA,Rate,billing\n65,132,0.1,6/6\n,,0.1,6/6\n6529,132,0.1,6/6\n6529,132,0.2,6/6\n",
    );
    let said = refused(&database, &import(&bad, &[]));
    for part in [
        "bad.csv:2:1: field 1 (OCN): found \"65\", expected an OCN of 4 digits or letters",
        "bad.csv:3:1: field 1 (OCN): found nothing, expected an OCN, a LATA, or both",
        "bad.csv:5:1: field 1 (OCN): found \"6529/132\" again, expected the same terms as in line 4",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }

    let path = file(&directory, "cic.csv", "cic,rate,billing\n0288,0.012,6/6\n");
    json(&database, &import(&path, &["--deck", "by_cic"]));
    assert_eq!(count(&database, "deck_cic_row"), 1);
    // A version's rows go with it, of every kind.
    let mut plan = db::load_plan(&mut database.client()).unwrap();
    plan.decks.clear();
    db::apply_plan(&mut database.client(), &plan, &mut |_| {}).unwrap();
    assert_eq!((count(&database, "deck_ocn_row"), count(&database, "deck_cic_row")), (0, 0));
}

#[test]
fn s1_a_list_in_another_currency_needs_its_deck_and_a_rate() {
    let database = with_plan();
    let directory = tempfile::tempdir().unwrap();
    let path = file(&directory, "deck.csv", "prefix,rate (GBP),billing\n44,0.01,6/6\n");
    let at = ["--effective", "2026-12-01"];
    // The plan is in EUR and has no rate of GBP.
    let said = refused(&database, &import(&path, &at));
    assert!(said.contains("no rate for it") && said.contains("currency_rates.csv"), "{said}");
    let mut plan = db::load_plan(&mut database.client()).unwrap();
    let rate = |from| rating_core::plan::CurrencyRate {
        currency: "GBP".to_owned(),
        from,
        rate: rating_core::money::Nano(1_150_000_000),
    };
    // 2026-12-01T00:00:01Z: a second too late.
    plan.currency_rates = vec![rate(1_796_083_201)];
    db::apply_plan(&mut database.client(), &plan, &mut |_| {}).unwrap();
    assert!(refused(&database, &import(&path, &at)).contains("no rate for it"));
    plan.currency_rates = vec![rate(1_796_083_200)];
    db::apply_plan(&mut database.client(), &plan, &mut |_| {}).unwrap();
    json(&database, &import(&path, &at));
    assert_eq!(db::load_plan(&mut database.client()).unwrap().decks[0].currency, "GBP");
    // From now on the deck is in GBP.
    let other = file(&directory, "other.csv", "prefix,rate (EUR),billing\n44,0.01,6/6\n");
    let said = refused(&database, &import(&other, &at));
    assert!(said.contains("prices are in EUR") && said.contains("is in GBP"), "{said}");
    let unsaid = file(&directory, "unsaid.csv", "prefix,rate,billing\n44,0.02,6/6\n");
    let said = refused(&database, &import(&unsaid, &["--currency", "EUR"]));
    assert!(said.contains("is in GBP"), "{said}");
    assert_eq!(json(&database, &import(&unsaid, &at))[0]["deck_version"], 2);
    // Nor does a list that says nothing start before there is a rate.
    let said = refused(&database, &import(&unsaid, &["--effective", "2026-11-30"]));
    assert!(said.contains("are in GBP") && said.contains("no rate for it"), "{said}");
    // A deck in the plan's own currency follows the plan.
    json(&database, &import(&other, &["--deck", "in_euro"]));
    let decks = db::load_plan(&mut database.client()).unwrap().decks;
    assert_eq!(decks.iter().find(|deck| deck.id == "in_euro").unwrap().currency, "");
}

#[test]
fn a_database_that_is_not_migrated_says_so() {
    let database = Database::new();
    let said = refused(&database, &import(AZ, &["--blank-price", "blocked"]));
    assert!(said.contains("lcr-admin migrate"), "{said}");
    let migrated = &json(&database, &["migrate"])[0];
    assert_eq!(migrated["migrations"][0]["name"], "create_types");
    assert_eq!(migrated["migrations"][0]["new"], true);
    let said = refused(&database, &import(AZ, &["--blank-price", "blocked"]));
    assert!(said.contains("holds no plan yet") && said.contains("plan apply"), "{said}");
}

#[test]
fn decks_are_listed_and_shown() {
    let database = with_plan();
    let directory = tempfile::tempdir().unwrap();
    let path = file(
        &directory,
        "deck.csv",
        "prefix,destination,default,first_sec,increment_sec\n44,UK,0.02,1,1\n4420,London,blocked,60,6\n45,Denmark,0.03,1,1\n",
    );
    json(&database, &import(&path, &["--effective", "2026-12-01"]));
    let list = json(&database, &["deck", "list"]);
    assert_eq!((&list[0]["deck"], &list[0]["rows"]), (&Value::from("PROVIDER-0"), &Value::from(3)));
    let versions = json(&database, &["deck", "show", "PROVIDER-0"]);
    assert_eq!(versions[0]["effective_from"], "2026-12-01T00:00:00Z");
    let rows = json(&database, &["deck", "show", "PROVIDER-0", "--prefix", "442"]);
    let shown: Vec<_> = rows.iter().map(|row| (row["prefix"].as_str(), row["default"].as_str())).collect();
    assert_eq!(shown, [(Some("44"), Some("0.02")), (Some("4420"), Some("blocked"))]);
    assert_eq!(json(&database, &["deck", "show", "PROVIDER-0", "--prefix", "46"]), Vec::<Value>::new());
    assert!(refused(&database, &["deck", "show", "nothing"]).contains("deck list"));
    let table = text(&run(&database, &["deck", "show", "PROVIDER-0", "--prefix", "442"]).stdout);
    assert!(table.contains("London") && table.contains("60/6"), "{table}");
    // All of what makes a price.
    let rows = "Prefix,Initial Rate,Next Rate,Connect Fee,Initial Interval,Next Interval,Grace Sec\n49,0.10,0.02,0.015,60,6,5\n";
    let path = file(&directory, "terms.csv", rows);
    json(&database, &import(&path, &["--scope", "partial"]));
    let row = &json(&database, &["deck", "show", "PROVIDER-0", "--prefix", "49"])[0];
    for (key, value) in [
        ("default", Value::from("0.02")),
        ("first_rate", Value::from("0.1")),
        ("connect_fee", Value::from("0.015")),
        ("grace_sec", Value::from(5)),
    ] {
        assert_eq!(row[key], value, "{key}");
    }
    let table = text(&run(&database, &["deck", "show", "PROVIDER-0", "--prefix", "49"]).stdout);
    assert!(table.contains("0.1 ") && table.contains("0.015"), "{table}");
}

/// Stops an import in the middle of its COPY: its first rows are in the table, and a lock that the test holds
/// keeps it from going on. Then `end` ends it, and nothing may be left.
fn is_undone_when(end: impl FnOnce(&mut postgres::Client, &mut std::process::Child)) {
    let database = with_plan();
    let mut client = database.client();
    // The rows wait for this lock in a trigger, in the midst of the COPY.
    client
        .batch_execute(
            "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN IF NEW.prefix > '5' THEN PERFORM pg_advisory_xact_lock_shared(42); END IF; RETURN NEW; END $$; \
             CREATE TRIGGER wait BEFORE INSERT ON deck_row FOR EACH ROW EXECUTE FUNCTION wait(); \
             SELECT pg_advisory_lock(42)",
        )
        .unwrap();
    let mut child = command(&database, &import(AZ, &["--blank-price", "blocked"]))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lcr-admin' \
        AND datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'COPY deck_row%'";
    until(&mut client, "the import is in its COPY", waiting, 1);
    end(&mut client, &mut child);
    assert!(!child.wait().unwrap().success());
    client.batch_execute("SELECT pg_advisory_unlock(42)").unwrap();
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lcr-admin' \
        AND datname = current_database()";
    until(&mut client, "the session is gone", sessions, 0);
    for table in ["deck", "deck_version", "deck_row"] {
        assert_eq!(count(&database, table), 0, "{table}");
    }
    client.batch_execute("DROP TRIGGER wait ON deck_row").unwrap();
    let again = &json(&database, &import(AZ, &["--blank-price", "blocked"]))[0];
    assert_eq!((&again["rows"], &again["deck_version"]), (&Value::from(27_523), &Value::from(1)));
}

fn until(client: &mut postgres::Client, what: &str, query: &str, expected: i64) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while client.query_one(query, &[]).unwrap().get::<_, i64>(0) != expected {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

#[test]
fn r10_6_an_import_killed_in_the_middle_leaves_nothing() {
    is_undone_when(|_, child| child.kill().unwrap());
}

#[test]
fn r10_6_an_import_whose_session_is_ended_leaves_nothing_and_says_so() {
    is_undone_when(|client, child| {
        let session = "SELECT pid FROM pg_stat_activity WHERE application_name = 'lcr-admin' \
            AND datname = current_database()";
        let pid: i32 = client.query_one(session, &[]).unwrap().get(0);
        assert!(client.query_one("SELECT pg_terminate_backend($1)", &[&pid]).unwrap().get::<_, bool>(0));
        let said: Vec<String> =
            BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap).collect();
        assert!(said.join("\n").contains("storing its rows"), "{said:?}");
    });
}
