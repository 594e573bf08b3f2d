//! Another program, or another size, on a state that has calls in it: refused, with what to do.

mod common;

use common::{Caps, admitted, at, config, decide, node};
use rating_node::shm::VERSION;
use rating_node::{Config, Node};

#[test]
fn a_state_of_another_size_is_refused_and_says_how_many_calls_are_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let handle = admitted(decide(&node, "call-1", at(0)));
    let refused = Node::attach(&Config { calls_max: 128, ..config(dir.path()) }).unwrap_err().to_string();
    for part in ["holds 64 calls", "128 are asked for", "1 calls are in it", "agent --once"] {
        assert!(refused.contains(part), "{refused}");
    }
    assert!(node.ended(handle, 0, at(1)).is_ok(), "who is attached goes on");
    assert_eq!(Node::attach(&Config { calls_max: 0, ..config(dir.path()) }).unwrap().stats().calls_max, 64);
}

#[test]
fn a_state_of_another_layout_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let handle = admitted(decide(&node, "call-1", at(0)));
    for other in [VERSION - 1, VERSION + 1] {
        node.shm().header().version.set(other);
        let refused = Node::attach(&config(dir.path())).unwrap_err().to_string();
        for part in
            [&format!("has layout {other}"), &format!("this program has {VERSION}"), "until they are over"]
        {
            assert!(refused.contains(part), "{refused}");
        }
    }
    node.shm().header().version.set(VERSION);
    let other = Node::attach(&config(dir.path())).unwrap();
    assert_eq!(other.ended(handle, 0, at(1)), Ok(()), "nothing was lost");
}
