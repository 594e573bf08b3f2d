//! `top`: what a node does, live: calls a second, limits against their caps, rejects, quality of routes.
//!
//! It looks into the node's state read-only. `--once` takes two looks, as far apart as a refresh, and prints tables;
//! `--json` prints the same as one object.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;

use crate::clock;
use crate::look::{Look, Observer};
use crate::output::{self, Output, say};

mod screen;
mod tables;

use tables::Tables;

/// Arguments of `top`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The node's state file, that of Kamailio's workers.
    #[arg(long, value_name = "PATH")]
    state: PathBuf,
    /// Print tables once, for pipes and scripts.
    #[arg(long)]
    once: bool,
    /// Time between two looks, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(50..=60_000))]
    interval_ms: u64,
}

/// Runs the command.
///
/// # Errors
/// If there is no node's state to look into, or no terminal to draw on.
pub fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let mut observer = Observer::open(&args.state)?;
    let interval = Duration::from_millis(args.interval_ms);
    if !args.once && output == Output::Human {
        if !std::io::stdout().is_terminal() {
            bail!("there is no terminal to draw on; --once prints tables, --json an object");
        }
        return screen::run(&mut observer, interval);
    }
    let before = observer.look(clock::now())?;
    std::thread::sleep(interval);
    let look = observer.look(clock::now())?;
    match output {
        Output::Json => Output::print_json(&tables::json_of(&look, &before)),
        Output::Human => {
            print(&look, &before);
            Ok(())
        }
    }
}

fn print(look: &Look, before: &Look) {
    let tables = Tables::of(look, before);
    for (title, header, rows) in tables.all() {
        let mut table = output::table(header);
        rows.iter().for_each(|row| {
            table.add_row(row);
        });
        say!("{title}");
        say!("{table}");
    }
}
