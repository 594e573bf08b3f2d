//! Files that would be read wrongly in silence: each is refused, or does as its own words say.

use std::path::Path;

use rating_core::money::Nano;
use rating_core::plan::Price;

use super::*;

fn read_text(text: &str, options: &ReadOptions) -> Result<ReadDeck, DeckErrors> {
    read(Path::new("deck.csv"), text.as_bytes(), options)
}

fn errors(text: &str) -> Vec<String> {
    let errors = read_text(text, &ReadOptions::default()).unwrap_err();
    errors.to_string().lines().map(str::to_owned).collect()
}

fn codes(text: &str, prefixes: Option<PrefixForm>) -> Vec<String> {
    let deck = read_text(text, &ReadOptions { prefixes, ..ReadOptions::default() });
    deck.unwrap().rows.iter().map(|row| row.prefix.as_str().to_owned()).collect()
}

#[test]
fn r10_2_quotes_that_do_not_match_hide_no_rows() {
    let open = errors("prefix,rate,destination\n44,0.01,\"UK\n45,0.02,DK\n46,0.03,SE");
    assert_eq!(open.len(), 1);
    assert!(open[0].starts_with("deck.csv:2:9: quotes: found a quote that nothing closes"), "{}", open[0]);
    let joined = "destination,prefix,rate\n\"Foo,44,0.1\nBar,45,0.2\n\"Baz\",46,0.3";
    assert!(
        errors(joined)[0]
            .starts_with("deck.csv:2:1: quotes: found text after the quote that closes in line 4")
    );
    // Also where bad rows are skipped: no row is to blame.
    let skip = ReadOptions { bad_rows: BadRows::Skip, ..ReadOptions::default() };
    assert!(read_text(joined, &skip).is_err());
    let clean = "destination,prefix,rate,billing\n\"a \"\"b\"\",\nc\" ,44,0.1,6/6\n5\" pipe,45,0.2,6/6\n";
    let deck = read_text(clean, &ReadOptions::default()).unwrap();
    assert_eq!(deck.rows.len(), 2);
    assert_eq!(deck.warnings[0].to_string(), "2: a quoted cell goes on to line 3");
}

#[test]
fn r10_1_codes_of_two_forms_are_not_guessed() {
    for text in [
        "prefix,Default,Interstate Rate,Intrastate Rate\n212555,1,1,1\n",
        "prefix,interstate,intrastate\n212555,1,1\n303555,1,1\n1900,1,1\n",
        "prefix,description,interstate,intrastate\n353,IE,1,1\n351,PT,1,1\n",
        "prefix,interstate,intrastate\n212555,1,1\n44,1,1\n",
    ] {
        let error = &errors(text)[0];
        assert!(error.starts_with("deck.csv:2:1: ") && error.contains("prefixes e164 or nanp"), "{error}");
    }
    let irish = "prefix,interstate,intrastate\n353,1,1\n";
    assert_eq!(codes(irish, Some(PrefixForm::E164)), ["353"]);
    assert_eq!(codes(irish, Some(PrefixForm::Nanp)), ["1353"]);
    assert_eq!(codes("prefix,rate\n212555,1", Some(PrefixForm::Nanp)), ["1212555"]);
    // What can be read in one way only needs no word.
    assert_eq!(
        codes("prefix,interstate,intrastate\n1212555,1,1\n44,1,1\n+353,1,1", None),
        ["1212555", "353", "44"]
    );
    assert_eq!(
        codes("lrn_prefix,interstate,intrastate\n212555,1,1\n1303555,1,1", None),
        ["1212555", "1303555"]
    );
    assert_eq!(codes("prefix,rate\n212555,1", None), ["212555"]);
}

#[test]
fn r10_1_codes_without_their_country_code_refuse_the_file() {
    let told = errors(
        "Country,Country Code,Code,Rate\nAfghanistan,93,,0.1\nAfghanistan,+93,70,0.2\nUK,44,20,0.3\nX,44,44,0.1",
    );
    assert!(
        told.iter().any(
            |error| error.starts_with("deck.csv:3:17: field 3 (Code): found \"70\", expected codes with")
        ),
        "{told:?}"
    );
    // Also where bad rows are skipped: no row is to blame.
    let skip = ReadOptions { bad_rows: BadRows::Skip, ..ReadOptions::default() };
    assert!(read_text("CC,Code,Rate\n93,70,0.2\n93,x,0.2\n", &skip).is_err());
    // Whole codes, one of a country with several; countries by their letters; codes of NANP with and without the 1.
    for text in [
        "CC,Code,Rate\n93,9370,0.2\n44,+4420,0.2\n383,38649,0.2\n383,37744,0.2\n7,01177,0.2\n",
        "CC,Code,Rate\nAF,9370,0.2\nGB,4420,0.2\n",
        "Country Code,Code,Rate\n1,1212555,0.2\n",
    ] {
        assert!(read_text(text, &ReadOptions::default()).is_ok(), "{text}");
    }
    assert_eq!(codes("CC,Code,Rate\n1,212,1\n", Some(PrefixForm::Nanp)), ["1212"]);
}

