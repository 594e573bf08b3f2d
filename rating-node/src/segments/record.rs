//! One call's record: what it says, and its bytes.
//!
//! Integers are little-endian. Text is its length (`u16`), then UTF-8. A record begins with its version; a
//! reader of this version takes records of later ones and ignores what follows the fields it knows.

use rating_core::jurisdiction::Jurisdiction;
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::reject::Reason;

use crate::calls::Handle;
use crate::notes::{Attestation, LrnSource, Notes};

/// Version of the records that this program writes.
pub const RECORD_VERSION: u16 = 6;
/// The oldest version that it reads.
const RECORD_VERSION_MIN: u16 = 1;

/// How a leg ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegOutcome {
    /// It was sent to its gateway.
    Tried,
    /// A limit was full.
    Skipped,
}

/// One leg of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegRecord {
    /// Its route.
    pub route: String,
    /// The route's provider.
    pub provider: String,
    /// Its gateway.
    pub gateway: String,
    /// Its final SIP answer; 0 if none is known.
    pub sip_code: u16,
    /// Whether it was sent.
    pub outcome: LegOutcome,
    /// The code of the deck that matched; empty for an endpoint.
    pub prefix: String,
    /// Version of the deck that it is bought by; 0 for an endpoint.
    pub deck_version: u32,
}

/// A wallet, as a decision found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletRecord {
    /// Its id.
    pub wallet: String,
    /// Whether it holds seconds, not money.
    pub in_seconds: bool,
    /// Whether it paid; `None` if that was not asked.
    pub pays: Option<bool>,
    /// What could be held of it: nano-units of the plan's currency, or seconds; `None` if that was not asked.
    pub available: Option<i64>,
}

/// A call, rated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// When the node's state was made: with `handle`, names the call for ever.
    pub node_start_ns: u64,
    /// The call's handle.
    pub handle: Handle,
    /// Call-ID, as far as it was kept.
    pub call_id: String,
    /// Whether the Call-ID was longer.
    pub call_id_cut: bool,
    /// Who pays; empty if that was not found out.
    pub account: String,
    /// Where the call came in; empty if that was not found out.
    pub trunk: String,
    /// Its partition; empty if none.
    pub partition: String,
    /// Calling number; empty if missing or malformed.
    pub ani: Digits,
    /// Called number; empty if invalid.
    pub dnis: Digits,
    /// LRN of the calling number; empty if none counted.
    pub ani_lrn: Digits,
    /// LRN of the called number; empty if none counted.
    pub dnis_lrn: Digits,
    /// Which prices the call took.
    pub jurisdiction: Option<Jurisdiction>,
    /// When it was decided, in nanoseconds since 1970 UTC.
    pub decided_ns: i64,
    /// When it first rang; 0 is never.
    pub ringing_ns: i64,
    /// When it was answered; 0 is never.
    pub answered_ns: i64,
    /// When it ended.
    pub ended_ns: i64,
    /// Why it was rejected; `None` if it was admitted.
    pub reason: Option<Reason>,
    /// The SIP answer with which it ended; 0 if not known.
    pub sip_code: u16,
    /// From answer to end, rounded up.
    pub duration_sec: u32,
    /// Seconds that the provider bills.
    pub buy_billed_sec: u32,
    /// Seconds that the account is billed.
    pub sell_billed_sec: u32,
    /// What the provider is paid.
    pub cost: Nano,
    /// What the account pays.
    pub price: Nano,
    /// ISO 4217, of `price`.
    pub currency: String,
    /// ISO 4217, of `cost`.
    pub buy_currency: String,
    /// The leg that was answered, by its place in `legs`.
    pub answered_leg: Option<u8>,
    /// The legs that were tried or skipped, in order.
    pub legs: Vec<LegRecord>,
    /// Whether nobody reported the end: a start of the node, a lease that ran out or `reconcile` ended the call.
    pub recovered: bool,
    /// Whether it was an emergency call, which holds and costs nothing (2.2).
    pub is_emergency: bool,
    /// Whether its route had no price at the answer: `cost` is by that of the decision (4.2).
    pub bought_as_decided: bool,
    /// The same of `price`.
    pub sold_as_decided: bool,
    /// The wallet that has paid; empty if none.
    pub wallet: String,
    /// Whether that holds seconds, not money.
    pub wallet_in_seconds: bool,
    /// What the call has used of it: nano-units of the plan's currency, or seconds.
    pub wallet_used: i64,
    /// What came with the call and decided nothing.
    pub notes: Notes,
    /// The carrier of a toll-free number that decks were asked by; empty if none.
    pub cic: String,
    /// Names the content of the snapshot that decided; 0 where not known.
    pub content_id: u64,
    /// The round-robin cursor that the decision read (5.3): the route before; empty if none.
    pub cursor: String,
    /// The live scores that it read: route, and 0 to 100. Of routes that are not here the plan's counted.
    pub scores: Vec<(String, u8)>,
    /// The limits that it met without room: `scope:owner:dimension`. Those that are not here had room.
    pub full: Vec<String>,
    /// The wallets that it asked.
    pub wallets: Vec<WalletRecord>,
    /// Whether it read more scores, limits or wallets than are here.
    pub has_more_readings: bool,
}

