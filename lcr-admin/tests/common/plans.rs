//! Plans made up from a seed, with every kind of field in every state that it has.

use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::{
    Account, AniClass, BlockedPrefix, CicRow, CostPlus, CountedCalls, Countries, CurrencyRate, Deck, DeckRow,
    DeckVersion, DestinationClass, DialRule, Did, DidCampaign, Exclusion, ForcedMode, ForcedRoute, Gateway,
    IjPolicy, Limits, LocalPair, Member, MinMargin, Network, NumberBlock, OcnRow, Override, Partition,
    Period, Plan, Price, Prices, Provider, ProviderKind, RecurringWindow, Route, RowTerms, Schedule, Scope,
    Screening, SellKey, Settings, Strategy, TrafficClass, Trunk, VolumeLimit, Wallet, WalletKind,
    WhenTableFull,
};
use rating_core::tariff::{Rounding, RoundingMode};

/// Many of each thing, so that every enum's values and both states of every option occur.
const COUNT: usize = 24;

/// A plan that is in order: its references lead somewhere and its values are in range.
pub fn generated(seed: u64) -> Plan {
    let mut dice = Dice(seed.wrapping_mul(2).wrapping_add(1));
    let dice = &mut dice;

    let mut plan = Plan {
        settings: Settings {
            name: "made up: \"quotes\", tab\tand \\ backslash".to_owned(),
            currency: "EUR".to_owned(),
            reference_duration_sec: 1 + dice.below(600) as u32,
            default_partition: dice.maybe(|dice| dice.id("partition")),
            use_ani_lrn: dice.coin(),
            max_duration_sec: 604_800,
            dial_timeout_sec: 300,
            hold_interval_sec: 1 + dice.below(86_400) as u32,
            when_table_full: dice.maybe(|_| WhenTableFull::DropRecords).unwrap_or_default(),
            emergency_numbers: digits_list(&["911", "112", "000"]),
            emergency_routes: Vec::new(),
            toll_free_npas: vec![822, 880],
            premium_prefixes: dice.maybe(|_| digits_list(&["88213", "979"])).unwrap_or_default(),
        },
        accounts: (0..COUNT).map(|i| account(dice, i)).collect(),
        trunks: (0..COUNT).map(|i| trunk(dice, i)).collect(),
        providers: (0..COUNT).map(|i| provider(dice, i)).collect(),
        routes: (0..COUNT).map(|i| route(dice, i)).collect(),
        gateways: (0..COUNT * 2).map(|i| gateway(dice, i)).collect(),
        partitions: (0..COUNT).map(|i| partition(dice, i)).collect(),
        decks: (0..COUNT).map(|i| deck(dice, i)).collect(),
        numbering: (0..COUNT as u32 * 4).map(|i| number_block(dice, i)).collect(),
        local_calling: (0..COUNT).map(local_pair).collect(),
        dids: (0..COUNT).map(|i| did(dice, i)).collect(),
        overrides: (0..COUNT).map(|i| override_rule(dice, i)).collect(),
        exclusions: (0..COUNT).map(|i| exclusion(dice, i)).collect(),
        dno: digits_list(&["999", "303555", "3035550", "3035550100"]),
        currency_rates: currency_rates(),
    };
    decide_shared_decks(&mut plan);
    plan.settings.emergency_routes = two_routes_with_gateways(&plan);
    plan
}

/// Emergency routes need an active gateway; these two, the later id first: their order means something.
fn two_routes_with_gateways(plan: &Plan) -> Vec<String> {
    let mut routes: Vec<String> =
        plan.gateways.iter().filter(|gateway| gateway.active).map(|gateway| gateway.route.clone()).collect();
    routes.sort();
    routes.dedup();
    routes.into_iter().rev().take(2).collect()
}

fn digits(text: &str) -> Digits {
    Digits::new(text.as_bytes()).unwrap()
}

fn digits_list(texts: &[&str]) -> Vec<Digits> {
    texts.iter().map(|text| digits(text)).collect()
}

