//! What a deck asks for a call (4.1 to 4.5).
//!
//! The longest prefix decides alone: it prices the call, blocks it, or has no price for it. No shorter prefix
//! and no cheaper row is ever asked.
//!
//! Worked: a deck has `1` at 0.0098 and `1212` blocked. A call to 1 303 555 0100 costs 0.0098 a minute, one to
//! 1 212 555 0100 drops the deck (`blocked_row`), one to Jamaica, 1 658 555 0100, has no price (`no_rate`):
//! `1` alone speaks for geographic numbers of the US only.
//!
//! A row keeps what decks have written for its code, and knows the row of the next shorter code. So a deck is
//! looked for in the row of the longest code, then upwards: once in nearly all cases, since what decks price by
//! NPA-NXX is in one row. [`Key::quote`] asks one deck; [`Key::visit_cheapest`] gives many in the order of their cost.
//! It knows no routes, no partitions and no filters.

mod cheapest;
mod price;
mod walk;

pub use cheapest::Offer;
pub(crate) use price::by_policy;

use core::ops::ControlFlow;

use zerocopy::byteorder::little_endian::U32;

use crate::jurisdiction::Zone;
use crate::lerg::Place;
use crate::lookup::{self, Lookup};
use crate::money::{Atto, Nano};
use crate::number::Digits;
use crate::reject::Reason;
use crate::snapshot::layout::{COLUMNS, DeckRec, PRICE_BLOCKED, PRICE_NONE, SHELF_WORDS, TariffRec};
use crate::snapshot::view::{Codes, Row, Snapshot, record_at};
use price::{Choice, Written};

/// A number under which decks are searched, found once for all of them.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    codes: Codes<'a>,
    number: Digits,
    /// The longest code on the first shelf.
    row: Option<Row<'a>>,
    /// Whether only a row of exactly these digits counts (2.4).
    is_short_code: bool,
    /// Whether a row of prefix `1` may price the call (4.5).
    catch_all_allowed: bool,
}

/// The numbers of a call under which decks are searched (4.1).
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    /// The dialled number.
    pub by_dnis: Key<'a>,
    /// The called LRN, if what it finds may be something else.
    pub by_lrn: Option<Key<'a>>,
}

impl<'a> Keys<'a> {
    /// What decks are searched by that are keyed by the LRN.
    #[must_use]
    pub fn routing(&self) -> &Key<'a> {
        self.by_lrn.as_ref().unwrap_or(&self.by_dnis)
    }
}

/// A deck's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote<'a> {
    /// Its place in the snapshot's tariffs; [`NONE`](crate::snapshot::layout::NONE) for an endpoint, which has no deck.
    pub tariff: u32,
    /// By what it was found.
    pub matched: Matched,
    /// What it says.
    pub terms: &'a TariffRec,
    /// What a unit of the deck's currency is worth in the plan's.
    pub rate_nano: u64,
}

/// By what a price was found: the digits of the deck's code that matched, or another key (4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Matched(u8);

impl Matched {
    /// An endpoint, which needs no price.
    pub const ENDPOINT: Matched = Matched(0);
    /// OCN and LATA.
    pub const OCN_LATA: Matched = Matched(16);
    /// OCN, any LATA.
    pub const OCN: Matched = Matched(17);
    /// LATA, any OCN.
    pub const LATA: Matched = Matched(18);
    /// Carrier identification code (3.3).
    pub const CIC: Matched = Matched(19);

    /// Digits of the deck's code that matched; `None` if it was found by another key, or is an endpoint.
    #[must_use]
    pub const fn prefix_len(self) -> Option<u8> {
        if matches!(self.0, 1..=15) { Some(self.0) } else { None }
    }

    /// The number that is kept and handed out: 0 endpoint, 1 to 15 digits of a code, 16 and up the other keys.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// What a number says.
    #[must_use]
    pub const fn from_number(number: u8) -> Matched {
        Matched(number)
    }
}

