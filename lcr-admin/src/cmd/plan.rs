//! `plan`: check, compare and move whole plans.

use crate::output::Output;

/// Arguments of `plan`.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(_: Args, _: Output) -> anyhow::Result<()> {
    anyhow::bail!("plan: not built yet")
}
