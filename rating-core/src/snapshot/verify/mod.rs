//! Checks a snapshot once, when it is opened: its structure, its checksums, then every reference in it.
//!
//! After `references` every index leads to a record, every enumeration has a known value, every list is
//! sorted as look-ups need it. One thing is not proved: that a code leads to its own row and to the first word
//! of a row; a writer that errs there, with right checksums, gets wrong answers out, but answers. Look-ups stay
//! checked all the same: a file can be changed under a mapping.

use zerocopy::FromBytes;

use super::layout::*;
use super::view::{Snapshot, index};

mod codes;
mod entities;
mod rules;

/// Why a file is no snapshot that this code reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SnapshotError {
    /// Shorter than its head and section table.
    TooShort,
    /// It does not begin with [`MAGIC`].
    NotASnapshot,
    /// Another version of the format.
    Version {
        /// The file's version.
        found: u32,
    },
    /// Its length is not the one that it states: cut off, or grown.
    Length {
        /// The length that the file states.
        stated: u64,
    },
    /// The head states an interval that is none, or another number of sections.
    Header,
    /// The head's checksum is wrong.
    HeaderChecksum,
    /// The section table's checksum is wrong.
    TableChecksum,
    /// A section's checksum is wrong.
    SectionChecksum(SectionId),
    /// A section lies outside the file, overlaps what is not its own, or is no array of its records.
    Section(SectionId),
    /// A record refers to nothing, holds an unknown value, or is out of order.
    Record {
        /// Its section.
        section: SectionId,
        /// Its place in the section.
        at: u32,
    },
}

impl core::fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::TooShort => f.write_str("too short to be a snapshot"),
            Self::NotASnapshot => f.write_str("not a snapshot: it does not begin with TANDEMSN"),
            Self::Version { found } => {
                write!(f, "snapshot format {found}; this program reads format {VERSION}: publish it again")
            }
            Self::Length { stated } => {
                write!(f, "the file is not {stated} bytes long as it states: publish it again")
            }
            Self::Header => f.write_str("the head is malformed: publish it again"),
            Self::HeaderChecksum => f.write_str("wrong checksum of the head: publish it again"),
            Self::TableChecksum => f.write_str("wrong checksum of the section table: publish it again"),
            Self::SectionChecksum(id) => write!(f, "wrong checksum of section {id:?}: publish it again"),
            Self::Section(id) => write!(f, "section {id:?} is malformed: publish it again"),
            Self::Record { section, at } => {
                write!(f, "record {at} of section {section:?} is malformed: publish it again")
            }
        }
    }
}

impl core::error::Error for SnapshotError {}

impl SectionId {
    /// Every section, in the order of the table, with the length of its records in bytes.
    pub const ALL: [(SectionId, u32); SectionId::COUNT] = [
        (Self::Strings, len_of::<u8>()),
        (Self::Plan, len_of::<PlanRec>()),
        (Self::Accounts, len_of::<AccountRec>()),
        (Self::Trunks, len_of::<TrunkRec>()),
        (Self::Sources, len_of::<SourceRec>()),
        (Self::Providers, len_of::<ProviderRec>()),
        (Self::Routes, len_of::<RouteRec>()),
        (Self::Gateways, len_of::<GatewayRec>()),
        (Self::Partitions, len_of::<PartitionRec>()),
        (Self::Members, len_of::<MemberRec>()),
        (Self::PartitionLists, len_of::<u32>()),
        (Self::Limits, len_of::<LimitRec>()),
        (Self::Decks, len_of::<DeckRec>()),
        (Self::Tariffs, len_of::<TariffRec>()),
        (Self::CodeNpas, len_of::<u32>()),
        (Self::CodeNxxs, len_of::<u32>()),
        (Self::CodeNodes, len_of::<NodeRec>()),
        (Self::Rows, len_of::<u32>()),
        (Self::PlaceNpas, len_of::<u32>()),
        (Self::PlaceNxxs, len_of::<u32>()),
        (Self::PlaceNodes, len_of::<NodeRec>()),
        (Self::Places, len_of::<PlaceRec>()),
        (Self::LocalPairs, len_of::<LocalPairRec>()),
        (Self::Digits, len_of::<u64>()),
        (Self::Countries, len_of::<[u8; 2]>()),
        (Self::Numbers, len_of::<u32>()),
        (Self::RouteLists, len_of::<u32>()),
        (Self::Users, len_of::<UserRec>()),
        (Self::DialRules, len_of::<DialRuleRec>()),
        (Self::Wallets, len_of::<WalletRec>()),
        (Self::Dids, len_of::<DidRec>()),
        (Self::Overrides, len_of::<OverrideRec>()),
        (Self::ShortCodes, len_of::<u32>()),
        (Self::Exclusions, len_of::<ExclusionRec>()),
        (Self::Schedules, len_of::<ScheduleRec>()),
        (Self::Windows, len_of::<WindowRec>()),
        (Self::Zones, len_of::<ZoneRec>()),
        (Self::OffsetChanges, len_of::<OffsetChangeRec>()),
        (Self::DeckPlaces, len_of::<u32>()),
        (Self::OcnRows, len_of::<OcnRec>()),
        (Self::CicRows, len_of::<CicRec>()),
        (Self::PartitionDecks, len_of::<PartitionDecksRec>()),
        (Self::DeckMembers, len_of::<DeckMembersRec>()),
        (Self::MemberLists, len_of::<u32>()),
        (Self::LocalStarts, len_of::<u32>()),
    ];

