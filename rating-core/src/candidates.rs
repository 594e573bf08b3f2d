//! Candidates: which routes of the partition take the call, and what they cost (sections 4 and 5).
//!
//! Every member of the partition becomes a candidate or is dropped by the first test that it fails, in the
//! order of section 5: active, priced, sold, under the rate limit, with enough margin, with a gateway, with
//! room in its limits. The best of them are kept, at most eight; nothing is sorted that is not kept.

use zerocopy::byteorder::little_endian::{I64, U32};

use crate::deck::{Key, Quote};
use crate::jurisdiction::Zone;
use crate::live::{LiveState, Now};
use crate::money::Nano;
use crate::partition::{Rank, Strategy};
use crate::reject::Reason;
use crate::snapshot::layout::{
    AccountRec, MemberRec, NONE, PartitionRec, ProviderRec, Range, RouteRec, TariffRec,
};
use crate::snapshot::view::{Snapshot, record_at};
use crate::tariff::{DeckTariff, Rounding};
use crate::trace::Trace;

/// A route of the partition with its price for this call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its place in the snapshot's routes.
    pub route: u32,
    /// The tariff that it is bought by (an index into the tariffs), or `NONE` for an endpoint that costs nothing.
    pub buy_tariff: u32,
    /// The tariff that it is sold by (an index into the tariffs), or `NONE` for cost-plus on `buy_tariff`.
    pub sell_tariff: u32,
    /// Buy cost of the reference call.
    pub cost: Nano,
    /// Sell price of the reference call.
    pub price: Nano,
    /// Buy price a minute.
    pub rate_per_min: Nano,
    /// Sell price a minute.
    pub customer_rate_per_min: Nano,
    /// Digits of the deck's code that matched; 0 for an endpoint.
    pub matched_len: u8,
    /// Version of the deck that the buy price is from; 0 for an endpoint.
    pub deck_version: u32,
    /// Membership priority.
    pub priority: i32,
    /// Quality score of the route.
    pub quality: i32,
}

/// Most routes that a decision keeps.
pub const ROUTES_MAX: usize = 8;

/// The call as its candidates see it.
#[derive(Clone, Copy, Debug)]
pub struct Pricing<'a> {
    /// Jurisdiction and comparison of states.
    pub zone: Zone,
    /// Codes of the called LRN (4.1).
    pub by_lrn: Key<'a>,
    /// Codes of the dialled number (4.1).
    pub by_dnis: Key<'a>,
    /// Who pays.
    pub account: &'a AccountRec,
    /// Highest buy price a minute; equality passes.
    pub rate_limit_per_min: Nano,
    /// Duration of the call by which routes are compared.
    pub reference_duration_sec: u32,
    /// When.
    pub now: Now,
}

/// What the account pays, as far as it does not depend on the route (9.6).
#[derive(Clone, Copy, Debug)]
enum Sell<'a> {
    /// By its own deck.
    Deck(u32, &'a TariffRec),
    /// Cost-plus on each route's buy price.
    CostPlus,
    /// Nothing says.
    Nothing,
}

/// The best candidates so far, best first.
#[derive(Clone, Copy, Debug)]
pub struct Best {
    kept: [Option<(Rank, Candidate)>; ROUTES_MAX],
    most: usize,
    dropped: DropSet,
}

/// The reasons for which routes were dropped, as a set of their numbers.
#[derive(Clone, Copy, Debug, Default)]
struct DropSet(u64);

// A set is one word.
const _: () = assert!(Reason::ALL.len() < 63);

impl DropSet {
    fn add(&mut self, reason: Reason) {
        self.0 |= 1u64.wrapping_shl(u32::from(reason.number()));
    }

    fn has(self, reason: Reason) -> bool {
        self.0 & 1u64.wrapping_shl(u32::from(reason.number())) != 0
    }
}

impl Best {
    fn new(most: usize) -> Self {
        Self { kept: [None; ROUTES_MAX], most: most.min(ROUTES_MAX), dropped: DropSet::default() }
    }

