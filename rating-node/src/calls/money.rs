//! The part of an entry that money needs: what prices the call again at its answer (4.2), and what it holds of a
//! wallet (section 8).

use rating_core::answer::{Asked, CodeKeys};
use rating_core::jurisdiction::{Jurisdiction, Zone};
use rating_core::lerg::Place;
use rating_core::live::Wallet;
use rating_core::number::Digits;
use rating_core::route::Facts;

use super::entry::Entry;
use crate::cells::{Cell8, Cell32, Cell64};
use crate::wallets::slot_key;

const SAME_STATE: u8 = 1;
const SHORT_CODE: u8 = 2;
const LRN_TAKES_CATCH_ALL: u8 = 4;
const DNIS_TAKES_CATCH_ALL: u8 = 8;
const CUSTOM_RATE: u8 = 16;
const HAS_CIC: u8 = 32;

/// One cache line of an entry.
#[derive(Debug, Default)]
#[repr(C)]
pub struct MoneyCells {
    /// What the call has of its wallet, in the wallet's unit: alive, what it holds; over, what it has used.
    pub charged: Cell64,
    /// What a unit of the currency that the call sells in is worth in the plan's, in nano-units.
    pub sell_rate_nano: Cell64,
    /// The key of the wallet that pays, as its slot has it: `wallets::slot_key`.
    pub wallet_key: Cell64,
    /// The wallet that pays: its slot + 1; 0 is none.
    pub wallet: Cell32,
    /// Seconds of talk that the hold pays for, by the terms that the call has now.
    pub held_sec: Cell32,
    /// Seconds that a hold is for (8.2).
    pub hold_interval_sec: Cell32,
    ocn: Cell32,
    lata: Cell32,
    cic: Cell32,
    tier: Cell8,
    keys: Cell8,
    /// 1 if the wallet holds seconds, not money.
    pub in_seconds: Cell8,
    reserved: Cell8,
    /// Seconds of talk after which the dialog ends, as it was last told (8.2).
    pub told_sec: Cell32,
    reserved2: [Cell32; 2],
}

const _: () = assert!(size_of::<MoneyCells>() == 64);

impl MoneyCells {
    /// Forgets the call before.
    pub(super) fn clear(&self) {
        self.charged.set(0);
        self.sell_rate_nano.set(0);
        self.wallet_key.set(0);
        let held = [&self.wallet, &self.held_sec, &self.hold_interval_sec, &self.told_sec];
        held.into_iter().chain([&self.ocn, &self.lata, &self.cic]).for_each(|cell| cell.set(0));
        [&self.tier, &self.keys, &self.in_seconds].into_iter().for_each(|cell| cell.set(0));
    }

    /// Keeps how decks were asked.
    pub fn set_asked(&self, facts: &Facts) {
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        self.keys.set(
            flag(facts.same_state, SAME_STATE)
                | flag(facts.keys.is_short_code, SHORT_CODE)
                | flag(facts.keys.lrn_takes_catch_all, LRN_TAKES_CATCH_ALL)
                | flag(facts.keys.dnis_takes_catch_all, DNIS_TAKES_CATCH_ALL)
                | flag(facts.custom_sell.is_some(), CUSTOM_RATE)
                | flag(facts.cic.is_some(), HAS_CIC),
        );
        self.ocn.set(u32::from_le_bytes(facts.called.ocn));
        self.lata.set(facts.called.lata);
        self.tier.set(facts.called.tier);
        self.cic.set(u32::from_le_bytes(facts.cic.unwrap_or_default()));
    }

    /// Writes down what is held. The wallet has given it.
    pub fn hold(&self, wallet: &Wallet, slot: u32, amount: u64, held_sec: u32, interval_sec: u32) {
        self.in_seconds.set(u8::from(wallet.in_seconds));
        self.wallet_key.set(slot_key(wallet));
        self.held_sec.set(held_sec);
        self.hold_interval_sec.set(interval_sec);
        self.charged.set(amount);
        self.wallet.set(slot + 1);
    }

    /// Forgets what is held, before the wallet gets it back.
    pub fn forget_hold(&self) {
        self.wallet.take();
        self.charged.set(0);
    }

    /// Whether an override's rate sells the call (9.6).
    #[must_use]
    pub fn has_custom_rate(&self) -> bool {
        self.keys.get() & CUSTOM_RATE != 0
    }
}

impl Entry {
    /// What the call has of a wallet: the wallet's slot, and the amount. `None` of one that nobody prepays.
    #[must_use]
    pub fn charge(&self) -> Option<(u32, u64)> {
        let slot = self.money.wallet.get().checked_sub(1)?;
        Some((slot, self.money.charged.get()))
    }

    /// How decks were asked for the call; `None` where none was.
    #[must_use]
    pub fn asked(&self) -> Option<Asked> {
        let number = self.jurisdiction.get();
        let jurisdiction = Jurisdiction::ALL.into_iter().find(|zone| *zone as u8 == number)?;
        let (money, keys) = (&self.money, self.money.keys.get());
        Some(Asked {
            dnis: Digits::from_packed(self.dnis.get()),
            dnis_lrn: Digits::from_packed(self.dnis_lrn.get()),
            zone: Zone { jurisdiction, same_state: keys & SAME_STATE != 0 },
            keys: CodeKeys {
                is_short_code: keys & SHORT_CODE != 0,
                lrn_takes_catch_all: keys & LRN_TAKES_CATCH_ALL != 0,
                dnis_takes_catch_all: keys & DNIS_TAKES_CATCH_ALL != 0,
            },
            called: Place {
                ocn: money.ocn.get().to_le_bytes(),
                lata: money.lata.get(),
                tier: money.tier.get(),
                ..Place::UNKNOWN
            },
            cic: (keys & HAS_CIC != 0).then(|| money.cic.get().to_le_bytes()),
        })
    }
}
