//! What each route costs, sells for, and why it drops (sections 4, 5 and 9.6).

use rating_core::money::Nano;
use rating_core::plan::*;
use rating_core::reject::Reason;

use super::call::{Call, Kept, Live, MatchedBy, Owner};
use super::decks::{self, Key, Zone};
use super::limits::{Kind, first_full};
use super::money::{self, Exact, ONE, Terms};
use super::numbers::is_nanp;
use super::places::{Place, is_toll_free, is_us_geographic};
use super::screening::{Called, exclusion_holds};

/// All that a route is tried against.
pub struct Trial<'p> {
    pub plan: &'p Plan,
    pub live: &'p Live,
    pub call: &'p Call,
    pub at: i64,
    pub account: &'p Account,
    pub trunk: Option<&'p Trunk>,
    pub partition: &'p Partition,
    pub dnis: String,
    pub dnis_lrn: String,
    pub is_short_code: bool,
    pub ani_class: AniClass,
    pub called: Place,
    pub zone: Zone,
    pub custom_rate_per_min: Option<Nano>,
    pub forced: Option<(String, ForcedMode)>,
}

/// A route that passed every filter but the cuts.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub kept: Kept,
    /// In the plan's currency, exactly.
    pub cost: Exact,
    pub margin: Exact,
    pub priority: i32,
    pub weight: u32,
    pub quality: i32,
    pub gateways: Vec<Gateway>,
}

/// What a call sells by.
enum Sell<'p> {
    Terms(Terms),
    CostPlus(&'p CostPlus),
}

