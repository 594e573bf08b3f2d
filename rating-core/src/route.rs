//! The decision: section 2 of the semantics, in its order.
//!
//! A call from 192.0.2.10 to 212 555 6789 is on trunk `acme_main` (its source), of account `acme` (active), to
//! `12125556789` (dialling rules). Nothing screens it out, the trunk has CPS and a concurrent call to spare, the
//! account has funds, its partition `us_prime` is active, the call is interstate (Denver to New York), three routes
//! price it, one of them above the rate limit; the other two become the legs, cheapest first.
//!
//! The first check that fails names the reject. Deciding takes the CPS of account and trunk and changes
//! nothing else: what a call holds is taken at admission, by the node.

use core::cell::OnceCell;

use crate::answer::CodeKeys;
use crate::candidates::{self, Selection};
use crate::class::{AniClass, DestinationClass};
use crate::draw::Draws;
use crate::emergency;
use crate::funds;
use crate::jurisdiction::{self, Jurisdiction, Zone, zone_of};
use crate::legs::{self, Reach};
use crate::lerg::Place;
use crate::live::{LiveState, Now};
use crate::money::{Atto, Nano};
use crate::number::Digits;
use crate::overrides::{Effects, Matcher};
use crate::partition::{self, Order, Strategy};
use crate::price::Pricing;
use crate::reject::{Reason, Reject};
use crate::room;
use crate::screening;
use crate::sides::{self, Given, Sides};
use crate::snapshot::layout::{NONE, PartitionRec};
use crate::snapshot::view::Snapshot;
use crate::tariff::DeckTariff;
use crate::trace::Trace;
use crate::trunk::Payer;

pub use crate::legs::{LEGS_MAX, Leg, Legs};
pub use crate::sides::Lrn;
pub use crate::trunk::Origin;

/// A call to decide. Texts are as they came; empty is "not given".
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Where it comes from.
    pub origin: Origin<'a>,
    /// Its Call-ID: what draws by weight are made from (5.2).
    pub call_id: &'a [u8],
    /// The calling number.
    pub ani: &'a [u8],
    /// The called number, as dialled.
    pub dnis: &'a [u8],
    /// The calling number's LRN.
    pub ani_lrn: Lrn<'a>,
    /// The called number's LRN.
    pub dnis_lrn: Lrn<'a>,
    /// A partition given by the configuration: its place in the snapshot.
    pub partition: Option<u32>,
    /// Highest buy price a minute, in the plan's currency; equality passes.
    pub rate_limit_per_min: Option<Nano>,
    /// Most routes: 1 to 8.
    pub max_results: Option<u32>,
    /// The jurisdiction for pricing, in place of the one that section 3 finds.
    pub zone: Option<Jurisdiction>,
    /// The called side's state, OCN and LATA, in place of those looked up; zeros are not given.
    pub called: Place,
    /// The class of the calling number, in place of the one that 3.10 finds.
    pub ani_class: Option<AniClass>,
    /// The carrier that serves a toll-free number: 4 digits (3.3).
    pub cic: Option<[u8; 4]>,
}

impl<'a> Call<'a> {
    /// A call between two numbers, with nothing else given.
    #[must_use]
    pub const fn new(origin: Origin<'a>, ani: &'a [u8], dnis: &'a [u8]) -> Self {
        Self {
            origin,
            call_id: b"",
            ani,
            dnis,
            ani_lrn: Lrn::NONE,
            dnis_lrn: Lrn::NONE,
            partition: None,
            rate_limit_per_min: None,
            max_results: None,
            zone: None,
            called: Place::UNKNOWN,
            ani_class: None,
            cic: None,
        }
    }
}

