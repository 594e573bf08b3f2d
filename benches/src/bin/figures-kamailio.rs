//! Only the figures that are taken inside Kamailio; the last line is one JSON object of them. `figures --kamailio` has
//! them among all others.

use clap::{Parser, ValueEnum};
use serde_json::{Map, Value};
use tandem_benches::kamailio::{cpu, languages, lcr, measure};
use tandem_tests::lab::binaries::Binaries;

/// Measures inside Kamailio.
#[derive(Parser, Debug)]
struct Args {
    /// Only this part.
    #[arg(long)]
    only: Option<Part>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Part {
    /// Kamailio's own module lcr beside ours.
    Lcr,
    /// What a call of ours costs from each language.
    Languages,
    /// A relayed call with Tandem and without.
    Cpu,
    /// The same in each language; only lines to read.
    CpuLanguages,
}

fn main() -> anyhow::Result<()> {
    let mut figures = Map::new();
    let measured = match Args::parse().only {
        None => measure(&mut figures),
        Some(Part::Lcr) => lcr::measure(&Binaries::build()?, &mut figures),
        Some(Part::Languages) => languages::measure(&Binaries::build()?, &mut figures),
        Some(Part::Cpu) => cpu::measure(&Binaries::build()?, &mut figures),
        Some(Part::CpuLanguages) => cpu::measure_languages(&Binaries::build()?),
    };
    println!("{}", Value::Object(figures));
    measured
}
