//! What only the inside of a node shows.

#[path = "../../tests/common/mod.rs"]
mod common;

use common::{Caps, admitted, at, config, decide, dial, node, plan, publish};

use crate::calls::LockedCall;

#[test]
fn a_new_snapshot_is_mapped_while_somebody_looks_at_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let handle = admitted(decide(&node, "call-1", at(0)));
    let before = node.generations.load();
    publish(dir.path(), &plan(Caps { cheap_calls: Some(7), ..Caps::default() }));
    let newest = node.publish(&config(dir.path()).snapshot).unwrap();
    admitted(decide(&node, "call-2", at(1)));
    assert_eq!(node.generations.load().set().newest().number(), newest, "the next decision has mapped it");
    assert_eq!(before.set().newest().number(), newest - 1, "whoever looks at the old set goes on with it");
    assert!(dial(&node, handle, 503, at(2)).is_some_and(|dial| dial.ends_with("22:5060")));
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
