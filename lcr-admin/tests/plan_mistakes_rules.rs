//! Mistakes in what people decide by hand, and in lists, schedules and price lists: named by file, line and column.

#[path = "common/small_plan.rs"]
mod small_plan;

use std::fs;
use std::path::Path;

use lcr_admin::plan::read_dir;
use rating_core::number::Digits;
use rating_core::plan::{BlockedPrefix, Countries, RecurringWindow};
use small_plan::{told, with};

#[track_caller]
fn assert_told(name: &str, text: &str, expected: &[&str]) {
    assert_eq!(told(with(&[(name, text)]).path()), expected, "{text}");
}

#[test]
fn r2_9_schedules_have_zones_days_and_times() {
    let partition = |schedule: &str| {
        format!(
            "[[partition]]\nid = \"all\"\nmember = [{{ route = \"north_std\" }}]\nschedule = {schedule}\n"
        )
    };
    let good = "{ time_zone = \"America/New_York\", windows = [{ days = [\"mon\", \"fri\"], from = \"08:00\", \
                until = \"18:00\" }, { month_days = [1, 31], months = [12], from = \"22:00:30\" }] }";
    let dir = with(&[("partitions.toml", &partition(good))]);
    let schedule = read_dir(dir.path()).unwrap().plan.partitions[0].schedule.clone().unwrap();
    assert_eq!(schedule.time_zone, "America/New_York");
    let always = RecurringWindow::ALWAYS;
    let weekly = RecurringWindow { days: 0b001_0001, from_sec: 28_800, until_sec: 64_800, ..always };
    let month_days = 1 | 1 << 30;
    let yearly =
        RecurringWindow { month_days, months: 1 << 11, from_sec: 79_230, until_sec: 86_400, ..always };
    assert_eq!(schedule.windows, [weekly, yearly]);
    let days = "days, such as [\"mon\", \"tue\"]: mon, tue, wed, thu, fri, sat, sun";
    let time = "a time of day in quotes, such as \"08:00\" or \"08:00:30\"; `until` up to \"24:00\"";
    for (schedule, expected) in [
        (
            "{ windows = [] }",
            "warning partitions.toml:4:12: `schedule` without a window never holds".to_owned(),
        ),
        (
            "{ time_zone = \"New York\", windows = [{}] }",
            "partitions.toml:4:26: time zone \"New York\"; expected an IANA name such as America/New_York"
                .to_owned(),
        ),
        (
            "{ time_zone = \"europe/rome\", windows = [{}] }",
            "partitions.toml:4:26: time zone \"europe/rome\"; expected Europe/Rome".to_owned(),
        ),
        (
            "{ windows = [{ days = [\"monday\"] }] }",
            format!("partitions.toml:4:35: \"monday\" in `days`; expected {days}"),
        ),
        (
            "{ windows = [{ days = [] }] }",
            "partitions.toml:4:34: `days` is empty; expected at least one, or no such key for all".to_owned(),
        ),
        (
            "{ windows = [{ months = [13] }] }",
            "partitions.toml:4:37: 13 in `months`; expected whole numbers from 1 to 12, [1, 2]".to_owned(),
        ),
        (
            "{ windows = [{ from = \"24:00\" }] }",
            format!("partitions.toml:4:34: `from` is \"24:00\"; expected {time}"),
        ),
        (
            "{ windows = [{ until = \"6 pm\" }] }",
            format!("partitions.toml:4:35: `until` is \"6 pm\"; expected {time}"),
        ),
    ] {
        assert_told("partitions.toml", &partition(schedule), &[&expected]);
    }
}

