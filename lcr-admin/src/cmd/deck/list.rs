//! `deck list`: every deck in a line.

use comfy_table::{CellAlignment, Table, presets};
use serde_json::json;

use crate::db::{self, DatabaseArgs, DeckSummary};
use crate::output::{Output, say};

/// Arguments of `deck list`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs the command.
pub(super) fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let decks = db::list_decks(&mut db::connect(&args.database)?)?;
    match output {
        Output::Json => decks.iter().for_each(|deck| say!("{}", as_json(deck))),
        Output::Human if decks.is_empty() => say!("There are no decks yet."),
        Output::Human => say!("{}", as_table(&decks)),
    }
    Ok(())
}

fn as_json(deck: &DeckSummary) -> serde_json::Value {
    json!({
        "deck": deck.id,
        "providers": deck.providers,
        "accounts": deck.accounts,
        "versions": deck.versions,
        "latest_version": deck.latest,
        "rows": deck.rows,
    })
}

fn as_table(decks: &[DeckSummary]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header([
        "deck",
        "providers",
        "accounts",
        "versions",
        "latest",
        "rows",
    ]);
    for deck in decks {
        table.add_row([
            deck.id.clone(),
            deck.providers.join(", "),
            deck.accounts.join(", "),
            deck.versions.to_string(),
            deck.latest.map_or_else(String::new, |number| number.to_string()),
            deck.rows.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
