//! Writes a seeded US deck set as a plan directory: `us-decks OUT_DIR --providers 10 --codes 150000 --seed 1`.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Parser;
use tandem_tests::us_decks::{self, Shape};

/// Writes a seeded US deck set as a plan directory.
#[derive(Parser, Debug)]
struct Args {
    /// The directory: made if it is not there, and empty if it is.
    out_dir: PathBuf,
    /// Providers, each with one deck.
    #[arg(long, default_value_t = 10)]
    providers: usize,
    /// Codes of each deck.
    #[arg(long, default_value_t = 150_000)]
    codes: usize,
    /// The same seed gives the same plan.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    std::fs::create_dir_all(&args.out_dir).with_context(|| args.out_dir.display().to_string())?;
    let mut entries = std::fs::read_dir(&args.out_dir)?;
    ensure!(entries.next().is_none(), "{} is not empty", args.out_dir.display());
    let shape = Shape { providers: args.providers, codes: args.codes, seed: args.seed };
    let plan = us_decks::plan(shape).context("reading the public data beside the repository")?;
    lcr_admin::plan::write_dir(&plan, &args.out_dir)?;
    let rows: usize =
        plan.decks.iter().flat_map(|deck| &deck.versions).map(|version| version.rows.len()).sum();
    println!(
        "{}: {} decks, {rows} rows, {} number blocks",
        args.out_dir.display(),
        plan.decks.len(),
        plan.numbering.len()
    );
    Ok(())
}
