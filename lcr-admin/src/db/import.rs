//! One price list into the database: a new version of a deck, or nothing if it is the version there is.

use postgres::{Client, Transaction};
use rating_core::plan::{CicRow, DeckRow, DeckVersion, OcnRow, Scope, UtcSec};

use super::apply::{self, Progress};
use super::currency;
use super::deck_rows;
use super::decks::{self, StoredVersion};
use super::error::DbError;
use super::migrate::require_current_schema;

/// Whose price list it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeckOwner {
    /// A provider's: what its routes cost.
    Provider(String),
    /// An account's: what it pays.
    Account(String),
}

/// Prices by one or more kinds of code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceList {
    /// By prefix.
    pub rows: Vec<DeckRow>,
    /// By OCN and LATA.
    pub ocn_rows: Vec<OcnRow>,
    /// By carrier of toll-free numbers.
    pub cic_rows: Vec<CicRow>,
}

/// What is to be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Whose it is.
    pub owner: DeckOwner,
    /// The deck; by default the account's sell deck or the one deck of the provider's routes, else the one that
    /// has the owner's id.
    pub deck: Option<String>,
    /// From when the rows hold; `now` if none.
    pub effective_from: Option<UtcSec>,
    /// The time.
    pub now: UtcSec,
    /// What absent codes mean.
    pub scope: Scope,
    /// The prices.
    pub list: PriceList,
    /// What they are in, where that is known; else as the deck's.
    pub currency: Option<String>,
    /// Whether to change nothing, and only tell what would change.
    pub dry_run: bool,
}

/// What was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The deck.
    pub deck: String,
    /// Whether the import made it.
    pub deck_is_new: bool,
    /// The version that holds these rows.
    pub version: u32,
    /// False if it was there already.
    pub changed: bool,
    /// From when it holds.
    pub effective_from: UtcSec,
    /// Whether a route or an account uses the deck yet.
    pub in_use: bool,
}

/// Stores the rows as a new version of the deck, in one transaction, unless they are there: from that start on, and not
/// replaced by a later version of the same start; or, where none is given, as the version that holds now.
///
/// # Errors
/// [`DbError::Refused`] where there is no such owner or the deck is another's; then, as with every error,
/// nothing has changed.
pub fn import_deck(
    client: &mut Client,
    import: Import,
    progress: &mut dyn FnMut(Progress),
) -> Result<Imported, DbError> {
    require_current_schema(client)?;
    let mut transaction = apply::begin(client)?;
    let target = find_target(&mut transaction, &import)?;
    refuse_useless_rows(&mut transaction, &target.deck, &import)?;
    let starts = import.effective_from.unwrap_or(import.now);
    currency::check(&mut transaction, &target.deck, import.currency.as_deref(), starts)?;
    let imported = store(&mut transaction, target, import, progress)?;
    match imported {
        (imported, Outcome::Commit) => {
            transaction.commit().map_err(DbError::doing("storing the price list"))?;
            Ok(imported)
        }
        (imported, Outcome::Leave) => Ok(imported),
    }
}

/// Whether there is something to commit.
enum Outcome {
    Commit,
    Leave,
}

fn store(
    transaction: &mut Transaction<'_>,
    target: Target,
    import: Import,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Imported, Outcome), DbError> {
    let PriceList { rows, ocn_rows, cic_rows } = import.list;
    let mut version = DeckVersion {
        number: 1,
        effective_from: import.effective_from.unwrap_or(import.now),
        scope: import.scope,
        rows,
        ocn_rows,
        cic_rows,
    };
    let content_sha256 = deck_rows::content_sha256(&version);
    let stored = decks::stored_versions(transaction, Some(&target.deck))?;
    let mut imported = Imported {
        deck: target.deck,
        deck_is_new: target.deck_is_new,
        version: 1,
        changed: false,
        effective_from: version.effective_from,
        in_use: target.in_use,
    };
    let number = |stored: &StoredVersion| u32::try_from(stored.number).unwrap_or(u32::MAX);
    let same =
        |stored: &&StoredVersion| stored.content_sha256 == content_sha256 && stored.scope == version.scope;
    let there = match import.effective_from {
        Some(from) => {
            let there = stored.iter().rfind(|stored| stored.effective_from == from && same(stored));
            let is_replaced = there.map(|there| is_replaced(transaction, &stored, there)).transpose()?;
            there.filter(|_| is_replaced == Some(false))
        }
        None => in_force(&stored, import.now).filter(same),
    };
    if let Some(there) = there {
        imported.version = number(there);
        imported.effective_from = there.effective_from;
        return Ok((imported, Outcome::Leave));
    }
    imported.version = decks::latest_number(transaction, &imported.deck)?.saturating_add(1);
    imported.changed = true;
    if import.dry_run {
        return Ok((imported, Outcome::Leave));
    }
    if imported.deck_is_new {
        currency::add_deck(transaction, &imported.deck, import.currency.as_deref())?;
    }
    version.number = imported.version;
    let rows_total = deck_rows::RowCounts::of(&version).total().try_into().unwrap_or(u64::MAX);
    let mut rows_done = 0;
    decks::store_version(transaction, &imported.deck, &version, &content_sha256, &mut |rows| {
        rows_done += rows;
        progress(Progress { rows_done, rows_total });
    })?;
    Ok((imported, Outcome::Commit))
}

