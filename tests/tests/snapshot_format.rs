//! The snapshot's format as a promise: version 4 is these bytes, and no damage to them does harm.
//!
//! `tests/format/v4.snapshot` is committed, as are files of the versions before, which are refused. After a deliberate
//! change of the format (a new version, a new file) write it anew with `TANDEM_WRITE_FIXTURE=1 cargo test -p tandem-tests --test snapshot_format`.

#[path = "../format/calls.rs"]
mod calls;
#[path = "../format/plan.rs"]
mod plan;

use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;

use calls::{CALLS, Dropped, Gauges};
use rating_core::snapshot::layout::*;
use rating_core::snapshot::verify::SnapshotError;
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write::compile;
use rating_core::trace::Silent;
use zerocopy::{FromBytes, IntoBytes};

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("format/v4.snapshot")
}

fn fixture() -> Vec<u8> {
    std::fs::read(path()).expect("tests/format/v4.snapshot is committed")
}

#[test]
fn files_of_versions_before_are_refused_by_their_number() {
    for (found, bytes) in [
        (1, &include_bytes!("../format/v1.snapshot")[..]),
        (2, include_bytes!("../format/v2.snapshot")),
        (3, include_bytes!("../format/v3.snapshot")),
    ] {
        let refused = SnapshotError::Version { found };
        assert_eq!(Snapshot::open(bytes).err(), Some(refused));
        assert_eq!(Snapshot::open_trusted(bytes).err(), Some(refused));
        let told = format!("snapshot format {found}; this program reads format 4: publish it again");
        assert_eq!(refused.to_string(), told);
    }
}

#[test]
fn compiling_the_plan_gives_the_committed_bytes() {
    let bytes = compile(&plan::plan(), plan::AT).expect("the fixture's plan has a meaning");
    if std::env::var_os("TANDEM_WRITE_FIXTURE").is_some() {
        std::fs::write(path(), &bytes).expect("the fixture can be written");
    }
    assert!(bytes.len() <= 64 * 1024, "{} bytes: the fixture shall stay small", bytes.len());
    assert!(bytes == fixture(), "the writer no longer gives the bytes of version {VERSION}");
}

#[test]
fn the_order_of_lists_does_not_change_the_bytes() {
    let mut plan = plan::plan();
    plan.accounts.reverse();
    plan.trunks.reverse();
    plan.providers.reverse();
    plan.routes.reverse();
    plan.gateways.reverse();
    plan.partitions.reverse();
    plan.partitions.iter_mut().for_each(|partition| partition.members.reverse());
    plan.decks.reverse();
    plan.decks.iter_mut().for_each(|deck| deck.versions.reverse());
    plan.decks.iter_mut().flat_map(|deck| &mut deck.versions).for_each(|version| version.rows.reverse());
    plan.numbering.reverse();
    plan.local_calling.reverse();
    assert!(compile(&plan, plan::AT).as_deref() == Ok(fixture().as_slice()));
}

#[test]
fn the_fixture_has_a_record_in_every_section_and_its_dates() {
    let bytes = fixture();
    let snapshot = Snapshot::open(&bytes).expect("the fixture opens");
    for (entry, (id, _)) in table(&bytes).iter().zip(SectionId::ALL) {
        assert!(entry.len.get() > 0, "section {id:?} is empty");
    }
    assert_eq!(snapshot.header().valid_from_utc_sec.get(), plan::AT);
    assert_eq!(snapshot.header().valid_until_utc_sec.get(), plan::UNTIL);
    // The deepest codes have nodes of their own, as have the thousands blocks.
    assert!(
        section(&bytes, SectionId::CodeNodes).len() > 44 && section(&bytes, SectionId::PlaceNodes).len() > 44
    );
}

#[test]
fn the_fixture_answers_as_worked_out_by_hand() {
    let bytes = fixture();
    let snapshot = Snapshot::open(&bytes).expect("the fixture opens");
    let live = Gauges::default();
    let mut lines = Vec::new();
    for asked in &CALLS {
        let mut dropped = Dropped::default();
        let decision = calls::ask(&snapshot, asked, &live, &mut dropped);
        calls::write_answer(&snapshot, &decision, &dropped, &mut |text| lines.extend_from_slice(text));
    }
    let lines = String::from_utf8(lines).expect("text");
    let expected = include_str!("../format/answers.txt");
    for ((line, expected), asked) in lines.lines().zip(expected.lines()).zip(&CALLS) {
        assert_eq!(line, expected, "{asked:?}");
    }
    assert_eq!(lines.lines().count(), expected.lines().count());
}

