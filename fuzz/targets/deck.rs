//! A price list as providers send them: reading it gives all rows or all that is wrong, never a panic; what was read
//! and is written down reads as the same rows.
#![no_main]

use std::path::Path;

use lcr_admin::deck::{BadRows, BlankPrice, DateOrder, Duplicates, ReadOptions, read, write_canonical};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((how, bytes)) = input.split_first() else { return Corpus::Reject };
    let options = ReadOptions {
        blank_price: [BlankPrice::Error, BlankPrice::Blocked, BlankPrice::Inherit][usize::from(how % 3)],
        duplicates: if how & 4 == 0 { Duplicates::Error } else { Duplicates::Last },
        dates: if how & 8 == 0 { DateOrder::default() } else { DateOrder::Dmy },
        bad_rows: if how & 16 == 0 { BadRows::Refuse } else { BadRows::Skip },
        ..ReadOptions::default()
    };
    read_and_write(bytes, &options);
    // Last: the fuzzer remembers few comparisons, and reading makes many.
    tandem_fuzz::planted(bytes);
    Corpus::Keep
});

fn read_and_write(bytes: &[u8], options: &ReadOptions) {
    let Ok(deck) = read(Path::new("fuzz.csv"), bytes, options) else { return };
    if !deck.rows.is_empty() && deck.ocn_rows.is_empty() && deck.cic_rows.is_empty() {
        let mut text = Vec::new();
        write_canonical(&deck.rows, &mut text).expect("writing to memory");
        let again = read(Path::new("canonical.csv"), &text, &ReadOptions::default());
        let again = again.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&text)));
        assert_eq!(again.rows, deck.rows, "{}", String::from_utf8_lossy(&text));
    }
}
