//! The answer of `simulate`: a decision in the words of the contract, amounts as decimal strings.

use anyhow::Context as _;
use jiff::Timestamp;
use rating_core::live::{LiveState, Now};
use rating_core::number::Digits;
use rating_core::reject::{Reason, Reject};
use rating_core::route::{Call, Decision, Facts, Leg, Legs, Lrn, Origin, decide};
use rating_core::snapshot::layout::StrRef;
use rating_core::snapshot::view::Snapshot;
use serde::Serialize;

use super::call::CallArgs;
use super::explain::{Explained, Notes, explain, strategy_of};
use super::figures::{Figures, Pricer};
use super::live::Told;

/// A decided call.
#[derive(Debug, Serialize)]
pub(super) struct Answer {
    pub call_id: String,
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Every route of the plan, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Vec<Explained>>,
    /// For people only: what the numbers were read as.
    #[serde(skip)]
    pub people: ForPeople,
}

/// Routed with its legs, or rejected with its reason.
#[derive(Debug, Serialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub(super) enum Verdict {
    Routed(Box<Routed>),
    Rejected(Rejected),
}

#[derive(Debug, Serialize)]
pub(super) struct Routed {
    #[serde(flatten)]
    pub known: Known,
    pub max_duration_sec: u32,
    pub routes: Vec<RouteAnswer>,
    pub dropped: Vec<Dropped>,
}

#[derive(Debug, Serialize)]
pub(super) struct Rejected {
    pub reason: &'static str,
    pub sip_code: u16,
    /// After how long the same call could pass, if that is known.
    pub retry_after_sec: Option<u64>,
    /// Why each route of the partition, or of emergency calls, was dropped, if it came so far.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<Dropped>,
}

/// What is known of a call.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Known {
    pub trunk: Option<String>,
    pub account: Option<String>,
    pub partition: Option<String>,
    pub jurisdiction: Option<&'static str>,
    pub dnis_lrn: Option<String>,
    pub ocn: Option<String>,
    pub lata: Option<String>,
    pub state: Option<String>,
    pub ani_state: Option<String>,
}

/// What only the table shows.
#[derive(Debug, Default)]
pub(super) struct ForPeople {
    pub known: Known,
    pub ani: String,
    pub dnis: String,
    pub at: String,
    pub duration_sec: u32,
    pub currency: String,
    pub strategy: Option<&'static str>,
    /// What overrides decided.
    pub overrides: Vec<String>,
    pub class: Option<&'static str>,
    pub is_emergency: bool,
    pub routes: Vec<Explained>,
}

/// A leg.
#[derive(Debug, Serialize)]
pub(super) struct RouteAnswer {
    pub route: String,
    pub provider: String,
    pub dialstring: String,
    #[serde(flatten)]
    pub figures: Figures,
    pub dial_timeout_sec: u32,
}

/// A route of the partition, or of emergency calls, that the call does not take.
#[derive(Debug, Serialize)]
pub(super) struct Dropped {
    pub route: String,
    pub reason: &'static str,
}

impl Answer {
    /// Decides a call.
    pub fn of(
        snapshot: &Snapshot,
        args: &CallArgs,
        number: usize,
        at: Timestamp,
        live: &impl LiveState,
    ) -> anyhow::Result<Answer> {
        let call_id = args.call_id.clone().unwrap_or_else(|| format!("simulate-{number}"));
        // Draws by weight are made from the Call-ID: who gives one gets the draws of that call.
        let call = Call { call_id: call_id.as_bytes(), ..call_of(snapshot, args)? };
        let utc_ns = utc_ns(at)?;
        let mut notes = Notes::default();
        let decision = decide(snapshot, &call, Now { utc_ns, monotonic_ns: 0 }, live, &mut notes);
        let pricer = Pricer { snapshot, facts: &decision.facts, duration_sec: args.duration };
        let teller = Teller { snapshot, decision: &decision, pricer };
        let dropped = teller.dropped(&notes);
        let verdict = match &decision.verdict {
            Ok(legs) => Verdict::Routed(Box::new(teller.routed(legs, dropped))),
            Err(reject) => Verdict::Rejected(rejected(*reject, dropped)),
        };
        let people = teller.for_people(args, at, &notes);
        Ok(Answer { call_id, verdict, explanation: None, people })
    }

    /// Puts the explanation into the answer for programs too.
    pub fn explained(mut self) -> Answer {
        self.explanation = Some(std::mem::take(&mut self.people.routes));
        self
    }

