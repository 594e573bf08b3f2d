//! What the log must say, whoever was killed when. Shares nothing with the product.

use std::collections::HashMap;

use crate::log::{Kind, Record};
use crate::plan::CallCaps;

/// A cap: of an account's or a route's concurrent calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cap {
    Account(u8),
    Route(u8),
}

impl Cap {
    fn of(self, caps: &CallCaps) -> Option<u32> {
        match self {
            Cap::Account(at) => caps.accounts.get(usize::from(at)).copied(),
            Cap::Route(at) => caps.routes.get(usize::from(at)).copied(),
        }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    pub admitted: u64,
    pub rejected: u64,
    /// Attempts of the last account that were admitted.
    pub attempts: u64,
    /// Rejects that no full cap can have been the reason of.
    pub needless_rejects: Vec<(usize, Record)>,
    pub over: Vec<String>,
}

/// Calls at once by the log, and the most that there can have been.
#[derive(Default)]
struct Counts {
    held: HashMap<Cap, u32>,
    /// The route of each call's leg.
    legs: HashMap<u64, u8>,
    /// Processes between a log before and a log after.
    under_way: HashMap<u16, ()>,
}

impl Counts {
    fn most(&self, cap: Cap) -> u32 {
        self.held.get(&cap).copied().unwrap_or(0) + self.under_way.len() as u32
    }

    fn take(&mut self, cap: Cap) -> u32 {
        let held = self.held.entry(cap).or_default();
        *held += 1;
        *held
    }

    fn leave(&mut self, cap: Cap) {
        let held = self.held.get_mut(&cap).expect("what is left was held");
        *held = held.checked_sub(1).expect("what is left was held");
    }

    fn leave_leg(&mut self, call: u64) {
        if let Some(route) = self.legs.remove(&call) {
            self.leave(Cap::Route(route));
        }
    }

    fn take_leg(&mut self, call: u64, route: u8) -> u32 {
        self.legs.insert(call, route);
        self.take(Cap::Route(route))
    }
}

/// Reads a round's log. `concurrency` and `target` are the numbers of the two reasons that a cap explains.
pub fn check(log: &[Option<Record>], caps: &CallCaps, [concurrency, target]: [u8; 2]) -> Found {
    let mut found = Found::default();
    let mut counts = Counts::default();
    let dead = times_after_a_death(log);
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
                found.attempts += u64::from(usize::from(record.account) == caps.accounts.len());
            }
            Kind::LegTaken => over(Cap::Route(record.route), counts.take_leg(record.call, record.route)),
            Kind::LegLeft => counts.leave_leg(record.call),
            Kind::Ending => {
                counts.leave(Cap::Account(record.account));
                counts.leave_leg(record.call);
            }
            Kind::Rejected => found.rejected += 1,
            Kind::NoLeg | Kind::Done | Kind::Mourned => {}
        }
        match record.kind {
            Kind::Asked | Kind::LegLeft | Kind::Ending => drop(counts.under_way.insert(record.process, ())),
            Kind::Mourned => {
                counts.under_way.remove(&record.process);
            }
            _ => drop(counts.under_way.remove(&record.process)),
        }
        for (account, account_full, routes_full) in asking.values_mut() {
            *account_full |= is_full(&counts, Cap::Account(*account), caps);
            for (full, route) in routes_full.iter_mut().zip([0u8, 1]) {
                *full |= is_full(&counts, Cap::Route(route), caps);
            }
        }
        if record.kind == Kind::Rejected
            && let Some((_, account_full, routes_full)) = asking.remove(&record.process)
        {
            let explained = match record.reason {
                reason if reason == concurrency => account_full,
                reason if reason == target => routes_full == [true; 2],
                _ => true,
            };
            if !explained && !dead[place] {
                found.needless_rejects.push((place, record));
            }
        }
    }
    found
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
