//! Candidates: which routes of the partition take the call, and what they cost (sections 4 and 5).
//!
//! Every member of the partition becomes a candidate or is dropped by the first test that it fails, in the order of
//! section 5: open to this call, priced, sold, under the rate limit, with enough margin, good enough, with a gateway,
//! with room in its limits, covered by the account's funds. Of the candidates the best are kept, at most eight.

use crate::best::{Best, DropSet, Eligible, Lot, Places, Room};
use crate::class::AniClass;
use crate::deck::Matched;
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
    pub effects: &'a Effects,
    pub pricing: &'a Pricing<'a>,
    pub sell: &'a Sell,
    /// Highest buy price a minute; equality passes.
    pub rate_limit_per_min: Atto,
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
    buy: Option<&'a Buy<'a>>,
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
    let mut kept = Kept { best: Best::new(candidates, order.most), dropped: DropSet::default() };
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
        self.dropped = DropSet::default();
    }

    /// Keeps a route if it passes and is among the best so far.
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
            Err(reason) => (tested.route, reason),
        };
        self.dropped.add(gone.1);
        trace.dropped(gone.0, gone.1);
    }

    /// Gives back the route that is no longer among the best.
    fn try_to_keep<L: LiveState, T: Trace>(
        &mut self,
        selection: &Selection<'_, L>,
        order: &Order,
        tested: &Tested<'_>,
        trace: &mut T,
    ) -> Result<Option<u32>, Reason> {
        let target = selection.target(tested)?;
        let candidate = self.best.next().ok_or(Reason::BeyondMaxResults)?;
        selection.price(tested, &target, trace, candidate)?;
        let rank = order.rank(candidate);
        let would_keep = self.best.would_keep(&rank);
        if would_keep || T::EXPLAINS {
            let candidate = self.best.next().ok_or(Reason::BeyondMaxResults)?;
            selection.check_room(tested, &target, candidate)?;
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
        let verdict = selection.target(&tested).and_then(|target| {
            let mut candidate = Candidate::free_of_charge(tested.route);
            selection.price(&tested, &target, trace, &mut candidate)?;
            selection.check_room(&tested, &target, &candidate)?;
            Ok(order.rank(&candidate))
        });
        match verdict {
            Ok(rank) => {
                let weight = tested.member.map_or(1, |member| member.weight.get());
                lot.add(Eligible { rank, tested: place, weight });
            }
            Err(reason) => {
                kept.dropped.add(reason);
                trace.dropped(tested.route, reason);
            }
        }
    }
    lot.arrange(draws);
    for eligible in lot.iter().take(order.most) {
        let tested = usize::try_from(eligible.tested).ok().and_then(|place| selection.tested().nth(place));
        // Priced again rather than kept: most of the lot is cut. A price does not change within a decision.
        if let Some(tested) = tested
            && let Ok(target) = selection.target(&tested)
            && let Some(candidate) = kept.best.next()
            && selection.price(&tested, &target, &mut crate::trace::Silent, candidate).is_ok()
        {
            kept.best.append(eligible.rank);
        }
    }
    for eligible in lot.iter().skip(order.most) {
        kept.dropped.add(Reason::BeyondMaxResults);
        trace.dropped(eligible.rank.route, Reason::BeyondMaxResults);
    }
}

/// A route and whose it is.
#[derive(Clone, Copy, Debug)]
struct Target<'a> {
    route: &'a RouteRec,
    provider: &'a ProviderRec,
}

impl<'a, L: LiveState> Selection<'a, L> {
    /// The routes to test: the forced one if it is no member, then every member.
    fn tested(&self) -> impl Iterator<Item = Tested<'a>> + use<'a, L> {
        let forced = self.effects.forced.map_or(NONE, |forced| forced.route);
        let members = self.snapshot.numbered(self.snapshot.members(), self.partition.members);
        let mut routes = members.clone().map(|(_, member)| member.route.get());
        let is_member = forced != NONE && routes.any(|route| route == forced);
        let outsider = (forced != NONE && !is_member).then_some(Tested {
            route: forced,
            member_at: NONE,
            member: None,
            is_forced: true,
            buy: None,
        });
        let members = members.map(move |(member_at, member)| Tested {
            route: member.route.get(),
            member_at,
            member: Some(member),
            is_forced: member.route.get() == forced,
            buy: None,
        });
        outsider.into_iter().chain(members)
    }

    #[inline(always)]
    fn target(&self, tested: &Tested<'_>) -> Result<Target<'a>, Reason> {
        let route = record_at(self.snapshot.routes(), tested.route).ok_or(Reason::Disabled)?;
        let provider = record_at(self.snapshot.providers(), route.provider.get()).ok_or(Reason::Disabled)?;
        Ok(Target { route, provider })
    }

    /// Writes the candidate that a route makes, by the tests that need no live state.
    #[inline(always)]
    fn price<T: Trace>(
        &self,
        tested: &Tested<'_>,
        target: &Target<'_>,
        trace: &mut T,
        candidate: &mut Candidate,
    ) -> Result<(), Reason> {
        let Target { route, provider } = *target;
        self.check_open(tested, route, provider)?;
        let asked;
        let buy = match tested.buy {
            Some(buy) => buy,
            None => {
                asked = self.pricing.buy(self.snapshot, route, provider)?;
                &asked
            }
        };
        let sold = self.sell.price(buy, self.account, self.pricing.reference_duration_sec);
        *candidate = self.candidate(tested, route, buy, sold.unwrap_or_default());
        if T::EXPLAINS {
            trace.considered(candidate);
        }
        sold?;
        // For a forced route neither rate limit nor margin nor quality count (4.6).
        if tested.is_forced { Ok(()) } else { self.check_worth(candidate, buy) }
    }

    /// Status, exclusions, loops and classes: what needs no price.
    #[inline(always)]
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
    #[inline(always)]
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
    fn check_worth(&self, candidate: &Candidate, buy: &Buy<'_>) -> Result<(), Reason> {
        if Atto::convert(candidate.rate_per_min, buy.rate_nano) > self.rate_limit_per_min {
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
    #[inline(always)]
    fn check_room(
        &self,
        tested: &Tested<'_>,
        target: &Target<'_>,
        candidate: &Candidate,
    ) -> Result<(), Reason> {
        let (snapshot, Target { route, provider }) = (self.snapshot, *target);
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
#[inline(always)]
fn has_margin(account: &AccountRec, candidate: &Candidate) -> bool {
    let (price, margin) = (candidate.price_in_plan, candidate.margin());
    let least = account.min_margin_nano.get();
    match account.min_margin_kind {
        0 => margin >= Atto::of_plan_currency(least),
        // Both sides × 100 % in nano-percent, so that nothing is divided.
        1 => is_share(margin.0, price.0, least),
        _ => true,
    }
}

/// Whether `margin` is at least so many nano-percent of `price`: both × 100 % in nano-percent, so that nothing is
/// divided.
#[inline(always)]
fn is_share(margin: i128, price: i128, nano_percent: i64) -> bool {
    const WHOLE: i64 = 100_000_000_000;
    // Nearly every price: what fits into 64 bits needs no product of 128 that could overflow.
    if let (Ok(margin), Ok(price)) = (i64::try_from(margin), i64::try_from(price)) {
        return i128::from(margin).wrapping_mul(i128::from(WHOLE))
            >= i128::from(price).wrapping_mul(i128::from(nano_percent));
    }
    margin.saturating_mul(i128::from(WHOLE)) >= price.saturating_mul(i128::from(nano_percent))
}
