//! A node to attach to: one trunk on 192.0.2.10 with room for one call, two carriers, the cheaper with a cap.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::net::Ipv4Addr;
use std::path::PathBuf;

use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::*;
use rating_core::snapshot::write::compile;
use rating_core::tariff::Rounding;
use tempfile::TempDir;

/// Files of a node.
pub struct Fixture {
    pub snapshot: PathBuf,
    pub state: PathBuf,
    _dir: TempDir,
}

/// Writes the snapshot.
pub fn fixture() -> Fixture {
    fixture_of(|_| ())
}

/// The same, of a plan that is changed first.
pub fn fixture_of(change: impl FnOnce(&mut Plan)) -> Fixture {
    let mut plan = plan();
    change(&mut plan);
    let dir = TempDir::new().expect("a temporary directory");
    let (snapshot, state) = (dir.path().join("plan.snapshot"), dir.path().join("node.state"));
    let bytes = compile(&plan, 1_700_000_000).expect("the plan compiles");
    std::fs::write(&snapshot, bytes).expect("the snapshot is written");
    Fixture { snapshot, state, _dir: dir }
}

fn plan() -> Plan {
    let mut plan = Plan {
        settings: Settings {
            name: "abi".into(),
            currency: "USD".into(),
            reference_duration_sec: 60,
            default_partition: Some("prime".into()),
            use_ani_lrn: false,
            max_duration_sec: 7200,
            dial_timeout_sec: 15,
            emergency_numbers: vec![Digits::new(b"911").expect("digits")],
            emergency_routes: vec!["cheap".into()],
            ..Default::default()
        },
        accounts: vec![account()],
        trunks: vec![trunk()],
        providers: vec![],
        routes: vec![],
        gateways: vec![],
        partitions: vec![partition()],
        decks: vec![],
        numbering: vec![],
        local_calling: vec![],
        ..Default::default()
    };
    add_route(&mut plan, "cheap", 10_000_000);
    add_route(&mut plan, "dear", 20_000_000);
    plan
}

fn account() -> Account {
    Account {
        id: "acme".into(),
        active: true,
        sell_deck: None,
        sell_key: SellKey::Dnis,
        cost_plus: Some(CostPlus {
            margin_nano_percent: 50_000_000_000,
            fixed_fee_per_min: Nano::ZERO,
            rounding: Rounding::DEFAULT,
        }),
        min_margin: MinMargin::Amount(Nano::ZERO),
        partitions: vec![],
        limits: Limits::default(),
        ..Default::default()
    }
}

fn trunk() -> Trunk {
    let address = Ipv4Addr::new(192, 0, 2, 10).into();
    Trunk {
        id: "main".into(),
        account: "acme".into(),
        active: true,
        sources: vec![Network { address, prefix_len: 32 }],
        ani_required: false,
        trust_lrn: true,
        partitions: vec![],
        limits: Limits { concurrent_calls_max: Some(1), ..Limits::default() },
        ..Default::default()
    }
}

fn partition() -> Partition {
    Partition {
        id: "prime".into(),
        active: true,
        strategy: Strategy::LeastCost,
        members: vec![],
        rate_limit_per_min: None,
        max_results: 8,
        dial_timeout_sec: Some(7),
        limits: Limits::default(),
        ..Default::default()
    }
}

/// A carrier that goes to the UK, billed 60/60.
fn add_route(plan: &mut Plan, id: &str, nano_per_min: i64) {
    let row = DeckRow {
        prefix: Digits::new(b"44").expect("digits"),
        destination: "UK".into(),
        prices: Prices { default: Price::PerMin(Nano(nano_per_min)), ..Prices::default() },
        terms: RowTerms { first_sec: 60, increment_sec: 60, ..RowTerms::default() }.into(),
    };
    let version = DeckVersion {
        number: 3,
        effective_from: 0,
        scope: Scope::Full,
        rows: vec![row],
        ..Default::default()
    };
    plan.decks.push(Deck {
        id: id.into(),
        ij_policy: None,
        rounding: Rounding::DEFAULT,
        versions: vec![version],
        ..Default::default()
    });
    plan.providers.push(Provider {
        id: format!("{id}_inc"),
        active: true,
        kind: ProviderKind::Dnis,
        ij_policy: IjPolicy::Higher,
        limits: Limits::default(),
        ..Default::default()
    });
    plan.routes.push(Route {
        id: id.into(),
        provider: format!("{id}_inc"),
        deck: Some(id.into()),
        active: true,
        quality: 0,
        limits: Limits::default(),
        ..Default::default()
    });
    plan.gateways.push(Gateway {
        id: format!("{id}_gw1"),
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
