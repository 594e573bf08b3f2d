#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use rating_core::number::Digits;

use super::super::word::{By, TOLD_MAX, Told};
use super::{Answer, Word, read_enum, read_http, read_sip};

fn digits(text: &str) -> Digits {
    Digits::new(text.as_bytes()).unwrap()
}

fn ported(lrn: &str) -> Answer {
    Answer::Ported(digits(lrn))
}

fn carrier(cic: &[u8; 4], ror: &[u8; 5]) -> Answer {
    Answer::TollFree(Word::TollFree { cic: *cic, ror: *ror })
}

#[test]
fn r3_9_sip_answers_in_their_wild_forms() {
    let number = digits("14807868280");
    let lrn = ported("14805769233");
    for (sip_code, contact, answer) in [
        (302, "<sip:+14807868280;npdi;rn=+14805769233@192.0.2.7:5060>", lrn),
        (302, "<sip:+14807868280;rn=4805769233;npdi=yes@192.0.2.7>;q=1.0", lrn),
        (301, "\"dip\" <sip:14807868280;ndpi;rn=14805769233@dip.example>", lrn),
        (302, "sip:+14807868280;npdi;rn=+14805769233@192.0.2.7", lrn),
        (302, "<sip:4807868280@192.0.2.7;npdi;rn=+14805769233>", lrn),
        (302, "<sip:+14807868280%3Bnpdi%3Brn=%2B14805769233@192.0.2.7>", lrn),
        (302, "<tel:+14807868280;npdi;rn=+1-480-576-9233>", lrn),
        (302, "<SIP:4805769233@192.0.2.7>", lrn),
        (302, "<sip:+14805769233@192.0.2.7;transport=udp>, <sip:1@192.0.2.8>", lrn),
        (300, "<sips:4805769233@192.0.2.7>", lrn),
        // Not ported.
        (302, "<sip:+14807868280;npdi;rn=+14807868280@192.0.2.7>", Answer::NotPorted),
        (302, "<sip:+14807868280;npdi@192.0.2.7>", Answer::NotPorted),
        (302, "<sip:+14807868280;npdi;rn=@192.0.2.7>", Answer::NotPorted),
        (302, "<sip:4807868280@192.0.2.7>", Answer::NotPorted),
        (404, "", Answer::NotPorted),
        // No answers.
        (302, "", Answer::None),
        (302, "<sip:192.0.2.7>", Answer::None),
        (302, "<sip:anonymous@192.0.2.7>", Answer::None),
        (302, "<sip:+14807868280;npdi;rn=none@192.0.2.7>", Answer::None),
        (302, "<http://192.0.2.7/14805769233>", Answer::None),
        (302, "<sip:442079460000@192.0.2.7>", Answer::None),
        (200, "<sip:4805769233@192.0.2.7>", Answer::None),
        (480, "", Answer::None),
        (503, "<sip:4805769233@192.0.2.7>", Answer::None),
    ] {
        assert_eq!(read_sip(&number, sip_code, contact.as_bytes()), answer, "{sip_code} {contact}");
    }
    let toll_free = digits("18005551212");
    for contact in ["<sip:+18005551212;cic=0288@192.0.2.7>", "<sip:+18005551212;cic=+1-0288;npdi@192.0.2.7>"]
    {
        assert_eq!(read_sip(&toll_free, 302, contact.as_bytes()), carrier(b"0288", &[0; 5]), "{contact}");
    }
}

