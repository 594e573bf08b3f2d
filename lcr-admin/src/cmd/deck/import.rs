//! `deck import`: a price list file into the database, whole or not at all.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rating_core::plan::{Scope, UtcSec};
use serde_json::json;

use super::rfc3339;
use crate::db::{self, DatabaseArgs, DeckOwner, Import, Imported, PriceList};
use crate::deck::{
    self, BadRows, BlankPrice, DateOrder, DecimalMark, DeckError, DeckErrors, DeckWarning, Duplicates,
    PrefixForm, ReadDeck, ReadOptions,
};
use crate::output::{Output, say, tell};

/// Warnings that a person is shown; the rest is counted.
const WARNINGS_SHOWN: usize = 20;

/// Arguments of `deck import`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The price list.
    file: PathBuf,
    /// The provider whose price list it is.
    #[arg(long, value_name = "ID", required_unless_present = "account")]
    provider: Option<String>,
    /// The account whose sell deck it is.
    #[arg(long, value_name = "ID", conflicts_with = "provider")]
    account: Option<String>,
    /// The deck; by default the account's sell deck or the one deck that the provider's routes have, else the
    /// deck named like the provider or account.
    #[arg(long, value_name = "ID", value_parser = id)]
    deck: Option<String>,
    /// From when the rows hold, where they say nothing else: RFC 3339 or YYYY-MM-DD (UTC); now by default.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    effective: Option<UtcSec>,
    /// What codes mean that the file does not have: full ends them, country ends those of --countries, partial
    /// leaves them.
    #[arg(long, value_enum, default_value = "full")]
    scope: ScopeArg,
    /// The countries of --scope country: ISO 3166, such as US,CA. A shared country code belongs to its main country.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = country, required_if_eq("scope", "country"))]
    countries: Vec<String>,
    /// What the prices are in, ISO 4217; by default what the file says, else the deck's or the plan's currency.
    #[arg(long, value_name = "CODE", value_parser = currency)]
    currency: Option<String>,
    /// What a blank price means.
    #[arg(long, value_enum, default_value = "error")]
    blank_price: BlankPrice,
    /// Which of two different rows of one code and date holds.
    #[arg(long, value_enum, default_value = "error")]
    duplicates: Duplicates,
    /// How dates like 03/04/2026 are written.
    #[arg(long, value_enum, default_value = "unstated")]
    dates: DateOrder,
    /// Time zone of dates without one, such as America/New_York.
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = zone)]
    timezone: TimeZone,
    /// How codes are written; found out where the list leaves no doubt.
    #[arg(long, value_enum, value_name = "FORM")]
    prefixes: Option<PrefixForm>,
    /// How decimals are written; found out by default.
    #[arg(long, value_enum, value_name = "MARK")]
    decimal_mark: Option<DecimalMark>,
    /// Leave bad rows out, and write them to this new file. With --scope full their codes end.
    #[arg(long, value_name = "FILE")]
    skip_bad: Option<PathBuf>,
    /// Read and compare, but change nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// What `--scope` may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ScopeArg {
    /// Codes that the file does not have end when it starts.
    Full,
    /// The same within the countries that are named.
    Country,
    /// Codes that the file does not have stay.
    Partial,
}

/// Runs the command.
pub(super) fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let scope = match args.scope {
        ScopeArg::Full => Scope::Full,
        ScopeArg::Partial => Scope::Partial,
        ScopeArg::Country => {
            let mut countries = args.countries.clone();
            countries.sort_unstable();
            countries.dedup();
            Scope::Country(countries)
        }
    };
    if !args.countries.is_empty() && args.scope != ScopeArg::Country {
        bail!("--countries is for --scope country only");
    }
    let now = Timestamp::now().as_second();
    let read = match read(&args, args.effective.unwrap_or(now))? {
        Ok(read) => read,
        Err(errors) => return refuse(&errors, output),
    };
    keep_skipped(&args, &read)?;
    let owner = match (&args.provider, &args.account) {
        (Some(provider), _) => DeckOwner::Provider(provider.clone()),
        (None, account) => DeckOwner::Account(account.clone().unwrap_or_default()),
    };
    let row_count = read.row_count();
    let import = Import {
        owner,
        deck: args.deck.clone(),
        effective_from: args.effective,
        now,
        scope,
        list: PriceList { rows: read.rows, ocn_rows: read.ocn_rows, cic_rows: read.cic_rows },
        currency: args.currency.clone().or(read.currency),
        dry_run: args.dry_run,
    };
    let bar = bar("storing", "{human_pos} of {human_len} rows, {per_sec}");
    let mut client = db::connect(&args.database)?;
    let imported = db::import_deck(&mut client, import, &mut |progress| {
        bar.set_length(progress.rows_total);
        bar.set_position(progress.rows_done);
    });
    bar.finish_and_clear();
    let done = Done {
        imported: imported?,
        scope: args.scope,
        row_count,
        rows_in_file: read.rows_in_file,
        blank_prices: read.blank_prices,
        dry_run: args.dry_run,
        skipped: read.skipped,
        warnings: read.warnings,
    };
    match output {
        Output::Json => say!("{}", done.as_json()),
        Output::Human => done.print(&args),
    }
    Ok(())
}

