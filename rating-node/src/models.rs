//! Models of the protocols in shared memory: `loom` tries every order of the steps of two or three processes, one of
//! which may die at any of them. What runs is the program's own code; only time, files and the mapping are left out.
//!
//! `make models` runs them. A process that dies is a thread that stops: what it holds in its hands is forgotten.

use loom::sync::Arc;
use loom::thread;

use rating_core::class::Period;
use rating_core::limit::Gcra;

use crate::calls::entry::{Entry, Holder, State};
use crate::calls::table::{Bucket, CallKey, CallTable, Inserted};
use crate::calls::{CallError, Handle, LockedCall};
use crate::cells::Open64;
use crate::limits::{LimitSlot, LimitTable};
use crate::processes::Seat;
use crate::shm::{Header, Shm, lock};
use crate::volumes::{Counts, Volume, VolumeHold};
use crate::wallets::{WalletSlot, WalletTable};

/// Tries every order, with so many changes of process that are not forced.
fn model(preemptions: usize, protocol: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(protocol);
}

#[test]
fn r6_4_a_gauge_never_exceeds_its_cap_and_a_death_leaves_it_too_high() {
    model(3, || {
        let slots = Arc::new([LimitSlot::default()]);
        let inside = Arc::new(loom::sync::atomic::AtomicU64::new(0));
        let take_and_let_go = |dies: bool| {
            let (slots, inside) = (Arc::clone(&slots), Arc::clone(&inside));
            move || {
                let table = LimitTable::new(&slots[..]);
                if table.take_gauge(0, 1).is_err() {
                    return 0;
                }
                let others = inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                assert_eq!(others, 0, "one of one");
                if dies {
                    return 1;
                }
                inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                table.release_gauge(0);
                0
            }
        };
        let first = thread::spawn(take_and_let_go(false));
        let second = thread::spawn(take_and_let_go(true));
        let _ = take_and_let_go(false)();
        let held = first.join().unwrap() + second.join().unwrap();
        assert_eq!(LimitTable::new(&slots[..]).held(0), held, "what nobody lets go stays, nothing else");
    });
}

#[test]
fn r6_3_as_many_pass_a_cps_limit_at_one_instant_as_its_burst() {
    model(3, || {
        let slots = Arc::new([LimitSlot::default()]);
        let gcra = Gcra { interval_ns: 100, burst: 2 };
        let take = || {
            let slots = Arc::clone(&slots);
            move || u32::from(LimitTable::new(&slots[..]).take_cps(0, gcra, 1_000).is_ok())
        };
        let (first, second) = (thread::spawn(take()), thread::spawn(take()));
        let passed = take()() + first.join().unwrap() + second.join().unwrap();
        assert_eq!(passed, 2);
    });
}

#[test]
fn r8_3_holds_and_a_lease_that_is_taken_back_never_spend_the_same() {
    model(3, || {
        let slots = Arc::new([WalletSlot::default()]);
        let table = WalletTable::new(&slots[..]);
        table.grant(0, 10, 0);
        let hold = || {
            let slots = Arc::clone(&slots);
            move || WalletTable::new(&slots[..]).take(0, 6).map_or(0, |()| 6)
        };
        let (first, second) = (thread::spawn(hold()), thread::spawn(hold()));
        let granted = table.shrink(0, 2);
        let held = first.join().unwrap() + second.join().unwrap();
        // What is less than 10 now is back in the wallet, for others.
        assert!(held <= granted, "{held} are held of {granted}");
        assert_eq!(table.funds(0).used, held, "who gave way has left nothing");
    });
}

#[test]
fn r8_3_a_death_leaves_a_wallet_with_too_little_and_a_recount_repairs_it() {
    model(3, || {
        let slots = Arc::new([WalletSlot::default()]);
        let table = WalletTable::new(&slots[..]);
        table.grant(0, 10, 0);
        let call = |dies: bool| {
            let slots = Arc::clone(&slots);
            move || {
                let table = WalletTable::new(&slots[..]);
                // Dead before its entry says so; or it ends, having used 1 of 4.
                match table.take(0, 4) {
                    Ok(()) if !dies => {
                        table.give_back(0, 3);
                        1
                    }
                    _ => 0,
                }
            }
        };
        let (first, second) = (thread::spawn(call(true)), thread::spawn(call(false)));
        let used = call(false)() + first.join().unwrap() + second.join().unwrap();
        assert!(table.funds(0).used >= used, "too high, never too low");
        table.recount([(0, used)].into_iter());
        assert_eq!(table.funds(0).available(), 10 - used);
    });
}

