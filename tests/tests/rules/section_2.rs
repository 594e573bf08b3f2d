//! Order of a decision: trunk, emergency, status, numbers, DIDs, limits, funds, partitions, what is left.

use rating_core::money::Nano;
use rating_core::plan::*;
use tandem_tests::model::{Call, Dimension, Live, Origin, Owner};
use tandem_tests::small::*;

fn from(address: &str, dnis: &str) -> Call {
    Call::new(AT, Origin::Source(address.parse().unwrap()), DENVER, dnis)
}

fn trunk_of(plan: &Plan, call: &Call) -> String {
    ask(plan, call).facts.trunk.unwrap_or_else(|| "unknown".into())
}

#[test]
fn r2_1_longest_network_then_longest_tech_prefix_then_lower_id() {
    let mut plan = three();
    plan.trunks.push(trunk("half", "acme", "192.0.2.128", 25));
    plan.trunks.push(Trunk { tech_prefix: "77".into(), ..trunk("p77", "acme", "192.0.2.0", 24) });
    plan.trunks.push(Trunk { tech_prefix: "778".into(), ..trunk("p778", "acme", "192.0.2.0", 24) });
    plan.trunks.push(Trunk { tech_prefix: "77".into(), ..trunk("a77", "acme", "192.0.2.0", 24) });
    assert_eq!(trunk_of(&plan, &from("192.0.2.10", NEW_YORK)), "main");
    assert_eq!(trunk_of(&plan, &from("192.0.2.200", NEW_YORK)), "half");
    assert_eq!(trunk_of(&plan, &from("192.0.2.10", "7712125550100")), "a77", "of p77 and a77 the lower id");
    assert_eq!(trunk_of(&plan, &from("192.0.2.10", "77812125550100")), "p778");
    assert_eq!(trunk_of(&plan, &from("192.0.2.200", "77812125550100")), "half", "the network goes first");
    assert_eq!(decided(&plan, &from("198.51.100.1", NEW_YORK)), "unknown_trunk");
}

#[test]
fn r2_1_a_network_of_ipv6_takes_no_caller_of_ipv4() {
    let mut plan = three();
    plan.trunks.push(trunk("all6", "acme", "::", 0));
    assert_eq!(trunk_of(&plan, &from("2001:db8::1", NEW_YORK)), "all6");
    assert_eq!(trunk_of(&plan, &from("192.0.2.10", NEW_YORK)), "main");
    assert_eq!(decided(&plan, &from("198.51.100.1", NEW_YORK)), "unknown_trunk");
    plan.trunks.push(trunk("all4", "acme", "0.0.0.0", 0));
    assert_eq!(trunk_of(&plan, &from("198.51.100.1", NEW_YORK)), "all4");
    assert_eq!(trunk_of(&plan, &from("::ffff:198.51.100.1", NEW_YORK)), "all4", "IPv4, mapped");
    assert_eq!(trunk_of(&plan, &from("2001:db8::1", NEW_YORK)), "all6");
}

#[test]
fn r2_1_a_trunk_with_a_tech_prefix_takes_only_what_carries_it() {
    let mut plan = three();
    plan.trunks[0].tech_prefix = "9#".into();
    assert_eq!(decided(&plan, &to(NEW_YORK)), "unknown_trunk");
    assert_eq!(decided(&plan, &to("9#12125550100")), "b c a");
    assert_eq!(decided(&plan, &to("+9#12125550100")), "unknown_trunk", "a plus never carries one");
    plan.trunks[0].user = Some("alice".into());
    let alice = |dnis: &str| Call { origin: Origin::User("alice".into()), ..to(dnis) };
    assert_eq!(decided(&plan, &alice("9#12125550100")), "b c a");
    assert_eq!(decided(&plan, &alice(NEW_YORK)), "unknown_trunk");
}

#[test]
fn r2_2_emergency_goes_past_everything_below() {
    let mut plan = three();
    plan.settings.emergency_numbers = vec![digits("911")];
    plan.settings.emergency_routes = vec!["c".into(), "a".into()];
    plan.accounts[0].active = false;
    plan.trunks[0].tech_prefix = "77".into();
    plan.routes[2].active = false;
    plan.gateways[2].limits.concurrent_calls_max = Some(0);
    for dialled in ["911", "9-1-1", "77911"] {
        assert_eq!(decided(&plan, &to(dialled)), "c-gw1 a-gw1", "{dialled}");
    }
    assert_eq!(decided(&plan, &to("779110")), "account_suspended", "exactly on the list, or not at all");
    plan.gateways[2].active = false;
    assert_eq!(decided(&plan, &to("911")), "a-gw1", "a gateway's own status counts");
    plan.gateways[0].active = false;
    assert_eq!(decided(&plan, &to("911")), "no_route");
}

