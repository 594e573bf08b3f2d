//! `deck show`: a deck's versions, or what it has for a prefix.

use anyhow::bail;
use comfy_table::{CellAlignment, Table, presets};
use rating_core::money::Nano;
use serde_json::json;

use super::rfc3339;
use crate::db::{self, DatabaseArgs, FoundRow, VersionSummary};
use crate::output::{Output, printable, say, tell};

/// Arguments of `deck show`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The deck.
    deck: String,
    /// Show the rows of this prefix: those that it begins with, and those that begin with it.
    #[arg(long, value_name = "DIGITS", value_parser = digits)]
    prefix: Option<String>,
    /// Show at most this many rows.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(i64).range(1..))]
    max_rows: i64,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// The prices of a row, by the names of their columns.
const PRICES: [&str; 5] = ["interstate", "intrastate", "local", "indeterminate", "default"];

/// Runs the command.
pub(super) fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let mut client = db::connect(&args.database)?;
    let Some(versions) = db::list_versions(&mut client, &args.deck)? else {
        bail!("there is no deck {:?}; `lcr-admin deck list` names those there are", args.deck);
    };
    let Some(prefix) = &args.prefix else {
        print_versions(&args.deck, &versions, output);
        return Ok(());
    };
    // One more than shown tells whether there are more.
    let mut rows = db::find_rows(&mut client, &args.deck, prefix, args.max_rows.saturating_add(1))?;
    let shown = usize::try_from(args.max_rows).unwrap_or(usize::MAX);
    let more = rows.len() > shown;
    rows.truncate(shown);
    print_rows(&args.deck, prefix, &rows, output);
    if more {
        tell!("there are more; give a longer prefix or --max-rows");
    }
    Ok(())
}

fn print_versions(deck: &str, versions: &[VersionSummary], output: Output) {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["version", "effective from", "scope", "rows"]);
    for version in versions {
        let from = rfc3339(version.effective_from);
        if output == Output::Json {
            let VersionSummary { number, scope, countries, rows, .. } = version;
            let object = json!({"deck": deck, "deck_version": number, "effective_from": from, "scope": scope,
                "countries": countries, "rows": rows});
            say!("{object}");
        }
        let scope = [&[version.scope.to_owned()], version.countries.as_slice()].concat().join(" ");
        table.add_row([version.number.to_string(), from, scope, version.rows.to_string()]);
    }
    if let Some(rows) = table.column_mut(3) {
        rows.set_cell_alignment(CellAlignment::Right);
    }
    if output == Output::Human {
        say!("{table}");
    }
}

fn print_rows(deck: &str, prefix: &str, rows: &[FoundRow], output: Output) {
    match output {
        Output::Json => rows.iter().for_each(|row| say!("{}", row_as_json(deck, row))),
        Output::Human if rows.is_empty() => say!("deck {deck} has nothing for {prefix}"),
        Output::Human => say!("{}", rows_as_table(rows)),
    }
}

fn row_as_json(deck: &str, row: &FoundRow) -> serde_json::Value {
    let mut object = json!({
        "deck": deck,
        "deck_version": row.version,
        "prefix": row.prefix,
        "destination": row.destination,
        "first_rate": row.first_rate.map(|rate| rate.to_string()),
        "connect_fee": row.connect_fee.to_string(),
        "first_sec": row.first_sec,
        "increment_sec": row.increment_sec,
        "grace_sec": row.grace_sec,
        "starts": row.starts.map(rfc3339),
        "ends": row.ends.map(rfc3339),
    });
    for (name, price) in PRICES.iter().zip(&row.prices) {
        object[name] = json!(price);
    }
    object
}

fn rows_as_table(rows: &[FoundRow]) -> Table {
    let mut header = vec!["version", "prefix", "destination"];
    header.extend(PRICES);
    header.extend(["first rate", "fee", "billing", "grace", "starts", "ends"]);
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(header);
    for row in rows {
        let mut cells = vec![row.version.to_string(), row.prefix.clone(), printable(&row.destination)];
        cells.extend(row.prices.iter().map(|price| price.clone().unwrap_or_default()));
        cells.push(row.first_rate.map(|rate| rate.to_string()).unwrap_or_default());
        cells.push(given(row.connect_fee != Nano::ZERO, row.connect_fee));
        cells.push(format!("{}/{}", row.first_sec, row.increment_sec));
        cells.push(given(row.grace_sec != 0, row.grace_sec));
        cells.extend([row.starts, row.ends].map(|instant| instant.map(rfc3339).unwrap_or_default()));
        table.add_row(cells);
    }
    table
}

/// What a row has, and nothing where it has none.
fn given(is_given: bool, value: impl ToString) -> String {
    if is_given { value.to_string() } else { String::new() }
}

fn digits(text: &str) -> Result<String, String> {
    let good = (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if good { Ok(text.to_owned()) } else { Err("a prefix is 1 to 15 digits".to_owned()) }
}
