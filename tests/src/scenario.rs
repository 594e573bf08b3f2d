//! A scenario as its folder tells it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

use crate::lab::binaries::root;
use crate::step::Step;

/// What is played, and what must come out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its place.
    pub number: u32,
    /// One line for people.
    pub title: String,
    /// The plan: a directory of `tests/plans`. The demonstration plays those of `examples/wholesale`, which name none.
    pub plan: Option<String>,
    /// How carriers behave, by name: `carrier-<behaviour>.xml`. Those that are not named answer.
    #[serde(default)]
    pub carriers: BTreeMap<String, String>,
    /// What wallets have, by `account/wallet`: nano-units or seconds. Calls together may use no more of it.
    #[serde(default)]
    pub funds: BTreeMap<String, u64>,
    /// The calls, placed one after the other.
    #[serde(rename = "call")]
    pub calls: Vec<Call>,
    /// What happens when all calls are over.
    #[serde(default)]
    pub finally: Vec<Step>,
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
    /// What the caller does: `caller-<what>.xml`.
    #[serde(default = "hangs_up")]
    pub caller: String,
    /// What happens before it is placed.
    #[serde(default)]
    pub before: Vec<Step>,
    /// Whether the next call comes as soon as this one is answered. A caller that `stays_on` hangs up when all others
    /// are over.
    #[serde(default)]
    pub goes_on: bool,
    /// What the caller must have logged before anything else happens: `ringing`.
    pub heard: Option<String>,
    /// Whether it comes to the socket where trunks authenticate.
    #[serde(default)]
    pub by_digest: bool,
    /// How long it talks.
    #[serde(default)]
    pub talk_ms: u32,
    /// How many such calls are placed.
    #[serde(default = "one")]
    pub count: u32,
    /// How many of them a second.
    #[serde(default = "at_once")]
    pub rate: u32,
    /// What must come out.
    pub expect: Expect,
}

impl Default for Call {
    fn default() -> Call {
        Call {
            from: Ipv4Addr::UNSPECIFIED,
            ani: String::new(),
            dnis: String::new(),
            full: Vec::new(),
            caller: hangs_up(),
            before: Vec::new(),
            goes_on: false,
            heard: None,
            by_digest: false,
            talk_ms: 0,
            count: one(),
            rate: at_once(),
            expect: Expect::default(),
        }
    }
}

impl Call {
    /// Whether the next call waits for the end of this one.
    #[must_use]
    pub fn is_waited_for(&self) -> bool {
        !self.goes_on && self.caller != STAYS_ON
    }
}

/// The caller that talks until all other calls of the scenario are over.
pub const STAYS_ON: &str = "stays_on";

/// What must come out of a call.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The SIP answers that the callers see, in any order.
    #[serde(default)]
    pub sip_codes: Vec<u16>,
    /// The reason named in a refusal.
    pub reason: Option<String>,
    /// The carriers that get an INVITE, in order. Not asked of many calls.
    #[serde(default)]
    pub tried: Vec<String>,
    /// The called number as the carriers see it.
    pub number_dialled: Option<String>,
    /// Headers of the INVITEs that carriers get; an empty text is "not there".
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How many requests of each method the carriers get, repetitions apart.
    #[serde(default)]
    pub requests: BTreeMap<String, usize>,
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
    /// Fields of every record that lie between two numbers.
    #[serde(default)]
    pub between: BTreeMap<String, [u64; 2]>,
    /// How many questions the lab's services have got by then, by the number, of ten digits.
    #[serde(default)]
    pub questions: BTreeMap<String, usize>,
    /// How many of the calls each route carries.
    #[serde(default)]
    pub carried: BTreeMap<String, usize>,
    /// By how many calls that may be off: two that are decided at one instant go the same way where routes are in turn.
    #[serde(default)]
    pub carried_off_by: usize,
}

fn hangs_up() -> String {
    "hangs_up".into()
}

fn one() -> u32 {
    1
}

fn at_once() -> u32 {
    1000
}

/// Where the scenarios are.
#[must_use]
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

impl Scenario {
    /// The directory of its plan.
    #[must_use]
    pub fn plan_directory(&self) -> PathBuf {
        match &self.plan {
            Some(plan) => Path::new(env!("CARGO_MANIFEST_DIR")).join("plans").join(plan),
            None => root().join("examples/wholesale"),
        }
    }

    /// Its own folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        directory().join(&self.name)
    }
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
