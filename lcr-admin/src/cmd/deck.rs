//! `deck`: price lists.

use crate::output::Output;

/// Arguments of `deck`.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(_: Args, _: Output) -> anyhow::Result<()> {
    anyhow::bail!("deck: not built yet")
}
