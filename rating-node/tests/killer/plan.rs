//! The plan of the killer test: accounts, each with a cap of another kind, two routes, random caps; and how a call of it is made.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::OnceLock;

use rating_core::class::{CountedCalls, Period};
use rating_core::live::Now;
use rating_core::money::Nano;
use rating_core::plan::{Account, Limits, Network, Plan, Trunk, VolumeLimit, Wallet};
use rating_core::route::{Call, Origin};
use rating_node::{Config, Node, Verdict};

use crate::common;

/// Accounts. The first three have a cap on their concurrent calls.
pub const ACCOUNTS: u8 = 8;
/// This one has a cap on its attempts in all.
pub const ATTEMPTS: u8 = 3;
/// This one pays by a wallet, a call that was answered costs a unit of it.
pub const WALLET: u8 = 4;
/// This one has a cap on what it spends in a day, likewise.
pub const SPEND: u8 = 5;
/// This one has a cap on its minutes of a month; a call that was answered lasts one.
pub const MINUTES: u8 = 6;
/// This one has a cap on its calls per second.
pub const CPS: u8 = 7;
/// What an answered call of up to a minute costs, and is held: 60/60 at 0.01.
pub const CALL_NANO: i64 = 10_000_000;

/// Caps of the plan.
#[derive(Clone, Copy, Debug)]
pub struct CallCaps {
    /// Concurrent calls of each of the first accounts.
    pub accounts: [u32; 3],
    /// Concurrent calls of each route.
    pub routes: [u32; 2],
    /// Calls of `ATTEMPTS`, in all.
    pub attempts: u32,
    /// Answered calls of `WALLET`, `SPEND`, `MINUTES`, in all.
    pub budgets: [u32; 3],
    /// Of `CPS`: calls in a thousand seconds, and the burst.
    pub cps_milli: u64,
    pub cps_burst: u32,
}

fn concurrent(calls_max: u32) -> Limits {
    Limits { concurrent_calls_max: Some(calls_max), ..Limits::default() }
}

fn limits(at: u8, caps: &CallCaps) -> Limits {
    let [_, spend, minutes] = caps.budgets;
    match at {
        ATTEMPTS => {
            let counts = CountedCalls::Attempts;
            let total = VolumeLimit { period: Period::Total, counts, calls_max: caps.attempts };
            Limits { volumes: vec![total], ..Limits::default() }
        }
        SPEND => {
            let most = Nano(i64::from(spend) * CALL_NANO);
            Limits { spend_per_day_max: Some(most), ..Limits::default() }
        }
        MINUTES => Limits { minutes_per_month_max: Some(minutes), ..Limits::default() },
        CPS => {
            Limits { cps_milli: Some(caps.cps_milli), cps_burst: Some(caps.cps_burst), ..Limits::default() }
        }
        _ => caps.accounts.get(usize::from(at)).map_or_else(Limits::default, |most| concurrent(*most)),
    }
}

pub fn plan(caps: &CallCaps) -> Plan {
    let mut plan = common::plan(common::Caps::default());
    let wallet = || Wallet { id: "main".into(), ..Default::default() };
    let account = |at: u8| Account {
        id: format!("account-{at}"),
        limits: limits(at, caps),
        wallets: if at == WALLET { vec![wallet()] } else { vec![] },
        ..plan.accounts[0].clone()
    };
    let trunk = |at: u8| Trunk {
        id: format!("trunk-{at}"),
        account: format!("account-{at}"),
        sources: vec![Network { address: source(at), prefix_len: 32 }],
        ..plan.trunks[0].clone()
    };
    let (accounts, trunks) = ((0..ACCOUNTS).map(account).collect(), (0..ACCOUNTS).map(trunk).collect());
    (plan.accounts, plan.trunks) = (accounts, trunks);
    plan.routes.iter_mut().zip(caps.routes).for_each(|(route, cap)| route.limits = concurrent(cap));
    plan
}

/// The slot of the wallet, which has all that it was given from the beginning.
pub fn give(node: &Node, caps: &CallCaps) -> u32 {
    let generation = node.newest();
    let wallet = generation.snapshot().wallets()[0].to_wallet();
    let slot = node.shm().wallets().slot(&wallet).unwrap();
    node.grant(slot, u64::from(caps.budgets[0]) * CALL_NANO.unsigned_abs(), 0);
    slot
}

fn source(account: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, 10 + account).into()
}

pub fn config(directory: &Path) -> Config {
    Config { calls_max: 32_768, ..common::config(directory) }
}

pub const START: &str = "TANDEM_KILLER_START_NS";

/// The instant, on both clocks. The day begins with the test, so that no midnight falls into it.
pub fn now() -> Now {
    let monotonic_ns = monotonic_ns();
    static START_NS: OnceLock<u64> = OnceLock::new();
    let told = || std::env::var(START).ok().and_then(|text| text.parse().ok());
    let start_ns = *START_NS.get_or_init(|| told().unwrap_or(monotonic_ns));
    Now { utc_ns: common::T0_NS + (monotonic_ns - start_ns).cast_signed(), monotonic_ns }
}

/// What others are to be told, so that all have one clock.
pub fn start_ns() -> u64 {
    let now = now();
    now.monotonic_ns - (now.utc_ns - common::T0_NS).unsigned_abs()
}

fn monotonic_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    (now.tv_sec * 1_000_000_000 + now.tv_nsec).unsigned_abs()
}

/// A minute later, on both clocks.
pub fn minute_after(now: Now) -> Now {
    let minute_ns = 60_000_000_000u64;
    Now { utc_ns: now.utc_ns + minute_ns.cast_signed(), monotonic_ns: now.monotonic_ns + minute_ns }
}

pub fn decide(node: &Node, account: u8, call: u64, now: Now) -> Verdict {
    let call_id = format!("call-{call}");
    let call_id = call_id.as_bytes();
    let call = Call { call_id, ..Call::new(Origin::Source(source(account)), b"12125550142", b"13125550123") };
    node.decide(&common::request_of(call), now)
}

/// The route of the call's next leg; the caller says how the one before failed, or 0.
pub fn next(node: &Node, handle: rating_node::Handle, sip_code: u16) -> Option<u8> {
    let mut dial = [0u8; 128];
    let leg = node.next(handle, sip_code, now(), &mut dial).ok()??;
    let text = std::str::from_utf8(&dial[..leg.dial_len]).unwrap();
    Some(u8::from(text.ends_with("22:5060")))
}
