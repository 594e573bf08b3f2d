//! Kamailio's own module `lcr` and ours, in one process of one Kamailio, on the same price lists and the same numbers.
//!
//! Both put the same gateways in the same order into `$ru`, which is compared before anything is timed. What a loop costs
//! that does nothing but give each call its number is taken off both.

use std::ffi::OsString;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Map, Value};
use tandem_tests::lab::admin::Admin;
use tandem_tests::lab::binaries::Binaries;
use tandem_tests::lab::process::Process;
use tandem_tests::lab::{module, wait};
use tempfile::TempDir;

use super::lcr_plan::{self, Shape};
use super::{bench_file, rounded};
use crate::node;
use crate::rounds::median;

/// The size whose ratio is the figure: with as many legs on both sides as there are carriers.
const OF_THE_FIGURE: Shape = Shape { codes: 10_000, carriers: 8, legs: 8 };
/// Others, for the table.
const OTHERS: [Shape; 3] = [
    Shape { codes: 1_000, carriers: 8, legs: 8 },
    Shape { codes: 100_000, carriers: 8, legs: 8 },
    Shape { codes: 17_000, carriers: 50, legs: 8 },
];
/// lcr's own default for its hash.
const DEFAULT_HASH: usize = 128;
/// Of which the median counts.
const ROUNDS: usize = 11;
/// Calls of one loop.
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
    ended: Vec<Round>,
}

/// Measures every size, prints a line for each, and puts the ratios among the figures.
///
/// # Errors
/// When Kamailio does not start, or the two do not say the same.
pub fn measure(binaries: &Binaries, figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    for shape in [OF_THE_FIGURE].into_iter().chain(OTHERS) {
        // A hash as large as the rules, as lcr's documentation advises.
        let found = run(binaries, shape, shape.codes.next_power_of_two(), &FAST)?;
        found.print(shape);
        if shape.codes == OF_THE_FIGURE.codes {
            figures.insert("kamailio_lcr_over_tandem".into(), rounded(ratio(&found.all)));
        } else {
            let name = format!("kamailio_lcr_over_tandem_{}x{}", shape.codes, shape.carriers);
            figures.insert(name, rounded(ratio(&found.all)));
        }
    }
    let found = run(binaries, OF_THE_FIGURE, DEFAULT_HASH, &FAST)?;
    println!("with lcr's hash left at its default of 128:");
    found.print(OF_THE_FIGURE);
    figures.insert("kamailio_lcr_over_tandem_default_hash".into(), rounded(ratio(&found.all)));
    let [.., largest] = OTHERS;
    let found = run(binaries, largest, DEFAULT_HASH, &[])?;
    println!("as Debian ships both, with the default hash and the default allocator:");
    found.print(largest);
    figures.insert("kamailio_lcr_over_tandem_as_shipped".into(), rounded(ratio(&found.first)));
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
            ns(&self.ended, |round| round.tandem_ns),
        );
    }
}

fn run(binaries: &Binaries, shape: Shape, hash_size: usize, allocator: &[&str]) -> anyhow::Result<Found> {
    let dir = TempDir::with_prefix("tandem-lcr-").context("creating a private directory")?;
    let (plan, tables, snapshot) =
        (dir.path().join("plan"), dir.path().join("tables"), dir.path().join("plan.snapshot"));
    lcr_plan::write(shape, CALLS, &plan, &tables)?;
    Admin::new(&binaries.lcr_admin).publish(&plan, &snapshot)?;
    let module = module::build(&binaries.libtandem)?;
    let arguments = arguments(dir.path(), shape, &tables, hash_size, allocator, &module)?;
    let memory = node::directory()?;
    let state = memory.path().join("node.state");
    let environment = [("TANDEM_SNAPSHOT", snapshot.as_os_str()), ("TANDEM_STATE", state.as_os_str())];
    let mut kamailio = Process::start("kamailio", dir.path(), "kamailio", &arguments, &environment)?;
    let printed = wait::until_within(PATIENCE, "Kamailio to do all rounds", || {
        kamailio.must_run()?;
        let printed = kamailio.printed();
        Ok(printed.lines().any(|line| line.ends_with(": done")).then_some(printed))
    })
    .with_context(|| format!("Kamailio printed:\n{}", kamailio.printed()))?;
    kamailio.stop()?;
    read(&printed, shape)
}

