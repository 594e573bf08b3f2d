//! Jurisdiction: which of a deck's prices a call takes (section 3).
//!
//! From Denver (303, CO) to New York (212, NY) is `interstate`; to Colorado Springs (719, CO) `intrastate`, or
//! `local` if their rate centres are listed as a pair. Where the calling side is missing, toll-free or foreign,
//! a call within the US is `indeterminate`, and each deck says what that costs.

use crate::class::AniClass;
use crate::lerg::{Kind, Place};
use crate::number::Digits;
use crate::snapshot::view::Snapshot;

/// The zone of a call for pricing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Jurisdiction {
    /// Between states.
    Interstate = 1,
    /// Within a state.
    Intrastate = 2,
    /// Within a local calling area.
    Local = 3,
    /// One side is not known.
    Indeterminate = 4,
    /// To a toll-free number.
    TollFree = 5,
    /// NANP outside the US.
    Zone1 = 6,
    /// Outside NANP.
    International = 7,
}

impl Jurisdiction {
    /// Every jurisdiction, by number.
    pub const ALL: [Jurisdiction; 7] = [
        Self::Interstate,
        Self::Intrastate,
        Self::Local,
        Self::Indeterminate,
        Self::TollFree,
        Self::Zone1,
        Self::International,
    ];

    /// The name that every interface uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interstate => "interstate",
            Self::Intrastate => "intrastate",
            Self::Local => "local",
            Self::Indeterminate => "indeterminate",
            Self::TollFree => "toll_free",
            Self::Zone1 => "zone1",
            Self::International => "international",
        }
    }
}

/// A jurisdiction, and the comparison of states behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    /// What prices the call.
    pub jurisdiction: Jurisdiction,
    /// Whether both sides are in one state: what prices a local call without a local price (3.8).
    pub same_state: bool,
}

/// One side of a call: its number, its LRN if that counts, what they are, and where both are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// The number; empty if missing or malformed.
    pub number: Digits,
    /// What `number` is.
    pub kind: Kind,
    /// The LRN that counts; empty if none.
    pub lrn: Digits,
    /// What `lrn` is, or `number` without one.
    pub routing_kind: Kind,
    /// Where `number` is.
    pub dialled: Place,
    /// Where `lrn` is, or `number` without one.
    pub place: Place,
}

/// What a calling number is to those who price by it (3.10).
#[must_use]
pub fn ani_class(calling: &Side) -> AniClass {
    if calling.kind.is_toll_free() {
        AniClass::DomTf
    } else if calling.kind.is_us_geographic(&calling.dialled) {
        AniClass::Dom
    } else {
        AniClass::Intl
    }
}

/// The jurisdiction of a call (3.3 to 3.6).
#[must_use]
pub fn zone_of(snapshot: &Snapshot<'_>, calling: &Side, called: &Side) -> Zone {
    let same_state = calling.place.is_us_state() && calling.place.state == called.place.state;
    Zone { jurisdiction: jurisdiction_of(snapshot, calling, called, same_state), same_state }
}

fn jurisdiction_of(snapshot: &Snapshot<'_>, calling: &Side, called: &Side, same_state: bool) -> Jurisdiction {
    // 3.3
    if called.kind.is_toll_free() {
        return Jurisdiction::TollFree;
    }
    // 3.4
    if !called.routing_kind.is_nanp() {
        return Jurisdiction::International;
    }
    if called.place.country != [0; 2] && called.place.country != *b"US" {
        return Jurisdiction::Zone1;
    }
    // 3.4, 3.5
    if !called.place.is_us_state() || !calling.place.is_us_state() {
        return Jurisdiction::Indeterminate;
    }
    // 3.6
    if is_local(snapshot, calling, called) {
        return Jurisdiction::Local;
    }
    if same_state { Jurisdiction::Intrastate } else { Jurisdiction::Interstate }
}

/// Whether the two rate centres are a listed pair; the called one is that of the dialled number (3.6).
fn is_local(snapshot: &Snapshot<'_>, calling: &Side, called: &Side) -> bool {
    let (from, to) = (calling.place.rate_center, called.dialled.rate_center);
    from != 0 && to != 0 && snapshot.is_local(from, to)
}
