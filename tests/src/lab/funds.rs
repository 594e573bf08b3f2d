//! What wallets have: a lab has no database, so it grants leases as the agent with one would.

use anyhow::Context;
use rating_node::Node;

/// Grants `amount` (nano-units, or seconds) to the wallet `account/wallet`.
///
/// # Errors
/// When the plan has no such wallet.
pub fn grant(node: &Node, wallet: &str, amount: u64) -> anyhow::Result<()> {
    let slot = slot(node, wallet).with_context(|| format!("the plan has no wallet {wallet}"))?;
    node.grant(slot, amount, 0);
    Ok(())
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
