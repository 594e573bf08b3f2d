//! Funds: whether an account's wallets can pay (2.8, 2.10).
//!
//! A wallet of 5 USD with threshold 1 pays while more than 1 USD is available. A leg stays if one wallet that pays
//! covers its first hold: what the hold interval, or the first block if that is longer, sells for; or the seconds that
//! it bills, of a wallet of seconds. Which wallet is held is for admission to say (8.1).

use crate::live::LiveState;
use crate::money::Atto;
use crate::reject::{Reason, Reject};
use crate::snapshot::layout::AccountRec;
use crate::snapshot::view::Snapshot;

/// What a leg holds at first (8.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstHold {
    /// Its price, in the plan's currency.
    pub price: Atto,
    /// The seconds that it bills.
    pub billed_sec: u32,
    /// The seconds of talk that it is for.
    pub duration_sec: u32,
}

impl FirstHold {
    /// Of nothing.
    pub const NOTHING: FirstHold = FirstHold { price: Atto::ZERO, billed_sec: 0, duration_sec: 0 };
}

/// Whether any wallet pays; an account without wallets is postpaid (8.1).
pub(crate) fn check<L: LiveState>(
    snapshot: &Snapshot<'_>,
    account: &AccountRec,
    live: &L,
) -> Result<(), Reject> {
    let mut wallets = snapshot.wallets_of(account.wallets).peekable();
    if wallets.peek().is_none() || wallets.any(|(at, wallet)| live.pays(at, &wallet)) {
        return Ok(());
    }
    Err(Reject::because(Reason::InsufficientBalance))
}

/// Whether one wallet that pays covers a leg's first hold.
pub(crate) fn covers<L: LiveState>(
    snapshot: &Snapshot<'_>,
    account: &AccountRec,
    hold: &FirstHold,
    live: &L,
) -> Result<(), Reason> {
    let covers = |(at, wallet)| {
        let available = live.available(at, &wallet);
        let enough = match wallet.in_seconds {
            true => i64::from(hold.billed_sec) <= available,
            false => hold.price <= Atto::of_plan_currency(available),
        };
        enough && live.pays(at, &wallet)
    };
    if snapshot.wallets_of(account.wallets).any(covers) { Ok(()) } else { Err(Reason::InsufficientBalance) }
}
