//! `simulate`: decide without placing a call.

use crate::output::Output;

/// Arguments of `simulate`.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(_: Args, _: Output) -> anyhow::Result<()> {
    anyhow::bail!("simulate: not built yet")
}
