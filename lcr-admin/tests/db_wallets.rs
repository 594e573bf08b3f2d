//! Prepaid money between the database and nodes: leased, used, booked, given back; whoever dies in between.

mod common;
#[path = "../../rating-node/tests/common/mod.rs"]
mod small;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use common::Database;
use lcr_admin::db::{self, LeaseHolder, Movement, Spender, WalletId};
use rating_core::plan::{Wallet, WalletKind};
use rating_core::reject::Reason;
use rating_node::segments::{CallRecord, Piece, Sweeper};
use rating_node::{Handle, Node};
use small::{Caps, admitted, at, decide, rejected};

/// A thousandth of a dollar; a first hold of the small plan is 10.
const MILL: i64 = 1_000_000;

fn main_wallet() -> WalletId {
    WalletId { account: "acme".to_owned(), wallet: "main".to_owned(), kind: WalletKind::Money }
}

fn migrated() -> (Database, postgres::Client) {
    let database = Database::new();
    let mut client = database.client();
    db::migrate(&mut client).unwrap();
    (database, client)
}

fn pay(client: &mut postgres::Client, mills: i64, key: &str) -> bool {
    db::book(client, &main_wallet(), Movement::Purchase, mills * MILL, key).unwrap()
}

fn number(client: &mut postgres::Client, query: &str) -> i64 {
    client.query_one(query, &[]).unwrap().get(0)
}

/// What is in the wallet and with no node, in thousandths; the ledger's sum must say the same (8.4).
fn balance(client: &mut postgres::Client) -> i64 {
    // Both of one instant.
    let query = "SELECT (SELECT coalesce(sum(balance), 0)::bigint FROM wallet_balance), \
                        (SELECT coalesce(sum(amount), 0)::bigint FROM wallet_ledger)";
    let row = client.query_one(query, &[]).unwrap();
    let (kept, summed): (i64, i64) = (row.get(0), row.get(1));
    assert_eq!(kept, summed, "the balance is the sum of the ledger");
    kept / MILL
}

/// What nodes have and have not used, in thousandths.
fn leased(client: &mut postgres::Client) -> i64 {
    let query =
        "SELECT coalesce(sum(granted - consumed), 0)::bigint FROM wallet_lease WHERE closed_at IS NULL";
    number(client, query) / MILL
}

fn consumed(client: &mut postgres::Client) -> i64 {
    let query = "SELECT coalesce(-sum(amount), 0)::bigint FROM wallet_ledger WHERE entry = 'consume'";
    number(client, query) / MILL
}

/// A node over the small plan, whose account has one wallet.
fn node(directory: &Path, credit_mills: i64) -> Node {
    let mut plan = small::plan(Caps::default());
    let wallet = Wallet { id: "main".into(), credit_limit: credit_mills * MILL, ..Default::default() };
    plan.accounts[0].wallets = vec![wallet];
    small::publish(directory, &plan);
    Node::attach(&small::config(directory)).unwrap()
}

fn agent(database: &Database, directory: &Path, node: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lcr-admin"));
    command.arg("agent").arg("--state").arg(directory.join("state"));
    command.arg("--snapshot").arg(directory.join("snapshot"));
    command.arg("--segments").arg(small::segments(directory));
    command.args(["--node", node]).env("DATABASE_URL", database.url());
    command
}

fn round(database: &Database, directory: &Path, node: &str) -> Output {
    agent(database, directory, node).arg("--once").output().unwrap()
}

