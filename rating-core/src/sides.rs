//! The two sides of a call: their numbers, their LRNs that count, and where they are (2.4, 3.1, 3.2, 3.9).
//!
//! A trusted trunk's call to 212 555 6789 with LRN 1 303 555 0000 is placed and priced in Colorado, and screened as
//! the New York number that was dialled.

use crate::deck::{Key, Keys};
use crate::jurisdiction::Side;
use crate::lerg::{Place, e164};
use crate::lookup::Lookup;
use crate::number::{self, Dialled, Digits};
use crate::overrides::Matcher;
use crate::reject::{Reason, Reject};
use crate::route::{Call, Facts};
use crate::snapshot::layout::{DialRuleRec, NONE};
use crate::snapshot::view::Snapshot;
use crate::trunk::Payer;

/// An LRN that came with a call, and whose word it is (3.9). An empty one is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lrn<'a> {
    /// The customer's: counts only on a trunk that is trusted with LRNs.
    Given(&'a [u8]),
    /// Our own dip's: counts on any trunk.
    Dipped(&'a [u8]),
}

impl Lrn<'_> {
    /// No LRN.
    pub const NONE: Lrn<'static> = Lrn::Given(b"");

    /// The LRN, if it is a complete NANP number.
    fn read(self) -> Digits {
        let (Lrn::Given(text) | Lrn::Dipped(text)) = self;
        number::normalise(text).filter(Digits::is_nanp).unwrap_or_default()
    }

    /// Whether its word counts.
    const fn counts(self, trunk_is_trusted: bool) -> bool {
        trunk_is_trusted || matches!(self, Lrn::Dipped(_))
    }
}

/// The numbers that came with a call, read once. Which of them count is said later.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    /// The called number, as dialled.
    pub dialled: Dialled<'a>,
    /// The same by the default rules, or none: a trunk may have others, or a tech prefix in front.
    dnis: Lookup,
    /// The calling number; none if missing or malformed.
    ani: Lookup,
    dnis_lrn: Lookup,
    ani_lrn: Lookup,
}

impl<'a> Given<'a> {
    /// Nothing came.
    pub const NONE: Given<'static> = Given {
        dialled: Dialled::NOTHING,
        dnis: Lookup::NONE,
        ani: Lookup::NONE,
        dnis_lrn: Lookup::NONE,
        ani_lrn: Lookup::NONE,
    };

    #[inline]
    pub fn of(snapshot: &Snapshot<'_>, call: &Call<'a>) -> Given<'a> {
        let (dialled, dnis) = Dialled::read(call.dnis);
        let ani = number::normalise(call.ani).unwrap_or_default();
        Given {
            dialled,
            dnis: Lookup::of(snapshot, &dnis.unwrap_or_default()),
            ani: Lookup::of_place(snapshot, &ani),
            dnis_lrn: Lookup::of(snapshot, &call.dnis_lrn.read()),
            ani_lrn: Lookup::of_place(snapshot, &call.ani_lrn.read()),
        }
    }

    /// Asks for the references of all numbers, the called one by the default rules: one that a trunk's own rules read
    /// otherwise waits for memory, and that is all.
    #[inline]
    pub fn bring_references(&self, snapshot: &Snapshot<'_>) {
        let numbers = [&self.dnis, &self.dnis_lrn, &self.ani, &self.ani_lrn];
        for number in numbers.into_iter().filter(|number| !number.number.is_empty()) {
            number.bring_references(snapshot);
        }
    }

    /// Asks for what those lead to.
    #[inline]
    pub fn follow(&mut self, snapshot: &Snapshot<'_>) {
        // Most decks are asked by the LRN where there is one.
        self.dnis.follow_to(snapshot, self.dnis_lrn.number.is_empty());
        let others = [&mut self.dnis_lrn, &mut self.ani, &mut self.ani_lrn];
        for number in others.into_iter().filter(|number| !number.number.is_empty()) {
            number.follow(snapshot);
        }
    }

    /// Takes the called number as the trunk reads it, before all are followed.
    pub fn take_called(&mut self, snapshot: &Snapshot<'_>, called: &Called) {
        if called.is_short_code {
            self.dnis = Lookup::NONE;
        } else if called.number != self.dnis.number {
            self.dnis = Lookup::of(snapshot, &called.number);
        }
    }
}

/// The called number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Called {
    pub number: Digits,
    /// Whether it is a short code that an override names.
    pub is_short_code: bool,
}

/// Reads the called number: by the trunk's dialling rules, else by the default ones, else as a short code (2.4).
pub(crate) fn called_number(
    snapshot: &Snapshot<'_>,
    payer: &Payer<'_>,
    given: &Given<'_>,
    at_utc_sec: i64,
) -> Result<Called, Reject> {
    let invalid = Reject::because(Reason::InvalidNumber);
    if given.dialled.is_cut() {
        return Err(invalid);
    }
    let whole = given.dialled.as_bytes();
    let dialled = payer.without_tech_prefix(snapshot, &given.dialled);
    let rules = payer.dialled_on().map(|trunk| trunk.dial_rules).unwrap_or_default();
    let rules = snapshot.range(snapshot.dial_rules(), rules);
    if let Some(rule) = rules.iter().find(|rule| rule.matches(snapshot, dialled)) {
        let number = rule.apply(dialled).filter(number::is_valid).ok_or(invalid)?;
        return Ok(Called { number, is_short_code: false });
    }
    let by_default = match dialled.len() == whole.len() {
        true => Some(given.dnis.number).filter(|number| !number.is_empty()),
        false => number::e164(dialled),
    };
    if let Some(number) = by_default {
        return Ok(Called { number, is_short_code: false });
    }
    let code = number::short_code(dialled).ok_or(invalid)?;
    let matcher = Matcher { payer, partition_at: NONE, dnis: &code, is_short_code: true, at_utc_sec };
    if matcher.names_short_code(snapshot) {
        return Ok(Called { number: code, is_short_code: true });
    }
    Err(invalid)
}