/// Rates that hold before the first price of any deck, and later ones.
fn currency_rates() -> Vec<CurrencyRate> {
    let rate =
        |currency: &str, from, rate| CurrencyRate { currency: currency.to_owned(), from, rate: Nano(rate) };
    // The first is of the year 1 BC, which has another form in SQL.
    vec![
        rate("USD", -62_150_000_000, 920_000_000),
        rate("USD", 1_790_000_001, 930_000_001),
        rate("CHF", -1, 1_070_000_000),
    ]
}

/// A deck whose providers differ in their policy for indeterminate calls must have its own.
fn decide_shared_decks(plan: &mut Plan) {
    for deck in plan.decks.iter_mut().filter(|deck| deck.ij_policy.is_none()) {
        let users = plan.routes.iter().filter(|route| route.deck.as_ref() == Some(&deck.id));
        let mut policies = users
            .filter_map(|route| plan.providers.iter().find(|provider| provider.id == route.provider))
            .map(|provider| provider.ij_policy);
        if let Some(first) = policies.next()
            && policies.any(|policy| policy != first)
        {
            deck.ij_policy = Some(IjPolicy::Interstate);
        }
    }
}

/// xorshift64*: enough to vary a plan, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 1
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Dice) -> T) -> Option<T> {
        if self.coin() { Some(make(self)) } else { None }
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }

    fn id(&mut self, kind: &str) -> String {
        id(kind, self.below(COUNT as u64) as usize)
    }

    fn small_nano(&mut self) -> Nano {
        Nano(self.below(60_000_000) as i64)
    }
}

/// Ids in mixed case and with dots, whose order differs between bytewise and a language's collation.
fn id(kind: &str, index: usize) -> String {
    if index.is_multiple_of(2) {
        format!("{}-{index}", kind.to_uppercase())
    } else {
        format!("{kind}.{index}")
    }
}

fn limits(dice: &mut Dice) -> Limits {
    let cps_milli = dice.maybe(|dice| 1 + dice.below(1_000_000_000));
    Limits {
        cps_milli,
        cps_burst: cps_milli.and_then(|_| dice.maybe(|dice| 1 + dice.below(1000) as u32)),
        concurrent_calls_max: dice.maybe(|dice| dice.pick(&[0, 1, 500, u32::MAX])),
        volumes: volumes(dice),
        minutes_per_month_max: dice.maybe(|dice| dice.pick(&[0, 60_000, u32::MAX])),
        spend_per_day_max: dice.maybe(|dice| dice.pick(&[Nano(0), Nano(1), Nano(i64::MAX)])),
    }
}

/// None, or some of different periods, in no order.
fn volumes(dice: &mut Dice) -> Vec<VolumeLimit> {
    use CountedCalls::{Answered, Attempts, Billable};
    use Period::{Day, Hour, Month, Total};
    let mut periods = vec![Total, Day, Hour, Month];
    periods.truncate(dice.below(9) as usize % 5);
    let limit = |dice: &mut Dice, period| VolumeLimit {
        period,
        counts: dice.pick(&[Attempts, Answered, Billable]),
        calls_max: dice.pick(&[0, 1, 10_000, u32::MAX]),
    };
    periods.into_iter().map(|period| limit(dice, period)).collect()
}

fn time_zone(dice: &mut Dice) -> String {
    dice.pick(&["", "UTC", "America/New_York", "Asia/Kolkata"]).to_owned()
}

fn schedule(dice: &mut Dice) -> Schedule {
    let windows = (0..dice.below(4)).map(|_| window(dice)).collect();
    Schedule { time_zone: time_zone(dice), windows }
}

fn window(dice: &mut Dice) -> RecurringWindow {
    RecurringWindow {
        days: 1 + dice.below(127) as u8,
        month_days: dice.pick(&[0x7fff_ffff, 1, 1 << 30, 0x15]),
        months: dice.pick(&[0x0fff, 1, 1 << 11, 0x700]),
        from_sec: dice.pick(&[0, 28_800, 79_201, 86_399]),
        until_sec: dice.pick(&[0, 28_800, 64_830, 86_400]),
    }
}

