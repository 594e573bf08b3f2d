//! The state's file: locked, made whole or not at all, and with space behind every byte.

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::MmapRaw;
use rustix::fs::{FallocateFlags, FlockOperation, Mode, OFlags};

use super::{Header, MAGIC, Shm, ShmError, Sizes, VERSION, boot_id};
use crate::calls::entry::Entry;
use crate::calls::table::generation_base;

/// Held while state is created, published or repaired; dropped by closing the file.
#[derive(Debug)]
pub struct AttachLock(#[expect(dead_code, reason = "the lock lives as long as the open file")] File);

/// Takes the lock file beside the state: one process at a time creates, publishes or repairs.
///
/// # Errors
/// What the operating system says.
pub fn lock(state: &Path) -> Result<AttachLock, ShmError> {
    let path = beside(state, "lock");
    let file = open_lock_file(&path).map_err(|source| io(&path, source))?;
    rustix::fs::flock(&file, FlockOperation::LockExclusive).map_err(|errno| io(&path, errno.into()))?;
    Ok(AttachLock(file))
}

/// Opens a file that is only there to be locked.
pub(crate) fn open_lock_file(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?))
}

/// The file `<state>.<suffix>`.
pub(crate) fn beside(state: &Path, suffix: &str) -> PathBuf {
    let mut name = state.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

pub(super) fn io(path: &Path, source: std::io::Error) -> ShmError {
    ShmError::Io { path: path.to_owned(), source }
}

pub(super) fn open_existing(path: &Path) -> std::io::Result<File> {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

/// Creates the file beside its place, then renames it: a state file is whole or not there.
pub(super) fn create(path: &Path, calls_max: u32) -> Result<(), ShmError> {
    let sizes = Sizes::wanted(calls_max);
    let temporary = beside(path, "new");
    let make = || -> std::io::Result<()> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(&temporary, flags, Mode::RUSR | Mode::WUSR)?);
        reserve(&file, sizes.file_len() as u64)?;
        let map = MmapRaw::map_raw(&file)?;
        let shm = Shm { map, file, path: temporary.clone(), membership: None };
        write_header(shm.header(), sizes)?;
        rustix::fs::rename(&temporary, path)?;
        Ok(())
    };
    make().map_err(|source| io(&temporary, source))
}

/// Gives the file its length, with space behind every byte: a full disk shows here, not as a fault later.
fn reserve(file: &File, len: u64) -> std::io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, len) {
        Err(rustix::io::Errno::OPNOTSUPP) => {
            std::io::copy(&mut std::io::Read::take(std::io::repeat(0), len), &mut &*file).map(|_| ())
        }
        other => Ok(other?),
    }
}

/// Sees to it that there is space behind every byte of a file that is there, as a copy without its zeros has not.
pub(super) fn fill_holes(file: &File) -> std::io::Result<()> {
    let meta = file.metadata()?;
    if !meta.is_file() || meta.len() == 0 {
        return Ok(());
    }
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, meta.len()) {
        // Such a file system cannot say: what was made there was written whole.
        Err(rustix::io::Errno::OPNOTSUPP) => Ok(()),
        other => Ok(other?),
    }
}

fn write_header(header: &Header, sizes: Sizes) -> std::io::Result<()> {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    let start_ns = now.tv_sec.wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec).cast_unsigned();
    let mut random = [0u8; 16];
    rustix::rand::getrandom(&mut random[..], rustix::rand::GetRandomFlags::empty())?;
    let random = u128::from_le_bytes(random);
    header.version.set(VERSION);
    header.entry_len.set(size_of::<Entry>() as u32);
    header.calls_max.set(sizes.calls_max);
    header.limits_max.set(sizes.limits_max);
    header.wallets_max.set(sizes.wallets_max);
    header.buckets.set(sizes.buckets);
    header.node_start_ns.set(start_ns);
    header.hash_key[0].set(random as u64);
    header.hash_key[1].set((random >> 64) as u64);
    header.entry_generation_base.set(generation_base(start_ns.cast_signed()));
    let boot = boot_id();
    header.boot_id[0].set(boot[0]);
    header.boot_id[1].set(boot[1]);
    header.magic.set(MAGIC);
    Ok(())
}
