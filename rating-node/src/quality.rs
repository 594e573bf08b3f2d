//! How well each route does: ASR, ACD and PDD over sliding windows, and the score that decisions read.
//!
//! Each route has a ring of sixty minutes. A minute counts attempts and how many of them were answered, calls that
//! ended and what they talked, calls that rang and how long that took. A count is one word with its minute in front,
//! so the compare-and-swap that counts also begins a new minute: nothing is done when a minute is over, and nobody
//! waits for anybody.
//!
//! ```text
//! answers    minute 16 bits │ answered 24 bits │ attempts 24 bits
//! talk       minute 16 bits │ calls    20 bits │ seconds  28 bits
//! rings      minute 16 bits │ calls    20 bits │ millis   28 bits
//! ```
//!
//! Worked: 60 attempts in the last five minutes, 30 of them answered; 20 calls ended after 90 s each; 40 rang after
//! 3 s each. ASR 50 %, ACD 90 s, PDD 3 s: 60 × 0.5 + 20 × 90/180 + 20 × (12 − 3)/10 = 30 + 10 + 18 = 58 points.
//!
//! Every ten seconds whoever comes first publishes a score for each route; decisions read that, a word beside the
//! route's key, and nothing else of this. A route without enough calls has none: its score in the plan counts. A pause
//! of ten minutes without an attempt forgets what was before. So a route that fell below a floor, and gets no calls
//! any more, is tried again: with the plan's score, until it has made enough calls to be judged anew.
//!
//! A death loses one count at most, and a minute that is full takes no more: these are figures, not money.
//!
//! It will not say which route is good enough: partitions do.

use std::sync::atomic::{AtomicU64, Ordering};

use rating_core::live::Now;

use crate::cells::Open64;
use crate::node::Node;

pub(crate) mod feed;

/// Routes of a node that can have figures: those that come first.
pub(crate) const ROUTES_MAX: usize = 4096;
/// Minutes that are looked back on.
pub const MINUTES: usize = 60;
/// The windows of figures, in minutes.
pub const WINDOWS_MIN: [u64; 3] = [5, 15, 60];
/// Attempts that a window needs for a score.
pub const ATTEMPTS_MIN: u64 = 50;
/// Minutes without an attempt after which a route begins anew.
pub const PAUSE_MIN: u64 = 10;
/// Time between two publications of scores.
pub const PUBLISH_NS: i64 = 10_000_000_000;

/// An answered call of this length or more is as good as any.
const LONG_CALL_SEC: u64 = 180;
/// A ring after this time or less is as good as any.
const QUICK_RING_MS: u64 = 2_000;
/// A ring after this time or more is as bad as any.
const SLOW_RING_MS: u64 = 12_000;

const MINUTE_NS: i64 = 60_000_000_000;
/// Places that a key is looked for at.
const PROBES: usize = 16;
/// In a score's word: there is one.
const IS_SCORED: u64 = 1 << 32;

/// A route, and what decisions read of it.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Score {
    /// `RouteRec::key`; 0 is nobody's place.
    key: AtomicU64,
    /// Bit 32 and the score below it; 0 is none.
    word: Open64,
}

/// A route's minutes.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Ring {
    minutes: [Minute; MINUTES],
}

/// One minute of a route.
#[derive(Debug, Default)]
#[repr(C)]
struct Minute {
    answers: AtomicU64,
    talk: AtomicU64,
    rings: AtomicU64,
}

const _: () = assert!(size_of::<Score>() == 16);
const _: () = assert!(size_of::<Ring>() == 1472);

/// How a minute's word is divided: bits of the sum, below; of the count, above it.
#[derive(Clone, Copy)]
struct Split {
    count_bits: u32,
    sum_bits: u32,
}

const ANSWERS: Split = Split { count_bits: 24, sum_bits: 24 };
const TIMES: Split = Split { count_bits: 20, sum_bits: 28 };

impl Split {
    /// Adds to a word of this minute; of another minute's what was there is over. Full, it stays as it is.
    fn add(self, cell: &AtomicU64, minute: u64, count: u64, sum: u64) {
        // ORDERING: relaxed, here and below: a word of its own, which publishes nothing.
        let mut word = cell.load(Ordering::Relaxed);
        loop {
            let (old_count, old_sum) = self.of(word, minute);
            let (count, sum) = (old_count.saturating_add(count), old_sum.saturating_add(sum));
            if count >> self.count_bits != 0 || sum >> self.sum_bits != 0 {
                return;
            }
            let new = (minute & 0xffff) << 48 | count << self.sum_bits | sum;
            match cell.compare_exchange_weak(word, new, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return,
                Err(other) => word = other,
            }
        }
    }

    /// Count and sum of a word, if it is of this minute.
    const fn of(self, word: u64, minute: u64) -> (u64, u64) {
        if word >> 48 != minute & 0xffff {
            return (0, 0);
        }
        let counts = word & ((1 << 48) - 1);
        (counts >> self.sum_bits, counts & ((1 << self.sum_bits) - 1))
    }
}

