//! One call's entry: 896 bytes that are its whole life.
//!
//! All fields are cells; the state word says who may touch them. While the lock bit is set, they belong to
//! who set it; else nobody changes them. What is in them is published by the store that clears the bit.
//!
//! A leg's two ids change meaning: until it is tried they are places in the snapshot that the call was
//! decided on; from then on they are the stable keys of route and gateway, so that a record can be written when
//! that snapshot is gone.

use rating_core::candidates::CostPlusTerms;
use rating_core::deck::Matched;
use rating_core::live::Now;
use rating_core::money::Nano;
use rating_core::tariff::{DeckTariff, Rounding};

use super::basis::BasisCells;
use super::lease::LeaseCells;
use super::money::MoneyCells;
use crate::atomic::AtomicU64;
use crate::cells::{Cell8, Cell16, Cell32, Cell64, Open8, Open32, Open64};
use crate::crash::{Point, reach};
use crate::funds;
use crate::limits::LimitTable;
use crate::reserve;

/// The bits of a handle that are the entry's index.
pub(super) const INDEX_MASK: u64 = (1 << 24) - 1;
/// The bits of a state word, and of a handle, that are the entry's generation.
pub(super) const GENERATION_MASK: u64 = !INDEX_MASK;
/// How far they are above the lowest bit.
pub(super) const GENERATION_SHIFT: u32 = 24;
/// One generation.
pub(super) const GENERATION_STEP: u64 = 1 << GENERATION_SHIFT;
/// Somebody is changing the entry.
pub(super) const LOCK_BIT: u64 = 1 << 8;
const STATE_MASK: u64 = 0xff;

/// Bytes of a Call-ID that are kept.
pub const CALL_ID_MAX: usize = 64;
/// Legs of a call.
pub const LEGS: usize = 8;

/// Where a call is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Nobody's entry.
    Free = 0,
    /// Being decided; locked from birth.
    Deciding = 1,
    /// Has a leg.
    Admitted = 2,
    /// A leg rings.
    Ringing = 3,
    /// Somebody talks.
    Answered = 4,
    /// Over; the entry is its record until that is written.
    Ended = 5,
}

impl State {
    /// The state in a state word.
    #[must_use]
    pub(crate) const fn of(word: u64) -> State {
        match word & STATE_MASK {
            1 => State::Deciding,
            2 => State::Admitted,
            3 => State::Ringing,
            4 => State::Answered,
            5 => State::Ended,
            _ => State::Free,
        }
    }

    /// Whether the call holds what it holds.
    #[must_use]
    pub const fn is_alive(self) -> bool {
        matches!(self, Self::Deciding | Self::Admitted | Self::Ringing | Self::Answered)
    }
}

/// Whose gauge a hold is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Account: for the call.
    Account = 0,
    /// Trunk: for the call.
    Trunk = 1,
    /// Partition: for the call.
    Partition = 2,
    /// Route: for the leg.
    Route = 3,
    /// Provider: for the leg.
    Provider = 4,
    /// Membership of the route in the partition: for the leg.
    Member = 5,
    /// Gateway: for the leg.
    Gateway = 6,
}

impl Holder {
    /// All.
    pub const ALL: [Holder; 7] = [
        Self::Account,
        Self::Trunk,
        Self::Partition,
        Self::Route,
        Self::Provider,
        Self::Member,
        Self::Gateway,
    ];
    /// Whose holds a leg has.
    pub const OF_LEG: [Holder; 4] = [Self::Route, Self::Provider, Self::Member, Self::Gateway];
}

/// Call-ID was longer than what is kept of it.
pub const FLAG_CALL_ID_CUT: u8 = 1;
/// Nobody reported the call's end: a start of the node, or its lease, ended it.
pub const FLAG_RECOVERED: u8 = 2;

/// An emergency call: it holds and costs nothing.
pub const FLAG_EMERGENCY: u8 = 4;
/// At its answer the call had no buy price: it is that of the decision.
pub const FLAG_BUY_AS_DECIDED: u8 = 8;
/// At its answer the call had no sell price: it is that of the decision.
pub const FLAG_SELL_AS_DECIDED: u8 = 16;
/// The call's lease has run out, and its gauges are let go: see `lease`.
pub const FLAG_EXPIRED: u8 = 32;
/// A call to a customer's DID, to a client of a campaign: it goes on behind one that is busy (7.2).
pub const FLAG_CAMPAIGN: u8 = 64;

