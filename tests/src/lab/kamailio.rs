//! Kamailio with a configuration that ships.

use std::ffi::{OsStr, OsString};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::language::Start;
use super::process::Process;
use super::{Paths, sip};

/// SIP workers: more than one, so that a call's messages are handled by different processes.
const WORKERS: u32 = 4;

/// What the dialog module of Kamailio 5.6 complains of where its workers overtake each other on a busy machine: a 200 that
/// is sent again after the BYE, a refusal that comes when a CANCEL has ended the dialog, an ACK that comes before the 200 has
/// set the dialog's timer, a time-out set as it strikes.
const HARMLESS: [&str; 4] = [
    "next_state_dlg(): bogus event 3 in state 5",
    "next_state_dlg(): bogus event 4 in state 5",
    "update_dlg_timer(): Trying to update a bogus dlg",
    "failed to update dialog lifetime",
];

/// Kamailio.
pub struct Kamailio {
    process: Process,
    address: SocketAddr,
    digest_address: SocketAddr,
    dir: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
    /// What the processes before this one have logged as errors.
    errors: Vec<String>,
}

impl Kamailio {
    /// Starts it on a free port of `ip` and waits until it answers OPTIONS. A database comes with whether it keeps dialogs.
    ///
    /// # Errors
    /// When it does not, with what it logged.
    pub fn start(
        dir: &Path,
        ip: Ipv4Addr,
        start: &Start,
        database: Option<(&str, bool)>,
        paths: &Paths,
    ) -> anyhow::Result<Kamailio> {
        let (address, digest_address) = (free_address(ip)?, free_address(ip)?);
        let mut environment = vec![
            ("TANDEM_SNAPSHOT", paths.snapshot.clone().into_os_string()),
            ("TANDEM_STATE", paths.state.clone().into_os_string()),
        ];
        environment.extend(start.environment.iter().cloned());
        let arguments = arguments(dir, [address, digest_address], database, start);
        let process = launch(dir, &arguments, &environment, address)?;
        let dir = dir.to_path_buf();
        Ok(Kamailio { process, address, digest_address, dir, arguments, environment, errors: Vec::new() })
    }

    /// Starts it again, at the same address.
    ///
    /// # Errors
    /// When it does not serve, with what it logged.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        self.errors = self.errors();
        self.process = launch(&self.dir, &self.arguments, &self.environment, self.address)?;
        Ok(())
    }

    /// Kills all its processes at one instant.
    ///
    /// # Errors
    /// When they cannot be killed.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill_group()
    }

    /// The group of its processes.
    #[must_use]
    pub fn process_group(&self) -> u32 {
        self.process.group()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where trunks authenticate by digest.
    #[must_use]
    pub fn digest_address(&self) -> SocketAddr {
        self.digest_address
    }

    /// Lines of its log that are errors or worse, but for those that are known to be harmless.
    #[must_use]
    pub fn errors(&self) -> Vec<String> {
        let serious = |line: &&str| {
            let is_serious = [" ERROR: ", " CRITICAL: ", " ALERT: "].iter().any(|mark| line.contains(mark));
            is_serious && !HARMLESS.iter().any(|harmless| line.contains(harmless))
        };
        let now = self.process.printed();
        self.errors.iter().cloned().chain(now.lines().filter(serious).map(str::to_owned)).collect()
    }

    /// Stops it.
    ///
    /// # Errors
    /// When it has to be killed.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.process.stop().map(drop)
    }
}

fn launch(
    dir: &Path,
    arguments: &[OsString],
    environment: &[(&str, OsString)],
    address: SocketAddr,
) -> anyhow::Result<Process> {
    let environment: Vec<(&str, &OsStr)> =
        environment.iter().map(|(name, value)| (*name, value.as_os_str())).collect();
    let mut process = Process::start("kamailio", dir, "kamailio", arguments, &environment)?;
    let answered = sip::wait_for_answer(address, || process.must_run());
    answered.with_context(|| format!("Kamailio does not serve. It printed:\n{}", process.printed()))?;
    Ok(process)
}

fn arguments(
    dir: &Path,
    [address, digest]: [SocketAddr; 2],
    database: Option<(&str, bool)>,
    start: &Start,
) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        ["-DD", "-E", "-x", "fm", "-X", "fm", "-m", "256", "-Y"].map(OsString::from).to_vec();
    arguments.push(dir.into());
    let mut defines = vec![format!("TANDEM_LISTEN=udp:{address}"), format!("TANDEM_CHILDREN={WORKERS}")];
    if let Some((url, keeps_dialogs)) = database {
        defines.push("TANDEM_DB_MODULE=\"db_postgres.so\"".into());
        defines.push(format!("TANDEM_LISTEN_DIGEST=udp:{digest}"));
        defines.push(format!("TANDEM_DIGEST_DB=\"{url}\""));
        if keeps_dialogs {
            defines.push(format!("TANDEM_DIALOG_DB=\"{url}\""));
        }
    }
    defines.extend(start.defines.iter().cloned());
    arguments.extend(defines.into_iter().flat_map(|text| [OsString::from("-A"), OsString::from(text)]));
    arguments.push("-f".into());
    arguments.push(start.configuration.clone().into_os_string());
    arguments
}

/// An address of `ip` with a UDP port that is free.
///
/// # Errors
/// When no socket can be opened there.
pub fn free_address(ip: Ipv4Addr) -> anyhow::Result<SocketAddr> {
    let socket = UdpSocket::bind((ip, 0)).with_context(|| format!("opening a UDP socket on {ip}"))?;
    Ok(socket.local_addr()?)
}
