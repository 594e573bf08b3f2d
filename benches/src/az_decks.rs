//! A-Z decks: the codes of a real one outside NANP, and longer ones below them, at seeded prices.

use std::collections::BTreeSet;

use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::plan::*;
use tandem_tests::us_decks::{self, EFFECTIVE, Rng, Shape};

/// Codes of one deck.
pub const CODES: usize = 20_000;
/// Codes that the decks choose from.
const UNIVERSE: usize = 60_000;

/// A plan whose only buy decks are `decks` A-Z decks of [`CODES`] codes.
///
/// # Errors
/// The public data cannot be read.
pub fn plan(decks: usize, seed: u64) -> std::io::Result<Plan> {
    let mut plan = us_decks::plan(Shape { providers: 1, codes: 0, seed })?;
    plan.numbering.clear();
    plan.local_calling.clear();
    add(&mut plan, decks, seed)?;
    remove_first(&mut plan);
    Ok(plan)
}

/// Adds `decks` A-Z decks, each with a provider, a route and a gateway, all like the plan's first.
///
/// # Errors
/// The public data cannot be read.
pub fn add(plan: &mut Plan, decks: usize, seed: u64) -> std::io::Result<()> {
    let mut rng = Rng(seed);
    let universe = universe(&mut rng)?;
    for number in 1..=decks {
        let id = format!("az{number:02}");
        let version = DeckVersion {
            number: 1,
            effective_from: EFFECTIVE,
            rows: rows(&universe, &mut rng),
            ..Default::default()
        };
        plan.decks.push(Deck { id: id.clone(), versions: vec![version], ..Default::default() });
        plan.providers.push(Provider {
            id: id.clone(),
            kind: ProviderKind::International,
            ..plan.providers[0].clone()
        });
        plan.routes.push(Route {
            id: id.clone(),
            provider: id.clone(),
            deck: Some(id.clone()),
            ..plan.routes[0].clone()
        });
        plan.gateways.push(Gateway { id: format!("{id}-gw"), route: id.clone(), ..plan.gateways[0].clone() });
        let member = Member { route: id, ..plan.partitions[0].members[0].clone() };
        plan.partitions[0].members.push(member);
    }
    Ok(())
}

/// Takes the route away that the others were made like.
fn remove_first(plan: &mut Plan) {
    let id = plan.routes.remove(0).id;
    plan.gateways.retain(|gateway| gateway.route != id);
    plan.providers.retain(|provider| provider.id != id);
    plan.decks.retain(|deck| deck.id != id);
    plan.partitions[0].members.retain(|member| member.route != id);
}

fn universe(rng: &mut Rng) -> std::io::Result<Vec<String>> {
    let text = std::fs::read_to_string(us_decks::data_dir().join("az_deck_2010.csv"))?;
    // The destination may have quoted commas; the prefix is the first field of digits only.
    let code = |line: &str| line.split(',').find(|field| is_code(field)).map(str::to_owned);
    let real: Vec<String> =
        text.lines().skip(1).filter_map(code).filter(|code| !code.starts_with('1')).collect();
    let mut codes: BTreeSet<String> = real.iter().cloned().collect();
    while codes.len() < UNIVERSE {
        let longer = format!("{}{}", rng.pick(&real), rng.below(10));
        codes.insert(longer);
    }
    Ok(codes.into_iter().collect())
}

fn is_code(field: &str) -> bool {
    !field.is_empty() && field.len() < 15 && field.bytes().all(|byte| byte.is_ascii_digit())
}

fn rows(universe: &[String], rng: &mut Rng) -> Vec<DeckRow> {
    let level = 60 + rng.below(80) as i64;
    let mut rows = Vec::with_capacity(CODES);
    for (at, code) in universe.iter().enumerate() {
        if !rng.chance(CODES - rows.len(), universe.len() - at) {
            continue;
        }
        // What a country's network costs is much the same for all decks; half a cent to a dollar.
        let place = code.bytes().take(4).fold(7, |hash: u64, digit| hash.wrapping_mul(31) + u64::from(digit));
        let base = 5_000_000 + (Rng(place).next() % 200) as i64 * 4_000_000;
        let per_min = Nano(base * level / 100 / 100_000 * 100_000);
        rows.push(DeckRow {
            prefix: Digits::new(code.as_bytes()).unwrap_or_default(),
            prices: Prices { default: Price::PerMin(per_min), ..Prices::default() },
            ..DeckRow::default()
        });
    }
    rows
}
