//! Kamailio's own module `lcr` and ours, in one process of one Kamailio, on the same price lists and the same numbers.
//!
//! Both put the same gateways in the same order into `$ru`, which is compared before anything is timed. What a call costs
//! that does nothing but get its request URI is taken off both.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Map, Value};
use tandem_tests::lab::admin::Admin;
use tandem_tests::lab::binaries::Binaries;
use tandem_tests::lab::kamailio::free_address;
use tandem_tests::lab::process::Process;
use tandem_tests::lab::{module, sip};
use tempfile::TempDir;

use super::lcr_plan::{self, Shape};
use super::{bench_file, rounded};
use crate::node;
use crate::rounds::median;

/// The size whose ratio is the figure, as Debian ships both: with lcr's default hash and Kamailio's default allocator.
const OF_THE_FIGURE: Shape = Shape { codes: 17_000, carriers: 50, legs: 8 };
/// With the fast allocator and a hash as large as the rules, as lcr's documentation advises.
const TUNED: [Shape; 4] = [
    Shape { codes: 1_000, carriers: 8, legs: 8 },
    Shape { codes: 10_000, carriers: 8, legs: 8 },
    Shape { codes: 100_000, carriers: 8, legs: 8 },
    OF_THE_FIGURE,
];
/// lcr's own default for its hash.
const DEFAULT_HASH: usize = 128;
/// Of which the median counts.
const ROUNDS: usize = 11;
/// Calls of a round.
const CALLS: usize = 2_000;
/// Loading a million lines into Kamailio takes its time.
const PATIENCE: Duration = Duration::from_secs(180);

/// One round, in nanoseconds a call, without the loop.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Round {
    lcr_ns: f64,
    tandem_ns: f64,
}

/// What was found at one size: rounds in which each call puts one leg into the script, all legs, and one with its end.
#[derive(Default)]
struct Found {
    first: Vec<Round>,
    all: Vec<Round>,
    ended_ns: Vec<f64>,
}

/// Measures every size, prints a line for each, and puts the ratios among the figures.
///
/// # Errors
/// When Kamailio does not start, or the two do not say the same.
pub fn measure(binaries: &Binaries, figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    for shape in TUNED {
        let found = run(binaries, shape, shape.codes.next_power_of_two(), &FAST)?;
        found.print(shape);
        let name = format!("kamailio_lcr_over_tandem_tuned_{}x{}", shape.codes, shape.carriers);
        figures.insert(name, rounded(ratio(&found.all)));
    }
    println!("as Debian ships both, with the default hash and the default allocator:");
    let found = run(binaries, OF_THE_FIGURE, DEFAULT_HASH, &[])?;
    found.print(OF_THE_FIGURE);
    figures.insert("kamailio_lcr_over_tandem".into(), rounded(ratio(&found.first)));
    figures.insert("kamailio_lcr_over_tandem_all_legs".into(), rounded(ratio(&found.all)));
    Ok(())
}

/// The fast allocator, for both kinds of memory.
const FAST: [&str; 4] = ["-x", "fm", "-X", "fm"];

fn ratio(rounds: &[Round]) -> f64 {
    median(rounds.iter().map(|round| round.lcr_ns / round.tandem_ns).collect())
}

impl Found {
    fn print(&self, shape: Shape) {
        let ns = |rounds: &[Round], of: fn(&Round) -> f64| median(rounds.iter().map(of).collect());
        println!(
            "{} codes, {} carriers: one leg: lcr {:.0} ns, Tandem {:.0} ns, ratio {:.2}; {} legs: lcr {:.0} ns, Tandem \
             {:.0} ns, ratio {:.2}; Tandem, one leg and the end of the call: {:.0} ns",
            shape.codes,
            shape.carriers,
            ns(&self.first, |round| round.lcr_ns),
            ns(&self.first, |round| round.tandem_ns),
            ratio(&self.first),
            shape.legs,
            ns(&self.all, |round| round.lcr_ns),
            ns(&self.all, |round| round.tandem_ns),
            ratio(&self.all),
            median(self.ended_ns.clone()),
        );
    }
}

fn run(binaries: &Binaries, shape: Shape, hash_size: usize, allocator: &[&str]) -> anyhow::Result<Found> {
    let dir = TempDir::with_prefix("tandem-lcr-").context("creating a private directory")?;
    let (plan, tables, snapshot) =
        (dir.path().join("plan"), dir.path().join("tables"), dir.path().join("plan.snapshot"));
    lcr_plan::write(shape, &plan, &tables)?;
    Admin::new(&binaries.lcr_admin).publish(&plan, &snapshot)?;
    let module = module::build(&binaries.libtandem)?;
    let address = free_address(Ipv4Addr::LOCALHOST)?;
    let arguments = arguments(dir.path(), shape, address, &tables, hash_size, allocator, &module)?;
    let memory = node::directory()?;
    let state = memory.path().join("node.state");
    let environment = [("TANDEM_SNAPSHOT", snapshot.as_os_str()), ("TANDEM_STATE", state.as_os_str())];
    let mut kamailio = Process::start("kamailio", dir.path(), "kamailio", &arguments, &environment)?;
    let found = ask(&mut kamailio, address, shape)
        .with_context(|| format!("Kamailio printed:\n{}", kamailio.printed()))?;
    kamailio.stop()?;
    Ok(found)
}

