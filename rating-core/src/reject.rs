//! Why a call was refused, and why a route was dropped: one table for both.
//!
//! A reason is a business outcome, not an error. Each has one number, which is never used again once it
//! retires, one name, the same in Rust, C, Lua, Python, SQL, JSON and metrics, and one SIP answer, which
//! counts only where the reason refuses the whole call.
//!
//! It will not say anything in prose: texts for people belong to the programs that talk to people.

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident = $number:literal, $name:literal, $sip:literal;)+) => {
        /// Why a call was refused or a route dropped (rules 2.1 to 2.11, section 5).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Reason { $($(#[doc = $doc])+ $variant = $number,)+ }

        impl Reason {
            /// Every reason, by number.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant,)+];

            /// The name that every interface uses.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Reason::$variant => $name,)+ }
            }

            /// The stable number, 1 to 255.
            #[must_use]
            pub const fn number(self) -> u8 {
                match self { $(Reason::$variant => $number,)+ }
            }

            /// The default SIP answer to a call refused for this reason (RFC 3261, section 21).
            #[must_use]
            pub const fn sip_code(self) -> u16 {
                match self { $(Reason::$variant => $sip,)+ }
            }

            /// The reason with this number.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Reason> {
                match number { $($number => Some(Reason::$variant),)+ _ => None }
            }
        }
    };
}

reasons! {
    /// No trunk has this source address or user (2.1).
    UnknownTrunk = 1, "unknown_trunk", 403;
    /// The account is not active (2.3).
    AccountSuspended = 2, "account_suspended", 403;
    /// The trunk is not active (2.3).
    TrunkDisabled = 3, "trunk_disabled", 403;
    /// The called number is not a valid one (2.4).
    InvalidNumber = 4, "invalid_number", 484;
    /// The trunk demands a valid calling number and there is none (2.4).
    InvalidAni = 5, "invalid_ani", 503;
    /// No partition is active for this call (2.5, 2.9).
    NoPartition = 6, "no_partition", 404;
    /// The calling number is on the do-not-originate list (2.6).
    Dno = 7, "dno", 603;
    /// The calling number is blocked (2.6).
    BlockedAni = 8, "blocked_ani", 403;
    /// The called number is blocked (2.6).
    BlockedDnis = 9, "blocked_dnis", 403;
    /// The account or the trunk may not call this class of destination or this country (2.6).
    DestinationNotAllowed = 10, "destination_not_allowed", 403;
    /// An exclusion forbids the destination or the route (2.6, 5).
    Excluded = 11, "excluded", 403;
    /// Calls per second of account, trunk or partition are used up (2.7, 2.9).
    CpsExceeded = 12, "cps_exceeded", 503;
    /// Concurrent calls of account, trunk or partition are at their cap (2.7, 2.9).
    ConcurrencyExceeded = 13, "concurrency_exceeded", 503;
    /// A volume limit of account, trunk or partition is used up (2.7, 2.9).
    VolumeExceeded = 14, "volume_exceeded", 503;
    /// A spend limit of account, trunk or partition is used up (2.7, 2.9).
    SpendExceeded = 15, "spend_exceeded", 503;
    /// No wallet covers the call (2.8, 2.10).
    InsufficientBalance = 16, "insufficient_balance", 402;
    /// The call came back from a provider that it was sent to (7.1).
    LoopDetected = 17, "loop_detected", 482;
    /// A limit of concurrent calls of a route, provider, membership or gateway is full (2.11, 5).
    TargetConcurrencyExceeded = 18, "target_concurrency_exceeded", 503;
    /// Calls per second of a route, provider, membership or gateway are used up (2.11, 5).
    TargetCpsExceeded = 19, "target_cps_exceeded", 503;
    /// A volume limit of a route, provider, membership or gateway is used up (2.11, 5).
    TargetVolumeExceeded = 20, "target_volume_exceeded", 503;
    /// A spend limit of a route, provider, membership or gateway is used up (2.11, 5).
    TargetSpendExceeded = 21, "target_spend_exceeded", 503;
    /// The route costs more a minute than allowed (2.11, 5).
    OverRateLimit = 22, "over_rate_limit", 503;
    /// The route leaves less margin than required (2.11, 5).
    MarginProtected = 23, "margin_protected", 503;
    /// Nothing says what the account pays for the call (9.6).
    NoSellRate = 24, "no_sell_rate", 503;
    /// No route of the partition takes the call (2.11).
    NoRoute = 25, "no_route", 503;
    /// The node's call table can hold no further call: it is full, or 16 calls of this Call-ID and From-tag are in it.
    CallTableFull = 26, "call_table_full", 503;
    /// Route, provider or membership is not active, or the provider has reference prices only (4.1, 5).
    Disabled = 27, "disabled", 503;
    /// A forced route of mode `only` replaces this one (4.6).
    Overridden = 28, "overridden", 503;
    /// The call came from this provider (5).
    Loop = 29, "loop", 503;
    /// The route does not take this class of calling number (5).
    AniClass = 30, "ani_class", 503;
    /// The provider does not take this class of traffic (5).
    TrafficClass = 31, "traffic_class", 503;
    /// The deck has no price for this code and jurisdiction (4.3, 4.5).
    NoRate = 32, "no_rate", 503;
    /// The longest matching row, or its price, is blocked (4.4).
    BlockedRow = 33, "blocked_row", 503;
    /// The route's quality is below the partition's floor (5).
    LowQuality = 34, "low_quality", 503;
    /// No gateway of the route is enabled and serves the called LATA (5).
    NoGateway = 35, "no_gateway", 503;
    /// Eligible, but behind the last one that `max_results` or the strategy leaves (5.4).
    BeyondMaxResults = 36, "beyond_max_results", 503;
}

impl core::fmt::Display for Reason {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

/// A call refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The first check of section 2 that failed.
    pub reason: Reason,
    /// After how long the same call could pass, where that is known (CPS); else 0.
    ///
    /// # Units
    /// Nanoseconds.
    pub retry_after_ns: u64,
}

impl Reject {
    /// A refusal without a time after which it would pass.
    #[must_use]
    pub const fn because(reason: Reason) -> Self {
        Self { reason, retry_after_ns: 0 }
    }
}

/// The reasons for which routes were dropped, as a set of their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DropSet(u64);

// A set is one word.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "worked out by the compiler")]
const _: () = {
    let mut at = 0;
    while at < Reason::ALL.len() {
        assert!(Reason::ALL[at].number() < 64);
        at += 1;
    }
};

impl DropSet {
    /// No route was dropped.
    pub const NONE: DropSet = DropSet(0);

    /// The reject when nothing is kept: the first of these that any route has (2.11).
    const REJECT_ORDER: [Reason; 8] = [
        Reason::TargetConcurrencyExceeded,
        Reason::TargetCpsExceeded,
        Reason::TargetVolumeExceeded,
        Reason::TargetSpendExceeded,
        Reason::InsufficientBalance,
        Reason::OverRateLimit,
        Reason::MarginProtected,
        Reason::NoSellRate,
    ];

    /// A route was dropped.
    pub fn add(&mut self, reason: Reason) {
        self.0 |= 1u64.wrapping_shl(u32::from(reason.number()));
    }

    fn has(self, reason: Reason) -> bool {
        self.0 & 1u64.wrapping_shl(u32::from(reason.number())) != 0
    }

    /// Why a call is rejected of whose routes none is left.
    #[must_use]
    pub fn reject_reason(self) -> Reason {
        Self::REJECT_ORDER.into_iter().find(|reason| self.has(*reason)).unwrap_or(Reason::NoRoute)
    }
}
