//! A plan goes into the database and comes out again without loss, and nothing is written in vain.

mod common;

use common::{Database, plans};
use lcr_admin::db::{self, Applied, DbError, Movement, WalletId};
use lcr_admin::plan::normalise;
use rating_core::money::Nano;
use rating_core::plan::{DeckVersion, Plan, Price, WalletKind};
use rating_core::snapshot::write::compile;

/// 2026-11-21T00:00:00Z.
const AT: i64 = 1_795_219_200;

const SEEDS: [u64; 3] = [1, 20_261_121, 0xdead_beef];

fn migrated() -> (Database, postgres::Client) {
    let database = Database::new();
    let mut client = database.client();
    db::migrate(&mut client).unwrap();
    (database, client)
}

fn apply(client: &mut postgres::Client, plan: &Plan) -> Applied {
    db::apply_plan(client, plan, &mut |_| {}).unwrap()
}

fn normal(mut plan: Plan) -> Plan {
    normalise(&mut plan);
    plan
}

#[test]
fn a_plan_comes_out_as_it_went_in() {
    let (_database, mut client) = migrated();
    for seed in SEEDS {
        let plan = plans::generated(seed);
        apply(&mut client, &plan);
        let loaded = db::load_plan(&mut client).unwrap();
        assert_eq!(normal(loaded), normal(plan), "seed {seed}");
    }
}

#[test]
fn both_sources_give_the_same_snapshot_byte_for_byte() {
    let (_database, mut client) = migrated();
    for seed in SEEDS {
        let plan = plans::generated(seed);
        let from_plan = compile(&plan, AT).unwrap();
        apply(&mut client, &plan);
        let from_database = compile(&db::load_plan(&mut client).unwrap(), AT).unwrap();
        assert!(from_plan == from_database, "seed {seed}");
    }
}

#[test]
fn applying_the_same_plan_again_writes_nothing() {
    let (_database, mut client) = migrated();
    let plan = plans::generated(7);
    let first = apply(&mut client, &plan);
    assert!(!first.is_unchanged());
    let row_count = |v: &DeckVersion| v.rows.len() + v.ocn_rows.len() + v.cic_rows.len();
    let rows: usize = plan.decks.iter().flat_map(|deck| &deck.versions).map(row_count).sum();
    assert_eq!(first.rows_stored, rows as u64);
    let second = apply(&mut client, &plan);
    assert!(second.is_unchanged(), "{second:?}");
    assert_eq!(second.versions_kept, first.versions_stored);
    assert_eq!(second.rows_stored, 0);
}

#[test]
fn what_the_plan_does_not_have_is_deleted() {
    let (_database, mut client) = migrated();
    apply(&mut client, &plans::generated(3));
    let mut small = plans::generated(3);
    small.settings.default_partition = None;
    small.accounts.clear();
    small.trunks.clear();
    small.gateways.clear();
    small.partitions.clear();
    small.routes.clear();
    small.providers.clear();
    small.decks.truncate(2);
    small.numbering.clear();
    small.local_calling.clear();
    small.dids.clear();
    small.overrides.clear();
    small.exclusions.clear();
    small.dno.clear();
    small.settings.emergency_routes.clear();
    apply(&mut client, &small);
    assert_eq!(normal(db::load_plan(&mut client).unwrap()), normal(small.clone()));
    let rows: i64 = client.query_one("SELECT count(*) FROM deck_row", &[]).unwrap().get(0);
    let expected: usize = small.decks.iter().flat_map(|deck| &deck.versions).map(|v| v.rows.len()).sum();
    assert_eq!(rows, expected as i64, "the rows of deleted versions are gone");
}

#[test]
fn only_the_deck_version_that_changed_is_written() {
    let (_database, mut client) = migrated();
    let mut plan = plans::generated(5);
    apply(&mut client, &plan);
    let versions: usize = plan.decks.iter().map(|deck| deck.versions.len()).sum();
    let version =
        plan.decks.iter_mut().flat_map(|deck| &mut deck.versions).find(|v| v.rows.len() > 3).unwrap();
    version.rows[2].prices.local = Price::PerMin(Nano(123_456_789));
    let rows = (version.rows.len() + version.ocn_rows.len() + version.cic_rows.len()) as u64;
    let applied = apply(&mut client, &plan);
    assert_eq!((applied.versions_stored, applied.rows_stored, applied.versions_deleted), (1, rows, 0));
    assert_eq!(applied.versions_kept, versions as u64 - 1);
    // Another start is no reason to write the rows again.
    let version = plan.decks.iter_mut().flat_map(|deck| &mut deck.versions).next().unwrap();
    version.effective_from += 86_400;
    let applied = apply(&mut client, &plan);
    assert_eq!((applied.versions_stored, applied.versions_redated, applied.rows_stored), (0, 1, 0));
    assert_eq!(normal(db::load_plan(&mut client).unwrap()), normal(plan));
}

