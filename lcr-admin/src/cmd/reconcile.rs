//! `reconcile`: the node's live calls against Kamailio's dialogs.
//!
//! The node's calls are read first, then Kamailio is asked for its dialogs. A call that has no dialog is lost: nobody
//! will report its end. `--repair` ends it, billed to when it was last known alive, and renews the leases of those that
//! have one, which is what keeps that moment near. A call that is a few seconds old may not have its dialog yet, and is
//! left alone. A dialog without a call is told, and is Kamailio's to end.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rating_node::watch::{LiveCall, Watcher};
use rating_node::{CallError, Handle, Node};
use serde_json::json;

use crate::clock;
use crate::output::{self, Output, say};

mod dialogs;
mod kamailio;

use dialogs::Dialog;

/// Calls that were decided so shortly before the dialogs were listed may not have one yet.
const YOUNG_NS: i64 = 10_000_000_000;
/// What the node keeps of a Call-ID.
const CALL_ID_KEPT: usize = 64;

/// Arguments of `reconcile`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The node's state file, that of Kamailio's workers.
    #[arg(long, value_name = "PATH")]
    state: PathBuf,
    /// Kamailio's control socket, as `kamcmd -s` takes it; by default kamcmd's own.
    #[arg(long, value_name = "SOCKET")]
    ctl: Option<String>,
    /// The dialogs in a file, as `dlg.dump_file` writes them or `dlg.list` answers, instead of asking.
    #[arg(long, value_name = "FILE", conflicts_with = "ctl")]
    dialogs: Option<PathBuf>,
    /// End the calls that have no dialog, and renew the leases of those that have one.
    #[arg(long)]
    repair: bool,
}

/// Runs the command.
///
/// # Errors
/// If the node or Kamailio cannot be asked, or a call cannot be changed.
pub fn run(args: Args, output: Output) -> anyhow::Result<()> {
    let calls = Watcher::open(&args.state).context("looking into the node's state")?.calls();
    let (dialogs, listed_ns) = dialogs_of(&args)?;
    let found = Found::of(&calls, &dialogs, listed_ns);
    let repaired = if args.repair { Some(repair(&args, &found)?) } else { None };
    match output {
        Output::Json => Output::print_json(&json!({
            "calls": calls.len(),
            "dialogs": dialogs.len(),
            "matched": found.matched.len(),
            "young": found.young,
            "lost": found.lost.iter().map(|call| call_json(call)).collect::<Vec<_>>(),
            "unknown_dialogs": found.unknown.iter().map(|dialog| &dialog.call_id).collect::<Vec<_>>(),
            "ended": repaired.as_ref().map(|repaired| repaired.ended),
            "renewed": repaired.as_ref().map(|repaired| repaired.renewed),
        }))?,
        Output::Human => print(&found, repaired.as_ref()),
    }
    Ok(())
}

/// What was found and changed in a node that is looked after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Done {
    /// Calls that had no dialog, and were ended.
    pub ended: u64,
    /// Dialogs that have no call.
    pub unknown_dialogs: usize,
}

/// Asks Kamailio for its dialogs, ends the calls that have none and renews the leases of the others.
///
/// # Errors
/// If the node or Kamailio cannot be asked; then nothing is changed.
pub(super) fn repair_live(state: &Path, ctl: Option<&str>) -> anyhow::Result<Done> {
    let args = Args { state: state.to_owned(), ctl: ctl.map(str::to_owned), dialogs: None, repair: true };
    let calls = Watcher::open(state).context("looking into the node's state")?.calls();
    let (dialogs, listed_ns) = dialogs_of(&args)?;
    let found = Found::of(&calls, &dialogs, listed_ns);
    let ended = repair(&args, &found)?.ended;
    Ok(Done { ended, unknown_dialogs: found.unknown.len() })
}

/// Kamailio's dialogs, and when they were asked for.
fn dialogs_of(args: &Args) -> anyhow::Result<(Vec<Dialog>, i64)> {
    let Some(path) = &args.dialogs else {
        let asked_ns = clock::now().utc_ns;
        return Ok((kamailio::dialogs(&args.state, args.ctl.as_deref())?, asked_ns));
    };
    let reading = || format!("dialogs {}", path.display());
    let text = std::fs::read_to_string(path).with_context(reading)?;
    anyhow::ensure!(!text.trim().is_empty(), "dialogs {}: empty; a list of none is []", path.display());
    let written = std::fs::metadata(path).and_then(|meta| meta.modified()).with_context(reading)?;
    let written_ns = written.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_nanos();
    let listed_ns = i64::try_from(written_ns).unwrap_or(i64::MAX);
    Ok((dialogs::read(&text).with_context(reading)?, listed_ns))
}

