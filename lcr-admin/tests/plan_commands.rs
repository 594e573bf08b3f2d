//! The commands on plans, as a shell sees them: exit status, stdout, files.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/wholesale")
}

fn run(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lcr-admin"));
    command.env_remove("DATABASE_URL").args(args).output().unwrap()
}

/// The one JSON object that a command prints.
#[track_caller]
fn json(args: &[&str]) -> Value {
    let output = run(args);
    let stdout = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"))
}

fn example_str() -> String {
    example().to_str().unwrap().to_owned()
}

/// Decides calls, given as flags, by the example's plan.
#[track_caller]
fn simulate(args: &[&str]) -> Value {
    let plan = example_str();
    let head = ["--json", "simulate", "--plan", &plan, "--at", "2026-11-21T12:00:00Z"];
    json(&[&head[..], args].concat())
}

fn routes(answer: &Value) -> Vec<&str> {
    answer["routes"].as_array().unwrap().iter().map(|route| route["route"].as_str().unwrap()).collect()
}

fn dropped(answer: &Value) -> Vec<(&str, &str)> {
    let dropped = answer["dropped"].as_array().unwrap().iter();
    dropped.map(|one| (one["route"].as_str().unwrap(), one["reason"].as_str().unwrap())).collect()
}

const NEW_YORK: &str = "12125550142";

#[test]
fn the_example_routes_every_call_as_its_readme_says() {
    let acme = |dnis: &str| simulate(&["--source", "127.0.0.10", "--ani", NEW_YORK, "--dnis", dnis]);
    // The orders of the table "What a minute costs".
    assert_eq!(routes(&acme("13125550123")), ["north_std", "mesa_std", "atlas_world"]);
    assert_eq!(routes(&acme("12135550123")), ["mesa_std", "north_std", "atlas_world"]);
    assert_eq!(routes(&acme("13055550123")), ["mesa_std", "north_std", "atlas_world"]);
    assert_eq!(routes(&acme("14155550123")), ["north_econ", "mesa_std", "north_std", "atlas_world"]);
    assert_eq!(routes(&acme("13035550123")), ["north_std", "mesa_std", "atlas_world"]);
    assert_eq!(routes(&acme("442079460123")), ["atlas_world"]);
    for (dnis, reason) in [("447700900123", "margin_protected"), ("+5355501234", "over_rate_limit")] {
        let answer = acme(dnis);
        assert_eq!(
            (answer["decision"].as_str(), answer["reason"].as_str()),
            (Some("rejected"), Some(reason))
        );
        assert_eq!(answer["sip_code"], 503);
    }
}

#[test]
fn intrastate_and_local_calls_take_the_intrastate_price() {
    for (ani, jurisdiction) in [("17195550142", "intrastate"), ("17205550142", "local")] {
        let answer = simulate(&["--trunk", "acme_main", "--ani", ani, "--dnis", "13035550123"]);
        assert_eq!(answer["jurisdiction"], jurisdiction);
        assert_eq!(routes(&answer), ["mesa_std", "atlas_world", "north_std"]);
        assert_eq!(answer["routes"][0]["rate"], "0.005");
        assert_eq!(answer["routes"][0]["deck_version"], 2, "July's version lowered Denver");
    }
}

#[test]
fn an_answer_has_the_shape_of_the_contract() {
    let answer =
        simulate(&["--trunk", "acme_main", "--ani", NEW_YORK, "--dnis", "13035550123", "--call-id", "c1"]);
    let expected = serde_json::json!({
        "call_id": "c1", "decision": "routed", "trunk": "acme_main", "account": "acme", "partition": "wholesale",
        "jurisdiction": "interstate", "dnis_lrn": null, "ocn": "7002", "lata": "656", "state": "CO",
        "ani_state": "NY", "max_duration_sec": 3600,
        "dropped": [{"route": "north_econ", "reason": "no_rate"}],
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&answer[key], value, "{key}");
    }
    assert_eq!(
        answer["routes"][0],
        serde_json::json!({
            "route": "north_std", "provider": "north", "dialstring": "sip:13035550123@127.0.0.21:5060",
            "rate": "0.004", "customer_rate": "0.011", "margin": "0.007", "cost": "0.004", "price": "0.011",
            "profit": "0.007", "prefix": "1303555", "deck_version": 1, "dial_timeout_sec": 2,
        })
    );
}

#[test]
fn an_unknown_source_is_rejected_in_the_contract_s_words() {
    let answer = simulate(&["--source", "127.0.0.99", "--ani", NEW_YORK, "--dnis", "13125550123"]);
    let expected = serde_json::json!({
        "call_id": "simulate-1", "decision": "rejected", "reason": "unknown_trunk", "sip_code": 403,
        "retry_after_sec": null,
    });
    assert_eq!(answer, expected);
}

