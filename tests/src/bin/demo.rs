//! `make demo`: real calls through Kamailio to three carriers, each shown and checked against the plan.
//!
//! Exit status 0 only if every call went where the plan says.

use std::process::ExitCode;
use std::time::Instant;

use tandem_tests::lab::Lab;
use tandem_tests::lab::binaries::{Binaries, root};
use tandem_tests::lab::language::Language;
use tandem_tests::play::play;
use tandem_tests::{scenario, show};

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every call went as planned.
fn run() -> anyhow::Result<bool> {
    let mut scenarios = scenario::all()?;
    scenarios.retain(|scenario| scenario.plan.is_none());
    eprintln!("Building lcr-admin and libtandem.so …");
    let binaries = Binaries::build()?;
    eprintln!("Publishing examples/wholesale; starting Kamailio, the agent and three carriers …");
    let mut lab = Lab::start(&binaries, &root().join("examples/wholesale"), Language::ALL[0], None)?;
    let network = lab.network().prefix();
    println!("Kamailio listens on {}. Carriers: north {network}.21, mesa .22, atlas .23.\n", lab.proxy());

    let started = Instant::now();
    let (mut calls, mut failures) = (0, 0);
    for scenario in &scenarios {
        println!("{}", show::title(scenario));
        for played in play(&mut lab, scenario)? {
            calls += played.call.count;
            failures += usize::from(!played.problems.is_empty());
            print!("{}", show::call(&played));
            println!("  {}\n", if played.problems.is_empty() { "PASS" } else { "FAIL" });
        }
    }
    let seconds = started.elapsed().as_secs();

    println!("The records, rated:\n{}", lab.admin().records_table(&lab.paths().segments)?);
    let errors = lab.kamailio_errors();
    errors.iter().for_each(|line| println!("Kamailio: {line}"));
    lab.stop()?;
    println!(
        "{calls} calls in {seconds} s; {failures} not as planned; everything that was started has stopped."
    );
    Ok(failures == 0 && errors.is_empty())
}
