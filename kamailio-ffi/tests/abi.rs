//! A call's life through the C ABI, and what happens to those who use it wrongly.
//!
//! One test, because the node is one for the process: what is attached stays so.

mod common;

use std::ffi::{CStr, c_char};
use std::mem::zeroed;
use std::ptr::{null, null_mut};

use tandem::abi::*;
use tandem::decision::TandemDecision;
use tandem::status::TandemStatus as Status;
use tandem::types::*;

fn text(text: &str) -> TandemText {
    TandemText { data: text.as_ptr().cast(), len: text.len() }
}

const NOTHING: TandemText = TandemText { data: null(), len: 0 };

fn call(call_id: &'static str, source: &'static str) -> TandemCall {
    TandemCall {
        size: size_of::<TandemCall>() as u32,
        lrn_dipped: 0,
        source: text(source),
        ani: text("12125550100"),
        dnis: text("+442079460123;npdi"),
        ani_lrn: NOTHING,
        dnis_lrn: NOTHING,
        call_id: text(call_id),
        from_tag: text("a"),
        cseq: text("1"),
        branch: text("z9hG4bK1"),
        dip: NOTHING,
        identity: NOTHING,
    }
}

fn decide(call: &TandemCall) -> (Status, TandemDecision) {
    let mut decision = TandemDecision::new();
    // SAFETY: both are valid.
    let status = unsafe { tandem_decide(call, &mut decision) };
    (status, decision)
}

fn next(handle: u64, failed: u16) -> (Status, String, u32) {
    // SAFETY: integers may be zero.
    let mut next: TandemNext = unsafe { zeroed() };
    next.size = size_of::<TandemNext>() as u32;
    // SAFETY: valid.
    let status = unsafe { tandem_next(handle, failed, &mut next) };
    let dial =
        next.dial_string[..next.dial_string_len as usize].iter().map(|byte| byte.cast_unsigned() as char);
    (status, dial.collect(), next.dial_timeout_sec)
}

fn stats() -> TandemStats {
    // SAFETY: integers may be zero.
    let mut stats: TandemStats = unsafe { zeroed() };
    stats.size = size_of::<TandemStats>() as u32;
    // SAFETY: valid.
    assert_eq!(unsafe { tandem_stats(&mut stats) }, Status::Ok);
    stats
}

fn reason_name(reason: u16) -> String {
    let mut buffer = [0u8; 64];
    // SAFETY: writable for 64 bytes.
    let len = unsafe { tandem_reason_name(reason, buffer.as_mut_ptr().cast::<c_char>(), 64) };
    String::from_utf8_lossy(&buffer[..len]).into_owned()
}

fn last_error() -> String {
    let mut buffer = [0u8; 512];
    // SAFETY: writable for 512 bytes.
    let len = unsafe { tandem_last_error(buffer.as_mut_ptr().cast::<c_char>(), 512) };
    String::from_utf8_lossy(&buffer[..len]).into_owned()
}

#[test]
fn a_call_lives_and_every_misuse_is_a_status() {
    before_attaching();
    attaching();
    a_call_with_two_legs();
    retransmissions_and_limits();
    asking();
    emergency_calls();
    misuse();
}

fn before_attaching() {
    assert_eq!(decide(&call("early", "192.0.2.10")).0, Status::NotAttached);
    assert_eq!(tandem_ended(1, 0), Status::NotAttached);
}

fn attaching() {
    let fixture = Box::leak(Box::new(common::fixture()));
    let (snapshot, state) = (fixture.snapshot.to_str().unwrap(), fixture.state.to_str().unwrap());
    let config = |snapshot: &str| TandemConfig {
        size: size_of::<TandemConfig>() as u32,
        calls_max: 1000,
        snapshot: text(snapshot),
        state: text(state),
    };
    let attach = |config: &TandemConfig| {
        // SAFETY: valid.
        unsafe { tandem_attach(config) }
    };
    assert_eq!(attach(&config("/nowhere/plan.snapshot")), Status::AttachFailed);
    assert!(last_error().contains("/nowhere/plan.snapshot"), "{}", last_error());
    assert_eq!(attach(&config(snapshot)), Status::Ok);
    assert_eq!(attach(&config(snapshot)), Status::Ok);
    assert_eq!(attach(&config("/elsewhere")), Status::AttachedElsewhere);
    assert_eq!(attach(&TandemConfig { size: 4, ..config(snapshot) }), Status::BadSize);
    assert_eq!(attach(&TandemConfig { state: NOTHING, ..config(snapshot) }), Status::BadArgument);
}

