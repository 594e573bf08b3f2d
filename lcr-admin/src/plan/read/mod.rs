//! Reads a plan directory: every file, every mistake, in one pass.

mod accounts;
mod carriers;
mod crosscheck;
mod decks;
mod dial;
mod fields;
mod limits;
mod lists;
mod parallel;
mod partitions;
mod price_lists;
mod rules;
mod schedule;
mod screening;
mod settings;
mod tables;
mod trunks;
mod values;

use std::cell::RefCell;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rating_core::plan::Plan;
use toml_edit::Document;

use self::fields::Fields;
pub(super) use self::lists::{CURRENCY_RATES, CURRENCY_RATES_HEADER, DIDS, DIDS_HEADER, DNO, DNO_HEADER};
pub(super) use self::parallel::in_place;
pub(super) use self::rules::{EXCLUSIONS, OVERRIDES};
pub(super) use self::schedule::DAYS;
pub(super) use self::screening::blocked_prefix_text;
pub(crate) use self::screening::{SHARED_CODES, is_of_code};
pub(super) use self::tables::{
    LIST_HEADER, LOCAL_CALLING, LOCAL_CALLING_HEADER, NUMBERING, NUMBERING_HEADER,
};
use super::id::Ids;
use super::problem::{Place, PlanErrors, Problem, Problems, Source};

/// The files of a plan directory, besides those of the decks and the lists.
pub(super) const FILES: [&str; 13] = [
    "plan.toml",
    "accounts.toml",
    "trunks.toml",
    "providers.toml",
    "partitions.toml",
    "decks.toml",
    "numbering.csv",
    "local_calling.csv",
    "dids.csv",
    "overrides.toml",
    "exclusions.toml",
    "dno.csv",
    "currency_rates.csv",
];

/// A plan, and what was noticed while reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The plan, in canonical order.
    pub plan: Plan,
    /// What may be meant, and is worth a look.
    pub warnings: Vec<Problem>,
}

/// Reads a plan directory.
///
/// # Errors
/// Every mistake in it.
pub fn read_dir(dir: &Path) -> Result<Loaded, PlanErrors> {
    read_dir_with(dir, &mut |_, _| {})
}

/// As [`read_dir`], and tells from time to time how many bytes of price lists are read, and how many there are.
///
/// # Errors
/// Every mistake in it.
pub fn read_dir_with(dir: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Loaded, PlanErrors> {
    let reader = Reader {
        dir: dir.to_owned(),
        problems: Problems::default(),
        ids: Ids::default(),
        lists: RefCell::default(),
    };
    if !reader.is_plan_dir() {
        return reader.problems.finish().map(|_| unreachable!("the directory was just refused"));
    }
    let mut plan = reader.read(progress);
    let warnings = reader.problems.finish()?;
    super::normalise(&mut plan);
    Ok(Loaded { plan, warnings })
}

/// What is common to all files of a directory.
pub(super) struct Reader {
    pub dir: PathBuf,
    pub problems: Problems,
    pub ids: Ids,
    /// Lists of numbers that are named somewhere.
    pub lists: RefCell<Vec<String>>,
}

impl Reader {
    fn is_plan_dir(&self) -> bool {
        let at = Place::of_file(&self.dir.display().to_string());
        match fs::read_dir(&self.dir) {
            Ok(_) if self.dir.join("plan.toml").exists() => return true,
            Ok(_) => {
                self.problems.error(&at, "no plan.toml in it", "a plan directory: plan.toml and its fellows")
            }
            Err(error) => self.problems.error(&at, format!("cannot be read: {error}"), "a plan directory"),
        }
        false
    }

    fn read(&self, progress: &mut dyn FnMut(u64, u64)) -> Plan {
        let settings = settings::read(self);
        let (providers, routes, gateways) = carriers::read(self);
        let currency_rates = lists::read_currency_rates(self, &settings.currency);
        let mut plan = Plan {
            accounts: accounts::read_accounts(self),
            trunks: trunks::read_trunks(self),
            providers,
            routes,
            gateways,
            partitions: partitions::read(self),
            numbering: tables::read_numbering(self),
            local_calling: tables::read_local_calling(self),
            dids: lists::read_dids(self),
            overrides: rules::read_overrides(self),
            exclusions: rules::read_exclusions(self),
            dno: lists::read_dno(self),
            currency_rates,
            settings,
            ..Plan::default()
        };
        plan.decks = decks::read(self, &plan, progress);
        self.ids.check_uses(&self.problems);
        self.check_strangers();
        self.warn_unused_lists();
        crosscheck::check(self, &plan);
        plan
    }

    /// The text of a file, or `None` if there is none.
    fn text(&self, name: &str) -> Option<String> {
        let error = match fs::read(self.dir.join(name)) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(mut text) => {
                    if text.starts_with('\u{feff}') {
                        text.remove(0);
                    }
                    return Some(text);
                }
                Err(error) => format!("not UTF-8 at byte {}", error.utf8_error().valid_up_to()),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => format!("cannot be read: {error}"),
        };
        self.problems.error(&Place::of_file(name), error, "a text file in UTF-8");
        None
    }

    /// Hands the root table of a TOML file to `read`, if the file is there and is TOML.
    fn toml<T: Default>(&self, name: &'static str, read: impl FnOnce(&Fields) -> T) -> T {
        let Some(text) = self.text(name) else { return T::default() };
        let source = Source::new(name, text);
        match Document::parse(source.text.as_str()) {
            Ok(document) => {
                let fields = Fields::new(self, &source, name, document.as_table(), source.place(0));
                let value = read(&fields);
                fields.finish();
                value
            }
            Err(error) => {
                let at = source.place(error.span().unwrap_or_default().start);
                let message = error.message().trim().replace('\n', ", ");
                self.problems.error(&at, message, "");
                T::default()
            }
        }
    }

    /// A misspelt file name must not be a file that is silently left out.
    fn check_strangers(&self) {
        let Ok(entries) = fs::read_dir(&self.dir) else { return };
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let ours = [".toml", ".csv"].iter().any(|end| name.ends_with(end)) && !name.starts_with('.');
            if ours && !FILES.contains(&name.as_str()) {
                self.problems.error(
                    &Place::of_file(&name),
                    "no file of a plan has this name",
                    format!("one of {}; price lists in decks/, lists of numbers in lists/", FILES.join(", ")),
                );
            }
        }
    }

    /// A list that nobody names is likely one that somebody forgot.
    fn warn_unused_lists(&self) {
        let Ok(entries) = fs::read_dir(self.dir.join("lists")) else { return };
        let named: Vec<_> = self.lists.borrow().iter().map(|name| self.dir.join(name)).collect();
        for entry in entries.flatten() {
            let is_list = entry.path().extension().is_some_and(|end| end == "csv");
            if is_list && !named.contains(&entry.path()) {
                let name = format!("lists/{}", entry.file_name().to_string_lossy());
                self.problems.warning(&Place::of_file(&name), "nothing names this list");
            }
        }
    }
}