/// Whether a later version of the same start has taken the place of one (4.2): all of it, or, of scope `partial`, the price of
/// a code. Rows that are added to a whole list, or put right in it, leave the list there.
fn is_replaced(
    transaction: &mut Transaction<'_>,
    stored: &[StoredVersion],
    there: &StoredVersion,
) -> Result<bool, DbError> {
    let is_later =
        |one: &&StoredVersion| one.effective_from == there.effective_from && one.number > there.number;
    let later: Vec<&StoredVersion> = stored.iter().filter(is_later).collect();
    if later.iter().any(|one| one.scope != Scope::Partial) {
        return Ok(true);
    }
    if later.is_empty() || there.scope != Scope::Partial {
        return Ok(false);
    }
    let ids: Vec<i32> = later.iter().map(|one| one.id).collect();
    let row = transaction
        .query_one(include_str!("../../../sql/queries/share_code.sql"), &[&there.id, &ids])
        .map_err(DbError::doing("comparing the codes of versions"))?;
    Ok(row.get(0))
}

/// The version that started last (4.2).
fn in_force(stored: &[StoredVersion], now: UtcSec) -> Option<&StoredVersion> {
    let started = stored.iter().filter(|stored| stored.effective_from <= now);
    started.max_by_key(|stored| (stored.effective_from, stored.number))
}

/// Where the rows go.
struct Target {
    deck: String,
    deck_is_new: bool,
    in_use: bool,
}

fn find_target(transaction: &mut Transaction<'_>, import: &Import) -> Result<Target, DbError> {
    let (kind, id) = match &import.owner {
        DeckOwner::Provider(id) => ("provider", id),
        DeckOwner::Account(id) => ("account", id),
    };
    require(transaction, kind, id)?;
    let deck = match (&import.deck, &import.owner) {
        (Some(deck), _) => deck.clone(),
        (None, DeckOwner::Provider(id)) => buy_deck(transaction, id)?.unwrap_or_else(|| id.clone()),
        (None, DeckOwner::Account(id)) => sell_deck(transaction, id)?.unwrap_or_else(|| id.clone()),
    };
    let deck_is_new = transaction
        .query_opt("SELECT 1 FROM deck WHERE id = $1", &[&deck])
        .map_err(DbError::doing("looking for the deck"))?
        .is_none();
    let users = Users::of(transaction, &deck)?;
    users.refuse_strangers(&deck, &import.owner)?;
    let in_use = !(users.providers.is_empty() && users.accounts.is_empty());
    Ok(Target { deck, deck_is_new, in_use })
}

/// Refuses rows by OCN and LATA where nobody asks for them (4.1): they would price nothing, and of scope `full` end what does.
fn refuse_useless_rows(
    transaction: &mut Transaction<'_>,
    deck: &str,
    import: &Import,
) -> Result<(), DbError> {
    if import.list.ocn_rows.is_empty() {
        return Ok(());
    }
    let own = match &import.owner {
        DeckOwner::Provider(id) => Some(id),
        DeckOwner::Account(_) => None,
    };
    let query = "SELECT count(*) FROM provider WHERE kind = 'ocn_lata' AND (id = $1::text \
                 OR id IN (SELECT provider FROM route WHERE deck = $2::text))";
    let asking = transaction.query_one(query, &[&own, &deck]);
    let asking: i64 = asking.map_err(DbError::doing("looking for who uses the deck"))?.get(0);
    if asking > 0 {
        return Ok(());
    }
    Err(DbError::Refused(format!(
        "the list has rows by OCN and LATA, and no provider of kind ocn_lata has deck {deck:?}: they would price no call"
    )))
}

