//! The schema, brought up to date step by step.
//!
//! The migrations are files of `sql/migrations`, built into the program: `lcr-admin` needs nothing beside it.
//! All that are missing are applied in one transaction, so a database is never half migrated. The functions of
//! `sql/functions` follow, in a transaction of their own.

mod functions;

use postgres::Client;
use refinery::{Migration as Step, Runner};

use super::error::DbError;

/// Where the applied migrations are written down.
const TABLE: &str = "schema_migration";

/// Held while migrating, so that two programs that start at once do not both try.
const LOCK: i64 = 0x7461_6e64_656d_0001;

macro_rules! migrations {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../sql/migrations/", $name, ".sql")))),+]
    };
}

/// Every migration: name and text, in order.
const MIGRATIONS: &[(&str, &str)] = migrations![
    "0001_create_types",
    "0002_create_decks",
    "0003_create_providers",
    "0004_create_partitions",
    "0005_create_accounts",
    "0006_create_trunks",
    "0007_create_numbering",
    "0008_create_settings",
    "0009_extend_types",
    "0010_create_reject_reason",
    "0011_extend_limits",
    "0012_create_volumes",
    "0013_extend_decks",
    "0014_create_deck_code_rows",
    "0015_extend_providers",
    "0016_extend_partitions",
    "0017_create_screening",
    "0018_extend_accounts",
    "0019_create_dids",
    "0020_create_overrides",
    "0021_extend_settings",
    "0022_create_wallet_ledger",
    "0023_add_when_table_full",
    "0024_create_wallet_node",
    "0025_create_deck_number",
];

/// A migration that the database has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number.
    pub version: i32,
    /// What it did.
    pub name: String,
    /// When, RFC 3339.
    pub applied_at: String,
    /// Whether this run did it.
    pub is_new: bool,
}

/// What the database has now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// Every migration, in order.
    pub migrations: Vec<Migration>,
}

/// Brings the schema up to date; does nothing if it is.
///
/// # Errors
/// [`DbError::SchemaNewer`] if a later program has been here; [`DbError::Migrate`] if a step fails or an
/// applied one is not what this program knows by its name. Either way nothing has changed.
pub fn migrate(client: &mut Client) -> Result<Migrated, DbError> {
    client
        .execute("SELECT pg_advisory_lock($1)", &[&LOCK])
        .map_err(DbError::doing("waiting for another migration"))?;
    let migrated = migrate_locked(client);
    let unlocked = client.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]);
    let migrated = migrated?;
    unlocked.map_err(DbError::doing("letting others migrate"))?;
    Ok(migrated)
}

fn migrate_locked(client: &mut Client) -> Result<Migrated, DbError> {
    let before = schema_version(client)?.unwrap_or(0);
    if before > latest() {
        return Err(DbError::SchemaNewer { found: before, known: latest() });
    }
    // Not to be told that the table of migrations is there already.
    client.batch_execute("SET client_min_messages = warning").map_err(DbError::doing("migrating"))?;
    let mut runner = Runner::new(&steps()?);
    runner.set_migration_table_name(TABLE);
    let runner = runner.set_grouped(true).set_abort_divergent(true).set_abort_missing(true);
    runner.run(client).map_err(|error| DbError::Migrate(explain_refinery(&error)))?;
    functions::install(client)?;
    Ok(Migrated { migrations: applied(client, before)? })
}

/// Refuses a database whose schema is not this program's.
///
/// # Errors
/// [`DbError::NotMigrated`], [`DbError::SchemaOlder`] or [`DbError::SchemaNewer`].
pub fn require_current_schema(client: &mut Client) -> Result<(), DbError> {
    match schema_version(client)? {
        None | Some(0) => Err(DbError::NotMigrated),
        Some(found) if found < latest() => Err(DbError::SchemaOlder { found, needed: latest() }),
        Some(found) if found > latest() => Err(DbError::SchemaNewer { found, known: latest() }),
        Some(_) => Ok(()),
    }
}

/// The last migration that this program knows.
fn latest() -> i32 {
    i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)
}

/// The last migration that the database has, if it has a table of them.
fn schema_version(client: &mut Client) -> Result<Option<i32>, DbError> {
    let doing = || DbError::doing("reading the version of the schema");
    let row = client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&TABLE]).map_err(doing())?;
    if !row.get::<_, bool>(0) {
        return Ok(None);
    }
    let query = format!("SELECT coalesce(max(version), 0) FROM {TABLE}");
    Ok(Some(client.query_one(query.as_str(), &[]).map_err(doing())?.get(0)))
}

/// The migrations as the runner wants them: `V0001__create_types`.
fn steps() -> Result<Vec<Step>, DbError> {
    let step = |(name, text): &(&str, &str)| {
        let (number, verb_noun) = name.split_once('_').unwrap_or((name, ""));
        Step::unapplied(&format!("V{number}__{verb_noun}"), text)
            .map_err(|error| DbError::Migrate(format!("{name}: {error}")))
    };
    MIGRATIONS.iter().map(step).collect()
}

fn applied(client: &mut Client, before: i32) -> Result<Vec<Migration>, DbError> {
    let query = format!("SELECT version, name, applied_on FROM {TABLE} ORDER BY version");
    let rows = client.query(query.as_str(), &[]).map_err(DbError::doing("reading the migrations applied"))?;
    let migration = |row: &postgres::Row| Migration {
        version: row.get(0),
        name: row.get(1),
        applied_at: row.get(2),
        is_new: row.get::<_, i32>(0) > before,
    };
    Ok(rows.iter().map(migration).collect())
}

/// The runner's error with what PostgreSQL said.
fn explain_refinery(error: &refinery::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let inner_text =
            inner.downcast_ref::<postgres::Error>().map_or_else(|| inner.to_string(), super::error::explain);
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_file_is_built_in_and_numbered_without_gaps() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../sql/migrations");
        let mut files: Vec<String> = std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let built_in: Vec<String> = MIGRATIONS.iter().map(|(name, _)| format!("{name}.sql")).collect();
        assert_eq!(files, built_in);
        for (index, (name, _)) in MIGRATIONS.iter().enumerate() {
            assert!(name.starts_with(&format!("{:04}_", index + 1)), "{name}");
        }
    }
}
