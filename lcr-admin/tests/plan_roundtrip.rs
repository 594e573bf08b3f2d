//! Writing a plan directory and reading it back gives the same plan.

use std::fs;
use std::path::{Path, PathBuf};

use lcr_admin::plan::{ChangeKind, WriteDirError, diff, normalise, read_dir, write_dir};
use proptest::prelude::*;
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::{
    self, Account, CostPlus, Deck, DeckRow, DeckVersion, Gateway, IjPolicy, Limits, LocalPair, Member,
    MinMargin, Network, NumberBlock, Partition, Plan, Price, Prices, Provider, ProviderKind, Route, Scope,
    SellKey, Settings, Trunk,
};
use rating_core::tariff::{Rounding, RoundingMode};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/wholesale")
}

#[track_caller]
fn assert_survives(plan: &Plan) {
    let dir = tempfile::tempdir().unwrap();
    write_dir(plan, dir.path()).unwrap();
    let back = read_dir(dir.path()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(diff(&back.plan, plan), [], "what differs, in words");
    assert_eq!(&back.plan, plan);
}

#[test]
fn the_example_has_no_mistakes_and_survives() {
    let loaded = read_dir(&example()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.plan.partitions[0].dial_timeout_sec, Some(2));
    assert_survives(&loaded.plan);
}

#[test]
fn writing_twice_gives_the_same_bytes() {
    let plan = read_dir(&example()).unwrap().plan;
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_dir(&plan, first.path()).unwrap();
    write_dir(&read_dir(first.path()).unwrap().plan, second.path()).unwrap();
    for name in ["plan.toml", "accounts.toml", "providers.toml", "decks.toml", "decks/mesa_std.v2.csv"] {
        let read = |dir: &Path| fs::read_to_string(dir.join(name)).unwrap();
        assert_eq!(read(first.path()), read(second.path()), "{name}");
    }
}

#[test]
fn a_plan_directory_is_replaced_and_nothing_else_is() {
    let mut plan = read_dir(&example()).unwrap().plan;
    let dir = tempfile::tempdir().unwrap();
    write_dir(&plan, dir.path()).unwrap();
    plan.decks.iter_mut().for_each(|deck| deck.versions.truncate(1));
    write_dir(&plan, dir.path()).unwrap();
    assert!(!dir.path().join("decks/mesa_std.v2.csv").exists(), "price lists of old versions go");
    assert_eq!(read_dir(dir.path()).unwrap().plan, plan);

    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("thesis.txt"), "x").unwrap();
    assert!(matches!(write_dir(&plan, other.path()), Err(WriteDirError::NotAPlanDirectory(_))));
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1, "untouched");
}

#[test]
fn a_dangling_route_cannot_be_written_and_leaves_no_plan() {
    let mut plan = read_dir(&example()).unwrap().plan;
    plan.routes[0].provider = "nobody".to_owned();
    let dir = tempfile::tempdir().unwrap();
    let error = write_dir(&plan, dir.path()).unwrap_err();
    assert_eq!(error.to_string(), "route `atlas_world` belongs to `nobody`, which the plan does not have");
    assert!(!dir.path().join("plan.toml").exists());
}

#[test]
fn differences_are_told_by_kind_and_id() {
    let from = read_dir(&example()).unwrap().plan;
    let mut to = from.clone();
    to.trunks[0].limits.cps_milli = Some(2_500);
    to.gateways.remove(0);
    to.decks.iter_mut().find(|deck| deck.id == "mesa_std").unwrap().versions[1].rows[0].increment_sec = 1;
    to.local_calling.clear();
    let told: Vec<_> =
        diff(&from, &to).into_iter().map(|change| (change.what, change.id, change.change)).collect();
    assert_eq!(
        told,
        [
            ("deck version", "mesa_std/2".to_owned(), ChangeKind::Changed),
            ("gateway", "atlas_world_gw1".to_owned(), ChangeKind::Removed),
            ("local calling", "CO BOULDER - CO DENVER".to_owned(), ChangeKind::Removed),
            ("trunk", "acme_dialler".to_owned(), ChangeKind::Changed),
        ]
    );
    let changes = diff(&from, &to);
    let rows = changes[0].rows.as_ref().unwrap();
    assert_eq!((rows.added, rows.removed, rows.changed), (0, 0, 1));
    let row = "1303555 \"Denver CO\" inter 0.006 intra 0.005";
    assert_eq!(rows.first, [format!("~ {row} 6/6 -> {row} 6/1")]);
    let field = &changes[3].fields[0];
    assert_eq!(field.key, "limits");
    assert_eq!(field.from.as_deref(), Some("{ cps = 1, cps_burst = 1 }"));
    assert_eq!(field.to.as_deref(), Some("{ cps = 2.5, cps_burst = 1 }"));
}

