//! The plan behind the committed snapshot: small, and with a record in every section.
//!
//! What it says must never change: the committed bytes of a format's version are what old files look like. A new version
//! of the format gets a new file beside them.

use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::*;
use rating_core::tariff::{Rounding, RoundingMode};

/// 2026-01-01T00:00:00Z: the instant that the fixture is compiled for.
pub const AT: UtcSec = 1_767_225_600;
/// 2026-07-01T00:00:00Z: when `alpha_lrn` changes, so when the fixture ends.
pub const UNTIL: UtcSec = 1_782_864_000;

fn nano(text: &str) -> Nano {
    Nano::parse(text.as_bytes()).expect("an amount")
}

fn price(text: &str) -> Price {
    match text {
        "" => Price::Missing,
        "blocked" => Price::Blocked,
        text => Price::PerMin(nano(text)),
    }
}

/// A row: prefix, interstate, intrastate, local, indeterminate, default, first interval and increment.
fn row(prefix: &str, prices: [&str; 5], first_sec: u32, increment_sec: u32) -> DeckRow {
    DeckRow {
        prefix: Digits::new(prefix.as_bytes()).expect("a prefix"),
        destination: "".into(),
        prices: Prices::of_columns(prices.map(price)),
        terms: RowTerms { first_sec, increment_sec, ..RowTerms::default() }.into(),
    }
}

fn digits(text: &str) -> Digits {
    Digits::new(text.as_bytes()).expect("digits")
}

fn version(number: u32, effective_from: UtcSec, scope: Scope, rows: Vec<DeckRow>) -> DeckVersion {
    DeckVersion { number, effective_from, scope, rows, ..Default::default() }
}

fn deck(id: &str, ij_policy: Option<IjPolicy>, versions: Vec<DeckVersion>) -> Deck {
    Deck { id: id.into(), ij_policy, rounding: Rounding::DEFAULT, versions, ..Default::default() }
}

fn decks() -> Vec<Deck> {
    let alpha = vec![
        row("1", ["0.0098", "0.0102", "", "", ""], 6, 6),
        row("1212", ["0.0045", "0.0051", "", "", ""], 6, 6),
        row("1212555", ["0.0031", "0.0062", "0.0012", "", ""], 6, 6),
        row("12125556", ["0.0029", "0.0058", "", "", ""], 6, 6),
        row("1212976", ["blocked", "blocked", "blocked", "blocked", "blocked"], 6, 6),
        row("1800", ["", "", "", "", "0.0005"], 1, 1),
    ];
    let started_later = row("1303", ["0.0077", "0.0088", "", "", ""], 6, 6);
    let started_later = started_later.with(|terms| terms.starts = Some(UNTIL));
    let alpha_update = vec![row("1303555", ["0.0041", "blocked", "", "0.0066", ""], 30, 6), started_later];
    let beta = vec![
        row("1", ["0.0072", "0.0060", "", "", ""], 60, 60),
        row("1303555", ["0.0040", "0.0082", "0.0020", "", ""], 30, 6),
        row("13035550", ["0.0039", "0.0079", "", "", ""], 30, 6),
        row("1303555012", ["0.0037", "0.0073", "", "", ""], 30, 6),
        row("1876", ["", "", "", "", "0.0900"], 60, 60),
    ];
    let with_fee = row("447", ["", "", "", "", "0.0310"], 30, 6).with(|terms| {
        terms.connect_fee = nano("0.005");
        terms.first_rate_per_min = Some(nano("0.0400"));
    });
    let with_grace = row("9197112", ["", "", "", "", "0.0190"], 1, 1).with(|terms| terms.grace_sec = 3);
    let gamma = vec![
        row("1", ["", "", "", "", "0.0065"], 60, 60),
        row("44", ["", "", "", "", "0.0080"], 60, 1),
        with_fee,
        row("44782", ["", "", "", "", "blocked"], 60, 1),
        row("91", ["", "", "", "", "0.0150"], 1, 1),
        with_grace,
        row("919711234", ["", "", "", "", "0.0175"], 1, 1),
    ];
    let sell = vec![
        row("1", ["0.0200", "0.0220", "0.0180", "", ""], 6, 6),
        row("1212555", ["0.0150", "0.0160", "", "", ""], 6, 6),
        row("44", ["", "", "", "", "0.0600"], 60, 60),
    ];
    let mut gamma = deck("gamma_world", None, vec![version(1, 0, Scope::Full, gamma)]);
    gamma.rounding = Rounding { mode: RoundingMode::Up, decimals: 5 };
    vec![
        deck(
            "alpha_lrn",
            Some(IjPolicy::Reject),
            vec![version(1, 0, Scope::Full, alpha), version(2, 86_400, Scope::Partial, alpha_update)],
        ),
        deck("beta_lrn", None, vec![version(7, 0, Scope::Full, beta)]),
        delta(),
        gamma,
        deck("sell_acme", None, vec![version(1, 0, Scope::Full, sell)]),
    ]
}

