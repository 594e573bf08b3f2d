//! Classes by which calls are allowed, taken and counted: what the called number is (2.6), what the calling one is
//! (3.10), what kind of traffic an account sends (section 5).
//!
//! Names are those of every interface. What class a number has is said in `screening` and `jurisdiction`.

/// Declares an enumeration with the name of each value, and sets of its values as bits.
macro_rules! classes {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $value:ident = $number:literal, $word:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$doc])* $value = $number,)+ }

        impl $name {
            /// Every value, by number.
            pub const ALL: &'static [$name] = &[$(Self::$value,)+];
            /// The set of all.
            pub const ALL_BITS: u8 = 0 $(| (1 << $number))+;

            /// The name that every interface uses.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$value => $word,)+ }
            }

            /// The value of a name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($word => Some(Self::$value),)+ _ => None }
            }

            /// The bit that stands for it in a set.
            #[must_use]
            pub const fn bit(self) -> u8 {
                match self { $(Self::$value => 1 << $number,)+ }
            }

            /// The value of a number.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$value),)+ _ => None }
            }
        }
    };
}

classes! {
    /// What a called number is to those who allow or forbid it (2.6).
    DestinationClass {
        /// A geographic number of the US.
        Domestic = 0, "domestic";
        /// Outside the US, `zone1` included.
        International = 1, "international";
        /// A toll-free number.
        TollFree = 2, "toll_free";
        /// 1900, 1NPA976, NANP numbers of no state or country, and the plan's premium prefixes.
        Premium = 3, "premium";
    }
}

classes! {
    /// What the calling number is to those who price by it (3.10).
    AniClass {
        /// A geographic number of the US.
        Dom = 0, "DOM";
        /// A toll-free number.
        DomTf = 1, "DOMTF";
        /// All else, and none.
        Intl = 2, "INTL";
    }
}

classes! {
    /// What kind of calls an account makes (section 5).
    TrafficClass {
        /// Enhanced services: IP-originated, or changed on the way.
        Enhanced = 0, "enhanced";
        /// Plain telephone calls.
        NonEnhanced = 1, "non_enhanced";
        /// Automatic diallers: many short calls.
        Dialler = 2, "dialler";
    }
}

#[allow(clippy::derivable_impls, reason = "the macro writes the variants")]
impl Default for TrafficClass {
    fn default() -> Self {
        Self::NonEnhanced
    }
}

classes! {
    /// How long a count of calls lasts (6.1).
    Period {
        /// A clock hour; one that repeats is two.
        Hour = 0, "hour";
        /// A calendar day.
        Day = 1, "day";
        /// A calendar month.
        Month = 2, "month";
        /// For ever.
        Total = 3, "total";
    }
}

classes! {
    /// Which calls a volume limit counts (6.2).
    CountedCalls {
        /// All that were admitted.
        Attempts = 0, "attempts";
        /// Answered ones.
        Answered = 1, "answered";
        /// Those answered for as long as the campaign demands.
        Billable = 2, "billable";
    }
}
