//! Admission: taking what a decided call needs, in one fixed order, or nothing (end of 2, 2.11).
//!
//! For the call: concurrency and volume of account, trunk and partition, funds, then CPS of the partition. For its leg: CPS of
//! route, provider, membership and gateway, then their concurrency, then their volume. The first leg that fits is taken; later ones wait for `next`.
//!
//! Worked: route `a` has room for one call and gets two at the same instant. Both decisions saw room; one
//! admission takes the slot, the other goes on to its second leg, and only if none fits is the call rejected,
//! `target_concurrency_exceeded`.

use rating_core::candidates::CostPlusTerms;
use rating_core::limit::{Dimension, Limit};
use rating_core::live::{LiveState, Now};
use rating_core::money::PLAN_RATE_NANO;
use rating_core::reject::{DropSet, Reason, Reject};
use rating_core::route::{Facts, Leg, Legs};
use rating_core::snapshot::layout::{MemberRec, NONE, PartitionRec, Range, RouteRec};
use rating_core::snapshot::view::Snapshot;
use rating_core::tariff::DeckTariff;

use crate::calls::basis::Seen;
use crate::calls::entry::{
    Entry, FLAG_EMERGENCY, Holder, LegCells, LegDetail, LegState, SOLD_AS_IT_STANDS, Terms, halves,
    halves_of, pack_currency, word_of,
};
use crate::calls::{LockedCall, State};
use crate::funds::{self, Price, SnapshotWallets};
use crate::limits::SnapshotLimits;
use crate::reserve;
use crate::volumes::{Measure, Volume};

/// What admission works with.
pub(crate) struct Admission<'a> {
    pub snapshot: &'a Snapshot<'a>,
    pub limits: SnapshotLimits<'a>,
    pub wallets: SnapshotWallets<'a>,
    /// What the decision has read: a limit that turns out here to have no room is noted beside it.
    pub seen: &'a Seen,
    pub now: Now,
}

