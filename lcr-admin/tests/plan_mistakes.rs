//! Every mistake in a plan directory is named by file, line and column, all in one pass.

#[path = "common/small_plan.rs"]
mod small_plan;

use std::fs;
use std::path::Path;

use lcr_admin::plan::read_dir;
use small_plan::{GOOD, told, with};
use tempfile::TempDir;

fn good_dir() -> TempDir {
    with(&[])
}

#[track_caller]
fn assert_told(name: &str, text: &str, expected: &[&str]) {
    let dir = with(&[(name, text)]);
    assert_eq!(told(dir.path()), expected, "{text}");
}

#[test]
fn a_plan_without_mistakes_is_read_without_a_word() {
    assert_eq!(told(good_dir().path()), [""; 0]);
}

#[test]
fn mistakes_of_all_files_are_named_in_one_pass() {
    let dir = good_dir();
    let put = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    put("plan.toml", "name = \"x\"\ncurrency = \"usd\"\nmax_duration_sec = 0\n");
    put("trunks.toml", "[[trunk]]\nid = \"a b\"\naccount = \"acm\"\nsources = [\"192.0.2.1/24\"]\n");
    put("decks/north.csv", "destination,prefix,rate_inter,rate_intra,billing\nDenver,1303555,x,0.0090,6/6\n");
    put("numbering.csv", "npa,nxx,block,country,state,lata,ocn,rate_center\n303,55,,US,CO,656,7002,DENVER\n");
    let told = told(dir.path());
    let places: Vec<_> = told.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "decks/north.csv:2:16",
            "numbering.csv:2:5",
            "plan.toml:2:12",
            "plan.toml:3:20",
            "trunks.toml:2:6",
            "trunks.toml:3:11",
            "trunks.toml:4:12",
        ],
        "{told:#?}"
    );
}

#[test]
fn settings_out_of_range() {
    assert_told(
        "plan.toml",
        "currency = \"USD\"\nreference_duration_sec = 86401\ndial_timeout_sec = \"20\"\ndefault_partition = \"al\"\n\
         use_ani_lrn = 1\nmax_duraton_sec = 5\n",
        &[
            "plan.toml:1:1: plan.toml without `name`; expected the plan's name",
            "plan.toml:2:26: `reference_duration_sec` is 86401; expected a whole number from 1 to 86400",
            "plan.toml:3:20: `dial_timeout_sec` is a string \"20\"; expected a whole number from 1 to 300",
            "plan.toml:4:21: no partition `al`; expected a partition of this plan: all",
            "plan.toml:5:15: `use_ani_lrn` is an integer 1; expected true or false",
            "plan.toml:6:1: unknown key `max_duraton_sec` in plan.toml; expected `max_duration_sec`",
        ],
    );
}

#[test]
fn broken_toml_is_named_where_it_breaks() {
    let dir = with(&[("plan.toml", "name = \"x\"\ncurrency = USD\n")]);
    let told = told(dir.path());
    assert!(told[0].starts_with("plan.toml:2:12: "), "{told:?}");
}

#[test]
fn s1_an_amount_without_quotes_is_refused_with_advice() {
    assert_told(
        "partitions.toml",
        "[[partition]]\nid = \"all\"\nrate_limit_per_min = 0.0045\nmember = [{ route = \"north_std\" }]\n",
        &[
            "partitions.toml:3:22: `rate_limit_per_min` is the bare number 0.0045; amounts are exact and written in \
           quotes; expected rate_limit_per_min = \"0.0045\"",
        ],
    );
    assert_told(
        "partitions.toml",
        "[[partition]]\nid = \"all\"\nrate_limit_per_min = \"0.00000000001\"\nmember = [{ route = \"north_std\" }]\n",
        &[
            "partitions.toml:3:22: `rate_limit_per_min` is \"0.00000000001\": more than 9 decimals; expected a decimal of \
           at most 9 decimals, such as \"0.0045\"",
        ],
    );
}

