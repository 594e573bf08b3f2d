//! Putting right what a death has left, by who attaches alone.
//!
//! Every worker holds a shared lock on the state file as long as it lives, children through their parents'
//! descriptor too. Who gets it exclusively is alone: Kamailio dies as a whole, so this is the common case. Then
//! calls that were being decided never were, half-made changes are finished or dropped, tags and the free list
//! are made new, and every gauge is counted from the entries. The agent changes no gauge and holds no such
//! lock; its sweeps are kept out by their own.
//!
//! Calls in set-up end here: Kamailio's transactions died with it, so nobody would ever say what became of
//! them. Answered calls go on across a restart, because dialogs may come back. They do not go on across a
//! reboot: then they end at the last moment that anything in the state was alive.

use rustix::fs::FlockOperation;

use crate::calls::State;
use crate::calls::entry::Entry;
use crate::segments::sweep::SweepLock;
use crate::shm::{AttachLock, Shm, boot_id, utc_now_ns};

/// Repairs the state if nobody else is attached, then holds the state's lock with all others.
///
/// # Errors
/// What the operating system says.
pub(crate) fn attach_worker(shm: &Shm, lock: &AttachLock) -> std::io::Result<()> {
    let alone = rustix::fs::flock(shm.file(), FlockOperation::NonBlockingLockExclusive).is_ok();
    if alone {
        let _sweep = SweepLock::take(shm.path())?;
        repair(shm, lock, utc_now_ns());
    }
    // The attach lock keeps others from coming between, where this gives up exclusiveness.
    Ok(rustix::fs::flock(shm.file(), FlockOperation::LockShared)?)
}

fn repair(shm: &Shm, _lock: &AttachLock, now_utc_ns: i64) {
    let boot = boot_id();
    let known = &shm.header().boot_id;
    let rebooted = [known[0].get(), known[1].get()] != boot;
    let calls = shm.calls();
    if rebooted {
        let last_alive_ns = last_alive_ns(shm);
        calls.rebuild(|_, _| Some(last_alive_ns));
        shm.limits().rest_cps();
        // Last: a start that dies on the way is followed by one that still knows.
        known.iter().zip(boot).for_each(|(cell, half)| cell.set(half));
    } else {
        calls.rebuild(|_: &Entry, state| (state != State::Answered).then_some(now_utc_ns));
    }
    let alive = calls.used().filter(|(_, state, _)| state.is_alive());
    shm.limits().recount(alive.flat_map(|(entry, ..)| entry.held_slots()));
}

/// The last moment that the state shows: the agent's last round, or an event of a call.
fn last_alive_ns(shm: &Shm) -> i64 {
    let events = shm.calls().used().filter(|(_, state, _)| *state != State::Free);
    let last_event_ns = events.map(|(entry, ..)| entry.last_event_ns()).max().unwrap_or(0);
    last_event_ns.max(shm.header().last_round_ns.get_signed())
}
