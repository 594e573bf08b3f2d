//! `rate`: price one call.

use crate::output::Output;

/// Arguments of `rate`.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(_: Args, _: Output) -> anyhow::Result<()> {
    anyhow::bail!("rate: not built yet")
}
