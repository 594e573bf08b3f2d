//! What a call of ours costs from each language inside Kamailio, bare: `alive` of a call, which does next to nothing, and
//! `next` with its dial string.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Map, Value};
use tandem_tests::lab::admin::Admin;
use tandem_tests::lab::binaries::{Binaries, root};
use tandem_tests::lab::process::Process;
use tandem_tests::lab::{module, wait};
use tempfile::TempDir;

use super::{bench_file, rounded};
use crate::rounds::median;

/// Each language: what `cost.cfg` is told, its file, and in how many ways it is measured.
const LANGUAGES: [(&str, &str, usize); 3] =
    [("WITH_NATIVE", "cost.cfg", 1), ("WITH_LUA", "cost.lua", 2), ("WITH_PYTHON", "cost.py", 3)];
/// Of which the first warms up, and the median of the others counts.
const ROUNDS: usize = 6;
const PATIENCE: Duration = Duration::from_secs(120);

/// What each way costs, in nanoseconds: `alive`, and `next`.
type Costs = BTreeMap<String, Vec<[f64; 2]>>;

/// Measures each way, prints a line for each, and puts what `next` costs among the figures.
///
/// # Errors
/// When Kamailio does not start with one of the languages.
pub fn measure(binaries: &Binaries, figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    for language in LANGUAGES {
        for (way, rounds) in run(binaries, language)? {
            let each = |at: usize| median(rounds.iter().skip(1).map(|round| round[at]).collect());
            println!(
                "a call from {way}: alive {:.0} ns, next and its dial string {:.0} ns",
                each(0),
                each(1)
            );
            let name = way.replace(", ", "_").replace([' ', '.'], "_").to_lowercase();
            figures.insert(format!("{name}_next_ns"), rounded(each(1)));
        }
    }
    Ok(())
}

fn run(binaries: &Binaries, (define, script, ways): (&str, &str, usize)) -> anyhow::Result<Costs> {
    let dir = TempDir::with_prefix("tandem-cost-").context("creating a private directory")?;
    let (snapshot, state) = (dir.path().join("plan.snapshot"), dir.path().join("node.state"));
    Admin::new(&binaries.lcr_admin).publish(&root().join("examples/wholesale"), &snapshot)?;
    std::os::unix::fs::symlink(&binaries.libtandem, dir.path().join("tandem.so"))
        .context("linking libtandem.so as tandem.so")?;
    let lua_path = dir.path().join("?.so");
    let environment = [
        ("TANDEM_SNAPSHOT", snapshot.as_os_str()),
        ("TANDEM_STATE", state.as_os_str()),
        ("TANDEM_LIBRARY", binaries.libtandem.as_os_str()),
        ("LUA_CPATH", lua_path.as_os_str()),
        ("PYTHONPATH", dir.path().as_os_str()),
        ("PYTHONDONTWRITEBYTECODE", "1".as_ref()),
    ];
    let arguments = arguments(dir.path(), define, script, &module::build(&binaries.libtandem)?)?;
    let mut kamailio = Process::start("kamailio", dir.path(), "kamailio", arguments, &environment)?;
    let costs = wait::until_within(PATIENCE, "Kamailio to do all rounds", || {
        kamailio.must_run()?;
        let costs = read(&kamailio.printed())?;
        let is_done = costs.len() == ways && costs.values().all(|rounds| rounds.len() >= ROUNDS);
        Ok(is_done.then_some(costs))
    })
    .with_context(|| format!("Kamailio printed:\n{}", kamailio.printed()))?;
    kamailio.stop()?;
    Ok(costs)
}

fn arguments(dir: &Path, define: &str, script: &str, module: &Path) -> anyhow::Result<Vec<String>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("opening a UDP socket")?;
    let defines = [
        define.to_owned(),
        format!("BENCH_LISTEN=udp:{}", socket.local_addr()?),
        format!("TANDEM_MODULE=\"{}\"", module.display()),
        format!("TANDEM_SCRIPT=\"{}\"", bench_file(script).display()),
    ];
    let fixed = ["-DD", "-E", "-x", "fm", "-X", "fm", "-m", "64", "-Y"].map(str::to_owned);
    let mut arguments = fixed.to_vec();
    arguments.push(dir.display().to_string());
    arguments.extend(defines.into_iter().flat_map(|text| ["-A".to_owned(), text]));
    arguments.extend(["-f".to_owned(), bench_file("cost.cfg").display().to_string()]);
    Ok(arguments)
}

/// Lines `cost <way>: alive <ns> ns, next <ns> ns`.
fn read(printed: &str) -> anyhow::Result<Costs> {
    let mut costs = Costs::new();
    // A line that is still being written does not count.
    for line in after(printed, ": cost ").filter_map(|line| line.strip_suffix(" ns")) {
        let Some((way, figures)) = line.split_once(": alive ") else { continue };
        let Some((alive, next)) = figures.split_once(" ns, next ") else { continue };
        costs.entry(way.to_owned()).or_default().push([alive.parse()?, next.parse()?]);
    }
    ensure!(costs.values().flatten().flatten().all(|ns| *ns < 1e7), "no call takes so long: {costs:?}");
    Ok(costs)
}

/// What stands behind a mark, in each line that has it.
fn after<'a>(printed: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    printed.lines().filter_map(move |line| line.split_once(mark)).map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_are_read_by_way_and_a_broken_line_does_not_count() {
        let printed = " 3(9) ERROR: app_lua [a.c:1]: f(): cost lua: alive 130 ns, next 320 ns\n\
                       cost elsewhere\n 3(9) ERROR: x: cost lua, KSR.tandem: alive 1 ns, next 2 ns\n 3(9) x: cost lua: ali";
        let costs = read(printed).expect("figures");
        assert_eq!(costs["lua"], [[130.0, 320.0]]);
        assert_eq!(costs["lua, KSR.tandem"], [[1.0, 2.0]]);
    }
}
