//! Wallets in the database: the ledger, and what calls have used (8.4). What nodes have of them is in `leases`.
//!
//! Worked: 5 USD are paid in (`purchase` +5). The node east is leased all of it (`reserve` −5): the balance is 0. A
//! call there uses 0.02; its record comes in: `reserve` +0.02 and `consume` −0.02. East gives 1 back: `reserve` +1.
//! What is leased and not used is 3.98, the balance 1, and the ledger's sum too.
//!
//! Every movement has a key of its own, so what is done twice is done once. Each function is one transaction.
//!
//! It will not decide what a call costs: records say.

use postgres::{Client, Transaction};
use rating_core::plan::WalletKind;
use rating_node::segments::{CallRecord, Piece};

use super::error::DbError;
use crate::words::Word;

/// Which wallet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WalletId {
    /// Whose it is.
    pub account: String,
    /// Its id.
    pub wallet: String,
    /// What is in it.
    pub kind: WalletKind,
}

/// A movement that people make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    /// Paid in.
    Purchase,
    /// Paid back.
    Refund,
    /// Put right.
    Adjust,
}

impl Movement {
    /// Its name in the ledger.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Refund => "refund",
            Self::Adjust => "adjust",
        }
    }
}

/// Books a movement; false if its key was booked before.
///
/// # Errors
/// [`DbError`].
pub fn book(
    client: &mut Client,
    id: &WalletId,
    movement: Movement,
    amount: i64,
    key: &str,
) -> Result<bool, DbError> {
    let mut transaction = client.transaction().map_err(DbError::doing("beginning"))?;
    let is_new = insert(&mut transaction, id, movement.word(), amount, key)?;
    transaction.commit().map_err(DbError::doing("booking a movement"))?;
    Ok(is_new)
}

pub(super) fn insert(
    transaction: &mut Transaction<'_>,
    id: &WalletId,
    entry: &str,
    amount: i64,
    key: &str,
) -> Result<bool, DbError> {
    let rows = transaction
        .execute(
            "INSERT INTO wallet_ledger (account, wallet, kind, entry, amount, key) \
             VALUES ($1::text, $2::text, $3::text::wallet_kind, $4::text::ledger_entry, $5, $6) \
             ON CONFLICT (key) DO NOTHING",
            &[&id.account, &id.wallet, &id.kind.word(), &entry, &amount, &key],
        )
        .map_err(DbError::doing(format!("booking for wallet {}/{}", id.account, id.wallet)))?;
    Ok(rows == 1)
}

/// A wallet in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletSummary {
    /// Which.
    pub id: WalletId,
    /// What is with no node.
    pub balance: i64,
    /// What nodes have and calls have not used, as far as records are in.
    pub with_nodes: i64,
    /// Its credit limit, if the plan of the database names it.
    pub credit_limit: Option<i64>,
}

/// The wallets of the database's plan, and those that have ever had a movement; of all accounts or of one.
///
/// # Errors
/// [`DbError`].
pub fn list_wallets(client: &mut Client, account: Option<&str>) -> Result<Vec<WalletSummary>, DbError> {
    let rows = client
        .query(include_str!("../../../sql/queries/list_wallets.sql"), &[&account])
        .map_err(DbError::doing("listing wallets"))?;
    let summaries = rows.iter().map(|row| {
        let id = WalletId { account: row.get(0), wallet: row.get(1), kind: kind_of(row.get(2))? };
        Ok(WalletSummary { id, balance: row.get(3), with_nodes: row.get(4), credit_limit: row.get(5) })
    });
    summaries.collect()
}

/// A movement as it was booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// When, in RFC 3339.
    pub booked_at: String,
    /// What it was: `purchase`, `reserve`, `consume`, `refund`, `adjust`.
    pub entry: String,
    /// By how much the balance changed.
    pub amount: i64,
    /// What it is known by.
    pub key: String,
}

/// The movement that a key names.
///
/// # Errors
/// [`DbError`].
pub fn movement_of(client: &mut Client, key: &str) -> Result<Option<(WalletId, String, i64)>, DbError> {
    let row = client
        .query_opt(
            "SELECT account::text, wallet::text, kind::text, entry::text, amount FROM wallet_ledger WHERE key = $1",
            &[&key],
        )
        .map_err(DbError::doing("looking for a movement"))?;
    row.map(|row| {
        let id = WalletId { account: row.get(0), wallet: row.get(1), kind: kind_of(row.get(2))? };
        Ok((id, row.get(3), row.get(4)))
    })
    .transpose()
}

/// The latest movements of a wallet, the newest first.
///
/// # Errors
/// [`DbError`].
pub fn ledger(client: &mut Client, id: &WalletId, most: i64) -> Result<Vec<LedgerRow>, DbError> {
    let rows = client
        .query(
            "SELECT to_char(booked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), entry::text, amount, key \
             FROM wallet_ledger WHERE account = $1::text AND wallet = $2::text AND kind = $3::text::wallet_kind \
             ORDER BY id DESC LIMIT $4",
            &[&id.account, &id.wallet, &id.kind.word(), &most],
        )
        .map_err(DbError::doing("reading the ledger"))?;
    let row = |row: &postgres::Row| LedgerRow {
        booked_at: row.get(0),
        entry: row.get(1),
        amount: row.get(2),
        key: row.get(3),
    };
    Ok(rows.iter().map(row).collect())
}

