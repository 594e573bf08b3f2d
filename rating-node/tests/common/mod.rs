//! A node over a small plan, in a directory of its own.
//!
//! Account `acme` (trunk `acme_main`, 127.0.0.10) sells at 0.01 a minute, 60/60. Route `cheap` costs 0.006 a
//! minute, 30/6, route `dear` 0.012 a minute, 6/6, with a fee of 0.001.
#![allow(dead_code)]

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rating_core::live::Now;
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::*;
use rating_core::route::{Call, Origin};
use rating_core::snapshot::write::compile;
use rating_core::tariff::Rounding;
use rating_node::{CallRequest, Config, Handle, Node, Verdict};

/// 2026-06-01T00:00:00Z.
pub const T0_NS: i64 = 1_780_272_000_000_000_000;
pub const SEC_NS: i64 = 1_000_000_000;

/// Caps of the small plan; `None` is none.
#[derive(Clone, Copy, Default)]
pub struct Caps {
    pub account_calls: Option<u32>,
    pub trunk_calls: Option<u32>,
    pub cheap_calls: Option<u32>,
    pub cheap_cps_milli: Option<u64>,
    pub dear_calls: Option<u32>,
}

fn calls(concurrent_calls_max: Option<u32>) -> Limits {
    Limits { concurrent_calls_max, ..Limits::default() }
}

fn deck(id: &str, rate: &str, first_sec: u32, increment_sec: u32, fee: &str) -> Deck {
    let nano = |text: &str| Nano::parse(text.as_bytes()).unwrap();
    let row = DeckRow {
        prefix: Digits::new(b"1312").unwrap(),
        destination: "".into(),
        prices: Prices { default: Price::PerMin(nano(rate)), ..Prices::default() },
        terms: RowTerms { first_sec, increment_sec, connect_fee: nano(fee), ..RowTerms::default() }.into(),
    };
    let version = DeckVersion {
        number: 1,
        effective_from: 0,
        scope: Scope::Full,
        rows: vec![row],
        ..Default::default()
    };
    Deck {
        id: id.into(),
        ij_policy: None,
        rounding: Rounding::DEFAULT,
        versions: vec![version],
        ..Default::default()
    }
}

fn provider(id: &str) -> Provider {
    let (kind, ij_policy) = (ProviderKind::Lrn, IjPolicy::Higher);
    Provider { id: id.into(), active: true, kind, ij_policy, limits: Limits::default(), ..Default::default() }
}

fn route(id: &str, provider: &str, limits: Limits) -> Route {
    let deck = Some(format!("{id}_deck"));
    Route {
        id: id.into(),
        provider: provider.into(),
        deck,
        active: true,
        quality: 0,
        limits,
        ..Default::default()
    }
}

fn gateway(route: &str, address: &str) -> Gateway {
    let dial_string = format!("sip:+${{number}}@{address}");
    Gateway {
        id: format!("{route}_gw"),
        route: route.into(),
        dial_string,
        priority: 0,
        active: true,
        ..Default::default()
    }
}

pub fn plan(caps: Caps) -> Plan {
    let member =
        |route: &str| Member { route: route.into(), priority: 0, active: true, ..Default::default() };
    let cheap = Limits { cps_milli: caps.cheap_cps_milli, ..calls(caps.cheap_calls) };
    Plan {
        settings: Settings {
            name: "small".into(),
            currency: "USD".into(),
            reference_duration_sec: 60,
            default_partition: None,
            use_ani_lrn: false,
            max_duration_sec: 14_400,
            dial_timeout_sec: 20,
            ..Default::default()
        },
        accounts: vec![Account {
            id: "acme".into(),
            active: true,
            sell_deck: Some("acme_deck".into()),
            sell_key: SellKey::Dnis,
            cost_plus: None,
            min_margin: MinMargin::AllowLoss,
            partitions: vec!["all".into()],
            limits: calls(caps.account_calls),
            ..Default::default()
        }],
        trunks: vec![Trunk {
            id: "acme_main".into(),
            account: "acme".into(),
            active: true,
            sources: vec![Network { address: IpAddr::V4(Ipv4Addr::new(127, 0, 0, 10)), prefix_len: 32 }],
            ani_required: false,
            trust_lrn: false,
            partitions: vec![],
            limits: calls(caps.trunk_calls),
            ..Default::default()
        }],
        providers: vec![provider("north"), provider("mesa")],
        routes: vec![route("cheap", "north", cheap), route("dear", "mesa", calls(caps.dear_calls))],
        gateways: vec![gateway("cheap", "127.0.0.21:5060"), gateway("dear", "127.0.0.22:5060")],
        partitions: vec![Partition {
            id: "all".into(),
            active: true,
            strategy: Strategy::LeastCost,
            members: vec![member("cheap"), member("dear")],
            rate_limit_per_min: None,
            max_results: 8,
            dial_timeout_sec: Some(5),
            limits: Limits::default(),
            ..Default::default()
        }],
        decks: vec![
            deck("acme_deck", "0.01", 60, 60, "0"),
            deck("cheap_deck", "0.006", 30, 6, "0"),
            deck("dear_deck", "0.012", 6, 6, "0.001"),
        ],
        numbering: vec![],
        local_calling: vec![],
        ..Default::default()
    }
}

