//! The call table against a map, and against threads that insert the same call at once.

use std::collections::HashMap;
use std::sync::Barrier;

use proptest::prelude::*;

use super::table::{CallKey, CallTable, Inserted};
use super::{CallError, Handle, LockedCall, State};
use crate::shm::{Shm, lock};

fn with_table<T>(calls_max: u32, test: impl FnOnce(CallTable<'_>) -> T) -> T {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state");
    let shm = Shm::open_or_create(&path, calls_max, &lock(&path).unwrap()).unwrap();
    test(shm.calls())
}

/// Inserts, and leaves a new call admitted.
fn insert(table: CallTable<'_>, key: CallKey) -> Option<(Handle, bool)> {
    match table.insert(key) {
        Inserted::New(mut call) => {
            call.set_state(State::Admitted);
            Some((call.handle(), true))
        }
        Inserted::Existing(handle) => Some((handle, false)),
        Inserted::Full => None,
    }
}

fn end(table: CallTable<'_>, handle: Handle) -> Result<(), CallError> {
    LockedCall::lock(table, handle).map(|mut call| call.set_state(State::Ended))
}

/// Keys that meet in their buckets and, some, in their fingerprints.
fn key(number: u8) -> CallKey {
    CallKey([u64::from(number & 1), 0x0000_abcd_0000_0000 | u64::from(number / 2) << 20])
}

proptest! {
    #[test]
    fn the_table_is_a_map(ops in proptest::collection::vec((0u8..3, 0u8..12), 1..200)) {
        with_table(8, |table| {
            let mut alive: HashMap<u8, Handle> = HashMap::new();
            let mut ended: HashMap<u8, Handle> = HashMap::new();
            for (op, number) in ops {
                let known = alive.get(&number).or(ended.get(&number)).copied();
                match op {
                    0 => match (insert(table, key(number)), known) {
                        (Some((handle, false)), Some(known)) => prop_assert_eq!(handle, known),
                        (Some((handle, true)), None) => {
                            prop_assert!(alive.len() + ended.len() < 8);
                            let before = alive.insert(number, handle);
                            prop_assert!(before.is_none());
                        }
                        (None, None) => prop_assert_eq!(alive.len() + ended.len(), 8),
                        (got, known) => prop_assert!(false, "{got:?} where {known:?} is there"),
                    },
                    1 => {
                        if let Some(handle) = alive.remove(&number) {
                            prop_assert_eq!(end(table, handle), Ok(()));
                            prop_assert_eq!(end(table, handle), Err(CallError::Ended));
                            ended.insert(number, handle);
                        }
                    }
                    _ => {
                        if let Some(handle) = ended.remove(&number) {
                            table.free_ended(handle);
                            table.free_ended(handle);
                            prop_assert_eq!(end(table, handle), Err(CallError::Unknown));
                        }
                    }
                }
                for number in 0..12 {
                    let known = alive.get(&number).or(ended.get(&number)).copied();
                    prop_assert_eq!(table.handle_of(key(number)), known);
                }
            }
            Ok(())
        })?;
    }
}

#[test]
fn r7_1_the_same_call_inserted_at_once_is_one_call() {
    const THREADS: usize = 4;
    const ROUNDS: u64 = 3000;
    with_table(64, |table| {
        let (start, done) = (Barrier::new(THREADS), Barrier::new(THREADS));
        let run = || {
            (0..ROUNDS)
                .map(|round| {
                    let key = CallKey([round.wrapping_mul(0x9e37_79b9_7f4a_7c15), round << 30]);
                    start.wait();
                    let got = insert(table, key).expect("there is room");
                    done.wait();
                    // Who made it ends it, so that the table never fills.
                    if got.1 {
                        end(table, got.0).unwrap();
                        table.free_ended(got.0);
                    }
                    got
                })
                .collect::<Vec<_>>()
        };
        let all: Vec<Vec<(Handle, bool)>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(run)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for round in 0..ROUNDS as usize {
            let got: Vec<_> = all.iter().map(|thread| thread[round]).collect();
            assert_eq!(got.iter().filter(|(_, new)| *new).count(), 1, "round {round}: {got:?}");
            assert!(got.iter().all(|(handle, _)| *handle == got[0].0), "round {round}: {got:?}");
        }
        assert_eq!(table.used().filter(|(_, state, _)| *state != State::Free).count(), 0);
    });
}

#[test]
fn entries_taken_and_given_back_by_many_threads_are_never_two_calls() {
    with_table(16, |table| {
        let run = |thread: u64| {
            for round in 0..5000u64 {
                let key = CallKey([thread << 40 | round, round ^ thread << 50]);
                let Some((handle, new)) = insert(table, key) else { continue };
                assert!(new, "nobody else has this key");
                assert_eq!(table.handle_of(key), Some(handle));
                end(table, handle).expect("the entry is still this call's");
                table.free_ended(handle);
            }
        };
        std::thread::scope(|scope| (0..4).for_each(|thread| drop(scope.spawn(move || run(thread)))));
        assert!(table.used().all(|(_, state, _)| state == State::Free));
        // Nothing was lost: all sixteen can be taken again.
        assert!((0..16).all(|call| insert(table, CallKey([call, call << 30])).is_some()));
        assert!(insert(table, CallKey([99, 99])).is_none());
    });
}

#[test]
fn an_ended_call_is_its_own_until_its_entry_is_free() {
    with_table(8, |table| {
        let (handle, _) = insert(table, key(1)).unwrap();
        assert!(!table.is_ended(handle), "it lives");
        end(table, handle).unwrap();
        assert!(table.is_ended(handle));
        table.free_ended(handle);
        assert!(!table.is_ended(handle), "its entry is free");
        let (other, _) = insert(table, key(2)).unwrap();
        end(table, other).unwrap();
        assert_eq!(other.index(), handle.index(), "the same entry");
        assert!(!table.is_ended(handle) && table.is_ended(other));
    });
}
