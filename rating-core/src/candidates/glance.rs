//! What a route's record says of its provider and its gateways, so that a call need not look at them.
//!
//! Most routes have one gateway that takes all calls, and a provider without exclusions and limits. Whoever writes a
//! snapshot says so in the route's record, who verifies it checks it, and a decision asks further only where it must.

use crate::snapshot::layout::{
    ASKED_BY_LRN, ASKS_EXCLUSIONS, ASKS_ROOM, GatewayRec, PROVIDER_BY_LRN, PROVIDER_RATE_DECK, ProviderRec,
};

/// The traffic that a route takes, and what it asks: `RouteRec::traffic` and `RouteRec::asks`.
pub(crate) fn of_route(is_active: bool, provider: &ProviderRec, gateways: &[GatewayRec]) -> (u8, u8) {
    let is_open = is_active && provider.active == 1 && provider.kind != PROVIDER_RATE_DECK;
    let is_plain = match gateways {
        [gateway] => gateway.active == 1 && gateway.latas.count.get() == 0 && gateway.limits.count.get() == 0,
        _ => false,
    };
    let bit = |is_set, bit| if is_set { bit } else { 0 };
    let asks = bit(provider.exclusions.count.get() != 0, ASKS_EXCLUSIONS)
        | bit(!is_plain || provider.limits.count.get() != 0, ASKS_ROOM)
        | bit(provider.kind == PROVIDER_BY_LRN, ASKED_BY_LRN);
    (if is_open { provider.traffic } else { 0 }, asks)
}
