//! Putting right what a death has left, by who attaches alone.
//!
//! Every worker holds a shared lock on the state file as long as it lives, children through their parents'
//! descriptor too. Who gets it exclusively is alone: Kamailio dies as a whole, so this is the common case. Then
//! calls that were being decided never were, half-made changes are finished or dropped, tags and the free list
//! are made new, and every gauge is counted from the entries. The agent changes no gauge and holds no such
//! lock; its sweeps are kept out by their own.
//!
//! It will not end calls: those in progress go on across a restart.

use rustix::fs::FlockOperation;

use crate::segments::sweep::SweepLock;
use crate::shm::{AttachLock, Shm, boot_id};

/// Repairs the state if nobody else is attached, then holds the state's lock with all others.
///
/// # Errors
/// What the operating system says.
pub(crate) fn attach_worker(shm: &Shm, lock: &AttachLock) -> std::io::Result<()> {
    let alone = rustix::fs::flock(shm.file(), FlockOperation::NonBlockingLockExclusive).is_ok();
    if alone {
        let _sweep = SweepLock::take(shm.path())?;
        repair(shm, lock);
    }
    // The attach lock keeps others from coming between, where this gives up exclusiveness.
    Ok(rustix::fs::flock(shm.file(), FlockOperation::LockShared)?)
}

fn repair(shm: &Shm, _lock: &AttachLock) {
    let boot = boot_id();
    let known = &shm.header().boot_id;
    if [known[0].get(), known[1].get()] != boot {
        shm.limits().rest_cps();
        known.iter().zip(boot).for_each(|(cell, half)| cell.set(half));
    }
    let calls = shm.calls();
    calls.rebuild();
    let alive = calls.used().filter(|(_, state, _)| state.is_alive());
    shm.limits().recount(alive.flat_map(|(entry, ..)| entry.held_slots()));
}