/// Makes a plan one that the database refuses.
type Spoil = fn(&mut Plan);

#[test]
fn a_plan_that_is_refused_changes_nothing() {
    let (_database, mut client) = migrated();
    let plan = plans::generated(9);
    apply(&mut client, &plan);
    let broken: [(&str, Spoil); 5] = [
        ("is not present", |plan| plan.trunks[0].account = "nobody".to_owned()),
        ("already exists", |plan| plan.routes[1].id = plan.routes[0].id.clone()),
        ("reference_duration_sec", |plan| plan.settings.reference_duration_sec = 0),
        ("two rows of prefix", |plan| {
            let version =
                plan.decks.iter_mut().flat_map(|deck| &mut deck.versions).find(|v| v.rows.len() > 1).unwrap();
            let first = version.rows[0].clone();
            version.rows.push(first);
        }),
        ("increment_sec", |plan| {
            let mut versions = plan.decks.iter_mut().flat_map(|deck| &mut deck.versions);
            versions.find(|v| !v.rows.is_empty()).unwrap().rows[0].terms_mut().increment_sec = u32::MAX;
        }),
    ];
    for (expected, spoil) in broken {
        let mut spoilt = plans::generated(10);
        spoil(&mut spoilt);
        let refused = db::apply_plan(&mut client, &spoilt, &mut |_| {}).unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
        assert_eq!(normal(db::load_plan(&mut client).unwrap()), normal(plan.clone()), "{refused}");
    }
}

#[test]
fn a_version_that_lost_rows_is_not_published() {
    let (_database, mut client) = migrated();
    let plan = plans::generated(11);
    apply(&mut client, &plan);
    for table in ["deck_row", "deck_ocn_row", "deck_cic_row"] {
        let loss = format!("DELETE FROM {table} WHERE ctid = (SELECT ctid FROM {table} LIMIT 1)");
        client.batch_execute(&loss).unwrap();
        let refused = db::load_plan(&mut client).unwrap_err();
        assert!(matches!(refused, DbError::Corrupt(_)), "{refused}");
        // To apply the plan again is what the error tells to do.
        let applied = apply(&mut client, &plan);
        assert_eq!((applied.versions_stored, applied.versions_deleted), (1, 0));
        assert_eq!(normal(db::load_plan(&mut client).unwrap()), normal(plan.clone()));
        assert!(apply(&mut client, &plan).is_unchanged());
    }
}

#[test]
fn s1_money_in_wallets_does_not_become_another_currency() {
    let (_database, mut client) = migrated();
    let mut plan = plans::generated(1);
    apply(&mut client, &plan);
    let id = WalletId { account: "acme".to_owned(), wallet: "main".to_owned(), kind: WalletKind::Money };
    let book = |client: &mut postgres::Client, movement, amount: i64, key| {
        assert!(db::book(client, &id, movement, amount, key).unwrap());
    };
    book(&mut client, Movement::Purchase, 50_000_000_000, "a");
    // The made-up plan is in EUR, with rates of others.
    plan.settings.currency = "USD".to_owned();
    plan.currency_rates.clear();
    plan.decks.clear();
    plan.routes.iter_mut().for_each(|route| route.deck = None);
    plan.accounts.iter_mut().for_each(|account| account.sell_deck = None);
    let refused = db::apply_plan(&mut client, &plan, &mut |_| {}).unwrap_err().to_string();
    assert!(refused.contains("is in USD, and wallets hold EUR, acme/main for one"), "{refused}");
    assert_eq!(db::load_plan(&mut client).unwrap().settings.currency, "EUR");
    // Credit that a node has is no money: 5 are leased, and none is there.
    book(&mut client, Movement::Refund, -55_000_000_000, "b");
    let lease = "INSERT INTO wallet_lease (node_start_ns, account, wallet, kind, node, slot_key, granted) \
                 VALUES (1, 'acme', 'main', 'money', 'east', 1, 5000000000)";
    assert_eq!(client.execute(lease, &[]).unwrap(), 1);
    apply(&mut client, &plan);
    assert_eq!(db::load_plan(&mut client).unwrap().settings.currency, "USD");
}
