//! Checks who pays, who carries, and within which limits: every reference, every enumeration, every order.

use super::super::layout::*;
use super::super::view::index;
use super::{Check, SnapshotError, inside, inside_or_none, within};
use crate::candidates::glance;

impl Check<'_, '_> {
    /// Checks everything that has a name, and its lists.
    pub(super) fn entities(&self) -> Result<(), SnapshotError> {
        let s = self.snapshot;
        self.all(SectionId::Plan, core::slice::from_ref(s.plan), |r| self.plan(r))?;
        self.all(SectionId::Accounts, s.accounts, |r| self.account(r))?;
        self.all(SectionId::Trunks, s.trunks, |r| self.trunk(r))?;
        self.sources()?;
        self.all(SectionId::Users, s.users, |r| self.text(r.user) && inside(r.trunk.get(), s.trunks))?;
        self.all(SectionId::DialRules, s.dial_rules, |r| self.text(r.prefix))?;
        self.all(SectionId::Wallets, s.wallets, |r| {
            self.text(r.name) && r.kind <= 1 && r.credit_limit.get() >= 0
        })?;
        self.all(SectionId::Providers, s.providers, |r| self.provider(r))?;
        self.all(SectionId::Routes, s.routes, |r| self.route(r))?;
        self.all(SectionId::Gateways, s.gateways, |r| self.gateway(r))?;
        self.all(SectionId::Partitions, s.partitions, |r| self.partition(r))?;
        self.all(SectionId::Members, s.members, |r| {
            r.active <= 1 && inside(r.route.get(), s.routes) && self.limits(r.limits)
        })?;
        self.all(SectionId::PartitionLists, s.partition_lists, |r| inside(r.get(), s.partitions))?;
        self.all(SectionId::RouteLists, s.route_lists, |r| inside(r.get(), s.routes))?;
        self.all(SectionId::Limits, s.limits, |r| limit(r) && inside_or_none(r.zone.get(), s.zones))?;
        self.all(SectionId::Countries, s.countries, |r| r.iter().all(u8::is_ascii_uppercase))?;
        self.all(SectionId::Dids, s.dids, |r| {
            inside(r.account.get(), s.accounts) && within(r.campaigns, s.partition_lists)
        })?;
        self.orders()
    }

    /// The orders that the layout promises.
    fn orders(&self) -> Result<(), SnapshotError> {
        let s = self.snapshot;
        self.by_name(SectionId::Accounts, s.accounts, |r| r.name)?;
        self.by_name(SectionId::Trunks, s.trunks, |r| r.name)?;
        self.by_name(SectionId::Providers, s.providers, |r| r.name)?;
        self.by_name(SectionId::Routes, s.routes, |r| r.name)?;
        self.by_name(SectionId::Partitions, s.partitions, |r| r.name)?;
        self.by_name(SectionId::Decks, s.decks, |r| r.name)?;
        self.sorted(SectionId::Dids, s.dids, |r| r.number.get())?;
        self.sorted(SectionId::Users, s.users, |r| {
            (self.snapshot.text(r.user).as_bytes(), self.user_rank(r))
        })?;
        self.all(SectionId::Routes, s.routes, |route| {
            s.range(s.gateways, route.gateways).is_sorted_by_key(|gateway| gateway.priority.get())
        })?;
        self.all(SectionId::Accounts, s.accounts, |account| {
            s.range(s.wallets, account.wallets).is_sorted_by_key(|wallet| wallet.priority.get())
        })?;
        self.all(SectionId::Partitions, s.partitions, |partition| {
            let members = s.range(s.members, partition.members);
            members.is_sorted_by(|a, b| a.route.get() < b.route.get())
        })
    }

    /// How trunks of one user, or of one network, are tried: longest tech prefix, then lower id (2.1).
    fn user_rank(&self, r: &UserRec) -> (core::cmp::Reverse<u32>, u32) {
        (core::cmp::Reverse(self.tech_prefix_len(r.trunk.get())), r.trunk.get())
    }

