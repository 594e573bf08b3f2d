//! Deciding, admitting and ending calls of one account, trunk and route, by one, two and four processes at once: all of
//! them change the same three limits with each call.
//!
//! The processes are this program again: see [`run_as_process`].

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::node::{admit, attach, directory, now};
use crate::rounds::ns_each;

/// How many processes, in turn.
pub const PROCESSES: [usize; 3] = [1, 2, 4];
/// Calls of each process.
const CALLS: usize = 50_000;
const CALLS_MAX: u32 = 400_000;
const JOB: &str = "TANDEM_HOT_LIMIT";

/// Nanoseconds of a processor for each call, as so many processes work at once.
///
/// # Errors
/// If one of them fails.
pub fn measure(processes: usize) -> anyhow::Result<f64> {
    let dir = directory()?;
    let node = attach(dir.path(), CALLS_MAX)?;
    let start = |process: usize| {
        let job = format!("{process} {}", dir.path().display());
        Command::new(std::env::current_exe()?).env(JOB, job).stdout(Stdio::piped()).spawn()
    };
    let children = (0..processes).map(start).collect::<Result<Vec<_>, _>>()?;
    let mut sum = 0.0;
    for child in children {
        let output = child.wait_with_output()?;
        ensure!(output.status.success(), "a process failed");
        sum += String::from_utf8(output.stdout)?.trim().parse::<f64>().context("its time")?;
    }
    ensure!(node.gauges_off().is_empty() && node.stats().gauges_held == (0, 0), "the limits are not at rest");
    Ok(sum / processes as f64)
}

/// Does the work of one of the processes, if this program was started as one: then it prints its time, and is done.
///
/// # Errors
/// If a call is refused.
pub fn run_as_process() -> anyhow::Result<bool> {
    let Ok(job) = std::env::var(JOB) else { return Ok(false) };
    let (process, directory) = job.split_once(' ').context("a number and a directory")?;
    let node = attach(std::path::Path::new(directory), CALLS_MAX)?;
    let first = (process.parse::<u64>()? + 1) << 32;
    let mut refused = 0;
    let ns = ns_each(CALLS, |times| {
        for number in first..first + times as u64 {
            let ended = admit(&node, number).is_ok_and(|handle| node.ended(handle, 200, now()).is_ok());
            refused += u64::from(!ended);
        }
        refused
    });
    ensure!(refused == 0, "calls were refused");
    println!("{ns}");
    Ok(true)
}
