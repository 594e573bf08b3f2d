//! The node as a worker sees it: attach once, then decide calls and report what happens to them.
//!
//! Worked: `Node::attach(config)` maps the state and the live snapshot. [`Node::decide`] answers
//! `Admitted { handle, … }`; `next(handle, 0, …)` gives the first leg's dial string; after a 503
//! `next(handle, 503, …)` the second's; `answered` and `ended` follow. Nothing else is needed.
//!
//! Attaching again, in the same process or in a child after a fork, is harmless: a node has no state of its own
//! but what it has mapped. A child that only inherits a node may use it as it is.
//!
//! It will not read a clock: the time of every event is an argument. (A repair does, to write down when it ended calls.)

use std::collections::HashSet;
use std::hash::Hasher;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use arc_swap::ArcSwap;
use rating_core::live::Now;
use rating_core::number;
use rating_core::reject::{Reason, Reject};
use rating_core::route::{self, Call, Decision, Facts, Origin};
use rating_core::trace::Silent;
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::admit::Admission;
use crate::calls::entry::{FLAG_CAMPAIGN, FLAG_EMERGENCY};
use crate::calls::table::{CallKey, CallTable, Inserted};
use crate::calls::{CallError, Handle, LockedCall, State};
use crate::funds::{self, Held};
use crate::generation::Generation;
use crate::generations::{Generations, LiveSet};
use crate::hint::Stage;
use crate::limits::{LimitTable, NoRoom};
use crate::map::MapError;
use crate::notes::{LrnSource, Notes};
use crate::processes::Role;
use crate::shm::{self, Shm, ShmError};
use crate::stats::{Shard, Stats};
use crate::{loops, publish, recover, reserve};

/// How often a call is inserted that is found and gone again.
const INSERTIONS_MAX: u32 = 100;

/// What a node is made of.
#[derive(Clone, Debug)]
pub struct Config {
    /// The snapshot file, as `lcr-admin publish` writes it.
    pub snapshot: PathBuf,
    /// The state file; other files beside it begin with its name.
    pub state: PathBuf,
    /// Most calls, of a new state file; 0 is the default, or what the file there has.
    pub calls_max: u32,
}

