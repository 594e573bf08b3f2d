//! Candidates: which routes of the partition take the call, and what they cost (sections 4 and 5).
//!
//! Every member of the partition becomes a candidate or is dropped by the first test that it fails, in the order of
//! section 5: open to this call, priced, sold, under the rate limit, with enough margin, good enough, with a gateway,
//! with room in its limits, covered by the account's funds. Of the candidates the best are kept, at most eight.

use crate::best::{Best, DropSet, Eligible, Lot};
use crate::class::AniClass;
use crate::deck::{Matched, Quote};
use crate::draw::Draws;
use crate::funds;
use crate::legs::Reach;
use crate::live::LiveState;
use crate::money::{Atto, Nano};
use crate::number::Digits;
use crate::overrides::Effects;
use crate::partition::Order;
use crate::price::{Buy, Pricing, Sell};
use crate::reject::Reason;
use crate::room;
use crate::snapshot::layout::{AccountRec, MemberRec, NONE, PartitionRec, ProviderRec, RouteRec};
use crate::snapshot::view::{Snapshot, record_at};
use crate::trace::Trace;

mod sorted;

pub use crate::best::ROUTES_MAX;
pub use crate::price::CostPlusTerms;

/// A route with its price for this call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its place in the snapshot's routes.
    pub route: u32,
    /// Its membership's place in the snapshot's members, or `NONE` if it is no member: forced, or of an emergency.
    pub member: u32,
    /// The tariff that it is bought by (an index into the tariffs), or `NONE` for an endpoint that costs nothing.
    pub buy_tariff: u32,
    /// The tariff that it is sold by (an index into the tariffs); `NONE` for cost-plus on `buy_tariff`, or where an
    /// override's rate replaces it (see `Facts::custom_sell`).
    pub sell_tariff: u32,
    /// Buy cost of the reference call, in the deck's currency.
    pub cost: Nano,
    /// The same in the plan's currency, not rounded again.
    pub cost_in_plan: Atto,
    /// Sell price of the reference call, in the currency that it is sold in.
    pub price: Nano,
    /// The same in the plan's currency, not rounded again.
    pub price_in_plan: Atto,
    /// Buy price a minute.
    pub rate_per_min: Nano,
    /// Sell price a minute.
    pub customer_rate_per_min: Nano,
    /// What of the called number its deck has priced.
    pub matched: Matched,
    /// Version of the deck that the buy price is from; 0 for an endpoint.
    pub deck_version: u32,
    /// Membership priority.
    pub priority: i32,
    /// Quality: the live figure, else the route's score.
    pub quality: i32,
}

impl Candidate {
    /// A route that costs nothing: of an emergency call.
    #[must_use]
    pub(crate) const fn free_of_charge(route: u32) -> Candidate {
        Candidate {
            route,
            member: NONE,
            buy_tariff: NONE,
            sell_tariff: NONE,
            cost: Nano::ZERO,
            cost_in_plan: Atto::ZERO,
            price: Nano::ZERO,
            price_in_plan: Atto::ZERO,
            rate_per_min: Nano::ZERO,
            customer_rate_per_min: Nano::ZERO,
            matched: Matched::ENDPOINT,
            deck_version: 0,
            priority: 0,
            quality: 0,
        }
    }

    /// What the reference call earns, in the plan's currency.
    #[must_use]
    pub const fn margin(&self) -> Atto {
        self.price_in_plan.saturating_sub(self.cost_in_plan)
    }
}

/// The call as its candidates see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Selection<'a, L> {
    pub snapshot: &'a Snapshot<'a>,
    pub partition: &'a PartitionRec,
    pub partition_at: u32,
    pub account: &'a AccountRec,
    pub account_at: u32,
    /// The provider that the call came from, or [`NONE`].
    pub from_provider: u32,
    pub dnis: &'a Digits,
    pub is_short_code: bool,
    pub ani_class: AniClass,
    pub effects: Effects,
    pub pricing: Pricing<'a>,
    pub sell: Sell,
    /// Highest buy price a minute, in the plan's currency; equality passes.
    pub rate_limit_per_min: Nano,
    pub reach: Reach<'a, L>,
}

