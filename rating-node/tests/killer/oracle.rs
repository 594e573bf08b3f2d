//! What the log must say, whoever was killed when. Shares nothing with the product.
//!
//! A cap is so many at once: of concurrent calls, or of what a budget pays, where a call that was answered keeps its
//! part for good. Of each there are two counts: what is held for sure, which never exceeds the cap, and what may be held,
//! which must have reached it when somebody is rejected.

use std::collections::{HashMap, HashSet};

use rating_core::reject::Reason;

use crate::log::{Kind, Record};
use crate::plan::{ATTEMPTS, CPS, CallCaps, MINUTES, SPEND, WALLET};

/// A cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cap {
    Account(u8),
    Route(u8),
}

impl Cap {
    fn of(self, caps: &CallCaps) -> Option<u32> {
        match self {
            Cap::Account(at @ (WALLET | SPEND | MINUTES)) => Some(caps.budgets[usize::from(at - WALLET)]),
            Cap::Account(at) => caps.accounts.get(usize::from(at)).copied(),
            Cap::Route(at) => caps.routes.get(usize::from(at)).copied(),
        }
    }

    /// Whether a call that was answered keeps its part of it.
    fn is_budget(self) -> bool {
        matches!(self, Cap::Account(WALLET | SPEND | MINUTES))
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    pub admitted: u64,
    pub rejected: u64,
    /// Attempts of `ATTEMPTS` that were admitted.
    pub attempts: u64,
    /// Rejects that no full cap can have been the reason of.
    pub needless_rejects: Vec<(usize, Record)>,
    pub over: Vec<String>,
}

/// What is held by the log, and the most that can be.
#[derive(Default)]
struct Counts {
    surely: HashMap<Cap, u32>,
    perhaps: HashMap<Cap, u32>,
    /// The route of each call's leg.
    legs: HashMap<u64, u8>,
    /// Calls of which the answer has begun, and of which it is done.
    answering: HashSet<u64>,
    answered: HashSet<u64>,
    /// Processes between a log before and a log after, and whose call it is that they end.
    under_way: HashMap<u16, Option<u8>>,
}

impl Counts {
    fn most(&self, cap: Cap) -> u32 {
        self.perhaps.get(&cap).copied().unwrap_or(0) + self.under_way.len() as u32
    }

    fn take(&mut self, cap: Cap) -> u32 {
        *self.perhaps.entry(cap).or_default() += 1;
        let held = self.surely.entry(cap).or_default();
        *held += 1;
        *held
    }

    fn leave(&mut self, cap: Cap, call: u64) {
        less(&mut self.surely, cap);
        if !(cap.is_budget() && self.answering.contains(&call)) {
            less(&mut self.perhaps, cap);
        }
    }

    fn leave_leg(&mut self, call: u64) {
        if let Some(route) = self.legs.remove(&call) {
            self.leave(Cap::Route(route), call);
        }
    }

    fn take_leg(&mut self, call: u64, route: u8) -> u32 {
        self.legs.insert(call, route);
        self.take(Cap::Route(route))
    }

    /// What is surely used of a budget by a call that is over.
    fn settle(&mut self, record: &Record) -> Option<(Cap, u32)> {
        let cap = Cap::Account(record.account);
        // Who has died has its calls ended by the parent, sooner than after a minute.
        let is_whole = record.account != MINUTES || record.process != 0;
        (cap.is_budget() && is_whole && self.answered.contains(&record.call)).then(|| {
            let held = self.surely.entry(cap).or_default();
            *held += 1;
            (cap, *held)
        })
    }

