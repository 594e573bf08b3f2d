//! Where everything is in the file. Integers are little-endian.

/// The first eight bytes.
pub(super) const MAGIC: [u8; 8] = *b"TANDEMPN";
/// The format that this program writes, and the only one that it reads.
pub const FORMAT: u32 = 1;

/// Bytes of the header.
pub(super) const HEADER_LEN: usize = 64;
/// Where fields of the header are.
pub(super) mod header {
    pub const FORMAT: usize = 8;
    /// CRC-32 of bytes 16 to 63.
    pub const HEADER_CRC: usize = 12;
    pub const FILE_LEN: usize = 16;
    pub const NUMBERS: usize = 24;
    pub const LRNS: usize = 32;
    /// Bytes of an index of an LRN: 2 or 4.
    pub const INDEX_LEN: usize = 36;
    pub const BLOCKS: usize = 40;
    /// CRC-32 of directory and LRNs.
    pub const TABLES_CRC: usize = 44;
    /// CRC-32 of the blocks.
    pub const BLOCKS_CRC: usize = 48;
}

/// Entries of the directory: one for each NPA and NXX of 200 to 999.
pub(super) const EXCHANGES: usize = 800 * 800;
/// Bytes of an entry: where the block begins, counted from the end of the LRNs in units of [`UNIT`]; 0 is no block.
pub(super) const EXCHANGE_LEN: usize = 4;
/// Blocks begin at multiples of this; the first unit is empty, so that no block begins at 0.
pub(super) const UNIT: usize = 4;

/// Bytes of an LRN: its ten digits as a `u64`, then its SPID.
pub(super) const LRN_LEN: usize = 12;
/// Four letters or digits that name a service provider; zeros where not known.
pub type Spid = [u8; 4];

/// Bytes of a block before its hundreds: the length of its palette, then how many of its numbers come before each
/// hundred, and all of them.
pub(super) const BLOCK_HEAD_LEN: usize = 2 + 2 * (HUNDREDS + 1);
/// Hundreds of a block.
pub(super) const HUNDREDS: usize = 100;
/// Most LRNs of a block's palette; a block with more has none, and its numbers name their LRNs in full.
pub(super) const PALETTE_MAX: usize = 256;
/// Bytes of an entry of a palette: an index of an LRN.
pub(super) const PALETTE_ENTRY_LEN: usize = 4;

/// Where the LRNs begin.
pub(super) const LRNS_AT: usize = HEADER_LEN + EXCHANGES * EXCHANGE_LEN;
