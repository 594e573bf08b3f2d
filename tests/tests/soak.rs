//! Very many calls in each language, with one in a hundred of each fault, a new plan every few seconds and Kamailio killed
//! in their midst: nothing leaks, nothing stays held, and each call has its record, as it should be.
//!
//! 20,000 calls here. `TANDEM_SOAK_CALLS`, `TANDEM_SOAK_RATE` (calls a second, all languages together),
//! `TANDEM_SOAK_KILLS` (of each language's Kamailio) make it another; `TANDEM_SOAK_SEED` repeats one; `TANDEM_LANGUAGE`
//! names one language.

use std::thread;

use tandem_tests::lab::binaries::Binaries;
use tandem_tests::lab::database::Server;
use tandem_tests::lab::language::Language;
use tandem_tests::soak::{Soak, run};

#[test]
fn many_calls_leave_nothing_behind_but_their_records() {
    let number = |variable: &str, default: u64| {
        std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
    };
    let small = |variable, default| u32::try_from(number(variable, default)).expect("a number of 32 bits");
    let wanted = std::env::var("TANDEM_LANGUAGE").unwrap_or_default();
    let languages: Vec<_> = Language::ALL.into_iter().filter(|one| one.name().contains(&wanted)).collect();
    let among = u32::try_from(languages.len()).expect("few languages");
    let soak = Soak {
        calls: small("TANDEM_SOAK_CALLS", 20_000) / among,
        rate: small("TANDEM_SOAK_RATE", 300) / among,
        kills: small("TANDEM_SOAK_KILLS", 1),
        seed: number("TANDEM_SOAK_SEED", u64::from(std::process::id())),
    };
    println!("{soak:?} in each of {languages:?}");
    let binaries = Binaries::build().expect("the programs build");
    let server = Server::start().expect("PostgreSQL starts");

    let problems: Vec<String> = thread::scope(|scope| {
        let start = |language| {
            (
                language,
                scope.spawn({
                    let (binaries, server) = (&binaries, &server);
                    move || run(binaries, server, language, soak)
                }),
            )
        };
        let labs: Vec<_> = languages.iter().copied().map(start).collect();
        let problem_of = |(language, lab): (Language, thread::ScopedJoinHandle<'_, anyhow::Result<()>>)| {
            let outcome = lab.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the lab panicked")));
            outcome.err().map(|error| format!("{}: {error:#}", language.name()))
        };
        labs.into_iter().filter_map(problem_of).collect()
    });
    assert!(problems.is_empty(), "seed {}: {}", soak.seed, problems.join("\n"));
}
