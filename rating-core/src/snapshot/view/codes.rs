//! The digit trees, and the rows of prices that they lead to.

use zerocopy::FromBytes;
use zerocopy::byteorder::little_endian::{U32, U64};

use super::super::layout::*;
use super::places::{self, Mask};
use super::{Snapshot, index};
use crate::lerg::{Kind, Place};
use crate::number::Digits;

/// A digit tree: NANP numbers by two direct tables, then digit by digit; others digit by digit.
///
/// A tree may have several roots, one for each shelf of decks: the table of NPAs has a block for each, and the
/// node of the same number is its root for all other numbers.
#[derive(Clone, Copy, Debug)]
pub(in crate::snapshot) struct Digitree<'a> {
    pub(in crate::snapshot) npas: &'a [U32],
    pub(in crate::snapshot) nxxs: &'a [U32],
    pub(in crate::snapshot) nodes: &'a [NodeRec],
}

/// References of one NPA in a section of NXXs, and of one shelf in a section of NPAs.
pub(in crate::snapshot) const BLOCK: usize = 1000;
const BLOCK_U32: u32 = 1000;

/// How far a number has been followed down a digit tree.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trail {
    /// To the reference of its exchange: a place in the section of NXXs.
    Reference(u32),
    /// To its leaf: 1 more than that, or 0 for none.
    Leaf(u32),
}

impl Trail {
    /// At an end that is no leaf.
    pub(crate) const NOWHERE: Trail = Trail::Leaf(0);

    #[inline]
    const fn leaf(self) -> Option<u32> {
        match self {
            Trail::Leaf(leaf) => leaf.checked_sub(1),
            Trail::Reference(_) => None,
        }
    }

    #[inline]
    fn at(leaf: Option<u32>) -> Trail {
        Trail::Leaf(leaf.map_or(0, |leaf| leaf.wrapping_add(1)))
    }
}

impl<'a> Digitree<'a> {
    /// The leaf of the longest prefix of `number` that has one, below a root.
    pub(super) fn leaf(&self, root: u32, number: &Digits) -> Option<u32> {
        match number.as_bytes().first()? {
            b'1' if number.is_nanp() => self.nanp_leaf(root, number),
            b'1' => None,
            _ => self.walk(root, number, 0),
        }
    }

    /// The leaf of a code as if zeros followed it: that of the code itself or of a longer or shorter one.
    fn leaf_of_code(&self, root: u32, code: &Digits) -> Option<u32> {
        let mut padded = [b'0'; 15];
        padded.iter_mut().zip(code.as_bytes()).for_each(|(place, digit)| *place = *digit);
        let padded = Digits::new(&padded)?;
        if code.starts_with(b"1") { self.nanp_leaf(root, &padded) } else { self.walk(root, &padded, 0) }
    }

    /// As far as a number of NANP leads without its exchange's reference being read.
    #[inline]
    fn enter(&self, root: u32, (npa, nxx): (u32, u32)) -> Trail {
        let from = index(root).saturating_mul(BLOCK).saturating_add(index(npa));
        match self.npas.get(from).map(|reference| reference.get()) {
            Some(from_npa) if from_npa & DEEPER_BIT != 0 => {
                let block = (from_npa ^ DEEPER_BIT).saturating_mul(BLOCK_U32);
                Trail::Reference(block.saturating_add(nxx))
            }
            from_npa => Trail::Leaf(from_npa.unwrap_or(0)),
        }
    }

