//! `rate`: what one call costs by a tariff file.

use std::path::PathBuf;

use anyhow::Context;
use jiff::Timestamp;
use rating_core::tariff::Priced;

use crate::output::{Output, say};
use crate::tariff_file::TariffFile;

/// Arguments of `rate`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The tariff, as JSON.
    #[arg(long, value_name = "FILE")]
    tariff: PathBuf,
    /// How long the call lasted after its answer, in whole seconds.
    #[arg(long, value_name = "SEC")]
    duration: u32,
    /// When it was answered, RFC 3339; now if not given.
    #[arg(long, value_name = "RFC3339")]
    answered_at: Option<Timestamp>,
}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let file = args.tariff.display();
    let json = std::fs::read(&args.tariff).with_context(|| format!("{file}"))?;
    let tariff = TariffFile::read(&json).with_context(|| format!("{file}"))?;
    let answered_at = args.answered_at.unwrap_or_else(Timestamp::now);
    let priced = tariff.price(args.duration, answered_at).with_context(|| format!("{file}"))?;
    match output {
        Output::Json => say!("{}", json_of(&priced, &tariff.currency)?),
        Output::Human => say!("{}", table_of(&args, answered_at, &priced, &tariff.currency)),
    }
    Ok(())
}

/// The contract's answer.
#[derive(serde::Serialize)]
struct Answer<'a> {
    cost: String,
    billed_sec: u64,
    currency: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_at_sec: Option<u64>,
}

fn json_of(priced: &Priced, currency: &str) -> anyhow::Result<String> {
    let Priced { cost, billed_sec, disconnect_at_sec } = *priced;
    Ok(serde_json::to_string(&Answer { cost: cost.to_string(), billed_sec, currency, disconnect_at_sec })?)
}

fn table_of(args: &Args, answered_at: Timestamp, priced: &Priced, currency: &str) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::UTF8_BORDERS_ONLY);
    table.add_row(["answered at".into(), answered_at.to_string()]);
    table.add_row(["duration".into(), format!("{} s", args.duration)]);
    table.add_row(["billed".into(), format!("{} s", priced.billed_sec)]);
    table.add_row(["cost".into(), format!("{} {currency}", priced.cost)]);
    if let Some(sec) = priced.disconnect_at_sec {
        table.add_row(["disconnect at".into(), format!("{sec} s, where the maximum cost is reached")]);
    }
    table
}
