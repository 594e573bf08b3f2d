//! Which of the prices that a deck has written for a code is asked in a jurisdiction (3.7, 3.8).
//!
//! Worked: a row has interstate 0.002 and intrastate 0.009. A call of unknown origin costs 0.009 under the
//! policy `higher`, a local call within the state 0.009, one to Toronto (`zone1`) 0.002. A row with a default
//! price alone asks that for everything.

use crate::jurisdiction::{Jurisdiction, Zone};
use crate::snapshot::layout::{
    COLUMNS, DEFAULT, DeckRec, INDETERMINATE, INTERSTATE, INTRASTATE, LOCAL, PRICE_BLOCKED, PRICE_NONE,
};
use crate::snapshot::view::{Codes, Row};

/// The prices of one deck for one code or other key.
pub(super) trait Written {
    /// The price code in a column; `None` where none is written.
    fn written(&self, column: usize) -> Option<u32>;
}

/// A deck's prices in a row of its shelf, each looked for when it is asked for: nearly all calls ask one.
struct InRow<'r, 'a> {
    row: &'r Row<'a>,
    place: u8,
}

impl Written for InRow<'_, '_> {
    #[inline]
    fn written(&self, column: usize) -> Option<u32> {
        self.row.written(self.place, column)
    }
}

/// The price that decides, and the column that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// [`COLUMNS`] for none.
    pub(super) column: usize,
    /// [`PRICE_NONE`] if none of the row's prices is for this jurisdiction.
    pub(super) code: u32,
}

impl Choice {
    const NO_RATE: Choice = Choice { column: COLUMNS, code: PRICE_NONE };
}

/// What a deck asks by a row; `None` if the deck is not in it.
pub(super) fn in_row(codes: &Codes<'_>, deck: &DeckRec, row: &Row<'_>, zone: Zone) -> Option<Choice> {
    let prices = InRow { row, place: deck.place };
    let choice = choose(codes, deck, &prices, zone);
    // Without a price for this jurisdiction the row still decides, if the deck has any other in it (4.3).
    choice.or_else(|| (0..COLUMNS).any(|column| prices.written(column).is_some()).then_some(Choice::NO_RATE))
}

/// The price for a jurisdiction, if one is written.
#[inline]
pub(super) fn choose(codes: &Codes<'_>, deck: &DeckRec, prices: &impl Written, zone: Zone) -> Option<Choice> {
    let own = |column| prices.written(column).map(|code| Choice { column, code });
    let by_state =
        || of_state(prices, if zone.same_state { INTRASTATE } else { INTERSTATE }).or_else(|| flat(prices));
    match zone.jurisdiction {
        Jurisdiction::Interstate => of_state(prices, INTERSTATE).or_else(|| flat(prices)),
        Jurisdiction::Intrastate => of_state(prices, INTRASTATE).or_else(|| flat(prices)),
        Jurisdiction::Local => own(LOCAL).or_else(by_state),
        Jurisdiction::Indeterminate => {
            own(INDETERMINATE).or_else(|| own(DEFAULT)).or_else(|| of_policy(codes, deck, prices))
        }
        Jurisdiction::TollFree | Jurisdiction::Zone1 | Jurisdiction::International => {
            own(DEFAULT).or_else(|| own(INTERSTATE))
        }
    }
}

/// The price by state.
#[inline]
fn of_state(prices: &impl Written, column: usize) -> Option<Choice> {
    prices.written(column).map(|code| Choice { column, code })
}

/// The default price where it is the only one of state: that of a flat row. A default beside one price by state
/// does not stand in for the other.
fn flat(prices: &impl Written) -> Option<Choice> {
    if prices.written(INTERSTATE).is_some() || prices.written(INTRASTATE).is_some() {
        return None;
    }
    prices.written(DEFAULT).map(|code| Choice { column: DEFAULT, code })
}

/// What the deck's policy makes of its prices by state (3.7).
fn of_policy(codes: &Codes<'_>, deck: &DeckRec, prices: &impl Written) -> Option<Choice> {
    let rate =
        |code| codes.tariff(deck, code).map(|(_, tariff)| tariff.rate_nano_per_min.get()).unwrap_or_default();
    let column = by_policy(deck.ij_policy, prices.written(INTERSTATE), prices.written(INTRASTATE), rate)?;
    of_state(prices, column)
}

/// The column of the price by state that a deck's policy takes for a call that may be of either (3.7): [`INTERSTATE`],
/// [`INTRASTATE`], or none. A rate is asked of prices that are tariffs.
#[inline]
pub(crate) fn by_policy(
    ij_policy: u8,
    interstate: Option<u32>,
    intrastate: Option<u32>,
    rate: impl Fn(u32) -> i64,
) -> Option<usize> {
    match (ij_policy, interstate, intrastate) {
        // A block stands above every price: the call may be of the blocked kind. Of equal prices the interstate one.
        (HIGHER, Some(PRICE_BLOCKED), _) => Some(INTERSTATE),
        (HIGHER, _, Some(PRICE_BLOCKED)) => Some(INTRASTATE),
        (HIGHER, Some(a), Some(b)) => Some(if rate(b) > rate(a) { INTRASTATE } else { INTERSTATE }),
        (HIGHER | BY_INTERSTATE, Some(_), _) => Some(INTERSTATE),
        (HIGHER | BY_INTRASTATE, _, Some(_)) => Some(INTRASTATE),
        _ => None,
    }
}

/// Whether a deck's policy may take an interstate price.
pub(super) const fn takes_interstate(deck: &DeckRec) -> bool {
    matches!(deck.ij_policy, HIGHER | BY_INTERSTATE)
}

/// [`DeckRec::ij_policy`]: the higher of the two; of one, that one.
const HIGHER: u8 = 0;
/// [`DeckRec::ij_policy`]: the interstate price.
const BY_INTERSTATE: u8 = 1;
/// [`DeckRec::ij_policy`]: the intrastate price.
const BY_INTRASTATE: u8 = 2;
