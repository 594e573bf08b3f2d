//! The state file: one shared mapping that all workers and the agent of a node have in common.
//!
//! ```text
//!     0 ┌──────────────────────────────┐
//!       │ Header            4096 bytes │ magic, version, sizes, boot id, published snapshots, free entries
//!  4096 ├──────────────────────────────┤
//!       │ Shard × 16, 1536 bytes each  │ counters; a process adds to one of them
//! 28672 ├──────────────────────────────┤
//!       │ Seat × 512, 64               │ see `processes`
//! 61440 ├──────────────────────────────┤
//!       │ Score × 4096, 16             │ see `quality`
//!       ├──────────────────────────────┤
//!       │ Ring × 4096, 1472            │ see `quality`
//!       ├──────────────────────────────┤
//!       │ LimitSlot × limits_max, 128  │ see `limits`
//!       ├──────────────────────────────┤
//!       │ WalletSlot × wallets_max, 64 │ see `wallets`
//!       ├──────────────────────────────┤
//!       │ Bucket × buckets, 64         │ see `calls::table`
//!       ├──────────────────────────────┤
//!       │ Entry × calls_max, 896       │ see `calls::entry`
//!       └──────────────────────────────┘
//! ```
//!
//! Whoever comes first creates it, under a lock file, whole or not at all; its sizes are fixed from then on.
//! It survives a restart of Kamailio, because calls do. All of it is atomics, so any bytes are harmless.
//!
//! It will not grow, and it will not read another layout's file.

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::{MmapOptions, MmapRaw};
use rustix::fs::{Mode, OFlags};

use crate::atomic::{AtomicU64, model_fence};
use crate::calls::entry::Entry;
use crate::calls::table::{Bucket, CallTable};
use crate::cells::{Cell32, Cell64, Open64};
use crate::limits::{LimitSlot, LimitTable};
use crate::processes::{Membership, Role, SEATS, Seat};
use crate::quality::{QualityTable, ROUTES_MAX, Ring, Score};
use crate::recover;
use crate::stats::Shard;
use crate::wallets::{WALLETS_MAX, WalletSlot, WalletTable};

mod file;

pub use file::{AttachLock, lock};
pub(crate) use file::{beside, open_lock_file};
use file::{create, fill_holes, io, open_existing};

/// The first eight bytes of a state file.
pub const MAGIC: u64 = u64::from_le_bytes(*b"TANDEMSH");
/// The layout that this program reads and writes.
pub const VERSION: u32 = 8;
/// Calls that a new state file can hold, where nothing else is asked for.
pub const CALLS_MAX_DEFAULT: u32 = 100_000;
/// Limits that a new state file can hold.
pub const LIMITS_MAX: u32 = 65_536;
/// Most calls of any state file: the index in a handle has 24 bits, and 0 in a free list is nobody.
pub const CALLS_MAX: u32 = (1 << 24) - 1;
/// Generations whose snapshots can be in use at the same time.
pub const GENERATIONS: usize = 8;

const SHARDS: usize = 16;
const SHARDS_AT: usize = 4096;
const SEATS_AT: usize = SHARDS_AT + SHARDS * size_of::<Shard>();
const SCORES_AT: usize = SEATS_AT + SEATS * size_of::<Seat>();
const RINGS_AT: usize = SCORES_AT + ROUTES_MAX * size_of::<Score>();
const LIMITS_AT: usize = RINGS_AT + ROUTES_MAX * size_of::<Ring>();

/// Nobody repairs.
pub(crate) const NO_REPAIR: u64 = 0;
/// All are asked to stay outside; nothing is changed yet.
pub(crate) const REPAIR_ASKED: u64 = 1;

/// A snapshot that was published.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Published {
    /// Which generation; a slot is generation modulo 8.
    pub generation: Cell64,
    /// Device of the file that workers map.
    pub dev: Cell64,
    /// Its inode.
    pub inode: Cell64,
    /// Its length in bytes.
    pub size: Cell64,
    /// The snapshot's content id.
    pub content_id: Cell64,
    /// The first generation of the set that this one was published with; the header names the last.
    pub first_of_set: Cell64,
    /// From when it is true, in seconds since 1970 UTC.
    pub from_utc_sec: Cell64,
    /// Until when, in seconds since 1970 UTC; `i64::MAX` if nothing scheduled ends it.
    pub until_utc_sec: Cell64,
}

