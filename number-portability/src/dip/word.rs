//! What a dip has found, as one short text: what a cache keeps, and what `decide` takes.

use std::fmt;

use rating_core::number::{self, Digits};

/// Longest text of a [`Told`].
pub const TOLD_MAX: usize = 40;

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

/// Who has said a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The file of ported numbers.
    File,
    /// A service, over SIP.
    Sip,
    /// A service, over HTTP.
    Http,
    /// A service, by ENUM.
    Enum,
}

impl By {
    const ALL: [By; 4] = [By::File, By::Sip, By::Http, By::Enum];

    const fn text(self) -> &'static str {
        match self {
            By::File => ";by=file",
            By::Sip => ";by=sip",
            By::Http => ";by=http",
            By::Enum => ";by=enum",
        }
    }
}

/// A word and who has said it: `lrn=17205550000;by=sip`. Who takes it from a table of earlier answers adds `;kept`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// What was said.
    pub word: Word,
    /// By whom; `None` where that is not known.
    pub by: Option<By>,
    /// Whether it was said of an earlier call, and kept.
    pub is_kept: bool,
}

impl Told {
    /// A word that was said just now.
    #[must_use]
    pub const fn now(word: Word, by: By) -> Told {
        Told { word, by: Some(by), is_kept: false }
    }

    /// Reads what [`fmt::Display`] has written; `None` for everything else.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Told> {
        let kept = text.strip_suffix(b";kept");
        let text = kept.unwrap_or(text);
        let said = |by: By| Some((by, text.strip_suffix(by.text().as_bytes())?));
        let (by, word) = match By::ALL.into_iter().find_map(said) {
            Some((by, word)) => (Some(by), word),
            None => (None, text),
        };
        Some(Told { word: Word::read(word)?, by, is_kept: kept.is_some() })
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = if self.is_kept { ";kept" } else { "" };
        write!(f, "{}{}{kept}", self.word, self.by.map_or("", By::text))
    }
}