#[test]
fn r2_3_account_first_then_trunk() {
    let mut plan = three();
    plan.trunks[0].active = false;
    assert_eq!(decided(&plan, &to(NEW_YORK)), "trunk_disabled");
    plan.accounts[0].active = false;
    assert_eq!(decided(&plan, &to(NEW_YORK)), "account_suspended");
}

#[test]
fn r2_4_numbers_are_read_one_way_only() {
    let mut plan = plan();
    plan.routes.push(Route { id: "end".into(), provider: "p".into(), ..Default::default() });
    plan.providers.push(Provider { id: "p".into(), ..Default::default() });
    add_gateway(&mut plan, "end", 1);
    plan.partitions[0].members.push(Member { route: "end".into(), ..Default::default() });
    for (dialled, read) in [
        ("+1 (212) 555-0100", "12125550100"),
        ("0012125550100", "12125550100"),
        ("01112125550100", "12125550100"),
        ("212.555.0100", "12125550100"),
        ("12125550100", "12125550100"),
        ("442079460958", "442079460958"),
        ("011442079460958", "442079460958"),
        ("+4420794", "4420794"),
        ("330123456789012", "330123456789012"),
    ] {
        let answer = ask(&plan, &to(dialled));
        assert_eq!((outcome(&answer).as_str(), answer.facts.dnis.as_str()), ("end", read), "{dialled}");
    }
    // Ten digits that are no NANP number are not tried as E.164; 112 is NANP's length short; 0 begins nothing.
    for dialled in
        ["2120550100", "11255501000", "1212555010", "05551234567", "+442079", "", "12x", "3301234567890123"]
    {
        assert_eq!(decided(&plan, &to(dialled)), "invalid_number", "{dialled}");
    }
}

#[test]
fn r2_4_the_first_dialling_rule_that_matches_decides() {
    let mut plan = three();
    let rule = |prefix: &str, len: Option<u8>, strip: u8, add: &str| DialRule {
        prefix: prefix.into(),
        len,
        strip,
        add: if add.is_empty() { Default::default() } else { digits(add) },
    };
    plan.trunks[0].dial_rules =
        vec![rule("", Some(7), 0, "1303"), rule("9", None, 1, ""), rule("9", None, 0, "1")];
    let read = read_of(&plan);
    assert_eq!(read("555-1234"), "13035551234");
    assert_eq!(read("912125550100"), "12125550100");
    assert_eq!(decided(&plan, &to("9123")), "invalid_number", "what a rule makes is E.164, or nothing");
    assert_eq!(read("12125550100"), "12125550100", "no rule matches: the default ones");
    drop(read);
    // A text that is shorter than what is stripped is stripped whole.
    plan.trunks[0].dial_rules = vec![rule("411", None, 20, "13035550100")];
    assert_eq!(["411", "4115551234"].map(read_of(&plan)), ["13035550100"; 2]);
}

fn read_of(plan: &Plan) -> impl Fn(&str) -> String {
    |dialled| ask(plan, &to(dialled)).facts.dnis
}

#[test]
fn r2_4_what_is_too_long_is_no_number_whatever_stands_before_it() {
    let mut plan = three();
    plan.trunks[0].tech_prefix = "123456789012345".into();
    // Behind the longest tech prefix, access code and number, one digit more.
    assert_eq!(decided(&plan, &to("12345678901234501112125550100")), "b c a");
    assert_eq!(decided(&plan, &to("1234567890123450114420794600001234")), "invalid_number");
    plan.trunks[0].tech_prefix = String::new();
    plan.trunks[0].dial_rules =
        vec![DialRule { prefix: "5".into(), len: None, strip: 36, add: Default::default() }];
    assert_eq!(decided(&plan, &to(&format!("{}12125550100", "5".repeat(36)))), "b c a");
    assert_eq!(decided(&plan, &to(&format!("{}44207946000012345678", "5".repeat(36)))), "invalid_number");
}

