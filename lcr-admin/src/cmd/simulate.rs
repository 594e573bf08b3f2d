//! `simulate`: decide without placing a call.
//!
//! The decision is [`rating_core::route::decide`], the one that Kamailio's workers run; here it only gets its
//! arguments from the command line and says what it was given. Limits count as unused; which are full, what wallets have,
//! round-robin cursor and live scores are as a call is told with.

mod answer;
mod book;
mod call;
mod explain;
mod figures;
mod live;
mod table;

use std::path::PathBuf;

use anyhow::Context as _;

use self::answer::Answer;
use self::book::Book;
use self::call::{BadLines, CallArgs, Calls, TracedCall, read_calls};
use crate::db::DatabaseArgs;
use crate::output::{self, Output};

/// Arguments of `simulate`.
#[derive(clap::Args, Debug)]
#[command(group(clap::ArgGroup::new("origin").args(["trunk", "account", "source", "user"]).multiple(false)))]
pub struct Args {
    /// The plan directory; the database's plan if neither this nor --snapshot is given.
    #[arg(long, value_name = "DIR", conflicts_with = "snapshot")]
    plan: Option<PathBuf>,
    /// A published snapshot.
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
    /// Calls to decide, one JSON object a line: the names of the flags below are its keys.
    #[arg(long, value_name = "FILE.jsonl")]
    calls: Option<PathBuf>,
    /// With --json: every route of the plan under `explanation`, and why it is where it is, as the table shows it.
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    call: CallArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let Calls { calls, mut bad } = match &args.calls {
        Some(file) => read_calls(file, &args.call)?,
        None => {
            args.call.check()?;
            let call = TracedCall { line: 0, call: args.call.clone() };
            Calls { calls: vec![call], ..Calls::default() }
        }
    };
    let mut book = match &args.snapshot {
        Some(file) => Book::of_file(file)?,
        None => Book::of_plan(args.plan.as_deref(), &args.database, output)?,
    };
    resolve(&mut book, &calls, &mut bad)?;
    if let Some(file) = &args.calls {
        bad.refuse(file)?;
    }
    for (index, TracedCall { line, call }) in calls.iter().enumerate() {
        if output::is_stdout_closed() {
            return Ok(());
        }
        let name = || match &args.calls {
            Some(file) => format!("{}:{line}", file.display()),
            None => "the call".to_owned(),
        };
        let answer = decide(&mut book, call, index + 1).with_context(name)?;
        match output {
            Output::Json if args.explain => Output::print_json(&answer.explained())?,
            Output::Json => Output::print_json(&answer)?,
            Output::Human => table::print(&answer),
        }
    }
    Ok(())
}

/// Looks up everything that the calls name before any is decided: half an answer is worse than none. What is
/// there does not depend on the time, so that one snapshot tells.
fn resolve(book: &mut Book, calls: &[TracedCall], bad: &mut BadLines) -> anyhow::Result<()> {
    let Some(first) = calls.first() else { return Ok(()) };
    let bytes = book.at(first.call.at())?;
    let snapshot = bytes.snapshot()?;
    for TracedCall { line, call } in calls {
        match Answer::check(&snapshot, call) {
            Ok(()) => {}
            Err(error) if *line == 0 => return Err(error.context("the call")),
            Err(error) => bad.note(*line, format!(" {error:#}")),
        }
    }
    Ok(())
}

fn decide(book: &mut Book, call: &CallArgs, number: usize) -> anyhow::Result<Answer> {
    let at = call.at();
    let bytes = book.at(at)?;
    let snapshot = bytes.snapshot()?;
    let live = live::Told::new(&snapshot, call)?;
    Answer::of(&snapshot, call, number, at, &live)
}
