//! What the signer of a call claims to know of its caller, out of the header Identity (RFC 8224, 8225, 8588).
//!
//! ```text
//! Identity: eyJhbGciOiJFUzI1NiIs….eyJhdHRlc3QiOiJBIiwiZGVzdCI6….c2lnbmF0dXJl;info=<https://…>;alg=ES256;ppt=shaken
//!           └ header ──────────┘ └ claims: {"attest":"A","dest":…} ┘ └ signature ┘
//! ```
//!
//! It will not verify: no certificate is fetched, no signature is looked at. That is the work of Kamailio's secsipid.

use rating_node::Attestation;

/// Longest claims that are read.
const CLAIMS_MAX: usize = 4096;

#[derive(serde::Deserialize)]
struct Claims<'a> {
    #[serde(borrow)]
    attest: &'a str,
}

/// The attestation that a text claims: `A`, `B` or `C` itself, or that of the header's value; of several values with commas
/// between them, the first that claims one. `None` of everything else.
pub(crate) fn read(text: &[u8]) -> Option<Attestation> {
    Attestation::from_text(text).or_else(|| text.split(|byte| *byte == b',').find_map(of_value))
}

fn of_value(value: &[u8]) -> Option<Attestation> {
    let token = value.split(|byte| *byte == b';').next()?.trim_ascii();
    let mut parts = token.split(|byte| *byte == b'.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let mut room = [0; CLAIMS_MAX];
    let claims: Claims<'_> = serde_json::from_slice(decode(claims, &mut room)?).ok()?;
    Attestation::from_text(claims.attest.as_bytes())
}

/// Base64 of URLs (RFC 4648, 5), without padding or with it; `None` of what is none, or too long.
fn decode<'a>(text: &[u8], room: &'a mut [u8]) -> Option<&'a [u8]> {
    let text = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let (mut bits, mut count, mut len) = (0_u32, 0, 0);
    for byte in text {
        bits = bits << 6 | u32::from(sextet(*byte)?);
        count += 6;
        if count >= 8 {
            count -= 8;
            *room.get_mut(len)? = (bits >> count) as u8;
            len += 1;
        }
    }
    // What is left are the zeros that fill up the last byte.
    let is_whole = count < 6 && bits & ((1 << count) - 1) == 0;
    if is_whole { room.get(..len) } else { None }
}

const fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of RFC 8588, section 6, and one with B in its place: made with Python's base64.
    const SIGNED_A: &str = "eyJhbGciOiJFUzI1NiIsInBwdCI6InNoYWtlbiIsInR5cCI6InBhc3Nwb3J0IiwieDV1IjoiaHR0cHM6Ly9jZXJ0LmV4YW1wbGUub3JnL3Bhc3Nwb3J0LmNlciJ9.eyJhdHRlc3QiOiJBIiwiZGVzdCI6eyJ0biI6WyIxMjE1NTU1MTIxMyJdfSwiaWF0IjoxNDQzMjA4MzQ1LCJvcmlnIjp7InRuIjoiMTIxNTU1NTEyMTIifSwib3JpZ2lkIjoiMTIzZTQ1NjctZTg5Yi0xMmQzLWE0NTYtNDI2NjU1NDQwMDAwIn0.c2ln;info=<https://cert.example.org/passport.cer>;alg=ES256;ppt=\"shaken\"";
    const SIGNED_B: &str = "eyJ9.eyJhdHRlc3QiOiJCIiwiZGVzdCI6eyJ0biI6WyIxMjE1NTU1MTIxMyJdfSwiaWF0IjoxNDQzMjA4MzQ1LCJvcmlnIjp7InRuIjoiMTIxNTU1NTEyMTIifSwib3JpZ2lkIjoiMTIzZTQ1NjctZTg5Yi0xMmQzLWE0NTYtNDI2NjU1NDQwMDAwIn0.c2ln";
    /// Claims {"dest":{"tn":["1"]},"div":{"tn":"2"}} of a diverted call (RFC 8946).
    const DIVERTED: &str = "eyJ9.eyJkZXN0Ijp7InRuIjpbIjEiXX0sImRpdiI6eyJ0biI6IjIifX0.c2ln;ppt=div";

    #[test]
    fn the_claim_of_the_header_is_read() {
        let several = format!("{DIVERTED}, {SIGNED_B},{SIGNED_A}");
        for (text, claim) in [
            ("A", Some(Attestation::A)),
            ("C", Some(Attestation::C)),
            (SIGNED_A, Some(Attestation::A)),
            (SIGNED_B, Some(Attestation::B)),
            // {"attest": "C" }, with padding and blanks around.
            (" x.eyJhdHRlc3QiOiAiQyIgfQ==.y ;info=<https://a,b>", Some(Attestation::C)),
            (&several, Some(Attestation::B)),
        ] {
            assert_eq!(read(text.as_bytes()), claim, "{text}");
        }
    }

    #[test]
    fn what_claims_nothing_is_nothing() {
        let long = format!("x.{}.y", "eyJh".repeat(2_000));
        for text in [
            "",
            "D",
            "a",
            "AB",
            "shaken",
            DIVERTED,
            "..sig;info=<https://cert.example.org>",
            // {"attest":"D"}, ["attest","A"], {"attest":"A","attest":"B"}.
            "x.eyJhdHRlc3QiOiJEIn0.y",
            "x.WyJhdHRlc3QiLCJBIl0.y",
            "x.eyJhdHRlc3QiOiJBIiwiYXR0ZXN0IjoiQiJ9.y",
            // Of {"attest": "C" }: cut off, not of this alphabet, two parts, four parts.
            "x.eyJhdHRlc3QiOiAiQyIg.y",
            "x.eyJhdHRlc3QiOiAiQyIg+Q.y",
            "x.eyJhdHRlc3QiOiAiQyIgfQ",
            "x.eyJhdHRlc3QiOiAiQyIgfQ.y.z",
            &long,
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }
}