    fn tech_prefix_len(&self, trunk: u32) -> u32 {
        self.snapshot.trunks.get(index(trunk)).map_or(0, |trunk| trunk.tech_prefix.len.get())
    }

    /// Limits of one owner stand in the order in which they are tested, no two of a kind.
    fn limits(&self, range: Range) -> bool {
        let limits = self.snapshot.range(self.snapshot.limits, range);
        let kind = |limit: &LimitRec| (limit.dimension, limit.period, limit.counts);
        within(range, self.snapshot.limits) && limits.is_sorted_by(|a, b| kind(a) < kind(b))
    }

    /// Whether a list of digits is there and ascends.
    pub(super) fn digits(&self, range: Range) -> bool {
        let list = self.snapshot.range(self.snapshot.digits, range);
        within(range, self.snapshot.digits) && list.is_sorted_by(|a, b| a.get() < b.get())
    }

    /// Whether a list of numbers is there and ascends.
    fn numbers(&self, range: Range) -> bool {
        let list = self.snapshot.range(self.snapshot.numbers, range);
        within(range, self.snapshot.numbers) && list.is_sorted_by(|a, b| a.get() < b.get())
    }

    fn plan(&self, r: &PlanRec) -> bool {
        let s = self.snapshot;
        self.text(r.name)
            && r.currency.iter().all(u8::is_ascii_uppercase)
            && [r.reference_duration_sec, r.max_duration_sec, r.dial_timeout_sec, r.hold_interval_sec]
                .iter()
                .all(|sec| sec.get() >= 1)
            && inside_or_none(r.default_partition.get(), s.partitions)
            && r.use_ani_lrn.get() <= 1
            && r.when_table_full.get() <= 1
            && s.decks.len() <= DECKS_MAX
            && [r.emergency_numbers, r.premium_prefixes, r.dno, r.excluded]
                .into_iter()
                .all(|list| self.digits(list))
            && within(r.emergency_routes, s.route_lists)
            && self.numbers(r.toll_free_npas)
            && self.overrides(r.overrides)
    }

    fn lists(&self, partitions: Range, limits: Range) -> bool {
        within(partitions, self.snapshot.partition_lists)
            && index(partitions.count.get()) <= self.snapshot.partitions.len()
            && self.limits(limits)
    }

    fn screening(&self, r: &ScreeningRec) -> bool {
        let countries = self.snapshot.range(self.snapshot.countries, r.countries);
        [r.blocked_ani, r.allowed_ani, r.blocked_dnis, r.allowed_dnis]
            .into_iter()
            .all(|list| self.digits(list))
            && within(r.countries, self.snapshot.countries)
            && countries.is_sorted_by(|a, b| a < b)
            && r.countries_are <= 2
            && r.classes <= 0b1111
            && r.any_npa_976 <= 1
    }

    fn account(&self, r: &AccountRec) -> bool {
        self.text(r.name)
            && self.lists(r.partitions, r.limits)
            && inside_or_none(r.sell_deck.get(), self.snapshot.decks)
            && [r.active, r.cost_plus, r.sell_by_lrn].iter().all(|&flag| flag <= 1)
            && r.rounding_mode <= 4
            && r.rounding_decimals <= 9
            && r.min_margin_kind <= 2
            && r.traffic <= 2
            && r.margin_nano_percent.get() >= 0
            && r.fixed_fee_nano_per_min.get() >= 0
            && self.screening(&r.screening)
            && within(r.wallets, self.snapshot.wallets)
            && self.digits(r.excluded)
            && self.overrides(r.overrides)
            && inside_or_none(r.zone.get(), self.snapshot.zones)
    }

