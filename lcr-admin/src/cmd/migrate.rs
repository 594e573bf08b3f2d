//! `migrate`: bring the database schema up to date.

use comfy_table::{Table, presets};
use serde_json::json;

use crate::db::{self, DatabaseArgs, Migrated};
use crate::output::{Output, say};

/// Arguments of `migrate`.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Runs the command.
///
/// # Errors
/// What was refused, and why.
pub fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let migrated = db::migrate(&mut db::connect(&args.database)?)?;
    match output {
        Output::Json => say!("{}", as_json(&migrated)),
        Output::Human => print_table(&migrated),
    }
    Ok(())
}

fn as_json(migrated: &Migrated) -> serde_json::Value {
    let migrations: Vec<_> = migrated
        .migrations
        .iter()
        .map(|migration| {
            json!({
                "version": migration.version,
                "name": migration.name,
                "applied_at": migration.applied_at,
                "new": migration.is_new,
            })
        })
        .collect();
    json!({ "migrations": migrations })
}

fn print_table(migrated: &Migrated) {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["migration", "applied", ""]);
    for migration in &migrated.migrations {
        table.add_row([
            format!("{:04}_{}", migration.version, migration.name),
            migration.applied_at.clone(),
            if migration.is_new { "new" } else { "" }.to_owned(),
        ]);
    }
    say!("{table}");
    match migrated.migrations.iter().filter(|migration| migration.is_new).count() {
        0 => say!("The schema was up to date."),
        1 => say!("1 migration applied."),
        count => say!("{count} migrations applied."),
    }
}
