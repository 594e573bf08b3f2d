//! What a deck says of a call (4.1 to 4.5, 3.7, 3.8).

use rating_core::plan::*;
use rating_core::reject::Reason;

use super::call::{Jurisdiction, MatchedBy};
use super::money::{Terms, currency_rate};
use super::places::{Place, country_of_code};

/// A row that holds, and what it matched by.
#[derive(Clone, Copy, Debug)]
pub struct Found<'p> {
    /// The row.
    pub row: &'p DeckRow,
    /// Its version.
    pub version: u32,
    /// By what.
    pub matched: MatchedBy,
}

/// What a deck is asked by.
pub struct Key<'a> {
    /// Digits: DNIS or LRN.
    pub number: &'a str,
    /// Whether only a row of exactly these digits counts.
    pub is_short_code: bool,
    /// Whether a row of prefix `1` counts (4.5).
    pub may_use_1: bool,
    /// Set where the deck is keyed by OCN and LATA.
    pub place: Option<&'a Place>,
    /// Set where a carrier of the toll-free number was given.
    pub cic: Option<[u8; 4]>,
}

/// What prices a call.
#[derive(Clone, Copy, Debug)]
pub struct Zone {
    pub jurisdiction: Jurisdiction,
    pub same_state: bool,
}

/// The row of one key that holds now, of versions that may each have rows for it (4.2).
///
/// `rows` gives a version's rows for the key; `country` the one country that the key is of.
#[must_use]
pub fn holding_row<'p>(
    deck: &'p Deck,
    country: Option<&str>,
    at: i64,
    rows: impl Fn(&'p DeckVersion) -> Vec<&'p DeckRow>,
) -> Option<(&'p DeckRow, u32)> {
    let mut started: Vec<&DeckVersion> = deck.versions.iter().filter(|v| v.effective_from <= at).collect();
    started.sort_by_key(|version| (version.effective_from, version.number));
    for version in started.into_iter().rev() {
        let rows = rows(version);
        if rows.is_empty() {
            let ends_it = match &version.scope {
                Scope::Full => true,
                Scope::Partial => false,
                Scope::Country(countries) => {
                    country.is_some_and(|country| countries.iter().any(|named| named == country))
                }
            };
            if ends_it {
                return None;
            }
            continue;
        }
        let start = |row: &DeckRow| row.terms.starts.unwrap_or(version.effective_from);
        let begun: Vec<&DeckRow> = rows.into_iter().filter(|row| start(row) <= at).collect();
        if begun.is_empty() {
            // None of its rows has started: an older one stands until then.
            continue;
        }
        let holding = begun.into_iter().filter(|row| row.terms.ends.is_none_or(|ends| at < ends));
        return holding.max_by_key(|row| start(row)).map(|row| (row, version.number));
    }
    None
}

/// The longest code that the number begins with and that holds now.
fn by_code<'p>(deck: &'p Deck, key: &Key<'_>, at: i64) -> Option<Found<'p>> {
    let applies = |prefix: &str| {
        let begins = if key.is_short_code { prefix == key.number } else { key.number.starts_with(prefix) };
        begins && (prefix != "1" || key.may_use_1)
    };
    let all = deck.versions.iter().flat_map(|version| &version.rows);
    let mut codes: Vec<&str> = all.map(|row| row.prefix.as_str()).filter(|prefix| applies(prefix)).collect();
    codes.sort_by_key(|code| std::cmp::Reverse(code.len()));
    codes.dedup();
    codes.into_iter().find_map(|code| {
        let rows = |version: &'p DeckVersion| {
            version.rows.iter().filter(|row| row.prefix.as_str() == code).collect::<Vec<_>>()
        };
        let (row, version) = holding_row(deck, country_of_code(code), at, rows)?;
        Some(Found { row, version, matched: u8::try_from(code.len()).expect("15 digits at most") })
    })
}

/// OCN+LATA, then OCN+any, then any+LATA; each with the block's tier, then without.
fn by_place<'p>(deck: &'p Deck, place: &Place, at: i64) -> Option<Found<'p>> {
    let ocn: Option<[u8; 4]> = place.ocn.as_bytes().try_into().ok();
    let lata = (place.lata != 0).then_some(place.lata);
    let tier = (place.tier != 0).then_some(place.tier);
    let mut keys: Vec<(Option<[u8; 4]>, Option<u32>, u8)> = Vec::new();
    if ocn.is_some() && lata.is_some() {
        keys.push((ocn, lata, 16));
    }
    if ocn.is_some() {
        keys.push((ocn, None, 17));
    }
    if lata.is_some() {
        keys.push((None, lata, 18));
    }
    let tiers: &[Option<u8>] = if tier.is_some() { &[tier, None] } else { &[None] };
    let asked = keys.into_iter().flat_map(|key| tiers.iter().map(move |tier| (key, *tier)));
    asked.into_iter().find_map(|((ocn, lata, matched), tier)| {
        let rows = |version: &'p DeckVersion| {
            let same = |row: &&OcnRow| row.ocn == ocn && row.lata == lata && row.tier == tier;
            version.ocn_rows.iter().filter(same).map(|row| &row.row).collect::<Vec<_>>()
        };
        let (row, version) = holding_row(deck, None, at, rows)?;
        Some(Found { row, version, matched })
    })
}