/// In a hold's cell: the gauge is let go, and taken again if the call is found alive.
const LET_GO: u32 = 1 << 31;

/// How a price is kept in an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    /// Nothing: an endpoint that costs nothing.
    Nothing,
    /// A deck's price.
    Deck(DeckTariff),
    /// Cost-plus on what the leg is bought for.
    CostPlus {
        /// The account's terms.
        plus: CostPlusTerms,
        /// What a unit of the buy deck's currency is worth in the plan's, in nano-units.
        buy_rate_nano: u64,
    },
}

/// A price by value.
#[derive(Debug, Default)]
#[repr(C)]
pub struct TermsCells {
    amounts: [Cell64; 3],
    first_sec: Cell32,
    increment_sec: Cell32,
    grace_sec: Cell32,
    /// 0 nothing, 1 deck, 2 cost-plus.
    kind: Cell8,
    rounding_mode: Cell8,
    rounding_decimals: Cell8,
    reserved: Cell8,
}

impl TermsCells {
    /// Keeps a price.
    pub fn set(&self, terms: &Terms) {
        let (kind, amounts, secs, rounding) = match terms {
            Terms::Nothing => (0, [0; 3], [0; 3], Rounding::DEFAULT),
            Terms::Deck(deck) => (
                1,
                [deck.first_rate_per_min.0, deck.rate_per_min.0, deck.connect_fee.0],
                [deck.first_sec, deck.increment_sec, deck.grace_sec],
                deck.rounding,
            ),
            Terms::CostPlus { plus, buy_rate_nano } => (
                2,
                [plus.margin_nano_percent, plus.fixed_fee_per_min.0, buy_rate_nano.cast_signed()],
                [0; 3],
                plus.rounding,
            ),
        };
        self.amounts.iter().zip(amounts).for_each(|(cell, amount)| cell.set_signed(amount));
        self.first_sec.set(secs[0]);
        self.increment_sec.set(secs[1]);
        self.grace_sec.set(secs[2]);
        self.kind.set(kind);
        self.rounding_mode.set(rounding.mode.number());
        self.rounding_decimals.set(rounding.decimals);
    }

    /// The price.
    #[must_use]
    pub fn get(&self) -> Terms {
        let amount = |at: usize| Nano(self.amounts[at].get_signed());
        let rounding = Rounding::from_stored(self.rounding_mode.get(), self.rounding_decimals.get());
        match self.kind.get() {
            1 => Terms::Deck(DeckTariff {
                first_rate_per_min: amount(0),
                rate_per_min: amount(1),
                connect_fee: amount(2),
                first_sec: self.first_sec.get().max(1),
                increment_sec: self.increment_sec.get().max(1),
                grace_sec: self.grace_sec.get(),
                rounding,
            }),
            2 => Terms::CostPlus {
                plus: CostPlusTerms {
                    margin_nano_percent: amount(0).0,
                    fixed_fee_per_min: amount(1),
                    rounding,
                },
                buy_rate_nano: amount(2).0.cast_unsigned(),
            },
            _ => Terms::Nothing,
        }
    }
}

/// How far a leg came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegState {
    /// Not tried yet: its ids are places in the snapshot.
    Waiting = 0,
    /// Admitted: its ids are keys.
    Tried = 1,
    /// Passed over, because a limit was full: its ids are keys.
    Skipped = 2,
}

/// One leg.
#[derive(Debug, Default)]
#[repr(C)]
pub struct LegCells {
    /// Waiting: route in the low half, gateway in the high half. Else the route's key.
    pub first_id: Cell64,
    /// Waiting: buy tariff in the low half, sell tariff (or `SOLD_AS_IT_STANDS`) in the high half. Else the gateway's
    /// key.
    pub second_id: Cell64,
    /// Version of the deck that it is bought by.
    pub deck_version: Cell32,
    detail: Cell32,
}

/// What a leg's detail word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegDetail {
    /// Its final SIP answer, 0 while there is none.
    pub sip_code: u16,
    /// Seconds to wait for an answer.
    pub dial_timeout_sec: u16,
    /// What of the called number its deck has priced.
    pub matched: Matched,
    /// Whether the deck was searched by the LRN.
    pub by_lrn: bool,
    /// How far it came.
    pub state: LegState,
}