#[test]
fn r4_6_an_override_has_an_effect_and_matches_what_there_is() {
    assert_told(
        "overrides.toml",
        "[[override]]\nid = \"a\"\nprefix = \"12x\"\nforced_mode = \"first\"\n\n[[override]]\nid = \"b\"\n\
         account = \"acm\"\nforced_route = \"north_st\"\nvalid_from = 2026-02-01T00:00:00Z\n\
         valid_until = 2026-02-01T00:00:00Z\n",
        &[
            "overrides.toml:1:1: override `a` changes nothing; expected forced_route, custom_rate_per_min or \
             bypass_lcr = true",
            "overrides.toml:3:10: `prefix` is \"12x\"; expected 1 to 15 digits of E.164, or a short code",
            "overrides.toml:4:15: `forced_mode` without `forced_route`; expected both, or neither",
            "overrides.toml:8:11: no account `acm`; expected an account of this plan: acme",
            "overrides.toml:9:16: no route `north_st`; expected a route of this plan: north_std",
            "overrides.toml:11:15: `valid_until` is not after `valid_from`; expected an end after the start",
        ],
    );
    let good = "[[override]]\nid = \"info\"\nprefix = \"0411\"\nforced_route = \"north_std\"\n";
    let plan = read_dir(with(&[("overrides.toml", good)]).path()).unwrap().plan;
    assert_eq!(plan.overrides[0].prefix, Digits::new(b"0411"), "a short code may begin with 0");
}

#[test]
fn r2_6_an_exclusion_says_what_it_excludes() {
    assert_told(
        "exclusions.toml",
        "[[exclusion]]\nid = \"a\"\naccount = \"acme\"\n\n[[exclusion]]\nid = \"b\"\nprefixes = [\"+53\", \"053\"]\n\n\
         [[exclusion]]\nid = \"b\"\nprovider = \"south\"\n",
        &[
            "exclusions.toml:1:1: exclusion `a` has neither a provider nor prefixes; expected provider, prefixes, or both",
            "exclusions.toml:7:20: \"053\" in `prefixes`; expected 1 to 15 digits of E.164, not from 0, with or without +",
            "exclusions.toml:10:6: exclusion `b` is already defined at exclusions.toml:6:6; expected an id of its own",
            "exclusions.toml:11:12: no provider `south`; expected a provider of this plan: north",
        ],
    );
}

#[test]
fn r2_6_blocked_prefixes_stand_in_the_plan_or_in_a_file() {
    let account = |keys: &str| {
        format!("[[account]]\nid = \"acme\"\ncost_plus = {{}}\npartitions = [\"all\"]\n{keys}\n")
    };
    let keys = "blocked_dnis = { file = \"lists/blocked.csv\" }\ncountries_except = [\"CU\"]";
    let dir = with(&[
        ("accounts.toml", &account(keys)),
        ("lists/blocked.csv", "prefix\n900\n976\n+976\n53\n53\n"),
        ("lists/old.csv", "prefix\n"),
    ]);
    assert_eq!(
        told(dir.path()),
        [
            "warning lists/blocked.csv:6:1: \"53\" is in `blocked_dnis` already",
            "warning lists/old.csv: nothing names this list",
        ]
    );
    let screening = read_dir(dir.path()).unwrap().plan.accounts[0].screening.clone();
    let prefix = |text: &str| BlockedPrefix::Prefix(Digits::new(text.as_bytes()).unwrap());
    let blocked = [prefix("1900"), prefix("53"), prefix("976"), BlockedPrefix::AnyNpa976];
    assert_eq!(screening.blocked_dnis, blocked);
    assert_eq!(screening.countries, Countries::AllBut(vec!["CU".to_owned()]));

    fs::write(dir.path().join("lists/blocked.csv"), "prefix\n9x\n").unwrap();
    let told = told(dir.path());
    assert!(told[0].starts_with("lists/blocked.csv:2:1: \"9x\" in `blocked_dnis`"), "{told:?}");
    let wrong = "countries = [\"usa\"]\ncountries_except = []\nblocked_ani = { file = \"lists/none.csv\" }\n\
                 destination_classes = [\"local\"]\ntraffic = \"robots\"";
    assert_told(
        "accounts.toml",
        &account(wrong),
        &[
            "accounts.toml:5:14: country \"usa\"; expected a country, two capitals (ISO 3166)",
            "accounts.toml:6:20: `countries_except` beside `countries`; expected one of them",
            "accounts.toml:7:24: list \"lists/none.csv\" is not there; expected a CSV file below the plan directory",
            "accounts.toml:8:24: \"local\" in `destination_classes`; expected one of domestic, international, \
             toll_free, premium",
            "accounts.toml:9:11: `traffic` is \"robots\"; expected one of enhanced, non_enhanced, dialler",
        ],
    );
}

