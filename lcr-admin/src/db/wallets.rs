//! Wallets in the database: the ledger, the leases of nodes, and what calls have used (8.4).
//!
//! Worked: 5 USD are paid in (`purchase` +5). The node east is leased all of it (`reserve` −5): the balance is 0. A call
//! there uses 0.02; its record comes in: `reserve` +0.02 and `consume` −0.02. East gives 1 back: `reserve` +1. What is
//! leased and not used is 3.98, the balance 1, and the ledger's sum too.
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
    const fn word(self) -> &'static str {
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

fn insert(
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

/// Who asks for leases: a state file of a node.
#[derive(Clone, Debug)]
pub struct LeaseHolder {
    /// The node's name.
    pub node: String,
    /// Names the state file.
    pub node_start_ns: i64,
}

/// What a lease is after a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What the node was given in total.
    pub granted: i64,
    /// What of the wallet, credit included, is not with this node.
    pub elsewhere: i64,
}

/// What a node has of a wallet while it asks.
pub trait Spender {
    /// What its calls have had.
    fn used(&self) -> i64;
    /// Takes back what no call has, down to `granted`; gives what is granted then.
    fn shrink(&self, granted: i64) -> i64;
}

/// A lease is made smaller only when the node has so much more than its share.
const TOO_MUCH_PERCENT: i128 = 150;

/// Gives a node its share of a wallet, or takes back what is above it.
///
/// The share is what the node has free and what nobody has, by the number of nodes that have asked within a minute: one
/// node has all of it. What goes to the node is booked before it is told; what comes back is taken from it before it is
/// booked. So a death between leaves money with nobody, until the next renewal.
///
/// # Errors
/// [`DbError`]; then nothing has been booked, and the node has what it had, or less.
pub fn renew_lease(
    client: &mut Client,
    holder: &LeaseHolder,
    id: &WalletId,
    slot_key: i64,
    credit_limit: i64,
    spender: &dyn Spender,
) -> Result<Lease, DbError> {
    let doing = || format!("leasing wallet {}/{}", id.account, id.wallet);
    let mut transaction = client.transaction().map_err(DbError::doing("beginning"))?;
    let balance = lock_balance(&mut transaction, id)?;
    let balance = balance - reopen(&mut transaction, holder, id)?;
    let mine = transaction
        .query_one(
            "INSERT INTO wallet_lease AS kept (node_start_ns, account, wallet, kind, node, slot_key) \
             VALUES ($1, $2::text, $3::text, $4::text::wallet_kind, $5, $6) \
             ON CONFLICT (node_start_ns, account, wallet, kind) DO UPDATE SET seen_at = now() \
             RETURNING granted, movements",
            &[&holder.node_start_ns, &id.account, &id.wallet, &id.kind.word(), &holder.node, &slot_key],
        )
        .map_err(DbError::doing(doing()))?;
    let others = transaction
        .query_one(
            "SELECT coalesce(sum(granted - consumed), 0)::bigint, \
                    count(*) FILTER (WHERE seen_at > now() - interval '1 minute') \
             FROM wallet_lease WHERE account = $2::text AND wallet = $3::text AND kind = $4::text::wallet_kind \
               AND closed_at IS NULL AND node_start_ns <> $1",
            &[&holder.node_start_ns, &id.account, &id.wallet, &id.kind.word()],
        )
        .map_err(DbError::doing(doing()))?;
    let (granted, movements): (i64, i32) = (mine.get(0), mine.get(1));
    let (with_others, other_nodes): (i64, i64) = (others.get(0), others.get(1));
    let unleased = balance.saturating_add(credit_limit);
    let target = target(granted, spender.used(), unleased, other_nodes + 1);
    let now = if target < granted { spender.shrink(target) } else { target };
    if now != granted {
        let key = format!("lease:{}:{slot_key:016x}:{}", holder.node_start_ns, movements + 1);
        insert(&mut transaction, id, "reserve", granted - now, &key)?;
        transaction
            .execute(
                "UPDATE wallet_lease SET granted = $5, movements = movements + 1 \
                 WHERE node_start_ns = $1 AND account = $2::text AND wallet = $3::text \
                   AND kind = $4::text::wallet_kind",
                &[&holder.node_start_ns, &id.account, &id.wallet, &id.kind.word(), &now],
            )
            .map_err(DbError::doing(doing()))?;
    }
    transaction.commit().map_err(DbError::doing(doing()))?;
    let elsewhere = unleased.saturating_add(granted).saturating_sub(now).saturating_add(with_others);
    Ok(Lease { granted: now, elsewhere })
}

/// Opens a lease that was closed, because its state file was taken for gone: what the node still has of it is its again.
/// Gives how much.
fn reopen(transaction: &mut Transaction<'_>, holder: &LeaseHolder, id: &WalletId) -> Result<i64, DbError> {
    let closed = transaction
        .query_opt(
            "UPDATE wallet_lease SET closed_at = NULL, movements = movements + 1 \
             WHERE node_start_ns = $1 AND account = $2::text AND wallet = $3::text \
               AND kind = $4::text::wallet_kind AND closed_at IS NOT NULL \
             RETURNING granted - consumed, slot_key, movements",
            &[&holder.node_start_ns, &id.account, &id.wallet, &id.kind.word()],
        )
        .map_err(DbError::doing("opening a lease again"))?;
    let Some(row) = closed else { return Ok(0) };
    let (left, slot_key, movements): (i64, i64, i32) = (row.get(0), row.get(1), row.get(2));
    let key = format!("lease:{}:{slot_key:016x}:{movements}", holder.node_start_ns);
    insert(transaction, id, "reserve", -left, &key)?;
    Ok(left)
}

