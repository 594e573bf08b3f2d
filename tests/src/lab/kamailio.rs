//! Kamailio with a configuration that ships.

use std::ffi::{OsStr, OsString};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;

use anyhow::Context;

use super::language::Start;
use super::process::Process;
use super::{Paths, sip};

/// SIP workers: more than one, so that a call's messages are handled by different processes.
const WORKERS: u32 = 4;

/// A running Kamailio.
pub struct Kamailio {
    process: Process,
    address: SocketAddr,
}

impl Kamailio {
    /// Starts it on a free port of `ip` and waits until it answers OPTIONS.
    ///
    /// # Errors
    /// When it does not, with what it logged.
    pub fn start(dir: &Path, ip: Ipv4Addr, start: &Start, paths: &Paths) -> anyhow::Result<Kamailio> {
        let address = free_address(ip)?;
        let mut environment: Vec<(&str, &OsStr)> =
            vec![("TANDEM_SNAPSHOT", paths.snapshot.as_os_str()), ("TANDEM_STATE", paths.state.as_os_str())];
        environment.extend(start.environment.iter().map(|(name, value)| (*name, value.as_os_str())));
        let mut process =
            Process::start("kamailio", dir, "kamailio", arguments(dir, address, start), &environment)?;
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

fn arguments(dir: &Path, address: SocketAddr, start: &Start) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        ["-DD", "-E", "-x", "fm", "-X", "fm", "-m", "256", "-Y"].map(OsString::from).to_vec();
    arguments.push(dir.into());
    let mut defines = vec![format!("TANDEM_LISTEN=udp:{address}"), format!("TANDEM_CHILDREN={WORKERS}")];
    defines.extend(start.defines.iter().cloned());
    arguments.extend(defines.into_iter().flat_map(|text| [OsString::from("-A"), OsString::from(text)]));
    arguments.push("-f".into());
    arguments.push(start.configuration.clone().into_os_string());
    arguments
}

fn free_address(ip: Ipv4Addr) -> anyhow::Result<SocketAddr> {
    let socket = UdpSocket::bind((ip, 0)).with_context(|| format!("opening a UDP socket on {ip}"))?;
    Ok(socket.local_addr()?)
}