#[test]
fn r2_6_a_country_without_numbers_is_a_warning() {
    let account =
        "[[account]]\nid = \"acme\"\ncost_plus = {}\npartitions = [\"all\"]\ncountries = [\"UK\", \"GB\"]\n";
    let told =
        "no number is of country UK: a shared country code belongs to its main country (1 US, 7 RU, 44 GB)";
    assert_told("accounts.toml", account, &[&format!("warning accounts.toml:5:14: {told}")]);
}

#[test]
fn r2_1_r2_4_trunks_have_prefixes_users_and_dialling_rules() {
    let trunk = "[[trunk]]\nid = \"t\"\naccount = \"acme\"\n";
    assert_told(
        "trunks.toml",
        &format!(
            "{trunk}tech_prefix = \"9+\"\nuser = \" bob\"\nprovider = \"south\"\n\
             dial_rules = [{{ prefix = \"9*\", len = 3, strip = 4, add = \"13o3\" }}]\n"
        ),
        &[
            "trunks.toml:4:15: `tech_prefix` is \"9+\"; expected 1 to 15 of 0-9 * #",
            "trunks.toml:5:8: `user` is \" bob\"; expected a digest user, 1 to 255 bytes without blanks at its ends",
            "trunks.toml:6:12: no provider `south`; expected a provider of this plan: north",
            "trunks.toml:7:26: `prefix` is \"9*\"; expected digits, or + and digits, at most 18 characters",
            "trunks.toml:7:49: `strip` is 4; expected at most `len`, 3",
            "trunks.toml:7:58: `add` is \"13o3\"; expected at most 15 digits",
        ],
    );
    // What a snapshot has no room for is told before it is compiled.
    let rule = |prefix: &str| format!("{trunk}dial_rules = [{{ prefix = \"{prefix}\" }}]\n");
    assert_told("trunks.toml", &rule("+12345678901234567"), &[]);
    assert_told(
        "trunks.toml",
        &rule("+123456789012345678"),
        &[
            "trunks.toml:4:26: `prefix` is \"+123456789012345678\"; expected digits, or + and digits, at most 18 \
           characters",
        ],
    );
    // One source is no conflict where tech prefixes tell the trunks apart.
    let two = |tech_prefix: &str| {
        let source = "sources = [\"192.0.2.0/24\"]\nuser = \"bob\"\n";
        format!("{trunk}{source}\n[[trunk]]\nid = \"u\"\naccount = \"acme\"\n{source}{tech_prefix}")
    };
    assert_told("trunks.toml", &two("tech_prefix = \"9#\"\n"), &[]);
    let taken = "in common with trunk `t`, which takes its calls: the lower id";
    assert_told(
        "trunks.toml",
        &two(""),
        &[
            &format!("warning trunks.toml:8:6: trunk `u` has source 192.0.2.0/24 {taken}"),
            &format!("warning trunks.toml:8:6: trunk `u` has user \"bob\" {taken}"),
        ],
    );
}

