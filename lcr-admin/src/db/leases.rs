//! What nodes have of wallets: leased to them, taken back, seen all at once.
//!
//! Once a second a node looks at all of its wallets with one query ([`see_leases`]); where nothing is to move, which is
//! nearly everywhere, that is all. Where something is, [`renew_lease`] looks again with the balance locked, and moves
//! it. So ten thousand wallets at rest cost the database one query a second, and one row: when the node was last there.
//!
//! It will not say when: the agent does.

use std::collections::HashMap;

use postgres::{Client, Transaction};
use rating_core::plan::WalletKind;

use super::error::DbError;
use super::wallets::{WalletId, insert, sort_by_wallet};
use crate::words::Word;

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

/// What a node has of a wallet, and others have, as the database has it at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What the node was given in total.
    pub granted: i64,
    /// What of that calls have used whose records are in.
    pub consumed: i64,
    is_open: bool,
    balance: i64,
    with_others: i64,
    other_nodes: i64,
    /// Names the wallet in the node's state file.
    pub slot_key: i64,
}

impl Seen {
    /// What the lease is if nothing has to move, by what the node was told and its calls have had; `None` if something has
    /// to, or if the node was told something else: what it was told last may be under way, or lost with a database.
    #[must_use]
    pub fn at_rest(&self, credit_limit: i64, told: i64, used: i64) -> Option<Lease> {
        let unleased = self.balance.saturating_add(credit_limit);
        let target = target(self.granted, used, unleased, self.other_nodes + 1);
        let elsewhere = unleased.saturating_add(self.with_others);
        (self.is_open && target == self.granted && told == self.granted)
            .then_some(Lease { granted: self.granted, elsewhere })
    }

    /// Whether the node has no more than its calls have had.
    #[must_use]
    pub const fn is_given_back(&self, used: i64) -> bool {
        self.is_open && self.granted <= used
    }
}

/// Writes down that a node has asked, and gives what it has of each wallet that it was leased something of.
///
/// # Errors
/// [`DbError`]; for a copy of another node's state file too.
pub fn see_leases(client: &mut Client, holder: &LeaseHolder) -> Result<HashMap<WalletId, Seen>, DbError> {
    say_there(client, holder)?;
    let rows = client
        .query(include_str!("../../../sql/queries/see_leases.sql"), &[&holder.node_start_ns])
        .map_err(DbError::doing("looking at leases"))?;
    let seen = rows.iter().map(|row| {
        let kind =
            WalletKind::from_word(row.get(2)).ok_or_else(|| DbError::Corrupt("a wallet kind".into()))?;
        let id = WalletId { account: row.get(0), wallet: row.get(1), kind };
        let (granted, is_open, balance) = (row.get(3), row.get(4), row.get(5));
        let (with_others, other_nodes, slot_key, consumed) = (row.get(6), row.get(7), row.get(8), row.get(9));
        Ok((id, Seen { granted, consumed, is_open, balance, with_others, other_nodes, slot_key }))
    });
    seen.collect()
}

/// Writes down that a node has asked. A state file that another node had within a minute is a copy of that one's: what was
/// leased to the one would be spent by both.
fn say_there(client: &mut Client, holder: &LeaseHolder) -> Result<(), DbError> {
    let doing = "saying that the node is there";
    let rows = client
        .execute(
            "INSERT INTO wallet_node AS kept (node_start_ns, node) VALUES ($1, $2) \
             ON CONFLICT (node_start_ns) DO UPDATE SET seen_at = now(), node = excluded.node \
             WHERE kept.node = excluded.node OR kept.seen_at < now() - interval '1 minute'",
            &[&holder.node_start_ns, &holder.node],
        )
        .map_err(DbError::doing(doing))?;
    if rows == 1 {
        return Ok(());
    }
    let row = client
        .query_one("SELECT node FROM wallet_node WHERE node_start_ns = $1", &[&holder.node_start_ns])
        .map_err(DbError::doing(doing))?;
    let other: &str = row.get(0);
    Err(DbError::Refused(format!(
        "this state file is a copy of node {other}'s, and wallets are leased to that: stop Kamailio and the agent here and \
         remove it; if it is the same node by another name, wait for a minute"
    )))
}

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
    change_lease(client, holder, id, slot_key, credit_limit, spender, target)
}

/// Takes back all that no call of the node has of a wallet, in the order of [`renew_lease`]. What calls give back later is
/// for another time.
///
/// # Errors
/// [`DbError`]; then nothing has been booked, and the node has what it had, or less.
pub fn give_back_lease(
    client: &mut Client,
    holder: &LeaseHolder,
    id: &WalletId,
    slot_key: i64,
    spender: &dyn Spender,
) -> Result<(), DbError> {
    let all = |granted: i64, used: i64, _, _| used.min(granted);
    change_lease(client, holder, id, slot_key, 0, spender, all).map(drop)
}

