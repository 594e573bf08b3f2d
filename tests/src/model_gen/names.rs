//! Numbers of a world, and its numbering table.

use rating_core::number::Digits;
use rating_core::plan::*;

use super::rng::Rng;
use crate::model::{COUNTRY_CODES, NO_COUNTRY_CODES, NPAS, UNASSIGNED_NPAS};

/// Exchanges that are used: few, so that codes of price lists and numbers of calls meet.
const NXXS: [&str; 4] = ["212", "555", "634", "901"];
/// Last four digits likewise.
const LINES: [&str; 5] = ["0100", "0199", "4000", "4001", "9876"];
/// Operating companies.
pub const OCNS: [&str; 4] = ["123A", "6529", "7421", "9206"];
/// LATAs.
pub const LATAS: [u32; 4] = [132, 222, 656, 730];
/// Carriers of toll-free numbers.
pub const CICS: [[u8; 4]; 3] = [*b"0222", *b"0288", *b"5555"];
const RATE_CENTERS: [&str; 3] = ["BOULDER", "DENVER", "NWYRCYZN01"];
/// States that are given with calls.
pub const STATES: [[u8; 2]; 5] = [*b"CO", *b"NY", *b"CA", *b"TX", *b"IL"];

/// Digits of a text.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn digits(text: &str) -> Digits {
    Digits::new(text.as_bytes()).expect("digits")
}

/// The numbers that a world's tables and price lists speak of: E.164.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// In states of the US, by the area codes chosen.
    pub us: Vec<String>,
    /// Toll-free.
    pub toll_free: Vec<String>,
    /// NANP outside the US.
    pub zone1: Vec<String>,
    /// NANP that is nowhere: 900, 976, 500, 700, unassigned.
    pub nowhere: Vec<String>,
    /// Outside NANP.
    pub foreign: Vec<String>,
    /// Numbers that go to campaigns.
    pub dids: Vec<String>,
    /// Codes that overrides name.
    pub short: Vec<String>,
}

fn nanp(npa: &str, rng: &mut Rng) -> String {
    format!("1{npa}{}{}", rng.pick(&NXXS), rng.pick(&LINES))
}

impl Numbers {
    /// A choice of numbers.
    #[must_use]
    pub fn choose(rng: &mut Rng) -> Numbers {
        let npas = |us: bool| NPAS.iter().filter(move |(_, country, _)| (*country == "US") == us);
        let mut of_us: Vec<String> = npas(true).map(|(npa, ..)| npa.to_string()).collect();
        of_us = rng.shuffled(of_us);
        of_us.truncate(12);
        // A pair of one state, and the place of most rate centres, are always there.
        of_us.extend(["303", "720", "212"].map(String::from));
        let us = (0..60).map(|_| nanp(&rng.pick(&of_us).clone(), rng)).collect();
        let of_zone1: Vec<String> = npas(false).map(|(npa, ..)| npa.to_string()).collect();
        let zone1 = (0..14).map(|_| nanp(&rng.pick(&of_zone1).clone(), rng)).collect();
        Numbers {
            us,
            toll_free: toll_free(rng),
            zone1,
            nowhere: nowhere(rng),
            foreign: foreign(rng),
            dids: vec![
                "13035559001".into(),
                "18005559002".into(),
                "442079460003".into(),
                "12125559004".into(),
            ],
            short: vec!["411".into(), "611".into(), "2273".into()],
        }
    }

    /// Every number that is not a code.
    #[must_use]
    pub fn all(&self) -> Vec<&String> {
        [&self.us, &self.toll_free, &self.zone1, &self.nowhere, &self.foreign].into_iter().flatten().collect()
    }

    /// A code that some number begins with, 1 to 11 digits.
    pub fn prefix(&self, rng: &mut Rng) -> String {
        let lists =
            [&self.us, &self.us, &self.us, &self.toll_free, &self.zone1, &self.nowhere, &self.foreign];
        let list = *rng.pick(&lists);
        let number = rng.pick(list).clone();
        let len = *rng.pick(&[1, 2, 3, 4, 4, 4, 5, 6, 7, 7, 7, 8, 9, 10, 11]);
        number[..len.min(number.len())].to_owned()
    }
}

fn toll_free(rng: &mut Rng) -> Vec<String> {
    let npas = ["800", "800", "833", "844", "855", "866", "877", "888", "822"];
    let mut numbers: Vec<String> = npas.iter().map(|npa| nanp(npa, rng)).collect();
    numbers.push("18009764000".into());
    numbers
}