    /// The reference of an exchange that comes next.
    #[inline]
    fn reference(&self, trail: Trail) -> Option<&'a U32> {
        match trail {
            Trail::Reference(slot) => self.nxxs.get(index(slot)),
            Trail::Leaf(_) => None,
        }
    }

    /// Where a number leads in the end.
    #[inline]
    fn follow(&self, trail: Trail, number: &Digits) -> Option<u32> {
        let Trail::Reference(_) = trail else { return trail.leaf() };
        let from_nxx = self.reference(trail)?.get();
        if from_nxx & DEEPER_BIT == 0 {
            return from_nxx.checked_sub(1);
        }
        self.walk(from_nxx ^ DEEPER_BIT, number, 7)
    }

    #[inline]
    fn nanp_leaf(&self, root: u32, number: &Digits) -> Option<u32> {
        self.follow(self.enter(root, number.npa_nxx()), number)
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

/// The codes of all decks: what a number is looked up in.
#[derive(Clone, Copy, Debug)]
pub struct Codes<'a>(&'a Snapshot<'a>);

impl<'a> Codes<'a> {
    pub(in crate::snapshot) const fn tree(&self) -> Digitree<'a> {
        self.0.codes
    }

    /// Decks: a deck's place is its slot.
    #[must_use]
    pub const fn decks(&self) -> &'a [DeckRec] {
        self.0.decks
    }

    /// The deck at a place of the first shelf, and its slot.
    #[must_use]
    #[inline]
    pub fn deck_at(&self, place: u8) -> Option<(u32, &'a DeckRec)> {
        let slot = self.0.deck_places.get(usize::from(place))?.get();
        self.0.decks.get(index(slot)).map(|deck| (slot, deck))
    }

    /// The tariff that a price code of a deck names, and its place in the snapshot.
    #[must_use]
    #[inline]
    pub fn tariff(&self, deck: &DeckRec, code: u32) -> Option<(u32, &'a TariffRec)> {
        let own = code.checked_sub(PRICE_FIRST).filter(|own| *own < deck.tariff_count.get())?;
        let at = deck.first_tariff.get().checked_add(own)?;
        self.0.tariffs.get(index(at)).map(|record| (at, record))
    }

    /// The row of the longest code of a shelf that a number begins with.
    #[must_use]
    pub fn row(&self, shelf: u8, number: &Digits) -> Option<Row<'a>> {
        self.row_of_leaf(self.0.codes.leaf(shelf.into(), number)?)
    }

    /// The row of exactly this code.
    #[must_use]
    pub fn row_of_code(&self, shelf: u8, code: &Digits) -> Option<Row<'a>> {
        let longest = self.row_of_leaf(self.0.codes.leaf_of_code(shelf.into(), code)?)?;
        self.with_parents(longest).find(|row| usize::from(row.code_len()) == code.len())
    }

    /// A row, then those of the shorter codes of its shelf, longest first.
    pub fn with_parents(&self, row: Row<'a>) -> impl Iterator<Item = Row<'a>> + use<'a> {
        let codes = *self;
        // A code is shorter than the one before: the walk ends whatever the rows say.
        core::iter::successors(Some(row), move |row| codes.parent(row))
    }

    /// The row of the next shorter code.
    #[inline]
    pub(crate) fn parent(&self, row: &Row<'a>) -> Option<Row<'a>> {
        let parent = self.row_of_leaf(row.head.parent.get().checked_sub(1)?)?;
        (parent.code_len() < row.code_len()).then_some(parent)
    }

    /// The row that a number has been followed to.
    #[inline]
    pub(crate) fn row_at(&self, trail: Trail) -> Option<Row<'a>> {
        self.row_of_leaf(trail.leaf()?)
    }

    /// The row that starts at a word of its section.
    pub(in crate::snapshot) fn row_of_leaf(&self, word: u32) -> Option<Row<'a>> {
        let bytes = self.0.rows.get(index(word).saturating_mul(4)..)?;
        let (head, body) = RowRec::ref_from_prefix(bytes).ok()?;
        Some(Row { head, body })
    }
}

/// The prices of the decks of a shelf for one code.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub(in crate::snapshot) head: &'a RowRec,
    /// What stands behind the head, up to the end of the section.
    pub(in crate::snapshot) body: &'a [u8],
}

impl<'a> Row<'a> {
    /// Bytes before the prices.
    pub(crate) const HEAD_LEN: usize = core::mem::size_of::<RowRec>();

    /// Digits of the code, 1 to 15.
    #[must_use]
    pub const fn code_len(&self) -> u8 {
        self.head.code_len & 0xf
    }

    /// Prices of a column.
    fn count(&self, column: usize) -> usize {
        self.head.counts.get(column).map_or(0, |count| usize::from(count.get()))
    }

    /// Bytes of the bits that stand before the prices.
    fn words_len(&self) -> usize {
        usize::from(self.head.code_len / ROW_WORD).wrapping_mul(size_of::<u64>())
    }

