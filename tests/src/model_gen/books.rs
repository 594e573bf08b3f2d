//! Price lists: few distinct prices, codes that calls have, versions and rows that begin and end within the span.

use rating_core::money::Nano;
use rating_core::plan::*;
use rating_core::tariff::{Rounding, RoundingMode};

use super::names::{CICS, LATAS, Numbers, OCNS, digits};
use super::rng::Rng;

/// Currencies of price lists; the plan's is USD.
const CURRENCIES: [&str; 5] = ["", "", "USD", "EUR", "GBP"];

/// A price a minute of a buying list: few, so that ties are common.
fn rate(rng: &mut Rng) -> Nano {
    Nano(*rng.pick(&[
        0, 1_000_000, 2_500_000, 2_500_000, 10_000_000, 10_000_005, 20_000_000, 33_333_333, 50_000_001,
    ]))
}

fn price(sells: bool, rng: &mut Rng) -> Price {
    match rng.below(if sells { 120 } else { 40 }) {
        0 => Price::Blocked,
        1 | 2 => Price::Missing,
        _ => Price::PerMin(rate(rng)),
    }
}

/// How the rows of one list are.
struct Style {
    /// 0 flat, 1 by state, 2 anything.
    columns: usize,
    /// Added to each price: selling lists are dearer.
    plus: i64,
}

fn prices(style: &Style, rng: &mut Rng) -> Prices {
    let sells = style.plus > 0;
    let columns = if style.columns == 2 { rng.below(4) } else { style.columns };
    let mut prices = match columns {
        0 => Prices { default: price(sells, rng), ..Default::default() },
        1 => Prices { interstate: price(sells, rng), intrastate: price(sells, rng), ..Default::default() },
        2 => Prices {
            interstate: price(sells, rng),
            intrastate: price(sells, rng),
            local: price(sells, rng),
            indeterminate: price(sells, rng),
            default: price(sells, rng),
        },
        _ => Prices {
            local: price(sells, rng),
            indeterminate: price(sells, rng),
            default: price(sells, rng),
            ..Default::default()
        },
    };
    let all = [
        &mut prices.interstate,
        &mut prices.intrastate,
        &mut prices.local,
        &mut prices.indeterminate,
        &mut prices.default,
    ];
    for price in all {
        if let Price::PerMin(rate) = price {
            rate.0 += style.plus;
        }
    }
    prices
}

fn row(prefix: &str, style: &Style, rng: &mut Rng) -> DeckRow {
    let (first_sec, increment_sec) =
        *rng.pick(&[(60, 60), (6, 6), (30, 6), (1, 1), (60, 6), (6, 6), (120, 60)]);
    DeckRow {
        prefix: digits(prefix),
        destination: "".into(),
        prices: prices(style, rng),
        terms: RowTerms {
            first_rate_per_min: rng.maybe(8, |rng| Nano(rate(rng).0 + style.plus)),
            first_sec,
            increment_sec,
            grace_sec: if rng.percent(6) { *rng.pick(&[3, 6, 60]) } else { 0 },
            connect_fee: Nano(if rng.percent(6) { 1_000_000 } else { 0 }),
            ..RowTerms::default()
        }
        .into(),
    }
}

/// Codes that make most calls priced.
const BROAD: [&str; 20] = [
    "1", "1303", "1212", "1800", "1888", "1900", "1416", "1787", "1876", "1500", "2", "3", "4", "5", "6",
    "7", "8", "9", "44", "33",
];

fn rows(broad: usize, style: &Style, numbers: &Numbers, rng: &mut Rng) -> Vec<DeckRow> {
    let mut codes: Vec<String> =
        BROAD.iter().filter(|_| rng.percent(broad)).map(|code| (*code).to_owned()).collect();
    for list in [&numbers.toll_free, &numbers.zone1, &numbers.nowhere] {
        for number in list {
            if rng.percent(broad / 2) {
                codes.push(number[..4].to_owned());
            }
        }
    }
    codes.extend((0..20).map(|_| numbers.prefix(rng)));
    codes.extend(numbers.short.iter().filter(|_| rng.percent(40)).cloned());
    codes.sort();
    codes.dedup();
    codes.iter().map(|code| row(code, style, rng)).collect()
}

/// Rows of some codes begin or end within the span; some codes have two.
fn date_rows(rows: &mut Vec<DeckRow>, span: (i64, i64), rng: &mut Rng) {
    let mut more = Vec::new();
    for row in rows.iter_mut().filter(|row| row.prefix.len() > 1) {
        if !rng.percent(3) {
            continue;
        }
        let at = rng.second(span);
        let terms = row.terms_mut();
        match rng.below(4) {
            0 => terms.ends = Some(at),
            1 => terms.starts = Some(at),
            2 => (terms.starts, terms.ends) = (Some(at), Some(at + 40_000)),
            _ => {
                terms.ends = rng.maybe(50, |_| at);
                more.push(row.clone().with(|terms| (terms.starts, terms.ends) = (Some(at), None)));
            }
        }
    }
    rows.extend(more);
}