#[test]
fn full_limits_are_told_of() {
    let call = ["--ani", NEW_YORK, "--dnis", "14155550124"];
    let answer = simulate(&[&["--trunk", "acme_main", "--full", "route:north_econ"], &call[..]].concat());
    assert_eq!(routes(&answer), ["mesa_std", "north_std", "atlas_world"]);
    assert_eq!(dropped(&answer), [("north_econ", "target_concurrency_exceeded")]);
    let answer =
        simulate(&[&["--trunk", "acme_dialler", "--full", "trunk:acme_dialler"], &call[..]].concat());
    assert_eq!(answer["reason"], "cps_exceeded");
    assert_eq!(answer["retry_after_sec"], 1, "one call a second");
}

#[test]
fn r9_4_a_call_of_another_duration_is_priced_by_its_blocks() {
    // London, 31 s: 30/6 bills 36 s. Buy 0.008 × 36/60 = 0.0048, sell 0.02 × 36/60 = 0.012.
    let answer =
        simulate(&["--trunk", "acme_main", "--ani", NEW_YORK, "--dnis", "442079460123", "--duration", "31"]);
    let route = &answer["routes"][0];
    assert_eq!((route["cost"].as_str(), route["price"].as_str()), (Some("0.0048"), Some("0.012")));
    assert_eq!(route["profit"], "0.0072");
    // Cost-plus: Chicago, 0.0042 × 1.1 = 0.00462 a minute; 7 s bill 12 s: 0.000924.
    let answer =
        simulate(&["--trunk", "bolt_main", "--ani", NEW_YORK, "--dnis", "13125550123", "--duration", "7"]);
    let route = &answer["routes"][0];
    assert_eq!(
        (route["customer_rate"].as_str(), route["price"].as_str()),
        (Some("0.00462"), Some("0.000924"))
    );
}

#[test]
fn calls_come_from_a_file_too_and_all_its_bad_lines_are_named() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, r#"{{"dnis":"13125550123","call_id":"a"}}"#).unwrap();
    writeln!(file, r#"{{"dnis":"13035550123","ani":"17195550142","max_results":1}}"#).unwrap();
    let (plan, calls) = (example_str(), file.path().to_str().unwrap().to_owned());
    let args =
        ["--json", "simulate", "--plan", &plan, "--calls", &calls, "--trunk", "acme_main", "--ani", NEW_YORK];
    let output = run(&args);
    let lines: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((lines[0]["call_id"].as_str(), lines[0]["ani_state"].as_str()), (Some("a"), Some("NY")));
    assert_eq!((lines[1]["call_id"].as_str(), routes(&lines[1])), (Some("simulate-2"), vec!["mesa_std"]));
    assert!(dropped(&lines[1]).contains(&("atlas_world", "beyond_max_results")), "{}", lines[1]);

    writeln!(file, r#"{{"dnis":"1","dnsi":"2"}}"#).unwrap();
    writeln!(file, r#"{{"dnis":"1","max_results":9}}"#).unwrap();
    let output = run(&args);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.stdout.is_empty() && stderr.contains(":3:") && stderr.contains(":4: max_results"),
        "{stderr}"
    );
}

#[test]
fn every_bad_line_is_named_before_any_call_is_decided() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    for line in [
        r#"{"dnis":"13035550123"}"#,
        r#"{"ani":"17195550142"}"#,
        "",
        r#"{"dnis":"13035550123","trunk":"acme_mian"}"#,
        r#"{"dnis":"13035550123","dnis_lrn":"abc"}"#,
        r#"{"dnis":"13035550123","partition":"nowhere"}"#,
        r#"{"dnis":"13035550123","zone":"mars"}"#,
    ] {
        writeln!(file, "{line}").unwrap();
    }
    let (plan, calls) = (example_str(), file.path().to_str().unwrap().to_owned());
    let output = run(&["--json", "simulate", "--plan", &plan, "--calls", &calls, "--trunk", "acme_main"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let stderr = String::from_utf8(output.stderr).unwrap();
    for said in [
        ":2: dnis: expected the called number",
        ":4: no trunk `acme_mian`",
        ":5: --dnis-lrn \"abc\"",
        ":6: no partition `nowhere`",
        ":7: --zone \"mars\"",
        "5 bad lines",
    ] {
        assert!(stderr.contains(said), "{said} in {stderr}");
    }
}

#[test]
fn an_lrn_that_is_no_number_is_refused() {
    let plan = example_str();
    for flag in ["--dnis-lrn", "--ani-lrn"] {
        let call = ["simulate", "--plan", &plan, "--trunk", "acme_main", "--dnis", "13035550123"];
        let output = run(&[&call[..], &[flag, "abc"]].concat());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(output.stdout.is_empty() && stderr.contains(&format!("{flag} \"abc\"")), "{stderr}");
    }
}

#[test]
fn a_reader_that_is_gone_changes_no_exit_status() {
    let exit_status = |plan: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lcr-admin"));
        let (reader, writer) = std::io::pipe().unwrap();
        // Nobody reads: what `| head -c0` comes to.
        drop(reader);
        command.env_remove("DATABASE_URL").args(["plan", "check"]).arg(plan);
        let said = command.stdout(writer.try_clone().unwrap()).stderr(writer).status().unwrap();
        said.code()
    };
    assert_eq!(exit_status(&example()), Some(0));
    assert_eq!(exit_status(&example().join("nothing")), Some(1));
}

#[test]
fn an_answer_that_cannot_be_written_is_a_failure() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lcr-admin"));
    let output = command.args(["plan", "check"]).arg(example()).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("cannot be written to stdout"));
}

