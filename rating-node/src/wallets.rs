//! What this node may spend of each wallet, in shared memory (8.1, 8.3).
//!
//! PostgreSQL has the wallets. It moves amounts to nodes, by leases; a node spends what was moved to it and not a
//! nano-unit more, without asking anybody. A wallet has one slot, a cache line of its own:
//!
//! ```text
//! granted    what leases have given in total          changed by the agent alone
//! used       what calls have had of it                changed by who holds, extends and settles
//!            = what live calls hold + what ended calls have used, unswept and swept
//! available  = granted − used
//! ```
//!
//! Worked: a lease of 5 USD; two calls hold 0.06 each; one ends, having used 0.02: used is 0.08, available 4.92.
//!
//! Invariants, over all processes: `used` is never above the `granted` that holds when a hold is done; a death leaves
//! `used` too high, never too low, and a recount from the entries repairs it. A slot is never given back.
//!
//! It will not decide which wallet pays, nor what a call costs.

use std::sync::atomic::Ordering;

use rating_core::live::Wallet;

use crate::atomic::{AtomicU64, model_fence};
use crate::cells::{Cell32, Cell64, Open32, Open64};
use crate::limits::NoRoom;

/// Wallets that a state file can hold.
pub const WALLETS_MAX: u32 = 65_536;

const FLAG_LEASED: u32 = 1;

/// One wallet: one cache line.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct WalletSlot {
    /// The wallet's key; 0 is nobody's slot.
    key: AtomicU64,
    used: AtomicU64,
    granted: AtomicU64,
    /// The part of `used` that calls have had whose entries are free again.
    swept: Cell64,
    /// What of the wallet is not on this node, as of the agent's last word; signed.
    elsewhere: Open64,
    /// Holds and extensions that were refused because too little was available.
    refused: Open64,
    flags: Open32,
    reserved: Cell32,
    reserved2: Cell64,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<WalletSlot>() == 64);

/// Less is available than asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    /// What is available.
    pub available: u64,
}

/// What a wallet has on this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Funds {
    /// Whether a lease was ever given: without one nothing is available.
    pub is_leased: bool,
    /// What leases have given.
    pub granted: u64,
    /// What calls have had of it.
    pub used: u64,
    /// Holds and extensions that were refused.
    pub refused: u64,
}

impl Funds {
    /// What can be held.
    #[must_use]
    pub const fn available(&self) -> u64 {
        self.granted.saturating_sub(self.used)
    }
}

/// The key of a wallet's slot. A wallet that turns from money to seconds is another: a lease of the one is none of the
/// other.
#[must_use]
pub fn slot_key(wallet: &Wallet) -> u64 {
    let turned = if wallet.in_seconds { wallet.key ^ 0x7365_636f_6e64_7300 } else { wallet.key };
    turned.max(1)
}

/// All wallets of the node.
#[derive(Clone, Copy, Debug)]
pub struct WalletTable<'a> {
    slots: &'a [WalletSlot],
}

impl<'a> WalletTable<'a> {
    pub(crate) const fn new(slots: &'a [WalletSlot]) -> Self {
        Self { slots }
    }

    /// The slot of a wallet, made if there is none.
    ///
    /// # Errors
    /// [`NoRoom`] when every slot has another's key.
    pub fn slot(&self, wallet: &Wallet) -> Result<u32, NoRoom> {
        let key = slot_key(wallet);
        for at in self.places(key) {
            let slot = &self.slots[at as usize];
            // ORDERING: relaxed: the key publishes nothing; the words beside it are valid from the start (0).
            let found = match slot.key.load(Ordering::Relaxed) {
                0 => slot.key.compare_exchange(0, key, Ordering::Relaxed, Ordering::Relaxed),
                taken => Err(taken),
            };
            if found.is_ok() || found == Err(key) {
                return Ok(at);
            }
        }
        Err(NoRoom)
    }

