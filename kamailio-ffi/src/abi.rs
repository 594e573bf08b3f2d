//! The exports. Each one checks its pointers and sizes, guards against panics and calls the node.

use std::ffi::c_char;

use rating_core::reject::Reason;
use rating_node::{CallError, Handle, Node, Stats, Verdict};

use crate::attestation;
use crate::decision::{self, TandemDecision};
use crate::edge::{as_bytes, bytes, check, copy_out, input, path, request};
use crate::instance;
use crate::panic::{guard, last_error};
use crate::status::TandemStatus;
use crate::types::{
    TANDEM_REASONS_MAX, TandemCall, TandemConfig, TandemDue, TandemNext, TandemSnapshot, TandemStats,
    TandemText,
};

/// Attaches the node. Once in the main process before the fork, and again in every worker; more often is
/// harmless.
///
/// # Safety
/// `config` is null or points to a `TandemConfig` whose texts are readable for their lengths.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tandem_attach(config: *const TandemConfig) -> TandemStatus {
    guard(|| {
        // SAFETY: null or valid by this function's contract.
        let config = unsafe { input(config) }?;
        // SAFETY: texts are readable by this function's contract.
        let snapshot = unsafe { path(config.snapshot, "snapshot") }?;
        // SAFETY: as above.
        let state = unsafe { path(config.state, "state") }?;
        instance::attach(snapshot, state, config.calls_max)?;
        Ok(TandemStatus::Ok)
    })
}

/// Brings near what a decision of `number` will touch: `stage` 1 on arrival, 2 a moment later, and again for an LRN
/// after its dip. Costs nothing worth saving, changes no answer; a text that is no number is no hint.
///
/// # Safety
/// `number.data` is null or readable for `number.len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tandem_hint(number: TandemText, stage: u32) -> TandemStatus {
    guard(|| {
        // SAFETY: by this function's contract.
        let number = unsafe { bytes(number) };
        instance::hint(number, stage)?;
        Ok(TandemStatus::Ok)
    })
}

/// Decides a call and takes what it needs. `TANDEM_STATUS_OK`: admitted, `decision->handle` names it.
/// `TANDEM_STATUS_REJECTED`: refused, `decision->reason` and `decision->sip_code` say why.
///
/// # Safety
/// `call` is null or points to a `TandemCall` whose texts are readable for their lengths; `decision` is null or
/// points to a `TandemDecision` that nothing else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tandem_decide(
    call: *const TandemCall,
    decision: *mut TandemDecision,
) -> TandemStatus {
    guard(|| {
        // SAFETY: null or valid by this function's contract.
        let call = unsafe { input(call) }?;
        // SAFETY: null or valid by this function's contract.
        unsafe { check(decision) }?;
        // SAFETY: texts are readable by this function's contract.
        let request = unsafe { request(call) };
        let node = instance::node()?;
        let verdict = instance::decide(&node, &instance::asked(&request)?);
        let (status, generation) = match verdict {
            Verdict::Admitted { generation, .. } => (TandemStatus::Ok, generation),
            Verdict::Rejected { generation, .. } => (TandemStatus::Rejected, generation),
        };
        let generation = node.generation(generation).unwrap_or_else(|_| node.newest());
        // SAFETY: not null, aligned and large enough: checked above; unshared by this function's contract.
        unsafe { decision.write(TandemDecision::new()) };
        // SAFETY: as above, and just written.
        let out = unsafe { &mut *decision };
        decision::write(out, &verdict, &generation);
        Ok(status)
    })
}

/// What `tandem_decide` would say now, with nothing held, counted or recorded: for people and tests. Call-ID and
/// what else names a call may be missing; a handle is not given.
///
/// # Safety
/// As for [`tandem_decide`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tandem_simulate(
    call: *const TandemCall,
    decision: *mut TandemDecision,
) -> TandemStatus {
    guard(|| {
        // SAFETY: null or valid by this function's contract.
        let call = unsafe { input(call) }?;
        // SAFETY: null or valid by this function's contract.
        unsafe { check(decision) }?;
        // SAFETY: texts are readable by this function's contract.
        let request = unsafe { request(call) };
        let (decided, generation) = instance::simulate(&request)?;
        let status = if decided.verdict.is_ok() { TandemStatus::Ok } else { TandemStatus::Rejected };
        // SAFETY: not null, aligned and large enough: checked above; unshared by this function's contract.
        unsafe { decision.write(TandemDecision::new()) };
        // SAFETY: as above, and just written.
        let out = unsafe { &mut *decision };
        decision::write_simulated(out, &decided, &generation);
        Ok(status)
    })
}

