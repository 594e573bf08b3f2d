//! `snapshot`: look into a snapshot.

use std::path::{Path, PathBuf};

use rating_node::map::{MappedSnapshot, Trust};
use serde_json::{Map, Value, json};

use crate::output::{self, Output, say};
use crate::snapshot_file::Summary;

/// Arguments of `snapshot`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Tell what a snapshot holds, and when it is true.
    Info {
        /// The snapshot file.
        file: PathBuf,
    },
    /// Check every byte and every reference of a snapshot.
    Verify {
        /// The snapshot file.
        file: PathBuf,
    },
}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(args: Args, output: Output) -> anyhow::Result<()> {
    match args.command {
        Command::Info { file } => info(&file, output),
        Command::Verify { file } => verify(&file, output),
    }
}

fn info(file: &Path, output: Output) -> anyhow::Result<()> {
    let mapped = MappedSnapshot::open(file, Trust::Nothing)?;
    let summary = Summary::of(&mapped.snapshot());
    match output {
        Output::Json => Output::print_json(&summary_json(&summary)),
        Output::Human => {
            print_summary(&summary);
            Ok(())
        }
    }
}

fn verify(file: &Path, output: Output) -> anyhow::Result<()> {
    let opened = MappedSnapshot::open(file, Trust::Nothing);
    if output == Output::Json {
        let reason = opened.as_ref().err().map(ToString::to_string);
        let id = opened.as_ref().ok().map(|mapped| format!("{:016x}", mapped.content_id()));
        Output::print_json(&json!({ "ok": opened.is_ok(), "content_id": id, "reason": reason }))?;
    }
    let mapped = opened?;
    if output == Output::Human {
        say!("{}: good, content {:016x}", file.display(), mapped.content_id());
    }
    Ok(())
}

/// A summary as one JSON object.
pub(super) fn summary_json(summary: &Summary) -> Value {
    let mut value = json!(summary);
    let counts: Map<_, _> =
        summary.counts.iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect();
    value["counts"] = Value::Object(counts);
    value
}

/// A summary for people.
pub(super) fn print_summary(summary: &Summary) {
    let mut table = output::table(&["plan", &summary.plan]);
    table.add_row(["currency", &summary.currency]);
    table.add_row(["content", &summary.content_id]);
    table.add_row(["format", &summary.format.to_string()]);
    table.add_row(["size", &format!("{} bytes", output::thousands(summary.bytes))]);
    table.add_row(["true from", &summary.valid_from]);
    table.add_row(["true until", summary.valid_until.as_deref().unwrap_or("nothing scheduled")]);
    for (name, count) in &summary.counts {
        table.add_row([*name, &output::thousands(*count as u64)]);
    }
    say!("{table}");
}
