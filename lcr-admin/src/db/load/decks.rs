//! Price lists and their versions.

use std::collections::HashMap;

use postgres::Transaction;
use rating_core::plan::{Deck, DeckVersion};

use super::super::deck_rows;
use super::super::decks::{self, StoredVersion};
use super::super::error::DbError;
use super::{all, query};

pub(super) fn decks(transaction: &mut Transaction<'_>) -> Result<Vec<Deck>, DbError> {
    let mut versions: HashMap<String, Vec<DeckVersion>> = HashMap::new();
    for stored in decks::stored_versions(transaction, None)? {
        let version = version(transaction, &stored)?;
        versions.entry(stored.deck).or_default().push(version);
    }
    all(transaction, query!("load_decks"), |row| {
        let id: String = row.get("id")?;
        Ok(Deck {
            ij_policy: row.word_or_null("ij_policy_word")?,
            currency: row.text_or_empty("currency")?,
            rounding: row.rounding("rounding_mode_word", "rounding_decimals")?,
            versions: versions.remove(&id).unwrap_or_default(),
            id,
        })
    })
}

fn version(transaction: &mut Transaction<'_>, stored: &StoredVersion) -> Result<DeckVersion, DbError> {
    let owner = format!("deck {} version {}", stored.deck, stored.number);
    let mut version = DeckVersion {
        number: u32::try_from(stored.number)
            .map_err(|_| DbError::Corrupt(format!("{owner} has no number from 1")))?,
        effective_from: stored.effective_from,
        scope: stored.scope.clone(),
        rows: Vec::new(),
        ocn_rows: Vec::new(),
        cic_rows: Vec::new(),
    };
    deck_rows::copy_out(transaction, stored.id, &owner, stored.rows, &mut version)?;
    Ok(version)
}
