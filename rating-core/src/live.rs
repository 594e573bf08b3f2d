//! What is live: the only part of a decision that is not in the snapshot.
//!
//! Core reads limits through [`LiveState`]; the node implements it over shared memory, tests and `simulate`
//! bring their own. Deciding changes nothing but the CPS of account and trunk (section 2); everything else is
//! taken afterwards, at admission.

use crate::funds::FirstHold;
use crate::limit::Limit;

/// The instant of a call, on the two clocks that a decision needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Wall clock: selects deck versions and periods.
    ///
    /// # Units
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub utc_ns: i64,
    /// A clock that never goes back and is the same in all processes of the node: paces CPS.
    ///
    /// # Units
    /// Nanoseconds since an arbitrary start.
    pub monotonic_ns: u64,
}

impl Now {
    /// The wall clock's whole seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn utc_sec(&self) -> i64 {
        self.utc_ns.div_euclid(1_000_000_000)
    }
}

/// No room in a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// After how long there is room again, where that is known; else 0.
    ///
    /// # Units
    /// Nanoseconds.
    pub retry_after_ns: u64,
}

/// The use of each limit of a snapshot.
///
/// `index` is the limit's place in the snapshot's section of limits. A limit's count outlives the snapshot:
/// who implements this finds it by [`Limit::key`].
pub trait LiveState {
    /// Takes one slot of a CPS limit.
    ///
    /// # Errors
    /// [`Full`] when the limit admits no call at this instant.
    fn take_cps(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full>;

    /// Gives back the slot that [`take_cps`](Self::take_cps) has just taken, as if it never had.
    fn undo_cps(&self, index: u32, limit: &Limit);

    /// Whether the limit, of any kind, would admit one more call now. Changes nothing.
    ///
    /// # Errors
    /// [`Full`] when it would not.
    fn has_room(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full>;

    /// Whether a limit of minutes or spend would admit what a leg takes of it at first (6.2). Changes nothing.
    ///
    /// # Errors
    /// [`Full`] when it would not.
    fn has_room_for(&self, index: u32, limit: &Limit, hold: &FirstHold, now: Now) -> Result<(), Full> {
        let _ = hold;
        self.has_room(index, limit, now)
    }

    /// What can be held of a wallet: its balance and credit limit less what is held; nano-units of the plan's
    /// currency, or seconds (8.1). A wallet that nobody fills has its credit limit.
    fn available(&self, index: u32, wallet: &Wallet) -> i64 {
        let _ = index;
        wallet.credit_limit
    }

    /// Whether a wallet pays: more than its threshold is available (8.1). A node that has only a part of a wallet knows
    /// more of it than it can hold.
    fn pays(&self, index: u32, wallet: &Wallet) -> bool {
        self.available(index, wallet) > wallet.threshold
    }

    /// Told once who pays, before limits are asked: a limit whose zone is `NONE` has the periods of that account's (6.5).
    fn set_payer(&self, account: u32) {
        let _ = account;
    }

    /// The key of the route that a round-robin partition chose last; 0 if none yet (section 5).
    fn cursor(&self, partition_key: u64) -> u64 {
        let _ = partition_key;
        0
    }

    /// A route's live quality, as frozen at the last publication of figures; none leaves its score.
    fn quality(&self, route_key: u64) -> Option<i32> {
        let _ = route_key;
        None
    }
}

/// Money or seconds that an account has paid for (8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// Names the wallet for ever.
    pub key: u64,
    /// Whether it holds seconds, not money.
    pub in_seconds: bool,
    /// It pays while more than this is available.
    pub threshold: i64,
    /// How far it may go below nothing.
    pub credit_limit: i64,
}

/// Limits that nobody has used: the live state of `simulate` where none is given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unused;

impl LiveState for Unused {
    fn take_cps(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        self.has_room(index, limit, now)
    }

    fn undo_cps(&self, _: u32, _: &Limit) {}

    fn has_room(&self, _: u32, limit: &Limit, _: Now) -> Result<(), Full> {
        if limit.admits_nothing() { Err(Full { retry_after_ns: 0 }) } else { Ok(()) }
    }
}