/// What is known of a call, as far as its decision came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its trunk, or `NONE`.
    pub trunk: u32,
    /// Who pays, or `NONE`.
    pub account: u32,
    /// Its partition, or `NONE`.
    pub partition: u32,
    /// Whether it is an emergency call, which holds and costs nothing (2.2).
    pub is_emergency: bool,
    /// The calling number; empty if missing or malformed.
    pub ani: Digits,
    /// The called number; empty if invalid.
    pub dnis: Digits,
    /// The calling side's LRN that counted; empty if none.
    pub ani_lrn: Digits,
    /// The called side's LRN that counted; empty if none.
    pub dnis_lrn: Digits,
    /// What the called number is (2.6); a short code is nothing.
    pub destination: Option<DestinationClass>,
    /// What the calling number is (3.10), once known.
    pub ani_class: Option<AniClass>,
    /// What prices it, once known.
    pub jurisdiction: Option<Jurisdiction>,
    /// Where the calling side is.
    pub calling: Place,
    /// Where the called side is.
    pub called: Place,
    /// Whether both sides are in one state (3.8).
    pub same_state: bool,
    /// How codes of decks were searched.
    pub keys: CodeKeys,
    /// The carrier of a toll-free number that decks were asked by (3.3).
    pub cic: Option<[u8; 4]>,
    /// What overrides decided (4.6).
    pub effects: Effects,
    /// What an override sells it at, in place of deck and cost-plus (9.6).
    pub custom_sell: Option<DeckTariff>,
    /// The deck in whose currency it is sold, or `NONE` for the plan's.
    pub sell_deck: u32,
    /// Whether admission moves the partition's round-robin cursor to the route that takes the call.
    pub moves_cursor: bool,
    /// Whether the called number is a customer's DID, and the partition a campaign (2.5).
    pub is_campaign: bool,
}

impl Facts {
    const NOTHING: Facts = Facts {
        trunk: NONE,
        account: NONE,
        partition: NONE,
        is_emergency: false,
        ani: Digits::EMPTY,
        dnis: Digits::EMPTY,
        ani_lrn: Digits::EMPTY,
        dnis_lrn: Digits::EMPTY,
        destination: None,
        ani_class: None,
        jurisdiction: None,
        calling: Place::UNKNOWN,
        called: Place::UNKNOWN,
        same_state: false,
        keys: CodeKeys { is_short_code: false, lrn_takes_catch_all: false, dnis_takes_catch_all: false },
        cic: None,
        effects: Effects { forced: None, custom_rate_per_min: None, bypass_lcr: false },
        custom_sell: None,
        sell_deck: NONE,
        moves_cursor: false,
        is_campaign: false,
    };
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What is known of the call.
    pub facts: Facts,
    /// Its legs, or why there are none.
    pub verdict: Result<Legs, Reject>,
}

impl Decision {
    /// Nothing is decided yet.
    pub const NOTHING: Decision = Decision { facts: Facts::NOTHING, verdict: Ok(Legs::NONE) };

    /// As if nothing had been decided.
    fn clear(&mut self) {
        self.facts = Facts::NOTHING;
        match &mut self.verdict {
            Ok(legs) => legs.clear(),
            rejected => *rejected = Ok(Legs::NONE),
        }
    }
}

/// Decides a call.
pub fn decide<L: LiveState, T: Trace>(
    snapshot: &Snapshot<'_>,
    call: &Call<'_>,
    now: Now,
    live: &L,
    trace: &mut T,
) -> Decision {
    let mut decision = Decision::NOTHING;
    decide_into(snapshot, call, now, live, trace, &mut decision);
    decision
}

/// Decides a call in place of another: a decision is 1.6 KiB, which who decides one call after another need not make
/// anew and copy.
pub fn decide_into<L: LiveState, T: Trace>(
    snapshot: &Snapshot<'_>,
    call: &Call<'_>,
    now: Now,
    live: &L,
    trace: &mut T,
    decision: &mut Decision,
) {
    let mut given = Given::of(snapshot, call);
    given.bring_references(snapshot);
    decide_given(snapshot, call, &mut given, now, live, trace, decision);
}