/// Ways to damage a byte. The last three hit lengths and flags that a whole flip would make absurd at once.
const DAMAGES: [fn(u8) -> u8; 6] =
    [|byte| byte ^ 0xff, |byte| byte ^ 0x01, |_| 0, |byte| byte ^ 0x80, |byte| byte.wrapping_add(2), |_| 1];

#[test]
fn every_byte_damaged_is_refused() {
    let (mut bytes, mut damaged) = (fixture(), 0);
    for at in 0..bytes.len() {
        let good = bytes[at];
        for damage in DAMAGES.map(|damage| damage(good)).into_iter().filter(|bad| *bad != good) {
            bytes[at] = damage;
            // A worker that trusts the file must survive it all the same.
            let opened = survives(&bytes, at, good, damage);
            assert!(opened.is_err(), "byte {at} changed from {good} to {damage} was not seen");
            damaged += 1;
        }
        bytes[at] = good;
    }
    assert!(damaged > 3 * bytes.len(), "only {damaged} damages tried");
}

/// The last numbers: an index, a length, the beginning of a range behind which nothing can be counted.
#[test]
fn every_word_at_its_end_is_refused() {
    let (mut bytes, good) = (fixture(), fixture());
    for at in (0..good.len() - 3).step_by(4) {
        for word in [u32::MAX, u32::MAX - 1, 1 << 31].map(u32::to_le_bytes) {
            bytes[at..at + 4].copy_from_slice(&word);
            let opened = survives(&bytes, at, good[at], word[0]);
            assert!(opened.is_err() || bytes == good, "the word at {at} was not seen");
        }
        bytes[at..at + 4].copy_from_slice(&good[at..at + 4]);
    }
}

#[test]
fn every_byte_damaged_with_right_checksums_is_refused_or_answers() {
    let (mut bytes, good_bytes) = (fixture(), fixture());
    let (mut refused, mut opened) = (0, 0);
    for at in 0..bytes.len() {
        let good = bytes[at];
        for damage in DAMAGES.map(|damage| damage(good)).into_iter().filter(|bad| *bad != good) {
            bytes[at] = damage;
            let restored = set_checksums_right(&mut bytes, at);
            match survives(&bytes, at, good, damage) {
                Ok(()) => opened += 1,
                Err(error) => {
                    let about_a_checksum =
                        matches!(error, SnapshotError::TableChecksum | SnapshotError::SectionChecksum(_));
                    assert!(
                        !about_a_checksum || is_checksum(at),
                        "byte {at}: the test must get past checksums, got {error:?}"
                    );
                    refused += 1;
                }
            }
            bytes[at] = good;
            restore(&mut bytes, &good_bytes, restored);
        }
    }
    // Both happen: the test reaches the code behind the checksums, and the verifier finds things.
    assert!(opened > 1000 && refused > 1000, "{opened} opened, {refused} refused");
}

#[test]
fn every_truncation_and_every_growth_is_refused() {
    let mut bytes = fixture();
    for len in 0..bytes.len() {
        assert!(Snapshot::open(&bytes[..len]).is_err(), "{len} bytes were enough");
        assert!(Snapshot::open_trusted(&bytes[..len]).is_err(), "{len} bytes were enough when trusted");
    }
    for extra in [1usize, 7, 44, 64, 4096] {
        bytes.resize(fixture().len() + extra, 0);
        assert!(Snapshot::open(&bytes).is_err(), "{extra} bytes more were not seen");
    }
}

#[test]
fn truncations_and_growth_that_state_their_length_do_no_harm() {
    let whole = fixture();
    for len in (size_of::<Header>()..whole.len()).chain([whole.len() + 1, whole.len() + 64]) {
        let mut bytes = whole.clone();
        bytes.resize(len, 0);
        bytes[FILE_LEN_AT..FILE_LEN_AT + 8].copy_from_slice(&(len as u64).to_le_bytes());
        set_header_checksum(&mut bytes);
        assert!(Snapshot::open(&bytes).is_err(), "{len} bytes");
    }
}

