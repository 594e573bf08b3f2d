//! US price lists that were never sold: seeded, on area codes and exchanges that exist.
//!
//! Real lists with interstate and intrastate prices are not to be had, so their shape is made: 150 to 190
//! thousand codes a provider, prices from 0.0002 to 0.06 in clusters (a dear place is dear with everybody),
//! intrastate above interstate on one row in six, three holes in a hundred, some thousands blocks. Exchanges
//! are those that public data names, then their neighbours until there are enough.
//!
//! The same shape and seed give the same plan. It makes input; it decides and prices nothing.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rating_core::lerg::{Place, npa};
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::*;
use rating_core::tariff::Rounding;

/// 2026-01-01T00:00:00Z: when the decks start.
pub const EFFECTIVE: UtcSec = 1_767_225_600;
/// The partition that has every route.
pub const PARTITION: &str = "us";
/// The trunk of all calls.
pub const TRUNK: &str = "us-in";

/// Where the public data lies, beside the repository.
#[must_use]
pub fn data_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data")
}

/// How much to make.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Providers, each with one route and one deck.
    pub providers: usize,
    /// Codes of each provider.
    pub codes: usize,
    /// Same seed, same plan.
    pub seed: u64,
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
#[derive(Clone, Debug)]
pub struct Rng(pub u64);

impl Rng {
    /// The next 64 random bits.
    #[allow(clippy::should_implement_trait, reason = "an endless source is no iterator")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// True `times` in `of`.
    pub fn chance(&mut self, times: usize, of: usize) -> bool {
        self.below(of) < times
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// NPA-NXX numbers, 200_200 to 999_999, sorted.
#[derive(Clone, Debug)]
pub struct Exchanges(pub Vec<u32>);

impl Exchanges {
    /// Chooses `count` exchanges of the US: the known ones, then neighbours of those chosen.
    ///
    /// # Errors
    /// The public data cannot be read.
    pub fn choose(count: usize, rng: &mut Rng) -> io::Result<Exchanges> {
        let text = std::fs::read_to_string(data_dir().join("nanp_npanxx_geocoding.txt"))?;
        let mut chosen: Vec<u32> = text.lines().filter_map(known_exchange).collect();
        let with_known: HashSet<u32> = chosen.iter().map(|exchange| exchange / 1000).collect();
        let without = (200..1000).filter(|npa| is_us(*npa) && !with_known.contains(npa));
        chosen.extend(without.map(|npa| npa * 1000 + 220 + rng.below(80) as u32 * 9));
        chosen.retain(|exchange| is_assignable(*exchange));
        shuffle(&mut chosen, rng);
        chosen.truncate(count);
        let mut seen: HashSet<u32> = chosen.iter().copied().collect();
        while chosen.len() < count {
            let near = rng.pick(&chosen) + 7 - rng.below(15) as u32;
            if is_assignable(near) && seen.insert(near) {
                chosen.push(near);
            }
        }
        chosen.sort_unstable();
        Ok(Exchanges(chosen))
    }
}

fn known_exchange(line: &str) -> Option<u32> {
    let (prefix, _) = line.split_once('|')?;
    let exchange = prefix.strip_prefix('1').filter(|rest| rest.len() == 6)?;
    exchange.parse().ok().filter(|exchange| is_us(exchange / 1000))
}

fn is_us(npa: u32) -> bool {
    npa::place(npa).is_us_state()
}

/// Whether numbers of an exchange can be called like any other: no N11, no 555, no 976.
fn is_assignable(exchange: u32) -> bool {
    let nxx = exchange % 1000;
    is_us(exchange / 1000) && (200..1000).contains(&nxx) && nxx % 100 != 11 && nxx != 555 && nxx != 976
}

fn shuffle<T>(items: &mut [T], rng: &mut Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, rng.below(last + 1));
    }
}

/// Makes a plan of this shape.
///
/// # Errors
/// The public data cannot be read.
pub fn plan(shape: Shape) -> io::Result<Plan> {
    let mut rng = Rng(shape.seed);
    // Of a provider's codes two in a hundred are thousands blocks; three exchanges in a hundred it lacks.
    let exchanges = Exchanges::choose(shape.codes * 98 / 97, &mut rng)?;
    let blocks: Vec<u32> =
        (0..shape.codes / 7).map(|_| rng.pick(&exchanges.0) * 10 + rng.below(10) as u32).collect();
    let ids: Vec<String> = (1..=shape.providers).map(|number| format!("us{number:02}")).collect();
    let mut decks: Vec<Deck> =
        ids.iter().map(|id| deck(id, provider_rows(shape, &exchanges, &blocks, &mut rng))).collect();
    decks.push(deck("sell", vec![flat_row("1", Nano(100_000_000))]));
    Ok(Plan {
        settings: settings(),
        accounts: vec![account()],
        trunks: vec![trunk()],
        providers: ids.iter().map(|id| provider(id)).collect(),
        routes: ids.iter().map(|id| route(id)).collect(),
        gateways: ids.iter().enumerate().map(|(at, id)| gateway(at, id)).collect(),
        partitions: vec![partition(PARTITION, &ids)],
        decks,
        numbering: numbering(&exchanges, &mut rng),
        local_calling: local_calling(),
        ..Default::default()
    })
}

