//! Writes a plan as a plan directory, in one canonical form: sorted by id, what is default left out.
//!
//! Reading the directory gives the same plan, if the plan is one that a directory can hold: its ids and
//! references are good (`read_dir` and the database both see to that).

pub(super) mod entity;
mod tables;
pub(super) mod text;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use rating_core::plan::{Deck, DeckVersion, Gateway, Plan, Route, Settings};

use self::text::Text;
use super::read::{EXCLUSIONS, FILES, LIST_HEADER, OVERRIDES};
use crate::deck;

/// Why a plan could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteDirError {
    /// The directory holds something else.
    #[error("{0} is not empty and holds no plan.toml: choose another directory, or empty this one")]
    NotAPlanDirectory(PathBuf),
    /// The plan refers to what it does not have.
    #[error("{what} `{id}` belongs to `{owner}`, which the plan does not have")]
    Dangling {
        /// `route` or `gateway`.
        what: &'static str,
        /// Its id.
        id: String,
        /// Whose it says it is.
        owner: String,
    },
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// What was being written.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Writes a plan. A directory that is not there is made; one that holds a plan is overwritten, and what the
/// plan does not use any more is removed from it; any other that is not empty is refused.
///
/// # Errors
/// [`WriteDirError`].
pub fn write_dir(plan: &Plan, dir: &Path) -> Result<(), WriteDirError> {
    let mut plan = plan.clone();
    super::normalise(&mut plan);
    let decks = dir.join("decks");
    check_target(dir)?;
    let providers = providers_text(&plan)?;
    fs::create_dir_all(&decks).map_err(io_error(&decks))?;
    let mut kept = HashSet::new();
    for (deck, version) in plan.decks.iter().flat_map(|deck| deck.versions.iter().map(move |v| (deck, v))) {
        write_price_lists(dir, deck, version, &mut kept)?;
    }
    for (name, text) in [
        ("accounts.toml", accounts_text(&plan)),
        ("trunks.toml", trunks_text(&plan)),
        ("providers.toml", providers),
        ("partitions.toml", partitions_text(&plan)),
        ("decks.toml", decks_text(&plan)),
        (OVERRIDES, overrides_text(&plan)),
        (EXCLUSIONS, exclusions_text(&plan)),
    ] {
        put(dir, name, text, &mut kept)?;
    }
    tables::write(&plan, dir)?;
    let settings = settings_text(&plan.settings);
    remove_others(&decks, &kept)?;
    // Last: a directory without it is no plan, so a write that was cut short is noticed.
    put(dir, FILES[0], settings, &mut kept)?;
    remove_others(&dir.join(LISTS), &kept)
}

/// Lists of numbers that are files of their own are here.
const LISTS: &str = "lists";

/// Writes the rows of a version, a file for each kind of codes that it has.
fn write_price_lists(
    dir: &Path,
    deck: &Deck,
    version: &DeckVersion,
    kept: &mut HashSet<PathBuf>,
) -> Result<(), WriteDirError> {
    for (codes, name) in deck_files(deck, version) {
        let path = dir.join(name);
        let file = BufWriter::new(File::create(&path).map_err(io_error(&path))?);
        let written = match codes {
            Codes::Prefix => deck::write_canonical(&version.rows, file),
            Codes::Ocn => deck::write_canonical_by_ocn(&version.ocn_rows, file),
            Codes::Cic => deck::write_canonical_by_cic(&version.cic_rows, file),
        };
        written.map_err(io_error(&path))?;
        kept.insert(path);
    }
    Ok(())
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> WriteDirError {
    let path = path.to_owned();
    move |source| WriteDirError::Io { path, source }
}

/// Writes a text, and the lists that it names before it.
fn put(dir: &Path, name: &str, text: Text, kept: &mut HashSet<PathBuf>) -> Result<(), WriteDirError> {
    let (text, lists) = text.into_parts();
    for list in lists {
        let path = dir.join(&list.file);
        fs::create_dir_all(dir.join(LISTS)).map_err(io_error(&path))?;
        let entries = list.entries.into_iter().map(|entry| [entry]);
        tables::write_table(dir, &list.file, &LIST_HEADER, entries)?;
        kept.insert(path);
    }
    let path = dir.join(name);
    fs::write(&path, text).map_err(io_error(&path))
}

/// Refuses a directory that holds something else, and takes the plan file out of one that holds a plan.
fn check_target(dir: &Path) -> Result<(), WriteDirError> {
    let plan_file = dir.join(FILES[0]);
    if plan_file.exists() {
        return fs::remove_file(&plan_file).map_err(io_error(&plan_file));
    }
    match fs::read_dir(dir) {
        Ok(mut entries) => match entries.next() {
            Some(_) => Err(WriteDirError::NotAPlanDirectory(dir.to_owned())),
            None => Ok(()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_error(dir)(error)),
    }
}

/// Files that nothing names any more would be warned about for ever.
fn remove_others(dir: &Path, kept: &HashSet<PathBuf>) -> Result<(), WriteDirError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(io_error(dir))?,
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|end| end == "csv") && !kept.contains(&path) {
            fs::remove_file(&path).map_err(io_error(&path))?;
        }
    }
    Ok(())
}

