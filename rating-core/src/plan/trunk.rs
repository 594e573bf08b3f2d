//! How calls come in.

use std::string::String;
use std::vec::Vec;

use super::{Limits, Screening};
use crate::number::Digits;

/// How an account's calls come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    /// Its id.
    pub id: String,
    /// Who pays.
    pub account: String,
    /// Whether it may call.
    pub active: bool,
    /// Networks that its calls come from.
    pub sources: Vec<Network>,
    /// Digest user whose calls it takes, if any; several trunks may have one.
    pub user: Option<String>,
    /// What its calls must begin with, as dialled: 1 to 15 of `0-9 * #`; empty for none (2.1).
    pub tech_prefix: String,
    /// How its dialled numbers are read, before the default rules: the first that matches (2.4).
    pub dial_rules: Vec<DialRule>,
    /// The provider at its other end, if it is one: calls are not sent back to it (section 5, `loop`).
    pub provider: Option<String>,
    /// Numbers and destinations that it may not use.
    pub screening: Screening,
    /// Whether calls without a valid ANI are refused.
    pub ani_required: bool,
    /// Whether LRNs given by the customer count (3.9).
    pub trust_lrn: bool,
    /// Partitions, in priority order; the account's if empty.
    pub partitions: Vec<String>,
    /// Its caps.
    pub limits: Limits,
}

impl Default for Trunk {
    fn default() -> Self {
        Self {
            id: String::new(),
            account: String::new(),
            active: true,
            sources: Vec::new(),
            user: None,
            tech_prefix: String::new(),
            dial_rules: Vec::new(),
            provider: None,
            screening: Screening::default(),
            ani_required: false,
            trust_lrn: false,
            partitions: Vec::new(),
            limits: Limits::default(),
        }
    }
}

/// A trunk's own rule for reading a dialled number (2.4).
///
/// It takes numbers that begin with `prefix` and, where `len` is given, have as many digits in all; visual
/// separators and the tech prefix are gone by then. What is left after `strip` characters, behind `add`, is
/// E.164: `{ len: 7, add: 1303 }` makes 555 1234 a number of Denver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialRule {
    /// What the number begins with: digits, or a `+` and digits; empty matches all.
    pub prefix: String,
    /// How many characters it has in all, a `+` included; any number if `None`.
    pub len: Option<u8>,
    /// Characters to take off the front.
    pub strip: u8,
    /// Digits to put there.
    pub add: Digits,
}

/// A network in CIDR form; its host bits are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// First address.
    pub address: core::net::IpAddr,
    /// 0 to 32 or 128.
    pub prefix_len: u8,
}
