//! The languages that Kamailio's routing logic is written in: what it is started with for each.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::binaries::{Binaries, root};
use super::module;

/// A language of `kamailio-cfg`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// `wholesale.lua`.
    Lua,
    /// `wholesale-routes.cfg`, through the native module.
    Native,
    /// `wholesale.py`.
    Python,
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
    pub const ALL: [Language; 3] = [Language::Lua, Language::Native, Language::Python];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Language::Lua => "lua",
            Language::Native => "native",
            Language::Python => "python",
        }
    }

    /// What Kamailio is started with, for the lab in `dir`.
    ///
    /// # Errors
    /// When a file cannot be put where the language looks for it.
    pub fn start(self, dir: &Path, binaries: &Binaries) -> anyhow::Result<Start> {
        let directory = root().join("kamailio-cfg");
        let (defines, environment) = match self {
            Language::Lua => (
                vec![format!("TANDEM_LUA=\"{}\"", directory.join("wholesale.lua").display())],
                vec![("LUA_CPATH", linked(dir, binaries)?.join("?.so").into_os_string())],
            ),
            Language::Native => {
                let module = module::build(&binaries.libtandem)?;
                (vec!["WITH_NATIVE".into(), format!("TANDEM_MODULE=\"{}\"", module.display())], vec![])
            }
            Language::Python => (
                vec![
                    "WITH_PYTHON".into(),
                    format!("TANDEM_PYTHON=\"{}\"", directory.join("wholesale.py").display()),
                ],
                vec![("PYTHONPATH", linked(dir, binaries)?.into_os_string())],
            ),
        };
        Ok(Start { configuration: directory.join("wholesale.cfg"), defines, environment })
    }
}

/// A directory where a language finds the library under the name of its module.
fn linked(dir: &Path, binaries: &Binaries) -> anyhow::Result<PathBuf> {
    let linked = dir.join("modules");
    std::fs::create_dir(&linked).with_context(|| format!("creating {}", linked.display()))?;
    std::os::unix::fs::symlink(&binaries.libtandem, linked.join("tandem.so"))
        .context("linking libtandem.so as tandem.so")?;
    Ok(linked)
}