    /// The decks whose intrastate price is what their policy takes for an indeterminate call (3.7).
    #[must_use]
    pub(crate) fn by_intrastate(&self) -> Mask {
        let bytes = self.body.get(..self.words_len()).unwrap_or_default();
        let mut mask = [0; SHELF_WORDS];
        let (words, _) = bytes.as_chunks();
        mask.iter_mut().zip(words).for_each(|(word, bytes)| *word = u64::from_le_bytes(*bytes));
        mask
    }

    /// The last word of those bits, if there is one.
    pub(in crate::snapshot) fn last_word(&self) -> Option<u64> {
        let words = self.body.get(..self.words_len())?;
        words.last_chunk().map(|bytes| u64::from_le_bytes(*bytes))
    }

    fn is_wide(&self) -> bool {
        self.head.code_len & WIDE != 0
    }

    /// Bytes of a price: a place and its price code.
    fn entry_len(&self) -> usize {
        if self.is_wide() { 5 } else { 3 }
    }

    /// Whether there is a row of a shorter code.
    #[must_use]
    pub fn has_parent(&self) -> bool {
        self.head.parent.get() != 0
    }

    /// Whether nothing is written in a column.
    #[must_use]
    pub fn is_without(&self, column: usize) -> bool {
        self.count(column) == 0
    }

    /// A column: its head, and its tail.
    #[must_use]
    #[inline]
    pub fn column(&self, column: usize) -> Column<'a> {
        let count = self.count(column);
        if count == 0 {
            return Column { head: Part::EMPTY, tail: Part::EMPTY };
        }
        let (mut heads, mut before, mut tails_before) = (0usize, 0usize, 0usize);
        for other in 0..COLUMNS {
            let all = self.count(other);
            let head = all.min(HEAD);
            if other < column {
                before = before.wrapping_add(head);
                tails_before = tails_before.wrapping_add(all.wrapping_sub(head));
            }
            heads = heads.wrapping_add(head);
        }
        let head_count = count.min(HEAD);
        let tail_from = heads.wrapping_add(tails_before);
        let prices = self.body.get(self.words_len()..).unwrap_or_default();
        Column {
            head: Part::of(prices, before, head_count, self.is_wide()),
            tail: Part::of(prices, tail_from, count.wrapping_sub(head_count), self.is_wide()),
        }
    }

    /// Its head.
    pub(crate) const fn head(&self) -> &'a RowRec {
        self.head
    }

    /// The price code that the deck at a place has written in a column.
    #[must_use]
    #[inline]
    pub(crate) fn written(&self, place: u8, column: usize) -> Option<u32> {
        // Most columns of a sell deck's rows are empty.
        if self.is_without(column) { None } else { self.find(place, column) }
    }

    #[inline(never)]
    fn find(&self, place: u8, column: usize) -> Option<u32> {
        self.column(column).find(place)
    }

    /// What stands behind the head of the row: its bits and prices, and other rows.
    #[must_use]
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Length of the whole row in bytes, or `None` if it reaches outside its section.
    pub(in crate::snapshot) fn len(&self) -> Option<usize> {
        let entries: usize = (0..COLUMNS).map(|column| self.count(column)).sum();
        let prices = entries.checked_mul(self.entry_len())?.checked_next_multiple_of(4)?;
        let body = prices.checked_add(self.words_len())?;
        self.body.get(..body)?;
        body.checked_add(core::mem::size_of::<RowRec>())
    }

    /// The bytes behind the last price, which are zero.
    pub(in crate::snapshot) fn padding(&self) -> &'a [u8] {
        let entries: usize = (0..COLUMNS).map(|column| self.count(column)).sum();
        // The bits are whole words, so they do not move the padding.
        let used = entries.saturating_mul(self.entry_len()).saturating_add(self.words_len());
        self.body.get(used..used.next_multiple_of(4)).unwrap_or_default()
    }
}

/// The prices of one column of a row, cheapest first.
#[derive(Clone, Copy, Debug)]
pub struct Column<'a> {
    head: Part<'a>,
    tail: Part<'a>,
}

