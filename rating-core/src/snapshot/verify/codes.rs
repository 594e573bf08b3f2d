//! Checks what prices and places are made of: tariffs, rows, digit trees, the numbering table.

use zerocopy::byteorder::little_endian::U32;

use super::super::layout::*;
use super::super::view::{BLOCK, Codes, Digitree, Mask, Row, add, has, index};
use super::{Check, SnapshotError, inside, within};
use crate::deck::by_policy;

/// By place the price code and the rate of the interstate prices of a row; what it has none of is left from another.
type Interstate = [(u32, i64); SHELF_DECKS];

impl Check<'_, '_> {
    /// Checks every section of prices and places.
    pub(super) fn codes(&self) -> Result<(), SnapshotError> {
        let snapshot = self.snapshot;
        self.all(SectionId::Decks, snapshot.decks, |deck| self.deck(deck))?;
        self.all(SectionId::Tariffs, snapshot.tariffs, tariff)?;
        self.deck_places()?;
        self.tree_shape(&snapshot.codes, self.shelves(), index(u32::MAX), CODE_SECTIONS)?;
        let nanp = self.rows()?;
        self.other_keys()?;
        self.partition_decks(nanp)?;
        let places = snapshot.places.len();
        let sections = [SectionId::PlaceNpas, SectionId::PlaceNxxs, SectionId::PlaceNodes];
        self.tree_shape(&snapshot.numbering, 1, places, sections)?;
        self.all(SectionId::Places, snapshot.places, |place| place.reserved == [0; 7])?;
        self.all(SectionId::LocalPairs, snapshot.local_pairs, |r| r.low.get() <= r.high.get())?;
        self.sorted(SectionId::LocalPairs, snapshot.local_pairs, |r| (r.low.get(), r.high.get()))?;
        self.local_starts()
    }

    /// Each rate centre's pairs begin behind all pairs of lower ones.
    fn local_starts(&self) -> Result<(), SnapshotError> {
        let (pairs, starts) = (self.snapshot.local_pairs, self.snapshot.local_starts);
        let wanted = pairs.last().map_or(0, |last| index(last.low.get()).saturating_add(2));
        if starts.len() != wanted {
            return Err(SnapshotError::Section(SectionId::LocalStarts));
        }
        let mut begin = 0usize;
        for (at, start) in (0u32..).zip(starts) {
            let rest = pairs.get(begin..).unwrap_or_default();
            begin = begin.saturating_add(rest.iter().take_while(|pair| pair.low.get() < at).count());
            if index(start.get()) != begin {
                return Err(SnapshotError::Record { section: SectionId::LocalStarts, at });
            }
        }
        Ok(())
    }

    fn shelves(&self) -> usize {
        self.snapshot.deck_places.len().div_euclid(SHELF_DECKS)
    }

    fn deck(&self, deck: &DeckRec) -> bool {
        let place = usize::from(deck.shelf).saturating_mul(SHELF_DECKS).saturating_add(deck.place.into());
        let stands =
            self.snapshot.deck_places.get(place).and_then(|slot| self.snapshot.decks.get(index(slot.get())));
        self.text(deck.name)
            && deck.rate_nano.get() > 0
            && i64::try_from(deck.rate_nano.get()).is_ok()
            && within(Range { first: deck.first_tariff, count: deck.tariff_count }, self.snapshot.tariffs)
            && stands.is_some_and(|other| core::ptr::eq(other, deck))
            && deck.ij_policy <= 3
            && deck.currency.iter().all(u8::is_ascii_uppercase)
            && deck.reserved == [0; 2]
    }

    /// Whole shelves, at least one, and no deck on two places.
    fn deck_places(&self) -> Result<(), SnapshotError> {
        let (section, places) = (SectionId::DeckPlaces, self.snapshot.deck_places);
        if self.shelves() == 0 || self.shelves().checked_mul(SHELF_DECKS) != Some(places.len()) {
            return Err(SnapshotError::Section(section));
        }
        // Every deck is at the place that it says; so as many places as decks is each deck once.
        let taken = places.iter().filter(|slot| slot.get() != NONE).count();
        let all_known =
            places.iter().all(|slot| slot.get() == NONE || inside(slot.get(), self.snapshot.decks));
        if taken == self.snapshot.decks.len() && all_known {
            Ok(())
        } else {
            Err(SnapshotError::Section(section))
        }
    }

