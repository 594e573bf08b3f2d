//! What only the inside of a node shows.

#[path = "../../tests/common/mod.rs"]
mod common;

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use common::{Caps, admitted, at, decide, dial, node};

use crate::calls::LockedCall;

#[test]
fn a_next_leg_waits_for_its_snapshot_without_holding_its_call() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let handle = admitted(decide(&node, "call-1", at(0)));
    // Somebody is putting a new snapshot in place: all who look for one wait.
    let mapping = node.generations.write().unwrap_or_else(PoisonError::into_inner);
    std::thread::scope(|scope| {
        let next = scope.spawn(|| dial(&node, handle, 503, at(1)));
        let until = Instant::now() + Duration::from_millis(200);
        while Instant::now() < until {
            LockedCall::lock(node.calls(), handle).expect("nobody holds the call");
            std::thread::yield_now();
        }
        drop(mapping);
        assert!(next.join().unwrap().is_some_and(|dial| dial.ends_with("22:5060")));
    });
}

/// Its seat is not its parent's, which lives.
#[test]
fn a_child_of_a_fork_that_dies_inside_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let handle = admitted(decide(&node, "call-1", at(0)));
    // SAFETY: the child calls nothing but what needs no lock that another thread may have had, and leaves at once.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let call = LockedCall::lock(node.calls(), handle);
        std::mem::forget(call);
        // SAFETY: ends the process, whatever its state.
        unsafe { libc::_exit(0) };
    }
    let child = rustix::process::Pid::from_raw(child).unwrap();
    rustix::process::waitpid(Some(child), rustix::process::WaitOptions::empty()).unwrap();
    assert!(node.repair_dead().unwrap(), "a dead process was inside");
    assert!(!node.repair_dead().unwrap(), "it is repaired");
    LockedCall::lock(node.calls(), handle).expect("its lock is off");
}