/// By OCN and LATA, and by carrier; in euros.
fn delta() -> Deck {
    let priced =
        |amount: &str| DeckRow { prefix: Digits::EMPTY, ..row("1", ["", "", "", "", amount], 60, 60) };
    let by = |ocn: Option<&[u8; 4]>, lata, tier, amount: &str| OcnRow {
        ocn: ocn.copied(),
        lata,
        tier,
        row: priced(amount),
    };
    let only = DeckVersion {
        ocn_rows: vec![
            by(Some(b"9636"), Some(132), None, "0.0011"),
            by(Some(b"9636"), None, None, "0.0033"),
            by(None, Some(656), Some(2), "0.0044"),
        ],
        cic_rows: vec![CicRow { cic: *b"0222", row: priced("0.0055") }],
        ..version(1, 0, Scope::Full, vec![row("44", ["", "", "", "", "0.0066"], 1, 1)])
    };
    Deck { currency: "EUR".into(), ..deck("delta_ocn", None, vec![only]) }
}

fn limits(cps: Option<u64>, burst: Option<u32>, calls: Option<u32>) -> Limits {
    Limits {
        cps_milli: cps.map(|cps| cps * 1000),
        cps_burst: burst,
        concurrent_calls_max: calls,
        ..Default::default()
    }
}

fn account(id: &str) -> Account {
    Account {
        id: id.into(),
        active: true,
        sell_deck: None,
        sell_key: SellKey::Dnis,
        cost_plus: None,
        min_margin: MinMargin::Amount(Nano::ZERO),
        partitions: vec![],
        limits: Limits::default(),
        ..Default::default()
    }
}

fn accounts() -> Vec<Account> {
    let mut acme = account("acme");
    acme.sell_deck = Some("sell_acme".into());
    acme.partitions = vec!["us_prime".into(), "world".into()];
    acme.limits = limits(Some(100), None, Some(500));
    let mut bolt = account("bolt");
    bolt.cost_plus = Some(CostPlus {
        margin_nano_percent: 12_500_000_000,
        fixed_fee_per_min: nano("0.0003"),
        rounding: Rounding { mode: RoundingMode::HalfEven, decimals: 6 },
    });
    bolt.min_margin = MinMargin::NanoPercent(5_000_000_000);
    let mut dora = account("dora");
    dora.cost_plus =
        Some(CostPlus { margin_nano_percent: 0, fixed_fee_per_min: Nano::ZERO, rounding: Rounding::DEFAULT });
    dora.partitions = vec!["dora_calls".into()];
    dora.traffic = TrafficClass::Dialler;
    let mut gone = account("gone");
    gone.active = false;
    gone.time_zone = "America/New_York".into();
    gone.screening = Screening {
        blocked_ani: vec![digits("1900")],
        allowed_ani: vec![digits("19005550000")],
        blocked_dnis: vec![BlockedPrefix::Prefix(digits("53")), BlockedPrefix::AnyNpa976],
        allowed_dnis: vec![digits("5312345678")],
        destination_classes: Some(vec![DestinationClass::Domestic, DestinationClass::International]),
        countries: Countries::Only(vec!["US".into(), "GB".into()]),
    };
    gone.wallets = vec![
        Wallet { id: "cash".into(), kind: WalletKind::Money, priority: 1, threshold: 0, credit_limit: 5 },
        Wallet { id: "time".into(), kind: WalletKind::Seconds, priority: 2, threshold: 60, credit_limit: 0 },
    ];
    vec![acme, bolt, dora, gone]
}

