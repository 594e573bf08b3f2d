//! Prices and places: decks, tariffs, the digit trees, rows and the numbering table.

use zerocopy::byteorder::little_endian::{I64, U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{Range, StrRef};

record! {
    /// A price list. Its place in the section is its slot.
    DeckRec: 40 {
        /// Names the deck for ever, as `AccountRec::key`.
        key: U64,
        /// The deck's id.
        name: StrRef,
        /// What one unit of its currency is worth: nano-units of the plan's currency, 1 000 000 000 for the plan's own.
        rate_nano: U64,
        /// Its first tariff: they stand side by side in [`Tariffs`](super::SectionId::Tariffs).
        first_tariff: U32,
        /// How many there are.
        tariff_count: U32,
        /// The shelf on which its codes are (see [`RowRec`]).
        shelf: u8,
        /// Its place on that shelf.
        place: u8,
        /// What prices an indeterminate call without a price of its own (3.7): 0 the higher of the two, 1 interstate,
        /// 2 intrastate, 3 nothing.
        ij_policy: u8,
        /// ISO 4217 code of its currency.
        currency: [u8; 3],
        /// Zero.
        reserved: [u8; 2],
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

/// Most decks of one shelf.
pub const SHELF_DECKS: usize = 256;
/// 64-bit words of a mask over the decks of a shelf.
pub const SHELF_WORDS: usize = 4;
/// Prices of a column that stand in its head.
pub const HEAD: usize = 24;

/// Column of interstate prices.
pub const INTERSTATE: usize = 0;
/// Column of intrastate prices.
pub const INTRASTATE: usize = 1;
/// Column of local prices.
pub const LOCAL: usize = 2;
/// Column of indeterminate prices.
pub const INDETERMINATE: usize = 3;
/// Column of prices for everything else, and for everything where they stand alone.
pub const DEFAULT: usize = 4;
/// Columns of a row.
pub const COLUMNS: usize = 5;

record! {
    /// The start of a row: the prices that decks have written for one code.
    ///
    /// Decks stand on shelves of up to [`SHELF_DECKS`]; each shelf has its own digit tree and rows, and a deck's
    /// number in a row is its place on the shelf. The first shelf has the decks that are compared by cost.
    ///
    /// Behind it stand words of 64 bits, as many as `code_len` says: the decks of the row whose intrastate price is what
    /// their policy takes for an indeterminate call (3.7), a bit for each place, the lowest in the lowest bit of the first
    /// word; words at the end without a bit are left out.
    ///
    /// Then the heads of the five columns, one after another, and then their tails. The head of a column is
    /// its first [`HEAD`] prices, or all if there are fewer; the tail is the rest. Either is a byte for each
    /// price, the deck's place, then the same number of price codes, of 2 bytes or, in a wide row, of 4. Then
    /// zeros up to a multiple of 4.
    ///
    /// A column has the prices that decks have written, cheapest reference cost in the plan's currency first, equal
    /// ones by place; blocked ones last, by place. Price codes: [`PRICE_NONE`], [`PRICE_BLOCKED`], else the place
    /// among the deck's tariffs plus [`PRICE_FIRST`]. A deck whose row for the code has no price at all stands in the
    /// default column, behind the blocked ones, with [`PRICE_NONE`].
    RowRec: 16 {
        /// The row of the longest shorter code of this shelf that this code begins with: its first word in the section
        /// plus 1; 0 is none.
        parent: U32,
        /// Digits of the code, 1 to 15; 16 is added if the row is wide, and 32 for each word of bits, 0 to 4.
        code_len: u8,
        /// The shelf.
        shelf: u8,
        /// Prices of each column: [`INTERSTATE`], [`INTRASTATE`], [`LOCAL`], [`INDETERMINATE`], [`DEFAULT`].
        counts: [U16; COLUMNS],
    }
}

/// What [`RowRec::code_len`] has on top of the length, if price codes have 4 bytes.
pub const WIDE: u8 = 16;
/// What it has on top for each word of bits.
pub const ROW_WORD: u8 = 32;

/// A row without any price for anything.
pub const PRICE_NONE: u32 = 0;
/// A price that stops its deck (4.4).
pub const PRICE_BLOCKED: u32 = 1;
/// The first price that is a tariff.
pub const PRICE_FIRST: u32 = 2;

record! {
    /// A deck's prices by OCN and LATA of the called side (4.1).
    OcnRec: 36 {
        /// The deck's slot.
        deck: U32,
        /// Operating company number; zeros are any.
        ocn: [u8; 4],
        /// LATA; 0 is any.
        lata: U32,
        /// Tier; 0 is any.
        tier: u8,
        /// Zero.
        reserved: [u8; 3],
        /// Price codes by column, as in a row; [`PRICE_NONE`] where none is written.
        prices: [U32; COLUMNS],
    }
}

record! {
    /// A deck's prices of toll-free calls by the carrier that serves the number (3.3).
    CicRec: 28 {
        /// The deck's slot.
        deck: U32,
        /// Carrier identification code: 4 digits.
        cic: [u8; 4],
        /// Price codes by column, as in [`OcnRec`].
        prices: [U32; COLUMNS],
    }
}

record! {
    /// How the decks of a partition are found in rows: one for each partition, in their order.
    PartitionDecksRec: 144 {
        /// Decks of the first shelf that members ask by the called LRN: a bit for each place, the lowest in the lowest
        /// bit of the first word.
        by_lrn: [U64; SHELF_WORDS],
        /// Decks of the first shelf that members ask by the dialled number.
        by_dnis: [U64; SHELF_WORDS],
        /// Those of `by_lrn` that have a code which begins with 1: no other prices a number of NANP.
        by_lrn_nanp: [U64; SHELF_WORDS],
        /// Those of `by_dnis`.
        by_dnis_nanp: [U64; SHELF_WORDS],
        /// Members of the lowest deck of either: a place in [`DeckMembers`](super::SectionId::DeckMembers), those of the
        /// other decks behind it.
        members: U32,
        /// How many decks of either stand in the words before each word.
        below: [u8; SHELF_WORDS],
        /// Members that rows do not order by cost: a range of [`MemberLists`](super::SectionId::MemberLists).
        others: Range,
    }
}

record! {
    /// The members of a partition that ask one deck of the first shelf.
    DeckMembersRec: 8 {
        /// The member itself, if it is the only one: a place in [`Members`](super::SectionId::Members). Else the first place
        /// in [`MemberLists`](super::SectionId::MemberLists).
        first: U32,
        /// How many there are; at least 1.
        count: U32,
    }
}

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
        /// Tier by which some carriers price the block; 0 if none.
        tier: u8,
        /// Zero.
        reserved: [u8; 7],
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
