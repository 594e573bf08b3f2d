//! Waiting for another process: first spinning, then giving the processor away, for a limited time.

pub(crate) use waiting::Patience;

#[cfg(not(loom))]
mod waiting {
    use std::time::{Duration, Instant};

    /// How long somebody waits for another process before looking whether that is dead.
    const SUSPICION: Duration = Duration::from_millis(20);
    /// How long somebody waits for another process before saying that it is stuck.
    const PATIENCE: Duration = Duration::from_millis(500);
    /// The same for the end of a call, which nobody reports a second time.
    const PATIENCE_FOR_END: Duration = Duration::from_secs(5);

    /// What is left of somebody's patience.
    #[derive(Debug)]
    pub(crate) struct Patience {
        rounds: u32,
        longest: Duration,
        until: Option<Instant>,
        /// When it is time to ask whether the other one is dead; `None` once that is done.
        suspects_at: Option<Instant>,
    }

    impl Patience {
        pub(crate) const fn new() -> Self {
            Self::of(PATIENCE)
        }

        pub(crate) const fn for_end() -> Self {
            Self::of(PATIENCE_FOR_END)
        }

        const fn of(longest: Duration) -> Self {
            Self { rounds: 0, longest, until: None, suspects_at: None }
        }

        /// Waits a moment; false when it has been too long.
        pub(crate) fn wait(&mut self) -> bool {
            self.rounds += 1;
            if self.rounds < 100 {
                std::hint::spin_loop();
                return true;
            }
            std::thread::yield_now();
            let now = Instant::now();
            if self.until.is_none() {
                self.suspects_at = Some(now + SUSPICION);
            }
            now < *self.until.get_or_insert(now + self.longest)
        }

        /// True once, when the other one has taken so long that it may be dead.
        pub(crate) fn is_suspicious(&mut self) -> bool {
            self.suspects_at.take_if(|at| Instant::now() >= *at).is_some()
        }
    }
}

/// A model has no time: patience is a few rounds in which the others go on.
#[cfg(loom)]
mod waiting {
    #[derive(Debug)]
    pub(crate) struct Patience(u32);

    impl Patience {
        pub(crate) const fn new() -> Self {
            Self(0)
        }

        pub(crate) const fn for_end() -> Self {
            Self(0)
        }

        pub(crate) fn wait(&mut self) -> bool {
            loom::thread::yield_now();
            self.0 += 1;
            self.0 < 3
        }

        pub(crate) const fn is_suspicious(&mut self) -> bool {
            false
        }
    }
}
