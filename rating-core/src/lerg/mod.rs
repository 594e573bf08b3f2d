//! Where numbers are: the numbering table, and the built-in table of area codes (3.2).
//!
//! `12125556789` is looked up in the plan's numbering table by its thousands block (212-555-6), then by its
//! NPA-NXX (212-555), then in the built-in table by its NPA, which knows New York but no LATA. So jurisdiction
//! by state works without any numbering data.
//!
//! It knows places, not prices; who is "local" or "interstate" is for [`crate::jurisdiction`] to say.

pub mod e164;
pub mod npa;

use crate::number::Digits;
use crate::snapshot::view::Snapshot;

/// A place in the North American numbering plan. Zeros are "not known".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166 country.
    pub country: [u8; 2],
    /// State or province.
    pub state: [u8; 2],
    /// Operating company number.
    pub ocn: [u8; 4],
    /// LATA.
    pub lata: u32,
    /// Rate centre: a number of this snapshot.
    pub rate_center: u32,
    /// Tier by which some carriers price the block.
    pub tier: u8,
}

impl Place {
    /// Nothing is known.
    pub const UNKNOWN: Place =
        Place { country: [0; 2], state: [0; 2], ocn: [0; 4], lata: 0, rate_center: 0, tier: 0 };

    /// A place of a country and a state as people write them: a territory given as a state of the US, as many
    /// numbering tables have it, is outside the US (1).
    #[must_use]
    pub fn in_state(country: [u8; 2], state: [u8; 2]) -> Place {
        if US_TERRITORIES.contains(&state) && (country == *b"US" || country == [0; 2]) {
            return Place { country: state, ..Place::UNKNOWN };
        }
        let country = if country == [0; 2] && is_state_code(state) { *b"US" } else { country };
        Place { country, state, ..Place::UNKNOWN }
    }

    /// Whether this is one of the states or DC.
    #[must_use]
    pub fn is_us_state(&self) -> bool {
        self.country == *b"US" && is_state_code(self.state)
    }

    /// Whether the country is known and neither the US nor one of its territories (3.1).
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.country != [0; 2] && self.country != *b"US" && !US_TERRITORIES.contains(&self.country)
    }

    /// This place, with the state, OCN and LATA that `given` knows in place of what was looked up (3.1).
    ///
    /// A state does not move a number to another country: what is known of that, or not known, stays.
    #[must_use]
    pub fn overridden_by(self, given: &Place) -> Place {
        Place {
            country: self.country,
            state: if given.state == [0; 2] { self.state } else { given.state },
            ocn: if given.ocn == [0; 4] { self.ocn } else { given.ocn },
            lata: if given.lata == 0 { self.lata } else { given.lata },
            rate_center: self.rate_center,
            tier: self.tier,
        }
    }
}

/// US territories: NANP outside the US.
const US_TERRITORIES: [[u8; 2]; 5] = [*b"PR", *b"VI", *b"GU", *b"AS", *b"MP"];

/// The states and DC.
#[rustfmt::skip]
const US_STATES: [&[u8; 2]; 51] = [
    b"AK", b"AL", b"AR", b"AZ", b"CA", b"CO", b"CT", b"DC", b"DE", b"FL", b"GA", b"HI", b"IA", b"ID", b"IL", b"IN",
    b"KS", b"KY", b"LA", b"MA", b"MD", b"ME", b"MI", b"MN", b"MO", b"MS", b"MT", b"NC", b"ND", b"NE", b"NH", b"NJ",
    b"NM", b"NV", b"NY", b"OH", b"OK", b"OR", b"PA", b"RI", b"SC", b"SD", b"TN", b"TX", b"UT", b"VA", b"VT", b"WA",
    b"WI", b"WV", b"WY",
];

/// Whether two letters name a state or DC.
fn is_state_code(state: [u8; 2]) -> bool {
    let [first, second] = state.map(|letter| letter.wrapping_sub(b'A'));
    let seconds = STATES_BY_LETTER.get(usize::from(first)).copied().unwrap_or_default();
    second < 26 && (seconds >> second) & 1 == 1
}

/// Of each first letter the second ones, `A` in the lowest bit: every call asks several times.
static STATES_BY_LETTER: [u32; 26] = states_by_letter();

#[allow(clippy::indexing_slicing, clippy::as_conversions, clippy::arithmetic_side_effects, reason = "const")]
const fn states_by_letter() -> [u32; 26] {
    let mut table = [0; 26];
    let mut at = 0;
    while at < US_STATES.len() {
        let [first, second] = *US_STATES[at];
        table[(first - b'A') as usize] |= 1 << (second - b'A');
        at += 1;
    }
    table
}

/// The seven toll-free area codes (3.3).
const fn is_toll_free_npa(npa: u32) -> bool {
    matches!(npa, 800 | 833 | 844 | 855 | 866 | 877 | 888)
}

/// Area codes of no geography, whatever a numbering table says of them: personal numbers, carrier services,
/// the government's 710, premium numbers, and Canada's 600 and 622.
const fn is_special_npa(npa: u32) -> bool {
    matches!(
        npa,
        500 | 521..=529 | 532 | 533 | 535 | 538 | 542..=547 | 549 | 550 | 552..=554 | 556 | 566 | 569 | 577 | 578
            | 588 | 589 | 600 | 622 | 633 | 700 | 710 | 900
    )
}

