//! Reading a snapshot without trusting it.
//!
//! [`Snapshot::open`] finds the sections and has everything verified; a process that knows that another has
//! verified the same file uses [`Snapshot::open_trusted`]. Either way every look-up is bounds-checked: whatever
//! the bytes are, an answer is some answer, never a panic and never a read outside.
//!
//! It gives records and leaves; what they mean for a call is said in `deck`, `lerg` and `candidates`.

use zerocopy::byteorder::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::layout::*;
use super::verify::{self, SnapshotError};
use crate::class::{CountedCalls, Period};
use crate::limit::{Dimension, Gcra, Limit};
use crate::live::Wallet;
use crate::money::Nano;
use crate::number::Digits;

mod codes;
mod places;

pub(crate) use codes::Trail;
pub(in crate::snapshot) use codes::{BLOCK, Digitree};
pub use codes::{Codes, Column, Part, Row};
pub use places::{LOOK, Mask};
pub(in crate::snapshot) use places::{add, has};

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
    pub(super) local_starts: &'a [U32],
    pub(super) digits: &'a [U64],
    pub(super) countries: &'a [[u8; 2]],
    pub(super) numbers: &'a [U32],
    pub(super) route_lists: &'a [U32],
    pub(super) users: &'a [UserRec],
    pub(super) dial_rules: &'a [DialRuleRec],
    pub(super) wallets: &'a [WalletRec],
    pub(super) dids: &'a [DidRec],
    pub(super) overrides: &'a [OverrideRec],
    pub(super) short_codes: &'a [U32],
    pub(super) exclusions: &'a [ExclusionRec],
    pub(super) schedules: &'a [ScheduleRec],
    pub(super) windows: &'a [WindowRec],
    pub(super) zones: &'a [ZoneRec],
    pub(super) offset_changes: &'a [OffsetChangeRec],
    pub(super) deck_places: &'a [U32],
    pub(super) ocn_rows: &'a [OcnRec],
    pub(super) cic_rows: &'a [CicRec],
    pub(super) partition_decks: &'a [PartitionDecksRec],
    pub(super) deck_members: &'a [DeckMembersRec],
    pub(super) member_lists: &'a [U32],
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
            local_starts: cast(section(SectionId::LocalStarts)?, SectionId::LocalStarts)?,
            digits: cast(section(SectionId::Digits)?, SectionId::Digits)?,
            countries: cast(section(SectionId::Countries)?, SectionId::Countries)?,
            numbers: cast(section(SectionId::Numbers)?, SectionId::Numbers)?,
            route_lists: cast(section(SectionId::RouteLists)?, SectionId::RouteLists)?,
            users: cast(section(SectionId::Users)?, SectionId::Users)?,
            dial_rules: cast(section(SectionId::DialRules)?, SectionId::DialRules)?,
            wallets: cast(section(SectionId::Wallets)?, SectionId::Wallets)?,
            dids: cast(section(SectionId::Dids)?, SectionId::Dids)?,
            overrides: cast(section(SectionId::Overrides)?, SectionId::Overrides)?,
            short_codes: cast(section(SectionId::ShortCodes)?, SectionId::ShortCodes)?,
            exclusions: cast(section(SectionId::Exclusions)?, SectionId::Exclusions)?,
            schedules: cast(section(SectionId::Schedules)?, SectionId::Schedules)?,
            windows: cast(section(SectionId::Windows)?, SectionId::Windows)?,
            zones: cast(section(SectionId::Zones)?, SectionId::Zones)?,
            offset_changes: cast(section(SectionId::OffsetChanges)?, SectionId::OffsetChanges)?,
            deck_places: cast(section(SectionId::DeckPlaces)?, SectionId::DeckPlaces)?,
            ocn_rows: cast(section(SectionId::OcnRows)?, SectionId::OcnRows)?,
            cic_rows: cast(section(SectionId::CicRows)?, SectionId::CicRows)?,
            partition_decks: cast(section(SectionId::PartitionDecks)?, SectionId::PartitionDecks)?,
            deck_members: cast(section(SectionId::DeckMembers)?, SectionId::DeckMembers)?,
            member_lists: cast(section(SectionId::MemberLists)?, SectionId::MemberLists)?,
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
        /// Lists of countries.
        countries: [u8; 2];
        /// Lists of area codes and LATAs.
        numbers: U32;
        /// Lists of routes.
        route_lists: U32;
        /// Digest users of trunks.
        users: UserRec;
        /// Dialling rules of trunks.
        dial_rules: DialRuleRec;
        /// Wallets of accounts.
        wallets: WalletRec;
        /// Numbers whose calls go to a campaign.
        dids: DidRec;
        /// Overrides in force.
        overrides: OverrideRec;
        /// Places of overrides of short codes.
        short_codes: U32;
        /// Providers that are not used.
        exclusions: ExclusionRec;
        /// Schedules.
        schedules: ScheduleRec;
        /// Windows of schedules.
        windows: WindowRec;
        /// Time zones in use.
        zones: ZoneRec;
        /// Changes of their offsets.
        offset_changes: OffsetChangeRec;
    }

    /// The text that a reference names; empty if it names none.
    #[must_use]
    pub fn text(&self, reference: StrRef) -> &'a str {
        core::str::from_utf8(self.bytes_of(reference)).unwrap_or_default()
    }

    /// The same as bytes, which nobody looks at once more: of each call's dial strings and names.
    #[must_use]
    #[inline]
    pub fn bytes_of(&self, reference: StrRef) -> &'a [u8] {
        let from = index(reference.offset.get());
        self.strings.get(from..from.saturating_add(index(reference.len.get()))).unwrap_or_default()
    }

    /// The records of `section` that a range names; none if it reaches outside.
    #[must_use]
    #[inline]
    pub fn range<T>(&self, section: &'a [T], range: Range) -> &'a [T] {
        let first = index(range.first.get());
        section.get(first..first.saturating_add(index(range.count.get()))).unwrap_or_default()
    }

    /// The records of a range, each with its place in the section.
    pub fn numbered<T>(
        &self,
        section: &'a [T],
        range: Range,
    ) -> impl Iterator<Item = (u32, &'a T)> + Clone + use<'a, T> {
        // Records lead: a damaged range may begin at the last number, behind which places cannot be counted on.
        self.range(section, range).iter().zip(range.first.get()..).map(|(record, at)| (at, record))
    }

    /// The limits of a range, each with its place in the section.
    pub fn limits_of(&self, range: Range) -> impl Iterator<Item = (u32, Limit)> + use<'a> {
        self.numbered(self.limits, range).map(|(at, record)| (at, record.to_limit()))
    }

    /// Whether the plan counts an area code as toll-free beside the seven.
    #[must_use]
    #[inline]
    pub fn is_extra_toll_free(&self, npa: u32) -> bool {
        let npas = self.range(self.numbers, self.plan.toll_free_npas);
        !npas.is_empty() && npas.binary_search_by_key(&npa, |extra| extra.get()).is_ok()
    }

    /// Length of the longest entry of a list of digits that a number begins with.
    #[must_use]
    #[inline]
    pub fn longest_prefix(&self, list: Range, number: &Digits) -> Option<usize> {
        // Most lists are empty.
        if list.count.get() == 0 { None } else { self.longest_listed(list, number) }
    }

    #[inline(never)]
    fn longest_listed(&self, list: Range, number: &Digits) -> Option<usize> {
        let list = self.range(self.digits, list);
        let is_listed = |len: &usize| {
            number
                .packed_prefix(*len)
                .is_some_and(|prefix| list.binary_search_by_key(&prefix, |listed| listed.get()).is_ok())
        };
        (1..=number.len()).rev().find(is_listed)
    }

    /// Whether a list of digits has exactly these.
    #[must_use]
    pub fn lists(&self, list: Range, digits: &Digits) -> bool {
        let list = self.range(self.digits, list);
        list.binary_search_by_key(&digits.to_packed(), |listed| listed.get()).is_ok()
    }

    /// The wallets of a range, each with its place in the section, in the order in which they pay.
    pub fn wallets_of(&self, range: Range) -> impl Iterator<Item = (u32, Wallet)> + use<'a> {
        self.numbered(self.wallets, range).map(|(at, record)| (at, record.to_wallet()))
    }

    /// Whether two rate centres call each other locally.
    #[must_use]
    pub fn is_local(&self, a: u32, b: u32) -> bool {
        let (low, high) = (a.min(b), a.max(b));
        let start = |at: usize| self.local_starts.get(at).map(|start| index(start.get()));
        let (Some(from), Some(until)) = (start(index(low)), start(index(low).saturating_add(1))) else {
            return false;
        };
        // A handful.
        let pairs = self.local_pairs.get(from..until).unwrap_or_default();
        pairs.iter().any(|pair| pair.high.get() == high)
    }
}

