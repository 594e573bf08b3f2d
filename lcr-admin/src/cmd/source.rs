//! Where a plan comes from: a plan directory, or PostgreSQL.

use std::path::Path;

use anyhow::Context as _;
use rating_core::plan::Plan;

use crate::db::{self, DatabaseArgs};
use crate::output::{Output, tell};
use crate::plan::{self, Loaded};

/// Reads the plan of a directory, or that of the database where no directory is given. Warnings go to stderr.
///
/// # Errors
/// Every mistake of the directory; or what the database refused.
pub fn load_plan(dir: Option<&Path>, database: &DatabaseArgs, output: Output) -> anyhow::Result<Plan> {
    let Some(dir) = dir else { return load_from_database(database) };
    let loaded = load_dir(dir, output)?;
    for warning in &loaded.warnings {
        tell!("warning: {warning}");
    }
    Ok(loaded.plan)
}

/// Reads a plan directory, with a bar for its price lists.
///
/// # Errors
/// Every mistake in it.
pub fn load_dir(dir: &Path, output: Output) -> Result<Loaded, plan::PlanErrors> {
    let bar = output.bytes_bar("price lists");
    let loaded = plan::read_dir_with(dir, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    loaded
}

/// Reads the plan that the database holds.
///
/// # Errors
/// What the database refused.
pub fn load_from_database(database: &DatabaseArgs) -> anyhow::Result<Plan> {
    let mut client =
        db::connect(database).context("no --plan directory given, so the plan is PostgreSQL's")?;
    let mut plan = db::load_plan(&mut client)?;
    plan::normalise(&mut plan);
    Ok(plan)
}