/// What the rows of a price list are prices of.
#[derive(Clone, Copy)]
enum Codes {
    Prefix,
    Ocn,
    Cic,
}

/// The files of a version: one for each kind of codes that it has, at least one.
fn deck_files(deck: &Deck, version: &DeckVersion) -> Vec<(Codes, String)> {
    let DeckVersion { number, rows, ocn_rows, cic_rows, .. } = version;
    let name = |codes: &str| format!("decks/{}.v{number}{codes}.csv", deck.id);
    let mut files = Vec::new();
    if !rows.is_empty() || (ocn_rows.is_empty() && cic_rows.is_empty()) {
        files.push((Codes::Prefix, name("")));
    }
    if !ocn_rows.is_empty() {
        files.push((Codes::Ocn, name(".ocn")));
    }
    if !cic_rows.is_empty() {
        files.push((Codes::Cic, name(".cic")));
    }
    files
}

fn settings_text(settings: &Settings) -> Text {
    let mut text = Text::default();
    text.lists_as_files("plan".to_owned());
    entity::settings(&mut text, settings);
    text
}

fn accounts_text(plan: &Plan) -> Text {
    let mut text = Text::default();
    for account in &plan.accounts {
        text.table("account", &account.id);
        text.lists_as_files(format!("account.{}", account.id));
        entity::account(&mut text, account);
        for wallet in &account.wallets {
            text.table("account.wallet", &wallet.id);
            entity::wallet(&mut text, wallet);
        }
    }
    text
}

fn trunks_text(plan: &Plan) -> Text {
    let mut text = Text::default();
    for trunk in &plan.trunks {
        text.table("trunk", &trunk.id);
        text.lists_as_files(format!("trunk.{}", trunk.id));
        entity::trunk(&mut text, trunk);
    }
    text
}

fn overrides_text(plan: &Plan) -> Text {
    let mut text = Text::default();
    for rule in &plan.overrides {
        text.table("override", &rule.id);
        entity::override_rule(&mut text, rule);
    }
    text
}

fn exclusions_text(plan: &Plan) -> Text {
    let mut text = Text::default();
    for rule in &plan.exclusions {
        text.table("exclusion", &rule.id);
        text.lists_as_files(format!("exclusion.{}", rule.id));
        entity::exclusion(&mut text, rule);
    }
    text
}

fn providers_text(plan: &Plan) -> Result<Text, WriteDirError> {
    let mut routes = routes_by_provider(plan)?;
    let mut gateways = gateways_by_route(plan)?;
    let mut text = Text::default();
    for provider in &plan.providers {
        text.table("provider", &provider.id);
        entity::provider(&mut text, provider);
        for route in routes.remove(provider.id.as_str()).unwrap_or_default() {
            text.table("provider.route", &route.id);
            entity::route(&mut text, route);
            for gateway in gateways.remove(route.id.as_str()).unwrap_or_default() {
                text.table("provider.route.gateway", &gateway.id);
                entity::gateway(&mut text, gateway);
            }
        }
    }
    Ok(text)
}

fn routes_by_provider(plan: &Plan) -> Result<HashMap<&str, Vec<&Route>>, WriteDirError> {
    let providers: HashSet<_> = plan.providers.iter().map(|provider| provider.id.as_str()).collect();
    let mut routes: HashMap<&str, Vec<&Route>> = HashMap::new();
    for route in &plan.routes {
        if !providers.contains(route.provider.as_str()) {
            return Err(dangling("route", &route.id, &route.provider));
        }
        routes.entry(&route.provider).or_default().push(route);
    }
    Ok(routes)
}

fn gateways_by_route(plan: &Plan) -> Result<HashMap<&str, Vec<&Gateway>>, WriteDirError> {
    let routes: HashSet<_> = plan.routes.iter().map(|route| route.id.as_str()).collect();
    let mut gateways: HashMap<&str, Vec<&Gateway>> = HashMap::new();
    for gateway in &plan.gateways {
        if !routes.contains(gateway.route.as_str()) {
            return Err(dangling("gateway", &gateway.id, &gateway.route));
        }
        gateways.entry(&gateway.route).or_default().push(gateway);
    }
    Ok(gateways)
}

fn dangling(what: &'static str, id: &str, owner: &str) -> WriteDirError {
    WriteDirError::Dangling { what, id: id.to_owned(), owner: owner.to_owned() }
}

fn partitions_text(plan: &Plan) -> Text {
    let mut text = Text::default();
    for partition in &plan.partitions {
        text.table("partition", &partition.id);
        entity::partition(&mut text, partition);
        for member in &partition.members {
            text.head("partition.member");
            text.string("route", &member.route);
            entity::member(&mut text, member);
        }
    }
    text
}

fn decks_text(plan: &Plan) -> Text {
    let mut text = Text::default();
    for deck in &plan.decks {
        text.table("deck", &deck.id);
        entity::deck(&mut text, deck);
        for version in &deck.versions {
            text.head("deck.version");
            text.value("number", version.number);
            entity::version(&mut text, version);
            let files: Vec<String> = deck_files(deck, version).into_iter().map(|(_, name)| name).collect();
            match files.as_slice() {
                [file] => text.string("file", file),
                files => text.strings("file", files),
            }
        }
    }
    text
}
