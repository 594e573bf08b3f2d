//! `publish`: compile a plan into a snapshot.

use crate::output::Output;

/// Arguments of `publish`.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(_: Args, _: Output) -> anyhow::Result<()> {
    anyhow::bail!("publish: not built yet")
}
