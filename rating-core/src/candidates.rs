//! Candidates: which routes of the partition take the call, and what they cost (sections 4 and 5).
//!
//! Every member of the partition becomes a candidate or is dropped by the first test that it fails, in the order of
//! section 5: open to this call, priced, sold, under the rate limit, with enough margin, good enough, with a gateway,
//! with room in its limits, covered by the account's funds. Of the candidates the best are kept, at most eight.

use core::cell::OnceCell;

use crate::best::{Best, Eligible, Lot, Places, Room};
use crate::class::AniClass;
use crate::deck::{Matched, Quote};
use crate::draw::Draws;
use crate::funds::{self, FirstHold};
use crate::legs::Reach;
use crate::live::LiveState;
use crate::money::{Atto, Nano};
use crate::number::Digits;
use crate::overrides::Effects;
use crate::partition::Order;
use crate::price::{Pricing, Sell, Sold};
use crate::reject::{DropSet, Reason};
use crate::room;
use crate::snapshot::layout::{
    ASKS_EXCLUSIONS, ASKS_ROOM, AccountRec, MemberRec, NONE, PROVIDER_RATE_DECK, PartitionRec, ProviderRec,
    RouteRec,
};
use crate::snapshot::view::{Snapshot, record_at};
use crate::trace::Trace;

pub(crate) mod glance;
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
#[derive(Clone, Debug)]
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
    pub effects: &'a Effects,
    pub pricing: &'a Pricing<'a>,
    pub sell: &'a Sell<'a>,
    /// What every route sells for, if they all sell for the same; worked out with the first.
    pub sold: OnceCell<Option<Sold>>,
    /// Highest buy price a minute, if there is one; equality passes.
    pub rate_limit_per_min: Option<Atto>,
    pub reach: Reach<'a, L>,
}

/// A member of the partition that is tested, or the forced route.
#[derive(Clone, Copy, Debug)]
struct Tested<'a> {
    route_at: u32,
    route: &'a RouteRec,
    /// Its membership's place, or [`NONE`].
    member_at: u32,
    member: Option<&'a MemberRec>,
    is_forced: bool,
    /// What its deck asks, where that is known already.
    quote: Option<&'a Quote<'a>>,
}

/// Where what is kept stands, and why the rest is not.
pub(crate) struct Selected {
    pub kept: Places,
    pub dropped: DropSet,
}

/// What is kept so far, and why the rest is not.
struct Kept<'b> {
    best: Best<'b>,
    dropped: DropSet,
}

/// Tests and prices the routes that a call may use, and writes the best to `candidates`.
pub(crate) fn select<L: LiveState, T: Trace>(
    selection: &Selection<'_, L>,
    order: &Order,
    draws: &mut Draws<'_>,
    trace: &mut T,
    candidates: &mut Room,
) -> Selected {
    let mut kept = Kept { best: Best::new(candidates, order.most), dropped: DropSet::NONE };
    if order.draws {
        select_drawn(selection, order, draws, trace, &mut kept);
    } else if !sorted::select(selection, order, trace, &mut kept) {
        kept.clear();
        select_ranked(selection, order, trace, &mut kept);
    }
    Selected { kept: kept.best.places(), dropped: kept.dropped }
}

/// Ranks alone order the routes: the best are kept on the way.
#[inline(never)]
fn select_ranked<L: LiveState, T: Trace>(
    selection: &Selection<'_, L>,
    order: &Order,
    trace: &mut T,
    kept: &mut Kept<'_>,
) {
    for tested in selection.tested() {
        kept.consider(selection, order, &tested, trace);
    }
}

