//! Where numbers are (3.2), and the small tables of area codes and country codes that the model knows.
//!
//! Source of the facts: NANPA's area codes and ITU-T E.164's country codes. Of a call that meets a code that is in
//! neither list the model says so: it knows nothing of it.

use std::cell::Cell;

use rating_core::plan::{NumberBlock, Plan};

use super::numbers::{is_exchange_976, is_nanp, npa};

thread_local! {
    /// Whether this thread's call has met a code that the tables do not have.
    pub static IS_OUTSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Area code, ISO country, state or province.
pub const NPAS: &[(u16, &str, &str)] = &[
    (201, "US", "NJ"),
    (202, "US", "DC"),
    (206, "US", "WA"),
    (207, "US", "ME"),
    (212, "US", "NY"),
    (213, "US", "CA"),
    (214, "US", "TX"),
    (217, "US", "IL"),
    (303, "US", "CO"),
    (305, "US", "FL"),
    (307, "US", "WY"),
    (312, "US", "IL"),
    (404, "US", "GA"),
    (407, "US", "FL"),
    (415, "US", "CA"),
    (512, "US", "TX"),
    (518, "US", "NY"),
    (603, "US", "NH"),
    (617, "US", "MA"),
    (619, "US", "CA"),
    (646, "US", "NY"),
    (702, "US", "NV"),
    (713, "US", "TX"),
    (716, "US", "NY"),
    (719, "US", "CO"),
    (720, "US", "CO"),
    (772, "US", "FL"),
    (773, "US", "IL"),
    (775, "US", "NV"),
    (779, "US", "IL"),
    (808, "US", "HI"),
    (907, "US", "AK"),
    (970, "US", "CO"),
    (403, "CA", "AB"),
    (416, "CA", "ON"),
    (514, "CA", "QC"),
    (604, "CA", "BC"),
    (778, "CA", "BC"),
    (787, "PR", ""),
    (939, "PR", ""),
    (340, "VI", ""),
    (671, "GU", ""),
    (684, "AS", ""),
    (670, "MP", ""),
    (876, "JM", ""),
    (658, "JM", ""),
    (809, "DO", ""),
    (242, "BS", ""),
    (441, "BM", ""),
];

/// Area codes that are assigned to nobody, as far as these tables go.
pub const UNASSIGNED_NPAS: &[u16] = &[377, 822, 889, 966, 999];

/// Country code, ISO country: the main one where several share it.
pub const COUNTRY_CODES: &[(&str, &str)] = &[
    ("7", "RU"),
    ("33", "FR"),
    ("39", "IT"),
    ("41", "CH"),
    ("44", "GB"),
    ("47", "NO"),
    ("49", "DE"),
    ("52", "MX"),
    ("55", "BR"),
    ("61", "AU"),
    ("86", "CN"),
    ("91", "IN"),
    ("212", "MA"),
    ("227", "NE"),
    ("262", "RE"),
    ("353", "IE"),
    ("358", "FI"),
    ("590", "GP"),
    ("599", "CW"),
    ("880", "BD"),
    ("976", "MN"),
];

/// What begins like a country code and is none.
pub const NO_COUNTRY_CODES: &[&str] = &["210", "384", "999"];

const TOLL_FREE: [u16; 7] = [800, 833, 844, 855, 866, 877, 888];

/// NPAs of no geography, whatever a numbering table says.
const NO_GEOGRAPHY: &[u16] = &[
    500, 521, 522, 523, 524, 525, 526, 527, 528, 529, 532, 533, 535, 538, 542, 543, 544, 545, 546, 547, 549,
    550, 552, 553, 554, 556, 566, 569, 577, 578, 588, 589, 600, 622, 633, 700, 710, 900,
];

const TERRITORIES: [&str; 5] = ["PR", "VI", "GU", "AS", "MP"];

/// What is known of where a number is; empty and 0 are not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub country: String,
    pub state: String,
    pub ocn: String,
    pub lata: u32,
    pub tier: u8,
    pub rate_center: String,
}

