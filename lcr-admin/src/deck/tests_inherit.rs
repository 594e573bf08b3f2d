//! Blank prices that are inherited, in lists whose rows have dates: only a row that holds gives its price (10.3).

use std::path::Path;

use rating_core::money::Nano;
use rating_core::plan::{Price, UtcSec};

use super::*;

/// 2026-01-01T00:00:00Z.
const VERSION_START: UtcSec = 1_767_225_600;

fn inherit(rows: &str) -> Result<ReadDeck, DeckErrors> {
    let options = ReadOptions {
        blank_price: BlankPrice::Inherit,
        version_start: Some(VERSION_START),
        ..ReadOptions::default()
    };
    let text = format!("prefix,rate,billing,start date,end date\n{rows}\n");
    read(Path::new("deck.csv"), text.as_bytes(), &options)
}

/// The price of 4420, in thousandths.
fn price_of_4420(rows: &str) -> i64 {
    let deck = inherit(rows).unwrap_or_else(|errors| panic!("{errors}"));
    let row = deck.rows.iter().find(|row| row.prefix.as_str() == "4420").unwrap();
    let Price::PerMin(Nano(nano)) = row.prices.default else { panic!("{:?}", row.prices.default) };
    nano / 1_000_000
}

#[test]
fn r10_3_a_row_that_is_over_gives_no_price() {
    assert_eq!(price_of_4420("44,0.01,6/6,,2025-01-01\n4,0.50,6/6,,\n4420,,6/6,,"), 500);
    assert_eq!(price_of_4420("44,0.01,6/6,,2026-01-01\n4,0.50,6/6,,\n4420,,6/6,,"), 500, "over just then");
    // What is over when the heir starts counts no more, also among several rows of a code.
    assert_eq!(price_of_4420("44,0.01,6/6,2024-01-01,2025-01-01\n44,0.02,6/6,2025-01-01,\n4420,,6/6,,"), 20);
    // Nor does one that starts when the heir is over.
    assert_eq!(price_of_4420("4,0.50,6/6,,\n44,0.01,6/6,2026-02-01,\n4420,,6/6,,2026-02-01"), 500);
    let said = inherit("44,0.01,6/6,,2025-01-01\n4420,,6/6,,").unwrap_err().to_string();
    assert!(
        said.starts_with("deck.csv:3:6: field 2 (rate): found nothing, expected a price: no shorter code"),
        "{said}"
    );
}

#[test]
fn r10_3_a_row_without_a_start_starts_with_its_version() {
    assert_eq!(price_of_4420("44,0.01,6/6,2024-01-01,\n4420,,6/6,,"), 10);
    assert_eq!(price_of_4420("44,0.01,6/6,2026-01-01,\n4420,,6/6,,"), 10);
    assert_eq!(price_of_4420("44,0.01,6/6,,\n4420,,6/6,2026-01-01,"), 10);
    // From February on 44 has another price than 4, and 4420 would keep one of them.
    for rows in ["4,0.50,6/6,,\n44,0.01,6/6,2026-02-01,\n4420,,6/6,,", "44,0.01,6/6,,\n4420,,6/6,2025-01-01,"]
    {
        let said = inherit(rows).unwrap_err().to_string();
        assert!(
            said.contains(
                "field 2 (rate): found nothing, expected a price: the next shorter code starts later"
            ),
            "{said}"
        );
    }
}
