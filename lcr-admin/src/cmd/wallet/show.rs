//! `wallet show`: a wallet and its latest movements, the newest first.

use comfy_table::CellAlignment;
use serde_json::json;

use super::{Which, amount_text, as_json};
use crate::db::{self, DatabaseArgs};
use crate::output::{self, Output, say, tell};

/// Arguments of `wallet show`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Show at most this many movements.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..))]
    limit: i64,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs the command.
pub(super) fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let mut client = db::connect(&args.database)?;
    db::require_current_schema(&mut client)?;
    let id = args.which.id();
    let mut wallets = db::list_wallets(&mut client, Some(&id.account))?.into_iter();
    let Some(wallet) = wallets.find(|wallet| wallet.id == id) else {
        anyhow::bail!(
            "there is no wallet {}/{} of that kind; `lcr-admin wallet list` names those there are",
            id.account,
            id.wallet
        );
    };
    // One more than shown tells whether there are more.
    let mut movements = db::ledger(&mut client, &id, args.limit.saturating_add(1))?;
    let shown = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let has_more = movements.len() > shown;
    movements.truncate(shown);
    if has_more {
        tell!("these are the latest {shown} movements; there are more: give --limit");
    }
    if output == Output::Json {
        let mut object = as_json(&wallet);
        let rows = movements.iter().map(|row| {
            json!({"booked_at": row.booked_at, "movement": row.entry, "amount": amount_text(id.kind, row.amount),
                   "key": row.key})
        });
        object["movements"] = rows.collect();
        return Output::print_json(&object);
    }
    say!(
        "{}/{}: {} with nobody, {} with nodes",
        id.account,
        id.wallet,
        amount_text(id.kind, wallet.balance),
        amount_text(id.kind, wallet.with_nodes)
    );
    let mut table = output::table(&["booked", "movement", "amount", "key"]);
    for row in &movements {
        let amount = amount_text(id.kind, row.amount);
        table.add_row([row.booked_at.clone(), row.entry.clone(), amount, row.key.clone()]);
    }
    table
        .column_iter_mut()
        .skip(2)
        .take(1)
        .for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    say!("{table}");
    Ok(())
}
