//! Putting right what a death has left, whoever finds it.
//!
//! A process that dies while it is inside leaves its seat so (see `processes`). Who finds that, or attaches with no
//! other worker there, repairs: it asks all to stay outside, waits until all that live are, and then has the state for
//! itself. Calls that were being decided never were, half-made changes are finished or dropped, tags and the free
//! list are made new, and every gauge is counted from the entries. Then all go on. That takes as long as it takes to
//! read the call table; it happens after a death inside only, which is a matter of microseconds in a life.
//!
//! One repairs at a time, by the lock of a file of its own, which the kernel lets go if that one dies too. Those who
//! wait outside then try for the lock, and whoever gets it begins the repair again: it may be begun any number of times.
//!
//! A start, with no other worker there, also ends calls in set-up: Kamailio's transactions died with it, so nobody
//! would ever say what became of them. Answered calls go on across a restart, because dialogs may come back. They do
//! not go on across a reboot: then they end at the last moment that anything in the state was alive.
//!
//! It will not undo what a dead process had done whole, nor end calls that only lost their worker: their leases do.

use std::fs::File;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::fs::FlockOperation;

use crate::calls::State;
use crate::calls::entry::Entry;
use crate::crash::{Point, reach};
use crate::processes::{Membership, Role, SEATS, Seat};
use crate::shm::{self, AttachLock, NO_REPAIR, REPAIR_ASKED, Shm, boot_id, utc_now_ns};
use crate::{funds, reserve};

/// The state is being made anew: until that is done, nobody else may go inside.
const UNDER_WAY: u64 = 2;

/// How long a repair waits for those who are inside. Being there takes microseconds; one that is stopped is waited for
/// another time.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often those who wait outside look for themselves whether somebody repairs.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What is repaired after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// The death of a process among others.
    Death,
    /// The end of all workers.
    Stop,
}

