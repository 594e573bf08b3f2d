//! Who carries calls: providers, their routes and gateways.

use std::string::String;
use std::vec::Vec;

use super::{AniClass, Limits, TrafficClass};

/// A downstream vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its id.
    pub id: String,
    /// Whether its routes may be used.
    pub active: bool,
    /// What its decks are keyed by.
    pub kind: ProviderKind,
    /// What prices indeterminate calls, where a deck says nothing (3.7).
    pub ij_policy: IjPolicy,
    /// Caps over all its routes.
    pub limits: Limits,
    /// IANA time zone of its limits' periods; `UTC` if empty (6.5).
    pub time_zone: String,
    /// Kinds of traffic that it takes; all if `None`.
    pub traffic: Option<Vec<TrafficClass>>,
}

impl Default for Provider {
    fn default() -> Self {
        Self {
            id: String::new(),
            active: true,
            kind: ProviderKind::default(),
            ij_policy: IjPolicy::default(),
            limits: Limits::default(),
            time_zone: String::new(),
            traffic: None,
        }
    }
}

/// What a provider's decks are keyed by (4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProviderKind {
    /// The called LRN.
    #[default]
    Lrn,
    /// The dialled number.
    Dnis,
    /// The dialled number: a provider of international routes.
    International,
    /// OCN and LATA of the called side.
    OcnLata,
    /// The dialled number: a customer's own trunk.
    CustomerTrunk,
    /// Reference prices only; never routed.
    RateDeck,
}

/// What prices an indeterminate call without a price of its own (3.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IjPolicy {
    /// The higher of interstate and intrastate; of one, that one.
    #[default]
    Higher,
    /// Interstate.
    Interstate,
    /// Intrastate.
    Intrastate,
    /// Nothing: the route drops.
    Reject,
}

/// One product of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub provider: String,
    /// Its price list; none is an endpoint that costs nothing.
    pub deck: Option<String>,
    /// Whether it may be used.
    pub active: bool,
    /// Higher is better.
    pub quality: i32,
    /// Its caps.
    pub limits: Limits,
    /// Classes of calling number that it takes; all if `None` (section 5, `ani_class`).
    pub ani_classes: Option<Vec<AniClass>>,
}

impl Default for Route {
    fn default() -> Self {
        Self {
            id: String::new(),
            provider: String::new(),
            deck: None,
            active: true,
            quality: 0,
            limits: Limits::default(),
            ani_classes: None,
        }
    }
}

/// Where a route's calls go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Its id.
    pub id: String,
    /// The route that it serves.
    pub route: String,
    /// SIP URI with `${number}` where the called number's digits go.
    pub dial_string: String,
    /// Lowest first.
    pub priority: i32,
    /// Its share among those of equal priority; 1 if `None`, 0 comes last (5.5).
    pub weight: Option<u32>,
    /// Whether it may be used.
    pub active: bool,
    /// LATAs that it serves; all, known or not, if empty (5.5).
    pub latas: Vec<u32>,
    /// Its caps.
    pub limits: Limits,
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            id: String::new(),
            route: String::new(),
            dial_string: String::new(),
            priority: 0,
            weight: None,
            active: true,
            latas: Vec::new(),
            limits: Limits::default(),
        }
    }
}
