//! The explanation of `simulate`: every route of the plan, and why it is where it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rating_core::number::Digits;
use rating_core::plan::{Gateway, Route};
use serde_json::{Value, json};

/// The example without mesa in its partition, and with these overrides.
fn plan(directory: &Path, overrides: &str) -> PathBuf {
    let copy = directory.join("plan");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/wholesale");
    assert!(Command::new("cp").arg("-r").arg(example).arg(&copy).status().unwrap().success());
    let partitions = fs::read_to_string(copy.join("partitions.toml")).unwrap();
    let without = partitions.replace("[[partition.member]]\nroute = \"mesa_std\"\npriority = 3\n", "");
    assert_ne!(partitions, without);
    fs::write(copy.join("partitions.toml"), without).unwrap();
    fs::write(copy.join("overrides.toml"), overrides).unwrap();
    copy
}

/// What `simulate` prints of a call from New York to San Francisco.
fn simulate(plan: &Path, more: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lcr-admin"));
    command.args(["simulate", "--at", "2026-11-21T12:00:00Z", "--trunk", "acme_main", "--plan"]).arg(plan);
    command.args(["--ani", "12125550142", "--dnis", "14155550123"]).args(more);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn explanation(plan: &Path, more: &[&str]) -> Vec<Value> {
    let printed = simulate(plan, &[&["--json", "--explain"], more].concat());
    let answer: Value = serde_json::from_str(&printed).unwrap();
    answer["explanation"].as_array().unwrap().clone()
}

/// Interstate prices a minute of 1415555 (atlas: of `1`), sold by acme's deck at 0.011; all in blocks of 6 s.
#[test]
fn every_route_of_the_plan_says_why_it_is_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(dir.path(), "");
    let expected = json!([
        {
            "route": "north_std", "provider": "north", "place": 1, "legs": [1], "reason": null,
            "prefix": "1415555", "deck_version": 1, "rate": "0.0065", "customer_rate": "0.011",
            "margin": "0.0045", "cost": "0.0065", "price": "0.011", "profit": "0.0045",
        },
        {
            "route": "atlas_world", "provider": "atlas", "place": 2, "legs": [2], "reason": null,
            "prefix": "1", "deck_version": 1, "rate": "0.0085", "customer_rate": "0.011",
            "margin": "0.0025", "cost": "0.0085", "price": "0.011", "profit": "0.0025",
        },
        {
            "route": "north_econ", "provider": "north", "place": null, "reason": "target_concurrency_exceeded",
            "prefix": "1415555", "deck_version": 1, "rate": "0.002", "customer_rate": "0.011",
            "margin": "0.009", "cost": "0.002", "price": "0.011", "profit": "0.009",
        },
        {"route": "mesa_std", "provider": "mesa", "place": null, "reason": "not_in_partition"},
    ]);
    assert_eq!(Value::from(explanation(&plan, &["--full", "route:north_econ"])), expected);

    let table = simulate(&plan, &["--full", "route:north_econ"]);
    let row = |route: &str| -> Vec<&str> {
        let row = table.lines().find(|line| line.starts_with('│') && line.contains(route)).unwrap();
        row.split(['│', '┆']).map(str::trim).filter(|cell| !cell.is_empty()).collect()
    };
    let figures = ["0.0065", "0.011", "0.0045", "0.0065", "0.011", "0.0045"];
    assert_eq!(
        row("north_std"),
        [&["1", "north_std", "north", "leg 1", "1415555", "1"], &figures[..]].concat()
    );
    assert_eq!(row("mesa_std"), ["mesa_std", "mesa", "not in partition"]);
    assert!(table.contains("partition wholesale (least_cost)"), "{table}");
}

#[test]
fn r4_6_a_forced_route_is_told_and_so_are_those_that_it_replaces() {
    let dir = tempfile::tempdir().unwrap();
    let force = "[[override]]\nid = \"trial\"\nprefix = \"1415\"\nforced_route = \"mesa_std\"\n";
    let plan = plan(dir.path(), force);
    let told: Vec<_> = explanation(&plan, &[])
        .iter()
        .map(|one| (one["route"].clone(), one["forced"].clone(), one["reason"].clone(), one["rate"].clone()))
        .collect();
    let of = |route: &str, forced: Value, reason: Value, rate: Value| (json!(route), forced, reason, rate);
    let overridden = |route| of(route, Value::Null, json!("overridden"), Value::Null);
    let mesa = of("mesa_std", json!(true), Value::Null, json!("0.0048"));
    assert_eq!(told, [mesa, overridden("atlas_world"), overridden("north_econ"), overridden("north_std")]);
    let table = simulate(&plan, &[]);
    assert!(table.contains("leg 1, forced"), "{table}");
    assert!(table.contains("by override: route mesa_std is forced, no other is tried"), "{table}");
}

