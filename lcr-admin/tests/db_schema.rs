//! The schema's own rules, and how it is brought up to date.

mod common;

use common::Database;
use lcr_admin::db::{self, DbError};
use rating_core::plan::{Account, MinMargin, Scope};
use rating_core::reject::Reason;

fn migrated() -> (Database, postgres::Client) {
    let database = Database::new();
    let mut client = database.client();
    db::migrate(&mut client).unwrap();
    (database, client)
}

/// The first column of every row.
fn names(client: &mut postgres::Client, query: &str) -> Vec<String> {
    client.query(query, &[]).unwrap().iter().map(|row| row.get(0)).collect()
}

#[test]
fn every_table_and_column_has_a_comment() {
    let (_database, mut client) = migrated();
    let tables =
        "FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace = 'public'::regnamespace";
    let bare = names(
        &mut client,
        &format!("SELECT relname::text {tables} AND obj_description(pg_class.oid, 'pg_class') IS NULL"),
    );
    assert_eq!(bare, Vec::<String>::new(), "tables without a comment");
    let bare = names(
        &mut client,
        &format!(
            "SELECT attrelid::regclass || '.' || attname FROM pg_attribute \
             WHERE attrelid IN (SELECT oid {tables}) AND attnum > 0 AND NOT attisdropped \
             AND col_description(attrelid, attnum) IS NULL"
        ),
    );
    assert_eq!(bare, Vec::<String>::new(), "columns without a comment");
    // The queries above do find tables: they are not empty for a wrong reason.
    let all = names(&mut client, &format!("SELECT relname::text {tables} ORDER BY 1"));
    assert!(all.contains(&"deck_row".to_owned()) && all.len() > 12, "{all:?}");
    client.batch_execute("CREATE TABLE bare (a int)").unwrap();
    let bare = names(
        &mut client,
        &format!("SELECT relname::text {tables} AND obj_description(pg_class.oid, 'pg_class') IS NULL"),
    );
    assert_eq!(bare, ["bare"]);
}

/// Foreign keys whose columns are not the first of an index.
const UNINDEXED: &str = "SELECT conrelid::regclass || ' ' || conname FROM pg_constraint \
    WHERE contype = 'f' AND NOT EXISTS (SELECT 1 FROM pg_index WHERE indrelid = conrelid AND indpred IS NULL \
    AND (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey)";

#[test]
fn every_foreign_key_is_indexed() {
    let (_database, mut client) = migrated();
    assert_eq!(names(&mut client, UNINDEXED), Vec::<String>::new());
    let keys = names(&mut client, "SELECT conname::text FROM pg_constraint WHERE contype = 'f'");
    assert_eq!(keys.len(), 38, "{keys:?}");
    client.batch_execute("CREATE TABLE bare (route text REFERENCES route)").unwrap();
    assert_eq!(names(&mut client, UNINDEXED), ["bare bare_route_fkey"]);
}

#[test]
fn ids_are_compared_bytewise() {
    let (_database, mut client) = migrated();
    let other = names(
        &mut client,
        "SELECT attrelid::regclass || '.' || attname FROM pg_attribute \
         JOIN pg_class ON pg_class.oid = attrelid JOIN pg_type ON pg_type.oid = atttypid \
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 \
         AND (typname = 'plan_id' OR attname IN ('prefix', 'state_a', 'rate_center_a')) \
         AND attcollation <> 'pg_catalog.\"C\"'::regcollation",
    );
    assert_eq!(other, Vec::<String>::new());
}

#[test]
fn money_is_whole_nano_units() {
    let (_database, mut client) = migrated();
    let other = names(
        &mut client,
        "SELECT table_name || '.' || column_name FROM information_schema.columns \
         WHERE table_schema = 'public' AND (data_type IN ('numeric', 'real', 'double precision', 'money') \
         OR (column_name LIKE '%nano%' AND data_type <> 'bigint'))",
    );
    assert_eq!(other, Vec::<String>::new());
}

/// One name for a reason everywhere: the labels of the type are the names of the enum, by number.
#[test]
fn reasons_of_the_database_are_those_of_the_router_in_the_order_of_their_numbers() {
    let (_database, mut client) = migrated();
    let labels = names(&mut client, "SELECT unnest(enum_range(NULL::reject_reason))::text");
    let reasons: Vec<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    assert_eq!(labels, reasons);
    for (index, reason) in Reason::ALL.iter().enumerate() {
        assert_eq!(usize::from(reason.number()), index + 1, "{reason}: the n-th label is reason n");
    }
}

#[test]
fn migrating_again_changes_nothing() {
    let database = Database::new();
    let mut client = database.client();
    let first = db::migrate(&mut client).unwrap();
    assert!(first.migrations.len() >= 8 && first.migrations.iter().all(|migration| migration.is_new));
    let second = db::migrate(&mut client).unwrap();
    assert!(second.migrations.iter().all(|migration| !migration.is_new));
    let applied = |migrated: &db::Migrated| {
        let facts = |m: &db::Migration| (m.version, m.name.clone(), m.applied_at.clone());
        migrated.migrations.iter().map(facts).collect::<Vec<_>>()
    };
    assert_eq!(applied(&first), applied(&second));
}

