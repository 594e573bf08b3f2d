//! Section 9 worked by hand, and against a model that counts seconds.

use crate::schedule::Recurrence;
use std::vec::Vec;

use proptest::prelude::*;

use super::super::deck::DeckTariff;
use super::super::round::RoundingMode;
use super::super::window::OffsetChange;
use super::*;

const CENT: i64 = 10_000_000;
/// Monday 2026-11-16T00:00:00Z.
const MONDAY: i64 = 1_794_787_200;
const H: i64 = 3_600;

fn step(from_sec: u32, rate_nano: i64, per_sec: u32, increment_sec: u32) -> Step {
    Step { from_sec, rate: Nano(rate_nano), per_sec, increment_sec }
}

fn tariff(steps: &[Step]) -> Tariff<'_> {
    Tariff {
        connect_fee: Nano::ZERO,
        free_sec: 0,
        grace_sec: 0,
        steps,
        windows: &[],
        zone: UtcOffsets::UTC,
        at_window: AtWindow::Pin,
        min_cost: None,
        max_cost: None,
        at_max_cost: AtMaxCost::Free,
        rounding: Rounding::DEFAULT,
    }
}

fn window(from_sec: u32, until_sec: u32, fee_nano: i64, steps: &[Step]) -> Window<'_> {
    Window {
        when: Recurrence { from_sec, until_sec, ..Recurrence::ALWAYS },
        connect_fee: Nano(fee_nano),
        steps,
    }
}

/// Cost in nano-units and seconds billed, of a call answered on Monday at midnight.
fn price(tariff: &Tariff<'_>, duration_sec: u32) -> (i64, u64) {
    price_at(tariff, duration_sec, MONDAY)
}

fn price_at(tariff: &Tariff<'_>, duration_sec: u32, at: i64) -> (i64, u64) {
    let priced = tariff.price(duration_sec, at).unwrap();
    (priced.cost.0, priced.billed_sec)
}

#[test]
fn r9_1_no_seconds_cost_nothing() {
    let steps = [step(0, 6 * CENT, 60, 60)];
    let mut tariff = tariff(&steps);
    tariff.connect_fee = Nano(CENT);
    tariff.min_cost = Some(Nano(CENT));
    assert_eq!(price(&tariff, 0), (0, 0));
}

#[test]
fn r9_2_free_seconds_are_never_billed_and_steps_count_from_their_end() {
    // 61 s, 10 free, 60/60 at 0.06: one block.
    let steps = [step(0, 6 * CENT, 60, 60)];
    let mut tariff = tariff(&steps);
    tariff.free_sec = 10;
    assert_eq!(price(&tariff, 61), (6 * CENT, 60));
    assert_eq!(price(&tariff, 70), (6 * CENT, 60));
    assert_eq!(price(&tariff, 71), (12 * CENT, 120));
    assert_eq!(price(&tariff, 10), (0, 0));
    // They do not waive the fee.
    tariff.connect_fee = Nano(CENT);
    assert_eq!(price(&tariff, 10), (CENT, 0));
    assert_eq!(price(&tariff, 0), (0, 0));
}

#[test]
fn r9_2_grace_frees_short_calls_and_bills_longer_ones_from_the_first_second() {
    let steps = [step(0, CENT, 1, 1)];
    let mut graced = tariff(&steps);
    graced.grace_sec = 5;
    graced.connect_fee = Nano(3);
    graced.min_cost = Some(Nano(7));
    assert_eq!(price(&graced, 5), (0, 0));
    assert_eq!(price(&graced, 6), (6 * CENT + 3, 6));
    // Ignored where the first block is longer than it.
    let sixes = [step(0, CENT, 1, 6)];
    graced.steps = &sixes;
    assert_eq!(price(&graced, 5), (6 * CENT + 3, 6));
    graced.grace_sec = 6;
    assert_eq!(price(&graced, 6), (0, 0));
}

