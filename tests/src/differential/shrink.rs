//! A smaller plan that core and model still disagree on: things are left out one by one while they do.

use std::cell::Cell;
use std::sync::Once;

use crate::model::{self, Call};
use crate::model_gen::World;

use super::{Core, differences};

/// How often a whole pass may be made.
const PASSES: usize = 4;

thread_local! {
    /// Whether panics of this thread are only tries that failed.
    static IS_TRYING: Cell<bool> = const { Cell::new(false) };
}

/// From now on a try that panics says nothing; all else that does is told as ever.
fn hush_tries() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !IS_TRYING.get() {
                tell(info);
            }
        }));
    });
}

/// The world without what does not matter to this disagreement.
pub fn shrink(world: &World, call: &Call) -> World {
    let mut small = world.clone();
    // Only this instant matters now.
    small.from = call.at_ns.div_euclid(1_000_000_000);
    small.until = small.from + 1;
    if !disagree(&small, call) {
        return world.clone();
    }
    for _ in 0..PASSES {
        let before = size(&small);
        pass(&mut small, call);
        if size(&small) == before {
            break;
        }
    }
    small
}

fn disagree(world: &World, call: &Call) -> bool {
    // What is left out may be what the rest, or the call, refers to; then neither side can say anything.
    let quiet = std::panic::AssertUnwindSafe(|| {
        let span = (world.from, world.until);
        let Ok(core) = Core::new(&world.plan, &world.live, span) else { return false };
        let expected = model::decide(&world.plan, &world.live, call);
        !differences(&expected, &core.decide(call)).is_empty()
    });
    hush_tries();
    IS_TRYING.set(true);
    let told = std::panic::catch_unwind(quiet).unwrap_or(false);
    IS_TRYING.set(false);
    told
}

fn size(world: &World) -> usize {
    let plan = &world.plan;
    let rows =
        plan.decks.iter().flat_map(|deck| &deck.versions).map(|version| version.rows.len()).sum::<usize>();
    let members = plan.partitions.iter().map(|partition| partition.members.len()).sum::<usize>();
    rows + members
        + plan.overrides.len()
        + plan.exclusions.len()
        + plan.trunks.len()
        + plan.accounts.len()
        + plan.routes.len()
        + plan.gateways.len()
        + plan.decks.len()
        + plan.providers.len()
        + plan.partitions.len()
        + plan.numbering.len()
}

/// Leaves out parts of a list, halves first, then smaller parts.
fn thin<T: Clone>(world: &mut World, call: &Call, list: impl Fn(&mut World) -> &mut Vec<T>) {
    let mut part = list(world).len();
    while part > 0 {
        let mut at = 0;
        while at < list(world).len() {
            let mut smaller = world.clone();
            let all = list(&mut smaller);
            let end = (at + part).min(all.len());
            all.drain(at..end);
            if disagree(&smaller, call) {
                *world = smaller;
            } else {
                at += part;
            }
        }
        part /= 2;
    }
}

fn pass(world: &mut World, call: &Call) {
    thin(world, call, |w| &mut w.plan.overrides);
    thin(world, call, |w| &mut w.plan.exclusions);
    thin(world, call, |w| &mut w.plan.dids);
    thin(world, call, |w| &mut w.plan.dno);
    thin(world, call, |w| &mut w.live.full);
    thin(world, call, |w| &mut w.live.qualities);
    thin(world, call, |w| &mut w.live.cursors);
    thin(world, call, |w| &mut w.live.available);
    for at in 0..world.plan.partitions.len() {
        thin(world, call, |w| &mut w.plan.partitions[at].members);
    }
    thin(world, call, |w| &mut w.plan.trunks);
    for at in 0..world.plan.accounts.len() {
        thin(world, call, |w| &mut w.plan.accounts[at].partitions);
    }
    thin(world, call, |w| &mut w.plan.accounts);
    thin(world, call, |w| &mut w.plan.partitions);
    thin(world, call, |w| &mut w.plan.gateways);
    thin(world, call, |w| &mut w.plan.settings.emergency_routes);
    thin(world, call, |w| &mut w.plan.routes);
    thin(world, call, |w| &mut w.plan.providers);
    thin(world, call, |w| &mut w.plan.decks);
    for at in 0..world.plan.decks.len() {
        thin(world, call, |w| &mut w.plan.decks[at].versions);
        for version in 0..world.plan.decks[at].versions.len() {
            thin(world, call, |w| &mut w.plan.decks[at].versions[version].rows);
            thin(world, call, |w| &mut w.plan.decks[at].versions[version].ocn_rows);
            thin(world, call, |w| &mut w.plan.decks[at].versions[version].cic_rows);
        }
    }
    thin(world, call, |w| &mut w.plan.numbering);
    thin(world, call, |w| &mut w.plan.local_calling);
    thin(world, call, |w| &mut w.plan.currency_rates);
}
