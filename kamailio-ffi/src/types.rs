//! The structures that cross the edge. Each one begins with `size`, so that a program compiled against an older or
//! a later header is recognised: fields are only ever added, at the end.

use std::ffi::c_char;

/// Longest dial string.
pub const TANDEM_DIAL_STRING_LEN: usize = 1024;

/// Reasons that `TandemStats` counts one by one.
pub const TANDEM_REASONS_MAX: usize = 64;

/// A text that the caller owns. Not NUL-terminated; `data` may be null where `len` is 0.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TandemText {
    /// Its first byte.
    pub data: *const c_char,
    /// Its length in bytes.
    pub len: usize,
}

/// What `tandem_attach` needs.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TandemConfig {
    /// `sizeof(TandemConfig)`.
    pub size: u32,
    /// Most calls of a new state file; 0 is the default.
    pub calls_max: u32,
    /// Path of the published snapshot.
    pub snapshot: TandemText,
    /// Path of the node's state.
    pub state: TandemText,
}

/// A call that asks to be decided. Empty texts are "not given".
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TandemCall {
    /// `sizeof(TandemCall)`.
    pub size: u32,
    /// 1 if the LRNs come from a dip of our own and count on every trunk; else 0.
    pub lrn_dipped: u32,
    /// The source address, or `user:` and the name of a digest user that has proved who it is. Needed.
    pub source: TandemText,
    /// The calling number.
    pub ani: TandemText,
    /// The called number, or the request URI's user part with its RFC 4694 parameters.
    pub dnis: TandemText,
    /// The calling number's LRN.
    pub ani_lrn: TandemText,
    /// The called number's LRN.
    pub dnis_lrn: TandemText,
    /// Call-ID. Needed.
    pub call_id: TandemText,
    /// Tag of From.
    pub from_tag: TandemText,
    /// CSeq.
    pub cseq: TandemText,
    /// Branch of the top Via.
    pub branch: TandemText,
    /// What a dip of our own has found of the called number, as `TandemDip` gave it. Counts on every trunk, before
    /// `dnis_lrn`.
    pub dip: TandemText,
    /// What the call's signer claims, for its record: the value of the header Identity (RFC 8224), or of several with commas
    /// between them, as they came; or the attestation alone, `A`, `B` or `C`. Decides nothing, and nobody verifies it here.
    pub identity: TandemText,
}

/// The leg to try. Set `size` before the call; everything else is written.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TandemNext {
    /// `sizeof(TandemNext)`, set by the caller.
    pub size: u32,
    /// The leg's place in the decision, from 0.
    pub leg: u32,
    /// Seconds to wait for an answer before the next leg.
    pub dial_timeout_sec: u32,
    /// Bytes of the dial string.
    pub dial_string_len: u32,
    /// The SIP URI to call. Not NUL-terminated.
    pub dial_string: [c_char; TANDEM_DIAL_STRING_LEN],
}

impl TandemNext {
    /// No leg.
    pub(crate) const EMPTY: TandemNext = TandemNext {
        size: size_of::<TandemNext>() as u32,
        leg: 0,
        dial_timeout_sec: 0,
        dial_string_len: 0,
        dial_string: [0; TANDEM_DIAL_STRING_LEN],
    };
}

/// Most calls that one `tandem_due` names.
pub const TANDEM_DUE_MAX: usize = 64;

/// What a call is due for. Numbers are only ever added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum TandemDueFor {
    /// Its hold was extended, or lasts otherwise than was told: `left_sec` is the dialog's new time-out.
    Extended = 1,
    /// Its hold is over: it is to be ended now. Named again every few seconds until it is.
    End = 2,
    /// Nobody has reported its end for so long that it holds nothing any more. `tandem_alive` brings it back.
    Expired = 3,
    /// It was expired, and is over now.
    Ended = 4,
}

/// A call that is due.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TandemDueCall {
    /// The call.
    pub handle: u64,
    /// What for: a `TandemDueFor`.
    pub due_for: u32,
    /// Seconds of talk that are left, where it was extended; else 0.
    pub left_sec: u32,
}

/// Calls that are due. Set `size` before the call; everything else is written.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TandemDue {
    /// `sizeof(TandemDue)`, set by the caller.
    pub size: u32,
    /// How many follow.
    pub count: u32,
    /// 1 if there may be more: ask again at once.
    pub more: u32,
    /// Zero.
    pub reserved: u32,
    /// The calls.
    pub calls: [TandemDueCall; TANDEM_DUE_MAX],
}

/// Which snapshot is live. Set `size` before the call; everything else is written.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TandemSnapshot {
    /// `sizeof(TandemSnapshot)`, set by the caller.
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Counts publications on this node, from 1.
    pub generation: u64,
    /// Names the content.
    pub content_id: u64,
}

/// What the node has done and holds. Set `size` before the call; everything else is written.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct TandemStats {
    /// `sizeof(TandemStats)`, set by the caller.
    pub size: u32,
    /// Most calls that the table holds.
    pub calls_max: u32,
    /// Calls being decided, tried or ringing.
    pub in_setup: u32,
    /// Calls that are answered.
    pub answered: u32,
    /// Calls that have ended and are not written yet.
    pub ended: u32,
    /// Concurrency limits that are in use.
    pub limits_in_use: u32,
    /// The sum of their counts.
    pub slots_held: u64,
    /// The newest generation of the live snapshots: with a change scheduled, the one from then on.
    pub generation: u64,
    /// Calls admitted since the state was made.
    pub admitted: u64,
    /// Calls refused since then.
    pub rejected: u64,
    /// Calls refused without a record, because the call table was full.
    pub unrecorded: u64,
    /// Records written to segments.
    pub records_written: u64,
    /// New generations that a process could not map.
    pub refresh_failures: u64,
    /// Calls refused, by the reason's number.
    pub rejected_by_reason: [u64; TANDEM_REASONS_MAX],
    /// When the last of the live snapshots ends, in seconds since 1970 UTC; 0 if nothing scheduled ends it. Past it
    /// the node goes on with prices that may be old: an alarm.
    pub snapshots_until_utc_sec: i64,
    /// Calls decided past that end.
    pub late_decisions: u64,
    /// Emergency calls, admitted or refused; they are in those figures too.
    pub emergency_calls: u64,
    /// Records of ended calls that were dropped, because the call table was full and the plan says so.
    pub records_dropped: u64,
    /// Panics of the library that were caught: each is a bug.
    pub panics: u64,
}