fn arguments(
    dir: &Path,
    shape: Shape,
    tables: &Path,
    hash_size: usize,
    allocator: &[&str],
    module: &Path,
) -> anyhow::Result<Vec<OsString>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("opening a UDP socket")?;
    let defines = [
        format!("BENCH_LISTEN=udp:{}", socket.local_addr()?),
        format!("BENCH_MODULE=\"{}\"", module.display()),
        format!("BENCH_DB=\"text://{}\"", tables.display()),
        format!("BENCH_HASH={hash_size}"),
        format!("BENCH_ROUNDS={ROUNDS}"),
        format!("BENCH_CALLS={CALLS}"),
        format!("BENCH_LEGS={}", shape.legs),
    ];
    let mut arguments: Vec<OsString> = ["-DD", "-E", "-m", "2048", "-M", "1024"].map(OsString::from).to_vec();
    arguments.extend(allocator.iter().map(OsString::from));
    arguments.extend(["-Y".into(), dir.into()]);
    arguments.extend(defines.into_iter().flat_map(|text| ["-A".into(), OsString::from(text)]));
    arguments.extend(["-f".into(), bench_file("lcr.cfg").into_os_string()]);
    Ok(arguments)
}

/// Reads what `lcr.cfg` logs; refuses it when the two did not say the same of every number.
fn read(printed: &str, shape: Shape) -> anyhow::Result<Found> {
    let compared = after(printed, ": compared ").next().context("nothing was compared")?;
    let all = format!("{CALLS} same {CALLS} legs {}", shape.legs);
    let difference = after(printed, ": differ ").next().unwrap_or_default();
    ensure!(compared == all, "lcr and Tandem differ: {compared}, not {all}. The first: {difference}");
    let mut found = Found::default();
    for line in after(printed, ": round ") {
        let words: Vec<&str> = line.split(' ').collect();
        let [name, _, "empty", empty, "lcr", lcr, "tandem", tandem, "of", calls] = words[..] else {
            anyhow::bail!("lcr.cfg logged {line}")
        };
        let number = |text: &str| text.parse::<f64>().with_context(|| format!("lcr.cfg logged {line}"));
        let each = |us: f64| -> anyhow::Result<f64> { Ok((us - number(empty)?) * 1000.0 / number(calls)?) };
        let round = Round { lcr_ns: each(number(lcr)?)?, tandem_ns: each(number(tandem)?)? };
        match name {
            "first" => found.first.push(round),
            "all" => found.all.push(round),
            _ => found.ended.push(round),
        }
    }
    let rounds = [&found.first, &found.all, &found.ended].map(Vec::len);
    ensure!(rounds == [ROUNDS; 3], "of {ROUNDS} rounds Kamailio did {rounds:?}");
    Ok(found)
}

/// What stands behind a mark, in each line that has it.
pub fn after<'a>(printed: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    printed.lines().filter_map(move |line| line.split_once(mark)).map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_wrong_answer_counts_for_nothing() {
        let rounds = ["first 1", "all 8", "ended 0"].map(|name| {
            format!("0(7) ERROR: <script>: round {name} empty 1000 lcr 41000 tandem 5000 of 2000\n")
                .repeat(ROUNDS)
        });
        let printed = |same: u32| {
            format!("0(7) ERROR: <script>: compared 2000 same {same} legs 8\n{}", rounds.concat())
        };
        let shape = Shape { codes: 1, carriers: 8, legs: 8 };
        let found = read(&printed(2000), shape).expect("figures");
        // 40,000 µs of 2,000 calls are 20 µs each; 4,000 are 2 µs.
        assert_eq!(found.all[0], Round { lcr_ns: 20_000.0, tandem_ns: 2_000.0 });
        assert!((ratio(&found.all) - 10.0).abs() < 1e-9);
        assert!(read(&printed(1999), shape).is_err());
    }
}