#[test]
fn what_cannot_be_done_is_refused_with_its_exit_status() {
    let plan = example_str();
    let simulate = ["simulate", "--plan", &plan, "--dnis", "13125550123"];
    for (more, status, told) in [
        (&["--trunk", "acme_main", "--ani-class", "MOBILE"][..], 1, "expected DOM, DOMTF or INTL"),
        (&["--trunk", "acme_mian"], 1, "no trunk `acme_mian`; there are: acme_dialler, acme_main, bolt_main"),
        (&[], 1, "give --trunk, --account, --source or --user"),
        (&["--trunk", "acme_main", "--zone", "mars"], 1, "expected one of interstate"),
        (&["--trunk", "acme_main", "--account", "acme"], 2, "cannot be used with"),
        (&["--trunk", "acme_main", "--max-results", "9"], 2, "9"),
    ] {
        let output = run(&[&simulate[..], more].concat());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{more:?}: {stderr}");
        assert!(stderr.contains(told), "{more:?}: {stderr}");
    }
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("x.snapshot");
    let output = run(&["publish", "--out", out.to_str().unwrap()]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("--database"), "{stderr}");
}

#[test]
fn a_published_snapshot_is_read_only_verifies_and_decides() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.snapshot");
    let (plan, path) = (example_str(), file.to_str().unwrap().to_owned());
    let at = ["--at", "2026-11-21T12:00:00Z"];
    let published = json(&[&["--json", "publish", "--plan", &plan, "--out", &path], &at[..]].concat());
    assert_eq!(published["counts"]["routes"], 4);
    assert_eq!(published["valid_from"], "2026-11-21T12:00:00Z");
    assert_eq!(published["valid_until"], Value::Null);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o440);
    assert_eq!(published["bytes"], fs::metadata(&file).unwrap().len());
    assert_eq!(json(&["--json", "snapshot", "info", &path])["content_id"], published["content_id"]);
    assert_eq!(json(&["--json", "snapshot", "verify", &path])["ok"], true);

    let call = ["--trunk", "acme_main", "--ani", NEW_YORK, "--dnis", "13125550123"];
    let from_file = json(&[&["--json", "simulate", "--snapshot", &path], &at[..], &call[..]].concat());
    assert_eq!(from_file, simulate(&call));

    // Publishing again, from the plan's canonical form, gives the same bytes.
    let canonical = dir.path().join("plan");
    lcr_admin::plan::write_dir(&lcr_admin::plan::read_dir(&example()).unwrap().plan, &canonical).unwrap();
    let second = dir.path().join("b.snapshot");
    let args = ["publish", "--plan", canonical.to_str().unwrap(), "--out", second.to_str().unwrap()];
    assert!(run(&[&args[..], &at[..]].concat()).status.success());
    assert_eq!(fs::read(&file).unwrap(), fs::read(&second).unwrap());

    // Of an instant that is still to come: a node would not wait for it.
    let warned = |at: &str| {
        let output = run(&[&args[..], &["--at", at]].concat());
        assert!(output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        (said.contains("decides by it at once"), said.contains("by what is over since"))
    };
    assert_eq!(warned("2026-01-01T00:00:00Z"), (false, false));
    assert_eq!(warned("2099-01-01T00:00:00Z"), (true, false));
    // Or of one whose prices are over: mesa's second version starts on 1 July 2024.
    assert_eq!(warned("2024-06-01T00:00:00Z"), (false, true));

    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = dir.path().join("damaged.snapshot");
    fs::write(&damaged, bytes).unwrap();
    let output = run(&["snapshot", "verify", damaged.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("checksum"), "the reason is told");
}

#[test]
fn a_deck_version_that_is_still_to_come_ends_the_snapshot() {
    // mesa's second version starts on 1 July 2024.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.snapshot");
    let args = ["--json", "publish", "--at", "2024-06-01T00:00:00Z", "--plan"];
    let published = json(&[&args[..], &[&example_str(), "--out", path.to_str().unwrap()]].concat());
    assert_eq!(published["valid_until"], "2024-07-01T00:00:00Z");
}

#[test]
fn plan_check_and_diff_answer_in_one_object() {
    let plan = example_str();
    let checked = json(&["--json", "plan", "check", &plan]);
    assert_eq!((&checked["ok"], &checked["counts"]["deck_rows"]), (&Value::Bool(true), &Value::from(28)));
    assert_eq!(json(&["--json", "plan", "diff", &plan, &plan])["same"], true);

    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("plan.toml"), "name = \"x\"\ncurrency = \"usd\"\n").unwrap();
    let output = run(&["--json", "plan", "check", dir.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let checked: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(checked["errors"][0]["file"], "plan.toml");
    assert_eq!(
        (&checked["errors"][0]["line"], &checked["errors"][0]["column"]),
        (&Value::from(2), &Value::from(12))
    );
}
