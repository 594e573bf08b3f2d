//! A customer that calls: one sipp for one call, or for a few at the same instant.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;

use super::process::Process;
use super::{Lab, script, sip, wait};
use crate::scenario::Call;

/// A final answer as a caller saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The SIP code.
    pub sip_code: u16,
    /// The reason's name in a refusal, from the Reason header; else empty.
    pub reason: String,
}

/// A caller at work.
pub struct Caller {
    process: Process,
    local: SocketAddr,
    call_id_tail: String,
    count: u32,
    log: PathBuf,
    errors: PathBuf,
}

/// How fast calls are placed.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// So many calls …
    pub calls: u32,
    /// … in so many milliseconds.
    pub of_ms: u32,
}

impl Caller {
    /// Places the call, or `call.count` calls at once. Call-IDs are `<1, 2, …>-<name>@lab`.
    ///
    /// # Errors
    /// When sipp cannot be started.
    pub fn start(lab: &Lab, name: &str, own_scripts: &Path, call: &Call) -> anyhow::Result<Caller> {
        let script = script::write(lab.dir(), own_scripts, "caller", &call.caller)?;
        Caller::launch(lab, name, call, script, None, Pace { calls: call.rate, of_ms: 1000 })
    }

    /// Places the calls one after the other, each with its own called and calling number.
    ///
    /// # Errors
    /// When sipp cannot be started.
    pub fn start_many(
        lab: &Lab,
        name: &str,
        own_scripts: &Path,
        call: &Call,
        numbers: &[(&str, &str)],
        pace: Pace,
    ) -> anyhow::Result<Caller> {
        let script = script::write(lab.dir(), own_scripts, "caller", &call.caller)?;
        if numbers.iter().all(|pair| *pair == (&*call.dnis, &*call.ani)) {
            return Caller::launch(lab, name, call, script, None, pace);
        }
        let text = fs::read_to_string(&script)?;
        fs::write(&script, text.replace("[service]", "[field0]").replace("[ani]", "[field1]"))?;
        let lines: Vec<String> = numbers.iter().map(|(dnis, ani)| format!("{dnis};{ani};\n")).collect();
        let file = lab.dir().join(format!("call-{name}.csv"));
        fs::write(&file, format!("SEQUENTIAL\n{}", lines.concat()))?;
        Caller::launch(lab, name, call, script, Some(file), pace)
    }

    fn launch(
        lab: &Lab,
        name: &str,
        call: &Call,
        script: PathBuf,
        numbers: Option<PathBuf>,
        pace: Pace,
    ) -> anyhow::Result<Caller> {
        let local = free_address(lab.network().address(call.from))?;
        let dir = lab.dir();
        let log = dir.join(format!("call-{name}.log"));
        let errors = dir.join(format!("call-{name}.err"));
        let proxy = if call.by_digest { lab.digest_socket() } else { lab.proxy() };
        let call_id_tail = format!("-{name}@lab");
        let text = |value: &str| std::ffi::OsString::from(value);
        let last_placed_sec =
            u64::from(call.count) * u64::from(pace.of_ms) / u64::from(pace.calls.max(1)) / 1000;
        let mut arguments = vec![
            text("-sf"),
            script.into_os_string(),
            text("-i"),
            text(&local.ip().to_string()),
            text("-p"),
            text(&local.port().to_string()),
            text("-s"),
            text(&call.dnis),
            text("-key"),
            text("ani"),
            text(&call.ani),
            text("-key"),
            text("network"),
            text(&lab.network().prefix()),
            text("-cid_str"),
            text(&format!("%u{call_id_tail}")),
            text("-m"),
            text(&call.count.to_string()),
            text("-r"),
            text(&pace.calls.to_string()),
            text("-rp"),
            text(&pace.of_ms.to_string()),
            text("-d"),
            text(&call.talk_ms.to_string()),
            // More calls at once than sipp allows by itself, where some are slow.
            text("-l"),
            text("100000"),
            text("-timeout"),
            text(&(50 + 2 * last_placed_sec).to_string()),
            text("-nostdin"),
            // A burst must not be lost at the callers: its own 64 KiB are soon full.
            text("-buff_size"),
            text("4194304"),
            // Workers overtake each other: a 180 that comes after its 200 is no fault.
            text("-default_behaviors"),
            text("all,-abortunexp"),
            text("-trace_logs"),
            text("-log_file"),
            log.clone().into_os_string(),
            text("-trace_err"),
            text("-error_file"),
            errors.clone().into_os_string(),
            text(&proxy.to_string()),
        ];
        if let Some(numbers) = numbers {
            arguments.extend([text("-inf"), numbers.into_os_string()]);
        }
        let process = Process::start(&format!("call-{name}"), dir, "sipp", arguments, &[])?;
        Ok(Caller { process, local, call_id_tail, count: call.count, log, errors })
    }

