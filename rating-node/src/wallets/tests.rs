//! The wallet's words alone: holds of threads against each other and against a lease that is taken back.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rating_core::live::Wallet;

use super::*;

const MONEY: Wallet = Wallet { key: 7, in_seconds: false, threshold: 0, credit_limit: 0 };

fn slots(count: usize) -> Vec<WalletSlot> {
    (0..count).map(|_| WalletSlot::default()).collect()
}

#[test]
fn r8_1_available_is_what_was_granted_less_what_is_used() {
    let slots = slots(8);
    let table = WalletTable::new(&slots);
    let at = table.slot(&MONEY).unwrap();
    assert_eq!(table.slot(&MONEY), Ok(at), "the same wallet, the same slot");
    assert!(!table.funds(at).is_leased && !table.is_above(at, -1), "without a lease it pays nothing");
    assert_eq!(table.take(at, 1), Err(Short { available: 0 }));
    table.grant(at, 100, 0);
    assert_eq!(table.take(at, 60), Ok(()));
    assert_eq!(table.take(at, 41), Err(Short { available: 40 }));
    assert_eq!(table.take(at, 40), Ok(()));
    table.give_back(at, 25);
    assert_eq!(table.funds(at).available(), 25);
    assert_eq!(table.take_up_to(at, 26), 25);
    // Told the same again, nothing changes.
    table.grant(at, 100, 0);
    assert_eq!(table.funds(at).available(), 0);
    assert_eq!(table.take(9, 0), Err(Short { available: 0 }), "no slot, no money");
}

#[test]
fn r8_1_the_threshold_is_of_all_of_the_wallet() {
    let slots = slots(8);
    let table = WalletTable::new(&slots);
    let at = table.slot(&MONEY).unwrap();
    table.grant(at, 30, 70);
    assert!(table.is_above(at, 99) && !table.is_above(at, 100));
    table.take(at, 30).unwrap();
    assert!(table.is_above(at, 69) && !table.is_above(at, 70));
    // An adjustment has left less than nothing elsewhere.
    table.grant(at, 30, -5);
    assert!(table.is_above(at, -6) && !table.is_above(at, -5));
}

#[test]
fn seconds_and_money_of_one_name_are_two_wallets() {
    let slots = slots(8);
    let table = WalletTable::new(&slots);
    let seconds = Wallet { in_seconds: true, ..MONEY };
    assert_ne!(table.slot(&MONEY), table.slot(&seconds));
    let full: Vec<_> = (10..16).map(|key| table.slot(&Wallet { key, ..MONEY })).collect();
    assert!(full.iter().all(Result::is_ok));
    assert_eq!(table.slot(&Wallet { key: 99, ..MONEY }), Err(NoRoom));
}

#[test]
fn a_wallet_s_slot_is_found_by_its_key_and_none_is_made_for_one_that_has_none() {
    let slots = slots(4);
    let table = WalletTable::new(&slots);
    // 7 and 3 begin at the same place of four.
    assert_eq!((table.find(7), table.in_use().count()), (None, 0));
    let at = [7, 3].map(|key| table.slot(&Wallet { key, ..MONEY }).unwrap());
    assert_eq!((table.find(7), table.find(3), table.find(11)), (Some(at[0]), Some(at[1]), None));
    let _ = [1, 2].map(|key| table.slot(&Wallet { key, ..MONEY }).unwrap());
    assert_eq!(table.find(11), None, "nor where every slot is another's");
}

#[test]
fn a_recount_sets_what_is_used_to_what_calls_have_and_have_had() {
    let slots = slots(8);
    let table = WalletTable::new(&slots);
    let at = table.slot(&MONEY).unwrap();
    table.grant(at, 100, 0);
    table.take(at, 90).unwrap();
    table.set_swept(at, 10);
    table.recount([(at, 20), (at, 5), (99, 7)].into_iter());
    assert_eq!((table.funds(at).used, table.funds(at).available()), (35, 65));
}

/// Four threads hold and give back; one takes the lease back and gives again. What the threads have at once is never
/// more than what is granted and was not taken back.
#[test]
fn r8_3_threads_never_have_more_than_is_granted() {
    const THREADS: u64 = 4;
    const LEASES: u64 = 2000;
    let slots = slots(8);
    let table = WalletTable::new(&slots);
    let at = table.slot(&MONEY).unwrap();
    table.grant(at, 100, 0);
    let is_over = AtomicBool::new(false);
    let (start, had, bank) = (Barrier::new(THREADS as usize + 1), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        let spend = |thread: u64| {
            let (start, had, bank, is_over) = (&start, &had, &bank, &is_over);
            move || {
                start.wait();
                let mut holds = 0u64;
                for round in 0u64.. {
                    if is_over.load(Ordering::SeqCst) {
                        break;
                    }
                    let amount = 1 + (round * 7 + thread * 13) % 45;
                    if table.take(at, amount).is_ok() {
                        holds += 1;
                        // Counted after it is had and before it is given back: never too high.
                        had.fetch_add(amount, Ordering::SeqCst);
                        let before = bank.load(Ordering::SeqCst);
                        let all = had.load(Ordering::SeqCst);
                        let back = before & 0xff;
                        if bank.load(Ordering::SeqCst) == before {
                            assert!(all <= 100 - back, "{all} are had, {back} are back in the bank");
                        }
                        had.fetch_sub(amount, Ordering::SeqCst);
                        table.give_back(at, amount);
                    }
                }
                holds
            }
        };
        let spenders: Vec<_> = (0..THREADS).map(|thread| scope.spawn(spend(thread))).collect();
        start.wait();
        for rounds in 0..LEASES {
            let now = table.shrink(at, rounds % 60);
            assert!((rounds % 60..=100).contains(&now));
            // What was taken back is the bank's, until it is granted again. The number of the round tells equal ones apart.
            bank.store(rounds << 8 | (100 - now), Ordering::SeqCst);
            (0..50).for_each(|_| std::hint::spin_loop());
            bank.store(rounds << 8, Ordering::SeqCst);
            table.grant(at, 100, 0);
            if rounds % 20 == 0 {
                std::thread::yield_now();
            }
        }
        is_over.store(true, Ordering::SeqCst);
        let holds: u64 = spenders.into_iter().map(|spender| spender.join().unwrap()).sum();
        assert!(holds > 100, "{holds}");
    });
    assert_eq!(table.funds(at).used, 0);
}