/// The head of the state file.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct Header {
    /// [`MAGIC`].
    pub magic: Cell64,
    /// [`VERSION`].
    pub version: Cell32,
    /// Bytes of one call's entry.
    pub entry_len: Cell32,
    /// Entries.
    pub calls_max: Cell32,
    /// Slots of limits.
    pub limits_max: Cell32,
    /// Buckets of the call table; a power of two.
    pub buckets: Cell32,
    /// Slots of wallets.
    pub wallets_max: Cell32,
    /// When the file was created, in nanoseconds since 1970 UTC: names the node's state in records.
    pub node_start_ns: Cell64,
    /// The kernel's boot id when CPS was last paced: the monotonic clock starts again with another.
    pub boot_id: [Cell64; 2],
    /// Key of the hash of calls' keys.
    pub hash_key: [Cell64; 2],
    /// Generations of entries start above this, so that a handle from an earlier state file names no call.
    pub entry_generation_base: Cell64,
    /// When the agent last looked, in nanoseconds since 1970 UTC: calls that a reboot ended lived till then.
    pub last_round_ns: Open64,
    /// When scores of quality were published last, in nanoseconds since 1970 UTC.
    pub(crate) scored_ns: AtomicU64,
    /// 1 if the snapshot file that was tried last was refused, so that what is live is older; else 0.
    pub snapshot_refused: Open64,
    pad: [Cell64; 3],
    /// The newest generation of the live set of snapshots; 0 is none. A cache line of its own: every decision reads it.
    pub generation: AtomicU64,
    /// 0; or who goes inside is to wait outside, because a repair is asked for or under way: see `recover`. In the
    /// cache line that every change reads anyway.
    pub repairing: AtomicU64,
    pad_generation: [Cell64; 6],
    /// Free entries: the first one's index + 1 in the low 24 bits, above it a count against reuse.
    pub free_head: AtomicU64,
    /// Entries that are not free. Here, because who takes or frees one has this cache line anyway.
    pub entries_taken: AtomicU64,
    pad_free: [Cell64; 6],
    /// Entries from here on were never used.
    pub entries_used: AtomicU64,
    /// What of a wallet is being counted as swept: see `funds`.
    pub(crate) posting: Posting,
    pad_used: [Cell64; 4],
    /// The last snapshots that were published.
    pub published: [Published; GENERATIONS],
}

impl Header {
    /// Whether all are asked to stay outside.
    pub(crate) fn is_repairing(&self) -> bool {
        // ORDERING: sequentially consistent, pairs with the store in `recover`: see `Seat::is_inside`.
        self.repairing.load(std::sync::atomic::Ordering::SeqCst) != 0
    }

    /// Asks all to stay outside. Who was at it before and died has left the word: then the state may be half new.
    pub(crate) fn ask_for_repair(&self) {
        use std::sync::atomic::Ordering::SeqCst;
        // ORDERING: sequentially consistent, pairs with the load in `is_repairing`.
        let _ = self.repairing.compare_exchange(NO_REPAIR, REPAIR_ASKED, SeqCst, SeqCst);
        model_fence();
    }
}

/// The ended call that is being freed, and what the wallet that paid it has swept then. A death between the two steps is
/// finished by a repair.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Posting {
    /// The call; 0 is none.
    pub handle: Cell64,
    /// Its wallet's slot.
    pub slot: Cell64,
    /// What the wallet has swept when it is done.
    pub swept: Cell64,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Header>() <= SHARDS_AT);
// As `docs/SHM_LAYOUT.md` says.
const _: () = assert!(std::mem::offset_of!(Header, node_start_ns) == 32);
const _: () = assert!(std::mem::offset_of!(Header, last_round_ns) == 80);
#[cfg(not(loom))]
const _: () = assert!(std::mem::offset_of!(Header, generation) == 128);
#[cfg(not(loom))]
const _: () = assert!(std::mem::offset_of!(Header, published) == 320);
const _: () = assert!(size_of::<Published>() == 64);
const _: () = assert!(size_of::<Shard>() == 1536 && SCORES_AT == 61440);

