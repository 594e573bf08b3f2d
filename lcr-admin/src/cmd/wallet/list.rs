//! `wallet list`: every wallet in a line.

use comfy_table::CellAlignment;

use super::{amount_text, as_json};
use crate::db::{self, DatabaseArgs};
use crate::output::{self, Output, say};
use crate::words::Word;

/// Arguments of `wallet list`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Only those of this account.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs the command.
pub(super) fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let mut client = db::connect(&args.database)?;
    db::require_current_schema(&mut client)?;
    let wallets = db::list_wallets(&mut client, args.account.as_deref())?;
    if output == Output::Json {
        wallets.iter().for_each(|wallet| say!("{}", as_json(wallet)));
        return Ok(());
    }
    if wallets.is_empty() {
        say!("There are no wallets.");
        return Ok(());
    }
    let mut table =
        output::table(&["account", "wallet", "kind", "with nobody", "with nodes", "credit limit"]);
    for wallet in &wallets {
        let kind = wallet.id.kind;
        table.add_row([
            wallet.id.account.clone(),
            wallet.id.wallet.clone(),
            kind.word().to_owned(),
            amount_text(kind, wallet.balance),
            amount_text(kind, wallet.with_nodes),
            wallet.credit_limit.map_or_else(String::new, |limit| amount_text(kind, limit)),
        ]);
    }
    table.column_iter_mut().skip(3).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    say!("{table}");
    Ok(())
}
