//! Price lists.

use proptest::prelude::*;
use rating_core::number::Digits;
use rating_core::plan::{CicRow, Deck, DeckRow, DeckVersion, OcnRow, Price, Prices, RowTerms, Scope, UtcSec};

use super::values::{id, ij_policy, instant, nano, one_of, rounding};

pub fn price() -> impl Strategy<Value = Price> {
    prop_oneof![Just(Price::Missing), Just(Price::Blocked), nano().prop_map(Price::PerMin)]
}

pub fn row() -> BoxedStrategy<DeckRow> {
    let prices = (price(), price(), price(), price(), nano()).prop_map(|(a, b, c, d, e)| Prices {
        interstate: a,
        intrastate: b,
        local: c,
        indeterminate: d,
        default: Price::PerMin(e),
    });
    let text = ("[1-9][0-9]{0,14}", "[ -~ü]{0,9}");
    let instants = (prop::option::of(0i64..4_000_000_000), prop::option::of(4_000_000_000i64..9_000_000_000));
    (text, prices, prop::option::of(nano()), 1u32..9999, 1u32..9999, 0u32..99, nano(), instants)
        .prop_map(
            |((prefix, destination), prices, first, first_sec, increment_sec, grace_sec, connect_fee, at)| {
                DeckRow {
                    prefix: Digits::new(prefix.as_bytes()).unwrap(),
                    destination: destination.trim().into(),
                    prices,
                    terms: RowTerms {
                        first_rate_per_min: first,
                        first_sec,
                        increment_sec,
                        grace_sec,
                        connect_fee,
                        starts: at.0,
                        ends: at.1,
                    }
                    .into(),
                }
            },
        )
        .boxed()
}

pub fn ocn_row() -> BoxedStrategy<OcnRow> {
    let ocn = "[0-9A-Z]{4}".prop_map(|text| text.as_bytes().try_into().unwrap());
    let lata = 1u32..=99_999;
    let keys = prop_oneof![
        (ocn.clone().prop_map(Some), lata.clone().prop_map(Some)),
        (ocn.prop_map(Some), Just(None)),
        (Just(None), lata.prop_map(Some)),
    ];
    (keys, prop::option::of(1u8..), row())
        .prop_map(|((ocn, lata), tier, row)| OcnRow {
            ocn,
            lata,
            tier,
            row: DeckRow { prefix: Digits::EMPTY, ..row },
        })
        .boxed()
}

pub fn cic_row() -> BoxedStrategy<CicRow> {
    ("[0-9]{4}", row())
        .prop_map(|(cic, row)| CicRow {
            cic: cic.as_bytes().try_into().unwrap(),
            row: DeckRow { prefix: Digits::EMPTY, ..row },
        })
        .boxed()
}

/// Leaves one row of a code and start, where a row without a date starts with its version.
pub fn once<T, K: Ord>(rows: &mut Vec<T>, version_start: UtcSec, key: impl Fn(&T) -> (K, Option<UtcSec>)) {
    let start = |row: &T| {
        let (code, starts) = key(row);
        (code, starts.unwrap_or(version_start))
    };
    rows.sort_by_key(start);
    rows.dedup_by(|a, b| start(a) == start(b));
    rows.sort_by_key(key);
}

pub fn version() -> BoxedStrategy<DeckVersion> {
    let scope = prop_oneof![
        Just(Scope::Full),
        Just(Scope::Partial),
        prop::collection::vec("[A-Z]{2}", 1..4).prop_map(Scope::Country),
    ];
    let rows = (
        prop::collection::vec(row(), 1..6),
        prop::collection::vec(ocn_row(), 0..5),
        prop::collection::vec(cic_row(), 0..3),
        // A list by OCN or by carrier needs none by prefix.
        any::<bool>(),
    );
    (1u32..=2_147_483_647, instant(), scope, rows)
        .prop_map(|(number, effective_from, scope, rows)| {
            let (mut rows, mut ocn_rows, mut cic_rows, only_other_codes) = rows;
            if only_other_codes && !(ocn_rows.is_empty() && cic_rows.is_empty()) {
                rows.clear();
            }
            once(&mut rows, effective_from, |row| (row.prefix, row.terms.starts));
            once(&mut ocn_rows, effective_from, |row| ((row.ocn, row.lata, row.tier), row.row.terms.starts));
            once(&mut cic_rows, effective_from, |row| (row.cic, row.row.terms.starts));
            DeckVersion { number, effective_from, scope, rows, ocn_rows, cic_rows }
        })
        .boxed()
}

pub fn deck() -> BoxedStrategy<Deck> {
    let currency = one_of(&["", "EUR"]).prop_map(str::to_owned);
    let versions = prop::collection::vec(version(), 1..3);
    (id(), prop::option::of(ij_policy()), currency, rounding(), versions)
        .prop_map(|(id, ij_policy, currency, rounding, mut versions)| {
            versions.sort_by_key(|version| version.number);
            versions.dedup_by_key(|version| version.number);
            Deck { id, ij_policy, currency, rounding, versions }
        })
        .boxed()
}
