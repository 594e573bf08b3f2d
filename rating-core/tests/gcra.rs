//! Rule 6.3: over any T seconds at most `burst + cps × T` calls pass, and as many as that when offered.

use proptest::prelude::*;
use rating_core::limit::Gcra;

/// Offers calls at these instants; says which pass.
fn offer(gcra: Gcra, instants_ns: &[u64]) -> Vec<u64> {
    let mut tat_ns = 0;
    let mut passed = vec![];
    for &now_ns in instants_ns {
        if let Ok(next_ns) = gcra.admit(tat_ns, now_ns) {
            tat_ns = next_ns;
            passed.push(now_ns);
        }
    }
    passed
}

/// What passes by the definition: a token bucket of `burst` tokens, one back every `interval_ns`, counted in
/// nanoseconds of credit.
fn token_bucket(gcra: Gcra, instants_ns: &[u64]) -> Vec<u64> {
    let full = u128::from(gcra.interval_ns) * u128::from(gcra.burst);
    let (mut credit, mut last_ns, mut passed) = (full, 0, vec![]);
    for &now_ns in instants_ns {
        credit = full.min(credit + u128::from(now_ns - last_ns));
        last_ns = now_ns;
        if credit >= u128::from(gcra.interval_ns) {
            credit -= u128::from(gcra.interval_ns);
            passed.push(now_ns);
        }
    }
    passed
}

#[test]
fn r6_3_ten_a_second_with_a_burst_of_three() {
    let gcra = Gcra { interval_ns: 100, burst: 3 };
    let start = 1_000_000;
    let offered = [0, 0, 0, 0, 99, 100, 100, 350, 350, 350].map(|ns| start + ns);
    // Three at once, then one each 100; after 250 idle, two have come back beside the half of a third.
    assert_eq!(offer(gcra, &offered), [0, 0, 0, 100, 350, 350].map(|ns| start + ns));
    let full = gcra.admit(start + 300, start).unwrap_err();
    assert_eq!(full.retry_after_ns, 100);
    assert!(gcra.admit(start + 300, start + 99).is_err());
    assert!(gcra.admit(start + 300, start + 100).is_ok());
}

#[test]
fn r6_3_a_burst_of_none_admits_none() {
    assert!(Gcra { interval_ns: 1, burst: 0 }.admit(0, u64::MAX).is_err());
}

proptest! {
    #[test]
    fn r6_3_as_many_as_a_token_bucket_lets_pass(
        interval_ns in 1u64..1_000,
        burst in 1u32..20,
        gaps in prop::collection::vec(0u64..500, 1..200),
    ) {
        let gcra = Gcra { interval_ns, burst };
        let instants: Vec<u64> = gaps.iter().scan(10_000, |now, gap| { *now += gap; Some(*now) }).collect();
        let passed = offer(gcra, &instants);
        prop_assert_eq!(&passed, &token_bucket(gcra, &instants));
        for (i, from) in passed.iter().enumerate() {
            for (count, until) in passed[i..].iter().enumerate() {
                // The window from the one to the other, both inside: T is a nanosecond longer than their distance.
                let most = u64::from(burst) + (until - from) / interval_ns;
                prop_assert!((count as u64) < most, "{} in {} ns", count + 1, until - from);
            }
        }
    }
}
