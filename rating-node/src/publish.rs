//! Publishing a set of snapshots: one generation number, read at the start of each decision.
//!
//! A snapshot is true for an interval, so what is published is the one that is true now and those that follow it
//! in time, [`SET_MAX`] at most, each a generation. Each file says where the next one is ([`next_path`]): its
//! content and its end are in the name, so that a file is never taken for the successor of another than its own. So is
//! the beginning of the set: the same plan of today with another tomorrow has its successors beside those of the set
//! that is live, and only the first file, which is renamed last, says which of them count.
//!
//! Who publishes copies each file beside the state (`<state>.snapshot-<n>`), verifies the copy, writes down what it is,
//! then changes the number. A worker that sees a new number maps the copies of the set, compares them with what was
//! written down, and need not verify them again. Which of them decides a call is told by the call's instant. Nobody maps
//! a published file for longer than a look at its head: it may be written over in place, and no worker feels it.
//!
//! The last two sets stay, and each other generation that a call in set-up was decided on: its next leg is looked
//! up there. Past eight, publishing says that it has to wait. It waits for nobody whose set-up must be over.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustix::fs::{Mode, OFlags};

use crate::calls::State;
use crate::generation::Generation;
use crate::generations::{LiveSet, SET_MAX};
use crate::map::{self, MappedSnapshot, Trust};
use crate::node::NodeError;
use crate::shm::{AttachLock, GENERATIONS, Published, Shm, beside};

/// No set-up lasts longer: eight legs, 300 s each at most, and some. What is older has lost its end.
const SETUP_MAX_NS: i64 = 3_600_000_000_000;

/// Where the snapshot is that follows one whose content and end are these, in a set that begins at `set_from_utc_sec`:
/// `<snapshot>.next-<content id, 16 hexadecimal digits>-<end>-<the set's beginning>`, both in seconds since 1970 UTC.
#[must_use]
pub fn next_path(snapshot: &Path, set_from_utc_sec: i64, content_id: u64, until_utc_sec: i64) -> PathBuf {
    beside(snapshot, &format!("next-{content_id:016x}-{until_utc_sec}-{set_from_utc_sec}"))
}

/// A snapshot and those that follow it, as far as they are there; `most` at most.
///
/// # Errors
/// [`NodeError`] if one of them is no snapshot, or does not begin where the one before it ends.
pub fn open_chain(path: &Path, most: usize) -> Result<Vec<MappedSnapshot>, NodeError> {
    let chain = open_files(path, most, Trust::Nothing)?;
    Ok(chain.into_iter().map(|(_, mapped)| mapped).collect())
}

/// A file of a set.
struct Opened {
    path: PathBuf,
    file: File,
    head: Head,
}

/// What a snapshot says of itself.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Head {
    content_id: u64,
    size: u64,
    from_utc_sec: i64,
    until_utc_sec: i64,
}

impl Head {
    fn of(mapped: &MappedSnapshot) -> Head {
        let header = mapped.view().header();
        Head {
            content_id: mapped.content_id(),
            size: mapped.identity().size,
            from_utc_sec: header.valid_from_utc_sec.get(),
            until_utc_sec: header.valid_until_utc_sec.get(),
        }
    }
}

/// The set, in the order of time.
fn open_files(path: &Path, most: usize, trust: Trust) -> Result<Vec<(Opened, MappedSnapshot)>, NodeError> {
    let mut chain: Vec<(Opened, MappedSnapshot)> = Vec::new();
    let mut at = path.to_owned();
    while chain.len() < most {
        let file = match map::open_regular(&at) {
            Ok(file) => file,
            Err(error) if chain.is_empty() || !error.is_missing() => return Err(error.into()),
            Err(_) if is_replaced(path, &chain) => {
                (chain, at) = (Vec::new(), path.to_owned());
                continue;
            }
            Err(_) => break,
        };
        let mapped = MappedSnapshot::map(&file, &at, trust)?;
        let head = Head::of(&mapped);
        if chain.last().is_some_and(|(before, _)| before.head.until_utc_sec != head.from_utc_sec) {
            return Err(NodeError::NotTheNext { path: at });
        }
        let set_from_utc_sec = chain.first().map_or(head.from_utc_sec, |(first, _)| first.head.from_utc_sec);
        let next = next_path(path, set_from_utc_sec, head.content_id, head.until_utc_sec);
        chain.push((Opened { path: std::mem::replace(&mut at, next), file, head }, mapped));
        if head.until_utc_sec == i64::MAX {
            break;
        }
    }
    Ok(chain)
}

/// Whether somebody has published meanwhile: then what followed the file that was the first is gone.
fn is_replaced(path: &Path, chain: &[(Opened, MappedSnapshot)]) -> bool {
    let now = map::open_regular(path).ok().and_then(|file| map::identity_of(&file).ok());
    now.is_some_and(|now| chain.first().is_some_and(|(_, first)| first.identity() != now))
}

