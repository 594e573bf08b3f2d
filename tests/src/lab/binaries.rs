//! Where the programs under test are, and that they are those of this source.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

/// The programs under test, built from this source in the profile of whoever asks.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// The command `lcr-admin`.
    pub lcr_admin: PathBuf,
    /// The library that Kamailio loads.
    pub libtandem: PathBuf,
}

impl Binaries {
    /// Builds them.
    ///
    /// # Errors
    /// When they do not build.
    pub fn build() -> anyhow::Result<Binaries> {
        let directory = profile_directory()?;
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--package", "lcr-admin", "--package", "kamailio-ffi"]);
        if directory.ends_with("release") {
            cargo.arg("--release");
        }
        let target = directory.parent().context("a profile directory has a parent")?;
        let status = cargo
            .arg("--target-dir")
            .arg(target)
            .current_dir(root())
            .status()
            .context("running cargo: it must be on the PATH")?;
        anyhow::ensure!(status.success(), "lcr-admin and libtandem.so do not build: {status}");
        Ok(Binaries { lcr_admin: directory.join("lcr-admin"), libtandem: directory.join("libtandem.so") })
    }
}

/// The root of the repository.
#[must_use]
pub fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}

/// `target/debug` or `target/release`, from where this program itself runs.
fn profile_directory() -> anyhow::Result<PathBuf> {
    let program = env::current_exe().context("finding this program's own path")?;
    let directory = program.parent().context("a program is in a directory")?;
    let directory = if directory.ends_with("deps") { directory.parent() } else { Some(directory) };
    Ok(directory.context("a profile directory")?.to_path_buf())
}