/// Places the calls of all rounds, once the tables are loaded and both say the same.
fn ask(kamailio: &mut Process, address: SocketAddr, shape: Shape) -> anyhow::Result<Found> {
    let began = Instant::now();
    while let Err(error) = sip::wait_for_answer(address, || kamailio.must_run()) {
        kamailio.must_run()?;
        ensure!(began.elapsed() < PATIENCE, "{error:#}");
    }
    let numbers = lcr_plan::numbers(shape, CALLS);
    let mut caller = Caller::new(address)?;
    for number in &numbers {
        let told = caller.call(number, "compare")?;
        ensure!(told == "same", "lcr and Tandem differ: {number}: {told}");
    }
    let mut found = Found::default();
    for _ in 0..ROUNDS {
        let mut ns_of = |what: &str| {
            let times = numbers.iter().map(|number| times_of(&caller.call(number, what)?));
            times.collect::<anyhow::Result<Vec<_>>>().map(|times| each_ns(&times))
        };
        found.first.push(Round { lcr_ns: ns_of("lcr first")?, tandem_ns: ns_of("tandem first")? });
        found.all.push(Round { lcr_ns: ns_of("lcr all")?, tandem_ns: ns_of("tandem all")? });
        found.ended_ns.push(ns_of("tandem ended")?);
    }
    Ok(found)
}

/// Who sends INVITEs, each a call of its own.
struct Caller {
    socket: UdpSocket,
    server: SocketAddr,
    placed: u32,
}

impl Caller {
    fn new(server: SocketAddr) -> anyhow::Result<Caller> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("opening a UDP socket")?;
        socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        Ok(Caller { socket, server, placed: 0 })
    }

    /// Places a call, and gives what X-Bench in the answer says.
    fn call(&mut self, number: &str, what: &str) -> anyhow::Result<String> {
        self.placed += 1;
        let (nth, from, to) = (self.placed, self.socket.local_addr()?, self.server);
        let invite = format!(
            "INVITE sip:{number}@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK-{nth}\r\n\
             From: <sip:12125550142@{from}>;tag={nth}\r\nTo: <sip:{number}@{to}>\r\nCall-ID: {nth}@bench\r\n\
             CSeq: 1 INVITE\r\nMax-Forwards: 10\r\nX-Bench: {what}\r\nContent-Length: 0\r\n\r\n"
        );
        self.socket.send_to(invite.as_bytes(), to).context("sending an INVITE")?;
        let mut answer = [0; 8192];
        let len = self.socket.recv(&mut answer).context("waiting for the answer to an INVITE")?;
        let answer = String::from_utf8_lossy(&answer[..len]).into_owned();
        ensure!(answer.contains(&format!("Call-ID: {nth}@bench\r\n")), "an answer to another call: {answer}");
        let told = answer.lines().find_map(|line| line.strip_prefix("X-Bench: "));
        told.map(str::to_owned).with_context(|| format!("no X-Bench in {answer}"))
    }
}

/// Microseconds of a call that does nothing, and of what was asked.
fn times_of(told: &str) -> anyhow::Result<[f64; 2]> {
    let times: Vec<f64> = told.split(' ').filter_map(|us| us.parse().ok()).collect();
    times.try_into().map_err(|_| anyhow::anyhow!("X-Bench says {told:?}, not two times"))
}

/// Nanoseconds of each of these calls, without what one costs that does nothing.
fn each_ns(calls: &[[f64; 2]]) -> f64 {
    calls.iter().map(|[empty, time]| time - empty).sum::<f64>() * 1000.0 / calls.len() as f64
}

fn arguments(
    dir: &Path,
    shape: Shape,
    address: SocketAddr,
    tables: &Path,
    hash_size: usize,
    allocator: &[&str],
    module: &Path,
) -> anyhow::Result<Vec<OsString>> {
    let defines = [
        format!("BENCH_LISTEN=udp:{address}"),
        format!("BENCH_MODULE=\"{}\"", module.display()),
        format!("BENCH_DB=\"text://{}\"", tables.display()),
        format!("BENCH_HASH={hash_size}"),
        format!("BENCH_LEGS={}", shape.legs),
    ];
    let mut arguments: Vec<OsString> = ["-DD", "-E", "-m", "2048", "-M", "1024"].map(OsString::from).to_vec();
    arguments.extend(allocator.iter().map(OsString::from));
    arguments.extend(["-Y".into(), dir.into()]);
    arguments.extend(defines.into_iter().flat_map(|text| ["-A".into(), OsString::from(text)]));
    arguments.extend(["-f".into(), bench_file("lcr.cfg").into_os_string()]);
    Ok(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_without_what_a_call_costs_that_does_nothing() {
        let calls: Vec<_> = ["1 41", "1 21"].into_iter().map(|told| times_of(told).expect("times")).collect();
        let round = Round { lcr_ns: each_ns(&calls), tandem_ns: 3_000.0 };
        assert_eq!(round.lcr_ns, 30_000.0);
        assert!((ratio(&[round]) - 10.0).abs() < 1e-9);
        assert!(times_of("same").is_err());
    }
}