impl LegCells {
    /// The detail.
    #[must_use]
    pub fn detail(&self) -> LegDetail {
        let word = self.detail.get();
        LegDetail {
            sip_code: (word & 0x3ff) as u16,
            dial_timeout_sec: ((word >> 10) & 0x3ff) as u16,
            matched: Matched::from_number(((word >> 20) & 0x1f) as u8),
            by_lrn: (word >> 25) & 1 == 1,
            state: match (word >> 26) & 3 {
                0 => LegState::Waiting,
                1 => LegState::Tried,
                _ => LegState::Skipped,
            },
        }
    }

    /// Changes the detail. SIP code and time-out are held to 1023.
    pub fn set_detail(&self, detail: LegDetail) {
        let word = u32::from(detail.sip_code.min(0x3ff))
            | u32::from(detail.dial_timeout_sec.min(0x3ff)) << 10
            | u32::from(detail.matched.number().min(0x1f)) << 20
            | u32::from(detail.by_lrn) << 25
            | (detail.state as u32) << 26;
        self.detail.set(word);
    }
}

/// In place of a waiting leg's sell tariff: the call's `sell` says what it sells at, whatever leg it takes.
pub(crate) const SOLD_AS_IT_STANDS: u32 = u32::MAX - 1;

/// Three capitals in fifteen bits.
pub(crate) fn pack_currency(code: [u8; 3]) -> u16 {
    code.iter().fold(0, |packed, letter| packed << 5 | u16::from(letter & 0x1f))
}

/// What `pack_currency` made; `None` of nothing.
pub(crate) fn unpack_currency(packed: u16) -> Option<String> {
    let letter = |shift: u16| char::from(b'@' + (packed >> shift & 0x1f) as u8);
    (packed != 0).then(|| [10, 5, 0].into_iter().map(letter).collect())
}

/// Two 16-bit numbers in one word: `(low, high)`.
pub(crate) const fn halves_of(word: u32) -> (u16, u16) {
    (word as u16, (word >> 16) as u16)
}

/// Two 32-bit numbers in one word: `(low, high)`.
pub(crate) const fn halves(word: u64) -> (u32, u32) {
    (word as u32, (word >> 32) as u32)
}

/// One word of two 32-bit numbers.
pub(crate) const fn word_of(low: u32, high: u32) -> u64 {
    low as u64 | (high as u64) << 32
}

/// A call.
#[derive(Debug, Default)]
#[repr(C, align(64))]
pub struct Entry {
    /// Generation (40 bits), lock bit, state.
    pub(super) word: AtomicU64,
    /// The call's key. In a free entry the first half links to the next free one: its index + 1.
    pub(super) key: [Open64; 2],
    /// `AccountRec::key`; 0 is none.
    pub account_key: Cell64,
    /// `TrunkRec::key`; 0 is none.
    pub trunk_key: Cell64,
    /// `PartitionRec::key`; 0 is none.
    pub partition_key: Cell64,
    /// The snapshot's generation that the call was decided on.
    pub generation: Open32,
    /// The account's place in that snapshot.
    pub account: Cell32,
    /// When `due` is to look at the call, in nanoseconds of CLOCK_MONOTONIC. In the cache line of the state, for it is read
    /// of every call once a second.
    pub due_ns: Open64,
    /// Called number, packed.
    pub dnis: Cell64,
    /// The calling number's LRN, packed.
    pub ani_lrn: Cell64,
    /// The called number's LRN, packed.
    pub dnis_lrn: Cell64,
    /// When the call was decided, in nanoseconds since 1970 UTC.
    pub decided_ns: Cell64,
    /// When it first rang; 0 is never.
    pub ringing_ns: Cell64,
    /// When it was answered; 0 is never.
    pub answered_ns: Cell64,
    /// When it ended; 0 is not yet.
    pub ended_ns: Cell64,
    /// Jurisdiction's number; 0 is none.
    pub jurisdiction: Cell8,
    /// Legs.
    pub leg_count: Cell8,
    /// The leg that is being tried, or was last: its place + 1; 0 is none.
    pub leg: Cell8,
    /// The leg that was answered: its place + 1; 0 is none.
    pub answered_leg: Cell8,
    /// Why the call was rejected; 0 is not.
    pub reason: Open8,
    /// Bytes of `call_id` in use.
    pub call_id_len: Cell8,
    /// `FLAG_…`.
    pub flags: Open8,
    /// Reservations of volume limits that `lease` has, or had.
    pub volume_count: Cell8,
    /// The SIP answer with which the call ended.
    pub sip_code: Cell16,
    reserved2: Cell16,
    /// The gateway of the current leg: its place in the snapshot.
    pub gateway: Cell32,
    /// What the call holds, by [`Holder`]: the limit's slot + 1; 0 is nothing.
    holds: [Cell32; 7],
    /// Currencies of `buy` (low half) and `sell`: three letters of five bits each, see `pack_currency`.
    pub currencies: Cell32,
    /// What the current leg is bought for.
    pub buy: TermsCells,
    /// What the current leg is sold for.
    pub sell: TermsCells,
    /// The legs, best first.
    pub legs: [LegCells; LEGS],
    call_id: [Cell64; CALL_ID_MAX / 8],
    /// CLOCK_MONOTONIC at the answer: how long a call took does not depend on the time of day. 0 is not known.
    pub answered_monotonic_ns: Cell64,
    /// What prices the call again, and what it holds of a wallet.
    pub money: MoneyCells,
    /// Calling number, packed.
    pub ani: Cell64,
    /// How long the call is believed to live, and what it has reserved of volume limits.
    pub lease: LeaseCells,
    /// What the decision was made on.
    pub basis: BasisCells,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Entry>() == 896);