fn trunk(id: &str, account: &str, sources: &[(&str, u8)]) -> Trunk {
    Trunk {
        id: id.into(),
        account: account.into(),
        active: true,
        sources: sources
            .iter()
            .map(|(address, prefix_len)| Network {
                address: address.parse().expect("an address"),
                prefix_len: *prefix_len,
            })
            .collect(),
        ani_required: false,
        trust_lrn: false,
        partitions: vec![],
        limits: Limits::default(),
        ..Default::default()
    }
}

fn trunks() -> Vec<Trunk> {
    let mut main = trunk("acme-main", "acme", &[("192.0.2.0", 24), ("2001:db8::", 32)]);
    main.trust_lrn = true;
    main.limits = limits(Some(10), Some(3), Some(20));
    let mut pbx = trunk("acme-pbx", "acme", &[("192.0.2.128", 25)]);
    pbx.ani_required = true;
    pbx.partitions = vec!["world".into()];
    let bolt = trunk("bolt-main", "bolt", &[("198.51.100.7", 32)]);
    let mut off = trunk("bolt-off", "bolt", &[("198.51.100.8", 32)]);
    off.active = false;
    let mut dora = trunk("dora-main", "dora", &[("198.51.100.64", 26)]);
    dora.user = Some("dora".into());
    dora.tech_prefix = "77#".into();
    // `9` and ten digits: the ten digits in NANP.
    dora.dial_rules = vec![DialRule { prefix: "9".into(), len: Some(11), strip: 1, add: digits("1") }];
    dora.provider = Some("lists".into());
    let gone = trunk("gone-main", "gone", &[("203.0.113.0", 24)]);
    vec![main, pbx, bolt, off, dora, gone]
}

fn provider(id: &str, kind: ProviderKind, ij_policy: IjPolicy, limits: Limits) -> Provider {
    Provider { id: id.into(), active: true, kind, ij_policy, limits, ..Default::default() }
}

fn route(id: &str, provider: &str, deck: Option<&str>, limits: Limits) -> Route {
    Route {
        id: id.into(),
        provider: provider.into(),
        deck: deck.map(Into::into),
        active: true,
        quality: 0,
        limits,
        ..Default::default()
    }
}

fn gateway(id: &str, route: &str, port: u16, priority: i32, active: bool) -> Gateway {
    let dial_string = format!("sip:+${{number}}@127.0.0.1:{port};transport=udp");
    Gateway { id: id.into(), route: route.into(), dial_string, priority, active, ..Default::default() }
}

fn gateways() -> Vec<Gateway> {
    vec![
        gateway("alpha-1", "alpha", 5081, 1, true),
        gateway("alpha-2", "alpha", 5082, 2, true),
        gateway("beta-1", "beta", 5083, 1, true),
        gateway("beta-down", "beta_spare", 5084, 1, false),
        gateway("gamma-1", "gamma", 5085, 1, true),
        gateway("desk-1", "desk", 5086, 1, true),
        Gateway { latas: vec![132, 656], weight: Some(3), ..gateway("delta-1", "delta", 5087, 1, true) },
    ]
}

fn routes() -> Vec<Route> {
    let mut gamma = route("gamma", "gamma", Some("gamma_world"), Limits::default());
    gamma.quality = 7;
    vec![
        route("alpha", "alpha", Some("alpha_lrn"), limits(Some(50), None, Some(1))),
        route("beta", "beta", Some("beta_lrn"), Limits::default()),
        route("beta_spare", "beta", Some("beta_lrn"), Limits::default()),
        gamma,
        route("delta", "delta", Some("delta_ocn"), Limits::default()),
        route("desk", "desk", None, Limits::default()),
        route("list", "lists", Some("gamma_world"), Limits::default()),
    ]
}

fn partition(id: &str, strategy: Strategy, members: &[(&str, i32)]) -> Partition {
    let member = |(route, priority): &(&str, i32)| Member {
        route: (*route).into(),
        priority: *priority,
        active: true,
        ..Default::default()
    };
    Partition {
        id: id.into(),
        active: true,
        strategy,
        members: members.iter().map(member).collect(),
        rate_limit_per_min: None,
        max_results: 8,
        dial_timeout_sec: None,
        limits: Limits::default(),
        ..Default::default()
    }
}

