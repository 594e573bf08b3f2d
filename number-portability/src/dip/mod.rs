//! Dips: what services answer that are asked about a number, and the asking.
//!
//! An answer is an LRN, or "not ported", which is an answer too: the number is its own LRN. For a toll-free number it
//! is the carrier that serves it. A time-out, a 429, a 500, a body that cannot be read are no answers: another server
//! is asked, and if none answers in the time that there is, the call is routed on DNIS.
//!
//! ```text
//! [`read_sip`], [`read_http`], [`read_enum`]   bytes of an answer → [`Answer`]
//! [`Told`]                                     an answer and who gave it, as one short text, for a cache, for `decide`
//! [`Services`]                                 the servers, in order; asks them one after another
//! ```

mod answer;
mod ask;
mod http;
mod services;
mod sip;
mod tls;
mod word;

pub use answer::{Answer, read_enum, read_http, read_sip};
pub use ask::{ASKED_MAX, Question};
pub use services::{Services, ServicesError, Settings};
pub use tls::TlsError;
pub use word::{By, TOLD_MAX, Told, Word};