    /// Whether a candidate of this rank would be kept.
    fn would_keep(&self, rank: &Rank) -> bool {
        match self.most.checked_sub(1).and_then(|last| self.kept.get(last)) {
            Some(Some((worst, _))) => rank < worst,
            Some(None) => true,
            None => false,
        }
    }

    /// Keeps a candidate in its place. Gives back the one that no longer has any.
    fn insert(&mut self, rank: Rank, candidate: Candidate) -> Option<Candidate> {
        let mut moving = Some((rank, candidate));
        for place in self.kept.iter_mut().take(self.most) {
            let goes_here = match (&moving, &place) {
                (Some((rank, _)), Some((other, _))) => rank < other,
                (Some(_), None) => true,
                (None, _) => break,
            };
            if goes_here {
                core::mem::swap(place, &mut moving);
            }
        }
        moving.map(|(_, candidate)| candidate)
    }

    /// The candidates, best first.
    pub fn iter(&self) -> impl Iterator<Item = &Candidate> {
        self.kept.iter().flatten().map(|(_, candidate)| candidate)
    }

    /// The reject when nothing is kept: the first of these that any route has (2.11).
    #[must_use]
    pub fn reject_reason(&self) -> Reason {
        const ORDER: [Reason; 8] = [
            Reason::TargetConcurrencyExceeded,
            Reason::TargetCpsExceeded,
            Reason::TargetVolumeExceeded,
            Reason::TargetSpendExceeded,
            Reason::InsufficientBalance,
            Reason::OverRateLimit,
            Reason::MarginProtected,
            Reason::NoSellRate,
        ];
        ORDER.into_iter().find(|reason| self.dropped.has(*reason)).unwrap_or(Reason::NoRoute)
    }
}

/// Tests and prices the members of a partition, and keeps the best.
pub fn select<L: LiveState, T: Trace>(
    snapshot: &Snapshot<'_>,
    partition: &PartitionRec,
    pricing: &Pricing<'_>,
    max_results: usize,
    live: &L,
    trace: &mut T,
) -> Best {
    let strategy = Strategy::of(partition);
    let mut best = Best::new(strategy.cut(max_results));
    let sell = pricing.sell(snapshot);
    for member in snapshot.range(snapshot.members(), partition.members) {
        let route = member.route.get();
        let verdict = pricing.candidate(snapshot, member, &sell).and_then(|(mut candidate, limits)| {
            let rank = strategy.rank(&candidate);
            let kept = best.would_keep(&rank);
            if kept || T::EXPLAINS {
                candidate.customer_rate_per_min = pricing.customer_rate_per_min(snapshot, &candidate);
                trace.considered(&candidate);
                has_room(snapshot, &limits, pricing.now, live)?;
            }
            if kept { Ok((rank, candidate)) } else { Err(Reason::BeyondMaxResults) }
        });
        let dropped = match verdict {
            Ok((rank, candidate)) => {
                best.insert(rank, candidate).map(|worst| (worst.route, Reason::BeyondMaxResults))
            }
            Err(reason) => Some((route, reason)),
        };
        if let Some((route, reason)) = dropped {
            best.dropped.add(reason);
            trace.dropped(route, reason);
        }
    }
    best
}

/// Limits of the targets of a leg, in the order in which they are tested: route, then provider.
type TargetLimits = [Range; 2];

