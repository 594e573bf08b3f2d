//! The process's node.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use rating_core::route::{Call, Decision, Lrn, Origin};
use rating_node::clock::monotonic_ns;
pub(crate) use rating_node::clock::now;
use rating_node::{CallRequest, Config, Due, Generation, LrnSource, Node, NodeError, Notes, Stage, Verdict};

use crate::attestation;
use crate::called_user;
use crate::dip;
use crate::panic::{Failure, complain};
use crate::status::TandemStatus;
use crate::types::{TANDEM_DUE_MAX, TandemDue, TandemDueCall, TandemDueFor};
use number_portability::dip::{By, Told, Word};

/// Read without a lock for every call.
static NODE: ArcSwapOption<Attached> = ArcSwapOption::const_empty();
/// One thread attaches at a time.
static ATTACHING: Mutex<()> = Mutex::new(());

struct Attached {
    node: Arc<Node>,
    snapshot: PathBuf,
    state: PathBuf,
    /// Who attached: a child of a fork inherits the node, but attaches for itself when it is asked to.
    pid: u32,
}

/// Attaches the node; again in the same process is harmless, and so is after a fork.
pub(crate) fn attach(snapshot: &str, state: &str, calls_max: u32) -> Result<(), Failure> {
    let config = Config { snapshot: snapshot.into(), state: state.into(), calls_max };
    let _one = ATTACHING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(before) = NODE.load().as_ref() {
        if before.snapshot != config.snapshot || before.state != config.state {
            let text =
                format!("already attached to {} and {}", before.snapshot.display(), before.state.display());
            return Err(Failure::new(TandemStatus::AttachedElsewhere, text));
        }
        if before.pid == std::process::id() {
            return Ok(());
        }
    }
    let node =
        Node::attach(&config).map_err(|error| Failure::new(TandemStatus::AttachFailed, error.to_string()))?;
    if let Some(warning) = node.warning() {
        complain(format_args!("{warning}; going on with the snapshot that is live"));
    }
    if let Some(warning) = rating_node::clock::warning() {
        complain(format_args!("{warning}"));
    }
    dip::configure()?;
    let Config { snapshot, state, .. } = config;
    NODE.store(Some(Arc::new(Attached { node: Arc::new(node), snapshot, state, pid: std::process::id() })));
    Ok(())
}

/// The node.
pub(crate) fn node() -> Result<Arc<Node>, Failure> {
    let attached = NODE.load();
    attached.as_ref().map(|attached| Arc::clone(&attached.node)).ok_or(TandemStatus::NotAttached.into())
}

/// Makes a snapshot live: that of the path, else that of the path attached.
pub(crate) fn publish(path: Option<&str>) -> Result<(), Failure> {
    let attached = NODE.load_full().ok_or(TandemStatus::NotAttached)?;
    let path = path.map_or(attached.snapshot.as_path(), Path::new);
    attached.node.publish(path).map_err(|error| failure_of(&error))?;
    Ok(())
}

/// What a worker knows of a new call. Texts are as they came; empty is "not given".
#[derive(Clone, Copy, Default)]
pub(crate) struct Request<'a> {
    pub source: &'a [u8],
    pub ani: &'a [u8],
    pub dnis: &'a [u8],
    pub ani_lrn: &'a [u8],
    pub dnis_lrn: &'a [u8],
    pub lrn_dipped: bool,
    /// What a dip of our own has found of the called number: counts before all else.
    pub dip: &'a [u8],
    /// What the call's signer claims: the header Identity, or the attestation itself.
    pub identity: &'a [u8],
    pub call_id: &'a [u8],
    pub from_tag: &'a [u8],
    pub cseq: &'a [u8],
    pub branch: &'a [u8],
}

impl<'a> Request<'a> {
    /// The LRN that the configuration has found, else the one in the number, which is always the customer's word.
    fn lrn(&self, found: &'a [u8], in_number: &'a [u8]) -> Lrn<'a> {
        match (found.is_empty(), self.lrn_dipped) {
            (true, _) => Lrn::Given(in_number),
            (false, true) => Lrn::Dipped(found),
            (false, false) => Lrn::Given(found),
        }
    }
}

/// Gives a hint of a number.
pub(crate) fn hint(number: &[u8], stage: u32) -> Result<(), Failure> {
    let stage = match stage {
        1 => Stage::Arrival,
        2 => Stage::Row,
        other => {
            let text = format!("hint: stage is {other}, should be 1 on arrival or 2 later");
            return Err(Failure::new(TandemStatus::BadArgument, text));
        }
    };
    node()?.hint(called_user::split(number).number, stage, now());
    Ok(())
}

/// Longest time of an admitted call, in seconds: the dialog's time-out. The plan's, or what a wallet holds for a prepaid
/// call (8.2).
pub(crate) fn longest_sec(verdict: &Verdict, generation: &Generation) -> u32 {
    let (is_emergency, held) = match verdict {
        Verdict::Admitted { is_emergency, held, .. } => (*is_emergency, held.as_ref()),
        Verdict::Rejected { .. } => (false, None),
    };
    let plan_sec = generation.snapshot().plan().longest_call_sec(is_emergency);
    held.map_or(plan_sec, |held| held.held_sec.min(plan_sec))
}

