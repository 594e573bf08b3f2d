//! Jurisdiction: which of a deck's prices a call takes (section 3).

/// The zone of a call for pricing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Jurisdiction {
    /// Between states.
    Interstate = 1,
    /// Within a state.
    Intrastate = 2,
    /// Within a local calling area.
    Local = 3,
    /// One side is not known.
    Indeterminate = 4,
    /// To a toll-free number.
    TollFree = 5,
    /// NANP outside the US.
    Zone1 = 6,
    /// Outside NANP.
    International = 7,
}

impl Jurisdiction {
    /// Every jurisdiction, by number.
    pub const ALL: [Jurisdiction; 7] = [
        Self::Interstate,
        Self::Intrastate,
        Self::Local,
        Self::Indeterminate,
        Self::TollFree,
        Self::Zone1,
        Self::International,
    ];

    /// The name that every interface uses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interstate => "interstate",
            Self::Intrastate => "intrastate",
            Self::Local => "local",
            Self::Indeterminate => "indeterminate",
            Self::TollFree => "toll_free",
            Self::Zone1 => "zone1",
            Self::International => "international",
        }
    }
}