/// A member of the partition that is tested, or the forced route.
#[derive(Clone, Copy, Debug)]
struct Tested<'a> {
    route: u32,
    /// Its membership's place, or [`NONE`].
    member_at: u32,
    member: Option<&'a MemberRec>,
    is_forced: bool,
    /// What its deck asks, where that is known already.
    quote: Option<Quote>,
}

/// What is kept, and why the rest is not.
pub(crate) struct Selected {
    pub best: Best,
    pub dropped: DropSet,
}

/// Tests and prices the routes that a call may use, and keeps the best.
pub(crate) fn select<L: LiveState, T: Trace>(
    selection: &Selection<'_, L>,
    order: &Order,
    draws: &mut Draws<'_>,
    trace: &mut T,
) -> Selected {
    if order.draws {
        return select_drawn(selection, order, draws, trace);
    }
    match sorted::select(selection, order, trace) {
        Some(selected) => selected,
        None => select_ranked(selection, order, trace),
    }
}

/// Ranks alone order the routes: the best are kept on the way.
fn select_ranked<L: LiveState, T: Trace>(
    selection: &Selection<'_, L>,
    order: &Order,
    trace: &mut T,
) -> Selected {
    let mut selected = Selected::none(order);
    for tested in selection.tested() {
        selected.consider(selection, order, &tested, trace);
    }
    selected
}

impl Selected {
    fn none(order: &Order) -> Self {
        Self { best: Best::new(order.most), dropped: DropSet::default() }
    }

    /// Keeps a route if it passes and is among the best so far.
    fn consider<L: LiveState, T: Trace>(
        &mut self,
        selection: &Selection<'_, L>,
        order: &Order,
        tested: &Tested<'_>,
        trace: &mut T,
    ) {
        let verdict = selection.price(tested, trace).and_then(|candidate| {
            let rank = order.rank(&candidate);
            let kept = self.best.would_keep(&rank);
            if kept || T::EXPLAINS {
                selection.check_room(tested, &candidate)?;
            }
            if kept { Ok((rank, candidate)) } else { Err(Reason::BeyondMaxResults) }
        });
        let gone = match verdict {
            Ok((rank, candidate)) => {
                self.best.insert(rank, candidate).map(|worst| (worst.route, Reason::BeyondMaxResults))
            }
            Err(reason) => Some((tested.route, reason)),
        };
        if let Some((route, reason)) = gone {
            self.dropped.add(reason);
            trace.dropped(route, reason);
        }
    }
}

/// Routes of equal rank are drawn: all that pass every filter are put in order, then the best are kept.
///
/// Apart from the rest: its lot takes 64 KiB of stack, which other decisions need not reach over.
#[inline(never)]
fn select_drawn<L: LiveState, T: Trace>(
    selection: &Selection<'_, L>,
    order: &Order,
    draws: &mut Draws<'_>,
    trace: &mut T,
) -> Selected {
    let mut dropped = DropSet::default();
    let mut lot = Lot::new();
    for (place, tested) in (0u32..).zip(selection.tested()) {
        let verdict = selection
            .price(&tested, trace)
            .and_then(|candidate| selection.check_room(&tested, &candidate).map(|()| order.rank(&candidate)));
        match verdict {
            Ok(rank) => {
                let weight = tested.member.map_or(1, |member| member.weight.get());
                lot.add(Eligible { rank, tested: place, weight });
            }
            Err(reason) => {
                dropped.add(reason);
                trace.dropped(tested.route, reason);
            }
        }
    }
    lot.arrange(draws);
    let mut best = Best::new(order.most);
    for eligible in lot.iter().take(order.most) {
        let tested = usize::try_from(eligible.tested).ok().and_then(|place| selection.tested().nth(place));
        // Priced again rather than kept: most of the lot is cut. A price does not change within a decision.
        if let Some(Ok(candidate)) = tested.map(|tested| selection.price(&tested, &mut crate::trace::Silent))
        {
            best.append(eligible.rank, candidate);
        }
    }
    for eligible in lot.iter().skip(order.most) {
        dropped.add(Reason::BeyondMaxResults);
        trace.dropped(eligible.rank.route, Reason::BeyondMaxResults);
    }
    Selected { best, dropped }
}

