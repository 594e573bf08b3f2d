//! Records outlive whoever writes them: killed writers, torn tails, damaged bytes.

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Caps, admitted, at, config, decide, node, segments};
use rating_node::Node;
use rating_node::segments::{CallRecord, LegOutcome, Reader, SegmentWriter, Sweeper, Tail, sweep};

const CALLS: usize = 20;

/// Decides and ends calls: their entries are their records.
fn end_calls(node: &Node, prefix: &str, count: usize) {
    for call in 0..count {
        let handle = admitted(decide(node, &format!("{prefix}-{call:02}"), at(0)));
        node.answered(handle, 200, at(1)).unwrap();
        node.ended(handle, 0, at(61)).unwrap();
    }
}

fn read_all(directory: &Path) -> (Vec<CallRecord>, Reader) {
    let mut reader = Reader::open(&segments(directory)).unwrap();
    let records = reader.by_ref().collect::<Result<_, _>>().unwrap();
    (records, reader)
}

fn call_ids(records: &[CallRecord]) -> BTreeSet<String> {
    records.iter().map(|record| record.call_id.clone()).collect()
}

fn sweep_now(node: &Node, directory: &Path) -> u64 {
    let mut writer = SegmentWriter::new(&segments(directory), 1, 1 << 20).unwrap();
    sweep(node, &mut Sweeper::default(), &mut writer, at(100).utc_ns).unwrap()
}

/// The half of a sweep that comes before the entries are free; then waits to be killed.
#[test]
fn child_writes_and_waits() {
    let Some(directory) = std::env::var_os("TANDEM_TEST_CHILD") else { return };
    let directory = Path::new(&directory);
    let node = Node::attach_agent(&config(directory)).unwrap();
    let records = Sweeper::default().collect(&node, 4096);
    let bytes: Vec<_> = records.iter().map(CallRecord::encode).collect();
    let mut writer = SegmentWriter::new(&segments(directory), 1, 1 << 20).unwrap();
    writer.append(&bytes, at(90).utc_ns).unwrap();
    println!("\nwritten {}", records.len());
    let _ = std::io::stdin().read(&mut [0u8; 1]);
}

#[test]
fn killed_between_sync_and_free_nothing_is_lost_and_nothing_is_twice() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    end_calls(&node, "call", CALLS);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_writes_and_waits", "--nocapture"])
        .env("TANDEM_TEST_CHILD", dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let written = lines.map_while(Result::ok).find(|line| line.starts_with("written"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(written, Some(format!("written {CALLS}")));
    assert_eq!(node.stats().ended as usize, CALLS, "the entries were not freed");

    assert_eq!(sweep_now(&node, dir.path()), CALLS as u64);
    let (records, reader) = read_all(dir.path());
    assert_eq!((records.len(), reader.folded()), (CALLS, CALLS as u64));
    assert_eq!(call_ids(&records).len(), CALLS);
    assert_eq!(reader.torn(), []);
    assert_eq!(node.stats().ended, 0);
}

#[test]
fn a_torn_tail_is_reported_and_its_calls_are_in_the_next_segment() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    end_calls(&node, "call", 3);
    // A writer that is killed in the middle of a write leaves a prefix of what it wrote, and frees nothing.
    let bytes: Vec<_> = Sweeper::default().collect(&node, 9).iter().map(CallRecord::encode).collect();
    SegmentWriter::new(&segments(dir.path()), 1, 1 << 20).unwrap().append(&bytes, at(80).utc_ns).unwrap();
    let torn = std::fs::read_dir(segments(dir.path())).unwrap().next().unwrap().unwrap().path();
    let whole = std::fs::read(&torn).unwrap();
    sweep_now(&node, dir.path());
    let record_len = (whole.len() - 32) / 3;
    for len in 0..whole.len() {
        std::fs::write(&torn, &whole[..len]).unwrap();
        let (records, reader) = read_all(dir.path());
        assert_eq!(call_ids(&records).len(), 3, "cut to {len} bytes");
        assert_eq!(records.len(), 3);
        let at_an_end = len >= 32 && (len - 32) % record_len == 0;
        assert_eq!(reader.torn().len(), usize::from(!at_an_end), "cut to {len} bytes");
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    end_calls(&node, "call", 1);
    sweep_now(&node, dir.path());
    let (good, _) = read_all(dir.path());
    let path = std::fs::read_dir(segments(dir.path())).unwrap().next().unwrap().unwrap().path();
    let whole = std::fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        std::fs::write(&path, damaged).unwrap();
        let (records, reader) = read_all(dir.path());
        assert!(records.is_empty() && reader.torn().len() == 1, "byte {at} of {}", good.len());
    }
}

#[test]
fn records_survive_their_own_encoding() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(
        dir.path(),
        Caps { cheap_calls: Some(1), dear_calls: Some(1), trunk_calls: Some(2), ..Caps::default() },
    );
    let first = admitted(decide(&node, "call-ü", at(0)));
    let long = "x".repeat(100);
    let second = admitted(decide(&node, &long, at(0)));
    decide(&node, "rejected", at(0));
    assert_eq!(common::dial(&node, first, 503, at(0)), None, "the other route is full");
    node.ended(first, 487, at(1)).unwrap();
    node.ended(second, 0, at(1)).unwrap();
    let records = Sweeper::default().collect(&node, 9);
    assert_eq!(records.len(), 3);
    for record in &records {
        let bytes = record.encode();
        assert_eq!(CallRecord::decode(&bytes).as_ref(), Some(record));
        // A later version may say more at the end.
        assert_eq!(CallRecord::decode(&[&bytes[..], b"more"].concat()).as_ref(), Some(record));
        assert!((0..bytes.len()).all(|len| CallRecord::decode(&bytes[..len]).is_none()));
    }
    assert_eq!(records[1].call_id, long[..64]);
    assert!(records[1].call_id_cut && !records[0].call_id_cut);
    let legs: Vec<_> = records[0].legs.iter().map(|leg| (leg.route.as_str(), leg.outcome)).collect();
    assert_eq!(legs, [("cheap", LegOutcome::Tried), ("dear", LegOutcome::Skipped)]);
}