impl Pricing<'_> {
    /// The candidate that a member makes, and the limits it still has to pass.
    fn candidate(
        &self,
        snapshot: &Snapshot<'_>,
        member: &MemberRec,
        sell: &Sell<'_>,
    ) -> Result<(Candidate, TargetLimits), Reason> {
        let route = record_at(snapshot.routes(), member.route.get()).ok_or(Reason::Disabled)?;
        let provider = record_at(snapshot.providers(), route.provider.get()).ok_or(Reason::Disabled)?;
        if member.active != 1 || route.active != 1 || provider.active != 1 || provider.kind == RATE_DECK {
            return Err(Reason::Disabled);
        }
        let (buy_tariff, buy, matched_len) = self.buy(snapshot, route, provider)?;
        let (sell_tariff, price) = self.sell_price(sell, buy)?;
        let candidate = Candidate {
            route: member.route.get(),
            buy_tariff,
            sell_tariff,
            cost: Nano(buy.reference_cost_nano.get()),
            price,
            rate_per_min: Nano(buy.rate_nano_per_min.get()),
            customer_rate_per_min: Nano::ZERO,
            matched_len,
            deck_version: buy.deck_version.get(),
            priority: member.priority.get(),
            quality: route.quality.get(),
        };
        if candidate.rate_per_min > self.rate_limit_per_min {
            return Err(Reason::OverRateLimit);
        }
        if !has_margin(self.account, candidate.price, candidate.cost) {
            return Err(Reason::MarginProtected);
        }
        if !snapshot.range(snapshot.gateways(), route.gateways).iter().any(|gateway| gateway.active == 1) {
            return Err(Reason::NoGateway);
        }
        Ok((candidate, [route.limits, provider.limits]))
    }

    /// What the route's deck asks; an endpoint without a deck asks nothing (4.1).
    fn buy<'a>(
        &self,
        snapshot: &Snapshot<'a>,
        route: &RouteRec,
        provider: &ProviderRec,
    ) -> Result<(u32, &'a TariffRec, u8), Reason> {
        let slot = route.deck.get();
        if slot == NONE {
            return Ok((NONE, &FREE_OF_CHARGE, 0));
        }
        let key = if provider.kind == BY_LRN { &self.by_lrn } else { &self.by_dnis };
        let Quote { tariff, matched_len } = key.quote(slot, self.zone)?;
        let record = record_at(snapshot.tariffs(), tariff).ok_or(Reason::NoRate)?;
        Ok((tariff, record, matched_len))
    }

    /// What the account pays by its own deck, or that it pays by the route's (9.6).
    fn sell<'a>(&self, snapshot: &Snapshot<'a>) -> Sell<'a> {
        let slot = self.account.sell_deck.get();
        if slot == NONE {
            return if self.account.cost_plus == 1 { Sell::CostPlus } else { Sell::Nothing };
        }
        let key = if self.account.sell_by_lrn == 1 { &self.by_lrn } else { &self.by_dnis };
        match key.quote(slot, self.zone) {
            Ok(quote) => match record_at(snapshot.tariffs(), quote.tariff) {
                Some(record) => Sell::Deck(quote.tariff, record),
                None => Sell::Nothing,
            },
            // A blocked row of the sell deck refuses; a missing one leaves cost-plus, if the account has it.
            Err(Reason::BlockedRow) => Sell::Nothing,
            Err(_) if self.account.cost_plus == 1 => Sell::CostPlus,
            Err(_) => Sell::Nothing,
        }
    }

    /// Tariff, and price of the reference call.
    fn sell_price(&self, sell: &Sell<'_>, buy: &TariffRec) -> Result<(u32, Nano), Reason> {
        match sell {
            Sell::Deck(tariff, record) => Ok((*tariff, Nano(record.reference_cost_nano.get()))),
            Sell::CostPlus => {
                Ok((NONE, CostPlusTerms::of(self.account).cost(buy, self.reference_duration_sec)))
            }
            Sell::Nothing => Err(Reason::NoSellRate),
        }
    }

    /// Sell price a minute: for people, so only of what is kept or explained.
    fn customer_rate_per_min(&self, snapshot: &Snapshot<'_>, candidate: &Candidate) -> Nano {
        match record_at(snapshot.tariffs(), candidate.sell_tariff) {
            Some(record) => Nano(record.rate_nano_per_min.get()),
            None => {
                let buy = record_at(snapshot.tariffs(), candidate.buy_tariff).unwrap_or(&FREE_OF_CHARGE);
                CostPlusTerms::of(self.account).rate_per_min(buy)
            }
        }
    }
}

