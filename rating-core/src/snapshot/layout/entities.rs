//! Who pays, who carries, within which limits: the records of everything that has a name.

use zerocopy::byteorder::little_endian::{I32, I64, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{Range, StrRef};

record! {
    /// What holds for the whole plan.
    PlanRec: 40 {
        /// The plan's name.
        name: StrRef,
        /// ISO 4217 code of the plan's currency.
        currency: [u8; 3],
        /// Zero.
        reserved: [u8; 5],
        /// Duration of the call by which routes are compared, in seconds; at least 1.
        reference_duration_sec: U32,
        /// Partition of trunks and accounts that list none; or [`NONE`].
        default_partition: U32,
        /// Whether `ani_lrn` counts (3.1): 0 or 1.
        use_ani_lrn: U32,
        /// 64-bit words in the bit mask of a code row: ⌈decks / 64⌉.
        row_mask_words: U32,
        /// Longest call, in seconds; what the dialog is allowed to last.
        max_duration_sec: U32,
        /// Time to wait for an answer where the partition says nothing, in seconds.
        dial_timeout_sec: U32,
    }
}

record! {
    /// Who pays.
    AccountRec: 72 {
        /// Names the account for ever: first 8 bytes of SHA-256(`"account"`, 0, name).
        key: U64,
        /// The account's id.
        name: StrRef,
        /// Its partitions: a range of [`SectionId::PartitionLists`].
        partitions: Range,
        /// Its limits: a range of [`SectionId::Limits`].
        limits: Range,
        /// Its sell deck's slot, or [`NONE`].
        sell_deck: U32,
        /// 1 active, 0 suspended.
        active: u8,
        /// How it buys without a sell deck: 0 not at all, 1 cost-plus (9.6).
        cost_plus: u8,
        /// The sell deck is keyed by: 0 DNIS, 1 LRN (9.6).
        sell_by_lrn: u8,
        /// Rounding of cost-plus prices: see [`TariffRec::rounding_mode`].
        rounding_mode: u8,
        /// Decimals of cost-plus prices, 0 to 9.
        rounding_decimals: u8,
        /// Minimum margin is: 0 an amount, 1 a percentage of the sell price, 2 no minimum at all (`allow_loss`).
        min_margin_kind: u8,
        /// Zero.
        reserved: [u8; 6],
        /// Cost-plus margin in nano-percent: 10 % is 10_000_000_000.
        margin_nano_percent: I64,
        /// Cost-plus fee for each minute billed, in nano-units.
        fixed_fee_nano_per_min: I64,
        /// The minimum margin, in nano-units or nano-percent.
        min_margin_nano: I64,
    }
}

record! {
    /// How an account's calls come in.
    TrunkRec: 56 {
        /// Names the trunk for ever, as [`AccountRec::key`].
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
        reserved: [u8; 9],
        /// Its partitions: a range of [`SectionId::PartitionLists`].
        partitions: Range,
        /// Its limits: a range of [`SectionId::Limits`].
        limits: Range,
        /// Zero.
        reserved2: [u8; 8],
    }
}

record! {
    /// A source address of a trunk (2.1). IPv4 addresses are kept as ::ffff:a.b.c.d, their prefix lengths + 96.
    SourceRec: 32 {
        /// First address of the network.
        network: U128,
        /// The trunk.
        trunk: U32,
        /// The closest record before this one whose network contains this one's, or [`NONE`].
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
        /// Names the provider for ever, as [`AccountRec::key`].
        key: U64,
        /// The provider's id.
        name: StrRef,
        /// Its limits: a range of [`SectionId::Limits`].
        limits: Range,
        /// 1 active, 0 disabled.
        active: u8,
        /// What its decks are keyed by (4.1): 0 `lrn`, 1 `dnis`, 2 `international`, 3 `rate_deck` (never routed).
        kind: u8,
        /// Zero.
        reserved: [u8; 14],
    }
}

record! {
    /// One product of a provider.
    RouteRec: 64 {
        /// Names the route for ever, as [`AccountRec::key`].
        key: U64,
        /// The route's id.
        name: StrRef,
        /// Whose it is.
        provider: U32,
        /// Its deck's slot, or [`NONE`] for an endpoint that costs nothing (4.1).
        deck: U32,
        /// Its gateways: a range of [`SectionId::Gateways`].
        gateways: Range,
        /// Its limits: a range of [`SectionId::Limits`].
        limits: Range,
        /// Quality score, higher is better; 0 unless the plan says more.
        quality: I32,
        /// 1 active, 0 disabled.
        active: u8,
        /// Zero.
        reserved: [u8; 19],
    }
}

record! {
    /// Where a route's calls go.
    GatewayRec: 40 {
        /// Names the gateway for ever, as [`AccountRec::key`].
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
    }
}

record! {
    /// The routes that a call may use.
    PartitionRec: 64 {
        /// Names the partition for ever, as [`AccountRec::key`].
        key: U64,
        /// The partition's id.
        name: StrRef,
        /// Its members: a range of [`SectionId::Members`], at most [`MEMBERS_MAX`].
        members: Range,
        /// Its limits: a range of [`SectionId::Limits`].
        limits: Range,
        /// Highest buy price a minute, in nano-units; `i64::MAX` is none.
        rate_limit_nano_per_min: I64,
        /// Time to wait for an answer before the next leg, in seconds.
        dial_timeout_sec: U32,
        /// Most routes of a call, 1 to 8.
        max_results: U32,
        /// 0 `least_cost`, 1 `priority`, 2 `primary`, 3 `highest_margin`.
        strategy: u8,
        /// 1 active, 0 not.
        active: u8,
        /// Zero.
        reserved: [u8; 14],
    }
}

record! {
    /// A route in a partition.
    MemberRec: 16 {
        /// The route.
        route: U32,
        /// Lowest first.
        priority: I32,
        /// 1 active, 0 disabled.
        active: u8,
        /// Zero.
        reserved: [u8; 7],
    }
}

record! {
    /// One limit of one owner.
    LimitRec: 32 {
        /// Names the limit for ever: first 8 bytes of SHA-256(scope, 0, owner's name, 0, dimension).
        key: U64,
        /// CPS: nanoseconds between two calls, at least 1. Concurrency: 0.
        interval_ns: U64,
        /// CPS: the burst. Concurrency: the cap.
        max: U32,
        /// 0 CPS, 1 concurrency.
        dimension: u8,
        /// Zero.
        reserved: [u8; 11],
    }
}
