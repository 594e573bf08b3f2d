//! Proves by linking that a decision needs no allocator, no std and cannot panic.
//!
//! There is no global allocator here, so anything that allocates does not compile. The panic handler calls a
//! function that does not exist, so a panic that the optimiser cannot rule out leaves an undefined symbol,
//! `decide_must_not_panic`, and the program does not link.
//!
//! It reads a snapshot from standard input, so that nothing about it is known while compiling, asks it the
//! calls of `tests/format/calls.rs` and writes the answers.
#![no_std]
#![no_main]

#[cfg(feature = "planted_alloc")]
extern crate alloc;

#[path = "../../format/calls.rs"]
mod calls;

use core::ffi::{c_int, c_void};

use calls::{Asked, CALLS, Dropped, Gauges};
use rating_core::snapshot::view::Snapshot;

unsafe extern "C" {
    safe fn decide_must_not_panic() -> !;
    fn read(fd: c_int, to: *mut c_void, len: usize) -> isize;
    fn write(fd: c_int, from: *const c_void, len: usize) -> isize;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    decide_must_not_panic()
}

/// Named by the unwind tables of the compiler's own arithmetic; nothing here unwinds (`panic = "abort"`).
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// Longest snapshot that fits.
const FILE_MAX: usize = 64 * 1024;

#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    let mut file = [0u8; FILE_MAX];
    let len = read_all(&mut file);
    let bytes = file.get(..len).unwrap_or_default();
    // Both ways in; the second is what a worker uses after another process has verified the file.
    let (Ok(_), Ok(snapshot)) = (Snapshot::open(bytes), Snapshot::open_trusted(bytes)) else {
        print(b"not a snapshot\n");
        return 1;
    };
    let live = Gauges::default();
    for asked in &CALLS {
        answer(&snapshot, asked, &live);
    }
    0
}

fn answer(snapshot: &Snapshot<'_>, asked: &Asked, live: &Gauges) {
    let mut dropped = Dropped::default();
    let decision = calls::ask(snapshot, asked, live, &mut dropped);
    calls::write_answer(snapshot, &decision, &dropped, &mut print);
    #[cfg(feature = "planted_alloc")]
    print(alloc::vec![0u8; usize::from(asked.0[0])].as_slice());
    #[cfg(feature = "planted_panic")]
    print(&[decision.verdict.unwrap().iter().count() as u8]);
}

fn read_all(file: &mut [u8]) -> usize {
    let mut len = 0usize;
    while let Some(free) = file.get_mut(len..).filter(|free| !free.is_empty()) {
        // SAFETY: `free` is `free.len()` writable bytes that nobody else uses; descriptor 0 may be anything.
        let got = unsafe { read(0, free.as_mut_ptr().cast(), free.len()) };
        match usize::try_from(got) {
            Ok(got) if got > 0 => len = len.saturating_add(got),
            _ => break,
        }
    }
    len
}

fn print(text: &[u8]) {
    // SAFETY: `text` is `text.len()` readable bytes; what could not be written shows in the comparison.
    unsafe { write(1, text.as_ptr().cast(), text.len()) };
}