/// Opens the bytes both ways and reads everything: refused, or total answers. A panic names the byte.
fn survives(bytes: &[u8], at: usize, good: u8, bad: u8) -> Result<(), SnapshotError> {
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        if let Ok(trusted) = Snapshot::open_trusted(bytes) {
            read_everything(&trusted);
        }
        Snapshot::open(bytes).map(|_| ())
    }));
    outcome.unwrap_or_else(|_| panic!("panic with byte {at} changed from {good} to {bad}"))
}

/// Asks all calls and reads every text and every range of every record.
fn read_everything(snapshot: &Snapshot<'_>) {
    let live = Gauges::default();
    let mut silent = 0usize;
    for asked in &CALLS {
        let decision = calls::ask(snapshot, asked, &live, &mut Silent);
        silent += decision.verdict.iter().flat_map(|legs| legs.iter()).count();
    }
    assert!(silent <= CALLS.len() * rating_core::route::LEGS_MAX);
    for asked in &CALLS {
        calls::ask(snapshot, asked, &live, &mut Dropped::default());
    }
    let mut read = snapshot.text(snapshot.plan().name).len();
    let lists =
        |range| snapshot.range(snapshot.partition_lists(), range).len() + snapshot.limits_of(range).count();
    for r in snapshot.accounts() {
        read += snapshot.text(r.name).len() + lists(r.partitions) + lists(r.limits);
    }
    for r in snapshot.trunks() {
        read += snapshot.text(r.name).len() + lists(r.partitions) + lists(r.limits);
    }
    for r in snapshot.providers() {
        read += snapshot.text(r.name).len() + lists(r.limits);
    }
    for r in snapshot.routes() {
        read += snapshot.text(r.name).len() + lists(r.limits);
        read += snapshot.range(snapshot.gateways(), r.gateways).len();
    }
    for r in snapshot.gateways() {
        read +=
            [r.name, r.dial_before, r.dial_after].map(|text| snapshot.text(text).len()).iter().sum::<usize>();
    }
    for r in snapshot.partitions() {
        read += snapshot.text(r.name).len() + lists(r.limits);
        read += snapshot.range(snapshot.members(), r.members).len();
    }
    for r in snapshot.decks() {
        read += snapshot.text(r.name).len();
    }
    std::hint::black_box(read);
}

const FILE_LEN_AT: usize = 16;
const TABLE_CRC_AT: usize = 48;
const HEADER_CRC_AT: usize = 60;
const TABLE: std::ops::Range<usize> = 64..64 + 32 * SectionId::COUNT;
/// A section entry's checksum, from the entry's start.
const SECTION_CRC_AT: usize = 24;

fn table(bytes: &[u8]) -> &[SectionEntry; SectionId::COUNT] {
    <[SectionEntry; SectionId::COUNT]>::ref_from_bytes(&bytes[TABLE]).expect("a section table")
}

fn section(bytes: &[u8], id: SectionId) -> &[u8] {
    let entry = &table(bytes)[id.number() as usize];
    let from = entry.offset.get() as usize;
    &bytes[from..from + entry.len.get() as usize]
}

/// Makes the checksums right that cover byte `at`, as far as they still can be. Gives back what it changed.
fn set_checksums_right(bytes: &mut [u8], at: usize) -> Vec<usize> {
    let mut changed = Vec::new();
    // Where sections lie is read from what the file says now: a damaged table is summed as it is.
    let entries = *table(bytes);
    for (number, entry) in entries.iter().enumerate() {
        let from = entry.offset.get() as usize;
        let until = from.saturating_add(entry.len.get() as usize);
        let in_table = TABLE.contains(&at) && (at - TABLE.start) / 32 == number;
        if !(from..until).contains(&at) && !in_table {
            continue;
        }
        if let Some(content) = bytes.get(from..until) {
            let sum = crc32(content);
            let place = TABLE.start + 32 * number + SECTION_CRC_AT;
            put(bytes, place, sum, at, &mut changed);
        }
    }
    let sum = crc32(&bytes[TABLE]);
    put(bytes, TABLE_CRC_AT, sum, at, &mut changed);
    let sum = crc32(&bytes[..HEADER_CRC_AT]);
    put(bytes, HEADER_CRC_AT, sum, at, &mut changed);
    changed
}

