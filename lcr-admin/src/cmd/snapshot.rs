//! `snapshot`: look into a snapshot.

use crate::output::Output;

/// Arguments of `snapshot`.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(_: Args, _: Output) -> anyhow::Result<()> {
    anyhow::bail!("snapshot: not built yet")
}