/// Decides a call whose numbers are read, and their references asked for.
pub(crate) fn decide_given<L: LiveState, T: Trace>(
    snapshot: &Snapshot<'_>,
    call: &Call<'_>,
    given: &mut Given<'_>,
    now: Now,
    live: &L,
    trace: &mut T,
    decision: &mut Decision,
) {
    decision.clear();
    // Written where they stay: legs are large.
    if let Ok(legs) = &mut decision.verdict
        && let Err(reject) =
            decide_in_order(snapshot, call, given, now, live, trace, &mut decision.facts, legs)
    {
        decision.verdict = Err(reject);
    }
}

/// The checks of section 2, one after another.
#[allow(clippy::too_many_arguments, reason = "what a decision is made of, and where it is written")]
fn decide_in_order<L: LiveState, T: Trace>(
    snapshot: &Snapshot<'_>,
    call: &Call<'_>,
    given: &mut Given<'_>,
    now: Now,
    live: &L,
    trace: &mut T,
    facts: &mut Facts,
    legs: &mut Legs,
) -> Result<(), Reject> {
    let at_utc_sec = now.utc_sec();

    // 2.1 Trunk
    let payer =
        Payer::find(snapshot, call.origin, &given.dialled).ok_or(Reject::because(Reason::UnknownTrunk))?;
    (facts.trunk, facts.account) = (payer.trunk_at, payer.account_at);

    // 2.2 Emergency
    if let Some(number) = emergency::number(snapshot, &payer, &given.dialled) {
        (facts.is_emergency, facts.dnis) = (true, number);
        return emergency::write_legs(snapshot, call.call_id, now, live, legs);
    }

    // 2.3 Account and trunk active
    payer.check_active()?;

    // 2.4 Numbers
    let called = sides::called_number(snapshot, &payer, given, at_utc_sec)?;
    facts.dnis = called.number;
    facts.ani = sides::calling_number(&payer, given)?;

    // 2.5 DID
    let did = if called.is_short_code { None } else { partition::did(snapshot, &facts.dnis) };
    let (payer, campaign) = match did {
        Some(did) => {
            let owner = payer.with_account(snapshot, did.account.get());
            let owner = owner.ok_or(Reject::because(Reason::NoPartition))?;
            (facts.account, facts.is_campaign) = (owner.account_at, true);
            owner.check_active()?;
            let campaign = partition::of_did(snapshot, did, at_utc_sec);
            (owner, Some(campaign.ok_or(Reject::because(Reason::NoPartition))?))
        }
        None => (payer, None),
    };

    // 2.9 comes later, but which partition it is depends on no place: chosen while memory brings references.
    let choose = || {
        let (trunk, account) = (payer.trunk_partitions(), payer.account.partitions);
        partition::select(snapshot, call.partition, trunk, account, at_utc_sec)
    };
    let chosen = campaign.or_else(choose).unwrap_or(NONE);
    given.take_called(snapshot, &called);
    given.follow(snapshot);

    // 2.6 Screening
    let sides = sides::place(snapshot, call, &payer, &called, given, facts);
    facts.destination =
        screening::check(snapshot, &payer, &sides.calling, &sides.called, called.is_short_code)?;

    // 2.7 Limits of account and trunk
    live.set_payer(facts.account);
    room::take_of_payer(snapshot, &payer, now, live)?;

    // 2.8 Funds
    funds::check(snapshot, payer.account, live)?;

    // 2.9 Partition and its limits
    facts.partition = chosen;
    let partition = partition::find(snapshot, facts.partition).ok_or(Reject::because(Reason::NoPartition))?;
    room::check_partition(snapshot, partition.limits, now, live)?;

    // 2.10 Jurisdiction, candidates, filters and order
    let found = zone_of(snapshot, &sides.calling, &sides.called);
    let jurisdiction = if called.is_short_code { Jurisdiction::Indeterminate } else { found.jurisdiction };
    let zone = Zone { jurisdiction: call.zone.unwrap_or(jurisdiction), ..found };
    let ani_class = call.ani_class.unwrap_or_else(|| jurisdiction::ani_class(&sides.calling));
    (facts.jurisdiction, facts.ani_class) = (Some(zone.jurisdiction), Some(ani_class));
    let matcher = Matcher {
        payer: &payer,
        partition_at: facts.partition,
        dnis: &facts.dnis,
        is_short_code: called.is_short_code,
        at_utc_sec,
    };
    let effects = matcher.effects(snapshot, partition);
    facts.effects = effects;
    let pricing = pricing(snapshot, call, &sides, zone, called.is_short_code);
    facts.same_state = zone.same_state;
    facts.keys = CodeKeys::of(&pricing.keys, called.is_short_code);
    facts.cic = pricing.cic;
    let sell = pricing.sell(snapshot, payer.account, effects.custom_rate_per_min);
    (facts.custom_sell, facts.sell_deck) = (sell.custom(), sell.deck());
    let selection = Selection {
        snapshot,
        partition,
        partition_at: facts.partition,
        account: payer.account,
        account_at: payer.account_at,
        from_provider: payer.provider(),
        dnis: &facts.dnis,
        is_short_code: called.is_short_code,
        ani_class,
        effects: &effects,
        pricing: &pricing,
        sell: &sell,
        sold: OnceCell::new(),
        rate_limit_per_min: rate_limit(call, partition),
        reach: Reach { lata: sides.called.place.lata, asks: true, now, live },
    };
    let order = order(snapshot, partition, &effects, max_results(call, partition), live);
    facts.moves_cursor = order.strategy == Strategy::RoundRobin;
    let mut draws = Draws::new(call.call_id, snapshot.bytes_of(partition.name));
    let selected = candidates::select(&selection, &order, &mut draws, trace, &mut legs.candidates);

    // 2.11 Nothing left
    match legs::write(legs, &selected.kept, &selection, &mut draws) {
        true => Ok(()),
        false => Err(Reject::because(selected.dropped.reject_reason())),
    }
}