fn a_call_with_two_legs() {
    let (status, decision) = decide(&call("two-legs", "192.0.2.10"));
    assert_eq!((status, decision.reason, decision.sip_code), (Status::Ok, 0, 0));
    assert_eq!((decision.leg_count, decision.max_duration_sec, decision.jurisdiction), (2, 7200, 7));
    // SAFETY: only of this decision's own slices.
    let of = |slice| unsafe { decision.text_of(slice) };
    assert_eq!(
        [of(decision.trunk), of(decision.account), of(decision.partition), of(decision.dnis)],
        ["main", "acme", "prime", "442079460123"]
    );
    let [cheap, dear, ..] = decision.legs;
    assert_eq!(
        [of(cheap.dial_string), of(cheap.route), of(cheap.provider), of(cheap.gateway)],
        ["sip:+442079460123@cheap.example:5060", "cheap", "cheap_inc", "cheap_gw1"]
    );
    // 0.01 a minute; sold at cost plus half.
    assert_eq!((cheap.cost_nano, cheap.price_nano), (10_000_000, 15_000_000));
    assert_eq!((cheap.rate_nano_per_min, cheap.customer_rate_nano_per_min), (10_000_000, 15_000_000));
    assert_eq!((cheap.dial_timeout_sec, cheap.deck_version, cheap.prefix_len), (7, 3, 2));
    assert_eq!((of(dear.route), dear.cost_nano), ("dear".into(), 20_000_000));

    let handle = decision.handle;
    let first = (Status::Ok, "sip:+442079460123@cheap.example:5060".to_owned(), 7);
    assert_eq!(next(handle, 0), first);
    assert_eq!(next(handle, 0), first);
    assert_eq!(next(handle, 503), (Status::Ok, "sip:+442079460123@dear.example:5060".into(), 7));
    assert_eq!(tandem_ringing(handle, 180), Status::Ok);
    assert_eq!(tandem_answered(handle, 200), Status::Ok);
    assert_eq!((stats().answered, stats().slots_held), (1, 1));
    for _ in 0..2 {
        assert_eq!(tandem_ended(handle, 200), Status::Ok);
        assert_eq!((stats().answered, stats().slots_held), (0, 0));
    }
    assert_eq!(next(handle, 503).0, Status::NoLeg);
}

fn retransmissions_and_limits() {
    let first = call("first", "192.0.2.10");
    let (_, admitted) = decide(&first);
    let (status, again) = decide(&first);
    assert_eq!((status, again.handle, again.retransmission), (Status::Ok, admitted.handle, 1));

    let (status, refused) = decide(&call("second", "192.0.2.10"));
    assert_eq!((status, refused.sip_code, refused.handle), (Status::Rejected, 503, 0));
    assert_eq!(reason_name(refused.reason), "concurrency_exceeded");
    let (status, stranger) = decide(&call("third", "192.0.2.99"));
    assert_eq!((status, stranger.sip_code), (Status::Rejected, 403));
    assert_eq!(reason_name(stranger.reason), "unknown_trunk");
    assert_eq!(stats().rejected_by_reason[usize::from(refused.reason)], 1);
    assert_eq!((stats().admitted, stats().rejected), (2, 2));
    // Refused again as it was, and no retransmission of a call that is alive.
    let (status, again) = decide(&call("second", "192.0.2.10"));
    assert_eq!((status, again.reason, again.retransmission), (Status::Rejected, refused.reason, 0));

    assert_eq!(next(admitted.handle, 486).0, Status::NoLeg, "busy ends the call (7.2)");
    assert_eq!(tandem_ended(admitted.handle, 486), Status::Ok);
    assert_eq!(stats().slots_held, 0);
}