#[cfg(not(loom))]
const _: () = assert!(std::mem::offset_of!(Entry, due_ns) < 64);
#[cfg(not(loom))]
const _: () = assert!(std::mem::offset_of!(Entry, lease) == 584);
#[cfg(not(loom))]
const _: () = assert!(std::mem::offset_of!(Entry, money) == 512);
#[cfg(not(loom))]
const _: () = assert!(std::mem::offset_of!(Entry, basis) == 768);

impl Entry {
    /// Forgets the call before, but for the state word.
    pub(super) fn clear(&self) {
        let words = [
            &self.account_key,
            &self.trunk_key,
            &self.partition_key,
            &self.ani,
            &self.dnis,
            &self.ani_lrn,
            &self.dnis_lrn,
            &self.decided_ns,
            &self.ringing_ns,
            &self.answered_ns,
            &self.ended_ns,
            &self.answered_monotonic_ns,
        ];
        words.into_iter().for_each(|cell| cell.set(0));
        self.due_ns.set(0);
        let bytes = [
            &self.jurisdiction,
            &self.leg_count,
            &self.leg,
            &self.answered_leg,
            &self.call_id_len,
            &self.volume_count,
        ];
        bytes.into_iter().for_each(|cell| cell.set(0));
        [&self.reason, &self.flags].into_iter().for_each(|cell| cell.set(0));
        self.holds.iter().for_each(|hold| hold.set(0));
        self.sip_code.set(0);
        self.gateway.set(0);
        self.currencies.set(0);
        self.generation.set(0);
        self.account.set(0);
        self.buy.set(&Terms::Nothing);
        self.sell.set(&Terms::Nothing);
        self.money.clear();
        self.lease.clear();
        self.basis.clear();
    }

