//! `cdr`: records of ended calls.

use crate::output::Output;

/// Arguments of `cdr`.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(_: Args, _: Output) -> anyhow::Result<()> {
    anyhow::bail!("cdr: not built yet")
}
