//! Prices and places: decks, tariffs, the digit trees, rows and the numbering table.

use zerocopy::byteorder::little_endian::{I64, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::StrRef;

record! {
    /// A price list. Its place in the section is its slot.
    DeckRec: 32 {
        /// Names the deck for ever, as [`AccountRec::key`].
        key: U64,
        /// The deck's id.
        name: StrRef,
        /// What one unit of its currency is worth in the plan's, in nano-units; 10^9 for the plan's own.
        rate_nano: U64,
        /// ISO 4217 code of its currency.
        currency: [u8; 3],
        /// Zero.
        reserved: [u8; 5],
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