#[test]
fn r9_3_thirty_six_bills_thirty_six_seconds_for_thirty_one() {
    let steps = [step(0, 6 * CENT, 60, 30), step(30, 6 * CENT, 60, 6)];
    let tariff = tariff(&steps);
    for (duration, billed) in [(1, 30), (30, 30), (31, 36), (36, 36), (37, 42), (90, 90)] {
        assert_eq!(price(&tariff, duration), (i64::from(billed) * 1_000_000, billed as u64));
    }
}

#[test]
fn r9_3_blocks_are_never_cut_by_a_step() {
    // The second step begins at 30, inside the first block of 60: it prices from 60 on.
    let steps = [step(0, 60, 60, 60), step(30, 600, 60, 6)];
    assert_eq!(price(&tariff(&steps), 61), (60 + 60, 66));
    // The order of the list does not matter.
    let turned = [steps[1], steps[0]];
    assert_eq!(price(&tariff(&turned), 61), (120, 66));
}

#[test]
fn r9_3_rates_may_be_for_any_seconds() {
    // 5 nano for each 3 s, blocks of 1 s: 7 s are 35/3, 11.67.
    let steps = [step(0, 5, 3, 1)];
    assert_eq!(price(&tariff(&steps), 7), (12, 7));
    // 1/3 in the first second and 1/7 a second later: 1/3 + 2/7 = 13/21.
    let odd = [step(0, 1, 3, 1), step(1, 1, 7, 1)];
    assert_eq!(price(&tariff(&odd), 3), (1, 3));
}

#[test]
fn r9_4_fee_then_minimum_then_maximum() {
    let steps = [step(0, 6 * CENT, 60, 60)];
    let mut tariff = tariff(&steps);
    tariff.connect_fee = Nano(CENT);
    tariff.min_cost = Some(Nano(8 * CENT));
    tariff.max_cost = Some(Nano(15 * CENT));
    assert_eq!(price(&tariff, 1), (8 * CENT, 60), "7 is under the minimum");
    assert_eq!(price(&tariff, 61), (13 * CENT, 120));
    assert_eq!(price(&tariff, 121), (15 * CENT, 180), "19 is over the maximum; the rest is free");
    // Where they contradict, the maximum is applied last.
    tariff.max_cost = Some(Nano(5 * CENT));
    assert_eq!(price(&tariff, 1).0, 5 * CENT);
}

#[test]
fn r9_4_disconnect_names_the_second() {
    let steps = [step(0, 6 * CENT, 60, 60), step(60, 6 * CENT, 60, 6)];
    let mut tariff = tariff(&steps);
    tariff.connect_fee = Nano(CENT);
    // 0.01 + 0.06 for 60 s + 0.006 for each 6 s: 0.1 is reached after five of them, at 90 s exactly.
    tariff.max_cost = Some(Nano(10 * CENT));
    tariff.at_max_cost = AtMaxCost::Disconnect;
    let at = |tariff: &Tariff<'_>, duration| tariff.price(duration, MONDAY).unwrap().disconnect_at_sec;
    assert_eq!(at(&tariff, 90), None);
    assert_eq!(at(&tariff, 91), Some(90));
    assert_eq!(at(&tariff, 4_000), Some(90));
    tariff.free_sec = 7;
    assert_eq!(at(&tariff, 4_000), Some(97));
    assert_eq!(price(&tariff, 4_000).0, 10 * CENT);
    tariff.connect_fee = Nano(11 * CENT);
    assert_eq!(at(&tariff, 20), Some(7), "the fee alone is beyond");
    tariff.at_max_cost = AtMaxCost::Free;
    assert_eq!(at(&tariff, 4_000), None);
}