/// Held by who repairs.
struct RepairLock(#[expect(dead_code, reason = "the lock lives as long as the open file")] File);

impl RepairLock {
    fn take(shm: &Shm, operation: FlockOperation) -> std::io::Result<RepairLock> {
        let file = shm::open_lock_file(&shm::beside(shm.path(), "repair"))?;
        rustix::fs::flock(&file, operation)?;
        Ok(RepairLock(file))
    }
}

/// Takes a seat, and repairs what there is to repair; false where no seat is left.
///
/// # Errors
/// What the operating system says.
pub(crate) fn attach(shm: &mut Shm, role: Role, _lock: &AttachLock) -> std::io::Result<bool> {
    // First what a death has left: a seat that was left inside is nobody's before.
    if !shm.join(role)? {
        return Ok(false);
    }
    let (Some(own), shm) = (shm.membership(), &*shm) else { return Ok(false) };
    // The attach lock keeps other workers from coming meanwhile.
    if role == Role::Worker && !own.has_other_workers(shm.seats())? {
        let lock = RepairLock::take(shm, FlockOperation::LockExclusive)?;
        repair(shm, own, After::Stop, &lock)?;
    } else {
        repair_dead(shm)?;
    }
    Ok(true)
}

/// Repairs what a dead process has left, if any has. False if there is nothing, or somebody else is at it.
///
/// # Errors
/// What the operating system says; or a process that lives has been inside for too long.
pub(crate) fn repair_dead(shm: &Shm) -> std::io::Result<bool> {
    let Some(own) = shm.membership() else { return Ok(false) };
    if !shm.is_repairing() && dead_inside(shm, own)?.is_empty() {
        return Ok(false);
    }
    let Ok(lock) = RepairLock::take(shm, FlockOperation::NonBlockingLockExclusive) else { return Ok(false) };
    // Another may have been at it until now.
    if !shm.is_repairing() && dead_inside(shm, own)?.is_empty() {
        return Ok(false);
    }
    repair(shm, own, After::Death, &lock).map(|()| true)
}

/// Waits, outside, until nobody repairs; takes over from who died at it.
pub(crate) fn wait(shm: &Shm) {
    let mut look_at = Instant::now() + LOOK_AGAIN;
    while shm.is_repairing() {
        std::thread::yield_now();
        if Instant::now() >= look_at {
            // Where it cannot be done now it is tried again.
            let _ = repair_dead(shm);
            std::thread::sleep(Duration::from_millis(1));
            look_at = Instant::now() + LOOK_AGAIN;
        }
    }
}

/// The seats whose processes died inside.
fn dead_inside(shm: &Shm, own: &Membership) -> std::io::Result<Vec<usize>> {
    let mut dead = Vec::new();
    for at in (0..SEATS).filter(|at| is_inside(shm, *at)) {
        if !own.is_alive(at)? {
            dead.push(at);
        }
    }
    Ok(dead)
}

fn is_inside(shm: &Shm, at: usize) -> bool {
    shm.seats().get(at).is_some_and(Seat::is_inside)
}

fn repair(shm: &Shm, own: &Membership, after: After, _lock: &RepairLock) -> std::io::Result<()> {
    let word = &shm.header().repairing;
    // ORDERING: sequentially consistent, here and below; pairs with `Seat::try_enter`.
    shm.header().ask_for_repair();
    reach(Point::RepairAsked);
    let dead = match wait_for_all(shm, own) {
        Ok(dead) => dead,
        Err(error) => {
            let _ = word.compare_exchange(REPAIR_ASKED, NO_REPAIR, Ordering::SeqCst, Ordering::SeqCst);
            return Err(error);
        }
    };
    word.store(UNDER_WAY, Ordering::SeqCst);
    make_anew(shm, after, utc_now_ns());
    reach(Point::RepairCounted);
    for seat in dead.into_iter().filter_map(|at| shm.seats().get(at)) {
        seat.set_outside();
    }
    reach(Point::RepairSeatsFreed);
    word.store(NO_REPAIR, Ordering::SeqCst);
    Ok(())
}

/// Waits until all that live are outside, and gives the dead that were inside.
fn wait_for_all(shm: &Shm, own: &Membership) -> std::io::Result<Vec<usize>> {
    let until = Instant::now() + PATIENCE;
    loop {
        // Who is seen outside once has seen the word, or will before it changes anything.
        let inside: Vec<usize> = (0..SEATS).filter(|at| is_inside(shm, *at)).collect();
        let alive = inside.iter().map(|at| own.is_alive(*at)).collect::<std::io::Result<Vec<bool>>>()?;
        if alive.iter().all(|alive| !alive) {
            return Ok(inside);
        }
        if Instant::now() > until {
            let text = "a process has been changing the state for seconds; is it stopped?";
            return Err(std::io::Error::new(std::io::ErrorKind::TimedOut, text));
        }
        std::thread::yield_now();
    }
}

/// Makes the state new from its entries. Nobody else is inside.
fn make_anew(shm: &Shm, after: After, now_utc_ns: i64) {
    let calls = shm.calls();
    funds::finish_sweep(shm, |posted| calls.mark_free(posted));
    match after {
        // An agent that is there first after a reboot leaves it to the first worker to say what has ended.
        After::Death => calls.rebuild(|_, _| None),
        After::Stop if !shm.is_of_this_boot() => {
            // The disk may have had less of the state than of the records, when the power went.
            calls.begin_anew(now_utc_ns);
            shm.wallets().end_leases();
            let last_alive_ns = last_alive_ns(shm);
            calls.rebuild(|_, _| Some(last_alive_ns));
            shm.limits().rest_cps();
            // Last: a start that dies on the way is followed by one that still knows.
            shm.header().boot_id.iter().zip(boot_id()).for_each(|(cell, half)| cell.set(half));
        }
        After::Stop => calls.rebuild(|_: &Entry, state| (state != State::Answered).then_some(now_utc_ns)),
    }
    let alive = calls.used().filter(|(_, state, _)| state.is_alive());
    reach(Point::RepairRebuilt);
    shm.limits().recount(alive.flat_map(|(entry, ..)| entry.held_slots()));
    let alive = calls.used().filter(|(_, state, _)| state.is_alive());
    shm.limits().recount_volumes(alive.flat_map(|(entry, ..)| reserve::reservations(entry)));
    shm.wallets().recount(funds::charges(&calls));
}

/// The last moment that the state shows: the agent's last round, or an event of a call.
fn last_alive_ns(shm: &Shm) -> i64 {
    let calls = shm.calls().used().filter(|(_, state, _)| *state != State::Free);
    let last_of = |entry: &Entry| entry.last_alive_ns().max(entry.ended_ns.get_signed());
    let last_event_ns = calls.map(|(entry, ..)| last_of(entry)).max().unwrap_or(0);
    last_event_ns.max(shm.header().last_round_ns.get_signed())
}
