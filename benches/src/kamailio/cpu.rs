//! What a relayed call costs Kamailio of the processor, with Tandem and without.
//!
//! Two Kamailios on the configuration that ships, `wholesale.cfg`, both with `-x fm`: one routes by `wholesale-routes.cfg`,
//! the other by `plain-routes.cfg`, which is the same without Tandem. They are called in turn, by the same sipp, and call
//! the same carrier. Counted is what the SIP workers of a Kamailio have had of the processor; its timers and the node's agent
//! are other processes.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use rating_node::{Config, Node};
use serde_json::{Map, Value};
use tandem_tests::lab::admin::Admin;
use tandem_tests::lab::binaries::{Binaries, root};
use tandem_tests::lab::carrier::Carrier;
use tandem_tests::lab::kamailio::Kamailio;
use tandem_tests::lab::language::{Language, Start};
use tandem_tests::lab::network::Network;
use tandem_tests::lab::process::Process;
use tandem_tests::lab::{Paths, script, start_agent, wait};
use tempfile::TempDir;

use super::lcr_plan::{self, Shape};
use super::{bench_file, rounded};
use crate::node;
use crate::rounds::{median, median_ratio};

/// The plan that calls are decided by.
const SHAPE: Shape = Shape { codes: 10_000, carriers: 8, legs: 8 };
/// After one that warms up.
const ROUNDS: usize = 5;
/// Calls of a round, and how many of them begin in a second.
const CALLS: usize = 500;
const RATE: usize = 100;
/// Of a round: a machine may be slow.
const PATIENCE: Duration = Duration::from_secs(90);
/// Of the times in `/proc/PID/stat`, on every Linux that runs this.
const TICKS_PER_SEC: f64 = 100.0;
/// Where calls come from, and the carrier that takes all of them.
const CALLER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 10);
const CARRIER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 21);

/// Measures native cfg against the same without Tandem, and puts the ratio among the figures.
///
/// # Errors
/// When a call does not go as it should, or records are missing.
pub fn measure(binaries: &Binaries, figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    let us = compare(binaries, &[Language::Native])?;
    figures.insert("kamailio_cpu_us_without".into(), rounded(median(us[0].1.clone())));
    figures.insert("kamailio_cpu_us_with".into(), rounded(median(us[1].1.clone())));
    figures.insert("kamailio_cpu_ratio".into(), rounded(median_ratio(&us[1].1, &us[0].1)));
    Ok(())
}

/// Measures all languages, only to be seen.
///
/// # Errors
/// As [`measure`].
pub fn measure_languages(binaries: &Binaries) -> anyhow::Result<()> {
    compare(binaries, &Language::ALL).map(drop)
}