/// What a route did in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Legs that were answered, or failed.
    pub attempts: u64,
    /// Those that were answered.
    pub answered: u64,
    /// Answered calls that ended.
    pub ended: u64,
    /// What those talked, in seconds.
    pub talk_sec: u64,
    /// Calls that rang, or were answered without.
    pub rang: u64,
    /// How long those took, in milliseconds.
    pub ring_ms: u64,
}

impl Figures {
    /// Answer-seizure ratio, in thousandths; none without an attempt.
    #[must_use]
    pub fn asr_permille(&self) -> Option<u64> {
        self.answered.saturating_mul(1000).checked_div(self.attempts)
    }

    /// Average call duration, in seconds; none if no answered call has ended.
    #[must_use]
    pub const fn acd_sec(&self) -> Option<u64> {
        self.talk_sec.checked_div(self.ended)
    }

    /// Post-dial delay: the average time from the leg's start until it rang, in milliseconds; none if none did.
    #[must_use]
    pub const fn pdd_ms(&self) -> Option<u64> {
        self.ring_ms.checked_div(self.rang)
    }

    /// 0 to 100: 60 for ASR, 20 for ACD, 20 for PDD.
    #[must_use]
    pub fn score(&self) -> i32 {
        let answers = self.asr_permille().unwrap_or(0).min(1000);
        // Answered calls of which none has ended yet are long ones.
        let talk =
            match self.talk_sec.saturating_mul(1000).checked_div(self.ended.saturating_mul(LONG_CALL_SEC)) {
                Some(permille) => permille.min(1000),
                None if self.answered > 0 => 1000,
                None => 0,
            };
        let rings = self.pdd_ms().map_or(0, |pdd_ms| {
            let left_ms = SLOW_RING_MS.saturating_sub(pdd_ms.max(QUICK_RING_MS));
            left_ms.saturating_mul(1000) / (SLOW_RING_MS - QUICK_RING_MS)
        });
        i32::try_from((answers * 60 + talk * 20 + rings * 20) / 1000).unwrap_or(0)
    }

    fn add(&mut self, minute: &Minute, at: u64) {
        // ORDERING: relaxed, all three: figures to look at.
        let (answered, attempts) = ANSWERS.of(minute.answers.load(Ordering::Relaxed), at);
        let (ended, talk_sec) = TIMES.of(minute.talk.load(Ordering::Relaxed), at);
        let (rang, ring_ms) = TIMES.of(minute.rings.load(Ordering::Relaxed), at);
        self.attempts += attempts;
        self.answered += answered;
        self.ended += ended;
        self.talk_sec += talk_sec;
        self.rang += rang;
        self.ring_ms += ring_ms;
    }
}

/// What is known of a route at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteQuality {
    /// `RouteRec::key`.
    pub route_key: u64,
    /// The last 5, 15 and 60 minutes, since the last pause.
    pub windows: [Figures; WINDOWS_MIN.len()],
    /// The score that decisions read now; none leaves the plan's.
    pub published: Option<i32>,
}

impl RouteQuality {
    /// The score of the shortest window that has enough attempts.
    #[must_use]
    pub fn score(&self) -> Option<i32> {
        let judged = self.windows.iter().find(|figures| figures.attempts >= ATTEMPTS_MIN);
        judged.map(Figures::score)
    }
}

impl Ring {
    fn minute(&self, minute: u64) -> &Minute {
        &self.minutes[(minute % MINUTES as u64) as usize]
    }

    /// The windows that end with this minute. What lies before a pause is forgotten.
    fn windows(&self, now_min: u64) -> [Figures; WINDOWS_MIN.len()] {
        let mut windows = [Figures::default(); WINDOWS_MIN.len()];
        let (mut sum, mut idle_min) = (Figures::default(), 0);
        for age in 0..MINUTES as u64 {
            let before = sum.attempts;
            let at = now_min.wrapping_sub(age);
            sum.add(self.minute(at), at);
            idle_min = if sum.attempts == before { idle_min + 1 } else { 0 };
            for (window, _) in windows.iter_mut().zip(WINDOWS_MIN).filter(|(_, length)| age < *length) {
                *window = sum;
            }
            if idle_min >= PAUSE_MIN {
                break;
            }
        }
        windows
    }
}

/// The minute of an instant, since 1970 UTC.
fn minute_of(utc_ns: i64) -> u64 {
    utc_ns.div_euclid(MINUTE_NS).cast_unsigned()
}

/// The quality of all routes of the node.
#[derive(Clone, Copy, Debug)]
pub struct QualityTable<'a> {
    scores: &'a [Score],
    rings: &'a [Ring],
}

impl<'a> QualityTable<'a> {
    pub(crate) const fn new(scores: &'a [Score], rings: &'a [Ring]) -> Self {
        Self { scores, rings }
    }

