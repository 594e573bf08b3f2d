//! `ported`: make the file of ported numbers, and look into it.

mod import;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use number_portability::ported::Ported;
use rating_core::number;
use rating_node::ported::PortedFile;
use serde_json::json;

use crate::output::{self, Output, say, thousands};

/// Arguments of `ported`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Make the file from lists of ported numbers.
    Import(import::Args),
    /// Check every byte of a file, and tell what it holds.
    Info {
        /// The file of ported numbers.
        file: PathBuf,
    },
    /// Tell where numbers were ported to.
    Lookup {
        /// The file of ported numbers.
        file: PathBuf,
        /// The numbers.
        #[arg(required = true)]
        numbers: Vec<String>,
    },
}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(args: Args, output: Output) -> anyhow::Result<()> {
    match args.command {
        Command::Import(args) => import::run(&args, output),
        Command::Info { file } => info(&file, output),
        Command::Lookup { file, numbers } => look_up(&file, &numbers, output),
    }
}

fn info(path: &Path, output: Output) -> anyhow::Result<()> {
    let file = PortedFile::open(path)?;
    let ported = file.ported();
    match output {
        Output::Json => Output::print_json(&json!({
            "file": path,
            "numbers": ported.numbers(),
            "lrns": ported.lrns(),
            "exchanges": ported.exchanges(),
            "bytes": ported.bytes(),
            "bytes_per_number": bytes_per_number(ported),
        })),
        Output::Human => {
            let mut table = output::table(&["ported numbers", &thousands(ported.numbers())]);
            table.add_row(["different LRNs", &thousands(ported.lrns().into())]);
            table.add_row(["NPA-NXX with ported numbers", &thousands(ported.exchanges().into())]);
            table.add_row(["size", &format!("{} bytes", thousands(ported.bytes()))]);
            if let Some(each) = bytes_per_number(ported) {
                table.add_row(["bytes per number", &each]);
            }
            say!("{table}");
            Ok(())
        }
    }
}

/// With two decimals.
fn bytes_per_number(ported: &Ported<'_>) -> Option<String> {
    let hundredths = (ported.bytes() * 100).checked_div(ported.numbers())?;
    Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

fn look_up(path: &Path, numbers: &[String], output: Output) -> anyhow::Result<()> {
    let file = PortedFile::open(path)?;
    let mut table = output::table(&["number", "LRN", "SPID"]);
    for text in numbers {
        let number = number::normalise(text.as_bytes())
            .with_context(|| format!("{text} is no number; expected one such as 17207081999"))?;
        let to = file.look_up(&number);
        let lrn = to.map(|to| to.lrn.as_str().to_owned());
        let spid = to.map(|to| to.spid).filter(|spid| *spid != [0; 4]);
        let spid = spid.map(|spid| String::from_utf8_lossy(&spid).into_owned());
        match output {
            Output::Json => {
                Output::print_json(&json!({ "number": number.as_str(), "lrn": lrn, "spid": spid }))?
            }
            Output::Human => {
                table.add_row([
                    number.as_str(),
                    lrn.as_deref().unwrap_or("not ported"),
                    spid.as_deref().unwrap_or(""),
                ]);
            }
        }
    }
    if output == Output::Human {
        say!("{table}");
    }
    Ok(())
}