#[test]
fn partitions_need_members_that_are_routes() {
    assert_told(
        "partitions.toml",
        "[[partition]]\nid = \"all\"\nmax_results = 9\n",
        &[
            "partitions.toml:1:1: partition without `member`; expected at least one route, [[partition.member]]",
            "partitions.toml:3:15: `max_results` is 9; expected a whole number from 1 to 8",
        ],
    );
    assert_told(
        "partitions.toml",
        "[[partition]]\nid = \"all\"\nstrategy = \"cheapest\"\n[[partition.member]]\nroute = \"north_st\"\n\
         [[partition.member]]\nroute = \"north_std\"\n[[partition.member]]\nroute = \"north_std\"\n",
        &[
            "partitions.toml:3:12: `strategy` is \"cheapest\"; expected one of least_cost, priority, primary, \
             round_robin, weighted, quality, highest_margin",
            "partitions.toml:5:9: no route `north_st`; expected a route of this plan: north_std",
            "partitions.toml:9:9: route `north_std` is already a member; expected each route once",
        ],
    );
}

#[test]
fn limits_are_positive_and_cps_are_thousandths() {
    let trunk = |limits: &str| {
        format!(
            "[[trunk]]\nid = \"t\"\naccount = \"acme\"\nsources = [\"192.0.2.0/24\"]\nlimits = {{ {limits} }}\n"
        )
    };
    let cps = "calls per second from 0.001 to 1000000, in steps of 0.001";
    for (limits, found) in [
        ("cps = 0", "`cps` is 0"),
        ("cps = -1", "`cps` is -1"),
        ("cps = 0.0005", "`cps` is 0.0005"),
        ("cps = \"ten\"", "`cps` is ten"),
        ("cps = 1e3", "`cps` is 1e3"),
    ] {
        assert_told("trunks.toml", &trunk(limits), &[&format!("trunks.toml:5:18: {found}; expected {cps}")]);
    }
    assert_told(
        "trunks.toml",
        &trunk("cps_burst = 3"),
        &["trunks.toml:5:24: `cps_burst` without `cps`; expected both, or neither"],
    );
    assert_told(
        "trunks.toml",
        &trunk("concurrent_calls_max = -1"),
        &["trunks.toml:5:35: `concurrent_calls_max` is -1; expected a whole number from 0 to 4294967295"],
    );
    assert_told("trunks.toml", &trunk("concurrent_calls_max = 0"), &[]);
    let dir = with(&[("trunks.toml", &trunk("cps = 0.5, cps_burst = 2"))]);
    let limits = read_dir(dir.path()).unwrap().plan.trunks[0].limits.clone();
    assert_eq!((limits.cps_milli, limits.cps_burst), (Some(500), Some(2)));
}

#[test]
fn ids_are_defined_once() {
    let twice = "[[trunk]]\nid = \"t\"\naccount = \"acme\"\n\n[[trunk]]\nid = \"t\"\naccount = \"acme\"\n";
    assert_told(
        "trunks.toml",
        twice,
        &["trunks.toml:6:6: trunk `t` is already defined at trunks.toml:2:6; expected an id of its own"],
    );
}

#[test]
fn r2_1_a_source_of_two_trunks_is_a_warning() {
    let shared = "[[trunk]]\nid = \"b\"\naccount = \"acme\"\nsources = [\"192.0.2.0/24\"]\n\n[[trunk]]\nid = \"a\"\n\
                  account = \"acme\"\nsources = [\"192.0.2.0/24\", \"192.0.2.0/25\"]\n";
    assert_told(
        "trunks.toml",
        shared,
        &[
            "warning trunks.toml:2:6: trunk `b` has source 192.0.2.0/24 in common with trunk `a`, which takes its \
           calls: the lower id",
        ],
    );
}

