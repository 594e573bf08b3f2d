//! Rules by hand: one small plan, calls whose answers are worked out on paper.

use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::*;
use rating_core::reject::Reason;
use rating_core::tariff::{Rounding, RoundingMode};
use tandem_tests::model::{Answer, Call, Jurisdiction, Lrn, Origin};

use crate::oracle;

/// 2027-01-15T08:00:00Z.
const AT: i64 = 1_800_000_000;
const DENVER: &str = "13035550100";
const NEW_YORK: &str = "12125550100";

fn digits(text: &str) -> Digits {
    Digits::new(text.as_bytes()).unwrap()
}

fn usd(amount: &str) -> Nano {
    Nano::parse(amount.as_bytes()).unwrap()
}

fn price(amount: &str) -> Price {
    match amount {
        "" => Price::Missing,
        "blocked" => Price::Blocked,
        amount => Price::PerMin(usd(amount)),
    }
}

fn flat(prefix: &str, amount: &str) -> DeckRow {
    DeckRow {
        prefix: digits(prefix),
        prices: Prices { default: price(amount), ..Default::default() },
        terms: RowTerms { first_sec: 60, increment_sec: 60, ..RowTerms::default() }.into(),
        ..Default::default()
    }
}

fn by_state(prefix: &str, interstate: &str, intrastate: &str) -> DeckRow {
    let prices =
        Prices { interstate: price(interstate), intrastate: price(intrastate), ..Default::default() };
    DeckRow { prices, ..flat(prefix, "") }
}

fn version(number: u32, effective_from: i64, scope: Scope, rows: Vec<DeckRow>) -> DeckVersion {
    DeckVersion { number, effective_from, scope, rows, ..Default::default() }
}

/// An account that buys at cost and accepts a margin of 0, its trunk, and an empty partition of the plan.
fn plan() -> Plan {
    let cost_plus =
        CostPlus { margin_nano_percent: 0, fixed_fee_per_min: Nano::ZERO, rounding: Rounding::DEFAULT };
    Plan {
        settings: Settings {
            name: "by hand".into(),
            default_partition: Some("prime".into()),
            ..Default::default()
        },
        accounts: vec![Account { id: "acme".into(), cost_plus: Some(cost_plus), ..Default::default() }],
        trunks: vec![Trunk { id: "main".into(), account: "acme".into(), ..Default::default() }],
        partitions: vec![Partition { id: "prime".into(), ..Default::default() }],
        ..Default::default()
    }
}

/// Adds provider, deck, route and gateway of one name, and the membership.
fn add(plan: &mut Plan, id: &str, kind: ProviderKind, versions: Vec<DeckVersion>) {
    plan.providers.push(Provider { id: id.into(), kind, ..Default::default() });
    plan.decks.push(Deck { id: id.into(), versions, ..Default::default() });
    let (provider, deck) = (id.into(), Some(id.into()));
    plan.routes.push(Route { id: id.into(), provider, deck, ..Default::default() });
    plan.gateways.push(Gateway {
        id: format!("{id}-gw"),
        route: id.into(),
        dial_string: format!("sip:+${{number}}@{id}.example"),
        ..Default::default()
    });
    plan.partitions[0].members.push(Member { route: id.into(), ..Default::default() });
}

fn add_rows(plan: &mut Plan, id: &str, rows: Vec<DeckRow>) {
    add(plan, id, ProviderKind::Dnis, vec![version(1, 0, Scope::Full, rows)]);
}

fn call(dnis: &str) -> Call {
    Call::new(AT, Origin::Trunk("main".into()), DENVER, dnis)
}

fn ask(plan: &Plan, call: &Call) -> Answer {
    oracle(plan).1.ask(call)
}

/// Route and matched digits, in order.
fn routes(answer: &Answer) -> Vec<(&str, u8)> {
    answer.kept.iter().map(|kept| (kept.route.as_str(), kept.matched)).collect()
}

fn dropped(answer: &Answer) -> Vec<(&str, Reason)> {
    answer.dropped.iter().map(|(route, reason)| (route.as_str(), *reason)).collect()
}

