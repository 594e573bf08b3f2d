use std::path::PathBuf;

use super::{Duplicates, Options, Read, read};

fn read_texts(texts: &[&str], options: Options) -> Read {
    let dir = tempfile::tempdir().expect("a directory");
    let files: Vec<PathBuf> = (0..texts.len()).map(|nth| dir.path().join(format!("{nth}.csv"))).collect();
    for (file, text) in files.iter().zip(texts) {
        std::fs::write(file, text).expect("a file");
    }
    read(&files, options, &mut |_| {}).expect("files that are there")
}

/// `number lrn spid` of each number.
fn told(read: &Read) -> Vec<String> {
    let row = |ported: &super::Ported| {
        let (lrn, spid) = read.lrns[ported.lrn() as usize];
        format!("{} {} {}", ported.number().value(), lrn.value(), String::from_utf8_lossy(&spid))
    };
    read.numbers.iter().map(|ported| row(ported).replace('\0', "")).collect()
}

/// The problems without the path of the private directory.
fn problems(read: &Read) -> Vec<String> {
    let plain = |text: String| {
        let words = text.split(' ').map(|word| word.rsplit('/').next().unwrap_or_default());
        words.collect::<Vec<_>>().join(" ")
    };
    read.problems.iter().map(|problem| plain(problem.to_string())).collect()
}

#[test]
fn forms_of_numbers_headers_and_delimiters() {
    let expected = ["2127081900 2125550000 567G", "7207081999 7205550000 "];
    for text in [
        "7207081999,7205550000\n2127081900,2125550000,567g\n",
        "\u{feff}number,lrn,spid\r\n+1 (720) 708-1999,17205550000,\r\n12127081900,+12125550000,567G\r\n",
        "SPID;LRN;TN\n;7205550000;7207081999\n567G;2125550000;2127081900",
        "\"7207081999\"\t\"7205550000\"\n\n\"2127081900\"\t\"2125550000\"\t\"567G\"\n",
    ] {
        let read = read_texts(&[text], Options::default());
        assert_eq!(problems(&read), [""; 0], "{text}");
        assert_eq!(told(&read), expected, "{text}");
    }
}

#[test]
fn a_number_that_is_its_own_lrn_was_not_ported_and_the_same_row_twice_is_one() {
    let read = read_texts(
        &["7207081999,7207081999\n2127081900,2125550000\n", "2127081900,2125550000\n"],
        Options::default(),
    );
    assert_eq!(told(&read), ["2127081900 2125550000 "]);
    assert_eq!((read.rows, read.not_ported, read.folded), (3, 1, 1));
}

#[test]
fn r10_2_every_bad_row_by_line_and_column() {
    let text = "number,lrn,spid\n7207081999,7205550000,567G\n720708199,7205550000\n7207082000,,567G\n\
                7207082001\n7207082002,7205550000,567GX\n442079460000,7205550000\n";
    let bad = read_texts(&[text], Options::default());
    assert_eq!(
        problems(&bad),
        [
            "0.csv:3:1: \"720708199\"; expected a NANP number such as 7207081999",
            "0.csv:4:12: nothing; expected the number's LRN, such as 7205550000",
            "0.csv:5:11: nothing; expected the number's LRN, such as 7205550000",
            "0.csv:6:23: \"567GX\"; expected a SPID of four letters or digits, or nothing",
            "0.csv:7:1: \"442079460000\"; expected a NANP number such as 7207081999",
        ]
    );
    let kept = read_texts(&[text], Options { skip_bad: true, ..Options::default() });
    assert_eq!(told(&kept), ["7207081999 7205550000 567G"]);
    let left_out = "720708199,7205550000\n7207082000,,567G\n7207082001\n7207082002,7205550000,567GX\n\
                    442079460000,7205550000\n";
    assert_eq!(String::from_utf8_lossy(&kept.skipped), left_out);
}

#[test]
fn r10_3_one_number_with_two_lrns_is_an_error_or_the_last_counts() {
    let texts = [
        "7207081999,7205550000\n2127081900,2125550000\n",
        "number,lrn\n7207081999,3035550000\n7207081999,9705550000\n",
    ];
    let error = read_texts(&texts, Options::default());
    assert_eq!(
        problems(&error),
        [
            "1.csv:2: 17207081999 has the LRN 13035550000 here and 17205550000 at 0.csv:1; expected one LRN for a \
             number, or --duplicates last",
            "1.csv:3: 17207081999 has the LRN 19705550000 here and 13035550000 at 1.csv:2; expected one LRN for a \
             number, or --duplicates last",
        ]
    );
    let last = read_texts(&texts, Options { duplicates: Duplicates::Last, ..Options::default() });
    assert_eq!(told(&last), ["2127081900 2125550000 ", "7207081999 9705550000 "]);
    assert_eq!((problems(&last).len(), last.replaced), (0, 1));
}