/// What the comparison has found.
struct Found<'a> {
    /// Calls whose dialogs live.
    matched: Vec<&'a LiveCall>,
    /// Calls that have no dialog.
    lost: Vec<&'a LiveCall>,
    /// Calls without a dialog that are too young to say.
    young: usize,
    /// Dialogs that live and have no call.
    unknown: Vec<&'a Dialog>,
}

impl<'a> Found<'a> {
    fn of(calls: &'a [LiveCall], dialogs: &'a [Dialog], listed_ns: i64) -> Found<'a> {
        let by_handle: HashMap<_, _> =
            dialogs.iter().filter_map(|dialog| Some((dialog.handle.clone()?, dialog))).collect();
        // A dialog that does not say whose it is is known by its Call-ID.
        let by_call_id: HashMap<_, _> = dialogs
            .iter()
            .filter(|dialog| dialog.handle.is_none())
            .map(|dialog| (kept(dialog), dialog))
            .collect();
        let mut found = Found { matched: Vec::new(), lost: Vec::new(), young: 0, unknown: Vec::new() };
        for call in calls {
            let dialog =
                by_handle.get(&call.handle.to_string()).or_else(|| by_call_id.get(call.call_id.as_slice()));
            match dialog {
                Some(dialog) if dialog.is_alive() => found.matched.push(call),
                // It is over, and its end is on the way.
                Some(_) => {}
                None if call.decided_ns > listed_ns.saturating_sub(YOUNG_NS) => found.young += 1,
                None => found.lost.push(call),
            }
        }
        let handles: HashSet<_> = calls.iter().map(|call| call.handle.to_string()).collect();
        let call_ids: HashSet<_> = calls.iter().map(|call| call.call_id.as_slice()).collect();
        let is_unknown = |dialog: &&Dialog| match &dialog.handle {
            _ if !dialog.is_alive() => false,
            Some(handle) => !handles.contains(handle),
            None => !call_ids.contains(kept(dialog)),
        };
        found.unknown = dialogs.iter().filter(is_unknown).collect();
        found
    }
}

/// A dialog's Call-ID, as far as the node keeps one.
fn kept(dialog: &Dialog) -> &[u8] {
    let bytes = dialog.call_id.as_bytes();
    &bytes[..bytes.len().min(CALL_ID_KEPT)]
}

/// What was changed.
struct Repaired {
    ended: u64,
    renewed: u64,
}

fn repair(args: &Args, found: &Found<'_>) -> anyhow::Result<Repaired> {
    let node = Node::attach_live(&args.state)?;
    let now = clock::now();
    let count = |calls: &[&LiveCall], change: &dyn Fn(Handle) -> Result<(), CallError>| {
        let changes = calls.iter().map(|call| match change(call.handle) {
            Ok(()) => Ok(1),
            // It has ended meanwhile, and is written.
            Err(CallError::Unknown) => Ok(0),
            Err(error) => Err(anyhow::anyhow!("call {}: {error}", call.handle)),
        });
        changes.sum::<anyhow::Result<u64>>()
    };
    let renewed = count(&found.matched, &|handle| node.alive(handle, now))?;
    let ended = count(&found.lost, &|handle| node.end_lost(handle))?;
    Ok(Repaired { ended, renewed })
}

fn call_json(call: &LiveCall) -> serde_json::Value {
    json!({
        "handle": call.handle.to_string(),
        "call_id": String::from_utf8_lossy(&call.call_id),
        "answered": call.is_answered,
        "decided_at": time_of(call.decided_ns),
        "alive_at": time_of(call.alive_ns),
    })
}

fn time_of(utc_ns: i64) -> String {
    jiff::Timestamp::from_nanosecond(utc_ns.into()).map_or_else(|_| utc_ns.to_string(), |at| at.to_string())
}

fn print(found: &Found<'_>, repaired: Option<&Repaired>) {
    if !found.lost.is_empty() {
        let mut table =
            output::table(&["call without a dialog", "Call-ID", "state", "decided", "last known alive"]);
        for call in &found.lost {
            table.add_row([
                call.handle.to_string(),
                output::printable(&String::from_utf8_lossy(&call.call_id)),
                if call.is_answered { "answered" } else { "in set-up" }.to_owned(),
                time_of(call.decided_ns),
                time_of(call.alive_ns),
            ]);
        }
        say!("{table}");
    }
    for dialog in &found.unknown {
        say!("dialog without a call: {}", output::printable(&dialog.call_id));
    }
    say!(
        "{} calls have their dialogs, {} have none, {} are too young to say; {} dialogs have no call",
        found.matched.len(),
        found.lost.len(),
        found.young,
        found.unknown.len()
    );
    match repaired {
        Some(repaired) => say!("{} calls ended, {} leases renewed", repaired.ended, repaired.renewed),
        None if !found.lost.is_empty() => {
            say!("nothing is changed; --repair ends the calls without a dialog")
        }
        None => {}
    }
}