impl<'a, L: LiveState> Selection<'a, L> {
    /// The routes to test: the forced one if it is no member, then every member.
    fn tested(&self) -> impl Iterator<Item = Tested<'a>> + use<'a, L> {
        let forced = self.effects.forced.map_or(NONE, |forced| forced.route);
        let members = self.snapshot.range(self.snapshot.members(), self.partition.members);
        let is_member = members.iter().any(|member| forced != NONE && member.route.get() == forced);
        let outsider = (forced != NONE && !is_member).then_some(Tested {
            route: forced,
            member_at: NONE,
            member: None,
            is_forced: true,
            quote: None,
        });
        let first = self.partition.members.first.get();
        let members = (first..).zip(members).map(move |(member_at, member)| Tested {
            route: member.route.get(),
            member_at,
            member: Some(member),
            is_forced: member.route.get() == forced,
            quote: None,
        });
        outsider.into_iter().chain(members)
    }

    /// The candidate that a route makes, by the tests that need no live state.
    fn price<T: Trace>(&self, tested: &Tested<'_>, trace: &mut T) -> Result<Candidate, Reason> {
        let route = record_at(self.snapshot.routes(), tested.route).ok_or(Reason::Disabled)?;
        let provider = record_at(self.snapshot.providers(), route.provider.get()).ok_or(Reason::Disabled)?;
        self.check_open(tested, route, provider)?;
        let buy = match tested.quote {
            Some(quote) => self.pricing.buy_at(self.snapshot, route.deck.get(), quote)?,
            None => self.pricing.buy(self.snapshot, route, provider)?,
        };
        let sold = self.sell.price(&buy, self.account, self.pricing.reference_duration_sec);
        let candidate = self.candidate(tested, route, &buy, sold.unwrap_or_default());
        if T::EXPLAINS {
            trace.considered(&candidate);
        }
        sold?;
        // For a forced route neither rate limit nor margin nor quality count (4.6).
        if !tested.is_forced {
            self.check_worth(&candidate, &buy)?;
        }
        Ok(candidate)
    }

    /// Status, exclusions, loops and classes: what needs no price.
    fn check_open(
        &self,
        tested: &Tested<'_>,
        route: &RouteRec,
        provider: &ProviderRec,
    ) -> Result<(), Reason> {
        if self.effects.forced.is_some_and(|forced| !forced.others_follow) && !tested.is_forced {
            return Err(Reason::Overridden);
        }
        let is_member = tested.is_forced || tested.member.is_some_and(|member| member.active == 1);
        if !is_member || route.active != 1 || provider.active != 1 || provider.kind == RATE_DECK {
            return Err(Reason::Disabled);
        }
        if self.is_excluded(provider) {
            return Err(Reason::Excluded);
        }
        if self.from_provider != NONE && route.provider.get() == self.from_provider {
            return Err(Reason::Loop);
        }
        if route.ani_classes & self.ani_class.bit() == 0 {
            return Err(Reason::AniClass);
        }
        if (provider.traffic >> (self.account.traffic & 7)) & 1 == 0 {
            return Err(Reason::TrafficClass);
        }
        Ok(())
    }

