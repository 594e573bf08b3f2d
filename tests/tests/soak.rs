//! Many calls, with one in a hundred of each fault and a new plan every few seconds: nothing leaks, nothing stays held, and
//! there are as many records as calls, each as it should be.
//!
//! 20,000 calls here; `TANDEM_SOAK_CALLS` and `TANDEM_SOAK_RATE` (calls a second) make it longer and faster.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tandem_tests::lab::Lab;
use tandem_tests::lab::binaries::Binaries;
use tandem_tests::lab::caller::Caller;
use tandem_tests::lab::language::Language;
use tandem_tests::scenario::Call;
use tempfile::TempDir;

/// Of a hundred calls: how many, what the caller does, the last digit of the number (`carrier-of-all-kinds.xml`), and what the
/// record says.
const KINDS: [(u32, &str, char, &str); 9] = [
    (92, "hangs_up", '0', "answered"),
    (1, "hangs_up", '1', "busy"),
    (1, "hangs_up", '2', "failed"),
    (1, "hangs_up", '3', "failed"),
    (1, "cancels", '4', "cancelled"),
    (1, "is_hung_up", '5', "answered"),
    (1, "vanishes", '5', "answered"),
    (1, "repeats", '0', "answered"),
    (1, "hangs_up_twice", '0', "answered"),
];

/// How often a new plan goes live.
const RELOAD_EVERY: Duration = Duration::from_secs(5);

/// What Kamailio may have more of its shared memory after the calls than after the first tenth of them: its tables grow
/// a little with what happens to be in them, a leak grows with the calls.
const GROWTH_MAX_BYTES: u64 = 1 << 20;

#[test]
fn many_calls_leave_nothing_behind_but_their_records() {
    let number = |variable: &str, default| {
        std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
    };
    let (calls, rate): (u32, u32) = (number("TANDEM_SOAK_CALLS", 20_000), number("TANDEM_SOAK_RATE", 250));
    let hundreds = calls / 100;
    let binaries = Binaries::build().expect("the programs build");
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("plans/every_call");
    let mut lab = Lab::start(&binaries, &plan, Language::ALL[0], None).expect("the lab starts");
    let dir = TempDir::new().expect("a directory");
    let plans = [dearer(&lab, &plan, dir.path()), plan];
    let behaviours = ["north", "mesa", "atlas"].map(|name| (name.to_owned(), "of_all_kinds".to_owned()));
    lab.carriers_behave(Path::new(""), &BTreeMap::from(behaviours)).expect("the carriers start");

    let warm_up = (hundreds / 10).max(1);
    place(&mut lab, &plans, "warm", warm_up, rate);
    lab.wait_until_nothing_is_held().expect("nothing is held");
    lab.wait_until_idle().expect("Kamailio has nothing in hand");
    let before = lab.shared_memory_used().expect("Kamailio tells its memory");

    place(&mut lab, &plans, "soak", hundreds - warm_up, rate);
    lab.wait_until_nothing_is_held().expect("nothing is held");
    lab.wait_until_idle().expect("Kamailio has nothing in hand");
    let after = lab.shared_memory_used().expect("Kamailio tells its memory");
    assert!(
        after < before + GROWTH_MAX_BYTES,
        "shared memory grew from {before} to {after} bytes over {calls} calls"
    );

    let mut expected = BTreeMap::new();
    for (of_hundred, _, _, disposition) in KINDS {
        *expected.entry(disposition.to_owned()).or_insert(0) += u64::from(of_hundred * hundreds);
    }
    let dispositions = lab.dispositions(u64::from(hundreds) * 100).expect("the records are there");
    assert_eq!(dispositions, expected, "one record of each call, and what it says");
    assert_eq!(lab.kamailio_errors(), Vec::<String>::new());
    lab.stop().expect("Kamailio and the agent stop as asked");
}

/// A copy of the plan in which mesa costs more: a call goes where it went, by another snapshot.
fn dearer(lab: &Lab, plan: &Path, dir: &Path) -> PathBuf {
    let copy = lab.network().copy_of(plan, dir).expect("a copy of the plan");
    let deck = copy.join("decks/mesa.csv");
    let prices = fs::read_to_string(&deck).expect("mesa's deck");
    assert!(prices.contains("0.0050"));
    fs::write(deck, prices.replace("0.0050", "0.0051")).expect("mesa's deck can be written");
    copy
}

/// Places so many hundreds of calls, with a new plan every few seconds, and waits for their ends.
fn place(lab: &mut Lab, plans: &[PathBuf; 2], name: &str, hundreds: u32, rate: u32) {
    let mut callers: Vec<Caller> = KINDS
        .iter()
        .enumerate()
        .map(|(nth, (of_hundred, caller, digit, _))| {
            let call = Call {
                from: Ipv4Addr::new(127, 0, 0, 10),
                ani: "12125550142".into(),
                dnis: format!("1312555012{digit}"),
                caller: (*caller).to_owned(),
                talk_ms: 500,
                count: of_hundred * hundreds,
                rate: (rate * of_hundred).div_ceil(100),
                ..Call::default()
            };
            Caller::start(lab, &format!("{name}-{nth}"), Path::new(""), &call).expect("a caller starts")
        })
        .collect();
    let (mut turn, mut reloaded) = (0, Instant::now());
    while !callers.iter_mut().all(|caller| caller.is_done().expect("a caller's state")) {
        if reloaded.elapsed() > RELOAD_EVERY {
            turn += 1;
            lab.publish(&plans[turn % plans.len()]).expect("a plan goes live");
            reloaded = Instant::now();
        }
        std::thread::park_timeout(Duration::from_millis(200));
    }
    for mut caller in callers {
        caller.wait_until_done().expect("every call goes as its caller's file says");
    }
}
