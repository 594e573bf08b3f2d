//! Whole files: the headers, the errors, the real deck, and the canonical form there and back.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::{DeckRow, Price, Prices, RowTerms};

use super::*;

fn read_text(text: &str, options: &ReadOptions) -> Result<ReadDeck, DeckErrors> {
    read(Path::new("deck.csv"), text.as_bytes(), options)
}

fn rows(text: &str) -> Vec<DeckRow> {
    read_text(text, &ReadOptions::default()).unwrap_or_else(|errors| panic!("{errors}")).rows
}

fn errors(text: &str) -> Vec<String> {
    let errors = read_text(text, &ReadOptions::default()).unwrap_err();
    errors.to_string().lines().map(str::to_owned).collect()
}

fn price(nano: i64) -> Price {
    Price::PerMin(Nano(nano))
}

/// A row of 6/6 and nothing else.
fn row(prefix: &str, prices: Prices) -> DeckRow {
    DeckRow {
        prefix: Digits::new(prefix.as_bytes()).unwrap(),
        destination: "".into(),
        prices,
        terms: RowTerms { first_sec: 6, increment_sec: 6, ..RowTerms::default() }.into(),
    }
}

fn flat(nano: i64) -> Prices {
    Prices { default: price(nano), ..Prices::default() }
}

fn inter_intra(inter: i64, intra: i64) -> Prices {
    Prices { interstate: price(inter), intrastate: price(intra), ..Prices::default() }
}

/// 2026-03-25T00:00:00Z.
const MARCH_25: i64 = 1_774_396_800;

