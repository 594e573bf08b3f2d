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
    /// Digits of the deck's code that matched, 1 to 15.
    pub matched_len: u8,
}

impl<'a> Key<'a> {
    /// Looks a number up. `us_geographic`: DNIS and this number are both geographic ones of the US.
    #[must_use]
    pub fn new(snapshot: &Snapshot<'a>, number: &Digits, us_geographic: bool) -> Self {
        Self { row: snapshot.code_row(number), catch_all_allowed: us_geographic || !number.starts_with(b"1") }
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
                Some(tariff) => Ok(Quote { tariff, matched_len: entry.matched_len }),
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