/// Makes a lease what is wanted, by what was granted, what is used, what nobody has and the number of nodes.
fn change_lease(
    client: &mut Client,
    holder: &LeaseHolder,
    id: &WalletId,
    slot_key: i64,
    credit_limit: i64,
    spender: &dyn Spender,
    wanted: fn(i64, i64, i64, i64) -> i64,
) -> Result<Lease, DbError> {
    let doing = || format!("leasing wallet {}/{}", id.account, id.wallet);
    let mut transaction = client.transaction().map_err(DbError::doing("beginning"))?;
    let balance = lock_balance(&mut transaction, id)?;
    let balance = balance - reopen(&mut transaction, holder, id)?;
    let mine = transaction
        .query_one(
            "INSERT INTO wallet_lease AS kept (node_start_ns, account, wallet, kind, node, slot_key) \
             VALUES ($1, $2::text, $3::text, $4::text::wallet_kind, $5, $6) \
             ON CONFLICT (node_start_ns, account, wallet, kind) DO UPDATE SET node = excluded.node \
             RETURNING granted, movements",
            &[&holder.node_start_ns, &id.account, &id.wallet, &id.kind.word(), &holder.node, &slot_key],
        )
        .map_err(DbError::doing(doing()))?;
    let others = transaction
        .query_one(
            "SELECT coalesce(sum(granted - consumed), 0)::bigint, \
                    count(*) FILTER (WHERE seen_at > now() - interval '1 minute') \
             FROM wallet_lease LEFT JOIN wallet_node USING (node_start_ns) WHERE account = $2::text AND wallet = $3::text AND kind = $4::text::wallet_kind \
               AND closed_at IS NULL AND node_start_ns <> $1",
            &[&holder.node_start_ns, &id.account, &id.wallet, &id.kind.word()],
        )
        .map_err(DbError::doing(doing()))?;
    let (granted, movements): (i64, i32) = (mine.get(0), mine.get(1));
    let (with_others, other_nodes): (i64, i64) = (others.get(0), others.get(1));
    let unleased = balance.saturating_add(credit_limit);
    let target = wanted(granted, spender.used(), unleased, other_nodes + 1);
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

/// Opens a lease that was closed, because its state file was taken for gone: what the node still has of it is its
/// again. Gives how much.
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
    let wallet_and_lease = |row: &postgres::Row| {
        let kind =
            WalletKind::from_word(row.get(3)).ok_or_else(|| DbError::Corrupt("a wallet kind".into()))?;
        let id = WalletId { account: row.get(1), wallet: row.get(2), kind };
        let (start, left, slot_key): (i64, i64, i64) = (row.get(0), row.get(4), row.get(5));
        let movements: i32 = row.get(6);
        Ok((id, left, format!("lease:{start}:{slot_key:016x}:{movements}")))
    };
    let mut leases = rows.iter().map(wallet_and_lease).collect::<Result<Vec<_>, DbError>>()?;
    sort_by_wallet(&mut leases, |(id, ..)| id);
    for (id, left, key) in &leases {
        insert(&mut transaction, id, "reserve", *left, key)?;
    }
    transaction.commit().map_err(DbError::doing(doing))?;
    Ok(rows.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::{Lease, Seen, target};

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
    fn a_wallet_at_rest_is_seen_and_one_that_moves_is_not_taken_for_it() {
        // 100 leased to this node, of which 30 are used; 50 to another; 70 with nobody: each has its half of 140.
        let (granted, consumed, balance, with_others) = (100, 0, 70, 50);
        let seen =
            Seen { granted, consumed, is_open: true, balance, with_others, other_nodes: 1, slot_key: 7 };
        let at_rest = Some(Lease { granted: 100, elsewhere: 120 });
        assert_eq!(seen.at_rest(0, 100, 30), at_rest);
        assert_eq!(Seen { balance: 90, ..seen }.at_rest(0, 100, 30), None, "20 were paid in");
        assert_eq!(Seen { balance: -10, ..seen }.at_rest(0, 100, 30), None, "80 were paid back");
        assert_eq!(seen.at_rest(0, 100, 60), None, "it has used more, and is to have more");
        assert_eq!(seen.at_rest(0, 90, 30), None, "10 were taken from it, and are not booked");
        assert_eq!(seen.at_rest(0, 110, 30), None, "it was told of 10 that the database knows nothing of");
        assert_eq!(Seen { is_open: false, ..seen }.at_rest(0, 100, 30), None, "it was taken back");
        // Credit is leased too.
        assert_eq!(Seen { balance: 50, ..seen }.at_rest(20, 100, 30), at_rest);
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