impl<'a> Key<'a> {
    /// Looks a number up. `us_geographic`: DNIS and this number are both geographic ones of the US.
    #[must_use]
    pub fn new(snapshot: &'a Snapshot<'a>, number: &Digits, us_geographic: bool) -> Self {
        let row = snapshot.codes().row(FIRST_SHELF, number);
        if let Some(row) = &row {
            lookup::bring_columns(row);
        }
        Self::with_row(snapshot, number, row, us_geographic)
    }

    /// The same of a number that has been followed.
    #[must_use]
    pub(crate) fn of(snapshot: &'a Snapshot<'a>, lookup: &Lookup, us_geographic: bool) -> Self {
        Self::with_row(snapshot, &lookup.number, lookup.row(snapshot), us_geographic)
    }

    #[inline]
    fn with_row(
        snapshot: &'a Snapshot<'a>,
        number: &Digits,
        row: Option<Row<'a>>,
        us_geographic: bool,
    ) -> Self {
        let catch_all_allowed = us_geographic || !number.starts_with(b"1");
        Self { codes: snapshot.codes(), number: *number, row, is_short_code: false, catch_all_allowed }
    }

    /// Looks a short code up: only rows of exactly these digits price it (2.4).
    #[must_use]
    pub fn short_code(snapshot: &'a Snapshot<'a>, code: &Digits) -> Self {
        let codes = snapshot.codes();
        let row = codes.row_of_code(FIRST_SHELF, code);
        Self { codes, number: *code, row, is_short_code: true, catch_all_allowed: false }
    }

    /// Whether a row of prefix `1` may price the call (4.5).
    #[must_use]
    pub(crate) const fn takes_catch_all(&self) -> bool {
        self.catch_all_allowed
    }

    /// The price of the deck in `slot`.
    ///
    /// # Errors
    /// [`Reason::NoRate`] or [`Reason::BlockedRow`].
    pub fn quote(&self, slot: u32, zone: Zone) -> Result<Quote<'a>, Reason> {
        let deck = record_at(self.codes.decks(), slot).ok_or(Reason::NoRate)?;
        let mut longest = self.row(deck.shelf);
        while let Some(row) = longest {
            if let Some(choice) = price::in_row(&self.codes, deck, &row, zone) {
                if !self.may_price(&row) {
                    return Err(Reason::NoRate);
                }
                return quoted(&self.codes, deck, choice, Matched(row.code_len()));
            }
            longest = if self.is_short_code { None } else { self.codes.parent(&row) };
        }
        Err(Reason::NoRate)
    }

    /// Gives the decks of the first shelf that price the call, of those in `mask`, cheapest first, until `visit` breaks
    /// off. Of the first ones, as many as are `expected` to be looked at, the prices are asked for ahead. False, and none is
    /// given, if the codes are nested deeper than it has room for: then every deck is to be asked.
    ///
    /// The cost is that of a call of the plan's reference duration, rounded by the deck, in the plan's currency.
    pub fn visit_cheapest(
        &self,
        zone: Zone,
        mask: [u64; SHELF_WORDS],
        expected: usize,
        visit: impl FnMut(&Offer<'a>) -> ControlFlow<()>,
    ) -> bool {
        cheapest::visit(self, zone, mask, expected, visit)
    }

    /// The row of a shelf with the longest code.
    #[inline]
    fn row(&self, shelf: u8) -> Option<Row<'a>> {
        match (shelf, self.is_short_code) {
            (FIRST_SHELF, _) => self.row,
            (_, false) => self.codes.row(shelf, &self.number),
            (_, true) => self.codes.row_of_code(shelf, &self.number),
        }
    }

    /// The rows of the first shelf that may price the call, longest code first.
    fn rows(&self) -> impl Iterator<Item = Row<'a>> + use<'a> {
        let most = if self.is_short_code { 1 } else { usize::MAX };
        let codes = self.codes;
        self.row.into_iter().flat_map(move |row| codes.with_parents(row)).take(most)
    }

    /// Whether a row may price the call at all: one of prefix `1` only within the US (4.5).
    fn may_price(&self, row: &Row<'_>) -> bool {
        row.code_len() != 1 || self.catch_all_allowed || !self.number.starts_with(b"1")
    }
}