#[test]
fn r6_5_what_an_earlier_period_gives_back_is_never_a_later_one_s() {
    model(3, || {
        let slots = Arc::new([LimitSlot::default()]);
        let volume = Volume { period: Period::Day, counts: Counts::Attempt, max: 1, step: 1 };
        let table = LimitTable::new(&slots[..]);
        assert_eq!(table.reserve(0, &volume, 7, 1), Ok(7));
        let give_back = {
            let slots = Arc::clone(&slots);
            let hold = VolumeHold { slot: 0, holder: Holder::Account, counts: volume.counts, period: 7 };
            thread::spawn(move || LimitTable::new(&slots[..]).give_back(hold, 1))
        };
        let next_day = || {
            let slots = Arc::clone(&slots);
            move || u64::from(LimitTable::new(&slots[..]).reserve(0, &volume, 8, 1).is_ok())
        };
        let other = thread::spawn(next_day());
        let taken = next_day()() + other.join().unwrap();
        give_back.join().unwrap();
        assert_eq!((taken, table.volume(0, volume.counts.measure())), (1, 1));
    });
}

#[test]
fn who_repairs_has_the_state_for_itself_whoever_dies_inside() {
    for dies in [false, true] {
        model(3, move || {
            let shared = Arc::new((Header::default(), Seat::default(), loom::cell::UnsafeCell::new(0)));
            let worker = {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let (header, seat, state) = &*shared;
                    if !seat.try_enter(header) {
                        return;
                    }
                    // SAFETY: loom finds out whether anybody else is at it.
                    state.with_mut(|state| unsafe { *state += 1 });
                    if !dies {
                        seat.leave();
                    }
                })
            };
            let (header, seat, state) = &*shared;
            header.ask_for_repair();
            if dies {
                // The kernel tells a death only when it is one.
                worker.join().unwrap();
            } else if seat.is_inside() {
                // It lives, and is waited for: another time.
                return drop(worker.join());
            }
            // SAFETY: as above.
            state.with_mut(|state| unsafe { *state += 1 });
        });
    }
}

/// A call table in the memory of the model; the mapping is only there to be named.
struct Model {
    header: Header,
    buckets: [Bucket; 2],
    entries: [Entry; 3],
    limits: [LimitSlot; 1],
    shm: &'static Shm,
}

impl Model {
    fn new(shm: &'static Shm) -> Arc<Model> {
        let header = Header::default();
        header.calls_max.set(3);
        header.entry_generation_base.set(1);
        let (buckets, entries, limits) = Default::default();
        Arc::new(Model { header, buckets, entries, limits, shm })
    }

    fn table(&self) -> CallTable<'_> {
        CallTable::new(self.shm, &self.header, &self.buckets, &self.entries, LimitTable::new(&self.limits))
    }
}

/// A state file that lives as long as the test.
fn shm() -> &'static Shm {
    let dir = Box::leak(Box::new(tempfile::tempdir().unwrap()));
    let path = dir.path().join("state");
    Box::leak(Box::new(Shm::open_or_create(&path, 3, &lock(&path).unwrap()).unwrap()))
}

const KEY: CallKey = CallKey([0x1_0000_0000, 0x0000_abcd_0000_0000]);

/// Another call's, in the same buckets.
const OTHER: CallKey = CallKey([0x1_0000_0000, 0x0000_1234_0000_0000]);

/// Inserts the call, and leaves a new one admitted; `dies` before that.
fn insert(model: &Model, dies: bool) -> Option<(Handle, bool)> {
    insert_key(model, KEY, dies)
}

fn insert_key(model: &Model, key: CallKey, dies: bool) -> Option<(Handle, bool)> {
    match model.table().insert(key) {
        Inserted::New(call) if dies => {
            std::mem::forget(call);
            None
        }
        Inserted::New(mut call) => {
            call.set_state(State::Admitted);
            Some((call.handle(), true))
        }
        Inserted::Existing(handle) => Some((handle, false)),
        Inserted::Full => None,
    }
}

#[test]
fn r7_1_the_same_call_inserted_at_once_is_one_call() {
    let shm = shm();
    model(2, move || {
        let model = Model::new(shm);
        let other = {
            let model = Arc::clone(&model);
            thread::spawn(move || insert(&model, false))
        };
        let mine = insert(&model, false);
        let found = [mine, other.join().unwrap()];
        let made = found.iter().flatten().filter(|(_, new)| *new).count();
        assert_eq!(made, 1, "{found:?}");
        let handles: Vec<_> = found.iter().flatten().map(|(handle, _)| *handle).collect();
        assert!(handles.windows(2).all(|pair| pair[0] == pair[1]), "{found:?}");
    });
}

