//! The reasons of `rating_core::reject` as constants of C, because cbindgen sees no macro of another crate.
//!
//! The table there is the one that counts; `tests/tests/reasons.rs` compares. `tandem_reason_name` gives names at
//! run time, also of reasons that a program's header does not have yet.

/// Why a call is refused or a route dropped. Numbers are only ever added. See docs/REASONS.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum TandemReason {
    /// Not refused.
    None = 0,
    /// No trunk has this source address or user (2.1).
    UnknownTrunk = 1,
    /// The account is not active (2.3).
    AccountSuspended = 2,
    /// The trunk is not active (2.3).
    TrunkDisabled = 3,
    /// The called number is not a valid one (2.4).
    InvalidNumber = 4,
    /// The trunk demands a valid calling number and there is none (2.4).
    InvalidAni = 5,
    /// No partition is active for this call (2.5, 2.9).
    NoPartition = 6,
    /// The calling number is on the do-not-originate list (2.6).
    Dno = 7,
    /// The calling number is blocked (2.6).
    BlockedAni = 8,
    /// The called number is blocked (2.6).
    BlockedDnis = 9,
    /// The trunk may not call this class of destination or this country (2.6).
    DestinationNotAllowed = 10,
    /// An exclusion forbids the destination or the route (2.6, 5).
    Excluded = 11,
    /// Calls per second of account, trunk or partition are used up (2.7, 2.9).
    CpsExceeded = 12,
    /// Concurrent calls of account, trunk or partition are at their cap (2.7, 2.9).
    ConcurrencyExceeded = 13,
    /// A volume limit of account, trunk or partition is used up (2.7, 2.9).
    VolumeExceeded = 14,
    /// A spend limit of account, trunk or partition is used up (2.7, 2.9).
    SpendExceeded = 15,
    /// No wallet covers the call (2.8, 2.10).
    InsufficientBalance = 16,
    /// The call came back from a provider that it was sent to (7.1).
    LoopDetected = 17,
    /// Every eligible target is at its cap of concurrent calls (2.11).
    TargetConcurrencyExceeded = 18,
    /// Every eligible target is at its calls per second (2.11).
    TargetCpsExceeded = 19,
    /// Every eligible target has used up a volume limit (2.11).
    TargetVolumeExceeded = 20,
    /// Every eligible target has used up a spend limit (2.11).
    TargetSpendExceeded = 21,
    /// Every priced route costs more per minute than allowed (2.11, 5).
    OverRateLimit = 22,
    /// Every priced route leaves less margin than required (2.11, 5).
    MarginProtected = 23,
    /// Nothing says what the account pays for the call (9.6).
    NoSellRate = 24,
    /// No route of the partition takes the call (2.11).
    NoRoute = 25,
    /// The node's call table is full: it can hold no further call.
    CallTableFull = 26,
    /// Route, provider or membership is not active, or the provider has reference prices only (4.1, 5).
    Disabled = 27,
    /// A forced route of mode `only` replaces this one (4.6).
    Overridden = 28,
    /// The call came from this provider (5).
    Loop = 29,
    /// The route does not take this class of calling number (5).
    AniClass = 30,
    /// The provider does not take this class of traffic (5).
    TrafficClass = 31,
    /// The deck has no price for this code and jurisdiction (4.3, 4.5).
    NoRate = 32,
    /// The longest matching row, or its price, is blocked (4.4).
    BlockedRow = 33,
    /// The route's quality is below the partition's floor (5).
    LowQuality = 34,
    /// No gateway of the route is enabled and serves the called LATA (5).
    NoGateway = 35,
    /// Eligible, but behind the last one that `max_results` or the strategy leaves (5.4).
    BeyondMaxResults = 36,
}