fn scope(has_other_keys: bool, rng: &mut Rng) -> Scope {
    match rng.below(4) {
        0 => Scope::Full,
        1 if !has_other_keys => {
            Scope::Country(rng.some(&["US", "GB", "RU", "FR", "GP"].map(String::from), 30))
        }
        _ => Scope::Partial,
    }
}

fn ocn_rows(style: &Style, rng: &mut Rng) -> Vec<OcnRow> {
    let mut rows = Vec::new();
    let ocns = OCNS.iter().map(|ocn| Some(<[u8; 4]>::try_from(ocn.as_bytes()).expect("4 letters")));
    for ocn in ocns.chain([None]) {
        for lata in LATAS.iter().map(|lata| Some(*lata)).chain([None]) {
            for tier in [None, Some(2)] {
                if (ocn.is_some() || lata.is_some()) && rng.percent(if lata.is_none() { 70 } else { 30 }) {
                    let row = DeckRow { prefix: Default::default(), ..row("1", style, rng) };
                    rows.push(OcnRow { ocn, lata, tier, row });
                }
            }
        }
    }
    rows
}

fn cic_rows(style: &Style, rng: &mut Rng) -> Vec<CicRow> {
    let row = |rng: &mut Rng| DeckRow { prefix: Default::default(), ..row("1", style, rng) };
    CICS.iter().filter_map(|cic| rng.maybe(50, |rng| CicRow { cic: *cic, row: row(rng) })).collect()
}

fn versions(
    broad: usize,
    style: &Style,
    numbers: &Numbers,
    span: (i64, i64),
    rng: &mut Rng,
) -> Vec<DeckVersion> {
    let by_place = rng.percent(35);
    let by_cic = rng.percent(25);
    let count = *rng.pick(&[1, 1, 2, 3, 4]);
    let numbers_of_versions = rng.shuffled((1..=count).collect());
    let version = |(at, number): (usize, u32), rng: &mut Rng| {
        let first = at == 0;
        let broad = if first || style.plus > 0 { broad } else { broad / 2 };
        let mut rows = rows(broad, style, numbers, rng);
        date_rows(&mut rows, span, rng);
        DeckVersion {
            number,
            effective_from: if first { span.0 - 1_000_000 } else { rng.second(span) },
            scope: if first { Scope::Full } else { scope(by_place || by_cic, rng) },
            rows,
            ocn_rows: if by_place { ocn_rows(style, rng) } else { Vec::new() },
            cic_rows: if by_cic { cic_rows(style, rng) } else { Vec::new() },
        }
    };
    numbers_of_versions.into_iter().enumerate().map(|numbered| version(numbered, rng)).collect()
}

fn rounding(rng: &mut Rng) -> Rounding {
    let mode = *rng.pick(&[
        RoundingMode::HalfUp,
        RoundingMode::HalfUp,
        RoundingMode::Up,
        RoundingMode::Down,
        RoundingMode::HalfEven,
        RoundingMode::None,
    ]);
    Rounding { mode, decimals: *rng.pick(&[9, 9, 9, 6, 4, 3]) }
}

/// Ten buying lists and four selling ones, and what their currencies are worth.
pub fn decks(plan: &mut Plan, numbers: &Numbers, span: (i64, i64), rng: &mut Rng) {
    for at in 0..14 {
        let sells = at >= 10;
        let style = Style { columns: rng.below(3), plus: if sells { 60_000_000 } else { 0 } };
        let mut versions = versions(if sells { 96 } else { 72 }, &style, numbers, span, rng);
        if at == 9 && style.columns == 0 {
            // One for the world outside of NANP.
            let abroad = |row: &DeckRow| !row.prefix.as_str().starts_with('1');
            versions.iter_mut().for_each(|version| version.rows.retain(abroad));
        }
        let policies = [IjPolicy::Higher, IjPolicy::Interstate, IjPolicy::Intrastate, IjPolicy::Reject];
        plan.decks.push(Deck {
            id: if sells { format!("sell-{at}") } else { format!("buy-{at}") },
            // Every deck that is shared names its own, so that its providers need not agree.
            ij_policy: if at % 2 == 0 || sells { Some(*rng.pick(&policies)) } else { None },
            currency: (*rng.pick(&CURRENCIES)).into(),
            rounding: rounding(rng),
            versions,
        });
    }
    for (currency, rate) in [("EUR", 1_083_300_000), ("GBP", 1_270_000_001)] {
        plan.currency_rates.push(CurrencyRate { currency: currency.into(), from: 0, rate: Nano(rate) });
        if rng.percent(50) {
            let (from, rate) = (rng.second(span), Nano(rate / 2));
            plan.currency_rates.push(CurrencyRate { currency: currency.into(), from, rate });
        }
    }
}
