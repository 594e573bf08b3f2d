//! Values that many things have: ids, amounts, caps, schedules, lists.

use proptest::prelude::*;
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::{
    BlockedPrefix, CountedCalls, Countries, DestinationClass, IjPolicy, Limits, Network, Period,
    RecurringWindow, Schedule, Screening, UtcSec, VolumeLimit, Wallet, WalletKind,
};
use rating_core::tariff::{Rounding, RoundingMode};

pub fn id() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_.-]{1,12}"
}

pub fn nano() -> impl Strategy<Value = Nano> {
    prop_oneof![(0i64..100_000_000_000).prop_map(Nano), Just(Nano::ZERO), Just(Nano(i64::MAX))]
}

/// Any of a list.
pub fn one_of<T: Clone + std::fmt::Debug + 'static>(values: &[T]) -> impl Strategy<Value = T> + use<T> {
    prop::sample::select(values.to_vec())
}

/// None, or some of a list, which may be none of them.
pub fn some_of<T: Clone + std::fmt::Debug + 'static>(
    values: &[T],
) -> impl Strategy<Value = Option<Vec<T>>> + use<T> {
    prop::option::of(prop::sample::subsequence(values.to_vec(), 0..=values.len()))
}

pub fn digits(pattern: &'static str) -> impl Strategy<Value = Digits> {
    pattern.prop_map(|text: String| Digits::new(text.as_bytes()).unwrap())
}

pub fn prefix() -> BoxedStrategy<Digits> {
    prop_oneof![
        digits("[1-9][0-9]{0,14}"),
        one_of(&["900", "976", "1900", "9761"]).prop_map(|text| { Digits::new(text.as_bytes()).unwrap() })
    ]
    .boxed()
}

/// Up to sixty, so that some lists are files.
pub fn prefixes() -> BoxedStrategy<Vec<Digits>> {
    prop_oneof![3 => prop::collection::vec(prefix(), 0..4), 1 => prop::collection::vec(prefix(), 41..60)]
        .boxed()
}

pub fn instant() -> impl Strategy<Value = UtcSec> {
    -62_000_000_000i64..250_000_000_000
}

/// From when and until when, in this order.
pub fn validity() -> BoxedStrategy<(Option<UtcSec>, Option<UtcSec>)> {
    (prop::option::of(instant()), prop::option::of(250_000_000_000i64..250_000_000_999)).boxed()
}

pub fn limits() -> BoxedStrategy<Limits> {
    let cps = prop::option::of((1u64..=1_000_000_000, prop::option::of(1u32..)));
    let periods = [Period::Hour, Period::Day, Period::Month, Period::Total];
    let counts = [CountedCalls::Attempts, CountedCalls::Answered, CountedCalls::Billable];
    let volume = (one_of(&periods), one_of(&counts), any::<u32>());
    let volume = volume.prop_map(|(period, counts, calls_max)| VolumeLimit { period, counts, calls_max });
    let amounts = (prop::option::of(any::<u32>()), prop::option::of(any::<u32>()), prop::option::of(nano()));
    (cps, prop::collection::vec(volume, 0..3), amounts)
        .prop_map(|(cps, mut volumes, amounts)| {
            volumes.sort_by_key(|volume| (volume.period, volume.counts));
            volumes.dedup_by_key(|volume| (volume.period, volume.counts));
            Limits {
                cps_milli: cps.map(|(milli, _)| milli),
                cps_burst: cps.and_then(|(_, burst)| burst),
                concurrent_calls_max: amounts.0,
                volumes,
                minutes_per_month_max: amounts.1,
                spend_per_day_max: amounts.2,
            }
        })
        .boxed()
}

pub fn time_zone() -> BoxedStrategy<String> {
    one_of(&["", "UTC", "America/New_York", "Asia/Kolkata", "Etc/GMT+5"]).prop_map(str::to_owned).boxed()
}

pub fn schedule() -> BoxedStrategy<Schedule> {
    let all = RecurringWindow::ALWAYS;
    let days = prop_oneof![Just(all.days), 1u8..=0x7f];
    let month_days = prop_oneof![Just(all.month_days), 1u32..=0x7fff_ffff];
    let months = prop_oneof![Just(all.months), 1u16..=0x0fff];
    let until = prop_oneof![Just(86_400u32), 0u32..=86_400];
    let window = (days, month_days, months, 0u32..86_400, until).prop_map(
        |(days, month_days, months, from_sec, until_sec)| RecurringWindow {
            days,
            month_days,
            months,
            from_sec,
            until_sec,
        },
    );
    (time_zone(), prop::collection::vec(window, 0..3))
        .prop_map(|(time_zone, windows)| Schedule { time_zone, windows })
        .boxed()
}

pub fn screening() -> BoxedStrategy<Screening> {
    let blocked = prop_oneof![prefix().prop_map(BlockedPrefix::Prefix), Just(BlockedPrefix::AnyNpa976)];
    let blocked = prop_oneof![
        3 => prop::collection::vec(blocked.clone(), 0..4),
        1 => prop::collection::vec(blocked, 41..60),
    ];
    let list = || prop::collection::vec("[A-Z]{2}", 0..4);
    let countries = prop_oneof![
        Just(Countries::All),
        list().prop_map(Countries::Only),
        list().prop_map(Countries::AllBut),
    ];
    (prefixes(), prefixes(), blocked, prefixes(), some_of(DestinationClass::ALL), countries)
        .prop_map(|(blocked_ani, allowed_ani, blocked_dnis, allowed_dnis, destination_classes, countries)| {
            Screening { blocked_ani, allowed_ani, blocked_dnis, allowed_dnis, destination_classes, countries }
        })
        .boxed()
}

pub fn wallets() -> BoxedStrategy<Vec<Wallet>> {
    let kind = one_of(&[WalletKind::Money, WalletKind::Seconds]);
    let wallet = (id(), kind, any::<i32>(), 0i64.., 0i64..).prop_map(
        |(id, kind, priority, threshold, credit_limit)| Wallet {
            id,
            kind,
            priority,
            threshold,
            credit_limit,
        },
    );
    prop::collection::vec(wallet, 0..3)
        .prop_map(|mut wallets| {
            wallets.sort_by(|a, b| a.id.cmp(&b.id));
            wallets.dedup_by(|a, b| a.id == b.id);
            wallets
        })
        .boxed()
}

pub fn rounding() -> impl Strategy<Value = Rounding> {
    use RoundingMode::{Down, HalfEven, HalfUp, None, Up};
    (prop::sample::select(vec![Up, Down, HalfUp, HalfEven, None]), 0u8..=9)
        .prop_map(|(mode, decimals)| Rounding { mode, decimals })
}

pub fn ij_policy() -> impl Strategy<Value = IjPolicy> {
    use IjPolicy::{Higher, Interstate, Intrastate, Reject};
    prop::sample::select(vec![Higher, Interstate, Intrastate, Reject])
}

pub fn network() -> impl Strategy<Value = Network> {
    prop_oneof![
        (any::<u32>(), 0u8..=32).prop_map(|(bits, prefix_len)| {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix_len)).unwrap_or(0);
            Network { address: std::net::Ipv4Addr::from_bits(bits & mask).into(), prefix_len }
        }),
        // From 2000::/3, so that none is an IPv4 address in disguise.
        (any::<u128>(), 3u8..=128).prop_map(|(bits, prefix_len)| {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix_len)).unwrap_or(0);
            let bits = ((bits >> 3) | (1 << 125)) & mask;
            Network { address: std::net::Ipv6Addr::from_bits(bits).into(), prefix_len }
        }),
    ]
}