#[test]
fn r2_4_a_short_code_is_known_by_an_override_of_exactly_its_digits() {
    let mut plan = three();
    plan.decks[0].versions[0].rows.push(row("611", flat("0.05")));
    plan.decks[1].versions[0].rows.push(row("61", flat("0.04")));
    plan.accounts[0].screening.destination_classes = Some(vec![DestinationClass::TollFree]);
    assert_eq!(decided(&plan, &to("611")), "invalid_number");
    plan.overrides.push(Override {
        id: "service".into(),
        prefix: Some(digits("611")),
        partition: Some("prime".into()),
        bypass_lcr: true,
        ..Default::default()
    });
    let answer = ask(&plan, &to("611"));
    // No class: screening asks nothing. Only a's row is exactly 611.
    assert_eq!((outcome(&answer).as_str(), answer.kept[0].cost), ("a", usd("0.05")));
    assert_eq!(answer.facts.jurisdiction.unwrap().name(), "indeterminate");
    for dialled in ["+611", "00611", "6112", "61"] {
        assert_eq!(decided(&plan, &to(dialled)), "invalid_number", "{dialled}");
    }
    plan.overrides[0].valid_until = Some(AT);
    assert_eq!(decided(&plan, &to("611")), "invalid_number", "an override that has ended names nothing");
}

#[test]
fn r2_4_a_missing_ani_is_allowed_unless_the_trunk_demands_one() {
    let mut plan = three();
    for ani in ["", "anonymous", "555"] {
        let call = Call { ani: ani.into(), ..to(NEW_YORK) };
        plan.trunks[0].ani_required = false;
        assert_eq!(decided(&plan, &call), "b c a");
        plan.trunks[0].ani_required = true;
        assert_eq!(decided(&plan, &call), "invalid_ani");
    }
    assert_eq!(decided(&plan, &to("12")), "invalid_number", "the number goes first");
}

#[test]
fn r2_5_a_did_is_its_owners_call_in_its_campaign() {
    let mut plan = three();
    plan.accounts.push(account("owner"));
    for (id, route) in [("camp-a", "a"), ("camp-b", "b"), ("camp-c", "c")] {
        let members = vec![Member { route: route.into(), ..Default::default() }];
        plan.partitions.push(Partition { id: id.into(), members, ..Default::default() });
    }
    let campaign = |partition: &str, priority| DidCampaign { partition: partition.into(), priority };
    plan.dids.push(Did {
        number: digits(NEW_YORK),
        account: "owner".into(),
        campaigns: vec![campaign("camp-c", 2), campaign("camp-b", 1), campaign("camp-a", 1)],
    });
    let call = Call { partition: Some("prime".into()), ..to(NEW_YORK) };
    let answer = ask(&plan, &call);
    assert_eq!(outcome(&answer), "a", "lowest priority, then id; what the configuration gives is not asked");
    assert_eq!(answer.facts.account.as_deref(), Some("owner"));
    assert_eq!(answer.facts.partition.as_deref(), Some("camp-a"));
    plan.partitions[1].active = false;
    assert_eq!(decided(&plan, &call), "b");
    plan.partitions[2].schedule = Some(Schedule::default());
    assert_eq!(decided(&plan, &call), "c", "a schedule without a window never holds");
    plan.partitions[3].active = false;
    assert_eq!(decided(&plan, &call), "no_partition");
    plan.accounts[1].active = false;
    assert_eq!(decided(&plan, &call), "account_suspended");
}

#[test]
fn r2_5_the_arriving_trunks_screening_and_limits_still_hold() {
    let mut plan = three();
    plan.accounts.push(account("owner"));
    let campaigns = vec![DidCampaign { partition: "prime".into(), priority: 1 }];
    plan.dids.push(Did { number: digits(NEW_YORK), account: "owner".into(), campaigns });
    plan.accounts[0].screening.blocked_dnis = vec![BlockedPrefix::Prefix(digits("1"))];
    assert_eq!(decided(&plan, &to(NEW_YORK)), "b c a", "the arriving account's lists are not the owner's");
    plan.trunks[0].limits.concurrent_calls_max = Some(0);
    assert_eq!(decided(&plan, &to(NEW_YORK)), "concurrency_exceeded");
    plan.trunks[0].screening.blocked_dnis = vec![BlockedPrefix::Prefix(digits("1212"))];
    assert_eq!(decided(&plan, &to(NEW_YORK)), "blocked_dnis");
}

