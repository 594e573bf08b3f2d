//! The state on a disk, when the power goes: what comes back is the state as the kernel had written it some seconds before,
//! while segments are there up to the last record.

mod common;

use std::path::Path;

use common::{Caps, admitted, at, config, decide, node, segments};
use rating_node::Node;
use rating_node::segments::{Reader, SegmentWriter, Sweeper, sweep};

/// Where the header has the boot id.
const BOOT_ID_AT: usize = 40;

/// The state file as the kernel has written it by now.
fn written_back(directory: &Path) -> Vec<u8> {
    std::fs::read(directory.join("state")).unwrap()
}

/// The power goes, and the machine starts again with that.
fn lose_power(directory: &Path, node: Node, mut state: Vec<u8>) {
    drop(node);
    state[BOOT_ID_AT] ^= 1;
    std::fs::write(directory.join("state"), state).unwrap();
}

fn talk(node: &Node, call_id: &str) {
    let handle = admitted(decide(node, call_id, at(0)));
    node.answered(handle, 200, at(1)).unwrap();
    node.ended(handle, 0, at(62)).unwrap();
}

/// Writes what has ended, and gives the Call-IDs of all records.
fn recorded(node: &Node, directory: &Path) -> Vec<String> {
    let mut writer = SegmentWriter::new(&segments(directory), 1, 1 << 20).unwrap();
    sweep(node, &mut Sweeper::default(), &mut writer, at(100).utc_ns).unwrap();
    let records = Reader::open(&segments(directory)).unwrap();
    let mut call_ids: Vec<_> = records.map(|record| record.unwrap().call_id).collect();
    call_ids.sort();
    call_ids
}

#[test]
fn no_call_has_the_handle_of_one_whose_entry_was_not_written_back() {
    let dir = tempfile::tempdir().unwrap();
    let before = node(dir.path(), Caps::default());
    talk(&before, "call-1");
    recorded(&before, dir.path());
    let state = written_back(dir.path());
    // In an entry that was used before, and in one that never was.
    talk(&before, "call-2");
    talk(&before, "call-3");
    assert_eq!(recorded(&before, dir.path()), ["call-1", "call-2", "call-3"]);
    lose_power(dir.path(), before, state);

    let after = Node::attach(&config(dir.path())).unwrap();
    talk(&after, "call-4");
    talk(&after, "call-5");
    assert_eq!(recorded(&after, dir.path()), ["call-1", "call-2", "call-3", "call-4", "call-5"]);
}

#[test]
fn a_call_in_an_entry_that_the_header_does_not_know_of_yet_is_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let before = node(dir.path(), Caps::default());
    let header = written_back(dir.path());
    let handle = admitted(decide(&before, "call-1", at(0)));
    before.answered(handle, 200, at(1)).unwrap();
    let mut state = written_back(dir.path());
    state[..4096].copy_from_slice(&header[..4096]);
    lose_power(dir.path(), before, state);

    let after = Node::attach(&config(dir.path())).unwrap();
    assert_eq!(recorded(&after, dir.path()), ["call-1"]);
}
