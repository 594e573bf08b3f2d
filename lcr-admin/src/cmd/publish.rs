//! `publish`: compile a plan into a snapshot.

use std::path::PathBuf;

use anyhow::Context as _;
use indicatif::ProgressBar;
use jiff::Timestamp;
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write;
use serde_json::json;

use super::snapshot::{print_summary, summary_json};
use super::source;
use crate::db::DatabaseArgs;
use crate::output::{Output, say};
use crate::snapshot_file::{self, Summary};

/// Arguments of `publish`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The plan directory; the database's plan if none.
    #[arg(long, value_name = "DIR")]
    plan: Option<PathBuf>,
    /// The snapshot file: written beside, then renamed.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The instant from which the snapshot is true; now if none.
    #[arg(long, value_name = "RFC3339")]
    at: Option<Timestamp>,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let plan = source::load_plan(args.plan.as_deref(), &args.database, output)?;
    let at = args.at.unwrap_or_else(Timestamp::now);
    let busy = busy("compiling", output);
    let bytes = write::compile(&plan, at.as_second())?;
    busy.finish_and_clear();
    // What would not open is not published.
    let snapshot = Snapshot::open(&bytes).context("the compiled snapshot does not verify: not published")?;
    let summary = Summary::of(&snapshot);
    snapshot_file::write(&args.out, &bytes).with_context(|| format!("writing {}", args.out.display()))?;
    match output {
        Output::Json => {
            let mut answer = summary_json(&summary);
            answer["file"] = json!(args.out);
            Output::print_json(&answer)
        }
        Output::Human => {
            say!("published {}", args.out.display());
            print_summary(&summary);
            Ok(())
        }
    }
}

fn busy(doing: &'static str, output: Output) -> ProgressBar {
    if output == Output::Json {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(doing);
    spinner.enable_steady_tick(std::time::Duration::from_millis(100));
    spinner
}
