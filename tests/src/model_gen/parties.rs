//! Accounts and trunks: six that call without hindrance, and some with an odd rule each.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rating_core::money::Nano;
use rating_core::plan::*;
use rating_core::tariff::{Rounding, RoundingMode};

use super::names::{Numbers, digits};
use super::rng::Rng;
use super::times::ZONES;
use super::vendors::{PARTITIONS, limits};

/// Accounts that nothing hinders; others follow.
pub const PLAIN: usize = 5;
/// All accounts.
pub const ACCOUNTS: usize = 11;

fn screening(numbers: &Numbers, rng: &mut Rng) -> Screening {
    let all: Vec<String> = numbers.all().into_iter().cloned().collect();
    let prefix = |rng: &mut Rng, least: usize| {
        let number = rng.pick(&all);
        let len = (least + rng.below(7)).min(number.len());
        digits(&number[..len])
    };
    let blocked = |rng: &mut Rng| match rng.below(6) {
        0 => BlockedPrefix::AnyNpa976,
        1 => BlockedPrefix::Prefix(digits("1900")),
        _ => BlockedPrefix::Prefix(prefix(rng, 4)),
    };
    let countries = ["US", "CA", "GB", "PR", "JM", "RU"].map(String::from);
    let mut screening = Screening {
        blocked_ani: (0..rng.below(4)).map(|_| prefix(rng, 4)).collect(),
        allowed_ani: (0..rng.below(4)).map(|_| prefix(rng, 5)).collect(),
        blocked_dnis: (0..rng.below(5)).map(|_| blocked(rng)).collect(),
        allowed_dnis: (0..rng.below(5)).map(|_| prefix(rng, 4)).collect(),
        destination_classes: rng.maybe(40, |rng| rng.some(DestinationClass::ALL, 70)),
        countries: match rng.below(3) {
            0 => Countries::All,
            1 => Countries::Only(rng.some(&countries, 70)),
            _ => Countries::AllBut(rng.some(&countries[1..], 35)),
        },
    };
    screening.blocked_ani.sort();
    screening.blocked_ani.dedup();
    screening.allowed_ani.sort();
    screening.allowed_ani.dedup();
    screening.blocked_dnis.sort();
    screening.blocked_dnis.dedup();
    screening.allowed_dnis.sort();
    screening.allowed_dnis.dedup();
    screening
}

fn wallets(rng: &mut Rng) -> Vec<Wallet> {
    let count = 1 + rng.below(2);
    let wallet = |at: usize, rng: &mut Rng| Wallet {
        id: format!("wallet-{at}"),
        kind: *rng.pick(&[WalletKind::Money, WalletKind::Money, WalletKind::Seconds]),
        priority: *rng.pick(&[1, 1, 2]),
        threshold: *rng.pick(&[0, 0, 50, 80_000_000]),
        credit_limit: *rng.pick(&[0, 120, 30_000_000, 100_000_000]),
    };
    (0..count).map(|at| wallet(at, rng)).collect()
}

fn partitions(chance: usize, rng: &mut Rng) -> Vec<String> {
    let count = if rng.percent(chance) { 1 + rng.below(3) } else { 0 };
    let all: Vec<String> = (0..PARTITIONS).map(|at| format!("part-{at}")).collect();
    let mut chosen = rng.shuffled(all);
    chosen.truncate(count);
    chosen
}

fn cost_plus(rng: &mut Rng) -> CostPlus {
    CostPlus {
        margin_nano_percent: *rng.pick(&[0, 10_000_000_000, 33_333_333_333]),
        fixed_fee_per_min: Nano(*rng.pick(&[0, 0, 1_000_000, 333_333])),
        rounding: Rounding {
            mode: *rng.pick(&[RoundingMode::HalfUp, RoundingMode::Up, RoundingMode::HalfEven]),
            decimals: *rng.pick(&[9, 9, 5, 4]),
        },
    }
}