#[test]
fn r9_4_rounded_once_by_mode_and_decimals() {
    // 1 s at 0.0333 a minute: 555_000 nano exactly; with 10 s 5_550_000.
    let steps = [step(0, 33_300_000, 60, 1)];
    let mut tariff = tariff(&steps);
    let mut cost = |mode, decimals, duration| {
        tariff.rounding = Rounding { mode, decimals };
        price(&tariff, duration).0
    };
    assert_eq!(cost(RoundingMode::HalfUp, 9, 1), 555_000);
    assert_eq!(cost(RoundingMode::HalfUp, 4, 10), 5_600_000, "0.00555 is halfway");
    assert_eq!(cost(RoundingMode::HalfEven, 4, 10), 5_600_000);
    assert_eq!(cost(RoundingMode::HalfEven, 4, 30), 16_600_000, "0.01665 is halfway, 166 is even");
    assert_eq!(cost(RoundingMode::HalfUp, 4, 30), 16_700_000);
    assert_eq!(cost(RoundingMode::Up, 2, 1), CENT);
    assert_eq!(cost(RoundingMode::Down, 2, 17), 0);
    assert_eq!(cost(RoundingMode::None, 2, 1), 555_000);
}

#[test]
fn r9_5_pin_keeps_the_window_of_the_answer() {
    let (day, night) = ([step(0, 60, 60, 60)], [step(0, 600, 60, 60)]);
    let windows = [window(18 * 3_600, 86_400, 5, &night)];
    let mut tariff = tariff(&day);
    tariff.windows = &windows;
    tariff.connect_fee = Nano(1);
    // 90 s answered a minute before 18:00, and at 18:00.
    assert_eq!(price_at(&tariff, 90, MONDAY + 18 * H - 60), (1 + 120, 120));
    assert_eq!(price_at(&tariff, 90, MONDAY + 18 * H), (5 + 1_200, 120));
}

#[test]
fn r9_5_split_prices_each_block_by_its_first_second() {
    let (day, night) = ([step(0, 60, 60, 60)], [step(0, 600, 60, 60)]);
    let windows = [window(18 * 3_600, 86_400, 5, &night)];
    let mut tariff = tariff(&day);
    tariff.windows = &windows;
    tariff.connect_fee = Nano(1);
    tariff.at_window = AtWindow::Split;
    // Answered 61 s before 18:00: blocks begin 61 s and 1 s before, then 59 s after. The first fee alone.
    assert_eq!(price_at(&tariff, 121, MONDAY + 18 * H - 61), (1 + 60 + 60 + 600, 180));
    assert_eq!(price_at(&tariff, 121, MONDAY + 18 * H - 60), (1 + 60 + 600 + 600, 180));
    // Out of the window again at midnight; its fee stays.
    assert_eq!(price_at(&tariff, 120, MONDAY + 24 * H - 60), (5 + 600 + 60, 120));
}

#[test]
fn r9_5_split_counts_steps_from_the_answer_in_every_window() {
    let day = [step(0, 60, 60, 30), step(30, 60, 60, 6)];
    let night = [step(0, 600, 60, 30), step(60, 6_000, 60, 12)];
    let windows = [window(18 * 3_600, 86_400, 0, &night)];
    let mut tariff = tariff(&day);
    tariff.windows = &windows;
    tariff.at_window = AtWindow::Split;
    // Answered at 17:59:24. 0–30 by day: 30. 30–36: 6. At 36 it is 18:00: the night's step from 0 still
    // holds, 30 s at 600: 300. At 66 its step from 60: 12 s at 6_000: 1_200 each.
    let at = MONDAY + 18 * H - 36;
    assert_eq!(price_at(&tariff, 36, at), (36, 36));
    assert_eq!(price_at(&tariff, 37, at), (336, 66));
    assert_eq!(price_at(&tariff, 67, at), (1_536, 78));
    assert_eq!(price_at(&tariff, 79, at), (2_736, 90));
    // With free seconds, the steps count from their end: 6 s later by the clock.
    tariff.free_sec = 6;
    assert_eq!(price_at(&tariff, 42, at - 6), (36, 36));
    assert_eq!(price_at(&tariff, 43, at - 6), (336, 66));
}

