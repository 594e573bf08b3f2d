//! Core and the naive model agree on random calls of random plans.
//!
//! `TANDEM_DIFF=full` asks 50 plans × 100,000 calls; `TANDEM_DIFF_SEED` begins elsewhere;
//! `TANDEM_DIFF_GO_ON=1` tells an example of each kind of disagreement in place of the first; `TANDEM_DIFF_PLANS` and `TANDEM_DIFF_CALLS` ask more or less.

use tandem_tests::differential::{Counts, Size, run};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

fn size() -> (Size, u64) {
    let is_full = std::env::var("TANDEM_DIFF").is_ok_and(|size| size == "full");
    let (plans, calls, least) = if is_full { (50, 100_000, 100) } else { (10, 10_000, 1) };
    let shrinks = number("TANDEM_DIFF_SHRINK") != Some(0);
    let plans = number("TANDEM_DIFF_PLANS").unwrap_or(plans);
    let calls = number("TANDEM_DIFF_CALLS").unwrap_or(calls);
    let goes_on = number("TANDEM_DIFF_GO_ON") == Some(1);
    (
        Size {
            seed: number("TANDEM_DIFF_SEED").unwrap_or(20_261_121),
            plans,
            calls,
            goes_on,
            shrinks,
            odd: false,
        },
        least,
    )
}

/// Runs, and wants no disagreement.
fn agreed(size: Size) -> Counts {
    let counts = run(size).unwrap_or_else(|report| {
        println!("{report}");
        panic!("core and model disagree: see above")
    });
    println!("{}", counts.table());
    assert!(counts.disagreements.is_empty(), "core and model disagree: see above");
    counts
}

#[test]
fn core_decides_as_the_naive_model_does() {
    let (size, least) = size();
    println!("seed {}, {} plans x {} calls", size.seed, size.plans, size.calls);
    let counts = agreed(size);
    assert_eq!(
        counts.too_seldom(least),
        Vec::<String>::new(),
        "every reason must happen, and most calls route"
    );
}

#[test]
fn core_decides_as_the_naive_model_does_in_odd_worlds() {
    let (size, _) = size();
    let size = Size { odd: true, calls: size.calls / 5, ..size };
    println!("seed {}, {} odd plans x {} calls", size.seed, size.plans, size.calls);
    let counts = agreed(size);
    assert!(counts.routed * 4 > counts.calls, "only {} of {} calls routed", counts.routed, counts.calls);
}
