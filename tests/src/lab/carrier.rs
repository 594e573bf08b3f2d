//! A carrier: one sipp that behaves in one way until told otherwise.

use std::ffi::OsString;
use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::messages::{self, Request};
use super::process::Process;
use super::{script, wait};

/// The carriers of `examples/wholesale` and their addresses.
pub const CARRIERS: [(&str, Ipv4Addr); 3] = [
    ("north", Ipv4Addr::new(127, 0, 0, 21)),
    ("mesa", Ipv4Addr::new(127, 0, 0, 22)),
    ("atlas", Ipv4Addr::new(127, 0, 0, 23)),
];

/// The port that the plan's dial strings name.
const PORT: u16 = 5060;

/// The behaviour that very many calls meet: its messages are not kept.
const OF_ALL_KINDS: &str = "of_all_kinds";

/// How a carrier behaves that no scenario tells otherwise.
const ANSWERS: &str = "answers";

/// An INVITE that a carrier got.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Invite {
    /// When, as sipp writes it; orders the INVITEs of all carriers.
    pub at: String,
    /// Who got it.
    pub carrier: String,
    /// Of which call.
    pub call_id: String,
    /// The number in its request URI.
    pub number: String,
    /// Whether a header came through that only the customer and we should know.
    pub leaked_header: bool,
}

/// A running carrier.
pub struct Carrier {
    name: &'static str,
    address: Ipv4Addr,
    behaviour: (PathBuf, String),
    process: Process,
    dir: PathBuf,
    started: u32,
}

impl Carrier {
    /// Starts it and waits until it listens.
    ///
    /// # Errors
    /// When it does not.
    pub fn start(dir: &Path, name: &'static str, address: Ipv4Addr) -> anyhow::Result<Carrier> {
        let behaviour = (PathBuf::new(), ANSWERS.to_owned());
        let process = launch(dir, name, address, &behaviour, 1)?;
        Ok(Carrier { name, address, behaviour, process, dir: dir.to_path_buf(), started: 1 })
    }

    /// Its name in the plan.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Makes it behave so from now on; it answers where nothing is said. A scenario's own scripts are looked for first.
    ///
    /// # Errors
    /// When there is no such behaviour, or it cannot be restarted.
    pub fn behave(&mut self, own_scripts: &Path, behaviour: Option<&String>) -> anyhow::Result<()> {
        let behaviour = match behaviour {
            Some(name) => (own_scripts.to_path_buf(), name.clone()),
            None => (PathBuf::new(), ANSWERS.to_owned()),
        };
        if behaviour == self.behaviour {
            return Ok(());
        }
        self.behaviour = behaviour;
        self.restart()
    }

    /// Stops it and starts it again: it knows of no call.
    ///
    /// # Errors
    /// When it cannot be restarted.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.process.stop()?;
        wait::until(&format!("{} to be free", self.name), || Ok((!listens(self.address)?).then_some(())))?;
        self.started += 1;
        self.process = launch(&self.dir, self.name, self.address, &self.behaviour, self.started)?;
        Ok(())
    }

    /// Every request that it got since it was first started, repetitions apart.
    ///
    /// # Errors
    /// When its log cannot be read.
    pub fn requests(&self) -> anyhow::Result<Vec<Request>> {
        let mut requests = Vec::new();
        for nth in 1..=self.started {
            requests.extend(messages::requests(&messages_file(&self.dir, self.name, nth))?);
        }
        Ok(requests)
    }

    /// Every INVITE that it got since it was first started.
    ///
    /// # Errors
    /// When its log cannot be read.
    pub fn invites(&self) -> anyhow::Result<Vec<Invite>> {
        let mut invites = Vec::new();
        for nth in 1..=self.started {
            let log = log_file(&self.dir, self.name, nth);
            if log.exists() {
                let text = fs::read_to_string(&log).with_context(|| format!("reading {}", log.display()))?;
                invites.extend(text.lines().filter_map(|line| parse_invite(self.name, line)));
            }
        }
        Ok(invites)
    }
}

