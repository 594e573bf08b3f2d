//! A decision as one fixed-size value: what C gets back.
//!
//! Texts lie one after the other in `text`, named by offset and length; what is behind the last one is not written, for
//! that would be 4 KiB of each call. Dial strings come first; where the room ends, a text is left empty, and
//! [`tandem_next`](crate::abi::tandem_next) still gives the dial string.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use rating_core::jurisdiction::Jurisdiction;
use rating_core::route::{Decision, LEGS_MAX, Leg};
use rating_core::snapshot::layout::StrRef;
use rating_core::snapshot::view::Snapshot;
use rating_node::{Generation, Verdict};

use crate::instance::longest_sec;

/// Most legs of a call.
pub const TANDEM_LEGS_MAX: usize = 8;
const _: () = assert!(TANDEM_LEGS_MAX == LEGS_MAX);

/// Bytes of text in a decision.
pub const TANDEM_TEXT_LEN: usize = 4096;

/// A text within `TandemDecision.text`. Not NUL-terminated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct TandemSlice {
    /// Where it begins.
    pub offset: u16,
    /// Its length in bytes; 0 if there is none.
    pub len: u16,
}

/// One attempt of a call on one gateway. Amounts are nano-units (1 USD = 1000000000): cost and buy price of the currency of the
/// route's deck; what it sells for of that of the deck that it is sold by, else of the plan's.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct TandemLeg {
    /// The SIP URI to call.
    pub dial_string: TandemSlice,
    /// The route's id.
    pub route: TandemSlice,
    /// The provider's id.
    pub provider: TandemSlice,
    /// The gateway's id.
    pub gateway: TandemSlice,
    /// What the call of the plan's reference duration costs.
    pub cost_nano: i64,
    /// What it sells for.
    pub price_nano: i64,
    /// Buy price a minute.
    pub rate_nano_per_min: i64,
    /// Sell price a minute.
    pub customer_rate_nano_per_min: i64,
    /// Seconds to wait for an answer before the next leg.
    pub dial_timeout_sec: u32,
    /// Version of the deck that the buy price is from; 0 for none.
    pub deck_version: u32,
    /// Digits of the deck's code that matched.
    pub prefix_len: u8,
    /// Zero.
    pub reserved: [u8; 7],
}

/// A decision. Set `size` before the call; everything else is written, of `text` as much as there is.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TandemDecision {
    /// `sizeof(TandemDecision)`, set by the caller.
    pub size: u32,
    /// Why the call is refused: the reason's number; 0 if it is admitted. See `tandem_reason_name`.
    pub reason: u16,
    /// The SIP answer to a refused call; 0 if it is admitted.
    pub sip_code: u16,
    /// Names an admitted call from here on; 0 if refused.
    pub handle: u64,
    /// The generation of the snapshot that decided.
    pub generation: u64,
    /// After how long the same call could pass, in nanoseconds, where that is known; else 0.
    pub retry_after_ns: u64,
    /// The longest that the call may last, in seconds.
    pub max_duration_sec: u32,
    /// What prices the call: 1 interstate, 2 intrastate, 3 local, 4 indeterminate, 5 toll-free, 6 zone 1,
    /// 7 international; 0 if it was refused before that was known.
    pub jurisdiction: u8,
    /// Legs that follow.
    pub leg_count: u8,
    /// 1 for a retransmission: same handle, no second hold, no legs here; `tandem_next` gives the leg.
    pub retransmission: u8,
    /// Zero.
    pub reserved: u8,
    /// The calling number, E.164 digits; empty if missing or malformed.
    pub ani: TandemSlice,
    /// The called number, E.164 digits.
    pub dnis: TandemSlice,
    /// The called number's LRN that counted.
    pub dnis_lrn: TandemSlice,
    /// The trunk's id.
    pub trunk: TandemSlice,
    /// The account's id.
    pub account: TandemSlice,
    /// The partition's id.
    pub partition: TandemSlice,
    /// The legs, best first.
    pub legs: [TandemLeg; TANDEM_LEGS_MAX],
    /// All texts, one after the other.
    pub text: [MaybeUninit<c_char>; TANDEM_TEXT_LEN],
}

impl TandemDecision {
    /// An empty one.
    #[must_use]
    pub fn new() -> TandemDecision {
        TandemDecision {
            size: SIZE,
            reason: 0,
            sip_code: 0,
            handle: 0,
            generation: 0,
            retry_after_ns: 0,
            max_duration_sec: 0,
            jurisdiction: 0,
            leg_count: 0,
            retransmission: 0,
            reserved: 0,
            ani: TandemSlice::default(),
            dnis: TandemSlice::default(),
            dnis_lrn: TandemSlice::default(),
            trunk: TandemSlice::default(),
            account: TandemSlice::default(),
            partition: TandemSlice::default(),
            legs: [TandemLeg::default(); TANDEM_LEGS_MAX],
            text: [const { MaybeUninit::uninit() }; TANDEM_TEXT_LEN],
        }
    }

