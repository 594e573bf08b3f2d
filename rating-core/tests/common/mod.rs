//! A small plan to change from test to test, and calls on it.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use rating_core::candidates::Candidate;
use rating_core::limit::{Dimension, Limit};
use rating_core::live::{Full, LiveState, Now, Unused};
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::*;
use rating_core::reject::Reason;
use rating_core::route::{Call, Decision, Origin, decide};
use rating_core::snapshot::view::Snapshot;
use rating_core::snapshot::write::compile;
use rating_core::tariff::Rounding;
use rating_core::trace::Trace;

pub const AT: UtcSec = 1_800_000_000;
pub const NOW: Now = Now { utc_ns: AT * 1_000_000_000, monotonic_ns: 5_000_000_000 };
pub const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10));
pub const DENVER: &[u8] = b"13035550100";
pub const NEW_YORK: &[u8] = b"12125550100";

pub fn usd(amount: &str) -> Nano {
    Nano::parse(amount.as_bytes()).unwrap()
}

pub fn digits(text: &str) -> Digits {
    Digits::new(text.as_bytes()).unwrap()
}

/// Three routes to all of the US: `a` at 0.03, `b` at 0.01, `c` at 0.02.
pub fn three_routes() -> Plan {
    let mut plan = plan();
    for (id, price) in [("a", "0.03"), ("b", "0.01"), ("c", "0.02")] {
        add_route(&mut plan, id, ProviderKind::Dnis, vec![row("1", flat(price))]);
    }
    plan
}

/// An account `acme` without prices of its own that accepts losses, its trunk on 192.0.2.10, and a partition
/// `prime` without members.
pub fn plan() -> Plan {
    Plan {
        settings: Settings {
            name: "test".into(),
            currency: "USD".into(),
            reference_duration_sec: 60,
            default_partition: Some("prime".into()),
            use_ani_lrn: false,
            max_duration_sec: 14_400,
            dial_timeout_sec: 20,
            ..Default::default()
        },
        accounts: vec![account("acme")],
        trunks: vec![trunk("main", "acme", &[(Ipv4Addr::new(192, 0, 2, 10), 32)])],
        providers: vec![],
        routes: vec![],
        gateways: vec![],
        partitions: vec![partition("prime")],
        decks: vec![],
        numbering: vec![],
        local_calling: vec![],
        ..Default::default()
    }
}

/// Sells at buy cost.
pub fn account(id: &str) -> Account {
    Account {
        id: id.into(),
        active: true,
        sell_deck: None,
        sell_key: SellKey::Dnis,
        cost_plus: Some(CostPlus {
            margin_nano_percent: 0,
            fixed_fee_per_min: Nano::ZERO,
            rounding: Rounding::DEFAULT,
        }),
        min_margin: MinMargin::Amount(Nano::ZERO),
        partitions: vec![],
        limits: Limits::default(),
        ..Default::default()
    }
}

pub fn trunk(id: &str, account: &str, sources: &[(Ipv4Addr, u8)]) -> Trunk {
    Trunk {
        id: id.into(),
        account: account.into(),
        active: true,
        sources: sources.iter().map(|&(v4, prefix_len)| Network { address: v4.into(), prefix_len }).collect(),
        ani_required: false,
        trust_lrn: false,
        partitions: vec![],
        limits: Limits::default(),
        ..Default::default()
    }
}

pub fn partition(id: &str) -> Partition {
    Partition {
        id: id.into(),
        active: true,
        strategy: Strategy::LeastCost,
        members: vec![],
        rate_limit_per_min: None,
        max_results: 8,
        dial_timeout_sec: None,
        limits: Limits::default(),
        ..Default::default()
    }
}

/// A row billed 60/60, as the price of one minute is then the cost of the reference call.
pub fn row(prefix: &str, prices: Prices) -> DeckRow {
    DeckRow {
        prefix: digits(prefix),
        destination: "".into(),
        prices,
        terms: RowTerms { first_sec: 60, increment_sec: 60, ..RowTerms::default() }.into(),
    }
}

pub fn per_min(amount: &str) -> Price {
    match amount {
        "" => Price::Missing,
        "blocked" => Price::Blocked,
        amount => Price::PerMin(usd(amount)),
    }
}

pub fn flat(amount: &str) -> Prices {
    Prices { default: per_min(amount), ..Prices::default() }
}

pub fn inter_intra(interstate: &str, intrastate: &str) -> Prices {
    Prices { interstate: per_min(interstate), intrastate: per_min(intrastate), ..Prices::default() }
}

pub fn version(number: u32, effective_from: UtcSec, scope: Scope, rows: Vec<DeckRow>) -> DeckVersion {
    DeckVersion { number, effective_from, scope, rows, ..Default::default() }
}

pub fn deck(id: &str, versions: Vec<DeckVersion>) -> Deck {
    Deck { id: id.into(), ij_policy: None, rounding: Rounding::DEFAULT, versions, ..Default::default() }
}

