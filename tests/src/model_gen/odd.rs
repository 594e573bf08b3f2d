//! Odd worlds: values at the ends of their ranges, and rules that stand in each other's way.
//!
//! A world is made as always, and then twisted here: weights of 0 and of four billion, priorities below zero, grace that
//! is as long as the reference call, blocks of a day, lists by OCN and by carrier that have dates and countries, tech prefixes
//! that are numbers' beginnings, area codes of services that a plan calls toll-free. Fewer calls route than in a world of
//! [`super::world`], which is not changed by what is drawn here.

use core::net::{IpAddr, Ipv4Addr};

use rating_core::money::Nano;
use rating_core::plan::*;
use rating_core::tariff::{Rounding, RoundingMode};

use super::World;
use super::names::digits;
use super::parties::dial_rule;
use super::rng::Rng;
use super::times::boundaries;

/// Twists a world.
pub fn twist(world: &mut World, rng: &mut Rng) {
    settings(&mut world.plan.settings, rng);
    dial_short_codes(world, rng);
    decks(world, rng);
    carriers(&mut world.plan, rng);
    partitions(&mut world.plan, rng);
    parties(world, rng);
    by_hand(world, rng);
    world.boundaries = boundaries(&world.plan, world.from, world.until);
}

fn settings(settings: &mut Settings, rng: &mut Rng) {
    settings.reference_duration_sec = *rng.pick(&[1, 6, 59, 60, 61, 3_600, 86_400]);
    settings.hold_interval_sec = *rng.pick(&[1, 59, 60, 61, 3_600, 86_400]);
    settings.toll_free_npas = rng.some(&[500, 700, 822, 900, 999], 25);
    let premium = ["1", "18", "1800", "1303", "44", "7", "1416", "442079460"];
    settings.premium_prefixes = rng.some(&premium.map(digits), 15);
    settings.emergency_numbers = rng.some(&["911", "77", "1303", "9911", "411"].map(digits), 40);
    settings.use_ani_lrn = rng.percent(80);
}

/// Codes that are the beginnings of others, of numbers and of rows.
fn dial_short_codes(world: &mut World, rng: &mut Rng) {
    let codes = ["1", "13", "130355", "44", "0", "01", "911", "77"].map(String::from);
    world.numbers.short.extend(rng.some(&codes, 40));
}

fn rounding(rng: &mut Rng) -> Rounding {
    let modes = [
        RoundingMode::Up,
        RoundingMode::Down,
        RoundingMode::HalfUp,
        RoundingMode::HalfEven,
        RoundingMode::None,
    ];
    Rounding { mode: *rng.pick(&modes), decimals: u8::try_from(rng.below(10)).expect("a digit") }
}

fn decks(world: &mut World, rng: &mut Rng) {
    let span = (world.from, world.until);
    let whole: Vec<String> = world.numbers.all().into_iter().cloned().collect();
    for deck in &mut world.plan.decks {
        deck.rounding = rounding(rng);
        let has_other_keys =
            deck.versions.iter().any(|version| !version.ocn_rows.is_empty() || !version.cic_rows.is_empty());
        for version in &mut deck.versions {
            if has_other_keys && rng.percent(30) {
                version.scope = Scope::Country(rng.some(&["US", "GB", "RU"].map(String::from), 40));
            }
            // Whole numbers, of up to 15 digits.
            for _ in 0..4 {
                let number = digits(rng.pick(&whole).as_str());
                if version.rows.iter().all(|row| row.prefix != number) {
                    let like = rng.pick(&version.rows).clone();
                    let like = like.with(|terms| (terms.starts, terms.ends) = (None, None));
                    version.rows.push(DeckRow { prefix: number, ..like });
                }
            }
            for row in &mut version.rows {
                if rng.percent(15) {
                    twist_terms(row.terms_mut(), rng);
                }
            }
            let other_rows = version.ocn_rows.iter_mut().map(|row| &mut row.row);
            for row in other_rows.chain(version.cic_rows.iter_mut().map(|row| &mut row.row)) {
                let (starts, ends) = dates(span, rng);
                let terms = row.terms_mut();
                (terms.starts, terms.ends) = (starts.or(terms.starts), ends.or(terms.ends));
            }
        }
    }
    for rate in &mut world.plan.currency_rates {
        rate.rate = Nano(*rng.pick(&[1_000, 999_999_999, 1_000_000_000, 1_000_000_001, 25_000_000_000_000]));
    }
}