    /// Whether an exclusion in force keeps this call from a provider.
    fn is_excluded(&self, provider: &ProviderRec) -> bool {
        self.snapshot.range(self.snapshot.exclusions(), provider.exclusions).iter().any(|exclusion| {
            let is_payers =
                matches!(exclusion.account.get(), NONE) || exclusion.account.get() == self.account_at;
            let is_there = exclusion.prefixes.count.get() == 0
                || (!self.is_short_code
                    && self.snapshot.longest_prefix(exclusion.prefixes, self.dnis).is_some());
            is_payers && is_there
        })
    }

    fn candidate(
        &self,
        tested: &Tested<'_>,
        route: &RouteRec,
        buy: &Buy<'_>,
        sold: crate::price::Sold,
    ) -> Candidate {
        let cost = Nano(buy.terms.reference_cost_nano.get());
        Candidate {
            route: tested.route,
            member: tested.member_at,
            buy_tariff: buy.tariff,
            sell_tariff: sold.tariff,
            cost,
            cost_in_plan: Atto::convert(cost, buy.rate_nano),
            price: sold.price,
            price_in_plan: Atto::convert(sold.price, sold.rate_nano),
            rate_per_min: Nano(buy.terms.rate_nano_per_min.get()),
            customer_rate_per_min: sold.rate_per_min,
            matched: buy.matched,
            deck_version: buy.terms.deck_version.get(),
            priority: tested.member.map_or(0, |member| member.priority.get()),
            quality: self.reach.live.quality(route.key.get()).unwrap_or(route.quality.get()),
        }
    }

    /// Rate limit, margin and quality: whether the route is worth it.
    fn check_worth(&self, candidate: &Candidate, buy: &Buy<'_>) -> Result<(), Reason> {
        let limit = self.rate_limit_per_min;
        if Atto::convert(candidate.rate_per_min, buy.rate_nano) > Atto::of_plan_currency(limit.0) {
            return Err(Reason::OverRateLimit);
        }
        if !has_margin(self.account, candidate) {
            return Err(Reason::MarginProtected);
        }
        if candidate.quality < self.partition.min_quality.get() {
            return Err(Reason::LowQuality);
        }
        Ok(())
    }

    /// Gateways, limits of route, provider, membership and gateways, and the account's funds: what is live.
    fn check_room(&self, tested: &Tested<'_>, candidate: &Candidate) -> Result<(), Reason> {
        let snapshot = self.snapshot;
        let route = record_at(snapshot.routes(), tested.route).ok_or(Reason::Disabled)?;
        let provider = record_at(snapshot.providers(), route.provider.get()).ok_or(Reason::Disabled)?;
        let gateways = self.reach.check_route(snapshot, route.gateways);
        if gateways == Err(Reason::NoGateway) {
            return Err(Reason::NoGateway);
        }
        let membership = tested.member.map(|member| member.limits).unwrap_or_default();
        for limits in [route.limits, provider.limits, membership] {
            room::check_target(snapshot, limits, self.reach.now, self.reach.live)?;
        }
        gateways?;
        if self.account.wallets.count.get() == 0 {
            return Ok(());
        }
        let hold =
            self.sell.first_hold(snapshot, candidate, self.account, snapshot.plan().hold_interval_sec.get());
        funds::covers(snapshot, self.account, &hold, self.reach.live)
    }
}

/// [`ProviderRec::kind`] of reference prices, which are never routed.
const RATE_DECK: u8 = 3;

/// Whether a call of the reference duration earns what the account must bring (section 5).
fn has_margin(account: &AccountRec, candidate: &Candidate) -> bool {
    let (price, margin) = (candidate.price_in_plan, candidate.margin());
    let least = account.min_margin_nano.get();
    match account.min_margin_kind {
        0 => margin >= Atto::of_plan_currency(least),
        // Both sides × 100 % in nano-percent, so that nothing is divided.
        1 => margin.0.saturating_mul(100_000_000_000) >= price.0.saturating_mul(i128::from(least)),
        _ => true,
    }
}
