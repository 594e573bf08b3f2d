//! How long decisions take: a histogram in shared memory.
//!
//! A decision adds one to one of 128 buckets of its process's shard: one relaxed add, after the answer is there. Each
//! power of two is four buckets, so a bucket is at most a quarter wide: 1.3 µs lies in 1.28 to 1.54 µs.
//!
//! It will not read a clock, nor keep a sum: a mean is told from the middles of the buckets.

use crate::cells::Open64;

/// Buckets.
pub const BUCKETS: usize = 128;
/// Steps that a power of two is divided into, as a power of two.
const STEP_BITS: u32 = 2;
/// Below this power of two all buckets are alike.
const FIRST_BITS: u32 = 6;

/// The buckets of one shard.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct LatencyCells([Open64; BUCKETS]);

impl LatencyCells {
    /// Counts one.
    pub fn count(&self, took_ns: u64) {
        if let Some(cell) = self.0.get(bucket_of(took_ns)) {
            cell.add(1);
        }
    }
}

/// The bucket of a time. The last has all that is longer.
fn bucket_of(took_ns: u64) -> usize {
    let power = took_ns.checked_ilog2().unwrap_or(0);
    if power < FIRST_BITS {
        return (took_ns >> (FIRST_BITS - STEP_BITS)) as usize;
    }
    let step = (took_ns >> (power - STEP_BITS)) & ((1 << STEP_BITS) - 1);
    let bucket = ((power - FIRST_BITS + 1) << STEP_BITS) as usize + step as usize;
    bucket.min(BUCKETS - 1)
}

/// The first time, in nanoseconds, that is too long for a bucket.
#[must_use]
pub const fn end_of(bucket: usize) -> u64 {
    let (power, step) = ((bucket >> STEP_BITS) as u32, (bucket & ((1 << STEP_BITS) - 1)) as u64);
    let width_bits = if power == 0 { FIRST_BITS - STEP_BITS } else { power - 1 + FIRST_BITS - STEP_BITS };
    let before = if power == 0 { 0 } else { 1 << (power - 1 + FIRST_BITS) };
    before + ((step + 1) << width_bits)
}

/// How many decisions took how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latency {
    counts: [u64; BUCKETS],
}

impl Latency {
    pub(crate) fn sum<'a>(shards: impl Iterator<Item = &'a LatencyCells>) -> Latency {
        let mut counts = [0u64; BUCKETS];
        for shard in shards {
            counts.iter_mut().zip(&shard.0).for_each(|(sum, cell)| *sum = sum.wrapping_add(cell.get()));
        }
        Latency { counts }
    }

    /// Decisions that were timed.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Each bucket's end, in nanoseconds, and how many took less. The last is longer than its end says.
    pub fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.counts.iter().enumerate().scan(0, |below, (bucket, count)| {
            *below += count;
            Some((end_of(bucket), *below))
        })
    }

    /// The time that so many thousandths of the decisions stay below, in nanoseconds, rounded up to a bucket's end;
    /// none without a decision.
    #[must_use]
    pub fn quantile_ns(&self, permille: u64) -> Option<u64> {
        let count = self.count();
        let wanted = u128::from(count) * u128::from(permille);
        let found = self.cumulative().find(|(_, below)| u128::from(*below) * 1000 >= wanted);
        found.filter(|_| count > 0).map(|(end_ns, _)| end_ns)
    }

    /// The sum of all times, in nanoseconds, each taken as the middle of its bucket.
    #[must_use]
    pub fn sum_ns(&self) -> u64 {
        let starts = std::iter::once(0).chain((0..BUCKETS).map(end_of));
        let middles = starts.zip((0..BUCKETS).map(end_of)).map(|(start, end)| start + (end - start) / 2);
        middles
            .zip(&self.counts)
            .fold(0, |sum, (middle, count)| sum.saturating_add(middle.saturating_mul(*count)))
    }

    /// What was added since an earlier look.
    #[must_use]
    pub fn since(&self, before: &Latency) -> Latency {
        let mut counts = self.counts;
        counts.iter_mut().zip(&before.counts).for_each(|(now, before)| *now = now.saturating_sub(*before));
        Latency { counts }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{BUCKETS, Latency, LatencyCells, bucket_of, end_of};
    use crate::cells::Open64;

    #[test]
    fn buckets_are_a_quarter_of_a_power_of_two_wide_and_leave_no_gap() {
        // 1000 ns lies in 512 to 1024, whose quarters end at 640, 768, 896, 1024.
        assert_eq!(end_of(bucket_of(1000)), 1024);
        assert_eq!(end_of(bucket_of(895)), 896);
        assert_eq!(end_of(bucket_of(896)), 1024);
        // Below 64 ns: 16, 32, 48, 64.
        let ends: Vec<_> = [0, 15, 16, 40, 63, 64].into_iter().map(|ns| end_of(bucket_of(ns))).collect();
        assert_eq!(ends, [16, 16, 32, 48, 64, 80]);
        for bucket in 0..BUCKETS - 1 {
            assert_eq!(bucket_of(end_of(bucket) - 1), bucket);
            assert_eq!(bucket_of(end_of(bucket)), bucket + 1);
        }
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
        // 2^37 ns: 137 s.
        assert_eq!(end_of(BUCKETS - 1), 137_438_953_472);
    }

    #[test]
    fn quantiles_and_sums_are_told_from_buckets() {
        let cells = LatencyCells(std::array::from_fn(|_| Open64::default()));
        (0..99).for_each(|_| cells.count(1000));
        cells.count(1_000_000);
        let latency = Latency::sum([&cells, &cells].into_iter());
        assert_eq!(latency.count(), 200);
        // 1000 ns: 896 to 1024. 1 ms: 917,504 to 1,048,576.
        assert_eq!(latency.quantile_ns(500), Some(1024));
        assert_eq!(latency.quantile_ns(990), Some(1024));
        assert_eq!(latency.quantile_ns(991), Some(1_048_576));
        assert_eq!(latency.sum_ns(), 198 * 960 + 2 * 983_040);
        assert_eq!(latency.since(&latency).quantile_ns(500), None);
    }
}
