//! `lcr-admin`, as a person would call it.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;
use serde_json::Value;

/// The command and where its files are.
#[derive(Clone, Debug)]
pub struct Admin {
    program: PathBuf,
}

impl Admin {
    /// The command at `program`.
    #[must_use]
    pub fn new(program: &Path) -> Admin {
        Admin { program: program.to_path_buf() }
    }

    /// Compiles the plan directory into a snapshot.
    ///
    /// # Errors
    /// When the plan is refused, with the reason.
    pub fn publish(&self, plan: &Path, snapshot: &Path) -> anyhow::Result<()> {
        let arguments = ["publish".as_ref(), "--plan".as_ref(), plan.as_os_str(), "--out".as_ref()];
        self.run(arguments.into_iter().chain([snapshot.as_os_str()])).map(drop)
    }

    /// Makes the file of ported numbers.
    ///
    /// # Errors
    /// When the list is refused.
    pub fn import_ported(&self, list: &Path, file: &Path) -> anyhow::Result<()> {
        let arguments = ["ported".as_ref(), "import".as_ref(), list.as_os_str(), "--out".as_ref()];
        self.run(arguments.into_iter().chain([file.as_os_str()])).map(drop)
    }

    /// What the snapshot says to a call, as the JSON of `simulate`. A refused call is an answer, not an error.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn simulate(&self, snapshot: &Path, call: &[(&str, &str)]) -> anyhow::Result<Value> {
        let mut arguments: Vec<&OsStr> = vec!["simulate".as_ref(), "--json".as_ref(), "--snapshot".as_ref()];
        arguments.push(snapshot.as_os_str());
        for (name, value) in call {
            arguments.push(name.as_ref());
            arguments.push(value.as_ref());
        }
        let text = self.run(arguments)?;
        serde_json::from_str(&text).with_context(|| format!("simulate printed no JSON object: {text}"))
    }

    /// The records written so far, oldest first; those of one call if named.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn records(&self, segments: &Path, call_id: Option<&str>) -> anyhow::Result<Vec<Value>> {
        let mut arguments: Vec<&OsStr> = vec![
            "cdr".as_ref(),
            "list".as_ref(),
            "--json".as_ref(),
            "--segments".as_ref(),
            segments.as_os_str(),
        ];
        if let Some(call_id) = call_id {
            arguments.extend([OsStr::new("--call-id"), OsStr::new(call_id)]);
        }
        let text = self.run(arguments)?;
        text.lines().map(|line| serde_json::from_str(line).context("cdr list printed no JSON line")).collect()
    }

    /// Reads all records. Keeps none of them in memory: there may be a million.
    ///
    /// # Errors
    /// When they cannot be listed, or with the first error of `take`.
    pub fn each_record(
        &self,
        segments: &Path,
        mut take: impl FnMut(&Value) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut command = Command::new(&self.program);
        command.args(["cdr", "list", "--json", "--segments"]).arg(segments).stdout(Stdio::piped());
        let mut listing = command.spawn().context("running lcr-admin cdr list")?;
        for line in BufReader::new(listing.stdout.take().context("its output")?).lines() {
            take(&serde_json::from_str(&line?).context("cdr list printed no JSON line")?)?;
        }
        anyhow::ensure!(listing.wait()?.success(), "lcr-admin cdr list failed");
        Ok(())
    }

    /// Compares the node's calls with Kamailio's dialogs, and ends those that are lost.
    ///
    /// # Errors
    /// When it cannot be done.
    pub fn reconcile(&self, state: &Path, control_socket: &str) -> anyhow::Result<()> {
        let arguments = ["reconcile".as_ref(), "--repair".as_ref(), "--state".as_ref(), state.as_os_str()];
        self.run(arguments.into_iter().chain(["--ctl".as_ref(), control_socket.as_ref()])).map(drop)
    }

    /// The records as the table for people.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn records_table(&self, segments: &Path) -> anyhow::Result<String> {
        self.run(["cdr".as_ref(), "list".as_ref(), "--segments".as_ref(), segments.as_os_str()])
    }

    fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a OsStr>) -> anyhow::Result<String> {
        let output = Command::new(&self.program).args(arguments).output();
        let output = output.with_context(|| format!("running {}", self.program.display()))?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "lcr-admin: {}: {}", output.status, complaint.trim());
        Ok(String::from_utf8(output.stdout)?)
    }
}