/// Why a node does not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The state cannot be used.
    #[error(transparent)]
    State(#[from] ShmError),
    /// The snapshot cannot be used.
    #[error(transparent)]
    Snapshot(#[from] MapError),
    /// The state has no room for the snapshot's limits.
    #[error(transparent)]
    Limits(#[from] NoRoom),
    /// A lock could not be taken.
    #[error("locks of state {path}: {source}")]
    Lock {
        /// The state file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A snapshot could not be kept beside the state.
    #[error("{path}: {source}; the state's directory must be writable by who publishes")]
    Keep {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The kept file is not the one that was published.
    #[error("{path} is not the file that was published: publish the snapshot again")]
    NotAsPublished {
        /// The file.
        path: PathBuf,
    },
    /// A snapshot that should follow another does not begin where that one ends.
    #[error("snapshot {path} does not begin where the one before it ends: publish the plan again")]
    NotTheNext {
        /// The file.
        path: PathBuf,
    },
    /// Calls in set-up still need a snapshot eight generations back.
    #[error("calls in set-up still use generation {oldest}: publish again when they are over")]
    GenerationsInUse {
        /// The oldest generation in use.
        oldest: u64,
    },
    /// No call, or one that has ended.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The dial string does not fit.
    #[error("the dial string needs {} bytes of room", .0.unwrap_or(0))]
    Dial(Option<usize>),
}

/// A call that asks to be decided.
#[derive(Clone, Copy, Debug)]
pub struct CallRequest<'a> {
    /// What core decides on.
    pub call: Call<'a>,
    /// Call-ID.
    pub call_id: &'a [u8],
    /// Tag of From.
    pub from_tag: &'a [u8],
    /// CSeq.
    pub cseq: &'a [u8],
    /// Branch of the top Via.
    pub branch: &'a [u8],
    /// What else its record tells.
    pub notes: Notes,
}

/// What became of a call that asked.
#[derive(Clone, Copy, Debug)]
pub enum Verdict {
    /// It has a leg.
    Admitted {
        /// Names the call from here on.
        handle: Handle,
        /// What was decided; `None` for a retransmission, whose call has its answer already (7.1).
        decision: Option<Decision>,
        /// The snapshot's generation that the decision's indexes are of; see [`Node::generation`].
        generation: u64,
        /// Whether it is an emergency call (2.2); known of a retransmission too.
        is_emergency: bool,
        /// What a wallet pays for; `None` of a call that nobody prepays (8.2).
        held: Option<Held>,
    },
    /// It is refused.
    Rejected {
        /// Why.
        reject: Reject,
        /// What was found out; `None` for a retransmission, or when the table is full.
        decision: Option<Decision>,
        /// As in `Admitted`.
        generation: u64,
    },
}

/// A process's part of the node.
#[derive(Debug)]
pub struct Node {
    shm: Shm,
    /// Read without a lock: whoever decides waits for nobody who maps a new snapshot.
    generations: ArcSwap<Generations>,
    shard: usize,
    warning: Option<String>,
    /// Where this process ended its last look for records to drop.
    pub(crate) dropped_until: AtomicU32,
}

impl Node {
    /// Attaches a worker: creates or opens the state, repairs it if nobody else is attached, publishes the
    /// snapshot file if it is not what is live.
    ///
    /// A snapshot file that cannot be used does not stop a node that has one published already: see
    /// [`warning`](Self::warning).
    ///
    /// # Errors
    /// [`NodeError`], with what to do about it.
    pub fn attach(config: &Config) -> Result<Node, NodeError> {
        Self::attach_as(config, Role::Worker)
    }

    /// Attaches the agent: as a worker, but it decides no calls, and a worker that comes while only the agent
    /// is there counts as alone.
    ///
    /// # Errors
    /// [`NodeError`], with what to do about it.
    pub fn attach_agent(config: &Config) -> Result<Node, NodeError> {
        Self::attach_as(config, Role::Agent)
    }

    /// Attaches to a state that is there, as an agent does, for who looks after its calls and publishes nothing.
    ///
    /// # Errors
    /// [`NodeError`], with what to do about it.
    pub fn attach_live(state: &std::path::Path) -> Result<Node, NodeError> {
        let lock = shm::lock(state)?;
        let mut shm = Shm::open_existing(state, &lock)?;
        Self::join(&mut shm, Role::Agent, &lock)?;
        Self::mapped_by(shm, None)
    }

    fn attach_as(config: &Config, role: Role) -> Result<Node, NodeError> {
        let lock = shm::lock(&config.state)?;
        let mut shm = Shm::open_or_create(&config.state, config.calls_max, &lock)?;
        Self::join(&mut shm, role, &lock)?;
        Self::with_snapshot(shm, config, &lock)
    }

    /// Takes a seat, and repairs what there is to repair.
    fn join(shm: &mut Shm, role: Role, lock: &shm::AttachLock) -> Result<(), NodeError> {
        let path = shm.path().to_owned();
        match recover::attach(shm, role, lock) {
            Ok(true) => Ok(()),
            Ok(false) => Err(ShmError::NoSeat { path }.into()),
            Err(source) => Err(NodeError::Lock { path, source }),
        }
    }

    /// Repairs what a dead process has left half-done, if any has; true if there was something. The agent asks for this
    /// each round; a worker that waits for a dead one's call does too.
    ///
    /// # Errors
    /// [`NodeError::Lock`], if the operating system says nothing of who lives, or a living process has been changing
    /// the state for seconds: then it is to be tried again.
    pub fn repair_dead(&self) -> Result<bool, NodeError> {
        recover::repair_dead(&self.shm)
            .map_err(|source| NodeError::Lock { path: self.shm.path().to_owned(), source })
    }

    fn with_snapshot(shm: Shm, config: &Config, lock: &shm::AttachLock) -> Result<Node, NodeError> {
        let warning = match publish::publish(&shm, &config.snapshot, lock) {
            Ok(_) => None,
            Err(error) if publish::live(&shm) == 0 => return Err(error),
            Err(error) => Some(error.to_string()),
        };
        Self::mapped_by(shm, warning)
    }

    fn mapped_by(shm: Shm, warning: Option<String>) -> Result<Node, NodeError> {
        let set = publish::open_set(&shm, publish::live(&shm), |_| None)?;
        let generations = ArcSwap::from_pointee(Generations::new(set));
        // The parent's pid keeps its children on shards of their own by theirs.
        let shard = std::process::id() as usize % shm.shards().len();
        Ok(Node { shm, generations, shard, warning, dropped_until: AtomicU32::new(0) })
    }

    /// Why the snapshot file was not published at attaching, though an earlier one is live.
    #[must_use]
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// Verifies a snapshot and those that follow it in time (see [`publish::next_path`]), and makes them the live
    /// set; gives the newest generation. The same content again changes nothing.
    ///
    /// # Errors
    /// [`NodeError`]; then what was live stays so.
    pub fn publish(&self, path: &std::path::Path) -> Result<u64, NodeError> {
        let lock = shm::lock(self.shm.path())?;
        publish::publish(&self.shm, path, &lock)
    }

    /// Brings near what a decision of a number will touch; a text that is no number is no hint. Changes nothing.
    pub fn hint(&self, number: &[u8], stage: Stage, now: Now) {
        if let Some(number) = number::normalise(number) {
            self.with_live(Some(now.monotonic_ns), |set| set.at(now.utc_ns).hint(&number, stage));
        }
    }

    /// Decides a call and takes what it needs (section 2).
    pub fn decide(&self, request: &CallRequest<'_>, now: Now) -> Verdict {
        let generation = self.snapshot_at(now);
        let key = self.key_of(request, &generation);
        // A call that is found may be written and forgotten before it is looked at: then this is a new one.
        for _ in 0..INSERTIONS_MAX {
            self.make_room(&generation);
            match self.calls().insert(key) {
                Inserted::New(call) => return self.decide_new(call, key, request, &generation, now),
                Inserted::Existing(handle) => match self.answer_again(handle, generation.number()) {
                    Some(verdict) => return verdict,
                    None => continue,
                },
                Inserted::Full => break,
            }
        }
        self.refuse_unrecorded(generation.number())
    }

    /// Refuses a call for which there is no entry.
    fn refuse_unrecorded(&self, generation: u64) -> Verdict {
        self.counters().count(Some(Reason::CallTableFull));
        self.counters().unrecorded.add(1);
        let reject = Reject::because(Reason::CallTableFull);
        Verdict::Rejected { reject, decision: None, generation }
    }

    fn decide_new(
        &self,
        mut call: LockedCall<'_>,
        key: CallKey,
        request: &CallRequest<'_>,
        generation: &Generation,
        now: Now,
    ) -> Verdict {
        let (snapshot, live) = (generation.snapshot(), generation.live(&self.shm));
        if now.utc_ns >= generation.until_utc_ns() {
            self.counters().late_decisions.add(1);
        }
        let decision = route::decide(snapshot, &request.call, now, &live, &mut Silent);
        if self.calls().is_for_emergencies_only() && !decision.facts.is_emergency {
            // Dropping the call, still undecided, gives the entry back to who needs it more.
            return self.refuse_unrecorded(generation.number());
        }
        write_facts(&call, &decision.facts, request, generation, now);
        let notes = notes_of(request, &decision.facts);
        call.basis.set(generation.content_id(), &live.seen, &notes);
        if decision.facts.is_emergency {
            self.counters().emergency_calls.add(1);
        }
        let (limits, wallets, seen) = (live.limits, live.wallets, &live.seen);
        let admission = Admission { snapshot, limits, wallets, seen, now };
        let admitted = loops::checked(&decision, &call, key, self.calls(), snapshot)
            .and_then(|legs| admission.admit(&call, &decision.facts, legs));
        let (handle, number) = (call.handle(), generation.number());
        self.counters().count(admitted.err().map(|reject| reject.reason));
        match admitted {
            Ok(()) => {
                call.set_state(State::Admitted);
                let is_emergency = decision.facts.is_emergency;
                let held = funds::held(&call, &self.shm.wallets());
                call.money.told_sec.set(funds::dialog_sec(&call).unwrap_or(0));
                Verdict::Admitted { handle, decision: Some(decision), generation: number, is_emergency, held }
            }
            Err(reject) if reject.reason == Reason::UnknownTrunk && self.calls().is_half_full() => {
                // Strangers do not fill the table: dropping the call, still undecided, gives its entry back.
                self.counters().unrecorded.add(1);
                Verdict::Rejected { reject, decision: Some(decision), generation: number }
            }
            Err(reject) => {
                // With the limits that had too little for the first hold: decided again, it is refused for the same reason.
                call.basis.set(generation.content_id(), &live.seen, &notes);
                call.reason.set(reject.reason.number());
                call.sip_code.set(reject.reason.sip_code());
                call.ended_ns.set_signed(now.utc_ns);
                call.set_state(State::Ended);
                Verdict::Rejected { reject, decision: Some(decision), generation: number }
            }
        }
    }

    /// The same answer as before (7.1); `None` if the call is gone by now.
    ///
    /// One that somebody holds and does not let go is refused: what it would be told is not known.
    fn answer_again(&self, handle: Handle, live: u64) -> Option<Verdict> {
        let admitted = |number, flags: u8, held| Verdict::Admitted {
            handle,
            decision: None,
            generation: number,
            is_emergency: flags & FLAG_EMERGENCY != 0,
            held,
        };
        match LockedCall::lock(self.calls(), handle) {
            Ok(call) => {
                let held = funds::held(&call, &self.shm.wallets());
                Some(admitted(u64::from(call.generation.get()), call.flags.get(), held))
            }
            Err(CallError::Ended) => {
                let entry = self.calls().entry(handle.index())?;
                let (reason, flags) = (entry.reason.get(), entry.flags.get());
                let number = u64::from(entry.generation.get());
                // Freed meanwhile, it may be another call's: then what was read is not this one's.
                self.calls().is_ended(handle).then(|| match Reason::from_number(reason) {
                    Some(reason) => Verdict::Rejected {
                        reject: Reject::because(reason),
                        decision: None,
                        generation: number,
                    },
                    None => admitted(number, flags, None),
                })
            }
            Err(CallError::Stuck) => Some(self.refuse_unrecorded(live)),
            Err(CallError::Unknown) => None,
        }
    }

    /// What looks at the live set, mapped first if it is new; at the one before where that cannot be. Who has no
    /// clock tries every time.
    fn with_live<R>(&self, monotonic_ns: Option<u64>, look: impl Fn(&LiveSet) -> R) -> R {
        let newest = publish::live(&self.shm);
        let generations = self.generations.load();
        let mapped = generations.set().newest().number();
        if mapped == newest || generations.is_resting(newest, monotonic_ns) {
            return look(generations.set());
        }
        drop(generations);
        self.map_newest(newest, monotonic_ns);
        look(self.generations.load().set())
    }

    /// Maps the set whose newest generation is this, or notes that it cannot be.
    #[cold]
    fn map_newest(&self, newest: u64, monotonic_ns: Option<u64>) {
        match publish::open_set(&self.shm, newest, |number| self.mapped(number)) {
            Ok(set) => drop(self.generations.rcu(|mapped| mapped.replaced_by(&set))),
            Err(_) => {
                self.generations.rcu(|mapped| mapped.resting(newest, monotonic_ns));
                self.counters().refresh_failures.add(1);
            }
        }
    }

    /// A generation by its number, mapped if it must be.
    ///
    /// # Errors
    /// [`NodeError`] where it is no longer kept.
    pub fn generation(&self, number: u64) -> Result<Arc<Generation>, NodeError> {
        if let Some(found) = self.mapped(number) {
            return Ok(found);
        }
        let opened = Arc::new(publish::open(&self.shm, number)?);
        self.generations.rcu(|mapped| mapped.with(&opened));
        Ok(opened)
    }

    fn mapped(&self, number: u64) -> Option<Arc<Generation>> {
        self.generations.load().find(number)
    }

    /// The generation that decides at an instant (nanoseconds since 1970 UTC).
    #[must_use]
    pub fn snapshot(&self, utc_ns: i64) -> Arc<Generation> {
        self.with_live(None, |set| Arc::clone(set.at(utc_ns)))
    }

    /// The same, for who has a clock that tells when to try again what could not be mapped.
    pub(crate) fn snapshot_at(&self, now: Now) -> Arc<Generation> {
        self.with_live(Some(now.monotonic_ns), |set| Arc::clone(set.at(now.utc_ns)))
    }

    /// The newest generation: of the live set, the last in time.
    #[must_use]
    pub fn newest(&self) -> Arc<Generation> {
        self.with_live(None, |set| Arc::clone(set.newest()))
    }

    /// What is held for a call that a wallet pays; `None` of any other.
    ///
    /// # Errors
    /// [`CallError`] where there is no such call.
    pub fn held(&self, handle: Handle) -> Result<Option<Held>, CallError> {
        LockedCall::lock(self.calls(), handle).map(|call| funds::held(&call, &self.shm.wallets()))
    }

    /// Tells what leases have given of a wallet in total, and what of it is elsewhere. For the agent alone.
    pub fn grant(&self, slot: u32, granted: u64, elsewhere: i64) {
        let _inside = self.shm.enter();
        self.shm.wallets().grant(slot, granted, elsewhere);
    }

    /// Takes back what no call has of a wallet, down to `granted` in total, and gives what is granted then: only what
    /// that is less than before goes back to the wallet. For the agent alone.
    #[must_use]
    pub fn shrink(&self, slot: u32, granted: u64) -> u64 {
        let _inside = self.shm.enter();
        self.shm.wallets().shrink(slot, granted)
    }

    /// The wallets without a lease of which no call in the table has anything: all that was used of them is in records.
    #[must_use]
    pub fn unleased_wallets(&self) -> HashSet<u32> {
        let wallets = self.shm.wallets();
        let slots = wallets.in_use().map(|(slot, _)| slot);
        let mut unleased: HashSet<u32> = slots.filter(|slot| !wallets.funds(*slot).is_leased).collect();
        if !unleased.is_empty() {
            let charged: HashSet<u32> = funds::charges(&self.calls()).map(|(slot, _)| slot).collect();
            unleased.retain(|slot| !charged.contains(slot));
        }
        unleased
    }

    /// Puts right what one of these has here, by what the database says that leases have given and calls have used. For the
    /// agent alone.
    pub fn put_wallet_right(&self, slot: u32, granted: u64, used: u64) {
        let _inside = self.shm.enter();
        self.shm.wallets().put_right(slot, granted, used);
    }

    /// Checks every wallet against the entries: the slots where they differ, with what is used and the recount. True
    /// only while nobody decides.
    #[must_use]
    pub fn wallets_off(&self) -> Vec<(u32, u64, u64)> {
        let (calls, wallets) = (self.calls(), self.shm.wallets());
        let charges: Vec<_> = funds::charges(&calls).collect();
        let of = |slot| charges.iter().filter(|(at, _)| *at == slot).map(|(_, amount)| amount).sum::<u64>();
        let used = wallets.in_use().map(|(slot, used)| (slot, used, wallets.swept(slot) + of(slot)));
        used.filter(|(_, used, counted)| used != counted).collect()
    }

    /// What the node has done and what it holds. Reads the whole call table.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats::of(&self.shm)
    }

    /// Checks every gauge against the entries: the slots where they differ, with gauge and recount. True
    /// only while nobody decides.
    #[must_use]
    pub fn gauges_off(&self) -> Vec<(u32, u64, u64)> {
        let alive = self.calls().used().filter(|(_, state, _)| state.is_alive());
        let holds: Vec<u32> = alive.flat_map(|(entry, ..)| entry.held_slots()).collect();
        let counted = |slot: u32| holds.iter().filter(|held| **held == slot).count() as u64;
        let gauges = self.limits().gauges().map(|(slot, held)| (slot, held, counted(slot)));
        gauges.filter(|(_, held, counted)| held != counted).collect()
    }

    /// Checks every volume limit against what ended calls have used and live ones have reserved: what differs, as the
    /// key of the limit, what is used and reserved, and the recount. True only while nobody decides.
    #[must_use]
    pub fn volumes_off(&self) -> Vec<(u64, u64, u64)> {
        let alive = self.calls().used().filter(|(_, state, _)| state.is_alive());
        let holds: Vec<_> = alive.flat_map(|(entry, ..)| reserve::reservations(entry)).collect();
        self.limits().volumes_off(&holds)
    }

    /// The state.
    #[must_use]
    pub const fn shm(&self) -> &Shm {
        &self.shm
    }

    /// The calls.
    #[must_use]
    pub fn calls(&self) -> CallTable<'_> {
        self.shm.calls()
    }

    pub(crate) fn limits(&self) -> LimitTable<'_> {
        self.shm.limits()
    }

    pub(crate) fn counters(&self) -> &Shard {
        &self.shm.shards()[self.shard]
    }

    /// The call's key: Call-ID, From-tag, CSeq, top Via branch, and where it comes from (7.1).
    ///
    /// The source address stands for the trunk: a retransmission comes from where the call came from, and the
    /// key does not change when a new plan gives the address to another trunk.
    fn key_of(&self, request: &CallRequest<'_>, generation: &Generation) -> CallKey {
        let [k0, k1] = &self.shm.header().hash_key;
        let mut hasher = SipHasher13::new_with_keys(k0.get(), k1.get());
        let mut text = |bytes: &[u8]| {
            hasher.write_u64(bytes.len() as u64);
            hasher.write(bytes);
        };
        [request.call_id, request.from_tag].into_iter().for_each(&mut text);
        let of_dialog = hasher.finish128().h1;
        let mut text = |bytes: &[u8]| {
            hasher.write_u64(bytes.len() as u64);
            hasher.write(bytes);
        };
        [request.cseq, request.branch].into_iter().for_each(&mut text);
        let snapshot = generation.snapshot();
        match request.call.origin {
            Origin::Source(IpAddr::V4(address)) => text(&address.to_ipv6_mapped().octets()),
            Origin::Source(IpAddr::V6(address)) => text(&address.octets()),
            Origin::User(user) => text(user),
            Origin::Trunk(at) | Origin::Recorded(at) => {
                text(&snapshot.trunks().get(at as usize).map_or(0, |record| record.key.get()).to_le_bytes());
            }
            Origin::Account(at) => {
                text(
                    &snapshot.accounts().get(at as usize).map_or(0, |record| record.key.get()).to_le_bytes(),
                );
            }
        }
        CallKey([of_dialog, hasher.finish128().h2])
    }
}

