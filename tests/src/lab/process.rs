//! A program that the lab started, and stops by its own id, whatever happens to the lab.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::wait;

/// A running program whose output goes to a file.
pub struct Process {
    name: String,
    child: Child,
    output: PathBuf,
}

impl Process {
    /// Starts `program`; its output goes to `<name>.out` in `dir`.
    ///
    /// `setpriv --pdeathsig` ends it also when the lab is killed and can clean up nothing.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start<S: AsRef<OsStr>>(
        name: &str,
        dir: &Path,
        program: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = S>,
        environment: &[(&str, &OsStr)],
    ) -> anyhow::Result<Process> {
        let output = dir.join(format!("{name}.out"));
        // What a process of this name printed before is history.
        let file = File::create(&output).with_context(|| format!("creating {}", output.display()))?;
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "--"])
            .arg(program.as_ref())
            .args(arguments)
            .envs(environment.iter().copied())
            .current_dir(dir)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        Ok(Process { name: name.to_owned(), child, output })
    }

    /// What it has printed so far.
    #[must_use]
    pub fn printed(&self) -> String {
        std::fs::read(&self.output)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Fails when it is no longer running, with what it printed.
    ///
    /// # Errors
    /// When it has ended.
    pub fn must_run(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => {
                anyhow::bail!("{} ended at once, {status}. It printed:\n{}", self.name, self.printed())
            }
        }
    }

    /// Its exit status, if it has ended.
    ///
    /// # Errors
    /// When the operating system cannot tell.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Asks it to end (SIGTERM) and waits for it; kills it when it does not.
    ///
    /// # Errors
    /// When it had to be killed.
    pub fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        if self.child.try_wait()?.is_none() {
            self.signal(Signal::TERM)?;
        }
        let what = format!("{} to stop", self.name);
        let stopped = wait::until(&what, || Ok(self.child.try_wait()?));
        if stopped.is_err() {
            self.child.kill()?;
            self.child.wait()?;
        }
        stopped
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        kill_process(self.pid()?, signal).with_context(|| format!("signalling {}", self.name))
    }

    /// Kills it and all that it has started, at one instant.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill_group(&mut self) -> anyhow::Result<()> {
        kill_process_group(self.pid()?, Signal::KILL)
            .with_context(|| format!("killing the processes of {}", self.name))?;
        self.child.wait()?;
        Ok(())
    }

    /// The group of its processes: its own pid.
    #[must_use]
    pub fn group(&self) -> u32 {
        self.child.id()
    }

    fn pid(&self) -> anyhow::Result<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("a pid out of range")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing to report to: the lab is going away.
        let _ = self.stop();
    }
}
