//! Reading a snapshot without trusting it.
//!
//! [`Snapshot::open`] finds the sections and has everything verified; a process that knows that another has
//! verified the same file uses [`Snapshot::open_trusted`]. Either way every look-up is bounds-checked: whatever
//! the bytes are, an answer is some answer, never a panic and never a read outside.
//!
//! It gives records and leaves; what they mean for a call is said in `deck`, `lerg` and `candidates`.

use zerocopy::byteorder::little_endian::U32;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::layout::*;
use super::verify::{self, SnapshotError};
use crate::lerg::Place;
use crate::limit::{Dimension, Gcra, Limit};
use crate::number::Digits;

/// An open snapshot: a view of its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    pub(super) header: &'a Header,
    pub(super) strings: &'a [u8],
    pub(super) plan: &'a PlanRec,
    pub(super) accounts: &'a [AccountRec],
    pub(super) trunks: &'a [TrunkRec],
    pub(super) sources: &'a [SourceRec],
    pub(super) providers: &'a [ProviderRec],
    pub(super) routes: &'a [RouteRec],
    pub(super) gateways: &'a [GatewayRec],
    pub(super) partitions: &'a [PartitionRec],
    pub(super) members: &'a [MemberRec],
    pub(super) partition_lists: &'a [U32],
    pub(super) limits: &'a [LimitRec],
    pub(super) decks: &'a [DeckRec],
    pub(super) tariffs: &'a [TariffRec],
    pub(super) codes: Digitree<'a>,
    pub(super) rows: &'a [u8],
    pub(super) numbering: Digitree<'a>,
    pub(super) places: &'a [PlaceRec],
    pub(super) local_pairs: &'a [LocalPairRec],
}

