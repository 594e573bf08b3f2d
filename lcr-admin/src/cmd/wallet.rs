//! `wallet`: prepaid wallets in the database.
//!
//! What nodes have of them is leased and booked by the agent; here people look, and book what was paid in or back.

mod add;
mod list;
mod show;

use rating_core::money::Nano;
use rating_core::plan::WalletKind;
use serde_json::{Value, json};

use crate::db::{WalletId, WalletSummary};
use crate::output::Output;
use crate::words::Word;

/// Arguments of `wallet`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// List wallets with what is in them.
    List(list::Args),
    /// Show a wallet and its latest movements.
    Show(show::Args),
    /// Book what is paid in, paid back, or put right.
    Add(add::Args),
}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(args: Args, output: Output) -> anyhow::Result<()> {
    match args.command {
        Command::List(args) => list::run(args, output),
        Command::Show(args) => show::run(args, output),
        Command::Add(args) => add::run(args, output),
    }
}

/// Which wallet.
#[derive(clap::Args, Debug)]
struct Which {
    /// Whose it is.
    account: String,
    /// Its id.
    wallet: String,
    /// It holds seconds, not money.
    #[arg(long)]
    seconds: bool,
}

impl Which {
    fn id(&self) -> WalletId {
        let kind = if self.seconds { WalletKind::Seconds } else { WalletKind::Money };
        WalletId { account: self.account.clone(), wallet: self.wallet.clone(), kind }
    }
}

/// An amount as people and programs read it: a decimal of money, or whole seconds.
pub(super) fn amount_text(kind: WalletKind, amount: i64) -> String {
    match kind {
        WalletKind::Money => Nano(amount).to_string(),
        WalletKind::Seconds => amount.to_string(),
    }
}

fn as_json(wallet: &WalletSummary) -> Value {
    let WalletSummary { id, balance, with_nodes, credit_limit } = wallet;
    json!({
        "account": id.account,
        "wallet": id.wallet,
        "kind": id.kind.word(),
        "balance": amount_text(id.kind, *balance),
        "with_nodes": amount_text(id.kind, *with_nodes),
        "credit_limit": credit_limit.map(|limit| amount_text(id.kind, limit)),
    })
}