impl CallRecord {
    /// How the call ended, in one word: `answered`, `rejected`, `cancelled`, `busy`, `failed`.
    #[must_use]
    pub const fn disposition(&self) -> &'static str {
        match (self.reason, self.answered_ns, self.sip_code) {
            (Some(_), ..) => "rejected",
            (None, 1.., _) => "answered",
            (None, _, 487) => "cancelled",
            (None, _, 486 | 600) => "busy",
            _ => "failed",
        }
    }

    /// The leg that was answered, else the last that was tried.
    #[must_use]
    pub fn leg_taken(&self) -> Option<&LegRecord> {
        let answered = self.answered_leg.and_then(|at| self.legs.get(usize::from(at)));
        answered.or_else(|| self.legs.iter().rev().find(|leg| leg.outcome == LegOutcome::Tried))
    }

    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Encoder(Vec::with_capacity(512));
        out.bytes(&RECORD_VERSION.to_le_bytes());
        out.bytes(&self.node_start_ns.to_le_bytes());
        out.bytes(&self.handle.0.to_le_bytes());
        out.bytes(&[u8::from(self.call_id_cut)]);
        let texts = [&self.call_id, &self.account, &self.trunk, &self.partition, &self.currency];
        texts.into_iter().for_each(|text| out.text(text));
        let numbers = [&self.ani, &self.dnis, &self.ani_lrn, &self.dnis_lrn];
        numbers.into_iter().for_each(|number| out.text(number.as_str()));
        out.bytes(&[self.jurisdiction.map_or(0, |zone| zone as u8)]);
        out.bytes(&[self.reason.map_or(0, Reason::number)]);
        out.bytes(&self.sip_code.to_le_bytes());
        let times = [self.decided_ns, self.ringing_ns, self.answered_ns, self.ended_ns];
        times.into_iter().for_each(|time| out.bytes(&time.to_le_bytes()));
        let secs = [self.duration_sec, self.buy_billed_sec, self.sell_billed_sec];
        secs.into_iter().for_each(|sec| out.bytes(&sec.to_le_bytes()));
        out.bytes(&self.cost.0.to_le_bytes());
        out.bytes(&self.price.0.to_le_bytes());
        out.bytes(&[self.answered_leg.map_or(0, |at| at + 1), self.legs.len() as u8]);
        self.legs.iter().for_each(|leg| out.leg(leg));
        out.bytes(&[u8::from(self.recovered)]);
        out.text(&self.buy_currency);
        let marks = [self.is_emergency, self.bought_as_decided, self.sold_as_decided];
        out.bytes(&marks.map(u8::from));
        out.text(&self.wallet);
        out.bytes(&[u8::from(self.wallet_in_seconds)]);
        out.bytes(&self.wallet_used.to_le_bytes());
        self.encode_basis(&mut out);
        out.0
    }

    /// What the decision was made on.
    fn encode_basis(&self, out: &mut Encoder) {
        let Notes { lrn_source, lrn_from_table, attestation, resp_org } = self.notes;
        let attestation = attestation.map_or(0, |attestation| attestation as u8);
        out.bytes(&[lrn_source as u8, u8::from(lrn_from_table), attestation]);
        out.bytes(&resp_org);
        out.text(&self.cic);
        out.bytes(&self.content_id.to_le_bytes());
        out.text(&self.cursor);
        out.bytes(&[u8::from(self.has_more_readings)]);
        out.list(&self.scores, |out, (route, score)| {
            out.text(route);
            out.bytes(&[*score]);
        });
        out.list(&self.full, |out, limit| out.text(limit));
        out.list(&self.wallets, Encoder::wallet);
    }

    /// Reads a record's bytes; `None` if they are none.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<CallRecord> {
        let mut from = Decoder(bytes);
        let version = from.u16()?;
        (version >= RECORD_VERSION_MIN).then_some(())?;
        let (node_start_ns, handle) = (from.u64()?, Handle(from.u64()?));
        let call_id_cut = from.u8()? != 0;
        let [call_id, account, trunk, partition, currency] =
            [from.text()?, from.text()?, from.text()?, from.text()?, from.text()?];
        let [ani, dnis, ani_lrn, dnis_lrn] = [from.digits()?, from.digits()?, from.digits()?, from.digits()?];
        let jurisdiction = from.u8()?;
        let jurisdiction = Jurisdiction::ALL.into_iter().find(|zone| *zone as u8 == jurisdiction);
        let reason = Reason::from_number(from.u8()?);
        let sip_code = from.u16()?;
        let [decided_ns, ringing_ns, answered_ns, ended_ns] =
            [from.i64()?, from.i64()?, from.i64()?, from.i64()?];
        let [duration_sec, buy_billed_sec, sell_billed_sec] = [from.u32()?, from.u32()?, from.u32()?];
        let (cost, price) = (Nano(from.i64()?), Nano(from.i64()?));
        let (answered_leg, leg_count) = (from.u8()?.checked_sub(1), from.u8()?);
        let legs = (0..leg_count).map(|_| from.leg()).collect::<Option<Vec<_>>>()?;
        let recovered = version >= 2 && from.u8()? != 0;
        let buy_currency = if version >= 3 { from.text()? } else { currency.clone() };
        let is_emergency = version >= 3 && from.u8()? != 0;
        let bought_as_decided = version >= 4 && from.u8()? != 0;
        let sold_as_decided = version >= 4 && from.u8()? != 0;
        let wallet = if version >= 4 { from.text()? } else { String::new() };
        let wallet_in_seconds = version >= 4 && from.u8()? != 0;
        let wallet_used = if version >= 4 { from.i64()? } else { 0 };
        let Basis { notes, cic, content_id, cursor, scores, full, wallets, has_more_readings } =
            if version >= 5 { from.basis(version)? } else { Basis::default() };
        Some(CallRecord {
            node_start_ns,
            handle,
            call_id,
            call_id_cut,
            account,
            trunk,
            partition,
            ani,
            dnis,
            ani_lrn,
            dnis_lrn,
            jurisdiction,
            decided_ns,
            ringing_ns,
            answered_ns,
            ended_ns,
            reason,
            sip_code,
            duration_sec,
            buy_billed_sec,
            sell_billed_sec,
            cost,
            price,
            currency,
            answered_leg,
            legs,
            recovered,
            buy_currency,
            is_emergency,
            bought_as_decided,
            sold_as_decided,
            wallet,
            wallet_in_seconds,
            wallet_used,
            notes,
            cic,
            content_id,
            cursor,
            scores,
            full,
            wallets,
            has_more_readings,
        })
    }
}