impl Place {
    /// In a state of the US or DC.
    pub fn in_us_state(&self) -> bool {
        self.country == "US" && !self.state.is_empty()
    }
}

/// Whether the NPA is toll-free, by NANP or by the plan (3.3).
pub fn is_toll_free(plan: &Plan, number: &str) -> bool {
    npa(number).is_some_and(|npa| TOLL_FREE.contains(&npa) || plan.settings.toll_free_npas.contains(&npa))
}

/// NANP numbers that are nowhere: personal, premium, the exchange 976.
pub fn is_nowhere(number: &str) -> bool {
    npa(number).is_some_and(|npa| NO_GEOGRAPHY.contains(&npa)) || is_exchange_976(number)
}

/// 1900 and 1NPA976.
pub fn is_nanp_premium(number: &str) -> bool {
    npa(number) == Some(900) || is_exchange_976(number)
}

/// A NANP number that a state of the US or DC has.
pub fn is_us_geographic(plan: &Plan, number: &str) -> bool {
    is_nanp(number) && !is_toll_free(plan, number) && place(plan, number).in_us_state()
}

/// A known country but the US and its territories.
pub fn is_foreign(plan: &Plan, number: &str) -> bool {
    let country = country(plan, number);
    !country.is_empty() && country != "US" && !TERRITORIES.contains(&country.as_str())
}

/// ISO country of a number, or nothing.
pub fn country(plan: &Plan, number: &str) -> String {
    if is_nanp(number) {
        return place(plan, number).country;
    }
    country_of_code(number).unwrap_or_default().to_owned()
}

/// The country of an E.164 prefix: that of the one country code that it is in.
pub fn country_of_code(prefix: &str) -> Option<&'static str> {
    if prefix.starts_with('1') {
        return Some("US");
    }
    let known = COUNTRY_CODES.iter().find(|(code, _)| prefix.starts_with(code));
    let in_part = COUNTRY_CODES.iter().any(|(code, _)| code.starts_with(prefix));
    let nobodys = NO_COUNTRY_CODES.iter().any(|code| prefix.starts_with(code) || code.starts_with(prefix));
    if known.is_none() && !in_part && !nobodys {
        IS_OUTSIDE.set(true);
    }
    known.map(|(_, country)| *country)
}

/// Where a number is: its thousands block, then its exchange, then its NPA; what one leaves empty the next fills.
pub fn place(plan: &Plan, number: &str) -> Place {
    if !is_nanp(number) {
        let country = if number.len() < 7 { None } else { country_of_code(number) };
        return Place { country: country.unwrap_or_default().into(), ..Default::default() };
    }
    let mut place = Place::default();
    for digits in [7, 6] {
        let prefix = &number[1..=digits];
        let block = plan.numbering.iter().find(|b| b.prefix.len() == digits && b.prefix.as_str() == prefix);
        if let Some(block) = block {
            fill(&mut place, block);
        }
    }
    let npa = npa(number).expect("NANP");
    let built_in = NPAS.iter().find(|(code, ..)| *code == npa);
    if let Some((_, country, state)) = built_in {
        fill_text(&mut place.country, country);
        fill_text(&mut place.state, state);
    } else {
        let known = is_nowhere(number) || is_toll_free(plan, number) || UNASSIGNED_NPAS.contains(&npa);
        if !known {
            IS_OUTSIDE.set(true);
        }
    }
    if place.country == "US" && TERRITORIES.contains(&place.state.as_str()) {
        place.country = place.state.clone();
    }
    if is_nowhere(number) || is_toll_free(plan, number) {
        place.country.clear();
        place.state.clear();
    }
    place
}

fn fill(place: &mut Place, block: &NumberBlock) {
    fill_text(&mut place.country, &block.country);
    fill_text(&mut place.state, &block.state);
    fill_text(&mut place.ocn, &block.ocn);
    fill_text(&mut place.rate_center, &block.rate_center);
    if place.lata == 0 {
        place.lata = block.lata;
    }
    if place.tier == 0 {
        place.tier = block.tier;
    }
}

fn fill_text(field: &mut String, value: &str) {
    if field.is_empty() {
        field.push_str(value);
    }
}