fn good_round(database: &Database, directory: &Path, node: &str) {
    let output = round(database, directory, node);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn available(node: &Node) -> i64 {
    let generation = node.newest();
    let wallet = generation.snapshot().wallets()[0].to_wallet();
    let wallets = node.shm().wallets();
    wallets.funds(wallets.slot(&wallet).unwrap()).available().cast_signed() / MILL
}

/// A call that is answered and lasts some seconds.
fn talk(node: &Node, call_id: &str, lasts_sec: i64) {
    let handle = admitted(decide(node, call_id, at(0)));
    node.answered(handle, 200, at(1)).unwrap();
    node.ended(handle, 0, at(1 + lasts_sec)).unwrap();
}

#[test]
fn r8_4_a_movement_is_booked_once_and_never_changed() {
    let (_database, mut client) = migrated();
    assert!(pay(&mut client, 100, "invoice-1"));
    assert!(!pay(&mut client, 100, "invoice-1"), "the same again changes nothing");
    assert!(pay(&mut client, 50, "invoice-2"));
    assert!(db::book(&mut client, &main_wallet(), Movement::Adjust, -30 * MILL, "error-1").unwrap());
    assert_eq!(balance(&mut client), 120);
    for change in
        ["UPDATE wallet_ledger SET amount = 0", "DELETE FROM wallet_ledger", "TRUNCATE wallet_ledger"]
    {
        assert!(client.batch_execute(change).is_err(), "{change}");
    }
    assert_eq!(balance(&mut client), 120);
}

#[test]
fn agents_that_book_calls_of_the_same_wallets_wait_for_each_other_and_not_in_a_circle() {
    let (database, mut client) = migrated();
    pay(&mut client, 40, "invoice-1");
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), 5);
    good_round(&database, dir.path(), "east");
    talk(&node, "call-1", 61);
    let record = Sweeper::default().collect(&node, 9).remove(0);
    // Calls of ten wallets: one agent's records have them in one order, the other's the other way round.
    const ROUNDS: u64 = 20;
    let piece = |agent: u64, round: u64| {
        let call = |wallet: u64| CallRecord {
            wallet: format!("wallet-{wallet}"),
            handle: Handle(agent << 32 | round << 16 | wallet),
            ..record.clone()
        };
        let mut records: Vec<_> = (0..10).map(call).collect();
        if agent == 1 {
            records.reverse();
        }
        Piece { segment: "calls-1".to_owned(), until: round, records }
    };
    let book = |agent: u64| {
        let mut client = database.client();
        (0..ROUNDS).try_for_each(|round| {
            db::book_calls(&mut client, &format!("node-{agent}"), &piece(agent, round)).map(|_| ())
        })
    };
    let booked = std::thread::scope(|scope| {
        let agents = [0, 1].map(|agent| scope.spawn(move || book(agent)));
        agents.map(|agent| agent.join().unwrap())
    });
    for agent in booked {
        agent.unwrap();
    }
    let calls = number(&mut client, "SELECT count(*) FROM wallet_ledger WHERE key LIKE 'call:%'");
    assert_eq!(calls, 2 * ROUNDS.cast_signed() * 10);
}

#[test]
fn r8_1_a_node_spends_what_it_was_leased_and_what_calls_used_is_booked() {
    let (database, mut client) = migrated();
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), 5);
    assert_eq!(rejected(decide(&node, "early", at(0))), Reason::InsufficientBalance, "no lease yet");
    pay(&mut client, 40, "invoice-1");
    good_round(&database, dir.path(), "east");
    // 40 and a credit of 5.
    assert_eq!((available(&node), balance(&mut client), leased(&mut client)), (45, -5, 45));
    talk(&node, "call-1", 61);
    talk(&node, "call-2", 5);
    assert_eq!(available(&node), 15);
    good_round(&database, dir.path(), "east");
    assert_eq!((consumed(&mut client), leased(&mut client), balance(&mut client)), (30, 15, -5));
    good_round(&database, dir.path(), "east");
    assert_eq!((consumed(&mut client), available(&node)), (30, 15), "booked once");
    let rows = client.query("SELECT key FROM wallet_ledger WHERE entry = 'consume'", &[]).unwrap();
    assert_eq!(rows.len(), 2, "a row for each call");
    // What is paid in reaches the node, what is paid back is taken from it.
    pay(&mut client, 100, "invoice-2");
    good_round(&database, dir.path(), "east");
    assert_eq!(available(&node), 115);
    db::book(&mut client, &main_wallet(), Movement::Refund, -80 * MILL, "refund-1").unwrap();
    good_round(&database, dir.path(), "east");
    assert_eq!((available(&node), balance(&mut client)), (35, -5));
}

/// What a wallet that was slot `slot`'s has here: granted and used, in thousandths.
fn on_node(node: &Node, slot: u32) -> (i64, i64) {
    let funds = node.shm().wallets().funds(slot);
    (funds.granted.cast_signed() / MILL, funds.used.cast_signed() / MILL)
}