/// Calls that are due now.
pub(crate) fn due() -> Result<TandemDue, Failure> {
    let none = TandemDueCall { handle: 0, due_for: 0, left_sec: 0 };
    let mut found = TandemDue {
        size: size_of::<TandemDue>() as u32,
        count: 0,
        more: 0,
        reserved: 0,
        calls: [none; TANDEM_DUE_MAX],
    };
    let told = node()?.due_up_to(now(), TANDEM_DUE_MAX as u32, |handle, due| {
        let (due_for, left_sec) = match due {
            Due::Extended { left_sec } => (TandemDueFor::Extended, left_sec),
            Due::End => (TandemDueFor::End, 0),
            Due::Expired => (TandemDueFor::Expired, 0),
            Due::Ended => (TandemDueFor::Ended, 0),
        };
        if let Some(call) = found.calls.get_mut(found.count as usize) {
            *call = TandemDueCall { handle: handle.0, due_for: due_for as u32, left_sec };
            found.count += 1;
        }
    });
    found.more = u32::from(told == TANDEM_DUE_MAX as u32);
    Ok(found)
}

/// Decides a call now. (The verdict by itself: in a `Result` its legs, 1.4 KB, would be copied.)
pub(crate) fn decide(node: &Node, request: &CallRequest<'_>) -> Verdict {
    let began = now();
    let verdict = node.decide(request, began);
    node.count_latency(monotonic_ns().saturating_sub(began.monotonic_ns));
    verdict
}

/// The call as the node takes it.
pub(crate) fn asked<'a>(request: &Request<'a>) -> Result<CallRequest<'a>, Failure> {
    let told = Told::read(request.dip);
    let call = call_of(request, told)?;
    if request.call_id.is_empty() {
        return Err(Failure::new(TandemStatus::BadArgument, "call_id: missing"));
    }
    let Request { call_id, from_tag, cseq, branch, .. } = *request;
    Ok(CallRequest { call, call_id, from_tag, cseq, branch, notes: notes_of(request, told) })
}

/// What [`decide`] would say now, with nothing taken.
pub(crate) fn simulate(request: &Request<'_>) -> Result<(Decision, Arc<Generation>), Failure> {
    let call = call_of(request, Told::read(request.dip))?;
    Ok(node()?.simulate(&call, now()))
}

/// The call as core takes it, with what a dip was told of its number.
fn call_of<'a>(request: &Request<'a>, told: Option<Told>) -> Result<Call<'a>, Failure> {
    let origin = origin_of(request.source)
        .ok_or_else(|| Failure::new(TandemStatus::BadArgument, "source: not an IP address, nor user:NAME"))?;
    let called = called_user::split(request.dnis);
    let calling = called_user::split(request.ani);
    let (dipped, cic) = match told.map(|told| told.word) {
        Some(Word::Lrn(_)) => (lrn_in(request.dip), None),
        Some(Word::TollFree { cic, .. }) => (None, Some(cic)),
        None => (None, None),
    };
    Ok(Call {
        call_id: request.call_id,
        ani_lrn: request.lrn(request.ani_lrn, calling.lrn),
        dnis_lrn: dipped.map_or_else(|| request.lrn(request.dnis_lrn, called.lrn), Lrn::Dipped),
        cic,
        ..Call::new(origin, calling.number, called.number)
    })
}

/// The digits of `lrn=17205550000;by=sip`.
fn lrn_in(dip: &[u8]) -> Option<&[u8]> {
    dip.strip_prefix(b"lrn=")?.split(|byte| *byte == b';').next()
}

/// What the call's record tells beside what decides it.
fn notes_of(request: &Request<'_>, told: Option<Told>) -> Notes {
    let lrn_source = match told.map(|told| told.by) {
        Some(Some(By::File)) => LrnSource::File,
        Some(Some(By::Sip)) => LrnSource::Sip,
        Some(Some(By::Http)) => LrnSource::Http,
        Some(Some(By::Enum)) => LrnSource::Enum,
        Some(None) => LrnSource::Dip,
        None if request.lrn_dipped && !request.dnis_lrn.is_empty() => LrnSource::Dip,
        None => LrnSource::Given,
    };
    let resp_org = match told.map(|told| told.word) {
        Some(Word::TollFree { ror, .. }) => ror,
        _ => [0; 5],
    };
    let lrn_from_table = told.is_some_and(|told| told.is_kept);
    Notes { lrn_source, lrn_from_table, attestation: attestation::read(request.identity), resp_org }
}

/// An address, or `user:` and the digest user that proved who it is.
fn origin_of(source: &[u8]) -> Option<Origin<'_>> {
    if let Some(user) = source.strip_prefix(b"user:") {
        return Some(Origin::User(user));
    }
    let address = std::str::from_utf8(source).ok()?.parse::<IpAddr>().ok()?;
    Some(Origin::Source(address.to_canonical()))
}

/// The status of a node's refusal to do something.
pub(crate) fn failure_of(error: &NodeError) -> Failure {
    let status = match error {
        NodeError::Call(rating_node::CallError::Unknown) => TandemStatus::UnknownHandle,
        NodeError::Dial(Some(_)) => TandemStatus::BufferTooShort,
        _ => TandemStatus::NodeFailed,
    };
    Failure::new(status, error.to_string())
}