/// What decks are asked for this call (3.3, 4.1, 4.5).
fn pricing<'a>(
    snapshot: &'a Snapshot<'a>,
    call: &Call<'_>,
    sides: &Sides<'_>,
    zone: Zone,
    is_short_code: bool,
) -> Pricing<'a> {
    let called = &sides.called;
    Pricing {
        zone,
        keys: sides.deck_keys(snapshot, is_short_code),
        by_place: called.kind.is_nanp().then_some(called.place),
        cic: call.cic.filter(|_| called.kind.is_toll_free()),
        reference_duration_sec: snapshot.plan().reference_duration_sec.get(),
    }
}

fn order<L: LiveState>(
    snapshot: &Snapshot<'_>,
    partition: &PartitionRec,
    effects: &Effects,
    max_results: usize,
    live: &L,
) -> Order {
    let cursor = match Strategy::of(partition) {
        Strategy::RoundRobin => live.cursor(partition.key.get()),
        _ => 0,
    };
    Order::of(snapshot, partition, effects, max_results, cursor)
}

fn rate_limit(call: &Call<'_>, partition: &PartitionRec) -> Option<Atto> {
    let own = Some(partition.rate_limit_nano_per_min.get()).filter(|own| *own != i64::MAX);
    let given = call.rate_limit_per_min.map(|given| given.0);
    own.into_iter().chain(given).min().map(Atto::of_plan_currency)
}

fn max_results(call: &Call<'_>, partition: &PartitionRec) -> usize {
    let own = partition.max_results.get();
    let most = call.max_results.map_or(own, |given| given.min(own));
    usize::try_from(most).unwrap_or(candidates::ROUTES_MAX).clamp(1, candidates::ROUTES_MAX)
}
