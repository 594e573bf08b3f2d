//! `agent`: the node's own service.

use crate::output::Output;

/// Arguments of `agent`.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(_: Args, _: Output) -> anyhow::Result<()> {
    anyhow::bail!("agent: not built yet")
}