#[cfg(test)]
mod tests;

/// What came with a call: who said an LRN that does not count is of no interest.
fn notes_of(request: &CallRequest<'_>, facts: &Facts) -> Notes {
    match facts.dnis_lrn.is_empty() && facts.cic.is_none() {
        true => Notes { lrn_source: LrnSource::None, lrn_from_table: false, ..request.notes },
        false => request.notes,
    }
}

/// Writes down what is known of a call.
fn write_facts(
    call: &LockedCall<'_>,
    facts: &Facts,
    request: &CallRequest<'_>,
    generation: &Generation,
    now: Now,
) {
    let snapshot = generation.snapshot();
    let account = snapshot.accounts().get(facts.account as usize);
    let trunk = snapshot.trunks().get(facts.trunk as usize);
    let partition = snapshot.partitions().get(facts.partition as usize);
    call.account_key.set(account.map_or(0, |record| record.key.get()));
    call.trunk_key.set(trunk.map_or(0, |record| record.key.get()));
    call.partition_key.set(partition.map_or(0, |record| record.key.get()));
    call.generation.set(generation.number() as u32);
    call.account.set(facts.account);
    call.ani.set(facts.ani.to_packed());
    call.dnis.set(facts.dnis.to_packed());
    call.ani_lrn.set(facts.ani_lrn.to_packed());
    call.dnis_lrn.set(facts.dnis_lrn.to_packed());
    call.jurisdiction.set(facts.jurisdiction.map_or(0, |jurisdiction| jurisdiction as u8));
    call.decided_ns.set_signed(now.utc_ns);
    call.set_call_id(request.call_id);
    let flag = |is_set, flag| if is_set { flag } else { 0 };
    let flags = flag(facts.is_emergency, FLAG_EMERGENCY) | flag(facts.is_campaign, FLAG_CAMPAIGN);
    call.flags.set(call.flags.get() | flags);
}
