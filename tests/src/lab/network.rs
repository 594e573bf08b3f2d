//! A loopback /24 of a lab's own, so that several labs run at once.
//!
//! Plans and scenarios are written for 127.0.0.x; a lab plays them at 127.0.n.x. It rewrites addresses and nothing else.

use std::fs::{self, File, TryLockError};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::wait;

/// What every address of a plan and of a scenario begins with.
const WRITTEN: &str = "127.0.0.";

/// As many labs can run at once on one machine.
const NETWORKS: u8 = 32;

/// A /24 that no other lab of this machine uses.
pub struct Network {
    third: u8,
    _lock: File,
}

impl Network {
    /// Takes the first one that is free; waits while none is.
    ///
    /// # Errors
    /// When none becomes free in time, or a lock file cannot be opened.
    pub fn take() -> anyhow::Result<Network> {
        wait::until("one of the lab's networks to be free", || {
            for third in 0..NETWORKS {
                if let Some(lock) = try_lock(third)? {
                    return Ok(Some(Network { third, _lock: lock }));
                }
            }
            Ok(None)
        })
    }

    /// The address that stands for `written` here.
    #[must_use]
    pub fn address(&self, written: Ipv4Addr) -> Ipv4Addr {
        let [first, second, _, last] = written.octets();
        Ipv4Addr::new(first, second, self.third, last)
    }

    /// What addresses here begin with: `127.0.3`.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("127.0.{}", self.third)
    }

    /// A copy of the plan directory in `dir`, with this network's addresses.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn copy_of(&self, plan: &Path, dir: &Path) -> anyhow::Result<PathBuf> {
        let copy = dir.join("plan");
        self.copy_directory(plan, &copy).with_context(|| format!("copying the plan {}", plan.display()))?;
        Ok(copy)
    }

    fn copy_directory(&self, from: &Path, to: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                self.copy_directory(&entry.path(), &target)?;
            } else {
                fs::write(target, self.rewritten(&fs::read_to_string(entry.path())?))?;
            }
        }
        Ok(())
    }

    fn rewritten(&self, text: &str) -> String {
        text.replace(WRITTEN, &format!("{}.", self.prefix()))
    }
}

/// The network's lock, if nobody has it. It ends with the file.
fn try_lock(third: u8) -> anyhow::Result<Option<File>> {
    let path = std::env::temp_dir().join(format!("tandem-lab-{third}.lock"));
    // Another user's file may be read and locked, but not created again.
    let file = File::open(&path).or_else(|_| File::create(&path));
    let file = file.with_context(|| format!("opening {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_labs_have_two_networks() {
        let one = Network::take().expect("a network");
        let other = Network::take().expect("another network");
        assert_ne!(one.prefix(), other.prefix());
        assert_eq!(
            other.rewritten("sip:${number}@127.0.0.21:5060"),
            format!("sip:${{number}}@{}.21:5060", other.prefix())
        );
        assert_eq!(other.address(Ipv4Addr::new(127, 0, 0, 21)).to_string(), format!("{}.21", other.prefix()));
    }
}