/// Middles of the price clusters, in nano-units a minute; cheap ones stand for more exchanges.
const CLUSTERS: [i64; 24] = [
    200_000, 300_000, 300_000, 400_000, 500_000, 500_000, 600_000, 700_000, 700_000, 800_000, 900_000,
    1_000_000, 1_200_000, 1_500_000, 1_800_000, 2_200_000, 2_700_000, 3_500_000, 4_800_000, 6_500_000,
    9_500_000, 15_000_000, 28_000_000, 52_000_000,
];
/// The cheapest and the dearest price.
const PRICES: std::ops::RangeInclusive<i64> = 200_000..=60_000_000;

/// How one provider prices.
struct Habits {
    /// Of the cluster's price, in percent.
    level_percent: i64,
    /// Prices are multiples of this: 4 to 6 decimals.
    grain_nano: i64,
    terms: Arc<RowTerms>,
}

impl Habits {
    fn choose(rng: &mut Rng) -> Habits {
        let &(first_sec, increment_sec) = rng.pick(&[(6, 6), (6, 6), (30, 6), (60, 60), (1, 1)]);
        Habits {
            level_percent: 75 + rng.below(70) as i64,
            grain_nano: *rng.pick(&[1_000, 10_000, 100_000]),
            terms: RowTerms { first_sec, increment_sec, ..RowTerms::default() }.into(),
        }
    }

    fn price(&self, nano_per_min: i64, percent: i64) -> Price {
        let exact = nano_per_min * percent / 100;
        let grained = (exact + self.grain_nano / 2) / self.grain_nano * self.grain_nano;
        Price::PerMin(Nano(grained.clamp(*PRICES.start(), *PRICES.end())))
    }
}

fn provider_rows(shape: Shape, exchanges: &Exchanges, blocks: &[u32], rng: &mut Rng) -> Vec<DeckRow> {
    let habits = Habits::choose(rng);
    let mut codes: Vec<u32> = exchanges.0.iter().copied().filter(|_| !rng.chance(3, 100)).collect();
    let mut own_blocks = HashSet::new();
    while !blocks.is_empty()
        && codes.len() + own_blocks.len() < shape.codes
        && own_blocks.len() < blocks.len() / 2
    {
        own_blocks.insert(*rng.pick(blocks));
    }
    // Each row draws from the same source: in an order that is the same every time.
    let mut own_blocks: Vec<u32> = own_blocks.into_iter().collect();
    own_blocks.sort_unstable();
    codes.extend(own_blocks);
    let mut rows: Vec<DeckRow> = codes.into_iter().map(|code| row(code, &habits, shape.seed, rng)).collect();
    rows.sort_unstable_by_key(|row| row.prefix);
    rows
}

/// A row of 6 or 7 digits after the country code.
fn row(code: u32, habits: &Habits, seed: u64, rng: &mut Rng) -> DeckRow {
    let exchange = if code > 999_999 { code / 10 } else { code };
    // What a place costs is the same draw for all providers.
    let cluster = *Rng(seed ^ (u64::from(exchange) << 20)).pick(&CLUSTERS);
    let level = habits.level_percent * (90 + 5 * rng.below(5) as i64) / 100;
    let within_state = if rng.chance(1, 6) { 110 + 10 * rng.below(20) } else { 60 + 5 * rng.below(9) };
    let intrastate = level * within_state as i64 / 100;
    let local = match rng.chance(7, 10) {
        true => habits.price(cluster, level.min(intrastate) * 4 / 5),
        false => Price::Missing,
    };
    let prices = Prices {
        interstate: habits.price(cluster, level),
        intrastate: habits.price(cluster, intrastate),
        local,
        ..Prices::default()
    };
    let prefix = Digits::new(format!("1{code}").as_bytes()).unwrap_or_default();
    DeckRow { prefix, destination: "".into(), prices, terms: Arc::clone(&habits.terms) }
}

fn flat_row(prefix: &str, per_min: Nano) -> DeckRow {
    DeckRow {
        prefix: Digits::new(prefix.as_bytes()).unwrap_or_default(),
        destination: "".into(),
        prices: Prices { default: Price::PerMin(per_min), ..Prices::default() },
        terms: RowTerms { first_sec: 6, increment_sec: 6, ..RowTerms::default() }.into(),
    }
}

fn deck(id: &str, rows: Vec<DeckRow>) -> Deck {
    let version =
        DeckVersion { number: 1, effective_from: EFFECTIVE, scope: Scope::Full, rows, ..Default::default() };
    Deck {
        id: id.into(),
        ij_policy: None,
        rounding: Rounding::DEFAULT,
        versions: vec![version],
        ..Default::default()
    }
}

