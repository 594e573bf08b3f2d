//! What the prices of an imported list are in: the deck's currency, which does not change by an import.

use postgres::Transaction;
use rating_core::plan::UtcSec;

use super::error::DbError;

/// Refuses a list whose prices are not in the deck's currency, or in one that nothing converts at its start. What the list
/// does not say is the deck's currency, of a new deck the plan's.
pub(super) fn check(
    transaction: &mut Transaction<'_>,
    deck: &str,
    found: Option<&str>,
    at: UtcSec,
) -> Result<(), DbError> {
    let doing = || DbError::doing("looking for the deck's currency");
    let plans: Option<String> = transaction
        .query_opt("SELECT currency FROM plan_settings", &[])
        .map_err(doing())?
        .map(|row| row.get(0));
    let plans = plans.ok_or(DbError::NoPlan)?;
    let stored =
        transaction.query_opt("SELECT currency FROM deck WHERE id = $1", &[&deck]).map_err(doing())?;
    let decks = stored.map(|row| row.get::<_, Option<String>>(0).unwrap_or_else(|| plans.clone()));
    let prices_in = found.or(decks.as_deref()).unwrap_or(&plans);
    if let Some(decks) = decks.as_deref().filter(|decks| *decks != prices_in) {
        return Err(DbError::Refused(format!(
            "the file's prices are in {prices_in}, deck {deck:?} is in {decks}; convert them first, or import them \
             into another deck"
        )));
    }
    if prices_in == plans {
        return Ok(());
    }
    let rate = "SELECT 1 FROM currency_rate WHERE currency = $1 AND holds_from <= to_timestamp($2::bigint)";
    match transaction.query_opt(&format!("{rate} LIMIT 1"), &[&prices_in, &at]).map_err(doing())? {
        Some(_) => Ok(()),
        None => Err(DbError::Refused(format!(
            "the prices are in {prices_in} and the plan, which is in {plans}, has no rate for it when they \
             start: add one to currency_rates.csv and apply the plan"
        ))),
    }
}

/// A deck with nothing said but its currency: rounding half up to 9 decimals, the provider's policy.
pub(super) fn add_deck(
    transaction: &mut Transaction<'_>,
    deck: &str,
    currency: Option<&str>,
) -> Result<(), DbError> {
    // The plan's own currency is not written down, so that the deck follows the plan.
    let query = "INSERT INTO deck (id, currency, rounding_mode, rounding_decimals) \
        SELECT $1::text, nullif($2::text, plan_settings.currency::text), 'half_up', 9 FROM plan_settings";
    transaction
        .execute(query, &[&deck, &currency])
        .map_err(DbError::doing(format!("adding deck {deck:?}")))?;
    Ok(())
}