    /// Whether a call can be decided at all: everything that it names is there, every value is in range.
    pub fn check(snapshot: &Snapshot, args: &CallArgs) -> anyhow::Result<()> {
        call_of(snapshot, args)?;
        Told::new(snapshot, args)?;
        args.at.map_or(Ok(()), |at| utc_ns(at).map(drop))
    }
}

fn utc_ns(at: Timestamp) -> anyhow::Result<i64> {
    i64::try_from(at.as_nanosecond()).context("--at: expected a year from 1678 to 2261")
}

/// The place of a named record; the names that there are, if there is none of this.
pub(super) fn find<T>(
    snapshot: &Snapshot,
    records: &[T],
    name: impl Fn(&T) -> StrRef,
    kind: &str,
    id: &str,
) -> anyhow::Result<u32> {
    if let Ok(at) = records.binary_search_by(|record| snapshot.text(name(record)).cmp(id)) {
        return Ok(u32::try_from(at)?);
    }
    let mut names: Vec<_> = records.iter().map(|record| snapshot.text(name(record))).take(9).collect();
    if names.len() > 8 {
        names[8] = "…";
    }
    anyhow::bail!("no {kind} `{id}`; there are: {}", names.join(", "))
}

fn call_of<'a>(snapshot: &Snapshot, args: &'a CallArgs) -> anyhow::Result<Call<'a>> {
    let partition = match &args.partition {
        Some(id) => Some(find(snapshot, snapshot.partitions(), |one| one.name, "partition", id)?),
        None => None,
    };
    Ok(Call {
        // LRNs on the command line stand for our own dip, whatever the trunk is trusted with.
        ani_lrn: Lrn::Dipped(args.ani_lrn.as_deref().unwrap_or_default().as_bytes()),
        dnis_lrn: Lrn::Dipped(args.dnis_lrn.as_deref().unwrap_or_default().as_bytes()),
        partition,
        rate_limit_per_min: args.rate_limit()?,
        max_results: args.max_results,
        zone: args.zone()?,
        called: args.called()?,
        ani_class: args.ani_class()?,
        cic: args.cic()?,
        ..Call::new(origin_of(snapshot, args)?, args.ani.as_bytes(), args.dnis.as_bytes())
    })
}

fn origin_of<'a>(snapshot: &Snapshot, args: &'a CallArgs) -> anyhow::Result<Origin<'a>> {
    if let Some(user) = &args.user {
        return Ok(Origin::User(user.as_bytes()));
    }
    if let Some(address) = args.source {
        return Ok(Origin::Source(address));
    }
    if let Some(id) = &args.trunk {
        let at = find(snapshot, snapshot.trunks(), |one| one.name, "trunk", id)?;
        return Ok(if args.recorded { Origin::Recorded(at) } else { Origin::Trunk(at) });
    }
    if let Some(id) = &args.account {
        return Ok(Origin::Account(find(snapshot, snapshot.accounts(), |one| one.name, "account", id)?));
    }
    match snapshot.accounts() {
        [_] => Ok(Origin::Account(0)),
        accounts => anyhow::bail!(
            "who calls? The plan has {} accounts: give --trunk, --account, --source or --user",
            accounts.len()
        ),
    }
}

fn rejected(reject: Reject, dropped: Vec<Dropped>) -> Rejected {
    let retry_after_sec = match reject.retry_after_ns {
        0 => None,
        ns => Some(ns.div_ceil(1_000_000_000)),
    };
    Rejected { reason: reject.reason.name(), sip_code: reject.reason.sip_code(), retry_after_sec, dropped }
}

/// Puts a decision into words.
struct Teller<'a> {
    snapshot: &'a Snapshot<'a>,
    decision: &'a Decision,
    pricer: Pricer<'a>,
}