    fn trunk(&self, r: &TrunkRec) -> bool {
        self.text(r.name)
            && self.lists(r.partitions, r.limits)
            && inside(r.account.get(), self.snapshot.accounts)
            && [r.active, r.ani_required, r.trust_lrn].iter().all(|&flag| flag <= 1)
            && inside_or_none(r.provider.get(), self.snapshot.providers)
            && self.text(r.tech_prefix)
            && within(r.dial_rules, self.snapshot.dial_rules)
            && self.overrides(r.overrides)
            && self.screening(&r.screening)
    }

    fn sources(&self) -> Result<(), SnapshotError> {
        let (section, sources) = (SectionId::Sources, self.snapshot.sources);
        for (at, record) in (0u32..).zip(sources) {
            let network = record.network.get();
            if record.prefix_len > 128
                || !inside(record.trunk.get(), self.snapshot.trunks)
                || network & record.mask() != network
                || record.parent.get() != enclosing(sources, at)
            {
                return Err(SnapshotError::Record { section, at });
            }
        }
        self.sorted(section, sources, |r| {
            let trunk = r.trunk.get();
            (r.network.get(), r.prefix_len, self.tech_prefix_len(trunk), core::cmp::Reverse(trunk))
        })
    }

    fn provider(&self, r: &ProviderRec) -> bool {
        self.text(r.name)
            && self.limits(r.limits)
            && r.active <= 1
            && r.kind <= 5
            && r.traffic <= 0b111
            && within(r.exclusions, self.snapshot.exclusions)
    }

    fn route(&self, r: &RouteRec) -> bool {
        self.text(r.name)
            && inside(r.provider.get(), self.snapshot.providers)
            && inside_or_none(r.deck.get(), self.snapshot.decks)
            && within(r.gateways, self.snapshot.gateways)
            && index(r.gateways.count.get()) <= GATEWAYS_MAX
            && self.limits(r.limits)
            && r.active <= 1
            && r.ani_classes <= 0b111
            && self.glance(r) == Some((r.traffic, r.asks))
    }

    /// What the record of a route says of its provider and gateways.
    fn glance(&self, r: &RouteRec) -> Option<(u8, u8)> {
        let provider = self.snapshot.providers.get(index(r.provider.get()))?;
        let gateways = self.snapshot.range(self.snapshot.gateways, r.gateways);
        Some(glance::of_route(r.active == 1, provider, gateways))
    }

    fn gateway(&self, r: &GatewayRec) -> bool {
        self.text(r.name)
            && self.text(r.dial_before)
            && self.text(r.dial_after)
            && r.active <= 1
            && self.numbers(r.latas)
            && self.limits(r.limits)
    }

    fn partition(&self, r: &PartitionRec) -> bool {
        self.text(r.name)
            && within(r.members, self.snapshot.members)
            && index(r.members.count.get()) <= MEMBERS_MAX
            && self.limits(r.limits)
            && (1..=8).contains(&r.max_results.get())
            && r.strategy <= 6
            && r.active <= 1
            && r.weights <= 1
            && inside_or_none(r.schedule.get(), self.snapshot.schedules)
            && self.overrides(r.overrides)
    }
}

/// The closest network before `at` that contains the one there: the one before it, or one of those around that.
/// Each step up is one that no later record takes again, so all of them together are linear.
fn enclosing(sources: &[SourceRec], at: u32) -> u32 {
    let Some(network) = sources.get(index(at)).map(|record| record.network.get()) else { return NONE };
    let mut around = at.checked_sub(1);
    while let Some(outer) = around {
        match sources.get(index(outer)) {
            Some(record) if network & record.mask() == record.network.get() => return outer,
            Some(record) => around = Some(record.parent.get()).filter(|parent| *parent < outer),
            None => return NONE,
        }
    }
    NONE
}

fn limit(r: &LimitRec) -> bool {
    let kind = (1..=4).contains(&r.dimension) || (r.dimension == 0 && r.amount.get() >= 1);
    kind && r.period <= 3 && r.counts <= 2
}
