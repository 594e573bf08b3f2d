//! Different rows of one code and start, told `highest`: joined, no call is cheaper than by either of them; where that
//! cannot be had by simple means, they are refused.

use std::path::Path;

use proptest::prelude::*;
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::{DeckRow, Price, Prices, RowTerms};
use rating_core::tariff::{DeckTariff, Rounding};

use super::*;

fn highest(text: &str) -> Result<ReadDeck, DeckErrors> {
    let options = ReadOptions { duplicates: Duplicates::Highest, ..ReadOptions::default() };
    read(Path::new("deck.csv"), text.as_bytes(), &options)
}

/// Two rows of 44 in Tandem's own form: all behind the destination.
fn two(one: &str, other: &str) -> Result<ReadDeck, DeckErrors> {
    highest(&format!("{}\n44,,{one}\n44,,{other}\n", CANONICAL_HEADER.join(",")))
}

#[test]
fn r10_3_highest_joins_prices_first_rates_and_fees() {
    let deck = two(",,,,0.5,0.01,60,6,3,0.2,,", ",,,,0.02,0.7,60,6,3,0.1,,").unwrap();
    assert_eq!(deck.rows.len(), 1);
    let row = &deck.rows[0];
    assert_eq!(row.prices.default, Price::PerMin(Nano(500_000_000)));
    assert_eq!(row.terms.first_rate_per_min, Some(Nano(700_000_000)));
    assert_eq!((row.terms.connect_fee, row.terms.first_sec, row.terms.grace_sec), (Nano(200_000_000), 60, 3));
    // Blocked is dearer than any price.
    let deck = two(",,,,blocked,,6,6,0,0,,", ",,,,0.02,,6,6,0,0,,").unwrap();
    assert_eq!(deck.rows[0].prices.default, Price::Blocked);
}

#[test]
fn r10_3_highest_refuses_rows_that_differ_in_more() {
    for (one, other, differs) in [
        // 60 s would cost 0.01 by the first rate of one alone.
        (",,,,0.50,,60,60,0,0,,", ",,,,0.02,0.01,60,60,0,0,,", "use of a first rate"),
        (",,,,0.05,,60,60,0,0,,", ",,,,0.10,0.07,60,60,0,0,,", "use of a first rate"),
        // 67 s in 30/6 and 6/60; 38 s in 6/6 and 30/10.
        (",,,,0.60,,30,6,0,0,,", ",,,,0.60,,6,60,0,0,,", "first interval"),
        (",,,,0.60,,6,6,0,0,,", ",,,,0.60,,6,10,0,0,,", "increment"),
        (",,,,0.60,,6,6,7,0,,", ",,,,0.60,,6,6,0,0,,", "grace time"),
        // Ended for both, 44 would leave its calls to a shorter code.
        (",,,,0.60,,6,6,0,0,,", ",,,,0.50,,6,6,0,0,,2026-01-01T00:00:00Z", "end"),
        // A call between states asks the flat price of one, the lower price by state of the other.
        (",,,,0.60,,6,6,0,0,,", "0.1,0.1,,,,,6,6,0,0,,", "columns of prices"),
    ] {
        let said = two(one, other).unwrap_err().to_string();
        let expected = format!(
            "deck.csv:3:1: field 1 (prefix): found \"44\" again, expected the same {differs} as in line 2: highest joins \
             rows that differ in prices and fees only (correct the list, or tell last)"
        );
        assert!(said.contains(&expected), "{said}");
    }
    let blank = ReadOptions {
        duplicates: Duplicates::Highest,
        blank_price: BlankPrice::Inherit,
        ..ReadOptions::default()
    };
    let text = "prefix,rate\n44,0.5\n4420,\n4420,0.01\n";
    let said = read(Path::new("x"), text.as_bytes(), &blank).unwrap_err().to_string();
    assert!(said.contains("the same columns of prices"), "what is inherited may be dearer: {said}");
}

/// The calls that a row may price each in another way: between states, within one, local, of unknown origin, abroad.
const CALLS: usize = 5;

/// The price that a row asks for a call (3.7, 3.8), of unknown origin the higher of two.
fn asked(prices: &Prices, call: usize) -> Price {
    let or = |one: Price, other: Price| if one == Price::Missing { other } else { one };
    let by_state = |price: Price| {
        let is_flat = (prices.interstate, prices.intrastate) == (Price::Missing, Price::Missing);
        if is_flat { prices.default } else { price }
    };
    let higher = match (prices.interstate, prices.intrastate) {
        (Price::Blocked, _) | (_, Price::Blocked) => Price::Blocked,
        (Price::PerMin(one), Price::PerMin(other)) => Price::PerMin(one.max(other)),
        (one, other) => or(one, other),
    };
    match call {
        0 => by_state(prices.interstate),
        1 => by_state(prices.intrastate),
        2 => or(prices.local, by_state(prices.intrastate)),
        3 => or(prices.indeterminate, or(prices.default, higher)),
        _ => or(prices.default, prices.interstate),
    }
}

