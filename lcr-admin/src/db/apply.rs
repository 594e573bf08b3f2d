//! Makes the database hold exactly one plan, in one transaction.
//!
//! Deck versions are told apart by the hash of their rows: of a plan with fifty decks of which one has new
//! prices, one version is written.

use postgres::{Client, Transaction};
use rating_core::plan::{Deck, DeckVersion, Plan};

use super::deck_rows;
use super::decks::{self, StoredVersion};
use super::error::DbError;
use super::migrate::require_current_schema;
use super::plan_rows;
use crate::words::{ScopeKind, Word};

/// Held by whoever changes the plan: two that do it at once would mix.
const LOCK: i64 = 0x7461_6e64_656d_0002;

/// How far an application is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Deck rows stored.
    pub rows_done: u64,
    /// Deck rows that must be stored: those of versions whose content is new.
    pub rows_total: u64,
}

/// What was changed in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableChange {
    /// The table.
    pub table: &'static str,
    /// Rows that are new.
    pub inserted: u64,
    /// Rows that changed.
    pub updated: u64,
    /// Rows that are gone.
    pub deleted: u64,
}

/// What was changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Every table but those of deck versions, also where nothing changed.
    pub tables: Vec<TableChange>,
    /// Deck versions whose rows were stored.
    pub versions_stored: u64,
    /// Deck versions of which only the start or the scope changed.
    pub versions_redated: u64,
    /// Deck versions left alone.
    pub versions_kept: u64,
    /// Deck versions that the plan does not have.
    pub versions_deleted: u64,
    /// Deck rows stored.
    pub rows_stored: u64,
}

impl Applied {
    /// Whether the database held this very plan already.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        let touched = |change: &TableChange| change.inserted + change.updated + change.deleted > 0;
        self.versions_stored + self.versions_redated + self.versions_deleted == 0
            && !self.tables.iter().any(touched)
    }
}

/// Makes the database hold exactly `plan`.
///
/// # Errors
/// [`DbError`]; then the database holds what it held before.
pub fn apply_plan(
    client: &mut Client,
    plan: &Plan,
    progress: &mut dyn FnMut(Progress),
) -> Result<Applied, DbError> {
    require_current_schema(client)?;
    let mut transaction = begin(client)?;
    refuse_other_currency(&mut transaction, &plan.settings.currency)?;
    let mut applied = Applied::default();
    let tables = plan_rows::tables();
    for table in &tables {
        table.stage(&mut transaction, plan)?;
        let (inserted, updated) = table.upsert(&mut transaction)?;
        applied.tables.push(TableChange { table: table.name, inserted, updated, deleted: 0 });
    }
    apply_versions(&mut transaction, &plan.decks, &mut applied, progress)?;
    // What refers to others goes before them.
    for (table, change) in tables.iter().zip(&mut applied.tables).rev() {
        change.deleted = table.delete(&mut transaction)?;
    }
    transaction.commit().map_err(DbError::doing("applying the plan"))?;
    Ok(applied)
}

/// Begins a transaction that changes the plan, after those before it.
pub(super) fn begin(client: &mut Client) -> Result<Transaction<'_>, DbError> {
    let mut transaction = client.transaction().map_err(DbError::doing("beginning"))?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])
        .map_err(DbError::doing("waiting for another change of the plan"))?;
    Ok(transaction)
}

/// Refuses another currency of the plan while wallets hold money: the books have amounts, and the plan says of what.
fn refuse_other_currency(transaction: &mut Transaction<'_>, currency: &str) -> Result<(), DbError> {
    let query = include_str!("../../../sql/queries/find_money.sql");
    let found =
        transaction.query_opt(query, &[&currency]).map_err(DbError::doing("looking for money in wallets"))?;
    let Some(row) = found else { return Ok(()) };
    let (stored, account, wallet): (&str, &str, &str) = (row.get(0), row.get(1), row.get(2));
    Err(DbError::Refused(format!(
        "the plan is in {currency}, and wallets hold {stored}, {account}/{wallet} for one: by another currency of the plan the \
         same amounts would be {currency}. Pay out what is in them (`lcr-admin wallet add … --as refund`), apply the \
         plan, and pay in what that is worth"
    )))
}

