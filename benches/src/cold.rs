//! A decision with nothing near: caches wiped before each, with and without hints.
//!
//! Hints are prefetches, given as a worker gives them: for the references on arrival, for what they lead to a moment
//! later; then the call is decided. Only the decision is timed.

use std::hint::black_box;
use std::time::{Duration, Instant};

use rating_core::live::{Now, Unused};
use rating_core::number::Digits;
use rating_core::route::{Call, decide};
use rating_core::trace::Silent;
use rating_node::Stage;

use crate::data::Data;

/// Wipes caches by writing more than they hold.
pub struct Wiper(Vec<u64>);

impl Wiper {
    /// Of this many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Wiper {
        Wiper(vec![1; bytes / 8])
    }

    fn wipe(&mut self) {
        // A word of each line.
        self.0.iter_mut().step_by(8).for_each(|word| *word = word.wrapping_mul(3));
        black_box(&self.0);
    }
}

/// What is given before a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Nothing.
    Nothing,
    /// The two hints of each number that will be looked up.
    Hints,
}

/// Nanoseconds of one decision behind a wipe.
pub fn decision_ns(data: &Data, wiper: &mut Wiper, call: &Call<'_>, numbers: &[Digits], given: Given) -> f64 {
    let now = Now { utc_ns: 0, monotonic_ns: 0 };
    wiper.wipe();
    if given == Given::Hints {
        for stage in [Stage::Arrival, Stage::Row] {
            numbers.iter().for_each(|number| data.file.hint(number, stage));
            pause();
        }
    }
    let snapshot = data.snapshot();
    let start = Instant::now();
    black_box(decide(&snapshot, call, now, &Unused, &mut Silent));
    start.elapsed().as_nanos() as f64
}

/// A microsecond in which a worker parses, or waits for the dip.
fn pause() {
    let start = Instant::now();
    while start.elapsed() < Duration::from_micros(1) {
        std::hint::spin_loop();
    }
}
