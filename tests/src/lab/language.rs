//! The languages that Kamailio's routing logic is written in: what it is started with for each.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::binaries::{Binaries, root};

/// A language of `kamailio-cfg`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `wholesale.lua`.
    Lua,
}

/// What Kamailio is started with.
pub struct Start {
    /// The file of `-f`.
    pub configuration: PathBuf,
    /// The names of `-A`, with their values.
    pub defines: Vec<String>,
    /// Its environment.
    pub environment: Vec<(&'static str, OsString)>,
}

impl Language {
    /// All of them; the demonstration uses the first.
    pub const ALL: [Language; 1] = [Language::Lua];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Language::Lua => "lua",
        }
    }

    /// What Kamailio is started with, for the lab in `dir`.
    ///
    /// # Errors
    /// When a file cannot be put where the language looks for it.
    pub fn start(self, dir: &Path, binaries: &Binaries) -> anyhow::Result<Start> {
        let configuration = root().join("kamailio-cfg");
        match self {
            Language::Lua => Ok(Start {
                configuration: configuration.join("wholesale.cfg"),
                defines: vec![format!("TANDEM_LUA=\"{}\"", configuration.join("wholesale.lua").display())],
                environment: vec![("LUA_CPATH", lua_path(dir, binaries)?)],
            }),
        }
    }
}

/// Where Lua finds the library under the name of its module.
fn lua_path(dir: &Path, binaries: &Binaries) -> anyhow::Result<OsString> {
    let lua = dir.join("lua");
    std::fs::create_dir(&lua).with_context(|| format!("creating {}", lua.display()))?;
    std::os::unix::fs::symlink(&binaries.libtandem, lua.join("tandem.so"))
        .context("linking libtandem.so as tandem.so")?;
    Ok(lua.join("?.so").into_os_string())
}
