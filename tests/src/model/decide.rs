//! Section 2, step by step.

use std::net::IpAddr;

use rating_core::plan::*;
use rating_core::reject::Reason;

use super::call::*;
use super::candidates::{Candidate, Trial, available};
use super::decks::Zone;
use super::limits::{Kind, first_full};
use super::numbers::{self, is_nanp};
use super::order::{Draws, in_groups};
use super::overrides::{self, Asked};
use super::places::{self, Place};
use super::schedule;
use super::screening::{self, Called};

/// Most legs of a call (5.5).
const LEGS_MAX: usize = 8;

/// Decides one call.
#[must_use]
pub fn decide(plan: &Plan, live: &Live, call: &Call) -> Answer {
    let at = call.at_ns.div_euclid(1_000_000_000);
    places::IS_OUTSIDE.set(false);
    let mut deciding = Deciding { plan, live, call, at, answer: Answer::default() };
    if let Err(reason) = deciding.run() {
        deciding.answer.reject = Some(reason);
    }
    deciding.answer.is_outside = places::IS_OUTSIDE.get();
    deciding.answer
}

struct Deciding<'p> {
    plan: &'p Plan,
    live: &'p Live,
    call: &'p Call,
    at: i64,
    answer: Answer,
}

/// What a dialled text is to a trunk's tech prefix.
enum Carried {
    /// The text after the prefix.
    Rest(String),
    /// An emergency number dialled without the prefix.
    Emergency,
}

impl<'p> Deciding<'p> {
    fn run(&mut self) -> Result<(), Reason> {
        let (plan, at) = (self.plan, self.at);
        let text = numbers::strip_separators(&self.call.dnis);
        // 1
        let (trunk, text) = self.trunk(&text)?;
        let account = self.arriving_account(trunk);
        self.answer.facts.trunk = trunk.map(|trunk| trunk.id.clone());
        self.answer.facts.account = Some(account.id.clone());
        // 2
        let Carried::Rest(text) = text else { return self.emergency() };
        if self.is_emergency(&text) {
            return self.emergency();
        }
        // 3
        if !account.active {
            return Err(Reason::AccountSuspended);
        }
        if trunk.is_some_and(|trunk| !trunk.active) {
            return Err(Reason::TrunkDisabled);
        }
        // 4
        let (dnis, is_short_code) = self.dnis(&text, trunk, account)?;
        let ani = numbers::read_default(&numbers::strip_separators(&self.call.ani)).unwrap_or_default();
        self.answer.facts.dnis.clone_from(&dnis);
        self.answer.facts.ani.clone_from(&ani);
        if ani.is_empty() && trunk.is_some_and(|trunk| trunk.ani_required) {
            return Err(Reason::InvalidAni);
        }
        // 5
        let did = plan.dids.iter().find(|did| did.number.as_str() == dnis);
        let account = did.map_or(account, |did| self.account(&did.account));
        let campaign = match did {
            None => None,
            Some(did) => Some(self.campaign(did, account)?),
        };
        // 6
        let called = Called { number: &dnis, is_short_code };
        screening::screen(plan, account, trunk, &ani, &called, at)?;
        // 7
        self.limits_of_call(account, trunk)?;
        // 8
        let pays = |wallet: &Wallet| available(self.live, &account.id, wallet) > wallet.threshold;
        if !account.wallets.is_empty() && !account.wallets.iter().any(pays) {
            return Err(Reason::InsufficientBalance);
        }
        // 9
        let partition = match campaign {
            Some(campaign) => campaign,
            None => self.partition(trunk, account).ok_or(Reason::NoPartition)?,
        };
        self.answer.facts.partition = Some(partition.id.clone());
        let owner = Owner::Partition(partition.id.clone());
        if let Some(kind) = first_full(self.live, &owner, &partition.limits) {
            return Err(kind.of_call());
        }
        // 10
        self.route(account, trunk, partition, dnis, is_short_code, ani)
    }

