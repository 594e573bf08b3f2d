//! Who pays, who carries, within which limits: the records of everything that has a name.

use zerocopy::byteorder::little_endian::{I32, I64, U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{Range, StrRef};

record! {
    /// What holds for the whole plan.
    PlanRec: 104 {
        /// The plan's name.
        name: StrRef,
        /// ISO 4217 code of the plan's currency.
        currency: [u8; 3],
        /// Zero.
        reserved: [u8; 5],
        /// Duration of the call by which routes are compared, in seconds; at least 1.
        reference_duration_sec: U32,
        /// Partition of trunks and accounts that list none; or [`NONE`](super::NONE).
        default_partition: U32,
        /// Whether `ani_lrn` counts (3.1): 0 or 1.
        use_ani_lrn: U32,
        /// Zero.
        reserved3: U32,
        /// Longest call, in seconds; what the dialog is allowed to last.
        max_duration_sec: U32,
        /// Time to wait for an answer where the partition says nothing, in seconds.
        dial_timeout_sec: U32,
        /// What a prepaid call holds at first, in seconds (8.2); at least 1.
        hold_interval_sec: U32,
        /// When a node's call table is full: 0 new calls are refused, 1 records that wait are dropped.
        when_table_full: U32,
        /// Emergency numbers: a range of [`Digits`](super::SectionId::Digits).
        emergency_numbers: Range,
        /// Their routes: a range of [`RouteLists`](super::SectionId::RouteLists).
        emergency_routes: Range,
        /// Toll-free area codes beyond the seven: a range of [`Numbers`](super::SectionId::Numbers).
        toll_free_npas: Range,
        /// Premium prefixes beyond those of NANP: a range of [`Digits`](super::SectionId::Digits).
        premium_prefixes: Range,
        /// Do-not-originate patterns with the `1` in front: a range of [`Digits`](super::SectionId::Digits).
        dno: Range,
        /// Prefixes that nobody may call: a range of [`Digits`](super::SectionId::Digits).
        excluded: Range,
        /// Overrides of no trunk, account or partition: a range of [`Overrides`](super::SectionId::Overrides).
        overrides: Range,
    }
}

record! {
    /// Numbers and destinations that an account or a trunk may not use (2.6).
    ScreeningRec: 48 {
        /// Calling prefixes that are blocked: a range of [`Digits`](super::SectionId::Digits), as the next three.
        blocked_ani: Range,
        /// Calling prefixes that are allowed all the same.
        allowed_ani: Range,
        /// Called prefixes that are blocked.
        blocked_dnis: Range,
        /// Called prefixes that are allowed all the same.
        allowed_dnis: Range,
        /// Countries that are meant: a range of [`Countries`](super::SectionId::Countries).
        countries: Range,
        /// What they are: 0 nothing, all pass; 1 those that pass; 2 those that do not.
        countries_are: u8,
        /// Classes of destination that pass: bits 0 domestic, 1 international, 2 toll-free, 3 premium.
        classes: u8,
        /// 1 if the exchange 976 of any area code is blocked.
        any_npa_976: u8,
        /// Zero.
        reserved: [u8; 5],
    }
}

record! {
    /// Who pays.
    AccountRec: 152 {
        /// Names the account for ever: first 8 bytes of SHA-256(`"account"`, 0, name).
        key: U64,
        /// The account's id.
        name: StrRef,
        /// Its partitions: a range of `SectionId::PartitionLists`.
        partitions: Range,
        /// Its limits: a range of `SectionId::Limits`.
        limits: Range,
        /// Its sell deck's slot, or `NONE`.
        sell_deck: U32,
        /// 1 active, 0 suspended.
        active: u8,
        /// How it buys without a sell deck: 0 not at all, 1 cost-plus (9.6).
        cost_plus: u8,
        /// The sell deck is keyed by: 0 DNIS, 1 LRN (9.6).
        sell_by_lrn: u8,
        /// Rounding of cost-plus prices: see `TariffRec::rounding_mode`.
        rounding_mode: u8,
        /// Decimals of cost-plus prices, 0 to 9.
        rounding_decimals: u8,
        /// Minimum margin is: 0 an amount, 1 a percentage of the sell price, 2 no minimum at all (`allow_loss`).
        min_margin_kind: u8,
        /// What kind of calls it makes: 0 enhanced, 1 non-enhanced, 2 dialler.
        traffic: u8,
        /// Zero.
        reserved: [u8; 5],
        /// Cost-plus margin in nano-percent: 10 % is 10_000_000_000.
        margin_nano_percent: I64,
        /// Cost-plus fee for each minute billed, in nano-units.
        fixed_fee_nano_per_min: I64,
        /// The minimum margin, in nano-units or nano-percent.
        min_margin_nano: I64,
        /// What it may not use.
        screening: ScreeningRec,
        /// What pays its calls: a range of [`Wallets`](super::SectionId::Wallets); none is postpaid (8.1).
        wallets: Range,
        /// Prefixes that it may not call: a range of [`Digits`](super::SectionId::Digits).
        excluded: Range,
        /// Its overrides: a range of [`Overrides`](super::SectionId::Overrides).
        overrides: Range,
        /// Whose days and months its periods are: one of the [`Zones`](super::SectionId::Zones).
        zone: U32,
        /// Zero.
        reserved2: U32,
    }
}

record! {
    /// How an account's calls come in.
    TrunkRec: 128 {
        /// Names the trunk for ever, as `AccountRec::key`.
        key: U64,
        /// The trunk's id.
        name: StrRef,
        /// Who pays.
        account: U32,
        /// 1 active, 0 disabled.
        active: u8,
        /// 1 if a call without a valid ANI is refused (2.4).
        ani_required: u8,
        /// 1 if `rn`, `npdi` and `ani_lrn` given by the customer count (3.9).
        trust_lrn: u8,
        /// Zero.
        reserved: u8,
        /// The provider at its other end, or [`NONE`](super::NONE) (section 5, `loop`).
        provider: U32,
        /// Zero.
        reserved2: U32,
        /// Its partitions: a range of `SectionId::PartitionLists`.
        partitions: Range,
        /// Its limits: a range of `SectionId::Limits`.
        limits: Range,
        /// What its calls begin with, as dialled; empty for none (2.1).
        tech_prefix: StrRef,
        /// How its dialled numbers are read: a range of [`DialRules`](super::SectionId::DialRules).
        dial_rules: Range,
        /// Its overrides: a range of [`Overrides`](super::SectionId::Overrides).
        overrides: Range,
        /// What it may not use.
        screening: ScreeningRec,
        /// Zero.
        reserved3: [u8; 8],
    }
}

record! {
    /// A source address of a trunk (2.1). IPv4 addresses are kept as ::ffff:a.b.c.d, their prefix lengths + 96.
    SourceRec: 32 {
        /// First address of the network.
        network: U128,
        /// The trunk.
        trunk: U32,
        /// The closest record before this one whose network contains this one's, or `NONE`.
        parent: U32,
        /// 0 to 128.
        prefix_len: u8,
        /// Zero.
        reserved: [u8; 7],
    }
}

record! {
    /// A downstream vendor.
    ProviderRec: 40 {
        /// Names the provider for ever, as `AccountRec::key`.
        key: U64,
        /// The provider's id.
        name: StrRef,
        /// Its limits: a range of `SectionId::Limits`.
        limits: Range,
        /// 1 active, 0 disabled.
        active: u8,
        /// What its decks are keyed by (4.1): 0 `lrn`, 1 `dnis`, 2 `international`, 3 `rate_deck` (never routed),
        /// 4 `ocn_lata`, 5 `customer_trunk`.
        kind: u8,
        /// Kinds of traffic that it takes: bits 0 enhanced, 1 non-enhanced, 2 dialler.
        traffic: u8,
        /// Zero.
        reserved: [u8; 5],
        /// Where it is not used: a range of [`Exclusions`](super::SectionId::Exclusions).
        exclusions: Range,
    }
}

/// [`ProviderRec::kind`] of a provider that is priced by the called LRN.
pub const PROVIDER_BY_LRN: u8 = 0;
/// [`ProviderRec::kind`] of reference prices, which are never routed.
pub const PROVIDER_RATE_DECK: u8 = 3;
/// [`ProviderRec::kind`] of a provider that is priced by OCN and LATA.
pub const PROVIDER_BY_OCN_LATA: u8 = 4;

record! {
    /// One product of a provider.
    RouteRec: 64 {
        /// Names the route for ever, as `AccountRec::key`.
        key: U64,
        /// The route's id.
        name: StrRef,
        /// Whose it is.
        provider: U32,
        /// Its deck's slot, or `NONE` for an endpoint that costs nothing (4.1).
        deck: U32,
        /// Its gateways: a range of `SectionId::Gateways`.
        gateways: Range,
        /// Its limits: a range of `SectionId::Limits`.
        limits: Range,
        /// Quality score, higher is better; 0 unless the plan says more.
        quality: I32,
        /// 1 active, 0 disabled.
        active: u8,
        /// Classes of calling number that it takes: bits 0 `DOM`, 1 `DOMTF`, 2 `INTL`.
        ani_classes: u8,
        /// Kinds of traffic that it takes, as `ProviderRec::traffic`; none if it or its provider is disabled or never
        /// routed.
        traffic: u8,
        /// What this record does not say by itself: [`ASKS_EXCLUSIONS`], [`ASKS_ROOM`]; and [`ASKED_BY_LRN`].
        asks: u8,
        /// Zero.
        reserved: [u8; 16],
    }
}

/// [`RouteRec::asks`]: its provider has exclusions.
pub const ASKS_EXCLUSIONS: u8 = 1;
/// [`RouteRec::asks`]: which of its gateways take a call, and what its provider limits. Without it the route has one
/// gateway, enabled, that serves every LATA and has no limits, and its provider has none.
pub const ASKS_ROOM: u8 = 2;
/// [`RouteRec::asks`]: its deck is asked by the called LRN.
pub const ASKED_BY_LRN: u8 = 4;

record! {
    /// Where a route's calls go.
    GatewayRec: 64 {
        /// Names the gateway for ever, as `AccountRec::key`.
        key: U64,
        /// The gateway's id.
        name: StrRef,
        /// The dial string up to `${number}`.
        dial_before: StrRef,
        /// The dial string after `${number}`.
        dial_after: StrRef,
        /// Lowest first.
        priority: I32,
        /// 1 enabled, 0 disabled.
        active: u8,
        /// Zero.
        reserved: [u8; 3],
        /// Its share among those of equal priority; 0 comes last (5.5).
        weight: U32,
        /// Zero.
        reserved2: U32,
        /// LATAs that it serves, all if none: a range of [`Numbers`](super::SectionId::Numbers).
        latas: Range,
        /// Its limits: a range of [`Limits`](super::SectionId::Limits).
        limits: Range,
    }
}

record! {
    /// The routes that a call may use.
    PartitionRec: 72 {
        /// Names the partition for ever, as `AccountRec::key`.
        key: U64,
        /// The partition's id.
        name: StrRef,
        /// Its members: a range of `SectionId::Members`, at most `MEMBERS_MAX`.
        members: Range,
        /// Its limits: a range of `SectionId::Limits`.
        limits: Range,
        /// Highest buy price a minute, in nano-units; `i64::MAX` is none.
        rate_limit_nano_per_min: I64,
        /// Time to wait for an answer before the next leg, in seconds.
        dial_timeout_sec: U32,
        /// Most routes of a call, 1 to 8.
        max_results: U32,
        /// 0 `least_cost`, 1 `priority`, 2 `primary`, 3 `highest_margin`, 4 `round_robin`, 5 `weighted`, 6 `quality`.
        strategy: u8,
        /// 1 active, 0 not.
        active: u8,
        /// 1 if a member has a weight: ties are drawn (5.1).
        weights: u8,
        /// Zero.
        reserved: [u8; 5],
        /// Lowest quality score of a route; `i32::MIN` is none.
        min_quality: I32,
        /// When it may be used: one of the [`Schedules`](super::SectionId::Schedules), or [`NONE`](super::NONE) for always.
        schedule: U32,
        /// Its overrides: a range of [`Overrides`](super::SectionId::Overrides).
        overrides: Range,
    }
}

record! {
    /// A route in a partition.
    MemberRec: 28 {
        /// The route.
        route: U32,
        /// Lowest first.
        priority: I32,
        /// 1 active, 0 disabled.
        active: u8,
        /// Zero.
        reserved: [u8; 7],
        /// Its share in weighted draws, 1 unless the plan says more; 0 comes last (5.1).
        weight: U32,
        /// Limits of this route in this partition: a range of [`Limits`](super::SectionId::Limits).
        limits: Range,
    }
}

record! {
    /// One limit of one owner.
    LimitRec: 32 {
        /// Names the limit for ever: see Keys.
        key: U64,
        /// CPS: nanoseconds between two calls, at least 1. Spend: the cap, in nano-units. Else 0.
        amount: U64,
        /// CPS: the burst. Concurrency, calls, minutes: the cap.
        max: U32,
        /// 0 CPS, 1 concurrency, 2 calls of a period, 3 minutes a month, 4 spend a day.
        dimension: u8,
        /// Calls: 0 an hour, 1 a day, 2 a month, 3 for ever.
        period: u8,
        /// Calls that count: 0 attempts, 1 answered, 2 billable.
        counts: u8,
        /// Zero.
        reserved: u8,
        /// Whose hours, days and months they are: one of the [`Zones`](super::SectionId::Zones); or
        /// [`NONE`](super::NONE): the account's that pays.
        zone: U32,
        /// Zero.
        reserved2: U32,
    }
}

record! {
    /// A digest user of a trunk (2.1).
    UserRec: 16 {
        /// The user.
        user: StrRef,
        /// The trunk.
        trunk: U32,
        /// Zero.
        reserved: U32,
    }
}

record! {
    /// A trunk's own rule for reading a dialled number (2.4).
    DialRuleRec: 20 {
        /// What the number begins with: digits, or a `+` and digits.
        prefix: StrRef,
        /// Digits to put in front, packed.
        add: U64,
        /// How many characters the number has in all; 0 is any.
        len: u8,
        /// Characters to take off the front.
        strip: u8,
        /// Zero.
        reserved: [u8; 2],
    }
}

record! {
    /// Money or seconds that an account has paid for (8.1).
    WalletRec: 40 {
        /// Names the wallet for ever, as `AccountRec::key`.
        key: U64,
        /// The wallet's id.
        name: StrRef,
        /// It pays while more than this is available: nano-units of the plan's currency, or seconds.
        threshold: I64,
        /// How far it may go below nothing; not negative.
        credit_limit: I64,
        /// Lowest first.
        priority: I32,
        /// 0 money, 1 seconds.
        kind: u8,
        /// Zero.
        reserved: [u8; 3],
    }
}

record! {
    /// A number whose calls go to a campaign (2.5).
    DidRec: 24 {
        /// E.164, packed.
        number: U64,
        /// Its owner.
        account: U32,
        /// Zero.
        reserved: U32,
        /// Its campaigns, by priority, then name: a range of [`PartitionLists`](super::SectionId::PartitionLists).
        campaigns: Range,
    }
}

record! {
    /// Routing that people decide (4.6).
    OverrideRec: 56 {
        /// Called prefix, packed; 0 is any number.
        prefix: U64,
        /// The override's id.
        name: StrRef,
        /// From when it holds, in seconds since 1970 UTC; `i64::MIN` is always.
        valid_from_utc_sec: I64,
        /// Calls of this trunk; or [`NONE`](super::NONE).
        trunk: U32,
        /// Calls of this account; or [`NONE`](super::NONE).
        account: U32,
        /// Calls of this partition; or [`NONE`](super::NONE).
        partition: U32,
        /// Calls at these times: one of the [`Schedules`](super::SectionId::Schedules), or [`NONE`](super::NONE).
        window: U32,
        /// The route that takes the call; or [`NONE`](super::NONE).
        forced_route: U32,
        /// What becomes of the others: 0 they drop, 1 they come after it.
        forced_first: u8,
        /// 1 if routes are ordered by membership priority.
        bypass_lcr: u8,
        /// Zero.
        reserved: [u8; 2],
        /// Sell price a minute, in nano-units; `i64::MIN` is none.
        custom_rate_nano_per_min: I64,
    }
}

record! {
    /// A provider that is not used (section 5, `excluded`).
    ExclusionRec: 16 {
        /// For calls of this account; or [`NONE`](super::NONE) for all.
        account: U32,
        /// Zero.
        reserved: U32,
        /// Called prefixes: a range of [`Digits`](super::SectionId::Digits); all numbers if none.
        prefixes: Range,
    }
}

record! {
    /// Times by a zone's wall clock: any of its windows.
    ScheduleRec: 16 {
        /// One of the [`Zones`](super::SectionId::Zones).
        zone: U32,
        /// Zero.
        reserved: U32,
        /// A range of [`Windows`](super::SectionId::Windows).
        windows: Range,
    }
}

record! {
    /// A part of the day on some days (9.5).
    WindowRec: 16 {
        /// Days of the month on which it begins: bit 0 is the 1st.
        month_days: U32,
        /// Second of the day at which it begins, below 86 400.
        from_sec: U32,
        /// Second of the day at which it ends, at most 86 400. Before `from_sec`: on the next day. Equal: 24 h.
        until_sec: U32,
        /// Months: bit 0 is January.
        months: U16,
        /// Days of the week: bit 0 is Monday.
        days: u8,
        /// Zero.
        reserved: u8,
    }
}

record! {
    /// A time zone, as far as its offsets are needed.
    ZoneRec: 24 {
        /// IANA name.
        name: StrRef,
        /// Seconds to add to UTC before the first change; east is positive.
        before_sec: I32,
        /// Zero.
        reserved: U32,
        /// A range of [`OffsetChanges`](super::SectionId::OffsetChanges).
        changes: Range,
    }
}

record! {
    /// When a zone's offset from UTC changes.
    OffsetChangeRec: 16 {
        /// First instant of the new offset, in seconds since 1970 UTC.
        at_utc_sec: I64,
        /// Seconds to add to UTC from then on.
        offset_sec: I32,
        /// Zero.
        reserved: U32,
    }
}
