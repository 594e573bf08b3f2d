//! What wallets have: a lab has no database, so it grants leases as the agent with one would.

use anyhow::Context;
use rating_node::Node;
use rating_node::wallets::Funds;

/// Grants `amount` (nano-units, or seconds) to the wallet `account/wallet`.
///
/// # Errors
/// When the plan has no such wallet.
pub fn grant(node: &Node, wallet: &str, amount: u64) -> anyhow::Result<()> {
    let slot = slot(node, wallet).with_context(|| format!("the plan has no wallet {wallet}"))?;
    node.grant(slot, amount, 0);
    Ok(())
}

/// What the node has of the wallet `account/wallet`.
///
/// # Errors
/// When the plan has no such wallet.
pub fn of(node: &Node, wallet: &str) -> anyhow::Result<Funds> {
    let slot = slot(node, wallet).with_context(|| format!("the plan has no wallet {wallet}"))?;
    Ok(node.shm().wallets().funds(slot))
}

fn slot(node: &Node, wanted: &str) -> Option<u32> {
    let (account, wallet) = wanted.split_once('/')?;
    let generation = node.newest();
    let snapshot = generation.snapshot();
    let account = snapshot.accounts().iter().find(|record| snapshot.text(record.name) == account)?;
    let mut wallets = snapshot.range(snapshot.wallets(), account.wallets).iter();
    let record = wallets.find(|record| snapshot.text(record.name) == wallet)?;
    node.shm().wallets().slot(&record.to_wallet()).ok()
}