#[test]
fn what_nobody_uses_and_what_cannot_work_is_a_warning() {
    assert_told(
        "providers.toml",
        "[[provider]]\nid = \"north\"\nkind = \"lrn\"\n\n[[provider.route]]\nid = \"north_std\"\n",
        &[
            "warning decks.toml:2:6: no route and no account uses deck `north`",
            "warning providers.toml:5:1: route `north_std` has no gateway: its calls are dropped, no_gateway",
        ],
    );
    assert_told(
        "accounts.toml",
        "[[account]]\nid = \"acme\"\n",
        &[
            "warning accounts.toml:2:6: account `acme` has neither sell_deck nor cost_plus: its calls are refused, \
             no_sell_rate",
            "warning partitions.toml:2:6: no trunk, no account and no default uses partition `all`",
            "warning trunks.toml:2:6: calls of trunk `acme_main` have no partition: they are refused, no_partition",
        ],
    );
    let dir = good_dir();
    fs::write(dir.path().join("decks/old.csv"), "prefix,rate\n").unwrap();
    assert_eq!(told(dir.path()), ["warning decks/old.csv: no version in decks.toml names this file"]);
}

#[test]
fn a_misspelt_file_is_not_passed_over() {
    let dir = good_dir();
    fs::rename(dir.path().join("trunks.toml"), dir.path().join("trunk.toml")).unwrap();
    let told = told(dir.path());
    assert!(told[0].starts_with("trunk.toml: no file of a plan has this name; expected one of"), "{told:?}");
}

#[test]
fn deck_versions_have_numbers_starts_scopes_and_files() {
    assert_told(
        "decks.toml",
        "[[deck]]\nid = \"north\"\n[[deck.version]]\nnumber = 1\neffective_from = 2024-01-01\nscope = \"contry\"\n\
         file = \"../north.csv\"\n[[deck.version]]\nnumber = 1\neffective_from = \"2024-01-01T00:00:00Z\"\n\
         scope = \"full\"\nfile = \"decks/none.csv\"\n",
        &[
            "decks.toml:5:18: `effective_from` is 2024-01-01; expected an instant with its zone and whole seconds, such \
             as 2026-01-01T00:00:00Z",
            "decks.toml:6:9: `scope` is \"contry\"; expected one of full, country, partial",
            "decks.toml:7:8: file \"../north.csv\"; expected a path below the plan directory, without `..`",
            "decks.toml:9:10: version 1 is already defined at decks.toml:4:10; expected a number of its own",
            "decks.toml:12:8: price list \"decks/none.csv\" cannot be read: No such file or directory (os error 2); \
             expected a file below the plan directory",
        ],
    );
}

#[test]
fn numbering_rows_are_named_by_cell() {
    let header = "npa,nxx,block,country,state,lata,ocn,rate_center\n";
    assert_told(
        "numbering.csv",
        &format!(
            "{header}303,555,,US,CO,656,7002,\"DEN,VER\"\n103,555,x,us,Co,123456,abc,\n303,555,,US,CO,656,7003,DENVER\n\
             303,555,1,US\n"
        ),
        &[
            "numbering.csv:3:1: npa is \"103\"; expected an area code, 200 to 999",
            "numbering.csv:3:9: block is \"x\"; expected a digit, or nothing for all ten",
            "numbering.csv:3:11: country is \"us\"; expected a country, two capitals (ISO 3166)",
            "numbering.csv:3:14: state is \"Co\"; expected two capitals, or nothing",
            "numbering.csv:3:17: lata is \"123456\"; expected a LATA of at most 5 digits, or nothing",
            "numbering.csv:3:24: ocn is \"abc\"; expected 4 digits or capitals, or nothing",
            "numbering.csv:4:1: block 303555 is already at numbering.csv:2:1, and differs; expected each block once",
            "numbering.csv:5:1: 4 cells; expected 8",
        ],
    );
    assert_told(
        "local_calling.csv",
        "state,rate_center\nCO,DENVER\n",
        &[
            "local_calling.csv:1:1: header state,rate_center; expected state_a,rate_center_a,state_b,rate_center_b",
        ],
    );
}

#[test]
fn providers_are_of_a_kind_and_gateways_have_dial_strings() {
    assert_told(
        "providers.toml",
        "[[provider]]\nid = \"north\"\n\n[[provider.route]]\nid = \"north_std\"\ndeck = \"nort\"\nquality = 1.5\n\n\
         [[provider.route.gateway]]\nid = \"gw1\"\ndial_string = \"sip:gw1.example\"\n",
        &[
            "providers.toml:1:1: provider without `kind`; expected what its price lists are keyed by: lrn, dnis, \
             international, ocn_lata, customer_trunk or rate_deck",
            "providers.toml:6:8: no deck `nort`; expected a deck of this plan: north",
            "providers.toml:7:11: `quality` is a float 1.5; expected a whole number from -2147483648 to 2147483647",
            "providers.toml:11:15: dial string \"sip:gw1.example\"; expected a SIP URI such as \
             sip:+${number}@gw1.example.com:5060",
        ],
    );
}