fn screening(dice: &mut Dice) -> Screening {
    // Long enough to be written as a file of its own.
    let many = |dice: &mut Dice| (0..dice.below(60)).map(|i| digits(&format!("1305555{i:04}"))).collect();
    Screening {
        blocked_ani: many(dice),
        allowed_ani: dice.maybe(|_| digits_list(&["1305", "44"])).unwrap_or_default(),
        blocked_dnis: blocked(dice),
        allowed_dnis: dice.maybe(|_| digits_list(&["19005550100", "976"])).unwrap_or_default(),
        destination_classes: dice.maybe(|dice| {
            use DestinationClass::{Domestic, Premium, TollFree};
            dice.pick(&[vec![], vec![Domestic], vec![TollFree, Domestic, Premium]])
        }),
        countries: match dice.below(3) {
            0 => Countries::All,
            1 => Countries::Only(dice.pick(&[vec![], vec!["US".to_owned(), "CA".to_owned()]])),
            _ => Countries::AllBut(vec!["CU".to_owned()]),
        },
    }
}

fn blocked(dice: &mut Dice) -> Vec<BlockedPrefix> {
    let mut list = vec![BlockedPrefix::AnyNpa976];
    list.extend(digits_list(&["1900", "976", "900", "9761"]).into_iter().map(BlockedPrefix::Prefix));
    list.truncate(dice.below(6) as usize);
    list
}

fn rounding(dice: &mut Dice) -> Rounding {
    use RoundingMode::{Down, HalfEven, HalfUp, None, Up};
    Rounding { mode: dice.pick(&[Up, Down, HalfUp, HalfEven, None]), decimals: dice.below(10) as u8 }
}

fn account(dice: &mut Dice, index: usize) -> Account {
    Account {
        id: id("account", index),
        active: dice.coin(),
        sell_deck: dice.maybe(|dice| dice.id("deck")),
        sell_key: dice.pick(&[SellKey::Dnis, SellKey::Lrn]),
        cost_plus: dice.maybe(|dice| CostPlus {
            margin_nano_percent: dice.below(50_000_000_000) as i64,
            fixed_fee_per_min: dice.small_nano(),
            rounding: rounding(dice),
        }),
        min_margin: match index % 4 {
            0 => MinMargin::Amount(Nano(0)),
            1 => MinMargin::Amount(dice.small_nano()),
            2 => MinMargin::NanoPercent(dice.below(10_000_000_000) as i64),
            _ => MinMargin::AllowLoss,
        },
        partitions: partition_list(dice, index),
        limits: limits(dice),
        time_zone: time_zone(dice),
        traffic: dice.pick(TrafficClass::ALL),
        screening: screening(dice),
        wallets: wallets(dice),
    }
}

fn wallets(dice: &mut Dice) -> Vec<Wallet> {
    let wallet = |dice: &mut Dice, id: &str| Wallet {
        id: id.to_owned(),
        kind: dice.pick(&[WalletKind::Money, WalletKind::Seconds]),
        priority: dice.below(9) as i32 - 4,
        threshold: dice.pick(&[0, 1, 5_000_000_000]),
        credit_limit: dice.pick(&[0, 7, i64::MAX]),
    };
    let mut wallets = vec![wallet(dice, "main"), wallet(dice, "Bonus.2")];
    wallets.truncate(dice.below(3) as usize);
    wallets
}

/// None, one, or some in an order that is not that of their ids.
fn partition_list(dice: &mut Dice, index: usize) -> Vec<String> {
    let first = dice.below(COUNT as u64) as usize;
    (0..index % 4).map(|step| id("partition", (first + COUNT - step * 5) % COUNT)).collect()
}

