//! Everything that a call meets, on one machine: Kamailio, the node's agent, three carriers.
//!
//! All of it lives in one private directory and ends with the [`Lab`], in whatever way the lab ends.
//! Each lab has a loopback /24 of its own, in which everybody has the last octet that the plan names: several labs
//! run at once.

pub mod admin;
pub mod binaries;
pub mod caller;
pub mod carrier;
pub mod database;
pub mod dips;
pub mod funds;
pub mod kamailio;
pub mod language;
pub mod messages;
pub mod module;
pub mod network;
pub mod process;
pub mod script;
pub mod sip;
pub mod wait;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use anyhow::Context;
use rating_node::clock::TEST_CLOCK;
use rating_node::wallets::Funds;
use rating_node::{Config, Node, Stats};
use serde_json::Value;
use tempfile::TempDir;

use admin::Admin;
use binaries::Binaries;
use carrier::{CARRIERS, Carrier, Invite};
use database::Database;
use dips::Dips;
use kamailio::Kamailio;
use language::Language;
use messages::Request;
use network::Network;
use process::Process;

/// A running lab. Its fields end in this order: who calls before who is called, files last.
pub struct Lab {
    kamailio: Kamailio,
    agent: Process,
    carriers: Vec<Carrier>,
    admin: Admin,
    paths: Paths,
    published: PathBuf,
    dips: Option<Dips>,
    network: Network,
    dir: TempDir,
}

/// Where the node's files are.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The published snapshot.
    pub snapshot: PathBuf,
    /// The node's shared state.
    pub state: PathBuf,
    /// Records of ended calls.
    pub segments: PathBuf,
    /// By how many seconds the node's time is ahead.
    pub clock: PathBuf,
}