/// Gives a slice of records of a section.
macro_rules! records {
    ($(#[doc = $doc:literal] $name:ident: $record:ty;)+) => {
        $(#[doc = $doc] #[must_use] pub const fn $name(&self) -> &'a [$record] { self.$name })+
    };
}

impl<'a> Snapshot<'a> {
    /// Opens a snapshot and verifies all of it: structure, checksums, and every reference in it.
    ///
    /// # Errors
    /// [`SnapshotError`] with the first thing that is wrong.
    pub fn open(bytes: &'a [u8]) -> Result<Snapshot<'a>, SnapshotError> {
        let snapshot = Self::open_trusted(bytes)?;
        verify::checksums(bytes)?;
        verify::references(&snapshot)?;
        Ok(snapshot)
    }

    /// Opens a snapshot that somebody has verified: only its head and its section table are checked.
    ///
    /// # Errors
    /// [`SnapshotError`] if they are wrong.
    pub fn open_trusted(bytes: &'a [u8]) -> Result<Snapshot<'a>, SnapshotError> {
        let header = verify::header(bytes)?;
        let table = verify::table(bytes)?;
        let section = |id: SectionId| verify::section(bytes, table, id);
        Ok(Snapshot {
            header,
            strings: section(SectionId::Strings)?,
            plan: PlanRec::ref_from_bytes(section(SectionId::Plan)?)
                .map_err(|_| SnapshotError::Section(SectionId::Plan))?,
            accounts: cast(section(SectionId::Accounts)?, SectionId::Accounts)?,
            trunks: cast(section(SectionId::Trunks)?, SectionId::Trunks)?,
            sources: cast(section(SectionId::Sources)?, SectionId::Sources)?,
            providers: cast(section(SectionId::Providers)?, SectionId::Providers)?,
            routes: cast(section(SectionId::Routes)?, SectionId::Routes)?,
            gateways: cast(section(SectionId::Gateways)?, SectionId::Gateways)?,
            partitions: cast(section(SectionId::Partitions)?, SectionId::Partitions)?,
            members: cast(section(SectionId::Members)?, SectionId::Members)?,
            partition_lists: cast(section(SectionId::PartitionLists)?, SectionId::PartitionLists)?,
            limits: cast(section(SectionId::Limits)?, SectionId::Limits)?,
            decks: cast(section(SectionId::Decks)?, SectionId::Decks)?,
            tariffs: cast(section(SectionId::Tariffs)?, SectionId::Tariffs)?,
            codes: Digitree {
                npas: cast(section(SectionId::CodeNpas)?, SectionId::CodeNpas)?,
                nxxs: cast(section(SectionId::CodeNxxs)?, SectionId::CodeNxxs)?,
                nodes: cast(section(SectionId::CodeNodes)?, SectionId::CodeNodes)?,
            },
            rows: section(SectionId::Rows)?,
            numbering: Digitree {
                npas: cast(section(SectionId::PlaceNpas)?, SectionId::PlaceNpas)?,
                nxxs: cast(section(SectionId::PlaceNxxs)?, SectionId::PlaceNxxs)?,
                nodes: cast(section(SectionId::PlaceNodes)?, SectionId::PlaceNodes)?,
            },
            places: cast(section(SectionId::Places)?, SectionId::Places)?,
            local_pairs: cast(section(SectionId::LocalPairs)?, SectionId::LocalPairs)?,
        })
    }

    /// The head of the file.
    #[must_use]
    pub const fn header(&self) -> &'a Header {
        self.header
    }

    /// What holds for the whole plan.
    #[must_use]
    pub const fn plan(&self) -> &'a PlanRec {
        self.plan
    }

    records! {
        /// Accounts, by id.
        accounts: AccountRec;
        /// Trunks, by id.
        trunks: TrunkRec;
        /// Source addresses of trunks.
        sources: SourceRec;
        /// Providers, by id.
        providers: ProviderRec;
        /// Routes, by id.
        routes: RouteRec;
        /// Gateways, by route, then in the order in which they are tried.
        gateways: GatewayRec;
        /// Partitions, by id.
        partitions: PartitionRec;
        /// Members of partitions.
        members: MemberRec;
        /// Partition lists of accounts and trunks.
        partition_lists: U32;
        /// Limits.
        limits: LimitRec;
        /// Decks, by id: a deck's place is its slot.
        decks: DeckRec;
        /// Every distinct price.
        tariffs: TariffRec;
        /// Places of the numbering table.
        places: PlaceRec;
        /// Rate centres that call each other locally.
        local_pairs: LocalPairRec;
    }

    /// The text that a reference names; empty if it names none.
    #[must_use]
    pub fn text(&self, reference: StrRef) -> &'a str {
        let from = index(reference.offset.get());
        let bytes = self.strings.get(from..from.saturating_add(index(reference.len.get())));
        bytes.and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// The records of `section` that a range names; none if it reaches outside.
    #[must_use]
    pub fn range<T>(&self, section: &'a [T], range: Range) -> &'a [T] {
        let first = index(range.first.get());
        section.get(first..first.saturating_add(index(range.count.get()))).unwrap_or_default()
    }

    /// The limit at `index`, if there is one.
    #[must_use]
    pub fn limit(&self, at: u32) -> Option<Limit> {
        self.limits.get(index(at)).map(LimitRec::to_limit)
    }

    /// The limits of a range, each with its place in the section.
    pub fn limits_of(&self, range: Range) -> impl Iterator<Item = (u32, Limit)> + use<'a> {
        let first = range.first.get();
        let records = self.range(self.limits, range);
        (first..).zip(records).map(|(at, record)| (at, record.to_limit()))
    }

    /// The code row of the longest code of any deck that a number begins with.
    #[must_use]
    pub fn code_row(&self, number: &Digits) -> Option<CodeRow<'a>> {
        self.row_at(index(self.codes.leaf(number)?).saturating_mul(4))
    }

    /// The code row that starts at a byte of its section.
    pub(super) fn row_at(&self, at: usize) -> Option<CodeRow<'a>> {
        let bytes = self.rows.get(at..)?;
        let mask_len = index(self.plan.row_mask_words.get()).saturating_mul(8);
        let (mask, entries) = (bytes.get(..mask_len)?, bytes.get(mask_len..)?);
        Some(CodeRow { mask, entries })
    }

    /// Where the numbering table puts a NANP number, if it knows.
    #[must_use]
    pub fn place(&self, number: &Digits) -> Option<Place> {
        let record = self.places.get(index(self.numbering.leaf(number)?))?;
        Some(Place {
            country: record.country,
            state: record.state,
            ocn: record.ocn,
            lata: record.lata.get(),
            rate_center: record.rate_center.get(),
        })
    }

    /// Whether two rate centres call each other locally.
    #[must_use]
    pub fn is_local(&self, a: u32, b: u32) -> bool {
        let pair = (a.min(b), a.max(b));
        self.local_pairs.binary_search_by_key(&pair, |record| (record.low.get(), record.high.get())).is_ok()
    }
}

impl SourceRec {
    /// The bits of an address that name the network.
    #[must_use]
    pub fn mask(&self) -> u128 {
        !u128::MAX.checked_shr(u32::from(self.prefix_len)).unwrap_or(0)
    }
}

impl LimitRec {
    /// The limit that the record describes.
    #[must_use]
    pub fn to_limit(&self) -> Limit {
        let dimension = match self.dimension {
            0 => Dimension::Cps(Gcra { interval_ns: self.interval_ns.get(), burst: self.max.get() }),
            _ => Dimension::Concurrency { calls_max: self.max.get() },
        };
        Limit { key: self.key.get(), dimension }
    }
}

/// A digit tree: NANP numbers by two direct tables, then digit by digit; others digit by digit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Digitree<'a> {
    pub(super) npas: &'a [U32],
    pub(super) nxxs: &'a [U32],
    pub(super) nodes: &'a [NodeRec],
}