/// [`ProviderRec::kind`] of a provider that is priced by the called LRN.
const BY_LRN: u8 = 0;
/// [`ProviderRec::kind`] of reference prices, which are never routed.
const RATE_DECK: u8 = 3;

/// The tariff of an endpoint: nothing, billed by the second.
static FREE_OF_CHARGE: TariffRec = TariffRec {
    reference_cost_nano: I64::ZERO,
    first_rate_nano_per_min: I64::ZERO,
    rate_nano_per_min: I64::ZERO,
    connect_fee_nano: I64::ZERO,
    first_sec: U32::from_bytes([1, 0, 0, 0]),
    increment_sec: U32::from_bytes([1, 0, 0, 0]),
    grace_sec: U32::ZERO,
    deck_version: U32::ZERO,
    rounding_mode: 0,
    rounding_decimals: 9,
    reserved: [0; 14],
};

/// Whether a call of the reference duration earns what the account must bring (section 5).
fn has_margin(account: &AccountRec, sell: Nano, buy: Nano) -> bool {
    let (sell, margin) = (i128::from(sell.0), i128::from(sell.0).saturating_sub(i128::from(buy.0)));
    let least = i128::from(account.min_margin_nano.get());
    match account.min_margin_kind {
        0 => margin >= least,
        // Both sides × 100 % in nano-percent, so that nothing is divided.
        1 => margin.saturating_mul(100_000_000_000) >= least.saturating_mul(sell),
        _ => true,
    }
}

/// Whether every limit of the targets would admit the call; else the first reason in the order of section 5.
fn has_room<L: LiveState>(
    snapshot: &Snapshot<'_>,
    targets: &TargetLimits,
    now: Now,
    live: &L,
) -> Result<(), Reason> {
    for range in targets {
        let mut full = None;
        for (at, limit) in snapshot.limits_of(*range) {
            if live.has_room(at, &limit, now).is_err() {
                let reason = limit.dimension.drop_reason();
                // CPS stands before concurrency in the section of limits, as in the order of section 5.
                full = full.or(Some(reason));
            }
        }
        if let Some(reason) = full {
            return Err(reason);
        }
    }
    Ok(())
}

/// An account's cost-plus terms (9.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostPlusTerms {
    /// Nano-percent on the buy cost.
    pub margin_nano_percent: i64,
    /// For each minute that the provider bills.
    pub fixed_fee_per_min: Nano,
    /// How the price of a call is rounded.
    pub rounding: Rounding,
}

impl CostPlusTerms {
    /// The terms of an account.
    #[must_use]
    pub fn of(account: &AccountRec) -> Self {
        Self {
            margin_nano_percent: account.margin_nano_percent.get(),
            fixed_fee_per_min: Nano(account.fixed_fee_nano_per_min.get()),
            rounding: Rounding::from_stored(account.rounding_mode, account.rounding_decimals),
        }
    }

    /// What a call bought by `buy` sells at.
    #[must_use]
    pub fn cost(&self, buy: &TariffRec, duration_sec: u32) -> Nano {
        let tariff = DeckTariff::from_record(buy);
        tariff.cost_plus(duration_sec, self.margin_nano_percent, self.fixed_fee_per_min, self.rounding).cost
    }

    /// The price a minute, for people: that of one minute in seconds' blocks without fees, half up to a
    /// nano-unit.
    #[must_use]
    pub fn rate_per_min(&self, buy: &TariffRec) -> Nano {
        let by_the_second = DeckTariff {
            first_rate_per_min: Nano(buy.rate_nano_per_min.get()),
            rate_per_min: Nano(buy.rate_nano_per_min.get()),
            connect_fee: Nano::ZERO,
            first_sec: 1,
            increment_sec: 1,
            grace_sec: 0,
            rounding: Rounding::DEFAULT,
        };
        by_the_second.cost_plus(60, self.margin_nano_percent, self.fixed_fee_per_min, Rounding::DEFAULT).cost
    }
}