    /// The section's number in the table.
    #[must_use]
    #[allow(clippy::as_conversions)] // The number of a fieldless enum; there is no `From` for it.
    pub const fn number(self) -> u32 {
        self as u32
    }
}

/// Bytes of one record.
#[allow(clippy::as_conversions, clippy::cast_possible_truncation)] // Records are below 2^32 bytes; const.
const fn len_of<T>() -> u32 {
    core::mem::size_of::<T>() as u32
}

const HEADER_LEN: usize = core::mem::size_of::<Header>();
const TABLE_LEN: usize = core::mem::size_of::<[SectionEntry; SectionId::COUNT]>();
/// Bytes of the head that its checksum covers: all before the checksum.
const HEADER_SUMMED: usize = HEADER_LEN - 4;

/// Checks the head.
pub(super) fn header(bytes: &[u8]) -> Result<&Header, SnapshotError> {
    let (header, _) = Header::ref_from_prefix(bytes).map_err(|_| SnapshotError::TooShort)?;
    if header.magic != MAGIC {
        return Err(SnapshotError::NotASnapshot);
    }
    if header.version.get() != VERSION {
        return Err(SnapshotError::Version { found: header.version.get() });
    }
    if u64::try_from(bytes.len()) != Ok(header.file_len.get()) {
        return Err(SnapshotError::Length { stated: header.file_len.get() });
    }
    let counts = usize::try_from(header.section_count.get()) == Ok(SectionId::COUNT);
    if !counts || header.valid_from_utc_sec.get() >= header.valid_until_utc_sec.get() {
        return Err(SnapshotError::Header);
    }
    Ok(header)
}

/// Finds the section table and checks that it lists the sections of this version, in order, apart and inside.
pub(super) fn table(bytes: &[u8]) -> Result<&[SectionEntry; SectionId::COUNT], SnapshotError> {
    let rest = bytes.get(HEADER_LEN..).ok_or(SnapshotError::TooShort)?;
    let (table, _) =
        <[SectionEntry; SectionId::COUNT]>::ref_from_prefix(rest).map_err(|_| SnapshotError::TooShort)?;
    let mut end = u64::try_from(HEADER_LEN.saturating_add(TABLE_LEN)).unwrap_or(u64::MAX);
    for (entry, (id, record_len)) in table.iter().zip(SectionId::ALL) {
        let (offset, len) = (entry.offset.get(), entry.len.get());
        let expected = end.checked_next_multiple_of(SECTION_ALIGN);
        if entry.id.get() != id.number() || entry.record_len.get() != record_len || Some(offset) != expected {
            return Err(SnapshotError::Section(id));
        }
        end = offset.checked_add(len).ok_or(SnapshotError::Section(id))?;
    }
    match u64::try_from(bytes.len()) {
        Ok(len) if len == end => Ok(table),
        _ => Err(SnapshotError::Length { stated: end }),
    }
}