/// The newest generation of the live set; 0 is none.
pub(crate) fn live(shm: &Shm) -> u64 {
    // ORDERING: acquire, pairs with the release in `publish`: the slots of this set are written.
    shm.header().generation.load(Ordering::Acquire)
}

/// When the live set ends; none if nothing scheduled ends it.
pub(crate) fn set_until_utc_sec(shm: &Shm) -> Option<i64> {
    let newest = live(shm);
    let until = slot_of(shm, newest).until_utc_sec.get_signed();
    (newest != 0 && until != i64::MAX).then_some(until)
}

/// Verifies a snapshot and those that follow it, and makes them the live set, unless they are that already.
///
/// The same content is kept again where the kept file is gone or has become another one: restored from a
/// backup, or on a disk that has another device number now.
pub(crate) fn publish(shm: &Shm, path: &Path, lock: &AttachLock) -> Result<u64, NodeError> {
    let published = publish_set(shm, path, lock);
    shm.header().snapshot_refused.set(u64::from(published.is_err()));
    published
}

fn publish_set(shm: &Shm, path: &Path, _lock: &AttachLock) -> Result<u64, NodeError> {
    let newest = live(shm);
    let used = generations_in_setup(shm);
    // By their heads alone first: files that have to wait are not read whole each time that they are tried.
    let chain: Vec<Opened> =
        open_files(path, SET_MAX, Trust::Verified)?.into_iter().map(|(opened, _)| opened).collect();
    let Some((first, last)) = place_of(shm, &chain, &used)? else { return Ok(newest) };
    let before = first_of(shm, newest);
    keep_set(shm, first, newest, &chain).inspect_err(|_| {
        for number in first..=last {
            let _ = remove(&unverified_path(shm, number));
        }
    })?;
    // ORDERING: release, pairs with the acquire in `live`.
    shm.header().generation.store(last, Ordering::Release);
    forget_old(shm, before.min(first), &used);
    Ok(last)
}

/// The first and the last generation of a set that is to be published; none if it is live already.
///
/// # Errors
/// [`NodeError::GenerationsInUse`] where a call in set-up needs a slot that this would take.
fn place_of(shm: &Shm, chain: &[Opened], used: &[u32]) -> Result<Option<(u64, u64)>, NodeError> {
    let newest = live(shm);
    let first = kept_of(shm, chain).unwrap_or(newest + 1);
    let last = first + chain.len() as u64 - 1;
    if first <= newest && last == newest {
        return Ok(None);
    }
    match used.iter().map(|oldest| u64::from(*oldest)).find(|oldest| oldest + GENERATIONS as u64 <= last) {
        Some(oldest) => Err(NodeError::GenerationsInUse { oldest }),
        None => Ok(Some((first, last))),
    }
}

/// The generation that the first of these snapshots has already, if the live set ends with the first of them, all
/// in order: what follows is new.
///
/// The same plan published again is true from now, and is what is live. What was to be true later and is to be true from
/// now on is not: a version was brought forward. A generation may not follow itself: a set that is shorter than the
/// live one is published anew.
fn kept_of(shm: &Shm, chain: &[Opened]) -> Option<u64> {
    let newest = live(shm);
    let from_utc_sec = chain.first()?.head.from_utc_sec;
    (first_of(shm, newest).max(1)..=newest).find(|first| {
        let mut live = (*first..=newest).zip(chain);
        (newest - first) < chain.len() as u64
            && slot_of(shm, *first).from_utc_sec.get_signed() <= from_utc_sec
            && live.all(|(number, new)| is_kept(shm, number, new.head))
    })
}

/// Whether a snapshot has the content and the end of this generation, and its kept file can be mapped.
fn is_kept(shm: &Shm, number: u64, head: Head) -> bool {
    let slot = slot_of(shm, number);
    slot.content_id.get() == head.content_id
        && slot.size.get() == head.size
        && slot.until_utc_sec.get_signed() == head.until_utc_sec
        && open(shm, number).is_ok()
}

/// Copies and verifies what is new of a set, and keeps it once all of it is verified.
fn keep_set(shm: &Shm, first: u64, newest: u64, chain: &[Opened]) -> Result<(), NodeError> {
    let new = (first..).zip(chain).filter(|(number, _)| *number > newest);
    let copies = new.map(|(number, opened)| Ok((number, copy(shm, number, opened)?)));
    for (number, copy) in copies.collect::<Result<Vec<_>, NodeError>>()? {
        keep_generation(shm, number, first, copy)?;
    }
    Ok(())
}

/// Keeps a verified copy under its generation's name, and writes down what it is.
fn keep_generation(shm: &Shm, number: u64, first: u64, mapped: MappedSnapshot) -> Result<(), NodeError> {
    let kept = kept_path(shm, number);
    std::fs::rename(unverified_path(shm, number), &kept)
        .map_err(|source| NodeError::Keep { path: kept, source })?;
    let (identity, head) = (mapped.identity(), Head::of(&mapped));
    // Room for its limits is found before anybody decides with it.
    Generation::new(number, mapped, shm)?;
    let slot = slot_of(shm, number);
    let old = slot.generation.get();
    if old != 0 && old != number {
        // Nobody needs it, or `place_of` had refused; and once the slot is another's, nobody knows of the file.
        let _ = remove(&kept_path(shm, old));
    }
    slot.generation.set(number);
    slot.dev.set(identity.dev);
    slot.inode.set(identity.inode);
    slot.size.set(head.size);
    slot.content_id.set(head.content_id);
    slot.first_of_set.set(first);
    slot.from_utc_sec.set_signed(head.from_utc_sec);
    slot.until_utc_sec.set_signed(head.until_utc_sec);
    Ok(())
}