#[test]
fn r6_1_volumes_and_wallets() {
    let account = "[[account]]\nid = \"acme\"\ncost_plus = {}\npartitions = [\"all\"]\n";
    assert_told(
        "accounts.toml",
        &format!(
            "{account}limits = {{ volumes = [{{ period = \"day\", calls_max = 1 }}, {{ period = \"day\", calls_max = 2 }}, \
             {{ period = \"week\" }}], spend_per_day_max = 5 }}\n[[account.wallet]]\nid = \"w\"\nkind = \"seconds\"\n\
             threshold = \"1\"\n[[account.wallet]]\nid = \"w\"\ncredit_limit = \"-1\"\n"
        ),
        &[
            "accounts.toml:5:58: a second limit of this period and count; expected one",
            "accounts.toml:5:93: volumes without `calls_max`; expected the most calls of a period",
            "accounts.toml:5:104: `period` is \"week\"; expected one of hour, day, month, total",
            "accounts.toml:5:135: `spend_per_day_max` is the bare number 5; amounts are exact and written in quotes; \
             expected spend_per_day_max = \"5\"",
            "accounts.toml:9:1: unknown key `threshold` in wallet; expected one of id, kind, threshold_sec, \
             credit_limit_sec, priority",
            "accounts.toml:11:6: wallet `w` twice; expected an id of its own in the account",
            "accounts.toml:12:16: `credit_limit` is the negative amount -1; expected 0 or more",
        ],
    );
}

#[test]
fn r2_5_dids_are_named_by_cell_and_one_without_a_campaign_is_a_warning() {
    let header = "number,account,campaign,priority\n";
    assert_told(
        "dids.csv",
        &format!("{header}13035550100,acme,,\n13035550101,acme,all,2\n"),
        &["warning dids.csv:2:1: DID 13035550100 has no campaign: its calls are refused, no_partition"],
    );
    assert_told(
        "dids.csv",
        &format!(
            "{header}0303,acme,all,1\n13035550100,acm,al,x\n13035550101,acme,al,1\n13035550102,acme,all,\n13035550102,acme,all,2\n"
        ),
        &[
            "dids.csv:2:1: number is \"0303\"; expected an E.164 number, 7 to 15 digits",
            "dids.csv:3:20: priority is \"x\"; expected a whole number, or nothing for 0",
            "dids.csv:4:18: no partition `al`; expected a partition of this plan: all",
            "dids.csv:6:1: DID 13035550102 again; expected each campaign of a DID once",
        ],
    );
}

#[test]
fn r2_2_emergency_calls_need_routes_that_carry_them() {
    let plan = |keys: &str| format!("name = \"small\"\ncurrency = \"USD\"\n{keys}");
    let spare = "[[provider]]\nid = \"north\"\nkind = \"lrn\"\n\n[[provider.route]]\nid = \"north_std\"\ndeck = \"north\"\n\n\
                 [[provider.route.gateway]]\nid = \"gw1\"\ndial_string = \"sip:${number}@gw\"\nactive = false\n";
    let keys = "emergency_numbers = [\"911\"]\nemergency_routes = [\"north_std\"]\n";
    let dir = with(&[("plan.toml", &plan(keys)), ("providers.toml", spare)]);
    assert_eq!(
        told(dir.path()),
        [
            "plan.toml:4:21: emergency route `north_std` has no active gateway; expected a route that can carry the call"
        ]
    );
    assert_told("plan.toml", &plan(keys), &[]);
    assert_told(
        "plan.toml",
        &plan(
            "emergency_numbers = [\"9\", \"911\"]\ntoll_free_npas = [822, 100, 303]\npremium_prefixes = [\"0900\"]\n",
        ),
        &[
            "plan.toml:3:21: `emergency_numbers` without `emergency_routes`; expected routes that carry these calls",
            "plan.toml:3:22: \"9\" in `emergency_numbers`; expected digits exactly as they are dialled, 2 to 15 of them, \
             [\"911\", \"933\"]",
            "plan.toml:4:24: 100 in `toll_free_npas`; expected whole numbers from 200 to 999, [1, 2]",
            "plan.toml:4:29: 303 in `toll_free_npas`, an area code of US; expected an area code of no country",
            "plan.toml:5:21: \"0900\" in `premium_prefixes`; expected 1 to 15 digits of E.164, not from 0, with or without +",
        ],
    );
}

