//! Core against the naive model: random plans, random calls, the same answers.
//!
//! `cargo test` asks 10 plans × 10,000 calls; `TANDEM_DIFFERENTIAL=full` 50 × 100,000; `TANDEM_SEED` another seed. See
//! docs/PROOFS.md.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tandem_tests::differential::{self, Counts, DROPS, REJECTS};

const SEED: u64 = 0x7a6d_2026;

#[test]
fn core_and_the_model_agree() {
    let seed =
        std::env::var("TANDEM_SEED").ok().map_or(SEED, |text| text.parse().expect("TANDEM_SEED: a number"));
    let full = std::env::var("TANDEM_DIFFERENTIAL").is_ok_and(|text| text == "full");
    let (plans, calls, least) = if full { (50, 100_000, 100) } else { (10, 10_000, 1) };
    let (next, counts, wrong) = (AtomicU64::new(0), Mutex::new(Counts::default()), Mutex::new(None));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    // ORDERING: relaxed: numbers are handed out, nothing is published by them.
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= plans || wrong.lock().unwrap().is_some() {
                        return;
                    }
                    match differential::run(seed, number, calls) {
                        Ok(of_plan) => counts.lock().unwrap().add(&of_plan),
                        Err(disagreement) => *wrong.lock().unwrap() = Some(disagreement),
                    }
                }
            });
        }
    });
    if let Some(disagreement) = wrong.into_inner().unwrap() {
        panic!("{disagreement}");
    }
    let counts = counts.into_inner().unwrap();
    println!("seed {seed:#x}: {plans} plans, {}", counts.table());
    assert!(counts.routed * 10 >= counts.calls * 6, "fewer than 60 % of calls are routed");
    for (what, reasons, seen) in
        [("rejects", &REJECTS[..], &counts.rejects), ("drops", &DROPS[..], &counts.drops)]
    {
        for reason in reasons {
            let count = seen.get(reason).copied().unwrap_or(0);
            assert!(count >= least, "{reason} {what} {count} calls or routes, should {least} or more");
        }
    }
}