/// A place becomes free meanwhile, so that the two put their tags into different ones, each before it looks at the
/// other's.
#[test]
fn r7_1_the_same_call_in_two_places_at_once_is_one_call() {
    let shm = shm();
    model(3, move || {
        let model = Model::new(shm);
        let (leaves, _) = insert_key(&model, OTHER, false).unwrap();
        let mut call = LockedCall::lock(model.table(), leaves).unwrap();
        call.set_state(State::Ended);
        drop(call);
        let other = {
            let model = Arc::clone(&model);
            thread::spawn(move || {
                model.table().free_ended(leaves);
                insert(&model, false)
            })
        };
        let mine = insert(&model, false);
        let found = [mine, other.join().unwrap()];
        let made = found.iter().flatten().filter(|(_, new)| *new).count();
        assert_eq!(made, 1, "{found:?}");
    });
}

#[test]
fn who_dies_inserting_leaves_a_call_that_a_repair_undoes() {
    let shm = shm();
    model(2, move || {
        let model = Model::new(shm);
        let dead = {
            let model = Arc::clone(&model);
            thread::spawn(move || insert(&model, true))
        };
        let mine = insert(&model, false);
        let _ = dead.join().unwrap();
        // Nobody is inside: what is done now is a repair.
        model.table().rebuild(|_, _| None);
        let again = insert(&model, false).expect("there is room");
        match mine {
            // The dead one's call was found, or nothing was: it never was a call.
            Some((handle, false)) => assert!(again.1 && again.0 != handle),
            Some((handle, true)) => assert_eq!(again, (handle, false)),
            None => assert!(again.1),
        }
    });
}

#[test]
fn a_locked_call_is_one_process_s_and_a_dead_one_s_nobody_s_until_a_repair() {
    let shm = shm();
    for dies in [false, true] {
        model(3, move || {
            let model = Model::new(shm);
            let (handle, _) = insert(&model, false).unwrap();
            let plain = Arc::new(loom::cell::UnsafeCell::new(0));
            let change = |dies: bool| {
                let (model, plain) = (Arc::clone(&model), Arc::clone(&plain));
                move || match LockedCall::lock(model.table(), handle) {
                    Ok(call) => {
                        // SAFETY: loom finds out whether anybody else is at it.
                        plain.with_mut(|plain| unsafe { *plain += 1 });
                        if dies {
                            std::mem::forget(call);
                        }
                        1
                    }
                    Err(CallError::Stuck) => 0,
                    Err(other) => panic!("{other}"),
                }
            };
            let other = thread::spawn(change(dies));
            let mine = change(false)();
            let changed = mine + other.join().unwrap();
            assert!(changed >= 1);
            model.table().rebuild(|_, _| None);
            assert_eq!(change(false)(), 1, "the lock is off");
        });
    }
}

#[test]
fn r6_7_a_hold_is_let_go_once_however_many_end_the_call() {
    let shm = shm();
    model(2, move || {
        let model = Model::new(shm);
        let Inserted::New(mut call) = model.table().insert(KEY) else { panic!("there is room") };
        let limits = LimitTable::new(&model.limits);
        // Another call holds one too: letting go twice would be seen.
        assert!(limits.take_gauge(0, 2).is_ok() && limits.take_gauge(0, 2).is_ok());
        call.hold(Holder::Account, 0);
        call.set_state(State::Admitted);
        let handle = call.handle();
        drop(call);
        let end = || {
            let model = Arc::clone(&model);
            move || {
                if let Ok(mut call) = LockedCall::lock_to_end(model.table(), handle) {
                    call.release_all();
                    call.set_state(State::Ended);
                }
            }
        };
        let other = thread::spawn(end());
        end()();
        other.join().unwrap();
        assert_eq!(LimitTable::new(&model.limits).held(0), 1);
    });
}

/// A model that finds nothing proves nothing: without the order that it is about, loom must see the fault.
#[test]
#[should_panic(expected = "one of one")]
fn a_gauge_without_its_compare_and_swap_is_found_out() {
    model(3, || {
        let word = Arc::new((loom::sync::atomic::AtomicU64::new(0), Open64::default()));
        let take = || {
            let word = Arc::clone(&word);
            move || {
                use std::sync::atomic::Ordering::SeqCst;
                if word.0.load(SeqCst) == 0 {
                    word.0.store(1, SeqCst);
                    word.1.add(1);
                    assert_eq!(word.1.get(), 1, "one of one");
                }
            }
        };
        let other = thread::spawn(take());
        take()();
        let failed = other.join().is_err();
        assert!(!failed, "one of one");
    });
}
