//! Every folder of `tests/scenarios`, played through one Kamailio with real calls.

use tandem_tests::lab::Lab;
use tandem_tests::lab::binaries::{Binaries, root};
use tandem_tests::play::play;
use tandem_tests::scenario;

#[test]
fn every_scenario_comes_out_as_its_folder_says() {
    let binaries = Binaries::build().expect("the programs build");
    let mut lab = Lab::start(&binaries, &root().join("examples/wholesale")).expect("the lab starts");
    let scenarios = scenario::all().expect("the scenarios are readable");
    assert!(scenarios.len() >= 10, "the folders of scenarios are found");

    let mut problems = Vec::new();
    for scenario in &scenarios {
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
    let stopped = lab.stop();
    assert!(problems.is_empty(), "not as planned:\n{}", problems.join("\n"));
    stopped.expect("Kamailio and the agent stop as asked");
}
