//! Writes a plan as a plan directory, in one canonical form: sorted by id, what is default left out.
//!
//! Reading the directory gives the same plan, if the plan is one that a directory can hold: its ids and
//! references are good (`read_dir` and the database both see to that).

pub(super) mod entity;
pub(super) mod text;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use rating_core::plan::{Deck, Gateway, Plan, Route, Settings};

use self::text::Text;
use super::read::FILES;
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
    for deck in &plan.decks {
        for version in &deck.versions {
            let path = dir.join(deck_file(deck, version.number));
            let file = File::create(&path).map_err(io_error(&path))?;
            deck::write_canonical(&version.rows, BufWriter::new(file)).map_err(io_error(&path))?;
            kept.insert(path);
        }
    }
    for (name, text) in [
        ("accounts.toml", accounts_text(&plan)),
        ("trunks.toml", trunks_text(&plan)),
        ("providers.toml", providers),
        ("partitions.toml", partitions_text(&plan)),
        ("decks.toml", decks_text(&plan)),
    ] {
        put(dir, name, text)?;
    }
    write_numbering(&plan, dir)?;
    write_local_calling(&plan, dir)?;
    remove_others(&decks, &kept)?;
    // Last: a directory without it is no plan, so a write that was cut short is noticed.
    put(dir, FILES[0], settings_text(&plan.settings))
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> WriteDirError {
    let path = path.to_owned();
    move |source| WriteDirError::Io { path, source }
}

fn put(dir: &Path, name: &str, text: String) -> Result<(), WriteDirError> {
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

/// Price lists of versions that are no more would be warned about for ever.
fn remove_others(decks: &Path, kept: &HashSet<PathBuf>) -> Result<(), WriteDirError> {
    for entry in fs::read_dir(decks).map_err(io_error(decks))?.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|end| end == "csv") && !kept.contains(&path) {
            fs::remove_file(&path).map_err(io_error(&path))?;
        }
    }
    Ok(())
}

fn deck_file(deck: &Deck, version: u32) -> String {
    format!("decks/{}.v{version}.csv", deck.id)
}

fn settings_text(settings: &Settings) -> String {
    let mut text = Text::default();
    entity::settings(&mut text, settings);
    text.into_string()
}

fn accounts_text(plan: &Plan) -> String {
    let mut text = Text::default();
    for account in &plan.accounts {
        text.table("account", &account.id);
        entity::account(&mut text, account);
    }
    text.into_string()
}

fn trunks_text(plan: &Plan) -> String {
    let mut text = Text::default();
    for trunk in &plan.trunks {
        text.table("trunk", &trunk.id);
        entity::trunk(&mut text, trunk);
    }
    text.into_string()
}

fn providers_text(plan: &Plan) -> Result<String, WriteDirError> {
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
    Ok(text.into_string())
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

fn partitions_text(plan: &Plan) -> String {
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
    text.into_string()
}

fn decks_text(plan: &Plan) -> String {
    let mut text = Text::default();
    for deck in &plan.decks {
        text.table("deck", &deck.id);
        entity::deck(&mut text, deck);
        for version in &deck.versions {
            text.head("deck.version");
            text.value("number", version.number);
            entity::version(&mut text, version);
            text.string("file", &deck_file(deck, version.number));
        }
    }
    text.into_string()
}

fn write_numbering(plan: &Plan, dir: &Path) -> Result<(), WriteDirError> {
    let rows = plan.numbering.iter().map(|block| {
        let (npa, rest) = block.prefix.as_str().split_at_checked(3).unwrap_or_default();
        let (nxx, thousands) = rest.split_at_checked(3).unwrap_or((rest, ""));
        let lata = if block.lata == 0 { String::new() } else { block.lata.to_string() };
        [npa, nxx, thousands, &block.country, &block.state, &lata, &block.ocn, &block.rate_center]
            .map(str::to_owned)
    });
    write_table(dir, super::read::NUMBERING, &super::read::NUMBERING_HEADER, rows)
}

fn write_local_calling(plan: &Plan, dir: &Path) -> Result<(), WriteDirError> {
    let rows = plan.local_calling.iter().map(|pair| {
        [&pair.state_a, &pair.rate_center_a, &pair.state_b, &pair.rate_center_b].map(String::clone)
    });
    write_table(dir, super::read::LOCAL_CALLING, &super::read::LOCAL_CALLING_HEADER, rows)
}

fn write_table<const N: usize>(
    dir: &Path,
    name: &str,
    header: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<(), WriteDirError> {
    let path = dir.join(name);
    let write = || -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(BufWriter::new(File::create(&path)?));
        csv.write_record(header)?;
        for row in rows {
            csv.write_record(row)?;
        }
        csv.flush()?;
        csv.get_ref().get_ref().flush()
    };
    write().map_err(io_error(&path))
}
