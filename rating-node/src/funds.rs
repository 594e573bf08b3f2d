//! Paying a call: hold at its decision, extend while it lasts, settle at its end (section 8).
//!
//! Worked: a wallet has 5 USD, a call sells at 0.01 a minute, 60/60, and holds are for 60 s. The decision holds 0.01 and
//! tells 60 s. Half a minute after the answer 0.01 more is held, and the call may last 120 s. It ends after 61 s: it has
//! used 0.02, nothing goes back. Had it ended after 59 s, 0.01 would have.
//!
//! What a call has of its wallet is one word of its entry. A hold is taken from the wallet before the entry says so, and
//! given back after it no longer does. So no call spends what another holds, and a death leaves the wallet with too
//! little, never too much, until the next recount.
//!
//! It will not route, and it reads no clock.

use std::sync::atomic::{Ordering, fence};

use rating_core::live::{Now, Wallet};
use rating_core::money::Atto;
use rating_core::reject::Reason;
use rating_core::snapshot::layout::AccountRec;
use rating_core::snapshot::view::{CALL_SEC_MAX, Snapshot};

use crate::calls::entry::{Entry, Terms};
use crate::calls::table::CallTable;
use crate::calls::{Handle, State};
use crate::crash::{Point, reach};
use crate::reserve;
use crate::segments::rate;
use crate::shm::Shm;
use crate::wallets::WalletTable;

/// Holds are extended when less than this share of an interval is left.
const AHEAD_SHARE: u32 = 2;
/// And not earlier than so many seconds before.
const AHEAD_MAX_SEC: u32 = 30;

/// What a call pays, by the terms that it has now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Price {
    pub buy: Terms,
    pub sell: Terms,
    /// What a unit of the currency that it sells in is worth in the plan's.
    pub sell_rate_nano: u64,
}

impl Price {
    pub fn of(call: &Entry) -> Price {
        let sell_rate_nano = call.money.sell_rate_nano.get();
        Price { buy: call.buy.get(), sell: call.sell.get(), sell_rate_nano }
    }

    /// What so many seconds use of a wallet: nano-units of the plan's currency, half up, or seconds that are billed.
    pub fn charge(&self, duration_sec: u32, in_seconds: bool) -> u64 {
        let (_, sold) = rate::costs(self.buy, self.sell, duration_sec);
        if in_seconds {
            return u64::from(sold.billed_sec);
        }
        let in_plan = Atto::convert(sold.cost, self.sell_rate_nano).to_nano();
        u64::try_from(in_plan.0).unwrap_or(0)
    }

    /// Seconds of the first hold: the interval, or the first block where that is longer (8.2).
    pub fn first_hold_sec(&self, interval_sec: u32) -> u32 {
        let first_sec = match (self.sell, self.buy) {
            (Terms::Deck(terms), _) | (Terms::CostPlus { .. }, Terms::Deck(terms)) => terms.first_sec,
            _ => 1,
        };
        interval_sec.max(first_sec)
    }

    /// The longest call that an amount pays for.
    pub fn longest_sec(&self, amount: u64, in_seconds: bool) -> u32 {
        if self.charge(CALL_SEC_MAX, in_seconds) <= amount {
            return CALL_SEC_MAX;
        }
        // A longer call never costs less: `enough` is paid for, `too_long` is not.
        let (mut enough, mut too_long) = (0, CALL_SEC_MAX);
        while too_long - enough > 1 {
            let middle = enough + (too_long - enough) / 2;
            let is_paid = self.charge(middle, in_seconds) <= amount;
            if is_paid { enough = middle } else { too_long = middle }
        }
        enough
    }
}

/// The wallets of one snapshot: the node's table, and where each of the snapshot's wallets is in it.
#[derive(Clone, Copy, Debug)]
pub struct SnapshotWallets<'a> {
    /// The node's wallets.
    pub table: WalletTable<'a>,
    /// By the wallet's place in the snapshot: its slot.
    pub slots: &'a [u32],
}