#[test]
fn a_rate_centre_without_numbers_is_a_warning() {
    assert_told(
        "local_calling.csv",
        "state_a,rate_center_a,state_b,rate_center_b\nCO,DENVER,CO,DENVER\n",
        &["warning local_calling.csv: rate centre CO DENVER is not in numbering.csv"],
    );
}

#[test]
fn the_minimal_plan_of_the_documentation_is_one() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/PLAN_FORMAT.md");
    let page = fs::read_to_string(page).unwrap();
    let section = page.split("## A minimal plan").nth(1).unwrap().split("\n## ").next().unwrap();
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("decks")).unwrap();
    let mut files = 0;
    let mut name = "";
    for line in section.lines() {
        match line.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
            Some(file) if !line.starts_with("```") => name = file,
            _ => {}
        }
        if line.starts_with("```") && !name.is_empty() {
            let text = section.split(&format!("`{name}`\n{line}\n")).nth(1).unwrap();
            fs::write(dir.path().join(name), text.split("```").next().unwrap()).unwrap();
            (name, files) = ("", files + 1);
        }
    }
    assert_eq!(files, 7);
    assert_eq!(told(dir.path()), [""; 0]);
}

#[test]
fn a_directory_without_plan_toml_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let told = told(dir.path());
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("no plan.toml in it"), "{told:?}");
}

#[test]
fn an_undated_row_repeats_one_dated_at_the_start_of_its_version() {
    const HEADER: &str = "prefix,rate,Start Date\n";
    let list = |rows: &str| format!("{HEADER}{rows}");
    // The version of decks.toml starts on 2024-01-01.
    let said = |rows: &str| told(with(&[("decks/north.csv", &list(rows))]).path()).join("\n");
    let twice = said("44,0.01,\n45,0.02,\n44,0.03,2024-01-01T00:00:00Z\n");
    assert!(twice.contains("decks/north.csv:4:") && twice.contains("line 2"), "{twice}");
    let folded = said("44,0.01,\n44,0.01,2024-01-01T00:00:00Z\n");
    assert!(folded.contains("warning decks/north.csv:3: the same as line 2: folded"), "{folded}");
    let later = said("44,0.01,\n44,0.03,2024-01-01T00:00:01Z\n");
    assert!(!later.contains("line 2"), "{later}");
}

#[test]
fn what_the_database_has_no_place_for_is_a_mistake() {
    let version = |number: &str| GOOD[5].1.replace("number = 1", &format!("number = {number}"));
    let said = |name: &str, text: &str| told(with(&[(name, text)]).path()).join("\n");
    let beyond = said("decks.toml", &version("2147483648"));
    assert!(beyond.contains("decks.toml:5:10: `number` is 2147483648"), "{beyond}");
    assert!(beyond.contains("1 to 2147483647"), "{beyond}");
    assert_eq!(said("decks.toml", &version("2147483647")), "");

    let name = said("plan.toml", "name = \"sm\\u0000all\"\ncurrency = \"USD\"\n");
    assert!(name.contains("plan.toml:1:8: `name` is \"sm\\0all\""), "{name}");
    assert!(name.contains("without control characters"), "{name}");
    let list = GOOD[2].1.replace("192.0.2.0/24", "192.0.2.0\\u0007/24");
    let list = said("trunks.toml", &list);
    assert!(list.contains("without control characters"), "{list}");
    let header = "npa,nxx,block,country,state,lata,ocn,rate_center\n";
    let center = said("numbering.csv", &format!("{header}212,555,,US,NY,132,6529,NEW\u{0}YORK\n"));
    assert!(center.contains("numbering.csv:2:") && center.contains("a rate centre"), "{center}");
}