#[test]
fn r9_5_denver_days_of_23_and_25_hours() {
    // 2026-03-08 09:00Z: 02:00 MST becomes 03:00 MDT. 2026-11-01 08:00Z: 02:00 MDT becomes 01:00 MST.
    let (spring, autumn) = (1_772_960_400, 1_793_520_000);
    let changes = [
        OffsetChange { at_utc_sec: spring, offset_sec: -6 * 3_600 },
        OffsetChange { at_utc_sec: autumn, offset_sec: -7 * 3_600 },
    ];
    let (own, sunday) = ([step(0, 1, 1, 1)], [step(0, 1_000, 1, 1)]);
    let mut windows = [window(0, 0, 0, &sunday)];
    windows[0].when.days = 1 << 6;
    let mut tariff = tariff(&own);
    tariff.windows = &windows;
    tariff.zone = UtcOffsets { before_sec: -7 * 3_600, changes: &changes };
    tariff.at_window = AtWindow::Split;
    // 30 hours from Sunday's midnight: 23 of them on Sunday in spring, 25 in autumn.
    assert_eq!(price_at(&tariff, 30 * 3_600, spring - 2 * H).0, 23 * 3_600 * 1_000 + 7 * 3_600);
    assert_eq!(price_at(&tariff, 30 * 3_600, autumn - 2 * H).0, 25 * 3_600 * 1_000 + 5 * 3_600);
    // From 01:00 until 02:00 holds twice in autumn.
    let early = [window(3_600, 7_200, 0, &sunday)];
    tariff.windows = &early;
    assert_eq!(price_at(&tariff, 4 * 3_600, autumn - 2 * H).0, 7_200 * 1_000 + 7_200);
}

#[test]
fn r9_7_long_calls_end_and_repeat() {
    let (own, busy) = ([step(0, 7, 60, 1)], [step(0, 11, 60, 1)]);
    let windows = [window(8 * 3_600, 18 * 3_600, 0, &busy)];
    let mut tariff = tariff(&own);
    tariff.windows = &windows;
    tariff.at_window = AtWindow::Split;
    let first = tariff.price(u32::MAX, MONDAY).unwrap();
    assert_eq!(first.billed_sec, u64::from(u32::MAX));
    assert_eq!(tariff.price(u32::MAX, MONDAY), Ok(first));
}

#[test]
fn tariffs_that_are_none_are_refused() {
    let good = [step(0, 1, 60, 60)];
    let late = [step(1, 1, 60, 60)];
    assert_eq!(tariff(&[]).price(1, MONDAY), Err(TariffError::NoPrice));
    assert_eq!(tariff(&late).price(1, MONDAY), Err(TariffError::NoStepAtZero));
    assert_eq!(tariff(&[step(0, 1, 0, 60)]).price(1, MONDAY), Err(TariffError::EmptyStep));
    assert_eq!(tariff(&[step(0, 1, 60, 0)]).price(1, MONDAY), Err(TariffError::EmptyStep));
    let windows = [window(8 * 3_600, 9 * 3_600, 0, &good)];
    let mut gap = tariff(&[]);
    gap.windows = &windows;
    assert_eq!(gap.price(1, MONDAY), Err(TariffError::NoPrice));
    assert_eq!(price_at(&gap, 1, MONDAY + 8 * H).0, 1);
    let windows = [window(86_400, 0, 0, &good)];
    gap.windows = &windows;
    assert_eq!(gap.price(1, MONDAY), Err(TariffError::WindowBeyondDay));
    let dear = [step(0, i64::MAX, 1, 1)];
    assert_eq!(tariff(&dear).price(2, MONDAY), Err(TariffError::OutOfRange));
}

/// Denver's clock goes forward on 2026-03-08, and back on 2026-11-01.
const SPRING: i64 = 1_772_960_400;
const AUTUMN: i64 = 1_793_520_000;
const DENVER: UtcOffsets<'static> = UtcOffsets {
    before_sec: -7 * 3_600,
    changes: &[
        OffsetChange { at_utc_sec: SPRING, offset_sec: -6 * 3_600 },
        OffsetChange { at_utc_sec: AUTUMN, offset_sec: -7 * 3_600 },
    ],
};