/// Accounts.
pub fn accounts(plan: &mut Plan, numbers: &Numbers, rng: &mut Rng) {
    for at in 0..ACCOUNTS {
        let odd = at >= PLAIN;
        // Who sells by a list, who at cost and more, who by both, and one by nothing.
        let (by_deck, by_cost) = match at {
            10 => (false, false),
            0 | 5 => (true, true),
            at if at % 2 == 0 => (true, false),
            _ => (false, true),
        };
        let min_margin = match rng.below(6) {
            0..=2 => MinMargin::Amount(Nano(0)),
            3 => MinMargin::AllowLoss,
            4 if odd => MinMargin::Amount(Nano(2_500_000)),
            4 => MinMargin::Amount(Nano(0)),
            _ => MinMargin::NanoPercent(if odd { 10_000_000_000 } else { 0 }),
        };
        let mut limits = limits(if odd { 15 } else { 3 }, if odd { 2 } else { 0 }, rng);
        if at == 1 {
            // Beside a trunk that is too fast.
            limits.cps_milli = Some(10_000_000);
        }
        plan.accounts.push(Account {
            id: format!("acct-{at}"),
            active: at != 9,
            sell_deck: by_deck.then(|| format!("sell-{}", 10 + rng.below(4))),
            sell_key: *rng.pick(&[SellKey::Dnis, SellKey::Lrn]),
            cost_plus: by_cost.then(|| cost_plus(rng)),
            min_margin,
            partitions: if odd { partitions(70, rng) } else { vec![format!("part-{}", rng.below(4))] },
            limits,
            time_zone: (*rng.pick(&ZONES)).into(),
            traffic: *rng.pick(TrafficClass::ALL),
            screening: if odd { screening(numbers, rng) } else { Screening::default() },
            wallets: if at == 6 || at == 7 || at == 1 && rng.percent(40) { wallets(rng) } else { Vec::new() },
        });
    }
}

fn network(a: u8, b: u8, prefix_len: u8) -> Network {
    let host_bits = u32::MAX.checked_shr(prefix_len.into()).unwrap_or(0);
    let address = Ipv4Addr::from(u32::from(Ipv4Addr::new(10, a, b, 0)) & !host_bits);
    Network { address: IpAddr::V4(address), prefix_len }
}

pub(super) fn dial_rule(prefix: &str, len: Option<u8>, strip: u8, add: &str) -> DialRule {
    let add = if add.is_empty() { Default::default() } else { digits(add) };
    DialRule { prefix: prefix.into(), len, strip, add }
}

fn dial_rules(rng: &mut Rng) -> Vec<DialRule> {
    let all = [
        dial_rule("9", Some(12), 1, ""),
        dial_rule("", Some(7), 0, "1303"),
        dial_rule("+0", None, 2, "44"),
        dial_rule("411", Some(3), 3, "13035550100"),
        dial_rule("0", Some(11), 1, "44"),
        dial_rule("55", Some(4), 0, "1"),
    ];
    rng.some(&all, 40)
}

/// Trunks: each account has one or more; some share an address, a user or a prefix.
pub fn trunks(plan: &mut Plan, numbers: &Numbers, rng: &mut Rng) {
    for at in 0..18u8 {
        let account = usize::from(at) % ACCOUNTS;
        let odd = at >= 10;
        let third = Ipv6Addr::new(0x2001, 0xdb8, at.into(), 0, 0, 0, 0, 0);
        let mut sources = vec![network(at, 0, 24)];
        if rng.percent(20) {
            sources.push(network(at, rng.below(2) as u8, 16 + 4 * rng.below(2) as u8));
        }
        if odd {
            // Within another trunk's network: the longer one takes the call.
            sources.push(Network {
                address: IpAddr::V4(Ipv4Addr::new(10, at - 10, 0, 128)),
                prefix_len: 25 + at % 2,
            });
        }
        if at == 17 {
            sources.push(network(0, 0, 8));
        }
        if rng.percent(20) {
            sources.push(Network { address: third.into(), prefix_len: 48 });
        }
        sources.sort_by_key(|network| (network.address, network.prefix_len));
        sources.dedup();
        let mut limits = limits(if odd { 10 } else { 2 }, if odd { 2 } else { 0 }, rng);
        match at {
            // Seldom reasons: half of the plans have a trunk that is too fast, half one that has nothing to spend.
            12 => limits.cps_milli = Some(1_000),
            13 if rng.percent(50) => limits.spend_per_day_max = Some(Nano(0)),
            _ => {}
        }
        plan.trunks.push(Trunk {
            id: format!("trunk-{}", (u16::from(at) * 5) % 18),
            account: format!("acct-{account}"),
            active: at != 16,
            sources,
            user: rng.maybe(40, |rng| format!("user-{}", rng.below(4))),
            tech_prefix: if at % 3 == 2 {
                (*rng.pick(&["8#", "77", "778", "*55", "1"])).into()
            } else {
                "".into()
            },
            dial_rules: if rng.percent(25) { dial_rules(rng) } else { Vec::new() },
            provider: rng.maybe(if odd { 50 } else { 10 }, |rng| format!("prov-{}", rng.below(10))),
            screening: if odd && rng.percent(50) { screening(numbers, rng) } else { Screening::default() },
            ani_required: odd && rng.percent(30),
            trust_lrn: rng.percent(60),
            partitions: if odd { partitions(30, rng) } else { Vec::new() },
            limits,
        });
    }
}
