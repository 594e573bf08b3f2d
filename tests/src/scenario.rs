//! A scenario as its folder tells it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

use crate::lab::carrier::Behaviour;

/// What is played, and what must come out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its place in the demonstration.
    pub number: u32,
    /// One line for people.
    pub title: String,
    /// How carriers behave; those that are not named answer.
    #[serde(default)]
    pub carriers: BTreeMap<String, Behaviour>,
    /// The calls, placed one after the other.
    #[serde(rename = "call")]
    pub calls: Vec<Call>,
    /// The folder's name.
    #[serde(skip)]
    pub name: String,
}

/// One call, or a few of the same kind at once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Where it comes from.
    pub from: Ipv4Addr,
    /// The calling number.
    pub ani: String,
    /// The called number, as dialled.
    pub dnis: String,
    /// Limits that are used up when the call comes, as `simulate --full` names them: `route:north_econ`.
    #[serde(default)]
    pub full: Vec<String>,
    /// What the caller does.
    #[serde(default)]
    pub caller: Caller,
    /// How long it talks.
    #[serde(default)]
    pub talk_ms: u32,
    /// How many such calls are placed at one instant.
    #[serde(default = "one")]
    pub count: u32,
    /// What must come out.
    pub expect: Expect,
}

/// What a caller does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Caller {
    /// Talks, then hangs up, before the next call of the scenario is placed.
    #[default]
    HangsUp,
    /// Talks until all other calls of the scenario are over.
    StaysOn,
    /// Gives up when it hears ringing.
    Cancels,
    /// Talks, sends its first INVITE once more, talks, hangs up.
    Replays,
    /// Sends a second INVITE with the same Call-ID and From-tag while it rings.
    Doubles,
    /// Calls again with the same Call-ID and From-tag when it hears that the callee is busy.
    TriesAgain,
    /// Has no call, and pretends to be inside one.
    Intrudes,
}

/// What must come out of a call.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The SIP answers that the callers see, in any order.
    pub sip_codes: Vec<u16>,
    /// The reason named in a refusal.
    pub reason: Option<String>,
    /// The carriers that get an INVITE, in order.
    pub tried: Vec<String>,
    /// The called number as the carriers see it.
    pub number_dialled: Option<String>,
    /// The routes that the plan drops, and why, as `simulate` tells.
    #[serde(default)]
    pub dropped: BTreeMap<String, String>,
    /// The routes that the plan keeps, best first, as `simulate` tells.
    pub routes: Option<Vec<String>>,
    /// How many records each Call-ID has.
    #[serde(default = "one")]
    pub records: u32,
    /// The call's record, or that of one of several: fields of `lcr-admin cdr list --json`.
    #[serde(default)]
    pub record: BTreeMap<String, serde_json::Value>,
}

fn one() -> u32 {
    1
}

/// Where the scenarios are.
#[must_use]
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// All scenarios, in order.
///
/// # Errors
/// When a folder has no readable `scenario.toml`, naming it.
pub fn all() -> anyhow::Result<Vec<Scenario>> {
    let mut scenarios = Vec::new();
    for entry in std::fs::read_dir(directory()).context("reading tests/scenarios")? {
        let path = entry?.path().join("scenario.toml");
        if path.exists() {
            scenarios.push(read(&path)?);
        }
    }
    scenarios.sort_by_key(|scenario| scenario.number);
    Ok(scenarios)
}

fn read(path: &Path) -> anyhow::Result<Scenario> {
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let mut scenario: Scenario =
        toml_edit::de::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    let folder = path.parent().and_then(Path::file_name);
    scenario.name = folder.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(scenario)
}