/// What a call costs by a row; more than any where the row does not carry it.
fn cost(row: &DeckRow, call: usize, duration_sec: u32) -> Nano {
    let Price::PerMin(rate) = asked(&row.prices, call) else { return Nano(i64::MAX) };
    let tariff = DeckTariff {
        first_rate_per_min: row.terms.first_rate_per_min.unwrap_or(rate),
        rate_per_min: rate,
        connect_fee: row.terms.connect_fee,
        first_sec: row.terms.first_sec,
        increment_sec: row.terms.increment_sec,
        grace_sec: row.terms.grace_sec,
        rounding: Rounding::default(),
    };
    tariff.cost(duration_sec).cost
}

/// What rows must have alike to be joined: intervals, grace, end, whether there is a first rate, a bit for each price.
type Terms = (u32, u32, u32, Option<i64>, bool, u8);

fn terms() -> impl Strategy<Value = Terms> {
    let ends = prop::option::of(Just(1_774_396_800));
    (1..70u32, 1..70u32, 0..70u32, ends, any::<bool>(), 1..32u8)
}

/// The amounts of a row: its prices, first rate and fee.
type Amounts = ([Price; 5], i64, i64);

fn amounts() -> impl Strategy<Value = Amounts> {
    let price = || prop_oneof![1 => Just(Price::Blocked), 9 => (0..1_000_000_000i64).prop_map(|nano| Price::PerMin(Nano(nano)))];
    (prop::array::uniform5(price()), 0..1_000_000_000i64, 0..1_000_000_000i64)
}

fn row((first_sec, increment_sec, grace_sec, ends, has_first, written): Terms, amounts: Amounts) -> DeckRow {
    let (prices, first, fee) = amounts;
    let price = |at: usize| if written >> at & 1 == 1 { prices[at] } else { Price::Missing };
    DeckRow {
        prefix: Digits::new(b"44").unwrap(),
        prices: Prices::of_columns([0, 1, 2, 3, 4].map(price)),
        terms: RowTerms {
            first_rate_per_min: has_first.then_some(Nano(first)),
            first_sec,
            increment_sec,
            grace_sec,
            connect_fee: Nano(fee),
            ends,
            ..RowTerms::default()
        }
        .into(),
        ..DeckRow::default()
    }
}

/// A new seed for each run, printed where the test fails; DECK_SEED=… runs one again.
fn seeded() -> ProptestConfig {
    let now = || std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros() as u64;
    let seed = std::env::var("DECK_SEED").map_or_else(|_| now(), |seed| seed.parse().unwrap());
    eprintln!("DECK_SEED={seed}");
    ProptestConfig {
        cases: 2000,
        rng_seed: proptest::test_runner::RngSeed::Fixed(seed),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(seeded())]
    #[test]
    fn r10_3_no_call_is_cheaper_by_the_joined_row(
        (one_terms, other_terms) in (terms(), terms()),
        (one, other) in (amounts(), amounts()),
        // The terms of the other that are its own, a bit each; mostly none.
        own in prop_oneof![2 => Just(0u8), 3 => (0..6u8).prop_map(|bit| 1 << bit), 1 => any::<u8>()],
        durations in prop::collection::vec(1..200u32, 20),
    ) {
        let (a, b) = (one_terms, other_terms);
        let is_own = |bit: u8| own >> bit & 1 == 1;
        let mixed = (
            if is_own(0) { b.0 } else { a.0 },
            if is_own(1) { b.1 } else { a.1 },
            if is_own(2) { b.2 } else { a.2 },
            if is_own(3) { b.3 } else { a.3 },
            if is_own(4) { b.4 } else { a.4 },
            if is_own(5) { b.5 } else { a.5 },
        );
        let rows = [row(one_terms, one), row(mixed, other)];
        let mut list = Vec::new();
        write_canonical(&rows, &mut list).unwrap();
        let Ok(deck) = highest(str::from_utf8(&list).unwrap()) else {
            prop_assert!(mixed != one_terms, "rows with the same terms are joined");
            return Ok(());
        };
        prop_assert_eq!(deck.rows.len(), 1);
        let joined = &deck.rows[0];
        for row in &rows {
            prop_assert!(joined.terms.ends == row.terms.ends, "a code that ends leaves its calls to a shorter one");
            for (call, &sec) in (0..CALLS).flat_map(|call| durations.iter().map(move |sec| (call, sec))) {
                let (by_joined, by_row) = (cost(joined, call, sec), cost(row, call, sec));
                prop_assert!(by_joined >= by_row, "call {call} of {sec} s: {by_joined} by {joined:?}, {by_row} by {row:?}");
            }
        }
    }
}
