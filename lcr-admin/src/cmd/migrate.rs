//! `migrate`: bring the database schema up to date.

use crate::output::Output;

/// Arguments of `migrate`.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(_: Args, _: Output) -> anyhow::Result<()> {
    anyhow::bail!("migrate: not built yet")
}