    /// The Call-IDs that it uses.
    #[must_use]
    pub fn call_ids(&self) -> Vec<String> {
        (1..=self.count).map(|nth| format!("{nth}{}", self.call_id_tail)).collect()
    }

    /// The final answers so far.
    #[must_use]
    pub fn answers(&self) -> Vec<Answer> {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().filter_map(parse_answer).collect()
    }

    /// Waits until the callers have so many final answers.
    ///
    /// # Errors
    /// When one gets none in time.
    pub fn wait_for_answers(&mut self, wanted: usize) -> anyhow::Result<()> {
        let what = format!("an answer to the call {}", self.call_id_tail);
        wait::until(&what, || {
            if self.process.ended()?.is_some() && self.answers().len() < wanted {
                anyhow::bail!("sipp gave up on the call:\n{}", self.complaints());
            }
            Ok((self.answers().len() >= wanted).then_some(()))
        })
    }

    /// Waits until each call has logged this word.
    ///
    /// # Errors
    /// When one has not in time.
    pub fn wait_until_heard(&mut self, word: &str) -> anyhow::Result<()> {
        wait::until(&format!("{word} at the caller of {}", self.call_id_tail), || {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let heard = log.lines().filter(|line| *line == word).count();
            Ok((heard >= self.count as usize).then_some(()))
        })
    }

    /// Tells it to hang up.
    ///
    /// # Errors
    /// When it cannot be told.
    pub fn hang_up(&self) -> anyhow::Result<()> {
        self.call_ids().iter().try_for_each(|call_id| sip::tell_to_hang_up(self.local, call_id))
    }

    /// Whether it is done with all its calls.
    ///
    /// # Errors
    /// When the operating system cannot tell.
    pub fn is_done(&mut self) -> anyhow::Result<bool> {
        Ok(self.process.ended()?.is_some())
    }

    /// Stops it in mid-call.
    ///
    /// # Errors
    /// When it has to be killed.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.process.stop().map(drop)
    }

    /// Waits until it is done with all its calls.
    ///
    /// # Errors
    /// When a call did not go as the caller's file says, with sipp's complaints.
    pub fn wait_until_done(&mut self) -> anyhow::Result<Vec<Answer>> {
        let what = format!("the caller of {} to be done", self.call_id_tail);
        let status = wait::until(&what, || self.process.ended())?;
        anyhow::ensure!(
            status.success(),
            "a call did not go as its sipp file says ({status}):\n{}",
            self.complaints()
        );
        Ok(self.answers())
    }

    /// Waits until it is done with all its calls; gives how many of them it has given up, because nobody answered a request of
    /// theirs for half a minute, or for as long as retransmissions last.
    ///
    /// # Errors
    /// When a call did not go as the caller's file says for another reason, with sipp's complaints.
    pub fn wait_until_over(&mut self) -> anyhow::Result<usize> {
        let Err(error) = self.wait_until_done() else { return Ok(0) };
        let complaints = self.complaints();
        let given_up = complaints.matches("Aborting call on UDP retransmission").count();
        if given_up > 0 && given_up == complaints.matches("Aborting").count() {
            Ok(given_up)
        } else {
            Err(error)
        }
    }

    fn complaints(&self) -> String {
        fs::read_to_string(&self.errors).unwrap_or_else(|_| self.process.printed())
    }
}

/// `final <code>|<Reason header or nothing>`
fn parse_answer(line: &str) -> Option<Answer> {
    let (code, reason) = line.strip_prefix("final ")?.split_once('|')?;
    let reason = reason.split("text=\"").nth(1).and_then(|text| text.split('"').next()).unwrap_or_default();
    Some(Answer { sip_code: code.parse().ok()?, reason: reason.to_owned() })
}

/// A port that is free at this address, and that no caller was given before: a sipp that was just started may not have
/// taken its own yet.
fn free_address(address: Ipv4Addr) -> anyhow::Result<SocketAddr> {
    static GIVEN: Mutex<BTreeSet<SocketAddr>> = Mutex::new(BTreeSet::new());
    loop {
        let socket =
            UdpSocket::bind((address, 0)).with_context(|| format!("opening a UDP socket on {address}"))?;
        let local = socket.local_addr()?;
        if GIVEN.lock().unwrap_or_else(PoisonError::into_inner).insert(local) {
            return Ok(local);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_callers_log() {
        let answer = |sip_code, reason: &str| Some(Answer { sip_code, reason: reason.to_owned() });
        assert_eq!(parse_answer("final 200|"), answer(200, ""));
        assert_eq!(
            parse_answer("final 403| SIP;cause=403;text=\"unknown_trunk\""),
            answer(403, "unknown_trunk")
        );
        assert_eq!(parse_answer("ringing"), None);
    }
}
