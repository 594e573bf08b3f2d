//! Country codes of E.164, and the country that each mainly is.
//!
//! `+44 20 7946 0000` is in GB. Where countries share a code it stands for the main one: `1` US (what NANP numbers
//! are in is for the numbering table to say), `7` RU, `44` GB.
//!
//! # Source
//! ITU-T, List of Recommendation ITU-T E.164 assigned country codes.

/// A country code and its main country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountryCode {
    /// The code: 1 to 3 digits.
    pub code: u16,
    /// ISO 3166, two capitals.
    pub country: [u8; 2],
}

macro_rules! codes {
    ($($code:literal $country:literal)+) => { &[$(CountryCode { code: $code, country: *$country },)+] };
}

/// Every assigned code of a country, ascending. Codes of networks and services (`800`, `870`, `881` …) have none.
#[rustfmt::skip]
static CODES: &[CountryCode] = codes! {
    1 b"US" 7 b"RU" 20 b"EG" 27 b"ZA" 30 b"GR" 31 b"NL" 32 b"BE" 33 b"FR" 34 b"ES" 36 b"HU" 39 b"IT" 40 b"RO"
    41 b"CH" 43 b"AT" 44 b"GB" 45 b"DK" 46 b"SE" 47 b"NO" 48 b"PL" 49 b"DE" 51 b"PE" 52 b"MX" 53 b"CU" 54 b"AR"
    55 b"BR" 56 b"CL" 57 b"CO" 58 b"VE" 60 b"MY" 61 b"AU" 62 b"ID" 63 b"PH" 64 b"NZ" 65 b"SG" 66 b"TH" 81 b"JP"
    82 b"KR" 84 b"VN" 86 b"CN" 90 b"TR" 91 b"IN" 92 b"PK" 93 b"AF" 94 b"LK" 95 b"MM" 98 b"IR" 211 b"SS" 212 b"MA"
    213 b"DZ" 216 b"TN" 218 b"LY" 220 b"GM" 221 b"SN" 222 b"MR" 223 b"ML" 224 b"GN" 225 b"CI" 226 b"BF" 227 b"NE"
    228 b"TG" 229 b"BJ" 230 b"MU" 231 b"LR" 232 b"SL" 233 b"GH" 234 b"NG" 235 b"TD" 236 b"CF" 237 b"CM" 238 b"CV"
    239 b"ST" 240 b"GQ" 241 b"GA" 242 b"CG" 243 b"CD" 244 b"AO" 245 b"GW" 246 b"IO" 247 b"AC" 248 b"SC" 249 b"SD"
    250 b"RW" 251 b"ET" 252 b"SO" 253 b"DJ" 254 b"KE" 255 b"TZ" 256 b"UG" 257 b"BI" 258 b"MZ" 260 b"ZM" 261 b"MG"
    262 b"RE" 263 b"ZW" 264 b"NA" 265 b"MW" 266 b"LS" 267 b"BW" 268 b"SZ" 269 b"KM" 290 b"SH" 291 b"ER" 297 b"AW"
    298 b"FO" 299 b"GL" 350 b"GI" 351 b"PT" 352 b"LU" 353 b"IE" 354 b"IS" 355 b"AL" 356 b"MT" 357 b"CY" 358 b"FI"
    359 b"BG" 370 b"LT" 371 b"LV" 372 b"EE" 373 b"MD" 374 b"AM" 375 b"BY" 376 b"AD" 377 b"MC" 378 b"SM" 379 b"VA"
    380 b"UA" 381 b"RS" 382 b"ME" 383 b"XK" 385 b"HR" 386 b"SI" 387 b"BA" 389 b"MK" 420 b"CZ" 421 b"SK" 423 b"LI"
    500 b"FK" 501 b"BZ" 502 b"GT" 503 b"SV" 504 b"HN" 505 b"NI" 506 b"CR" 507 b"PA" 508 b"PM" 509 b"HT" 590 b"GP"
    591 b"BO" 592 b"GY" 593 b"EC" 594 b"GF" 595 b"PY" 596 b"MQ" 597 b"SR" 598 b"UY" 599 b"CW" 670 b"TL" 672 b"NF"
    673 b"BN" 674 b"NR" 675 b"PG" 676 b"TO" 677 b"SB" 678 b"VU" 679 b"FJ" 680 b"PW" 681 b"WF" 682 b"CK" 683 b"NU"
    685 b"WS" 686 b"KI" 687 b"NC" 688 b"TV" 689 b"PF" 690 b"TK" 691 b"FM" 692 b"MH" 850 b"KP" 852 b"HK" 853 b"MO"
    855 b"KH" 856 b"LA" 880 b"BD" 886 b"TW" 960 b"MV" 961 b"LB" 962 b"JO" 963 b"SY" 964 b"IQ" 965 b"KW" 966 b"SA"
    967 b"YE" 968 b"OM" 970 b"PS" 971 b"AE" 972 b"IL" 973 b"BH" 974 b"QA" 975 b"BT" 976 b"MN" 977 b"NP" 992 b"TJ"
    993 b"TM" 994 b"AZ" 995 b"GE" 996 b"KG" 998 b"UZ"
};

/// Every assigned code of a country, ascending.
#[must_use]
pub fn codes() -> &'static [CountryCode] {
    CODES
}

/// The country code that digits begin with. No code is the beginning of another, so there is one at most.
#[must_use]
pub fn country_of(digits: &[u8]) -> Option<CountryCode> {
    let mut code = 0u16;
    for byte in digits.iter().take(3) {
        code = code.wrapping_mul(10).wrapping_add(u16::from(byte.wrapping_sub(b'0')));
        if let Ok(at) = CODES.binary_search_by_key(&code, |entry| entry.code) {
            return CODES.get(at).copied();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_none_begins_another() {
        let texts: std::vec::Vec<_> = CODES.iter().map(|entry| std::format!("{}", entry.code)).collect();
        assert!(CODES.is_sorted_by(|a, b| a.code < b.code));
        for a in &texts {
            assert_eq!(texts.iter().filter(|b| b.starts_with(a.as_str())).count(), 1, "{a}");
        }
    }

    #[test]
    fn r10_5_shared_codes_are_those_of_their_main_country() {
        let country = |digits: &[u8]| country_of(digits).map(|entry| entry.country);
        for (digits, expected) in [
            (&b"442079460000"[..], b"GB"),
            (b"77012345678", b"RU"),
            (b"18765551234", b"US"),
            (b"38643123456", b"SI"),
            (b"5999123456", b"CW"),
            (b"47123456", b"NO"),
        ] {
            assert_eq!(country(digits).as_ref(), Some(expected));
        }
        // No country: the global network of +881, and the digits of no code.
        assert_eq!(country(b"88161234567"), None);
        assert_eq!(country(b"999123456"), None);
        assert_eq!(country(b"3"), None);
    }
}