#[test]
fn r8_4_what_a_node_has_of_a_wallet_that_leaves_the_plan_goes_back_as_far_as_no_call_holds_it() {
    let (database, mut client) = migrated();
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), 0);
    let wallet = node.newest().snapshot().wallets()[0].to_wallet();
    let slot = node.shm().wallets().slot(&wallet).unwrap();
    pay(&mut client, 100, "invoice-1");
    good_round(&database, dir.path(), "east");
    let [answered, given_up] = ["call-1", "call-2"].map(|call| admitted(decide(&node, call, at(0))));
    node.answered(answered, 200, at(1)).unwrap();
    // Both calls hold 10. The account is postpaid from now on, and nothing else is prepaid.
    small::publish(dir.path(), &small::plan(Caps::default()));
    good_round(&database, dir.path(), "east");
    assert_eq!((on_node(&node, slot), balance(&mut client), leased(&mut client)), ((20, 20), 80, 20));
    // One is given up and holds no more; the other has used its minute.
    node.ended(given_up, 487, at(5)).unwrap();
    node.ended(answered, 0, at(6)).unwrap();
    good_round(&database, dir.path(), "east");
    assert_eq!((on_node(&node, slot), balance(&mut client), leased(&mut client)), ((10, 10), 90, 0));
    assert_eq!(consumed(&mut client), 10);
    // It comes back into the plan, and is the node's as it was.
    let mut plan = small::plan(Caps::default());
    plan.accounts[0].wallets = vec![Wallet { id: "main".into(), ..Default::default() }];
    small::publish(dir.path(), &plan);
    good_round(&database, dir.path(), "east");
    assert_eq!((on_node(&node, slot), balance(&mut client), leased(&mut client)), ((100, 10), 0, 90));
}

#[test]
fn r8_1_without_the_database_calls_spend_the_lease_and_records_wait() {
    let (database, mut client) = migrated();
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), 0);
    pay(&mut client, 25, "invoice-1");
    good_round(&database, dir.path(), "east");
    talk(&node, "call-1", 5);
    let output = agent(&database, dir.path(), "east")
        .env("DATABASE_URL", "postgresql://x@127.0.0.1:1/x")
        .arg("--once")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(node.stats().ended, 0, "the record is written all the same");
    talk(&node, "call-2", 5);
    assert_eq!(rejected(decide(&node, "call-3", at(9))), Reason::InsufficientBalance);
    good_round(&database, dir.path(), "east");
    assert_eq!((consumed(&mut client), leased(&mut client)), (20, 5));
}

#[test]
fn r8_3_nodes_share_a_wallet_and_none_has_what_another_has() {
    let (database, mut client) = migrated();
    let dirs = ["east", "west", "north"].map(|name| (name, tempfile::tempdir().unwrap()));
    let nodes = [0, 1, 2].map(|at: usize| node(dirs[at].1.path(), 0));
    pay(&mut client, 600, "invoice-1");
    let mut calls = 0;
    for turn in 0..12 {
        for ((name, dir), node) in dirs.iter().zip(&nodes) {
            good_round(&database, dir.path(), name);
            let with_nodes: i64 = nodes.iter().map(available).sum();
            assert!(with_nodes + balance(&mut client) <= 600 - consumed(&mut client), "{name}, turn {turn}");
            if rating_node_takes(node, &format!("{name}-{turn}")) {
                calls += 1;
            }
        }
    }
    assert!(nodes.iter().all(|node| available(node) > 0), "each has its share");
    for (name, dir) in &dirs {
        good_round(&database, dir.path(), name);
    }
    assert_eq!(consumed(&mut client), calls * 10);
    // Shares are of nano-units, so the sum is of rows, not of rounded figures.
    let all = number(
        &mut client,
        "SELECT ((SELECT sum(balance) FROM wallet_balance) + (SELECT sum(granted - consumed) FROM wallet_lease) \
         - (SELECT sum(amount) FROM wallet_ledger WHERE entry = 'consume'))::bigint",
    );
    assert_eq!(all, 600 * MILL);
}

/// Whether a call of a minute is taken.
fn rating_node_takes(node: &Node, call_id: &str) -> bool {
    match decide(node, call_id, at(0)) {
        rating_node::Verdict::Admitted { handle, .. } => {
            node.answered(handle, 200, at(1)).unwrap();
            node.ended(handle, 0, at(50)).unwrap();
            true
        }
        rating_node::Verdict::Rejected { .. } => false,
    }
}

