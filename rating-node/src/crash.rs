//! Named places to die at, for tests of recovery: each is right behind one step that others can see.
//!
//! With the feature `crash-points` a process that has armed one kills itself there, the n-th time that it comes by, as
//! `kill -9` from outside would at that very instruction. Without the feature nothing of it is in the program.
//!
//! `docs/SHM_LAYOUT.md` says of each what it leaves, and why that is safe.

/// A place to die at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Point {
    /// An entry is off the free list, and nobody's yet.
    EntryTaken = 1,
    /// An entry is a new call's: locked, deciding.
    EntryBorn,
    /// A call's tag is in the index, tentative.
    TagPut,
    /// The tag is confirmed.
    TagConfirmed,
    /// A gauge is one higher; no entry says so.
    GaugeTaken,
    /// The entry says so.
    HoldWritten,
    /// An entry no longer says that it holds a gauge; the gauge is as it was.
    HoldForgotten,
    /// The gauge is one lower.
    GaugeReleased,
    /// A volume limit has a reservation more; no entry says so.
    VolumeReserved,
    /// The entry says so.
    VolumeWritten,
    /// What an ended call has used is written down for good; its entry still has the reservation.
    VolumeSettled,
    /// The entry has it no longer; what did not count is not given back yet.
    VolumeForgotten,
    /// A wallet has given a hold; no entry says so.
    WalletTaken,
    /// A call is locked.
    CallLocked,
    /// A call's end is written down; it holds what it held.
    EndWritten,
    /// A changed call is as others shall see it.
    CallUnlocked,
    /// The tag of a call that is over is out of the index.
    TagRemoved,
    /// Its entry is marked free, and not on the free list.
    EntryFreed,
    /// It is on the free list.
    EntryListed,
    /// Records are on disk; their entries are not free.
    RecordsSynced,
    /// All are asked to stay outside.
    RepairAsked,
    /// The index and the free list are empty.
    RepairEmptied,
    /// They are made anew.
    RepairRebuilt,
    /// All is counted.
    RepairCounted,
    /// Dead seats are free; all are still asked to stay outside.
    RepairSeatsFreed,
    /// An entry says what it holds of a wallet.
    WalletWritten,
    /// An entry says what it has used; the rest is not given back.
    WalletSettled,
    /// Which ended call is to be swept is written down, and what its wallet has swept then.
    SweepPosted,
    /// The wallet has it; the entry is not free.
    SweepCounted,
    /// A call's answer is written down; its lease is that of a call in set-up.
    AnswerWritten,
    /// An entry says that its lease has run out; it holds what it held.
    ExpiryWritten,
}

impl Point {
    /// Those that a worker comes by.
    pub const OF_WORKERS: [Point; 16] = [
        Self::EntryTaken,
        Self::EntryBorn,
        Self::TagPut,
        Self::TagConfirmed,
        Self::GaugeTaken,
        Self::HoldWritten,
        Self::HoldForgotten,
        Self::GaugeReleased,
        Self::VolumeReserved,
        Self::VolumeWritten,
        Self::VolumeSettled,
        Self::VolumeForgotten,
        Self::CallLocked,
        Self::AnswerWritten,
        Self::EndWritten,
        Self::CallUnlocked,
    ];
    /// Those that the agent comes by.
    pub const OF_AGENTS: [Point; 4] =
        [Self::RecordsSynced, Self::TagRemoved, Self::EntryFreed, Self::EntryListed];
    /// Those of whoever holds, settles and sweeps what a wallet pays.
    pub const OF_WALLETS: [Point; 5] =
        [Self::WalletTaken, Self::WalletWritten, Self::WalletSettled, Self::SweepPosted, Self::SweepCounted];
    /// Those of a repair.
    pub const OF_REPAIR: [Point; 5] = [
        Self::RepairAsked,
        Self::RepairEmptied,
        Self::RepairRebuilt,
        Self::RepairCounted,
        Self::RepairSeatsFreed,
    ];
}

/// Comes by a place to die at.
#[cfg(not(feature = "crash-points"))]
#[inline(always)]
pub(crate) const fn reach(_: Point) {}

#[cfg(feature = "crash-points")]
mod armed {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::Point;

    static POINT: AtomicU32 = AtomicU32::new(0);
    static PASSES: AtomicU32 = AtomicU32::new(0);

    /// Dies at a place, when it has been passed so often. Once for all of the process.
    pub fn arm(point: Point, passes: u32) {
        // ORDERING: sequentially consistent, here and below: nothing hangs on its cost.
        PASSES.store(passes, Ordering::SeqCst);
        POINT.store(point as u32, Ordering::SeqCst);
    }

    /// Comes by a place to die at.
    pub(crate) fn reach(point: Point) {
        if POINT.load(Ordering::SeqCst) != point as u32 {
            return;
        }
        let left = PASSES.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left.is_err() {
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        }
    }
}

#[cfg(feature = "crash-points")]
pub use armed::arm;
#[cfg(feature = "crash-points")]
pub(crate) use armed::reach;
