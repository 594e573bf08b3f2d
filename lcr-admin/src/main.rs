//! `lcr-admin`: rate decks, partitions, accounts and call records.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use lcr_admin::cmd;
use lcr_admin::output::{Output, chain, to_stderr};

/// Routing, rating and admission for Kamailio: the administrator's side.
///
/// Exit status: 0 done, 1 refused with a reason, 2 wrong usage.
#[derive(Parser)]
#[command(name = "lcr-admin", version)]
struct Cli {
    /// Print JSON on stdout, and nothing else.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check, compare, export and apply whole plans.
    Plan(cmd::plan::Args),
    /// Compile a plan into a snapshot.
    Publish(cmd::publish::Args),
    /// Look into a snapshot.
    Snapshot(cmd::snapshot::Args),
    /// Decide calls without placing them.
    Simulate(Box<cmd::simulate::Args>),
    /// Price one call by a tariff file.
    Rate(cmd::rate::Args),
    /// Import and list price lists.
    Deck(cmd::deck::Args),
    /// Ported numbers: make the file that calls are looked up in, and look into it.
    Ported(cmd::ported::Args),
    /// List records of ended calls.
    Cdr(cmd::cdr::Args),
    /// Bring the database schema up to date.
    Migrate(cmd::migrate::Args),
    /// Run this node's agent: it writes ended calls to segment files.
    Agent(cmd::agent::Args),
    /// Show what a node does, live.
    Top(cmd::top::Args),
    /// Print a node's metrics, as Prometheus reads them.
    Metrics(cmd::metrics::Args),
    /// Compare a node's live calls with Kamailio's dialogs.
    Reconcile(cmd::reconcile::Args),
    /// Serve a node's metrics over HTTP.
    Serve(cmd::serve::Args),
    /// Look into prepaid wallets, and book what is paid in or back.
    Wallet(cmd::wallet::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = if cli.json { Output::Json } else { Output::Human };
    let done = match cli.command {
        Command::Plan(args) => cmd::plan::run(args, output),
        Command::Publish(args) => cmd::publish::run(args, output),
        Command::Snapshot(args) => cmd::snapshot::run(args, output),
        Command::Simulate(args) => cmd::simulate::run(*args, output),
        Command::Rate(args) => cmd::rate::run(args, output),
        Command::Deck(args) => cmd::deck::run(args, output),
        Command::Ported(args) => cmd::ported::run(args, output),
        Command::Cdr(args) => cmd::cdr::run(args, output),
        Command::Migrate(args) => cmd::migrate::run(args, output),
        Command::Agent(args) => cmd::agent::run(args, output),
        Command::Top(args) => cmd::top::run(args, output),
        Command::Metrics(args) => cmd::metrics::run(args, output),
        Command::Reconcile(args) => cmd::reconcile::run(args, output),
        Command::Serve(args) => cmd::serve::run(args, output),
        Command::Wallet(args) => cmd::wallet::run(args, output),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            to_stderr(format_args!("error: {}", chain(&error)));
            ExitCode::from(1)
        }
    }
}
