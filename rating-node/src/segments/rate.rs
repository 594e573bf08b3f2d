//! From an ended entry to a record: names by their keys, prices by the entry's own terms (section 9).
//!
//! Prices are in the entry by value, so rating needs no snapshot. Names come from the generation that the call
//! was decided on, else from the live one; a thing that neither knows any more is named by its key, `#` and 16
//! hexadecimal digits.

use std::collections::HashMap;

use rating_core::deck::Matched;
use rating_core::jurisdiction::Jurisdiction;
use rating_core::money::Nano;
use rating_core::number::Digits;
use rating_core::reject::Reason;
use rating_core::snapshot::layout::StrRef;
use rating_core::snapshot::view::Snapshot;
use rating_core::tariff::Cost;

use super::record::{CallRecord, LegOutcome, LegRecord, WalletRecord};
use crate::calls::Handle;
use crate::calls::basis::Reading;
use crate::calls::entry::{
    Entry, FLAG_BUY_AS_DECIDED, FLAG_CALL_ID_CUT, FLAG_EMERGENCY, FLAG_RECOVERED, FLAG_SELL_AS_DECIDED,
    LegCells, LegState, Terms, halves_of, unpack_currency,
};
use crate::owners;
use crate::shm::Shm;
use crate::wallets::slot_key;

/// Names of a snapshot's things by their keys.
#[derive(Debug, Default)]
pub struct Names {
    names: HashMap<(Kind, u64), String>,
    currency: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Account,
    Trunk,
    Partition,
    Route,
    /// The provider of a route, by the route's key.
    ProviderOfRoute,
    Gateway,
    /// By the key of its slot.
    Wallet,
    /// A wallet that holds seconds, by the same.
    WalletOfSeconds,
    /// By the key of its slot; the name is `scope:owner:dimension`.
    Limit,
}

impl Names {
    /// The names in a snapshot.
    #[must_use]
    pub fn of(snapshot: &Snapshot<'_>) -> Names {
        let mut names = HashMap::new();
        let mut add = |kind: Kind, key: u64, name: StrRef| {
            names.insert((kind, key), snapshot.text(name).to_owned());
        };
        snapshot.accounts().iter().for_each(|record| add(Kind::Account, record.key.get(), record.name));
        snapshot.trunks().iter().for_each(|record| add(Kind::Trunk, record.key.get(), record.name));
        snapshot.partitions().iter().for_each(|record| add(Kind::Partition, record.key.get(), record.name));
        snapshot.gateways().iter().for_each(|record| add(Kind::Gateway, record.key.get(), record.name));
        for wallet in snapshot.wallets() {
            let key = slot_key(&wallet.to_wallet());
            add(Kind::Wallet, key, wallet.name);
            if wallet.to_wallet().in_seconds {
                add(Kind::WalletOfSeconds, key, wallet.name);
            }
        }
        for route in snapshot.routes() {
            add(Kind::Route, route.key.get(), route.name);
            if let Some(provider) = snapshot.providers().get(route.provider.get() as usize) {
                add(Kind::ProviderOfRoute, route.key.get(), provider.name);
            }
        }
        for limit in owners::limits_of(snapshot) {
            names.insert((Kind::Limit, limit.limit.key.max(1)), limit.name());
        }
        let currency = String::from_utf8_lossy(&snapshot.plan().currency).into_owned();
        Names { names, currency }
    }

    /// Adds what these do not know.
    pub fn fill_from(&mut self, other: &Names) {
        for (key, name) in &other.names {
            self.names.entry(*key).or_insert_with(|| name.clone());
        }
        if self.currency.is_empty() {
            self.currency.clone_from(&other.currency);
        }
    }

    fn is_of_seconds(&self, wallet_key: u64) -> bool {
        self.names.contains_key(&(Kind::WalletOfSeconds, wallet_key))
    }