#[test]
fn r10_1_another_currency_refuses_the_file() {
    let usd = ReadOptions { currency: Some("USD".into()), ..ReadOptions::default() };
    let error = read_text("code,Cost / Min (EUR)\n44,1\n", &usd).unwrap_err().to_string();
    assert!(error.contains("prices in EUR") && error.contains("USD"), "{error}");
    assert_eq!(read_text("code,Cost / Min (usd)\n44,1\n", &usd).unwrap().currency.as_deref(), Some("USD"));
    assert!(read_text("code,rate,currency\n44,1,EUR\n", &usd).is_err());
    let column = read_text("code,rate,currency\n44,1,EUR\n45,1,EUR\n", &ReadOptions::default()).unwrap();
    assert_eq!(column.currency.as_deref(), Some("EUR"));
    assert!(errors("code,rate,currency\n44,1,EUR\n45,1,USD\n")[0].starts_with("deck.csv:3:6"));
    assert!(errors("code,rate (cents)\n44,1.5\n")[0].starts_with("deck.csv:1:6: header"));
}

#[test]
fn r10_2_a_list_without_rows_ends_no_codes() {
    for text in ["prefix,rate", "prefix,rate\n\n,\n"] {
        assert!(errors(text)[0].contains("rows: found none"), "{text}");
    }
    let skip = ReadOptions { bad_rows: BadRows::Skip, ..ReadOptions::default() };
    assert!(read_text("prefix,rate\n44,x\n", &skip).is_err(), "none is left");
}

#[test]
fn r10_1_flags_and_status_block_a_row() {
    let prices = |text: &str| -> Vec<Price> {
        let deck = read_text(text, &ReadOptions::default()).unwrap_or_else(|errors| panic!("{errors}"));
        deck.rows.iter().map(|row| row.prices.default).collect()
    };
    let (one, blocked) = (Price::PerMin(Nano(1_000_000_000)), Price::Blocked);
    assert_eq!(prices("prefix,rate,Enabled\n44,1,No\n45,1,yes\n46,1,0\n"), [blocked, one, blocked]);
    assert_eq!(
        prices("prefix,rate,Forbidden,Discontinued\n44,1,Y,\n45,1,,N\n46,,,1"),
        [blocked, one, blocked]
    );
    assert_eq!(prices("prefix,rate,status\n44,,Blocked\n45,1,Current\n"), [blocked, one]);
    assert!(errors("prefix,rate,active\n44,1,\n")[0].contains("yes or no"));
    assert!(errors("prefix,rate,status\n44,,Current\n")[0].contains("found nothing"));
}

#[test]
fn r10_1_decimal_commas_that_cut_prices_are_seen() {
    let text = "Prefix,Rate,Notes\n44,0,02\n45,1,\n46,blocked,\n";
    assert!(
        errors(text)[0].starts_with("deck.csv:2:4: field 2 (Rate): found whole numbers"),
        "{:?}",
        errors(text)
    );
    let point = ReadOptions { decimal_mark: Some(DecimalMark::Point), ..ReadOptions::default() };
    assert_eq!(read_text(text, &point).unwrap().rows.len(), 3);
    for fine in [
        "Prefix,Rate,Notes\n44,0,02\n45,0.5,7\n",
        "Prefix,Rate,Notes\n44,0,02\n45,1,x\n",
        "Prefix,Rate,Notes\n44,0,\n",
    ] {
        assert!(read_text(fine, &ReadOptions::default()).is_ok(), "{fine}");
    }
}

#[test]
fn r10_1_lines_above_the_header_are_named() {
    for text in ["Rates of Mesa\nprefix,rate\n44,1\n", "sep=;\nprefix;rate\n44;1\n"] {
        assert!(errors(text)[0].contains("remove the lines above the header, which is line 2"), "{text}");
    }
}

#[test]
fn r10_3_one_order_of_dates_in_both_columns() {
    let text = "prefix,rate,starts,ends\n44,1,25/03/2024,\n45,1,,03/26/2024\n";
    assert!(errors(text)[0].starts_with("deck.csv:3:7: field 4 (ends)"), "{:?}", errors(text));
}

#[test]
fn r10_1_dates_and_intervals_are_not_left_out() {
    let said = &errors("prefix,rate,Change Date\n44,1,2030-01-01\n")[0];
    assert!(said.starts_with("deck.csv:1:13: header: found \"Change Date\""), "{said}");
    let said = &errors("prefix,rate,Cycle Sec\n44,1,60\n")[0];
    assert!(said.starts_with("deck.csv:1:13: header: found \"Cycle Sec\", expected a column that is known; one that speaks of dates or intervals"), "{said}");
    let text = "Prefix;Rate;Effective;Expires;Min Duration;Incr\n44;0.1;2030-01-01;2031-01-01;60;30\n";
    let terms = &read_text(text, &ReadOptions::default()).unwrap().rows[0].terms;
    assert_eq!((terms.starts, terms.ends), (Some(1_893_456_000), Some(1_924_992_000)));
    assert_eq!((terms.first_sec, terms.increment_sec), (60, 30));
    assert!(
        errors("prefix,rate,Interval\n44,1,60\n")[0].contains("first interval and increment such as 6/6")
    );
}

