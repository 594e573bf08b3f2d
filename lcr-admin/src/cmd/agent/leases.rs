//! What this node may spend of prepaid wallets: leased from the database, and what calls have used booked there.
//!
//! Once a second: records of the segments are booked, each once; leases are renewed; what earlier state files of this
//! node had left goes back. It runs beside the agent's rounds, with a connection of its own: where the database is
//! away, ended calls are written all the same, and calls spend what the node has.
//!
//! An agent that dies leaves money with nobody at worst; the next one renews and finds it. A node that dies is no
//! concern of the lease: it is in the state file, and where that is gone, its segments are booked and the rest goes back.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use postgres::Client;
use rating_core::live::Wallet;
use rating_core::plan::WalletKind;
use rating_node::segments::Tail;
use rating_node::wallets::slot_key;
use rating_node::{Config, Node};
use rustix::fs::FlockOperation;

use super::{Rest, rest};
use crate::cmd::wallet::amount_text;
use crate::db::{self, DatabaseArgs, Lease, LeaseHolder, Seen, Spender, WalletId};
use crate::output::tell;

/// Time between two renewals.
const INTERVAL: Duration = Duration::from_secs(1);

/// What a leaser is made of.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub node: String,
    pub database: DatabaseArgs,
    pub config: Config,
    pub segments: PathBuf,
}

/// Leases wallets beside the agent's rounds.
pub(super) struct Leasing {
    terms: Terms,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Leasing {
    /// Begins; `is_once` waits to be told to [`end`](Self::end).
    pub fn begin(terms: Terms, is_once: bool) -> Leasing {
        let stop = Arc::new(AtomicBool::new(false));
        let thread = (!is_once).then(|| {
            let (terms, stop) = (terms.clone(), Arc::clone(&stop));
            std::thread::spawn(move || run(&terms, &stop))
        });
        Leasing { terms, stop, thread }
    }

    /// Stops, and does a last round: what the agent has written last is booked.
    pub fn end(mut self) -> anyhow::Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        Leaser::start(&self.terms)?.round()
    }
}

fn run(terms: &Terms, stop: &AtomicBool) {
    let mut leaser = None;
    let (mut pause, mut complaint) = (Rest::default(), String::new());
    while !stop.load(Ordering::Relaxed) {
        if pause.is_over() {
            let done = match &mut leaser {
                None => Leaser::start(terms).map(|started| leaser = Some(started)),
                Some(leaser) => leaser.round(),
            };
            pause.after(done.is_ok());
            if let Err(error) = done {
                let text = format!("{error:#}");
                if text != complaint {
                    tell!("agent: {text}; calls go on with what this node has of wallets");
                    complaint = text;
                }
                // The state is kept: only what was asked of the database is asked anew.
                if let Some(leaser) = &mut leaser {
                    leaser.client = None;
                }
            } else if !complaint.is_empty() {
                tell!("agent: wallets are leased and booked again");
                complaint.clear();
            }
        }
        rest(INTERVAL, stop);
    }
}

struct Leaser {
    terms: Terms,
    /// One leaser at a time tells the state what is granted: held as long as the file is open.
    _lock: File,
    holder: LeaseHolder,
    node: Node,
    client: Option<Client>,
    tail: Tail,
    wallets: HashMap<u32, Watch>,
    /// Whether this state file may have been leased something.
    may_have_leases: bool,
}

/// What was seen of a wallet last.
#[derive(Clone, Copy, Debug, Default)]
struct Watch {
    /// The most that was available since money last came in.
    peak: i64,
    said: Level,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    #[default]
    Enough,
    Low,
    Exhausted,
}

impl Leaser {
    fn start(terms: &Terms) -> anyhow::Result<Leaser> {
        let lock = lock(&terms.config.state)?;
        let node = Node::attach_agent(&terms.config)?;
        Ok(Leaser {
            terms: terms.clone(),
            _lock: lock,
            holder: holder_of(&terms.node, &node),
            node,
            client: None,
            tail: Tail::new(&terms.segments),
            wallets: HashMap::new(),
            may_have_leases: true,
        })
    }

