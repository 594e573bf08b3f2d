//! What a deck asks for a code in a jurisdiction (4.3 to 4.5).
//!
//! The longest prefix decides alone: it prices the call, blocks it, or has no price for it. No shorter prefix
//! and no cheaper row is ever asked.
//!
//! Worked: a deck has `1` at 0.0098 and `1212` blocked. A call to 1 303 555 0100 costs 0.0098 a minute, one to
//! 1 212 555 0100 drops the deck (`blocked_row`), one to Jamaica, 1 658 555 0100, has no price (`no_rate`):
//! `1` alone speaks for geographic numbers of the US only.

use crate::jurisdiction::Jurisdiction;
use crate::jurisdiction::Zone;
use crate::lerg::Place;
use crate::number::Digits;
use crate::reject::Reason;
use crate::snapshot::layout::{EntryRec, PRICE_BLOCKED, PRICE_FIRST};
use crate::snapshot::view::{CodeRow, Snapshot};

/// A number under which decks are searched, found once for all of them.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    row: Option<CodeRow<'a>>,
    /// Whether a row of prefix `1` may price the call (4.5).
    catch_all_allowed: bool,
}

/// A deck's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// Its place in the snapshot's tariffs.
    pub tariff: u32,
    /// What of the called number the deck has priced.
    pub matched: Matched,
}

/// What of a called number a deck has priced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Matched(u8);

impl Matched {
    /// Nothing: an endpoint without a deck.
    pub const ENDPOINT: Matched = Matched(0);
    /// Its OCN and its LATA.
    pub const OCN_LATA: Matched = Matched(16);
    /// Its OCN.
    pub const OCN: Matched = Matched(17);
    /// Its LATA.
    pub const LATA: Matched = Matched(18);
    /// The carrier of a toll-free number.
    pub const CIC: Matched = Matched(19);

    /// The first digits of the number.
    #[must_use]
    pub const fn code(len: u8) -> Matched {
        Matched(len)
    }

    /// How many digits matched, where it was digits: 1 to 15.
    #[must_use]
    pub fn prefix_len(self) -> Option<u8> {
        Some(self.0).filter(|len| (1..=15).contains(len))
    }

    /// The number that stands for it: 0 an endpoint, 1 to 15 digits, 16 and up as above.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// What a number stands for.
    #[must_use]
    pub const fn from_number(number: u8) -> Matched {
        Matched(number)
    }
}

/// The price of the deck in `slot` for the carrier of a toll-free number; `None` if it has no row for it (3.3).
///
/// # Errors
/// [`Reason::NoRate`] or [`Reason::BlockedRow`].
pub fn quote_by_cic(_: &Snapshot<'_>, _: u32, _: [u8; 4], _: Zone) -> Result<Option<Quote>, Reason> {
    Ok(None)
}

/// The price of the deck in `slot` by OCN, LATA and tier; `None` if it has no row for them (4.1).
///
/// # Errors
/// [`Reason::NoRate`] or [`Reason::BlockedRow`].
pub fn quote_by_place(_: &Snapshot<'_>, _: u32, _: &Place, _: Zone) -> Result<Option<Quote>, Reason> {
    Ok(None)
}

impl<'a> Key<'a> {
    /// Looks a number up. `us_geographic`: DNIS and this number are both geographic ones of the US.
    #[must_use]
    pub fn new(snapshot: &Snapshot<'a>, number: &Digits, us_geographic: bool) -> Self {
        Self { row: snapshot.code_row(number), catch_all_allowed: us_geographic || !number.starts_with(b"1") }
    }

    /// Looks a short code up: only a row of exactly its digits prices it (2.4).
    #[must_use]
    pub fn short_code(snapshot: &Snapshot<'a>, code: &Digits) -> Self {
        let exact = snapshot.code_row(code);
        Self { row: exact, catch_all_allowed: true }
    }

    /// The price of the deck in `slot`.
    ///
    /// # Errors
    /// [`Reason::NoRate`] or [`Reason::BlockedRow`].
    pub fn quote(&self, slot: u32, zone: Zone) -> Result<Quote, Reason> {
        let entry = self.row.as_ref().and_then(|row| row.entry(slot)).ok_or(Reason::NoRate)?;
        if entry.matched_len == 1 && !self.catch_all_allowed {
            return Err(Reason::NoRate);
        }
        match price(entry, zone) {
            PRICE_BLOCKED => Err(Reason::BlockedRow),
            price => match price.checked_sub(PRICE_FIRST) {
                Some(tariff) => Ok(Quote { tariff, matched: Matched::code(entry.matched_len) }),
                None => Err(Reason::NoRate),
            },
        }
    }
}

/// The entry's price for a jurisdiction; local calls without one are priced by the state comparison (3.8).
fn price(entry: &EntryRec, zone: Zone) -> u32 {
    let by_state = if zone.same_state { entry.intrastate } else { entry.interstate };
    match zone.jurisdiction {
        Jurisdiction::Interstate => entry.interstate.get(),
        Jurisdiction::Intrastate => entry.intrastate.get(),
        Jurisdiction::Local => match entry.local.get() {
            0 => by_state.get(),
            local => local,
        },
        Jurisdiction::Indeterminate => entry.indeterminate.get(),
        Jurisdiction::TollFree | Jurisdiction::Zone1 | Jurisdiction::International => entry.default.get(),
    }
}