fn dates(span: (i64, i64), rng: &mut Rng) -> (Option<i64>, Option<i64>) {
    (rng.maybe(15, |rng| rng.second(span)), rng.maybe(15, |rng| rng.second(span)))
}

fn twist_terms(terms: &mut RowTerms, rng: &mut Rng) {
    (terms.first_sec, terms.increment_sec) =
        *rng.pick(&[(1, 86_400), (86_400, 1), (7, 13), (59, 2), (61, 60), (3_600, 60), (604_800, 604_800)]);
    terms.grace_sec = *rng.pick(&[0, 1, 6, 59, 60, 61, 3_600, 86_400]);
    terms.connect_fee = Nano(*rng.pick(&[0, 1, 333_333_333]));
    terms.first_rate_per_min = rng.maybe(50, |rng| Nano(*rng.pick(&[0, 1, 99_999_999])));
}

fn carriers(plan: &mut Plan, rng: &mut Rng) {
    for route in &mut plan.routes {
        route.quality = *rng.pick(&[i32::MIN, -1, 0, 0, 1, i32::MAX]);
    }
    let mut more = Vec::new();
    for gateway in &mut plan.gateways {
        gateway.weight = *rng.pick(&[None, Some(0), Some(1), Some(u32::MAX)]);
        gateway.priority = *rng.pick(&[i32::MIN, -1, 0, 0, 0, i32::MAX]);
        // More than eight of one route.
        for copy in 0..if rng.percent(5) { 9 } else { 0 } {
            let id = format!("{}-{copy}", gateway.id);
            more.push(Gateway { id, ..gateway.clone() });
        }
    }
    plan.gateways.extend(more);
}

fn partitions(plan: &mut Plan, rng: &mut Rng) {
    let routes: Vec<String> = plan.routes.iter().map(|route| route.id.clone()).collect();
    for partition in &mut plan.partitions {
        let weighs = rng.percent(60);
        for member in &mut partition.members {
            let weights = [None, Some(0), Some(0), Some(1), Some(u32::MAX)];
            member.weight = if weighs { *rng.pick(&weights) } else { None };
            member.priority = *rng.pick(&[i32::MIN, -1, 0, 0, i32::MAX]);
        }
        // One member, or all.
        match rng.below(6) {
            0 => partition.members.truncate(1),
            1 => {
                for route in &routes {
                    if partition.members.iter().all(|member| member.route != *route) {
                        partition.members.push(Member { route: route.clone(), ..Default::default() });
                    }
                }
            }
            _ => {}
        }
        partition.min_quality = rng.maybe(15, |rng| *rng.pick(&[i32::MIN, 0, 1, i32::MAX]));
        partition.rate_limit_per_min =
            rng.maybe(10, |rng| Nano(*rng.pick(&[0, 1, 10_000_000, 1_000_000_000])));
    }
}

