//! Numbers as they are dialled: reading them is total, and what is read is a number that reads as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rating_core::number::{self, Dialled, Digits};

fuzz_target!(|text: &[u8]| {
    tandem_fuzz::planted(text);
    for read in [number::normalise(text), number::e164(text), number::short_code(text)].into_iter().flatten()
    {
        assert_eq!(Digits::from_packed(read.to_packed()), read, "packed and back");
        assert_eq!(Digits::new(read.as_bytes()), Some(read), "written and back");
    }
    if let Some(read) = number::normalise(text) {
        assert!(number::is_valid(&read), "{read:?}");
        assert!((7..=15).contains(&read.as_bytes().len()) && !read.starts_with(b"0"), "2.4: {read:?}");
        let international = [b"+", read.as_bytes()].concat();
        assert_eq!(number::normalise(&international), Some(read), "E.164 is read as itself");
        // NANP is exactly 1 [2-9]XX [2-9]XX XXXX.
        if let [b'1', rest @ ..] = read.as_bytes() {
            assert!(rest.len() == 10 && rest[0] >= b'2' && rest[3] >= b'2', "{read:?}");
        }
    }
    let dialled = Dialled::new(text);
    assert!(!dialled.as_bytes().iter().any(|byte| b"-.() ".contains(byte)), "separators are gone");
    assert_eq!(Dialled::new(dialled.as_bytes()).as_bytes(), dialled.as_bytes());
});
