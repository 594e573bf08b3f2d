//! Every folder of `tests/scenarios`, played with real calls through Kamailio in each language.
//!
//! Each language has labs of its own, side by side, which share the scenarios. For one who works on a few of them,
//! `TANDEM_LANGUAGE` names one language, `TANDEM_SCENARIOS` a part of the names of the scenarios to play.

use std::thread;

use tandem_tests::lab::Lab;
use tandem_tests::lab::binaries::Binaries;
use tandem_tests::lab::database::{Database, Server};
use tandem_tests::lab::language::Language;
use tandem_tests::play::play;
use tandem_tests::scenario::{self, Scenario};

/// Labs of one language that share the scenarios of one plan.
const LABS: usize = 2;

#[test]
fn every_scenario_comes_out_as_its_folder_says() {
    let binaries = Binaries::build().expect("the programs build");
    let database = Server::start().expect("PostgreSQL starts");
    let mut scenarios = scenario::all().expect("the scenarios are readable");
    assert!(scenarios.len() >= 60, "the folders of scenarios are found");
    let wanted = |variable: &str| std::env::var(variable).unwrap_or_default();
    scenarios.retain(|scenario| scenario.name.contains(&wanted("TANDEM_SCENARIOS")));
    let languages = Language::ALL.into_iter().filter(|one| one.name().contains(&wanted("TANDEM_LANGUAGE")));

    let shares = shares(&scenarios);
    let problems: Vec<String> = thread::scope(|scope| {
        let mut labs = Vec::new();
        for language in languages {
            for share in &shares {
                let (binaries, database) = (&binaries, &database);
                labs.push((language, scope.spawn(move || play_all(binaries, share, language, database))));
            }
        }
        let problems_of = |(language, lab): (Language, thread::ScopedJoinHandle<'_, Vec<String>>)| {
            let problems = lab.join().unwrap_or_else(|_| vec!["the lab panicked".to_owned()]);
            problems.into_iter().map(move |problem| format!("{}: {problem}", language.name()))
        };
        labs.into_iter().flat_map(problems_of).collect()
    });
    assert!(problems.is_empty(), "not as planned:\n{}", problems.join("\n"));
}

/// What each lab plays: scenarios of one plan, in their order.
fn shares(scenarios: &[Scenario]) -> Vec<Vec<&Scenario>> {
    let mut plans: Vec<&Option<String>> = scenarios.iter().map(|scenario| &scenario.plan).collect();
    plans.sort();
    plans.dedup();
    let share = |plan: &Option<String>, nth: usize| {
        let of_plan = scenarios.iter().filter(|scenario| scenario.plan == *plan);
        of_plan.skip(nth).step_by(LABS).collect::<Vec<_>>()
    };
    let shares = plans.into_iter().flat_map(|plan| (0..LABS).map(move |nth| share(plan, nth)));
    shares.filter(|share| !share.is_empty()).collect()
}

/// Plays scenarios of one plan in one language; gives what is not as planned.
fn play_all(
    binaries: &Binaries,
    scenarios: &[&Scenario],
    language: Language,
    database: &Server,
) -> Vec<String> {
    let database = Database { server: database, keeps_dialogs: true };
    let mut lab = match Lab::start(binaries, &scenarios[0].plan_directory(), language, Some(database)) {
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