/// Reads the file; the inner error is what is wrong with its rows.
fn read(args: &Args, version_start: UtcSec) -> anyhow::Result<Result<ReadDeck, DeckErrors>> {
    let bytes =
        std::fs::read(&args.file).with_context(|| format!("{} cannot be read", args.file.display()))?;
    let options = ReadOptions {
        blank_price: args.blank_price,
        duplicates: args.duplicates,
        dates: args.dates,
        timezone: args.timezone.clone(),
        version_start: Some(version_start),
        prefixes: args.prefixes,
        decimal_mark: args.decimal_mark,
        currency: args.currency.clone(),
        bad_rows: if args.skip_bad.is_some() { BadRows::Skip } else { BadRows::Refuse },
        ..ReadOptions::default()
    };
    let bar = bar("reading", "{bytes} of {total_bytes}");
    bar.set_length(bytes.len().try_into().unwrap_or(u64::MAX));
    let read = deck::read_with_progress(&args.file, &bytes, &options, &mut |done| bar.set_position(done));
    bar.finish_and_clear();
    Ok(read)
}

/// Writes the rows that were left out, if any. A file that is there is never written over.
fn keep_skipped(args: &Args, read: &ReadDeck) -> anyhow::Result<()> {
    let Some(path) = args.skip_bad.as_ref().filter(|_| !read.skipped.is_empty()) else { return Ok(()) };
    let written = File::create_new(path).and_then(|mut file| file.write_all(&read.skipped_rows));
    written.with_context(|| {
        format!("{} cannot be written; name a file that is not there yet", path.display())
    })?;
    for error in &read.skipped {
        tell!("skipped: {}:{error}", args.file.display());
    }
    Ok(())
}

/// Prints every bad row, then refuses.
fn refuse(errors: &DeckErrors, output: Output) -> anyhow::Result<()> {
    match output {
        Output::Json => say!("{}", serde_json::to_string(errors)?),
        Output::Human => tell!("{errors}"),
    }
    let what = match errors.errors.len() {
        1 => "1 thing is wrong".to_owned(),
        count => format!("{count} things are wrong"),
    };
    bail!("{what} in {}; nothing was imported", errors.file)
}

/// What the command answers.
struct Done {
    imported: Imported,
    scope: ScopeArg,
    row_count: usize,
    rows_in_file: u64,
    blank_prices: u64,
    dry_run: bool,
    skipped: Vec<DeckError>,
    warnings: Vec<DeckWarning>,
}

impl Done {
    fn as_json(&self) -> serde_json::Value {
        json!({
            "deck": self.imported.deck,
            "deck_version": self.imported.version,
            "changed": self.imported.changed,
            "dry_run": self.dry_run,
            "rows": self.row_count,
            "rows_in_file": self.rows_in_file,
            "blank_prices": self.blank_prices,
            "effective_from": rfc3339(self.imported.effective_from),
            "scope": self.scope.to_possible_value().map(|value| value.get_name().to_owned()),
            "in_use": self.imported.in_use,
            "skipped": self.skipped,
            "warnings": self.warnings,
        })
    }

    fn print(&self, args: &Args) {
        for warning in self.warnings.iter().take(WARNINGS_SHOWN) {
            tell!("warning: {}:{warning}", args.file.display());
        }
        if let Some(more) = self.warnings.len().checked_sub(WARNINGS_SHOWN).filter(|more| *more > 0) {
            tell!("warning: {more} more like these");
        }
        let Imported { deck, version, changed, effective_from, in_use, .. } = &self.imported;
        let from = rfc3339(*effective_from);
        let rows = self.row_count;
        match (changed, self.dry_run) {
            (false, _) => say!("deck {deck}: already version {version} ({rows} rows), nothing changed"),
            (true, true) => say!(
                "deck {deck}: would become version {version}, {rows} rows from {from}; nothing changed (dry run)"
            ),
            (true, false) => say!("deck {deck}: version {version} imported, {rows} rows from {from}"),
        }
        if self.blank_prices > 0 {
            say!("{} blank prices did as --blank-price says", self.blank_prices);
        }
        if !in_use {
            say!("No route or account uses deck {deck} yet: set it in the plan, or no call is priced by it.");
        }
    }
}

/// A progress bar on a terminal, nothing elsewhere.
fn bar(doing: &'static str, figures: &str) -> ProgressBar {
    let bar = ProgressBar::new(0).with_message(doing);
    if let Ok(style) = ProgressStyle::with_template(&format!("{{msg}} {{wide_bar}} {figures}")) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn id(text: &str) -> Result<String, String> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if (1..=63).contains(&text.len()) && text.bytes().all(good) {
        return Ok(text.to_owned());
    }
    Err("an id is 1 to 63 characters of A-Z a-z 0-9 _ . -".to_owned())
}

fn country(text: &str) -> Result<String, String> {
    capitals(text, 2).ok_or_else(|| "a country is two capitals (ISO 3166), such as US".to_owned())
}

fn currency(text: &str) -> Result<String, String> {
    capitals(text, 3).ok_or_else(|| "a currency is three capitals (ISO 4217), such as USD".to_owned())
}

fn capitals(text: &str, len: usize) -> Option<String> {
    (text.len() == len && text.bytes().all(|byte| byte.is_ascii_uppercase())).then(|| text.to_owned())
}

fn instant(text: &str) -> Result<UtcSec, String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant.as_second());
    }
    let date =
        text.parse::<jiff::civil::Date>().map_err(|_| "expected 2026-12-01 or 2026-12-01T00:00:00Z")?;
    let midnight = date.to_zoned(TimeZone::UTC).map_err(|error| error.to_string())?;
    Ok(midnight.timestamp().as_second())
}

fn zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text).map_err(|error| error.to_string())
}