#[test]
fn r4_3_longest_match_never_cheapest_row_and_r4_4_a_block_has_no_fall_back() {
    let mut plan = plan();
    add_rows(&mut plan, "a", vec![flat("1", "0.01"), flat("1212", "0.05")]);
    add_rows(&mut plan, "b", vec![flat("1", "0.02")]);
    add_rows(&mut plan, "c", vec![flat("1", "0.001"), flat("1212555", "blocked")]);
    add_rows(&mut plan, "d", vec![flat("1", "0.001"), by_state("1212", "", "0.002")]);
    let answer = ask(&plan, &call(NEW_YORK));
    assert_eq!(routes(&answer), [("b", 1), ("a", 4)]);
    assert_eq!(dropped(&answer), [("c", Reason::BlockedRow), ("d", Reason::NoRate)]);
    assert_eq!(answer.facts.jurisdiction, Some(Jurisdiction::Interstate));
}

#[test]
fn r4_2_versions_and_dates_of_rows() {
    let dated = |starts: Option<i64>, ends: Option<i64>, row: DeckRow| {
        row.with(|terms| (terms.starts, terms.ends) = (starts, ends))
    };
    let mut plan = plan();
    let later = AT + 100;
    // A full version ends what it lacks; the shorter prefix of the new one prices.
    let full = vec![
        version(1, 0, Scope::Full, vec![flat("1", "0.05"), flat("1212", "0.01")]),
        version(2, AT, Scope::Full, vec![flat("1", "0.02")]),
    ];
    add(&mut plan, "full", ProviderKind::Dnis, full);
    // An older row stands until the newer version's row starts.
    let waits = vec![
        version(1, 0, Scope::Full, vec![flat("1212", "0.03")]),
        version(2, AT, Scope::Full, vec![dated(Some(later), None, flat("1212", "0.01"))]),
    ];
    add(&mut plan, "waits", ProviderKind::Dnis, waits);
    // A row that has ended ends its code: no older version revives.
    let ended = vec![
        version(1, 0, Scope::Full, vec![flat("1", "0.09"), flat("1212", "0.01")]),
        version(2, 10, Scope::Partial, vec![dated(None, Some(AT), flat("1212", "0.01"))]),
    ];
    add(&mut plan, "ended", ProviderKind::Dnis, ended);
    // A version of other countries leaves the code alone, one of its country ends it.
    let countries = |ids: &[&str]| Scope::Country(ids.iter().map(ToString::to_string).collect());
    let other = vec![
        version(1, 0, Scope::Full, vec![flat("1212", "0.04")]),
        version(2, 10, countries(&["GB"]), vec![flat("44", "0.01")]),
    ];
    add(&mut plan, "other", ProviderKind::Dnis, other);
    let own = vec![
        version(1, 0, Scope::Full, vec![flat("1212", "0.04")]),
        version(2, 10, countries(&["US"]), vec![flat("1303", "0.01")]),
    ];
    add(&mut plan, "own", ProviderKind::Dnis, own);

    let (_database, mut oracle) = oracle(&plan);
    let now = oracle.ask(&call(NEW_YORK));
    assert_eq!(routes(&now), [("full", 1), ("waits", 4), ("other", 4), ("ended", 1)]);
    assert_eq!(now.kept.iter().map(|kept| kept.deck_version).collect::<Vec<_>>(), [2, 1, 1, 1]);
    assert_eq!(dropped(&now), [("own", Reason::NoRate)]);
    // A second before, the first version of `full` prices, and the row of `ended` still holds: 0.01 each, by id.
    let before = oracle.ask(&Call { at_ns: (AT - 1) * 1_000_000_000, ..call(NEW_YORK) });
    assert_eq!(routes(&before), [("ended", 4), ("full", 4), ("waits", 4), ("other", 4)]);
    // When the dated row starts, it prices.
    let after = oracle.ask(&Call { at_ns: later * 1_000_000_000, ..call(NEW_YORK) });
    assert_eq!(routes(&after), [("waits", 4), ("full", 1), ("other", 4), ("ended", 1)]);
}