fn parties(world: &mut World, rng: &mut Rng) {
    let all: Vec<String> = world.numbers.all().into_iter().cloned().collect();
    for account in &mut world.plan.accounts {
        account.min_margin = match rng.below(10) {
            0 => MinMargin::NanoPercent(100_000_000_000),
            1 => MinMargin::NanoPercent(33_333_333_333),
            2 => MinMargin::Amount(Nano(1)),
            3 => account.min_margin,
            _ => MinMargin::AllowLoss,
        };
        if let Some(terms) = &mut account.cost_plus {
            terms.margin_nano_percent = *rng.pick(&[0, 1_000_000_000, 99_000_000_000, 1_000_000_000_000]);
            terms.fixed_fee_per_min = Nano(*rng.pick(&[0, 1, 1_000_000_000]));
            terms.rounding = rounding(rng);
        }
        if rng.percent(15) {
            account.screening = screening(&all, rng);
        }
    }
    for trunk in &mut world.plan.trunks {
        if rng.percent(15) {
            trunk.tech_prefix = (*rng.pick(&["1303", "0", "00", "011", "9", "911", "44", "*#"])).into();
        }
        if rng.percent(10) {
            trunk.dial_rules = dial_rules(rng);
        }
        if rng.percent(10) {
            trunk.screening = screening(&all, rng);
        }
        if rng.percent(5) {
            trunk.sources.push(Network { address: IpAddr::V4(Ipv4Addr::UNSPECIFIED), prefix_len: 0 });
        }
        trunk.sources.sort_by_key(|network| (network.address, network.prefix_len));
        trunk.sources.dedup();
    }
}

fn dial_rules(rng: &mut Rng) -> Vec<DialRule> {
    let all = [
        dial_rule("+", None, 1, ""),
        dial_rule("+1", Some(12), 1, ""),
        dial_rule("", Some(10), 0, "1"),
        dial_rule("1", None, 200, "13035550100"),
        dial_rule("00", None, 2, ""),
        dial_rule("911", None, 0, "1303"),
    ];
    rng.some(&all, 30)
}

fn screening(all: &[String], rng: &mut Rng) -> Screening {
    let whole = |rng: &mut Rng| digits(rng.pick(all).as_str());
    let short = |rng: &mut Rng| *rng.pick(&["1", "13", "1303", "18", "4", "44", "1900"].map(digits));
    Screening {
        blocked_ani: rng.maybe(30, whole).into_iter().collect(),
        allowed_ani: rng.maybe(30, short).into_iter().collect(),
        blocked_dnis: [
            rng.maybe(40, |rng| BlockedPrefix::Prefix(short(rng))),
            rng.maybe(40, |_| BlockedPrefix::AnyNpa976),
        ]
        .into_iter()
        .flatten()
        .collect(),
        allowed_dnis: rng.maybe(60, short).into_iter().chain([whole(rng)]).collect(),
        destination_classes: rng.maybe(10, |_| Vec::new()),
        countries: match rng.below(4) {
            0 => Countries::Only(Vec::new()),
            1 => Countries::AllBut(Vec::new()),
            2 => Countries::AllBut(vec!["PR".into(), "RU".into()]),
            _ => Countries::All,
        },
    }
}

fn by_hand(world: &mut World, rng: &mut Rng) {
    let (plan, numbers) = (&mut world.plan, &world.numbers);
    for o in &mut plan.overrides {
        if rng.percent(20) {
            o.custom_rate_per_min = Some(Nano(*rng.pick(&[0, 1, 1_000_000_000])));
        }
        // Of one rank but for their ids.
        if rng.percent(20) {
            (o.trunk, o.window, o.valid_from, o.valid_until) = (None, None, None, None);
            o.prefix = Some(*rng.pick(&["1", "13", "1303", "44"].map(digits)));
        }
    }
    for (at, code) in numbers.short.iter().enumerate().skip(3) {
        plan.overrides.push(Override {
            id: format!("short-{at}"),
            prefix: Some(digits(code)),
            custom_rate_per_min: Some(Nano(50_000_000)),
            ..Default::default()
        });
    }
    let number = rng.pick(&numbers.us).clone();
    if plan.dids.iter().all(|did| did.number.as_str() != number) {
        let campaign = |at| DidCampaign { partition: format!("part-{at}"), priority: i32::MIN };
        let account = rng.pick(&plan.accounts).id.clone();
        plan.dids.push(Did { number: digits(&number), account, campaigns: vec![campaign(3), campaign(2)] });
    }
}