#[test]
fn s1_a_currency_has_a_rate_from_the_first_version_on() {
    let deck = |currency: &str| {
        format!(
            "[[deck]]\nid = \"north\"\ncurrency = \"{currency}\"\n\n[[deck.version]]\nnumber = 1\n\
             effective_from = 2024-01-01T00:00:00Z\nscope = \"full\"\nfile = \"decks/north.csv\"\n"
        )
    };
    let rates = |from: &str| format!("currency,from,rate\nEUR,{from},1.0832\n");
    let missing = "decks.toml:3:12: no rate of EUR in USD at 2024-01-01T00:00:00Z, when deck `north` starts; expected a \
                   line of currency_rates.csv, from 2024-01-01T00:00:00Z or before";
    let eur = deck("EUR");
    assert_told("decks.toml", &eur, &[missing]);
    let late = rates("2024-01-01T00:00:01Z");
    let dir = with(&[("decks.toml", &eur), ("currency_rates.csv", &late)]);
    assert_eq!(told(dir.path()), [missing]);
    let dir = with(&[("decks.toml", &eur), ("currency_rates.csv", &rates("2024-01-01T00:00:00Z"))]);
    assert_eq!(told(dir.path()), [""; 0]);
    // The plan's own currency needs none.
    assert_told("decks.toml", &deck("USD"), &[]);
    assert_told(
        "currency_rates.csv",
        "currency,from,rate\nUSD,2024-01-01T00:00:00Z,1\neur,2024-01-01,0\nEUR,2024-01-01T00:00:00Z,1\n\
         EUR,2024-01-01T00:00:00Z,2\n",
        &[
            "currency_rates.csv:2:1: currency is \"USD\"; expected another currency than the plan's, USD",
            "currency_rates.csv:3:1: currency is \"eur\"; expected an ISO 4217 code, three capitals such as USD",
            "currency_rates.csv:3:5: from is \"2024-01-01\"; expected an instant such as 2026-01-01T00:00:00Z",
            "currency_rates.csv:3:16: rate is \"0\"; expected units of the plan's currency for one, such as 1.0832",
            "currency_rates.csv:5:1: a second rate of EUR from 2024-01-01T00:00:00Z; expected one rate from an instant",
        ],
    );
}

#[test]
fn r3_7_a_deck_of_two_policies_must_have_its_own() {
    let second = "\n[[provider]]\nid = \"south\"\nkind = \"lrn\"\nij_policy = \"reject\"\n\n[[provider.route]]\nid = \"south_std\"\n\
                  deck = \"north\"\n\n[[provider.route.gateway]]\nid = \"gw2\"\ndial_string = \"sip:${number}@gw2\"\n";
    let dir = with(&[]);
    let path = dir.path().join("providers.toml");
    let providers = fs::read_to_string(&path).unwrap() + second;
    fs::write(&path, providers).unwrap();
    let member =
        "[[partition]]\nid = \"all\"\nmember = [{ route = \"north_std\" }, { route = \"south_std\" }]\n";
    fs::write(dir.path().join("partitions.toml"), member).unwrap();
    assert_eq!(
        told(dir.path()),
        [
            "decks.toml:2:6: deck `north` is shared by providers `north` and `south`, whose ij_policy differs; expected \
             an ij_policy of the deck's own, or the same one for both"
        ]
    );
    let path = dir.path().join("decks.toml");
    let own = fs::read_to_string(&path)
        .unwrap()
        .replace("id = \"north\"", "id = \"north\"\nij_policy = \"higher\"");
    fs::write(&path, own).unwrap();
    assert_eq!(told(dir.path()), [""; 0]);
}

/// Makes the plan's provider another kind.
fn set_kind(dir: &Path, kind: &str) {
    let path = dir.join("providers.toml");
    let providers = fs::read_to_string(&path).unwrap();
    fs::write(&path, providers.replace("kind = \"lrn\"", &format!("kind = \"{kind}\""))).unwrap();
}

#[test]
fn r4_1_a_list_by_prefix_alone_is_nothing_to_a_provider_by_ocn() {
    let dir = with(&[]);
    set_kind(dir.path(), "ocn_lata");
    let found = "warning decks.toml:2:6: deck `north` has rows by prefix alone, and its providers are of kind ocn_lata: calls \
                 to +1 have no rate";
    assert_eq!(told(dir.path()), [found]);
}

