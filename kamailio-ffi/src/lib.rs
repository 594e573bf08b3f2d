//! `libtandem.so`: what Kamailio loads. A C ABI with the prefix `tandem_`, and the modules `tandem` of Lua and Python.
//!
//! One process-wide node stands behind all of it: attached in the main process before the fork, inherited and
//! attached again, harmlessly, in every worker. A call is decided with [`abi::tandem_decide`] and from then on
//! named by its handle, a number that is never valid again for another call.
//!
//! Nothing that a caller passes may crash Kamailio: a null pointer, a wrong size or an unknown handle is a
//! status, and so is a panic, which is caught at every export. What this cannot check is that a pointer that
//! is not null points to what its type says; `include/tandem.h` states what must hold.
//!
//! It will not decide, price or limit anything itself, and it knows of SIP only how a called number is written
//! in a request URI.

pub mod abi;
mod attestation;
mod called_user;
pub mod decision;
mod dip;
pub mod dip_abi;
mod edge;
mod host;
mod instance;
mod lua;
mod panic;
mod python;
pub mod reason;
pub mod status;
pub mod types;