    /// A text of this decision.
    ///
    /// # Safety
    /// `slice` is one that a verb has written into this very value.
    #[must_use]
    pub unsafe fn text_of(&self, slice: TandemSlice) -> String {
        let range = usize::from(slice.offset)..usize::from(slice.offset) + usize::from(slice.len);
        let written = self.text.get(range).unwrap_or_default().iter();
        // SAFETY: a slice names only what was written, and is this value's by this function's contract.
        let chars = written.map(|byte| unsafe { byte.assume_init() });
        let bytes: Vec<u8> = chars.map(|byte| u8::from_ne_bytes(byte.to_ne_bytes())).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Default for TandemDecision {
    fn default() -> Self {
        Self::new()
    }
}

/// `sizeof(TandemDecision)`.
pub(crate) const SIZE: u32 = size_of::<TandemDecision>() as u32;

/// Writes a verdict into a fresh value.
pub(crate) fn write(out: &mut TandemDecision, verdict: &Verdict, generation: &Generation) {
    let snapshot = generation.snapshot();
    out.generation = generation.number();
    let decision = match verdict {
        Verdict::Admitted { handle, decision, .. } => {
            out.handle = handle.0;
            out.max_duration_sec = longest_sec(verdict, generation);
            decision
        }
        Verdict::Rejected { reject, decision, .. } => {
            out.reason = u16::from(reject.reason.number());
            out.sip_code = reject.reason.sip_code();
            out.retry_after_ns = reject.retry_after_ns;
            decision
        }
    };
    match decision {
        Some(decision) => Writer { out, used: 0, generation, snapshot }.decision(decision),
        None => out.retransmission = matches!(verdict, Verdict::Admitted { .. }).into(),
    }
}

/// Writes what a call would be told: as [`write`], without a handle.
pub(crate) fn write_simulated(out: &mut TandemDecision, decision: &Decision, generation: &Generation) {
    let snapshot = generation.snapshot();
    out.generation = generation.number();
    match &decision.verdict {
        Ok(_) => out.max_duration_sec = snapshot.plan().longest_call_sec(decision.facts.is_emergency),
        Err(reject) => {
            out.reason = u16::from(reject.reason.number());
            out.sip_code = reject.reason.sip_code();
            out.retry_after_ns = reject.retry_after_ns;
        }
    }
    Writer { out, used: 0, generation, snapshot }.decision(decision);
}

struct Writer<'a> {
    out: &'a mut TandemDecision,
    used: usize,
    generation: &'a Generation,
    snapshot: &'a Snapshot<'a>,
}

impl Writer<'_> {
    fn decision(mut self, decision: &Decision) {
        let facts = &decision.facts;
        self.out.jurisdiction = facts.jurisdiction.map_or(0, |jurisdiction: Jurisdiction| jurisdiction as u8);
        if let (Ok(legs), 0) = (&decision.verdict, self.out.reason) {
            for (place, leg) in legs.iter().enumerate() {
                self.out.legs[place] = self.prices(&leg);
                self.out.legs[place].dial_string = self.dial_string(&leg, facts.dnis.as_bytes());
                self.out.leg_count += 1;
            }
        }
        self.out.ani = self.bytes(facts.ani.as_bytes());
        self.out.dnis = self.bytes(facts.dnis.as_bytes());
        self.out.dnis_lrn = self.bytes(facts.dnis_lrn.as_bytes());
        let snapshot = self.snapshot;
        self.out.trunk = self.name(snapshot.trunks().get(facts.trunk as usize).map(|record| record.name));
        self.out.account =
            self.name(snapshot.accounts().get(facts.account as usize).map(|record| record.name));
        let partition = snapshot.partitions().get(facts.partition as usize);
        self.out.partition = self.name(partition.map(|record| record.name));
        if let (Ok(legs), 0) = (&decision.verdict, self.out.reason) {
            for (place, leg) in legs.iter().enumerate() {
                self.names(place, &leg);
            }
        }
    }

    fn prices(&self, leg: &Leg<'_>) -> TandemLeg {
        let candidate = &leg.candidate;
        TandemLeg {
            cost_nano: candidate.cost.0,
            price_nano: candidate.price.0,
            rate_nano_per_min: candidate.rate_per_min.0,
            customer_rate_nano_per_min: candidate.customer_rate_per_min.0,
            dial_timeout_sec: leg.dial_timeout_sec,
            deck_version: candidate.deck_version,
            prefix_len: candidate.matched.prefix_len().unwrap_or(0),
            ..TandemLeg::default()
        }
    }

    fn names(&mut self, place: usize, leg: &Leg<'_>) {
        let snapshot = self.snapshot;
        let route = snapshot.routes().get(leg.candidate.route as usize);
        let provider = route.and_then(|route| snapshot.providers().get(route.provider.get() as usize));
        let gateway = snapshot.gateways().get(leg.gateway as usize);
        self.out.legs[place].route = self.name(route.map(|record| record.name));
        self.out.legs[place].provider = self.name(provider.map(|record| record.name));
        self.out.legs[place].gateway = self.name(gateway.map(|record| record.name));
    }

    fn dial_string(&mut self, leg: &Leg<'_>, number: &[u8]) -> TandemSlice {
        let generation = self.generation;
        generation.dial(leg.gateway, number).map_or(TandemSlice::default(), |parts| self.joined(&parts))
    }

    fn name(&mut self, name: Option<StrRef>) -> TandemSlice {
        let snapshot = self.snapshot;
        name.map_or(TandemSlice::default(), |name| self.bytes(snapshot.bytes_of(name)))
    }

    fn bytes(&mut self, bytes: &[u8]) -> TandemSlice {
        self.joined(&[bytes])
    }

    /// Writes a text of some parts; an empty one where the room ends.
    fn joined(&mut self, parts: &[&[u8]]) -> TandemSlice {
        let len = parts.iter().map(|part| part.len()).sum::<usize>();
        let Some(room) = self.out.text.get_mut(self.used..self.used + len) else {
            return TandemSlice::default();
        };
        let mut rest = room;
        for part in parts {
            let (here, behind) = rest.split_at_mut(part.len());
            for (place, byte) in here.iter_mut().zip(*part) {
                place.write(c_char::from_ne_bytes([*byte]));
            }
            rest = behind;
        }
        // Both fit: the text has 4096 bytes.
        let slice = TandemSlice { offset: self.used as u16, len: len as u16 };
        self.used += len;
        slice
    }
}