impl Teller<'_> {
    fn facts(&self) -> &Facts {
        &self.decision.facts
    }

    fn name<T>(&self, records: &[T], at: u32, name: impl Fn(&T) -> StrRef) -> Option<String> {
        records.get(at as usize).map(|record| self.snapshot.text(name(record)).to_owned())
    }

    fn route_name(&self, at: u32) -> String {
        self.name(self.snapshot.routes(), at, |route| route.name).unwrap_or_default()
    }

    fn dropped(&self, notes: &Notes) -> Vec<Dropped> {
        let named =
            |(route, reason): (u32, Reason)| Dropped { route: self.route_name(route), reason: reason.name() };
        let mut dropped: Vec<_> =
            notes.dropped(self.snapshot, self.decision).into_iter().map(named).collect();
        dropped.sort_by(|a, b| a.route.cmp(&b.route));
        dropped
    }

    fn routed(&self, legs: &Legs, dropped: Vec<Dropped>) -> Routed {
        Routed {
            known: self.known(),
            max_duration_sec: self.snapshot.plan().longest_call_sec(self.facts().is_emergency),
            routes: legs.iter().map(|leg| self.leg(&leg)).collect(),
            dropped,
        }
    }

    fn known(&self) -> Known {
        let facts = self.facts();
        let code = |bytes: &[u8]| {
            let text: String =
                bytes.iter().filter(|byte| **byte != 0).map(|byte| char::from(*byte)).collect();
            (!text.is_empty()).then_some(text)
        };
        Known {
            trunk: self.name(self.snapshot.trunks(), facts.trunk, |one| one.name),
            account: self.name(self.snapshot.accounts(), facts.account, |one| one.name),
            partition: self.name(self.snapshot.partitions(), facts.partition, |one| one.name),
            jurisdiction: facts.jurisdiction.map(|jurisdiction| jurisdiction.name()),
            dnis_lrn: (!facts.dnis_lrn.is_empty()).then(|| facts.dnis_lrn.to_string()),
            ocn: code(&facts.called.ocn),
            lata: (facts.called.lata != 0).then(|| facts.called.lata.to_string()),
            state: code(&facts.called.state),
            ani_state: code(&facts.calling.state),
        }
    }

    fn for_people(&self, args: &CallArgs, at: Timestamp, notes: &Notes) -> ForPeople {
        let facts = self.facts();
        // The called number is read first: without it, nobody came as far as the calling one.
        let dnis_is_bad =
            self.decision.verdict.as_ref().is_err_and(|reject| reject.reason == Reason::InvalidNumber);
        let number = |digits: &Digits, given: &str, is_bad: bool| match digits.is_empty() {
            true if given.is_empty() => "none".to_owned(),
            true if is_bad => format!("{given} (not valid)"),
            true => given.to_owned(),
            false => digits.to_string(),
        };
        ForPeople {
            known: self.known(),
            ani: number(&facts.ani, &args.ani, !facts.dnis.is_empty()),
            dnis: number(&facts.dnis, &args.dnis, dnis_is_bad),
            at: at.to_string(),
            duration_sec: self.duration(),
            strategy: strategy_of(self.snapshot, facts),
            overrides: self.overrides(),
            class: facts.destination.map(|class| class.name()),
            is_emergency: facts.is_emergency,
            routes: explain(self.snapshot, self.decision, notes, &self.pricer),
            currency: String::from_utf8_lossy(&self.snapshot.plan().currency).into_owned(),
        }
    }

    /// What overrides decided, for people.
    fn overrides(&self) -> Vec<String> {
        let effects = &self.facts().effects;
        let forced = effects.forced.map(|forced| {
            let others = if forced.others_follow { "the others follow" } else { "no other is tried" };
            format!("route {} is forced, {others}", self.route_name(forced.route))
        });
        let sell_deck = self.snapshot.decks().get(self.facts().sell_deck as usize);
        let currency = sell_deck.map_or(self.snapshot.plan().currency, |deck| deck.currency);
        let currency = String::from_utf8_lossy(&currency);
        let rate = effects.custom_rate_per_min.map(|rate| format!("sold at {rate} {currency} a minute"));
        let bypass = effects.bypass_lcr.then(|| "ordered by priority, not by cost".to_owned());
        [forced, rate, bypass].into_iter().flatten().collect()
    }

    fn duration(&self) -> u32 {
        self.pricer.duration_sec.unwrap_or_else(|| self.snapshot.plan().reference_duration_sec.get())
    }

    fn leg(&self, leg: &Leg<'_>) -> RouteAnswer {
        let candidate = &leg.candidate;
        let route = self.snapshot.routes().get(candidate.route as usize);
        let provider = route.and_then(|route| self.snapshot.providers().get(route.provider.get() as usize));
        RouteAnswer {
            route: self.route_name(candidate.route),
            provider: provider.map(|one| self.snapshot.text(one.name).to_owned()).unwrap_or_default(),
            dialstring: self.dial_string(leg.gateway),
            figures: self.pricer.figures(candidate, None),
            dial_timeout_sec: leg.dial_timeout_sec,
        }
    }

    fn dial_string(&self, gateway: u32) -> String {
        let Some(gateway) = self.snapshot.gateways().get(gateway as usize) else { return String::new() };
        let (before, after) =
            (self.snapshot.text(gateway.dial_before), self.snapshot.text(gateway.dial_after));
        format!("{before}{}{after}", self.facts().dnis)
    }
}