#[test]
fn http_answers_in_their_wild_forms() {
    let number = digits("17207081999");
    let lrn = ported("17205550000");
    for (status, body, answer) in [
        (200, "7205550000;567G", lrn),
        (200, "+17205550000;567G\r\n", lrn),
        (200, "7205550000", lrn),
        (200, "\"7205550000\"", lrn),
        (200, r#"{"lrn":"7205550000","spid":"567G","lnp_type":"lspp","activation_timestamp":1}"#, lrn),
        (200, r#"{"lrn":"7205550000","metadata":{"spid":"567G"}}"#, lrn),
        (200, r#"{"lrn":7205550000}"#, lrn),
        (200, r#"{"data":{"lrn":"+17205550000"}}"#, lrn),
        // Not ported.
        (200, "7207081999;567G", Answer::NotPorted),
        (200, ";567G", Answer::NotPorted),
        (200, r#"{"lrn":"7207081999","spid":"567G"}"#, Answer::NotPorted),
        (200, r#"{"lrn":null,"spid":"567G"}"#, Answer::NotPorted),
        (200, r#"{"lrn":"","metadata":{"spid":"567G"}}"#, Answer::NotPorted),
        (404, "not found", Answer::NotPorted),
        // No answers.
        (200, "", Answer::None),
        (200, ";", Answer::None),
        (200, "<html>500 lines</html>", Answer::None),
        (200, "{}", Answer::None),
        (200, "[]", Answer::None),
        (200, r#"{"lrn":"unknown"}"#, Answer::None),
        (200, r#"{"lrn":"7205550000""#, Answer::None),
        (429, "7205550000;567G", Answer::None),
        (401, "", Answer::None),
        (500, r#"{"lrn":"7205550000"}"#, Answer::None),
    ] {
        assert_eq!(read_http(&number, status, body.as_bytes()), answer, "{status} {body}");
    }
}

#[test]
fn r3_3_toll_free_answers() {
    let number = digits("18005551212");
    for (body, answer) in [
        (r#"{"crn":"8005551212","cic":"0288","ror":"ATX01"}"#, carrier(b"0288", b"ATX01")),
        (r#"{"cic":288,"ror":""}"#, carrier(b"0288", &[0; 5])),
        (r#"{"data":{"cic":"0222"}}"#, carrier(b"0222", &[0; 5])),
        (r#"{"cic":"none","ror":"ATX01"}"#, Answer::None),
        (r#"{"cic":null}"#, Answer::None),
        (r#"{"cic":"02888"}"#, Answer::None),
    ] {
        assert_eq!(read_http(&number, 200, body.as_bytes()), answer, "{body}");
    }
}

#[test]
fn enum_answers() {
    let number = digits("16305551234");
    for (expression, answer) in [
        (r"!(^.*$)!tel:\1;npdi;rn=+16305550000!", ported("16305550000")),
        (r"!^.*$!tel:+16305551234;npdi;rn=+16305550000!", ported("16305550000")),
        (r"!^.*$!TEL:+16305551234;rn=6305550000;npdi!", ported("16305550000")),
        (r"!(^.*$)!tel:\1;npdi!", Answer::NotPorted),
        (r"!(^.*$)!sip:\1@example.com!", Answer::None),
        ("", Answer::None),
        ("!", Answer::None),
        ("!^.*$!", Answer::None),
    ] {
        assert_eq!(read_enum(&number, expression.as_bytes()), answer, "{expression}");
    }
}

#[test]
fn a_word_is_read_as_it_is_written() {
    let number = digits("14807868280");
    for (answer, text) in [
        (ported("14805769233"), Some("lrn=14805769233")),
        (Answer::NotPorted, Some("lrn=14807868280")),
        (carrier(b"0288", &[0; 5]), Some("cic=0288")),
        (carrier(b"0288", b"ATX01"), Some("cic=0288;ror=ATX01")),
        (Answer::None, None),
    ] {
        let word = answer.word(number);
        assert_eq!(word.map(|word| word.to_string()).as_deref(), text);
        assert_eq!(word, text.and_then(|text| Word::read(text.as_bytes())));
    }
    for (text, by, is_kept) in [
        ("lrn=14805769233", None, false),
        ("lrn=14805769233;by=file", Some(By::File), false),
        ("lrn=14805769233;by=sip;kept", Some(By::Sip), true),
        ("cic=0288;ror=ATX01;by=http;kept", Some(By::Http), true),
        ("cic=0288;by=enum", Some(By::Enum), false),
        ("cic=0288;kept", None, true),
    ] {
        let told = Told::read(text.as_bytes()).unwrap();
        assert_eq!((told.by, told.is_kept, told.to_string().as_str()), (by, is_kept, text));
        assert!(text.len() <= TOLD_MAX);
    }
    for text in
        ["", ";by=sip", "lrn=14805769233;by=", "lrn=14805769233;kept;by=sip", "lrn=14805769233;kept;kept"]
    {
        assert_eq!(Told::read(text.as_bytes()), None, "{text}");
    }
    for text in
        ["", "lrn=", "lrn=44207946000", "cic=28", "cic=028x", "cic=0288;ror=", "cic=0288ATX01", "17205550000"]
    {
        assert_eq!(Word::read(text.as_bytes()), None, "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..80), code in 0_u16..700) {
        let number = digits("14807868280");
        let _ = read_sip(&number, code, &bytes);
        let _ = read_http(&number, code, &bytes);
        let _ = read_enum(&number, &bytes);
        let _ = Told::read(&bytes);
    }

    #[test]
    fn nearly_good_bytes_are_read_without_harm(text in "[<sip:@;=%rn+0-9a-fcdi!\\\\1tel\"{}]{0,40}") {
        let number = digits("14807868280");
        for lrn in [read_sip(&number, 302, text.as_bytes()), read_enum(&number, text.as_bytes())] {
            if let Answer::Ported(lrn) = lrn {
                prop_assert!(lrn.is_nanp() && lrn != number);
            }
        }
    }
}
