//! The place of every id in its section.

use std::collections::{HashMap, HashSet};
use std::format;
use std::string::String;
use std::vec::Vec;

use super::super::layout::NONE;
use super::file::stable_key;
use super::{WriteError, out_of_range, to_u32};
use crate::plan::*;

/// The place of every id in its section: things sorted by id, bytewise.
pub(super) struct Ids<'a> {
    pub(super) accounts: Sorted<'a, Account>,
    pub(super) trunks: Sorted<'a, Trunk>,
    pub(super) providers: Sorted<'a, Provider>,
    pub(super) routes: Sorted<'a, Route>,
    pub(super) partitions: Sorted<'a, Partition>,
    pub(super) decks: Sorted<'a, Deck>,
    pub(super) overrides: Sorted<'a, Override>,
    pub(super) exclusions: Sorted<'a, Exclusion>,
}

impl<'a> Ids<'a> {
    pub(super) fn new(plan: &'a Plan) -> Result<Self, WriteError> {
        Sorted::new("gateway", &plan.gateways, |x| &x.id)?;
        Ok(Self {
            accounts: Sorted::new("account", &plan.accounts, |x| &x.id)?,
            trunks: Sorted::new("trunk", &plan.trunks, |x| &x.id)?,
            providers: Sorted::new("provider", &plan.providers, |x| &x.id)?,
            routes: Sorted::new("route", &plan.routes, |x| &x.id)?,
            partitions: Sorted::new("partition", &plan.partitions, |x| &x.id)?,
            decks: Sorted::new("deck", &plan.decks, |x| &x.id)?,
            overrides: Sorted::new("override", &plan.overrides, |x| &x.id)?,
            exclusions: Sorted::new("exclusion", &plan.exclusions, |x| &x.id)?,
        })
    }
}

/// Things of one kind, by id.
pub(super) struct Sorted<'a, T> {
    kind: &'static str,
    pub(super) things: Vec<&'a T>,
    index: HashMap<&'a str, u32>,
}

impl<'a, T> Sorted<'a, T> {
    fn new(kind: &'static str, things: &'a [T], id: impl Fn(&'a T) -> &'a str) -> Result<Self, WriteError> {
        let mut sorted: Vec<&T> = things.iter().collect();
        sorted.sort_by_key(|thing| id(thing));
        let mut index = HashMap::new();
        let mut keys = HashSet::new();
        for (at, thing) in sorted.iter().enumerate() {
            let id = id(thing);
            check_id(kind, id)?;
            if index.insert(id, to_u32(at, kind)?).is_some() || !keys.insert(stable_key(&[kind, id])) {
                return Err(WriteError::DuplicateId { kind, id: id.into() });
            }
        }
        Ok(Self { kind, things: sorted, index })
    }

    pub(super) fn find(&self, id: &str, referred_by: &str) -> Result<u32, WriteError> {
        self.index.get(id).copied().ok_or_else(|| WriteError::UnknownId {
            kind: self.kind,
            id: id.into(),
            referred_by: referred_by.into(),
        })
    }

    pub(super) fn find_or_none(&self, id: Option<&String>, referred_by: &str) -> Result<u32, WriteError> {
        id.map_or(Ok(NONE), |id| self.find(id, referred_by))
    }
}

/// Ids are names of limits and calls too: what is in them is fixed.
pub(super) fn check_id(kind: &str, id: &str) -> Result<(), WriteError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    if (1..=63).contains(&id.len()) && id.bytes().all(fits) {
        return Ok(());
    }
    Err(out_of_range(&format!("{kind} {id:?}"), "an id is 1 to 63 characters of A-Z a-z 0-9 _ . -"))
}