    fn get(&self, kind: Kind, key: u64) -> String {
        match key {
            0 => String::new(),
            key => self.names.get(&(kind, key)).cloned().unwrap_or_else(|| format!("#{key:016x}")),
        }
    }
}

/// The record of an ended call.
#[must_use]
pub(crate) fn record(shm: &Shm, handle: Handle, entry: &Entry, names: &Names) -> CallRecord {
    let digits = |packed: u64| Digits::from_packed(packed);
    let duration_sec = duration_sec(entry.answered_ns.get_signed(), entry.ended_ns.get_signed());
    let (buy, sell) = costs(entry.buy.get(), entry.sell.get(), duration_sec);
    let jurisdiction = entry.jurisdiction.get();
    let (dnis, dnis_lrn) = (digits(entry.dnis.get()), digits(entry.dnis_lrn.get()));
    let (buy_currency, sell_currency) = halves_of(entry.currencies.get());
    // A call that was not priced is in the plan's currency.
    let currency = |packed| unpack_currency(packed).unwrap_or_else(|| names.currency.clone());
    let tried = |leg: &&LegCells| leg.detail().state != LegState::Waiting;
    let mut record = CallRecord {
        node_start_ns: shm.header().node_start_ns.get(),
        handle,
        call_id: String::from_utf8_lossy(&entry.call_id()).into_owned(),
        call_id_cut: entry.flags.get() & FLAG_CALL_ID_CUT != 0,
        account: names.get(Kind::Account, entry.account_key.get()),
        trunk: names.get(Kind::Trunk, entry.trunk_key.get()),
        partition: names.get(Kind::Partition, entry.partition_key.get()),
        ani: digits(entry.ani.get()),
        dnis,
        ani_lrn: digits(entry.ani_lrn.get()),
        dnis_lrn,
        jurisdiction: Jurisdiction::ALL.into_iter().find(|zone| *zone as u8 == jurisdiction),
        decided_ns: entry.decided_ns.get_signed(),
        ringing_ns: entry.ringing_ns.get_signed(),
        answered_ns: entry.answered_ns.get_signed(),
        ended_ns: entry.ended_ns.get_signed(),
        reason: Reason::from_number(entry.reason.get()),
        sip_code: entry.sip_code.get(),
        duration_sec,
        buy_billed_sec: buy.billed_sec,
        sell_billed_sec: sell.billed_sec,
        cost: buy.cost,
        price: sell.cost,
        currency: currency(sell_currency),
        buy_currency: currency(buy_currency),
        answered_leg: entry.answered_leg.get().checked_sub(1),
        // Legs are tried in order, so those that were not are at the end: places stay what they were.
        legs: entry
            .legs()
            .iter()
            .take_while(tried)
            .map(|leg| leg_record(leg, &dnis, &dnis_lrn, names))
            .collect(),
        recovered: entry.flags.get() & FLAG_RECOVERED != 0,
        is_emergency: entry.flags.get() & FLAG_EMERGENCY != 0,
        bought_as_decided: entry.flags.get() & FLAG_BUY_AS_DECIDED != 0,
        sold_as_decided: entry.flags.get() & FLAG_SELL_AS_DECIDED != 0,
        wallet: names.get(Kind::Wallet, entry.money.wallet_key.get()),
        wallet_in_seconds: entry.money.in_seconds.get() == 1,
        wallet_used: entry.charge().map_or(0, |(_, used)| i64::try_from(used).unwrap_or(i64::MAX)),
        notes: entry.basis.notes(),
        cic: cic_of(entry),
        content_id: entry.basis.content_id.get(),
        cursor: names.get(Kind::Route, entry.basis.cursor.get()),
        scores: Vec::new(),
        full: Vec::new(),
        wallets: Vec::new(),
        has_more_readings: entry.basis.has_more_readings(),
    };
    write_readings(&mut record, shm, entry, names);
    record
}