#[test]
fn r4_5_prefix_1_prices_the_us_only_and_r3_4_what_zone1_pays() {
    let mut plan = plan();
    add_rows(&mut plan, "a", vec![flat("1", "0.01")]);
    add_rows(&mut plan, "b", vec![flat("1", "0.01"), by_state("1876", "0.30", "0.20"), flat("1900", "2")]);
    let (_database, mut oracle) = oracle(&plan);
    let jamaica = oracle.ask(&call("18765550100"));
    assert_eq!(jamaica.facts.jurisdiction, Some(Jurisdiction::Zone1));
    assert_eq!(routes(&jamaica), [("b", 4)]);
    assert_eq!(jamaica.kept[0].cost, usd("0.3"));
    let premium = oracle.ask(&call("19005550100"));
    assert_eq!(premium.facts.jurisdiction, Some(Jurisdiction::Indeterminate));
    assert_eq!((routes(&premium), dropped(&premium)), (vec![("b", 4)], vec![("a", Reason::NoRate)]));
}

#[test]
fn r3_7_each_deck_has_its_policy_and_r3_1_the_lrn_decides() {
    let mut plan = plan();
    for (id, policy) in [
        ("h", IjPolicy::Higher),
        ("i", IjPolicy::Interstate),
        ("j", IjPolicy::Intrastate),
        ("r", IjPolicy::Reject),
    ] {
        add_rows(&mut plan, id, vec![by_state("1", "0.02", "0.03")]);
        plan.decks.last_mut().unwrap().ij_policy = Some(policy);
    }
    plan.trunks[0].trust_lrn = true;
    let (_database, mut oracle) = oracle(&plan);
    let unknown = oracle.ask(&Call { ani: String::new(), ..call(NEW_YORK) });
    assert_eq!(unknown.facts.jurisdiction, Some(Jurisdiction::Indeterminate));
    let costs: Vec<_> = unknown.kept.iter().map(|kept| (kept.route.as_str(), kept.cost)).collect();
    assert_eq!(costs, [("i", usd("0.02")), ("h", usd("0.03")), ("j", usd("0.03"))]);
    assert_eq!(dropped(&unknown), [("r", Reason::NoRate)]);
    // A New York number ported to Colorado is intrastate for Denver.
    let lrn = Some(Lrn { text: "7205550000".into(), dipped: false });
    let ported = oracle.ask(&Call { dnis_lrn: lrn, ..call(NEW_YORK) });
    assert_eq!(ported.facts.jurisdiction, Some(Jurisdiction::Intrastate));
    assert_eq!(ported.facts.dnis_lrn, "17205550000");
}

#[test]
fn r9_4_costs_are_exact_and_rounded_once_and_r5_margin_is_of_the_call() {
    let mut plan = plan();
    plan.settings.reference_duration_sec = 61;
    // 30/6 at 0.01 a minute: 61 s bills 66 s: 0.011, and 0.0005 to connect: 0.0115; half up to 3 decimals 0.012.
    let row = flat("1", "0.01").with(|terms| {
        terms.first_sec = 30;
        terms.increment_sec = 6;
        terms.connect_fee = usd("0.0005");
    });
    add_rows(&mut plan, "a", vec![row.clone()]);
    plan.decks[0].rounding = Rounding { mode: RoundingMode::HalfUp, decimals: 3 };
    // The same in whole minutes: 120 s, 0.02 + 0.0005; down to 3 decimals 0.02.
    add_rows(&mut plan, "b", vec![row.with(|terms| (terms.first_sec, terms.increment_sec) = (60, 60))]);
    plan.decks[1].rounding = Rounding { mode: RoundingMode::Down, decimals: 3 };
    // It sells at 0.02 a minute by the second: 61 s are 0.020333333333.
    let row = flat("1", "0.02").with(|terms| (terms.first_sec, terms.increment_sec) = (1, 1));
    plan.decks.push(Deck {
        id: "sell".into(),
        versions: vec![version(1, 0, Scope::Full, vec![row])],
        ..Default::default()
    });
    plan.accounts[0].sell_deck = Some("sell".into());
    plan.accounts[0].min_margin = MinMargin::Amount(usd("0.000333334"));
    let answer = ask(&plan, &call(NEW_YORK));
    assert_eq!(routes(&answer), [("a", 1)]);
    assert_eq!((answer.kept[0].cost, answer.kept[0].price), (usd("0.012"), usd("0.020333333")));
    // 0.020333333 − 0.02 is one nano-unit too little.
    assert_eq!(dropped(&answer), [("b", Reason::MarginProtected)]);
}