    /// The trunk that takes the call, and what is dialled after its tech prefix (2.1).
    fn trunk(&self, text: &str) -> Result<(Option<&'p Trunk>, Carried), Reason> {
        let named: Vec<(u8, &Trunk)> = match &self.call.origin {
            Origin::Account(_) => return Ok((None, Carried::Rest(text.into()))),
            Origin::Trunk(id) => self.plan.trunks.iter().filter(|t| t.id == *id).map(|t| (0, t)).collect(),
            Origin::User(user) => {
                let has = |trunk: &&Trunk| trunk.user.as_ref() == Some(user);
                self.plan.trunks.iter().filter(has).map(|trunk| (0, trunk)).collect()
            }
            Origin::Source(address) => {
                let longest = |trunk: &'p Trunk| {
                    let holding =
                        trunk.sources.iter().filter(|network| contains(network, address.to_canonical()));
                    holding.map(|network| network.prefix_len).max().map(|len| (len, trunk))
                };
                self.plan.trunks.iter().filter_map(longest).collect()
            }
        };
        let mut taking: Vec<(u8, &Trunk, Carried)> = named
            .into_iter()
            .filter_map(|(len, trunk)| Some((len, trunk, self.carried(trunk, text)?)))
            .collect();
        taking.sort_by(|(a_len, a, _), (b_len, b, _)| {
            let tech = |trunk: &Trunk| trunk.tech_prefix.len();
            b_len.cmp(a_len).then(tech(b).cmp(&tech(a))).then(a.id.cmp(&b.id))
        });
        let (_, trunk, carried) = taking.into_iter().next().ok_or(Reason::UnknownTrunk)?;
        Ok((Some(trunk), carried))
    }

    fn carried(&self, trunk: &Trunk, text: &str) -> Option<Carried> {
        if self.is_emergency(text) {
            return Some(Carried::Emergency);
        }
        text.strip_prefix(trunk.tech_prefix.as_str()).map(|rest| Carried::Rest(rest.into()))
    }

    fn is_emergency(&self, text: &str) -> bool {
        self.plan.settings.emergency_numbers.iter().any(|number| number.as_str() == text)
    }

    fn account(&self, id: &str) -> &'p Account {
        self.plan.accounts.iter().find(|account| account.id == id).expect("plans refer to what is there")
    }

    fn arriving_account(&self, trunk: Option<&Trunk>) -> &'p Account {
        match (trunk, &self.call.origin) {
            (Some(trunk), _) => self.account(&trunk.account),
            (None, Origin::Account(id)) => self.account(id),
            _ => unreachable!("only an account's call has no trunk"),
        }
    }

    /// Gateways of the emergency routes in the plan's order: own status, priority and weight, nothing else (2.2).
    fn emergency(&mut self) -> Result<(), Reason> {
        self.answer.emergency = true;
        let mut draws = Draws { call_id: &self.call.call_id, partition: "", made: 0 };
        for route in &self.plan.settings.emergency_routes {
            let of_route = self.plan.gateways.iter().filter(|g| g.route == *route && g.active);
            self.legs_of(route, of_route.cloned().collect(), &mut draws);
        }
        if self.answer.legs.is_empty() { Err(Reason::NoRoute) } else { Ok(()) }
    }

    /// The called number, and whether it is a short code (2.4).
    fn dnis(&self, text: &str, trunk: Option<&Trunk>, account: &Account) -> Result<(String, bool), Reason> {
        let rules = trunk.map_or(&[][..], |trunk| &trunk.dial_rules);
        if let Some(read) = numbers::read_by_rules(text, rules) {
            return read.map(|number| (number, false)).ok_or(Reason::InvalidNumber);
        }
        if let Some(number) = numbers::read_default(text) {
            return Ok((number, false));
        }
        let trunk = trunk.map(|trunk| trunk.id.as_str());
        let known = || overrides::knows_short_code(self.plan, text, trunk, &account.id, self.at);
        if numbers::is_short(text) && known() {
            return Ok((text.into(), true));
        }
        Err(Reason::InvalidNumber)
    }

    /// The owner's campaign that takes a DID's calls (2.5).
    fn campaign(&mut self, did: &Did, owner: &Account) -> Result<&'p Partition, Reason> {
        self.answer.facts.account = Some(owner.id.clone());
        if !owner.active {
            return Err(Reason::AccountSuspended);
        }
        let mut campaigns: Vec<&DidCampaign> = did.campaigns.iter().collect();
        campaigns.sort_by(|a, b| a.priority.cmp(&b.priority).then(a.partition.cmp(&b.partition)));
        let found = campaigns.into_iter().find_map(|campaign| self.usable_partition(&campaign.partition));
        found.ok_or(Reason::NoPartition)
    }

    fn partition_by_id(&self, id: &str) -> Option<&'p Partition> {
        self.plan.partitions.iter().find(|partition| partition.id == id)
    }

    /// A partition that is active and on schedule.
    fn usable_partition(&self, id: &str) -> Option<&'p Partition> {
        let partition = self.partition_by_id(id)?;
        let on_schedule = partition.schedule.as_ref().is_none_or(|times| schedule::holds(times, self.at));
        (partition.active && on_schedule).then_some(partition)
    }

    /// 2.9.
    fn partition(&self, trunk: Option<&Trunk>, account: &Account) -> Option<&'p Partition> {
        let given = self.call.partition.as_ref().and_then(|id| self.partition_by_id(id));
        if let Some(given) = given.filter(|partition| partition.active) {
            return Some(given);
        }
        let of_trunk = trunk.map_or(&[][..], |trunk| &trunk.partitions);
        let list = if of_trunk.is_empty() { &account.partitions } else { of_trunk };
        if list.is_empty() {
            return self.usable_partition(self.plan.settings.default_partition.as_ref()?);
        }
        list.iter().find_map(|id| self.usable_partition(id))
    }

    /// 2.7: CPS of both or of none, then each owner's others.
    fn limits_of_call(&mut self, account: &Account, trunk: Option<&Trunk>) -> Result<(), Reason> {
        let of_account = first_full(self.live, &Owner::Account(account.id.clone()), &account.limits);
        let of_trunk =
            trunk.and_then(|trunk| first_full(self.live, &Owner::Trunk(trunk.id.clone()), &trunk.limits));
        let both = [of_account, of_trunk];
        if both.contains(&Some(Kind::Cps)) {
            return Err(Reason::CpsExceeded);
        }
        let paced = [Some(&account.limits), trunk.map(|trunk| &trunk.limits)].into_iter().flatten();
        self.answer.cps_slots = paced.map(|limits| u32::from(limits.cps_milli.is_some())).sum();
        match both.into_iter().flatten().next() {
            Some(kind) => Err(kind.of_call()),
            None => Ok(()),
        }
    }

    /// 2.10 and 2.11: jurisdiction, candidates, filters, order, legs.
    fn route(
        &mut self,
        account: &'p Account,
        trunk: Option<&'p Trunk>,
        partition: &'p Partition,
        dnis: String,
        is_short_code: bool,
        ani: String,
    ) -> Result<(), Reason> {
        let sides = self.sides(trunk, &ani, &dnis, is_short_code);
        let asked = Asked {
            trunk: trunk.map(|trunk| trunk.id.as_str()),
            account: &account.id,
            partition: Some(&partition.id),
            dnis: &dnis,
            is_short_code,
            at: self.at,
        };
        let forced = overrides::strongest(self.plan, &asked, |o| o.forced_route.as_ref());
        let custom_rate_per_min = overrides::strongest(self.plan, &asked, |o| o.custom_rate_per_min);
        let bypass = overrides::strongest(self.plan, &asked, |o| o.bypass_lcr.then_some(())).is_some();
        let trial = Trial {
            plan: self.plan,
            live: self.live,
            call: self.call,
            at: self.at,
            account,
            trunk,
            partition,
            dnis_lrn: sides.dnis_lrn.clone(),
            is_short_code,
            ani_class: self.call.ani_class.unwrap_or_else(|| self.ani_class(&ani)),
            called: sides.called.clone(),
            zone: sides.zone,
            custom_rate_per_min,
            forced: forced.map(|forced| (forced.route.clone(), forced.mode)),
            dnis,
        };
        self.tell(&sides);
        let kept = self.try_all(&trial);
        self.order(kept, &trial, bypass)
    }

    fn tell(&mut self, sides: &Sides) {
        let facts = &mut self.answer.facts;
        facts.jurisdiction = Some(sides.zone.jurisdiction);
        facts.ani_lrn.clone_from(&sides.ani_lrn);
        facts.dnis_lrn.clone_from(&sides.dnis_lrn);
        facts.ocn.clone_from(&sides.called.ocn);
        facts.lata = sides.called.lata;
        let state_of =
            |place: &Place| if place.country == "US" { place.state.clone() } else { String::new() };
        facts.state = state_of(&sides.called);
        facts.ani_state = state_of(&sides.calling);
    }

    fn try_all(&mut self, trial: &Trial<'_>) -> Vec<Candidate> {
        let mut ids: Vec<&str> = trial.partition.members.iter().map(|member| member.route.as_str()).collect();
        if let Some((forced, _)) = &trial.forced
            && !ids.contains(&forced.as_str())
        {
            ids.push(forced);
        }
        let mut kept = Vec::new();
        for id in ids {
            match trial.test(id) {
                Ok(candidate) => kept.push(candidate),
                Err(reason) => drop(self.answer.dropped.insert(id.into(), reason)),
            }
        }
        kept
    }

    fn order(&mut self, kept: Vec<Candidate>, trial: &Trial<'_>, bypass: bool) -> Result<(), Reason> {
        if kept.is_empty() {
            return Err(self.reject_of_dropped());
        }
        let mut draws = Draws { call_id: &self.call.call_id, partition: &trial.partition.id, made: 0 };
        let is_ahead = |candidate: &Candidate| {
            trial.forced.as_ref().is_some_and(|(route, _)| *route == candidate.kept.route)
        };
        let (mut ordered, rest): (Vec<_>, Vec<_>) = kept.into_iter().partition(is_ahead);
        let forced_is_first = !ordered.is_empty();
        ordered.extend(self.by_strategy(rest, trial.partition, bypass, &mut draws));
        let is_primary = trial.partition.strategy == Strategy::Primary && !bypass;
        debug_assert!(!forced_is_first || ordered.first().is_some_and(is_ahead));
        let most = [Some(trial.partition.max_results), self.call.max_results, is_primary.then_some(1)];
        let most = most.into_iter().flatten().min().expect("the partition has one");
        let cut = ordered.split_off(ordered.len().min(usize::try_from(most).expect("small")));
        for candidate in cut {
            self.answer.dropped.insert(candidate.kept.route, Reason::BeyondMaxResults);
        }
        for candidate in ordered {
            self.legs_of(&candidate.kept.route, candidate.gateways, &mut draws);
            self.answer.kept.push(candidate.kept);
        }
        Ok(())
    }

    fn by_strategy(
        &self,
        routes: Vec<Candidate>,
        partition: &Partition,
        bypass: bool,
        draws: &mut Draws<'_>,
    ) -> Vec<Candidate> {
        let strategy = if bypass { Strategy::Priority } else { partition.strategy };
        let has_weights = partition.members.iter().any(|member| member.weight.is_some());
        if strategy == Strategy::RoundRobin {
            return self.after_cursor(routes, partition);
        }
        if strategy == Strategy::Weighted {
            return draws.order(routes, |c| &c.kept.route, |c| c.weight);
        }
        let compare = |a: &Candidate, b: &Candidate| {
            let first = match strategy {
                Strategy::LeastCost => a.cost.cmp(b.cost),
                Strategy::HighestMargin => b.margin.cmp(a.margin),
                Strategy::Quality => b.quality.cmp(&a.quality),
                _ => a.priority.cmp(&b.priority),
            };
            first.then(b.quality.cmp(&a.quality)).then(a.priority.cmp(&b.priority))
        };
        in_groups(routes, compare, |mut group| {
            if has_weights {
                return draws.order(group, |c| &c.kept.route, |c| c.weight);
            }
            group.sort_by(|a, b| a.kept.route.cmp(&b.kept.route));
            group
        })
    }

    /// Ids after the cursor, wrapping; from the lowest if the cursor is no member.
    fn after_cursor(&self, mut routes: Vec<Candidate>, partition: &Partition) -> Vec<Candidate> {
        routes.sort_by(|a, b| a.kept.route.cmp(&b.kept.route));
        let cursor = self.live.cursors.iter().find(|(id, _)| *id == partition.id).map(|(_, route)| route);
        let cursor = cursor.filter(|cursor| partition.members.iter().any(|member| member.route == **cursor));
        if let Some(cursor) = cursor {
            let (until, after): (Vec<_>, Vec<_>) = routes.into_iter().partition(|c| c.kept.route <= *cursor);
            routes = after.into_iter().chain(until).collect();
        }
        routes
    }

    /// Adds a route's gateways by lowest priority, then weighted draw, up to 8 legs in all (5.5).
    fn legs_of(&mut self, route: &str, gateways: Vec<Gateway>, draws: &mut Draws<'_>) {
        let by_priority = |a: &Gateway, b: &Gateway| a.priority.cmp(&b.priority);
        if self.answer.legs.len() == LEGS_MAX {
            return;
        }
        let ordered = in_groups(gateways, by_priority, |group| {
            draws.order(group, |gateway| &gateway.id, |gateway| gateway.weight.unwrap_or(1))
        });
        let left = LEGS_MAX - self.answer.legs.len();
        self.answer.legs.extend(ordered.into_iter().take(left).map(|gateway| (route.into(), gateway.id)));
    }

    /// 2.11.
    fn reject_of_dropped(&self) -> Reason {
        let order = [
            Reason::TargetConcurrencyExceeded,
            Reason::TargetCpsExceeded,
            Reason::TargetVolumeExceeded,
            Reason::TargetSpendExceeded,
            Reason::InsufficientBalance,
            Reason::OverRateLimit,
            Reason::MarginProtected,
            Reason::NoSellRate,
        ];
        let has = |reason: &Reason| self.answer.dropped.values().any(|dropped| dropped == reason);
        order.into_iter().find(has).unwrap_or(Reason::NoRoute)
    }

    /// 3.10: the ANI's own.
    fn ani_class(&self, ani: &str) -> AniClass {
        if places::is_toll_free(self.plan, ani) {
            return AniClass::DomTf;
        }
        if places::is_us_geographic(self.plan, ani) { AniClass::Dom } else { AniClass::Intl }
    }
}