fn trunk(dice: &mut Dice, index: usize) -> Trunk {
    let source = |text: &str, prefix_len| Network { address: text.parse().unwrap(), prefix_len };
    let own = source(&format!("192.0.2.{index}"), 32);
    let mut sources =
        vec![own, source("10.0.0.0", 8), source("2001:db8::", 32), source("::ffff:192.0.2.1", 128)];
    sources.truncate(index % 5);
    Trunk {
        id: id("trunk", index),
        account: dice.id("account"),
        active: dice.coin(),
        sources,
        user: dice.maybe(|_| format!("user {index}, \"quoted\"")),
        tech_prefix: dice.pick(&["", "9#", "*0123456789#123"]).to_owned(),
        dial_rules: dial_rules(dice),
        provider: dice.maybe(|dice| dice.id("provider")),
        screening: screening(dice),
        ani_required: dice.coin(),
        trust_lrn: dice.coin(),
        partitions: partition_list(dice, index),
        limits: limits(dice),
    }
}

/// In an order that means something.
fn dial_rules(dice: &mut Dice) -> Vec<DialRule> {
    let rule = |prefix: &str, len, strip, add: &str| DialRule {
        prefix: prefix.to_owned(),
        len,
        strip,
        add: digits(add),
    };
    let mut rules = vec![rule("9", Some(8), 1, "1303"), rule("+", None, 1, ""), rule("", Some(7), 0, "1303")];
    rules.truncate(dice.below(4) as usize);
    rules
}

fn provider(dice: &mut Dice, index: usize) -> Provider {
    use ProviderKind::{CustomerTrunk, Dnis, International, Lrn, OcnLata, RateDeck};
    Provider {
        id: id("provider", index),
        active: dice.coin(),
        kind: dice.pick(&[Lrn, Dnis, International, RateDeck, OcnLata, CustomerTrunk]),
        ij_policy: ij_policy(dice),
        limits: limits(dice),
        time_zone: time_zone(dice),
        traffic: dice.maybe(|dice| {
            use TrafficClass::{Dialler, Enhanced};
            dice.pick(&[vec![], vec![Dialler], vec![Dialler, Enhanced]])
        }),
    }
}

fn ij_policy(dice: &mut Dice) -> IjPolicy {
    use IjPolicy::{Higher, Interstate, Intrastate, Reject};
    dice.pick(&[Higher, Interstate, Intrastate, Reject])
}

fn route(dice: &mut Dice, index: usize) -> Route {
    Route {
        id: id("route", index),
        provider: dice.id("provider"),
        deck: dice.maybe(|dice| dice.id("deck")),
        active: dice.coin(),
        quality: dice.below(200) as i32 - 100,
        limits: limits(dice),
        ani_classes: dice
            .maybe(|dice| dice.pick(&[vec![], vec![AniClass::Intl, AniClass::Dom], vec![AniClass::DomTf]])),
    }
}

fn gateway(dice: &mut Dice, index: usize) -> Gateway {
    Gateway {
        id: id("gateway", index),
        route: dice.id("route"),
        dial_string: format!("sip:+${{number}}@gw{index}.example.com:5060"),
        priority: dice.below(20) as i32 - 10,
        weight: dice.maybe(|dice| dice.pick(&[0, 1, u32::MAX])),
        active: dice.coin(),
        latas: dice.pick(&[vec![], vec![730, 132], vec![99_999]]),
        limits: limits(dice),
    }
}

