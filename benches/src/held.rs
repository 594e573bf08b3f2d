//! A million calls at once: what they take of memory, whether limits are still exact, and whether deciding and ending
//! another takes longer than in an empty table.

use anyhow::{Context, ensure};
use rating_node::segments::Sweeper;
use rating_node::{Handle, Node};

use crate::node::{admit, attach, directory, now};
use crate::rounds::{median, ns_each};

/// Calls that are held.
pub const CALLS: u32 = 1_000_000;
/// Entries that are no call's but an emergency's: the last 1/128.
const CALLS_MAX: u32 = CALLS + CALLS / 100;
/// Calls of one round.
const TIMES: usize = 2000;
const ROUNDS: usize = 15;

/// What was found.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// Calls at once, every limit exact.
    pub calls_held: u64,
    /// Bytes of the state file for each.
    pub bytes_per_call: f64,
    /// Nanoseconds to decide and admit a call in an empty table, and beside all these.
    pub decide_ns: [f64; 2],
    /// Nanoseconds to end one that was just decided, likewise.
    pub end_ns: [f64; 2],
    /// Nanoseconds to end any of those that are held, whose entry no cache has.
    pub end_any_ns: f64,
}

/// Measures.
///
/// # Errors
/// If a call is refused that has room, or a limit is not exact.
pub fn measure() -> anyhow::Result<Held> {
    let dir = directory()?;
    let node = attach(dir.path(), CALLS_MAX)?;
    let mut numbers = 0..;
    let empty = rounds(&node, &mut numbers)?;
    let mut held = Vec::with_capacity(CALLS as usize);
    for number in (&mut numbers).take(CALLS as usize) {
        held.push(admit(&node, number)?);
    }
    let calls_held = exact(&node)?;
    let full = rounds(&node, &mut numbers)?;
    let end_any_ns = end_any(&node, &mut held)?;
    ensure!(exact(&node)? == held.len() as u64, "calls that were ended are held");
    Ok(Held {
        calls_held,
        bytes_per_call: file_len(dir.path())? as f64 / f64::from(CALLS_MAX) - fixed_bytes()?,
        decide_ns: [empty[0], full[0]],
        end_ns: [empty[1], full[1]],
        end_any_ns,
    })
}

/// Calls held, if every gauge is what the entries hold, and the account's is all of them.
fn exact(node: &Node) -> anyhow::Result<u64> {
    let held = u64::from(node.stats().calls_held());
    let off = node.gauges_off();
    ensure!(off.is_empty(), "gauges are not what calls hold: {off:?}");
    ensure!(node.stats().gauges_held.1 == 3 * held, "account, trunk and route are held by each call");
    Ok(held)
}

/// Decides calls and ends them; nanoseconds of each.
fn rounds(node: &Node, numbers: &mut impl Iterator<Item = u64>) -> anyhow::Result<[f64; 2]> {
    let (mut decided, mut ended) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        let asked: Vec<u64> = numbers.take(TIMES).collect();
        let mut handles = Vec::with_capacity(TIMES);
        decided.push(ns_each(TIMES, |_| {
            handles.extend(asked.iter().filter_map(|number| admit(node, *number).ok()));
            handles.len() as u64
        }));
        ensure!(handles.len() == TIMES, "calls were refused");
        ended.push(end(node, &handles)?);
    }
    Ok([median(decided), median(ended)])
}

/// Ends calls, and frees their entries, which takes no part of the time.
fn end(node: &Node, handles: &[Handle]) -> anyhow::Result<f64> {
    let mut refused = 0;
    let ns = ns_each(handles.len(), |_| {
        refused = handles.iter().filter(|handle| node.ended(**handle, 200, now()).is_err()).count();
        refused as u64
    });
    ensure!(refused == 0, "ends were refused");
    Sweeper::free(node, handles.iter().copied());
    Ok(ns)
}

/// Ends calls from all over the table.
fn end_any(node: &Node, held: &mut Vec<Handle>) -> anyhow::Result<f64> {
    let mut times = vec![];
    for _ in 0..ROUNDS {
        // A stride that is no power of two: neighbours in time are none in the table.
        let any = (0..TIMES).map(|at| held.swap_remove((at * 7919 * 61) % held.len())).collect::<Vec<_>>();
        times.push(end(node, &any)?);
    }
    Ok(median(times))
}

fn file_len(directory: &std::path::Path) -> anyhow::Result<u64> {
    Ok(std::fs::metadata(directory.join("state")).context("the state file")?.len())
}

/// What a state file has beside its calls, for each of so many.
fn fixed_bytes() -> anyhow::Result<f64> {
    let dir = directory()?;
    drop(attach(dir.path(), 1)?);
    Ok(file_len(dir.path())? as f64 / f64::from(CALLS_MAX))
}
