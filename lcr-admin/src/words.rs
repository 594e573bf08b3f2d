//! The plan's closed lists as words: the same in a plan directory, in PostgreSQL's enum types and on the command
//! line.
//!
//! A value without a word does not compile. What a word means is said where its type is defined.

use rating_core::plan::{
    AniClass, CountedCalls, Countries, DestinationClass, ForcedMode, IjPolicy, Period, ProviderKind, Scope,
    SellKey, Strategy, TrafficClass, WalletKind, WhenTableFull,
};
use rating_core::tariff::RoundingMode;

/// A value of a closed list.
pub(crate) trait Word: Copy + PartialEq + 'static {
    /// Every word and its value.
    const WORDS: &'static [(&'static str, Self)];

    /// The word of a value.
    fn word(self) -> &'static str;

    /// The value of a word.
    fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
    }
}

macro_rules! words {
    ($($type:ident { $($value:ident = $word:literal),+ $(,)? })+) => {$(
        impl Word for $type {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, $type::$value)),+];
            fn word(self) -> &'static str {
                match self { $($type::$value => $word),+ }
            }
        }
    )+};
}

words! {
    AniClass { Dom = "DOM", DomTf = "DOMTF", Intl = "INTL" }
    CountedCalls { Attempts = "attempts", Answered = "answered", Billable = "billable" }
    CountryRule { All = "all", Only = "only", AllBut = "all_but" }
    DestinationClass {
        Domestic = "domestic",
        International = "international",
        TollFree = "toll_free",
        Premium = "premium",
    }
    ForcedMode { Only = "only", First = "first" }
    IjPolicy { Higher = "higher", Interstate = "interstate", Intrastate = "intrastate", Reject = "reject" }
    Period { Hour = "hour", Day = "day", Month = "month", Total = "total" }
    ProviderKind {
        Lrn = "lrn",
        Dnis = "dnis",
        International = "international",
        OcnLata = "ocn_lata",
        CustomerTrunk = "customer_trunk",
        RateDeck = "rate_deck",
    }
    RoundingMode { Up = "up", Down = "down", HalfUp = "half_up", HalfEven = "half_even", None = "none" }
    ScopeKind { Full = "full", Country = "country", Partial = "partial" }
    SellKey { Dnis = "dnis", Lrn = "lrn" }
    Strategy {
        LeastCost = "least_cost",
        Priority = "priority",
        Primary = "primary",
        RoundRobin = "round_robin",
        Weighted = "weighted",
        Quality = "quality",
        HighestMargin = "highest_margin",
    }
    TrafficClass { Enhanced = "enhanced", NonEnhanced = "non_enhanced", Dialler = "dialler" }
    WalletKind { Money = "money", Seconds = "seconds" }
    WhenTableFull { Refuse = "refuse", DropRecords = "drop_records" }
}

/// A deck version's scope without its countries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Full,
    Country,
    Partial,
}

impl ScopeKind {
    /// The kind of a scope, and its countries.
    pub(crate) fn of(scope: &Scope) -> (ScopeKind, &[String]) {
        match scope {
            Scope::Full => (Self::Full, &[]),
            Scope::Country(countries) => (Self::Country, countries),
            Scope::Partial => (Self::Partial, &[]),
        }
    }

    /// The scope of this kind; countries mean nothing to the others.
    pub(crate) fn with(self, countries: Vec<String>) -> Scope {
        match self {
            Self::Full => Scope::Full,
            Self::Country => Scope::Country(countries),
            Self::Partial => Scope::Partial,
        }
    }
}

/// How a list of countries is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CountryRule {
    All,
    Only,
    AllBut,
}

impl CountryRule {
    /// The rule of a list, and the list.
    pub(crate) fn of(countries: &Countries) -> (CountryRule, &[String]) {
        match countries {
            Countries::All => (Self::All, &[]),
            Countries::Only(list) => (Self::Only, list),
            Countries::AllBut(list) => (Self::AllBut, list),
        }
    }

    /// The countries that this rule makes of a list.
    pub(crate) fn with(self, list: Vec<String>) -> Countries {
        match self {
            Self::All => Countries::All,
            Self::Only => Countries::Only(list),
            Self::AllBut => Countries::AllBut(list),
        }
    }
}