fn nowhere(rng: &mut Rng) -> Vec<String> {
    let mut numbers: Vec<String> =
        ["900", "500", "533", "600", "700", "710"].map(|npa| nanp(npa, rng)).into();
    numbers.extend(UNASSIGNED_NPAS.iter().map(|npa| nanp(&npa.to_string(), rng)));
    numbers.extend(["19009764000", "13039764000", "12129760100", "14169764001"].map(String::from));
    numbers
}

fn foreign(rng: &mut Rng) -> Vec<String> {
    let codes = COUNTRY_CODES.iter().map(|(code, _)| *code).chain(NO_COUNTRY_CODES.iter().copied());
    let numbers = codes.map(|code| {
        let rest = *rng.pick(&["2079460", "945123456", "12345", "70012345678"]);
        let mut number = format!("{code}{rest}");
        while number.len() < 7 {
            number.push('5');
        }
        number
    });
    numbers.collect()
}

/// The numbering table and the pairs of rate centres.
pub fn numbering(plan: &mut Plan, numbers: &Numbers, rng: &mut Rng) {
    let mut prefixes: Vec<String> = Vec::new();
    for number in numbers.us.iter().chain(&numbers.zone1).chain(numbers.nowhere.iter().take(7)) {
        for len in [6, 7] {
            let prefix = number[1..=len].to_owned();
            if rng.percent(45) && !prefixes.contains(&prefix) {
                prefixes.push(prefix);
            }
        }
    }
    prefixes.sort();
    for prefix in &prefixes {
        // An exchange sorts before its blocks.
        let exchange = plan.numbering.iter().find(|block| block.prefix.as_str() == &prefix[..6]);
        let is_abroad = exchange.is_some_and(|block| block.country != "US");
        let mut block = block(prefix, rng);
        if is_abroad && block.country == "US" {
            // Half a place of one country and half of another is no place.
            block.state = "WY".into();
        }
        plan.numbering.push(block);
    }
    // Toll-free numbers that a table places all the same: drawn aside, so that everything else is drawn as without them.
    let mut aside = rng.clone();
    for number in &numbers.toll_free {
        let prefix = &number[1..=6];
        if aside.percent(45) && plan.numbering.iter().all(|block| block.prefix.as_str() != prefix) {
            plan.numbering.push(block(prefix, &mut aside));
        }
    }
    for (a, b) in [("BOULDER", "DENVER"), ("DENVER", "DENVER"), ("NWYRCYZN01", "NWYRCYZN01")] {
        let state = if a == "NWYRCYZN01" { "NY" } else { "CO" };
        plan.local_calling.push(LocalPair {
            state_a: state.into(),
            rate_center_a: a.into(),
            state_b: state.into(),
            rate_center_b: b.into(),
        });
    }
    plan.local_calling.push(LocalPair {
        state_a: "CO".into(),
        rate_center_a: "BOULDER".into(),
        state_b: "NY".into(),
        rate_center_b: "NWYRCYZN01".into(),
    });
}

fn block(prefix: &str, rng: &mut Rng) -> NumberBlock {
    let npa: u16 = prefix[..3].parse().expect("digits");
    let built_in = NPAS.iter().find(|(code, ..)| *code == npa);
    let (mut country, mut state) = built_in.map_or(("US", "TX"), |(_, country, state)| (*country, *state));
    match rng.below(20) {
        // A block that a table places elsewhere than its area code.
        0 => (country, state) = ("US", "WY"),
        1 => (country, state) = ("CA", "ON"),
        2 => (country, state) = ("US", "PR"),
        // What it leaves empty is the area code's.
        3..6 if built_in.is_some() => state = "",
        // Of an area code that nobody knows it may stay empty: in the US, but in no state.
        3..12 if built_in.is_none() => state = "",
        _ => {}
    }
    NumberBlock {
        prefix: digits(prefix),
        country: country.into(),
        state: state.into(),
        lata: if rng.percent(80) { *rng.pick(&LATAS) } else { 0 },
        ocn: if rng.percent(80) { (*rng.pick(&OCNS)).into() } else { String::new() },
        tier: if rng.percent(30) { 2 } else { 0 },
        rate_center: if rng.percent(75) { (*rng.pick(&RATE_CENTERS)).into() } else { String::new() },
    }
}