/// When the rows of a plan's list start that are dated the first of July.
fn starts(dir: &Path) -> Vec<i64> {
    let plan = read_dir(dir).unwrap().plan;
    plan.decks[0].versions[0].rows.iter().filter_map(|row| row.terms.starts).collect()
}

#[test]
fn r10_3_dates_without_a_zone_are_of_whose_deck_it_is() {
    let list = "destination,prefix,rate_inter,rate_intra,billing,starts\n\
                Denver,1303555,0.0040,0.0090,6/6,2026-07-01\nDenver,1303556,0.0040,0.0090,6/6,2026-07-01T00:00:00Z\n";
    let dir = with(&[("decks/north.csv", list)]);
    let (midnight, hour) = (1_782_864_000, 3600);
    assert_eq!(starts(dir.path()), [midnight, midnight]);
    let replace = |name: &str, what: &str, by: &str| {
        let path = dir.path().join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(what));
        fs::write(&path, text.replacen(what, by, 1)).unwrap();
    };
    // Denver is 6 h behind in summer.
    replace("providers.toml", "kind = \"lrn\"", "kind = \"lrn\"\ntime_zone = \"America/Denver\"");
    assert_eq!(starts(dir.path()), [midnight + 6 * hour, midnight]);
    // Two providers of two zones have none in common.
    let south = "\n[[provider]]\nid = \"south\"\nkind = \"lrn\"\n\n[[provider.route]]\nid = \"south_std\"\ndeck = \"north\"\n\n\
                 [[provider.route.gateway]]\nid = \"gw2\"\ndial_string = \"sip:${number}@gw2\"\n";
    let providers = fs::read_to_string(dir.path().join("providers.toml")).unwrap() + south;
    fs::write(dir.path().join("providers.toml"), providers).unwrap();
    replace(
        "partitions.toml",
        "route = \"north_std\"",
        "route = \"north_std\"\n\n[[partition.member]]\nroute = \"south_std\"",
    );
    assert_eq!(starts(dir.path()), [midnight, midnight]);
    let found = "warning decks.toml:2:6: deck `north` is of several time zones: dates without one in version 1 are UTC; its \
                 `time_zone` tells another";
    assert_eq!(told(dir.path()), [found]);
    // London is 1 h ahead.
    replace("decks.toml", "scope =", "time_zone = \"Europe/London\"\nscope =");
    assert_eq!(starts(dir.path()), [midnight - hour, midnight]);
    assert_eq!(told(dir.path()), [""; 0]);
}

#[test]
fn r4_1_a_version_has_a_list_of_each_kind_of_codes() {
    let deck = |files: &str, scope: &str| {
        format!(
            "[[deck]]\nid = \"north\"\n\n[[deck.version]]\nnumber = 1\neffective_from = 2024-01-01T00:00:00Z\n\
             {scope}\nfile = {files}\n"
        )
    };
    let all = deck(
        "[\"decks/north.csv\", \"decks/ocn.csv\", \"decks/cic.csv\"]",
        "scope = \"country\"\ncountries = [\"US\"]",
    );
    let lists = [
        (
            "decks/ocn.csv",
            "ocn,lata,tier,interstate,intrastate,billing\n6529,132,1,0.004,0.005,6/6\n,730,,0.006,0.007,6/6\n",
        ),
        ("decks/cic.csv", "cic,rate,billing\n0288,0.01,6/6\n"),
    ];
    let dir = with(&[("decks.toml", &all), lists[0], lists[1]]);
    let useless = "warning decks.toml:2:6: deck `north` has rows by OCN and LATA, and no provider of kind ocn_lata has it: they \
                   price no call";
    assert_eq!(told(dir.path()), [useless]);
    set_kind(dir.path(), "ocn_lata");
    assert_eq!(told(dir.path()), [""; 0]);
    let version = &read_dir(dir.path()).unwrap().plan.decks[0].versions[0];
    assert_eq!((version.rows.len(), version.ocn_rows.len(), version.cic_rows.len()), (1, 2, 1));
    let twice = deck("[\"decks/north.csv\", \"decks/north.csv\"]", "scope = \"full\"\ncountries = [\"US\"]");
    assert_told(
        "decks.toml",
        &twice,
        &[
            "decks.toml:8:13: `countries` beside another scope; expected scope = \"country\", or no `countries`",
            "decks.toml:9:28: \"decks/north.csv\" is a second list of the same kind of codes; expected one list by prefix, \
             one by OCN and LATA, one by carrier",
        ],
    );
}