#[test]
fn a_state_file_that_is_gone_gives_back_what_its_calls_have_not_used() {
    let (database, mut client) = migrated();
    let dir = tempfile::tempdir().unwrap();
    let before = node(dir.path(), 0);
    pay(&mut client, 100, "invoice-1");
    good_round(&database, dir.path(), "east");
    talk(&before, "call-1", 5);
    // The record is in a segment, but not booked; then the machine is made anew.
    let mut bare = agent(&database, dir.path(), "east");
    bare.env_remove("DATABASE_URL").args(["--database", "postgresql://x@127.0.0.1:1/x", "--once"]);
    assert!(!bare.output().unwrap().status.success());
    drop(before);
    std::fs::remove_file(dir.path().join("state")).unwrap();
    let after = node(dir.path(), 0);
    good_round(&database, dir.path(), "east");
    assert_eq!((consumed(&mut client), available(&after), leased(&mut client)), (10, 90, 90));
    assert_eq!(balance(&mut client), 0);
}

#[test]
fn r8_3_after_a_loss_of_power_a_wallet_has_what_the_records_leave_of_it() {
    let (database, mut client) = migrated();
    let dir = tempfile::tempdir().unwrap();
    let before = node(dir.path(), 0);
    pay(&mut client, 100, "invoice-1");
    good_round(&database, dir.path(), "east");
    let up = admitted(decide(&before, "call-1", at(0)));
    before.answered(up, 200, at(1)).unwrap();
    // The state as the disk has it when the power goes. What follows is in segments, and booked.
    let mut state = std::fs::read(dir.path().join("state")).unwrap();
    before.ended(up, 0, at(6)).unwrap();
    talk(&before, "call-2", 61);
    good_round(&database, dir.path(), "east");
    assert_eq!((consumed(&mut client), available(&before)), (30, 70));
    drop(before);
    // Another boot id.
    state[40] ^= 1;
    std::fs::write(dir.path().join("state"), state).unwrap();

    // An agent that is there before Kamailio gives nothing back of what it does not know to be spent.
    db::book(&mut client, &main_wallet(), Movement::Refund, -90 * MILL, "refund-1").unwrap();
    good_round(&database, dir.path(), "east");
    assert_eq!((leased(&mut client), balance(&mut client)), (70, -90));
    db::book(&mut client, &main_wallet(), Movement::Refund, 90 * MILL, "refund-2").unwrap();
    let after = node(dir.path(), 0);
    let early = rejected(decide(&after, "early", at(100)));
    assert_eq!(early, Reason::InsufficientBalance, "until the agent says what was used");
    good_round(&database, dir.path(), "east");
    assert_eq!((consumed(&mut client), available(&after), leased(&mut client)), (30, 70, 70));
    assert_eq!(balance(&mut client), 0);
    assert_eq!(after.wallets_off(), []);
    talk(&after, "call-3", 61);
    good_round(&database, dir.path(), "east");
    assert_eq!((consumed(&mut client), available(&after), leased(&mut client)), (50, 50, 50));
}

#[test]
fn r8_3_a_node_has_no_more_of_a_wallet_than_the_database_says() {
    let (database, mut client) = migrated();
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), 0);
    pay(&mut client, 100, "invoice-1");
    good_round(&database, dir.path(), "east");
    assert_eq!((available(&node), balance(&mut client)), (100, 0));
    // The last that the agent was told is not in the database that has taken over: 60 of it are in the wallet.
    client
        .batch_execute(
            "BEGIN; \
             INSERT INTO wallet_ledger (account, wallet, kind, entry, amount, key) \
             VALUES ('acme', 'main', 'money', 'reserve', 60000000, 'as it was before'); \
             INSERT INTO wallet_lease (node_start_ns, account, wallet, kind, node, slot_key, granted) \
             VALUES (1, 'acme', 'main', 'money', 'west', 1, 60000000); \
             INSERT INTO wallet_ledger (account, wallet, kind, entry, amount, key) \
             VALUES ('acme', 'main', 'money', 'reserve', -60000000, 'to another node'); \
             UPDATE wallet_lease SET granted = 40000000 WHERE node = 'east'; \
             COMMIT",
        )
        .unwrap();
    good_round(&database, dir.path(), "east");
    assert_eq!((available(&node), leased(&mut client), balance(&mut client)), (40, 100, 0));
}

