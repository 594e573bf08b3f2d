//! A prepaid call allocates nothing, from its decision over its answer by other prices to its end: counted, by an
//! allocator that is first shown to count.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use common::{Caps, T0_NS, at, decide, plan, publish};
use rating_core::money::Nano;
use rating_core::plan::{Price, Wallet};
use rating_node::{Due, Node, Verdict};

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

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count_one();
        // SAFETY: as `dealloc`; `new_size` is the caller's promise too.
        unsafe { System.realloc(block, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `work` allocates, grows or frees, in this thread.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = COUNT.with(Cell::get);
    work();
    COUNT.with(Cell::get) - before
}

#[test]
fn r4_2_r8_2_a_prepaid_call_that_is_priced_again_allocates_nothing() {
    assert!(allocations(|| drop(black_box(vec![1u8]))) >= 2, "it counts");
    let dir = tempfile::tempdir().unwrap();
    let mut plan = plan(Caps::default());
    plan.accounts[0].wallets = vec![Wallet { id: "main".into(), ..Default::default() }];
    publish(dir.path(), &plan);
    let node = Node::attach(&common::config(dir.path())).unwrap();
    let wallet = node.newest().snapshot().wallets()[0].to_wallet();
    node.grant(node.shm().wallets().slot(&wallet).unwrap(), 1_000_000_000, 0);
    let mut handle = None;
    let deciding = allocations(|| {
        if let Verdict::Admitted { handle: admitted, .. } = decide(&node, "call-1", at(0)) {
            handle = Some(admitted);
        }
    });
    // What a test's request is made of is not the node's: it has a text of its own.
    let requesting = allocations(|| drop(black_box("call-1".to_owned())));
    assert!(deciding <= requesting, "{deciding}");
    let handle = handle.expect("admitted");
    plan.decks[0].versions[0].rows[0].prices.default = Price::PerMin(Nano(20_000_000));
    publish(dir.path(), &plan);
    node.publish(&dir.path().join("snapshot")).unwrap();
    // Mapping the new snapshot is not the call's.
    assert_eq!(node.snapshot(T0_NS).number(), 2);
    assert_eq!(allocations(|| node.answered(handle, 200, at(1)).unwrap()), 0);
    let mut told = 0;
    let extending = allocations(|| {
        node.due(at(45), |_, due| told += u32::from(matches!(due, Due::Extended { .. })));
    });
    assert_eq!((told, extending), (1, 0));
    assert_eq!(allocations(|| node.ended(handle, 0, at(61)).unwrap()), 0);
}
