//! A decision allocates nothing: counted, by an allocator that is first shown to count.
//!
//! The counts are of this thread, so that the test harness's own threads do not disturb them.

#[path = "../format/calls.rs"]
mod calls;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use calls::{CALLS, Dropped, Gauges};
use rating_core::snapshot::view::Snapshot;
use rating_core::trace::Silent;

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

fn count_one() {
    COUNT.with(|count| count.set(count.get() + 1));
}

// SAFETY: everything is passed on to the system's allocator, which keeps the contract; counting touches a
// constant-initialised thread-local without a destructor, so it does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count_one();
        // SAFETY: the caller keeps the contract of `alloc`, which is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count_one();
        // SAFETY: `block` came from `System.alloc` with this layout, by the caller's contract.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count_one();
        // SAFETY: as `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count_one();
        // SAFETY: as `dealloc`; `new_size` is the caller's promise too.
        unsafe { System.realloc(block, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `work` allocates, grows or frees.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = COUNT.with(Cell::get);
    work();
    COUNT.with(Cell::get) - before
}

#[test]
fn the_allocator_counts() {
    assert_eq!(allocations(|| ()), 0);
    // One to take, one to give back.
    assert_eq!(allocations(|| drop(black_box(Box::new(7u64)))), 2);
    assert_eq!(allocations(|| drop(black_box(vec![0u8; black_box(100)]))), 2);
    let mut grown: Vec<u8> = Vec::with_capacity(1);
    assert_eq!(allocations(|| grown.resize(black_box(1000), 1)), 1);
}

#[test]
fn a_decision_allocates_nothing() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/format/v4.snapshot");
    let bytes = std::fs::read(path).expect("tests/format/v4.snapshot is committed");
    let mut routed = 0;
    let mut rejected = 0;
    let count = allocations(|| {
        let snapshot = Snapshot::open(&bytes).expect("the fixture opens");
        for _ in 0..500 {
            let live = Gauges::default();
            for asked in &CALLS {
                let silent = calls::ask(&snapshot, asked, &live, &mut Silent);
                let mut dropped = Dropped::default();
                let explained = calls::ask(&snapshot, asked, &Gauges::default(), &mut dropped);
                for decision in [silent, explained] {
                    match decision.verdict {
                        Ok(_) => routed += 1,
                        Err(_) => rejected += 1,
                    }
                }
                calls::write_answer(&snapshot, &explained, &dropped, &mut |text| {
                    black_box(text);
                });
            }
        }
    });
    assert_eq!(count, 0, "in {routed} routed and {rejected} rejected calls");
    assert!(routed > 10_000 && rejected > 8_000, "{routed} routed, {rejected} rejected");
}
