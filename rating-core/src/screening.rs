//! Screening: who may not call, and what may not be called (2.6).
//!
//! A call from 1 303 555 0100 to 1 900 555 0123 with `900` among the blocked prefixes of its trunk is refused,
//! `blocked_dnis`, unless account or trunk allow `1900555` or a longer prefix. An allow list is no whitelist: what no
//! list names passes.

use crate::class::DestinationClass;
use crate::jurisdiction::Side;
use crate::lerg::e164;
use crate::number::Digits;
use crate::reject::{Reason, Reject};
use crate::snapshot::layout::{Range, ScreeningRec};
use crate::snapshot::view::Snapshot;
use crate::trunk::Payer;

/// Checks a call in the order of 2.6. Returns the class of its destination; a short code has none.
pub(crate) fn check(
    snapshot: &Snapshot<'_>,
    payer: &Payer<'_>,
    calling: &Side,
    called: &Side,
    is_short_code: bool,
) -> Result<Option<DestinationClass>, Reject> {
    let refuse = |reason| Err(Reject::because(reason));
    if calling.kind.is_nanp() && snapshot.longest_prefix(snapshot.plan().dno, &calling.number).is_some() {
        return refuse(Reason::Dno);
    }
    let screenings = [Some(&payer.account.screening), payer.trunk.map(|trunk| &trunk.screening)];
    let screenings = || screenings.iter().flatten().copied();
    if is_blocked_ani(snapshot, screenings(), calling) {
        return refuse(Reason::BlockedAni);
    }
    if is_short_code {
        return Ok(None);
    }
    if is_blocked_dnis(snapshot, screenings(), called) {
        return refuse(Reason::BlockedDnis);
    }
    let class = class_of(snapshot, called);
    if screenings().any(|screening| !allows(snapshot, screening, class, called)) {
        return refuse(Reason::DestinationNotAllowed);
    }
    let excluded = [snapshot.plan().excluded, payer.account.excluded];
    if excluded.into_iter().any(|list| snapshot.longest_prefix(list, &called.number).is_some()) {
        return refuse(Reason::Excluded);
    }
    Ok(Some(class))
}

/// Whether the longest entry about the calling number blocks it.
fn is_blocked_ani<'s>(
    snapshot: &Snapshot<'_>,
    screenings: impl Iterator<Item = &'s ScreeningRec> + Clone,
    calling: &Side,
) -> bool {
    let longest = |list| longest_entry(snapshot, screenings.clone(), list, &calling.number);
    let blocked = longest(|screening| screening.blocked_ani);
    blocked.is_some() && blocked > longest(|screening| screening.allowed_ani)
}

/// Whether the longest entry about the called number blocks it.
fn is_blocked_dnis<'s>(
    snapshot: &Snapshot<'_>,
    screenings: impl Iterator<Item = &'s ScreeningRec> + Clone,
    called: &Side,
) -> bool {
    let longest = |list| longest_entry(snapshot, screenings.clone(), list, &called.number);
    /// The exchange 976 of an area code is 1, NPA and NXX.
    const NPA_976_LEN: usize = 7;
    let any_npa_976 =
        called.kind.has_premium_exchange() && screenings.clone().any(|screening| screening.any_npa_976 == 1);
    let blocked = longest(|screening| screening.blocked_dnis).max(any_npa_976.then_some(NPA_976_LEN));
    blocked.is_some() && blocked > longest(|screening| screening.allowed_dnis)
}

/// Length of the longest entry that a number begins with, of one list of each screening.
fn longest_entry<'s>(
    snapshot: &Snapshot<'_>,
    screenings: impl Iterator<Item = &'s ScreeningRec>,
    list: fn(&ScreeningRec) -> Range,
    number: &Digits,
) -> Option<usize> {
    screenings.map(|screening| snapshot.longest_prefix(list(screening), number)).max().flatten()
}

/// What a called number is: premium before all, by the dialled number and never by an LRN.
pub(crate) fn class_of(snapshot: &Snapshot<'_>, called: &Side) -> DestinationClass {
    let number = &called.number;
    if called.kind.is_premium() || snapshot.longest_prefix(snapshot.plan().premium_prefixes, number).is_some()
    {
        DestinationClass::Premium
    } else if called.kind.is_toll_free() {
        DestinationClass::TollFree
    } else if !called.kind.is_nanp() {
        DestinationClass::International
    } else if called.kind.is_us_geographic(&called.dialled) {
        DestinationClass::Domestic
    } else if called.dialled.country != [0; 2] && called.dialled.country != *b"US" {
        DestinationClass::International
    } else {
        DestinationClass::Premium
    }
}

/// Whether a class, and the country where it has one, may be called.
fn allows(snapshot: &Snapshot<'_>, screening: &ScreeningRec, class: DestinationClass, called: &Side) -> bool {
    if screening.classes & class.bit() == 0 {
        return false;
    }
    if screening.countries_are == 0 || matches!(class, DestinationClass::TollFree | DestinationClass::Premium)
    {
        return true;
    }
    let listed = country_of(called).is_some_and(|country| {
        snapshot.range(snapshot.countries(), screening.countries).binary_search(&country).is_ok()
    });
    listed == (screening.countries_are == 1)
}

/// The country of a called number: by the numbering table within NANP, by its country code outside.
fn country_of(called: &Side) -> Option<[u8; 2]> {
    if called.kind.is_nanp() {
        Some(called.dialled.country).filter(|country| *country != [0; 2])
    } else {
        e164::country_of(called.number.as_bytes()).map(|code| code.country)
    }
}
