//! Which of the prices that a deck has written for a code is asked in a jurisdiction (3.7, 3.8).
//!
//! Worked: a row has interstate 0.002 and intrastate 0.009. A call of unknown origin costs 0.009 under the
//! policy `higher`, a local call within the state 0.009, one to Toronto (`zone1`) 0.002. A row with a default
//! price alone asks that for everything.

use crate::jurisdiction::{Jurisdiction, Zone};
use crate::snapshot::layout::{
    COLUMNS, DEFAULT, DeckRec, INDETERMINATE, INTERSTATE, INTRASTATE, LOCAL, PRICE_BLOCKED, PRICE_NONE,
};
use crate::snapshot::view::{Codes, Column, Row};

/// The prices of one deck for one code or other key.
pub(super) trait Written {
    /// The price code in a column; `None` where none is written.
    fn written(&self, column: usize) -> Option<u32>;
}

/// The prices of the deck at `place` in a row.
struct Of<'r, 'a> {
    row: &'r Row<'a>,
    place: u8,
}

impl Written for Of<'_, '_> {
    #[inline]
    fn written(&self, column: usize) -> Option<u32> {
        self.row.column(column).find(self.place)
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
    let prices = Of { row, place: deck.place };
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
            own(INDETERMINATE).or_else(|| own(DEFAULT)).or_else(|| by_policy(codes, deck, prices))
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
fn by_policy(codes: &Codes<'_>, deck: &DeckRec, prices: &impl Written) -> Option<Choice> {
    let (interstate, intrastate) = (of_state(prices, INTERSTATE), of_state(prices, INTRASTATE));
    match (deck.ij_policy, interstate, intrastate) {
        (HIGHER, Some(a), Some(b)) => Some(higher(codes, deck, a, b)),
        (HIGHER, a, b) => a.or(b),
        (BY_INTERSTATE, interstate, _) => interstate,
        (BY_INTRASTATE, _, intrastate) => intrastate,
        _ => None,
    }
}

/// [`DeckRec::ij_policy`]: the higher of the two; of one, that one.
const HIGHER: u8 = 0;
/// [`DeckRec::ij_policy`]: the interstate price.
const BY_INTERSTATE: u8 = 1;
/// [`DeckRec::ij_policy`]: the intrastate price.
const BY_INTRASTATE: u8 = 2;

/// The higher of two prices; the first of equal ones. A block stands above every price: the call may be of the
/// blocked kind.
fn higher(codes: &Codes<'_>, deck: &DeckRec, a: Choice, b: Choice) -> Choice {
    if a.code == PRICE_BLOCKED || b.code == PRICE_BLOCKED {
        return if a.code == PRICE_BLOCKED { a } else { b };
    }
    let rate = |choice: Choice| {
        codes.tariff(deck, choice.code).map(|(_, tariff)| tariff.rate_nano_per_min.get()).unwrap_or_default()
    };
    if rate(b) > rate(a) { b } else { a }
}

/// The column of the other prices by state, for a call that may be of either (3.7).
#[derive(Clone, Copy, Debug)]
pub(super) enum Other<'a> {
    /// The price at hand is the intrastate one.
    Interstate(Column<'a>),
    /// The price at hand is the interstate one.
    Intrastate(Column<'a>),
}

impl Other<'_> {
    /// Whether a deck's policy asks the price at hand, not the other, by the rules of [`by_policy`].
    pub(super) fn leaves(&self, codes: &Codes<'_>, deck: &DeckRec, own: u32) -> bool {
        let (other, is_interstate) = match self {
            Self::Interstate(column) => (column, false),
            Self::Intrastate(column) => (column, true),
        };
        match deck.ij_policy {
            BY_INTERSTATE => is_interstate,
            BY_INTRASTATE => !is_interstate,
            HIGHER => other.find(deck.place).is_none_or(|other| {
                let (own, other) = (Choice { column: 0, code: own }, Choice { column: 1, code: other });
                let (a, b) = if is_interstate { (own, other) } else { (other, own) };
                higher(codes, deck, a, b) == own
            }),
            _ => false,
        }
    }
}