    fn round(&mut self) -> anyhow::Result<()> {
        if self.node.shm().is_replaced() {
            self.move_over()?;
        }
        self.connect()?;
        // Before records are booked: all that was used of these is booked afterwards.
        let unleased = self.node.unleased_wallets();
        self.book_calls()?;
        let Some(client) = &mut self.client else { return Ok(()) };
        db::close_old_leases(client, &self.holder)?;
        // After a reboot the first worker says what has become of calls: until then nobody knows what they have used.
        if !self.node.shm().is_of_this_boot() {
            return Ok(());
        }
        self.renew(&unleased)
    }

    /// Another state file is in place: workers of the old one, if there still are any, get no more out of it.
    fn move_over(&mut self) -> anyhow::Result<()> {
        for (_, slot) in self.wallets_of_plan() {
            let _ = self.node.shrink(slot, 0);
        }
        self.node = Node::attach_agent(&self.terms.config)?;
        self.holder = holder_of(&self.terms.node, &self.node);
        self.wallets.clear();
        Ok(())
    }

    fn connect(&mut self) -> anyhow::Result<()> {
        if self.client.as_ref().is_none_or(Client::is_closed) {
            let mut client = db::connect(&self.terms.database)?;
            db::require_current_schema(&mut client)?;
            for (segment, until) in db::read_positions(&mut client, &self.holder.node)? {
                self.tail.set(&segment, until);
            }
            self.client = Some(client);
        }
        Ok(())
    }

    fn book_calls(&mut self) -> anyhow::Result<()> {
        let Some(client) = &mut self.client else { return Ok(()) };
        while let Some(piece) = self.tail.next_piece()? {
            db::book_calls(client, &self.holder.node, &piece)?;
            self.tail.set(&piece.segment, piece.until);
        }
        Ok(())
    }

    fn renew(&mut self, unleased: &HashSet<u32>) -> anyhow::Result<()> {
        let wallets = self.wallets_of_plan();
        let Some(client) = &mut self.client else { return Ok(()) };
        // A node that has no prepaid accounts, and had none, asks nothing of the database.
        let asks = self.may_have_leases || !wallets.is_empty();
        let mut seen = if asks { db::see_leases(client, &self.holder)? } else { HashMap::new() };
        self.may_have_leases = !wallets.is_empty() || !seen.is_empty();
        for ((id, wallet), slot) in wallets {
            let (spender, seen) = (Slot { node: &self.node, slot }, seen.remove(&id));
            if !spender.make_known(seen.as_ref(), unleased) {
                continue;
            }
            let key = slot_key(&wallet).cast_signed();
            let (told, used) = (spender.granted(), spender.used());
            let at_rest = seen.and_then(|seen| seen.at_rest(wallet.credit_limit, told, used));
            let lease = match at_rest {
                Some(lease) => lease,
                None => db::renew_lease(client, &self.holder, &id, key, wallet.credit_limit, &spender)?,
            };
            spender.tell(lease);
            let available = available(&self.node, slot, lease);
            let watch = self.wallets.entry(slot).or_default();
            if let Some(event) = watch.look(available, wallet.threshold) {
                db::tell_event(client, &self.holder.node, &id, event, available)?;
                let available = amount_text(id.kind, available);
                tell!("agent: wallet {}/{} is {event}: {available} available", id.account, id.wallet);
            }
        }
        // The others are wallets that the plan no longer has.
        give_back(client, &self.holder, &self.node, &seen, unleased)
    }

    /// The wallets of the newest plan, with their slots.
    fn wallets_of_plan(&self) -> Vec<((WalletId, Wallet), u32)> {
        let generation = self.node.newest();
        let snapshot = generation.snapshot();
        let mut found = Vec::new();
        for account in snapshot.accounts() {
            for record in snapshot.range(snapshot.wallets(), account.wallets) {
                let wallet = record.to_wallet();
                let kind = if wallet.in_seconds { WalletKind::Seconds } else { WalletKind::Money };
                let id = WalletId {
                    account: snapshot.text(account.name).to_owned(),
                    wallet: snapshot.text(record.name).to_owned(),
                    kind,
                };
                if let Ok(slot) = self.node.shm().wallets().slot(&wallet) {
                    found.push(((id, wallet), slot));
                }
            }
        }
        found
    }
}