    /// Walks rows and tree together: both are in the order of the codes. Gives back the decks of the first shelf that have
    /// a code which begins with 1.
    fn rows(&self) -> Result<Mask, SnapshotError> {
        let codes = self.snapshot.codes();
        let roots = u32::try_from(self.shelves()).unwrap_or(u32::MAX);
        let mut walk = RowWalk {
            check: self,
            codes,
            next: 0,
            last: None,
            shelf: 0,
            node: roots,
            block: 0,
            digit: 0,
            nanp: [0; SHELF_WORDS],
            interstate: [(PRICE_NONE, 0); SHELF_DECKS],
        };
        for shelf in 0..u8::try_from(self.shelves()).unwrap_or(u8::MAX) {
            walk.start_shelf(shelf)?;
            walk.tree(shelf)?;
        }
        // What no number leads to may still be the parent of what some do.
        while walk.next < self.row_words() {
            walk.advance()?;
        }
        let tree = codes.tree();
        let all = index(walk.node) == tree.nodes.len()
            && index(walk.block).saturating_mul(BLOCK) == tree.nxxs.len();
        if all { Ok(walk.nanp) } else { Err(SnapshotError::Section(SectionId::CodeNodes)) }
    }

    fn row_words(&self) -> u32 {
        u32::try_from(self.snapshot.rows.len() >> 2).unwrap_or(u32::MAX)
    }

    /// The decks of a row, if it is as it should be. `interstate` is room for its interstate prices.
    fn row(&self, codes: &Codes<'_>, row: &Row<'_>, interstate: &mut Interstate) -> Option<Mask> {
        let (mut decks, mut by_intrastate) = ([0; SHELF_WORDS], [0; SHELF_WORDS]);
        let mut has_interstate = [0; SHELF_WORDS];
        for number in 0..COLUMNS {
            let own = self.column(codes, row, number, |place, deck, code, rate| {
                let at = usize::from(place);
                if number == INTERSTATE
                    && let Some(price) = interstate.get_mut(at)
                {
                    *price = (code, rate);
                }
                if number == INTRASTATE {
                    let other = interstate.get(at).filter(|_| has(&has_interstate, place));
                    let rate_of =
                        |asked| if asked == code { rate } else { other.map_or(0, |(_, rate)| *rate) };
                    let column = by_policy(deck.ij_policy, other.map(|(code, _)| *code), Some(code), rate_of);
                    if column == Some(INTRASTATE) {
                        add(&mut by_intrastate, place);
                    }
                }
            })?;
            if number == INTERSTATE {
                has_interstate = own;
            }
            decks.iter_mut().zip(own).for_each(|(all, own)| *all |= own);
        }
        let is_sound = usize::from(row.head.code_len / ROW_WORD) <= SHELF_WORDS
            && (1..=15).contains(&row.code_len())
            && row.padding().iter().all(|byte| *byte == 0)
            && decks != [0; SHELF_WORDS]
            && row.by_intrastate() == by_intrastate
            && row.last_word() != Some(0);
        is_sound.then_some(decks)
    }

    /// The decks of a column, if they are on the shelf, each once, and its prices are theirs, cheapest first. `met` is told
    /// each one's place, price code and rate.
    #[inline]
    fn column(
        &self,
        codes: &Codes<'_>,
        row: &Row<'_>,
        number: usize,
        mut met: impl FnMut(u8, &DeckRec, u32, i64),
    ) -> Option<Mask> {
        let shelf = usize::from(row.head.shelf).saturating_mul(SHELF_DECKS);
        let mut seen = [0u64; SHELF_WORDS];
        let mut before = None;
        for (place, code) in row.column(number).iter() {
            let slot = self.snapshot.deck_places.get(shelf.saturating_add(place.into()));
            let deck = slot.and_then(|slot| self.snapshot.decks.get(index(slot.get())))?;
            let (rank, rate) = match code {
                PRICE_NONE if number == DEFAULT => ((2, 0), 0),
                PRICE_NONE => return None,
                PRICE_BLOCKED => ((1, 0), 0),
                code => {
                    let tariff = codes.tariff(deck, code)?.1;
                    let cost = i128::from(tariff.reference_cost_nano.get());
                    ((0, cost.saturating_mul(deck.rate_nano.get().into())), tariff.rate_nano_per_min.get())
                }
            };
            if has(&seen, place) || before.is_some_and(|before| before >= (rank, place)) {
                return None;
            }
            add(&mut seen, place);
            before = Some((rank, place));
            met(place, deck, code, rate);
        }
        Some(seen)
    }

