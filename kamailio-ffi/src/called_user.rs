//! The called number as a request URI's user part writes it: digits, then perhaps RFC 4694 parameters.
//!
//! `+13035550100;npdi;rn=+17205550000` is the number 13035550100 whose LRN is 17205550000. What counts as a
//! valid number or LRN, and whether this trunk's LRNs count at all (3.9), is not decided here.

/// A user part taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct User<'a> {
    /// What was dialled.
    pub number: &'a [u8],
    /// The LRN that came with it, or empty.
    pub lrn: &'a [u8],
}

/// Takes a user part apart (3.9: `npdi=yes` and `ndpi` are tolerated; `npdi` without `rn` means that the number
/// is its own LRN).
pub(crate) fn split(user: &[u8]) -> User<'_> {
    let mut parts = user.split(|byte| *byte == b';');
    let number = parts.next().unwrap_or_default();
    let (mut lrn, mut dipped): (&[u8], bool) = (&[], false);
    for parameter in parts {
        let at = parameter.iter().position(|byte| *byte == b'=');
        let (name, value) = at.map_or((parameter, &[][..]), |at| (&parameter[..at], &parameter[at + 1..]));
        if name.eq_ignore_ascii_case(b"rn") {
            lrn = value;
        } else if name.eq_ignore_ascii_case(b"npdi") || name.eq_ignore_ascii_case(b"ndpi") {
            dipped = true;
        }
    }
    User { number, lrn: if lrn.is_empty() && dipped { number } else { lrn } }
}

#[cfg(test)]
mod tests {
    use super::{User, split};

    #[test]
    fn r3_9_rn_and_npdi_in_their_wild_forms() {
        let number = b"+13035550100".as_slice();
        let cases: [(&[u8], &[u8]); 7] = [
            (b"+13035550100", b""),
            (b"+13035550100;npdi;rn=+17205550000", b"+17205550000"),
            (b"+13035550100;rn=7205550000;npdi=yes", b"7205550000"),
            (b"+13035550100;RN=17205550000;ndpi", b"17205550000"),
            (b"+13035550100;npdi", b"+13035550100"),
            (b"+13035550100;npdi;rn=", b"+13035550100"),
            (b"+13035550100;cic=0288", b""),
        ];
        for (user, lrn) in cases {
            assert_eq!(split(user), User { number, lrn }, "{}", String::from_utf8_lossy(user));
        }
        assert_eq!(split(b""), User { number: b"", lrn: b"" });
    }
}