fn by_cic<'p>(deck: &'p Deck, cic: [u8; 4], at: i64) -> Option<Found<'p>> {
    let rows = |version: &'p DeckVersion| {
        version.cic_rows.iter().filter(|row| row.cic == cic).map(|row| &row.row).collect::<Vec<_>>()
    };
    let (row, version) = holding_row(deck, None, at, rows)?;
    Some(Found { row, version, matched: 19 })
}

/// The one row that decides.
pub fn find<'p>(deck: &'p Deck, key: &Key<'_>, at: i64) -> Option<Found<'p>> {
    let by_carrier = key.cic.and_then(|cic| by_cic(deck, cic, at));
    by_carrier.or_else(|| match key.place {
        Some(place) => by_place(deck, place, at),
        None => by_code(deck, key, at),
    })
}

/// A row's price for a jurisdiction.
///
/// # Errors
/// `no_rate` or `blocked_row`.
pub fn price(prices: &Prices, zone: Zone, policy: IjPolicy) -> Result<rating_core::money::Nano, Reason> {
    match price_column(prices, zone, policy) {
        Price::PerMin(rate) => Ok(rate),
        Price::Missing => Err(Reason::NoRate),
        Price::Blocked => Err(Reason::BlockedRow),
    }
}

fn or(first: Price, second: Price) -> Price {
    if first == Price::Missing { second } else { first }
}

fn price_column(prices: &Prices, zone: Zone, policy: IjPolicy) -> Price {
    let is_flat = prices.interstate == Price::Missing && prices.intrastate == Price::Missing;
    let (interstate, intrastate) =
        if is_flat { (prices.default, prices.default) } else { (prices.interstate, prices.intrastate) };
    match zone.jurisdiction {
        Jurisdiction::Interstate => interstate,
        Jurisdiction::Intrastate => intrastate,
        Jurisdiction::Local => or(prices.local, if zone.same_state { intrastate } else { interstate }),
        Jurisdiction::Indeterminate => {
            or(or(prices.indeterminate, prices.default), by_policy(interstate, intrastate, policy))
        }
        Jurisdiction::TollFree | Jurisdiction::International | Jurisdiction::Zone1 => {
            or(prices.default, interstate)
        }
    }
}

fn by_policy(interstate: Price, intrastate: Price, policy: IjPolicy) -> Price {
    match (policy, interstate, intrastate) {
        (IjPolicy::Reject, ..) => Price::Missing,
        (IjPolicy::Interstate, price, _) | (IjPolicy::Intrastate, _, price) => price,
        (IjPolicy::Higher, Price::Blocked, _) | (IjPolicy::Higher, _, Price::Blocked) => Price::Blocked,
        (IjPolicy::Higher, Price::Missing, price) | (IjPolicy::Higher, price, Price::Missing) => price,
        (IjPolicy::Higher, Price::PerMin(a), Price::PerMin(b)) => Price::PerMin(a.max(b)),
    }
}

/// Which policy a deck has: its own, its provider's, else the higher.
pub fn policy(plan: &Plan, deck: &Deck) -> IjPolicy {
    let provider_of = |route: &Route| plan.providers.iter().find(|provider| provider.id == route.provider);
    let sold = plan.routes.iter().find(|route| route.deck.as_ref() == Some(&deck.id)).and_then(provider_of);
    deck.ij_policy.or(sold.map(|provider| provider.ij_policy)).unwrap_or_default()
}

/// What a call costs by a row's price.
pub fn terms(plan: &Plan, deck: &Deck, row: &DeckRow, rate: rating_core::money::Nano, at: i64) -> Terms {
    Terms {
        first_rate_per_min: row.terms.first_rate_per_min.unwrap_or(rate),
        rate_per_min: rate,
        first_sec: row.terms.first_sec,
        increment_sec: row.terms.increment_sec,
        grace_sec: row.terms.grace_sec,
        connect_fee: row.terms.connect_fee,
        rounding: deck.rounding,
        currency_rate: currency_rate(plan, &deck.currency, at),
    }
}