impl Digitree<'_> {
    /// The leaf of the longest prefix of `number` that has one.
    fn leaf(&self, number: &Digits) -> Option<u32> {
        match number.as_bytes().first()? {
            b'1' => self.nanp_leaf(number),
            _ => self.walk(0, number, 0),
        }
    }

    fn nanp_leaf(&self, number: &Digits) -> Option<u32> {
        let (npa, nxx) = (number.npa()?, number.nxx()?);
        let from_npa = self.npas.get(index(npa))?.get();
        if from_npa & DEEPER_BIT == 0 {
            return from_npa.checked_sub(1);
        }
        let block = index(from_npa ^ DEEPER_BIT).saturating_mul(NXX_BLOCK);
        let from_nxx = self.nxxs.get(block.saturating_add(index(nxx)))?.get();
        if from_nxx & DEEPER_BIT == 0 {
            return from_nxx.checked_sub(1);
        }
        self.walk(from_nxx ^ DEEPER_BIT, number, 7)
    }

    /// Follows the digits of `number` from place `at`. One step a digit: it ends whatever the nodes say.
    fn walk(&self, root: u32, number: &Digits, at: usize) -> Option<u32> {
        let mut node = self.nodes.get(index(root))?;
        for &digit in number.as_bytes().get(at..)? {
            let child = node.children.get(usize::from(digit.wrapping_sub(b'0')))?.get();
            match child {
                0 => break,
                deeper if deeper & DEEPER_BIT != 0 => node = self.nodes.get(index(deeper ^ DEEPER_BIT))?,
                leaf => return leaf.checked_sub(1),
            }
        }
        node.here.get().checked_sub(1)
    }
}

/// References of one NPA in a section of NXXs.
pub(super) const NXX_BLOCK: usize = 1000;

/// The prices of all decks for one code.
#[derive(Clone, Copy, Debug)]
pub struct CodeRow<'a> {
    mask: &'a [u8],
    entries: &'a [u8],
}

impl<'a> CodeRow<'a> {
    /// The entry of the deck in a slot, if the deck prices the code.
    #[must_use]
    pub fn entry(&self, slot: u32) -> Option<&'a EntryRec> {
        let (byte, bit) = (index(slot >> 3), slot & 7);
        let own = *self.mask.get(byte)?;
        if (own >> bit) & 1 == 0 {
            return None;
        }
        let below_in_byte = (own & !(u8::MAX << bit)).count_ones();
        let rank = count_ones(self.mask.get(..byte)?).saturating_add(below_in_byte);
        let from = index(rank).saturating_mul(core::mem::size_of::<EntryRec>());
        EntryRec::ref_from_prefix(self.entries.get(from..)?).ok().map(|(entry, _)| entry)
    }

    /// Length of the row in bytes, or `None` if it reaches outside its section.
    pub(super) fn len(&self) -> Option<usize> {
        let entries = index(count_ones(self.mask)).saturating_mul(core::mem::size_of::<EntryRec>());
        self.entries.get(..entries).map(|_| self.mask.len().saturating_add(entries))
    }

    /// Whether no slot from `slots` on has an entry.
    pub(super) fn has_only_slots_below(&self, slots: u32) -> bool {
        let bits = u32::try_from(self.mask.len()).unwrap_or(u32::MAX).saturating_mul(8);
        (slots..bits).all(|slot| self.entry(slot).is_none())
    }

    /// All entries, by slot.
    pub fn entries(&self) -> impl Iterator<Item = &'a EntryRec> + use<'a> {
        let count = index(count_ones(self.mask));
        self.entries
            .chunks_exact(core::mem::size_of::<EntryRec>())
            .take(count)
            .filter_map(|bytes| EntryRec::ref_from_bytes(bytes).ok())
    }
}

fn count_ones(bytes: &[u8]) -> u32 {
    let mut words = bytes.chunks_exact(8);
    let mut ones = 0u32;
    for word in words.by_ref() {
        let word = <[u8; 8]>::try_from(word).map(u64::from_le_bytes).unwrap_or_default();
        ones = ones.wrapping_add(word.count_ones());
    }
    words.remainder().iter().fold(ones, |ones, byte| ones.wrapping_add(byte.count_ones()))
}

/// An index of the format as one of Rust.
pub(super) fn index(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// The record at a place of its section, if there is one.
pub(crate) fn record_at<T>(records: &[T], at: u32) -> Option<&T> {
    records.get(index(at))
}

fn cast<T>(bytes: &[u8], id: SectionId) -> Result<&[T], SnapshotError>
where
    T: FromBytes + Immutable + KnownLayout + Unaligned,
{
    <[T]>::ref_from_bytes(bytes).map_err(|_| SnapshotError::Section(id))
}
