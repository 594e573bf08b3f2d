//! A damaged snapshot: opening it refuses it or makes it safe, and every call that is asked of it is answered, whether
//! it was verified or not. Neither panics, hangs or reads outside.
//!
//! The input says what is changed in a good snapshot, whether its checksums are made right again, and which call is
//! asked. So the fuzzer works on what checksums would hide.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rating_core::candidates::Candidate;
use rating_core::class::AniClass;
use rating_core::jurisdiction::Jurisdiction;
use rating_core::live::{Now, Unused};
use rating_core::money::Nano;
use rating_core::reject::{Reason, Reject};
use rating_core::route::{Call, Legs, Lrn, Origin, decide};
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write::compile;
use rating_core::trace::{Silent, Trace};
use tandem_fuzz::Input;

#[path = "../../tests/format/plan.rs"]
mod plan;

static GOOD: LazyLock<Vec<u8>> =
    LazyLock::new(|| compile(&plan::plan(), plan::AT).expect("the fixture compiles"));

fuzz_target!(|data: &[u8]| {
    let mut input = Input::new(data);
    let bytes = damaged(&mut input);
    let rest = input.take(usize::MAX);
    if let Ok(snapshot) = Snapshot::open(&bytes) {
        let [answer, explained] = ask(&snapshot, rest);
        assert_eq!(answer, explained, "an explanation changes no decision");
    }
    // As a worker opens it that trusts who has published: only the head is checked. Where a member's route is not that of
    // its deck, the two ways to the routes may differ; each gives an answer.
    if let Ok(snapshot) = Snapshot::open_trusted(&bytes) {
        let _ = ask(&snapshot, rest);
    }
    // Last: the fuzzer remembers few comparisons, and deciding makes many.
    tandem_fuzz::planted(data);
});

/// The good snapshot, changed as the input says.
fn damaged(input: &mut Input) -> Vec<u8> {
    let mut bytes = GOOD.clone();
    let how = input.byte();
    for _ in 0..how & 15 {
        let (at, value) = (input.word() as usize % bytes.len(), input.byte());
        match how >> 6 {
            0 => bytes[at] = value,
            1 => bytes[at] ^= 1 << (value & 7),
            // A whole field: an index, a count, an offset.
            2 => {
                let word = [0, 1, u32::MAX, 1 << 31, value.into()][usize::from(value % 5)];
                if let Some(field) = bytes.get_mut(at & !3..(at & !3) + 4) {
                    field.copy_from_slice(&word.to_le_bytes());
                }
            }
            _ => {
                let from = input.word() as usize % bytes.len();
                let byte = bytes[from];
                bytes[at] = byte;
            }
        }
    }
    if how & 16 != 0 {
        make_right(&mut bytes);
    }
    if how & 32 != 0 {
        let len = input.word() as usize % (bytes.len() + 1);
        bytes.truncate(len);
    }
    bytes
}

const HEADER: usize = 64;
const ENTRY: usize = 32;

/// Makes every checksum right, as `docs/SNAPSHOT_FORMAT.md` says where they are.
fn make_right(bytes: &mut [u8]) {
    let number = |bytes: &[u8], at: usize, len: usize| {
        let mut number = [0; 8];
        number[..len].copy_from_slice(&bytes[at..at + len]);
        u64::from_le_bytes(number) as usize
    };
    let sections = number(bytes, 12, 4).min((bytes.len() - HEADER) / ENTRY);
    for entry in (0..sections).map(|nth| HEADER + nth * ENTRY) {
        let (offset, len) = (number(bytes, entry + 8, 8), number(bytes, entry + 16, 8));
        if let Some(content) = offset.checked_add(len).and_then(|end| bytes.get(offset..end)) {
            let sum = crc32fast::hash(content);
            bytes[entry + 24..entry + 28].copy_from_slice(&sum.to_le_bytes());
        }
    }
    let sum = crc32fast::hash(&bytes[HEADER..HEADER + sections * ENTRY]);
    bytes[48..52].copy_from_slice(&sum.to_le_bytes());
    let sum = crc32fast::hash(&bytes[..60]);
    bytes[60..64].copy_from_slice(&sum.to_le_bytes());
}

/// Asks a call, without an explanation and with one.
fn ask(snapshot: &Snapshot<'_>, input: &[u8]) -> [Result<Legs, Reject>; 2] {
    let mut input = Input::new(input);
    let (from, given) = (input.byte(), input.byte());
    let now = Now { utc_ns: (plan::AT + i64::from(input.word())) * 1_000_000_000, monotonic_ns: 1 };
    let dnis = input.text();
    let (ani, lrn) = (input.text(), input.text());
    let origin = match from & 3 {
        0 => Origin::Source(IpAddr::V4(Ipv4Addr::from(SOURCES[usize::from(from >> 2) % SOURCES.len()]))),
        1 if from >> 7 == 1 => Origin::Recorded(u32::from(from >> 2 & 31)),
        1 => Origin::Trunk(u32::from(from >> 2)),
        2 => Origin::Account(u32::from(from >> 2)),
        _ => Origin::User(input.text()),
    };
    let is_given = |bit: u8| given >> bit & 1 == 1;
    let call = Call {
        call_id: b"fuzz",
        ani_lrn: if is_given(0) { Lrn::Given(lrn) } else { Lrn::Dipped(lrn) },
        dnis_lrn: if is_given(1) { Lrn::Given(lrn) } else { Lrn::Dipped(lrn) },
        partition: is_given(2).then(|| u32::from(input.byte())),
        rate_limit_per_min: is_given(3).then(|| Nano(i64::from(input.word()))),
        max_results: is_given(4).then(|| u32::from(input.byte())),
        zone: is_given(5).then(|| Jurisdiction::ALL[usize::from(input.byte()) % Jurisdiction::ALL.len()]),
        ani_class: is_given(6).then(|| AniClass::ALL[usize::from(input.byte()) % AniClass::ALL.len()]),
        cic: is_given(7).then_some(*b"0288"),
        ..Call::new(origin, ani, dnis)
    };
    let answer = decide(snapshot, &call, now, &Unused, &mut Silent);
    if let Ok(legs) = &answer.verdict {
        assert!((1..=8).contains(&legs.iter().count()));
    }
    let mut heard = Heard::default();
    let explained = decide(snapshot, &call, now, &Unused, &mut heard);
    [answer.verdict, explained.verdict]
}

/// The trunks' addresses of the fixture, and a stranger's.
const SOURCES: [[u8; 4]; 6] = [
    [192, 0, 2, 10],
    [192, 0, 2, 200],
    [198, 51, 100, 7],
    [198, 51, 100, 8],
    [203, 0, 113, 9],
    [10, 0, 0, 1],
];

/// Listens.
#[derive(Default)]
struct Heard {
    count: u64,
}

impl Trace for Heard {
    const EXPLAINS: bool = true;

    fn considered(&mut self, candidate: &Candidate) {
        self.count += u64::from(candidate.route != u32::MAX);
    }

    fn dropped(&mut self, _: u32, reason: Reason) {
        self.count += u64::from(reason.number());
    }
}
