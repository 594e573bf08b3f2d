//! sipp's files: found by name, with their shared parts put in.
//!
//! `@{ack}` stands for the text of `sipp/parts/ack`. A scenario's own `sipp` folder goes before the shared one.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::scenario;

/// Where a scenario's own files are, if it has any.
#[must_use]
pub fn own_folder(scenario: &str) -> PathBuf {
    scenario::directory().join(scenario).join("sipp")
}

/// Writes the script `<side>-<what>.xml`, complete, into `dir`; `what` is written with `_` in scenarios.
///
/// # Errors
/// When there is no such script, or a part of it is missing.
pub fn write(dir: &Path, own: &Path, side: &str, what: &str) -> anyhow::Result<PathBuf> {
    let shared = scenario::directory().join("sipp");
    let name = format!("{side}-{}.xml", what.replace('_', "-"));
    let file = [own, &shared].map(|folder| folder.join(&name)).into_iter().find(|file| file.exists());
    let file = file.with_context(|| format!("there is no {name} in tests/scenarios/sipp"))?;
    let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let whole = dir.join(format!("{name}-{:016x}", crate::lab::unique()));
    fs::write(&whole, with_parts(&text, &shared.join("parts"))?)?;
    Ok(whole)
}

fn with_parts(text: &str, parts: &Path) -> anyhow::Result<String> {
    let Some((before, rest)) = text.split_once("@{") else { return Ok(text.to_owned()) };
    let (name, after) = rest.split_once('}').context("a part's name ends with }")?;
    let part = parts.join(name);
    let part = fs::read_to_string(&part).with_context(|| format!("reading {}", part.display()))?;
    // The last line's end is the file's, not the part's.
    let part = with_parts(part.strip_suffix('\n').unwrap_or(&part), parts)?;
    Ok(format!("{before}{part}{}", with_parts(after, parts)?))
}
