//! Which override has an effect (4.6).

use rating_core::plan::{Override, Plan};

use super::schedule;

/// What an override can ask of a call.
pub struct Asked<'a> {
    pub trunk: Option<&'a str>,
    pub account: &'a str,
    pub partition: Option<&'a str>,
    pub dnis: &'a str,
    pub is_short_code: bool,
    pub at: i64,
}

/// Whether dates and window let it hold.
fn in_force(o: &Override, at: i64) -> bool {
    o.valid_from.is_none_or(|from| from <= at)
        && o.valid_until.is_none_or(|until| at < until)
        && o.window.as_ref().is_none_or(|window| schedule::holds(window, at))
}

/// Whether an override in force names exactly this short code; its partition is not asked (2.4).
pub fn knows_short_code(plan: &Plan, code: &str, trunk: Option<&str>, account: &str, at: i64) -> bool {
    plan.overrides.iter().any(|o| {
        o.prefix.is_some_and(|prefix| prefix.as_str() == code)
            && o.trunk.as_deref().is_none_or(|id| Some(id) == trunk)
            && o.account.as_deref().is_none_or(|id| id == account)
            && in_force(o, at)
    })
}

fn matches(o: &Override, asked: &Asked<'_>) -> bool {
    let by_prefix = o.prefix.is_none_or(|prefix| match asked.is_short_code {
        true => prefix.as_str() == asked.dnis,
        false => asked.dnis.starts_with(prefix.as_str()),
    });
    by_prefix
        && o.trunk.as_deref().is_none_or(|id| Some(id) == asked.trunk)
        && o.account.as_deref().is_none_or(|id| id == asked.account)
        && o.partition.as_deref().is_none_or(|id| Some(id) == asked.partition)
        && in_force(o, asked.at)
}

/// 0 is strongest: trunk+prefix, trunk, account+prefix, account, partition+prefix, partition, prefix, plan-wide.
fn rank(o: &Override) -> u8 {
    match (o.trunk.is_some(), o.account.is_some(), o.partition.is_some(), o.prefix.is_some()) {
        (true, _, _, true) => 0,
        (true, _, _, false) => 1,
        (_, true, _, true) => 2,
        (_, true, _, false) => 3,
        (_, _, true, true) => 4,
        (_, _, true, false) => 5,
        (_, _, _, true) => 6,
        (_, _, _, false) => 7,
    }
}

/// The strongest override that matches and has an effect.
pub fn strongest<'p, T>(
    plan: &'p Plan,
    asked: &Asked<'_>,
    effect: impl Fn(&'p Override) -> Option<T>,
) -> Option<T> {
    let mut having: Vec<(&Override, T)> = plan
        .overrides
        .iter()
        .filter(|o| matches(o, asked))
        .filter_map(|o| effect(o).map(|effect| (o, effect)))
        .collect();
    having.sort_by(|(a, _), (b, _)| {
        let prefix_len = |o: &Override| o.prefix.map_or(0, |prefix| prefix.len());
        let from = |o: &Override| o.valid_from.unwrap_or(i64::MIN);
        rank(a)
            .cmp(&rank(b))
            .then(prefix_len(b).cmp(&prefix_len(a)))
            .then(b.window.is_some().cmp(&a.window.is_some()))
            .then(from(b).cmp(&from(a)))
            .then(a.id.cmp(&b.id))
    });
    having.into_iter().next().map(|(_, effect)| effect)
}