fn id() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_.-]{1,12}"
}

fn nano() -> impl Strategy<Value = Nano> {
    prop_oneof![(0i64..100_000_000_000).prop_map(Nano), Just(Nano::ZERO), Just(Nano(i64::MAX))]
}

fn limits() -> impl Strategy<Value = Limits> {
    let cps = prop::option::of((1u64..=1_000_000_000, prop::option::of(1u32..)));
    (cps, prop::option::of(1u32..)).prop_map(|(cps, concurrent_calls_max)| Limits {
        cps_milli: cps.map(|(milli, _)| milli),
        cps_burst: cps.and_then(|(_, burst)| burst),
        concurrent_calls_max,
        ..Default::default()
    })
}

fn rounding() -> impl Strategy<Value = Rounding> {
    use RoundingMode::{Down, HalfEven, HalfUp, None, Up};
    (prop::sample::select(vec![Up, Down, HalfUp, HalfEven, None]), 0u8..=9)
        .prop_map(|(mode, decimals)| Rounding { mode, decimals })
}

fn ij_policy() -> impl Strategy<Value = IjPolicy> {
    use IjPolicy::{Higher, Interstate, Intrastate, Reject};
    prop::sample::select(vec![Higher, Interstate, Intrastate, Reject])
}

fn settings() -> impl Strategy<Value = Settings> {
    ("[ -~é\\n\\t\"]{0,12}", "[A-Z]{3}", 1u32..=86_400, any::<bool>(), 1u32..=604_800, 1u32..=300).prop_map(
        |(name, currency, reference_duration_sec, use_ani_lrn, max_duration_sec, dial_timeout_sec)| {
            Settings {
                name: format!("x{name}"),
                currency,
                reference_duration_sec,
                default_partition: None,
                use_ani_lrn,
                max_duration_sec,
                dial_timeout_sec,
                ..Default::default()
            }
        },
    )
}

fn account(decks: Vec<String>, partitions: Vec<String>) -> impl Strategy<Value = Account> {
    let cost_plus = (nano(), nano(), rounding()).prop_map(|(margin, fixed_fee_per_min, rounding)| CostPlus {
        margin_nano_percent: margin.0,
        fixed_fee_per_min,
        rounding,
    });
    let min_margin = prop_oneof![
        nano().prop_map(MinMargin::Amount),
        (0i64..=100_000_000_000).prop_map(MinMargin::NanoPercent),
        Just(MinMargin::AllowLoss),
    ];
    let key = prop::sample::select(vec![SellKey::Dnis, SellKey::Lrn]);
    let deck = prop::option::of(prop::sample::select(decks));
    let count = partitions.len();
    let lists = prop::sample::subsequence(partitions, 0..=count).prop_shuffle();
    (id(), any::<bool>(), deck, key, prop::option::of(cost_plus), min_margin, lists, limits()).prop_map(
        |(id, active, sell_deck, sell_key, cost_plus, min_margin, partitions, limits)| Account {
            id,
            active,
            sell_deck,
            sell_key,
            cost_plus,
            min_margin,
            partitions,
            limits,
            ..Default::default()
        },
    )
}

fn network() -> impl Strategy<Value = Network> {
    prop_oneof![
        (any::<u32>(), 0u8..=32).prop_map(|(bits, prefix_len)| {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix_len)).unwrap_or(0);
            Network { address: std::net::Ipv4Addr::from_bits(bits & mask).into(), prefix_len }
        }),
        // From 2000::/3, so that none is an IPv4 address in disguise.
        (any::<u128>(), 3u8..=128).prop_map(|(bits, prefix_len)| {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix_len)).unwrap_or(0);
            let bits = ((bits >> 3) | (1 << 125)) & mask;
            Network { address: std::net::Ipv6Addr::from_bits(bits).into(), prefix_len }
        }),
    ]
}