impl SnapshotWallets<'_> {
    /// The slot of the wallet at a place of the snapshot.
    pub(crate) fn slot(&self, index: u32) -> u32 {
        self.slots.get(index as usize).copied().unwrap_or(u32::MAX)
    }

    /// What this node can hold of a wallet. Without a lease nothing, whatever the price: fail closed.
    #[must_use]
    pub fn available(&self, index: u32) -> i64 {
        let funds = self.table.funds(self.slot(index));
        match funds.is_leased {
            true => i64::try_from(funds.available()).unwrap_or(i64::MAX),
            false => i64::MIN,
        }
    }

    /// Whether a wallet pays (8.1).
    #[must_use]
    pub fn pays(&self, index: u32, wallet: &Wallet) -> bool {
        self.table.is_above(self.slot(index), wallet.threshold)
    }

    /// Holds the first interval of the dearest leg, of the first wallet that pays and covers it (8.1, 8.2).
    pub(crate) fn hold(
        &self,
        call: &Entry,
        snapshot: &Snapshot<'_>,
        account: &AccountRec,
        legs: impl Iterator<Item = Price> + Clone,
    ) -> Result<(), Reason> {
        let interval_sec = snapshot.plan().hold_interval_sec.get();
        let first_hold = |in_seconds: bool| {
            let holds =
                legs.clone().map(|price| price.charge(price.first_hold_sec(interval_sec), in_seconds));
            holds.max().unwrap_or(0)
        };
        let mut wallets = snapshot.wallets_of(account.wallets).peekable();
        if wallets.peek().is_none() {
            return Ok(());
        }
        for (at, wallet) in wallets {
            let (slot, amount) = (self.slot(at), first_hold(wallet.in_seconds));
            if !self.pays(at, &wallet) {
                continue;
            }
            if self.table.take(slot, amount).is_err() {
                self.table.count_refusal(slot);
                continue;
            }
            reach(Point::WalletTaken);
            let held_sec = legs.clone().map(|price| price.longest_sec(amount, wallet.in_seconds)).min();
            call.money.hold(&wallet, slot, amount, held_sec.unwrap_or(0), interval_sec);
            reach(Point::WalletWritten);
            return Ok(());
        }
        Err(Reason::InsufficientBalance)
    }
}

/// What is known of the hold of a call that a wallet pays, or that is under limits of minutes or spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Seconds of talk, from the answer on, that are held: the dialog's time-out (8.2).
    pub held_sec: u32,
    /// Seconds of talk that all that is available would buy, for information.
    pub longest_sec: u32,
}

/// What is held for a call, of a wallet, or of minutes and spend; `None` of one that is under neither.
pub(crate) fn held(call: &Entry, wallets: &WalletTable<'_>) -> Option<Held> {
    let Some(reserved_sec) = reserve::held_sec(call) else { return held_of_wallet(call, wallets) };
    let unpaid = Held { held_sec: u32::MAX, longest_sec: call.lease.longest_sec.get() };
    let paid = held_of_wallet(call, wallets).unwrap_or(unpaid);
    Some(Held { held_sec: paid.held_sec.min(reserved_sec), ..paid })
}

fn held_of_wallet(call: &Entry, wallets: &WalletTable<'_>) -> Option<Held> {
    let (slot, charged) = call.charge()?;
    let available = wallets.funds(slot).available();
    let in_seconds = call.money.in_seconds.get() == 1;
    let longest_sec = Price::of(call).longest_sec(charged.saturating_add(available), in_seconds);
    let held_sec = call.money.held_sec.get();
    Some(Held { held_sec, longest_sec: longest_sec.max(held_sec) })
}

/// Seconds of talk after which the call's dialog is to end (8.2): what is held, however much no more than the plan's longest
/// call. `None` where nothing is held: then the plan alone says.
pub(crate) fn dialog_sec(call: &Entry) -> Option<u32> {
    let held_sec = [held_sec(call), reserve::held_sec(call)].into_iter().flatten().min()?;
    Some(held_sec.min(call.lease.longest_sec.get()))
}