#[test]
fn r10_1_each_known_header_reads_its_row() {
    let cases: Vec<(&str, DeckRow)> = vec![
        (
            "destination,prefix,rate_inter,rate_intra,billing\n\"New York, NY\",1212,0.001,0.002,30/6",
            DeckRow {
                destination: "New York, NY".into(),
                ..row("1212", inter_intra(1_000_000, 2_000_000)).with(|terms| terms.first_sec = 30)
            },
        ),
        (
            "Destination,Prefix,First Interval,Sub Interval,Default,Interstate Rate,Intrastate Rate,Status,Start Date\n\
             UK,44,30,6,0.003,0.001,0.002,Current,2026-03-25 00:00:00",
            DeckRow {
                destination: "UK".into(),
                ..row("44", Prices { default: price(3_000_000), ..inter_intra(1_000_000, 2_000_000) })
                    .with(|terms| (terms.first_sec, terms.starts) = (30, Some(MARCH_25)))
            },
        ),
        (
            "Destination,Prefix,First Interval,Sub Interval,Rate,Status,Start Date,End Date\n\
             UK,44,60,60,0.003,Current,2026-03-25,2026-03-26",
            DeckRow {
                destination: "UK".into(),
                ..row("44", flat(3_000_000)).with(|terms| {
                    terms.first_sec = 60;
                    terms.increment_sec = 60;
                    terms.starts = Some(MARCH_25);
                    terms.ends = Some(MARCH_25 + 86_400);
                })
            },
        ),
        (
            "lrn_prefix,interstate,intrastate\n1212555,0.001,0.002",
            row("1212555", inter_intra(1_000_000, 2_000_000)),
        ),
        (
            "code,duration,increment,interrate,intrarate,ijrate,effective_date\n1212,30,6,0.001,0.002,0.003,2026-03-25",
            row("1212", Prices { indeterminate: price(3_000_000), ..inter_intra(1_000_000, 2_000_000) })
                .with(|terms| (terms.first_sec, terms.starts) = (30, Some(MARCH_25))),
        ),
        (
            "npanxx,interstate,intrastate,indeterminate,effective_date\n212555,0.001,0.002,0.003,2026-03-25",
            row("1212555", Prices { indeterminate: price(3_000_000), ..inter_intra(1_000_000, 2_000_000) })
                .with(|terms| terms.starts = Some(MARCH_25)),
        ),
        (
            "npa,nxx,interstate,intrastate,indeterminate,effective_date\n212,555,0.001,0.002,0.003,",
            row("1212555", Prices { indeterminate: price(3_000_000), ..inter_intra(1_000_000, 2_000_000) }),
        ),
        ("NPANXX,Rate,Wireless,Land Line\n212555,0.001,,", row("1212555", flat(1_000_000))),
        (
            "dialprefix;destination name;rate interstate;rate intrastate;initial billing time;billing increment\n\
             1212;NY;0,001;0,002;30;6",
            DeckRow {
                destination: "NY".into(),
                ..row("1212", inter_intra(1_000_000, 2_000_000)).with(|terms| terms.first_sec = 30)
            },
        ),
        (
            "dialprefix;destination;rate initial;buyrate;initblock\n44;UK;0.009;0.003;60",
            DeckRow {
                destination: "UK".into(),
                ..row("44", flat(3_000_000)).with(|terms| terms.first_sec = 60)
            },
        ),
        (
            "Code,Destination,Connection Cost (USD),Grace Time,Cost / Min (USD),Initial Increment,Increment,Strip,Prepend\n\
             44,UK,0.05,3,0.003,60,1,,",
            DeckRow {
                destination: "UK".into(),
                ..row("44", flat(3_000_000)).with(|terms| {
                    terms.connect_fee = Nano(50_000_000);
                    terms.grace_sec = 3;
                    terms.first_sec = 60;
                    terms.increment_sec = 1;
                })
            },
        ),
        (
            "Prefix,Initial Rate,Next Rate,Connect Fee,Enabled,Initial Interval,Next Interval,Tag,Valid From\n\
             44,0.004,0.003,0.05,true,60,1,x,2026-03-25 00:00:00",
            row("44", flat(3_000_000)).with(|terms| {
                terms.first_rate_per_min = Some(Nano(4_000_000));
                terms.connect_fee = Nano(50_000_000);
                terms.first_sec = 60;
                terms.increment_sec = 1;
                terms.starts = Some(MARCH_25);
            }),
        ),
        (
            "prefix,description,interstate,intrastate,local\n1212,NY,0.001,0.002,0.0005",
            DeckRow {
                destination: "NY".into(),
                ..row("1212", Prices { local: price(500_000), ..inter_intra(1_000_000, 2_000_000) })
            },
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(rows(text), [expected], "{text}");
    }
}

#[test]
fn r10_1_delimiters_line_ends_byte_order_mark_and_decimal_commas() {
    let expected = [row("44", flat(12_300_000)), row("45", flat(500_000_000))];
    for text in [
        "prefix,rate\n44,0.0123\n45,0.5\n",
        "prefix,rate\r\n44,0.0123\r\n45,0.5",
        "\u{feff}prefix,rate\n\n44,0.0123\n45,0.5\n\n",
        "prefix;rate\n44;0,0123\n45;0,5\n",
        "prefix:rate\n44:0.0123\n45:0.5\n",
        "prefix\trate\n44\t0.0123\n45\t0.5\n",
        "\"prefix\",\"rate\"\n\"44\",\"0,0123\"\n\"45\",\"0,5\"\n",
        " Prefix , RATE \n 44 , 0.0123 \n +45 , .5 \n,,\n",
        "rate,prefix\n0.0123,01144\n0.5,0045,\n",
    ] {
        assert_eq!(rows(text), expected, "{text:?}");
    }
    let latin: &[u8] = b"prefix,destination,rate\n225,C\xf4te,0.1";
    let deck = read(Path::new("x"), latin, &ReadOptions::default()).unwrap();
    assert_eq!(&*deck.rows[0].destination, "Côte");
}

#[test]
fn r10_2_all_bad_rows_in_one_pass_with_line_and_column() {
    let text = "destination,prefix,rate,billing\n\
                \"two\nlines, and more\",44,,6/6\n\
                ok,45,0.1,6/6\n\
                short,46\n\
                bad,4x,-1,0/6\n";
    assert_eq!(
        errors(text),
        [
            "deck.csv:3:21: field 3 (rate): found nothing, expected a price such as 0.0123 (or to be told what a blank price means: blocked or inherit)",
            "deck.csv:5:1: row: found 2 cells, expected 4, as the header has",
            "deck.csv:6:5: field 2 (prefix): found \"4x\", expected 1 to 15 digits of E.164, not from 0",
            "deck.csv:6:8: field 3 (rate): found \"-1\", expected 0 or more",
            "deck.csv:6:11: field 4 (billing): found \"0/6\", expected first interval and increment such as 6/6, each 1 or more",
        ]
    );
}

#[test]
fn r10_2_skipped_rows_are_handed_back_as_written() {
    let options = ReadOptions { bad_rows: BadRows::Skip, ..ReadOptions::default() };
    let text = "prefix,rate\r\n44,0.1\r\n\"45\",x\r\n44,0.2\r\n46,0.3\r\n";
    let deck = read_text(text, &options).unwrap();
    assert_eq!(deck.rows, [row("46", flat(300_000_000))]);
    assert_eq!(deck.skipped_rows, b"prefix,rate\n44,0.1\n\"45\",x\n44,0.2\n");
    assert_eq!(deck.skipped.iter().map(|error| error.line).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(deck.rows_in_file, 4);
}

#[test]
fn r10_1_headers_that_are_none() {
    assert_eq!(
        errors("a;b;c\n1;2;3"),
        [
            "deck.csv:1:1: header: found \"a;b;c\", expected a column of codes: prefix, code, npanxx, npa and nxx, ocn and lata, or cic"
        ]
    );
    assert!(
        errors("prefix,rate,night rate\n1,2,3")[0].starts_with("deck.csv:1:13: header: found \"night rate\"")
    );
    assert!(errors("")[0].contains("found nothing"));
    assert!(errors("PK\u{3}\u{4}")[0].contains("a workbook"));
    for text in ["p\0r\0e\0", "\0p\0r\0e"] {
        assert_eq!(errors(text).len(), 1);
        assert!(errors(text)[0].contains("UTF-16"), "{text:?}");
    }
}

#[test]
fn r10_3_blank_prices_act_each_by_itself() {
    let text = "prefix,interstate,intrastate\n1212,0.1,\n121255,,0.2\n1,0.3,0.4\n1658,,0.5\n";
    let with = |blank_price| read_text(text, &ReadOptions { blank_price, ..ReadOptions::default() });
    let deck = with(BlankPrice::Blocked).unwrap();
    assert_eq!(deck.blank_prices, 3);
    let blocked = Prices { interstate: Price::Blocked, ..inter_intra(0, 200_000_000) };
    assert_eq!(deck.rows[2], row("121255", blocked));
    // Jamaica does not inherit from 1 (4.5).
    let errors = with(BlankPrice::Inherit).unwrap_err();
    assert_eq!(errors.errors.len(), 1, "{errors}");
    assert_eq!((errors.errors[0].line, errors.errors[0].column), (5, 6));
    let text = text.replace("1658", "1303");
    let deck = read_text(&text, &ReadOptions { blank_price: BlankPrice::Inherit, ..ReadOptions::default() });
    assert_eq!(
        deck.unwrap().rows,
        [
            row("1", inter_intra(300_000_000, 400_000_000)),
            row("1212", inter_intra(100_000_000, 400_000_000)),
            row("121255", inter_intra(100_000_000, 200_000_000)),
            row("1303", inter_intra(300_000_000, 500_000_000)),
        ]
    );
}

#[test]
fn r10_3_inheritance_minds_premium_toll_free_and_dates() {
    let inherit = ReadOptions { blank_price: BlankPrice::Inherit, ..ReadOptions::default() };
    for code in ["1900", "1212976", "1800", "12", "1700"] {
        let text = format!("prefix,rate\n1,0.1\n{code},\n");
        assert!(read_text(&text, &inherit).is_err(), "{code}");
    }
    // The shorter code's price changes in time, the heir's would not.
    let text =
        "prefix,rate,effective_date\n44,0.1,\n44,0.2,2026-03-25\n44,0.3,2026-03-27\n4420,,2026-03-26\n";
    assert!(read_text(text, &inherit).unwrap_err().to_string().contains("several rows by date"));
    // Inherited through a blank that inherits; a block is inherited as one.
    let text = "prefix,rate\n442079,\n4420,\n44,blocked\n";
    let deck = read_text(text, &inherit).unwrap();
    assert!(deck.rows.iter().all(|row| row.prices.default == Price::Blocked));
}

#[test]
fn r10_3_identical_rows_are_folded_and_different_ones_need_a_word() {
    let text = "prefix,rate,connect fee\n44,0.2,0.01\n45,1,0\n44,0.2,0.01\n44,0.1,0.02\n";
    let with = |duplicates| read_text(text, &ReadOptions { duplicates, ..ReadOptions::default() });
    let refused = with(Duplicates::Error).unwrap_err();
    assert_eq!(
        refused.to_string().lines().last().unwrap(),
        "deck.csv:5:1: field 1 (prefix): found \"44\" again, expected the same terms as in line 2 (or to be told which of different rows holds: last or highest)"
    );
    let terms =
        |deck: &ReadDeck| (deck.rows[0].prices.default, deck.rows[0].terms.connect_fee, deck.rows.len());
    let last = with(Duplicates::Last).unwrap();
    assert_eq!(terms(&last), (price(100_000_000), Nano(20_000_000), 2));
    assert_eq!(last.warnings[1].to_string(), "4: the same as line 2: folded");
    assert_eq!(last.warnings.len(), 3);
    let highest = with(Duplicates::Highest).unwrap();
    assert_eq!(terms(&highest), (price(200_000_000), Nano(20_000_000), 2), "each price and fee by itself");
    let crossed = "prefix,interstate,intrastate\n1212,0.1,0.4\n1212,0.2,0.3\n";
    let told = ReadOptions { duplicates: Duplicates::Highest, ..ReadOptions::default() };
    let deck = read_text(crossed, &told).unwrap();
    assert_eq!(deck.rows, [row("1212", inter_intra(200_000_000, 400_000_000))], "in either order");
    // Another start is another row.
    let dated = "prefix,rate,effective_date\n44,0.2,2026-03-25\n44,0.1,2026-03-26\n";
    assert_eq!(rows(dated).len(), 2);
}

#[test]
fn r10_3_ambiguous_dates_are_refused_until_told() {
    let text = "npanxx,interstate,intrastate,effective_date\n212555,1,1,03/04/2026\n";
    assert!(errors(text)[0].starts_with("deck.csv:2:12: field 4 (effective_date): found \"03/04/2026\""));
    let told = ReadOptions { dates: DateOrder::Mdy, ..ReadOptions::default() };
    assert_eq!(read_text(text, &told).unwrap().rows[0].terms.starts, Some(MARCH_25 - 21 * 86_400));
}

#[test]
fn r10_4_what_is_never_read() {
    for (cells, column) in [
        ("44,0.0000000001,6", 4),
        ("44,-0.1,6", 4),
        ("4a,0.1,6", 1),
        ("44,0.1,0", 8),
        ("44,0.1,", 8),
        ("44,1e-3,6", 4),
    ] {
        let text = format!("prefix,rate,increment\n{cells}\n");
        let errors = read_text(&text, &ReadOptions::default()).unwrap_err().errors;
        assert_eq!(errors.iter().map(|e| (e.line, e.column)).collect::<Vec<_>>(), [(2, column)], "{cells}");
    }
    let ended = "prefix,rate,starts,ends\n44,1,2026-03-25,2026-03-25\n";
    assert!(errors(ended)[0].contains("an end after the start"));
    assert!(errors("prefix,rate,status\n44,1,Deleted\n")[0].contains("a status"));
    assert_eq!(rows("prefix,rate,status\n44,1,Blocked\n")[0].prices.default, Price::Blocked);
}

#[test]
fn what_rows_have_in_common_is_that_of_each_row() {
    let terms = |text: &str| -> Vec<(i64, u32, u32, Option<i64>)> {
        let terms =
            |terms: &RowTerms| (terms.connect_fee.0, terms.increment_sec, terms.grace_sec, terms.ends);
        rows(text).iter().map(|row| terms(&row.terms)).collect()
    };
    let behind = "prefix,rate,increment,grace time,connect fee,valid until\n\
        44,1,6,,0.5,\n441,1,6,,0.5,\n442,1,6,,,\n443,1,6,,,\n444,1,60,2,0.5,2026-03-25\n445,1,60,2,0.5,2026-03-25";
    let (fee, plain) = ((500_000_000, 6, 0, None), (0, 6, 0, None));
    let last = (500_000_000, 60, 2, Some(MARCH_25));
    assert_eq!(terms(behind), [fee, fee, plain, plain, last, last]);
    // A fee in front of the price is that of its row, though all behind it is as in the row before.
    let around = "prefix,connect fee,rate,increment\n44,0.5,1,6\n441,,1,6\n";
    assert_eq!(terms(around), [fee, plain]);
}

#[test]
fn progress_grows_to_the_end() {
    let text: String = std::iter::once("prefix,rate\n".to_owned())
        .chain((2_000_000..2_040_000).map(|code| format!("{code},0.1\n")))
        .collect();
    let mut seen = Vec::new();
    let options = ReadOptions::default();
    read_with_progress(Path::new("x"), text.as_bytes(), &options, &mut |done| seen.push(done)).unwrap();
    assert!(seen.len() >= 4 && seen.is_sorted(), "{seen:?}");
    assert_eq!(seen.last(), Some(&(text.len() as u64)));
}

fn shared_data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(name)
}

/// The blank rates of the real deck, by `grep -n ',,Current'`: line, and the column that its text gives.
const BLANK_LINES: [u64; 9] = [583, 7151, 24073, 24127, 24128, 24129, 24130, 24131, 27393];

#[test]
fn the_real_deck_is_refused_for_its_nine_blank_rates() {
    let path = shared_data("az_deck_2010.csv");
    let bytes = std::fs::read(&path).unwrap();
    let errors = read(&path, &bytes, &ReadOptions::default()).unwrap_err().errors;
    assert_eq!(errors.iter().map(|error| error.line).collect::<Vec<_>>(), BLANK_LINES);
    let lines: Vec<&str> = str::from_utf8(&bytes).unwrap().lines().collect();
    for error in &errors {
        let line = lines[usize::try_from(error.line).unwrap() - 1];
        assert_eq!(error.column as usize, line.find(",,Current").unwrap() + 2, "{error}");
        assert_eq!(error.found, "nothing");
    }
    // Line 583: `AUSTRIA - PREMIUM,43820,30,6,,Current,…`.
    assert_eq!(errors[0].column, 30);
}

#[test]
fn the_real_deck_is_read_whole_with_blank_as_blocked() {
    let path = shared_data("az_deck_2010.csv");
    let bytes = std::fs::read(&path).unwrap();
    let options = ReadOptions { blank_price: BlankPrice::Blocked, ..ReadOptions::default() };
    let deck = read(&path, &bytes, &options).unwrap();
    assert_eq!((deck.rows.len(), deck.rows_in_file, deck.blank_prices), (27_523, 27_523, 9));
    assert_eq!(deck.warnings, []);
    let find = |code: &str| deck.rows.iter().find(|row| row.prefix.as_str() == code).unwrap();
    assert_eq!(find("43820").prices.default, Price::Blocked);
    assert_eq!(find("1900").prices.default, Price::Blocked);
    // AFGHANISTAN - CDMA,9375,30,6,0.2875,Current,2010-06-26 06:55:00,
    let expected = DeckRow {
        destination: "AFGHANISTAN - CDMA".into(),
        ..row("9375", flat(287_500_000))
            .with(|terms| (terms.first_sec, terms.starts) = (30, Some(1_277_535_300)))
    };
    assert_eq!(find("9375"), &expected);
    // "ANGUILLA, MOBILE",1264773,…,2010-07-02 11:06:58.484053: a quoted comma, a fraction dropped.
    assert_eq!(&*find("1264773").destination, "ANGUILLA, MOBILE");
    assert_eq!(find("1264773").terms.starts, Some(1_278_068_818));
    let mut copy = Vec::new();
    write_canonical(&deck.rows, &mut copy).unwrap();
    assert_eq!(read(Path::new("copy"), &copy, &ReadOptions::default()).unwrap().rows, deck.rows);
}

#[test]
fn the_canonical_form_is_as_documented() {
    let full = DeckRow {
        destination: "a \"b\", c".into(),
        ..row("1", Prices { local: Price::Blocked, ..flat(0) }).with(|terms| {
            terms.first_rate_per_min = Some(Nano(1));
            terms.connect_fee = Nano(5);
            terms.starts = Some(MARCH_25);
        })
    };
    let mut out = Vec::new();
    write_canonical([&full], &mut out).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "prefix,destination,interstate,intrastate,local,indeterminate,default,first_rate,first_sec,increment_sec,grace_sec,connect_fee,starts,ends\n\
         1,\"a \"\"b\"\", c\",,,blocked,,0,0.000000001,6,6,0,0.000000005,2026-03-25T00:00:00Z,\n"
    );
    assert!(write_canonical([&row("1", Prices::default())], Vec::new()).is_err());
    let header = CANONICAL_HEADER.join(",");
    assert!(
        errors(&format!("{header}\n44,,,,,,,,6,6,0,0,,\n"))[0].contains("at least one of the price columns")
    );
}

