//! What is live: the only part of a decision that is not in the snapshot.
//!
//! Core reads limits through [`LiveState`]; the node implements it over shared memory, tests and `simulate`
//! bring their own. Deciding changes nothing but the CPS of account and trunk (section 2); everything else is
//! taken afterwards, at admission.

use crate::limit::Limit;

/// The instant of a call, on the two clocks that a decision needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Wall clock: selects deck versions and periods.
    ///
    /// # Units
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub utc_ns: i64,
    /// A clock that never goes back and is the same in all processes of the node: paces CPS.
    ///
    /// # Units
    /// Nanoseconds since an arbitrary start.
    pub monotonic_ns: u64,
}

/// No room in a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// After how long there is room again, where that is known; else 0.
    ///
    /// # Units
    /// Nanoseconds.
    pub retry_after_ns: u64,
}

/// The use of each limit of a snapshot.
///
/// `index` is the limit's place in the snapshot's section of limits. A limit's count outlives the snapshot:
/// who implements this finds it by [`Limit::key`].
pub trait LiveState {
    /// Takes one slot of a CPS limit.
    ///
    /// # Errors
    /// [`Full`] when the limit admits no call at this instant.
    fn take_cps(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full>;

    /// Gives back the slot that [`take_cps`](Self::take_cps) has just taken, as if it never had.
    fn undo_cps(&self, index: u32, limit: &Limit);

    /// Whether the limit, of either kind, would admit one more call now. Changes nothing.
    ///
    /// # Errors
    /// [`Full`] when it would not.
    fn has_room(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full>;
}

/// Limits that nobody has used: the live state of `simulate` where none is given.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unused;

impl LiveState for Unused {
    fn take_cps(&self, index: u32, limit: &Limit, now: Now) -> Result<(), Full> {
        self.has_room(index, limit, now)
    }

    fn undo_cps(&self, _: u32, _: &Limit) {}

    fn has_room(&self, _: u32, limit: &Limit, _: Now) -> Result<(), Full> {
        match limit.max() {
            0 => Err(Full { retry_after_ns: 0 }),
            _ => Ok(()),
        }
    }
}
