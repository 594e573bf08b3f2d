#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use rating_core::number::Digits;

use super::layout::{HEADER_LEN, LRNS_AT, Spid, header};
use super::{NanpNumber, Ported, PortedError, write};

fn number(text: &str) -> NanpNumber {
    NanpNumber::new(&Digits::new(text.as_bytes()).unwrap()).unwrap()
}

/// What the file says of a number, as text.
fn found(ported: &Ported<'_>, of: &str) -> Option<(String, Spid)> {
    ported.look_up(number(of)).map(|to| (to.lrn.as_str().to_owned(), to.spid))
}

fn small() -> Vec<u8> {
    let lrns = [(number("17205550000"), *b"567G"), (number("12125550000"), [0; 4])];
    let numbers = [("12127081900", 1), ("17207081999", 0), ("17207082000", 1), ("19999999999", 0)];
    write(&lrns, numbers.iter().map(|(text, lrn)| (number(text), *lrn))).unwrap()
}

#[test]
fn a_ported_number_has_its_lrn_and_its_neighbours_have_none() {
    let file = small();
    let ported = Ported::open_all(&file).unwrap();
    assert_eq!(found(&ported, "17207081999"), Some(("17205550000".into(), *b"567G")));
    assert_eq!(found(&ported, "17207082000"), Some(("12125550000".into(), [0; 4])));
    assert_eq!(found(&ported, "12127081900"), Some(("12125550000".into(), [0; 4])));
    assert_eq!(found(&ported, "19999999999"), Some(("17205550000".into(), *b"567G")));
    for not_there in ["17207081998", "17207082001", "17207091999", "12002000000", "17207081900"] {
        assert_eq!(found(&ported, not_there), None, "{not_there}");
    }
    assert_eq!((ported.numbers(), ported.lrns(), ported.exchanges()), (4, 2, 3));
}

#[test]
fn a_file_without_numbers_answers() {
    let file = write(&[], std::iter::empty()).unwrap();
    let ported = Ported::open_all(&file).unwrap();
    assert_eq!((found(&ported, "17207081999"), ported.numbers()), (None, 0));
}

/// All 10,000 numbers of an exchange, each with its own LRN: no palette; beyond 65,536 LRNs wide indices too.
#[test]
fn an_exchange_with_as_many_lrns_as_numbers() {
    for lrn_count in [256_u32, 257, 10_000, 70_000] {
        let lrns: Vec<_> = (0..lrn_count)
            .map(|nth| (NanpNumber::from_value(3_035_000_000 + u64::from(nth)).unwrap(), [b'A'; 4]))
            .collect();
        // The last LRNs of the table: those that a narrow index could not name.
        let lrn_of = |nth: u32| lrn_count - 1 - nth % lrn_count;
        let numbers = (0..10_000)
            .map(|nth| (NanpNumber::from_value(7_207_080_000 + u64::from(nth)).unwrap(), lrn_of(nth)));
        let file = write(&lrns, numbers).unwrap();
        let ported = Ported::open_all(&file).unwrap();
        for nth in 0..10_000 {
            let number = NanpNumber::from_value(7_207_080_000 + u64::from(nth)).unwrap();
            let expected = 13_035_000_000 + u64::from(lrn_of(nth));
            let got = ported.look_up(number).map(|to| to.lrn.as_str().to_owned());
            assert_eq!(got, Some(expected.to_string()), "{lrn_count} LRNs, number {nth}");
        }
    }
}

#[test]
fn numbers_of_the_nanp_and_no_others() {
    for value in [2_002_000_000, 9_999_999_999_u64] {
        let number = NanpNumber::from_value(value).unwrap();
        assert_eq!(number.digits().as_str(), format!("1{value}"));
        assert_eq!(NanpNumber::new(&number.digits()), Some(number));
    }
    for value in [0, 1_999_999_999, 2_001_999_999, 10_000_000_000, u64::MAX] {
        assert_eq!(NanpNumber::from_value(value), None, "{value}");
    }
    assert_eq!(NanpNumber::new(&Digits::new(b"442079460000").unwrap()), None);
}

#[test]
fn damage_is_told() {
    let good = small();
    let open = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut file = good.clone();
        change(&mut file);
        Ported::open_all(&file).map(|_| ()).unwrap_err()
    };
    assert_eq!(open(&|file| file.clear()), PortedError::NotOne);
    assert_eq!(open(&|file| file[0] = b'X'), PortedError::NotOne);
    assert_eq!(open(&|file| file[header::FORMAT] = 9), PortedError::Format(9));
    assert_eq!(open(&|file| file[header::NUMBERS] ^= 1), PortedError::Damaged("the header is"));
    assert_eq!(open(&|file| file[HEADER_LEN + 5] ^= 1), PortedError::Damaged("the directory is"));
    assert_eq!(open(&|file| file[LRNS_AT] ^= 1), PortedError::Damaged("the directory is"));
    assert_eq!(open(&|file| *file.last_mut().unwrap() ^= 1), PortedError::Damaged("the numbers are"));
    let (expected, found) = (good.len() as u64, good.len() as u64 - 1);
    assert_eq!(open(&|file| file.truncate(file.len() - 1)), PortedError::Length { expected, found });
}

/// A worker that opens a new file under traffic does not read all of it: what it then looks into may be anything.
#[test]
fn any_bytes_behind_a_good_head_are_looked_up_without_harm() {
    let good = small();
    let numbers = ["12127081900", "17207081999", "17207082000", "19999999999", "17207080000", "17207089999"];
    proptest!(|(damage in prop::collection::vec((LRNS_AT..good.len(), any::<u8>()), 1..40))| {
        let mut file = good.clone();
        damage.iter().for_each(|(at, byte)| file[*at] = *byte);
        let tables = crc32fast::hash(&file[HEADER_LEN..LRNS_AT + 24]).to_le_bytes();
        file[header::TABLES_CRC..header::TABLES_CRC + 4].copy_from_slice(&tables);
        let head = crc32fast::hash(&file[16..HEADER_LEN]).to_le_bytes();
        file[header::HEADER_CRC..header::HEADER_CRC + 4].copy_from_slice(&head);
        let ported = Ported::open(&file).unwrap();
        for text in numbers {
            if let Some(to) = ported.look_up(number(text)) {
                prop_assert!(to.lrn.is_nanp());
            }
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Against a map, which shares nothing with the file.
    #[test]
    fn the_file_says_what_was_written(
        rows in prop::collection::btree_map(2_002_000_000_u64..2_002_030_000, 0_u32..400, 0..600),
    ) {
        let lrns: Vec<_> =
            (0..400).map(|nth| (NanpNumber::from_value(3_035_550_000 + nth).unwrap(), [b'0'; 4])).collect();
        let rows_of_nanp = rows.iter().map(|(value, lrn)| (NanpNumber::from_value(*value).unwrap(), *lrn));
        let file = write(&lrns, rows_of_nanp).unwrap();
        let ported = Ported::open_all(&file).unwrap();
        prop_assert_eq!(ported.numbers(), rows.len() as u64);
        for value in 2_002_000_000..2_002_030_000_u64 {
            let to = ported.look_up(NanpNumber::from_value(value).unwrap());
            let expected = rows.get(&value).map(|lrn| format!("1{}", 3_035_550_000_u64 + u64::from(*lrn)));
            prop_assert_eq!(to.map(|to| to.lrn.as_str().to_owned()), expected);
        }
    }
}
