//! Publishes a plan directory and tells what each step takes: `publish /tmp/us/plan --out /tmp/us/us.snapshot`.

use std::path::PathBuf;

use clap::Parser;
use tandem_benches::{az_decks, publish};
use tandem_tests::us_decks::{self, EFFECTIVE, Shape};

/// Publishes a plan directory, and tells what each step takes.
#[derive(Parser, Debug)]
struct Args {
    /// The plan directory. If it is not there, it is made: a seeded US deck set, and as many A-Z decks.
    plan_dir: PathBuf,
    /// The snapshot file.
    #[arg(long)]
    out: PathBuf,
    /// Providers of a directory that is made.
    #[arg(long, default_value_t = 10)]
    providers: usize,
    /// Codes of each of their decks.
    #[arg(long, default_value_t = 150_000)]
    codes: usize,
    /// Times that it is published.
    #[arg(long, default_value_t = 3)]
    times: usize,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if !args.plan_dir.exists() {
        std::fs::create_dir_all(&args.plan_dir)?;
        let shape = Shape { providers: args.providers, codes: args.codes, seed: 1 };
        let mut plan = us_decks::plan(shape)?;
        az_decks::add(&mut plan, shape.providers, shape.seed)?;
        lcr_admin::plan::write_dir(&plan, &args.plan_dir)?;
    }
    for _ in 0..args.times {
        let (bytes, rate) = publish::publish(&args.plan_dir, EFFECTIVE, &args.out)?;
        println!("{} bytes, {rate:.0} rows a second", bytes.len());
    }
    Ok(())
}
