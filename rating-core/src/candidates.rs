//! Candidates: what a route costs for this call (section 4).

use crate::money::Nano;

/// A route of the partition with its price for this call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its place in the snapshot's routes.
    pub route: u32,
    /// The tariff that it is bought by (an index into the tariffs), or `NONE` for an endpoint that costs nothing.
    pub buy_tariff: u32,
    /// The tariff that it is sold by (an index into the tariffs), or `NONE` for cost-plus on `buy_tariff`.
    pub sell_tariff: u32,
    /// Buy cost of the reference call.
    pub cost: Nano,
    /// Sell price of the reference call.
    pub price: Nano,
    /// Buy price a minute.
    pub rate_per_min: Nano,
    /// Sell price a minute.
    pub customer_rate_per_min: Nano,
    /// Digits of the deck's code that matched; 0 for an endpoint.
    pub matched_len: u8,
    /// Version of the deck that the buy price is from; 0 for an endpoint.
    pub deck_version: u32,
    /// Membership priority.
    pub priority: i32,
    /// Quality score of the route.
    pub quality: i32,
}
