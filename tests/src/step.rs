//! What happens to the node between the calls of a scenario.

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use crate::lab::{Lab, script};
use crate::scenario::Scenario;

/// One step, written as words: `"publish cheaper_mesa"`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Step {
    /// `publish`: the plan goes live; `publish NAME`: with the files of the scenario's folder NAME in place of its own.
    Publish(Option<String>),
    /// `publish broken`: a file that is no snapshot is put in the snapshot's place; the agent must refuse it.
    PublishBroken,
    /// `carrier NAME BEHAVIOUR`: from now on the carrier behaves so.
    Behave(String, String),
    /// `kill`: Kamailio is killed, all of its processes at one instant.
    Kill,
    /// `stop`: Kamailio is asked to stop.
    Stop,
    /// `start`: Kamailio is started again, at the same address, with the state that is there.
    Start,
    /// `next hour`, `next day`: the node's time is put forward to a minute after the next one begins, in UTC.
    Later(u64),
    /// `no dialogs`: waits until Kamailio has none.
    NoDialogs,
}

impl TryFrom<String> for Step {
    type Error = String;

    fn try_from(words: String) -> Result<Step, String> {
        match words.split_whitespace().collect::<Vec<_>>()[..] {
            ["publish"] => Ok(Step::Publish(None)),
            ["publish", "broken"] => Ok(Step::PublishBroken),
            ["publish", name] => Ok(Step::Publish(Some(name.to_owned()))),
            ["carrier", name, behaviour] => Ok(Step::Behave(name.to_owned(), behaviour.to_owned())),
            ["kill"] => Ok(Step::Kill),
            ["stop"] => Ok(Step::Stop),
            ["start"] => Ok(Step::Start),
            ["next", "hour"] => Ok(Step::Later(3600)),
            ["next", "day"] => Ok(Step::Later(86_400)),
            ["no", "dialogs"] => Ok(Step::NoDialogs),
            _ => Err(format!(
                "`{words}` is no step; expected publish, carrier, kill, stop, start, next hour, next day or no dialogs"
            )),
        }
    }
}

impl Step {
    /// Does it.
    ///
    /// # Errors
    /// When it cannot be done.
    pub fn take(&self, lab: &mut Lab, scenario: &Scenario) -> anyhow::Result<()> {
        match self {
            Step::Publish(None) => lab.publish(&scenario.plan_directory()),
            Step::Publish(Some(name)) => publish_changed(lab, scenario, name),
            Step::PublishBroken => publish_broken(lab),
            Step::Behave(name, behaviour) => {
                let mut behaviours = scenario.carriers.clone();
                behaviours.insert(name.clone(), behaviour.clone());
                lab.carriers_behave(&script::own_folder(&scenario.name), &behaviours)
            }
            Step::Kill => lab.kill_kamailio(),
            Step::Stop => lab.stop_kamailio(),
            Step::Start => lab.start_kamailio(),
            Step::Later(period_sec) => lab.put_clock_forward(*period_sec),
            Step::NoDialogs => lab.wait_for_no_dialogs(),
        }
    }
}

fn publish_changed(lab: &mut Lab, scenario: &Scenario, name: &str) -> anyhow::Result<()> {
    let changed = lab.dir().join(format!("changed-{}-{name}", scenario.name));
    copy(&scenario.plan_directory(), &changed)?;
    copy(&scenario.folder().join(name), &changed)?;
    lab.publish(&changed)
}

/// A snapshot that was cut off half-way, renamed into place as `publish` does it.
fn publish_broken(lab: &mut Lab) -> anyhow::Result<()> {
    let snapshot = &lab.paths().snapshot;
    let bytes = fs::read(snapshot).with_context(|| format!("reading {}", snapshot.display()))?;
    let half = snapshot.with_extension("half");
    fs::write(&half, &bytes[..bytes.len() / 2])?;
    fs::rename(&half, snapshot)?;
    lab.wait_for_agent_to_say("ALARM")
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