/// The bytes of a section.
pub(super) fn section<'a>(
    bytes: &'a [u8],
    table: &[SectionEntry; SectionId::COUNT],
    id: SectionId,
) -> Result<&'a [u8], SnapshotError> {
    let entry = table.get(index(id.number())).ok_or(SnapshotError::Section(id))?;
    let from = usize::try_from(entry.offset.get()).ok();
    let len = usize::try_from(entry.len.get()).ok();
    let until = from.zip(len).and_then(|(from, len)| from.checked_add(len));
    from.zip(until).and_then(|(from, until)| bytes.get(from..until)).ok_or(SnapshotError::Section(id))
}

/// Checks the checksums of head, table and sections.
pub(super) fn checksums(bytes: &[u8]) -> Result<(), SnapshotError> {
    let header = header(bytes)?;
    let summed = bytes.get(..HEADER_SUMMED).ok_or(SnapshotError::TooShort)?;
    if crc32fast::hash(summed) != header.header_crc32.get() {
        return Err(SnapshotError::HeaderChecksum);
    }
    let table_bytes =
        bytes.get(HEADER_LEN..HEADER_LEN.saturating_add(TABLE_LEN)).ok_or(SnapshotError::TooShort)?;
    if crc32fast::hash(table_bytes) != header.table_crc32.get() {
        return Err(SnapshotError::TableChecksum);
    }
    let table = table(bytes)?;
    let mut gap_from = HEADER_LEN.saturating_add(TABLE_LEN);
    for (entry, (id, _)) in table.iter().zip(SectionId::ALL) {
        let content = section(bytes, table, id)?;
        let from = usize::try_from(entry.offset.get()).unwrap_or(usize::MAX);
        let gap = bytes.get(gap_from..from).ok_or(SnapshotError::Section(id))?;
        if gap.iter().any(|&byte| byte != 0) {
            return Err(SnapshotError::Section(id));
        }
        if crc32fast::hash(content) != entry.crc32.get() {
            return Err(SnapshotError::SectionChecksum(id));
        }
        gap_from = from.saturating_add(content.len());
    }
    Ok(())
}

/// Checks every record: its references, its enumerations, its order.
pub(super) fn references(snapshot: &Snapshot<'_>) -> Result<(), SnapshotError> {
    let strings =
        core::str::from_utf8(snapshot.strings).map_err(|_| SnapshotError::Section(SectionId::Strings))?;
    let check = Check { snapshot, strings };
    check.entities()?;
    check.rules()?;
    check.codes()
}

struct Check<'s, 'a> {
    snapshot: &'s Snapshot<'a>,
    strings: &'a str,
}

impl Check<'_, '_> {
    fn all<T>(
        &self,
        section: SectionId,
        records: &[T],
        ok: impl Fn(&T) -> bool,
    ) -> Result<(), SnapshotError> {
        match (0u32..).zip(records).find(|(_, record)| !ok(record)) {
            Some((at, _)) => Err(SnapshotError::Record { section, at }),
            None => Ok(()),
        }
    }

    fn sorted<T, K: Ord>(
        &self,
        section: SectionId,
        records: &[T],
        key: impl Fn(&T) -> K,
    ) -> Result<(), SnapshotError> {
        let pairs = records.iter().zip(records.iter().skip(1));
        match (1u32..).zip(pairs).find(|(_, (a, b))| key(a) >= key(b)) {
            Some((at, _)) => Err(SnapshotError::Record { section, at }),
            None => Ok(()),
        }
    }

    fn text(&self, text: StrRef) -> bool {
        let from = index(text.offset.get());
        let until = from.checked_add(index(text.len.get()));
        until.and_then(|until| self.strings.get(from..until)).is_some()
    }

    /// Things that are found by place but named by id stand in the order of their ids: ties rest on it (5.1).
    fn by_name<T>(
        &self,
        section: SectionId,
        records: &[T],
        name: impl Fn(&T) -> StrRef,
    ) -> Result<(), SnapshotError> {
        self.sorted(section, records, |record| self.snapshot.text(name(record)).as_bytes())
    }
}

fn inside<T>(at: u32, records: &[T]) -> bool {
    index(at) < records.len()
}

fn inside_or_none<T>(at: u32, records: &[T]) -> bool {
    at == NONE || inside(at, records)
}

fn within<T>(range: Range, records: &[T]) -> bool {
    let until = index(range.first.get()).checked_add(index(range.count.get()));
    until.is_some_and(|until| until <= records.len())
}