/// [`KNOWN_NPAS`]: toll-free.
const TOLL_FREE: u8 = 1;
/// [`KNOWN_NPAS`]: of no geography.
const SPECIAL: u8 = 2;

/// What is known of each area code: of every number it is looked up, where a comparison with each would be guessed wrong.
static KNOWN_NPAS: [u8; 1000] = known_npas();

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::as_conversions, reason = "const")]
const fn known_npas() -> [u8; 1000] {
    let mut table = [0; 1000];
    let mut npa = 0;
    while npa < table.len() {
        let code = npa as u32;
        table[npa] = if is_toll_free_npa(code) { TOLL_FREE } else { 0 }
            | if is_special_npa(code) { SPECIAL } else { 0 };
        npa += 1;
    }
    table
}

/// What the digits of a number say of it, wherever it is: found once for each number of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Area code, 200 to 999; 0 outside NANP.
    npa: u32,
    /// Exchange; 0 outside NANP.
    nxx: u32,
    is_toll_free: bool,
    is_of_service: bool,
}

impl Kind {
    /// Outside NANP, and what is no number at all.
    pub const OUTSIDE_NANP: Kind = Kind { npa: 0, nxx: 0, is_toll_free: false, is_of_service: false };

    /// The kind of a number.
    #[must_use]
    pub fn of(snapshot: &Snapshot<'_>, number: &Digits) -> Kind {
        if !number.is_nanp() {
            return Kind::OUTSIDE_NANP;
        }
        let (npa, nxx) = number.npa_nxx();
        let known = usize::try_from(npa).ok().and_then(|npa| KNOWN_NPAS.get(npa)).copied().unwrap_or(0);
        let is_toll_free = known & TOLL_FREE != 0 || snapshot.is_extra_toll_free(npa);
        Kind { npa, nxx, is_toll_free, is_of_service: known & SPECIAL != 0 || nxx == PREMIUM_NXX }
    }

    /// Whether it is a complete NANP number.
    #[must_use]
    pub const fn is_nanp(self) -> bool {
        self.npa != 0
    }

    /// Area code and exchange; zeros outside NANP.
    #[must_use]
    pub(crate) const fn npa_nxx(self) -> (u32, u32) {
        (self.npa, self.nxx)
    }

    /// Whether it is toll-free (3.3): by the seven area codes, and those that the plan adds.
    #[must_use]
    pub const fn is_toll_free(self) -> bool {
        self.is_toll_free
    }

    /// Whether it has the exchange of premium numbers, 976 of any area code.
    #[must_use]
    pub const fn has_premium_exchange(self) -> bool {
        self.nxx == PREMIUM_NXX
    }

    /// Whether it is a premium number of NANP: 900, or 976 of any area code (2.6).
    #[must_use]
    pub const fn is_premium(self) -> bool {
        self.npa == PREMIUM_NPA || self.has_premium_exchange()
    }

    /// Whether it may have an LRN: a NANP number of a place, not of a service. Toll-free numbers have none
    /// (3.3); the premium exchange 976 of any NPA and the area codes of no geography are never ported.
    #[must_use]
    pub const fn is_portable(self) -> bool {
        self.is_nanp() && !self.is_of_service && !self.is_toll_free
    }

    /// Whether it is, at its place, a geographic number of the US: what a row of prefix `1` may price (4.5).
    ///
    /// Toll-free, premium and personal numbers are not, nor is anything of no state.
    #[must_use]
    pub fn is_us_geographic(self, place: &Place) -> bool {
        self.is_portable() && place.is_us_state()
    }
}

/// The area code of premium numbers.
const PREMIUM_NPA: u32 = 900;
/// The exchange of premium numbers in every area code.
const PREMIUM_NXX: u32 = 976;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r3_2_the_built_in_table_knows_states_and_countries() {
        // From the NANPA's list of area codes.
        for (code, country, state) in [
            (212, b"US", b"NY"),
            (303, b"US", b"CO"),
            (202, b"US", b"DC"),
            (907, b"US", b"AK"),
            (416, b"CA", b"ON"),
            (983, b"US", b"CO"),
            // Assigned since: of what they overlay, 334, 716 and 718.
            (483, b"US", b"AL"),
            (624, b"US", b"NY"),
            (465, b"US", b"NY"),
        ] {
            let place = npa::place(code);
            assert_eq!((&place.country, &place.state), (country, state), "{code}");
        }
        assert_eq!(npa::place(787).country, *b"PR");
        assert_eq!(npa::place(658).country, *b"JM");
        for nowhere in [500, 700, 800, 900, 211, 999, 0, 1000] {
            assert_eq!(npa::place(nowhere), Place::UNKNOWN, "{nowhere}");
        }
    }

    #[test]
    fn r1_the_states_and_dc_are_known_by_their_letters_and_nothing_else_is() {
        let letters = || 0..=u8::MAX;
        let known =
            letters().flat_map(|a| letters().map(move |b| [a, b])).filter(|pair| is_state_code(*pair));
        assert!(known.eq(US_STATES.iter().map(|state| **state)));
    }

    #[test]
    fn r1_territories_are_not_foreign_and_not_states() {
        let puerto_rico = npa::place(787);
        assert!(!puerto_rico.is_foreign() && !puerto_rico.is_us_state());
        assert!(npa::place(876).is_foreign());
        assert!(!Place::UNKNOWN.is_foreign());
    }
}
