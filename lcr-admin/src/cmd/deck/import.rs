//! `deck import`: a price list file into the database, whole or not at all.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::Date;
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
use crate::plan::{SHARED_CODES, is_of_code};

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
    /// From when the rows hold, where they say nothing else: RFC 3339, or YYYY-MM-DD of --timezone; now by default.
    #[arg(long, value_name = "TIME", value_parser = start)]
    effective: Option<Start>,
    /// What codes mean that the file does not have: full ends them, country ends those of --countries, partial
    /// leaves them.
    #[arg(long, value_enum, default_value = "full")]
    scope: ScopeArg,
    /// The countries of --scope country: ISO 3166, such as US,MX. A shared country code belongs to its main country.
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
    /// Time zone of dates without one, such as America/New_York; the provider's or account's by default, else UTC.
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    timezone: Option<TimeZone>,
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
    let owner = match (&args.provider, &args.account) {
        (Some(provider), _) => DeckOwner::Provider(provider.clone()),
        (None, account) => DeckOwner::Account(account.clone().unwrap_or_default()),
    };
    let mut client = db::connect(&args.database)?;
    let timezone = match &args.timezone {
        Some(told) => told.clone(),
        None => zone(&db::time_zone_of(&mut client, &owner)?).map_err(anyhow::Error::msg)?,
    };
    let effective_from = args.effective.map(|start| start.in_zone(&timezone)).transpose()?;
    let mut read = match read(&args, timezone, effective_from.unwrap_or(now))? {
        Ok(read) => read,
        Err(errors) => return refuse(&errors, output),
    };
    if effective_from.is_none() && scope != Scope::Partial {
        read.warnings.extend(ends_codes_early(&read, now));
    }
    let skipped_file = SkippedFile::write(&args, &read)?;
    let row_count = read.row_count();
    let import = Import {
        owner,
        deck: args.deck.clone(),
        effective_from,
        now,
        scope,
        list: PriceList { rows: read.rows, ocn_rows: read.ocn_rows, cic_rows: read.cic_rows },
        currency: args.currency.clone().or(read.currency),
        dry_run: args.dry_run,
    };
    let bar = bar("storing", "{human_pos} of {human_len} rows, {per_sec}");
    let imported = db::import_deck(&mut client, import, &mut |progress| {
        bar.set_length(progress.rows_total);
        bar.set_position(progress.rows_done);
    });
    bar.finish_and_clear();
    let imported = imported?;
    skipped_file.keep();
    let done = Done {
        imported,
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
fn read(
    args: &Args,
    timezone: TimeZone,
    version_start: UtcSec,
) -> anyhow::Result<Result<ReadDeck, DeckErrors>> {
    let bytes =
        std::fs::read(&args.file).with_context(|| format!("{} cannot be read", args.file.display()))?;
    let options = ReadOptions {
        blank_price: args.blank_price,
        duplicates: args.duplicates,
        dates: args.dates,
        timezone,
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

/// Of a list for a later day, imported without saying so: the codes that it does not have end at once.
fn ends_codes_early(read: &ReadDeck, now: UtcSec) -> Option<DeckWarning> {
    let rows = read.rows.iter().chain(read.ocn_rows.iter().map(|row| &row.row));
    let mut starts = rows.chain(read.cic_rows.iter().map(|row| &row.row)).map(|row| row.terms.starts);
    let first = starts
        .try_fold(UtcSec::MAX, |first, starts| starts.filter(|&at| at > now).map(|at| first.min(at)))?;
    let first = rfc3339(first);
    let message = format!(
        "no row holds before {first}, and the codes that the list does not have end now: with --effective {first} they \
         end then"
    );
    Some(DeckWarning { line: 1, message })
}

/// The file of the rows that were left out. It goes again where nothing is imported, so that who tries again can.
struct SkippedFile(Option<PathBuf>);

impl SkippedFile {
    /// Writes it, if there are any such rows and this is no dry run. A file that is there is never written over.
    fn write(args: &Args, read: &ReadDeck) -> anyhow::Result<SkippedFile> {
        let Some(path) = args.skip_bad.as_ref().filter(|_| !read.skipped.is_empty()) else {
            return Ok(SkippedFile(None));
        };
        for error in &read.skipped {
            tell!("skipped: {}:{error}", args.file.display());
        }
        if args.dry_run {
            return Ok(SkippedFile(None));
        }
        let cannot = || format!("{} cannot be written; name a file that is not there yet", path.display());
        let mut file = File::create_new(path).with_context(cannot)?;
        let written = SkippedFile(Some(path.clone()));
        file.write_all(&read.skipped_rows).and_then(|()| file.sync_all()).with_context(cannot)?;
        Ok(written)
    }

    /// The rest is imported.
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for SkippedFile {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // Best effort: the error that matters is the import's.
            let _ = std::fs::remove_file(path);
        }
    }
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
            (false, _) => {
                say!("deck {deck}: already version {version}, {rows} rows from {from}; nothing changed");
            }
            (true, true) => say!(
                "deck {deck}: would become version {version}, {rows} rows from {from}; nothing changed (dry run)"
            ),
            (true, false) => say!("deck {deck}: version {version} imported, {rows} rows from {from}"),
        }
        if self.blank_prices > 0 {
            say!("{} blank prices did as --blank-price says", self.blank_prices);
        }
        if let Some(file) =
            args.skip_bad.as_ref().filter(|_| *changed && !self.dry_run && !self.skipped.is_empty())
        {
            say!(
                "Bad rows were left out and are in {}. Mended, import them with --scope partial --effective {from}: with \
                 another scope they would end the codes of this list.",
                file.display()
            );
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
    let country = capitals(text, 2).ok_or("a country is two capitals (ISO 3166), such as US")?;
    if !is_of_code(&country) {
        return Err(format!("no number is of country {country}: {SHARED_CODES}"));
    }
    Ok(country)
}

fn currency(text: &str) -> Result<String, String> {
    capitals(text, 3).ok_or_else(|| "a currency is three capitals (ISO 4217), such as USD".to_owned())
}

fn capitals(text: &str, len: usize) -> Option<String> {
    (text.len() == len && text.bytes().all(|byte| byte.is_ascii_uppercase())).then(|| text.to_owned())
}

/// When a version starts, as it is told.
#[derive(Clone, Copy, Debug)]
enum Start {
    Instant(UtcSec),
    /// Midnight of the price list's time zone.
    Day(Date),
}

impl Start {
    fn in_zone(self, zone: &TimeZone) -> anyhow::Result<UtcSec> {
        match self {
            Start::Instant(instant) => Ok(instant),
            Start::Day(day) => Ok(day.to_zoned(zone.clone())?.timestamp().as_second()),
        }
    }
}

/// An instant with its zone, or a day. A day is no more than its date: of a longer text `Date` would read the date alone, and
/// pass the time over.
fn start(text: &str) -> Result<Start, String> {
    let day = || text.parse().ok().filter(|_| text.len() == "2026-12-01".len());
    match text.parse::<Timestamp>() {
        Ok(instant) => Ok(Start::Instant(instant.as_second())),
        Err(_) => day().map(Start::Day).ok_or_else(|| {
            "expected a day such as 2026-12-01, or a time with its zone such as 2026-12-01T18:00:00Z"
                .to_owned()
        }),
    }
}

fn zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text).map_err(|error| error.to_string())
}