fn partitions() -> Vec<Partition> {
    let mut prime = partition(
        "us_prime",
        Strategy::LeastCost,
        &[("alpha", 2), ("beta", 1), ("beta_spare", 3), ("gamma", 4)],
    );
    prime.rate_limit_per_min = Some(nano("0.035"));
    prime.dial_timeout_sec = Some(12);
    prime.limits = limits(None, None, Some(300));
    let mut world = partition("world", Strategy::HighestMargin, &[("gamma", 1), ("list", 2), ("beta", 3)]);
    world.max_results = 2;
    let mut closed = partition("closed", Strategy::Priority, &[("desk", 1)]);
    closed.active = false;
    closed.members[0].weight = Some(5);
    closed.members[0].limits = Limits {
        volumes: vec![VolumeLimit { period: Period::Day, counts: CountedCalls::Billable, calls_max: 100 }],
        minutes_per_month_max: Some(1000),
        spend_per_day_max: Some(nano("25")),
        ..Default::default()
    };
    let mut dora = partition("dora_calls", Strategy::LeastCost, &[("delta", 1), ("desk", 1)]);
    dora.schedule =
        Some(Schedule { time_zone: "America/New_York".into(), windows: vec![RecurringWindow::ALWAYS] });
    vec![prime, world, closed, dora, partition("first", Strategy::Primary, &[("beta", 2), ("alpha", 1)])]
}

fn block(prefix: &str, state: &str, lata: u32, ocn: &str, rate_center: &str) -> NumberBlock {
    NumberBlock {
        prefix: Digits::new(prefix.as_bytes()).expect("a block"),
        country: "US".into(),
        state: state.into(),
        lata,
        ocn: ocn.into(),
        rate_center: rate_center.into(),
        ..Default::default()
    }
}

/// The plan of the committed fixture.
pub fn plan() -> Plan {
    Plan {
        settings: Settings {
            name: "fixture".into(),
            currency: "USD".into(),
            reference_duration_sec: 60,
            default_partition: Some("us_prime".into()),
            use_ani_lrn: true,
            max_duration_sec: 14_400,
            dial_timeout_sec: 20,
            emergency_numbers: vec![digits("911")],
            emergency_routes: vec!["desk".into()],
            toll_free_npas: vec![822],
            premium_prefixes: vec![digits("4490")],
            ..Default::default()
        },
        accounts: accounts(),
        trunks: trunks(),
        providers: vec![
            provider("alpha", ProviderKind::Lrn, IjPolicy::Higher, limits(None, None, Some(2000))),
            provider("beta", ProviderKind::Lrn, IjPolicy::Intrastate, Limits::default()),
            provider("delta", ProviderKind::OcnLata, IjPolicy::Higher, Limits::default()),
            provider("desk", ProviderKind::Dnis, IjPolicy::Higher, Limits::default()),
            provider("gamma", ProviderKind::Dnis, IjPolicy::Higher, Limits::default()),
            provider("lists", ProviderKind::RateDeck, IjPolicy::Higher, Limits::default()),
        ],
        routes: routes(),
        gateways: gateways(),
        partitions: partitions(),
        decks: decks(),
        numbering: vec![
            block("212555", "NY", 132, "6529", "NWYRCYZN01"),
            block("2125556", "NY", 132, "9206", "NWYRCYZN02"),
            block("303555", "CO", 656, "9636", "DENVER"),
            block("303666", "CO", 656, "9636", "BOULDER"),
        ],
        local_calling: vec![LocalPair {
            state_a: "CO".into(),
            rate_center_a: "DENVER".into(),
            state_b: "CO".into(),
            rate_center_b: "BOULDER".into(),
        }],
        dids: vec![Did {
            number: digits("13035559999"),
            account: "gone".into(),
            campaigns: vec![DidCampaign { partition: "closed".into(), priority: 1 }],
        }],
        overrides: vec![Override {
            id: "repair".into(),
            prefix: Some(digits("611")),
            bypass_lcr: true,
            ..Default::default()
        }],
        exclusions: vec![Exclusion {
            id: "never".into(),
            account: Some("bolt".into()),
            provider: Some("lists".into()),
            prefixes: vec![digits("44")],
            ..Default::default()
        }],
        dno: vec![digits("2005550000")],
        currency_rates: vec![CurrencyRate { currency: "EUR".into(), from: 0, rate: nano("1.1") }],
    }
}