#[test]
fn r4_6_a_forced_member_a_rate_and_an_order_of_an_override_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(
        dir.path(),
        "[[override]]\nid = \"trial\"\nprefix = \"1415\"\nforced_route = \"north_std\"\nforced_mode = \"first\"\n\
         custom_rate_per_min = \"0.02\"\nbypass_lcr = true\n",
    );
    let told = explanation(&plan, &[]);
    let north = told.iter().find(|one| one["route"] == "north_std").unwrap();
    assert_eq!(north["forced"], json!(true));
    let table = simulate(&plan, &[]);
    let expected = "by override: route north_std is forced, the others follow; sold at 0.02 USD a minute; ordered by \
                    priority, not by cost";
    assert!(table.contains(expected) && table.contains("partition wholesale (priority)"), "{table}");
}

#[test]
fn another_duration_is_priced_as_it_is_billed() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(dir.path(), "");
    let explained = explanation(&plan, &["--duration", "31"]);
    let north = explained.iter().find(|one| one["route"] == "north_std").unwrap();
    // 31 s in blocks of 6 s are 36 s: 0.0065 × 36/60 = 0.0039; 0.011 × 36/60 = 0.0066.
    assert_eq!(
        (&north["cost"], &north["price"], &north["profit"]),
        (&json!("0.0039"), &json!("0.0066"), &json!("0.0027"))
    );
}

/// acme buys by its deck in EUR, at 0.011; north sells in EUR too, atlas in dollars. A euro is 1.1 USD.
#[test]
fn what_is_left_is_told_in_its_currency() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(dir.path(), "");
    let decks = fs::read_to_string(plan.join("decks.toml")).unwrap();
    let in_euros = ["north_std", "acme_sell"].iter().fold(decks, |decks, id| {
        let deck = format!("id = \"{id}\"\n");
        assert!(decks.contains(&deck), "{decks}");
        decks.replace(&deck, &format!("{deck}currency = \"EUR\"\n"))
    });
    fs::write(plan.join("decks.toml"), in_euros).unwrap();
    fs::write(plan.join("currency_rates.csv"), "currency,from,rate\nEUR,2020-01-01T00:00:00Z,1.1\n").unwrap();
    let figures = |table: &str, route: &str| -> Vec<String> {
        let row = table.lines().find(|line| line.starts_with('│') && line.contains(route)).unwrap();
        row.split(['│', '┆']).map(|cell| cell.trim().to_owned()).skip(7).take(6).collect()
    };
    let table = simulate(&plan, &[]);
    // 0.011 − 0.0065 = 0.0045, both in EUR; 0.011 EUR are 0.0121 USD, less 0.0085 0.0036.
    let euros = ["0.0065 EUR", "0.011 EUR", "0.0045 EUR", "0.0065 EUR", "0.011 EUR", "0.0045 EUR"];
    assert_eq!(figures(&table, "north_std"), euros, "{table}");
    let both = ["0.0085", "0.011 EUR", "0.0036", "0.0085", "0.011 EUR", "0.0036"];
    assert_eq!(figures(&table, "atlas_world"), both, "{table}");
    // An override's rate is in the currency of the row whose blocks it takes.
    let rate = "[[override]]\nid = \"trial\"\nprefix = \"1415\"\ncustom_rate_per_min = \"0.02\"\n";
    fs::write(plan.join("overrides.toml"), rate).unwrap();
    let table = simulate(&plan, &[]);
    assert!(table.contains("by override: sold at 0.02 EUR a minute"), "{table}");
}

/// The example with ten routes for emergencies, of one gateway each; that of the third is disabled.
fn emergency_snapshot(directory: &Path) -> PathBuf {
    let mut plan = lcr_admin::plan::read_dir(&plan(directory, "")).unwrap().plan;
    plan.settings.emergency_numbers = vec![Digits::new(b"911").unwrap()];
    for number in 1..=10 {
        let id = format!("help_{number:02}");
        let dial_string = "sip:${number}@127.0.0.23:5060".to_owned();
        plan.routes.push(Route { id: id.clone(), provider: "atlas".into(), ..Default::default() });
        plan.gateways.push(Gateway {
            id: format!("{id}_gw1"),
            route: id.clone(),
            dial_string,
            active: number != 3,
            ..Default::default()
        });
        plan.settings.emergency_routes.push(id);
    }
    let file = directory.join("snapshot");
    fs::write(&file, rating_core::snapshot::write::compile(&plan, 1_790_000_000).unwrap()).unwrap();
    file
}

