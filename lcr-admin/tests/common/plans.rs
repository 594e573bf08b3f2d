//! Plans made up from a seed, with every kind of field in every state that it has.

use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::{
    Account, CostPlus, Deck, DeckRow, DeckVersion, Gateway, IjPolicy, Limits, LocalPair, Member, MinMargin,
    Network, NumberBlock, Partition, Plan, Price, Prices, Provider, ProviderKind, Route, Scope, SellKey,
    Settings, Strategy, Trunk,
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
            ..Default::default()
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
        ..Default::default()
    };
    decide_shared_decks(&mut plan);
    plan
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
        concurrent_calls_max: dice.maybe(|dice| dice.pick(&[1, 500, u32::MAX])),
        ..Default::default()
    }
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
        ..Default::default()
    }
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
        ani_required: dice.coin(),
        trust_lrn: dice.coin(),
        partitions: partition_list(dice, index),
        limits: limits(dice),
        ..Default::default()
    }
}

fn provider(dice: &mut Dice, index: usize) -> Provider {
    use ProviderKind::{Dnis, International, Lrn, RateDeck};
    Provider {
        id: id("provider", index),
        active: dice.coin(),
        kind: dice.pick(&[Lrn, Dnis, International, RateDeck]),
        ij_policy: ij_policy(dice),
        limits: limits(dice),
        ..Default::default()
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
        ..Default::default()
    }
}

fn gateway(dice: &mut Dice, index: usize) -> Gateway {
    Gateway {
        id: id("gateway", index),
        route: dice.id("route"),
        dial_string: format!("sip:+${{number}}@gw{index}.example.com:5060"),
        priority: dice.below(20) as i32 - 10,
        active: dice.coin(),
        ..Default::default()
    }
}

fn partition(dice: &mut Dice, index: usize) -> Partition {
    use Strategy::{HighestMargin, LeastCost, Primary, Priority};
    let first = dice.below(COUNT as u64) as usize;
    let member = |dice: &mut Dice, step: usize| Member {
        route: id("route", (first + step * 7) % COUNT),
        priority: dice.below(9) as i32,
        active: dice.coin(),
        ..Default::default()
    };
    Partition {
        id: id("partition", index),
        active: dice.coin(),
        strategy: dice.pick(&[LeastCost, Priority, Primary, HighestMargin]),
        members: (0..1 + index % 6).map(|step| member(dice, step)).collect(),
        rate_limit_per_min: dice.maybe(Dice::small_nano),
        max_results: 1 + dice.below(8) as u32,
        dial_timeout_sec: dice.maybe(|dice| 1 + dice.below(300) as u32),
        limits: limits(dice),
        ..Default::default()
    }
}

fn deck(dice: &mut Dice, index: usize) -> Deck {
    Deck {
        id: id("deck", index),
        ij_policy: dice.maybe(ij_policy),
        rounding: rounding(dice),
        versions: (0..1 + index % 3).map(|version| deck_version(dice, version)).collect(),
        ..Default::default()
    }
}

fn deck_version(dice: &mut Dice, index: usize) -> DeckVersion {
    let row_count = 1 + dice.below(40);
    DeckVersion {
        number: 1 + 3 * index as u32,
        // 1969, 2020 and on.
        effective_from: dice.pick(&[-1, 0, 1_577_836_800, 1_790_000_000]),
        scope: dice.pick(&[Scope::Full, Scope::Partial]),
        rows: (0..row_count).map(|row| deck_row(dice, row)).collect(),
        ..Default::default()
    }
}

/// No two rows of a version have prefix and start in common: the prefix tells the row.
fn deck_row(dice: &mut Dice, row: u64) -> DeckRow {
    let prefix = format!("{}{row}", dice.pick(&["1212555", "4420", "937", "2"]));
    let starts = dice.maybe(|dice| 1_500_000_000 + dice.below(300_000_000) as i64);
    DeckRow {
        prefix: Digits::new(prefix.as_bytes()).unwrap(),
        destination: dice.pick(&["", "Côte d'Ivoire, mobile", "tab\there", "back\\slash"]).into(),
        prices: prices(dice),
        first_rate_per_min: dice.maybe(Dice::small_nano),
        first_sec: dice.pick(&[1, 6, 30, 60]),
        increment_sec: dice.pick(&[1, 6, 60]),
        grace_sec: dice.pick(&[0, 0, 3]),
        connect_fee: dice.pick(&[Nano(0), Nano(0), Nano(150_000_000)]),
        starts,
        ends: dice.maybe(|dice| starts.unwrap_or(1_700_000_000) + 1 + dice.below(300_000_000) as i64),
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
        rate_center: dice.pick(&["", "NWYRCYZN01", "St. John's"]).to_owned(),
        ..Default::default()
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
