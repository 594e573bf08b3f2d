//! Publishing a snapshot: one generation number, read at the start of each decision.
//!
//! Who publishes verifies the file, keeps it under a name of its own beside the state (`<state>.snapshot-<n>`,
//! a hard link, or a copy where that cannot be), writes down what it is, then changes the number. A worker that
//! sees a new number maps the kept file, compares it with what was written down, and need not verify it again.
//!
//! The last two generations stay, and each other that a call in set-up was decided on: its next leg is looked
//! up there. Past eight, publishing says that it has to wait.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use rustix::fs::{AtFlags, CWD, Mode, OFlags};

use crate::calls::State;
use crate::generation::Generation;
use crate::map::{self, MappedSnapshot, Trust};
use crate::node::NodeError;
use crate::shm::{AttachLock, GENERATIONS, Published, Shm, beside};

/// The live generation; 0 is none.
pub(crate) fn live(shm: &Shm) -> u64 {
    // ORDERING: acquire, pairs with the release in `publish`: the slot of this generation is written.
    shm.header().generation.load(Ordering::Acquire)
}

/// Verifies a file and makes it the live generation, unless its content is that already.
///
/// The same content is kept again where the kept file is gone or has become another one: restored from a
/// backup, or on a disk that has another device number now.
pub(crate) fn publish(shm: &Shm, path: &Path, _lock: &AttachLock) -> Result<u64, NodeError> {
    let file = map::open_regular(path)?;
    let mapped = MappedSnapshot::map(&file, path, Trust::Nothing)?;
    let current = live(shm);
    let slot = slot_of(shm, current);
    if current != 0
        && slot.content_id.get() == mapped.content_id()
        && slot.size.get() == mapped.identity().size
        && open(shm, current).is_ok()
    {
        return Ok(current);
    }
    let next = current + 1;
    let used = generations_in_setup(shm);
    if let Some(oldest) = used.iter().find(|oldest| **oldest as u64 + GENERATIONS as u64 <= next) {
        return Err(NodeError::GenerationsInUse { oldest: u64::from(*oldest) });
    }
    let kept = kept_path(shm, next);
    let identity = keep(&file, &mapped, &kept).map_err(|source| NodeError::Keep { path: kept, source })?;
    let content_id = mapped.content_id();
    // Room for its limits is found before anybody decides with it.
    Generation::new(next, mapped, &shm.limits())?;
    let slot = slot_of(shm, next);
    slot.generation.set(next);
    slot.dev.set(identity.dev);
    slot.inode.set(identity.inode);
    slot.size.set(identity.size);
    slot.content_id.set(content_id);
    // ORDERING: release, pairs with the acquire in `live`.
    shm.header().generation.store(next, Ordering::Release);
    forget_old(shm, next, &used);
    Ok(next)
}

/// Maps a published generation that somebody has verified.
pub(crate) fn open(shm: &Shm, number: u64) -> Result<Generation, NodeError> {
    let path = kept_path(shm, number);
    let mapped = MappedSnapshot::open(&path, Trust::Verified)?;
    let slot = slot_of(shm, number);
    let (identity, content_id) = (mapped.identity(), mapped.content_id());
    let as_published = slot.generation.get() == number
        && slot.dev.get() == identity.dev
        && slot.inode.get() == identity.inode
        && slot.size.get() == identity.size
        && slot.content_id.get() == content_id;
    if !as_published {
        return Err(NodeError::NotAsPublished { path });
    }
    Ok(Generation::new(number, mapped, &shm.limits())?)
}

fn slot_of(shm: &Shm, generation: u64) -> &Published {
    &shm.header().published[(generation % GENERATIONS as u64) as usize]
}

fn kept_path(shm: &Shm, generation: u64) -> PathBuf {
    beside(shm.path(), &format!("snapshot-{generation}"))
}

/// Generations that calls in set-up were decided on.
fn generations_in_setup(shm: &Shm) -> Vec<u32> {
    let in_setup = |state| matches!(state, State::Admitted | State::Ringing);
    let calls = shm.calls();
    let mut used: Vec<u32> = calls
        .used()
        .filter(|(_, state, _)| in_setup(*state))
        .map(|(entry, ..)| entry.generation.get())
        .collect();
    used.sort_unstable();
    used.dedup();
    used
}

/// Gives an open file a second name, or copies it.
fn keep(file: &File, mapped: &MappedSnapshot, kept: &Path) -> std::io::Result<map::Identity> {
    use std::os::fd::AsRawFd;
    remove(kept)?;
    // Linked by descriptor: by name, another file could have taken the place of the one that was verified.
    let by_fd = format!("/proc/self/fd/{}", file.as_raw_fd());
    if rustix::fs::linkat(CWD, &by_fd, CWD, kept, AtFlags::SYMLINK_FOLLOW).is_ok() {
        return Ok(mapped.identity());
    }
    let temporary = beside(kept, "new");
    remove(&temporary)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut copy = File::from(rustix::fs::open(&temporary, flags, Mode::RUSR)?);
    std::io::Write::write_all(&mut copy, mapped.bytes())?;
    copy.sync_data()?;
    rustix::fs::rename(&temporary, kept)?;
    map::identity_of(&copy)
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Removes the names of generations that nobody will ask for. Who has one mapped keeps it.
fn forget_old(shm: &Shm, live: u64, used: &[u32]) {
    for slot in &shm.header().published {
        let number = slot.generation.get();
        let wanted = number + 1 >= live || used.iter().any(|used| u64::from(*used) == number);
        if number != 0 && !wanted {
            // What cannot be removed is only in the way of nobody.
            let _ = remove(&kept_path(shm, number));
        }
    }
}
