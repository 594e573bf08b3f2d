//! `metrics`: what `/metrics` serves, printed once; for a collector of text files, and to look at.

use std::path::PathBuf;

use crate::look::Observer;
use crate::output::{Output, say};
use crate::{clock, metrics};

/// Arguments of `metrics`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The node's state file, that of Kamailio's workers.
    #[arg(long, value_name = "PATH")]
    state: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// If there is no node's state to look into.
pub fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let text = metrics::text(Observer::open(&args.state)?.look(clock::now())?)?;
    match output {
        Output::Json => Output::print_json(&serde_json::json!({ "metrics": text })),
        Output::Human => {
            say!("{}", text.trim_end());
            Ok(())
        }
    }
}
