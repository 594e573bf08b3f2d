//! Compiles a plan into a snapshot: plain data in, the bytes of [`super::layout`] out.
//!
//! The same plan and instant give the same bytes, wherever the plan came from and in whatever order its lists
//! are. It refuses what has no meaning (a reference to nothing, a number out of range) and names it; mistakes
//! in files, by line and column, are the business of whoever reads the files.
//!
//! It allocates and takes its time: nothing here runs on the call path.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "runs while publishing, on data whose sizes it has just computed; a fault here stops a publication, not a call"
)]

mod codes;
mod currency;
mod decks;
mod digitree;
mod entities;
mod file;
mod ids;
mod lists;
mod numbering;
mod rows;
mod schedules;
mod shelves;
mod tariffs;
mod versions;

use std::string::String;
use std::vec::Vec;

use crate::plan::{Plan, UtcSec};

/// Why a plan has no snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteError {
    /// Something refers to an id that is not there.
    UnknownId {
        /// `"account"`, `"deck"` …
        kind: &'static str,
        /// The id.
        id: String,
        /// Who refers to it: `trunk acme-main`.
        referred_by: String,
    },
    /// Two of a kind have the same id, or their keys collide.
    DuplicateId {
        /// `"account"`, `"deck"` …
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// A value that the format cannot hold or that has no meaning.
    OutOfRange {
        /// Where: `route gamma`.
        owner: String,
        /// What, and what was expected.
        what: String,
    },
}

impl core::fmt::Display for WriteError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::UnknownId { kind, id, referred_by } => {
                write!(f, "{referred_by}: there is no {kind} {id:?}")
            }
            Self::DuplicateId { kind, id } => write!(f, "{kind} {id:?} is there twice"),
            Self::OutOfRange { owner, what } => write!(f, "{owner}: {what}"),
        }
    }
}

impl core::error::Error for WriteError {}

/// Compiles the part of a plan that holds at an instant.
///
/// The snapshot is true from `at` until the next instant at which a deck, a currency's rate, an override or an
/// exclusion changes by itself.
///
/// # Errors
/// [`WriteError`] with the first thing that makes no sense.
pub fn compile(plan: &Plan, at: UtcSec) -> Result<Vec<u8>, WriteError> {
    let ids = ids::Ids::new(plan)?;
    let mut file = file::Sections::default();
    let rules_until = entities::write(plan, &ids, at, &mut file)?;
    let codes_until = codes::write(plan, &ids, at, &mut file)?;
    Ok(file.finish(at, rules_until.min(codes_until)))
}

/// A count or an index of the format.
fn to_u32(value: usize, owner: &str) -> Result<u32, WriteError> {
    u32::try_from(value).map_err(|_| out_of_range(owner, "more than 4,294,967,295 records"))
}

fn out_of_range(owner: &str, what: &str) -> WriteError {
    WriteError::OutOfRange { owner: owner.into(), what: what.into() }
}