#[test]
fn r4_6_overrides_and_r2_4_short_codes() {
    let mut plan = plan();
    add_rows(&mut plan, "a", vec![flat("1", "0.01"), flat("411", "0.5")]);
    add_rows(&mut plan, "b", vec![flat("1", "0.02"), flat("4", "0.5")]);
    add_rows(&mut plan, "c", vec![flat("1", "0.03")]);
    let forced = |route: &str, mode| Some(ForcedRoute { route: route.into(), mode });
    plan.overrides = vec![
        Override {
            id: "all".into(),
            trunk: Some("main".into()),
            forced_route: forced("c", ForcedMode::First),
            ..Default::default()
        },
        Override {
            id: "ny".into(),
            prefix: Some(digits("1212")),
            forced_route: forced("b", ForcedMode::Only),
            custom_rate_per_min: Some(usd("0.6")),
            ..Default::default()
        },
        Override { id: "info".into(), prefix: Some(digits("411")), bypass_lcr: true, ..Default::default() },
    ];
    let (_database, mut oracle) = oracle(&plan);
    // The trunk outranks the prefix, but the custom rate is an effect of its own: 60 s in blocks of 6 s at 0.6.
    let answer = oracle.ask(&call(NEW_YORK));
    assert_eq!(routes(&answer), [("c", 1), ("a", 1), ("b", 1)]);
    assert!(answer.kept.iter().all(|kept| kept.price == usd("0.6")));
    // A code is priced by a row of exactly that code; route c is forced and has none.
    let code = oracle.ask(&call("411"));
    assert_eq!(routes(&code), [("a", 3)]);
    assert_eq!(dropped(&code), [("b", Reason::NoRate), ("c", Reason::NoRate)]);
    assert_eq!(oracle.ask(&call("0411")).reject, Some(Reason::InvalidNumber));
    assert_eq!(oracle.ask(&call("611")).reject, Some(Reason::InvalidNumber));
}

#[test]
fn r5_2_draws_are_those_of_the_hash() {
    let mut plan = plan();
    plan.partitions[0].strategy = Strategy::Weighted;
    for (id, weight) in [("a", 1), ("b", 2), ("c", 0)] {
        add_rows(&mut plan, id, vec![flat("1", "0.01")]);
        plan.partitions[0].members.last_mut().unwrap().weight = Some(weight);
    }
    let (_database, mut oracle) = oracle(&plan);
    let first = |oracle: &mut crate::Oracle, id: &str| {
        let answer = oracle.ask(&Call { call_id: id.into(), ..call(NEW_YORK) });
        routes(&answer).iter().map(|(route, _)| *route).collect::<String>()
    };
    // By `printf 'call-1\\000prime\\0000' | sha256sum`: the first 16 digits, of which a third, below 5555…, are for a.
    for (id, expected) in [
        ("call-1", "bac"),  // 5f27684186…
        ("call-5", "abc"),  // 54b83dabac…
        ("call-8", "bac"),  // cbb5824649…
        ("call-10", "abc"), // 371a3f0de1…
    ] {
        assert_eq!(first(&mut oracle, id), expected, "{id}");
    }
}

#[test]
fn r2_9_a_schedule_is_by_the_wall_clock_and_an_hour_that_repeats_holds_twice() {
    let mut plan = plan();
    add_rows(&mut plan, "a", vec![flat("1", "0.01")]);
    let window = RecurringWindow { from_sec: 3600, until_sec: 2 * 3600, ..RecurringWindow::ALWAYS };
    plan.partitions[0].schedule =
        Some(Schedule { time_zone: "America/New_York".into(), windows: vec![window] });
    let (_database, mut oracle) = oracle(&plan);
    // On 2026-11-01 New York has 01:00 to 02:00 twice: from 05:00Z and from 06:00Z.
    let five = 1_793_509_200;
    for (at, is_open) in
        [(five - 1, false), (five, true), (five + 3600, true), (five + 7199, true), (five + 7200, false)]
    {
        let answer = oracle.ask(&Call { at_ns: at * 1_000_000_000, ..call(NEW_YORK) });
        let expected = if is_open { None } else { Some(Reason::NoPartition) };
        assert_eq!(answer.reject, expected, "{at}");
    }
}

