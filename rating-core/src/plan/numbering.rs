//! Where numbers are.

use std::string::String;

use crate::number::Digits;

/// A block of NANP numbers and where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberBlock {
    /// 6 digits (NPA-NXX) or 7 (a thousands block), without the country code.
    pub prefix: Digits,
    /// ISO 3166, two capitals.
    pub country: String,
    /// State or province, two capitals; or empty.
    pub state: String,
    /// LATA, 0 if unknown.
    pub lata: u32,
    /// Operating company number: 4 alphanumerics, or empty.
    pub ocn: String,
    /// Tier by which some carriers price the block, 1 to 255; 0 if it has none.
    pub tier: u8,
    /// Rate centre, or empty.
    pub rate_center: String,
}

/// Two rate centres that call each other locally (3.6).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalPair {
    /// State of the one.
    pub state_a: String,
    /// Its rate centre.
    pub rate_center_a: String,
    /// State of the other.
    pub state_b: String,
    /// Its rate centre.
    pub rate_center_b: String,
}
