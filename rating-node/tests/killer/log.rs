//! What every process of the killer test writes down, in one shared file, in one order.
//!
//! An admission is logged after it has happened and a release before it does, so at any place of the log fewer calls are
//! admitted by it than really are. A process that is killed between two logs leaves it so.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use memmap2::MmapRaw;

/// Records that a log has room for.
const RECORDS_MAX: usize = 1 << 20;
const HEAD_WORDS: usize = 16;
const RECORD_WORDS: usize = 4;

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A call is about to be decided.
    Asked = 1,
    /// It is admitted, on a leg of `route`.
    Admitted,
    /// It is rejected, for `reason`.
    Rejected,
    /// It is about to be answered.
    Answering,
    /// It is answered.
    Answered,
    /// Its leg is about to be given up.
    LegLeft,
    /// It has another leg, of `route`.
    LegTaken,
    /// There is no other.
    NoLeg,
    /// It is about to be ended.
    Ending,
    /// It is ended.
    Done,
    /// What a dead process has left is repaired, and its calls are ended.
    Mourned,
}

impl Kind {
    const ALL: [Kind; 11] = [
        Self::Asked,
        Self::Admitted,
        Self::Rejected,
        Self::Answering,
        Self::Answered,
        Self::LegLeft,
        Self::LegTaken,
        Self::NoLeg,
        Self::Ending,
        Self::Done,
        Self::Mourned,
    ];
}

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub kind: Kind,
    /// The process.
    pub process: u16,
    /// The account that pays.
    pub account: u8,
    /// The route of the leg.
    pub route: u8,
    /// The reject's number.
    pub reason: u8,
    /// Which call of all.
    pub call: u64,
    /// The node's handle of it.
    pub handle: u64,
    /// CLOCK_MONOTONIC, as an admission was told it.
    pub at_ns: u64,
}

/// The log.
pub struct Log {
    map: MmapRaw,
}

impl Log {
    pub fn open(path: &Path) -> Log {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).unwrap();
        file.set_len(((HEAD_WORDS + RECORDS_MAX * RECORD_WORDS) * 8) as u64).unwrap();
        Log { map: MmapRaw::map_raw(&file).unwrap() }
    }

    fn word(&self, at: usize) -> &AtomicU64 {
        assert!(at < HEAD_WORDS + RECORDS_MAX * RECORD_WORDS, "the log is full: shorter rounds");
        // SAFETY: `at` is inside the mapping (asserted), which is aligned to pages.
        let word = unsafe { self.map.as_mut_ptr().cast::<AtomicU64>().add(at) };
        // SAFETY: any bytes are an atomic; the mapping lives as long as `self`, and is only touched through atomics.
        unsafe { &*word }
    }

    /// Calls that are still to be made, by all processes together.
    pub fn calls_left(&self) -> &AtomicU64 {
        self.word(8)
    }

    /// Whether the sweeper may end, once it has swept all.
    pub fn is_over(&self) -> &AtomicU64 {
        self.word(9)
    }

    /// Records so far; some of them may be of processes that died before they wrote them.
    pub fn len(&self) -> usize {
        self.word(0).load(Ordering::SeqCst) as usize
    }

    pub fn write(&self, record: Record) {
        let at = HEAD_WORDS + self.word(0).fetch_add(1, Ordering::SeqCst) as usize * RECORD_WORDS;
        self.word(at + 1).store(record.call, Ordering::SeqCst);
        self.word(at + 2).store(record.handle, Ordering::SeqCst);
        self.word(at + 3).store(record.at_ns, Ordering::SeqCst);
        let low = u64::from(record.reason) | u64::from(record.route) << 8 | u64::from(record.account) << 16;
        let meta = low | u64::from(record.process) << 32 | (record.kind as u64) << 56;
        // Last: without it there is no record.
        self.word(at).store(meta, Ordering::SeqCst);
    }

    /// The records, in order; `None` where one was not written to its end.
    pub fn read(&self) -> Vec<Option<Record>> {
        let word = |at| self.word(at).load(Ordering::SeqCst);
        let record = |place: usize| {
            let at = HEAD_WORDS + place * RECORD_WORDS;
            let meta = word(at);
            let kind = Kind::ALL.into_iter().find(|kind| *kind as u64 == meta >> 56)?;
            Some(Record {
                kind,
                process: (meta >> 32) as u16,
                account: (meta >> 16) as u8,
                route: (meta >> 8) as u8,
                reason: meta as u8,
                call: word(at + 1),
                handle: word(at + 2),
                at_ns: word(at + 3),
            })
        };
        (0..self.len()).map(record).collect()
    }
}