fn full(owner: Owner, dimension: Dimension) -> Live {
    Live { full: vec![(owner, dimension)], ..Default::default() }
}

#[test]
fn r2_7_cps_of_both_or_none_then_the_accounts_limits_then_the_trunks() {
    let mut plan = three();
    let all = Limits {
        cps_milli: Some(10_000),
        concurrent_calls_max: Some(5),
        volumes: vec![VolumeLimit { period: Period::Day, counts: CountedCalls::Answered, calls_max: 5 }],
        minutes_per_month_max: Some(5),
        spend_per_day_max: Some(usd("5")),
        ..Default::default()
    };
    (plan.accounts[0].limits, plan.trunks[0].limits) = (all.clone(), all);
    let account = || Owner::Account("acme".into());
    let trunk = || Owner::Trunk("main".into());
    let asked = |owner, dimension| {
        let answer = ask_live(&plan, &full(owner, dimension), &to(NEW_YORK));
        (outcome(&answer), answer.cps_slots)
    };
    assert_eq!(asked(trunk(), Dimension::Cps), ("cps_exceeded".into(), 0), "of both or of none");
    assert_eq!(asked(account(), Dimension::Cps), ("cps_exceeded".into(), 0));
    assert_eq!(
        asked(trunk(), Dimension::Concurrency),
        ("concurrency_exceeded".into(), 2),
        "spent whatever follows"
    );
    let day = Dimension::Volume(Period::Day, CountedCalls::Answered);
    assert_eq!(asked(account(), day), ("volume_exceeded".into(), 2));
    assert_eq!(asked(account(), Dimension::Minutes), ("volume_exceeded".into(), 2));
    assert_eq!(asked(trunk(), Dimension::Spend), ("spend_exceeded".into(), 2));
    // The account's last limit goes before the trunk's first.
    let both = Live {
        full: vec![(trunk(), Dimension::Concurrency), (account(), Dimension::Spend)],
        ..Default::default()
    };
    assert_eq!(outcome(&ask_live(&plan, &both, &to(NEW_YORK))), "spend_exceeded");
}

fn wallet(id: &str, threshold: &str) -> Wallet {
    Wallet { id: id.into(), threshold: usd(threshold).0, ..Default::default() }
}

#[test]
fn r2_8_one_wallet_above_its_threshold_is_needed() {
    let mut plan = three();
    plan.accounts[0].wallets = vec![wallet("w", "1"), wallet("x", "0")];
    let with = |w: &str, x: &str| Live {
        available: vec![("acme".into(), "w".into(), usd(w).0), ("acme".into(), "x".into(), usd(x).0)],
        ..Default::default()
    };
    assert_eq!(outcome(&ask_live(&plan, &with("1", "0"), &to(NEW_YORK))), "insufficient_balance");
    assert_eq!(outcome(&ask_live(&plan, &with("1.000000001", "0"), &to(NEW_YORK))), "b c a");
    plan.partitions[0].active = false;
    assert_eq!(
        outcome(&ask_live(&plan, &with("1", "0"), &to(NEW_YORK))),
        "insufficient_balance",
        "before 2.9"
    );
}

#[test]
fn r2_9_given_then_the_trunks_list_then_the_accounts_then_the_default() {
    let mut plan = three();
    for (id, route) in [("given", "a"), ("trunks", "b"), ("accounts", "c")] {
        let members = vec![Member { route: route.into(), ..Default::default() }];
        plan.partitions.push(Partition { id: id.into(), members, ..Default::default() });
    }
    plan.accounts[0].partitions = vec!["accounts".into()];
    assert_eq!(decided(&plan, &to(NEW_YORK)), "c");
    plan.trunks[0].partitions = vec!["trunks".into()];
    assert_eq!(decided(&plan, &to(NEW_YORK)), "b");
    let given = Call { partition: Some("given".into()), ..to(NEW_YORK) };
    plan.partitions[1].schedule = Some(Schedule::default());
    assert_eq!(decided(&plan, &given), "a", "one that is given needs no schedule");
    plan.partitions[1].active = false;
    assert_eq!(decided(&plan, &given), "b", "only if active");
    plan.partitions[2].active = false;
    assert_eq!(decided(&plan, &to(NEW_YORK)), "no_partition", "the trunk has a list: no other is asked");
    plan.trunks[0].partitions.clear();
    plan.accounts[0].partitions.clear();
    assert_eq!(decided(&plan, &to(NEW_YORK)), "b c a", "the default, where neither has a list");
    plan.partitions[0].limits.concurrent_calls_max = Some(0);
    assert_eq!(decided(&plan, &to(NEW_YORK)), "concurrency_exceeded");
}

