//! What a call costs (section 9).

use crate::money::Nano;

/// How an exact amount becomes one with fewer decimals (9.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rounding {
    /// Which way.
    pub mode: RoundingMode,
    /// Decimals that are kept, 0 to 9.
    pub decimals: u8,
}

impl Rounding {
    /// The default of decks and accounts: `half_up` to 9 decimals.
    pub const DEFAULT: Rounding = Rounding { mode: RoundingMode::HalfUp, decimals: 9 };
}

/// Which way to round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum RoundingMode {
    /// Away from zero.
    Up = 0,
    /// Towards zero.
    Down = 1,
    /// To the nearest; halves away from zero.
    HalfUp = 2,
    /// To the nearest; halves to the even neighbour.
    HalfEven = 3,
    /// Down to 9 decimals.
    None = 4,
}

/// A deck's price of a code: a first interval, then increments. The common form of a tariff, small enough to
/// be copied into a call's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeckTariff {
    /// Price a minute of the first interval.
    pub first_rate_per_min: Nano,
    /// Price a minute of what follows.
    pub rate_per_min: Nano,
    /// Fee of an answered call.
    pub connect_fee: Nano,
    /// First interval, billed whole; at least 1 s.
    pub first_sec: u32,
    /// Increment after it; at least 1 s.
    pub increment_sec: u32,
    /// A call no longer than this costs nothing (9.2).
    pub grace_sec: u32,
    /// How the cost is rounded, once.
    pub rounding: Rounding,
}

/// What one call costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The amount, rounded.
    pub cost: Nano,
    /// Seconds that were billed.
    pub billed_sec: u32,
}
