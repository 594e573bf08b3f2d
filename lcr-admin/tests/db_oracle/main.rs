//! PostgreSQL as an oracle: random plans are applied to a database, random calls on them are decided by its functions
//! and by the router, and both must say the same: facts, routes, order, prices to the last nano-unit, and reasons.
//!
//! `TANDEM_ORACLE=full` makes it 20 plans of 1,000 calls; `TANDEM_SEED=n` other ones. What is live is left out: the
//! functions know limits that are unused and wallets that hold their credit.

#[path = "../common/mod.rs"]
mod common;

mod ask;
mod rules;

use std::fmt::Debug;

use ask::Oracle;
use common::Database;
use lcr_admin::db;
use rating_core::plan::Plan;
use tandem_tests::differential::Core;
use tandem_tests::model::{self, Answer, Facts, Live};
use tandem_tests::model_gen::{self, Rng, World};

/// A database that holds a plan.
fn oracle(plan: &Plan) -> (Database, Oracle) {
    let database = Database::new();
    let mut client = database.client();
    db::migrate(&mut client).unwrap();
    db::apply_plan(&mut client, plan, &mut |_| {}).unwrap();
    client.batch_execute("ANALYZE").unwrap();
    let oracle = Oracle::new(client);
    (database, oracle)
}

/// An answer without what neither side owes: of a call that is refused before step 10, or is an emergency, only who
/// called; of the rest, whether CPS slots are spent, and the order of routes that no leg was left for.
fn owed(mut answer: Answer) -> Answer {
    if answer.facts.jurisdiction.is_none() {
        let Facts { trunk, account, .. } = answer.facts;
        answer.facts = Facts { trunk, account, ..Facts::default() };
    }
    let legs = &answer.legs;
    answer.kept.sort_by_key(|kept| {
        let place = legs.iter().position(|(route, _)| *route == kept.route);
        (place.unwrap_or(usize::MAX), kept.route.clone())
    });
    if answer.emergency {
        answer.kept.clear();
        answer.dropped.clear();
    }
    answer.cps_slots = Default::default();
    answer
}

/// What SQL says otherwise than core, a line each.
fn differences(sql: &Answer, core: &Answer) -> Vec<String> {
    let mut all = Vec::new();
    let mut differ = |what: &str, sql: &dyn Debug, core: &dyn Debug| {
        let (sql, core) = (format!("{sql:?}"), format!("{core:?}"));
        if sql != core {
            all.push(format!("{what}:\n    SQL  {sql}\n    core {core}"));
        }
    };
    differ("reject", &sql.reject, &core.reject);
    differ("emergency", &sql.emergency, &core.emergency);
    differ("facts", &sql.facts, &core.facts);
    differ("legs", &sql.legs, &core.legs);
    differ("kept", &sql.kept, &core.kept);
    differ("dropped", &sql.dropped, &core.dropped);
    all
}

/// Whether much is asked, and where chance begins.
fn size() -> (bool, u64) {
    let is_full = std::env::var("TANDEM_ORACLE").is_ok_and(|size| size == "full");
    let seed = std::env::var("TANDEM_SEED")
        .map_or(20_261_121, |seed| seed.parse().expect("TANDEM_SEED is a number"));
    (is_full, seed)
}

/// Asks both of so many worlds, so many calls of each; gives how many of them route.
fn decide_alike(make: fn(u64, u64) -> World, seed: u64, plans: u64, calls: usize) -> usize {
    println!("seed {seed}: {plans} plans of {calls} calls");
    let (mut routed, mut differ) = (0, 0);
    for number in 0..plans {
        let mut world = make(seed, number);
        world.live = Live::default();
        let core = Core::new(&world.plan, &world.live, (world.from, world.until)).unwrap();
        let (_database, mut oracle) = oracle(&world.plan);
        let mut rng = Rng::new(!seed, number);
        for at in 0..calls {
            let call = model_gen::call(&world, &mut rng);
            let told = owed(oracle.ask(&call));
            let differences = differences(&told, &owed(core.decide(&call).answer));
            routed += usize::from(told.reject.is_none());
            if !differences.is_empty() {
                differ += 1;
                let model = owed(model::decide(&world.plan, &world.live, &call));
                let model =
                    if self::differences(&told, &model).is_empty() { "with SQL" } else { "otherwise" };
                println!("seed {seed} plan {number} call {at}, decided by the naive model {model}: {call:?}");
                println!("  {}", differences.join("\n  "));
                assert!(differ < 20, "too many calls differ");
            }
        }
    }
    assert_eq!(differ, 0, "calls are decided otherwise");
    println!("{} calls are decided alike, {routed} of them routed", plans as usize * calls);
    routed
}

#[test]
fn random_calls_are_decided_alike() {
    let (is_full, seed) = size();
    let (plans, calls) = if is_full { (20, 1000) } else { (8, 250) };
    let routed = decide_alike(model_gen::world, seed, plans, calls);
    assert!(routed * 2 > plans as usize * calls, "too few calls are routed");
}

#[test]
fn random_calls_in_odd_worlds_are_decided_alike() {
    let (is_full, seed) = size();
    let (plans, calls) = if is_full { (20, 1000) } else { (4, 250) };
    let routed = decide_alike(model_gen::odd_world, seed, plans, calls);
    assert!(routed * 4 > plans as usize * calls, "too few calls are routed");
}