impl Kept<'_> {
    /// As if nothing had been tested.
    fn clear(&mut self) {
        self.best.clear();
        self.dropped = DropSet::NONE;
    }

    /// Keeps a route if it passes and is among the best so far.
    #[inline(always)]
    fn consider<L: LiveState, T: Trace>(
        &mut self,
        selection: &Selection<'_, L>,
        order: &Order,
        tested: &Tested<'_>,
        trace: &mut T,
    ) {
        let gone = match self.try_to_keep(selection, order, tested, trace) {
            Ok(None) => return,
            Ok(Some(worst)) => (worst, Reason::BeyondMaxResults),
            Err(reason) => (tested.route_at, reason),
        };
        self.dropped.add(gone.1);
        trace.dropped(gone.0, gone.1);
    }

    /// Gives back the route that is no longer among the best.
    #[inline(always)]
    fn try_to_keep<L: LiveState, T: Trace>(
        &mut self,
        selection: &Selection<'_, L>,
        order: &Order,
        tested: &Tested<'_>,
        trace: &mut T,
    ) -> Result<Option<u32>, Reason> {
        let candidate = self.best.next().ok_or(Reason::BeyondMaxResults)?;
        selection.price(tested, trace, candidate)?;
        let rank = order.rank(candidate);
        let would_keep = self.best.would_keep(&rank);
        if would_keep || T::EXPLAINS {
            let candidate = self.best.next().ok_or(Reason::BeyondMaxResults)?;
            selection.check_room(tested, candidate)?;
            selection.check_funds(candidate)?;
        }
        if would_keep { Ok(self.best.keep(rank)) } else { Err(Reason::BeyondMaxResults) }
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
    kept: &mut Kept<'_>,
) {
    let mut lot = Lot::new();
    for (place, tested) in (0u32..).zip(selection.tested()) {
        let mut candidate = Candidate::free_of_charge(tested.route_at);
        let verdict = selection.price(&tested, trace, &mut candidate);
        let verdict = verdict.and_then(|()| selection.check_room(&tested, &candidate));
        match verdict.and_then(|()| selection.check_funds(&candidate)).map(|()| order.rank(&candidate)) {
            Ok(rank) => {
                let weight = tested.member.map_or(1, |member| member.weight.get());
                lot.add(Eligible { rank, tested: place, weight, quality: candidate.quality });
            }
            Err(reason) => {
                kept.dropped.add(reason);
                trace.dropped(tested.route_at, reason);
            }
        }
    }
    lot.arrange(draws);
    for eligible in lot.iter().take(order.most) {
        let tested = usize::try_from(eligible.tested).ok().and_then(|place| selection.tested().nth(place));
        // Priced again rather than kept: most of the lot is cut. It has passed every test, and nothing but its live quality
        // may have changed since: that counts as it was read then.
        if let Some(tested) = tested
            && let Some(candidate) = kept.best.next()
        {
            let _ = selection.price(&tested, &mut crate::trace::Silent, candidate);
            candidate.quality = eligible.quality;
            kept.best.append(eligible.rank);
        }
    }
    for eligible in lot.iter().skip(order.most) {
        kept.dropped.add(Reason::BeyondMaxResults);
        trace.dropped(eligible.rank.route, Reason::BeyondMaxResults);
    }
}

impl<'a, L: LiveState> Selection<'a, L> {
    /// The routes to test: the forced one if it is no member, then every member.
    fn tested(&self) -> impl Iterator<Item = Tested<'a>> + use<'a, L> {
        let (snapshot, forced) = (self.snapshot, self.effects.forced.map_or(NONE, |forced| forced.route));
        let members = snapshot.numbered(snapshot.members(), self.partition.members);
        let mut routes = members.clone().map(|(_, member)| member.route.get());
        let is_member = forced != NONE && routes.any(|route| route == forced);
        let tested = move |route_at, member_at, member| {
            let route = record_at(snapshot.routes(), route_at)?;
            Some(Tested { route_at, route, member_at, member, is_forced: route_at == forced, quote: None })
        };
        let outsider = if is_member { None } else { tested(forced, NONE, None) };
        outsider
            .into_iter()
            .chain(members.filter_map(move |(at, member)| tested(member.route.get(), at, Some(member))))
    }

    /// Writes the candidate that a route makes, by the tests up to quality: all that come before gateways and limits.
    #[inline(always)]
    fn price<T: Trace>(
        &self,
        tested: &Tested<'_>,
        trace: &mut T,
        candidate: &mut Candidate,
    ) -> Result<(), Reason> {
        self.check_open(tested)?;
        let asked;
        let buy = match tested.quote {
            Some(quote) => quote,
            None => {
                asked = self.pricing.buy(self.snapshot, tested.route)?;
                &asked
            }
        };
        match self.sold() {
            Some(sold) => self.sell_at(tested, buy, sold, trace, candidate),
            None => self.sell_by_route(*tested, *buy, trace, candidate),
        }
    }

    /// What every route sells for, if they all sell for the same.
    #[inline(always)]
    fn sold(&self) -> Option<&Sold> {
        // (`get_or_init` has a panic in it.)
        if self.sold.get().is_none() {
            let _ = self.sold.set(self.sell.of_any_route(self.account));
        }
        self.sold.get()?.as_ref()
    }

    /// Writes the candidate that is sold so, if it is worth it.
    #[inline(always)]
    fn sell_at<T: Trace>(
        &self,
        tested: &Tested<'_>,
        buy: &Quote<'_>,
        sold: &Sold,
        trace: &mut T,
        candidate: &mut Candidate,
    ) -> Result<(), Reason> {
        *candidate = self.candidate(tested, buy, sold);
        if T::EXPLAINS {
            trace.considered(candidate);
        }
        // For a forced route neither rate limit nor margin nor quality count (4.6).
        if tested.is_forced { Ok(()) } else { self.check_worth(candidate, buy, sold) }
    }

    /// The same where the sell price depends on the route.
    #[inline(never)]
    fn sell_by_route<T: Trace>(
        &self,
        tested: Tested<'_>,
        buy: Quote<'_>,
        trace: &mut T,
        candidate: &mut Candidate,
    ) -> Result<(), Reason> {
        let sold = self.sell.of_route(&buy, self.account, self.pricing.reference_duration_sec);
        let worth = self.sell_at(&tested, &buy, sold.as_ref().unwrap_or(&Sold::NOT), trace, candidate);
        sold.and(worth)
    }