/// A part of a column: places, then as many price codes.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// From its first place to the end of the section.
    bytes: &'a [u8],
    count: usize,
    is_wide: bool,
}

impl<'a> Part<'a> {
    const EMPTY: Part<'static> = Part { bytes: &[], count: 0, is_wide: false };

    /// `count` prices behind `before` others.
    fn of(body: &'a [u8], before: usize, count: usize, is_wide: bool) -> Part<'a> {
        let from = before.wrapping_mul(if is_wide { 5 } else { 3 });
        Part { bytes: body.get(from..).unwrap_or_default(), count, is_wide }
    }

    /// Prices in it.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// The decks' places.
    #[must_use]
    pub fn places(&self) -> &'a [u8] {
        self.bytes.get(..self.count).unwrap_or_default()
    }

    /// Which of up to [`LOOK`] places from one on are in a set, as bits.
    #[inline]
    pub(crate) fn asked_of(&self, mask: &Mask, from: usize) -> u32 {
        let bytes = self.bytes.get(from..).unwrap_or_default();
        places::asked_of(mask, bytes, self.count.saturating_sub(from))
    }

    /// The place of the entry `at`.
    #[must_use]
    #[inline]
    pub fn place(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// The price code of the entry `at`.
    #[must_use]
    #[inline]
    pub fn price_code(&self, at: usize) -> u32 {
        if self.is_wide {
            let bytes = self.bytes.get(self.count.wrapping_add(at.wrapping_mul(4))..).unwrap_or_default();
            return bytes.first_chunk().map_or(PRICE_NONE, |bytes| u32::from_le_bytes(*bytes));
        }
        let bytes = self.bytes.get(self.count.wrapping_add(at.wrapping_mul(2))..).unwrap_or_default();
        bytes.first_chunk().map_or(PRICE_NONE, |bytes| u16::from_le_bytes(*bytes).into())
    }

    /// Where a deck stands.
    #[inline]
    fn position(&self, place: u8) -> Option<usize> {
        places::position(self.bytes, self.count, place)
    }
}

impl<'a> Column<'a> {
    /// The price code of the deck at a place; `None` if it has written no price here.
    #[must_use]
    #[inline]
    pub fn find(&self, place: u8) -> Option<u32> {
        if let Some(at) = self.head.position(place) {
            return Some(self.head.price_code(at));
        }
        self.tail.position(place).map(|at| self.tail.price_code(at))
    }

    /// Its head, and its tail.
    #[must_use]
    pub const fn parts(&self) -> [Part<'a>; 2] {
        [self.head, self.tail]
    }

    /// Places and price codes, in order.
    pub fn iter(&self) -> impl Iterator<Item = (u8, u32)> + use<'a> {
        self.parts().into_iter().flat_map(|part| {
            part.places().iter().enumerate().map(move |(at, place)| (*place, part.price_code(at)))
        })
    }
}

impl<'a> Snapshot<'a> {
    /// What numbers are looked up in for their prices.
    #[must_use]
    pub const fn codes(&'a self) -> Codes<'a> {
        Codes(self)
    }

    /// The row of a deck for OCN, LATA and tier; zeros are any.
    #[must_use]
    pub fn ocn_row(&self, slot: u32, ocn: [u8; 4], lata: u32, tier: u8) -> Option<&'a OcnRec> {
        let key = (slot, ocn, lata, tier);
        let at = self.ocn_rows.binary_search_by_key(&key, OcnRec::key).ok()?;
        self.ocn_rows.get(at)
    }