    /// Keeps the Call-ID, cut if it is too long.
    pub fn set_call_id(&self, call_id: &[u8]) {
        let kept = &call_id[..call_id.len().min(CALL_ID_MAX)];
        for (cell, bytes) in self.call_id.iter().zip(kept.chunks(8)) {
            let mut word = [0u8; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            cell.set(u64::from_le_bytes(word));
        }
        self.call_id_len.set(kept.len() as u8);
        self.flags.set(if kept.len() < call_id.len() { FLAG_CALL_ID_CUT } else { 0 });
    }

    /// The Call-ID, as far as it is kept.
    #[must_use]
    pub fn call_id(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.call_id.iter().flat_map(|cell| cell.get().to_le_bytes()).collect();
        bytes.truncate(usize::from(self.call_id_len.get()));
        bytes
    }

    /// Writes down that the call holds a gauge. The gauge has been taken.
    pub fn hold(&self, holder: Holder, slot: u32) {
        self.holds[holder as usize].set(slot + 1);
        reach(Point::HoldWritten);
    }

    /// Lets one hold go, if there is one: first here, then in the gauge.
    pub fn release(&self, holder: Holder, limits: &LimitTable<'_>) {
        let hold = self.holds[holder as usize].take();
        reach(Point::HoldForgotten);
        if let Some(slot) = held_slot(hold) {
            limits.release_gauge(slot);
        }
    }

    /// Lets every gauge go, and keeps in mind which they were.
    pub(super) fn let_go_for_now(&self, limits: &LimitTable<'_>) {
        for hold in &self.holds {
            if let Some(slot) = held_slot(hold.get()) {
                hold.replace(hold.get() | LET_GO);
                limits.release_gauge(slot);
            }
        }
    }

    /// Takes the gauges again that were let go for now.
    pub(super) fn take_again(&self, limits: &LimitTable<'_>) {
        for hold in self.holds.iter().filter(|hold| hold.get() & LET_GO != 0) {
            let kept = hold.get() & !LET_GO;
            if let Some(slot) = held_slot(kept) {
                limits.take_gauge_again(slot);
                hold.replace(kept);
            }
        }
    }

    /// Lets everything go. What is reserved of volume limits and not settled is given back.
    pub fn release_all(&self, limits: &LimitTable<'_>) {
        reach(Point::EndWritten);
        reserve::undo(self, limits, |_| true);
        Holder::ALL.into_iter().for_each(|holder| self.release(holder, limits));
    }

    /// The current leg, if it has no final answer yet.
    pub(crate) fn open_leg(&self) -> Option<&LegCells> {
        let leg = self.legs.get(usize::from(self.leg.get().checked_sub(1)?))?;
        let detail = leg.detail();
        (detail.sip_code == 0 && detail.state == LegState::Tried).then_some(leg)
    }

    /// Writes down how the current leg ended; false if that is known already, or there is no leg.
    pub(crate) fn finish_leg(&self, sip_code: u16) -> bool {
        let Some(leg) = self.open_leg() else { return false };
        leg.set_detail(LegDetail { sip_code, ..leg.detail() });
        true
    }

    /// Finishes an answer that its process did not live to finish, by the time that it had. The call is looked at soon.
    pub(super) fn finish_answer(&self) -> State {
        self.answered_leg.set(self.leg.get());
        self.finish_leg(200);
        let (utc_ns, monotonic_ns) = (self.answered_ns.get_signed(), self.answered_monotonic_ns.get());
        self.renew(State::Answered, Now { utc_ns, monotonic_ns });
        self.set_due(monotonic_ns);
        State::Answered
    }

    /// Writes down an end that nobody reported.
    pub(super) fn end_by_recovery(&self, state: State, ended_ns: i64) {
        self.flags.set(self.flags.get() | FLAG_RECOVERED);
        self.sip_code.set(if state == State::Answered { 200 } else { 0 });
        let ended_ns = ended_ns.max(self.last_alive_ns()).min(funds::paid_until_ns(self));
        self.ended_ns.set_signed(ended_ns.max(1));
    }

    /// The last time of day that the call is known to have lived.
    #[must_use]
    pub fn last_event_ns(&self) -> i64 {
        let times = [&self.decided_ns, &self.ringing_ns, &self.answered_ns, &self.ended_ns];
        times.into_iter().map(Cell64::get_signed).max().unwrap_or(0)
    }

    /// Forgets the holds, where the gauges are counted anew.
    pub(super) fn forget_holds(&self) {
        self.holds.iter().for_each(|hold| hold.set(0));
    }

    /// The slots of the gauges that the call holds.
    pub fn held_slots(&self) -> impl Iterator<Item = u32> {
        self.holds.iter().filter_map(|hold| held_slot(hold.get()))
    }

    /// Sets a flag beside those that are set.
    pub fn add_flag(&self, flag: u8) {
        self.flags.set(self.flags.get() | flag);
    }

    /// The legs that the call has.
    #[must_use]
    pub fn legs(&self) -> &[LegCells] {
        &self.legs[..usize::from(self.leg_count.get()).min(LEGS)]
    }
}

/// The slot of the gauge that a hold's cell says is held.
fn held_slot(hold: u32) -> Option<u32> {
    (hold & LET_GO == 0).then(|| hold.checked_sub(1)).flatten()
}