#[test]
fn r2_6_do_not_originate_patterns_and_tiers_are_named_by_cell() {
    let expected = "expected 3, 6, 7 or 10 digits of a NANP number, without the 1";
    assert_told(
        "dno.csv",
        "pattern\n303\n3035\n13035550100\n3035550100\n",
        &[
            &format!("dno.csv:3:1: pattern is \"3035\"; {expected}"),
            &format!("dno.csv:4:1: pattern is \"13035550100\"; {expected}"),
        ],
    );
    // With a 1 in front there are ten digits too, or seven.
    let warning = |line: u32, pattern: &str| {
        format!("warning dno.csv:{line}:1: no NANP number begins with 1 {pattern}: the pattern stops nobody")
    };
    assert_told(
        "dno.csv",
        "pattern\n303\n1303555\n3031555\n3035550100\n",
        &[&warning(3, "1303555"), &warning(4, "3031555")],
    );
    let row = "npa,nxx,block,country,state,lata,ocn,rate_center,tier\n303,555,,US,CO,656,7002,DENVER";
    assert_told("numbering.csv", &format!("{row},2\n"), &[]);
    assert_told(
        "numbering.csv",
        &format!("{row},0\n"),
        &["numbering.csv:2:32: tier is \"0\"; expected a tier, 1 to 255, or nothing"],
    );
}

#[test]
fn the_example_uses_what_it_describes() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/wholesale");
    let plan = read_dir(&example).unwrap().plan;
    assert!(!plan.exclusions.is_empty() && !plan.overrides.is_empty() && !plan.dno.is_empty());
    assert!(plan.overrides.iter().any(|rule| rule.window.is_some()));
}

#[test]
fn r3_2_a_state_that_the_us_does_not_have_is_a_warning() {
    let header = "npa,nxx,block,country,state,lata,ocn,rate_center";
    let rows = [
        "212,555,,US,NX,132,7001,X", // New York, misspelt
        "787,555,,US,PR,820,7001,X", // a territory, as many tables have it
        "212,556,,CA,ON,132,7001,X", // a block that a table has in Canada
        "900,555,,US,XX,,7001,",     // of no state, whatever is written
        "303,555,1,US,,656,7002,X",  // its exchange's
    ];
    assert_told(
        "numbering.csv",
        &format!("{header}\n{}\n", rows.join("\n")),
        &[
            "warning numbering.csv:2:13: state \"NX\" is none of the US: numbers of 212-555 are premium, and indeterminate",
        ],
    );
}

#[test]
fn a_plan_has_no_more_decks_than_a_snapshot() {
    let decks = |count: usize| -> String {
        let deck = |at| {
            format!(
                "[[deck]]\nid = \"d{at}\"\n[[deck.version]]\nnumber = 1\n\
                 effective_from = 2024-01-01T00:00:00Z\nscope = \"full\"\nfile = \"decks/north.csv\"\n"
            )
        };
        let north = "[[deck]]\nid = \"north\"\n[[deck.version]]\nnumber = 1\n\
                     effective_from = 2024-01-01T00:00:00Z\nscope = \"full\"\nfile = \"decks/north.csv\"\n";
        (1..count).map(deck).collect::<String>() + north
    };
    let of = |count| with(&[("decks.toml", &decks(count))]);
    assert!(told(of(1024).path()).iter().all(|one| one.contains("uses deck")), "nothing but warnings");
    // Seven lines each.
    assert_eq!(told(of(1025).path()), ["decks.toml:7169:1: 1025 decks; expected at most 1024"]);
}