impl<'p> Trial<'p> {
    fn member(&self, route: &str) -> Option<&'p Member> {
        self.partition.members.iter().find(|member| member.route == route)
    }

    fn is_forced(&self, route: &str) -> bool {
        self.forced.as_ref().is_some_and(|(forced, _)| forced == route)
    }

    fn called_number(&self) -> Called<'_> {
        Called { number: &self.dnis, is_short_code: self.is_short_code }
    }

    /// Every filter of section 5 in its order, but the cuts.
    pub fn test(&self, id: &str) -> Result<Candidate, Reason> {
        let forced = self.is_forced(id);
        let only = self.forced.as_ref().is_some_and(|(_, mode)| *mode == ForcedMode::Only);
        if only && !forced {
            return Err(Reason::Overridden);
        }
        let route = self.plan.routes.iter().find(|route| route.id == id).ok_or(Reason::Disabled)?;
        let provider = self.plan.providers.iter().find(|p| p.id == route.provider).ok_or(Reason::Disabled)?;
        let member = self.member(id);
        let is_member = forced || member.is_some_and(|member| member.active);
        if !route.active || !provider.active || provider.kind == ProviderKind::RateDeck || !is_member {
            return Err(Reason::Disabled);
        }
        self.test_permission(route, provider)?;
        let (buy, matched, deck_version) = self.buy(route, provider)?;
        let sell = self.sell()?;
        let duration_sec = self.plan.settings.reference_duration_sec;
        let cost = buy.cost(duration_sec);
        let (price, customer_rate_per_min, price_exact) = match &sell {
            Sell::Terms(terms) => {
                let price = terms.cost(duration_sec);
                (price, terms.rate_per_min, terms.convert(price))
            }
            Sell::CostPlus(by) => {
                let price = money::cost_plus(by, &buy, duration_sec);
                (price, money::cost_plus_per_min(by, &buy), Exact::whole(price.0))
            }
        };
        let cost_exact = buy.convert(cost);
        let margin = price_exact.minus(cost_exact);
        if !forced {
            self.test_rate_limit(&buy)?;
            self.test_margin(margin, price_exact)?;
        }
        let quality = self.quality(route);
        if !forced && self.partition.min_quality.is_some_and(|least| quality < least) {
            return Err(Reason::LowQuality);
        }
        let gateways = self.serving_gateways(id);
        if gateways.is_empty() {
            return Err(Reason::NoGateway);
        }
        let gateways = self.test_limits(route, provider, member, gateways)?;
        if !self.is_funded(&buy, &sell) {
            return Err(Reason::InsufficientBalance);
        }
        let rate_per_min = buy.rate_per_min;
        let kept = Kept {
            route: id.into(),
            cost,
            price,
            rate_per_min,
            customer_rate_per_min,
            matched,
            deck_version,
        };
        Ok(Candidate {
            kept,
            cost: cost_exact,
            margin,
            priority: member.map_or(0, |member| member.priority),
            weight: member.and_then(|member| member.weight).unwrap_or(1),
            quality,
            gateways,
        })
    }

    fn test_permission(&self, route: &Route, provider: &Provider) -> Result<(), Reason> {
        let excludes = |exclusion: &&Exclusion| {
            exclusion.provider.as_ref() == Some(&provider.id)
                && exclusion_holds(exclusion, &self.account.id, &self.called_number(), self.at)
        };
        if self.plan.exclusions.iter().any(|exclusion| excludes(&exclusion)) {
            return Err(Reason::Excluded);
        }
        if self.trunk.is_some_and(|trunk| trunk.provider.as_ref() == Some(&provider.id)) {
            return Err(Reason::Loop);
        }
        if route.ani_classes.as_ref().is_some_and(|taken| !taken.contains(&self.ani_class)) {
            return Err(Reason::AniClass);
        }
        if provider.traffic.as_ref().is_some_and(|taken| !taken.contains(&self.account.traffic)) {
            return Err(Reason::TrafficClass);
        }
        Ok(())
    }

    /// How a deck is asked: by LRN or DNIS, or by OCN and LATA (4.1).
    fn key(&self, by_lrn: bool, by_place: bool) -> Key<'_> {
        let in_nanp = is_nanp(&self.dnis) && !self.is_short_code;
        let number = if by_lrn && in_nanp && !self.dnis_lrn.is_empty() { &self.dnis_lrn } else { &self.dnis };
        let is_toll_free = !self.is_short_code && is_toll_free(self.plan, &self.dnis);
        Key {
            number,
            is_short_code: self.is_short_code,
            may_use_1: is_us_geographic(self.plan, &self.dnis) && is_us_geographic(self.plan, number),
            place: (by_place && in_nanp).then_some(&self.called),
            cic: self.call.cic.filter(|_| is_toll_free),
        }
    }

    fn price(&self, deck: &'p Deck, key: &Key<'_>) -> Result<(Terms, MatchedBy, u32), Reason> {
        let found = decks::find(deck, key, self.at).ok_or(Reason::NoRate)?;
        let rate = decks::price(&found.row.prices, self.zone, decks::policy(self.plan, deck))?;
        let terms = decks::terms(self.plan, deck, found.row, rate, self.at);
        Ok((terms, found.matched, found.version))
    }

    fn deck(&self, id: &str) -> &'p Deck {
        self.plan.decks.iter().find(|deck| deck.id == id).expect("plans refer to what is there")
    }

    fn buy(&self, route: &Route, provider: &Provider) -> Result<(Terms, MatchedBy, u32), Reason> {
        let Some(deck) = &route.deck else { return Ok((Terms::nothing(), 0, 0)) };
        let by_lrn = provider.kind == ProviderKind::Lrn;
        let by_place = provider.kind == ProviderKind::OcnLata;
        self.price(self.deck(deck), &self.key(by_lrn, by_place))
    }

    /// The first that exists: custom rate, sell deck, cost-plus (9.6).
    fn sell(&self) -> Result<Sell<'p>, Reason> {
        let by_lrn = self.account.sell_key == SellKey::Lrn;
        let by_deck = match &self.account.sell_deck {
            None => Err(Reason::NoRate),
            Some(deck) => self.price(self.deck(deck), &self.key(by_lrn, false)),
        };
        if let Some(rate) = self.custom_rate_per_min {
            let terms = match by_deck {
                Ok((row, ..)) => Terms { first_rate_per_min: rate, rate_per_min: rate, ..row },
                Err(_) => Terms::flat(rate, 6),
            };
            return Ok(Sell::Terms(terms));
        }
        match (by_deck, &self.account.cost_plus) {
            (Ok((terms, ..)), _) => Ok(Sell::Terms(terms)),
            (Err(Reason::NoRate), Some(cost_plus)) => Ok(Sell::CostPlus(cost_plus)),
            _ => Err(Reason::NoSellRate),
        }
    }

    fn test_rate_limit(&self, buy: &Terms) -> Result<(), Reason> {
        let rate = buy.convert(buy.rate_per_min);
        let limits = [self.call.rate_limit_per_min, self.partition.rate_limit_per_min];
        let over = limits.into_iter().flatten().any(|limit| rate.cmp(Exact::whole(limit.0)).is_gt());
        if over { Err(Reason::OverRateLimit) } else { Ok(()) }
    }

    fn test_margin(&self, margin: Exact, price: Exact) -> Result<(), Reason> {
        let least = match self.account.min_margin {
            MinMargin::AllowLoss => return Ok(()),
            MinMargin::Amount(amount) => Exact::whole(amount.0),
            MinMargin::NanoPercent(percent) => price.times(percent.into(), 100 * ONE),
        };
        if margin.cmp(least).is_lt() { Err(Reason::MarginProtected) } else { Ok(()) }
    }

    fn quality(&self, route: &Route) -> i32 {
        let live = self.live.qualities.iter().find(|(id, _)| *id == route.id);
        live.map_or(route.quality, |(_, quality)| *quality)
    }

    fn serving_gateways(&self, route: &str) -> Vec<&'p Gateway> {
        let serves =
            |gateway: &&Gateway| gateway.latas.is_empty() || gateway.latas.contains(&self.called.lata);
        self.plan.gateways.iter().filter(|g| g.route == route && g.active).filter(serves).collect()
    }

    /// Limits of route, provider, membership, then the gateways: those with room remain.
    fn test_limits(
        &self,
        route: &Route,
        provider: &Provider,
        member: Option<&Member>,
        gateways: Vec<&Gateway>,
    ) -> Result<Vec<Gateway>, Reason> {
        let of_member = || {
            let owner = Owner::Member(self.partition.id.clone(), route.id.clone());
            member.and_then(|member| first_full(self.live, &owner, &member.limits))
        };
        let full = first_full(self.live, &Owner::Route(route.id.clone()), &route.limits)
            .or_else(|| first_full(self.live, &Owner::Provider(provider.id.clone()), &provider.limits))
            .or_else(of_member);
        if let Some(kind) = full {
            return Err(kind.of_target());
        }
        let mut kinds: Vec<Kind> = Vec::new();
        let mut left = Vec::new();
        for gateway in gateways {
            match first_full(self.live, &Owner::Gateway(gateway.id.clone()), &gateway.limits) {
                Some(kind) => kinds.push(kind),
                None => left.push(gateway.clone()),
            }
        }
        match kinds.into_iter().min() {
            Some(kind) if left.is_empty() => Err(kind.of_target()),
            _ => Ok(left),
        }
    }

    /// Whether one wallet above its threshold covers the first hold (2.10, 8.2).
    fn is_funded(&self, buy: &Terms, sell: &Sell<'_>) -> bool {
        let blocks = match sell {
            Sell::Terms(terms) => terms,
            Sell::CostPlus(_) => buy,
        };
        let hold_sec = self.plan.settings.hold_interval_sec.max(blocks.first_sec);
        let hold_money = match sell {
            Sell::Terms(terms) => terms.convert(terms.cost(hold_sec)),
            Sell::CostPlus(by) => Exact::whole(money::cost_plus(by, buy, hold_sec).0),
        };
        let covers = |wallet: &Wallet| {
            let available = available(self.live, &self.account.id, wallet);
            let needed = match wallet.kind {
                WalletKind::Money => hold_money,
                WalletKind::Seconds => Exact::whole(blocks.billed_sec(hold_sec).into()),
            };
            available > wallet.threshold && Exact::whole(available).cmp(needed).is_ge()
        };
        self.account.wallets.is_empty() || self.account.wallets.iter().any(covers)
    }
}

/// What is available in a wallet.
pub fn available(live: &Live, account: &str, wallet: &Wallet) -> i64 {
    let told = live.available.iter().find(|(owner, id, _)| owner == account && *id == wallet.id);
    told.map_or(wallet.credit_limit, |(.., available)| *available)
}