fn trunk(account: String) -> impl Strategy<Value = Trunk> {
    (id(), any::<bool>(), prop::collection::vec(network(), 0..4), any::<bool>(), any::<bool>(), limits())
        .prop_map(move |(id, active, sources, ani_required, trust_lrn, limits)| Trunk {
            id,
            account: account.clone(),
            active,
            sources,
            ani_required,
            trust_lrn,
            partitions: Vec::new(),
            limits,
            ..Default::default()
        })
}

fn price() -> impl Strategy<Value = Price> {
    prop_oneof![Just(Price::Missing), Just(Price::Blocked), nano().prop_map(Price::PerMin)]
}

fn row() -> impl Strategy<Value = DeckRow> {
    let prices = (price(), price(), price(), price(), nano()).prop_map(|(a, b, c, d, e)| Prices {
        interstate: a,
        intrastate: b,
        local: c,
        indeterminate: d,
        default: Price::PerMin(e),
    });
    let text = ("[1-9][0-9]{0,14}", "[ -~ü]{0,9}");
    let instants = (prop::option::of(0i64..4_000_000_000), prop::option::of(4_000_000_000i64..9_000_000_000));
    (text, prices, prop::option::of(nano()), 1u32..9999, 1u32..9999, 0u32..99, nano(), instants).prop_map(
        |((prefix, destination), prices, first, first_sec, increment_sec, grace_sec, connect_fee, at)| {
            DeckRow {
                prefix: Digits::new(prefix.as_bytes()).unwrap(),
                destination: destination.trim().into(),
                prices,
                first_rate_per_min: first,
                first_sec,
                increment_sec,
                grace_sec,
                connect_fee,
                starts: at.0,
                ends: at.1,
            }
        },
    )
}

fn deck() -> impl Strategy<Value = Deck> {
    let rows = prop::collection::vec(row(), 1..6);
    let scope = prop::sample::select(vec![Scope::Full, Scope::Partial]);
    let version = (1u32..=2_147_483_647, -62_000_000_000i64..250_000_000_000, scope, rows).prop_map(
        |(number, effective_from, scope, mut rows)| {
            // A row without a date starts with its version.
            rows.sort_by_key(|row| (row.prefix, row.starts.or(Some(effective_from))));
            rows.dedup_by_key(|row| (row.prefix, row.starts.or(Some(effective_from))));
            rows.sort_by_key(|row| (row.prefix, row.starts));
            DeckVersion { number, effective_from, scope, rows, ..Default::default() }
        },
    );
    (id(), prop::option::of(ij_policy()), rounding(), prop::collection::vec(version, 1..3)).prop_map(
        |(id, ij_policy, rounding, mut versions)| {
            versions.sort_by_key(|version| version.number);
            versions.dedup_by_key(|version| version.number);
            Deck { id, ij_policy, rounding, versions, ..Default::default() }
        },
    )
}

/// A provider with one route of two gateways, and the partition that lists it.
type Carrier = (Provider, Route, Vec<Gateway>, Partition);