/// Adds a provider, a deck of one version with these rows, a route and a gateway, all of one name, as a member
/// of `prime`.
pub fn add_route(plan: &mut Plan, id: &str, kind: ProviderKind, rows: Vec<DeckRow>) {
    plan.providers.push(Provider {
        id: id.into(),
        active: true,
        kind,
        ij_policy: IjPolicy::Higher,
        limits: Limits::default(),
        ..Default::default()
    });
    plan.decks.push(deck(id, vec![version(1, 0, Scope::Full, rows)]));
    plan.routes.push(Route {
        id: id.into(),
        provider: id.into(),
        deck: Some(id.into()),
        active: true,
        quality: 0,
        limits: Limits::default(),
        ..Default::default()
    });
    plan.gateways.push(Gateway {
        id: format!("{id}-gw1"),
        route: id.into(),
        dial_string: format!("sip:+${{number}}@{id}.example:5060"),
        priority: 1,
        active: true,
        ..Default::default()
    });
    plan.partitions[0].members.push(Member {
        route: id.into(),
        priority: 1,
        active: true,
        ..Default::default()
    });
}

/// A decision with names in place of indexes.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    /// Routes taken, best first, once a leg.
    pub legs: Vec<String>,
    /// Routes dropped, by id.
    pub dropped: Vec<(String, Reason)>,
    /// The reject.
    pub reject: Option<Reason>,
    pub decision: Decision,
}

impl Told {
    /// The route of the first leg.
    pub fn cheapest(&self) -> Candidate {
        let legs = self.decision.verdict.as_ref().unwrap_or_else(|reject| panic!("{reject:?}"));
        *legs.iter().next().unwrap().candidate
    }
}

struct Explain(Vec<(u32, Reason)>);

impl Trace for Explain {
    const EXPLAINS: bool = true;
    fn considered(&mut self, _: &Candidate) {}
    fn dropped(&mut self, route: u32, reason: Reason) {
        self.0.push((route, reason));
    }
}

pub fn compiled(plan: &Plan) -> Vec<u8> {
    compile(plan, AT).unwrap_or_else(|error| panic!("{error}"))
}

pub fn tell<L: LiveState>(bytes: &[u8], call: &Call<'_>, now: Now, live: &L) -> Told {
    let snapshot = Snapshot::open(bytes).unwrap();
    let mut trace = Explain(vec![]);
    let decision = decide(&snapshot, call, now, live, &mut trace);
    let name = |route: u32| snapshot.text(snapshot.routes()[route as usize].name).to_owned();
    let mut dropped: Vec<_> = trace.0.iter().map(|&(route, reason)| (name(route), reason)).collect();
    dropped.sort();
    Told {
        legs: decision
            .verdict
            .iter()
            .flat_map(|legs| legs.iter())
            .map(|leg| name(leg.candidate.route))
            .collect(),
        dropped,
        reject: decision.verdict.err().map(|reject| reject.reason),
        decision,
    }
}

/// A call from Denver on the trunk of the plan.
pub fn to(dnis: &[u8]) -> Call<'_> {
    Call::new(Origin::Source(SOURCE), DENVER, dnis)
}

pub fn ask(plan: &Plan, call: &Call<'_>) -> Told {
    tell(&compiled(plan), call, NOW, &Unused)
}

/// Limits in memory.
#[derive(Default)]
pub struct Counts {
    pub tat: RefCell<HashMap<u64, u64>>,
    pub calls: RefCell<HashMap<u64, u32>>,
}

impl LiveState for Counts {
    fn take_cps(&self, _: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        let Dimension::Cps(gcra) = limit.dimension else { panic!("not a CPS limit") };
        let mut tat = self.tat.borrow_mut();
        let word = tat.entry(limit.key).or_default();
        *word = gcra.admit(*word, now.monotonic_ns)?;
        Ok(())
    }

    fn undo_cps(&self, _: u32, limit: &Limit) {
        let Dimension::Cps(gcra) = limit.dimension else { panic!("not a CPS limit") };
        *self.tat.borrow_mut().get_mut(&limit.key).unwrap() -= gcra.interval_ns;
    }

    fn has_room(&self, _: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        match limit.dimension {
            Dimension::Cps(gcra) => {
                let tat = self.tat.borrow().get(&limit.key).copied().unwrap_or(0);
                gcra.admit(tat, now.monotonic_ns).map(|_| ())
            }
            Dimension::Concurrency { calls_max } => {
                let calls = self.calls.borrow().get(&limit.key).copied().unwrap_or(0);
                if calls < calls_max { Ok(()) } else { Err(Full { retry_after_ns: 0 }) }
            }
            _ if limit.admits_nothing() => Err(Full { retry_after_ns: 0 }),
            _ => Ok(()),
        }
    }
}
