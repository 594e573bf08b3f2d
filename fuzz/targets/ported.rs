//! A damaged ported-number file: opening it refuses it or makes it safe, and every number that is looked up in it is answered,
//! whether its blocks were verified or not, by nothing or by a complete number.
//!
//! The input says which number is looked up, what is changed in a good file, and whether its checksums are made right again.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use number_portability::ported::{NanpNumber, Ported, write};
use tandem_fuzz::Input;

/// Three NPA-NXX: one with few LRNs, one with more than a palette holds, one with a single number.
static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let lrns: Vec<_> = (0..300).map(|nth| (nanp(3_035_550_000 + nth), *b"6529")).collect();
    let few = (0..40).map(|nth| (2_125_550_000 + nth * 250, nth % 3));
    let many = (0..300).map(|nth| (4_155_550_000 + nth * 30, nth));
    let one = std::iter::once((9_895_559_999, 7));
    let numbers = few.chain(many).chain(one).map(|(value, lrn)| (nanp(value), lrn as u32));
    write(&lrns, numbers).expect("few numbers fit")
});

fn nanp(value: u64) -> NanpNumber {
    NanpNumber::from_value(value).expect("a NANP number")
}

/// Bytes of the header; the directory is behind it, the LRNs behind that: docs/PORTED_FORMAT.md.
const HEADER: usize = 64;
const LRNS_AT: usize = HEADER + 800 * 800 * 4;
const LRN: usize = 12;

fuzz_target!(|data: &[u8]| {
    let mut input = Input::new(data);
    let word = u64::from(input.word());
    let value = match word % 4 {
        0 => 2_125_550_000 + word / 4 % 10_000,
        1 => 4_155_550_000 + word / 4 % 10_000,
        2 => 9_895_559_999,
        _ => 2_000_000_000 + word / 4,
    };
    if let Some(number) = NanpNumber::from_value(value) {
        let bytes = damaged(&mut input, value);
        // As a worker opens it, and as `lcr-admin ported` does.
        for ported in [Ported::open(&bytes), Ported::open_all(&bytes)].into_iter().flatten() {
            if let Some(to) = ported.look_up(number) {
                assert!(to.lrn.is_nanp(), "{:?} is no number to route to", to.lrn);
            }
            assert_eq!(ported.bytes(), bytes.len() as u64);
        }
    }
    tandem_fuzz::planted(data);
});

/// The good file, changed as the input says: in its header, where the number's exchange is named, or behind the directory.
fn damaged(input: &mut Input, number: u64) -> Vec<u8> {
    let mut bytes = GOOD.clone();
    let how = input.byte();
    let exchange = (number / 10_000_000 - 200) * 800 + number / 10_000 % 1_000 - 200;
    let entry = HEADER + exchange as usize * 4;
    for _ in 0..how & 7 {
        let (place, value) = (input.word() as usize, input.byte());
        let at = match place % 4 {
            0 => place / 4 % HEADER,
            1 => entry + place / 4 % 4,
            _ => LRNS_AT + place / 4 % (bytes.len() - LRNS_AT),
        };
        bytes[at] = if how & 8 == 0 { value } else { bytes[at] ^ 1 << (value & 7) };
    }
    if how & 16 != 0 {
        bytes.truncate(input.word() as usize % (bytes.len() + 1));
    }
    if how & 32 != 0 {
        make_right(&mut bytes);
    }
    bytes
}

/// Makes length and checksums right.
fn make_right(bytes: &mut [u8]) {
    let Some(lrns) = bytes.get(32..36).and_then(|lrns| lrns.first_chunk()) else { return };
    let blocks_at = (u32::from_le_bytes(*lrns) as usize).saturating_mul(LRN).saturating_add(LRNS_AT);
    if bytes.len() < HEADER {
        return;
    }
    let len = bytes.len() as u64;
    bytes[16..24].copy_from_slice(&len.to_le_bytes());
    for (at, range) in [(44, HEADER..blocks_at), (48, blocks_at..bytes.len())] {
        if let Some(sum) = bytes.get(range).map(crc32fast::hash) {
            bytes[at..at + 4].copy_from_slice(&sum.to_le_bytes());
        }
    }
    let sum = crc32fast::hash(&bytes[16..HEADER]);
    bytes[12..16].copy_from_slice(&sum.to_le_bytes());
}
