//! End-to-end: the lab that runs real calls, and the scenarios that it plays.
//!
//! A scenario is a folder of `tests/scenarios`: a page for people and a `scenario.toml` for the runner, which
//! says who calls whom, how each carrier behaves, and what must come out: the SIP answer that the caller saw,
//! the carriers that were tried, the call record.
//!
//! Nothing here decides, prices or parses what the product decides, prices or parses: it starts programs, sends
//! SIP and reads `lcr-admin --json`.

pub mod differential;
pub mod lab;
pub mod model;
pub mod model_gen;
pub mod mutants;
pub mod naive;
pub mod play;
pub mod scenario;
pub mod show;
pub mod small;
pub mod soak;
pub mod step;
pub mod us_decks;
