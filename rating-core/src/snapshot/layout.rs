//! The snapshot's bytes.
//!
//! ```text
//!  0 ┌────────────────────────────┐
//!    │ Header            64 bytes │  magic, version, length, interval, checksums
//! 64 ├────────────────────────────┤
//!    │ SectionEntry × 23, 32 each │  where each section lies, and its checksum
//!    ├────────────────────────────┤
//!    │ sections, in table order,  │  arrays of the records below
//!    │ each aligned to 64 bytes   │
//!    └────────────────────────────┘
//! ```
//!
//! Integers are little-endian and records have no alignment, so any address will do. Records refer to each
//! other by index into a section; [`NONE`] is no record. Every array of named things is sorted by name,
//! bytewise, so that "lower id" (ties, 5.1) is "lower index".
//!
//! Each record proves at compile time that it has no padding (`IntoBytes`) and the size that the format
//! states. It will not interpret: what a number means is said here, what it does is done in [`super::view`].

use zerocopy::byteorder::little_endian::{I32, I64, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The first eight bytes of a snapshot.
pub const MAGIC: [u8; 8] = *b"TANDEMSN";
/// The version of the format that this code writes, and the only one that it reads.
pub const VERSION: u32 = 1;
/// Sections start at multiples of this.
pub const SECTION_ALIGN: u64 = 64;
/// "No record", where an index is optional.
pub const NONE: u32 = u32::MAX;
/// Most deck slots of one snapshot.
pub const DECKS_MAX: usize = 1024;
/// Most members of one partition.
pub const MEMBERS_MAX: usize = 1024;

/// Declares a record: its derives, and the proof of its size.
macro_rules! record {
    ($(#[$meta:meta])* $name:ident: $size:literal { $($(#[$field_meta:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
        #[repr(C)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)+ }

        const _: () = assert!(core::mem::size_of::<$name>() == $size);
    };
}

record! {
    /// The head of the file.
    Header: 64 {
        /// [`MAGIC`].
        magic: [u8; 8],
        /// [`VERSION`].
        version: U32,
        /// Number of entries in the section table: [`SectionId::COUNT`].
        section_count: U32,
        /// Length of the whole file in bytes.
        file_len: U64,
        /// First instant at which the snapshot is true, in seconds since 1970 UTC.
        valid_from_utc_sec: I64,
        /// First instant at which it no longer is; `i64::MAX` if nothing scheduled changes it.
        valid_until_utc_sec: I64,
        /// First 8 bytes of the SHA-256 of everything after the header: names the content.
        content_id: U64,
        /// CRC-32 (IEEE 802.3) of the section table.
        table_crc32: U32,
        /// Zero.
        reserved: [u8; 8],
        /// CRC-32 of the 60 bytes before this field.
        header_crc32: U32,
    }
}

record! {
    /// Where a section lies.
    SectionEntry: 32 {
        /// A [`SectionId`]; the table lists them all, in order.
        id: U32,
        /// Bytes of one record.
        record_len: U32,
        /// First byte, from the start of the file; a multiple of [`SECTION_ALIGN`].
        offset: U64,
        /// Length in bytes; a multiple of `record_len`.
        len: U64,
        /// CRC-32 of those bytes.
        crc32: U32,
        /// Zero.
        reserved: U32,
    }
}

/// What a section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum SectionId {
    /// UTF-8 bytes that [`StrRef`]s point into.
    Strings = 0,
    /// One [`PlanRec`].
    Plan = 1,
    /// [`AccountRec`]s by name.
    Accounts = 2,
    /// [`TrunkRec`]s by name.
    Trunks = 3,
    /// [`SourceRec`]s by network address, then prefix length, then trunk.
    Sources = 4,
    /// [`ProviderRec`]s by name.
    Providers = 5,
    /// [`RouteRec`]s by name.
    Routes = 6,
    /// [`GatewayRec`]s, those of a route side by side in the order in which they are tried.
    Gateways = 7,
    /// [`PartitionRec`]s by name.
    Partitions = 8,
    /// [`MemberRec`]s, those of a partition side by side by route.
    Members = 9,
    /// Partition indexes (`u32`): the lists of accounts and trunks, in priority order.
    PartitionLists = 10,
    /// [`LimitRec`]s, those of one owner side by side.
    Limits = 11,
    /// [`DeckRec`]s by name: a deck's place here is its slot.
    Decks = 12,
    /// [`TariffRec`]s: every distinct price of every deck.
    Tariffs = 13,
    /// 1000 references (`u32`) by NPA: where the deck codes of that NPA lead. Empty without NANP codes.
    CodeNpas = 14,
    /// Blocks of 1000 references (`u32`) by NXX, for the NPAs that have codes of their own below them.
    CodeNxxs = 15,
    /// [`NodeRec`]s: digits after NPA-NXX of NANP codes, and all digits of the others; node 0 is their root.
    CodeNodes = 16,
    /// Code rows (`u32`): see [`EntryRec`].
    Rows = 17,
    /// As [`SectionId::CodeNpas`], for the numbering table.
    PlaceNpas = 18,
    /// As [`SectionId::CodeNxxs`], for the numbering table.
    PlaceNxxs = 19,
    /// [`NodeRec`]s: thousands blocks of the numbering table.
    PlaceNodes = 20,
    /// [`PlaceRec`]s of the numbering table.
    Places = 21,
    /// [`LocalPairRec`]s, sorted: rate centres that call each other locally (3.6).
    LocalPairs = 22,
}

impl SectionId {
    /// Number of sections of this version.
    pub const COUNT: usize = 23;
}

record! {
    /// Bytes `offset .. offset + len` of [`SectionId::Strings`].
    StrRef: 8 {
        /// First byte.
        offset: U32,
        /// Length in bytes.
        len: U32,
    }
}

record! {
    /// Records `first .. first + count` of some section.
    Range: 8 {
        /// First record.
        first: U32,
        /// How many.
        count: U32,
    }
}

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

record! {
    /// A price list. Its place in the section is its slot.
    DeckRec: 24 {
        /// Names the deck for ever, as [`AccountRec::key`].
        key: U64,
        /// The deck's id.
        name: StrRef,
        /// Zero.
        reserved: [u8; 8],
    }
}

record! {
    /// One price of one deck version: what a call of any duration costs (section 9).
    TariffRec: 64 {
        /// What a call of the plan's reference duration costs, rounded (9.4), in nano-units.
        reference_cost_nano: I64,
        /// Price of the first interval, in nano-units a minute.
        first_rate_nano_per_min: I64,
        /// Price of what follows, in nano-units a minute.
        rate_nano_per_min: I64,
        /// Fee of an answered call, in nano-units.
        connect_fee_nano: I64,
        /// First interval: billed whole, at least 1.
        first_sec: U32,
        /// Increment after it, at least 1.
        increment_sec: U32,
        /// A call no longer than this costs nothing (9.2).
        grace_sec: U32,
        /// The deck version that the price is from.
        deck_version: U32,
        /// 0 `up`, 1 `down`, 2 `half_up`, 3 `half_even`, 4 `none`.
        rounding_mode: u8,
        /// Decimals that are kept, 0 to 9.
        rounding_decimals: u8,
        /// Zero.
        reserved: [u8; 14],
    }
}

/// A reference from an NPA, an NXX or a node: the high bit tells "look at the next digits" from a leaf.
///
/// 0 is nothing. With the bit, the other 31 are the block of NXXs (from an NPA) or the node (from elsewhere).
/// Without it, the number less 1 is the leaf: the first word of a row, or a place.
pub const DEEPER_BIT: u32 = 1 << 31;

record! {
    /// A node of a digit trie.
    NodeRec: 44 {
        /// Where each further digit leads.
        children: [U32; 10],
        /// The leaf here, if the digits end here or no child takes the next one; same form as a child.
        here: U32,
    }
}

record! {
    /// A deck's price for a code, for each jurisdiction.
    ///
    /// A row is `row_mask_words` little-endian 64-bit words with a bit for each deck slot that has an entry,
    /// the lowest slot in the lowest bit of the first word; then the entries of those slots, in order.
    ///
    /// A price is 0 for none, 1 for blocked, else an index into the tariffs plus 2.
    EntryRec: 24 {
        /// Price of an interstate call.
        interstate: U32,
        /// Price of an intrastate call.
        intrastate: U32,
        /// Price of a local call; none: by the state comparison (3.8).
        local: U32,
        /// Price of an indeterminate call, the deck's policy applied (3.7).
        indeterminate: U32,
        /// Price of toll-free, international and zone-1 calls, fall-backs applied (3.8).
        default: U32,
        /// Digits of the deck's own code that matched, 1 to 15.
        matched_len: u8,
        /// Zero.
        reserved: [u8; 3],
    }
}

/// A price that is not there.
pub const PRICE_NONE: u32 = 0;
/// A price that stops its deck (4.4).
pub const PRICE_BLOCKED: u32 = 1;
/// The first price that is a tariff.
pub const PRICE_FIRST: u32 = 2;

record! {
    /// Where a block of numbers is.
    PlaceRec: 24 {
        /// ISO 3166 country; zeros if unknown.
        country: [u8; 2],
        /// State or province; zeros if none.
        state: [u8; 2],
        /// Operating company number, 4 alphanumerics; zeros if unknown.
        ocn: [u8; 4],
        /// LATA; 0 if unknown.
        lata: U32,
        /// Rate centre: numbers 1 and up name each distinct (state, rate centre); 0 if unknown.
        rate_center: U32,
        /// Zero.
        reserved: [u8; 8],
    }
}

record! {
    /// Two rate centres that call each other locally; `low` ≤ `high`.
    LocalPairRec: 8 {
        /// The lower number.
        low: U32,
        /// The higher number.
        high: U32,
    }
}
