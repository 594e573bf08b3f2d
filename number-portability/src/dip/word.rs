//! What a dip has found, as one short text: what a cache keeps, and what `decide` takes.

use std::fmt;

use rating_core::number::{self, Digits};

/// Longest text of a [`Word`].
pub const WORD_MAX: usize = 32;

/// What a dip has found: `lrn=17205550000`, or `cic=0288`, with `;ror=ABC01` where the RespOrg is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// The called number's LRN; the number itself where it was not ported.
    Lrn(Digits),
    /// Who serves a toll-free number.
    TollFree {
        /// The carrier.
        cic: [u8; 4],
        /// The responsible organisation; zeros where not known.
        ror: [u8; 5],
    },
}

impl Word {
    /// Reads what [`fmt::Display`] has written; `None` for everything else.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Word> {
        if let Some(lrn) = text.strip_prefix(b"lrn=") {
            let lrn = number::normalise(lrn).filter(Digits::is_nanp)?;
            return Some(Word::Lrn(lrn));
        }
        let text = text.strip_prefix(b"cic=")?;
        let (cic, rest) = text.split_first_chunk::<4>()?;
        let ror = match rest {
            [] => [0; 5],
            rest => rest.strip_prefix(b";ror=")?.try_into().ok()?,
        };
        Word::toll_free(*cic, ror)
    }

    /// Who serves a toll-free number, if this names a carrier: four digits, and five letters or digits.
    #[must_use]
    pub fn toll_free(cic: [u8; 4], ror: [u8; 5]) -> Option<Word> {
        let is_ror = ror == [0; 5] || ror.iter().all(u8::is_ascii_alphanumeric);
        (cic.iter().all(u8::is_ascii_digit) && is_ror).then_some(Word::TollFree { cic, ror })
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Word::Lrn(lrn) => write!(f, "lrn={lrn}"),
            Word::TollFree { cic, ror } => {
                write!(f, "cic={}", String::from_utf8_lossy(cic))?;
                if *ror == [0; 5] { Ok(()) } else { write!(f, ";ror={}", String::from_utf8_lossy(ror)) }
            }
        }
    }
}