/// What a node is to have been granted in total.
fn target(granted: i64, used: i64, unleased: i64, nodes: i64) -> i64 {
    let free = i128::from(granted) - i128::from(used);
    let share = ((i128::from(unleased) + free) / i128::from(nodes.max(1))).max(0);
    let too_much = unleased < 0 || free * 100 > share * TOO_MUCH_PERCENT;
    let wanted = if share > free || too_much { i128::from(used) + share } else { i128::from(granted) };
    // No more than nobody has.
    let most = i128::from(granted) + i128::from(unleased.max(0));
    i64::try_from(wanted.min(most)).unwrap_or(i64::MAX)
}

/// The balance, which nobody else changes until the transaction ends.
fn lock_balance(transaction: &mut Transaction<'_>, id: &WalletId) -> Result<i64, DbError> {
    let doing = || format!("the balance of wallet {}/{}", id.account, id.wallet);
    let parameters: [&(dyn postgres::types::ToSql + Sync); 3] = [&id.account, &id.wallet, &id.kind.word()];
    transaction
        .execute(
            "INSERT INTO wallet_balance (account, wallet, kind) VALUES ($1::text, $2::text, $3::text::wallet_kind) \
             ON CONFLICT DO NOTHING",
            &parameters,
        )
        .map_err(DbError::doing(doing()))?;
    let row = transaction
        .query_one(
            "SELECT balance FROM wallet_balance \
             WHERE account = $1::text AND wallet = $2::text AND kind = $3::text::wallet_kind FOR UPDATE",
            &parameters,
        )
        .map_err(DbError::doing(doing()))?;
    Ok(row.get(0))
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
    let mut new = 0;
    for record in piece.records.iter().filter(|record| !record.wallet.is_empty() && record.wallet_used > 0) {
        new += u64::from(book_call(&mut transaction, record)?);
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

/// Books what one call has used: out of the lease, and gone.
fn book_call(transaction: &mut Transaction<'_>, record: &CallRecord) -> Result<bool, DbError> {
    let id = wallet_of(transaction, record)?;
    let call = format!("{}:{}", record.node_start_ns, record.handle);
    if !insert(transaction, &id, "consume", -record.wallet_used, &format!("call:{call}"))? {
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
        insert(transaction, &id, "reserve", record.wallet_used, &format!("used:{call}"))?;
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

/// Takes back what is left of the leases of a node's earlier state files: their segments are in.
///
/// # Errors
/// [`DbError`].
pub fn close_old_leases(client: &mut Client, holder: &LeaseHolder) -> Result<u64, DbError> {
    let doing = "taking back leases of an earlier state file";
    let mut transaction = client.transaction().map_err(DbError::doing("beginning"))?;
    let rows = transaction
        .query(
            "UPDATE wallet_lease SET closed_at = now(), movements = movements + 1 \
             WHERE node = $1 AND node_start_ns <> $2 AND closed_at IS NULL \
             RETURNING node_start_ns, account, wallet, kind::text, granted - consumed, slot_key, movements",
            &[&holder.node, &holder.node_start_ns],
        )
        .map_err(DbError::doing(doing))?;
    for row in &rows {
        let kind =
            WalletKind::from_word(row.get(3)).ok_or_else(|| DbError::Corrupt("a wallet kind".into()))?;
        let id = WalletId { account: row.get(1), wallet: row.get(2), kind };
        let (start, left, slot_key): (i64, i64, i64) = (row.get(0), row.get(4), row.get(5));
        let movements: i32 = row.get(6);
        insert(
            &mut transaction,
            &id,
            "reserve",
            left,
            &format!("lease:{start}:{slot_key:016x}:{movements}"),
        )?;
    }
    transaction.commit().map_err(DbError::doing(doing))?;
    Ok(rows.len() as u64)
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

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn one_node_has_all_and_two_share() {
        // Nobody has anything: all of 100.
        assert_eq!(target(0, 0, 100, 1), 100);
        // 30 are used: still all.
        assert_eq!(target(100, 30, 0, 1), 100);
        // Another 50 are paid in.
        assert_eq!(target(100, 30, 50, 1), 150);
        // A second node asks: half of the 70 that are free goes back, and it takes half of that.
        assert_eq!(target(100, 30, 0, 2), 65);
        assert_eq!(target(0, 0, 35, 2), 17);
        // A little too much is left alone.
        assert_eq!(target(65, 30, 18, 2), 65);
    }

    #[test]
    fn what_was_taken_out_of_the_wallet_comes_back_from_the_node() {
        // 100 leased, 30 used; 40 were paid back to the customer meanwhile: 30 stay free.
        assert_eq!(target(100, 30, -40, 1), 60);
        // More than is free: all that no call has.
        assert_eq!(target(100, 30, -90, 1), 30);
    }

    #[test]
    fn a_node_that_overran_gets_nothing_that_is_not_there() {
        assert_eq!(
            target(10, 12, 0, 1),
            10,
            "used is above what was granted only while a lease is taken back"
        );
        assert_eq!(target(0, 0, -5, 1), 0);
    }
}