/// Takes back what no call has of wallets that nothing is to be leased of.
fn give_back(
    client: &mut Client,
    holder: &LeaseHolder,
    node: &Node,
    leases: &HashMap<WalletId, Seen>,
    unleased: &HashSet<u32>,
) -> anyhow::Result<()> {
    for (id, seen) in leases {
        let Some(slot) = node.shm().wallets().find(seen.slot_key.cast_unsigned()) else { continue };
        let spender = Slot { node, slot };
        if spender.make_known(Some(seen), unleased) && !seen.is_given_back(spender.used()) {
            db::give_back_lease(client, holder, id, seen.slot_key, &spender)?;
        }
    }
    Ok(())
}

/// Keeps other agents of the same state from leasing.
fn lock(state: &Path) -> anyhow::Result<File> {
    let mut path = state.as_os_str().to_owned();
    path.push(".lease");
    let file = File::options().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
    rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| anyhow::anyhow!("another agent leases wallets for state {}", state.display()))?;
    Ok(file)
}

fn holder_of(node: &str, attached: &Node) -> LeaseHolder {
    let node_start_ns = attached.shm().header().node_start_ns.get().cast_signed();
    LeaseHolder { node: node.to_owned(), node_start_ns }
}

/// What is available of a wallet, here and elsewhere.
fn available(node: &Node, slot: u32, lease: Lease) -> i64 {
    let here = node.shm().wallets().funds(slot).available();
    lease.elsewhere.saturating_add(i64::try_from(here).unwrap_or(i64::MAX))
}

impl Watch {
    /// What is to be told, if anything.
    fn look(&mut self, available: i64, threshold: i64) -> Option<&'static str> {
        let level = match available {
            _ if available <= threshold => Level::Exhausted,
            _ if available <= self.peak / 5 => Level::Low,
            _ => Level::Enough,
        };
        if level == Level::Enough {
            self.peak = self.peak.max(available);
        }
        let before = std::mem::replace(&mut self.said, level);
        match (before, level) {
            (before, level) if before == level => None,
            (_, Level::Exhausted) => Some("exhausted"),
            (Level::Enough, Level::Low) => Some("low"),
            (_, Level::Enough) => {
                self.peak = available;
                Some("recovered")
            }
            (_, Level::Low) => Some("recovered"),
        }
    }
}

struct Slot<'a> {
    node: &'a Node,
    slot: u32,
}

impl Slot<'_> {
    /// What leases have given, as the node was told.
    fn granted(&self) -> i64 {
        i64::try_from(self.node.shm().wallets().funds(self.slot).granted).unwrap_or(i64::MAX)
    }

    /// Whether it is known what the node has of the wallet. Where it has no lease, as after a reboot, it is made what the
    /// database says; that has every call when none has anything of the wallet any more and all records are booked since.
    fn make_known(&self, seen: Option<&Seen>, unleased: &HashSet<u32>) -> bool {
        if self.node.shm().wallets().funds(self.slot).is_leased {
            return true;
        }
        if !unleased.contains(&self.slot) {
            return false;
        }
        let amounts = seen.map_or([0, 0], |seen| [seen.granted, seen.consumed]);
        let [granted, used] = amounts.map(|amount| amount.max(0).cast_unsigned());
        self.node.put_wallet_right(self.slot, granted, used);
        true
    }

    /// Tells the node what it has: no more than that either, should it have been told of more.
    fn tell(&self, lease: Lease) {
        let granted = lease.granted.max(0).cast_unsigned();
        let _ = self.node.shrink(self.slot, granted);
        self.node.grant(self.slot, granted, lease.elsewhere);
    }
}

impl Spender for Slot<'_> {
    fn used(&self) -> i64 {
        i64::try_from(self.node.shm().wallets().funds(self.slot).used).unwrap_or(i64::MAX)
    }

    fn shrink(&self, granted: i64) -> i64 {
        i64::try_from(self.node.shrink(self.slot, granted.max(0).cast_unsigned())).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::Watch;

    #[test]
    fn a_wallet_is_told_once_to_be_low_then_exhausted_then_recovered() {
        let mut watch = Watch::default();
        let told: Vec<_> = [100, 60, 20, 19, 10, 10, 15, 50].map(|now| watch.look(now, 10)).to_vec();
        let expected =
            [None, None, Some("low"), None, Some("exhausted"), None, Some("recovered"), Some("recovered")];
        assert_eq!(told, expected);
        // Of the 50 that came in, 10 would be low again.
        assert_eq!((watch.look(11, 0), watch.look(10, 0)), (None, Some("low")));
        assert_eq!(Watch::default().look(0, 0), Some("exhausted"), "empty from the beginning");
    }
}