/// What can lie in the state file.
///
/// # Safety
/// Made of atomics only: any bytes are a value, and shared references may be written through.
unsafe trait Shared {}
// SAFETY: `Cell*` and atomics only.
unsafe impl Shared for Header {}
// SAFETY: `Cell64` only.
unsafe impl Shared for Shard {}
// SAFETY: atomics and `Cell32` only.
unsafe impl Shared for Seat {}
// SAFETY: an atomic and a `Cell64` only.
unsafe impl Shared for Score {}
// SAFETY: atomics only.
unsafe impl Shared for Ring {}
// SAFETY: `Cell*` and atomics only.
unsafe impl Shared for LimitSlot {}
// SAFETY: `Cell*` and atomics only.
unsafe impl Shared for WalletSlot {}
// SAFETY: atomics only.
unsafe impl Shared for Bucket {}
// SAFETY: `Cell*` and atomics only.
unsafe impl Shared for Entry {}

/// Why there is no state to share.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShmError {
    /// The operating system refused.
    #[error("state {path}: {source}; it belongs to the user that Kamailio and the agent run as, mode 0600")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not a state file.
    #[error("{path} is no state file of this program: name another, or remove it")]
    NotState {
        /// The file.
        path: PathBuf,
    },
    /// Another layout.
    #[error(
        "state {path} has layout {found}, this program has {VERSION}, and calls may be in it: go on with the program of \
         before until they are over; then stop Kamailio and the agent, let the old agent write what has ended \
         (`agent --once`), remove the file"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: u32,
    },
    /// Another size than asked for.
    #[error(
        "state {path} holds {found} calls, {wanted} are asked for, and {taken} calls are in it: ask for {found}; or stop \
         Kamailio when its calls are over, run `agent --once`, remove the file"
    )]
    CallsMax {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: u32,
        /// What was asked for.
        wanted: u32,
        /// Calls that are in it, or wait to be written.
        taken: u64,
    },
    /// More processes than the state has seats for.
    #[error("state {path} has {SEATS} processes already, and no seat for another: stop some")]
    NoSeat {
        /// The file.
        path: PathBuf,
    },
    /// A size that no state file can have.
    #[error("a state file holds 1 to {CALLS_MAX} calls, not {wanted}")]
    Impossible {
        /// What was asked for.
        wanted: u32,
    },
}

/// The mapped state.
#[derive(Debug)]
pub struct Shm {
    map: MmapRaw,
    file: File,
    path: PathBuf,
    /// This process's seat; without one it may look, and change what nobody else has.
    membership: Option<Membership>,
}

/// As long as this lives, its process is changing the state, and no repair begins.
#[derive(Debug)]
pub struct Inside<'a>(Option<&'a Seat>);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if let Some(seat) = self.0 {
            seat.leave();
        }
    }
}

