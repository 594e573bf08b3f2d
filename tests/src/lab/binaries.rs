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
    /// Builds them. Where `TANDEM_BINARIES` names a directory that has both, those are tested, and nothing is built.
    ///
    /// # Errors
    /// When they do not build.
    pub fn build() -> anyhow::Result<Binaries> {
        if let Some(directory) = env::var_os("TANDEM_BINARIES").map(PathBuf::from) {
            return Ok(Binaries {
                lcr_admin: directory.join("lcr-admin"),
                libtandem: directory.join("libtandem.so"),
            });
        }
        let directory = profile_directory()?;
        let is_release = directory.ends_with("release");
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        if is_release {
            cargo.args(["build", "--release", "--package", "lcr-admin", "--package", "kamailio-ffi"]);
        } else {
            // What `cargo test` of the workspace builds, so that in it nothing is built again: `build` chooses
            // other features of the same dependencies.
            cargo.args(["test", "--workspace", "--no-run", "--quiet"]);
        }
        let target = directory.parent().context("a profile directory has a parent")?;
        let status = cargo
            .arg("--target-dir")
            .arg(target)
            .current_dir(root())
            .status()
            .context("running cargo: it must be on the PATH")?;
        anyhow::ensure!(status.success(), "lcr-admin and libtandem.so do not build: {status}");
        // A library that only tests asked for stays among the dependencies.
        let libraries = if is_release { directory.clone() } else { directory.join("deps") };
        Ok(Binaries { lcr_admin: directory.join("lcr-admin"), libtandem: libraries.join("libtandem.so") })
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
