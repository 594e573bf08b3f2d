//! The processes of the node: each has a seat, and is alive as long as it holds its seat's lock.
//!
//! A seat is one byte of the file `<state>.processes`, held by a lock of an open file description that the
//! process has opened itself. The kernel lets it go when the process dies, however it dies. Pids say nothing: they
//! are used again, and mean nothing from one container to another.
//!
//! A seat also says whether its process is *inside*: between the first and the last step of a change to the
//! state. Who repairs asks all to stay outside, waits until all that live are, and has the state for itself (see
//! `recover`). A dead process that was inside is what a repair is for.
//!
//! Worked: a worker claims seat 3. It locks a call: seat 3 is inside; it is killed there. The agent's next round
//! finds the seat's byte unlocked and the seat inside, and repairs. A child that was forked with its parent's seat
//! claims one of its own before it goes inside.
//!
//! It will not say what is to be repaired.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use crate::atomic::{self, model_fence};
use crate::cells::Open32;
use crate::shm::{self, Header};

/// Processes of a node that can be attached at the same time.
pub(crate) const SEATS: usize = 512;

/// What a process is to the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Role {
    /// It decides calls.
    Worker = 1,
    /// It writes what has ended. A worker that comes while only agents are there counts as alone.
    Agent = 2,
}

/// What one process tells all others.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct Seat {
    /// How many of its threads are changing the state.
    inside: atomic::AtomicU64,
    /// [`Role`] of who had the seat last.
    role: Open32,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Seat>() == 64);

impl Seat {
    /// Whether its process is changing the state.
    pub fn is_inside(&self) -> bool {
        // ORDERING: sequentially consistent, pairs with `enter`: of a process that goes inside and one that asks
        // all to stay outside, at least one sees the other.
        model_fence();
        self.inside.load(Ordering::SeqCst) != 0
    }

    /// Goes inside.
    pub fn enter(&self) {
        // ORDERING: sequentially consistent, as in `is_inside`.
        self.inside.fetch_add(1, Ordering::SeqCst);
        model_fence();
    }

    /// Goes inside, unless all are asked to stay outside.
    pub fn try_enter(&self, header: &Header) -> bool {
        self.enter();
        let may = !header.is_repairing();
        if !may {
            self.leave();
        }
        may
    }

    /// Comes out again.
    pub fn leave(&self) {
        // ORDERING: release, pairs with the load in `is_inside`: who repairs sees all that was changed.
        self.inside.fetch_sub(1, Ordering::Release);
    }

    /// What a dead process was inside for is repaired.
    pub fn set_outside(&self) {
        // ORDERING: release: the next to claim the seat, who looks with `is_inside`, finds a repaired state.
        self.inside.store(0, Ordering::Release);
    }
}

/// This process's seat.
#[derive(Debug)]
pub(crate) struct Membership {
    path: PathBuf,
    role: Role,
    at: AtomicU32,
    /// [`FORKS`] when the seat was claimed: with another, it is the parent's.
    forks: AtomicU64,
    file: Mutex<File>,
}

/// How many forks lie between the process that loaded this program and this one.
static FORKS: AtomicU64 = AtomicU64::new(0);

extern "C" fn count_fork() {
    // ORDERING: relaxed: after a fork there is one thread.
    FORKS.fetch_add(1, Ordering::Relaxed);
}

fn notice_forks() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the handler is a function of this program and only adds to an atomic, which may be done in a child
        // of a fork. Where it cannot be registered (no memory), children go on with their parent's seat.
        let _ = unsafe { libc::pthread_atfork(None, None, Some(count_fork)) };
    });
}

