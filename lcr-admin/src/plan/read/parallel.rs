//! Work on many things by all processors, where each thing is slow enough to be worth it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Threads that are worth having for so many things.
fn threads(things: usize) -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(things)
}

/// `work` of each number below `count`, in the order of the numbers. `here` works on this thread, `elsewhere` on the
/// others; each keeps what it likes from one number to the next.
pub fn numbers<T: Send, W: FnMut(usize) -> T>(
    count: usize,
    mut here: impl FnMut(usize) -> T,
    elsewhere: impl Fn() -> W + Sync,
) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(count)));
    let run = |work: &mut dyn FnMut(usize) -> T| {
        loop {
            // ORDERING: only hands out numbers; what the work reads was there before the threads.
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return;
            }
            let result = work(at);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads(count) {
            scope.spawn(|| run(&mut elsewhere()));
        }
        run(&mut here);
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// `work` on each thing where it is.
pub fn in_place<T: Send>(things: &mut [T], work: impl Fn(&mut T) + Sync) {
    let chunk = things.len().div_ceil(threads(things.len()).max(1)).max(1);
    thread::scope(|scope| {
        for chunk in things.chunks_mut(chunk) {
            scope.spawn(|| chunk.iter_mut().for_each(&work));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_whoever_did_the_work() {
        let mut mine = 0;
        let here = |at: usize| {
            mine += 1;
            (at * 2, true)
        };
        let done = numbers(100, here, || |at: usize| (at * 2, false));
        assert_eq!(
            done.iter().map(|(twice, _)| *twice).collect::<Vec<_>>(),
            (0..200).step_by(2).collect::<Vec<_>>()
        );
        assert_eq!(done.iter().filter(|(_, here)| *here).count(), mine);
        assert!(numbers(0, |at| at, || |at: usize| at).is_empty());
    }

    #[test]
    fn every_thing_is_worked_on_once() {
        for count in [0, 1, 2, 7] {
            let mut things = vec![1; count];
            in_place(&mut things, |thing| *thing += 1);
            assert_eq!(things, vec![2; count]);
        }
    }
}
