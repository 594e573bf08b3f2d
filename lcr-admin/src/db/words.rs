//! The plan's closed lists as the words of PostgreSQL's enum types.

use rating_core::plan::{IjPolicy, ProviderKind, Scope, SellKey, Strategy};
use rating_core::tariff::RoundingMode;

use super::error::DbError;

/// A value of a closed list.
pub(super) trait Word: Sized {
    /// Its word in the database.
    fn word(&self) -> &'static str;
    /// The value of a word.
    fn from_word(word: &str) -> Result<Self, DbError>;
}

macro_rules! words {
    ($type:ident { $($value:ident = $word:literal),+ }) => {
        impl Word for $type {
            fn word(&self) -> &'static str {
                match self { $($type::$value => $word),+ }
            }
            fn from_word(word: &str) -> Result<Self, DbError> {
                match word {
                    $($word => Ok($type::$value),)+
                    other => Err(DbError::Corrupt(format!("{other:?} is no {}", stringify!($type)))),
                }
            }
        }
    };
}

words!(IjPolicy { Higher = "higher", Interstate = "interstate", Intrastate = "intrastate", Reject = "reject" });
words!(ProviderKind { Lrn = "lrn", Dnis = "dnis", International = "international", RateDeck = "rate_deck", OcnLata = "ocn_lata", CustomerTrunk = "customer_trunk" });
words!(RoundingMode {
    Up = "up",
    Down = "down",
    HalfUp = "half_up",
    HalfEven = "half_even",
    None = "none"
});

impl Word for Scope {
    fn word(&self) -> &'static str {
        match self {
            Scope::Full => "full",
            Scope::Country(_) => "country",
            Scope::Partial => "partial",
        }
    }
    fn from_word(word: &str) -> Result<Self, DbError> {
        match word {
            "full" => Ok(Scope::Full),
            "country" => Ok(Scope::Country(Vec::new())),
            "partial" => Ok(Scope::Partial),
            other => Err(DbError::Corrupt(format!("{other:?} is no Scope"))),
        }
    }
}

words!(SellKey { Dnis = "dnis", Lrn = "lrn" });
words!(Strategy {
    LeastCost = "least_cost",
    Priority = "priority",
    Primary = "primary",
    HighestMargin = "highest_margin",
    RoundRobin = "round_robin",
    Weighted = "weighted",
    Quality = "quality"
});