/// The part of a record that says what its decision was made on.
#[derive(Default)]
struct Basis {
    notes: Notes,
    cic: String,
    content_id: u64,
    cursor: String,
    scores: Vec<(String, u8)>,
    full: Vec<String>,
    wallets: Vec<WalletRecord>,
    has_more_readings: bool,
}

/// Of a wallet that was not asked whether it pays.
const NOT_ASKED: u8 = 2;

struct Encoder(Vec<u8>);

impl Encoder {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Text; what is beyond 65,535 bytes is cut off (names have at most 63).
    fn text(&mut self, text: &str) {
        let mut len = text.len().min(usize::from(u16::MAX));
        while !text.is_char_boundary(len) {
            len -= 1;
        }
        self.bytes(&(len as u16).to_le_bytes());
        self.bytes(&text.as_bytes()[..len]);
    }

    /// How many, then each; what is beyond 255 is cut off (an entry keeps fewer).
    fn list<T>(&mut self, all: &[T], one: impl Fn(&mut Encoder, &T)) {
        let count = all.len().min(usize::from(u8::MAX));
        self.bytes(&[count as u8]);
        all.iter().take(count).for_each(|item| one(self, item));
    }

    fn wallet(&mut self, read: &WalletRecord) {
        self.text(&read.wallet);
        let pays = read.pays.map_or(NOT_ASKED, u8::from);
        self.bytes(&[u8::from(read.in_seconds), pays, u8::from(read.available.is_some())]);
        self.bytes(&read.available.unwrap_or_default().to_le_bytes());
    }