#[test]
fn a_day_without_a_price_between_two_rows_is_warned_of() {
    let warnings = |rows: &str| {
        let text = format!("prefix,rate,billing,start,end\n{rows}");
        let deck = read_text(&text, &ReadOptions::default()).unwrap();
        deck.warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let told = warnings(
        "44,1,1/1,2026-01-01,2026-12-31\n44,2,1/1,2027-01-01,\n45,1,1/1,,2026-12-31 23:59:59\n45,2,1/1,2027-01-01,\n",
    );
    assert_eq!(
        told,
        [
            "1: rows that end up to a day before the next of their code: 2; 44 for one has no price from 2026-12-31T00:00:00Z \
          until 2027-01-01T00:00:00Z (an end is the instant from which a row no longer holds)"
        ]
    );
    // In no order of the file. Not where the next row follows at once, starts days later, or is another code's.
    assert_eq!(warnings("44,2,1/1,2027-01-01,\n44,1,1/1,2026-01-01,2026-12-31\n").len(), 1);
    let whole = "44,1,1/1,,2027-01-01\n44,2,1/1,2027-01-01,\n45,1,1/1,,2026-12-31\n46,1,1/1,2027-01-01,\n\
                 47,1,1/1,,2026-12-30\n47,1,1/1,2027-01-01,\n";
    assert_eq!(warnings(whole), [""; 0]);
}

#[test]
fn r10_3_dates_are_of_utc_where_their_title_says_so() {
    let timezone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let options = ReadOptions { timezone, ..ReadOptions::default() };
    let text = |start: &str| format!("prefix,rate,{start},End Date\n44,0.1,2026-12-01,2026-12-02\n");
    // 2026-12-01T00:00:00Z; in New York it is 5 h later, as the end in a column that says nothing.
    for (title, starts) in [
        ("Effective Date (UTC)", 1_796_083_200),
        ("Effective (yyyy-mm-dd gmt)", 1_796_083_200),
        ("Effective Date", 1_796_083_200 + 5 * 3_600),
    ] {
        let row = &read_text(&text(title), &options).unwrap().rows[0];
        assert_eq!(
            (row.terms.starts, row.terms.ends),
            (Some(starts), Some(1_796_083_200 + 29 * 3_600)),
            "{title}"
        );
    }
}

#[test]
fn r10_1_intervals_that_are_not_said_are_warned_of() {
    let warning = |text: &str| read_text(text, &ReadOptions::default()).unwrap().warnings[0].to_string();
    assert_eq!(warning("prefix,rate\n44,1\n"), "1: no column of intervals: taken as in 6/6");
    assert_eq!(
        warning("prefix,rate,increment\n44,1,60\n"),
        "1: no column of the first interval: taken as in 6/6"
    );
}

#[test]
fn r10_4_control_characters_are_refused() {
    assert!(errors("prefix,rate,destination\n44,1,a\0b\n")[0].contains("control characters"));
}

#[test]
fn r10_2_many_errors_are_told_in_a_time_that_grows_with_their_number() {
    // By counting lines from the start of the file for each of them, it is over a minute.
    const ROWS: u64 = 20_000;
    let began = std::time::Instant::now();
    let twice: String = (0..ROWS).map(|code| format!("{0},0.1\n{0},0.2\n", 2_000_000 + code)).collect();
    let errors = read_text(&format!("prefix,rate\n{twice}"), &ReadOptions::default()).unwrap_err().errors;
    assert_eq!(errors.last().map(|error| error.line), Some(2 * ROWS + 1));
    let blank: String = (0..ROWS).map(|code| format!("{},\n", 2_000_000 + code)).collect();
    let inherit = ReadOptions { blank_price: BlankPrice::Inherit, ..ReadOptions::default() };
    let errors = read_text(&format!("prefix,rate\n{blank}"), &inherit).unwrap_err().errors;
    assert_eq!((errors.len() as u64, errors.last().map(|error| error.line)), (ROWS, Some(ROWS + 1)));
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
}

#[test]
fn r10_2_lines_end_as_the_file_has_them() {
    let unix =
        "prefix,rate,destination\n44,x,\n\n45,0.1,\"a\nb\"\n45,0.2,\n\"46\" ,x,\n47,1,\"a\nb\"\n48,x,\n4x,\n";
    let lines = |text: &str| -> Vec<(u64, u64)> {
        let errors = read_text(text, &ReadOptions::default()).unwrap_err().errors;
        errors.iter().map(|error| (error.line, error.column)).collect()
    };
    let expected = lines(unix);
    assert_eq!(expected.last(), Some(&(11, 1)), "{expected:?}");
    assert_eq!(lines(&unix.replace('\n', "\r\n")), expected);
    assert_eq!(lines(&unix.replace('\n', "\r")), expected);
    let open = errors("prefix,rate\r44,1\r45,\"1\r46,1")[0].clone();
    assert!(open.starts_with("deck.csv:3:4: quotes: found a quote that nothing closes"), "{open}");
}
