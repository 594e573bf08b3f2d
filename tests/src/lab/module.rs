//! The native Kamailio module, built for the Kamailio of this machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::Context;

use super::binaries::root;

/// Builds `tandem.so` beside `libtandem`, which it loads; gives its path.
///
/// # Errors
/// When it does not build, with what make printed: it says what to do.
pub fn build(libtandem: &Path) -> anyhow::Result<PathBuf> {
    // Labs run side by side: the first one builds, the others find it built.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let library = libtandem.parent().context("libtandem.so is in a directory")?;
    let out = library.join("module");
    let made = Command::new("make")
        .arg("--directory")
        .arg(root().join("kamailio-ffi/module"))
        .arg(format!("LIB={}", library.display()))
        .arg(format!("OUT={}", out.display()))
        .output()
        .context("running make")?;
    let printed = [made.stdout, made.stderr].concat();
    anyhow::ensure!(
        made.status.success(),
        "the Kamailio module does not build:\n{}",
        String::from_utf8_lossy(&printed)
    );
    Ok(out.join("tandem.so"))
}