fn carrier(deck: String) -> impl Strategy<Value = Carrier> {
    use ProviderKind::{Dnis, International, Lrn, RateDeck};
    use plan::Strategy::{HighestMargin, LeastCost, Primary, Priority};
    let kind = prop::sample::select(vec![Lrn, Dnis, International, RateDeck]);
    let strategy = prop::sample::select(vec![LeastCost, Priority, Primary, HighestMargin]);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let numbers = (any::<i32>(), any::<i32>(), any::<i32>(), 1u32..=8, prop::option::of(1u32..=300));
    (
        id(),
        kind,
        ij_policy(),
        limits(),
        limits(),
        limits(),
        strategy,
        flags,
        numbers,
        prop::option::of(nano()),
    )
        .prop_map(
            move |(
                id,
                kind,
                ij_policy,
                of_provider,
                of_route,
                of_partition,
                strategy,
                flags,
                numbers,
                rate_limit,
            )| {
                let gateway = |end: &str, active| Gateway {
                    id: format!("{id}{end}"),
                    route: id.clone(),
                    dial_string: format!("sip:${{number}}@{end}.example:5060"),
                    priority: numbers.0,
                    active,
                    ..Default::default()
                };
                let gateways = vec![gateway("a", flags.0), gateway("b", true)];
                let member =
                    Member { route: id.clone(), priority: numbers.1, active: flags.1, ..Default::default() };
                let provider = Provider {
                    id: id.clone(),
                    active: flags.2,
                    kind,
                    ij_policy,
                    limits: of_provider,
                    ..Default::default()
                };
                let route = Route {
                    id: id.clone(),
                    provider: id.clone(),
                    deck: Some(deck.clone()),
                    active: flags.3,
                    quality: numbers.2,
                    limits: of_route,
                    ..Default::default()
                };
                let partition = Partition {
                    id: id.clone(),
                    active: flags.0,
                    strategy,
                    members: vec![member],
                    rate_limit_per_min: rate_limit,
                    max_results: numbers.3,
                    dial_timeout_sec: numbers.4,
                    limits: of_partition,
                    ..Default::default()
                };
                (provider, route, gateways, partition)
            },
        )
}

fn number_block() -> impl Strategy<Value = NumberBlock> {
    (
        "[2-9][0-9]{2}[2-9][0-9]{2}[0-9]?",
        "[A-Z]{2}",
        "([A-Z]{2})?",
        0u32..=99_999,
        "([0-9A-Z]{4})?",
        "[A-Z, \"]{0,9}",
    )
        .prop_map(|(prefix, country, state, lata, ocn, rate_center)| NumberBlock {
            prefix: Digits::new(prefix.as_bytes()).unwrap(),
            country,
            state,
            lata,
            ocn,
            rate_center: rate_center.trim().to_owned(),
            ..Default::default()
        })
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let numbering = prop::collection::vec(number_block(), 0..5);
    let local = prop::collection::vec(("[A-Z]{2}", "[A-Z]{1,5}", "[A-Z]{2}", "[A-Z]{1,5}"), 0..4);
    (deck(), settings(), numbering, local)
        .prop_flat_map(|(deck, settings, numbering, local)| {
            let carrier = carrier(deck.id.clone());
            (Just((deck, settings, numbering, local)), carrier)
        })
        .prop_flat_map(|(head, carrier)| {
            let account = account(vec![head.0.id.clone()], vec![carrier.3.id.clone()]);
            (Just((head, carrier)), account)
        })
        .prop_flat_map(|(head, account)| {
            let trunk = trunk(account.id.clone());
            (Just((head, account)), trunk)
        })
        .prop_map(|((((deck, settings, numbering, local), carrier), account), trunk)| {
            let (provider, route, gateways, partition) = carrier;
            let local_calling = local
                .into_iter()
                .map(|(state_a, rate_center_a, state_b, rate_center_b)| LocalPair {
                    state_a,
                    rate_center_a,
                    state_b,
                    rate_center_b,
                })
                .collect();
            let mut plan = Plan {
                settings: Settings { default_partition: Some(partition.id.clone()), ..settings },
                accounts: vec![account],
                trunks: vec![trunk],
                providers: vec![provider],
                routes: vec![route],
                gateways,
                partitions: vec![partition],
                decks: vec![deck],
                numbering,
                local_calling,
                ..Default::default()
            };
            normalise(&mut plan);
            plan.numbering.dedup_by_key(|block| block.prefix);
            plan
        })
}

/// A new seed for each run, printed where the test fails; PLAN_SEED=… runs one again.
fn seeded() -> ProptestConfig {
    let now = || std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros() as u64;
    let seed = std::env::var("PLAN_SEED").map_or_else(|_| now(), |seed| seed.parse().unwrap());
    eprintln!("PLAN_SEED={seed}");
    ProptestConfig {
        cases: 64,
        rng_seed: proptest::test_runner::RngSeed::Fixed(seed),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(seeded())]

    /// Any plan that a directory can hold survives being written and read.
    #[test]
    fn any_plan_survives(plan in any_plan()) {
        assert_survives(&plan);
    }
}