/// By name, what each round cost, in microseconds of the processor a call; first what is without Tandem.
type Rounds = Vec<(&'static str, Vec<f64>)>;

fn print(us: &Rounds) {
    for (name, rounds) in us {
        let over = median_ratio(rounds, &us[0].1);
        let (least, most) =
            rounds.iter().fold((f64::MAX, 0.0_f64), |(least, most), us| (least.min(*us), most.max(*us)));
        println!(
            "a relayed call, {name}: {:.1} us of the processor ({least:.1} to {most:.1}), ratio {over:.3}",
            median(rounds.clone())
        );
    }
}

fn compare(binaries: &Binaries, languages: &[Language]) -> anyhow::Result<Rounds> {
    let network = Network::take()?;
    let dir = TempDir::with_prefix("tandem-cpu-").context("creating a private directory")?;
    let written = dir.path().join("written");
    lcr_plan::write_plan_only(SHAPE, &written, &format!("{CALLER}/32"), |_| CARRIER.to_string())?;
    let plan = network.copy_of(&written, dir.path())?;
    let _carrier = Carrier::start(dir.path(), "north", network.address(CARRIER))?;
    let nodes = languages
        .iter()
        .map(|language| WithTandem::start(binaries, *language, &plan, &network, dir.path()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let plain = Plain::start(dir.path(), &network)?;
    let numbers = write_numbers(dir.path())?;
    let caller = network.address(CALLER);
    let mut called = vec![Called::new("without Tandem", plain.kamailio.address(), caller, plain.dir.path())?];
    for node in &nodes {
        called.push(Called::new(node.language.name(), node.kamailio.address(), caller, node.dir.path())?);
    }
    let mut us: Rounds = called.iter().map(|called| (called.name, Vec::new())).collect();
    // A round in which a call failed, on a machine that has no time for so many, is not counted but done again.
    let mut round = 0;
    while us[0].1.len() <= ROUNDS {
        ensure!(round < 3 * ROUNDS, "calls failed in most of {round} rounds: the machine is too busy");
        let costs = called.iter().map(|called| called.round(dir.path(), &numbers, round));
        let costs: Vec<Option<f64>> = costs.collect::<anyhow::Result<_>>()?;
        if let Some(costs) = costs.into_iter().collect::<Option<Vec<f64>>>() {
            us.iter_mut().zip(costs).for_each(|((_, us), cost)| us.push(cost));
        }
        round += 1;
    }
    // The first one warms up.
    us.iter_mut().for_each(|(_, us)| drop(us.drain(..1)));
    print(&us);
    nodes.into_iter().try_for_each(|node| node.check(binaries))?;
    ensure!(plain.kamailio.errors().is_empty(), "Kamailio logged {:?}", plain.kamailio.errors());
    Ok(us)
}

/// A Kamailio with Tandem, and the node's agent. Not the tests' lab, whose processes read a clock of the tests' own.
struct WithTandem {
    language: Language,
    kamailio: Kamailio,
    agent: Process,
    paths: Paths,
    dir: TempDir,
    _memory: TempDir,
}

impl WithTandem {
    fn start(
        binaries: &Binaries,
        language: Language,
        plan: &Path,
        network: &Network,
        dir: &Path,
    ) -> anyhow::Result<WithTandem> {
        let dir = TempDir::with_prefix_in("node-", dir)?;
        let memory = node::directory()?;
        let paths = Paths { state: memory.path().join("node.state"), ..Paths::within(dir.path())? };
        Admin::new(&binaries.lcr_admin).publish(plan, &paths.snapshot)?;
        let start = language.start(dir.path(), binaries)?;
        let ip = network.address(Ipv4Addr::LOCALHOST);
        let kamailio = Kamailio::start(dir.path(), ip, &start, None, &paths)?;
        let agent = start_agent(dir.path(), binaries, &paths, &[])?;
        Ok(WithTandem { language, kamailio, agent, paths, dir, _memory: memory })
    }

    /// A fast wrong answer counts for nothing: each call that counts was answered and has its record, and nothing is held.
    fn check(mut self, binaries: &Binaries) -> anyhow::Result<()> {
        let calls = (CALLS * (ROUNDS + 1)) as u64;
        let config =
            Config { snapshot: self.paths.snapshot.clone(), state: self.paths.state.clone(), calls_max: 0 };
        let node = Node::attach_agent(&config).context("looking into the node's state")?;
        wait::until("a record of each call", || {
            self.agent.must_run()?;
            let stats = node.stats();
            Ok((stats.records_written >= calls && stats.calls_held() == 0).then_some(()))
        })
        .with_context(|| format!("{calls} calls, {:?}", node.stats()))?;
        ensure!(self.kamailio.errors().is_empty(), "Kamailio logged {:?}", self.kamailio.errors());
        self.kamailio.stop()?;
        self.agent.stop()?;
        let mut answered = 0;
        Admin::new(&binaries.lcr_admin).each_record(&self.paths.segments, |record| {
            answered += u64::from(record.get("disposition").and_then(Value::as_str) == Some("answered"));
            Ok(())
        })?;
        ensure!(answered >= calls, "{}: of {calls} calls {answered} were answered", self.language.name());
        Ok(())
    }
}

/// The Kamailio without Tandem.
struct Plain {
    kamailio: Kamailio,
    dir: TempDir,
}

impl Plain {
    fn start(dir: &Path, network: &Network) -> anyhow::Result<Plain> {
        let dir = TempDir::with_prefix_in("plain-", dir)?;
        let shipped = root().join("kamailio-cfg");
        let configuration = dir.path().join("wholesale.cfg");
        fs::copy(shipped.join("wholesale.cfg"), &configuration).context("copying wholesale.cfg")?;
        let plain = fs::read_to_string(bench_file("plain-routes.cfg"))?;
        fs::write(dir.path().join("wholesale-routes.cfg"), plain)?;
        let start = Start {
            configuration,
            defines: vec![
                "WITH_NATIVE".into(),
                // The module that wholesale.cfg loads in Tandem's place does nothing.
                "TANDEM_MODULE=\"xlog.so\"".into(),
                format!("PLAIN_CARRIER=\"{}.21:5060\"", network.prefix()),
            ],
            environment: Vec::new(),
        };
        let [snapshot, state, segments, clock] = [(); 4].map(|()| PathBuf::new());
        let paths = Paths { snapshot, state, segments, clock };
        let ip = network.address(Ipv4Addr::LOCALHOST);
        Ok(Plain { kamailio: Kamailio::start(dir.path(), ip, &start, None, &paths)?, dir })
    }
}

/// One Kamailio that is called.
struct Called {
    name: &'static str,
    proxy: SocketAddr,
    caller: Ipv4Addr,
    processes: Vec<PathBuf>,
}

impl Called {
    fn new(name: &'static str, proxy: SocketAddr, caller: Ipv4Addr, dir: &Path) -> anyhow::Result<Called> {
        let processes = workers(dir)?;
        ensure!(!processes.is_empty(), "{name}: Kamailio names no SIP workers");
        Ok(Called { name, proxy, caller, processes })
    }

    /// Places the calls of a round; gives what each cost, in microseconds, if all of them went as they should.
    fn round(&self, dir: &Path, numbers: &Path, round: usize) -> anyhow::Result<Option<f64>> {
        let before = self.processor_ns()?;
        let arguments = [
            "-sf".into(),
            write_caller(dir)?.into_os_string(),
            "-inf".into(),
            numbers.into(),
            "-i".into(),
            self.caller.to_string().into(),
            "-cid_str".into(),
            format!("%u-{round}@{}", self.proxy.port()).into(),
            "-key".into(),
            "ani".into(),
            "12125550142".into(),
            "-key".into(),
            "network".into(),
            "127.0.0".into(),
            "-m".into(),
            CALLS.to_string().into(),
            "-r".into(),
            RATE.to_string().into(),
            "-d".into(),
            "500".into(),
            "-l".into(),
            "100000".into(),
            "-nostdin".into(),
            "-default_behaviors".into(),
            "all,-abortunexp".into(),
            self.proxy.to_string().into(),
        ];
        let arguments: [std::ffi::OsString; 26] = arguments;
        let mut sipp = Process::start("caller", dir, "sipp", arguments, &[])?;
        let status =
            wait::until_within(PATIENCE, &format!("the calls to {} to be over", self.name), || sipp.ended())?;
        // 1: at least one call failed.
        ensure!(matches!(status.code(), Some(0 | 1)), "sipp ended with {status}:\n{}", sipp.printed());
        let us = (self.processor_ns()? - before) / 1000.0 / CALLS as f64;
        if !status.success() {
            println!("{}: a call of round {round} failed; it is not counted", self.name);
        }
        Ok(status.success().then_some(us))
    }

    /// What its processes have had of the processor so far.
    fn processor_ns(&self) -> anyhow::Result<f64> {
        self.processes.iter().map(|process| processor_ns(process)).sum()
    }
}

/// From `schedstat`, which is exact; where the kernel has none, from the ticks of `stat`.
fn processor_ns(process: &Path) -> anyhow::Result<f64> {
    if let Ok(text) = fs::read_to_string(process.join("schedstat")) {
        return text.split(' ').next().and_then(|ns| ns.parse().ok()).context("schedstat begins with a time");
    }
    let stat = fs::read_to_string(process.join("stat")).context("a process of Kamailio has ended")?;
    // Behind the name, which may hold anything: state is field 3, user time 14, system time 15.
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2).collect();
    let ticks = fields.iter().map(|field| field.parse::<f64>()).sum::<Result<f64, _>>()?;
    Ok(ticks * 1e9 / TICKS_PER_SEC)
}

/// The SIP workers of the Kamailio that has its control socket in this directory. Its timers run whether there are calls or not.
fn workers(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let socket = format!("unixs:{}", dir.join("kamailio_ctl").display());
    let answer =
        Command::new("kamcmd").args(["-s", &socket, "core.psx"]).output().context("running kamcmd")?;
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    let mut pid = "";
    let mut workers = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(number) = line.strip_prefix("PID: ") {
            pid = number;
        } else if line.starts_with("DSC: udp receiver") {
            workers.push(Path::new("/proc").join(pid));
        }
    }
    Ok(workers)
}

/// The caller that hangs up, with a number of its own for each call.
fn write_caller(dir: &Path) -> anyhow::Result<PathBuf> {
    let shared = script::write(dir, Path::new(""), "caller", "hangs_up")?;
    let file = dir.join("caller.xml");
    fs::write(&file, fs::read_to_string(&shared)?.replace("[service]", "[field0]"))?;
    fs::remove_file(shared)?;
    Ok(file)
}

/// The numbers that are called, one a line, as sipp reads them.
fn write_numbers(dir: &Path) -> anyhow::Result<PathBuf> {
    let file = dir.join("numbers.csv");
    fs::write(&file, format!("SEQUENTIAL\n{}\n", lcr_plan::numbers(SHAPE, CALLS).join("\n")))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Lines of the plain configuration that are neither of the whole one nor marked as its own. Comments may differ.
    fn strange_lines<'a>(plain: &'a str, whole: &str) -> Vec<&'a str> {
        let known: BTreeSet<&str> = whole.lines().collect();
        let is_strange =
            |line: &&str| !known.contains(line) && !line.contains("# plain") && !line.trim().starts_with('#');
        plain.lines().filter(is_strange).collect()
    }

    #[test]
    fn a_line_of_ones_own_is_marked() {
        let plain = "a;\n    b; # plain\n# text\n    c;\n";
        assert_eq!(strange_lines(plain, "a;\n"), ["    c;"]);
    }

    #[test]
    fn the_plain_configuration_is_the_one_that_ships_without_tandem() {
        let read = |path: PathBuf| fs::read_to_string(path).expect("a configuration");
        let plain = read(bench_file("plain-routes.cfg"));
        let whole = read(root().join("kamailio-cfg/wholesale-routes.cfg"));
        assert_eq!(strange_lines(&plain, &whole), [""; 0]);
        assert!(!plain.contains("tandem_decide"));
    }

    #[test]
    fn this_process_has_had_some_of_the_processor() {
        assert!(processor_ns(Path::new("/proc/self")).expect("a time") > 0.0);
    }
}