/// The leg to try now. With `failed_sip_code` 0: the leg that is admitted already. Else the current leg has
/// failed with that code, and the next one that fits is admitted. `TANDEM_STATUS_NO_LEG`: none is left, or the
/// code ends the call.
///
/// # Safety
/// `next` is null or points to a `TandemNext` that nothing else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tandem_next(
    handle: u64,
    failed_sip_code: u16,
    next: *mut TandemNext,
) -> TandemStatus {
    guard(|| {
        // SAFETY: null or valid by this function's contract.
        unsafe { check(next) }?;
        // SAFETY: not null, aligned and large enough: checked above; unshared by this function's contract.
        unsafe { next.write(TandemNext::EMPTY) };
        // SAFETY: as above, and just written.
        let out = unsafe { &mut *next };
        let dial = as_bytes(&mut out.dial_string);
        let found = instance::node()?
            .next(Handle(handle), failed_sip_code, instance::now(), dial)
            .map_err(|error| instance::failure_of(&error))?;
        let Some(leg) = found else { return Ok(TandemStatus::NoLeg) };
        out.leg = u32::from(leg.index);
        out.dial_timeout_sec = leg.dial_timeout_sec;
        out.dial_string_len = leg.dial_len as u32;
        Ok(TandemStatus::Ok)
    })
}

/// The current leg rings.
#[unsafe(no_mangle)]
pub extern "C" fn tandem_ringing(handle: u64, sip_code: u16) -> TandemStatus {
    event(|node| node.ringing(Handle(handle), sip_code, instance::now()))
}

/// The current leg answered.
#[unsafe(no_mangle)]
pub extern "C" fn tandem_answered(handle: u64, sip_code: u16) -> TandemStatus {
    event(|node| node.answered(Handle(handle), sip_code, instance::now()))
}

/// The call is over: what it holds is free. `sip_code` is the final answer of a call that was not answered; 0
/// if not known.
#[unsafe(no_mangle)]
pub extern "C" fn tandem_ended(handle: u64, sip_code: u16) -> TandemStatus {
    event(|node| node.ended(Handle(handle), sip_code, instance::now()))
}

/// What time has brought: a timer calls it every second, in one process. It extends what prepaid calls hold, and names
/// those whose dialog gets a new time-out, and those to end.
///
/// # Safety
/// `due` is null or points to a `TandemDue` that nothing else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tandem_due(due: *mut TandemDue) -> TandemStatus {
    guard(|| {
        // SAFETY: null or valid by this function's contract.
        unsafe { check(due) }?;
        let value = instance::due()?;
        // SAFETY: not null, aligned and large enough: checked above; unshared by this function's contract.
        unsafe { due.write(value) };
        Ok(TandemStatus::Ok)
    })
}

/// The call is known to live, by its dialog: what is believed of it holds for longer.
#[unsafe(no_mangle)]
pub extern "C" fn tandem_alive(handle: u64) -> TandemStatus {
    event(|node| node.alive(Handle(handle), instance::now()))
}

/// Makes a published snapshot live in all processes of the node; the one that is live already changes nothing. An
/// empty text is the path that was attached. If it is refused, what was live stays so.
///
/// # Safety
/// `snapshot.data` is null or readable for `snapshot.len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tandem_publish(snapshot: TandemText) -> TandemStatus {
    guard(|| {
        let given = if snapshot.len == 0 {
            None
        } else {
            // SAFETY: by this function's contract.
            Some(unsafe { path(snapshot, "snapshot") }?)
        };
        instance::publish(given)?;
        Ok(TandemStatus::Ok)
    })
}