    /// The row of a deck for a carrier of toll-free calls.
    #[must_use]
    pub fn cic_row(&self, slot: u32, cic: [u8; 4]) -> Option<&'a CicRec> {
        let at = self.cic_rows.binary_search_by_key(&(slot, cic), CicRec::key).ok()?;
        self.cic_rows.get(at)
    }

    /// How the decks of a partition are found in rows.
    #[must_use]
    pub fn partition_decks(&self, partition: u32) -> Option<&'a PartitionDecksRec> {
        self.partition_decks.get(index(partition))
    }

    /// The members of a partition whose deck is at a place of the first shelf.
    #[must_use]
    #[inline]
    pub fn members_of_deck(&self, decks: &PartitionDecksRec, place: u8) -> &'a [U32] {
        let (word, bit) = (usize::from(place >> 6), place & 63);
        let own = decks.asked(word);
        if (own >> bit) & 1 == 0 {
            return &[];
        }
        let below = (own & !(u64::MAX << bit)).count_ones();
        let words_below = decks.below.get(word).copied().map_or(0, u32::from);
        let at = decks.members.get().saturating_add(words_below).saturating_add(below);
        match self.deck_members.get(index(at)) {
            Some(DeckMembersRec { first, count }) if count.get() == 1 => core::slice::from_ref(first),
            Some(DeckMembersRec { first, count }) => {
                self.range(self.member_lists, Range { first: *first, count: *count })
            }
            None => &[],
        }
    }

    /// Members of a partition that rows do not order by cost.
    #[must_use]
    pub fn other_members(&self, decks: &PartitionDecksRec) -> &'a [U32] {
        self.range(self.member_lists, decks.others)
    }

    /// Begins to look up a number among the codes of the first shelf.
    #[inline]
    pub(crate) fn enter_codes(&self, number: &Digits, kind: Kind) -> Trail {
        match kind.is_nanp() {
            true => self.codes.enter(0, kind.npa_nxx()),
            false => Trail::at(self.codes.leaf(0, number)),
        }
    }

    /// Begins to look up a number in the numbering table, which has those of NANP.
    #[inline]
    pub(crate) fn enter_places(&self, kind: Kind) -> Trail {
        match kind.is_nanp() {
            true => self.numbering.enter(0, kind.npa_nxx()),
            false => Trail::NOWHERE,
        }
    }

    /// The reference among the codes that comes next.
    #[inline]
    pub(crate) fn code_reference(&self, trail: Trail) -> Option<&'a U32> {
        self.codes.reference(trail)
    }

    /// The same in the numbering table.
    #[inline]
    pub(crate) fn place_reference(&self, trail: Trail) -> Option<&'a U32> {
        self.numbering.reference(trail)
    }

    /// Follows a number among the codes to its end.
    #[inline]
    pub(crate) fn follow_codes(&self, trail: Trail, number: &Digits) -> Trail {
        Trail::at(self.codes.follow(trail, number))
    }

    /// The same in the numbering table.
    #[inline]
    pub(crate) fn follow_places(&self, trail: Trail, number: &Digits) -> Trail {
        Trail::at(self.numbering.follow(trail, number))
    }

    /// The place that a number has been followed to.
    #[inline]
    pub(crate) fn place_record(&self, trail: Trail) -> Option<&'a PlaceRec> {
        self.places.get(index(trail.leaf()?))
    }
}

impl PlaceRec {
    /// The place that the record describes.
    #[inline]
    pub(crate) const fn place(&self) -> Place {
        Place {
            country: self.country,
            state: self.state,
            ocn: self.ocn,
            lata: self.lata.get(),
            rate_center: self.rate_center.get(),
            tier: self.tier,
        }
    }
}

impl OcnRec {
    /// What the section is sorted by.
    pub(in crate::snapshot) fn key(&self) -> (u32, [u8; 4], u32, u8) {
        (self.deck.get(), self.ocn, self.lata.get(), self.tier)
    }
}

impl CicRec {
    /// What the section is sorted by.
    pub(in crate::snapshot) fn key(&self) -> (u32, [u8; 4]) {
        (self.deck.get(), self.cic)
    }
}

impl PartitionDecksRec {
    /// A word of the decks that members ask, by whatever number.
    #[inline]
    pub(in crate::snapshot) fn asked(&self, word: usize) -> u64 {
        let of = |mask: &[U64; SHELF_WORDS]| mask.get(word).map_or(0, |word| word.get());
        of(&self.by_lrn) | of(&self.by_dnis)
    }

    /// The places of all decks of the first shelf that members ask, by the called LRN and by the dialled number.
    #[must_use]
    pub fn masks(&self) -> [[u64; SHELF_WORDS]; 2] {
        [self.by_lrn, self.by_dnis].map(|mask| mask.map(|word| word.get()))
    }
}
