//! `deck`: price lists.

mod import;
mod list;
mod show;

use crate::output::Output;

/// Arguments of `deck`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Store a price list file as a new version of a deck.
    Import(Box<import::Args>),
    /// List the decks.
    List(list::Args),
    /// Show the versions of a deck, or its rows for a prefix.
    Show(show::Args),
}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(args: Args, output: Output) -> anyhow::Result<()> {
    match args.command {
        Command::Import(args) => import::run(*args, output),
        Command::List(args) => list::run(args, output),
        Command::Show(args) => show::run(args, output),
    }
}

/// An instant as people and programs read it.
fn rfc3339(sec: i64) -> String {
    jiff::Timestamp::from_second(sec).map_or_else(|_| format!("{sec} s"), |instant| instant.to_string())
}
