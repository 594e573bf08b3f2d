//! Cells of shared memory: plain values that several processes may reach.
//!
//! Every load and store here is relaxed: who may touch a cell, and when its value is visible to others, is
//! decided elsewhere, by one word (a call's state, a published generation). Each user says which.

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

macro_rules! cell {
    ($(#[$meta:meta])* $name:ident, $atomic:ident, $int:ident, $how:ident) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub struct $name($atomic);

        impl $name {
            /// The value.
            pub fn get(&self) -> $int {
                // ORDERING: relaxed; pairs with the word that guards the cell.
                $how!(self.0, get)
            }

            /// Changes the value.
            pub fn set(&self, value: $int) {
                // ORDERING: relaxed; published by the word that guards the cell.
                $how!(self.0, set value)
            }
        }
    };
}

/// How a cell is reached that only who has its guard may reach. Under ThreadSanitizer it is plain memory, so that
/// whoever comes to it without is reported: atomics race with nobody.
macro_rules! guarded {
    ($cell:expr, get) => {{
        #[cfg(not(tandem_tsan))]
        let value = $cell.load(Ordering::Relaxed);
        #[cfg(tandem_tsan)]
        // SAFETY: the atomic's own memory. That nobody changes it meanwhile is what the sanitizer is there to say.
        let value = unsafe { *$cell.as_ptr() };
        value
    }};
    ($cell:expr, set $value:expr) => {{
        #[cfg(not(tandem_tsan))]
        $cell.store($value, Ordering::Relaxed);
        #[cfg(tandem_tsan)]
        // SAFETY: as above, and nobody reads it.
        unsafe {
            *$cell.as_ptr() = $value;
        }
    }};
}

/// How a cell is reached that is also looked at without its guard: an opinion, a figure, or what is believed only
/// after a second look at the guard.
macro_rules! open {
    ($cell:expr, get) => {
        $cell.load(Ordering::Relaxed)
    };
    ($cell:expr, set $value:expr) => {
        $cell.store($value, Ordering::Relaxed)
    };
}

cell!(
    /// Eight bits.
    Cell8, AtomicU8, u8, guarded
);
cell!(
    /// Sixteen bits.
    Cell16, AtomicU16, u16, guarded
);
cell!(
    /// Thirty-two bits.
    Cell32, AtomicU32, u32, guarded
);
cell!(
    /// Sixty-four bits.
    Cell64, AtomicU64, u64, guarded
);
cell!(
    /// Eight bits, also looked at without their guard.
    Open8, AtomicU8, u8, open
);
cell!(
    /// Thirty-two bits, also looked at without their guard.
    Open32, AtomicU32, u32, open
);
cell!(
    /// Sixty-four bits, also looked at without their guard.
    Open64, AtomicU64, u64, open
);

impl Cell32 {
    /// Puts 0 in place of the value, in one step, and gives the value.
    pub fn take(&self) -> u32 {
        self.replace(0)
    }

    /// Changes the value, in one step, and gives what it was.
    pub fn replace(&self, value: u32) -> u32 {
        // ORDERING: release, so that the gauge that is let go afterwards is let go after this; pairs with the
        // recount, which reads the cell when nobody else is there.
        self.0.swap(value, Ordering::AcqRel)
    }
}

macro_rules! sixty_four {
    ($name:ident) => {
        impl $name {
            /// Puts 0 in place of the value, in one step, and gives the value.
            pub fn take(&self) -> u64 {
                // ORDERING: release, as in [`Cell32::replace`].
                self.0.swap(0, Ordering::AcqRel)
            }

            /// The value as a signed one.
            pub fn get_signed(&self) -> i64 {
                self.get().cast_signed()
            }

            /// Stores a signed value.
            pub fn set_signed(&self, value: i64) {
                self.set(value.cast_unsigned());
            }
        }
    };
}

sixty_four!(Cell64);
sixty_four!(Open64);

impl Open64 {
    /// Adds to the value, wrapping, in one step.
    pub fn add(&self, more: u64) {
        // ORDERING: relaxed: a count of its own, which publishes nothing.
        self.0.fetch_add(more, Ordering::Relaxed);
    }
}