/// What `simulate` prints of an emergency call by that plan.
fn simulate_emergency(directory: &Path, more: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lcr-admin"));
    command.args(["simulate", "--trunk", "acme_main", "--dnis", "911", "--snapshot"]);
    let output = command.arg(emergency_snapshot(directory)).args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn r2_2_an_emergency_call_is_told_a_week_whatever_the_plan_says() {
    let dir = tempfile::tempdir().unwrap();
    let answer: Value = serde_json::from_str(&simulate_emergency(dir.path(), &["--json"])).unwrap();
    // The plan's longest call is an hour.
    assert_eq!((&answer["decision"], &answer["max_duration_sec"]), (&json!("routed"), &json!(604_800)));
}

#[test]
fn r2_2_an_emergency_route_without_a_leg_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let answer: Value =
        serde_json::from_str(&simulate_emergency(dir.path(), &["--json", "--explain"])).unwrap();
    // Eight legs: the tenth route lies behind the ninth's, since the third has none.
    let untried = [("help_03", "no_gateway"), ("help_10", "beyond_max_results")];
    assert_eq!(
        answer["dropped"],
        json!(untried.map(|(route, reason)| json!({"route": route, "reason": reason})))
    );
    let told = answer["explanation"].as_array().unwrap();
    let told: Vec<_> =
        told.iter().map(|one| (one["route"].clone(), one["legs"].clone(), one["reason"].clone())).collect();
    let taken = ["01", "02", "04", "05", "06", "07", "08", "09"];
    let taken = (1..).zip(taken).map(|(leg, at)| (json!(format!("help_{at}")), json!([leg]), Value::Null));
    let untried = untried.map(|(route, reason)| (json!(route), Value::Null, json!(reason)));
    let others = ["atlas_world", "mesa_std", "north_econ", "north_std"];
    let others = others.map(|route| (json!(route), Value::Null, json!("not_in_partition")));
    assert_eq!(told, taken.chain(untried).chain(others).collect::<Vec<_>>());
}

#[test]
fn r2_2_the_table_tells_routes_that_are_not_for_emergencies_from_those_that_are_not_tried() {
    let dir = tempfile::tempdir().unwrap();
    let table = simulate_emergency(dir.path(), &[]);
    let row = |route: &str| table.lines().find(|line| line.contains(route)).unwrap();
    assert!(row("help_10").contains("beyond_max_results"), "{table}");
    assert!(row("mesa_std").contains("not for emergencies"), "{table}");
}

/// acme's own row for the US blocked, and cost-plus beside it, which a blocked row does not leave (9.6).
fn block_the_sell_row(plan: &Path) {
    for (file, old, new) in [
        (
            "accounts.toml",
            "min_margin = \"0\"",
            "cost_plus = { margin_percent = \"10\" }\nmin_margin = \"0\"",
        ),
        ("decks/acme_sell.csv", "USA,1,6,6,0.0110,Current", "USA,1,6,6,0.0110,Blocked"),
    ] {
        let before = fs::read_to_string(plan.join(file)).unwrap();
        let after = before.replacen(old, new, 1);
        assert_ne!(before, after, "{file}");
        fs::write(plan.join(file), after).unwrap();
    }
}

#[test]
fn r9_6_a_route_that_nothing_sells_has_a_cost_and_no_price() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(dir.path(), "");
    block_the_sell_row(&plan);
    let dropped = |route: &str, provider: &str, prefix: &str, rate: &str, cost: &str| {
        json!({
            "route": route, "provider": provider, "place": null, "reason": "no_sell_rate", "prefix": prefix,
            "deck_version": 1, "rate": rate, "cost": cost,
        })
    };
    let expected = |econ: &str, std: &str, world: &str| {
        json!([
            dropped("north_econ", "north", "1415555", "0.002", econ),
            dropped("north_std", "north", "1415555", "0.0065", std),
            dropped("atlas_world", "atlas", "1", "0.0085", world),
            {"route": "mesa_std", "provider": "mesa", "place": null, "reason": "not_in_partition"},
        ])
    };
    assert_eq!(Value::from(explanation(&plan, &[])), expected("0.002", "0.0065", "0.0085"));
    // One minute and a half.
    let longer = Value::from(explanation(&plan, &["--duration", "90"]));
    assert_eq!(longer, expected("0.003", "0.00975", "0.01275"));

    let table = simulate(&plan, &[]);
    let row = table.lines().find(|line| line.contains("atlas_world")).unwrap();
    let cells: Vec<_> = row.split(['│', '┆']).map(str::trim).collect();
    let figures = ["1", "1", "0.0085", "", "", "0.0085", "", ""];
    assert_eq!(cells[5..13], figures, "{table}");
}

#[test]
fn a_call_that_is_refused_before_its_routes_has_no_explanation() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan(dir.path(), "");
    let refused = ["--full", "account:acme"];
    assert_eq!(explanation(&plan, &refused), Vec::<Value>::new());
    let printed = simulate(&plan, &refused);
    assert!(printed.contains("rejected: ") && printed.contains("no route was looked at"), "{printed}");
}
