//! How a call is routed, limited and priced.
//!
//! Telecom rules over bytes: everything here is a pure function of its arguments. The clock is an argument,
//! so is the live state of the limits; nothing allocates, locks, panics or asks the operating system.
//!
//! Data flows one way: a plan is compiled into a [`snapshot`], [`route::decide`] turns a call and a snapshot
//! into a [`route::Decision`], the node keeps the call's entry, and what ended is priced by [`tariff`].
//!
//! The rule numbers in the documentation (2.4, 5.2 …) are those of `docs/SEMANTICS.md`.
#![no_std]
#![forbid(unsafe_code)]
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::float_arithmetic,
    clippy::as_conversions,
    clippy::std_instead_of_core
)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::as_conversions
    )
)]

#[cfg(any(feature = "std", test))]
extern crate std;

mod ahead;
pub mod answer;
pub mod batch;
mod best;
pub mod candidates;
pub mod class;
pub mod deck;
mod draw;
mod emergency;
pub mod funds;
pub mod jurisdiction;
pub mod legs;
pub mod lerg;
pub mod limit;
pub mod live;
pub mod lookup;
mod margin;
pub mod money;
pub mod number;
pub mod overrides;
pub mod partition;
pub mod period;
#[cfg(feature = "std")]
pub mod plan;
pub mod price;
pub mod reject;
mod room;
pub mod route;
pub mod schedule;
mod screening;
mod sides;
pub mod snapshot;
pub mod tariff;
pub mod trace;
mod trunk;
