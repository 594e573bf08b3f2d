//! Ids: what is defined where, and what refers to what.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};

use super::problem::{Place, Problems};

/// Most characters of an id.
pub const ID_LEN_MAX: usize = 63;

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Account,
    Trunk,
    Provider,
    Route,
    Gateway,
    Partition,
    Deck,
    Override,
    Exclusion,
}

impl Kind {
    /// The word for one of them, with its article.
    fn one(self) -> &'static str {
        match self {
            Self::Account => "an account",
            Self::Trunk => "a trunk",
            Self::Provider => "a provider",
            Self::Route => "a route",
            Self::Gateway => "a gateway",
            Self::Partition => "a partition",
            Self::Deck => "a deck",
            Self::Override => "an override",
            Self::Exclusion => "an exclusion",
        }
    }

    fn noun(self) -> &'static str {
        self.one().split_once(' ').map_or("", |(_, noun)| noun)
    }
}

/// Whether a text may be an id.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=ID_LEN_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// The rule of [`is_id`], in words.
pub(crate) const ID_RULE: &str = "1 to 63 characters of A-Z a-z 0-9 _ . -";

/// Every id of a plan directory, and every use of one.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    defined: RefCell<BTreeMap<(Kind, String), Place>>,
    uses: RefCell<Vec<(Kind, String, Place)>>,
    marks: RefCell<BTreeMap<(&'static str, String), Place>>,
}

impl Ids {
    /// Notes that `id` is defined here.
    pub fn define(&self, kind: Kind, id: &str, at: &Place, problems: &Problems) {
        match self.defined.borrow_mut().entry((kind, id.to_owned())) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(at.clone());
            }
            std::collections::btree_map::Entry::Occupied(entry) => problems.error(
                at,
                format!("{} `{id}` is already defined at {}", kind.noun(), entry.get()),
                "an id of its own",
            ),
        }
    }

    /// Notes that `id` is used here.
    pub fn refer(&self, kind: Kind, id: &str, at: &Place) {
        self.uses.borrow_mut().push((kind, id.to_owned(), at.clone()));
    }

    /// Notes where something stands that has no id, or a key of something that has one.
    pub fn mark(&self, what: &'static str, of: &str, at: &Place) {
        self.marks.borrow_mut().insert((what, of.to_owned()), at.clone());
    }

    /// Where something was marked.
    pub fn marked(&self, what: &'static str, of: &str) -> Option<Place> {
        self.marks.borrow().get(&(what, of.to_owned())).cloned()
    }

    /// Names every use of what does not exist.
    pub fn check_uses(&self, problems: &Problems) {
        let defined = self.defined.borrow();
        for (kind, id, at) in self.uses.borrow().iter() {
            if !defined.contains_key(&(*kind, id.clone())) {
                problems.error(at, format!("no {} `{id}`", kind.noun()), self.known(*kind, id));
            }
        }
    }

    /// What is defined and never used, with its place.
    pub fn unused(&self, kind: Kind) -> Vec<(String, Place)> {
        let uses = self.uses.borrow();
        let used: HashSet<_> = uses.iter().filter(|u| u.0 == kind).map(|u| u.1.as_str()).collect();
        let defined = self.defined.borrow();
        let of_kind = defined.iter().filter(|((k, id), _)| *k == kind && !used.contains(id.as_str()));
        of_kind.map(|((_, id), place)| (id.clone(), place.clone())).collect()
    }

    /// Where something is defined.
    pub fn place(&self, kind: Kind, id: &str) -> Option<Place> {
        self.defined.borrow().get(&(kind, id.to_owned())).cloned()
    }

    /// A few ids that may have been meant: the likeliest first.
    fn known(&self, kind: Kind, meant: &str) -> String {
        let defined = self.defined.borrow();
        let mut ids: Vec<&str> =
            defined.keys().filter(|(k, _)| *k == kind).map(|(_, id)| id.as_str()).collect();
        if ids.is_empty() {
            return format!("{} of this plan, which has none", kind.one());
        }
        ids.sort_by_key(|id| distance(id, meant));
        let more = if ids.len() > 5 { ", …" } else { "" };
        ids.truncate(5);
        format!("{} of this plan: {}{more}", kind.one(), ids.join(", "))
    }
}

/// Edits from one text to another (Levenshtein), by bytes: ids are ASCII.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let b = b.as_bytes();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, right) in b.iter().enumerate() {
            let cost = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_plain() {
        for good in ["a", "level3_primary", "BAN-000.1", &"x".repeat(63)] {
            assert!(is_id(good), "{good}");
        }
        for bad in ["", "a b", "ä", "a/b", &"x".repeat(64)] {
            assert!(!is_id(bad), "{bad}");
        }
    }

    #[test]
    fn distance_counts_edits() {
        for (a, b, edits) in [("", "", 0), ("abc", "", 3), ("kind", "kynd", 1), ("kitten", "sitting", 3)] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
        }
    }
}