    /// The slot that has a wallet's key ([`slot_key`]), if one was made.
    #[must_use]
    pub fn find(&self, key: u64) -> Option<u32> {
        self.places(key).take_while(|at| self.key_at(*at) != 0).find(|at| self.key_at(*at) == key)
    }

    /// The places where a key may be, the likeliest first.
    fn places(&self, key: u64) -> impl Iterator<Item = u32> + use<> {
        let len = self.slots.len() as u64;
        (0..len).map(move |step| (key.wrapping_add(step) % len) as u32)
    }

    fn at(&self, slot: u32) -> Option<&'a WalletSlot> {
        self.slots.get(slot as usize)
    }

    /// The key of a slot's wallet; 0 if it is nobody's.
    pub(crate) fn key_at(&self, slot: u32) -> u64 {
        // ORDERING: relaxed: a name to tell.
        self.at(slot).map_or(0, |slot| slot.key.load(Ordering::Relaxed))
    }

    /// What a wallet has here.
    #[must_use]
    pub fn funds(&self, slot: u32) -> Funds {
        let Some(slot) = self.at(slot) else {
            return Funds { is_leased: false, granted: 0, used: 0, refused: 0 };
        };
        Funds {
            is_leased: slot.flags.get() & FLAG_LEASED != 0,
            // ORDERING: relaxed: an opinion; who takes asks again.
            granted: slot.granted.load(Ordering::Relaxed),
            used: slot.used.load(Ordering::Relaxed),
            refused: slot.refused.get(),
        }
    }

    /// Whether more than the threshold is available, here and elsewhere together (8.1). Without a lease: no.
    #[must_use]
    pub fn is_above(&self, slot: u32, threshold: i64) -> bool {
        let (funds, elsewhere) =
            (self.funds(slot), self.at(slot).map_or(0, |slot| slot.elsewhere.get_signed()));
        funds.is_leased && i128::from(funds.available()) + i128::from(elsewhere) > i128::from(threshold)
    }

    /// Holds an amount.
    ///
    /// # Errors
    /// [`Short`] when less is available; then nothing is held.
    pub fn take(&self, slot: u32, amount: u64) -> Result<(), Short> {
        let slot = self.at(slot).ok_or(Short { available: 0 })?;
        // ORDERING: sequentially consistent, here and below, pairs with `shrink`: of a hold and a lease that is taken
        // back at once, either the hold sees the smaller lease and gives way, or the taking back sees the hold.
        let mut used = slot.used.load(Ordering::SeqCst);
        loop {
            let granted = slot.granted.load(Ordering::SeqCst);
            let fits = used.checked_add(amount).filter(|more| *more <= granted);
            let Some(more) = fits else { return Err(Short { available: granted.saturating_sub(used) }) };
            match slot.used.compare_exchange_weak(used, more, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => {
                    model_fence();
                    if more <= slot.granted.load(Ordering::SeqCst) {
                        return Ok(());
                    }
                    used = slot.used.fetch_sub(amount, Ordering::SeqCst).wrapping_sub(amount);
                }
                Err(other) => used = other,
            }
        }
    }

    /// Holds an amount, or what is available where that is less; gives what it holds.
    pub fn take_up_to(&self, slot: u32, amount: u64) -> u64 {
        let mut amount = amount;
        loop {
            match self.take(slot, amount) {
                Ok(()) => return amount,
                Err(Short { available: 0 }) => return 0,
                // What is available may be less by now: then less is tried.
                Err(Short { available }) => amount = available.min(amount),
            }
        }
    }

    /// Gives back what was held and is not used. Never below nothing.
    pub fn give_back(&self, slot: u32, amount: u64) {
        let Some(slot) = self.at(slot) else { return };
        // ORDERING: sequentially consistent, as in `take`.
        let less = |used: u64| Some(used.saturating_sub(amount));
        let _ = slot.used.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
    }

    /// Counts a hold or an extension that was refused.
    pub fn count_refusal(&self, slot: u32) {
        if let Some(slot) = self.at(slot) {
            slot.refused.add(1);
        }
    }

    /// Sets what leases have given in total, and what of the wallet is elsewhere. Only the agent does; told the same
    /// twice it changes nothing.
    ///
    /// `granted` is not below what was granted before: to take back is [`shrink`](Self::shrink)'s.
    pub fn grant(&self, slot: u32, granted: u64, elsewhere: i64) {
        let Some(slot) = self.at(slot) else { return };
        slot.elsewhere.set_signed(elsewhere);
        // ORDERING: sequentially consistent, as in `take`.
        slot.granted.fetch_max(granted, Ordering::SeqCst);
        slot.flags.set(slot.flags.get() | FLAG_LEASED);
    }

    /// Takes back what no call has, down to `granted` in total; gives what is granted then. Only the agent does.
    ///
    /// The caller gives back to the wallet only what this has taken away, and after it.
    pub fn shrink(&self, slot: u32, granted: u64) -> u64 {
        let Some(slot) = self.at(slot) else { return 0 };
        // ORDERING: sequentially consistent, pairs with `take`.
        let before = slot.granted.load(Ordering::SeqCst);
        slot.granted.store(granted.min(before), Ordering::SeqCst);
        model_fence();
        let used = slot.used.load(Ordering::SeqCst);
        let now = granted.max(used).min(before);
        slot.granted.store(now, Ordering::SeqCst);
        now
    }

    /// Ends every lease, where what is here may be older than what the database knows: nothing is available before it is
    /// told again. Nobody else is inside.
    pub(crate) fn end_leases(&self) {
        for slot in self.slots {
            slot.flags.set(slot.flags.get() & !FLAG_LEASED);
            // ORDERING: sequentially consistent, as in `take`.
            slot.granted.store(0, Ordering::SeqCst);
        }
    }

    /// Puts right what a wallet without a lease has here: what leases have given, and what ended calls have used, as the
    /// database has both. Only the agent does, when no call has anything of the wallet.
    pub(crate) fn put_right(&self, slot: u32, granted: u64, used: u64) {
        let Some(slot) = self.at(slot).filter(|slot| slot.flags.get() & FLAG_LEASED == 0) else { return };
        slot.swept.set(used);
        // ORDERING: sequentially consistent, as in `take`.
        slot.used.store(used, Ordering::SeqCst);
        slot.granted.store(granted, Ordering::SeqCst);
    }

    /// What of `used` calls have had whose entries are free again.
    pub(crate) fn swept(&self, slot: u32) -> u64 {
        self.at(slot).map_or(0, |slot| slot.swept.get())
    }

    /// Sets that. Only who sweeps or repairs does.
    pub(crate) fn set_swept(&self, slot: u32, swept: u64) {
        if let Some(slot) = self.at(slot) {
            slot.swept.set(swept);
        }
    }

    /// Counts what is used anew: what was swept, and what `charges` say that calls have (slot, amount). Nobody else
    /// is at work.
    pub(crate) fn recount(&self, charges: impl Iterator<Item = (u32, u64)>) {
        for slot in self.slots {
            // ORDERING: sequentially consistent, as in `take`.
            slot.used.store(slot.swept.get(), Ordering::SeqCst);
        }
        for (slot, amount) in charges {
            if let Some(slot) = self.at(slot) {
                slot.used.fetch_add(amount, Ordering::SeqCst);
            }
        }
    }

    /// Every wallet that a slot was made for: the slot and what is used of it.
    pub(crate) fn in_use(&self) -> impl Iterator<Item = (u32, u64)> + use<'a> {
        // ORDERING: relaxed: figures to look at.
        let used = (0u32..).zip(self.slots).filter(|(_, slot)| slot.key.load(Ordering::Relaxed) != 0);
        used.map(|(at, slot)| (at, slot.used.load(Ordering::SeqCst)))
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