#[test]
fn segments_are_followed_by_others_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    let mut writer = SegmentWriter::new(&segments(dir.path()), 1, 500).unwrap();
    for round in 0..6 {
        end_calls(&node, &format!("round-{round}"), 2);
        sweep(&node, &mut Sweeper::default(), &mut writer, at(200).utc_ns).unwrap();
    }
    assert!(std::fs::read_dir(segments(dir.path())).unwrap().count() > 1);
    let (records, _) = read_all(dir.path());
    let ids: Vec<_> = records.iter().map(|record| &record.call_id[..7]).collect();
    assert_eq!(ids.len(), 12);
    assert!(ids.is_sorted(), "{ids:?}");
}

/// Appends a record that fits, one beside what does not fit, and one that fits again, where files end at 4096 bytes.
#[test]
fn child_appends_what_does_not_fit() {
    let Some(directory) = std::env::var_os("TANDEM_TEST_SMALL_DISK") else { return };
    let directory = Path::new(&directory);
    let record = |call: u8| std::fs::read(directory.join(format!("record-{call}"))).unwrap();
    let mut writer = SegmentWriter::new(&segments(directory), 1, 1 << 20).unwrap();
    writer.append(&[record(0)], 5).unwrap();
    writer.append(&[record(1), vec![2; 5000]], 6).unwrap_err();
    writer.append(&[record(2)], 7).unwrap();
}

/// The segments that a writer has left whose second write failed, and the three records that it was to write.
fn after_a_failed_write(directory: &Path) -> (Vec<std::path::PathBuf>, Vec<CallRecord>) {
    let node = node(directory, Caps::default());
    end_calls(&node, "call", 3);
    let records = Sweeper::default().collect(&node, 9);
    for (call, record) in records.iter().enumerate() {
        std::fs::write(directory.join(format!("record-{call}")), record.encode()).unwrap();
    }
    let child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "child_appends_what_does_not_fit"])
        .env("TANDEM_TEST_SMALL_DISK", directory)
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    let files = std::fs::read_dir(segments(directory)).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    (files, records)
}

#[test]
fn a_write_that_failed_is_cut_off_and_another_segment_begins() {
    let dir = tempfile::tempdir().unwrap();
    let (files, records) = after_a_failed_write(dir.path());
    // A head of 32 bytes, a frame of 8, a record.
    let lens: Vec<_> = files.iter().map(|file| std::fs::metadata(file).unwrap().len() as usize).collect();
    assert_eq!(lens, [&records[0], &records[2]].map(|record| 32 + 8 + record.encode().len()));
    let (read, reader) = read_all(dir.path());
    assert_eq!((read, reader.torn()), (vec![records[0].clone(), records[2].clone()], &[][..]));
}

#[test]
fn who_had_read_what_was_cut_off_reads_all_that_is_written_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let (files, records) = after_a_failed_write(dir.path());
    let mut tail = Tail::new(&segments(dir.path()));
    // A reader that was there between the write and its cut has read the second record too.
    let until = 32 + records[..2].iter().map(|record| 8 + record.encode().len()).sum::<usize>();
    tail.set(files[0].file_name().unwrap().to_str().unwrap(), until as u64);
    let piece = tail.next_piece().unwrap().expect("the third record is still to be read");
    assert_eq!(piece.records, [records[2].clone()]);
}

#[test]
fn a_segment_that_somebody_has_taken_away_is_followed_by_another() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), Caps::default());
    end_calls(&node, "call", 3);
    let records = Sweeper::default().collect(&node, 9);
    let mut writer = SegmentWriter::new(&segments(dir.path()), 1, 1 << 20).unwrap();
    let the_one = || std::fs::read_dir(segments(dir.path())).unwrap().next().unwrap().unwrap().path();
    let archived = dir.path().join("archived");
    writer.append(&[records[0].encode()], 5).unwrap();
    // Kept elsewhere, as by `mv`.
    std::fs::rename(the_one(), &archived).unwrap();
    writer.append(&[records[1].encode()], 6).unwrap();
    assert_eq!(read_all(dir.path()).0, [records[1].clone()]);
    // Gone, and another file in its place.
    std::fs::copy(the_one(), &archived).unwrap();
    let place = the_one();
    std::fs::remove_file(&place).unwrap();
    std::fs::rename(&archived, &place).unwrap();
    writer.append(&[records[2].encode()], 7).unwrap();
    assert_eq!(read_all(dir.path()).0, records[1..]);
}
