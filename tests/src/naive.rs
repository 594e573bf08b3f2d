//! A router that is too simple to be wrong, for calls on [`crate::us_decks`]: what core is compared with.
//!
//! A hash map of prefixes for each deck, longest match, jurisdiction from the plan's own tables and NANPA's
//! list of area codes, then a sort. It shares no code with core, and knows only what those decks have: no
//! blocked rows, no default column, lists keyed by LRN, a sell price that is never in the way.

use std::collections::{HashMap, HashSet};

use rating_core::money::Nano;
use rating_core::plan::*;

use crate::us_decks::{self, Exchanges, Rng};

/// A call as text.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The calling number; may be empty.
    pub ani: String,
    /// The called number.
    pub dnis: String,
    /// Its LRN, or empty.
    pub dnis_lrn: String,
    /// Highest price a minute.
    pub rate_limit: Option<Nano>,
}

/// Route, price a minute, length of the code that matched.
pub type Priced = (String, i64, usize);

/// Calls between numbers of the numbering table, and between some that are not in it.
#[derive(Clone, Debug)]
pub struct Calls {
    rng: Rng,
    exchanges: Vec<String>,
    known: Exchanges,
    states: HashMap<String, String>,
}

impl Calls {
    /// Calls on this plan; the same seed gives the same calls.
    #[must_use]
    pub fn new(plan: &Plan, seed: u64) -> Calls {
        let exchanges: Vec<String> = plan.numbering.iter().map(|block| block.prefix.to_string()).collect();
        let known =
            exchanges.iter().filter(|prefix| prefix.len() == 6).map(|prefix| prefix.parse().expect("digits"));
        Calls {
            rng: Rng(!seed),
            known: Exchanges(known.collect()),
            exchanges,
            states: states_of_area_codes(),
        }
    }

    /// The next call.
    #[allow(clippy::should_implement_trait, reason = "an endless source is no iterator")]
    pub fn next(&mut self) -> Asked {
        let dnis = self.number();
        let ani = match self.rng.below(20) {
            0 => String::new(),
            1 => "18005551212".into(),
            // From the same area code: intrastate, and sometimes local.
            2..8 => self.number_in(&dnis[1..4]),
            _ => self.number(),
        };
        let dnis_lrn = if self.rng.chance(4, 10) { self.number() } else { String::new() };
        let rate_limit = self.rng.chance(1, 5).then(|| Nano(200_000 + self.rng.below(4_000_000) as i64));
        Asked { ani, dnis, dnis_lrn, rate_limit }
    }

    fn number(&mut self) -> String {
        let mut number = format!("1{}", self.rng.pick(&self.exchanges));
        if self.rng.chance(1, 20) && self.states.contains_key(&number[1..4]) {
            // An exchange that is perhaps on no list.
            number.truncate(4);
            number += &(200 + self.rng.below(775)).to_string();
        }
        self.fill(number)
    }

    fn number_in(&mut self, npa: &str) -> String {
        let first =
            self.known.0.partition_point(|exchange| *exchange < npa.parse::<u32>().expect("digits") * 1000);
        let same =
            self.known.0[first..].iter().take_while(|exchange| exchange.to_string().starts_with(npa)).count();
        let exchange = self.known.0[first + self.rng.below(same.max(1))];
        self.fill(format!("1{exchange}"))
    }

    fn fill(&mut self, mut number: String) -> String {
        while number.len() < 11 {
            number.push(char::from(b'0' + self.rng.below(10) as u8));
        }
        number
    }
}

/// Interstate, intrastate and local price, first interval and increment.
type Row = ([Price; 3], i64, i64);

/// The router.
#[derive(Clone, Debug)]
pub struct Naive {
    reference_sec: i64,
    decks: Vec<(String, HashMap<String, Row>)>,
    places: HashMap<String, (String, String)>,
    states: HashMap<String, String>,
    local: HashSet<(String, String, String)>,
}