#[test]
fn r8_3_a_copy_of_a_state_file_is_leased_nothing_while_the_node_that_it_was_copied_from_asks() {
    let (database, mut client) = migrated();
    let [dir, copied] = [0, 1].map(|_| tempfile::tempdir().unwrap());
    drop(node(dir.path(), 0));
    std::fs::copy(dir.path().join("state"), copied.path().join("state")).unwrap();
    let [east, west] = [dir.path(), copied.path()].map(|path| node(path, 0));
    pay(&mut client, 100, "invoice-1");
    good_round(&database, dir.path(), "east");
    let refused = round(&database, copied.path(), "west");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("this state file is a copy of node east's"), "{said}");
    assert_eq!((available(&east), available(&west), leased(&mut client)), (100, 0, 100));
    // Another name of the same node: when nobody has asked by the one before for a minute.
    client.execute("UPDATE wallet_node SET seen_at = now() - interval '61 seconds'", &[]).unwrap();
    good_round(&database, dir.path(), "west");
    assert_eq!(round(&database, dir.path(), "east").status.code(), Some(1));
}

#[test]
fn a_lease_that_was_taken_back_too_early_is_the_nodes_again_when_it_asks() {
    let (database, mut client) = migrated();
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [old, new] = [0, 1].map(|at: usize| node(dirs[at].path(), 0));
    pay(&mut client, 100, "invoice-1");
    good_round(&database, dirs[0].path(), "east");
    // Another machine under the same name: what the first has is taken for lost.
    good_round(&database, dirs[1].path(), "east");
    assert_eq!((available(&old), available(&new), balance(&mut client)), (100, 100, 0));
    // The first is there all the same, and has spent: what it has is taken out of the wallet again, and then from it.
    talk(&old, "call-1", 5);
    good_round(&database, dirs[0].path(), "east");
    good_round(&database, dirs[0].path(), "east");
    assert_eq!(consumed(&mut client), 10);
    let all = number(
        &mut client,
        "SELECT ((SELECT sum(balance) FROM wallet_balance) \
                 + (SELECT coalesce(sum(granted - consumed), 0) FROM wallet_lease WHERE closed_at IS NULL))::bigint",
    );
    assert_eq!(all, 90 * MILL, "nothing is made or lost");
}

/// A node whose agent dies at a step of a renewal.
struct Dying<'a> {
    node: &'a Node,
    slot: u32,
    dies: bool,
}

impl Spender for Dying<'_> {
    fn used(&self) -> i64 {
        self.node.shm().wallets().funds(self.slot).used.cast_signed()
    }

    fn shrink(&self, granted: i64) -> i64 {
        let now = self.node.shrink(self.slot, granted.cast_unsigned()).cast_signed();
        assert!(!self.dies, "dies after it has taken back, before that is booked");
        now
    }
}

#[test]
fn an_agent_that_dies_at_any_step_of_a_renewal_loses_and_makes_nothing() {
    let (database, mut client) = migrated();
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), 0);
    let generation = node.newest();
    let wallet = generation.snapshot().wallets()[0].to_wallet();
    let slot = node.shm().wallets().slot(&wallet).unwrap();
    let node_start_ns = node.shm().header().node_start_ns.get().cast_signed();
    let holder = LeaseHolder { node: "east".to_owned(), node_start_ns };
    let key = rating_node::wallets::slot_key(&wallet).cast_signed();
    let renew = |client: &mut postgres::Client, dies| {
        let spender = Dying { node: &node, slot, dies };
        db::renew_lease(client, &holder, &main_wallet(), key, 0, &spender).unwrap()
    };
    pay(&mut client, 100, "invoice-1");
    // Booked, and dead before the node is told.
    renew(&mut client, false);
    assert_eq!((available(&node), leased(&mut client)), (0, 100));
    good_round(&database, dir.path(), "east");
    assert_eq!((available(&node), leased(&mut client)), (100, 100));
    // Taken from the node, and dead before that is booked.
    db::book(&mut client, &main_wallet(), Movement::Refund, -60 * MILL, "refund-1").unwrap();
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| renew(&mut database.client(), true)));
    assert!(died.is_err());
    assert_eq!((available(&node), leased(&mut client), balance(&mut client)), (40, 100, -60));
    good_round(&database, dir.path(), "east");
    assert_eq!((available(&node), leased(&mut client), balance(&mut client)), (40, 40, 0));
}

