//! Every folder of `tests/scenarios`, played through one Kamailio with real calls.

use std::thread;

use tandem_tests::lab::Lab;
use tandem_tests::lab::binaries::{Binaries, root};
use tandem_tests::lab::language::Language;
use tandem_tests::play::play;
use tandem_tests::scenario::{self, Scenario};

#[test]
fn every_scenario_comes_out_as_its_folder_says() {
    let binaries = Binaries::build().expect("the programs build");
    let scenarios = scenario::all().expect("the scenarios are readable");
    assert!(scenarios.len() >= 10, "the folders of scenarios are found");
    let problems: Vec<String> = thread::scope(|scope| {
        let labs = Language::ALL.map(|language| {
            let (binaries, scenarios) = (&binaries, &scenarios);
            (language, scope.spawn(move || play_all(binaries, scenarios, language)))
        });
        let problems_of = |(language, lab): (Language, thread::ScopedJoinHandle<'_, Vec<String>>)| {
            let problems = lab.join().unwrap_or_else(|_| vec!["the lab panicked".to_owned()]);
            problems.into_iter().map(move |problem| format!("{}: {problem}", language.name()))
        };
        labs.into_iter().flat_map(problems_of).collect()
    });
    assert!(problems.is_empty(), "not as planned:\n{}", problems.join("\n"));
}

/// Plays all scenarios in one language; gives what is not as planned.
fn play_all(binaries: &Binaries, scenarios: &[Scenario], language: Language) -> Vec<String> {
    let mut lab = match Lab::start(binaries, &root().join("examples/wholesale"), language) {
        Ok(lab) => lab,
        Err(error) => return vec![format!("{error:#}")],
    };
    let mut problems = Vec::new();
    for scenario in scenarios {
        match play(&mut lab, scenario) {
            Ok(calls) => {
                let of_calls = calls.iter().enumerate().flat_map(|(nth, call)| {
                    call.problems.iter().map(move |problem| format!("call {}: {problem}", nth + 1))
                });
                problems.extend(of_calls.map(|problem| format!("{}: {problem}", scenario.name)));
            }
            Err(error) => problems.push(format!("{}: {error:#}", scenario.name)),
        }
    }
    if let Err(error) = lab.wait_until_nothing_is_held() {
        problems.push(format!("{error:#}"));
    }
    problems.extend(lab.kamailio_errors().into_iter().map(|line| format!("Kamailio: {line}")));
    if let Err(error) = lab.stop() {
        problems.push(format!("{error:#}"));
    }
    problems
}
