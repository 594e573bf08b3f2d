//! A node over a small plan with limits of account, trunk and route, on a state file in memory.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use anyhow::bail;
use rating_core::live::Now;
use rating_core::plan::{Limits, Plan};
use rating_core::route::{Call, Origin};
use rating_core::snapshot::write::compile;
use rating_node::{CallRequest, Config, Handle, Node, Verdict};
use tandem_tests::small::{AT, three};
use tempfile::TempDir;

/// A directory in memory (`/dev/shm`) where there is that.
///
/// # Errors
/// What the operating system says.
pub fn directory() -> anyhow::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    Ok(if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }?)
}

/// Three routes to all of the US; account, trunk and routes have caps that are never reached.
fn plan() -> Plan {
    let limits = || Limits { concurrent_calls_max: Some(4_000_000), ..Limits::default() };
    let mut plan = three();
    plan.accounts[0].limits = limits();
    plan.trunks[0].limits = limits();
    plan.routes.iter_mut().for_each(|route| route.limits = limits());
    plan
}

/// The node in a directory; made if it is not there.
///
/// # Errors
/// If it cannot be attached.
pub fn attach(directory: &Path, calls_max: u32) -> anyhow::Result<Node> {
    let snapshot: PathBuf = directory.join("snapshot");
    if !snapshot.exists() {
        std::fs::write(&snapshot, compile(&plan(), AT)?)?;
    }
    Ok(Node::attach(&Config { snapshot, state: directory.join("state"), calls_max })?)
}

/// The instant of all calls.
#[must_use]
pub fn now() -> Now {
    Now { utc_ns: AT * 1_000_000_000, monotonic_ns: 1_000_000_000 }
}

/// Decides a call and admits it.
///
/// # Errors
/// If it is refused.
pub fn admit(node: &Node, number: u64) -> anyhow::Result<Handle> {
    let call_id = number.to_le_bytes();
    let origin = Origin::Source(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10)));
    let call = Call { call_id: &call_id, ..Call::new(origin, b"13035550100", b"12125550123") };
    let request = CallRequest {
        call,
        call_id: &call_id,
        from_tag: b"tag",
        cseq: b"1",
        branch: b"z9hG4bK",
        notes: Default::default(),
    };
    match node.decide(&request, now()) {
        Verdict::Admitted { handle, .. } => Ok(handle),
        Verdict::Rejected { reject, .. } => bail!("call {number} was refused: {}", reject.reason),
    }
}