/// Asked what a call would be told, the node holds, counts and records nothing.
fn asking() {
    let before = stats();
    let ask = |call: &TandemCall| {
        let mut decision = TandemDecision::new();
        // SAFETY: both are valid.
        let status = unsafe { tandem_simulate(call, &mut decision) };
        (status, decision)
    };
    for _ in 0..3 {
        // Room for one call, and no Call-ID is needed.
        let (status, told) = ask(&call("", "192.0.2.10"));
        assert_eq!((status, told.handle, told.leg_count, told.max_duration_sec), (Status::Ok, 0, 2, 7200));
        // SAFETY: its own slice.
        let dialled = unsafe { told.text_of(told.legs[0].dial_string) };
        assert_eq!(dialled, "sip:+442079460123@cheap.example:5060");
    }
    let (status, told) = ask(&call("", "192.0.2.99"));
    assert_eq!((status, told.sip_code, told.leg_count), (Status::Rejected, 403, 0));
    assert_eq!(reason_name(told.reason), "unknown_trunk");
    // The week that the call itself is told, and not the plan's two hours.
    let (status, told) = ask(&TandemCall { dnis: text("911"), ..call("", "192.0.2.10") });
    assert_eq!((status, told.handle, told.max_duration_sec), (Status::Ok, 0, 604_800));

    let (_, admitted) = decide(&call("in the way", "192.0.2.10"));
    let (status, told) = ask(&call("", "192.0.2.10"));
    assert_eq!((status, told.sip_code, told.handle), (Status::Rejected, 503, 0));
    assert_eq!(reason_name(told.reason), "concurrency_exceeded");
    assert_eq!(tandem_ended(admitted.handle, 487), Status::Ok);
    let after = stats();
    assert_eq!((after.admitted, after.rejected), (before.admitted + 1, before.rejected));
    assert_eq!((after.in_setup, after.slots_held), (0, 0));
}

fn emergency_calls() {
    let help = TandemCall { dnis: text("911"), ..call("help", "192.0.2.10") };
    let (status, first) = decide(&help);
    // As long as a plan can say at most, and not the plan's two hours; also when it comes again.
    assert_eq!((status, first.max_duration_sec, first.retransmission), (Status::Ok, 604_800, 0));
    let (status, again) = decide(&help);
    assert_eq!((status, again.max_duration_sec, again.retransmission), (Status::Ok, 604_800, 1));
    assert_eq!(stats().emergency_calls, 1);
    assert_eq!(tandem_ended(first.handle, 486), Status::Ok);
}

fn misuse() {
    let good = call("misuse", "192.0.2.10");
    let mut decision = TandemDecision::new();
    // SAFETY: null is allowed.
    assert_eq!(unsafe { tandem_decide(null(), &mut decision) }, Status::NullPointer);
    // SAFETY: null is allowed.
    assert_eq!(unsafe { tandem_decide(&good, null_mut()) }, Status::NullPointer);
    assert_eq!(decide(&TandemCall { size: 0, ..good }).0, Status::BadSize);
    decision.size -= 1;
    // SAFETY: valid.
    assert_eq!(unsafe { tandem_decide(&good, &mut decision) }, Status::BadSize);
    assert_eq!(decide(&call("misuse", "not an address")).0, Status::BadArgument);
    assert_eq!(last_error(), "source: not an IP address, nor user:NAME");
    assert_eq!(decide(&call("", "192.0.2.10")).0, Status::BadArgument);
    let (status, _) = decide(&TandemCall { dnis: NOTHING, ..call("no number", "192.0.2.10") });
    assert_eq!(status, Status::Rejected);

    for handle in [0, 1, u64::MAX] {
        assert_eq!(next(handle, 0).0, Status::UnknownHandle);
        assert_eq!(tandem_answered(handle, 200), Status::UnknownHandle);
        assert_eq!(tandem_ended(handle, 200), Status::UnknownHandle);
    }
    assert_eq!(reason_name(0), "");
    assert_eq!(reason_name(9999), "");
    assert!(tandem_status_name(77).is_null());
    // SAFETY: the name of a known status is a C string that lives for ever.
    let name = unsafe { CStr::from_ptr(tandem_status_name(-7)) };
    assert_eq!(name, c"unknown_handle");
}
