//! One file per command.

pub mod agent;
pub mod cdr;
pub mod deck;
#[cfg(feature = "live")]
pub mod metrics;
pub mod migrate;
pub mod plan;
pub mod ported;
pub mod publish;
pub mod rate;
pub mod reconcile;
#[cfg(feature = "live")]
pub mod serve;
pub mod simulate;
pub mod snapshot;
pub mod source;
#[cfg(feature = "live")]
pub mod top;
pub mod wallet;