/// A version that must be stored.
struct NewVersion<'a> {
    deck: &'a str,
    version: &'a DeckVersion,
    content_sha256: [u8; 32],
}

fn apply_versions(
    transaction: &mut Transaction<'_>,
    plan_decks: &[Deck],
    applied: &mut Applied,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), DbError> {
    let mut gone = decks::stored_versions(transaction, None)?;
    // What has lost rows has not the content that its hash names, and is stored again.
    let short_of_rows = short_of_rows(transaction)?;
    let mut new = Vec::new();
    for (deck, version) in plan_decks.iter().flat_map(|deck| deck.versions.iter().map(move |v| (deck, v))) {
        let content_sha256 = deck_rows::content_sha256(version);
        let same = |stored: &StoredVersion| {
            stored.deck == deck.id
                && stored.number == i64::from(version.number)
                && stored.content_sha256 == content_sha256
                && !short_of_rows.contains(&stored.id)
        };
        match gone.iter().position(same) {
            Some(index) => keep(transaction, &gone.swap_remove(index), version, applied)?,
            None => new.push(NewVersion { deck: &deck.id, version, content_sha256 }),
        }
    }
    for stored in &gone {
        decks::delete_version(transaction, stored.id)?;
    }
    let replaced = |stored: &&StoredVersion| {
        !new.iter().any(|new| new.deck == stored.deck && i64::from(new.version.number) == stored.number)
    };
    applied.versions_deleted = gone.iter().filter(replaced).count().try_into().unwrap_or(u64::MAX);
    store(transaction, &new, applied, progress)
}

/// The versions that do not have their rows, by id.
fn short_of_rows(transaction: &mut Transaction<'_>) -> Result<Vec<i32>, DbError> {
    let query = include_str!("../../../sql/queries/versions_short_of_rows.sql");
    let rows = transaction.query(query, &[]).map_err(DbError::doing("counting the rows of deck versions"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Leaves a version's rows alone; its start and scope may differ.
fn keep(
    transaction: &mut Transaction<'_>,
    stored: &StoredVersion,
    version: &DeckVersion,
    applied: &mut Applied,
) -> Result<(), DbError> {
    if !deck_rows::is_storable(version.effective_from) {
        let owner = format!("deck {} version {}", stored.deck, stored.number);
        return Err(DbError::OutOfRange { owner, what: deck_rows::BEYOND.to_owned() });
    }
    if stored.effective_from == version.effective_from && stored.scope == version.scope {
        applied.versions_kept += 1;
        return Ok(());
    }
    deck_rows::refuse_repeats(&stored.deck, version)?;
    let (scope, countries) = ScopeKind::of(&version.scope);
    transaction
        .execute(
            "UPDATE deck_version SET effective_from = to_timestamp($2::bigint), scope = $3::text::deck_scope, \
             countries = $4::text[] WHERE id = $1",
            &[&stored.id, &version.effective_from, &scope.word(), &countries],
        )
        .map_err(DbError::doing(format!("deck {} version {}", stored.deck, stored.number)))?;
    applied.versions_redated += 1;
    Ok(())
}

fn store(
    transaction: &mut Transaction<'_>,
    new: &[NewVersion<'_>],
    applied: &mut Applied,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), DbError> {
    let rows_total = new.iter().map(|new| row_count(new.version)).sum();
    let mut rows_done = 0;
    for new in new {
        decks::store_version(transaction, new.deck, new.version, &new.content_sha256, &mut |rows| {
            rows_done += rows;
            progress(Progress { rows_done, rows_total });
        })?;
        applied.versions_stored += 1;
        applied.rows_stored += row_count(new.version);
    }
    Ok(())
}

fn row_count(version: &DeckVersion) -> u64 {
    let rows = version.rows.len() + version.ocn_rows.len() + version.cic_rows.len();
    rows.try_into().unwrap_or(u64::MAX)
}
