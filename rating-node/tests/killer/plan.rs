//! The plan of the killer test: accounts, two routes, random caps; and how a call of it is made.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use rating_core::class::{CountedCalls, Period};
use rating_core::live::Now;
use rating_core::plan::{Account, Limits, Network, Plan, Trunk, VolumeLimit};
use rating_core::route::{Call, Origin};
use rating_node::{CallRequest, Config, Node, Verdict};

use crate::common;

/// Accounts; the last one has a cap on its attempts in all, and none on its concurrent calls.
pub const ACCOUNTS: u8 = 4;

/// Caps of the plan.
#[derive(Clone, Copy, Debug)]
pub struct CallCaps {
    /// Concurrent calls of each account but the last.
    pub accounts: [u32; ACCOUNTS as usize - 1],
    /// Concurrent calls of each route.
    pub routes: [u32; 2],
    /// Calls of the last account, in all.
    pub attempts: u32,
}

fn concurrent(calls_max: u32) -> Limits {
    Limits { concurrent_calls_max: Some(calls_max), ..Limits::default() }
}

pub fn plan(caps: &CallCaps) -> Plan {
    let mut plan = common::plan(common::Caps::default());
    let account = |at: u8| Account {
        id: format!("account-{at}"),
        limits: match caps.accounts.get(usize::from(at)) {
            Some(calls_max) => concurrent(*calls_max),
            None => Limits {
                volumes: vec![VolumeLimit {
                    period: Period::Total,
                    counts: CountedCalls::Attempts,
                    calls_max: caps.attempts,
                }],
                ..Limits::default()
            },
        },
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

fn source(account: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, 10 + account).into()
}

pub fn config(directory: &Path) -> Config {
    Config { calls_max: 32_768, ..common::config(directory) }
}

/// The instant, on both clocks.
pub fn now() -> Now {
    let ns = |clock| {
        let now = rustix::time::clock_gettime(clock);
        now.tv_sec * 1_000_000_000 + now.tv_nsec
    };
    let monotonic_ns = ns(rustix::time::ClockId::Monotonic).unsigned_abs();
    Now { utc_ns: ns(rustix::time::ClockId::Realtime), monotonic_ns }
}

pub fn decide(node: &Node, account: u8, call: u64) -> Verdict {
    let call_id = format!("call-{call}");
    let call_id = call_id.as_bytes();
    let call = Call { call_id, ..Call::new(Origin::Source(source(account)), b"12125550142", b"13125550123") };
    node.decide(&CallRequest { call, call_id, from_tag: b"ft", cseq: b"1", branch: b"z9hG4bK1" }, now())
}

/// The route of the call's next leg; the caller says how the one before failed, or 0.
pub fn next(node: &Node, handle: rating_node::Handle, sip_code: u16) -> Option<u8> {
    let mut dial = [0u8; 128];
    let leg = node.next(handle, sip_code, now(), &mut dial).ok()??;
    let text = std::str::from_utf8(&dial[..leg.dial_len]).unwrap();
    Some(u8::from(text.ends_with("22:5060")))
}