/// The first generation of the set whose last is this.
fn first_of(shm: &Shm, newest: u64) -> u64 {
    let first = slot_of(shm, newest).first_of_set.get();
    // Whatever the bytes are, a set has its size.
    first.clamp((newest + 1).saturating_sub(SET_MAX as u64), newest)
}

/// Maps the set whose newest generation is this; `mapped` are those that this process has.
pub(crate) fn open_set(
    shm: &Shm,
    newest: u64,
    mapped: impl Fn(u64) -> Option<Arc<Generation>>,
) -> Result<LiveSet, NodeError> {
    let get = |number| match mapped(number) {
        Some(generation) => Ok(generation),
        None => open(shm, number).map(Arc::new),
    };
    let first = first_of(shm, newest);
    Ok(LiveSet::new(get(first)?, (first + 1..=newest).map(get).collect::<Result<_, _>>()?))
}

/// Maps a published generation that somebody has verified, and finds its limits.
pub(crate) fn open(shm: &Shm, number: u64) -> Result<Generation, NodeError> {
    Ok(Generation::new(number, map_kept(shm, number)?, shm)?)
}

/// The generation of the live set that is true at an instant; none if nothing was published.
pub(crate) fn number_at(shm: &Shm, at_utc_sec: i64) -> Option<u64> {
    let newest = live(shm);
    let mut set = (first_of(shm, newest)..=newest).rev();
    let begun = set.find(|number| slot_of(shm, *number).from_utc_sec.get_signed() <= at_utc_sec);
    (newest != 0).then(|| begun.unwrap_or_else(|| first_of(shm, newest)))
}

/// Maps a published generation that somebody has verified.
pub(crate) fn map_kept(shm: &Shm, number: u64) -> Result<MappedSnapshot, NodeError> {
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
    Ok(mapped)
}

fn slot_of(shm: &Shm, generation: u64) -> &Published {
    &shm.header().published[(generation % GENERATIONS as u64) as usize]
}

fn kept_path(shm: &Shm, generation: u64) -> PathBuf {
    beside(shm.path(), &format!("snapshot-{generation}"))
}

/// Generations that calls in set-up were decided on.
///
/// Of a call whose end was lost nobody will ask for the next leg. The agent's last round tells how old a call is.
fn generations_in_setup(shm: &Shm) -> Vec<u32> {
    let in_setup = |state| matches!(state, State::Admitted | State::Ringing);
    let oldest_ns = shm.header().last_round_ns.get_signed().saturating_sub(SETUP_MAX_NS);
    let calls = shm.calls();
    let mut used: Vec<u32> = calls
        .used()
        .filter(|(entry, state, _)| in_setup(*state) && entry.decided_ns.get_signed() >= oldest_ns)
        .map(|(entry, ..)| entry.generation.get())
        .collect();
    used.sort_unstable();
    used.dedup();
    used
}

/// Copies a snapshot beside the state, where nobody else writes, and verifies the copy.
fn copy(shm: &Shm, number: u64, opened: &Opened) -> Result<MappedSnapshot, NodeError> {
    let path = unverified_path(shm, number);
    write_copy(&opened.file, &path).map_err(|source| NodeError::Keep { path: path.clone(), source })?;
    let copy = MappedSnapshot::map(&map::open_regular(&path)?, &opened.path, Trust::Nothing)?;
    if Head::of(&copy) != opened.head {
        return Err(NodeError::NotAsPublished { path: opened.path.clone() });
    }
    Ok(copy)
}

fn write_copy(mut file: &File, path: &Path) -> std::io::Result<()> {
    remove(path)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut copy = File::from(rustix::fs::open(path, flags, Mode::RUSR)?);
    std::io::copy(&mut file, &mut copy)?;
    copy.sync_data()
}

/// A copy that nobody has verified yet.
fn unverified_path(shm: &Shm, generation: u64) -> PathBuf {
    beside(&kept_path(shm, generation), "new")
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Removes the names of generations that nobody will ask for: those before `first`, but for calls in set-up. Who
/// has one mapped keeps it.
fn forget_old(shm: &Shm, first: u64, used: &[u32]) {
    for slot in &shm.header().published {
        let number = slot.generation.get();
        let wanted = number >= first || used.iter().any(|used| u64::from(*used) == number);
        if number != 0 && !wanted {
            // What cannot be removed is only in the way of nobody.
            let _ = remove(&kept_path(shm, number));
        }
    }
}
