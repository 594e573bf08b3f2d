//! Calls that come back from where they were sent (7.1).

mod common;

use std::net::{IpAddr, Ipv4Addr};

use common::{Caps, admitted, at, dial, publish, rejected};
use rating_core::number::Digits;
use rating_core::plan::{Did, DidCampaign, Network, Plan, Trunk};
use rating_core::reject::Reason;
use rating_core::route::{Call, Origin};
use rating_node::{CallRequest, Node, Verdict};

const CUSTOMER: u8 = 10;
const NORTH: u8 = 21;
const MESA: u8 = 22;
const CALLED: &str = "13125550123";
const DID: &str = "13125550177";

/// The small plan, whose carriers send calls too; 1 312 555 0177 is a number of acme's.
fn plan() -> Plan {
    let mut plan = common::plan(Caps::default());
    for (provider, octet) in [("north", NORTH), ("mesa", MESA)] {
        plan.trunks.push(Trunk {
            id: format!("{provider}_in"),
            account: "acme".into(),
            provider: Some(provider.into()),
            sources: vec![Network { address: IpAddr::V4(Ipv4Addr::new(127, 0, 0, octet)), prefix_len: 32 }],
            ..Default::default()
        });
    }
    plan.dids = vec![Did {
        number: Digits::new(DID.as_bytes()).unwrap(),
        account: "acme".into(),
        campaigns: vec![DidCampaign { partition: "all".into(), priority: 1 }],
    }];
    plan
}

fn node(dir: &std::path::Path) -> Node {
    publish(dir, &plan());
    Node::attach(&common::config(dir)).unwrap()
}

/// An INVITE of one Call-ID. The branch is its own.
fn invite(node: &Node, from: u8, from_tag: &str, dnis: &str) -> Verdict {
    let branch = format!("z9hG4bK-{from}-{dnis}");
    let origin = Origin::Source(IpAddr::V4(Ipv4Addr::new(127, 0, 0, from)));
    node.decide(
        &CallRequest {
            call: Call { call_id: b"one", ..Call::new(origin, b"12125550142", dnis.as_bytes()) },
            call_id: b"one",
            from_tag: from_tag.as_bytes(),
            cseq: b"1",
            branch: branch.as_bytes(),
            notes: Default::default(),
        },
        at(0),
    )
}

#[test]
fn r7_1_a_call_that_comes_back_from_the_provider_that_has_it_is_a_loop() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path());
    let first = admitted(invite(&node, CUSTOMER, "tag", CALLED));
    assert!(dial(&node, first, 0, at(0)).unwrap().contains("127.0.0.21"));
    assert_eq!(rejected(invite(&node, NORTH, "tag", CALLED)), Reason::LoopDetected);
    // Its retransmission has the same answer, and counts once.
    assert_eq!(rejected(invite(&node, NORTH, "tag", CALLED)), Reason::LoopDetected);
    let stats = node.stats();
    assert_eq!((stats.admitted, stats.rejected), (1, vec![(Reason::LoopDetected, 1)]));
    assert_eq!((Reason::LoopDetected.sip_code(), node.stats().in_setup), (482, 1));
}

#[test]
fn r7_1_a_call_comes_back_also_when_it_is_answered_and_from_every_provider_that_it_was_sent_to() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path());
    let first = admitted(invite(&node, CUSTOMER, "tag", CALLED));
    dial(&node, first, 0, at(0)).unwrap();
    // North has refused it, and it went on to mesa, who takes it.
    assert!(dial(&node, first, 503, at(0)).unwrap().contains("127.0.0.22"));
    node.answered(first, 200, at(1)).unwrap();
    for provider in [NORTH, MESA] {
        assert_eq!(rejected(invite(&node, provider, "tag", CALLED)), Reason::LoopDetected, "{provider}");
    }
}

#[test]
fn r7_1_what_is_another_call_is_no_loop() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path());
    let first = admitted(invite(&node, CUSTOMER, "tag", CALLED));
    dial(&node, first, 0, at(0)).unwrap();
    // From a provider that it was not sent to; to a number of ours; with another tag.
    admitted(invite(&node, MESA, "tag", CALLED));
    admitted(invite(&node, NORTH, "tag", DID));
    admitted(invite(&node, NORTH, "other", CALLED));
    // When the first one is over it cannot come back.
    let dir = tempfile::tempdir().unwrap();
    publish(dir.path(), &plan());
    let node = Node::attach(&common::config(dir.path())).unwrap();
    let first = admitted(invite(&node, CUSTOMER, "tag", CALLED));
    node.ended(first, 487, at(1)).unwrap();
    admitted(invite(&node, NORTH, "tag", CALLED));
}

#[test]
fn r7_1_another_number_is_no_loop() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path());
    admitted(invite(&node, CUSTOMER, "tag", CALLED));
    admitted(invite(&node, NORTH, "tag", "13125550124"));
}

#[test]
fn r7_1_what_is_wrong_with_the_number_is_said_before() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path());
    admitted(invite(&node, CUSTOMER, "tag", CALLED));
    assert_eq!(rejected(invite(&node, NORTH, "tag", "1312")), Reason::InvalidNumber);
    // What no route takes is a loop first: the provider's own routes are no way for it.
    let mut plan = plan();
    plan.partitions[0].members.truncate(1);
    publish(dir.path(), &plan);
    node.publish(&dir.path().join("snapshot")).unwrap();
    assert_eq!(rejected(invite(&node, NORTH, "tag", CALLED)), Reason::LoopDetected);
}

#[test]
fn r7_2_a_call_to_a_did_goes_on_behind_a_busy_client() {
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path());
    let number = admitted(invite(&node, 10, "to a number", "13125550123"));
    assert!(common::dial(&node, number, 0, at(0)).is_some());
    assert_eq!(common::dial(&node, number, 486, at(1)), None, "486 stops any other call");
    node.ended(number, 486, at(1)).unwrap();
    let did = admitted(invite(&node, 10, "to a did", DID));
    assert!(common::dial(&node, did, 0, at(2)).unwrap().ends_with("21:5060"));
    assert!(common::dial(&node, did, 486, at(3)).unwrap().ends_with("22:5060"));
    assert_eq!(common::dial(&node, did, 600, at(4)), None, "6xx stops a campaign's call too");
}