#[test]
fn r10_3_a_row_that_says_not_ported_any_more_conflicts_or_counts_as_the_last() {
    let ported_then_not = ["7207081999,7205550000\n", "7207081999,7207081999\n"];
    let error = read_texts(&ported_then_not, Options::default());
    assert_eq!(
        problems(&error),
        [
            "1.csv:1: 17207081999 has the LRN 17207081999 (not ported) here and 17205550000 at 0.csv:1; expected one \
          LRN for a number, or --duplicates last"
        ]
    );
    let last = |texts: &[&str]| {
        let read = read_texts(texts, Options { duplicates: Duplicates::Last, ..Options::default() });
        assert_eq!(problems(&read), [""; 0], "{texts:?}");
        (told(&read), read.not_ported, read.replaced)
    };
    assert_eq!(last(&ported_then_not), (vec![], 1, 1));
    let not_then_ported = ["7207081999,7207081999\n7207081999,7205550000\n"];
    assert_eq!(last(&not_then_ported), (vec!["7207081999 7205550000 ".to_owned()], 0, 1));
    let and_back_again = ["7207081999,7205550000\n7207081999,7207081999\n7207081999,7205550000\n"];
    assert_eq!(last(&and_back_again), (vec!["7207081999 7205550000 ".to_owned()], 0, 1));
    // Its LRN is also that of others, which keep it.
    let an_lrn = ["7205550000,3035550000\n7207081999,7205550000\n7205550000,7205550000\n"];
    assert_eq!(last(&an_lrn), (vec!["7207081999 7205550000 ".to_owned()], 1, 1));
}

#[test]
fn not_ported_said_twice_is_said_once_whatever_the_spid() {
    let twice = "7207081999,7207081999,567G\n7207081999,7207081999,987H\n";
    let read = read_texts(&[twice], Options::default());
    assert_eq!(problems(&read), [""; 0]);
    assert_eq!((told(&read), read.rows, read.not_ported, read.folded), (vec![], 2, 1, 1));
    let ported_before = read_texts(&["7207081999,7205550000\n", twice], Options::default());
    assert_eq!(ported_before.bad_rows, 1, "{:?}", problems(&ported_before));
}

#[test]
fn r10_3_two_spids_of_one_number_are_told() {
    let text = "7207081999,7205550000,567G\n7207081999,7205550000,987h\n7207081999,7205550000\n\
                7207081999,3035550000\n7207081999,2125550000,567G\n7207081999,7207081999,567G\n";
    assert_eq!(
        problems(&read_texts(&[text], Options::default())),
        [
            "0.csv:2: 17207081999 has the LRN 17205550000 (SPID 987H) here and 17205550000 (SPID 567G) at 0.csv:1; \
             expected one SPID for a number, or --duplicates last",
            "0.csv:3: 17207081999 has the LRN 17205550000 (no SPID) here and 17205550000 (SPID 987H) at 0.csv:2; \
             expected one SPID for a number, or --duplicates last",
            "0.csv:4: 17207081999 has the LRN 13035550000 here and 17205550000 at 0.csv:3; expected one LRN for a \
             number, or --duplicates last",
            "0.csv:5: 17207081999 has the LRN 12125550000 (SPID 567G) here and 13035550000 (no SPID) at 0.csv:4; \
             expected one LRN for a number, or --duplicates last",
            "0.csv:6: 17207081999 has the LRN 17207081999 (not ported) here and 12125550000 (SPID 567G) at 0.csv:5; \
             expected one LRN for a number, or --duplicates last",
        ]
    );
}

#[test]
fn an_empty_first_cell_before_a_tab_is_a_cell() {
    for text in [
        "carrier\ttn\tlrn\told_lrn\n\t7207081999\t7205550000\t3035550000\n",
        "\ttn\tlrn\told_lrn\r\n3035550000\t7207081999\t7205550000\t3035550000\r\n",
        "\u{feff}\ttn\tlrn\n \t 7207081999 \t 7205550000 \t\t\n\t\t\n",
        // A comma is looked for behind blanks.
        "\ttn, lrn\n\t7207081999\t,\t7205550000 \n",
    ] {
        let read = read_texts(&[text], Options::default());
        assert_eq!(problems(&read), [""; 0], "{text:?}");
        assert_eq!(told(&read), ["7207081999 7205550000 "], "{text:?}");
    }
    let text = "7207081999\t7205550000\n\t7205550000\t3035550000\t\r\n";
    let kept = read_texts(&[text], Options { skip_bad: true, ..Options::default() });
    assert_eq!(problems(&kept), ["0.csv:2:1: nothing; expected a NANP number such as 7207081999"]);
    assert_eq!(String::from_utf8_lossy(&kept.skipped), "\t7205550000\t3035550000\t\n");
}