    fn leg(&mut self, leg: &LegRecord) {
        [&leg.route, &leg.provider, &leg.gateway, &leg.prefix].into_iter().for_each(|text| self.text(text));
        self.bytes(&leg.sip_code.to_le_bytes());
        self.bytes(&[u8::from(leg.outcome == LegOutcome::Skipped)]);
        self.bytes(&leg.deck_version.to_le_bytes());
    }
}

struct Decoder<'a>(&'a [u8]);

impl<'a> Decoder<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    fn text(&mut self) -> Option<String> {
        let len = usize::from(self.u16()?);
        String::from_utf8(self.take(len)?.to_vec()).ok()
    }

    fn digits(&mut self) -> Option<Digits> {
        Digits::new(self.text()?.as_bytes())
    }

    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.u8()?;
        (0..count).map(|_| one(self)).collect()
    }

    fn wallet(&mut self) -> Option<WalletRecord> {
        let (wallet, in_seconds, pays) = (self.text()?, self.u8()? != 0, self.u8()?);
        let (is_known, available) = (self.u8()? != 0, self.i64()?);
        let pays = (pays != NOT_ASKED).then_some(pays == 1);
        Some(WalletRecord { wallet, in_seconds, pays, available: is_known.then_some(available) })
    }

    fn basis(&mut self, version: u16) -> Option<Basis> {
        let notes = Notes {
            lrn_source: LrnSource::from_number(self.u8()?),
            lrn_from_table: self.u8()? != 0,
            attestation: Attestation::from_number(self.u8()?),
            resp_org: self.array()?,
        };
        let (cic, content_id, cursor) = (self.text()?, self.u64()?, self.text()?);
        let has_more_readings = self.u8()? != 0;
        let scores = self.list(|from| Some((from.text()?, from.u8()?)))?;
        let full = if version >= 6 { self.list(Self::text)? } else { Vec::new() };
        let wallets = if version >= 6 { self.list(Self::wallet)? } else { Vec::new() };
        Some(Basis { notes, cic, content_id, cursor, scores, full, wallets, has_more_readings })
    }

    fn leg(&mut self) -> Option<LegRecord> {
        let [route, provider, gateway, prefix] = [self.text()?, self.text()?, self.text()?, self.text()?];
        let sip_code = self.u16()?;
        let outcome = if self.u8()? == 0 { LegOutcome::Tried } else { LegOutcome::Skipped };
        let deck_version = self.u32()?;
        Some(LegRecord { route, provider, gateway, sip_code, outcome, prefix, deck_version })
    }
}