fn kind_of(word: &str) -> Result<WalletKind, DbError> {
    WalletKind::from_word(word).ok_or_else(|| DbError::Corrupt("a wallet kind".into()))
}

/// Up to where each segment of a node is booked.
///
/// # Errors
/// [`DbError`].
pub fn read_positions(client: &mut Client, node: &str) -> Result<Vec<(String, u64)>, DbError> {
    let rows = client
        .query("SELECT segment, read_until FROM node_segment WHERE node = $1", &[&node])
        .map_err(DbError::doing("finding what is booked of the segments"))?;
    Ok(rows.iter().map(|row| (row.get(0), row.get::<_, i64>(1).cast_unsigned())).collect())
}

/// Books what the calls of a piece of a segment have used, and that it is read; gives how many calls were new.
///
/// # Errors
/// [`DbError`]; then nothing is booked.
pub fn book_calls(client: &mut Client, node: &str, piece: &Piece) -> Result<u64, DbError> {
    let mut transaction = client.transaction().map_err(DbError::doing("beginning"))?;
    let paid = piece.records.iter().filter(|record| !record.wallet.is_empty() && record.wallet_used > 0);
    let wallet_and_call = |record| Ok::<_, DbError>((wallet_of(&mut transaction, record)?, record));
    let mut calls = paid.map(wallet_and_call).collect::<Result<Vec<_>, _>>()?;
    sort_by_wallet(&mut calls, |(id, _)| id);
    let mut new = 0;
    for (id, record) in &calls {
        new += u64::from(book_call(&mut transaction, id, record)?);
    }
    transaction
        .execute(
            "INSERT INTO node_segment (node, segment, read_until) VALUES ($1, $2, $3) \
             ON CONFLICT (node, segment) DO UPDATE SET read_until = excluded.read_until",
            &[&node, &piece.segment, &piece.until.cast_signed()],
        )
        .map_err(DbError::doing("writing down what is booked of a segment"))?;
    transaction.commit().map_err(DbError::doing("booking what calls have used"))?;
    Ok(new)
}

/// The order in which a transaction books for several wallets. Each is locked until it ends, so that who books in this order
/// waits for others, and never in a circle.
pub(super) fn sort_by_wallet<T>(bookings: &mut [T], wallet: impl Fn(&T) -> &WalletId) {
    bookings.sort_by(|one, other| {
        let (one, other) = (wallet(one), wallet(other));
        (&one.account, &one.wallet, one.kind.word()).cmp(&(&other.account, &other.wallet, other.kind.word()))
    });
}

/// Books what one call has used: out of the lease, and gone.
fn book_call(transaction: &mut Transaction<'_>, id: &WalletId, record: &CallRecord) -> Result<bool, DbError> {
    let call = format!("{}:{}", record.node_start_ns, record.handle);
    if !insert(transaction, id, "consume", -record.wallet_used, &format!("call:{call}"))? {
        return Ok(false);
    }
    let lease = transaction
        .query_opt(
            "UPDATE wallet_lease SET consumed = consumed + $5 WHERE node_start_ns = $1 AND account = $2::text \
             AND wallet = $3::text AND kind = $4::text::wallet_kind RETURNING closed_at IS NULL",
            &[
                &record.node_start_ns.cast_signed(),
                &id.account,
                &id.wallet,
                &id.kind.word(),
                &record.wallet_used,
            ],
        )
        .map_err(DbError::doing("booking what a call has used"))?;
    // Of a lease that was closed what is left went back already.
    if lease.is_some_and(|lease| lease.get(0)) {
        insert(transaction, id, "reserve", record.wallet_used, &format!("used:{call}"))?;
    }
    Ok(true)
}

/// The wallet of a record; by its lease where no plan knew its name any more.
fn wallet_of(transaction: &mut Transaction<'_>, record: &CallRecord) -> Result<WalletId, DbError> {
    let kind = if record.wallet_in_seconds { WalletKind::Seconds } else { WalletKind::Money };
    let named = WalletId { account: record.account.clone(), wallet: record.wallet.clone(), kind };
    let Some(key) = record.wallet.strip_prefix('#').and_then(|hex| u64::from_str_radix(hex, 16).ok()) else {
        return Ok(named);
    };
    let found = transaction
        .query_opt(
            "SELECT account, wallet FROM wallet_lease WHERE node_start_ns = $1 AND slot_key = $2",
            &[&record.node_start_ns.cast_signed(), &key.cast_signed()],
        )
        .map_err(DbError::doing("finding the wallet of a call"))?;
    let found = found.ok_or_else(|| {
        DbError::Corrupt(format!("call {} was paid by a wallet that was never leased", record.call_id))
    })?;
    Ok(WalletId { account: found.get(0), wallet: found.get(1), kind })
}

/// Tells everybody who listens that a wallet runs low, is exhausted, or has money again.
///
/// # Errors
/// [`DbError`].
pub fn tell_event(
    client: &mut Client,
    node: &str,
    id: &WalletId,
    event: &str,
    available: i64,
) -> Result<(), DbError> {
    client
        .execute(
            "WITH told AS (INSERT INTO wallet_event (account, wallet, event, available, node) \
             VALUES ($1::text, $2::text, $3, $4, $5) RETURNING *) \
             SELECT pg_notify('tandem_wallet', json_build_object('account', account, 'wallet', wallet, \
             'event', event, 'available', available::text)::text) FROM told",
            &[&id.account, &id.wallet, &event, &available, &node],
        )
        .map_err(DbError::doing("telling of a wallet"))?;
    Ok(())
}