    /// The score of a route that decisions read, and its place; none leaves the plan's.
    #[must_use]
    pub fn scored(&self, route_key: u64) -> Option<(usize, i32)> {
        for at in self.places(route_key) {
            // ORDERING: relaxed: a key never changes, and the word beside it is valid from the start (0).
            match self.scores[at].key.load(Ordering::Relaxed) {
                0 => return None,
                key if key == route_key => return self.scores[at].published().map(|score| (at, score)),
                _ => {}
            }
        }
        None
    }

    /// The key of the route at a place; 0 where none is.
    #[must_use]
    pub fn route_at(&self, place: usize) -> u64 {
        // ORDERING: relaxed: a key never changes.
        self.scores.get(place).map_or(0, |score| score.key.load(Ordering::Relaxed))
    }

    /// A leg failed.
    pub fn failed(&self, route_key: u64, utc_ns: i64) {
        self.count(route_key, utc_ns, |minute, at| ANSWERS.add(&minute.answers, at, 0, 1));
    }

    /// A leg was answered.
    pub fn answered(&self, route_key: u64, utc_ns: i64) {
        self.count(route_key, utc_ns, |minute, at| ANSWERS.add(&minute.answers, at, 1, 1));
    }

    /// A leg rings, so long after it began.
    pub fn rang(&self, route_key: u64, utc_ns: i64, after_ms: u64) {
        self.count(route_key, utc_ns, |minute, at| TIMES.add(&minute.rings, at, 1, after_ms));
    }

    /// An answered call ended, and talked so long.
    pub fn ended(&self, route_key: u64, utc_ns: i64, talk_sec: u64) {
        self.count(route_key, utc_ns, |minute, at| TIMES.add(&minute.talk, at, 1, talk_sec));
    }

    fn count(&self, route_key: u64, utc_ns: i64, count: impl FnOnce(&Minute, u64)) {
        if let Some(at) = self.place(route_key) {
            let minute = minute_of(utc_ns);
            count(self.rings[at].minute(minute), minute);
        }
    }

    /// The place of a route, made if there is none. No more room: none, and no figures.
    fn place(&self, route_key: u64) -> Option<usize> {
        self.places(route_key).find(|at| {
            let key = &self.scores[*at].key;
            // ORDERING: relaxed, both: the key publishes nothing; what is beside it is valid from the start (0).
            let found = match key.load(Ordering::Relaxed) {
                0 => key.compare_exchange(0, route_key, Ordering::Relaxed, Ordering::Relaxed),
                taken => Err(taken),
            };
            found.is_ok() || found == Err(route_key)
        })
    }

    fn places(&self, route_key: u64) -> impl Iterator<Item = usize> + use<> {
        let len = self.scores.len();
        (0..PROBES.min(len)).map(move |step| (route_key as usize).wrapping_add(step) % len)
    }

    /// Every route that was ever tried, at an instant.
    pub fn routes(&self, utc_ns: i64) -> impl Iterator<Item = RouteQuality> + use<'a> {
        self.tried().map(move |(score, ring, route_key)| RouteQuality {
            route_key,
            windows: ring.windows(minute_of(utc_ns)),
            published: score.published(),
        })
    }

    fn tried(&self) -> impl Iterator<Item = (&'a Score, &'a Ring, u64)> + use<'a> {
        // ORDERING: relaxed, as in `place`.
        let keyed = self.scores.iter().zip(self.rings);
        keyed
            .map(|(score, ring)| (score, ring, score.key.load(Ordering::Relaxed)))
            .filter(|(.., key)| *key != 0)
    }

    /// Publishes the scores of an instant. Two at the same time publish the same.
    pub(crate) fn publish(&self, utc_ns: i64) {
        for (score, ring, route_key) in self.tried() {
            let windows = ring.windows(minute_of(utc_ns));
            let found = RouteQuality { route_key, windows, published: None }.score();
            let word = found.map_or(0, |points| IS_SCORED | u64::from(points.cast_unsigned()));
            // Written only where it is new: decisions read this cache line all the time.
            if score.word.get() != word {
                score.word.set(word);
            }
        }
    }
}

impl Node {
    /// Publishes the scores of all routes, if ten seconds are over since somebody did.
    pub(crate) fn publish_quality(&self, now: Now) {
        let last_ns = &self.shm().header().scored_ns;
        // ORDERING: relaxed, both: it only chooses who publishes; a score is a word of its own.
        let before = last_ns.load(Ordering::Relaxed);
        let due = now.utc_ns.div_euclid(PUBLISH_NS) != before.cast_signed().div_euclid(PUBLISH_NS);
        let now_ns = now.utc_ns.cast_unsigned();
        if due && last_ns.compare_exchange(before, now_ns, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.shm().quality().publish(now.utc_ns);
        }
    }

    /// How well routes did in the windows that end now, and the scores that decisions read.
    #[must_use]
    pub fn quality(&self, now: Now) -> Vec<RouteQuality> {
        self.shm().quality().routes(now.utc_ns).collect()
    }
}

impl Score {
    fn published(&self) -> Option<i32> {
        let word = self.word.get();
        (word & IS_SCORED != 0).then_some((word as u32).cast_signed())
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
