//! The figures of `docs/BENCHMARKS.md`, by name: the last line is one JSON object, figure to number.
//!
//! `figures` takes 10 providers × 150,000 codes; `figures --full` 50 × 177,000, and 50 A-Z decks. Before the
//! last line, what was measured and the times behind the ratios.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use clap::Parser;
use rating_core::limit::Gcra;
use rating_core::live::{LiveState, Now, Unused};
use rating_core::number::Digits;
use rating_core::route::{Decision, decide_into};
use rating_core::snapshot::layout::SectionId;
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write::compile;
use rating_core::trace::Silent;
use serde_json::{Map, Value, json};
use tandem_benches::chase::{Chase, section};
use tandem_benches::cold::{Given, Wiper, decision_ns};
use tandem_benches::data::{Data, call, count_prices, partition_of};
use tandem_benches::limits::State;
use tandem_benches::lookup::Lookup;
use tandem_benches::rounds::{median, median_ratio, ns_each};
use tandem_benches::{az_decks, batch, held, hot_limit, kamailio, publish};
use tandem_tests::us_decks::{EFFECTIVE, Shape};

/// Rounds, of which the median counts.
const ROUNDS: usize = 11;
/// Look-ups, decisions and so on of one round.
const TIMES: usize = 200_000;
/// Decisions behind wiped caches.
const COLD: usize = 150;

/// Measures, and prints the figures as one JSON object in the last line.
#[derive(Parser, Debug)]
struct Args {
    /// 50 providers of 177,000 codes each, and 50 A-Z decks.
    #[arg(long)]
    full: bool,
    /// Providers, in place of 10 or 50.
    #[arg(long)]
    providers: Option<usize>,
    /// Codes of each provider, in place of 150,000 or 177,000.
    #[arg(long)]
    codes: Option<usize>,
    /// What is written between two decisions that find nothing near, in MiB: more than the caches hold.
    #[arg(long, default_value_t = 320)]
    wiped_mib: usize,
    /// Only the times of look-up and decision: a point of the plot.
    #[arg(long)]
    sweep: bool,
    /// Only what calls take: a million of them at once, several processes on one limit.
    #[arg(long)]
    calls: bool,
    /// Also what `figures-sql`, which must be built, measures in a PostgreSQL of its own.
    #[arg(long)]
    sql: bool,
    /// Also what is measured inside Kamailio; needs Kamailio and sipp.
    #[arg(long)]
    kamailio: bool,
    /// The same seed gives the same data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What `cargo bench` hands to every bench; means nothing here.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    if hot_limit::run_as_process()? {
        return Ok(());
    }
    let args = Args::parse();
    let (providers, codes) = if args.full { (50, 177_000) } else { (10, 150_000) };
    let shape = Shape {
        providers: args.providers.unwrap_or(providers),
        codes: args.codes.unwrap_or(codes),
        seed: args.seed,
    };
    let mut figures = Map::new();
    if args.calls {
        calls(&mut figures)?;
        println!("{}", Value::Object(figures));
        return Ok(());
    }
    println!("data: {shape:?}, and as many A-Z decks");
    figures.insert("bytes_per_price".into(), rounded(bytes_per_price(shape)?));
    figures.insert("bytes_per_price_az".into(), rounded(bytes_per_price_az(shape.providers, args.seed)?));
    let data = Data::new(shape, shape.providers)?;
    println!("all together: {} bytes, {} prices", data.bytes().len(), data.prices);
    println!("sampled decisions are those of the naive router");
    times(&data, &mut figures)?;
    if !args.sweep {
        hints(&data, &mut figures, args.wiped_mib);
        limits(&data, &mut figures)?;
        calls(&mut figures)?;
        let rate = publish::rows_per_sec(&data.plan, EFFECTIVE, data.bytes())?;
        figures.insert("publish_rows_per_sec".into(), json!(rate.round()));
    }
    // What follows gets the memory, and the figures that are there are printed in any case.
    drop(data);
    let in_sql = if args.sql { sql(shape, &mut figures) } else { Ok(()) };
    let in_kamailio = if args.kamailio { kamailio::measure(&mut figures) } else { Ok(()) };
    println!("{}", Value::Object(figures));
    in_sql.and(in_kamailio)
}