/// The time zone of dates without one in an owner's price lists (10.3).
///
/// # Errors
/// [`DbError`], if the database is not to be read. Of an owner that is not there it is UTC: the import refuses it.
pub fn time_zone_of(client: &mut Client, owner: &DeckOwner) -> Result<String, DbError> {
    require_current_schema(client)?;
    let (query, id) = match owner {
        DeckOwner::Provider(id) => ("SELECT time_zone FROM provider WHERE id = $1", id),
        DeckOwner::Account(id) => ("SELECT time_zone FROM account WHERE id = $1", id),
    };
    let row = client.query_opt(query, &[id]).map_err(DbError::doing("looking for the time zone"))?;
    Ok(row.and_then(|row| row.get(0)).unwrap_or_else(|| "UTC".to_owned()))
}

/// Refuses an owner that is not there, naming those that are.
fn require(transaction: &mut Transaction<'_>, kind: &str, id: &str) -> Result<(), DbError> {
    let ids: Vec<String> = transaction
        .query(format!("SELECT id FROM {kind} ORDER BY id").as_str(), &[])
        .map_err(DbError::doing(format!("looking for the {kind}")))?
        .iter()
        .map(|row| row.get(0))
        .collect();
    if ids.iter().any(|there| there == id) {
        return Ok(());
    }
    if ids.is_empty() {
        return Err(DbError::NoPlan);
    }
    let there = shortened(&ids);
    Err(DbError::Refused(format!(
        "there is no {kind} {id:?}; there are: {there}. To add it: `lcr-admin plan export DIR`, write it into \
         {kind}s.toml, `lcr-admin plan apply DIR`"
    )))
}

/// The first ids, and how many more.
fn shortened(ids: &[String]) -> String {
    const SHOWN: usize = 20;
    match ids.len().checked_sub(SHOWN) {
        None | Some(0) => ids.join(", "),
        Some(more) => format!("{} and {more} more", ids[..SHOWN].join(", ")),
    }
}

/// Whose prices a deck is.
struct Users {
    /// Providers whose routes cost what it says, by id.
    providers: Vec<String>,
    /// Accounts that pay what it says, by id.
    accounts: Vec<String>,
}

impl Users {
    fn of(transaction: &mut Transaction<'_>, deck: &str) -> Result<Self, DbError> {
        let providers = "SELECT DISTINCT provider FROM route WHERE deck = $1 ORDER BY provider";
        let accounts = "SELECT id FROM account WHERE sell_deck = $1 ORDER BY id";
        Ok(Self {
            providers: ids(transaction, providers, deck)?,
            accounts: ids(transaction, accounts, deck)?,
        })
    }

    /// Refuses a deck of the other side, or one that only others of this side use: their prices would change.
    fn refuse_strangers(&self, deck: &str, owner: &DeckOwner) -> Result<(), DbError> {
        let (kind, id, own, of_other_side) = match owner {
            DeckOwner::Provider(id) => ("provider", id, &self.providers, &self.accounts),
            DeckOwner::Account(id) => ("account", id, &self.accounts, &self.providers),
        };
        if of_other_side.is_empty() && (own.is_empty() || own.contains(id)) {
            return Ok(());
        }
        let mut uses = Vec::new();
        if !self.providers.is_empty() {
            uses.push(format!("prices the routes of {}", shortened(&self.providers)));
        }
        if !self.accounts.is_empty() {
            uses.push(format!("is the sell deck of {}", shortened(&self.accounts)));
        }
        Err(DbError::Refused(format!(
            "deck {deck:?} {}, so it is not for {kind} {id:?} to change; give --deck another name",
            uses.join(" and ")
        )))
    }
}

fn ids(transaction: &mut Transaction<'_>, query: &str, of: &str) -> Result<Vec<String>, DbError> {
    let rows = transaction.query(query, &[&of]).map_err(DbError::doing("looking for who uses the deck"))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The deck of the provider's routes, if they have one. With several, only the operator knows which is meant.
fn buy_deck(transaction: &mut Transaction<'_>, provider: &str) -> Result<Option<String>, DbError> {
    let query = "SELECT DISTINCT deck FROM route WHERE provider = $1 AND deck IS NOT NULL ORDER BY deck";
    let mut decks = ids(transaction, query, provider)?;
    if decks.len() > 1 {
        return Err(DbError::Refused(format!(
            "the routes of provider {provider:?} have several decks: {}; give --deck one of them",
            shortened(&decks)
        )));
    }
    Ok(decks.pop())
}

fn sell_deck(transaction: &mut Transaction<'_>, account: &str) -> Result<Option<String>, DbError> {
    let row = transaction
        .query_one("SELECT sell_deck FROM account WHERE id = $1", &[&account])
        .map_err(DbError::doing("looking for the sell deck"))?;
    Ok(row.get(0))
}