#[test]
fn r2_9_an_hour_that_repeats_holds_twice_and_one_that_is_skipped_never() {
    let mut plan = three();
    let window = RecurringWindow { from_sec: 3_600, until_sec: 7_200, ..RecurringWindow::ALWAYS };
    let mut schedule = Schedule { time_zone: "America/New_York".into(), windows: vec![window] };
    plan.partitions[0].schedule = Some(schedule.clone());
    let at = |plan: &Plan, sec: i64| decided(plan, &Call { at_ns: sec * 1_000_000_000, ..to(NEW_YORK) });
    // 2026-11-01: 01:30 EDT is 05:30Z, 01:30 EST 06:30Z, 02:30 EST 07:30Z.
    assert_eq!(at(&plan, 1_793_511_000), "b c a");
    assert_eq!(at(&plan, 1_793_514_600), "b c a");
    assert_eq!(at(&plan, 1_793_518_200), "no_partition");
    // 2026-03-08: 01:59:59 EST is 06:59:59Z, then it is 03:00 EDT.
    schedule.windows[0] = RecurringWindow { from_sec: 7_200, until_sec: 10_800, ..window };
    plan.partitions[0].schedule = Some(schedule);
    assert_eq!(at(&plan, 1_772_953_199), "no_partition");
    assert_eq!(at(&plan, 1_772_953_200), "no_partition");
}

#[test]
fn r2_10_a_leg_drops_whose_first_hold_no_wallet_covers() {
    let mut plan = three();
    plan.settings.hold_interval_sec = 90;
    plan.accounts[0].wallets = vec![wallet("w", "0")];
    let with =
        |amount: i64| Live { available: vec![("acme".into(), "w".into(), amount)], ..Default::default() };
    // Minutes are billed: 90 s hold two of them. c holds 0.04, b 0.02, a 0.06.
    let answer = ask_live(&plan, &with(usd("0.04").0), &to(NEW_YORK));
    assert_eq!((outcome(&answer).as_str(), fate(&answer, "a")), ("b c", "insufficient_balance"));
    assert_eq!(outcome(&ask_live(&plan, &with(usd("0.019").0), &to(NEW_YORK))), "insufficient_balance");
    // Seconds: each bills 120.
    plan.accounts[0].wallets[0].kind = WalletKind::Seconds;
    assert_eq!(outcome(&ask_live(&plan, &with(119), &to(NEW_YORK))), "insufficient_balance");
    assert_eq!(outcome(&ask_live(&plan, &with(120), &to(NEW_YORK))), "b c a");
}

#[test]
fn r2_11_the_reject_is_the_first_of_the_list_that_any_route_has() {
    let mut plan = three();
    plan.partitions[0].rate_limit_per_min = Some(usd("0.005"));
    plan.accounts[0].min_margin = MinMargin::Amount(Nano(1));
    assert_eq!(decided(&plan, &to(NEW_YORK)), "over_rate_limit");
    // b is under the limit, and earns nothing: margin_protected stands behind over_rate_limit.
    plan.partitions[0].rate_limit_per_min = Some(usd("0.01"));
    let answer = ask(&plan, &to(NEW_YORK));
    assert_eq!((outcome(&answer).as_str(), fate(&answer, "b")), ("over_rate_limit", "margin_protected"));
    plan.accounts[0].min_margin = MinMargin::AllowLoss;
    plan.routes[1].limits.cps_milli = Some(1_000);
    let live = full(Owner::Route("b".into()), Dimension::Cps);
    assert_eq!(outcome(&ask_live(&plan, &live, &to(NEW_YORK))), "target_cps_exceeded");
    plan.routes.iter_mut().for_each(|route| route.active = false);
    assert_eq!(decided(&plan, &to(NEW_YORK)), "no_route");
}