impl Shm {
    /// Opens the state at `path`, or creates it.
    ///
    /// `calls_max` 0 is "as it is": [`CALLS_MAX_DEFAULT`] for a new one. The caller holds [`lock`].
    ///
    /// # Errors
    /// [`ShmError`], with what to do about it.
    pub fn open_or_create(path: &Path, calls_max: u32, _lock: &AttachLock) -> Result<Shm, ShmError> {
        if calls_max > CALLS_MAX {
            return Err(ShmError::Impossible { wanted: calls_max });
        }
        match open_existing(path) {
            Ok(file) => Self::attach(file, path, calls_max),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                create(path, if calls_max == 0 { CALLS_MAX_DEFAULT } else { calls_max })?;
                let file = open_existing(path).map_err(|source| io(path, source))?;
                Self::attach(file, path, calls_max)
            }
            Err(source) => Err(io(path, source)),
        }
    }

    /// Opens the state at `path` as it is. The caller holds [`lock`].
    pub(crate) fn open_existing(path: &Path, _lock: &AttachLock) -> Result<Shm, ShmError> {
        Self::attach(open_existing(path).map_err(|source| io(path, source))?, path, 0)
    }

    /// Maps the state at `path` for who only looks. Nothing of it can be changed through what this gives: a store would
    /// be a fault, so it is for [`watch`](crate::watch) alone, whose every access is a load.
    pub(crate) fn open_to_watch(path: &Path) -> Result<Shm, ShmError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = rustix::fs::open(path, flags, Mode::empty()).map_err(|errno| io(path, errno.into()))?;
        let map = |file: &File| MmapOptions::new().map_raw_read_only(file);
        Self::mapped(File::from(file), path, 0, map)
    }

    fn attach(file: File, path: &Path, calls_max: u32) -> Result<Shm, ShmError> {
        fill_holes(&file).map_err(|source| io(path, source))?;
        // All pages now: on tmpfs the first touch of each would be a fault in the middle of a call, else.
        Self::mapped(file, path, calls_max, |file| MmapOptions::new().populate().map_raw(file))
    }

    fn mapped(
        file: File,
        path: &Path,
        calls_max: u32,
        map: impl FnOnce(&File) -> std::io::Result<MmapRaw>,
    ) -> Result<Shm, ShmError> {
        let meta = file.metadata().map_err(|source| io(path, source))?;
        let len = usize::try_from(meta.len()).unwrap_or(0);
        if !meta.is_file() || len < LIMITS_AT {
            return Err(ShmError::NotState { path: path.to_owned() });
        }
        let map = map(&file).map_err(|source| io(path, source))?;
        let shm = Shm { map, file, path: path.to_owned(), membership: None };
        let header = shm.header();
        if header.magic.get() != MAGIC {
            return Err(ShmError::NotState { path: path.to_owned() });
        }
        if header.version.get() != VERSION || header.entry_len.get() as usize != size_of::<Entry>() {
            return Err(ShmError::Version { path: path.to_owned(), found: header.version.get() });
        }
        let sizes = Sizes::of(header);
        if !sizes.are_sound() || sizes.file_len() != len {
            return Err(ShmError::NotState { path: path.to_owned() });
        }
        if calls_max != 0 && calls_max != sizes.calls_max {
            return Err(ShmError::CallsMax {
                path: path.to_owned(),
                found: sizes.calls_max,
                wanted: calls_max,
                // ORDERING: relaxed: a figure to tell.
                taken: header.entries_taken.load(std::sync::atomic::Ordering::Relaxed),
            });
        }
        Ok(shm)
    }

    /// The head.
    #[must_use]
    pub fn header(&self) -> &Header {
        let [header] = self.array::<Header>(0, 1) else { unreachable!("one was asked for") };
        header
    }

    /// Counters.
    #[must_use]
    pub(crate) fn shards(&self) -> &[Shard] {
        self.array(SHARDS_AT, SHARDS)
    }

    /// How well routes do.
    #[must_use]
    pub fn quality(&self) -> QualityTable<'_> {
        QualityTable::new(self.array(SCORES_AT, ROUTES_MAX), self.array(RINGS_AT, ROUTES_MAX))
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> LimitTable<'_> {
        LimitTable::new(self.array(LIMITS_AT, self.header().limits_max.get() as usize))
    }

    /// The wallets.
    #[must_use]
    pub fn wallets(&self) -> WalletTable<'_> {
        let sizes = Sizes::of(self.header());
        WalletTable::new(self.array(sizes.wallets_at(), sizes.wallets_max as usize))
    }

    /// The calls.
    #[must_use]
    pub fn calls(&self) -> CallTable<'_> {
        let sizes = Sizes::of(self.header());
        let buckets = self.array(sizes.buckets_at(), sizes.buckets as usize);
        let entries = self.array(sizes.entries_at(), sizes.calls_max as usize);
        CallTable::new(self, self.header(), buckets, entries, self.limits())
    }

    /// Whether another file has taken the place of this one. A place that is empty is not another's.
    #[must_use]
    pub fn is_replaced(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let here = std::fs::symlink_metadata(&self.path).map(|meta| (meta.dev(), meta.ino()));
        let mine = self.file.metadata().map(|meta| (meta.dev(), meta.ino()));
        here.ok().zip(mine.ok()).is_some_and(|(here, mine)| here != mine)
    }

    /// Writes down that the node is up. After a reboot that no worker has noticed yet it says nothing: when the
    /// calls in the state were last alive is still to be read.
    pub(crate) fn note_alive(&self, now_utc_ns: i64) {
        if self.is_of_this_boot() {
            self.header().last_round_ns.set_signed(now_utc_ns);
        }
    }

    /// Whether the machine has not been started again since a worker has attached: after a reboot the first one that
    /// comes says what has become of calls and wallets.
    #[must_use]
    pub fn is_of_this_boot(&self) -> bool {
        let known = &self.header().boot_id;
        [known[0].get(), known[1].get()] == boot_id()
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The seats of processes.
    pub(crate) fn seats(&self) -> &[Seat] {
        self.array(SEATS_AT, SEATS)
    }

    /// Takes a seat for this process; false where all are taken.
    pub(crate) fn join(&mut self, role: Role) -> std::io::Result<bool> {
        self.membership = Membership::claim(&self.path, self.seats(), role)?;
        Ok(self.membership.is_some())
    }

    /// This process's seat.
    pub(crate) const fn membership(&self) -> Option<&Membership> {
        self.membership.as_ref()
    }

    /// Goes inside: what is changed until the guard is dropped, no repair meets half-done. Waits while one is under
    /// way. Never to be asked for by who is inside already.
    pub(crate) fn enter(&self) -> Inside<'_> {
        if cfg!(tandem_tsan) {
            // Threads of one process share a seat, whose count would put all that they do into one order, and nothing could
            // race. Nobody dies there, so nobody repairs.
            return Inside(None);
        }
        let seats = self.seats();
        let Some(seat) = self.membership.as_ref().and_then(|own| own.seat(seats)) else {
            return Inside(None);
        };
        loop {
            if seat.try_enter(self.header()) {
                return Inside(Some(seat));
            }
            recover::wait(self);
        }
    }

    /// Whether all are asked to stay outside.
    pub(crate) fn is_repairing(&self) -> bool {
        self.header().is_repairing()
    }

    fn array<T: Shared>(&self, at: usize, count: usize) -> &[T] {
        let fits = count.checked_mul(size_of::<T>()).and_then(|len| len.checked_add(at));
        assert!(fits.is_some_and(|end| end <= self.map.len()), "the header's sizes changed under us");
        assert!(at.is_multiple_of(align_of::<T>()), "sections are aligned");
        // SAFETY: `at` is inside the mapping (asserted), so the address is one of its own.
        let first = unsafe { self.map.as_mut_ptr().add(at) }.cast::<T>();
        // SAFETY: `count` values lie inside the mapping (asserted), which is page-aligned, so `first` is
        // aligned (asserted); `T: Shared` is valid for any bytes and only ever changed through atomics; the
        // mapping lives as long as `self`.
        unsafe { std::slice::from_raw_parts(first, count) }
    }
}

