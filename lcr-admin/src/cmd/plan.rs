//! `plan`: check, compare and move whole plans.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use indicatif::ProgressBar;
use rating_core::plan::{DeckVersion, Plan};
use serde::Serialize;
use serde_json::json;

use super::source;
use crate::db::{self, DatabaseArgs};
use crate::output::{self, Output, say};
use crate::plan::{self, Change, ChangeKind, Problem};

/// Arguments of `plan`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Name every mistake in a plan directory, and count what it holds.
    Check {
        /// The plan directory.
        dir: PathBuf,
    },
    /// Write the plan of the database as a plan directory.
    Export {
        /// The directory: new or empty.
        dir: PathBuf,
        /// Replace the plan that the directory holds, comments and price lists included.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Make the database hold the plan of a directory.
    Apply {
        /// The plan directory.
        dir: PathBuf,
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Tell what is different between two plan directories.
    Diff {
        /// The first plan directory.
        from: PathBuf,
        /// The second plan directory.
        to: PathBuf,
    },
}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(args: Args, output: Output) -> anyhow::Result<()> {
    match args.command {
        Command::Check { dir } => check(&dir, output),
        Command::Export { dir, force, database } => export(&dir, force, &database, output),
        Command::Apply { dir, database } => apply(&dir, &database, output),
        Command::Diff { from, to } => diff(&from, &to, output),
    }
}

/// Rows of a deck version, of every kind of code.
fn row_count(version: &DeckVersion) -> usize {
    version.rows.len() + version.ocn_rows.len() + version.cic_rows.len()
}

/// What a plan holds.
#[derive(Serialize)]
struct Counts {
    accounts: usize,
    trunks: usize,
    providers: usize,
    routes: usize,
    gateways: usize,
    partitions: usize,
    members: usize,
    decks: usize,
    deck_versions: usize,
    deck_rows: usize,
    numbering: usize,
    local_calling: usize,
    dids: usize,
    overrides: usize,
    exclusions: usize,
    dno: usize,
    currency_rates: usize,
}

impl Counts {
    fn of(plan: &Plan) -> Self {
        let versions = || plan.decks.iter().flat_map(|deck| &deck.versions);
        Self {
            accounts: plan.accounts.len(),
            trunks: plan.trunks.len(),
            providers: plan.providers.len(),
            routes: plan.routes.len(),
            gateways: plan.gateways.len(),
            partitions: plan.partitions.len(),
            members: plan.partitions.iter().map(|partition| partition.members.len()).sum(),
            decks: plan.decks.len(),
            deck_versions: versions().count(),
            deck_rows: versions().map(row_count).sum(),
            numbering: plan.numbering.len(),
            local_calling: plan.local_calling.len(),
            dids: plan.dids.len(),
            overrides: plan.overrides.len(),
            exclusions: plan.exclusions.len(),
            dno: plan.dno.len(),
            currency_rates: plan.currency_rates.len(),
        }
    }

    fn print(&self) -> anyhow::Result<()> {
        let mut table = output::table(&["holds", "count"]);
        if let serde_json::Value::Object(counts) = serde_json::to_value(self)? {
            for (name, count) in counts {
                table.add_row([name.replace('_', " "), output::thousands(count.as_u64().unwrap_or(0))]);
            }
        }
        if let Some(column) = table.column_mut(1) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
        say!("{table}");
        Ok(())
    }
}

fn check(dir: &Path, output: Output) -> anyhow::Result<()> {
    let (errors, warnings, plan) = match source::load_dir(dir, output) {
        Ok(loaded) => (Vec::new(), loaded.warnings, Some(loaded.plan)),
        Err(refused) => (refused.errors, refused.warnings, None),
    };
    let counts = plan.as_ref().map(Counts::of);
    match output {
        Output::Json => Output::print_json(&json!({
            "ok": errors.is_empty(), "errors": errors, "warnings": warnings, "counts": counts,
        }))?,
        Output::Human => print_check(&errors, &warnings, counts.as_ref())?,
    }
    match errors.len() {
        0 => Ok(()),
        1 => anyhow::bail!("{}: 1 mistake", dir.display()),
        count => anyhow::bail!("{}: {count} mistakes", dir.display()),
    }
}

fn print_check(errors: &[Problem], warnings: &[Problem], counts: Option<&Counts>) -> anyhow::Result<()> {
    for error in errors {
        say!("error: {error}");
    }
    for warning in warnings {
        say!("warning: {warning}");
    }
    match counts {
        Some(counts) => counts.print(),
        None => Ok(()),
    }
}

fn export(dir: &Path, force: bool, database: &DatabaseArgs, output: Output) -> anyhow::Result<()> {
    if !force && dir.join("plan.toml").exists() {
        anyhow::bail!(
            "{} holds a plan already: give another directory, or --force to replace it",
            dir.display()
        );
    }
    let mut client = db::connect(database)?;
    let plan = db::load_plan(&mut client)?;
    plan::write_dir(&plan, dir)?;
    let counts = Counts::of(&plan);
    match output {
        Output::Json => Output::print_json(&json!({ "dir": dir, "counts": counts })),
        Output::Human => {
            say!("exported to {}", dir.display());
            counts.print()
        }
    }
}

fn apply(dir: &Path, database: &DatabaseArgs, output: Output) -> anyhow::Result<()> {
    let plan = source::load_plan(Some(dir), database, output)?;
    let mut client = db::connect(database)?;
    let bar = rows_bar(output);
    let applied = db::apply_plan(&mut client, &plan, &mut |progress| {
        bar.set_length(progress.rows_total);
        bar.set_position(progress.rows_done);
    });
    bar.finish_and_clear();
    let applied = applied.with_context(|| format!("nothing of {} was applied", dir.display()))?;
    let unchanged = applied.is_unchanged();
    let tables: Vec<_> = applied
        .tables
        .iter()
        .map(|change| {
            json!({"table": change.table, "inserted": change.inserted, "updated": change.updated,
                   "deleted": change.deleted})
        })
        .collect();
    match output {
        Output::Json => Output::print_json(&json!({
            "unchanged": unchanged, "tables": tables,
            "deck_versions": {"stored": applied.versions_stored, "redated": applied.versions_redated,
                              "kept": applied.versions_kept, "deleted": applied.versions_deleted},
        })),
        Output::Human => {
            print_applied(&applied, unchanged);
            Ok(())
        }
    }
}

fn rows_bar(output: Output) -> ProgressBar {
    let bar = output.bytes_bar("deck rows");
    if let Ok(style) = indicatif::ProgressStyle::with_template("{msg} {bar:30} {human_pos}/{human_len} {eta}")
    {
        bar.set_style(style);
    }
    bar
}

fn print_applied(applied: &db::Applied, unchanged: bool) {
    if unchanged {
        say!("the database holds this plan already: nothing changed");
        return;
    }
    let mut table = output::table(&["table", "inserted", "updated", "deleted"]);
    for change in &applied.tables {
        if change.inserted + change.updated + change.deleted > 0 {
            let counts = [change.inserted, change.updated, change.deleted].map(output::thousands);
            table.add_row([&[change.table.to_owned()][..], &counts[..]].concat());
        }
    }
    say!("{table}");
    say!(
        "deck versions: {} stored, {} with another start or scope, {} left alone, {} deleted",
        applied.versions_stored,
        applied.versions_redated,
        applied.versions_kept,
        applied.versions_deleted
    );
}

fn diff(from: &Path, to: &Path, output: Output) -> anyhow::Result<()> {
    let old = source::load_plan(Some(from), &DatabaseArgs::default(), output)?;
    let new = source::load_plan(Some(to), &DatabaseArgs::default(), output)?;
    let changes = plan::diff(&old, &new);
    match output {
        Output::Json => Output::print_json(&json!({ "same": changes.is_empty(), "changes": changes })),
        Output::Human if changes.is_empty() => {
            say!("the same plan");
            Ok(())
        }
        Output::Human => {
            changes.iter().for_each(print_change);
            Ok(())
        }
    }
}

fn print_change(change: &Change) {
    let sign = match change.change {
        ChangeKind::Added => '+',
        ChangeKind::Removed => '-',
        ChangeKind::Changed => '~',
    };
    say!("{sign} {} {}", change.what, change.id);
    for field in &change.fields {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "(not set)".to_owned());
        say!("    {}: {} -> {}", field.key, text(&field.from), text(&field.to));
    }
    let Some(rows) = &change.rows else { return };
    let [added, removed, changed] = [rows.added, rows.removed, rows.changed].map(output::thousands);
    say!("    rows: {added} added, {removed} removed, {changed} changed");
    for row in &rows.first {
        say!("      {row}");
    }
    let more = rows.added + rows.removed + rows.changed - rows.first.len() as u64;
    if more > 0 {
        say!("      and {} more", output::thousands(more));
    }
}