/// Which snapshot is live.
///
/// # Safety
/// `snapshot` is null or points to a `TandemSnapshot` that nothing else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tandem_snapshot(snapshot: *mut TandemSnapshot) -> TandemStatus {
    guard(|| {
        // SAFETY: null or valid by this function's contract.
        unsafe { check(snapshot) }?;
        let live = instance::node()?.snapshot(instance::now().utc_ns);
        let size = size_of::<TandemSnapshot>() as u32;
        let (generation, content_id) = (live.number(), live.content_id());
        // SAFETY: not null, aligned and large enough: checked above; unshared by this function's contract.
        unsafe { snapshot.write(TandemSnapshot { size, reserved: 0, generation, content_id }) };
        Ok(TandemStatus::Ok)
    })
}

/// What the node has done and holds. Reads the whole call table: for people and metrics, not for each call.
///
/// # Safety
/// `stats` is null or points to a `TandemStats` that nothing else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tandem_stats(stats: *mut TandemStats) -> TandemStatus {
    guard(|| {
        // SAFETY: null or valid by this function's contract.
        unsafe { check(stats) }?;
        let value = stats_of(&instance::node()?.stats());
        // SAFETY: not null, aligned and large enough: checked above; unshared by this function's contract.
        unsafe { stats.write(value) };
        Ok(TandemStatus::Ok)
    })
}

/// What a call's signer claims to know of its caller (RFC 8588), out of the value of the header Identity: `A`, `B`, `C`; 0
/// for nothing that can be read. Nobody verifies it here. Needs no node.
///
/// # Safety
/// `identity.data` is null or readable for `identity.len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tandem_attestation(identity: TandemText) -> c_char {
    // SAFETY: by this function's contract.
    let identity = unsafe { bytes(identity) };
    let mut letter = 0;
    guard(|| {
        letter = attestation::read(identity).map_or(0, |claim| claim.letter() as u8);
        Ok(TandemStatus::Ok)
    });
    letter.cast_signed()
}

/// The name of a status number, as in `tandem.h` without the prefix; null for none. Lives for ever.
#[unsafe(no_mangle)]
pub extern "C" fn tandem_status_name(status: i32) -> *const c_char {
    TandemStatus::from_number(status).map_or(std::ptr::null(), |status| status.name().as_ptr())
}

/// Writes the name of a reason's number; gives its length, or 0 where there is no such reason or no room.
///
/// # Safety
/// `buffer` is null or writable for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tandem_reason_name(reason: u16, buffer: *mut c_char, len: usize) -> usize {
    let name = u8::try_from(reason).ok().and_then(Reason::from_number).map_or("", Reason::name);
    // SAFETY: by this function's contract.
    unsafe { copy_out(name, buffer, len) }
}

/// Writes the text of this thread's last failure; gives its length, or 0 where there is none or no room.
///
/// # Safety
/// `buffer` is null or writable for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tandem_last_error(buffer: *mut c_char, len: usize) -> usize {
    last_error(|text| {
        // SAFETY: by this function's contract.
        unsafe { copy_out(text, buffer, len) }
    })
}

fn event(report: impl FnOnce(&Node) -> Result<(), CallError>) -> TandemStatus {
    guard(|| {
        let node = instance::node()?;
        report(&node).map_err(|error| instance::failure_of(&error.into()))?;
        Ok(TandemStatus::Ok)
    })
}

fn stats_of(now: &Stats) -> TandemStats {
    let mut rejected_by_reason = [0; TANDEM_REASONS_MAX];
    for (reason, count) in &now.rejected {
        if let Some(cell) = rejected_by_reason.get_mut(usize::from(reason.number())) {
            *cell = *count;
        }
    }
    TandemStats {
        size: size_of::<TandemStats>() as u32,
        calls_max: now.calls_max,
        in_setup: now.in_setup,
        answered: now.answered,
        ended: now.ended,
        limits_in_use: now.gauges_held.0,
        slots_held: now.gauges_held.1,
        generation: now.generation,
        admitted: now.admitted,
        rejected: now.rejected.iter().map(|(_, count)| count).sum(),
        unrecorded: now.unrecorded,
        records_written: now.records_written,
        refresh_failures: now.refresh_failures,
        rejected_by_reason,
        snapshots_until_utc_sec: now.snapshots_until_utc_sec.unwrap_or(0),
        late_decisions: now.late_decisions,
        emergency_calls: now.emergency_calls,
        records_dropped: now.records_dropped,
        panics: now.panics,
    }
}