    fn other_keys(&self) -> Result<(), SnapshotError> {
        let snapshot = self.snapshot;
        let known = |deck: u32, prices: &[U32; COLUMNS]| {
            let Some(deck) = snapshot.decks.get(index(deck)) else { return false };
            let codes = snapshot.codes();
            prices.iter().all(|code| code.get() < PRICE_FIRST || codes.tariff(deck, code.get()).is_some())
        };
        self.all(SectionId::OcnRows, snapshot.ocn_rows, |row| {
            known(row.deck.get(), &row.prices)
                && (row.ocn != [0; 4] || row.lata.get() != 0)
                && row.reserved == [0; 3]
        })?;
        self.sorted(SectionId::OcnRows, snapshot.ocn_rows, OcnRec::key)?;
        self.all(SectionId::CicRows, snapshot.cic_rows, |row| known(row.deck.get(), &row.prices))?;
        self.sorted(SectionId::CicRows, snapshot.cic_rows, CicRec::key)
    }

    /// Each partition's decks stand on the first shelf and have members; each member is one of its own. `nanp` are the decks
    /// that have a code which begins with 1.
    fn partition_decks(&self, nanp: Mask) -> Result<(), SnapshotError> {
        let snapshot = self.snapshot;
        if snapshot.partition_decks.len() != snapshot.partitions.len() {
            return Err(SnapshotError::Section(SectionId::PartitionDecks));
        }
        let mut partitions = snapshot.partitions.iter();
        self.all(SectionId::DeckMembers, snapshot.deck_members, |own| match own.count.get() {
            0 => false,
            1 => inside(own.first.get(), snapshot.members),
            _ => within(Range { first: own.first, count: own.count }, snapshot.member_lists),
        })?;
        for (at, decks) in (0u32..).zip(snapshot.partition_decks) {
            let broken = SnapshotError::Record { section: SectionId::PartitionDecks, at };
            let members = partitions.next().map(|partition| partition.members).ok_or(broken)?;
            let first = members.first.get();
            let is_own =
                |member: u32| member.checked_sub(first).is_some_and(|place| place < members.count.get());
            let mut listed = decks.others.count.get();
            if !within(decks.others, snapshot.member_lists)
                || !snapshot.other_members(decks).iter().all(|member| is_own(member.get()))
            {
                return Err(broken);
            }
            for (mask, of_nanp) in
                [(&decks.by_lrn, &decks.by_lrn_nanp), (&decks.by_dnis, &decks.by_dnis_nanp)]
            {
                let words = mask.iter().zip(of_nanp).zip(nanp);
                if !words.into_iter().all(|((all, own), nanp)| own.get() == all.get() & nanp) {
                    return Err(broken);
                }
            }
            let mut below = 0u32;
            for (word, stored) in decks.below.iter().enumerate() {
                if u32::from(*stored) != below {
                    return Err(broken);
                }
                below = below.saturating_add(decks.asked(word).count_ones());
            }
            for place in 0..=u8::MAX {
                let own = snapshot.members_of_deck(decks, place);
                if !self.asks_deck(decks, place, own) || !own.iter().all(|member| is_own(member.get())) {
                    return Err(broken);
                }
                listed = listed.saturating_add(u32::try_from(own.len()).unwrap_or(u32::MAX));
            }
            if listed != members.count.get() {
                return Err(broken);
            }
        }
        Ok(())
    }