const MAX_SEC: u32 = 2_147_483_647;

fn any_price() -> impl Strategy<Value = Price> {
    prop_oneof![Just(Price::Missing), Just(Price::Blocked), (0..=i64::MAX).prop_map(price)]
}

fn any_row() -> impl Strategy<Value = DeckRow> {
    let prices = (any_price(), any_price(), any_price(), any_price(), any_price())
        .prop_map(|(interstate, intrastate, local, indeterminate, default)| Prices {
            interstate,
            intrastate,
            local,
            indeterminate,
            default,
        })
        .prop_filter("a row has some price", |prices| *prices != Prices::default());
    let nano = || (0..=i64::MAX).prop_map(Nano);
    // Years −9999 to 9999.
    let instant = || prop::option::of(-377_000_000_000..253_000_000_000i64);
    let seconds = (1..=MAX_SEC, 1..=MAX_SEC, 0..=MAX_SEC);
    let text = "[ a-zA-Z0-9,;:\t\"'\r\n\u{feff}é東]{0,12}";
    ("[1-9][0-9]{0,14}", text, prices, (prop::option::of(nano()), nano()), seconds, (instant(), instant()))
        .prop_map(|(prefix, destination, prices, (first, fee), seconds, (starts, ends))| DeckRow {
            destination: destination.into(),
            ..row(&prefix, prices).with(|terms| {
                terms.first_rate_per_min = first;
                terms.connect_fee = fee;
                terms.first_sec = seconds.0;
                terms.increment_sec = seconds.1;
                terms.grace_sec = seconds.2;
                terms.starts = starts;
                terms.ends = ends.filter(|ends| starts.is_none_or(|starts| *ends > starts));
            })
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn the_canonical_form_loses_nothing(rows in prop::collection::vec(any_row(), 1..20)) {
        let mut rows = rows;
        rows.sort_by_key(|row| (row.prefix, row.terms.starts));
        rows.dedup_by_key(|row| (row.prefix, row.terms.starts));
        let mut out = Vec::new();
        write_canonical(&rows, &mut out).unwrap();
        // What it is told about other files does not touch its own form.
        let told = ReadOptions {
            blank_price: BlankPrice::Blocked,
            prefixes: Some(PrefixForm::Nanp),
            decimal_mark: Some(DecimalMark::Comma),
            ..ReadOptions::default()
        };
        prop_assert_eq!(read(Path::new("x"), &out, &told).unwrap().rows, rows);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut file = b"prefix,rate,starts\n".to_vec();
        file.extend(bytes);
        match read(Path::new("x"), &file, &ReadOptions::default()) {
            Ok(deck) => prop_assert!(deck.rows.len() as u64 <= deck.rows_in_file),
            Err(errors) => prop_assert!(!errors.errors.is_empty() && !errors.to_string().is_empty()),
        }
    }
}