#[test]
fn r2_2_emergency_passes_everything_and_r2_3_status_is_first() {
    let mut plan = plan();
    add_rows(&mut plan, "a", vec![flat("1", "0.01")]);
    plan.accounts[0].active = false;
    plan.routes[0].active = false;
    plan.settings.emergency_numbers = vec![digits("911")];
    plan.settings.emergency_routes = vec!["a".into()];
    let (_database, mut oracle) = oracle(&plan);
    let emergency = oracle.ask(&call("9-1-1"));
    assert_eq!((emergency.reject, emergency.emergency), (None, true));
    assert_eq!(emergency.legs, [("a".to_owned(), "a-gw".to_owned())]);
    assert_eq!(oracle.ask(&call("no number")).reject, Some(Reason::AccountSuspended));
}

#[test]
fn r2_6_the_longest_entry_decides_and_976_has_seven_digits() {
    let mut plan = plan();
    add_rows(&mut plan, "a", vec![flat("1", "0.01"), flat("1303976", "1"), flat("1720976", "1")]);
    let screening = &mut plan.accounts[0].screening;
    screening.blocked_dnis = vec![BlockedPrefix::Prefix(digits("1212")), BlockedPrefix::AnyNpa976];
    screening.allowed_dnis = vec![digits("12125550"), digits("172097")];
    plan.trunks[0].screening.allowed_dnis = vec![digits("1303976")];
    let (_database, mut oracle) = oracle(&plan);
    for (dnis, expected) in [
        (NEW_YORK, None),
        ("12125560100", Some(Reason::BlockedDnis)),
        // Allowed by as many digits; by fewer.
        ("13039760100", None),
        ("17209760100", Some(Reason::BlockedDnis)),
    ] {
        assert_eq!(oracle.ask(&call(dnis)).reject, expected, "{dnis}");
    }
}

#[test]
fn r5_1_the_lowest_quality_that_there_is_comes_last() {
    let mut plan = plan();
    for id in ["a", "b", "c"] {
        add_rows(&mut plan, id, vec![flat("1212", "0.01")]);
    }
    plan.routes[0].quality = i32::MIN;
    plan.routes[2].quality = i32::MAX;
    assert_eq!(routes(&ask(&plan, &call(NEW_YORK))), [("c", 4), ("b", 4), ("a", 4)]);
    plan.partitions[0].strategy = Strategy::Quality;
    assert_eq!(routes(&ask(&plan, &call(NEW_YORK))), [("c", 4), ("b", 4), ("a", 4)]);
}

#[test]
fn what_no_call_can_be_given_is_an_error_and_not_an_answer() {
    let mut plan = plan();
    add_rows(&mut plan, "a", vec![flat("1212", "0.01")]);
    let (database, _) = oracle(&plan);
    let mut client = database.client();
    let mut ask = |more: &str| {
        let query = format!(
            "SELECT route FROM get_lrn_rates(account_in => 'acme', prefix_in => '{NEW_YORK}', {more}) WHERE reason IS NULL"
        );
        let rows =
            client.query(&query, &[]).map_err(|error| error.as_db_error().unwrap().message().to_owned());
        rows.map(|rows| rows.len())
    };
    assert_eq!(ask("max_results => 1"), Ok(1));
    assert_eq!(ask("max_results => 20"), Ok(1));
    assert_eq!(ask("max_results => 0"), Err("max_results: 0 is less than 1".into()));
    assert_eq!(ask("effectivezone_in => 'far'"), Err("effectivezone_in: far is no jurisdiction".into()));
    assert_eq!(ask("ij_in => 'reject'"), Err("ij_in: reject is neither interstate nor intrastate".into()));
}

#[test]
fn r4_1_an_ocn_that_is_given_is_read_in_capitals() {
    let mut plan = plan();
    let row = OcnRow { ocn: Some(*b"123A"), lata: None, tier: None, row: flat("1", "0.01") };
    let row = OcnRow { row: DeckRow { prefix: Digits::default(), ..row.row.clone() }, ..row };
    let by_ocn = DeckVersion { ocn_rows: vec![row], ..version(1, 0, Scope::Full, Vec::new()) };
    add(&mut plan, "a", ProviderKind::OcnLata, vec![by_ocn]);
    let given = |ocn: &[u8; 4]| Call { ocn: Some(*ocn), ..call(NEW_YORK) };
    for ocn in [b"123A", b"123a"] {
        assert_eq!(routes(&ask(&plan, &given(ocn))), [("a", 17)]);
    }
}