/// The shelf of the decks that are compared by cost.
const FIRST_SHELF: u8 = 0;

/// The price that was chosen among those of a code.
#[inline]
fn quoted<'a>(
    codes: &Codes<'a>,
    deck: &DeckRec,
    choice: Choice,
    matched: Matched,
) -> Result<Quote<'a>, Reason> {
    match choice.code {
        PRICE_BLOCKED => Err(Reason::BlockedRow),
        code => Quote::of(codes, deck, code, matched).ok_or(Reason::NoRate),
    }
}

impl<'a> Quote<'a> {
    /// The price that a price code of a deck names.
    #[inline]
    fn of(codes: &Codes<'a>, deck: &DeckRec, price_code: u32, matched: Matched) -> Option<Quote<'a>> {
        let (tariff, terms) = codes.tariff(deck, price_code)?;
        Some(Quote { tariff, matched, terms, rate_nano: deck.rate_nano.get() })
    }

    /// Cost of the reference call, rounded, in the deck's currency.
    #[must_use]
    pub const fn cost(&self) -> Nano {
        Nano(self.terms.reference_cost_nano.get())
    }

    /// The same in the plan's currency, not rounded again.
    #[must_use]
    pub fn cost_in_plan(&self) -> Atto {
        Atto::convert(self.cost(), self.rate_nano)
    }
}

/// The price of the deck in `slot` by OCN and LATA of the called side; `None` if it has no such row (4.1).
///
/// # Errors
/// [`Reason::NoRate`] or [`Reason::BlockedRow`] of the row that decides.
pub fn quote_by_place<'a>(
    snapshot: &'a Snapshot<'a>,
    slot: u32,
    place: &Place,
    zone: Zone,
) -> Result<Option<Quote<'a>>, Reason> {
    let keys = [(place.ocn, place.lata), (place.ocn, 0), ([0; 4], place.lata)];
    for ((ocn, lata), matched) in keys.into_iter().zip([Matched::OCN_LATA, Matched::OCN, Matched::LATA]) {
        // What is not known matches no row that names it.
        let is_known = match matched {
            Matched::OCN_LATA => ocn != [0; 4] && lata != 0,
            Matched::OCN => ocn != [0; 4],
            _ => lata != 0,
        };
        let tiers = [place.tier, 0];
        for tier in tiers.into_iter().skip(usize::from(place.tier == 0)).filter(|_| is_known) {
            if let Some(row) = snapshot.ocn_row(slot, ocn, lata, tier) {
                return quote_of(snapshot, slot, &row.prices, zone, matched).map(Some);
            }
        }
    }
    Ok(None)
}

/// The price of the deck in `slot` for a toll-free number's carrier; `None` if it has no such row (3.3).
///
/// # Errors
/// [`Reason::NoRate`] or [`Reason::BlockedRow`] of the row.
pub fn quote_by_cic<'a>(
    snapshot: &'a Snapshot<'a>,
    slot: u32,
    cic: [u8; 4],
    zone: Zone,
) -> Result<Option<Quote<'a>>, Reason> {
    match snapshot.cic_row(slot, cic) {
        Some(row) => quote_of(snapshot, slot, &row.prices, zone, Matched::CIC).map(Some),
        None => Ok(None),
    }
}

/// What a row of another key than a code asks.
fn quote_of<'a>(
    snapshot: &'a Snapshot<'a>,
    slot: u32,
    prices: &impl Written,
    zone: Zone,
    matched: Matched,
) -> Result<Quote<'a>, Reason> {
    let codes = snapshot.codes();
    let deck = record_at(codes.decks(), slot).ok_or(Reason::NoRate)?;
    let choice = price::choose(&codes, deck, prices, zone).ok_or(Reason::NoRate)?;
    quoted(&codes, deck, choice, matched)
}

impl Written for [U32; COLUMNS] {
    fn written(&self, column: usize) -> Option<u32> {
        self.get(column).map(|price| price.get()).filter(|price| *price != PRICE_NONE)
    }
}
