//! A prepaid call through the C ABI: its time-out is what is held, `tandem_due` extends it, or names it to be ended.
//!
//! One route at 0.01 a minute and a half more, by the second, held for one second at a time: 250,000 nano-units.

mod common;

use std::mem::zeroed;

use rating_core::plan::Wallet;
use rating_node::{Config, Node};
use tandem::abi::*;
use tandem::decision::TandemDecision;
use tandem::status::TandemStatus as Status;
use tandem::types::*;

const A_SECOND: u64 = 250_000;

fn text(text: &str) -> TandemText {
    TandemText { data: text.as_ptr().cast(), len: text.len() }
}

fn decide(call_id: &str) -> (Status, TandemDecision) {
    // SAFETY: integers and pointers may be zero.
    let mut call: TandemCall = unsafe { zeroed() };
    call.size = size_of::<TandemCall>() as u32;
    (call.source, call.dnis, call.call_id) = (text("192.0.2.10"), text("+442079460123"), text(call_id));
    let mut decision = TandemDecision::new();
    // SAFETY: both are valid.
    let status = unsafe { tandem_decide(&call, &mut decision) };
    (status, decision)
}

/// What `tandem_due` names: handle, what for, seconds left.
fn due() -> Vec<(u64, u32, u32)> {
    // SAFETY: integers may be zero.
    let mut due: TandemDue = unsafe { zeroed() };
    due.size = size_of::<TandemDue>() as u32;
    // SAFETY: valid.
    assert_eq!(unsafe { tandem_due(&mut due) }, Status::Ok);
    assert_eq!(due.more, 0);
    due.calls.iter().take(due.count as usize).map(|call| (call.handle, call.due_for, call.left_sec)).collect()
}

#[test]
fn r8_2_the_time_out_is_what_is_held_and_due_extends_it_or_ends_the_call() {
    let fixture = common::fixture_of(|plan| {
        plan.settings.hold_interval_sec = 1;
        plan.routes[1].active = false;
        let terms = plan.decks[0].versions[0].rows[0].terms_mut();
        (terms.first_sec, terms.increment_sec) = (1, 1);
        plan.accounts[0].wallets = vec![Wallet { id: "main".into(), ..Default::default() }];
    });
    let config = TandemConfig {
        size: size_of::<TandemConfig>() as u32,
        calls_max: 0,
        snapshot: text(fixture.snapshot.to_str().expect("UTF-8")),
        state: text(fixture.state.to_str().expect("UTF-8")),
    };
    // SAFETY: valid.
    assert_eq!(unsafe { tandem_attach(&config) }, Status::Ok);
    assert_eq!(decide("early").1.sip_code, 402, "no lease yet");

    // The agent's part.
    let (snapshot, state) = (fixture.snapshot.clone(), fixture.state.clone());
    let agent = Node::attach_agent(&Config { snapshot, state, calls_max: 0 }).expect("an agent");
    let wallet = agent.newest().snapshot().wallets()[0].to_wallet();
    let slot = agent.shm().wallets().slot(&wallet).expect("room");
    agent.grant(slot, A_SECOND, 0);

    let (status, decision) = decide("one");
    assert_eq!((status, decision.max_duration_sec), (Status::Ok, 1));
    let handle = decision.handle;
    assert_eq!(due(), [], "it is not answered yet");
    assert_eq!(tandem_answered(handle, 200), Status::Ok);
    // The first second has begun, and there is none after it.
    assert_eq!(due(), [(handle, TandemDueFor::End as u32, 0)]);
    assert_eq!((tandem_alive(handle), tandem_ended(handle, 0)), (Status::Ok, Status::Ok));

    agent.grant(slot, 1000 * A_SECOND, 0);
    let (_, decision) = decide("two");
    let handle = decision.handle;
    assert_eq!(tandem_answered(handle, 200), Status::Ok);
    let told = due();
    assert!(matches!(told[..], [(named, 1, 1..)] if named == handle), "{told:?}");
    assert_eq!(tandem_ended(handle, 0), Status::Ok);
    assert_eq!(agent.wallets_off(), []);
    // SAFETY: null is allowed to be asked.
    assert_eq!(unsafe { tandem_due(std::ptr::null_mut()) }, Status::NullPointer);
}
