//! How large a file of ported numbers is, and how long a look-up takes.
//!
//! `cargo run --release -p number-portability --example many_numbers [NUMBERS [near|far [CSV]]]`
//!
//! Numbers are spread over 192,000 NPA-NXX and 56,000 LRNs. `near`: those of an NPA-NXX are at 24 LRNs of its region, as they
//! are; `far`: each at any LRN, which is the worst that can be. With a path, the same numbers are written there as a list.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Instant;

use number_portability::ported::{NanpNumber, Ported, write};

const EXCHANGES: u64 = 192_000;
const LRNS: u64 = 56_000;
const LRNS_NEAR: u64 = 24;
const LOOK_UPS: u64 = 5_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: u64 = arguments.next().map_or(Ok(100_000_000), |count| count.parse())?;
    let is_near = arguments.next().is_none_or(|word| word == "near");
    let lrns: Vec<_> = (0..LRNS).filter_map(|nth| Some((lrn(nth)?, *b"567G"))).collect();

    if let Some(path) = arguments.next() {
        let mut list = BufWriter::with_capacity(1 << 20, File::create(path)?);
        for (number, place) in numbers(count, is_near) {
            let to = lrns.get(place as usize).ok_or("no such LRN")?.0;
            writeln!(list, "{},{},567G", number.value(), to.value())?;
        }
        list.flush()?;
    }

    let began = Instant::now();
    let file = write(&lrns, numbers(count, is_near))?;
    println!("made in {:.1} s", began.elapsed().as_secs_f64());
    let began = Instant::now();
    let ported = Ported::open_all(&file)?;
    println!("every byte checked in {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    let began = Instant::now();
    Ported::open(&file)?;
    println!("head and directory checked in {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
    let each = ported.bytes() as f64 / ported.numbers() as f64;
    println!("{} numbers, {} bytes: {each:.2} bytes per number", ported.numbers(), ported.bytes());

    for (what, step) in [("numbers that were ported", 1), ("any numbers", 0)] {
        let asked: Vec<NanpNumber> = (0..LOOK_UPS).filter_map(|nth| asked(nth, count, step == 1)).collect();
        let began_ns = processor_ns()?;
        // Each look-up waits for the one before, as a call does.
        let mut found = 0_usize;
        for at in 0..asked.len() {
            let number = asked.get((at + found) % asked.len()).ok_or("no number")?;
            found += usize::from(ported.look_up(*number).is_some());
        }
        let each_ns = (processor_ns()? - began_ns) as f64 / asked.len() as f64;
        println!("{what}: {each_ns:.0} ns each, {:.1} % found", found as f64 * 100.0 / asked.len() as f64);
    }
    Ok(())
}

/// Time of the processor that this thread has had: others may be on it, too.
fn processor_ns() -> Result<u64, Box<dyn Error>> {
    let figures = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(figures.split(' ').next().ok_or("no figure")?.parse()?)
}

/// The LRN at a place: switches spread over the area codes.
fn lrn(nth: u64) -> Option<NanpNumber> {
    NanpNumber::from_value((201 + nth % 799) * 10_000_000 + (200 + nth / 799 % 800) * 10_000 + 9999)
}

/// The numbers in ascending order, each with the place of its LRN.
fn numbers(count: u64, is_near: bool) -> impl Iterator<Item = (NanpNumber, u32)> {
    (0..count).filter_map(move |nth| {
        let number = nth_number(nth, count)?;
        let random = mix(nth);
        let exchange = nth * EXCHANGES / count;
        let place = if is_near { (exchange / 800 * 233 + random % LRNS_NEAR) % LRNS } else { random % LRNS };
        Some((number, place as u32))
    })
}

/// The numbers of an exchange are spread over it, each at a random place of its share.
fn nth_number(nth: u64, count: u64) -> Option<NanpNumber> {
    let exchange = nth * EXCHANGES / count;
    let first = (exchange * count).div_ceil(EXCHANGES);
    let next = ((exchange + 1) * count).div_ceil(EXCHANGES);
    let (place, places) = (nth - first, next - first);
    let (from, until) = (place * 10_000 / places, (place + 1) * 10_000 / places);
    let suffix = from + mix(nth) % (until - from).max(1);
    NanpNumber::from_value((200 + exchange / 800) * 10_000_000 + (200 + exchange % 800) * 10_000 + suffix)
}

fn asked(nth: u64, count: u64, is_ported: bool) -> Option<NanpNumber> {
    let random = mix(nth ^ 0x5eed);
    if is_ported {
        return nth_number(random % count, count);
    }
    NanpNumber::from_value(
        (200 + random % 240) * 10_000_000 + (200 + random / 240 % 800) * 10_000 + mix(random) % 10_000,
    )
}

/// SplitMix64: any number to one that looks random.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