/// The sizes that a header states.
#[derive(Clone, Copy)]
struct Sizes {
    calls_max: u32,
    limits_max: u32,
    wallets_max: u32,
    buckets: u32,
}

impl Sizes {
    fn of(header: &Header) -> Self {
        Self {
            calls_max: header.calls_max.get(),
            limits_max: header.limits_max.get(),
            wallets_max: header.wallets_max.get(),
            buckets: header.buckets.get(),
        }
    }

    /// Twice as many tags as calls, so that two buckets are practically never both full; at least 2 buckets.
    fn wanted(calls_max: u32) -> Self {
        let buckets = (calls_max / 4).max(1).next_power_of_two().max(2);
        Self { calls_max, limits_max: LIMITS_MAX, wallets_max: WALLETS_MAX, buckets }
    }

    fn are_sound(self) -> bool {
        let calls = (1..=CALLS_MAX).contains(&self.calls_max);
        let limits = self.limits_max.is_power_of_two() && self.limits_max <= 1 << 24;
        let limits = limits && self.wallets_max <= 1 << 24;
        calls && limits && self.buckets.is_power_of_two() && (2..=1 << 24).contains(&self.buckets)
    }

    const fn wallets_at(self) -> usize {
        LIMITS_AT + self.limits_max as usize * size_of::<LimitSlot>()
    }

    const fn buckets_at(self) -> usize {
        self.wallets_at() + self.wallets_max as usize * size_of::<WalletSlot>()
    }

    const fn entries_at(self) -> usize {
        self.buckets_at() + self.buckets as usize * size_of::<Bucket>()
    }

    const fn file_len(self) -> usize {
        self.entries_at() + self.calls_max as usize * size_of::<Entry>()
    }
}

/// The kernel's id of this boot.
pub(crate) fn boot_id() -> [u64; 2] {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    let half = |from: usize| {
        digits.get(from..from + 16).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0)
    };
    [half(0), half(16)]
}

/// The time of day, in nanoseconds since 1970 UTC.
pub(crate) fn utc_now_ns() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    now.tv_sec.saturating_mul(1_000_000_000).saturating_add(now.tv_nsec)
}
