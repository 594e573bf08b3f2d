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