    /// Status, exclusions, loops and classes: what needs no price. The record of most routes says at a glance that all is
    /// well.
    #[inline(always)]
    fn check_open(&self, tested: &Tested<'_>) -> Result<(), Reason> {
        let route = tested.route;
        let is_open = self.effects.forced.is_none()
            && tested.member.is_some_and(|member| member.active == 1)
            && route.ani_classes & self.ani_class.bit() != 0
            && (route.traffic >> (self.account.traffic & 7)) & 1 != 0
            && route.asks & ASKS_EXCLUSIONS == 0
            && route.provider.get() != self.from_provider;
        if is_open { Ok(()) } else { self.check_each(*tested) }
    }

    /// The same, one after another, for the first reason of section 5.
    #[inline(never)]
    fn check_each(&self, tested: Tested<'_>) -> Result<(), Reason> {
        let route = tested.route;
        let provider = record_at(self.snapshot.providers(), route.provider.get()).ok_or(Reason::Disabled)?;
        if self.effects.forced.is_some_and(|forced| !forced.others_follow) && !tested.is_forced {
            return Err(Reason::Overridden);
        }
        let is_member = tested.is_forced || tested.member.is_some_and(|member| member.active == 1);
        if !is_member || route.active != 1 || provider.active != 1 || provider.kind == PROVIDER_RATE_DECK {
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

    #[inline(always)]
    fn candidate(&self, tested: &Tested<'_>, buy: &Quote<'_>, sold: &Sold) -> Candidate {
        let route = tested.route;
        Candidate {
            route: tested.route_at,
            member: tested.member_at,
            buy_tariff: buy.tariff,
            sell_tariff: sold.tariff,
            cost: buy.cost(),
            cost_in_plan: buy.cost_in_plan(),
            price: sold.price,
            price_in_plan: sold.price_in_plan,
            rate_per_min: Nano(buy.terms.rate_nano_per_min.get()),
            customer_rate_per_min: sold.rate_per_min,
            matched: buy.matched,
            deck_version: buy.terms.deck_version.get(),
            priority: tested.member.map_or(0, |member| member.priority.get()),
            quality: self.reach.live.quality(route.key.get()).unwrap_or(route.quality.get()),
        }
    }

    /// Rate limit, margin and quality: whether the route is worth it.
    #[inline(always)]
    fn check_worth(&self, candidate: &Candidate, buy: &Quote<'_>, sold: &Sold) -> Result<(), Reason> {
        if let Some(most) = self.rate_limit_per_min
            && Atto::convert(candidate.rate_per_min, buy.rate_nano) > most
        {
            return Err(Reason::OverRateLimit);
        }
        if !sold.highest_cost.admits(candidate.cost_in_plan) {
            return Err(Reason::MarginProtected);
        }
        if candidate.quality < self.partition.min_quality.get() {
            return Err(Reason::LowQuality);
        }
        Ok(())
    }

    /// Gateways, and limits of route, provider, membership and gateways: what is live.
    #[inline(always)]
    fn check_room(&self, tested: &Tested<'_>, candidate: &Candidate) -> Result<(), Reason> {
        let (snapshot, reach, route) = (self.snapshot, &self.reach, tested.route);
        if route.asks & ASKS_ROOM != 0 {
            return self.check_each_room(*tested, candidate);
        }
        let membership = tested.member.map(|member| member.limits).unwrap_or_default();
        let hold = || self.first_hold(candidate);
        room::check_target(snapshot, route.limits, &hold, reach.now, reach.live)?;
        room::check_target(snapshot, membership, &hold, reach.now, reach.live)
    }

    /// The same of a route whose gateways or provider have more to say.
    #[inline(never)]
    fn check_each_room(&self, tested: Tested<'_>, candidate: &Candidate) -> Result<(), Reason> {
        let (snapshot, reach, route) = (self.snapshot, &self.reach, tested.route);
        let hold = || self.first_hold(candidate);
        let gateways = reach.check_route(snapshot, route.gateways, &hold);
        if gateways == Err(Reason::NoGateway) {
            return Err(Reason::NoGateway);
        }
        let provider = record_at(snapshot.providers(), route.provider.get());
        let provider = provider.map(|provider| provider.limits).unwrap_or_default();
        let membership = tested.member.map(|member| member.limits).unwrap_or_default();
        for limits in [route.limits, provider, membership] {
            room::check_target(snapshot, limits, &hold, reach.now, reach.live)?;
        }
        gateways
    }

    /// Whether a wallet of the account covers the first hold.
    fn check_funds(&self, candidate: &Candidate) -> Result<(), Reason> {
        if self.account.wallets.count.get() == 0 {
            return Ok(());
        }
        funds::covers(self.snapshot, self.account, &self.first_hold(candidate), self.reach.live)
    }

    /// What the call would hold and reserve at first on this route (8.2, 6.2).
    pub fn first_hold(&self, candidate: &Candidate) -> FirstHold {
        let hold_interval_sec = self.snapshot.plan().hold_interval_sec.get();
        self.sell.first_hold(self.snapshot, candidate, self.account, hold_interval_sec)
    }
}
