//! Where numbers are: the numbering table, and the built-in table of area codes (3.2).

/// A place in the North American numbering plan, or outside it. Zeros are "not known".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166 country.
    pub country: [u8; 2],
    /// State or province.
    pub state: [u8; 2],
    /// Operating company number.
    pub ocn: [u8; 4],
    /// LATA.
    pub lata: u32,
    /// Rate centre: a number of this snapshot.
    pub rate_center: u32,
}