fn launch(
    dir: &Path,
    name: &str,
    address: Ipv4Addr,
    (own_scripts, behaviour): &(PathBuf, String),
    nth: u32,
) -> anyhow::Result<Process> {
    anyhow::ensure!(
        !listens(address)?,
        "{address}:{PORT} is taken by another program: the carrier {name} cannot listen there"
    );
    let mut arguments: Vec<OsString> = [
        "-sf".into(),
        script::write(dir, own_scripts, "carrier", behaviour)?.into_os_string(),
        "-i".into(),
        address.to_string().into(),
        "-p".into(),
        PORT.to_string().into(),
        "-nostdin".into(),
        // A burst must not be lost at the carriers: its own 64 KiB are soon full.
        "-buff_size".into(),
        "4194304".into(),
        // Workers overtake each other: a 180 that comes after its 200 is no fault.
        "-default_behaviors".into(),
        "all,-abortunexp".into(),
        "-nd".into(),
        // A call that is over is forgotten at once: a second one may have its Call-ID.
        "-deadcall_wait".into(),
        "0".into(),
        "-trace_logs".into(),
        "-log_file".into(),
        log_file(dir, name, nth).into_os_string(),
        "-trace_err".into(),
        "-error_file".into(),
        dir.join(format!("carrier-{name}-{nth}.err")).into_os_string(),
    ]
    .to_vec();
    if behaviour != OF_ALL_KINDS {
        arguments.extend(["-trace_msg".into(), "-message_file".into()]);
        arguments.push(messages_file(dir, name, nth).into_os_string());
    }
    let mut process = Process::start(&format!("carrier-{name}-{nth}"), dir, "sipp", arguments, &[])?;
    wait::until(&format!("the carrier {name} to listen"), || {
        process.must_run()?;
        Ok(listens(address)?.then_some(()))
    })?;
    Ok(process)
}

fn log_file(dir: &Path, name: &str, nth: u32) -> PathBuf {
    dir.join(format!("carrier-{name}-{nth}.log"))
}

fn messages_file(dir: &Path, name: &str, nth: u32) -> PathBuf {
    dir.join(format!("carrier-{name}-{nth}.messages"))
}

/// Whether anybody listens on the carriers' port at this address. Reading the table of sockets, not trying to
/// bind: a trial would take the port from under a sipp that is just starting.
fn listens(address: Ipv4Addr) -> anyhow::Result<bool> {
    let table = fs::read_to_string("/proc/net/udp").context("reading /proc/net/udp")?;
    let socket = SocketAddrV4::new(address, PORT);
    let wanted = format!("{:08X}:{:04X}", u32::from_le_bytes(socket.ip().octets()), socket.port());
    Ok(table.lines().any(|line| line.split_whitespace().nth(1) == Some(&wanted)))
}

/// `<date> <time> <epoch>|invite|<call id>|<uri>|<secret header or nothing>`
fn parse_invite(carrier: &str, line: &str) -> Option<Invite> {
    let mut fields = line.split('|');
    let at = fields.next()?.to_owned();
    if fields.next()? != "invite" {
        return None;
    }
    let call_id = fields.next()?.to_owned();
    let uri = fields.next()?;
    let number = uri.strip_prefix("sip:")?.split('@').next()?.to_owned();
    let leaked_header = fields.next().is_some_and(|secret| !secret.is_empty());
    Some(Invite { at, carrier: carrier.to_owned(), call_id, number, leaked_header })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_carriers_log() {
        let line = "2026-11-21\t02:02:01.5\t1795226521.5|invite|1-a@lab|sip:13035550123@127.0.0.21:5060|";
        let invite = parse_invite("north", line).expect("an INVITE");
        assert_eq!(
            (invite.call_id.as_str(), invite.number.as_str(), invite.leaked_header),
            ("1-a@lab", "13035550123", false)
        );
        let leaked = format!("{line}X-Customer-Secret");
        assert!(parse_invite("north", &leaked).expect("an INVITE").leaked_header);
        assert_eq!(parse_invite("north", "something else"), None);
    }
}
