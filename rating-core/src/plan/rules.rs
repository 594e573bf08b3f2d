//! What people decide by hand: overrides (4.6) and exclusions (2.6, section 5).

use std::string::String;
use std::vec::Vec;

use super::{Schedule, UtcSec};
use crate::money::Nano;
use crate::number::Digits;

/// Routing that people decide (4.6). Every field that is given must match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Override {
    /// Its id.
    pub id: String,
    /// Calls of this trunk.
    pub trunk: Option<String>,
    /// Calls of this account.
    pub account: Option<String>,
    /// Calls of this partition.
    pub partition: Option<String>,
    /// Calls to numbers that begin with this; of fewer than 7 digits also the short code of exactly these.
    pub prefix: Option<Digits>,
    /// Calls at these times.
    pub window: Option<Schedule>,
    /// From when it holds; always has if none.
    pub valid_from: Option<UtcSec>,
    /// When it no longer does; never if none.
    pub valid_until: Option<UtcSec>,
    /// The route that takes the call.
    pub forced_route: Option<ForcedRoute>,
    /// Sell price a minute.
    pub custom_rate_per_min: Option<Nano>,
    /// Order by membership priority, in place of the strategy and its cut.
    pub bypass_lcr: bool,
}

/// The route that an override chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForcedRoute {
    /// The route; it need not be a member.
    pub route: String,
    /// What becomes of the others.
    pub mode: ForcedMode,
}

/// What becomes of the other routes where one is forced (4.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForcedMode {
    /// They drop, `overridden`.
    #[default]
    Only,
    /// They come after it.
    First,
}

/// What is not used (2.6, section 5). With a provider, its routes drop; without one, the call is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exclusion {
    /// Its id.
    pub id: String,
    /// Calls of this account; of all if none.
    pub account: Option<String>,
    /// The provider that is not used; if none, the destination is refused.
    pub provider: Option<String>,
    /// Called E.164 prefixes; all numbers if empty, which needs a provider.
    pub prefixes: Vec<Digits>,
    /// From when it holds; always has if none.
    pub valid_from: Option<UtcSec>,
    /// When it no longer does; never if none.
    pub valid_until: Option<UtcSec>,
    /// Why, for people.
    pub note: String,
}