/// At the answer: what is held pays for as long as the terms of the answer say, and is made up to a whole interval.
pub(crate) fn begin(call: &Entry, wallets: &WalletTable<'_>) {
    let Some((_, charged)) = call.charge() else { return };
    let (price, in_seconds) = (Price::of(call), call.money.in_seconds.get() == 1);
    let held_sec = price.longest_sec(charged, in_seconds);
    call.money.held_sec.set(held_sec);
    let wanted_sec = price.first_hold_sec(call.money.hold_interval_sec.get());
    if held_sec < wanted_sec {
        extend_to(call, wallets, wanted_sec);
    }
}

/// What a look at an answered call's hold has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldState {
    /// It is prepaid by nobody, or nothing is to be done yet.
    Enough,
    /// It was extended: the dialog's new time-out, in seconds from now.
    Extended {
        /// Seconds of talk that are left.
        left_sec: u32,
    },
    /// It has run out: the call is to end now.
    RanOut,
}

/// Extends the hold of an answered call before it runs out (8.2). The caller has locked the call.
pub(crate) fn extend(call: &Entry, wallets: &WalletTable<'_>, now: Now) -> HoldState {
    if call.charge().is_none() {
        return HoldState::Enough;
    }
    let talked_sec = talked_sec(call, now);
    let (held_sec, interval_sec) = (call.money.held_sec.get(), call.money.hold_interval_sec.get());
    let ahead_sec = (interval_sec / AHEAD_SHARE).clamp(1, AHEAD_MAX_SEC);
    if held_sec.saturating_sub(talked_sec) > ahead_sec {
        return HoldState::Enough;
    }
    extend_to(call, wallets, talked_sec.max(held_sec).saturating_add(interval_sec));
    let now_held_sec = call.money.held_sec.get();
    match now_held_sec.checked_sub(talked_sec) {
        Some(left_sec @ 1..) if now_held_sec > held_sec => HoldState::Extended { left_sec },
        Some(1..) => HoldState::Enough,
        _ => HoldState::RanOut,
    }
}

/// Holds what a call of so many seconds costs, or of as many as what is available pays for.
fn extend_to(call: &Entry, wallets: &WalletTable<'_>, wanted_sec: u32) {
    let Some((slot, charged)) = call.charge() else { return };
    let (price, in_seconds) = (Price::of(call), call.money.in_seconds.get() == 1);
    let wanted = price.charge(wanted_sec, in_seconds).saturating_sub(charged);
    let mut taken = wallets.take(slot, wanted).map_or(0, |()| wanted);
    if taken < wanted {
        wallets.count_refusal(slot);
        // The last whole block that can be paid for: what is too little for one stays for other calls.
        let available = wallets.funds(slot).available();
        let reach_sec = price.longest_sec(charged.saturating_add(available), in_seconds);
        let less = price.charge(reach_sec.min(wanted_sec), in_seconds).saturating_sub(charged);
        taken = wallets.take(slot, less).map_or(0, |()| less);
    }
    let charged = charged.saturating_add(taken);
    call.money.charged.set(charged);
    call.money.held_sec.set(price.longest_sec(charged, in_seconds));
}

/// Seconds of talk that are held; `None` of a call that nobody prepays.
pub(crate) fn held_sec(call: &Entry) -> Option<u32> {
    call.charge().map(|_| call.money.held_sec.get())
}

/// After how many seconds of talk the hold is to be extended, or is over; `None` of a call that nobody prepays.
pub(crate) fn due_sec(call: &Entry) -> Option<u32> {
    call.charge()?;
    let (held_sec, interval_sec) = (call.money.held_sec.get(), call.money.hold_interval_sec.get());
    Some(held_sec.saturating_sub((interval_sec / AHEAD_SHARE).clamp(1, AHEAD_MAX_SEC)))
}

/// Whole seconds since the answer, those that have begun included.
pub(crate) fn talked_sec(call: &Entry, now: Now) -> u32 {
    let talked_ns = now.monotonic_ns.saturating_sub(call.answered_monotonic_ns.get());
    u32::try_from(talked_ns.div_ceil(1_000_000_000)).unwrap_or(u32::MAX)
}

