//! `publish`: compile a plan into a snapshot, and into those that follow it within 48 hours.

use std::path::PathBuf;

use indicatif::ProgressBar;
use jiff::Timestamp;
use serde_json::json;

use super::snapshot::{print_summary, summary_json};
use super::source;
use crate::db::DatabaseArgs;
use crate::output::{Output, say, tell};
use crate::snapshot_set::{PublishLock, SnapshotSet};

/// Arguments of `publish`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The plan directory; the database's plan if none.
    #[arg(long, value_name = "DIR")]
    plan: Option<PathBuf>,
    /// The snapshot file: written beside, then renamed. Snapshots that follow it stand beside it, as FILE.next-….
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
    let lock = PublishLock::take(&args.out)?;
    let plan = source::load_plan(args.plan.as_deref(), &args.database, output)?;
    let at = args.at.unwrap_or_else(Timestamp::now);
    let busy = busy("compiling", output);
    let set = SnapshotSet::compile(&plan, at.as_second())?;
    busy.finish_and_clear();
    let files = set.write(&lock)?;
    drop(lock);
    if at > Timestamp::now() {
        tell!(
            "warning: this is the plan as it is from {at} on, and a node that takes it decides by it at once; published \
             without --at, what is scheduled comes at its instant"
        );
    }
    let ends = files.last().and_then(|(_, last)| last.valid_until.clone());
    if let Some(until) =
        ends.filter(|until| until.parse::<Timestamp>().is_ok_and(|end| end <= Timestamp::now()))
    {
        tell!(
            "warning: this is the plan as it was until {until}, and a node that takes it decides by what is over since; \
             without --at it is published as it is now"
        );
    }
    let Some(((_, summary), next)) = files.split_first() else { return Ok(()) };
    match output {
        Output::Json => {
            let mut answer = summary_json(summary);
            answer["file"] = json!(args.out);
            answer["next"] = next
                .iter()
                .map(|(file, next)| {
                    json!({
                        "file": file, "content_id": next.content_id, "valid_from": next.valid_from,
                        "valid_until": next.valid_until,
                    })
                })
                .collect();
            Output::print_json(&answer)
        }
        Output::Human => {
            say!("published {}", args.out.display());
            print_summary(summary);
            for (file, next) in next {
                say!("from {} on: {}", next.valid_from, file.display());
            }
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
