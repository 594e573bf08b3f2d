//! Where a number was ported to.
//!
//! Two sources, one answer, an LRN: a file of ported numbers that lies on this machine ([`ported`]), and the services
//! that are asked about a number, a *dip*, over SIP, HTTP or ENUM ([`dip`]).
//!
//! A call to 720 708 1999, which was ported to a switch with the LRN 720 555 0000, is priced by the LRN. The file
//! knows it without asking anybody; else a dip is made, and what the service answers is read here.
//!
//! It maps no file, which is the node's, and it does not say whether an LRN counts for a call: that is rule 3.9, in core.

#![deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "dip")]
pub mod dip;
pub mod ported;
