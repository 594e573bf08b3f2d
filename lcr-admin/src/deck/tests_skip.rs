//! Bad rows that are left out: no row that stays has a price that a good list would not have given it (10.2).

use std::path::Path;

use proptest::prelude::*;

use super::*;

fn skip(text: &str, options: ReadOptions) -> ReadDeck {
    let options = ReadOptions { bad_rows: BadRows::Skip, ..options };
    read(Path::new("deck.csv"), text.as_bytes(), &options).unwrap_or_else(|errors| panic!("{errors}"))
}

fn inherit() -> ReadOptions {
    ReadOptions { blank_price: BlankPrice::Inherit, ..ReadOptions::default() }
}

fn codes(deck: &ReadDeck) -> Vec<&str> {
    deck.rows.iter().map(|row| row.prefix.as_str()).collect()
}

/// The rows of the skip file.
fn skipped(deck: &ReadDeck) -> Vec<&str> {
    str::from_utf8(&deck.skipped_rows).unwrap().lines().skip(1).collect()
}

#[test]
fn r10_3_nothing_is_inherited_past_a_row_that_is_skipped() {
    let deck = skip("prefix,rate\n4,0.50\n44,0.0x\n4420,\n442079,\n45,\n", inherit());
    assert_eq!(codes(&deck), ["4", "45"]);
    assert_eq!(skipped(&deck), ["44,0.0x", "4420,", "442079,"]);
    let said: Vec<String> = deck.skipped.iter().map(ToString::to_string).collect();
    assert_eq!(
        said[1],
        "4:6: field 2 (rate): found nothing, expected a price: the next shorter code has a bad row in line 3, and nothing is \
         inherited past it"
    );
    assert!(said[2].contains("a bad row in line 4"), "{}", said[2]);
    // What is bad may be any cell, or their number; and the code may stand in two columns.
    for (text, left) in [
        ("prefix,rate,billing\n4,0.50,6/6\n44,0.01,0/6\n4420,,6/6\n", "4"),
        ("prefix,rate\n4,0.50\n44,0,01\n4420,\n", "4"),
        ("prefix,interstate,intrastate\n1,0.1,0.2\n1212,0.3,\n1212555,0.4,x\n12125551,0.5,\n", "1 1212"),
        ("npa,nxx,block,rate\n212,555,,x\n212,555,1,\n303,555,,1\n", "1303555"),
    ] {
        assert_eq!(codes(&skip(text, inherit())).join(" "), left, "{text}");
    }
    // A code that cannot be read is nobody's parent.
    assert_eq!(codes(&skip("prefix,rate\n4,0.50\n44x,0.01\n4420,\n", inherit())), ["4", "4420"]);
}

#[test]
fn r10_3_of_different_rows_of_one_code_none_stays() {
    let deck = skip("prefix,rate\n44,0.1\n45,0.3\n44,0.1\n44,0.2\n", ReadOptions::default());
    assert_eq!(codes(&deck), ["45"]);
    assert_eq!(skipped(&deck), ["44,0.1", "44,0.1", "44,0.2"]);
    let said: Vec<String> = deck.skipped.iter().map(ToString::to_string).collect();
    for (said, expected) in said.iter().zip([
        "2:1: field 1 (prefix): found \"44\" twice, expected the same terms as in line 5 (or",
        "4:1: field 1 (prefix): found \"44\" twice, expected the same terms as in line 5 (or",
        "5:1: field 1 (prefix): found \"44\" again, expected the same terms as in line 2 (or",
    ]) {
        assert!(said.starts_with(expected), "{said}");
    }
    // Nor do their heirs.
    assert_eq!(codes(&skip("prefix,rate\n4,0.5\n44,0.1\n44,0.2\n4420,\n", inherit())), ["4"]);
    // Of the same code at another date the row stays.
    let dated = "prefix,rate,effective date\n44,0.1,2026-01-01\n44,0.2,2026-01-01\n44,0.3,2026-02-01\n";
    assert_eq!(skip(dated, ReadOptions::default()).rows.len(), 1);
    // By OCN and LATA too.
    let deck = skip("ocn,lata,rate\n6529,132,0.1\n6529,132,0.2\n6529,,0.3\n", ReadOptions::default());
    assert_eq!((deck.ocn_rows.len(), deck.skipped.len()), (1, 2));
}

#[test]
fn r10_3_highest_leaves_out_all_rows_that_it_cannot_join() {
    let highest = ReadOptions { duplicates: Duplicates::Highest, ..ReadOptions::default() };
    let deck = skip("prefix,rate,billing\n44,0.1,6/6\n44,0.2,6/6\n44,0.3,60/60\n45,1,6/6\n", highest);
    assert_eq!((codes(&deck), skipped(&deck).len()), (vec!["45"], 3));
}

#[test]
fn r10_3_a_row_does_not_hold_beside_a_bad_one_of_its_code() {
    let text = "prefix,rate\n44,0.1\n44,0.2x\n45,1\n";
    for duplicates in [Duplicates::Error, Duplicates::Highest] {
        let deck = skip(text, ReadOptions { duplicates, ..ReadOptions::default() });
        assert_eq!(codes(&deck), ["45"]);
        assert_eq!(skipped(&deck), ["44,0.1", "44,0.2x"]);
        let said = deck.skipped[0].to_string();
        assert!(
            said.contains("found \"44\" twice, expected line 3, of the same code and start, to be good too"),
            "{said}"
        );
    }
    // Told that the last holds, it holds, or nothing does.
    let last = || ReadOptions { duplicates: Duplicates::Last, ..ReadOptions::default() };
    let deck = skip(text, last());
    assert_eq!((codes(&deck), skipped(&deck)), (vec!["45"], vec!["44,0.1", "44,0.2x"]));
    assert_eq!(codes(&skip("prefix,rate\n44,0.2x\n44,0.1\n45,1\n", last())), ["44", "45"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]
    #[test]
    fn r10_2_each_code_stays_whole_or_goes_whole(rows in prop::collection::vec(("4{1,5}", "0\\.[12]|x|"), 1..8)) {
        let text: String = rows.iter().map(|(code, price)| format!("{code},{price}\n")).collect();
        let options = ReadOptions { bad_rows: BadRows::Skip, ..inherit() };
        // Refused where no row is left.
        let Ok(deck) = read(Path::new("x"), format!("prefix,rate\n{text}").as_bytes(), &options) else { return Ok(()) };
        let (stay, go) = (codes(&deck), skipped(&deck));
        let folded = deck.warnings.iter().filter(|warning| warning.message.ends_with("folded")).count();
        prop_assert_eq!(stay.len() + go.len() + folded, rows.len(), "no row is lost");
        prop_assert!(go.iter().all(|row| !stay.contains(&row.split(',').next().unwrap())), "{stay:?} {go:?}");
        for row in &deck.rows {
            let code = row.prefix.as_str();
            let is_blank = rows.iter().any(|(other, price)| other == code && price.is_empty());
            let next = rows.iter().map(|(code, _)| code.as_str()).filter(|other| other.len() < code.len()).max();
            if is_blank {
                let parent = deck.rows.iter().find(|row| Some(row.prefix.as_str()) == next);
                prop_assert_eq!(parent.map(|parent| parent.prices), Some(row.prices), "{} from {:?}", code, next);
            }
        }
    }
}