impl DialRuleRec {
    fn matches(&self, snapshot: &Snapshot<'_>, dialled: &[u8]) -> bool {
        let has_len = self.len == 0 || usize::from(self.len) == dialled.len();
        has_len && dialled.starts_with(snapshot.bytes_of(self.prefix))
    }

    /// The E.164 digits that the rule makes: of a text shorter than what it strips, those that it adds.
    fn apply(&self, dialled: &[u8]) -> Option<Digits> {
        let rest = dialled.get(usize::from(self.strip)..).unwrap_or_default();
        Digits::from_packed(self.add.get()).followed_by(rest)
    }
}

/// The calling number: empty if missing or malformed, which some trunks do not allow (2.4).
pub(crate) fn calling_number(payer: &Payer<'_>, given: &Given<'_>) -> Result<Digits, Reject> {
    let ani = given.ani.number;
    if ani.is_empty() && payer.trunk.is_some_and(|trunk| trunk.ani_required == 1) {
        return Err(Reject::because(Reason::InvalidAni));
    }
    Ok(ani)
}

/// Both sides of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sides<'g> {
    pub calling: Side,
    pub called: Side,
    /// The dialled number, followed to its end.
    dialled: &'g Lookup,
    /// The called LRN, where it counts, or the dialled number.
    routing: &'g Lookup,
    /// Whether the number that routes the call is a geographic one of the US by itself, whatever state is given with the call.
    ported_to_us: bool,
}

/// Finds which LRNs count, and where both sides are (3.1, 3.2). The numbers have been followed.
pub(crate) fn place<'g>(
    snapshot: &Snapshot<'_>,
    call: &Call<'_>,
    payer: &Payer<'_>,
    number: &Called,
    given: &'g Given<'_>,
    facts: &mut Facts,
) -> Sides<'g> {
    let trusted = payer.is_trusted_with_lrns();
    let dialled = &given.dnis;
    let dialled_place = dialled.place(snapshot);
    let lrn = Some(&given.dnis_lrn).filter(|_| call.dnis_lrn.counts(trusted));
    let lrn = lrn.and_then(|lrn| called_lrn(snapshot, dialled, &dialled_place, lrn));
    let (routing, place) = lrn.unwrap_or((dialled, dialled_place));
    let called = Side {
        number: number.number,
        kind: dialled.kind,
        lrn: lrn.map(|(lrn, _)| lrn.number).unwrap_or_default(),
        routing_kind: routing.kind,
        dialled: dialled_place,
        place: place.overridden_by(&call.called),
    };
    let calling = calling_side(snapshot, given, call.ani_lrn.counts(trusted));
    (facts.dnis_lrn, facts.called) = (called.lrn, called.place);
    (facts.ani_lrn, facts.calling) = (calling.lrn, calling.place);
    let ported_to_us = routing.kind.is_us_geographic(&place);
    Sides { calling, called, dialled, routing, ported_to_us }
}

/// The called LRN and where it is, if it may route the call.
#[inline]
fn called_lrn<'g>(
    snapshot: &Snapshot<'_>,
    number: &Lookup,
    dialled: &Place,
    lrn: &'g Lookup,
) -> Option<(&'g Lookup, Place)> {
    if !number.kind.is_portable() || !lrn.kind.is_portable() {
        return None;
    }
    // A forged LRN must not make a premium or a Caribbean number one of Denver: services have none, and outside the US
    // a number stays in its country.
    let place = lrn.place(snapshot);
    let may_be = dialled.is_us_state() || (dialled.country != [0; 2] && dialled.country == place.country);
    may_be.then_some((lrn, place))
}

fn calling_side(snapshot: &Snapshot<'_>, given: &Given<'_>, lrn_counts: bool) -> Side {
    let Lookup { number, kind, .. } = given.ani;
    let dialled = given.ani.place(snapshot);
    let lrn = &given.ani_lrn;
    let may_be = !lrn.number.is_empty()
        && lrn_counts
        && snapshot.plan().use_ani_lrn == 1
        && !kind.is_toll_free()
        && !is_foreign(&given.ani, &dialled);
    let (routing, place) = if may_be { (lrn, lrn.place(snapshot)) } else { (&given.ani, dialled) };
    let lrn = if may_be { lrn.number } else { Digits::EMPTY };
    Side { number, kind, lrn, routing_kind: routing.kind, dialled, place }
}

/// Whether a number is of a known country that is not the US: digits of no country are not (3.1).
fn is_foreign(number: &Lookup, place: &Place) -> bool {
    match number.kind.is_nanp() {
        true => place.is_foreign(),
        false => e164::country_of(number.number.as_bytes()).is_some(),
    }
}

impl Sides<'_> {
    /// The codes that decks are searched by: those of the dialled number, and of the called LRN if it leads elsewhere
    /// (4.1, 4.5).
    pub fn deck_keys<'a>(&self, snapshot: &'a Snapshot<'a>, is_short_code: bool) -> Keys<'a> {
        let called = &self.called;
        if is_short_code {
            return Keys { by_dnis: Key::short_code(snapshot, &called.number), by_lrn: None };
        }
        let dialled = called.kind.is_us_geographic(&called.dialled);
        let ported = dialled && self.ported_to_us;
        let is_same = called.lrn.is_empty() || (called.lrn == called.number && ported == dialled);
        Keys {
            by_dnis: Key::of(snapshot, self.dialled, dialled),
            by_lrn: if is_same { None } else { Some(Key::of(snapshot, self.routing, ported)) },
        }
    }
}