/// Writes the plan's snapshot as publishing does: beside, then renamed.
pub fn publish(directory: &Path, plan: &Plan) {
    let beside = directory.join("snapshot.new");
    std::fs::write(&beside, compile(plan, T0_NS / SEC_NS).unwrap()).unwrap();
    std::fs::rename(beside, directory.join("snapshot")).unwrap();
}

pub fn config(directory: &Path) -> Config {
    Config { snapshot: directory.join("snapshot"), state: directory.join("state"), calls_max: 64 }
}

pub fn segments(directory: &Path) -> PathBuf {
    directory.join("segments")
}

/// A node over the small plan.
pub fn node(directory: &Path, caps: Caps) -> Node {
    publish(directory, &plan(caps));
    Node::attach(&config(directory)).unwrap()
}

/// The request of a call that its Call-ID alone names.
pub fn request_of(call: Call<'_>) -> CallRequest<'_> {
    let notes = Default::default();
    CallRequest { call, call_id: call.call_id, from_tag: b"ft", cseq: b"1", branch: b"z9hG4bK1", notes }
}

/// `sec` seconds into the test, on both clocks. The monotonic one begins at what it really is: an agent that runs
/// beside a test expires what is long past on it.
pub fn at(sec: i64) -> Now {
    static START_NS: OnceLock<u64> = OnceLock::new();
    let start_ns = *START_NS.get_or_init(|| {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        (now.tv_sec * SEC_NS + now.tv_nsec).cast_unsigned()
    });
    Now { utc_ns: T0_NS + sec * SEC_NS, monotonic_ns: start_ns + (sec * SEC_NS).cast_unsigned() }
}

/// An INVITE from an address.
fn decide_invite(node: &Node, source: [u8; 4], call_id: &str, dnis: &str, now: Now) -> Verdict {
    let call_id = call_id.as_bytes();
    let origin = Origin::Source(IpAddr::V4(Ipv4Addr::from(source)));
    let call = Call { call_id, ..Call::new(origin, b"12125550142", dnis.as_bytes()) };
    node.decide(&request_of(call), now)
}

pub fn decide_from(node: &Node, source: [u8; 4], call_id: &str, now: Now) -> Verdict {
    decide_invite(node, source, call_id, "13125550123", now)
}

pub fn decide_to(node: &Node, call_id: &str, dnis: &str, now: Now) -> Verdict {
    decide_invite(node, [127, 0, 0, 10], call_id, dnis, now)
}

pub fn decide(node: &Node, call_id: &str, now: Now) -> Verdict {
    decide_to(node, call_id, "13125550123", now)
}

/// The handle of a call that must be admitted.
pub fn admitted(verdict: Verdict) -> Handle {
    match verdict {
        Verdict::Admitted { handle, .. } => handle,
        Verdict::Rejected { reject, .. } => panic!("rejected: {}", reject.reason),
    }
}

/// The reason of a call that must be rejected.
pub fn rejected(verdict: Verdict) -> rating_core::reject::Reason {
    match verdict {
        Verdict::Admitted { .. } => panic!("admitted"),
        Verdict::Rejected { reject, .. } => reject.reason,
    }
}

/// The dial string of the next leg.
pub fn dial(node: &Node, handle: Handle, sip_code: u16, now: Now) -> Option<String> {
    let mut buffer = [0u8; 256];
    let leg = node.next(handle, sip_code, now, &mut buffer).unwrap()?;
    Some(String::from_utf8(buffer[..leg.dial_len].to_vec()).unwrap())
}