/// Whether a byte is part of the table's or a section's checksum.
fn is_checksum(at: usize) -> bool {
    let in_entry = (at.wrapping_sub(TABLE.start) % 32).wrapping_sub(SECTION_CRC_AT);
    (TABLE_CRC_AT..TABLE_CRC_AT + 4).contains(&at) || (TABLE.contains(&at) && in_entry < 4)
}

fn set_header_checksum(bytes: &mut [u8]) {
    let sum = crc32(&bytes[..HEADER_CRC_AT]);
    bytes[HEADER_CRC_AT..HEADER_CRC_AT + 4].copy_from_slice(sum.as_bytes());
}

fn put(bytes: &mut [u8], place: usize, sum: u32, damaged: usize, changed: &mut Vec<usize>) {
    // The damaged byte itself stays damaged, also where it is part of a checksum.
    for (at, byte) in (place..).zip(sum.to_le_bytes()).filter(|(at, _)| *at != damaged) {
        bytes[at] = byte;
        changed.push(at);
    }
}

fn restore(bytes: &mut [u8], good: &[u8], changed: Vec<usize>) {
    changed.into_iter().for_each(|at| bytes[at] = good[at]);
}

/// CRC-32 (IEEE 802.3), apart from the one that the format's code uses.
fn crc32(bytes: &[u8]) -> u32 {
    static TABLE: std::sync::LazyLock<[u32; 256]> = std::sync::LazyLock::new(|| {
        std::array::from_fn(|byte| {
            (0..8).fold(byte as u32, |sum, _| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 })
        })
    });
    !bytes.iter().fold(!0, |sum, byte| TABLE[usize::from(sum as u8 ^ byte)] ^ (sum >> 8))
}

#[test]
fn the_tests_own_checksum_is_the_formats() {
    // The check value of CRC-32/ISO-HDLC.
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
}

/// The page for strangers has every section with its number and size, and every record's fields fill the record.
#[test]
fn the_page_for_strangers_is_in_step() {
    let page = include_str!("../../docs/SNAPSHOT_FORMAT.md");
    let sections = page.split("\n### Sections\n").nth(1).expect("the list of sections");
    for (id, record_len) in SectionId::ALL {
        let row = sections
            .lines()
            .find(|line| line.starts_with(&format!("| {} | ", id.number())) && line.contains(", "));
        let row = row.unwrap_or_else(|| panic!("section {id:?} is not on the page"));
        let size = row.split('|').nth(3).and_then(|cell| cell.rsplit(", ").next()).map(str::trim);
        assert_eq!(size, Some(record_len.to_string().as_str()), "{id:?}: {row}");
    }
    let records = page.split("\n## ").flat_map(|chapter| chapter.split("\n### ").skip(1));
    for title in records.filter(|section| section.contains("| at | type |")) {
        let mut at = 0;
        for field in title.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| at")) {
            let cells: Vec<&str> = field.split('|').map(str::trim).collect();
            assert_eq!(cells[1], at.to_string(), "{field}");
            at += bytes_of(cells[2]);
        }
        let stated = title.split(['(', ')']).nth(1).and_then(|size| size.parse().ok());
        let name = title.lines().next().unwrap_or_default();
        assert!(stated.is_none_or(|stated: usize| stated == at), "{name}: the fields make {at} bytes");
    }
}

fn bytes_of(kind: &str) -> usize {
    match kind {
        "`u8`" => 1,
        "`u16`" => 2,
        "`u32`" | "`i32`" => 4,
        "`u64`" | "`i64`" | "`StrRef`" | "`Range`" => 8,
        "`Screening`" => 48,
        "`u128`" => 16,
        list if list.contains(" × ") => {
            let (count, kind) = list.split_once(" × ").expect("just seen");
            count.parse::<usize>().expect(list) * bytes_of(kind)
        }
        bytes => bytes.strip_suffix(" bytes").and_then(|count| count.parse().ok()).expect(kind),
    }
}
