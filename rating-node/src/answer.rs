//! Pricing a call again at its answer, where another snapshot holds than at its decision (4.2).
//!
//! The leg that answered is bought, and the call sold, by what the decks ask now. Where they have no price for it any
//! more, that of the decision stays, and the record says so. Nothing here allocates.

use rating_core::answer::{Asked, Bought, Sold};
use rating_core::money::Nano;
use rating_core::snapshot::view::Snapshot;

use crate::calls::entry::{
    Entry, FLAG_BUY_AS_DECIDED, FLAG_EMERGENCY, FLAG_SELL_AS_DECIDED, LegCells, LegDetail, Terms, halves_of,
    pack_currency,
};

/// Prices the current leg by a snapshot that is not the one of the decision. The caller has locked the call.
pub(crate) fn price_again(call: &Entry, snapshot: &Snapshot<'_>) {
    let place = call.leg.get().checked_sub(1);
    let leg = place.and_then(|place| call.legs().get(usize::from(place)));
    // An emergency call has no price at any time.
    let (Some(leg), Some(asked), false) = (leg, call.asked(), call.flags.get() & FLAG_EMERGENCY != 0) else {
        return;
    };
    let bought = buy(call, leg, &asked, snapshot);
    if sell(call, &asked, snapshot, bought.as_ref()).is_none() {
        call.add_flag(FLAG_SELL_AS_DECIDED);
    }
}

/// What the leg is bought for now, if its route has a price; that is written down.
fn buy(call: &Entry, leg: &LegCells, asked: &Asked, snapshot: &Snapshot<'_>) -> Option<Bought> {
    let key = leg.first_id.get();
    let route = snapshot.routes().iter().find(|route| route.key.get() == key);
    let Some(bought) = route.and_then(|route| asked.buy(snapshot, route).ok()) else {
        call.add_flag(FLAG_BUY_AS_DECIDED);
        return None;
    };
    call.buy.set(&bought.terms.map_or(Terms::Nothing, Terms::Deck));
    set_currencies(call, Some(currency_of(snapshot, bought.deck)), None);
    leg.deck_version.set(bought.deck_version);
    leg.set_detail(LegDetail { matched: bought.matched, ..leg.detail() });
    Some(bought)
}

/// What the call sells for now: `None` leaves what it sold for.
fn sell(call: &Entry, asked: &Asked, snapshot: &Snapshot<'_>, bought: Option<&Bought>) -> Option<()> {
    let was = call.sell.get();
    let buy_rate_nano = match (bought, was) {
        (Some(bought), _) => Some(bought.rate_nano),
        (None, Terms::CostPlus { buy_rate_nano, .. }) => Some(buy_rate_nano),
        (None, _) => None,
    };
    let custom_rate = match was {
        Terms::Deck(terms) if call.money.has_custom_rate() => Some(terms.rate_per_min),
        _ => None,
    };
    match sold(call, asked, snapshot, custom_rate) {
        Some(Sold::Deck { terms, deck, rate_nano }) => {
            call.sell.set(&Terms::Deck(terms));
            set_currencies(call, None, Some(currency_of(snapshot, deck)));
            call.money.sell_rate_nano.set(rate_nano);
            Some(())
        }
        Some(Sold::CostPlus(plus)) => {
            call.sell.set(&Terms::CostPlus { plus, buy_rate_nano: buy_rate_nano? });
            set_currencies(call, None, Some(snapshot.plan().currency));
            call.money.sell_rate_nano.set(rating_core::money::PLAN_RATE_NANO);
            Some(())
        }
        None => {
            // The margin stays, on a buy price that may be in another currency now.
            if let (Terms::CostPlus { plus, .. }, Some(buy_rate_nano)) = (was, buy_rate_nano) {
                call.sell.set(&Terms::CostPlus { plus, buy_rate_nano });
            }
            None
        }
    }
}

fn sold(call: &Entry, asked: &Asked, snapshot: &Snapshot<'_>, custom_rate: Option<Nano>) -> Option<Sold> {
    let key = call.account_key.get();
    let account = snapshot.accounts().iter().find(|account| account.key.get() == key)?;
    asked.sell(snapshot, account, custom_rate).ok()
}

fn currency_of(snapshot: &Snapshot<'_>, deck: u32) -> [u8; 3] {
    snapshot.decks().get(deck as usize).map_or(snapshot.plan().currency, |deck| deck.currency)
}

/// Writes down the currencies that are given.
fn set_currencies(call: &Entry, buy: Option<[u8; 3]>, sell: Option<[u8; 3]>) {
    let (buy_before, sell_before) = halves_of(call.currencies.get());
    let buy = buy.map_or(buy_before, pack_currency);
    let sell = sell.map_or(sell_before, pack_currency);
    call.currencies.set(u32::from(buy) | u32::from(sell) << 16);
}