    /// Whether all these members have the deck at a place, and ask it by the numbers that the partition's bits say.
    fn asks_deck(&self, decks: &PartitionDecksRec, place: u8, members: &[U32]) -> bool {
        let snapshot = self.snapshot;
        let deck = snapshot.codes().deck_at(place).map(|(slot, _)| slot);
        let (mut by_lrn, mut by_dnis) = (false, false);
        for member in members {
            let record = snapshot.members.get(index(member.get()));
            let Some(route) = record.and_then(|record| snapshot.routes.get(index(record.route.get()))) else {
                return false;
            };
            match snapshot.providers.get(index(route.provider.get())).map(|provider| provider.kind) {
                Some(PROVIDER_BY_LRN) => by_lrn = true,
                Some(PROVIDER_BY_OCN_LATA | PROVIDER_RATE_DECK) | None => return false,
                Some(_) => by_dnis = true,
            }
            if Some(route.deck.get()) != deck {
                return false;
            }
        }
        [by_lrn, by_dnis] == decks.masks().map(|mask| has(&mask, place))
    }

    /// Every reference of a digit tree leads to a leaf, a block or a node that is there.
    fn tree_shape(
        &self,
        tree: &Digitree<'_>,
        roots: usize,
        leaves: usize,
        sections: [SectionId; 3],
    ) -> Result<(), SnapshotError> {
        let [npas, nxxs, nodes] = sections;
        if roots.checked_mul(BLOCK) != Some(tree.npas.len()) {
            return Err(SnapshotError::Section(npas));
        }
        let blocks = tree.nxxs.len().div_euclid(BLOCK);
        if blocks.saturating_mul(BLOCK) != tree.nxxs.len() {
            return Err(SnapshotError::Section(nxxs));
        }
        if tree.nodes.len() < roots {
            return Err(SnapshotError::Section(nodes));
        }
        let leads = |reference: u32, deeper: usize| match reference {
            0 => true,
            r if r & DEEPER_BIT != 0 => index(r ^ DEEPER_BIT) < deeper,
            leaf => index(leaf) <= leaves,
        };
        let node_count = tree.nodes.len();
        self.all(npas, tree.npas, |r| leads(r.get(), blocks))?;
        self.all(nxxs, tree.nxxs, |r| leads(r.get(), node_count))?;
        self.all(nodes, tree.nodes, |node| {
            node.here.get() & DEEPER_BIT == 0
                && leads(node.here.get(), 0)
                && node.children.iter().all(|r| leads(r.get(), node_count))
        })
    }
}

const CODE_SECTIONS: [SectionId; 3] = [SectionId::CodeNpas, SectionId::CodeNxxs, SectionId::CodeNodes];

/// Walks the rows in their order, and the tree in the order of the digits: what the tree leads to is the next
/// row, one after it, or one of the shorter codes of the last.
struct RowWalk<'c, 's, 'a> {
    check: &'c Check<'s, 'a>,
    codes: Codes<'a>,
    /// First word of the next row.
    next: u32,
    /// First word of the row before.
    last: Option<u32>,
    shelf: u8,
    /// The next node and the next block of NXXs: they stand in the order of the digits too, so each has one place in
    /// the tree, and the walk takes as many steps as there are references.
    node: u32,
    block: u32,
    /// The first digit of the codes that are walked.
    digit: usize,
    /// The decks of the first shelf in rows of codes that begin with 1. (A row that no number leads to stands before those
    /// of longer codes that hide it, so it is met with them.)
    nanp: Mask,
    /// Room for the interstate prices of a row.
    interstate: Interstate,
}

impl<'a> RowWalk<'_, '_, 'a> {
    /// Passes over what is left of the shelf before.
    fn start_shelf(&mut self, shelf: u8) -> Result<(), SnapshotError> {
        while let Some(row) = self.codes.row_of_leaf(self.next) {
            if row.head.shelf >= shelf {
                break;
            }
            self.advance()?;
        }
        (self.shelf, self.last) = (shelf, None);
        Ok(())
    }

    fn broken(&self) -> SnapshotError {
        SnapshotError::Record { section: SectionId::Rows, at: self.next }
    }