/// Settles a call whose end is written down: what it has not used goes back (8.2).
///
/// One that has lasted longer than its hold, because its end was reported late, takes the rest of what is available,
/// and nothing that is not: the difference is the operator's.
pub(crate) fn settle(call: &Entry, wallets: &WalletTable<'_>) {
    let Some((slot, charged)) = call.charge() else { return };
    let used = used(call);
    let charged = match used.checked_sub(charged) {
        Some(more @ 1..) => {
            let charged = charged.saturating_add(wallets.take_up_to(slot, more));
            call.money.charged.set(charged);
            charged
        }
        _ => charged,
    };
    let used = used.min(charged);
    call.money.charged.set(used);
    reach(Point::WalletSettled);
    wallets.give_back(slot, charged - used);
}

/// Settles a call that a repair has ended. What it gives back is not told to the wallet: that is counted anew.
pub(crate) fn settle_in_repair(call: &Entry) {
    if let Some((_, charged)) = call.charge() {
        call.money.charged.set(used(call).min(charged));
    }
}

/// When what is held for an answered call is over, in nanoseconds since 1970 UTC: a call whose end nobody reports is
/// billed no further (7.4). `i64::MAX` of any other.
pub(crate) fn paid_until_ns(call: &Entry) -> i64 {
    match (held_sec(call), call.answered_ns.get_signed()) {
        (Some(held_sec), 1..) => {
            call.answered_ns.get_signed().saturating_add(i64::from(held_sec).saturating_mul(1_000_000_000))
        }
        _ => i64::MAX,
    }
}

/// What an ended call uses of its wallet.
fn used(call: &Entry) -> u64 {
    let duration_sec = rate::duration_sec(call.answered_ns.get_signed(), call.ended_ns.get_signed());
    Price::of(call).charge(duration_sec, call.money.in_seconds.get() == 1)
}

/// Gives back all that a call holds which never was.
pub(crate) fn let_go(call: &Entry, wallets: &WalletTable<'_>) {
    if let Some((slot, charged)) = call.charge() {
        call.money.forget_hold();
        wallets.give_back(slot, charged);
    }
}

/// What the calls in the table have of wallets: slot and amount.
pub(crate) fn charges(calls: &CallTable<'_>) -> impl Iterator<Item = (u32, u64)> {
    calls.used().filter(|(_, state, _)| *state != State::Free).filter_map(|(entry, ..)| entry.charge())
}

/// Frees the entry of an ended call by `free`, and counts what it has used as swept: both or, after a death between,
/// both by [`finish_sweep`], of the next sweeper or a repair. Only one sweeps at a time.
pub(crate) fn sweep(shm: &Shm, handle: Handle, call: &Entry, free: impl FnOnce()) {
    let Some((slot, charged)) = call.charge() else { return free() };
    let (wallets, posting) = (shm.wallets(), &shm.header().posting);
    let swept = wallets.swept(slot).saturating_add(charged);
    posting.slot.set(u64::from(slot));
    posting.swept.set(swept);
    // ORDERING: release fences, here and below, keep the steps in this order for who repairs after a death; the kernel
    // lets go the dead one's seat after its last store.
    fence(Ordering::Release);
    posting.handle.set(handle.0);
    fence(Ordering::Release);
    reach(Point::SweepPosted);
    wallets.set_swept(slot, swept);
    reach(Point::SweepCounted);
    free();
    fence(Ordering::Release);
    posting.handle.set(0);
}

/// Finishes what a dead sweeper has begun: `free` frees the entry, if that is still to be done. Nobody else sweeps.
pub(crate) fn finish_sweep(shm: &Shm, free: impl FnOnce(Handle)) {
    let posting = &shm.header().posting;
    let handle = Handle(posting.handle.get());
    if handle.0 == 0 {
        return;
    }
    shm.wallets().set_swept(posting.slot.get() as u32, posting.swept.get());
    free(handle);
    fence(Ordering::Release);
    posting.handle.set(0);
}