impl Lab {
    /// Publishes the plan and starts everything. With a database, there is a digest socket, and dialogs may outlive Kamailio.
    ///
    /// # Errors
    /// When a part does not start, saying which and what it printed.
    pub fn start(
        binaries: &Binaries,
        plan: &Path,
        language: Language,
        database: Option<Database<'_>>,
    ) -> anyhow::Result<Lab> {
        let network = Network::take()?;
        let dir = TempDir::with_prefix("tandem-lab-").context("creating a private directory")?;
        let paths = Paths::within(dir.path())?;
        let admin = Admin::new(&binaries.lcr_admin);
        admin.publish(&network.copy_of(plan, dir.path())?, &paths.snapshot)?;
        let keeps_dialogs = database.is_some_and(|database| database.keeps_dialogs);
        let database = database.map(|database| database.server.create()).transpose()?;
        let carriers = CARRIERS
            .iter()
            .map(|(name, address)| Carrier::start(dir.path(), name, network.address(*address)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let mut start = language.start(dir.path(), binaries)?;
        let dips = Dips::start(dir.path(), network.address(Ipv4Addr::LOCALHOST), plan, &admin)?;
        if let Some(dips) = &dips {
            start.defines.extend(dips.defines.iter().cloned());
            start.environment.extend(dips.environment.iter().cloned());
        }
        start.environment.push((TEST_CLOCK, paths.clock.clone().into_os_string()));
        let kamailio = Kamailio::start(
            dir.path(),
            network.address(Ipv4Addr::LOCALHOST),
            &start,
            database.as_deref().map(|url| (url, keeps_dialogs)),
            &paths,
        )?;
        let agent = start_agent(dir.path(), binaries, &paths, &[(TEST_CLOCK, paths.clock.as_os_str())])?;
        Ok(Lab { kamailio, agent, carriers, admin, paths, published: plan.to_path_buf(), dips, network, dir })
    }

    /// How many questions about a number, of ten digits, the services got.
    #[must_use]
    pub fn questions(&self, number: &str) -> usize {
        self.dips.as_ref().map_or(0, |dips| dips.questions(number))
    }

    /// Where to call.
    #[must_use]
    pub fn proxy(&self) -> SocketAddr {
        self.kamailio.address()
    }

    /// Its addresses.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Where the node's files are.
    #[must_use]
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    /// The lab's private directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// `lcr-admin`.
    #[must_use]
    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    /// Errors in Kamailio's log.
    #[must_use]
    pub fn kamailio_errors(&self) -> Vec<String> {
        self.kamailio.errors()
    }

    /// Where trunks authenticate by digest.
    #[must_use]
    pub fn digest_socket(&self) -> SocketAddr {
        self.kamailio.digest_address()
    }

    /// Kamailio's control socket, as `kamcmd` names it.
    #[must_use]
    pub fn control_socket(&self) -> String {
        format!("unixs:{}", self.dir().join("kamailio_ctl").display())
    }

    /// Publishes a plan, as it would be for this network, and waits until it is live.
    ///
    /// # Errors
    /// When it is refused, or does not go live in time.
    pub fn publish(&mut self, plan: &Path) -> anyhow::Result<()> {
        let before = self.node()?.newest().content_id();
        self.admin.publish(&self.network.copy_of(plan, self.dir.path())?, &self.paths.snapshot)?;
        if self.published == plan {
            return Ok(());
        }
        self.published = plan.to_path_buf();
        wait::until("the plan to go live", || {
            self.agent.must_run()?;
            Ok((self.node()?.newest().content_id() != before).then_some(()))
        })
    }

    /// Waits until the agent has printed a line with this text.
    ///
    /// # Errors
    /// When it has not in time.
    pub fn wait_for_agent_to_say(&mut self, text: &str) -> anyhow::Result<()> {
        wait::until(&format!("the agent to say {text}"), || {
            self.agent.must_run()?;
            Ok(self.agent.printed().contains(text).then_some(()))
        })
    }

    /// Puts the node's time forward to a minute after the next multiple of `period_sec` in UTC: an hour, a day.
    ///
    /// # Errors
    /// When the time cannot be told.
    pub fn put_clock_forward(&self, period_sec: u64) -> anyhow::Result<()> {
        let ahead: u64 = match std::fs::read_to_string(&self.paths.clock) {
            Ok(text) => text.trim().parse().context("reading the node's clock")?,
            Err(_) => 0,
        };
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
        let left = period_sec - (since_1970 + ahead) % period_sec;
        // Renamed into place: who looks at this moment sees the one or the other.
        let written = self.paths.clock.with_extension("new");
        std::fs::write(&written, (ahead + left + 60).to_string())?;
        std::fs::rename(&written, &self.paths.clock).context("putting the clock forward")
    }

    /// Kills Kamailio with all its processes.
    ///
    /// # Errors
    /// When they cannot be killed.
    pub fn kill_kamailio(&mut self) -> anyhow::Result<()> {
        self.kamailio.kill()
    }

    /// Asks Kamailio to stop.
    ///
    /// # Errors
    /// When it has to be killed.
    pub fn stop_kamailio(&mut self) -> anyhow::Result<()> {
        self.kamailio.stop()
    }

    /// Starts Kamailio again.
    ///
    /// # Errors
    /// When it does not serve.
    pub fn start_kamailio(&mut self) -> anyhow::Result<()> {
        self.kamailio.start_again()
    }

    /// Waits until Kamailio has no dialog any more.
    ///
    /// # Errors
    /// When it has not in time.
    pub fn wait_for_no_dialogs(&self) -> anyhow::Result<()> {
        let waited = wait::until("Kamailio to have no dialogs", || {
            // A list that is too long for kamcmd is not empty.
            let is_empty = self.ask_kamailio(&["dlg.list"]).is_ok_and(|list| !list.contains("call-id"));
            Ok(is_empty.then_some(()))
        });
        waited.with_context(|| self.ask_kamailio(&["dlg.list"]).unwrap_or_default())
    }

    /// Waits until Kamailio has no dialog, no transaction and no entry in its table of dialogs.
    ///
    /// # Errors
    /// When it has not in time.
    pub fn wait_until_idle(&self) -> anyhow::Result<()> {
        self.wait_for_no_dialogs()?;
        wait::until("Kamailio to have no transactions", || {
            let is_idle = self.ask_kamailio(&["tm.stats"])?.lines().any(|line| line.trim() == "current: 0");
            Ok(is_idle.then_some(()))
        })?;
        let entries = self.ask_kamailio(&["htable.dump", "dialogs"])?;
        anyhow::ensure!(
            !entries.contains("name:"),
            "calls that are over are in the table of dialogs: {entries}"
        );
        Ok(())
    }

    /// Bytes of Kamailio's shared memory that are in use.
    ///
    /// # Errors
    /// When it does not tell.
    pub fn shared_memory_used(&self) -> anyhow::Result<u64> {
        let memory = self.ask_kamailio(&["core.shmmem"])?;
        let used = memory.lines().find_map(|line| line.trim().strip_prefix("used: "));
        used.and_then(|used| used.parse().ok()).with_context(|| format!("core.shmmem says {memory}"))
    }

    fn ask_kamailio(&self, question: &[&str]) -> anyhow::Result<String> {
        let answer = Command::new("kamcmd").args(["-s", &self.control_socket()]).args(question).output();
        let answer = answer.context("running kamcmd")?;
        anyhow::ensure!(answer.status.success(), "kamcmd: {}", String::from_utf8_lossy(&answer.stderr));
        Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
    }

    /// Reads all records.
    ///
    /// # Errors
    /// When they cannot be read, or with the first error of `take`.
    pub fn each_record(&self, take: impl FnMut(&Value) -> anyhow::Result<()>) -> anyhow::Result<()> {
        self.admin.each_record(&self.paths.segments, take)
    }

    /// What the node has done and what it holds.
    ///
    /// # Errors
    /// When its state cannot be read.
    pub fn stats(&self) -> anyhow::Result<Stats> {
        Ok(self.node()?.stats())
    }

    /// Names the snapshot that is live, as records do.
    ///
    /// # Errors
    /// When the node's state cannot be read.
    pub fn snapshot_id(&self) -> anyhow::Result<String> {
        Ok(format!("{:016x}", self.node()?.newest().content_id()))
    }

    /// What the node has of the wallet `account/wallet`.
    ///
    /// # Errors
    /// When the plan has no such wallet.
    pub fn funds(&self, wallet: &str) -> anyhow::Result<Funds> {
        funds::of(&self.node()?, wallet)
    }

    /// Compares the node's calls with Kamailio's dialogs, and ends those that are lost.
    ///
    /// # Errors
    /// When it cannot be done.
    pub fn reconcile(&self) -> anyhow::Result<()> {
        self.admin.reconcile(&self.paths.state, &self.control_socket())
    }

    /// Stops each carrier and starts it again, behaving as before: it knows of no call.
    ///
    /// # Errors
    /// When one does not start.
    pub fn restart_carriers(&mut self) -> anyhow::Result<()> {
        self.carriers.iter_mut().try_for_each(Carrier::restart)
    }

    /// The groups of processes of Kamailio and of the agent.
    #[must_use]
    pub fn process_groups(&self) -> [u32; 2] {
        [self.kamailio.process_group(), self.agent.group()]
    }

    /// Gives wallets what the scenario says, as an agent with a database would.
    ///
    /// # Errors
    /// When the plan has no such wallet.
    pub fn fund(&self, funds: &BTreeMap<String, u64>) -> anyhow::Result<()> {
        let node = self.node()?;
        funds.iter().try_for_each(|(wallet, amount)| funds::grant(&node, wallet, *amount))
    }

    /// Makes each carrier behave as its name says; those that are not named answer.
    ///
    /// # Errors
    /// When a name is no carrier's, or a carrier does not restart.
    pub fn carriers_behave(
        &mut self,
        own_scripts: &Path,
        behaviours: &BTreeMap<String, String>,
    ) -> anyhow::Result<()> {
        for name in behaviours.keys() {
            anyhow::ensure!(CARRIERS.iter().any(|(known, _)| known == name), "there is no carrier {name}");
        }
        for carrier in &mut self.carriers {
            carrier.behave(own_scripts, behaviours.get(carrier.name()))?;
        }
        Ok(())
    }

    /// The requests of these calls that carriers got, repetitions apart.
    ///
    /// # Errors
    /// When a carrier's log cannot be read.
    pub fn requests(&self, call_ids: &[String]) -> anyhow::Result<Vec<Request>> {
        let mut requests = Vec::new();
        for carrier in &self.carriers {
            let of_calls = |request: &Request| call_ids.iter().any(|id| id == request.header("Call-ID"));
            requests.extend(carrier.requests()?.into_iter().filter(of_calls));
        }
        Ok(requests)
    }

    /// The INVITEs of these calls, over all carriers, in order of arrival.
    ///
    /// # Errors
    /// When a carrier's log cannot be read.
    pub fn invites(&self, call_ids: &[String]) -> anyhow::Result<Vec<Invite>> {
        let mut invites = Vec::new();
        for carrier in &self.carriers {
            invites
                .extend(carrier.invites()?.into_iter().filter(|invite| call_ids.contains(&invite.call_id)));
        }
        invites.sort();
        Ok(invites)
    }

    /// Waits until the agent has written so many records of these calls.
    ///
    /// # Errors
    /// When it has not in time.
    pub fn wait_for_records(&mut self, call_ids: &[String], count: usize) -> anyhow::Result<Vec<Value>> {
        wait::until(&format!("{count} records of {}", call_ids[0]), || {
            self.agent.must_run()?;
            // Of one call it is asked by its name; of many, once for all.
            let only = if let [call_id] = call_ids { Some(call_id.as_str()) } else { None };
            let mut records = self.admin.records(&self.paths.segments, only)?;
            records.retain(|record| is_of(record, call_ids));
            Ok((records.len() >= count).then_some(records))
        })
    }

    fn node(&self) -> anyhow::Result<Node> {
        let config =
            Config { snapshot: self.paths.snapshot.clone(), state: self.paths.state.clone(), calls_max: 0 };
        Node::attach_agent(&config).context("looking into the node's state")
    }

    /// Waits until no call holds anything any more, and every gauge says so.
    ///
    /// # Errors
    /// When something is still held, with the figures.
    pub fn wait_until_nothing_is_held(&self) -> anyhow::Result<()> {
        let node = self.node()?;
        let free = |stats: &Stats| stats.calls_held() == 0 && stats.gauges_held.1 == 0;
        wait::until("all holds to be let go", || Ok(free(&node.stats()).then_some(())))
            .with_context(|| format!("{:?}", node.stats()))
    }

    /// Stops Kamailio, then the agent, which writes what is left.
    ///
    /// # Errors
    /// When one of them does not stop as it should.
    pub fn stop(mut self) -> anyhow::Result<()> {
        self.kamailio.stop()?;
        let status = self.agent.stop()?;
        anyhow::ensure!(status.success(), "the agent ended with {status}:\n{}", self.agent.printed());
        Ok(())
    }
}

impl Paths {
    /// Those of a directory of their own.
    ///
    /// # Errors
    /// When the directory of records cannot be made.
    pub fn within(dir: &Path) -> anyhow::Result<Paths> {
        let segments = dir.join("segments");
        std::fs::create_dir(&segments).context("creating the directory of records")?;
        Ok(Paths {
            snapshot: dir.join("plan.snapshot"),
            state: dir.join("node.state"),
            segments,
            clock: dir.join("clock"),
        })
    }
}

fn is_of(record: &Value, call_ids: &[String]) -> bool {
    let id = record.get("call_id").and_then(Value::as_str).unwrap_or_default();
    call_ids.iter().any(|call_id| call_id == id)
}

/// A number that nothing else of this program has.
#[must_use]
pub fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // ORDERING: nothing is published with it.
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Starts the node's agent.
///
/// # Errors
/// When it does not start.
pub fn start_agent(
    dir: &Path,
    binaries: &Binaries,
    paths: &Paths,
    environment: &[(&str, &OsStr)],
) -> anyhow::Result<Process> {
    let arguments = [
        "agent".as_ref(),
        "--state".as_ref(),
        paths.state.as_os_str(),
        "--snapshot".as_ref(),
        paths.snapshot.as_os_str(),
        "--segments".as_ref(),
        paths.segments.as_os_str(),
        "--interval-ms".as_ref(),
        "50".as_ref(),
    ];
    Process::start("agent", dir, &binaries.lcr_admin, arguments, environment)
}