/// The figures of the program `figures-sql`, which is beside this one, on the same data.
fn sql(shape: Shape, figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    let program = std::env::current_exe()?.with_file_name("figures-sql");
    let arguments = [("--providers", shape.providers), ("--codes", shape.codes)];
    let arguments = arguments.map(|(name, value)| [name.to_owned(), value.to_string()]).concat();
    let output = Command::new(&program)
        .args(arguments)
        .args(["--seed".to_owned(), shape.seed.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("running {}; cargo build --release --bins makes it", program.display()))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    print!("{printed}");
    ensure!(output.status.success(), "figures-sql failed: {}", output.status);
    let last = printed.lines().last().unwrap_or_default();
    figures.extend(serde_json::from_str::<Map<String, Value>>(last).context("the last line of figures-sql")?);
    Ok(())
}

fn rounded(value: f64) -> Value {
    json!((value * 1000.0).round() / 1000.0)
}

/// NANP decks, everything included: numbering table, partitions and all.
fn bytes_per_price(shape: Shape) -> anyhow::Result<f64> {
    use SectionId::*;
    let plan = tandem_tests::us_decks::plan(shape)?;
    let (bytes, prices) = (compile(&plan, EFFECTIVE)?, count_prices(&plan));
    println!("NANP: {prices} prices, {} bytes", bytes.len());
    for id in [Rows, Tariffs, CodeNpas, CodeNxxs, CodeNodes, PlaceNxxs, PlaceNodes, Places] {
        println!("  {id:?}: {} bytes", section(&bytes, id).len());
    }
    Ok(bytes.len() as f64 / prices as f64)
}

fn times(data: &Data, figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    let snapshot = data.snapshot();
    let (chase, lookup) = (Chase::new(data.bytes(), 1), Lookup::new(snapshot));
    let state = State::new(&snapshot)?;
    let (mut floor, mut lcr, mut whole, mut alone, mut whatif) = (vec![], vec![], vec![], vec![], vec![]);
    let mut clock_ns = 0;
    for _ in 0..ROUNDS {
        floor.push(ns_each(TIMES, |times| chase.run(0, times)));
        lcr.push(ns_each(TIMES, |times| lookup.run(&data.keys, times)));
        whole.push(ns_each(TIMES, |times| decisions(data, &snapshot, &state.limits(), &mut clock_ns, times)));
        alone.push(ns_each(TIMES, |times| decisions(data, &snapshot, &Unused, &mut clock_ns, times)));
        whatif.push(ns_each(TIMES, |times| batch::run(data, times)));
    }
    println!("pointer chase over {} bytes: {:.1} ns", chase.footprint(), median(floor.clone()));
    println!("LCR look-up: {:.1} ns", median(lcr.clone()));
    println!(
        "whole decision: {:.1} ns; without limits: {:.1} ns",
        median(whole.clone()),
        median(alone.clone())
    );
    println!("the same without limits, in groups: {:.1} ns", median(whatif.clone()));
    figures.insert("prices".into(), json!(data.prices));
    figures.insert("chase_ns".into(), rounded(median(floor.clone())));
    figures.insert("lcr_ns".into(), rounded(median(lcr.clone())));
    figures.insert("decision_ns".into(), rounded(median(whole.clone())));
    figures.insert("lcr_over_chase".into(), rounded(median_ratio(&lcr, &floor)));
    figures.insert("decision_over_chase".into(), rounded(median_ratio(&whole, &floor)));
    figures.insert("whatif_calls_per_sec_core".into(), json!((1e9 / median(whatif)).round()));
    Ok(())
}

/// Decisions behind wiped caches, with hints and without, in turn.
fn hints(data: &Data, figures: &mut Map<String, Value>, wiped_mib: usize) {
    let mut wiper = Wiper::new(wiped_mib << 20);
    let (mut cold, mut hinted) = (vec![], vec![]);
    for (at, asked) in data.calls.iter().enumerate().step_by(data.calls.len() / COLD) {
        let call = call(asked, partition_of(at));
        let numbers = [&asked.dnis, &asked.dnis_lrn, &asked.ani].map(|text| Digits::new(text.as_bytes()));
        let numbers: Vec<Digits> =
            numbers.into_iter().flatten().filter(|number| !number.is_empty()).collect();
        cold.push(decision_ns(data, &mut wiper, &call, &numbers, Given::Nothing));
        hinted.push(decision_ns(data, &mut wiper, &call, &numbers, Given::Hints));
    }
    println!(
        "behind {wiped_mib} MiB of other memory: decision {:.0} ns, with hints {:.0} ns",
        median(cold.clone()),
        median(hinted.clone())
    );
    figures.insert("hinted_over_cold".into(), rounded(median(hinted) / median(cold)));
}

/// Decides calls one after another; the number of routed ones keeps the work from being dropped.
fn decisions(
    data: &Data,
    snapshot: &Snapshot<'_>,
    live: &impl LiveState,
    clock_ns: &mut u64,
    times: usize,
) -> u64 {
    let mut routed = 0;
    let mut decision = Decision::NOTHING;
    for (at, text) in data.texts.iter().enumerate().cycle().take(times) {
        *clock_ns += 1000;
        let now = Now { utc_ns: 0, monotonic_ns: *clock_ns };
        decide_into(snapshot, &text.call(partition_of(at)), now, live, &mut Silent, &mut decision);
        routed += u64::from(decision.verdict.is_ok());
    }
    routed
}

fn limits(data: &Data, figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    let state = State::new(&data.snapshot())?;
    let limits = state.limits();
    let (cps, gauge) = (limits.slot(0), limits.slot(1));
    let mut refused = 0u64;
    let mut pair = || {
        ns_each(TIMES * 10, |times| {
            for _ in 0..times {
                refused += u64::from(limits.table.take_gauge(gauge, 1000).is_err());
                limits.table.release_gauge(gauge);
            }
            refused
        })
    };
    let pair_ns = median((0..ROUNDS).map(|_| pair()).collect());
    let mut now_ns = 0;
    let mut paced = || {
        ns_each(TIMES * 10, |times| {
            for _ in 0..times {
                now_ns += 1000;
                let gcra = Gcra { interval_ns: 1000, burst: 10 };
                refused += u64::from(limits.table.take_cps(cps, gcra, now_ns).is_err());
            }
            refused
        })
    };
    let cps_ns = median((0..ROUNDS).map(|_| paced()).collect());
    ensure!(refused == 0 && limits.table.held(gauge) == 0, "the limits were measured while they refused");
    figures.insert("limit_pair_ns".into(), rounded(pair_ns));
    figures.insert("limit_cps_ns".into(), rounded(cps_ns));
    Ok(())
}

/// A million calls at once, and several processes on one limit.
fn calls(figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    let found = held::measure()?;
    println!("{} calls held: {found:.1?}", found.calls_held);
    figures.insert("calls_held".into(), json!(found.calls_held));
    figures.insert("bytes_per_call".into(), rounded(found.bytes_per_call));
    figures.insert("decide_held_over_empty".into(), rounded(found.decide_ns[1] / found.decide_ns[0]));
    figures.insert("end_held_over_empty".into(), rounded(found.end_ns[1] / found.end_ns[0]));
    for processes in hot_limit::PROCESSES {
        let times = (0..5).map(|_| hot_limit::measure(processes)).collect::<Result<_, _>>()?;
        figures.insert(format!("hot_limit_call_ns_{processes}"), rounded(median(times)));
    }
    Ok(())
}

fn bytes_per_price_az(decks: usize, seed: u64) -> anyhow::Result<f64> {
    let plan = az_decks::plan(decks, seed)?;
    let (bytes, prices) = (compile(&plan, EFFECTIVE)?, count_prices(&plan));
    println!("A-Z: {decks} decks, {prices} prices, {} bytes", bytes.len());
    Ok(bytes.len() as f64 / prices as f64)
}