fn partition(dice: &mut Dice, index: usize) -> Partition {
    use Strategy::{HighestMargin, LeastCost, Primary, Priority, Quality, RoundRobin, Weighted};
    let first = dice.below(COUNT as u64) as usize;
    let member = |dice: &mut Dice, step: usize| Member {
        route: id("route", (first + step * 7) % COUNT),
        priority: dice.below(9) as i32,
        weight: dice.maybe(|dice| dice.pick(&[0, 3, u32::MAX])),
        active: dice.coin(),
        limits: limits(dice),
    };
    Partition {
        id: id("partition", index),
        active: dice.coin(),
        strategy: dice.pick(&[LeastCost, Priority, Primary, RoundRobin, Weighted, Quality, HighestMargin]),
        members: (0..1 + index % 6).map(|step| member(dice, step)).collect(),
        schedule: dice.maybe(schedule),
        min_quality: dice.maybe(|dice| dice.below(200) as i32 - 100),
        rate_limit_per_min: dice.maybe(Dice::small_nano),
        max_results: 1 + dice.below(8) as u32,
        dial_timeout_sec: dice.maybe(|dice| 1 + dice.below(300) as u32),
        limits: limits(dice),
    }
}

fn deck(dice: &mut Dice, index: usize) -> Deck {
    Deck {
        id: id("deck", index),
        ij_policy: dice.maybe(ij_policy),
        currency: dice.pick(&["", "", "EUR", "USD", "CHF"]).to_owned(),
        rounding: rounding(dice),
        versions: (0..1 + index % 3).map(|version| deck_version(dice, version)).collect(),
    }
}

fn deck_version(dice: &mut Dice, index: usize) -> DeckVersion {
    let row_count = 1 + dice.below(40);
    DeckVersion {
        number: 1 + 3 * index as u32,
        // 1969, 2020 and on.
        effective_from: dice.pick(&[-1, 0, 1_577_836_800, 1_790_000_000]),
        scope: dice.pick(&[
            Scope::Full,
            Scope::Partial,
            Scope::Country(vec!["US".to_owned(), "AR".to_owned()]),
        ]),
        rows: (0..row_count).map(|row| deck_row(dice, row)).collect(),
        ocn_rows: (0..dice.below(3) * 4).map(|row| ocn_row(dice, row)).collect(),
        cic_rows: (0..dice.below(3)).map(|row| cic_row(dice, row)).collect(),
    }
}

/// Every combination of OCN, LATA and tier that is one; OCN and LATA tell the row.
fn ocn_row(dice: &mut Dice, row: u64) -> OcnRow {
    let (ocn, lata) = match row % 3 {
        0 => (Some(format!("A{row:03}")), Some(1 + row as u32)),
        1 => (Some(format!("{row:04}")), None),
        _ => (None, Some(99_999 - row as u32)),
    };
    OcnRow {
        ocn: ocn.map(|ocn| ocn.as_bytes().try_into().unwrap()),
        lata,
        tier: dice.maybe(|dice| 1 + dice.below(255) as u8),
        row: DeckRow { prefix: Digits::EMPTY, ..deck_row(dice, row) },
    }
}

fn cic_row(dice: &mut Dice, row: u64) -> CicRow {
    let cic = format!("{:04}", 288 + row);
    let row = DeckRow { prefix: Digits::EMPTY, ..deck_row(dice, row) };
    CicRow { cic: cic.as_bytes().try_into().unwrap(), row }
}

/// No two rows of a version have prefix and start in common: the prefix tells the row.
fn deck_row(dice: &mut Dice, row: u64) -> DeckRow {
    let prefix = format!("{}{row}", dice.pick(&["1212555", "4420", "937", "2"]));
    let starts = dice.maybe(|dice| 1_500_000_000 + dice.below(300_000_000) as i64);
    DeckRow {
        prefix: Digits::new(prefix.as_bytes()).unwrap(),
        destination: dice.pick(&["", "Côte d'Ivoire, mobile", "tab\there", "back\\slash"]).into(),
        prices: prices(dice),
        terms: RowTerms {
            first_rate_per_min: dice.maybe(Dice::small_nano),
            first_sec: dice.pick(&[1, 6, 30, 60]),
            increment_sec: dice.pick(&[1, 6, 60]),
            grace_sec: dice.pick(&[0, 0, 3]),
            connect_fee: dice.pick(&[Nano(0), Nano(0), Nano(150_000_000)]),
            starts,
            ends: dice.maybe(|dice| starts.unwrap_or(1_700_000_000) + 1 + dice.below(300_000_000) as i64),
        }
        .into(),
    }
}