impl Admission<'_> {
    /// Takes everything that the call needs, and its first leg that fits. An emergency call takes nothing (2.2).
    ///
    /// # Errors
    /// The reject; then nothing is held.
    pub fn admit(&self, call: &LockedCall<'_>, facts: &Facts, legs: &Legs) -> Result<(), Reject> {
        self.limits.set_payer(facts.account);
        self.write_legs(call, facts, legs);
        self.set_longest(call, facts);
        self.take_call(call, facts)
            .and_then(|()| self.hold_funds(call, facts))
            .and_then(|()| self.take_partition_cps(facts))
            .inspect_err(|_| self.let_go(call))?;
        let taken = self
            .take_leg_of(call, 0, self.snapshot.partitions().get(facts.partition as usize))
            .map_err(|dropped| {
                if let Some((at, limit)) = self.cps_of(self.partition_limits(facts).unwrap_or_default()) {
                    self.limits.undo_cps(at, &limit);
                }
                self.let_go(call);
                Reject::because(dropped.reject_reason())
            })?;
        if facts.moves_cursor
            && let Some(leg) = legs.iter().nth(taken)
        {
            self.move_cursor(facts, leg.candidate.route);
        }
        call.renew(State::Admitted, self.now);
        Ok(())
    }

    /// Writes down how long the call may last.
    fn set_longest(&self, entry: &Entry, facts: &Facts) {
        entry.lease.longest_sec.set(self.snapshot.plan().longest_call_sec(facts.is_emergency));
    }

    /// Moves the partition's cursor to the route that took the call: one that was forced on it and is no member has
    /// no place in the turn.
    fn move_cursor(&self, facts: &Facts, route: u32) {
        let Some(partition) = self.snapshot.partitions().get(facts.partition as usize) else { return };
        if self.member(partition, route).is_some()
            && let Some(record) = self.snapshot.routes().get(route as usize)
        {
            self.limits.set_cursor(partition.key.get(), record.key.get());
        }
    }

    /// Writes the legs down as waiting.
    fn write_legs(&self, entry: &Entry, facts: &Facts, legs: &Legs) {
        let by_lrn = |route: u32| {
            let record = self.snapshot.routes().get(route as usize);
            let provider =
                record.and_then(|route| self.snapshot.providers().get(route.provider.get() as usize));
            provider.is_some_and(|provider| provider.kind == 0)
                && facts.dnis.is_nanp()
                && !facts.dnis_lrn.is_empty()
        };
        // An override's price, and that of an emergency, hold for every leg.
        let is_sold = facts.is_emergency || facts.custom_sell.is_some();
        if let Some(terms) = facts.custom_sell {
            entry.sell.set(&Terms::Deck(terms));
        }
        let sell_deck = self.snapshot.decks().get(facts.sell_deck as usize);
        let sell_currency = sell_deck.map_or(self.snapshot.plan().currency, |deck| deck.currency);
        entry.currencies.set(u32::from(pack_currency(sell_currency)) << 16);
        entry.money.sell_rate_nano.set(sell_deck.map_or(PLAN_RATE_NANO, |deck| deck.rate_nano.get()));
        entry.money.set_asked(facts);
        let mut count = 0;
        for (cells, leg) in entry.legs.iter().zip(legs.iter()) {
            let Leg { candidate, gateway, dial_timeout_sec } = leg;
            cells.first_id.set(word_of(candidate.route, gateway));
            let sell = if is_sold { SOLD_AS_IT_STANDS } else { candidate.sell_tariff };
            cells.second_id.set(word_of(candidate.buy_tariff, sell));
            cells.deck_version.set(candidate.deck_version);
            cells.set_detail(LegDetail {
                sip_code: 0,
                dial_timeout_sec: u16::try_from(dial_timeout_sec).unwrap_or(u16::MAX),
                matched: candidate.matched,
                by_lrn: by_lrn(candidate.route),
                state: LegState::Waiting,
            });
            count += 1;
        }
        entry.leg_count.set(count);
    }

    fn take_call(&self, entry: &Entry, facts: &Facts) -> Result<(), Reject> {
        if facts.is_emergency {
            return Ok(());
        }
        for (holder, range) in [
            (
                Holder::Account,
                self.snapshot.accounts().get(facts.account as usize).map(|record| record.limits),
            ),
            (Holder::Trunk, self.snapshot.trunks().get(facts.trunk as usize).map(|record| record.limits)),
            (Holder::Partition, self.partition_limits(facts)),
        ] {
            let range = range.unwrap_or_default();
            if !self.take_gauge(entry, holder, range) {
                return Err(Reject::because(Reason::ConcurrencyExceeded));
            }
            self.take_volumes(entry, holder, range)
                .map_err(|limit| Reject::because(limit.dimension.reject_reason()))?;
        }
        Ok(())
    }

    /// Holds the first interval of the dearest leg (8.2). An emergency call pays nothing.
    fn hold_funds(&self, entry: &Entry, facts: &Facts) -> Result<(), Reject> {
        let account = self.snapshot.accounts().get(facts.account as usize);
        let Some(account) = account.filter(|_| !facts.is_emergency) else { return Ok(()) };
        let prices = self.waiting_prices(entry);
        self.wallets.hold(entry, self.snapshot, account, prices).map_err(Reject::because)
    }

    /// What the legs that can still be taken would pay.
    fn waiting_prices(&self, entry: &Entry) -> impl Iterator<Item = Price> + Clone {
        let waiting = entry.legs().iter().filter(|leg| leg.detail().state == LegState::Waiting);
        waiting.map(|leg| self.price_of(entry, leg))
    }

    /// What a waiting leg would pay.
    fn price_of(&self, entry: &Entry, leg: &LegCells) -> Price {
        let (route, _) = halves(leg.first_id.get());
        let (buy, sell) = halves(leg.second_id.get());
        let deck = self.snapshot.routes().get(route as usize).map_or(NONE, |route| route.deck.get());
        Price {
            buy: self.bought(buy),
            sell: self.sold(entry, deck, sell),
            sell_rate_nano: entry.money.sell_rate_nano.get(),
        }
    }

    fn let_go(&self, call: &LockedCall<'_>) {
        call.release_all();
        funds::let_go(call, &self.wallets.table);
    }

    fn partition_limits(&self, facts: &Facts) -> Option<Range> {
        self.snapshot.partitions().get(facts.partition as usize).map(|record| record.limits)
    }

    fn take_partition_cps(&self, facts: &Facts) -> Result<(), Reject> {
        match self.cps_of(self.partition_limits(facts).unwrap_or_default()) {
            None => Ok(()),
            Some((at, limit)) => self
                .limits
                .take_cps(at, &limit, self.now)
                .map_err(|full| Reject { reason: Reason::CpsExceeded, retry_after_ns: full.retry_after_ns }),
        }
    }

    /// The owner's CPS limit. The plan gives an owner at most one of each dimension.
    fn cps_of(&self, range: Range) -> Option<(u32, Limit)> {
        self.snapshot.limits_of(range).find(|(_, limit)| matches!(limit.dimension, Dimension::Cps(_)))
    }

    /// Takes the owner's gauge, if it has one, and writes that down.
    fn take_gauge(&self, entry: &Entry, holder: Holder, range: Range) -> bool {
        for (at, limit) in self.snapshot.limits_of(range) {
            if let Dimension::Concurrency { calls_max } = limit.dimension {
                let slot = self.limits.slot(at);
                if self.limits.table.take_gauge(slot, calls_max).is_err() {
                    return false;
                }
                entry.hold(holder, slot);
                return true;
            }
        }
        true
    }

    /// Reserves what the owner's volume limits ask for (6.2).
    ///
    /// # Errors
    /// The limit that has no room.
    fn take_volumes(&self, entry: &Entry, holder: Holder, range: Range) -> Result<(), Limit> {
        for (at, limit) in self.snapshot.limits_of(range) {
            let Some(volume) = Volume::of(&limit) else { continue };
            if volume.counts.measure() != Measure::Calls && entry.lease.reserved_sec.get() == 0 {
                self.set_reservation(entry);
            }
            let period = self.limits.periods.number(&limit, volume.period, self.now);
            let slot = self.limits.slot(at);
            let reserved = reserve::reserve(entry, &self.limits.table, (slot, holder), (&volume, period));
            reserved.inspect_err(|_| self.seen.full(slot)).map_err(|_| limit)?;
        }
        Ok(())
    }

    /// What the call reserves of minutes and spend at first: as a hold, the first interval, of the dearest leg (8.2).
    fn set_reservation(&self, entry: &Entry) {
        let interval_sec = self.snapshot.plan().hold_interval_sec.get().max(1);
        let prices = self.waiting_prices(entry);
        let sec = prices.clone().map(|price| price.first_hold_sec(interval_sec)).max();
        let sec = sec.unwrap_or(interval_sec);
        let micros = prices.map(|price| reserve::micros(&price, sec)).max().unwrap_or(0);
        entry.lease.reserved_sec.set(sec);
        entry.lease.reserved_micro.set(micros);
    }

    /// Takes the first leg from `from` on that fits, marks those before it as skipped, and gives its place.
    ///
    /// # Errors
    /// Why none of the legs fits; what dropped other routes in the decision is not looked at again.
    pub fn take_next_leg(&self, entry: &Entry, from: usize) -> Result<usize, DropSet> {
        self.limits.set_payer(entry.account.get());
        let key = entry.partition_key.get();
        let partition = self.snapshot.partitions().iter().find(|partition| partition.key.get() == key);
        self.take_leg_of(entry, from, partition)
    }

    fn take_leg_of(
        &self,
        entry: &Entry,
        from: usize,
        partition: Option<&PartitionRec>,
    ) -> Result<usize, DropSet> {
        let mut dropped = DropSet::NONE;
        for (place, leg) in entry.legs().iter().enumerate().skip(from) {
            let (route, gateway) = halves(leg.first_id.get());
            let Some(record) = self.snapshot.routes().get(route as usize) else { continue };
            let member = partition.and_then(|partition| self.member(partition, route));
            match self.take_leg(entry, record, member, gateway) {
                Ok(()) => {
                    self.set_terms(entry, leg, record);
                    self.set_keys(leg, record, gateway, LegState::Tried);
                    entry.gateway.set(gateway);
                    entry.leg.set(place as u8 + 1);
                    return Ok(place);
                }
                Err(reason) => {
                    self.set_keys(leg, record, gateway, LegState::Skipped);
                    dropped.add(reason);
                }
            }
        }
        Err(dropped)
    }

    /// Takes the limits of a leg: of route, provider, membership, gateway, CPS before concurrency, or none of them.
    fn take_leg(
        &self,
        entry: &Entry,
        route: &RouteRec,
        member: Option<&MemberRec>,
        gateway: u32,
    ) -> Result<(), Reason> {
        if entry.flags.get() & FLAG_EMERGENCY != 0 {
            return Ok(());
        }
        let provider = self.snapshot.providers().get(route.provider.get() as usize);
        let gateway = self.snapshot.gateways().get(gateway as usize);
        let ranges = [
            route.limits,
            provider.map(|provider| provider.limits).unwrap_or_default(),
            member.map(|member| member.limits).unwrap_or_default(),
            gateway.map(|gateway| gateway.limits).unwrap_or_default(),
        ];
        let paced = ranges.map(|range| self.cps_of(range));
        let undo = |count: usize| {
            paced.iter().take(count).flatten().for_each(|(at, limit)| self.limits.undo_cps(*at, limit));
        };
        for (taken, cps) in paced.iter().enumerate() {
            if let Some((at, limit)) = cps
                && self.limits.take_cps(*at, limit, self.now).is_err()
            {
                undo(taken);
                return Err(Reason::TargetCpsExceeded);
            }
        }
        for (holder, range) in Holder::OF_LEG.into_iter().zip(ranges) {
            if !self.take_gauge(entry, holder, range) {
                release_leg(entry, &self.limits);
                undo(paced.len());
                return Err(Reason::TargetConcurrencyExceeded);
            }
        }
        for (holder, range) in Holder::OF_LEG.into_iter().zip(ranges) {
            if let Err(limit) = self.take_volumes(entry, holder, range) {
                release_leg(entry, &self.limits);
                undo(paced.len());
                return Err(limit.dimension.drop_reason());
            }
        }
        Ok(())
    }

    /// A route's membership in a partition.
    fn member(&self, partition: &PartitionRec, route: u32) -> Option<&MemberRec> {
        let members = self.snapshot.range(self.snapshot.members(), partition.members);
        let at = members.binary_search_by_key(&route, |member| member.route.get()).ok()?;
        members.get(at)
    }

    /// Keeps the prices of a leg by value: what has ended is priced when its snapshot may be gone.
    fn set_terms(&self, entry: &Entry, leg: &LegCells, route: &RouteRec) {
        let (buy, sell) = halves(leg.second_id.get());
        entry.buy.set(&self.bought(buy));
        entry.sell.set(&self.sold(entry, route.deck.get(), sell));
        let buy_deck = self.snapshot.decks().get(route.deck.get() as usize);
        let (_, sell_currency) = halves_of(entry.currencies.get());
        let buy_currency =
            pack_currency(buy_deck.map_or(self.snapshot.plan().currency, |deck| deck.currency));
        entry.currencies.set(u32::from(buy_currency) | u32::from(sell_currency) << 16);
    }

    /// The price of a tariff's place; nothing of `NONE`.
    fn bought(&self, tariff: u32) -> Terms {
        let record = self.snapshot.tariffs().get(tariff as usize);
        record.map_or(Terms::Nothing, |record| Terms::Deck(DeckTariff::from_record(record)))
    }

    /// What a leg sells at: by a tariff, as the call is sold whatever the leg, or by cost-plus on what `deck` asks.
    fn sold(&self, entry: &Entry, deck: u32, tariff: u32) -> Terms {
        match tariff {
            SOLD_AS_IT_STANDS => entry.sell.get(),
            NONE => {
                let deck = self.snapshot.decks().get(deck as usize);
                let account = self.snapshot.accounts().get(entry.account.get() as usize);
                let account = account.filter(|account| account.cost_plus == 1);
                account.map_or(Terms::Nothing, |account| Terms::CostPlus {
                    plus: CostPlusTerms::of(account),
                    buy_rate_nano: deck.map_or(PLAN_RATE_NANO, |deck| deck.rate_nano.get()),
                })
            }
            tariff => self.bought(tariff),
        }
    }

    fn set_keys(&self, leg: &LegCells, route: &RouteRec, gateway: u32, state: LegState) {
        let gateway = self.snapshot.gateways().get(gateway as usize).map_or(0, |record| record.key.get());
        leg.first_id.set(route.key.get());
        leg.second_id.set(gateway);
        leg.set_detail(LegDetail { state, ..leg.detail() });
    }
}

/// Lets go what the current leg holds. What it has reserved is given back, unless it was settled before.
pub(crate) fn release_leg(entry: &Entry, limits: &SnapshotLimits<'_>) {
    reserve::undo(entry, &limits.table, |holder| Holder::OF_LEG.contains(&holder));
    Holder::OF_LEG.into_iter().for_each(|holder| entry.release(holder, &limits.table));
}
