//! Checks what prices and places are made of: tariffs, rows, digit trees, the numbering table.

use super::super::layout::*;
use super::super::view::{Digitree, NXX_BLOCK, index};
use super::{Check, SnapshotError, inside};

impl Check<'_, '_> {
    /// Checks every section of prices and places.
    pub(super) fn codes(&self) -> Result<(), SnapshotError> {
        self.all(SectionId::Tariffs, self.snapshot.tariffs, tariff)?;
        self.rows()?;
        let row_words = self.snapshot.rows.len() >> 2;
        self.tree(
            &self.snapshot.codes,
            row_words,
            [SectionId::CodeNpas, SectionId::CodeNxxs, SectionId::CodeNodes],
        )?;
        let places = self.snapshot.places.len();
        self.tree(
            &self.snapshot.numbering,
            places,
            [SectionId::PlaceNpas, SectionId::PlaceNxxs, SectionId::PlaceNodes],
        )?;
        self.all(SectionId::LocalPairs, self.snapshot.local_pairs, |r| r.low.get() <= r.high.get())?;
        self.sorted(SectionId::LocalPairs, self.snapshot.local_pairs, |r| (r.low.get(), r.high.get()))
    }

    /// Walks the rows one after another: each must end where the next begins, the last with the section.
    fn rows(&self) -> Result<(), SnapshotError> {
        let (section, rows) = (SectionId::Rows, self.snapshot.rows);
        let mut at = 0usize;
        while at < rows.len() {
            let broken = SnapshotError::Record { section, at: u32::try_from(at >> 2).unwrap_or(u32::MAX) };
            let row = self.snapshot.row_at(at).ok_or(broken)?;
            let len = row.len().filter(|&len| len > 0).ok_or(broken)?;
            let slots = u32::try_from(self.snapshot.decks.len()).unwrap_or(u32::MAX);
            if !row.has_only_slots_below(slots) || !row.entries().all(|entry| self.entry(entry)) {
                return Err(broken);
            }
            at = at.checked_add(len).ok_or(broken)?;
        }
        Ok(())
    }

    fn entry(&self, r: &EntryRec) -> bool {
        let known = |price: u32| match price.checked_sub(PRICE_FIRST) {
            Some(tariff) => inside(tariff, self.snapshot.tariffs),
            None => true,
        };
        [r.interstate, r.intrastate, r.local, r.indeterminate, r.default]
            .iter()
            .all(|price| known(price.get()))
            && (1..=15).contains(&r.matched_len)
    }

    /// Every reference of a digit tree leads to a leaf, a block or a node that is there.
    fn tree(
        &self,
        tree: &Digitree<'_>,
        leaves: usize,
        sections: [SectionId; 3],
    ) -> Result<(), SnapshotError> {
        let [npas, nxxs, nodes] = sections;
        if !matches!(tree.npas.len(), 0 | NXX_BLOCK) {
            return Err(SnapshotError::Section(npas));
        }
        let blocks = tree.nxxs.len().div_euclid(NXX_BLOCK);
        if blocks.saturating_mul(NXX_BLOCK) != tree.nxxs.len() {
            return Err(SnapshotError::Section(nxxs));
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

fn tariff(r: &TariffRec) -> bool {
    let amounts = [r.reference_cost_nano, r.first_rate_nano_per_min, r.rate_nano_per_min, r.connect_fee_nano];
    amounts.iter().all(|amount| amount.get() >= 0)
        && r.first_sec.get() >= 1
        && r.increment_sec.get() >= 1
        && r.rounding_mode <= 4
        && r.rounding_decimals <= 9
}