/// Second by second, as the rules say it; the windows by brute force over days.
fn model(tariff: &Tariff<'_>, duration_sec: u32, answered: i64) -> (i64, u64) {
    /// A multiple of every `per_sec` that is drawn.
    const SCALE: i128 = 25_200;
    let offset = |at: i64| {
        let mut offset = tariff.zone.before_sec;
        for change in tariff.zone.changes {
            if at >= change.at_utc_sec {
                offset = change.offset_sec;
            }
        }
        i64::from(offset)
    };
    // Between one change of the clock and the next it shows each second once.
    let shown_from = |clock: i64| {
        let starts = tariff.zone.changes.iter().map(|change| change.at_utc_sec);
        let spans = [i64::MIN].into_iter().chain(starts.clone()).zip(starts.chain([i64::MAX]));
        let first = |(start, end): (i64, i64)| {
            let at = start.max(clock - offset(start));
            (at < end).then_some(at)
        };
        spans.into_iter().find_map(first).unwrap()
    };
    let window_at = |at: i64| {
        let clock = at + offset(at);
        let mut best: Option<(i64, &Window<'_>)> = None;
        for window in tariff.windows {
            for day in clock.div_euclid(86_400) - 1..=clock.div_euclid(86_400) {
                let weekday = u8::try_from((day + 3).rem_euclid(7)).unwrap(); // 0 is Monday
                let begins = day * 86_400 + i64::from(window.when.from_sec);
                let later = if window.when.until_sec <= window.when.from_sec { 86_400 } else { 0 };
                let ends = day * 86_400 + i64::from(window.when.until_sec) + later;
                let on = window.when.days >> weekday & 1 == 1;
                let began = shown_from(begins);
                if on && (begins..ends).contains(&clock) && best.is_none_or(|(latest, _)| began > latest) {
                    best = Some((began, window));
                }
            }
        }
        best.map(|(_, window)| window)
    };
    let pinned = window_at(answered);
    let mut cost = i128::from(pinned.map_or(tariff.connect_fee, |window| window.connect_fee).0) * SCALE;
    let (mut billed, mut block_left, mut first_block) = (0u64, 0u32, 0u32);
    // One turn more than needed finds the first block of calls that end within the free seconds.
    for second in 0..duration_sec.max(tariff.free_sec + 1) {
        if second < tariff.free_sec {
            continue;
        }
        if block_left == 0 {
            let now = if tariff.at_window == AtWindow::Split {
                window_at(answered + i64::from(second))
            } else {
                pinned
            };
            let steps = now.map_or(tariff.steps, |window| window.steps);
            let step = steps.iter().rfind(|step| step.from_sec <= second - tariff.free_sec).unwrap();
            block_left = step.increment_sec;
            first_block = if first_block == 0 { block_left } else { first_block };
            if second < duration_sec {
                let block = i128::from(step.rate.0) * i128::from(block_left);
                cost += block * SCALE / i128::from(step.per_sec);
                billed += u64::from(block_left);
            }
        }
        block_left -= 1;
    }
    if duration_sec == 0 || (duration_sec <= tariff.grace_sec && first_block <= tariff.grace_sec) {
        return (0, 0);
    }
    let least = tariff.min_cost.map_or(i128::MIN, |least| i128::from(least.0) * SCALE);
    let highest = tariff.max_cost.map_or(i128::MAX, |highest| i128::from(highest.0) * SCALE);
    cost = cost.max(least).min(highest);
    // Half up to nine decimals: the rounding has tests of its own.
    (i64::try_from((2 * cost + SCALE) / (2 * SCALE)).unwrap(), billed)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let per = prop::sample::select(std::vec![1u32, 6, 7, 10, 30, 60, 3_600]);
    let one = (1u32..90, 0i64..1_000_000, per, 1u32..75);
    prop::collection::vec(one, 1..4).prop_map(|drawn| {
        let mut from_sec = 0;
        let mut steps = Vec::new();
        for (length, rate, per_sec, increment_sec) in drawn {
            steps.push(step(from_sec, rate, per_sec, increment_sec));
            from_sec += length;
        }
        steps
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn s9_agrees_with_counting_seconds(
        own in steps(),
        inner in prop::collection::vec((steps(), 0u32..48, 0u32..49, 1u8..0x80, 0i64..9), 0..4),
        (free_sec, grace_sec, duration_sec) in (0u32..40, 0u32..40, 0u32..400),
        long in prop::bool::weighted(0.3),
        split in any::<bool>(),
        least in prop::option::of(0i64..2_000_000),
        highest in prop::option::of(0i64..9_000_000),
        // Around a change of Denver's clock, to the half hour less some seconds.
        near in prop::sample::select(std::vec![SPRING, AUTUMN]),
        (half_hours, before) in (-96i64..96, 0i64..120),
    ) {
        let windows: Vec<Window<'_>> = inner
            .iter()
            .map(|(steps, from, until, days, fee)| {
                let mut window = window(from * 1_800, until * 1_800, *fee, steps);
                window.when.days = *days;
                window
            })
            .collect();
        let tariff = Tariff {
            connect_fee: Nano(3),
            free_sec,
            grace_sec,
            windows: &windows,
            zone: DENVER,
            at_window: if split { AtWindow::Split } else { AtWindow::Pin },
            min_cost: least.map(Nano),
            max_cost: highest.map(Nano),
            ..tariff(&own)
        };
        let duration = if long { duration_sec * 30 } else { duration_sec };
        let answered = near + half_hours * 1_800 - before;
        prop_assert_eq!(price_at(&tariff, duration, answered), model(&tariff, duration, answered));
    }

    #[test]
    fn s9_calls_over_a_change_of_the_clock_agree_too(
        own in steps(),
        inner in prop::collection::vec((steps(), 0u32..12, 0u32..12), 1..4),
        near in prop::sample::select(std::vec![SPRING, AUTUMN]),
        (before_sec, duration_sec) in (0i64..9_000, 0u32..14_400),
    ) {
        let windows: Vec<Window<'_>> =
            inner.iter().map(|(steps, from, until)| window(from * 1_800, until * 1_800, 0, steps)).collect();
        let tariff =
            Tariff { windows: &windows, zone: DENVER, at_window: AtWindow::Split, ..tariff(&own) };
        let answered = near - before_sec;
        prop_assert_eq!(price_at(&tariff, duration_sec, answered), model(&tariff, duration_sec, answered));
    }

    #[test]
    fn s9_a_deck_prices_as_the_steps_that_it_stands_for(
        (first_sec, increment_sec, grace_sec) in (1u32..130, 1u32..130, 0u32..130),
        (first_rate, rate, fee) in (0i64..2_000_000, 0i64..2_000_000, 0i64..9),
        (mode, decimals) in (0u8..5, 0u8..10),
        duration_sec in prop_oneof![0u32..130, 0u32..3_000, 86_000u32..604_800],
    ) {
        let rounding = Rounding::from_stored(mode, decimals);
        let deck = DeckTariff {
            first_rate_per_min: Nano(first_rate),
            rate_per_min: Nano(rate),
            connect_fee: Nano(fee),
            first_sec,
            increment_sec,
            grace_sec,
            rounding,
        };
        let steps = [step(0, first_rate, 60, first_sec), step(first_sec, rate, 60, increment_sec)];
        let steps = Tariff { connect_fee: Nano(fee), grace_sec, rounding, ..tariff(&steps) };
        let cost = deck.cost(duration_sec);
        prop_assert_eq!((cost.cost.0, u64::from(cost.billed_sec)), price(&steps, duration_sec));
    }
}