impl Membership {
    /// Claims a seat; `None` where all are taken.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn claim(state: &Path, seats: &[Seat], role: Role) -> std::io::Result<Option<Membership>> {
        notice_forks();
        let path = shm::beside(state, "processes");
        // ORDERING: relaxed, here and below: this process's own numbers.
        let forks = FORKS.load(Ordering::Relaxed);
        Ok(take_seat(&path, seats, role)?.map(|(file, at)| Membership {
            path,
            role,
            at: AtomicU32::new(at),
            forks: AtomicU64::new(forks),
            file: Mutex::new(file),
        }))
    }

    /// The seat; in the child of a fork one of its own.
    pub fn seat<'a>(&self, seats: &'a [Seat]) -> Option<&'a Seat> {
        // ORDERING: acquire, pairs with the release in `claim_after_fork`: the seat is that of this process.
        if self.forks.load(Ordering::Acquire) != FORKS.load(Ordering::Relaxed) {
            self.claim_after_fork(seats);
        }
        seats.get(self.at.load(Ordering::Relaxed) as usize)
    }

    #[cold]
    fn claim_after_fork(&self, seats: &[Seat]) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let forks = FORKS.load(Ordering::Relaxed);
        if self.forks.load(Ordering::Relaxed) == forks {
            return;
        }
        // Without a seat of its own it goes on with its parent's, which lives as long as either.
        if let Ok(Some((own, at))) = take_seat(&self.path, seats, self.role) {
            *file = own;
            self.at.store(at, Ordering::Relaxed);
        }
        // ORDERING: release, pairs with the acquire in `seat`.
        self.forks.store(forks, Ordering::Release);
    }

    /// Whether the process in a seat lives.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn is_alive(&self, at: usize) -> std::io::Result<bool> {
        if at == self.at.load(Ordering::Relaxed) as usize {
            return Ok(true);
        }
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        is_locked(&file, at)
    }

    /// Whether any other worker lives.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn has_other_workers(&self, seats: &[Seat]) -> std::io::Result<bool> {
        let own = self.at.load(Ordering::Relaxed) as usize;
        for (at, seat) in seats.iter().enumerate() {
            if at != own && seat.role.get() == Role::Worker as u32 && self.is_alive(at)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Locks the first seat that is free and left in order. One whose process died inside waits for a repair.
fn take_seat(path: &Path, seats: &[Seat], role: Role) -> std::io::Result<Option<(File, u32)>> {
    let file = shm::open_lock_file(path)?;
    for (at, seat) in (0u32..).zip(seats) {
        if !lock_byte(&file, at as usize)? {
            continue;
        }
        if seat.is_inside() {
            unlock_byte(&file, at as usize)?;
            continue;
        }
        seat.role.set(role as u32);
        return Ok(Some((file, at)));
    }
    Ok(None)
}

/// Locks a byte of an open file; false where another has it.
fn lock_byte(file: &File, at: usize) -> std::io::Result<bool> {
    match lock_call(file, libc::F_OFD_SETLK, libc::F_WRLCK, at) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(false),
        Err(error) => Err(error),
    }
}

fn unlock_byte(file: &File, at: usize) -> std::io::Result<()> {
    lock_call(file, libc::F_OFD_SETLK, libc::F_UNLCK, at).map(drop)
}

/// Workers and agents that live, as anybody may ask.
///
/// # Errors
/// What the operating system says.
pub(crate) fn count_alive(state: &Path, seats: &[Seat]) -> std::io::Result<(u32, u32)> {
    let file = File::open(shm::beside(state, "processes"))?;
    let (mut workers, mut agents) = (0, 0);
    for (at, seat) in seats.iter().enumerate() {
        let count = match seat.role.get() {
            1 => &mut workers,
            2 => &mut agents,
            _ => continue,
        };
        *count += u32::from(is_locked(&file, at)?);
    }
    Ok((workers, agents))
}

/// Whether another has a byte of an open file.
fn is_locked(file: &File, at: usize) -> std::io::Result<bool> {
    lock_call(file, libc::F_OFD_GETLK, libc::F_WRLCK, at).map(|found| found != libc::F_UNLCK)
}

/// One call of `fcntl` on a lock of one byte; gives the lock's type as the kernel leaves it.
fn lock_call(file: &File, command: i32, kind: i32, at: usize) -> std::io::Result<i32> {
    use std::os::fd::AsRawFd;
    let mut lock = libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: at as libc::off_t,
        l_len: 1,
        l_pid: 0,
    };
    // SAFETY: the descriptor is open as long as `file`; the commands of locks take a pointer to a `flock`, which
    // lives until the call is over.
    let done = unsafe { libc::fcntl(file.as_raw_fd(), command, &raw mut lock) };
    if done == -1 { Err(std::io::Error::last_os_error()) } else { Ok(i32::from(lock.l_type)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(count: usize) -> Vec<Seat> {
        (0..count).map(|_| Seat::default()).collect()
    }

    fn claim(state: &Path, seats: &[Seat], role: Role) -> Membership {
        Membership::claim(state, seats, role).unwrap().expect("a seat is free")
    }

    #[test]
    fn a_seat_is_one_process_s_until_it_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let (state, seats) = (dir.path().join("state"), seats(2));
        let first = claim(&state, &seats, Role::Worker);
        let second = claim(&state, &seats, Role::Agent);
        assert!(Membership::claim(&state, &seats, Role::Worker).unwrap().is_none(), "both are taken");
        assert!(first.is_alive(1).unwrap() && second.is_alive(0).unwrap());
        assert!(!first.has_other_workers(&seats).unwrap() && second.has_other_workers(&seats).unwrap());
        drop(first);
        assert!(!second.is_alive(0).unwrap(), "who is gone has let its lock go");
        assert!(!second.has_other_workers(&seats).unwrap());
        claim(&state, &seats, Role::Worker);
    }

    #[test]
    fn a_seat_that_was_left_inside_is_nobody_s_before_it_is_repaired() {
        let dir = tempfile::tempdir().unwrap();
        let (state, seats) = (dir.path().join("state"), seats(1));
        let dead = claim(&state, &seats, Role::Worker);
        dead.seat(&seats).unwrap().enter();
        drop(dead);
        assert!(Membership::claim(&state, &seats, Role::Worker).unwrap().is_none());
        seats[0].set_outside();
        claim(&state, &seats, Role::Worker);
    }
}
