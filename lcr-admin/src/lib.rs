//! Everything behind the commands of `lcr-admin`: plans, decks, the database. `main.rs` only parses and calls.

pub mod clock;
pub mod cmd;
pub mod db;
pub mod deck;
#[cfg(feature = "live")]
pub mod http;
#[cfg(feature = "live")]
pub mod look;
#[cfg(feature = "live")]
pub mod metrics;
pub mod output;
pub mod plan;
pub mod ported;
pub mod snapshot_file;
pub mod snapshot_set;
pub mod tariff_file;
mod words;