impl SourceRec {
    /// The bits of an address that name the network.
    #[must_use]
    pub fn mask(&self) -> u128 {
        !u128::MAX.checked_shr(u32::from(self.prefix_len)).unwrap_or(0)
    }
}

/// The longest call that a plan can allow, in seconds: a week.
pub const CALL_SEC_MAX: u32 = 604_800;

impl PlanRec {
    /// How long a call may last, in seconds. An emergency call has no limit of its own (2.2): what a plan can say at most.
    #[must_use]
    pub const fn longest_call_sec(&self, is_emergency: bool) -> u32 {
        if is_emergency { CALL_SEC_MAX } else { self.max_duration_sec.get() }
    }
}

impl WalletRec {
    /// The wallet that the record describes.
    #[must_use]
    pub const fn to_wallet(&self) -> Wallet {
        Wallet {
            key: self.key.get(),
            in_seconds: self.kind == 1,
            threshold: self.threshold.get(),
            credit_limit: self.credit_limit.get(),
        }
    }
}

impl LimitRec {
    /// The limit that the record describes.
    #[must_use]
    #[inline]
    pub fn to_limit(&self) -> Limit {
        let max = self.max.get();
        let dimension = match self.dimension {
            0 => Dimension::Cps(Gcra { interval_ns: self.amount.get(), burst: max }),
            1 => Dimension::Concurrency { calls_max: max },
            2 => Dimension::Calls {
                period: Period::from_number(self.period).unwrap_or(Period::Total),
                counts: CountedCalls::from_number(self.counts).unwrap_or(CountedCalls::Attempts),
                calls_max: max,
            },
            3 => Dimension::Minutes { minutes_max: max },
            _ => Dimension::Spend { amount_max: Nano(i64::try_from(self.amount.get()).unwrap_or(0)) },
        };
        Limit { key: self.key.get(), dimension, zone: self.zone.get() }
    }
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