impl Naive {
    /// Takes a plan's first deck versions into hash maps.
    ///
    /// # Panics
    /// Where the public data is not beside the repository.
    #[must_use]
    pub fn new(plan: &Plan) -> Naive {
        let row = |row: &DeckRow| {
            let prices = [row.prices.interstate, row.prices.intrastate, row.prices.local];
            (
                row.prefix.to_string(),
                (prices, i64::from(row.terms.first_sec), i64::from(row.terms.increment_sec)),
            )
        };
        let rows = |deck: &Deck| deck.versions[0].rows.iter().map(row).collect();
        let place = |block: &NumberBlock| {
            (format!("1{}", block.prefix), (block.state.clone(), block.rate_center.clone()))
        };
        let pair = |pair: &LocalPair| {
            assert_eq!(pair.state_a, pair.state_b);
            (pair.state_a.clone(), pair.rate_center_a.clone(), pair.rate_center_b.clone())
        };
        Naive {
            reference_sec: i64::from(plan.settings.reference_duration_sec),
            decks: plan.decks.iter().filter(|d| d.id != "sell").map(|d| (d.id.clone(), rows(d))).collect(),
            places: plan.numbering.iter().map(place).collect(),
            states: states_of_area_codes(),
            local: plan.local_calling.iter().map(pair).collect(),
        }
    }

    /// State and rate centre of a number.
    fn place(&self, number: &str) -> Option<(String, String)> {
        let listed = [8, 7].iter().find_map(|len| self.places.get(number.get(..*len)?));
        listed.cloned().or_else(|| Some((self.states.get(number.get(1..4)?)?.clone(), String::new())))
    }

    /// Jurisdiction, and the eight best routes.
    ///
    /// # Panics
    /// On calls to numbers outside the US.
    #[must_use]
    pub fn decide(&self, asked: &Asked) -> (&'static str, Vec<Priced>) {
        let key = if asked.dnis_lrn.is_empty() { &asked.dnis } else { &asked.dnis_lrn };
        let called = self.place(key).expect("only US numbers are called");
        let calling = self.place(&asked.ani);
        let same_state = calling.as_ref().is_some_and(|calling| calling.0 == called.0);
        let zone = match &calling {
            None => "indeterminate",
            Some(calling) if self.is_local(calling, &asked.dnis) => "local",
            Some(_) if same_state => "intrastate",
            Some(_) => "interstate",
        };
        let limit = asked.rate_limit.unwrap_or(Nano(i64::MAX));
        let mut found: Vec<(i64, Priced)> = Vec::new();
        for (deck, rows) in &self.decks {
            let Some((len, row)) = (1..=key.len()).rev().find_map(|len| Some((len, rows.get(&key[..len])?)))
            else {
                continue;
            };
            match price(row, zone, same_state) {
                Price::PerMin(rate) if rate <= limit => {
                    found.push((cost(rate.0, row.1, row.2, self.reference_sec), (deck.clone(), rate.0, len)));
                }
                _ => {}
            }
        }
        found.sort();
        found.truncate(8);
        (zone, found.into_iter().map(|(_, priced)| priced).collect())
    }

    /// Rate centres are compared in the dialled number's place, not in that of its LRN.
    fn is_local(&self, calling: &(String, String), dnis: &str) -> bool {
        let Some(dialled) = self.place(dnis) else { return false };
        let pair = |a: &String, b: &String| self.local.contains(&(dialled.0.clone(), a.clone(), b.clone()));
        calling.0 == dialled.0 && (pair(&calling.1, &dialled.1) || pair(&dialled.1, &calling.1))
    }
}

fn price(row: &Row, zone: &str, same_state: bool) -> Price {
    let [interstate, intrastate, local] = row.0;
    match (zone, interstate, intrastate, local) {
        ("interstate", price, _, _) | ("intrastate", _, price, _) => price,
        ("local", _, _, Price::PerMin(local)) => Price::PerMin(local),
        ("local", ..) => price(row, if same_state { "intrastate" } else { "interstate" }, same_state),
        (_, Price::PerMin(a), Price::PerMin(b), _) => Price::PerMin(a.max(b)),
        _ => panic!("every row has both prices"),
    }
}

/// Cost of the reference call. All prices are whole thousands of nano-units, so sixtieths of these are exact.
fn cost(rate_per_min: i64, first_sec: i64, increment_sec: i64, reference_sec: i64) -> i64 {
    let mut billed_sec = first_sec;
    while billed_sec < reference_sec {
        billed_sec += increment_sec;
    }
    assert_eq!(rate_per_min * billed_sec % 60, 0);
    rate_per_min * billed_sec / 60
}

/// Area code to state, from NANPA's report and, for codes assigned since, from nowhere: those are not called
/// without the numbering table.
fn states_of_area_codes() -> HashMap<String, String> {
    let text = std::fs::read_to_string(us_decks::data_dir().join("nanp_npa_2017.csv")).expect("public data");
    let fields = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let us = text.lines().map(fields).filter(|f| f.len() > 9 && f[9] == "US" && f[8].len() == 2);
    us.map(|f| (f[0].clone(), f[8].clone())).collect()
}
