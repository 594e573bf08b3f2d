//! The snapshot's bytes.
//!
//! ```text
//!  0 ┌────────────────────────────┐
//!    │ Header            64 bytes │  magic, version, length, interval, checksums
//! 64 ├────────────────────────────┤
//!    │ SectionEntry × 45, 32 each │  where each section lies, and its checksum
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

use zerocopy::byteorder::little_endian::{I64, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The first eight bytes of a snapshot.
pub const MAGIC: [u8; 8] = *b"TANDEMSN";
/// The version of the format that this code writes, and the only one that it reads.
pub const VERSION: u32 = 4;
/// Sections start at multiples of this.
pub const SECTION_ALIGN: u64 = 64;
/// "No record", where an index is optional.
pub const NONE: u32 = u32::MAX;
/// Most deck slots of one snapshot.
pub const DECKS_MAX: usize = 1024;
/// Most members of one partition.
pub const MEMBERS_MAX: usize = 1024;
/// Most gateways of one route.
pub const GATEWAYS_MAX: usize = 64;
/// Longest beginning of a dialled number that a dialling rule names, a `+` included.
pub const DIALLED_PREFIX_LEN_MAX: usize = 18;

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

mod codes;
mod entities;

pub use codes::*;
pub use entities::*;

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
    /// 1000 references (`u32`) by NPA for each shelf: where the deck codes of that NPA lead.
    CodeNpas = 14,
    /// Blocks of 1000 references (`u32`) by NXX, for the NPAs that have codes of their own below them.
    CodeNxxs = 15,
    /// [`NodeRec`]s: digits after NPA-NXX of NANP codes, and all digits of the others; the first nodes are their roots,
    /// one for each shelf.
    CodeNodes = 16,
    /// Code rows (`u32`), those of a shelf side by side by code: see [`RowRec`].
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
    /// Lists of digits, packed (`u64`): the count in the top four bits, the value below; each list ascending.
    Digits = 23,
    /// Lists of ISO 3166 countries (`[u8; 2]`), each ascending.
    Countries = 24,
    /// Lists of area codes and LATAs (`u32`), each ascending.
    Numbers = 25,
    /// Lists of routes (`u32`), in the order in which they are tried.
    RouteLists = 26,
    /// [`UserRec`]s by user, then longest tech prefix, then trunk.
    Users = 27,
    /// [`DialRuleRec`]s, those of a trunk side by side in their order.
    DialRules = 28,
    /// [`WalletRec`]s, those of an account side by side by priority, then name.
    Wallets = 29,
    /// [`DidRec`]s by number.
    Dids = 30,
    /// [`OverrideRec`]s in force: those of a trunk, an account, a partition or of none side by side by prefix
    /// (packed, ascending), then with a window before without, later start, name.
    Overrides = 31,
    /// Places of overrides (`u32`) whose prefix has 1 to 6 digits, by prefix: the short codes (2.4).
    ShortCodes = 32,
    /// [`ExclusionRec`]s in force, those of a provider side by side.
    Exclusions = 33,
    /// [`ScheduleRec`]s.
    Schedules = 34,
    /// [`WindowRec`]s, those of a schedule side by side.
    Windows = 35,
    /// [`ZoneRec`]s by name.
    Zones = 36,
    /// [`OffsetChangeRec`]s, those of a zone side by side, earliest first.
    OffsetChanges = 37,
    /// Slots of decks (`u32`) by shelf and place: 256 for each shelf, [`NONE`] where there is none.
    DeckPlaces = 38,
    /// [`OcnRec`]s by deck, OCN, LATA, tier.
    OcnRows = 39,
    /// [`CicRec`]s by deck, then CIC.
    CicRows = 40,
    /// [`PartitionDecksRec`]s, one for each partition.
    PartitionDecks = 41,
    /// [`DeckMembersRec`]s, one for each deck of a partition's `by_lrn` or `by_dnis`.
    DeckMembers = 42,
    /// Places of members (`u32`) in [`SectionId::Members`].
    MemberLists = 43,
    /// Where the pairs of each rate centre begin (`u32`) in [`SectionId::LocalPairs`], as `low`, by its number from 0 to the
    /// highest `low`, and one more where the last ones end; empty without pairs.
    LocalStarts = 44,
}

impl SectionId {
    /// Number of sections of this version.
    pub const COUNT: usize = 45;
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
