//! What came with a call that its decision does not ask for, and its record tells.
//!
//! Worked: a dip over SIP found the LRN, the INVITE was signed with attestation B. The decision takes the LRN; that it
//! came over SIP, and the B, go into the call's entry and from there into its record.

/// Who said the LRN that counted, or the CIC of a toll-free number. Numbers are only ever added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum LrnSource {
    /// Nobody: none counted.
    #[default]
    None = 0,
    /// The customer, on a trunk that is trusted with it (3.9).
    Given = 1,
    /// A dip of the configuration's own.
    Dip = 2,
    /// The file of ported numbers.
    File = 3,
    /// A service, over SIP.
    Sip = 4,
    /// A service, over HTTP.
    Http = 5,
    /// A service, by ENUM.
    Enum = 6,
}

impl LrnSource {
    /// All, by their numbers.
    pub const ALL: [LrnSource; 7] =
        [Self::None, Self::Given, Self::Dip, Self::File, Self::Sip, Self::Http, Self::Enum];

    /// Its name, the same everywhere.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Given => "given",
            Self::Dip => "dip",
            Self::File => "file",
            Self::Sip => "sip",
            Self::Http => "http",
            Self::Enum => "enum",
        }
    }

    /// The one of a number; of a number of a later version, a dip of some kind.
    #[must_use]
    pub fn from_number(number: u8) -> LrnSource {
        Self::ALL.into_iter().find(|source| *source as u8 == number).unwrap_or(Self::Dip)
    }
}

/// What the signer of a call claims to know of its caller (RFC 8588). Nobody has verified it here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Attestation {
    /// Full: the signer knows the caller, and that the number is his.
    A = 1,
    /// Partial: the signer knows the caller.
    B = 2,
    /// Gateway: the signer knows where the call came in.
    C = 3,
}

impl Attestation {
    /// The one that a text names: `A`, `B` or `C`.
    #[must_use]
    pub const fn from_text(text: &[u8]) -> Option<Attestation> {
        match text {
            b"A" => Some(Self::A),
            b"B" => Some(Self::B),
            b"C" => Some(Self::C),
            _ => None,
        }
    }

    /// Its letter.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::A => 'A',
            Self::B => 'B',
            Self::C => 'C',
        }
    }

    /// The one of a number; `None` of 0 and of what is not known.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Attestation> {
        match number {
            1 => Some(Self::A),
            2 => Some(Self::B),
            3 => Some(Self::C),
            _ => None,
        }
    }
}

/// What came with a call, for its record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Who said the called number's LRN or CIC, if it counts.
    pub lrn_source: LrnSource,
    /// Whether that was said of an earlier call, and kept.
    pub lrn_from_table: bool,
    /// What the call's signer claims.
    pub attestation: Option<Attestation>,
    /// Who is responsible for a toll-free number: 5 letters or digits; zeros where not known.
    pub resp_org: [u8; 5],
}
