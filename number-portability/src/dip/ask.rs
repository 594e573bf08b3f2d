//! What services are asked, and how long they have.

use std::fmt;
use std::time::{Duration, Instant};

use rating_core::number::{self, Digits};

/// Longest text of a [`Question`].
pub const ASKED_MAX: usize = 64;

/// What services are asked. Its text is the key of a cache: `lrn/17207081999`, `toll_free/18005551212/13035550100/656`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Where a number was ported to.
    Lrn(Digits),
    /// Who serves a toll-free number for this caller.
    TollFree {
        /// The toll-free number.
        number: Digits,
        /// Who calls; empty if not known.
        ani: Digits,
        /// The LATA that he calls from; 0 if not known.
        lata: u32,
    },
}

impl Question {
    /// Reads what [`fmt::Display`] has written.
    #[must_use]
    pub fn read(text: &str) -> Option<Question> {
        let mut parts = text.split('/');
        let kind = parts.next()?;
        let number = number::normalise(parts.next()?.as_bytes()).filter(Digits::is_nanp)?;
        let question = match kind {
            "lrn" => Question::Lrn(number),
            "toll_free" => {
                let ani = Digits::new(parts.next()?.as_bytes())?;
                Question::TollFree { number, ani, lata: parts.next()?.parse().ok()? }
            }
            _ => return None,
        };
        parts.next().is_none().then_some(question)
    }

    /// The number that is asked about.
    #[must_use]
    pub const fn number(&self) -> Digits {
        match self {
            Question::Lrn(number) | Question::TollFree { number, .. } => *number,
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Question::Lrn(number) => write!(f, "lrn/{number}"),
            Question::TollFree { number, ani, lata } => write!(f, "toll_free/{number}/{ani}/{lata}"),
        }
    }
}

/// When an answer comes too late.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub fn within(time: Duration) -> Deadline {
        Deadline(Instant::now() + time)
    }

    /// The earlier of this one and so much time from now.
    pub fn at_most(self, time: Duration) -> Deadline {
        Deadline(self.0.min(Instant::now() + time))
    }

    /// The time that is left; `None` when there is none. Never zero, which sockets take for "for ever".
    pub fn left(self) -> Option<Duration> {
        self.0.checked_duration_since(Instant::now()).filter(|left| *left >= Duration::from_millis(1))
    }
}