    /// Checks the next row: its prices, and that its parent is the last row or one of its parents.
    fn advance(&mut self) -> Result<(), SnapshotError> {
        let broken = self.broken();
        let row = self.codes.row_of_leaf(self.next).ok_or(broken)?;
        let len = row.len().and_then(|len| u32::try_from(len >> 2).ok()).ok_or(broken)?;
        let parent = row.head.parent.get().checked_sub(1);
        let parent_is_known = parent.is_none_or(|parent| {
            self.is_around(parent)
                && self.codes.row_of_leaf(parent).is_some_and(|p| p.code_len() < row.code_len())
        });
        let decks = self.check.row(&self.codes, &row, &mut self.interstate).ok_or(broken)?;
        if row.head.shelf != self.shelf || !parent_is_known {
            return Err(broken);
        }
        if self.shelf == 0 && self.digit == 1 {
            self.nanp.iter_mut().zip(decks).for_each(|(all, own)| *all |= own);
        }
        self.last = Some(self.next);
        self.next = self.next.checked_add(len).ok_or(broken)?;
        Ok(())
    }

    /// Whether a row is the last one, or of a shorter code of it.
    fn is_around(&self, word: u32) -> bool {
        let mut around = self.last;
        // Parents stand before their children: the walk ends.
        while let Some(at) = around.filter(|at| *at >= word) {
            if at == word {
                return true;
            }
            let row = self.codes.row_of_leaf(at);
            around = row.and_then(|row| row.head.parent.get().checked_sub(1)).filter(|parent| *parent < at);
        }
        false
    }

    fn tree(&mut self, shelf: u8) -> Result<(), SnapshotError> {
        let tree = self.codes.tree();
        let root = tree.nodes.get(usize::from(shelf)).ok_or(SnapshotError::Section(SectionId::CodeNodes))?;
        self.leaf(root.here.get())?;
        for (digit, child) in root.children.iter().enumerate() {
            self.digit = digit;
            if digit == 1 {
                let from = usize::from(shelf).saturating_mul(BLOCK);
                let npas = tree.npas.get(from..from.saturating_add(BLOCK)).unwrap_or_default();
                for npa in npas {
                    self.npa(npa.get())?;
                }
            }
            self.below(child.get(), 14)?;
        }
        Ok(())
    }

    fn npa(&mut self, reference: u32) -> Result<(), SnapshotError> {
        if reference & DEEPER_BIT == 0 {
            return self.leaf(reference);
        }
        if reference ^ DEEPER_BIT != self.block {
            return Err(SnapshotError::Section(SectionId::CodeNpas));
        }
        self.block = self.block.saturating_add(1);
        let from = index(reference ^ DEEPER_BIT).saturating_mul(BLOCK);
        let tree = self.codes.tree();
        for nxx in tree.nxxs.get(from..from.saturating_add(BLOCK)).unwrap_or_default() {
            self.below(nxx.get(), 8)?;
        }
        Ok(())
    }

    /// Follows a reference at most `digits` further.
    fn below(&mut self, reference: u32, digits: u8) -> Result<(), SnapshotError> {
        if reference & DEEPER_BIT == 0 {
            return self.leaf(reference);
        }
        let broken = SnapshotError::Record { section: SectionId::CodeNodes, at: reference ^ DEEPER_BIT };
        if reference ^ DEEPER_BIT != self.node {
            return Err(broken);
        }
        self.node = self.node.saturating_add(1);
        let node = self.codes.tree().nodes.get(index(reference ^ DEEPER_BIT)).ok_or(broken)?;
        let digits = digits.checked_sub(1).ok_or(broken)?;
        self.leaf(node.here.get())?;
        for child in &node.children {
            self.below(child.get(), digits)?;
        }
        Ok(())
    }

    /// A leaf is a row's first word.
    fn leaf(&mut self, reference: u32) -> Result<(), SnapshotError> {
        let Some(word) = reference.checked_sub(1) else { return Ok(()) };
        while self.next <= word {
            self.advance()?;
        }
        if self.is_around(word) { Ok(()) } else { Err(self.broken()) }
    }
}

fn tariff(r: &TariffRec) -> bool {
    let amounts = [r.reference_cost_nano, r.first_rate_nano_per_min, r.rate_nano_per_min, r.connect_fee_nano];
    amounts.iter().all(|amount| amount.get() >= 0)
        && r.first_sec.get() >= 1
        && r.increment_sec.get() >= 1
        && r.rounding_mode <= 4
        && r.rounding_decimals <= 9
        && r.reserved == [0; 14]
}
