//! Kamailio with the configuration that ships.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::binaries::{Binaries, root};
use super::process::Process;
use super::sip;

/// SIP workers: more than one, so that a call's messages are handled by different processes.
const WORKERS: u32 = 4;

/// A running Kamailio.
pub struct Kamailio {
    process: Process,
    address: SocketAddr,
}

impl Kamailio {
    /// Starts it on a free port and waits until it answers OPTIONS.
    ///
    /// # Errors
    /// When it does not, with what it logged.
    pub fn start(dir: &Path, binaries: &Binaries, snapshot: &Path, state: &Path) -> anyhow::Result<Kamailio> {
        let address = free_address()?;
        let lua_path = lua_directory(dir, binaries)?.join("?.so");
        let environment = [
            ("LUA_CPATH", lua_path.as_os_str()),
            ("TANDEM_SNAPSHOT", snapshot.as_os_str()),
            ("TANDEM_STATE", state.as_os_str()),
        ];
        let mut process = Process::start("kamailio", dir, "kamailio", arguments(dir, address), &environment)?;
        let answered = sip::wait_for_answer(address, || process.must_run());
        answered.with_context(|| format!("Kamailio does not serve. It printed:\n{}", process.printed()))?;
        Ok(Kamailio { process, address })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lines of its log that are errors or worse.
    #[must_use]
    pub fn errors(&self) -> Vec<String> {
        let serious =
            |line: &&str| [" ERROR: ", " CRITICAL: ", " ALERT: "].iter().any(|mark| line.contains(mark));
        self.process.printed().lines().filter(serious).map(str::to_owned).collect()
    }

    /// Stops it.
    ///
    /// # Errors
    /// When it has to be killed.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.process.stop().map(drop)
    }
}

fn arguments(dir: &Path, address: SocketAddr) -> Vec<OsString> {
    let configuration = root().join("kamailio-cfg");
    let define = |text: String| [OsString::from("-A"), OsString::from(text)];
    let mut arguments: Vec<OsString> =
        ["-DD", "-E", "-x", "fm", "-X", "fm", "-m", "256", "-Y"].map(OsString::from).to_vec();
    arguments.push(dir.into());
    arguments.extend(define(format!("TANDEM_LISTEN=udp:{address}")));
    arguments.extend(define(format!("TANDEM_CHILDREN={WORKERS}")));
    arguments.extend(define(format!("TANDEM_LUA=\"{}\"", configuration.join("wholesale.lua").display())));
    arguments.push("-f".into());
    arguments.push(configuration.join("wholesale.cfg").into());
    arguments
}

/// A directory where Lua finds the library under the name of its module.
fn lua_directory(dir: &Path, binaries: &Binaries) -> anyhow::Result<PathBuf> {
    let lua = dir.join("lua");
    std::fs::create_dir(&lua).with_context(|| format!("creating {}", lua.display()))?;
    std::os::unix::fs::symlink(&binaries.libtandem, lua.join("tandem.so"))
        .context("linking libtandem.so as tandem.so")?;
    Ok(lua)
}

fn free_address() -> anyhow::Result<SocketAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("opening a UDP socket on 127.0.0.1")?;
    Ok(socket.local_addr()?)
}
