//! Taking times: rounds in which everything to be compared runs once, so that a machine that slows down slows
//! all of it; medians over the rounds.

use std::hint::black_box;

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds of the processor for each of `times` that `work` does: what other programs take in between is not
/// counted, though what they leave of the caches is.
pub fn ns_each(times: usize, work: impl FnOnce(usize) -> u64) -> f64 {
    let start = processor_ns();
    black_box(work(times));
    (processor_ns() - start) / times as f64
}

/// What this thread has had of the processor.
fn processor_ns() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// The median; of an even number, the upper one of the middle two.
///
/// # Panics
/// On nothing at all.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The median of `a / b` over rounds.
#[must_use]
pub fn median_ratio(a: &[f64], b: &[f64]) -> f64 {
    median(a.iter().zip(b).map(|(a, b)| a / b).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_within_a_round_and_the_middle_one_counts() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        // One round of a machine that stood still changes nothing.
        assert_eq!(median_ratio(&[10.0, 9000.0, 30.0], &[5.0, 1.0, 10.0]), 3.0);
    }
}