    /// Somebody has died: a call that it was ending may count twice under a volume limit until the period is over (6.6).
    fn mourn(&mut self, process: u16) {
        if let Some(Some(account @ (SPEND | MINUTES))) = self.under_way.remove(&process) {
            *self.perhaps.entry(Cap::Account(account)).or_default() += 1;
        }
    }
}

fn less(counts: &mut HashMap<Cap, u32>, cap: Cap) {
    let held = counts.get_mut(&cap).expect("what is left was held");
    *held = held.checked_sub(1).expect("what is left was held");
}

/// Reads a round's log. `number` gives the numbers that reasons have in it.
pub fn check(log: &[Option<Record>], caps: &CallCaps, number: impl Fn(Reason) -> u8) -> Found {
    let mut found = Found::default();
    let mut counts = Counts::default();
    let dead = times_after_a_death(log);
    let of_account = [
        Reason::ConcurrencyExceeded,
        Reason::InsufficientBalance,
        Reason::SpendExceeded,
        Reason::VolumeExceeded,
    ]
    .map(&number);
    let target = number(Reason::TargetConcurrencyExceeded);
    // Of each process's question: whether its account, and all routes, can have been full since it asked.
    let mut asking: HashMap<u16, (u8, bool, [bool; 2])> = HashMap::new();
    for (place, record) in log.iter().enumerate().filter_map(|(place, record)| Some((place, (*record)?))) {
        let mut over = |cap: Cap, held: u32| {
            if cap.of(caps).is_some_and(|most| held > most) {
                found.over.push(format!("{cap:?}: {held} at {place}: {record:?}"));
            }
        };
        match record.kind {
            Kind::Asked => {
                asking.insert(record.process, (record.account, false, [false; 2]));
            }
            Kind::Admitted => {
                over(Cap::Account(record.account), counts.take(Cap::Account(record.account)));
                over(Cap::Route(record.route), counts.take_leg(record.call, record.route));
                found.admitted += 1;
                found.attempts += u64::from(record.account == ATTEMPTS);
            }
            Kind::LegTaken => over(Cap::Route(record.route), counts.take_leg(record.call, record.route)),
            Kind::LegLeft => counts.leave_leg(record.call),
            Kind::Answering => drop(counts.answering.insert(record.call)),
            Kind::Answered => drop(counts.answered.insert(record.call)),
            Kind::Ending => {
                counts.leave(Cap::Account(record.account), record.call);
                counts.leave_leg(record.call);
            }
            Kind::Done => {
                if let Some((cap, held)) = counts.settle(&record) {
                    over(cap, held);
                }
            }
            Kind::Rejected => found.rejected += 1,
            Kind::NoLeg | Kind::Mourned => {}
        }
        match record.kind {
            Kind::Asked | Kind::LegLeft | Kind::Answering => {
                counts.under_way.insert(record.process, None);
            }
            Kind::Ending => {
                counts.under_way.insert(record.process, Some(record.account));
            }
            Kind::Mourned => counts.mourn(record.process),
            _ => {
                counts.under_way.remove(&record.process);
            }
        }
        for (account, account_full, routes_full) in asking.values_mut() {
            *account_full |= is_full(&counts, Cap::Account(*account), caps);
            for (full, route) in routes_full.iter_mut().zip([0u8, 1]) {
                *full |= is_full(&counts, Cap::Route(route), caps);
            }
        }
        if record.kind == Kind::Rejected
            && let Some((account, account_full, routes_full)) = asking.remove(&record.process)
        {
            let explained = match record.reason {
                // Which attempts count that nobody lived to log is not known.
                reason if of_account.contains(&reason) => account_full || account == ATTEMPTS,
                // One route may have been full, and the wallet empty for the other: the full one names the reject (2.11).
                reason if reason == target => {
                    routes_full == [true; 2]
                        || (account == WALLET && account_full && routes_full.contains(&true))
                }
                reason if reason == number(Reason::CpsExceeded) => account == CPS,
                _ => true,
            };
            if !explained && !dead[place] {
                found.needless_rejects.push((place, record));
            }
        }
    }
    found.over.extend(windows_over(log, caps));
    found
}

/// Windows in which more calls of `CPS` were admitted than burst and rate allow: a call too many is told with its place
/// among all, by the clock that it was admitted by.
fn windows_over(log: &[Option<Record>], caps: &CallCaps) -> Vec<String> {
    let admitted =
        log.iter().flatten().filter(|record| record.kind == Kind::Admitted && record.account == CPS);
    let mut at_ns: Vec<u64> = admitted.map(|record| record.at_ns).collect();
    at_ns.sort_unstable();
    // In calls × 10^12: what the last of a window has more than the first, less what the rate gives meanwhile.
    let calls = |count: usize| count as i128 * 1_000_000_000_000;
    let (mut least, mut over) = (i128::MAX, Vec::new());
    for (place, at_ns) in at_ns.into_iter().enumerate() {
        let now = calls(place) - i128::from(at_ns) * i128::from(caps.cps_milli);
        least = least.min(now);
        if now - least > calls(caps.cps_burst as usize - 1) {
            over.push(format!("calls per second: call {place} at {at_ns} ns"));
        }
    }
    over
}

fn is_full(counts: &Counts, cap: Cap, caps: &CallCaps) -> bool {
    // Whoever asks is under way too, and fills nothing.
    cap.of(caps).is_some_and(|most| counts.most(cap).saturating_sub(1) >= most)
}

/// Of each place, whether somebody had died by then and was not mourned: gauges may be too high.
fn times_after_a_death(log: &[Option<Record>]) -> Vec<bool> {
    let mut last: HashMap<u16, usize> = HashMap::new();
    let mut dead = vec![false; log.len()];
    for (place, record) in log.iter().enumerate().filter_map(|(place, record)| Some((place, (*record)?))) {
        if record.kind == Kind::Mourned {
            let from = last.get(&record.process).copied().unwrap_or(place);
            dead[from..=place].fill(true);
        } else {
            last.insert(record.process, place);
        }
    }
    dead
}