/// An agent that is killed when this is dropped.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn agents_that_are_killed_while_calls_run_book_each_call_once() {
    let (database, mut client) = migrated();
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), 0);
    pay(&mut client, 10_000, "invoice-0");
    let (mut calls, mut paid) = (0, 10_000);
    for turn in 0..6 {
        let running = agent(&database, dir.path(), "east").args(["--interval-ms", "5"]).spawn().unwrap();
        let running = Running(running);
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        // Until this agent has leased what was paid in before it.
        paid += 10;
        pay(&mut client, 10, &format!("invoice-{paid}"));
        while balance(&mut client) != 0 {
            assert!(std::time::Instant::now() < deadline, "the agent does not lease");
            calls += i64::from(rating_node_takes(&node, &format!("{turn}-{calls}")));
        }
        drop(running);
    }
    good_round(&database, dir.path(), "east");
    assert_eq!(consumed(&mut client), calls * 10);
    assert_eq!((available(&node), leased(&mut client)), (paid - calls * 10, paid - calls * 10));
    assert!(calls > 6, "{calls}");
    assert_eq!(node.wallets_off(), []);
}

#[test]
fn an_agent_that_has_lost_the_database_says_when_it_has_it_again() {
    let (database, mut client) = migrated();
    let dir = tempfile::tempdir().unwrap();
    let _node = node(dir.path(), 0);
    pay(&mut client, 50, "invoice-1");
    let mut child = agent(&database, dir.path(), "east").stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let _running = Running(child);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while leased(&mut client) == 0 {
        assert!(std::time::Instant::now() < deadline, "the agent does not lease");
    }
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND application_name = 'lcr-admin'";
    assert_eq!(client.execute(end, &[]).unwrap(), 1);
    assert!(said.any(|line| line.ends_with("calls go on with what this node has of wallets")));
    assert_eq!(said.next().unwrap(), "agent: wallets are leased and booked again");
}

#[test]
fn a_wallet_that_runs_out_is_told_once() {
    let (database, mut client) = migrated();
    let dir = tempfile::tempdir().unwrap();
    let node = node(dir.path(), 0);
    pay(&mut client, -2_500, "put right");
    let log = String::from_utf8(round(&database, dir.path(), "east").stderr).unwrap();
    assert!(log.contains("wallet acme/main is exhausted: -2.5 available"), "{log}");
    let events = |client: &mut postgres::Client| -> Vec<String> {
        let rows = client.query("SELECT event FROM wallet_event ORDER BY id", &[]).unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    };
    assert_eq!(events(&mut client), ["exhausted"]);
    assert_eq!(rejected(decide(&node, "call-1", at(0))), Reason::InsufficientBalance);
}

#[test]
fn ten_times_as_many_wallets_at_rest_write_nothing_more() {
    let (database, mut client) = migrated();
    let dir = tempfile::tempdir().unwrap();
    let mut plan = small::plan(Caps::default());
    let wallet = |at: i32| Wallet { id: format!("wallet-{at}"), priority: at, ..Default::default() };
    plan.accounts[0].wallets = (0..400).map(wallet).collect();
    small::publish(dir.path(), &plan);
    let node = Node::attach(&small::config(dir.path())).unwrap();
    for at in 0..400 {
        let id = WalletId { wallet: format!("wallet-{at}"), ..main_wallet() };
        db::book(&mut client, &id, Movement::Purchase, 100 * MILL, &format!("invoice-{at}")).unwrap();
    }
    // Each transaction that writes takes a number.
    let transactions = |client: &mut postgres::Client| {
        number(client, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
    };
    let before = transactions(&mut client);
    good_round(&database, dir.path(), "east");
    let first = transactions(&mut client) - before;
    assert!(first >= 400, "each is leased: {first}");
    assert_eq!((leased(&mut client), balance(&mut client)), (40_000, 0));
    let before = transactions(&mut client);
    good_round(&database, dir.path(), "east");
    let quiet = transactions(&mut client) - before;
    assert!(quiet <= 40, "at rest nothing is written for a wallet: {quiet}");
    // One that moves is seen among them, and one that a call has used of.
    let id = WalletId { wallet: "wallet-399".to_owned(), ..main_wallet() };
    db::book(&mut client, &id, Movement::Purchase, 50 * MILL, "more").unwrap();
    talk(&node, "call-1", 5);
    let before = transactions(&mut client);
    good_round(&database, dir.path(), "east");
    assert!(transactions(&mut client) - before <= 40);
    assert_eq!((leased(&mut client), balance(&mut client), consumed(&mut client)), (40_040, 0, 10));
    assert_eq!(available(&node), 90, "the first by priority has paid");
}