/// What a decision has read of the live state, by the names of what it is of.
fn write_readings(record: &mut CallRecord, shm: &Shm, entry: &Entry, names: &Names) {
    for reading in entry.basis.readings() {
        match reading {
            Reading::Score { place, score } => {
                record.scores.push((names.get(Kind::Route, shm.quality().route_at(place)), score));
            }
            Reading::Full { slot } => record.full.push(names.get(Kind::Limit, shm.limits().key_at(slot))),
            Reading::Wallet { slot, pays, available } => {
                let key = shm.wallets().key_at(slot);
                let (wallet, in_seconds) = (names.get(Kind::Wallet, key), names.is_of_seconds(key));
                record.wallets.push(WalletRecord { wallet, in_seconds, pays, available });
            }
        }
    }
}

/// The carrier of a toll-free number that decks were asked by.
fn cic_of(entry: &Entry) -> String {
    let cic = entry.asked().and_then(|asked| asked.cic);
    cic.map(|cic| String::from_utf8_lossy(&cic).into_owned()).unwrap_or_default()
}

/// Answer to end in whole seconds, rounded up (9.2); 0 for a call that was not answered.
pub(crate) fn duration_sec(answered_ns: i64, ended_ns: i64) -> u32 {
    match answered_ns {
        0 => 0,
        _ => {
            let held_ns = ended_ns.saturating_sub(answered_ns).max(0).cast_unsigned();
            u32::try_from(held_ns.div_ceil(1_000_000_000)).unwrap_or(u32::MAX)
        }
    }
}

/// What a call costs and sells at by its terms. Nothing for one that was not answered, nor for 0 s (9.1).
pub(crate) fn costs(bought: Terms, sold: Terms, duration_sec: u32) -> (Cost, Cost) {
    let nothing = Cost { cost: Nano::ZERO, billed_sec: 0 };
    if duration_sec == 0 {
        return (nothing, nothing);
    }
    let seconds_only = Cost { cost: Nano::ZERO, billed_sec: duration_sec };
    let buy = match bought {
        Terms::Deck(deck) => deck.cost(duration_sec),
        _ => seconds_only,
    };
    let sell = match (sold, bought) {
        (Terms::Deck(deck), _) => deck.cost(duration_sec),
        (Terms::CostPlus { plus, buy_rate_nano }, Terms::Deck(deck)) => {
            deck.cost_plus(duration_sec, buy_rate_nano, &plus)
        }
        (Terms::CostPlus { plus, .. }, _) => Cost {
            cost: rating_core::tariff::round_ratio(
                i128::from(plus.fixed_fee_per_min.0).saturating_mul(i128::from(duration_sec)),
                60,
                plus.rounding,
            ),
            billed_sec: duration_sec,
        },
        (Terms::Nothing, _) => nothing,
    };
    (buy, sell)
}

/// What of a number its deck has priced, for people.
fn matched_text(matched: Matched, number: &str) -> String {
    match matched {
        Matched::OCN_LATA => "ocn+lata".to_owned(),
        Matched::OCN => "ocn".to_owned(),
        Matched::LATA => "lata".to_owned(),
        Matched::CIC => "cic".to_owned(),
        _ => number.get(..usize::from(matched.prefix_len().unwrap_or(0))).unwrap_or(number).to_owned(),
    }
}

fn leg_record(leg: &LegCells, dnis: &Digits, dnis_lrn: &Digits, names: &Names) -> LegRecord {
    let detail = leg.detail();
    let number = if detail.by_lrn { dnis_lrn } else { dnis }.as_str();
    LegRecord {
        route: names.get(Kind::Route, leg.first_id.get()),
        provider: names.get(Kind::ProviderOfRoute, leg.first_id.get()),
        gateway: names.get(Kind::Gateway, leg.second_id.get()),
        sip_code: detail.sip_code,
        outcome: if detail.state == LegState::Skipped { LegOutcome::Skipped } else { LegOutcome::Tried },
        prefix: matched_text(detail.matched, number),
        deck_version: leg.deck_version.get(),
    }
}