fn settings() -> Settings {
    Settings {
        name: "us-decks".into(),
        currency: "USD".into(),
        reference_duration_sec: 60,
        default_partition: None,
        use_ani_lrn: false,
        max_duration_sec: 14_400,
        dial_timeout_sec: 20,
        ..Default::default()
    }
}

/// Limits that are there, and are never reached.
fn wide_limits() -> Limits {
    Limits {
        cps_milli: Some(1_000_000_000),
        cps_burst: Some(1_000_000),
        concurrent_calls_max: Some(1_000_000),
        ..Default::default()
    }
}

fn account() -> Account {
    Account {
        id: "buyer".into(),
        active: true,
        sell_deck: Some("sell".into()),
        sell_key: SellKey::Dnis,
        cost_plus: None,
        min_margin: MinMargin::Amount(Nano::ZERO),
        partitions: vec![PARTITION.into()],
        limits: wide_limits(),
        ..Default::default()
    }
}

fn trunk() -> Trunk {
    let loopback = Network { address: core::net::Ipv4Addr::LOCALHOST.into(), prefix_len: 32 };
    Trunk {
        id: TRUNK.into(),
        account: "buyer".into(),
        active: true,
        sources: vec![loopback],
        ani_required: false,
        trust_lrn: true,
        partitions: vec![],
        limits: wide_limits(),
        ..Default::default()
    }
}

fn provider(id: &str) -> Provider {
    Provider {
        id: id.into(),
        active: true,
        kind: ProviderKind::Lrn,
        ij_policy: IjPolicy::Higher,
        limits: Limits::default(),
        ..Default::default()
    }
}

fn route(id: &str) -> Route {
    Route {
        id: id.into(),
        provider: id.into(),
        deck: Some(id.into()),
        active: true,
        quality: 0,
        limits: wide_limits(),
        ..Default::default()
    }
}

fn gateway(at: usize, id: &str) -> Gateway {
    Gateway {
        id: format!("{id}-gw"),
        route: id.into(),
        dial_string: format!("sip:+${{number}}@127.0.0.1:{}", 6000 + at),
        priority: 1,
        active: true,
        ..Default::default()
    }
}

/// A least-cost partition of these routes.
#[must_use]
pub fn partition(id: &str, routes: &[String]) -> Partition {
    let member =
        |route: &String| Member { route: route.clone(), priority: 1, active: true, ..Default::default() };
    Partition {
        id: id.into(),
        active: true,
        strategy: Strategy::LeastCost,
        members: routes.iter().map(member).collect(),
        rate_limit_per_min: None,
        max_results: 8,
        dial_timeout_sec: None,
        limits: Limits::default(),
        ..Default::default()
    }
}

/// Rate centres of each state.
const RATE_CENTERS: usize = 24;

/// The numbering table: the state is the real one, everything else is made.
fn numbering(exchanges: &Exchanges, rng: &mut Rng) -> Vec<NumberBlock> {
    let mut blocks = Vec::with_capacity(exchanges.0.len());
    for exchange in &exchanges.0 {
        let place = npa::place(exchange / 1000);
        blocks.push(number_block(&exchange.to_string(), &place, rng));
        // One exchange in fifty is shared by two carriers.
        if rng.chance(1, 50) {
            let thousands = format!("{exchange}{}", rng.below(10));
            blocks.push(number_block(&thousands, &place, rng));
        }
    }
    blocks
}

fn number_block(prefix: &str, place: &Place, rng: &mut Rng) -> NumberBlock {
    let text = |letters: &[u8]| String::from_utf8_lossy(letters).into_owned();
    let state_number = u32::from(place.state[0]) * 26 + u32::from(place.state[1]);
    NumberBlock {
        prefix: Digits::new(prefix.as_bytes()).unwrap_or_default(),
        country: text(&place.country),
        state: text(&place.state),
        lata: 120 + state_number % 800 + rng.below(4) as u32,
        ocn: format!("{:04}", 4000 + state_number % 500 * 10 + rng.below(10) as u32),
        rate_center: format!("RC{:02}", rng.below(RATE_CENTERS)),
        ..Default::default()
    }
}

/// In every state, each rate centre calls its neighbour and itself locally.
fn local_calling() -> Vec<LocalPair> {
    let states: HashSet<[u8; 2]> =
        (200..1000).filter(|npa| is_us(*npa)).map(|npa| npa::place(npa).state).collect();
    let mut states: Vec<[u8; 2]> = states.into_iter().collect();
    states.sort_unstable();
    let pairs_of = |state: [u8; 2]| {
        let state = String::from_utf8_lossy(&state).into_owned();
        (0..RATE_CENTERS).flat_map(move |a| {
            [a, (a + 1) % RATE_CENTERS].map(|b| LocalPair {
                state_a: state.clone(),
                rate_center_a: format!("RC{a:02}"),
                state_b: state.clone(),
                rate_center_b: format!("RC{b:02}"),
            })
        })
    };
    states.into_iter().flat_map(pairs_of).collect()
}