/// The first release's schema, with a plan in it, becomes today's: what it did not say is at its default.
#[test]
fn a_database_of_the_first_release_is_brought_up_to_date_with_its_plan() {
    const FIRST_RELEASE: i32 = 8;
    let (_model, mut model) = migrated();
    let database = Database::new();
    let mut client = database.client();
    client
        .batch_execute(
            "CREATE TABLE schema_migration (version int4 PRIMARY KEY, name varchar(255), applied_on varchar(255), \
             checksum varchar(255))",
        )
        .unwrap();
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../sql/migrations");
    let steps = "SELECT * FROM schema_migration WHERE version <= $1 ORDER BY version";
    for step in model.query(steps, &[&FIRST_RELEASE]).unwrap() {
        let (version, name): (i32, String) = (step.get(0), step.get(1));
        let text = std::fs::read_to_string(format!("{dir}/{version:04}_{name}.sql")).unwrap();
        client.batch_execute(&text).unwrap();
        let (on, checksum): (String, String) = (step.get(2), step.get(3));
        let insert = "INSERT INTO schema_migration VALUES ($1, $2, $3, $4)";
        client.execute(insert, &[&version, &name, &on, &checksum]).unwrap();
    }
    client
        .batch_execute(
            "INSERT INTO plan_settings VALUES (true, 'old', 'USD', 60, NULL, false, 3600, 20); \
             INSERT INTO deck VALUES ('d', NULL, 'half_up', 9); \
             INSERT INTO deck_version (deck, number, effective_from, scope, row_count, content_sha256) \
             VALUES ('d', 1, '2024-01-01Z', 'partial', 1, sha256('')); \
             INSERT INTO deck_row (default_nano_per_min, deck_version_id, first_sec, increment_sec, prefix, destination) \
             VALUES (5, 1, 60, 6, '44', ''); \
             INSERT INTO account (id, active, sell_deck, sell_key, min_margin_kind) \
             VALUES ('a', true, 'd', 'dnis', 'allow_loss')",
        )
        .unwrap();
    let done = db::migrate(&mut client).unwrap();
    let new: Vec<i32> = done.migrations.iter().filter(|step| step.is_new).map(|step| step.version).collect();
    assert_eq!(new.first(), Some(&(FIRST_RELEASE + 1)));
    let plan = db::load_plan(&mut client).unwrap();
    assert_eq!(plan.settings.hold_interval_sec, 60);
    let account = Account { id: "a".to_owned(), sell_deck: Some("d".to_owned()), ..Account::default() };
    assert_eq!(plan.accounts, [Account { min_margin: MinMargin::AllowLoss, ..account }]);
    let version = &plan.decks[0].versions[0];
    assert_eq!((version.scope.clone(), version.rows.len()), (Scope::Partial, 1));
    // And takes a plan of today, its new words included.
    db::apply_plan(&mut client, &common::plans::generated(1), &mut |_| {}).unwrap();
}

#[test]
fn several_that_migrate_at_once_take_turns() {
    let database = Database::new();
    let new: usize = std::thread::scope(|scope| {
        let migrate = || {
            let migrated = db::migrate(&mut database.client()).unwrap();
            migrated.migrations.iter().filter(|migration| migration.is_new).count()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(migrate)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let all = names(&mut database.client(), "SELECT name::text FROM schema_migration").len();
    assert_eq!(new, all, "each migration was applied by one of them");
}

#[test]
fn a_newer_schema_is_refused() {
    let (_database, mut client) = migrated();
    client
        .batch_execute(
            "INSERT INTO schema_migration VALUES (9999, 'add_future', '2030-01-01T00:00:00Z', '1')",
        )
        .unwrap();
    for refused in [db::migrate(&mut client).map(drop), db::require_current_schema(&mut client)] {
        assert!(matches!(refused, Err(DbError::SchemaNewer { found: 9999, .. })), "{refused:?}");
    }
}

#[test]
fn a_changed_migration_is_refused() {
    let (_database, mut client) = migrated();
    client.batch_execute("UPDATE schema_migration SET checksum = '1' WHERE version = 2").unwrap();
    let refused = db::migrate(&mut client).unwrap_err().to_string();
    assert!(refused.contains("create_decks"), "{refused}");
}

#[test]
fn an_older_schema_and_none_say_what_to_do() {
    let database = Database::new();
    let mut client = database.client();
    let none = db::load_plan(&mut client).unwrap_err();
    assert!(matches!(none, DbError::NotMigrated), "{none}");
    assert!(none.to_string().contains("lcr-admin migrate"));
    db::migrate(&mut client).unwrap();
    let no_plan = db::load_plan(&mut client).unwrap_err();
    assert!(matches!(no_plan, DbError::NoPlan), "{no_plan}");
    client.batch_execute("DELETE FROM schema_migration WHERE version > 2").unwrap();
    let older = db::load_plan(&mut client).unwrap_err();
    assert!(matches!(older, DbError::SchemaOlder { found: 2, .. }), "{older}");
    assert!(older.to_string().contains("lcr-admin migrate"));
}

#[test]
fn a_refused_connection_names_the_place_and_not_the_password() {
    let args = db::DatabaseArgs { url: Some("postgresql://tandem:secret@127.0.0.1:1/x".to_owned()) };
    let refused = db::connect(&args).err().unwrap().to_string();
    assert!(refused.contains("127.0.0.1, port 1") && !refused.contains("secret"), "{refused}");
    let none = db::connect(&db::DatabaseArgs { url: None }).err().unwrap();
    assert!(matches!(none, DbError::NoUrl));
}
