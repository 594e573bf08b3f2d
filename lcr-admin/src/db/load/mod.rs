//! The plan that the database holds, read at one instant: what others commit meanwhile is not half seen.

mod accounts;
mod carriers;
mod decks;
mod fields;
mod owned;
mod rules;

use postgres::{Client, IsolationLevel, Transaction};
use rating_core::plan::Plan;

use self::fields::Fields;
use self::owned::Owned;
use super::error::DbError;
use super::migrate::require_current_schema;

/// Reads the plan: everything by id, deck rows by code and start.
///
/// # Errors
/// [`DbError::NoPlan`] before the first plan; else what was not to be read.
pub fn load_plan(client: &mut Client) -> Result<Plan, DbError> {
    require_current_schema(client)?;
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .map_err(DbError::doing("beginning to read the plan"))?;
    let tx = &mut transaction;
    // What has rows of its own below accounts, trunks and so on; taken from here as its owners are read.
    let mut owned = Owned::load(tx)?;
    let plan = Plan {
        settings: rules::settings(tx)?,
        accounts: accounts::accounts(tx, &mut owned)?,
        trunks: accounts::trunks(tx, &mut owned)?,
        providers: carriers::providers(tx, &mut owned)?,
        routes: carriers::routes(tx, &mut owned)?,
        gateways: carriers::gateways(tx, &mut owned)?,
        partitions: carriers::partitions(tx, &mut owned)?,
        decks: decks::decks(tx)?,
        numbering: rules::numbering(tx)?,
        local_calling: rules::local_calling(tx)?,
        dids: rules::dids(tx)?,
        overrides: rules::overrides(tx, &mut owned)?,
        exclusions: rules::exclusions(tx)?,
        dno: rules::dno(tx)?,
        currency_rates: rules::currency_rates(tx)?,
    };
    transaction.commit().map_err(DbError::doing("reading the plan"))?;
    Ok(plan)
}

/// A query of `sql/queries`.
macro_rules! query {
    ($name:literal) => {
        include_str!(concat!("../../../../sql/queries/", $name, ".sql"))
    };
}
use query;

/// Reads every row of a query.
fn all<T>(
    transaction: &mut Transaction<'_>,
    query: &str,
    mut read: impl FnMut(&Fields<'_>) -> Result<T, DbError>,
) -> Result<Vec<T>, DbError> {
    let rows = transaction.query(query, &[]).map_err(DbError::doing("reading the plan"))?;
    rows.iter().map(|row| read(&Fields(row))).collect()
}