/// Both sides of a call, and what prices it (section 3).
struct Sides {
    ani_lrn: String,
    dnis_lrn: String,
    called: Place,
    calling: Place,
    zone: Zone,
}

impl Deciding<'_> {
    fn sides(&self, trunk: Option<&Trunk>, ani: &str, dnis: &str, is_short_code: bool) -> Sides {
        let plan = self.plan;
        let ani_lrn = self.lrn(&self.call.ani_lrn, trunk).filter(|_| {
            let is_foreign = is_known(ani) && places::is_foreign(plan, ani);
            let portable = !(is_foreign || places::is_toll_free(plan, ani));
            plan.settings.use_ani_lrn && portable
        });
        let dnis_lrn = self
            .lrn(&self.call.dnis_lrn, trunk)
            .filter(|lrn| !is_short_code && self.counts_as_dnis_lrn(dnis, lrn));
        let calling_number = ani_lrn.as_deref().unwrap_or(ani);
        let called_number = dnis_lrn.as_deref().unwrap_or(dnis);
        let calling =
            if calling_number.is_empty() { Place::default() } else { places::place(plan, calling_number) };
        let mut called = if is_short_code { Place::default() } else { places::place(plan, called_number) };
        if let Some(ocn) = self.call.ocn {
            called.ocn = String::from_utf8(ocn.to_vec()).expect("text");
        }
        called.lata = self.call.lata.unwrap_or(called.lata);
        if let Some(state) = self.call.state {
            called.state = String::from_utf8(state.to_vec()).expect("text");
        }
        let is_placed = calling.in_us_state();
        // A state that is given is compared as it is: it may be that of a number that the tables place nowhere.
        let same_state = is_placed && called.state == calling.state;
        let from = is_placed.then_some(&calling);
        let found = self.jurisdiction(dnis, called_number, is_short_code, &called, from, same_state);
        let jurisdiction = self.call.zone.unwrap_or(found);
        Sides {
            zone: Zone { jurisdiction, same_state },
            ani_lrn: ani_lrn.unwrap_or_default(),
            dnis_lrn: dnis_lrn.unwrap_or_default(),
            called,
            calling,
        }
    }

    /// An LRN whose word counts (3.9), as a number of NANP or elsewhere.
    fn lrn(&self, given: &Option<Lrn>, trunk: Option<&Trunk>) -> Option<String> {
        let given = given.as_ref()?;
        if !given.dipped && !trunk.is_some_and(|trunk| trunk.trust_lrn) {
            return None;
        }
        numbers::read_default(&numbers::strip_separators(&given.text)).filter(|lrn| is_nanp(lrn))
    }

    /// Only for numbers that can be ported, outside the states of the US only within their country (reading of 3.1).
    fn counts_as_dnis_lrn(&self, dnis: &str, lrn: &str) -> bool {
        // An LRN is itself the number of a place.
        if [dnis, lrn].into_iter().any(|n| places::is_toll_free(self.plan, n) || places::is_nowhere(n)) {
            return false;
        }
        let place = places::place(self.plan, dnis);
        place.in_us_state() || !place.country.is_empty() && place.country == places::country(self.plan, lrn)
    }

    fn jurisdiction(
        &self,
        dnis: &str,
        called_number: &str,
        is_short_code: bool,
        called: &Place,
        calling: Option<&Place>,
        same_state: bool,
    ) -> Jurisdiction {
        if is_short_code {
            return Jurisdiction::Indeterminate;
        }
        if places::is_toll_free(self.plan, dnis) {
            return Jurisdiction::TollFree;
        }
        if !is_nanp(called_number) {
            return Jurisdiction::International;
        }
        if !called.country.is_empty() && called.country != "US" {
            return Jurisdiction::Zone1;
        }
        let Some(calling) = calling.filter(|_| called.in_us_state()) else {
            return Jurisdiction::Indeterminate;
        };
        let dialled = places::place(self.plan, dnis);
        if self.is_local(calling, &dialled) {
            return Jurisdiction::Local;
        }
        if same_state { Jurisdiction::Intrastate } else { Jurisdiction::Interstate }
    }

    /// Whether the rate centres are listed as a pair, in either direction (3.6).
    fn is_local(&self, calling: &Place, dialled: &Place) -> bool {
        let is = |place: &Place, state: &str, center: &str| {
            !center.is_empty() && place.country == "US" && place.state == state && place.rate_center == center
        };
        self.plan.local_calling.iter().any(|pair| {
            let a = |place: &Place| is(place, &pair.state_a, &pair.rate_center_a);
            let b = |place: &Place| is(place, &pair.state_b, &pair.rate_center_b);
            a(calling) && b(dialled) || b(calling) && a(dialled)
        })
    }
}

fn is_known(number: &str) -> bool {
    !number.is_empty()
}

fn contains(network: &Network, address: IpAddr) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(v4) => (u128::from(u32::from(v4)) << 96, 32),
        IpAddr::V6(v6) => (u128::from(v6), 128),
    };
    let ((network_bits, network_width), (address_bits, width)) = (bits(network.address), bits(address));
    let len = u32::from(network.prefix_len);
    network_width == width && (len == 0 || (network_bits ^ address_bits) >> (128 - len) == 0)
}
