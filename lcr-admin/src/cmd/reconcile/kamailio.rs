//! Kamailio's dialogs, asked for through its control socket.
//!
//! `kamcmd` reads an answer of 128 KB at most, about a hundred dialogs. So Kamailio writes them into a file beside the
//! state, `dlg.dump_file`, however many there are. It does not say whether it could; what it has written is counted
//! against what it has, before and after.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use super::dialogs::{self, Dialog};

/// How often it is asked, where dialogs come and go so fast that the counts do not agree.
const TRIES: usize = 5;

/// All dialogs of a Kamailio.
///
/// # Errors
/// If it does not answer, or has written fewer than it has.
pub(super) fn dialogs(state: &Path, ctl: Option<&str>) -> anyhow::Result<Vec<Dialog>> {
    let directory = state.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for _ in 0..TRIES {
        let before = active(ctl)?;
        let dialogs = written(directory, ctl)?;
        let after = active(ctl)?;
        if dialogs.iter().filter(|dialog| dialog.is_alive()).count() >= before.min(after) {
            return Ok(dialogs);
        }
    }
    anyhow::bail!(
        "Kamailio has written fewer dialogs than it has into a file in {}: is it this user's, and is there room?",
        directory.display()
    )
}

/// What it writes into a file that only this user, and so it must be Kamailio's, can read.
fn written(directory: &Path, ctl: Option<&str>) -> anyhow::Result<Vec<Dialog>> {
    let making = || format!("making a file for dialogs in {}", directory.display());
    let file = tempfile::Builder::new().prefix(".dialogs-").tempfile_in(directory).with_context(making)?;
    // Kamailio has a working directory of its own.
    let path = std::path::absolute(file.path()).with_context(making)?;
    let path = path.to_str().context("the state's directory has a name that is no text")?;
    kamcmd(ctl, &["dlg.dump_file", path])?;
    let text = std::fs::read_to_string(file.path()).context("reading what Kamailio has written")?;
    dialogs::read(&text).context("kamcmd dlg.dump_file")
}

/// How many dialogs live.
fn active(ctl: Option<&str>) -> anyhow::Result<usize> {
    let said = kamcmd(ctl, &["dlg.stats_active"])?;
    let all = said.lines().find_map(|line| line.trim().strip_prefix("all:")?.trim().parse().ok());
    all.with_context(|| format!("kamcmd dlg.stats_active says nothing of all dialogs: {}", said.trim()))
}

fn kamcmd(ctl: Option<&str>, request: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new("kamcmd");
    if let Some(socket) = ctl {
        command.args(["-s", socket]);
    }
    let output =
        command.args(request).output().context("running kamcmd; or give the dialogs with --dialogs")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "kamcmd {}: {}", request.join(" "), complaint.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
