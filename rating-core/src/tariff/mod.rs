//! What a call costs (section 9).
//!
//! [`DeckTariff`] is the common form, a first interval and increments, small and fast: candidates are compared
//! by it. [`Tariff`] is the general form, with steps, windows, free seconds and caps.
//!
//! Worked: 30/6 at 0.06 a minute, 31 s. The first interval bills 30 s, then one increment of 6 s: 36 s, 0.036.
//!
//! Amounts are exact until the one rounding at the end (9.4). Nothing here looks at a clock or knows a time
//! zone's rules: instants and offsets are arguments. Currencies are the caller's.

pub mod deck;
pub mod round;
pub mod steps;
pub mod window;

pub use deck::{Cost, DeckTariff};
pub use round::{Rounding, RoundingMode, round_ratio};
pub use steps::{AtMaxCost, AtWindow, Priced, Step, Tariff, TariffError};
pub use window::{OffsetChange, UtcOffsets, Window};