fn prices(dice: &mut Dice) -> Prices {
    let mut price = || match dice.below(4) {
        0 => Price::Missing,
        1 => Price::Blocked,
        2 => Price::PerMin(Nano(0)),
        _ => Price::PerMin(dice.small_nano()),
    };
    Prices {
        interstate: price(),
        intrastate: price(),
        local: price(),
        indeterminate: price(),
        // A row has at least one price or block.
        default: Some(price()).filter(|price| *price != Price::Missing).unwrap_or(Price::Blocked),
    }
}

fn number_block(dice: &mut Dice, index: u32) -> NumberBlock {
    let prefix =
        if index.is_multiple_of(3) { format!("212{}7", 300 + index) } else { format!("303{}", 300 + index) };
    NumberBlock {
        prefix: Digits::new(prefix.as_bytes()).unwrap(),
        country: dice.pick(&["US", "CA"]).to_owned(),
        state: dice.pick(&["", "NY", "CO"]).to_owned(),
        lata: dice.pick(&[0, 132, 99999]),
        ocn: dice.pick(&["", "6529", "A1B2"]).to_owned(),
        tier: dice.pick(&[0, 1, 255]),
        rate_center: dice.pick(&["", "NWYRCYZN01", "St. John's"]).to_owned(),
    }
}

fn local_pair(index: usize) -> LocalPair {
    LocalPair {
        state_a: "NY".to_owned(),
        rate_center_a: format!("A{index}"),
        state_b: "NJ".to_owned(),
        rate_center_b: format!("B{}", index / 2),
    }
}

fn did(dice: &mut Dice, index: usize) -> Did {
    let first = dice.below(COUNT as u64) as usize;
    let campaign = |dice: &mut Dice, step: usize| DidCampaign {
        partition: id("partition", (first + COUNT - step * 5) % COUNT),
        priority: dice.below(9) as i32 - 4,
    };
    Did {
        number: digits(&format!("1305555{index:04}")),
        account: dice.id("account"),
        campaigns: (0..index % 4).map(|step| campaign(dice, step)).collect(),
    }
}

fn override_rule(dice: &mut Dice, index: usize) -> Override {
    let valid_from = dice.maybe(|dice| dice.pick(&[-62_150_000_000, 0, 1_790_000_000]));
    let effects = 1 + dice.below(7);
    Override {
        id: id("override", index),
        trunk: dice.maybe(|dice| dice.id("trunk")),
        account: dice.maybe(|dice| dice.id("account")),
        partition: dice.maybe(|dice| dice.id("partition")),
        prefix: dice.maybe(|dice| digits(dice.pick(&["1212", "44", "0800", "411"]))),
        window: dice.maybe(schedule),
        valid_from,
        valid_until: dice.maybe(|dice| valid_from.unwrap_or(0) + 1 + dice.below(100_000_000) as i64),
        forced_route: (effects & 1 != 0).then(|| ForcedRoute {
            route: dice.id("route"),
            mode: dice.pick(&[ForcedMode::Only, ForcedMode::First]),
        }),
        custom_rate_per_min: (effects & 2 != 0).then(|| dice.small_nano()),
        bypass_lcr: effects & 4 != 0,
    }
}

fn exclusion(dice: &mut Dice, index: usize) -> Exclusion {
    let provider = dice.maybe(|dice| dice.id("provider"));
    let prefixes = match provider {
        Some(_) if dice.coin() => Vec::new(),
        _ => digits_list(&["53", "1876", "44"]),
    };
    Exclusion {
        id: id("exclusion", index),
        account: dice.maybe(|dice| dice.id("account")),
        provider,
        prefixes,
        valid_from: dice.maybe(|_| 1_790_000_000),
        valid_until: dice.maybe(|_| 1_800_000_000),
        note: dice.pick(&["", "fraud, \"ticket\" 7\\8", "tab\there"]).to_owned(),
    }
}
